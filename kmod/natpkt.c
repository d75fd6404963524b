// SPDX-License-Identifier: GPL-2.0
/*
 * Natmaps: what becomes of a UDP packet.
 *
 * RFC 4787: mapping and, unless narrowed, filtering are endpoint-independent,
 * because the mapping is a constant of the configuration; ports are preserved,
 * and with them parity and contiguity.  A packet from inside to an external
 * address is translated on both sides (hairpinning, REQ-9), so its receiver
 * sees the external source.
 *
 * As with legs, the usual packet has a way of its own.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include "compat.h"
#include "dscp.h"
#include "nat.h"
#include "natpkt.h"
#include "rewrite.h"

/* The general way ----------------------------------------------------------- */

/* Find the natmaps of a packet and what its addresses become. */
static bool find(const struct rtplane_nat_table *t, const struct rtplane_pkt *pkt,
		 struct rtplane_nat *nat)
{
	nat->from = rtplane_nat_find(t, RTPLANE_NAT_OUT, &pkt->src);
	nat->to = rtplane_nat_find(t, RTPLANE_NAT_IN, &pkt->dst);
	rtplane_nat_translate(nat, &pkt->src, &pkt->dst);
	return nat->from || nat->to;
}

/* May it be translated? */
static struct rtplane_verdict judge(const struct sk_buff *skb, const struct rtplane_pkt *pkt,
				    const struct rtplane_nat *nat)
{
	if (!pkt->v6 && !rtplane_ip4_csum_ok(skb_network_header(skb)))
		return rtplane_drop(RTPLANE_DROP_CHECKSUM);
	if (rtplane_udp_astray(skb, pkt->hdrlen))
		return rtplane_drop(RTPLANE_DROP_CHECKSUM);
	if (rtplane_ep_martian(&pkt->src) || rtplane_ep_loopback(&pkt->src) ||
	    rtplane_ep_is4(&pkt->src) == pkt->v6)
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	/* What claims to come from inside must come from there, and nobody else opens a
	 * filter or has us send in the name of an external address.
	 */
	if (nat->from && !rtplane_natmap_inside(nat->from, skb->dev))
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	if (!nat->from && !rtplane_natmap_outside(nat->to, skb->dev))
		return rtplane_fate(RTPLANE_PASSED);
	if (nat->from && nat->from->permits)
		rtplane_natmap_permit(nat->from, &pkt->dst, pkt->src.port);
	if (nat->to && nat->to->permits &&
	    !rtplane_natmap_permitted(nat->to, &nat->src, pkt->dst.port))
		return rtplane_drop(RTPLANE_DROP_REFUSED);
	return rtplane_nat_limits(nat, pkt->iplen);
}

/* As a router: used up, or too big. */
static struct rtplane_verdict route(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				    const struct rtplane_nat *nat, const struct rtplane_way *way)
{
	if (unlikely(pkt->ttl <= 1)) {
		rtplane_icmp(skb, pkt, pkt->v6 ? ICMPV6_TIME_EXCEED : ICMP_TIME_EXCEEDED,
			     pkt->v6 ? ICMPV6_EXC_HOPLIMIT : ICMP_EXC_TTL, 0);
		return rtplane_nat_drop(nat, RTPLANE_DROP_TTL);
	}
	if (rtplane_way_stuck(skb, pkt, way)) {
		rtplane_way_too_big(skb, pkt, way);
		return rtplane_nat_drop(nat, RTPLANE_DROP_TOO_BIG);
	}
	return rtplane_fate(RTPLANE_GOES_ON);
}

static void count(const struct rtplane_nat *nat, unsigned int bytes)
{
	if (nat->from)
		rtplane_nat_count(nat->from, RTPLANE_NAT_OUT, bytes);
	if (nat->to)
		rtplane_nat_count(nat->to, RTPLANE_NAT_IN, bytes);
	if (nat->from && nat->to)
		this_cpu_inc(nat->from->stats->hairpins);
}

