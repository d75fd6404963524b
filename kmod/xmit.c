// SPDX-License-Identifier: GPL-2.0
/*
 * The way out: route and neighbour are looked up once, kept while they are
 * true, and a packet goes straight to the queue of its device.
 */
#include <linux/icmpv6.h>
#include <linux/netdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "compat.h"
#include "ingress.h"
#include "net.h"
#include "rewrite.h"
#include "xmit.h"

static void rtplane_egress_free(struct rtplane_egress *eg)
{
	/* Readers may still follow both; they too are freed after a grace period. */
	if (eg->neigh)
		neigh_release(eg->neigh);
	dst_release(eg->dst);
	kfree_rcu(eg, rcu);
}

/**
 * rtplane_egress_forget() - let go of the cached way out
 * @leg: leg, locked
 */
void rtplane_egress_forget(struct rtplane_leg *leg)
{
	struct rtplane_egress *eg = rcu_dereference_protected(leg->egress,
							      lockdep_is_held(&leg->lock));

	RCU_INIT_POINTER(leg->egress, NULL);
	if (eg)
		rtplane_egress_free(eg);
}

/* Where media towards @leg goes now, if anywhere. */
static bool rtplane_target(const struct rtplane_leg *leg, struct rtplane_ep *to)
{
	if (rtplane_leg_remote(leg, to))
		return true;
	if (!(leg->flags & RTPLANE_LEG_EARLY))
		return false;
	*to = leg->signalled;
	return true;
}

static struct dst_entry *rtplane_route4(struct net *net, const struct rtplane_egress *eg, u32 oif)
{
	struct flowi4 fl4 = {
		.flowi4_oif = oif,
		.flowi4_mark = eg->mark,
		.flowi4_proto = IPPROTO_UDP,
		.saddr = eg->src.w32[3],
		.daddr = eg->to.w32[3],
		.fl4_sport = eg->src.port,
		.fl4_dport = eg->to.port,
	};
	struct rtable *rt = ip_route_output_flow(net, &fl4, NULL);

	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-EACCES);
	}
	return &rt->dst;
}

static struct dst_entry *rtplane_route6(struct net *net, const struct rtplane_egress *eg, u32 oif)
{
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_mark = eg->mark,
		.flowi6_proto = IPPROTO_UDP,
		.saddr = eg->src.addr,
		.daddr = eg->to.addr,
		.fl6_sport = eg->src.port,
		.fl6_dport = eg->to.port,
	};

	return ipv6_stub->ipv6_dst_lookup_flow(net, NULL, &fl6, NULL);
}

/* Routes that transform the packet (IPsec, encapsulation) have an output of
 * their own, which only the stack's way reaches.
 */
static bool rtplane_dst_plain(const struct dst_entry *dst)
{
	return !dst_xfrm(dst) && !dst->lwtstate;
}

static int rtplane_egress_route(struct net *net, struct rtplane_egress *eg, u32 oif)
{
	struct dst_entry *dst = eg->v6 ? rtplane_route6(net, eg, oif) :
					 rtplane_route4(net, eg, oif);

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (dst->error) {
		int err = dst->error;

		dst_release(dst);
		return err;
	}
	if (rtplane_dst_plain(dst)) {
		eg->neigh = dst_neigh_lookup(dst, eg->v6 ? (void *)&eg->to.addr :
							   (void *)&eg->to.w32[3]);
		if (IS_ERR_OR_NULL(eg->neigh)) {
			eg->neigh = NULL;
			dst_release(dst);
			return -ENOMEM;
		}
		eg->skip_cache = eg->neigh->tbl->family != (eg->v6 ? AF_INET6 : AF_INET);
	}
	eg->dst = dst;
	eg->cookie = eg->v6 ? rt6_get_cookie(dst_rt6_info(dst)) : 0;
	eg->mtu = dst_mtu(dst);
	eg->headroom = LL_RESERVED_SPACE(dst->dev);
	return 0;
}

static void rtplane_egress_sums(struct rtplane_egress *eg)
{
	if (eg->v6)
		eg->addr_sum = csum_partial(&eg->to.addr, sizeof(eg->to.addr),
					    csum_partial(&eg->src.addr, sizeof(eg->src.addr), 0));
	else
		eg->addr_sum = csum_add((__force __wsum)eg->src.w32[3],
					(__force __wsum)eg->to.w32[3]);
	eg->port_sum = csum_add((__force __wsum)eg->src.port, (__force __wsum)eg->to.port);
}

/**
 * rtplane_egress_renew() - look up the way to the peer's remote
 * @leg: leg that a packet has arrived on, locked, with a peer
 * @out: the way, valid until the RCU read side ends
 *
 * What it reads of the peer without the peer's lock is either changed with both
 * locks held, or guarded by the peer's remote_seq.
 *
 * Context: softirq; does not sleep.
 * Return: RTPLANE_ACCEPTED, or the &enum rtplane_drop to count.
 */
