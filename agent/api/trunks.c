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
		if (view->hop[i].down) {
			api_set_text(o, "why", view->hop[i].why);
			api_set_int(o, "fails", view->hop[i].fails);
			api_set_int(o, "again", view->hop[i].again);
		}
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

static void append_group(const struct config_group *group, uint32_t calls, void *arg)
{
	static const char *const hunts[] = {
		[CONFIG_HUNT_ORDER] = "order",
		[CONFIG_HUNT_ROUND_ROBIN] = "round-robin",
		[CONFIG_HUNT_WEIGHT] = "weight",
	};
	json_t *o = json_object(), *trunks = json_array(), *weights = json_array();
	size_t i;

	for (i = 0; i < group->n; i++) {
		json_array_append_new(trunks, json_string(group->trunk[i]->name));
		json_array_append_new(weights, json_integer(group->weight[i]));
	}
	api_set_text(o, "group", group->name);
	api_set_text(o, "realm", group->trunk[0]->realm->name);
	api_set_text(o, "hunt", hunts[group->hunt]);
	api_set_int(o, "calls", calls);
	if (group->calls)
		api_set_int(o, "max_calls", group->calls);
	json_object_set_new(o, "trunks", trunks);
	if (group->hunt == CONFIG_HUNT_WEIGHT)
		json_object_set_new(o, "weights", weights);
	else
		json_decref(weights);
	json_array_append_new(arg, o);
}

/* the trunks first, then the groups that they are in */
json_t *api_trunks(const struct api *api)
{
	json_t *list = json_array();

	b2b_trunks(api->b2b, append, list);
	b2b_trunk_groups(api->b2b, append_group, list);
	return list;
}
