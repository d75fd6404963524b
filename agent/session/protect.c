// SPDX-License-Identifier: GPL-2.0
/*
 * Protection of media (SRTP), by the policy of either party, independent of the
 * other's: its keys are made by handshakes (dtls.c), which go first where a party has
 * both, or exchanged in descriptions (SDES, RFC 4568).  A party's key goes no further
 * than to us; the other party gets ours.
 *
 * Our key towards a party lives as long as what it protects: the same from
 * re-offer to re-offer, so that nothing begins again, and another whenever packets
 * begin to count from 0: with protection that was not there before, another suite,
 * or a party that is somewhere else and has another key (RFC 4568 section 7.1.4).
 * No key is ever used for a second beginning, since that would use key stream
 * twice: once the datapath has had a key it is no longer &dp_srtp.fresh, in no
 * branch, so that what is taken up again goes on counting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "private.h"

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

/* how much we like a suite: 0 is best; n_suites: not at all */
static size_t rank_of(const struct session_policy *policy, uint8_t suite)
{
	size_t i;

	for (i = 0; i < policy->n_suites; i++)
		if (policy->suite[i] == suite)
			break;
	return i;
}

static enum session_srtp policy_of(const struct session_party *party)
{
	return party->policy->srtp;
}

/* --- an offer --- */

/* the key in use if it is offered again; else the suite in use, or that we like best */
static const struct sdp_crypto *choose(const struct session_policy *policy,
				       const struct protection *now,
				       const struct sdp_media *offer)
{
	const struct sdp_crypto *best = NULL;
	size_t i, rank, least = 0;

	for (i = 0; i < offer->n_crypto; i++) {
		rank = rank_of(policy, offer->crypto[i].srtp.suite);
		if (rank == policy->n_suites)
			continue;
		if (now->on && same_key(&offer->crypto[i].srtp, &now->rx))
			return &offer->crypto[i];
		if (now->on && offer->crypto[i].srtp.suite == now->rx.suite)
			rank = 0;
		else
			rank++;
		if (best && rank >= least)
			continue;
		least = rank;
		best = &offer->crypto[i];
	}
	return best;
}

/* its line needs another port of ours, where counting begins anew */
static bool needs_port(const struct half *half, const struct sdp_media *offer)
{
	return !half->seat || (offer->remote.family && offer->remote.family !=
			       half->seat->pair->rtp.family);
}

/*
 * Is the party still the one that our key was made for?  If it takes our key for
 * its own, that key is no longer ours: one key for both ways is key stream used
 * twice.
 */
static bool is_same(const struct half *half, const struct sdp_media *offer,
		    const struct dp_srtp *rx)
{
	const struct protection *now = &half->srtp;

	if (!now->on || now->tx.suite != rx->suite || same_key(&now->tx, rx) ||
	    needs_port(half, offer))
		return false;
	return same_key(&now->rx, rx) || !offer->remote.family ||
	       dp_addr_eq(&offer->remote, &half->remote);
}

static const char *profile(bool dtls, bool savp, bool feedback)
{
	if (dtls)
		return feedback ? "UDP/TLS/RTP/SAVPF" : "UDP/TLS/RTP/SAVP";
	if (savp)
		return feedback ? "RTP/SAVPF" : "RTP/SAVP";
	return feedback ? "RTP/AVPF" : "RTP/AVP";
}

/* there is no key that we could take: why that costs the line, or NULL */
static const char *without_key(const struct session_party *party,
			       const struct sdp_media *offer)
{
	enum session_srtp policy = policy_of(party);

	if (policy == SESSION_SRTP_REQUIRE)
		return offer->crypto_why ? offer->crypto_why :
		       "its realm requires SRTP, and there is no key of a suite that the realm takes";
	if (!offer->savp)
		return NULL;
	if (policy == SESSION_SRTP_REFUSE)
		return "its realm refuses SRTP";
	if (offer->n_crypto)
		return "there is no key of a suite that its realm takes";
	return offer->crypto_why ? offer->crypto_why :
	       "its profile is RTP/SAVP, and there is no key (a=crypto)";
}

