/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the dialog layer share. For dialog*.c only. */
#ifndef SIP_DLG_H
#define SIP_DLG_H

#include "sip/dialog.h"
#include "sip/tx.h"

struct sip_dlg_out;
struct sip_dlg_rel;

/**
 * struct sip_dlg_ack - the ACK of an INVITE of ours that was answered 2xx
 * @all: those of the dialog, the newest first
 * @cseq: of the INVITE
 * @text: without Via; NULL: the user has not acknowledged yet
 * @len: bytes of @text
 * @branch: of its Via
 */
struct sip_dlg_ack {
	LIST_ENTRY(sip_dlg_ack) all;
	uint32_t cseq;
	char *text;
	size_t len;
	char branch[SIP_TAG_LEN + 1];
};

/**
 * struct sip_dlg_in - a dialog and a server transaction that has to do with it
 * @hook: in the transaction
 * @dialog: the dialog, which lives at least as long
 * @tx: the transaction
 * @all: those of @dialog
 * @begins: it made the dialog
 * @answered: @dialog sent its final response, a 2xx
 * @acked: that was acknowledged
 * @rel: reliable responses to it, in @dialog; NULL: there were none
 */
struct sip_dlg_in {
	struct sip_tx_hook hook;
	struct sip_dialog *dialog;
	struct sip_tx *tx;
	LIST_ENTRY(sip_dlg_in) all;
	bool begins;
	bool answered;
	bool acked;
	struct sip_dlg_rel *rel;
};

/**
 * struct sip_dialog - a dialog
 * @dialogs: its table
 * @hash: of its realm, Call-ID and local tag
 * @next: in its bucket
 * @all: all dialogs
 * @state: how far it is
 * @uac: we sent the request that began it
 * @subscribes: that was a SUBSCRIBE
 * @closed: its user is gone
 * @bye_sent: it was ended by a BYE of ours
 * @realm: as of its flow's listener
 * @call_id: Call-ID
 * @local_tag: ours
 * @remote_tag: the other side's, or NULL: not known
 * @local: our name and URI, as it stands in From or To before the tag
 * @remote: the other side's
 * @contact: our Contact's URI
 * @target: remote target, a URI
 * @first_target: UAC: Request-URI of the request that begins it
 * @first_route: UAC: value of its Route, or NULL
 * @route: the route set, values of Route in the order in which they are passed
 * @n_routes: how many
 * @local_cseq: of our last request, or the one before our first
 * @sent: there was a request of ours
 * @remote_cseq: of their last request
 * @heard: there was a request of theirs
 * @flow: a reference, and held
 * @policy: where requests may go
 * @policy_arg: for @policy
 * @ops: the user's functions; NULL: nobody's
 * @arg: for @ops
 * @invite: our INVITE that has no final response, or NULL
 * @ins: server transactions
 * @n_ins: how many
 * @outs: requests of ours
 * @acks: of our INVITEs that were answered 2xx: of the newest, and as long as copies may
 *	come
 * @bye_headers: not NULL: a BYE is to be sent as soon as our 2xx is acknowledged
 * @rseq_in: of the last reliable response that came; 0: none
 * @rseq_out: of our last one; 0: none
 * @refs: what it still has to do: sip_dlg_out, sip_dlg_in
 * @busy: functions of the user that run
 */
struct sip_dialog {
	struct sip_dialogs *dialogs;
	uint64_t hash;
	struct sip_dialog *next;
	LIST_ENTRY(sip_dialog) all;
	enum sip_dialog_state state;
	bool uac, subscribes, closed, bye_sent;
	const void *realm;
	char *call_id, *local_tag, *remote_tag;
	char *local, *remote;
	char *contact, *target;
	char *first_target, *first_route;
	char **route;
	size_t n_routes;
	uint32_t local_cseq;
	bool sent;
	uint32_t remote_cseq;
	bool heard;
	struct sip_flow *flow;
	const struct sip_dialog_policy *policy;
	void *policy_arg;
	const struct sip_dialog_ops *ops;
	void *arg;
	struct sip_dlg_out *invite;
	LIST_HEAD(, sip_dlg_in) ins;
	unsigned int n_ins;
	LIST_HEAD(, sip_dlg_out) outs;
	LIST_HEAD(, sip_dlg_ack) acks;
	char *bye_headers;
	uint32_t rseq_in, rseq_out;
	unsigned int refs, busy;
};

/**
 * struct sip_dlg_out - a request of ours, as long as its transaction lives
 * @dialog: that sent it; a reference
 * @request: the user's functions; its texts are not kept
 * @tx: its transaction
 * @cseq: its CSeq
 * @invite: it is an INVITE
 * @begins: it began @dialog: its answers make dialogs
 * @orphan: @dialog was closed: nobody is told
 * @fork: further dialogs that it made; references
 * @n_forks: how many
 * @all: all of the table
 * @same: those of @dialog
 */
struct sip_dlg_out {
	struct sip_dialog *dialog;
	struct sip_dialog_request request;
	struct sip_tx *tx;
	uint32_t cseq;
	bool invite, begins, orphan;
	struct sip_dialog **fork;
	size_t n_forks;
	LIST_ENTRY(sip_dlg_out) all;
	LIST_ENTRY(sip_dlg_out) same;
};

/**
 * struct sip_dialogs - all of them
 * @stack: their transactions
 * @counters: what happened
 * @key: of the hash
 * @bucket: by realm, Call-ID and local tag
 * @mask: a power of two less one
 * @all: all dialogs
 * @outs: all requests of ours
 */
