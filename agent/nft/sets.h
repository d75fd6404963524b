/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sets: who is banned, and which places are open.  In our own table they have these
 * names, in one of the admin's "rtplane_" stands before them.  Private to nft/.
 */
#ifndef NFT_SETS_H
#define NFT_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "batch.h"
#include "config/config.h"

/**
 * enum nft_set - the sets
 * @NFT_BAN4: IPv4 addresses that are banned
 * @NFT_BAN6: IPv6 prefixes of 64 bits that are banned
 * @NFT_BAN4NET: IPv4 prefixes of other lengths than 32
 * @NFT_BAN6NET: IPv6 prefixes of other lengths than 64
 * @NFT_OPEN4: IPv4 addresses with a UDP port at which media is received
 * @NFT_OPEN6: the same of IPv6
 * @NFT_SCAN4: sources of IPv4 with a closed media port that they have tried
 * @NFT_SCAN6: the same of IPv6, by /64
 * @NFT_SETS: how many there are
 */
enum nft_set {
	NFT_BAN4,
	NFT_BAN6,
	NFT_BAN4NET,
	NFT_BAN6NET,
	NFT_OPEN4,
	NFT_OPEN6,
	NFT_SCAN4,
	NFT_SCAN6,
	NFT_SETS
};

/** NFT_BANS - the sets before this one are of bans */
#define NFT_BANS	NFT_OPEN4

/** NFT_SHARED - the sets before this one are those that an admin's table may have */
#define NFT_SHARED	NFT_SCAN4

/** NFT_NAME - room for the name of a set */
#define NFT_NAME	32

/**
 * struct nft_place - where the sets are
 * @table: name of the table, of the family inet
 * @before: stands before their names
 */
struct nft_place {
	const char *table;
	const char *before;
};

/**
 * struct nft_elem - an element
 * @prefix: a ban's prefix; or an address with its port, as a whole
 * @open: it is such a place
 * @ms: how long it stays, 0: for ever
 * @comment: why, a word; NULL: nothing is said.  That of a prefix has its length
 *	behind it, when it is there
 */
struct nft_elem {
	struct prefix prefix;
	bool open;
	uint64_t ms;
	const char *comment;
};

/** nft_set_name() - name of a set; returns @buf, of NFT_NAME bytes */
const char *nft_set_name(const struct nft_place *place, enum nft_set set,
			 char *buf);

/** nft_set_len() - bytes of a key */
uint32_t nft_set_len(enum nft_set set);

/** nft_set_of() - the set that an element is in */
enum nft_set nft_set_of(const struct nft_elem *elem);

/** nft_set_make() - make an empty set */
void nft_set_make(struct nft_batch *batch, const struct nft_place *place,
		  enum nft_set set);

/** nft_set_flush() - remove all elements of a set */
void nft_set_flush(struct nft_batch *batch, const struct nft_place *place,
		   enum nft_set set);

/**
 * struct nft_fill - elements on their way into a batch, many a message
 * @batch: the batch
 * @place: where the sets are
 * @elems: those of one message; NULL: none
 * @n: how many
 * @set: their set
 * @add: they are added, not removed
 */
struct nft_fill {
	struct nft_batch *batch;
	const struct nft_place *place;
	struct nftnl_set *elems;
	unsigned int n;
	enum nft_set set;
	bool add;
};

/** nft_fill_put() - add or remove an element, after those before it */
void nft_fill_put(struct nft_fill *fill, const struct nft_elem *elem, bool add);

/** nft_fill_end() - no more comes */
void nft_fill_end(struct nft_fill *fill);

#endif /* NFT_SETS_H */
