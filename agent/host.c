// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "host.h"

/* ------------------------------------------------------------- from bans to nftables */

static struct nft_ban nft_ban_of(const struct ban_info *ban)
{
	return (struct nft_ban){ ban->prefix, ban->left ? ban->left : 1,
				 ban_ground_name(ban->ground) };
}

static void on_added(const struct ban_info *info, bool again, void *arg)
{
	struct nft_ban ban = nft_ban_of(info);
	struct host *host = arg;

	/* an element's time does not change by adding it once more */
	if (again)
		nft_unban(host->nft, &ban.prefix);
	nft_ban(host->nft, &ban);
	if (host->ops.banned)
		host->ops.banned(info, again, host->arg);
}

static void on_removed(const struct ban_info *info, bool lifted, void *arg)
{
	struct host *host = arg;

	/* those whose time is over go there by themselves */
	if (lifted)
		nft_unban(host->nft, &info->prefix);
	if (host->ops.unbanned)
		host->ops.unbanned(info, lifted, host->arg);
}

static bool is_in(const struct dp_addr *addr, void *arg)
{
	return addr->family && prefix_has(arg, addr);
}

static bool is_own(const struct prefix *prefix, void *arg)
{
	const struct config_realm *realm;
	const struct host *host = arg;
	size_t i, j;

	for (i = 0; i < host->config->n_realms; i++) {
		realm = &host->config->realms[i];
		for (j = 0; j < realm->n_addresses; j++)
			if (prefix_has(prefix, &realm->addresses[j].listen) ||
			    prefix_has(prefix, &realm->addresses[j].advertise))
				return true;
	}
	return false;
}

static bool is_hop(const struct prefix *prefix, void *arg)
{
	const struct host *host = arg;

	return host->b2b && b2b_is_hop(host->b2b, prefix);
}

static bool is_established(const struct prefix *prefix, void *arg)
{
	struct prefix copy = *prefix;
	struct host *host = arg;

	return (host->b2b && b2b_knows(host->b2b, prefix)) ||
	       (host->sessions && sessions_with(host->sessions, is_in, &copy));
}

/* ------------------------------------------------------------- from nftables to bans */

/* of a former agent; its word for why may have more behind it */
static void on_kept(const struct nft_ban *ban, void *arg)
{
	enum ban_ground ground = BAN_ADMIN;
	char error[CONFIG_ERROR_LEN], word[16];
	struct host *host = arg;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(ban->why, " "), ban->why);
	ban_ground_parse(word, &ground);
	/* what is allowed by now is not banned any more */
	bans_add(host->bans, &ban->prefix, ban->ms, ground, error);
}

static void on_scanned(const struct dp_addr *source, uint32_t ports, void *arg)
{
	struct host *host = arg;

	if (!bans_has(host->bans, source))
		bans_offence(host->bans, source, BAN_SCAN, ports, false);
}

/* --------------------------------------------------------------- a tester of ports */

/* each port of what is tested; returns how many there are */
static size_t each_tested(struct host *host,
			  void (*fn)(struct nft *nft, const struct dp_addr *place))
{
	struct dp_addr place;
	uint32_t port;
	size_t i, n = 0;

	for (i = 0; i < host->n_tested; i++) {
		place = host->tested[i].addr;
		for (port = host->tested[i].low; port <= host->tested[i].high; port++, n++) {
			place.port = (uint16_t)port;
			fn(host->nft, &place);
		}
	}
	return n;
}

static void add_tested(struct host *host, const struct config_realm *realm,
		       const struct dp_addr *addr, uint16_t low, uint16_t high)
{
	struct dp_range *more;
	size_t i;

	if (low < realm->port_low)
		low = realm->port_low;
	if (high > realm->port_high)
		high = realm->port_high;
	for (i = 0; i < realm->n_addresses && low <= high; i++) {
		if (addr->family && !dp_addr_same_host(addr, &realm->addresses[i].listen))
			continue;
		more = reallocarray(host->tested, host->n_tested + 1, sizeof(*more));
		if (!more)
			return;
		host->tested = more;
		more[host->n_tested++] = (struct dp_range){
			.addr = realm->addresses[i].listen, .low = low, .high = high,
		};
	}
}

size_t host_test(struct host *host, const struct dp_addr *addr, uint16_t low, uint16_t high)
{
	size_t i, n;

	each_tested(host, nft_close);
	free(host->tested);
	host->tested = NULL;
	host->n_tested = 0;
	for (i = 0; high && i < host->config->n_realms; i++)
		add_tested(host, &host->config->realms[i], addr, low, high);
	n = each_tested(host, nft_open);
	return nft_mode(host->nft) == CONFIG_NFT_OFF ? 0 : n;
}

