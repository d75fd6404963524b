// SPDX-License-Identifier: GPL-2.0
/* Natmaps: the objects, how they are found, and what they remember. */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "dscp.h"
#include "nattable.h"
#include "net.h"

static struct rtplane_nat_way *nat_way_in_slot(const struct rtplane_natmap *nm,
					       struct rtplane_nat_way __rcu **slot)
{
	return rcu_dereference_protected(*slot, lockdep_is_held(&nm->ways_lock));
}

static void nat_way_drop(struct rtplane_natmap *nm, struct rtplane_nat_way __rcu **slot)
{
	struct rtplane_nat_way *w = nat_way_in_slot(nm, slot);

	RCU_INIT_POINTER(*slot, NULL);
	if (!w)
		return;
	rtplane_way_release(&w->way);
	kfree_rcu(w, rcu);
}

static u32 nat_nr_ways(const struct rtplane_natmap *nm)
{
	return RTPLANE_NAT_WAY_SET << (64 - nm->ways_shift);
}

static void nat_way_drop_by(struct rtplane_natmap *nm,
			    struct rtplane_nat_way __rcu **slot,
			    const struct net_device *dev)
{
	struct rtplane_nat_way *w = nat_way_in_slot(nm, slot);

	if (w && (!dev || rtplane_way_uses(&w->way, dev)))
		nat_way_drop(nm, slot);
}

/* Drop the ways through @dev, or all. */
static void nat_ways_drop(struct rtplane_natmap *nm, const struct net_device *dev)
{
	u32 i;

	spin_lock_bh(&nm->ways_lock);
	nat_way_drop_by(nm, &nm->way_in, dev);
	for (i = 0; nm->ways && i < nat_nr_ways(nm); i++)
		nat_way_drop_by(nm, &nm->ways[i], dev);
	spin_unlock_bh(&nm->ways_lock);
}

/* Packets that found the natmap may have remembered ways in it until now. */
static void natmap_free(struct rcu_head *rcu)
{
	struct rtplane_natmap *nm = container_of(rcu, struct rtplane_natmap, rcu);

	nat_ways_drop(nm, NULL);
	kvfree(nm->permits);
	kvfree(nm->ways);
	free_percpu(nm->stats);
	kfree(nm);
}

static void nat_gate_init(struct rtplane_nat_gate *gate,
			  const struct rtplane_natmap_conf *conf)
{
	spin_lock_init(&gate->lock);
	rtplane_police_set(&gate->police, conf->pps, conf->bps);
	gate->on = rtplane_policed(&gate->police);
}

/* Room for a remote at each port: what a call needs of RTP and RTCP is one. */
static bool nat_ways_init(struct rtplane_natmap *nm)
{
	u32 n = max(nm->conf.hi - nm->conf.lo + 1, RTPLANE_NAT_WAYS_MIN);

	nm->ways_shift = 64 - order_base_2(DIV_ROUND_UP(n, RTPLANE_NAT_WAY_SET));
	nm->ways = kvcalloc(nat_nr_ways(nm), sizeof(*nm->ways), GFP_KERNEL_ACCOUNT);
	return nm->ways;
}

static struct rtplane_natmap *natmap_alloc(struct rtplane_net *rn,
					   const struct rtplane_natmap_conf *conf)
{
	struct rtplane_natmap *nm = kzalloc(sizeof(*nm), GFP_KERNEL_ACCOUNT);

	if (!nm)
		return NULL;
	nm->rn = rn;
	nm->conf = *conf;
	spin_lock_init(&nm->ways_lock);
	spin_lock_init(&nm->permit_lock);
	rtplane_diff(&nm->diff[RTPLANE_NAT_IN], &conf->ext, &conf->ext, &conf->ext, &conf->in);
	rtplane_diff(&nm->diff[RTPLANE_NAT_OUT], &conf->in, &conf->in, &conf->ext, &conf->in);
	nm->tos_keep = rtplane_dscp_keep(conf->dscp_mode);
	nm->tos_set = rtplane_dscp_set(conf->dscp_mode, conf->dscp);
	/* What has a loopback source is martian. */
	if (!conf->filter && conf->dscp_mode != RTPLANE_DSCP_MAP &&
	    !rtplane_ep_loopback(&conf->in))
		nm->usual = rtplane_ep_is4(&conf->ext) ? 4 : 6;
	nat_gate_init(&nm->gate[RTPLANE_NAT_IN], conf);
	nat_gate_init(&nm->gate[RTPLANE_NAT_OUT], conf);
	nm->stats = alloc_percpu_gfp(struct rtplane_nat_stats, GFP_KERNEL_ACCOUNT);
	if (!nm->stats || !nat_ways_init(nm))
		goto free;
	if (conf->filter) {
		nm->permits = kvcalloc(RTPLANE_NAT_PERMIT_SETS * RTPLANE_NAT_PERMIT_SET,
				       sizeof(*nm->permits), GFP_KERNEL_ACCOUNT);
		if (!nm->permits)
			goto free;
	}
	return nm;
free:
	natmap_free(&nm->rcu);
	return NULL;
}

