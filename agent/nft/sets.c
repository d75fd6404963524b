// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "sets.h"

/* elements in a message: their nest has 64 KiB at most */
#define ELEMS_MAX	256
/* more than there are bans: what has expired is there for a while */
#define BANS_ROOM	262144
/* so many are looked through now and then */
#define SCAN_ROOM	4096
/* how nft(8) numbers the types of keys; one behind the other: 6 bits each */
#define TYPE_IPV4	7u
#define TYPE_IPV6	8u
#define TYPE_PORT	13u

#define TIMEOUT		NFT_SET_TIMEOUT
#define SCANS		(NFT_SET_TIMEOUT | NFT_SET_EVAL)
#define NETS		(NFT_SET_TIMEOUT | NFT_SET_INTERVAL)

static const struct {
	const char *name;
	uint32_t type;
	uint32_t len;
	uint32_t flags;
	uint32_t room;
} sets[NFT_SETS] = {
	[NFT_BAN4] = { "ban4", TYPE_IPV4, 4, TIMEOUT, BANS_ROOM },
	[NFT_BAN6] = { "ban6", TYPE_IPV6, 16, TIMEOUT, BANS_ROOM },
	[NFT_BAN4NET] = { "ban4net", TYPE_IPV4, 4, NETS, BANS_ROOM },
	[NFT_BAN6NET] = { "ban6net", TYPE_IPV6, 16, NETS, BANS_ROOM },
	[NFT_OPEN4] = { "open4", TYPE_IPV4 << 6 | TYPE_PORT, 8, 0, 0 },
	[NFT_OPEN6] = { "open6", TYPE_IPV6 << 6 | TYPE_PORT, 20, 0, 0 },
	[NFT_SCAN4] = { "scan4", TYPE_IPV4 << 6 | TYPE_PORT, 8, SCANS, SCAN_ROOM },
	[NFT_SCAN6] = { "scan6", TYPE_IPV6 << 6 | TYPE_PORT, 20, SCANS, SCAN_ROOM },
};

const char *nft_set_name(const struct nft_place *place, enum nft_set set,
			 char *buf)
{
	snprintf(buf, NFT_NAME, "%s%s", place->before, sets[set].name);
	return buf;
}

uint32_t nft_set_len(enum nft_set set)
{
	return sets[set].len;
}

enum nft_set nft_set_of(const struct nft_elem *elem)
{
	bool v4 = elem->prefix.addr.family == AF_INET;

	if (elem->open)
		return v4 ? NFT_OPEN4 : NFT_OPEN6;
	if (v4)
		return elem->prefix.len == 32 ? NFT_BAN4 : NFT_BAN4NET;
	return elem->prefix.len == 64 ? NFT_BAN6 : NFT_BAN6NET;
}

/* a set by its name; NULL: no memory, which the batch knows */
static struct nftnl_set *named(struct nft_batch *batch,
			       const struct nft_place *place, enum nft_set set)
{
	struct nftnl_set *s = nftnl_set_alloc();
	char name[NFT_NAME];

	if (!s) {
		batch->failed = true;
		return NULL;
	}
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, place->table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, nft_set_name(place, set, name));
	return s;
}

static void put(struct nft_batch *batch, const struct nft_place *place,
		enum nft_set set, struct nftnl_set *s, uint16_t type,
		const char *verb)
{
	char name[NFT_NAME], what[NFT_WHAT];

	snprintf(what, sizeof(what), "%s set %s of table inet %s", verb,
		 nft_set_name(place, set, name), place->table);
	if (type == NFT_MSG_NEWSET)
		nft_batch_set(batch, type, s, what);
	else
		nft_batch_elems(batch, type, s, what);
	nftnl_set_free(s);
}

void nft_set_make(struct nft_batch *batch, const struct nft_place *place,
		  enum nft_set set)
{
	struct nftnl_set *s = named(batch, place, set);

	if (!s)
		return;
	nftnl_set_set_u32(s, NFTNL_SET_ID, set + 1);
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, sets[set].flags);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, sets[set].type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, sets[set].len);
	if (sets[set].room)
		nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, sets[set].room);
	put(batch, place, set, s, NFT_MSG_NEWSET, "making");
}

void nft_set_flush(struct nft_batch *batch, const struct nft_place *place,
		   enum nft_set set)
{
	struct nftnl_set *s = named(batch, place, set);

	if (s)
		put(batch, place, set, s, NFT_MSG_DELSETELEM, "flushing");
}

/* -------------------------------------------------------------------- elements */

/* the address with its port behind it, each in registers of four bytes */
static void key_of(const struct nft_elem *elem, enum nft_set set, uint8_t *key)
{
	const struct dp_addr *addr = &elem->prefix.addr;
	uint16_t port = htons(addr->port);
	uint32_t n = addr->family == AF_INET ? 4 : 16;

	memset(key, 0, sets[set].len);
	memcpy(key, &addr->v6, n);
	if (elem->open)
		memcpy(key + n, &port, sizeof(port));
}

/* the first address behind a prefix; false if there is none */
static bool behind(const struct prefix *prefix, uint8_t *key)
{
	unsigned int at = prefix->len, add;

	while (at) {
		at--;
		add = 0x80u >> at % 8;
		if ((key[at / 8] ^= (uint8_t)add) & add)
			return true;
	}
	return false;
}

static struct nftnl_set_elem *append(struct nft_fill *fill, const void *key)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();

	if (!e) {
		fill->batch->failed = true;
		return NULL;
	}
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, sets[fill->set].len);
	nftnl_set_elem_add(fill->elems, e);
	fill->n++;
	return e;
}

/* the bounds of an interval do not say that it is a prefix */
static void comment_on(struct nftnl_set_elem *e, const struct nft_elem *elem,
		       bool interval)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(64);
	char comment[32];

	snprintf(comment, sizeof(comment), interval ? "%.20s /%u" : "%.20s",
		 elem->comment, elem->prefix.len);

	if (data && nftnl_udata_put_strz(data, NFTNL_UDATA_SET_ELEM_COMMENT,
					 comment))
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA,
				   nftnl_udata_buf_data(data),
				   nftnl_udata_buf_len(data));
	if (data)
		nftnl_udata_buf_free(data);
}

void nft_fill_end(struct nft_fill *fill)
{
	if (!fill->elems)
		return;
	put(fill->batch, fill->place, fill->set, fill->elems,
	    fill->add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
	    fill->add ? "filling" : "emptying");
	fill->elems = NULL;
	fill->n = 0;
}

void nft_fill_put(struct nft_fill *fill, const struct nft_elem *elem, bool add)
{
	enum nft_set set = nft_set_of(elem);
	struct nftnl_set_elem *e;
	uint8_t key[20];

	if (fill->elems && (fill->set != set || fill->add != add ||
			    fill->n >= ELEMS_MAX))
		nft_fill_end(fill);
	if (!fill->elems) {
		fill->elems = named(fill->batch, fill->place, set);
		if (!fill->elems)
			return;
		fill->set = set;
		fill->add = add;
	}
	key_of(elem, set, key);
	e = append(fill, key);
	if (e && add && elem->ms)
		nftnl_set_elem_set_u64(e, NFTNL_SET_ELEM_TIMEOUT, elem->ms);
	if (e && add && elem->comment)
		comment_on(e, elem, sets[set].flags & NFT_SET_INTERVAL);
	if (!e || !(sets[set].flags & NFT_SET_INTERVAL) ||
	    !behind(&elem->prefix, key))
		return;
	e = append(fill, key);
	if (e)
		nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_FLAGS,
				       NFT_SET_ELEM_INTERVAL_END);
}
