// SPDX-License-Identifier: GPL-2.0
/*
 * The user-space datapath: bridges come, change and go.
 *
 * As in the module (kmod/nlbridge.c): first everything is found, checked, made
 * and moved to its worker, then the workers concerned are parked, and while they
 * are it is carried out.  What can still fail then, the options of sockets, is
 * tried first and undone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "legconf.h"
#include "legcopy.h"
#include "legsec.h"
#include "legsock.h"
#include "legstate.h"
#include "base/log.h"
#include "rtpsec/rtpsec.h"
#include "uring.h"

/**
 * struct request - one bridge of a call
 * @conf: what is asked of its legs
 * @leg: its legs, found or made
 * @made: which of them were made for this call
 * @tuned: whose socket has new options
 * @sec: SRTP contexts for them
 * @copies: further outputs for them
 * @old: the peer that leaves, or NULL
 * @has_cookie: @cookie is meant
 * @cookie: new cookie
 */
struct request {
	struct dp_leg conf[2];
	struct leg *leg[2];
	bool made[2];
	bool tuned[2];
	struct legsec sec[2];
	struct copies *copies[2];
	struct leg *old;
	bool has_cookie;
	uint64_t cookie;
};

/**
 * struct batch - all bridges of a call
 * @u: the datapath
 * @n: how many
 * @req: the bridges
 */
struct batch {
	struct uring *u;
	size_t n;
	struct request *req;
};

/* --- ties --- */

/* who is tied to a leg that may not be there yet hangs in a list */
static void tie(struct uring *u, struct leg *leg)
{
	struct dp_addr addr;
	struct leg **list;

	if (rtplane_ep_none(&leg->tie))
		return;
	leg_addr(&leg->tie, &addr);
	leg->tied_to = uring_find(u, &addr);
	/* one that is being made is not there yet */
	if (leg->tied_to && leg->tied_to->sock->leg != leg->tied_to)
		leg->tied_to = NULL;
	list = leg->tied_to ? &leg->tied_to->ties : &u->untied;
	leg->next_tie = *list;
	*list = leg;
}

static void untie(struct uring *u, struct leg *leg)
{
	struct leg **at;

	if (rtplane_ep_none(&leg->tie))
		return;
	at = leg->tied_to ? &leg->tied_to->ties : &u->untied;
	while (*at != leg)
		at = &(*at)->next_tie;
	*at = leg->next_tie;
	leg->tied_to = NULL;
}

/* those that waited for this leg */
static void tie_waiting(struct uring *u, struct leg *rtp)
{
	struct leg **at = &u->untied;
	struct leg *leg;

	while ((leg = *at)) {
		if (!rtplane_ep_same_leg(&leg->tie, &rtp->local)) {
			at = &leg->next_tie;
			continue;
		}
		*at = leg->next_tie;
		leg->tied_to = rtp;
		leg->next_tie = rtp->ties;
		rtp->ties = leg;
	}
}

/* those that are tied to a leg that goes wait for another */
static void untie_all(struct uring *u, struct leg *rtp)
{
	struct leg *leg;

	while ((leg = rtp->ties)) {
		rtp->ties = leg->next_tie;
		leg->tied_to = NULL;
		leg->next_tie = u->untied;
		u->untied = leg;
	}
}

static void want(const struct leg *leg)
{
	leg->sock->worker->wanted = true;
}

static void want_waiting(struct uring *u, const struct leg *rtp)
{
	const struct leg *leg;

	for (leg = u->untied; leg; leg = leg->next_tie)
		if (rtplane_ep_same_leg(&leg->tie, &rtp->local))
			want(leg);
}

static void want_with_ties(const struct leg *rtp)
{
	const struct leg *leg;

	want(rtp);
	for (leg = rtp->ties; leg; leg = leg->next_tie)
		want(leg);
}

/* --- a leg comes --- */

