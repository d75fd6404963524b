/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIP dialogs: RFC 3261 section 12, with 13 (INVITE) and 14 (re-INVITE) as far as
 * they are about dialogs. Both roles; several dialogs of one INVITE (forks).
 *
 * A dialog knows its ids, its CSeqs, its route set, its remote target, and the flow
 * that the other side was last heard by. It builds requests and completes responses,
 * it acknowledges, it refuses what no dialog may accept (481, 420, 400, 500, 491),
 * and tells the rest to its user.
 *
 * Ownership: a dialog is its user's until sip_dialog_close(). What it still owes the
 * network then (an ACK for a 2xx that comes late, a 2xx repeated until its ACK is
 * here, a BYE on its way) it does by itself, and frees itself when that is over.
 * Nothing is freed while a user's function runs.
 */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "sip/transaction.h"

struct pack;
struct sip_dialog;
struct sip_dialogs;
struct sip_rack;
struct sip_target;

/* ------------------------------------------------------------------- all of them */

/**
 * struct sip_dialogs_counters - what happened; @live is of now
 * @live: dialogs, those included that end by themselves
 * @made: dialogs made
 * @forks: of these, further ones of an INVITE of ours
 * @unknown: requests with a To tag for no dialog (481)
 * @disorder: requests with a CSeq that is not above the last one (500)
 * @glare: INVITEs that met one of ours (491), or another of theirs (500)
 * @require: requests that require what nobody here knows (420)
 * @bad_contact: requests and responses refused for their Contact
 * @confined: next hops that the policy refused; the dialog's flow was used
 * @late_2xx: 2xx to INVITEs of closed dialogs, acknowledged (and ended) all the same
 * @stray_ack: ACKs for nothing
 * @too_many_forks: answers of more forks of an INVITE than are kept
 * @too_many: requests beyond SIP_DIALOG_REQUESTS (500)
 */
struct sip_dialogs_counters {
	uint64_t live, made, forks;
	uint64_t unknown, disorder, glare, require, bad_contact, confined;
	uint64_t late_2xx, stray_ack, too_many_forks, too_many;
};

/**
 * SIP_DIALOG_FORKS - dialogs that one INVITE of ours may make, its own included
 *
 * A hundred more that answer with 2xx are acknowledged and ended, unheard of.
 */
#define SIP_DIALOG_FORKS	12

/**
 * SIP_DIALOG_REQUESTS - transactions of the other side's that one dialog may have
 *
 * They are looked through for each request and each ACK, and a peer may have as many as
 * there are.  A BYE is always taken.
 */
#define SIP_DIALOG_REQUESTS	1000

/**
 * sip_dialogs_new() - a table of dialogs
 * @stack: their transactions; must outlive the table
 *
 * Return: the table, NULL without memory.
 */
struct sip_dialogs *sip_dialogs_new(struct sip_tx_stack *stack);

/**
 * sip_dialogs_free() - end: what is left is freed, nothing is sent
 * @dialogs: the table, or NULL
 *
 * Only outside of any user's function.
 */
void sip_dialogs_free(struct sip_dialogs *dialogs);

/** sip_dialogs_counters() - what happened */
const struct sip_dialogs_counters *
sip_dialogs_counters(const struct sip_dialogs *dialogs);

/**
 * sip_dialogs_receive() - a request that sip_tx_receive() gave back
 * @dialogs: the table
 * @flow: that it came by
 * @msg: the request, SIP_TX_REQUEST or SIP_TX_ACK
 *
 * Return: true if it was dealt with: told to a dialog's user or refused. False: it
 * is outside of any dialog (no To tag) and the caller's.
 */
bool sip_dialogs_receive(struct sip_dialogs *dialogs, struct sip_flow *flow,
			 struct sip_msg *msg);

/* ----------------------------------------------------------------------- users */

/**
 * struct sip_dialog_ops - what a dialog tells; each may be NULL
 * @request: a request within the dialog that no rule of dialogs is against. @tx is
 *	its server transaction, to be answered with sip_dialog_respond(). Never ACK
 *	or CANCEL; a BYE too is the user's to answer.
 * @server_ops: for the server transactions given to @request, with @arg; may be NULL
 * @acked: the first ACK of our 2xx with CSeq @cseq
 * @unacked: no ACK came within 64 * T1; RFC 3261 13.3.1.4 wants a BYE
 * @unpracked: a reliable response of ours to @tx was not acknowledged within 64 * T1, and
 *	is not said any more, nor what waited for it; RFC 3262 section 3 wants @tx answered
 *	with a 5xx
 * @refused: a request within the dialog was refused with @status, by a rule of dialogs;
 *	for the log
 * @forked: an answer of a further fork, or the NOTIFY of a further notifier (RFC 6665
 *	4.4.1): @fork is a new dialog, the user's as well (with the same @arg until
 *	sip_dialog_set_arg()). Its response, or its NOTIFY, is told next, unless the user
 *	closes @fork: the NOTIFY is answered 481 then.
 */
