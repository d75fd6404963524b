/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words for the numbers of <linux/rtplane.h>: what the command line prints and
 * reads, what the agent logs and puts into JSON.  One spelling for all.
 */
#ifndef DATAPATH_NAMES_H
#define DATAPATH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each returns a static string; a value that the header does not know (a newer
 * module) gives "?".
 */
const char *dp_latch_name(unsigned int latch);
const char *dp_state_name(unsigned int state);
const char *dp_dscp_mode_name(unsigned int mode);
const char *dp_accept_name(unsigned int accept);
const char *dp_unknown_name(unsigned int unknown);
const char *dp_filter_name(unsigned int filter);
const char *dp_drop_name(unsigned int drop);
const char *dp_event_name(unsigned int event);
const char *dp_reason_name(unsigned int reason);
const char *dp_only_name(unsigned int only);
const char *dp_block_name(unsigned int block);

/* enum rtplane_srtp_suite, as a=crypto spells it; "none" */
const char *dp_srtp_suite_name(unsigned int suite);

/* a sentence for people instead of a word */
const char *dp_reason_text(unsigned int reason);

/* Each reads a word and returns true if it is one; *value is untouched if not. */
bool dp_latch_parse(const char *word, uint8_t *value);
bool dp_accept_parse(const char *word, uint8_t *value);
bool dp_unknown_parse(const char *word, uint8_t *value);
bool dp_filter_parse(const char *word, uint8_t *value);
bool dp_only_parse(const char *word, uint8_t *value);
bool dp_block_parse(const char *word, uint8_t *value);
bool dp_srtp_suite_parse(const char *word, uint8_t *value);	/* not "none" */

/* bytes of a suite's master key and salt; 0 of none */
size_t dp_srtp_key_len(unsigned int suite);

#endif /* DATAPATH_NAMES_H */
