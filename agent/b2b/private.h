/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of b2b/ share; each uses those above it in this list:
 *
 *   text     header fields and texts that go from one side to the other
 *   index    calls by id and by the Via that we sent; what each source has
 *   binding  bindings of phones: calls by their flows, keepalive, what is told
 *   stun     how the realms' addresses are seen from outside
 *   realm    realms: listeners, gates, policies; another configuration
 *   tenant   tenants: what each has, and may have; see tenant.h
 *   keep     what outlives the agent: bindings; see keep.h
 *   asker    who phones are: our own challenges, and wrong passwords
 *   listen   listeners, and those of another configuration
 *   trunk    trunks, in four files: see trunk.h
 *   life     what is known of a call, and that it is to end
 *   meddler  middleboxes that rewrite SIP
 *   timer    session timers and silence
 *   reply    an answer
 *   relay    a request from one end of a pair to the other, and its answer
 *   prack    reliable provisional answers (RFC 3262): the callee's, ours, what acknowledges them
 *   trickle  candidates of ICE by INFO
 *   farewell a BYE to who may ask who we are
 *   pair     two dialogs that belong together
 *   branch   one attempt to reach the callee: targets, forks, answers
 *   indialog requests in a call
 *   call     begins and ends calls
 *   keep_early calls that are not answered when the agent ends, and end with it
 *   keep_call calls that outlive the agent; one of a former agent begins by it; see keep.h
 *   invite   an INVITE becomes a call
 *   request  a phone's REGISTER, as we understand it
 *   register a REGISTER on its way to the registrar; what it is granted becomes a binding
 *   direct   other requests for a phone that has registered, outside of dialogs
 *   subscribe subscriptions: two dialogs, and what is passed between them
 *   refer    what REFER and Replaces name, in the other side's names
 *   told     Call-IDs of a switch's that phones know by other names
 *   server   what comes out of no dialog; the front end's begin and end
 *
 * Life of a call: b2b_call_new() by the INVITE.  It is over with b2b_call_finish(), by
 * whoever sees that; at the end of that turn of the loop, when nobody stands on
 * anything of it any more, b2b_call_end() takes its media away, ends its dialogs and
 * frees its pairs and relays.  From then on it is history.  A branch whose INVITE has
 * no last answer yet outlives that with a reference on the call.
 */
#ifndef B2B_PRIVATE_H
#define B2B_PRIVATE_H

#include <sys/queue.h>

#include "base/log.h"
#include "base/span.h"
#include "base/timer.h"
#include "bind/bind.h"
#include "route/route.h"
#include "sip/dialog.h"
#include "sip/message.h"
#include "sip/resolve.h"
#include "sip/write.h"
#include "b2b.h"

struct branch;
struct call;
struct farewell;
struct pair;
struct realm;
struct direct;
struct reg;
struct pack;
struct store;
struct sub;
struct tenant;
struct trunk;
struct unpack;

/** B2B_METHODS - methods that are served, as in Allow */
#define B2B_METHODS	"INVITE, ACK, BYE, CANCEL, PRACK, OPTIONS, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE, PUBLISH"

/** B2B_AOR - room for an address of record; a longer one cannot register */
#define B2B_AOR		256

/** B2B_REGISTERS - chains of REGISTERs under way */
#define B2B_REGISTERS	1024

/** B2B_OPTION - the option tags that a request may require: they pass, or are ours (100rel) */
#define B2B_OPTION	"timer, replaces, 100rel"
extern const char *const b2b_options[];
/* where there is ICE; in a call, too: who has none has refused its INVITE */
extern const char *const b2b_ice_options[];
/** b2b_event_options - those of subscriptions: lists of what is subscribed to (RFC 4662) */
extern const char *const b2b_event_options[];

/**
 * struct end - one end of a pair: our dialog with one party
 * @pair: the pair
 * @i: 0 caller, 1 callee
 * @dialog: ours; NULL when it is over
 * @allow: bits (1 << enum sip_method) that the party has said it allows; 0: it has
 *	said nothing
 */
struct end {
	struct pair *pair;
	unsigned int i;
	struct sip_dialog *dialog;
	uint32_t allow;
};

/**
 * struct account - our answer to the last challenge of a trunk; zeroed: there was none
 * @value: of the challenge's header field
 * @proxy: it was Proxy-Authenticate
 * @nc: how often its nonce was used
 * @line: the header field that the last INVITE had
 */
struct account {
	char *value;
	bool proxy;
	uint32_t nc;
	char *line;
};

