// SPDX-License-Identifier: GPL-2.0
/* A way out: route and neighbour are looked up once; a packet goes straight to
 * the queue of its device.
 */
#include <linux/icmpv6.h>
#include <linux/netdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/route.h>

#include "compat.h"
#include "net.h"
#include "way.h"

/* net.ipv4.route.min_pmtu, unless somebody lowers it: less is learned from nobody. */
#define RTPLANE_MIN_PMTU	552

static struct dst_entry *look_up4(struct net *net, struct flowi4 *fl4)
{
	struct rtable *rt = ip_route_output_flow(net, fl4, NULL);

	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-EACCES);
	}
	return &rt->dst;
}

static struct dst_entry *look_up(struct net *net, const struct rtplane_ep *src,
				 const struct rtplane_ep *to, u32 oif, u32 mark, u8 flags)
{
	struct flowi4 fl4 = {
		.flowi4_oif = oif,
		.flowi4_mark = mark,
		.flowi4_proto = IPPROTO_UDP,
		.flowi4_flags = flags,
		.saddr = src->w32[3],
		.daddr = to->w32[3],
		.fl4_sport = src->port,
		.fl4_dport = to->port,
	};
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_mark = mark,
		.flowi6_proto = IPPROTO_UDP,
		.flowi6_flags = flags,
		.saddr = src->addr,
		.daddr = to->addr,
		.fl6_sport = src->port,
		.fl6_dport = to->port,
	};

	if (rtplane_ep_is4(to))
		return look_up4(net, &fl4);
	return rtplane_dst_lookup6(net, &fl6);
}

/* Routes that transform the packet (IPsec, encapsulation) have an output of
 * their own, which only the stack's way reaches.
 */
static bool dst_plain(const struct dst_entry *dst)
{
	return !dst_xfrm(dst) && !dst->lwtstate;
}

/* Loopback and tunnels want to see the route. */
static bool way_keeps_dst(const struct rtplane_way *way)
{
	return !(READ_ONCE(way->dst->dev)->priv_flags & IFF_XMIT_DST_RELEASE);
}

/* The neighbour is of the other family, so its cached header is not for us. */
static bool way_odd_neigh(const struct rtplane_way *way)
{
	return way->neigh->tbl->family != (way->v6 ? AF_INET6 : AF_INET);
}

/* What the device's header really takes, and what its driver wants before that.
 * LL_RESERVED_SPACE() rounds it up, which virtio_net's buffers do not have.  The cached
 * header is copied as a whole, with what it is aligned by.
 */
static unsigned int headroom(const struct net_device *dev)
{
	return max_t(unsigned int, HH_DATA_MOD,
		     dev->hard_header_len + READ_ONCE(dev->needed_headroom));
}

/* Let it be known that a way leads by this device.  Who takes the device's ways away
 * reads that after its routes are gone: either it is seen there, or the route is seen
 * to be gone here.
 */
static int way_told(struct rtplane_net *rn, struct rtplane_way *way)
{
	unsigned int bit = rtplane_dev_bit(way->dst->dev);

	if (test_bit(bit, rn->out_devs))
		return 0;
	set_bit(bit, rn->out_devs);
	/* Pairs with the barrier in rtplane_way_leads(). */
	smp_mb__after_atomic();
	if (rtplane_way_valid(way))
		return 0;
	rtplane_way_release(way);
	return -ENETUNREACH;
}

/**
 * rtplane_way_leads() - may any way of a namespace lead by this device?
 * @rn: namespace
 * @dev: device whose routes are gone
 */
bool rtplane_way_leads(const struct rtplane_net *rn, const struct net_device *dev)
{
	/* Pairs with the barrier in way_told(). */
	smp_mb();
	return test_bit(rtplane_dev_bit(dev), rn->out_devs);
}

/**
 * rtplane_way_find() - look up the way to an address
 * @net: namespace
 * @way: filled on success; to be released
 * @src: source address and port of what will be sent
 * @to: destination, of the same family
 * @oif: device or VRF, 0 = any
 * @mark: for policy routing
 * @flags: FLOWI_FLAG_ANYSRC if @src need not be one of ours
 *
 * Context: softirq or RCU read side; does not sleep.
 * Return: 0 or a negative error.
 */
int rtplane_way_find(struct net *net, struct rtplane_way *way, const struct rtplane_ep *src,
		     const struct rtplane_ep *to, u32 oif, u32 mark, u8 flags)
{
	struct dst_entry *dst = look_up(net, src, to, oif, mark, flags);
	bool v6 = !rtplane_ep_is4(to);
	struct neighbour *neigh = NULL;
	int err;

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	err = dst->error;
	if (!err && dst_plain(dst)) {
		neigh = dst_neigh_lookup(dst, v6 ? (void *)&to->addr : (void *)&to->w32[3]);
		if (IS_ERR_OR_NULL(neigh))
			err = -ENOMEM;
	}
	if (err) {
		dst_release(dst);
		return err;
	}
	*way = (struct rtplane_way) {
		.dst = dst,
		.neigh = neigh,
		.cookie = v6 ? rt6_get_cookie(dst_rt6_info(dst)) : 0,
		.sure = min_t(u32, dst_mtu(dst), v6 ? IPV6_MIN_MTU : RTPLANE_MIN_PMTU),
		.mark = mark,
		.headroom = headroom(dst->dev),
		.v6 = v6,
	};
	way->fast = neigh && !way_keeps_dst(way) && !way_odd_neigh(way);
	return way_told(rtplane_pernet(net), way);
}

