// SPDX-License-Identifier: GPL-2.0
/* Attributes of <linux/rtplane.h>, there and back. */
#include <netlink/errno.h>
#include <string.h>

#include "datapath/names.h"
#include "genl_attr.h"

/*
 * Every put may find the message full.  The errors are collected by OR: they
 * are all negative, so the sum of them is, too.
 */

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

int genl_put_addr(struct nl_msg *msg, int type, const struct dp_addr *addr)
{
	struct nlattr *at = nest(msg, type);
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	if (addr->family == AF_INET)
		ret = nla_put_u32(msg, RTPLANE_EP_A_IPV4, addr->v4.s_addr);
	else if (addr->family == AF_INET6)
		ret = nla_put(msg, RTPLANE_EP_A_IPV6, sizeof(addr->v6),
			      &addr->v6);
	if (addr->port)
		ret |= nla_put_u16(msg, RTPLANE_EP_A_PORT, htons(addr->port));
	if (addr->rtcp)
		ret |= nla_put_flag(msg, RTPLANE_EP_A_RTCP);
	if (addr->line)
		ret |= nla_put_u8(msg, RTPLANE_EP_A_LINE, addr->line);
	if (addr->call)
		ret |= nla_put_u16(msg, RTPLANE_EP_A_CALL, addr->call);
	nla_nest_end(msg, at);
	return ret;
}

static int put_leg_latch(struct nl_msg *msg, const struct dp_leg *leg)
{
	int ret = 0;

	if (leg->set & DP_LEG_REMOTE)
		ret |= genl_put_addr(msg, RTPLANE_LEG_A_REMOTE, &leg->remote);
	if (leg->set & DP_LEG_LATCH)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_LATCH, leg->latch);
	if (leg->set & DP_LEG_PREFIX)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_PREFIX, leg->prefix);
	if (leg->set & DP_LEG_PROBATION)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_PROBATION, leg->probation);
	if (leg->set & DP_LEG_EARLY)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_EARLY, leg->early);
	if (leg->set & DP_LEG_RELATCH)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_RELATCH, leg->relatch);
	if (leg->set & DP_LEG_TIE)
		ret |= genl_put_addr(msg, RTPLANE_LEG_A_TIE, &leg->tie);
	if (leg->set & DP_LEG_UNLATCH)
		ret |= nla_put_flag(msg, RTPLANE_LEG_A_UNLATCH);
	if (leg->set & DP_LEG_MOVED)
		ret |= nla_put_flag(msg, RTPLANE_LEG_A_MOVED);
	if (leg->set & DP_LEG_SSRC_GUARD)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_SSRC_GUARD, leg->ssrc_guard);
	if (leg->set & DP_LEG_MUTE)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_MUTE, leg->mute);
	if (leg->set & DP_LEG_PROVEN)
		ret |= genl_put_addr(msg, RTPLANE_LEG_A_PROVEN, &leg->proven);
	return ret;
}

static int put_leg_media(struct nl_msg *msg, const struct dp_leg *leg)
{
	int ret = 0;

	if (leg->set & DP_LEG_DSCP_MODE)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_DSCP_MODE, leg->dscp_mode);
	if (leg->set & DP_LEG_DSCP)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_DSCP, leg->dscp);
	if (leg->set & DP_LEG_DSCP_MAP)
		ret |= nla_put(msg, RTPLANE_LEG_A_DSCP_MAP,
			       sizeof(leg->dscp_map), leg->dscp_map);
	if (leg->set & DP_LEG_ACCEPT)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_ACCEPT, leg->accept);
	if (leg->set & DP_LEG_UNKNOWN)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_UNKNOWN, leg->unknown);
	if (leg->set & DP_LEG_PPS)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_PPS, leg->pps);
	if (leg->set & DP_LEG_BPS)
		ret |= nla_put_u64(msg, RTPLANE_LEG_A_BPS, leg->bps);
	if (leg->set & DP_LEG_MARK)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_MARK, leg->mark);
	if (leg->set & DP_LEG_OIF)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_OIF, leg->oif);
	if (leg->set & DP_LEG_SILENCE)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_SILENCE, leg->silence);
	if (leg->set & DP_LEG_ONLY)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_ONLY, leg->only);
	if (leg->set & DP_LEG_DIGITS)
		ret |= nla_put_u32(msg, RTPLANE_LEG_A_DIGITS, leg->digits);
	if (leg->set & DP_LEG_BLOCK)
		ret |= nla_put_u8(msg, RTPLANE_LEG_A_BLOCK, leg->block);
	return ret;
}

static int put_leg_srtp(struct nl_msg *msg, const struct dp_leg *leg)
{
	const struct dp_srtp *rx = &leg->srtp_rx, *tx = &leg->srtp_tx;
	int ret = 0;

	if (leg->set & DP_LEG_SRTP_RX)
		ret |= genl_put_srtp(msg, RTPLANE_LEG_A_SRTP_RX, rx, rx->key,
				     dp_srtp_key_len(rx->suite));
	if (leg->set & DP_LEG_SRTP_TX)
		ret |= genl_put_srtp(msg, RTPLANE_LEG_A_SRTP_TX, tx, tx->key,
				     dp_srtp_key_len(tx->suite));
	return ret;
}

int genl_put_words(struct nl_msg *msg, const struct dp_leg *leg)
{
	int ret = put_leg_latch(msg, leg) | put_leg_media(msg, leg) |
		  put_leg_srtp(msg, leg) | genl_put_copies(msg, leg, false);

	if (leg->set & DP_LEG_SAVED)
		ret |= genl_put_saved(msg, leg->saved);
	return ret;
}

