// SPDX-License-Identifier: GPL-2.0
/* Netlink: the state of a leg, asked and told. */
#include <linux/slab.h>

#include "compat.h"
#include "nlep.h"
#include "nlpolicy.h"
#include "nlput.h"
#include "nlsrtp.h"
#include "nlstate.h"
#include "srtp.h"

#define rtplane_refuse(extack, nla, msg)			\
	({ NL_SET_ERR_MSG_ATTR(extack, nla, msg); -EINVAL; })

/**
 * struct number - a number of a nest that is in a structure as it is
 * @attr: its type, whose policy has its size
 * @at: offset in the structure
 */
struct number {
	u16 attr;
	u16 at;
};

#define NUMBER(nest, name, type, member)					\
	{ RTPLANE_##nest##_A_##name, offsetof(struct type, member) }

static const struct number saved_numbers[] = {
	NUMBER(SAVED, AGE, rtplane_saved, age),
	NUMBER(SAVED, REASON, rtplane_saved, reason),
	NUMBER(SAVED, SINCE, rtplane_saved, since),
	NUMBER(SAVED, FORMER_LEFT, rtplane_saved, former_left),
	NUMBER(SAVED, QUIET, rtplane_saved, quiet),
	NUMBER(SAVED, STARTED, rtplane_saved, started),
	NUMBER(SAVED, PPS_DEBT, rtplane_saved, packet_debt),
	NUMBER(SAVED, BPS_DEBT, rtplane_saved, bit_debt),
	NUMBER(SAVED, RX_PACKETS, rtplane_saved, rx_packets),
	NUMBER(SAVED, RX_BYTES, rtplane_saved, rx_bytes),
	NUMBER(SAVED, TX_PACKETS, rtplane_saved, tx_packets),
	NUMBER(SAVED, TX_BYTES, rtplane_saved, tx_bytes),
	NUMBER(SAVED, PASSED, rtplane_saved, passed),
	NUMBER(SAVED, RTCP_PACKETS, rtplane_saved, rtcp_packets),
	NUMBER(SAVED, LATCHES, rtplane_saved, latches),
};

static const struct number rtp_numbers[] = {
	NUMBER(SAVED_RTP, PACKETS, rtplane_rtpstats, packets),
	NUMBER(SAVED_RTP, SSRC_CHANGES, rtplane_rtpstats, ssrc_changes),
	NUMBER(SAVED_RTP, OUT_OF_ORDER, rtplane_rtpstats, out_of_order),
	NUMBER(SAVED_RTP, DUPLICATES, rtplane_rtpstats, duplicates),
	NUMBER(SAVED_RTP, LOST_BEFORE, rtplane_rtpstats, lost_before),
	NUMBER(SAVED_RTP, BASE, rtplane_rtpstats, base_ext),
	NUMBER(SAVED_RTP, HIGHEST, rtplane_rtpstats, max_ext),
	NUMBER(SAVED_RTP, UNIQUE, rtplane_rtpstats, unique),
	NUMBER(SAVED_RTP, SEEN, rtplane_rtpstats, seen),
	NUMBER(SAVED_RTP, JITTER, rtplane_rtpstats, jitter),
	NUMBER(SAVED_RTP, JITTER_MAX, rtplane_rtpstats, jitter_max),
	NUMBER(SAVED_RTP, TIMESTAMP, rtplane_rtpstats, transit),
};

static const struct number rtcp_numbers[] = {
	NUMBER(RTCP, REPORTS, rtplane_rtcpstats, reports),
	NUMBER(RTCP, FRACTION_LOST, rtplane_rtcpstats, fraction_lost),
	NUMBER(RTCP, LOST, rtplane_rtcpstats, lost),
	NUMBER(RTCP, JITTER, rtplane_rtcpstats, jitter),
	NUMBER(RTCP, RTT, rtplane_rtcpstats, rtt_us),
};

/**
 * rtplane_nl_refuse() - refuse for a reason that is no constant
 * @extack: for the sentence
 * @nla: what is refused
 * @why: the sentence, which lasts
 *
 * Return: -EINVAL.
 */
int rtplane_nl_refuse(struct netlink_ext_ack *extack, const struct nlattr *nla, const char *why)
{
	rtplane_set_err_msg(extack, why);
	NL_SET_BAD_ATTR(extack, nla);
	return -EINVAL;
}

/* Asked ---------------------------------------------------------------------- */

/* The policy has seen to their sizes. */
static void get_numbers(void *to, const struct number *numbers, int n, struct nlattr **tb)
{
	int i;

	for (i = 0; i < n; i++) {
		if (tb[numbers[i].attr])
			memcpy(to + numbers[i].at, nla_data(tb[numbers[i].attr]),
			       nla_len(tb[numbers[i].attr]));
	}
}

static int get_ep(const struct nlattr *nla, struct rtplane_ep *ep,
		  const struct rtplane_ep *local, struct netlink_ext_ack *extack)
{
	int err;

	if (!nla)
		return 0;
	err = rtplane_nl_ep(nla, ep, true, extack);
	if (!err && rtplane_ep_is4(ep) != rtplane_ep_is4(local))
		return rtplane_refuse(extack, nla,
				      "the address is not of the local address's family");
	return err;
}

/* A nest whose attribute types are 1 + something. */
static int get_counts(const struct nlattr *nla, const struct nla_policy *policy, int n, u64 *counts,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_DSCP_MAP_LEN + 1];
	int i, err;

	if (!nla)
		return 0;
	err = nla_parse_nested(tb, n, nla, policy, extack);
	for (i = 0; !err && i < n; i++)
		counts[i] = tb[i + 1] ? nla_get_u64(tb[i + 1]) : 0;
	return err;
}

