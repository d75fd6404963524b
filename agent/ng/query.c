// SPDX-License-Identifier: GPL-2.0
/* What is told of calls: one, all their names, and numbers of the whole. */
#include <stdlib.h>

#include "private.h"

#define LIST_DEFAULT	32	/* calls, unless more are asked for */

/*
 * How much is told: a datagram should go without fragments.  They are levels of the reply's
 * tree, too: what goes with the first step, with the second, and so on.
 */
enum detail { ALL, NO_EXTREMES, NO_FLAGS, NO_INGRESS, RTP_ALONE, NO_STREAMS, TOTALS };

_Static_assert(TOTALS < NG_LEVELS, "each step is a level");

/**
 * struct telling - a call that is told of
 * @tree: where to
 * @call: the call
 * @report: its media
 * @small: it has to fit into a datagram
 * @detail: how much
 */
struct telling {
	struct ng_tree *tree;
	struct ng_call *call;
	const struct session_report *report;
	bool small;
	enum detail detail;
};

static bool is_too_long(const struct telling *t)
{
	/* room for cookie and result */
	return t->small && ng_tree_length(t->tree, t->detail) > NG_REPLY_SMALL - 64;
}

/*
 * What follows is told unless step @detail is taken, which it is as soon as it is known to
 * be needed: what is there only grows.  False: it is, and nothing needs to follow.  What
 * this is called in has to go with the same step or a later one.
 */
static bool begin(struct telling *t, enum detail detail, uint8_t *outer)
{
	while (t->detail < TOTALS && is_too_long(t))
		t->detail++;
	if (t->detail >= detail)
		return false;
	*outer = t->tree->level;
	t->tree->level = (uint8_t)detail;
	return true;
}

static void end(struct telling *t, uint8_t outer)
{
	t->tree->level = outer;
}

static bool is_party(const struct telling *t, const struct session_leg_report *leg,
		     const struct session_party *party)
{
	return t->report->party[leg->party].party == party;
}

static void tell_stats(const struct telling *t, struct ng_value *in,
		       const char *key, uint64_t packets, uint64_t bytes,
		       uint64_t errors)
{
	struct ng_value *out = ng_add_dict(t->tree, in, key);

	ng_add_number(t->tree, out, "packets", (int64_t)packets);
	ng_add_number(t->tree, out, "bytes", (int64_t)bytes);
	ng_add_number(t->tree, out, "errors", (int64_t)errors);
}

/* --- how good it is --- */

/* the leg of RTCP that goes with one of RTP: its party's, or the other one's */
static const struct session_leg_report *rtcp_of(const struct telling *t,
						const struct session_leg_report *rtp,
						bool peer)
{
	const struct session_leg_report *leg = t->report->leg;
	const struct session_leg_report *end = leg + t->report->n_legs, *found = NULL;

	for (; leg < end; leg++) {
		if (leg->line != rtp->line || (leg->party == rtp->party) == peer)
			continue;
		/* where both share a port there is but one */
		if (!found || leg->component == 2)
			found = leg;
	}
	return found;
}

static void tell_mos(const struct telling *t, struct ng_value *in, const char *key,
		     const struct session_leg_report *leg, bool worst)
{
	struct ng_value *out = ng_add_dict(t->tree, in, key);
	struct ng_quality q;

	ng_quality(leg, rtcp_of(t, leg, false), rtcp_of(t, leg, true), worst, &q);
	ng_add_number(t->tree, out, "MOS", q.mos);
	if (q.rtt)
		ng_add_number(t->tree, out, "round-trip time", q.rtt);
	if (q.rtt_leg)
		ng_add_number(t->tree, out, "round-trip time leg", q.rtt_leg);
	ng_add_number(t->tree, out, "jitter", q.jitter);
	ng_add_number(t->tree, out, "packet loss", q.loss);
	if (strcmp(key, "average MOS"))
		ng_add_number(t->tree, out, "reported at", time(NULL));
	else
		ng_add_number(t->tree, out, "samples", q.samples);
}

/* of who sends by that leg; NULL: there is none */
static const struct ng_history *history_of(const struct telling *t,
					   const struct session_leg_report *leg)
{
	const struct session_party *party = t->report->party[leg->party].party;
	const struct session_branch *heard = session_heard(t->call->session);
	const struct ng_branch *branch;
	unsigned int s;

	LIST_FOREACH(branch, &t->call->branches, entry)
		for (s = 0; s < 2 && branch->media == heard; s++)
			if (branch->party[s] == party && !leg->line &&
			    branch->history[s].lowest.at)
				return &branch->history[s];
	return NULL;
}

