/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink: the family itself, and what is put into its messages. */
#ifndef _RTPLANE_NLPUT_H
#define _RTPLANE_NLPUT_H

#include <net/genetlink.h>
#include <linux/rtplane.h>

#include "addr.h"
#include "rtpstats.h"

extern struct genl_family rtplane_genl;

/* Bytes of the longest answer: a leg with 64 sources each way. */
#define RTPLANE_ANSWER_MAX	16384

int rtplane_nl_put_ep(struct sk_buff *msg, int type, const struct rtplane_ep *ep);
int rtplane_nl_put_drops(struct sk_buff *msg, int type, const u64 *drops);
int rtplane_nl_put_rtcp(struct sk_buff *msg, int type, const struct rtplane_rtcpstats *s);
struct sk_buff *rtplane_nl_begin(struct genl_info *info, unsigned int room, void **hdr);
int rtplane_nl_answer(struct genl_info *info, struct sk_buff *msg, void *hdr, int err);

#endif /* _RTPLANE_NLPUT_H */
