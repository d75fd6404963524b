/* SPDX-License-Identifier: GPL-2.0 */
/* State of one network namespace. */
#ifndef _RTPLANE_NET_H
#define _RTPLANE_NET_H

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <linux/rtplane.h>

#include "limit.h"

#define RTPLANE_BUCKETS		256
/* Cookies are the agent's, one for a call; its legs hang in one of so many lists. */
#define RTPLANE_COOKIE_BUCKETS	8192
/* Devices are told apart by so many bits. */
#define RTPLANE_DEV_BITS	1024

struct rtplane_calls;
struct rtplane_nat_table;
struct rtplane_scan;

/**
 * struct rtplane_totals - what the legs of a namespace counted
 * @rx_packets: packets accepted
 * @tx_packets: packets forwarded
 * @passed: packets left to the stack
 * @drops: packets dropped, by &enum rtplane_drop
 */
struct rtplane_totals {
	u64 rx_packets;
	u64 tx_packets;
	u64 passed;
	u64 drops[__RTPLANE_DROP_MAX];
};

/**
 * struct rtplane_net - all that rtplane keeps for a network namespace
 * @net: the namespace; outlives this structure
 * @table: local addresses with legs; look-up under RCU, changes under @lock
 * @lock: serialises every change; taken inside RTNL, never around it
 * @legs: the same legs by number, in order of creation, for dumps; @lock
 * @cookies: the same legs by cookie, RTPLANE_COOKIE_BUCKETS lists, NULL before there
 *	was a leg; @lock
 * @calls: legs that share a port, NULL before there was one; look-up under RCU, changes
 *	under @lock
 * @out_devs: by hash of ifindex: some way out led by this device; set atomically,
 *	never cleared
 * @next_leg: where the next leg's number is sought; @lock
 * @nr_legs: how many; @lock
 * @seq: changes with every change of the set of legs, natmaps or devices; @lock
 * @devs: enrolled devices; @lock
 * @nr_devs: how many; @lock
 * @nat: natmaps by address and port, NULL if there are none; look-up under RCU,
 *	changes under @lock
 * @natmaps: all natmaps; @lock
 * @nr_natmaps: how many; @lock
 * @next_natmap: number of the last natmap made; @lock
 * @scan: ports that are watched for who tries many, NULL if there are none; look-up under
 *	RCU, changes under @lock
 * @scan_packets: packets to them that no leg has
 * @scans: times that a source had tried too many
 * @gone: totals of legs that were removed; @lock
 * @event_limits: of the whole namespace's events, by kind
 * @held: bytes of packets that are held until their source is the remote
 * @events_lost: events that the limit or lack of memory swallowed
 * @sweep: looks for silent legs
 * @nr_silence: legs that want to be looked at by @sweep; @lock
 */
struct rtplane_net {
	struct net *net;
	struct hlist_head table[RTPLANE_BUCKETS];
	struct mutex lock; /* every change */
	struct xarray legs;
	struct hlist_head *cookies;
	struct rtplane_calls __rcu *calls;
	DECLARE_BITMAP(out_devs, RTPLANE_DEV_BITS);
	u32 next_leg;
	u32 nr_legs;
	u32 seq;
	struct list_head devs;
	u32 nr_devs;
	struct rtplane_nat_table __rcu *nat;
	struct list_head natmaps;
	u32 nr_natmaps;
	u32 next_natmap;
	struct rtplane_scan __rcu *scan;
	atomic64_t scan_packets;
	atomic64_t scans;
	struct rtplane_totals gone;
	struct rtplane_event_limit event_limits[__RTPLANE_EVENT_KINDS];
	atomic_long_t held;
	atomic64_t events_lost;
	struct delayed_work sweep;
	u32 nr_silence;
};

extern unsigned int rtplane_net_id;

static inline struct rtplane_net *rtplane_pernet(const struct net *net)
{
	return net_generic(net, rtplane_net_id);
}

static inline unsigned int rtplane_dev_bit(const struct net_device *dev)
{
	return hash_32(dev->ifindex, ilog2(RTPLANE_DEV_BITS));
}

#endif /* _RTPLANE_NET_H */
