// SPDX-License-Identifier: GPL-2.0
/*
 * Does the device by which a packet came lead to where it says it is from?
 *
 * Source addresses can be forged, and we look at packets before the stack's own
 * reverse-path check.  So a source is committed only if that check would let its
 * packet in, and after that its packets are to come by the same device.  All of
 * this is asked at a commit or when another device turns up, never of a usual
 * packet, which compares two numbers.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>

#include "compat.h"
#include "device.h"
#include "net.h"

/* What comes by lo was let in when it was sent. */
static bool by_loopback(const struct sk_buff *skb)
{
	return skb->dev->flags & IFF_LOOPBACK;
}

/* The device whose packet it is for the stack: routes lead by a bond or bridge, not by
 * its ports, on which our hook may be.
 */
static struct net_device *device_of(struct net_device *dev)
{
	struct net_device *master = netdev_master_upper_dev_get_rcu(dev);

	return master && !netif_is_l3_master(master) ? master : dev;
}

/* Some route to the source leads by the device: as the stack's strict check asks. */
static bool leads_back4(const struct rtplane_leg *leg, const struct net_device *dev,
			const struct rtplane_pkt *pkt)
{
	struct flowi4 fl4 = {
		.flowi4_iif = LOOPBACK_IFINDEX,
		.flowi4_l3mdev = l3mdev_master_ifindex_rcu(dev),
		.flowi4_mark = leg->mark,
		.flowi4_proto = IPPROTO_UDP,
		.daddr = pkt->src.w32[3],
		.saddr = pkt->dst.w32[3],
		.fl4_sport = pkt->dst.port,
		.fl4_dport = pkt->src.port,
	};
	struct fib_result res;

	if (fib_lookup(dev_net(dev), &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE) ||
	    res.type != RTN_UNICAST)
		return false;
	return fib_info_nh_uses_dev(res.fi, dev);
}

/* Bits of the route by which the source is reached, by @oif or whatever device there
 * is (0), or -1; @by: that device.
 */
static int route6(const struct rtplane_leg *leg, struct net *net, int oif,
		  const struct rtplane_pkt *pkt, const struct net_device **by)
{
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_mark = leg->mark,
		.flowi6_proto = IPPROTO_UDP,
		.saddr = pkt->dst.addr,
		.daddr = pkt->src.addr,
		.fl6_sport = pkt->dst.port,
		.fl6_dport = pkt->src.port,
	};
	struct dst_entry *dst = rtplane_dst_lookup6(net, &fl6);
	const struct fib6_info *from;
	int bits = -1;

	if (IS_ERR(dst))
		return -1;
	from = rcu_dereference(dst_rt6_info(dst)->from);
	if (!dst->error && from)
		bits = from->fib6_dst.plen;
	*by = dst->dev;
	dst_release(dst);
	return bits;
}

/* The route to the source leads by the device, or another route of as many bits does:
 * IPv6 chooses one of several by the flow.
 */
static bool leads_back6(const struct rtplane_leg *leg, const struct net_device *dev,
			const struct rtplane_pkt *pkt)
{
	const struct net_device *by = NULL;
	struct net *net = dev_net(dev);
	int bits;

	bits = route6(leg, net, l3mdev_master_ifindex_rcu(dev), pkt, &by);
	if (bits < 0 || by == dev)
		return bits >= 0;
	return route6(leg, net, dev->ifindex, pkt, &by) == bits && by == dev;
}

static bool leads_back(const struct rtplane_leg *leg, struct net_device *dev,
		       const struct rtplane_pkt *pkt)
{
	dev = device_of(dev);
	if (!pkt->v6)
		return leads_back4(leg, dev, pkt);
	/* Every device leads to link-local addresses. */
	return !(ipv6_addr_type(&pkt->src.addr) & IPV6_ADDR_LINKLOCAL) &&
	       leads_back6(leg, dev, pkt);
}

/**
 * rtplane_device_commits() - would the stack let this packet in from where it came?
 * @skb: packet as received
 * @pkt: the same
 *
 * That is rp_filter, of IPv4 alone: the stack has none for IPv6.
 *
 * Context: softirq; does not sleep.
 */
bool rtplane_device_commits(struct sk_buff *skb, const struct rtplane_pkt *pkt)
{
	struct net_device *dev = skb->dev;
	bool ok;

	if (pkt->v6 || by_loopback(skb))
		return true;
	skb_dst_drop(skb);
	skb->dev = device_of(dev);
	ok = !rtplane_route_foreign(rtplane_route_input(skb, ip_hdr(skb)));
	skb->dev = dev;
	skb_dst_drop(skb);
	return ok;
}

/**
 * rtplane_device_learn() - from now on the remote comes by this device
 * @leg: leg, locked
 * @skb: packet of the remote
 * @pkt: the same
 */
void rtplane_device_learn(struct rtplane_leg *leg, const struct sk_buff *skb,
			  const struct rtplane_pkt *pkt)
{
	lockdep_assert_held(&leg->lock);
	leg->iif = skb->skb_iif;
	leg->iif_leads = !by_loopback(skb) && leads_back(leg, skb->dev, pkt);
}

static bool same_master(struct net_device *a, struct net_device *b)
{
	struct net_device *master = netdev_master_upper_dev_get_rcu(a);

	return master && master == netdev_master_upper_dev_get_rcu(b);
}

/**
 * rtplane_device_permits() - may the remote's packets come by this device too?
 * @leg: leg, locked; it has a remote, whose device is another or not known
 * @skb: packet with the remote's address
 * @pkt: the same
 *
 * Yes, if nobody came before; if the two devices are ports of one bond, bridge or
 * VRF; if the former is gone; or if routes that led by the former one, so that they
 * can tell who is forged, lead by this one (several paths, or a new one).
 *
 * Context: softirq, RCU read side; does not sleep.
 */
bool rtplane_device_permits(struct rtplane_leg *leg, struct sk_buff *skb,
			    const struct rtplane_pkt *pkt)
{
	struct net_device *was;
	bool ok;

	lockdep_assert_held(&leg->lock);
	was = leg->iif ? dev_get_by_index_rcu(leg->rn->net, leg->iif) : NULL;
	if (!was)
		ok = rtplane_device_commits(skb, pkt);
	else if (same_master(was, skb->dev))
		ok = true;
	else
		ok = leg->iif_leads && leads_back(leg, skb->dev, pkt);
	if (ok)
		rtplane_device_learn(leg, skb, pkt);
	return ok;
}
