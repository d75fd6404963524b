/* SPDX-License-Identifier: GPL-2.0 */
/* What the steps of a packet's way tell each other about it. */
#ifndef _RTPLANE_PKT_H
#define _RTPLANE_PKT_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "addr.h"
#include "demux.h"

/* What the judging functions return beside an &enum rtplane_drop. */
#define RTPLANE_ACCEPTED	(-1)

/**
 * struct rtplane_pkt - a UDP packet on its way through the module
 * @src: where it comes from; set by rtplane_pkt_ends()
 * @dst: where it goes to; likewise
 * @payload: UDP payload, the first min(@paylen, 12) bytes linear; stale once the
 *	skb is made writable
 * @iplen: bytes of the IP packet
 * @paylen: bytes of the UDP payload
 * @hdrlen: bytes of the IP header
 * @kind: &enum rtplane_kind
 * @tos: TOS or traffic class as received
 * @tos_out: TOS or traffic class to send
 * @ttl: TTL or hop limit as received
 * @v6: it is IPv6
 * @lo: it came by a loopback device
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
};

static inline struct udphdr *rtplane_udp(const struct sk_buff *skb, const struct rtplane_pkt *pkt)
{
	return (struct udphdr *)(skb_network_header(skb) + pkt->hdrlen);
}

/**
 * rtplane_pkt_ends() - read source and destination
 * @skb: packet, IP and UDP header linear
 * @pkt: its @v6 and @hdrlen are set
 *
 * Not on the way of a packet that comes from where it should: that one is
 * compared as it stands.
 */
static inline void rtplane_pkt_ends(const struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	const struct udphdr *uh = rtplane_udp(skb, pkt);

	if (pkt->v6) {
		rtplane_ep_set6(&pkt->src, &ipv6_hdr(skb)->saddr, uh->source);
		rtplane_ep_set6(&pkt->dst, &ipv6_hdr(skb)->daddr, uh->dest);
	} else {
		rtplane_ep_set4(&pkt->src, ip_hdr(skb)->saddr, uh->source);
		rtplane_ep_set4(&pkt->dst, ip_hdr(skb)->daddr, uh->dest);
	}
}

#endif /* _RTPLANE_PKT_H */
