// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the family, and the commands on devices and totals.
 *
 * Every refusal carries a sentence.  Nothing that user space sends is believed
 * before it has been checked, here or by the policies in nlparse.c.
 */
#include <linux/rtnetlink.h>

#include "ingress.h"
#include "leg.h"
#include "natmap.h"
#include "net.h"
#include "netlink.h"
#include "nlparse.h"

static int rtplane_put_u64(struct sk_buff *msg, int type, u64 value, int pad)
{
	return nla_put_u64_64bit(msg, type, value, pad);
}

/**
 * rtplane_nl_put_ep() - put an endpoint
 * @msg: message
 * @type: attribute type of the nest
 * @ep: endpoint; a port of 0 is left out
 */
int rtplane_nl_put_ep(struct sk_buff *msg, int type, const struct rtplane_ep *ep)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	int err;

	if (!nest)
		return -EMSGSIZE;
	if (rtplane_ep_is4(ep))
		err = nla_put_in_addr(msg, RTPLANE_EP_A_IPV4, ep->w32[3]);
	else
		err = nla_put_in6_addr(msg, RTPLANE_EP_A_IPV6, &ep->addr);
	if (!err && ep->port)
		err = nla_put_be16(msg, RTPLANE_EP_A_PORT, ep->port);
	if (err)
		return err;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_put_drops() - put the drop counters that are not 0
 * @msg: message
 * @type: attribute type of the nest
 * @drops: by &enum rtplane_drop
 *
 * The attributes' types are reasons, so padding is of type 0.
 */
int rtplane_nl_put_drops(struct sk_buff *msg, int type, const u64 *drops)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++) {
		if (drops[i] && rtplane_put_u64(msg, i + 1, drops[i], 0))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_begin() - begin the answer to a request
 * @info: request
 * @hdr: set to the header to end the message with
 *
 * Return: the message, or NULL.
 */
struct sk_buff *rtplane_nl_begin(struct genl_info *info, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &rtplane_genl, 0, info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/**
 * rtplane_nl_answer() - send the answer that was begun, unless there is none
 * @info: the request
 * @msg: the answer; consumed
 * @hdr: its header
 * @err: why it could not be filled, or 0
 *
 * Return: @err, or 0 or the error of sending it.
 */
int rtplane_nl_answer(struct genl_info *info, struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int rtplane_dev_put(struct sk_buff *msg, const struct rtplane_dev *rd)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_DEV);
	struct rtplane_dev_stats sum;

	rtplane_dev_sum(rd, &sum);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_DEV_A_IFINDEX, rd->dev->ifindex) ||
	    nla_put_string(msg, RTPLANE_DEV_A_NAME, rd->dev->name) ||
	    rtplane_put_u64(msg, RTPLANE_DEV_A_RX_PACKETS, sum.rx_packets, RTPLANE_DEV_A_PAD) ||
	    rtplane_put_u64(msg, RTPLANE_DEV_A_PASSED, sum.passed, RTPLANE_DEV_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* The device that a request names, RTNL held; else a sentence and an error. */
static struct net_device *rtplane_nl_dev(struct genl_info *info)
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
static int rtplane_dev_doit(struct genl_info *info,
			    int (*act)(struct rtplane_net *rn, struct net_device *dev, void *arg),
			    void *arg)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = rtplane_nl_dev(info);
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

static int rtplane_dev_act_new(struct rtplane_net *rn, struct net_device *dev, void *arg)
{
	return rtplane_dev_add(rn, dev);
}

static int rtplane_dev_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return rtplane_dev_doit(info, rtplane_dev_act_new, NULL);
}

static int rtplane_dev_act_del(struct rtplane_net *rn, struct net_device *dev, void *arg)
{
	struct rtplane_dev *rd = rtplane_dev_find(rn, dev);

	if (!rd)
		return -ENOENT;
	rtplane_dev_del(rd);
	return 0;
}

static int rtplane_dev_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return rtplane_dev_doit(info, rtplane_dev_act_del, NULL);
}

static int rtplane_dev_act_get(struct rtplane_net *rn, struct net_device *dev, void *msg)
{
	struct rtplane_dev *rd = rtplane_dev_find(rn, dev);

	return rd ? rtplane_dev_put(msg, rd) : -ENOENT;
}

static int rtplane_dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = rtplane_nl_begin(info, &hdr);
	if (!msg)
		return -ENOMEM;
	err = rtplane_dev_doit(info, rtplane_dev_act_get, msg);
	return rtplane_nl_answer(info, msg, hdr, err);
}

