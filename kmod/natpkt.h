/* SPDX-License-Identifier: GPL-2.0 */
/* Natmaps: what becomes of a UDP packet. */
#ifndef _RTPLANE_NATPKT_H
#define _RTPLANE_NATPKT_H

#include "nattable.h"
#include "verdict.h"

struct rtplane_verdict rtplane_nat_udp4(const struct rtplane_nat_table *t, struct sk_buff *skb);
struct rtplane_verdict rtplane_nat_udp6(const struct rtplane_nat_table *t, struct sk_buff *skb);

#endif /* _RTPLANE_NATPKT_H */
