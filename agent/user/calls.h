/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that share a port, as in the module (kmod/call.c): each has a leg of its own
 * ("A:P#N"), found by the remote that was proven to be its. No packet makes its source the
 * remote of such a leg, and what comes from elsewhere is the agent's, if anybody's.
 *
 * All ports that are shared are one worker's: so two of its calls may be each other's peer.
 */
#ifndef DATAPATH_CALLS_H
#define DATAPATH_CALLS_H

#include "uring.h"

/**
 * calls_is_keyed() - is that leg found by its remote?
 * @local: its address; what is RTCP, or of one line there, is found by the call's own leg
 */
static inline bool calls_is_keyed(const struct dp_addr *local)
{
	return local->call && !local->rtcp && !local->line;
}

/**
 * calls_receive() - a datagram has arrived at a port that calls share; by its worker
 * @w: the worker
 * @sock: the port's socket
 * @rx: the datagram; void after the call
 *
 * Return: as leg_receive().
 */
bool calls_receive(struct worker *w, struct media_sock *sock, struct rx *rx);

/**
 * calls_sense() - may a leg have that remote?
 * @u: the datapath
 * @conf: what is asked of it
 * @leg: the leg; NULL: it is to be made
 * @err: the sentence
 *
 * Return: 0 or -errno; -EBUSY: another call of that port has it.
 */
int calls_sense(struct uring *u, const struct dp_leg *conf, const struct leg *leg,
		struct dp_err *err);

/**
 * calls_follow() - a leg is found by the remote that it has now
 * @u: the datapath
 * @leg: any leg, its worker parked
 *
 * A remote that another call of one request has got is forgotten.
 */
void calls_follow(struct uring *u, struct leg *leg);

/**
 * calls_forget() - it is not found any more
 * @u: the datapath
 * @leg: any leg, its worker parked
 */
void calls_forget(struct uring *u, struct leg *leg);

#endif /* DATAPATH_CALLS_H */
