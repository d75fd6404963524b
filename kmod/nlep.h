/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: endpoints, asked. */
#ifndef _RTPLANE_NLEP_H
#define _RTPLANE_NLEP_H

#include <net/netlink.h>

#include "addr.h"

int rtplane_nl_ep(const struct nlattr *nla, struct rtplane_ep *ep, bool port,
		  struct netlink_ext_ack *extack);

#endif /* _RTPLANE_NLEP_H */