struct sip_dialog_ops {
	void (*request)(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *request);
	const struct sip_tx_server_ops *server_ops;
	void (*acked)(void *arg, struct sip_dialog *dialog, uint32_t cseq,
		      struct sip_msg *ack);
	void (*unacked)(void *arg, struct sip_dialog *dialog, uint32_t cseq);
	void (*unpracked)(void *arg, struct sip_dialog *dialog, struct sip_tx *tx);
	void (*refused)(void *arg, struct sip_dialog *dialog, struct sip_msg *request,
			unsigned int status);
	void (*forked)(void *arg, struct sip_dialog *dialog, struct sip_dialog *fork);
};

/**
 * struct sip_dialog_policy - where the requests of a dialog may go
 * @may: may a request be sent to @target, which the other side named in Contact or
 *	Record-Route? It is numeric always. False: it goes by the dialog's flow.
 *	NULL: never.
 * @flow: a flow to @target: sip_transport_flow(); a reference, NULL: there is none
 * @supported: option tags that may stand in a Require, up to a NULL; NULL: none
 * @by_flow: the other side may be behind NAT: a next hop with a private address, or
 *	with the address that its messages come from, means the flow
 *
 * A next hop that is a name means the flow: strangers make nobody look up names.
 * A connection that lives is used for a next hop of the address at its other end.
 */
struct sip_dialog_policy {
	bool (*may)(void *arg, const struct sip_target *target);
	struct sip_flow *(*flow)(void *arg, const struct sip_target *target);
	const char *const *supported;
	bool by_flow;
};

/**
 * struct sip_dialog_conf - what a new dialog starts with; all is copied but the tables
 * @local: our From (UAC), without tag: "\"Ann\" <sip:ann@192.0.2.1>". UAS: not looked
 *	at, the request's To is taken
 * @remote: the To (UAC), without tag. UAS: the request's From is taken
 * @target: the Request-URI (UAC)
 * @route: value of a Route header for an INVITE out of the dialog, or empty (UAC)
 * @contact: our Contact's URI, without <>
 * @call_id: empty: a random one (UAC)
 * @tag: our tag; empty: a random one (UAC); the transaction's, if no other dialog has
 *	it, else a random one (UAS)
 * @cseq: the first request's CSeq; 0: a random one (UAC)
 * @flow: to send by (UAC). UAS: the request's is taken
 * @policy: where requests may go; must outlive the dialog
 * @policy_arg: for @policy
 * @ops: what to call; must outlive the dialog
 * @arg: for @ops
 */
struct sip_dialog_conf {
	struct span local, remote, target, route, contact, call_id, tag;
	uint32_t cseq;
	struct sip_flow *flow;
	const struct sip_dialog_policy *policy;
	void *policy_arg;
	const struct sip_dialog_ops *ops;
	void *arg;
};

/**
 * enum sip_dialog_state - how far a dialog is
 * @SIP_DIALOG_NEW: UAC: nobody has answered with a tag; UAS: we have not
 * @SIP_DIALOG_EARLY: provisional answers only
 * @SIP_DIALOG_CONFIRMED: a 2xx
 * @SIP_DIALOG_ENDED: a BYE was sent or answered, or the INVITE that made it was
 *	refused: requests of the other side get 481
 *
 * The dialog that sent an INVITE is SIP_DIALOG_NEW again when that is refused, so that
 * it can send another (after a 401, a 422, elsewhere).
 */
enum sip_dialog_state {
	SIP_DIALOG_NEW,
	SIP_DIALOG_EARLY,
	SIP_DIALOG_CONFIRMED,
	SIP_DIALOG_ENDED
};

/**
 * sip_dialog_uac_new() - a dialog that we begin with sip_dialog_request()
 * @dialogs: the table
 * @conf: what it starts with
 *
 * Return: the dialog; NULL without memory, or if one of @conf's texts has a line end
 * or cannot be read.
 */
struct sip_dialog *sip_dialog_uac_new(struct sip_dialogs *dialogs,
				      const struct sip_dialog_conf *conf);

