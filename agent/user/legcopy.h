/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of what arrives on a leg, to outputs beside its peer: as the module
 * (kmod/copy.c).  Their sockets are made before the leg's worker is parked, since that
 * may fail, and put in their place while it is.
 */
#ifndef DATAPATH_LEGCOPY_H
#define DATAPATH_LEGCOPY_H

#include "datapath/sources.h"
#include "leg.h"

struct uring;

/**
 * legcopy_prepare() - make the outputs that are asked for: all that may fail
 * @copies: filled; to be ended by legcopy_end(), on error too
 * @u: the datapath
 * @conf: what is asked, checked
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legcopy_prepare(struct copies **copies, struct uring *u,
		    const struct dp_leg *conf, struct dp_err *err);

/**
 * legcopy_commit() - put outputs in their place
 * @leg: the leg, its worker parked
 * @conf: what is asked
 * @copies: gives what was made, and takes what is no longer wanted
 */
void legcopy_commit(struct leg *leg, const struct dp_leg *conf,
		    struct copies **copies);

/**
 * legcopy_end() - close outputs
 * @copies: those of no leg; NULL: none
 */
void legcopy_end(struct copies *copies);

/**
 * legcopy_check() - judge what is asked
 * @conf: what is asked
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int legcopy_check(const struct dp_leg *conf, struct dp_err *err);

/**
 * legcopy_send() - copy a packet
 * @leg: leg that it arrived on, which has outputs
 * @rx: the packet, as it goes on: plain
 * @kind: enum rtplane_kind
 */
void legcopy_send(struct leg *leg, const struct rx *rx, uint8_t kind);

/**
 * legcopy_tell() - the outputs and what they have sent
 * @leg: the leg, its worker parked
 * @conf: told there
 * @sources: gets what @conf points to
 *
 * Return: is that all?  false: there is no memory.
 */
bool legcopy_tell(const struct leg *leg, struct dp_leg *conf,
		  struct dp_sources *sources);

#endif /* DATAPATH_LEGCOPY_H */
