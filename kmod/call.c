// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that share a port: found by number, and by the remote that was proven.
 *
 * Readers use RCU; changes are made under the namespace's mutex. Remotes are of strangers'
 * choice, so where they hang is by a hash that nobody outside knows.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "call.h"
#include "net.h"

#define RTPLANE_CALL_BUCKETS	4096

/**
 * struct rtplane_call - what a leg that shares its port has for that
 * @node: in the list of its number
 * @beside: in the list of its port; namespace's mutex
 * @leg: whose
 * @key: the remote by which it is found, NULL: it is not; namespace's mutex
 */
struct rtplane_call {
	struct hlist_node node;
	struct hlist_node beside;
	struct rtplane_leg *leg;
	struct rtplane_call_key *key;
};

/**
 * struct rtplane_calls - all of a namespace
 * @seed: of the hashes
 * @port: by local address
 * @number: by local address and number
 * @remote: by local address and remote
 */
struct rtplane_calls {
	u32 seed;
	struct hlist_head port[RTPLANE_CALL_BUCKETS];
	struct hlist_head number[RTPLANE_CALL_BUCKETS];
	struct hlist_head remote[RTPLANE_CALL_BUCKETS];
};

static struct hlist_head *by_port(struct rtplane_calls *calls, const struct rtplane_ep *local)
{
	return &calls->port[jhash_2words((__force u32)local->w32[3], (__force u32)local->port,
					 calls->seed) % RTPLANE_CALL_BUCKETS];
}

static struct hlist_head *by_number(struct rtplane_calls *calls, const struct rtplane_ep *local)
{
	return &calls->number[jhash_3words((__force u32)local->w32[3], (__force u32)local->port,
					   local->call, calls->seed) % RTPLANE_CALL_BUCKETS];
}

static struct hlist_head *by_remote(struct rtplane_calls *calls, const struct rtplane_ep *local,
				    const struct rtplane_ep *remote)
{
	u32 ports = (u32)(__force u16)local->port << 16 | (__force u16)remote->port;
	u32 hash = jhash((const void *)remote, sizeof(remote->addr), calls->seed);

	return &calls->remote[jhash_2words((__force u32)local->w32[3], ports, hash) %
			      RTPLANE_CALL_BUCKETS];
}

static struct rtplane_calls *calls_of(struct rtplane_net *rn)
{
	return rcu_dereference_check(rn->calls, lockdep_is_held(&rn->lock));
}

/* Made with the first of a namespace, and kept. */
static struct rtplane_calls *calls_get(struct rtplane_net *rn)
{
	struct rtplane_calls *calls = calls_of(rn);

	if (calls)
		return calls;
	calls = kvzalloc(sizeof(*calls), GFP_KERNEL_ACCOUNT);
	if (!calls)
		return NULL;
	calls->seed = get_random_u32();
	rcu_assign_pointer(rn->calls, calls);
	return calls;
}

/**
 * rtplane_calls_free() - a namespace ends
 * @rn: namespace without legs, whose packets are in no hook any more
 */
void rtplane_calls_free(struct rtplane_net *rn)
{
	kvfree(rcu_dereference_protected(rn->calls, true));
}

/**
 * rtplane_call_key() - room for a remote that a leg is to be found by
 * @local: the leg's local address
 *
 * Return: that, to be given to rtplane_call_follow() or freed; NULL if the leg needs none;
 * or -ENOMEM.
 */
struct rtplane_call_key *rtplane_call_key(const struct rtplane_ep *local)
{
	struct rtplane_call_key *key;

	if (!rtplane_call_is_keyed(local))
		return NULL;
	key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	return key ?: ERR_PTR(-ENOMEM);
}

/**
 * rtplane_call_add() - make a leg findable by its number
 * @leg: leg whose local address has one that nobody has yet; its namespace's mutex is held
 *
 * Return: 0 or -ENOMEM.
 */
int rtplane_call_add(struct rtplane_leg *leg)
{
	struct rtplane_calls *calls = calls_get(leg->rn);
	struct rtplane_call *call;

	lockdep_assert_held(&leg->rn->lock);
	call = calls ? kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT) : NULL;
	if (!call)
		return -ENOMEM;
	call->leg = leg;
	leg->call = call;
	hlist_add_head(&call->beside, by_port(calls, &leg->local));
	hlist_add_head_rcu(&call->node, by_number(calls, &leg->local));
	return 0;
}

