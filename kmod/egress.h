/* SPDX-License-Identifier: GPL-2.0 */
/* What a leg keeps of the way to its peer's remote. */
#ifndef _RTPLANE_EGRESS_H
#define _RTPLANE_EGRESS_H

#include "csum.h"
#include "pkt.h"
#include "way.h"

/**
 * struct rtplane_egress - all that sending a leg's packets on to its peer's
 * remote needs; never changed once it is published
 * @way: route and neighbour
 * @tos_keep: bits of the TOS that stay
 * @tos_set: bits that are set
 * @mapped: the TOS goes through the peer's DSCP map instead
 * @usual: packets of the leg's remote may take the usual way (usual.h)
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
	struct rtplane_diff diff;
	struct rtplane_ep src;
	struct rtplane_ep to;
	struct rcu_head rcu;
};

#endif /* _RTPLANE_EGRESS_H */
