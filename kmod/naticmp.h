/* SPDX-License-Identifier: GPL-2.0 */
/* Natmaps: ICMP errors, and fragments. */
#ifndef _RTPLANE_NATICMP_H
#define _RTPLANE_NATICMP_H

#include "nattable.h"
#include "verdict.h"

struct rtplane_verdict rtplane_nat_other(const struct rtplane_nat_table *t, struct sk_buff *skb);

#endif /* _RTPLANE_NATICMP_H */