static void tell_extreme(const struct telling *t, struct ng_value *in, const char *key,
			 const struct ng_extreme *q)
{
	struct ng_value *out = ng_add_dict(t->tree, in, key);

	ng_add_number(t->tree, out, "MOS", q->mos);
	if (q->rtt)
		ng_add_number(t->tree, out, "round-trip time", q->rtt);
	ng_add_number(t->tree, out, "jitter", q->jitter);
	ng_add_number(t->tree, out, "packet loss", q->loss);
	ng_add_number(t->tree, out, "reported at", q->at);
}

/* of one SSRC, wherever it stands */
static void tell_ssrc(struct telling *t, struct ng_value *out,
		      const struct session_leg_report *leg)
{
	const struct ng_history *history;
	uint8_t outer;

	ng_add_number(t->tree, out, "bytes", (int64_t)leg->info.rx_bytes);
	ng_add_number(t->tree, out, "packets", (int64_t)leg->info.rtp.packets);
	ng_add_number(t->tree, out, "cumulative loss",
		      (int64_t)leg->info.rtp.lost);
	tell_mos(t, out, "average MOS", leg, false);
	if (!begin(t, NO_EXTREMES, &outer))
		return;
	history = history_of(t, leg);
	if (history) {
		tell_extreme(t, out, "lowest MOS", &history->lowest);
		tell_extreme(t, out, "highest MOS", &history->highest);
	} else {
		/* nobody reports: as far as the counts go */
		tell_mos(t, out, "lowest MOS", leg, true);
		tell_mos(t, out, "highest MOS", leg, false);
	}
	end(t, outer);
}

static const char *family_name(const struct dp_addr *addr)
{
	return addr->family == AF_INET6 ? "IPv6" : "IPv4";
}

static void tell_address(const struct telling *t, struct ng_value *out,
			 const char *key, const struct dp_addr *addr)
{
	struct dp_addr host = *addr;
	char text[DP_ADDR_STRLEN];

	host.port = 0;
	ng_add_string(t->tree, out, key, dp_addr_str(&host, text, sizeof(text)));
}

static void tell_endpoint(const struct telling *t, struct ng_value *stream,
			  const struct dp_addr *addr)
{
	struct ng_value *out;

	if (!addr->family)
		return;
	out = ng_add_dict(t->tree, stream, "endpoint");
	ng_add_string(t->tree, out, "family", family_name(addr));
	tell_address(t, out, "address", addr);
	ng_add_number(t->tree, out, "port", addr->port);
}

static void tell_flags(struct telling *t, struct ng_value *stream,
		       const struct session_leg_report *leg)
{
	struct ng_value *flags;
	uint8_t outer;

	if (!begin(t, NO_FLAGS, &outer))
		return;
	flags = ng_add_list(t->tree, stream, "flags");
	ng_add_string(t->tree, flags, NULL, leg->component == 2 ? "RTCP" : "RTP");
	if (leg->info.conf.remote.family)
		ng_add_string(t->tree, flags, NULL, "filled");
	if (leg->info.latched.family)
		ng_add_string(t->tree, flags, NULL, "confirmed");
	if (!strcmp(t->report->datapath, "kernel"))
		ng_add_string(t->tree, flags, NULL, "kernelized");
	end(t, outer);
}

static void tell_stream(struct telling *t, struct ng_value *streams,
			const struct session_leg_report *leg)
{
	const struct dp_leg_info *info = &leg->info;
	struct ng_value *out = ng_add_dict(t->tree, streams, NULL);
	uint8_t outer;

	ng_add_number(t->tree, out, "local port", info->conf.local.port);
	tell_address(t, out, "local address", &info->conf.local);
	ng_add_string(t->tree, out, "family", family_name(&info->conf.local));
	tell_endpoint(t, out, info->latched.family ? &info->latched :
			      &info->conf.remote);
	ng_add_number(t->tree, out, "last packet",
		      (int64_t)(info->last / UINT64_C(1000000000)));
	if (info->rtp.present)
		ng_add_number(t->tree, out, "SSRC", info->rtp.ssrc);
	tell_flags(t, out, leg);
	tell_stats(t, out, "stats", info->rx_packets, info->rx_bytes,
		   info->dropped);
	if (!begin(t, NO_FLAGS, &outer))
		return;
	tell_stats(t, out, "stats_out", info->tx_packets, info->tx_bytes, 0);
	end(t, outer);
}

/* newer proxies read it here, older ones in the dictionary of all */
static void tell_ingress(struct telling *t, struct ng_value *media,
			 const struct session_leg_report *leg)
{
	struct ng_value *all, *one;
	uint8_t outer;

	if (leg->component != 1 || !leg->info.rtp.present ||
	    !begin(t, NO_INGRESS, &outer))
		return;
	all = ng_add_list(t->tree, media, "ingress SSRCs");
	one = ng_add_dict(t->tree, all, NULL);
	ng_add_number(t->tree, one, "SSRC", leg->info.rtp.ssrc);
	tell_ssrc(t, one, leg);
	end(t, outer);
}

