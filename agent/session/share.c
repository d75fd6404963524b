// SPDX-License-Identifier: GPL-2.0
/* A port that calls share: their numbers, and where their parties are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/siphash.h"
#include "share.h"

#define BUCKETS		4096

/**
 * struct place - a call at the port
 * @pair: what the caller has
 * @remotes: addresses of its party, the last one first
 * @n: how many
 * @used: that which media goes to, or NULL
 * @refused: the address that it was refused last
 */
struct place {
	struct ports_pair pair;
	TAILQ_HEAD(remotes_head, remote) remotes;
	unsigned int n;
	struct remote *used;
	struct dp_addr refused;
};

/**
 * struct remote - an address of a call's party
 * @bucket: in the table
 * @entry: in its call's list
 * @addr: the address
 * @of: the call
 */
struct remote {
	LIST_ENTRY(remote) bucket;
	TAILQ_ENTRY(remote) entry;
	struct dp_addr addr;
	struct place *of;
};

/**
 * struct share - the port
 * @refs: who hold it
 * @head: its address and socket; media_sock_user() is this
 * @key: of the table
 * @stats: counters
 * @place: by number
 * @table: addresses
 */
struct share {
	unsigned int refs;
	struct ports_pair head;
	uint64_t key[2];
	struct share_stats stats;
	struct place *place[DP_CALL_MAX + 1];
	LIST_HEAD(, remote) table[BUCKETS];
};

static struct place *place_of(const struct ports_pair *pair)
{
	return (struct place *)((char *)pair - offsetof(struct place, pair));
}

int share_new(struct share **share, const struct dp_addr *local, uint8_t dscp,
	      struct media *media, struct dp_err *err)
{
	struct share *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for a port that calls share");
	new->refs = 1;
	new->head.share = new;
	new->head.rtp = *local;
	new->head.rtcp = *local;
	arc4random_buf(new->key, sizeof(new->key));
	ret = media_open(media, &new->head.rtp_sock, local, (uint8_t)(dscp << 2), &new->head,
			 err);
	if (ret) {
		free(new);
		return ret;
	}
	new->head.rtcp_sock = new->head.rtp_sock;
	*share = new;
	return 0;
}

struct share *share_ref(struct share *share)
{
	if (share)
		share->refs++;
	return share;
}

void share_free(struct share *share)
{
	unsigned int i;

	if (!share || --share->refs)
		return;
	for (i = 1; i <= DP_CALL_MAX; i++)
		if (share->place[i])
			share_put(&share->place[i]->pair);
	media_del(share->head.rtp_sock);
	free(share);
}

const struct dp_addr *share_local(const struct share *share)
{
	return &share->head.rtp;
}

/* --- numbers --- */

static struct ports_pair *take(struct share *share, unsigned int call, void *user,
			       struct dp_err *err)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place) {
		dp_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	place->pair = share->head;
	place->pair.rtp.call = (uint16_t)call;
	place->pair.rtcp.call = (uint16_t)call;
	place->pair.user = user;
	TAILQ_INIT(&place->remotes);
	share->place[call] = place;
	share->stats.calls++;
	return &place->pair;
}

struct ports_pair *share_get(struct share *share, void *user, struct dp_err *err)
{
	char text[DP_ADDR_STRLEN];
	unsigned int call;

	if (share->stats.calls >= SHARE_CALLS_MAX) {
		dp_fail(err, ENOSPC, "%u calls share %s: there is no room for more",
			share->stats.calls, dp_addr_str(&share->head.rtp, text, sizeof(text)));
		return NULL;
	}
	/* half of them are free: two tries on average, at worst */
	do {
		call = 1 + arc4random_uniform(DP_CALL_MAX);
	} while (share->place[call]);
	return take(share, call, user, err);
}

struct ports_pair *share_claim(struct share *share, uint16_t call, struct dp_err *err)
{
	char text[DP_ADDR_STRLEN];

	if (call && call <= DP_CALL_MAX && !share->place[call] &&
	    share->stats.calls < SHARE_CALLS_MAX)
		return take(share, call, NULL, err);
	dp_fail(err, EBUSY, "call %u at %s is in use already", call,
		dp_addr_str(&share->head.rtp, text, sizeof(text)));
	return NULL;
}

