/* SPDX-License-Identifier: GPL-2.0 */
/* From netlink attributes to what the module works with. */
#ifndef _RTPLANE_NLPARSE_H
#define _RTPLANE_NLPARSE_H

#include <net/genetlink.h>

#include "leg.h"

extern const struct nla_policy rtplane_policy[RTPLANE_A_MAX + 1];
extern const struct nla_policy rtplane_dev_policy[RTPLANE_DEV_A_MAX + 1];
extern const struct nla_policy rtplane_leg_policy[RTPLANE_LEG_A_MAX + 1];
extern const struct nla_policy rtplane_bridge_policy[RTPLANE_BRIDGE_A_MAX + 1];
extern const struct nla_policy rtplane_natmap_policy[RTPLANE_NATMAP_A_MAX + 1];

int rtplane_nl_addr(const struct nlattr *nla, struct rtplane_ep *ep,
		    struct netlink_ext_ack *extack);
int rtplane_nl_map_check(const struct nlattr *nla, struct netlink_ext_ack *extack);
int rtplane_nl_local(const struct nlattr *nla, struct rtplane_ep *local,
		     struct netlink_ext_ack *extack);
int rtplane_nl_conf(const struct nlattr *nla, struct rtplane_leg_conf *c,
		    struct netlink_ext_ack *extack);
int rtplane_nl_check(const struct nlattr *nla, const struct rtplane_leg_conf *c,
		     const struct rtplane_leg *leg, struct netlink_ext_ack *extack);

#endif /* _RTPLANE_NLPARSE_H */
