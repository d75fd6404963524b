/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of call/ share.
 *
 * Life of a call: call_new() by the first INVITE; it stands in the table until
 * call_over(), which takes its media away and, at once or after the last ACK,
 * its dialogs.  The memory goes in a turn of the event loop of its own
 * (call_bury()), so that no function on the stack loses what it stands on; by
 * then every nta object that could call back has been destroyed.
 */
#ifndef CALL_PRIVATE_H
#define CALL_PRIVATE_H

#include <netinet/in.h>
#include <sys/queue.h>
#include <time.h>

#include "session/ports.h"
#include "sdp/body.h"
#include "sofia/header.h"
#include "call.h"

struct call;
struct relay;

/** CALL_TEXT - room for a URI or a reason, cut if longer */
#define CALL_TEXT	128

/**
 * enum call_state - how far a call has come
 * @CALL_SETUP: the INVITE is on its way or rings
 * @CALL_UP: answered
 * @CALL_OVER: ended; lives on for the last messages
 */
enum call_state {
	CALL_SETUP,
	CALL_UP,
	CALL_OVER
};

/**
 * struct side - one party of a call, and our dialog with it
 * @call: the call
 * @name: "caller" or "callee"
 * @realm: where it is
 * @leg: nta's dialog; NULL when it is over
 * @listener: ours, that the dialog's messages leave by
 * @address: ours, that its media comes to
 * @source: where its signalling comes from
 * @hop: where its requests are sent, past what its dialog says, since that is a
 *	name, and only names of the configuration are looked up; empty: not so
 * @routed: its dialog has a route set
 * @uri: who it is, for people
 * @sdp_id: session id of the descriptions we send
 * @sdp_version: version of the last one
 * @sdp_sent: the last one
 * @bare_keys: keys of SRTP were exchanged with it by a transport that anybody on
 *	the way can read
 * @answered: a 2xx has made the dialog: it can, and must, be ended by BYE
 * @unacked: our 200 to its INVITE has no ACK yet
 * @bye_wanted: a BYE is due as soon as it has
 * @bye_reason: with this Reason
 */
struct side {
	struct call *call;
	const char *name;
	struct sip_realm *realm;
	nta_leg_t *leg;
	const struct config_listener *listener;
	const struct config_address *address;
	struct dp_addr source;
	char hop[CALL_TEXT];
	bool routed;
	char uri[CALL_TEXT];
	uint64_t sdp_id;
	uint64_t sdp_version;
	char *sdp_sent;
	bool bare_keys;
	bool answered;
	bool unacked;
	bool bye_wanted;
	char bye_reason[CALL_TEXT];
};

/**
 * struct protection - SRTP between us and a party, of one media line
 * @on: there is SRTP; the rest is void otherwise
 * @savp: its profile says so; else it was offered beside plain RTP (RFC 8643)
 * @tag: number of the key
 * @rx: the party's key
 * @tx: ours
 */
struct protection {
	bool on;
	bool savp;
	uint32_t tag;
	struct dp_srtp rx;
	struct dp_srtp tx;
};

/**
 * struct proposal - SRTP of a media line that is offered and not yet answered
 * @proto: profile of the offer, and so of the answer to it; NULL: not RTP
 * @from: what its sender gets if it is answered
 * @to_proto: profile that is offered to the other party
 * @must: SRTP or nothing
 * @n: keys offered to it
 * @crypto: these
 */
struct proposal {
	const char *proto;
	struct protection from;
	const char *to_proto;
	bool must;
	size_t n;
	struct sdp_crypto crypto[CONFIG_SUITES_MAX];
};

/**
 * struct half - one party's half of a media line
 * @pair: our ports towards it
 * @remote: where its description says RTP is to go; family 0: nowhere (yet)
 * @remote_rtcp: and RTCP
 * @srtp: protection
 */
struct half {
	struct ports_pair *pair;
	struct dp_addr remote;
	struct dp_addr remote_rtcp;
	struct protection srtp;
};

