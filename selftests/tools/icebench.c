// SPDX-License-Identifier: GPL-2.0
/*
 * icebench N: what a call's ICE costs (agent/ice), in virtual time: a phone behind a NAT,
 * full, and we in public, lite or full. Lines of scripts/bench: what, count or figure, unit.
 *
 * CPU of a set-up is that of our side, as far as datagrams and timers are told apart: what
 * its timers take is in with the phone's and the network's, and shared by halves. Sockets
 * are not in it.
 */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "ice/ice.h"

static uint64_t cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ns that our side and the phone's took for what they received; to ask costs as much */
static uint64_t took[2];
static bool timing;
static struct ice *phone;

static bool timed_receive(struct ice *ice, unsigned int stream, unsigned int component,
			  const struct dp_addr *base, const struct dp_addr *from,
			  const void *data, size_t n)
{
	uint64_t begin = timing ? cpu() : 0;
	bool ret = ice_receive(ice, stream, component, base, from, data, n);

	if (timing)
		took[ice == phone] += cpu() - begin;
	return ret;
}

#define ice_receive timed_receive
#include "../unit/ice_net.h"
#undef ice_receive

#define US	(&net.peer[0])
#define PHONE	(&net.peer[1])

static void make(bool lite)
{
	struct host *h;

	net_agent(US, (struct ice_conf){ .lite = lite }, 1, 1);
	net_local(US, net_host(US, "198.51.100.1", NULL), 0, 1, 100, false);
	net_agent(PHONE, (struct ice_conf){ .controlling = true }, 1, 1);
	h = net_host(PHONE, "10.0.0.1", net_nat(NAT_PORT, "203.0.113.1", NULL));
	net_local(PHONE, h, 0, 1, 100, true);
	phone = PHONE->ice;
}

static bool set_up(uint64_t seed, bool lite, unsigned int loss)
{
	net_begin(seed);
	net.loss = loss;
	net.doubled = loss / 2;
	net.jitter = loss ? 60 : 0;
	make(lite);
	return net_signal(PHONE, US, 0, false, true) && net_signal(US, PHONE, 0, lite, true);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void say(const char *what, bool lite, double value, const char *unit)
{
	printf("ice-%s-%s\t%.3f\t%s\n", lite ? "lite" : "full", what, value, unit);
}

static void with_loss(bool lite, unsigned int n)
{
	unsigned int i, failed = 0;

	for (i = 1; i <= n; i++) {
		if (!set_up(i, lite, 10))
			abort();
		net_pass(15000);
		failed += !net_flows(0, 1);
	}
	say("failed-at-10%-loss", lite, failed, "set-ups");
}

static void without_loss(bool lite, unsigned int n)
{
	uint64_t *each = calloc(n, sizeof(*each)), begin;
	size_t held = 0;
	unsigned int i;

	timing = true;
	for (i = 0; i < n; i++) {
		took[0] = 0;
		begin = cpu();
		if (!set_up(i + 1, lite, 0))
			abort();
		net_pass(500);
		if (!net_flows(0, 1))
			abort();
		each[i] = took[0] + (cpu() - begin - took[0] - took[1]) / 2;
		took[1] = 0;
		held = ice_memory(US->ice);
	}
	qsort(each, n, sizeof(*each), by_size);
	say("cpu", lite, (double)each[n / 2] / 1000, "us/set-up");
	say("memory", lite, (double)held / 1024, "KiB");
	free(each);
	timing = false;
}

/* an hour of a call that is up: both sides do much the same */
static void consent(bool lite)
{
	uint64_t begin, spent, sent;

	if (!set_up(1, lite, 0))
		abort();
	net_pass(5000);
	sent = US->sent;
	begin = cpu();
	net_pass(3600000);
	spent = (cpu() - begin) / 2;
	if (!net_flows(0, 1) || US->lost)
		abort();
	say("10000-calls", lite, (double)spent * 10000 / 3600 / 1e7, "% of a core");
	say("10000-calls-send", lite, (double)(US->sent - sent) * 10000 / 3600, "datagrams/s");
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 1000, lite;

	for (lite = 0; lite < 2; lite++) {
		with_loss(lite, n);
		without_loss(lite, n < 2000 ? n : 2000);
		consent(lite);
	}
	net_end();
	return 0;
}
