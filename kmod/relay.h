/* SPDX-License-Identifier: GPL-2.0 */
/* One packet of a leg. */
#ifndef _RTPLANE_RELAY_H
#define _RTPLANE_RELAY_H

#include "leg.h"
#include "verdict.h"

struct sk_buff;

struct rtplane_verdict rtplane_relay_plain4(struct rtplane_leg *leg, struct sk_buff *skb,
					    unsigned int headlen);
struct rtplane_verdict rtplane_relay_plain6(struct rtplane_leg *leg, struct sk_buff *skb,
					    unsigned int headlen);
struct rtplane_verdict rtplane_relay_secure4(struct rtplane_leg *leg, struct sk_buff *skb,
					     unsigned int headlen);
struct rtplane_verdict rtplane_relay_secure6(struct rtplane_leg *leg, struct sk_buff *skb,
					     unsigned int headlen);

/**
 * rtplane_relay4() - an IPv4 packet of a leg
 * @leg: leg that it arrived on
 * @skb: packet, data at the IP header, IP and UDP header linear; UDP without IP
 *	options and no fragment
 * @headlen: bytes of it that are linear
 *
 * Context: softirq, RCU read side.
 * Return: RTPLANE_PASSED, RTPLANE_DROPPED (and counted), RTPLANE_TAKEN or
 * RTPLANE_TRAIN.
 */
static __always_inline struct rtplane_verdict rtplane_relay4(struct rtplane_leg *leg,
							     struct sk_buff *skb,
							     unsigned int headlen)
{
	if (unlikely(READ_ONCE(leg->flags) & RTPLANE_LEG_SECURE))
		return rtplane_relay_secure4(leg, skb, headlen);
	return rtplane_relay_plain4(leg, skb, headlen);
}

/* The same for IPv6. */
static __always_inline struct rtplane_verdict rtplane_relay6(struct rtplane_leg *leg,
							     struct sk_buff *skb,
							     unsigned int headlen)
{
	if (unlikely(READ_ONCE(leg->flags) & RTPLANE_LEG_SECURE))
		return rtplane_relay_secure6(leg, skb, headlen);
	return rtplane_relay_plain6(leg, skb, headlen);
}

#endif /* _RTPLANE_RELAY_H */
