/* SPDX-License-Identifier: GPL-2.0 */
/* A host, an address or a name, in a text. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "base/span.h"

/**
 * host_find() - where a host stands in a text
 * @host: an address or a name, IPv6 without brackets; not empty
 * @text: the text
 *
 * Whatever its case; within a longer host it is none.
 *
 * Return: the first place in @text; absent: nowhere.
 */
struct span host_find(struct span host, struct span text);

#endif /* BASE_HOST_H */
