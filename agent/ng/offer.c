// SPDX-License-Identifier: GPL-2.0
/*
 * Offers and answers.  The proxy does not say how an offer ended, nor which answer is
 * the last: so each answer may be followed by another one, the last that was answered
 * is heard, and an offer is over when the next one comes.
 *
 * Whatever is refused, the call is as it was before; a call that begins with what is
 * refused never was.
 */
#include <errno.h>
#include <stdlib.h>

#include "private.h"
#include "sdp/sdp.h"

/* --- what is wrong with a request --- */

/* in rtpengine's order and words */
static const char *check_words(struct ng_request *r, bool answer)
{
	const struct ng_words *w = &r->words;
	const struct span names[] = {
		w->call_id, w->tag[0], w->tag[1], w->via, w->label,
	};
	size_t i;

	if (!w->sdp.p)
		return "No SDP body in message";
	if (!w->call_id.p)
		return "No call-id in message";
	if (!w->tag[0].p)
		return "No from-tag in message";
	if (answer && !w->tag[1].p)
		return "No to-tag in message";
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].n <= NG_NAME_MAX && !span_chr(names[i], '\0'))
			continue;
		snprintf(r->error, sizeof(r->error),
			 "a call-id, tag, via-branch or label has %zu bytes or a NUL; expected at most %d",
			 names[i].n, NG_NAME_MAX);
		return r->error;
	}
	return NULL;
}

/* what some words ask for depends on what is there */
static void note_offer(struct ng_words *w, const struct sdp_desc *desc)
{
	size_t i, k;

	for (i = 0; i < desc->n; i++) {
		for (k = 0; k < desc->media[i].n_crypto; k++)
			w->offered |= 1u << desc->media[i].crypto[k].srtp.suite;
		w->offers_ice |= sdp_row_of(desc, &desc->media[i],
					    SDP_ATTR_ICE_UFRAG) != NULL;
	}
}

/* the description's family: that of its first line that has one */
static const char *check_sdp(struct ng_request *r, sa_family_t *family)
{
	struct sdp_desc *desc;
	char why[SDP_WHY_LEN];
	size_t i;

	desc = sdp_desc_parse(r->words.sdp, NULL, why);
	if (!desc) {
		log_debug("a description is refused: %s", why);
		return "Failed to parse SDP";
	}
	note_offer(&r->words, desc);
	*family = desc->conn.family;
	for (i = 0; i < desc->n; i++) {
		*family = desc->media[i].conn.family;
		if (*family)
			break;
	}
	i = desc->n;
	sdp_desc_free(desc);
	return i ? NULL : "Incomplete SDP specification";
}

/* both proxies go to another node on these words, and those below */
static const char session_limit[] = "Parallel session limit reached";

static const char *no_ports(struct ng_request *r)
{
	r->ng->counters.limited++;
	return "Ran out of ports";
}

static const char *media_error(struct ng_request *r, int ret,
			       const struct dp_err *err)
{
	if (ret == -ENOSPC)
		return no_ports(r);
	if (ret == -EDQUOT) {
		r->ng->counters.limited++;
		return session_limit;
	}
	snprintf(r->error, sizeof(r->error), "%.200s", err->text);
	return r->error;
}

/*
 * As many new calls in a second as it is allowed, and what comes in 50 ms at once, or
 * 10: what is taken at once, all others wait for.
 */
static bool is_too_fast(struct ng *ng)
{
	uint64_t rate = ng->config->ng_rate, past = ng->timers->now - ng->paced;
	uint64_t most = rate / 20 > 10 ? rate / 20 : rate < 10 ? rate : 10;

	if (!rate)
		return false;
	ng->paced = ng->timers->now;
	ng->pace += (past < 1000 ? past : 1000) * rate;
	if (ng->pace > most * 1000)
		ng->pace = most * 1000;
	if (ng->pace < 1000)
		return true;
	ng->pace -= 1000;
	return false;
}

/* why there is to be no new call here; NULL: there may be */
static const char *is_full(struct ng *ng)
{
	if (ng->draining ||
	    (ng->config->ng_calls && ng->n_calls >= ng->config->ng_calls))
		return session_limit;
	if (ng->config->ng_kbits && ng->quota.kbits >= ng->config->ng_kbits)
		return "Bandwidth limit exceeded";
	return is_too_fast(ng) ? "Load limit exceeded" : NULL;
}