static void rewrite(struct sk_buff *skb, struct rtplane_pkt *pkt, const struct rtplane_nat *nat)
{
	const struct rtplane_natmap_conf *conf = &rtplane_nat_owner(nat)->conf;
	unsigned int ends = rtplane_nat_ends(nat);
	struct rtplane_diff diff;

	pkt->tos_out = rtplane_dscp_tos(conf->dscp_mode, conf->dscp, conf->dscp_map, pkt->tos);
	rtplane_diff(&diff, &pkt->src, &pkt->dst, &nat->src, &nat->dst);
	if (pkt->v6)
		rtplane_rewrite(skb, pkt->tos_out, ends, &nat->src, &nat->dst, &diff, true);
	else
		rtplane_rewrite(skb, pkt->tos_out, ends, &nat->src, &nat->dst, &diff, false);
}

static struct rtplane_verdict translate(struct sk_buff *skb, struct rtplane_pkt *pkt,
					const struct rtplane_nat *nat)
{
	const struct rtplane_way *way;
	struct rtplane_verdict v;

	v = judge(skb, pkt, nat);
	if (rtplane_fate_of(v) == RTPLANE_DROPPED)
		return rtplane_nat_drop(nat, rtplane_why(v));
	if (!rtplane_goes_on(v))
		return rtplane_nat_pass(nat);
	v = rtplane_nat_way(nat, &way);
	if (!rtplane_goes_on(v))
		return v;
	v = route(skb, pkt, nat, way);
	if (!rtplane_goes_on(v))
		return v;
	skb = rtplane_nat_own(skb, pkt, nat, way);
	if (!skb)
		return rtplane_fate(RTPLANE_TAKEN);
	rewrite(skb, pkt, nat);
	if (rtplane_nat_send(skb, pkt, nat, way))
		count(nat, pkt->iplen);
	return rtplane_fate(RTPLANE_TAKEN);
}

/* Every packet that is not a usual one, or may not be. */
static noinline struct rtplane_verdict any(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	const struct rtplane_way *way;
	struct rtplane_verdict v;
	struct rtplane_pkt pkt;
	struct rtplane_nat nat;

	rtplane_pkt_read(skb, &pkt);
	/* An IPv6 packet to ::ffff:a.b.c.d is not for a.b.c.d. */
	if (rtplane_ep_is4(&pkt.dst) == pkt.v6 || !find(t, &pkt, &nat))
		return rtplane_fate(RTPLANE_PASSED);
	if (unlikely(skb_is_gso(skb))) {
		/* What its packets could not pass either is passed as it is. */
		v = rtplane_nat_way(&nat, &way);
		return rtplane_goes_on(v) ? rtplane_fate(RTPLANE_TRAIN) : v;
	}
	if (pkt.iplen > skb->len || pkt.iplen < pkt.hdrlen + sizeof(struct udphdr))
		return rtplane_nat_pass(&nat);
	return translate(skb, &pkt, &nat);
}

/* The usual way ------------------------------------------------------------- */

/* An address of a packet as the table has it. */
static __always_inline void words(const struct sk_buff *skb, const bool dst,
				  const bool v6, u64 *w0, u64 *w1)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const u64 *w = (const u64 *)(dst ? &ip6h->daddr : &ip6h->saddr);

	*w0 = v6 ? get_unaligned(w) : 0;
	*w1 = v6 ? get_unaligned(w + 1) : rtplane_ep_word4(dst ? iph->daddr : iph->saddr);
}

/* Is the end that the natmap does not have one that must be looked at closer?  Its own
 * is known to be sound.
 */
static __always_inline bool unusual_end(const struct sk_buff *skb,
					const enum rtplane_nat_dir dir, const bool v6)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	u8 first;

	if (dir == RTPLANE_NAT_OUT)
		return v6 && ipv6_addr_v4mapped(&ip6h->daddr);
	if (v6)
		return !((const struct udphdr *)(ip6h + 1))->source ||
		       ip6h->saddr.s6_addr[0] == 0xff || !ip6h->saddr.s6_addr32[0];
	first = ntohl(iph->saddr) >> 24;
	return !((const struct udphdr *)(iph + 1))->source || !first || first == 127 ||
	       first >= 224;
}

