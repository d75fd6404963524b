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
#include <net/dsfield.h>

#include "compat.h"
#include "ingress.h"
#include "latency.h"
#include "natmap.h"
#include "pkt.h"
#include "relay.h"
#include "table.h"
#include "usual.h"

static void rtplane_count_drop(struct rtplane_leg *leg, enum rtplane_drop why)
{
	spin_lock(&leg->lock);
	rtplane_leg_dropped(leg, why);
	spin_unlock(&leg->lock);
}

static unsigned int rtplane_pass(struct rtplane_dev *rd, struct rtplane_leg *leg)
{
	struct rtplane_leg_detail *d;

	spin_lock(&leg->lock);
	d = rtplane_leg_detail(leg);
	if (d)
		d->passed++;
	spin_unlock(&leg->lock);
	this_cpu_inc(rd->stats->passed);
	return NF_ACCEPT;
}

/*
 * Fit to be relayed?  The buffer may be trimmed to the IP packet.
 *
 * Return: RTPLANE_ACCEPTED or the &enum rtplane_drop to count.
 */
static int rtplane_sane(struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	if (pkt->paylen < rtplane_demux_need(pkt->kind, pkt->payload))
		return RTPLANE_DROP_MALFORMED;
	/* Ethernet pads what is short. */
	if (skb->len > pkt->iplen) {
		if (pskb_trim_rcsum(skb, pkt->iplen))
			return RTPLANE_DROP_NOMEM;
		/* What somebody else holds a clone of has got another head. */
		pkt->payload = (u8 *)(rtplane_udp(skb, pkt) + 1);
	}
	return rtplane_csum_ok(skb, pkt->v6) ? RTPLANE_ACCEPTED : RTPLANE_DROP_CHECKSUM;
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

static unsigned int rtplane_rx_media(struct rtplane_dev *rd, struct rtplane_leg *leg,
				     struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	int no = rtplane_sane(skb, pkt);
	unsigned int verdict;

	if (no != RTPLANE_ACCEPTED) {
		rtplane_count_drop(leg, no);
		return NF_DROP;
	}
	verdict = rtplane_relay(leg, skb, pkt);
	return verdict == NF_ACCEPT ? rtplane_pass(rd, leg) : verdict;
}

/* Somebody else holds the buffer too (pktgen): go on with a copy of its head.
 * A copy that turns out to be the stack's, because the leg has just been
 * removed, is lost.
 */
static unsigned int rtplane_rx_shared(struct rtplane_dev *rd, struct rtplane_leg *leg,
				      struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	unsigned int verdict;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		rtplane_count_drop(leg, RTPLANE_DROP_NOMEM);
		return NF_STOLEN;
	}
	pkt->payload = (u8 *)(rtplane_udp(skb, pkt) + 1);
	verdict = rtplane_rx_media(rd, leg, skb, pkt);
	if (verdict != NF_STOLEN)
		kfree_skb(skb);
	return NF_STOLEN;
}

/* Lengths as ip_rcv() wants them; a datagram shorter than its packet is odd
 * enough to be the stack's.
 */
static bool rtplane_lengths(const struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	unsigned int len = ntohs(rtplane_udp(skb, pkt)->len);

	pkt->paylen = len - sizeof(struct udphdr);
	return pkt->iplen <= skb->len && len >= sizeof(struct udphdr) &&
	       pkt->hdrlen + len == pkt->iplen;
}

/* A packet of a leg that is not a usual one, or may not be. */
static noinline unsigned int rtplane_rx(struct rtplane_dev *rd, struct rtplane_leg *leg,
					struct sk_buff *skb)
{
	struct rtplane_pkt pkt;
	unsigned int look;
	int verdict;

	rtplane_pkt_read(skb, &pkt);
	if (!rtplane_lengths(skb, &pkt))
		return rtplane_pass(rd, leg);
	if (skb_is_gso(skb))
		return rtplane_split(skb) ? NF_STOLEN : rtplane_pass(rd, leg);
	look = min_t(unsigned int, pkt.paylen, RTPLANE_RTP_HDRLEN);
	if (!pskb_may_pull(skb, pkt.hdrlen + sizeof(struct udphdr) + look))
		return rtplane_pass(rd, leg);
	pkt.payload = skb->data + pkt.hdrlen + sizeof(struct udphdr);
	pkt.kind = rtplane_demux(pkt.payload, pkt.paylen);
	/* What is too short to be RTP may be something else. */
	if (READ_ONCE(leg->flags) & RTPLANE_LEG_ANY &&
	    pkt.paylen < rtplane_demux_need(pkt.kind, pkt.payload))
		pkt.kind = RTPLANE_KIND_UNKNOWN;
	if (pkt.kind >= RTPLANE_KIND_STACK) {
		verdict = rtplane_not_media(rd, leg, &pkt);
		if (verdict != RTPLANE_ACCEPTED)
			return verdict;
	}
	if (skb_shared(skb))
		return rtplane_rx_shared(rd, leg, skb, &pkt);
	return rtplane_rx_media(rd, leg, skb, &pkt);
}

