/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the agent keeps in the host's nftables: who is banned, which places are open, and
 * in a table of its own the rules that go with them.
 *
 * Changes of one turn of the loop go together, in a batch that is done or not; while one
 * is on its way the next gather.  Whatever fails is made good by a batch that says all
 * that there is.  A table that somebody else has removed is made again.
 */
#ifndef NFT_NFT_H
#define NFT_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/loop.h"
#include "config/config.h"

struct nft;

/**
 * struct nft_ban - a ban, as it is kept there
 * @prefix: whom
 * @ms: for how long from now on
 * @why: a word of at most 15 characters, which is there for good
 */
struct nft_ban {
	struct prefix prefix;
	uint64_t ms;
	const char *why;
};

/**
 * struct nft_conf - what it works with; all of it must outlive it
 * @loop: the event loop
 * @config: what the rules are of; a reference is taken
 * @kept: a ban of a former agent was found
 * @scanned: a source has tried so many closed media ports within the configuration's
 *	bans.window; told again as long as that is so.  Its address may be forged
 * @bans: walk all bans that there are now; @fn is to be called for each
 * @arg: for those
 */
struct nft_conf {
	struct loop *loop;
	struct config *config;
	void (*kept)(const struct nft_ban *ban, void *arg);
	void (*scanned)(const struct dp_addr *source, uint32_t ports, void *arg);
	void (*bans)(struct nft *nft,
		     void (*fn)(struct nft *nft, const struct nft_ban *ban),
		     void *arg);
	void *arg;
};

/**
 * struct nft_counters - since the start
 * @batches: that were done
 * @elements: in them, added or removed
 * @failed: batches that were refused
 * @renewed: times that all was made anew, since a batch had failed or a table was gone
 */
struct nft_counters {
	uint64_t batches;
	uint64_t elements;
	uint64_t failed;
	uint64_t renewed;
};

/**
 * nft_new() - begin; waits until all is in place
 * @conf: copied
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes: a table of our name
 *	that is not ours, a set that is not there, no permission
 *
 * Return: to be given to nft_free(); NULL on failure.
 */
struct nft *nft_new(const struct nft_conf *conf, char *error);

/**
 * nft_free() - end; waits until what is to be removed has gone (nftables.on-exit)
 * @nft: NULL is fine
 */
void nft_free(struct nft *nft);

/**
 * nft_may_reload() - could it run by that configuration?
 * @nft: NULL is fine
 * @config: that
 * @error: if not, a sentence, at least CONFIG_ERROR_LEN bytes
 */
bool nft_may_reload(struct nft *nft, const struct config *config, char *error);

/**
 * nft_reload() - another configuration, after nft_may_reload()
 * @nft: NULL is fine
 * @config: that; a reference is taken
 *
 * Waits if the mode or the admin's table is another one, and for nothing otherwise.
 */
void nft_reload(struct nft *nft, struct config *config);

/** nft_is_there() - does this network namespace have a table of an agent's? */
bool nft_is_there(void);

/** nft_ban() - a ban begins, or its time has changed; NULL is fine */
void nft_ban(struct nft *nft, const struct nft_ban *ban);

/** nft_unban() - a ban was lifted before its time; NULL is fine */
void nft_unban(struct nft *nft, const struct prefix *prefix);

/**
 * nft_open() - something is received at this address and port; NULL is fine
 *
 * It is open until nft_close() was called as often.
 */
void nft_open(struct nft *nft, const struct dp_addr *place);

/** nft_close() - it no longer is; NULL is fine */
void nft_close(struct nft *nft, const struct dp_addr *place);

/** nft_open_count() - how many places are open */
size_t nft_open_count(const struct nft *nft);

/** nft_mode() - which mode it runs in; NULL: off */
enum config_nft_mode nft_mode(const struct nft *nft);

/** nft_is_settled() - is all in place, and nothing on its way? */
bool nft_is_settled(const struct nft *nft);

/** nft_counters() - borrowed, counts on */
const struct nft_counters *nft_counters(const struct nft *nft);

#endif /* NFT_NFT_H */