int rtplane_egress_renew(struct rtplane_leg *leg, struct rtplane_egress **out)
{
	const struct rtplane_leg *peer = leg->peer;
	struct rtplane_egress *eg;
	struct rtplane_ep to;

	rtplane_egress_forget(leg);
	WRITE_ONCE(leg->stale, 0);
	/* Pairs with the release in rtplane_latch_commit(): who sets stale after
	 * this finds it clear, who set it before has written the remote.
	 */
	smp_mb();
	if (!rtplane_target(peer, &to))
		return RTPLANE_DROP_NO_REMOTE;
	eg = kzalloc(sizeof(*eg), GFP_ATOMIC);
	if (!eg)
		return RTPLANE_DROP_NOMEM;
	eg->src = peer->local;
	eg->to = to;
	eg->mark = peer->mark;
	eg->v6 = !rtplane_ep_is4(&to);
	if (rtplane_egress_route(leg->rn->net, eg, peer->oif)) {
		kfree(eg);
		return RTPLANE_DROP_NO_ROUTE;
	}
	rtplane_egress_sums(eg);
	rcu_assign_pointer(leg->egress, eg);
	*out = eg;
	return -1;
}

/* The packet was counted as sent before it was tried. */
static void rtplane_unsent(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
			   enum rtplane_drop why)
{
	spin_lock(&leg->lock);
	if (leg->fwd_packets) {
		leg->fwd_packets--;
		leg->fwd_bytes -= min_t(u64, leg->fwd_bytes, pkt->iplen);
	}
	leg->drops[why]++;
	spin_unlock(&leg->lock);
}

/* Tell the sender as a router would: it is the packet as received that does
 * not fit.  IPv4 without DF is fragmented by ip_output() instead.
 */
static void rtplane_too_big(struct sk_buff *skb, const struct rtplane_pkt *pkt,
			    const struct rtplane_egress *eg)
{
	int mtu = eg->mtu;

	if (pkt->v6) {
		mtu += eg->v6 ? 0 : sizeof(struct ipv6hdr) - sizeof(struct iphdr);
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
		return;
	}
	mtu -= eg->v6 ? sizeof(struct ipv6hdr) - sizeof(struct iphdr) : 0;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_dst_drop(skb);
	if (!rtplane_route_input(skb, ip_hdr(skb)))
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
}

static bool rtplane_fits(const struct sk_buff *skb, const struct rtplane_pkt *pkt,
			 const struct rtplane_egress *eg)
{
	unsigned int len = pkt->iplen - pkt->hdrlen +
			   (eg->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	return len <= eg->mtu;
}

/* DSCP class to queueing priority in the terms of linux/pkt_sched.h, so that
 * voice is served first by the default bands and VLAN egress maps see EF as 6.
 * The kernel's own table still reads the TOS bits of RFC 1349.
 */
static u32 rtplane_priority(u8 tos)
{
	static const u8 of_class[8] = {
		TC_PRIO_BESTEFFORT, TC_PRIO_BULK, TC_PRIO_BULK, TC_PRIO_INTERACTIVE_BULK,
		TC_PRIO_INTERACTIVE_BULK, TC_PRIO_INTERACTIVE, TC_PRIO_CONTROL, TC_PRIO_CONTROL,
	};

	return of_class[tos >> 5];
}

/* Forget what the way in left on the buffer. */
static void rtplane_scrub(struct sk_buff *skb, const struct rtplane_egress *eg, u8 tos)
{
	skb->dev = eg->dst->dev;
	skb->mark = eg->mark;
	skb->priority = rtplane_priority(tos);
	skb_clear_tstamp(skb);
	skb->ignore_df = 0;
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb_dst_drop(skb);
}

/* A packet for the stack's own output: fragmentation, IPsec, encapsulation. */
static int rtplane_xmit_slow(struct net *net, struct sk_buff *skb, const struct rtplane_egress *eg)
{
	if (!dst_hold_safe(eg->dst)) {
		kfree_skb(skb);
		return -ENETUNREACH;
	}
	skb_dst_set(skb, eg->dst);
	memset(skb->cb, 0, sizeof(skb->cb));
	return dst_output(net, NULL, skb);
}

/**
 * rtplane_xmit() - rewrite a packet and send it
 * @leg: leg that it arrived on, not locked
 * @skb: the packet, not shared; consumed
 * @pkt: what was received
 * @eg: the way out, under the same RCU read side as it was found
 */
void rtplane_xmit(struct rtplane_leg *leg, struct sk_buff *skb, const struct rtplane_pkt *pkt,
		  const struct rtplane_egress *eg)
{
	bool fits = rtplane_fits(skb, pkt, eg);
	int err;

	if (unlikely(!fits) && (pkt->v6 || eg->v6 || ip_hdr(skb)->frag_off & htons(IP_DF))) {
		rtplane_too_big(skb, pkt, eg);
		rtplane_unsent(leg, pkt, RTPLANE_DROP_TOO_BIG);
		kfree_skb(skb);
		return;
	}
	if (unlikely(skb_cow(skb, eg->headroom + sizeof(struct ipv6hdr) - sizeof(struct iphdr)))) {
		rtplane_unsent(leg, pkt, RTPLANE_DROP_NOMEM);
		kfree_skb(skb);
		return;
	}
	rtplane_rewrite(skb, pkt, eg);
	rtplane_scrub(skb, eg, pkt->tos_out);
	if (unlikely(!fits || !eg->neigh)) {
		err = rtplane_xmit_slow(leg->rn->net, skb, eg);
	} else {
		skb_dst_set_noref(skb, eg->dst);
		err = neigh_output(eg->neigh, skb, eg->skip_cache);
	}
	if (unlikely(err) && net_xmit_eval(err))
		rtplane_unsent(leg, pkt, RTPLANE_DROP_XMIT);
}
