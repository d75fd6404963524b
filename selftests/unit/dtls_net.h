/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two sides of DTLS and what is between them, in virtual time and the same for each
 * seed: datagrams that are lost, doubled, late, or bent by a test. OpenSSL asks
 * gettimeofday() for its repetitions, which is this one.
 *
 *	side 0 (active) ---- wire ---- side 1 (passive)
 */
#ifndef UNIT_DTLS_NET_H
#define UNIT_DTLS_NET_H

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "datapath/names.h"
#include "dtls/private.h"
#include "ktap.h"

#define NET_FLYING	4096

struct side {
	struct machine m;
	struct dtls_cert *cert;
	bool up, failed, closed;
	uint64_t up_at;
	struct dtls_outcome keys;
	char why[200];
	unsigned int sent;
	size_t longest;
};

struct flying {
	unsigned int to;
	uint64_t due;
	size_t n;
	uint8_t *data;
};

struct net {
	struct side side[2];
	unsigned int loss, twice, late;	/* of 100 */
	uint64_t seed;
	struct flying flying[NET_FLYING];
	size_t n;
	/* sees each datagram first; false: it is lost, or sent by net_put() otherwise */
	bool (*tap)(struct net *net, unsigned int from, uint8_t *data, size_t n);
	unsigned int seen;
};

/* ms */
static uint64_t net_now = 1000000;

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	tv->tv_sec = (time_t)(net_now / 1000);
	tv->tv_usec = (suseconds_t)(net_now % 1000 * 1000);
	return 0;
}

/* what OpenSSL holds; before anything else of it is called */
static size_t net_held, net_most;

static inline void *net_count(void *p)
{
	net_held += p ? malloc_usable_size(p) : 0;
	if (net_held > net_most)
		net_most = net_held;
	return p;
}

static inline void *net_malloc(size_t n, const char *file, int line)
{
	return net_count(malloc(n));
}

static inline void net_free(void *p, const char *file, int line)
{
	net_held -= p ? malloc_usable_size(p) : 0;
	free(p);
}

static inline void *net_realloc(void *p, size_t n, const char *file, int line)
{
	net_held -= p ? malloc_usable_size(p) : 0;
	return net_count(realloc(p, n));
}

static inline bool net_count_memory(void)
{
	return CRYPTO_set_mem_functions(net_malloc, net_realloc, net_free) == 1;
}

static inline uint32_t net_random(struct net *net, uint32_t below)
{
	net->seed = net->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(net->seed >> 33) % below;
}

static inline void net_put(struct net *net, unsigned int to, const void *data,
			   size_t n, uint64_t delay)
{
	struct flying *f = &net->flying[net->n];

	if (net->n == NET_FLYING)
		return;
	net->n++;
	f->to = to;
	f->due = net_now + delay;
	f->n = n;
	f->data = malloc(n ? n : 1);
	memcpy(f->data, data, n);
}

static inline void net_send(struct net *net, unsigned int from, uint8_t *data,
			    size_t n)
{
	struct side *s = &net->side[from];
	unsigned int copies = 1;

	s->sent++;
	if (n > s->longest)
		s->longest = n;
	if (net->tap && !net->tap(net, from, data, n))
		return;
	if (net->loss && net_random(net, 100) < net->loss)
		copies--;
	if (net->twice && net_random(net, 100) < net->twice)
		copies++;
	while (copies--)
		net_put(net, !from, data, n, net->late && net_random(net, 100) < net->late ?
			10 + net_random(net, 60) : 10);
}

static inline void net_listen(struct net *net, unsigned int i)
{
	struct side *s = &net->side[i];
	struct datagram *d;

	while ((d = dtls_queue_take(&s->m.wire.out))) {
		net_send(net, i, d->data, d->n);
		free(d);
	}
	if (!s->m.told)
		return;
	s->m.told = false;
	switch (s->m.outcome.event) {
	case DTLS_UP:
		s->up = true;
		s->up_at = net_now;
		s->keys = s->m.outcome;
		return;
	case DTLS_FAILED:
		s->failed = true;
		break;
	case DTLS_CLOSED:
		s->closed = true;
		break;
	}
	memcpy(s->why, s->m.outcome.why, sizeof(s->why));
}

