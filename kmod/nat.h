/* SPDX-License-Identifier: GPL-2.0 */
/* A translation that has been decided, and what is the same for packets and errors. */
#ifndef _RTPLANE_NAT_H
#define _RTPLANE_NAT_H

#include "nattable.h"
#include "rewrite.h"
#include "verdict.h"

/**
 * struct rtplane_nat - a translation that has been decided
 * @from: natmap of the inside source, or NULL
 * @to: natmap of the external destination, or NULL
 * @src: source to send with, with port
 * @dst: destination to send to, with port
 */
struct rtplane_nat {
	struct rtplane_natmap *from;
	struct rtplane_natmap *to;
	struct rtplane_ep src;
	struct rtplane_ep dst;
};

/* Who counts: the natmap whose inside the packet leaves for, else the other. */
static inline struct rtplane_natmap *rtplane_nat_owner(const struct rtplane_nat *nat)
{
	return nat->to ?: nat->from;
}

/**
 * rtplane_nat_gate() - the limits of one direction
 * @nm: natmap
 * @dir: direction
 * @bytes: of the IP packet
 */
static __always_inline struct rtplane_verdict rtplane_nat_gate(struct rtplane_natmap *nm,
							       enum rtplane_nat_dir dir,
							       unsigned int bytes)
{
	struct rtplane_nat_gate *gate = &nm->gate[dir];
	struct rtplane_verdict v;
	u64 now;

	if (!gate->on)
		return rtplane_fate(RTPLANE_GOES_ON);
	now = ktime_get_ns();
	spin_lock(&gate->lock);
	v = rtplane_gate(&gate->police, now, bytes);
	spin_unlock(&gate->lock);
	return v;
}

/* Which ends a translation changes. */
static inline unsigned int rtplane_nat_ends(const struct rtplane_nat *nat)
{
	return (nat->from ? RTPLANE_NEW_SRC : 0) | (nat->to ? RTPLANE_NEW_DST : 0);
}

/* A packet was translated. */
static __always_inline void rtplane_nat_count(struct rtplane_natmap *nm,
					      const enum rtplane_nat_dir dir, unsigned int bytes)
{
	this_cpu_inc(nm->stats->packets[dir]);
	this_cpu_add(nm->stats->bytes[dir], bytes);
}

void rtplane_nat_translate(struct rtplane_nat *nat, const struct rtplane_ep *src,
			   const struct rtplane_ep *dst);
struct rtplane_verdict rtplane_nat_drop(const struct rtplane_nat *nat, enum rtplane_drop why);
struct rtplane_verdict rtplane_nat_pass(const struct rtplane_nat *nat);
struct rtplane_verdict rtplane_nat_limits(const struct rtplane_nat *nat, unsigned int bytes);
struct rtplane_verdict rtplane_nat_way(const struct rtplane_nat *nat,
				       const struct rtplane_way **way);
struct sk_buff *rtplane_nat_own(struct sk_buff *skb, const struct rtplane_pkt *pkt,
				const struct rtplane_nat *nat, const struct rtplane_way *way);
bool rtplane_nat_send(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		      const struct rtplane_nat *nat, const struct rtplane_way *way);

#endif /* _RTPLANE_NAT_H */
