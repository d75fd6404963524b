/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of session/ share.  Each uses only those above it here:
 *
 *   latch.c     who may send
 *   spot.c      port pairs, and further ones for ICE
 *   ice.c       ICE of a port pair
 *   dtls.c      DTLS-SRTP of a media line with a party
 *   line.c      media lines and the ports that they sit on
 *   weigh.c     the bandwidth that they may take
 *   protect.c   SRTP of a line: policies, keys
 *   mux.c       RTCP on the port of RTP
 *   bundle.c    lines that share a port
 *   tap.c       what a party sends goes to somebody beside, too
 *   stand.c     bridges that lines are to have
 *   owner.c     which of them has a port that lines share
 *   plan.c      these in the datapath, all or nothing
 *   silence.c   nobody sends any more
 *   path.c      what comes in that is no media, and what ICE finds out
 *   say.c       what the other party gets to see
 *   offer.c     offer, answer, roll-back
 *   trickle.c   candidates that come later
 *   session.c   sessions, parties, branches
 *   event.c     what the datapath tells
 *   report.c    what legs have seen; why.c: what that means
 *   adopt.c     legs of a former agent
 *
 * What is agreed stands in &session_branch.line and is never changed in place: an
 * answer makes new lines from those of its offer, the datapath is brought to them,
 * and only then they take the place of the old ones.
 *
 * A port pair (&struct seat) is held by the lines and offers that it is for, and by
 * the bridge that stands on it, so it goes back to its pool when all of them are
 * gone, and never before the bridge is.
 */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include <sys/queue.h>

#include "base/log.h"
#include "dtls/dtls.h"
#include "ice/ice.h"
#include "sdp/dtls.h"
#include "sdp/ice.h"
#include "sdp/sdp.h"
#include "report.h"
#include "session.h"
#include "share.h"
#include "spot.h"

/** SESSION_BRIDGES_MAX - bridges of a session: RTP and RTCP of each line */
#define SESSION_BRIDGES_MAX	(2 * SDP_MEDIA_MAX)

/**
 * struct said - ICE between us and a party, of one media line
 * @refs: who hold it
 * @ours: our credentials
 * @ufrag: theirs; NULL: they have said nothing of it (yet)
 * @pwd: their password
 * @lite: they are lite
 * @offered: the first description with their credentials was an answer to ours
 * @n: their candidates
 * @candidate: these
 *
 * Never changed once it is made, as lines are not.
 */
struct said {
	unsigned int refs;
	struct ice_creds ours;
	char *ufrag;
	char *pwd;
	bool lite;
	bool offered;
	size_t n;
	struct ice_candidate candidate[];
};

/**
 * struct channel - DTLS of one component of an association
 * @of: the association
 * @dtls: its handshake; NULL: it has not begun, or is over
 * @peer: where the party's last datagram came from; family 0: none came
 * @state: how far it has come
 * @tries: how often it has begun and was undone by what anybody could have sent
 * @later: ms; who only shares the party's host may not begin before
 * @sealed: there are no keys yet, or none any more: @rx and @tx are random, and nobody
 *	has them
 * @borrowed: they are those of the description that was before
 * @rx: protects what arrives
 * @tx: protects what we send
 * @why: why it has come to nothing, or cannot begin; or empty
 */
struct channel {
	struct association *of;
	struct dtls *dtls;
	struct dp_addr peer;
	enum session_secure state;
	unsigned int tries;
	uint64_t later;
	bool sealed;
	bool borrowed;
	struct dp_srtp rx;
	struct dp_srtp tx;
	char why[200];
};

/**
 * struct association - DTLS-SRTP between us and a party, of one media line
 * @refs: who hold it: lines and offers, as they hold keys, and its seat while media goes
 *	by it
 * @seat: whose ports; who holds one of these holds the seat
 * @party: with whom; lives as long as the seat
 * @cert: ours
 * @id: our tls-id
 * @savp: its profile insists on SRTP
 * @tls: its profile is one on DTLS
 * @known: the party has spoken: the rest is void otherwise
 * @theirs: what it has said
 * @role: ours
 * @timer: a handshake that could not begin is tried again
 * @channel: by component - 1
 *
 * What it is by is never changed once @known is set; a party that says something else
 * gets another one.
 */
struct association {
	unsigned int refs;
	struct seat *seat;
	struct session_party *party;
	struct dtls_cert *cert;
	char id[SDP_TLS_ID_OURS + 1];
	bool savp;
	bool tls;
	bool known;
	struct sdp_dtls theirs;
	enum dtls_role role;
	struct timer timer;
	struct channel channel[2];
};

