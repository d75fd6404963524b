/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses that begin alike, and sets of them that are made once and then asked for
 * every message: a question costs a few steps, however many prefixes there are.
 */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/**
 * struct prefix - addresses that begin alike
 * @addr: the address; its port says nothing
 * @len: bits of it that count
 */
struct prefix {
	struct dp_addr addr;
	unsigned int len;
};

/** PREFIX_STRLEN - room for the longest text of a &struct prefix and its NUL */
#define PREFIX_STRLEN	(DP_ADDR_STRLEN + sizeof("/128"))

/**
 * prefix_parse() - read "192.0.2.0/24", "2001:db8::/32", or an address alone
 * @text: the whole text
 * @prefix: filled on success, untouched otherwise
 *
 * Return: true if @text was one, and no bit behind its length is set.
 */
bool prefix_parse(const char *text, struct prefix *prefix);

/**
 * prefix_has() - is an address one of a prefix's?
 * @prefix: the prefix
 * @addr: the address; its port is not looked at
 */
bool prefix_has(const struct prefix *prefix, const struct dp_addr *addr);

/** prefix_is_whole() - is it one address? */
bool prefix_is_whole(const struct prefix *prefix);

/**
 * prefix_str() - text of a prefix; an address alone without a length
 * @prefix: the prefix
 * @buf: filled, always terminated
 * @len: bytes of @buf, PREFIX_STRLEN is always enough
 *
 * Return: @buf.
 */
const char *prefix_str(const struct prefix *prefix, char *buf, size_t len);

struct prefix_set;

/**
 * prefix_set_new() - make a set
 * @list: prefixes in the order in which they count; copied
 * @n: how many; 0 is fine
 *
 * Return: to be given to prefix_set_free(); NULL without memory.
 */
struct prefix_set *prefix_set_new(const struct prefix *list, size_t n);

/** prefix_set_free() - NULL is fine */
void prefix_set_free(struct prefix_set *set);

/** prefix_set_size() - how many prefixes it was made of */
size_t prefix_set_size(const struct prefix_set *set);

/** prefix_set_at() - one of them, in their order */
const struct prefix *prefix_set_at(const struct prefix_set *set, size_t i);

/**
 * prefix_set_first() - the first prefix of the list that has an address
 * @set: the set
 * @addr: the address; one of IPv4 that is written as IPv6 is looked for as IPv4
 *
 * Return: the prefix, as old as the set; NULL if none has it.
 */
const struct prefix *prefix_set_first(const struct prefix_set *set,
				      const struct dp_addr *addr);

/** prefix_set_longest() - likewise, the longest */
const struct prefix *prefix_set_longest(const struct prefix_set *set,
					const struct dp_addr *addr);

#endif /* BASE_PREFIX_H */
