// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "maps.h"
#include "rule.h"
#include "sets.h"

#define TABLE		CONFIG_NFT_TABLE_NAME
#define DSTNAT		-100
#define SRCNAT		100
/* elements in a message: their nest has 64 KiB at most */
#define ELEMS_MAX	256
/* numbers of sets in a batch, apart from those of sets.c */
#define IDS		100

/**
 * struct kind - maps that have all but their places in common
 * @config: all there are
 * @first: the first of them
 * @nr: which kind it is
 */
struct kind {
	const struct config *config;
	const struct config_map *first;
	unsigned int nr;
};

static bool same_from(const struct config_map *a, const struct config_map *b)
{
	size_t i;

	if (a->n_from != b->n_from)
		return false;
	for (i = 0; i < a->n_from; i++)
		if (a->from[i].len != b->from[i].len ||
		    !dp_addr_eq(&a->from[i].addr, &b->from[i].addr))
			return false;
	return true;
}

static bool is_of(const struct kind *kind, const struct config_map *map)
{
	return map->snat == kind->first->snat && same_from(map, kind->first);
}

/* has it maps of that transport and family? */
static bool has(const struct kind *kind, bool tcp, int family)
{
	const struct config *c = kind->config;
	size_t i;

	for (i = 0; i < c->n_maps; i++)
		if (is_of(kind, &c->maps[i]) && c->maps[i].tcp == tcp &&
		    c->maps[i].listen.family == family)
			return true;
	return false;
}

static const char *map_name(const struct kind *kind, bool tcp, int family,
			    char buf[NFT_NAME])
{
	snprintf(buf, NFT_NAME, "map%u_%s%u", kind->nr, tcp ? "tcp" : "udp",
		 family == AF_INET ? 4 : 6);
	return buf;
}

static struct nftnl_set *named(struct nft_batch *batch, const char *name)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s) {
		batch->failed = true;
		return NULL;
	}
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	return s;
}

/* -------------------------------------------------------------------- elements */

static uint32_t place_key(const struct dp_addr *addr, uint8_t key[20])
{
	uint32_t n = addr->family == AF_INET ? 4 : 16;
	uint16_t port = htons(addr->port);

	memset(key, 0, 20);
	memcpy(key, &addr->v6, n);
	memcpy(key + n, &port, sizeof(port));
	return n + 4;
}

/**
 * struct elems - elements of a map on their way into a batch, some in each message
 * @batch: the batch
 * @name: the map's
 * @s: those of the next message; NULL: none
 * @n: how many
 * @type: NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM
 */
struct elems {
	struct nft_batch *batch;
	const char *name;
	struct nftnl_set *s;
	unsigned int n;
	uint16_t type;
};

static void end_elems(struct elems *elems)
{
	char what[NFT_WHAT];

	if (!elems->s)
		return;
	snprintf(what, sizeof(what), "%s map %s of table inet " TABLE,
		 elems->type == NFT_MSG_NEWSETELEM ? "filling" : "emptying", elems->name);
	nft_batch_elems(elems->batch, elems->type, elems->s, what);
	nftnl_set_free(elems->s);
	elems->s = NULL;
	elems->n = 0;
}

/* one that goes is named by its key alone */
static void put_elem(struct elems *elems, const struct dp_addr *listen,
		     const struct dp_addr *to)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint8_t key[20];
	uint32_t len;

	if (elems->n == ELEMS_MAX)
		end_elems(elems);
	if (!elems->s)
		elems->s = named(elems->batch, elems->name);
	if (!e || !elems->s) {
		elems->batch->failed = true;
		if (e)
			nftnl_set_elem_free(e);
		return;
	}
	len = place_key(listen, key);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, len);
	if (elems->type == NFT_MSG_NEWSETELEM) {
		place_key(to, key);
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_DATA, key, len);
	}
	nftnl_set_elem_add(elems->s, e);
	elems->n++;
}

/**
 * struct pair - a port of ours, and where it leads
 * @listen: the port
 * @to: the service
 */
struct pair {
	struct dp_addr listen;
	struct dp_addr to;
};

static int by_listen(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	uint8_t one[20], other[20];
	uint32_t len = place_key(&x->listen, one);

	place_key(&y->listen, other);
	return memcmp(one, other, len);
}

/* all of a kind, a transport and a family, in order; for free(); NULL: none, or no memory */
static struct pair *pairs_of(struct nft_batch *batch, const struct kind *kind, bool tcp,
			     int family, size_t *n)
{
	const struct config *c = kind->config;
	const struct config_map *map;
	struct pair *pairs;
	size_t room = 0;
	uint32_t i;

	*n = 0;
	for (map = c->maps; map < c->maps + c->n_maps; map++)
		room += map->count;
	pairs = calloc(room + 1, sizeof(*pairs));
	if (!pairs) {
		batch->failed = true;
		return NULL;
	}
	for (map = c->maps; map < c->maps + c->n_maps; map++)
		for (i = 0; is_of(kind, map) && map->tcp == tcp &&
			    map->listen.family == family && i < map->count; i++, ++*n)
			config_map_nth(map, i, &pairs[*n].listen, &pairs[*n].to);
	qsort(pairs, *n, sizeof(*pairs), by_listen);
	return pairs;
}

