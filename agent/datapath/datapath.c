// SPDX-License-Identifier: GPL-2.0
/* The datapath vtable: what every backend would otherwise check for itself. */
#include <errno.h>

#include "datapath.h"

void dp_close(struct dp *dp)
{
	if (dp)
		dp->ops->close(dp);
}

int dp_dev_add(struct dp *dp, const char *dev, struct dp_err *err)
{
	return dp->ops->dev_add(dp, dev, err);
}

int dp_dev_del(struct dp *dp, const char *dev, struct dp_err *err)
{
	return dp->ops->dev_del(dp, dev, err);
}

/* what one message cannot hold could not be all or nothing */
static int check_count(size_t n, struct dp_err *err)
{
	if (!n)
		return dp_fail(err, EINVAL,
			       "no bridge was named: expected 1 to %d",
			       RTPLANE_BRIDGES_MAX);
	if (n > RTPLANE_BRIDGES_MAX)
		return dp_fail(err, E2BIG, "%zu bridges at once: expected 1 to %d",
			       n, RTPLANE_BRIDGES_MAX);
	return 0;
}

static int check_bridges(const struct dp *dp, const struct dp_bridge *bridges, size_t n,
			 struct dp_err *err)
{
	int ret = check_count(n, err);
	const struct dp_leg *leg;
	char text[DP_ADDR_STRLEN];
	size_t i;

	for (i = 0; !ret && i < 2 * n && !dp->ops->lines; i++) {
		leg = &bridges[i / 2].leg[i % 2];
		if (leg->local.line || leg->set & DP_LEG_LINE)
			ret = dp_fail(err, EOPNOTSUPP,
				      "leg %s: lines that share a port (BUNDLE) are told apart in user space, not by the datapath '%s'",
				      dp_addr_str(&leg->local, text, sizeof(text)),
				      dp->ops->name);
	}
	return ret;
}

int dp_bridges_new(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		   struct dp_err *err)
{
	int ret = check_bridges(dp, bridges, n, err);

	return ret ? ret : dp->ops->bridges_new(dp, bridges, n, err);
}

int dp_bridges_set(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		   struct dp_err *err)
{
	int ret = check_bridges(dp, bridges, n, err);

	return ret ? ret : dp->ops->bridges_set(dp, bridges, n, err);
}

int dp_bridges_del(struct dp *dp, const struct dp_del *del, struct dp_err *err)
{
	int ret = 0;

	if (del->locals)
		ret = check_count(del->n, err);
	else if (!del->cookie && !del->all)
		ret = dp_fail(err, EINVAL,
			      "no bridge was named: expected legs, a cookie, or all");
	return ret ? ret : dp->ops->bridges_del(dp, del, err);
}

int dp_bridge_take(struct dp *dp, const struct dp_addr *local,
		   struct dp_leg_info legs[2], struct dp_err *err)
{
	return dp->ops->bridge_take(dp, local, legs, err);
}

int dp_leg_set(struct dp *dp, const struct dp_leg *leg, struct dp_err *err)
{
	return dp->ops->leg_set(dp, leg, err);
}

int dp_leg_get(struct dp *dp, const struct dp_addr *local,
	       struct dp_leg_info *leg, struct dp_err *err)
{
	return dp->ops->leg_get(dp, local, false, leg, err);
}

int dp_leg_state(struct dp *dp, const struct dp_addr *local,
		 struct dp_leg_info *leg, struct dp_err *err)
{
	return dp->ops->leg_get(dp, local, true, leg, err);
}

int dp_legs_dump(struct dp *dp, uint64_t cookie, dp_leg_fn *fn, void *arg,
		 struct dp_err *err)
{
	return dp->ops->legs_dump(dp, cookie, false, fn, arg, err);
}

int dp_legs_state(struct dp *dp, uint64_t cookie, dp_leg_fn *fn, void *arg,
		  struct dp_err *err)
{
	return dp->ops->legs_dump(dp, cookie, true, fn, arg, err);
}

int dp_watch(struct dp *dp, const struct dp_watch *watch, struct dp_err *err)
{
	if (!dp->ops->watch)
		return dp_fail(err, EOPNOTSUPP,
			       "the datapath '%s' does not see who tries ports",
			       dp->ops->name);
	if (watch->n > RTPLANE_SCAN_RANGES_MAX)
		return dp_fail(err, E2BIG, "%zu ranges of ports: expected at most %d",
			       watch->n, RTPLANE_SCAN_RANGES_MAX);
	return dp->ops->watch(dp, watch, err);
}

int dp_stats(struct dp *dp, struct dp_stats *stats, struct dp_err *err)
{
	return dp->ops->stats(dp, stats, err);
}

int dp_fd(const struct dp *dp)
{
	return dp->ops->fd(dp);
}

int dp_dispatch(struct dp *dp, struct dp_err *err)
{
	return dp->ops->dispatch(dp, err);
}
