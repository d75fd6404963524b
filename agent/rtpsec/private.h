/* SPDX-License-Identifier: GPL-2.0 */
/* A context from inside. */
#ifndef RTPSEC_PRIVATE_H
#define RTPSEC_PRIVATE_H

#include <srtp2/srtp.h>
#include <stdatomic.h>

#include "datapath/names.h"
#include "kmod/srtpmath.h"
#include "rtpsec.h"

/**
 * struct source - an SSRC whose packets were authenticated, or protected
 * @ssrc: host byte order
 * @track: its RTP, as the module has it: the highest index, and which behind it were
 *	here by the present key; the library has no more than that, and may have less
 * @carried: what is in @track is from under the former key; nothing of it came by the
 *	present one yet
 * @added: (with @carried) the session has a stream for it all the same
 * @parked: (with @carried) it was put aside under the present key, of which @track is
 * @floored: the library's window of it began anew, behind @floor.  Until that does not
 *	reach so far back.
 * @rtcp: RTCP passed by the present key
 * @rtcp_due: outbound: under the present key none left yet, and the next goes on behind
 *	@rtcp_index
 * @rtcp_floored: what is in @rtcp_track may have been here elsewhere
 * @no_old: (with @carried) the session of the former key does not know what was here
 * @floor: (with @floored) the index where it stood
 * @used: when it was here last, by &rtpsec.clock
 * @rtcp_index: (with @rtcp or @rtcp_due) the highest SRTCP index
 * @rtcp_track: inbound: which SRTCP was here by the present key
 * @anew: outbound: do its sequence numbers begin anew?
 */
struct source {
	uint32_t ssrc;
	bool carried;
	bool added;
	bool parked;
	bool floored;
	bool rtcp;
	bool rtcp_due;
	bool rtcp_floored;
	bool no_old;
	uint32_t rtcp_index;
	uint32_t used;
	uint64_t floor;
	struct rtplane_srtp_anew anew;
	struct rtplane_srtp_track track;
	struct rtplane_srtcp_track rtcp_track;
};

/**
 * struct former - a key that was used, and where its sources stood
 * @conf: suite and key
 * @n: sources
 * @room: places in @source
 * @source: sources; NULL: there is no such key
 */
struct former {
	struct dp_srtp conf;
	unsigned int n;
	unsigned int room;
	struct source *source;
};

/**
 * struct rtpsec - a context
 * @dir: which direction
 * @conf: suite and key
 * @srtp: libsrtp2's session with them; NULL: no packet has come yet
 * @used: one has, by this key or another
 * @takes_old: inbound: packets by the former key are taken, too
 * @old: the session of that key; NULL: none of them has come yet
 * @old_conf: (with @takes_old) suite and identifier of that key, and the key without @old
 * @by_new: packets by the present key since then
 * @by_old: packets by the former one
 * @n: sources
 * @room: places in @source
 * @last: index of the source that was last looked up
 * @clock: packets so far
 * @changes: grows with what who would take over must know
 * @source: sources
 * @former: outbound: the key before one that was fresh
 */
struct rtpsec {
	enum rtpsec_dir dir;
	struct dp_srtp conf;
	srtp_t srtp;
	atomic_bool used;
	bool takes_old;
	srtp_t old;
	struct dp_srtp old_conf;
	unsigned int by_new;
	unsigned int by_old;
	unsigned int n;
	unsigned int room;
	unsigned int last;
	uint32_t clock;
	uint64_t changes;
	struct source *source;
	struct former former;
};

/* former.c */

/**
 * rtpsec_former() - another key takes the place of the present one, which it may have had
 * @ctx: outbound, with its former key and sources
 * @conf: the other key
 *
 * Return: false: sources go on from where they stand.
 */
bool rtpsec_former(struct rtpsec *ctx, const struct dp_srtp *conf);

/** rtpsec_former_clear() - there is none any more */
void rtpsec_former_clear(struct rtpsec *ctx);

/* rtpsec.c */

/**
 * rtpsec_take() - a new source
 * @ctx: the context; its other sources may be elsewhere afterwards
 * @ssrc: that it does not have
 *
 * Return: the source; NULL: no memory or room.
 */
struct source *rtpsec_take(struct rtpsec *ctx, uint32_t ssrc);

/**
 * rtpsec_add_stream() - give a source a stream of the library that can be set
 * @ctx: the context
 * @s: the source; has none, or one by this function
 *
 * Return: false if the library cannot.
 */
bool rtpsec_add_stream(struct rtpsec *ctx, struct source *s);

/* state.c */

/**
 * rtpsec_adopt() - go on where a key was used elsewhere
 * @ctx: new, with its session
 * @conf: has the sources
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int rtpsec_adopt(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err);

/**
 * rtpsec_count_up() - have the library's next SRTCP index of a source behind its own
 * @ctx: outbound
 * @s: the source; no RTCP of it was protected in this session
 *
 * Return: false if the library cannot.
 */
bool rtpsec_count_up(struct rtpsec *ctx, const struct source *s);

#endif /* RTPSEC_PRIVATE_H */
