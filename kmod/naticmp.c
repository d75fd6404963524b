// SPDX-License-Identifier: GPL-2.0
/* Natmaps: what is not plain UDP: ICMP errors, translated both ways (RFC 5508), and
 * fragments.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip6_checksum.h>

#include "compat.h"
#include "nat.h"
#include "naticmp.h"
#include "rewrite.h"

/*
 * An ICMP error tells of a packet that we translated: who it tells, @outer, is
 * who sent that packet, @inner.  Towards the inside the inner source and the
 * outer destination are external; from the inside the inner destination is an
 * inside address, and the outer source somebody inside, maybe a router.  What
 * is sent to anybody but the inner source is no answer.  Both are the sender's choice, so
 * an error of somebody inside must come from there (judge()), as any packet must.
 */
static bool find(const struct rtplane_nat_table *t,
		 const struct rtplane_pkt *outer,
		 const struct rtplane_pkt *inner, struct rtplane_nat *nat)
{
	if (!rtplane_ep_same_addr(&inner->src, &outer->dst))
		return false;
	nat->to = rtplane_nat_find(t, RTPLANE_NAT_IN, &inner->src);
	nat->from = rtplane_nat_find(t, RTPLANE_NAT_OUT, &inner->dst);
	rtplane_nat_translate(nat, &outer->src, &outer->dst);
	return nat->from || nat->to;
}

/* The IP header of the error itself. */
static void rewrite_outer(struct sk_buff *skb, const struct rtplane_pkt *outer,
			  const struct rtplane_nat *nat)
{
	unsigned int ends = rtplane_nat_ends(nat);
	struct rtplane_diff diff;

	rtplane_diff(&diff, &outer->src, &outer->dst, &nat->src, &nat->dst);
	if (outer->v6)
		rtplane_rewrite_ip(skb, outer->tos_out, ends, &nat->src, &nat->dst, diff.addr,
				   true);
	else
		rtplane_rewrite_ip(skb, outer->tos_out, ends, &nat->src, &nat->dst, diff.addr,
				   false);
}

/* The inner packet as its sender would know it. */
static void inner_as_sent(struct rtplane_nat *inner, const struct rtplane_pkt *pkt,
			  const struct rtplane_nat *nat)
{
	*inner = *nat;
	inner->src = pkt->src;
	inner->dst = pkt->dst;
	if (nat->to)
		inner->src.addr = nat->to->conf.in.addr;
	if (nat->from)
		inner->dst.addr = nat->from->conf.ext.addr;
}

#define RTPLANE_ERROR4	(2 * sizeof(struct iphdr) + sizeof(struct icmphdr) + sizeof(struct udphdr))

static void rewrite_error4(struct sk_buff *skb, const struct rtplane_pkt *outer,
			   const struct rtplane_pkt *inner,
			   const struct rtplane_nat *nat)
{
	struct icmphdr *icmph = (struct icmphdr *)(ip_hdr(skb) + 1);
	struct iphdr *in = (struct iphdr *)(icmph + 1);
	struct udphdr *uh = (struct udphdr *)(in + 1);
	struct rtplane_diff diff;
	struct rtplane_nat inat;

	inner_as_sent(&inat, inner, nat);
	rtplane_diff(&diff, &inner->src, &inner->dst, &inat.src, &inat.dst);
	rtplane_udp_csum_whole(uh, &diff);
	csum_replace4(&in->check, in->saddr, inat.src.w32[3]);
	csum_replace4(&in->check, in->daddr, inat.dst.w32[3]);
	in->saddr = inat.src.w32[3];
	in->daddr = inat.dst.w32[3];
	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, sizeof(struct iphdr),
						 outer->iplen - sizeof(struct iphdr), 0));
	skb->ip_summed = CHECKSUM_NONE;
	rewrite_outer(skb, outer, nat);
}

/* What RFC 5508 has a NAT translate.  A redirect or a source quench tells a host how to
 * send, which somebody beyond a NAT has no business to.
 */
