// SPDX-License-Identifier: GPL-2.0
/*
 * Natmaps: what becomes of a packet.
 *
 * RFC 4787: mapping and, unless narrowed, filtering are endpoint-independent,
 * because the mapping is a constant of the configuration; ports are preserved,
 * and with them parity and contiguity.  A packet from inside to an external
 * address is translated on both sides (hairpinning, REQ-9), so its receiver
 * sees the external source.  ICMP errors are translated both ways (RFC 5508).
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "compat.h"
#include "ingress.h"
#include "dscp.h"
#include "nattable.h"
#include "net.h"

/**
 * struct rtplane_nat - a translation that has been decided
 * @from: natmap of the inside source, or NULL
 * @to: natmap of the external destination, or NULL
 * @src: source to send with, with port
 * @dst: destination to send to, with port
 */
struct rtplane_nat {
	struct rtplane_natmap *from;
	struct rtplane_natmap *to;
	struct rtplane_ep src;
	struct rtplane_ep dst;
};

/* Who counts: the natmap whose inside the packet leaves for, else the other. */
static struct rtplane_natmap *rtplane_nat_owner(const struct rtplane_nat *nat)
{
	return nat->to ?: nat->from;
}

static unsigned int rtplane_nat_drop(const struct rtplane_nat *nat, enum rtplane_drop why)
{
	this_cpu_inc(rtplane_nat_owner(nat)->stats->drops[why]);
	return NF_DROP;
}

static unsigned int rtplane_nat_pass(const struct rtplane_nat *nat)
{
	this_cpu_inc(rtplane_nat_owner(nat)->stats->passed);
	return NF_ACCEPT;
}

static void rtplane_ep_set_addr(struct rtplane_ep *ep, const struct rtplane_ep *addr)
{
	ep->addr = addr->addr;
}

/* Find the natmaps of a packet and what its addresses become. */
static bool rtplane_nat_find_udp(const struct rtplane_nat_table *t, const struct rtplane_pkt *pkt,
				 struct rtplane_nat *nat)
{
	nat->from = rtplane_nat_find(t, RTPLANE_NAT_OUT, &pkt->src);
	nat->to = rtplane_nat_find(t, RTPLANE_NAT_IN, &pkt->dst);
	nat->src = pkt->src;
	nat->dst = pkt->dst;
	if (nat->from)
		rtplane_ep_set_addr(&nat->src, &nat->from->conf.ext);
	if (nat->to)
		rtplane_ep_set_addr(&nat->dst, &nat->to->conf.in);
	return nat->from || nat->to;
}

/* RTPLANE_ACCEPTED, or the &enum rtplane_drop. */
static __always_inline int rtplane_nat_police(struct rtplane_natmap *nm, enum rtplane_nat_dir dir,
					      unsigned int bytes)
{
	struct rtplane_nat_gate *gate = &nm->gate[dir];
	enum rtplane_police_verdict verdict;
	u64 now;

	if (!gate->on)
		return RTPLANE_ACCEPTED;
	now = ktime_get_ns();
	spin_lock(&gate->lock);
	verdict = rtplane_police(&gate->police, now, bytes);
	spin_unlock(&gate->lock);
	if (likely(verdict == RTPLANE_POLICE_OK))
		return RTPLANE_ACCEPTED;
	return verdict == RTPLANE_POLICE_PPS ? RTPLANE_DROP_PPS : RTPLANE_DROP_BPS;
}

/* The limits of whom it leaves, and of whom it goes to. */
static int rtplane_nat_limits(const struct rtplane_nat *nat, unsigned int bytes)
{
	int no = RTPLANE_ACCEPTED;

	if (nat->from)
		no = rtplane_nat_police(nat->from, RTPLANE_NAT_OUT, bytes);
	if (no == RTPLANE_ACCEPTED && nat->to)
		no = rtplane_nat_police(nat->to, RTPLANE_NAT_IN, bytes);
	return no;
}

