/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the transaction layer share. For tx_*.c, transaction.c and the
 * tests of the table only.
 */
#ifndef SIP_TX_H
#define SIP_TX_H

#include "base/addr.h"
#include "base/siphash.h"
#include "sip/message.h"
#include "sip/transaction.h"
#include "sip/transport.h"
#include "sip/write.h"

/** enum sip_tx_kind - the four machines of RFC 3261 section 17 */
enum sip_tx_kind {
	SIP_TX_INVITE_CLIENT,
	SIP_TX_OTHER_CLIENT,
	SIP_TX_INVITE_SERVER,
	SIP_TX_OTHER_SERVER,
	SIP_TX_KINDS
};

/**
 * enum sip_tx_state - the states of all four; names are the RFCs' but for
 * @SIP_TX_START: not begun
 * @SIP_TX_HELD: INVITE client: Calling, and a CANCEL is wanted
 * @SIP_TX_CANCELLING: INVITE client: Proceeding, and a CANCEL was sent
 * @SIP_TX_TRYING: INVITE server: Proceeding, and no response was sent
 * @SIP_TX_ACKED: INVITE server: Accepted, and the ACK is here
 * @SIP_TX_OVER: Terminated
 */
enum sip_tx_state {
	SIP_TX_START,
	SIP_TX_CALLING,
	SIP_TX_HELD,
	SIP_TX_TRYING,
	SIP_TX_PROCEEDING,
	SIP_TX_CANCELLING,
	SIP_TX_COMPLETED,
	SIP_TX_CONFIRMED,
	SIP_TX_ACCEPTED,
	SIP_TX_ACKED,
	SIP_TX_OVER,
	SIP_TX_STATES
};

/**
 * enum sip_tx_event - what can happen to a transaction
 * @SIP_TX_EV_BEGIN: it was made
 * @SIP_TX_EV_100: a 100 came
 * @SIP_TX_EV_1XX: 101 to 199 came
 * @SIP_TX_EV_2XX: 200 to 299 came
 * @SIP_TX_EV_REFUSAL: 300 to 699 came
 * @SIP_TX_EV_CANCEL: client: the user wants it cancelled; server: a CANCEL came
 * @SIP_TX_EV_REQUEST: its request came again
 * @SIP_TX_EV_ACK: an ACK of its refusal came
 * @SIP_TX_EV_ACKED: the user says that the ACK of its 2xx came
 * @SIP_TX_EV_SAY_1XX: the user sends 100 to 199
 * @SIP_TX_EV_SAY_2XX: the user sends 200 to 299
 * @SIP_TX_EV_SAY_REFUSAL: the user sends 300 to 699
 * @SIP_TX_EV_RETRY: timers A, E, G, of a repeated 2xx, of a 1xx that is due
 * @SIP_TX_EV_LIMIT: timers B, C, D, F, H, I, J, K, L, M
 * @SIP_TX_EV_BROKEN: the transport could not send, or lost its connection
 */
enum sip_tx_event {
	SIP_TX_EV_BEGIN,
	SIP_TX_EV_100,
	SIP_TX_EV_1XX,
	SIP_TX_EV_2XX,
	SIP_TX_EV_REFUSAL,
	SIP_TX_EV_CANCEL,
	SIP_TX_EV_REQUEST,
	SIP_TX_EV_ACK,
	SIP_TX_EV_ACKED,
	SIP_TX_EV_SAY_1XX,
	SIP_TX_EV_SAY_2XX,
	SIP_TX_EV_SAY_REFUSAL,
	SIP_TX_EV_RETRY,
	SIP_TX_EV_LIMIT,
	SIP_TX_EV_BROKEN,
	SIP_TX_EVENTS
};

