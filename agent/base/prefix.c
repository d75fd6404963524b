// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "base/span.h"

/* an address as a number, right-aligned */
typedef unsigned __int128 number;

#define NONE	UINT32_MAX

/**
 * struct piece - addresses in a row that the same prefixes have
 * @from: its first address; it ends where the next one begins
 * @first: index of the first prefix of the list that has them; NONE
 * @longest: likewise, of the longest
 */
struct piece {
	number from;
	uint32_t first;
	uint32_t longest;
};

/**
 * struct pieces - all addresses of a family
 * @piece: ascending; the first one begins at 0
 * @n: how many: twice as many as prefixes, and one, at most
 */
struct pieces {
	struct piece *piece;
	size_t n;
};

/**
 * struct prefix_set - a set
 * @list: as given
 * @n: how many
 * @v4: IPv4
 * @v6: IPv6
 */
struct prefix_set {
	struct prefix *list;
	size_t n;
	struct pieces v4;
	struct pieces v6;
};

/* -------------------------------------------------------------------- one prefix */

static unsigned int bits_of(const struct dp_addr *addr)
{
	return addr->family == AF_INET ? 32 : 128;
}

static number number_of(const struct dp_addr *addr)
{
	const uint8_t *p = addr->v6.s6_addr;
	number n = 0;
	unsigned int i;

	if (addr->family == AF_INET)
		return ntohl(addr->v4.s_addr);
	for (i = 0; i < 16; i++)
		n = n << 8 | p[i];
	return n;
}

/* the bits of an address that a prefix does not say */
static number rest_of(unsigned int bits, unsigned int len)
{
	return bits == len ? 0 : ~(number)0 >> (128 - (bits - len));
}

bool prefix_parse(const char *text, struct prefix *prefix)
{
	struct span rest = span_of(text), head = span_cut(&rest, '/');
	char host[DP_ADDR_STRLEN];
	struct prefix p = { 0 };
	uint32_t len;

	if (!span_str(head, host, sizeof(host)) ||
	    !dp_addr_parse_host(host, &p.addr))
		return false;
	p.len = bits_of(&p.addr);
	if (rest.p) {
		if (!span_u32(rest, &len) || len > p.len)
			return false;
		p.len = len;
	}
	if (number_of(&p.addr) & rest_of(bits_of(&p.addr), p.len))
		return false;
	*prefix = p;
	return true;
}

bool prefix_has(const struct prefix *prefix, const struct dp_addr *addr)
{
	number differs;

	if (addr->family != prefix->addr.family)
		return false;
	differs = number_of(addr) ^ number_of(&prefix->addr);
	return !(differs & ~rest_of(bits_of(addr), prefix->len));
}

bool prefix_is_whole(const struct prefix *prefix)
{
	return prefix->len == bits_of(&prefix->addr);
}

const char *prefix_str(const struct prefix *prefix, char *buf, size_t len)
{
	struct dp_addr addr = prefix->addr;
	size_t n;

	addr.port = 0;
	dp_addr_str(&addr, buf, len);
	n = strlen(buf);
	if (!prefix_is_whole(prefix))
		snprintf(buf + n, len - n, "/%u", prefix->len);
	return buf;
}

/* ------------------------------------------------------------------ making a set */

/**
 * struct item - a prefix that is put in
 * @from: its first address
 * @to: its last one
 * @index: its place in the list
 */
struct item {
	number from;
	number to;
	uint32_t index;
};

/* what holds another one stands before it, and of two alike the first of the list */
static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* one that begins where the last one does takes its place: it is further inside */
static void add(struct pieces *to, number from, const struct piece *in)
{
	struct piece *p = to->n && to->piece[to->n - 1].from == from ?
			  &to->piece[to->n - 1] : &to->piece[to->n++];

	*p = *in;
	p->from = from;
}

/**
 * struct nest - a prefix that is open, inside of those before it
 * @to: its last address
 * @is: what holds for what is in it and in none further inside
 */
struct nest {
	number to;
	struct piece is;
};

