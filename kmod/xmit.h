/* SPDX-License-Identifier: GPL-2.0 */
/* A leg's way out, and the last steps of a packet on it. */
#ifndef _RTPLANE_XMIT_H
#define _RTPLANE_XMIT_H

#include "leg.h"
#include "pkt.h"
#include "way.h"

/**
 * struct rtplane_egress - all that sending from one leg's local address to its
 * remote needs; never changed once it is published
 * @way: route and neighbour
 * @src: local address of the leg that sends
 * @to: its remote
 * @addr_sum: checksum of both addresses
 * @port_sum: checksum of both ports
 * @rcu: to free it
 */
struct rtplane_egress {
	struct rtplane_way way;
	struct rtplane_ep src;
	struct rtplane_ep to;
	__wsum addr_sum;
	__wsum port_sum;
	struct rcu_head rcu;
};

int rtplane_egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out);
void rtplane_egress_forget(struct rtplane_leg *leg);
void rtplane_xmit(struct rtplane_leg *leg, struct sk_buff *skb, const struct rtplane_pkt *pkt,
		  const struct rtplane_egress *eg);

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

#endif /* _RTPLANE_XMIT_H */
