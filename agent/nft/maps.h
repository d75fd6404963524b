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

#endif /* NFT_MAPS_H */
