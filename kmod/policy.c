// SPDX-License-Identifier: GPL-2.0
/*
 * The latch policy that keeps RTP bleed and RTP injection out (design section 4),
 * as a state machine without leg, lock or buffer: compiled into the agent too.
 *
 * Whoever has the leg to himself may call it; a packet of the committed remote
 * never comes here.
 */
#include "policy.h"

static enum rtplane_reason rtplane_policy_refuses(const struct rtplane_policy *p,
						  const struct rtplane_ep *src, bool tied)
{
	switch (p->mode) {
	case RTPLANE_LATCH_OFF:
		return rtplane_ep_eq(src, &p->signalled) ? RTPLANE_REASON_NONE :
							   RTPLANE_REASON_ADDRESS;
	case RTPLANE_LATCH_RESTRICTED:
		if (!rtplane_ep_in_prefix(src, &p->signalled, p->prefix))
			return RTPLANE_REASON_ADDRESS;
		break;
	}
	return tied ? RTPLANE_REASON_NONE : RTPLANE_REASON_TIE;
}

/**
 * rtplane_policy_permits() - does a source satisfy the mode?
 * @p: policy
 * @src: source
 * @tied: the leg's tie, if it has one, permits @src
 */
bool rtplane_policy_permits(const struct rtplane_policy *p, const struct rtplane_ep *src,
			    bool tied)
{
	return rtplane_policy_refuses(p, src, tied) == RTPLANE_REASON_NONE;
}

/**
 * rtplane_policy_forget() - nobody is on probation any more
 * @p: policy
 */
void rtplane_policy_forget(struct rtplane_policy *p)
{
	int i;

	for (i = 0; p->suspects && i < RTPLANE_CANDIDATES; i++)
		p->suspects->candidate[i].count = 0;
}

/**
 * rtplane_policy_committed() - the leg has a remote
 * @p: policy
 * @now: monotonic ns
 */
void rtplane_policy_committed(struct rtplane_policy *p, u64 now)
{
	p->remote_since = now;
	rtplane_policy_forget(p);
}

static struct rtplane_suspects *rtplane_suspects(struct rtplane_policy *p)
{
	if (!p->suspects)
		p->suspects = rtplane_zalloc(sizeof(*p->suspects));
	return p->suspects;
}

static enum rtplane_judgement rtplane_policy_refuse(struct rtplane_policy *p,
						    const struct rtplane_arrival *a,
						    enum rtplane_reason reason,
						    struct rtplane_finding *f)
{
	struct rtplane_suspects *s = rtplane_suspects(p);

	f->reason = reason;
	/* Refused all the same, only not remembered. */
	if (!s)
		return RTPLANE_JUDGED_REFUSED;
	if (rtplane_ep_eq(&s->offender, a->src)) {
		s->offenses++;
	} else {
		s->offender = *a->src;
		s->offenses = 1;
	}
	s->refused_since++;
	if (!s->refused_at || a->now - s->refused_at >= RTPLANE_REFUSED_NS) {
		f->refused = s->refused_since;
		s->refused_at = a->now;
		s->refused_since = 0;
	}
	return RTPLANE_JUDGED_REFUSED;
}

static bool rtplane_candidate_quiet(const struct rtplane_candidate *c, u64 now)
{
	u64 quiet = now - c->when;

	return !c->count ||
	       quiet >= (u64)(c->count == 1 ? RTPLANE_CANDIDATE_ONCE_NS : RTPLANE_CANDIDATE_NS);
}

/* The candidate that @src is, or else one whose place it may have, or NULL. */
static struct rtplane_candidate *rtplane_candidate_find(struct rtplane_suspects *s,
							const struct rtplane_ep *src, u64 now)
{
	struct rtplane_candidate *place = NULL;
	int i;

	for (i = 0; i < RTPLANE_CANDIDATES; i++) {
		struct rtplane_candidate *c = &s->candidate[i];

		if (c->count && rtplane_ep_eq(&c->src, src))
			return c;
		if (!place && rtplane_candidate_quiet(c, now))
			place = c;
	}
	if (place)
		place->count = 0;
	return place;
}

/* Is this the next packet of the candidate, by what its kind can tell? */
static bool rtplane_candidate_next(const struct rtplane_candidate *c,
				   const struct rtplane_arrival *a, __be32 ssrc, u16 seq)
{
	if (!c->count || ssrc != c->ssrc)
		return false;
	if (a->kind != RTPLANE_KIND_RTP)
		return true;
	return seq == c->seq && (a->payload[1] & 0x7f) == c->pt;
}