/** HELD_MAX - datagrams of DTLS that wait for the answer */
#define HELD_MAX	4

/**
 * struct seat_dtls - DTLS on a port pair
 * @now: whom it is with, held; NULL: nobody (yet)
 * @place: where signalling says that the party is, by component - 1
 * @host: whose other ports it may come from, too; family 0: nobody's
 * @channels: how many of its components are in use
 * @n_held: datagrams that came before that was known
 * @held: these
 */
struct seat_dtls {
	struct association *now;
	unsigned int channels;
	struct dp_addr place[2];
	struct dp_addr host;
	unsigned int n_held;
	struct held *held[HELD_MAX];
};

/**
 * enum rtcp_by - which bridge has counted RTCP to a party last, by keys of ours: on another
 *	one these would count from 0
 * @RTCP_BY_NONE: none
 * @RTCP_BY_OWN: its own
 * @RTCP_BY_RTP: RTP's
 * @RTCP_BY_PART: its own, by RTP's port
 * @RTCP_BY_GONE: one of these two, which has gone while RTP's stayed
 */
enum rtcp_by { RTCP_BY_NONE, RTCP_BY_OWN, RTCP_BY_RTP, RTCP_BY_PART, RTCP_BY_GONE };

/**
 * struct seat - a port pair towards a party; another one, of another address, once ICE has
 * found its way by that
 * @refs: who hold it
 * @session: is charged for it
 * @address: of the party's policy
 * @pair: the ports; or a place at one that calls share (&ports_pair.share)
 * @apart: why it is no such place, where its party's realm has one; or NULL
 * @used: a bridge has stood on it: it must rest
 * @stuck: a bridge stands on it that the datapath does not let go of
 * @mux: RTCP comes by RTP's, since lines were agreed so
 * @grouped: lines that may be several are told apart on it; never unset
 * @rtcp: where RTCP was counted
 * @ice: ICE on it; NULL: none was ever offered or asked for
 * @dtls: DTLS on it; NULL: none was ever offered or asked for
 */
struct seat {
	unsigned int refs;
	struct session *session;
	const struct session_address *address;
	struct ports_pair *pair;
	const char *apart;
	bool used;
	bool stuck;
	bool mux;
	bool grouped;
	enum rtcp_by rtcp;
	struct seat_ice *ice;
	struct seat_dtls *dtls;
};

/**
 * struct protection - SRTP between us and a party, of one media line
 * @on: there is SRTP; the rest is void otherwise
 * @savp: its profile says so; else it was offered beside plain RTP (RFC 8643)
 * @tag: number of the key
 * @rx: the party's key
 * @tx: ours
 * @reply: that, as our answer to its offer says it
 */
struct protection {
	bool on;
	bool savp;
	uint32_t tag;
	struct dp_srtp rx;
	struct dp_srtp tx;
	struct sdp_crypto reply;
};

/* clocks that telephone events may have */
#define DIGIT_CLOCKS	4

/* the clock of place @i of &half.digits, Hz */
uint32_t session_digit_clock(unsigned int i);

/* bytes of a=mid's value that is kept, with its NUL; longer ones are in no group */
#define MID_LEN	40

/**
 * struct half - one party's half of a media line
 * @seat: our ports towards it; NULL: the line is rejected
 * @remote: where its description says RTP is to go; family 0: nowhere (yet)
 * @remote_rtcp: and RTCP; family 0: nowhere
 * @sends: it is to send, as its own description says
 * @many: it may send several SSRCs at a time, as its own description says
 * @digits: payload types by which it takes telephone events (RFC 4733), bit n for 96 + n, by
 *	their clock, as session_digit_clock() has them
 * @srtp: protection by keys in descriptions
 * @dtls: protection by DTLS instead, held; NULL: none
 * @mux: RTCP is where RTP is, as agreed with it
 * @mid: the line's name in its descriptions, or empty
 * @bundled: it is in a group of lines, as its description, or the offer to it, says
 * @line: which of the lines of its port (&dp_addr.line); 0: the port's own
 * @takes: payload types that it takes, as its own description says, as @told has them
 * @feedback: its description's profile has feedback
 * @told: what its packets are told by at that port, once it is agreed
 * @ice: ICE with it, held; NULL: none
 * @mismatch: its description has ICE that does not fit its addresses: it is told so
 */
struct half {
	struct seat *seat;
	struct dp_addr remote;
	struct dp_addr remote_rtcp;
	bool sends;
	bool many;
	uint32_t digits[DIGIT_CLOCKS];
	struct protection srtp;
	struct association *dtls;
	bool mux;
	char mid[MID_LEN];
	bool bundled;
	uint8_t line;
	uint32_t takes[4];
	bool feedback;
	struct dp_line told;
	struct said *ice;
	bool mismatch;
};

