// SPDX-License-Identifier: GPL-2.0
/*
 * Address and port to natmap.
 *
 * Two tables of addresses, external and inside ones, with the ranges of ports of
 * each in order.  Readers use RCU.  Changes are made under the namespace's mutex:
 * whoever adds a range replaces the address's whole list, whoever removes one, which
 * must not fail for want of memory, leaves a range without natmap in it.
 */
#include <linux/slab.h>

#include "nattable.h"
#include "net.h"

static struct rtplane_nat_table *the_table(const struct rtplane_net *rn)
{
	return rcu_dereference_protected(rn->nat, lockdep_is_held(&rn->lock));
}

static const struct rtplane_ep *nat_addr(const struct rtplane_natmap_conf *conf,
					 enum rtplane_nat_dir dir)
{
	return dir == RTPLANE_NAT_IN ? &conf->ext : &conf->in;
}

static struct rtplane_nat_host *host_of(struct rtplane_nat_table *t,
					enum rtplane_nat_dir dir,
					const struct rtplane_ep *ep)
{
	struct rtplane_nat_host *host;

	hlist_for_each_entry(host, &t->host[dir][rtplane_nat_bucket(ep->w[0], ep->w[1])], node) {
		if (host->w[0] == ep->w[0] && host->w[1] == ep->w[1])
			return host;
	}
	return NULL;
}

/* What @host has, in order, with @nm where it belongs. */
static void nat_host_fill(struct rtplane_nat_host *new, const struct rtplane_nat_host *host,
			  struct rtplane_natmap *nm)
{
	const struct rtplane_nat_range own = {
		.lo = nm->conf.lo,
		.hi = nm->conf.hi,
		.nm = nm,
	};
	bool done = false;
	unsigned int i;

	new->n = 0;
	for (i = 0; host && i < host->n; i++) {
		if (!host->range[i].nm)
			continue;
		if (!done && host->range[i].lo > own.lo) {
			new->range[new->n++] = own;
			done = true;
		}
		new->range[new->n++] = host->range[i];
	}
	if (!done)
		new->range[new->n++] = own;
	new->live = new->n;
}

static int nat_host_add(struct rtplane_nat_table *t, enum rtplane_nat_dir dir,
			struct rtplane_natmap *nm)
{
	const struct rtplane_ep *ep = nat_addr(&nm->conf, dir);
	struct rtplane_nat_host *host = host_of(t, dir, ep);
	struct rtplane_nat_host *new;

	new = kvzalloc(struct_size(new, range, (host ? host->live : 0) + 1), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->w[0] = ep->w[0];
	new->w[1] = ep->w[1];
	nat_host_fill(new, host, nm);
	if (host) {
		hlist_replace_rcu(&host->node, &new->node);
		kvfree_rcu(host, rcu);
	} else {
		hlist_add_head_rcu(&new->node,
				   &t->host[dir][rtplane_nat_bucket(ep->w[0], ep->w[1])]);
	}
	return 0;
}

static void nat_host_del(struct rtplane_nat_table *t, enum rtplane_nat_dir dir,
			 const struct rtplane_natmap *nm)
{
	struct rtplane_nat_host *host = host_of(t, dir, nat_addr(&nm->conf, dir));
	struct rtplane_nat_range *r = host->range;

	while (r->nm != nm)
		r++;
	WRITE_ONCE(r->nm, NULL);
	if (--host->live)
		return;
	hlist_del_rcu(&host->node);
	kvfree_rcu(host, rcu);
}

static struct rtplane_nat_table *nat_table_get(struct rtplane_net *rn)
{
	struct rtplane_nat_table *t = the_table(rn);

