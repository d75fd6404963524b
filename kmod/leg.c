// SPDX-License-Identifier: GPL-2.0
/* The leg object: its life, and what is counted of it. */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "leg.h"

static struct kmem_cache *leg_cache;

int rtplane_leg_cache_init(void)
{
	leg_cache = KMEM_CACHE(rtplane_leg, SLAB_HWCACHE_ALIGN);
	return leg_cache ? 0 : -ENOMEM;
}

void rtplane_leg_cache_exit(void)
{
	kmem_cache_destroy(leg_cache);
}

/* Bytes that one leg takes in its slab. */
unsigned int rtplane_leg_size(void)
{
	return kmem_cache_size(leg_cache);
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
	struct rtplane_leg *leg = kmem_cache_zalloc(leg_cache, GFP_KERNEL_ACCOUNT);

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

static void leg_free(struct rcu_head *rcu)
{
	struct rtplane_leg *leg = container_of(rcu, struct rtplane_leg, rcu);

	rtplane_call_free(leg);
	kfree(leg->policy.suspects);
	kfree(leg->dscp_map);
	if (leg->detail)
		kfree(leg->detail->dscp_seen);
	kfree(leg->detail);
	kmem_cache_free(leg_cache, leg);
}

/**
 * rtplane_leg_free() - free a leg once no packet has it any more
 * @leg: leg that packets no longer find
 */
void rtplane_leg_free(struct rtplane_leg *leg)
{
	call_rcu(&leg->rcu, leg_free);
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
 * rtplane_leg_crowd() - count what was refused while the leg was busy
 * @leg: leg, locked
 */
void rtplane_leg_crowd(struct rtplane_leg *leg)
{
	struct rtplane_leg_detail *d;

	if (likely(!atomic_read(&leg->crowd)))
		return;
	d = rtplane_leg_detail(leg);
	if (d)
		d->drops[RTPLANE_DROP_REFUSED] += (u32)atomic_xchg(&leg->crowd, 0);
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