/**
 * rtplane_natmap_add() - create a natmap
 * @rn: namespace, @rn->lock held
 * @conf: valid
 * @why: set to what others have that it cannot have
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int rtplane_natmap_add(struct rtplane_net *rn, const struct rtplane_natmap_conf *conf,
		       enum rtplane_nat_conflict *why)
{
	struct rtplane_natmap *nm;
	int err;

	lockdep_assert_held(&rn->lock);
	*why = rtplane_nat_conflict(rn, conf);
	if (*why)
		return -EEXIST;
	nm = natmap_alloc(rn, conf);
	if (!nm)
		return -ENOMEM;
	err = rtplane_nat_table_add(rn, nm);
	if (err) {
		/* A packet may have found it already. */
		call_rcu(&nm->rcu, natmap_free);
		return err;
	}
	nm->id = ++rn->next_natmap;
	list_add_tail(&nm->list, &rn->natmaps);
	rn->seq++;
	return 0;
}

/* A hairpinned packet was counted twice, by the natmaps of both sides. */
static void nat_totals_add(struct rtplane_totals *t, const struct rtplane_natmap *nm)
{
	struct rtplane_nat_stats s;
	u64 forwarded;
	int i;

	rtplane_natmap_sum(nm, &s);
	forwarded = s.packets[RTPLANE_NAT_IN] + s.packets[RTPLANE_NAT_OUT] - s.hairpins + s.icmp;
	t->rx_packets += forwarded;
	t->tx_packets += forwarded;
	t->passed += s.passed;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		t->drops[i] += s.drops[i];
}

/**
 * rtplane_natmap_totals() - what all natmaps of a namespace counted
 * @rn: namespace
 * @t: sums to add to; natmaps that are gone are in @rn->gone
 */
void rtplane_natmap_totals(struct rtplane_net *rn, struct rtplane_totals *t)
{
	struct rtplane_natmap *nm;

	lockdep_assert_held(&rn->lock);
	list_for_each_entry(nm, &rn->natmaps, list)
		nat_totals_add(t, nm);
}

/**
 * rtplane_natmap_remove() - remove a natmap
 * @nm: natmap, its namespace's mutex held
 *
 * A packet may have found it under RCU, so it is freed after a grace period;
 * the totals do not learn of such a packet.
 */
void rtplane_natmap_remove(struct rtplane_natmap *nm)
{
	struct rtplane_net *rn = nm->rn;

	lockdep_assert_held(&rn->lock);
	rtplane_nat_table_del(rn, nm);
	list_del(&nm->list);
	nat_totals_add(&rn->gone, nm);
	rn->seq++;
	call_rcu(&nm->rcu, natmap_free);
}

void rtplane_natmap_remove_all(struct rtplane_net *rn)
{
	struct rtplane_natmap *nm, *next;

	list_for_each_entry_safe(nm, next, &rn->natmaps, list)
		rtplane_natmap_remove(nm);
}

/* As rtplane_bridge_forget_dev(). */
void rtplane_natmap_forget_dev(struct rtplane_net *rn, const struct net_device *dev)
{
	struct rtplane_natmap *nm;

	if (!rtplane_way_leads(rn, dev))
		return;
	mutex_lock(&rn->lock);
	list_for_each_entry(nm, &rn->natmaps, list) {
		nat_ways_drop(nm, dev);
		cond_resched();
	}
	mutex_unlock(&rn->lock);
}

/* The inside has a place of its own, which no remote takes from it. */
static bool nat_is_inside(const struct rtplane_natmap *nm, const struct rtplane_ep *to)
{
	return rtplane_ep_same_addr(to, &nm->conf.in);
}

