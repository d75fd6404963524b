/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a leg, told and taken: from the agent's structures to those by which the
 * module judges (kmod/saved.h) and back.
 */
#ifndef DATAPATH_LEGSTATE_H
#define DATAPATH_LEGSTATE_H

#include "datapath/sources.h"
#include "leg.h"

/**
 * legstate_check() - judge what can be judged of a state without knowing the leg
 * @conf: has a state; its sources become those of its keys
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legstate_check(struct dp_leg *conf, struct dp_err *err);

/**
 * legstate_sense() - can the leg go on from a state?
 * @conf: has a state, checked
 * @leg: the leg, or NULL for a new one
 * @latch: its mode, as it will be
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legstate_sense(const struct dp_leg *conf, const struct leg *leg,
		   uint8_t latch, struct dp_err *err);

/**
 * legstate_room() - all of taking a state that may fail
 * @leg: new
 * @saved: the state
 *
 * Return: false without memory.
 */
bool legstate_room(struct leg *leg, const struct dp_saved *saved);

/**
 * legstate_take() - a leg goes on from a state
 * @leg: new, set up but for its remote, its worker parked
 * @saved: the state, checked
 */
void legstate_take(struct leg *leg, const struct dp_saved *saved);

/**
 * legstate_discount() - what came with a leg is no work of this datapath
 * @gone: totals of removed legs
 * @saved: the state
 */
void legstate_discount(struct dp_stats *gone, const struct dp_saved *saved);

/**
 * legstate_tell() - the state of a leg
 * @leg: the leg, its worker parked
 * @info: has the rest of what is told, and gets the state
 */
void legstate_tell(const struct leg *leg, struct dp_leg_info *info);

#endif /* DATAPATH_LEGSTATE_H */