/* May it be translated?  RTPLANE_ACCEPTED, or the &enum rtplane_drop. */
static int rtplane_nat_judge(const struct sk_buff *skb, const struct rtplane_pkt *pkt,
			     const struct rtplane_nat *nat)
{
	if (!pkt->v6 && !rtplane_ip4_csum_ok(skb_network_header(skb)))
		return RTPLANE_DROP_CHECKSUM;
	if (rtplane_ep_martian(&pkt->src) || rtplane_ep_loopback(&pkt->src) ||
	    rtplane_ep_is4(&pkt->src) == pkt->v6)
		return RTPLANE_DROP_MARTIAN;
	if (nat->from && nat->from->permits)
		rtplane_natmap_permit(nat->from, &pkt->dst, pkt->src.port);
	if (nat->to && nat->to->permits &&
	    !rtplane_natmap_permitted(nat->to, &nat->src, pkt->dst.port))
		return RTPLANE_DROP_REFUSED;
	return rtplane_nat_limits(nat, pkt->iplen);
}

static void rtplane_nat_header4(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				const struct rtplane_nat *nat)
{
	struct iphdr *iph = ip_hdr(skb);

	iph->saddr = nat->src.w32[3];
	iph->daddr = nat->dst.w32[3];
	iph->tos = pkt->tos_out;
	iph->ttl = pkt->ttl - 1;
	ip_send_check(iph);
}

static void rtplane_nat_header6(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				const struct rtplane_nat *nat)
{
	struct ipv6hdr *ip6h = ipv6_hdr(skb);

	ipv6_change_dsfield(ip6h, INET_ECN_MASK, pkt->tos_out);
	ip6h->hop_limit = pkt->ttl - 1;
	ip6h->saddr = nat->src.addr;
	ip6h->daddr = nat->dst.addr;
}

static void rtplane_nat_diff(struct rtplane_diff *diff, const struct rtplane_pkt *pkt,
			     const struct rtplane_nat *nat)
{
	rtplane_diff(diff, &pkt->src, &pkt->dst, &nat->src, &nat->dst);
}

static void rtplane_nat_count(const struct rtplane_nat *nat, const struct rtplane_pkt *pkt)
{
	if (nat->from) {
		this_cpu_inc(nat->from->stats->packets[RTPLANE_NAT_OUT]);
		this_cpu_add(nat->from->stats->bytes[RTPLANE_NAT_OUT], pkt->iplen);
	}
	if (nat->to) {
		this_cpu_inc(nat->to->stats->packets[RTPLANE_NAT_IN]);
		this_cpu_add(nat->to->stats->bytes[RTPLANE_NAT_IN], pkt->iplen);
	}
	if (nat->from && nat->to)
		this_cpu_inc(nat->from->stats->hairpins);
}

/* Make the packet ours alone, writable, and no longer than its IP packet (Ethernet
 * pads what is short); NULL: it is gone and counted.
 */
static struct sk_buff *rtplane_nat_own(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				       const struct rtplane_nat *nat,
				       const struct rtplane_way *way)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb && (rtplane_way_cow(skb, pkt, way) || pskb_trim_rcsum(skb, pkt->iplen))) {
		kfree_skb(skb);
		skb = NULL;
	}
	if (!skb)
		rtplane_nat_drop(nat, RTPLANE_DROP_NOMEM);
	return skb;
}

/* Send it; true: it is on its way and may be counted as forwarded. */
static bool rtplane_nat_send(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			     const struct rtplane_nat *nat, const struct rtplane_way *way)
{
	if (!rtplane_way_send_any(rtplane_nat_owner(nat)->rn->net, skb, pkt, way))
		return true;
	rtplane_nat_drop(nat, RTPLANE_DROP_XMIT);
	return false;
}

/* The way of a translation.  NULL: the verdict is in @verdict. */
static const struct rtplane_way *rtplane_nat_way(const struct rtplane_nat *nat,
						 unsigned int *verdict)
{
	const struct rtplane_way *way;

	way = rtplane_natmap_way(rtplane_nat_owner(nat), &nat->src, &nat->dst);
	if (IS_ERR(way)) {
		*verdict = rtplane_nat_drop(nat, PTR_ERR(way) == -ENOMEM ?
					    RTPLANE_DROP_NOMEM : RTPLANE_DROP_NO_ROUTE);
		return NULL;
	}
	/* For this host itself: nothing is to be translated. */
	if (way->dst->dev->flags & IFF_LOOPBACK) {
		*verdict = rtplane_nat_pass(nat);
		return NULL;
	}
	return way;
}