/**
 * struct line - a media line of a branch
 * @kind: audio, video, other
 * @rtp: RTP, with RTCP beside it
 * @wanted: both parties agreed on it
 * @words: its type, profile and formats as they were offered last
 * @kbits: what it may take, as it was offered last, or answered with less; 0: nobody is charged
 * @half: of either end
 */
struct line {
	enum sdp_kind kind;
	bool rtp;
	bool wanted;
	char *words;
	uint32_t kbits;
	struct half half[2];
};

/**
 * struct proposal - SRTP of a media line that is offered
 * @proto: profile of the offer, and so of the answer to it; NULL: not RTP
 * @from: what its sender gets if it is answered, by keys in the descriptions
 * @from_dtls: it gets DTLS-SRTP instead
 * @to_proto: profile that is offered to the other party
 * @to_dtls: DTLS-SRTP is offered to it
 * @must_dtls: that or nothing
 * @must: SRTP or nothing
 * @n: keys offered to it
 * @crypto: these, with room for SESSION_SUITES_MAX; NULL: there is none
 */
struct proposal {
	const char *proto;
	struct protection from;
	bool from_dtls;
	const char *to_proto;
	bool to_dtls;
	bool must_dtls;
	bool must;
	size_t n;
	struct sdp_crypto *crypto;
};

/**
 * struct mux - RTCP on the port of RTP, of a media line that is offered
 * @from: its sender may get it
 * @from_must: that or no RTCP
 * @to: it is offered to the other party
 * @to_must: that or nothing
 */
struct mux {
	bool from;
	bool from_must;
	bool to;
	bool to_must;
};

/**
 * struct offered - a line of an offer
 * @line: as it is to be if it is answered: ports are taken
 * @usable: it is wanted and can be relayed
 * @why: what is in the way otherwise; NULL: it was not wanted
 * @srtp: its protection
 * @mux: where its RTCP goes
 */
struct offered {
	struct line line;
	bool usable;
	const char *why;
	struct proposal srtp;
	struct mux mux;
};

/**
 * struct offer - what was offered, and what comes of it if it is answered
 * @refs: branches that hold it, open or as their first
 * @desc: what it said
 * @from: end that made it
 * @sdp_id: session id of the description that the other end got
 * @sdp_version: and its version
 * @n: lines: as many as @desc has, or as the branch had, if that was more
 * @of: these
 *
 * Never changed once it is made, but for keys that have begun (protect.c).
 */
struct offer {
	unsigned int refs;
	struct sdp_desc *desc;
	unsigned int from;
	uint64_t sdp_id;
	uint64_t sdp_version;
	size_t n;
	struct offered of[];
};

/**
 * struct end - one end of a branch: a dialog with a party
 * @party: whom
 * @sdp_id: session id of the descriptions we send; 0: none was sent yet
 * @sdp_version: version of the last one
 * @sent: the last one
 * @had: bits of &enum session_had, of a former agent's, until lines are agreed anew
 */
struct end {
	struct session_party *party;
	uint64_t sdp_id;
	uint64_t sdp_version;
	char *sent;
	uint32_t had;
};

/**
 * struct session_branch - see session.h
 * @entry: in the session
 * @session: the session
 * @nr: no other of the session ever has it
 * @end: its two ends
 * @line: what is agreed
 * @n_lines: how many
 * @open: the offer that is open
 * @first: the first one, for forks
 * @early: @line is by an answer to @open that may be followed by another
 * @before: with @early, what was agreed before @open
 * @n_before: how many
 * @was_answered: with @early, @answered before @open
 * @answered: when an offer was answered last, by &session.serial; 0 = never
 * @user: the caller's
 */
struct session_branch {
	TAILQ_ENTRY(session_branch) entry;
	struct session *session;
	unsigned int nr;
	struct end end[2];
	struct line *line;
	size_t n_lines;
	struct offer *open;
	struct offer *first;
	bool early;
	struct line *before;
	size_t n_before;
	uint64_t was_answered;
	uint64_t answered;
	void *user;
};

/* bit of &session_party.blocked */
#define BLOCKED(what)	(1u << RTPLANE_BLOCK_##what)

