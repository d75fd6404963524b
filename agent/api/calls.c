// SPDX-License-Identifier: GPL-2.0
/* Calls as JSON: what `rtplane calls`, `call ID` and `why ID` ask for. */
#include <stdio.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "api.h"
#include "json.h"

/* RTP clock units to ms */
static json_t *ms_of(uint32_t units, uint32_t clock)
{
	return json_real(clock ? (double)units * 1000 / clock : 0);
}

static void add_rtp(json_t *o, const struct dp_rtp *rtp)
{
	json_t *r;

	if (!rtp->present)
		return;
	r = json_object();
	api_set_int(r, "ssrc", rtp->ssrc);
	api_set_int(r, "payload_type", rtp->pt);
	api_set_int(r, "packets", rtp->packets);
	api_set_int(r, "lost", rtp->lost);
	api_set_int(r, "out_of_order", rtp->out_of_order);
	api_set_int(r, "duplicates", rtp->duplicates);
	json_object_set_new(r, "jitter_ms", ms_of(rtp->jitter, rtp->clock));
	json_object_set_new(r, "jitter_max_ms",
			    ms_of(rtp->jitter_max, rtp->clock));
	json_object_set_new(o, "rtp", r);
}

static void add_drops(json_t *o, const struct dp_leg_info *info)
{
	json_t *drops = json_object();
	unsigned int i;

	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		if (info->drops[i])
			api_set_int(drops, dp_drop_name(i), info->drops[i]);
	json_object_set_new(o, "drops", drops);
}

static void add_dscp(json_t *o, const struct dp_leg_info *info)
{
	json_t *seen = json_object();
	unsigned int i;
	char key[4];

	for (i = 0; i < 64; i++) {
		if (!info->dscp_seen[i])
			continue;
		snprintf(key, sizeof(key), "%u", i);
		api_set_int(seen, key, info->dscp_seen[i]);
	}
	json_object_set_new(o, "dscp_received", seen);
	if (info->has_dscp_tx)
		api_set_int(o, "dscp_sent", info->dscp_tx);
}

static void add_srtp(json_t *o, const struct session_leg_report *r)
{
	if (!r->srtp_rx)
		return;
	json_object_set_new(o, "srtp_received",
			    json_string(dp_srtp_suite_name(r->srtp_rx)));
	json_object_set_new(o, "srtp_sent",
			    json_string(dp_srtp_suite_name(r->srtp_tx)));
}

static json_t *leg_json(const struct session_report *report,
			const struct session_leg_report *r)
{
	const struct dp_leg_info *info = &r->info;
	json_t *o = json_object();

	api_set_text(o, "side", report->party[r->party].name);
	api_set_int(o, "line", r->line + 1);
	api_set_text(o, "component", r->component == 2 ? "rtcp" : "rtp");
	api_set_addr(o, "local", &info->conf.local);
	api_set_addr(o, "signalled", &info->conf.remote);
	api_set_addr(o, "remote", &info->latched);
	api_set_text(o, "latch", dp_latch_name(info->conf.latch));
	api_set_text(o, "state", dp_state_name(info->state));
	json_object_set_new(o, "rtcp_mux", json_boolean(r->mux));
	if (r->shared)
		api_set_int(o, "call_of_port", info->conf.local.call);
	if (r->apart)
		api_set_text(o, "port_of_its_own", r->apart);
	json_object_set_new(o, "latched",
			    json_boolean(info->state == RTPLANE_STATE_LOCKED));
	api_set_int(o, "rx_packets", info->rx_packets);
	api_set_int(o, "rx_bytes", info->rx_bytes);
	api_set_int(o, "tx_packets", info->tx_packets);
	api_set_int(o, "tx_bytes", info->tx_bytes);
	api_set_int(o, "dropped", info->dropped);
	api_set_int(o, "passed", info->passed);
	api_set_int(o, "rtcp_packets", info->rtcp_packets);
	api_set_int(o, "rtp_at_agent", r->at_agent[MEDIA_RTP]);
	add_srtp(o, r);
	api_set_addr(o, "offender", &info->offender);
	if (info->offender.family)
		api_set_int(o, "offenses", info->offenses);
	add_drops(o, info);
	add_dscp(o, info);
	add_rtp(o, &info->rtp);
	return o;
}

static json_t *side_json(const struct b2b_side *side)
{
	json_t *o = json_object();

	api_set_text(o, "uri", side->uri);
	api_set_text(o, "realm", side->realm);
	api_set_addr(o, "signalling", &side->source);
	if (*side->call_id)
		api_set_text(o, "call_id", side->call_id);
	return o;
}

static json_t *call_json(const struct b2b_view *view)
{
	static const char *const states[] = {
		[B2B_SETUP] = "setup", [B2B_UP] = "up", [B2B_OVER] = "over",
	};
	json_t *o = json_object();

	api_set_int(o, "id", view->id);
	api_set_text(o, "state", states[view->state]);
	api_set_text(o, "request", view->request);
	json_object_set_new(o, "caller", side_json(&view->side[0]));
	json_object_set_new(o, "callee", side_json(&view->side[1]));
	api_set_time(o, "created", &view->created);
	api_set_time(o, "answered", &view->answered);
	api_set_time(o, "ended", &view->ended);
	if (*view->reason)
		api_set_text(o, "reason", view->reason);
	return o;
}

