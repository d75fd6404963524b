// SPDX-License-Identifier: GPL-2.0
/* Netlink: endpoints, asked. */
#include "nlep.h"
#include "nlpolicy.h"

#define rtplane_refuse(extack, nla, msg)			\
	({ NL_SET_ERR_MSG_ATTR(extack, nla, msg); -EINVAL; })

/**
 * rtplane_nl_ep() - an endpoint
 * @nla: nest of &enum rtplane_ep_attr
 * @ep: set on success
 * @port: it has a port; else it must have none
 * @extack: for the sentence
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_ep(const struct nlattr *nla, struct rtplane_ep *ep, bool port,
		  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_EP_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, RTPLANE_EP_A_MAX, nla, rtplane_endpoint_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_EP_A_IPV4] == !tb[RTPLANE_EP_A_IPV6])
		return rtplane_refuse(extack, nla,
				      "an endpoint has exactly one address, IPv4 or IPv6");
	if (port && (!tb[RTPLANE_EP_A_PORT] || !nla_get_be16(tb[RTPLANE_EP_A_PORT])))
		return rtplane_refuse(extack, nla, "an endpoint has a port from 1 to 65535");
	if (!port && tb[RTPLANE_EP_A_PORT])
		return rtplane_refuse(extack, nla, "an address without a port is expected");
	if (tb[RTPLANE_EP_A_IPV4])
		rtplane_ep_set4(ep, nla_get_in_addr(tb[RTPLANE_EP_A_IPV4]),
				port ? nla_get_be16(tb[RTPLANE_EP_A_PORT]) : 0);
	else
		rtplane_ep_set6(ep, nla_data(tb[RTPLANE_EP_A_IPV6]),
				port ? nla_get_be16(tb[RTPLANE_EP_A_PORT]) : 0);
	if (tb[RTPLANE_EP_A_IPV6] && ipv6_addr_v4mapped(&ep->addr))
		return rtplane_refuse(extack, nla,
				      "an IPv4-mapped address is to be given as IPv4");
	if (!rtplane_ep_unicast(ep))
		return rtplane_refuse(extack, nla, "the address must be a unicast address");
	ep->rtcp = !!tb[RTPLANE_EP_A_RTCP];
	if (tb[RTPLANE_EP_A_CALL])
		ep->call = nla_get_u16(tb[RTPLANE_EP_A_CALL]);
	if (ep->rtcp && !port)
		return rtplane_refuse(extack, nla, "an address without a port has no RTCP");
	if (ep->call && !port)
		return rtplane_refuse(extack, nla, "an address without a port has no calls");
	return 0;
}
