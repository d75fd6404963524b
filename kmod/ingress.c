// SPDX-License-Identifier: GPL-2.0
/*
 * The hook on a device: is this packet a leg's, and what becomes of it?
 *
 * What is unusual goes on to the normal stack as if we were not here.  What is
 * a leg's media is consumed: forwarded, or dropped and counted by reason.
 */
#include <linux/if_vlan.h>
#include <linux/netfilter_netdev.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/ip6_checksum.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>

#include "compat.h"
#include "dscp.h"
#include "ingress.h"
#include "latch.h"
#include "natmap.h"
#include "pkt.h"
#include "table.h"
#include "xmit.h"

/* As much of an RTCP packet as is looked at: one report of each kind. */
#define RTPLANE_RTCP_LOOK	256

static void rtplane_count_drop(struct rtplane_leg *leg, enum rtplane_drop why)
{
	spin_lock(&leg->lock);
	leg->drops[why]++;
	spin_unlock(&leg->lock);
}

static unsigned int rtplane_pass(struct rtplane_dev *rd, struct rtplane_leg *leg)
{
	spin_lock(&leg->lock);
	leg->passed++;
	spin_unlock(&leg->lock);
	this_cpu_inc(rd->stats->passed);
	return NF_ACCEPT;
}

/* What hardware or a local sender has not vouched for. */
static noinline bool rtplane_udp_csum_ok(struct sk_buff *skb, const struct rtplane_pkt *pkt)
{
	const struct udphdr *uh = rtplane_udp(skb, pkt);
	unsigned int len = pkt->iplen - pkt->hdrlen;
	__wsum sum;

	/* A right IPv4 header adds nothing to the sum; an IPv6 header does. */
	if (skb->ip_summed == CHECKSUM_COMPLETE && !pkt->v6)
		sum = skb->csum;
	else if (likely(!skb_is_nonlinear(skb)))
		sum = csum_partial(uh, len, 0);
	else
		sum = skb_checksum(skb, pkt->hdrlen, len, 0);
	if (!pkt->v6)
		return !csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len,
					  IPPROTO_UDP, sum);
	return !csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len, IPPROTO_UDP,
				sum);
}

/* The checks of ip_rcv() and udp_rcv(), for a packet that will not see them. */
static __always_inline bool rtplane_csum_ok(struct sk_buff *skb, const struct rtplane_pkt *pkt,
					    const bool v6)
{
	__sum16 check = rtplane_udp(skb, pkt)->check;

	if (!v6 && unlikely(ip_fast_csum(skb->data, 5)))
		return false;
	if (!check)
		return !v6;
	return skb_csum_unnecessary(skb) || rtplane_udp_csum_ok(skb, pkt);
}

/*
 * Fit to be relayed?  The buffer may be trimmed to the IP packet.
 *
 * Return: RTPLANE_ACCEPTED or the &enum rtplane_drop to count.
 */
static __always_inline int rtplane_sane(struct sk_buff *skb, const struct rtplane_pkt *pkt,
					const bool v6)
{
	if (unlikely(pkt->paylen < rtplane_demux_need(pkt->kind, pkt->payload)))
		return RTPLANE_DROP_MALFORMED;
	/* Ethernet pads what is short. */
	if (unlikely(skb->len > pkt->iplen) && pskb_trim_rcsum(skb, pkt->iplen))
		return RTPLANE_DROP_NOMEM;
	return rtplane_csum_ok(skb, pkt, v6) ? RTPLANE_ACCEPTED : RTPLANE_DROP_CHECKSUM;
}

/**
 * struct rtplane_notices - what one packet can give rise to
 * @any: one of them is set; the others are valid only then
 * @first: the first packet
 * @other: a latch, a refusal or a report
 */
struct rtplane_notices {
	bool any;
	struct rtplane_notice first;
	struct rtplane_notice other;
};

/* Ready to take a notice.  Most packets give rise to none, so nothing is cleared
 * before.
 */
static struct rtplane_notice *rtplane_notices_begin(struct rtplane_notices *n)
{
	if (!n->any) {
		n->any = true;
		n->first.set = false;
		n->other.set = false;
	}
	return &n->other;
}

static noinline void rtplane_notices_send(struct rtplane_leg *leg, const struct rtplane_notices *n)
{
	rtplane_event_send(leg, &n->first);
	rtplane_event_send(leg, &n->other);
}

