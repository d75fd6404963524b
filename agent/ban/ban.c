// SPDX-License-Identifier: GPL-2.0
/* The bans: prefixes by hash, one look for each length that there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "private.h"

#define BUCKETS_MIN	64
/* nobody bans half of the world by a slip of the finger */
#define WIDEST_V4	8
#define WIDEST_V6	16
/* lines of the log in a second */
#define LINES_MAX	20

static const char *const names[BAN_GROUNDS] = {
	[BAN_ADMIN] = "admin",
	[BAN_GARBAGE] = "garbage",
	[BAN_DENIED] = "denied",
	[BAN_RATE] = "rate",
	[BAN_DIGEST] = "digest",
	[BAN_SCAN] = "scan",
	[BAN_STUN] = "stun",
};

static const char *const sentences[BAN_GROUNDS] = {
	[BAN_ADMIN] = "on request",
	[BAN_GARBAGE] = "for messages that are no SIP",
	[BAN_DENIED] = "for messages that the ACL refuses",
	[BAN_RATE] = "for more messages than one source may send",
	[BAN_DIGEST] = "for wrong passwords",
	[BAN_SCAN] = "for trying closed media ports",
	[BAN_STUN] = "for STUN without the credentials of a call",
};

const char *ban_ground_name(enum ban_ground ground)
{
	return ground < BAN_GROUNDS ? names[ground] : "?";
}

bool ban_ground_parse(const char *word, enum ban_ground *ground)
{
	unsigned int i;

	for (i = 0; i < BAN_GROUNDS; i++) {
		if (!strcmp(names[i], word)) {
			*ground = (enum ban_ground)i;
			return true;
		}
	}
	return false;
}

/* --------------------------------------------------------------------- prefixes */

static unsigned int bits_of(const struct prefix *prefix)
{
	return prefix->addr.family == AF_INET ? 32 : 128;
}

const char *ban_prefix_str(const struct prefix *prefix, char *buf,
			   size_t len)
{
	struct dp_addr addr = prefix->addr;
	size_t n;

	addr.port = 0;
	dp_addr_str(&addr, buf, len);
	n = strlen(buf);
	if (prefix->len != bits_of(prefix))
		snprintf(buf + n, len - n, "/%u", prefix->len);
	return buf;
}

bool ban_overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_has(a->len <= b->len ? a : b,
				 a->len <= b->len ? &b->addr : &a->addr);
}

bool ban_is_allowed(const struct bans *bans, const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < bans->conf->n_allow; i++)
		if (ban_overlap(&bans->conf->allow[i], prefix))
			return true;
	return false;
}

/* the first @len bits of an address */
static struct prefix cut(const struct dp_addr *addr, unsigned int len)
{
	struct prefix prefix = { .len = len };
	uint8_t *bytes;
	unsigned int i;

	prefix.addr.family = addr->family;
	if (addr->family == AF_INET) {
		prefix.addr.v4 = addr->v4;
		bytes = (uint8_t *)&prefix.addr.v4;
	} else {
		prefix.addr.v6 = addr->v6;
		bytes = prefix.addr.v6.s6_addr;
	}
	if (len % 8)
		bytes[len / 8] &= (uint8_t)(0xff00 >> len % 8);
	for (i = (len + 7) / 8; i < bits_of(&prefix) / 8; i++)
		bytes[i] = 0;
	return prefix;
}

static bool same(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && dp_addr_same_host(&a->addr, &b->addr);
}

/* ------------------------------------------------------------------------- table */

uint64_t ban_hash(const struct bans *bans, uint64_t key, uint64_t more)
{
	unsigned __int128 mixed;

	mixed = (unsigned __int128)(key ^ bans->secret[0]) * (bans->secret[1] | 1);
	key = (uint64_t)mixed ^ (uint64_t)(mixed >> 64) ^ more;
	mixed = (unsigned __int128)(key ^ bans->secret[1]) * (bans->secret[0] | 1);
	return (uint64_t)mixed ^ (uint64_t)(mixed >> 64);
}

static struct ban **bucket_of(const struct bans *bans,
			      const struct prefix *prefix)
{
	uint64_t half[2] = { 0 };
	size_t n = prefix->addr.family == AF_INET ? 4 : 16;

	memcpy(half, &prefix->addr.v6, n);
	half[0] = ban_hash(bans, half[0], half[1]);
	return &bans->buckets[ban_hash(bans, half[0], prefix->len * 2 + (n == 4)) &
			      bans->mask];
}

static struct ban *find(const struct bans *bans,
			const struct prefix *prefix)
{
	struct ban *ban;

	for (ban = *bucket_of(bans, prefix); ban; ban = ban->next)
		if (same(&ban->prefix, prefix))
			return ban;
	return NULL;
}

