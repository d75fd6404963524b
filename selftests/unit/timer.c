// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: order, cancelling, moving, what callbacks may do, and 100,000 at once. The
 * clock is the test's.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timer.h"
#include "ktap.h"

#define MANY	100000

struct item {
	struct timer timer;
	unsigned int fired;
	uint64_t due;
	struct item *other;
};

static struct timers timers;
static struct item items[MANY];
static uint64_t last_due;
static size_t disorder;

static void count(struct timer *timer, void *arg)
{
	((struct item *)arg)->fired++;
}

static void in_order(struct timer *timer, void *arg)
{
	struct item *item = arg;

	item->fired++;
	if (item->due < last_due || item->due > timers.now || timer_is_set(timer))
		disorder++;
	last_due = item->due;
}

static uint32_t seed = 12345;

static uint32_t any(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void fresh(uint64_t now, void (*fire)(struct timer *timer, void *arg))
{
	size_t i;

	timers_init(&timers, now);
	memset(items, 0, sizeof(items));
	for (i = 0; i < MANY; i++)
		timer_init(&items[i].timer, fire, &items[i]);
	last_due = 0;
	disorder = 0;
}

static bool test_due(void)
{
	fresh(1000, count);
	KTAP_CHECK(timers_next(&timers) == TIMER_NEVER);
	timer_set(&timers, &items[0].timer, 10);
	KTAP_CHECK(timers_next(&timers) == 10 && timers.count == 1);
	KTAP_CHECK(timer_left(&items[0].timer) == 10 && timer_is_set(&items[0].timer));
	KTAP_CHECK(timers_run(&timers, 1009) == 0 && !items[0].fired);
	KTAP_CHECK(timers_next(&timers) == 1);
	KTAP_CHECK(timers_run(&timers, 1010) == 1 && items[0].fired == 1);
	KTAP_CHECK(timers_next(&timers) == TIMER_NEVER && !timers.count);
	KTAP_CHECK(timer_left(&items[0].timer) == TIMER_NEVER);
	KTAP_CHECK(timers_run(&timers, 5000) == 0 && items[0].fired == 1);
	return true;
}

static bool test_clock_never_back(void)
{
	fresh(1000, count);
	timers_advance(&timers, 2000);
	timers_advance(&timers, 1500);
	KTAP_CHECK(timers.now == 2000);
	timer_set(&timers, &items[0].timer, 5);
	KTAP_CHECK(timers_run(&timers, 100) == 0 && timers.now == 2000);
	KTAP_CHECK(timers_run(&timers, 2005) == 1);
	return true;
}

static bool test_ends_of_the_clock(void)
{
	fresh(UINT64_MAX - 100, count);
	timer_set(&timers, &items[0].timer, 50);
	timer_set(&timers, &items[1].timer, 100);	/* would be TIMER_NEVER */
	timer_set(&timers, &items[2].timer, UINT64_MAX);
	timer_set(&timers, &items[3].timer, 99);
	KTAP_CHECK(timers.count == 2 && !timer_is_set(&items[1].timer) &&
		   !timer_is_set(&items[2].timer));
	KTAP_CHECK(timers_run(&timers, UINT64_MAX - 1) == 2);
	KTAP_CHECK(items[0].fired && items[3].fired && !items[2].fired);
	/* beyond 32 bits */
	fresh(0, count);
	timer_set(&timers, &items[0].timer, 1ULL << 33);
	KTAP_CHECK(timers_run(&timers, UINT32_MAX) == 0);
	KTAP_CHECK(timers_run(&timers, 1ULL << 33) == 1);
	return true;
}

static struct item *order[8];
static size_t n_order;

static void remember(struct timer *timer, void *arg)
{
	order[n_order++] = arg;
}

static bool test_equal_times_in_order(void)
{
	size_t i;

	fresh(0, remember);
	n_order = 0;
	for (i = 0; i < 8; i++)
		timer_set(&timers, &items[i].timer, 7);
	timer_set(&timers, &items[2].timer, 7);	/* set anew: now the last */
	KTAP_CHECK(timers_run(&timers, 7) == 8);
	KTAP_CHECK(order[0] == &items[0] && order[2] == &items[3] &&
		   order[7] == &items[2]);
	return true;
}

static bool test_many(void)
{
	struct timespec a, b;
	double ns;
	size_t i;

	fresh(0, in_order);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < MANY; i++) {
		items[i].due = any() % 50000;
		timer_set(&timers, &items[i].timer, items[i].due);
	}
	/* every third is moved, every fifth is cancelled */
	for (i = 0; i < MANY; i += 3) {
		items[i].due = any() % 50000;
		timer_set(&timers, &items[i].timer, items[i].due);
	}
	for (i = 0; i < MANY; i += 5)
		timer_cancel(&items[i].timer);
	KTAP_CHECK(timers.count == MANY - MANY / 5);
	KTAP_CHECK(timers_run(&timers, 25000) + timers_run(&timers, 49999) ==
		   MANY - MANY / 5);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	printf("# %d timers set, a third moved, a fifth cancelled, fired: %.0f ns each\n",
	       MANY, ns / MANY);
	KTAP_CHECK(!disorder && !timers.count && !timers.root);
	for (i = 0; i < MANY; i++)
		KTAP_CHECK(items[i].fired == (i % 5 ? 1 : 0));
	return true;
}

