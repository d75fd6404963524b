// SPDX-License-Identifier: GPL-2.0
/* SipHash-2-4 (Aumasson, Bernstein). */
#include "siphash.h"

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void sipround(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void word(struct siphash *h, uint64_t m)
{
	h->v[3] ^= m;
	sipround(h->v);
	sipround(h->v);
	h->v[0] ^= m;
}

void siphash_begin(struct siphash *h, const uint64_t key[2])
{
	*h = (struct siphash){ .v = {
		key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
		key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL } };
}

void siphash_add(struct siphash *h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len; len--, p++) {
		h->tail |= (uint64_t)*p << (h->len % 8 * 8);
		if (++h->len % 8)
			continue;
		word(h, h->tail);
		h->tail = 0;
	}
}

void siphash_span(struct siphash *h, struct span s)
{
	uint32_t n = (uint32_t)s.n;

	siphash_add(h, &n, sizeof(n));
	siphash_add(h, s.p, s.n);
}

uint64_t siphash_end(struct siphash *h)
{
	int i;

	word(h, h->tail | (uint64_t)h->len << 56);
	h->v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sipround(h->v);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