int genl_put_leg(struct nl_msg *msg, int type, const struct dp_leg *leg)
{
	struct nlattr *at = nest(msg, type);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = genl_put_addr(msg, RTPLANE_LEG_A_LOCAL, &leg->local);
	ret |= genl_put_words(msg, leg);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_bridge(struct nl_msg *msg, const struct dp_bridge *bridge)
{
	struct nlattr *at = nest(msg, RTPLANE_A_BRIDGE);
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	if (bridge->has_cookie)
		ret |= nla_put_u64(msg, RTPLANE_BRIDGE_A_COOKIE,
				   bridge->cookie);
	ret |= genl_put_leg(msg, RTPLANE_BRIDGE_A_LEG, &bridge->leg[0]);
	ret |= genl_put_leg(msg, RTPLANE_BRIDGE_A_LEG, &bridge->leg[1]);
	nla_nest_end(msg, at);
	return ret;
}

const struct dp_saved genl_ask_saved = { .version = RTPLANE_SAVED_VERSION };

int genl_put_del(struct nl_msg *msg, const struct dp_del *del, bool state)
{
	struct dp_leg leg = {};
	struct nlattr *at;
	int ret = 0;
	size_t i;

	for (i = 0; i < del->n; i++) {
		at = nest(msg, RTPLANE_A_BRIDGE);
		if (!at)
			return -NLE_NOMEM;
		leg.local = del->locals[i];
		if (state) {
			leg.set = DP_LEG_SAVED;
			leg.saved = &genl_ask_saved;
		}
		ret |= genl_put_leg(msg, RTPLANE_BRIDGE_A_LEG, &leg);
		nla_nest_end(msg, at);
	}
	if (!del->n && del->cookie) {
		at = nest(msg, RTPLANE_A_BRIDGE);
		if (!at)
			return -NLE_NOMEM;
		ret |= nla_put_u64(msg, RTPLANE_BRIDGE_A_COOKIE, del->cookie);
		nla_nest_end(msg, at);
	}
	if (!del->n && !del->cookie && del->all) {
		at = nest(msg, RTPLANE_A_BRIDGE);
		if (!at)
			return -NLE_NOMEM;
		ret |= nla_put_flag(msg, RTPLANE_BRIDGE_A_ALL);
		nla_nest_end(msg, at);
	}
	return ret;
}

int genl_put_which(struct nl_msg *msg, uint64_t cookie, bool state)
{
	struct nlattr *at = nest(msg, RTPLANE_A_LEG);
	int ret = 0;

	if (!at)
		return -NLE_NOMEM;
	if (cookie)
		ret = nla_put_u64(msg, RTPLANE_LEG_A_COOKIE, cookie);
	if (state)
		ret |= genl_put_saved(msg, &genl_ask_saved);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_dev(struct nl_msg *msg, const char *name)
{
	struct nlattr *at = nest(msg, RTPLANE_A_DEV);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_string(msg, RTPLANE_DEV_A_NAME, name);
	nla_nest_end(msg, at);
	return ret;
}

static int put_range(struct nl_msg *msg, const struct dp_range *range)
{
	struct nlattr *at = nest(msg, RTPLANE_SCAN_A_RANGE);
	struct dp_addr addr = range->addr;
	int ret;

	if (!at)
		return -NLE_NOMEM;
	addr.port = 0;
	ret = genl_put_addr(msg, RTPLANE_RANGE_A_ADDR, &addr);
	ret |= nla_put_u16(msg, RTPLANE_RANGE_A_PORT_LO, range->low);
	ret |= nla_put_u16(msg, RTPLANE_RANGE_A_PORT_HI, range->high);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_watch(struct nl_msg *msg, const struct dp_watch *watch)
{
	struct nlattr *at = nest(msg, RTPLANE_A_SCAN);
	size_t i;
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_u32(msg, RTPLANE_SCAN_A_PORTS, watch->ports);
	ret |= nla_put_u32(msg, RTPLANE_SCAN_A_SECONDS, watch->seconds);
	for (i = 0; i < watch->n; i++)
		ret |= put_range(msg, &watch->ranges[i]);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_natmap(struct nl_msg *msg, const struct dp_natmap *nm)
{
	struct nlattr *at = nest(msg, RTPLANE_A_NATMAP);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = genl_put_addr(msg, RTPLANE_NATMAP_A_EXT, &nm->ext);
	if (nm->in.family)
		ret |= genl_put_addr(msg, RTPLANE_NATMAP_A_INT, &nm->in);
	if (nm->set & DP_NATMAP_PORTS) {
		ret |= nla_put_u16(msg, RTPLANE_NATMAP_A_PORT_LO, nm->lo);
		ret |= nla_put_u16(msg, RTPLANE_NATMAP_A_PORT_HI, nm->hi);
	}
	if (nm->set & DP_NATMAP_FILTER)
		ret |= nla_put_u8(msg, RTPLANE_NATMAP_A_FILTER, nm->filter);
	if (nm->set & DP_NATMAP_DSCP_MODE)
		ret |= nla_put_u8(msg, RTPLANE_NATMAP_A_DSCP_MODE,
				  nm->dscp_mode);
	if (nm->set & DP_NATMAP_DSCP)
		ret |= nla_put_u8(msg, RTPLANE_NATMAP_A_DSCP, nm->dscp);
	if (nm->set & DP_NATMAP_DSCP_MAP)
		ret |= nla_put(msg, RTPLANE_NATMAP_A_DSCP_MAP,
			       sizeof(nm->dscp_map), nm->dscp_map);
	if (nm->set & DP_NATMAP_PPS)
		ret |= nla_put_u32(msg, RTPLANE_NATMAP_A_PPS, nm->pps);
	if (nm->set & DP_NATMAP_BPS)
		ret |= nla_put_u64(msg, RTPLANE_NATMAP_A_BPS, nm->bps);
	if (nm->set & DP_NATMAP_INSIDE)
		ret |= nla_put_u32(msg, RTPLANE_NATMAP_A_INSIDE, nm->inside);
	if (nm->set & DP_NATMAP_INSIDE_GROUP)
		ret |= nla_put_u32(msg, RTPLANE_NATMAP_A_INSIDE_GROUP,
				   nm->inside_group);
	if (nm->set & DP_NATMAP_OUTSIDE)
		ret |= nla_put_u32(msg, RTPLANE_NATMAP_A_OUTSIDE, nm->outside);
	if (nm->set & DP_NATMAP_OUTSIDE_GROUP)
		ret |= nla_put_u32(msg, RTPLANE_NATMAP_A_OUTSIDE_GROUP,
				   nm->outside_group);
	nla_nest_end(msg, at);
	return ret;
}

static uint8_t get_u8(struct nlattr *at)
{
	return at ? nla_get_u8(at) : 0;
}

static uint16_t get_u16(struct nlattr *at)
{
	return at ? nla_get_u16(at) : 0;
}

static uint32_t get_u32(struct nlattr *at)
{
	return at ? nla_get_u32(at) : 0;
}

static uint64_t get_u64(struct nlattr *at)
{
	return at ? nla_get_u64(at) : 0;
}

int genl_parse_addr(struct nlattr *attr, struct dp_addr *addr)
{
	static struct nla_policy policy[RTPLANE_EP_A_MAX + 1] = {
		[RTPLANE_EP_A_IPV4] = { .type = NLA_U32 },
		[RTPLANE_EP_A_IPV6] = { .minlen = 16, .maxlen = 16 },
		[RTPLANE_EP_A_PORT] = { .type = NLA_U16 },
		[RTPLANE_EP_A_RTCP] = { .type = NLA_FLAG },
		[RTPLANE_EP_A_LINE] = { .type = NLA_U8 },
		[RTPLANE_EP_A_CALL] = { .type = NLA_U16 },
	};
	struct nlattr *tb[RTPLANE_EP_A_MAX + 1];
	int ret;

	memset(addr, 0, sizeof(*addr));
	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_EP_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	if (tb[RTPLANE_EP_A_IPV4]) {
		addr->family = AF_INET;
		addr->v4.s_addr = nla_get_u32(tb[RTPLANE_EP_A_IPV4]);
	} else if (tb[RTPLANE_EP_A_IPV6]) {
		addr->family = AF_INET6;
		memcpy(&addr->v6, nla_data(tb[RTPLANE_EP_A_IPV6]), 16);
	} else {
		return -NLE_MISSING_ATTR;
	}
	addr->port = ntohs(get_u16(tb[RTPLANE_EP_A_PORT]));
	addr->rtcp = tb[RTPLANE_EP_A_RTCP] != NULL;
	if (tb[RTPLANE_EP_A_LINE])
		addr->line = nla_get_u8(tb[RTPLANE_EP_A_LINE]);
	addr->call = get_u16(tb[RTPLANE_EP_A_CALL]);
	return 0;
}

/* a nest whose attribute types are 1 + index into values[] and hold a u64 */
int genl_parse_array(struct nlattr *attr, uint64_t *values, size_t n)
{
	struct nlattr *at;
	int rem;

	if (!attr)
		return 0;
	nla_for_each_nested(at, attr, rem) {
		size_t i = (size_t)nla_type(at) - 1;

		if (i >= n)
			continue;
		if (nla_len(at) != sizeof(uint64_t))
			return -NLE_INVAL;
		values[i] = nla_get_u64(at);
	}
	return 0;
}

static int parse_counters(struct nlattr *attr, struct dp_leg_info *leg)
{
	static struct nla_policy policy[RTPLANE_COUNT_A_MAX + 1] = {
		[RTPLANE_COUNT_A_RX_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_RX_BYTES] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_TX_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_TX_BYTES] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_DROPPED] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_PASSED] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_RTCP_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_FIRST] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_LAST] = { .type = NLA_U64 },
		[RTPLANE_COUNT_A_LATCHES] = { .type = NLA_U32 },
		[RTPLANE_COUNT_A_DSCP_TX] = { .type = NLA_U8 },
	};
	struct nlattr *tb[RTPLANE_COUNT_A_MAX + 1];
	int ret;

	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_COUNT_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	leg->rx_packets = get_u64(tb[RTPLANE_COUNT_A_RX_PACKETS]);
	leg->rx_bytes = get_u64(tb[RTPLANE_COUNT_A_RX_BYTES]);
	leg->tx_packets = get_u64(tb[RTPLANE_COUNT_A_TX_PACKETS]);
	leg->tx_bytes = get_u64(tb[RTPLANE_COUNT_A_TX_BYTES]);
	leg->dropped = get_u64(tb[RTPLANE_COUNT_A_DROPPED]);
	leg->passed = get_u64(tb[RTPLANE_COUNT_A_PASSED]);
	leg->rtcp_packets = get_u64(tb[RTPLANE_COUNT_A_RTCP_PACKETS]);
	leg->first = get_u64(tb[RTPLANE_COUNT_A_FIRST]);
	leg->last = get_u64(tb[RTPLANE_COUNT_A_LAST]);
	leg->latches = get_u32(tb[RTPLANE_COUNT_A_LATCHES]);
	leg->has_dscp_tx = tb[RTPLANE_COUNT_A_DSCP_TX] != NULL;
	leg->dscp_tx = get_u8(tb[RTPLANE_COUNT_A_DSCP_TX]);
	return 0;
}

