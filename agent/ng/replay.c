// SPDX-License-Identifier: GPL-2.0
/* Replies by sender and request, in the order of their age. */
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "replay.h"

/* of some hundred thousand replies of a minute; untouched memory is none */
#define BUCKETS	(1 << 18)

/**
 * struct kept - a reply
 * @bucket: in its bucket
 * @age: among all, oldest first
 * @from: who asked
 * @hash: of the sender and the whole request
 * @n_request: bytes of the request
 * @until: ms, when it is forgotten
 * @n: bytes of the reply
 * @text: the reply
 */
struct kept {
	LIST_ENTRY(kept) bucket;
	TAILQ_ENTRY(kept) age;
	struct dp_addr from;
	uint64_t hash;
	size_t n_request;
	uint64_t until;
	size_t n;
	char text[];
};

/**
 * struct ng_replay - all of them
 * @timers: whose clock
 * @timer: set while there are some
 * @max: bytes that they may take
 * @bytes: that they take
 * @count: how many
 * @seed: so that nobody can aim at a bucket
 * @age: oldest first
 * @bucket: by hash
 */
struct ng_replay {
	struct timers *timers;
	struct timer timer;
	size_t max;
	size_t bytes;
	size_t count;
	uint64_t seed[2];
	TAILQ_HEAD(, kept) age;
	LIST_HEAD(, kept) bucket[BUCKETS];
};

static size_t size_of(const struct kept *kept)
{
	return sizeof(*kept) + kept->n;
}

static void forget(struct ng_replay *replay, struct kept *kept)
{
	LIST_REMOVE(kept, bucket);
	TAILQ_REMOVE(&replay->age, kept, age);
	replay->bytes -= size_of(kept);
	replay->count--;
	explicit_bzero(kept->text, kept->n);	/* with keys in it */
	free(kept);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct ng_replay *replay = arg;
	struct kept *kept;

	while ((kept = TAILQ_FIRST(&replay->age)) &&
	       kept->until <= replay->timers->now)
		forget(replay, kept);
	if (kept)
		timer_set(replay->timers, timer,
			  kept->until - replay->timers->now);
}

struct ng_replay *ng_replay_new(struct timers *timers, size_t bytes)
{
	struct ng_replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		return NULL;
	replay->timers = timers;
	replay->max = bytes;
	timer_init(&replay->timer, on_timer, replay);
	TAILQ_INIT(&replay->age);
	if (getrandom(replay->seed, sizeof(replay->seed), 0) < 0)
		abort();	/* does not fail for so few bytes */
	return replay;
}

void ng_replay_free(struct ng_replay *replay)
{
	struct kept *kept;

	if (!replay)
		return;
	timer_cancel(&replay->timer);
	while ((kept = TAILQ_FIRST(&replay->age)))
		forget(replay, kept);
	free(replay);
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ (h >> 32);
}

/* eight bytes at a time, begun with what nobody knows and mixed with more of it */
static uint64_t hash(const struct ng_replay *replay, const struct dp_addr *from,
		     struct span request)
{
	const uint8_t *p = (const uint8_t *)&from->v6;
	uint64_t h = replay->seed[0] ^ from->port, word[2] = { 0 };
	size_t i;

	memcpy(word, p, from->family == AF_INET ? 4 : 16);
	h = mix(mix(h, word[0]), word[1]);
	for (i = 0; i + 8 <= request.n; i += 8) {
		memcpy(word, request.p + i, 8);
		h = mix(h, word[0]);
	}
	word[0] = 0;
	memcpy(word, request.p + i, request.n - i);
	return mix(mix(h, word[0]), replay->seed[1]);
}

/* the reply begins with the request's cookie and its blank */
static bool is_cookie(const struct kept *kept, struct span request)
{
	const char *blank = span_chr(request, ' ');
	size_t n = blank ? (size_t)(blank - request.p) + 1 : request.n;

	return n <= kept->n && !memcmp(kept->text, request.p, n);
}

static struct kept *find(const struct ng_replay *replay, uint64_t h,
			 const struct dp_addr *from, struct span request)
{
	struct kept *kept;

	LIST_FOREACH(kept, &replay->bucket[h % BUCKETS], bucket)
		if (kept->hash == h && kept->n_request == request.n &&
		    dp_addr_eq(&kept->from, from) && is_cookie(kept, request))
			return kept;
	return NULL;
}

struct span ng_replay_find(const struct ng_replay *replay,
			   const struct dp_addr *from, struct span request)
{
	struct kept *kept = find(replay, hash(replay, from, request), from,
				 request);

	if (!kept || kept->until <= replay->timers->now)
		return (struct span){ NULL, 0 };
	return (struct span){ kept->text, kept->n };
}

static void make_room(struct ng_replay *replay, size_t bytes)
{
	struct kept *kept;

	while (replay->bytes + bytes > replay->max &&
	       (kept = TAILQ_FIRST(&replay->age)))
		forget(replay, kept);
}

void ng_replay_keep(struct ng_replay *replay, const struct dp_addr *from,
		    struct span request, struct span reply)
{
	struct kept *kept = malloc(sizeof(*kept) + reply.n);

	if (!kept)
		return;
	*kept = (struct kept){
		.from = *from,
		.hash = hash(replay, from, request),
		.n_request = request.n,
		.until = replay->timers->now + NG_REPLAY_MS,
		.n = reply.n,
	};
	memcpy(kept->text, reply.p, reply.n);
	make_room(replay, size_of(kept));
	LIST_INSERT_HEAD(&replay->bucket[kept->hash % BUCKETS], kept, bucket);
	TAILQ_INSERT_TAIL(&replay->age, kept, age);
	replay->bytes += size_of(kept);
	replay->count++;
	if (!timer_is_set(&replay->timer))
		timer_set(replay->timers, &replay->timer, NG_REPLAY_MS);
}

size_t ng_replay_count(const struct ng_replay *replay)
{
	return replay->count;
}
