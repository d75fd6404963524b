/* SPDX-License-Identifier: GPL-2.0 */
/* Does the device by which a packet came lead to where it says it is from? */
#ifndef _RTPLANE_DEVICE_H
#define _RTPLANE_DEVICE_H

#include "leg.h"
#include "pkt.h"

bool rtplane_device_commits(struct sk_buff *skb, const struct rtplane_pkt *pkt);
void rtplane_device_learn(struct rtplane_leg *leg, const struct sk_buff *skb,
			  const struct rtplane_pkt *pkt);
bool rtplane_device_permits(struct rtplane_leg *leg, struct sk_buff *skb,
			    const struct rtplane_pkt *pkt);

#endif /* _RTPLANE_DEVICE_H */
