/* SPDX-License-Identifier: GPL-2.0 */
/* One packet of a leg. */
#ifndef _RTPLANE_RELAY_H
#define _RTPLANE_RELAY_H

#include "leg.h"
#include "verdict.h"

struct sk_buff;

struct rtplane_verdict rtplane_relay4(struct rtplane_leg *leg, struct sk_buff *skb,
				      unsigned int headlen);
struct rtplane_verdict rtplane_relay6(struct rtplane_leg *leg, struct sk_buff *skb,
				      unsigned int headlen);

#endif /* _RTPLANE_RELAY_H */
