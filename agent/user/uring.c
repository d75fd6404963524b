// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath backend "uring": media relayed in user space, on the sockets of
 * the media engine, by its workers.  What a leg does with a packet is in leg.c,
 * what changes bridges in bridges.c.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "legconf.h"
#include "base/log.h"
#include "calls.h"
#include "uring.h"

/* events of one dp_dispatch() */
#define DISPATCH_MAX	1024
/* legs that a dump reads while their workers wait */
#define DUMP_CHUNK	64

static struct uring *to_uring(struct dp *dp)
{
	return (struct uring *)dp;
}

struct leg *uring_find(struct uring *u, const struct dp_addr *local)
{
	struct media_sock *sock = media_find(u->media, local);

	return sock ? sock->claim : NULL;
}

static unsigned int hash_cookie(uint64_t cookie)
{
	return (unsigned int)(cookie * 0x9e3779b97f4a7c15ull >> 52) &
	       (URING_COOKIES - 1);
}

void uring_set_cookie(struct uring *u, struct leg *leg, uint64_t cookie)
{
	struct leg **at;

	if (leg->cookie == cookie)
		return;
	if (leg->cookie) {
		at = &u->by_cookie[hash_cookie(leg->cookie)];
		while (*at != leg)
			at = &(*at)->by_cookie;
		*at = leg->by_cookie;
	}
	leg->cookie = cookie;
	if (!cookie)
		return;
	at = &u->by_cookie[hash_cookie(cookie)];
	while (*at)
		at = &(*at)->by_cookie;
	leg->by_cookie = NULL;
	*at = leg;
}

size_t uring_collect(const struct uring *u, uint64_t cookie,
		     struct leg **legs)
{
	struct leg *leg;
	size_t n = 0;

	leg = cookie ? u->by_cookie[hash_cookie(cookie)] : u->first;
	for (; leg; leg = cookie ? leg->by_cookie : leg->next) {
		if (cookie && leg->cookie != cookie)
			continue;
		if (legs)
			legs[n] = leg;
		n++;
	}
	return n;
}

int uring_no_leg(const struct dp_addr *local, struct dp_err *err)
{
	return legconf_refuse(local, "", ENOENT,
			      "there is no leg with this local address", err);
}

/* --- begin and end --- */

static int set_events(struct uring *u, bool on, struct dp_err *err)
{
	int ret;

	media_want_all(u->media);
	ret = media_park(u->media, err);
	if (ret)
		return ret;
	u->media->events = on;
	media_resume(u->media);
	return 0;
}

static const struct leg_ops leg_ops = {
	.receive = leg_receive,
	.shared = calls_receive,
	.unsent = leg_unsent,
	.sweep = leg_sweep,
	.gone = bridges_sock_gone,
};

static int uring_open(struct dp **dp, struct media *media, dp_event_fn *events,
		      void *arg, struct dp_err *err)
{
	struct uring *u;
	int ret;

	if (!media)
		return dp_fail(err, EINVAL,
			       "the datapath 'uring' needs a media engine");
	if (media->legs)
		return dp_fail(err, EBUSY,
			       "the media engine has a datapath already");
	u = calloc(1, sizeof(*u));
	if (!u)
		return dp_fail(err, ENOMEM, "no memory for a datapath");
	u->dp.ops = &dp_uring_ops;
	u->media = media;
	arc4random_buf(u->calls_key, sizeof(u->calls_key));
	u->fn = events;
	u->arg = arg;
	ret = events ? set_events(u, true, err) : 0;
	if (ret) {
		free(u);
		return ret;
	}
	media->legs = &leg_ops;
	media->legs_arg = u;
	*dp = &u->dp;
	return 0;
}

static void uring_close(struct dp *dp)
{
	struct dp_del all = { .all = true };
	struct uring *u = to_uring(dp);
	struct dp_err err;

	/* with a worker that does not answer, what it may look at must stay */
	if (bridges_del(dp, &all, &err) || set_events(u, false, &err)) {
		log_error("the datapath cannot be closed: %s", err.text);
		return;
	}
	u->media->legs = NULL;
	dp_sources_clear(&u->sources);
	free(u);
}

/* --- devices: packets come to the sockets from all of them --- */

static int uring_dev(struct dp *dp, const char *dev, struct dp_err *err)
{
	if (if_nametoindex(dev))
		return 0;
	return dp_fail(err, ENODEV, "device %s: there is no such device", dev);
}

/* --- looking --- */

static int uring_leg_get(struct dp *dp, const struct dp_addr *local, bool state,
			 struct dp_leg_info *info, struct dp_err *err)
{
	struct uring *u = to_uring(dp);
	struct leg *leg = uring_find(u, local);
	int ret;

	if (!leg)
		return uring_no_leg(local, err);
	leg->sock->worker->wanted = true;
	ret = media_park(u->media, err);
	if (ret)
		return ret;
	dp_sources_clear(&u->sources);
	legconf_info(leg, state, info, &u->sources);
	media_resume(u->media);
	return 0;
}

/*
 * Only this thread makes, changes and removes legs, so the picture is
 * consistent though not all workers wait all the time.
 */
