// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: the commands on legs. */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "bridge.h"
#include "net.h"
#include "netlink.h"
#include "nlcopy.h"
#include "nlparse.h"
#include "nlput.h"
#include "nlsrtp.h"
#include "nlstate.h"
#include "srtp.h"
#include "state.h"
#include "table.h"

/**
 * struct rtplane_sent - what a leg has sent, as its peer counted it
 * @packets: packets
 * @bytes: IP bytes
 * @tos: TOS of the last, if @any
 * @any: something was sent
 * @changes: what its keys counted for its generation
 */
struct rtplane_sent {
	u64 packets;
	u64 bytes;
	u8 tos;
	bool any;
	u64 changes;
};

static void leg_sent(const struct rtplane_leg *leg, struct rtplane_leg *peer,
		     struct rtplane_sent *sent)
{
	*sent = (struct rtplane_sent) { .packets = leg->tx_packets, .bytes = leg->tx_bytes };
	if (!peer)
		return;
	spin_lock_bh(&peer->lock);
	sent->changes = rtplane_srtp_changes(leg->srtp_tx);
	sent->packets += peer->fwd_packets;
	sent->bytes += peer->fwd_bytes;
	sent->tos = peer->fwd_tos;
	sent->any = peer->fwd_packets;
	spin_unlock_bh(&peer->lock);
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, RTPLANE_COUNT_A_PAD);
}

static u64 sum_of(const u64 *counts, int n)
{
	u64 sum = 0;

	while (n--)
		sum += counts[n];
	return sum;
}

