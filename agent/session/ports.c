// SPDX-License-Identifier: GPL-2.0
/*
 * Port pairs of an address.
 *
 * Every pair of the range has a slot.  slots[order[0 .. free - 1]] are free, in
 * no order: one is taken at random and the last one moves to its place.  The first
 * @open of these have their sockets open, since to close them and to open others is
 * most of what a call costs; they are taken as soon as there are so many that
 * nobody can guess which.
 * A pair that is given back is closed by the worker that has its sockets, for which
 * nobody waits as long as there are others; then it rests or is free.  Resting pairs are a queue by the time they were given back, which all rest
 * equally long, so only its head is ever looked at.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "ports.h"

#define NONE	UINT32_MAX
/* pairs tried for one call: signalling waits for it */
#define TRIES	64
/* pairs that are closing looked at for one call */
#define CLOSING_LOOKS	8
/* of so many open pairs one can be taken at random; fewer in a small range */
#define CHOICE		256

/** enum slot_state - where a pair is */
enum slot_state { SLOT_FREE, SLOT_USED, SLOT_CLOSING, SLOT_RESTING, SLOT_NOT_OURS };

/**
 * struct slot - a pair of the range
 * @state: where it is
 * @place: index into &ports.order (free)
 * @next: in the queue (resting, closing)
 * @prev: in the queue (resting)
 * @open: its sockets are open (free, resting)
 * @foreign: another program had it (resting)
 * @rests: it has to rest (closing)
 * @left: sockets that are not closed (closing)
 * @until: ms of the clock at which it is free again (resting)
 * @pair: what the caller has (used)
 */
struct slot {
	enum slot_state state;
	uint32_t place;
	uint32_t next;
	uint32_t prev;
	bool open;
	bool foreign;
	bool rests;
	atomic_uint left;
	uint64_t until;
	struct ports_pair pair;
};

/**
 * struct ports - a pool
 * @refs: who hold it
 * @conf: what it was made of
 * @media: holds the sockets
 * @n: pairs in the range
 * @first: the even port of the first
 * @free: free pairs
 * @open: of these, open ones
 * @idle: open pairs that are free or rest
 * @order: numbers of the free slots
 * @rest_head: the pair that has rested longest
 * @rest_tail: the pair that has rested shortest
 * @close_head: of those that are closing, the first to be looked at
 * @close_tail: the last one
 * @n_closing: how many are closing
 * @stats: counters
 * @slots: the pairs
 */
struct ports {
	unsigned int refs;
	struct ports_conf conf;
	struct media *media;
	uint32_t n;
	uint16_t first;
	uint32_t free;
	uint32_t open;
	uint32_t idle;
	uint32_t *order;
	uint32_t rest_head;
	uint32_t rest_tail;
	uint32_t close_head;
	uint32_t close_tail;
	uint32_t n_closing;
	struct ports_stats stats;
	struct slot slots[];
};

static uint64_t boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- where a slot is --- */

static void put_at(struct ports *ports, uint32_t place, uint32_t i)
{
	ports->order[place] = i;
	ports->slots[i].place = place;
}

static void put_free(struct ports *ports, uint32_t i)
{
	uint32_t place = ports->free++;

	ports->slots[i].state = SLOT_FREE;
	if (ports->slots[i].open) {
		if (place != ports->open)
			put_at(ports, place, ports->order[ports->open]);
		place = ports->open++;
	}
	put_at(ports, place, i);
}

static void take_free(struct ports *ports, uint32_t i)
{
	uint32_t place = ports->slots[i].place;

	if (ports->slots[i].open) {
		put_at(ports, place, ports->order[--ports->open]);
		place = ports->open;
	}
	if (place != --ports->free)
		put_at(ports, place, ports->order[ports->free]);
}

static void put_resting(struct ports *ports, uint32_t i, bool foreign)
{
	struct slot *slot = &ports->slots[i];

	slot->foreign = foreign;
	ports->stats.foreign += foreign;
	slot->state = SLOT_RESTING;
	slot->until = ports->conf.clock() + ports->conf.quarantine;
	slot->next = NONE;
	slot->prev = ports->rest_tail;
	if (ports->rest_tail == NONE)
		ports->rest_head = i;
	else
		ports->slots[ports->rest_tail].next = i;
	ports->rest_tail = i;
	ports->stats.quarantined++;
}