/**
 * struct relay - a request from one end of a pair, on its way to the other
 * @entry: in the pair's list
 * @pair: the pair
 * @from: end that it came from
 * @method: its method
 * @in: its server transaction; NULL when that is over
 * @out: our client transaction; NULL when that is over
 * @offer: it has an offer
 * @answered: a 2xx has gone to @from; of an INVITE the ACK is awaited
 * @late: the offer came in the 2xx: the ACK has the answer
 * @given_up: it was answered by us, what still comes is too late
 * @own: it is a PRACK of ours: there is no @in, and nobody waits for its answer
 * @done: nothing is awaited any more; it goes with @out, or with the pair
 * @tries: challenges of a trunk that were answered
 * @sdp: towards a trunk that may ask for more: what is sent; NULL: nothing is
 * @cseq: of @in
 * @rseq: a PRACK: of what it acknowledges at the other end
 * @timer: what takes too long
 */
struct relay {
	LIST_ENTRY(relay) entry;
	struct pair *pair;
	unsigned int from;
	enum sip_method method;
	struct sip_tx *in;
	struct sip_tx *out;
	bool offer;
	bool answered;
	bool late;
	bool given_up;
	bool own;
	bool done;
	unsigned int tries;
	char *sdp;
	uint32_t cseq;
	uint32_t rseq;
	struct timer timer;
};

/**
 * struct pair - a dialog with the caller and one with the callee that belong together:
 * one for each fork while it rings, and one from the answer on
 * @entry: in the call's list
 * @call: the call
 * @branch: attempt that it belongs to; NULL once that is over
 * @end: caller's and callee's
 * @media: their negotiation
 * @answered: the callee's 2xx was passed on: the caller's ACK is awaited
 * @acked: it came
 * @late_offer: the 2xx had the offer
 * @said: the callee's description came in a reliable answer: its 2xx adds nothing to it
 * @told: the caller got it in one, or will: its 2xx has it no more
 * @cseq: of the INVITE that the callee's last reliable answer was to
 * @relays: requests under way
 */
struct pair {
	LIST_ENTRY(pair) entry;
	struct call *call;
	struct branch *branch;
	struct end end[2];
	struct session_branch *media;
	bool answered;
	bool acked;
	bool late_offer;
	bool said;
	bool told;
	uint32_t cseq;
	LIST_HEAD(, relay) relays;
};

/**
 * struct index_retry - dialog ids of an INVITE that was challenged (401, 407): the next
 * try has them too (RFC 3261 section 22.2)
 * @entry: in the index
 * @key: realm, Call-ID and From tag of the caller's INVITE
 * @call_id: of ours
 * @tag: of our From
 * @cseq: of the next try
 * @until: ms of the loop's clock
 */
struct index_retry {
	LIST_ENTRY(index_retry) entry;
	char *key;
	char call_id[64];
	char tag[SIP_TAG_LEN + 1];
	uint32_t cseq;
	uint64_t until;
};

/**
 * struct branch - one attempt to reach the callee
 * @entry: in the call's list
 * @call: the call; a reference
 * @realm: where the callee is
 * @hop: the next hop; NULL: it goes by a binding's flow
 * @other: next hops that are tried after it
 * @n_other: how many
 * @number: what becomes of the callee's number at these
 * @lines: the trunk's that @hop is of; NULL: nobody's
 * @tries: challenges of the trunk that were answered
 * @query: where that is, being asked for
 * @targets: where it is
 * @next: target that is tried next
 * @flow: to the one that is tried
 * @dialog: the first dialog, that the INVITE is sent in; NULL: none yet
 * @tx: the INVITE
 * @via: its entry in the index
 * @uri: request URI
 * @local: From, without tag
 * @remote: To, without tag
 * @route: values of Route; NULL: none
 * @headers: further header fields of the INVITE
 * @type: Content-Type
 * @body: the body, with keys in it
 * @body_len: its bytes
 * @hops: Max-Forwards
 * @before: dialog ids of the try before, that was challenged
 * @retry: @before is filled
 * @heard: something was answered: other targets are not tried any more
 * @sized: TCP is tried, only since the INVITE is big
 * @over: it has its last answer
 * @lingers: the call is over or goes elsewhere, the last answer is awaited
 * @rest: then: among all such
 * @timer: nothing was answered, and there is another next hop
 */
struct branch {
	LIST_ENTRY(branch) entry;
	struct call *call;
	struct realm *realm;
	const struct config_hop *hop;
	const struct config_hop *other[ROUTE_HOPS_MAX];
	size_t n_other;
	struct route_number number;
	const struct config_trunk *lines;
	unsigned int tries;
	struct sip_query *query;
	struct sip_targets targets;
	size_t next;
	struct sip_flow *flow;
	struct sip_dialog *dialog;
	struct sip_tx *tx;
	struct index_via *via;
	char *uri;
	char *local;
	char *remote;
	char *route;
	char *headers;
	char *type;
	char *body;
	size_t body_len;
	unsigned int hops;
	struct index_retry before;
	bool retry;
	bool heard;
	bool sized;
	bool over;
	bool lingers;
	LIST_ENTRY(branch) rest;
	struct timer timer;
};

