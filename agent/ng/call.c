// SPDX-License-Identifier: GPL-2.0
/* Calls, their branches, and what holds for their parties: who owns what, and its end. */
#include <stdlib.h>

#include <linux/rtplane.h>

#include "private.h"

/* --- calls by id --- */

/* FNV-1a, begun with what nobody knows */
static uint64_t hash(const struct ng *ng, struct span id)
{
	uint64_t h = ng->seed;
	size_t i;

	for (i = 0; i < id.n; i++)
		h = (h ^ (uint8_t)id.p[i]) * UINT64_C(0x100000001b3);
	return h ^ (h >> 29);
}

struct ng_call *ng_call_find(const struct ng *ng, struct span id)
{
	uint64_t h = hash(ng, id);
	struct ng_call *call;

	LIST_FOREACH(call, &ng->bucket[h % NG_BUCKETS], bucket)
		if (call->hash == h && span_is(id, call->id))
			return call;
	return NULL;
}

static void on_timeout(struct session *session, void *arg)
{
	struct ng_call *call = arg;

	ng_tell_timeout(call);
	call->ng->counters.timed_out++;
	ng_call_free(call, "no media");
}

/* what the party gets of the branch that is heard, of its first line */
static void note_report(struct ng_call *call, const struct session_event *event)
{
	struct ng_branch *branch;
	unsigned int s;

	if (event->line || !event->party)
		return;
	LIST_FOREACH(branch, &call->branches, entry)
		for (s = 0; s < 2; s++)
			if (branch->party[s] == event->party &&
			    branch->media == session_heard(call->session))
				ng_history_add(&branch->history[!s],
					       &event->dp->rtcp);
}

static void on_event(const struct session_event *event, void *arg)
{
	if (event->what == SESSION_RTCP)
		note_report(arg, event);
	else
		ng_tell_event(arg, event);
}

static const struct session_ops session_ops = {
	.event = on_event,
	.timeout = on_timeout,
};

static void on_gone(struct timer *timer, void *arg)
{
	struct ng_call *call = arg;

	if (!call->deleted)
		call->ng->counters.unanswered++;
	ng_call_free(call, call->deleted ? "deleted" : "not answered in time");
}

static bool begin(struct ng_call *call)
{
	bool told = call->ng->config->ng_events.family;
	const struct session_conf conf = {
		.ops = &session_ops,
		.arg = call,
		.timeout = call->ng->config->media_timeout,
		.timeout_hold = call->ng->config->hold_timeout,
		.silence = told ? call->ng->config->ng_silence : 0,
		.digits = told,
		.spell = true,
		.quota = { call->ng->config->ng_kbits ? &call->ng->quota : NULL },
	};

	if (call->id)
		call->session = session_new(call->ng->conf.sessions, &conf);
	return call->session;
}

struct ng_call *ng_call_new(struct ng *ng, struct span id)
{
	struct ng_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->ng = ng;
	call->id = span_dup(id);
	call->hash = hash(ng, id);
	LIST_INIT(&call->branches);
	LIST_INIT(&call->subs);
	timer_init(&call->gone, on_gone, call);
	clock_gettime(CLOCK_REALTIME, &call->created);
	if (!begin(call)) {
		free(call->id);
		free(call);
		return NULL;
	}
	LIST_INSERT_HEAD(&ng->bucket[call->hash % NG_BUCKETS], call, bucket);
	TAILQ_INSERT_TAIL(&ng->calls, call, entry);
	ng->n_calls++;
	return call;
}

static void forget_branch(struct ng_branch *branch)
{
	timer_cancel(&branch->gone);
	LIST_REMOVE(branch, entry);
	free(branch->tag[0]);
	free(branch->tag[1]);
	free(branch->via);
	free(branch->label[0]);
	free(branch->label[1]);
	free(branch);
}

void ng_call_free(struct ng_call *call, const char *why)
{
	struct ng *ng = call->ng;

	if (why) {
		log_call(LOG_LEVEL_INFO, session_id(call->session), NULL,
			 "call-id %s: ended: %s", call->id, why);
		ng_over(call, why);
	}
	timer_cancel(&call->gone);
	ng_subs_free(call);
	session_end(call->session);
	while (!LIST_EMPTY(&call->branches))
		forget_branch(LIST_FIRST(&call->branches));
	LIST_REMOVE(call, bucket);
	TAILQ_REMOVE(&ng->calls, call, entry);
	ng->n_calls--;
	free(call->id);
	free(call);
}

