/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: further outputs of a leg, asked and told. */
#ifndef _RTPLANE_NLCOPY_H
#define _RTPLANE_NLCOPY_H

#include <net/netlink.h>

struct rtplane_copies;
struct rtplane_ep;

int rtplane_nl_copies(const struct nlattr *leg, const struct rtplane_ep *local,
		      struct rtplane_copies **copies, struct netlink_ext_ack *extack);
int rtplane_nl_put_copies(struct sk_buff *msg, const struct rtplane_copies *all);

#endif /* _RTPLANE_NLCOPY_H */
