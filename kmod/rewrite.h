/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports, TTL, DSCP and checksums. */
#ifndef _RTPLANE_REWRITE_H
#define _RTPLANE_REWRITE_H

#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "csum.h"
#include "egress.h"

void rtplane_rewrite_any(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_egress *eg);

static inline void rtplane_rewrite_udp(struct sk_buff *skb, struct udphdr *uh,
				       const struct rtplane_egress *eg,
				       const struct rtplane_diff *diff)
{
	uh->source = eg->src.port;
	uh->dest = eg->to.port;
	rtplane_udp_csum(skb, uh, diff);
}

/* The header as a router would make it, its checksum carried over. */
static inline void rtplane_rewrite_ip4(struct iphdr *iph, u8 tos, const struct rtplane_egress *eg,
				       const struct rtplane_diff *diff)
{
	rtplane_ip4_hop(iph, tos, diff);
	iph->saddr = eg->src.w32[3];
	iph->daddr = eg->to.w32[3];
}

static inline void rtplane_rewrite_ip6(struct ipv6hdr *ip6h, u8 tos, u8 hop_limit,
				       const struct rtplane_egress *eg)
{
	ip6_flow_hdr(ip6h, tos, 0);
	ip6h->hop_limit = hop_limit;
	ip6h->saddr = eg->src.addr;
	ip6h->daddr = eg->to.addr;
}

/**
 * rtplane_rewrite() - make a received packet the one to send
 * @skb: writable; data at the IP header
 * @tos: TOS or traffic class to send
 * @eg: the way out, of the same family
 * @diff: what its addresses and ports add to the packet's checksums
 * @v6: that family
 */
static __always_inline void rtplane_rewrite(struct sk_buff *skb, u8 tos,
					    const struct rtplane_egress *eg,
					    const struct rtplane_diff *diff, const bool v6)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct iphdr *iph = (struct iphdr *)skb->data;

	if (v6) {
		rtplane_rewrite_udp(skb, (struct udphdr *)(ip6h + 1), eg, diff);
		rtplane_rewrite_ip6(ip6h, tos, ip6h->hop_limit - 1, eg);
	} else {
		rtplane_rewrite_udp(skb, (struct udphdr *)(iph + 1), eg, diff);
		rtplane_rewrite_ip4(iph, tos, eg, diff);
	}
	skb->transport_header = skb->network_header + (v6 ? sizeof(*ip6h) : sizeof(*iph));
}

#endif /* _RTPLANE_REWRITE_H */