static noinline void rtplane_count_rtcp(struct rtplane_leg *leg, struct sk_buff *skb,
					const struct rtplane_pkt *pkt, u64 now,
					struct rtplane_notices *n)
{
	unsigned int len = min_t(unsigned int, pkt->paylen, RTPLANE_RTCP_LOOK);
	u64 sr = leg->sr, peer_sr = READ_ONCE(leg->peer->sr);
	u8 buf[RTPLANE_RTCP_LOOK];
	const u8 *rtcp;

	leg->rtcp_packets++;
	rtcp = skb_header_pointer(skb, pkt->hdrlen + sizeof(struct udphdr), len, buf);
	if (!rtcp)
		return;
	if (rtplane_rtcp_rx(&leg->rtcp, rtcp, len, peer_sr, now, &sr) &&
	    !rtplane_notices_begin(n)->set) {
		rtplane_notice(&n->other, leg, RTPLANE_EVENT_RTCP, RTPLANE_REASON_NONE, NULL,
			       NULL);
		n->other.rtcp = leg->rtcp;
	}
	WRITE_ONCE(leg->sr, sr);
}

static noinline void rtplane_first_packet(struct rtplane_leg *leg, struct sk_buff *skb,
					  struct rtplane_pkt *pkt, struct rtplane_notices *n)
{
	rtplane_notices_begin(n);
	rtplane_pkt_ends(skb, pkt);
	leg->first = ktime_get_real_ns();
	leg->dscp_first = pkt->tos >> 2;
	rtplane_notice(&n->first, leg, RTPLANE_EVENT_FIRST_PACKET, RTPLANE_REASON_NONE, NULL,
		       &pkt->src);
}

static __always_inline void rtplane_count_rx(struct rtplane_leg *leg, struct sk_buff *skb,
					     struct rtplane_pkt *pkt, u64 now,
					     struct rtplane_notices *n)
{
	if (unlikely(!leg->rx_packets++))
		rtplane_first_packet(leg, skb, pkt, n);
	leg->rx_bytes += pkt->iplen;
	leg->last = now;
	if (likely(leg->dscp_first == pkt->tos >> 2))
		leg->dscp_first_count++;
	else
		rtplane_leg_dscp_seen(leg, pkt->tos >> 2);
	if (likely(pkt->kind == RTPLANE_KIND_RTP))
		rtplane_rtpstats_rx(&leg->rtp, pkt->payload, now);
	else if (pkt->kind == RTPLANE_KIND_RTCP)
		rtplane_count_rtcp(leg, skb, pkt, now, n);
}

static __always_inline int rtplane_leg_police(struct rtplane_leg *leg,
					      const struct rtplane_pkt *pkt, u64 now)
{
	enum rtplane_police_verdict verdict;

	if (!(leg->flags & RTPLANE_LEG_POLICED))
		return RTPLANE_ACCEPTED;
	verdict = rtplane_police(&leg->police, now, pkt->iplen);
	if (likely(verdict == RTPLANE_POLICE_OK))
		return RTPLANE_ACCEPTED;
	return verdict == RTPLANE_POLICE_PPS ? RTPLANE_DROP_PPS : RTPLANE_DROP_BPS;
}

/* The committed remote, compared with the headers as they stand. */
static __always_inline bool rtplane_from_remote(const struct rtplane_leg *leg,
						const struct sk_buff *skb, const bool v6)
{
	const struct udphdr *uh;

	if (v6) {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		uh = (const struct udphdr *)(ip6h + 1);
		if (!ipv6_addr_equal(&leg->remote.addr, &ip6h->saddr))
			return false;
	} else {
		const struct iphdr *iph = (const struct iphdr *)skb->data;

		uh = (const struct udphdr *)(iph + 1);
		if (leg->remote.w32[3] != iph->saddr)
			return false;
	}
	return leg->remote.port == uh->source && leg->latched;
}

/*
 * All that happens with the leg locked.
 *
 * Return: RTPLANE_ACCEPTED with the way out in @eg, or the &enum rtplane_drop
 * to count.
 */
static __always_inline int rtplane_leg_rx(struct rtplane_leg *leg, struct sk_buff *skb,
					  struct rtplane_pkt *pkt, struct rtplane_egress **eg,
					  struct rtplane_notices *n, const bool v6)
{
	u64 now = ktime_get_ns();
	int no;

