// SPDX-License-Identifier: GPL-2.0
/*
 * Nonces that nobody's memory holds until somebody has proven a password with one; from
 * then on its counts are remembered, so that each is good once (RFC 7616 5.12).
 */
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "sip/auth.h"

#define BUCKETS		1024u
#define WINDOW		64u	/* counts below the highest that may still come */

/**
 * struct used - a nonce that somebody has proven a password with
 * @bucket: those of one hash
 * @order: in the order in which they came
 * @made: when it was made, which no other has
 * @highest: count
 * @seen: bit n: @highest - n was here
 */
struct used {
	LIST_ENTRY(used) bucket;
	TAILQ_ENTRY(used) order;
	uint64_t made;
	uint32_t highest;
	uint64_t seen;
};

/**
 * struct sip_nonces - those of one who asks
 * @key: proves that they are ours
 * @last: when the last one was made
 * @floor: of those made until then that are not remembered none is good: it may have been
 * @bucket: by hash
 * @order: oldest first
 * @n: how many
 */
struct sip_nonces {
	unsigned char key[SIP_NONCE_KEY];
	uint64_t last;
	uint64_t floor;
	LIST_HEAD(, used) bucket[BUCKETS];
	TAILQ_HEAD(, used) order;
	size_t n;
};

struct sip_nonces *sip_nonces_new(void)
{
	struct sip_nonces *nonces = calloc(1, sizeof(*nonces));

	if (!nonces)
		return NULL;
	TAILQ_INIT(&nonces->order);
	if (getrandom(nonces->key, sizeof(nonces->key), 0) == sizeof(nonces->key))
		return nonces;
	free(nonces);
	return NULL;
}

static void forget_first(struct sip_nonces *nonces)
{
	struct used *used = TAILQ_FIRST(&nonces->order);

	if (used->made > nonces->floor)
		nonces->floor = used->made;
	LIST_REMOVE(used, bucket);
	TAILQ_REMOVE(&nonces->order, used, order);
	nonces->n--;
	free(used);
}

void sip_nonces_free(struct sip_nonces *nonces)
{
	if (!nonces)
		return;
	while (nonces->n)
		forget_first(nonces);
	explicit_bzero(nonces->key, sizeof(nonces->key));
	free(nonces);
}

bool sip_nonces_make(struct sip_nonces *nonces, uint64_t now, struct span about,
		     char nonce[SIP_NONCE_LEN])
{
	/* two phones behind one address do not count together */
	nonces->last = now > nonces->last ? now : nonces->last + 1;
	return sip_nonce_make(nonces->key, nonces->last, about, nonce);
}

bool sip_nonces_good(const struct sip_nonces *nonces, uint64_t now, struct span about,
		     struct span nonce)
{
	uint64_t age;

	return sip_nonce_age(nonces->key, now, about, nonce, &age) &&
	       age <= SIP_NONCE_TIME;
}

static unsigned int bucket_of(uint64_t made)
{
	return (unsigned int)(made * UINT64_C(0x9e3779b97f4a7c15) >> 54) % BUCKETS;
}

static struct used *find(const struct sip_nonces *nonces, uint64_t made)
{
	struct used *used;

	LIST_FOREACH(used, &nonces->bucket[bucket_of(made)], bucket)
		if (used->made == made)
			return used;
	return NULL;
}

static bool count(struct used *used, uint32_t nc)
{
	uint32_t back = used->highest - nc, ahead = nc - used->highest;

	if (nc > used->highest) {
		used->seen = ahead < WINDOW ? used->seen << ahead | 1 : 1;
		used->highest = nc;
		return true;
	}
	if (back >= WINDOW || used->seen >> back & 1)
		return false;
	used->seen |= UINT64_C(1) << back;
	return true;
}

bool sip_nonces_use(struct sip_nonces *nonces, uint64_t now, struct span nonce, uint32_t nc)
{
	char text[17];
	struct used *used;
	uint64_t made;

	if (!nc || !span_str((struct span){ nonce.p, 16 }, text, sizeof(text)))
		return false;
	made = strtoull(text, NULL, 16);
	used = find(nonces, made);
	if (used)
		return count(used, nc);
	while (nonces->n && (nonces->n >= SIP_NONCES_MAX ||
			     TAILQ_FIRST(&nonces->order)->made + SIP_NONCE_TIME < now))
		forget_first(nonces);
	used = made > nonces->floor ? calloc(1, sizeof(*used)) : NULL;
	if (!used)
		return false;
	used->made = made;
	used->highest = nc;
	used->seen = 1;
	LIST_INSERT_HEAD(&nonces->bucket[bucket_of(made)], used, bucket);
	TAILQ_INSERT_TAIL(&nonces->order, used, order);
	nonces->n++;
	return true;
}