static int parse_rtp(struct nlattr *attr, struct dp_rtp *rtp)
{
	static struct nla_policy policy[RTPLANE_RTP_A_MAX + 1] = {
		[RTPLANE_RTP_A_SSRC] = { .type = NLA_U32 },
		[RTPLANE_RTP_A_SSRC_CHANGES] = { .type = NLA_U32 },
		[RTPLANE_RTP_A_PT] = { .type = NLA_U8 },
		[RTPLANE_RTP_A_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_RTP_A_LOST] = { .type = NLA_U64 },
		[RTPLANE_RTP_A_OUT_OF_ORDER] = { .type = NLA_U64 },
		[RTPLANE_RTP_A_DUPLICATES] = { .type = NLA_U64 },
		[RTPLANE_RTP_A_JITTER] = { .type = NLA_U32 },
		[RTPLANE_RTP_A_CLOCK] = { .type = NLA_U32 },
		[RTPLANE_RTP_A_JITTER_MAX] = { .type = NLA_U32 },
	};
	struct nlattr *tb[RTPLANE_RTP_A_MAX + 1];
	int ret;

	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_RTP_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	rtp->present = true;
	rtp->ssrc = get_u32(tb[RTPLANE_RTP_A_SSRC]);
	rtp->ssrc_changes = get_u32(tb[RTPLANE_RTP_A_SSRC_CHANGES]);
	rtp->pt = get_u8(tb[RTPLANE_RTP_A_PT]);
	rtp->packets = get_u64(tb[RTPLANE_RTP_A_PACKETS]);
	rtp->lost = get_u64(tb[RTPLANE_RTP_A_LOST]);
	rtp->out_of_order = get_u64(tb[RTPLANE_RTP_A_OUT_OF_ORDER]);
	rtp->duplicates = get_u64(tb[RTPLANE_RTP_A_DUPLICATES]);
	rtp->jitter = get_u32(tb[RTPLANE_RTP_A_JITTER]);
	rtp->jitter_max = get_u32(tb[RTPLANE_RTP_A_JITTER_MAX]);
	rtp->clock = get_u32(tb[RTPLANE_RTP_A_CLOCK]);
	return 0;
}

