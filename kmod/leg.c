// SPDX-License-Identifier: GPL-2.0
/* The leg object: life, pairing, change in mid-call, silence. */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "event.h"
#include "latch.h"
#include "leg.h"
#include "net.h"
#include "table.h"
#include "xmit.h"

#define RTPLANE_SWEEP_INTERVAL	(HZ / 5)

static struct kmem_cache *rtplane_leg_cache;

int rtplane_leg_cache_init(void)
{
	rtplane_leg_cache = KMEM_CACHE(rtplane_leg, SLAB_HWCACHE_ALIGN);
	return rtplane_leg_cache ? 0 : -ENOMEM;
}

void rtplane_leg_cache_exit(void)
{
	kmem_cache_destroy(rtplane_leg_cache);
}

/* Bytes that one leg takes in its slab. */
unsigned int rtplane_leg_size(void)
{
	return kmem_cache_size(rtplane_leg_cache);
}

/**
 * rtplane_leg_remote() - the committed remote of a leg
 * @leg: leg; need not be locked, must not go away
 * @remote: set if there is one
 *
 * Return: whether there is one.
 */
bool rtplane_leg_remote(const struct rtplane_leg *leg, struct rtplane_ep *remote)
{
	unsigned int seq;
	bool latched;

	do {
		seq = read_seqcount_begin(&leg->remote_seq);
		latched = leg->latched;
		*remote = leg->remote;
	} while (read_seqcount_retry(&leg->remote_seq, seq));
	return latched;
}

/**
 * rtplane_leg_new() - make a leg that nobody can find yet
 * @rn: namespace, @rn->lock held
 * @conf: complete and valid; its DSCP map is taken over
 *
 * Return: the leg, without peer and with only its local address set, or NULL.
 */
struct rtplane_leg *rtplane_leg_new(struct rtplane_net *rn, struct rtplane_leg_conf *conf)
{
	struct rtplane_leg *leg = kmem_cache_zalloc(rtplane_leg_cache, GFP_KERNEL_ACCOUNT);

	if (!leg)
		return NULL;
	spin_lock_init(&leg->lock);
	seqcount_spinlock_init(&leg->remote_seq, &leg->lock);
	leg->rn = rn;
	leg->local = conf->local;
	rtplane_policy_init(&leg->policy, rtplane_ep_is4(&conf->local));
	leg->fwd_tos = 0xff;
	leg->last = ktime_get_ns();
	return leg;
}

static void rtplane_leg_free(struct rcu_head *rcu)
{
	struct rtplane_leg *leg = container_of(rcu, struct rtplane_leg, rcu);

	kfree(leg->policy.suspects);
	kfree(leg->dscp_map);
	if (leg->detail)
		kfree(leg->detail->dscp_seen);
	kfree(leg->detail);
	kmem_cache_free(rtplane_leg_cache, leg);
}

/**
 * rtplane_leg_insert() - let packets and dumps find a leg
 * @leg: new leg; without a peer its packets go to the stack
 *
 * Return: 0, -EEXIST if its local address is taken, or -ENOMEM.
 */
int rtplane_leg_insert(struct rtplane_leg *leg)
{
	struct rtplane_net *rn = leg->rn;
	int err;

	lockdep_assert_held(&rn->lock);
	err = xa_alloc_cyclic(&rn->legs, &leg->id, leg, xa_limit_32b, &rn->next_leg, GFP_KERNEL);
	if (err < 0)
		return err;
	err = rtplane_table_add(rn, leg);
	if (err) {
		xa_erase(&rn->legs, leg->id);
		leg->id = 0;
		return err;
	}
	rn->nr_legs++;
	rn->seq++;
	return 0;
}

static void rtplane_totals_add(struct rtplane_totals *t, const struct rtplane_leg *leg)
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
static void rtplane_leg_settle(struct rtplane_leg *leg)
{
	lockdep_assert_held(&leg->lock);
	if (leg->peer) {
		leg->peer->tx_packets += leg->fwd_packets;
		leg->peer->tx_bytes += leg->fwd_bytes;
	}
	leg->fwd_packets = 0;
	leg->fwd_bytes = 0;
}

static void rtplane_leg_unpair(struct rtplane_leg *leg)
{
	spin_lock_bh(&leg->lock);
	rtplane_leg_settle(leg);
	leg->peer = NULL;
	rtplane_egress_forget(leg);
	spin_unlock_bh(&leg->lock);
}