/* As a router: used up, or too big. */
static bool rtplane_nat_refused(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				const struct rtplane_nat *nat, const struct rtplane_way *way)
{
	if (unlikely(pkt->ttl <= 1)) {
		rtplane_icmp(skb, pkt, pkt->v6 ? ICMPV6_TIME_EXCEED : ICMP_TIME_EXCEEDED,
			     pkt->v6 ? ICMPV6_EXC_HOPLIMIT : ICMP_EXC_TTL, 0);
		rtplane_nat_drop(nat, RTPLANE_DROP_TTL);
		return true;
	}
	if (rtplane_way_stuck(skb, pkt, way)) {
		rtplane_way_too_big(skb, pkt, way);
		rtplane_nat_drop(nat, RTPLANE_DROP_TOO_BIG);
		return true;
	}
	return false;
}

/* A packet that is not a usual one, or may not be. */
static noinline unsigned int rtplane_nat_any(const struct rtplane_nat_table *t,
					     struct sk_buff *skb)
{
	const struct rtplane_natmap_conf *conf;
	const struct rtplane_way *way;
	struct rtplane_diff diff;
	struct rtplane_pkt pkt;
	struct rtplane_nat nat;
	unsigned int verdict;
	int no;

	rtplane_pkt_read(skb, &pkt);
	/* An IPv6 packet to ::ffff:a.b.c.d is not for a.b.c.d. */
	if (rtplane_ep_is4(&pkt.dst) == pkt.v6)
		return NF_ACCEPT;
	if (!rtplane_nat_find_udp(t, &pkt, &nat))
		return NF_ACCEPT;
	if (unlikely(skb_is_gso(skb)))
		return rtplane_split(skb) ? NF_STOLEN : rtplane_nat_pass(&nat);
	if (pkt.iplen > skb->len || pkt.iplen < pkt.hdrlen + sizeof(struct udphdr))
		return rtplane_nat_pass(&nat);
	no = rtplane_nat_judge(skb, &pkt, &nat);
	if (no != RTPLANE_ACCEPTED)
		return rtplane_nat_drop(&nat, no);
	way = rtplane_nat_way(&nat, &verdict);
	if (!way)
		return verdict;
	if (rtplane_nat_refused(skb, &pkt, &nat, way))
		return NF_DROP;
	skb = rtplane_nat_own(skb, &pkt, &nat, way);
	if (!skb)
		return NF_STOLEN;
	conf = &rtplane_nat_owner(&nat)->conf;
	pkt.tos_out = rtplane_dscp_tos(conf->dscp_mode, conf->dscp, conf->dscp_map, pkt.tos);
	rtplane_nat_diff(&diff, &pkt, &nat);
	rtplane_udp_csum(skb, rtplane_udp(skb, &pkt), &diff);
	if (pkt.v6)
		rtplane_nat_header6(skb, &pkt, &nat);
	else
		rtplane_nat_header4(skb, &pkt, &nat);
	skb_set_transport_header(skb, pkt.hdrlen);
	if (rtplane_nat_send(skb, &pkt, &nat, way))
		rtplane_nat_count(&nat, &pkt);
	return NF_STOLEN;
}

/* Write the one address that changes, and what goes with it. */
static __always_inline void rtplane_nat_rewrite(struct sk_buff *skb, u8 tos,
						const struct rtplane_natmap *nm,
						const enum rtplane_nat_dir dir, const bool v6)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct iphdr *iph = (struct iphdr *)skb->data;

	if (v6) {
		rtplane_udp_csum(skb, (struct udphdr *)(ip6h + 1), &nm->diff[dir]);
		ipv6_change_dsfield(ip6h, INET_ECN_MASK, tos);
		ip6h->hop_limit--;
		if (dir == RTPLANE_NAT_IN)
			ip6h->daddr = nm->conf.in.addr;
		else
			ip6h->saddr = nm->conf.ext.addr;
	} else {
		rtplane_udp_csum(skb, (struct udphdr *)(iph + 1), &nm->diff[dir]);
		rtplane_ip4_hop(iph, tos, &nm->diff[dir]);
		if (dir == RTPLANE_NAT_IN)
			iph->daddr = nm->conf.in.w32[3];
		else
			iph->saddr = nm->conf.ext.w32[3];
	}
	skb->transport_header = skb->network_header + (v6 ? sizeof(*ip6h) : sizeof(*iph));
}

