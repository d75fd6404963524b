// SPDX-License-Identifier: GPL-2.0
/* All that puts legs together or takes them apart: pairing, change in mid-call,
 * removal, devices that go, silence.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "bridge.h"
#include "call.h"
#include "copy.h"
#include "egress.h"
#include "event.h"
#include "hold.h"
#include "latch.h"
#include "net.h"
#include "srtp.h"
#include "state.h"
#include "table.h"

#define RTPLANE_SWEEP_INTERVAL	(HZ / 5)
#define RTPLANE_SWEEP_LEGS	1024

static struct hlist_head *cookie_list(const struct rtplane_net *rn, u64 cookie)
{
	return &rn->cookies[hash_64(cookie, ilog2(RTPLANE_COOKIE_BUCKETS))];
}

static bool cookies_init(struct rtplane_net *rn)
{
	if (!rn->cookies)
		rn->cookies = kvcalloc(RTPLANE_COOKIE_BUCKETS, sizeof(*rn->cookies),
				       GFP_KERNEL_ACCOUNT);
	return rn->cookies;
}

static void set_cookie(struct rtplane_leg *leg, u64 cookie)
{
	hlist_del(&leg->of_cookie);
	leg->cookie = cookie;
	hlist_add_head(&leg->of_cookie, cookie_list(leg->rn, cookie));
}

/**
 * rtplane_bridge_next() - the next leg of a cookie, in order of their numbers
 * @rn: namespace, @rn->lock held
 * @cookie: the cookie
 * @id: least number that it may have
 *
 * Return: the leg, or NULL.
 */
struct rtplane_leg *rtplane_bridge_next(struct rtplane_net *rn, u64 cookie, unsigned long id)
{
	struct rtplane_leg *leg, *next = NULL;
	unsigned long n = 0;

	lockdep_assert_held(&rn->lock);
	if (!rn->cookies)
		return NULL;
	hlist_for_each_entry(leg, cookie_list(rn, cookie), of_cookie) {
		n++;
		if (leg->cookie == cookie && leg->id >= id && (!next || leg->id < next->id))
			next = leg;
		/* Where one cookie has nearly all of them, they are found by number. */
		if (n * n > rn->nr_legs + 64)
			goto many;
	}
	return next;
many:
	xa_for_each_start(&rn->legs, id, leg, id) {
		if (leg->cookie == cookie)
			return leg;
		cond_resched();
	}
	return NULL;
}

/**
 * rtplane_bridge_remove_cookie() - remove all bridges of a cookie
 * @rn: namespace, @rn->lock held
 * @cookie: the cookie
 *
 * Return: whether there were any.
 */
bool rtplane_bridge_remove_cookie(struct rtplane_net *rn, u64 cookie)
{
	struct rtplane_leg *leg;
	struct hlist_node *next;
	bool any = false;

	lockdep_assert_held(&rn->lock);
	if (!rn->cookies)
		return false;
	hlist_for_each_entry_safe(leg, next, cookie_list(rn, cookie), of_cookie) {
		if (leg->cookie != cookie)
			continue;
		rtplane_bridge_remove(leg);
		any = true;
		cond_resched();
	}
	return any;
}

/**
 * rtplane_bridge_insert() - let packets and dumps find a leg
 * @leg: new leg; without a peer its packets go to the stack
 *
 * Return: 0, -EEXIST if its local address is taken, or -ENOMEM.
 */
int rtplane_bridge_insert(struct rtplane_leg *leg)
{
	struct rtplane_net *rn = leg->rn;
	int err;

	lockdep_assert_held(&rn->lock);
	if (!cookies_init(rn))
		return -ENOMEM;
	err = xa_alloc_cyclic(&rn->legs, &leg->id, leg, xa_limit_32b, &rn->next_leg, GFP_KERNEL);
	if (err < 0)
		return err;
	err = rtplane_table_add(rn, leg);
	if (err) {
		xa_erase(&rn->legs, leg->id);
		leg->id = 0;
		return err;
	}
	hlist_add_head(&leg->of_cookie, cookie_list(rn, leg->cookie));
	rn->nr_legs++;
	rn->seq++;
	return 0;
}

