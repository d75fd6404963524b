/* SPDX-License-Identifier: GPL-2.0 */
/* Address and port to natmap. */
#ifndef _RTPLANE_NATTABLE_H
#define _RTPLANE_NATTABLE_H

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/rculist.h>

#include "natmap.h"

#define RTPLANE_NAT_BUCKETS	2048

/**
 * struct rtplane_nat_range - ports of an address
 * @lo: first
 * @hi: last
 * @nm: whose they are; NULL once that is removed
 */
struct rtplane_nat_range {
	u16 lo;
	u16 hi;
	struct rtplane_natmap *nm;
};

/**
 * struct rtplane_nat_host - an address that natmaps have
 * @node: in its bucket; RCU
 * @w: the address, as two words
 * @rcu: to free it
 * @live: ranges that still have a natmap; namespace's mutex
 * @n: how many ranges there are; constant, as they are but for &rtplane_nat_range.nm
 * @range: ranges, which do not overlap, the lowest first
 */
struct rtplane_nat_host {
	struct hlist_node node;
	u64 w[2];
	struct rcu_head rcu;
	unsigned int live;
	unsigned int n;
	struct rtplane_nat_range range[];
};

/**
 * struct rtplane_nat_table - how the natmaps of a namespace are found
 * @lo: none has a port below this; changed under the namespace's mutex
 * @hi: none has one above this; likewise
 * @rcu: to free it
 * @host: external addresses, to which goes what comes in, and inside addresses, from
 *	which comes what goes out; look-up under RCU, changes under the namespace's
 *	mutex
 */
struct rtplane_nat_table {
	u16 lo;
	u16 hi;
	struct rcu_head rcu;
	struct hlist_head host[__RTPLANE_NAT_DIRS][RTPLANE_NAT_BUCKETS];
};

int rtplane_nat_table_add(struct rtplane_net *rn, struct rtplane_natmap *nm);
void rtplane_nat_table_del(struct rtplane_net *rn, const struct rtplane_natmap *nm);
struct rtplane_natmap *rtplane_natmap_get(struct rtplane_net *rn, const struct rtplane_ep *ext,
					  u16 lo);
enum rtplane_nat_conflict rtplane_nat_conflict(struct rtplane_net *rn,
					       const struct rtplane_natmap_conf *conf);

/* Only addresses that the administrator gave are in the table, so nobody else can
 * make its chains grow.
 */
static inline unsigned int rtplane_nat_bucket(u64 w0, u64 w1)
{
	return hash_64(w0 ^ w1, ilog2(RTPLANE_NAT_BUCKETS));
}

/* The range that begins last of those that begin no later than @port, if it has it.
 * An address has one natmap mostly.
 */
static __always_inline struct rtplane_natmap *
rtplane_nat_among(const struct rtplane_nat_host *host, u16 port)
{
	const struct rtplane_nat_range *r = host->range;
	unsigned int n = host->n;

	while (unlikely(n > 1)) {
		unsigned int half = n / 2;

		if (r[half].lo <= port) {
			r += half;
			n -= half;
		} else {
			n = half;
		}
	}
	return port >= r->lo && port <= r->hi ? READ_ONCE(r->nm) : NULL;
}

static __always_inline const struct rtplane_nat_host *
rtplane_nat_host_look(const struct rtplane_nat_table *t, enum rtplane_nat_dir dir, u64 w0, u64 w1)
{
	const struct rtplane_nat_host *host;

	hlist_for_each_entry_rcu(host, &t->host[dir][rtplane_nat_bucket(w0, w1)], node) {
		if (!((host->w[0] ^ w0) | (host->w[1] ^ w1)))
			return host;
	}
	return NULL;
}

/**
 * rtplane_nat_look() - the natmap of an address and port
 * @t: table
 * @dir: in by an external address, out by an inside address
 * @w0: first word of the address
 * @w1: second word
 * @port: port
 *
 * Context: RCU read side.
 * Return: the natmap, valid until the read side ends, or NULL.
 */
static __always_inline struct rtplane_natmap *rtplane_nat_look(const struct rtplane_nat_table *t,
							       enum rtplane_nat_dir dir, u64 w0,
							       u64 w1, __be16 port)
{
	const struct rtplane_nat_host *host;

	/* Most remotes are told apart by this alone. */
	if (ntohs(port) < READ_ONCE(t->lo) || ntohs(port) > READ_ONCE(t->hi))
		return NULL;
	host = rtplane_nat_host_look(t, dir, w0, w1);
	return host ? rtplane_nat_among(host, ntohs(port)) : NULL;
}

static inline struct rtplane_natmap *rtplane_nat_find(const struct rtplane_nat_table *t,
						      enum rtplane_nat_dir dir,
						      const struct rtplane_ep *ep)
{
	return rtplane_nat_look(t, dir, ep->w[0], ep->w[1], ep->port);
}

/* Might any port of this address be a natmap's?  For fragments. */
static inline bool rtplane_nat_has(const struct rtplane_nat_table *t, enum rtplane_nat_dir dir,
				   const struct rtplane_ep *ep)
{
	return rtplane_nat_host_look(t, dir, ep->w[0], ep->w[1]);
}

#endif /* _RTPLANE_NATTABLE_H */