/**
 * rtplane_leg_remove() - take a leg out and free it
 * @leg: leg, in the table or not; its peer, if any, loses it too
 *
 * A packet that found the leg before it left the table holds it by RCU and
 * finds it without a peer; the peer is told first, so nobody comes to it from
 * there.  Netlink and the sweep hold the mutex.  So nobody has it after the
 * grace period.
 */
void rtplane_leg_remove(struct rtplane_leg *leg)
{
	struct rtplane_net *rn = leg->rn;
	struct rtplane_leg *peer = leg->peer;

	lockdep_assert_held(&rn->lock);
	if (leg->id) {
		rtplane_table_del(rn, leg);
		xa_erase(&rn->legs, leg->id);
		rn->nr_legs--;
		rn->seq++;
	}
	if (peer && peer->peer == leg)
		rtplane_leg_unpair(peer);
	rtplane_leg_unpair(leg);
	if (leg->silence)
		rn->nr_silence--;
	rtplane_totals_add(&rn->gone, leg);
	call_rcu(&leg->rcu, rtplane_leg_free);
}

void rtplane_leg_remove_all(struct rtplane_net *rn)
{
	struct rtplane_leg *leg;
	unsigned long id;

	lockdep_assert_held(&rn->lock);
	xa_for_each(&rn->legs, id, leg) {
		rtplane_leg_remove(leg);
		cond_resched();
	}
}

static void rtplane_lock_pair(struct rtplane_leg *a, struct rtplane_leg *b)
	__acquires(&a->lock) __acquires(&b->lock)
{
	if (a > b)
		swap(a, b);
	spin_lock_bh(&a->lock);
	spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

static void rtplane_unlock_pair(struct rtplane_leg *a, struct rtplane_leg *b)
	__releases(&a->lock) __releases(&b->lock)
{
	if (a > b)
		swap(a, b);
	spin_unlock(&b->lock);
	spin_unlock_bh(&a->lock);
}

static void rtplane_flag(struct rtplane_leg *leg, u8 flag, bool on)
{
	leg->flags = on ? leg->flags | flag : leg->flags & ~flag;
}

#define rtplane_has(conf, attr)	((conf)->set & BIT_ULL(RTPLANE_LEG_A_##attr))

static void rtplane_apply_policy(struct rtplane_leg *leg, const struct rtplane_leg_conf *c)
{
	if (rtplane_has(c, LATCH))
		rtplane_policy_mode(&leg->policy, c->latch);
	if (rtplane_has(c, PREFIX))
		leg->policy.prefix = c->prefix;
	if (rtplane_has(c, PROBATION))
		leg->policy.probation = c->probation;
	if (rtplane_has(c, RELATCH))
		leg->policy.relatch = c->relatch;
	if (rtplane_has(c, SSRC_GUARD))
		leg->policy.guard = c->ssrc_guard;
	if (rtplane_has(c, TIE))
		leg->tie = c->tie;
	if (rtplane_has(c, EARLY))
		rtplane_flag(leg, RTPLANE_LEG_EARLY, c->early);
	if (rtplane_has(c, ACCEPT))
		rtplane_flag(leg, RTPLANE_LEG_ANY, c->accept == RTPLANE_ACCEPT_ANY);
	if (rtplane_has(c, UNKNOWN))
		rtplane_flag(leg, RTPLANE_LEG_DROP, c->unknown == RTPLANE_UNKNOWN_DROP);
}

static void rtplane_apply_rest(struct rtplane_leg *leg, struct rtplane_leg_conf *c)
{
	if (rtplane_has(c, DSCP_MODE))
		leg->dscp_mode = c->dscp_mode;
	if (rtplane_has(c, DSCP))
		leg->dscp = c->dscp;
	if (rtplane_has(c, DSCP_MAP))
		/* Packets read the map with the lock held: the old one is free. */
		swap(leg->dscp_map, c->dscp_map);
	if (rtplane_has(c, MARK))
		leg->mark = c->mark;
	if (rtplane_has(c, OIF))
		leg->oif = c->oif;
	if (rtplane_has(c, BPS))
		leg->bps = c->bps;
	if (rtplane_has(c, PPS) || rtplane_has(c, BPS)) {
		rtplane_police_set(&leg->police, rtplane_has(c, PPS) ? c->pps : leg->police.pps,
				   leg->bps);
		rtplane_flag(leg, RTPLANE_LEG_POLICED, rtplane_policed(&leg->police));
	}
	if (rtplane_has(c, SILENCE)) {
		leg->rn->nr_silence += !!c->silence - !!leg->silence;
		leg->silence = c->silence;
	}
}

static void rtplane_apply_remote(struct rtplane_leg *leg, const struct rtplane_leg_conf *c,
				 struct rtplane_notice *n)
{
	u64 now = ktime_get_ns();

	if (rtplane_has(c, REMOTE) && !rtplane_ep_eq(&c->remote, &leg->policy.signalled)) {
		leg->policy.signalled = c->remote;
		rtplane_latch_forget(leg);
	}
	if (rtplane_has(c, UNLATCH) || rtplane_has(c, MOVED))
		rtplane_latch_forget(leg);
	/* A stricter mode than the remote was learned by lets go of it. */
	if ((rtplane_has(c, LATCH) || rtplane_has(c, PREFIX) || rtplane_has(c, TIE)) &&
	    leg->latched && !rtplane_latch_permits(leg, &leg->remote))
		rtplane_latch_forget(leg);
	if (rtplane_has(c, PROVEN))
		rtplane_latch_commit(leg, &c->proven, now, RTPLANE_REASON_PROVEN, n);
	else if (leg->policy.mode == RTPLANE_LATCH_OFF && !leg->latched)
		rtplane_latch_commit(leg, &leg->policy.signalled, now, RTPLANE_REASON_SIGNALLED, n);
}

/* What is as it was is not meant: it must not undo what the leg has learned. */
static void rtplane_apply_news(const struct rtplane_leg *leg, struct rtplane_leg_conf *c)
{
	if (rtplane_has(c, LATCH) && c->latch == leg->policy.mode)
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_LATCH);
	if (rtplane_has(c, PREFIX) && c->prefix == leg->policy.prefix)
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_PREFIX);
	if (rtplane_has(c, TIE) && rtplane_ep_eq(&c->tie, &leg->tie))
		c->set &= ~BIT_ULL(RTPLANE_LEG_A_TIE);
}