/* Where to put the way to a remote: where its last one is, or none, or one that is no
 * longer true, or else anyone's.
 */
static struct rtplane_nat_way __rcu **nat_way_place(struct rtplane_natmap *nm,
						    const struct rtplane_ep *to)
{
	struct rtplane_nat_way __rcu **set = rtplane_nat_way_slots(nm, to->w[0], to->w[1]);
	struct rtplane_nat_way __rcu **place = NULL;
	struct rtplane_nat_way *w;
	unsigned int i;

	for (i = 0; i < RTPLANE_NAT_WAY_SET; i++) {
		w = nat_way_in_slot(nm, &set[i]);
		if (w && rtplane_ep_same_addr(&w->to, to))
			return &set[i];
		if (!place && (!w || !rtplane_way_valid(&w->way)))
			place = &set[i];
	}
	return place ?: &set[nm->victim++ % RTPLANE_NAT_WAY_SET];
}

static const struct rtplane_way *nat_way_renew(struct rtplane_natmap *nm,
					       const struct rtplane_ep *src,
					       const struct rtplane_ep *to)
{
	struct rtplane_nat_way *w = kmalloc(sizeof(*w), GFP_ATOMIC | __GFP_NOWARN);
	struct rtplane_nat_way __rcu **slot = &nm->way_in;

	if (!w)
		return ERR_PTR(-ENOMEM);
	w->to = *to;
	w->ifindex = 0;
	/* Under the lock: whoever drops the ways of a device that goes finds this one, or
	 * its route is gone before it is looked up.
	 */
	spin_lock(&nm->ways_lock);
	if (rtplane_way_find(nm->rn->net, &w->way, src, to, 0, 0, FLOWI_FLAG_ANYSRC)) {
		spin_unlock(&nm->ways_lock);
		kfree(w);
		return ERR_PTR(-ENETUNREACH);
	}
	if (!nat_is_inside(nm, to))
		slot = nat_way_place(nm, to);
	nat_way_drop(nm, slot);
	rcu_assign_pointer(*slot, w);
	spin_unlock(&nm->ways_lock);
	return &w->way;
}

/**
 * rtplane_natmap_way() - the way to an address
 * @nm: natmap
 * @src: source of what will be sent
 * @to: destination
 *
 * Context: softirq, RCU read side; the way is valid until that ends.
 * Return: the way, ERR_PTR(-ENOMEM) or ERR_PTR(-ENETUNREACH).
 */
const struct rtplane_way *rtplane_natmap_way(struct rtplane_natmap *nm,
					     const struct rtplane_ep *src,
					     const struct rtplane_ep *to)
{
	struct rtplane_nat_way *w;

	w = nat_is_inside(nm, to) ? rcu_dereference(nm->way_in) :
					    rtplane_nat_way_look(nm, to->w[0], to->w[1]);
	if (w && rtplane_way_valid(&w->way))
		return &w->way;
	return nat_way_renew(nm, src, to);
}

/* Is @dev below the side's device: a port of its bridge, of its bond? */
static bool side_above(const struct rtplane_nat_side *side, struct net_device *dev)
{
	struct net_device *upper = dev_get_by_index_rcu(dev_net(dev), side->ifindex);

	return upper && netdev_has_upper_dev_all_rcu(dev, upper) &&
	       (!side->grouped || side->group == (u32)upper->group);
}

static bool side_has(const struct rtplane_nat_side *side, const struct net_device *dev)
{
	return rtplane_nat_side_has(side, dev) ||
	       (side->ifindex && side_above(side, (struct net_device *)dev));
}

/* Would what is sent to the inside leave by @dev, or by one that @dev is below of? */
static bool leads_to(const struct rtplane_way *way, const struct rtplane_ep *to,
		     const struct net_device *dev)
{
	struct net_device *out = READ_ONCE(way->dst->dev);

	return out == dev || netdev_has_upper_dev_all_rcu((struct net_device *)dev, out) ||
	       rtplane_way_nexthop(dev, to);
}

/**
 * rtplane_natmap_inside() - does what comes by a device come from inside?
 * @nm: natmap
 * @dev: device that the packet came by
 *
 * The hook is before the stack's own reverse-path check.  Where no inside was told, it
 * is whence the route to the inside leads.
 *
 * Context: softirq, RCU read side.
 */
