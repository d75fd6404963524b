/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a leg's protection. */
#ifndef CLI_SRTP_H
#define CLI_SRTP_H

#include "cli.h"

/**
 * srtp_parse() - take the words of one direction's protection
 * @args: the words after "srtp-rx" or "srtp-tx":
 *	none | SUITE KEY [mki HEX] [fresh] [source SSRC [index N] [rtcp-index N]]...
 * @word: "srtp-rx" or "srtp-tx"; only the second may be fresh
 * @srtp: filled; what it points to goes with @args->cli->sources
 *
 * No sentence has what may be a key in it, and the key is gone from the words
 * afterwards.
 *
 * Return: CLI_OK, or CLI_USAGE or CLI_REFUSED after a sentence.
 */
int srtp_parse(struct args *args, const char *word, struct dp_srtp *srtp);

#endif /* CLI_SRTP_H */
