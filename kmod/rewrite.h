/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports, TTL, DSCP and checksums. */
#ifndef _RTPLANE_REWRITE_H
#define _RTPLANE_REWRITE_H

#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "csum.h"
#include "pkt.h"

void rtplane_rewrite_any(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_ep *src, const struct rtplane_ep *dst);
void rtplane_rewrite_payload(struct sk_buff *skb, struct rtplane_pkt *pkt);

/* Which ends of a packet become others. */
#define RTPLANE_NEW_SRC		0x1
#define RTPLANE_NEW_DST		0x2
#define RTPLANE_NEW_BOTH	(RTPLANE_NEW_SRC | RTPLANE_NEW_DST)

/**
 * rtplane_rewrite_ip() - the IP header as a router would send it on
 * @skb: writable; data at the IP header
 * @tos: TOS or traffic class to send
 * @ends: which ends change, RTPLANE_NEW_*; best a constant
 * @src: source to send with, of the same family
 * @dst: destination to send to, likewise
 * @diff: what they, and what was written before, add to the header's checksum: a sum of a
 *	few 16-bit words
 * @v6: that family
 *
 * The identification, DF and, unless both ends change, the flow label are kept.
 */
static __always_inline void rtplane_rewrite_ip(struct sk_buff *skb, u8 tos,
					       const unsigned int ends,
					       const struct rtplane_ep *src,
					       const struct rtplane_ep *dst,
					       u32 diff, const bool v6)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct iphdr *iph = (struct iphdr *)skb->data;

	if (v6) {
		ip6_flow_hdr(ip6h, tos, ends == RTPLANE_NEW_BOTH ? 0 : ip6_flowlabel(ip6h));
		ip6h->hop_limit--;
		if (ends & RTPLANE_NEW_SRC)
			ip6h->saddr = src->addr;
		if (ends & RTPLANE_NEW_DST)
			ip6h->daddr = dst->addr;
		return;
	}
	rtplane_ip4_hop(iph, tos, diff);
	if (ends & RTPLANE_NEW_SRC)
		iph->saddr = src->w32[3];
	if (ends & RTPLANE_NEW_DST)
		iph->daddr = dst->w32[3];
}

/**
 * rtplane_rewrite() - make a received packet the one to send
 * @skb: writable; data at the IP header
 * @tos: TOS or traffic class to send
 * @ends: as for rtplane_rewrite_ip()
 * @src: likewise
 * @dst: likewise
 * @diff: what they add to the packet's checksums
 * @v6: family
 */
static __always_inline void rtplane_rewrite(struct sk_buff *skb, u8 tos,
					    const unsigned int ends,
					    const struct rtplane_ep *src,
					    const struct rtplane_ep *dst,
					    const struct rtplane_diff *diff, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	rtplane_udp_csum(skb, (struct udphdr *)(skb->data + hdrlen), diff);
	rtplane_rewrite_ip(skb, tos, ends, src, dst, diff->addr, v6);
	skb->transport_header = skb->network_header + hdrlen;
}

/* The ports that a leg's packets get; a natmap's keep theirs. */
static __always_inline void rtplane_rewrite_ports(struct udphdr *uh, const struct rtplane_ep *src,
						  const struct rtplane_ep *dst)
{
	uh->source = src->port;
	uh->dest = dst->port;
}

/* The sum over a new payload is the device's, or of who sends for it; an absent one stays
 * absent.
 */
static __always_inline void rtplane_rewrite_sum(struct sk_buff *skb, struct udphdr *uh,
						unsigned int len, const bool v6)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	if (unlikely(!uh->check)) {
		skb->ip_summed = CHECKSUM_NONE;
		return;
	}
	uh->check = v6 ? ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, IPPROTO_UDP, 0) :
			 ~csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_UDP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)uh - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
}

/* The lengths of a packet with a new payload; what they add to an IPv4 header's checksum. */
static __always_inline u32 rtplane_rewrite_lengths(struct sk_buff *skb, struct rtplane_pkt *pkt,
						   const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct udphdr *uh = (struct udphdr *)(skb->data + hdrlen);
	unsigned int len = pkt->paylen + sizeof(*uh);
	struct iphdr *iph = (struct iphdr *)skb->data;
	__be16 old;

	pkt->iplen = hdrlen + len;
	/* To either side: there is room. */
	__skb_set_length(skb, hdrlen + len);
	uh->len = htons(len);
	if (v6) {
		((struct ipv6hdr *)iph)->payload_len = htons(len);
		return 0;
	}
	old = iph->tot_len;
	iph->tot_len = htons(hdrlen + len);
	return (u16)~(__force u16)old + (__force u16)iph->tot_len;
}

/**
 * rtplane_rewrite_anew() - make a received packet the one to send, its payload another
 * @skb: as for rtplane_rewrite_payload(); data at the IP header
 * @pkt: likewise
 * @tos: TOS or traffic class to send
 * @src: source to send with, of the same family
 * @dst: destination to send to, likewise
 * @diff: what they add to the IP header's checksum
 * @v6: family
 */
static __always_inline void rtplane_rewrite_anew(struct sk_buff *skb, struct rtplane_pkt *pkt,
						 u8 tos, const struct rtplane_ep *src,
						 const struct rtplane_ep *dst,
						 const struct rtplane_diff *diff, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	u32 lengths = rtplane_rewrite_lengths(skb, pkt, v6);

	rtplane_rewrite_ip(skb, tos, RTPLANE_NEW_BOTH, src, dst, diff->addr + lengths, v6);
	/* The sum is of the new addresses. */
	rtplane_rewrite_sum(skb, (struct udphdr *)(skb->data + hdrlen),
			    pkt->paylen + sizeof(struct udphdr), v6);
	skb->transport_header = skb->network_header + hdrlen;
}

#endif /* _RTPLANE_REWRITE_H */
