/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports, TTL, DSCP and checksums. */
#ifndef _RTPLANE_REWRITE_H
#define _RTPLANE_REWRITE_H

#include "pkt.h"
#include "xmit.h"

void rtplane_rewrite(struct sk_buff *skb, const struct rtplane_pkt *pkt,
		     const struct rtplane_egress *eg);

#endif /* _RTPLANE_REWRITE_H */
