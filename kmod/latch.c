// SPDX-License-Identifier: GPL-2.0
/*
 * May this source be the remote?  The policy that keeps RTP bleed and RTP
 * injection out (design section 4).
 *
 * A packet of the committed remote never comes here.  What does is either the
 * first of a call, or an offender, or a remote that moved.
 */
#include <linux/jiffies.h>
#include <linux/time64.h>

#include "compat.h"
#include "latch.h"
#include "table.h"

/* A candidate that is quiet for so long gives its place to another. */
#define RTPLANE_CANDIDATE_TIMEOUT	(HZ / 4)
/* One refused event per leg and so long. */
#define RTPLANE_REFUSED_NS		NSEC_PER_SEC

/* Both ways out depend on the remote: the peer's leads to it, and the leg's own
 * knows the checksums of what comes from it.
 */
static void rtplane_stale(struct rtplane_leg *leg)
{
	WRITE_ONCE(leg->stale, 1);
	if (!leg->peer)
		return;
	/* After the remote was written, so that who sees this sees it too; pairs
	 * with the barrier in rtplane_egress_renew().
	 */
	smp_store_release(&leg->peer->stale, 1);
}

/**
 * rtplane_latch_commit() - make @remote the remote of a leg
 * @leg: leg, locked
 * @remote: who
 * @now: monotonic nanoseconds
 * @reason: for the event
 * @n: where the event is gathered
 */
void rtplane_latch_commit(struct rtplane_leg *leg, const struct rtplane_ep *remote, u64 now,
			  enum rtplane_reason reason, struct rtplane_notice *n)
{
	struct rtplane_ep old = leg->latched ? leg->remote : (struct rtplane_ep) {};

	lockdep_assert_held(&leg->lock);
	write_seqcount_begin(&leg->remote_seq);
	leg->remote = *remote;
	leg->latched = true;
	write_seqcount_end(&leg->remote_seq);
	leg->candidate.count = 0;
	leg->remote_since = now;
	leg->latches++;
	rtplane_stale(leg);
	rtplane_notice(n, leg, RTPLANE_EVENT_LATCH, reason, &old, remote);
}

/**
 * rtplane_latch_forget() - forget the remote, learn again
 * @leg: leg, locked
 */
void rtplane_latch_forget(struct rtplane_leg *leg)
{
	lockdep_assert_held(&leg->lock);
	write_seqcount_begin(&leg->remote_seq);
	leg->latched = false;
	write_seqcount_end(&leg->remote_seq);
	leg->candidate.count = 0;
	rtplane_stale(leg);
}

static bool rtplane_tie_permits(const struct rtplane_leg *leg, const struct rtplane_ep *src)
{
	const struct rtplane_leg *rtp;
	struct rtplane_ep remote;
	bool ok;

	if (rtplane_ep_none(&leg->tie))
		return true;
	rcu_read_lock();
	rtp = rtplane_table_find(leg->rn, &leg->tie);
	ok = rtp && rtplane_leg_remote(rtp, &remote) && rtplane_ep_same_addr(&remote, src);
	rcu_read_unlock();
	return ok;
}

static enum rtplane_reason rtplane_mode_refuses(const struct rtplane_leg *leg,
						const struct rtplane_ep *src)
{
	switch (leg->latch) {
	case RTPLANE_LATCH_OFF:
		return rtplane_ep_eq(src, &leg->signalled) ? 0 : RTPLANE_REASON_ADDRESS;
	case RTPLANE_LATCH_RESTRICTED:
		if (!rtplane_ep_in_prefix(src, &leg->signalled, leg->prefix))
			return RTPLANE_REASON_ADDRESS;
		break;
	}
	return rtplane_tie_permits(leg, src) ? 0 : RTPLANE_REASON_TIE;
}

/**
 * rtplane_latch_permits() - does a source satisfy the leg's mode?
 * @leg: leg, locked
 * @src: source
 */
bool rtplane_latch_permits(const struct rtplane_leg *leg, const struct rtplane_ep *src)
{
	return !rtplane_mode_refuses(leg, src);
}

static void rtplane_candidate_set(struct rtplane_candidate *c, const struct rtplane_pkt *pkt,
				  __be32 ssrc, u16 seq)
{
	c->src = pkt->src;
	c->ssrc = ssrc;
	c->seq = seq + 1;
	c->pt = pkt->kind == RTPLANE_KIND_RTP ? pkt->payload[1] & 0x7f : 0;
	c->count = 1;
}

