// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath backend "kernel": rtplane.ko over generic netlink.
 *
 * Two sockets: on one that has joined the events group an answer could drown in
 * events, and a full buffer of events would cost answers.
 */
#include <errno.h>
#include <stdlib.h>

#include "datapath/datapath.h"
#include "genl.h"

/**
 * struct kernel - an open kernel datapath
 * @dp: what the caller sees
 * @genl: requests
 * @events: events; NULL if nobody asked for them
 * @fn: receives events
 * @arg: for @fn
 * @lost: times that events were lost because we read them too late
 * @sources: of the leg that kernel_leg_get() told last
 */
struct kernel {
	struct dp dp;
	struct genl *genl;
	struct genl *events;
	dp_event_fn *fn;
	void *arg;
	uint64_t lost;
	struct dp_sources sources;
};

static struct kernel *to_kernel(struct dp *dp)
{
	return (struct kernel *)dp;
}

static void kernel_close(struct dp *dp)
{
	struct kernel *k = to_kernel(dp);

	genl_close(k->events);
	genl_close(k->genl);
	dp_sources_clear(&k->sources);
	free(k);
}

static int kernel_open(struct dp **dp, struct media *media,
		       dp_event_fn *events, void *arg, struct dp_err *err)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int ret;

	if (!k)
		return dp_fail(err, ENOMEM, "no memory for a datapath");
	k->dp.ops = &dp_kernel_ops;
	k->fn = events;
	k->arg = arg;
	ret = genl_open(&k->genl, err);
	if (!ret && events)
		ret = genl_open(&k->events, err);
	if (!ret && events)
		ret = genl_listen(k->events, err);
	if (ret) {
		kernel_close(&k->dp);
		return ret;
	}
	*dp = &k->dp;
	return 0;
}

static int kernel_dev_add(struct dp *dp, const char *dev, struct dp_err *err)
{
	return genl_dev_new(to_kernel(dp)->genl, dev, err);
}

static int kernel_dev_del(struct dp *dp, const char *dev, struct dp_err *err)
{
	return genl_dev_del(to_kernel(dp)->genl, dev, err);
}

static int kernel_bridges_new(struct dp *dp, const struct dp_bridge *bridges,
			      size_t n, struct dp_err *err)
{
	return genl_bridges_new(to_kernel(dp)->genl, bridges, n, err);
}

static int kernel_bridges_set(struct dp *dp, const struct dp_bridge *bridges,
			      size_t n, struct dp_err *err)
{
	return genl_bridges_set(to_kernel(dp)->genl, bridges, n, err);
}

static int kernel_bridges_del(struct dp *dp, const struct dp_del *del,
			      struct dp_err *err)
{
	return genl_bridges_del(to_kernel(dp)->genl, del, err);
}

static int kernel_leg_set(struct dp *dp, const struct dp_leg *leg,
			  struct dp_err *err)
{
	return genl_leg_set(to_kernel(dp)->genl, leg, err);
}

static int kernel_leg_get(struct dp *dp, const struct dp_addr *local,
			  bool state, struct dp_leg_info *leg,
			  struct dp_err *err)
{
	struct kernel *k = to_kernel(dp);

	return genl_leg_get(k->genl, local, state, leg, &k->sources, err);
}

static int kernel_bridge_take(struct dp *dp, const struct dp_addr *local,
			      struct dp_leg_info legs[2], struct dp_err *err)
{
	struct kernel *k = to_kernel(dp);

	return genl_bridge_take(k->genl, local, legs, &k->sources, err);
}

static int kernel_legs_dump(struct dp *dp, uint64_t cookie, bool state,
			    dp_leg_fn *fn, void *arg, struct dp_err *err)
{
	struct dp_sources sources = {};
	struct dp_leg_info *legs;
	size_t n;
	size_t i;
	int ret;

	ret = genl_legs(to_kernel(dp)->genl, cookie, state, &legs, &n,
			&sources, err);
	for (i = 0; !ret && i < n; i++)
		ret = fn(&legs[i], arg);
	free(legs);
	dp_sources_clear(&sources);
	return ret;
}

static int kernel_watch(struct dp *dp, const struct dp_watch *watch,
			struct dp_err *err)
{
	return genl_watch(to_kernel(dp)->genl, watch, err);
}

static int kernel_stats(struct dp *dp, struct dp_stats *stats,
			struct dp_err *err)
{
	struct kernel *k = to_kernel(dp);
	int ret;

	ret = genl_stats(k->genl, stats, err);
	if (!ret)
		stats->events_lost += k->lost;
	return ret;
}

static int kernel_fd(const struct dp *dp)
{
	const struct kernel *k = (const struct kernel *)dp;

	return k->events ? genl_fd(k->events) : -1;
}

static int kernel_dispatch(struct dp *dp, struct dp_err *err)
{
	struct kernel *k = to_kernel(dp);
	int ret;

	if (!k->events)
		return 0;
	ret = genl_events(k->events, k->fn, k->arg, err);
	if (ret == -ENOBUFS)
		k->lost++;
	return ret;
}

const struct dp_ops dp_kernel_ops = {
	.name = "kernel",
	.open = kernel_open,
	.close = kernel_close,
	.dev_add = kernel_dev_add,
	.dev_del = kernel_dev_del,
	.bridges_new = kernel_bridges_new,
	.bridges_set = kernel_bridges_set,
	.bridges_del = kernel_bridges_del,
	.bridge_take = kernel_bridge_take,
	.leg_set = kernel_leg_set,
	.leg_get = kernel_leg_get,
	.legs_dump = kernel_legs_dump,
	.watch = kernel_watch,
	.stats = kernel_stats,
	.fd = kernel_fd,
	.dispatch = kernel_dispatch,
};
