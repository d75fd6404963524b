// SPDX-License-Identifier: GPL-2.0
/* The life of a call: table, end, history, grave. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* what a call that is over may still wait for: 64 * T1 and some */
#define LINGER_MS	40000

static void on_grave(void *magic, su_timer_t *timer, void *arg);
static void on_timer(void *magic, su_timer_t *timer, void *arg);

/*
 * Ids must differ from those of a former agent, whose bridges may still be
 * there: seconds since the epoch, then six digits that count calls.  Below
 * 2^53, so that no JSON reader rounds them.
 */
static uint64_t first_id(void)
{
	return (uint64_t)time(NULL) * 1000000 + 1;
}

static bool make_pools(struct calls *calls, char *error)
{
	const struct config *config = calls->config;
	struct ports_conf conf = { 0 };
	struct pool *pool;
	struct dp_err err;
	size_t i, j, n = 0;

	for (i = 0; i < config->n_realms; i++)
		n += config->realms[i].n_addresses;
	calls->pools = calloc(n, sizeof(*calls->pools));
	if (!calls->pools) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return false;
	}
	for (i = 0; i < config->n_realms; i++) {
		for (j = 0; j < config->realms[i].n_addresses; j++) {
			pool = &calls->pools[calls->n_pools];
			pool->realm = &config->realms[i];
			pool->address = &pool->realm->addresses[j];
			conf.addr = pool->address->listen;
			conf.lo = pool->realm->port_low;
			conf.hi = pool->realm->port_high;
			conf.quarantine = config->quarantine * 1000;
			conf.dscp = pool->realm->dscp_audio;
			if (ports_new(&pool->ports, &conf, calls->media,
				      &err)) {
				snprintf(error, CONFIG_ERROR_LEN,
					 "realm %s: %s", pool->realm->name,
					 err.text);
				return false;
			}
			calls->n_pools++;
		}
	}
	return true;
}

struct calls *calls_new(su_root_t *root, const struct config *config,
			struct dp *dp, struct dp *dp_srtp, struct media *media,
			char *error)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	if (!calls) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return NULL;
	}
	calls->root = root;
	calls->config = config;
	calls->dp = dp;
	calls->dp_srtp = dp_srtp;
	calls->media = media;
	TAILQ_INIT(&calls->active);
	TAILQ_INIT(&calls->ending);
	TAILQ_INIT(&calls->grave);
	TAILQ_INIT(&calls->history);
	calls->next_id = first_id();
	clock_gettime(CLOCK_REALTIME, &calls->started);
	calls->grave_timer = su_timer_create(su_root_task(root), 0);
	if (!calls->grave_timer || !make_pools(calls, error)) {
		calls_free(calls);
		return NULL;
	}
	return calls;
}

void calls_set_stack(struct calls *calls, struct sip_stack *stack)
{
	calls->stack = stack;
}

struct ports *calls_ports(struct calls *calls,
			  const struct config_address *address)
{
	size_t i;

	for (i = 0; i < calls->n_pools; i++)
		if (calls->pools[i].address == address)
			return calls->pools[i].ports;
	return NULL;
}

void call_log(const struct call *call, enum log_level level,
	      const struct side *side, const char *fmt, ...)
{
	char text[1024], leg[96];
	va_list ap;

	if (!log_level_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (side)
		snprintf(leg, sizeof(leg), "%s@%s", side->name,
			 side->realm ? side->realm->conf->name : "-");
	log_call(level, call->id, side ? leg : NULL, "%s", text);
}

struct call *call_new(struct calls *calls)
{
	struct call *call = calloc(1, sizeof(*call));
	unsigned int i;

	if (!call)
		return NULL;
	call->timer = su_timer_create(su_root_task(calls->root), 0);
	if (!call->timer) {
		free(call);
		return NULL;
	}
	call->calls = calls;
	call->id = calls->next_id++;
	LIST_INIT(&call->relays);
	clock_gettime(CLOCK_REALTIME, &call->created);
	for (i = 0; i < 2; i++) {
		call->side[i].call = call;
		call->side[i].name = i ? "callee" : "caller";
		call->side[i].sdp_id = call->id;
	}
	TAILQ_INSERT_TAIL(&calls->active, call, entry);
	calls->n_active++;
	calls->counters.total++;
	LIST_INSERT_HEAD(&calls->bucket[call->id % CALL_BUCKETS], call,
			 bucket);
	su_timer_set_interval(call->timer, on_timer, call,
			      calls->config->answer_timeout * 1000);
	return call;
}

struct call *call_find(struct calls *calls, uint64_t id)
{
	struct call *call;

	LIST_FOREACH(call, &calls->bucket[id % CALL_BUCKETS], bucket)
		if (call->id == id)
			return call;
	return NULL;
}

struct call *call_find_ended(struct calls *calls, uint64_t id)
{
	struct call *call;

	TAILQ_FOREACH_REVERSE(call, &calls->history, call_list, entry)
		if (call->id == id)
			return call;
	return NULL;
}

void call_up(struct call *call)
{
	call->state = CALL_UP;
	clock_gettime(CLOCK_REALTIME, &call->answered);
	call->calls->counters.answered++;
	su_timer_reset(call->timer);
	call_log(call, LOG_LEVEL_INFO, NULL, "answered");
}

/* no answer in time, or, when it is over, no last word in time */
static void on_timer(void *magic, su_timer_t *timer, void *arg)
{
	struct call *call = arg;
	struct relay *relay, *next;

	if (call->state == CALL_OVER) {
		call_log(call, LOG_LEVEL_INFO, NULL,
			 "gave up waiting for the parties' last messages");
		for (relay = LIST_FIRST(&call->relays); relay; relay = next) {
			next = LIST_NEXT(relay, entry);
			relay_free(relay);
		}
		call->side[0].unacked = false;
		call->side[1].unacked = false;
		call_settle(call);
		return;
	}
	if (call->state != CALL_SETUP)
		return;
	relay = relay_invite(call);
	if (relay && relay->irq)
		side_reply(&call->side[0], relay->irq, 408, NULL, NULL, NULL);
	call_over(call, "not answered in time");
}

/* what its legs looked like, for `rtplane why` */
static void keep_reports(struct call *call)
{
	if (!call->calls->config->history)
		return;
	call->n_reports = media_report(call, &call->reports);
}

void call_over(struct call *call, const char *reason)
{
	struct calls *calls = call->calls;
	struct relay *relay, *next;
	unsigned int i;

	if (call->state == CALL_OVER)
		return;
	snprintf(call->reason, sizeof(call->reason), "%s", reason);
	clock_gettime(CLOCK_REALTIME, &call->ended);
	if (!call->answered.tv_sec)
		calls->counters.failed++;
	call_log(call, LOG_LEVEL_INFO, NULL, "ended: %s", reason);
	call->state = CALL_OVER;
	TAILQ_REMOVE(&calls->active, call, entry);
	calls->n_active--;
	TAILQ_INSERT_TAIL(&calls->ending, call, entry);
	keep_reports(call);
	media_end(call);
	for (relay = LIST_FIRST(&call->relays); relay; relay = next) {
		next = LIST_NEXT(relay, entry);
		relay_abandon(relay);
	}
	for (i = 0; i < 2; i++)
		side_bye(&call->side[i], reason);
	su_timer_set_interval(call->timer, on_timer, call, LINGER_MS);
	call_settle(call);
}

static void call_free(struct call *call)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		media_text_free(call->side[i].sdp_sent);
	free(call->reports);
	explicit_bzero(call, sizeof(*call));
	free(call);
}

