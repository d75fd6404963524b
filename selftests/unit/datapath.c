// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane-test: where=vm kernels=6.1,6.12 smp=2
 *
 * The datapath as the agent sees it, with the backend "kernel", in a network
 * namespace of the test's own that has nothing but lo.
 *
 *   test -- dp_*() -- kernel.c -- genl.c -- netlink -- rtplane.ko
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choose.h"
#include "datapath/datapath.h"
#include "ktap.h"
#include "net.h"

static struct dp *dp;

static struct dp_event events[8];
static unsigned int n_events;

static void on_event(const struct dp_event *event, void *arg)
{
	(void)arg;
	if (n_events < 8)
		events[n_events] = *event;
	n_events++;
}

static struct dp_addr addr(const char *host, unsigned int port)
{
	struct dp_addr a = {};

	dp_addr_parse_host(host, &a);
	a.port = (uint16_t)port;
	return a;
}

/* a bridge of 192.0.2.1:port and :port + 2, remotes given */
static struct dp_bridge make(unsigned int port, uint64_t cookie)
{
	struct dp_bridge b = { .has_cookie = true, .cookie = cookie };
	int i;

	for (i = 0; i < 2; i++) {
		b.leg[i].set = DP_LEG_REMOTE;
		b.leg[i].local = addr("192.0.2.1", port + 2 * (unsigned int)i);
		b.leg[i].remote = addr("198.51.100.1", 4000);
	}
	return b;
}

static bool clear(void)
{
	struct dp_err err = {};
	struct dp_del all = { .all = true };

	if (dp_bridges_del(dp, &all, &err))
		printf("# %s\n", err.text);
	return !err.code;
}

static int count_one(const struct dp_leg_info *leg, void *arg)
{
	(void)leg;
	++*(int *)arg;
	return 0;
}

static int legs(uint64_t cookie)
{
	struct dp_err err = {};
	int n = 0;

	if (dp_legs_dump(dp, cookie, count_one, &n, &err)) {
		printf("# %s\n", err.text);
		return -1;
	}
	return n;
}

static bool life(void)
{
	struct dp_bridge b = make(30000, 17);
	struct dp_addr local = addr("192.0.2.1", 30002);
	struct dp_leg_info leg;
	struct dp_del del = { .locals = &local, .n = 1 };
	struct dp_stats stats;

	b.leg[0].set |= DP_LEG_DSCP;
	b.leg[0].dscp = 46;
	KTAP_CHECK(!dp_bridges_new(dp, &b, 1, NULL));
	KTAP_CHECK(!dp_leg_get(dp, &b.leg[0].local, &leg, NULL));
	KTAP_CHECK(dp_addr_eq(&leg.conf.local, &b.leg[0].local));
	KTAP_CHECK(dp_addr_eq(&leg.conf.remote, &b.leg[0].remote));
	KTAP_CHECK(dp_addr_eq(&leg.peer, &local));
	KTAP_CHECK(leg.cookie == 17 && leg.state == RTPLANE_STATE_WAITING);
	KTAP_CHECK(leg.conf.dscp_mode == RTPLANE_DSCP_SET &&
		   leg.conf.dscp == 46);
	KTAP_CHECK(leg.conf.latch == RTPLANE_LATCH_RESTRICTED);
	KTAP_CHECK(!leg.has_dscp_tx && !leg.rtp.present && !leg.first);
	KTAP_CHECK(!dp_stats(dp, &stats, NULL) && stats.legs == 2);
	KTAP_CHECK(!dp_bridges_del(dp, &del, NULL));
	KTAP_CHECK(dp_leg_get(dp, &local, &leg, NULL) == -ENOENT);
	return legs(0) == 0;
}

static bool change(void)
{
	struct dp_leg leg = { .local = addr("192.0.2.1", 30000),
			      .set = DP_LEG_PPS, .pps = 77 };
	struct dp_bridge b = make(30000, 17);
	struct dp_leg_info info;

	KTAP_CHECK(!dp_bridges_new(dp, &b, 1, NULL));
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(!dp_leg_get(dp, &leg.local, &info, NULL));
	KTAP_CHECK(info.conf.pps == 77);
	KTAP_CHECK(dp_addr_eq(&info.conf.remote, &b.leg[0].remote));
	/* another peer; cookie and pps stay */
	b.leg[0].set = 0;
	b.has_cookie = false;
	b.leg[1].local.port = 30010;
	KTAP_CHECK(!dp_bridges_set(dp, &b, 1, NULL));
	KTAP_CHECK(!dp_leg_get(dp, &leg.local, &info, NULL));
	KTAP_CHECK(info.peer.port == 30010 && info.cookie == 17);
	KTAP_CHECK(info.conf.pps == 77 && legs(17) == 2);
	return clear();
}