/*
 * Two prefixes have nothing in common, or one holds the other: a sweep with a stack.
 * Those alike are no deeper than one of each length, and the root.
 */
static void sweep(struct pieces *to, const struct item *item, size_t n,
		  unsigned int bits)
{
	const struct piece nobody = { .first = NONE, .longest = NONE };
	number last = rest_of(bits, 0);
	struct nest nest[130] = { { last, nobody } };
	size_t i, top = 0;

	add(to, 0, &nobody);
	for (i = 0; i < n; i++) {
		while (nest[top].to < item[i].from) {
			add(to, nest[top].to + 1, &nest[top - 1].is);
			top--;
		}
		/* the same once more: whoever came first has it */
		if (i && item[i].from == item[i - 1].from &&
		    item[i].to == item[i - 1].to)
			continue;
		nest[top + 1] = (struct nest){ item[i].to, {
			.first = item[i].index < nest[top].is.first ?
				 item[i].index : nest[top].is.first,
			.longest = item[i].index,
		} };
		top++;
		add(to, item[i].from, &nest[top].is);
	}
	for (; top; top--)
		if (nest[top].to != last)
			add(to, nest[top].to + 1, &nest[top - 1].is);
}

static bool make(struct pieces *to, const struct prefix_set *set,
		 sa_family_t family)
{
	struct item *item = calloc(set->n + 1, sizeof(*item));
	unsigned int bits = family == AF_INET ? 32 : 128;
	size_t i, n = 0;

	to->piece = calloc(2 * set->n + 1, sizeof(*to->piece));
	for (i = 0; item && i < set->n; i++) {
		if (set->list[i].addr.family != family)
			continue;
		item[n].from = number_of(&set->list[i].addr);
		item[n].to = item[n].from | rest_of(bits, set->list[i].len);
		item[n++].index = (uint32_t)i;
	}
	if (item && to->piece) {
		qsort(item, n, sizeof(*item), compare);
		sweep(to, item, n, bits);
	}
	free(item);
	return to->n;
}

struct prefix_set *prefix_set_new(const struct prefix *list, size_t n)
{
	struct prefix_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->n = n;
	set->list = calloc(n + 1, sizeof(*set->list));
	if (set->list && n)
		memcpy(set->list, list, n * sizeof(*list));
	if (set->list && make(&set->v4, set, AF_INET) &&
	    make(&set->v6, set, AF_INET6))
		return set;
	prefix_set_free(set);
	return NULL;
}

void prefix_set_free(struct prefix_set *set)
{
	if (!set)
		return;
	free(set->v4.piece);
	free(set->v6.piece);
	free(set->list);
	free(set);
}

/* ---------------------------------------------------------------------- asking it */

size_t prefix_set_size(const struct prefix_set *set)
{
	return set->n;
}

const struct prefix *prefix_set_at(const struct prefix_set *set, size_t i)
{
	return &set->list[i];
}

/* the last piece that begins no later */
static const struct piece *find(const struct pieces *in, number addr)
{
	size_t low = 0, high = in->n, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (in->piece[middle].from <= addr)
			low = middle;
		else
			high = middle;
	}
	return &in->piece[low];
}

static const struct piece *piece_of(const struct prefix_set *set,
				    const struct dp_addr *addr)
{
	number n = number_of(addr);

	if (addr->family == AF_INET)
		return find(&set->v4, n);
	if (IN6_IS_ADDR_V4MAPPED(&addr->v6))
		return find(&set->v4, n & UINT32_MAX);
	return find(&set->v6, n);
}

static const struct prefix *at(const struct prefix_set *set, uint32_t index)
{
	return index == NONE ? NULL : &set->list[index];
}

const struct prefix *prefix_set_first(const struct prefix_set *set,
				      const struct dp_addr *addr)
{
	return addr->family ? at(set, piece_of(set, addr)->first) : NULL;
}

const struct prefix *prefix_set_longest(const struct prefix_set *set,
					const struct dp_addr *addr)
{
	return addr->family ? at(set, piece_of(set, addr)->longest) : NULL;
}
