// SPDX-License-Identifier: GPL-2.0
/* A leg's way out, and the last steps of a packet on it. */
#include <linux/slab.h>

#include "dscp.h"
#include "net.h"
#include "rewrite.h"
#include "xmit.h"

/**
 * rtplane_egress_forget() - let go of the cached way out
 * @leg: leg, locked
 */
void rtplane_egress_forget(struct rtplane_leg *leg)
{
	struct rtplane_egress *eg = rcu_dereference_protected(leg->egress,
							      lockdep_is_held(&leg->lock));

	RCU_INIT_POINTER(leg->egress, NULL);
	if (!eg)
		return;
	rtplane_way_release(&eg->way);
	kfree_rcu(eg, rcu);
}

/* Where media towards @leg goes now, if anywhere. */
static bool rtplane_target(const struct rtplane_leg *leg, struct rtplane_ep *to)
{
	if (rtplane_leg_remote(leg, to))
		return true;
	if (!(leg->flags & RTPLANE_LEG_EARLY))
		return false;
	*to = leg->policy.signalled;
	return true;
}

/* What a packet becomes: its TOS by the peer's rule, its checksums by what the
 * addresses are and will be.
 */
static void rtplane_egress_fill(struct rtplane_egress *eg, const struct rtplane_leg *leg)
{
	const struct rtplane_leg *peer = leg->peer;

	eg->mapped = peer->dscp_mode == RTPLANE_DSCP_MAP;
	eg->tos_keep = rtplane_dscp_keep(peer->dscp_mode);
	eg->tos_set = rtplane_dscp_set(peer->dscp_mode, peer->dscp);
	/* A source in probation is none of these; the packet itself is asked. */
	eg->known = leg->latched;
	eg->addr_diff = rtplane_addr_diff(&leg->remote, &leg->local, eg);
	eg->udp_diff = csum_add(eg->addr_diff, rtplane_port_diff(&leg->remote, &leg->local, eg));
}

/**
 * rtplane_egress_renew() - look up the way to the peer's remote
 * @leg: leg that a packet has arrived on, locked, with a peer
 * @out: the way, valid until the RCU read side ends
 *
 * What it reads of the peer without the peer's lock is either changed with both
 * locks held, or guarded by the peer's remote_seq.
 *
 * Context: softirq; does not sleep.
 * Return: RTPLANE_ACCEPTED, or the &enum rtplane_drop to count.
 */
int rtplane_egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out)
{
	const struct rtplane_leg *peer = leg->peer;
	struct rtplane_egress *eg;
	struct rtplane_ep to;

	rtplane_egress_forget(leg);
	WRITE_ONCE(leg->stale, 0);
	/* Pairs with the release in rtplane_stale(): who sets stale after this
	 * finds it clear, who set it before has written the remote.
	 */
	smp_mb();
	if (!rtplane_target(peer, &to))
		return RTPLANE_DROP_NO_REMOTE;
	eg = kmalloc(sizeof(*eg), GFP_ATOMIC);
	if (!eg)
		return RTPLANE_DROP_NOMEM;
	eg->src = peer->local;
	eg->to = to;
	if (rtplane_way_find(leg->rn->net, &eg->way, &eg->src, &to, peer->oif, peer->mark, 0)) {
		kfree(eg);
		return RTPLANE_DROP_NO_ROUTE;
	}
	rtplane_egress_fill(eg, leg);
	rcu_assign_pointer(leg->egress, eg);
	*out = eg;
	return RTPLANE_ACCEPTED;
}

/**
 * rtplane_unsent() - a packet was counted as sent before it was tried, in vain
 * @leg: leg that it arrived on, not locked
 * @pkt: what was received
 * @eg: the way out
 * @why: what it is counted as instead
 */
void rtplane_unsent(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
		    const struct rtplane_egress *eg, enum rtplane_drop why)
{
	spin_lock(&leg->lock);
	/* Its peer may have been replaced since. */
	if (leg->fwd_packets) {
		leg->fwd_packets--;
		leg->fwd_bytes -= min_t(u64, leg->fwd_bytes, rtplane_way_len(pkt, &eg->way));
	}
	leg->drops[why]++;
	spin_unlock(&leg->lock);
}

/**
 * rtplane_xmit_odd() - rewrite and send what rtplane_xmit() does not
 * @leg: leg that it arrived on, not locked
 * @skb: the packet, not shared; consumed
 * @pkt: what was received
 * @eg: the way out, under the same RCU read side as it was found
 *
 * The other family, too big for the path, a buffer that others hold or without
 * room, a route with an output of its own.
 */
void rtplane_xmit_odd(struct rtplane_leg *leg, struct sk_buff *skb, struct rtplane_pkt *pkt,
		      const struct rtplane_egress *eg)
{
	if (rtplane_way_stuck(skb, pkt, &eg->way)) {
		rtplane_way_too_big(skb, pkt, &eg->way);
		rtplane_unsent(leg, pkt, eg, RTPLANE_DROP_TOO_BIG);
		kfree_skb(skb);
		return;
	}
	if (unlikely(rtplane_way_cow(skb, pkt, &eg->way))) {
		rtplane_unsent(leg, pkt, eg, RTPLANE_DROP_NOMEM);
		kfree_skb(skb);
		return;
	}
	rtplane_pkt_ends(skb, pkt);
	rtplane_rewrite_other(skb, pkt, eg);
	if (unlikely(rtplane_way_send_any(leg->rn->net, skb, pkt, &eg->way)))
		rtplane_unsent(leg, pkt, eg, RTPLANE_DROP_XMIT);
}