/* What goes down is cheap as well: all at one time, taken out from the first. */
static bool test_many_alike(void)
{
	struct timespec a, b;
	double ms;
	size_t i;

	fresh(0, count);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < MANY; i++)
		timer_set(&timers, &items[i].timer, 32000);
	for (i = 0; i < MANY; i++)
		timer_cancel(&items[i].timer);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	printf("# %d timers of one time set and cancelled: %.0f ms\n", MANY, ms);
	KTAP_CHECK(!timers.count && !timers.root);
	/* a walk through all of them each time would be minutes */
	KTAP_CHECK(ms < 5000);
	return true;
}

/* Against a list that is searched from end to end. */
static bool test_against_a_list(void)
{
	static uint64_t due[200];
	size_t round, i, n, expected;

	fresh(0, count);
	memset(due, 0xff, sizeof(due));
	for (round = 0; round < 20000; round++) {
		i = any() % 200;
		if (any() % 3) {
			due[i] = timers.now + any() % 400;
			timer_set(&timers, &items[i].timer, due[i] - timers.now);
		} else {
			due[i] = UINT64_MAX;
			timer_cancel(&items[i].timer);
		}
		if (any() % 4)
			continue;
		timers_advance(&timers, timers.now + any() % 50);
		for (i = 0, expected = 0; i < 200; i++) {
			if (due[i] > timers.now)
				continue;
			due[i] = UINT64_MAX;
			expected++;
		}
		n = timers_run(&timers, timers.now);
		KTAP_CHECK(n == expected);
		for (i = 0; i < 200; i++)
			KTAP_CHECK(timer_is_set(&items[i].timer) ==
				   (due[i] != UINT64_MAX));
	}
	return true;
}

static void cancel_other(struct timer *timer, void *arg)
{
	struct item *item = arg;

	item->fired++;
	if (item->other)
		timer_cancel(&item->other->timer);
}

static bool test_cancel_in_callback(void)
{
	size_t i;

	fresh(0, cancel_other);
	/* 0 cancels 1 of the same time, 2 cancels 3 of a later one in the same run, 4
	 * cancels itself, 5 cancels what has fired
	 */
	for (i = 0; i < 6; i++)
		timer_set(&timers, &items[i].timer, i == 3 ? 9 : 5);
	items[0].other = &items[1];
	items[2].other = &items[3];
	items[4].other = &items[4];
	items[5].other = &items[0];
	KTAP_CHECK(timers_run(&timers, 10) == 4);
	KTAP_CHECK(items[0].fired && !items[1].fired && items[2].fired &&
		   !items[3].fired && items[4].fired && items[5].fired);
	KTAP_CHECK(!timers.count);
	return true;
}

static void set_again(struct timer *timer, void *arg)
{
	struct item *item = arg;

	item->fired++;
	timer_set(&timers, timer, 0);
}

static void free_self(struct timer *timer, void *arg)
{
	free(arg);
}

static bool test_set_in_callback(void)
{
	struct item *own = calloc(1, sizeof(*own));

	fresh(0, set_again);
	timer_set(&timers, &items[0].timer, 0);
	timer_set(&timers, &items[1].timer, 3);
	timer_init(&own->timer, free_self, own);
	timer_set(&timers, &own->timer, 3);
	/* none is fired twice by a run, however short it is set */
	KTAP_CHECK(timers_run(&timers, 3) == 3);
	KTAP_CHECK(items[0].fired == 1 && items[1].fired == 1);
	KTAP_CHECK(timers_next(&timers) == 0);
	KTAP_CHECK(timers_run(&timers, 3) == 2);
	KTAP_CHECK(items[0].fired == 2 && timers.count == 2);
	return true;
}

static bool test_nothing(void)
{
	struct timer zeroed = { 0 };

	timer_cancel(NULL);
	timer_cancel(&zeroed);
	fresh(0, count);
	timer_cancel(&items[0].timer);
	timer_set(&timers, &items[0].timer, 1);
	timer_cancel(&items[0].timer);
	timer_cancel(&items[0].timer);
	KTAP_CHECK(timers_run(&timers, 100) == 0 && !items[0].fired);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "due at its time and once", test_due },
		{ "the clock never goes back", test_clock_never_back },
		{ "the ends of the clock", test_ends_of_the_clock },
		{ "equal times fire in the order of setting", test_equal_times_in_order },
		{ "100,000 at once, moved and cancelled", test_many },
		{ "100,000 of one time", test_many_alike },
		{ "as a list says", test_against_a_list },
		{ "cancelling in a callback", test_cancel_in_callback },
		{ "setting and freeing in a callback", test_set_in_callback },
		{ "what is not set may be cancelled", test_nothing },
	};

	return KTAP_RUN(points);
}
