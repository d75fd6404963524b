/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trunks while we run: what the files trunk*.c share.
 *
 *   trunk_account   whom we are: answers to challenges
 *   trunk_ask       a request of ours to one of a trunk's next hops, outside of calls
 *   trunk           which there are, which of their next hops work
 *   trunk_register  we register there
 *
 * A trunk lives as long as the configuration has it as it is, and as long as a call by
 * it; what it asks by itself ends with the former (@gone).
 */
#ifndef B2B_TRUNK_H
#define B2B_TRUNK_H

#include "private.h"

/** TRUNK_ASKED - INVITEs whose challenge is remembered; a further one takes another's place */
#define TRUNK_ASKED	256

/** TRUNK_WHY - room for what a trunk's failure is, for people */
#define TRUNK_WHY	96

struct trunk_ask;

/**
 * struct trunk_ask_ops - a request of ours, and what becomes of it
 * @write: the whole request as it goes by @flow, but for Via
 * @done: a final answer of one of the hop's targets, with @msg; or 408, 503 without: none
 *	of them has any.  The last call; another request may begin in it
 */
struct trunk_ask_ops {
	void (*write)(struct trunk_ask *ask, struct sip_writer *w,
		      const struct sip_flow *flow);
	void (*done)(struct trunk_ask *ask, unsigned int status, struct sip_msg *msg);
};

/**
 * struct trunk_ask - a request of ours to a trunk; zeroed: none is under way
 * @trunk: the trunk
 * @hop: which of its next hops
 * @query: where that is, being asked for
 * @targets: where it is
 * @next: target that is tried next
 * @flow: to the one that is tried; NULL: none is
 * @tx: the request
 * @ops: what to call
 */
struct trunk_ask {
	struct trunk *trunk;
	size_t hop;
	struct sip_query *query;
	struct sip_targets targets;
	size_t next;
	struct sip_flow *flow;
	struct sip_tx *tx;
	const struct trunk_ask_ops *ops;
};

/**
 * struct trunk_hop - a next hop of a trunk
 * @trunk: the trunk
 * @until: ms of the loop's clock: until then it is tried after all others; 0: it works,
 *	as far as is known
 * @fails: failures in a row
 * @why: what was wrong with it
 * @ask: OPTIONS
 * @timer: the next one
 */
struct trunk_hop {
	struct trunk *trunk;
	uint64_t until;
	unsigned int fails;
	char why[TRUNK_WHY];
	struct trunk_ask ask;
	struct timer timer;
};

/**
 * struct trunk_reg - we are registered there, or want to be
 * @ask: the REGISTER
 * @timer: the next one
 * @account: for it
 * @tries: of @account, for this REGISTER
 * @call_id: the same for all of them (RFC 3261 10.2)
 * @tag: of From
 * @cseq: of the last
 * @flow: that the registrar knows us by; NULL: we are not registered
 * @ending: it is to be forgotten there
 * @brief: the registrar has asked for more than we said
 * @began: the next hop that was tried first; -1: none is tried
 * @interval: seconds that are asked for: a registrar may want more (423)
 * @until: ms of the loop's clock; 0: we are not registered
 * @pause: ms until a failure is tried again, doubled with each
 * @why: why we are not registered
 */
struct trunk_reg {
	struct trunk_ask ask;
	struct timer timer;
	struct account account;
	unsigned int tries;
	char call_id[SIP_TAG_LEN + 1];
	char tag[SIP_TAG_LEN + 1];
	uint32_t cseq;
	struct sip_flow *flow;
	bool ending;
	bool brief;
	int began;
	uint32_t interval;
	uint64_t until;
	uint32_t pause;
	char why[TRUNK_WHY];
};

/**
 * struct trunk - a trunk
 * @entry: among all that the configuration has
 * @refs: the list, and each call by it
 * @b2b: the front end
 * @config: that @conf is of; a reference
 * @conf: the trunk there
 * @realm: where it is
 * @calls: by it, that are not over
 * @turn: number of the last call that it was the first one for, among those of all trunks
 * @hop: its next hops
 * @reg: registration
 * @gone: the configuration has it no more, or differs
 * @key: of the hashes in @asked
 * @asked: Call-IDs of callers who have been asked for a password by it, each where its hash
 *	says
 */
struct trunk {
	LIST_ENTRY(trunk) entry;
	unsigned int refs;
	struct b2b *b2b;
	struct config *config;
	const struct config_trunk *conf;
	struct realm *realm;
	unsigned int calls;
	uint64_t turn;
	struct trunk_hop hop[CONFIG_HOPS_MAX];
	struct trunk_reg reg;
	bool gone;
	uint64_t key[2];
	uint64_t asked[TRUNK_ASKED];
};

/* --------------------------------------------------------- trunk_ask.c */

/* @ask->trunk and @ask->ops are set, none is under way; false without memory */
bool trunk_ask_begin(struct trunk_ask *ask, size_t hop);
/* the same request to the same target, as @write has it now (after a challenge) */
bool trunk_ask_again(struct trunk_ask *ask);
/* nothing is called any more; NULL flow and transaction */
void trunk_ask_end(struct trunk_ask *ask);

/* ------------------------------------------------------------- trunk.c */

/* a next hop has failed, or answers: calls of later go by that */
void trunk_hop_fails(struct trunk *trunk, size_t hop, const char *why);
void trunk_hop_works(struct trunk *trunk, size_t hop);
/* the hops in the order in which they are to be tried now */
void trunk_order(const struct trunk *trunk, size_t order[CONFIG_HOPS_MAX]);

/* ---------------------------------------------------- trunk_register.c */

void trunk_register_begin(struct trunk *trunk);
/* the registrar is told, if it can be at once */
void trunk_register_end(struct trunk *trunk);

#endif /* B2B_TRUNK_H */
