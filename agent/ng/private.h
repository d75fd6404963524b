/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder need of each other. */
#ifndef NG_PRIVATE_H
#define NG_PRIVATE_H

#include <stdio.h>
#include <sys/queue.h>
#include <time.h>

#include "base/log.h"
#include "base/timer.h"
#include "ng.h"
#include "replay.h"
#include "sdp/sdp.h"
#include "tree.h"

/** NG_REPLY_SMALL - bytes of a reply that need no fragments on the way */
#define NG_REPLY_SMALL	1400

/* -------------------------------------------------------------------- words */

/** NG_STRANGE_CALL - words of a request, or a call, that do nothing and are remembered */
#define NG_STRANGE_CALL	8

/**
 * enum ng_transport - what is offered to the other party
 * @NG_TRANSPORT_SAME: what its realm's policy makes of the offer
 * @NG_TRANSPORT_AVP: RTP/AVP, and so on
 * @NG_TRANSPORT_AVPF: with feedback
 * @NG_TRANSPORT_SAVP: protected
 * @NG_TRANSPORT_SAVPF: both
 */
enum ng_transport {
	NG_TRANSPORT_SAME,
	NG_TRANSPORT_AVP,
	NG_TRANSPORT_AVPF,
	NG_TRANSPORT_SAVP,
	NG_TRANSPORT_SAVPF,
	NG_TRANSPORT_DTLS,
	NG_TRANSPORT_DTLSF
};

/** NG_CODECS_MAX - codecs that a request may name */
#define NG_CODECS_MAX	32

/**
 * struct ng_codec_word - a codec that a request names
 * @name: it, maybe with rate and channels: "opus/48000/2"; "all" with @keep false
 * @keep: it stays whatever the others say; false: it goes from the offer
 */
struct ng_codec_word {
	struct span name;
	bool keep;
};

/** NG_EDITS_MAX - changes of attributes that a request may want */
#define NG_EDITS_MAX	32

/** NG_EDIT_LEN - bytes of an attribute that has escapes */
#define NG_EDIT_LEN	512

/** enum ng_edit_verb - what becomes of an attribute */
enum ng_edit_verb {
	NG_EDIT_ADD,
	NG_EDIT_REMOVE,
	NG_EDIT_SUBSTITUTE
};

/**
 * struct ng_edit - an attribute that is to be otherwise
 * @verb: how
 * @where: "none": of the session; "global": of all; "audio", "video": of such sections
 * @text: the attribute without "a=", or for NG_EDIT_REMOVE its name alone
 * @by: NG_EDIT_SUBSTITUTE: what takes its place
 * @escaped: "--" is "=", ".." a blank
 */
struct ng_edit {
	enum ng_edit_verb verb;
	struct span where;
	struct span text;
	struct span by;
	bool escaped;
};

/**
 * enum ng_mux - RTCP on the port of RTP, bits
 * @NG_MUX_OFFER: offered to the other party
 * @NG_MUX_REQUIRE: and nothing else
 * @NG_MUX_DEMUX: not offered to it, though the sender may have it
 * @NG_MUX_ACCEPT: the sender gets it if it offers it
 * @NG_MUX_REJECT: the sender does not get it
 */
enum ng_mux {
	NG_MUX_OFFER = 1,
	NG_MUX_REQUIRE = 2,
	NG_MUX_DEMUX = 4,
	NG_MUX_ACCEPT = 8,
	NG_MUX_REJECT = 16
};

/**
 * enum ng_ice - ICE towards the other party
 * @NG_ICE_SAME: what its realm says
 * @NG_ICE_REMOVE: none
 * @NG_ICE_FORCE: offered, even if its realm has none
 * @NG_ICE_OPTIONAL: the same if the sender has it, none otherwise
 */
enum ng_ice {
	NG_ICE_SAME,
	NG_ICE_REMOVE,
	NG_ICE_FORCE,
	NG_ICE_OPTIONAL
};

/**
 * enum ng_lite - we answer checks and send none, bits
 * @NG_LITE_TO: with the other party
 * @NG_LITE_FROM: with the sender
 */
