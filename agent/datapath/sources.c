// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "sources.h"

/**
 * struct dp_sources_block - one array
 * @next: another; NULL: none
 * @source: the array
 */
struct dp_sources_block {
	struct dp_sources_block *next;
	struct dp_source source[];
};

struct dp_source *dp_sources_take(struct dp_sources *sources, unsigned int n)
{
	struct dp_sources_block *block;

	block = calloc(1, sizeof(*block) + n * sizeof(block->source[0]));
	if (!block)
		return NULL;
	block->next = sources->first;
	sources->first = block;
	return block->source;
}

void dp_sources_clear(struct dp_sources *sources)
{
	struct dp_sources_block *block;

	while ((block = sources->first)) {
		sources->first = block->next;
		free(block);
	}
}