	if (unlikely(!rtplane_from_remote(leg, skb, v6))) {
		rtplane_pkt_ends(skb, pkt);
		pkt->lo = skb->dev->flags & IFF_LOOPBACK;
		no = rtplane_latch(leg, pkt, now, rtplane_notices_begin(n));
		if (no != RTPLANE_ACCEPTED)
			return no;
	}
	no = rtplane_leg_police(leg, pkt, now);
	if (unlikely(no != RTPLANE_ACCEPTED))
		return no;
	rtplane_count_rx(leg, skb, pkt, now, n);
	no = rtplane_egress_get(leg, eg);
	if (unlikely(no != RTPLANE_ACCEPTED))
		return no;
	if (unlikely(pkt->ttl <= 1))
		return RTPLANE_DROP_TTL;
	pkt->tos_out = (pkt->tos & (*eg)->tos_keep) | (*eg)->tos_set;
	if (unlikely((*eg)->mapped))
		pkt->tos_out = rtplane_dscp_mapped(leg->peer->dscp_map, pkt->tos);
	leg->fwd_packets++;
	leg->fwd_bytes += rtplane_way_len(pkt, &(*eg)->way);
	leg->fwd_tos = pkt->tos_out;
	return RTPLANE_ACCEPTED;
}

/* A sane packet of a leg: forward it, or drop it and say why. */
static __always_inline unsigned int rtplane_relay(struct rtplane_dev *rd, struct rtplane_leg *leg,
						  struct sk_buff *skb, struct rtplane_pkt *pkt,
						  const bool v6)
{
	struct rtplane_notices n;
	struct rtplane_egress *eg;
	int no;

	n.any = false;
	spin_lock(&leg->lock);
	if (unlikely(!leg->peer)) {
		spin_unlock(&leg->lock);
		return rtplane_pass(rd, leg);
	}
	no = rtplane_leg_rx(leg, skb, pkt, &eg, &n, v6);
	if (unlikely(no != RTPLANE_ACCEPTED))
		leg->drops[no]++;
	spin_unlock(&leg->lock);

	if (unlikely(n.any))
		rtplane_notices_send(leg, &n);
	if (unlikely(no != RTPLANE_ACCEPTED))
		return NF_DROP;
	rtplane_xmit(leg, skb, pkt, eg, v6);
	return NF_STOLEN;
}

/**
 * rtplane_split() - take a train of packets apart
 * @skb: what GRO or a local sender made one buffer of, data at the IP header
 *
 * Each packet comes by the hook again, alone.
 *
 * Return: whether that was done; if not, the buffer is as it was.
 */
bool rtplane_split(struct sk_buff *skb)
{
	struct sk_buff *segs, *seg, *next;

	if (skb_shared(skb))
		return false;
	__skb_push(skb, skb->mac_len);
	segs = skb_gso_segment(skb, 0);
	__skb_pull(skb, skb->mac_len);
	if (IS_ERR_OR_NULL(segs))
		return false;
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		__skb_pull(seg, seg->mac_len);
		netif_receive_skb(seg);
	}
	return true;
}

/* What the demultiplexer leaves to others: the verdict, or RTPLANE_ACCEPTED. */
static int rtplane_not_media(struct rtplane_dev *rd, struct rtplane_leg *leg,
			     struct rtplane_pkt *pkt)
{
	u8 flags = READ_ONCE(leg->flags);

	if (flags & RTPLANE_LEG_ANY && !rtplane_demux_proof(pkt->payload, pkt->paylen))
		pkt->kind = RTPLANE_KIND_UNKNOWN;
	if (pkt->kind == RTPLANE_KIND_STACK)
		return rtplane_pass(rd, leg);
	if (flags & RTPLANE_LEG_ANY)
		return RTPLANE_ACCEPTED;
	if (!(flags & RTPLANE_LEG_DROP))
		return rtplane_pass(rd, leg);
	rtplane_count_drop(leg, RTPLANE_DROP_UNKNOWN);
	return NF_DROP;
}

static __always_inline unsigned int rtplane_rx_media(struct rtplane_dev *rd,
						     struct rtplane_leg *leg,
						     struct sk_buff *skb,
						     struct rtplane_pkt *pkt, const bool v6)
{
	int no = rtplane_sane(skb, pkt, v6);

	if (unlikely(no != RTPLANE_ACCEPTED)) {
		rtplane_count_drop(leg, no);
		return NF_DROP;
	}
	return rtplane_relay(rd, leg, skb, pkt, v6);
}

/* Somebody else holds the buffer too (pktgen): go on with a copy of its head.
 * A copy that turns out to be the stack's, because the leg has just been
 * removed, is lost.
 */