/*
 * Who names keys in packets expects it of us: ours is number 1, in as many bytes.  A
 * name is no part of what a key protects and may change with the same key.
 */
static void name_key(struct dp_srtp *tx, const struct dp_srtp *rx)
{
	memset(tx->mki, 0, sizeof(tx->mki));
	tx->mki_len = rx->mki_len;
	if (tx->mki_len)
		tx->mki[tx->mki_len - 1] = 1;
}

/* with DTLS? NULL, or why that costs the line */
static const char *take_dtls(const struct session_party *party,
			     const struct sdp_desc *desc,
			     const struct sdp_media *offer,
			     const struct sdp_media *way, bool *takes)
{
	const char *why;

	if (!session_dtls_is_on(party))
		return offer->dtls ? "its realm has no DTLS-SRTP (dtls: off)" : NULL;
	*takes = session_dtls_is_said(desc, way, &why);
	if (*takes || offer->dtls)
		return why;
	if (party->policy->dtls != SESSION_DTLS_REQUIRE)
		return NULL;
	return why ? why : "its realm requires DTLS-SRTP, and it has none (a=fingerprint)";
}

/* the offerer's half: NULL, or why its line cannot be had */
static const char *take_offer(const struct session_party *party,
			      const struct sdp_desc *desc,
			      const struct sdp_media *offer,
			      const struct sdp_media *way,
			      const struct half *half, struct proposal *p)
{
	const struct sdp_crypto *crypto = NULL;
	const char *why;

	p->proto = profile(offer->dtls, offer->savp, offer->feedback);
	why = take_dtls(party, desc, offer, way, &p->from_dtls);
	if (why || p->from_dtls)
		return why;
	if (policy_of(party) != SESSION_SRTP_REFUSE)
		crypto = choose(party->policy, &half->srtp, offer);
	if (!crypto)
		return without_key(party, offer);
	p->from.on = true;
	p->from.savp = offer->savp;
	p->from.tag = crypto->tag;
	p->from.rx = crypto->srtp;
	if (is_same(half, offer, &crypto->srtp))
		p->from.tx = half->srtp.tx;
	else
		session_key_make(&p->from.tx, crypto->srtp.suite);
	name_key(&p->from.tx, &crypto->srtp);
	return NULL;
}

/*
 * Every browser offers feedback of audio, and many a phone that has no DTLS knows no
 * RTP/AVPF and refuses the line for it.  A line that has it keeps it, whoever offers.
 */
static bool feedback_to(const struct session_policy *policy, bool dtls,
			const struct half *half, const struct sdp_media *offer)
{
	if (policy->feedback != SESSION_FEEDBACK_SAME)
		return policy->feedback == SESSION_FEEDBACK_ON;
	return half->feedback ||
	       (offer->feedback && (dtls || !offer->dtls || offer->kind != SDP_AUDIO));
}

/* false without memory */
static bool propose_key(struct proposal *p, uint32_t tag,
			const struct dp_srtp *key)
{
	/* most offers have none */
	if (!p->crypto)
		p->crypto = calloc(SESSION_SUITES_MAX, sizeof(*p->crypto));
	if (!p->crypto)
		return false;
	p->crypto[p->n].tag = tag;
	p->crypto[p->n++].srtp = *key;
	return true;
}

static bool propose_new(struct proposal *p, const struct session_policy *policy)
{
	struct dp_srtp key;
	bool ok = true;
	size_t i;

	for (i = 0; i < policy->n_suites && ok; i++) {
		session_key_make(&key, policy->suite[i]);
		ok = propose_key(p, i + 1, &key);
	}
	explicit_bzero(&key, sizeof(key));
	return ok;
}

void session_protect_forget(struct proposal *p)
{
	if (!p->crypto)
		return;
	explicit_bzero(p->crypto, SESSION_SUITES_MAX * sizeof(*p->crypto));
	free(p->crypto);
	p->crypto = NULL;
	p->n = 0;
}

