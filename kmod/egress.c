// SPDX-License-Identifier: GPL-2.0
/* A leg's way out, and the last steps of a packet on it. */
#include <linux/slab.h>

#include "dscp.h"
#include "egress.h"
#include "net.h"
#include "rewrite.h"

/* One of its own: nobody writes to the cache lines that packets read here. */
static struct kmem_cache *egress_cache;

int rtplane_egress_cache_init(void)
{
	egress_cache = KMEM_CACHE(rtplane_egress, 0);
	return egress_cache ? 0 : -ENOMEM;
}

void rtplane_egress_cache_exit(void)
{
	kmem_cache_destroy(egress_cache);
}

static void free_rcu_egress(struct rcu_head *rcu)
{
	kmem_cache_free(egress_cache, container_of(rcu, struct rtplane_egress, rcu));
}

/**
 * rtplane_egress_free() - let go of a way out
 * @eg: what nobody finds any more, or NULL; packets may still have it, under RCU
 */
void rtplane_egress_free(struct rtplane_egress *eg)
{
	if (!eg)
		return;
	rtplane_way_release(&eg->way);
	call_rcu(&eg->rcu, free_rcu_egress);
}

/**
 * rtplane_egress_forget() - let go of the cached way out
 * @leg: leg, locked
 */
void rtplane_egress_forget(struct rtplane_leg *leg)
{
	struct rtplane_egress *eg = rcu_dereference_protected(leg->egress,
							      lockdep_is_held(&leg->lock));

	RCU_INIT_POINTER(leg->egress, NULL);
	rtplane_egress_free(eg);
}

/* Where media towards @leg goes now, if anywhere. */
static bool target(const struct rtplane_leg *leg, struct rtplane_ep *to)
{
	if (leg->flags & RTPLANE_LEG_MUTE)
		return false;
	if (rtplane_leg_remote(leg, to))
		return true;
	if (!(leg->flags & RTPLANE_LEG_EARLY))
		return false;
	*to = leg->policy.signalled;
	return true;
}

/* What a packet becomes: its TOS by the peer's rule, its checksums by what the
 * addresses are and will be.  A source in probation is not in @leg yet, so its
 * packets are none of the usual ones.
 */
static void egress_fill(struct rtplane_egress *eg, const struct rtplane_leg *leg)
{
	const struct rtplane_leg *peer = leg->peer;

	eg->mapped = peer->dscp_mode == RTPLANE_DSCP_MAP;
	eg->tos_keep = rtplane_dscp_keep(peer->dscp_mode);
	eg->tos_set = rtplane_dscp_set(peer->dscp_mode, peer->dscp);
	eg->usual = leg->latched && !eg->mapped && eg->way.fast &&
		    leg->only != RTPLANE_ONLY_RTCP && !leg->block && !leg->copies &&
		    !rtplane_is_digit(leg->digits, rtplane_rtp_pt(&leg->rtp)) &&
		    eg->way.v6 == !rtplane_ep_is4(&leg->local);
	eg->secure = eg->usual && leg->flags & RTPLANE_LEG_SECURE;
	eg->usual &= !eg->secure;
	eg->priority = rtplane_priority((leg->dscp_first << 2 & eg->tos_keep) | eg->tos_set);
	rtplane_diff(&eg->diff, &leg->remote, &leg->local, &eg->src, &eg->to);
}

