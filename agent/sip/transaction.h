/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIP transactions: RFC 3261 section 17 with RFC 6026's Accepted state, as one
 * table of states and events (tx_table.c). A clock and the transport are passed in;
 * nothing here knows sockets or a loop.
 *
 * Ways of a message:
 *	in	transport -> gate -> sip_tx_receive(): a retransmission, an ACK of a
 *		refusal, a response and a CANCEL go to their transaction; the rest
 *		comes back with a verdict, and who calls goes on (sip/dialog.h).
 *	out	sip_tx_client_new() puts Via on top; sip_tx_respond() answers.
 *
 * Ownership: a transaction frees itself. A pointer to one is good until its user's
 * over() has been called, which is always its last call, or until sip_tx_forget().
 * No transaction is freed while one of its user's functions runs, so that every
 * function of this header may be called in them.
 *
 * Nothing that the network sends can fail an assertion here: an event that the table
 * has no row for is counted and dropped.
 */
#ifndef SIP_TRANSACTION_H
#define SIP_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/timer.h"

struct sip_flow;
struct sip_flow_watch;
struct sip_msg;
struct sip_tx;
struct sip_tx_stack;

/** SIP_TAG_LEN - characters of a tag or a branch of ours, without a NUL */
#define SIP_TAG_LEN	22

/**
 * struct sip_flow_ops - what transactions and dialogs ask of a transport
 * @send: as sip_flow_send() (sip/transport.h); must not call back into the stack
 * @reply: as sip_flow_reply(); nor must this
 * @ref: as sip_flow_ref()
 * @unref: as sip_flow_unref()
 * @hold: as sip_flow_hold()
 * @let: as sip_flow_let()
 * @watch: as sip_flow_watch()
 * @unwatch: as sip_flow_unwatch()
 * @same: as sip_flow_same()
 *
 * The agent's is sip_flow_real_ops; tests have others. What can be read of a flow
 * (listener, remote, protocol) is read.
 */
struct sip_flow_ops {
	int (*send)(struct sip_flow *flow, const void *buf, size_t len);
	int (*reply)(struct sip_flow *flow, const void *buf, size_t len);
	struct sip_flow *(*ref)(struct sip_flow *flow);
	void (*unref)(struct sip_flow *flow);
	void (*hold)(struct sip_flow *flow);
	void (*let)(struct sip_flow *flow);
	void (*watch)(struct sip_flow *flow, struct sip_flow_watch *watch);
	void (*unwatch)(struct sip_flow_watch *watch);
	bool (*same)(const struct sip_flow *a, const struct sip_flow *b);
};

/** sip_flow_real_ops - those of sip/transport.h */
extern const struct sip_flow_ops sip_flow_real_ops;

/**
 * struct sip_tx_config - times and limits; 0 is the default in parentheses
 * @t1: round trip, ms (500)
 * @t2: longest interval of retransmission, ms (4000)
 * @t4: longest life of a message in the network, ms (5000)
 * @timer_c: an INVITE that rings and is silent for so long is cancelled, ms (180000)
 * @max: transactions in all (100000); a quarter of them is for who is known, and for
 *	requests of our own
 * @max_per_source: server transactions of one source that is not known: an IPv4
 *	address, a /64 of IPv6 (1000)
 * @max_bytes: bytes of the requests and answers that transactions keep, in all (256 MiB);
 *	a quarter likewise
 * @max_bytes_per_source: of one source that is not known (4 MiB)
 * @known: is the other end of a flow known: a next hop, a binding? NULL: nobody is
 * @per_source: how many the other end of a flow may have that is not known, 0: any number;
 *	NULL: @max_per_source. The bytes are as many times @max_bytes_per_source as these
 *	are @max_per_source
 * @known_arg: for @known and @per_source
 */
struct sip_tx_config {
	uint32_t t1, t2, t4;
	uint32_t timer_c;
	size_t max;
	size_t max_per_source;
	size_t max_bytes;
	size_t max_bytes_per_source;
	bool (*known)(void *arg, const struct sip_flow *flow);
	uint32_t (*per_source)(void *arg, const struct sip_flow *flow);
	void *known_arg;
};

