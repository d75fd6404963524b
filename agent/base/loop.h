/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event loop of the agent's one signalling thread: libuv, and nothing of it
 * seen.  All of it belongs to the thread that runs it.
 *
 * A turn is: timers that are due, descriptors that are ready, then the deferred
 * calls.  So whoever must not free what its caller stands on defers that: when
 * a deferred call runs, no callback of this turn is on the stack.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_signal;
struct timers;

/**
 * LOOP_READ, LOOP_WRITE - what a descriptor is watched for; both may be told at
 * once.  An error or a hang-up is told as all that is watched for: reading says
 * which it is, and must be done, or it is told for ever.
 */
#define LOOP_READ	1u
#define LOOP_WRITE	2u

/**
 * typedef loop_fd_fn - a descriptor is ready
 * @events: LOOP_READ, LOOP_WRITE
 * @arg: as given to loop_fd_new()
 *
 * May free its own watch and others'.
 */
typedef void loop_fd_fn(unsigned int events, void *arg);

/**
 * typedef loop_fn - a signal came, or a deferred call's time has come
 * @arg: as given
 */
typedef void loop_fn(void *arg);

/**
 * loop_new() - make a loop
 *
 * Return: the loop, to be given to loop_free(); NULL without memory or
 * descriptors.
 */
struct loop *loop_new(void);

/**
 * loop_free() - end a loop
 * @loop: NULL is fine; its watches are gone or go with it, deferred calls that
 *	wait are made
 */
void loop_free(struct loop *loop);

/**
 * loop_run() - turn until loop_stop()
 * @loop: the loop
 */
void loop_run(struct loop *loop);

/**
 * loop_stop() - let loop_run() return when this turn is over
 * @loop: the loop
 */
void loop_stop(struct loop *loop);

/**
 * loop_turn() - one turn
 * @loop: the loop
 * @wait: ms to wait at most if nothing is ready, 0: not at all
 *
 * For tests, which turn until what they wait for has come.
 */
void loop_turn(struct loop *loop, unsigned int wait);

/**
 * loop_now() - the time that timers of this loop go by
 * @loop: the loop
 *
 * Return: ms, monotonic, of the begin of this turn.
 */
uint64_t loop_now(const struct loop *loop);

/**
 * loop_timers() - the timers that this loop drives (base/timer.h)
 * @loop: the loop
 *
 * Return: them; they live as long as the loop.
 */
struct timers *loop_timers(struct loop *loop);

/**
 * loop_turns() - turns so far: a loop that spins shows here
 * @loop: the loop
 *
 * Return: how many.
 */
uint64_t loop_turns(const struct loop *loop);

/**
 * loop_native() - libuv's own loop
 * @loop: the loop
 *
 * For libraries that run on that by themselves; nothing of ours looks at it.
 *
 * Return: an uv_loop_t, as long as @loop lives.
 */
void *loop_native(struct loop *loop);

/**
 * loop_fd_new() - watch a descriptor
 * @loop: the loop
 * @fd: the descriptor; it stays its owner's, who closes it after loop_fd_free()
 * @events: LOOP_READ, LOOP_WRITE, both, or 0
 * @fn: called when it is ready
 * @arg: for @fn
 *
 * Return: the watch, or NULL: no memory, or no descriptor that can be waited for.
 */
struct loop_fd *loop_fd_new(struct loop *loop, int fd, unsigned int events,
			    loop_fd_fn *fn, void *arg);

/**
 * loop_fd_set() - watch for something else
 * @watch: the watch
 * @events: LOOP_READ, LOOP_WRITE, both, or 0
 */
void loop_fd_set(struct loop_fd *watch, unsigned int events);

/**
 * loop_fd_free() - watch no more: the function is not called again
 * @watch: NULL is fine
 */
void loop_fd_free(struct loop_fd *watch);

/**
 * loop_signal_new() - be told of a signal, in the loop
 * @loop: the loop
 * @signum: which
 * @fn: called for it
 * @arg: for @fn
 *
 * Return: to be given to loop_signal_free(), or NULL.
 */
struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_fn *fn,
				    void *arg);

/**
 * loop_signal_free() - be told no more
 * @signal: NULL is fine
 */
void loop_signal_free(struct loop_signal *signal);

/**
 * struct loop_later - a deferred call; part of the object that is concerned
 * @fn: what is called
 * @arg: for @fn
 * @next: the loop's
 * @prev: the loop's
 *
 * Zeroed before the first use.
 */
struct loop_later {
	loop_fn *fn;
	void *arg;
	struct loop_later *next;
	struct loop_later *prev;
};

/**
 * loop_defer() - call at the end of this turn
 * @loop: the loop
 * @later: @fn and @arg are set; if it waits already, nothing changes
 *
 * The function may free @later.  What a deferred call defers is for the end of
 * the next turn, which then comes without waiting.
 */
void loop_defer(struct loop *loop, struct loop_later *later);

/**
 * loop_defer_cancel() - do not call
 * @later: need not be waiting
 */
void loop_defer_cancel(struct loop_later *later);

#endif /* BASE_LOOP_H */