static int parse_rtcp(struct nlattr *attr, struct dp_rtcp *rtcp)
{
	static struct nla_policy policy[RTPLANE_RTCP_A_MAX + 1] = {
		[RTPLANE_RTCP_A_REPORTS] = { .type = NLA_U32 },
		[RTPLANE_RTCP_A_SSRC] = { .type = NLA_U32 },
		[RTPLANE_RTCP_A_FRACTION_LOST] = { .type = NLA_U8 },
		[RTPLANE_RTCP_A_LOST] = { .type = NLA_U32 },
		[RTPLANE_RTCP_A_JITTER] = { .type = NLA_U32 },
		[RTPLANE_RTCP_A_RTT] = { .type = NLA_U32 },
	};
	struct nlattr *tb[RTPLANE_RTCP_A_MAX + 1];
	int ret;

	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_RTCP_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	rtcp->present = true;
	rtcp->reports = get_u32(tb[RTPLANE_RTCP_A_REPORTS]);
	rtcp->ssrc = get_u32(tb[RTPLANE_RTCP_A_SSRC]);
	rtcp->fraction_lost = get_u8(tb[RTPLANE_RTCP_A_FRACTION_LOST]);
	rtcp->lost = (int32_t)get_u32(tb[RTPLANE_RTCP_A_LOST]);
	rtcp->jitter = get_u32(tb[RTPLANE_RTCP_A_JITTER]);
	rtcp->has_rtt = tb[RTPLANE_RTCP_A_RTT] != NULL;
	rtcp->rtt = get_u32(tb[RTPLANE_RTCP_A_RTT]);
	return 0;
}

static struct nla_policy leg_policy[RTPLANE_LEG_A_MAX + 1] = {
	[RTPLANE_LEG_A_LOCAL] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_REMOTE] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_LATCH] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_PREFIX] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_PROBATION] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_EARLY] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_RELATCH] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_TIE] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_DSCP_MODE] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_DSCP] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_DSCP_MAP] = { .minlen = RTPLANE_DSCP_MAP_LEN,
				     .maxlen = RTPLANE_DSCP_MAP_LEN },
	[RTPLANE_LEG_A_ACCEPT] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_UNKNOWN] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_PPS] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_BPS] = { .type = NLA_U64 },
	[RTPLANE_LEG_A_MARK] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_OIF] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_SILENCE] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_COOKIE] = { .type = NLA_U64 },
	[RTPLANE_LEG_A_PEER] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_STATE] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_LATCHED] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_COUNTERS] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_DROPS] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_RTP] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_RTCP] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_DSCP_SEEN] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_OFFENDER] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_OFFENSES] = { .type = NLA_U64 },
	[RTPLANE_LEG_A_SSRC_GUARD] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_SRTP_RX] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_SRTP_TX] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_ONLY] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_GENERATION] = { .type = NLA_U64 },
	[RTPLANE_LEG_A_SAVED] = { .type = NLA_NESTED },
	[RTPLANE_LEG_A_DIGITS] = { .type = NLA_U32 },
	[RTPLANE_LEG_A_BLOCK] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_MUTE] = { .type = NLA_U8 },
	[RTPLANE_LEG_A_COPY] = { .type = NLA_NESTED },
};