/**
 * struct call - a call
 * @entry: among those that are not over, or in the history
 * @bucket: in the index, by id
 * @refs: the index or the history, and each branch
 * @b2b: the front end
 * @config: what it began with; a reference
 * @id: its name, and the session's
 * @state: how far it is
 * @realm: caller's and callee's
 * @session: its media; NULL when it is over
 * @party: caller and callee in it
 * @invite: the caller's INVITE; NULL when that is over
 * @first: the pair whose end 0 was made with the INVITE
 * @pairs: all
 * @chosen: the one that was answered
 * @branches: attempts
 * @trunk: by whose lines the callee is reached; NULL: nobody's. A reference
 * @calling: the trunk that calls us; NULL: none does. A reference
 * @account: whom we are at each end
 * @tenant: of caller and callee; NULL: nobody. References; one alone if it is the same
 * @source: what the caller's source has; NULL: it is known, and not counted
 * @ringing: it is counted among its ringing calls
 * @emergency: it is one, and no limit holds it up
 * @offer: the INVITE has an offer
 * @guessed: its INVITE had a wrong password
 * @rel: the caller supports reliable provisional answers
 * @rel_must: it wants no others
 * @uri: who the parties are, for people
 * @call_id: Call-IDs of their dialogs, for people
 * @from: where their signalling comes from
 * @request: request URI as the caller sent it
 * @created: CLOCK_REALTIME
 * @answered: CLOCK_REALTIME
 * @ended: CLOCK_REALTIME
 * @reason: why it ended
 * @timer: no answer in time
 * @expiry: the parties' session timer (RFC 4028)
 * @later: ends it
 * @meddled: what somebody between has rewritten; "": nothing that is known
 * @headers: for the BYE or CANCEL at the end, of the party that ended it; NULL: ours
 * @by: that party; -1: we
 * @report: its media at its end
 * @keep: puts it into the store
 * @kept: it is there
 * @kept_early: what ends it before it is answered is
 */
struct call {
	TAILQ_ENTRY(call) entry;
	LIST_ENTRY(call) bucket;
	unsigned int refs;
	struct b2b *b2b;
	struct config *config;
	uint64_t id;
	enum b2b_state state;
	struct realm *realm[2];
	struct session *session;
	struct session_party *party[2];
	struct sip_tx *invite;
	struct pair *first;
	LIST_HEAD(, pair) pairs;
	struct pair *chosen;
	LIST_HEAD(, branch) branches;
	struct trunk *trunk;
	struct trunk *calling;
	struct account account[2];
	struct tenant *tenant[2];
	struct index_source *source;
	bool ringing;
	bool emergency;
	bool offer;
	bool guessed;
	bool rel;
	bool rel_must;
	char uri[2][B2B_TEXT];
	char call_id[2][B2B_TEXT];
	struct dp_addr from[2];
	char request[B2B_TEXT];
	struct timespec created;
	struct timespec answered;
	struct timespec ended;
	char reason[B2B_TEXT];
	struct timer timer;
	struct timer expiry;
	struct loop_later later;
	char meddled[B2B_WHY];
	char *headers;
	int by;
	struct session_report *report;
	struct loop_later keep;
	bool kept;
	bool kept_early;
};

TAILQ_HEAD(call_list, call);

/**
 * struct next_listener - a listener as another configuration wants it
 * @listener: it, open
 * @is_new: it was not there before
 */
struct next_listener {
	struct sip_listener *listener;
	bool is_new;
};

/**
 * struct realm - a realm while we run
 * @b2b: the front end
 * @name: as the configuration says it
 * @conf: of the present configuration
 * @gate: who may speak
 * @policy: what holds for the media of parties that come; calls keep theirs
 * @ports: of each of its addresses, in the configuration's order
 * @listener: of each of its listeners, likewise
 * @share: of each, the port that calls share, or NULL
 * @n_ports: how many
 * @n_listeners: how many are open
 * @next: while another configuration is judged: what it has
 * @next_list: room for @listener as it is then
 * @n_next: how many
 * @known: addresses that the gate knows by the configuration: next hops (those that have
 *	names are in &struct hop_watch), and those that are allowed one by one
 * @n_known: how many
 * @bindings: of the phones that have registered here
 * @nonces: of our challenges
 * @tenants: in the configuration's order
 * @n_tenants: how many
 * @kept: their names are made with what the former agent made them with
 * @told: how each of its addresses is seen from outside, for policies
 * @seen: who finds that out; NULL each: nobody (`stun:`)
 * @stun_query: where the server is, being asked for
 * @stun_timer: when to ask again
 */
struct realm {
	struct b2b *b2b;
	char *name;
	const struct config_realm *conf;
	struct sip_gate *gate;
	struct session_policy *policy;
	struct ports **ports;
	struct share **share;
	struct sip_listener **listener;
	size_t n_ports;
	size_t n_listeners;
	struct next_listener *next;
	struct sip_listener **next_list;
	size_t n_next;
	struct dp_addr *known;
	size_t n_known;
	struct bind_table *bindings;
	struct sip_nonces *nonces;
	struct tenant **tenants;
	size_t n_tenants;
	bool kept;
	struct session_seen **told;
	struct seen **seen;
	struct sip_query *stun_query;
	struct timer stun_timer;
};

