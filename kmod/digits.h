/* SPDX-License-Identifier: GPL-2.0 */
/* Telephone events, of RTP payload types of their own (RFC 4733): which digit was pressed. */
#ifndef _RTPLANE_DIGITS_H
#define _RTPLANE_DIGITS_H

#include "portable.h"

/* They have dynamic payload types. */
#define RTPLANE_DIGIT_PT	96
/* What a packet says of one: its code, end and volume, and its duration. */
#define RTPLANE_DIGIT_LEN	4
/* Nobody presses more keys than that, though many may come at once; more are not told. */
#define RTPLANE_DIGIT_NS	(20 * NSEC_PER_MSEC)
#define RTPLANE_DIGIT_BURST	10
/* RTP clock units, some seconds of the fastest: no packet is that late; a clock was set back */
#define RTPLANE_DIGIT_LATE	0x40000

/**
 * struct rtplane_digit - a digit
 * @duration: RTP clock units
 * @event: code, 0 to 9 for these, 10 *, 11 #, 12 to 15 A to D
 * @volume: dBm0 without the sign
 * @pt: payload type
 */
struct rtplane_digit {
	u16 duration;
	u8 event;
	u8 volume;
	u8 pt;
};

/**
 * struct rtplane_digits - the last digit of a leg
 * @due: monotonic ns, when the next one would be in time
 * @ssrc: its SSRC, network order
 * @timestamp: its RTP timestamp: the same in all its packets
 * @last: it, as its last packet said
 * @runs: it has begun, and is not told
 * @ended: it is over; copies of its end may still come
 */
struct rtplane_digits {
	u64 due;
	__be32 ssrc;
	u32 timestamp;
	struct rtplane_digit last;
	bool runs;
	bool ended;
};

/**
 * rtplane_is_digit() - is that payload type one of telephone events?
 * @types: bit n: RTPLANE_DIGIT_PT + n is
 * @byte: the second byte of the packet
 */
static inline bool rtplane_is_digit(u32 types, u8 byte)
{
	u8 pt = byte & 0x7f;

	return pt >= RTPLANE_DIGIT_PT && types >> (pt - RTPLANE_DIGIT_PT) & 1;
}

static inline bool rtplane_digit_tell(struct rtplane_digits *d, u64 now,
				      struct rtplane_digit *digit)
{
	d->runs = false;
	if (d->due > now + RTPLANE_DIGIT_BURST * RTPLANE_DIGIT_NS)
		return false;
	d->due = max(d->due, now) + RTPLANE_DIGIT_NS;
	*digit = d->last;
	return true;
}

/**
 * rtplane_digit_rx() - a packet of a telephone event
 * @d: what is known, the leg's lock held
 * @rtp: the packet, at least RTPLANE_RTP_HDRLEN bytes
 * @body: RTPLANE_DIGIT_LEN bytes of its payload
 * @now: monotonic nanoseconds
 * @digit: set to what is over now
 *
 * Each is told once: with the first packet that says it has ended or, where all these are
 * lost, with the first one of the next digit.
 *
 * Return: whether @digit was set.
 */
static inline bool rtplane_digit_rx(struct rtplane_digits *d, const u8 *rtp, const u8 *body,
				    u64 now, struct rtplane_digit *digit)
{
	__be32 ssrc = get_unaligned((const __be32 *)(rtp + 8));
	u32 ts = get_unaligned_be32(rtp + 4);
	bool known = d->runs || d->ended;
	bool tell = false;

	if (known && d->ssrc == ssrc && ts != d->timestamp &&
	    d->timestamp - ts < RTPLANE_DIGIT_LATE)
		return false;	/* it was overtaken */
	if (!known || d->ssrc != ssrc || d->timestamp != ts) {
		tell = d->runs && rtplane_digit_tell(d, now, digit);
		d->ssrc = ssrc;
		d->timestamp = ts;
		d->runs = true;
		d->ended = false;
	}
	if (d->ended)
		return tell;
	d->last = (struct rtplane_digit) {
		.duration = get_unaligned_be16(body + 2),
		.event = body[0],
		.volume = body[1] & 0x3f,
		.pt = rtp[1] & 0x7f,
	};
	/* Of two at once the second one is told by the next copy of its end. */
	if (!(body[1] & 0x80) || tell)
		return tell;
	d->ended = true;
	return rtplane_digit_tell(d, now, digit);
}

#endif /* _RTPLANE_DIGITS_H */
