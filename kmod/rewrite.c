// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses, ports, TTL, DSCP and checksums; IPv4 to IPv6 and back.
 *
 * The UDP checksum is carried over incrementally (RFC 1624), so that what was
 * wrong before stays wrong and what was not there stays not there, unless IPv6
 * demands it.  The IP header becomes what a router would make of it: TTL one
 * less, identification and DF kept.
 */
#include <linux/bitops.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "rewrite.h"

static __wsum rtplane_addr_sum(const struct rtplane_pkt *pkt, const void *nh)
{
	if (!pkt->v6) {
		const struct iphdr *iph = nh;

		return csum_add((__force __wsum)iph->saddr, (__force __wsum)iph->daddr);
	}
	return csum_partial(&((const struct ipv6hdr *)nh)->saddr, 2 * sizeof(struct in6_addr), 0);
}

/* The pseudo header's length and protocol add up alike in both families. */
static void rtplane_udp_rewrite(struct sk_buff *skb, struct udphdr *uh, __wsum old_addr,
				const struct rtplane_egress *eg)
{
	__wsum old_port = csum_add((__force __wsum)uh->source, (__force __wsum)uh->dest);
	__wsum diff = csum_sub(eg->addr_sum, old_addr);

	uh->source = eg->src.port;
	uh->dest = eg->to.port;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* The device adds the rest; only the pseudo header is in it. */
		uh->check = ~csum_fold(csum_add(diff, csum_unfold(uh->check)));
		return;
	}
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (!uh->check)
		return;
	diff = csum_add(diff, csum_sub(eg->port_sum, old_port));
	uh->check = csum_fold(csum_add(diff, ~csum_unfold(uh->check))) ?: CSUM_MANGLED_0;
}

static void rtplane_ip4_to_ip4(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			       const struct rtplane_egress *eg)
{
	struct iphdr *iph = ip_hdr(skb);

	iph->saddr = eg->src.w32[3];
	iph->daddr = eg->to.w32[3];
	iph->tos = pkt->tos_out;
	iph->ttl = pkt->ttl - 1;
	ip_send_check(iph);
}

static void rtplane_ip6_fill(struct ipv6hdr *ip6h, const struct rtplane_pkt *pkt,
			     const struct rtplane_egress *eg)
{
	ip6_flow_hdr(ip6h, pkt->tos_out, 0);
	ip6h->hop_limit = pkt->ttl - 1;
	ip6h->saddr = eg->src.addr;
	ip6h->daddr = eg->to.addr;
}

/* IPv6 knows no absent UDP checksum (RFC 8200 8.1). */
static void rtplane_udp6_check(struct sk_buff *skb, struct udphdr *uh,
			       const struct rtplane_egress *eg, unsigned int len)
{
	__wsum sum;

	if (uh->check || skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	sum = skb_checksum(skb, (u8 *)uh - skb->data, len, 0);
	uh->check = csum_ipv6_magic(&eg->src.addr, &eg->to.addr, len, IPPROTO_UDP, sum) ?:
		    CSUM_MANGLED_0;
}

static void rtplane_ip4_to_ip6(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			       const struct rtplane_egress *eg)
{
	unsigned int len = pkt->iplen - pkt->hdrlen;
	struct udphdr *uh = rtplane_udp(skb, pkt);
	struct ipv6hdr *ip6h;

	__skb_pull(skb, sizeof(struct iphdr));
	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = IPPROTO_UDP;
	rtplane_ip6_fill(ip6h, pkt, eg);
	rtplane_udp6_check(skb, uh, eg, len);
}

static void rtplane_ip6_to_ip4(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			       const struct rtplane_egress *eg)
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
		.tot_len = htons(len),
		.protocol = IPPROTO_UDP,
		/* IPv6 routers do not fragment: an atomic datagram, RFC 6864. */
		.frag_off = htons(IP_DF),
	};
	rtplane_ip4_to_ip4(skb, pkt, eg);
}

/**
 * rtplane_rewrite() - make a received packet the one to send
 * @skb: writable, with headroom for the larger IP header; data at the IP header
 * @pkt: what was received; @pkt->payload is not valid afterwards
 * @eg: the way out
 */
void rtplane_rewrite(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		     const struct rtplane_egress *eg)
{
	rtplane_udp_rewrite(skb, rtplane_udp(skb, pkt),
			    rtplane_addr_sum(pkt, skb_network_header(skb)), eg);
	if (likely(!pkt->v6 && !eg->way.v6))
		rtplane_ip4_to_ip4(skb, pkt, eg);
	else if (pkt->v6 && eg->way.v6)
		rtplane_ip6_fill(ipv6_hdr(skb), pkt, eg);
	else if (eg->way.v6)
		rtplane_ip4_to_ip6(skb, pkt, eg);
	else
		rtplane_ip6_to_ip4(skb, pkt, eg);
	skb_set_transport_header(skb, eg->way.v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}
