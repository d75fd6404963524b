/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of a source that is not the remote yet. */
#ifndef _RTPLANE_HOLD_H
#define _RTPLANE_HOLD_H

#include "leg.h"

struct sk_buff;

/**
 * struct rtplane_release - packets that were held and go their way now
 * @skb: the oldest first
 * @n: how many
 */
struct rtplane_release {
	void *skb[RTPLANE_HELD];
	unsigned int n;
};

bool rtplane_hold(struct rtplane_leg *leg, struct rtplane_candidate *place, struct sk_buff *skb,
		  u64 now);
void rtplane_hold_release(struct rtplane_candidate *place, struct rtplane_release *r);
void rtplane_hold_wasted(struct rtplane_leg *leg);
void rtplane_hold_end(struct rtplane_leg *leg);

#endif /* _RTPLANE_HOLD_H */
