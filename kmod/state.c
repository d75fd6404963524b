// SPDX-License-Identifier: GPL-2.0
/* A leg's state, told and taken: what saved.c has of it, and what is the leg's own. */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "latch.h"
#include "net.h"
#include "state.h"

static bool has_detail(const struct rtplane_saved *s)
{
	int i;

	for (i = 0; i < __RTPLANE_DROP_MAX; i++) {
		if (s->drops[i])
			return true;
	}
	return s->passed || s->rtcp_packets || s->rtcp.reports;
}

/* The DSCP of most packets: what comes next has it. */
static u8 usual_dscp(const struct rtplane_saved *s)
{
	u8 most = 0;
	int i;

	for (i = 1; i < RTPLANE_DSCP_MAP_LEN; i++) {
		if (s->dscp_seen[i] > s->dscp_seen[most])
			most = i;
	}
	return most;
}

static bool has_dscps(const struct rtplane_saved *s)
{
	u8 usual = usual_dscp(s);
	int i;

	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++) {
		if (i != usual && s->dscp_seen[i])
			return true;
	}
	return false;
}

/**
 * rtplane_state_room() - what a leg needs to go on from a state: all that may fail
 * @leg: leg that nobody can find yet
 * @s: state
 *
 * Context: process.
 * Return: 0 or -ENOMEM; what there is then is the leg's all the same.
 */
int rtplane_state_room(struct rtplane_leg *leg, const struct rtplane_saved *s)
{
	bool dscps = has_dscps(s);

	if (has_detail(s) || dscps) {
		leg->detail = kzalloc(sizeof(*leg->detail), GFP_KERNEL_ACCOUNT);
		if (!leg->detail)
			return -ENOMEM;
	}
	if (dscps) {
		leg->detail->dscp_seen = kcalloc(RTPLANE_DSCP_MAP_LEN, sizeof(u64),
						 GFP_KERNEL_ACCOUNT);
		if (!leg->detail->dscp_seen)
			return -ENOMEM;
	}
	if (s->n_known) {
		leg->policy.suspects = kzalloc(sizeof(*leg->policy.suspects), GFP_KERNEL_ACCOUNT);
		if (!leg->policy.suspects)
			return -ENOMEM;
	}
	return 0;
}

static void take_counts(struct rtplane_leg *leg, const struct rtplane_saved *s)
{
	struct rtplane_leg_detail *d = leg->detail;

	leg->rx_packets = s->rx_packets;
	leg->rx_bytes = s->rx_bytes;
	leg->tx_packets = s->tx_packets;
	leg->tx_bytes = s->tx_bytes;
	leg->latches = s->latches;
	leg->dscp_first = usual_dscp(s);
	leg->dscp_first_count = s->dscp_seen[leg->dscp_first];
	if (!d)
		return;
	memcpy(d->drops, s->drops, sizeof(d->drops));
	d->passed = s->passed;
	d->rtcp_packets = s->rtcp_packets;
	d->rtcp = s->rtcp;
	if (!d->dscp_seen)
		return;
	memcpy(d->dscp_seen, s->dscp_seen, RTPLANE_DSCP_MAP_LEN * sizeof(u64));
	d->dscp_seen[leg->dscp_first] = 0;
}

/* What came with it is no work of this namespace: its totals are what they were. */
static void discount(struct rtplane_totals *gone, const struct rtplane_saved *s)
{
	int i;

	gone->rx_packets -= s->rx_packets;
	gone->tx_packets -= s->tx_packets;
	gone->passed -= s->passed;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		gone->drops[i] -= s->drops[i];
}

/**
 * rtplane_state_take() - a leg goes on from a state
 * @leg: new leg, set up, locked, and so is its peer; rtplane_state_room() was asked
 * @s: state, not wrong
 * @now: monotonic nanoseconds
 */
void rtplane_state_take(struct rtplane_leg *leg, const struct rtplane_saved *s, u64 now)
{
	lockdep_assert_held(&leg->rn->lock);
	lockdep_assert_held(&leg->lock);
	rtplane_saved_take(s, &leg->policy, &leg->police, &leg->rtp, now);
	if (!rtplane_ep_none(&s->remote))
		rtplane_latch_resume(leg, &s->remote);
	take_counts(leg, s);
	leg->last = rtplane_saved_when(s, s->quiet, now);
	if (s->rx_packets)
		leg->first = rtplane_saved_when(s, s->started, ktime_get_real_ns());
	discount(&leg->rn->gone, s);
}

static void tell_dscps(const struct rtplane_leg *leg, const struct rtplane_leg_detail *d,
		       struct rtplane_saved *s)
{
	if (d->dscp_seen)
		memcpy(s->dscp_seen, d->dscp_seen, sizeof(s->dscp_seen));
	s->dscp_seen[leg->dscp_first] += leg->dscp_first_count;
}

/**
 * rtplane_state_tell() - the state of a leg
 * @leg: leg, locked
 * @s: filled, but for what it has sent
 * @now: monotonic nanoseconds
 */
void rtplane_state_tell(const struct rtplane_leg *leg, struct rtplane_saved *s, u64 now)
{
	const struct rtplane_leg_detail *d = rtplane_leg_detail_get(leg);

	lockdep_assert_held(&leg->lock);
	memset(s, 0, sizeof(*s));
	if (leg->latched)
		s->remote = leg->remote;
	rtplane_saved_tell(s, &leg->policy, &leg->police, &leg->rtp, now);
	s->quiet = now - leg->last;
	s->rx_packets = leg->rx_packets;
	s->rx_bytes = leg->rx_bytes;
	if (leg->rx_packets)
		s->started = rtplane_saved_ago(leg->first, ktime_get_real_ns());
	s->latches = leg->latches;
	s->passed = d->passed;
	s->rtcp_packets = d->rtcp_packets;
	s->rtcp = d->rtcp;
	memcpy(s->drops, d->drops, sizeof(s->drops));
	tell_dscps(leg, d, s);
}
