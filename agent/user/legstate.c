// SPDX-License-Identifier: GPL-2.0
/* The state of a leg, told and taken: as the module, word for word. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "kmod/saved.h"
#include "legconf.h"
#include "legstate.h"

static int refuse(const struct dp_leg *conf, int code, const char *sentence,
		  struct dp_err *err)
{
	return legconf_refuse(&conf->local, " state", code, sentence, err);
}

/* --- judging --- */

/* where keys stand is said once, and under a key */
static int give_sources(const struct dp_leg *conf, bool has_key,
			struct dp_srtp *srtp, const struct dp_source *source,
			unsigned int n, struct dp_err *err)
{
	if (!n)
		return 0;
	if (!has_key || srtp->suite == RTPLANE_SRTP_NONE)
		return refuse(conf, EINVAL,
			      "sources stand under a key: srtp-rx or srtp-tx is required",
			      err);
	if (srtp->n_sources)
		return refuse(conf, EINVAL,
			      "sources are given with the key or with the state, not with both",
			      err);
	srtp->source = source;
	srtp->n_sources = n;
	return 0;
}

static int check_numbers(const struct dp_leg *conf, struct dp_err *err)
{
	const struct dp_saved *s = conf->saved;

	if (!s->version)
		return refuse(conf, EINVAL, "a state has a version", err);
	if (s->version != RTPLANE_SAVED_VERSION)
		return refuse(conf, EOPNOTSUPP,
			      "the state is of an unknown version: expected 1",
			      err);
	if (s->n_known > RTPLANE_SAVED_KNOWN_MAX)
		return refuse(conf, EINVAL,
			      "of a remote 4 SSRCs are remembered at most",
			      err);
	if (s->reason > RTPLANE_REASON_MAX || s->rtp.pt > 127)
		return refuse(conf, ERANGE, "integer out of range", err);
	return 0;
}

int legstate_check(struct dp_leg *conf, struct dp_err *err)
{
	const struct dp_saved *s = conf->saved;
	int ret = check_numbers(conf, err);

	if (!ret && s->remote.family)
		ret = legconf_check_ep(conf, " state", &s->remote, err);
	if (!ret && s->former.family)
		ret = legconf_check_ep(conf, " state", &s->former, err);
	if (!ret)
		ret = give_sources(conf, conf->set & DP_LEG_SRTP_RX,
				   &conf->srtp_rx, s->rx, s->n_rx, err);
	if (!ret)
		ret = give_sources(conf, conf->set & DP_LEG_SRTP_TX,
				   &conf->srtp_tx, s->tx, s->n_tx, err);
	return ret;
}

static void rtp_to_pure(const struct dp_saved_rtp *from,
			struct rtplane_rtpstats *to)
{
	if (!from->present)
		return;
	*to = (struct rtplane_rtpstats){
		.stream = RTPLANE_STREAM | from->pt,
		.ssrc = htonl(from->ssrc),
		.packets = from->packets,
		.ssrc_changes = from->ssrc_changes,
		.out_of_order = from->out_of_order,
		.duplicates = from->duplicates,
		.lost_before = from->lost_before,
		.base_ext = from->base,
		.max_ext = from->highest,
		.unique = from->unique,
		.seen = from->seen,
		.jitter = from->jitter,
		.jitter_max = from->jitter_max,
		.transit = from->timestamp,
	};
}

static void to_pure(const struct dp_saved *from, struct rtplane_saved *to)
{
	unsigned int i;

	*to = (struct rtplane_saved){
		.age = from->age,
		.since = from->since,
		.former_left = from->former_left,
		.quiet = from->quiet,
		.started = from->started,
		.packet_debt = from->pps_debt,
		.bit_debt = from->bps_debt,
		.reason = from->reason,
		.fresh = from->fresh,
		.n_known = from->n_known,
	};
	leg_ep(&from->remote, &to->remote);
	leg_ep(&from->former, &to->former);
	for (i = 0; i < from->n_known; i++)
		to->known[i] = htonl(from->known[i]);
	rtp_to_pure(&from->rtp, &to->rtp);
}

int legstate_sense(const struct dp_leg *conf, const struct leg *leg,
		   uint8_t latch, struct dp_err *err)
{
	struct rtplane_policy p = {};
	struct rtplane_saved s;
	struct rtplane_ep local;
	const char *why;

	if (leg)
		return refuse(conf, EINVAL,
			      "only a new leg goes on from a state", err);
	rtplane_policy_init(&p, conf->local.family == AF_INET);
	rtplane_policy_mode(&p, latch);
	if (conf->set & DP_LEG_PREFIX)
		p.prefix = conf->prefix;
	if (conf->set & DP_LEG_REMOTE)
		leg_ep(&conf->remote, &p.signalled);
	leg_ep(&conf->local, &local);
	to_pure(conf->saved, &s);
	why = rtplane_saved_wrong(&s, &p, &local);
	return why ? refuse(conf, EINVAL, why, err) : 0;
}

/* --- taking --- */

