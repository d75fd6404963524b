// SPDX-License-Identifier: GPL-2.0
/* A translation that has been decided, and what is the same for packets and errors. */
#include "nat.h"
#include "net.h"

/**
 * rtplane_nat_translate() - what the ends of a packet become
 * @nat: its natmaps are set, its ends are filled in
 * @src: source of the packet
 * @dst: destination of the packet
 */
void rtplane_nat_translate(struct rtplane_nat *nat, const struct rtplane_ep *src,
			   const struct rtplane_ep *dst)
{
	nat->src = *src;
	nat->dst = *dst;
	if (nat->from)
		nat->src.addr = nat->from->conf.ext.addr;
	if (nat->to)
		nat->dst.addr = nat->to->conf.in.addr;
}

/* Drop it and count that. */
struct rtplane_verdict rtplane_nat_drop(const struct rtplane_nat *nat, enum rtplane_drop why)
{
	this_cpu_inc(rtplane_nat_owner(nat)->stats->drops[why]);
	return rtplane_drop(why);
}

/* Leave it to the stack and count that. */
struct rtplane_verdict rtplane_nat_pass(const struct rtplane_nat *nat)
{
	this_cpu_inc(rtplane_nat_owner(nat)->stats->passed);
	return rtplane_fate(RTPLANE_PASSED);
}

/* The limits of whom it leaves, and of whom it goes to. */
struct rtplane_verdict rtplane_nat_limits(const struct rtplane_nat *nat, unsigned int bytes)
{
	struct rtplane_verdict v = rtplane_fate(RTPLANE_GOES_ON);

	if (nat->from)
		v = rtplane_nat_gate(nat->from, RTPLANE_NAT_OUT, bytes);
	if (rtplane_goes_on(v) && nat->to)
		v = rtplane_nat_gate(nat->to, RTPLANE_NAT_IN, bytes);
	return v;
}

/**
 * rtplane_nat_way() - the way of a translation
 * @nat: translation
 * @way: set, if the packet goes on; valid until the RCU read side ends
 *
 * Return: RTPLANE_GOES_ON, or another verdict, which has been counted.
 */
struct rtplane_verdict rtplane_nat_way(const struct rtplane_nat *nat,
				       const struct rtplane_way **way)
{
	*way = rtplane_natmap_way(rtplane_nat_owner(nat), &nat->src, &nat->dst);
	if (IS_ERR(*way))
		return rtplane_nat_drop(nat, PTR_ERR(*way) == -ENOMEM ? RTPLANE_DROP_NOMEM :
									RTPLANE_DROP_NO_ROUTE);
	/* For this host itself: nothing is to be translated. */
	if ((*way)->dst->dev->flags & IFF_LOOPBACK)
		return rtplane_nat_pass(nat);
	return rtplane_fate(RTPLANE_GOES_ON);
}

/* Make the packet ours alone, writable, and no longer than its IP packet (Ethernet
 * pads what is short); NULL: it is gone and counted.
 */
struct sk_buff *rtplane_nat_own(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				const struct rtplane_nat *nat, const struct rtplane_way *way)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb && (rtplane_way_cow(skb, pkt, way) || pskb_trim_rcsum(skb, pkt->iplen))) {
		kfree_skb(skb);
		skb = NULL;
	}
	if (!skb)
		rtplane_nat_drop(nat, RTPLANE_DROP_NOMEM);
	return skb;
}

/* Send it; true: it is on its way and may be counted as forwarded. */
bool rtplane_nat_send(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		      const struct rtplane_nat *nat, const struct rtplane_way *way)
{
	if (!rtplane_way_send_any(rtplane_nat_owner(nat)->rn->net, skb, pkt, way))
		return true;
	rtplane_nat_drop(nat, RTPLANE_DROP_XMIT);
	return false;
}
