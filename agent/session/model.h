/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a session consists of, for the files of session/ alone.
 *
 * What is agreed stands in &session_branch.line and is never changed in place: an
 * answer makes new lines from those of its offer, the datapath is brought to them,
 * and only then they take the place of the old ones.
 *
 * A port pair (&struct seat) is held by the lines and offers that it is for, and by
 * the bridge that stands on it, so it goes back to its pool when all of them are
 * gone, and never before the bridge is.
 */
#ifndef SESSION_MODEL_H
#define SESSION_MODEL_H

#include <sys/queue.h>

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

#endif /* SESSION_MODEL_H */