/* in the words by which the proxy goes elsewhere: without "supports" it knows but one */
static const char *load_limit(struct ng_request *r, const char *text)
{
	r->ng->counters.limited++;
	if (!r->words.load_limit)
		return session_limit;
	r->result = "load limit";
	ng_add_string(&r->reply, r->out, "message", text);
	return NULL;
}

/* --- parties --- */

static const struct config_realm *realm_for(struct ng_request *r, unsigned int s)
{
	const struct config_realm *realm;

	if (s >= r->words.n_interfaces || !r->words.interface[s].n)
		return &r->ng->config->realms[0];
	realm = ng_realm(r->ng, r->words.interface[s]);
	if (realm)
		return realm;
	ng_count_strange(r->ng, &r->words, "direction", r->words.interface[s]);
	return &r->ng->config->realms[0];
}

/* the realm's first address of that family; none: the session chooses */
static struct dp_addr address_for(const struct session_policy *policy,
				  sa_family_t family)
{
	size_t i;

	for (i = 0; i < policy->n_addresses; i++)
		if (policy->address[i].listen.family == family)
			return policy->address[i].listen;
	return (struct dp_addr){ 0 };
}

/* beside a publisher, where the realm has an address of its family */
static struct session_party *add_nobody(struct ng_request *r, struct ng_call *call,
					sa_family_t family)
{
	struct session_party_conf conf = {
		.name = "nobody",
		.transport = "ng",
		.confidential = true,
		.nobody = true,
	};
	struct session_party *party;

	conf.policy = ng_policy_nobody(r->ng, realm_for(r, 0));
	if (!conf.policy)
		return NULL;
	conf.local = address_for(conf.policy, family);
	party = session_party_add(call->session, &conf);
	session_policy_put(conf.policy);
	return party;
}

/* @s: 0: who offers, 1: the other one */
static struct session_party *add_party(struct ng_request *r,
				       struct ng_call *call, unsigned int s,
				       sa_family_t family)
{
	struct session_party_conf conf = {
		.name = s ? "callee" : call->published ? "publisher" : "caller",
		.transport = "ng",
		.confidential = true,	/* nobody told us */
	};

	if (s && call->published)
		return add_nobody(r, call, family);
	conf.policy = ng_policy(r->ng, realm_for(r, s), &r->words, s);
	if (!conf.policy)
		return NULL;
	if (s && r->words.media.family)
		family = r->words.media.family;
	if (s && r->words.family)
		family = r->words.family;
	conf.local = address_for(conf.policy, family);
	if (!s)
		conf.source = r->words.received;
	return session_party_add(call->session, &conf);
}

/* who has that tag already */
static struct session_party *party_of(const struct ng_call *call,
				      struct span tag)
{
	const struct ng_branch *branch;
	unsigned int s;

	LIST_FOREACH(branch, &call->branches, entry)
		for (s = 0; s < 2; s++)
			if (ng_is(branch->tag[s], tag))
				return branch->party[s];
	return NULL;
}

/* --- an offer --- */

/* the branch in which it is made, and the end that makes it; NULL: a new one */
static struct ng_branch *branch_for(const struct ng_call *call,
				    const struct ng_words *w,
				    unsigned int *side)
{
	struct ng_branch *branch;

	*side = 0;
	if (w->tag[1].p) {
		branch = ng_branch_of(call, w->tag[0], w->tag[1], side);
		if (branch)
			return branch;
	}
	LIST_FOREACH(branch, &call->branches, entry) {
		if (branch->tag[1])
			continue;
		if (ng_is(branch->tag[0], w->tag[0]) &&
		    (w->via.p ? ng_is(branch->via, w->via) : !branch->via))
			return branch;
		/* the other end's first word is an offer */
		if (ng_is(branch->tag[0], w->tag[1])) {
			*side = 1;
			return branch;
		}
	}
	return NULL;
}

