/* SPDX-License-Identifier: GPL-2.0 */
/* What the steps of a packet's way tell each other about it. */
#ifndef _RTPLANE_PKT_H
#define _RTPLANE_PKT_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dsfield.h>

#include "addr.h"
#include "demux.h"
#include "verdict.h"

/**
 * struct rtplane_pkt - a UDP packet on its way through the module
 * @src: where it comes from
 * @dst: where it goes to
 * @payload: UDP payload, the first min(@paylen, 12) bytes linear; stale once the
 *	skb is made writable
 * @iplen: bytes of the IP packet
 * @paylen: bytes of the UDP payload; those of the IP packet follow it only in
 *	rtplane_rewrite_payload()
 * @hdrlen: bytes of the IP header
 * @kind: &enum rtplane_kind
 * @tos: TOS or traffic class as received
 * @tos_out: TOS or traffic class to send
 * @ttl: TTL or hop limit as received
 * @v6: it is IPv6
 * @lo: it came by a loopback device
 * @ready: it can be protected in place
 * @opened: it is plain now, and was not
 * @grown: bytes that @iplen is more than it was
 */
struct rtplane_pkt {
	struct rtplane_ep src;
	struct rtplane_ep dst;
	const u8 *payload;
	unsigned int iplen;
	unsigned int paylen;
	u8 hdrlen;
	u8 kind;
	u8 tos;
	u8 tos_out;
	u8 ttl;
	bool v6;
	bool lo;
	bool ready;
	bool opened;
	s16 grown;
};

static __always_inline u8 rtplane_skb_tos(const struct sk_buff *skb, const bool v6)
{
	return v6 ? ipv6_get_dsfield((const struct ipv6hdr *)skb->data) :
		    ((const struct iphdr *)skb->data)->tos;
}

static __always_inline u8 rtplane_skb_ttl(const struct sk_buff *skb, const bool v6)
{
	return v6 ? ((const struct ipv6hdr *)skb->data)->hop_limit :
		    ((const struct iphdr *)skb->data)->ttl;
}

static __always_inline unsigned int rtplane_skb_iplen(const struct sk_buff *skb, const bool v6)
{
	return v6 ? ntohs(((const struct ipv6hdr *)skb->data)->payload_len) +
		    sizeof(struct ipv6hdr) :
		    ntohs(((const struct iphdr *)skb->data)->tot_len);
}

/* Ours alone, in one piece, exactly as long as its IP packet? */
static __always_inline bool rtplane_skb_plain(const struct sk_buff *skb, const bool v6)
{
	return rtplane_skb_iplen(skb, v6) == skb->len && !skb_shared(skb) && !skb_cloned(skb) &&
	       !skb_is_gso(skb);
}

static inline struct udphdr *rtplane_udp(const struct sk_buff *skb, const struct rtplane_pkt *pkt)
{
	return (struct udphdr *)(skb_network_header(skb) + pkt->hdrlen);
}

/**
 * rtplane_pkt_read() - read addresses, ports, length, TOS and TTL
 * @skb: UDP packet, IP header without options and UDP header linear
 * @pkt: what is read; @payload, @paylen and @kind are not
 */
static inline void rtplane_pkt_read(const struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	pkt->v6 = iph->version == 6;
	pkt->ready = false;
	pkt->opened = false;
	pkt->grown = 0;
	if (pkt->v6) {
		const struct udphdr *uh = (const struct udphdr *)(ip6h + 1);

		rtplane_ep_set6(&pkt->src, &ip6h->saddr, uh->source);
		rtplane_ep_set6(&pkt->dst, &ip6h->daddr, uh->dest);
		pkt->hdrlen = sizeof(*ip6h);
		pkt->iplen = ntohs(ip6h->payload_len) + sizeof(*ip6h);
		pkt->tos = ipv6_get_dsfield(ip6h);
		pkt->ttl = ip6h->hop_limit;
	} else {
		const struct udphdr *uh = (const struct udphdr *)(iph + 1);

		rtplane_ep_set4(&pkt->src, iph->saddr, uh->source);
		rtplane_ep_set4(&pkt->dst, iph->daddr, uh->dest);
		pkt->hdrlen = sizeof(*iph);
		pkt->iplen = ntohs(iph->tot_len);
		pkt->tos = iph->tos;
		pkt->ttl = iph->ttl;
	}
}

#endif /* _RTPLANE_PKT_H */
