// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of a source that is not the remote yet: kept until it is, or for half a
 * second.
 *
 * Which of them and how many per leg is the policy's; here they are buffers, with a
 * limit for the namespace and one for all, since who forges addresses can make a
 * leg hold some without being anybody.  Beyond the limits they are dropped, and
 * their source is counted all the same.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <net/dst.h>

#include "compat.h"
#include "hold.h"
#include "net.h"

/* Bytes of buffers, of a namespace and of all together. */
#define RTPLANE_HOLD_NET	(4L << 20)
#define RTPLANE_HOLD_ALL	(32L << 20)

/**
 * struct rtplane_hold - a leg that holds, or has held, packets
 * @timer: when what it holds is too old
 * @leg: the leg
 */
struct rtplane_hold {
	struct timer_list timer;
	struct rtplane_leg *leg;
};

/**
 * struct hold_cb - what is known of a buffer that is held
 * @rn: namespace that it is charged to
 * @bytes: as charged
 */
struct hold_cb {
	struct rtplane_net *rn;
	long bytes;
};

#define HOLD_CB(skb)	((struct hold_cb *)(skb)->cb)

static atomic_long_t all_held;

static void uncharge(struct rtplane_net *rn, long bytes)
{
	atomic_long_sub(bytes, &rn->held);
	atomic_long_sub(bytes, &all_held);
}

static bool charge(struct rtplane_net *rn, long bytes)
{
	long mine = atomic_long_add_return(bytes, &rn->held);
	long all = atomic_long_add_return(bytes, &all_held);

	if (mine <= RTPLANE_HOLD_NET && all <= RTPLANE_HOLD_ALL)
		return true;
	uncharge(rn, bytes);
	return false;
}

static struct sk_buff *give_back(void *packet)
{
	struct sk_buff *skb = packet;

	uncharge(HOLD_CB(skb)->rn, HOLD_CB(skb)->bytes);
	memset(skb->cb, 0, sizeof(skb->cb));
	return skb;
}

static void unhold(void *packet)
{
	kfree_skb(give_back(packet));
}

/**
 * rtplane_hold_wasted() - count what was held in vain
 * @leg: leg, locked
 */
void rtplane_hold_wasted(struct rtplane_leg *leg)
{
	struct rtplane_leg_detail *d;
	u32 strange, n;

	lockdep_assert_held(&leg->lock);
	n = rtplane_policy_wasted(&leg->policy, &strange);
	if (likely(!(n | strange)))
		return;
	d = rtplane_leg_detail(leg);
	if (!d)
		return;
	d->drops[RTPLANE_DROP_PROBATION] += n;
	d->drops[RTPLANE_DROP_SSRC] += strange;
}

static void arm(struct rtplane_hold *hold, u64 due, u64 now)
{
	/* Not before: what is not due then would be looked at twice. */
	mod_timer(&hold->timer, jiffies + nsecs_to_jiffies(due > now ? due - now : 0) + 1);
}

static void hold_expired(struct timer_list *timer)
{
	struct rtplane_hold *hold = container_of(timer, struct rtplane_hold, timer);
	struct rtplane_leg *leg = hold->leg;
	u64 now = ktime_get_ns();
	u64 due;

	spin_lock(&leg->lock);
	due = rtplane_policy_expire(&leg->policy, now);
	rtplane_hold_wasted(leg);
	/* A leg that is being removed has no peer, and waits for the timer's end. */
	if (due && leg->peer)
		arm(hold, due, now);
	spin_unlock(&leg->lock);
}

static struct rtplane_hold *hold_of(struct rtplane_leg *leg)
{
	struct rtplane_hold *hold = leg->hold;

	if (hold)
		return hold;
	hold = rtplane_zalloc(sizeof(*hold));
	if (!hold)
		return NULL;
	hold->leg = leg;
	timer_setup(&hold->timer, hold_expired, 0);
	leg->hold = hold;
	return hold;
}

/* It stays for a while: nothing of where it came from may be kept by that. */
static void strip(struct sk_buff *skb)
{
	skb_orphan(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
}

/**
 * rtplane_hold() - keep a packet until its source is the remote
 * @leg: leg that it arrived on, locked, with a peer
 * @place: where the policy keeps its source
 * @skb: the packet, not shared; taken, if that is the answer
 * @now: monotonic ns
 *
 * Return: false if the limits or memory do not allow it.
 */
bool rtplane_hold(struct rtplane_leg *leg, struct rtplane_candidate *place, struct sk_buff *skb,
		  u64 now)
{
	struct rtplane_hold *hold = hold_of(leg);
	long bytes = skb->truesize;

	lockdep_assert_held(&leg->lock);
	if (!hold || !charge(leg->rn, bytes))
		return false;
	strip(skb);
	HOLD_CB(skb)->rn = leg->rn;
	HOLD_CB(skb)->bytes = bytes;
	rtplane_policy_hold(&leg->policy, place, skb, unhold);
	if (!timer_pending(&hold->timer))
		arm(hold, now + RTPLANE_HELD_NS, now);
	return true;
}

/**
 * rtplane_hold_release() - take what is held of a source that is being committed
 * @place: where the policy keeps it, may be NULL; the leg is locked
 * @r: filled; the buffers are the caller's
 */
void rtplane_hold_release(struct rtplane_candidate *place, struct rtplane_release *r)
{
	unsigned int i;

	r->n = rtplane_policy_take(place, r->skb);
	for (i = 0; i < r->n; i++)
		give_back(r->skb[i]);
}

/**
 * rtplane_hold_end() - free what a leg holds
 * @leg: leg that is being removed, not locked; it has lost its peer, so no packet
 *	comes to be held any more
 *
 * Context: may sleep.
 */
void rtplane_hold_end(struct rtplane_leg *leg)
{
	struct rtplane_hold *hold;

	spin_lock_bh(&leg->lock);
	hold = leg->hold;
	leg->hold = NULL;
	rtplane_policy_forget(&leg->policy);
	rtplane_hold_wasted(leg);
	spin_unlock_bh(&leg->lock);
	if (!hold)
		return;
	rtplane_timer_end(&hold->timer);
	kfree(hold);
}
