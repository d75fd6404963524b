// SPDX-License-Identifier: GPL-2.0
/*
 * Legs that a former agent left behind: it was killed, its calls go on.  The
 * dialogs are lost with it, so nobody will tell us when these calls end; what
 * can be done is to let their media flow, keep their ports from new calls, and
 * remove them when they have been silent for a while.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

#define LOOK_EVERY_MS	5000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

struct orphan *orphan_find(struct calls *calls, uint64_t cookie)
{
	struct orphan *orphan;

	LIST_FOREACH(orphan, &calls->orphans, entry)
		if (orphan->cookie == cookie)
			return orphan;
	return NULL;
}

void orphan_free(struct calls *calls, struct orphan *orphan, bool remove)
{
	struct dp_del del = { .cookie = orphan->cookie };
	struct dp_err err;
	unsigned int i;

	if (remove && dp_bridges_del(calls->dp, &del, &err) &&
	    err.code != ENOENT)
		log_call(LOG_LEVEL_ERROR, orphan->cookie, NULL,
			 "adopted bridges cannot be removed: %s", err.text);
	for (i = 0; i < orphan->n_pairs; i++)
		ports_put(orphan->pairs[i]);
	free(orphan->pairs);
	LIST_REMOVE(orphan, entry);
	calls->n_orphans--;
	free(orphan);
}

static struct ports *pool_of(struct calls *calls, const struct dp_addr *local)
{
	const struct ports_conf *conf;
	struct dp_addr host = *local;
	size_t i;

	host.port = 0;
	for (i = 0; i < calls->n_pools; i++) {
		conf = ports_conf(calls->pools[i].ports);
		if (dp_addr_eq(&conf->addr, &host) &&
		    local->port >= conf->lo && local->port <= conf->hi)
			return calls->pools[i].ports;
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

static int claim(struct orphan *orphan, struct ports *ports,
		 const struct dp_addr *local)
{
	struct ports_pair **pairs;
	struct dp_err err;

	if (has_port(orphan, local))
		return 0;
	pairs = reallocarray(orphan->pairs, orphan->n_pairs + 1,
			     sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	orphan->pairs = pairs;
	pairs[orphan->n_pairs] = ports_claim(ports, local->port, orphan, &err);
	if (pairs[orphan->n_pairs])
		orphan->n_pairs++;
	else
		log_call(LOG_LEVEL_WARNING, orphan->cookie, NULL,
			 "port %u of an adopted leg cannot be held: %s",
			 local->port, err.text);
	return 0;
}

static int adopt_leg(const struct dp_leg_info *info, void *arg)
{
	struct calls *calls = arg;
	struct ports *ports = pool_of(calls, &info->conf.local);
	struct orphan *orphan;

	/* not ours: somebody's by hand, or another agent's */
	if (!ports || !info->cookie)
		return 0;
	orphan = orphan_find(calls, info->cookie);
	if (!orphan) {
		orphan = calloc(1, sizeof(*orphan));
		if (!orphan)
			return -ENOMEM;
		orphan->cookie = info->cookie;
		orphan->last = now_ns();
		LIST_INSERT_HEAD(&calls->orphans, orphan, entry);
		calls->n_orphans++;
	}
	orphan->legs++;
	return claim(orphan, ports, &info->conf.local);
}

static int look(const struct dp_leg_info *info, void *arg)
{
	struct orphan *orphan = arg;

	orphan->legs++;
	if (info->last > orphan->last)
		orphan->last = info->last;
	return 0;
}

static void on_look(void *magic, su_timer_t *timer, void *arg)
{
	struct calls *calls = arg;
	struct orphan *orphan, *next;
	uint64_t limit = calls->config->orphan_timeout * UINT64_C(1000000000);
	struct dp_err err;

	for (orphan = LIST_FIRST(&calls->orphans); orphan; orphan = next) {
		next = LIST_NEXT(orphan, entry);
		orphan->legs = 0;
		if (dp_legs_dump(calls->dp, orphan->cookie, look, orphan,
				 &err))
			continue;
		if (orphan->legs && orphan->last + limit > now_ns())
			continue;
		if (orphan->legs)
			log_call(LOG_LEVEL_INFO, orphan->cookie, NULL,
				 "adopted legs removed: silent for %u s",
				 calls->config->orphan_timeout);
		else
			log_call(LOG_LEVEL_INFO, orphan->cookie, NULL,
				 "adopted legs are gone");
		orphan_free(calls, orphan, orphan->legs);
	}
	if (calls->n_orphans)
		su_timer_set_interval(timer, on_look, calls, LOOK_EVERY_MS);
}

unsigned int calls_adopt(struct calls *calls)
{
	struct orphan *orphan;
	struct dp_err err;

	if (dp_legs_dump(calls->dp, 0, adopt_leg, calls, &err))
		log_warning("the datapath's legs cannot be read: %s",
			    err.text);
	LIST_FOREACH(orphan, &calls->orphans, entry)
		log_call(LOG_LEVEL_INFO, orphan->cookie, NULL,
			 "adopted %u legs of a former agent; they go after %u s of silence",
			 orphan->legs, calls->config->orphan_timeout);
	if (!calls->n_orphans)
		return 0;
	calls->orphan_timer = su_timer_create(su_root_task(calls->root), 0);
	if (calls->orphan_timer)
		su_timer_set_interval(calls->orphan_timer, on_look, calls,
				      LOOK_EVERY_MS);
	return calls->n_orphans;
}