static void take_resting(struct ports *ports, uint32_t i)
{
	struct slot *slot = &ports->slots[i];

	if (slot->prev == NONE)
		ports->rest_head = slot->next;
	else
		ports->slots[slot->prev].next = slot->next;
	if (slot->next == NONE)
		ports->rest_tail = slot->prev;
	else
		ports->slots[slot->next].prev = slot->prev;
	ports->stats.foreign -= slot->foreign;
	ports->stats.quarantined--;
}

static void put_closing(struct ports *ports, uint32_t i)
{
	ports->slots[i].state = SLOT_CLOSING;
	ports->slots[i].next = NONE;
	if (ports->n_closing++)
		ports->slots[ports->close_tail].next = i;
	else
		ports->close_head = i;
	ports->close_tail = i;
}

/* of @n that are closing: those that are closed rest, or are free */
static void end_closing(struct ports *ports, uint32_t n)
{
	struct slot *slot;
	uint32_t i;

	for (n = n < ports->n_closing ? n : ports->n_closing; n; n--) {
		i = ports->close_head;
		slot = &ports->slots[i];
		ports->close_head = slot->next;
		ports->n_closing--;
		/* with a worker that does not answer: others are not to wait for it */
		if (atomic_load(&slot->left)) {
			put_closing(ports, i);
			continue;
		}
		/* nobody holds the pool: it ends, and what was open has its place already */
		if (!ports->refs)
			continue;
		ports->stats.quarantined -= slot->rests;
		if (slot->rests)
			put_resting(ports, i, false);
		else
			put_free(ports, i);
	}
}

/* wait for those that are closing */
static void settle(struct ports *ports)
{
	if (!ports->n_closing)
		return;
	media_settle(ports->media);
	end_closing(ports, ports->n_closing);
}

/* pairs that are closed, or have rested long enough, are free */
static void end_rest(struct ports *ports)
{
	uint64_t now;
	uint32_t i;

	end_closing(ports, CLOSING_LOOKS);
	if (ports->rest_head == NONE)
		return;
	now = ports->conf.clock();
	while ((i = ports->rest_head) != NONE && ports->slots[i].until <= now) {
		take_resting(ports, i);
		put_free(ports, i);
	}
}

/* --- sockets --- */

static int reopen(struct ports *ports, struct slot *slot)
{
	slot->open = false;
	ports->idle--;
	media_rouse(slot->pair.rtp_sock, &slot->pair);
	media_rouse(slot->pair.rtcp_sock, &slot->pair);
	return 0;
}

static int open_both(struct ports *ports, struct ports_pair *pair,
		     struct dp_err *err)
{
	uint8_t tos = (uint8_t)(ports->conf.dscp << 2);
	int ret;

	ret = media_open(ports->media, &pair->rtp_sock, &pair->rtp, tos, pair,
			 err);
	if (ret)
		return ret;
	ret = media_open(ports->media, &pair->rtcp_sock, &pair->rtcp, tos, pair,
			 err);
	if (ret)
		media_del(pair->rtp_sock);
	return ret;
}

/* bind both ports of a slot that is in no list; 0 or -errno */
static int use(struct ports *ports, uint32_t i, void *user, struct dp_err *err)
{
	struct slot *slot = &ports->slots[i];
	struct ports_pair *pair = &slot->pair;
	int ret;

	pair->pool = ports;
	pair->user = user;
	pair->rtp = ports->conf.addr;
	pair->rtp.port = (uint16_t)(ports->first + 2 * i);
	pair->rtcp = pair->rtp;
	pair->rtcp.port++;
	ret = slot->open ? reopen(ports, slot) : open_both(ports, pair, err);
	if (ret)
		return ret;
	slot->state = SLOT_USED;
	ports->stats.used++;
	return 0;
}

/* --- the caller's side --- */

static int check_conf(const struct ports_conf *conf, struct dp_err *err)
{
	char text[DP_ADDR_STRLEN];
	uint32_t lo = conf->lo + (conf->lo & 1u);

	if (!conf->addr.family)
		return dp_fail(err, EINVAL,
			       "a port range without an address: expected IPv4 or IPv6");
	if (!conf->lo || lo + 1 > conf->hi)
		return dp_fail(err, EINVAL,
			       "port range %u-%u of %s holds no pair of an even and the odd port above",
			       conf->lo, conf->hi,
			       dp_addr_str(&conf->addr, text, sizeof(text)));
	if (conf->dscp > 63)
		return dp_fail(err, EINVAL, "DSCP %u: expected 0 to 63",
			       conf->dscp);
	return 0;
}

