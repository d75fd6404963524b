/* SPDX-License-Identifier: GPL-2.0 */
/* Local address and port to leg. */
#ifndef _RTPLANE_TABLE_H
#define _RTPLANE_TABLE_H

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/rculist.h>

#include "leg.h"
#include "net.h"

#define RTPLANE_PAGE_PORTS	256

/**
 * struct rtplane_page - legs of 256 ports of one address
 * @leg: by the low byte of the port; RCU
 * @used: how many there are; namespace's mutex
 * @rcu: to free it
 */
struct rtplane_page {
	struct rtplane_leg __rcu *leg[RTPLANE_PAGE_PORTS];
	unsigned int used;
	struct rcu_head rcu;
};

/**
 * struct rtplane_addr - a local address that has legs
 * @node: in its bucket; RCU
 * @ep: the address, port 0
 * @v4: it is an IPv4 address
 * @page: by the high byte of the port; RCU
 * @used: how many pages there are, and @rtcp; namespace's mutex
 * @rtcp: legs of what is RTCP at its ports, NULL: there are none; RCU
 * @of: of such: the address itself
 * @rcu: to free it
 */
struct rtplane_addr {
	struct hlist_node node;
	struct rtplane_ep ep;
	bool v4;
	struct rtplane_page __rcu *page[65536 / RTPLANE_PAGE_PORTS];
	unsigned int used;
	struct rtplane_addr __rcu *rtcp;
	struct rtplane_addr *of;
	struct rcu_head rcu;
};

int rtplane_table_cache_init(void);
void rtplane_table_cache_exit(void);
int rtplane_table_add(struct rtplane_net *rn, struct rtplane_leg *leg);
void rtplane_table_del(struct rtplane_net *rn, struct rtplane_leg *leg);
struct rtplane_leg *rtplane_table_find_part(struct rtplane_net *rn, const struct rtplane_ep *local);

/* One multiplication brings down what is high in a word, as the last octet of an
 * address is on little-endian machines.
 */
static __always_inline unsigned int rtplane_table_bucket4(__be32 addr)
{
	return hash_32((__force u32)addr, ilog2(RTPLANE_BUCKETS));
}

static __always_inline unsigned int rtplane_table_bucket6(u64 w0, u64 w1)
{
	return hash_64(w0 ^ w1, ilog2(RTPLANE_BUCKETS));
}

static __always_inline struct rtplane_leg *rtplane_addr_leg(struct rtplane_net *rn,
							    const struct rtplane_addr *addr,
							    __be16 port)
{
	struct rtplane_page *page;

	page = rcu_dereference_check(addr->page[ntohs(port) / RTPLANE_PAGE_PORTS],
				     lockdep_is_held(&rn->lock));
	if (!page)
		return NULL;
	return rcu_dereference_check(page->leg[ntohs(port) % RTPLANE_PAGE_PORTS],
				     lockdep_is_held(&rn->lock));
}

/**
 * rtplane_table_find4() - the leg of a local IPv4 address
 * @rn: namespace
 * @ip: address
 * @port: port
 *
 * Three loads whatever the number of legs: the address among its few, the page
 * of its port, the leg.
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, valid until the read side ends, or NULL.
 */
static __always_inline struct rtplane_leg *rtplane_table_find4(struct rtplane_net *rn, __be32 ip,
							       __be16 port)
{
	struct rtplane_addr *addr;

	hlist_for_each_entry_rcu(addr, &rn->table[rtplane_table_bucket4(ip)], node,
				 lockdep_is_held(&rn->lock)) {
		if (addr->ep.w32[3] == ip && addr->v4)
			return rtplane_addr_leg(rn, addr, port);
	}
	return NULL;
}

/**
 * rtplane_table_find6() - the leg of a local IPv6 address
 * @rn: namespace
 * @ip: address
 * @port: port
 *
 * As rtplane_table_find4().
 */
static __always_inline struct rtplane_leg *rtplane_table_find6(struct rtplane_net *rn,
							       const struct in6_addr *ip,
							       __be16 port)
{
	const u64 *w = (const u64 *)ip;
	u64 w0 = get_unaligned(w), w1 = get_unaligned(w + 1);
	struct rtplane_addr *addr;

	hlist_for_each_entry_rcu(addr, &rn->table[rtplane_table_bucket6(w0, w1)], node,
				 lockdep_is_held(&rn->lock)) {
		/* ::ffff:a.b.c.d is no leg's, though it looks like an IPv4 leg's. */
		if (!((addr->ep.w[0] ^ w0) | (addr->ep.w[1] ^ w1)) && !addr->v4)
			return rtplane_addr_leg(rn, addr, port);
	}
	return NULL;
}

/* The same for an address of either family. */
static inline struct rtplane_leg *rtplane_table_find(struct rtplane_net *rn,
						     const struct rtplane_ep *local)
{
	if (local->part)
		return rtplane_table_find_part(rn, local);
	return rtplane_ep_is4(local) ? rtplane_table_find4(rn, local->w32[3], local->port) :
				       rtplane_table_find6(rn, &local->addr, local->port);
}

#endif /* _RTPLANE_TABLE_H */
