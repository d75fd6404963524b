// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: the commands on natmaps. */
#include "nattable.h"
#include "net.h"
#include "netlink.h"
#include "nlparse.h"
#include "nlput.h"

static int nat_addr(struct nlattr *nla, struct rtplane_ep *ep, struct genl_info *info,
		    struct nlattr *nest)
{
	if (!nla) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "a natmap has an external and an inside address");
		return -EINVAL;
	}
	return rtplane_nl_addr(nla, ep, info->extack);
}

static int nat_ports(struct nlattr **tb, struct rtplane_natmap_conf *c,
		     struct genl_info *info)
{
	c->lo = tb[RTPLANE_NATMAP_A_PORT_LO] ? nla_get_u16(tb[RTPLANE_NATMAP_A_PORT_LO]) :
					       RTPLANE_NATMAP_PORT_LO;
	c->hi = tb[RTPLANE_NATMAP_A_PORT_HI] ? nla_get_u16(tb[RTPLANE_NATMAP_A_PORT_HI]) :
					       RTPLANE_NATMAP_PORT_HI;
	if (c->lo <= c->hi)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_NATMAP],
			    "the first port is above the last");
	return -EINVAL;
}

static int nat_dscp(struct nlattr **tb, struct rtplane_natmap_conf *c,
		    struct genl_info *info)
{
	struct nlattr *map = tb[RTPLANE_NATMAP_A_DSCP_MAP];

	if (tb[RTPLANE_NATMAP_A_DSCP]) {
		c->dscp = nla_get_u8(tb[RTPLANE_NATMAP_A_DSCP]);
		c->dscp_mode = RTPLANE_DSCP_SET;
	} else if (map) {
		c->dscp_mode = RTPLANE_DSCP_MAP;
	}
	if (tb[RTPLANE_NATMAP_A_DSCP_MODE])
		c->dscp_mode = nla_get_u8(tb[RTPLANE_NATMAP_A_DSCP_MODE]);
	if (c->dscp_mode == RTPLANE_DSCP_SET && !tb[RTPLANE_NATMAP_A_DSCP]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_NATMAP],
				    "DSCP mode set needs a DSCP");
		return -EINVAL;
	}
	if (c->dscp_mode == RTPLANE_DSCP_MAP && !map) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_NATMAP],
				    "DSCP mode map needs a map of 64 values");
		return -EINVAL;
	}
	if (!map)
		return 0;
	memcpy(c->dscp_map, nla_data(map), RTPLANE_DSCP_MAP_LEN);
	return rtplane_nl_map_check(map, info->extack);
}

static int nat_parse(struct genl_info *info, struct nlattr **tb)
{
	if (!info->attrs[RTPLANE_A_NATMAP]) {
		NL_SET_ERR_MSG(info->extack, "a natmap is required");
		return -EINVAL;
	}
	return nla_parse_nested(tb, RTPLANE_NATMAP_A_MAX, info->attrs[RTPLANE_A_NATMAP],
				rtplane_natmap_policy, info->extack);
}

static void nat_side(struct nlattr *ifindex, struct nlattr *group, struct rtplane_nat_side *side)
{
	side->ifindex = ifindex ? nla_get_u32(ifindex) : 0;
	side->group = group ? nla_get_u32(group) : 0;
	side->grouped = group;
}

