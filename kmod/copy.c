// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of what arrives on a leg, to outputs beside its peer: a recorder's.
 *
 * A packet is copied once it is the remote's, within the limits, counted and not
 * blocked: as it is after its protection was taken off, and before the peer's is
 * put on, whether or not it goes on to the peer.  A leg that has outputs has no usual
 * packets (egress_fill()), so who has none is asked nothing on the usual way.
 */
#include <linux/slab.h>

#include "copy.h"
#include "dscp.h"
#include "egress.h"
#include "net.h"
#include "rewrite.h"

/**
 * rtplane_copies_new() - room for outputs
 * @n: how many, at least one
 *
 * Context: process.
 * Return: all zero but for the number, or NULL.
 */
struct rtplane_copies *rtplane_copies_new(unsigned int n)
{
	struct rtplane_copies *all = kzalloc(struct_size(all, copy, n), GFP_KERNEL_ACCOUNT);

	if (all)
		all->n = n;
	return all;
}

/**
 * rtplane_copies_free() - free outputs
 * @all: outputs that no leg has, or NULL; packets on their way may still have an egress
 */
void rtplane_copies_free(struct rtplane_copies *all)
{
	unsigned int i;

	for (i = 0; all && i < all->n; i++)
		rtplane_egress_free(all->copy[i].egress);
	kfree(all);
}

static bool same(const struct rtplane_copy *a, const struct rtplane_copy *b)
{
	return a->only == b->only && rtplane_ep_eq(&a->from, &b->from) &&
	       rtplane_ep_eq(&a->to, &b->to);
}

/**
 * rtplane_copies_take() - a leg gets other outputs
 * @leg: leg, locked
 * @news: the outputs, NULL = none; left with what the leg had.  One that it had goes on
 *	counting
 */
void rtplane_copies_take(struct rtplane_leg *leg, struct rtplane_copies **news)
{
	const struct rtplane_copies *old = leg->copies;
	struct rtplane_copies *all = *news;
	unsigned int i, k;

	lockdep_assert_held(&leg->lock);
	for (i = 0; all && old && i < all->n; i++) {
		for (k = 0; k < old->n; k++) {
			if (!same(&all->copy[i], &old->copy[k]))
				continue;
			all->copy[i].packets = old->copy[k].packets;
			all->copy[i].bytes = old->copy[k].bytes;
			all->copy[i].dropped = old->copy[k].dropped;
		}
	}
	swap(leg->copies, *news);
}

/**
 * rtplane_copies_forget_dev() - let go of ways that lead by a device
 * @all: the outputs of a leg that is locked, or NULL
 * @dev: the device
 */
void rtplane_copies_forget_dev(struct rtplane_copies *all, const struct net_device *dev)
{
	struct rtplane_copy *c;
	unsigned int i;

	for (i = 0; all && i < all->n; i++) {
		c = &all->copy[i];
		if (!c->egress || !rtplane_way_uses(&c->egress->way, dev))
			continue;
		rtplane_egress_free(c->egress);
		c->egress = NULL;
	}
}

static bool wanted(const struct rtplane_copy *c, const struct rtplane_pkt *pkt)
{
	return !c->only || pkt->kind == (c->only == RTPLANE_ONLY_RTP ? RTPLANE_KIND_RTP :
								      RTPLANE_KIND_RTCP);
}

/* How to reach an output now; NULL: not. */
static struct rtplane_egress *find_way(const struct rtplane_leg *leg, struct rtplane_copy *c)
{
	if (c->egress && rtplane_way_valid(&c->egress->way))
		return c->egress;
	rtplane_egress_free(c->egress);
	c->egress = NULL;
	if (!rtplane_goes_on(rtplane_egress_new(leg->rn, &c->from, &c->to, 0, 0, &c->egress)))
		c->egress = NULL;
	return c->egress;
}

/* A buffer of its own, with room for a larger IP header and the device's. */
static struct sk_buff *duplicate(const struct sk_buff *skb, struct rtplane_pkt *pkt,
				 const struct rtplane_egress *eg)
{
	struct sk_buff *dup;

	if (pkt->ttl <= 1 || rtplane_way_stuck(skb, pkt, &eg->way))
		return NULL;
	dup = skb_copy_expand(skb, eg->way.headroom + sizeof(struct ipv6hdr), 0,
			      GFP_ATOMIC | __GFP_NOWARN);
	if (dup && pkt->opened)
		rtplane_rewrite_payload(dup, pkt);
	return dup;
}

static void add(struct rtplane_copied *out, struct rtplane_copies *all, unsigned int no,
		struct sk_buff *skb, const struct rtplane_pkt *pkt)
{
	struct rtplane_copy *c = &all->copy[no];

	c->packets++;
	c->bytes += rtplane_way_len(pkt, &c->egress->way);
	out->of = all;
	out->pkt = *pkt;
	out->skb[out->n] = skb;
	out->egress[out->n] = c->egress;
	out->no[out->n++] = no;
}

/**
 * rtplane_copies_make() - copy a packet for each output that wants it
 * @leg: leg that it arrived on, locked, with a peer and with outputs
 * @skb: the packet, as it goes on: plain
 * @pkt: the same
 * @out: gets the copies; empty before
 *
 * Nothing is sent while the leg is locked: the packet might come back to it.
 */
void rtplane_copies_make(struct rtplane_leg *leg, const struct sk_buff *skb,
			 const struct rtplane_pkt *pkt, struct rtplane_copied *out)
{
	const struct rtplane_leg *peer = leg->peer;
	struct rtplane_copies *all = leg->copies;
	struct rtplane_pkt copy;
	struct sk_buff *dup;
	unsigned int i;

	lockdep_assert_held(&leg->lock);
	for (i = 0; i < all->n; i++) {
		if (!wanted(&all->copy[i], pkt))
			continue;
		copy = *pkt;
		copy.tos_out = rtplane_dscp_tos(peer->dscp_mode, peer->dscp, peer->dscp_map,
						pkt->tos);
		dup = find_way(leg, &all->copy[i]) ?
		      duplicate(skb, &copy, all->copy[i].egress) : NULL;
		if (dup)
			add(out, all, i, dup, &copy);
		else
			all->copy[i].dropped++;
	}
}

/* It was counted as sent before it was tried. */
static void unsent(struct rtplane_leg *leg, const struct rtplane_copied *out, unsigned int i)
{
	struct rtplane_copy *c;

	spin_lock(&leg->lock);
	/* They may have been replaced since, and others stand in their place. */
	if (leg->copies && leg->copies == out->of && out->no[i] < leg->copies->n &&
	    leg->copies->copy[out->no[i]].packets) {
		c = &leg->copies->copy[out->no[i]];
		c->packets--;
		c->bytes -= rtplane_way_len(&out->pkt, &out->egress[i]->way);
		c->dropped++;
	}
	spin_unlock(&leg->lock);
}

/**
 * rtplane_copies_send() - send the copies of a packet
 * @leg: leg that it arrived on, not locked
 * @out: the copies, under the same RCU read side as they were made
 */
void rtplane_copies_send(struct rtplane_leg *leg, struct rtplane_copied *out)
{
	const struct rtplane_egress *eg;
	unsigned int i;

	for (i = 0; i < out->n; i++) {
		eg = out->egress[i];
		rtplane_rewrite_any(out->skb[i], &out->pkt, &eg->src, &eg->to);
		if (unlikely(rtplane_way_send_any(leg->rn->net, out->skb[i], &out->pkt, &eg->way)))
			unsent(leg, out, i);
	}
}