/* An address of a packet as the table has it. */
static __always_inline void rtplane_nat_words(const struct sk_buff *skb, const bool dst,
					      const bool v6, u64 *w0, u64 *w1)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const u64 *w = (const u64 *)(dst ? &ip6h->daddr : &ip6h->saddr);

	*w0 = v6 ? get_unaligned(w) : 0;
	*w1 = v6 ? get_unaligned(w + 1) : rtplane_ep_word4(dst ? iph->daddr : iph->saddr);
}

/* Is the other end none, or none that is known at a glance to be sound?  The end
 * that the natmap has is.
 */
static __always_inline bool rtplane_nat_odd(const struct sk_buff *skb,
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
rtplane_nat_way_known(const struct rtplane_natmap *nm, const struct sk_buff *skb,
		      const enum rtplane_nat_dir dir, const bool v6)
{
	const struct rtplane_nat_way *w;
	u64 w0, w1;

	if (dir == RTPLANE_NAT_IN) {
		w = rcu_dereference(nm->way_in);
	} else {
		rtplane_nat_words(skb, true, v6, &w0, &w1);
		w = rtplane_nat_way_look(nm, w0, w1);
	}
	return w ? &w->way : NULL;
}

/* As rtplane_usual() for legs: what is neither hairpinned nor filtered, in a
 * buffer without anything odd, on a way that is known.
 */
static __always_inline int rtplane_nat_usual(struct rtplane_natmap *nm, struct sk_buff *skb,
					     const enum rtplane_nat_dir dir, const bool v6)
{
	const struct rtplane_way *way;
	unsigned int bytes = skb->len;
	u8 tos;
	int no;

	if (unlikely(nm->usual != (v6 ? 6 : 4) || !rtplane_skb_plain(skb, v6) ||
		     rtplane_nat_odd(skb, dir, v6)))
		return RTPLANE_UNUSUAL;
	if (!v6 && unlikely(!rtplane_ip4_csum_ok(skb->data)))
		return RTPLANE_UNUSUAL;
	way = rtplane_nat_way_known(nm, skb, dir, v6);
	if (unlikely(!way || !way->fast || !rtplane_way_usual(way, skb, v6)))
		return RTPLANE_UNUSUAL;
	no = rtplane_nat_police(nm, dir, bytes);
	if (unlikely(no != RTPLANE_ACCEPTED)) {
		this_cpu_inc(nm->stats->drops[no]);
		return NF_DROP;
	}
	tos = (rtplane_skb_tos(skb, v6) & nm->tos_keep) | nm->tos_set;
	rtplane_nat_rewrite(skb, tos, nm, dir, v6);
	if (unlikely(rtplane_way_send_fast(skb, tos, way))) {
		this_cpu_inc(nm->stats->drops[RTPLANE_DROP_XMIT]);
		return NF_STOLEN;
	}
	this_cpu_inc(nm->stats->packets[dir]);
	this_cpu_add(nm->stats->bytes[dir], bytes);
	return NF_STOLEN;
}

static __always_inline unsigned int rtplane_nat_udp(const struct rtplane_nat_table *t,
						    struct sk_buff *skb, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + hdrlen);
	struct rtplane_natmap *from, *to;
	int verdict = RTPLANE_UNUSUAL;
	u64 w0, w1;

	rtplane_nat_words(skb, false, v6, &w0, &w1);
	from = rtplane_nat_look(t, RTPLANE_NAT_OUT, w0, w1, uh->source);
	rtplane_nat_words(skb, true, v6, &w0, &w1);
	to = rtplane_nat_look(t, RTPLANE_NAT_IN, w0, w1, uh->dest);
	if (!from && !to)
		return NF_ACCEPT;
	if (!from)
		verdict = rtplane_nat_usual(to, skb, RTPLANE_NAT_IN, v6);
	else if (!to)
		verdict = rtplane_nat_usual(from, skb, RTPLANE_NAT_OUT, v6);
	return likely(verdict != RTPLANE_UNUSUAL) ? verdict : rtplane_nat_any(t, skb);
}

