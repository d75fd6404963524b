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

#include "call.h"
#include "compat.h"
#include "gso.h"
#include "ingress.h"
#include "latency.h"
#include "naticmp.h"
#include "natpkt.h"
#include "relay.h"
#include "scan.h"
#include "table.h"

static rtplane_each handle_part;

/* What becomes of a packet of a leg that was not simply taken.  A part of a train that
 * is the stack's is counted when it comes by as a packet of its own.
 */
static noinline unsigned int leg_verdict(struct rtplane_dev *rd, struct rtplane_leg *leg,
					 struct sk_buff *skb, struct rtplane_verdict v, bool part)
{
	struct rtplane_leg_detail *d;

	if (rtplane_fate_of(v) == RTPLANE_DROPPED) {
		this_cpu_inc(rd->stats->rx_packets);
		return NF_DROP;
	}
	if (rtplane_fate_of(v) == RTPLANE_TRAIN && rtplane_gso_each(skb, handle_part, rd))
		return NF_STOLEN;
	if (part)
		return NF_ACCEPT;
	spin_lock(&leg->lock);
	d = rtplane_leg_detail(leg);
	if (d)
		d->passed++;
	spin_unlock(&leg->lock);
	this_cpu_inc(rd->stats->rx_packets);
	this_cpu_inc(rd->stats->passed);
	return NF_ACCEPT;
}

/* The same for a natmap's, which counts its own. */
static unsigned int nat_verdict(struct rtplane_dev *rd, struct sk_buff *skb,
				struct rtplane_verdict v)
{
	switch (rtplane_fate_of(v)) {
	case RTPLANE_TAKEN:
		return NF_STOLEN;
	case RTPLANE_DROPPED:
		return NF_DROP;
	case RTPLANE_TRAIN:
		return rtplane_gso_each(skb, handle_part, rd) ? NF_STOLEN : NF_ACCEPT;
	case RTPLANE_FRAGMENT:
		rtplane_gso_defrag(skb, handle_part, rd);
		return NF_STOLEN;
	default:
		return NF_ACCEPT;
	}
}

/* Nobody's here: does its source try one port after the other? */
static __always_inline unsigned int nobodys(struct rtplane_dev *rd, const struct sk_buff *skb)
{
	struct rtplane_scan *scan = rcu_dereference(rd->rn->scan);

	if (scan)
		rtplane_scan_see(rd->rn, scan, skb);
	return NF_ACCEPT;
}

/* Not plain UDP: only natmaps have a use for some of it. */
static unsigned int not_udp(struct rtplane_dev *rd, struct sk_buff *skb)
{
	const struct rtplane_nat_table *nat = rcu_dereference(rd->rn->nat);
	unsigned int verdict = NF_ACCEPT;

	if (nat)
		verdict = nat_verdict(rd, skb, rtplane_nat_other(nat, skb));
	return verdict == NF_ACCEPT ? nobodys(rd, skb) : verdict;
}

static struct rtplane_leg *find_call4(struct rtplane_net *rn, const struct iphdr *iph)
{
	const struct udphdr *uh = (const struct udphdr *)(iph + 1);
	struct rtplane_ep local, remote;

	rtplane_ep_set4(&local, iph->daddr, uh->dest);
	rtplane_ep_set4(&remote, iph->saddr, uh->source);
	return rtplane_call_find(rn, &local, &remote);
}

static struct rtplane_leg *find_call6(struct rtplane_net *rn, const struct ipv6hdr *ip6h)
{
	const struct udphdr *uh = (const struct udphdr *)(ip6h + 1);
	struct rtplane_ep local, remote;

	rtplane_ep_set6(&local, &ip6h->daddr, uh->dest);
	rtplane_ep_set6(&remote, &ip6h->saddr, uh->source);
	return rtplane_call_find(rn, &local, &remote);
}

static __always_inline unsigned int no_leg(struct rtplane_dev *rd, struct sk_buff *skb,
					   const bool v6)
{
	const struct rtplane_nat_table *nat = rcu_dereference(rd->rn->nat);
	unsigned int verdict;

	if (!nat)
		return nobodys(rd, skb);
	verdict = nat_verdict(rd, skb,
			      v6 ? rtplane_nat_udp6(nat, skb) : rtplane_nat_udp4(nat, skb));
	return verdict == NF_ACCEPT ? nobodys(rd, skb) : verdict;
}

/* What no leg has for itself alone may be a call's that shares its port with others. */
static noinline unsigned int of_call(struct rtplane_dev *rd, struct sk_buff *skb,
				     unsigned int headlen, const bool part, const bool v6)
{
	struct rtplane_leg *leg;
	struct rtplane_verdict v;

	leg = v6 ? find_call6(rd->rn, (const struct ipv6hdr *)skb->data) :
		   find_call4(rd->rn, (const struct iphdr *)skb->data);
	if (!leg)
		return no_leg(rd, skb, v6);
	v = v6 ? rtplane_relay6(leg, skb, headlen) : rtplane_relay4(leg, skb, headlen);
	if (unlikely(rtplane_fate_of(v) != RTPLANE_TAKEN))
		return leg_verdict(rd, leg, skb, v, part);
	this_cpu_inc(rd->stats->rx_packets);
	return NF_STOLEN;
}

