// SPDX-License-Identifier: GPL-2.0
/*
 * Legs that a former agent left behind: it was killed, its calls go on.  The
 * signalling is lost with it, so nobody will tell us when these calls end; what can
 * be done is to let their media flow, keep their ports from new calls, and remove
 * them when they have been silent for a while.
 *
 * All of them are looked at by one dump, and their bridges are named by their legs,
 * so that 10,000 adopted calls cost no more than the legs they have.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "private.h"

#define LOOK_EVERY_MS	5000
#define NS_PER_S	UINT64_C(1000000000)

/**
 * struct orphan - bridges of a former agent
 * @entry: in the table
 * @seen: what may be told
 * @now: legs that the look under way has found
 * @pairs: their ports, whose pools are held
 * @n_pairs: how many
 * @locals: one leg of each bridge
 * @n_locals: how many
 */
struct orphan {
	LIST_ENTRY(orphan) entry;
	struct session_orphan seen;
	unsigned int now;
	struct ports_pair **pairs;
	unsigned int n_pairs;
	struct dp_addr *locals;
	unsigned int n_locals;
};

/**
 * struct adopting - a dump of legs on its way
 * @sessions: the sessions
 * @policy: whose ports are ours
 * @n: how many
 */
struct adopting {
	struct sessions *sessions;
	struct session_policy *const *policy;
	size_t n;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct orphan *find(const struct sessions *sessions, uint64_t id)
{
	struct orphan *orphan;

	LIST_FOREACH(orphan, &sessions->orphans[id % SESSION_BUCKETS], entry)
		if (orphan->seen.id == id)
			return orphan;
	return NULL;
}

/* --- the end of one --- */

/* several bridges at a time; one that is gone already is no fault */
static int remove_legs(struct sessions *sessions, const struct orphan *orphan,
		       struct dp_err *err)
{
	struct dp_del del = { .n = 1 };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < orphan->n_locals; i++) {
		del.locals = &orphan->locals[i];
		if (dp_bridges_del(sessions->conf.dp, &del, err) &&
		    err->code != ENOENT)
			ret = -err->code;
	}
	return ret;
}

static void let_go(struct ports_pair *pair)
{
	struct share *share = pair->share;
	struct ports *pool = pair->pool;

	if (share) {
		share_put(pair);
		share_free(share);
		return;
	}
	ports_put(pair);
	ports_free(pool);
}

static void orphan_free(struct sessions *sessions, struct orphan *orphan,
			bool remove)
{
	struct dp_err err;
	unsigned int i;

	if (remove && remove_legs(sessions, orphan, &err))
		log_call(LOG_LEVEL_ERROR, orphan->seen.id, NULL,
			 "adopted bridges cannot be removed: %s", err.text);
	for (i = 0; i < orphan->n_pairs; i++)
		let_go(orphan->pairs[i]);
	free(orphan->pairs);
	free(orphan->locals);
	LIST_REMOVE(orphan, entry);
	sessions->n_orphans--;
	free(orphan);
}

/* --- adoption --- */

/* the port that a call of ours shares with others */
static struct share *share_of(const struct adopting *adopting, const struct dp_addr *local)
{
	const struct session_policy *policy;
	struct share *share;
	size_t i, k;

	for (i = 0; local->call && i < adopting->n; i++) {
		policy = adopting->policy[i];
		for (k = 0; k < policy->n_addresses; k++) {
			share = policy->address[k].share;
			if (share && local->port == share_local(share)->port &&
			    dp_addr_same_host(local, share_local(share)))
				return share;
		}
	}
	return NULL;
}

static struct ports *pool_of(const struct adopting *adopting,
			     const struct dp_addr *local)
{
	const struct session_policy *policy;
	const struct ports_conf *conf;
	size_t i, k;

	for (i = 0; !local->call && i < adopting->n; i++) {
		policy = adopting->policy[i];
		for (k = 0; k < policy->n_addresses; k++) {
			conf = ports_conf(policy->address[k].ports);
			if (dp_addr_same_host(&conf->addr, local) &&
			    local->port >= conf->lo && local->port <= conf->hi)
				return policy->address[k].ports;
		}
	}
	return NULL;
}

static bool has_port(const struct orphan *orphan, const struct dp_addr *local)
{
	unsigned int i;

	for (i = 0; i < orphan->n_pairs; i++)
		if (dp_addr_eq(&orphan->pairs[i]->rtp, local) ||
		    dp_addr_eq(&orphan->pairs[i]->rtcp, local))
			return true;
	return false;
}

