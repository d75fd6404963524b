// SPDX-License-Identifier: GPL-2.0
/*
 * May this source be the remote?  The policy is in policy.c; here it meets the leg.
 *
 * A usual packet of the committed remote never comes here.  What does is the first
 * of a call, or an offender, or a remote that moved, or the remote's own by another
 * device or of another SSRC.
 */
#include "call.h"
#include "device.h"
#include "latch.h"
#include "table.h"

/* Both ways out depend on the remote: the peer's leads to it, and the leg's own
 * knows the checksums of what comes from it.
 */
static void stale(struct rtplane_leg *leg)
{
	WRITE_ONCE(leg->stale, 1);
	if (!leg->peer)
		return;
	/* After the remote was written, and before anything is read: who clears it
	 * reads the remote after that, with a barrier of its own in egress_renew().
	 */
	smp_mb();
	WRITE_ONCE(leg->peer->stale, 1);
}

/**
 * rtplane_latch_resume() - the remote of a leg is who the policy has committed
 * @leg: leg, locked
 * @remote: who
 */
void rtplane_latch_resume(struct rtplane_leg *leg, const struct rtplane_ep *remote)
{
	lockdep_assert_held(&leg->lock);
	write_seqcount_begin(&leg->remote_seq);
	leg->remote = *remote;
	leg->latched = true;
	write_seqcount_end(&leg->remote_seq);
	leg->iif = 0;
	stale(leg);
}

/**
 * rtplane_latch_commit() - make @remote the remote of a leg
 * @leg: leg, locked
 * @remote: who
 * @now: monotonic nanoseconds
 * @reason: for the event
 * @n: where the event is gathered
 *
 * By which device its packets come is to be learned from its next one, unless
 * rtplane_device_learn() tells.
 */
void rtplane_latch_commit(struct rtplane_leg *leg, const struct rtplane_ep *remote, u64 now,
			  enum rtplane_reason reason, struct rtplane_notice *n)
{
	struct rtplane_ep old = leg->latched ? leg->remote : (struct rtplane_ep) {};

	rtplane_policy_committed(&leg->policy, now, reason == RTPLANE_REASON_PROVEN);
	leg->policy.reason = reason;
	rtplane_latch_resume(leg, remote);
	rtplane_hold_wasted(leg);
	leg->latches++;
	leg->changes++;
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
	rtplane_hold_wasted(leg);
	leg->changes++;
	stale(leg);
}

/**
 * rtplane_latch_left() - signalling says that the remote is elsewhere
 * @leg: leg, locked
 * @now: monotonic nanoseconds
 *
 * It is forgotten, and not learned again for a while.
 */
void rtplane_latch_left(struct rtplane_leg *leg, u64 now)
{
	if (leg->latched)
		rtplane_policy_left(&leg->policy, &leg->remote, now);
	rtplane_latch_forget(leg);
}

static bool tie_permits(const struct rtplane_leg *leg, const struct rtplane_ep *src)
{
	const struct rtplane_leg *rtp;
	struct rtplane_ep remote;
	bool ok;

	if (rtplane_ep_none(&leg->tie))
		return true;
	rcu_read_lock();
	rtp = rtplane_table_find(leg->rn, &leg->tie);
	ok = rtp && rtplane_leg_remote(rtp, &remote) &&
	     rtplane_policy_tied(&leg->policy, leg->local.rtcp, &remote, src);
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
	return rtplane_policy_permits(&leg->policy, src, tie_permits(leg, src));
}

static struct rtplane_arrival arrival(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
				      u64 now)
{
	return (struct rtplane_arrival) {
		.src = &pkt->src,
		.payload = pkt->payload,
		.kind = pkt->kind,
		.now = now,
		.last = leg->last,
		.latched = leg->latched,
	};
}

/* Of calls that share a port the remote is proven: no packet makes its source that, not
 * even one that was under way when the remote changed.
 */
static bool proven_alone(const struct rtplane_leg *leg)
{
	return rtplane_call_is_keyed(&leg->local);
}

static struct rtplane_verdict refused(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
				      const struct rtplane_finding *f, struct rtplane_notice *n)
{
	if (f->refused) {
		rtplane_notice(n, leg, RTPLANE_EVENT_REFUSED, f->reason,
			       leg->latched ? &leg->remote : NULL, &pkt->src);
		n->count = f->refused;
	}
	return rtplane_drop(RTPLANE_DROP_REFUSED);
}

static struct rtplane_verdict held(struct rtplane_leg *leg, struct sk_buff *skb,
				   const struct rtplane_finding *f, u64 now,
				   enum rtplane_drop why)
{
	return rtplane_hold(leg, f->place, skb, now) ? rtplane_fate(RTPLANE_TAKEN) :
						       rtplane_drop(why);
}

static struct rtplane_verdict commit(struct rtplane_leg *leg, struct sk_buff *skb,
				     const struct rtplane_arrival *a,
				     const struct rtplane_pkt *pkt, struct rtplane_finding *f,
				     struct rtplane_notice *n, struct rtplane_release *r)
{
	if (!rtplane_device_commits(skb, pkt)) {
		rtplane_policy_elsewhere(&leg->policy, a, f);
		return refused(leg, pkt, f, n);
	}
	rtplane_hold_release(f->place, r);
	rtplane_latch_commit(leg, &pkt->src, a->now, f->reason, n);
	rtplane_device_learn(leg, skb, pkt);
	return rtplane_fate(RTPLANE_GOES_ON);
}

