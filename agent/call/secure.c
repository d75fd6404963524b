// SPDX-License-Identifier: GPL-2.0
/*
 * Protection of media (SRTP), its keys exchanged in descriptions (SDES, RFC
 * 4568): by the policy of either party's realm, independent of the other's.  A
 * party's key goes no further than to us; the other party gets ours.
 *
 * Our key towards a party lives as long as what it protects: the same from
 * re-INVITE to re-INVITE, so that nothing begins again, and another whenever
 * packets begin to count from 0: with protection that was not there before,
 * another suite, or a party that is somewhere else and has another key (RFC 4568
 * section 7.1.4).  No key is ever used for a second beginning, since that would
 * use key stream twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "datapath/names.h"
#include "private.h"

/* getrandom() does not fail, nor return less, for so few bytes */
static void make_key(struct dp_srtp *srtp, uint8_t suite)
{
	memset(srtp, 0, sizeof(*srtp));
	srtp->suite = suite;
	srtp->fresh = true;
	if (getrandom(srtp->key, dp_srtp_key_len(suite), 0) < 0)
		abort();	/* a key of zeros would be worse */
}

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

static bool has_suite(const struct config_srtp *conf, uint8_t suite)
{
	size_t i;

	for (i = 0; i < conf->n_suites; i++)
		if (conf->suites[i] == suite)
			return true;
	return false;
}

static enum config_srtp_policy policy_of(const struct call *call,
					 unsigned int side)
{
	if (!call->calls->dp_srtp)
		return CONFIG_SRTP_REFUSE;
	return call->side[side].realm->conf->srtp.policy;
}

/* the key in use if it is offered again; else the offerer's choice of ours */
static const struct sdp_crypto *choose(const struct config_srtp *conf,
				       const struct protection *now,
				       const struct sdp_line *offer)
{
	const struct sdp_crypto *first = NULL;
	size_t i;

	for (i = 0; i < offer->n_crypto; i++) {
		if (!has_suite(conf, offer->crypto[i].srtp.suite))
			continue;
		if (now->on && same_key(&offer->crypto[i].srtp, &now->rx))
			return &offer->crypto[i];
		if (!first)
			first = &offer->crypto[i];
	}
	return first;
}

/*
 * Is the party still the one that our key was made for?  If it takes our key for
 * its own, that key is no longer ours: one key for both ways is key stream used
 * twice.
 */
static bool is_same(const struct half *half, const struct sdp_line *offer,
		    const struct dp_srtp *rx)
{
	const struct protection *now = &half->srtp;

	if (!now->on || now->tx.suite != rx->suite || same_key(&now->tx, rx))
		return false;
	return same_key(&now->rx, rx) || !offer->remote.family ||
	       dp_addr_eq(&offer->remote, &half->remote);
}

static const char *profile(bool savp, bool feedback)
{
	if (savp)
		return feedback ? "RTP/SAVPF" : "RTP/SAVP";
	return feedback ? "RTP/AVPF" : "RTP/AVP";
}

/* the offerer's half: NULL, or why its line cannot be had */
static const char *take_offer(const struct call *call, unsigned int i,
			      struct proposal *p)
{
	const struct sdp_line *offer = &call->offer.body->line[i];
	const struct half *half = &call->lines[i].half[call->offer.from];
	enum config_srtp_policy policy = policy_of(call, call->offer.from);
	const struct side *side = &call->side[call->offer.from];
	const struct sdp_crypto *crypto;