static struct ng_branch *add_branch(struct ng_request *r, struct ng_call *call,
				    sa_family_t family)
{
	struct session_party *a = party_of(call, r->words.tag[0]), *b = NULL;
	struct session_branch *media = NULL;
	struct ng_branch *branch = NULL;

	if (!a)
		a = add_party(r, call, 0, family);
	if (r->words.tag[1].p)
		b = party_of(call, r->words.tag[1]);
	if (!b || a == b)
		b = add_party(r, call, 1, family);
	if (a && b)
		media = session_branch_new(a, b, NULL);
	if (media)
		branch = ng_branch_new(call, media, a, b);
	if (branch)
		return branch;
	session_party_drop(a);
	session_party_drop(b);
	return NULL;
}

/* what is known of a branch now; false without memory */
static bool name_branch(struct ng_branch *branch, const struct ng_words *w,
			unsigned int side)
{
	if (!branch->tag[side] && !ng_keep(&branch->tag[side], w->tag[0]))
		return false;
	if (w->tag[1].p && !branch->tag[!side] &&
	    !ng_keep(&branch->tag[!side], w->tag[1]))
		return false;
	if (w->label.p && !ng_keep(&branch->label[side], w->label))
		return false;
	return !w->via.p || branch->via || ng_keep(&branch->via, w->via);
}

/* it is used again, whatever was to become of it */
static void revive(struct ng_branch *branch)
{
	struct ng_call *call = branch->call;

	timer_cancel(&branch->gone);
	call->signalled = time(NULL);
	call->deleted = false;
	if (call->answered.tv_sec)
		timer_cancel(&call->gone);
	else
		timer_set(call->ng->timers, &call->gone,
			  (uint64_t)call->ng->config->answer_timeout * 1000);
}

static void moved(struct ng_request *r, struct ng_branch *branch,
		  unsigned int side)
{
	struct dp_err err;

	if (r->words.received.family &&
	    session_moved(branch->party[side], &r->words.received, &err))
		log_call(LOG_LEVEL_WARNING, session_id(branch->call->session),
			 NULL, "%s", err.text);
}

/* what was described, in the proxy's own words; gone then */
static void tell_sdp(struct ng_request *r, char *text)
{
	char *own = ng_edit(&r->words, text);

	ng_add_string(&r->reply, r->out, "sdp", own ? own : text);
	session_text_free(own);
	session_text_free(text);
}

/* the description as the other party is to get it; on success to be given to session_text_free() */
static const char *describe(struct ng_request *r, struct ng_branch *branch,
			    unsigned int side, char **text)
{
	struct span sdp = r->words.sdp;
	struct dp_err err;
	char *own;
	int ret;

	own = ng_strip(&r->words, &sdp.n);
	if (own)
		sdp.p = own;
	else
		sdp = r->words.sdp;
	ret = session_offer_anew(branch->media, branch->party[side],
				 sdp.p, sdp.n, text, &err);
	free(own);
	return ret ? media_error(r, ret, &err) : NULL;
}

static const char *offer_in(struct ng_request *r, struct ng_branch *branch,
			    unsigned int side)
{
	const char *error;
	char *text;

	error = describe(r, branch, side, &text);
	if (error)
		return error;
	tell_sdp(r, text);
	if (!name_branch(branch, &r->words, side))
		return "no memory";
	moved(r, branch, side);
	revive(branch);
	return NULL;
}

static const char *offer_new(struct ng_request *r, struct ng_call *call,
			     sa_family_t family)
{
	struct ng_branch *branch = add_branch(r, call, family);
	const char *error;

	if (!branch)
		return "too many branches in this call, or no memory";
	error = offer_in(r, branch, 0);
	if (error)
		ng_branch_free(branch);
	return error;
}

static void begun(const struct ng_call *call, const struct ng_words *w)
{
	call->ng->counters.calls++;
	log_call(LOG_LEVEL_INFO, session_id(call->session), NULL,
		 "call-id %s: offered by tag %.*s", call->id,
		 SPAN_ARG(w->tag[0]));
}

/*
 * Candidates alone, as the proxy has them of an INFO (RFC 8840), of whoever's tag it is, in
 * all that he negotiates.  What comes before its description, or after it, is left out:
 * where checks come from is found all the same.
 */
static const char *trickle(const struct ng_request *r, struct span tag)
{
	const struct ng_call *call = ng_call_find(r->ng, r->words.call_id);
	struct span sdp = r->words.sdp;
	struct ng_branch *branch;
	struct dp_err err;
	unsigned int s;

	if (!call || !tag.n)
		return NULL;
	LIST_FOREACH(branch, &call->branches, entry)
		for (s = 0; s < 2; s++)
			if (branch->tag[s] && ng_is(branch->tag[s], tag) &&
			    session_trickle(branch->media, branch->party[s],
					    sdp.p, sdp.n, &err))
				log_debug("call-id %s: %s", call->id, err.text);
	return NULL;
}