/* an invitation that nobody has taken is none */
static bool has_dtls(const struct half *half)
{
	return half->dtls && half->dtls->known;
}

static bool is_protected(const struct half *half)
{
	return half->srtp.on || has_dtls(half);
}

/*
 * DTLS towards the other party: as it is there already; else, where it is required, that
 * or nothing; else beside what there may be otherwise.
 */
static void make_dtls(const struct session_party *to, const struct half *half,
		      uint32_t had, bool news, struct proposal *p)
{
	const struct association *now = has_dtls(half) ? half->dtls : NULL;
	bool is = now || (had & SESSION_HAD_DTLS);

	if (!session_dtls_is_on(to))
		return;
	p->must_dtls = to->policy->dtls == SESSION_DTLS_REQUIRE ||
		       (now && now->tls) || (had & SESSION_HAD_TLS);
	p->to_dtls = p->must_dtls || is || (news && !half->srtp.on && !had);
	p->must = p->must_dtls || (now && now->savp) ||
		  (is && (had & SESSION_HAD_SAVP)) ||
		  policy_of(to) == SESSION_SRTP_REQUIRE;
}

/*
 * Towards the other party: what is there already; else, where SRTP is required,
 * that or nothing; else, where one party has it, RTP/AVP with keys, so that the
 * other may have it (RFC 8643). @had: what is not there any more, but was agreed by a former
 * agent: it is there again, by other keys.
 */
static const char *make_offer(const struct session_party *to,
			      const struct sdp_media *offer, const struct half *from,
			      const struct half *half, uint32_t had, bool fresh_line,
			      struct proposal *p)
{
	enum session_srtp policy = policy_of(to);
	const struct protection *now = &half->srtp;
	bool is_on = p->from.on || p->from_dtls;
	bool news = is_on && (fresh_line || !is_protected(from));
	bool ok = true;

	had = is_protected(half) ? 0 : had & ~(uint32_t)SESSION_HAD_MUX;
	make_dtls(to, half, had, news || policy == SESSION_SRTP_REQUIRE, p);
	if (p->must_dtls || (p->to_dtls && (has_dtls(half) || (had & SESSION_HAD_DTLS)))) {
		/* that, and nothing beside it */
	} else if (policy != SESSION_SRTP_REFUSE && now->on) {
		p->must = now->savp || policy == SESSION_SRTP_REQUIRE;
		ok = propose_key(p, now->tag, &now->tx);
	} else if (policy == SESSION_SRTP_REQUIRE) {
		p->must = true;
		ok = propose_new(p, to->policy);
	} else if (policy != SESSION_SRTP_REFUSE && (had & SESSION_HAD_SDES)) {
		p->must = had & SESSION_HAD_SAVP;
		ok = propose_new(p, to->policy);
	} else if ((policy == SESSION_SRTP_ALLOW && news) ||
		   (policy == SESSION_SRTP_OFFER && (news || fresh_line))) {
		ok = propose_new(p, to->policy);
	}
	p->to_proto = profile(p->must_dtls, p->must,
			      feedback_to(to->policy, p->must_dtls, half, offer));
	return ok ? NULL : "no memory";
}

static bool requires(const struct session_party *party)
{
	return policy_of(party) == SESSION_SRTP_REQUIRE ||
	       (session_dtls_is_on(party) &&
		party->policy->dtls == SESSION_DTLS_REQUIRE);
}

/* what is no RTP cannot be protected */
static const char *judge_other(const struct session_branch *branch,
			       unsigned int from)
{
	unsigned int s;

	for (s = 0; s < 2; s++)
		if (requires(branch->end[s].party))
			return s == from ?
			       "its realm requires SRTP, and it is no RTP" :
			       "the other party's realm requires SRTP, and it is no RTP";
	return NULL;
}