/* which configuration members the module told */
static uint32_t leg_set(struct nlattr **tb)
{
	static const struct {
		int attr;
		uint32_t bit;
	} map[] = {
		{ RTPLANE_LEG_A_REMOTE, DP_LEG_REMOTE },
		{ RTPLANE_LEG_A_LATCH, DP_LEG_LATCH },
		{ RTPLANE_LEG_A_PREFIX, DP_LEG_PREFIX },
		{ RTPLANE_LEG_A_PROBATION, DP_LEG_PROBATION },
		{ RTPLANE_LEG_A_EARLY, DP_LEG_EARLY },
		{ RTPLANE_LEG_A_RELATCH, DP_LEG_RELATCH },
		{ RTPLANE_LEG_A_TIE, DP_LEG_TIE },
		{ RTPLANE_LEG_A_DSCP_MODE, DP_LEG_DSCP_MODE },
		{ RTPLANE_LEG_A_DSCP, DP_LEG_DSCP },
		{ RTPLANE_LEG_A_DSCP_MAP, DP_LEG_DSCP_MAP },
		{ RTPLANE_LEG_A_ACCEPT, DP_LEG_ACCEPT },
		{ RTPLANE_LEG_A_UNKNOWN, DP_LEG_UNKNOWN },
		{ RTPLANE_LEG_A_PPS, DP_LEG_PPS },
		{ RTPLANE_LEG_A_BPS, DP_LEG_BPS },
		{ RTPLANE_LEG_A_MARK, DP_LEG_MARK },
		{ RTPLANE_LEG_A_OIF, DP_LEG_OIF },
		{ RTPLANE_LEG_A_SILENCE, DP_LEG_SILENCE },
		{ RTPLANE_LEG_A_SSRC_GUARD, DP_LEG_SSRC_GUARD },
		{ RTPLANE_LEG_A_SRTP_RX, DP_LEG_SRTP_RX },
		{ RTPLANE_LEG_A_SRTP_TX, DP_LEG_SRTP_TX },
		{ RTPLANE_LEG_A_ONLY, DP_LEG_ONLY },
		{ RTPLANE_LEG_A_DIGITS, DP_LEG_DIGITS },
		{ RTPLANE_LEG_A_BLOCK, DP_LEG_BLOCK },
		{ RTPLANE_LEG_A_MUTE, DP_LEG_MUTE },
	};
	uint32_t set = 0;
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (tb[map[i].attr])
			set |= map[i].bit;
	return set;
}

static int parse_leg_conf(struct nlattr **tb, struct dp_leg *conf,
			  struct dp_sources *sources)
{
	int ret;

	conf->set = leg_set(tb);
	ret = genl_parse_addr(tb[RTPLANE_LEG_A_LOCAL], &conf->local);
	ret |= genl_parse_addr(tb[RTPLANE_LEG_A_REMOTE], &conf->remote);
	ret |= genl_parse_addr(tb[RTPLANE_LEG_A_TIE], &conf->tie);
	conf->latch = get_u8(tb[RTPLANE_LEG_A_LATCH]);
	conf->prefix = get_u8(tb[RTPLANE_LEG_A_PREFIX]);
	conf->probation = get_u8(tb[RTPLANE_LEG_A_PROBATION]);
	conf->early = get_u8(tb[RTPLANE_LEG_A_EARLY]) != 0;
	conf->relatch = get_u32(tb[RTPLANE_LEG_A_RELATCH]);
	conf->dscp_mode = get_u8(tb[RTPLANE_LEG_A_DSCP_MODE]);
	conf->dscp = get_u8(tb[RTPLANE_LEG_A_DSCP]);
	if (tb[RTPLANE_LEG_A_DSCP_MAP])
		memcpy(conf->dscp_map, nla_data(tb[RTPLANE_LEG_A_DSCP_MAP]),
		       sizeof(conf->dscp_map));
	conf->accept = get_u8(tb[RTPLANE_LEG_A_ACCEPT]);
	conf->unknown = get_u8(tb[RTPLANE_LEG_A_UNKNOWN]);
	conf->pps = get_u32(tb[RTPLANE_LEG_A_PPS]);
	conf->bps = get_u64(tb[RTPLANE_LEG_A_BPS]);
	conf->mark = get_u32(tb[RTPLANE_LEG_A_MARK]);
	conf->oif = get_u32(tb[RTPLANE_LEG_A_OIF]);
	conf->silence = get_u32(tb[RTPLANE_LEG_A_SILENCE]);
	conf->ssrc_guard = get_u8(tb[RTPLANE_LEG_A_SSRC_GUARD]) != 0;
	conf->only = get_u8(tb[RTPLANE_LEG_A_ONLY]);
	conf->digits = get_u32(tb[RTPLANE_LEG_A_DIGITS]);
	conf->block = get_u8(tb[RTPLANE_LEG_A_BLOCK]);
	conf->mute = get_u8(tb[RTPLANE_LEG_A_MUTE]) != 0;
	ret |= genl_parse_srtp(tb[RTPLANE_LEG_A_SRTP_RX], &conf->srtp_rx,
			       sources);
	ret |= genl_parse_srtp(tb[RTPLANE_LEG_A_SRTP_TX], &conf->srtp_tx,
			       sources);
	return ret;
}

