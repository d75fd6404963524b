/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Port pairs of a realm's address: RTP on an even port, RTCP on the odd port
 * above (RFC 3550 section 11).
 *
 * Which pair comes next is random, so that an attacker cannot tell the ports of
 * the next call from those of his own (RTP Bleed).  A pair that media has flowed
 * by rests for a quarantine time when it is given back, so that late media of the
 * old call meets nobody; one that was only offered is free at once, so that who
 * makes calls that nobody answers takes no more ports than those that ring.  Some
 * pairs may be kept in reserve for those who are known.  Taking and giving back
 * cost O(1).
 *
 * A pair in use holds a bound UDP socket on both ports, in a &struct media.  Some that
 * nobody has hold theirs as well (&ports_conf.idle): they are what the next calls get,
 * each of them as likely, once there are some hundreds.
 */
#ifndef SESSION_PORTS_H
#define SESSION_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "datapath/datapath.h"
#include "engine/media.h"

struct ports;
struct share;

/**
 * struct ports_conf - what a pool is made of
 * @addr: local address; its port is not looked at
 * @lo: first port of the range, host byte order; an odd one starts at the even
 *	port above
 * @hi: last port; an even one is not used, it has no odd port above in the range
 * @quarantine: ms that a pair rests after ports_put()
 * @reserve: pairs that ports_get() leaves, for ports_get_known()
 * @idle: pairs that stay open at most when nobody has them
 * @except: a port of the range that is somebody else's, and so its pair; 0: none is
 * @dscp: DSCP of what the agent itself sends from the sockets, 0 to 63
 * @clock: ms of a clock that never goes back; NULL: CLOCK_BOOTTIME.  For tests.
 */
struct ports_conf {
	struct dp_addr addr;
	uint16_t lo;
	uint16_t hi;
	uint32_t quarantine;
	uint32_t reserve;
	uint32_t idle;
	uint16_t except;
	uint8_t dscp;
	uint64_t (*clock)(void);
};

/**
 * struct ports_pair - two ports in use
 * @pool: where it came from and goes back to; NULL: a place at a port that calls share
 * @share: that port, of which both are then; or NULL
 * @rtp: the even port
 * @rtcp: the odd port above
 * @rtp_sock: held on @rtp; media_sock_user() is the pair
 * @rtcp_sock: held on @rtcp; media_sock_user() is the pair
 * @user: the caller's own
 */
struct ports_pair {
	struct ports *pool;
	struct share *share;
	struct dp_addr rtp;
	struct dp_addr rtcp;
	struct media_sock *rtp_sock;
	struct media_sock *rtcp_sock;
	void *user;
};

/**
 * struct ports_stats - how full a pool is
 * @pairs: pairs in the range
 * @used: in use now
 * @quarantined: resting now, or @foreign
 * @foreign: of these, found in the hands of another program
 * @exhausted: times ports_get() found none
 * @busy: times a port was held by another program; the pair then rests too
 * @next: ms until the first resting pair may be used again, 0 if a pair is free
 *	now (after ports_get() failed: a hint for Retry-After)
 */
struct ports_stats {
	uint32_t pairs;
	uint32_t used;
	uint32_t quarantined;
	uint32_t foreign;
	uint64_t exhausted;
	uint64_t busy;
	uint64_t next;
};

/**
 * ports_new() - make a pool
 * @ports: the new pool; the caller owns it and ends it with ports_free()
 * @conf: copied
 * @media: holds the sockets; must outlive the pool
 * @err: the sentence
 *
 * Return: 0 or -errno; -EINVAL if the range holds no pair.
 */
int ports_new(struct ports **ports, const struct ports_conf *conf,
	      struct media *media, struct dp_err *err);

/**
 * ports_ref() - one more who holds the pool
 * @ports: the pool
 *
 * Return: @ports; to be given to ports_free() once more.
 */
struct ports *ports_ref(struct ports *ports);

/**
 * ports_free() - one less who holds it; with the last one a pool ends, and all its
 *	pairs
 * @ports: NULL is fine
 */
void ports_free(struct ports *ports);

/**
 * ports_get() - take a random free pair and bind its sockets
 * @ports: the pool
 * @user: for &ports_pair.user
 * @err: the sentence
 *
 * Return: the pair, owned by the caller until ports_put(); NULL with @err->code
 * ENOSPC if all pairs but the reserve are in use, resting or held by other
 * programs (answer 503), or another errno if binding failed for another reason
 * (EADDRNOTAVAIL: the address is not ours; EMFILE).
 */
struct ports_pair *ports_get(struct ports *ports, void *user,
			     struct dp_err *err);

/**
 * ports_get_known() - the same, of the reserve if need be
 * @ports: the pool
 * @user: for &ports_pair.user
 * @err: the sentence
 *
 * Return: as ports_get().
 */
struct ports_pair *ports_get_known(struct ports *ports, void *user,
				   struct dp_err *err);

/**
 * ports_claim() - take one certain pair: legs that a former agent left behind
 * @ports: the pool
 * @port: either port of the pair
 * @user: for &ports_pair.user
 * @err: the sentence
 *
 * A resting pair may be claimed.
 *
 * Return: the pair, or NULL with @err->code ERANGE (not in the range), EBUSY
 * (in use) or what bind() said.
 */
struct ports_pair *ports_claim(struct ports *ports, uint16_t port, void *user,
			       struct dp_err *err);

/**
 * ports_put() - close the sockets of a pair and let it rest
 * @pair: NULL is fine; void after the call
 */
void ports_put(struct ports_pair *pair);

/**
 * ports_put_unused() - the same for a pair that no media was ever relayed by: it
 *	is free at once
 * @pair: NULL is fine; void after the call
 */
void ports_put_unused(struct ports_pair *pair);

/**
 * ports_stats() - how full the pool is
 * @ports: the pool
 * @stats: filled
 */
void ports_stats(struct ports *ports, struct ports_stats *stats);

/**
 * ports_conf() - what the pool was made of
 * @ports: the pool
 *
 * Return: its configuration; lives as long as the pool.
 */
const struct ports_conf *ports_conf(const struct ports *ports);

#endif /* SESSION_PORTS_H */
