// SPDX-License-Identifier: GPL-2.0
/*
 * Local address and port to leg.
 *
 * A media host has few addresses and many ports of each, close together: legs
 * hang in pages of 256 ports below their address, and a look-up compares one
 * address and no more.  Readers use RCU; changes are made under the namespace's
 * mutex, and what has become empty is freed after a grace period.
 */
#include <linux/slab.h>

#include "call.h"
#include "table.h"

/* A page is a little more than 2 KiB, for which kmalloc() would take 4. */
static struct kmem_cache *page_cache;

int rtplane_table_cache_init(void)
{
	page_cache = KMEM_CACHE(rtplane_page, 0);
	return page_cache ? 0 : -ENOMEM;
}

void rtplane_table_cache_exit(void)
{
	kmem_cache_destroy(page_cache);
}

static void page_free(struct rcu_head *rcu)
{
	kmem_cache_free(page_cache, container_of(rcu, struct rtplane_page, rcu));
}

static struct hlist_head *addr_bucket(struct rtplane_net *rn, const struct rtplane_ep *ep)
{
	return &rn->table[rtplane_ep_is4(ep) ? rtplane_table_bucket4(ep->w32[3]) :
					       rtplane_table_bucket6(ep->w[0], ep->w[1])];
}

static struct rtplane_addr *addr_find(struct rtplane_net *rn, const struct rtplane_ep *ep)
{
	struct rtplane_addr *addr;

	hlist_for_each_entry(addr, addr_bucket(rn, ep), node) {
		if (rtplane_ep_same_addr(&addr->ep, ep))
			return addr;
	}
	return NULL;
}

static struct rtplane_addr *rtcp_at(struct rtplane_net *rn, struct rtplane_addr *addr)
{
	return rcu_dereference_protected(addr->rtcp, lockdep_is_held(&rn->lock));
}

static struct rtplane_addr *addr_get(struct rtplane_net *rn, const struct rtplane_ep *ep)
{
	struct rtplane_addr *addr = addr_find(rn, ep);

	if (addr)
		return addr;
	addr = kzalloc(sizeof(*addr), GFP_KERNEL_ACCOUNT);
	if (!addr)
		return NULL;
	addr->ep.addr = ep->addr;
	addr->v4 = rtplane_ep_is4(ep);
	hlist_add_head_rcu(&addr->node, addr_bucket(rn, ep));
	return addr;
}

static void addr_put(struct rtplane_addr *addr)
{
	struct rtplane_addr *of = addr->of;

	if (addr->used)
		return;
	if (of) {
		RCU_INIT_POINTER(of->rtcp, NULL);
		of->used--;
		addr_put(of);
	} else {
		hlist_del_rcu(&addr->node);
	}
	kfree_rcu(addr, rcu);
}

/* Where @leg is to be, or NULL without memory. */
static struct rtplane_addr *place_get(struct rtplane_net *rn, const struct rtplane_leg *leg)
{
	struct rtplane_addr *of = addr_get(rn, &leg->local), *addr;

	if (!of || !leg->local.rtcp)
		return of;
	addr = rtcp_at(rn, of);
	if (addr)
		return addr;
	addr = kzalloc(sizeof(*addr), GFP_KERNEL_ACCOUNT);
	if (!addr) {
		addr_put(of);
		return NULL;
	}
	addr->of = of;
	of->used++;
	rcu_assign_pointer(of->rtcp, addr);
	return addr;
}

static struct rtplane_page *page_at(struct rtplane_net *rn, struct rtplane_addr *addr,
				    unsigned int i)
{
	return rcu_dereference_protected(addr->page[i], lockdep_is_held(&rn->lock));
}

static struct rtplane_page *page_get(struct rtplane_net *rn, struct rtplane_addr *addr,
				     unsigned int i)
{
	struct rtplane_page *page = page_at(rn, addr, i);

	if (page)
		return page;
	page = kmem_cache_zalloc(page_cache, GFP_KERNEL_ACCOUNT);
	if (!page)
		return NULL;
	rcu_assign_pointer(addr->page[i], page);
	addr->used++;
	return page;
}

/**
 * rtplane_table_add() - make a leg findable
 * @rn: namespace, @rn->lock held
 * @leg: not in the table yet
 *
 * Return: 0, -EEXIST if the local address is taken, or -ENOMEM.
 */
int rtplane_table_add(struct rtplane_net *rn, struct rtplane_leg *leg)
{
	unsigned int port = ntohs(leg->local.port);
	struct rtplane_addr *addr;
	struct rtplane_page *page;

	lockdep_assert_held(&rn->lock);
	if (rtplane_table_find(rn, &leg->local))
		return -EEXIST;
	if (leg->local.call)
		return rtplane_call_add(leg);
	addr = place_get(rn, leg);
	if (!addr)
		return -ENOMEM;
	page = page_get(rn, addr, port / RTPLANE_PAGE_PORTS);
	if (!page) {
		addr_put(addr);
		return -ENOMEM;
	}
	rcu_assign_pointer(page->leg[port % RTPLANE_PAGE_PORTS], leg);
	page->used++;
	return 0;
}

/**
 * rtplane_table_del() - make a leg unfindable
 * @rn: namespace, @rn->lock held
 * @leg: in the table; readers may hold it until a grace period has passed
 */
void rtplane_table_del(struct rtplane_net *rn, struct rtplane_leg *leg)
{
	unsigned int port = ntohs(leg->local.port);
	unsigned int i = port / RTPLANE_PAGE_PORTS;
	struct rtplane_addr *addr;
	struct rtplane_page *page;

	lockdep_assert_held(&rn->lock);
	if (leg->local.call) {
		rtplane_call_del(leg);
		return;
	}
	addr = addr_find(rn, &leg->local);
	if (leg->local.rtcp)
		addr = rtcp_at(rn, addr);
	page = page_at(rn, addr, i);
	RCU_INIT_POINTER(page->leg[port % RTPLANE_PAGE_PORTS], NULL);
	if (--page->used)
		return;
	RCU_INIT_POINTER(addr->page[i], NULL);
	call_rcu(&page->rcu, page_free);
	addr->used--;
	addr_put(addr);
}

/**
 * rtplane_table_find_part() - the leg of what is RTCP, or a call's, at a local address
 * @rn: namespace
 * @local: address and port
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, valid until the read side ends, or NULL.
 */
struct rtplane_leg *rtplane_table_find_part(struct rtplane_net *rn, const struct rtplane_ep *local)
{
	struct rtplane_addr *addr, *rtcp;

	if (local->call)
		return rtplane_call_of(rn, local);
	hlist_for_each_entry_rcu(addr, addr_bucket(rn, local), node, lockdep_is_held(&rn->lock)) {
		if (!rtplane_ep_same_addr(&addr->ep, local))
			continue;
		rtcp = rcu_dereference_check(addr->rtcp, lockdep_is_held(&rn->lock));
		return rtcp ? rtplane_addr_leg(rn, rtcp, local->port) : NULL;
	}
	return NULL;
}
