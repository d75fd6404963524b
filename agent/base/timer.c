// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: a binary heap of nodes that know their neighbours. Node n (from 1) has
 * children 2n and 2n + 1, so the bits of n below its highest one are the way from
 * the root: 0 left, 1 right. The last node is n = count.
 */
#include "base/timer.h"

static bool sooner(const struct timer *a, const struct timer *b)
{
	return a->due < b->due || (a->due == b->due && a->serial < b->serial);
}

/* The link that node @n hangs on; *@up: its parent. All nodes before it exist. */
static struct timer **link_of(struct timers *timers, size_t n, struct timer **up)
{
	struct timer **link = &timers->root;
	int bit;

	*up = NULL;
	for (bit = 62 - __builtin_clzll(n); bit >= 0; bit--) {
		*up = *link;
		link = n >> bit & 1 ? &(*link)->right : &(*link)->left;
	}
	return link;
}

/* The link that @node hangs on. */
static struct timer **link_to(struct timers *timers, struct timer *node)
{
	if (!node->up)
		return &timers->root;
	return node->up->left == node ? &node->up->left : &node->up->right;
}

static void adopt(struct timer *parent)
{
	if (parent->left)
		parent->left->up = parent;
	if (parent->right)
		parent->right->up = parent;
}

/* @child and its parent change places. */
static void rise(struct timers *timers, struct timer *child)
{
	struct timer *parent = child->up;
	struct timer *left = child->left;
	struct timer *right = child->right;

	*link_to(timers, parent) = child;
	child->up = parent->up;
	if (parent->left == child) {
		child->left = parent;
		child->right = parent->right;
	} else {
		child->right = parent;
		child->left = parent->left;
	}
	parent->left = left;
	parent->right = right;
	adopt(parent);
	adopt(child);
}

/* @node may be sooner than what is above it, or later than what is below. */
static void settle(struct timers *timers, struct timer *node)
{
	struct timer *least;

	while (node->up && sooner(node, node->up))
		rise(timers, node);
	for (;;) {
		least = node;
		if (node->left && sooner(node->left, least))
			least = node->left;
		if (node->right && sooner(node->right, least))
			least = node->right;
		if (least == node)
			return;
		rise(timers, least);
	}
}

static void take_out(struct timers *timers, struct timer *timer)
{
	struct timer **link, *last, *up;

	link = link_of(timers, timers->count--, &up);
	last = *link;
	*link = NULL;
	if (last != timer) {
		*link_to(timers, timer) = last;
		last->up = timer->up;
		last->left = timer->left;
		last->right = timer->right;
		adopt(last);
		settle(timers, last);
	}
	timer->up = timer->left = timer->right = NULL;
	timer->timers = NULL;
}

void timers_init(struct timers *timers, uint64_t now)
{
	*timers = (struct timers){ .now = now };
}

void timers_advance(struct timers *timers, uint64_t now)
{
	if (now > timers->now)
		timers->now = now;
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->root ? timer_left(timers->root) : TIMER_NEVER;
}

size_t timers_run(struct timers *timers, uint64_t now)
{
	uint64_t last = timers->serial;
	struct timer *timer;
	size_t fired = 0;

	timers_advance(timers, now);
	/* what is set from here on is due no sooner than now and has a later
	 * serial than @last, so that it stands behind all that is to be fired
	 */
	while ((timer = timers->root) != NULL && timer->due <= timers->now &&
	       timer->serial <= last) {
		take_out(timers, timer);
		timer->fire(timer, timer->arg);
		fired++;
	}
	return fired;
}

void timer_init(struct timer *timer,
		void (*fire)(struct timer *timer, void *arg), void *arg)
{
	*timer = (struct timer){ .fire = fire, .arg = arg };
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t delay)
{
	struct timer **link;

	timer_cancel(timer);
	timer->due = delay < TIMER_NEVER - timers->now ? timers->now + delay :
							 TIMER_NEVER;
	if (timer->due == TIMER_NEVER)
		return;
	timer->serial = ++timers->serial;
	timer->timers = timers;
	link = link_of(timers, ++timers->count, &timer->up);
	*link = timer;
	settle(timers, timer);
}

void timer_cancel(struct timer *timer)
{
	if (timer && timer->timers)
		take_out(timer->timers, timer);
}

uint64_t timer_left(const struct timer *timer)
{
	if (!timer->timers)
		return TIMER_NEVER;
	return timer->due > timer->timers->now ?
	       timer->due - timer->timers->now : 0;
}
