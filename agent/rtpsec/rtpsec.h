/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714) of one direction of one leg, by
 * libsrtp2.  A context belongs to one thread at a time; any number of threads
 * may have their own.
 *
 * How much memory a context may take is bounded: it follows RTPSEC_SSRCS sources
 * and no more, and what does not authenticate never makes it allocate.  A source
 * beyond that is refused, not taken in the place of an older one: outbound, an
 * older one that came back would be protected with key stream that was used
 * before; inbound, its packets could be replayed.
 *
 * Re-keying.  Outbound the new key is used from the next packet on.  Inbound a
 * packet that the new key does not authenticate is tried with the old one, until
 * RTPSEC_NEW_MAX packets came with the new key or RTPSEC_OLD_MAX with the old.
 * The rollover counter goes on (RFC 3711 section 3.3.1), unless the key is
 * &dp_srtp.fresh outbound.  Inbound nobody tells which of the two the other
 * party does, and both are common: whichever authenticates first holds.
 */
#ifndef RTPSEC_RTPSEC_H
#define RTPSEC_RTPSEC_H

#include "datapath/datapath.h"

/** RTPSEC_SSRCS - sources (SSRC) that a context follows under one key */
#define RTPSEC_SSRCS	64

/** RTPSEC_GROWTH - what protection adds to a packet at most: tag, SRTCP index */
#define RTPSEC_GROWTH	20

/** RTPSEC_LEN_MAX - the longest packet, with its protection */
#define RTPSEC_LEN_MAX	16000

/** RTPSEC_NEW_MAX - packets by the new key after which the old one is void */
#define RTPSEC_NEW_MAX	64

/** RTPSEC_OLD_MAX - packets that are taken by the old key at most */
#define RTPSEC_OLD_MAX	2048

struct rtpsec;

/**
 * enum rtpsec_result - what became of a packet
 * @RTPSEC_OK: it was protected, or unprotected
 * @RTPSEC_AUTH: it does not authenticate: another key, or it was changed
 * @RTPSEC_REPLAY: it was here before, or is older than the window remembers
 * @RTPSEC_MALFORMED: it is no RTP or RTCP packet of that protection
 * @RTPSEC_FULL: it is of one source too many
 * @RTPSEC_FAILED: no room in its buffer, no memory, or the library failed
 */
enum rtpsec_result {
	RTPSEC_OK,
	RTPSEC_AUTH,
	RTPSEC_REPLAY,
	RTPSEC_MALFORMED,
	RTPSEC_FULL,
	RTPSEC_FAILED
};

/**
 * enum rtpsec_dir - which way
 * @RTPSEC_IN: rtpsec_unprotect()
 * @RTPSEC_OUT: rtpsec_protect()
 */
enum rtpsec_dir {
	RTPSEC_IN,
	RTPSEC_OUT
};

/**
 * rtpsec_new() - protection of a direction
 * @ctx: the new context, the caller's to rtpsec_free()
 * @dir: which direction
 * @conf: suite (not DP_SRTP_NONE) and key; copied
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int rtpsec_new(struct rtpsec **ctx, enum rtpsec_dir dir,
	       const struct dp_srtp *conf, struct dp_err *err);

/**
 * rtpsec_free() - free a context and forget its keys
 * @ctx: NULL is fine
 */
void rtpsec_free(struct rtpsec *ctx);

/**
 * rtpsec_rekey() - another key, in mid-call
 * @ctx: the context; unchanged on failure
 * @conf: suite (not DP_SRTP_NONE) and key; the present ones change nothing, not
 *	even where re-keying stands
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int rtpsec_rekey(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err);

/**
 * rtpsec_suite() - by which suite
 * @ctx: the context; NULL: none
 *
 * Return: enum dp_srtp_suite.
 */
uint8_t rtpsec_suite(const struct rtpsec *ctx);

/**
 * rtpsec_protect() - RTP to SRTP, RTCP to SRTCP, in place
 * @ctx: made with RTPSEC_OUT
 * @buf: the packet, on a 4 byte boundary
 * @len: its bytes; then those of the protected one
 * @room: bytes that @buf has: RTPSEC_GROWTH more than @len is always enough
 * @rtcp: it is RTCP
 *
 * Return: RTPSEC_OK; @buf and @len are void otherwise.
 */
enum rtpsec_result rtpsec_protect(struct rtpsec *ctx, uint8_t *buf,
				  size_t *len, size_t room, bool rtcp);

/**
 * rtpsec_unprotect() - SRTP to RTP, SRTCP to RTCP, in place
 * @ctx: made with RTPSEC_IN
 * @buf: the packet, on a 4 byte boundary
 * @len: its bytes; then those of the plain one
 * @rtcp: it is RTCP
 *
 * Return: RTPSEC_OK; @buf and @len are void otherwise.
 */
enum rtpsec_result rtpsec_unprotect(struct rtpsec *ctx, uint8_t *buf,
				    size_t *len, bool rtcp);

/**
 * rtpsec_drop() - as which a packet is counted that was not RTPSEC_OK
 * @result: the result
 *
 * Return: enum rtplane_drop.
 */
unsigned int rtpsec_drop(enum rtpsec_result result);

#endif /* RTPSEC_RTPSEC_H */
