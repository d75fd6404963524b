// SPDX-License-Identifier: GPL-2.0
/* Sessions, their parties and branches: who owns what, and its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "private.h"

/* --- all sessions --- */

struct sessions *sessions_new(const struct sessions_conf *conf)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (!sessions)
		return NULL;
	sessions->conf = *conf;
	sessions->on_ice = session_on_ice;
	sessions->on_dtls = session_on_dtls;
	session_orphans_init(sessions);
	session_lost_init(sessions);
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	unsigned int i;

	if (!sessions)
		return;
	for (i = 0; i < SESSION_BUCKETS; i++)
		while (!LIST_EMPTY(&sessions->bucket[i]))
			session_end(LIST_FIRST(&sessions->bucket[i]));
	session_orphans_free(sessions);
	timer_cancel(&sessions->lost_timer);
	free(sessions);
}

void sessions_set_orphan_timeout(struct sessions *sessions, uint32_t seconds)
{
	sessions->conf.orphan_timeout = seconds;
}

void sessions_set_dtls(struct sessions *sessions, struct dtls_pool *dtls)
{
	sessions->conf.dtls = dtls;
}

struct session *sessions_find(struct sessions *sessions, uint64_t id)
{
	struct session *session;

	LIST_FOREACH(session, &sessions->bucket[id % SESSION_BUCKETS], bucket)
		if (session->id == id)
			return session;
	return NULL;
}

unsigned int sessions_count(const struct sessions *sessions)
{
	return sessions->n;
}

/* --- a session --- */

/* no other session's, nor one that a former agent has given */
static uint64_t new_id(struct sessions *sessions)
{
	uint64_t id;

	do {
		id = session_random();
	} while (sessions_find(sessions, id) || sessions_orphan(sessions, id));
	return id;
}

struct session *session_new(struct sessions *sessions,
			    const struct session_conf *conf)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->sessions = sessions;
	session->conf = *conf;
	session->id = conf->id && !sessions_find(sessions, conf->id) ? conf->id :
		      new_id(sessions);
	TAILQ_INIT(&session->parties);
	TAILQ_INIT(&session->branches);
	LIST_INIT(&session->taps);
	session_silence_init(session);
	session_path_init(session);
	LIST_INSERT_HEAD(&sessions->bucket[session->id % SESSION_BUCKETS],
			 session, bucket);
	sessions->n++;
	return session;
}

uint64_t session_id(const struct session *session)
{
	return session->id;
}

bool session_stays(const struct session *session)
{
	struct standing *const *at = &session->standing[0][0];
	unsigned int i;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++)
		if (at[i] && at[i]->dp != session->sessions->conf.dp)
			return false;
	return true;
}

void *session_arg(const struct session *session)
{
	return session->conf.arg;
}

static void branch_free(struct session_branch *branch)
{
	struct session *session = branch->session;
	unsigned int s;

	TAILQ_REMOVE(&session->branches, branch, entry);
	session->n_branches--;
	session_offer_put(branch->open);
	session_offer_put(branch->first);
	session_lines_free(branch->line, branch->n_lines);
	session_lines_free(branch->before, branch->n_before);
	for (s = 0; s < 2; s++)
		sdp_text_free(branch->end[s].sent);
	free(branch);
}

static void party_free(struct session_party *party)
{
	struct session_tap *tap;

	LIST_FOREACH(tap, &party->session->taps, entry)
		if (tap->party == party)
			tap->party = NULL;
	TAILQ_REMOVE(&party->session->parties, party, entry);
	party->session->n_parties--;
	session_policy_put(party->policy);
	free(party);
}

/* bridges first, then what holds their ports, then the pools */
void session_end(struct session *session)
{
	if (!session)
		return;
	session_unbridge(session, true);
	timer_cancel(&session->timer);
	timer_cancel(&session->ice_timer);
	while (!TAILQ_EMPTY(&session->branches))
		branch_free(TAILQ_FIRST(&session->branches));
	session_weigh_none(session);
	while (!TAILQ_EMPTY(&session->parties))
		party_free(TAILQ_FIRST(&session->parties));
	LIST_REMOVE(session, bucket);
	session->sessions->n--;
	free(session);
}

/* --- parties --- */