/**
 * sip_dialog_uas_new() - a dialog that a request of the other side begins
 * @dialogs: the table
 * @tx: the request's server transaction
 * @conf: what it starts with
 *
 * May be called again for the same @tx, for each fork of the other side of a B2BUA:
 * every one has a tag of its own.
 *
 * Return: the dialog; NULL if the request's Contact, Record-Route, From, Call-ID or
 * CSeq are none that a dialog can begin with (@errno EINVAL: answer 400) or without
 * memory (ENOMEM: answer 500).
 */
struct sip_dialog *sip_dialog_uas_new(struct sip_dialogs *dialogs, struct sip_tx *tx,
				      const struct sip_dialog_conf *conf);

/**
 * sip_dialog_copy() - another dialog with the same other side
 * @from: one in SIP_DIALOG_CONFIRMED
 * @arg: for its ops, which are those of @from
 *
 * It has another tag of ours, and is where @from is in all else: for who subscribed once
 * and has several notifiers.
 *
 * Return: the dialog; NULL without memory.
 */
struct sip_dialog *sip_dialog_copy(const struct sip_dialog *from, void *arg);

/**
 * sip_dialog_save() - write down what the next agent needs to go on with it
 * @dialog: one in SIP_DIALOG_CONFIRMED; requests under way are not written down
 * @pack: is written to
 *
 * Return: false in another state, or without memory.
 */
bool sip_dialog_save(const struct sip_dialog *dialog, struct pack *pack);

/**
 * sip_dialog_load() - a dialog of a former agent
 * @dialogs: the table
 * @conf: its flow, policy, ops and arg; nothing else is looked at
 * @saved: what sip_dialog_save() has written
 *
 * Its requests have a CSeq well above the last one that was written down.
 *
 * Return: the dialog, in SIP_DIALOG_CONFIRMED; NULL: it is none, it is there already, or
 * there is no memory.
 */
struct sip_dialog *sip_dialog_load(struct sip_dialogs *dialogs,
				   const struct sip_dialog_conf *conf,
				   struct span saved);

/**
 * sip_dialog_close() - the user goes
 * @dialog: the dialog, or NULL; not to be used any more
 *
 * Sends nothing by itself but what is owed: see above. An INVITE of ours that still
 * has no final response is cancelled, and what answers it 2xx is acknowledged and
 * gets a BYE. Callbacks of requests of ours within it are not called any more, which
 * includes those of its INVITE for forks: close these too.
 */
void sip_dialog_close(struct sip_dialog *dialog);

/* ------------------------------------------------------------ requests that we send */

/**
 * struct sip_dialog_request - a request of ours
 * @method: "INVITE", ...; not ACK, not CANCEL
 * @headers: further header lines, each with its CRLF, without those that belong to
 *	the dialog (Via, Route, From, To, Call-ID, CSeq, Max-Forwards, Contact) and
 *	without Content-Type and Content-Length
 * @type: Content-Type; empty: there is no body
 * @body: the body
 * @max_forwards: 0: 70
 * @response: as in &struct sip_tx_client_ops, for @dialog. To an INVITE: each 1xx
 *	and the first 2xx of each dialog; copies of a 2xx are not told, the ACK is
 *	sent again for them. A final refusal is told with the dialog that sent the
 *	INVITE.
 * @failed: no final response: 408 or 503
 * @over: @tx is gone; the last call. Not called if @failed or @response closed the
 *	dialog.
 * @arg: for these
 */
struct sip_dialog_request {
	const char *method;
	struct span headers, type, body;
	unsigned int max_forwards;
	void (*response)(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			 struct sip_msg *response);
	void (*failed)(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		       unsigned int status);
	void (*over)(void *arg, struct sip_tx *tx);
	void *arg;
};

/**
 * sip_dialog_request() - send a request within a dialog, or the one that begins it
 * @dialog: the dialog
 * @request: what to send; copied
 *
 * CSeq goes up by one each. An INVITE after a 401, a 422 or for a next target
 * (sip_dialog_move()) is another sip_dialog_request() of the same dialog.
 *
 * Return: the client transaction, for sip_tx_cancel(); NULL with errno: EBUSY (an
 * INVITE while another is pending in either direction: RFC 3261 14.1), ENOTCONN
 * (ended, or there is no flow), EINVAL, ENOBUFS, ENOMEM.
 */
struct sip_tx *sip_dialog_request(struct sip_dialog *dialog,
				  const struct sip_dialog_request *request);

/**
 * sip_dialog_forget() - the user of a request of ours goes, and its dialog stays
 * @tx: what sip_dialog_request() has returned, not over yet; NULL is fine
 *
 * No function of &struct sip_dialog_request is called for it any more. What it is
 * answered changes the dialog all the same.
 */
