/* SPDX-License-Identifier: GPL-2.0 */
/* Port-preserving 1:1 NAT of a port range. */
#ifndef _RTPLANE_NATMAP_H
#define _RTPLANE_NATMAP_H

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/rtplane.h>

#include "csum.h"
#include "permit.h"
#include "police.h"
#include "way.h"

struct rtplane_net;
struct rtplane_totals;

/* Ways to remotes that a natmap remembers: one for each port, at least so many, in
 * sets of so many.
 */
#define RTPLANE_NAT_WAYS_MIN	64
#define RTPLANE_NAT_WAY_SET	8
/* Addresses that the inside has sent to: sets, and addresses in a set. */
#define RTPLANE_NAT_PERMIT_SETS	1024
#define RTPLANE_NAT_PERMIT_SET	8

enum rtplane_nat_dir {
	RTPLANE_NAT_IN,
	RTPLANE_NAT_OUT,
	__RTPLANE_NAT_DIRS,
};

/**
 * enum rtplane_nat_conflict - what a natmap cannot have because of others
 * @RTPLANE_NAT_CONFLICT_NONE: it can have all
 * @RTPLANE_NAT_CONFLICT_EXT: ports of its external address
 * @RTPLANE_NAT_CONFLICT_INT: ports of its inside address
 * @RTPLANE_NAT_CONFLICT_BOTH: an address as external that is another's inside, or the
 *	other way round
 */
enum rtplane_nat_conflict {
	RTPLANE_NAT_CONFLICT_NONE,
	RTPLANE_NAT_CONFLICT_EXT,
	RTPLANE_NAT_CONFLICT_INT,
	RTPLANE_NAT_CONFLICT_BOTH,
};

/**
 * struct rtplane_nat_side - devices of one side of a natmap
 * @ifindex: a device, 0 = not told by device
 * @group: a device group (ip link set group), valid if @grouped
 * @grouped: told by group
 */
struct rtplane_nat_side {
	u32 ifindex;
	u32 group;
	bool grouped;
};

/**
 * struct rtplane_natmap_conf - what user space asks
 * @ext: external address, no port
 * @in: inside address, no port
 * @lo: first port
 * @hi: last port
 * @inside: whence comes what has the inside address; untold: whence the route to it leads
 * @outside: whence comes what goes to the external address; untold: anywhere
 * @filter: address-dependent filtering
 * @dscp_mode: &enum rtplane_dscp_mode
 * @dscp: value
 * @dscp_map: table
 * @pps: packets/s each direction
 * @bps: bits/s each direction
 */
struct rtplane_natmap_conf {
	struct rtplane_ep ext;
	struct rtplane_ep in;
	u16 lo;
	u16 hi;
	struct rtplane_nat_side inside;
	struct rtplane_nat_side outside;
	u8 filter;
	u8 dscp_mode;
	u8 dscp;
	u8 dscp_map[RTPLANE_DSCP_MAP_LEN];
	u32 pps;
	u64 bps;
};

/**
 * struct rtplane_nat_stats - what one CPU counted
 * @packets: forwarded, by direction
 * @bytes: their IP bytes
 * @hairpins: from inside to inside
 * @icmp: ICMP errors translated
 * @passed: left to the stack
 * @drops: by &enum rtplane_drop
 */
struct rtplane_nat_stats {
	u64 packets[__RTPLANE_NAT_DIRS];
	u64 bytes[__RTPLANE_NAT_DIRS];
	u64 hairpins;
	u64 icmp;
	u64 passed;
	u64 drops[__RTPLANE_DROP_MAX];
};

/**
 * struct rtplane_nat_way - a remembered way to an address
 * @way: route and neighbour
 * @to: the address
 * @ifindex: of the way to the inside: the device by which its packets last came and
 *	were found to come from there, 0 = none yet
 * @rcu: to free it
 */
struct rtplane_nat_way {
	struct rtplane_way way;
	struct rtplane_ep to;
	u32 ifindex;
	struct rcu_head rcu;
};

/**
 * struct rtplane_nat_gate - the limit of one direction
 * @lock: a limit that flows share is a lock that they share
 * @police: limits, with @lock
 * @on: there is one; constant
 */
struct rtplane_nat_gate {
	spinlock_t lock; /* police */
	bool on;
	struct rtplane_police police;
} ____cacheline_aligned_in_smp;