static int rtplane_dev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
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
		if (rtplane_dev_put(msg, rd)) {
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

static int rtplane_stats_put(struct sk_buff *msg, struct rtplane_net *rn)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_STATS);
	struct rtplane_totals t;

	rtplane_leg_totals(rn, &t);
	rtplane_natmap_totals(rn, &t);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_STATS_A_DEVS, rn->nr_devs) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_LEGS, rn->nr_legs) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_NATMAPS, rn->nr_natmaps) ||
	    rtplane_put_u64(msg, RTPLANE_STATS_A_RX_PACKETS, t.rx_packets, RTPLANE_STATS_A_PAD) ||
	    rtplane_put_u64(msg, RTPLANE_STATS_A_TX_PACKETS, t.tx_packets, RTPLANE_STATS_A_PAD) ||
	    rtplane_put_u64(msg, RTPLANE_STATS_A_PASSED, t.passed, RTPLANE_STATS_A_PAD) ||
	    rtplane_nl_put_drops(msg, RTPLANE_STATS_A_DROPS, t.drops) ||
	    rtplane_put_u64(msg, RTPLANE_STATS_A_EVENTS_LOST, atomic64_read(&rn->events_lost),
			    RTPLANE_STATS_A_PAD) ||
	    nla_put_u32(msg, RTPLANE_STATS_A_LEG_BYTES, rtplane_leg_size()))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int rtplane_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = rtplane_nl_begin(info, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&rn->lock);
	err = rtplane_stats_put(msg, rn);
	mutex_unlock(&rn->lock);
	return rtplane_nl_answer(info, msg, hdr, err);
}

static const struct genl_ops rtplane_ops[] = {
	{ .cmd = RTPLANE_CMD_DEV_NEW, .flags = GENL_ADMIN_PERM, .doit = rtplane_dev_new_doit },
	{ .cmd = RTPLANE_CMD_DEV_DEL, .flags = GENL_ADMIN_PERM, .doit = rtplane_dev_del_doit },
	{ .cmd = RTPLANE_CMD_DEV_GET, .doit = rtplane_dev_get_doit,
	  .dumpit = rtplane_dev_get_dumpit },
	{ .cmd = RTPLANE_CMD_BRIDGE_NEW, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_new_doit },
	{ .cmd = RTPLANE_CMD_BRIDGE_SET, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_set_doit },
	{ .cmd = RTPLANE_CMD_BRIDGE_DEL, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_bridge_del_doit },
	{ .cmd = RTPLANE_CMD_LEG_SET, .flags = GENL_ADMIN_PERM, .doit = rtplane_leg_set_doit },
	{ .cmd = RTPLANE_CMD_LEG_GET, .doit = rtplane_leg_get_doit,
	  .start = rtplane_leg_get_start, .dumpit = rtplane_leg_get_dumpit },
	{ .cmd = RTPLANE_CMD_NATMAP_NEW, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_natmap_new_doit },
	{ .cmd = RTPLANE_CMD_NATMAP_DEL, .flags = GENL_ADMIN_PERM,
	  .doit = rtplane_natmap_del_doit },
	{ .cmd = RTPLANE_CMD_NATMAP_GET, .doit = rtplane_natmap_get_doit,
	  .dumpit = rtplane_natmap_get_dumpit },
	{ .cmd = RTPLANE_CMD_STATS_GET, .doit = rtplane_stats_get_doit },
};

static const struct genl_multicast_group rtplane_mcgrps[] = {
	{ .name = RTPLANE_MCGRP_EVENTS },
};

struct genl_family rtplane_genl __ro_after_init = {
	.name = RTPLANE_GENL_NAME,
	.version = RTPLANE_GENL_VERSION,
	.maxattr = RTPLANE_A_MAX,
	.policy = rtplane_policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = rtplane_ops,
	.n_ops = ARRAY_SIZE(rtplane_ops),
	.resv_start_op = RTPLANE_CMD_UNSPEC + 1,
	.mcgrps = rtplane_mcgrps,
	.n_mcgrps = ARRAY_SIZE(rtplane_mcgrps),
};

int __init rtplane_netlink_init(void)
{
	return genl_register_family(&rtplane_genl);
}

void rtplane_netlink_exit(void)
{
	genl_unregister_family(&rtplane_genl);
}