static int get_rtp(const struct nlattr *nla, struct rtplane_rtpstats *rtp,
		   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_SAVED_RTP_A_MAX + 1];
	int err;

	if (!nla)
		return 0;
	err = nla_parse_nested(tb, RTPLANE_SAVED_RTP_A_MAX, nla, rtplane_saved_rtp_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_SAVED_RTP_A_SSRC])
		return rtplane_refuse(extack, nla, "a receiver of RTP follows an SSRC");
	rtp->ssrc = htonl(nla_get_u32(tb[RTPLANE_SAVED_RTP_A_SSRC]));
	rtp->stream = RTPLANE_STREAM;
	if (tb[RTPLANE_SAVED_RTP_A_PT])
		rtp->stream |= nla_get_u8(tb[RTPLANE_SAVED_RTP_A_PT]);
	get_numbers(rtp, rtp_numbers, ARRAY_SIZE(rtp_numbers), tb);
	return 0;
}

static int get_rtcp(const struct nlattr *nla, struct rtplane_rtcpstats *rtcp,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_RTCP_A_MAX + 1];
	int err;

	if (!nla)
		return 0;
	err = nla_parse_nested(tb, RTPLANE_RTCP_A_MAX, nla, rtplane_rtcp_policy, extack);
	if (err)
		return err;
	if (tb[RTPLANE_RTCP_A_SSRC])
		rtcp->ssrc = htonl(nla_get_u32(tb[RTPLANE_RTCP_A_SSRC]));
	get_numbers(rtcp, rtcp_numbers, ARRAY_SIZE(rtcp_numbers), tb);
	return 0;
}

static int get_known(const struct nlattr *nest, struct rtplane_saved *s,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *nla;
	int rem;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) != RTPLANE_SAVED_A_KNOWN)
			continue;
		if (s->n_known == RTPLANE_KNOWN)
			return rtplane_refuse(extack, nla,
					      "of a remote 4 SSRCs are remembered at most");
		s->known[s->n_known++] = htonl(nla_get_u32(nla));
	}
	return 0;
}

/* Sources go to where their key is, which is in the same message. */
static int get_sources(const struct nlattr *nest, const struct nlattr *first, int type,
		       struct rtplane_srtp *s, bool sends, struct netlink_ext_ack *extack)
{
	struct rtplane_srtp_told told;

	if (!first)
		return 0;
	if (!s)
		return rtplane_refuse(extack, first,
				      "sources stand under a key: srtp-rx or srtp-tx is required");
	if (rtplane_srtp_each(s, NULL, &told))
		return rtplane_refuse(extack, first,
				      "sources are given with the key or with the state, not with both");
	return rtplane_nl_sources(nest, type, s, sends, extack);
}

