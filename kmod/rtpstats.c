// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 3550 statistics: loss, order and jitter of the RTP that arrives (A.1,
 * A.3, A.8), and the remote's own view from its RTCP reports (6.4).
 */
#include "demux.h"
#include "rtpstats.h"

#define RTPLANE_NO_SEQ	0x10000
/* RFC 3551 section 3: payload types from here on are what signalling says. */
#define RTPLANE_PT_DYNAMIC	96
/* Packets of another dynamic payload type whose timestamps go on make it the
 * present one; those of a telephone event stand still (RFC 4733 section 2.5.1.2).
 */
#define RTPLANE_PT_MOVES	3

/* Clock rates of the static payload types, RFC 3551 section 6. */
u32 rtplane_rtp_clock(u8 pt)
{
	switch (pt) {
	case 6:
		return 16000;
	case 10:
	case 11:
		return 44100;
	case 14:
	case 25 ... 34:
		return 90000;
	case 16:
		return 11025;
	case 17:
		return 22050;
	default:
		return 8000;
	}
}

static u32 rtplane_rtp_mult(u8 pt)
{
	return div_u64((u64)rtplane_rtp_clock(pt) << 36, NSEC_PER_SEC);
}

static u64 rtplane_run_lost(const struct rtplane_rtpstats *s)
{
	u32 expected = s->max_ext - s->base_ext + 1;

	return rtplane_rtp_started(s) && expected > s->unique ? expected - s->unique : 0;
}

/**
 * rtplane_rtpstats_lost() - packets lost so far, all SSRCs
 * @s: statistics, the leg's lock held
 *
 * Duplicates do not make up for losses, so this is never below 0.
 */
u64 rtplane_rtpstats_lost(const struct rtplane_rtpstats *s)
{
	return (u64)s->lost_before + rtplane_run_lost(s);
}

/* Begin to count anew at @seq: a new SSRC, or the old one made a jump. */
static void rtplane_run_start(struct rtplane_rtpstats *s, u16 seq)
{
	s->lost_before = min_t(u64, rtplane_rtpstats_lost(s), ~0U);
	/* One cycle up, so that packets before the first do not go below 0. */
	s->base_ext = 0x10000 | seq;
	s->max_ext = s->base_ext;
	s->seen = 1;
	s->unique = 1;
	s->bad_seq = RTPLANE_NO_SEQ;
}

/**
 * rtplane_stream_start() - the first packet of an SSRC
 * @s: statistics, the leg's lock held
 * @ssrc: new SSRC
 * @pt: payload type
 * @seq: sequence number
 * @ts: RTP timestamp
 * @now: monotonic nanoseconds
 */
void rtplane_stream_start(struct rtplane_rtpstats *s, __be32 ssrc, u8 pt, u16 seq, u32 ts,
			  u64 now)
{
	if (rtplane_rtp_started(s) && s->ssrc != ssrc)
		s->ssrc_changes++;
	rtplane_run_start(s, seq);
	s->ssrc = ssrc;
	s->stream = RTPLANE_STREAM | pt;
	s->mult = rtplane_rtp_mult(pt);
	s->jitter = 0;
	s->other = 0;
	s->other_moves = 0;
	s->transit = rtplane_rtp_time(s, now) - ts;
}

/**
 * rtplane_rtpstats_resume() - go on with what was counted elsewhere
 * @s: that; &struct rtplane_rtpstats.transit is the timestamp of a packet that would have
 *	come when it was told, what is derived or passing is void
 * @now: monotonic nanoseconds
 * @age: nanoseconds since it was told
 */
void rtplane_rtpstats_resume(struct rtplane_rtpstats *s, u64 now, u64 age)
{
	s->bad_seq = RTPLANE_NO_SEQ;
	s->other = 0;
	s->other_moves = 0;
	s->mult = rtplane_rtp_mult(rtplane_rtp_pt(s));
	s->transit = rtplane_rtp_time(s, now) - rtplane_rtp_time(s, age) - s->transit;
}

/**
 * rtplane_seq_odd() - a packet that is not simply the next
 * @s: statistics, the leg's lock held
 * @seq: its sequence number
 * @delta: the same, counted from the highest so far
 */
void rtplane_seq_odd(struct rtplane_rtpstats *s, u16 seq, s16 delta)
{
	unsigned int back = -delta;

	if (delta > 0 && delta < RTPLANE_MAX_DROPOUT) {
		s->max_ext += delta;
		s->seen = delta < 64 ? s->seen << delta | 1 : 1;
		s->unique++;
		return;
	}
	if (delta >= RTPLANE_MAX_DROPOUT || delta <= -RTPLANE_MAX_MISORDER) {
		/* Two in a row: the sender did begin anew. */
		if (s->bad_seq == seq)
			rtplane_run_start(s, seq);
		else
			s->bad_seq = (seq + 1) & 0xffff;
		return;
	}
	if (back < 64) {
		if (s->seen & BIT_ULL(back)) {
			s->duplicates++;
			return;
		}
		s->seen |= BIT_ULL(back);
	}
	s->out_of_order++;
	s->unique++;
	/* Earlier than the first that we saw: it was expected all the same. */
	s->base_ext = min(s->base_ext, s->max_ext - back);
}

/**
 * rtplane_jitter_record() - more jitter than ever
 * @s: statistics, the leg's lock held
 * @jitter: the new value
 * @d: by how much the transit time changed, RTP units
 *
 * A change of more than a second is no jitter: the timestamps were set anew.
 *
 * Return: the jitter.
 */