/**
 * struct session_party - see session.h
 * @entry: in the session
 * @session: the session
 * @name: "caller"
 * @policy: what holds for it
 * @source: where its signalling comes from
 * @local: our address that it comes to
 * @transport: by
 * @confidential: nobody on the way can read it
 * @trickle: it can say more of its candidates later
 * @nobody: there is nobody
 * @bare_keys: keys went that way although somebody can
 * @blocked: what of its media is not relayed: bit n for n of enum rtplane_block
 * @was: that before session_block() changed it
 * @user: the caller's
 */
struct session_party {
	TAILQ_ENTRY(session_party) entry;
	struct session *session;
	char name[SESSION_NAME_LEN];
	struct session_policy *policy;
	struct dp_addr source;
	struct dp_addr local;
	char transport[8];
	bool confidential;
	bool trickle;
	bool nobody;
	bool bare_keys;
	uint8_t blocked;
	uint8_t was;
	void *user;
};

/**
 * struct session_tap - see session.h
 * @entry: in the session
 * @party: whose media; NULL: it has gone
 * @line: which line of it
 * @policy: of who gets it; held, as @seat points into it
 * @seat: our ports
 * @to: where to; family 0: nowhere (yet)
 * @to_rtcp: and RTCP; family 0: nowhere
 */
struct session_tap {
	LIST_ENTRY(session_tap) entry;
	struct session_party *party;
	unsigned int line;
	struct session_policy *policy;
	struct seat *seat;
	struct dp_addr to;
	struct dp_addr to_rtcp;
};

/* the outputs of a leg of that party's; @rtp: of a line of RTP; @room: for
 * RTPLANE_COPIES_MAX, which @leg then points to
 */
void session_taps_fill(const struct session_party *party, unsigned int line, bool rtp,
		       struct dp_copy *room, struct dp_leg *leg);

/**
 * struct told - what the datapath has told of a leg, so that it is known what has not
 *	come
 * @first: its first packet
 * @latches: how often a remote was committed
 * @remote: the last one that was
 * @early: RTP that had come to the agent's socket when the bridge was made
 * @strayed: how often its remote was another than the one that ICE has found
 */
struct told {
	bool first;
	uint32_t latches;
	struct dp_addr remote;
	uint64_t early;
	unsigned int strayed;
};

/**
 * struct standing - a bridge that is in a datapath
 * @dp: in which
 * @bridge: as it was made or changed last, without orders
 * @seat: what its legs sit on, in the order of @bridge.leg; held
 * @party: whose they are
 * @mux: RTCP is where RTP is, with that party
 * @told: what the datapath has told of them
 * @proven: which remote of a leg was proven by ICE, and the datapath knows; family 0:
 *	none
 * @sealed: nothing passes, for want of keys; none has ever been used on it
 * @copies: what the further outputs of its legs point to, in their order when it was made;
 *	only where the session has some
 */
struct standing {
	struct dp *dp;
	struct dp_bridge bridge;
	struct seat *seat[2];
	struct session_party *party[2];
	bool mux[2];
	struct told told[2];
	struct dp_addr proven[2];
	bool sealed;
	struct dp_copy copies[][RTPLANE_COPIES_MAX];
};

/**
 * struct session - see session.h
 * @bucket: in the table
 * @sessions: all of them
 * @id: its name
 * @conf: as given
 * @parties: its parties
 * @n_parties: how many
 * @branches: its branches
 * @n_branches: how many
 * @last_branch: number of the last one that was made
 * @heard: the branch whose media flows
 * @serial: counts answers
 * @standing: bridges, by line and component (0 RTP, 1 RTCP)
 * @taps: somebody beside who gets what parties send
 * @timer: looks for silence
 * @ice_timer: bridges are to be made that could not be without what ICE has found
 * @changed: ms of the timers' clock at the last change of bridges
 * @unrelayed: the last line that could not be relayed, and why
 * @aside: why its lines that share a port are not in the first datapath; or empty
 * @beside: its lines with SRTP are in &sessions_conf.beside
 * @kbits: what its media may take, as its quotas are charged
 */
struct session {
	LIST_ENTRY(session) bucket;
	struct sessions *sessions;
	uint64_t id;
	struct session_conf conf;
	TAILQ_HEAD(, session_party) parties;
	unsigned int n_parties;
	TAILQ_HEAD(, session_branch) branches;
	unsigned int n_branches;
	unsigned int last_branch;
	struct session_branch *heard;
	uint64_t serial;
	struct standing *standing[SDP_MEDIA_MAX][2];
	LIST_HEAD(, session_tap) taps;
	struct timer timer;
	struct timer ice_timer;
	uint64_t changed;
	char unrelayed[256];
	char aside[256];
	bool beside;
	uint32_t kbits;
};

#define SESSION_BUCKETS	4096

