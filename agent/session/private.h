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
 * What they work on is in model.h.
 */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include "base/log.h"
#include "model.h"

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
