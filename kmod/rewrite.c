// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses, ports, TTL, DSCP and checksums; IPv4 to IPv6 and back.
 *
 * Checksums are carried over incrementally (RFC 1624), so that what was wrong
 * before stays wrong and what was not there stays not there, unless IPv6
 * demands it.  The IP header becomes what a router would make of it: TTL one
 * less, identification and DF kept.
 */
#include <net/ip6_checksum.h>

#include "rewrite.h"

/* rtplane_rewrite_payload() of a family. */
static __always_inline void payload_of(struct sk_buff *skb, struct rtplane_pkt *pkt, const bool v6)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	u32 diff = rtplane_rewrite_lengths(skb, pkt, v6);

	if (!v6)
		iph->check = rtplane_csum_add(iph->check, diff);
	rtplane_rewrite_sum(skb, rtplane_udp(skb, pkt), pkt->paylen + sizeof(struct udphdr), v6);
}

/**
 * rtplane_rewrite_payload() - a packet has another payload now
 * @skb: ours alone, in one piece, with room behind; the payload is in its place
 * @pkt: the same, @pkt->paylen that of the new payload; @pkt->iplen follows
 */
void rtplane_rewrite_payload(struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	unsigned int was = pkt->iplen;

	if (pkt->v6)
		payload_of(skb, pkt, true);
	else
		payload_of(skb, pkt, false);
	pkt->grown = pkt->iplen - was;
}

/* IPv6 knows no absent UDP checksum (RFC 8200 8.1). */
static void udp6_check(struct sk_buff *skb, struct udphdr *uh, const struct rtplane_ep *src,
		       const struct rtplane_ep *dst, unsigned int len)
{
	__wsum sum;

	if (uh->check || skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	sum = skb_checksum(skb, (u8 *)uh - skb->data, len, 0);
	uh->check = csum_ipv6_magic(&src->addr, &dst->addr, len, IPPROTO_UDP, sum) ?:
		    CSUM_MANGLED_0;
}

static void ip4_to_ip6(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		       const struct rtplane_ep *src, const struct rtplane_ep *dst)
{
	unsigned int len = pkt->iplen - pkt->hdrlen;
	struct udphdr *uh = rtplane_udp(skb, pkt);
	struct ipv6hdr *ip6h;

	__skb_pull(skb, sizeof(struct iphdr));
	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
	ip6_flow_hdr(ip6h, pkt->tos_out, 0);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = pkt->ttl - 1;
	ip6h->saddr = src->addr;
	ip6h->daddr = dst->addr;
	udp6_check(skb, uh, src, dst, len);
}

static void ip6_to_ip4(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		       const struct rtplane_ep *src, const struct rtplane_ep *dst)
{
	unsigned int len = pkt->iplen - pkt->hdrlen + sizeof(struct iphdr);
	struct iphdr *iph;

	__skb_pull(skb, sizeof(struct ipv6hdr));
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tos = pkt->tos_out,
		.tot_len = htons(len),
		/* IPv6 routers do not fragment: an atomic datagram, RFC 6864. */
		.frag_off = htons(IP_DF),
		.ttl = pkt->ttl - 1,
		.protocol = IPPROTO_UDP,
		.saddr = src->w32[3],
		.daddr = dst->w32[3],
	};
	ip_send_check(iph);
}

/**
 * rtplane_rewrite_any() - make a received packet the one to send, in any family
 * @skb: writable, with headroom for the larger IP header; data at the IP header
 * @pkt: what was received, its ends read; @pkt->payload is not valid afterwards
 * @src: source to send with
 * @dst: destination to send to, of the source's family
 */
void rtplane_rewrite_any(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_ep *src, const struct rtplane_ep *dst)
{
	struct udphdr *uh = rtplane_udp(skb, pkt);
	bool v6 = !rtplane_ep_is4(dst);
	struct rtplane_diff diff;

	rtplane_diff(&diff, &pkt->src, &pkt->dst, src, dst);
	rtplane_rewrite_ports(uh, src, dst);
	if (pkt->v6 == v6) {
		if (v6)
			rtplane_rewrite(skb, pkt->tos_out, RTPLANE_NEW_BOTH, src, dst, &diff,
					true);
		else
			rtplane_rewrite(skb, pkt->tos_out, RTPLANE_NEW_BOTH, src, dst, &diff,
					false);
		return;
	}
	rtplane_udp_csum(skb, uh, &diff);
	if (v6)
		ip4_to_ip6(skb, pkt, src, dst);
	else
		ip6_to_ip4(skb, pkt, src, dst);
	skb_set_transport_header(skb, v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}
