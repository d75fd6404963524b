/* SPDX-License-Identifier: GPL-2.0 */
/* A leg's way out, and the last steps of a packet on it. */
#ifndef _RTPLANE_XMIT_H
#define _RTPLANE_XMIT_H

#include "leg.h"
#include "rewrite.h"

int rtplane_egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out);
void rtplane_egress_forget(struct rtplane_leg *leg);
void rtplane_xmit_odd(struct rtplane_leg *leg, struct sk_buff *skb, struct rtplane_pkt *pkt,
		      const struct rtplane_egress *eg);
void rtplane_unsent(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
		    const struct rtplane_egress *eg, enum rtplane_drop why);

/**
 * rtplane_egress_get() - how to reach the peer's remote
 * @leg: leg that a packet has arrived on, locked, with a peer
 * @out: the way, valid until the RCU read side ends
 *
 * Return: RTPLANE_ACCEPTED, or the &enum rtplane_drop to count.
 */
static inline int rtplane_egress_get(struct rtplane_leg *leg, struct rtplane_egress **out)
{
	struct rtplane_egress *eg = rcu_dereference_protected(leg->egress,
							      lockdep_is_held(&leg->lock));

	if (likely(eg && !READ_ONCE(leg->stale) && rtplane_way_valid(&eg->way))) {
		*out = eg;
		return RTPLANE_ACCEPTED;
	}
	return rtplane_egress_renew(leg, out);
}

/**
 * rtplane_xmit() - rewrite a packet and send it
 * @leg: leg that it arrived on, not locked
 * @skb: the packet, not shared; consumed
 * @pkt: what was received
 * @eg: the way out, under the same RCU read side as it was found
 * @v6: @pkt->v6, known when this is compiled
 *
 * Context: what is usual is here, so that it melts into the way of the packet;
 * the rest is rtplane_xmit_odd().
 */
static __always_inline void rtplane_xmit(struct rtplane_leg *leg, struct sk_buff *skb,
					 struct rtplane_pkt *pkt,
					 const struct rtplane_egress *eg, const bool v6)
{
	if (unlikely(eg->way.v6 != v6 || pkt->iplen > eg->way.fast_mtu ||
		     skb_cloned(skb) || skb_headroom(skb) < eg->way.headroom)) {
		rtplane_xmit_odd(leg, skb, pkt, eg);
		return;
	}
	rtplane_rewrite_same(skb, pkt, eg, v6);
	if (unlikely(rtplane_way_send(skb, pkt->tos_out, &eg->way)))
		rtplane_unsent(leg, pkt, eg, RTPLANE_DROP_XMIT);
}

#endif /* _RTPLANE_XMIT_H */
