// SPDX-License-Identifier: GPL-2.0
/* Offences, counted by source and ground in a table of a fixed size. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

#define WATCHED		32768	/* places */
#define WAYS		8	/* places where a source may be */

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
	default:
		return 0;
	}
}

/* who is counted and banned as one: nobody has less of IPv6 than a /64 */
static struct config_prefix offender(const struct dp_addr *source)
{
	struct config_prefix prefix = { .addr = *source, .len = 32 };

	prefix.addr.port = 0;
	if (source->family == AF_INET6) {
		memset(&prefix.addr.v6.s6_addr[8], 0, 8);
		prefix.len = 64;
	}
	return prefix;
}

/* its place; if it has none, that of the one whose window began first */
static struct watched *place_of(struct bans *bans,
				const struct config_prefix *prefix,
				enum ban_ground ground)
{
	bool v6 = prefix->addr.family == AF_INET6;
	struct watched *at, *found = NULL;
	uint64_t key = 0;
	unsigned int i;

	memcpy(&key, &prefix->addr.v6, v6 ? 8 : 4);
	at = &bans->watched[ban_hash(bans, key, 0) % (WATCHED / WAYS) * WAYS];
	for (i = 0; i < WAYS; i++, at++) {
		if (at->begin && at->key == key && at->v6 == v6 &&
		    at->ground == ground)
			return at;
		if (!found || at->begin < found->begin)
			found = at;
	}
	*found = (struct watched){
		.key = key, .v6 = v6, .ground = (uint8_t)ground,
	};
	return found;
}

/* has it gone too far with that?  Then it is counted anew */
static bool count(struct bans *bans, const struct config_prefix *prefix,
		  enum ban_ground ground, uint32_t weight, uint32_t limit)
{
	uint64_t now = bans->timers->now + 1;	/* 0 is nobody's */
	struct watched *at = place_of(bans, prefix, ground);

	if (!at->begin || now - at->begin > bans->conf->window * UINT64_C(1000)) {
		at->begin = now;
		at->count = 0;
	}
	at->count += weight < limit ? weight : limit;
	if (at->count < limit)
		return false;
	at->begin = now;
	at->count = 0;
	return true;
}

static bool is_spared(struct bans *bans, const struct config_prefix *prefix,
		      enum ban_ground ground, bool proven)
{
	char text[BAN_PREFIX_STRLEN];

	if (ban_is_allowed(bans, prefix))
		return true;
	if (proven || !bans->ops.established ||
	    !bans->ops.established(prefix, bans->arg))
		return false;
	log_debug("%s would be banned (%s), but is a party of ours, and its address may be forged",
		  ban_prefix_str(prefix, text, sizeof(text)),
		  ban_ground_name(ground));
	return true;
}

bool bans_offence(struct bans *bans, const struct dp_addr *source,
		  enum ban_ground ground, uint32_t weight, bool proven)
{
	struct config_prefix prefix = offender(source);
	uint32_t limit = bans ? threshold(bans, ground) : 0;
	char error[CONFIG_ERROR_LEN];

	if (!limit)
		return false;
	if (!bans->watched)
		bans->watched = calloc(WATCHED, sizeof(*bans->watched));
	if (!bans->watched || !count(bans, &prefix, ground, weight, limit) ||
	    bans_has(bans, source))
		return false;
	if (is_spared(bans, &prefix, ground, proven)) {
		bans->counters.spared++;
		return false;
	}
	return bans_add(bans, &prefix, 0, ground, error);
}
