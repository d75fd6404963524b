/* SPDX-License-Identifier: GPL-2.0 */
/* What is in this UDP payload?  RFC 7983 section 7, RFC 5761 section 4, RFC 6189. */
#ifndef _RTPLANE_DEMUX_H
#define _RTPLANE_DEMUX_H

#include "portable.h"

/**
 * enum rtplane_kind - kinds of payload on a media port
 * @RTPLANE_KIND_RTP: RTP version 2
 * @RTPLANE_KIND_RTCP: RTCP, on its own port or multiplexed
 * @RTPLANE_KIND_ZRTP: ZRTP (RFC 6189), which the ends speak with each other
 * @RTPLANE_KIND_STACK: STUN, DTLS or a TURN channel: the socket's business
 * @RTPLANE_KIND_UNKNOWN: nobody's
 */
enum rtplane_kind {
	RTPLANE_KIND_RTP,
	RTPLANE_KIND_RTCP,
	RTPLANE_KIND_ZRTP,
	RTPLANE_KIND_STACK,
	RTPLANE_KIND_UNKNOWN,
};

#define RTPLANE_RTP_HDRLEN	12
#define RTPLANE_RTCP_HDRLEN	8
#define RTPLANE_ZRTP_HDRLEN	12

/* RFC 6189 section 5: the magic cookie, and thus not T.38 or anything else. */
static inline bool rtplane_demux_zrtp(const u8 *b, unsigned int len)
{
	return b[0] >= 16 && b[0] <= 19 && len >= RTPLANE_ZRTP_HDRLEN &&
	       get_unaligned_be32(b + 4) == 0x5a525450;
}

/**
 * rtplane_demux() - tell what a UDP payload is
 * @b: the payload, 12 bytes or @len if less
 * @len: bytes of the whole payload
 *
 * Return: the kind, by the first byte (RFC 7983) and, between RTP and RTCP, by
 * the second (RFC 5761: payload types 64 to 95 are RTCP packet types).
 */
static inline enum rtplane_kind rtplane_demux(const u8 *b, unsigned int len)
{
	if (len < 2)
		return RTPLANE_KIND_UNKNOWN;
	if ((b[0] & 0xc0) == 0x80)
		return (b[1] & 0x7f) >= 64 && (b[1] & 0x7f) <= 95 ? RTPLANE_KIND_RTCP :
								    RTPLANE_KIND_RTP;
	if (b[0] <= 3 || (b[0] >= 20 && b[0] <= 79))
		return RTPLANE_KIND_STACK;
	if (rtplane_demux_zrtp(b, len))
		return RTPLANE_KIND_ZRTP;
	return RTPLANE_KIND_UNKNOWN;
}

/**
 * rtplane_demux_need() - bytes that a payload must have to be what it claims
 * @kind: its kind
 * @b: its first byte
 */
static inline unsigned int rtplane_demux_need(enum rtplane_kind kind, const u8 *b)
{
	if (likely(kind == RTPLANE_KIND_RTP))
		return RTPLANE_RTP_HDRLEN + (b[0] & 0x0f) * 4;
	return kind == RTPLANE_KIND_RTCP ? RTPLANE_RTCP_HDRLEN : 0;
}

/**
 * rtplane_demux_proof() - is a payload that looks like the socket's really its?
 * @b: payload whose kind is RTPLANE_KIND_STACK, 12 bytes or @len if less
 * @len: bytes of the whole payload
 *
 * The first byte alone is no proof where other protocols are relayed too: a T.38
 * UDPTL packet begins with its sequence number.
 *
 * Return: whether it has the form of STUN (RFC 8489 section 5: length and magic
 * cookie), DTLS (RFC 6347 4.1: version) or a TURN channel (RFC 8656 12.4: length).
 */
static inline bool rtplane_demux_proof(const u8 *b, unsigned int len)
{
	unsigned int size;

	if (len < 4)
		return false;
	size = b[2] << 8 | b[3];
	if (b[0] <= 3)
		return len >= 20 && size == len - 20 && b[4] == 0x21 && b[5] == 0x12 &&
		       b[6] == 0xa4 && b[7] == 0x42;
	if (b[0] <= 63)
		return len >= 13 && b[1] == 0xfe && (b[2] == 0xff || b[2] == 0xfd || b[2] == 0xfc);
	return size + 4 <= len && len <= size + 7;
}

#endif /* _RTPLANE_DEMUX_H */
