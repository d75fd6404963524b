/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is asked of a leg of the user-space datapath: would it make sense, and
 * carrying it out.  The sentences are the module's (kmod/nlparse.c).
 */
#ifndef DATAPATH_LEGCONF_H
#define DATAPATH_LEGCONF_H

#include "datapath/sources.h"
#include "leg.h"

/**
 * legconf_check() - judge what can be judged without knowing the leg
 * @conf: what is asked; an implied DSCP mode is set
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legconf_check(struct dp_leg *conf, struct dp_err *err);

/**
 * legconf_sense() - would the leg make sense with these changes?
 * @conf: what is asked, checked
 * @leg: the leg, or NULL for a new one
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legconf_sense(const struct dp_leg *conf, const struct leg *leg,
		  struct dp_err *err);

/**
 * legconf_prepare() - make what a leg does not have yet: all that may fail
 * @leg: the leg; its worker need not be parked
 * @conf: what is asked
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legconf_prepare(struct leg *leg, const struct dp_leg *conf, struct dp_err *err);

/**
 * legconf_refuse() - refuse something of a leg
 * @local: the leg
 * @word: what of it, with a space before it; or ""
 * @code: errno value
 * @sentence: why
 * @err: filled
 *
 * Return: -@code.
 */
int legconf_refuse(const struct dp_addr *local, const char *word, int code,
		   const char *sentence, struct dp_err *err);

/**
 * legconf_check_ep() - is this an endpoint that a leg can have to do with?
 * @conf: the leg
 * @word: what of it, with a space before it; or ""
 * @addr: the endpoint
 * @err: the sentence
 *
 * Return: 0 or -EINVAL.
 */
int legconf_check_ep(const struct dp_leg *conf, const char *word,
		     const struct dp_addr *addr, struct dp_err *err);

/**
 * legconf_news() - what is as it was is not meant: it must not undo what was learned
 * @leg: the leg
 * @conf: what is asked; its DP_LEG_* bits are cleared
 */
void legconf_news(const struct leg *leg, struct dp_leg *conf);

/**
 * legconf_apply() - carry it out; cannot fail
 * @leg: the leg, its worker parked
 * @w: that worker
 * @conf: what is asked, checked
 */
void legconf_apply(struct leg *leg, struct worker *w,
		   const struct dp_leg *conf);

/**
 * legconf_info() - what a leg is and has seen
 * @leg: the leg, its worker parked
 * @state: with its state
 * @info: filled
 * @sources: gets the sources that @info points to
 *
 * Return: is that all?  false: a key has more sources than can be told, or there is
 * no memory for them.
 */
bool legconf_info(const struct leg *leg, bool state, struct dp_leg_info *info,
		  struct dp_sources *sources);

#endif /* DATAPATH_LEGCONF_H */
