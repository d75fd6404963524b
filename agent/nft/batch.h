/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A batch of changes of nftables: all of it is done, or nothing.  Private to nft/.
 */
#ifndef NFT_BATCH_H
#define NFT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* nftnl_*_nlmsg_build_payload() do not ask how much room there is */
#define NFT_MESSAGE_MAX	(96u * 1024)
/* words for a message, for errors */
#define NFT_WHAT	80

/**
 * struct nft_batch - messages, and what became of them
 * @buf: the messages
 * @len: bytes of those that are complete
 * @room: bytes of @buf
 * @seq: number of the first message, which begins the batch
 * @n: messages, the first and the last included
 * @n_what: entries of @what
 * @what: what each is about, in words
 * @failed: there was no memory
 * @error: 0, or errno of the first message that was refused
 * @sentence: of @error
 */
struct nft_batch {
	char *buf;
	size_t len;
	size_t room;
	uint32_t seq;
	uint32_t n;
	uint32_t n_what;
	char (*what)[NFT_WHAT];
	bool failed;
	int error;
	char sentence[CONFIG_ERROR_LEN];
};

struct nlmsghdr;
struct nftnl_rule;
struct nftnl_set;
struct nftnl_chain;
struct nftnl_table;

/** nft_batch_new() - an empty one, for nft_batch_free(); NULL without memory */
struct nft_batch *nft_batch_new(void);

/** nft_batch_free() - NULL is fine */
void nft_batch_free(struct nft_batch *batch);

/** nft_batch_is_empty() - is there nothing to do? */
bool nft_batch_is_empty(const struct nft_batch *batch);

/*
 * Each adds a message: @type NFT_MSG_*, @flags NLM_F_*, @fmt what it is about.  What
 * has no memory is told by @batch->failed.
 */
void nft_batch_table(struct nft_batch *batch, uint16_t type,
		     const struct nftnl_table *table, const char *what);
void nft_batch_chain(struct nft_batch *batch, uint16_t type,
		     const struct nftnl_chain *chain, const char *what);
void nft_batch_set(struct nft_batch *batch, uint16_t type, struct nftnl_set *set,
		   const char *what);
void nft_batch_elems(struct nft_batch *batch, uint16_t type,
		     struct nftnl_set *set, const char *what);
void nft_batch_rule(struct nft_batch *batch, uint16_t type,
		    struct nftnl_rule *rule, const char *what);

/** nft_batch_same() - the same messages, but for their numbers? */
bool nft_batch_same(const struct nft_batch *a, const struct nft_batch *b);

/** nft_batch_end() - nothing more comes; returns false if it cannot be sent */
bool nft_batch_end(struct nft_batch *batch);

#endif /* NFT_BATCH_H */
