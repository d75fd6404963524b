/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports, TTL, DSCP and checksums. */
#ifndef _RTPLANE_REWRITE_H
#define _RTPLANE_REWRITE_H

#include <linux/bitops.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "egress.h"

void rtplane_rewrite_other(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			   const struct rtplane_egress *eg);
__wsum rtplane_addr_diff(const struct rtplane_ep *src, const struct rtplane_ep *dst,
			 const struct rtplane_egress *eg);
__wsum rtplane_port_diff(const struct rtplane_ep *src, const struct rtplane_ep *dst,
			 const struct rtplane_egress *eg);

/* A checksum to which @diff is added (RFC 1624, equation 3). */
static inline __sum16 rtplane_csum_add(__sum16 check, __wsum diff)
{
	return csum_fold(csum_add(diff, ~csum_unfold(check)));
}

/* Ports and checksum.  The pseudo header's length and protocol add up alike in
 * both families.
 */
static inline void rtplane_rewrite_udp(struct sk_buff *skb, struct udphdr *uh, __wsum addr_diff,
				       __wsum udp_diff, const struct rtplane_egress *eg)
{
	uh->source = eg->src.port;
	uh->dest = eg->to.port;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* The device adds the rest; only the pseudo header is in it. */
		uh->check = ~csum_fold(csum_add(addr_diff, csum_unfold(uh->check)));
		return;
	}
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (uh->check)
		uh->check = rtplane_csum_add(uh->check, udp_diff) ?: CSUM_MANGLED_0;
}

/* The header as a router would make it, its checksum carried over. */
static inline void rtplane_rewrite_ip4(struct iphdr *iph, const struct rtplane_pkt *pkt,
				       const struct rtplane_egress *eg, __wsum diff)
{
	/* TTL is the high byte of its word, TOS the low one. */
	diff = csum_sub(diff, (__force __wsum)htons(0x0100));
	diff = csum_add(diff, csum_sub((__force __wsum)htons(pkt->tos_out),
				       (__force __wsum)htons(pkt->tos)));
	iph->check = rtplane_csum_add(iph->check, diff);
	iph->tos = pkt->tos_out;
	iph->ttl = pkt->ttl - 1;
	iph->saddr = eg->src.w32[3];
	iph->daddr = eg->to.w32[3];
}

static inline void rtplane_rewrite_ip6(struct ipv6hdr *ip6h, const struct rtplane_pkt *pkt,
				       const struct rtplane_egress *eg)
{
	ip6_flow_hdr(ip6h, pkt->tos_out, 0);
	ip6h->hop_limit = pkt->ttl - 1;
	ip6h->saddr = eg->src.addr;
	ip6h->daddr = eg->to.addr;
}

/**
 * rtplane_rewrite_same() - make a received packet the one to send
 * @skb: writable; data at the IP header
 * @pkt: what was received; @pkt->payload is not valid afterwards
 * @eg: the way out, of the same family
 * @v6: that family
 */
static __always_inline void rtplane_rewrite_same(struct sk_buff *skb, const struct rtplane_pkt *pkt,
						 const struct rtplane_egress *eg, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct udphdr *uh = (struct udphdr *)(skb->data + hdrlen);
	__wsum addr_diff = eg->addr_diff, udp_diff = eg->udp_diff;

	if (unlikely(!eg->known)) {
		addr_diff = rtplane_addr_diff(&pkt->src, &pkt->dst, eg);
		udp_diff = csum_add(addr_diff, rtplane_port_diff(&pkt->src, &pkt->dst, eg));
	}
	rtplane_rewrite_udp(skb, uh, addr_diff, udp_diff, eg);
	if (v6)
		rtplane_rewrite_ip6((struct ipv6hdr *)skb->data, pkt, eg);
	else
		rtplane_rewrite_ip4((struct iphdr *)skb->data, pkt, eg, addr_diff);
	skb_set_transport_header(skb, hdrlen);
}

#endif /* _RTPLANE_REWRITE_H */
