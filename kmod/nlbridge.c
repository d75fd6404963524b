// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the commands on bridges.
 *
 * A message may carry many bridges and is carried out whole or not at all:
 * first everything is parsed, found, checked and allocated, then it is done,
 * and doing it cannot fail.
 */
#include <linux/slab.h>

#include "bridge.h"
#include "net.h"
#include "netlink.h"
#include "nlparse.h"
#include "nlstate.h"
#include "state.h"
#include "table.h"

/**
 * struct rtplane_bridge_req - one bridge of a message
 * @nla: its nest
 * @leg_nla: the nests of its legs
 * @conf: what is asked of its legs
 * @leg: its legs, found or made
 * @made: which of them were made for this message
 * @old: the peer that leaves, or NULL
 * @cookie: new cookie
 * @cookie_given: @cookie is valid
 * @all: every bridge is meant
 * @state: the state of its legs is to be told
 */
struct rtplane_bridge_req {
	const struct nlattr *nla;
	const struct nlattr *leg_nla[2];
	struct rtplane_leg_conf conf[2];
	struct rtplane_leg *leg[2];
	bool made[2];
	struct rtplane_leg *old;
	u64 cookie;
	bool cookie_given;
	bool all;
	bool state;
};

/**
 * struct rtplane_batch - all bridges of a message
 * @n: how many
 * @req: the bridges
 */
struct rtplane_batch {
	unsigned int n;
	struct rtplane_bridge_req *req;
};

static int batch_alloc(struct rtplane_batch *b, struct genl_info *info)
{
	struct nlattr *nla;
	int rem;

	b->n = 0;
	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem)
		b->n += nla_type(nla) == RTPLANE_A_BRIDGE;
	if (!b->n) {
		NL_SET_ERR_MSG(info->extack, "a bridge is required");
		return -EINVAL;
	}
	if (b->n > RTPLANE_BRIDGES_MAX) {
		NL_SET_ERR_MSG(info->extack, "a message has at most 512 bridges");
		return -E2BIG;
	}
	b->req = kvcalloc(b->n, sizeof(*b->req), GFP_KERNEL);
	return b->req ? 0 : -ENOMEM;
}

static void batch_free(struct rtplane_batch *b)
{
	unsigned int i;

	for (i = 0; b->req && i < b->n; i++) {
		rtplane_nl_conf_free(&b->req[i].conf[0]);
		rtplane_nl_conf_free(&b->req[i].conf[1]);
	}
	kvfree(b->req);
}

/* The cookie, the flag and up to two leg nests of a bridge; the number of legs. */
static int bridge_split(struct rtplane_bridge_req *req, struct netlink_ext_ack *extack)
{
	struct nlattr *nla;
	int rem, n = 0;

	nla_for_each_nested(nla, req->nla, rem) {
		switch (nla_type(nla)) {
		case RTPLANE_BRIDGE_A_COOKIE:
			req->cookie = nla_get_u64(nla);
			req->cookie_given = true;
			break;
		case RTPLANE_BRIDGE_A_ALL:
			req->all = true;
			break;
		case RTPLANE_BRIDGE_A_LEG:
			if (n == 2) {
				NL_SET_ERR_MSG_ATTR(extack, nla, "a bridge has two legs");
				return -EINVAL;
			}
			req->leg_nla[n++] = nla;
			break;
		}
	}
	return n;
}

static int bridge_parse(struct rtplane_bridge_req *req, struct netlink_ext_ack *extack)
{
	int n = bridge_split(req, extack);
	int i, err;

	if (n < 0)
		return n;
	if (req->all) {
		NL_SET_ERR_MSG_ATTR(extack, req->nla,
				    "all bridges can be removed and nothing else");
		return -EINVAL;
	}
	if (n != 2) {
		NL_SET_ERR_MSG_ATTR(extack, req->nla, "a bridge has two legs");
		return -EINVAL;
	}
	for (i = 0; i < 2; i++) {
		err = rtplane_nl_conf(req->leg_nla[i], &req->conf[i], extack);
		if (err)
			return err;
	}
	if (rtplane_ep_eq(&req->conf[0].local, &req->conf[1].local) &&
	    req->conf[0].local.call == req->conf[1].local.call) {
		NL_SET_ERR_MSG_ATTR(extack, req->leg_nla[1],
				    "the two legs of a bridge have different local addresses");
		return -EINVAL;
	}
	return 0;
}