/**
 * struct hop_watch - keeps an eye on where a next hop is, so that the gate knows it
 * @b2b: the front end
 * @realm: where it is
 * @hop: the next hop
 * @query: being asked for
 * @timer: when to ask again
 * @found: where it was
 * @n_found: how many
 */
struct hop_watch {
	struct b2b *b2b;
	struct realm *realm;
	const struct config_hop *hop;
	struct sip_query *query;
	struct timer timer;
	struct dp_addr found[SIP_TARGETS_MAX];
	size_t n_found;
};

struct index;

/**
 * struct b2b - the front end
 * @loop: the event loop
 * @timers: its timers
 * @config: the present configuration; a reference
 * @sessions: media
 * @media: holds sockets
 * @store: what outlives us; NULL: nothing does
 * @transport: SIP's sockets
 * @stack: transactions
 * @dialogs: dialogs
 * @resolver: of next hops
 * @realms: in the configuration's order
 * @n_realms: how many
 * @watch: of each route's next hop that is a name
 * @n_watch: how many
 * @ifwatch: changes of this host's addresses; NULL: nobody wants to know
 * @index: calls, Vias, sources
 * @active: calls that are not over
 * @n_active: how many
 * @history: those that are, oldest first
 * @n_history: how many
 * @lingering: branches of calls that are over
 * @registers: REGISTERs under way, by the token of their contact
 * @directs: requests outside of dialogs under way
 * @told: Call-IDs that phones know by other names; NULL: there are none yet
 * @subs: subscriptions
 * @subs_weight: as how many they count
 * @farewells: BYEs to trunks under way
 * @trunks: of the present configuration
 * @turns: calls that began by one of them
 * @draining: no new calls
 * @counters: what happened
 * @started: CLOCK_REALTIME
 */
struct b2b {
	struct loop *loop;
	struct timers *timers;
	struct config *config;
	struct sessions *sessions;
	struct media *media;
	struct store *store;
	struct bans *bans;
	struct sip_transport *transport;
	struct sip_tx_stack *stack;
	struct sip_dialogs *dialogs;
	struct sip_resolver *resolver;
	struct realm *realms;
	size_t n_realms;
	struct hop_watch *watch;
	size_t n_watch;
	struct ifwatch *ifwatch;
	struct index *index;
	struct call_list active;
	unsigned int n_active;
	struct call_list history;
	unsigned int n_history;
	LIST_HEAD(, branch) lingering;
	LIST_HEAD(, reg) registers[B2B_REGISTERS];
	LIST_HEAD(, direct) directs;
	struct told *told;
	LIST_HEAD(, sub) subs;
	unsigned int subs_weight;
	LIST_HEAD(, farewell) farewells;
	LIST_HEAD(, trunk) trunks;
	uint64_t turns;
	bool draining;
	struct b2b_counters counters;
	struct timespec started;
};

/* ---------------------------------------------------------------- text.c */

/* what of the header fields of a message that came to @from goes to the other end */
void b2b_pass(struct sip_writer *w, const struct sip_msg *msg, const struct end *from);
/* of Supported or Require, @id, what of @options is in it */
void b2b_pass_options(struct sip_writer *w, const struct sip_msg *msg, enum sip_hdr id,
		      const char *const *options);
/*
 * Header fields that stay between a trunk and us, for &sip_cross.hold: no phone has an
 * account there.  NULL: @lines is none, or we have none there either.
 */
const char *const *b2b_passwords(const struct config_trunk *lines);
/* what the party at @to is told of us: Allow, of what the other one allows; trickled ICE */
void b2b_abilities(struct sip_writer *w, const struct end *to);
/* methods of a message's Allow, as bits; 0 if it has none */
uint32_t b2b_allow(const struct sip_msg *msg);
/* From or To of the other side, an address in it replaced by @host; for free() */
char *b2b_identity(const struct sip_addr *addr, struct span host);
/* URI of our Contact at a flow's listener */
void b2b_contact(const struct sip_flow *flow, char *buf, size_t size);
/* host of a listener as a URI has it */
void b2b_host(const struct dp_addr *addr, char *buf, size_t size);
/* host of ours in a realm, as a URI has it; returns @buf */
const char *b2b_realm_host(const struct realm *realm, char *buf, size_t size);
/* a URI for people, cut */
void b2b_uri_text(const struct sip_addr *addr, char *buf, size_t size);
/* a writer's lines as a string of their own; NULL if it failed */
char *b2b_lines(struct sip_writer *w);
/* an own Reason */
void b2b_reason(struct sip_writer *w, const char *text);

/* the session description of a message: 1 it has one, 0 it has none, -1: it has
 * another body
 */
int b2b_sdp(const struct sip_msg *msg, struct span *sdp);

/**
 * struct content - a body as we send it; zeroed: none
 * @lines: further Content-* lines
 * @type: Content-Type
 * @body: the body
 * @len: its bytes
 */
