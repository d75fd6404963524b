// SPDX-License-Identifier: GPL-2.0
/*
 * dtlsbench N: what a handshake costs (agent/dtls), in virtual time: a client whose hello
 * comes in pieces, and we. Lines of scripts/bench: what, count or figure, unit.
 */
#include <stdio.h>
#include <time.h>

#include "dtls/private.h"

static uint64_t cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const struct machine *ours;
static uint64_t took;

static void timed_receive(struct machine *m, const uint8_t *data, size_t n)
{
	uint64_t begin = cpu();

	dtls_machine_receive(m, data, n);
	took += m == ours ? cpu() - begin : 0;
}

#define dtls_machine_receive timed_receive
#include "../unit/dtls_net.h"
#undef dtls_machine_receive

static struct net net;
static struct dtls_cert *cert[2];

static void put(uint8_t *at, size_t n, unsigned int bytes)
{
	while (bytes--)
		*at++ = (uint8_t)(n >> 8 * bytes);
}

/* the first hello leaves in two datagrams, as a browser's with a post-quantum key */
static bool split(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	size_t head = RECORD_HEAD + MESSAGE_HEAD, whole = len - head, at, k;
	uint8_t out[2048];
	unsigned int i;

	if (from || n->seen++) {
		/* records behind the pieces are counted behind them */
		for (at = 0; !from && at + RECORD_HEAD < len;
		     at += RECORD_HEAD + ((size_t)data[at + 11] << 8 | data[at + 12]))
			if (!data[at + 4])
				data[at + 9] = 1;
		return true;
	}
	for (at = 0, i = 0; at < whole; at += k, i++) {
		k = i ? whole - at : whole / 2;
		memcpy(out, data, head);
		put(out + 9, i, 2);
		put(out + 11, k + MESSAGE_HEAD, 2);
		put(out + RECORD_HEAD + 6, at, 3);
		put(out + RECORD_HEAD + 9, k, 3);
		memcpy(out + head, data + head + at, k);
		if (!n->loss || net_random(n, 100) >= n->loss)
			net_put(n, 1, out, head + k, 10 + i);
	}
	return false;
}

static bool shake_hands(unsigned int seed, unsigned int loss)
{
	unsigned int i;

	memset(&net, 0, sizeof(net));
	net.seed = seed * 7919ull;
	net.loss = loss;
	net.twice = loss;
	net.late = 2 * loss;
	net.tap = split;
	for (i = 0; i < 2; i++) {
		net.side[i].cert = dtls_cert_get(cert[i]);
		dtls_machine_init(&net.side[i].m, cert[i], 100);
	}
	ours = &net.side[1].m;
	took = 0;
	net_both(&net, loss ? 30000 : 1000);
	return net_agree(&net);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 1000, i, failed = 0;
	unsigned int few = n < 500 ? n : 500;
	uint64_t *each = calloc(few, sizeof(*each));
	size_t before = 0;

	if (!each || !net_count_memory())
		return 1;
	cert[0] = dtls_cert_new(NULL);
	cert[1] = dtls_cert_new(NULL);
	for (i = 1; i <= n; i++) {
		failed += !shake_hands(i, 10);
		net_clean(&net);
	}
	printf("dtls-failed-at-10%%-loss\t%u\tset-ups\n", failed);
	for (i = 0; i < few; i++) {
		before = net_held;
		if (!shake_hands(i + 1, 0))
			abort();
		each[i] = took;
		before = net_held - before;
		net_clean(&net);
	}
	qsort(each, few, sizeof(*each), by_size);
	printf("dtls-cpu\t%.3f\tus/set-up\n", (double)each[few / 2] / 1000);
	printf("dtls-memory\t%.3f\tKiB\n", (double)(before + 2 * sizeof(struct machine)) / 2048);
	dtls_cert_put(cert[0]);
	dtls_cert_put(cert[1]);
	free(each);
	return 0;
}