	p->proto = profile(offer->savp, offer->feedback);
	crypto = policy == CONFIG_SRTP_REFUSE ? NULL :
		 choose(&side->realm->conf->srtp, &half->srtp, offer);
	if (!crypto) {
		if (policy == CONFIG_SRTP_REQUIRE)
			return offer->crypto_why ? offer->crypto_why :
			       "its realm requires SRTP, and there is no key of a suite that the realm takes";
		if (!offer->savp)
			return NULL;
		if (!call->calls->dp_srtp)
			return "SRTP needs the user-space datapath, which is not there";
		return policy == CONFIG_SRTP_REFUSE ?
		       "its realm refuses SRTP" :
		       "there is no key of a suite that its realm takes";
	}
	p->from.on = true;
	p->from.savp = offer->savp;
	p->from.tag = crypto->tag;
	p->from.rx = crypto->srtp;
	if (is_same(half, offer, &crypto->srtp))
		p->from.tx = half->srtp.tx;
	else
		make_key(&p->from.tx, crypto->srtp.suite);
	return NULL;
}

static void propose_key(struct proposal *p, uint32_t tag,
			const struct dp_srtp *key)
{
	p->crypto[p->n].tag = tag;
	p->crypto[p->n++].srtp = *key;
}

static void propose_new(struct proposal *p, const struct config_srtp *conf)
{
	struct dp_srtp key;
	size_t i;

	for (i = 0; i < conf->n_suites; i++) {
		make_key(&key, conf->suites[i]);
		propose_key(p, i + 1, &key);
	}
	explicit_bzero(&key, sizeof(key));
}

/*
 * Towards the other party: what is there already; else, where SRTP is required,
 * that or nothing; else, where one party has it, RTP/AVP with keys, so that the
 * other may have it (RFC 8643).
 */
static void make_offer(const struct call *call, unsigned int i,
		       struct proposal *p)
{
	const struct sdp_line *offer = &call->offer.body->line[i];
	unsigned int from = call->offer.from, to = !from;
	const struct config_srtp *conf = &call->side[to].realm->conf->srtp;
	const struct line *line = &call->lines[i];
	const struct protection *now = &line->half[to].srtp;
	enum config_srtp_policy policy = policy_of(call, to);
	bool news = !line->half[0].pair || !line->half[from].srtp.on;

	if (policy != CONFIG_SRTP_REFUSE && now->on) {
		p->must = now->savp || policy == CONFIG_SRTP_REQUIRE;
		propose_key(p, now->tag, &now->tx);
	} else if (policy == CONFIG_SRTP_REQUIRE) {
		p->must = true;
		propose_new(p, conf);
	} else if (policy == CONFIG_SRTP_ALLOW && p->from.on && news) {
		propose_new(p, conf);
	}
	p->to_proto = profile(p->must, offer->feedback);
}

/* what is no RTP cannot be protected */
static const char *judge_other(const struct call *call)
{
	unsigned int s;

	for (s = 0; s < 2; s++)
		if (policy_of(call, s) == CONFIG_SRTP_REQUIRE)
			return s == call->offer.from ?
			       "its realm requires SRTP, and it is no RTP" :
			       "the other party's realm requires SRTP, and it is no RTP";
	return NULL;
}

int secure_offer(struct call *call, struct dp_err *err)
{
	struct sdp_body *body = call->offer.body;
	struct sdp_line *line;
	size_t i;

	call->offer.proposal = calloc(body->n ? body->n : 1,
				      sizeof(*call->offer.proposal));
	if (!call->offer.proposal)
		return dp_fail(err, ENOMEM, "no memory");
	for (i = 0; i < body->n; i++) {
		line = &body->line[i];
		if (line->rejected || !line->relayable)
			continue;
		line->why = line->rtp ? take_offer(call, i,
						   &call->offer.proposal[i]) :
					judge_other(call);
		line->relayable = !line->why;
		if (line->rtp && line->relayable)
			make_offer(call, i, &call->offer.proposal[i]);
	}
	return 0;
}

void secure_offer_over(struct call *call)
{
	if (!call->offer.proposal)
		return;
	explicit_bzero(call->offer.proposal,
		       (call->offer.body->n ? call->offer.body->n : 1) *
		       sizeof(*call->offer.proposal));
	free(call->offer.proposal);
	call->offer.proposal = NULL;
}

