/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of ban/ share. */
#ifndef BAN_PRIVATE_H
#define BAN_PRIVATE_H

#include "ban.h"

#define BAN_LENGTHS	129

/**
 * struct ban - one of them
 * @next: in its bucket
 * @bans: whose
 * @prefix: whom
 * @ground: why
 * @end: until when
 */
struct ban {
	struct ban *next;
	struct bans *bans;
	struct prefix prefix;
	enum ban_ground ground;
	struct timer end;
};

/**
 * struct watched - a source whose offences are counted
 * @key: its IPv4 address, or the first 64 bits of its IPv6 address
 * @begin: ms, of the window; 0: there is no such source
 * @count: offences in it
 * @kind: of that ground, and whether its address was proven
 * @v6: IPv6
 */
struct watched {
	uint64_t key;
	uint64_t begin;
	uint32_t count;
	uint8_t kind;
	bool v6;
};

/**
 * struct bans - all of them
 * @timers: the loop's
 * @conf: thresholds
 * @ops: who is told
 * @arg: for @ops
 * @secret: nobody can choose addresses that get in each other's way
 * @buckets: of struct ban
 * @mask: how many, less one
 * @count: how many bans
 * @lengths: bans by family (1: IPv6) and by prefix length
 * @watched: sources whose offences are counted; NULL: none yet
 * @counters: since the start
 * @said: lines of the log in this second
 * @second: that
 * @unsaid: lines that were too many
 * @asked: times in this second that it was asked who is established
 * @asked_second: that
 */
struct bans {
	struct timers *timers;
	const struct config_bans *conf;
	struct bans_ops ops;
	void *arg;
	uint64_t secret[2];
	struct ban **buckets;
	size_t mask;
	size_t count;
	uint32_t lengths[2][BAN_LENGTHS];
	struct watched *watched;
	struct bans_counters counters;
	unsigned int said;
	uint64_t second;
	uint64_t unsaid;
	unsigned int asked;
	uint64_t asked_second;
};

/* mixed with the secret: of all that @key and @more say */
uint64_t ban_hash(const struct bans *bans, uint64_t key, uint64_t more);

/* does the configuration allow one of these addresses? */
bool ban_is_allowed(const struct bans *bans, const struct prefix *prefix);

/* do two prefixes have an address in common? */
bool ban_overlap(const struct prefix *a, const struct prefix *b);

#endif /* BAN_PRIVATE_H */