/* --- branches --- */

bool ng_keep(char **text, struct span word)
{
	char *copy = span_dup(word);

	if (!copy)
		return false;
	free(*text);
	*text = copy;
	return true;
}

bool ng_is_last(const struct ng_branch *branch)
{
	return LIST_FIRST(&branch->call->branches) == branch &&
	       !LIST_NEXT(branch, entry);
}

static void on_branch_gone(struct timer *timer, void *arg)
{
	struct ng_branch *branch = arg;
	struct ng_call *call = branch->call;

	/* what people see of the call afterwards is that of its last branch */
	if (ng_is_last(branch))
		ng_call_free(call, "deleted");
	else
		ng_branch_free(branch);
}

struct ng_branch *ng_branch_new(struct ng_call *call,
				struct session_branch *media,
				struct session_party *a,
				struct session_party *b)
{
	struct ng_branch *branch = calloc(1, sizeof(*branch));

	if (!branch) {
		session_branch_drop(media);
		return NULL;
	}
	branch->call = call;
	branch->media = media;
	branch->party[0] = a;
	branch->party[1] = b;
	timer_init(&branch->gone, on_branch_gone, branch);
	LIST_INSERT_HEAD(&call->branches, branch, entry);
	return branch;
}

void ng_branch_free(struct ng_branch *branch)
{
	session_branch_drop(branch->media);
	session_party_drop(branch->party[0]);
	session_party_drop(branch->party[1]);
	forget_branch(branch);
}

struct ng_branch *ng_branch_of(const struct ng_call *call, struct span a,
			       struct span b, unsigned int *side)
{
	struct ng_branch *branch;
	unsigned int s;

	LIST_FOREACH(branch, &call->branches, entry) {
		for (s = 0; s < 2; s++) {
			if (!ng_is(branch->tag[s], a) ||
			    !ng_is(branch->tag[!s], b))
				continue;
			*side = s;
			return branch;
		}
	}
	return NULL;
}

/* --- what holds for a party --- */

const struct config_realm *ng_realm(const struct ng *ng, struct span name)
{
	const struct config *c = ng->config;
	size_t i;

	for (i = 0; i < c->n_interfaces; i++)
		if (span_is(name, c->interfaces[i].name))
			return c->interfaces[i].realm;
	for (i = 0; i < c->n_realms; i++)
		if (span_is(name, c->realms[i].name))
			return &c->realms[i];
	if (ng_word_is(name, "external"))
		return &c->realms[0];
	if (ng_word_is(name, "internal"))
		return &c->realms[c->n_realms - 1];
	return NULL;
}

/* the realm's own word goes before the proxy's */
static void set_transport(struct session_policy *policy,
			  const struct ng_words *words)
{
	enum ng_transport transport = words->transport;
	bool beside = words->osrtp && !words->no_sdes;
	bool dtls = transport == NG_TRANSPORT_DTLS ||
		    transport == NG_TRANSPORT_DTLSF;
	bool savp = transport == NG_TRANSPORT_SAVP ||
		    transport == NG_TRANSPORT_SAVPF;
	bool feedback = transport == NG_TRANSPORT_AVPF ||
			transport == NG_TRANSPORT_SAVPF ||
			transport == NG_TRANSPORT_DTLSF;

	if (beside && !savp && !dtls && policy->srtp == SESSION_SRTP_ALLOW)
		policy->srtp = SESSION_SRTP_OFFER;
	if (transport == NG_TRANSPORT_SAME)
		return;
	policy->feedback = feedback ? SESSION_FEEDBACK_ON :
				      SESSION_FEEDBACK_OFF;
	if (policy->srtp == SESSION_SRTP_ALLOW)
		policy->srtp = savp ? SESSION_SRTP_REQUIRE :
				      SESSION_SRTP_REFUSE;
	/* beside keys it may be, where there are to be keys */
	if (policy->dtls == SESSION_DTLS_ALLOW && !savp)
		policy->dtls = dtls ? SESSION_DTLS_REQUIRE : SESSION_DTLS_OFF;
}