static void unkey(struct rtplane_call *call)
{
	struct rtplane_call_key *key = call->key;

	if (!key)
		return;
	call->key = NULL;
	hlist_del_rcu(&key->node);
	kfree_rcu(key, rcu);
}

/**
 * rtplane_call_del() - make it unfindable, by number and by remote
 * @leg: leg of rtplane_call_add(); its namespace's mutex is held
 *
 * A packet that has found it holds it by RCU, as any leg.
 */
void rtplane_call_del(struct rtplane_leg *leg)
{
	lockdep_assert_held(&leg->rn->lock);
	unkey(leg->call);
	hlist_del(&leg->call->beside);
	hlist_del_rcu(&leg->call->node);
}

/**
 * rtplane_call_free() - free what a leg has for that
 * @leg: leg that nobody has any more, after a grace period
 */
void rtplane_call_free(struct rtplane_leg *leg)
{
	kfree(leg->call);
}

/**
 * rtplane_call_follow() - a leg is found by the remote that it has now
 * @leg: leg, locked, its namespace's mutex held
 * @fresh: room for another remote; NULL in it, if it was taken
 *
 * The new one is there before the old one goes, and both within one hold of the leg's
 * lock: a packet of either meets the leg as it is.
 *
 * Return: false if it has a remote by which it cannot be found, since it is another call's.
 */
bool rtplane_call_follow(struct rtplane_leg *leg, struct rtplane_call_key **fresh)
{
	struct rtplane_call_key *key = NULL, *old;
	struct rtplane_call *call = leg->call;
	struct rtplane_net *rn = leg->rn;

	lockdep_assert_held(&leg->lock);
	lockdep_assert_held(&rn->lock);
	if (!rtplane_call_is_keyed(&leg->local))
		return true;
	old = call->key;
	if (old && leg->latched && rtplane_ep_eq(&old->ep, &leg->remote))
		return true;
	if (leg->latched && *fresh && !rtplane_call_find(rn, &leg->local, &leg->remote)) {
		key = *fresh;
		*fresh = NULL;
		key->ep = leg->remote;
		key->leg = leg;
		hlist_add_head_rcu(&key->node,
				   by_remote(calls_of(rn), &leg->local, &leg->remote));
	}
	unkey(call);
	call->key = key;
	return key || !leg->latched;
}

/**
 * rtplane_call_of() - the leg of a number
 * @rn: namespace
 * @local: local address that has one
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, or NULL.
 */
struct rtplane_leg *rtplane_call_of(struct rtplane_net *rn, const struct rtplane_ep *local)
{
	struct rtplane_calls *calls = calls_of(rn);
	struct rtplane_call *call;

	if (!calls)
		return NULL;
	hlist_for_each_entry_rcu(call, by_number(calls, local), node,
				 lockdep_is_held(&rn->lock)) {
		if (rtplane_ep_same_leg(&call->leg->local, local))
			return call->leg;
	}
	return NULL;
}

/**
 * rtplane_call_any() - do calls share a port?
 * @rn: namespace, @rn->lock held
 * @local: the port's address
 *
 * Return: true if one is there.
 */
bool rtplane_call_any(struct rtplane_net *rn, const struct rtplane_ep *local)
{
	struct rtplane_calls *calls = calls_of(rn);
	struct rtplane_call *call;

	lockdep_assert_held(&rn->lock);
	if (!calls)
		return false;
	hlist_for_each_entry(call, by_port(calls, local), beside) {
		if (rtplane_ep_eq(&call->leg->local, local))
			return true;
	}
	return false;
}

/**
 * rtplane_call_find() - the leg at a shared port that has this remote
 * @rn: namespace
 * @local: the port's address; its number does not matter
 * @remote: the remote
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, or NULL.
 */
struct rtplane_leg *rtplane_call_find(struct rtplane_net *rn, const struct rtplane_ep *local,
				      const struct rtplane_ep *remote)
{
	struct rtplane_calls *calls = calls_of(rn);
	struct rtplane_call_key *key;

	if (!calls)
		return NULL;
	hlist_for_each_entry_rcu(key, by_remote(calls, local, remote), node,
				 lockdep_is_held(&rn->lock)) {
		if (rtplane_ep_eq(&key->ep, remote) && rtplane_ep_eq(&key->leg->local, local))
			return key->leg;
	}
	return NULL;
}