static void on_grave(void *magic, su_timer_t *timer, void *arg)
{
	struct calls *calls = arg;
	struct call *call;

	while ((call = TAILQ_FIRST(&calls->grave))) {
		TAILQ_REMOVE(&calls->grave, call, entry);
		call_free(call);
	}
}

static void call_bury(struct call *call)
{
	struct calls *calls = call->calls;

	TAILQ_INSERT_TAIL(&calls->grave, call, entry);
	su_timer_set_interval(calls->grave_timer, on_grave, calls, 0);
}

void call_settle(struct call *call)
{
	struct calls *calls = call->calls;
	struct call *oldest;

	if (call->state != CALL_OVER || !call->timer ||
	    !LIST_EMPTY(&call->relays) || call->side[0].unacked ||
	    call->side[1].unacked)
		return;
	side_close(&call->side[0]);
	side_close(&call->side[1]);
	su_timer_destroy(call->timer);
	call->timer = NULL;
	TAILQ_REMOVE(&calls->ending, call, entry);
	LIST_REMOVE(call, bucket);
	TAILQ_INSERT_TAIL(&calls->history, call, entry);
	if (calls->n_history++ < calls->config->history)
		return;
	oldest = TAILQ_FIRST(&calls->history);
	TAILQ_REMOVE(&calls->history, oldest, entry);
	calls->n_history--;
	call_bury(oldest);
}

void calls_drain(struct calls *calls)
{
	calls->draining = true;
}

unsigned int calls_count(const struct calls *calls)
{
	return calls->n_active;
}

void calls_end_all(struct calls *calls, const char *reason)
{
	struct relay *relay;
	struct call *call;

	while ((call = TAILQ_FIRST(&calls->active))) {
		relay = relay_invite(call);
		if (relay && relay->irq && !relay->answered)
			side_reply(&call->side[relay->from], relay->irq, 503,
				   NULL, NULL, NULL);
		call_over(call, reason);
	}
}

bool calls_end(struct calls *calls, uint64_t id)
{
	struct orphan *orphan = orphan_find(calls, id);
	struct call *call = call_find(calls, id);

	if (orphan) {
		log_call(LOG_LEVEL_INFO, id, NULL,
			 "adopted legs removed on request");
		orphan_free(calls, orphan, true);
		return true;
	}
	if (!call || call->state == CALL_OVER)
		return false;
	call_over(call, "ended on request");
	return true;
}

/* last messages are not waited for: the process ends */
static void force_settle(struct calls *calls)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&calls->ending)))
		on_timer(NULL, NULL, call);
}

void calls_free(struct calls *calls)
{
	struct orphan *orphan;
	struct call *call;
	size_t i;

	if (!calls)
		return;
	calls_end_all(calls, "the agent stops");
	force_settle(calls);
	while ((orphan = LIST_FIRST(&calls->orphans)))
		orphan_free(calls, orphan, false);
	while ((call = TAILQ_FIRST(&calls->history))) {
		TAILQ_REMOVE(&calls->history, call, entry);
		call_free(call);
	}
	on_grave(NULL, NULL, calls);
	if (calls->grave_timer)
		su_timer_destroy(calls->grave_timer);
	if (calls->orphan_timer)
		su_timer_destroy(calls->orphan_timer);
	for (i = 0; i < calls->n_pools; i++)
		ports_free(calls->pools[i].ports);
	free(calls->pools);
	free(calls);
}
