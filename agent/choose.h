/* SPDX-License-Identifier: GPL-2.0 */
/* Which datapath is taken where it is left open, and why. */
#ifndef DATAPATH_CHOOSE_H
#define DATAPATH_CHOOSE_H

#include <stdbool.h>

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

#endif /* DATAPATH_CHOOSE_H */