/**
 * enum sip_tx_act - what is done; a row has a list of them, done in order
 * @SIP_TX_SEND: the request, or the response that the user has just made
 * @SIP_TX_AGAIN: the same once more
 * @SIP_TX_SAY_100: make a 100 and send it
 * @SIP_TX_SEND_ACK: acknowledge the refusal that came, again if it came again
 * @SIP_TX_SEND_CANCEL: begin a transaction for the CANCEL
 * @SIP_TX_RETRY_T1: retry in T1, where the transport is unreliable
 * @SIP_TX_RETRY_T1_ALWAYS: retry in T1 (a 2xx is lost further on as well)
 * @SIP_TX_RETRY_DOUBLE: retry in twice the time
 * @SIP_TX_RETRY_DOUBLE_T2: retry in twice the time, T2 at most
 * @SIP_TX_RETRY_T2: retry in T2
 * @SIP_TX_RETRY_200: retry in 200 ms (the 100 that an INVITE gets)
 * @SIP_TX_RETRY_LATE: when a client's timer E has come to T2, where the transport is
 *	unreliable (the 100 of RFC 4320)
 * @SIP_TX_RETRY_MINUTE: retry in a minute (RFC 3261 13.3.1.1)
 * @SIP_TX_STOP: no retry
 * @SIP_TX_LIMIT_64T1: this state's end is in 64 * T1
 * @SIP_TX_LIMIT_64T1_UNREL: the same; where the transport is reliable, now
 * @SIP_TX_LIMIT_T4_UNREL: in T4; where the transport is reliable, now
 * @SIP_TX_LIMIT_C: in timer C
 * @SIP_TX_COUNT_REPEATED: count a request that came again
 * @SIP_TX_COUNT_LATE: count a response that came too late
 * @SIP_TX_TELL: tell the user of the response; the last one in its row
 * @SIP_TX_TELL_CANCEL: of the CANCEL; the last one
 * @SIP_TX_TELL_ACK: of the ACK; the last one
 * @SIP_TX_FAIL_408: of the end without an answer; the last one
 * @SIP_TX_FAIL_503: of the transport's failure; the last one
 */
enum sip_tx_act {
	SIP_TX_NONE,
	SIP_TX_SEND,
	SIP_TX_AGAIN,
	SIP_TX_SAY_100,
	SIP_TX_SEND_ACK,
	SIP_TX_SEND_CANCEL,
	SIP_TX_RETRY_T1,
	SIP_TX_RETRY_T1_ALWAYS,
	SIP_TX_RETRY_DOUBLE,
	SIP_TX_RETRY_DOUBLE_T2,
	SIP_TX_RETRY_T2,
	SIP_TX_RETRY_200,
	SIP_TX_RETRY_LATE,
	SIP_TX_RETRY_MINUTE,
	SIP_TX_STOP,
	SIP_TX_LIMIT_64T1,
	SIP_TX_LIMIT_64T1_UNREL,
	SIP_TX_LIMIT_T4_UNREL,
	SIP_TX_LIMIT_C,
	SIP_TX_COUNT_REPEATED,
	SIP_TX_COUNT_LATE,
	SIP_TX_TELL,
	SIP_TX_TELL_CANCEL,
	SIP_TX_TELL_ACK,
	SIP_TX_FAIL_408,
	SIP_TX_FAIL_503
};

/** SIP_TX_ACTS - the longest list of a row, and one that ends it */
#define SIP_TX_ACTS	5

/**
 * struct sip_tx_rule - a row: what an event does in a state
 * @known: there is such a row
 * @next: the state afterwards
 * @act: what is done, in the new state, up to SIP_TX_NONE
 */
struct sip_tx_rule {
	bool known;
	enum sip_tx_state next;
	enum sip_tx_act act[SIP_TX_ACTS];
};

/** sip_tx_rule() - the row of the table, never NULL */
const struct sip_tx_rule *sip_tx_rule(enum sip_tx_kind kind, enum sip_tx_state state,
				      enum sip_tx_event event);

/**
 * struct sip_tx_source - how much one source has
 * @next: in its bucket
 * @addr: the address, port 0, of IPv6 the /64
 * @count: its server transactions
 * @bytes: of their requests and answers
 * @max: as many of them as it may have
 * @max_bytes: and of these
 */
struct sip_tx_source {
	struct sip_tx_source *next;
	struct dp_addr addr;
	size_t count;
	size_t bytes;
	size_t max;
	size_t max_bytes;
};

/**
 * struct sip_tx_hook - a dialog that must know of a server transaction's end
 * @failed: before the user is told
 * @over: before the user is told; the hook is off then
 * @arg: for these
 * @entry: in &struct sip_tx
 */
