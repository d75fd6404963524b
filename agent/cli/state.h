/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a leg as JSON: printed, and read for "state @FILE". */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "cli.h"

/**
 * state_print() - print legs' state, as an array
 * @legs: with their state
 * @n: how many
 */
void state_print(const struct dp_leg_info *legs, size_t n);

/**
 * state_read() - give a leg the state that a file has of it
 * @args: for sentences; what is read lives as long as the command
 * @file: name of the file: what state_print() has printed, or one object of it
 * @leg: has its local address; gets the state
 *
 * Return: CLI_OK, or CLI_REFUSED after a sentence.
 */
int state_read(struct args *args, const char *file, struct dp_leg *leg);

/**
 * state_free() - free what state_read() has read
 * @cli: the run
 */
void state_free(struct cli *cli);

#endif /* CLI_STATE_H */