static int version_check(const struct nlattr *nest, const struct nlattr *version,
			 struct netlink_ext_ack *extack)
{
	BUILD_BUG_ON(RTPLANE_SAVED_VERSION != 1);
	if (!version)
		return rtplane_refuse(extack, nest, "a state has a version");
	if (nla_get_u32(version) == RTPLANE_SAVED_VERSION)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, version, "the state is of an unknown version: expected 1");
	return -EOPNOTSUPP;
}

static int get_nests(const struct nlattr *nla, struct nlattr **tb, struct rtplane_leg_conf *c,
		     struct netlink_ext_ack *extack)
{
	struct rtplane_saved *s = c->saved;

	return get_ep(tb[RTPLANE_SAVED_A_REMOTE], &s->remote, &c->local, extack) ?:
	       get_ep(tb[RTPLANE_SAVED_A_FORMER], &s->former, &c->local, extack) ?:
	       get_known(nla, s, extack) ?:
	       get_counts(tb[RTPLANE_SAVED_A_DROPS], rtplane_drops_policy, __RTPLANE_DROP_MAX,
			  s->drops, extack) ?:
	       get_counts(tb[RTPLANE_SAVED_A_DSCP_SEEN], rtplane_dscp_seen_policy,
			  RTPLANE_DSCP_MAP_LEN, s->dscp_seen, extack) ?:
	       get_rtp(tb[RTPLANE_SAVED_A_RTP], &s->rtp, extack) ?:
	       get_rtcp(tb[RTPLANE_SAVED_A_RTCP], &s->rtcp, extack) ?:
	       get_sources(nla, tb[RTPLANE_SAVED_A_RX_SOURCE], RTPLANE_SAVED_A_RX_SOURCE,
			   c->srtp_rx, false, extack) ?:
	       get_sources(nla, tb[RTPLANE_SAVED_A_TX_SOURCE], RTPLANE_SAVED_A_TX_SOURCE,
			   c->srtp_tx, true, extack);
}

/**
 * rtplane_nl_state() - the state that a leg is to go on from
 * @nla: nest of &enum rtplane_saved_attr
 * @c: has the leg's local address and its keys; gets the state, on error too
 * @extack: for the sentence
 *
 * What can be judged without knowing the leg is judged here.
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_state(const struct nlattr *nla, struct rtplane_leg_conf *c,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_SAVED_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, RTPLANE_SAVED_A_MAX, nla, rtplane_saved_policy, extack);
	err = err ?: version_check(nla, tb[RTPLANE_SAVED_A_VERSION], extack);
	if (err)
		return err;
	c->saved = kzalloc(sizeof(*c->saved), GFP_KERNEL);
	if (!c->saved)
		return -ENOMEM;
	get_numbers(c->saved, saved_numbers, ARRAY_SIZE(saved_numbers), tb);
	c->saved->fresh = tb[RTPLANE_SAVED_A_FRESH];
	return get_nests(nla, tb, c, extack);
}

/**
 * rtplane_nl_state_asked() - is a leg's state to be told?
 * @leg: nest of &enum rtplane_leg_attr
 * @asked: set
 * @extack: for the sentence
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_state_asked(const struct nlattr *leg, bool *asked, struct netlink_ext_ack *extack)
{
	const struct nlattr *nla = nla_find_nested(leg, RTPLANE_LEG_A_SAVED);
	struct nlattr *tb[RTPLANE_SAVED_A_MAX + 1];
	int i, err;

	*asked = nla;
	if (!nla)
		return 0;
	err = nla_parse_nested(tb, RTPLANE_SAVED_A_MAX, nla, rtplane_saved_policy, extack);
	if (err)
		return err;
	for (i = 0; i <= RTPLANE_SAVED_A_MAX; i++) {
		if (tb[i] && i != RTPLANE_SAVED_A_VERSION)
			return rtplane_refuse(extack, tb[i],
					      "who asks for a state says its version and nothing else");
	}
	return version_check(nla, tb[RTPLANE_SAVED_A_VERSION], extack);
}

/* Told ----------------------------------------------------------------------- */