/**
 * rtplane_nat_udp4() - an IPv4 UDP packet that is no leg's
 * @t: the namespace's natmaps
 * @skb: packet, data at the IP header, no options, no fragment, IP and UDP header
 *	linear
 *
 * Return: the hook's verdict.
 */
unsigned int rtplane_nat_udp4(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	return rtplane_nat_udp(t, skb, false);
}

/* The same for IPv6. */
unsigned int rtplane_nat_udp6(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	return rtplane_nat_udp(t, skb, true);
}

/*
 * An ICMP error tells of a packet that we translated: who it tells, @outer, is
 * who sent that packet, @inner.  Towards the inside the inner source and the
 * outer destination are external; from the inside the inner destination is an
 * inside address, and the outer source somebody inside, maybe a router.  What
 * is sent to anybody but the inner source is no answer: nobody may have us send
 * errors in the name of an external address to whom he likes.
 */
static bool rtplane_nat_find_error(const struct rtplane_nat_table *t,
				   const struct rtplane_pkt *outer,
				   const struct rtplane_pkt *inner, struct rtplane_nat *nat)
{
	if (!rtplane_ep_same_addr(&inner->src, &outer->dst))
		return false;
	nat->to = rtplane_nat_find(t, RTPLANE_NAT_IN, &inner->src);
	nat->from = rtplane_nat_find(t, RTPLANE_NAT_OUT, &inner->dst);
	nat->src = outer->src;
	nat->dst = outer->dst;
	if (nat->from)
		rtplane_ep_set_addr(&nat->src, &nat->from->conf.ext);
	if (nat->to)
		rtplane_ep_set_addr(&nat->dst, &nat->to->conf.in);
	return nat->from || nat->to;
}

/* The inner packet as its sender would know it. */
static void rtplane_nat_inner(struct rtplane_nat *inner, const struct rtplane_pkt *pkt,
			      const struct rtplane_nat *nat)
{
	*inner = *nat;
	inner->src = pkt->src;
	inner->dst = pkt->dst;
	if (nat->to)
		rtplane_ep_set_addr(&inner->src, &nat->to->conf.in);
	if (nat->from)
		rtplane_ep_set_addr(&inner->dst, &nat->from->conf.ext);
}

#define RTPLANE_ERROR4	(2 * sizeof(struct iphdr) + sizeof(struct icmphdr) + sizeof(struct udphdr))

static void rtplane_nat_rewrite_error4(struct sk_buff *skb, const struct rtplane_pkt *outer,
				       const struct rtplane_pkt *inner,
				       const struct rtplane_nat *nat)
{
	struct icmphdr *icmph = (struct icmphdr *)(ip_hdr(skb) + 1);
	struct iphdr *in = (struct iphdr *)(icmph + 1);
	struct udphdr *uh = (struct udphdr *)(in + 1);
	struct rtplane_diff diff;
	struct rtplane_nat inat;

	rtplane_nat_inner(&inat, inner, nat);
	rtplane_nat_diff(&diff, inner, &inat);
	rtplane_udp_csum_whole(uh, &diff);
	csum_replace4(&in->check, in->saddr, inat.src.w32[3]);
	csum_replace4(&in->check, in->daddr, inat.dst.w32[3]);
	in->saddr = inat.src.w32[3];
	in->daddr = inat.dst.w32[3];
	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, sizeof(struct iphdr),
						 outer->iplen - sizeof(struct iphdr), 0));
	skb->ip_summed = CHECKSUM_NONE;
	rtplane_nat_header4(skb, outer, nat);
}

