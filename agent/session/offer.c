// SPDX-License-Identifier: GPL-2.0
/*
 * Offer and answer (RFC 3264, RFC 6337) of one branch.
 *
 * An offer takes ports; the answer makes the bridges, all of a description at
 * once, before it is passed on: nobody is told an address that does not relay yet.
 * Before the answer there is no bridge, since towards the answerer there is no
 * address that could be trusted.  A new offer in mid-call changes nothing until its
 * answer, and nothing at all if it is refused.
 *
 *   -- session_offer() --> open -- session_answer(final) --> none
 *                          | ^  -- session_rollback() -----> none, as before
 *                          | |
 *                          | +---- session_answer(early): media flows, and it may
 *                          |       be followed by another one, or by
 *                          +------ session_settle() -------> none
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* --- the object --- */

static struct offer *offer_new(struct sdp_desc *desc, unsigned int from,
			       size_t n)
{
	struct offer *offer;

	offer = calloc(1, sizeof(*offer) + n * sizeof(offer->of[0]));
	if (!offer)
		return NULL;
	offer->refs = 1;
	offer->desc = desc;
	offer->from = from;
	offer->n = n;
	return offer;
}

struct offer *session_offer_get(struct offer *offer)
{
	if (offer)
		offer->refs++;
	return offer;
}

void session_offer_put(struct offer *offer)
{
	size_t i;

	if (!offer || --offer->refs)
		return;
	for (i = 0; i < offer->n; i++) {
		session_line_clear(&offer->of[i].line);
		session_protect_forget(&offer->of[i].srtp);
	}
	sdp_desc_free(offer->desc);
	explicit_bzero(offer, sizeof(*offer) + offer->n * sizeof(offer->of[0]));
	free(offer);
}

/* --- lines of an offer --- */

/*
 * Where this line of this party is to come to: where it does, if that fits; with ICE, whose
 * candidates are of both families, it does. @apart: why it cannot be at the port that calls
 * share, or NULL
 */
static struct seat *seat_for(struct session_party *party,
			     const struct half *now, sa_family_t family, bool ice,
			     const char *apart, struct dp_err *err)
{
	const struct session_address *address;

	if (now->seat && !(apart && now->seat->pair->share) &&
	    (!family || family == now->seat->pair->rtp.family ||
	     (ice && session_has_ice(now) && session_address_of(party, family))))
		return session_seat_get(now->seat);
	address = session_address_of(party, family);
	if (!address) {
		dp_fail(err, EAFNOSUPPORT, "realm %s has no %s address",
			party->policy->name,
			family == AF_INET6 ? "IPv6" : "IPv4");
		return NULL;
	}
	return session_seat_new(party->session, address, apart, err);
}

/*
 * Can a line be at the port that calls share? What a description asks for tells of who has
 * sent it; who is only invited must not have a choice. The other end, if it is there
 * already, may have a worker of user space that is not that port's.
 */
static const char *apart_of(const struct session_branch *branch,
			    const struct offered *of, const struct sdp_desc *desc,
			    const struct sdp_media *way, unsigned int from, unsigned int s)
{
	const struct session_party *party = branch->end[s].party;
	const struct half *half = &of->line.half[s], *other = &of->line.half[!s];

	if (!of->line.rtp)
		return "it is no RTP";
	if (other->seat && other->seat->used && !other->seat->pair->share &&
	    !(half->seat && half->seat->pair->share))
		return "the other party has its ports already";
	if (s != from) {
		if (half->seat && half->seat->pair->share)
			return NULL;
		return party->policy->ice == SESSION_ICE_FORCE &&
		       party->policy->mux == SESSION_MUX_REQUIRE ? NULL :
		       "who is called may have no ICE, or RTCP of its own (a realm with ice: force and mux: require has none of these)";
	}
	if (!of->mux.from)
		return "it does not offer RTCP on the port of RTP (a=rtcp-mux)";
	return session_ice_apart(party, desc, way);
}

/* its RTCP has no other way */
static void mux_shared(struct offered *of, unsigned int from)
{
	if (of->line.half[from].seat->pair->share)
		of->mux.from_must = true;
	if (of->line.half[!from].seat->pair->share) {
		of->mux.to = true;
		of->mux.to_must = true;
	}
}