static const struct dp_range *tested_within(const struct host *host,
					    const struct dp_range *range)
{
	const struct dp_range *t;

	for (t = host->tested; t < host->tested + host->n_tested; t++)
		if (dp_addr_same_host(&t->addr, &range->addr) && t->low <= range->high &&
		    t->high >= range->low)
			return t;
	return NULL;
}

/* -------------------------------------------------------- from the datapath to bans */

/* what is tested is no closed port; returns how many ranges are left of one */
static size_t untested(const struct host *host, struct dp_range range,
		       struct dp_range *out)
{
	const struct dp_range *t = tested_within(host, &range);
	struct dp_range above = range;
	size_t n = 0;

	if (!t) {
		*out = range;
		return 1;
	}
	if (t->low > range.low) {
		range.high = (uint16_t)(t->low - 1);
		out[n++] = range;
	}
	if (t->high < above.high) {
		above.low = (uint16_t)(t->high + 1);
		out[n++] = above;
	}
	return n;
}

static size_t all_ranges(const struct host *host, const struct config *config,
			 struct dp_range *ranges)
{
	const struct config_realm *realm;
	size_t i, j, n = 0;

	for (i = 0; i < config->n_realms; i++) {
		realm = &config->realms[i];
		for (j = 0; j < realm->n_addresses; j++) {
			if (n + !!host->tested >= RTPLANE_SCAN_RANGES_MAX) {
				log_warning("the media ports of more than %d addresses: only those are watched for scans",
					    RTPLANE_SCAN_RANGES_MAX);
				return n;
			}
			n += untested(host, (struct dp_range){
				.addr = realm->addresses[j].listen,
				.low = realm->port_low, .high = realm->port_high,
			}, &ranges[n]);
		}
	}
	return n;
}

void host_watch(const struct host *host, struct dp *dp,
		const struct config *config)
{
	uint32_t ports = config->bans.scan;
	struct dp_watch watch = { .seconds = config->bans.window };
	struct dp_range *ranges;
	struct dp_err err;

	if (!host->bans)
		return;
	ranges = calloc(RTPLANE_SCAN_RANGES_MAX, sizeof(*ranges));
	if (ranges && ports)
		watch.n = all_ranges(host, config, ranges);
	watch.ranges = ranges;
	/* of more the module tells as many as it knows, and bans/ adds up */
	watch.ports = !ports ? 1 : ports < RTPLANE_SCAN_PORTS_MAX ? ports :
				   RTPLANE_SCAN_PORTS_MAX;
	if (dp_watch(dp, &watch, &err) && err.code != EOPNOTSUPP)
		log_warning("media ports are not watched for scans: %s", err.text);
	free(ranges);
}

void host_event(const struct host *host, const struct dp_event *event)
{
	if (event->type == RTPLANE_EVENT_SCAN && host->bans &&
	    !bans_has(host->bans, &event->new))
		bans_offence(host->bans, &event->new, BAN_SCAN,
			     event->count < UINT32_MAX ? (uint32_t)event->count : 0,
			     false);
}

/* who walks, and for whom */
struct walk {
	struct nft *nft;
	void (*fn)(struct nft *nft, const struct nft_ban *ban);
};

static void one(const struct ban_info *info, void *arg)
{
	struct nft_ban ban = nft_ban_of(info);
	struct walk *walk = arg;

	walk->fn(walk->nft, &ban);
}

static void all_bans(struct nft *nft,
		     void (*fn)(struct nft *nft, const struct nft_ban *ban),
		     void *arg)
{
	struct walk walk = { nft, fn };
	struct host *host = arg;

	bans_each(host->bans, one, &walk);
}

/* ---------------------------------------------------------------- begin and end */

bool host_open(struct host *host, struct loop *loop, struct config *config,
	       char *error)
{
	static const struct bans_ops ops = {
		.added = on_added, .removed = on_removed,
		.own = is_own, .hop = is_hop, .established = is_established,
	};
	const struct nft_conf conf = {
		.loop = loop, .config = config,
		.kept = on_kept, .scanned = on_scanned, .bans = all_bans,
		.arg = host,
	};

	host->config = config;
	host->bans = bans_new(loop_timers(loop), &config->bans);
	if (!host->bans) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory for bans");
		return false;
	}
	host->nft = nft_new(&conf, error);
	if (!host->nft)
		return false;
	bans_hear(host->bans, &ops, host);
	return true;
}

bool host_may_reload(struct host *host, const struct config *config, char *error)
{
	return nft_may_reload(host->nft, config, error);
}

void host_reload(struct host *host, struct config *config)
{
	/* first, so that nftables is not told of bans that are lifted */
	host->config = config;
	bans_set(host->bans, &config->bans);
	nft_reload(host->nft, config);
}

void host_close(struct host *host)
{
	/* what is kept are the bans that there are: they must still be there */
	nft_free(host->nft);
	bans_free(host->bans);
	free(host->tested);
	*host = (struct host){ 0 };
}
