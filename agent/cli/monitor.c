// SPDX-License-Identifier: GPL-2.0
/* rtplane monitor, rtplane monitor bans, rtplane stats */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "datapath/names.h"
#include "keys.h"
#include "out.h"

/**
 * struct monitor - a run of the command
 * @cli: the program's run
 * @left: events still wanted; counts only if @counted
 * @counted: end after so many events
 */
struct monitor {
	const struct cli *cli;
	uint64_t left;
	bool counted;
};

static void out_digit(json_t *o, const struct dp_digit *digit)
{
	out_uint(o, "digit", digit->event);
	out_uint(o, "duration", digit->duration);
	out_uint(o, "volume", digit->volume);
	out_uint(o, "pt", digit->pt);
}

static json_t *json_event(const struct dp_event *event)
{
	json_t *o = json_object();

	out_uint(o, "time", event->time);
	out_str(o, "event", dp_event_name(event->type));
	if (event->reason != RTPLANE_REASON_NONE)
		out_str(o, "reason", dp_reason_name(event->reason));
	out_some_addr(o, "local", &event->local);
	out_cookie(o, event->cookie);
	out_some_addr(o, "old", &event->old);
	out_some_addr(o, "new", &event->new);
	if (event->count)
		out_uint(o, "count", event->count);
	out_rtcp(o, &event->rtcp);
	if (event->type == RTPLANE_EVENT_DTMF)
		out_digit(o, &event->digit);
	return o;
}

