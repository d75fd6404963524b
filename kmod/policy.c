// SPDX-License-Identifier: GPL-2.0
/*
 * The latch policy that keeps RTP bleed and RTP injection out (design section 4),
 * as a state machine without leg, lock or buffer: compiled into the agent too.
 *
 * Whoever has the leg to himself may call it; a packet of the committed remote
 * comes here only if its SSRC is another than before.
 *
 * Source addresses can be forged, so nobody is believed for one packet but who
 * is exactly what signalling gave.  The others are counted, side by side, in
 * RTPLANE_CANDIDATES places, and their packets held: nothing of a source is
 * forwarded before it is the remote.  Whoever came first leads, so that a burst
 * does not overtake a caller who sends as phones do; but the lead, as any place,
 * is lost by who does not pass in time, whatever he sends.
 */
#include "policy.h"

static bool is_signalled(const struct rtplane_policy *p, const struct rtplane_ep *src)
{
	return !rtplane_ep_none(&p->signalled) && rtplane_ep_eq(src, &p->signalled);
}

static enum rtplane_reason refuses(const struct rtplane_policy *p, const struct rtplane_ep *src,
				   bool tied)
{
	if (is_signalled(p, src))
		return RTPLANE_REASON_NONE;
	switch (p->mode) {
	case RTPLANE_LATCH_OFF:
		return RTPLANE_REASON_ADDRESS;
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
	return refuses(p, src, tied) == RTPLANE_REASON_NONE;
}

/**
 * rtplane_policy_former() - was this the remote until signalling changed it, just now?
 * @p: policy
 * @src: source
 * @now: monotonic ns
 *
 * Its stream outlives the change by the way of the answer, and must not lock the
 * leg again.
 */
bool rtplane_policy_former(const struct rtplane_policy *p, const struct rtplane_ep *src, u64 now)
{
	return (s64)(p->former_until - now) > 0 && rtplane_ep_eq(src, &p->former) &&
	       !is_signalled(p, src);
}

/* --- packets that are held --- */

static void unhold_first(struct rtplane_suspects *s, struct rtplane_candidate *c)
{
	s->unhold(c->held[0]);
	if (c == &s->newcomer)
		s->strange++;
	else
		s->wasted++;
	c->n_held--;
	memmove(c->held, c->held + 1, c->n_held * sizeof(c->held[0]));
}

static void unhold_all(struct rtplane_suspects *s, struct rtplane_candidate *c)
{
	while (c->n_held)
		unhold_first(s, c);
}

/**
 * rtplane_policy_hold() - keep a packet until its source is committed or gives up
 * @p: policy
 * @c: its place: &struct rtplane_finding.place of RTPLANE_JUDGED_HOLD
 * @packet: the packet; from now on the policy's, to be freed by @unhold or given
 *	back by rtplane_policy_take()
 * @unhold: frees it; always the same of a leg
 *
 * Of a source that waits for its turn only the last packets are kept.
 */
void rtplane_policy_hold(struct rtplane_policy *p, struct rtplane_candidate *c, void *packet,
			 void (*unhold)(void *packet))
{
	p->suspects->unhold = unhold;
	if (c->n_held == RTPLANE_HELD)
		unhold_first(p->suspects, c);
	c->held[c->n_held++] = packet;
}

/**
 * rtplane_policy_take() - what is held of a source that is being committed
 * @c: its place: &struct rtplane_finding.place of RTPLANE_JUDGED_COMMIT, may be NULL
 * @packets: filled, the oldest first; the caller's
 *
 * Return: how many.
 */
unsigned int rtplane_policy_take(struct rtplane_candidate *c, void *packets[RTPLANE_HELD])
{
	unsigned int n = c ? c->n_held : 0;

	if (!n)
		return 0;
	memcpy(packets, c->held, n * sizeof(packets[0]));
	c->n_held = 0;
	return n;
}

/* Returns when what is held there is too old, or 0. */
static u64 expire_place(struct rtplane_suspects *s, struct rtplane_candidate *c, u64 now)
{
	if (c->n_held && now - c->when >= RTPLANE_HELD_NS)
		unhold_all(s, c);
	return c->n_held ? c->when + RTPLANE_HELD_NS : 0;
}

/**
 * rtplane_policy_expire() - free what is held of sources that went quiet
 * @p: policy
 * @now: monotonic ns
 *
 * Return: monotonic ns when to call again, or 0 if nothing is held.
 */
u64 rtplane_policy_expire(struct rtplane_policy *p, u64 now)
{
	struct rtplane_suspects *s = p->suspects;
	u64 next, due;
	int i;

	if (!s)
		return 0;
	next = expire_place(s, &s->newcomer, now);
	for (i = 0; i < RTPLANE_CANDIDATES; i++) {
		due = expire_place(s, &s->candidate[i], now);
		if (due && (!next || due < next))
			next = due;
	}
	return next;
}

/**
 * rtplane_policy_wasted() - packets that were held in vain since this was asked last
 * @p: policy
 * @strange: the same, of other SSRCs of the remote
 *
 * Return: how many of candidates.
 */
u32 rtplane_policy_wasted(struct rtplane_policy *p, u32 *strange)
{
	struct rtplane_suspects *s = p->suspects;
	u32 n;

	*strange = 0;
	if (!s)
		return 0;
	n = s->wasted;
	*strange = s->strange;
	s->wasted = 0;
	s->strange = 0;
	return n;
}

/* --- what the leg tells --- */

/**
 * rtplane_policy_forget() - nobody is on probation any more
 * @p: policy
 */
void rtplane_policy_forget(struct rtplane_policy *p)
{
	struct rtplane_suspects *s = p->suspects;
	int i;

	p->proven = false;
	if (!s)
		return;
	for (i = 0; i < RTPLANE_CANDIDATES; i++) {
		unhold_all(s, &s->candidate[i]);
		s->candidate[i].count = 0;
	}
	unhold_all(s, &s->newcomer);
	s->newcomer.count = 0;
}

/**
 * rtplane_policy_committed() - the leg has a remote
 * @p: policy
 * @now: monotonic ns
 * @proven: it has authenticated itself: only another proof or signalling moves it
 */
void rtplane_policy_committed(struct rtplane_policy *p, u64 now, bool proven)
{
	rtplane_policy_forget(p);
	if (p->suspects)
		p->suspects->n_known = 0;
	p->remote_since = now;
	p->proven = proven;
	p->fresh = true;
}

/**
 * rtplane_policy_left() - signalling says that the remote is elsewhere
 * @p: policy
 * @remote: who was it
 * @now: monotonic ns
 *
 * Unless it is what is signalled, it cannot be learned again for some time.
 */
void rtplane_policy_left(struct rtplane_policy *p, const struct rtplane_ep *remote, u64 now)
{
	p->former = *remote;
	p->former_until = now + RTPLANE_FORMER_MS * NSEC_PER_MSEC;
}

/* --- judging --- */

static struct rtplane_suspects *suspects(struct rtplane_policy *p)
{
	if (!p->suspects)
		p->suspects = rtplane_zalloc(sizeof(*p->suspects));
	return p->suspects;
}

/* Refuse a packet, remember who sent it, and say whether that is to be told. */
static enum rtplane_judgement refuse(struct rtplane_policy *p, const struct rtplane_arrival *a,
				     enum rtplane_reason reason, struct rtplane_finding *f)
{
	struct rtplane_suspects *s = suspects(p);

	*f = (struct rtplane_finding) { .reason = reason };
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

static bool is_quiet(const struct rtplane_candidate *c, u64 now)
{
	u64 quiet = now - c->when;

	return !c->count ||
	       quiet >= (u64)(c->count == 1 ? RTPLANE_CANDIDATE_ONCE_NS : RTPLANE_CANDIDATE_NS);
}

static bool has_passed(const struct rtplane_policy *p, const struct rtplane_candidate *c)
{
	return c->count && c->count >= p->probation;
}

/* Has it had its time, and did not pass?  A complete run does not age. */
static bool is_overdue(const struct rtplane_policy *p, const struct rtplane_candidate *c, u64 now)
{
	return !has_passed(p, c) && now - c->since >= RTPLANE_CANDIDATE_AGE_NS;
}

static void lead_with(struct rtplane_suspects *s, struct rtplane_candidate *c)
{
	if (c != &s->candidate[0])
		swap(*c, s->candidate[0]);
}

/*
 * A lead that went quiet or is overdue gives way to who has passed, the earliest
 * first.  Before a newcomer may take the place of a quiet one, or sources that
 * send once each could keep who has passed from ever leading.
 */
static void promote(struct rtplane_policy *p, u64 now)
{
	struct rtplane_candidate *c, *best = NULL;
	struct rtplane_suspects *s = p->suspects;
	int i;

	if (!is_quiet(&s->candidate[0], now) && !is_overdue(p, &s->candidate[0], now))
		return;
	for (i = 1; i < RTPLANE_CANDIDATES; i++) {
		c = &s->candidate[i];
		if (has_passed(p, c) && !is_quiet(c, now) && (!best || c->since < best->since))
			best = c;
	}
	if (best)
		lead_with(s, best);
}

/* A place for a source that has none: the lead's last, and only if it is quiet. */
static struct rtplane_candidate *new_place(struct rtplane_policy *p, u64 now)
{
	struct rtplane_suspects *s = p->suspects;
	struct rtplane_candidate *c;
	int i;

	for (i = 1; i <= RTPLANE_CANDIDATES; i++) {
		c = &s->candidate[i % RTPLANE_CANDIDATES];
		if (is_quiet(c, now) || (c != &s->candidate[0] && is_overdue(p, c, now))) {
			unhold_all(s, c);
			c->count = 0;
			c->since = now;
			return c;
		}
	}
	return NULL;
}

static struct rtplane_candidate *find_place(struct rtplane_policy *p, const struct rtplane_ep *src,
					    u64 now)
{
	struct rtplane_suspects *s = p->suspects;
	int i;

	for (i = 0; i < RTPLANE_CANDIDATES; i++) {
		if (s->candidate[i].count && rtplane_ep_eq(&s->candidate[i].src, src))
			return &s->candidate[i];
	}
	return new_place(p, now);
}

/* Is this the next packet of the candidate, by what its kind can tell? */
static bool is_next(const struct rtplane_candidate *c, const struct rtplane_arrival *a,
		    __be32 ssrc, u16 seq)
{
	if (!c->count || ssrc != c->ssrc)
		return false;
	if (a->kind != RTPLANE_KIND_RTP)
		return true;
	return c->rtp && seq == c->seq && (a->payload[1] & 0x7f) == c->pt;
}

static void count(struct rtplane_suspects *s, struct rtplane_candidate *c,
		  const struct rtplane_arrival *a)
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
	if (!is_next(c, a, ssrc, seq)) {
		/* What was lost on the way does not make the rest another stream. */
		if (ssrc != c->ssrc)
			unhold_all(s, c);
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

static enum rtplane_judgement probation(struct rtplane_policy *p, const struct rtplane_arrival *a,
					struct rtplane_finding *f)
{
	struct rtplane_suspects *s = suspects(p);
	struct rtplane_candidate *c, *lead;

	if (!s)
		return RTPLANE_JUDGED_NOMEM;
	lead = &s->candidate[0];
	promote(p, a->now);
	c = find_place(p, a->src, a->now);
	if (!c)
		return refuse(p, a, RTPLANE_REASON_CANDIDATE, f);
	count(s, c, a);
	if (is_quiet(lead, a->now) || (has_passed(p, c) && is_overdue(p, lead, a->now))) {
		lead_with(s, c);
		c = lead;
	}
	f->place = c;
	if (c != lead || !has_passed(p, c))
		return RTPLANE_JUDGED_HOLD;
	if (!a->latched)
		f->reason = RTPLANE_REASON_PROBATION;
	return RTPLANE_JUDGED_COMMIT;
}

/* Has the remote been silent for so long that another may take over? */
static bool is_silent(const struct rtplane_policy *p, const struct rtplane_arrival *a)
{
	s64 quiet = a->now - max(a->last, p->remote_since);

	return p->relatch && !p->proven && quiet >= (s64)p->relatch * NSEC_PER_MSEC;
}

/* Exactly what signalling gave: at once, and in the place of who came before it. */
static enum rtplane_judgement judge_signalled(struct rtplane_policy *p,
					      const struct rtplane_arrival *a,
					      struct rtplane_finding *f)
{
	if (!a->latched || is_silent(p, a))
		return RTPLANE_JUDGED_COMMIT;
	if (p->proven || a->now - p->remote_since >= (u64)RTPLANE_EXACT_NS)
		return refuse(p, a, RTPLANE_REASON_LOCKED, f);
	f->reason = RTPLANE_REASON_EXACT;
	return RTPLANE_JUDGED_COMMIT;
}

/**
 * rtplane_policy_judge() - judge a packet that does not come from the remote
 * @p: policy
 * @a: the packet; it is no martian's
 * @f: why
 *
 * If the judgement is to commit, the caller either takes what is held
 * (rtplane_policy_take()), commits the source and calls
 * rtplane_policy_committed(), or finds that it cannot be there
 * (rtplane_policy_elsewhere()).
 */
enum rtplane_judgement rtplane_policy_judge(struct rtplane_policy *p,
					    const struct rtplane_arrival *a,
					    struct rtplane_finding *f)
{
	enum rtplane_reason no = refuses(p, a->src, a->tied);

	*f = (struct rtplane_finding) {
		.reason = a->latched ? RTPLANE_REASON_SILENCE : RTPLANE_REASON_FIRST,
	};
	/* It has no SSRC that RTP would confirm, and many call for it: of the remote
	 * alone.
	 */
	if (a->kind == RTPLANE_KIND_ZRTP)
		return RTPLANE_JUDGED_REFUSED;
	if (no != RTPLANE_REASON_NONE)
		return refuse(p, a, no, f);
	if (is_signalled(p, a->src))
		return judge_signalled(p, a, f);
	if (rtplane_policy_former(p, a->src, a->now))
		return refuse(p, a, RTPLANE_REASON_FORMER, f);
	if (a->latched && !is_silent(p, a))
		return refuse(p, a, RTPLANE_REASON_LOCKED, f);
	if (!p->probation)
		return RTPLANE_JUDGED_COMMIT;
	return probation(p, a, f);
}

/**
 * rtplane_policy_elsewhere() - a source that was to be committed is not where it says
 * @p: policy
 * @a: the packet that came by a device which does not lead to @a->src
 * @f: what rtplane_policy_judge() found; why it is refused
 *
 * It loses its place: a complete run does not age, and nobody can hold a place by
 * sending what never qualifies.
 *
 * Return: RTPLANE_JUDGED_REFUSED.
 */
enum rtplane_judgement rtplane_policy_elsewhere(struct rtplane_policy *p,
						const struct rtplane_arrival *a,
						struct rtplane_finding *f)
{
	if (f->place) {
		unhold_all(p->suspects, f->place);
		f->place->count = 0;
	}
	return refuse(p, a, RTPLANE_REASON_DEVICE, f);
}

static bool is_known(const struct rtplane_suspects *s, __be32 ssrc)
{
	u32 i;

	for (i = 0; i < min_t(u32, s->n_known, RTPLANE_KNOWN); i++) {
		if (s->known[i] == ssrc)
			return true;
	}
	return false;
}

static void know(struct rtplane_suspects *s, __be32 ssrc)
{
	u32 i = s->n_known;

	if (is_known(s, ssrc))
		return;
	if (i >= RTPLANE_KNOWN)
		i = 1 + i % (RTPLANE_KNOWN - 1);
	s->known[i] = ssrc;
	s->n_known++;
}

/**
 * rtplane_policy_guard() - judge an RTP packet of the remote whose SSRC is another
 * @p: policy for which rtplane_policy_guards() holds
 * @a: the packet
 * @present: SSRC that the remote sends
 * @f: where it is held
 *
 * Who forges the remote's address does not know its SSRC.  A new one must send
 * RTPLANE_GUARD packets in a row, none of the present one between them and none
 * for RTPLANE_GUARD_NS: a stream that runs does not leave that room.  One that has
 * passed may come back at once: who got in while the remote was silent must not
 * keep it out.
 *
 * Return: RTPLANE_JUDGED_HOLD, _NOMEM, or _COMMIT: the new SSRC passes, after
 * rtplane_policy_take().
 */
enum rtplane_judgement rtplane_policy_guard(struct rtplane_policy *p,
					    const struct rtplane_arrival *a, __be32 present,
					    struct rtplane_finding *f)
{
	__be32 ssrc = get_unaligned((const __be32 *)(a->payload + 8));
	struct rtplane_suspects *s = suspects(p);
	struct rtplane_candidate *c;

	*f = (struct rtplane_finding) { .reason = RTPLANE_REASON_NONE };
	if (!s)
		return RTPLANE_JUDGED_NOMEM;
	know(s, present);
	if (is_known(s, ssrc))
		return RTPLANE_JUDGED_COMMIT;
	c = &s->newcomer;
	if (c->count && a->last >= c->since) {
		unhold_all(s, c);
		c->count = 0;
	}
	count(s, c, a);
	if (c->count == 1)
		c->since = a->now;
	f->place = c;
	if (c->count < RTPLANE_GUARD || a->now - a->last < (u64)RTPLANE_GUARD_NS)
		return RTPLANE_JUDGED_HOLD;
	know(s, ssrc);
	c->count = 0;
	return RTPLANE_JUDGED_COMMIT;
}