/**
 * struct sip_tx_counters - what happened, each since the start but @live*
 * @live: transactions now
 * @live_server: of these, server transactions
 * @live_bytes: of the requests and answers that they keep
 * @clients: client transactions made
 * @servers: server transactions made
 * @resent: requests and responses sent again by a timer
 * @repeated: requests received again and absorbed
 * @late: responses to nothing (any more), dropped
 * @strange: messages that their transaction has no row for, dropped
 * @merged: requests that came by a second way (482)
 * @bad_branch: requests without RFC 3261's magic cookie, told apart as in RFC 2543
 * @no_invite: CANCELs for nothing (481)
 * @full: server transactions refused by @max or @max_bytes
 * @full_source: server transactions refused by what their source may have
 * @full_client: client transactions refused by @max or @max_bytes
 * @timed_out: transactions that got no answer, or no ACK
 * @send_failed: transactions that their transport failed
 */
struct sip_tx_counters {
	uint64_t live, live_server, live_bytes;
	uint64_t clients, servers;
	uint64_t resent, repeated, late, strange, merged, bad_branch, no_invite;
	uint64_t full, full_source, full_client;
	uint64_t timed_out, send_failed;
};

/**
 * sip_tx_stack_new() - begin
 * @config: times and limits; copied
 * @timers: the clock; must outlive the stack
 * @ops: the transport; must outlive the stack
 *
 * Return: the stack, NULL without memory or random bytes.
 */
struct sip_tx_stack *sip_tx_stack_new(const struct sip_tx_config *config,
				      struct timers *timers,
				      const struct sip_flow_ops *ops);

/**
 * sip_tx_stack_free() - end: every transaction is dropped, and its user's over() called
 * @stack: the stack, or NULL
 */
void sip_tx_stack_free(struct sip_tx_stack *stack);

/** sip_tx_stack_counters() - what happened */
const struct sip_tx_counters *sip_tx_stack_counters(const struct sip_tx_stack *stack);

/** sip_tx_stack_timers() - the clock, for timers of those above */
struct timers *sip_tx_stack_timers(const struct sip_tx_stack *stack);

/** sip_tx_stack_ops() - the transport */
const struct sip_flow_ops *sip_tx_stack_ops(const struct sip_tx_stack *stack);

/**
 * enum sip_tx_verdict - what sip_tx_receive() did with a message
 * @SIP_TX_TAKEN: all that is to be done; this includes what was refused (a merged
 *	request, a CANCEL for nothing) and dropped
 * @SIP_TX_REQUEST: a request that belongs to no transaction: sip_dialog_receive()
 *	and what is above judge it, with sip_tx_server_new() or sip_tx_stateless()
 * @SIP_TX_ACK: an ACK of a 2xx, or of nothing: for dialogs; never answered
 */
enum sip_tx_verdict {
	SIP_TX_TAKEN,
	SIP_TX_REQUEST,
	SIP_TX_ACK
};

/**
 * sip_tx_receive() - a message that the gate let pass
 * @stack: the stack
 * @flow: that it came by
 * @msg: the message; the caller keeps his reference, whoever is told of it takes one
 *	if he wants to keep it (sip_msg_hold())
 *
 * Users' functions are called before it returns.
 */
enum sip_tx_verdict sip_tx_receive(struct sip_tx_stack *stack, struct sip_flow *flow,
				   struct sip_msg *msg);

/**
 * sip_tx_underway() - is this a request of a transaction that we have?
 * @stack: the stack
 * @flow: that it came by
 * @msg: the request
 *
 * Who refuses without state asks before: one that comes again is no new one.
 */
bool sip_tx_underway(struct sip_tx_stack *stack, struct sip_flow *flow,
		     const struct sip_msg *msg);

/* ------------------------------------------------------------------ responses */

/**
 * struct sip_reply - what a response says beside what is copied from its request
 * @status: 100 to 699
 * @reason: its phrase; NULL: the RFCs'
 * @tag: for To, where the request has none; empty: the transaction's own
 * @headers: further header lines as they go out, each with its CRLF, without
 *	Via, From, To, Call-ID, CSeq, Record-Route, Contact and Content-*
 * @contact: URI for Contact, without <>; empty: none
 * @type: Content-Type; empty: there is no body
 * @body: the body
 *
 * All copied. Record-Route is copied from the request into what makes a dialog.
 */
struct sip_reply {
	unsigned int status;
	const char *reason;
	struct span tag;
	struct span headers;
	struct span contact;
	struct span type;
	struct span body;
};

/**
 * sip_tx_stateless() - answer a request and keep nothing of it
 * @stack: the stack
 * @flow: that it came by
 * @request: the request; an ACK is not answered
 * @reply: what to say. Its tag is always the same for the same request
 *	(RFC 3261 8.2.7), so @reply->tag is not looked at.
 */