/* local time of day, as a log has it */
static void text_time(uint64_t ns)
{
	time_t sec = (time_t)(ns / 1000000000);
	char text[16] = "";
	struct tm tm;

	if (localtime_r(&sec, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	printf("%s.%06u", text, (unsigned int)(ns % 1000000000 / 1000));
}

static void text_event(const struct dp_event *event)
{
	char addr[DP_ADDR_STRLEN];

	text_time(event->time);
	printf(" %s local %s", dp_event_name(event->type),
	       dp_addr_str(&event->local, addr, sizeof(addr)));
	if (event->old.family)
		printf(" old %s",
		       dp_addr_str(&event->old, addr, sizeof(addr)));
	if (event->new.family)
		printf(" new %s",
		       dp_addr_str(&event->new, addr, sizeof(addr)));
	if (event->count)
		printf(" count %" PRIu64, event->count);
	if (event->reason != RTPLANE_REASON_NONE)
		printf(" reason %s (%s)", dp_reason_name(event->reason),
		       dp_reason_text(event->reason));
	if (event->rtcp.present)
		out_text_rtcp(&event->rtcp);
	if (event->type == RTPLANE_EVENT_DTMF)
		printf(" digit %u duration %u volume %u pt %u",
		       event->digit.event, event->digit.duration,
		       event->digit.volume, event->digit.pt);
	if (event->cookie)
		printf(" cookie %" PRIu64, event->cookie);
	putchar('\n');
}

static void on_event(const struct dp_event *event, void *arg)
{
	struct monitor *monitor = arg;

	if (monitor->counted && !monitor->left)
		return;
	if (monitor->counted)
		monitor->left--;
	if (monitor->cli->json)
		out_json(json_event(event));
	else
		text_event(event);
}

static int listen_on(struct monitor *monitor, struct genl *genl)
{
	struct pollfd pfd = { .fd = genl_fd(genl), .events = POLLIN };
	struct dp_err err = {};
	int ret;

	while (!monitor->counted || monitor->left) {
		ret = poll(&pfd, 1, -1);
		if (ret < 0 && errno != EINTR)
			return cli_refused(monitor->cli,
					   "monitor: cannot wait for events: %m");
		ret = genl_events(genl, on_event, monitor, &err);
		if (ret == -ENOBUFS)	/* told, and the next ones matter */
			cli_refused(monitor->cli, "%s", err.text);
		else if (ret < 0)
			return cli_result(monitor->cli, ret, &err);
		/* whoever reads a pipe wants each event when it happens */
		if (fflush(stdout))
			return cli_refused(monitor->cli,
					   "monitor: cannot write: %m");
	}
	return CLI_OK;
}

/* who is shut out, and who no longer is */
static void text_ban(const json_t *event)
{
	const char *name = "?", *prefix = "?", *why = "?";
	json_int_t ns = 0, seconds = 0;
	int again = 0, lifted = 0;

	json_unpack((json_t *)(uintptr_t)event, "{s?I, s?s, s?s, s?s, s?I, s?b, s?b}",
		    "time", &ns, "event", &name, "prefix", &prefix, "why", &why,
		    "seconds", &seconds, "again", &again, "lifted", &lifted);
	text_time((uint64_t)ns);
	printf(" %s %s why %s", name, prefix, why);
	if (seconds)
		printf(" seconds %" JSON_INTEGER_FORMAT, seconds);
	printf("%s%s\n", again ? " again" : "", lifted ? " lifted" : "");
}

static bool on_agent_event(json_t *event, void *arg)
{
	struct monitor *monitor = arg;

	if (monitor->cli->json)
		out_json(json_incref(event));
	else
		text_ban(event);
	if (fflush(stdout))
		return false;
	return !monitor->counted || --monitor->left;
}

int cmd_monitor(struct args *args)
{
	struct monitor monitor = { .cli = args->cli };
	struct dp_err err = {};
	bool bans = args_take(args, "bans");
	const char *value;
	struct genl *genl;
	int ret;

	args->cmd = bans ? "monitor bans" : "monitor";
	if (args_take(args, "count")) {
		value = args_next(args);
		if (!value || !key_number(value, UINT64_MAX, &monitor.left) ||
		    !monitor.left)
			return cli_usage(args->cli,
					 "%s: count '%s': expected a number, 1 or more",
					 args->cmd, value ? value : "");
		monitor.counted = true;
	}
	ret = args_end(args);
	if (ret)
		return ret;
	if (bans)
		return cli_listen(args->cli, on_agent_event, &monitor);
	/* a connection of its own: this one can do nothing else any more */
	genl = cli_genl_new(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = genl_listen(genl, &err);
	ret = ret ? cli_result(args->cli, ret, &err) :
		    listen_on(&monitor, genl);
	genl_close(genl);
	return ret;
}

static uint64_t sum(const uint64_t *drops)
{
	uint64_t total = 0;
	int i;

	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		total += drops[i];
	return total;
}

static json_t *json_faults(const struct dp_stats *stats)
{
	json_t *o = json_object();
	unsigned int i;

	for (i = 0; i < stats->n_faults; i++)
		out_uint(o, stats->faults[i].name, stats->faults[i].count);
	return o;
}

static void json_stats(const char *datapath, const struct dp_stats *stats)
{
	json_t *o = json_object();

	out_str(o, "datapath", datapath);
	out_uint(o, "devs", stats->devs);
	out_uint(o, "legs", stats->legs);
	out_uint(o, "natmaps", stats->natmaps);
	out_uint(o, "rx_packets", stats->rx_packets);
	out_uint(o, "tx_packets", stats->tx_packets);
	out_uint(o, "passed", stats->passed);
	out_uint(o, "dropped", sum(stats->drops));
	out_drops(o, stats->drops);
	out_uint(o, "events_lost", stats->events_lost);
	out_uint(o, "leg_bytes", stats->leg_bytes);
	if (!stats->io[0]) {
		out_uint(o, "key_bytes", stats->key_bytes);
		out_uint(o, "srtp_slow", stats->srtp_slow);
		out_uint(o, "scan_ranges", stats->scan_ranges);
		out_uint(o, "scan_packets", stats->scan_packets);
		out_uint(o, "scans", stats->scans);
	}
	if (stats->io[0]) {
		out_str(o, "io", stats->io);
		json_object_set_new(o, "faults", json_faults(stats));
	}
	out_json(o);
}

static void text_stats(const char *datapath, const struct dp_stats *stats)
{
	bool any = false;
	unsigned int i;

	printf("datapath %s devs %u legs %u natmaps %u\n", datapath,
	       stats->devs, stats->legs, stats->natmaps);
	printf("received %" PRIu64 " sent %" PRIu64 " passed %" PRIu64 " dropped %" PRIu64 " events-lost %" PRIu64 " leg-bytes %u\n",
	       stats->rx_packets, stats->tx_packets, stats->passed,
	       sum(stats->drops), stats->events_lost, stats->leg_bytes);
	out_text_drops("", stats->drops);
	if (!stats->io[0]) {
		printf("key-bytes %u srtp-slow %" PRIu64 " scan-ranges %u scan-packets %" PRIu64 " scans %" PRIu64 "\n",
		       stats->key_bytes, stats->srtp_slow, stats->scan_ranges,
		       stats->scan_packets, stats->scans);
		return;
	}
	printf("io %s faults", stats->io);
	for (i = 0; i < stats->n_faults; i++)
		if (stats->faults[i].count) {
			printf(" %s %" PRIu64, stats->faults[i].name,
			       stats->faults[i].count);
			any = true;
		}
	puts(any ? "" : " none");
}

int cmd_stats(struct args *args)
{
	struct dp_stats stats;
	struct dp_err err = {};
	struct genl *genl;
	int ret;

	args->cmd = "stats";
	ret = args_end(args);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = genl_stats(genl, &stats, &err);
	if (ret)
		return cli_result(args->cli, ret, &err);
	if (args->cli->json)
		json_stats(genl_datapath(genl), &stats);
	else
		text_stats(genl_datapath(genl), &stats);
	return CLI_OK;
}
