/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A datapath that is a table of legs and relays nothing: it does all of a call or
 * nothing, as the real ones, counts what it is asked, and refuses its n-th call.
 */
#ifndef UNIT_FAKE_DP_H
#define UNIT_FAKE_DP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"

#define FAKE_LEGS	128
#define FAKE_ORDERS	(DP_LEG_UNLATCH | DP_LEG_MOVED | DP_LEG_PROVEN)

struct fake_leg {
	struct dp_leg conf;
	struct dp_addr peer;
	uint64_t cookie;
	uint32_t orders;
	struct dp_addr proven;
	unsigned int beginnings;
	uint64_t last;
	uint64_t saved_index;
	struct dp_leg_info seen;
};

/**
 * struct fake - the datapath
 * @dp: what others see
 * @leg: its legs
 * @n: how many
 * @calls: that change things
 * @refuse: the number of the call that is refused; 0: none is
 * @no_srtp: keys are refused, as by a module that has no such cipher
 * @wrong: calls that made no sense: legs that are there already, or not there
 * @news: calls by kind
 * @sets: calls by kind
 * @dels: calls by kind
 * @dumps: calls by kind
 * @gets: calls by kind
 */
struct fake {
	struct dp dp;
	struct fake_leg leg[FAKE_LEGS];
	unsigned int n;
	unsigned int calls;
	unsigned int refuse;
	bool no_srtp;
	unsigned int wrong;
	unsigned int news, sets, dels, dumps, gets;
};

static inline struct fake *fake_of(const struct dp *dp)
{
	return (struct fake *)dp;
}

static inline struct fake_leg *fake_find(struct fake *f,
					 const struct dp_addr *local)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (dp_addr_eq(&f->leg[i].conf.local, local))
			return &f->leg[i];
	return NULL;
}

/* the n-th call is refused */
static inline bool fake_refuses(struct fake *f, struct dp_err *err)
{
	if (++f->calls != f->refuse)
		return false;
	dp_fail(err, EIO, "no");
	return true;
}

static inline bool fake_lacks(const struct fake *f, const struct dp_bridge *b,
			      size_t n, struct dp_err *err)
{
	const struct dp_leg *leg;
	size_t i;

	for (i = 0; i < 2 * n && f->no_srtp; i++) {
		leg = &b[i / 2].leg[i % 2];
		/* not even that there is none is of its words */
		if (leg->set & (DP_LEG_SRTP_RX | DP_LEG_SRTP_TX | DP_LEG_ONLY))
			return dp_fail(err, EOPNOTSUPP, "no such cipher");
	}
	return false;
}

/* at a port that lines share that is the port's leg's, as user space has it */
static inline bool fake_odd(const struct dp_bridge *b, size_t n)
{
	const uint32_t ports = DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_TIE | DP_LEG_PPS |
			       DP_LEG_ONLY | DP_LEG_MUTE | DP_LEG_SRTP_RX | DP_LEG_SRTP_TX;
	const struct dp_leg *leg;
	size_t i;

	for (i = 0; i < 2 * n; i++) {
		leg = &b[i / 2].leg[i % 2];
		if (dp_leg_is_carried(leg) && leg->set & ports)
			return true;
	}
	return false;
}

