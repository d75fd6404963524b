// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the family, and the commands on devices and totals.
 *
 * Every refusal carries a sentence.  Nothing that user space sends is believed
 * before it has been checked, here or by the policies in nlparse.c.
 */
#include <linux/rtnetlink.h>

#include "bridge.h"
#include "cipher.h"
#include "ingress.h"
#include "natmap.h"
#include "net.h"
#include "netlink.h"
#include "nlparse.h"
#include "nlput.h"
#include "scan.h"
#include "srtp.h"

static int put_dev(struct sk_buff *msg, const struct rtplane_dev *rd)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_DEV);
	struct rtplane_dev_stats sum;

	rtplane_dev_sum(rd, &sum);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_DEV_A_IFINDEX, rd->dev->ifindex) ||
	    nla_put_string(msg, RTPLANE_DEV_A_NAME, rd->dev->name) ||
	    nla_put_u64_64bit(msg, RTPLANE_DEV_A_RX_PACKETS, sum.rx_packets, RTPLANE_DEV_A_PAD) ||
	    nla_put_u64_64bit(msg, RTPLANE_DEV_A_PASSED, sum.passed, RTPLANE_DEV_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* The device that a request names, RTNL held; else a sentence and an error. */
static struct net_device *nl_dev(struct genl_info *info)
{
	struct nlattr *tb[RTPLANE_DEV_A_MAX + 1];
	struct net *net = genl_info_net(info);
	struct net_device *dev;
	char name[IFNAMSIZ];
	int err;

	if (!info->attrs[RTPLANE_A_DEV]) {
		NL_SET_ERR_MSG(info->extack, "a device is required");
		return ERR_PTR(-EINVAL);
	}
	err = nla_parse_nested(tb, RTPLANE_DEV_A_MAX, info->attrs[RTPLANE_A_DEV],
			       rtplane_dev_policy, info->extack);
	if (err)
		return ERR_PTR(err);
	if (tb[RTPLANE_DEV_A_IFINDEX]) {
		dev = __dev_get_by_index(net, nla_get_u32(tb[RTPLANE_DEV_A_IFINDEX]));
	} else if (tb[RTPLANE_DEV_A_NAME]) {
		nla_strscpy(name, tb[RTPLANE_DEV_A_NAME], sizeof(name));
		dev = __dev_get_by_name(net, name);
	} else {
		NL_SET_ERR_MSG(info->extack, "a device's index or name is required");
		return ERR_PTR(-EINVAL);
	}
	if (dev)
		return dev;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_DEV],
			    "no such device in this namespace");
	return ERR_PTR(-ENODEV);
}

/* The frame of the commands on one device: @act has RTNL and the mutex held. */
static int dev_doit(struct genl_info *info,
		    int (*act)(struct rtplane_net *rn, struct net_device *dev, void *arg),
		    void *arg)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = nl_dev(info);
	err = PTR_ERR_OR_ZERO(dev);
	if (!err) {
		mutex_lock(&rn->lock);
		err = act(rn, dev, arg);
		mutex_unlock(&rn->lock);
	}
	rtnl_unlock();
	if (err == -EEXIST)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_DEV],
				    "the device is enrolled already");
	else if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_DEV],
				    "the device is not enrolled");
	return err;
}

static int dev_act_new(struct rtplane_net *rn, struct net_device *dev, void *arg)
{
	return rtplane_dev_add(rn, dev);
}

static int dev_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return dev_doit(info, dev_act_new, NULL);
}

static int dev_act_del(struct rtplane_net *rn, struct net_device *dev, void *arg)
{
	struct rtplane_dev *rd = rtplane_dev_find(rn, dev);

	if (!rd)
		return -ENOENT;
	rtplane_dev_del(rd);
	return 0;
}

static int dev_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return dev_doit(info, dev_act_del, NULL);
}

static int dev_act_get(struct rtplane_net *rn, struct net_device *dev, void *msg)
{
	struct rtplane_dev *rd = rtplane_dev_find(rn, dev);

	return rd ? put_dev(msg, rd) : -ENOENT;
}

static int dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = rtplane_nl_begin(info, 0, &hdr);
	if (!msg)
		return -ENOMEM;
	err = dev_doit(info, dev_act_get, msg);
	return rtplane_nl_answer(info, msg, hdr, err);
}