#define SESSION_REFUSAL_LEN	320

/**
 * struct sessions - see session.h
 * @conf: as given
 * @bucket: all sessions by id
 * @n: how many
 * @orphans: what a former agent left, by cookie
 * @n_orphans: how many
 * @orphan_timer: looks at them
 * @lost_timer: looks for what was not told
 * @on_ice: the agent of a seat may have news
 * @on_dtls: a handshake has come to an end, whichever; the session may be gone after it
 * @refusal: why somebody's media was refused last, in words
 */
struct sessions {
	struct sessions_conf conf;
	LIST_HEAD(, session) bucket[SESSION_BUCKETS];
	unsigned int n;
	LIST_HEAD(, orphan) orphans[SESSION_BUCKETS];
	unsigned int n_orphans;
	struct timer orphan_timer;
	struct timer lost_timer;
	void (*on_ice)(struct seat *seat);
	void (*on_dtls)(struct channel *channel);
	char refusal[SESSION_REFUSAL_LEN];
};

/* a line of the log about a session, and a party of it or NULL */
#define session_log(session, level, party, ...)				\
	log_call(level, (session)->id,					\
		 session_leg_name(party, (char[2 * SESSION_NAME_LEN]){ 0 }), \
		 __VA_ARGS__)

/* PARTY@REALM, as the log says it, in @buf; NULL: no party */
const char *session_leg_name(const struct session_party *party,
			     char buf[2 * SESSION_NAME_LEN]);

/* --- latch.c --- */

/* remote, mode and what goes with it, of a party's leg */
void session_latch(const struct session_party *party, struct dp_leg *leg);
/* nobody is it but who was proven: of a call that shares its port */
void session_latch_shared(struct dp_leg *leg);

/* --- ice.c --- */

/* NULL, or why the line of a description cannot be at a port that calls share */
const char *session_ice_apart(const struct session_party *party,
			      const struct sdp_desc *desc, const struct sdp_media *media);
void session_ice_end(struct seat *seat);
/* whom it is with from now on, and what was said; of which branch that is. NULL: nobody */
void session_ice_follow(struct seat *seat, struct said *said, unsigned int of);
/* is that the party that its agent is with? */
bool session_ice_is_with(const struct seat *seat, const struct said *said,
			 unsigned int of);
/* the way that its agent has found with whomever it is with */
bool session_ice_path(const struct seat *seat, unsigned int component,
		      struct ice_path *path);
/* is that way its own, and no other call's at a port that they share? */
bool session_is_its(const struct seat *seat, const struct ice_path *path);
/* had it one, and is that gone? */
bool session_ice_lost(const struct seat *seat, unsigned int component);
/* is a datagram beside STUN the party's if ICE says so, and only then? */
bool session_ice_decides(const struct seat *seat, unsigned int component);
/* does it say so? */
bool session_ice_knows(const struct seat *seat, unsigned int component,
		       const struct dp_addr *from);
/* is that one of the families that it looks for a way in? */
bool session_ice_has_family(const struct seat *seat, sa_family_t family);
/* the pair that its way goes by, of whoever it is with; NULL: the seat's own, or no way */
struct spot *session_ice_elsewhere(const struct seat *seat);
/* they change places: the seat is there, and what was the seat's is one of the further ones */
void session_ice_move(struct seat *seat, struct spot *spot);
/* what people are told of it */
void session_ice_report(const struct seat *seat, unsigned int component,
			struct session_ice_report *to);
/*
 * ICE of a line whose ports are taken, by a description of a party: NULL, or why it
 * cannot be had. @rtp: RTP, with RTCP beside it. The first is for who offers, the
 * second for who will get the offer, the third for who answers it.
 */
bool session_ice_is_on(const struct session_party *party);
const char *session_ice_offered(const struct session_party *party,
				const struct sdp_desc *desc,
				const struct sdp_media *media, bool rtp,
				struct half *half);
const char *session_ice_invite(const struct session_party *party, bool rtp,
			       struct half *half);
const char *session_ice_answered(const struct session_party *party,
				 const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 struct half *half);
/* its lines of ICE in a description to that party, each with its CR LF; @mux: RTCP has no
 * port of its own
 */
void session_ice_say(struct writer *out, const struct session_party *party,
		     const struct half *half, bool mux);
/* if the agent is with who has said that: he has said more */
void session_ice_more(struct seat *seat, struct said *said);
/* the same, and what a fragment adds: a reference, NULL without memory */
struct said *session_said_more(struct said *was, const struct sdp_ice *theirs);
struct said *session_said_get(struct said *said);
void session_said_put(struct said *said);