/* what a realm requires stays; keys go only where DTLS may take their place */
static void set_off(struct session_policy *policy, const struct ng_words *words)
{
	if (words->no_dtls && policy->dtls == SESSION_DTLS_ALLOW)
		policy->dtls = SESSION_DTLS_OFF;
	if (!words->no_sdes || policy->dtls != SESSION_DTLS_ALLOW ||
	    policy->srtp != SESSION_SRTP_ALLOW)
		return;
	policy->srtp = SESSION_SRTP_REFUSE;
	if (words->transport == NG_TRANSPORT_SAVP ||
	    words->transport == NG_TRANSPORT_SAVPF)
		policy->dtls = SESSION_DTLS_REQUIRE;
}

/* a realm that refuses who has none goes before the proxy's word */
static void set_ice(struct session_policy *policy, const struct ng_words *words)
{
	enum ng_ice ice = words->ice;

	if (ice == NG_ICE_OPTIONAL)
		ice = words->offers_ice ? NG_ICE_FORCE : NG_ICE_REMOVE;
	if (ice == NG_ICE_REMOVE && policy->ice != SESSION_ICE_FORCE)
		policy->ice = SESSION_ICE_OFF;
	else if (ice == NG_ICE_FORCE && policy->ice == SESSION_ICE_OFF)
		policy->ice = SESSION_ICE_FULL;
}

/* a realm where checks are to be sent keeps to that */
static void set_lite(struct session_policy *policy, bool lite)
{
	if (lite && policy->ice == SESSION_ICE_FULL)
		policy->ice = SESSION_ICE_LITE;
}

static void set_bundle(struct session_policy *policy, enum ng_bundle bundle)
{
	if (bundle == NG_BUNDLE_ACCEPT && policy->bundle == SESSION_BUNDLE_OFF)
		policy->bundle = SESSION_BUNDLE_ACCEPT;
	else if (bundle == NG_BUNDLE_OFF && policy->bundle != SESSION_BUNDLE_REQUIRE)
		policy->bundle = SESSION_BUNDLE_OFF;
}

/* a wish that leaves none is none */
static void set_suites(struct session_policy *policy, const struct ng_words *w)
{
	uint8_t left[SESSION_SUITES_MAX];
	unsigned int i, n = 0;
	uint32_t may = 0;

	for (i = 0; i < policy->n_suites; i++)
		may |= 1u << policy->suite[i];
	may &= ~w->no_suite;
	if (w->only_suite)
		may &= w->only_suite;
	if (w->nonew && w->offered)
		may &= w->offered;
	if (!may)
		return;
	for (i = 0; i < w->n_suites; i++)
		if (may & 1u << w->suite[i])
			left[n++] = w->suite[i];
	for (i = 0; i < policy->n_suites; i++)
		if (may & 1u << policy->suite[i] &&
		    !memchr(left, policy->suite[i], n))
			left[n++] = policy->suite[i];
	memcpy(policy->suite, left, n);
	policy->n_suites = n;
}

static void set_media(struct session_policy *policy, const struct dp_addr *media)
{
	size_t i;

	for (i = 0; i < policy->n_addresses; i++) {
		if (policy->address[i].advertise.family != media->family)
			continue;
		policy->address[i].advertise = *media;
		/* that, and nothing beside it */
		session_seen_put(policy->address[i].seen);
		policy->address[i].seen = NULL;
	}
}

/* likewise; with demux who cannot do without it has it, and RTCP ends there */
static void set_mux(struct session_policy *policy, unsigned int mux, bool to)
{
	if (policy->mux == SESSION_MUX_REQUIRE)
		return;
	if (to && mux & NG_MUX_REQUIRE)
		policy->mux = SESSION_MUX_REQUIRE;
	else if (to && mux & NG_MUX_OFFER)
		policy->mux = SESSION_MUX_OFFER;
	else if (mux & (to ? NG_MUX_DEMUX : NG_MUX_REJECT))
		policy->mux = SESSION_MUX_OFF;
	else if (!to && mux & NG_MUX_ACCEPT)
		policy->mux = SESSION_MUX_ACCEPT;
	else if (!to && mux && policy->mux == SESSION_MUX_OFF)
		policy->mux = SESSION_MUX_ALLOW;
}

