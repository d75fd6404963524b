/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of a leg: contexts are made before its worker is parked, since that
 * takes long and may fail, and put in their place while it is.
 */
#ifndef DATAPATH_LEGSEC_H
#define DATAPATH_LEGSEC_H

#include "leg.h"

/**
 * struct legsec - contexts on their way to a leg, or from it
 * @ctx: for a direction that had none, or whose key was used elsewhere, by enum
 *	rtpsec_dir
 * @key: for one that had
 */
struct legsec {
	struct rtpsec *ctx[2];
	struct rtpsec_key *key[2];
};

/**
 * legsec_prepare() - make what a leg does not have yet: all that may fail
 * @sec: filled; to be ended by legsec_end(), on error too
 * @conf: what is asked
 * @leg: the leg
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legsec_prepare(struct legsec *sec, const struct dp_leg *conf,
		   const struct leg *leg, struct dp_err *err);

/**
 * legsec_commit() - put contexts in their place
 * @leg: the leg, its worker parked
 * @conf: what is asked
 * @sec: gives what was made, and takes what is no longer wanted
 */
void legsec_commit(struct leg *leg, const struct dp_leg *conf,
		   struct legsec *sec);

/**
 * legsec_end() - free what is not in its place
 * @sec: the contexts
 */
void legsec_end(struct legsec *sec);

#endif /* DATAPATH_LEGSEC_H */