const char *session_protect_offer(struct session_branch *branch,
				  const struct sdp_desc *desc,
				  const struct sdp_media *media,
				  const struct sdp_media *way,
				  unsigned int from, const struct line *now,
				  bool fresh_line, struct proposal *p)
{
	const char *why;

	if (media->transport != SDP_RTP)
		return judge_other(branch, from);
	why = take_offer(branch->end[from].party, desc, media, way, &now->half[from], p);
	if (why)
		return why;
	return make_offer(branch->end[!from].party, media, &now->half[from],
			  &now->half[!from], branch->end[!from].had, fresh_line, p);
}

/* may an answer have RTCP by another bridge than what has counted it? */
static bool may_move(const struct half *half, const struct mux *mux)
{
	enum rtcp_by was = half->seat ? half->seat->rtcp : RTCP_BY_NONE;

	if (!mux->from_must && !mux->to_must &&
	    (was == RTCP_BY_RTP || was == RTCP_BY_GONE))
		return true;
	return mux->from && mux->to && was != RTCP_BY_NONE && was != RTCP_BY_RTP;
}

void session_protect_moves(struct proposal *p, const struct mux *mux,
			   const struct half *to)
{
	struct dp_srtp *key;

	if (!may_move(to, mux) || !to->srtp.on || p->n != 1)
		return;
	key = &p->crypto[0].srtp;
	session_key_make(key, to->srtp.tx.suite);
	name_key(key, &to->srtp.tx);
}

const char *session_protect_seated(struct session_branch *branch,
				   const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   unsigned int from, const struct proposal *p,
				   struct line *line)
{
	const char *why = NULL;

	if (p->from_dtls)
		why = session_dtls_offered(branch->end[from].party, desc, media,
					   &line->half[from]);
	else
		session_dtls_none(&line->half[from]);
	if (!why && p->to_dtls)
		why = session_dtls_invite(branch->end[!from].party, p->must,
					  p->must_dtls, &line->half[!from]);
	else if (!why)
		session_dtls_none(&line->half[!from]);
	return why;
}

static bool same_suites(const struct proposal *a, const struct proposal *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->crypto[i].tag != b->crypto[i].tag ||
		    a->crypto[i].srtp.suite != b->crypto[i].srtp.suite)
			return false;
	return true;
}

void session_protect_again(struct proposal *p, const struct proposal *was)
{
	if (p->n && same_suites(p, was))
		memcpy(p->crypto, was->crypto, p->n * sizeof(*p->crypto));
	if (!p->from.on || !was->from.on ||
	    !same_key(&p->from.rx, &was->from.rx))
		return;
	p->from.tx = was->from.tx;
	name_key(&p->from.tx, &p->from.rx);
}

/* --- its answer --- */

/*
 * The answerer's half.  RFC 4568 section 5.1.3: one key, of a suite and a tag
 * that were offered, or the answer is void.
 */
static int take_key(const struct proposal *p, const struct sdp_media *answer,
		    struct protection *to, unsigned int i, struct dp_err *err)
{
	const struct sdp_crypto *crypto = answer->crypto;
	size_t k;

	for (k = 0; k < p->n; k++)
		if (p->crypto[k].tag == crypto->tag &&
		    p->crypto[k].srtp.suite == crypto->srtp.suite)
			break;
	if (answer->n_crypto > 1 || k == p->n)
		return dp_fail(err, EPROTO, "media line %u is answered with %zu keys (a=crypto), the first of tag %u and suite %s; expected one of those offered",
			       i + 1, answer->n_crypto, crypto->tag,
			       dp_srtp_suite_name(crypto->srtp.suite));
	if (same_key(&crypto->srtp, &p->crypto[k].srtp))
		return dp_fail(err, EPROTO, "media line %u is answered with our own key",
			       i + 1);
	to->on = true;
	to->savp = p->must;
	to->tag = crypto->tag;
	to->rx = crypto->srtp;
	to->tx = p->crypto[k].srtp;
	return 0;
}

/* 1: DTLS it is; 0: it is not; or -errno */
static int answer_dtls(const struct proposal *p, struct session_party *party,
		       const struct sdp_desc *desc,
		       const struct sdp_media *answer,
		       const struct sdp_media *way, unsigned int i,
		       struct half *half, struct dp_err *err)
{
	const char *why;
	int ret;