enum ng_lite {
	NG_LITE_TO = 1,
	NG_LITE_FROM = 2
};

/**
 * enum ng_bundle - lines of the sender's that share a port
 * @NG_BUNDLE_SAME: what its realm says
 * @NG_BUNDLE_ACCEPT: one line of a group
 * @NG_BUNDLE_OFF: none
 */
enum ng_bundle {
	NG_BUNDLE_SAME,
	NG_BUNDLE_ACCEPT,
	NG_BUNDLE_OFF
};

/**
 * struct ng_words - what a request wants, beside its SDP
 * @call_id: names the call
 * @tag: from-tag, to-tag; absent: not said
 * @via: via-branch; absent: not said
 * @label: of who sends, or of who is meant; absent: not said
 * @sdp: the description; absent: not said
 * @interface: where who offers is, and where the other party; absent: not said
 * @n_interfaces: how many are said
 * @received: where the signalling comes from; family 0: not said
 * @family: that the other party is to get; 0: not said
 * @transport: that the other party is to get
 * @no_dtls: the other party is to get no DTLS
 * @no_sdes: and no keys in its descriptions
 * @dtls_passive: who leaves open who begins the handshake begins it
 * @hash: enum dtls_hash of our fingerprints for the other party; 0: not said
 * @osrtp: keys are offered beside plain RTP
 * @nonew: no suites but those that the sender offers
 * @offered: bits of these
 * @offers_ice: it has ICE
 * @no_suite: bits of suites that it is not to be offered
 * @only_suite: bits of the only ones that it is; 0: not said
 * @suite: those that go before the others, in that order
 * @n_suites: how many
 * @media: what it is told to send media to; family 0: not said
 * @mux: of &enum ng_mux, those that were said
 * @ice: ICE with the other party
 * @lite: of &enum ng_lite
 * @bundle: groups of lines
 * @punch: a packet of ours opens the firewall before the other party
 * @source: media goes where the signalling comes from (SIP-source-address)
 * @asymmetric: media goes only where the description says
 * @tos: of media towards the other party; -1: not said
 * @delay: seconds until what is deleted goes; -1: not said
 * @limit: number of calls to be listed; -1: not said
 * @load_limit: a result "load limit" is understood
 * @fatal: what is not there is an error (delete)
 * @to_tag: the to-tag says what is deleted
 * @fast: no statistics are wanted (delete)
 * @fragment: the description is none: candidates alone
 * @take: codecs of which a publisher gets the first that it has
 * @n_take: how many
 * @codec: those that go from an offer, or stay
 * @n_codecs: how many
 * @edit: attributes that are to be otherwise in the description that is answered
 * @n_edits: how many
 * @mid: its sections are to have names (generate-mid)
 * @no_rtcp: they are to have no a=rtcp
 * @no_name: it is to have no name of its own (s=)
 * @lifetime: its keys are to say how long they hold
 * @strange: words of it that do nothing here, by their number in &ng.strange
 * @n_strange: how many
 *
 * Spans point into the request.
 */
struct ng_words {
	struct span call_id;
	struct span tag[2];
	struct span via;
	struct span label;
	struct span sdp;
	struct span interface[2];
	unsigned int n_interfaces;
	struct dp_addr received;
	sa_family_t family;
	enum ng_transport transport;
	bool no_dtls;
	bool no_sdes;
	bool dtls_passive;
	uint8_t hash;
	bool osrtp;
	bool nonew;
	uint32_t offered;
	bool offers_ice;
	uint32_t no_suite;
	uint32_t only_suite;
	uint8_t suite[SESSION_SUITES_MAX];
	unsigned int n_suites;
	struct dp_addr media;
	unsigned int mux;
	enum ng_ice ice;
	unsigned int lite;
	enum ng_bundle bundle;
	bool punch;
	bool source;
	bool asymmetric;
	int tos;
	int64_t delay;
	int64_t limit;
	bool load_limit;
	bool fatal;
	bool to_tag;
	bool fast;
	bool fragment;
	struct span take[NG_CODECS_MAX];
	unsigned int n_take;
	struct ng_codec_word codec[NG_CODECS_MAX];
	unsigned int n_codecs;
	struct ng_edit edit[NG_EDITS_MAX];
	unsigned int n_edits;
	bool mid;
	bool no_rtcp;
	bool no_name;
	bool lifetime;
	uint8_t strange[NG_STRANGE_CALL];
	unsigned int n_strange;
};