bool rtplane_natmap_inside(struct rtplane_natmap *nm, const struct net_device *dev)
{
	const struct rtplane_nat_side *side = &nm->conf.inside;
	const struct rtplane_way *way;
	struct rtplane_nat_way *w;

	if (rtplane_nat_inside_known(nm, dev))
		return true;
	way = rtplane_natmap_way(nm, &nm->conf.ext, &nm->conf.in);
	if (side->ifindex || side->grouped) {
		if (!side_has(side, dev))
			return false;
	} else if (IS_ERR(way) || !leads_to(way, &nm->conf.in, dev)) {
		return false;
	}
	w = rcu_dereference(nm->way_in);
	if (w)
		WRITE_ONCE(w->ifindex, dev->ifindex);
	return true;
}

/**
 * rtplane_natmap_outside() - may what comes by a device come from outside?
 * @nm: natmap
 * @dev: device that the packet came by
 */
bool rtplane_natmap_outside(const struct rtplane_natmap *nm, const struct net_device *dev)
{
	return side_has(&nm->conf.outside, dev);
}

static struct rtplane_nat_permit *nat_set(const struct rtplane_natmap *nm,
					  const struct rtplane_ep *remote, __be16 port)
{
	u32 hash = jhash2((const u32 *)remote->w32, 4, (__force u32)port);

	return nm->permits + hash % RTPLANE_NAT_PERMIT_SETS * RTPLANE_NAT_PERMIT_SET;
}

static bool nat_permit_is(const struct rtplane_nat_permit *p,
			  const struct rtplane_ep *remote, __be16 port)
{
	/* Pairs with the release that makes a permit count. */
	if (smp_load_acquire(&p->port) != port || !rtplane_permit_names(p, remote))
		return false;
	/* Pairs with the barrier in rtplane_natmap_permit(): was it one permit
	 * all the while?
	 */
	smp_rmb();
	return READ_ONCE(p->port) == port;
}

/**
 * rtplane_natmap_permit() - the inside has sent to @remote by @port
 * @nm: natmap with address-dependent filtering
 * @remote: address
 * @port: our port
 *
 * When a set is full, the one that was silent longest goes.
 */
void rtplane_natmap_permit(struct rtplane_natmap *nm, const struct rtplane_ep *remote, __be16 port)
{
	struct rtplane_nat_permit *set = nat_set(nm, remote, port);
	struct rtplane_nat_permit *p, *old = set;
	u32 now = ktime_get_seconds();

	for (p = set; p < set + RTPLANE_NAT_PERMIT_SET; p++) {
		if (nat_permit_is(p, remote, port)) {
			if (READ_ONCE(p->when) != now)
				WRITE_ONCE(p->when, now);
			return;
		}
		if (!READ_ONCE(p->port) || now - READ_ONCE(p->when) > now - READ_ONCE(old->when))
			old = READ_ONCE(old->port) ? p : old;
	}
	spin_lock(&nm->permit_lock);
	WRITE_ONCE(old->port, 0);
	/* Readers must not take the old address for the new port's. */
	smp_wmb();
	WRITE_ONCE(old->addr[0], remote->w[0]);
	WRITE_ONCE(old->addr[1], remote->w[1]);
	WRITE_ONCE(old->when, now);
	/* The permit counts once all of it is there. */
	smp_store_release(&old->port, port);
	spin_unlock(&nm->permit_lock);
}

/**
 * rtplane_natmap_permitted() - has the inside sent to @remote by @port lately?
 * @nm: natmap with address-dependent filtering
 * @remote: address
 * @port: our port
 */
bool rtplane_natmap_permitted(const struct rtplane_natmap *nm, const struct rtplane_ep *remote,
			      __be16 port)
{
	const struct rtplane_nat_permit *set = nat_set(nm, remote, port);
	const struct rtplane_nat_permit *p;
	u32 now = ktime_get_seconds();

	for (p = set; p < set + RTPLANE_NAT_PERMIT_SET; p++) {
		if (nat_permit_is(p, remote, port) && rtplane_permit_lives(p, now))
			return true;
	}
	return false;
}

/* Sum of all CPUs. */
void rtplane_natmap_sum(const struct rtplane_natmap *nm, struct rtplane_nat_stats *sum)
{
	u64 *to = (u64 *)sum;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const u64 *from = (const u64 *)per_cpu_ptr(nm->stats, cpu);

		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			to[i] += READ_ONCE(from[i]);
	}
}
