/* SPDX-License-Identifier: GPL-2.0 */
/* May this source be the remote? */
#ifndef _RTPLANE_LATCH_H
#define _RTPLANE_LATCH_H

#include "event.h"
#include "hold.h"
#include "leg.h"
#include "pkt.h"

struct rtplane_verdict rtplane_latch(struct rtplane_leg *leg, struct sk_buff *skb,
				     const struct rtplane_pkt *pkt, u64 now,
				     struct rtplane_notice *n, struct rtplane_release *r);
struct rtplane_verdict rtplane_latch_might(struct rtplane_leg *leg, struct sk_buff *skb,
					   const struct rtplane_pkt *pkt, u64 now,
					   struct rtplane_notice *n, struct rtplane_release *r);
void rtplane_latch_proven(struct rtplane_leg *leg, struct sk_buff *skb,
			  const struct rtplane_pkt *pkt, u64 now, struct rtplane_notice *n);
struct rtplane_verdict rtplane_latch_device(struct rtplane_leg *leg, struct sk_buff *skb,
					    const struct rtplane_pkt *pkt, u64 now,
					    struct rtplane_notice *n);
struct rtplane_verdict rtplane_latch_ssrc(struct rtplane_leg *leg, struct sk_buff *skb,
					  const struct rtplane_pkt *pkt, u64 now,
					  struct rtplane_release *r);
void rtplane_latch_commit(struct rtplane_leg *leg, const struct rtplane_ep *remote, u64 now,
			  enum rtplane_reason reason, struct rtplane_notice *n);
void rtplane_latch_resume(struct rtplane_leg *leg, const struct rtplane_ep *remote);
void rtplane_latch_forget(struct rtplane_leg *leg);
void rtplane_latch_left(struct rtplane_leg *leg, u64 now);
bool rtplane_latch_permits(const struct rtplane_leg *leg, const struct rtplane_ep *src);

#endif /* _RTPLANE_LATCH_H */
