// SPDX-License-Identifier: GPL-2.0
/* What an address may, as JSON: what `rtplane why ADDRESS` asks for. */
#include "api.h"
#include "json.h"

/**
 * struct asked - a question under way
 * @addr: about whom
 * @list: the answers
 */
struct asked {
	const struct dp_addr *addr;
	json_t *list;
};

static void set(json_t *o, const char *what, const char *acl, bool allowed,
		const char *why)
{
	api_set_text(o, what, allowed ? "allowed" : "refused");
	api_set_text(o, acl, why);
}

static void append(const struct b2b_access *access, void *arg)
{
	const struct asked *asked = arg;
	json_t *o = json_object();
	char why[ACL_WHY_LEN];

	api_set_text(o, "realm", access->realm);
	set(o, "sip", "acl", access->hop || access->sip.allowed,
	    access->hop && !access->sip.entry ?
	    "it is a next hop" :
	    acl_why(&access->sip, "acl", asked->addr, why, sizeof(why)));
	set(o, "media", "media-acl", access->media.allowed,
	    acl_why(&access->media, "media-acl", asked->addr, why, sizeof(why)));
	json_array_append_new(asked->list, o);
}

json_t *api_why_address(const struct api *api, const struct dp_addr *addr)
{
	struct asked asked = { addr, json_array() };

	b2b_access(api->b2b, addr, append, &asked);
	return asked.list;
}
