// SPDX-License-Identifier: GPL-2.0
/* Calls that share a port: found by their remote. */
#include <errno.h>
#include <string.h>

#include "base/siphash.h"
#include "calls.h"
#include "legconf.h"

static struct leg **bucket(struct uring *u, uint64_t id, const struct rtplane_ep *remote)
{
	struct siphash h;

	siphash_begin(&h, u->calls_key);
	siphash_add(&h, &id, sizeof(id));
	siphash_add(&h, &remote->addr, sizeof(remote->addr));
	siphash_add(&h, &remote->port, sizeof(remote->port));
	return &u->by_remote[siphash_end(&h) % URING_CALLS];
}

static struct leg *find(struct uring *u, const struct media_sock *port,
			const struct rtplane_ep *remote)
{
	struct leg *leg = *bucket(u, port->id, remote);

	while (leg && (leg->found_at != port->id || !rtplane_ep_eq(&leg->found_by, remote)))
		leg = leg->next_found;
	return leg;
}

bool calls_receive(struct worker *w, struct media_sock *sock, struct rx *rx)
{
	struct rtplane_ep from;
	struct leg *leg;

	leg_source(rx, sock->local.family == AF_INET6, &from);
	leg = find(w->media->legs_arg, sock, &from);
	if (leg)
		return leg_receive(leg, w, sock, rx);
	worker_pass(w, sock, rx);
	return false;
}

int calls_sense(struct uring *u, const struct dp_leg *conf, const struct leg *leg,
		struct dp_err *err)
{
	struct dp_addr at = conf->local;
	struct media_sock *port;
	struct rtplane_ep proven;
	struct leg *other;

	if (!calls_is_keyed(&conf->local))
		return 0;
	if (conf->set & DP_LEG_LATCH && conf->latch == RTPLANE_LATCH_OFF)
		return legconf_refuse(&conf->local, " latch", EINVAL,
				      "a call that shares its port has a proven remote: latch off has none",
				      err);
	if (!(conf->set & DP_LEG_PROVEN))
		return 0;
	at.call = 0;
	port = media_find(u->media, &at);
	leg_ep(&conf->proven, &proven);
	other = port ? find(u, port, &proven) : NULL;
	if (!other || other == leg)
		return 0;
	return legconf_refuse(&conf->local, " proven", EBUSY,
			      "another call of that port has this remote", err);
}

void calls_forget(struct uring *u, struct leg *leg)
{
	struct leg **at;

	if (rtplane_ep_none(&leg->found_by))
		return;
	at = bucket(u, leg->found_at, &leg->found_by);
	while (*at != leg)
		at = &(*at)->next_found;
	*at = leg->next_found;
	memset(&leg->found_by, 0, sizeof(leg->found_by));
}

void calls_follow(struct uring *u, struct leg *leg)
{
	struct leg **at;

	if (!calls_is_keyed(&leg->addr) ||
	    (leg->latched && rtplane_ep_eq(&leg->found_by, &leg->remote)))
		return;
	calls_forget(u, leg);
	if (!leg->latched)
		return;
	if (find(u, leg->sock->of, &leg->remote)) {
		leg_forget(leg);
		return;
	}
	leg->found_by = leg->remote;
	leg->found_at = leg->sock->of->id;
	at = bucket(u, leg->found_at, &leg->remote);
	leg->next_found = *at;
	*at = leg;
}