/**
 * rtplane_latch() - judge a packet that does not come from the remote
 * @leg: leg, locked, with a peer
 * @skb: the packet, not shared
 * @pkt: the same, long enough for its kind
 * @now: monotonic nanoseconds
 * @n: where an event is gathered
 * @r: what was held of its source, which is to go before it, if it goes on
 *
 * Return: RTPLANE_GOES_ON, its source is the remote now; RTPLANE_TAKEN, it is held;
 * or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_latch(struct rtplane_leg *leg, struct sk_buff *skb,
				     const struct rtplane_pkt *pkt, u64 now,
				     struct rtplane_notice *n, struct rtplane_release *r)
{
	struct rtplane_arrival a = arrival(leg, pkt, now);
	struct rtplane_finding f;
	struct rtplane_verdict v;

	if (rtplane_policy_martian(&pkt->src, &leg->local, pkt->v6, pkt->lo))
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	if (unlikely(proven_alone(leg)))
		return rtplane_drop(RTPLANE_DROP_REFUSED);
	a.tied = tie_permits(leg, &pkt->src);
	switch (rtplane_policy_judge(&leg->policy, &a, &f)) {
	case RTPLANE_JUDGED_COMMIT:
		v = commit(leg, skb, &a, pkt, &f, n, r);
		break;
	case RTPLANE_JUDGED_HOLD:
		v = held(leg, skb, &f, now, RTPLANE_DROP_PROBATION);
		break;
	case RTPLANE_JUDGED_NOMEM:
		v = rtplane_drop(RTPLANE_DROP_NOMEM);
		break;
	default:
		v = refused(leg, pkt, &f, n);
		break;
	}
	rtplane_hold_wasted(leg);
	return v;
}

/**
 * rtplane_latch_might() - may the source of a protected packet become the remote?
 * @leg: leg, locked, with a peer
 * @skb: as for rtplane_latch()
 * @pkt: likewise
 * @now: likewise
 * @n: likewise
 * @r: likewise
 *
 * Return: RTPLANE_GOES_ON, if it authenticates; else as rtplane_latch().
 */
struct rtplane_verdict rtplane_latch_might(struct rtplane_leg *leg, struct sk_buff *skb,
					   const struct rtplane_pkt *pkt, u64 now,
					   struct rtplane_notice *n, struct rtplane_release *r)
{
	if (rtplane_policy_martian(&pkt->src, &leg->local, pkt->v6, pkt->lo))
		return rtplane_drop(RTPLANE_DROP_MARTIAN);
	if (likely(!proven_alone(leg)) && rtplane_latch_permits(leg, &pkt->src) &&
	    !rtplane_policy_former(&leg->policy, &pkt->src, now))
		return rtplane_fate(RTPLANE_GOES_ON);
	return rtplane_latch(leg, skb, pkt, now, n, r);
}

/**
 * rtplane_latch_proven() - the source of a packet has authenticated it
 * @leg: leg, locked, with a peer
 * @skb: the packet
 * @pkt: the same
 * @now: monotonic nanoseconds
 * @n: where the event is gathered; NULL: it is the remote already, by another device
 */
void rtplane_latch_proven(struct rtplane_leg *leg, struct sk_buff *skb,
			  const struct rtplane_pkt *pkt, u64 now, struct rtplane_notice *n)
{
	if (n)
		rtplane_latch_commit(leg, &pkt->src, now, RTPLANE_REASON_PROVEN, n);
	rtplane_device_learn(leg, skb, pkt);
}

/**
 * rtplane_latch_device() - judge a packet of the remote that came by another device
 * @leg: leg, locked
 * @skb: the packet
 * @pkt: the same
 * @now: monotonic nanoseconds
 * @n: where an event is gathered
 *
 * Return: RTPLANE_GOES_ON or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_latch_device(struct rtplane_leg *leg, struct sk_buff *skb,
					    const struct rtplane_pkt *pkt, u64 now,
					    struct rtplane_notice *n)
{
	struct rtplane_arrival a = arrival(leg, pkt, now);
	struct rtplane_finding f = {};

	if (rtplane_device_permits(leg, skb, pkt))
		return rtplane_fate(RTPLANE_GOES_ON);
	rtplane_policy_elsewhere(&leg->policy, &a, &f);
	return refused(leg, pkt, &f, n);
}

/**
 * rtplane_latch_ssrc() - judge RTP of the remote whose SSRC is another
 * @leg: leg, locked, with a peer; rtplane_policy_guards() holds
 * @skb: the packet, not shared
 * @pkt: the same
 * @now: monotonic nanoseconds
 * @r: what was held of that SSRC, which is to go before it, if it goes on
 *
 * Return: RTPLANE_GOES_ON, RTPLANE_TAKEN or RTPLANE_DROPPED.
 */
struct rtplane_verdict rtplane_latch_ssrc(struct rtplane_leg *leg, struct sk_buff *skb,
					  const struct rtplane_pkt *pkt, u64 now,
					  struct rtplane_release *r)
{
	struct rtplane_arrival a = arrival(leg, pkt, now);
	struct rtplane_finding f;
	struct rtplane_verdict v;

	switch (rtplane_policy_guard(&leg->policy, &a, leg->rtp.ssrc, &f)) {
	case RTPLANE_JUDGED_COMMIT:
		rtplane_hold_release(f.place, r);
		/* One that had no place has passed before. */
		leg->changes += !!f.place;
		v = rtplane_fate(RTPLANE_GOES_ON);
		break;
	case RTPLANE_JUDGED_HOLD:
		v = held(leg, skb, &f, now, RTPLANE_DROP_SSRC);
		break;
	default:
		v = rtplane_drop(RTPLANE_DROP_NOMEM);
		break;
	}
	rtplane_hold_wasted(leg);
	return v;
}
