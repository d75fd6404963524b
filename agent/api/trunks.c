// SPDX-License-Identifier: GPL-2.0
/* Trunks as JSON: what `rtplane trunks` asks for. */
#include "api.h"
#include "json.h"

static json_t *hops_json(const struct b2b_trunk *view)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < view->n_hops; i++) {
		o = json_object();
		api_set_text(o, "uri", view->hop[i].uri);
		api_set_text(o, "state", view->hop[i].down ? "down" : "up");
		if (view->hop[i].down)
			api_set_text(o, "why", view->hop[i].why);
		json_array_append_new(list, o);
	}
	return list;
}

static void append(const struct b2b_trunk *view, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "name", view->name);
	api_set_text(o, "realm", view->realm);
	api_set_int(o, "calls", view->calls);
	if (view->max)
		api_set_int(o, "max_calls", view->max);
	if (view->user)
		api_set_text(o, "user", view->user);
	if (view->aor) {
		api_set_text(o, "aor", view->aor);
		json_object_set_new(o, "registered", json_boolean(view->registered));
		if (view->registered)
			api_set_int(o, "expires", view->expires);
		if (*view->why)
			api_set_text(o, "why", view->why);
	}
	json_object_set_new(o, "next_hops", hops_json(view));
	json_array_append_new(arg, o);
}

json_t *api_trunks(const struct api *api)
{
	json_t *list = json_array();

	b2b_trunks(api->b2b, append, list);
	return list;
}