/* of two that are due at the same time the one that was sent first */
static inline struct flying *net_first(struct net *net)
{
	struct flying *first = NULL;
	size_t i;

	for (i = 0; i < net->n; i++)
		if (!first || net->flying[i].due < first->due)
			first = &net->flying[i];
	return first;
}

static inline void net_arrive(struct net *net, struct flying *f)
{
	struct flying copy = *f;

	memmove(f, f + 1, (size_t)(net->flying + net->n - f - 1) * sizeof(*f));
	net->n--;
	dtls_machine_receive(&net->side[copy.to].m, copy.data, copy.n);
	free(copy.data);
	net_listen(net, copy.to);
}

/* one thing that happens, until then; false: nothing more does */
static inline bool net_step(struct net *net, uint64_t until)
{
	struct flying *f = net_first(net);
	uint64_t at = f ? f->due : TIMER_NEVER, due;
	unsigned int i, who = 2;

	for (i = 0; i < 2; i++) {
		due = dtls_machine_due(&net->side[i].m);
		if (due == TIMER_NEVER || net_now + due >= at)
			continue;
		at = net_now + due;
		who = i;
	}
	if (at > until)
		return false;
	if (at > net_now)
		net_now = at;
	if (who == 2) {
		net_arrive(net, f);
		return true;
	}
	dtls_machine_timeout(&net->side[who].m);
	net_listen(net, who);
	return true;
}

static inline void net_run(struct net *net, uint64_t ms)
{
	uint64_t until = net_now + ms;

	while (net_step(net, until))
		;
	net_now = until;
}

static inline void net_begin(struct net *net, unsigned int i)
{
	dtls_machine_begin(&net->side[i].m);
	net_listen(net, i);
}

/* both know each other; certificates of @net are made anew where there is none */
static inline void net_init(struct net *net)
{
	unsigned int i;

	memset(net, 0, sizeof(*net));
	for (i = 0; i < 2; i++) {
		net->side[i].cert = dtls_cert_new(NULL);
		dtls_machine_init(&net->side[i].m, net->side[i].cert, 100);
	}
}

static inline const char *net_know(struct net *net, unsigned int i,
				   enum dtls_hash hash, uint8_t suite)
{
	struct dtls_fingerprint fp;
	struct dtls_remote remote = {
		.role = i ? DTLS_PASSIVE : DTLS_ACTIVE, .fingerprint = &fp,
		.n_fingerprints = 1, .suite = { suite }, .n_suites = suite != 0,
	};

	dtls_cert_fingerprint(net->side[!i].cert, hash, &fp);
	return dtls_machine_set(&net->side[i].m, &remote);
}

static inline void net_both(struct net *net, uint64_t ms)
{
	net_know(net, 0, DTLS_SHA256, 0);
	net_know(net, 1, DTLS_SHA256, 0);
	net_begin(net, 1);
	net_begin(net, 0);
	net_run(net, ms);
}

static inline void net_clean(struct net *net)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		dtls_machine_clean(&net->side[i].m);
		dtls_cert_put(net->side[i].cert);
	}
	while (net->n)
		free(net->flying[--net->n].data);
}

/* what one sends the other can read, and the two directions differ */
static inline bool net_agree(const struct net *net)
{
	const struct dtls_outcome *a = &net->side[0].keys, *b = &net->side[1].keys;
	size_t n = dp_srtp_key_len(a->tx.suite);

	return net->side[0].up && net->side[1].up && n && a->tx.suite == b->rx.suite &&
	       a->rx.suite == a->tx.suite && b->rx.suite == b->tx.suite &&
	       !memcmp(a->tx.key, b->rx.key, n) && !memcmp(a->rx.key, b->tx.key, n) &&
	       memcmp(a->tx.key, a->rx.key, n);
}

#endif /* UNIT_DTLS_NET_H */