static int nat_conf(struct genl_info *info, struct rtplane_natmap_conf *c)
{
	struct nlattr *nest = info->attrs[RTPLANE_A_NATMAP];
	struct nlattr *tb[RTPLANE_NATMAP_A_MAX + 1];
	int err;

	err = nat_parse(info, tb);
	if (!err)
		err = nat_addr(tb[RTPLANE_NATMAP_A_EXT], &c->ext, info, nest);
	if (!err)
		err = nat_addr(tb[RTPLANE_NATMAP_A_INT], &c->in, info, nest);
	if (!err)
		err = nat_ports(tb, c, info);
	if (!err)
		err = nat_dscp(tb, c, info);
	if (err)
		return err;
	if (rtplane_ep_is4(&c->ext) != rtplane_ep_is4(&c->in) ||
	    rtplane_ep_same_addr(&c->ext, &c->in)) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "the addresses must be two of one family");
		return -EINVAL;
	}
	nat_side(tb[RTPLANE_NATMAP_A_INSIDE], tb[RTPLANE_NATMAP_A_INSIDE_GROUP], &c->inside);
	nat_side(tb[RTPLANE_NATMAP_A_OUTSIDE], tb[RTPLANE_NATMAP_A_OUTSIDE_GROUP], &c->outside);
	if (tb[RTPLANE_NATMAP_A_FILTER])
		c->filter = nla_get_u8(tb[RTPLANE_NATMAP_A_FILTER]);
	if (tb[RTPLANE_NATMAP_A_PPS])
		c->pps = nla_get_u32(tb[RTPLANE_NATMAP_A_PPS]);
	if (tb[RTPLANE_NATMAP_A_BPS])
		c->bps = nla_get_u64(tb[RTPLANE_NATMAP_A_BPS]);
	return 0;
}

static void conflict_say(struct genl_info *info, enum rtplane_nat_conflict why)
{
	struct nlattr *nest = info->attrs[RTPLANE_A_NATMAP];

	switch (why) {
	case RTPLANE_NAT_CONFLICT_EXT:
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "the ports of this external address are mapped already");
		break;
	case RTPLANE_NAT_CONFLICT_INT:
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "the ports of this inside address are mapped already");
		break;
	case RTPLANE_NAT_CONFLICT_BOTH:
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "an address is external in one natmap and inside in another");
		break;
	case RTPLANE_NAT_CONFLICT_NONE:
		break;
	}
}

int rtplane_natmap_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_natmap_conf conf = {};
	enum rtplane_nat_conflict why = RTPLANE_NAT_CONFLICT_NONE;
	int err;

	err = nat_conf(info, &conf);
	if (err)
		return err;
	mutex_lock(&rn->lock);
	err = rtplane_natmap_add(rn, &conf, &why);
	mutex_unlock(&rn->lock);
	conflict_say(info, why);
	return err;
}

/* The natmap that a request names by its external address and first port. */
static struct rtplane_natmap *nat_named(struct rtplane_net *rn, struct genl_info *info,
					const struct rtplane_ep *ext, u16 lo)
{
	struct rtplane_natmap *nm = rtplane_natmap_get(rn, ext, lo);

	if (!nm)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTPLANE_A_NATMAP],
				    "there is no natmap with this external address and first port");
	return nm;
}

static int nat_name(struct genl_info *info, struct rtplane_natmap_conf *c)
{
	struct nlattr *tb[RTPLANE_NATMAP_A_MAX + 1];
	int err;

	err = nat_parse(info, tb);
	if (!err)
		err = nat_addr(tb[RTPLANE_NATMAP_A_EXT], &c->ext, info,
			       info->attrs[RTPLANE_A_NATMAP]);
	if (!err)
		err = nat_ports(tb, c, info);
	return err;
}

int rtplane_natmap_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_natmap_conf conf = {};
	struct rtplane_natmap *nm;
	int err;

	err = nat_name(info, &conf);
	if (err)
		return err;
	mutex_lock(&rn->lock);
	nm = nat_named(rn, info, &conf.ext, conf.lo);
	if (nm)
		rtplane_natmap_remove(nm);
	mutex_unlock(&rn->lock);
	return nm ? 0 : -ENOENT;
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, RTPLANE_NATMAP_A_PAD);
}

static int nat_put_side(struct sk_buff *msg, int ifindex, int group,
			const struct rtplane_nat_side *side)
{
	if (side->ifindex && nla_put_u32(msg, ifindex, side->ifindex))
		return -EMSGSIZE;
	return side->grouped ? nla_put_u32(msg, group, side->group) : 0;
}