struct sip_tx_hook {
	void (*failed)(void *arg, struct sip_tx *tx, unsigned int status);
	void (*over)(void *arg, struct sip_tx *tx);
	void *arg;
	LIST_ENTRY(sip_tx_hook) entry;
};

/**
 * struct sip_tx - a transaction
 * @stack: its stack
 * @kind: which machine
 * @state: where that is
 * @flow: a reference
 * @watch: client: of @flow
 * @request: a reference; of a client with our Via
 * @last: the last response sent (server), or the ACK of the refusal (client), or NULL
 * @last_len: its length
 * @cancel_headers: client: further lines of a CANCEL that is held back, or NULL
 * @status: the last response's
 * @interval: of @retry, ms
 * @timer_c: ms
 * @retry: SIP_TX_EV_RETRY
 * @limit: SIP_TX_EV_LIMIT
 * @broken: SIP_TX_EV_BROKEN, out of the call in which it was found
 * @tag: server: To tag of ours
 * @source: server: whom it counts for; NULL: nobody
 * @hash: of its key
 * @next: in its bucket
 * @merge_hash: server: of what merged requests have in common
 * @merge_next: server: in that bucket
 * @all: all transactions
 * @busy: how often the machine runs on it; it is not freed then
 * @cancelled: server: a CANCEL came; client: one was made
 * @buried: it is out of the tables and has no timers
 * @hooks: server: dialogs
 * @server: server: the user's functions, or NULL
 * @client: client: the user's functions, or NULL
 * @arg: for these
 */
struct sip_tx {
	struct sip_tx_stack *stack;
	enum sip_tx_kind kind;
	enum sip_tx_state state;
	struct sip_flow *flow;
	struct sip_flow_watch watch;
	struct sip_msg *request;
	char *last;
	size_t last_len;
	char *cancel_headers;
	unsigned int status;
	uint32_t interval;
	uint32_t timer_c;
	struct timer retry, limit, broken;
	char tag[SIP_TAG_LEN + 1];
	struct sip_tx_source *source;
	uint64_t hash;
	struct sip_tx *next;
	uint64_t merge_hash;
	struct sip_tx *merge_next;
	LIST_ENTRY(sip_tx) all;
	unsigned int busy;
	bool cancelled;
	bool buried;
	LIST_HEAD(, sip_tx_hook) hooks;
	const struct sip_tx_server_ops *server;
	const struct sip_tx_client_ops *client;
	void *arg;
};

/** SIP_TX_SOURCE_BUCKETS - of the table of sources */
#define SIP_TX_SOURCE_BUCKETS	4096

/**
 * struct sip_tx_stack - all transactions
 * @config: with the defaults filled in
 * @timers: the clock
 * @ops: the transport
 * @counters: what happened
 * @key: random, of the tables' hash: nobody outside can make keys meet
 * @bucket: transactions by key, @mask + 1 chains
 * @merge: server transactions by what merged requests have in common, as many
 * @mask: a power of two less one
 * @source: sources
 * @all: all transactions
 */
struct sip_tx_stack {
	struct sip_tx_config config;
	struct timers *timers;
	const struct sip_flow_ops *ops;
	struct sip_tx_counters counters;
	uint64_t key[2];
	struct sip_tx **bucket;
	struct sip_tx **merge;
	size_t mask;
	struct sip_tx_source *source[SIP_TX_SOURCE_BUCKETS];
	LIST_HEAD(, sip_tx) all;
};

/* tx_hash.c: the tables */

int sip_tx_tables_new(struct sip_tx_stack *stack);
void sip_tx_tables_free(struct sip_tx_stack *stack);
/** sip_tx_link() - put it where it is found by its request */
void sip_tx_link(struct sip_tx *tx);
void sip_tx_unlink(struct sip_tx *tx);
/** sip_tx_find_client() - the transaction that a response is for, or NULL */
struct sip_tx *sip_tx_find_client(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *response);
/** sip_tx_find_server() - whose request comes again; for an ACK or a CANCEL the INVITE's */
struct sip_tx *sip_tx_find_server(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *request);
/** sip_tx_find_merged() - the same request by another way, or NULL (RFC 3261 8.2.2.2) */
struct sip_tx *sip_tx_find_merged(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *request);
/** sip_tx_source_take() - 0, -EUSERS above the limit, -ENOMEM */
int sip_tx_source_take(struct sip_tx *tx);
void sip_tx_source_drop(struct sip_tx *tx);