static int take_seats(struct session_branch *branch, struct offered *of,
		      const struct sdp_desc *desc, const struct sdp_media *media,
		      unsigned int from, struct dp_err *err)
{
	bool ice = sdp_row_next(desc, media, SDP_ATTR_ICE_UFRAG, NULL) ||
		   sdp_row_next(desc, NULL, SDP_ATTR_ICE_UFRAG, NULL);
	sa_family_t family[2];
	const char *apart[2];
	struct half *half;
	struct seat *seat;
	unsigned int s;

	/* on hold by address: where the party was is where it is */
	family[from] = media->remote.family;
	if (!family[from] && !of->line.half[from].seat)
		family[from] = media->conn.family;
	family[!from] = of->line.half[!from].seat ? AF_UNSPEC :
			session_family_of(branch, !from);
	for (s = 0; s < 2; s++)
		apart[s] = apart_of(branch, of, desc, media, from, s);
	for (s = 0; s < 2; s++) {
		half = &of->line.half[s];
		seat = seat_for(branch->end[s].party, half, family[s], ice, apart[s],
				err);
		if (!seat)
			return -err->code;
		if (seat != half->seat)
			session_half_move(half, seat);
		else
			session_seat_put(seat);
	}
	mux_shared(of, from);
	return 0;
}

/* retransmission, repair or simulcast beside the stream: RFC 4588, 8627, 8853 */
static bool has_many(const struct sdp_desc *desc, const struct sdp_media *media)
{
	static const enum sdp_attr attrs[] = {
		SDP_ATTR_SSRC_GROUP, SDP_ATTR_SIMULCAST, SDP_ATTR_RID,
	};
	const struct sdp_row *row = NULL;
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (sdp_row_next(desc, media, attrs[i], NULL))
			return true;
	while ((row = sdp_row_next(desc, media, SDP_ATTR_RTPMAP, row)))
		if (memmem(row->value.p, row->value.n, "rtx/", 4) ||
		    memmem(row->value.p, row->value.n, "flexfec/", 8))
			return true;
	return false;
}

/* "101 telephone-event/8000"; what is of no clock of these is not found */
static void find_digits(const struct sdp_desc *desc, const struct sdp_media *media,
			struct half *half)
{
	static const char name[] = "telephone-event/";
	const struct sdp_row *row = NULL;
	uint32_t pt, clock;
	struct span rest;
	unsigned int i;

	memset(half->digits, 0, sizeof(half->digits));
	while ((row = sdp_row_next(desc, media, SDP_ATTR_RTPMAP, row))) {
		rest = row->value;
		if (!span_u32(span_cut(&rest, ' '), &pt) || pt < 96 || pt > 127)
			continue;
		rest = span_trim(rest);
		if (rest.n < sizeof(name) ||
		    strncasecmp(rest.p, name, sizeof(name) - 1))
			continue;
		rest = span_skip(rest, sizeof(name) - 1);
		if (!span_u32(span_cut(&rest, '/'), &clock))
			continue;
		for (i = 0; i < DIGIT_CLOCKS; i++)
			if (clock == session_digit_clock(i))
				half->digits[i] |= 1u << (pt - 96);
	}
}

/*
 * Where media is to go: as it was, if the line is on hold by address; where ICE finds, if
 * its candidates are allowed and its address is not.
 */
static void set_remote(const struct session_party *party, struct half *half,
		       const struct sdp_desc *desc, const struct sdp_media *media,
		       const struct sdp_media *way)
{
	half->many = has_many(desc, media);
	half->feedback = media->feedback;
	find_digits(desc, media, half);
	half->sends = (media->dir == SDP_SENDRECV || media->dir == SDP_SENDONLY) &&
		      (way->remote.family || session_has_ice(half));
	session_bundle_tell(desc, media, half);
	if (!way->remote.family)
		return;
	memset(&half->remote, 0, sizeof(half->remote));
	memset(&half->remote_rtcp, 0, sizeof(half->remote_rtcp));
	if (!session_may_go(party, &way->remote))
		return;
	half->remote = way->remote;
	half->remote_rtcp = way->remote;
	if (media->transport != SDP_RTP)
		return;
	/* nobody can say that a third one is to get RTCP (RFC 3605, RTP Bleed) */
	half->remote_rtcp.port = way->remote_rtcp.port;
	if (!way->remote_rtcp.family || !way->remote_rtcp.port)
		memset(&half->remote_rtcp, 0, sizeof(half->remote_rtcp));
}

