/* SPDX-License-Identifier: GPL-2.0 */
/* All that differs between the kernels we build for.  RTPLANE_HAVE_* are found
 * out in Kbuild.
 */
#ifndef _RTPLANE_COMPAT_H
#define _RTPLANE_COMPAT_H

#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

/* Counters of 64 bits are read while packets count, without a lock or sequence. */
#ifndef CONFIG_64BIT
#error "rtplane needs a 64-bit kernel"
#endif

#ifdef RTPLANE_HAVE_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifdef RTPLANE_HAVE_GSO_H
#include <net/gso.h>
#endif

#ifdef RTPLANE_HAVE_IPV6_STUBS_H
#include <net/ipv6_stubs.h>
#endif

/* A macro of 6.10, and of some stable kernels before. */
#ifndef dst_rt6_info
#define dst_rt6_info(d)	container_of(d, struct rt6_info, dst)
#endif

/* What a switch, nft or tc said of a packet on its way in is not true of its way out. */
static __always_inline void rtplane_skb_unmark(struct sk_buff *skb)
{
#ifdef CONFIG_NET_SWITCHDEV
	skb->offload_fwd_mark = 0;
	skb->offload_l3_fwd_mark = 0;
#endif
	nf_reset_trace(skb);
	skb_reset_redirect(skb);
}

/* 6.13 made the DSCP of a route look-up a type of its own. */
static inline int rtplane_route_input(struct sk_buff *skb, const struct iphdr *iph)
{
#ifdef RTPLANE_HAVE_ROUTE_DSCP
	return ip_route_input_noref(skb, iph->daddr, iph->saddr, ip4h_dscp(iph), skb->dev);
#else
	return ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos, skb->dev);
#endif
}

/* Was that the reverse-path check, or a source that can be nobody's? */
static inline bool rtplane_route_foreign(int answer)
{
#ifdef RTPLANE_HAVE_ROUTE_REASON
	return answer == SKB_DROP_REASON_IP_RPFILTER ||
	       answer == SKB_DROP_REASON_IP_INVALID_SOURCE ||
	       answer == SKB_DROP_REASON_IP_LOCAL_SOURCE;
#else
	return answer == -EXDEV || answer == -EINVAL;
#endif
}

/* End a timer for good; it was renamed in 6.2, and the old name has gone since. */
static inline void rtplane_timer_end(struct timer_list *timer)
{
#ifdef RTPLANE_HAVE_TIMER_DELETE
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/* 7.1 made IPv6 built-in or absent, and took the stubs away. */
static inline struct dst_entry *rtplane_dst_lookup6(struct net *net, struct flowi6 *fl6)
{
#ifdef RTPLANE_HAVE_IPV6_STUBS_H
	return ipv6_stub->ipv6_dst_lookup_flow(net, NULL, fl6, NULL);
#else
	/* ipv6.disable=1 leaves no table to look in. */
	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);
	return ip6_dst_lookup_flow(net, NULL, fl6, NULL);
#endif
}

/* A sentence that is no constant; netlink has a macro for that since 6.2. */
static inline void rtplane_set_err_msg(struct netlink_ext_ack *extack, const char *why)
{
#ifdef NL_SET_ERR_MSG_FMT
	NL_SET_ERR_MSG_FMT(extack, "%s", why);
#else
	if (extack)
		extack->_msg = why;
#endif
}

#endif /* _RTPLANE_COMPAT_H */