static bool cookies(void)
{
	struct dp_bridge b[3] = { make(30000, 1), make(30004, 2),
				  make(30008, 1) };
	struct dp_del del = { .cookie = 1 };

	KTAP_CHECK(!dp_bridges_new(dp, b, 3, NULL));
	KTAP_CHECK(legs(0) == 6 && legs(1) == 4 && legs(2) == 2);
	KTAP_CHECK(legs(3) == 0);
	KTAP_CHECK(!dp_bridges_del(dp, &del, NULL));
	KTAP_CHECK(legs(0) == 2 && legs(2) == 2);
	KTAP_CHECK(dp_bridges_del(dp, &del, NULL) == -ENOENT);
	return clear();
}

static bool whole_or_nothing(void)
{
	struct dp_addr locals[2] = { addr("192.0.2.1", 30000),
				     addr("192.0.2.1", 9) };
	struct dp_bridge b[2] = { make(30000, 1), make(30004, 1) };
	struct dp_del del = { .locals = locals, .n = 2 };
	struct dp_err err = {};

	b[1].leg[1].local.port = 30000;
	KTAP_CHECK(dp_bridges_new(dp, b, 2, &err) == -EEXIST);
	KTAP_CHECK(err.code == EEXIST && strstr(err.text, "192.0.2.1:30000"));
	KTAP_CHECK(legs(0) == 0);
	KTAP_CHECK(!dp_bridges_new(dp, b, 1, NULL));
	KTAP_CHECK(dp_bridges_del(dp, &del, &err) == -ENOENT);
	KTAP_CHECK(strstr(err.text, "192.0.2.1:9"));
	KTAP_CHECK(legs(0) == 2);
	return clear();
}

static bool refusals(void)
{
	static struct dp_bridge many[RTPLANE_BRIDGES_MAX + 1];
	struct dp_leg leg = { .local = addr("192.0.2.1", 5),
			      .set = DP_LEG_PPS };
	struct dp_bridge b = make(30000, 1);
	struct dp_del none = {};
	struct dp_err err = {};
	struct dp *other;
	size_t i;

	KTAP_CHECK(dp_open(&other, "xdp", NULL, NULL, NULL, &err) ==
		   -EPROTONOSUPPORT);
	KTAP_CHECK(strstr(err.text, "'xdp'"));
	KTAP_CHECK(dp_bridges_new(dp, &b, 0, &err) == -EINVAL);
	for (i = 0; i <= RTPLANE_BRIDGES_MAX; i++)
		many[i] = make(20000 + 4 * (unsigned int)i, 1);
	KTAP_CHECK(dp_bridges_new(dp, many, i, &err) == -E2BIG);
	KTAP_CHECK(strstr(err.text, "513"));
	KTAP_CHECK(dp_bridges_del(dp, &none, &err) == -EINVAL);
	KTAP_CHECK(dp_leg_set(dp, &leg, &err) == -ENOENT);
	KTAP_CHECK(dp_dev_add(dp, "nosuch0", &err) == -ENODEV);
	KTAP_CHECK(strstr(err.text, "nosuch0"));
	b.leg[0].set |= DP_LEG_PROBATION;
	b.leg[0].probation = 33;
	KTAP_CHECK(dp_bridges_new(dp, &b, 1, &err) < 0);
	KTAP_CHECK(strstr(err.text, "192.0.2.1:30000 probation"));
	KTAP_CHECK(legs(0) == 0);
	return true;
}

static bool most(void)
{
	static struct dp_bridge many[RTPLANE_BRIDGES_MAX];
	struct dp_err err = {};
	unsigned int i;

	for (i = 0; i < RTPLANE_BRIDGES_MAX; i++) {
		many[i] = make(20000 + 4 * i, 5);
		many[i].leg[0].set |= DP_LEG_DSCP_MAP;
		many[i].leg[1].set |= DP_LEG_DSCP_MAP;
	}
	if (dp_bridges_new(dp, many, RTPLANE_BRIDGES_MAX, &err))
		printf("# %s\n", err.text);
	KTAP_CHECK(!err.code && legs(5) == 2 * RTPLANE_BRIDGES_MAX);
	return clear();
}

static bool devices(void)
{
	struct dp_stats stats;

	KTAP_CHECK(!dp_dev_add(dp, "lo", NULL));
	KTAP_CHECK(dp_dev_add(dp, "lo", NULL) == -EEXIST);
	KTAP_CHECK(!dp_stats(dp, &stats, NULL) && stats.devs == 1);
	KTAP_CHECK(!dp_dev_del(dp, "lo", NULL));
	KTAP_CHECK(dp_dev_del(dp, "lo", NULL) == -ENOENT);
	return true;
}

