// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
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

static void add_elem(struct nft_batch *batch, struct nftnl_set *s,
		     const struct dp_addr *listen, const struct dp_addr *to)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint8_t key[20];
	uint32_t len;

	if (!e) {
		batch->failed = true;
		return;
	}
	len = place_key(listen, key);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, len);
	place_key(to, key);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_DATA, key, len);
	nftnl_set_elem_add(s, e);
}

/* those of one map of the configuration, some in each message */
static void add_elems(struct nft_batch *batch, const char *name,
		      const struct config_map *map)
{
	struct dp_addr listen, to;
	struct nftnl_set *s;
	char what[NFT_WHAT];
	uint32_t i = 0, end;

	snprintf(what, sizeof(what), "filling map %s of table inet " TABLE, name);
	while (i < map->count) {
		s = named(batch, name);
		if (!s)
			return;
		end = map->count - i > ELEMS_MAX ? i + ELEMS_MAX : map->count;
		for (; i < end; i++) {
			config_map_nth(map, i, &listen, &to);
			add_elem(batch, s, &listen, &to);
		}
		nft_batch_elems(batch, NFT_MSG_NEWSETELEM, s, what);
		nftnl_set_free(s);
	}
}

static void make_map(struct nft_batch *batch, const struct kind *kind, bool tcp,
		     int family)
{
	const struct config *c = kind->config;
	uint32_t type = (family == AF_INET ? 7u : 8u) << 6 | 13u;
	struct nftnl_set *s;
	char name[NFT_NAME];
	size_t i;

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
	for (i = 0; i < c->n_maps; i++)
		if (is_of(kind, &c->maps[i]) && c->maps[i].tcp == tcp &&
		    c->maps[i].listen.family == family)
			add_elems(batch, name, &c->maps[i]);
}

/* ----------------------------------------------------------------------- rules */

static void add_chain(struct nft_batch *batch, const char *name, uint32_t hook,
		      int priority)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain) {
		batch->failed = true;
		return;
	}
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "nat");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nft_batch_chain(batch, NFT_MSG_NEWCHAIN, chain,
			"making a chain of maps of table inet " TABLE);
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

void nft_maps_make(struct nft_batch *batch, const struct config *config)
{
	struct kind kind = { .config = config };
	size_t i, j;

	if (!config->n_maps)
		return;
	add_chain(batch, "maps", NF_INET_PRE_ROUTING, DSTNAT);
	add_chain(batch, "maps_local", NF_INET_LOCAL_OUT, DSTNAT);
	add_chain(batch, "maps_back", NF_INET_POST_ROUTING, SRCNAT);
	for (i = 0; i < config->n_maps; i++) {
		kind.first = &config->maps[i];
		for (j = 0; j < i && !is_of(&kind, &config->maps[j]); j++)
			;
		if (j < i)	/* with one before it */
			continue;
		for (j = 0; j < 4; j++)
			make_map(batch, &kind, j & 1, j & 2 ? AF_INET6 : AF_INET);
		for (j = 0; j < 4; j++)
			add_rules(batch, &kind, j & 1, j & 2 ? AF_INET6 : AF_INET);
		kind.nr++;
	}
}