	if (t)
		return t;
	t = kvzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return NULL;
	t->lo = U16_MAX;
	rcu_assign_pointer(rn->nat, t);
	return t;
}

/* Packets that are no leg's cost nothing more where there is no natmap. */
static void nat_table_put(struct rtplane_net *rn, struct rtplane_nat_table *t)
{
	if (rn->nr_natmaps)
		return;
	RCU_INIT_POINTER(rn->nat, NULL);
	kvfree_rcu(t, rcu);
}

/**
 * rtplane_nat_table_add() - make a natmap findable
 * @rn: namespace, @rn->lock held
 * @nm: natmap, which conflicts with none
 *
 * Return: 0; or -ENOMEM, but a packet may have found it.
 */
int rtplane_nat_table_add(struct rtplane_net *rn, struct rtplane_natmap *nm)
{
	struct rtplane_nat_table *t = nat_table_get(rn);
	int err;

	if (!t)
		return -ENOMEM;
	/* Before anybody can find it. */
	WRITE_ONCE(t->lo, min(t->lo, nm->conf.lo));
	WRITE_ONCE(t->hi, max(t->hi, nm->conf.hi));
	err = nat_host_add(t, RTPLANE_NAT_IN, nm);
	if (err)
		goto put;
	err = nat_host_add(t, RTPLANE_NAT_OUT, nm);
	if (err)
		goto del;
	rn->nr_natmaps++;
	return 0;
del:
	nat_host_del(t, RTPLANE_NAT_IN, nm);
put:
	nat_table_put(rn, t);
	return err;
}

/**
 * rtplane_nat_table_del() - make a natmap unfindable
 * @rn: namespace, @rn->lock held
 * @nm: in the table; readers may hold it until a grace period has passed
 */
void rtplane_nat_table_del(struct rtplane_net *rn, const struct rtplane_natmap *nm)
{
	struct rtplane_nat_table *t = the_table(rn);

	nat_host_del(t, RTPLANE_NAT_IN, nm);
	nat_host_del(t, RTPLANE_NAT_OUT, nm);
	rn->nr_natmaps--;
	nat_table_put(rn, t);
}

/* The natmap that begins with this port, @rn->lock held. */
struct rtplane_natmap *rtplane_natmap_get(struct rtplane_net *rn, const struct rtplane_ep *ext,
					  u16 lo)
{
	struct rtplane_nat_table *t = the_table(rn);
	const struct rtplane_nat_host *host = t ? host_of(t, RTPLANE_NAT_IN, ext) : NULL;
	struct rtplane_natmap *nm = host ? rtplane_nat_among(host, lo) : NULL;

	return nm && nm->conf.lo == lo ? nm : NULL;
}

/* Are some of these ports of @ep a natmap's? */
static bool nat_taken(struct rtplane_nat_table *t, enum rtplane_nat_dir dir,
		      const struct rtplane_ep *ep, const struct rtplane_natmap_conf *conf)
{
	const struct rtplane_nat_host *host = host_of(t, dir, ep);
	unsigned int i;

	for (i = 0; host && i < host->n; i++) {
		if (host->range[i].nm && host->range[i].lo <= conf->hi &&
		    conf->lo <= host->range[i].hi)
			return true;
	}
	return false;
}

/**
 * rtplane_nat_conflict() - does a natmap have what another is to have?
 * @rn: namespace, @rn->lock held
 * @conf: what the other is to be
 *
 * Return: what it has first, or RTPLANE_NAT_CONFLICT_NONE.
 */
enum rtplane_nat_conflict rtplane_nat_conflict(struct rtplane_net *rn,
					       const struct rtplane_natmap_conf *conf)
{
	struct rtplane_nat_table *t = the_table(rn);

	if (!t)
		return RTPLANE_NAT_CONFLICT_NONE;
	if (nat_taken(t, RTPLANE_NAT_IN, &conf->ext, conf))
		return RTPLANE_NAT_CONFLICT_EXT;
	if (nat_taken(t, RTPLANE_NAT_OUT, &conf->in, conf))
		return RTPLANE_NAT_CONFLICT_INT;
	if (nat_taken(t, RTPLANE_NAT_OUT, &conf->ext, conf) ||
	    nat_taken(t, RTPLANE_NAT_IN, &conf->in, conf))
		return RTPLANE_NAT_CONFLICT_BOTH;
	return RTPLANE_NAT_CONFLICT_NONE;
}
