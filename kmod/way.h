/* SPDX-License-Identifier: GPL-2.0 */
/* A way out: route and neighbour towards one address, kept while they are true. */
#ifndef _RTPLANE_WAY_H
#define _RTPLANE_WAY_H

#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "dscp.h"
#include "pkt.h"

struct rtplane_net;

/**
 * struct rtplane_way - what sending to one address needs; never changed once it
 * is published
 * @dst: route; the reference is held
 * @neigh: neighbour on that route; the reference is held; NULL if the route must
 *	be left to the stack's own output (IPsec, tunnels by route)
 * @cookie: for the validity of a route
 * @sure: bytes that a packet may have whatever becomes of the path's MTU
 * @mark: for skb->mark
 * @headroom: bytes the device of the way out wants before the IP header
 * @v6: it is an IPv6 way
 * @fast: rtplane_way_send_fast() may be used
 */
struct rtplane_way {
	struct dst_entry *dst;
	struct neighbour *neigh;
	u32 cookie;
	u32 sure;
	u32 mark;
	u16 headroom;
	bool v6;
	bool fast;
};

int rtplane_way_find(struct net *net, struct rtplane_way *way, const struct rtplane_ep *src,
		     const struct rtplane_ep *to, u32 oif, u32 mark, u8 flags);
void rtplane_way_release(struct rtplane_way *way);
bool rtplane_way_nexthop(const struct net_device *dev, const struct rtplane_ep *to);
bool rtplane_way_leads(const struct rtplane_net *rn, const struct net_device *dev);
void rtplane_way_too_big(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_way *way);
void rtplane_icmp(struct sk_buff *skb, const struct rtplane_pkt *pkt, u8 type, u8 code, u32 info);
void rtplane_way_scrub(struct sk_buff *skb);
int rtplane_way_send(struct sk_buff *skb, u32 priority, const struct rtplane_way *way);
int rtplane_way_send_any(struct net *net, struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_way *way);

/* Still the truth?  The route by its own generation, the neighbour by its life. */
static inline bool rtplane_way_valid(const struct rtplane_way *way)
{
	return dst_check(way->dst, way->cookie) && !(way->neigh && READ_ONCE(way->neigh->dead));
}

/* The same for a fast way.  What ipv4_dst_check() asks is asked here, for less than
 * the indirect call to it costs.
 */
static __always_inline bool rtplane_way_valid_fast(const struct rtplane_way *way, const bool v6)
{
	const struct dst_entry *dst = way->dst;

	if (READ_ONCE(way->neigh->dead))
		return false;
	if (v6)
		return dst_check(way->dst, way->cookie);
	return READ_ONCE(dst->obsolete) == DST_OBSOLETE_FORCE_CHK &&
	       container_of(dst, struct rtable, dst)->rt_genid == rt_genid_ipv4(dev_net(dst->dev));
}

/* Does a packet of so many bytes fit the path?  Its MTU may change without the route
 * being another: what is short is not asked about.
 */
static __always_inline bool rtplane_way_fits(const struct rtplane_way *way, unsigned int len)
{
	return likely(len <= way->sure) || len <= dst_mtu(way->dst);
}

/* May a packet of this family, up to @more bytes to be added behind it, go this way at once? */
static __always_inline bool rtplane_way_usual(const struct rtplane_way *way,
					      const struct sk_buff *skb, unsigned int more,
					      const bool v6)
{
	return rtplane_way_fits(way, skb->len + more) && skb_headroom(skb) >= way->headroom &&
	       rtplane_skb_ttl(skb, v6) > 1 && rtplane_way_valid_fast(way, v6);
}

/* What the way in may have left on the buffer goes, what is to be on it is set: no
 * socket of a container decides queues or is charged here (a veth's buffers have
 * theirs still), and no switch takes the packet for one that it has forwarded.
 */
static __always_inline void rtplane_way_dress(struct sk_buff *skb, u32 priority,
					      const struct rtplane_way *way)
{
	if (unlikely(skb->_skb_refdst | skb_get_nfct(skb)) || unlikely(skb_has_extensions(skb)))
		rtplane_way_scrub(skb);
	skb_orphan(skb);
	rtplane_skb_unmark(skb);
	skb->dev = way->dst->dev;
	skb->mark = way->mark;
	skb->priority = priority;
	skb_clear_tstamp(skb);
}

/**
 * rtplane_way_send_fast() - rtplane_way_send() with a device that needs no route
 * @skb: packet, with at least @way->headroom before its data; consumed
 * @priority: that its TOS gives it, rtplane_priority()
 * @way: way that is @fast
 *
 * The header that the neighbour has ready is put before the packet here:
 * neigh_output() is a function of its own that asks twice for the headroom.
 *
 * Return: 0, or not 0 if it was dropped on the way.
 */
static __always_inline int rtplane_way_send_fast(struct sk_buff *skb, u32 priority,
						 const struct rtplane_way *way)
{
	struct neighbour *neigh = way->neigh;
	unsigned int seq, len;
	int err;

	if (unlikely(!(READ_ONCE(neigh->nud_state) & NUD_CONNECTED)))
		return rtplane_way_send(skb, priority, way);
	do {
		seq = read_seqbegin(&neigh->hh.hh_lock);
		len = READ_ONCE(neigh->hh.hh_len);
		if (unlikely(!len || len > HH_DATA_MOD))
			return rtplane_way_send(skb, priority, way);
		memcpy(skb->data - HH_DATA_MOD, neigh->hh.hh_data, HH_DATA_MOD);
	} while (read_seqretry(&neigh->hh.hh_lock, seq));
	__skb_push(skb, len);
	rtplane_way_dress(skb, priority, way);
	err = dev_queue_xmit(skb);
	return unlikely(err) ? net_xmit_eval(err) : 0;
}

static inline bool rtplane_way_uses(const struct rtplane_way *way, const struct net_device *dev)
{
	return way->dst->dev == dev || (way->neigh && way->neigh->dev == dev);
}

/* Bytes of the IP packet that @pkt becomes on its way out. */
static inline unsigned int rtplane_way_len(const struct rtplane_pkt *pkt,
					   const struct rtplane_way *way)
{
	return pkt->iplen - pkt->hdrlen +
	       (way->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

/* Too big for the path, and nobody may fragment it: only its sender can help. */
static inline bool rtplane_way_stuck(const struct sk_buff *skb, const struct rtplane_pkt *pkt,
				     const struct rtplane_way *way)
{
	return unlikely(!rtplane_way_fits(way, rtplane_way_len(pkt, way))) &&
	       (pkt->v6 || way->v6 || ip_hdr(skb)->frag_off & htons(IP_DF));
}

/* Writable, and with room for the device's header and a larger IP header. */
static inline int rtplane_way_cow(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				  const struct rtplane_way *way)
{
	unsigned int more = way->v6 && !pkt->v6 ? sizeof(struct ipv6hdr) - sizeof(struct iphdr) : 0;

	return skb_cow(skb, way->headroom + more);
}

#endif /* _RTPLANE_WAY_H */
