// SPDX-License-Identifier: GPL-2.0
/* Offences, counted by source and ground in a table of a fixed size. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

#define WATCHED		32768	/* places */
#define WAYS		8	/* places where a source may be */
/* so often in a second it is asked who is established: that walks all calls */
#define ASKED_MAX	20
#define PROVEN		0x80	/* counted apart: nobody can use up another's count */

static uint32_t threshold(const struct bans *bans, enum ban_ground ground)
{
	const struct config_bans *conf = bans->conf;

	switch (ground) {
	case BAN_GARBAGE:
		return conf->garbage;
	case BAN_DENIED:
		return conf->denied;
	case BAN_RATE:
		return conf->rate;
	case BAN_DIGEST:
		return conf->digest;
	case BAN_SCAN:
		return conf->scan;
	case BAN_STUN:
		return conf->stun;
	default:
		return 0;
	}
}

/* who is counted and banned as one: nobody has less of IPv6 than a /64 */
static struct prefix offender(const struct dp_addr *source)
{
	struct prefix prefix = { .addr = *source, .len = 32 };

	prefix.addr.port = 0;
	if (source->family == AF_INET6) {
		memset(&prefix.addr.v6.s6_addr[8], 0, 8);
		prefix.len = 64;
	}
	return prefix;
}

/* its place; if it has none, that of the one whose window began first */
static struct watched *place_of(struct bans *bans,
				const struct prefix *prefix,
				uint8_t kind)
{
	bool v6 = prefix->addr.family == AF_INET6;
	struct watched *at, *found = NULL;
	uint64_t key = 0;
	unsigned int i;

	memcpy(&key, &prefix->addr.v6, v6 ? 8 : 4);
	at = &bans->watched[ban_hash(bans, key, 0) % (WATCHED / WAYS) * WAYS];
	for (i = 0; i < WAYS; i++, at++) {
		if (at->begin && at->key == key && at->v6 == v6 &&
		    at->kind == kind)
			return at;
		if (!found || at->begin < found->begin)
			found = at;
	}
	*found = (struct watched){
		.key = key, .v6 = v6, .kind = kind,
	};
	return found;
}

/*
 * Has it gone too far with that, just now?  Once in a window, so that who is spared is
 * looked at once.
 */
static struct watched *count(struct bans *bans, const struct prefix *prefix,
			     uint8_t kind, uint32_t weight, uint32_t limit)
{
	uint64_t now = bans->timers->now + 1;	/* 0 is nobody's */
	struct watched *at = place_of(bans, prefix, kind);

	if (!at->begin || now - at->begin > bans->conf->window * UINT64_C(1000)) {
		at->begin = now;
		at->count = 0;
	}
	if (at->count >= limit)
		return NULL;
	at->count += weight < limit ? weight : limit;
	return at->count >= limit ? at : NULL;
}

static bool may_ask(struct bans *bans)
{
	uint64_t second = bans->timers->now / 1000;

	if (bans->asked_second != second) {
		bans->asked_second = second;
		bans->asked = 0;
	}
	return bans->asked++ < ASKED_MAX;
}

/* NOT_ASKED: it cannot be known now */
enum verdict { BANNED, SPARED, NOT_ASKED };

static enum verdict judge(struct bans *bans, const struct prefix *prefix,
			  enum ban_ground ground, bool proven)
{
	char text[BAN_PREFIX_STRLEN];

	if (ban_is_allowed(bans, prefix) ||
	    (bans->ops.hop && bans->ops.hop(prefix, bans->arg)))
		return SPARED;
	if (proven || !bans->ops.established)
		return BANNED;
	if (!may_ask(bans)) {
		bans->counters.unasked++;
		return NOT_ASKED;
	}
	if (!bans->ops.established(prefix, bans->arg))
		return BANNED;
	log_debug("%s would be banned (%s), but is a party of ours, and its address may be forged",
		  ban_prefix_str(prefix, text, sizeof(text)),
		  ban_ground_name(ground));
	return SPARED;
}

/* the /64 of our own link is ours too: there he alone is banned */
static struct prefix banned_for(const struct bans *bans, const struct prefix *prefix,
				const struct dp_addr *source)
{
	struct prefix alone = { .addr = *source, .len = 128 };

	alone.addr.port = 0;
	return source->family == AF_INET6 && bans->ops.own &&
	       bans->ops.own(prefix, bans->arg) ? alone : *prefix;
}

bool bans_offence(struct bans *bans, const struct dp_addr *source,
		  enum ban_ground ground, uint32_t weight, bool proven)
{
	struct prefix prefix = offender(source);
	uint32_t limit = bans ? threshold(bans, ground) : 0;
	uint8_t kind = (uint8_t)(ground | (proven ? PROVEN : 0));
	static const uint8_t zeroes[8];
	char error[CONFIG_ERROR_LEN];
	enum verdict verdict;
	struct watched *at;

	if (!limit)
		return false;
	if (!bans->watched)
		bans->watched = calloc(WATCHED, sizeof(*bans->watched));
	at = bans->watched && !bans_has(bans, source) ?
	     count(bans, &prefix, kind, weight, limit) : NULL;
	if (!at)
		return false;
	verdict = judge(bans, &prefix, ground, proven);
	if (verdict != BANNED) {
		bans->counters.spared++;
		/* strangers cannot use up the second's questions for a whole window */
		if (verdict == NOT_ASKED)
			at->count = limit - 1;
		return false;
	}
	at->begin = 0;		/* after its ban it begins anew */
	prefix = banned_for(bans, &prefix, source);
	/* nftables tells scans of IPv6 by the /64, and not whose */
	if (prefix.len == 128 && !memcmp(&prefix.addr.v6.s6_addr[8], zeroes, sizeof(zeroes))) {
		bans->counters.spared++;
		return false;
	}
	return bans_add(bans, &prefix, 0, ground, error);
}
