/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: the state of a leg, asked and told. */
#ifndef _RTPLANE_NLSTATE_H
#define _RTPLANE_NLSTATE_H

#include <net/netlink.h>

#include "leg.h"
#include "saved.h"

/* Bytes that a leg's state takes at most, with 64 sources each way. */
#define RTPLANE_STATE_MAX	36864

int rtplane_nl_refuse(struct netlink_ext_ack *extack, const struct nlattr *nla, const char *why);
int rtplane_nl_state(const struct nlattr *nla, struct rtplane_leg_conf *c,
		     struct netlink_ext_ack *extack);
int rtplane_nl_state_asked(const struct nlattr *leg, bool *asked, struct netlink_ext_ack *extack);
int rtplane_nl_put_state(struct sk_buff *msg, const struct rtplane_saved *s,
			 const struct rtplane_srtp *rx);

#endif /* _RTPLANE_NLSTATE_H */
