/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The usual packet: the next one of a stream that runs, between ends that are
 * known, in a buffer without anything odd.
 *
 * Nearly all packets are that, so they have a way of their own, as established
 * connections have in TCP.  All that could make a packet unusual is asked before
 * anything is written; what is unusual in any respect goes by relay.c, which can
 * do all that this can and the rest, and needs more instructions for it.  Neither
 * lets through what the other would not.
 */
#ifndef _RTPLANE_USUAL_H
#define _RTPLANE_USUAL_H

#include <linux/timekeeping.h>

#include "relay.h"
#include "rewrite.h"

/* Checksums right, lengths that all say the same, RTP without a list of
 * contributors.
 */
static __always_inline bool rtplane_usual_skb(struct sk_buff *skb, unsigned int headlen,
					      const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + hdrlen);
	const u8 *rtp = (const u8 *)(uh + 1);

	return headlen >= hdrlen + sizeof(*uh) + RTPLANE_RTP_HDRLEN &&
	       rtplane_skb_plain(skb, v6) && uh->len == htons(skb->len - hdrlen) &&
	       (rtp[0] & 0xcf) == 0x80 && rtplane_csum_ok(skb, v6);
}

/* The next packet of the leg's stream, from the leg's remote: nothing to learn
 * but numbers.  A payload type that was RTP's before is no RTCP.
 */
static __always_inline bool rtplane_usual_stream(const struct rtplane_leg *leg,
						 const struct sk_buff *skb, const bool v6)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct udphdr *uh = v6 ? (const struct udphdr *)(ip6h + 1) :
				       (const struct udphdr *)(iph + 1);
	const u8 *rtp = (const u8 *)(uh + 1);

	if (v6 ? !ipv6_addr_equal(&leg->remote.addr, &ip6h->saddr) :
		 leg->remote.w32[3] != iph->saddr)
		return false;
	return leg->remote.port == uh->source &&
	       leg->rtp.ssrc == get_unaligned((const __be32 *)(rtp + 8)) &&
	       rtplane_rtp_same_pt(&leg->rtp, rtp[1]) &&
	       leg->dscp_first == rtplane_skb_tos(skb, v6) >> 2;
}

/* With the leg locked.  RTPLANE_ACCEPTED, or the &enum rtplane_drop to count. */
static __always_inline int rtplane_usual_count(struct rtplane_leg *leg, const u8 *rtp,
					       unsigned int bytes, u8 tos)
{
	u64 now = ktime_get_ns();
	int no = rtplane_leg_police(leg, bytes, now);

	if (unlikely(no != RTPLANE_ACCEPTED))
		return no;
	leg->rx_packets++;
	leg->dscp_first_count++;
	rtplane_count_rx(leg, bytes, now);
	rtplane_rtpstats_next(&leg->rtp, rtp, now);
	rtplane_count_fwd(leg, bytes, tos);
	return RTPLANE_ACCEPTED;
}

/**
 * rtplane_usual() - relay a packet, if it is a usual one
 * @leg: leg that it arrived on
 * @skb: packet, data at the IP header, IP and UDP header linear; UDP without IP
 *	options and no fragment
 * @headlen: bytes of it that are linear
 * @v6: it is IPv6
 *
 * Context: softirq, RCU read side.
 * Return: the hook's verdict, or RTPLANE_UNUSUAL and nothing has happened.
 */
static __always_inline int rtplane_usual(struct rtplane_leg *leg, struct sk_buff *skb,
					 unsigned int headlen, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const u8 *rtp = skb->data + hdrlen + sizeof(struct udphdr);
	const struct rtplane_egress *eg;
	unsigned int bytes = skb->len;
	u8 tos;
	int no;

	if (unlikely(!rtplane_usual_skb(skb, headlen, v6)))
		return RTPLANE_UNUSUAL;
	spin_lock(&leg->lock);
	eg = rcu_dereference_protected(leg->egress, lockdep_is_held(&leg->lock));
	/* A way that is not stale knows the peer, and whether the remote is. */
	if (unlikely(!eg || READ_ONCE(leg->stale) || !eg->usual ||
		     !rtplane_usual_stream(leg, skb, v6) ||
		     !rtplane_way_usual(&eg->way, skb, v6))) {
		spin_unlock(&leg->lock);
		return RTPLANE_UNUSUAL;
	}
	tos = (rtplane_skb_tos(skb, v6) & eg->tos_keep) | eg->tos_set;
	no = rtplane_usual_count(leg, rtp, bytes, tos);
	if (unlikely(no != RTPLANE_ACCEPTED)) {
		rtplane_leg_dropped(leg, no);
		spin_unlock(&leg->lock);
		return NF_DROP;
	}
	spin_unlock(&leg->lock);
	rtplane_rewrite(skb, tos, eg, &eg->diff, v6);
	if (unlikely(rtplane_way_send_fast(skb, tos, &eg->way)))
		rtplane_unsent(leg, bytes, RTPLANE_DROP_XMIT);
	return NF_STOLEN;
}

#endif /* _RTPLANE_USUAL_H */
