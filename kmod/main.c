// SPDX-License-Identifier: GPL-2.0
/* rtplane: relays the media of telephone calls.  Order of init and exit. */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>

#include "bridge.h"
#include "call.h"
#include "egress.h"
#include "event.h"
#include "ingress.h"
#include "latency.h"
#include "leg.h"
#include "natmap.h"
#include "net.h"
#include "netlink.h"
#include "scan.h"
#include "table.h"

static int __net_init net_init(struct net *net)
{
	struct rtplane_net *rn = rtplane_pernet(net);

	rn->net = net;
	mutex_init(&rn->lock);
	xa_init_flags(&rn->legs, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&rn->devs);
	INIT_LIST_HEAD(&rn->natmaps);
	INIT_DELAYED_WORK(&rn->sweep, rtplane_bridge_sweep);
	return 0;
}

/* Hooks, legs and natmaps go here: a grace period follows, one for all namespaces that
 * end together, and where nothing was there is nothing to wait for.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct rtplane_net *rn = rtplane_pernet(net);
	struct rtplane_dev *rd, *next;

	mutex_lock(&rn->lock);
	list_for_each_entry_safe(rd, next, &rn->devs, list)
		rtplane_dev_del(rd);
	rtplane_bridge_remove_all(rn);
	rtplane_natmap_remove_all(rn);
	rtplane_scan_set(rn, NULL);
	mutex_unlock(&rn->lock);
	cancel_delayed_work_sync(&rn->sweep);
}

/* No packet is in a hook any more. */
static void __net_exit net_exit(struct list_head *nets)
{
	bool natmaps = false;
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		struct rtplane_net *rn = rtplane_pernet(net);

		natmaps |= rn->next_natmap;
		xa_destroy(&rn->legs);
		kvfree(rn->cookies);
		rtplane_calls_free(rn);
	}
	/* Natmaps give their routes back when they are freed. */
	if (natmaps)
		rcu_barrier();
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit_batch = net_exit,
	.id = &rtplane_net_id,
	.size = sizeof(struct rtplane_net),
};

static int netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct rtplane_net *rn = rtplane_pernet(dev_net(dev));
	struct rtplane_dev *rd;

	switch (event) {
	case NETDEV_UNREGISTER:
		mutex_lock(&rn->lock);
		rd = rtplane_dev_find(rn, dev);
		if (rd)
			rtplane_dev_del(rd);
		mutex_unlock(&rn->lock);
		fallthrough;
	case NETDEV_DOWN:
		rtplane_bridge_forget_dev(rn, dev);
		rtplane_natmap_forget_dev(rn, dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_nb = {
	.notifier_call = netdev_event,
};

static int __init caches_init(void)
{
	int err;

	err = rtplane_table_cache_init();
	if (err)
		return err;
	err = rtplane_leg_cache_init();
	if (err)
		goto table;
	err = rtplane_egress_cache_init();
	if (err)
		goto leg;
	return 0;

leg:
	rtplane_leg_cache_exit();
table:
	rtplane_table_cache_exit();
	return err;
}

static void caches_exit(void)
{
	rtplane_egress_cache_exit();
	rtplane_leg_cache_exit();
	rtplane_table_cache_exit();
}

static int __init mod_init(void)
{
	int err;

	err = caches_init();
	if (err)
		return err;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto caches;
	err = register_netdevice_notifier(&netdev_nb);
	if (err)
		goto pernet;
	err = rtplane_netlink_init();
	if (err)
		goto notifier;
	rtplane_latency_init();
	return 0;

notifier:
	unregister_netdevice_notifier(&netdev_nb);
pernet:
	unregister_pernet_subsys(&net_ops);
caches:
	rcu_barrier();
	caches_exit();
	return err;
}

static void __exit mod_exit(void)
{
	rtplane_latency_exit();
	/* Hooks go after the family, whose groups are no longer ours then. */
	rtplane_event_stop();
	rtplane_netlink_exit();
	unregister_netdevice_notifier(&netdev_nb);
	unregister_pernet_subsys(&net_ops);
	/* What is on its way to be freed by our own callbacks. */
	rcu_barrier();
	caches_exit();
}

module_init(mod_init);
module_exit(mod_exit);
MODULE_DESCRIPTION("Relay of RTP media");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_GENL_FAMILY(RTPLANE_GENL_NAME);
