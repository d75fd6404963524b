/* SPDX-License-Identifier: GPL-2.0 */
/* Port maps: destinations that are somewhere else.  Private to nft/. */
#ifndef NFT_MAPS_H
#define NFT_MAPS_H

#include "batch.h"

/**
 * nft_maps_make() - their maps, chains and rules, in our table
 * @batch: the batch; the table is made
 * @config: which there are; nothing is made, and no connection tracked, for none
 *
 * Each kind (for whom, and whether services see who asks) has a map for each transport
 * and family: a packet costs a look for each kind, however many ports there are.
 */
void nft_maps_make(struct nft_batch *batch, const struct config *config);

/**
 * nft_maps_alike() - do two configurations' port maps differ in their ports alone?
 * @was: one
 * @now: the other
 *
 * No batch may be under way: it makes some of its own, and numbers are one behind the other.
 */
bool nft_maps_alike(const struct config *was, const struct config *now);

/**
 * nft_maps_change() - from those of one configuration to those of another
 * @batch: the batch; empty afterwards if they are the same
 * @was: what there is
 * @now: what there is to be
 * @alike: as nft_maps_alike() says
 *
 * Ports that lead elsewhere, came or went are elements alone. For other sources or another
 * kind the maps are made anew. Connections that there are go on either way: where they lead
 * was decided when they began.
 *
 * Return: elements that come or go.
 */
size_t nft_maps_change(struct nft_batch *batch, const struct config *was,
		       const struct config *now, bool alike);

#endif /* NFT_MAPS_H */