static __always_inline const struct rtplane_way *
way_known(const struct rtplane_natmap *nm, const struct sk_buff *skb,
	  const enum rtplane_nat_dir dir, const bool v6)
{
	const struct rtplane_nat_way *w;
	u64 w0, w1;

	if (dir == RTPLANE_NAT_IN) {
		w = rcu_dereference(nm->way_in);
	} else {
		words(skb, true, v6, &w0, &w1);
		w = rtplane_nat_way_look(nm, w0, w1);
	}
	return w ? &w->way : NULL;
}

/* What is neither hairpinned nor filtered, in a buffer that needs no care, on a way that
 * is known.
 */
static __always_inline struct rtplane_verdict usual(struct rtplane_natmap *nm, struct sk_buff *skb,
						    const enum rtplane_nat_dir dir, const bool v6)
{
	const struct rtplane_way *way;
	unsigned int bytes = skb->len;
	struct rtplane_verdict v;
	u8 tos;

	if (unlikely(nm->usual != (v6 ? 6 : 4) || !rtplane_skb_plain(skb, v6) ||
		     unusual_end(skb, dir, v6)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	if (unlikely(dir == RTPLANE_NAT_IN ? !rtplane_nat_side_has(&nm->conf.outside, skb->dev) :
					     !rtplane_nat_inside_known(nm, skb->dev)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	if ((!v6 && unlikely(!rtplane_ip4_csum_ok(skb->data))) ||
	    rtplane_udp_astray(skb, v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	way = way_known(nm, skb, dir, v6);
	if (unlikely(!way || !way->fast || !rtplane_way_usual(way, skb, 0, v6)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	v = rtplane_nat_gate(nm, dir, bytes);
	if (unlikely(!rtplane_goes_on(v))) {
		this_cpu_inc(nm->stats->drops[rtplane_why(v)]);
		return v;
	}
	tos = (rtplane_skb_tos(skb, v6) & nm->tos_keep) | nm->tos_set;
	rtplane_rewrite(skb, tos, dir == RTPLANE_NAT_OUT ? RTPLANE_NEW_SRC : RTPLANE_NEW_DST,
			&nm->conf.ext, &nm->conf.in, &nm->diff[dir], v6);
	if (unlikely(rtplane_way_send_fast(skb, rtplane_priority(tos), way)))
		this_cpu_inc(nm->stats->drops[RTPLANE_DROP_XMIT]);
	else
		rtplane_nat_count(nm, dir, bytes);
	return rtplane_fate(RTPLANE_TAKEN);
}

static __always_inline struct rtplane_verdict udp(const struct rtplane_nat_table *t,
						  struct sk_buff *skb, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + hdrlen);
	struct rtplane_verdict v = rtplane_fate(RTPLANE_UNUSUAL);
	struct rtplane_natmap *from, *to;
	u64 w0, w1;

	words(skb, false, v6, &w0, &w1);
	from = rtplane_nat_look(t, RTPLANE_NAT_OUT, w0, w1, uh->source);
	words(skb, true, v6, &w0, &w1);
	to = rtplane_nat_look(t, RTPLANE_NAT_IN, w0, w1, uh->dest);
	if (!from && !to)
		return rtplane_fate(RTPLANE_PASSED);
	if (!from)
		v = usual(to, skb, RTPLANE_NAT_IN, v6);
	else if (!to)
		v = usual(from, skb, RTPLANE_NAT_OUT, v6);
	return likely(rtplane_fate_of(v) != RTPLANE_UNUSUAL) ? v : any(t, skb);
}

/**
 * rtplane_nat_udp4() - an IPv4 UDP packet that is no leg's
 * @t: the namespace's natmaps
 * @skb: packet, data at the IP header, no options, no fragment, IP and UDP header
 *	linear
 *
 * Context: softirq, RCU read side.
 * Return: RTPLANE_PASSED, RTPLANE_DROPPED (and counted), RTPLANE_TAKEN or
 * RTPLANE_TRAIN.
 */
struct rtplane_verdict rtplane_nat_udp4(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	return udp(t, skb, false);
}

/* The same for IPv6. */
struct rtplane_verdict rtplane_nat_udp6(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	return udp(t, skb, true);
}