/* Is this the next packet of the candidate, by what its kind can tell? */
static bool rtplane_candidate_next(const struct rtplane_candidate *c,
				   const struct rtplane_pkt *pkt, __be32 ssrc, u16 seq)
{
	if (ssrc != c->ssrc)
		return false;
	if (pkt->kind != RTPLANE_KIND_RTP)
		return true;
	return seq == c->seq && (pkt->payload[1] & 0x7f) == c->pt;
}

/*
 * Count a packet of a source in probation.  The first candidate keeps its place
 * while it goes on sending, so that a flood of other sources cannot keep it
 * from reaching the count; it loses its place by silence.
 *
 * Return: 0 if the packet is the candidate's, else why not.
 */
static enum rtplane_reason rtplane_probation(struct rtplane_leg *leg,
					     const struct rtplane_pkt *pkt)
{
	struct rtplane_candidate *c = &leg->candidate;
	__be32 ssrc = 0;
	u16 seq = 0;

	if (pkt->kind == RTPLANE_KIND_RTP) {
		ssrc = get_unaligned((const __be32 *)(pkt->payload + 8));
		seq = get_unaligned_be16(pkt->payload + 2);
	} else if (pkt->kind == RTPLANE_KIND_RTCP) {
		ssrc = get_unaligned((const __be32 *)(pkt->payload + 4));
	}
	if (c->count && !rtplane_ep_eq(&c->src, &pkt->src) &&
	    (u32)jiffies - c->when < RTPLANE_CANDIDATE_TIMEOUT)
		return RTPLANE_REASON_CANDIDATE;
	if (c->count && rtplane_ep_eq(&c->src, &pkt->src) &&
	    rtplane_candidate_next(c, pkt, ssrc, seq)) {
		c->count++;
		c->seq = seq + 1;
	} else {
		rtplane_candidate_set(c, pkt, ssrc, seq);
	}
	c->when = jiffies;
	return 0;
}

static int rtplane_refuse(struct rtplane_leg *leg, const struct rtplane_pkt *pkt, u64 now,
			  enum rtplane_reason reason, struct rtplane_notice *n)
{
	if (rtplane_ep_eq(&leg->offender, &pkt->src)) {
		leg->offenses++;
	} else {
		leg->offender = pkt->src;
		leg->offenses = 1;
	}
	leg->refused_since++;
	if (!leg->refused_at || now - leg->refused_at >= RTPLANE_REFUSED_NS) {
		rtplane_notice(n, leg, RTPLANE_EVENT_REFUSED, reason,
			       leg->latched ? &leg->remote : NULL, &pkt->src);
		n->count = leg->refused_since;
		leg->refused_at = now;
		leg->refused_since = 0;
	}
	return RTPLANE_DROP_REFUSED;
}

/* Has the remote been silent for so long that another may take over? */
static bool rtplane_silent(const struct rtplane_leg *leg, u64 now)
{
	s64 quiet = now - max(leg->last, leg->remote_since);

	return leg->relatch && quiet >= (s64)leg->relatch * NSEC_PER_MSEC;
}

/**
 * rtplane_latch() - judge a packet that does not come from the remote
 * @leg: leg, locked
 * @pkt: the packet, long enough for its kind
 * @now: monotonic nanoseconds
 * @n: where an event is gathered
 *
 * Return: RTPLANE_ACCEPTED, or the &enum rtplane_drop to count.
 */
int rtplane_latch(struct rtplane_leg *leg, const struct rtplane_pkt *pkt, u64 now,
		  struct rtplane_notice *n)
{
	enum rtplane_reason why = RTPLANE_REASON_FIRST;
	enum rtplane_reason no;

	if (rtplane_ep_martian(&pkt->src) || rtplane_ep_is4(&pkt->src) == pkt->v6 ||
	    rtplane_ep_eq(&pkt->src, &leg->local) ||
	    (rtplane_ep_loopback(&pkt->src) && !pkt->lo))
		return RTPLANE_DROP_MARTIAN;
	no = rtplane_mode_refuses(leg, &pkt->src);
	if (no)
		return rtplane_refuse(leg, pkt, now, no, n);
	if (leg->latched) {
		if (!rtplane_silent(leg, now))
			return rtplane_refuse(leg, pkt, now, RTPLANE_REASON_LOCKED, n);
		why = RTPLANE_REASON_SILENCE;
	}
	if (leg->probation) {
		no = rtplane_probation(leg, pkt);
		if (no)
			return rtplane_refuse(leg, pkt, now, no, n);
		if (leg->candidate.count < leg->probation)
			return leg->latched ? RTPLANE_DROP_PROBATION : RTPLANE_ACCEPTED;
		if (!leg->latched)
			why = RTPLANE_REASON_PROBATION;
	}
	rtplane_latch_commit(leg, &pkt->src, now, why, n);
	return RTPLANE_ACCEPTED;
}
