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
 * @page: by the high byte of the port; RCU
 * @used: how many pages there are; namespace's mutex
 * @rcu: to free it
 */
struct rtplane_addr {
	struct hlist_node node;
	struct rtplane_ep ep;
	struct rtplane_page __rcu *page[65536 / RTPLANE_PAGE_PORTS];
	unsigned int used;
	struct rcu_head rcu;
};

int rtplane_table_cache_init(void);
void rtplane_table_cache_exit(void);
int rtplane_table_add(struct rtplane_net *rn, struct rtplane_leg *leg);
void rtplane_table_del(struct rtplane_net *rn, struct rtplane_leg *leg);

static inline unsigned int rtplane_table_bucket(u64 w0, u64 w1)
{
	return hash_64(w0 ^ w1, ilog2(RTPLANE_BUCKETS));
}

static __always_inline struct rtplane_leg *rtplane_table_look(struct rtplane_net *rn, u64 w0,
							      u64 w1, __be16 port)
{
	struct rtplane_addr *addr;
	struct rtplane_page *page;

	hlist_for_each_entry_rcu(addr, &rn->table[rtplane_table_bucket(w0, w1)], node,
				 lockdep_is_held(&rn->lock)) {
		if ((addr->ep.w[0] ^ w0) | (addr->ep.w[1] ^ w1))
			continue;
		page = rcu_dereference_check(addr->page[ntohs(port) / RTPLANE_PAGE_PORTS],
					     lockdep_is_held(&rn->lock));
		if (!page)
			return NULL;
		return rcu_dereference_check(page->leg[ntohs(port) % RTPLANE_PAGE_PORTS],
					     lockdep_is_held(&rn->lock));
	}
	return NULL;
}

/**
 * rtplane_table_find() - the leg of a local address
 * @rn: namespace
 * @local: address and port
 *
 * Three loads whatever the number of legs: the address among its few, the page
 * of its port, the leg.
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, valid until the read side ends, or NULL.
 */
static inline struct rtplane_leg *rtplane_table_find(struct rtplane_net *rn,
						     const struct rtplane_ep *local)
{
	return rtplane_table_look(rn, local->w[0], local->w[1], local->port);
}

/* The same by the headers of a packet. */
static __always_inline struct rtplane_leg *rtplane_table_find4(struct rtplane_net *rn, __be32 addr,
							       __be16 port)
{
	return rtplane_table_look(rn, 0, rtplane_ep_word4(addr), port);
}

static __always_inline struct rtplane_leg *rtplane_table_find6(struct rtplane_net *rn,
							       const struct in6_addr *addr,
							       __be16 port)
{
	const u64 *w = (const u64 *)addr;
	u64 w0 = get_unaligned(w), w1 = get_unaligned(w + 1);

	/* No leg of ours, though it looks like an IPv4 leg's. */
	if (unlikely(ipv6_addr_v4mapped(addr)))
		return NULL;
	return rtplane_table_look(rn, w0, w1, port);
}

#endif /* _RTPLANE_TABLE_H */
