// SPDX-License-Identifier: GPL-2.0
/* Further outputs of a leg as the attributes of <linux/rtplane.h>, there and back. */
#include <netlink/errno.h>

#include "genl_attr.h"

static int put_copy(struct nl_msg *msg, const struct dp_copy *c, bool told)
{
	struct nlattr *at = nla_nest_start(msg, RTPLANE_LEG_A_COPY | NLA_F_NESTED);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = genl_put_addr(msg, RTPLANE_COPY_A_FROM, &c->from);
	ret |= genl_put_addr(msg, RTPLANE_COPY_A_TO, &c->to);
	ret |= nla_put_u8(msg, RTPLANE_COPY_A_ONLY, c->only);
	if (told) {
		ret |= nla_put_u64(msg, RTPLANE_COPY_A_PACKETS, c->packets);
		ret |= nla_put_u64(msg, RTPLANE_COPY_A_BYTES, c->bytes);
		ret |= nla_put_u64(msg, RTPLANE_COPY_A_DROPPED, c->dropped);
	}
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_copies(struct nl_msg *msg, const struct dp_leg *leg, bool told)
{
	unsigned int i;
	int ret = 0;

	if (!(leg->set & DP_LEG_COPIES))
		return 0;
	if (!leg->n_copies && !told)
		return nla_put_flag(msg, RTPLANE_LEG_A_NO_COPY);
	for (i = 0; i < leg->n_copies; i++)
		ret |= put_copy(msg, &leg->copies[i], told);
	return ret;
}

static uint64_t get_u64(struct nlattr *at)
{
	return at ? nla_get_u64(at) : 0;
}

static int parse_copy(struct nlattr *attr, struct dp_copy *c)
{
	static struct nla_policy policy[RTPLANE_COPY_A_MAX + 1] = {
		[RTPLANE_COPY_A_FROM] = { .type = NLA_NESTED },
		[RTPLANE_COPY_A_TO] = { .type = NLA_NESTED },
		[RTPLANE_COPY_A_ONLY] = { .type = NLA_U8 },
		[RTPLANE_COPY_A_PACKETS] = { .type = NLA_U64 },
		[RTPLANE_COPY_A_BYTES] = { .type = NLA_U64 },
		[RTPLANE_COPY_A_DROPPED] = { .type = NLA_U64 },
	};
	struct nlattr *tb[RTPLANE_COPY_A_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, RTPLANE_COPY_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	ret = genl_parse_addr(tb[RTPLANE_COPY_A_FROM], &c->from);
	ret |= genl_parse_addr(tb[RTPLANE_COPY_A_TO], &c->to);
	c->only = tb[RTPLANE_COPY_A_ONLY] ?
		  nla_get_u8(tb[RTPLANE_COPY_A_ONLY]) : RTPLANE_ONLY_BOTH;
	c->packets = get_u64(tb[RTPLANE_COPY_A_PACKETS]);
	c->bytes = get_u64(tb[RTPLANE_COPY_A_BYTES]);
	c->dropped = get_u64(tb[RTPLANE_COPY_A_DROPPED]);
	return ret < 0 ? -NLE_INVAL : 0;
}

int genl_parse_copies(struct nlattr *nest, struct dp_leg *leg,
		      struct dp_sources *sources)
{
	struct dp_copy *copies;
	unsigned int n = 0;
	struct nlattr *at;
	int rem, ret = 0;

	nla_for_each_nested(at, nest, rem)
		n += nla_type(at) == RTPLANE_LEG_A_COPY;
	/* whoever judges it refuses more */
	if (n > RTPLANE_COPIES_MAX)
		n = RTPLANE_COPIES_MAX + 1;
	if (!n)
		return 0;
	copies = dp_copies_take(sources, n);
	if (!copies)
		return -NLE_NOMEM;
	leg->set |= DP_LEG_COPIES;
	leg->copies = copies;
	nla_for_each_nested(at, nest, rem)
		if (!ret && nla_type(at) == RTPLANE_LEG_A_COPY &&
		    leg->n_copies < n)
			ret = parse_copy(at, &copies[leg->n_copies++]);
	return ret;
}
