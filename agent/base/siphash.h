/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A keyed hash (SipHash-2-4): who does not know the key can neither make texts that meet
 * in one chain of a table nor guess the hash of another text.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "span.h"

/**
 * struct siphash - a hash that is being fed
 *
 * All is private to siphash.c.
 */
struct siphash {
	uint64_t v[4];
	uint64_t tail;
	size_t len;
};

/**
 * siphash_begin() - begin one
 * @h: filled
 * @key: 128 random bits
 */
void siphash_begin(struct siphash *h, const uint64_t key[2]);

/** siphash_add() - bytes; those of two calls in a row are not told apart */
void siphash_add(struct siphash *h, const void *data, size_t len);

/** siphash_span() - bytes and how many: told apart from what follows */
void siphash_span(struct siphash *h, struct span s);

/** siphash_end() - the hash; @h has to be begun anew for another */
uint64_t siphash_end(struct siphash *h);

#endif /* BASE_SIPHASH_H */