int genl_parse_leg(struct nlattr *attr, struct dp_leg_info *leg,
		   struct dp_sources *sources)
{
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];
	int ret;

	memset(leg, 0, sizeof(*leg));
	ret = nla_parse_nested(tb, RTPLANE_LEG_A_MAX, attr, leg_policy);
	if (ret < 0)
		return ret;
	if (!tb[RTPLANE_LEG_A_LOCAL])
		return -NLE_MISSING_ATTR;
	ret = parse_leg_conf(tb, &leg->conf, sources);
	ret |= genl_parse_copies(attr, &leg->conf, sources);
	leg->cookie = get_u64(tb[RTPLANE_LEG_A_COOKIE]);
	leg->state = get_u8(tb[RTPLANE_LEG_A_STATE]);
	leg->offenses = get_u64(tb[RTPLANE_LEG_A_OFFENSES]);
	leg->generation = get_u64(tb[RTPLANE_LEG_A_GENERATION]);
	ret |= genl_parse_saved(tb[RTPLANE_LEG_A_SAVED], &leg->saved, sources);
	ret |= genl_parse_addr(tb[RTPLANE_LEG_A_PEER], &leg->peer);
	ret |= genl_parse_addr(tb[RTPLANE_LEG_A_LATCHED], &leg->latched);
	ret |= genl_parse_addr(tb[RTPLANE_LEG_A_OFFENDER], &leg->offender);
	ret |= parse_counters(tb[RTPLANE_LEG_A_COUNTERS], leg);
	ret |= genl_parse_array(tb[RTPLANE_LEG_A_DROPS], leg->drops,
				__RTPLANE_DROP_MAX);
	ret |= genl_parse_array(tb[RTPLANE_LEG_A_DSCP_SEEN], leg->dscp_seen, 64);
	ret |= parse_rtp(tb[RTPLANE_LEG_A_RTP], &leg->rtp);
	ret |= parse_rtcp(tb[RTPLANE_LEG_A_RTCP], &leg->rtcp);
	return ret < 0 ? -NLE_INVAL : 0;
}

int genl_parse_dev(struct nlattr *attr, struct dp_dev *dev)
{
	static struct nla_policy policy[RTPLANE_DEV_A_MAX + 1] = {
		[RTPLANE_DEV_A_IFINDEX] = { .type = NLA_U32 },
		[RTPLANE_DEV_A_NAME] = { .type = NLA_STRING,
					 .maxlen = IF_NAMESIZE },
		[RTPLANE_DEV_A_RX_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_DEV_A_PASSED] = { .type = NLA_U64 },
	};
	struct nlattr *tb[RTPLANE_DEV_A_MAX + 1];
	int ret;

	memset(dev, 0, sizeof(*dev));
	ret = nla_parse_nested(tb, RTPLANE_DEV_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	dev->ifindex = get_u32(tb[RTPLANE_DEV_A_IFINDEX]);
	if (tb[RTPLANE_DEV_A_NAME])
		nla_strlcpy(dev->name, tb[RTPLANE_DEV_A_NAME],
			    sizeof(dev->name));
	dev->rx_packets = get_u64(tb[RTPLANE_DEV_A_RX_PACKETS]);
	dev->passed = get_u64(tb[RTPLANE_DEV_A_PASSED]);
	return 0;
}

static struct nla_policy natmap_policy[RTPLANE_NATMAP_A_MAX + 1] = {
	[RTPLANE_NATMAP_A_EXT] = { .type = NLA_NESTED },
	[RTPLANE_NATMAP_A_INT] = { .type = NLA_NESTED },
	[RTPLANE_NATMAP_A_PORT_LO] = { .type = NLA_U16 },
	[RTPLANE_NATMAP_A_PORT_HI] = { .type = NLA_U16 },
	[RTPLANE_NATMAP_A_FILTER] = { .type = NLA_U8 },
	[RTPLANE_NATMAP_A_DSCP_MODE] = { .type = NLA_U8 },
	[RTPLANE_NATMAP_A_DSCP] = { .type = NLA_U8 },
	[RTPLANE_NATMAP_A_DSCP_MAP] = { .minlen = RTPLANE_DSCP_MAP_LEN,
					.maxlen = RTPLANE_DSCP_MAP_LEN },
	[RTPLANE_NATMAP_A_PPS] = { .type = NLA_U32 },
	[RTPLANE_NATMAP_A_BPS] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_IN_PACKETS] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_IN_BYTES] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_OUT_PACKETS] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_OUT_BYTES] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_HAIRPINS] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_ICMP] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_PASSED] = { .type = NLA_U64 },
	[RTPLANE_NATMAP_A_DROPS] = { .type = NLA_NESTED },
	[RTPLANE_NATMAP_A_INSIDE] = { .type = NLA_U32 },
	[RTPLANE_NATMAP_A_INSIDE_GROUP] = { .type = NLA_U32 },
	[RTPLANE_NATMAP_A_OUTSIDE] = { .type = NLA_U32 },
	[RTPLANE_NATMAP_A_OUTSIDE_GROUP] = { .type = NLA_U32 },
};

