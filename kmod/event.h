/* SPDX-License-Identifier: GPL-2.0 */
/* Events to the multicast group. */
#ifndef _RTPLANE_EVENT_H
#define _RTPLANE_EVENT_H

#include "leg.h"

/**
 * struct rtplane_notice - an event, gathered under the leg's lock and sent after
 * @cookie: the bridge's
 * @count: see the event
 * @old: see the event, may be none
 * @new: see the event, may be none
 * @rtcp: the report, for RTPLANE_EVENT_RTCP
 * @digit: for RTPLANE_EVENT_DTMF
 * @type: &enum rtplane_event
 * @reason: &enum rtplane_reason
 * @set: there is something to send
 */
struct rtplane_notice {
	u64 cookie;
	u64 count;
	struct rtplane_ep old;
	struct rtplane_ep new;
	struct rtplane_rtcpstats rtcp;
	struct rtplane_digit digit;
	u8 type;
	u8 reason;
	bool set;
};

void rtplane_notice(struct rtplane_notice *n, const struct rtplane_leg *leg,
		    enum rtplane_event type, enum rtplane_reason reason,
		    const struct rtplane_ep *old, const struct rtplane_ep *new);
void rtplane_event_stop(void);
bool rtplane_event_send(struct rtplane_leg *leg, const struct rtplane_notice *n);
void rtplane_event_scan(struct rtplane_net *rn, const struct rtplane_ep *local,
			const struct rtplane_ep *source, u32 ports);

#endif /* _RTPLANE_EVENT_H */