static noinline unsigned int rtplane_rx_shared(struct rtplane_dev *rd, struct rtplane_leg *leg,
					       struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	unsigned int verdict;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		rtplane_count_drop(leg, RTPLANE_DROP_NOMEM);
		return NF_STOLEN;
	}
	pkt->payload = (u8 *)(rtplane_udp(skb, pkt) + 1);
	verdict = pkt->v6 ? rtplane_rx_media(rd, leg, skb, pkt, true) :
			    rtplane_rx_media(rd, leg, skb, pkt, false);
	if (verdict != NF_STOLEN)
		kfree_skb(skb);
	return NF_STOLEN;
}

/* The packet is a leg's.  @pkt has lengths, TOS and TTL. */
static __always_inline unsigned int rtplane_rx(struct rtplane_dev *rd, struct rtplane_leg *leg,
					       struct sk_buff *skb, struct rtplane_pkt *pkt,
					       const bool v6)
{
	unsigned int look = pkt->hdrlen + sizeof(struct udphdr) +
			    min_t(unsigned int, pkt->paylen, RTPLANE_RTP_HDRLEN);
	int verdict;

	if (unlikely(skb_is_gso(skb)))
		return rtplane_split(skb) ? NF_STOLEN : rtplane_pass(rd, leg);
	if (unlikely(!pskb_may_pull(skb, look)))
		return rtplane_pass(rd, leg);
	pkt->payload = skb->data + pkt->hdrlen + sizeof(struct udphdr);
	pkt->kind = rtplane_demux(pkt->payload, pkt->paylen);
	if (unlikely(pkt->kind >= RTPLANE_KIND_STACK)) {
		verdict = rtplane_not_media(rd, leg, pkt);
		if (verdict != RTPLANE_ACCEPTED)
			return verdict;
	}
	if (unlikely(skb_shared(skb)))
		return rtplane_rx_shared(rd, leg, skb, pkt);
	return rtplane_rx_media(rd, leg, skb, pkt, v6);
}

/* Lengths as ip_rcv() wants them; a datagram shorter than its packet is odd
 * enough to be the stack's.
 */
static __always_inline bool rtplane_lengths(const struct sk_buff *skb, struct rtplane_pkt *pkt,
					    const struct udphdr *uh)
{
	pkt->paylen = ntohs(uh->len) - sizeof(struct udphdr);
	return pkt->iplen <= skb->len && ntohs(uh->len) >= sizeof(struct udphdr) &&
	       pkt->hdrlen + ntohs(uh->len) == pkt->iplen;
}

/* Not plain UDP: only natmaps have a use for some of it. */
static unsigned int rtplane_not_udp(struct rtplane_dev *rd, struct sk_buff *skb)
{
	return READ_ONCE(rd->rn->nr_natmaps) ? rtplane_nat_other(rd->rn, skb) : NF_ACCEPT;
}

static unsigned int rtplane_no_leg(struct rtplane_dev *rd, struct sk_buff *skb,
				   struct rtplane_pkt *pkt)
{
	if (!READ_ONCE(rd->rn->nr_natmaps))
		return NF_ACCEPT;
	rtplane_pkt_ends(skb, pkt);
	return rtplane_nat_udp(rd->rn, skb, pkt);
}

static __always_inline unsigned int rtplane_ingress4(struct rtplane_dev *rd, struct sk_buff *skb)
{
	const struct udphdr *uh;
	const struct iphdr *iph;
	struct rtplane_pkt pkt;
	struct rtplane_leg *leg;

	/* The last fragment of a packet may be this short. */
	if (unlikely(!pskb_may_pull(skb, sizeof(*iph) + sizeof(*uh))))
		return pskb_may_pull(skb, sizeof(*iph)) ? rtplane_not_udp(rd, skb) : NF_ACCEPT;
	iph = (const struct iphdr *)skb->data;
	if (iph->protocol != IPPROTO_UDP || *(u8 *)iph != 0x45 ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET))
		return rtplane_not_udp(rd, skb);
	uh = (const struct udphdr *)(iph + 1);
	leg = rtplane_table_find4(rd->rn, iph->daddr, uh->dest);
	pkt.v6 = false;
	pkt.hdrlen = sizeof(*iph);
	pkt.iplen = ntohs(iph->tot_len);
	pkt.tos = iph->tos;
	pkt.ttl = iph->ttl;
	if (!leg)
		return rtplane_no_leg(rd, skb, &pkt);
	this_cpu_inc(rd->stats->rx_packets);
	if (unlikely(!rtplane_lengths(skb, &pkt, uh)))
		return rtplane_pass(rd, leg);
	return rtplane_rx(rd, leg, skb, &pkt, false);
}