static bool rtplane_nat_parse_error4(struct sk_buff *skb, struct rtplane_pkt *outer,
				     struct rtplane_pkt *inner)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct icmphdr *icmph = (const struct icmphdr *)(iph + 1);
	const struct iphdr *in = (const struct iphdr *)(icmph + 1);
	const struct udphdr *uh = (const struct udphdr *)(in + 1);

	if (!icmp_is_err(icmph->type) || *(u8 *)in != 0x45 || in->protocol != IPPROTO_UDP ||
	    in->frag_off & htons(IP_OFFSET))
		return false;
	*outer = (struct rtplane_pkt) {
		.hdrlen = sizeof(*iph),
		.iplen = ntohs(iph->tot_len),
		.tos = iph->tos,
		.tos_out = iph->tos,
		.ttl = iph->ttl,
	};
	rtplane_ep_set4(&outer->src, iph->saddr, 0);
	rtplane_ep_set4(&outer->dst, iph->daddr, 0);
	rtplane_ep_set4(&inner->src, in->saddr, uh->source);
	rtplane_ep_set4(&inner->dst, in->daddr, uh->dest);
	return outer->iplen <= skb->len && outer->iplen >= RTPLANE_ERROR4;
}

#define RTPLANE_ERROR6	(2 * sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr) +	\
			 sizeof(struct udphdr))