/* Both the leg and whoever sends through it are locked. */
static void rtplane_apply(struct rtplane_leg *leg, struct rtplane_leg_conf *conf,
			  struct rtplane_notice *n)
{
	rtplane_apply_news(leg, conf);
	rtplane_apply_policy(leg, conf);
	rtplane_apply_rest(leg, conf);
	rtplane_apply_remote(leg, conf, n);
	leg->stale = 1;
}

static void rtplane_sweep_arm(struct rtplane_net *rn)
{
	if (rn->nr_silence)
		queue_delayed_work(system_power_efficient_wq, &rn->sweep, RTPLANE_SWEEP_INTERVAL);
}

/**
 * rtplane_leg_pair() - make or change a bridge, at once for every packet
 * @a: one leg, in the table; may have another peer, which the caller removes
 * @ca: changes to @a, valid for it
 * @b: the other leg, in the table
 * @cb: changes to @b
 * @cookie: new cookie, or NULL to keep that of @a
 */
void rtplane_leg_pair(struct rtplane_leg *a, struct rtplane_leg_conf *ca, struct rtplane_leg *b,
		      struct rtplane_leg_conf *cb, const u64 *cookie)
{
	struct rtplane_notice na = {}, nb = {};

	lockdep_assert_held(&a->rn->lock);
	rtplane_lock_pair(a, b);
	if (a->peer != b)
		rtplane_leg_settle(a);
	a->peer = b;
	b->peer = a;
	if (cookie)
		a->cookie = *cookie;
	/* Before anything happens that is told with it. */
	b->cookie = a->cookie;
	rtplane_apply(a, ca, &na);
	rtplane_apply(b, cb, &nb);
	rtplane_unlock_pair(a, b);
	rtplane_event_send(a, &na);
	rtplane_event_send(b, &nb);
	rtplane_sweep_arm(a->rn);
}

/**
 * rtplane_leg_set() - change one leg of a bridge
 * @leg: leg with a peer
 * @conf: changes, valid for it
 */