/* twice as many buckets; without memory it goes on with what there is */
static void grow(struct bans *bans)
{
	struct ban **old = bans->buckets, **fresh, *ban, *next;
	size_t n = bans->mask + 1, i;

	if (bans->count < n)
		return;
	fresh = calloc(n * 2, sizeof(struct ban *));
	if (!fresh)
		return;
	bans->buckets = fresh;
	bans->mask = n * 2 - 1;
	for (i = 0; i < n; i++) {
		for (ban = old[i]; ban; ban = next) {
			struct ban **to = bucket_of(bans, &ban->prefix);

			next = ban->next;
			ban->next = *to;
			*to = ban;
		}
	}
	free(old);
}

static uint32_t *length_of(struct bans *bans, const struct prefix *prefix)
{
	return &bans->lengths[prefix->addr.family == AF_INET6][prefix->len];
}

static struct ban_info info_of(const struct ban *ban)
{
	return (struct ban_info){ ban->prefix, ban->ground,
				  timer_left(&ban->end) };
}

static void forget(struct ban *ban, bool lifted)
{
	struct bans *bans = ban->bans;
	struct ban_info info = info_of(ban);
	struct ban **at = bucket_of(bans, &info.prefix);

	while (*at != ban)
		at = &(*at)->next;
	*at = ban->next;
	bans->count--;
	--*length_of(bans, &info.prefix);
	timer_cancel(&ban->end);
	free(ban);
	if (bans->ops.removed)
		bans->ops.removed(&info, lifted, bans->arg);
}

static void on_end(struct timer *timer, void *arg)
{
	struct ban *ban = arg;

	ban->bans->counters.ended++;
	forget(ban, false);
}

static struct ban *make(struct bans *bans, const struct prefix *prefix)
{
	struct ban *ban, **bucket;

	if (bans->count >= BANS_MAX)
		return NULL;
	ban = calloc(1, sizeof(*ban));
	if (!ban)
		return NULL;
	grow(bans);
	ban->bans = bans;
	ban->prefix = cut(&prefix->addr, prefix->len);
	timer_init(&ban->end, on_end, ban);
	bucket = bucket_of(bans, &ban->prefix);
	ban->next = *bucket;
	*bucket = ban;
	bans->count++;
	++*length_of(bans, &ban->prefix);
	return ban;
}

/* --------------------------------------------------------------------- the ban */

static bool refuse(char *error, const struct prefix *prefix,
		   const char *because)
{
	char text[BAN_PREFIX_STRLEN];

	snprintf(error, CONFIG_ERROR_LEN, "%s is not banned: %s",
		 ban_prefix_str(prefix, text, sizeof(text)), because);
	return false;
}

/* the one that @prefix is within, if there is such a one */
static const struct ban *around(const struct bans *bans,
				const struct prefix *prefix)
{
	bool v6 = prefix->addr.family == AF_INET6;
	struct prefix wider;
	const struct ban *ban;
	unsigned int len;

	for (len = 0; len < prefix->len; len++) {
		if (!bans->lengths[v6][len])
			continue;
		wider = cut(&prefix->addr, len);
		ban = find(bans, &wider);
		if (ban)
			return ban;
	}
	return NULL;
}

/* a wider ban takes the place of those within it */
static void forget_within(struct bans *bans, const struct prefix *prefix)
{
	struct ban *ban, *next;
	size_t i;

	if (prefix->len == bits_of(prefix))
		return;
	for (i = 0; i <= bans->mask; i++) {
		for (ban = bans->buckets[i]; ban; ban = next) {
			next = ban->next;
			if (ban->prefix.len > prefix->len &&
			    ban_overlap(&ban->prefix, prefix))
				forget(ban, true);
		}
	}
}

/* so that a crowd of offenders does not fill the log */
static bool may_say(struct bans *bans)
{
	uint64_t second = bans->timers->now / 1000;

	if (bans->second != second) {
		if (bans->unsaid)
			log_info("%llu more bans were not told one by one",
				 (unsigned long long)bans->unsaid);
		bans->second = second;
		bans->said = 0;
		bans->unsaid = 0;
	}
	if (bans->said == LINES_MAX) {
		bans->unsaid++;
		return false;
	}
	bans->said++;
	return true;
}

static bool check(const struct bans *bans, const struct prefix *prefix,
		  char *error)
{
	char text[BAN_PREFIX_STRLEN], because[128];
	const struct ban *wider;

	if (prefix->len < (prefix->addr.family == AF_INET ? WIDEST_V4 : WIDEST_V6))
		return refuse(error, prefix, "it is too wide; expected /8 or longer of IPv4, /16 or longer of IPv6");
	if (ban_is_allowed(bans, prefix))
		return refuse(error, prefix, "the configuration's bans.allow has it, or a part of it");
	if (bans->ops.own && bans->ops.own(prefix, bans->arg))
		return refuse(error, prefix, "it is an address of ours, or has one in it");
	wider = around(bans, prefix);
	if (!wider)
		return true;
	snprintf(because, sizeof(because), "it is within %s, which is already",
		 ban_prefix_str(&wider->prefix, text, sizeof(text)));
	return refuse(error, prefix, because);
}

