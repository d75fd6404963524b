/* SPDX-License-Identifier: GPL-2.0 */
/* A piece of a text that somebody else owns. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>

/**
 * struct span - bytes in a text that somebody else owns
 * @p: the first; not terminated
 * @n: how many; 0: an empty piece, whatever @p is
 */
struct span {
	const char *p;
	size_t n;
};

#endif /* BASE_SPAN_H */
