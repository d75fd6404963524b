/* SPDX-License-Identifier: GPL-2.0 */
/* A packet and the leg that it arrived on. */
#ifndef _RTPLANE_RELAY_H
#define _RTPLANE_RELAY_H

#include "leg.h"
#include "pkt.h"
#include "xmit.h"

unsigned int rtplane_relay(struct rtplane_leg *leg, struct sk_buff *skb, struct rtplane_pkt *pkt);

static inline int rtplane_leg_police(struct rtplane_leg *leg, unsigned int bytes, u64 now)
{
	enum rtplane_police_verdict verdict;

	if (!(leg->flags & RTPLANE_LEG_POLICED))
		return RTPLANE_ACCEPTED;
	verdict = rtplane_police(&leg->police, now, bytes);
	if (likely(verdict == RTPLANE_POLICE_OK))
		return RTPLANE_ACCEPTED;
	return verdict == RTPLANE_POLICE_PPS ? RTPLANE_DROP_PPS : RTPLANE_DROP_BPS;
}

/* A packet that is accepted; it has been counted in rx_packets. */
static inline void rtplane_count_rx(struct rtplane_leg *leg, unsigned int bytes, u64 now)
{
	leg->rx_bytes += bytes;
	leg->last = now;
}

/* A packet that will be sent by the peer. */
static inline void rtplane_count_fwd(struct rtplane_leg *leg, unsigned int bytes, u8 tos)
{
	leg->fwd_packets++;
	leg->fwd_bytes += bytes;
	leg->fwd_tos = tos;
}

#endif /* _RTPLANE_RELAY_H */
