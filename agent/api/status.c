// SPDX-License-Identifier: GPL-2.0
/* The whole as JSON: what `rtplane status` asks for. */
#include <sys/resource.h>

#include "api.h"
#include "base/log.h"
#include "json.h"

/* of the port that calls share */
static json_t *single_json(const struct b2b_pool *pool)
{
	json_t *o = json_object();

	api_set_int(o, "port", pool->single);
	api_set_int(o, "calls", pool->shared.calls);
	api_set_int(o, "addresses", pool->shared.remotes);
	api_set_int(o, "strangers", pool->shared.strangers);
	api_set_int(o, "strangers_media", pool->shared.media);
	api_set_int(o, "refused", pool->shared.refused);
	return o;
}

static void append_pool(const struct b2b_pool *pool, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "realm", pool->realm);
	api_set_addr(o, "address", &pool->listen);
	api_set_int(o, "low", pool->low);
	api_set_int(o, "high", pool->high);
	api_set_int(o, "pairs", pool->stats.pairs);
	api_set_int(o, "used", pool->stats.used);
	api_set_int(o, "quarantined", pool->stats.quarantined);
	api_set_int(o, "exhausted", pool->stats.exhausted);
	api_set_int(o, "busy", pool->stats.busy);
	if (pool->single)
		json_object_set_new(o, "single_port", single_json(pool));
	json_array_append_new(arg, o);
}

static void append_seen(const char *realm, const struct dp_addr *listen,
			const struct seen_report *report, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "realm", realm);
	api_set_addr(o, "address", listen);
	api_set_addr(o, "server", &report->server);
	api_set_addr(o, "from", &report->from);
	api_set_addr(o, "seen", &report->mapped);
	json_object_set_new(o, "offered", json_boolean(report->offered));
	api_set_text(o, "why", report->why);
	json_array_append_new(arg, o);
}

static json_t *counters_json(const struct b2b_counters *c)
{
	json_t *o = json_object();

	api_set_int(o, "calls", c->total);
	api_set_int(o, "answered", c->answered);
	api_set_int(o, "failed", c->failed);
	api_set_int(o, "refused", c->refused);
	api_set_int(o, "no_route", c->no_route);
	api_set_int(o, "no_ports", c->no_ports);
	api_set_int(o, "datapath_refused", c->datapath);
	api_set_int(o, "draining", c->draining);
	api_set_int(o, "loops", c->loops);
	api_set_int(o, "per_source", c->caps);
	api_set_int(o, "trunk_full", c->trunk_full);
	api_set_int(o, "tenant_full", c->tenant_full);
	api_set_int(o, "scanners", c->scanners);
	api_set_int(o, "reloads", c->reloads);
	return o;
}

static json_t *bindings_json(const struct api *api)
{
	static const char *const names[] = {
		[BIND_LATE] = "late", [BIND_EXPIRED] = "expired",
		[BIND_REMOVED] = "removed", [BIND_LOST] = "lost",
	};
	const struct b2b_counters *c = b2b_counters(api->b2b);
	struct bind_counters sum;
	json_t *o = json_object();
	unsigned int i;

	b2b_binding_counters(api->b2b, &sum);
	api_set_int(o, "now", sum.live);
	api_set_int(o, "away", sum.away);
	api_set_int(o, "flows", sum.flows);
	api_set_int(o, "begun", sum.begun);
	api_set_int(o, "relayed", c->registers);
	api_set_int(o, "granted", c->granted);
	api_set_int(o, "refreshed", sum.refreshed);
	api_set_int(o, "moved", sum.moved);
	api_set_int(o, "full", sum.full);
	api_set_int(o, "subscriptions", c->subscriptions);
	for (i = 0; i < BIND_WHYS; i++)
		api_set_int(o, names[i], sum.ended[i]);
	return o;
}

static void append_gate(const char *realm, const uint64_t *counters, void *arg)
{
	json_t *o = json_object();
	unsigned int i;

	api_set_text(o, "realm", realm);
	for (i = 0; i < SIP_GATE_REASONS; i++)
		api_set_int(o, sip_gate_reason_name(i), counters[i]);
	json_array_append_new(arg, o);
}

static json_t *sip_json(const struct api *api, const struct b2b_status *status)
{
	const struct sip_counters *t = status->sip;
	const struct sip_tx_counters *x = status->tx;
	json_t *o = json_object(), *gates = json_array();

	api_set_int(o, "received", t->received);
	api_set_int(o, "sent", t->sent);
	api_set_int(o, "send_failed", t->send_failed);
	api_set_int(o, "garbage", t->garbage);
	api_set_int(o, "too_big", t->too_big);
	api_set_int(o, "connections", t->connections);
	api_set_int(o, "turned_away", t->turned_away);
	api_set_int(o, "slow", t->slow_head + t->slow_reader);
	api_set_int(o, "handshake_failed", t->handshake_failed);
	api_set_int(o, "transactions", x->live);
	api_set_int(o, "resent", x->resent);
	api_set_int(o, "timed_out", x->timed_out);
	api_set_int(o, "transactions_refused", x->full + x->full_source);
	b2b_gates(api->b2b, append_gate, gates);
	json_object_set_new(o, "gates", gates);
	return o;
}

static json_t *sockets_json(struct media *media)
{
	const struct media_counts *counts = media_counts(media);
	json_t *o = json_object();
	unsigned int i;

	api_set_int(o, "held", media_sockets(media));
	for (i = 0; i < MEDIA_CLASSES; i++)
		api_set_int(o, media_class_name(i), counts->packets[i]);
	api_set_text(o, "io", media_io_name(media));
	api_set_int(o, "workers", media_workers(media));
	for (i = 0; i < MEDIA_FAULTS; i++)
		api_set_int(o, media_fault_name(i), media_fault(media, i));
	return o;
}

