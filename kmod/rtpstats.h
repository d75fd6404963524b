/* SPDX-License-Identifier: GPL-2.0 */
/* RFC 3550 statistics of what arrives on a leg. */
#ifndef _RTPLANE_RTPSTATS_H
#define _RTPLANE_RTPSTATS_H

#include "portable.h"

/* RFC 3550 A.1: how far a sequence number may jump and still be the same run */
#define RTPLANE_MAX_DROPOUT	3000
#define RTPLANE_MAX_MISORDER	100

/**
 * struct rtplane_rtpstats - one direction's RTP, present SSRC and sums
 * @seen: bit n: sequence number @max_ext - n has arrived
 * @packets: RTP packets, all SSRCs
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
 * @lost_before: lost of earlier SSRCs and earlier runs of this one
 * @other_ts: timestamp of the last packet of @other
 * @stream: RTPLANE_STREAM with the present payload type; 0 = none yet, nor @ssrc
 * @other: RTPLANE_STREAM with a payload type that is not the present one, 0 = none
 * @other_moves: packets of @other in a row whose timestamp went on
 */
struct rtplane_rtpstats {
	u64 seen;
	u64 packets;
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
	u32 lost_before;
	u32 other_ts;
	u8 stream;
	u8 other;
	u8 other_moves;
};

#define RTPLANE_STREAM		0x80

static inline bool rtplane_rtp_started(const struct rtplane_rtpstats *s)
{
	return s->stream;
}

static inline u8 rtplane_rtp_pt(const struct rtplane_rtpstats *s)
{
	return s->stream & 0x7f;
}

/* Is this the second byte of a packet of the present payload type?  Its high bit is
 * the marker.
 */
static inline bool rtplane_rtp_same_pt(const struct rtplane_rtpstats *s, u8 byte)
{
	return s->stream == (byte | RTPLANE_STREAM);
}

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

void rtplane_stream_start(struct rtplane_rtpstats *s, __be32 ssrc, u8 pt, u16 seq, u32 ts,
			  u64 now);
void rtplane_seq_odd(struct rtplane_rtpstats *s, u16 seq, s16 delta);
bool rtplane_other_pt(struct rtplane_rtpstats *s, u8 pt, u32 ts, u64 now);
void rtplane_rtpstats_resume(struct rtplane_rtpstats *s, u64 now, u64 age);
u32 rtplane_jitter_record(struct rtplane_rtpstats *s, u32 jitter, u32 d);
u64 rtplane_rtpstats_lost(const struct rtplane_rtpstats *s);
u32 rtplane_rtp_clock(u8 pt);
bool rtplane_rtcp_rx(struct rtplane_rtcpstats *s, const u8 *rtcp, unsigned int len,
		     unsigned int whole, u64 peer_sr, u64 now, u64 *sr);

/* The product is taken modulo 2^64, so the low 32 bits of the result stay
 * right however large @now becomes.
 */
static inline u32 rtplane_rtp_time(const struct rtplane_rtpstats *s, u64 now)
{
	return ((now >> 10) * s->mult) >> 26;
}

static __always_inline void rtplane_seq(struct rtplane_rtpstats *s, u16 seq)
{
	s16 delta = seq - (u16)s->max_ext;

	if (likely(delta == 1)) {
		s->max_ext++;
		s->seen = s->seen << 1 | 1;
		s->unique++;
	} else {
		rtplane_seq_odd(s, seq, delta);
	}
}

/* RFC 3550 A.8, in its integer form. */
static inline void rtplane_jitter(struct rtplane_rtpstats *s, u32 ts, u64 now)
{
	u32 transit = rtplane_rtp_time(s, now) - ts;
	u32 d = transit - s->transit;
	u32 jitter = s->jitter;

	s->transit = transit;
	if ((s32)d < 0)
		d = -d;
	jitter += d - ((jitter + 8) >> 4);
	if (unlikely(jitter > s->jitter_max))
		jitter = rtplane_jitter_record(s, jitter, d);
	s->jitter = jitter;
}

/**
 * rtplane_rtpstats_next() - account a packet of the present SSRC and payload type
 * @s: statistics, the leg's lock held
 * @rtp: the packet, at least RTPLANE_RTP_HDRLEN bytes
 * @now: monotonic nanoseconds of its arrival
 */
static __always_inline void rtplane_rtpstats_next(struct rtplane_rtpstats *s, const u8 *rtp,
						  u64 now)
{
	s->packets++;
	rtplane_seq(s, get_unaligned_be16(rtp + 2));
	rtplane_jitter(s, get_unaligned_be32(rtp + 4), now);
}

/**
 * rtplane_rtpstats_rx() - account any RTP packet
 * @s: statistics, the leg's lock held
 * @rtp: the packet, at least RTPLANE_RTP_HDRLEN bytes
 * @now: monotonic nanoseconds of its arrival
 */
static inline void rtplane_rtpstats_rx(struct rtplane_rtpstats *s, const u8 *rtp, u64 now)
{
	__be32 ssrc = get_unaligned((const __be32 *)(rtp + 8));
	u16 seq = get_unaligned_be16(rtp + 2);
	u32 ts = get_unaligned_be32(rtp + 4);
	u8 pt = rtp[1] & 0x7f;

	if (unlikely(ssrc != s->ssrc || !rtplane_rtp_started(s))) {
		s->packets++;
		rtplane_stream_start(s, ssrc, pt, seq, ts, now);
	} else if (unlikely(!rtplane_rtp_same_pt(s, pt)) &&
		   rtplane_other_pt(s, pt, ts, now)) {
		s->packets++;
		rtplane_seq(s, seq);
	} else {
		rtplane_rtpstats_next(s, rtp, now);
	}
}

/**
 * rtplane_rtpstats_digit() - account an RTP packet of a telephone event
 * @s: statistics, the leg's lock held
 * @rtp: the packet, at least RTPLANE_RTP_HDRLEN bytes
 *
 * Its type is never the present one, and its timestamp no measure; a stream begins with
 * what is none.
 */
static inline void rtplane_rtpstats_digit(struct rtplane_rtpstats *s, const u8 *rtp)
{
	s->packets++;
	if (rtplane_rtp_started(s) && s->ssrc == get_unaligned((const __be32 *)(rtp + 8)))
		rtplane_seq(s, get_unaligned_be16(rtp + 2));
}

#endif /* _RTPLANE_RTPSTATS_H */
