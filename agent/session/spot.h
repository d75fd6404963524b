/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Port pairs of a session and who pays for them; the further ones that a line has while ICE
 * looks which of our addresses its party gets through to.
 */
#ifndef SESSION_SPOT_H
#define SESSION_SPOT_H

#include "base/timer.h"
#include "ice/ice.h"
#include "session.h"

/** SESSION_SPOTS_MAX - addresses of a line with ICE, beside the one that is its own */
#define SESSION_SPOTS_MAX	3

struct said;
struct seat;
struct share;

/**
 * struct shown - candidates on a port pair, as they are offered, by component - 1
 * @local: its host candidates; NULL: no such one
 * @seen: the same, as a STUN server saw our address when they were made; NULL: not known, or
 *	no other
 */
struct shown {
	const struct ice_candidate *local[2];
	const struct ice_candidate *seen[2];
};

/**
 * struct spot - a port pair of a line that its media does not go by
 * @address: of its party's policy
 * @pair: the ports
 * @used: a bridge has stood on it: it must rest
 * @shown: its candidates
 */
struct spot {
	const struct session_address *address;
	struct ports_pair *pair;
	bool used;
	struct shown shown;
};

/**
 * struct seat_ice - ICE of a port pair
 * @ice: the agent, with one stream
 * @lite: it is
 * @components: how many its stream has
 * @first: its credentials until a restart
 * @shown: our candidates on the pair
 * @other: further pairs that it looks for a way by; media goes by none of them
 * @n_others: how many
 * @made: pairs that it has had
 * @timer: they are given back
 * @now: what it was brought to; NULL: it knows nobody
 * @of: number of the branch that this is of, to tell forks apart by
 * @following: it is being brought to something
 * @told: what it told last, by component - 1
 * @news: components of which it told something, as a set
 */
struct seat_ice {
	struct ice *ice;
	bool lite;
	unsigned int components;
	struct ice_creds first;
	struct shown shown;
	struct spot other[SESSION_SPOTS_MAX];
	unsigned int n_others;
	unsigned int made;
	struct timer timer;
	struct said *now;
	unsigned int of;
	bool following;
	enum ice_event told[2];
	unsigned int news;
};

/* a pair for @seat, which the session is charged for; NULL with a sentence. The reserve is for who
 * is known, and for calls that are there
 */
struct ports_pair *session_pair_take(struct session *session, struct ports *ports,
				     struct seat *seat, struct dp_err *err);
/* a place at the port that calls share, likewise; NULL: there is none */
struct ports_pair *session_pair_share(struct session *session, struct share *share,
				      struct seat *seat);
/* it goes back; @rests: a bridge has stood on it */
void session_pair_put(struct session *session, struct ports_pair *pair, bool rests);
/* nobody gets it any more: a bridge stands on it that the datapath does not let go of */
void session_pair_keep(struct session *session, struct ports_pair *pair);

/*
 * Ports on further addresses of @policy for a seat that has @n spots: how many it has then.
 * The families take turns (RFC 8421), each in the order of the policy. What is short of
 * ports, or whose caller has as many as he may, has fewer.
 */
unsigned int session_spots_take(struct seat *seat, const struct session_policy *policy,
				struct spot *spot, unsigned int n);

#endif /* SESSION_SPOT_H */