static void rtplane_nat_rewrite_error6(struct sk_buff *skb, const struct rtplane_pkt *outer,
				       const struct rtplane_pkt *inner,
				       const struct rtplane_nat *nat)
{
	unsigned int len = outer->iplen - sizeof(struct ipv6hdr);
	struct icmp6hdr *icmph = (struct icmp6hdr *)(ipv6_hdr(skb) + 1);
	struct ipv6hdr *in = (struct ipv6hdr *)(icmph + 1);
	struct udphdr *uh = (struct udphdr *)(in + 1);
	struct rtplane_diff diff;
	struct rtplane_nat inat;

	rtplane_nat_inner(&inat, inner, nat);
	rtplane_nat_diff(&diff, inner, &inat);
	rtplane_udp_csum_whole(uh, &diff);
	in->saddr = inat.src.addr;
	in->daddr = inat.dst.addr;
	rtplane_nat_header6(skb, outer, nat);
	icmph->icmp6_cksum = 0;
	icmph->icmp6_cksum = csum_ipv6_magic(&nat->src.addr, &nat->dst.addr, len, IPPROTO_ICMPV6,
					     skb_checksum(skb, sizeof(struct ipv6hdr), len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static bool rtplane_nat_parse_error6(struct sk_buff *skb, struct rtplane_pkt *outer,
				     struct rtplane_pkt *inner)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct icmp6hdr *icmph = (const struct icmp6hdr *)(ip6h + 1);
	const struct ipv6hdr *in = (const struct ipv6hdr *)(icmph + 1);
	const struct udphdr *uh = (const struct udphdr *)(in + 1);

	if (!icmpv6_is_err(icmph->icmp6_type) || in->version != 6 || in->nexthdr != IPPROTO_UDP)
		return false;
	*outer = (struct rtplane_pkt) {
		.hdrlen = sizeof(*ip6h),
		.iplen = ntohs(ip6h->payload_len) + sizeof(*ip6h),
		.tos = ipv6_get_dsfield(ip6h),
		.tos_out = ipv6_get_dsfield(ip6h),
		.ttl = ip6h->hop_limit,
		.v6 = true,
	};
	rtplane_ep_set6(&outer->src, &ip6h->saddr, 0);
	rtplane_ep_set6(&outer->dst, &ip6h->daddr, 0);
	rtplane_ep_set6(&inner->src, &in->saddr, uh->source);
	rtplane_ep_set6(&inner->dst, &in->daddr, uh->dest);
	return outer->iplen <= skb->len && outer->iplen >= RTPLANE_ERROR6;
}

/* Is the ICMP checksum right?  What is wrong is left for the stack to refuse. */
static bool rtplane_nat_error_ok(struct sk_buff *skb, const struct rtplane_pkt *outer)
{
	unsigned int len = outer->iplen - outer->hdrlen;
	__wsum sum = skb_checksum(skb, outer->hdrlen, len, 0);

	if (!outer->v6)
		return !csum_fold(sum) && rtplane_ip4_csum_ok(skb_network_header(skb));
	return !csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len, IPPROTO_ICMPV6,
				sum);
}

/* What a packet may not do, an error may not either.  It comes from anybody on the way,
 * but tells of a packet that the inside must have sent.
 */
static int rtplane_nat_judge_error(const struct rtplane_pkt *outer,
				   const struct rtplane_pkt *inner, const struct rtplane_nat *nat)
{
	struct rtplane_ep remote = inner->dst;

	if (nat->from)
		rtplane_ep_set_addr(&remote, &nat->from->conf.ext);
	if (nat->to && nat->to->permits &&
	    !rtplane_natmap_permitted(nat->to, &remote, inner->src.port))
		return RTPLANE_DROP_REFUSED;
	return rtplane_nat_limits(nat, outer->iplen);
}

static unsigned int rtplane_nat_error(const struct rtplane_nat_table *t, struct sk_buff *skb,
				      struct rtplane_pkt *outer, struct rtplane_pkt *inner)
{
	const struct rtplane_way *way;
	struct rtplane_nat nat;
	unsigned int verdict;
	int no;

	if (!rtplane_nat_find_error(t, outer, inner, &nat))
		return NF_ACCEPT;
	if (outer->ttl <= 1 || !rtplane_ep_unicast(&outer->src) ||
	    rtplane_ep_loopback(&outer->src) || !rtplane_nat_error_ok(skb, outer))
		return rtplane_nat_pass(&nat);
	no = rtplane_nat_judge_error(outer, inner, &nat);
	if (no != RTPLANE_ACCEPTED)
		return rtplane_nat_drop(&nat, no);
	way = rtplane_nat_way(&nat, &verdict);
	if (!way)
		return verdict;
	skb = rtplane_nat_own(skb, outer, &nat, way);
	if (!skb)
		return NF_STOLEN;
	if (outer->v6)
		rtplane_nat_rewrite_error6(skb, outer, inner, &nat);
	else
		rtplane_nat_rewrite_error4(skb, outer, inner, &nat);
	if (rtplane_nat_send(skb, outer, &nat, way))
		this_cpu_inc(rtplane_nat_owner(&nat)->stats->icmp);
	return NF_STOLEN;
}

/* A fragment: the stack's own reassembly, then as any other packet.  It is cut
 * again on its way out.  What the stack would refuse is left to it.
 */
static unsigned int rtplane_nat_fragment4(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct rtplane_ep src, dst;

	rtplane_ep_set4(&src, iph->saddr, 0);
	rtplane_ep_set4(&dst, iph->daddr, 0);
	if (!rtplane_nat_has(t, RTPLANE_NAT_OUT, &src) && !rtplane_nat_has(t, RTPLANE_NAT_IN, &dst))
		return NF_ACCEPT;
	if (ntohs(iph->tot_len) > skb->len || ntohs(iph->tot_len) < sizeof(*iph) ||
	    !rtplane_ip4_csum_ok(iph))
		return NF_ACCEPT;
	skb = ip_check_defrag(dev_net(skb->dev), skb, IP_DEFRAG_CALL_RA_CHAIN);
	/* The hook's caller knows another buffer, so this one comes in anew. */
	if (skb)
		netif_receive_skb(skb);
	return NF_STOLEN;
}

/**
 * rtplane_nat_other() - a packet that is not plain UDP: an ICMP error, a fragment
 * @t: the namespace's natmaps
 * @skb: packet, data at the IP header
 *
 * Return: the hook's verdict.
 */
unsigned int rtplane_nat_other(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	struct rtplane_pkt outer, inner;

	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *iph;

		if (!pskb_may_pull(skb, sizeof(*iph)))
			return NF_ACCEPT;
		iph = ip_hdr(skb);
		if (*(u8 *)iph != 0x45)
			return NF_ACCEPT;
		if (iph->protocol == IPPROTO_UDP && ip_is_fragment(iph))
			return rtplane_nat_fragment4(t, skb);
		if (iph->protocol != IPPROTO_ICMP || ip_is_fragment(iph) ||
		    !pskb_may_pull(skb, RTPLANE_ERROR4) ||
		    !rtplane_nat_parse_error4(skb, &outer, &inner))
			return NF_ACCEPT;
	} else {
		if (ipv6_hdr(skb)->version != 6 || ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6 ||
		    !pskb_may_pull(skb, RTPLANE_ERROR6) ||
		    !rtplane_nat_parse_error6(skb, &outer, &inner))
			return NF_ACCEPT;
	}
	return rtplane_nat_error(t, skb, &outer, &inner);
}
