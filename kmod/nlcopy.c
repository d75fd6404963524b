// SPDX-License-Identifier: GPL-2.0
/* Netlink: further outputs of a leg, asked and told. */
#include <net/genetlink.h>

#include "copy.h"
#include "nlcopy.h"
#include "nlep.h"
#include "nlpolicy.h"
#include "nlput.h"

#define rtplane_refuse(extack, nla, msg)			\
	({ NL_SET_ERR_MSG_ATTR(extack, nla, msg); -EINVAL; })

static bool linklocal(const struct rtplane_ep *ep)
{
	return !rtplane_ep_is4(ep) && ipv6_addr_type(&ep->addr) & IPV6_ADDR_LINKLOCAL;
}

static int nl_copy(const struct nlattr *nla, const struct rtplane_ep *local,
		   struct rtplane_copy *c, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_COPY_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, RTPLANE_COPY_A_MAX, nla, rtplane_copy_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_COPY_A_FROM] || !tb[RTPLANE_COPY_A_TO])
		return rtplane_refuse(extack, nla,
				      "a copy goes from an address and port of ours to another's");
	err = rtplane_nl_ep(tb[RTPLANE_COPY_A_FROM], &c->from, true, extack) ?:
	      rtplane_nl_ep(tb[RTPLANE_COPY_A_TO], &c->to, true, extack);
	if (err)
		return err;
	if (c->from.part || c->to.part)
		return rtplane_refuse(extack, nla,
				      "only a leg's local address is that of RTCP alone");
	if (rtplane_ep_is4(&c->from) != rtplane_ep_is4(&c->to))
		return rtplane_refuse(extack, nla, "a copy's addresses are of one family");
	if (linklocal(&c->from) || linklocal(&c->to))
		return rtplane_refuse(extack, nla, "a copy goes by no link-local address");
	if (rtplane_ep_eq(&c->to, local))
		return rtplane_refuse(extack, nla, "a leg's copies cannot go to itself");
	c->only = tb[RTPLANE_COPY_A_ONLY] ? nla_get_u8(tb[RTPLANE_COPY_A_ONLY]) : 0;
	return 0;
}

/**
 * rtplane_nl_copies() - the further outputs that a leg nest asks for
 * @leg: nest of &enum rtplane_leg_attr
 * @local: the leg's local address
 * @copies: set if there are some, also on error; to be given to rtplane_copies_free()
 * @extack: for the sentence
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int rtplane_nl_copies(const struct nlattr *leg, const struct rtplane_ep *local,
		      struct rtplane_copies **copies, struct netlink_ext_ack *extack)
{
	struct nlattr *nla;
	unsigned int n = 0;
	int rem, err = 0;

	nla_for_each_nested(nla, leg, rem) {
		if (nla_type(nla) == RTPLANE_LEG_A_COPY && ++n > RTPLANE_COPIES_MAX)
			return rtplane_refuse(extack, nla, "a leg has at most 8 copies");
	}
	if (!n)
		return 0;
	if (nla_find_nested(leg, RTPLANE_LEG_A_NO_COPY))
		return rtplane_refuse(extack, leg, "copies and none of them exclude each other");
	*copies = rtplane_copies_new(n);
	if (!*copies)
		return -ENOMEM;
	n = 0;
	nla_for_each_nested(nla, leg, rem) {
		if (!err && nla_type(nla) == RTPLANE_LEG_A_COPY)
			err = nl_copy(nla, local, &(*copies)->copy[n++], extack);
	}
	return err;
}

/**
 * rtplane_nl_put_copies() - tell further outputs and what they have sent
 * @msg: message
 * @all: the outputs of a leg that is locked, or NULL
 */
int rtplane_nl_put_copies(struct sk_buff *msg, const struct rtplane_copies *all)
{
	const struct rtplane_copy *c;
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; all && i < all->n; i++) {
		c = &all->copy[i];
		nest = nla_nest_start(msg, RTPLANE_LEG_A_COPY);
		if (!nest ||
		    rtplane_nl_put_ep(msg, RTPLANE_COPY_A_FROM, &c->from) ||
		    rtplane_nl_put_ep(msg, RTPLANE_COPY_A_TO, &c->to) ||
		    nla_put_u8(msg, RTPLANE_COPY_A_ONLY, c->only) ||
		    nla_put_u64_64bit(msg, RTPLANE_COPY_A_PACKETS, c->packets,
				      RTPLANE_COPY_A_PAD) ||
		    nla_put_u64_64bit(msg, RTPLANE_COPY_A_BYTES, c->bytes,
				      RTPLANE_COPY_A_PAD) ||
		    nla_put_u64_64bit(msg, RTPLANE_COPY_A_DROPPED, c->dropped,
				      RTPLANE_COPY_A_PAD))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}