/* @was: what this line replaces, of an offer that has no answer; or NULL */
static const char *judge(struct session_branch *branch, struct offer *offer,
			 size_t i, const struct offered *was)
{
	const struct sdp_media *media = &offer->desc->media[i];
	bool fresh_line = i >= branch->n_lines || !branch->line[i].half[0].seat;
	struct offered *of = &offer->of[i];
	struct half *half = &of->line.half[offer->from];
	const struct sdp_media *way;
	const char *why;

	if (media->why)
		return media->why;
	why = session_bundle_offered(branch->end[offer->from].party, offer->desc,
				     media, half);
	if (why)
		return why;
	way = session_bundle_way(half, offer->desc, media);
	why = session_access(branch->end[offer->from].party, offer->desc, way);
	if (why)
		return why;
	of->line.kind = media->kind;
	of->line.kbits = session_media_kbits(branch->session, offer->desc, media);
	of->line.rtp = media->transport == SDP_RTP;
	why = session_protect_offer(branch, offer->desc, media, way, offer->from,
				    &of->line, fresh_line, &of->srtp);
	if (!why)
		why = session_mux_offer(branch, offer->desc, media, offer->from,
					&of->line, &of->mux);
	/* RFC 9143 9.3: what is in a group has RTCP there */
	of->mux.from_must |= of->mux.from && half->bundled;
	if (!why)
		why = session_bundle_place(branch, offer, i);
	if (!why)
		session_bundle_invite(branch, offer, i);
	if (!why && was && was->usable)
		session_protect_again(&of->srtp, &was->srtp);
	/* RTCP of one key is not counted by two bridges */
	if (!why)
		session_protect_moves(&of->srtp, &of->mux,
				      &of->line.half[!offer->from]);
	return why;
}

static void unrelayed(struct session_branch *branch, unsigned int from,
		      size_t i, const char *why)
{
	struct session *session = branch->session;

	snprintf(session->unrelayed, sizeof(session->unrelayed),
		 "media line %zu is not relayed: %s", i + 1, why);
	session_log(session, LOG_LEVEL_INFO, branch->end[from].party, "%s",
		    session->unrelayed);
}

/* ICE with who offers, and with who will get the offer */
static const char *offer_ice(const struct session_branch *branch,
			     const struct offer *offer,
			     const struct sdp_media *way, struct line *line)
{
	unsigned int from = offer->from;
	const char *why;

	why = session_ice_offered(branch->end[from].party, offer->desc, way,
				  line->rtp, &line->half[from]);
	if (why)
		return why;
	return session_ice_invite(branch->end[!from].party, line->rtp,
				  &line->half[!from]);
}

/* 0, also if the line cannot be had: it is rejected then; or -errno */
static int offer_line(struct session_branch *branch, struct offer *offer,
		      size_t i, const struct offered *was, unsigned int *used,
		      struct dp_err *err)
{
	const struct session_policy *policy =
		branch->end[offer->from].party->policy;
	unsigned int max = policy->lines_max ? policy->lines_max : SESSION_LINES;
	const struct sdp_media *media = &offer->desc->media[i], *way = media;
	struct offered *of = &offer->of[i];
	int ret = 0;