/** NG_STRANGE_MAX - words that nobody here knows, which are counted by name */
#define NG_STRANGE_MAX	256

/** NG_STRANGE_LEN - room for such a word */
#define NG_STRANGE_LEN	48

/**
 * struct ng_strange - a word that does nothing here
 * @name: it, fit to be shown
 * @n: how often it was said
 */
struct ng_strange {
	char name[NG_STRANGE_LEN];
	uint64_t n;
};

struct ng;

/**
 * ng_words() - what a request wants
 * @ng: counts words that do nothing here
 * @in: the request
 * @words: filled
 */
void ng_words(struct ng *ng, const struct ng_value *in, struct ng_words *words);

/**
 * ng_strip() - an offer without the codecs that it is not to have
 * @words: with its SDP, which was parsed before
 * @len: bytes of what is returned
 *
 * Return: it, to be given to free(); NULL: it stays as it is.
 */
char *ng_strip(const struct ng_words *words, size_t *len);

/**
 * ng_publish_answer() - what a description that is published is answered for nobody
 * @words: codecs that go before others
 * @sdp: what nobody was offered
 *
 * Return: that each of its lines is heard, by one codec; to be given to free(), NULL
 * without memory.
 */
char *ng_publish_answer(const struct ng_words *words, const char *sdp);

/* "opus/48000/2", of a payload type of a section; absent: it has none */
struct span ng_codec_of(const struct sdp_desc *desc, const struct sdp_media *media,
			uint32_t pt);
/* is it meant by "opus", "opus/48000", "opus/48000/2"? */
bool ng_codec_is(struct span word, struct span name);

/* "remove-audio-ptime:20"; false: it is none, or one too many */
bool ng_edit_word(struct ng_words *words, struct span word);
/* the same as a dictionary; false: some of it is not */
bool ng_edit_dict(struct ng_words *words, const struct ng_value *dict);

/**
 * ng_edit() - a description with the attributes that the proxy wants
 * @words: what it wants
 * @sdp: ours
 *
 * Return: it, to be given to free(); NULL: it stays as it is.
 */
char *ng_edit(const struct ng_words *words, const char *sdp);

/* ------------------------------------------------------------------ requests */

/**
 * struct ng_request - a request that is being done
 * @ng: the front end
 * @from: who asks
 * @in: what it says
 * @command: its name
 * @words: what it wants
 * @datagram: the reply is one, and should not be longer than NG_REPLY_SMALL
 * @reply: the reply
 * @out: its dictionary
 * @result: of the reply
 * @error: room for a sentence of an error
 */
struct ng_request {
	struct ng *ng;
	const struct dp_addr *from;
	const struct ng_value *in;
	struct span command;
	struct ng_words words;
	bool datagram;
	struct ng_tree reply;
	struct ng_value *out;
	const char *result;
	char error[256];
};

/**
 * typedef ng_command_fn - do a request
 * @request: its reply is filled, but for the result
 *
 * Return: NULL; or what is wrong, static or in @request->error, and then nothing has
 * changed that ran.
 */
typedef const char *ng_command_fn(struct ng_request *request);

/**
 * ng_request() - do a request
 * @ng: the front end
 * @from: who asks; he may
 * @datagram: by one
 * @message: all of it
 * @len: bytes of the reply
 *
 * Return: the reply, for free(); NULL if there is to be none.
 */
char *ng_request(struct ng *ng, const struct dp_addr *from, bool datagram,
		 struct span message, size_t *len);

/**
 * ng_request_plain() - do a request that has no cookie
 * @ng: the front end
 * @from: who asks; he may
 * @message: all of it
 * @len: bytes of the reply, which has none either
 *
 * Return: the reply, for free(); NULL without memory.
 */
