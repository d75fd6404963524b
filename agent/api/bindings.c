// SPDX-License-Identifier: GPL-2.0
/* Bindings of phones as JSON: what `rtplane bindings` asks for. */
#include "api.h"
#include "json.h"

static void append(const struct b2b_binding *view, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "aor", view->aor);
	api_set_text(o, "contact", view->contact);
	if (*view->params)
		api_set_text(o, "params", view->params);
	api_set_text(o, "realm", view->realm);
	api_set_text(o, "transport", view->transport);
	api_set_addr(o, "source", &view->source);
	json_object_set_new(o, "nat", json_boolean(view->nat));
	json_object_set_new(o, "outbound", json_boolean(view->outbound));
	json_object_set_new(o, "away", json_boolean(view->away));
	api_set_int(o, "expires", view->expires);
	api_set_text(o, "registrar", view->registrar);
	api_set_text(o, "registered_as", view->token);
	api_set_int(o, "registrar_expires", view->granted);
	api_set_int(o, "age", view->age);
	api_set_int(o, "relayed", view->relayed);
	api_set_int(o, "refreshed", view->refreshed);
	api_set_text(o, "call_id", view->call_id);
	if (*view->agent)
		api_set_text(o, "user_agent", view->agent);
	json_array_append_new(arg, o);
}

json_t *api_bindings(const struct api *api)
{
	json_t *list = json_array();

	b2b_bindings(api->b2b, append, list);
	return list;
}
