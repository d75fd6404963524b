// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that do the arithmetic of handshakes, and how they and the event loop share an
 * association.
 *
 * What they share is a job. It is in one of four states, which change under the pool's
 * lock only, and the state says who may touch the job's machine:
 *
 *	IDLE ---submit---> QUEUED ---a thread takes it---> RUNNING ---> DONE
 *	  ^                                                              |
 *	  +-----------------the loop takes it (and may submit again)-----+
 *
 * An association that ends takes its job out of the list of QUEUED or DONE and frees it.
 * A job that is RUNNING cannot be taken away: it is marked, the thread frees it when it
 * comes back with it, and nothing of it reaches the loop. So an association is gone when
 * dtls_free() returns, and no thread ever waits for the loop, nor the loop for a thread's
 * arithmetic.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "private.h"

#define THREADS_MAX	8
#define HANDSHAKES	4096
#define PATIENCE	30000
#define RTO		100

/* threads give way to the loop and to media workers that share their processor */
#define NICE		5

/* jobs that one turn of the loop looks at */
#define TURN_MAX	64

static void put(struct jobs *list, struct job *job)
{
	job->next = NULL;
	job->prev = list->last;
	if (list->last)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
}

static void unlink_job(struct jobs *list, struct job *job)
{
	if (job->prev)
		job->prev->next = job->next;
	else
		list->first = job->next;
	if (job->next)
		job->next->prev = job->prev;
	else
		list->last = job->prev;
	job->next = NULL;
	job->prev = NULL;
}

void dtls_job_free(struct job *job)
{
	dtls_machine_clean(&job->machine);
	dtls_queue_empty(&job->in);
	dtls_cert_put(job->machine.cert);
	free(job);
}

/* -------------------------------------------------------------------------- threads */

/* one look at the machine: it belongs to this thread until the lock is taken again */
static void run(struct machine *m, struct queue *in, bool timeout)
{
	struct datagram *d;

	dtls_machine_begin(m);
	if (timeout)
		dtls_machine_timeout(m);
	while ((d = dtls_queue_take(in))) {
		dtls_machine_receive(m, d->data, d->n);
		free(d);
	}
}

static void ring(struct dtls_pool *pool)
{
	uint64_t one = 1;

	if (pool->rung)
		return;
	pool->rung = true;
	/* it can only fail when it is full of them */
	if (write(pool->fd, &one, sizeof(one)) < 0)
		return;
}

/* with the lock, which is given away meanwhile */
static void work(struct dtls_pool *pool, struct job *job)
{
	struct queue in = { NULL };
	bool timeout = job->timeout;

	unlink_job(&pool->queued, job);
	job->state = JOB_RUNNING;
	job->timeout = false;
	dtls_queue_move(&in, &job->in);
	pthread_mutex_unlock(&pool->lock);
	run(&job->machine, &in, timeout);
	pthread_mutex_lock(&pool->lock);
	if (!job->gone) {
		job->state = JOB_DONE;
		put(&pool->done, job);
		ring(pool);
		return;
	}
	/* nobody else knows it any more */
	pthread_mutex_unlock(&pool->lock);
	dtls_job_free(job);
	pthread_mutex_lock(&pool->lock);
}