/*
 * The call that an offer is for, NULL: a new one, and the family of its first address.  What
 * is known before its description is read comes first: a refusal has to be cheap.  False:
 * @error is what it is answered, NULL: that has been said.
 */
static bool admit(struct ng_request *r, struct ng_call **call, sa_family_t *family,
		  const char **error)
{
	*error = check_words(r, false);
	if (*error)
		return false;
	*call = ng_call_find(r->ng, r->words.call_id);
	r->ng->quota.max_kbits = *call ? 0 : r->ng->config->ng_kbits;
	*error = *call ? NULL : is_full(r->ng);
	if (*error) {
		*error = load_limit(r, *error);
		return false;
	}
	*error = check_sdp(r, family);
	return !*error;
}

/* a new call, once its first offer was taken or, for @error, was not; returns that */
static const char *settle(struct ng_call *call, const struct ng_words *w, const char *error)
{
	ng_keep_strange(call->strange, &call->n_strange, w);
	if (error)
		ng_call_free(call, NULL);
	else
		begun(call, w);
	return error;
}

static const char is_published[] =
	"that call is a publisher's; expected 'publish', or another call-id";

const char *ng_offer(struct ng_request *r)
{
	struct ng_words *w = &r->words;
	struct ng_branch *branch;
	sa_family_t family;
	struct ng_call *call;
	unsigned int side;
	const char *error;

	if (w->fragment)
		return trickle(r, w->tag[0]);
	if (!admit(r, &call, &family, &error))
		return error;
	if (call && call->published)
		return is_published;
	if (call) {
		branch = branch_for(call, w, &side);
		error = branch ? offer_in(r, branch, side) :
				 offer_new(r, call, family);
		ng_keep_strange(call->strange, &call->n_strange, w);
		return error;
	}
	call = ng_call_new(r->ng, w->call_id);
	return call ? settle(call, w, offer_new(r, call, family)) : "no memory";
}

/* --- an answer --- */

/* one more answer to an offer that somebody has answered already */
static struct ng_branch *fork_of(struct ng_branch *of, struct ng_request *r)
{
	struct session_branch *media = session_branch_fork(of->media, NULL);
	struct ng_branch *branch;

	if (!media)
		return NULL;
	branch = ng_branch_new(of->call, media, of->party[0], of->party[1]);
	if (!branch)
		return NULL;
	if (ng_keep(&branch->tag[0], r->words.tag[0]) &&
	    (!of->label[0] || ng_keep(&branch->label[0], span_of(of->label[0]))) &&
	    (!of->via || ng_keep(&branch->via, span_of(of->via))))
		return branch;
	ng_branch_free(branch);
	return NULL;
}

/*
 * The branch that is answered: that of both tags; else one whose offer nobody has
 * answered, that of the via-branch first; else a fork of one that somebody has.
 */
static struct ng_branch *answered_branch(struct ng_request *r,
					 struct ng_call *call, bool *forked)
{
	struct ng_branch *branch, *open = NULL, *taken = NULL;
	const struct ng_words *w = &r->words;
	unsigned int side;
	bool via;

	branch = ng_branch_of(call, w->tag[0], w->tag[1], &side);
	if (branch)
		return branch;
	LIST_FOREACH(branch, &call->branches, entry) {
		if (!ng_is(branch->tag[0], w->tag[0]) &&
		    (branch->tag[1] || !ng_is(branch->tag[0], w->tag[1])))
			continue;
		via = ng_is(branch->via, w->via);
		if (!branch->tag[1] && (!open || via))
			open = branch;
		else if (branch->tag[1] && (!taken || via))
			taken = branch;
	}
	if (open && taken && w->via.p && !ng_is(open->via, w->via) &&
	    ng_is(taken->via, w->via))
		open = NULL;
	if (open || !taken)
		return open;
	*forked = true;
	return fork_of(taken, r);
}

