/* SPDX-License-Identifier: GPL-2.0 */
/* A host, an address or a name, in a text. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "base/span.h"

/**
 * host_find() - where the first of some hosts stands in a text
 * @host: addresses and names, IPv6 without brackets; none is empty
 * @n: how many
 * @text: the text
 *
 * Whatever its case; within a longer host it is none.  The text is read once, and no
 * further than that place: who goes on behind it reads all of it once.
 *
 * Return: the first place in @text; absent: nowhere.
 */
struct span host_find(const struct span *host, size_t n, struct span text);

#endif /* BASE_HOST_H */
