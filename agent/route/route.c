// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "route.h"

static bool eq(struct span a, struct span b, bool fold)
{
	return fold ? span_eqcase(a, b) : span_eq(a, b);
}

static bool begins(struct span text, const char *prefix, bool fold)
{
	struct span want = span_of(prefix);

	return text.n >= want.n &&
	       eq((struct span){ text.p, want.n }, want, fold);
}

static bool ends(struct span text, const char *suffix, bool fold)
{
	struct span want = span_of(suffix);

	return text.n >= want.n &&
	       eq(span_skip(text, text.n - want.n), want, fold);
}

static void take_hops(struct route *route)
{
	const struct config_trunk *t;
	size_t i, j;

	route->n = 0;
	for (i = 0; i < (route->group ? route->group->n : 1); i++) {
		t = route->group ? route->group->trunk[i] : route->trunk;
		for (j = 0; j < t->n_hops; j++, route->n++) {
			route->hop[route->n] = &t->hop[j];
			route->text[route->n] = t->next_hop[j];
		}
	}
}

static bool comes_from(const struct config_route *r, const struct dp_addr *source)
{
	size_t i;

	for (i = 0; source && i < r->n_source; i++)
		if (prefix_has(&r->source[i], source))
			return true;
	return !r->n_source;
}

bool route_find(const struct config *config, const struct config_realm *from,
		const struct config_tenant *tenant, const struct dp_addr *source,
		const struct sip_uri *uri, struct route *route)
{
	const struct config_route *r;
	size_t i;

	for (i = 0; i < config->n_routes; i++) {
		r = &config->routes[i];
		if ((r->from && r->from != from) || (r->tenant && r->tenant != tenant) ||
		    !begins(uri->user, r->user_prefix, false) ||
		    !ends(uri->user, r->user_suffix, false) ||
		    !begins(uri->host, r->host_prefix, true) ||
		    !ends(uri->host, r->host_suffix, true) ||
		    (r->strip && uri->user.n <= r->strip) || !comes_from(r, source))
			continue;
		*route = (struct route){
			.to = r->to,
			.hop = { &r->hop },
			.text = { r->next_hop },
			.n = 1,
			.trunk = r->trunk,
			.group = r->group,
			.number = { r->strip, r->add },
		};
		if (r->trunk)
			take_hops(route);
		return true;
	}
	return false;
}

static const char *add_of(const struct route_number *number)
{
	return number->add ? number->add : "";
}

/* of a request's own URI no password goes on, and no header fields */
static int write_through(const struct route_number *number, const struct sip_uri *uri,
			 char *buf, size_t size)
{
	struct span user = span_skip(uri->user, number->strip);
	char port[8] = "";

	if (uri->port)
		snprintf(port, sizeof(port), ":%u", uri->port);
	return snprintf(buf, size, SPAN_FMT ":%s" SPAN_FMT "%s" SPAN_FMT "%s%s" SPAN_FMT,
			SPAN_ARG(uri->scheme_text), uri->user.p ? add_of(number) : "",
			SPAN_ARG(user), uri->user.p ? "@" : "",
			SPAN_ARG(uri->host), port,
			uri->params.n ? ";" : "", SPAN_ARG(uri->params));
}

static int write_hop(const struct config_hop *hop, const struct route_number *number,
		     const struct sip_uri *uri, char *buf, size_t size)
{
	struct span user = hop->user.n ? hop->user :
					 span_skip(uri->user, number->strip);
	const char *add = hop->user.n || !uri->user.n ? "" : add_of(number);
	bool phone = !hop->user.n && uri->user_param.n;
	char port[8] = "";

	if (hop->port)
		snprintf(port, sizeof(port), ":%u", hop->port);
	return snprintf(buf, size, "%s:%s" SPAN_FMT "%s" SPAN_FMT "%s%s" SPAN_FMT "%s",
			hop->secure ? "sips" : "sip", add, SPAN_ARG(user),
			user.n ? "@" : "", SPAN_ARG(hop->host_text), port,
			hop->params.n ? ";" : "", SPAN_ARG(hop->params),
			phone ? ";user=phone" : "");
}

struct span route_uri(const struct config_hop *hop, const struct route_number *number,
		      const struct sip_uri *uri, char *buf, size_t size)
{
	int n = hop->lr ? write_through(number, uri, buf, size) :
			  write_hop(hop, number, uri, buf, size);

	if (n < 0 || (size_t)n >= size)
		return (struct span){ NULL, 0 };
	return (struct span){ buf, (size_t)n };
}

enum sip_proto route_proto(enum config_transport transport)
{
	static const enum sip_proto protos[] = {
		[CONFIG_UDP] = SIP_PROTO_UDP, [CONFIG_TCP] = SIP_PROTO_TCP,
		[CONFIG_TLS] = SIP_PROTO_TLS, [CONFIG_WS] = SIP_PROTO_WS,
		[CONFIG_WSS] = SIP_PROTO_WSS,
	};

	return protos[transport];
}

void route_lookup(const struct config_hop *hop, struct sip_hop *sip)
{
	*sip = (struct sip_hop){
		.host = hop->host,
		.port = hop->port,
		.has_proto = hop->has_transport,
		.proto = route_proto(hop->transport),
		.secure = hop->secure,
	};
}