/* would the leg, or a new one, make sense, by itself and beside the others of its port? */
static int sense(struct uring *u, const struct dp_leg *conf, const struct leg *leg,
		 struct dp_err *err)
{
	int ret = legconf_sense(conf, leg, err);

	return ret ? ret : calls_sense(u, conf, leg, err);
}

static struct leg *new_leg(struct media_sock *sock, const struct dp_leg *conf)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return NULL;
	leg->addr = conf->local;
	leg_ep(&conf->local, &leg->local);
	leg->v6 = conf->local.family == AF_INET6;
	leg->carried = dp_leg_is_carried(conf);
	rtplane_policy_init(&leg->policy, !leg->v6);
	leg->born = worker_clock();
	leg->sock = sock;
	sock->claim = leg;
	return leg;
}

static void free_leg(struct leg *leg)
{
	rtpsec_free(leg->sec[RTPSEC_IN]);
	rtpsec_free(leg->sec[RTPSEC_OUT]);
	rtplane_policy_forget(&leg->policy);
	free(leg->policy.suspects);
	free(leg->lines);
	legcopy_end(leg->copies);
	free(leg);
}

static int make_leg(struct uring *u, struct request *req, unsigned int i,
		    struct dp_err *err)
{
	const struct dp_leg *conf = &req->conf[i];
	struct media_sock *sock;
	struct leg *leg;
	int ret;

	ret = sense(u, conf, NULL, err);
	if (ret)
		return ret;
	sock = media_find(u->media, &conf->local);
	if (sock && sock->claim)
		return legconf_refuse(&conf->local, "", EEXIST,
				      "the local address is taken by another leg",
				      err);
	if (sock && sock->shared)
		return legconf_refuse(&conf->local, "", EEXIST,
				      "calls share the port", err);
	if (!sock)
		sock = conf->local.rtcp || conf->local.line || conf->local.call ?
		       legsock_part(u, conf, err) : legsock_own(u, conf, err);
	if (!sock)
		return err ? -err->code : -EADDRINUSE;
	leg = new_leg(sock, conf);
	if (!leg) {
		if (sock->owned)
			media_del(sock);
		return dp_fail(err, ENOMEM, "no memory for a leg");
	}
	legsock_enlarge(u, sock);
	leg->busy = true;
	req->leg[i] = leg;
	req->made[i] = true;
	if (conf->set & DP_LEG_SAVED && !legstate_room(leg, conf->saved))
		return dp_fail(err, ENOMEM, "no memory for a leg");
	return 0;
}

static void unmake_leg(struct leg *leg)
{
	struct media_sock *sock = leg->sock;

	sock->claim = NULL;
	free_leg(leg);
	if (sock->owned)
		media_del(sock);
}

/* --- a leg goes; its worker and those of its ties are parked --- */

static void settle(struct leg *leg)
{
	leg->peer->tx_packets += leg->fwd_packets;
	leg->peer->tx_bytes += leg->fwd_bytes;
	leg->fwd_packets = 0;
	leg->fwd_bytes = 0;
}

static void link_leg(struct uring *u, struct leg *leg)
{
	leg->prev = u->last;
	if (u->last)
		u->last->next = leg;
	else
		u->first = leg;
	u->last = leg;
	u->n_legs++;
	leg->sock->worker->n_legs++;
}

static void unlink_leg(struct uring *u, struct leg *leg)
{
	if (leg->prev)
		leg->prev->next = leg->next;
	else
		u->first = leg->next;
	if (leg->next)
		leg->next->prev = leg->prev;
	else
		u->last = leg->prev;
	u->n_legs--;
	leg->sock->worker->n_legs--;
}

static void link_part(struct media_sock *sock)
{
	if (!sock->of)
		return;
	sock->next_part = sock->of->parts;
	sock->of->parts = sock;
}

static void unlink_part(struct media_sock *sock)
{
	struct media_sock **at = &sock->of->parts;

	while (*at && *at != sock)
		at = &(*at)->next_part;
	if (*at)
		*at = sock->next_part;
}