static void totals_add(struct rtplane_totals *t, const struct rtplane_leg *leg)
{
	const struct rtplane_leg_detail *d = rtplane_leg_detail_get(leg);
	int i;

	t->rx_packets += leg->rx_packets;
	t->tx_packets += leg->fwd_packets + leg->tx_packets;
	t->passed += d->passed;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		t->drops[i] += d->drops[i];
}

/* What @leg has sent through its peer becomes the peer's own past. */
static void settle(struct rtplane_leg *leg)
{
	lockdep_assert_held(&leg->lock);
	if (leg->peer) {
		leg->peer->tx_packets += leg->fwd_packets;
		leg->peer->tx_bytes += leg->fwd_bytes;
	}
	leg->fwd_packets = 0;
	leg->fwd_bytes = 0;
}

static void unpair(struct rtplane_leg *leg)
{
	spin_lock_bh(&leg->lock);
	settle(leg);
	rtplane_leg_crowd(leg);
	leg->peer = NULL;
	rtplane_egress_forget(leg);
	spin_unlock_bh(&leg->lock);
}

/**
 * rtplane_bridge_part() - stop a bridge whose legs are to be told, and then removed
 * @leg: leg with a peer; no packet goes by either from now on, and none knows a key
 *
 * Return: the peer.
 */
struct rtplane_leg *rtplane_bridge_part(struct rtplane_leg *leg)
{
	struct rtplane_leg *peer = leg->peer;

	lockdep_assert_held(&leg->rn->lock);
	unpair(leg);
	unpair(peer);
	return peer;
}

/* A copy that is on its way still looks for its output here once it could not be sent. */
static void copies_end(struct rtplane_leg *leg)
{
	struct rtplane_copies *all = NULL;

	spin_lock_bh(&leg->lock);
	rtplane_copies_take(leg, &all);
	spin_unlock_bh(&leg->lock);
	rtplane_copies_free(all);
}

/**
 * rtplane_bridge_remove() - take a leg out and free it
 * @leg: leg, in the table or not; its peer, if any, loses it too
 *
 * A packet that found the leg before it left the table holds it by RCU and
 * finds it without a peer; the peer is told first, so nobody comes to it from
 * there.  Netlink and the sweep hold the mutex.  So nobody has it after the
 * grace period.
 */
void rtplane_bridge_remove(struct rtplane_leg *leg)
{
	struct rtplane_net *rn = leg->rn;
	struct rtplane_leg *peer = leg->peer;

	lockdep_assert_held(&rn->lock);
	if (leg->id) {
		rtplane_table_del(rn, leg);
		xa_erase(&rn->legs, leg->id);
		hlist_del(&leg->of_cookie);
		rn->nr_legs--;
		rn->seq++;
	}
	if (peer && peer->peer == leg)
		unpair(peer);
	unpair(leg);
	rtplane_hold_end(leg);
	if (leg->silence)
		rn->nr_silence--;
	totals_add(&rn->gone, leg);
	/* Without a peer there is no packet that knows them. */
	rtplane_srtp_free(leg->srtp_rx);
	rtplane_srtp_free(leg->srtp_tx);
	copies_end(leg);
	rtplane_leg_free(leg);
}

void rtplane_bridge_remove_all(struct rtplane_net *rn)
{
	struct rtplane_leg *leg;
	unsigned long id;

	lockdep_assert_held(&rn->lock);
	xa_for_each(&rn->legs, id, leg) {
		rtplane_bridge_remove(leg);
		cond_resched();
	}
}

