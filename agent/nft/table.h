/* SPDX-License-Identifier: GPL-2.0 */
/* The table inet rtplane: its chains and rules by the configuration.  Private to nft/. */
#ifndef NFT_TABLE_H
#define NFT_TABLE_H

#include "batch.h"
#include "sets.h"

/** NFT_MARK - comment of the table: who made it */
#define NFT_MARK	"kept by rtplaned"

/** nft_own_place - of our own table */
extern const struct nft_place nft_own_place;

/** nft_table_drop() - remove our table and all in it, if it is there */
void nft_table_drop(struct nft_batch *batch);

/**
 * nft_table_make() - make it, with empty sets
 * @batch: the batch
 * @config: what the rules are of
 *
 * Port maps (maps.h) are not among it. Bans hold before all else, at the devices of the realms (those that are there) and
 * again for all others; then each place of the configuration.
 */
void nft_table_make(struct nft_batch *batch, const struct config *config);

/** nft_table_devices() - a number that changes when a device of the realms comes or goes */
uint64_t nft_table_devices(const struct config *config);

/**
 * struct nft_table_info - a table, as the kernel tells of it
 * @found: there is one
 * @ours: it has our mark
 * @handle: its number; another table of that name has another
 */
struct nft_table_info {
	bool found;
	bool ours;
	uint64_t handle;
};

struct nft_ask;

/** nft_ask_new() - a socket for questions; NULL with a sentence in @error */
struct nft_ask *nft_ask_new(char *error);

/** nft_ask_free() - NULL is fine */
void nft_ask_free(struct nft_ask *ask);

/**
 * nft_ask_table() - what is that table?  No lock of nftables is waited for
 * @ask: the socket
 * @name: of a table of the family inet
 * @info: filled
 * @error: on failure a sentence
 *
 * Return: false if it cannot be told.
 */
bool nft_ask_table(struct nft_ask *ask, const char *name,
		   struct nft_table_info *info, char *error);

/**
 * nft_ask_set() - is a set what it has to be?
 * @ask: the socket
 * @place: where
 * @set: which
 * @error: a sentence if it is not there, or has other keys
 */
bool nft_ask_set(struct nft_ask *ask, const struct nft_place *place,
		 enum nft_set set, char *error);

/**
 * nft_ask_elems() - walk the elements of a set of bans, or of scans
 * @ask: the socket
 * @place: where
 * @set: which
 * @fn: called for each with what is left of its time, and its comment or ""; the
 *	prefix of an interval is its comment's
 * @arg: for @fn
 * @error: on failure a sentence
 */
bool nft_ask_elems(struct nft_ask *ask, const struct nft_place *place,
		   enum nft_set set,
		   void (*fn)(const struct nft_elem *elem, void *arg), void *arg,
		   char *error);

#endif /* NFT_TABLE_H */
