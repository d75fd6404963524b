/* SPDX-License-Identifier: GPL-2.0 */
/* All that differs between the kernels we build for.  RTPLANE_HAVE_* are found
 * out in Kbuild.
 */
#ifndef _RTPLANE_COMPAT_H
#define _RTPLANE_COMPAT_H

#include <linux/skbuff.h>
#include <net/ip6_fib.h>
#include <net/route.h>

#ifdef RTPLANE_HAVE_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifdef RTPLANE_HAVE_GSO_H
#include <net/gso.h>
#endif

/* A macro of 6.10, and of some stable kernels before. */
#ifndef dst_rt6_info
#define dst_rt6_info(d)	container_of(d, struct rt6_info, dst)
#endif

/* 6.13 made the DSCP of a route look-up a type of its own. */
static inline int rtplane_route_input(struct sk_buff *skb, const struct iphdr *iph)
{
#ifdef RTPLANE_HAVE_ROUTE_DSCP
	return ip_route_input_noref(skb, iph->daddr, iph->saddr, ip4h_dscp(iph), skb->dev);
#else
	return ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos, skb->dev);
#endif
}

#endif /* _RTPLANE_COMPAT_H */