struct content {
	char *lines;
	char *type;
	char *body;
	size_t len;
};

/* false without memory; b2b_content_free() in any case */
/* the body of @msg, for @to, with @sdp in the place of its description; NULL: none */
bool b2b_content_sdp(struct content *content, const struct sip_msg *msg, const char *sdp,
		     const struct realm *to);
bool b2b_content_copy(struct content *content, const struct sip_msg *msg);
/* false without memory */
bool b2b_content_hide(struct content *content, const struct sip_msg *msg,
		      const char *host);
void b2b_content_free(struct content *content);

/* --------------------------------------------------------------- index.c */

struct index_via;

/**
 * struct index_source - what a source has that is not known
 * @entry: in the index
 * @realm: realm that it comes by
 * @addr: an IPv4 address, or a /64
 * @calls: calls
 * @ringing: of these, not answered
 * @subs: subscriptions, each as many as it counts for
 * @emergencies: of its calls, those that no limit holds up
 * @quota: its ports
 */
struct index_source {
	LIST_ENTRY(index_source) entry;
	const struct realm *realm;
	struct dp_addr addr;
	uint32_t calls;
	uint32_t ringing;
	uint32_t subs;
	uint32_t emergencies;
	struct session_quota quota;
};

struct index *b2b_index_new(void);
void b2b_index_free(struct index *index);
void b2b_index_add(struct index *index, struct call *call);
void b2b_index_remove(struct call *call);
struct call *b2b_index_find(const struct index *index, uint64_t id);
/* an INVITE that we have sent, by its branch */
struct index_via *b2b_index_via_add(struct index *index, struct span branch,
				struct call *call);
void b2b_index_via_remove(struct index_via *via);
struct call *b2b_index_via_find(const struct index *index, struct span branch);
struct index_source *b2b_index_source(struct index *index, const struct realm *realm,
				  const struct dp_addr *addr);
/* forget it if it has nothing any more */
void b2b_index_source_put(struct index_source *source);
void b2b_index_retry_add(struct index *index, const struct realm *realm,
		     const struct sip_msg *invite, const struct sip_dialog *dialog,
		     uint64_t now);
bool b2b_index_retry_take(struct index *index, const struct realm *realm,
		      const struct sip_msg *invite, uint64_t now,
		      struct index_retry *retry);

/* ------------------------------------------------------------- binding.c */

/* has somebody registered from one of these addresses? */
bool b2b_binding_in(const struct b2b *b2b, const struct prefix *prefix);
/* a request that came in by @from for one of our contacts: false, it is nobody's there */
bool b2b_binding_route(struct b2b *b2b, const struct realm *from,
		       const struct sip_uri *uri, struct route *route);
/*
 * may a request that is no call have something kept for it? A phone's that has registered,
 * a peer's, and one for a contact of ours, which nobody guesses
 */
bool b2b_binding_vouched(const struct realm *realm, const struct sip_flow *flow,
			 const struct sip_msg *msg);
/* To of a request for a phone that @route leads to, without tag; for free() */
char *b2b_binding_identity(const struct route *route, const struct sip_addr *to);
/* the Route of a phone's request that goes to @route, if its registrar has said one */
void b2b_binding_service_route(const struct realm *realm, const struct sip_flow *flow,
			       const struct sip_msg *msg, struct route *route);
/* the address of record of a From or a To, as the table has it; absent if it is none */
struct span b2b_binding_aor(const struct sip_addr *addr, char *buf, size_t size);
/* ms between two keepalives by a flow; 0: none */
uint32_t b2b_binding_interval(const struct realm *realm, const struct sip_flow *flow);
/* for struct bind_ops; @arg is the realm */
uint32_t b2b_binding_keepalive(void *arg, struct sip_flow *flow,
			       const struct bind *bind);

/* ---------------------------------------------------------------- stun.c */

/* room for what is learned, before the policies are made */
bool b2b_stun_open(struct realm *realm);
void b2b_stun_close(struct realm *realm);
/* asks as the configuration says, once the ports of former legs are taken; and no more */
void b2b_stun_begin(struct realm *realm);
void b2b_stun_end(struct realm *realm);

/* --------------------------------------------------------------- realm.c */

bool b2b_realms_open(struct b2b *b2b, char *error);
bool b2b_realms_listen(struct b2b *b2b, char *error);
void b2b_realms_unwatch(struct b2b *b2b);
void b2b_realms_forget(struct b2b *b2b);
void b2b_realms_close(struct b2b *b2b);
bool b2b_realms_reload(struct b2b *b2b, struct config *config,
		       void (*kept)(const char *why, void *arg), void *arg,
		       char *error);
struct realm *b2b_realm_of(struct b2b *b2b, const struct config_realm *conf);
/* of media in a realm, as @conf says; to be put */
struct session_policy *b2b_policy_make(const struct realm *realm,
				       const struct config_realm *conf);
