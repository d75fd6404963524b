/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of rtplane doctor and rtplane firewall --check share. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <ifaddrs.h>

#include "cli.h"

/** enum verdict - what is to be thought of something */
enum verdict {
	VERDICT_FINE,
	VERDICT_WARNING,	/* it may do harm, or could not be looked at */
	VERDICT_FAULT		/* it does */
};

/**
 * struct doctor - a run of the command
 * @cli: the program's run
 * @status: what the agent says of itself
 * @openings: what has to arrive, as `firewall` tells it for this host
 * @edge: the same for a firewall in front of it, which knows what is advertised
 * @addrs: this host's addresses
 * @list: what has been found
 * @faults: of these, faults
 */
struct doctor {
	const struct cli *cli;
	const json_t *status;
	const json_t *openings;
	const json_t *edge;
	struct ifaddrs *addrs;
	json_t *list;
	unsigned int faults;
};

/**
 * doctor_say() - something has been looked at
 * @d: the run
 * @check: its name, a word
 * @verdict: what is to be thought of it
 * @remedy: what is to be done; NULL: nothing
 * @fmt: what there is, a sentence
 */
void doctor_say(struct doctor *d, const char *check, enum verdict verdict,
		const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* the number in a file below /proc or /sys; -1: there is none */
long doctor_number(const char *path);

/* does media go through the module? */
bool doctor_has_module(const struct doctor *d);

/* addresses, devices, routes and what filters by these; doctor_net.c */
void doctor_net(struct doctor *d);

/**
 * cli_firewall_check() - what the host's rules do with what has to arrive
 * @cli: the run
 * @openings: what that is, as the agent tells it
 * @lost: set to lines of what does not arrive
 *
 * Return: "packets" and, if there are tables that were not looked at, "unread"; NULL
 * after a sentence.
 */
json_t *cli_firewall_check(const struct cli *cli, const json_t *openings,
			   unsigned int *lost);

#endif /* CLI_DOCTOR_H */
