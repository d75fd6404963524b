// SPDX-License-Identifier: GPL-2.0
/*
 * The media engine: what the agent and its workers tell each other.
 *
 * A worker that waits for packets has nothing on its way, and touches nothing of its
 * sockets and legs before it has come back (worker_enter()).  So the agent just holds
 * it there, and nobody is woken; only one that turns is asked to stop.  What must be
 * done by a worker's own thread, orders, can be told late: several of one turn of the
 * agent's loop cost one wake-up (media_flush()).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "base/log.h"

/* one line about stalled workers in so long */
#define STALLED_LOG_NS	10000000000ull

/* --- waiting for workers --- */

static void deadline(const struct media *media, struct timespec *ts)
{
	uint64_t at = worker_clock() + (uint64_t)media->conf.patience * 1000000;

	ts->tv_sec = (time_t)(at / 1000000000);
	ts->tv_nsec = (long)(at % 1000000000);
}

/* wait for an answer of any worker; false when it is too late */
static bool await(struct media *media, const struct timespec *until)
{
	return pthread_cond_timedwait(&media->answer, &media->lock, until) !=
	       ETIMEDOUT;
}

static int stalled(struct media *media, struct worker *w,
		   struct dp_err *err)
{
	uint64_t now = worker_clock();

	media->stalled++;
	if (!media->stalled_log.last ||
	    now - media->stalled_log.last >= STALLED_LOG_NS) {
		media->stalled_log.last = now;
		log_warning("media worker %u does not answer within %u ms (stalled: %llu in all)",
			    w->index, media->conf.patience,
			    (unsigned long long)media->stalled);
	}
	return dp_fail(err, ETIMEDOUT,
		       "media worker %u does not answer within %u ms",
		       w->index, media->conf.patience);
}

void media_want_all(struct media *media)
{
	unsigned int i;

	for (i = 0; i < media->n_workers; i++)
		media->worker[i].wanted = true;
}

/*
 * It did not answer; with the lock.  It is asked once more, so that it looks, and
 * says that it is there again, whatever it was doing when it was given up.
 */
static void give_up(struct worker *w)
{
	w->late = true;
	worker_call(w);
}

/* with the lock: held where it waits, or asked to stop at the end of its turn */
static void hold(struct worker *w)
{
	uint32_t waits = WORKER_WAITS;

	w->hold = true;
	if (atomic_compare_exchange_strong(&w->where, &waits, WORKER_HELD))
		w->parked = true;
	else
		worker_call(w);
}

static struct worker *not_parked(struct media *media)
{
	struct worker *w;

	for (w = media->worker; w < media->worker + media->n_workers; w++)
		if (w->hold && !w->parked)
			return w;
	return NULL;
}

/* one that is known not to answer is not waited for again, or all else would wait */
static struct worker *wanted_late(struct media *media)
{
	struct worker *w;

	for (w = media->worker; w < media->worker + media->n_workers; w++)
		if (w->wanted && w->late)
			return w;
	return NULL;
}

/* with the lock: what changed while it was held it may not learn before it wakes up */
static void let_go(struct worker *w)
{
	bool call = w->sleeps && w->n_silence;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (w->news[i])
			media_ring_bell(&w->media->bell[i]);
		w->news[i] = false;
	}
	w->parked = false;
	atomic_store(&w->where, WORKER_WAITS);
	if (call)
		worker_call(w);
}

static void release(struct media *media)
{
	struct worker *w;

	for (w = media->worker; w < media->worker + media->n_workers; w++) {
		w->hold = false;
		w->wanted = false;
		if (w->where == WORKER_HELD)
			let_go(w);
	}
	pthread_cond_broadcast(&media->order);
}

int media_park(struct media *media, struct dp_err *err)
{
	struct timespec until;
	struct worker *late;
	struct worker *w;

	deadline(media, &until);
	pthread_mutex_lock(&media->lock);
	late = wanted_late(media);
	for (w = media->worker; !late && w < media->worker + media->n_workers; w++) {
		w->hold = false;
		if (w->wanted)
			hold(w);
	}
	while (!late && not_parked(media))
		if (!await(media, &until))
			late = not_parked(media);
	if (late) {
		give_up(late);
		release(media);
	}
	pthread_mutex_unlock(&media->lock);
	return late ? stalled(media, late, err) : 0;
}

void media_resume(struct media *media)
{
	pthread_mutex_lock(&media->lock);
	release(media);
	pthread_mutex_unlock(&media->lock);
}

/* --- orders --- */

/* with the lock */
static void give_order(struct worker *w, enum order_type type,
		       struct media_sock *sock)
{
	struct order *o = &sock->order[type];

	*o = (struct order){ .type = type, .sock = sock };
	*w->last_order = o;
	w->last_order = &o->next;
	w->n_socks += type == ORDER_ADD;
}

