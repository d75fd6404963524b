/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who is shut out, why, and until when.  A source is banned by an admin, or for what it
 * did: offences are counted by source, and too many within a while are a ban.
 *
 * Source addresses can be forged.  What is said in a single datagram is no proof that
 * its source said it: such an offence bans nobody who is a party of a call or known in
 * another way, and never an address that the configuration allows.
 *
 * Everything is bounded: bans, and the sources whose offences are counted.
 */
#ifndef BAN_BAN_H
#define BAN_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/timer.h"
#include "config/config.h"

struct bans;

/** BANS_MAX - so many at once; what would be one more is not banned, but counted */
#define BANS_MAX	100000u

/**
 * enum ban_ground - why
 * @BAN_ADMIN: somebody said so
 * @BAN_GARBAGE: messages that are no SIP
 * @BAN_DENIED: messages that the ACL refuses
 * @BAN_RATE: more messages than one source may send
 * @BAN_DIGEST: wrong passwords
 * @BAN_SCAN: tried closed media ports
 * @BAN_STUN: STUN at media ports of calls that are not its own
 * @BAN_GROUNDS: how many there are
 */
enum ban_ground {
	BAN_ADMIN,
	BAN_GARBAGE,
	BAN_DENIED,
	BAN_RATE,
	BAN_DIGEST,
	BAN_SCAN,
	BAN_STUN,
	BAN_GROUNDS
};

/**
 * struct ban_info - a ban, as it is told
 * @prefix: whom; the port is 0
 * @ground: why
 * @left: ms that it lasts from now on
 */
struct ban_info {
	struct prefix prefix;
	enum ban_ground ground;
	uint64_t left;
};

/**
 * struct bans_ops - who is told; all may be NULL
 * @added: a ban begins; or its end has moved (@again)
 * @removed: a ban was lifted; one that has come to its end (@lifted false) has gone
 *	everywhere by itself, and nothing of it is left
 * @own: is one of these addresses ours?  It cannot be banned, by nobody
 * @hop: is one of these a next hop's, or another's whom the configuration names?  What it
 *	does bans it never, however surely it is there; an admin may
 * @established: does a call, a registration or a trunk of ours live at one of these
 *	addresses?
 */
struct bans_ops {
	void (*added)(const struct ban_info *ban, bool again, void *arg);
	void (*removed)(const struct ban_info *ban, bool lifted, void *arg);
	bool (*own)(const struct prefix *prefix, void *arg);
	bool (*hop)(const struct prefix *prefix, void *arg);
	bool (*established)(const struct prefix *prefix, void *arg);
};

/**
 * struct bans_counters - since the start
 * @begun: bans by ground
 * @lifted: by an admin
 * @ended: by their time
 * @spared: offenders that were not banned since they are allowed or next hops, or
 *	established and their address was not proven
 * @unasked: offenders that were not banned since there were too many in this second to
 *	see who is established
 * @full: what would have been one ban too many
 */
struct bans_counters {
	uint64_t begun[BAN_GROUNDS];
	uint64_t lifted;
	uint64_t ended;
	uint64_t spared;
	uint64_t unasked;
	uint64_t full;
};

/**
 * bans_new() - nobody is banned
 * @timers: the loop's
 * @conf: thresholds; must live until bans_set() gives others
 *
 * Return: to be given to bans_free(); NULL without memory.
 */
struct bans *bans_new(struct timers *timers, const struct config_bans *conf);

/** bans_free() - forget all of them, and tell nobody; NULL is fine */
void bans_free(struct bans *bans);

/**
 * bans_hear() - who is told from now on
 * @bans: the bans
 * @ops: copied; NULL: nobody
 * @arg: for @ops
 */
void bans_hear(struct bans *bans, const struct bans_ops *ops, void *arg);

/**
 * bans_set() - other thresholds
 * @bans: the bans
 * @conf: must live until the next
 *
 * Whoever is allowed now is banned no longer.
 */
void bans_set(struct bans *bans, const struct config_bans *conf);

/**
 * bans_has() - is this address banned?
 * @bans: NULL: nobody is
 * @addr: the address; its port does not matter
 */
bool bans_has(const struct bans *bans, const struct dp_addr *addr);

/**
 * bans_add() - ban a prefix
 * @bans: the bans
 * @prefix: whom
 * @ms: for how long, 0: as configured
 * @ground: why
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * One that is banned already is banned for @ms from now on.  Smaller bans within it go.
 *
 * Return: false if it cannot be: it is allowed, too wide, or within another.
 */
bool bans_add(struct bans *bans, const struct prefix *prefix, uint64_t ms,
	      enum ban_ground ground, char *error);

/**
 * bans_del() - lift a ban
 * @bans: the bans
 * @prefix: whose, exactly
 *
 * Return: false if there is none.
 */
bool bans_del(struct bans *bans, const struct prefix *prefix);

/**
 * bans_each() - walk them
 * @bans: the bans
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 */
void bans_each(const struct bans *bans,
	       void (*fn)(const struct ban_info *ban, void *arg), void *arg);

/** bans_count() - how many there are now */
size_t bans_count(const struct bans *bans);

/** bans_counters() - borrowed, counts on */
const struct bans_counters *bans_counters(const struct bans *bans);

/**
 * bans_offence() - a source did something
 * @bans: NULL: nothing happens
 * @source: its address.  IPv6 is counted and banned by /64, by the address where
 *	that has one of ours
 * @ground: what; not BAN_ADMIN
 * @weight: how often
 * @proven: it is surely there: it has shaken hands (TCP, a nonce of ours)
 *
 * Return: true if that was one too many and it is banned now.
 */
bool bans_offence(struct bans *bans, const struct dp_addr *source,
		  enum ban_ground ground, uint32_t weight, bool proven);

/** ban_ground_name() - word for a ground; static string */
const char *ban_ground_name(enum ban_ground ground);

/**
 * ban_ground_parse() - the ground of a word
 * @word: as ban_ground_name() says it
 * @ground: filled
 *
 * Return: false if it is none.
 */
bool ban_ground_parse(const char *word, enum ban_ground *ground);

/** BAN_PREFIX_STRLEN - room for the text of a prefix and its NUL */
#define BAN_PREFIX_STRLEN	(INET6_ADDRSTRLEN + sizeof("/128"))

/**
 * ban_prefix_str() - text of a prefix; of a whole address without its length
 * @prefix: the prefix
 * @buf: filled
 * @len: bytes of @buf; BAN_PREFIX_STRLEN is always enough
 *
 * Return: @buf.
 */
const char *ban_prefix_str(const struct prefix *prefix, char *buf,
			   size_t len);

#endif /* BAN_BAN_H */