static void lock_pair(struct rtplane_leg *a, struct rtplane_leg *b)
	__acquires(&a->lock) __acquires(&b->lock)
{
	if (a > b)
		swap(a, b);
	spin_lock_bh(&a->lock);
	spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

static void unlock_pair(struct rtplane_leg *a, struct rtplane_leg *b)
	__releases(&a->lock) __releases(&b->lock)
{
	if (a > b)
		swap(a, b);
	spin_unlock(&b->lock);
	spin_unlock_bh(&a->lock);
}

/**
 * rtplane_bridge_join() - they go on, after rtplane_bridge_part()
 * @a: one leg
 * @b: its peer
 */
void rtplane_bridge_join(struct rtplane_leg *a, struct rtplane_leg *b)
{
	lockdep_assert_held(&a->rn->lock);
	lock_pair(a, b);
	a->peer = b;
	b->peer = a;
	unlock_pair(a, b);
}

static void set_flag(struct rtplane_leg *leg, u8 flag, bool on)
{
	leg->flags = on ? leg->flags | flag : leg->flags & ~flag;
}

#define has(conf, attr)	((conf)->set & BIT_ULL(RTPLANE_LEG_A_##attr))

static void apply_policy(struct rtplane_leg *leg, const struct rtplane_leg_conf *c)
{
	if (has(c, LATCH))
		rtplane_policy_mode(&leg->policy, c->latch);
	if (has(c, PREFIX))
		leg->policy.prefix = c->prefix;
	if (has(c, PROBATION))
		leg->policy.probation = c->probation;
	if (has(c, RELATCH))
		leg->policy.relatch = c->relatch;
	if (has(c, SSRC_GUARD))
		leg->policy.guard = c->ssrc_guard;
	if (has(c, TIE))
		leg->tie = c->tie;
	if (has(c, EARLY))
		set_flag(leg, RTPLANE_LEG_EARLY, c->early);
	if (has(c, ACCEPT))
		set_flag(leg, RTPLANE_LEG_ANY, c->accept == RTPLANE_ACCEPT_ANY);
	if (has(c, UNKNOWN))
		set_flag(leg, RTPLANE_LEG_DROP, c->unknown == RTPLANE_UNKNOWN_DROP);
	if (has(c, ONLY))
		leg->only = c->only;
	if (has(c, DIGITS))
		leg->digits = c->digits;
	if (has(c, BLOCK))
		leg->block = c->block;
	if (has(c, MUTE))
		set_flag(leg, RTPLANE_LEG_MUTE, c->mute);
}

static void apply_srtp(struct rtplane_leg *leg, struct rtplane_leg_conf *c)
{
	/* What is replaced takes with it what it has counted: that is the leg's from now on. */
	u64 before = rtplane_srtp_changes(leg->srtp_rx) + rtplane_srtp_changes(leg->srtp_tx);

	if (has(c, SRTP_RX))
		rtplane_srtp_install(&leg->srtp_rx, &c->srtp_rx, false, false);
	if (has(c, SRTP_TX))
		rtplane_srtp_install(&leg->srtp_tx, &c->srtp_tx, true, c->srtp_fresh);
	leg->changes += before - rtplane_srtp_changes(leg->srtp_rx) -
			rtplane_srtp_changes(leg->srtp_tx);
}

/* Their packets need more than plain ones do, whichever way is protected. */
static void secure(struct rtplane_leg *a, struct rtplane_leg *b)
{
	bool on = a->srtp_rx || a->srtp_tx || b->srtp_rx || b->srtp_tx;

	set_flag(a, RTPLANE_LEG_SECURE, on);
	set_flag(b, RTPLANE_LEG_SECURE, on);
}

static void apply_rest(struct rtplane_leg *leg, struct rtplane_leg_conf *c)
{
	if (has(c, DSCP_MODE))
		leg->dscp_mode = c->dscp_mode;
	if (has(c, DSCP))
		leg->dscp = c->dscp;
	if (has(c, DSCP_MAP))
		/* Packets read the map with the lock held: the old one is free. */
		swap(leg->dscp_map, c->dscp_map);
	if (has(c, COPY) || has(c, NO_COPY))
		rtplane_copies_take(leg, &c->copies);
	if (has(c, MARK))
		leg->mark = c->mark;
	if (has(c, OIF))
		leg->oif = c->oif;
	if (has(c, BPS))
		leg->bps = c->bps;
	if (has(c, PPS) || has(c, BPS)) {
		rtplane_police_set(&leg->police, has(c, PPS) ? c->pps : leg->police.pps,
				   leg->bps);
		set_flag(leg, RTPLANE_LEG_POLICED, rtplane_policed(&leg->police));
	}
	if (has(c, SILENCE)) {
		leg->rn->nr_silence += !!c->silence - !!leg->silence;
		leg->silence = c->silence;
	}
}

static void apply_remote(struct rtplane_leg *leg, const struct rtplane_leg_conf *c,
			 struct rtplane_notice *n)
{
	u64 now = ktime_get_ns();

	if (c->saved) {
		leg->policy.signalled = c->remote;
		rtplane_state_take(leg, c->saved, now);
	}
	if (has(c, REMOTE) && !rtplane_ep_eq(&c->remote, &leg->policy.signalled)) {
		leg->policy.signalled = c->remote;
		/* Who is found by proof is where that says, until there is another. */
		if (!rtplane_call_is_keyed(&leg->local))
			rtplane_latch_left(leg, now);
	}
	if (has(c, MOVED))
		rtplane_latch_left(leg, now);
	if (has(c, UNLATCH))
		rtplane_latch_forget(leg);
	/* A stricter mode than the remote was learned by lets go of it. */
	if (!c->saved && (has(c, LATCH) || has(c, PREFIX) || has(c, TIE)) && leg->latched &&
	    !rtplane_latch_permits(leg, &leg->remote))
		rtplane_latch_forget(leg);
	if (has(c, PROVEN))
		rtplane_latch_commit(leg, &c->proven, now, RTPLANE_REASON_PROVEN, n);
	else if (leg->policy.mode == RTPLANE_LATCH_OFF && !leg->latched)
		rtplane_latch_commit(leg, &leg->policy.signalled, now, RTPLANE_REASON_SIGNALLED, n);
}

/* What is as it was is not meant: it must not undo what the leg has learned. */
static void apply_news(const struct rtplane_leg *leg, struct rtplane_leg_conf *c)
{
	if (has(c, LATCH) && c->latch == leg->policy.mode)
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_LATCH);
	if (has(c, PREFIX) && c->prefix == leg->policy.prefix)
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_PREFIX);
	if (has(c, TIE) && rtplane_ep_same_leg(&c->tie, &leg->tie))
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_TIE);
}

