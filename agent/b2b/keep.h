/* SPDX-License-Identifier: GPL-2.0 */
/* What outlives the agent: bindings, dialogs and calls, in the store. */
#ifndef B2B_KEEP_H
#define B2B_KEEP_H

#include "private.h"

/* ---------------------------------------------------------------- keep.c */

/* what the table of a realm makes its names with: the former agent's, or it is kept */
void b2b_keep_secret(struct realm *realm);
/* for struct bind_ops; @arg is the realm */
void b2b_keep_binding(void *arg, const struct bind *bind);
/* it is over */
void b2b_keep_unbound(const struct realm *realm, const struct bind *bind);
/* what the former agent has left; the listeners are open */
void b2b_keep_load(struct b2b *b2b);
/* NULL: there is no such realm */
struct realm *b2b_keep_realm(struct b2b *b2b, struct span name);

/**
 * struct b2b_kept_dialog - a dialog of a former agent's
 * @realm: where its other side is
 * @flow: by which that is reached; NULL: it cannot be. A reference
 * @saved: as sip_dialog_load() wants it
 */
struct b2b_kept_dialog {
	struct realm *realm;
	struct sip_flow *flow;
	struct span saved;
};

/* the way of a flow, and it again; NULL: there is none any more, or no such realm */
void b2b_keep_flow(struct pack *pack, const struct realm *realm, const struct sip_flow *flow);
struct sip_flow *b2b_keep_flow_read(struct b2b *b2b, struct unpack *u);

/* all of it; @pack fails if it is not confirmed */
void b2b_keep_dialog(struct pack *pack, const struct realm *realm,
		     const struct sip_dialog *dialog);
/* false: it is none of ours; flow NULL: whoever came by WebSocket cannot be gone to */
bool b2b_keep_dialog_read(struct b2b *b2b, struct unpack *u, struct b2b_kept_dialog *kept);

/* ----------------------------------------------------------- keep_call.c */

/**
 * struct b2b_kept_end - one end of a call of a former agent's
 * @dialog: with the party
 * @uri: as &struct call
 * @call_id: likewise
 * @from: likewise
 * @allow: as &struct end
 * @origin: of the descriptions that it got
 */
struct b2b_kept_end {
	struct b2b_kept_dialog dialog;
	struct span uri;
	struct span call_id;
	struct dp_addr from;
	uint32_t allow;
	struct session_origin origin;
};

/**
 * struct b2b_kept - a call of a former agent's
 * @id: its name, and the cookie of its bridges
 * @acked: the caller has acknowledged its answer
 * @request: as &struct call
 * @trunk: by whose lines the callee is reached; NULL: nobody's
 * @created: as &struct call
 * @answered: likewise
 * @expiry: ms at which the parties' session timer is over; 0: never
 * @end: caller's and callee's
 */
struct b2b_kept {
	uint64_t id;
	bool acked;
	struct span request;
	const struct config_trunk *trunk;
	struct timespec created;
	struct timespec answered;
	uint64_t expiry;
	struct b2b_kept_end end[2];
};

/* it goes on; NULL: it does not, and nobody was told */
struct call *b2b_call_again(struct b2b *b2b, const struct b2b_kept *kept);

/* it has changed: at the end of this turn it is kept as it is then */
void b2b_keep_call(struct call *call);
void b2b_keep_call_over(struct call *call);
/* those that a former agent has left; its bridges are adopted, the listeners open */
void b2b_keep_load_calls(struct b2b *b2b);

/* ---------------------------------------------------------- keep_early.c */

/* its INVITE was sent on by @invite: what ends it on both sides, should the agent not */
void b2b_keep_early(struct call *call, const struct sip_tx *invite);
/* it is answered, or over */
void b2b_keep_early_over(struct call *call);
/* those of a former agent are ended; the listeners open */
void b2b_keep_end_early(struct b2b *b2b);

#endif /* B2B_KEEP_H */
