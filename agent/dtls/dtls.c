// SPDX-License-Identifier: GPL-2.0
/* Associations, as the event loop has them. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "private.h"

static struct timers *timers_of(const struct dtls *dtls)
{
	return loop_timers(dtls->pool->loop);
}

/* the handshake has come to an end, whichever */
static void settle(struct dtls *dtls)
{
	if (dtls->pending)
		dtls->pool->stats.handshakes--;
	dtls->pending = false;
	timer_cancel(&dtls->timer);
}

static void set_timer(struct dtls *dtls)
{
	struct timers *timers = timers_of(dtls);
	uint64_t at = dtls->due < dtls->deadline ? dtls->due : dtls->deadline;

	if (dtls->pending)
		timer_set(timers, &dtls->timer, at > timers->now ? at - timers->now : 0);
}

/* last: the association may be gone after it */
static void tell(struct dtls *dtls, struct dtls_outcome *outcome)
{
	struct dtls_stats *stats = &dtls->pool->stats;

	settle(dtls);
	dtls->over = outcome->event != DTLS_UP;
	stats->up += outcome->event == DTLS_UP;
	stats->failed += outcome->event == DTLS_FAILED;
	dtls->ops->event(dtls->arg, outcome);
	OPENSSL_cleanse(outcome, sizeof(*outcome));
}

static void send_all(struct dtls *dtls, struct queue *out)
{
	struct datagram *d;

	while ((d = dtls_queue_take(out))) {
		dtls->ops->send(dtls->arg, d->data, d->n);
		free(d);
	}
}

/* What a thread has left. The job is nobody's, so its machine is ours until it is given
 * away again.
 */
void dtls_done(struct job *job)
{
	struct dtls *dtls = job->owner;
	struct machine *m = &job->machine;
	struct dtls_outcome outcome;
	uint64_t left = dtls_machine_due(m);
	bool told = m->told && !dtls->over;
	struct queue out = { NULL };

	dtls_queue_move(&out, &m->wire.out);
	outcome = m->outcome;
	OPENSSL_cleanse(&m->outcome, sizeof(m->outcome));
	m->told = false;
	dtls->state = dtls_machine_state(m);
	dtls->due = left == TIMER_NEVER ? TIMER_NEVER : timers_of(dtls)->now + left;
	dtls_pool_resubmit(dtls->pool, job);
	send_all(dtls, &out);
	set_timer(dtls);
	if (told)
		tell(dtls, &outcome);
	OPENSSL_cleanse(&outcome, sizeof(outcome));
}

/* A thread may be at it: what it brings back is not told then, but for what it sent. */
static void out_of_patience(struct dtls *dtls)
{
	struct dtls_outcome outcome = { .event = DTLS_FAILED };

	snprintf(outcome.why, sizeof(outcome.why), "no keys after %u ms: %s",
		 dtls->pool->conf.patience, dtls->state);
	tell(dtls, &outcome);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct dtls *dtls = arg;
	struct dtls_pool *pool = dtls->pool;

	if (timers_of(dtls)->now >= dtls->deadline) {
		out_of_patience(dtls);
		return;
	}
	dtls->due = TIMER_NEVER;
	set_timer(dtls);
	pthread_mutex_lock(&pool->lock);
	dtls->job->timeout = true;
	pthread_mutex_unlock(&pool->lock);
	dtls_pool_submit(pool, dtls->job);
}

struct dtls *dtls_new(struct dtls_pool *pool, struct dtls_cert *cert,
		      const struct dtls_ops *ops, void *arg)
{
	struct dtls *dtls = calloc(1, sizeof(*dtls));
	struct job *job = calloc(1, sizeof(*job));

	if (!dtls || !job) {
		free(dtls);
		free(job);
		return NULL;
	}
	dtls_machine_init(&job->machine, dtls_cert_get(cert ? cert : pool->cert),
			  pool->conf.rto);
	job->owner = dtls;
	dtls->pool = pool;
	dtls->job = job;
	dtls->ops = ops;
	dtls->arg = arg;
	dtls->due = TIMER_NEVER;
	dtls->state = dtls_machine_state(&job->machine);
	timer_init(&dtls->timer, on_timer, dtls);
	pool->stats.associations++;
	return dtls;
}

const struct dtls_cert *dtls_own_cert(const struct dtls *dtls)
{
	return dtls->job->machine.cert;
}

const char *dtls_start(struct dtls *dtls, const struct dtls_remote *remote)
{
	struct dtls_pool *pool = dtls->pool;
	const char *why;

	if (dtls->started)
		return "the association has begun already";
	if (pool->stats.handshakes >= pool->conf.handshakes) {
		pool->stats.refused++;
		return "too many handshakes are under way";
	}
	/* nobody has given the job to a thread so far */
	why = dtls_machine_set(&dtls->job->machine, remote);
	if (why)
		return why;
	dtls->state = dtls_machine_state(&dtls->job->machine);
	dtls->started = true;
	dtls->pending = true;
	pool->stats.handshakes++;
	dtls->deadline = timers_of(dtls)->now + pool->conf.patience;
	set_timer(dtls);
	pool->stats.received += dtls->held.count;
	dtls_queue_move(&dtls->job->in, &dtls->held);
	if (remote->role == DTLS_ACTIVE || dtls->job->in.first)
		dtls_pool_submit(pool, dtls->job);
	return NULL;
}

/* to the threads; false if they have too much of this association */
static bool hand_over(struct dtls *dtls, const void *data, size_t len)
{
	struct dtls_pool *pool = dtls->pool;
	struct job *job = dtls->job;
	bool room;

	pthread_mutex_lock(&pool->lock);
	room = job->in.count < DTLS_HELD_MAX;
	if (room)
		dtls_queue_put(&job->in, data, len);
	pthread_mutex_unlock(&pool->lock);
	if (room)
		dtls_pool_submit(pool, job);
	return room;
}

bool dtls_receive(struct dtls *dtls, const void *data, size_t len)
{
	struct dtls_stats *stats = &dtls->pool->stats;
	const uint8_t *p = data;
	struct dtls_record first;
	size_t n = len;
	bool taken;

	if (dtls->over || len > DTLS_DATAGRAM_MAX ||
	    !dtls_record_next(&p, &n, &first)) {
		stats->left_out++;
		return false;
	}
	if (dtls->started) {
		taken = hand_over(dtls, data, len);
		stats->received += taken;
	} else {
		taken = dtls->held.count < DTLS_HELD_MAX;
		if (taken)
			dtls_queue_put(&dtls->held, data, len);
	}
	stats->left_out += !taken;
	return taken;
}

void dtls_close(struct dtls *dtls)
{
	struct job *job = dtls->job;

	if (dtls->over)
		return;
	dtls->over = true;
	settle(dtls);
	if (!dtls_pool_seize(dtls->pool, job))
		return;
	dtls_machine_close(&job->machine);
	send_all(dtls, &job->machine.wire.out);
}

void dtls_free(struct dtls *dtls)
{
	if (!dtls)
		return;
	settle(dtls);
	dtls->pool->stats.associations--;
	dtls_queue_empty(&dtls->held);
	dtls_pool_drop(dtls->pool, dtls->job);
	free(dtls);
}

const char *dtls_state(const struct dtls *dtls)
{
	return dtls->state;
}