	if (!media->rejected) {
		of->why = judge(branch, offer, i, was);
		if (!of->why && *used >= max)
			of->why = "more media lines than its realm allows (lines)";
		of->usable = !of->why;
	}
	if (of->usable) {
		way = session_bundle_way(&of->line.half[offer->from], offer->desc,
					 media);
		ret = take_seats(branch, of, offer->desc, way, offer->from, err);
		if (ret == -EAFNOSUPPORT) {
			of->usable = false;
			of->why = "its realm has no address of that family";
			ret = 0;
		}
	}
	if (of->usable && !ret) {
		of->why = offer_ice(branch, offer, way, &of->line);
		if (!of->why)
			of->why = session_protect_seated(branch, offer->desc,
							 way, offer->from,
							 &of->srtp, &of->line);
		of->usable = !of->why;
	}
	if (of->usable) {
		++*used;
		set_remote(branch->end[offer->from].party,
			   &of->line.half[offer->from], offer->desc, media, way);
		session_bundle_join(offer, i, 0);
		session_bundle_join(offer, i, 1);
	} else {
		session_line_reject(&of->line);
	}
	if (of->why)
		unrelayed(branch, offer->from, i, of->why);
	return ret;
}

/* type, profile and formats: what a line of an answer or a later offer that lacks
 * it is padded with
 */
static int keep_words(struct line *line, const struct sdp_media *media,
		      struct dp_err *err)
{
	char *words;

	if (asprintf(&words, "%.*s %.*s %.*s", (int)media->type.n, media->type.p,
		     (int)media->proto.n, media->proto.p, (int)media->fmt.n,
		     media->fmt.p) < 0)
		return dp_fail(err, ENOMEM, "no memory");
	free(line->words);
	line->words = words;
	return 0;
}

/* a line as it is: as it was agreed, or as the offer that is replaced has it */
static const struct line *line_now(const struct session_branch *branch,
				   const struct offered *was, size_t i)
{
	if (was && was->usable)
		return &was->line;
	return i < branch->n_lines ? &branch->line[i] : NULL;
}

static int offer_lines(struct session_branch *branch, struct offer *offer,
		       const struct offer *replaced, struct dp_err *err)
{
	const struct offered *was;
	const struct line *now;
	unsigned int used = 0;
	size_t i;
	int ret = 0;

	for (i = 0; i < offer->n && !ret; i++) {
		was = replaced && i < replaced->n ? &replaced->of[i] : NULL;
		now = line_now(branch, was, i);
		if (now && !session_line_copy(&offer->of[i].line, now))
			return dp_fail(err, ENOMEM, "no memory");
		if (i >= offer->desc->n) {
			session_line_reject(&offer->of[i].line);
			continue;
		}
		ret = keep_words(&offer->of[i].line, &offer->desc->media[i],
				 err);
		if (!ret)
			ret = offer_line(branch, offer, i, was, &used, err);
	}
	return ret;
}

/* the sender wants something, and none of it can be had */
static int check_hope(const struct offer *offer, struct dp_err *err)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < offer->n; i++) {
		if (offer->of[i].usable)
			return 0;
		if (!why)
			why = offer->of[i].why;
	}
	if (!why)
		return 0;
	return dp_fail(err, EPROTO, "no media line can be relayed: %s", why);
}

/* --- the verbs --- */

static int end_of(const struct session_branch *branch,
		  const struct session_party *party)
{
	return party == branch->end[1].party;
}

static struct sdp_desc *parse(const char *text, size_t len, struct dp_err *err)
{
	struct sdp_desc *desc;
	char why[SDP_WHY_LEN];

	desc = sdp_desc_parse((struct span){ text, len }, NULL, why);
	if (!desc)
		dp_fail(err, EPROTO, "%s", why);
	return desc;
}

static int make_offer(struct session_branch *branch, struct offer *offer,
		      const struct offer *replaced, struct saying *saying,
		      struct dp_err *err)
{
	int ret;

	ret = offer_lines(branch, offer, replaced, err);
	if (!ret)
		ret = check_hope(offer, err);
	if (!ret)
		ret = session_say(branch, offer, NULL, offer->desc, !offer->from,
			  offer->n, saying, err);
	return ret;
}

