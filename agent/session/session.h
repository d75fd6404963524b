/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: the media of a call without its signalling.  Descriptions go in as
 * text and come out as text (RFC 3264, RFC 6337); ports are taken, keys made and
 * the datapath's bridges brought to what was agreed.  Nothing here knows SIP.
 *
 *   struct sessions        all of them: the datapaths, the table by id, what a
 *                          former agent left behind
 *   struct session         the media of one call
 *   struct session_party   one end of it: its policy, where its signalling comes
 *                          from
 *   struct session_branch  one negotiation between two parties, with an answer of
 *                          its own: what SIP has a dialog for on either side
 *
 * A call between two parties is one session, two parties and one branch.  Where
 * an offer is answered by several (forks), each further answer is a branch of its
 * own, made by session_branch_fork(); all of them share the ports and keys that
 * were offered.  Where the offer is made to somebody else (the next hop of a
 * failed one, or another realm at the same time) he is another party, with a
 * branch of his own by session_branch_new().
 *
 * Media flows in one branch of a session, the one that is heard: the first that is
 * answered, until another one is chosen.  Each change is one of all or nothing: if
 * any step of it is refused, the session and the datapath are as they were before,
 * and so is what the next description says.
 *
 * Who owns what: the caller owns the session and ends it by session_end(), which
 * ends its parties and branches too.  No function here calls back into its caller,
 * but sessions_event() and the timers: see &struct session_ops.  All of it is for
 * one thread.
 *
 * Errors are negative errno values with a sentence for people:
 *
 *   -EPROTO        what was said cannot be had, or is none (SIP: 488)
 *   -EAFNOSUPPORT  the party has no address of that family (488)
 *   -EALREADY      there is an open offer already, whoever made it (491; 500)
 *   -ENOSPC        no port is free (503; session_retry_after())
 *   -EDQUOT        the caller has as many ports, or as much bandwidth, as he may (503)
 *   -EMFILE, -EADDRNOTAVAIL, -ENOMEM, and what else the system or the datapath
 *                  said (500)
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/timer.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "policy.h"
#include "ports.h"

struct dtls_pool;
struct sessions;
struct session;
struct session_party;
struct session_branch;

/** SESSION_BRANCHES_MAX - branches of a session: forks come from the network */
#define SESSION_BRANCHES_MAX	12

/**
 * struct session_quota - how many port pairs, and how much bandwidth, somebody may have (a
 * source, a realm, a tenant)
 * @max: pairs at most; 0 = any number
 * @used: now; the sessions count it
 * @weighs: and bandwidth; never changed while a session has it
 * @max_kbits: kbit/s at most, by what descriptions say and codecs take; 0 = any number
 * @kbits: now, likewise
 *
 * Whoever makes it keeps it until @used is 0 and no session was given it.
 */
struct session_quota {
	uint32_t max;
	uint32_t used;
	bool weighs;
	uint32_t max_kbits;
	uint64_t kbits;
};

/** SESSION_QUOTAS_MAX - quotas that one session may be charged to */
#define SESSION_QUOTAS_MAX	3

/* ---------------------------------------------------------------- events */

/**
 * enum session_what - what happened to a party's media
 * @SESSION_FIRST: its first packet was accepted
 * @SESSION_LATCHED: media goes to a source that was learned
 * @SESSION_PROVEN: media goes to a source that has proved itself
 * @SESSION_REFUSED: packets of somebody else were refused
 * @SESSION_SILENT: it was silent for as long as the datapath was asked to wait
 * @SESSION_RTCP: an RTCP report
 * @SESSION_DIGIT: a digit of a telephone event is over (RFC 4733), where &session_conf.digits
 * @SESSION_FAILED: a bridge is gone from the datapath, and not by us
 */
enum session_what {
	SESSION_FIRST,
	SESSION_LATCHED,
	SESSION_PROVEN,
	SESSION_REFUSED,
	SESSION_SILENT,
	SESSION_RTCP,
	SESSION_DIGIT,
	SESSION_FAILED
};

/**
 * struct session_event - something that happened
 * @what: what
 * @session: to which session
 * @party: to whose media; NULL: the leg is no party's any more
 * @line: media line, from 0
 * @component: 1 RTP (or datagrams), 2 RTCP
 * @sends: the party is to send on that line, as its description says
 * @ever: something has come there before (SESSION_SILENT)
 * @ms: how long (SESSION_DIGIT)
 * @dp: what the datapath said; NULL with SESSION_FAILED
 */
