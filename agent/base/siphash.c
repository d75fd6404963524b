// SPDX-License-Identifier: GPL-2.0
/* SipHash-2-4 (Aumasson, Bernstein). */
#include "siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

/* @n times, in registers */
static inline void siprounds(uint64_t v[4], unsigned int n)
{
	uint64_t v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];

	for (; n; n--) {
		v0 += v1;
		v1 = rotl(v1, 13) ^ v0;
		v0 = rotl(v0, 32);
		v2 += v3;
		v3 = rotl(v3, 16) ^ v2;
		v0 += v3;
		v3 = rotl(v3, 21) ^ v0;
		v2 += v1;
		v1 = rotl(v1, 17) ^ v2;
		v2 = rotl(v2, 32);
	}
	v[0] = v0;
	v[1] = v1;
	v[2] = v2;
	v[3] = v3;
}

static inline void word(struct siphash *h, uint64_t m)
{
	h->v[3] ^= m;
	siprounds(h->v, 2);
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
	unsigned int shift = h->len % 8 * 8;
	const uint8_t *p = data;
	uint64_t eight;

	h->len += len;
	/* what is there and the next eight make a word, and as much is there again */
	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&eight, p, 8);
		eight = le64toh(eight);
		word(h, h->tail | eight << shift);
		h->tail = shift ? eight >> (64 - shift) : 0;
	}
	for (; len; len--, p++) {
		h->tail |= (uint64_t)*p << shift;
		shift += 8;
		if (shift < 64)
			continue;
		word(h, h->tail);
		h->tail = 0;
		shift = 0;
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
	word(h, h->tail | (uint64_t)h->len << 56);
	h->v[2] ^= 0xff;
	siprounds(h->v, 4);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