static __always_inline unsigned int ingress4(struct rtplane_dev *rd, struct sk_buff *skb,
					     const bool part)
{
	unsigned int headlen = skb_headlen(skb);
	const struct udphdr *uh;
	const struct iphdr *iph;
	struct rtplane_leg *leg;
	struct rtplane_verdict v;

	if (unlikely(headlen < sizeof(*iph) + sizeof(*uh))) {
		/* Nobody pulls in a buffer that others hold too (pktgen). */
		if (skb_shared(skb))
			return NF_ACCEPT;
		/* The last fragment of a packet may be this short. */
		if (!pskb_may_pull(skb, sizeof(*iph) + sizeof(*uh)))
			return pskb_may_pull(skb, sizeof(*iph)) ? not_udp(rd, skb) : NF_ACCEPT;
		headlen = skb_headlen(skb);
	}
	iph = (const struct iphdr *)skb->data;
	if (iph->protocol != IPPROTO_UDP || *(u8 *)iph != 0x45 ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET))
		return not_udp(rd, skb);
	uh = (const struct udphdr *)(iph + 1);
	leg = rtplane_table_find4(rd->rn, iph->daddr, uh->dest);
	if (!leg)
		return unlikely(rcu_access_pointer(rd->rn->calls)) ?
		       of_call(rd, skb, headlen, part, false) : no_leg(rd, skb, false);
	v = rtplane_relay4(leg, skb, headlen);
	if (unlikely(rtplane_fate_of(v) != RTPLANE_TAKEN))
		return leg_verdict(rd, leg, skb, v, part);
	this_cpu_inc(rd->stats->rx_packets);
	return NF_STOLEN;
}

static __always_inline unsigned int ingress6(struct rtplane_dev *rd, struct sk_buff *skb,
					     const bool part)
{
	unsigned int headlen = skb_headlen(skb);
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	struct rtplane_leg *leg;
	struct rtplane_verdict v;

	if (unlikely(headlen < sizeof(*ip6h) + sizeof(*uh))) {
		if (skb_shared(skb) || !pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*uh)))
			return NF_ACCEPT;
		headlen = skb_headlen(skb);
	}
	ip6h = (const struct ipv6hdr *)skb->data;
	if (ip6h->nexthdr != IPPROTO_UDP || ip6h->version != 6)
		return not_udp(rd, skb);
	uh = (const struct udphdr *)(ip6h + 1);
	leg = rtplane_table_find6(rd->rn, &ip6h->daddr, uh->dest);
	if (!leg)
		return unlikely(rcu_access_pointer(rd->rn->calls)) ?
		       of_call(rd, skb, headlen, part, true) : no_leg(rd, skb, true);
	v = rtplane_relay6(leg, skb, headlen);
	if (unlikely(rtplane_fate_of(v) != RTPLANE_TAKEN))
		return leg_verdict(rd, leg, skb, v, part);
	this_cpu_inc(rd->stats->rx_packets);
	return NF_STOLEN;
}

static unsigned int handle_part(void *arg, struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? ingress4(arg, skb, true) :
						  ingress6(arg, skb, true);
}

/* A tag that has a priority and no VLAN (802.1p, VID 0) is as none, as it is to the
 * stack, unless somebody has made a device for it.
 */
static bool priority_tag(const struct sk_buff *skb)
{
	if (skb_vlan_tag_get_id(skb) || skb_shared(skb) ||
	    (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6)) ||
	    __vlan_find_dev_deep_rcu(skb->dev, skb->vlan_proto, 0))
		return false;
	return true;
}

static __always_inline unsigned int hook_plain(struct rtplane_dev *rd, struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return ingress4(rd, skb, false);
	case htons(ETH_P_IPV6):
		return ingress6(rd, skb, false);
	default:
		return NF_ACCEPT;
	}
}

/* With the tag off, as the stack would have it; on again for whoever comes after us. */
static noinline unsigned int hook_tagged(struct rtplane_dev *rd, struct sk_buff *skb)
{
	__be16 proto = skb->vlan_proto;
	u16 tci = skb_vlan_tag_get(skb);
	unsigned int verdict;

	if (!priority_tag(skb))
		return NF_ACCEPT;
	__vlan_hwaccel_clear_tag(skb);
	verdict = hook_plain(rd, skb);
	if (verdict == NF_ACCEPT)
		__vlan_hwaccel_put_tag(skb, proto, tci);
	return verdict;
}

/* A packet for another MAC address, or with a VLAN tag whose device is still to
 * come, is not for us.
 */
static __always_inline unsigned int hook(struct rtplane_dev *rd, struct sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST)
		return NF_ACCEPT;
	if (unlikely(skb_vlan_tag_present(skb)))
		return hook_tagged(rd, skb);
	return hook_plain(rd, skb);
}

static noinline unsigned int hook_timed(struct rtplane_dev *rd, struct sk_buff *skb)
{
	u64 start = ktime_get_ns();
	unsigned int verdict = hook(rd, skb);

	if (verdict == NF_STOLEN)
		rtplane_latency_add(ktime_get_ns() - start);
	return verdict;
}

static unsigned int ingress(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (static_branch_unlikely(&rtplane_latency_on))
		return hook_timed(priv, skb);
	return hook(priv, skb);
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

static void dev_free(struct rcu_head *rcu)
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
	rd->hook.hook = ingress;
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
	call_rcu(&rd->rcu, dev_free);
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
