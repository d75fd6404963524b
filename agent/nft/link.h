/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way to nftables.  The kernel does a batch within the call that sends it, and
 * waits there for whoever else is changing rules: so a thread of its own sends, and the
 * loop hears of it.  Private to nft/.
 */
#ifndef NFT_LINK_H
#define NFT_LINK_H

#include "base/loop.h"
#include "batch.h"

struct nft_link;

/**
 * nft_link_new() - open it
 * @loop: the event loop
 * @done: called in the loop for each batch that nft_link_send() took; @batch->error and
 *	@batch->sentence are set, and it is the callee's now
 * @arg: for @done
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: to be given to nft_link_free(); NULL on failure.
 */
struct nft_link *nft_link_new(struct loop *loop,
			      void (*done)(struct nft_batch *batch, void *arg),
			      void *arg, char *error);

/**
 * nft_link_free() - wait for the batch that is on its way, and end
 * @link: NULL is fine
 */
void nft_link_free(struct nft_link *link);

/**
 * nft_link_run() - do a batch now, and wait for it: at the start and the end only
 * @link: the link; nothing is on its way
 * @batch: a complete one
 *
 * Return: true if it was done; otherwise @batch->sentence says why not.
 */
bool nft_link_run(struct nft_link *link, struct nft_batch *batch);

/**
 * nft_link_send() - do a batch, and let the loop hear of it
 * @link: the link; nothing is on its way
 * @batch: a complete one, the link's from now on
 */
void nft_link_send(struct nft_link *link, struct nft_batch *batch);

/**
 * nft_link_wait() - wait for the batch that is on its way, if there is one
 * @link: the link
 *
 * Return: that batch, the caller's now: nobody else is told of it; or NULL.
 */
struct nft_batch *nft_link_wait(struct nft_link *link);

#endif /* NFT_LINK_H */