int ports_new(struct ports **ports, const struct ports_conf *conf,
	      struct media *media, struct dp_err *err)
{
	struct ports *new;
	uint16_t first;
	uint32_t n;
	uint32_t i;
	int ret;

	ret = check_conf(conf, err);
	if (ret)
		return ret;
	first = (uint16_t)(conf->lo + (conf->lo & 1));
	n = (conf->hi + 1u - first) / 2;
	new = calloc(1, sizeof(*new) + n * sizeof(new->slots[0]));
	if (new)
		new->order = calloc(n, sizeof(*new->order));
	if (!new || !new->order) {
		free(new);
		return dp_fail(err, ENOMEM, "no memory for %u port pairs", n);
	}
	new->refs = 1;
	new->conf = *conf;
	new->conf.addr.port = 0;
	if (!conf->clock)
		new->conf.clock = boottime;
	new->media = media;
	new->n = n;
	new->first = first;
	new->rest_head = NONE;
	new->rest_tail = NONE;
	new->stats.pairs = n;
	for (i = 0; i < n; i++) {
		if (conf->except == first + 2 * i || conf->except == first + 2 * i + 1) {
			new->slots[i].state = SLOT_NOT_OURS;
			new->stats.pairs--;
			continue;
		}
		put_free(new, i);
	}
	*ports = new;
	return 0;
}

struct ports *ports_ref(struct ports *ports)
{
	ports->refs++;
	return ports;
}

static int exhausted(struct ports *ports, uint32_t reserve, struct dp_err *err)
{
	const struct ports_stats *stats = &ports->stats;
	char text[DP_ADDR_STRLEN];
	char foreign[48] = "";
	char kept[48] = "";

	ports->stats.exhausted++;
	if (stats->foreign)
		snprintf(foreign, sizeof(foreign),
			 ", %u are held by other programs", stats->foreign);
	if (ports->free > reserve)
		snprintf(kept, sizeof(kept), ", %u were not tried any more",
			 ports->free);
	else if (ports->free)
		snprintf(kept, sizeof(kept),
			 ", %u are kept for who is known", ports->free);
	return dp_fail(err, ENOSPC,
		       "no port pair is left on %s: of %u in %u-%u, %u are in use and %u rest%s%s",
		       dp_addr_str(&ports->conf.addr, text, sizeof(text)),
		       ports->n, ports->conf.lo, ports->conf.hi, stats->used,
		       stats->quarantined - stats->foreign, foreign, kept);
}

/* a place among the free ones */
static uint32_t choice(const struct ports *ports)
{
	uint32_t enough = ports->n / 2 < CHOICE ? ports->n / 2 : CHOICE;

	if (ports->open && ports->open >= enough)
		return random_below(ports->open);
	if (ports->open == ports->free)
		return random_below(ports->free);
	return ports->open + random_below(ports->free - ports->open);
}

/* there is no descriptor left for others */
static struct ports_pair *get_open(struct ports *ports, void *user)
{
	uint32_t i = ports->order[random_below(ports->open)];

	take_free(ports, i);
	use(ports, i, user, NULL);
	return &ports->slots[i].pair;
}

static struct ports_pair *get(struct ports *ports, uint32_t reserve, void *user,
			      struct dp_err *err)
{
	unsigned int tries = TRIES;
	uint32_t i;
	int ret;

	end_rest(ports);
	if (ports->free <= reserve && ports->n_closing) {
		settle(ports);
		end_rest(ports);
	}
	while (ports->free > reserve && tries--) {
		i = ports->order[choice(ports)];
		take_free(ports, i);
		ret = use(ports, i, user, err);
		if (!ret)
			return &ports->slots[i].pair;
		if (ret != -EADDRINUSE) {
			put_free(ports, i);
			return ret == -EMFILE && ports->open ?
			       get_open(ports, user) : NULL;
		}
		/* another program's: look again later, not with every call */
		ports->stats.busy++;
		put_resting(ports, i, true);
	}
	exhausted(ports, reserve, err);
	return NULL;
}