/**
 * struct line - a media line of a call
 * @kind: audio, video, other
 * @rtp: RTP, with RTCP beside it
 * @wanted: both parties agreed on it
 * @bridged: the datapath has its bridge of RTP (or datagrams)
 * @bridged_rtcp: and that of RTCP
 * @dp: that datapath
 * @half: caller's and callee's
 */
struct line {
	enum sdp_kind kind;
	bool rtp;
	bool wanted;
	bool bridged;
	bool bridged_rtcp;
	struct dp *dp;
	struct half half[2];
};

/**
 * struct offer - an offer that has no answer yet
 * @body: what was offered; NULL: none is open
 * @from: side that made it
 * @fresh: lines that got their ports for this offer: they go if it fails
 * @proposal: protection of its lines
 */
struct offer {
	struct sdp_body *body;
	unsigned int from;
	bool fresh[SDP_MEDIA_MAX];
	struct proposal *proposal;
};

/**
 * struct relay - a request from one side, relayed to the other
 * @entry: in the call's list
 * @call: the call
 * @from: side that it came from
 * @method: its method
 * @irq: its server transaction; NULL when answered and done
 * @orq: our client transaction; NULL when done
 * @initial: the INVITE that made the call
 * @offer_in_request: 1 with an offer, 0 without a body, -1: a body of other kind
 * @answered: a 2xx has gone to @from
 * @cancelled: @from does not want it any more
 * @cancel_wanted: a CANCEL is due as soon as anything is answered
 */
struct relay {
	LIST_ENTRY(relay) entry;
	struct call *call;
	unsigned int from;
	sip_method_t method;
	nta_incoming_t *irq;
	nta_outgoing_t *orq;
	bool initial;
	int offer_in_request;
	bool answered;
	bool cancelled;
	bool cancel_wanted;
};

/**
 * struct leg_report - a leg, as the datapath told when its call ended
 * @side: 0 caller, 1 callee
 * @line: media line
 * @rtcp: the RTCP leg
 * @srtp_rx: enum dp_srtp_suite of what arrives
 * @srtp_tx: of what leaves
 * @info: what it told
 * @rtp_at_agent: RTP packets that reached the agent's socket instead
 */
struct leg_report {
	unsigned int side;
	unsigned int line;
	bool rtcp;
	uint8_t srtp_rx;
	uint8_t srtp_tx;
	struct dp_leg_info info;
	uint64_t rtp_at_agent;
};

/**
 * struct call - a call
 * @entry: in the table, in the history, or in the graveyard
 * @bucket: in the table's hash
 * @calls: the table
 * @id: its name, and the cookie of its bridges
 * @state: how far it has come
 * @side: caller and callee
 * @relays: requests under way
 * @lines: media lines
 * @n_lines: how many
 * @offer: the offer that is open
 * @request_uri: as the caller sent it
 * @in_realm: where it came in, for loop detection
 * @created: CLOCK_REALTIME
 * @answered: CLOCK_REALTIME, 0 = never
 * @ended: CLOCK_REALTIME
 * @reason: why it ended
 * @timer: no answer in time; while ending: no ACK in time
 * @reports: legs at its end (history)
 * @n_reports: how many
 * @unrelayed: what could not be relayed, for `why'
 */
struct call {
	TAILQ_ENTRY(call) entry;
	LIST_ENTRY(call) bucket;
	struct calls *calls;
	uint64_t id;
	enum call_state state;
	struct side side[2];
	LIST_HEAD(, relay) relays;
	struct line lines[SDP_MEDIA_MAX];
	unsigned int n_lines;
	struct offer offer;
	char request_uri[CALL_TEXT];
	const struct config_realm *in_realm;
	struct timespec created;
	struct timespec answered;
	struct timespec ended;
	char reason[CALL_TEXT];
	su_timer_t *timer;
	struct leg_report *reports;
	unsigned int n_reports;
	char unrelayed[CALL_TEXT];
};

