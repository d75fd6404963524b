/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink: what the other files need of it. */
#ifndef _RTPLANE_NETLINK_H
#define _RTPLANE_NETLINK_H

#include <net/genetlink.h>

#include "addr.h"
#include "rtpstats.h"

extern struct genl_family rtplane_genl;

int rtplane_netlink_init(void);
void rtplane_netlink_exit(void);
int rtplane_nl_put_ep(struct sk_buff *msg, int type, const struct rtplane_ep *ep);
int rtplane_nl_put_rtcp(struct sk_buff *msg, int type, const struct rtplane_rtcpstats *s);

#endif /* _RTPLANE_NETLINK_H */