static json_t *orphan_json(const struct session_orphan *orphan)
{
	struct timespec last = {
		.tv_sec = (time_t)(orphan->last / UINT64_C(1000000000)),
	};
	json_t *o = json_object();

	api_set_int(o, "id", orphan->id);
	api_set_text(o, "state", "adopted");
	api_set_int(o, "legs", orphan->legs);
	api_set_time(o, "last_packet", &last);
	return o;
}

static void append_call(const struct b2b_view *view, void *arg)
{
	json_array_append_new(arg, call_json(view));
}

static void append_orphan(const struct session_orphan *orphan, void *arg)
{
	json_array_append_new(arg, orphan_json(orphan));
}

json_t *api_calls(const struct api *api)
{
	json_t *list = json_array();

	b2b_each(api->b2b, append_call, list);
	ng_each(api->ng, append_call, list);
	sessions_orphans(api->sessions, append_orphan, list);
	return list;
}

/* of either front end; to be given to put_view() */
static bool get_view(const struct api *api, uint64_t id, struct b2b_view *view,
		     struct session_report **report)
{
	return b2b_view(api->b2b, id, view, report) ||
	       ng_view(api->ng, id, view, report);
}

static void put_view(const struct api *api, uint64_t id,
		     struct session_report *report)
{
	struct b2b_view view;

	if (ng_view(api->ng, id, &view, NULL))
		ng_report_put(api->ng, id, report);
	else
		b2b_report_put(api->b2b, id, report);
}

static void append_copy(const struct ng_copy *copy, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "subscriber", copy->subscriber);
	api_set_text(o, "of", copy->of);
	api_set_int(o, "line", copy->line + 1);
	api_set_text(o, "kind", copy->kind);
	api_set_addr(o, "local", &copy->local);
	api_set_addr(o, "to", &copy->to);
	json_array_append_new(arg, o);
}

/* one of those that a former agent left */
struct search {
	uint64_t id;
	json_t *found;
};

static void look_at(const struct session_orphan *orphan, void *arg)
{
	struct search *search = arg;

	if (orphan->id == search->id)
		search->found = orphan_json(orphan);
}

json_t *api_call(const struct api *api, uint64_t id)
{
	struct search search = { .id = id };
	struct session_report *report;
	struct b2b_view view;
	json_t *o, *legs, *copies;
	unsigned int i;

	sessions_orphans(api->sessions, look_at, &search);
	if (search.found)
		return search.found;
	if (!get_view(api, id, &view, &report))
		return NULL;
	o = call_json(&view);
	legs = json_array();
	for (i = 0; report && i < report->n_legs; i++)
		json_array_append_new(legs, leg_json(report, &report->leg[i]));
	json_object_set_new(o, "legs", legs);
	copies = json_array();
	ng_copies(api->ng, id, append_copy, copies);
	if (json_array_size(copies))
		json_object_set(o, "copies", copies);
	json_decref(copies);
	put_view(api, id, report);
	return o;
}

/* --------------------------------------------------------------------------- why */

static void say(json_t *list, const char *because)
{
	json_t *o = json_object();

	api_set_text(o, "because", because);
	json_array_append_new(list, o);
}

static void say_state(json_t *list, const struct b2b_view *view)
{
	char text[256];

	if (view->state == B2B_SETUP) {
		say(list, "the call is not answered yet");
	} else if (!view->answered.tv_sec) {
		snprintf(text, sizeof(text), "the call was never answered: %s",
			 view->reason);
		say(list, text);
	} else if (view->state == B2B_OVER) {
		snprintf(text, sizeof(text), "the call is over: %s",
			 view->reason);
		say(list, text);
	}
	if (*view->meddled)
		say(list, view->meddled);
}

static void on_verdict(enum session_verdict verdict,
		       const struct session_leg_report *leg, const char *because,
		       void *arg)
{
	say(arg, because);
}

static void on_ignored(const char *word, void *arg)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "the proxy says '%s', which does nothing here", word);
	say(arg, text);
}

static void say_copy(const struct ng_copy *copy, void *arg)
{
	char text[1400], to[DP_ADDR_STRLEN];

	if (copy->to.family)
		snprintf(text, sizeof(text), "a copy of line %u goes to %s, of '%s' for subscriber '%s'",
			 copy->line + 1, dp_addr_str(&copy->to, to, sizeof(to)),
			 copy->of, copy->subscriber);
	else
		snprintf(text, sizeof(text),
			 "no copy of line %u goes to a subscriber who has not answered, or holds it: of '%s' for '%s'",
			 copy->line + 1, copy->of, copy->subscriber);
	say(arg, text);
}

json_t *api_why(const struct api *api, uint64_t id)
{
	struct session_report *report;
	struct b2b_view view;
	json_t *o, *list;

	if (!get_view(api, id, &view, &report))
		return NULL;
	o = call_json(&view);
	list = json_array();
	say_state(list, &view);
	if (report)
		session_why(report, on_verdict, list);
	ng_copies(api->ng, id, say_copy, list);
	ng_ignored(api->ng, id, on_ignored, list);
	json_object_set_new(o, "why", list);
	put_view(api, id, report);
	return o;
}

bool api_end(const struct api *api, uint64_t id)
{
	return b2b_end(api->b2b, id) || ng_end(api->ng, id) ||
	       sessions_orphan_end(api->sessions, id);
}
