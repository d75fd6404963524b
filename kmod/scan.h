/* SPDX-License-Identifier: GPL-2.0 */
/* Ports that are watched for who tries many of them. */
#ifndef _RTPLANE_SCAN_H
#define _RTPLANE_SCAN_H

#include <linux/skbuff.h>

#include "addr.h"

struct rtplane_net;
struct rtplane_scan;

/**
 * struct rtplane_scan_range - ports of a local address
 * @addr: the address; its port is 0
 * @lo: first port
 * @hi: last port
 */
struct rtplane_scan_range {
	struct rtplane_ep addr;
	u16 lo;
	u16 hi;
};

struct rtplane_scan *rtplane_scan_new(u32 ports, u32 seconds, unsigned int n_ranges);
struct rtplane_scan_range *rtplane_scan_range(struct rtplane_scan *scan, unsigned int i);
void rtplane_scan_free(struct rtplane_scan *scan);
void rtplane_scan_set(struct rtplane_net *rn, struct rtplane_scan *scan);
u32 rtplane_scan_ranges(const struct rtplane_net *rn);
void rtplane_scan_see(struct rtplane_net *rn, struct rtplane_scan *scan,
		      const struct sk_buff *skb);

#endif /* _RTPLANE_SCAN_H */