struct session_event {
	enum session_what what;
	struct session *session;
	struct session_party *party;
	unsigned int line;
	unsigned int component;
	bool sends;
	bool ever;
	uint32_t ms;
	const struct dp_event *dp;
};

/**
 * struct session_ops - whom a session tells
 * @event: something happened to its media; may be NULL. It is logged already.
 * @timeout: none of its legs has had a packet for as long as its timeout says;
 *	may be NULL. Told again after as long a time, if the session lives on.
 *
 * Called from sessions_event() and from timers only, each as the last thing that
 * is done for the session: the function may end it, or any other. @arg is what
 * session_new() was given.
 */
struct session_ops {
	void (*event)(const struct session_event *event, void *arg);
	void (*timeout)(struct session *session, void *arg);
};

/* ---------------------------------------------------------- all sessions */

/**
 * struct sessions_conf - what all sessions share
 * @dp: relays media
 * @beside: relays media with SRTP that @dp refuses (-EOPNOTSUPP: no such cipher);
 *	NULL: nothing does
 * @timers: for media timeouts, ICE and what was adopted; NULL: there are none of these
 * @dtls: does handshakes; NULL: there is no DTLS, whatever policies say
 * @orphan_timeout: seconds of silence after which the legs of a former agent go
 */
struct sessions_conf {
	struct dp *dp;
	struct dp *beside;
	struct timers *timers;
	struct dtls_pool *dtls;
	uint32_t orphan_timeout;
};

/**
 * sessions_new() - no sessions yet
 * @conf: copied; what it points to must outlive the sessions
 *
 * Return: the sessions, or NULL without memory.
 */
struct sessions *sessions_new(const struct sessions_conf *conf);

/**
 * sessions_free() - end all that are left
 * @sessions: NULL is fine
 *
 * What was adopted stays in the datapath, for the next agent.
 */
void sessions_free(struct sessions *sessions);

/**
 * sessions_set_orphan_timeout() - after a reload
 * @sessions: the sessions
 * @seconds: of silence, after which the legs of a former agent go
 */
void sessions_set_orphan_timeout(struct sessions *sessions, uint32_t seconds);

/**
 * sessions_set_dtls() - there are handshakes from now on
 * @sessions: the sessions
 * @dtls: does them; outlives the sessions
 */
void sessions_set_dtls(struct sessions *sessions, struct dtls_pool *dtls);

/**
 * sessions_event() - the datapath tells of a leg
 *
 * A dp_event_fn; its @arg is the &struct sessions.
 */
void sessions_event(const struct dp_event *event, void *arg);

/**
 * sessions_datagram() - what is no media has come in by a media socket
 *
 * As a media_fn; its @arg is the &struct sessions. STUN goes to the ICE of the party that
 * the port is towards, DTLS to its handshake (where there is none they meet nobody),
 * whichever datapath has the leg on that port.
 *
 * Return: false if it was a STUN request that is nobody's: without the credentials of the
 * call, or forged.
 */
bool sessions_datagram(struct media_sock *sock, enum media_class class,
		       const struct dp_addr *src, const uint8_t *data,
		       size_t len, void *arg);

/**
 * sessions_events_lost() - the datapath could not tell all
 * @sessions: NULL is fine
 *
 * A second later, if there are timers, all legs are looked at, once, and what was not
 * told of them (first packets, latches, silence) is taken as if it had been.
 */
void sessions_events_lost(struct sessions *sessions);

/**
 * sessions_find() - the session of an id
 * @sessions: the sessions
 * @id: session_id() of it
 *
 * Return: the session, or NULL.
 */
struct session *sessions_find(struct sessions *sessions, uint64_t id);

/** sessions_count() - how many there are, without adopted ones */
unsigned int sessions_count(const struct sessions *sessions);

/**
 * sessions_adopt() - look after the legs that a former agent left behind
 * @sessions: the sessions
 * @policy: whose addresses' ports are ours: only legs on them are adopted
 * @n: how many policies
 *
 * Their media goes on. Their ports are taken, so that no session gets them; they
 * go when they have been silent for the configured time, or by
 * sessions_orphan_end().
 *
 * Return: calls (cookies) found.
 */