char *ng_request_plain(struct ng *ng, const struct dp_addr *from,
		       struct span message, size_t *len);

/**
 * ng_refusal() - the reply to what cannot even be read
 * @message: what came; its cookie is in the reply
 * @reason: what is wrong
 * @len: bytes of the reply
 *
 * Return: as ng_request().
 */
char *ng_refusal(struct span message, const char *reason, size_t *len);

ng_command_fn ng_offer, ng_answer, ng_delete, ng_query, ng_list, ng_statistics;
ng_command_fn ng_publish, ng_subscribe_request, ng_subscribe_answer, ng_unsubscribe;
ng_command_fn ng_block, ng_silence, ng_unblock, ng_block_digits, ng_unblock_digits;

/* --------------------------------------------------------------------- calls */

/** NG_BUCKETS - lists of calls by id */
#define NG_BUCKETS	4096

/** NG_NAME_MAX - bytes of a call-id, tag or via-branch */
#define NG_NAME_MAX	512

struct ng_call;
struct ng_sub;

/**
 * struct ng_extreme - how good a stream was once
 * @at: s, CLOCK_REALTIME; 0: never
 * @rtt: us between us and who reported it; 0: not known
 * @jitter: ms
 * @mos: tenths, 10 to 45
 * @loss: percent, since the report before
 */
struct ng_extreme {
	uint32_t at;
	uint32_t rtt;
	uint16_t jitter;
	uint8_t mos;
	uint8_t loss;
};

/**
 * struct ng_history - the worst and the best of what a party sends, as the other one's RTCP
 * reports it
 * @lowest: the worst
 * @highest: the best
 */
struct ng_history {
	struct ng_extreme lowest;
	struct ng_extreme highest;
};

/**
 * struct ng_branch - a negotiation, and its two ends
 * @entry: in the call, youngest first
 * @call: the call
 * @media: the same below
 * @party: its ends: who offered first, and the other one
 * @tag: of either; NULL: not known yet
 * @via: its via-branch; NULL: none was said
 * @label: of either; NULL: it has none
 * @history: of either
 * @gone: set: it has been deleted, and goes then
 */
struct ng_branch {
	LIST_ENTRY(ng_branch) entry;
	struct ng_call *call;
	struct session_branch *media;
	struct session_party *party[2];
	char *tag[2];
	char *via;
	char *label[2];
	struct ng_history history[2];
	struct timer gone;
};

/**
 * struct ng_call - a call
 * @bucket: by id
 * @entry: among all, oldest first
 * @ng: the front end
 * @id: its call-id
 * @hash: of that
 * @session: its media
 * @branches: youngest first
 * @subs: who beside its parties gets what they send
 * @created: CLOCK_REALTIME
 * @signalled: s, CLOCK_REALTIME, of the last offer or answer
 * @answered: CLOCK_REALTIME, when an offer was for the first time; 0: never
 * @strange: words of its requests that did nothing, by their number in &ng.strange
 * @n_strange: how many
 * @published: a party's media that is only for subscribers
 * @deleted: it was deleted, and goes by @gone
 * @ended: CLOCK_REALTIME, when it was
 * @gone: it goes then: it was deleted, or is not answered
 */
struct ng_call {
	LIST_ENTRY(ng_call) bucket;
	TAILQ_ENTRY(ng_call) entry;
	struct ng *ng;
	char *id;
	uint64_t hash;
	struct session *session;
	LIST_HEAD(, ng_branch) branches;
	LIST_HEAD(, ng_sub) subs;
	struct timespec created;
	time_t signalled;
	struct timespec answered;
	uint8_t strange[NG_STRANGE_CALL];
	uint8_t n_strange;
	bool published;
	bool deleted;
	struct timespec ended;
	struct timer gone;
};

/**
 * struct ng_over - a call that has ended, as far as the history goes
 * @entry: among all, oldest first
 * @config: the configuration that @view points into; a reference
 * @view: what it was
 * @report: what its media was; NULL without memory
 * @strange: words that did nothing
 * @n_strange: how many
 */