static void remove_leg(struct uring *u, struct leg *leg)
{
	struct media_sock *sock = leg->sock;

	sock->leg = NULL;
	sock->claim = NULL;
	sock->worker->n_silence -= !!leg->silence;
	untie(u, leg);
	untie_all(u, leg);
	calls_forget(u, leg);
	uring_set_cookie(u, leg, 0);
	uring_add_totals(&u->gone, leg);
	unlink_leg(u, leg);
	free_leg(leg);
	u->n_doomed -= sock->doomed;
	if (!sock->owned)
		return;
	if (sock->of)
		unlink_part(sock);
	sock->user = u->dead;
	u->dead = sock;
	/* a port that was made for its calls goes with the last one */
	if (legsock_is_idle(sock->of)) {
		sock->of->user = u->dead;
		u->dead = sock->of;
	}
}

/* sockets of legs that went; nobody is parked any more */
static void bury(struct uring *u)
{
	struct media_sock *sock;

	while ((sock = u->dead)) {
		u->dead = sock->user;
		media_del(sock);
	}
}

/* --- a batch --- */

static int batch_init(struct batch *b, struct uring *u,
		      const struct dp_bridge *bridges, size_t n,
		      struct dp_err *err)
{
	struct request *req;
	int ret = 0;
	size_t i;

	b->u = u;
	b->n = n;
	b->req = calloc(n, sizeof(*b->req));
	if (!b->req)
		return dp_fail(err, ENOMEM, "no memory for %zu bridges", n);
	for (i = 0; !ret && i < n; i++) {
		req = &b->req[i];
		req->conf[0] = bridges[i].leg[0];
		req->conf[1] = bridges[i].leg[1];
		req->has_cookie = bridges[i].has_cookie;
		req->cookie = bridges[i].cookie;
		ret = legconf_check(&req->conf[0], err);
		if (!ret)
			ret = legconf_check(&req->conf[1], err);
		if (!ret && dp_addr_eq(&req->conf[0].local,
				       &req->conf[1].local))
			ret = legconf_refuse(&req->conf[1].local, "", EINVAL,
					     "the two legs of a bridge have different local addresses",
					     err);
	}
	return ret;
}

static void batch_release(struct batch *b, bool failed)
{
	struct request *req;
	unsigned int i;

	for (req = b->req; req && req < b->req + b->n; req++) {
		if (failed && req->old)
			req->old->busy = false;
		for (i = 0; i < 2; i++) {
			legsec_end(&req->sec[i]);
			legcopy_end(req->copies[i]);
			if (!req->leg[i])
				continue;
			req->leg[i]->busy = false;
			if (failed && req->made[i])
				unmake_leg(req->leg[i]);
		}
	}
	for (i = 0; failed && b->req && i < 2 * b->n; i++)
		legsock_close_idle(b->u, &b->req[i / 2].conf[i % 2].local);
	explicit_bzero(b->req, b->n * sizeof(*b->req));
	free(b->req);
}

static int make_bridge(struct uring *u, struct request *req, struct dp_err *err)
{
	int ret = make_leg(u, req, 0, err);

	return ret ? ret : make_leg(u, req, 1, err);
}

static int reserve(struct leg *leg, struct dp_err *err)
{
	if (leg->busy)
		return legconf_refuse(&leg->addr, "", EINVAL,
				      "the message names a leg twice", err);
	leg->busy = true;
	return 0;
}

/* find the legs of a bridge that is to be changed, or make the second */
static int find_bridge(struct uring *u, struct request *req,
		       struct dp_err *err)
{
	struct leg *a = uring_find(u, &req->conf[0].local);
	struct leg *b = uring_find(u, &req->conf[1].local);
	int ret;

