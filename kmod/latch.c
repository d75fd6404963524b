// SPDX-License-Identifier: GPL-2.0
/*
 * May this source be the remote?  The policy is in policy.c; here it meets the leg.
 *
 * A packet of the committed remote never comes here.  What does is either the
 * first of a call, or an offender, or a remote that moved.
 */
#include "latch.h"
#include "table.h"

/* Both ways out depend on the remote: the peer's leads to it, and the leg's own
 * knows the checksums of what comes from it.
 */
static void rtplane_stale(struct rtplane_leg *leg)
{
	WRITE_ONCE(leg->stale, 1);
	if (!leg->peer)
		return;
	/* After the remote was written, so that who sees this sees it too; pairs
	 * with the barrier in egress_renew().
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
	rtplane_policy_committed(&leg->policy, now);
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
	rtplane_policy_forget(&leg->policy);
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

/**
 * rtplane_latch_permits() - does a source satisfy the leg's mode?
 * @leg: leg, locked
 * @src: source
 */
bool rtplane_latch_permits(const struct rtplane_leg *leg, const struct rtplane_ep *src)
{
	return rtplane_policy_permits(&leg->policy, src, rtplane_tie_permits(leg, src));
}

static void rtplane_refused(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
			    const struct rtplane_finding *f, struct rtplane_notice *n)
{
	if (!f->refused)
		return;
	rtplane_notice(n, leg, RTPLANE_EVENT_REFUSED, f->reason,
		       leg->latched ? &leg->remote : NULL, &pkt->src);
	n->count = f->refused;
}

/**
 * rtplane_latch() - judge a packet that does not come from the remote
 * @leg: leg, locked
 * @pkt: the packet, long enough for its kind
 * @now: monotonic nanoseconds
 * @n: where an event is gathered
 *
 * Return: RTPLANE_GOES_ON or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_latch(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
				     u64 now, struct rtplane_notice *n)
{
	struct rtplane_arrival a = {
		.src = &pkt->src,
		.payload = pkt->payload,
		.kind = pkt->kind,
		.now = now,
		.last = leg->last,
		.latched = leg->latched,
		.tied = rtplane_tie_permits(leg, &pkt->src),
	};
	struct rtplane_finding f;

	if (rtplane_policy_martian(&pkt->src, &leg->local, pkt->v6, pkt->lo))
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	switch (rtplane_policy_judge(&leg->policy, &a, &f)) {
	case RTPLANE_JUDGED_COMMIT:
		rtplane_latch_commit(leg, &pkt->src, now, f.reason, n);
		return rtplane_fate(RTPLANE_GOES_ON);
	case RTPLANE_JUDGED_FORWARD:
		return rtplane_fate(RTPLANE_GOES_ON);
	case RTPLANE_JUDGED_PROBATION:
		return rtplane_drop(RTPLANE_DROP_PROBATION);
	case RTPLANE_JUDGED_NOMEM:
		return rtplane_drop(RTPLANE_DROP_NOMEM);
	case RTPLANE_JUDGED_REFUSED:
		break;
	}
	rtplane_refused(leg, pkt, &f, n);
	return rtplane_drop(RTPLANE_DROP_REFUSED);
}
