/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: protection, asked and told. */
#ifndef _RTPLANE_NLSRTP_H
#define _RTPLANE_NLSRTP_H

#include <net/netlink.h>

struct rtplane_srtp;

int rtplane_nl_srtp(const struct nlattr *nla, struct rtplane_srtp **s, bool sends, u8 *fresh,
		    struct netlink_ext_ack *extack);
int rtplane_nl_sources(const struct nlattr *nest, int type, struct rtplane_srtp *s, bool sends,
		       struct netlink_ext_ack *extack);
int rtplane_nl_put_sources(struct sk_buff *msg, int type, const struct rtplane_srtp *s);
int rtplane_nl_put_srtp(struct sk_buff *msg, int type, const struct rtplane_srtp *s);

#endif /* _RTPLANE_NLSRTP_H */