/* @share: it is a call's there; else of @ports */
static int hold_port(struct orphan *orphan, struct ports *ports, struct share *share,
		     const struct dp_addr *local)
{
	struct dp_addr port = *local;
	struct ports_pair **pairs;
	struct dp_err err;

	port.rtcp = false;
	port.line = 0;
	if (has_port(orphan, &port))
		return 0;
	pairs = reallocarray(orphan->pairs, orphan->n_pairs + 1,
			     sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	orphan->pairs = pairs;
	pairs[orphan->n_pairs] = share ? share_claim(share, local->call, &err) :
				 ports_claim(ports, local->port, NULL, &err);
	if (pairs[orphan->n_pairs]) {
		orphan->n_pairs++;
		if (share)
			share_ref(share);
		else
			ports_ref(ports);
		return 0;
	}
	log_call(LOG_LEVEL_WARNING, orphan->seen.id, NULL,
		 "port %u of an adopted leg cannot be held: %s", local->port,
		 err.text);
	return 0;
}

/* one leg names its bridge; the other one's peer is there already */
static int name_bridge(struct orphan *orphan, const struct dp_leg_info *info)
{
	struct dp_addr *locals;
	unsigned int i;

	for (i = 0; i < orphan->n_locals; i++)
		if (dp_addr_eq(&orphan->locals[i], &info->peer))
			return 0;
	locals = reallocarray(orphan->locals, orphan->n_locals + 1,
			      sizeof(*locals));
	if (!locals)
		return -ENOMEM;
	orphan->locals = locals;
	locals[orphan->n_locals++] = info->conf.local;
	return 0;
}

static struct orphan *orphan_new(struct sessions *sessions, uint64_t id)
{
	struct orphan *orphan = calloc(1, sizeof(*orphan));

	if (!orphan)
		return NULL;
	orphan->seen.id = id;
	orphan->seen.last = now_ns();
	LIST_INSERT_HEAD(&sessions->orphans[id % SESSION_BUCKETS], orphan,
			 entry);
	sessions->n_orphans++;
	return orphan;
}

/* what goes to somebody beside goes on by ports of ours, too */
static int hold_copies(const struct adopting *adopting, struct orphan *orphan,
		       const struct dp_leg *leg)
{
	const struct dp_addr *from;
	struct ports *ports;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < leg->n_copies && !ret; i++) {
		from = &leg->copies[i].from;
		ports = pool_of(adopting, from);
		if (ports)
			ret = hold_port(orphan, ports, NULL, from);
	}
	return ret;
}

static int adopt_leg(const struct dp_leg_info *info, void *arg)
{
	struct adopting *adopting = arg;
	struct sessions *sessions = adopting->sessions;
	struct share *share = share_of(adopting, &info->conf.local);
	struct ports *ports = pool_of(adopting, &info->conf.local);
	struct orphan *orphan;
	int ret;

	/* not ours: somebody's by hand, or another agent's; or a session's */
	if ((!ports && !share) || !info->cookie || sessions_find(sessions, info->cookie))
		return 0;
	orphan = find(sessions, info->cookie);
	if (!orphan)
		orphan = orphan_new(sessions, info->cookie);
	if (!orphan)
		return -ENOMEM;
	orphan->seen.legs++;
	ret = hold_port(orphan, ports, share, &info->conf.local);
	if (!ret)
		ret = hold_copies(adopting, orphan, &info->conf);
	return ret ? ret : name_bridge(orphan, info);
}

/* --- a look at all of them --- */

static int look(const struct dp_leg_info *info, void *arg)
{
	struct orphan *orphan = find(arg, info->cookie);

	if (!info->cookie || !orphan)
		return 0;
	orphan->now++;
	if (info->last > orphan->seen.last)
		orphan->seen.last = info->last;
	return 0;
}

/* a session that goes on, and has no bridges but these so far */
static struct session *owner(struct sessions *sessions, const struct orphan *orphan)
{
	struct session *session = sessions_find(sessions, orphan->seen.id);

	return session && !session->heard ? session : NULL;
}

/* whether it is on hold is not known: it may be silent for as long as if it were */
static void judge_owned(struct session *session, struct orphan *orphan)
{
	uint64_t limit = session->conf.timeout_hold * NS_PER_S;

	if (limit && orphan->seen.last + limit <= now_ns() &&
	    session->conf.ops && session->conf.ops->timeout)
		session->conf.ops->timeout(session, session->conf.arg);
}

