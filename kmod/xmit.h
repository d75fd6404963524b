/* SPDX-License-Identifier: GPL-2.0 */
/* A leg's way out, and the last steps of a packet on it. */
#ifndef _RTPLANE_XMIT_H
#define _RTPLANE_XMIT_H

#include "egress.h"
#include "leg.h"

int rtplane_egress_cache_init(void);
void rtplane_egress_cache_exit(void);
int rtplane_egress_get(struct rtplane_leg *leg, struct rtplane_egress **out);
void rtplane_egress_forget(struct rtplane_leg *leg);
void rtplane_xmit(struct rtplane_leg *leg, struct sk_buff *skb, const struct rtplane_pkt *pkt,
		  const struct rtplane_egress *eg);
void rtplane_unsent(struct rtplane_leg *leg, unsigned int bytes, enum rtplane_drop why);

#endif /* _RTPLANE_XMIT_H */