static void set_words(struct session_policy *policy,
		      const struct ng_words *words, bool to)
{
	if (words->source)
		policy->nat = SESSION_NAT_ALWAYS;
	if (words->asymmetric) {
		policy->latch = RTPLANE_LATCH_OFF;
		policy->probation = 0;
		policy->nat = SESSION_NAT_OFF;
	}
	set_mux(policy, words->mux, to);
	policy->dtls_passive |= words->dtls_passive;
	if (!to) {
		set_lite(policy, words->lite & NG_LITE_FROM);
		set_bundle(policy, words->bundle);
		return;
	}
	if (words->hash)
		policy->dtls_hash = words->hash;
	set_off(policy, words);
	set_transport(policy, words);
	set_ice(policy, words);
	set_lite(policy, words->lite & NG_LITE_TO);
	if (words->punch && policy->punch == SESSION_PUNCH_OFF)
		policy->punch = SESSION_PUNCH_ONE;
	set_suites(policy, words);
	if (words->media.family)
		set_media(policy, &words->media);
	if (words->tos >= 0) {
		policy->dscp_audio = (uint8_t)(words->tos >> 2);
		policy->dscp_other = policy->dscp_audio;
	}
}

static bool same_addresses(const struct session_policy *a,
			   const struct session_policy *b)
{
	size_t i;

	for (i = 0; i < a->n_addresses; i++)
		if (!dp_addr_same_host(&a->address[i].advertise,
				       &b->address[i].advertise))
			return false;
	return true;
}

static bool same_policy(const struct session_policy *a,
			const struct session_policy *b)
{
	return a->nat == b->nat && a->latch == b->latch &&
	       a->probation == b->probation && a->srtp == b->srtp &&
	       a->feedback == b->feedback && a->ice == b->ice &&
	       a->dtls == b->dtls && a->mux == b->mux &&
	       a->dtls_passive == b->dtls_passive &&
	       a->dtls_hash == b->dtls_hash &&
	       a->bundle == b->bundle && a->punch == b->punch &&
	       a->n_suites == b->n_suites &&
	       !memcmp(a->suite, b->suite, a->n_suites) && same_addresses(a, b) &&
	       a->dscp_audio == b->dscp_audio &&
	       a->dscp_other == b->dscp_other;
}

void ng_policies_forget(struct ng *ng)
{
	struct ng_made *made;

	while (ng->n_made) {
		made = &ng->made[--ng->n_made];
		session_policy_put(made->of);
		session_policy_put(made->policy);
	}
}

struct session_policy *ng_policy_nobody(struct ng *ng, const struct config_realm *realm)
{
	struct session_policy *of = ng->conf.policy(realm->name, ng->conf.arg);
	struct session_policy *policy = of ? session_policy_copy(of) : NULL;

	if (!policy)
		return NULL;
	policy->latch = RTPLANE_LATCH_OFF;
	policy->probation = 0;
	policy->early = false;
	policy->nat = SESSION_NAT_OFF;
	policy->srtp = SESSION_SRTP_REFUSE;
	policy->dtls = SESSION_DTLS_OFF;
	policy->mux = SESSION_MUX_OFF;
	policy->bundle = SESSION_BUNDLE_OFF;
	policy->ice = SESSION_ICE_OFF;
	policy->punch = SESSION_PUNCH_OFF;
	acl_put(policy->media_acl);
	policy->media_acl = NULL;
	return policy;
}

/* the few that proxies ask for are made once, not for each call */
struct session_policy *ng_policy(struct ng *ng, const struct config_realm *realm,
				 const struct ng_words *words, bool to)
{
	struct session_policy *of, *policy;
	struct session_policy wish;
	unsigned int i;

	of = ng->conf.policy(realm->name, ng->conf.arg);
	if (!of)
		return NULL;
	wish = *of;
	set_words(&wish, words, to);
	if (same_policy(&wish, of))
		return of;
	for (i = 0; i < ng->n_made; i++)
		if (ng->made[i].of == of &&
		    same_policy(ng->made[i].policy, &wish))
			return ng->made[i].policy;
	if (ng->n_made == NG_POLICIES_MAX)
		ng_policies_forget(ng);
	policy = session_policy_copy(of);
	if (!policy)
		return NULL;
	set_words(policy, words, to);
	ng->made[ng->n_made++] = (struct ng_made){
		session_policy_get(of), policy,
	};
	return policy;
}
