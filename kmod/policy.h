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
/* One refused event per leg and so long. */
#define RTPLANE_REFUSED_NS		NSEC_PER_SEC
/* Packets in a row that latch learn wants unless told otherwise. */
#define RTPLANE_LEARN_PROBATION		3

/**
 * struct rtplane_candidate - a source in probation
 * @src: who
 * @ssrc: of its packets
 * @when: monotonic ns of its last packet
 * @seq: sequence number expected next
 * @pt: payload type
 * @rtp: it has sent RTP, so that nothing else counts
 * @count: packets in a row; 0 = there is no candidate
 */
struct rtplane_candidate {
	struct rtplane_ep src;
	__be32 ssrc;
	u64 when;
	u16 seq;
	u8 pt;
	bool rtp;
	u8 count;
};

/**
 * struct rtplane_suspects - sources that are not the remote, or not yet
 * @candidate: sources in probation; [0] leads, the others wait for its place
 * @offender: last source refused
 * @offenses: packets in a row of @offender
 * @refused_at: monotonic ns of the last refused event
 * @refused_since: refused packets since that event
 */
struct rtplane_suspects {
	struct rtplane_candidate candidate[RTPLANE_CANDIDATES];
	struct rtplane_ep offender;
	u64 offenses;
	u64 refused_at;
	u64 refused_since;
};

/**
 * struct rtplane_policy - who may become a leg's remote, and who has tried
 * @signalled: the remote that signalling gave, may be none
 * @suspects: NULL until there is one; owned, to be freed by the leg's end
 * @remote_since: monotonic ns when the remote was committed
 * @relatch: ms of silence after which another may take over, 0 = never
 * @mode: &enum rtplane_latch
 * @prefix: bits that must agree with @signalled (restricted)
 * @probation: packets in a row before a source is committed, 0 = at once
 * @guard: another SSRC of the remote must show itself before it passes
 */
struct rtplane_policy {
	struct rtplane_ep signalled;
	struct rtplane_suspects *suspects;
	u64 remote_since;
	u32 relatch;
	u8 mode;
	u8 prefix;
	u8 probation;
	bool guard;
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
 * @RTPLANE_JUDGED_COMMIT: its source becomes the remote, it is the remote's first
 * @RTPLANE_JUDGED_FORWARD: it is forwarded, its source on probation
 * @RTPLANE_JUDGED_PROBATION: it is dropped, its source on probation
 * @RTPLANE_JUDGED_REFUSED: it is dropped
 * @RTPLANE_JUDGED_NOMEM: it is dropped, there is no memory to remember its source
 */
enum rtplane_judgement {
	RTPLANE_JUDGED_COMMIT,
	RTPLANE_JUDGED_FORWARD,
	RTPLANE_JUDGED_PROBATION,
	RTPLANE_JUDGED_REFUSED,
	RTPLANE_JUDGED_NOMEM,
};

/**
 * struct rtplane_finding - why
 * @reason: &enum rtplane_reason
 * @refused: packets refused since the last event; not 0: an event is due
 */
struct rtplane_finding {
	u8 reason;
	u64 refused;
};

bool rtplane_policy_permits(const struct rtplane_policy *p, const struct rtplane_ep *src,
			    bool tied);
enum rtplane_judgement rtplane_policy_judge(struct rtplane_policy *p,
					    const struct rtplane_arrival *a,
					    struct rtplane_finding *f);
void rtplane_policy_committed(struct rtplane_policy *p, u64 now);
void rtplane_policy_forget(struct rtplane_policy *p);

/**
 * rtplane_policy_init() - the default policy
 * @p: policy, zeroed
 * @v4: the leg's local address is IPv4
 */
static inline void rtplane_policy_init(struct rtplane_policy *p, bool v4)
{
	p->mode = RTPLANE_LATCH_RESTRICTED;
	p->guard = true;
	p->prefix = v4 ? 32 : 128;
}

/**
 * rtplane_policy_mode() - another mode, with its defaults
 * @p: policy
 * @mode: &enum rtplane_latch
 */
static inline void rtplane_policy_mode(struct rtplane_policy *p, u8 mode)
{
	p->mode = mode;
	p->guard = mode != RTPLANE_LATCH_OFF;
	p->probation = mode == RTPLANE_LATCH_LEARN ? RTPLANE_LEARN_PROBATION : 0;
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