unsigned int sessions_adopt(struct sessions *sessions,
			    struct session_policy *const *policy, size_t n);

/**
 * struct session_orphan - bridges of a former agent that share a cookie
 * @id: the cookie
 * @legs: how many legs
 * @last: CLOCK_REALTIME ns of the last packet on any of them, as of the last look
 */
struct session_orphan {
	uint64_t id;
	unsigned int legs;
	uint64_t last;
};

/**
 * sessions_with() - is there a session with somebody?
 * @sessions: all of them
 * @is: is it this address?  Family 0 is nobody's
 * @arg: for @is
 *
 * Looks at where parties' signalling comes from, where their media is to go, and where
 * it does go.  Of bridges that a former agent left nothing is known.
 */
bool sessions_with(const struct sessions *sessions,
		   bool (*is)(const struct dp_addr *addr, void *arg), void *arg);

/** sessions_orphan_count() - how many there are */
unsigned int sessions_orphan_count(const struct sessions *sessions);

/**
 * sessions_orphan() - one of them
 * @sessions: the sessions
 * @id: the cookie
 *
 * Return: what is known of it, void with the next change; NULL: there is none.
 */
const struct session_orphan *sessions_orphan(const struct sessions *sessions,
					     uint64_t id);

/**
 * sessions_orphans() - walk what was adopted, but for what a session goes on with
 * @sessions: the sessions
 * @fn: called for each; it may change nothing here
 * @arg: for @fn
 */
void sessions_orphans(const struct sessions *sessions,
		      void (*fn)(const struct session_orphan *orphan, void *arg),
		      void *arg);

/**
 * sessions_orphan_end() - remove the bridges of a former agent
 * @sessions: the sessions
 * @id: their cookie
 *
 * Return: false if there are none.
 */
bool sessions_orphan_end(struct sessions *sessions, uint64_t id);

/* ----------------------------------------------------------- one session */

/**
 * struct session_conf - what a session is made of
 * @id: of a former agent's, whose bridges are its until it has its own; 0: a new one
 * @ops: whom it tells; must outlive it; NULL: nobody
 * @arg: for @ops
 * @quota: who is charged for its ports; unused ones are NULL
 * @known: its parties are known (registered, a trunk): it may use the reserve of
 *	ports, as every session may once it is answered
 * @timeout: seconds without a packet on any leg before @ops->timeout is called;
 *	0 = never
 * @timeout_hold: the same while no party is to send (hold); 0 = never
 * @silence: seconds without a packet on a leg before that is an event; 0: when it may be
 *	the end
 * @digits: digits of telephone events are told
 * @spell: descriptions say what is so without a word, too (&sdp_plan.spell)
 */
struct session_conf {
	uint64_t id;
	const struct session_ops *ops;
	void *arg;
	struct session_quota *quota[SESSION_QUOTAS_MAX];
	bool known;
	uint32_t timeout;
	uint32_t timeout_hold;
	uint32_t silence;
	bool digits;
	bool spell;
};

/**
 * session_new() - a session without parties: it holds nothing but memory
 * @sessions: where it stands
 * @conf: copied
 *
 * Return: the session, or NULL without memory.
 */
struct session *session_new(struct sessions *sessions,
			    const struct session_conf *conf);

/**
 * session_id() - its name, and the cookie of its bridges
 * @session: the session
 *
 * Random, of 53 bits: it tells nothing, and a JSON number holds it.
 *
 * Return: the id, never 0.
 */
uint64_t session_id(const struct session *session);

/**
 * session_stays() - does its media go on when this agent ends?
 * @session: the session
 *
 * Return: false if a bridge of its own is where SRTP goes that the datapath refuses.
 */
bool session_stays(const struct session *session);

/** session_arg() - what session_new() was given for its ops */
void *session_arg(const struct session *session);

/**
 * session_end() - take its bridges away, give its ports back, free it
 * @session: NULL is fine; void after the call, and so are its parties and branches
 */
void session_end(struct session *session);

/**
 * struct session_party_conf - what a party is made of
 * @name: "caller", "callee"; copied
 * @policy: what holds for it; a reference is taken
 * @source: where its signalling comes from; family 0: not known yet
 * @local: our address that its signalling comes to: media gets the same one if the
 *	policy has it and the family fits; family 0: the policy's first
 * @transport: what its descriptions travel by ("udp", "tls"), for people; copied
 * @confidential: and nobody on the way can read them
 * @trickle: what it says of its candidates later comes to session_trickle(): it is told
 *	so, and that all of ours are there
 * @nobody: there is nobody: what the other party sends ends here, but for taps. Nothing is
 *	sent to it, its policy's latch mode is off, and no report has it
 * @user: for session_party_user()
 */
