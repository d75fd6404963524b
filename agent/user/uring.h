/* SPDX-License-Identifier: GPL-2.0 */
/* The datapath "uring": what uring.c and bridges.c know of each other. */
#ifndef DATAPATH_URING_H
#define DATAPATH_URING_H

#include "datapath/sources.h"
#include "engine/engine.h"
#include "leg.h"

/* bridges by cookie; a power of two */
#define URING_COOKIES	4096
/* calls that share a port by remote; a power of two */
#define URING_CALLS	4096

/**
 * struct uring - an open user-space datapath
 * @dp: what the caller sees
 * @media: the engine that has the sockets
 * @fn: receives events
 * @arg: for @fn
 * @events_lost: what &enum media_fault counted when that was last told
 * @first: the oldest leg
 * @last: the youngest
 * @n_legs: how many
 * @by_cookie: legs with a cookie, by its hash, oldest first
 * @untied: legs whose RTP leg is not there
 * @by_remote: legs that share their port, by the remote that finds them; all of one worker
 * @calls_key: of that hash
 * @gone: what removed legs counted
 * @dead: sockets of removed legs, to be closed
 * @n_doomed: legs whose sockets were to end when a worker did not answer
 * @sources: of the leg that was told last, not in a dump
 */
struct uring {
	struct dp dp;
	struct media *media;
	dp_event_fn *fn;
	void *arg;
	uint64_t events_lost;
	struct leg *first;
	struct leg *last;
	unsigned int n_legs;
	struct leg *by_cookie[URING_COOKIES];
	struct leg *untied;
	struct leg *by_remote[URING_CALLS];
	uint64_t calls_key[2];
	struct dp_stats gone;
	struct media_sock *dead;
	unsigned int n_doomed;
	struct dp_sources sources;
};

/**
 * uring_find() - the leg with a local address
 * @u: the datapath
 * @local: the address
 *
 * Return: the leg or NULL.
 */
struct leg *uring_find(struct uring *u, const struct dp_addr *local);

/**
 * uring_set_cookie() - give a leg a cookie
 * @u: the datapath
 * @leg: the leg, its worker parked
 * @cookie: the cookie, 0 = none
 */
void uring_set_cookie(struct uring *u, struct leg *leg, uint64_t cookie);

/**
 * uring_collect() - the legs of a cookie, or all
 * @u: the datapath
 * @cookie: the cookie, 0 = all
 * @legs: filled, oldest first; NULL: only count them
 *
 * Return: how many.
 */
size_t uring_collect(const struct uring *u, uint64_t cookie,
		     struct leg **legs);

/**
 * uring_no_leg() - refuse what names a leg that is not there
 * @local: the address
 * @err: filled
 *
 * Return: -ENOENT.
 */
int uring_no_leg(const struct dp_addr *local, struct dp_err *err);

/**
 * uring_add_totals() - add what a leg counted
 * @sum: the totals
 * @leg: the leg, its worker parked
 */
void uring_add_totals(struct dp_stats *sum, const struct leg *leg);

/* --- bridges.c: see datapath.h --- */

int bridges_new(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		struct dp_err *err);
int bridges_set(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		struct dp_err *err);
int bridges_del(struct dp *dp, const struct dp_del *del, struct dp_err *err);
int bridges_take(struct dp *dp, const struct dp_addr *local,
		 struct dp_leg_info legs[2], struct dp_err *err);
int bridges_leg_set(struct dp *dp, const struct dp_leg *conf,
		    struct dp_err *err);

/**
 * bridges_sock_gone() - the socket of a leg is about to be closed
 * @sock: the socket
 * @arg: the &struct uring
 */
void bridges_sock_gone(struct media_sock *sock, void *arg);

/**
 * bridges_reap() - end what a worker that did not answer has kept
 * @u: the datapath
 *
 * Legs whose sockets were closed meanwhile, with their bridges.
 */
void bridges_reap(struct uring *u);

#endif /* DATAPATH_URING_H */