/* the branch has no open offer; @replaced: the one that this takes the place of */
static int open_offer(struct session_branch *branch, struct session_party *from,
		      const struct offer *replaced, const char *text,
		      size_t len, char **to, struct dp_err *err)
{
	struct saying saying;
	struct sdp_desc *desc;
	struct offer *offer;
	size_t i, n;
	int ret;

	desc = parse(text, len, err);
	if (!desc)
		return -err->code;
	n = desc->n > branch->n_lines ? desc->n : branch->n_lines;
	offer = offer_new(desc, end_of(branch, from), n);
	if (!offer) {
		sdp_desc_free(desc);
		return dp_fail(err, ENOMEM, "no memory");
	}
	ret = make_offer(branch, offer, replaced, &saying, err);
	if (!ret) {
		ret = session_weigh_offer(branch->session, offer, err);
		if (ret)
			sdp_text_free(saying.text);
	}
	if (ret) {
		session_offer_put(offer);
		return ret;
	}
	*to = session_said(&branch->end[!offer->from], &saying);
	offer->sdp_id = branch->end[!offer->from].sdp_id;
	offer->sdp_version = saying.version;
	branch->open = offer;
	if (!branch->answered && !branch->first)
		branch->first = session_offer_get(offer);
	for (i = 0; i < offer->n; i++)
		session_path_offered(branch, offer->from, &offer->of[i].line);
	return 0;
}

int session_offer(struct session_branch *branch, struct session_party *from,
		  const char *text, size_t len, char **to, struct dp_err *err)
{
	struct dp_err own;

	err = err ? err : &own;
	if (branch->open)
		return dp_fail(err, EALREADY, "an offer of the %s has no answer yet",
			       session_offerer(branch)->name);
	return open_offer(branch, from, NULL, text, len, to, err);
}

/* the offer that was open is over, one way or the other */
static void close_offer(struct session_branch *branch, struct offer *old)
{
	struct offer *new = branch->open;

	branch->open = old;
	if (branch->early)
		session_settle(branch);
	else
		session_rollback(branch);
	branch->open = new;
	if (!branch->answered && !branch->first)
		branch->first = session_offer_get(new);
}

int session_offer_anew(struct session_branch *branch,
		       struct session_party *from, const char *text, size_t len,
		       char **to, struct dp_err *err)
{
	struct offer *old = branch->open;
	bool own_again = old && !branch->early &&
			 end_of(branch, from) == (int)old->from;
	struct dp_err own;
	int ret;

	err = err ? err : &own;
	branch->open = NULL;
	ret = open_offer(branch, from, own_again ? old : NULL, text, len, to,
			 err);
	if (ret)
		branch->open = old;
	else if (old)
		close_offer(branch, old);
	session_weigh(branch->session);
	return ret;
}

static int check_transport(const struct line *line, size_t i,
			   const struct sdp_media *answer, struct dp_err *err)
{
	bool rtp = answer->transport == SDP_RTP;

	if (line->rtp == rtp)
		return 0;
	return dp_fail(err, EPROTO, "media line %zu is offered as %s and answered as %s; expected the same",
		       i + 1, line->rtp ? "RTP" : "no RTP",
		       rtp ? "RTP" : "no RTP");
}

static int answer_ice(const struct session_party *party,
		      const struct sdp_desc *desc,
		      const struct sdp_media *answer, size_t i,
		      struct half *half, struct dp_err *err)
{
	const char *why = session_access(party, desc, answer);

	if (!why)
		why = session_ice_answered(party, desc, answer, half);
	return why ? dp_fail(err, EPROTO, "media line %zu: %s", i + 1, why) : 0;
}

/* 0, or -errno: -EAFNOSUPPORT costs the line alone */
static int answer_line(struct session_branch *branch, struct offer *offer,
		       size_t i, const struct sdp_desc *desc,
		       struct line *lines, struct dp_err *err)
{
	const struct sdp_media *answer = i < desc->n ? &desc->media[i] : NULL, *way;
	struct session_party *party = branch->end[!offer->from].party;
	struct line *line = &lines[i];
	struct half *half = &line->half[!offer->from];
	const char *why;
	uint32_t kbits;
	int ret;

