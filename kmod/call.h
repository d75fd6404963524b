/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that share a port: each is a leg of its own, named by local address and number
 * (&rtplane_ep.call), and found by the remote that was proven to be its.
 *
 * They hang beside the table of local addresses (table.h), where their port has nothing,
 * since a leg that had it for itself would hide them all: whichever comes second is refused.
 * So a packet of a leg that has its port for itself meets nothing of this.
 */
#ifndef _RTPLANE_CALL_H
#define _RTPLANE_CALL_H

#include "leg.h"

struct rtplane_calls;

/**
 * struct rtplane_call_key - a remote by which a leg is found
 * @node: in the namespace's table
 * @ep: the remote; constant once it is there
 * @leg: whose
 * @rcu: to free it
 *
 * A remote that changes is another key: who is on the way through a chain never gets from
 * one chain to another.
 */
struct rtplane_call_key {
	struct hlist_node node;
	struct rtplane_ep ep;
	struct rtplane_leg *leg;
	struct rcu_head rcu;
};

/* Is it found by its remote? What is RTCP there is found by the leg of the rest. */
static inline bool rtplane_call_is_keyed(const struct rtplane_ep *local)
{
	return local->call && !local->rtcp;
}

struct rtplane_call_key *rtplane_call_key(const struct rtplane_ep *local);
int rtplane_call_add(struct rtplane_leg *leg);
void rtplane_call_del(struct rtplane_leg *leg);
void rtplane_call_free(struct rtplane_leg *leg);
bool rtplane_call_follow(struct rtplane_leg *leg, struct rtplane_call_key **fresh);
struct rtplane_leg *rtplane_call_of(struct rtplane_net *rn, const struct rtplane_ep *local);
bool rtplane_call_any(struct rtplane_net *rn, const struct rtplane_ep *local);
struct rtplane_leg *rtplane_call_find(struct rtplane_net *rn, const struct rtplane_ep *local,
				      const struct rtplane_ep *remote);
void rtplane_calls_free(struct rtplane_net *rn);

#endif /* _RTPLANE_CALL_H */