static void *thread_run(void *arg)
{
	struct dtls_pool *pool = arg;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pthread_mutex_lock(&pool->lock);
	while (!pool->stop) {
		if (pool->queued.first)
			work(pool, pool->queued.first);
		else
			pthread_cond_wait(&pool->wake, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	OPENSSL_thread_stop();
	return NULL;
}

/* ------------------------------------------------------------------------ the loop's */

static void submit(struct dtls_pool *pool, struct job *job)
{
	if (job->state != JOB_IDLE)
		return;
	job->state = JOB_QUEUED;
	put(&pool->queued, job);
	pthread_cond_signal(&pool->wake);
}

void dtls_pool_submit(struct dtls_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	submit(pool, job);
	pthread_mutex_unlock(&pool->lock);
}

void dtls_pool_resubmit(struct dtls_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	if (job->in.first || job->timeout)
		submit(pool, job);
	pthread_mutex_unlock(&pool->lock);
}

static bool seize(struct dtls_pool *pool, struct job *job)
{
	switch (job->state) {
	case JOB_RUNNING:
		return false;
	case JOB_QUEUED:
		unlink_job(&pool->queued, job);
		break;
	case JOB_DONE:
		unlink_job(&pool->done, job);
		break;
	case JOB_IDLE:
		break;
	}
	job->state = JOB_IDLE;
	return true;
}

bool dtls_pool_seize(struct dtls_pool *pool, struct job *job)
{
	bool ours;

	pthread_mutex_lock(&pool->lock);
	ours = seize(pool, job);
	pthread_mutex_unlock(&pool->lock);
	return ours;
}

void dtls_pool_drop(struct dtls_pool *pool, struct job *job)
{
	bool ours;

	pthread_mutex_lock(&pool->lock);
	ours = seize(pool, job);
	job->gone = !ours;
	pthread_mutex_unlock(&pool->lock);
	if (ours)
		dtls_job_free(job);
}

/* The next job that is done. One at a time: what is told of it may end any other. */
static struct job *take_done(struct dtls_pool *pool)
{
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	job = pool->done.first;
	if (job) {
		unlink_job(&pool->done, job);
		job->state = JOB_IDLE;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void on_done(unsigned int events, void *arg)
{
	struct dtls_pool *pool = arg;
	unsigned int n = TURN_MAX;
	struct job *job;
	uint64_t rung;

	if (read(pool->fd, &rung, sizeof(rung)) < 0)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->rung = false;
	pthread_mutex_unlock(&pool->lock);
	while (n-- && (job = take_done(pool)))
		dtls_done(job);
	/* the others have their turn, then these */
	pthread_mutex_lock(&pool->lock);
	if (pool->done.first)
		ring(pool);
	pthread_mutex_unlock(&pool->lock);
}

/* ------------------------------------------------------------------------------ life */

static void defaults(struct dtls_conf *conf)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (!conf->threads)
		conf->threads = n > 0 ? (unsigned int)n : 1;
	if (conf->threads > THREADS_MAX)
		conf->threads = THREADS_MAX;
	conf->handshakes = conf->handshakes ?: HANDSHAKES;
	conf->patience = conf->patience ?: PATIENCE;
	conf->rto = conf->rto ?: RTO;
}

/* signals are the loop's */
static int start_threads(struct dtls_pool *pool, struct dp_err *err)
{
	sigset_t all, former;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	while (!ret && pool->n_threads < pool->conf.threads) {
		ret = pthread_create(&pool->thread[pool->n_threads], NULL,
				     thread_run, pool);
		pool->n_threads += !ret;
	}
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return ret ? dp_fail(err, ret, "cannot start a thread for DTLS: %s",
			     strerror(ret)) : 0;
}

static int start(struct dtls_pool *pool, struct dp_err *err)
{
	pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->fd < 0)
		return dp_fail(err, errno, "cannot make a pool for DTLS: %s",
			       strerror(errno));
	pool->watch = loop_fd_new(pool->loop, pool->fd, LOOP_READ, on_done, pool);
	if (!pool->watch)
		return dp_fail(err, ENOMEM, "no memory for a pool for DTLS");
	return start_threads(pool, err);
}

struct dtls_pool *dtls_pool_new(struct loop *loop, const struct dtls_conf *conf,
				struct dtls_cert *cert, struct dp_err *err)
{
	struct dtls_pool *pool = calloc(1, sizeof(*pool));

	if (!pool) {
		dp_fail(err, ENOMEM, "no memory for a pool for DTLS");
		return NULL;
	}
	pool->loop = loop;
	if (conf)
		pool->conf = *conf;
	defaults(&pool->conf);
	pool->cert = dtls_cert_get(cert);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	if (start(pool, err)) {
		dtls_pool_free(pool);
		return NULL;
	}
	return pool;
}

void dtls_pool_free(struct dtls_pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->n_threads; i++)
		pthread_join(pool->thread[i], NULL);
	loop_fd_free(pool->watch);
	if (pool->fd >= 0)
		close(pool->fd);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	dtls_cert_put(pool->cert);
	free(pool);
}

void dtls_pool_set_cert(struct dtls_pool *pool, struct dtls_cert *cert)
{
	dtls_cert_get(cert);
	dtls_cert_put(pool->cert);
	pool->cert = cert;
}

struct dtls_cert *dtls_pool_cert(const struct dtls_pool *pool)
{
	return dtls_cert_get(pool->cert);
}

const struct dtls_stats *dtls_pool_get_stats(const struct dtls_pool *pool)
{
	return &pool->stats;
}