TAILQ_HEAD(call_list, call);

/**
 * struct orphan - bridges of a former agent
 * @entry: in the table
 * @cookie: their cookie
 * @legs: how many legs
 * @last: CLOCK_REALTIME ns of the last packet on any of them
 * @pairs: their ports
 * @n_pairs: how many
 */
struct orphan {
	LIST_ENTRY(orphan) entry;
	uint64_t cookie;
	unsigned int legs;
	uint64_t last;
	struct ports_pair **pairs;
	unsigned int n_pairs;
};

/**
 * struct pool - the ports of one address
 * @realm: whose
 * @address: which
 * @ports: the ports
 */
struct pool {
	const struct config_realm *realm;
	const struct config_address *address;
	struct ports *ports;
};

/**
 * struct counters - since the agent was started
 * @total: INVITEs that became a call
 * @answered: of these, answered
 * @failed: of these, not answered
 * @refused: INVITEs refused for what they said
 * @no_route: INVITEs that no route wanted
 * @no_ports: 503: port range exhausted
 * @datapath: 503: the datapath refused
 * @draining: 503: shutting down
 * @loops: 482 and 483
 */
struct counters {
	uint64_t total;
	uint64_t answered;
	uint64_t failed;
	uint64_t refused;
	uint64_t no_route;
	uint64_t no_ports;
	uint64_t datapath;
	uint64_t draining;
	uint64_t loops;
};

#define CALL_BUCKETS	4096

/**
 * struct calls - all calls
 * @root: the event loop
 * @config: the configuration
 * @stack: SIP
 * @dp: relays media
 * @dp_srtp: relays media with SRTP on either side: @dp itself if that can, or
 *	another one, or NULL: there is no SRTP then
 * @media: holds sockets
 * @pools: ports, one pool for each address of each realm
 * @n_pools: how many
 * @active: calls that are not over
 * @n_active: how many
 * @ending: calls that wait for their last messages
 * @grave: calls whose memory goes in the next turn of the loop
 * @history: ended calls, oldest first
 * @n_history: how many
 * @bucket: active and ending calls by id
 * @orphans: bridges of a former agent
 * @n_orphans: how many
 * @next_id: of the next call
 * @draining: no new calls
 * @grave_timer: turns the grave
 * @orphan_timer: looks at the orphans
 * @counters: what happened
 * @started: CLOCK_REALTIME
 */
struct calls {
	su_root_t *root;
	const struct config *config;
	struct sip_stack *stack;
	struct dp *dp;
	struct dp *dp_srtp;
	struct media *media;
	struct pool *pools;
	size_t n_pools;
	struct call_list active;
	unsigned int n_active;
	struct call_list ending;
	struct call_list grave;
	struct call_list history;
	unsigned int n_history;
	LIST_HEAD(, call) bucket[CALL_BUCKETS];
	LIST_HEAD(, orphan) orphans;
	unsigned int n_orphans;
	uint64_t next_id;
	bool draining;
	su_timer_t *grave_timer;
	su_timer_t *orphan_timer;
	struct counters counters;
	struct timespec started;
};