	if (!p->to_dtls)
		return answer->dtls ?
		       dp_fail(err, EPROTO, "media line %u is answered with DTLS-SRTP, which was not offered",
			       i + 1) : 0;
	if (session_dtls_is_said(desc, way, &why)) {
		ret = session_dtls_answered(party, desc, way, i, half, err);
		return ret ? ret : 1;
	}
	/* with keys beside it that may be protection enough */
	if (!why && (p->must_dtls || (p->must && !p->n)))
		why = "it is answered without DTLS-SRTP (a=fingerprint), and that was offered and nothing else";
	session_dtls_none(half);
	return why ? dp_fail(err, EPROTO, "media line %u: %s", i + 1, why) : 0;
}

static int take_answer(const struct proposal *p, const struct sdp_media *answer,
		       struct protection *to, unsigned int i,
		       struct dp_err *err)
{
	to->on = false;
	if (!p->n) {
		if (answer->savp)
			return dp_fail(err, EPROTO, "media line %u is answered with RTP/SAVP to RTP/AVP",
				       i + 1);
		return 0;
	}
	if (answer->crypto_why)
		return dp_fail(err, EPROTO, "media line %u: %s", i + 1,
			       answer->crypto_why);
	if (answer->n_crypto)
		return take_key(p, answer, to, i, err);
	if (p->must || answer->savp)
		return dp_fail(err, EPROTO, "media line %u is answered without a key (a=crypto), and SRTP was offered and nothing else",
			       i + 1);
	return 0;
}

int session_protect_answer(const struct proposal *p,
			   struct session_party *party,
			   const struct sdp_desc *desc,
			   const struct sdp_media *answer,
			   const struct sdp_media *way, unsigned int i,
			   unsigned int from, struct line *line,
			   struct dp_err *err)
{
	int ret;

	if (!p->proto) {
		line->half[0].srtp.on = false;
		line->half[1].srtp.on = false;
		return 0;
	}
	line->half[!from].srtp = p->from;
	ret = answer_dtls(p, party, desc, answer, way, i, &line->half[from], err);
	if (ret > 0)
		line->half[from].srtp.on = false;
	return ret ? (ret > 0 ? 0 : ret) :
		     take_answer(p, answer, &line->half[from].srtp, i, err);
}

/* --- RTCP, which each bridge counts for itself --- */

/* keys of a handshake are a port's: none has counted RTCP at another; borrowed ones wait */
bool session_protect_is_spent(const struct half *half, enum rtcp_by by)
{
	const struct dp_srtp *tx = &half->srtp.tx;

	if (half->dtls) {
		if (by == RTCP_BY_RTP && half->seat->rtcp != RTCP_BY_PART)
			return false;
		tx = &half->dtls->channel[by == RTCP_BY_OWN].tx;
	} else if (!half->srtp.on) {
		return false;
	}
	return half->seat->rtcp != RTCP_BY_NONE && half->seat->rtcp != by &&
	       !tx->fresh;
}

/* as it is agreed; RTCP_BY_NONE: it ends here */
static enum rtcp_by rtcp_of(const struct line *line, const struct half *of)
{
	const struct half *half;

	if (line->half[0].mux && line->half[1].mux)
		return RTCP_BY_RTP;
	for (half = line->half; half < line->half + 2; half++)
		if (!half->mux && !half->remote_rtcp.family && !half->ice)
			return RTCP_BY_NONE;
	return of->mux ? RTCP_BY_PART : RTCP_BY_OWN;
}

void session_protect_agreed(const struct line *told, struct line *line,
			    unsigned int offerer)
{
	struct half *half = &line->half[offerer];
	struct protection *srtp = &half->srtp;
	enum rtcp_by by = rtcp_of(line, half);

	if (!srtp->on || half->dtls)
		return;
	if (told && told->half[offerer].srtp.on) {
		srtp->tx = told->half[offerer].srtp.tx;
	} else if (by != RTCP_BY_NONE && session_protect_is_spent(half, by)) {
		session_key_make(&srtp->tx, srtp->rx.suite);
		name_key(&srtp->tx, &srtp->rx);
	}
	srtp->reply.tag = srtp->tag;
	srtp->reply.srtp = srtp->tx;
}

