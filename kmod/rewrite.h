/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports, TTL, DSCP and checksums. */
#ifndef _RTPLANE_REWRITE_H
#define _RTPLANE_REWRITE_H

#include <net/inet_ecn.h>
#include <net/ip.h>
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
 * @diff: what they add to the header's checksum
 * @v6: that family
 *
 * The identification, DF and, unless both ends change, the flow label are kept.
 */
static __always_inline void rtplane_rewrite_ip(struct sk_buff *skb, u8 tos,
					       const unsigned int ends,
					       const struct rtplane_ep *src,
					       const struct rtplane_ep *dst,
					       const struct rtplane_diff *diff, const bool v6)
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
	rtplane_rewrite_ip(skb, tos, ends, src, dst, diff, v6);
	skb->transport_header = skb->network_header + hdrlen;
}

/* The ports that a leg's packets get; a natmap's keep theirs. */
static __always_inline void rtplane_rewrite_ports(struct udphdr *uh, const struct rtplane_ep *src,
						  const struct rtplane_ep *dst)
{
	uh->source = src->port;
	uh->dest = dst->port;
}

#endif /* _RTPLANE_REWRITE_H */