struct ports_pair *ports_get(struct ports *ports, void *user,
			     struct dp_err *err)
{
	return get(ports, ports->conf.reserve, user, err);
}

struct ports_pair *ports_get_known(struct ports *ports, void *user,
				   struct dp_err *err)
{
	return get(ports, 0, user, err);
}

struct ports_pair *ports_claim(struct ports *ports, uint16_t port, void *user,
			       struct dp_err *err)
{
	char text[DP_ADDR_STRLEN];
	struct slot *slot;
	uint32_t i;

	if (port < ports->first || (i = (port - ports->first) / 2u) >= ports->n) {
		dp_fail(err, ERANGE, "port %u is not in the range %u-%u of %s",
			port, ports->conf.lo, ports->conf.hi,
			dp_addr_str(&ports->conf.addr, text, sizeof(text)));
		return NULL;
	}
	slot = &ports->slots[i];
	if (slot->state == SLOT_CLOSING)
		settle(ports);
	if (slot->state == SLOT_USED || slot->state == SLOT_CLOSING ||
	    slot->state == SLOT_NOT_OURS) {
		dp_fail(err, EBUSY, "port %u of %s is in use already", port,
			dp_addr_str(&ports->conf.addr, text, sizeof(text)));
		return NULL;
	}
	if (slot->state == SLOT_FREE)
		take_free(ports, i);
	else
		take_resting(ports, i);
	if (!use(ports, i, user, err))
		return &slot->pair;
	put_resting(ports, i, true);
	return NULL;
}

/* nobody waits for its worker, which closes both */
static void close_later(struct ports *ports, struct slot *slot)
{
	struct ports_pair *pair = &slot->pair;
	struct media_sock *socks[2] = { pair->rtp_sock, pair->rtcp_sock };

	pair->rtp_sock = NULL;
	pair->rtcp_sock = NULL;
	slot->open = false;
	atomic_store(&slot->left, 2);
	put_closing(ports, (uint32_t)(slot - ports->slots));
	media_del_later(socks[0], &slot->left);
	media_del_later(socks[1], &slot->left);
}

/* both stay open for who is next */
static bool keep_open(struct ports *ports, struct slot *slot)
{
	struct ports_pair *pair = &slot->pair;

	if (ports->idle >= ports->conf.idle || !media_rest(pair->rtp_sock))
		return false;
	if (!media_rest(pair->rtcp_sock)) {
		media_rouse(pair->rtp_sock, pair);
		return false;
	}
	ports->idle++;
	slot->open = true;
	return true;
}

void ports_free(struct ports *ports)
{
	struct slot *slot;

	if (!ports || --ports->refs)
		return;
	for (slot = ports->slots; slot < ports->slots + ports->n; slot++)
		if (slot->state == SLOT_USED || slot->open)
			close_later(ports, slot);
	settle(ports);
	/* a worker that does not answer may still say that one is closed */
	if (ports->n_closing)
		return;
	free(ports->order);
	free(ports);
}

static void put(struct ports_pair *pair, bool rests)
{
	struct ports *ports = pair->pool;
	uint32_t i = (uint32_t)(pair->rtp.port - ports->first) / 2;
	struct slot *slot = &ports->slots[i];

	ports->stats.used--;
	slot->rests = rests;
	if (!keep_open(ports, slot)) {
		ports->stats.quarantined += rests;
		close_later(ports, slot);
		end_closing(ports, CLOSING_LOOKS);
	} else if (rests) {
		put_resting(ports, i, false);
	} else {
		put_free(ports, i);
	}
}

void ports_put(struct ports_pair *pair)
{
	if (pair)
		put(pair, true);
}

void ports_put_unused(struct ports_pair *pair)
{
	if (pair)
		put(pair, false);
}

void ports_stats(struct ports *ports, struct ports_stats *stats)
{
	end_rest(ports);
	*stats = ports->stats;
	stats->next = 0;
	if (!ports->free && ports->rest_head != NONE)
		stats->next = ports->slots[ports->rest_head].until -
			      ports->conf.clock();
}

const struct ports_conf *ports_conf(const struct ports *ports)
{
	return &ports->conf;
}