static int put_counters(struct sk_buff *msg, const struct rtplane_leg *leg,
			const struct rtplane_sent *sent)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_LEG_A_COUNTERS);
	const struct rtplane_leg_detail *d = rtplane_leg_detail_get(leg);

	BUILD_BUG_ON((int)RTPLANE_COUNT_A_PAD != (int)RTPLANE_RTP_A_PAD);
	if (!nest ||
	    put_u64(msg, RTPLANE_COUNT_A_RX_PACKETS, leg->rx_packets) ||
	    put_u64(msg, RTPLANE_COUNT_A_RX_BYTES, leg->rx_bytes) ||
	    put_u64(msg, RTPLANE_COUNT_A_TX_PACKETS, sent->packets) ||
	    put_u64(msg, RTPLANE_COUNT_A_TX_BYTES, sent->bytes) ||
	    put_u64(msg, RTPLANE_COUNT_A_DROPPED,
		    sum_of(d->drops, __RTPLANE_DROP_MAX)) ||
	    put_u64(msg, RTPLANE_COUNT_A_PASSED, d->passed) ||
	    put_u64(msg, RTPLANE_COUNT_A_RTCP_PACKETS, d->rtcp_packets) ||
	    nla_put_u32(msg, RTPLANE_COUNT_A_LATCHES, leg->latches))
		return -EMSGSIZE;
	if (leg->rx_packets &&
	    (put_u64(msg, RTPLANE_COUNT_A_FIRST, leg->first) ||
	     put_u64(msg, RTPLANE_COUNT_A_LAST, ktime_mono_to_real(leg->last))))
		return -EMSGSIZE;
	if (sent->any && nla_put_u8(msg, RTPLANE_COUNT_A_DSCP_TX, sent->tos >> 2))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_rtp(struct sk_buff *msg, const struct rtplane_rtpstats *s)
{
	struct nlattr *nest;

	if (!rtplane_rtp_started(s))
		return 0;
	nest = nla_nest_start(msg, RTPLANE_LEG_A_RTP);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_RTP_A_SSRC, ntohl(s->ssrc)) ||
	    nla_put_u32(msg, RTPLANE_RTP_A_SSRC_CHANGES, s->ssrc_changes) ||
	    nla_put_u8(msg, RTPLANE_RTP_A_PT, rtplane_rtp_pt(s)) ||
	    put_u64(msg, RTPLANE_RTP_A_PACKETS, s->packets) ||
	    put_u64(msg, RTPLANE_RTP_A_LOST, rtplane_rtpstats_lost(s)) ||
	    put_u64(msg, RTPLANE_RTP_A_OUT_OF_ORDER, s->out_of_order) ||
	    put_u64(msg, RTPLANE_RTP_A_DUPLICATES, s->duplicates) ||
	    nla_put_u32(msg, RTPLANE_RTP_A_JITTER, s->jitter >> 4) ||
	    nla_put_u32(msg, RTPLANE_RTP_A_JITTER_MAX, s->jitter_max >> 4) ||
	    nla_put_u32(msg, RTPLANE_RTP_A_CLOCK, rtplane_rtp_clock(rtplane_rtp_pt(s))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_dscp_seen(struct sk_buff *msg, const struct rtplane_leg *leg)
{
	const u64 *seen = rtplane_leg_detail_get(leg)->dscp_seen;
	struct nlattr *nest;
	u64 count;
	int i;

	if (!leg->dscp_first_count)
		return 0;
	nest = nla_nest_start(msg, RTPLANE_LEG_A_DSCP_SEEN);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++) {
		count = seen ? seen[i] : 0;
		if (i == leg->dscp_first)
			count += leg->dscp_first_count;
		if (count && nla_put_u64_64bit(msg, i + 1, count, 0))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int put_policy(struct sk_buff *msg, const struct rtplane_leg *leg)
{
	u8 accept = leg->flags & RTPLANE_LEG_ANY ? RTPLANE_ACCEPT_ANY : RTPLANE_ACCEPT_RTP;
	u8 unknown = leg->flags & RTPLANE_LEG_DROP ? RTPLANE_UNKNOWN_DROP : RTPLANE_UNKNOWN_PASS;
	const struct rtplane_policy *p = &leg->policy;

	if (!rtplane_ep_none(&p->signalled) &&
	    rtplane_nl_put_ep(msg, RTPLANE_LEG_A_REMOTE, &p->signalled))
		return -EMSGSIZE;
	if (!rtplane_ep_none(&leg->tie) && rtplane_nl_put_ep(msg, RTPLANE_LEG_A_TIE, &leg->tie))
		return -EMSGSIZE;
	if (leg->dscp_mode == RTPLANE_DSCP_SET &&
	    nla_put_u8(msg, RTPLANE_LEG_A_DSCP, leg->dscp))
		return -EMSGSIZE;
	if (leg->dscp_mode == RTPLANE_DSCP_MAP &&
	    nla_put(msg, RTPLANE_LEG_A_DSCP_MAP, RTPLANE_DSCP_MAP_LEN, leg->dscp_map))
		return -EMSGSIZE;
	if (nla_put_u8(msg, RTPLANE_LEG_A_LATCH, p->mode) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_PREFIX, p->prefix) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_PROBATION, p->probation) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_EARLY, !!(leg->flags & RTPLANE_LEG_EARLY)) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_RELATCH, p->relatch) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_DSCP_MODE, leg->dscp_mode) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_SSRC_GUARD, p->guard) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_ACCEPT, accept) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_UNKNOWN, unknown) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_ONLY, leg->only) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_DIGITS, leg->digits) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_BLOCK, leg->block) ||
	    nla_put_u8(msg, RTPLANE_LEG_A_MUTE, !!(leg->flags & RTPLANE_LEG_MUTE)) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_PPS, leg->police.pps) ||
	    nla_put_u64_64bit(msg, RTPLANE_LEG_A_BPS, leg->bps, RTPLANE_LEG_A_PAD) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_MARK, leg->mark) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_OIF, leg->oif) ||
	    nla_put_u32(msg, RTPLANE_LEG_A_SILENCE, leg->silence))
		return -EMSGSIZE;
	return 0;
}

static u8 leg_state(const struct rtplane_leg *leg)
{
	if (leg->latched)
		return RTPLANE_STATE_LOCKED;
	return rtplane_policy_counting(&leg->policy) ? RTPLANE_STATE_PROBATION :
						       RTPLANE_STATE_WAITING;
}