struct session_party_conf {
	const char *name;
	struct session_policy *policy;
	struct dp_addr source;
	struct dp_addr local;
	const char *transport;
	bool confidential;
	bool trickle;
	bool nobody;
	void *user;
};

/**
 * session_party_add() - one more end
 * @session: the session
 * @conf: copied
 *
 * Return: the party, which lives as long as the session; NULL without memory.
 */
struct session_party *session_party_add(struct session *session,
					const struct session_party_conf *conf);

/**
 * session_party_drop() - that end is none after all
 * @party: void after the call, if no branch and no bridge has it; else nothing happens
 */
void session_party_drop(struct session_party *party);

/** session_party_user() - what session_party_add() was given */
void *session_party_user(const struct session_party *party);

/** session_party_name() - "caller" */
const char *session_party_name(const struct session_party *party);

/**
 * session_moved() - the signalling of a party comes from elsewhere now
 * @party: the party
 * @source: where from; the present one: nothing happens
 * @err: the sentence; may be NULL
 *
 * For what the dialog's other end is taken to have said (authenticated, or as good
 * as it gets): its legs may latch anew at once, also if its description stays as it
 * was.  From another address, and for some seconds nobody who was its remote until
 * now may be; from another port of the same one, he still may.
 *
 * Return: 0, or -errno of the datapath: then nothing has moved but @source.
 */
int session_moved(struct session_party *party, const struct dp_addr *source,
		  struct dp_err *err);

/**
 * session_party_is_at() - does a party describe that address as its own?
 * @branch: the negotiation
 * @party: an end of it
 * @host: the address, whatever its port
 *
 * Return: whether a line of what is agreed has it.
 */
bool session_party_is_at(const struct session_branch *branch,
			 const struct session_party *party, const struct dp_addr *host);

/**
 * session_block() - something that comes from some parties is not relayed, or is again
 * @party: the parties, of one session
 * @n: how many, at least 1
 * @what: RTPLANE_BLOCK_MEDIA: all but RTCP; RTPLANE_BLOCK_DIGITS: telephone events
 *	(RFC 4733), of the types that the other party's description has
 * @block: it is not
 * @err: the sentence; may be NULL
 *
 * Holds for what they negotiate later too; either for itself.  What is blocked is counted as
 * received: it is no silence.
 *
 * Return: 0, or -errno of the datapath: then all of them are as they were.
 */
int session_block(struct session_party *const *party, size_t n,
		  enum rtplane_block what, bool block, struct dp_err *err);

/* ------------------------------------------------------------------ taps */

struct session_tap;

/**
 * session_tap_new() - what a party sends in a line is to go to somebody beside, too
 * @party: the party
 * @line: number of the line, from 0
 * @policy: of who gets it: where our ports towards him are
 * @family: of our address; 0: any
 * @err: the sentence
 *
 * Return: the tap, with ports, by which nothing goes before session_tap_set(); to be
 * given to session_tap_free() before the session's end.  NULL with @err, as with ports_get().
 */
struct session_tap *session_tap_new(struct session_party *party, unsigned int line,
				    struct session_policy *policy,
				    sa_family_t family, struct dp_err *err);

/**
 * session_tap_free() - nobody gets it, and nothing goes by it any more: session_tap_set()
 *	and session_taps_apply() go before, or the session's end at once after
 * @tap: NULL is fine
 */
void session_tap_free(struct session_tap *tap);

/**
 * session_tap_set() - where it goes from the next session_taps_apply() on
 * @tap: the tap
 * @to: RTP; NULL: nowhere
 * @to_rtcp: RTCP; NULL: nowhere
 */
void session_tap_set(struct session_tap *tap, const struct dp_addr *to,
		     const struct dp_addr *to_rtcp);

/**
 * session_tap_access() - may it go there, by the media-acl of who gets it, and by our ports?
 * @tap: the tap
 * @to: where; family 0: nowhere
 *
 * Return: NULL, or why not; until the next one is refused.
 */
