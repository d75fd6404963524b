// SPDX-License-Identifier: GPL-2.0
/* Calls as JSON: what `rtplane status`, `calls` and `call ID` ask for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "private.h"

static void set_addr(json_t *o, const char *key, const struct dp_addr *addr)
{
	char text[DP_ADDR_STRLEN];

	if (addr->family)
		json_object_set_new(o, key,
				    json_string(dp_addr_str(addr, text,
							    sizeof(text))));
}

static void set_time(json_t *o, const char *key, const struct timespec *t)
{
	char text[40];
	struct tm tm;

	if (!t->tv_sec)
		return;
	gmtime_r(&t->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(o, key, json_string(text));
}

static void set_int(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer(value));
}

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
	set_int(r, "ssrc", rtp->ssrc);
	set_int(r, "payload_type", rtp->pt);
	set_int(r, "packets", rtp->packets);
	set_int(r, "lost", rtp->lost);
	set_int(r, "out_of_order", rtp->out_of_order);
	set_int(r, "duplicates", rtp->duplicates);
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
			set_int(drops, dp_drop_name(i), info->drops[i]);
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
		set_int(seen, key, info->dscp_seen[i]);
	}
	json_object_set_new(o, "dscp_received", seen);
	if (info->has_dscp_tx)
		set_int(o, "dscp_sent", info->dscp_tx);
}

static json_t *leg_json(const struct call *call, const struct leg_report *r)
{
	const struct dp_leg_info *info = &r->info;
	json_t *o = json_object();

	json_object_set_new(o, "side", json_string(call->side[r->side].name));
	set_int(o, "line", r->line + 1);
	json_object_set_new(o, "component", json_string(r->rtcp ? "rtcp" :
							"rtp"));
	set_addr(o, "local", &info->conf.local);
	set_addr(o, "signalled", &info->conf.remote);
	set_addr(o, "remote", &info->latched);
	json_object_set_new(o, "latch",
			    json_string(dp_latch_name(info->conf.latch)));
	json_object_set_new(o, "state",
			    json_string(dp_state_name(info->state)));
	json_object_set_new(o, "latched",
			    json_boolean(info->state == RTPLANE_STATE_LOCKED));
	set_int(o, "rx_packets", info->rx_packets);
	set_int(o, "rx_bytes", info->rx_bytes);
	set_int(o, "tx_packets", info->tx_packets);
	set_int(o, "tx_bytes", info->tx_bytes);
	set_int(o, "dropped", info->dropped);
	set_int(o, "passed", info->passed);
	set_int(o, "rtcp_packets", info->rtcp_packets);
	set_int(o, "rtp_at_agent", r->rtp_at_agent);
	if (r->srtp_rx) {
		json_object_set_new(o, "srtp_received",
				    json_string(dp_srtp_suite_name(r->srtp_rx)));
		json_object_set_new(o, "srtp_sent",
				    json_string(dp_srtp_suite_name(r->srtp_tx)));
	}
	set_addr(o, "offender", &info->offender);
	if (info->offender.family)
		set_int(o, "offenses", info->offenses);
	add_drops(o, info);
	add_dscp(o, info);
	add_rtp(o, &info->rtp);
	return o;
}

static json_t *side_json(const struct side *side)
{
	json_t *o = json_object();

	json_object_set_new(o, "uri", json_string(side->uri));
	json_object_set_new(o, "realm", json_string(side->realm ?
		side->realm->conf->name : "-"));
	set_addr(o, "signalling", &side->source);
	return o;
}

static const char *state_of(const struct call *call)
{
	static const char *const names[] = {
		[CALL_SETUP] = "setup", [CALL_UP] = "up", [CALL_OVER] = "over",
	};

	return names[call->state];
}

static json_t *call_json(const struct call *call)
{
	json_t *o = json_object();

	set_int(o, "id", call->id);
	json_object_set_new(o, "state", json_string(state_of(call)));
	json_object_set_new(o, "request", json_string(call->request_uri));
	json_object_set_new(o, "caller", side_json(&call->side[0]));
	json_object_set_new(o, "callee", side_json(&call->side[1]));
	set_time(o, "created", &call->created);
	set_time(o, "answered", &call->answered);
	set_time(o, "ended", &call->ended);
	if (*call->reason)
		json_object_set_new(o, "reason", json_string(call->reason));
	return o;
}

static json_t *orphan_json(const struct orphan *orphan)
{
	struct timespec last = {
		.tv_sec = orphan->last / UINT64_C(1000000000),
	};
	json_t *o = json_object();

	set_int(o, "id", orphan->cookie);
	json_object_set_new(o, "state", json_string("adopted"));
	set_int(o, "legs", orphan->legs);
	set_time(o, "last_packet", &last);
	return o;
}

json_t *calls_list(struct calls *calls)
{
	const struct orphan *orphan;
	const struct call *call;
	json_t *list = json_array();

	TAILQ_FOREACH(call, &calls->active, entry)
		json_array_append_new(list, call_json(call));
	LIST_FOREACH(orphan, &calls->orphans, entry)
		json_array_append_new(list, orphan_json(orphan));
	return list;
}

/*
 * The legs of a call: as they are now, or as they were at its end.  To be freed
 * with free() if @owned.
 */