/**
 * struct rtplane_natmap - a port range mapped 1:1
 *
 * Found under RCU, made and removed under the namespace's mutex, freed after a
 * grace period.  What is not said to be otherwise is constant.
 *
 * @stats: per CPU
 * @diff: what translation adds to checksums, by direction
 * @usual: IP version of the packets that may take the usual way: with neither filter
 *	nor table; 0 = none
 * @tos_keep: bits of the TOS that stay, unless @conf has a table
 * @tos_set: bits that are set
 * @conf: what was asked
 * @gate: limits, by direction; only touched if there are any
 * @way_in: remembered way to the inside; RCU, replaced under @ways_lock
 * @ways: those to remotes, in sets of RTPLANE_NAT_WAY_SET by hash of the address;
 *	likewise
 * @ways_shift: from a hash of 64 bits to the number of a set
 * @ways_lock: see @ways; @victim
 * @victim: whose turn it is to give its slot to another
 * @permit_lock: see @permits
 * @permits: with address-dependent filtering: sets of permits; written under
 *	@permit_lock, read without
 * @rn: namespace
 * @list: in the namespace's natmaps; its mutex
 * @id: number for dumps
 * @rcu: to free it
 */
struct rtplane_natmap {
	struct rtplane_nat_stats __percpu *stats;
	struct rtplane_diff diff[__RTPLANE_NAT_DIRS];
	u8 usual;
	u8 tos_keep;
	u8 tos_set;
	struct rtplane_natmap_conf conf;
	struct rtplane_nat_gate gate[__RTPLANE_NAT_DIRS];
	struct rtplane_nat_way __rcu *way_in;
	struct rtplane_nat_way __rcu **ways;
	u8 ways_shift;
	spinlock_t ways_lock; /* ways */
	u8 victim;
	spinlock_t permit_lock; /* permits */
	struct rtplane_nat_permit *permits;
	struct rtplane_net *rn;
	struct list_head list;
	u32 id;
	struct rcu_head rcu;
};

/* The set of slots where the way to a remote may be. */
static __always_inline struct rtplane_nat_way __rcu **
rtplane_nat_way_slots(const struct rtplane_natmap *nm, u64 w0, u64 w1)
{
	u64 set = (w0 ^ w1) * GOLDEN_RATIO_64 >> nm->ways_shift;

	return nm->ways + set * RTPLANE_NAT_WAY_SET;
}

/* The remembered way to a remote, or NULL. */
static __always_inline struct rtplane_nat_way *
rtplane_nat_way_look(const struct rtplane_natmap *nm, u64 w0, u64 w1)
{
	struct rtplane_nat_way __rcu **slot = rtplane_nat_way_slots(nm, w0, w1);
	struct rtplane_nat_way __rcu **end = slot + RTPLANE_NAT_WAY_SET;
	struct rtplane_nat_way *w;

	for (; slot < end; slot++) {
		w = rcu_dereference(*slot);
		if (likely(w && !((w->to.w[0] ^ w0) | (w->to.w[1] ^ w1))))
			return w;
	}
	return NULL;
}

/* Is this a device of a side at a glance?  One below it may be, too. */
static __always_inline bool rtplane_nat_side_has(const struct rtplane_nat_side *side,
						 const struct net_device *dev)
{
	return (!side->ifindex || side->ifindex == (u32)dev->ifindex) &&
	       (!side->grouped || side->group == (u32)dev->group);
}

/* Does a packet from inside come by the device that it last came by?  If so, it has
 * been found right.
 */
static __always_inline bool rtplane_nat_inside_known(const struct rtplane_natmap *nm,
						     const struct net_device *dev)
{
	const struct rtplane_nat_way *w = rcu_dereference(nm->way_in);

	return w && READ_ONCE(w->ifindex) == (u32)dev->ifindex;
}

bool rtplane_natmap_inside(struct rtplane_natmap *nm, const struct net_device *dev);
bool rtplane_natmap_outside(const struct rtplane_natmap *nm, const struct net_device *dev);
int rtplane_natmap_add(struct rtplane_net *rn, const struct rtplane_natmap_conf *conf,
		       enum rtplane_nat_conflict *why);
void rtplane_natmap_remove(struct rtplane_natmap *nm);
void rtplane_natmap_remove_all(struct rtplane_net *rn);
void rtplane_natmap_forget_dev(struct rtplane_net *rn, const struct net_device *dev);
void rtplane_natmap_sum(const struct rtplane_natmap *nm, struct rtplane_nat_stats *sum);
void rtplane_natmap_totals(struct rtplane_net *rn, struct rtplane_totals *t);

const struct rtplane_way *rtplane_natmap_way(struct rtplane_natmap *nm,
					     const struct rtplane_ep *src,
					     const struct rtplane_ep *to);
void rtplane_natmap_permit(struct rtplane_natmap *nm, const struct rtplane_ep *remote,
			   __be16 port);
bool rtplane_natmap_permitted(const struct rtplane_natmap *nm, const struct rtplane_ep *remote,
			      __be16 port);

#endif /* _RTPLANE_NATMAP_H */