struct ng_over {
	TAILQ_ENTRY(ng_over) entry;
	struct config *config;
	struct b2b_view view;
	struct session_report *report;
	uint8_t strange[NG_STRANGE_CALL];
	uint8_t n_strange;
};

/* it ends for that reason: remember it */
void ng_over(struct ng_call *call, const char *why);
void ng_over_trim(struct ng *ng, size_t most);

struct ng_call *ng_call_find(const struct ng *ng, struct span id);
/* an empty one; NULL without memory */
struct ng_call *ng_call_new(struct ng *ng, struct span id);
/* media, branches and all */
void ng_call_free(struct ng_call *call, const char *why);
/* the subscriptions of a call that ends at once; subscribe.c */
void ng_subs_free(struct ng_call *call);
/* see ng_copies() */
void ng_subs_each(const struct ng_call *call,
		  void (*fn)(const struct ng_copy *copy, void *arg), void *arg);
/* one of whose tags is @a and the other @b; @side: of @a */
struct ng_branch *ng_branch_of(const struct ng_call *call, struct span a,
			       struct span b, unsigned int *side);
/* what is set from the words takes its own memory; false without */
bool ng_keep(char **text, struct span word);
/* with @media and @party set; NULL without memory, and @media is dropped */
struct ng_branch *ng_branch_new(struct ng_call *call,
				struct session_branch *media,
				struct session_party *a,
				struct session_party *b);
void ng_branch_free(struct ng_branch *branch);
/* has its call no other branch? */
bool ng_is_last(const struct ng_branch *branch);
/* what a call is and has seen, into the reply; less of it where that is too long */
void ng_tell_call(struct ng_request *request, struct ng_call *call);
/**
 * struct ng_quality - how good a stream is
 * @mos: tenths, 10 to 45
 * @rtt: us there and back between the parties, as far as RTCP tells
 * @rtt_leg: us between us and who sends it; 0: not known
 * @jitter: ms
 * @loss: percent
 * @samples: RTCP reports that this stands on, at least 1
 */
struct ng_quality {
	unsigned int mos;
	uint32_t rtt;
	uint32_t rtt_leg;
	unsigned int jitter;
	unsigned int loss;
	uint32_t samples;
};

/*
 * Of what arrives on an RTP leg; @rtcp: the leg of its RTCP, NULL: none; @peer_rtcp: that
 * of the other party; @worst: with the most jitter there was.
 */
void ng_quality(const struct session_leg_report *leg,
		const struct session_leg_report *rtcp,
		const struct session_leg_report *peer_rtcp, bool worst,
		struct ng_quality *quality);

/* what a party's RTCP says of what it gets, into that of who sends it */
void ng_history_add(struct ng_history *history, const struct dp_rtcp *rtcp);

/* is a tag, or a via-branch, this one? */
static inline bool ng_is(const char *text, struct span word)
{
	return text && word.p && span_is(word, text);
}

/* what holds for a party: @to: it is the one that an offer goes to */
struct session_policy *ng_policy(struct ng *ng, const struct config_realm *realm,
				 const struct ng_words *words, bool to);
void ng_policies_forget(struct ng *ng);
/* what holds for nobody, beside a party in that realm; to be given to session_policy_put() */
struct session_policy *ng_policy_nobody(struct ng *ng, const struct config_realm *realm);
/* the realm of a name; NULL: there is none */
const struct config_realm *ng_realm(const struct ng *ng, struct span name);
/* count a word that does nothing, and remember that @words had it */
void ng_count_strange(struct ng *ng, struct ng_words *words, const char *key,
		      struct span word);
/* add some of a request to those of a call */
void ng_keep_strange(uint8_t *strange, uint8_t *n, const struct ng_words *words);

/* -------------------------------------------------------------------- events */

/* something happened to a call's media */
void ng_tell_event(struct ng_call *call, const struct session_event *event);
/* nothing has come of it for so long that it ends */
void ng_tell_timeout(struct ng_call *call);
/* to where the configuration says, which holds now */
void ng_events_open(struct ng *ng);
void ng_events_close(struct ng *ng);