static unsigned int reports_of(struct call *call, struct leg_report **reports,
			       bool *owned)
{
	*owned = call->state != CALL_OVER;
	if (*owned)
		return media_report(call, reports);
	*reports = call->reports;
	return call->n_reports;
}

static struct call *find_any(struct calls *calls, uint64_t id)
{
	struct call *call = call_find(calls, id);

	return call ? call : call_find_ended(calls, id);
}

json_t *calls_show(struct calls *calls, uint64_t id)
{
	struct orphan *orphan = orphan_find(calls, id);
	struct call *call = find_any(calls, id);
	struct leg_report *reports;
	unsigned int i, n;
	json_t *o, *legs;
	bool owned;

	if (orphan)
		return orphan_json(orphan);
	if (!call)
		return NULL;
	o = call_json(call);
	legs = json_array();
	n = reports_of(call, &reports, &owned);
	for (i = 0; i < n; i++)
		json_array_append_new(legs, leg_json(call, &reports[i]));
	json_object_set_new(o, "legs", legs);
	if (owned)
		free(reports);
	return o;
}

json_t *calls_why(struct calls *calls, uint64_t id)
{
	struct call *call = find_any(calls, id);
	struct leg_report *reports;
	unsigned int n;
	bool owned;
	json_t *o;

	if (!call)
		return NULL;
	n = reports_of(call, &reports, &owned);
	o = call_json(call);
	json_object_set_new(o, "why", why_call(call, reports, n));
	if (owned)
		free(reports);
	return o;
}

static json_t *pool_json(const struct pool *pool)
{
	struct ports_stats stats;
	json_t *o = json_object();

	ports_stats(pool->ports, &stats);
	json_object_set_new(o, "realm", json_string(pool->realm->name));
	set_addr(o, "address", &pool->address->listen);
	set_int(o, "low", pool->realm->port_low);
	set_int(o, "high", pool->realm->port_high);
	set_int(o, "pairs", stats.pairs);
	set_int(o, "used", stats.used);
	set_int(o, "quarantined", stats.quarantined);
	set_int(o, "exhausted", stats.exhausted);
	set_int(o, "busy", stats.busy);
	return o;
}

static json_t *counters_json(const struct counters *c)
{
	json_t *o = json_object();

	set_int(o, "calls", c->total);
	set_int(o, "answered", c->answered);
	set_int(o, "failed", c->failed);
	set_int(o, "refused", c->refused);
	set_int(o, "no_route", c->no_route);
	set_int(o, "no_ports", c->no_ports);
	set_int(o, "datapath_refused", c->datapath);
	set_int(o, "draining", c->draining);
	set_int(o, "loops", c->loops);
	return o;
}

static json_t *sockets_json(struct media *media)
{
	const struct media_counts *counts = media_counts(media);
	json_t *o = json_object();
	unsigned int i;

	set_int(o, "held", media_sockets(media));
	for (i = 0; i < MEDIA_CLASSES; i++)
		set_int(o, media_class_name(i), counts->packets[i]);
	json_object_set_new(o, "io", json_string(media_io_name(media)));
	set_int(o, "workers", media_workers(media));
	for (i = 0; i < MEDIA_FAULTS; i++)
		set_int(o, media_fault_name(i), media_fault(media, i));
	return o;
}

json_t *calls_status(struct calls *calls)
{
	json_t *o = json_object(), *ports = json_array(), *d;
	struct timespec now;
	struct dp_stats stats;
	struct dp_err err;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &now);
	set_int(o, "uptime", now.tv_sec - calls->started.tv_sec);
	set_int(o, "calls", calls->n_active);
	set_int(o, "adopted", calls->n_orphans);
	json_object_set_new(o, "draining", json_boolean(calls->draining));
	for (i = 0; i < calls->n_pools; i++)
		json_array_append_new(ports, pool_json(&calls->pools[i]));
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "counters", counters_json(&calls->counters));
	json_object_set_new(o, "sockets", sockets_json(calls->media));
	d = json_object();
	if (dp_stats(calls->dp, &stats, &err)) {
		json_object_set_new(d, "error", json_string(err.text));
	} else {
		set_int(d, "devices", stats.devs);
		set_int(d, "legs", stats.legs);
		set_int(d, "rx_packets", stats.rx_packets);
		set_int(d, "tx_packets", stats.tx_packets);
		set_int(d, "passed", stats.passed);
		set_int(d, "events_lost", stats.events_lost);
	}
	json_object_set_new(o, "datapath", d);
	return o;
}