static void judge(struct sessions *sessions, struct orphan *orphan)
{
	uint64_t limit = sessions->conf.orphan_timeout * NS_PER_S;
	struct session *session = owner(sessions, orphan);

	orphan->seen.legs = orphan->now;
	orphan->now = 0;
	if (session && orphan->seen.legs) {
		judge_owned(session, orphan);
		return;
	}
	if (orphan->seen.legs && orphan->seen.last + limit > now_ns())
		return;
	if (orphan->seen.legs)
		log_call(LOG_LEVEL_INFO, orphan->seen.id, NULL,
			 "adopted legs removed: silent for %u s",
			 sessions->conf.orphan_timeout);
	else
		log_call(LOG_LEVEL_INFO, orphan->seen.id, NULL,
			 "adopted legs are gone");
	orphan_free(sessions, orphan, orphan->seen.legs);
}

static void each(struct sessions *sessions,
		 void (*fn)(struct sessions *sessions, struct orphan *orphan))
{
	struct orphan *orphan, *next;
	unsigned int i;

	for (i = 0; i < SESSION_BUCKETS && sessions->n_orphans; i++) {
		orphan = LIST_FIRST(&sessions->orphans[i]);
		for (; orphan; orphan = next) {
			next = LIST_NEXT(orphan, entry);
			fn(sessions, orphan);
		}
	}
}

static void forget_look(struct sessions *sessions, struct orphan *orphan)
{
	orphan->now = 0;
}

static void look_again(struct sessions *sessions)
{
	if (sessions->n_orphans && sessions->conf.timers)
		timer_set(sessions->conf.timers, &sessions->orphan_timer,
			  LOOK_EVERY_MS);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct sessions *sessions = arg;
	struct dp_err err;

	if (!dp_legs_dump(sessions->conf.dp, 0, look, sessions, &err))
		each(sessions, judge);
	else
		each(sessions, forget_look);
	look_again(sessions);
}

static void tell(struct sessions *sessions, struct orphan *orphan)
{
	log_call(LOG_LEVEL_INFO, orphan->seen.id, NULL,
		 "adopted %u legs of a former agent; they go after %u s of silence",
		 orphan->seen.legs, sessions->conf.orphan_timeout);
}

unsigned int sessions_adopt(struct sessions *sessions,
			    struct session_policy *const *policy, size_t n)
{
	struct adopting adopting = {
		.sessions = sessions, .policy = policy, .n = n,
	};
	struct dp_err err;

	if (dp_legs_dump(sessions->conf.dp, 0, adopt_leg, &adopting, &err))
		log_warning("the datapath's legs cannot be read: %s", err.text);
	each(sessions, tell);
	look_again(sessions);
	return sessions->n_orphans;
}

/* --- what people ask --- */

/* whoever has the session tells of it */
static bool is_of_session(const struct sessions *sessions, const struct orphan *orphan)
{
	const struct session *session;

	LIST_FOREACH(session, &sessions->bucket[orphan->seen.id % SESSION_BUCKETS],
		     bucket)
		if (session->id == orphan->seen.id)
			return true;
	return false;
}

unsigned int sessions_orphan_count(const struct sessions *sessions)
{
	return sessions->n_orphans;
}

const struct session_orphan *sessions_orphan(const struct sessions *sessions,
					     uint64_t id)
{
	const struct orphan *orphan = find(sessions, id);

	return orphan ? &orphan->seen : NULL;
}

void sessions_orphans(const struct sessions *sessions,
		      void (*fn)(const struct session_orphan *orphan, void *arg),
		      void *arg)
{
	const struct orphan *orphan;
	unsigned int i;

	for (i = 0; i < SESSION_BUCKETS; i++)
		LIST_FOREACH(orphan, &sessions->orphans[i], entry)
			if (!is_of_session(sessions, orphan))
				fn(&orphan->seen, arg);
}

bool sessions_orphan_end(struct sessions *sessions, uint64_t id)
{
	struct orphan *orphan = find(sessions, id);

	if (!orphan)
		return false;
	orphan_free(sessions, orphan, true);
	return true;
}

static void leave(struct sessions *sessions, struct orphan *orphan)
{
	orphan_free(sessions, orphan, false);
}

void session_orphans_init(struct sessions *sessions)
{
	timer_init(&sessions->orphan_timer, on_timer, sessions);
}

void session_orphans_free(struct sessions *sessions)
{
	timer_cancel(&sessions->orphan_timer);
	each(sessions, leave);
}