static int put_state(struct sk_buff *msg, const struct rtplane_leg *leg)
{
	const struct rtplane_ep *to = leg->flags & RTPLANE_LEG_MUTE ? NULL :
				      leg->latched ? &leg->remote :
				      leg->flags & RTPLANE_LEG_EARLY ? &leg->policy.signalled :
								       NULL;
	const struct rtplane_suspects *s = leg->policy.suspects;

	if (nla_put_u8(msg, RTPLANE_LEG_A_STATE, leg_state(leg)) ||
	    (to && rtplane_nl_put_ep(msg, RTPLANE_LEG_A_LATCHED, to)))
		return -EMSGSIZE;
	if (!s || !s->offenses)
		return 0;
	if (rtplane_nl_put_ep(msg, RTPLANE_LEG_A_OFFENDER, &s->offender) ||
	    nla_put_u64_64bit(msg, RTPLANE_LEG_A_OFFENSES, s->offenses, RTPLANE_LEG_A_PAD))
		return -EMSGSIZE;
	return 0;
}

/* What leaves is protected by the peer's packets, under the peer's lock. */
static int put_sends(struct sk_buff *msg, const struct rtplane_leg *leg, struct rtplane_leg *peer)
{
	int err;

	if (!peer || !leg->srtp_tx)
		return 0;
	spin_lock_bh(&peer->lock);
	err = rtplane_nl_put_srtp(msg, RTPLANE_LEG_A_SRTP_TX, leg->srtp_tx);
	spin_unlock_bh(&peer->lock);
	return err;
}

static int put_saved(struct sk_buff *msg, struct rtplane_leg *leg, struct rtplane_leg *peer,
		     const struct rtplane_sent *sent, struct rtplane_saved *s)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_LEG_A_SAVED);
	int err;

	if (!nest || nla_put_u32(msg, RTPLANE_SAVED_A_VERSION, RTPLANE_SAVED_VERSION))
		return -EMSGSIZE;
	spin_lock_bh(&peer->lock);
	err = rtplane_nl_put_sources(msg, RTPLANE_SAVED_A_TX_SOURCE, leg->srtp_tx);
	spin_unlock_bh(&peer->lock);
	if (err)
		return err;
	spin_lock_bh(&leg->lock);
	rtplane_leg_crowd(leg);
	rtplane_state_tell(leg, s, ktime_get_ns());
	s->tx_packets = sent->packets;
	s->tx_bytes = sent->bytes;
	err = rtplane_nl_put_state(msg, s, leg->srtp_rx);
	spin_unlock_bh(&leg->lock);
	if (!err)
		nla_nest_end(msg, nest);
	return err;
}

/* @peer: its peer, or who was it; @saved: room for its state, NULL: that is not told. */
static int leg_put(struct sk_buff *msg, struct rtplane_leg *leg, struct rtplane_leg *peer,
		   struct rtplane_saved *saved)
{
	const struct rtplane_leg_detail *d;
	struct rtplane_sent sent;
	struct nlattr *nest;
	int err = -EMSGSIZE;

	lockdep_assert_held(&leg->rn->lock);
	leg_sent(leg, peer, &sent);
	nest = nla_nest_start(msg, RTPLANE_A_LEG);
	if (!nest || rtplane_nl_put_ep(msg, RTPLANE_LEG_A_LOCAL, &leg->local))
		return -EMSGSIZE;
	if (peer && rtplane_nl_put_ep(msg, RTPLANE_LEG_A_PEER, &peer->local))
		return -EMSGSIZE;
	if (put_sends(msg, leg, peer))
		return -EMSGSIZE;
	if (saved && peer && put_saved(msg, leg, peer, &sent, saved))
		return -EMSGSIZE;
	spin_lock_bh(&leg->lock);
	rtplane_leg_crowd(leg);
	d = rtplane_leg_detail_get(leg);
	sent.changes += leg->changes + rtplane_srtp_changes(leg->srtp_rx);
	if (!nla_put_u64_64bit(msg, RTPLANE_LEG_A_GENERATION, sent.changes, RTPLANE_LEG_A_PAD) &&
	    !nla_put_u64_64bit(msg, RTPLANE_LEG_A_COOKIE, leg->cookie, RTPLANE_LEG_A_PAD) &&
	    !put_policy(msg, leg) &&
	    !put_state(msg, leg) &&
	    !put_counters(msg, leg, &sent) &&
	    !rtplane_nl_put_drops(msg, RTPLANE_LEG_A_DROPS, d->drops) &&
	    !put_rtp(msg, &leg->rtp) &&
	    !rtplane_nl_put_rtcp(msg, RTPLANE_LEG_A_RTCP, &d->rtcp) &&
	    !put_dscp_seen(msg, leg) &&
	    !rtplane_nl_put_copies(msg, leg->copies) &&
	    !rtplane_nl_put_srtp(msg, RTPLANE_LEG_A_SRTP_RX, leg->srtp_rx))
		err = 0;
	spin_unlock_bh(&leg->lock);
	if (!err)
		nla_nest_end(msg, nest);
	return err;
}