/* tx_build.c: what the layer itself says */

/** sip_tx_via() - our Via for a flow: the whole line */
void sip_tx_via(const struct sip_flow *flow, struct span branch, char *buf,
		size_t size);
#define SIP_TX_VIA_LEN	160
/** sip_tx_with_via() - a request with our Via on top, for free(); NULL: ENOMEM, EINVAL */
char *sip_tx_with_via(const struct sip_flow *flow, struct span request,
		      struct span branch, size_t *len);
/** sip_tx_build_ack() - ACK of a refusal (RFC 3261 17.1.1.3), for free() */
char *sip_tx_build_ack(const struct sip_tx *tx, const struct sip_msg *refusal,
		       size_t *len);
/** sip_tx_build_cancel() - CANCEL of an INVITE (9.1), for free() */
char *sip_tx_build_cancel(const struct sip_tx *tx, struct span headers, size_t *len);
/** sip_tx_build_reply() - a response, for free() */
char *sip_tx_build_reply(const struct sip_msg *request, const struct sip_reply *reply,
			 struct span tag, size_t *len);
/** sip_write_lines() - whole header lines that were made elsewhere */
void sip_write_lines(struct sip_writer *w, struct span lines);

/* tx_server.c */

#define SIP_TX_STATELESS_TAG_LEN	16
/** sip_tx_stateless_tag() - of an answer without a transaction: always the same */
struct span sip_tx_stateless_tag(const struct sip_tx_stack *stack,
				 const struct sip_msg *request,
				 char buf[SIP_TX_STATELESS_TAG_LEN + 1]);
/** sip_tx_reply_to() - build and send a response, keep nothing */
void sip_tx_reply_to(struct sip_tx_stack *stack, struct sip_flow *flow,
		     const struct sip_msg *request, const struct sip_reply *reply,
		     struct span tag);
/** sip_tx_say() - sip_tx_respond() with a text that was built; @text is taken, by free() */
int sip_tx_say(struct sip_tx *tx, unsigned int status, char *text, size_t len);

/* tx_run.c: the machine */

/**
 * sip_tx_event() - what happens now
 * @tx: to what; may be gone afterwards, if it was not busy before
 * @event: what
 * @msg: the message that it is about, or NULL
 *
 * Return: true if the table has a row for it.
 */
bool sip_tx_event(struct sip_tx *tx, enum sip_tx_event event, struct sip_msg *msg);

/** sip_tx_make() - a transaction in SIP_TX_START, in no table; NULL without memory */
struct sip_tx *sip_tx_make(struct sip_tx_stack *stack, enum sip_tx_kind kind,
			   struct sip_flow *flow, struct sip_msg *request);
/** sip_tx_end() - out of the tables, over() is called, and it is free */
void sip_tx_end(struct sip_tx *tx);
/** sip_tx_keep() - what is sent last, and again for a copy; takes @text, which may be NULL */
void sip_tx_keep(struct sip_tx *tx, char *text, size_t len);
/** sip_tx_drop() - free one that was never begun */
void sip_tx_drop(struct sip_tx *tx);

/** sip_tx_is_client() - which role? */
static inline bool sip_tx_is_client(const struct sip_tx *tx)
{
	return tx->kind == SIP_TX_INVITE_CLIENT || tx->kind == SIP_TX_OTHER_CLIENT;
}

/** sip_tx_reliable() - nothing is lost between us and the next one */
static inline bool sip_tx_reliable(const struct sip_tx *tx)
{
	return tx->flow->proto != SIP_PROTO_UDP;
}

/** sip_tx_realm() - matching never crosses it */
static inline const void *sip_tx_realm(const struct sip_flow *flow)
{
	return flow->listener->realm;
}

/* tx_client.c */

/** sip_tx_send_cancel() - a client transaction without a user, for the CANCEL; 0 or -errno */
int sip_tx_send_cancel(struct sip_tx *invite);

#endif /* SIP_TX_H */