/* the tag of who answers is new, or both are known */
static bool name_answerer(struct ng_branch *branch, const struct ng_words *w,
			  unsigned int side)
{
	bool swapped = ng_is(branch->tag[!side], w->tag[1]);

	if (w->label.p && !ng_keep(&branch->label[side], w->label))
		return false;
	return branch->tag[side] ||
	       ng_keep(&branch->tag[side], w->tag[swapped ? 0 : 1]);
}

static const char *hear(struct ng_request *r, struct ng_branch *branch)
{
	struct dp_err err;
	int ret = session_choose(branch->media, false, &err);

	return ret ? media_error(r, ret, &err) : NULL;
}

static void up(struct ng_call *call)
{
	if (call->answered.tv_sec)
		return;
	clock_gettime(CLOCK_REALTIME, &call->answered);
	log_call(LOG_LEVEL_INFO, session_id(call->session), NULL,
		 "call-id %s: answered", call->id);
}

static const char *answer_in(struct ng_request *r, struct ng_branch *branch)
{
	struct session_party *offerer = session_offerer(branch->media);
	unsigned int side = offerer == branch->party[0];
	const char *error;
	struct dp_err err;
	char *text;
	int ret;

	if (!offerer)
		return "Invalid dialogue association";
	/* nobody has heard of him yet: where he is must be known before media flows */
	if (!session_heard(branch->call->session))
		moved(r, branch, side);
	ret = session_answer(branch->media, branch->party[side],
			     r->words.sdp.p, r->words.sdp.n, true, &text, &err);
	if (ret)
		return media_error(r, ret, &err);
	tell_sdp(r, text);
	error = hear(r, branch);
	if (error)
		return error;
	if (!name_answerer(branch, &r->words, side))
		return "no memory";
	moved(r, branch, side);
	up(branch->call);
	revive(branch);
	return NULL;
}

const char *ng_answer(struct ng_request *r)
{
	struct ng_branch *branch;
	bool forked = false;
	sa_family_t family;
	struct ng_call *call;
	const char *error;

	if (r->words.fragment)
		return trickle(r, r->words.tag[1]);
	error = check_words(r, true);
	if (!error)
		error = check_sdp(r, &family);
	if (error)
		return error;
	call = ng_call_find(r->ng, r->words.call_id);
	if (!call)
		return "Unknown call-id";
	if (call->published)
		return is_published;
	ng_keep_strange(call->strange, &call->n_strange, &r->words);
	branch = answered_branch(r, call, &forked);
	if (!branch)
		return "Invalid dialogue association";
	error = answer_in(r, branch);
	if (error && forked)
		ng_branch_free(branch);
	return error;
}

/* --- an offer that nobody but subscribers hears --- */

/* it is answered at once, for nobody, and so is each that comes after it */
static const char *publish_in(struct ng_request *r, struct ng_branch *branch)
{
	const char *error;
	struct dp_err err;
	char *text, *own;
	int ret;

	error = describe(r, branch, 0, &text);
	if (error)
		return error;
	own = ng_publish_answer(&r->words, text);
	session_text_free(text);
	if (!own)
		error = "no memory";
	if (own) {
		ret = session_answer(branch->media, branch->party[1], own, strlen(own),
				     true, &text, &err);
		error = ret ? media_error(r, ret, &err) : NULL;
		free(own);
	}
	if (error) {
		session_rollback(branch->media);
		return error;
	}
	tell_sdp(r, text);
	if (!name_branch(branch, &r->words, 0))
		return "no memory";
	moved(r, branch, 0);
	up(branch->call);
	revive(branch);
	return NULL;
}

const char *ng_publish(struct ng_request *r)
{
	struct ng_words *w = &r->words;
	struct ng_branch *branch;
	sa_family_t family;
	struct ng_call *call;
	const char *error;

	w->tag[1] = (struct span){ 0 };
	if (!admit(r, &call, &family, &error))
		return error;
	if (call) {
		branch = LIST_FIRST(&call->branches);
		if (!call->published || !branch || !ng_is(branch->tag[0], w->tag[0]))
			return "a publisher has a call of its own; expected another call-id";
		ng_keep_strange(call->strange, &call->n_strange, w);
		return publish_in(r, branch);
	}
	call = ng_call_new(r->ng, w->call_id);
	if (!call)
		return "no memory";
	call->published = true;
	branch = add_branch(r, call, family);
	return settle(call, w, branch ? publish_in(r, branch) : "no memory");
}