	if (!offer->of[i].usable)
		return 0;
	if (!answer || answer->rejected || answer->bundle_only || answer->why) {
		if (answer && answer->why)
			unrelayed(branch, !offer->from, i, answer->why);
		session_line_reject(line);
		return 0;
	}
	ret = session_bundle_reads(party, desc, answer, i, half, err);
	if (ret)
		return ret;
	way = session_bundle_way(half, desc, answer);
	/* RFC 3264 section 6; nor would datagrams that are no RTP be protected */
	ret = check_transport(line, i, answer, err);
	/* the answerer believes in it, and would send what nobody can read */
	if (!ret)
		ret = session_protect_answer(&offer->of[i].srtp, party, desc, answer,
					     way, i, !offer->from, line, err);
	if (!ret)
		ret = answer_ice(party, desc, way, i, half, err);
	if (ret)
		return ret;
	if (way->remote.family &&
	    way->remote.family != half->seat->pair->rtp.family &&
	    !(session_has_ice(half) &&
	      session_ice_has_family(half->seat, way->remote.family)))
		return -EAFNOSUPPORT;
	line->kind = answer->kind;
	kbits = session_media_kbits(branch->session, desc, answer);
	if (kbits < line->kbits)
		line->kbits = kbits;
	line->wanted = true;
	set_remote(party, half, desc, answer, way);
	ret = session_mux_answer(&offer->of[i].mux, answer, i, !offer->from,
				 line, err);
	if (!ret)
		session_protect_agreed(branch->early && i < branch->n_lines ?
				       &branch->line[i] : NULL, line,
				       offer->from);
	why = ret ? NULL : session_bundle_answered(desc, answer, i, lines, !offer->from);
	if (why) {
		unrelayed(branch, !offer->from, i, why);
		session_line_reject(line);
	}
	return ret;
}

/* of an answer; those that it lacks count as rejected */
static int answer_lines(struct session_branch *branch, struct offer *offer,
			const struct sdp_desc *desc, struct line *line,
			struct dp_err *err)
{
	unsigned int wanted = 0, foreign = 0;
	size_t i;
	int ret;

	for (i = 0; i < offer->n; i++) {
		ret = answer_line(branch, offer, i, desc, line, err);
		if (ret == -EAFNOSUPPORT) {
			session_line_reject(&line[i]);
			unrelayed(branch, !offer->from, i,
				  "it is answered with an address of another family than ours");
			foreign++;
		} else if (ret) {
			return ret;
		}
		wanted += line[i].wanted;
	}
	if (foreign && !wanted)
		return dp_fail(err, EPROTO, "every media line is answered with an address of another family than ours");
	return 0;
}

static struct line *lines_of(const struct offer *offer)
{
	struct line *line = calloc(offer->n ? offer->n : 1, sizeof(*line));
	size_t i;

	for (i = 0; line && i < offer->n; i++) {
		if (!session_line_copy(&line[i], &offer->of[i].line)) {
			session_lines_free(line, offer->n);
			return NULL;
		}
	}
	return line;
}

/* these lines are agreed; what they replace is kept while it may be gone back to */
static void agree(struct session_branch *branch, struct line *line, size_t n,
		  bool early)
{
	size_t i;

	if (early && !branch->early) {
		branch->before = branch->line;
		branch->n_before = branch->n_lines;
		branch->was_answered = branch->answered;
		branch->early = true;
	} else {
		session_lines_free(branch->line, branch->n_lines);
	}
	for (i = 0; !branch->answered && i < n; i++)
		session_path_answered(branch, !branch->open->from, &line[i]);
	branch->line = line;
	branch->n_lines = n;
	branch->answered = ++branch->session->serial;
	session_changed(branch->session);
	session_warn_keys(branch);
}

void session_settle(struct session_branch *branch)
{
	if (!branch->early)
		return;
	session_lines_free(branch->before, branch->n_before);
	branch->before = NULL;
	branch->n_before = 0;
	branch->early = false;
	branch->end[0].had = 0;
	branch->end[1].had = 0;
	session_offer_put(branch->open);
	branch->open = NULL;
}

/* the datapath first, since it may refuse */
static int take_answer(struct session_branch *branch,
		       const struct sdp_desc *desc, struct line *line,
		       struct saying *saying, struct dp_err *err)
{
	struct session *session = branch->session;
	struct offer *offer = branch->open;
	int ret;