void sip_tx_stateless(struct sip_tx_stack *stack, struct sip_flow *flow,
		      struct sip_msg *request, const struct sip_reply *reply);

/**
 * sip_tx_refuse() - sip_tx_stateless() with a status alone
 */
void sip_tx_refuse(struct sip_tx_stack *stack, struct sip_flow *flow,
		   struct sip_msg *request, unsigned int status);

/* -------------------------------------------------------- server transactions */

/**
 * struct sip_tx_server_ops - what a server transaction tells; each may be NULL
 * @cancel: a CANCEL for this INVITE, answered 200 already. Once at most, and not
 *	after a final response. The user owes a final response: 487. @cancel is the
 *	request, for its Reason headers.
 * @acked: a refusal was acknowledged (INVITE only)
 * @failed: @status 408: no ACK came, to a refusal or a 2xx; 503: a response could
 *	not be sent. Nothing is sent any more.
 * @over: the transaction is gone; the last call
 */
struct sip_tx_server_ops {
	void (*cancel)(void *arg, struct sip_tx *tx, struct sip_msg *cancel);
	void (*acked)(void *arg, struct sip_tx *tx);
	void (*failed)(void *arg, struct sip_tx *tx, unsigned int status);
	void (*over)(void *arg, struct sip_tx *tx);
};

/**
 * sip_tx_server_new() - keep a request that sip_tx_receive() gave back
 * @stack: the stack
 * @flow: that it came by
 * @msg: the request; the transaction takes a reference: sip_tx_request()
 * @ops: what to call
 * @arg: for @ops
 *
 * A 100 goes out by itself if an INVITE has no response after 200 ms. A request
 * other than INVITE that its user does not answer within 64 * T1 ends with 408 at us.
 *
 * Return: the transaction; NULL if it was refused by a limit or for lack of memory:
 * 503 was sent and counted then, and the caller has nothing to do.
 */
struct sip_tx *sip_tx_server_new(struct sip_tx_stack *stack, struct sip_flow *flow,
				 struct sip_msg *msg,
				 const struct sip_tx_server_ops *ops, void *arg);

/**
 * sip_tx_respond() - answer
 * @tx: a server transaction
 * @reply: what to say
 *
 * A 2xx to an INVITE is repeated until sip_tx_acked(), for 64 * T1 at most. A second
 * final response, or a provisional one after it, is not sent.
 *
 * Return: 0, -EALREADY after a final response, -EINVAL for a client transaction or a
 * status that does not exist, -ENOMEM. What the transport makes of it comes by @failed.
 */
int sip_tx_respond(struct sip_tx *tx, const struct sip_reply *reply);

/** sip_tx_answer() - sip_tx_respond() with a status alone */
int sip_tx_answer(struct sip_tx *tx, unsigned int status);

/**
 * sip_tx_acked() - the ACK of our 2xx is here (dialogs know): stop repeating it
 * @tx: a server transaction of an INVITE
 */
void sip_tx_acked(struct sip_tx *tx);

/** sip_tx_tag() - the To tag of @tx's responses that name none; of the request if
 *	it has one
 */
struct span sip_tx_tag(const struct sip_tx *tx);

/* -------------------------------------------------------- client transactions */

/**
 * struct sip_tx_client_ops - what a client transaction tells; each may be NULL
 * @response: 1xx, and one final response; for an INVITE every 2xx, of each fork and
 *	each copy (RFC 6026). A 1xx after a final response is not told. ACK to a
 *	refusal has been sent; ACK to a 2xx is the dialog's.
 * @failed: no final response: @status 408: none in time; 503: the transport failed
 *	before there was any (a connection that breaks later is waited for no less:
 *	the other side may come back by another). It may be tried elsewhere:
 *	sip_tx_client_again() works in this call.
 * @over: the transaction is gone; the last call
 */
struct sip_tx_client_ops {
	void (*response)(void *arg, struct sip_tx *tx, struct sip_msg *response);
	void (*failed)(void *arg, struct sip_tx *tx, unsigned int status);
	void (*over)(void *arg, struct sip_tx *tx);
};

/**
 * sip_tx_client_new() - send a request
 * @stack: the stack
 * @flow: to send it by
 * @request: the request as it goes out, but for a Via of ours, which is put on top.
 *	Copied. Not ACK (see sip_tx_send()), not CANCEL (see sip_tx_cancel()).
 * @ops: what to call
 * @arg: for @ops
 *
 * What the transport refuses at once is told by @ops->failed from the next
 * timers_run(), never within this call.
 *
 * Return: the transaction; NULL with errno: EINVAL (not a request that can be read),
 * ENOBUFS (a limit), ENOMEM.
 */