/* legs are by line: those of one line are one medium */
static void tell_medias(struct telling *t, struct ng_value *tag,
			const struct session_party *party)
{
	const struct session_report *report = t->report;
	struct ng_value *medias, *media = NULL, *streams = NULL;
	unsigned int i, line = UINT32_MAX;
	uint8_t outer, stream;

	if (!begin(t, NO_STREAMS, &outer))
		return;
	medias = ng_add_list(t->tree, tag, "medias");
	for (i = 0; i < report->n_legs; i++) {
		if (!is_party(t, &report->leg[i], party))
			continue;
		if (report->leg[i].line != line) {
			line = report->leg[i].line;
			media = ng_add_dict(t->tree, medias, NULL);
			ng_add_number(t->tree, media, "index", line + 1);
			streams = ng_add_list(t->tree, media, "streams");
		}
		stream = t->tree->level;
		if (report->leg[i].component == 2 && !begin(t, RTP_ALONE, &stream))
			continue;
		tell_stream(t, streams, &report->leg[i]);
		end(t, stream);
		tell_ingress(t, media, &report->leg[i]);
	}
	end(t, outer);
}

/* a key that is there twice is for each reader what it likes */
static bool is_told(const struct ng_value *dict, struct span key)
{
	const struct ng_value *value = dict ? dict->first : NULL;

	while (value && !span_eq(value->key, key))
		value = value->next;
	return value;
}

static void tell_tag(struct telling *t, struct ng_value *tags,
		     const struct ng_branch *branch, unsigned int s, bool heard)
{
	char unknown[32];
	struct span name = span_of(branch->tag[s]);
	struct ng_value *out;

	if (!name.p) {
		snprintf(unknown, sizeof(unknown), "<untagged %u>", s);
		name = span_of(unknown);
	}
	/* branches of one offer have its tag in common */
	if (is_told(tags, name))
		return;
	out = ng_add_dict_of(t->tree, tags, name);
	ng_add_text(t->tree, out, "tag", name);
	if (branch->via)
		ng_add_string(t->tree, out, "via-branch", branch->via);
	if (branch->label[s])
		ng_add_string(t->tree, out, "label", branch->label[s]);
	ng_add_number(t->tree, out, "created", t->call->created.tv_sec);
	if (heard)
		tell_medias(t, out, branch->party[s]);
}

/* the branch that is heard, first; the others only if there is room */
static void tell_tags(struct telling *t, struct ng_value *out)
{
	const struct session_branch *heard = session_heard(t->call->session);
	struct ng_value *tags = ng_add_dict(t->tree, out, "tags");
	const struct ng_branch *branch;
	uint8_t outer;
	unsigned int s;

	if (heard && begin(t, TOTALS, &outer)) {
		LIST_FOREACH(branch, &t->call->branches, entry)
			for (s = 0; s < 2 && branch->media == heard; s++)
				tell_tag(t, tags, branch, s, true);
		end(t, outer);
	}
	if (!begin(t, heard ? NO_EXTREMES : TOTALS, &outer))
		return;
	LIST_FOREACH(branch, &t->call->branches, entry)
		for (s = 0; s < 2 && branch->media != heard; s++)
			tell_tag(t, tags, branch, s, false);
	end(t, outer);
}

static void tell_ssrcs(struct telling *t, struct ng_value *out)
{
	struct ng_value *all = ng_add_dict(t->tree, out, "SSRC"), *one;
	const struct session_leg_report *leg = t->report->leg;
	const struct session_leg_report *end = leg + t->report->n_legs;
	char name[16];

	for (; leg < end; leg++) {
		if (leg->component != 1 || !leg->info.rtp.present)
			continue;
		snprintf(name, sizeof(name), "%u", leg->info.rtp.ssrc);
		/* who echoes says the same one */
		if (is_told(all, span_of(name)))
			continue;
		one = ng_add_dict_of(t->tree, all, span_of(name));
		tell_ssrc(t, one, leg);
	}
}

static void tell_totals(const struct telling *t, struct ng_value *out)
{
	struct ng_value *totals = ng_add_dict(t->tree, out, "totals");
	uint64_t packets[2] = { 0 }, bytes[2] = { 0 }, errors[2] = { 0 };
	const struct session_leg_report *leg;
	unsigned int i, c;

	for (i = 0; i < t->report->n_legs; i++) {
		leg = &t->report->leg[i];
		c = leg->component == 2;
		packets[c] += leg->info.rx_packets;
		bytes[c] += leg->info.rx_bytes;
		errors[c] += leg->info.dropped;
	}
	tell_stats(t, totals, "RTP", packets[0], bytes[0], errors[0]);
	tell_stats(t, totals, "RTCP", packets[1], bytes[1], errors[1]);
}