const char *session_tap_access(const struct session_tap *tap, const struct dp_addr *to);

/** session_tap_told() - what session_tap_set() was given; family 0: NULL */
void session_tap_told(const struct session_tap *tap, struct dp_addr *to,
		      struct dp_addr *to_rtcp);

/**
 * session_tap_place() - our ports
 * @tap: the tap
 * @rtp: our address as others are told it, and the port of RTP
 * @rtcp: the port of RTCP
 */
void session_tap_place(const struct session_tap *tap, struct dp_addr *rtp,
		       uint16_t *rtcp);

/**
 * session_taps_apply() - bring the datapath to what taps say
 * @session: the session
 * @err: the sentence
 *
 * Return: 0, or -errno of the datapath: then it is as it was.
 */
int session_taps_apply(struct session *session, struct dp_err *err);

/**
 * session_told_to() - the description by which a party sends what is relayed now
 * @party: the party
 *
 * Return: what it was told last; NULL: nothing of it is relayed.
 */
const char *session_told_to(const struct session_party *party);

/** session_line_sends() - is that line of the party's relayed, or would be? */
bool session_line_sends(const struct session_party *party, unsigned int line);

/* --------------------------------------------------------- negotiations */

/**
 * session_branch_new() - a negotiation between two parties
 * @a: one
 * @b: the other, of the same session
 * @user: for session_branch_user()
 *
 * Return: the branch, which lives until session_branch_drop() or the session's
 * end; NULL without memory or with SESSION_BRANCHES_MAX of them.
 */
struct session_branch *session_branch_new(struct session_party *a,
					  struct session_party *b, void *user);

/** enum session_had - bits: what was agreed with a party, so that it is offered no less */
enum session_had {
	SESSION_HAD_SDES = 1,		/* SRTP by keys in descriptions */
	SESSION_HAD_SAVP = 2,		/* and its profile insisted on that */
	SESSION_HAD_DTLS = 4,		/* SRTP by DTLS */
	SESSION_HAD_TLS = 8,		/* and its profile insisted on that */
	SESSION_HAD_MUX = 16,		/* RTCP on the port of RTP */
};

/**
 * struct session_origin - what the descriptions that a party gets are known by
 * @id: session id of their o= line; 0: it has got none
 * @version: of the last one
 * @had: what was agreed with it, bits of &enum session_had
 */
struct session_origin {
	uint64_t id;
	uint64_t version;
	uint32_t had;
};

/** session_origin() - of those that @party of @branch gets */
void session_origin(const struct session_branch *branch,
		    const struct session_party *party,
		    struct session_origin *origin);

/** session_set_origin() - of a former agent's: the next one is the next version */
void session_set_origin(struct session_branch *branch,
			const struct session_party *party,
			const struct session_origin *origin);

/**
 * session_branch_fork() - one more answer to the first offer of a branch
 * @of: the branch; its first offer may be answered already
 * @user: for session_branch_user()
 *
 * The new branch has that offer open, with the same ports and keys, and text that
 * goes to the offerer is another dialog's (o= of its own).  Not possible any more
 * after session_choose() with @final.
 *
 * Return: the branch; NULL without memory, with SESSION_BRANCHES_MAX of them, or
 * if there was no offer.
 */
struct session_branch *session_branch_fork(struct session_branch *of,
					   void *user);

/** session_branch_user() - what it was made with */
void *session_branch_user(const struct session_branch *branch);

/** session_branch_set_user() - another one */
void session_branch_set_user(struct session_branch *branch, void *user);

/**
 * session_branch_drop() - a negotiation is over
 * @branch: void after the call; NULL is fine
 *
 * If it was heard, the one of the others that was answered last is from now on; if
 * there is none, or the datapath refuses it, no bridge is left.
 */
void session_branch_drop(struct session_branch *branch);

/**
 * session_choose() - from now on this branch is heard
 * @branch: one that was answered
 * @final: no other answer will be taken: an early one of @branch is the answer, all
 *	other branches are dropped, and none can be forked
 * @err: the sentence
 *
 * Return: 0, or -errno: then the one that was heard still is, and no branch is
 * dropped.  -EINVAL if it was not answered.
 */
int session_choose(struct session_branch *branch, bool final,
		   struct dp_err *err);

/** session_heard() - the branch that is heard, or NULL */
struct session_branch *session_heard(const struct session *session);