/* --- dtls.c --- */

/* a key that nobody has */
void session_key_make(struct dp_srtp *srtp, uint8_t suite);

/* may there be DTLS-SRTP with that party at all? */
bool session_dtls_is_on(const struct session_party *party);
/* does it describe DTLS-SRTP? @why: what is in the way of what it describes, or NULL */
bool session_dtls_is_said(const struct sdp_desc *desc,
			  const struct sdp_media *media, const char **why);
/*
 * DTLS of a line whose ports are taken: @half gets what it is to have, by what it had.
 * NULL, or why it cannot be had. The first is for who offers and the second for who will
 * get the offer. The third is for who answers it: 0 or -errno.
 */
const char *session_dtls_offered(struct session_party *party,
				 const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 struct half *half);
const char *session_dtls_invite(struct session_party *party, bool savp, bool tls,
				struct half *half);
int session_dtls_answered(struct session_party *party,
			  const struct sdp_desc *desc,
			  const struct sdp_media *media, unsigned int i,
			  struct half *half, struct dp_err *err);
/* none */
void session_dtls_none(struct half *half);
/* its lines in a description to that party, each with its CR LF; @answer: of an answer */
void session_dtls_say(struct writer *out, const struct half *half, bool answer);
/* what protects its packets */
void session_dtls_protect(const struct half *half, unsigned int component,
			  struct dp_leg *leg);
/* there are no keys: nothing may pass */
bool session_dtls_is_sealed(const struct half *half, unsigned int component);
/* is RTP protected by the keys of the description before, as RTCP was on its own bridge? */
bool session_dtls_borrows(const struct half *half);
/* media is by what @half says from now on: handshakes begin */
void session_dtls_follow(struct session_party *party, const struct half *half);
/* ICE has found a way to the party */
void session_dtls_way(struct seat *seat);
void session_dtls_receive(struct seat *seat, unsigned int component,
			  const struct dp_addr *from, const uint8_t *data,
			  size_t len);
/* there is to be no media by it */
void session_dtls_fail(struct channel *channel, const char *why);
void session_dtls_report(const struct seat *seat, unsigned int component,
			 struct session_dtls_report *to);
void session_dtls_end(struct seat *seat);
struct association *session_association_get(struct association *association);
void session_association_put(struct association *association);

/* --- access.c --- */

/* may media of the party, or what finds a way for it, be sent there? */
bool session_may_go(const struct session_party *party, const struct dp_addr *to);
/* NULL, or why a section of its description leads nowhere that it may; until the next one */
const char *session_access(const struct session_party *party,
			   const struct sdp_desc *desc,
			   const struct sdp_media *media);
/* without candidates that it may not be reached at */
void session_access_candidates(const struct session_party *party,
			       struct sdp_ice *ice);

/* --- line.c --- */

/*
 * @apart: NULL: at the port that calls share, if the address has one; else why not. NULL with a
 * sentence
 */
struct seat *session_seat_new(struct session *session,
			      const struct session_address *address,
			      const char *apart, struct dp_err *err);
struct seat *session_seat_get(struct seat *seat);
void session_seat_put(struct seat *seat);
/* its party is somewhere else from now on, or nowhere: @seat, whose hold it takes */
void session_half_move(struct half *half, struct seat *seat);
/* the address of a party that is of this family (0: any), or NULL */
const struct session_address *
session_address_of(const struct session_party *party, sa_family_t family);
/* a copy that holds its seats; false without memory, and then it is empty */
bool session_line_copy(struct line *to, const struct line *from);
/* nothing is held by it, and no key is in it */
void session_line_clear(struct line *line);
struct line *session_lines_copy(const struct line *from, size_t n);
void session_lines_free(struct line *line, size_t n);
/* neither party gets or sends anything on it; its words stay */
void session_line_reject(struct line *line);

/* --- weigh.c --- */

/* kbit/s that a section may take; 0: it is rejected, or nobody is charged for the session's */
uint32_t session_media_kbits(const struct session *session, const struct sdp_desc *desc,
			     const struct sdp_media *media);
/* the offer is about to be open: who is charged for the session is charged with it, or -EDQUOT */
int session_weigh_offer(struct session *session, const struct offer *offer,
			struct dp_err *err);
/* something may have gone */
void session_weigh(struct session *session);
/* all has */
void session_weigh_none(struct session *session);

/* --- protect.c --- */

/* the protection of an offered line, which @way says how to carry: NULL, or why it cannot be had */
const char *session_protect_offer(struct session_branch *branch,
				  const struct sdp_desc *desc,
				  const struct sdp_media *media,
				  const struct sdp_media *way,
				  unsigned int from, const struct line *now,
				  bool fresh_line, struct proposal *p);