static inline void fake_merge(struct fake_leg *leg, const struct dp_leg *c)
{
	struct dp_leg *to = &leg->conf;

	/* what takes the remote from whoever is it takes his proof */
	if (c->set & (DP_LEG_UNLATCH | DP_LEG_MOVED) ||
	    (c->set & DP_LEG_REMOTE && !dp_addr_eq(&to->remote, &c->remote)))
		leg->proven = (struct dp_addr){ 0 };
	if (c->set & DP_LEG_PROVEN)
		leg->proven = c->proven;

#define FAKE_TAKE(flag, member)						\
	do {								\
		if (c->set & DP_LEG_##flag)				\
			to->member = c->member;				\
	} while (0)
	FAKE_TAKE(REMOTE, remote);
	FAKE_TAKE(LATCH, latch);
	FAKE_TAKE(PROBATION, probation);
	FAKE_TAKE(EARLY, early);
	FAKE_TAKE(RELATCH, relatch);
	FAKE_TAKE(TIE, tie);
	FAKE_TAKE(ACCEPT, accept);
	FAKE_TAKE(DSCP, dscp);
	FAKE_TAKE(PPS, pps);
	FAKE_TAKE(BPS, bps);
	FAKE_TAKE(SILENCE, silence);
	FAKE_TAKE(ONLY, only);
	FAKE_TAKE(DIGITS, digits);
	FAKE_TAKE(BLOCK, block);
	FAKE_TAKE(SSRC_GUARD, ssrc_guard);
	FAKE_TAKE(MUTE, mute);
	FAKE_TAKE(LINE, line);
	FAKE_TAKE(SRTP_RX, srtp_rx);
	if (c->set & DP_LEG_SRTP_TX) {
		leg->beginnings += c->srtp_tx.suite && c->srtp_tx.fresh &&
				   memcmp(to->srtp_tx.key, c->srtp_tx.key,
					  sizeof(c->srtp_tx.key));
		to->srtp_tx = c->srtp_tx;
		to->srtp_tx.fresh = false;
	}
	to->local = c->local;
	leg->orders = c->set & FAKE_ORDERS;
}

static inline struct fake_leg *fake_add(struct fake *f, const struct dp_leg *c)
{
	struct fake_leg *leg = &f->leg[f->n++];

	memset(leg, 0, sizeof(*leg));
	fake_merge(leg, c);
	if (!(c->set & DP_LEG_SAVED))
		return leg;
	leg->proven = c->saved->remote;
	leg->seen.rx_packets = c->saved->rx_packets;
	leg->saved_index = c->saved->n_tx ? c->saved->tx->index : 0;
	return leg;
}

static inline void fake_remove(struct fake *f, struct fake_leg *leg)
{
	*leg = f->leg[--f->n];
}

static int fake_new(struct dp *dp, const struct dp_bridge *b, size_t n,
		    struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct fake_leg *leg;
	unsigned int s;
	size_t i;

	if (fake_lacks(f, b, n, err))
		return -EOPNOTSUPP;
	f->news++;
	if (fake_refuses(f, err))
		return -EIO;
	if (fake_odd(b, n))
		return f->wrong++, dp_fail(err, EINVAL, "that is the port's leg's");
	for (i = 0; i < n; i++)
		for (s = 0; s < 2; s++)
			if (fake_find(f, &b[i].leg[s].local) ||
			    b[i].leg[s].set & FAKE_ORDERS)
				return f->wrong++, dp_fail(err, EEXIST, "it is there");
	for (i = 0; i < n; i++) {
		for (s = 0; s < 2; s++) {
			leg = fake_add(f, &b[i].leg[s]);
			leg->peer = b[i].leg[!s].local;
			leg->cookie = b[i].cookie;
		}
	}
	return 0;
}

/* whether it has a remote of its own is settled when it is made */
static bool fake_stays(const struct fake_leg *leg, const struct dp_leg *c)
{
	return !(c->set & DP_LEG_LINE) ||
	       dp_leg_is_carried(&leg->conf) == dp_leg_is_carried(c);
}

static bool fake_can_set(struct fake *f, const struct dp_bridge *b)
{
	struct fake_leg *first = fake_find(f, &b->leg[0].local);
	struct fake_leg *second = fake_find(f, &b->leg[1].local);

	if (!first || b->leg[0].set & DP_LEG_SAVED || (second && b->leg[1].set & DP_LEG_SAVED) ||
	    !fake_stays(first, &b->leg[0]) || (second && !fake_stays(second, &b->leg[1])))
		return false;
	return second ? dp_addr_eq(&second->peer, &b->leg[0].local) :
			!(b->leg[1].set & FAKE_ORDERS);
}

static int fake_set(struct dp *dp, const struct dp_bridge *b, size_t n,
		    struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct fake_leg *first, *second;
	size_t i;

	if (fake_lacks(f, b, n, err))
		return -EOPNOTSUPP;
	f->sets++;
	if (fake_refuses(f, err))
		return -EIO;
	if (fake_odd(b, n))
		return f->wrong++, dp_fail(err, EINVAL, "that is the port's leg's");
	for (i = 0; i < n; i++)
		if (!fake_can_set(f, &b[i]))
			return f->wrong++, dp_fail(err, ENOENT, "no such leg");
	for (i = 0; i < n; i++) {
		first = fake_find(f, &b[i].leg[0].local);
		second = fake_find(f, &b[i].leg[1].local);
		if (!second) {
			fake_remove(f, fake_find(f, &first->peer));
			second = fake_add(f, &b[i].leg[1]);
			first = fake_find(f, &b[i].leg[0].local);
		} else {
			fake_merge(second, &b[i].leg[1]);
		}
		fake_merge(first, &b[i].leg[0]);
		first->peer = b[i].leg[1].local;
		second->peer = b[i].leg[0].local;
		first->cookie = second->cookie = b[i].cookie;
	}
	return 0;
}

/* of calls that share a port a remote is one's */
static inline bool fake_is_taken(const struct fake *f, const struct dp_leg *c)
{
	const struct fake_leg *leg;

	for (leg = f->leg; leg < f->leg + f->n; leg++)
		if (c->set & DP_LEG_PROVEN && c->local.call && leg->conf.local.call &&
		    leg->conf.local.call != c->local.call &&
		    leg->conf.local.port == c->local.port &&
		    dp_addr_same_host(&leg->conf.local, &c->local) &&
		    dp_addr_eq(&leg->proven, &c->proven))
			return true;
	return false;
}

static int fake_leg_set(struct dp *dp, const struct dp_leg *c, struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct fake_leg *leg = fake_find(f, &c->local);

	f->sets++;
	if (fake_refuses(f, err))
		return -EIO;
	if (!leg || (c->set & DP_LEG_PROVEN &&
		     c->set & (DP_LEG_UNLATCH | DP_LEG_MOVED)))
		return f->wrong++, dp_fail(err, ENOENT, "no such leg");
	if (fake_is_taken(f, c))
		return dp_fail(err, EBUSY, "another call of that port has this remote");
	fake_merge(leg, c);
	return 0;
}

static int fake_del(struct dp *dp, const struct dp_del *del, struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct dp_addr peer;
	size_t i;

	f->dels++;
	if (fake_refuses(f, err))
		return -EIO;
	if (!del->locals)
		return dp_fail(err, EINVAL, "legs are to be named");
	for (i = 0; i < del->n; i++)
		if (!fake_find(f, &del->locals[i]))
			return f->wrong++, dp_fail(err, ENOENT, "no such leg");
	for (i = 0; i < del->n; i++) {
		peer = fake_find(f, &del->locals[i])->peer;
		fake_remove(f, fake_find(f, &del->locals[i]));
		fake_remove(f, fake_find(f, &peer));
	}
	return 0;
}

static inline void fake_tell(const struct fake_leg *leg,
			     struct dp_leg_info *info)
{
	*info = leg->seen;
	info->conf = leg->conf;
	info->peer = leg->peer;
	info->cookie = leg->cookie;
	info->last = leg->last;
}

static int fake_get(struct dp *dp, const struct dp_addr *local, bool state,
		    struct dp_leg_info *info, struct dp_err *err)
{
	struct fake_leg *leg = fake_find(fake_of(dp), local);

	fake_of(dp)->gets++;
	if (!leg)
		return dp_fail(err, ENOENT, "no such leg");
	fake_tell(leg, info);
	if (state)
		info->saved = (struct dp_saved){
			.version = RTPLANE_SAVED_VERSION,
			.remote = leg->proven,
			.rx_packets = leg->seen.rx_packets,
			.n_tx = leg->seen.saved.n_tx,
			.tx = leg->seen.saved.tx,
		};
	return 0;
}

static int fake_dump(struct dp *dp, uint64_t cookie, bool state, dp_leg_fn *fn,
		     void *arg, struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct dp_leg_info info;
	unsigned int i;
	int ret = 0;

	(void)err;
	f->dumps++;
	for (i = 0; i < f->n && !ret; i++) {
		fake_tell(&f->leg[i], &info);
		if (!cookie || cookie == info.cookie)
			ret = fn(&info, arg);
	}
	return ret;
}

static const struct dp_ops fake_ops = {
	.name = "kernel",
	.bridges_new = fake_new,
	.bridges_set = fake_set,
	.bridges_del = fake_del,
	.leg_get = fake_get,
	.leg_set = fake_leg_set,
	.legs_dump = fake_dump,
};

static const struct dp_ops fake_user_ops = {
	.name = "uring",
	.lines = true,
	.bridges_new = fake_new,
	.bridges_set = fake_set,
	.bridges_del = fake_del,
	.leg_get = fake_get,
	.leg_set = fake_leg_set,
	.legs_dump = fake_dump,
};

static inline int fake_order(const void *a, const void *b)
{
	const struct fake_leg *x = a, *y = b;
	char s[DP_ADDR_STRLEN], t[DP_ADDR_STRLEN];

	return strcmp(dp_addr_str(&x->conf.local, s, sizeof(s)),
		      dp_addr_str(&y->conf.local, t, sizeof(t)));
}

/* legs, peers and settings are the same; orders do not count */
static inline bool fake_same(const struct fake *a, const struct fake *b)
{
	struct fake x = *a, y = *b;
	unsigned int i;

	if (x.n != y.n)
		return false;
	qsort(x.leg, x.n, sizeof(*x.leg), fake_order);
	qsort(y.leg, y.n, sizeof(*y.leg), fake_order);
	for (i = 0; i < x.n; i++)
		if (memcmp(&x.leg[i].conf, &y.leg[i].conf,
			   sizeof(x.leg[i].conf)) ||
		    !dp_addr_eq(&x.leg[i].peer, &y.leg[i].peer) ||
		    x.leg[i].cookie != y.leg[i].cookie)
			return false;
	return true;
}

#endif /* UNIT_FAKE_DP_H */