struct sip_dialogs {
	struct sip_tx_stack *stack;
	struct sip_dialogs_counters counters;
	uint64_t key[2];
	struct sip_dialog **bucket;
	size_t mask;
	LIST_HEAD(, sip_dialog) all;
	LIST_HEAD(, sip_dlg_out) outs;
};

/* dialog.c */

struct sip_dialog *sip_dlg_make(struct sip_dialogs *dialogs,
				const struct sip_dialog_conf *conf,
				struct sip_flow *flow);
/** sip_dlg_link() - into the table: its Call-ID and local tag are there */
void sip_dlg_link(struct sip_dialog *dialog);
/** sip_dlg_lookup() - closed ones too */
struct sip_dialog *sip_dlg_lookup(struct sip_dialogs *dialogs, const void *realm,
				  struct span call_id, struct span local_tag,
				  struct span remote_tag);
/** sip_dlg_lookup_subscription() - begun by a SUBSCRIBE of ours, whoever has answered */
struct sip_dialog *sip_dlg_lookup_subscription(struct sip_dialogs *dialogs,
					       const void *realm, struct span call_id,
					       struct span local_tag);
/** sip_dlg_fork() - of what @from has sent: the other side's tag is not there; not linked */
struct sip_dialog *sip_dlg_fork(const struct sip_dialog *from, uint32_t cseq);
/** sip_dlg_let() - free it if nothing keeps it */
void sip_dlg_let(struct sip_dialog *dialog);
/** sip_dlg_free() - whatever keeps it */
void sip_dlg_free(struct sip_dialog *dialog);
void sip_dlg_set_flow(struct sip_dialog *dialog, struct sip_flow *flow);
/** sip_dlg_set() - replace a text; false without memory: it is as it was */
bool sip_dlg_set(char **text, struct span value);
/** sip_dlg_name() - "display <uri>" of a name-addr, for free() */
char *sip_dlg_name(const struct sip_addr *addr);

/* dialog_route.c: route set, target, next hop */

/** sip_dlg_take_target() - the Contact of @msg; false if it has none that will do */
bool sip_dlg_take_target(struct sip_dialog *dialog, struct sip_msg *msg);
/** sip_dlg_take_routes() - the Record-Route of @msg; 0, -EINVAL, -ENOMEM */
int sip_dlg_take_routes(struct sip_dialog *dialog, struct sip_msg *msg, bool reversed);
void sip_dlg_drop_routes(struct sip_dialog *dialog);
/** sip_dlg_copy_routes() - of a fork; false without memory */
bool sip_dlg_copy_routes(struct sip_dialog *dialog, const struct sip_dialog *from);
/** sip_dlg_hop() - the flow to the next hop; a reference, or NULL */
struct sip_flow *sip_dlg_hop(struct sip_dialog *dialog);
/** sip_dlg_write_first() - request line and Route */
void sip_dlg_write_first(const struct sip_dialog *dialog, struct sip_writer *w,
			 const char *method);
bool sip_dlg_refreshes(enum sip_method method);

/* dialog_send.c: requests of ours */

/** sip_dlg_send_bye() - a BYE that nobody waits for */
void sip_dlg_send_bye(struct sip_dialog *dialog, struct span headers);

/** sip_dlg_ack_find() - of the INVITE with this CSeq, or NULL */
struct sip_dlg_ack *sip_dlg_ack_find(const struct sip_dialog *dialog, uint32_t cseq);
/** sip_dlg_ack_new() - its 2xx is here; NULL without memory */
struct sip_dlg_ack *sip_dlg_ack_new(struct sip_dialog *dialog, uint32_t cseq);
/** sip_dlg_ack_again() - send it, made if it was not yet */
void sip_dlg_ack_again(struct sip_dialog *dialog, struct sip_dlg_ack *ack);
/** sip_dlg_ack_free() - no copy will come */
void sip_dlg_ack_free(struct sip_dlg_ack *ack);

/* dialog_take.c: their answers */

extern const struct sip_tx_client_ops sip_dlg_out_ops;

/* dialog_receive.c: requests of theirs */

/** sip_dlg_join() - @dialog has to do with @tx; 0 or -ENOMEM */
int sip_dlg_join(struct sip_dialog *dialog, struct sip_tx *tx, bool begins);
void sip_dlg_part(struct sip_dlg_in *in);
/** sip_dlg_owed_bye() - a BYE that had to wait for the ACK of our 2xx */
void sip_dlg_owed_bye(struct sip_dialog *dialog);
/** sip_dlg_accepted() - a 2xx of the dialog's was said */
void sip_dlg_accepted(struct sip_dlg_in *in);

/* dialog_rel.c: reliable provisional responses of ours */

/** sip_dlg_rel_say() - now, or when those before it are acknowledged */
int sip_dlg_rel_say(struct sip_dlg_in *in, struct sip_reply *reply, uint32_t cookie);
/** sip_dlg_rel_described() - does one that waits have a description? */
bool sip_dlg_rel_described(const struct sip_dlg_in *in);
/** sip_dlg_rel_hold() - a 2xx that is said when all are acknowledged; there are some */
int sip_dlg_rel_hold(struct sip_dlg_in *in, const struct sip_reply *reply);
/** sip_dlg_rel_holds() - is there one? */
bool sip_dlg_rel_holds(const struct sip_dlg_in *in);
/** sip_dlg_rel_stop() - nothing more is said; the PRACK of the last one may still come */
void sip_dlg_rel_stop(struct sip_dlg_in *in);
/** sip_dlg_rel_free() - nor may that */
void sip_dlg_rel_free(struct sip_dlg_in *in);

#endif /* SIP_DLG_H */
