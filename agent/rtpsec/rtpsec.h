/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714) of one direction of one leg, by
 * libsrtp2.  A context belongs to one thread at a time; any number of threads
 * may have their own.
 *
 * How much memory a context may take is bounded, and what does not authenticate
 * never makes it allocate.  It has keys and windows ready for RTPSEC_STREAMS sources;
 * of those that were longest silent it then keeps where they stood and what was here,
 * and goes on from there when they come back: what was here is not taken again, since
 * key stream would be used twice outbound, and packets could be replayed inbound.  Sources that had
 * RTCP in the same context are not put aside, for SRTCP's index cannot be set.  A
 * source beyond RTPSEC_SSRCS is refused, and so is one when none can be put aside.
 *
 * Who sends RTP without SRTP may begin its sequence numbers anew (music on hold,
 * another recording); who receives SRTP would take that for a replay.  So outbound
 * they are moved on to where the source stands, once several in a row ask for it.
 *
 * Re-keying.  Outbound the new key is used from the next packet on.  Inbound a
 * packet that the new key does not authenticate is tried with the old one, until
 * RTPSEC_NEW_MAX packets came with the new key or RTPSEC_OLD_MAX with the old.
 * The rollover counter goes on (RFC 3711 section 3.3.1), unless the key is
 * &dp_srtp.fresh outbound; should the key before that come back, what it was used for
 * stays used.  Inbound nobody tells which of the two the other
 * party does, and both are common: whichever authenticates first holds.  Where both
 * keys have identifiers (MKI) of their own, they decide and nothing is tried.
 *
 * Handing over.  Where each source stands can be told, and a new context can go on
 * from there.  Without a window all that is not beyond its index has been here.  The
 * library's SRTCP index cannot be set: outbound it is counted up, which takes a
 * microsecond or two each and is refused beyond RTPSEC_RTCP_MAX.
 */
#ifndef RTPSEC_RTPSEC_H
#define RTPSEC_RTPSEC_H

#include "datapath/sources.h"

/** RTPSEC_SSRCS - sources (SSRC) that a context remembers under one key */
#define RTPSEC_SSRCS	4096

/** RTPSEC_STREAMS - sources that it has keys and windows ready for */
#define RTPSEC_STREAMS	64

/** RTPSEC_GROWTH - what protection adds to a packet at most: tag, SRTCP index, MKI */
#define RTPSEC_GROWTH	(16 + 4 + RTPLANE_SRTP_MKI_MAX)

/** RTPSEC_RTCP_MAX - the highest SRTCP index that sending goes on from */
#define RTPSEC_RTCP_MAX	65535

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
 * @RTPSEC_REPLAY: it was here before, or is older than the window remembers;
 *	outbound one of the first of a sequence that begins anew
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
 * @conf: suite (not RTPLANE_SRTP_NONE), key, identifier and where its sources stand;
 *	copied
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
 * @conf: suite (not RTPLANE_SRTP_NONE), key and identifier; the present ones change
 *	nothing, not even where re-keying stands.  Where sources stand is not looked at
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int rtpsec_rekey(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err);

struct rtpsec_key;

/**
 * rtpsec_prepare() - all of rtpsec_rekey() that takes long or may fail
 * @key: for rtpsec_swap(), to be given to rtpsec_key_free(); NULL: nothing changes
 * @ctx: the context, which is not changed; its thread may use it meanwhile
 * @conf: suite (not RTPLANE_SRTP_NONE) and key
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int rtpsec_prepare(struct rtpsec_key **key, const struct rtpsec *ctx,
		   const struct dp_srtp *conf, struct dp_err *err);

/**
 * rtpsec_swap() - the rest of rtpsec_rekey()
 * @ctx: the context
 * @key: what was prepared for it; has what is no longer wanted afterwards; NULL is
 *	fine
 */
void rtpsec_swap(struct rtpsec *ctx, struct rtpsec_key *key);

/**
 * rtpsec_key_free() - free what was prepared, used or not, and forget the key
 * @key: NULL is fine
 */
void rtpsec_key_free(struct rtpsec_key *key);

/**
 * rtpsec_tell() - how and from where it protects: all but the key
 * @ctx: the context; NULL: not at all
 * @told: filled: suite, identifier, sources; of more sources than
 *	RTPLANE_SRTP_SSRCS_MAX those that are ready
 * @sources: gets the sources that @told points to
 *
 * Return: is that all?  false: there are more sources, or no memory for them.
 */
bool rtpsec_tell(const struct rtpsec *ctx, struct dp_srtp *told,
		 struct dp_sources *sources);

/**
 * rtpsec_changes() - how much has changed that who would take over must know?
 * @ctx: the context; NULL is fine
 *
 * Return: a number that grows with each source, and as often as one must be known anew.
 */
uint64_t rtpsec_changes(const struct rtpsec *ctx);

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
