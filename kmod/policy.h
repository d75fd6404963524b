/* SPDX-License-Identifier: GPL-2.0 */
/* The latch policy as a state machine: who may become the remote. */
#ifndef _RTPLANE_POLICY_H
#define _RTPLANE_POLICY_H

#include <linux/rtplane.h>

#include "addr.h"
#include "demux.h"

/* Sources in probation at once; the first leads. */
#define RTPLANE_CANDIDATES		4
/* A candidate that is quiet for so long gives its place to another: sooner if it
 * has sent no more than one packet.
 */
#define RTPLANE_CANDIDATE_NS		(250 * NSEC_PER_MSEC)
#define RTPLANE_CANDIDATE_ONCE_NS	(100 * NSEC_PER_MSEC)
/* A candidate that has not passed so long after its first packet gives way. */
#define RTPLANE_CANDIDATE_AGE_NS	(300 * NSEC_PER_MSEC)
/* Packets held of one source; those of the longest that it can take to pass. */
#define RTPLANE_HELD			4
#define RTPLANE_HELD_NS			(500 * NSEC_PER_MSEC)
/* For so long after its commit a remote that is not exactly the signalled one
 * gives way to that.
 */
#define RTPLANE_EXACT_NS		(2LL * NSEC_PER_SEC)
/* Another SSRC of the remote: packets in a row, and how long no other one came. */
#define RTPLANE_GUARD			3
#define RTPLANE_GUARD_NS		(50 * NSEC_PER_MSEC)
/* SSRCs of the remote that have passed; its first is never forgotten. */
#define RTPLANE_KNOWN			4
/* One refused event per leg and so long. */
#define RTPLANE_REFUSED_NS		NSEC_PER_SEC
/* Packets in a row that a source must send unless told otherwise. */
#define RTPLANE_PROBATION		3

/**
 * struct rtplane_candidate - a source in probation
 * @src: who
 * @ssrc: of its packets
 * @since: monotonic ns when it took its place, or (guard) when its run began
 * @when: monotonic ns of its last packet
 * @seq: sequence number expected next
 * @pt: payload type
 * @rtp: it has sent RTP, so that nothing else counts
 * @count: packets in a row; 0 = there is no candidate
 * @n_held: packets of it that are held
 * @held: those, the oldest first: whatever the datapath keeps a packet in
 */
struct rtplane_candidate {
	struct rtplane_ep src;
	__be32 ssrc;
	u64 since;
	u64 when;
	u16 seq;
	u8 pt;
	bool rtp;
	u8 count;
	u8 n_held;
	void *held[RTPLANE_HELD];
};

/**
 * struct rtplane_suspects - sources that are not the remote, or not yet
 * @candidate: sources in probation; [0] leads, the others wait for its place
 * @newcomer: another SSRC of the remote
 * @known: SSRCs of the remote that have passed, its first one first
 * @n_known: how many did, of which the last are remembered
 * @offender: last source refused
 * @offenses: packets in a row of @offender
 * @refused_at: monotonic ns of the last refused event
 * @refused_since: refused packets since that event
 * @unhold: frees a packet that was held in vain; of the datapath, which knows what a
 *	packet is kept in.  Set by whoever holds the first one
 * @wasted: packets that were held in vain, and not counted yet
 * @strange: the same, of @newcomer
 */
struct rtplane_suspects {
	struct rtplane_candidate candidate[RTPLANE_CANDIDATES];
	struct rtplane_candidate newcomer;
	__be32 known[RTPLANE_KNOWN];
	u32 n_known;
	struct rtplane_ep offender;
	u64 offenses;
	u64 refused_at;
	u64 refused_since;
	void (*unhold)(void *packet);
	u32 wasted;
	u32 strange;
};

/**
 * struct rtplane_policy - who may become a leg's remote, and who has tried
 * @signalled: the remote that signalling gave, may be none
 * @former: the remote until signalling said otherwise, none if nobody
 * @suspects: NULL until there is one; owned, to be freed by the leg's end after
 *	rtplane_policy_forget()
 * @remote_since: monotonic ns when the remote was committed
 * @former_until: monotonic ns until which @former may not be learned
 * @relatch: ms of silence after which another may take over, 0 = never
 * @mode: &enum rtplane_latch
 * @prefix: bits that must agree with @signalled (restricted)
 * @probation: packets in a row before a source is committed, 0 = at once
 * @guard: another SSRC of the remote must show itself before it passes
 * @reason: &enum rtplane_reason, for which the remote was committed
 * @proven: the remote has authenticated itself
 * @fresh: nothing is known of the remote's SSRC yet: the next one passes
 */
struct rtplane_policy {
	struct rtplane_ep signalled;
	struct rtplane_ep former;
	struct rtplane_suspects *suspects;
	u64 remote_since;
	u64 former_until;
	u32 relatch;
	u8 mode;
	u8 prefix;
	u8 probation;
	u8 reason;
	bool guard;
	bool proven;
	bool fresh;
};

/**
 * struct rtplane_arrival - a packet that does not come from the remote
 * @src: where it comes from
 * @payload: UDP payload, whole headers of its kind
 * @now: monotonic ns
 * @last: monotonic ns of the last packet of the remote, 0 = none
 * @kind: &enum rtplane_kind
 * @latched: the leg has a remote
 * @tied: the leg's tie, if it has one, permits @src
 */
struct rtplane_arrival {
	const struct rtplane_ep *src;
	const u8 *payload;
	u64 now;
	u64 last;
	u8 kind;
	bool latched;
	bool tied;
};