static struct rtplane_leg *leg_find(struct rtplane_net *rn, const struct rtplane_ep *local,
				    const struct nlattr *nla,
				    struct netlink_ext_ack *extack)
{
	struct rtplane_leg *leg = rtplane_table_find(rn, local);

	if (!leg)
		NL_SET_ERR_MSG_ATTR(extack, nla, "there is no leg with this local address");
	return leg;
}

int rtplane_leg_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct nlattr *nla = info->attrs[RTPLANE_A_LEG];
	struct rtplane_saved *saved = NULL;
	struct rtplane_ep local;
	struct rtplane_leg *leg;
	struct sk_buff *msg;
	bool asked = false;
	void *hdr;
	int err;

	err = rtplane_nl_local(nla, &local, info->extack);
	err = err ?: rtplane_nl_state_asked(nla, &asked, info->extack);
	if (err)
		return err;
	if (asked) {
		saved = kmalloc(sizeof(*saved), GFP_KERNEL);
		if (!saved)
			return -ENOMEM;
	}
	msg = rtplane_nl_begin(info, asked ? RTPLANE_STATE_MAX : 0, &hdr);
	if (!msg) {
		kfree(saved);
		return -ENOMEM;
	}
	mutex_lock(&rn->lock);
	leg = leg_find(rn, &local, nla, info->extack);
	err = leg ? leg_put(msg, leg, leg->peer, saved) : -ENOENT;
	mutex_unlock(&rn->lock);
	kfree(saved);
	return rtplane_nl_answer(info, msg, hdr, err);
}

/**
 * rtplane_leg_end() - remove a bridge, and tell its legs as they were at the end
 * @info: request, for the answers
 * @leg: one of its legs; the namespace's mutex is held
 *
 * Return: 0 or a negative error; then nothing has changed, unless the answers were made
 * and could not be sent.
 */
int rtplane_leg_end(struct genl_info *info, struct rtplane_leg *leg)
{
	struct rtplane_saved *saved = kmalloc(sizeof(*saved), GFP_KERNEL);
	struct rtplane_leg *peer = leg->peer;
	struct sk_buff *msg[2] = {};
	void *hdr[2];
	int i, err = 0;

	for (i = 0; i < 2; i++)
		msg[i] = rtplane_nl_begin(info, RTPLANE_STATE_MAX, &hdr[i]);
	if (!saved || !msg[0] || !msg[1]) {
		err = -ENOMEM;
		goto free;
	}
	rtplane_bridge_part(leg);
	err = leg_put(msg[0], leg, peer, saved) ?: leg_put(msg[1], peer, leg, saved);
	if (err) {
		rtplane_bridge_join(leg, peer);
		goto free;
	}
	rtplane_bridge_remove(leg);
	rtplane_bridge_remove(peer);
	for (i = 0; i < 2; i++) {
		err = rtplane_nl_answer(info, msg[i], hdr[i], err);
		msg[i] = NULL;
	}
free:
	nlmsg_free(msg[0]);
	nlmsg_free(msg[1]);
	kfree(saved);
	return err;
}

/**
 * struct rtplane_leg_dump - where a dump stands
 * @next: number of the leg to go on with
 * @cookie: only this one's legs
 * @filter: @cookie is valid
 * @state: their state is told too
 */
struct rtplane_leg_dump {
	unsigned long next;
	u64 cookie;
	bool filter;
	bool state;
};