/* those of @all that are not in @but, as they are there; returns how many */
static size_t put_others(struct elems *elems, const struct pair *all, size_t n_all,
		       const struct pair *but, size_t n_but)
{
	size_t i, j = 0, n = 0;

	for (i = 0; i < n_all; i++) {
		while (j < n_but && by_listen(&but[j], &all[i]) < 0)
			j++;
		if (j == n_but || by_listen(&but[j], &all[i]) ||
		    !dp_addr_eq(&but[j].to, &all[i].to)) {
			put_elem(elems, &all[i].listen, &all[i].to);
			n++;
		}
	}
	end_elems(elems);
	return n;
}

/* what a map has to lose and to get, and how much it is; @was NULL: all that there is */
static size_t fill(struct nft_batch *batch, const struct kind *was, const struct kind *now,
		 bool tcp, int family)
{
	struct pair *before = NULL, *after;
	struct elems elems = { .batch = batch };
	size_t n_before = 0, n_after, n = 0;
	char name[NFT_NAME];

	if (!has(now, tcp, family))
		return 0;
	elems.name = map_name(now, tcp, family, name);
	after = pairs_of(batch, now, tcp, family, &n_after);
	if (was)
		before = pairs_of(batch, was, tcp, family, &n_before);
	if (!batch->failed) {
		elems.type = NFT_MSG_DELSETELEM;
		n = put_others(&elems, before, n_before, after, n_after);
		elems.type = NFT_MSG_NEWSETELEM;
		n += put_others(&elems, after, n_after, before, n_before);
	}
	free(before);
	free(after);
	return n;
}

static void make_map(struct nft_batch *batch, const struct kind *kind, bool tcp,
		     int family)
{
	uint32_t type = (family == AF_INET ? 7u : 8u) << 6 | 13u;
	struct nftnl_set *s;
	char name[NFT_NAME];

	if (!has(kind, tcp, family))
		return;
	s = named(batch, map_name(kind, tcp, family, name));
	if (!s)
		return;
	nftnl_set_set_u32(s, NFTNL_SET_ID, IDS + kind->nr * 8 + tcp * 2 +
			  (family == AF_INET6));
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_MAP);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, family == AF_INET ? 8 : 20);
	nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, type);
	nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, family == AF_INET ? 8 : 20);
	nft_batch_set(batch, NFT_MSG_NEWSET, s, "making a map of table inet " TABLE);
	nftnl_set_free(s);
}

/* ----------------------------------------------------------------------- rules */

/* @type: NFT_MSG_NEWCHAIN; or NFT_MSG_DELCHAIN, and its rules go with it */
static void put_chain(struct nft_batch *batch, uint16_t type, const char *name,
		      uint32_t hook, int priority)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain) {
		batch->failed = true;
		return;
	}
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (type == NFT_MSG_NEWCHAIN) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "nat");
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nft_batch_chain(batch, type, chain, "chains of maps of table inet " TABLE);
	nftnl_chain_free(chain);
}

static struct nft_rule begin_rule(const char *chain, bool tcp, int family)
{
	struct nft_rule rule = nft_rule_begin(TABLE, chain);

	nft_rule_family(&rule, family);
	nft_rule_proto(&rule, tcp ? IPPROTO_TCP : IPPROTO_UDP);
	return rule;
}

/* @from: for whom; NULL: everybody */
static void add_dnat(struct nft_batch *batch, const struct kind *kind,
		     const char *chain, bool tcp, int family,
		     const struct prefix *from)
{
	struct nft_rule rule = begin_rule(chain, tcp, family);
	char name[NFT_NAME];

	if (from)
		nft_rule_source(&rule, &from->addr, from->len);
	nft_rule_map(&rule, family, map_name(kind, tcp, family, name));
	nft_rule_counter(&rule);
	nft_rule_dnat(&rule, family);
	nft_rule_add(&rule, batch, NULL);
}

static void add_dnats(struct nft_batch *batch, const struct kind *kind,
		      const char *chain, bool tcp, int family)
{
	const struct config_map *map = kind->first;
	size_t i;

	if (!map->n_from)
		add_dnat(batch, kind, chain, tcp, family, NULL);
	for (i = 0; i < map->n_from; i++)
		if (map->from[i].addr.family == family)
			add_dnat(batch, kind, chain, tcp, family, &map->from[i]);
}