/* does the line stay as it is, with the answerer's key if it has one? */
static bool keeps_key(const struct half *half, const struct sdp_line *answer)
{
	if (answer->rejected || !answer->relayable)
		return false;
	return !half->srtp.on || (answer->n_crypto &&
				  answer->crypto[0].tag == half->srtp.tag);
}

/*
 * A forked INVITE: early answers of several parties to one offer.  The key that
 * one of them has begun with is not left for another's and taken up again, since
 * that would be a second beginning; whoever answers at last may take another.
 */
int secure_early(const struct call *call, unsigned int from,
		 const struct sdp_body *body, struct dp_err *err)
{
	const struct line *line;
	unsigned int i;

	for (i = 0; i < call->n_lines; i++) {
		line = &call->lines[i];
		if (!line->bridged || !secure_line(line))
			continue;
		if (i >= body->n || !keeps_key(&line->half[from], &body->line[i]))
			return dp_fail(err, EPROTO, "media line %u has begun with another party's early answer and its key (a=crypto)",
				       i + 1);
	}
	return 0;
}

/*
 * The answerer's half.  RFC 4568 section 5.1.3: one key, of a suite and a tag
 * that were offered, or the answer is void.
 */
static int take_answer(const struct proposal *p, const struct sdp_line *answer,
		       struct protection *to, unsigned int i,
		       struct dp_err *err)
{
	const struct sdp_crypto *crypto = answer->crypto;
	size_t k;

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
	if (!answer->n_crypto) {
		if (p->must || answer->savp)
			return dp_fail(err, EPROTO, "media line %u is answered without a key (a=crypto), and SRTP was offered and nothing else",
				       i + 1);
		return 0;
	}
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

int secure_answer(struct call *call, unsigned int i, unsigned int from,
		  const struct sdp_line *answer, struct dp_err *err)
{
	const struct proposal *p = &call->offer.proposal[i];
	struct half *half = call->lines[i].half;

	if (!call->offer.body->line[i].rtp) {
		half[0].srtp.on = false;
		half[1].srtp.on = false;
		return 0;
	}
	half[!from].srtp = p->from;
	return take_answer(p, answer, &half[from].srtp, i, err);
}

void secure_local(const struct call *call, unsigned int i, unsigned int to,
		  struct sdp_local *local)
{
	const struct proposal *p = &call->offer.proposal[i];

	if (to != call->offer.from) {
		local->proto = p->to_proto;
		local->n_crypto = p->n;
		memcpy(local->crypto, p->crypto, sizeof(p->crypto));
		return;
	}
	local->proto = p->proto;
	if (!p->from.on)
		return;
	local->n_crypto = 1;
	local->crypto[0].tag = p->from.tag;
	local->crypto[0].srtp = p->from.tx;
}

bool secure_line(const struct line *line)
{
	return line->half[0].srtp.on || line->half[1].srtp.on;
}

/* whoever can read the signalling can read the keys, and listen */
void secure_warn(struct call *call)
{
	bool before = call->side[0].bare_keys || call->side[1].bare_keys;
	const struct config_listener *listener;
	const char *name = NULL;
	unsigned int i, s;

	for (i = 0; i < call->n_lines; i++) {
		for (s = 0; s < 2; s++) {
			listener = call->side[s].listener;
			if (!call->lines[i].half[s].srtp.on ||
			    listener->transport == CONFIG_TLS)
				continue;
			call->side[s].bare_keys = true;
			name = config_transport_name(listener->transport);
		}
	}
	if (before || !name)
		return;
	call_log(call, LOG_LEVEL_WARNING, NULL,
		 "the keys of its SRTP travel in the clear, by %s%s%s: who reads the signalling can listen; expected transport tls",
		 name, call->side[0].bare_keys ? " with the caller" : "",
		 call->side[1].bare_keys ? (call->side[0].bare_keys ?
		 " and the callee" : " with the callee") : "");
}