	ret = answer_lines(branch, offer, desc, line, err);
	if (ret)
		return ret;
	session_own_agreed(branch, line, offer->n);
	ret = session_say(branch, offer, line, desc, offer->from, offer->desc->n,
		  saying, err);
	if (ret || (session->heard && session->heard != branch))
		return ret;
	ret = session_apply(session, branch, line, offer->n,
			    session->heard ? branch->line : NULL,
			    session->heard ? branch->n_lines : 0, err);
	if (ret)
		sdp_text_free(saying->text);
	else
		session->heard = branch;
	return ret;
}

static int check_answer(const struct session_branch *branch,
			const struct session_party *from,
			const struct sdp_desc *desc, struct dp_err *err)
{
	const struct offer *offer = branch->open;

	if (end_of(branch, from) == (int)offer->from)
		return dp_fail(err, EPROTO, "an answer of the %s to its own offer",
			       from->name);
	if (desc->n > offer->n)
		return dp_fail(err, EPROTO, "%zu media lines in the answer to %zu",
			       desc->n, offer->n);
	return 0;
}

int session_answer(struct session_branch *branch, struct session_party *from,
		   const char *text, size_t len, bool early, char **to,
		   struct dp_err *err)
{
	struct saying saying = {};
	struct sdp_desc *desc;
	struct line *line = NULL;
	struct dp_err own;
	int ret;

	err = err ? err : &own;
	if (!branch->open)
		return dp_fail(err, EPROTO, "an answer without an offer");
	desc = parse(text, len, err);
	if (!desc)
		return -err->code;
	ret = check_answer(branch, from, desc, err);
	if (!ret) {
		line = lines_of(branch->open);
		ret = line ? take_answer(branch, desc, line, &saying, err) :
			     dp_fail(err, ENOMEM, "no memory");
	}
	sdp_desc_free(desc);
	if (ret) {
		session_lines_free(line, branch->open->n);
		return ret;
	}
	*to = session_said(&branch->end[branch->open->from], &saying);
	agree(branch, line, branch->open->n, early);
	if (!early) {
		branch->early = true;
		session_settle(branch);
	}
	session_weigh(branch->session);
	return 0;
}

char *session_reanswer(const struct session_branch *branch,
		       const struct session_party *to)
{
	const char *sent = branch->end[end_of(branch, to)].sent;

	return sent && *sent ? strdup(sent) : NULL;
}

/* an early answer of the open offer is void: what was agreed before it is again */
static void undo_early(struct session_branch *branch)
{
	struct session *session = branch->session;
	struct dp_err err;

	/* who has a shared port may have changed meanwhile */
	if (session->heard == branch)
		session_own_agreed(branch, branch->before, branch->n_before);
	if (session->heard == branch &&
	    session_apply(session, branch, branch->before, branch->n_before,
			  branch->line, branch->n_lines, &err))
		session_log(session, LOG_LEVEL_ERROR,
			    (struct session_party *)NULL,
			    "its media cannot go back to what was agreed before: %s",
			    err.text);
	session_lines_free(branch->line, branch->n_lines);
	branch->line = branch->before;
	branch->n_lines = branch->n_before;
	branch->answered = branch->was_answered;
	branch->before = NULL;
	branch->n_before = 0;
	branch->early = false;
	if (session->heard == branch && !branch->answered)
		session->heard = NULL;
	session_changed(session);
}

void session_rollback(struct session_branch *branch)
{
	if (branch->early)
		undo_early(branch);
	/* forks that were made of it hold it themselves */
	if (branch->first == branch->open && !branch->answered) {
		session_offer_put(branch->first);
		branch->first = NULL;
	}
	session_offer_put(branch->open);
	branch->open = NULL;
	session_weigh(branch->session);
}

struct session_party *session_offerer(const struct session_branch *branch)
{
	return branch->open ? branch->end[branch->open->from].party : NULL;
}

bool session_answered(const struct session_branch *branch)
{
	return branch->answered;
}

void session_text_free(char *text)
{
	sdp_text_free(text);
}
