// SPDX-License-Identifier: GPL-2.0
/* Who is shut out, as JSON: what `rtplane ban` asks for and changes. */
#include <stdio.h>
#include <time.h>

#include "api.h"
#include "base/span.h"
#include "json.h"

static json_t *ban_json(const struct ban_info *ban)
{
	char text[BAN_PREFIX_STRLEN];
	json_t *o = json_object();

	api_set_text(o, "prefix", ban_prefix_str(&ban->prefix, text, sizeof(text)));
	api_set_text(o, "why", ban_ground_name(ban->ground));
	api_set_int(o, "seconds", (ban->left + 999) / 1000);
	return o;
}

/* ns since 1970, as the datapath's events have it */
static json_t *event(const char *name, const struct ban_info *ban)
{
	char text[BAN_PREFIX_STRLEN];
	json_t *o = json_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	api_set_int(o, "time", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	api_set_text(o, "event", name);
	api_set_text(o, "prefix", ban_prefix_str(&ban->prefix, text, sizeof(text)));
	api_set_text(o, "why", ban_ground_name(ban->ground));
	return o;
}

json_t *api_ban_event(const struct ban_info *ban, bool again)
{
	json_t *o = event("ban", ban);

	api_set_int(o, "seconds", (ban->left + 999) / 1000);
	json_object_set_new(o, "again", json_boolean(again));
	return o;
}

json_t *api_unban_event(const struct ban_info *ban, bool lifted)
{
	json_t *o = event("unban", ban);

	json_object_set_new(o, "lifted", json_boolean(lifted));
	return o;
}

static void append_ban(const struct ban_info *ban, void *arg)
{
	json_array_append_new(arg, ban_json(ban));
}

json_t *api_bans(const struct api *api)
{
	json_t *list = json_array();

	bans_each(api->bans, append_ban, list);
	return list;
}

static bool get_prefix(const char *text, struct prefix *prefix, char *error)
{
	if (prefix_parse(text, prefix))
		return true;
	snprintf(error, CONFIG_ERROR_LEN, "'%.64s' is not a prefix; expected an address, or a network as 192.0.2.0/24 or 2001:db8::/32",
		 text);
	return false;
}

json_t *api_ban_add(const struct api *api, const char *text, const char *seconds,
		    char *error)
{
	struct ban_info ban = { .ground = BAN_ADMIN };
	uint32_t s = 0;

	if (!get_prefix(text, &ban.prefix, error))
		return NULL;
	if (seconds && (!span_u32(span_of(seconds), &s) || !s ||
			s > CONFIG_BAN_MAX)) {
		snprintf(error, CONFIG_ERROR_LEN, "'%.64s' is no time; expected a number of seconds, 1 to %u",
			 seconds, CONFIG_BAN_MAX);
		return NULL;
	}
	if (!bans_add(api->bans, &ban.prefix, s * UINT64_C(1000), BAN_ADMIN, error))
		return NULL;
	return json_string("banned");
}

json_t *api_ban_del(const struct api *api, const char *text, char *error)
{
	struct prefix prefix;

	if (!get_prefix(text, &prefix, error))
		return NULL;
	if (bans_del(api->bans, &prefix))
		return json_string("no longer banned");
	snprintf(error, CONFIG_ERROR_LEN, "%.64s is not banned; expected a prefix exactly as `rtplane ban list` shows it",
		 text);
	return NULL;
}
