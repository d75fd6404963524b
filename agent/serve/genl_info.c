// SPDX-License-Identifier: GPL-2.0
/* What a datapath tells, as the attributes of <linux/rtplane.h>. */
#include <netlink/errno.h>
#include <string.h>

#include "netlink/genl_attr.h"

/* Errors are collected by OR, as in genl_attr.c. */

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

static int put_some_addr(struct nl_msg *msg, int type,
			 const struct dp_addr *addr)
{
	return addr->family ? genl_put_addr(msg, type, addr) : 0;
}

static int put_counters(struct nl_msg *msg, const struct dp_leg_info *leg)
{
	struct nlattr *at = nest(msg, RTPLANE_LEG_A_COUNTERS);
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_RX_PACKETS, leg->rx_packets);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_RX_BYTES, leg->rx_bytes);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_TX_PACKETS, leg->tx_packets);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_TX_BYTES, leg->tx_bytes);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_DROPPED, leg->dropped);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_PASSED, leg->passed);
	ret |= nla_put_u64(msg, RTPLANE_COUNT_A_RTCP_PACKETS,
			   leg->rtcp_packets);
	ret |= nla_put_u32(msg, RTPLANE_COUNT_A_LATCHES, leg->latches);
	if (leg->first)
		ret |= nla_put_u64(msg, RTPLANE_COUNT_A_FIRST, leg->first);
	if (leg->last)
		ret |= nla_put_u64(msg, RTPLANE_COUNT_A_LAST, leg->last);
	if (leg->has_dscp_tx)
		ret |= nla_put_u8(msg, RTPLANE_COUNT_A_DSCP_TX, leg->dscp_tx);
	nla_nest_end(msg, at);
	return ret;
}

static int put_rtp(struct nl_msg *msg, const struct dp_rtp *rtp)
{
	struct nlattr *at;
	int ret = 0;

	if (!rtp->present)
		return 0;
	at = nest(msg, RTPLANE_LEG_A_RTP);
	if (!at)
		return -NLE_NOMEM;
	ret |= nla_put_u32(msg, RTPLANE_RTP_A_SSRC, rtp->ssrc);
	ret |= nla_put_u32(msg, RTPLANE_RTP_A_SSRC_CHANGES, rtp->ssrc_changes);
	ret |= nla_put_u8(msg, RTPLANE_RTP_A_PT, rtp->pt);
	ret |= nla_put_u64(msg, RTPLANE_RTP_A_PACKETS, rtp->packets);
	ret |= nla_put_u64(msg, RTPLANE_RTP_A_LOST, rtp->lost);
	ret |= nla_put_u64(msg, RTPLANE_RTP_A_OUT_OF_ORDER, rtp->out_of_order);
	ret |= nla_put_u64(msg, RTPLANE_RTP_A_DUPLICATES, rtp->duplicates);
	ret |= nla_put_u32(msg, RTPLANE_RTP_A_JITTER, rtp->jitter);
	ret |= nla_put_u32(msg, RTPLANE_RTP_A_JITTER_MAX, rtp->jitter_max);
	ret |= nla_put_u32(msg, RTPLANE_RTP_A_CLOCK, rtp->clock);
	nla_nest_end(msg, at);
	return ret;
}

static int put_rtcp(struct nl_msg *msg, int type, const struct dp_rtcp *rtcp)
{
	struct nlattr *at;
	int ret = 0;

	if (!rtcp->present)
		return 0;
	at = nest(msg, type);
	if (!at)
		return -NLE_NOMEM;
	ret |= nla_put_u32(msg, RTPLANE_RTCP_A_REPORTS, rtcp->reports);
	ret |= nla_put_u32(msg, RTPLANE_RTCP_A_SSRC, rtcp->ssrc);
	ret |= nla_put_u8(msg, RTPLANE_RTCP_A_FRACTION_LOST,
			  rtcp->fraction_lost);
	ret |= nla_put_u32(msg, RTPLANE_RTCP_A_LOST, (uint32_t)rtcp->lost);
	ret |= nla_put_u32(msg, RTPLANE_RTCP_A_JITTER, rtcp->jitter);
	if (rtcp->has_rtt)
		ret |= nla_put_u32(msg, RTPLANE_RTCP_A_RTT, rtcp->rtt);
	nla_nest_end(msg, at);
	return ret;
}

/* neither a key is told nor an order */
static int put_protection(struct nl_msg *msg, int type,
			  const struct dp_srtp *srtp)
{
	struct dp_srtp told = *srtp;
	int ret = 0;

	told.fresh = false;
	if (srtp->suite)
		ret = genl_put_srtp(msg, type, &told, NULL, 0);
	explicit_bzero(&told, sizeof(told));
	return ret;
}

/* what is told of a configuration: its words, never an order or a key */
static int put_conf(struct nl_msg *msg, const struct dp_leg *conf)
{
	struct dp_leg told = *conf;

	told.set &= ~(DP_LEG_UNLATCH | DP_LEG_MOVED | DP_LEG_PROVEN |
		      DP_LEG_SRTP_RX | DP_LEG_SRTP_TX | DP_LEG_COPIES);
	if (!told.remote.family)
		told.set &= ~DP_LEG_REMOTE;
	if (!told.tie.family)
		told.set &= ~DP_LEG_TIE;
	return genl_put_addr(msg, RTPLANE_LEG_A_LOCAL, &told.local) |
	       genl_put_words(msg, &told) | genl_put_copies(msg, conf, true) |
	       put_protection(msg, RTPLANE_LEG_A_SRTP_RX, &told.srtp_rx) |
	       put_protection(msg, RTPLANE_LEG_A_SRTP_TX, &told.srtp_tx);
}