struct sip_tx *sip_tx_client_new(struct sip_tx_stack *stack, struct sip_flow *flow,
				 struct span request,
				 const struct sip_tx_client_ops *ops, void *arg);

/**
 * sip_tx_client_again() - the same request by another flow (RFC 3263 4.3)
 * @tx: a client transaction that has failed, or got a 503; not yet over
 * @flow: the next target
 *
 * A new transaction with a branch of its own, and the same user.
 *
 * Return: as sip_tx_client_new().
 */
struct sip_tx *sip_tx_client_again(struct sip_tx *tx, struct sip_flow *flow);

/**
 * sip_tx_cancel() - cancel an INVITE
 * @tx: its client transaction
 * @headers: further header lines for the CANCEL (Reason), each with its CRLF; copied
 *
 * Before the first provisional response the CANCEL is held back (RFC 3261 9.1) and
 * sent at once when that is there. The user gets the INVITE's final response by
 * @response as always (487, or a 2xx that was quicker), or @failed with 408 if none
 * comes within 64 * T1. What the CANCEL itself is answered touches nothing.
 *
 * Return: 0; -EALREADY: it has a final response, or was cancelled; -EINVAL: not a
 * client transaction of an INVITE; -ENOMEM.
 */
int sip_tx_cancel(struct sip_tx *tx, struct span headers);

/**
 * sip_tx_set_timer_c() - how long this INVITE may be silent after a 1xx
 * @tx: a client transaction of an INVITE
 * @ms: the time from now on, anew with each 1xx; 0: the stack's
 */
void sip_tx_set_timer_c(struct sip_tx *tx, uint32_t ms);

/**
 * sip_tx_send() - send a request that has no transaction: the ACK of a 2xx
 * @stack: the stack
 * @flow: to send it by
 * @request: without our Via
 * @branch: what Via's branch says after the magic cookie; empty: a new random one
 *
 * Return: 0 or -errno.
 */
int sip_tx_send(struct sip_tx_stack *stack, struct sip_flow *flow,
		struct span request, struct span branch);

/* ------------------------------------------------------------------------ both */

/** sip_tx_cancel_text() - what would cancel an INVITE of ours, for free(); NULL without memory */
char *sip_tx_cancel_text(const struct sip_tx *invite, size_t *len);

/**
 * sip_tx_cancel_former() - cancel an INVITE of a former agent's
 * @stack: the stack
 * @flow: by which that went
 * @cancel: sip_tx_cancel_text() of then
 *
 * The CANCEL is sent again until it is answered, the INVITE's refusal is acknowledged, and
 * who accepts it gets ACK and BYE.
 *
 * Return: 0. -EINVAL: it is no CANCEL, or there is no memory.
 */
int sip_tx_cancel_former(struct sip_tx_stack *stack, struct sip_flow *flow,
			 struct span cancel);

/** sip_tx_request() - the request of a transaction, parsed; good as long as @tx */
struct sip_msg *sip_tx_request(const struct sip_tx *tx);

/** sip_tx_flow() - the flow of a transaction; good as long as @tx */
struct sip_flow *sip_tx_flow(const struct sip_tx *tx);

/** sip_tx_status() - the last response's status, sent or received; 0: none yet */
unsigned int sip_tx_status(const struct sip_tx *tx);

/** sip_tx_stack_of() - the stack that @tx is of */
struct sip_tx_stack *sip_tx_stack_of(const struct sip_tx *tx);

/**
 * sip_tx_forget() - the user goes; no function of his is called any more
 * @tx: the transaction, or NULL
 *
 * It goes on by itself: a server transaction that has no final response yet gets 487
 * if it was cancelled, else 500.
 */
void sip_tx_forget(struct sip_tx *tx);

/**
 * sip_tx_call_off() - the user goes, and what he wanted is not said again
 * @tx: a client transaction, but not of an INVITE, which is cancelled; NULL is fine
 *
 * It is gone when this returns; an answer that still comes is nobody's.  Not from within
 * a function of its user.
 */
void sip_tx_call_off(struct sip_tx *tx);

/**
 * sip_random_tag() - characters that nobody can guess (128 bits of random_bytes())
 * @tag: filled with SIP_TAG_LEN characters and a NUL; letters and digits only
 */
void sip_random_tag(char tag[SIP_TAG_LEN + 1]);

#endif /* SIP_TRANSACTION_H */
