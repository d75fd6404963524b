/* SPDX-License-Identifier: GPL-2.0 */
/* Whom the inside of a natmap has sent to, and so may answer. */
#ifndef _RTPLANE_PERMIT_H
#define _RTPLANE_PERMIT_H

#include "addr.h"

/* Seconds.  RFC 4787 REQ-5: a mapping (here: a filter rule) lasts 5 minutes by default. */
#define RTPLANE_NAT_FILTER_LIFE	300

/**
 * struct rtplane_nat_permit - somebody the inside has sent to
 * @addr: who, two words
 * @port: by which of our ports, network order; 0 = free
 * @when: second of the last packet (ktime_get_seconds())
 */
struct rtplane_nat_permit {
	u64 addr[2];
	__be16 port;
	u32 when;
};

/**
 * rtplane_permit_names() - is it of this address?
 * @p: permit, which may change meanwhile
 * @remote: address
 */
static inline bool rtplane_permit_names(const struct rtplane_nat_permit *p,
					const struct rtplane_ep *remote)
{
	return READ_ONCE(p->addr[0]) == remote->w[0] && READ_ONCE(p->addr[1]) == remote->w[1];
}

/**
 * rtplane_permit_lives() - has the inside sent lately?
 * @p: permit
 * @now: second
 */
static inline bool rtplane_permit_lives(const struct rtplane_nat_permit *p, u32 now)
{
	return now - READ_ONCE(p->when) < RTPLANE_NAT_FILTER_LIFE;
}

#endif /* _RTPLANE_PERMIT_H */
