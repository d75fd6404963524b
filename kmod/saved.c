// SPDX-License-Identifier: GPL-2.0
/*
 * The state of a leg, to go on elsewhere: does it make sense, and from times that are
 * relative to those of a clock and back.  Without leg, lock or message: compiled into the
 * agent too.
 *
 * Whoever gives a state may give anything.  What contradicts itself or the leg is refused;
 * what cannot be told from what is true can harm nobody but this leg's own statistics.
 */
#include "saved.h"

/* The tests look for every sentence. */
#define rtplane_refuses(sentence)	(sentence)

/* May somebody be committed for this reason? */
static bool commits(u8 reason)
{
	return reason <= RTPLANE_REASON_PROVEN || reason == RTPLANE_REASON_EXACT;
}

static const char *remote_wrong(const struct rtplane_saved *s, const struct rtplane_policy *p,
				const struct rtplane_ep *local)
{
	bool proven = s->reason == RTPLANE_REASON_PROVEN;

	if (rtplane_ep_none(&s->remote))
		return s->reason || s->fresh || s->n_known || s->since ?
		       rtplane_refuses("without a remote there is nothing to say of it") : NULL;
	if (!s->reason || !commits(s->reason))
		return rtplane_refuses("a remote was committed for one of the reasons of a latch");
	if (rtplane_ep_eq(&s->remote, local))
		return rtplane_refuses("a leg cannot be its own remote");
	/* Whether a tie permits it depends on a leg that may come later. */
	if ((p->mode == RTPLANE_LATCH_OFF || !proven) &&
	    !rtplane_policy_permits(p, &s->remote, true))
		return rtplane_refuses("the leg's latch would not have let this be the remote");
	return NULL;
}

/**
 * rtplane_saved_wrong() - why can a leg not go on from this?
 * @s: state
 * @p: the leg's policy as it will be: mode, prefix, signalled remote
 * @local: the leg's local address
 *
 * Return: the sentence, or NULL if it can.
 */
const char *rtplane_saved_wrong(const struct rtplane_saved *s, const struct rtplane_policy *p,
				const struct rtplane_ep *local)
{
	if (rtplane_ep_none(&s->former) && s->former_left)
		return rtplane_refuses("a former remote has an address");
	if (s->former_left > (u64)RTPLANE_FORMER_MS * NSEC_PER_MSEC)
		return rtplane_refuses("a former remote has at most 3000 ms left");
	if (s->rtp.max_ext < s->rtp.base_ext || s->rtp.jitter > s->rtp.jitter_max)
		return rtplane_refuses("the numbers of the RTP receiver contradict each other");
	return remote_wrong(s, p, local);
}

static u64 left(u64 when, u64 now)
{
	return (s64)(when - now) > 0 ? when - now : 0;
}

/**
 * rtplane_saved_tell() - what is told of a leg's pure parts
 * @s: filled as far as these go; &struct rtplane_saved.remote is set already
 * @p: policy
 * @police: rate limits
 * @rtp: RTP statistics
 * @now: monotonic ns
 */
void rtplane_saved_tell(struct rtplane_saved *s, const struct rtplane_policy *p,
			const struct rtplane_police *police, const struct rtplane_rtpstats *rtp,
			u64 now)
{
	if (!rtplane_ep_none(&s->remote)) {
		s->reason = p->reason;
		s->since = now - p->remote_since;
		s->fresh = p->fresh;
		if (p->suspects) {
			s->n_known = min_t(u32, p->suspects->n_known, RTPLANE_KNOWN);
			memcpy(s->known, p->suspects->known, sizeof(s->known));
		}
	}
	s->former_left = p->former_until ? left(p->former_until, now) : 0;
	if (s->former_left)
		s->former = p->former;
	s->packet_debt = left(police->packet_tat, now);
	s->bit_debt = left(police->bit_tat, now);
	s->rtp = *rtp;
	s->rtp.transit = rtplane_rtp_time(rtp, now) - rtp->transit;
}

static u64 less(u64 ns, u64 age)
{
	return ns > age ? ns - age : 0;
}

/* When the next packet is due: as far ahead as a packet of that cost can bring it. */
static u64 due(const struct rtplane_saved *s, u64 debt, u64 cost, u64 now)
{
	u64 most = max_t(u64, cost, RTPLANE_POLICE_BURST_NS);

	return cost ? now + min_t(u64, less(debt, s->age), most) : 0;
}

/**
 * rtplane_saved_take() - a leg's pure parts go on from there
 * @s: state, not wrong
 * @p: policy, set up, with suspects if @s knows an SSRC
 * @police: rate limits, set up
 * @rtp: RTP statistics, zeros
 * @now: monotonic ns
 */
void rtplane_saved_take(const struct rtplane_saved *s, struct rtplane_policy *p,
			struct rtplane_police *police, struct rtplane_rtpstats *rtp, u64 now)
{
	u64 largest = police->byte_cost * RTPLANE_POLICE_BYTES >> RTPLANE_POLICE_SHIFT;

	if (!rtplane_ep_none(&s->remote)) {
		rtplane_policy_committed(p, rtplane_saved_when(s, s->since, now),
					 s->reason == RTPLANE_REASON_PROVEN);
		p->reason = s->reason;
		p->fresh = s->fresh;
		if (s->n_known && p->suspects) {
			p->suspects->n_known = s->n_known;
			memcpy(p->suspects->known, s->known, sizeof(s->known));
		}
	}
	if (less(s->former_left, s->age)) {
		p->former = s->former;
		p->former_until = now + less(s->former_left, s->age);
	}
	police->packet_tat = due(s, s->packet_debt, police->packet_ns, now);
	police->bit_tat = due(s, s->bit_debt, largest, now);
	if (rtplane_rtp_started(&s->rtp)) {
		*rtp = s->rtp;
		rtplane_rtpstats_resume(rtp, now, s->age);
	}
}
