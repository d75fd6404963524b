/* SPDX-License-Identifier: GPL-2.0 */
/* Which datapath is taken where it is left open, and why. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include <stdbool.h>

#include "datapath/datapath.h"

/**
 * enum dp_want - what is asked for
 * @DP_WANT_AUTO: the module if it is there or can be loaded, else user space
 * @DP_WANT_KERNEL: the module or nothing
 * @DP_WANT_URING: user space
 */
enum dp_want {
	DP_WANT_AUTO,
	DP_WANT_KERNEL,
	DP_WANT_URING,
};

/**
 * struct dp_choice - a datapath
 * @backend: as dp_open() wants it
 * @why: a sentence without a full stop
 */
struct dp_choice {
	const char *backend;
	char why[512];
};

/**
 * dp_want_parse() - read auto, kernel or uring
 * @word: what is read
 * @want: set
 *
 * Return: false if it is none of them.
 */
bool dp_want_parse(const char *word, enum dp_want *want);

/**
 * dp_choose() - decide
 * @want: what is asked for
 * @by: who asks for it, for the sentence: "the command line"
 * @choice: filled
 *
 * With DP_WANT_AUTO it looks whether the module answers, loads it if nobody has
 * and we may, and takes it if we may also give it orders.
 */
void dp_choose(enum dp_want want, const char *by, struct dp_choice *choice);

/**
 * dp_open() - open a datapath
 * @dp: the new datapath; the caller owns it and ends it with dp_close()
 * @backend: "kernel" or "uring"
 * @media: the sockets that "uring" relays on, one datapath at most; it must
 *	outlive the datapath.  A leg whose address no socket holds gets one of its
 *	own.  "kernel" does not look at it.
 * @events: receives events, or NULL: none are asked for
 * @arg: for @events
 * @err: the sentence
 *
 * Errors: EPROTONOSUPPORT no such backend; ENOENT the kernel module is not
 * loaded; EPROTO it speaks another version of the contract.
 *
 * Return: 0 or -errno.
 */
int dp_open(struct dp **dp, const char *backend, struct media *media,
	    dp_event_fn *events, void *arg, struct dp_err *err);

#endif /* CHOOSE_H */