static bool translated4(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

static bool parse_error4(struct sk_buff *skb, struct rtplane_pkt *outer,
			 struct rtplane_pkt *inner)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct icmphdr *icmph = (const struct icmphdr *)(iph + 1);
	const struct iphdr *in = (const struct iphdr *)(icmph + 1);
	const struct udphdr *uh = (const struct udphdr *)(in + 1);

	if (!translated4(icmph->type) || *(u8 *)in != 0x45 || in->protocol != IPPROTO_UDP ||
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

static void rewrite_error6(struct sk_buff *skb, const struct rtplane_pkt *outer,
			   const struct rtplane_pkt *inner,
			   const struct rtplane_nat *nat)
{
	unsigned int len = outer->iplen - sizeof(struct ipv6hdr);
	struct icmp6hdr *icmph = (struct icmp6hdr *)(ipv6_hdr(skb) + 1);
	struct ipv6hdr *in = (struct ipv6hdr *)(icmph + 1);
	struct udphdr *uh = (struct udphdr *)(in + 1);
	struct rtplane_diff diff;
	struct rtplane_nat inat;

	inner_as_sent(&inat, inner, nat);
	rtplane_diff(&diff, &inner->src, &inner->dst, &inat.src, &inat.dst);
	rtplane_udp_csum_whole(uh, &diff);
	in->saddr = inat.src.addr;
	in->daddr = inat.dst.addr;
	rewrite_outer(skb, outer, nat);
	icmph->icmp6_cksum = 0;
	icmph->icmp6_cksum = csum_ipv6_magic(&nat->src.addr, &nat->dst.addr, len, IPPROTO_ICMPV6,
					     skb_checksum(skb, sizeof(struct ipv6hdr), len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

/* Other errors are of nobody that we know (RFC 4443 2.4). */
static bool translated6(u8 type)
{
	return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
}

static bool parse_error6(struct sk_buff *skb, struct rtplane_pkt *outer,
			 struct rtplane_pkt *inner)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct icmp6hdr *icmph = (const struct icmp6hdr *)(ip6h + 1);
	const struct ipv6hdr *in = (const struct ipv6hdr *)(icmph + 1);
	const struct udphdr *uh = (const struct udphdr *)(in + 1);

	if (!translated6(icmph->icmp6_type) || in->version != 6 || in->nexthdr != IPPROTO_UDP)
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
static bool error_ok(struct sk_buff *skb, const struct rtplane_pkt *outer)
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
static struct rtplane_verdict judge(const struct sk_buff *skb, const struct rtplane_pkt *outer,
				    const struct rtplane_pkt *inner, const struct rtplane_nat *nat)
{
	struct rtplane_ep remote = inner->dst;

	if (nat->from ? !rtplane_natmap_inside(nat->from, skb->dev) :
			!rtplane_natmap_outside(nat->to, skb->dev))
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	if (nat->from)
		remote.addr = nat->from->conf.ext.addr;
	if (nat->to && nat->to->permits &&
	    !rtplane_natmap_permitted(nat->to, &remote, inner->src.port))
		return rtplane_drop(RTPLANE_DROP_REFUSED);
	return rtplane_nat_limits(nat, outer->iplen);
}

static struct rtplane_verdict translate(const struct rtplane_nat_table *t, struct sk_buff *skb,
					struct rtplane_pkt *outer, struct rtplane_pkt *inner)
{
	const struct rtplane_way *way;
	struct rtplane_verdict v;
	struct rtplane_nat nat;

	if (!find(t, outer, inner, &nat))
		return rtplane_fate(RTPLANE_PASSED);
	if (outer->ttl <= 1 || !rtplane_ep_unicast(&outer->src) ||
	    rtplane_ep_loopback(&outer->src) || !error_ok(skb, outer))
		return rtplane_nat_pass(&nat);
	v = judge(skb, outer, inner, &nat);
	if (!rtplane_goes_on(v))
		return rtplane_nat_drop(&nat, rtplane_why(v));
	v = rtplane_nat_way(&nat, &way);
	if (!rtplane_goes_on(v))
		return v;
	skb = rtplane_nat_own(skb, outer, &nat, way);
	if (!skb)
		return rtplane_fate(RTPLANE_TAKEN);
	if (outer->v6)
		rewrite_error6(skb, outer, inner, &nat);
	else
		rewrite_error4(skb, outer, inner, &nat);
	if (rtplane_nat_send(skb, outer, &nat, way))
		this_cpu_inc(rtplane_nat_owner(&nat)->stats->icmp);
	return rtplane_fate(RTPLANE_TAKEN);
}

/* It is to be put together by the stack's own reassembly, and is cut again on its way
 * out.  What the stack would refuse is left to it.
 */
static struct rtplane_verdict fragment4(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct rtplane_ep src, dst;

	rtplane_ep_set4(&src, iph->saddr, 0);
	rtplane_ep_set4(&dst, iph->daddr, 0);
	if (!rtplane_nat_has(t, RTPLANE_NAT_OUT, &src) && !rtplane_nat_has(t, RTPLANE_NAT_IN, &dst))
		return rtplane_fate(RTPLANE_PASSED);
	if (ntohs(iph->tot_len) > skb->len || ntohs(iph->tot_len) < sizeof(*iph) ||
	    !rtplane_ip4_csum_ok(iph))
		return rtplane_fate(RTPLANE_PASSED);
	return rtplane_fate(RTPLANE_FRAGMENT);
}

static struct rtplane_verdict other4(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	struct rtplane_pkt outer, inner;
	const struct iphdr *iph;

	/* Nobody pulls in a buffer that others hold too (pktgen). */
	if (skb_shared(skb) || !pskb_may_pull(skb, sizeof(*iph)))
		return rtplane_fate(RTPLANE_PASSED);
	iph = ip_hdr(skb);
	if (*(u8 *)iph != 0x45)
		return rtplane_fate(RTPLANE_PASSED);
	if (iph->protocol == IPPROTO_UDP && ip_is_fragment(iph))
		return fragment4(t, skb);
	if (iph->protocol != IPPROTO_ICMP || ip_is_fragment(iph) ||
	    !pskb_may_pull(skb, RTPLANE_ERROR4) || !parse_error4(skb, &outer, &inner))
		return rtplane_fate(RTPLANE_PASSED);
	return translate(t, skb, &outer, &inner);
}

static struct rtplane_verdict other6(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	struct rtplane_pkt outer, inner;

	if (skb_shared(skb) || ipv6_hdr(skb)->version != 6 ||
	    ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6 ||
	    !pskb_may_pull(skb, RTPLANE_ERROR6) || !parse_error6(skb, &outer, &inner))
		return rtplane_fate(RTPLANE_PASSED);
	return translate(t, skb, &outer, &inner);
}

/**
 * rtplane_nat_other() - a packet that is not plain UDP: an ICMP error, a fragment
 * @t: the namespace's natmaps
 * @skb: packet, data at the IP header
 *
 * Context: softirq, RCU read side.
 * Return: RTPLANE_PASSED, RTPLANE_DROPPED (and counted), RTPLANE_TAKEN or
 * RTPLANE_FRAGMENT.
 */
struct rtplane_verdict rtplane_nat_other(const struct rtplane_nat_table *t, struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? other4(t, skb) : other6(t, skb);
}