static json_t *datapath_json(struct dp *dp)
{
	json_t *o = json_object();
	struct dp_stats stats;
	struct dp_err err;

	if (dp_stats(dp, &stats, &err)) {
		api_set_text(o, "error", err.text);
		return o;
	}
	api_set_int(o, "devices", stats.devs);
	api_set_int(o, "legs", stats.legs);
	api_set_int(o, "rx_packets", stats.rx_packets);
	api_set_int(o, "tx_packets", stats.tx_packets);
	api_set_int(o, "passed", stats.passed);
	api_set_int(o, "events_lost", stats.events_lost);
	return o;
}

static void append_word(const char *word, uint64_t n, void *arg)
{
	json_t *o = json_object();

	api_set_text(o, "word", word);
	api_set_int(o, "said", n);
	json_array_append_new(arg, o);
}

json_t *api_ng_flags(const struct api *api)
{
	json_t *words = json_array();

	if (api->ng)
		ng_strange(api->ng, append_word, words);
	return words;
}

static json_t *ng_json(const struct ng *ng)
{
	const struct ng_counters *c = ng_counters(ng);
	json_t *o = json_object();

	api_set_int(o, "calls", ng_count(ng));
	api_set_int(o, "begun", c->calls);
	api_set_int(o, "deleted", c->deleted);
	api_set_int(o, "timed_out", c->timed_out);
	api_set_int(o, "unanswered", c->unanswered);
	api_set_int(o, "limited", c->limited);
	api_set_int(o, "told", c->told);
	api_set_int(o, "untold", c->untold);
	api_set_int(o, "requests", c->requests);
	api_set_int(o, "errors", c->errors);
	api_set_int(o, "repeated", c->repeated);
	api_set_int(o, "strangers", c->strangers);
	api_set_int(o, "garbage", c->garbage);
	return o;
}

static json_t *bans_json(const struct bans *bans)
{
	const struct bans_counters *c = bans_counters(bans);
	json_t *o = json_object();
	unsigned int i;

	api_set_int(o, "now", bans_count(bans));
	for (i = 0; i < BAN_GROUNDS; i++)
		api_set_int(o, ban_ground_name((enum ban_ground)i), c->begun[i]);
	api_set_int(o, "lifted", c->lifted);
	api_set_int(o, "ended", c->ended);
	api_set_int(o, "spared", c->spared);
	api_set_int(o, "unasked", c->unasked);
	api_set_int(o, "full", c->full);
	return o;
}

static json_t *nft_json(const struct nft *nft)
{
	static const char *const modes[] = {
		[CONFIG_NFT_OFF] = "off", [CONFIG_NFT_SETS] = "sets",
		[CONFIG_NFT_TABLE] = "table",
	};
	const struct nft_counters *c = nft_counters(nft);
	json_t *o = json_object();

	api_set_text(o, "mode", modes[nft_mode(nft)]);
	json_object_set_new(o, "settled", json_boolean(nft_is_settled(nft)));
	api_set_int(o, "open", nft_open_count(nft));
	api_set_int(o, "batches", c->batches);
	api_set_int(o, "elements", c->elements);
	api_set_int(o, "failed", c->failed);
	api_set_int(o, "renewed", c->renewed);
	return o;
}

static json_t *store_json(const struct api *api)
{
	struct store_counters c;
	json_t *o = json_object();

	store_counters(api->store, &c);
	api_set_int(o, "records", c.records);
	api_set_int(o, "damaged", c.damaged);
	api_set_int(o, "put", c.put);
	api_set_int(o, "written", c.written);
	api_set_int(o, "waiting", c.put - c.written - c.merged - c.lost);
	api_set_int(o, "lost", c.lost);
	return o;
}

/* of this process; 0: unknown */
static uint64_t files_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
}

json_t *api_status(const struct api *api)
{
	json_t *o = json_object(), *ports = json_array(), *seen = json_array();
	struct b2b_status status;
	struct timespec now;

	b2b_status(api->b2b, &status);
	clock_gettime(CLOCK_REALTIME, &now);
	api_set_int(o, "uptime", (uint64_t)(now.tv_sec - status.started.tv_sec));
	api_set_int(o, "calls", b2b_count(api->b2b));
	api_set_int(o, "adopted", sessions_orphan_count(api->sessions));
	json_object_set_new(o, "draining", json_boolean(status.draining));
	api_set_int(o, "log_dropped", log_dropped());
	api_set_int(o, "files_limit", files_limit());
	b2b_pools(api->b2b, append_pool, ports);
	json_object_set_new(o, "ports", ports);
	b2b_seen(api->b2b, append_seen, seen);
	json_object_set_new(o, "stun", seen);
	json_object_set_new(o, "counters",
			    counters_json(b2b_counters(api->b2b)));
	json_object_set_new(o, "bindings", bindings_json(api));
	json_object_set_new(o, "sip", sip_json(api, &status));
	if (api->store)
		json_object_set_new(o, "store", store_json(api));
	if (api->ng)
		json_object_set_new(o, "ng", ng_json(api->ng));
	json_object_set_new(o, "bans", bans_json(api->bans));
	json_object_set_new(o, "nftables", nft_json(api->nft));
	json_object_set_new(o, "sockets", sockets_json(api->media));
	json_object_set_new(o, "datapath", datapath_json(api->dp));
	return o;
}
