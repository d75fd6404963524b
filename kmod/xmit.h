/* SPDX-License-Identifier: GPL-2.0 */
/* The way out: cached route and neighbour. */
#ifndef _RTPLANE_XMIT_H
#define _RTPLANE_XMIT_H

#include <net/dst.h>
#include <net/neighbour.h>

#include "leg.h"
#include "pkt.h"

/**
 * struct rtplane_egress - all that sending from one leg's local address to its
 * remote needs; never changed once it is published
 * @dst: route; the reference is held
 * @neigh: neighbour on that route; the reference is held; NULL if the route must
 *	be left to the stack's own output (IPsec, tunnels by route)
 * @src: local address of the leg that sends
 * @to: its remote
 * @addr_sum: checksum of both addresses
 * @port_sum: checksum of both ports
 * @cookie: for the validity of an IPv6 route
 * @mtu: of the path
 * @mark: for skb->mark
 * @headroom: bytes the device of the way out wants before the IP header
 * @v6: it is an IPv6 way
 * @skip_cache: the neighbour is of the other family, so its cached header is not
 *	for us
 * @rcu: to free it
 */
struct rtplane_egress {
	struct dst_entry *dst;
	struct neighbour *neigh;
	struct rtplane_ep src;
	struct rtplane_ep to;
	__wsum addr_sum;
	__wsum port_sum;
	u32 cookie;
	u32 mtu;
	u32 mark;
	u16 headroom;
	bool v6;
	bool skip_cache;
	struct rcu_head rcu;
};

int rtplane_egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out);
void rtplane_egress_forget(struct rtplane_leg *leg);
void rtplane_xmit(struct rtplane_leg *leg, struct sk_buff *skb, const struct rtplane_pkt *pkt,
		  const struct rtplane_egress *eg);

/* Still the truth?  The route by its own generation, the neighbour by its life. */
static inline bool rtplane_egress_valid(const struct rtplane_egress *eg)
{
	return dst_check(eg->dst, eg->cookie) && !(eg->neigh && READ_ONCE(eg->neigh->dead));
}

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

	if (likely(eg && !READ_ONCE(leg->stale) && rtplane_egress_valid(eg))) {
		*out = eg;
		return -1;
	}
	return rtplane_egress_renew(leg, out);
}

#endif /* _RTPLANE_XMIT_H */