void sip_dialog_forget(struct sip_tx *tx);
/** sip_dialog_forget_all() - the same for all requests so far, answered ones too */
void sip_dialog_forget_all(struct sip_dialog *dialog);

/**
 * sip_dialog_ack() - acknowledge the 2xx of our last INVITE
 * @dialog: that the 2xx was told for
 * @headers: further header lines, as in &struct sip_dialog_request
 * @type: Content-Type; empty: there is no body
 * @body: the answer, if the 2xx had the offer
 *
 * Kept, and sent again whenever the 2xx comes again.
 *
 * Return: 0; -EINVAL: there is none to acknowledge; -ENOMEM; the transport's.
 */
int sip_dialog_ack(struct sip_dialog *dialog, struct span headers, struct span type,
		   struct span body);

/**
 * sip_dialog_bye() - send a BYE, and an ACK that is still owed before it, and close
 * @dialog: not to be used any more
 * @headers: further header lines (Reason)
 *
 * For those who do not care what the BYE is answered. A dialog that never became one
 * is only closed; an INVITE of ours that is pending is cancelled, with @headers. Where
 * the other side has not acknowledged our 2xx, the BYE waits for that, or for the end
 * of the time for it (RFC 3261 15).
 */
void sip_dialog_bye(struct sip_dialog *dialog, struct span headers);

/**
 * sip_dialog_move() - another target for the request that begins the dialog
 * @dialog: a UAC's in SIP_DIALOG_NEW
 * @flow: to send by
 * @contact: our Contact's URI there; empty: as it was
 * @target: the Request-URI; empty: as it was
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int sip_dialog_move(struct sip_dialog *dialog, struct sip_flow *flow,
		    struct span contact, struct span target);

/* ----------------------------------------------------------- responses that we send */

/**
 * sip_dialog_respond() - answer a request of this dialog, or the one that begins it
 * @dialog: the dialog
 * @tx: the request's server transaction
 * @reply: what to say; its tag is the dialog's, an empty contact the dialog's
 *
 * A 2xx applies the target that an INVITE, UPDATE or SUBSCRIBE named, and the flow
 * that it came by; anything else leaves them as they were (RFC 6141). A 2xx to a BYE
 * ends the dialog, a refusal of its INVITE ends all dialogs of that.
 *
 * While reliable responses are not acknowledged and one of them has a description, a 2xx
 * waits for that (RFC 3262 section 3): nothing but a refusal may be said then.
 *
 * Return: as sip_tx_respond().
 */
int sip_dialog_respond(struct sip_dialog *dialog, struct sip_tx *tx,
		       const struct sip_reply *reply);

/** sip_dialog_answer() - sip_dialog_respond() with a status alone */
int sip_dialog_answer(struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status);

/* ------------------------------------------------------------- 100rel (RFC 3262) */

/** enum sip_rseq - what a reliable provisional response is */
enum sip_rseq {
	SIP_RSEQ_NEXT,		/* the first one, or the next: PRACK it */
	SIP_RSEQ_AGAIN,		/* was there: its PRACK was lost or is under way */
	SIP_RSEQ_GAP		/* one before it is missing: ignore */
};

/**
 * sip_dialog_rseq_in() - a response with RSeq came
 * @dialog: its dialog
 * @rseq: its number
 */
enum sip_rseq sip_dialog_rseq_in(struct sip_dialog *dialog, uint32_t rseq);

/**
 * struct sip_rel - a reliable response of ours, as its user knows it
 * @cookie: what sip_dialog_respond_reliably() was given
 * @described: it has a body
 */
struct sip_rel {
	uint32_t cookie;
	bool described;
};

/**
 * sip_dialog_respond_reliably() - answer an INVITE with 101 to 199, until it is acknowledged
 * @dialog: the dialog
 * @tx: the INVITE's server transaction
 * @reply: what to say, as in sip_dialog_respond(), without Require: 100rel and RSeq
 * @cookie: for sip_dialog_rack()
 *
 * It is said when those before it in this dialog have been acknowledged, and again in T1,
 * 2 * T1, ... until its own PRACK is here (sip_dialog_racked()), a final response is said, or
 * 64 * T1 are over (@unpracked of &struct sip_dialog_ops). Whether the other side has said
 * that it supports 100rel is the user's to know.
 *
 * Return: 0; -EINVAL; -ENOMEM; -EALREADY: a final response was said, or waits; -ENOBUFS: too
 * many wait.
 */
int sip_dialog_respond_reliably(struct sip_dialog *dialog, struct sip_tx *tx,
				const struct sip_reply *reply, uint32_t cookie);