/* Not plain UDP: only natmaps have a use for some of it. */
static unsigned int rtplane_not_udp(struct rtplane_dev *rd, struct sk_buff *skb)
{
	const struct rtplane_nat_table *nat = rcu_dereference(rd->rn->nat);

	return nat ? rtplane_nat_other(nat, skb) : NF_ACCEPT;
}

static __always_inline unsigned int rtplane_no_leg(struct rtplane_dev *rd, struct sk_buff *skb,
						   const bool v6)
{
	const struct rtplane_nat_table *nat = rcu_dereference(rd->rn->nat);

	if (!nat)
		return NF_ACCEPT;
	return v6 ? rtplane_nat_udp6(nat, skb) : rtplane_nat_udp4(nat, skb);
}

static __always_inline unsigned int rtplane_ingress4(struct rtplane_dev *rd, struct sk_buff *skb)
{
	unsigned int headlen = skb_headlen(skb);
	const struct udphdr *uh;
	const struct iphdr *iph;
	struct rtplane_leg *leg;
	int verdict;

	if (unlikely(headlen < sizeof(*iph) + sizeof(*uh))) {
		/* The last fragment of a packet may be this short. */
		if (!pskb_may_pull(skb, sizeof(*iph) + sizeof(*uh)))
			return pskb_may_pull(skb, sizeof(*iph)) ? rtplane_not_udp(rd, skb) :
								  NF_ACCEPT;
		headlen = skb_headlen(skb);
	}
	iph = (const struct iphdr *)skb->data;
	if (iph->protocol != IPPROTO_UDP || *(u8 *)iph != 0x45 ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET))
		return rtplane_not_udp(rd, skb);
	uh = (const struct udphdr *)(iph + 1);
	leg = rtplane_table_find4(rd->rn, iph->daddr, uh->dest);
	if (!leg)
		return rtplane_no_leg(rd, skb, false);
	this_cpu_inc(rd->stats->rx_packets);
	verdict = rtplane_usual(leg, skb, headlen, false);
	return likely(verdict != RTPLANE_UNUSUAL) ? verdict : rtplane_rx(rd, leg, skb);
}

static __always_inline unsigned int rtplane_ingress6(struct rtplane_dev *rd, struct sk_buff *skb)
{
	unsigned int headlen = skb_headlen(skb);
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	struct rtplane_leg *leg;
	int verdict;

	if (unlikely(headlen < sizeof(*ip6h) + sizeof(*uh))) {
		if (!pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*uh)))
			return NF_ACCEPT;
		headlen = skb_headlen(skb);
	}
	ip6h = (const struct ipv6hdr *)skb->data;
	if (ip6h->nexthdr != IPPROTO_UDP || ip6h->version != 6)
		return rtplane_not_udp(rd, skb);
	uh = (const struct udphdr *)(ip6h + 1);
	leg = rtplane_table_find6(rd->rn, &ip6h->daddr, uh->dest);
	if (!leg)
		return rtplane_no_leg(rd, skb, true);
	this_cpu_inc(rd->stats->rx_packets);
	verdict = rtplane_usual(leg, skb, headlen, true);
	return likely(verdict != RTPLANE_UNUSUAL) ? verdict : rtplane_rx(rd, leg, skb);
}

/* A tag that has a priority and no VLAN (802.1p, VID 0) is as none, as it is to the
 * stack, unless somebody has made a device for it.
 */
static noinline bool rtplane_priority_tag(struct sk_buff *skb)
{
	if (skb_vlan_tag_get_id(skb) || skb_shared(skb) ||
	    (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6)) ||
	    __vlan_find_dev_deep_rcu(skb->dev, skb->vlan_proto, 0))
		return false;
	__vlan_hwaccel_clear_tag(skb);
	return true;
}

/* A packet for another MAC address, or with a VLAN tag whose device is still to
 * come, is not for us.
 */
static __always_inline unsigned int rtplane_hook(struct rtplane_dev *rd, struct sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST)
		return NF_ACCEPT;
	if (skb_vlan_tag_present(skb) && !rtplane_priority_tag(skb))
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

static noinline unsigned int rtplane_hook_timed(struct rtplane_dev *rd, struct sk_buff *skb)
{
	u64 start = ktime_get_ns();
	unsigned int verdict = rtplane_hook(rd, skb);

	if (verdict == NF_STOLEN)
		rtplane_latency_add(ktime_get_ns() - start);
	return verdict;
}

static unsigned int rtplane_ingress(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	if (static_branch_unlikely(&rtplane_latency_on))
		return rtplane_hook_timed(priv, skb);
	return rtplane_hook(priv, skb);
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
	rn->seq++;
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
	rd->rn->seq++;
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