/* it is told of its orders when the agent has nothing else to do */
static void call_soon(struct worker *w)
{
	struct media *media = w->media;

	if (!media->conf.soon) {
		worker_call(w);
		return;
	}
	w->owed = true;
	if (media->owing)
		return;
	media->owing = true;
	media->conf.soon(media->arg);
}

void media_flush(struct media *media)
{
	struct worker *w;

	media->owing = false;
	for (w = media->worker; w < media->worker + media->n_workers; w++) {
		if (!w->owed)
			continue;
		w->owed = false;
		worker_call(w);
	}
}

void media_hand_over(struct media_sock *sock, struct worker *w)
{
	/* what was dropped before is not of this call; what is from now on may be before
	 * the worker gets its order
	 */
	sock->dropped = worker_dropped_at(sock);
	pthread_mutex_lock(&w->media->lock);
	sock->worker = w;
	give_order(w, ORDER_ADD, sock);
	pthread_mutex_unlock(&w->media->lock);
	/* not before: it would wait for the lock */
	call_soon(w);
}

/* take back the order to let go of a socket, if the worker has not seen it; locked */
static void withdraw(struct worker *w, struct media_sock *sock)
{
	struct order **at = &w->orders;
	struct order *o = &sock->order[ORDER_DEL];

	while (*at && *at != o)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = o->next;
	if (w->last_order == &o->next)
		w->last_order = at;
	sock->asked_back = false;
}

struct worker *media_worker_of(struct media_sock *sock)
{
	struct worker *w;

	pthread_mutex_lock(&sock->media->lock);
	w = sock->worker;
	pthread_mutex_unlock(&sock->media->lock);
	return w;
}

/* with the lock; it may have the order from before, and carries it out once */
static void ask_back(struct media_sock *sock)
{
	if (!sock->worker || sock->asked_back)
		return;
	sock->asked_back = true;
	give_order(sock->worker, ORDER_DEL, sock);
}

void media_ask_back(struct media_sock *sock)
{
	struct worker *w;

	pthread_mutex_lock(&sock->media->lock);
	w = sock->worker;
	ask_back(sock);
	pthread_mutex_unlock(&sock->media->lock);
	if (w)
		worker_call(w);
}

int media_take_back(struct media_sock *sock, bool end, struct dp_err *err)
{
	struct media *media = sock->media;
	struct worker *w = media_worker_of(sock);
	struct timespec until;
	bool gone;

	if (!w)
		return 0;
	deadline(media, &until);
	pthread_mutex_lock(&media->lock);
	ask_back(sock);
	if (sock->worker)
		worker_call(w);
	while (sock->worker && !w->late && await(media, &until))
		;
	gone = !sock->worker;
	if (!gone) {
		give_up(w);
		if (end)
			sock->orphan = true;
		else
			withdraw(w, sock);
	}
	pthread_mutex_unlock(&media->lock);
	return gone ? 0 : stalled(media, w, err);
}

bool media_leave(struct media_sock *sock, atomic_uint *left)
{
	struct media *media = sock->media;
	struct worker *w;

	pthread_mutex_lock(&media->lock);
	w = sock->worker;
	if (w) {
		sock->orphan = true;
		sock->left = left;
		w->leaving++;
		ask_back(sock);
	}
	pthread_mutex_unlock(&media->lock);
	if (w)
		call_soon(w);
	return w;
}

/* one that is to close sockets, and is not known not to answer; with the lock */
static struct worker *closing(struct media *media)
{
	struct worker *w;

	for (w = media->worker; w < media->worker + media->n_workers; w++)
		if (w->leaving && !w->late)
			return w;
	return NULL;
}

bool media_settle(struct media *media)
{
	struct timespec until;
	struct worker *w;
	bool all = true;

	media_flush(media);
	deadline(media, &until);
	pthread_mutex_lock(&media->lock);
	while (closing(media) && await(media, &until))
		;
	while ((w = closing(media)))
		give_up(w);
	for (w = media->worker; w < media->worker + media->n_workers; w++)
		all &= !w->leaving;
	pthread_mutex_unlock(&media->lock);
	return all;
}

bool media_await_end(struct worker *w)
{
	struct media *media = w->media;
	struct timespec until;
	bool ended;

	deadline(media, &until);
	pthread_mutex_lock(&media->lock);
	while (!w->ended && await(media, &until))
		;
	ended = w->ended;
	pthread_mutex_unlock(&media->lock);
	return ended;
}

int media_move(struct media_sock *sock, struct worker *to, struct dp_err *err)
{
	struct worker *from = media_worker_of(sock);
	int ret;

	if (from == to)
		return 0;
	ret = media_take_back(sock, false, err);
	if (!ret)
		media_hand_over(sock, to);
	return ret;
}
