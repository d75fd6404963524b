// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS of either role with somebody who knows how it goes and has no key that was
 * signalled: flights of a real conversation, in pieces, changed, in any order, with time
 * between. What must hold:
 *
 * - there are never keys;
 * - what it keeps is bounded;
 * - no datagram is longer than DTLS_MTU, and a datagram brings out few;
 * - it comes to an end when nothing comes, and nothing is left when it is freed.
 *
 * The first byte is the role. Then come datagrams, each behind two bytes of its length;
 * with a length of 0 time goes by.
 */
#include "fuzz.h"
#include "../unit/dtls_net.h"

/* OpenSSL repeats whole flights, some of which have large certificates to ask for */
#define BYTES_MAX	131072
#define SENT_MAX	16

static struct dtls_cert *own, *other;
static struct net net;

static struct fuzz_sample samples[2];

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\x00\x00"), FUZZ_SAMPLE("\x16\xfe\xfd\x00\x00"),
	FUZZ_SAMPLE("\x16\xfe\xfd\x00\x01"), FUZZ_SAMPLE("\x14\xfe\xfd\x00\x00"),
	FUZZ_SAMPLE("\x15\xfe\xfd\x00\x00"), FUZZ_SAMPLE("\x02\x28"),
	FUZZ_SAMPLE("\x00\x0e"), FUZZ_SAMPLE("\x0b\x00\x1f\xff"),
	FUZZ_SAMPLE("\x00\x0f\x14\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x40\x00\x01\x01"),
};

static void set_up(void)
{
	if (own)
		return;
	FUZZ_CHECK(net_count_memory());
	own = dtls_cert_new(NULL);
	other = dtls_cert_new(NULL);
	FUZZ_CHECK(own && other);
}

static void know(struct machine *m, enum dtls_role role, const struct dtls_cert *of)
{
	struct dtls_fingerprint fp;
	struct dtls_remote remote = {
		.role = role, .fingerprint = &fp, .n_fingerprints = 1,
	};

	dtls_cert_fingerprint(of, DTLS_SHA256, &fp);
	FUZZ_CHECK(!dtls_machine_set(m, &remote));
}

/* what came out since the last time */
static void look(struct machine *m, size_t before)
{
	struct datagram *d;

	FUZZ_CHECK(m->wire.out.count <= SENT_MAX);
	while ((d = dtls_queue_take(&m->wire.out))) {
		FUZZ_CHECK(d->n && d->n <= DTLS_MTU);
		free(d);
	}
	FUZZ_CHECK(!m->up && !m->wire.in && m->early.count <= 1);
	FUZZ_CHECK(net_held < before + BYTES_MAX);
	FUZZ_CHECK(!m->over || (m->told && m->outcome.event == DTLS_FAILED && m->outcome.why[0]));
}

static void pass(struct machine *m, uint64_t ms)
{
	uint64_t until = net_now + ms, due;

	for (;;) {
		due = dtls_machine_due(m);
		if (due == TIMER_NEVER || net_now + due > until)
			break;
		net_now += due;
		dtls_machine_timeout(m);
	}
	net_now = until;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine m;
	size_t at, n, before;

	set_up();
	if (!size || size > 16384)
		return 0;
	dtls_machine_init(&m, own, 100);
	know(&m, *data & 1 ? DTLS_ACTIVE : DTLS_PASSIVE, other);
	before = net_held;
	dtls_machine_begin(&m);
	look(&m, before);
	for (at = 1; at + 2 <= size; at += n) {
		n = (size_t)data[at] << 8 | data[at + 1];
		at += 2;
		if (n > size - at)
			n = size - at;
		if (n)
			dtls_machine_receive(&m, data + at, n);
		else
			pass(&m, 150);
		look(&m, before);
	}
	pass(&m, 60000);
	dtls_machine_clean(&m);
	FUZZ_CHECK(net_held <= before + 4096);
	return 0;
}

#ifndef FUZZ_LIBFUZZER
static uint8_t flights[2][8192];
static size_t flights_n[2];

/* a conversation: what each side hears */
static bool record_it(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	unsigned int to = !from;
	uint8_t *p = flights[to] + flights_n[to];

	if (flights_n[to] + len + 2 > sizeof(flights[to]))
		return true;
	*p++ = (uint8_t)(len >> 8);
	*p++ = (uint8_t)len;
	memcpy(p, data, len);
	flights_n[to] += len + 2;
	return true;
}

/* with fingerprints that fit, so that it goes to its end */
static void make_samples(void)
{
	unsigned int i;

	net.side[0].cert = dtls_cert_get(other);
	net.side[1].cert = dtls_cert_get(own);
	for (i = 0; i < 2; i++) {
		dtls_machine_init(&net.side[i].m, net.side[i].cert, 100);
		know(&net.side[i].m, i ? DTLS_PASSIVE : DTLS_ACTIVE, i ? other : own);
		flights[i][0] = !i;
		flights_n[i] = 1;
	}
	net.tap = record_it;
	net_begin(&net, 1);
	net_begin(&net, 0);
	net_run(&net, 1000);
	FUZZ_CHECK(net.side[0].up && net.side[1].up);
	net_clean(&net);
	for (i = 0; i < 2; i++)
		samples[i] = (struct fuzz_sample){ (char *)flights[i], flights_n[i] };
}

int main(int argc, char **argv)
{
	set_up();
	make_samples();
	return fuzz_main(argc, argv, "DTLS conversations", samples, FUZZ_COUNT(samples),
			 words, FUZZ_COUNT(words));
}
#endif
