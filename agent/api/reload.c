// SPDX-License-Identifier: GPL-2.0
/* Another configuration: what `rtplane reload` is told. */
#include <stdio.h>

#include "api.h"
#include "json.h"

static void append_change(const char *realm, const char *key, void *arg)
{
	json_t *o = json_object();

	if (realm)
		api_set_text(o, "realm", realm);
	api_set_text(o, "key", key);
	json_array_append_new(arg, o);
}

static void append_kept(const char *why, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "because", why);
	json_array_append_new(arg, o);
}

json_t *api_reload(const struct api *api, const struct config *old,
		   struct config *config, char *error)
{
	json_t *o, *changed, *kept;

	if (!ng_may_reload(api->ng, config, error))
		return NULL;
	o = json_object();
	changed = json_array();
	kept = json_array();
	config_diff(old, config, append_change, changed);
	json_object_set_new(o, "changed", changed);
	json_object_set_new(o, "kept", kept);
	if (b2b_reload(api->b2b, config, append_kept, kept, error)) {
		ng_reload(api->ng, config);
		return o;
	}
	json_decref(o);
	return NULL;
}