static bool readable(int ms)
{
	struct pollfd pfd = { .fd = dp_fd(dp), .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

/* the remote of a leg is proven: that is a latch */
static bool event(void)
{
	struct dp_leg leg = { .local = addr("192.0.2.1", 30000),
			      .set = DP_LEG_PROVEN,
			      .proven = addr("198.51.100.1", 7000) };
	struct dp_bridge b = make(30000, 99);

	KTAP_CHECK(!dp_bridges_new(dp, &b, 1, NULL));
	KTAP_CHECK(!readable(0) && dp_dispatch(dp, NULL) == 0);
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(readable(5000) && dp_dispatch(dp, NULL) == 1);
	KTAP_CHECK(n_events == 1 && events[0].type == RTPLANE_EVENT_LATCH);
	KTAP_CHECK(events[0].reason == RTPLANE_REASON_PROVEN);
	KTAP_CHECK(events[0].cookie == 99 && !events[0].old.family);
	KTAP_CHECK(dp_addr_eq(&events[0].local, &leg.local));
	KTAP_CHECK(dp_addr_eq(&events[0].new, &leg.proven));
	KTAP_CHECK(events[0].time > 1000000000000000000);
	return clear();
}

static bool no_events(void)
{
	struct dp *quiet;

	KTAP_CHECK(!dp_open(&quiet, "kernel", NULL, NULL, NULL, NULL));
	KTAP_CHECK(dp_fd(quiet) == -1 && dp_dispatch(quiet, NULL) == 0);
	dp_close(quiet);
	dp_close(NULL);
	return true;
}

/* the function of a dump may change what is dumped, and may end it */
static int remove_it(const struct dp_leg_info *leg, void *arg)
{
	struct dp_del del = { .locals = &leg->conf.local, .n = 1 };

	++*(int *)arg;
	if (*(int *)arg > 3)
		return -ECANCELED;
	/* the peer goes with the first of the two */
	dp_bridges_del(dp, &del, NULL);
	return 0;
}

static bool dump_calls_back(void)
{
	struct dp_bridge b[3] = { make(30000, 1), make(30004, 1),
				  make(30008, 1) };
	int n = 0;

	KTAP_CHECK(!dp_bridges_new(dp, b, 3, NULL));
	KTAP_CHECK(dp_legs_dump(dp, 0, remove_it, &n, NULL) == -ECANCELED);
	KTAP_CHECK(n == 4 && legs(0) == 2);
	return clear();
}

/* another process makes and removes bridges for a while */
static void churn(void)
{
	struct dp_bridge b = make(40000, 2);
	struct dp_del del = { .cookie = 2 };
	struct dp *own;
	int i;

	if (dp_open(&own, "kernel", NULL, NULL, NULL, NULL))
		_exit(1);
	for (i = 0; i < 300; i++)
		if (dp_bridges_new(own, &b, 1, NULL) ||
		    dp_bridges_del(own, &del, NULL))
			_exit(1);
	_exit(0);
}

/* legs that are there all the while are seen exactly once */
static int see(const struct dp_leg_info *leg, void *arg)
{
	if (leg->conf.local.port < 40000)
		++((uint8_t *)arg)[leg->conf.local.port - 30000];
	return 0;
}

static bool dump_under_change(void)
{
	static struct dp_bridge b[100];
	uint8_t seen[400];
	int status = -1;
	unsigned int i;
	pid_t pid;
	int ret;

	for (i = 0; i < 100; i++)
		b[i] = make(30000 + 4 * i, 1);
	KTAP_CHECK(!dp_bridges_new(dp, b, 100, NULL));
	pid = fork();
	if (!pid)
		churn();
	do {
		memset(seen, 0, sizeof(seen));
		ret = dp_legs_dump(dp, 0, see, seen, NULL);
		/* it may have kept changing; then nothing was called */
		KTAP_CHECK(!ret || ret == -EAGAIN);
		for (i = 0; i < 400; i += 2)
			KTAP_CHECK(seen[i] == (ret ? 0 : 1));
	} while (waitpid(pid, &status, WNOHANG) == 0);
	KTAP_CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	KTAP_CHECK(legs(0) == 200);
	return clear();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a bridge is made, read and removed", life },
		{ "a leg and a peer are changed, the rest stays", change },
		{ "cookies select", cookies },
		{ "whole or nothing, and the culprit is named",
		  whole_or_nothing },
		{ "refusals", refusals },
		{ "512 bridges with maps in one message", most },
		{ "devices", devices },
		{ "an event comes by the descriptor", event },
		{ "without a function there are no events", no_events },
		{ "a dump's function may change and end it", dump_calls_back },
		{ "a dump under change is consistent", dump_under_change },
	};
	struct dp_err err = {};
	int ret;

	unit_net();
	ret = dp_open(&dp, "kernel", NULL, on_event, NULL, &err);
	if (ret) {
		printf("KTAP version 1\n1..0 # SKIP %s\n", err.text);
		return 4;
	}
	ret = KTAP_RUN(points);
	dp_close(dp);
	return ret;
}
