// SPDX-License-Identifier: GPL-2.0
/* Where a request goes: the first route of the file that matches. */
#include <string.h>
#include <strings.h>

#include "private.h"

static bool begins(const char *text, const char *prefix, bool fold)
{
	size_t n;

	if (!prefix)
		return true;
	n = strlen(prefix);
	return fold ? !strncasecmp(text, prefix, n) : !strncmp(text, prefix, n);
}

static bool ends(const char *text, const char *suffix, bool fold)
{
	size_t n, len = strlen(text);

	if (!suffix)
		return true;
	n = strlen(suffix);
	if (n > len)
		return false;
	text += len - n;
	return fold ? !strcasecmp(text, suffix) : !strcmp(text, suffix);
}

const struct config_route *route_find(const struct config *config,
				      const struct config_realm *from,
				      const url_t *url)
{
	const char *user = url->url_user ? url->url_user : "";
	const char *host = url->url_host ? url->url_host : "";
	const struct config_route *r;
	size_t i;

	for (i = 0; i < config->n_routes; i++) {
		r = &config->routes[i];
		if ((!r->from || r->from == from) &&
		    begins(user, r->user_prefix, false) &&
		    ends(user, r->user_suffix, false) &&
		    begins(host, r->host_prefix, true) &&
		    ends(host, r->host_suffix, true))
			return r;
	}
	return NULL;
}

/*
 * A next hop with ;lr is a proxy: the request URI goes through it untouched.
 * Any other next hop takes the place of the host, and of the user if it has
 * one; the user's number stays otherwise.
 */
url_t *route_uri(const struct config_route *route, const url_t *url,
		 su_home_t *home)
{
	url_t *hop = url_hdup(home, (const url_t *)route->next_hop);
	url_t uri[1];

	if (!hop)
		return NULL;
	*uri = *url;
	uri->url_headers = NULL;
	uri->url_password = NULL;
	if (url_has_param(hop, "lr"))
		return url_hdup(home, uri);
	uri->url_type = hop->url_type;
	uri->url_scheme = hop->url_scheme;
	uri->url_host = hop->url_host;
	uri->url_port = hop->url_port;
	uri->url_params = hop->url_params;
	if (hop->url_user)
		uri->url_user = hop->url_user;
	else if (url_has_param(url, "user"))
		uri->url_params = su_sprintf(home, "%s%suser=phone",
					     hop->url_params ?
					     hop->url_params : "",
					     hop->url_params ? ";" : "");
	return url_hdup(home, uri);
}