static int batch_parse(struct rtplane_batch *b, struct genl_info *info)
{
	struct nlattr *nla;
	unsigned int i = 0;
	int rem, err;

	err = batch_alloc(b, info);
	if (err)
		return err;
	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != RTPLANE_A_BRIDGE)
			continue;
		b->req[i].nla = nla;
		err = bridge_parse(&b->req[i++], info->extack);
		if (err)
			return err;
	}
	return 0;
}

/* Make leg @i of a bridge; without a peer it leaves its packets to the stack. */
static int leg_make(struct rtplane_net *rn, struct rtplane_bridge_req *req, int i,
		    struct netlink_ext_ack *extack)
{
	struct rtplane_leg *leg;
	int err;

	err = rtplane_nl_check(rn, req->leg_nla[i], &req->conf[i], NULL, extack);
	if (err)
		return err;
	leg = rtplane_leg_new(rn, &req->conf[i]);
	if (!leg)
		return -ENOMEM;
	if (req->conf[i].saved)
		err = rtplane_state_room(leg, req->conf[i].saved);
	err = err ?: rtplane_bridge_insert(leg);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_ATTR(extack, req->leg_nla[i],
					    "the local address is taken by another leg");
		rtplane_bridge_remove(leg);
		return err;
	}
	leg->busy = true;
	req->leg[i] = leg;
	req->made[i] = true;
	return 0;
}

static int leg_reserve(struct rtplane_leg *leg, const struct nlattr *nla,
		       struct netlink_ext_ack *extack)
{
	if (leg->busy) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "the message names a leg twice");
		return -EINVAL;
	}
	leg->busy = true;
	return 0;
}

/* Find the legs of a bridge that is to be changed, or make the second. */
static int bridge_resolve(struct rtplane_net *rn, struct rtplane_bridge_req *req,
			  struct netlink_ext_ack *extack)
{
	struct rtplane_leg *a = rtplane_table_find(rn, &req->conf[0].local);
	struct rtplane_leg *b = rtplane_table_find(rn, &req->conf[1].local);
	int err;

	if (!a) {
		NL_SET_ERR_MSG_ATTR(extack, req->leg_nla[0],
				    "there is no leg with this local address");
		return -ENOENT;
	}
	if (b && b->peer != a) {
		NL_SET_ERR_MSG_ATTR(extack, req->leg_nla[1],
				    "the leg is bridged to another leg");
		return -EBUSY;
	}
	err = leg_reserve(a, req->leg_nla[0], extack);
	if (err)
		return err;
	req->leg[0] = a;
	err = rtplane_nl_check(rn, req->leg_nla[0], &req->conf[0], a, extack);
	if (err)
		return err;
	/* The present peer stays, changed, or leaves; either way it is ours. */
	err = leg_reserve(a->peer, req->leg_nla[1], extack);
	if (err)
		return err;
	req->old = a->peer;
	if (!b)
		return leg_make(rn, req, 1, extack);
	req->leg[1] = b;
	return rtplane_nl_check(rn, req->leg_nla[1], &req->conf[1], b, extack);
}

static void batch_release(struct rtplane_batch *b, bool failed)
{
	struct rtplane_bridge_req *req;
	int i;

	for (req = b->req; req < b->req + b->n; req++) {
		if (req->old)
			req->old->busy = false;
		for (i = 0; i < 2; i++) {
			if (!req->leg[i])
				continue;
			req->leg[i]->busy = false;
			if (failed && req->made[i])
				rtplane_bridge_remove(req->leg[i]);
		}
	}
}

static void batch_commit(struct rtplane_batch *b)
{
	struct rtplane_bridge_req *req;

	for (req = b->req; req < b->req + b->n; req++) {
		rtplane_bridge_pair(req->leg[0], &req->conf[0], req->leg[1], &req->conf[1],
				    req->cookie_given ? &req->cookie : NULL);
		/* A peer that stayed is no old one. */
		if (req->old == req->leg[1])
			req->old = NULL;
	}
	batch_release(b, false);
	for (req = b->req; req < b->req + b->n; req++) {
		if (req->old)
			rtplane_bridge_remove(req->old);
	}
}

/* Make both legs of a new bridge. */
static int bridge_make(struct rtplane_net *rn, struct rtplane_bridge_req *req,
		       struct netlink_ext_ack *extack)
{
	return leg_make(rn, req, 0, extack) ?: leg_make(rn, req, 1, extack);
}