bool bans_add(struct bans *bans, const struct prefix *prefix, uint64_t ms,
	      enum ban_ground ground, char *error)
{
	struct prefix exact = cut(&prefix->addr, prefix->len);
	char text[BAN_PREFIX_STRLEN];
	struct ban_info info;
	struct ban *ban;
	bool again;

	if (!check(bans, &exact, error))
		return false;
	if (!ms)
		ms = bans->conf->time * UINT64_C(1000);
	forget_within(bans, &exact);
	ban = find(bans, &exact);
	again = ban;
	if (!ban)
		ban = make(bans, &exact);
	if (!ban) {
		bans->counters.full++;
		return refuse(error, &exact, "there are as many bans as there may be");
	}
	ban->ground = ground;
	timer_set(bans->timers, &ban->end, ms);
	bans->counters.begun[ground]++;
	if (may_say(bans))
		log_info("%s is banned for %llu s %s",
			 ban_prefix_str(&exact, text, sizeof(text)),
			 (unsigned long long)((ms + 999) / 1000),
			 sentences[ground]);
	info = info_of(ban);
	if (bans->ops.added)
		bans->ops.added(&info, again, bans->arg);
	return true;
}

bool bans_del(struct bans *bans, const struct prefix *prefix)
{
	char text[BAN_PREFIX_STRLEN];
	struct ban *ban = find(bans, prefix);

	if (!ban)
		return false;
	log_info("%s is no longer banned: on request",
		 ban_prefix_str(prefix, text, sizeof(text)));
	bans->counters.lifted++;
	forget(ban, true);
	return true;
}

bool bans_has(const struct bans *bans, const struct dp_addr *addr)
{
	struct prefix whole = { .addr = *addr }, prefix;
	unsigned int len;
	bool v6;

	if (!bans || !bans->count)
		return false;
	whole.len = bits_of(&whole);
	v6 = addr->family == AF_INET6;
	for (len = whole.len + 1; len--;) {
		if (!bans->lengths[v6][len])
			continue;
		prefix = cut(addr, len);
		if (find(bans, &prefix))
			return true;
	}
	return false;
}

void bans_each(const struct bans *bans,
	       void (*fn)(const struct ban_info *ban, void *arg), void *arg)
{
	struct ban_info info;
	const struct ban *ban;
	size_t i;

	for (i = 0; i <= bans->mask; i++) {
		for (ban = bans->buckets[i]; ban; ban = ban->next) {
			info = info_of(ban);
			fn(&info, arg);
		}
	}
}

size_t bans_count(const struct bans *bans)
{
	return bans->count;
}

const struct bans_counters *bans_counters(const struct bans *bans)
{
	return &bans->counters;
}

/* ---------------------------------------------------------------- begin and end */

void bans_hear(struct bans *bans, const struct bans_ops *ops, void *arg)
{
	bans->ops = ops ? *ops : (struct bans_ops){ 0 };
	bans->arg = arg;
}

void bans_set(struct bans *bans, const struct config_bans *conf)
{
	char text[BAN_PREFIX_STRLEN];
	struct ban *ban, *next;
	size_t i;

	bans->conf = conf;
	for (i = 0; i <= bans->mask; i++) {
		for (ban = bans->buckets[i]; ban; ban = next) {
			next = ban->next;
			if (!ban_is_allowed(bans, &ban->prefix))
				continue;
			log_info("%s is no longer banned: the configuration allows it",
				 ban_prefix_str(&ban->prefix, text, sizeof(text)));
			bans->counters.lifted++;
			forget(ban, true);
		}
	}
}

struct bans *bans_new(struct timers *timers, const struct config_bans *conf)
{
	struct bans *bans = calloc(1, sizeof(*bans));

	if (!bans)
		return NULL;
	bans->timers = timers;
	bans->conf = conf;
	bans->mask = BUCKETS_MIN - 1;
	bans->buckets = calloc(BUCKETS_MIN, sizeof(struct ban *));
	if (!bans->buckets || getrandom(bans->secret, sizeof(bans->secret), 0) !=
			      (ssize_t)sizeof(bans->secret)) {
		bans_free(bans);
		return NULL;
	}
	return bans;
}

void bans_free(struct bans *bans)
{
	struct ban *ban, *next;
	size_t i;

	if (!bans)
		return;
	for (i = 0; bans->buckets && i <= bans->mask; i++) {
		for (ban = bans->buckets[i]; ban; ban = next) {
			next = ban->next;
			timer_cancel(&ban->end);
			free(ban);
		}
	}
	free(bans->buckets);
	free(bans->watched);
	free(bans);
}