	if (!a)
		return uring_no_leg(&req->conf[0].local, err);
	if (b && b->peer != a)
		return legconf_refuse(&req->conf[1].local, "", EBUSY,
				      "the leg is bridged to another leg", err);
	ret = reserve(a, err);
	if (ret)
		return ret;
	req->leg[0] = a;
	ret = sense(u, &req->conf[0], a, err);
	if (ret)
		return ret;
	/* the present peer stays, changed, or leaves; either way it is ours */
	ret = reserve(a->peer, err);
	if (ret)
		return ret;
	req->old = a->peer;
	if (!b)
		return make_leg(u, req, 1, err);
	req->leg[1] = b;
	return sense(u, &req->conf[1], b, err);
}

/* what is at one port is one worker's: NULL, any worker will do */
static struct worker *bound(const struct media_sock *sock)
{
	if (sock->of)
		return sock->of->worker;
	return sock->parts ? sock->worker : NULL;
}

static bool is_part(const struct request *req)
{
	return req->leg[0]->sock->of || req->leg[1]->sock->of;
}

/* what is counted of a leg that is there already goes along with it */
static int move(struct request *req, unsigned int i, struct worker *to, struct dp_err *err)
{
	struct leg *leg = req->leg[i];
	struct worker *from = leg->sock->worker;
	int ret = media_move(leg->sock, to, err);

	if (ret || req->made[i] || !from || from == to)
		return ret;
	from->n_legs--;
	to->n_legs++;
	from->n_silence -= !!leg->silence;
	to->n_silence += !!leg->silence;
	return 0;
}

/* both legs of a bridge to one worker: that with fewer legs has the choice */
static int place(struct request *req, struct dp_err *err)
{
	struct media_sock *a = req->leg[0]->sock, *b = req->leg[1]->sock;
	struct worker *to = bound(a) ? bound(a) : bound(b);
	int ret;

	if (bound(a) && bound(b) && bound(a) != bound(b))
		return legconf_refuse(&req->leg[1]->addr, "", EBUSY,
				      "what is at the ports of both legs has bridges of its own",
				      err);
	if (!to && req->made[0] && b->worker &&
	    (!a->worker || b->worker->n_legs < a->worker->n_legs))
		to = b->worker;
	if (!to)
		to = a->worker ? a->worker : a->media->worker;
	ret = move(req, 0, to, err);
	return ret ? ret : move(req, 1, to, err);
}

/* --- carrying it out, parked --- */

static int tune_error(const struct leg *leg, const char *what,
		      struct dp_err *err)
{
	return legconf_refuse(&leg->addr, what, errno, strerror(errno), err);
}

static int tune(const struct leg *leg, uint32_t mark, uint32_t oif,
		struct dp_err *err)
{
	uint32_t index = htonl(oif);
	int fd = leg->sock->fd;

	if (mark != leg->sock->mark &&
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		return tune_error(leg, " mark", err);
	leg->sock->mark = mark;
	if (oif != leg->sock->oif &&
	    setsockopt(fd, leg->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       leg->v6 ? IPV6_UNICAST_IF : IP_UNICAST_IF, &index,
		       sizeof(index)))
		return tune_error(leg, " oif", err);
	leg->sock->oif = oif;
	return 0;
}

static int tune_for(const struct leg *leg, const struct dp_leg *conf,
		    struct dp_err *err)
{
	return tune(leg, conf->set & DP_LEG_MARK ? conf->mark : leg->mark,
		    conf->set & DP_LEG_OIF ? conf->oif : leg->oif, err);
}

static void untune_all(struct batch *b)
{
	struct request *req;
	size_t i;

	for (i = 0; i < 2 * b->n; i++) {
		req = &b->req[i / 2];
		if (req->tuned[i % 2])
			tune(req->leg[i % 2], req->leg[i % 2]->mark,
			     req->leg[i % 2]->oif, NULL);
	}
}

static int tune_all(struct batch *b, struct dp_err *err)
{
	struct request *req;
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < 2 * b->n; i++) {
		req = &b->req[i / 2];
		req->tuned[i % 2] = true;
		ret = tune_for(req->leg[i % 2], &req->conf[i % 2], err);
	}
	return ret;
}