/**
 * rtplane_way_nexthop() - is a device one of several by which a route leads?
 * @dev: device
 * @to: where to
 *
 * Of a route with one next hop the way tells.  IPv6 takes the device as a demand.
 */
bool rtplane_way_nexthop(const struct net_device *dev, const struct rtplane_ep *to)
{
	struct net *net = dev_net(dev);
	struct fib_result res;
	struct flowi4 fl4 = {
		.flowi4_iif = LOOPBACK_IFINDEX,
		.flowi4_proto = IPPROTO_UDP,
		.daddr = to->w32[3],
	};
	struct flowi6 fl6 = {
		.flowi6_oif = dev->ifindex,
		.flowi6_proto = IPPROTO_UDP,
		.daddr = to->addr,
	};
	struct dst_entry *dst;
	bool leads;

	if (rtplane_ep_is4(to))
		return !fib_lookup(net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE) &&
		       res.type == RTN_UNICAST && fib_info_nh_uses_dev(res.fi, dev);
	dst = rtplane_dst_lookup6(net, &fl6);
	if (IS_ERR(dst))
		return false;
	leads = !dst->error && dst->dev == dev && dst_rt6_info(dst)->rt6i_dst.plen;
	dst_release(dst);
	return leads;
}

/**
 * rtplane_way_release() - give route and neighbour back
 * @way: way; whoever follows its pointers under RCU may still do so
 */
void rtplane_way_release(struct rtplane_way *way)
{
	if (way->neigh)
		neigh_release(way->neigh);
	dst_release(way->dst);
}

/**
 * rtplane_icmp() - tell the sender of a packet what is wrong with it
 * @skb: the packet as received, data at the IP header
 * @pkt: the same
 * @type: ICMP or ICMPv6 type
 * @code: its code
 * @info: the rest of its header, host order
 */
void rtplane_icmp(struct sk_buff *skb, const struct rtplane_pkt *pkt, u8 type, u8 code, u32 info)
{
	if (pkt->v6) {
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		icmpv6_send(skb, type, code, info);
		return;
	}
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_dst_drop(skb);
	/* The answer is routed by where the packet came from. */
	if (!rtplane_route_input(skb, ip_hdr(skb)))
		icmp_send(skb, type, code, htonl(info));
}

/**
 * rtplane_way_too_big() - tell the sender as a router would
 * @skb: packet as received that does not fit
 * @pkt: the same
 * @way: the way out that is too narrow
 */
void rtplane_way_too_big(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_way *way)
{
	int mtu = dst_mtu(way->dst) + pkt->hdrlen - pkt->grown -
		  (way->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	if (pkt->v6)
		rtplane_icmp(skb, pkt, ICMPV6_PKT_TOOBIG, 0, mtu);
	else
		rtplane_icmp(skb, pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
}

/* Forget what the way in left on the buffer. */
void rtplane_way_scrub(struct sk_buff *skb)
{
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb_dst_drop(skb);
}

/**
 * rtplane_way_send() - send a packet that has been rewritten and fits
 * @skb: packet, writable, data at the IP header; consumed
 * @priority: that its TOS gives it, rtplane_priority()
 * @way: way with a neighbour, under the RCU read side in which it was found
 *
 * Return: 0, or not 0 if it was dropped on the way.
 */
int rtplane_way_send(struct sk_buff *skb, u32 priority, const struct rtplane_way *way)
{
	int err;

	rtplane_way_dress(skb, priority, way);
	if (way_keeps_dst(way))
		skb_dst_set_noref(skb, way->dst);
	err = neigh_output(way->neigh, skb, way_odd_neigh(way));
	return unlikely(err) ? net_xmit_eval(err) : 0;
}

/* A packet for the stack's own output: fragmentation, IPsec, encapsulation. */
static int way_send_slow(struct net *net, struct sk_buff *skb, u8 tos,
			 const struct rtplane_way *way)
{
	int err;

	rtplane_way_scrub(skb);
	skb_orphan(skb);
	rtplane_skb_unmark(skb);
	if (!dst_hold_safe(way->dst)) {
		kfree_skb(skb);
		return NET_XMIT_DROP;
	}
	skb_dst_set(skb, way->dst);
	skb->dev = way->dst->dev;
	skb->mark = way->mark;
	skb->priority = rtplane_priority(tos);
	skb->ignore_df = 0;
	skb_clear_tstamp(skb);
	memset(skb->cb, 0, sizeof(skb->cb));
	err = dst_output(net, NULL, skb);
	return err ? net_xmit_eval(err) : 0;
}

/**
 * rtplane_way_send_any() - send a packet that has been rewritten
 * @net: namespace
 * @skb: packet, writable, data at the IP header; consumed
 * @pkt: what was received, with the TOS to send
 * @way: way, under the RCU read side in which it was found
 *
 * Return: 0, or not 0 if it was dropped on the way.
 */
int rtplane_way_send_any(struct net *net, struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_way *way)
{
	if (!way->neigh || !rtplane_way_fits(way, rtplane_way_len(pkt, way)))
		return way_send_slow(net, skb, pkt->tos_out, way);
	return rtplane_way_send(skb, rtplane_priority(pkt->tos_out), way);
}