/* Both the leg and whoever sends through it are locked. */
static void apply(struct rtplane_leg *leg, struct rtplane_leg_conf *conf,
		  struct rtplane_notice *n)
{
	apply_news(leg, conf);
	apply_policy(leg, conf);
	apply_rest(leg, conf);
	apply_srtp(leg, conf);
	apply_remote(leg, conf, n);
	/* Two calls of one message that ask for the same remote: it is the first one's. */
	if (unlikely(!rtplane_call_follow(leg, &conf->key)))
		rtplane_latch_forget(leg);
	leg->changes++;
	leg->stale = 1;
}

static void sweep_arm(struct rtplane_net *rn)
{
	if (rn->nr_silence)
		queue_delayed_work(system_power_efficient_wq, &rn->sweep, RTPLANE_SWEEP_INTERVAL);
}

/**
 * rtplane_bridge_pair() - make or change a bridge, at once for every packet
 * @a: one leg, in the table; may have another peer, which the caller removes
 * @ca: changes to @a, valid for it
 * @b: the other leg, in the table
 * @cb: changes to @b
 * @cookie: new cookie, or NULL to keep that of @a
 */
void rtplane_bridge_pair(struct rtplane_leg *a, struct rtplane_leg_conf *ca, struct rtplane_leg *b,
			 struct rtplane_leg_conf *cb, const u64 *cookie)
{
	struct rtplane_notice na = {}, nb = {};

	lockdep_assert_held(&a->rn->lock);
	/* What @a sends for another is guarded by that one's lock: it sends no more. */
	if (a->peer && a->peer != b)
		unpair(a->peer);
	lock_pair(a, b);
	if (a->peer != b)
		settle(a);
	a->peer = b;
	b->peer = a;
	/* Before anything happens that is told with it. */
	if (cookie && a->cookie != *cookie)
		set_cookie(a, *cookie);
	if (b->cookie != a->cookie)
		set_cookie(b, a->cookie);
	apply(a, ca, &na);
	apply(b, cb, &nb);
	secure(a, b);
	unlock_pair(a, b);
	rtplane_event_send(a, &na);
	rtplane_event_send(b, &nb);
	sweep_arm(a->rn);
}

