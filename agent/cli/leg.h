/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a leg, in "leg set" and in "bridge add". */
#ifndef CLI_LEG_H
#define CLI_LEG_H

#include "cli.h"

/**
 * leg_parse() - take the words of a leg
 * @args: the words; ends before "leg", "bridge" or the end of the words
 * @leg: filled
 * @orders: the orders (unlatch, moved, proven) may be among them: the leg exists
 *
 * Return: CLI_OK, or CLI_USAGE or CLI_REFUSED after a sentence.
 */
int leg_parse(struct args *args, struct dp_leg *leg, bool orders);

#endif /* CLI_LEG_H */