static int prepare_copies(struct batch *b, struct dp_err *err)
{
	struct request *req;
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < 2 * b->n; i++) {
		req = &b->req[i / 2];
		ret = legcopy_prepare(&req->copies[i % 2], b->u,
				      &req->conf[i % 2], err);
	}
	return ret;
}

static int prepare_keys(struct batch *b, struct dp_err *err)
{
	struct request *req;
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < 2 * b->n; i++) {
		req = &b->req[i / 2];
		ret = legconf_prepare(req->leg[i % 2], &req->conf[i % 2], err);
		if (!ret)
			ret = legsec_prepare(&req->sec[i % 2], &req->conf[i % 2],
					     req->leg[i % 2], err);
	}
	return ret;
}

static void change_leg(struct uring *u, struct leg *leg, struct dp_leg *conf,
		       struct legsec *sec, struct copies **copies)
{
	legsec_commit(leg, conf, sec);
	legcopy_commit(leg, conf, copies);
	legconf_news(leg, conf);
	if (conf->set & DP_LEG_TIE) {
		untie(u, leg);
		leg_ep(&conf->tie, &leg->tie);
		tie(u, leg);
	}
	legconf_apply(leg, leg->sock->worker, conf);
	calls_follow(u, leg);
	if (conf->set & DP_LEG_SAVED)
		legstate_discount(&u->gone, conf->saved);
}

static void pair(struct uring *u, struct request *req)
{
	struct leg *a = req->leg[0], *b = req->leg[1];

	if (a->peer && a->peer != b) {
		uring_set_cookie(u, b, a->cookie);
		settle(a);
		/* what the old peer has forwarded left by this leg */
		settle(a->peer);
	}
	if (a->peer != b) {
		a->sock->pairing = ++u->media->last_pairing;
		b->sock->pairing = ++u->media->last_pairing;
	}
	a->peer = b;
	b->peer = a;
	if (req->has_cookie) {
		uring_set_cookie(u, a, req->cookie);
		uring_set_cookie(u, b, req->cookie);
	}
}

static void commit(struct batch *b)
{
	struct request *req;
	unsigned int i;

	for (req = b->req; req < b->req + b->n; req++) {
		pair(b->u, req);
		for (i = 0; i < 2; i++) {
			if (!req->made[i])
				continue;
			link_leg(b->u, req->leg[i]);
			req->leg[i]->sock->leg = req->leg[i];
			link_part(req->leg[i]->sock);
			tie_waiting(b->u, req->leg[i]);
		}
	}
	for (req = b->req; req < b->req + b->n; req++) {
		for (i = 0; i < 2; i++)
			change_leg(b->u, req->leg[i], &req->conf[i],
				   &req->sec[i], &req->copies[i]);
		/* a peer that stayed is no old one */
		if (req->old && req->old != req->leg[1])
			remove_leg(b->u, req->old);
	}
}

static void want_batch(struct batch *b)
{
	struct request *req;
	unsigned int i;

	for (req = b->req; req < b->req + b->n; req++) {
		for (i = 0; i < 2; i++) {
			want(req->leg[i]);
			if (req->made[i])
				want_waiting(b->u, req->leg[i]);
		}
		if (req->old && req->old != req->leg[1])
			want_with_ties(req->old);
	}
}

static int carry_out(struct batch *b, struct dp_err *err)
{
	int ret = 0;
	size_t i;

	/* where a port is its parts are */
	for (i = 0; !ret && i < 2 * b->n; i++)
		if (is_part(&b->req[i % b->n]) == (i >= b->n))
			ret = place(&b->req[i % b->n], err);
	if (!ret)
		ret = prepare_keys(b, err);
	if (!ret)
		ret = prepare_copies(b, err);
	if (ret)
		return ret;
	want_batch(b);
	ret = media_park(b->u->media, err);
	if (ret)
		return ret;
	ret = tune_all(b, err);
	if (ret)
		untune_all(b);
	else
		commit(b);
	media_resume(b->u->media);
	bury(b->u);
	return ret;
}