/* it is over */
void session_protect_forget(struct proposal *p);
/* it replaces @was, which has no answer: our keys are the same, where they can be */
void session_protect_again(struct proposal *p, const struct proposal *was);
/*
 * An answer may have RTCP by another bridge than what has counted it: who answers, whose half
 * @to was, is offered another key of ours
 */
void session_protect_moves(struct proposal *p, const struct mux *mux,
			   const struct half *to);
/* the same, once it has its ports */
const char *session_protect_seated(struct session_branch *branch,
				   const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   unsigned int from, const struct proposal *p,
				   struct line *line);
/*
 * both halves by this answer of @party, end @from; @way: the section that says how it is
 * carried. 0 or -errno with a sentence
 */
int session_protect_answer(const struct proposal *p,
			   struct session_party *party,
			   const struct sdp_desc *desc,
			   const struct sdp_media *answer,
			   const struct sdp_media *way, unsigned int i,
			   unsigned int from, struct line *line,
			   struct dp_err *err);
/* would our key count RTCP from 0 by that bridge, and has counted it elsewhere? */
bool session_protect_is_spent(const struct half *half, enum rtcp_by by);
/*
 * The line is agreed: who offered it gets another key of ours if RTCP has moved, or the one
 * that an answer before has told it of (@told: that line, or NULL)
 */
void session_protect_agreed(const struct line *told, struct line *line,
			    unsigned int offerer);
/* profile and keys of a line in a description to end @to, of the words of @media */
void session_protect_say(const struct proposal *p, const struct line *line,
			 unsigned int from, unsigned int to,
			 const struct sdp_media *media, struct sdp_say *say);
bool session_protected(const struct line *line);
/* keys of ours that bridges have have begun: no branch begins with them again */
void session_keys_begun(struct session *session);
/* whoever can read the signalling can read the keys: say so once */
void session_warn_keys(struct session_branch *branch);

/* --- mux.c --- */

/* where the RTCP of an offered line goes, which is as @now: NULL, or why it cannot be had */
const char *session_mux_offer(const struct session_branch *branch,
			      const struct sdp_desc *desc,
			      const struct sdp_media *media, unsigned int from,
			      const struct line *now, struct mux *mux);
/* both halves by this answer of end @from; 0 or -errno with a sentence */
int session_mux_answer(const struct mux *mux, const struct sdp_media *answer,
		       unsigned int i, unsigned int from, struct line *line,
		       struct dp_err *err);
/* does a description, @answer: an answer, say that RTCP has no port of its own? */
bool session_mux_is_said(const struct mux *mux, const struct half *half, bool answer);
/* its lines in that description, each with its CR LF */
void session_mux_say(struct writer *out, const struct mux *mux, const struct half *half,
		     bool answer);

/* --- bundle.c --- */

/* what the party says of the line's name and group: NULL, or why it cannot be had */
const char *session_bundle_offered(const struct session_party *party,
				   const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   struct half *half);
/* the line's name in a description to the party, with its CR LF, and no other */
void session_bundle_say(struct writer *out, const struct half *half);
/* the section that says how a line is carried: that of its group, or its own */
const struct sdp_media *session_bundle_way(const struct half *half,
					   const struct sdp_desc *desc,
					   const struct sdp_media *media);
/* what its packets are told by */
void session_bundle_tell(const struct sdp_desc *desc, const struct sdp_media *media,
			 struct half *half);
/* line @i has its place with the others of its half: one seat and what goes with it */
void session_bundle_share(struct half *half, const struct half *tag, size_t i);
/* offered line @i of the offer's author, before it has a seat: NULL, or why not */
const char *session_bundle_place(const struct session_branch *branch, struct offer *offer,
				 size_t i);
/* and once it has one: whoever shares it has what the first one has */
void session_bundle_join(struct offer *offer, size_t i, unsigned int s);
/* is it offered in a group to the other party? */
void session_bundle_invite(const struct session_branch *branch, struct offer *offer,
			   size_t i);
/* is it answered in one? 0, or -errno with a sentence if it must be */
int session_bundle_reads(const struct session_party *party, const struct sdp_desc *desc,
			 const struct sdp_media *answer, size_t i, struct half *half,
			 struct dp_err *err);
/* line @i of end @s, once it is read as if it was alone: NULL, or why it cannot be had */
const char *session_bundle_answered(const struct sdp_desc *desc,
				    const struct sdp_media *answer, size_t i,
				    struct line *line, unsigned int s);
