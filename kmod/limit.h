/* SPDX-License-Identifier: GPL-2.0 */
/* How many events a second are told.  Each kind that others send at will has a limit of
 * its own: no flood of it hides the rest.
 */
#ifndef _RTPLANE_LIMIT_H
#define _RTPLANE_LIMIT_H

#include <linux/rtplane.h>

#include "portable.h"

/* Events of a namespace and second; of each of the limits. */
#define RTPLANE_EVENTS_BURST	10000
/* Of scans: who forges sources makes as many as he likes, and each asks for a ban. */
#define RTPLANE_EVENTS_SCANS_BURST	100

/**
 * enum rtplane_event_kind - what has a limit of its own
 * @RTPLANE_EVENTS_CALLS: what happens to calls
 * @RTPLANE_EVENTS_REPORTS: RTCP, which a remote sends
 * @RTPLANE_EVENTS_REFUSALS: refused sources, which are anybody
 * @RTPLANE_EVENTS_SCANS: who tries many ports, which is anybody
 */
enum rtplane_event_kind {
	RTPLANE_EVENTS_CALLS,
	RTPLANE_EVENTS_REPORTS,
	RTPLANE_EVENTS_REFUSALS,
	RTPLANE_EVENTS_SCANS,
	__RTPLANE_EVENT_KINDS,
};

/**
 * struct rtplane_event_limit - so many events a second
 * @second: the present one
 * @n: events in it
 */
struct rtplane_event_limit {
	u32 second;
	atomic_t n;
};

static inline enum rtplane_event_kind rtplane_event_kind(u8 type)
{
	switch (type) {
	case RTPLANE_EVENT_RTCP:
	case RTPLANE_EVENT_DTMF:
		return RTPLANE_EVENTS_REPORTS;
	case RTPLANE_EVENT_REFUSED:
		return RTPLANE_EVENTS_REFUSALS;
	case RTPLANE_EVENT_SCAN:
		return RTPLANE_EVENTS_SCANS;
	default:
		return RTPLANE_EVENTS_CALLS;
	}
}

static inline int rtplane_event_burst(enum rtplane_event_kind kind)
{
	return kind == RTPLANE_EVENTS_SCANS ? RTPLANE_EVENTS_SCANS_BURST : RTPLANE_EVENTS_BURST;
}

/**
 * rtplane_event_may() - may an event be told?
 * @limits: one for each &enum rtplane_event_kind
 * @type: &enum rtplane_event
 * @second: now
 *
 * Two that find a new second at once may grant a few more.
 */
static inline bool rtplane_event_may(struct rtplane_event_limit *limits, u8 type, u32 second)
{
	enum rtplane_event_kind kind = rtplane_event_kind(type);
	struct rtplane_event_limit *l = &limits[kind];

	if (READ_ONCE(l->second) != second) {
		WRITE_ONCE(l->second, second);
		atomic_set(&l->n, 0);
	}
	return atomic_inc_return(&l->n) <= rtplane_event_burst(kind);
}

#endif /* _RTPLANE_LIMIT_H */