/* ----------------------------------------------------------------- listeners */

/**
 * struct ng_listener - a socket
 * @ng: the front end
 * @i: its number in the configuration
 * @fd: the socket; -1: it is that of HTTP
 * @watch: of @fd
 * @pause: TCP: until when it does not accept, for want of descriptors
 */
struct ng_listener {
	struct ng *ng;
	size_t i;
	int fd;
	struct loop_fd *watch;
	struct timer pause;
};

struct ng_udp;

/* open the socket of a listener whose ng and i are set; 0 or -errno */
int ng_udp_open(struct ng_listener *listener);
int ng_tcp_open(struct ng_listener *listener);
int ng_http_open(struct ng_listener *listener);
/* close it; its connections stay until ng_tcp_close_all() */
void ng_listener_close(struct ng_listener *listener);
void ng_tcp_close_all(struct ng *ng);
/* make and bind the socket of @listener; it, or -errno */
int ng_listener_socket(const struct ng_listener *listener, int type);
/* may he ask? */
bool ng_listener_allows(const struct ng_listener *listener,
			const struct dp_addr *from);

/* ----------------------------------------------------------------- the whole */

/** enum ng_command - commands that are counted */
enum ng_command {
	NG_DO_PING,
	NG_DO_OFFER,
	NG_DO_ANSWER,
	NG_DO_DELETE,
	NG_DO_QUERY,
	NG_DO_LIST,
	NG_DO_STATISTICS,
	NG_DO_OTHER,

	NG_COMMANDS
};

/** NG_POLICIES_MAX - policies made of realms' and words, that are kept */
#define NG_POLICIES_MAX	64

/**
 * struct ng_made - a policy made of a realm's and words
 * @of: the realm's; held
 * @policy: the policy; held
 */
struct ng_made {
	struct session_policy *of;
	struct session_policy *policy;
};

struct ng_conn;

/**
 * struct ng - the front end
 * @conf: as given, but for @config
 * @config: the one that holds now
 * @timers: the loop's
 * @listener: one for each of the configuration's
 * @n_listeners: how many are open
 * @udp: memory for reading datagrams; NULL: none are read
 * @conns: connections
 * @n_conns: how many
 * @replay: replies to datagrams
 * @counters: what happened
 * @command: requests by command
 * @started: CLOCK_REALTIME
 * @draining: no new calls
 * @quota: the bandwidth of calls that began while it had a limit
 * @pace: thousandths of new calls that there may be at once
 * @paced: ms, when @pace was so
 * @bucket: calls by id
 * @seed: so that strangers, who choose ids, cannot aim at a bucket
 * @calls: all of them, oldest first
 * @n_calls: how many
 * @over: calls that have ended, oldest first
 * @n_over: how many
 * @made: policies
 * @n_made: how many
 * @strange: words that do nothing here; the last one stands for all others
 * @n_strange: how many
 * @events: socket of datagrams that tell of events; -1: nobody is told
 */
struct ng {
	struct ng_conf conf;
	struct config *config;
	struct timers *timers;
	struct ng_listener *listener;
	size_t n_listeners;
	struct ng_udp *udp;
	LIST_HEAD(, ng_conn) conns;
	unsigned int n_conns;
	struct ng_replay *replay;
	struct ng_counters counters;
	uint64_t command[NG_COMMANDS];
	struct timespec started;
	bool draining;
	struct session_quota quota;
	uint64_t pace;
	uint64_t paced;
	LIST_HEAD(, ng_call) bucket[NG_BUCKETS];
	uint64_t seed;
	TAILQ_HEAD(, ng_call) calls;
	unsigned int n_calls;
	TAILQ_HEAD(, ng_over) over;
	size_t n_over;
	struct ng_made made[NG_POLICIES_MAX];
	unsigned int n_made;
	struct ng_strange strange[NG_STRANGE_MAX];
	unsigned int n_strange;
	int events;
};

#endif /* NG_PRIVATE_H */