static int all_or_none(struct uring *u, const struct dp_bridge *bridges,
		       size_t n,
		       int (*prepare)(struct uring *u, struct request *req,
				      struct dp_err *err),
		       struct dp_err *err)
{
	struct dp_err own;
	struct batch b = {};
	int ret;
	size_t i;

	err = err ? err : &own;
	ret = batch_init(&b, u, bridges, n, err);
	for (i = 0; !ret && i < n; i++)
		ret = prepare(u, &b.req[i], err);
	if (!ret)
		ret = carry_out(&b, err);
	if (b.req)
		batch_release(&b, ret);
	return ret;
}

int bridges_new(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		struct dp_err *err)
{
	return all_or_none((struct uring *)dp, bridges, n, make_bridge, err);
}

int bridges_set(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		struct dp_err *err)
{
	return all_or_none((struct uring *)dp, bridges, n, find_bridge, err);
}

/* the leg's worker is parked */
static int set_parked(struct uring *u, struct leg *leg, struct dp_leg *conf,
		      struct legsec *sec, struct copies **copies,
		      struct dp_err *err)
{
	int ret = tune_for(leg, conf, err);

	if (ret)
		tune(leg, leg->mark, leg->oif, NULL);
	else
		change_leg(u, leg, conf, sec, copies);
	return ret;
}

static int set_one(struct uring *u, struct dp_leg *conf, struct dp_err *err)
{
	struct copies *copies = NULL;
	struct legsec sec = {};
	struct leg *leg;
	int ret;

	ret = legconf_check(conf, err);
	if (ret)
		return ret;
	leg = uring_find(u, &conf->local);
	if (!leg)
		return uring_no_leg(&conf->local, err);
	ret = sense(u, conf, leg, err);
	if (!ret)
		ret = legconf_prepare(leg, conf, err);
	if (!ret)
		ret = legsec_prepare(&sec, conf, leg, err);
	if (!ret)
		ret = legcopy_prepare(&copies, u, conf, err);
	if (!ret) {
		want(leg);
		ret = media_park(u->media, err);
	}
	if (!ret) {
		ret = set_parked(u, leg, conf, &sec, &copies, err);
		media_resume(u->media);
	}
	legsec_end(&sec);
	legcopy_end(copies);
	return ret;
}

int bridges_leg_set(struct dp *dp, const struct dp_leg *conf,
		    struct dp_err *err)
{
	struct dp_leg own = *conf;
	int ret = set_one((struct uring *)dp, &own, err);

	explicit_bzero(&own, sizeof(own));
	return ret;
}

/* --- removal --- */

/* @legs: one of each bridge; the peers go with them */
static int remove_bridges(struct uring *u, struct leg **legs, size_t n,
			  struct dp_err *err)
{
	struct leg *peer;
	size_t i;
	int ret;

	for (i = 0; i < n; i++) {
		want_with_ties(legs[i]);
		want_with_ties(legs[i]->peer);
	}
	ret = media_park(u->media, err);
	if (ret)
		return ret;
	for (i = 0; i < n; i++) {
		peer = legs[i]->peer;
		remove_leg(u, legs[i]);
		remove_leg(u, peer);
	}
	media_resume(u->media);
	bury(u);
	return 0;
}

int bridges_take(struct dp *dp, const struct dp_addr *local,
		 struct dp_leg_info legs[2], struct dp_err *err)
{
	struct uring *u = (struct uring *)dp;
	struct leg *leg = uring_find(u, local), *peer;
	char text[DP_ADDR_STRLEN];
	int ret;