static void drop(struct share *share, struct remote *r)
{
	struct place *place = r->of;

	if (place->used == r)
		place->used = NULL;
	TAILQ_REMOVE(&place->remotes, r, entry);
	LIST_REMOVE(r, bucket);
	place->n--;
	share->stats.remotes--;
	free(r);
}

void share_put(struct ports_pair *pair)
{
	struct place *place = place_of(pair);
	struct share *share = pair->share;

	while (!TAILQ_EMPTY(&place->remotes))
		drop(share, TAILQ_FIRST(&place->remotes));
	share->place[pair->rtp.call] = NULL;
	share->stats.calls--;
	free(place);
}

struct ports_pair *share_call(const struct share *share, unsigned int call)
{
	struct place *place = call && call <= DP_CALL_MAX ? share->place[call] : NULL;

	return place ? &place->pair : NULL;
}

/* --- addresses --- */

static size_t bucket_of(const struct share *share, const struct dp_addr *addr)
{
	struct siphash h;

	siphash_begin(&h, share->key);
	siphash_add(&h, &addr->port, sizeof(addr->port));
	if (addr->family == AF_INET)
		siphash_add(&h, &addr->v4, sizeof(addr->v4));
	else
		siphash_add(&h, &addr->v6, sizeof(addr->v6));
	return siphash_end(&h) % BUCKETS;
}

static struct remote *find(const struct share *share, const struct dp_addr *addr)
{
	struct remote *r;

	LIST_FOREACH(r, &share->table[bucket_of(share, addr)], bucket)
		if (dp_addr_eq(&r->addr, addr))
			return r;
	return NULL;
}

struct ports_pair *share_at(const struct share *share, const struct dp_addr *remote)
{
	const struct remote *r = find(share, remote);

	return r ? &r->of->pair : NULL;
}

/* the one that was written down first of those that are not used makes room */
static void make_room(struct share *share, struct place *place)
{
	struct remote *r = TAILQ_LAST(&place->remotes, remotes_head);

	if (place->n < SHARE_REMOTES_MAX)
		return;
	if (r == place->used)
		r = TAILQ_PREV(r, remotes_head, entry);
	drop(share, r);
}

static struct remote *write_down(struct place *place, const struct dp_addr *addr)
{
	struct share *share = place->pair.share;
	struct remote *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	make_room(share, place);
	r->addr = *addr;
	r->of = place;
	LIST_INSERT_HEAD(&share->table[bucket_of(share, addr)], r, bucket);
	TAILQ_INSERT_HEAD(&place->remotes, r, entry);
	place->n++;
	share->stats.remotes++;
	return r;
}

/* NULL if another call uses it, or without memory */
static struct remote *get(struct place *place, const struct dp_addr *addr)
{
	struct share *share = place->pair.share;
	struct remote *r = find(share, addr);

	if (r && r->of == place)
		return r;
	if (r && r->of->used == r) {
		place->refused = *addr;
		share->stats.refused++;
		return NULL;
	}
	if (r)
		drop(share, r);
	return write_down(place, addr);
}

bool share_is_at(struct ports_pair *pair, const struct dp_addr *remote)
{
	return get(place_of(pair), remote);
}

bool share_use(struct ports_pair *pair, const struct dp_addr *remote)
{
	struct place *place = place_of(pair);

	place->used = NULL;
	if (!remote)
		return true;
	place->used = get(place, remote);
	return place->used;
}

bool share_uses(const struct ports_pair *pair, const struct dp_addr *remote)
{
	const struct place *place = place_of(pair);

	return place->used && dp_addr_eq(&place->used->addr, remote);
}

const struct dp_addr *share_refused(const struct ports_pair *pair)
{
	return &place_of(pair)->refused;
}

void share_stranger(struct share *share)
{
	share->stats.strangers++;
}

void share_stats(struct share *share, struct share_stats *stats)
{
	const struct media_counts *counts = media_sock_counts(share->head.rtp_sock);

	*stats = share->stats;
	stats->media = counts->packets[MEDIA_RTP] + counts->packets[MEDIA_RTCP];
}