bool legstate_room(struct leg *leg, const struct dp_saved *saved)
{
	if (!saved->n_known)
		return true;
	leg->policy.suspects = rtplane_zalloc(sizeof(*leg->policy.suspects));
	return leg->policy.suspects;
}

static uint64_t realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void take_counts(struct leg *leg, const struct dp_saved *saved)
{
	leg->rx_packets = saved->rx_packets;
	leg->rx_bytes = saved->rx_bytes;
	leg->tx_packets = saved->tx_packets;
	leg->tx_bytes = saved->tx_bytes;
	leg->passed = saved->passed;
	leg->rtcp_packets = saved->rtcp_packets;
	leg->latches = saved->latches;
	memcpy(leg->drops, saved->drops, sizeof(leg->drops));
	memcpy(leg->dscp_seen, saved->dscp_seen, sizeof(leg->dscp_seen));
	if (!saved->rtcp.present)
		return;
	leg->rtcp = (struct rtplane_rtcpstats){
		.ssrc = htonl(saved->rtcp.ssrc),
		.reports = saved->rtcp.reports,
		.lost = saved->rtcp.lost,
		.jitter = saved->rtcp.jitter,
		.rtt_us = saved->rtcp.rtt,
		.fraction_lost = saved->rtcp.fraction_lost,
	};
}

void legstate_take(struct leg *leg, const struct dp_saved *saved)
{
	uint64_t now = worker_clock(), quiet;
	struct rtplane_saved s;

	to_pure(saved, &s);
	rtplane_saved_take(&s, &leg->policy, &leg->police, &leg->rtp, now);
	if (!rtplane_ep_none(&s.remote))
		leg_resume(leg, &s.remote);
	take_counts(leg, saved);
	quiet = rtplane_saved_when(&s, s.quiet, now);
	if (saved->rx_packets) {
		leg->last = quiet;
		leg->first = rtplane_saved_when(&s, s.started, realtime());
	} else {
		leg->born = quiet;
	}
}

void legstate_discount(struct dp_stats *gone, const struct dp_saved *saved)
{
	unsigned int i;

	gone->rx_packets -= saved->rx_packets;
	gone->tx_packets -= saved->tx_packets;
	gone->passed -= saved->passed;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		gone->drops[i] -= saved->drops[i];
}

/* --- telling --- */

static void rtp_from_pure(const struct rtplane_rtpstats *from,
			  struct dp_saved_rtp *to)
{
	if (!rtplane_rtp_started(from))
		return;
	*to = (struct dp_saved_rtp){
		.present = true,
		.pt = rtplane_rtp_pt(from),
		.ssrc = ntohl(from->ssrc),
		.packets = from->packets,
		.ssrc_changes = from->ssrc_changes,
		.out_of_order = from->out_of_order,
		.duplicates = from->duplicates,
		.lost_before = from->lost_before,
		.base = from->base_ext,
		.highest = from->max_ext,
		.unique = from->unique,
		.seen = from->seen,
		.jitter = from->jitter,
		.jitter_max = from->jitter_max,
		.timestamp = from->transit,
	};
}

static void from_pure(const struct rtplane_saved *from, struct dp_saved *to)
{
	unsigned int i;

	to->since = from->since;
	to->former_left = from->former_left;
	to->pps_debt = from->packet_debt;
	to->bps_debt = from->bit_debt;
	to->reason = from->reason;
	to->fresh = from->fresh;
	to->n_known = from->n_known;
	leg_addr(&from->remote, &to->remote);
	leg_addr(&from->former, &to->former);
	for (i = 0; i < from->n_known; i++)
		to->known[i] = ntohl(from->known[i]);
	rtp_from_pure(&from->rtp, &to->rtp);
}

void legstate_tell(const struct leg *leg, struct dp_leg_info *info)
{
	uint64_t now = worker_clock();
	struct dp_saved *to = &info->saved;
	struct rtplane_saved s = {};

	if (leg->latched)
		s.remote = leg->remote;
	rtplane_saved_tell(&s, &leg->policy, &leg->police, &leg->rtp, now);
	*to = (struct dp_saved){
		.version = RTPLANE_SAVED_VERSION,
		.quiet = now - (leg->last ? leg->last : leg->born),
		.started = leg->rx_packets ?
			   rtplane_saved_ago(leg->first, realtime()) : 0,
		.rx_packets = info->rx_packets,
		.rx_bytes = info->rx_bytes,
		.tx_packets = info->tx_packets,
		.tx_bytes = info->tx_bytes,
		.passed = info->passed,
		.rtcp_packets = info->rtcp_packets,
		.latches = info->latches,
		.rtcp = info->rtcp,
		.n_rx = info->conf.srtp_rx.n_sources,
		.rx = info->conf.srtp_rx.source,
		.n_tx = info->conf.srtp_tx.n_sources,
		.tx = info->conf.srtp_tx.source,
	};
	memcpy(to->drops, info->drops, sizeof(to->drops));
	memcpy(to->dscp_seen, info->dscp_seen, sizeof(to->dscp_seen));
	from_pure(&s, to);
}
