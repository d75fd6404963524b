// SPDX-License-Identifier: GPL-2.0
/* Tenants as JSON: what `rtplane tenants` asks for. */
#include "api.h"
#include "json.h"

/* what it has, and what it may have, if that is limited */
static void set_pair(json_t *o, const char *has, uint64_t n, const char *may, uint32_t max)
{
	api_set_int(o, has, n);
	if (max)
		api_set_int(o, may, max);
}

static void append(const struct b2b_tenant *view, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "name", view->name);
	api_set_text(o, "realm", view->realm);
	set_pair(o, "calls", view->calls, "max_calls", view->conf->calls);
	if (view->conf->rate)
		api_set_int(o, "max_rate", view->conf->rate);
	set_pair(o, "bindings", view->bindings, "max_bindings", view->conf->bindings);
	set_pair(o, "media_ports", view->ports, "max_media_ports", view->conf->ports);
	set_pair(o, "bandwidth", view->kbits, "max_bandwidth", view->conf->kbits);
	api_set_int(o, "refused", view->refused);
	json_array_append_new(arg, o);
}

json_t *api_tenants(const struct api *api)
{
	json_t *list = json_array();

	b2b_tenants(api->b2b, append, list);
	return list;
}