int genl_put_info(struct nl_msg *msg, const struct dp_leg_info *leg)
{
	struct nlattr *at = nest(msg, RTPLANE_A_LEG);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = put_conf(msg, &leg->conf);
	ret |= put_some_addr(msg, RTPLANE_LEG_A_PEER, &leg->peer);
	ret |= nla_put_u64(msg, RTPLANE_LEG_A_COOKIE, leg->cookie);
	ret |= nla_put_u8(msg, RTPLANE_LEG_A_STATE, leg->state);
	ret |= put_some_addr(msg, RTPLANE_LEG_A_LATCHED, &leg->latched);
	if (leg->offenses) {
		ret |= put_some_addr(msg, RTPLANE_LEG_A_OFFENDER,
				     &leg->offender);
		ret |= nla_put_u64(msg, RTPLANE_LEG_A_OFFENSES, leg->offenses);
	}
	ret |= put_counters(msg, leg);
	ret |= genl_put_array(msg, RTPLANE_LEG_A_DROPS, leg->drops,
			      __RTPLANE_DROP_MAX);
	ret |= put_rtp(msg, &leg->rtp);
	ret |= put_rtcp(msg, RTPLANE_LEG_A_RTCP, &leg->rtcp);
	ret |= genl_put_array(msg, RTPLANE_LEG_A_DSCP_SEEN, leg->dscp_seen,
			      RTPLANE_DSCP_MAP_LEN);
	ret |= nla_put_u64(msg, RTPLANE_LEG_A_GENERATION, leg->generation);
	if (leg->saved.version)
		ret |= genl_put_saved(msg, &leg->saved);
	nla_nest_end(msg, at);
	return ret;
}

static int put_fault(struct nl_msg *msg, const struct dp_fault *fault)
{
	struct nlattr *at = nest(msg, RTPLANE_STATS_A_FAULT);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_string(msg, RTPLANE_FAULT_A_NAME, fault->name);
	ret |= nla_put_u64(msg, RTPLANE_FAULT_A_COUNT, fault->count);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_stats(struct nl_msg *msg, const struct dp_stats *stats)
{
	struct nlattr *at = nest(msg, RTPLANE_A_STATS);
	unsigned int i;
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	ret |= nla_put_u32(msg, RTPLANE_STATS_A_DEVS, stats->devs);
	ret |= nla_put_u32(msg, RTPLANE_STATS_A_LEGS, stats->legs);
	ret |= nla_put_u32(msg, RTPLANE_STATS_A_NATMAPS, stats->natmaps);
	ret |= nla_put_u64(msg, RTPLANE_STATS_A_RX_PACKETS, stats->rx_packets);
	ret |= nla_put_u64(msg, RTPLANE_STATS_A_TX_PACKETS, stats->tx_packets);
	ret |= nla_put_u64(msg, RTPLANE_STATS_A_PASSED, stats->passed);
	ret |= genl_put_array(msg, RTPLANE_STATS_A_DROPS, stats->drops,
			      __RTPLANE_DROP_MAX);
	ret |= nla_put_u64(msg, RTPLANE_STATS_A_EVENTS_LOST,
			   stats->events_lost);
	ret |= nla_put_u32(msg, RTPLANE_STATS_A_LEG_BYTES, stats->leg_bytes);
	if (stats->io[0])
		ret |= nla_put_string(msg, RTPLANE_STATS_A_IO, stats->io);
	for (i = 0; i < stats->n_faults; i++)
		ret |= put_fault(msg, &stats->faults[i]);
	nla_nest_end(msg, at);
	return ret;
}

static int put_digit(struct nl_msg *msg, const struct dp_digit *digit)
{
	int ret = nla_put_u8(msg, RTPLANE_EVENT_A_DIGIT, digit->event);

	ret |= nla_put_u32(msg, RTPLANE_EVENT_A_DURATION, digit->duration);
	ret |= nla_put_u8(msg, RTPLANE_EVENT_A_VOLUME, digit->volume);
	return ret | nla_put_u8(msg, RTPLANE_EVENT_A_PT, digit->pt);
}

int genl_put_event(struct nl_msg *msg, const struct dp_event *event)
{
	struct nlattr *at = nest(msg, RTPLANE_A_EVENT);
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	ret |= nla_put_u8(msg, RTPLANE_EVENT_A_TYPE, event->type);
	ret |= nla_put_u8(msg, RTPLANE_EVENT_A_REASON, event->reason);
	ret |= genl_put_addr(msg, RTPLANE_EVENT_A_LOCAL, &event->local);
	ret |= nla_put_u64(msg, RTPLANE_EVENT_A_COOKIE, event->cookie);
	ret |= nla_put_u64(msg, RTPLANE_EVENT_A_TIME, event->time);
	ret |= put_some_addr(msg, RTPLANE_EVENT_A_OLD, &event->old);
	ret |= put_some_addr(msg, RTPLANE_EVENT_A_NEW, &event->new);
	if (event->count)
		ret |= nla_put_u64(msg, RTPLANE_EVENT_A_COUNT, event->count);
	if (event->type == RTPLANE_EVENT_RTCP)
		ret |= put_rtcp(msg, RTPLANE_EVENT_A_RTCP, &event->rtcp);
	if (event->type == RTPLANE_EVENT_DTMF)
		ret |= put_digit(msg, &event->digit);
	nla_nest_end(msg, at);
	return ret;
}