/**
 * rtplane_egress_new() - look up the way out to an address
 * @rn: namespace
 * @src: what is sent with
 * @to: where to, of the same family
 * @oif: device or VRF, 0 = any
 * @mark: for policy routing
 * @out: the way, of which nothing else is filled
 *
 * Context: softirq; does not sleep.
 * Return: RTPLANE_GOES_ON, or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_egress_new(const struct rtplane_net *rn,
					  const struct rtplane_ep *src,
					  const struct rtplane_ep *to, u32 oif, u32 mark,
					  struct rtplane_egress **out)
{
	struct rtplane_egress *eg = kmem_cache_alloc(egress_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!eg)
		return rtplane_drop(RTPLANE_DROP_NOMEM);
	eg->src = *src;
	eg->src.part = 0;
	eg->to = *to;
	if (rtplane_way_find(rn->net, &eg->way, &eg->src, to, oif, mark, 0)) {
		kmem_cache_free(egress_cache, eg);
		return rtplane_drop(RTPLANE_DROP_NO_ROUTE);
	}
	*out = eg;
	return rtplane_fate(RTPLANE_GOES_ON);
}

static struct rtplane_verdict egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out)
{
	const struct rtplane_leg *peer = leg->peer;
	struct rtplane_verdict v;
	struct rtplane_egress *eg;
	struct rtplane_ep to;

	rtplane_egress_forget(leg);
	WRITE_ONCE(leg->stale, 0);
	/* Pairs with the release in rtplane_stale(): who sets stale after this
	 * finds it clear, who set it before has written the remote.
	 */
	smp_mb();
	if (!target(peer, &to))
		return rtplane_drop(RTPLANE_DROP_NO_REMOTE);
	v = rtplane_egress_new(leg->rn, &peer->local, &to, peer->oif, peer->mark, &eg);
	if (!rtplane_goes_on(v))
		return v;
	egress_fill(eg, leg);
	rcu_assign_pointer(leg->egress, eg);
	*out = eg;
	return v;
}

/**
 * rtplane_egress_get() - how to reach the peer's remote
 * @leg: leg that a packet has arrived on and been counted, locked, with a peer
 * @out: the way, valid until the RCU read side ends
 *
 * What it reads of the peer without the peer's lock is either changed with both
 * locks held, or guarded by the peer's remote_seq.
 *
 * Context: softirq; does not sleep.
 * Return: RTPLANE_GOES_ON with the way in @out, or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_egress_get(struct rtplane_leg *leg, struct rtplane_egress **out)
{
	struct rtplane_egress *eg = rcu_dereference_protected(leg->egress,
							      lockdep_is_held(&leg->lock));

	if (eg && !READ_ONCE(leg->stale) && rtplane_way_valid(&eg->way)) {
		*out = eg;
		return rtplane_fate(RTPLANE_GOES_ON);
	}
	return egress_renew(leg, out);
}

/**
 * rtplane_egress_unsent() - a packet was counted as sent before it was tried, in vain
 * @leg: leg that it arrived on, not locked
 * @bytes: what it was counted as
 * @why: what it is counted as instead
 */
void rtplane_egress_unsent(struct rtplane_leg *leg, unsigned int bytes, enum rtplane_drop why)
{
	spin_lock(&leg->lock);
	/* Its peer may have been replaced since. */
	if (leg->fwd_packets) {
		leg->fwd_packets--;
		leg->fwd_bytes -= min_t(u64, leg->fwd_bytes, bytes);
	}
	rtplane_leg_dropped(leg, why);
	spin_unlock(&leg->lock);
}

/**
 * rtplane_egress_send() - rewrite a packet and send it
 * @leg: leg that it arrived on, not locked
 * @skb: the packet, not shared; consumed
 * @pkt: what was received
 * @eg: the way out, under the same RCU read side as it was found
 */
void rtplane_egress_send(struct rtplane_leg *leg, struct sk_buff *skb,
			 const struct rtplane_pkt *pkt, const struct rtplane_egress *eg)
{
	unsigned int bytes = rtplane_way_len(pkt, &eg->way);

	if (rtplane_way_stuck(skb, pkt, &eg->way)) {
		/* What was protected is quoted without a byte of it. */
		if (!pkt->opened || !pskb_trim(skb, pkt->hdrlen + sizeof(struct udphdr)))
			rtplane_way_too_big(skb, pkt, &eg->way);
		rtplane_egress_unsent(leg, bytes, RTPLANE_DROP_TOO_BIG);
		kfree_skb(skb);
		return;
	}
	if (unlikely(rtplane_way_cow(skb, pkt, &eg->way))) {
		rtplane_egress_unsent(leg, bytes, RTPLANE_DROP_NOMEM);
		kfree_skb(skb);
		return;
	}
	rtplane_rewrite_any(skb, pkt, &eg->src, &eg->to);
	if (unlikely(rtplane_way_send_any(leg->rn->net, skb, pkt, &eg->way)))
		rtplane_egress_unsent(leg, bytes, RTPLANE_DROP_XMIT);
}
