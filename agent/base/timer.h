/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers on a heap, with a clock that is passed in: whoever drives them says
 * what time it is, the loop the real one, a test one of its own.
 *
 * A timer is part of the object that it is for, so setting one needs no memory
 * and cannot fail. Setting and cancelling cost O(log n), however many there are.
 */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** TIMER_NEVER - the time at which nothing happens */
#define TIMER_NEVER	UINT64_MAX

struct timer;

/**
 * struct timers - timers that share a clock
 * @root: the one that is due first, or NULL
 * @count: how many are set
 * @serial: of the last one that was set
 * @now: the clock, in ms; never goes back
 *
 * A zeroed structure holds no timers and its clock is at 0. Only @count and @now
 * are for others to read.
 */
struct timers {
	struct timer *root;
	size_t count;
	uint64_t serial;
	uint64_t now;
};

/**
 * struct timer - one of them
 * @up: nearer the root
 * @left: due no sooner than this one
 * @right: due no sooner than this one
 * @due: when, by the clock of @timers
 * @serial: order among those that are due at the same time
 * @timers: where it is set; NULL: it is not
 * @fire: called when it is due; the timer is no longer set by then, so that it may
 *	be set again, and what it is in may be freed
 * @arg: for @fire
 *
 * All is private to timer.c; timer_init() fills it.
 */
struct timer {
	struct timer *up, *left, *right;
	uint64_t due;
	uint64_t serial;
	struct timers *timers;
	void (*fire)(struct timer *timer, void *arg);
	void *arg;
};

/**
 * timers_init() - begin with a clock and no timers
 * @timers: filled
 * @now: what time it is, in ms of any monotonic clock
 */
void timers_init(struct timers *timers, uint64_t now);

/**
 * timers_advance() - say what time it is and fire nothing
 * @timers: the timers
 * @now: the time in ms; an earlier one than the last is taken for the last
 *
 * For the loop, before it hands out what a turn has read.
 */
void timers_advance(struct timers *timers, uint64_t now);

/**
 * timers_next() - how long may the loop sleep?
 * @timers: the timers
 *
 * Return: ms from the clock's @now until the first is due (0: it is), or
 * TIMER_NEVER if none is set.
 */
uint64_t timers_next(const struct timers *timers);

/**
 * timers_run() - advance the clock and fire what is due, in order of time, and of
 *	setting where the times are equal
 * @timers: the timers
 * @now: the time in ms
 *
 * A timer that is set while this runs waits for the next run, however short it is:
 * one that sets itself anew for now cannot keep the loop here.
 *
 * Return: how many fired.
 */
size_t timers_run(struct timers *timers, uint64_t now);

/**
 * timer_init() - a timer that is not set
 * @timer: filled
 * @fire: what to call when it is due
 * @arg: for @fire
 */
void timer_init(struct timer *timer,
		void (*fire)(struct timer *timer, void *arg), void *arg);

/**
 * timer_set() - fire in a while; a timer that is set already is moved
 * @timers: whose clock
 * @timer: one that timer_init() has seen
 * @delay: ms from the clock's now; what goes beyond the clock's end never fires
 */
void timer_set(struct timers *timers, struct timer *timer, uint64_t delay);

/**
 * timer_cancel() - do not fire
 * @timer: the timer; NULL, zeroed or not set: nothing happens
 *
 * Safe in any @fire, for any timer: one that is due in the same run does not fire.
 */
void timer_cancel(struct timer *timer);

/**
 * timer_is_set() - will it fire?
 * @timer: the timer
 */
static inline bool timer_is_set(const struct timer *timer)
{
	return timer->timers != NULL;
}

/**
 * timer_left() - how long until it fires?
 * @timer: the timer
 *
 * Return: ms, TIMER_NEVER if it is not set.
 */
uint64_t timer_left(const struct timer *timer);

#endif /* BASE_TIMER_H */