/**
 * session_offer() - a party offers
 * @branch: the negotiation
 * @from: who offers
 * @text: what it says
 * @len: its bytes
 * @to: on success the description for the other party, to be freed by
 *	session_text_free()
 * @err: the sentence
 *
 * Takes ports.  Lines that cannot be relayed are rejected towards the other party;
 * if none is left of those that were wanted, it fails.  Media goes on as it was
 * until the answer.
 *
 * Return: 0 or -errno: then the branch is as it was before.
 */
int session_offer(struct session_branch *branch, struct session_party *from,
		  const char *text, size_t len, char **to, struct dp_err *err);

/**
 * session_offer_anew() - a party offers, whatever is open
 * @branch: the negotiation
 * @from: who offers
 * @text: what it says
 * @len: its bytes
 * @to: as session_offer()
 * @err: the sentence
 *
 * For signalling that does not tell how an offer ended.  If there is an open offer, it
 * is over with this one: an early answer to it was the answer (session_settle());
 * without one, @from's own offer is replaced, with the same ports and keys, so that
 * whoever was told of the former one can answer this; and the other party's is
 * withdrawn (session_rollback()).
 *
 * Return: 0 or -errno: then the branch is as it was before, with its open offer.
 */
int session_offer_anew(struct session_branch *branch,
		       struct session_party *from, const char *text, size_t len,
		       char **to, struct dp_err *err);

/**
 * session_answer() - the open offer is answered
 * @branch: the negotiation
 * @from: who answers; never the offerer
 * @text: what it says
 * @len: its bytes
 * @early: another answer may follow, as after an unreliable provisional response:
 *	the offer stays open. The one that counts comes with @early false, or is
 *	this one after all by session_settle() or session_choose() with @final.
 * @to: on success the description for the offerer, to be freed by
 *	session_text_free()
 * @err: the sentence
 *
 * Before it returns media flows as agreed, if the branch is heard; it is if none
 * was.  Lines that the answer lacks count as rejected.
 *
 * Return: 0 or -errno: then the offer is still open, and all else as it was before:
 * give another answer, or session_rollback().
 */
int session_answer(struct session_branch *branch, struct session_party *from,
		   const char *text, size_t len, bool early, char **to,
		   struct dp_err *err);

/**
 * session_settle() - the last early answer is the answer
 * @branch: the negotiation; without an early answer nothing happens
 *
 * For a final response that has no description because an early one had.
 */
void session_settle(struct session_branch *branch);

/**
 * session_reanswer() - the answer once more
 * @branch: the negotiation
 * @to: who made the last offer
 *
 * For a final response whose early ones had the answer and which has none itself.
 *
 * Return: the description that was sent to @to last, to be freed by
 * session_text_free(); NULL if there was none.
 */
char *session_reanswer(const struct session_branch *branch,
		       const struct session_party *to);

/**
 * session_rollback() - the open offer was refused, or is withdrawn
 * @branch: the negotiation; without an open offer nothing happens
 *
 * All is as it was before the offer, an early answer to it included, and its ports
 * are free at once.
 */
void session_rollback(struct session_branch *branch);

/**
 * session_trickle() - more candidates of a party, as they come after its description
 * @branch: the negotiation
 * @from: whose
 * @text: a fragment (RFC 8840): credentials, and sections with candidates
 * @len: its bytes
 * @err: the sentence
 *
 * Of what is agreed, or of the offer that is open.  What the realm's media-acl does not
 * allow is left out, and so is what goes beyond 32 candidates of a line.
 *
 * Return: 0, -EPROTO if it is none, -ENOENT if it belongs to nothing that the party has
 * said last, or -ENOMEM.
 */
int session_trickle(struct session_branch *branch, struct session_party *from,
		    const char *text, size_t len, struct dp_err *err);

/** session_offerer() - who made the open offer; NULL: none is open */
struct session_party *session_offerer(const struct session_branch *branch);

/** session_answered() - has an offer of this branch been answered? */
bool session_answered(const struct session_branch *branch);

/** session_text_free() - free a description, and forget the keys in it */
void session_text_free(char *text);

/**
 * session_retry_after() - after -ENOSPC
 * @party: any
 *
 * Return: seconds until ports are to be expected, at least 1.
 */
unsigned int session_retry_after(const struct session_party *party);

#endif /* SESSION_SESSION_H */