/**
 * enum rtplane_judgement - what becomes of such a packet
 * @RTPLANE_JUDGED_COMMIT: its source becomes the remote, it is the remote's first;
 *	what is held of it (&struct rtplane_finding.place) goes before it
 * @RTPLANE_JUDGED_HOLD: it is held, its source on probation
 * @RTPLANE_JUDGED_REFUSED: it is dropped
 * @RTPLANE_JUDGED_NOMEM: it is dropped, there is no memory to remember its source
 */
enum rtplane_judgement {
	RTPLANE_JUDGED_COMMIT,
	RTPLANE_JUDGED_HOLD,
	RTPLANE_JUDGED_REFUSED,
	RTPLANE_JUDGED_NOMEM,
};

/**
 * struct rtplane_finding - why
 * @reason: &enum rtplane_reason
 * @refused: packets refused since the last event; not 0: an event is due
 * @place: the source's place, valid until the policy is asked something else;
 *	NULL if it has none
 */
struct rtplane_finding {
	u8 reason;
	u64 refused;
	struct rtplane_candidate *place;
};

bool rtplane_policy_permits(const struct rtplane_policy *p, const struct rtplane_ep *src,
			    bool tied);
bool rtplane_policy_former(const struct rtplane_policy *p, const struct rtplane_ep *src, u64 now);
enum rtplane_judgement rtplane_policy_judge(struct rtplane_policy *p,
					    const struct rtplane_arrival *a,
					    struct rtplane_finding *f);
enum rtplane_judgement rtplane_policy_guard(struct rtplane_policy *p,
					    const struct rtplane_arrival *a, __be32 present,
					    struct rtplane_finding *f);
enum rtplane_judgement rtplane_policy_elsewhere(struct rtplane_policy *p,
						const struct rtplane_arrival *a,
						struct rtplane_finding *f);
void rtplane_policy_hold(struct rtplane_policy *p, struct rtplane_candidate *c, void *packet,
			 void (*unhold)(void *packet));
unsigned int rtplane_policy_take(struct rtplane_candidate *c, void *packets[RTPLANE_HELD]);
u64 rtplane_policy_expire(struct rtplane_policy *p, u64 now);
u32 rtplane_policy_wasted(struct rtplane_policy *p, u32 *strange);
void rtplane_policy_committed(struct rtplane_policy *p, u64 now, bool proven);
void rtplane_policy_left(struct rtplane_policy *p, const struct rtplane_ep *remote, u64 now);
void rtplane_policy_forget(struct rtplane_policy *p);

/**
 * rtplane_policy_mode() - another mode, with its defaults
 * @p: policy
 * @mode: &enum rtplane_latch
 */
static inline void rtplane_policy_mode(struct rtplane_policy *p, u8 mode)
{
	p->mode = mode;
	p->guard = mode != RTPLANE_LATCH_OFF;
	p->probation = mode == RTPLANE_LATCH_OFF ? 0 : RTPLANE_PROBATION;
}

/**
 * rtplane_policy_init() - the default policy
 * @p: policy, zeroed
 * @v4: the leg's local address is IPv4
 */
static inline void rtplane_policy_init(struct rtplane_policy *p, bool v4)
{
	rtplane_policy_mode(p, RTPLANE_LATCH_RESTRICTED);
	p->prefix = v4 ? 32 : 128;
}

/**
 * rtplane_policy_sense() - is the address known well enough for no probation?
 * @mode: &enum rtplane_latch
 * @probation: packets in a row
 * @prefix: bits that must agree with the signalled address
 * @v4: the leg's local address is IPv4
 * @tied: the leg has a tie
 *
 * One forged packet must not decide a call unless somebody who knows the whole
 * address wished it so.
 */
static inline bool rtplane_policy_sense(u8 mode, u8 probation, u8 prefix, bool v4, bool tied)
{
	return probation > 1 || mode == RTPLANE_LATCH_OFF || tied ||
	       (mode == RTPLANE_LATCH_RESTRICTED && prefix >= (v4 ? 32 : 128));
}

/**
 * rtplane_policy_guards() - must this RTP packet of the remote be judged?
 * @p: policy
 * @same: it is of the SSRC that the remote sends
 */
static inline bool rtplane_policy_guards(const struct rtplane_policy *p, bool same)
{
	return p->guard && !p->fresh && !same;
}

/**
 * rtplane_policy_tied() - may this be where the RTCP beside some RTP comes from?
 * @p: policy of the RTCP leg
 * @mux: it comes by RTP's own port
 * @rtp: remote of the RTP leg
 * @src: source
 *
 * The same address, and the next port (RFC 3550 section 11) or the signalled one; with
 * @mux the same port, too.
 */
static inline bool rtplane_policy_tied(const struct rtplane_policy *p, bool mux,
				       const struct rtplane_ep *rtp, const struct rtplane_ep *src)
{
	if (mux)
		return rtplane_ep_eq(rtp, src);
	return rtplane_ep_same_addr(rtp, src) &&
	       (ntohs(src->port) == ntohs(rtp->port) + 1 || src->port == p->signalled.port);
}

/* Is a source being counted? */
static inline bool rtplane_policy_counting(const struct rtplane_policy *p)
{
	return p->suspects && p->suspects->candidate[0].count;
}

/**
 * rtplane_policy_martian() - can nobody have sent this and expect an answer?
 * @src: where a packet comes from
 * @local: where it went to
 * @v6: it is an IPv6 packet
 * @lo: it came by a loopback device
 */
static inline bool rtplane_policy_martian(const struct rtplane_ep *src,
					  const struct rtplane_ep *local, bool v6, bool lo)
{
	return rtplane_ep_martian(src) || rtplane_ep_is4(src) == v6 ||
	       rtplane_ep_eq(src, local) || (rtplane_ep_loopback(src) && !lo);
}

#endif /* _RTPLANE_POLICY_H */
