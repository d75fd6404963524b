// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <uv.h>

#include "loop.h"
#include "timer.h"

/**
 * struct loop - the event loop
 * @uv: libuv's
 * @before: runs before the loop waits: arms @timer, makes deferred calls of timers
 * @after: runs when what was ready has been handled: makes deferred calls
 * @busy: runs while deferred calls wait: the loop does not wait then
 * @timer: fires when the first of @timers is due
 * @limit: ends the waiting of loop_turn()
 * @timers: what all timers of the agent hang on
 * @later: deferred calls, in the order in which they were deferred; a ring
 * @turns: how many
 */
struct loop {
	uv_loop_t uv;
	uv_prepare_t before;
	uv_check_t after;
	uv_idle_t busy;
	uv_timer_t timer;
	uv_timer_t limit;
	struct timers timers;
	struct loop_later later;
	uint64_t turns;
};

/**
 * struct loop_fd - a descriptor that is watched
 * @poll: libuv's; this struct lives until that is closed
 * @events: what for
 * @fn: who is told
 * @arg: for @fn
 */
struct loop_fd {
	uv_poll_t poll;
	unsigned int events;
	loop_fd_fn *fn;
	void *arg;
};

/**
 * struct loop_signal - a signal that is waited for
 * @uv: libuv's; this struct lives until that is closed
 * @fn: who is told
 * @arg: for @fn
 */
struct loop_signal {
	uv_signal_t uv;
	loop_fn *fn;
	void *arg;
};

static void take_out(struct loop_later *later)
{
	later->prev->next = later->next;
	later->next->prev = later->prev;
	later->next = NULL;
	later->prev = NULL;
}

static void idle(uv_idle_t *busy)
{
}

/* Those that wait now, not those that they defer. */
static void make_calls(struct loop *loop)
{
	struct loop_later mark = { .next = NULL };
	struct loop_later *later;

	loop_defer(loop, &mark);
	while ((later = loop->later.next) != &mark) {
		take_out(later);
		later->fn(later->arg);
	}
	take_out(&mark);
	if (loop->later.next == &loop->later)
		uv_idle_stop(&loop->busy);
	else
		uv_idle_start(&loop->busy, idle);
}

static void tick(struct loop *loop)
{
	uv_update_time(&loop->uv);
	timers_run(&loop->timers, uv_now(&loop->uv));
}

static void due(uv_timer_t *timer)
{
	tick(timer->data);
}

static void before_waiting(uv_prepare_t *before)
{
	struct loop *loop = before->data;
	uint64_t wait;

	timers_advance(&loop->timers, uv_now(&loop->uv));
	make_calls(loop);
	wait = timers_next(&loop->timers);
	if (wait == TIMER_NEVER)
		uv_timer_stop(&loop->timer);
	else
		uv_timer_start(&loop->timer, due, wait, 0);
}

static void after_work(uv_check_t *after)
{
	struct loop *loop = after->data;

	loop->turns++;
	timers_advance(&loop->timers, uv_now(&loop->uv));
	make_calls(loop);
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	if (uv_loop_init(&loop->uv)) {
		free(loop);
		return NULL;
	}
	loop->later.next = &loop->later;
	loop->later.prev = &loop->later;
	uv_prepare_init(&loop->uv, &loop->before);
	uv_check_init(&loop->uv, &loop->after);
	uv_idle_init(&loop->uv, &loop->busy);
	uv_timer_init(&loop->uv, &loop->timer);
	uv_timer_init(&loop->uv, &loop->limit);
	loop->before.data = loop;
	loop->after.data = loop;
	loop->timer.data = loop;
	uv_prepare_start(&loop->before, before_waiting);
	uv_check_start(&loop->after, after_work);
	timers_init(&loop->timers, uv_now(&loop->uv));
	return loop;
}

static void free_watch(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_rest(uv_handle_t *handle, void *arg)
{
	bool watch = handle->type == UV_POLL || handle->type == UV_SIGNAL;

	if (!uv_is_closing(handle))
		uv_close(handle, watch ? free_watch : NULL);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->later.next != &loop->later)
		make_calls(loop);
	uv_walk(&loop->uv, close_rest, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
	free(loop);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

static void enough(uv_timer_t *timer)
{
}

void loop_turn(struct loop *loop, unsigned int wait)
{
	/* again and again: the first may come before the waiting begins */
	if (wait)
		uv_timer_start(&loop->limit, enough, wait, wait);
	uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	uv_timer_stop(&loop->limit);
}

uint64_t loop_now(const struct loop *loop)
{
	return uv_now(&loop->uv);
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

void *loop_native(struct loop *loop)
{
	return &loop->uv;
}

uint64_t loop_turns(const struct loop *loop)
{
	return loop->turns;
}

static void ready(uv_poll_t *poll, int status, int events);

static void watch_for(struct loop_fd *watch)
{
	int uv = 0;

	if (watch->events & LOOP_READ)
		uv |= UV_READABLE;
	if (watch->events & LOOP_WRITE)
		uv |= UV_WRITABLE;
	if (uv)
		uv_poll_start(&watch->poll, uv, ready);
	else
		uv_poll_stop(&watch->poll);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct loop_fd *watch = poll->data;
	struct loop *loop = (struct loop *)poll->loop;
	unsigned int what = 0;

	/* libuv stops watching what has an error; reading will tell which */
	if (status)
		watch_for(watch);
	if (status || events & UV_READABLE)
		what |= LOOP_READ;
	if (status || events & UV_WRITABLE)
		what |= LOOP_WRITE;
	what &= watch->events;
	/* timers that are set now are set from now, not from the last that fired */
	timers_advance(&loop->timers, uv_now(&loop->uv));
	if (what)
		watch->fn(what, watch->arg);
}

struct loop_fd *loop_fd_new(struct loop *loop, int fd, unsigned int events,
			    loop_fd_fn *fn, void *arg)
{
	struct loop_fd *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	if (uv_poll_init(&loop->uv, &watch->poll, fd)) {
		free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	watch->fn = fn;
	watch->arg = arg;
	loop_fd_set(watch, events);
	return watch;
}

void loop_fd_set(struct loop_fd *watch, unsigned int events)
{
	if (watch->events == events)
		return;
	watch->events = events;
	watch_for(watch);
}

void loop_fd_free(struct loop_fd *watch)
{
	if (watch)
		uv_close((uv_handle_t *)&watch->poll, free_watch);
}

static void came(uv_signal_t *uv, int signum)
{
	struct loop_signal *signal = uv->data;

	signal->fn(signal->arg);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_fn *fn,
				    void *arg)
{
	struct loop_signal *signal = calloc(1, sizeof(*signal));

	if (!signal)
		return NULL;
	uv_signal_init(&loop->uv, &signal->uv);
	signal->uv.data = signal;
	signal->fn = fn;
	signal->arg = arg;
	if (uv_signal_start(&signal->uv, came, signum)) {
		loop_signal_free(signal);
		return NULL;
	}
	return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
	if (signal)
		uv_close((uv_handle_t *)&signal->uv, free_watch);
}

void loop_defer(struct loop *loop, struct loop_later *later)
{
	struct loop_later *ring = &loop->later;

	if (later->next)
		return;
	later->prev = ring->prev;
	later->next = ring;
	ring->prev->next = later;
	ring->prev = later;
	if (later->fn)
		uv_idle_start(&loop->busy, idle);
}

void loop_defer_cancel(struct loop_later *later)
{
	if (later->next)
		take_out(later);
}
