/* SPDX-License-Identifier: GPL-2.0 */
/* A leg's way out, and the last steps of a packet on it. */
#ifndef _RTPLANE_EGRESS_H
#define _RTPLANE_EGRESS_H

#include "csum.h"
#include "leg.h"
#include "pkt.h"
#include "way.h"

/**
 * struct rtplane_egress - all that sending a leg's packets on to its peer's
 * remote needs; never changed once it is published
 * @way: route and neighbour
 * @tos_keep: bits of the TOS that stay
 * @tos_set: bits that are set
 * @mapped: the TOS goes through the peer's DSCP map instead
 * @usual: packets of the leg's remote may take the usual way (relay.c)
 * @secure: they may take the usual way of what is protected
 * @priority: queueing priority of these packets, whose DSCP is the leg's first
 * @diff: what changes in their checksums
 * @src: local address of the leg that sends
 * @to: its remote
 * @rcu: to free it
 */
struct rtplane_egress {
	struct rtplane_way way;
	u8 tos_keep;
	u8 tos_set;
	bool mapped;
	bool usual;
	bool secure;
	u32 priority;
	struct rtplane_diff diff;
	struct rtplane_ep src;
	struct rtplane_ep to;
	struct rcu_head rcu;
};

int rtplane_egress_cache_init(void);
void rtplane_egress_cache_exit(void);
struct rtplane_verdict rtplane_egress_get(struct rtplane_leg *leg, struct rtplane_egress **out);
struct rtplane_verdict rtplane_egress_new(const struct rtplane_net *rn,
					  const struct rtplane_ep *src,
					  const struct rtplane_ep *to, u32 oif, u32 mark,
					  struct rtplane_egress **out);
void rtplane_egress_free(struct rtplane_egress *eg);
void rtplane_egress_forget(struct rtplane_leg *leg);
void rtplane_egress_send(struct rtplane_leg *leg, struct sk_buff *skb,
			 const struct rtplane_pkt *pkt, const struct rtplane_egress *eg);
void rtplane_egress_unsent(struct rtplane_leg *leg, unsigned int bytes, enum rtplane_drop why);

#endif /* _RTPLANE_EGRESS_H */