u32 rtplane_jitter_record(struct rtplane_rtpstats *s, u32 jitter, u32 d)
{
	if (d > rtplane_rtp_clock(rtplane_rtp_pt(s)))
		return s->jitter;
	s->jitter_max = jitter;
	return jitter;
}

/* Is it an event, or may it be one? */
static bool rtplane_may_be_event(struct rtplane_rtpstats *s, u8 pt, u32 ts)
{
	bool moves;

	if (pt < RTPLANE_PT_DYNAMIC)
		return false;
	moves = s->other != (RTPLANE_STREAM | pt) || s->other_ts != ts;
	s->other = RTPLANE_STREAM | pt;
	s->other_ts = ts;
	s->other_moves = moves ? s->other_moves + 1 : 0;
	return s->other_moves < RTPLANE_PT_MOVES;
}

/**
 * rtplane_other_pt() - another payload type than the present one
 * @s: statistics, the leg's lock held
 * @pt: payload type
 * @ts: RTP timestamp
 * @now: monotonic nanoseconds
 *
 * The packets of a telephone event share a timestamp, so they say nothing of
 * jitter; nor do they make the event the present payload type.
 *
 * Return: whether the timestamps before and after cannot be compared.
 */
bool rtplane_other_pt(struct rtplane_rtpstats *s, u8 pt, u32 ts, u64 now)
{
	u32 mult = rtplane_rtp_mult(pt);

	if (rtplane_may_be_event(s, pt, ts))
		return true;
	s->stream = RTPLANE_STREAM | pt;
	s->other = 0;
	s->other_moves = 0;
	if (mult == s->mult)
		return false;
	s->mult = mult;
	s->transit = rtplane_rtp_time(s, now) - ts;
	return true;
}

/* Middle 32 bits of an NTP time are 1/65536 s; so is this of our clock. */
static u32 rtplane_ntp_units(u64 ns)
{
	return mul_u64_u64_div_u64(ns, 65536, NSEC_PER_SEC);
}

static void rtplane_report_block(struct rtplane_rtcpstats *s, const u8 *b, u64 peer_sr, u64 now)
{
	u32 lsr = get_unaligned_be32(b + 16);
	u32 dlsr = get_unaligned_be32(b + 20);
	u32 units;

	s->ssrc = get_unaligned((const __be32 *)b);
	s->fraction_lost = b[4];
	s->lost = sign_extend32(get_unaligned_be32(b + 4) & 0xffffff, 23);
	s->jitter = get_unaligned_be32(b + 12);
	s->reports++;
	if (!lsr || lsr != peer_sr >> 32)
		return;
	/* RFC 3550 6.4.1: arrival - LSR - DLSR, with our time of sending. */
	units = rtplane_ntp_units(now) - (u32)peer_sr - dlsr;
	if (units < 60 << 16)
		s->rtt_us = max_t(u32, mul_u64_u32_shr(units, USEC_PER_SEC, 16), 1);
}

/* RFC 3550 A.2: packets of its own version and types that fill it exactly.  Encrypted
 * reports do not, for what follows them (RFC 3711 section 3.4).
 */
static bool is_compound(const u8 *rtcp, unsigned int len, unsigned int whole)
{
	unsigned int at = 0;

	while (at + 4 <= len) {
		if ((rtcp[at] & 0xc0) != 0x80 || rtcp[at + 1] < 192 || rtcp[at + 1] > 223)
			return false;
		at += (get_unaligned_be16(rtcp + at + 2) + 1U) * 4;
	}
	return len < whole ? at <= whole : at == whole;
}

/**
 * rtplane_rtcp_rx() - account a compound RTCP packet
 * @s: statistics, the leg's lock held
 * @rtcp: the packet, linear
 * @len: its bytes, or the first of them; nothing beyond is read whatever the packet
 *	says
 * @whole: bytes of the whole packet
 * @peer_sr: @sr as the peer leg's last sender report left it, 0 = none
 * @now: monotonic nanoseconds of its arrival
 * @sr: set if it has a sender report: middle 32 bits of its NTP time << 32 |
 *	our time in 1/65536 s
 *
 * Return: whether a report block was there.
 */
bool rtplane_rtcp_rx(struct rtplane_rtcpstats *s, const u8 *rtcp, unsigned int len,
		     unsigned int whole, u64 peer_sr, u64 now, u64 *sr)
{
	bool report = false;

	if (!is_compound(rtcp, len, whole))
		return false;
	while (len >= RTPLANE_RTCP_HDRLEN && (rtcp[0] & 0xc0) == 0x80) {
		unsigned int size = (get_unaligned_be16(rtcp + 2) + 1U) * 4;
		unsigned int n = rtcp[0] & 0x1f;
		unsigned int at = rtcp[1] == 200 ? 28 : 8;

		if (size > len)
			break;
		if (rtcp[1] == 200 && size >= 28)
			*sr = (u64)get_unaligned_be32(rtcp + 10) << 32 | rtplane_ntp_units(now);
		if (rtcp[1] == 200 || rtcp[1] == 201) {
			for (; n && at + 24 <= size; n--, at += 24) {
				rtplane_report_block(s, rtcp + at, peer_sr, now);
				report = true;
			}
		}
		rtcp += size;
		len -= size;
	}
	return report;
}