/* may lines share that port? NULL: one that is taken for them */
bool session_bundle_may_share(const struct seat *seat);
/* is a leg of that line's bridge the one of the port itself? It may not be wanted any more */
bool session_bundle_has_port(const struct seat *seat, size_t i);
/* may it be said to be in a group? @mux: RTCP has no port of its own */
bool session_bundle_is_said(const struct session_party *party,
			    const struct half *half, bool mux);
/* one more line of a=group:BUNDLE, with its CR LF; empty at first */
#define BUNDLE_LEN	(sizeof("a=group:BUNDLE\r\n") + SDP_MEDIA_MAX * (MID_LEN + 1))
void session_bundle_group(char text[BUNDLE_LEN], const struct half *half);

/* --- stand.c --- */

/* that one is gone from the datapath */
void session_standing_free(struct session *session, unsigned int line,
			   unsigned int component);

/* --- owner.c --- */

/*
 * All lines are agreed: which of them has the port of a group, and is told apart.  Those
 * that no bridges can carry as they are agreed are not wanted any more.
 */
void session_own_agreed(const struct session_branch *branch, struct line *line, size_t n);
/* the same lines, once ways to parties were found or lost */
void session_own_again(const struct session_branch *branch, struct line *line, size_t n);

/* --- plan.c --- */

/*
 * Bring the datapaths to what the lines of a branch say; NULL: no bridge is to be
 * left.  @before: what they said until now, if the branch was heard: who may send
 * again after a hold latches anew.  @orders: DP_LEG_* orders for the legs of party
 * @moved, NULL: none.  0, or -errno and everything is as it was.
 */
int session_apply(struct session *session, const struct session_branch *branch,
		  const struct line *line, size_t n, const struct line *before,
		  size_t n_before, struct dp_err *err);
int session_apply_moved(struct session *session,
			const struct session_party *moved, uint32_t orders,
			struct dp_err *err);
/* no bridge is left, if the datapath lets go of it; @last: nobody will ask again */
void session_unbridge(struct session *session, bool last);

/* --- path.c --- */

void session_path_init(struct session *session);
/*
 * A party has said for the first time where it is: a line of its first offer (ICE with
 * it begins now, not with our answer), or of the first answer.
 */
void session_path_offered(const struct session_branch *branch, unsigned int end,
			  const struct line *line);
void session_path_answered(const struct session_branch *branch, unsigned int end,
			   const struct line *line);
/* bridges are what they were before a change, but perhaps for who is proven */
void session_prove_again(struct session *session);
/* the datapath has told of a remote; nothing of the session is freed */
void session_path_moved(struct session *session, const struct dp_addr *local,
			const struct dp_addr *remote);
/* sessions.on_ice */
void session_on_ice(struct seat *seat);
/* sessions.on_dtls */
void session_on_dtls(struct channel *channel);

/* --- event.c --- */

void session_lost_init(struct sessions *sessions);

/* --- silence.c --- */

/*
 * Bridges have changed, and the lines that they are by are in their place: keys that
 * they have have begun, and their silence is waited for.
 */
void session_changed(struct session *session);
void session_silence_init(struct session *session);
/* are all of its legs silent for too long? The session may be gone after this */
void session_silence_look(struct session *session);

/* --- say.c --- */

/**
 * struct saying - a description for a party
 * @text: it
 * @version: of its o= line
 */
struct saying {
	char *text;
	uint64_t version;
};

/* random, and of no more bits than a JSON number holds; never 0 */
uint64_t session_random(void);
/* of a party that has not spoken: the family of its other lines, if it has some */
sa_family_t session_family_of(const struct session_branch *branch, unsigned int s);
/* no address is no hold where candidates say it (RFC 8840 4.1.1), or checks will */
bool session_has_ice(const struct half *half);
/*
 * The words of @desc, with us as author, for end @to: @n sections, of which those
 * that @desc lacks are rejected.  @line: what is agreed; NULL: it is the offer
 * itself.
 */
int session_say(struct session_branch *branch, const struct offer *offer,
		const struct line *line, const struct sdp_desc *desc,
		unsigned int to, size_t n, struct saying *saying, struct dp_err *err);
/* it is on its way; without memory for a copy the next one counts as another */
char *session_said(struct end *end, struct saying *saying);

/* --- offer.c --- */

struct offer *session_offer_get(struct offer *offer);
void session_offer_put(struct offer *offer);

/* --- adopt.c --- */

void session_orphans_free(struct sessions *sessions);
void session_orphans_init(struct sessions *sessions);

#endif /* SESSION_PRIVATE_H */