static unsigned int size_of(const struct nla_policy *policy)
{
	switch (policy->type) {
	case NLA_U8:
		return sizeof(u8);
	case NLA_U64:
		return sizeof(u64);
	default:
		return sizeof(u32);
	}
}

static int put_number(struct sk_buff *msg, int attr, unsigned int size, const void *from)
{
	u64 value = 0;

	/* What is 0 is left out. */
	if (!memcmp(from, &value, size))
		return 0;
	if (size != sizeof(value))
		return nla_put(msg, attr, size, from);
	memcpy(&value, from, sizeof(value));
	return nla_put_u64_64bit(msg, attr, value, RTPLANE_SAVED_A_PAD);
}

static int put_numbers(struct sk_buff *msg, const void *from, const struct number *numbers, int n,
		       const struct nla_policy *policy)
{
	int i;

	BUILD_BUG_ON((int)RTPLANE_SAVED_A_PAD != (int)RTPLANE_SAVED_RTP_A_PAD);
	for (i = 0; i < n; i++) {
		if (put_number(msg, numbers[i].attr, size_of(&policy[numbers[i].attr]),
			       from + numbers[i].at))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_eps(struct sk_buff *msg, const struct rtplane_saved *s)
{
	if (!rtplane_ep_none(&s->remote) &&
	    rtplane_nl_put_ep(msg, RTPLANE_SAVED_A_REMOTE, &s->remote))
		return -EMSGSIZE;
	if (!rtplane_ep_none(&s->former) &&
	    rtplane_nl_put_ep(msg, RTPLANE_SAVED_A_FORMER, &s->former))
		return -EMSGSIZE;
	return 0;
}

static int put_known(struct sk_buff *msg, const struct rtplane_saved *s)
{
	int i;

	for (i = 0; i < s->n_known; i++) {
		if (nla_put_u32(msg, RTPLANE_SAVED_A_KNOWN, ntohl(s->known[i])))
			return -EMSGSIZE;
	}
	return s->fresh ? nla_put_flag(msg, RTPLANE_SAVED_A_FRESH) : 0;
}

static int put_dscps(struct sk_buff *msg, const u64 *seen)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_SAVED_A_DSCP_SEEN);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++) {
		if (seen[i] && nla_put_u64_64bit(msg, i + 1, seen[i], 0))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int put_rtp(struct sk_buff *msg, const struct rtplane_rtpstats *rtp)
{
	struct nlattr *nest;

	if (!rtplane_rtp_started(rtp))
		return 0;
	nest = nla_nest_start(msg, RTPLANE_SAVED_A_RTP);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_SAVED_RTP_A_SSRC, ntohl(rtp->ssrc)) ||
	    nla_put_u8(msg, RTPLANE_SAVED_RTP_A_PT, rtplane_rtp_pt(rtp)) ||
	    put_numbers(msg, rtp, rtp_numbers, ARRAY_SIZE(rtp_numbers),
			rtplane_saved_rtp_policy))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_put_state() - put the state of a leg into its nest, which is open
 * @msg: message
 * @s: what the leg has
 * @rx: protection of what arrives, whoever's packets use it locked out, or NULL
 *
 * The version is there already, and so is where the key stands of what leaves.
 */
int rtplane_nl_put_state(struct sk_buff *msg, const struct rtplane_saved *s,
			 const struct rtplane_srtp *rx)
{
	return put_eps(msg, s) ?:
	       put_numbers(msg, s, saved_numbers, ARRAY_SIZE(saved_numbers),
			   rtplane_saved_policy) ?:
	       put_known(msg, s) ?:
	       rtplane_nl_put_drops(msg, RTPLANE_SAVED_A_DROPS, s->drops) ?:
	       put_dscps(msg, s->dscp_seen) ?:
	       put_rtp(msg, &s->rtp) ?:
	       rtplane_nl_put_rtcp(msg, RTPLANE_SAVED_A_RTCP, &s->rtcp) ?:
	       rtplane_nl_put_sources(msg, RTPLANE_SAVED_A_RX_SOURCE, rx);
}