struct realm *b2b_realm_of_flow(const struct sip_flow *flow);
/* is this the address of a next hop in the realm, or one that its acl allows by name? */
bool b2b_realm_knows(const struct realm *realm, const struct dp_addr *addr);
/* for a dialog that begins by @flow */
const struct sip_dialog_policy *b2b_realm_dialog_policy(const struct realm *realm,
							const struct sip_flow *flow);
/* the same for the dialogs of a subscription */
const struct sip_dialog_policy *b2b_realm_event_policy(const struct realm *realm,
						       const struct sip_flow *flow);

/* -------------------------------------------------------------- listen.c */

bool b2b_listen_all(struct realm *realm, char *error);
/* what @conf has and the present one has not is opened; false: @error says why not */
bool b2b_listen_prepare(struct realm *realm, const struct config_realm *conf, char *error);
/* after it, whatever it has returned: all stays as it was */
void b2b_listen_undo(struct realm *realm);
/* after it has returned true: what is in @conf no more is closed, its connections stay */
void b2b_listen_commit(struct realm *realm);

/* --------------------------------------------------------------- asker.c */

/*
 * Has the sender of a request that begins something said who he is, where the realm wants
 * to know?  If not he has been answered.
 */
bool b2b_asker_knows(struct realm *realm, struct sip_flow *flow, struct sip_msg *msg);
/* a request has been refused by who is behind us: was that for its password? */
bool b2b_asker_is_guess(const struct sip_flow *flow, const struct sip_msg *request,
			const struct sip_msg *response);
/* somebody has guessed a password */
void b2b_asker_guess(struct b2b *b2b, const struct dp_addr *source);
/* realms of digest whose passwords are for us, up to a NULL; NULL: there are none */
const char *const *b2b_asker_own(const struct realm *realm);

/* -------------------------------------------------------- trunk_account.c */

/* a 401 or 407 that we can answer; @tries: for one request, from 0 */
bool b2b_account_challenged(struct account *account, const struct config_trunk *conf,
			    const struct sip_msg *msg, unsigned int *tries);
/* the answer to the last challenge, for a request; nothing if there was none */
void b2b_account_write(struct account *account, const struct config_trunk *conf,
		       struct sip_writer *w, struct span method, struct span uri,
		       struct span body);
void b2b_account_forget(struct account *account);

/* ---------------------------------------------------------------- trunk.c */

/* those of a configuration, whose references they take; false: not all, without memory */
bool b2b_trunks_set(struct b2b *b2b, struct config *config);
void b2b_trunks_end(struct b2b *b2b);
/* a call by a route's trunk: NULL if that has none; to be released */
struct trunk *b2b_trunk_take(struct b2b *b2b, const struct route *route);
/* the trunk that calls from there, which has an account of ours; to be put */
struct trunk *b2b_trunk_calling(const struct realm *realm, const struct dp_addr *source);
void b2b_trunk_put(struct trunk *trunk);
struct config *b2b_trunk_config(const struct trunk *trunk);
/* the call is over: it is not counted any more */
void b2b_trunk_release(struct trunk *trunk);
bool b2b_trunk_has_room(const struct b2b *b2b, const struct route *route);
/* those that work before those that do not; of a group as it hunts, if there is an @invite */
void b2b_trunk_sort(struct b2b *b2b, struct route *route, const struct sip_msg *invite);
/* the trunk has asked the caller for a password: the INVITE that has it goes there, too */
void b2b_trunk_asks(struct trunk *trunk, const struct sip_msg *invite);
/* the call goes on by another trunk of a group; false: that has as many as it may */
bool b2b_trunk_move(struct call *call, const struct config_trunk *to);
/* a next hop of @lines has failed, or, without @why, has answered */
void b2b_trunk_tried(struct trunk *trunk, const struct config_trunk *lines,
		     const struct config_hop *hop, const char *why);
const struct config_trunk *b2b_trunk_conf(const struct trunk *trunk);

/* ---------------------------------------------------------------- life.c */

struct call *b2b_call_get(struct call *call);
void b2b_call_put(struct call *call);
void b2b_call_up(struct call *call, struct pair *pair);
/* it ends at the end of this turn; nothing else is done for it from now on */
void b2b_call_finish(struct call *call, const char *reason);
/* the same for what a party has said: what it said goes to the other one */
void b2b_call_finish_by(struct call *call, const char *reason, struct end *by,
		    const struct sip_msg *msg);
