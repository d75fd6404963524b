/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a leg, as it is told and given: all that goes on elsewhere but its keys. */
#ifndef _RTPLANE_SAVED_H
#define _RTPLANE_SAVED_H

#include "addr.h"
#include "police.h"
#include "policy.h"
#include "rtpstats.h"

/**
 * struct rtplane_saved - the state of a leg; see &enum rtplane_saved_attr
 * @remote: who is committed, none if nobody
 * @former: the remote until signalling said otherwise, none if nobody
 * @age: ns since it was told
 * @since: ns since @remote was committed
 * @former_left: ns for which @former cannot be learned
 * @quiet: ns since a packet was accepted
 * @started: ns since the first was
 * @packet_debt: ns that the sender is ahead of the packet rate
 * @bit_debt: the same of the bit rate
 * @rx_packets: packets accepted
 * @rx_bytes: their IP bytes
 * @tx_packets: packets sent
 * @tx_bytes: their IP bytes
 * @passed: packets left to the stack
 * @rtcp_packets: RTCP packets accepted
 * @latches: remotes committed
 * @reason: &enum rtplane_reason, how @remote was
 * @fresh: nothing is known of its SSRC
 * @n_known: SSRCs in @known
 * @known: SSRCs of it that have passed
 * @rtp: RTP statistics; &struct rtplane_rtpstats.transit is the timestamp of a packet that
 *	would come now, what is derived or passing is void
 * @rtcp: the remote's view
 * @drops: by &enum rtplane_drop
 * @dscp_seen: packets received, by DSCP
 */
struct rtplane_saved {
	struct rtplane_ep remote;
	struct rtplane_ep former;
	u64 age;
	u64 since;
	u64 former_left;
	u64 quiet;
	u64 started;
	u64 packet_debt;
	u64 bit_debt;
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 passed;
	u64 rtcp_packets;
	u32 latches;
	u8 reason;
	bool fresh;
	u8 n_known;
	__be32 known[RTPLANE_KNOWN];
	struct rtplane_rtpstats rtp;
	struct rtplane_rtcpstats rtcp;
	u64 drops[__RTPLANE_DROP_MAX];
	u64 dscp_seen[RTPLANE_DSCP_MAP_LEN];
};

const char *rtplane_saved_wrong(const struct rtplane_saved *s, const struct rtplane_policy *p,
				const struct rtplane_ep *local);
void rtplane_saved_tell(struct rtplane_saved *s, const struct rtplane_policy *p,
			const struct rtplane_police *police, const struct rtplane_rtpstats *rtp,
			u64 now);
void rtplane_saved_take(const struct rtplane_saved *s, struct rtplane_policy *p,
			struct rtplane_police *police, struct rtplane_rtpstats *rtp, u64 now);

/**
 * rtplane_saved_when() - when was it so long ago?
 * @s: state, whose age is added
 * @ns: how long ago, when it was told
 * @now: nanoseconds of any clock
 *
 * Return: the time; 1, if that is before the clock began.
 */
static inline u64 rtplane_saved_when(const struct rtplane_saved *s, u64 ns, u64 now)
{
	return s->age < now && ns < now - s->age ? now - s->age - ns : 1;
}

/**
 * rtplane_saved_ago() - how long ago was that?
 * @then: nanoseconds of a clock that may have been set back since
 * @now: nanoseconds of it
 *
 * Return: nanoseconds; 0, if it has yet to come.
 */
static inline u64 rtplane_saved_ago(u64 then, u64 now)
{
	return now > then ? now - then : 0;
}

#endif /* _RTPLANE_SAVED_H */