/* All bridges of a message, found or made by @prepare, or none. */
static int batch_doit(struct genl_info *info,
		      int (*prepare)(struct rtplane_net *rn,
				     struct rtplane_bridge_req *req,
				     struct netlink_ext_ack *extack))
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_batch b = {};
	unsigned int i;
	int err;

	err = batch_parse(&b, info);
	if (err)
		goto free;
	mutex_lock(&rn->lock);
	for (i = 0; !err && i < b.n; i++)
		err = prepare(rn, &b.req[i], info->extack);
	if (err)
		batch_release(&b, true);
	else
		batch_commit(&b);
	mutex_unlock(&rn->lock);
free:
	batch_free(&b);
	return err;
}

int rtplane_bridge_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return batch_doit(info, bridge_make);
}

int rtplane_bridge_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return batch_doit(info, bridge_resolve);
}

static void remove_both(struct rtplane_leg *leg)
{
	struct rtplane_leg *peer = leg->peer;

	rtplane_bridge_remove(leg);
	rtplane_bridge_remove(peer);
}

static int cookie_remove(struct rtplane_net *rn, u64 cookie, const struct nlattr *nla,
			 struct netlink_ext_ack *extack)
{
	if (!cookie) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "cookie 0 is none: it names no bridge");
		return -EINVAL;
	}
	if (rtplane_bridge_remove_cookie(rn, cookie))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, nla, "there is no bridge with this cookie");
	return -ENOENT;
}

/* The leg that a removal names; a cookie and the flag are other ways to name bridges. */
static int del_parse(struct rtplane_net *rn, struct rtplane_bridge_req *req, bool alone,
		     struct netlink_ext_ack *extack)
{
	int n = bridge_split(req, extack);
	struct rtplane_ep local;
	int err;

	if (n < 0)
		return n;
	if (n + req->cookie_given + req->all != 1) {
		NL_SET_ERR_MSG_ATTR(extack, req->nla,
				    "to remove a bridge takes one of its legs, a cookie or all");
		return -EINVAL;
	}
	if (!n)
		return 0;
	err = rtplane_nl_local(req->leg_nla[0], &local, extack);
	err = err ?: rtplane_nl_state_asked(req->leg_nla[0], &req->state, extack);
	if (err)
		return err;
	if (req->state && !alone) {
		NL_SET_ERR_MSG_ATTR(extack, req->nla,
				    "the state is told of one bridge that is removed");
		return -EINVAL;
	}
	req->leg[0] = rtplane_table_find(rn, &local);
	if (req->leg[0])
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, req->leg_nla[0], "there is no leg with this local address");
	return -ENOENT;
}

/* A bridge named by both its legs is removed once. */
static void del_dedup(struct rtplane_batch *b)
{
	struct rtplane_bridge_req *req;

	for (req = b->req; req < b->req + b->n; req++) {
		if (!req->leg[0])
			continue;
		if (req->leg[0]->busy || req->leg[0]->peer->busy)
			req->leg[0] = NULL;
		else
			req->leg[0]->busy = true;
	}
}

static int del_named(struct rtplane_net *rn, struct rtplane_batch *b,
		     struct genl_info *info)
{
	struct nlattr *nla;
	unsigned int i = 0;
	int rem, err;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != RTPLANE_A_BRIDGE)
			continue;
		b->req[i].nla = nla;
		err = del_parse(rn, &b->req[i], b->n == 1, info->extack);
		if (err)
			return err;
		if (!b->req[i].leg[0] && b->n > 1) {
			NL_SET_ERR_MSG_ATTR(info->extack, nla,
					    "a message removes by legs, by one cookie, or all");
			return -EINVAL;
		}
		i++;
	}
	if (b->req[0].cookie_given)
		return cookie_remove(rn, b->req[0].cookie, b->req[0].nla, info->extack);
	if (b->req[0].all) {
		rtplane_bridge_remove_all(rn);
		return 0;
	}
	if (b->req[0].state)
		return rtplane_leg_end(info, b->req[0].leg[0]);
	del_dedup(b);
	for (i = 0; i < b->n; i++) {
		if (b->req[i].leg[0])
			remove_both(b->req[i].leg[0]);
	}
	return 0;
}

int rtplane_bridge_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rtplane_net *rn = rtplane_pernet(genl_info_net(info));
	struct rtplane_batch b = {};
	int err;

	err = batch_alloc(&b, info);
	if (err)
		return err;
	mutex_lock(&rn->lock);
	err = del_named(rn, &b, info);
	mutex_unlock(&rn->lock);
	batch_free(&b);
	return err;
}