/* --- what is there --- */

static bool has_feedback(const char *proto)
{
	return proto && proto[strlen(proto) - 1] == 'F';
}

void session_protect_say(const struct proposal *p, const struct line *line,
			 unsigned int from, unsigned int to,
			 const struct sdp_media *media, struct sdp_say *say)
{
	const struct protection *srtp = &line->half[to].srtp;

	if (to != from) {
		say->proto = p->to_proto;
		say->n_crypto = p->n;
		say->crypto = p->crypto;
	} else {
		say->proto = p->proto;
		say->n_crypto = srtp->on;
		say->crypto = &srtp->reply;
	}
	if (media->feedback && !has_feedback(say->proto))
		say->drop = SDP_SET_FEEDBACK;
}

bool session_protected(const struct line *line)
{
	return is_protected(&line->half[0]) || is_protected(&line->half[1]);
}

static void begun_in(struct dp_srtp *tx, const struct dp_srtp *key)
{
	if (tx->fresh && same_key(tx, key))
		tx->fresh = false;
}

static void begun_in_half(struct half *half, const struct dp_srtp *key)
{
	begun_in(&half->srtp.tx, key);
	if (!half->dtls)
		return;
	begun_in(&half->dtls->channel[0].tx, key);
	begun_in(&half->dtls->channel[1].tx, key);
}

static void begun_in_lines(struct line *line, size_t n,
			   const struct dp_srtp *key)
{
	size_t i;

	for (i = 0; line && i < n; i++) {
		begun_in_half(&line[i].half[0], key);
		begun_in_half(&line[i].half[1], key);
	}
}

static void begun_in_offer(struct offer *offer, const struct dp_srtp *key)
{
	struct proposal *p;
	size_t i, k;

	for (i = 0; offer && i < offer->n; i++) {
		p = &offer->of[i].srtp;
		begun_in_lines(&offer->of[i].line, 1, key);
		begun_in(&p->from.tx, key);
		for (k = 0; k < p->n; k++)
			begun_in(&p->crypto[k].srtp, key);
	}
}

static void begun(struct session *session, struct dp_srtp *key)
{
	struct session_branch *branch;

	TAILQ_FOREACH(branch, &session->branches, entry) {
		begun_in_lines(branch->line, branch->n_lines, key);
		begun_in_lines(branch->before, branch->n_before, key);
		begun_in_offer(branch->open, key);
		begun_in_offer(branch->first, key);
	}
	key->fresh = false;
}

void session_keys_begun(struct session *session)
{
	struct standing **at = &session->standing[0][0];
	struct dp_leg *leg;
	unsigned int i;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++) {
		if (!at[i])
			continue;
		for (leg = at[i]->bridge.leg; leg < at[i]->bridge.leg + 2; leg++)
			if (leg->srtp_tx.suite && leg->srtp_tx.fresh)
				begun(session, &leg->srtp_tx);
	}
}

static bool has_keys(const struct session_branch *branch, unsigned int s)
{
	size_t i;

	for (i = 0; i < branch->n_lines; i++)
		if (branch->line[i].half[s].srtp.on)
			return true;
	return false;
}

void session_warn_keys(struct session_branch *branch)
{
	struct session_party *party, *named = NULL;
	bool before = false;
	unsigned int s;

	for (s = 0; s < 2; s++) {
		party = branch->end[s].party;
		before |= party->bare_keys;
		if (party->confidential || !has_keys(branch, s))
			continue;
		party->bare_keys = true;
		named = party;
	}
	if (before || !named)
		return;
	session_log(branch->session, LOG_LEVEL_WARNING, named,
		    "the keys of its SRTP with the %s travel in the clear, by %s: who reads the signalling can listen; expected transport tls",
		    named->name, named->transport);
}
