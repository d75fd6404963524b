/* SPDX-License-Identifier: GPL-2.0 */
/* Enrolled devices and the hook on them. */
#ifndef _RTPLANE_INGRESS_H
#define _RTPLANE_INGRESS_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>

#include "net.h"

/* After an admin's own drop rules (nft: priority -500 to -51), before
 * flowtables and rules of the default priority.
 */
#define RTPLANE_HOOK_PRIORITY	(-50)

/**
 * struct rtplane_dev_stats - what one CPU saw of a device
 * @rx_packets: UDP packets of a leg
 * @passed: of these, left to the stack
 */
struct rtplane_dev_stats {
	u64 rx_packets;
	u64 passed;
};

/**
 * struct rtplane_dev - an enrolled device
 * @list: in the namespace's devs; its mutex
 * @rn: namespace
 * @dev: the device; no reference, it cannot go before rtplane_dev_gone()
 * @hook: the hook on it
 * @stats: per CPU
 * @rcu: to free it after the last packet has left the hook
 */
struct rtplane_dev {
	struct list_head list;
	struct rtplane_net *rn;
	struct net_device *dev;
	struct nf_hook_ops hook;
	struct rtplane_dev_stats __percpu *stats;
	struct rcu_head rcu;
};

struct rtplane_dev *rtplane_dev_find(struct rtplane_net *rn, const struct net_device *dev);
int rtplane_dev_add(struct rtplane_net *rn, struct net_device *dev);
void rtplane_dev_del(struct rtplane_dev *rd);
void rtplane_dev_sum(const struct rtplane_dev *rd, struct rtplane_dev_stats *sum);

#endif /* _RTPLANE_INGRESS_H */