static int nat_put_conf(struct sk_buff *msg, const struct rtplane_natmap_conf *c)
{
	if (rtplane_nl_put_ep(msg, RTPLANE_NATMAP_A_EXT, &c->ext) ||
	    rtplane_nl_put_ep(msg, RTPLANE_NATMAP_A_INT, &c->in) ||
	    nla_put_u16(msg, RTPLANE_NATMAP_A_PORT_LO, c->lo) ||
	    nla_put_u16(msg, RTPLANE_NATMAP_A_PORT_HI, c->hi) ||
	    nla_put_u8(msg, RTPLANE_NATMAP_A_FILTER, c->filter) ||
	    nla_put_u8(msg, RTPLANE_NATMAP_A_DSCP_MODE, c->dscp_mode) ||
	    nla_put_u32(msg, RTPLANE_NATMAP_A_PPS, c->pps) ||
	    put_u64(msg, RTPLANE_NATMAP_A_BPS, c->bps) ||
	    nat_put_side(msg, RTPLANE_NATMAP_A_INSIDE, RTPLANE_NATMAP_A_INSIDE_GROUP,
			 &c->inside) ||
	    nat_put_side(msg, RTPLANE_NATMAP_A_OUTSIDE, RTPLANE_NATMAP_A_OUTSIDE_GROUP,
			 &c->outside))
		return -EMSGSIZE;
	if (c->dscp_mode == RTPLANE_DSCP_SET)
		return nla_put_u8(msg, RTPLANE_NATMAP_A_DSCP, c->dscp);
	if (c->dscp_mode == RTPLANE_DSCP_MAP)
		return nla_put(msg, RTPLANE_NATMAP_A_DSCP_MAP, RTPLANE_DSCP_MAP_LEN, c->dscp_map);
	return 0;
}

static int nat_put(struct sk_buff *msg, const struct rtplane_natmap *nm)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_NATMAP);
	struct rtplane_nat_stats s;

	rtplane_natmap_sum(nm, &s);
	if (!nest || nat_put_conf(msg, &nm->conf) ||
	    put_u64(msg, RTPLANE_NATMAP_A_IN_PACKETS, s.packets[RTPLANE_NAT_IN]) ||
	    put_u64(msg, RTPLANE_NATMAP_A_IN_BYTES, s.bytes[RTPLANE_NAT_IN]) ||
	    put_u64(msg, RTPLANE_NATMAP_A_OUT_PACKETS, s.packets[RTPLANE_NAT_OUT]) ||
	    put_u64(msg, RTPLANE_NATMAP_A_OUT_BYTES, s.bytes[RTPLANE_NAT_OUT]) ||
	    put_u64(msg, RTPLANE_NATMAP_A_HAIRPINS, s.hairpins) ||
	    put_u64(msg, RTPLANE_NATMAP_A_ICMP, s.icmp) ||
	    put_u64(msg, RTPLANE_NATMAP_A_PASSED, s.passed) ||
	    rtplane_nl_put_drops(msg, RTPLANE_NATMAP_A_DROPS, s.drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int rtplane_natmap_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_natmap_conf conf = {};
	struct rtplane_natmap *nm;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = nat_name(info, &conf);
	if (err)
		return err;
	msg = rtplane_nl_begin(info, 0, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&rn->lock);
	nm = nat_named(rn, info, &conf.ext, conf.lo);
	err = nm ? nat_put(msg, nm) : -ENOENT;
	mutex_unlock(&rn->lock);
	return rtplane_nl_answer(info, msg, hdr, err);
}

/* In order of creation, as legs are. */
int rtplane_natmap_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtplane_net *rn = rtplane_pernet(sock_net(msg->sk));
	struct rtplane_natmap *nm;
	void *hdr;

	mutex_lock(&rn->lock);
	cb->seq = rn->seq;
	list_for_each_entry(nm, &rn->natmaps, list) {
		if (nm->id <= cb->args[0])
			continue;
		hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &rtplane_genl, NLM_F_MULTI, RTPLANE_CMD_NATMAP_GET);
		if (!hdr)
			break;
		if (nat_put(msg, nm)) {
			genlmsg_cancel(msg, hdr);
			break;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(msg, hdr);
		cb->args[0] = nm->id;
	}
	mutex_unlock(&rn->lock);
	return msg->len;
}
