// SPDX-License-Identifier: GPL-2.0
/* The event loop: turns, timers, descriptors, deferred calls, signals. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/timer.h"
#include "ktap.h"

static char story[64];

static void tell(char c)
{
	size_t n = strlen(story);

	if (n + 1 < sizeof(story)) {
		story[n] = c;
		story[n + 1] = '\0';
	}
}

static struct loop *begin(void)
{
	memset(story, 0, sizeof(story));
	return loop_new();
}

static bool told(struct loop *loop, const char *want)
{
	unsigned int i;

	for (i = 0; i < 200 && strcmp(story, want); i++)
		loop_turn(loop, 10);
	if (strcmp(story, want))
		printf("# the story is \"%s\"\n", story);
	return !strcmp(story, want);
}

static void fire(struct timer *timer, void *arg)
{
	tell(*(const char *)arg);
}

static bool timers(void)
{
	struct loop *loop = begin();
	char a = 'a', b = 'b', c = 'c';
	struct timer ta, tb, tc;
	uint64_t start = loop_now(loop);

	timer_init(&ta, fire, &a);
	timer_init(&tb, fire, &b);
	timer_init(&tc, fire, &c);
	timer_set(loop_timers(loop), &tb, 30);
	timer_set(loop_timers(loop), &ta, 10);
	timer_set(loop_timers(loop), &tc, 20);
	timer_cancel(&tc);
	KTAP_CHECK(told(loop, "ab"));
	KTAP_CHECK(loop_now(loop) - start >= 30);
	KTAP_CHECK(loop_turns(loop) < 20);
	loop_free(loop);
	return true;
}

/**
 * struct again - a deferred call that defers itself
 * @loop: where
 * @later: itself
 * @left: how often
 */
struct again {
	struct loop *loop;
	struct loop_later later;
	unsigned int left;
};

static void again(void *arg)
{
	struct again *a = arg;

	tell('d');
	if (--a->left)
		loop_defer(a->loop, &a->later);
}

static bool deferred(void)
{
	struct loop *loop = begin();
	struct again a = { .loop = loop, .left = 3 };
	struct again gone = { .loop = loop, .left = 1 };

	a.later = (struct loop_later){ .fn = again, .arg = &a };
	gone.later = (struct loop_later){ .fn = again, .arg = &gone };
	loop_defer(loop, &a.later);
	loop_defer(loop, &a.later);
	loop_defer(loop, &gone.later);
	loop_defer_cancel(&gone.later);
	loop_defer_cancel(&gone.later);
	KTAP_CHECK(!*story);
	KTAP_CHECK(told(loop, "ddd"));
	/* whoever defers without end cannot keep the loop in one turn */
	a.left = 1000;
	loop_defer(loop, &a.later);
	loop_turn(loop, 0);
	KTAP_CHECK(a.left > 990);
	a.left = 1;
	loop_free(loop);
	return true;
}

/**
 * struct reader - a pipe's end that is read
 * @fd: the end
 * @watch: of it
 * @later: tells 'l' when the turn is over
 * @loop: where
 */
struct reader {
	int fd;
	struct loop_fd *watch;
	struct loop_later later;
	struct loop *loop;
};

static void last(void *arg)
{
	tell('l');
}

static void readable(unsigned int events, void *arg)
{
	struct reader *r = arg;
	char c;

	if (!(events & LOOP_READ) || read(r->fd, &c, 1) != 1) {
		tell('e');
		loop_fd_free(r->watch);
		r->watch = NULL;
		return;
	}
	tell(c);
	loop_defer(r->loop, &r->later);
}

static bool descriptors(void)
{
	struct loop *loop = begin();
	struct reader r = { .loop = loop, .later = { .fn = last } };
	int fd[2];

	KTAP_CHECK(!pipe(fd));
	r.fd = fd[0];
	r.watch = loop_fd_new(loop, fd[0], 0, readable, &r);
	KTAP_CHECK(r.watch && write(fd[1], "x", 1) == 1);
	loop_turn(loop, 0);
	KTAP_CHECK(!*story);		/* watched for nothing */
	loop_fd_set(r.watch, LOOP_READ);
	KTAP_CHECK(told(loop, "xl"));
	close(fd[1]);
	KTAP_CHECK(told(loop, "xle"));	/* a hang-up is told, and once */
	loop_turn(loop, 10);
	KTAP_CHECK(told(loop, "xle"));
	close(fd[0]);
	loop_free(loop);
	return true;
}

static void signalled(void *arg)
{
	tell('s');
	loop_stop(arg);
}

static bool signals(void)
{
	struct loop *loop = begin();
	struct loop_signal *s = loop_signal_new(loop, SIGHUP, signalled, loop);

	KTAP_CHECK(s);
	raise(SIGHUP);
	loop_run(loop);
	KTAP_CHECK(told(loop, "s"));
	loop_signal_free(s);
	loop_free(loop);
	return true;
}

/* a loop with nothing to do waits */
static bool waits(void)
{
	struct loop *loop = begin();
	uint64_t start = loop_now(loop);

	loop_turn(loop, 50);
	loop_turn(loop, 50);
	KTAP_CHECK(loop_now(loop) - start >= 98);
	KTAP_CHECK(loop_turns(loop) == 2);
	loop_free(loop);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "timers fire in their order and at their time", timers },
		{ "deferred calls are made when the turn is over", deferred },
		{ "descriptors are told as they are watched", descriptors },
		{ "signals come in the loop", signals },
		{ "a loop with nothing to do waits", waits },
	};

	return KTAP_RUN(points);
}
