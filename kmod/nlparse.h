/* SPDX-License-Identifier: GPL-2.0 */
/* From netlink attributes to what the module works with. */
#ifndef _RTPLANE_NLPARSE_H
#define _RTPLANE_NLPARSE_H

#include <net/genetlink.h>

#include "leg.h"
#include "nlpolicy.h"

int rtplane_nl_addr(const struct nlattr *nla, struct rtplane_ep *ep,
		    struct netlink_ext_ack *extack);
int rtplane_nl_map_check(const struct nlattr *nla, struct netlink_ext_ack *extack);
int rtplane_nl_local(const struct nlattr *nla, struct rtplane_ep *local,
		     struct netlink_ext_ack *extack);
int rtplane_nl_conf(const struct nlattr *nla, struct rtplane_leg_conf *c,
		    struct netlink_ext_ack *extack);
void rtplane_nl_conf_free(struct rtplane_leg_conf *c);
int rtplane_nl_check(struct rtplane_net *rn, const struct nlattr *nla,
		     const struct rtplane_leg_conf *c,
		     const struct rtplane_leg *leg, struct netlink_ext_ack *extack);

#endif /* _RTPLANE_NLPARSE_H */
