// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: which ports are watched for who tries many of them. */
#include "net.h"
#include "netlink.h"
#include "nlparse.h"
#include "scan.h"

#define RTPLANE_SCAN_PORTS	8
#define RTPLANE_SCAN_SECONDS	10

static int scan_range(const struct nlattr *nla, struct rtplane_scan_range *range,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_RANGE_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, RTPLANE_RANGE_A_MAX, nla, rtplane_range_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_RANGE_A_ADDR] || !tb[RTPLANE_RANGE_A_PORT_LO] ||
	    !tb[RTPLANE_RANGE_A_PORT_HI]) {
		NL_SET_ERR_MSG_ATTR(extack, nla,
				    "a range has an address, a first and a last port");
		return -EINVAL;
	}
	range->lo = nla_get_u16(tb[RTPLANE_RANGE_A_PORT_LO]);
	range->hi = nla_get_u16(tb[RTPLANE_RANGE_A_PORT_HI]);
	if (range->lo > range->hi) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "the first port is above the last");
		return -EINVAL;
	}
	return rtplane_nl_addr(tb[RTPLANE_RANGE_A_ADDR], &range->addr, extack);
}

static unsigned int count_ranges(const struct nlattr *nest)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int rem;

	nla_for_each_nested(nla, nest, rem)
		n += nla_type(nla) == RTPLANE_SCAN_A_RANGE;
	return n;
}

static int fill_ranges(struct rtplane_scan *scan, const struct nlattr *nest,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int rem, err;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) != RTPLANE_SCAN_A_RANGE)
			continue;
		err = scan_range(nla, rtplane_scan_range(scan, n++), extack);
		if (err)
			return err;
	}
	return 0;
}

/* What a request asks to be watched; NULL: nothing. */
static struct rtplane_scan *scan_make(struct genl_info *info)
{
	struct nlattr *nest = info->attrs[RTPLANE_A_SCAN], *ports, *seconds;
	struct nlattr *tb[RTPLANE_SCAN_A_MAX + 1];
	struct rtplane_scan *scan;
	unsigned int n;
	int err;

	err = nla_parse_nested(tb, RTPLANE_SCAN_A_MAX, nest, rtplane_scan_policy, info->extack);
	if (err)
		return ERR_PTR(err);
	ports = tb[RTPLANE_SCAN_A_PORTS];
	seconds = tb[RTPLANE_SCAN_A_SECONDS];
	n = count_ranges(nest);
	if (n > RTPLANE_SCAN_RANGES_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest, "at most 512 ranges are watched");
		return ERR_PTR(-E2BIG);
	}
	if (!n)
		return NULL;
	scan = rtplane_scan_new(ports ? nla_get_u32(ports) : RTPLANE_SCAN_PORTS,
				seconds ? nla_get_u32(seconds) : RTPLANE_SCAN_SECONDS, n);
	if (!scan)
		return ERR_PTR(-ENOMEM);
	err = fill_ranges(scan, nest, info->extack);
	if (!err)
		return scan;
	rtplane_scan_free(scan);
	return ERR_PTR(err);
}

int rtplane_scan_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_scan *scan;

	if (!info->attrs[RTPLANE_A_SCAN]) {
		NL_SET_ERR_MSG(info->extack, "a scan watch is required");
		return -EINVAL;
	}
	scan = scan_make(info);
	if (IS_ERR(scan))
		return PTR_ERR(scan);
	mutex_lock(&rn->lock);
	rtplane_scan_set(rn, scan);
	mutex_unlock(&rn->lock);
	return 0;
}