static void tell(struct telling *t, struct ng_value *out)
{
	const struct timespec *at = &t->call->created;

	ng_add_number(t->tree, out, "created", at->tv_sec);
	ng_add_number(t->tree, out, "created_us", at->tv_nsec / 1000);
	ng_add_number(t->tree, out, "created_ts",
		      at->tv_sec * INT64_C(1000000) + at->tv_nsec / 1000);
	ng_add_number(t->tree, out, "last signal", t->call->signalled);
	tell_ssrcs(t, out);
	tell_tags(t, out);
	tell_totals(t, out);
}

void ng_tell_call(struct ng_request *r, struct ng_call *call)
{
	struct session_report *report = session_report(call->session);
	struct telling t = { &r->reply, call, report, r->datagram, ALL };

	if (!report) {
		r->reply.failed = true;
		return;
	}
	tell(&t, r->out);
	while (t.detail < TOTALS && is_too_long(&t))
		t.detail++;
	ng_tree_shed(&r->reply, t.detail);
	session_report_free(report);
}

const char *ng_query(struct ng_request *r)
{
	struct ng_call *call;

	if (!r->words.call_id.p)
		return "No call-id in message";
	call = ng_call_find(r->ng, r->words.call_id);
	if (!call)
		return "Unknown call-id";
	ng_tell_call(r, call);
	return NULL;
}

const char *ng_list(struct ng_request *r)
{
	int64_t n = r->words.limit >= 0 ? r->words.limit : LIST_DEFAULT;
	struct ng_value *calls = ng_add_list(&r->reply, r->out, "calls");
	const struct ng_call *call;
	size_t bytes = 0;

	TAILQ_FOREACH(call, &r->ng->calls, entry) {
		bytes += strlen(call->id) + 16;
		if (n-- <= 0 || bytes > NG_MESSAGE_MAX - 4096)
			break;
		ng_add_string(&r->reply, calls, NULL, call->id);
	}
	return NULL;
}

/* --- numbers of the whole --- */

static void add(struct ng_request *r, struct ng_value *in, const char *key,
		uint64_t number)
{
	ng_add_number(&r->reply, in, key, (int64_t)number);
}

static void tell_current(struct ng_request *r, struct ng_value *statistics)
{
	struct ng_value *out = ng_add_dict(&r->reply, statistics,
					   "currentstatistics");

	add(r, out, "sessionsown", r->ng->n_calls);
	add(r, out, "sessionsforeign", 0);
	add(r, out, "sessionstotal", r->ng->n_calls);
	add(r, out, "transcodedmedia", 0);
}

static void tell_total(struct ng_request *r, struct ng_value *statistics)
{
	struct ng_value *out = ng_add_dict(&r->reply, statistics,
					   "totalstatistics");
	const struct ng_counters *c = &r->ng->counters;

	add(r, out, "uptime", (uint64_t)(time(NULL) - r->ng->started.tv_sec));
	add(r, out, "managedsessions", c->calls);
	add(r, out, "rejectedsessions", c->limited);
	add(r, out, "timeoutsessions", c->timed_out);
	add(r, out, "silenttimeoutsessions", 0);
	add(r, out, "finaltimeoutsessions", 0);
	add(r, out, "offertimeoutsessions", c->unanswered);
	add(r, out, "regularterminatedsessions", c->deleted);
	add(r, out, "forcedterminatedsessions", 0);
}

static void tell_control(struct ng_request *r, struct ng_value *statistics)
{
	static const char *const names[] = {
		[NG_DO_PING] = "totalpingcount",
		[NG_DO_OFFER] = "totaloffercount",
		[NG_DO_ANSWER] = "totalanswercount",
		[NG_DO_DELETE] = "totaldeletecount",
		[NG_DO_QUERY] = "totalquerycount",
		[NG_DO_LIST] = "totallistcount",
		[NG_DO_STATISTICS] = "totalstatisticscount",
		[NG_DO_OTHER] = "totalothercount",
	};
	struct ng_value *out = ng_add_dict(&r->reply, statistics,
					   "controlstatistics");
	size_t i;

	for (i = 0; i < NG_COMMANDS; i++)
		add(r, out, names[i], r->ng->command[i]);
	add(r, out, "totalerrorcount", r->ng->counters.errors);
}

const char *ng_statistics(struct ng_request *r)
{
	struct ng_value *out = ng_add_dict(&r->reply, r->out, "statistics");

	tell_current(r, out);
	tell_total(r, out);
	tell_control(r, out);
	return NULL;
}
