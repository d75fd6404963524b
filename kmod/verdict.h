/* SPDX-License-Identifier: GPL-2.0 */
/* What the steps of a packet's way decide about it. */
#ifndef _RTPLANE_VERDICT_H
#define _RTPLANE_VERDICT_H

#include <linux/rtplane.h>

#include "police.h"

/**
 * enum rtplane_fate - what becomes of a packet
 * @RTPLANE_GOES_ON: nothing is against it so far, the next step is to be asked
 * @RTPLANE_PASSED: the stack's; the buffer is as it was
 * @RTPLANE_DROPPED: refused for rtplane_why(); who decides it does not free
 *	the buffer, who carries it out counts it
 * @RTPLANE_TAKEN: sent or freed, and counted; nobody may touch the buffer
 * @RTPLANE_UNUSUAL: the usual way is not for it, and nothing has happened
 * @RTPLANE_TRAIN: more than one packet in one buffer: each is to come alone
 * @RTPLANE_FRAGMENT: less than a packet: it is to come when it is whole
 */
enum rtplane_fate {
	RTPLANE_GOES_ON,
	RTPLANE_PASSED,
	RTPLANE_DROPPED,
	RTPLANE_TAKEN,
	RTPLANE_UNUSUAL,
	RTPLANE_TRAIN,
	RTPLANE_FRAGMENT,
};

/**
 * struct rtplane_verdict - what a step decided
 * @word: &enum rtplane_fate, and above its 8 bits the &enum rtplane_drop; one number, so
 *	that the compiler returns a verdict that is known as a constant
 */
struct rtplane_verdict {
	u32 word;
};

static __always_inline struct rtplane_verdict rtplane_fate(enum rtplane_fate fate)
{
	return (struct rtplane_verdict) { .word = fate };
}

static __always_inline struct rtplane_verdict rtplane_drop(enum rtplane_drop why)
{
	return (struct rtplane_verdict) { .word = RTPLANE_DROPPED | (u32)why << 8 };
}

static __always_inline enum rtplane_fate rtplane_fate_of(struct rtplane_verdict v)
{
	return v.word & 0xff;
}

/* Why a packet is dropped; v is RTPLANE_DROPPED. */
static __always_inline enum rtplane_drop rtplane_why(struct rtplane_verdict v)
{
	return v.word >> 8;
}

static __always_inline bool rtplane_goes_on(struct rtplane_verdict v)
{
	return rtplane_fate_of(v) == RTPLANE_GOES_ON;
}

/**
 * rtplane_gate() - is a packet within the limits?
 * @p: limits, locked
 * @now: monotonic ns
 * @bytes: of the IP packet
 *
 * Return: RTPLANE_GOES_ON, or RTPLANE_DROPPED for the limit that it exceeds.
 */
static __always_inline struct rtplane_verdict rtplane_gate(struct rtplane_police *p, u64 now,
							   unsigned int bytes)
{
	switch (rtplane_police(p, now, bytes)) {
	case RTPLANE_POLICE_PPS:
		return rtplane_drop(RTPLANE_DROP_PPS);
	case RTPLANE_POLICE_BPS:
		return rtplane_drop(RTPLANE_DROP_BPS);
	default:
		return rtplane_fate(RTPLANE_GOES_ON);
	}
}

#endif /* _RTPLANE_VERDICT_H */