/* table.c: the life of a call */
struct call *call_new(struct calls *calls);
struct call *call_find(struct calls *calls, uint64_t id);
struct call *call_find_ended(struct calls *calls, uint64_t id);
void call_up(struct call *call);
/* media is gone when it returns; the dialogs when nobody waits for an ACK */
void call_over(struct call *call, const char *reason);
/* nothing of nta's is left: to the history, or to the grave */
void call_settle(struct call *call);
void call_log(const struct call *call, enum log_level level,
	      const struct side *side, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct ports *calls_ports(struct calls *calls,
			  const struct config_address *address);

/* route.c */
const struct config_route *route_find(const struct config *config,
				      const struct config_realm *from,
				      const url_t *url);
/* request URI of the next hop: see rtplaned.yaml(5) */
url_t *route_uri(const struct config_route *route, const url_t *url,
		 su_home_t *home);

/* media.c: descriptions into ports and bridges; 0 or -errno with a sentence */
int media_offer(struct call *call, unsigned int from, struct sdp_body *body,
		struct dp_err *err);
int media_answer(struct call *call, unsigned int from,
		 const struct sdp_body *body, struct dp_err *err);
void media_offer_failed(struct call *call);
void media_offer_done(struct call *call);
char *media_rewrite(struct call *call, unsigned int to,
		    const struct sdp_body *body);
void media_text_free(char *text);
void media_end(struct call *call);
unsigned int media_report(struct call *call, struct leg_report **reports);
/* the retry hint after ENOSPC, in seconds */
unsigned int media_retry_after(struct calls *calls);

/* bridge.c: the datapaths brought to what the lines say, or left as they are */
int bridges_apply(struct call *call, struct dp_err *err);
void bridges_end(struct call *call);
/* does a datapath have any of its bridges? */
bool bridges_in(const struct call *call, const struct dp *dp);

/* secure.c: SRTP */
/* judge the lines of the open offer, and make keys; those that policy refuses
 * are not relayable any more
 */
int secure_offer(struct call *call, struct dp_err *err);
/* forget what was proposed; call->offer.body is still there */
void secure_offer_over(struct call *call);
/* may this early answer of side @from be taken, after others? */
int secure_early(const struct call *call, unsigned int from,
		 const struct sdp_body *body, struct dp_err *err);
/* what the halves of a line are by this answer of side @from */
int secure_answer(struct call *call, unsigned int i, unsigned int from,
		  const struct sdp_line *answer, struct dp_err *err);
/* profile and keys of a line in a description to side @to */
void secure_local(const struct call *call, unsigned int i, unsigned int to,
		  struct sdp_local *local);
bool secure_line(const struct line *line);
void secure_warn(struct call *call);

/* side.c: messages to one party */
int side_answering(struct side *side, nta_incoming_t *irq, const sip_t *sip);
int side_calling(struct side *side, const sip_t *sip, const url_t *next_hop,
		 const url_t *uri);
nta_outgoing_t *side_send(struct side *side, nta_response_f *fn, void *arg,
			  sip_method_t method, const char *name,
			  const url_t *route, const url_t *uri,
			  const sip_t *from, const char *sdp);
void side_ack(struct side *side, nta_outgoing_t *invite, const char *sdp);
void side_bye(struct side *side, const char *reason);
void side_close(struct side *side);
void side_hop(struct side *side, const sip_record_route_t *route,
	      const sip_contact_t *target);
void side_learn(struct side *side, nta_outgoing_t *orq, const sip_t *sip);
int side_reply(struct side *side, nta_incoming_t *irq, int status,
	       const char *phrase, const sip_t *from, const char *sdp);
int side_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq,
		 const sip_t *sip);

/* relay.c: a request from one side to the other, and what comes back */
struct relay *relay_new(struct call *call, unsigned int from,
			nta_incoming_t *irq, sip_method_t method);
void relay_free(struct relay *relay);
/* an INVITE is under way on this side, in either direction */
struct relay *relay_invite(struct call *call);
int relay_ack(void *magic, nta_incoming_t *irq, const sip_t *sip);
int relay_response(void *magic, nta_outgoing_t *orq, const sip_t *sip);
void relay_abandon(struct relay *relay);

/* dialog.c: requests inside of a call */
int dialog_request(struct side *side, nta_incoming_t *irq, const sip_t *sip);

/* adopt.c */
void orphan_free(struct calls *calls, struct orphan *orphan, bool remove);
struct orphan *orphan_find(struct calls *calls, uint64_t cookie);

/* why.c */
json_t *why_call(const struct call *call, const struct leg_report *reports,
		 unsigned int n);

#endif /* CALL_PRIVATE_H */