void rtplane_leg_set(struct rtplane_leg *leg, struct rtplane_leg_conf *conf)
{
	struct rtplane_leg *peer = leg->peer;
	struct rtplane_notice n = {};

	lockdep_assert_held(&leg->rn->lock);
	rtplane_lock_pair(leg, peer);
	rtplane_apply(leg, conf, &n);
	peer->stale = 1;
	rtplane_unlock_pair(leg, peer);
	rtplane_event_send(leg, &n);
	rtplane_sweep_arm(leg->rn);
}

/**
 * rtplane_leg_forget_dev() - let go of routes and neighbours of a device
 * @rn: namespace
 * @dev: device that goes down or away; its routes are gone already, so nobody
 *	finds the way back to it
 */
void rtplane_leg_forget_dev(struct rtplane_net *rn, const struct net_device *dev)
{
	struct rtplane_egress *eg;
	struct rtplane_leg *leg;
	unsigned long id;

	mutex_lock(&rn->lock);
	xa_for_each(&rn->legs, id, leg) {
		spin_lock_bh(&leg->lock);
		eg = rcu_dereference_protected(leg->egress, lockdep_is_held(&leg->lock));
		if (eg && rtplane_way_uses(&eg->way, dev))
			rtplane_egress_forget(leg);
		spin_unlock_bh(&leg->lock);
	}
	mutex_unlock(&rn->lock);
}

/**
 * rtplane_leg_detail() - where to count what is not counted of every leg
 * @leg: leg, locked
 *
 * Return: that, or NULL without memory.
 */
struct rtplane_leg_detail *rtplane_leg_detail(struct rtplane_leg *leg)
{
	lockdep_assert_held(&leg->lock);
	if (!leg->detail)
		/* Pairs with rtplane_leg_detail_get(). */
		smp_store_release(&leg->detail, rtplane_zalloc(sizeof(*leg->detail)));
	return leg->detail;
}

/**
 * rtplane_leg_detail_get() - what has been counted there
 * @leg: leg; need not be locked, must not go away
 *
 * Return: never NULL; all is 0 if there is nothing.
 */
const struct rtplane_leg_detail *rtplane_leg_detail_get(const struct rtplane_leg *leg)
{
	static const struct rtplane_leg_detail nothing;

	/* Pairs with rtplane_leg_detail(). */
	return smp_load_acquire(&leg->detail) ?: &nothing;
}

/**
 * rtplane_leg_dropped() - count a packet that was dropped
 * @leg: leg that it arrived on, locked
 * @why: reason
 */
void rtplane_leg_dropped(struct rtplane_leg *leg, enum rtplane_drop why)
{
	struct rtplane_leg_detail *d = rtplane_leg_detail(leg);

	if (d)
		d->drops[why]++;
}

/**
 * rtplane_leg_dscp_seen() - count a DSCP that is not the leg's first
 * @leg: leg, locked
 * @dscp: value
 */
void rtplane_leg_dscp_seen(struct rtplane_leg *leg, u8 dscp)
{
	struct rtplane_leg_detail *d = rtplane_leg_detail(leg);

	if (!d)
		return;
	if (!d->dscp_seen)
		d->dscp_seen = rtplane_zalloc(RTPLANE_DSCP_MAP_LEN * sizeof(u64));
	if (d->dscp_seen)
		d->dscp_seen[dscp]++;
}

/**
 * rtplane_leg_totals() - what all legs of a namespace counted
 * @rn: namespace
 * @t: sums, those of removed legs included
 */
void rtplane_leg_totals(struct rtplane_net *rn, struct rtplane_totals *t)
{
	struct rtplane_leg *leg;
	unsigned long id;

	lockdep_assert_held(&rn->lock);
	*t = rn->gone;
	xa_for_each(&rn->legs, id, leg) {
		spin_lock_bh(&leg->lock);
		rtplane_totals_add(t, leg);
		spin_unlock_bh(&leg->lock);
	}
}

static void rtplane_leg_silence(struct rtplane_leg *leg, u64 now)
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

/* Work: look for legs that have become silent; runs while any leg asks for it. */
void rtplane_leg_sweep(struct work_struct *work)
{
	struct rtplane_net *rn = container_of(to_delayed_work(work), struct rtplane_net, sweep);
	struct rtplane_leg *leg;
	unsigned long id;
	u64 now;

	mutex_lock(&rn->lock);
	now = ktime_get_ns();
	xa_for_each(&rn->legs, id, leg) {
		if (leg->silence)
			rtplane_leg_silence(leg, now);
	}
	rtplane_sweep_arm(rn);
	mutex_unlock(&rn->lock);
}