static uint32_t natmap_set(struct nlattr **tb)
{
	uint32_t set = 0;

	if (tb[RTPLANE_NATMAP_A_PORT_LO] && tb[RTPLANE_NATMAP_A_PORT_HI])
		set |= DP_NATMAP_PORTS;
	if (tb[RTPLANE_NATMAP_A_FILTER])
		set |= DP_NATMAP_FILTER;
	if (tb[RTPLANE_NATMAP_A_DSCP_MODE])
		set |= DP_NATMAP_DSCP_MODE;
	if (tb[RTPLANE_NATMAP_A_DSCP])
		set |= DP_NATMAP_DSCP;
	if (tb[RTPLANE_NATMAP_A_DSCP_MAP])
		set |= DP_NATMAP_DSCP_MAP;
	if (tb[RTPLANE_NATMAP_A_PPS])
		set |= DP_NATMAP_PPS;
	if (tb[RTPLANE_NATMAP_A_BPS])
		set |= DP_NATMAP_BPS;
	if (tb[RTPLANE_NATMAP_A_INSIDE])
		set |= DP_NATMAP_INSIDE;
	if (tb[RTPLANE_NATMAP_A_INSIDE_GROUP])
		set |= DP_NATMAP_INSIDE_GROUP;
	if (tb[RTPLANE_NATMAP_A_OUTSIDE])
		set |= DP_NATMAP_OUTSIDE;
	if (tb[RTPLANE_NATMAP_A_OUTSIDE_GROUP])
		set |= DP_NATMAP_OUTSIDE_GROUP;
	return set;
}

int genl_parse_natmap(struct nlattr *attr, struct dp_natmap *nm)
{
	struct nlattr *tb[RTPLANE_NATMAP_A_MAX + 1];
	int ret;

	memset(nm, 0, sizeof(*nm));
	ret = nla_parse_nested(tb, RTPLANE_NATMAP_A_MAX, attr, natmap_policy);
	if (ret < 0)
		return ret;
	nm->set = natmap_set(tb);
	ret = genl_parse_addr(tb[RTPLANE_NATMAP_A_EXT], &nm->ext);
	ret |= genl_parse_addr(tb[RTPLANE_NATMAP_A_INT], &nm->in);
	nm->lo = get_u16(tb[RTPLANE_NATMAP_A_PORT_LO]);
	nm->hi = get_u16(tb[RTPLANE_NATMAP_A_PORT_HI]);
	nm->filter = get_u8(tb[RTPLANE_NATMAP_A_FILTER]);
	nm->dscp_mode = get_u8(tb[RTPLANE_NATMAP_A_DSCP_MODE]);
	nm->dscp = get_u8(tb[RTPLANE_NATMAP_A_DSCP]);
	if (tb[RTPLANE_NATMAP_A_DSCP_MAP])
		memcpy(nm->dscp_map, nla_data(tb[RTPLANE_NATMAP_A_DSCP_MAP]),
		       sizeof(nm->dscp_map));
	nm->pps = get_u32(tb[RTPLANE_NATMAP_A_PPS]);
	nm->bps = get_u64(tb[RTPLANE_NATMAP_A_BPS]);
	nm->inside = get_u32(tb[RTPLANE_NATMAP_A_INSIDE]);
	nm->inside_group = get_u32(tb[RTPLANE_NATMAP_A_INSIDE_GROUP]);
	nm->outside = get_u32(tb[RTPLANE_NATMAP_A_OUTSIDE]);
	nm->outside_group = get_u32(tb[RTPLANE_NATMAP_A_OUTSIDE_GROUP]);
	nm->in_packets = get_u64(tb[RTPLANE_NATMAP_A_IN_PACKETS]);
	nm->in_bytes = get_u64(tb[RTPLANE_NATMAP_A_IN_BYTES]);
	nm->out_packets = get_u64(tb[RTPLANE_NATMAP_A_OUT_PACKETS]);
	nm->out_bytes = get_u64(tb[RTPLANE_NATMAP_A_OUT_BYTES]);
	nm->hairpins = get_u64(tb[RTPLANE_NATMAP_A_HAIRPINS]);
	nm->icmp = get_u64(tb[RTPLANE_NATMAP_A_ICMP]);
	nm->passed = get_u64(tb[RTPLANE_NATMAP_A_PASSED]);
	ret |= genl_parse_array(tb[RTPLANE_NATMAP_A_DROPS], nm->drops,
				__RTPLANE_DROP_MAX);
	return ret < 0 ? -NLE_INVAL : 0;
}