struct session_party *session_party_add(struct session *session,
					const struct session_party_conf *conf)
{
	struct session_party *party = calloc(1, sizeof(*party));

	if (!party)
		return NULL;
	party->session = session;
	party->policy = session_policy_get(conf->policy);
	party->source = conf->source;
	party->local = conf->local;
	party->confidential = conf->confidential;
	party->trickle = conf->trickle;
	party->nobody = conf->nobody;
	party->user = conf->user;
	snprintf(party->name, sizeof(party->name), "%s",
		 conf->name ? conf->name : "-");
	snprintf(party->transport, sizeof(party->transport), "%s",
		 conf->transport ? conf->transport : "-");
	TAILQ_INSERT_TAIL(&session->parties, party, entry);
	session->n_parties++;
	return party;
}

static bool party_stands(const struct session_party *party)
{
	struct standing *const *at = &party->session->standing[0][0];
	unsigned int i;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++)
		if (at[i] && (at[i]->party[0] == party ||
			      at[i]->party[1] == party))
			return true;
	return false;
}

void session_party_drop(struct session_party *party)
{
	const struct session_branch *branch;

	if (!party || party_stands(party))
		return;
	TAILQ_FOREACH(branch, &party->session->branches, entry)
		if (branch->end[0].party == party ||
		    branch->end[1].party == party)
			return;
	party_free(party);
}

bool session_party_is_at(const struct session_branch *branch,
			 const struct session_party *party, const struct dp_addr *host)
{
	unsigned int s = branch->end[1].party == party;
	size_t i;

	for (i = 0; i < branch->n_lines; i++)
		if (branch->line[i].half[s].remote.family &&
		    dp_addr_same_host(&branch->line[i].half[s].remote, host))
			return true;
	return false;
}

void *session_party_user(const struct session_party *party)
{
	return party->user;
}

const char *session_party_name(const struct session_party *party)
{
	return party->name;
}

const char *session_leg_name(const struct session_party *party,
			     char buf[2 * SESSION_NAME_LEN])
{
	if (!party)
		return NULL;
	snprintf(buf, 2 * SESSION_NAME_LEN, "%s@%s", party->name,
		 party->policy->name);
	return buf;
}

int session_moved(struct session_party *party, const struct dp_addr *source,
		  struct dp_err *err)
{
	struct dp_addr old = party->source;
	struct dp_err own;

	if (dp_addr_eq(&old, source))
		return 0;
	party->source = *source;
	/* nobody knew where it was: this is no news of a move */
	if (!old.family)
		return 0;
	return session_apply_moved(party->session, party,
				   dp_addr_same_host(&old, source) ?
				   DP_LEG_UNLATCH : DP_LEG_MOVED,
				   err ? err : &own);
}

/* --- branches --- */

static struct session_branch *branch_new(struct session *session, void *user)
{
	struct session_branch *branch;

	if (session->n_branches == SESSION_BRANCHES_MAX)
		return NULL;
	branch = calloc(1, sizeof(*branch));
	if (!branch)
		return NULL;
	branch->session = session;
	branch->nr = ++session->last_branch;
	branch->user = user;
	TAILQ_INSERT_TAIL(&session->branches, branch, entry);
	session->n_branches++;
	return branch;
}

struct session_branch *session_branch_new(struct session_party *a,
					  struct session_party *b, void *user)
{
	struct session_branch *branch = branch_new(a->session, user);

	if (!branch)
		return NULL;
	branch->end[0].party = a;
	branch->end[1].party = b;
	return branch;
}

struct session_branch *session_branch_fork(struct session_branch *of,
					   void *user)
{
	struct session_branch *branch;
	struct end *asked;

	if (!of->first)
		return NULL;
	branch = branch_new(of->session, user);
	if (!branch)
		return NULL;
	branch->end[0].party = of->end[0].party;
	branch->end[1].party = of->end[1].party;
	branch->open = session_offer_get(of->first);
	branch->first = session_offer_get(of->first);
	/* the answerer has a description of ours, which no later one equals */
	asked = &branch->end[!of->first->from];
	asked->sdp_id = of->first->sdp_id;
	asked->sdp_version = of->first->sdp_version;
	asked->sent = strdup("");
	return branch;
}

static struct end *end_with(const struct session_branch *branch,
			    const struct session_party *party)
{
	return (struct end *)(uintptr_t)&branch->end[branch->end[1].party == party];
}