static void add_rules(struct nft_batch *batch, const struct kind *kind, bool tcp,
		      int family)
{
	struct nft_rule rule;
	char name[NFT_NAME];

	if (!has(kind, tcp, family))
		return;
	add_dnats(batch, kind, "maps", tcp, family);
	add_dnats(batch, kind, "maps_local", tcp, family);
	if (!kind->first->snat)
		return;
	rule = begin_rule("maps_back", tcp, family);
	nft_rule_first_map(&rule, family, map_name(kind, tcp, family, name));
	nft_rule_counter(&rule);
	nft_rule_snat(&rule, family);
	nft_rule_add(&rule, batch, NULL);
}

static void put_chains(struct nft_batch *batch, uint16_t type)
{
	put_chain(batch, type, "maps", NF_INET_PRE_ROUTING, DSTNAT);
	put_chain(batch, type, "maps_local", NF_INET_LOCAL_OUT, DSTNAT);
	put_chain(batch, type, "maps_back", NF_INET_POST_ROUTING, SRCNAT);
}

/* ----------------------------------------------------------------------- kinds */

/* all there are; for free(); NULL without memory */
static struct kind *kinds_of(struct nft_batch *batch, const struct config *config, size_t *n)
{
	struct kind *kinds = calloc(config->n_maps + 1, sizeof(*kinds));
	size_t i, j;

	*n = 0;
	if (!kinds) {
		batch->failed = true;
		return NULL;
	}
	for (i = 0; i < config->n_maps; i++) {
		for (j = 0; j < *n && !is_of(&kinds[j], &config->maps[i]); j++)
			;
		if (j == *n)
			kinds[(*n)++] = (struct kind){ config, &config->maps[i],
						       (unsigned int)j };
	}
	return kinds;
}

/* a map for each transport and family, and the rules: all but what is in them */
static void make_frame(struct nft_batch *batch, const struct kind *kinds, size_t n)
{
	size_t i, j;

	if (n)
		put_chains(batch, NFT_MSG_NEWCHAIN);
	for (i = 0; i < n; i++) {
		for (j = 0; j < 4; j++)
			make_map(batch, &kinds[i], j & 1, j & 2 ? AF_INET6 : AF_INET);
		for (j = 0; j < 4; j++)
			add_rules(batch, &kinds[i], j & 1, j & 2 ? AF_INET6 : AF_INET);
	}
}

static void drop_frame(struct nft_batch *batch, const struct kind *kinds, size_t n)
{
	struct nftnl_set *s;
	char name[NFT_NAME];
	size_t i, j;

	if (n)
		put_chains(batch, NFT_MSG_DELCHAIN);
	for (i = 0; i < n; i++) {
		for (j = 0; j < 4; j++) {
			if (!has(&kinds[i], j & 1, j & 2 ? AF_INET6 : AF_INET))
				continue;
			s = named(batch, map_name(&kinds[i], j & 1,
						  j & 2 ? AF_INET6 : AF_INET, name));
			if (!s)
				return;
			nft_batch_set(batch, NFT_MSG_DELSET, s,
				      "removing a map of table inet " TABLE);
			nftnl_set_free(s);
		}
	}
}

static void frame_of(struct nft_batch *batch, const struct config *config)
{
	struct kind *kinds;
	size_t n;

	kinds = kinds_of(batch, config, &n);
	make_frame(batch, kinds, n);
	free(kinds);
}

/* @was: as many, of which each has the same rules; NULL: nothing is in them */
static size_t fill_all(struct nft_batch *batch, const struct kind *was, const struct kind *now,
		     size_t n)
{
	size_t i, j, sum = 0;

	for (i = 0; i < n; i++)
		for (j = 0; j < 4; j++)
			sum += fill(batch, was ? &was[i] : NULL, &now[i], j & 1,
				    j & 2 ? AF_INET6 : AF_INET);
	return sum;
}

void nft_maps_make(struct nft_batch *batch, const struct config *config)
{
	struct kind *kinds;
	size_t n;

	kinds = kinds_of(batch, config, &n);
	make_frame(batch, kinds, n);
	fill_all(batch, NULL, kinds, n);
	free(kinds);
}

bool nft_maps_alike(const struct config *was, const struct config *now)
{
	struct nft_batch *x = nft_batch_new(), *y = nft_batch_new();
	bool alike = false;

	if (x && y) {
		frame_of(x, was);
		frame_of(y, now);
		alike = nft_batch_same(x, y);
	}
	nft_batch_free(x);
	nft_batch_free(y);
	return alike;
}

size_t nft_maps_change(struct nft_batch *batch, const struct config *was,
		       const struct config *now, bool alike)
{
	struct kind *before, *after;
	size_t n_before, n_after, n;

	before = kinds_of(batch, was, &n_before);
	after = kinds_of(batch, now, &n_after);
	if (alike) {
		n = fill_all(batch, before, after, n_after);
	} else {
		drop_frame(batch, before, n_before);
		make_frame(batch, after, n_after);
		n = fill_all(batch, NULL, after, n_after);
	}
	free(before);
	free(after);
	return n;
}