/**
 * rtplane_bridge_set() - change one leg of a bridge
 * @leg: leg with a peer
 * @conf: changes, valid for it
 */
void rtplane_bridge_set(struct rtplane_leg *leg, struct rtplane_leg_conf *conf)
{
	struct rtplane_leg *peer = leg->peer;
	struct rtplane_notice n = {};

	lockdep_assert_held(&leg->rn->lock);
	lock_pair(leg, peer);
	apply(leg, conf, &n);
	secure(leg, peer);
	peer->stale = 1;
	unlock_pair(leg, peer);
	rtplane_event_send(leg, &n);
	sweep_arm(leg->rn);
}

/**
 * rtplane_bridge_forget_dev() - let go of routes and neighbours of a device
 * @rn: namespace
 * @dev: device that goes down or away; its routes are gone already, so nobody
 *	finds the way back to it
 */
void rtplane_bridge_forget_dev(struct rtplane_net *rn, const struct net_device *dev)
{
	struct rtplane_egress *eg;
	struct rtplane_leg *leg;
	unsigned long id;

	if (!rtplane_way_leads(rn, dev))
		return;
	mutex_lock(&rn->lock);
	xa_for_each(&rn->legs, id, leg) {
		cond_resched();
		spin_lock_bh(&leg->lock);
		eg = rcu_dereference_protected(leg->egress, lockdep_is_held(&leg->lock));
		if (eg && rtplane_way_uses(&eg->way, dev))
			rtplane_egress_forget(leg);
		rtplane_copies_forget_dev(leg->copies, dev);
		spin_unlock_bh(&leg->lock);
	}
	mutex_unlock(&rn->lock);
}

/**
 * rtplane_bridge_totals() - what all legs of a namespace counted
 * @rn: namespace
 * @t: sums, those of removed legs included
 */
void rtplane_bridge_totals(struct rtplane_net *rn, struct rtplane_totals *t)
{
	struct rtplane_leg *leg;
	unsigned long id;

	lockdep_assert_held(&rn->lock);
	*t = rn->gone;
	xa_for_each(&rn->legs, id, leg) {
		spin_lock_bh(&leg->lock);
		rtplane_leg_crowd(leg);
		totals_add(t, leg);
		spin_unlock_bh(&leg->lock);
		cond_resched();
	}
}

static void tell_silence(struct rtplane_leg *leg, u64 now)
{
	struct rtplane_notice n = {};
	u64 of = 0;

	spin_lock_bh(&leg->lock);
	if (leg->silence && leg->silence_of != leg->last &&
	    (s64)(now - leg->last) >= (s64)leg->silence * NSEC_PER_MSEC) {
		of = leg->last;
		rtplane_notice(&n, leg, RTPLANE_EVENT_SILENCE, RTPLANE_REASON_NONE,
			       leg->latched ? &leg->remote : NULL, NULL);
	}
	spin_unlock_bh(&leg->lock);
	/* One that was lost is told by a later sweep. */
	if (n.set && rtplane_event_send(leg, &n))
		leg->silence_of = of;
}

/* Look at some legs, from number @id on; the number to go on with, 0 = all seen. */
static unsigned long sweep_some(struct rtplane_net *rn, unsigned long id)
{
	unsigned int n = 0;
	struct rtplane_leg *leg;
	u64 now;

	mutex_lock(&rn->lock);
	now = ktime_get_ns();
	xa_for_each_start(&rn->legs, id, leg, id) {
		if (n++ == RTPLANE_SWEEP_LEGS)
			break;
		if (leg->silence)
			tell_silence(leg, now);
	}
	if (!leg)
		id = 0;
	mutex_unlock(&rn->lock);
	cond_resched();
	return id;
}

/* Work: look for legs that have become silent; runs while any leg asks for it.  It
 * does not keep the mutex from others for longer than some legs take.
 */
void rtplane_bridge_sweep(struct work_struct *work)
{
	struct rtplane_net *rn = container_of(to_delayed_work(work), struct rtplane_net, sweep);
	unsigned long id = 0;

	do {
		id = sweep_some(rn, id);
	} while (id);
	mutex_lock(&rn->lock);
	sweep_arm(rn);
	mutex_unlock(&rn->lock);
}
