/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One UDP port of a realm's address that calls share (single-port): each has a number there,
 * by which it is told apart before anybody knows where its party is, and the addresses that
 * its party has proven to be its.
 *
 * An address is one call's. Another may have it when the first does not use it, by its
 * consent (RFC 7675), or is over; until then who proves to be there is refused.
 *
 * Who is not known holds nothing here: a number is a call's of ours, and addresses are
 * written down after the integrity of what came from there was checked, so many of a call.
 */
#ifndef SESSION_SHARE_H
#define SESSION_SHARE_H

#include "session/ports.h"

struct share;

/** SHARE_CALLS_MAX - calls of one port, half of the numbers that there are */
#define SHARE_CALLS_MAX		16384

/** SHARE_REMOTES_MAX - addresses of the party of one call */
#define SHARE_REMOTES_MAX	8

/**
 * struct share_stats - how full the port is
 * @calls: calls on it now
 * @remotes: addresses of theirs
 * @strangers: datagrams of nobody's: without a number or address that is known
 * @refused: of others' addresses
 * @media: RTP and RTCP that no leg took: strangers', too
 */
struct share_stats {
	unsigned int calls;
	unsigned int remotes;
	uint64_t strangers;
	uint64_t refused;
	uint64_t media;
};

/**
 * share_new() - open a port that calls share
 * @share: the new one; the caller owns it and ends it with share_free()
 * @local: address and port
 * @dscp: of what the agent itself sends from it
 * @media: holds the socket; must outlive it
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int share_new(struct share **share, const struct dp_addr *local, uint8_t dscp,
	      struct media *media, struct dp_err *err);

/** share_ref() - one more who holds it; returns @share. NULL is fine */
struct share *share_ref(struct share *share);

/** share_free() - one less who holds it; the last one closes the port. NULL is fine */
void share_free(struct share *share);

/** share_local() - its address and port */
const struct dp_addr *share_local(const struct share *share);

/**
 * share_get() - a place for a call
 * @share: the port
 * @user: for &ports_pair.user
 * @err: the sentence
 *
 * Return: a "pair" of which both ports are this one, with the call's number
 * (&dp_addr.call), which nobody can guess; NULL if there are too many, or without memory.
 */
struct ports_pair *share_get(struct share *share, void *user, struct dp_err *err);

/**
 * share_claim() - a certain place: a leg that a former agent left behind
 * @share: the port
 * @call: its number
 * @err: the sentence
 *
 * Return: the place; NULL if it is taken, or without memory.
 */
struct ports_pair *share_claim(struct share *share, uint16_t call, struct dp_err *err);

/** share_put() - give back a place of share_get() or share_claim(); void after the call */
void share_put(struct ports_pair *pair);

/** share_call() - the place of a number, or NULL */
struct ports_pair *share_call(const struct share *share, unsigned int call);

/** share_at() - the place of the call whose party is at that address, or NULL */
struct ports_pair *share_at(const struct share *share, const struct dp_addr *remote);

/**
 * share_is_at() - a call's party has proven to be at an address
 * @pair: the call's place
 * @remote: the address
 *
 * Return: false if another call uses it, or without memory.
 */
bool share_is_at(struct ports_pair *pair, const struct dp_addr *remote);

/**
 * share_use() - media of a call goes to an address of its party, by consent
 * @pair: the call's place
 * @remote: the address, in the place of that until now; NULL: to none
 *
 * Return: false if another call uses it: nothing may go there.
 */
bool share_use(struct ports_pair *pair, const struct dp_addr *remote);

/** share_uses() - does it? */
bool share_uses(const struct ports_pair *pair, const struct dp_addr *remote);

/** share_refused() - the address that was refused to a call last; family 0: none was */
const struct dp_addr *share_refused(const struct ports_pair *pair);

/** share_stranger() - count a datagram of nobody's */
void share_stranger(struct share *share);

/** share_stats() - how full it is */
void share_stats(struct share *share, struct share_stats *stats);

#endif /* SESSION_SHARE_H */
