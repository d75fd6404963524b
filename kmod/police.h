/* SPDX-License-Identifier: GPL-2.0 */
/* Rate limits: a token bucket kept as a theoretical arrival time (GCRA). */
#ifndef _RTPLANE_POLICE_H
#define _RTPLANE_POLICE_H

#include "portable.h"

/* A sender may be this far ahead of its rate. */
#define RTPLANE_POLICE_BURST_NS	(50 * NSEC_PER_MSEC)
/* At 1 bit/s the largest packet's cost just has 64 bits before the shift. */
#define RTPLANE_POLICE_SHIFT	15
/* The largest packet: that of IPv6, with its header. */
#define RTPLANE_POLICE_BYTES	65575

/**
 * struct rtplane_police - packet and bit rate limit of one direction
 * @pps: packets per second, as it was set
 * @packet_ns: nanoseconds that a packet costs; 0 = no packet limit
 * @byte_cost: nanoseconds that a byte costs, << RTPLANE_POLICE_SHIFT; 0 = no
 *	bit limit
 * @packet_tat: when the next packet is due, packet limit
 * @bit_tat: when the next packet is due, bit limit
 */
struct rtplane_police {
	u32 pps;
	u32 packet_ns;
	u64 byte_cost;
	u64 packet_tat;
	u64 bit_tat;
};

enum rtplane_police_verdict {
	RTPLANE_POLICE_OK,
	RTPLANE_POLICE_PPS,
	RTPLANE_POLICE_BPS,
};

/**
 * rtplane_police_set() - set the rates
 * @p: policer, its lock held; the debt of the sender so far is kept with a limit
 * @pps: packets per second, 0 = no limit
 * @bps: bits per second, 0 = no limit
 */
static inline void rtplane_police_set(struct rtplane_police *p, u32 pps, u64 bps)
{
	p->pps = pps;
	p->packet_ns = pps ? max_t(u32, NSEC_PER_SEC / pps, 1) : 0;
	p->byte_cost = bps ? max_t(u64, div64_u64((8ULL * NSEC_PER_SEC) << RTPLANE_POLICE_SHIFT,
						  bps), 1) : 0;
	/* Without a limit there is no debt, so nobody has to ask for the limit. */
	if (!pps)
		p->packet_tat = 0;
	if (!bps)
		p->bit_tat = 0;
}

/**
 * rtplane_police() - may this packet go on?
 * @p: policer, its lock held
 * @now: monotonic nanoseconds
 * @bytes: size of the IP packet, RTPLANE_POLICE_BYTES at most
 *
 * A packet that is refused is charged to neither limit.
 */
static inline enum rtplane_police_verdict rtplane_police(struct rtplane_police *p, u64 now,
							 unsigned int bytes)
{
	u64 bits = p->byte_cost * bytes >> RTPLANE_POLICE_SHIFT;
	u64 packet_next, bit_next;

	/* An empty bucket lets one packet through, however slow the rate. */
	if (likely(now >= p->packet_tat && now >= p->bit_tat)) {
		p->packet_tat = now + p->packet_ns;
		p->bit_tat = now + bits;
		return RTPLANE_POLICE_OK;
	}
	packet_next = max(p->packet_tat, now) + p->packet_ns;
	bit_next = max(p->bit_tat, now) + bits;
	if (packet_next > now + RTPLANE_POLICE_BURST_NS && p->packet_tat > now)
		return RTPLANE_POLICE_PPS;
	if (bit_next > now + RTPLANE_POLICE_BURST_NS && p->bit_tat > now)
		return RTPLANE_POLICE_BPS;
	p->packet_tat = packet_next;
	p->bit_tat = bit_next;
	return RTPLANE_POLICE_OK;
}

static inline bool rtplane_policed(const struct rtplane_police *p)
{
	return p->packet_ns || p->byte_cost;
}

#endif /* _RTPLANE_POLICE_H */