/**
 * sip_dialog_rack() - what is this RAck for?
 * @dialog: that the PRACK came in
 * @rack: its RAck
 * @known: filled
 *
 * Return: true if it is for what waits, or waited when the final response was said; else
 * answer the PRACK 481.
 */
bool sip_dialog_rack(const struct sip_dialog *dialog, const struct sip_rack *rack,
		     struct sip_rel *known);

/**
 * sip_dialog_racked() - it is acknowledged: what waits for that is said
 * @dialog: as in sip_dialog_rack()
 * @rack: the same
 *
 * After the PRACK's answer, so that this is there before a 2xx.
 */
void sip_dialog_racked(struct sip_dialog *dialog, const struct sip_rack *rack);

/* -------------------------------------------------------------------------- views */

/** sip_dialog_set_arg() - another arg for the dialog's ops */
void sip_dialog_set_arg(struct sip_dialog *dialog, void *arg);
/** sip_dialog_arg() - it */
void *sip_dialog_arg(const struct sip_dialog *dialog);
/** sip_dialog_set_ops() - other functions, with another arg */
void sip_dialog_set_ops(struct sip_dialog *dialog, const struct sip_dialog_ops *ops,
			void *arg);

/** sip_dialog_user() - the ops that it has; NULL: nobody's */
const struct sip_dialog_ops *sip_dialog_user(const struct sip_dialog *dialog);

/** sip_dialog_state() - how far it is */
enum sip_dialog_state sip_dialog_state(const struct sip_dialog *dialog);
/** sip_dialog_call_id() - its Call-ID; spans are good as long as the dialog */
struct span sip_dialog_call_id(const struct sip_dialog *dialog);
/** sip_dialog_local_tag() - our tag */
struct span sip_dialog_local_tag(const struct sip_dialog *dialog);
/** sip_dialog_remote_tag() - the other side's; empty: not known yet */
struct span sip_dialog_remote_tag(const struct sip_dialog *dialog);
/** sip_dialog_target() - the URI that requests are for; until it is refreshed */
struct span sip_dialog_target(const struct sip_dialog *dialog);
/** sip_dialog_local() - our From or To with its tag */
struct span sip_dialog_local(const struct sip_dialog *dialog);
/** sip_dialog_remote() - the other side's, with its tag if it is known */
struct span sip_dialog_remote(const struct sip_dialog *dialog);
/** sip_dialog_cseq() - CSeq of our last request; 0: none yet */
uint32_t sip_dialog_cseq(const struct sip_dialog *dialog);
/** sip_dialog_flow() - the flow that the other side was last heard by, not a reference */
struct sip_flow *sip_dialog_flow(const struct sip_dialog *dialog);

/** enum sip_dialog_busy - is an INVITE pending? */
enum sip_dialog_busy {
	SIP_DIALOG_IDLE,
	SIP_DIALOG_BUSY_OURS,	/* ours has no final response: theirs gets 491 */
	SIP_DIALOG_BUSY_THEIRS	/* theirs has none, or no ACK: ours must wait */
};

/** sip_dialog_busy() - is an INVITE pending, and whose? */
enum sip_dialog_busy sip_dialog_busy(const struct sip_dialog *dialog);

/**
 * sip_dialog_find() - by its ids: for Replaces, Target-Dialog
 * @dialogs: the table
 * @realm: as of its flow's listener
 * @call_id: Call-ID
 * @local_tag: ours
 * @remote_tag: the other side's
 *
 * Return: the dialog; NULL if there is none, or it is closed.
 */
struct sip_dialog *sip_dialog_find(struct sip_dialogs *dialogs, const void *realm,
				   struct span call_id, struct span local_tag,
				   struct span remote_tag);

/* ------------------------------------------------------- checks, in or out of one */

/**
 * sip_contact_ok() - can a dialog begin with this message's Contact?
 * @msg: an INVITE, or a 2xx or 18x to one
 *
 * One Contact, a sip: or sips: URI with a host; not "*", not tel:.
 */
bool sip_contact_ok(struct sip_msg *msg);

/**
 * sip_require_ok() - is all that a request requires supported?
 * @stack: to answer by
 * @flow: that it came by
 * @request: the request
 * @supported: option tags, up to a NULL; NULL: none
 *
 * Return: true if it is; else a 420 with Unsupported was sent.
 */
bool sip_require_ok(struct sip_tx_stack *stack, struct sip_flow *flow,
		    struct sip_msg *request, const char *const *supported);

#endif /* SIP_DIALOG_H */