	if (!leg)
		return uring_no_leg(local, err);
	peer = leg->peer;
	want_with_ties(leg);
	want_with_ties(peer);
	ret = media_park(u->media, err);
	if (ret)
		return ret;
	dp_sources_clear(&u->sources);
	if (legconf_info(leg, true, &legs[0], &u->sources) &&
	    legconf_info(peer, true, &legs[1], &u->sources)) {
		remove_leg(u, leg);
		remove_leg(u, peer);
	} else {
		/* whoever goes on from a part of it uses key stream twice */
		ret = dp_fail(err, E2BIG, "the bridge of leg %s has more sources under a key than a state tells (%d), or there is no memory for them",
			      dp_addr_str(local, text, sizeof(text)),
			      RTPLANE_SRTP_SSRCS_MAX);
	}
	media_resume(u->media);
	bury(u);
	return ret;
}

/* a bridge that both its legs name goes once */
static bool fresh(struct leg *leg)
{
	if (leg->busy || leg->peer->busy)
		return false;
	leg->busy = true;
	return true;
}

static int find_named(struct uring *u, const struct dp_del *del,
		      struct leg **legs, size_t *n, struct dp_err *err)
{
	struct leg *leg;
	size_t i;

	for (i = 0; i < del->n; i++) {
		leg = uring_find(u, &del->locals[i]);
		if (!leg)
			return uring_no_leg(&del->locals[i], err);
		if (fresh(leg))
			legs[(*n)++] = leg;
	}
	return 0;
}

static int find_others(struct uring *u, const struct dp_del *del,
		       struct leg **legs, size_t *n, struct dp_err *err)
{
	size_t all = uring_collect(u, del->cookie, legs), i;

	for (i = 0; i < all; i++)
		if (fresh(legs[i]))
			legs[(*n)++] = legs[i];
	if (*n || !del->cookie)
		return 0;
	return dp_fail(err, ENOENT,
		       "cookie %llu: there is no bridge with this cookie",
		       (unsigned long long)del->cookie);
}

int bridges_del(struct dp *dp, const struct dp_del *del, struct dp_err *err)
{
	struct uring *u = (struct uring *)dp;
	size_t room = del->locals ? del->n :
		      uring_collect(u, del->cookie, NULL);
	struct leg **legs = calloc(room + 1, sizeof(*legs));
	size_t n = 0, i;
	int ret;

	if (!legs)
		return dp_fail(err, ENOMEM, "no memory to remove bridges");
	ret = del->locals ? find_named(u, del, legs, &n, err) :
			    find_others(u, del, legs, &n, err);
	for (i = 0; i < n; i++)
		legs[i]->busy = false;
	if (!ret && n)
		ret = remove_bridges(u, legs, n, err);
	free(legs);
	return ret;
}

void bridges_sock_gone(struct media_sock *sock, void *arg)
{
	char local[DP_ADDR_STRLEN];
	struct uring *u = arg;
	struct dp_err err;

	while (sock->parts && sock->parts->leg) {
		if (!remove_bridges(u, &sock->parts->leg, 1, &err))
			continue;
		log_error("legs of what is at its port stay until their worker answers: %s",
			  err.text);
		break;
	}
	if (!sock->leg)
		return;
	/* this one the caller closes */
	sock->owned = false;
	if (!remove_bridges(u, &sock->leg, 1, &err))
		return;
	log_error("the socket of leg %s stays until its worker answers: %s",
		  dp_addr_str(&sock->local, local, sizeof(local)), err.text);
	/* nobody else has it any more: it goes with its leg */
	sock->owned = true;
	u->n_doomed += !sock->doomed;
	sock->doomed = true;
}

static struct leg *doomed(const struct uring *u)
{
	struct leg *leg;

	for (leg = u->first; leg; leg = leg->next)
		if (leg->sock->doomed && !leg->sock->worker->late)
			return leg;
	return NULL;
}

void bridges_reap(struct uring *u)
{
	struct dp_err err;
	struct leg *leg;

	while (u->n_doomed && (leg = doomed(u)) &&
	       !remove_bridges(u, &leg, 1, &err))
		;
}