static __always_inline unsigned int rtplane_ingress6(struct rtplane_dev *rd, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	struct rtplane_pkt pkt;
	struct rtplane_leg *leg;

	if (unlikely(!pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*uh))))
		return NF_ACCEPT;
	ip6h = (const struct ipv6hdr *)skb->data;
	if (ip6h->nexthdr != IPPROTO_UDP || ip6h->version != 6)
		return rtplane_not_udp(rd, skb);
	uh = (const struct udphdr *)(ip6h + 1);
	leg = rtplane_table_find6(rd->rn, &ip6h->daddr, uh->dest);
	pkt.v6 = true;
	pkt.hdrlen = sizeof(*ip6h);
	pkt.iplen = ntohs(ip6h->payload_len) + sizeof(*ip6h);
	pkt.tos = ipv6_get_dsfield(ip6h);
	pkt.ttl = ip6h->hop_limit;
	if (!leg)
		return rtplane_no_leg(rd, skb, &pkt);
	this_cpu_inc(rd->stats->rx_packets);
	if (unlikely(!rtplane_lengths(skb, &pkt, uh)))
		return rtplane_pass(rd, leg);
	return rtplane_rx(rd, leg, skb, &pkt, true);
}

/* A packet for another MAC address, or with a VLAN tag whose device is still to
 * come, is not for us.
 */
static unsigned int rtplane_ingress(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct rtplane_dev *rd = priv;

	if (skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return rtplane_ingress4(rd, skb);
	case htons(ETH_P_IPV6):
		return rtplane_ingress6(rd, skb);
	default:
		return NF_ACCEPT;
	}
}

/**
 * rtplane_dev_find() - is this device enrolled?
 * @rn: namespace, @rn->lock held
 * @dev: device
 */
struct rtplane_dev *rtplane_dev_find(struct rtplane_net *rn, const struct net_device *dev)
{
	struct rtplane_dev *rd;

	lockdep_assert_held(&rn->lock);
	list_for_each_entry(rd, &rn->devs, list) {
		if (rd->dev == dev)
			return rd;
	}
	return NULL;
}

static void rtplane_dev_free(struct rcu_head *rcu)
{
	struct rtplane_dev *rd = container_of(rcu, struct rtplane_dev, rcu);

	free_percpu(rd->stats);
	kfree(rd);
}

/**
 * rtplane_dev_add() - enrol a device
 * @rn: namespace, @rn->lock held, RTNL held around it
 * @dev: device of that namespace, registered
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int rtplane_dev_add(struct rtplane_net *rn, struct net_device *dev)
{
	struct rtplane_dev *rd;
	int err;

	ASSERT_RTNL();
	if (rtplane_dev_find(rn, dev))
		return -EEXIST;
	rd = kzalloc(sizeof(*rd), GFP_KERNEL);
	if (!rd)
		return -ENOMEM;
	rd->stats = alloc_percpu(struct rtplane_dev_stats);
	if (!rd->stats) {
		kfree(rd);
		return -ENOMEM;
	}
	rd->rn = rn;
	rd->dev = dev;
	rd->hook.hook = rtplane_ingress;
	rd->hook.priv = rd;
	rd->hook.dev = dev;
	rd->hook.pf = NFPROTO_NETDEV;
	rd->hook.hooknum = NF_NETDEV_INGRESS;
	rd->hook.priority = RTPLANE_HOOK_PRIORITY;
	err = nf_register_net_hook(rn->net, &rd->hook);
	if (err) {
		free_percpu(rd->stats);
		kfree(rd);
		return err;
	}
	list_add_tail(&rd->list, &rn->devs);
	rn->nr_devs++;
	return 0;
}

/**
 * rtplane_dev_del() - withdraw a device
 * @rd: enrolled device; its namespace's mutex is held, and the device has not
 *	left the namespace yet
 *
 * A packet may be in the hook until a grace period has passed.
 */
void rtplane_dev_del(struct rtplane_dev *rd)
{
	lockdep_assert_held(&rd->rn->lock);
	list_del(&rd->list);
	rd->rn->nr_devs--;
	nf_unregister_net_hook(rd->rn->net, &rd->hook);
	call_rcu(&rd->rcu, rtplane_dev_free);
}

/* Sum of all CPUs. */
void rtplane_dev_sum(const struct rtplane_dev *rd, struct rtplane_dev_stats *sum)
{
	int cpu;

	*sum = (struct rtplane_dev_stats) {};
	for_each_possible_cpu(cpu) {
		const struct rtplane_dev_stats *s = per_cpu_ptr(rd->stats, cpu);

		sum->rx_packets += READ_ONCE(s->rx_packets);
		sum->passed += READ_ONCE(s->passed);
	}
}