static int dev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtplane_net *rn = rtplane_pernet(sock_net(msg->sk));
	struct rtplane_dev *rd;
	long at = 0;
	void *hdr;

	/* RTNL keeps the names still. */
	rtnl_lock();
	mutex_lock(&rn->lock);
	cb->seq = rn->seq;
	list_for_each_entry(rd, &rn->devs, list) {
		if (at++ < cb->args[0])
			continue;
		hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &rtplane_genl, NLM_F_MULTI, RTPLANE_CMD_DEV_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (put_dev(msg, rd)) {
			genlmsg_cancel(msg, hdr);
			break;
		}
		genlmsg_end(msg, hdr);
		cb->args[0] = at;
	}
	mutex_unlock(&rn->lock);
	rtnl_unlock();
	return msg->len;
}

static int put_stats(struct sk_buff *msg, struct rtplane_net *rn)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_STATS);
	struct rtplane_totals t;

	rtplane_bridge_totals(rn, &t);
	rtplane_natmap_totals(rn, &t);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_STATS_A_DEVS, rn->nr_devs) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_LEGS, rn->nr_legs) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_NATMAPS, rn->nr_natmaps) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_RX_PACKETS, t.rx_packets, RTPLANE_STATS_A_PAD) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_TX_PACKETS, t.tx_packets, RTPLANE_STATS_A_PAD) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_PASSED, t.passed, RTPLANE_STATS_A_PAD) ||
	    rtplane_nl_put_drops(msg, RTPLANE_STATS_A_DROPS, t.drops) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_EVENTS_LOST, atomic64_read(&rn->events_lost),
			      RTPLANE_STATS_A_PAD) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_LEG_BYTES, rtplane_leg_size()) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_KEY_BYTES, rtplane_srtp_size()) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_SRTP_SLOW, rtplane_cipher_slow(),
			      RTPLANE_STATS_A_PAD) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_SCAN_RANGES, rtplane_scan_ranges(rn)) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_SCAN_PACKETS,
			      atomic64_read(&rn->scan_packets), RTPLANE_STATS_A_PAD) ||
	    nla_put_u64_64bit(msg, RTPLANE_STATS_A_SCANS, atomic64_read(&rn->scans),
			      RTPLANE_STATS_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = rtplane_nl_begin(info, 0, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&rn->lock);
	err = put_stats(msg, rn);
	mutex_unlock(&rn->lock);
	return rtplane_nl_answer(info, msg, hdr, err);
}

static const struct genl_ops ops[] = {
	{ .cmd = RTPLANE_CMD_DEV_NEW, .flags = GENL_ADMIN_PERM, .doit = dev_new_doit },
	{ .cmd = RTPLANE_CMD_DEV_DEL, .flags = GENL_ADMIN_PERM, .doit = dev_del_doit },
	{ .cmd = RTPLANE_CMD_DEV_GET, .flags = GENL_UNS_ADMIN_PERM,
	  .doit = dev_get_doit,
	  .dumpit = dev_get_dumpit },
	{ .cmd = RTPLANE_CMD_BRIDGE_NEW, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_new_doit },
	{ .cmd = RTPLANE_CMD_BRIDGE_SET, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_set_doit },
	{ .cmd = RTPLANE_CMD_BRIDGE_DEL, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_del_doit },
	{ .cmd = RTPLANE_CMD_LEG_SET, .flags = GENL_ADMIN_PERM, .doit = rtplane_leg_set_doit },
	{ .cmd = RTPLANE_CMD_LEG_GET, .flags = GENL_UNS_ADMIN_PERM,
	  .doit = rtplane_leg_get_doit,
	  .start = rtplane_leg_get_start, .dumpit = rtplane_leg_get_dumpit },
	{ .cmd = RTPLANE_CMD_NATMAP_NEW, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_natmap_new_doit },
	{ .cmd = RTPLANE_CMD_NATMAP_DEL, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_natmap_del_doit },
	{ .cmd = RTPLANE_CMD_NATMAP_GET, .flags = GENL_UNS_ADMIN_PERM,
	  .doit = rtplane_natmap_get_doit,
	  .dumpit = rtplane_natmap_get_dumpit },
	{ .cmd = RTPLANE_CMD_STATS_GET, .flags = GENL_UNS_ADMIN_PERM,
	  .doit = stats_get_doit },
	{ .cmd = RTPLANE_CMD_SCAN_SET, .flags = GENL_ADMIN_PERM, .doit = rtplane_scan_set_doit },
};

int __init rtplane_netlink_init(void)
{
	rtplane_genl.ops = ops;
	rtplane_genl.n_ops = ARRAY_SIZE(ops);
	rtplane_genl.policy = rtplane_policy;
	return genl_register_family(&rtplane_genl);
}

void rtplane_netlink_exit(void)
{
	genl_unregister_family(&rtplane_genl);
}