static int read_legs(struct uring *u, struct leg **legs, size_t n, bool state,
		     struct dp_leg_info *infos, struct dp_sources *sources,
		     struct dp_err *err)
{
	size_t from, to, i;
	int ret;

	for (from = 0; from < n; from = to) {
		to = n - from > DUMP_CHUNK ? from + DUMP_CHUNK : n;
		for (i = from; i < to; i++)
			legs[i]->sock->worker->wanted = true;
		ret = media_park(u->media, err);
		if (ret)
			return ret;
		for (i = from; i < to; i++)
			legconf_info(legs[i], state, &infos[i], sources);
		media_resume(u->media);
	}
	return 0;
}

static int uring_legs_dump(struct dp *dp, uint64_t cookie, bool state,
			   dp_leg_fn *fn, void *arg, struct dp_err *err)
{
	struct uring *u = to_uring(dp);
	size_t n = uring_collect(u, cookie, NULL), i;
	struct dp_leg_info *infos = calloc(n + 1, sizeof(*infos));
	struct leg **legs = calloc(n + 1, sizeof(*legs));
	struct dp_sources sources = {};
	int ret;

	if (infos && legs) {
		uring_collect(u, cookie, legs);
		ret = read_legs(u, legs, n, state, infos, &sources, err);
	} else {
		ret = dp_fail(err, ENOMEM, "no memory for a dump of %zu legs",
			      n);
	}
	for (i = 0; !ret && i < n; i++)
		ret = fn(&infos[i], arg);
	dp_sources_clear(&sources);
	free(infos);
	free(legs);
	return ret;
}

void uring_add_totals(struct dp_stats *sum, const struct leg *leg)
{
	unsigned int i;

	sum->rx_packets += leg->rx_packets;
	sum->tx_packets += leg->fwd_packets + leg->tx_packets;
	sum->passed += leg->passed;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		sum->drops[i] += leg->drops[i];
}

static void tell_faults(struct media *media, struct dp_stats *stats)
{
	struct dp_fault *fault;
	unsigned int i;

	_Static_assert(MEDIA_FAULTS <= DP_FAULTS_MAX, "more room is needed");
	snprintf(stats->io, sizeof(stats->io), "%s", media_io_name(media));
	for (i = 0; i < MEDIA_FAULTS; i++) {
		fault = &stats->faults[stats->n_faults++];
		snprintf(fault->name, sizeof(fault->name), "%s",
			 media_fault_name(i));
		fault->count = media_fault(media, i);
	}
}

static int uring_stats(struct dp *dp, struct dp_stats *stats,
		       struct dp_err *err)
{
	struct uring *u = to_uring(dp);
	const struct leg *leg;
	int ret;

	bridges_reap(u);
	media_want_all(u->media);
	ret = media_park(u->media, err);
	if (ret)
		return ret;
	*stats = u->gone;
	for (leg = u->first; leg; leg = leg->next)
		uring_add_totals(stats, leg);
	media_resume(u->media);
	stats->legs = u->n_legs;
	stats->events_lost = media_fault(u->media, MEDIA_FAULT_EVENTS_LOST);
	stats->leg_bytes = sizeof(struct leg);
	tell_faults(u->media, stats);
	return 0;
}

/* --- events --- */

static int uring_fd(const struct dp *dp)
{
	const struct uring *u = (const struct uring *)dp;

	return u->fn ? u->media->bell[NEWS_EVENTS].fd : -1;
}

static int take_events(struct uring *u)
{
	struct media *media = u->media;
	unsigned int idle = 0, i = 0;
	struct dp_event *event;
	int n = 0;

	while (idle < media->n_workers && n < DISPATCH_MAX) {
		event = queue_take(&media->worker[i++ % media->n_workers].events);
		idle = event ? 0 : idle + 1;
		if (!event)
			continue;
		u->fn(event, u->arg);
		free(event);
		n++;
	}
	return n;
}

static int uring_dispatch(struct dp *dp, struct dp_err *err)
{
	struct uring *u = to_uring(dp);
	uint64_t lost;
	int n;

	bridges_reap(u);
	if (!u->fn)
		return 0;
	media_clear_bell(&u->media->bell[NEWS_EVENTS]);
	n = take_events(u);
	if (n == DISPATCH_MAX)
		media_ring_bell(&u->media->bell[NEWS_EVENTS]);
	lost = media_fault(u->media, MEDIA_FAULT_EVENTS_LOST);
	if (lost == u->events_lost)
		return n;
	u->events_lost = lost;
	return dp_fail(err, ENOBUFS,
		       "events were lost: they came faster than they were read");
}

const struct dp_ops dp_uring_ops = {
	.name = "uring",
	.lines = true,
	.open = uring_open,
	.close = uring_close,
	.dev_add = uring_dev,
	.dev_del = uring_dev,
	.bridges_new = bridges_new,
	.bridges_set = bridges_set,
	.bridges_del = bridges_del,
	.bridge_take = bridges_take,
	.leg_set = bridges_leg_set,
	.leg_get = uring_leg_get,
	.legs_dump = uring_legs_dump,
	.stats = uring_stats,
	.fd = uring_fd,
	.dispatch = uring_dispatch,
};
