/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for the sources of keys and the further outputs of legs that are told or asked
 * for: many short arrays that go together.
 */
#ifndef DATAPATH_SOURCES_H
#define DATAPATH_SOURCES_H

#include "datapath.h"

struct dp_sources_block;

/**
 * struct dp_sources - arrays of sources
 * @first: the last one taken; zeros: there is none
 */
struct dp_sources {
	struct dp_sources_block *first;
};

/**
 * dp_sources_take() - an array
 * @sources: owns it
 * @n: sources in it, all zero
 *
 * Return: the array, valid until dp_sources_clear(); NULL: no memory.
 */
struct dp_source *dp_sources_take(struct dp_sources *sources, unsigned int n);

/**
 * dp_copies_take() - an array of further outputs
 * @sources: owns it
 * @n: outputs in it, all zero
 *
 * Return: as dp_sources_take().
 */
struct dp_copy *dp_copies_take(struct dp_sources *sources, unsigned int n);

/**
 * dp_sources_clear() - free all arrays
 * @sources: empty afterwards, and ready for use
 */
void dp_sources_clear(struct dp_sources *sources);

#endif /* DATAPATH_SOURCES_H */