static void rtplane_candidate_count(struct rtplane_candidate *c, const struct rtplane_arrival *a)
{
	__be32 ssrc = 0;
	u16 seq = 0;

	c->when = a->now;
	/* RTCP beside it shows that the source is there, and nothing of its order. */
	if (c->count && c->rtp && a->kind != RTPLANE_KIND_RTP)
		return;
	if (a->kind == RTPLANE_KIND_RTP) {
		ssrc = get_unaligned((const __be32 *)(a->payload + 8));
		seq = get_unaligned_be16(a->payload + 2);
	} else if (a->kind == RTPLANE_KIND_RTCP) {
		ssrc = get_unaligned((const __be32 *)(a->payload + 4));
	}
	if (!rtplane_candidate_next(c, a, ssrc, seq)) {
		c->src = *a->src;
		c->ssrc = ssrc;
		c->rtp = a->kind == RTPLANE_KIND_RTP;
		c->pt = c->rtp ? a->payload[1] & 0x7f : 0;
		c->count = 0;
	}
	/* A candidate that waits for the lead may be far beyond what is asked. */
	if (c->count < 0xff)
		c->count++;
	c->seq = seq + 1;
}

/*
 * Count a packet of a source in probation.  Whoever was first leads while it goes
 * on sending, so that nobody who comes later can overtake it; it loses the lead
 * by silence.  Others are refused, but counted: the first of them that sends
 * when the lead is quiet takes over with what it has.  A flood of sources that
 * send once must fill all places again and again to keep a caller out.
 *
 * Return: the lead's number of packets in a row if the packet is the lead's, 0
 * if it is not, or -1 without memory.
 */
static int rtplane_policy_probation(struct rtplane_policy *p, const struct rtplane_arrival *a)
{
	struct rtplane_suspects *s = rtplane_suspects(p);
	struct rtplane_candidate *lead, *c;

	if (!s)
		return -1;
	lead = &s->candidate[0];
	c = rtplane_candidate_find(s, a->src, a->now);
	if (!c)
		return 0;
	if (c != lead && rtplane_candidate_quiet(lead, a->now)) {
		swap(*c, *lead);
		c = lead;
	}
	rtplane_candidate_count(c, a);
	return c == lead ? c->count : 0;
}

/* Has the remote been silent for so long that another may take over? */
static bool rtplane_policy_silent(const struct rtplane_policy *p, const struct rtplane_arrival *a)
{
	s64 quiet = a->now - max(a->last, p->remote_since);

	return p->relatch && quiet >= (s64)p->relatch * NSEC_PER_MSEC;
}

/**
 * rtplane_policy_judge() - judge a packet that does not come from the remote
 * @p: policy
 * @a: the packet; it is no martian's
 * @f: why
 *
 * The caller commits the source if that is the judgement, and then calls
 * rtplane_policy_committed().
 */
enum rtplane_judgement rtplane_policy_judge(struct rtplane_policy *p,
					    const struct rtplane_arrival *a,
					    struct rtplane_finding *f)
{
	enum rtplane_reason no = rtplane_policy_refuses(p, a->src, a->tied);
	int count;

	*f = (struct rtplane_finding) {
		.reason = a->latched ? RTPLANE_REASON_SILENCE : RTPLANE_REASON_FIRST,
	};
	if (no != RTPLANE_REASON_NONE)
		return rtplane_policy_refuse(p, a, no, f);
	if (a->latched && !rtplane_policy_silent(p, a))
		return rtplane_policy_refuse(p, a, RTPLANE_REASON_LOCKED, f);
	if (!p->probation)
		return RTPLANE_JUDGED_COMMIT;
	count = rtplane_policy_probation(p, a);
	if (count < 0)
		return RTPLANE_JUDGED_NOMEM;
	if (!count)
		return rtplane_policy_refuse(p, a, RTPLANE_REASON_CANDIDATE, f);
	if (count < p->probation)
		return a->latched ? RTPLANE_JUDGED_PROBATION : RTPLANE_JUDGED_FORWARD;
	if (!a->latched)
		f->reason = RTPLANE_REASON_PROBATION;
	return RTPLANE_JUDGED_COMMIT;
}