void b2b_call_log(const struct call *call, enum log_level level, int side,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void b2b_call_view(const struct call *call, struct b2b_view *view);
/* a party was heard: it may have moved */
void b2b_call_heard(struct end *end, const struct sip_flow *flow);
void b2b_call_count_media(struct call *call, int error);
const char *b2b_end_name(const struct end *end);
struct realm *b2b_end_realm(const struct end *end);
struct session_party *b2b_end_party(const struct end *end);
struct end *b2b_end_other(const struct end *end);
/* the trunk that asks us who we are at this end; NULL: nobody does */
const struct config_trunk *b2b_end_lines(const struct end *end);

/* ------------------------------------------------------------- meddler.c */

/* each is looked at for what somebody between may have rewritten: a response to @sent */
void b2b_meddler_response(struct call *call, unsigned int side, const struct sip_msg *sent,
			  const struct sip_msg *msg);
/* a response whose Via is not ours */
void b2b_meddler_stray(struct sip_flow *flow, const struct sip_msg *msg, void *arg);
/* an INVITE that came by @flow */
void b2b_meddler_request(struct call *call, unsigned int side, const struct sip_flow *flow,
			 struct sip_msg *msg);
/* the same of a REGISTER: true with a sentence in @text */
bool b2b_meddler_register(const struct sip_flow *flow, struct sip_msg *msg, char *text,
			  size_t size);
/* a request in a dialog of ours */
void b2b_meddler_within(struct call *call, unsigned int side, const struct sip_msg *msg);

/* --------------------------------------------------------------- timer.c */

/* a 2xx to an INVITE or UPDATE: the parties' session timer begins anew, or ends */
void b2b_timer_session(struct call *call, const struct sip_msg *response);
void b2b_timer_expired(struct timer *timer, void *arg);
extern const struct session_ops b2b_timer_session_ops;

/* --------------------------------------------------------------- reply.c */

/* a whole answer to a request in a dialog, or to the INVITE that begins it */
struct answer {
	unsigned int status;
	const char *phrase;	/* NULL: the usual one */
	const struct sip_msg *from;	/* what is relayed; NULL: our own */
	const char *sdp;	/* NULL: none */
	const char *why;	/* for a Warning; NULL: none */
	const char *headers;	/* further lines; NULL: none */
	bool reliable;	/* until its PRACK is here */
	uint32_t rseq;	/* then: of the callee's answer that it is; 0: that has none */
};
int b2b_reply(struct end *end, struct sip_tx *tx, const struct answer *answer);

/* --------------------------------------------------------------- relay.c */

/* a request that came at @from goes on; or it is refused */
void b2b_relay_request(struct end *from, struct sip_tx *in, struct sip_msg *request);
void b2b_relay_abandon(struct relay *relay, struct span headers);
void b2b_relay_free(struct relay *relay);
void b2b_relay_cancelled(struct end *from, struct sip_tx *in, struct sip_msg *cancel);
void b2b_relay_over(struct end *from, struct sip_tx *in);
/* an INVITE of this end has got our 2xx, and this is its ACK; or none came */
void b2b_relay_acked(struct end *from, uint32_t cseq, struct sip_msg *ack);
/* pass the ACK of a 2xx on, with the answer if the 2xx had the offer */
void b2b_relay_ack(struct end *from, bool late_offer, struct sip_msg *ack);

/*
 * a PRACK with a description that came at @from, for what the other end has said by
 * @rseq: 0, it goes on; or the status that it was refused with
 */
unsigned int b2b_relay_prack(struct end *from, struct sip_tx *in, struct sip_msg *request,
			     uint32_t rseq);
/* one of ours, to the other end of @from */
void b2b_relay_prack_own(struct end *from, uint32_t rseq);
/* how many of these are not answered */
unsigned int b2b_relay_pracks(const struct pair *pair);

/* --------------------------------------------------------------- prack.c */

/* is the callee to know that its provisional answers may be reliable? */
bool b2b_prack_offers(const struct call *call);
/* an answer of the callee's: false, it is a copy or comes too early; @rseq: 0, not reliable */
bool b2b_prack_heard(struct pair *pair, const struct sip_msg *msg, uint32_t *rseq);
/* it goes to the caller, with @sdp */
void b2b_prack_pass(struct pair *pair, const struct sip_msg *msg, uint32_t rseq,
		    const char *sdp);
void b2b_prack_received(struct end *end, struct sip_tx *tx, struct sip_msg *msg);
/* the caller has not acknowledged an answer in time */
void b2b_prack_missed(struct end *end, struct sip_tx *tx);

/* ------------------------------------------------------------- trickle.c */

/* do we have candidates of parties in that realm sent later? */
bool b2b_trickle_is_on(const struct realm *realm);
/* a request that has some: it is for us */
bool b2b_trickle_is(const struct sip_msg *msg);
void b2b_trickle_received(struct end *end, struct sip_tx *tx, struct sip_msg *msg);
/* Supported and Recv-Info of ours for a party there */
void b2b_trickle_say(struct sip_writer *w, const struct realm *to);
/* the other party's Recv-Info, without what is between each of them and us */
void b2b_trickle_pass(struct sip_writer *w, const struct sip_msg *msg,
		      const struct realm *to);

/* ------------------------------------------------------------ farewell.c */

/*
 * BYE in a confirmed dialog of ours with a trunk of @config, which ends with it; takes what
 * @account has.  False without memory: then nothing was done
 */
bool b2b_farewell(struct b2b *b2b, struct config *config, const struct config_trunk *lines,
		  struct account *account, struct sip_dialog *dialog, struct span headers);
/* nobody waits for their answers any more */
void b2b_farewells_end(struct b2b *b2b);

/* ---------------------------------------------------------------- pair.c */

struct pair *b2b_pair_new(struct call *call, struct branch *branch);
/* lost against another fork */
void b2b_pair_lose(struct pair *pair);
/* it is over; @headers for who is told */
void b2b_pair_drop(struct pair *pair, struct span headers);
void b2b_pair_free(struct pair *pair);

/* -------------------------------------------------------------- branch.c */

struct branch *b2b_branch_new(struct call *call, const struct route *route,
			  struct sip_msg *invite, const char *sdp);
bool b2b_branch_start(struct branch *branch);
/* it is not wanted any more */
void b2b_branch_cancel(struct branch *branch, struct span headers);
void b2b_branch_free(struct branch *branch);
/* an answer of another fork */
void b2b_branch_forked(struct branch *branch, struct sip_dialog *fork);
/* our address towards a route's next hop, as far as can be told before it is found */
const struct config_address *b2b_branch_address(const struct route *route);

/* ------------------------------------------------------------ indialog.c */

extern const struct sip_dialog_ops b2b_indialog_ops;

/* ---------------------------------------------------------------- call.c */

struct call *b2b_call_new(struct b2b *b2b, struct realm *in, const struct route *route,
		      struct sip_flow *flow, const struct sip_msg *invite);
/* now, not at the end of the turn */
void b2b_call_end(struct call *call);
/*
 * End those that wait for that.  Who has been told that his call is over may have a new one at
 * once, which comes in the same turn: it is not one too many.  Nobody stands on any call.
 */
void b2b_calls_settle(struct b2b *b2b);

/* -------------------------------------------------------------- invite.c */

void b2b_invite_received(struct b2b *b2b, struct sip_flow *flow,
		     struct sip_msg *msg);
/* is it for a number that is let through limits? */
bool b2b_invite_is_emergency(const struct b2b *b2b, const struct sip_uri *uri);
bool b2b_invite_to_emergency(const struct b2b *b2b, struct span user);
/* refuse without state; @why goes into the log and a Warning */
void b2b_invite_refuse(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg,
		   unsigned int status, const char *headers, const char *why);

/* the callee's tenant, where a binding's flow leads to it */
struct tenant *b2b_invite_called(struct b2b *b2b, const struct route *route);
/* a phone that has registered, or the first route that matches; if not it has been answered */
bool b2b_invite_route(struct b2b *b2b, const struct realm *realm, struct sip_flow *flow,
		      struct sip_msg *msg, struct route *route);

/* ---------------------------------------------------------------- told.c */

/* a phone of this realm is told of that dialog by another name; false: it cannot be */
bool b2b_told_name(struct realm *phone, struct span call_id, char alias[BIND_TOKEN_LEN + 1]);
/* what that was; absent: none of these names, or too long ago */
struct span b2b_told_call_id(const struct b2b *b2b, struct span name);
/* Call-IDs in a dialog-info that show hosts of @msg's network; false without memory */
bool b2b_told_hide(struct realm *phone, struct content *content, const struct sip_msg *msg);

/* --------------------------------------------------------------- refer.c */

/* a word of a header field: strangers choose them, and by escapes any byte */
bool b2b_is_word(struct span s);

/*
 * Replaces of an INVITE that goes from one realm to another: 0, and what it is there, if
 * there is any; else the status to refuse it with. @w: NULL: it is only judged
 */
unsigned int b2b_refer_replaces(struct realm *from, const struct realm *to,
				const struct sip_flow *flow, const struct sip_msg *msg,
				struct sip_writer *w);
/* Refer-To of a REFER for the other end; 0, or the status to refuse it with */
unsigned int b2b_refer_to(struct end *from, const struct sip_msg *msg,
			  struct sip_writer *w);

/* ------------------------------------------------------------ register.c */

/* for the table of a realm's bindings; its arg is the realm */
extern const struct bind_ops b2b_register_ops;
void b2b_register_received(struct b2b *b2b, struct sip_flow *flow,
		       struct sip_msg *msg);
/* those under way are not answered by a registrar any more */
void b2b_register_end_all(struct b2b *b2b);

/* -------------------------------------------------------------- direct.c */

/* for one of our contacts, or of whom somebody has vouched for */
void b2b_direct_received(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg);
/* those under way are answered by nobody else any more */
void b2b_direct_end_all(struct b2b *b2b);

/* ----------------------------------------------------------- subscribe.c */

void b2b_subscribe_received(struct b2b *b2b, struct sip_flow *flow,
			    struct sip_msg *msg);
/* nobody is told, and they are kept */
void b2b_subscribe_end_all(struct b2b *b2b);
/* those that a former agent has left; its bindings are here */
void b2b_subscribe_load(struct b2b *b2b);

#endif /* B2B_PRIVATE_H */