/* Nothing but a cookie narrows a dump; what we would not heed is refused. */
static int dump_filter(struct rtplane_leg_dump *dump, const struct nlattr *nla,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *leg[RTPLANE_LEG_A_MAX + 1];
	int i, err;

	err = nla_parse_nested(leg, RTPLANE_LEG_A_MAX, nla, rtplane_leg_policy, extack);
	if (err)
		return err;
	for (i = 0; i <= RTPLANE_LEG_A_MAX; i++) {
		if (!leg[i] || i == RTPLANE_LEG_A_COOKIE || i == RTPLANE_LEG_A_SAVED)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, leg[i],
				    "a dump of legs is narrowed by a cookie and nothing else");
		return -EINVAL;
	}
	err = rtplane_nl_state_asked(nla, &dump->state, extack);
	if (err || !leg[RTPLANE_LEG_A_COOKIE])
		return err;
	dump->cookie = nla_get_u64(leg[RTPLANE_LEG_A_COOKIE]);
	dump->filter = true;
	return 0;
}

int rtplane_leg_get_start(struct netlink_callback *cb)
{
	struct rtplane_leg_dump *dump = (void *)cb->ctx;
	struct nlattr *tb[RTPLANE_A_MAX + 1];
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	*dump = (struct rtplane_leg_dump) {};
	/* Whatever the reader has room for, one leg must fit. */
	cb->min_dump_alloc = RTPLANE_ANSWER_MAX;
	err = genlmsg_parse(cb->nlh, &rtplane_genl, tb, RTPLANE_A_MAX, rtplane_policy,
			    cb->extack);
	if (err || !tb[RTPLANE_A_LEG])
		return err;
	err = dump_filter(dump, tb[RTPLANE_A_LEG], cb->extack);
	if (dump->state)
		cb->min_dump_alloc += RTPLANE_STATE_MAX;
	return err;
}

static struct rtplane_leg *dump_next(struct rtplane_net *rn, const struct rtplane_leg_dump *dump)
{
	unsigned long id = dump->next;

	if (dump->filter)
		return rtplane_bridge_next(rn, dump->cookie, id);
	return xa_find(&rn->legs, &id, ULONG_MAX, XA_PRESENT);
}

static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct rtplane_leg *leg,
		    struct rtplane_saved *saved)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&rtplane_genl, NLM_F_MULTI, RTPLANE_CMD_LEG_GET);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = leg_put(msg, leg, leg->peer, saved);
	if (err) {
		genlmsg_cancel(msg, hdr);
		return err;
	}
	genl_dump_check_consistent(cb, hdr);
	genlmsg_end(msg, hdr);
	return 0;
}

/* Legs come in order of their numbers, which are given in order of creation:
 * one that exists all the while is there exactly once, whatever else comes and
 * goes; that something did is told by NLM_F_DUMP_INTR.
 */
int rtplane_leg_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtplane_net *rn = rtplane_pernet(sock_net(msg->sk));
	struct rtplane_leg_dump *dump = (void *)cb->ctx;
	struct rtplane_saved *saved = NULL;
	struct rtplane_leg *leg;
	int err = 0;

	if (dump->state) {
		saved = kmalloc(sizeof(*saved), GFP_KERNEL);
		if (!saved)
			return -ENOMEM;
	}
	mutex_lock(&rn->lock);
	cb->seq = rn->seq;
	while ((leg = dump_next(rn, dump))) {
		err = dump_one(msg, cb, leg, saved);
		if (err)
			break;
		dump->next = leg->id + 1UL;
	}
	mutex_unlock(&rn->lock);
	kfree(saved);
	/* Nothing is the end of a dump, and what did not fit is not nothing. */
	return msg->len ?: err;
}

int rtplane_leg_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct nlattr *nla = info->attrs[RTPLANE_A_LEG];
	struct rtplane_leg_conf conf = {};
	struct rtplane_leg *leg;
	int err;

	err = rtplane_nl_conf(nla, &conf, info->extack);
	if (err)
		goto free;
	mutex_lock(&rn->lock);
	leg = leg_find(rn, &conf.local, nla, info->extack);
	err = leg ? rtplane_nl_check(rn, nla, &conf, leg, info->extack) : -ENOENT;
	if (!err)
		rtplane_bridge_set(leg, &conf);
	mutex_unlock(&rn->lock);
free:
	rtplane_nl_conf_free(&conf);
	return err;
}
