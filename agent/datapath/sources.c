// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "sources.h"

/**
 * struct dp_sources_block - one array
 * @next: another; NULL: none
 * @array: the array
 */
struct dp_sources_block {
	struct dp_sources_block *next;
	uint64_t array[];
};

static void *take(struct dp_sources *sources, size_t bytes)
{
	struct dp_sources_block *block = calloc(1, sizeof(*block) + bytes);

	if (!block)
		return NULL;
	block->next = sources->first;
	sources->first = block;
	return block->array;
}

struct dp_source *dp_sources_take(struct dp_sources *sources, unsigned int n)
{
	return take(sources, n * sizeof(struct dp_source));
}

struct dp_copy *dp_copies_take(struct dp_sources *sources, unsigned int n)
{
	return take(sources, n * sizeof(struct dp_copy));
}

void dp_sources_clear(struct dp_sources *sources)
{
	struct dp_sources_block *block;

	while ((block = sources->first)) {
		sources->first = block->next;
		free(block);
	}
}
