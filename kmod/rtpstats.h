/* SPDX-License-Identifier: GPL-2.0 */
/* RFC 3550 statistics of what arrives on a leg. */
#ifndef _RTPLANE_RTPSTATS_H
#define _RTPLANE_RTPSTATS_H

#include <linux/types.h>

/* RFC 3550 A.1: how far a sequence number may jump and still be the same run */
#define RTPLANE_MAX_DROPOUT	3000
#define RTPLANE_MAX_MISORDER	100

/**
 * struct rtplane_rtpstats - one direction's RTP, present SSRC and sums
 * @seen: bit n: sequence number @max_ext - n has arrived
 * @packets: RTP packets, all SSRCs
 * @lost_before: lost of earlier SSRCs and earlier runs of this one
 * @ssrc: present SSRC, network order
 * @base_ext: extended sequence number that this run began with
 * @max_ext: highest extended sequence number
 * @unique: packets of this run less duplicates
 * @transit: arrival less RTP timestamp, RTP units
 * @jitter: interarrival jitter, 1/16 RTP units
 * @jitter_max: largest @jitter so far
 * @ssrc_changes: how often @ssrc changed
 * @out_of_order: packets that came after a later one
 * @duplicates: packets that came again
 * @mult: nanoseconds >> 10 to RTP units, << 26
 * @bad_seq: next number of a run that may be starting, or > 0xffff
 * @pt: present payload type
 * @started: @ssrc is valid
 */
struct rtplane_rtpstats {
	u64 seen;
	u64 packets;
	u64 lost_before;
	__be32 ssrc;
	u32 base_ext;
	u32 max_ext;
	u32 unique;
	u32 transit;
	u32 jitter;
	u32 jitter_max;
	u32 ssrc_changes;
	u32 out_of_order;
	u32 duplicates;
	u32 mult;
	u32 bad_seq;
	u8 pt;
	bool started;
};

/**
 * struct rtplane_rtcpstats - what the remote reports of what we send to it
 * @ssrc: SSRC of the last report block
 * @reports: report blocks seen
 * @lost: cumulative lost, 24 bit signed, extended
 * @jitter: RTP units
 * @rtt_us: round trip in microseconds; 0 = not known
 * @fraction_lost: 1/256
 */
struct rtplane_rtcpstats {
	__be32 ssrc;
	u32 reports;
	s32 lost;
	u32 jitter;
	u32 rtt_us;
	u8 fraction_lost;
};

void rtplane_rtpstats_rx(struct rtplane_rtpstats *s, const u8 *rtp, u64 now);
u64 rtplane_rtpstats_lost(const struct rtplane_rtpstats *s);
u32 rtplane_rtp_clock(u8 pt);
bool rtplane_rtcp_rx(struct rtplane_rtcpstats *s, const u8 *rtcp, unsigned int len, u64 peer_sr,
		     u64 now, u64 *sr);

#endif /* _RTPLANE_RTPSTATS_H */