/* of its first line that has media; a later one of a group is as that is */
static uint32_t had(const struct session_branch *branch, unsigned int s)
{
	const struct half *half = NULL;
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < branch->n_lines && !half; i++)
		if (branch->line[i].wanted && branch->line[i].rtp)
			half = &branch->line[i].half[s];
	if (!half)
		return branch->end[s].had;
	if (half->srtp.on)
		bits |= SESSION_HAD_SDES | (half->srtp.savp ? SESSION_HAD_SAVP : 0);
	if (half->dtls && half->dtls->known)
		bits |= SESSION_HAD_DTLS | (half->dtls->tls ? SESSION_HAD_TLS : 0) |
			(half->dtls->savp ? SESSION_HAD_SAVP : 0);
	return bits | (half->mux ? SESSION_HAD_MUX : 0);
}

void session_origin(const struct session_branch *branch,
		    const struct session_party *party,
		    struct session_origin *origin)
{
	const struct end *end = end_with(branch, party);

	*origin = (struct session_origin){
		.id = end->sdp_id, .version = end->sdp_version,
		.had = had(branch, end == &branch->end[1]),
	};
}

void session_set_origin(struct session_branch *branch,
			const struct session_party *party,
			const struct session_origin *origin)
{
	struct end *end = end_with(branch, party);

	end->had = origin->had;
	if (!origin->id)
		return;
	end->sdp_id = origin->id;
	end->sdp_version = origin->version;
	/* no later one equals it */
	sdp_text_free(end->sent);
	end->sent = strdup("");
}

void *session_branch_user(const struct session_branch *branch)
{
	return branch->user;
}

void session_branch_set_user(struct session_branch *branch, void *user)
{
	branch->user = user;
}

static int hear(struct session_branch *branch, struct dp_err *err)
{
	struct session *session = branch->session;
	int ret;

	if (session->heard == branch)
		return 0;
	/* who has a shared port may have changed since it was agreed */
	session_own_agreed(branch, branch->line, branch->n_lines);
	ret = session_apply(session, branch, branch->line, branch->n_lines,
			    NULL, 0, err);
	if (ret)
		return ret;
	session->heard = branch;
	session_changed(session);
	return 0;
}

static struct session_branch *answered_last(struct session *session)
{
	struct session_branch *branch, *last = NULL;

	TAILQ_FOREACH(branch, &session->branches, entry)
		if (branch->answered &&
		    (!last || branch->answered > last->answered))
			last = branch;
	return last;
}

void session_branch_drop(struct session_branch *branch)
{
	struct session_branch *next;
	struct session *session;
	struct dp_err err;

	if (!branch)
		return;
	session = branch->session;
	if (session->heard != branch) {
		branch_free(branch);
		session_weigh(session);
		return;
	}
	branch->answered = 0;
	next = answered_last(session);
	if (!next || hear(next, &err)) {
		session_unbridge(session, false);
		session->heard = NULL;
		session_changed(session);
	}
	branch_free(branch);
	session_weigh(session);
}

static void forget_others(struct session_branch *branch)
{
	struct session_branch *other, *next;

	for (other = TAILQ_FIRST(&branch->session->branches); other; other = next) {
		next = TAILQ_NEXT(other, entry);
		if (other != branch)
			branch_free(other);
	}
	session_offer_put(branch->first);
	branch->first = NULL;
}

int session_choose(struct session_branch *branch, bool final,
		   struct dp_err *err)
{
	struct dp_err own;
	int ret;

	err = err ? err : &own;
	if (!branch->answered)
		return dp_fail(err, EINVAL, "its offer was not answered");
	ret = hear(branch, err);
	if (ret || !final)
		return ret;
	session_settle(branch);
	forget_others(branch);
	session_weigh(branch->session);
	return 0;
}

struct session_branch *session_heard(const struct session *session)
{
	return session->heard;
}

unsigned int session_retry_after(const struct session_party *party)
{
	const struct session_policy *policy = party->policy;
	struct ports_stats stats;
	uint64_t wait = 0;
	size_t i;

	for (i = 0; i < policy->n_addresses; i++) {
		ports_stats(policy->address[i].ports, &stats);
		if (stats.next > wait)
			wait = stats.next;
	}
	return wait ? (wait + 999) / 1000 : 5;
}