static int parse_fault(struct nlattr *attr, struct dp_fault *fault)
{
	static struct nla_policy policy[RTPLANE_FAULT_A_MAX + 1] = {
		[RTPLANE_FAULT_A_NAME] = { .type = NLA_STRING },
		[RTPLANE_FAULT_A_COUNT] = { .type = NLA_U64 },
	};
	struct nlattr *tb[RTPLANE_FAULT_A_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, RTPLANE_FAULT_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	if (!tb[RTPLANE_FAULT_A_NAME])
		return -NLE_MISSING_ATTR;
	nla_strlcpy(fault->name, tb[RTPLANE_FAULT_A_NAME],
		    sizeof(fault->name));
	fault->count = get_u64(tb[RTPLANE_FAULT_A_COUNT]);
	return 0;
}

/* as many as there is room for */
static int parse_faults(struct nlattr *attr, struct dp_stats *stats)
{
	struct nlattr *at;
	int rem;
	int ret;

	nla_for_each_nested(at, attr, rem) {
		if (nla_type(at) != RTPLANE_STATS_A_FAULT ||
		    stats->n_faults == DP_FAULTS_MAX)
			continue;
		ret = parse_fault(at, &stats->faults[stats->n_faults++]);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int genl_parse_stats(struct nlattr *attr, struct dp_stats *stats)
{
	static struct nla_policy policy[RTPLANE_STATS_A_MAX + 1] = {
		[RTPLANE_STATS_A_DEVS] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_LEGS] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_NATMAPS] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_RX_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_TX_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_PASSED] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_DROPS] = { .type = NLA_NESTED },
		[RTPLANE_STATS_A_EVENTS_LOST] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_LEG_BYTES] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_IO] = { .type = NLA_STRING },
		[RTPLANE_STATS_A_FAULT] = { .type = NLA_NESTED },
		[RTPLANE_STATS_A_KEY_BYTES] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_SRTP_SLOW] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_SCAN_RANGES] = { .type = NLA_U32 },
		[RTPLANE_STATS_A_SCAN_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_STATS_A_SCANS] = { .type = NLA_U64 },
	};
	struct nlattr *tb[RTPLANE_STATS_A_MAX + 1];
	int ret;

	memset(stats, 0, sizeof(*stats));
	ret = nla_parse_nested(tb, RTPLANE_STATS_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	stats->devs = get_u32(tb[RTPLANE_STATS_A_DEVS]);
	stats->legs = get_u32(tb[RTPLANE_STATS_A_LEGS]);
	stats->natmaps = get_u32(tb[RTPLANE_STATS_A_NATMAPS]);
	stats->rx_packets = get_u64(tb[RTPLANE_STATS_A_RX_PACKETS]);
	stats->tx_packets = get_u64(tb[RTPLANE_STATS_A_TX_PACKETS]);
	stats->passed = get_u64(tb[RTPLANE_STATS_A_PASSED]);
	stats->events_lost = get_u64(tb[RTPLANE_STATS_A_EVENTS_LOST]);
	stats->leg_bytes = get_u32(tb[RTPLANE_STATS_A_LEG_BYTES]);
	stats->key_bytes = get_u32(tb[RTPLANE_STATS_A_KEY_BYTES]);
	stats->srtp_slow = get_u64(tb[RTPLANE_STATS_A_SRTP_SLOW]);
	stats->scan_ranges = get_u32(tb[RTPLANE_STATS_A_SCAN_RANGES]);
	stats->scan_packets = get_u64(tb[RTPLANE_STATS_A_SCAN_PACKETS]);
	stats->scans = get_u64(tb[RTPLANE_STATS_A_SCANS]);
	if (tb[RTPLANE_STATS_A_IO])
		nla_strlcpy(stats->io, tb[RTPLANE_STATS_A_IO],
			    sizeof(stats->io));
	ret = genl_parse_array(tb[RTPLANE_STATS_A_DROPS], stats->drops,
			       __RTPLANE_DROP_MAX);
	return ret < 0 ? ret : parse_faults(attr, stats);
}

int genl_parse_event(struct nlattr *attr, struct dp_event *event)
{
	static struct nla_policy policy[RTPLANE_EVENT_A_MAX + 1] = {
		[RTPLANE_EVENT_A_TYPE] = { .type = NLA_U8 },
		[RTPLANE_EVENT_A_REASON] = { .type = NLA_U8 },
		[RTPLANE_EVENT_A_LOCAL] = { .type = NLA_NESTED },
		[RTPLANE_EVENT_A_COOKIE] = { .type = NLA_U64 },
		[RTPLANE_EVENT_A_OLD] = { .type = NLA_NESTED },
		[RTPLANE_EVENT_A_NEW] = { .type = NLA_NESTED },
		[RTPLANE_EVENT_A_COUNT] = { .type = NLA_U64 },
		[RTPLANE_EVENT_A_TIME] = { .type = NLA_U64 },
		[RTPLANE_EVENT_A_RTCP] = { .type = NLA_NESTED },
		[RTPLANE_EVENT_A_DIGIT] = { .type = NLA_U8 },
		[RTPLANE_EVENT_A_DURATION] = { .type = NLA_U32 },
		[RTPLANE_EVENT_A_VOLUME] = { .type = NLA_U8 },
		[RTPLANE_EVENT_A_PT] = { .type = NLA_U8 },
	};
	struct nlattr *tb[RTPLANE_EVENT_A_MAX + 1];
	int ret;

	memset(event, 0, sizeof(*event));
	ret = nla_parse_nested(tb, RTPLANE_EVENT_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	if (!tb[RTPLANE_EVENT_A_TYPE] || !tb[RTPLANE_EVENT_A_LOCAL])
		return -NLE_MISSING_ATTR;
	event->type = get_u8(tb[RTPLANE_EVENT_A_TYPE]);
	event->reason = get_u8(tb[RTPLANE_EVENT_A_REASON]);
	event->cookie = get_u64(tb[RTPLANE_EVENT_A_COOKIE]);
	event->count = get_u64(tb[RTPLANE_EVENT_A_COUNT]);
	event->time = get_u64(tb[RTPLANE_EVENT_A_TIME]);
	event->digit = (struct dp_digit){
		.event = get_u8(tb[RTPLANE_EVENT_A_DIGIT]),
		.volume = get_u8(tb[RTPLANE_EVENT_A_VOLUME]),
		.pt = get_u8(tb[RTPLANE_EVENT_A_PT]),
		.duration = get_u32(tb[RTPLANE_EVENT_A_DURATION]),
	};
	ret = genl_parse_addr(tb[RTPLANE_EVENT_A_LOCAL], &event->local);
	ret |= genl_parse_addr(tb[RTPLANE_EVENT_A_OLD], &event->old);
	ret |= genl_parse_addr(tb[RTPLANE_EVENT_A_NEW], &event->new);
	ret |= parse_rtcp(tb[RTPLANE_EVENT_A_RTCP], &event->rtcp);
	return ret < 0 ? -NLE_INVAL : 0;
}
