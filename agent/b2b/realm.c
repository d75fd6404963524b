// SPDX-License-Identifier: GPL-2.0
/* Realms while we run: ports, policies, gates, listeners. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "session/share.h"
#include "sip/auth.h"
#include "keep.h"
#include "private.h"
#include "tenant.h"

/* names of next hops are asked for again so often, from the resolver's cache mostly */
#define WATCH_MS	30000

static void no_memory(char *error)
{
	snprintf(error, CONFIG_ERROR_LEN, "no memory");
}

struct realm *b2b_realm_of(struct b2b *b2b, const struct config_realm *conf)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		if (!strcmp(b2b->realms[i].name, conf->name))
			return &b2b->realms[i];
	return NULL;
}

struct session_policy *b2b_policy(const struct b2b *b2b, const char *realm)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		if (!strcmp(b2b->realms[i].name, realm))
			return b2b->realms[i].policy;
	return NULL;
}

struct realm *b2b_realm_of_flow(const struct sip_flow *flow)
{
	return flow->listener->realm;
}

/* ---------------------------------------------------------------- policies */

struct session_policy *b2b_policy_make(const struct realm *realm,
				       const struct config_realm *conf)
{
	static const enum session_nat nats[] = {
		[CONFIG_NAT_OFF] = SESSION_NAT_OFF,
		[CONFIG_NAT_LEARN] = SESSION_NAT_LEARN,
		[CONFIG_NAT_SOURCE] = SESSION_NAT_SOURCE,
	};
	static const enum session_srtp srtps[] = {
		[CONFIG_SRTP_REFUSE] = SESSION_SRTP_REFUSE,
		[CONFIG_SRTP_ALLOW] = SESSION_SRTP_ALLOW,
		[CONFIG_SRTP_REQUIRE] = SESSION_SRTP_REQUIRE,
	};
	static const enum session_dtls dtlses[] = {
		[CONFIG_DTLS_OFF] = SESSION_DTLS_OFF,
		[CONFIG_DTLS_ALLOW] = SESSION_DTLS_ALLOW,
		[CONFIG_DTLS_REQUIRE] = SESSION_DTLS_REQUIRE,
	};
	static const enum session_mux muxes[] = {
		[CONFIG_MUX_OFF] = SESSION_MUX_OFF,
		[CONFIG_MUX_ALLOW] = SESSION_MUX_ALLOW,
		[CONFIG_MUX_REQUIRE] = SESSION_MUX_REQUIRE,
	};
	static const enum session_bundle bundles[] = {
		[CONFIG_BUNDLE_OFF] = SESSION_BUNDLE_OFF,
		[CONFIG_BUNDLE_ACCEPT] = SESSION_BUNDLE_ACCEPT,
		[CONFIG_BUNDLE_REQUIRE] = SESSION_BUNDLE_REQUIRE,
	};
	static const enum session_ice ices[] = {
		[CONFIG_ICE_OFF] = SESSION_ICE_OFF,
		[CONFIG_ICE_LITE] = SESSION_ICE_LITE,
		[CONFIG_ICE_FULL] = SESSION_ICE_FULL,
		[CONFIG_ICE_FORCE] = SESSION_ICE_FORCE,
	};
	static const enum session_punch punches[] = {
		[CONFIG_PUNCH_OFF] = SESSION_PUNCH_OFF,
		[CONFIG_PUNCH_ONE] = SESSION_PUNCH_ONE,
		[CONFIG_PUNCH_ALL] = SESSION_PUNCH_ALL,
	};
	struct session_policy *p = session_policy_new();
	size_t i;

	if (!p)
		return NULL;
	snprintf(p->name, sizeof(p->name), "%s", conf->name);
	for (i = 0; i < conf->n_addresses; i++) {
		session_policy_add(p, &conf->addresses[i].listen,
				   &conf->addresses[i].advertise,
				   realm->ports[i], realm->told[i]);
		session_policy_share(p, realm->share[i]);
	}
	p->latch = conf->latch.mode;
	p->probation = conf->latch.probation;
	p->early = conf->latch.early;
	p->relatch = conf->latch.relatch;
	p->nat = nats[conf->latch.nat];
	p->srtp = srtps[conf->srtp.policy];
	memcpy(p->suite, conf->srtp.suites, conf->srtp.n_suites);
	p->n_suites = conf->srtp.n_suites;
	p->dtls = dtlses[conf->dtls];
	p->mux = muxes[conf->mux];
	p->bundle = bundles[conf->bundle];
	p->ice = ices[conf->ice];
	p->punch = punches[conf->punch];
	p->media_acl = acl_get(conf->media_acl);
	p->dscp_audio = conf->dscp_audio;
	p->dscp_other = conf->dscp_video;
	p->pps = conf->pps;
	p->bps = conf->bps;
	return p;
}

/* half of the pairs, or as many as take a 32nd of our descriptors for each address */
static uint32_t idle_pairs(const struct config_realm *conf)
{
	uint32_t half = (uint32_t)(conf->port_high - conf->port_low) / 4;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	return half < limit.rlim_cur / 64 ? half : (uint32_t)(limit.rlim_cur / 64);
}

/* the port that calls of address @i share, if there is to be one */
static int open_share(struct realm *realm, size_t i, struct dp_err *err)
{
	struct dp_addr local = realm->conf->addresses[i].listen;

	if (!realm->conf->single_port)
		return 0;
	local.port = realm->conf->single_port;
	return share_new(&realm->share[i], &local, realm->conf->dscp_audio, realm->b2b->media,
			 err);
}

static bool open_ports(struct realm *realm, char *error)
{
	const struct config_realm *conf = realm->conf;
	struct ports_conf ports = {
		.lo = conf->port_low,
		.hi = conf->port_high,
		.quarantine = realm->b2b->config->quarantine * 1000,
		.idle = idle_pairs(conf),
		.except = conf->single_port,
		.dscp = conf->dscp_audio,
	};
	struct dp_err err;

	realm->ports = calloc(conf->n_addresses, sizeof(*realm->ports));
	realm->share = calloc(conf->n_addresses, sizeof(*realm->share));
	if (!realm->ports || !realm->share) {
		no_memory(error);
		return false;
	}
	for (; realm->n_ports < conf->n_addresses; realm->n_ports++) {
		ports.addr = conf->addresses[realm->n_ports].listen;
		if (!ports_new(&realm->ports[realm->n_ports], &ports,
			       realm->b2b->media, &err) &&
		    !open_share(realm, realm->n_ports, &err))
			continue;
		ports_free(realm->ports[realm->n_ports]);
		snprintf(error, CONFIG_ERROR_LEN, "realm %s: %s", conf->name,
			 err.text);
		return false;
	}
	if (b2b_stun_open(realm))
		realm->policy = b2b_policy_make(realm, conf);
	if (realm->policy && b2b_tenants_media(realm))
		return true;
	no_memory(error);
	return false;
}

/* -------------------------------------------------------------- who may speak */

/* the gate counts: two may know the same address, and each forgets it once */
static void know(struct realm *realm, const struct dp_addr *addr)
{
	struct dp_addr *list;

	list = reallocarray(realm->known, realm->n_known + 1, sizeof(*list));
	if (!list)
		return;
	realm->known = list;
	if (!sip_gate_know(realm->gate, addr))
		list[realm->n_known++] = *addr;
}

static void forget(struct realm *realm, const struct dp_addr *list, size_t n)
{
	while (n)
		sip_gate_forget(realm->gate, &list[--n]);
}

bool b2b_realm_knows(const struct realm *realm, const struct dp_addr *addr)
{
	return sip_gate_known(realm->gate, addr);
}

static bool is_one_in(const struct prefix *prefix, const struct dp_addr *list,
		      size_t n)
{
	while (n)
		if (prefix_has(prefix, &list[--n]))
			return true;
	return false;
}

bool b2b_is_hop(const struct b2b *b2b, const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		if (is_one_in(prefix, b2b->realms[i].known,
			      b2b->realms[i].n_known))
			return true;
	for (i = 0; i < b2b->n_watch; i++)
		if (is_one_in(prefix, b2b->watch[i].found,
			      b2b->watch[i].n_found))
			return true;
	return false;
}

bool b2b_knows(const struct b2b *b2b, const struct prefix *prefix)
{
	return b2b_is_hop(b2b, prefix) || b2b_binding_in(b2b, prefix);
}

static bool is_banned(const struct dp_addr *addr, void *arg)
{
	const struct b2b *b2b = arg;

	return bans_has(b2b->bans, addr);
}

static bool is_spared(struct span user, void *arg)
{
	return b2b_invite_to_emergency(arg, user);
}

/*
 * Who may speak: whom the configuration allows, and the next hops, which the gate knows.
 * A realm that says nothing lets nobody else in: an open relay is nobody's wish.
 */
static bool set_gate(struct realm *realm)
{
	const struct sip_gate_conf conf = {
		.name = realm->name,
		.acl = realm->conf->acl,
		.silent = realm->conf->silent,
		.rate = realm->conf->source.messages,
		.burst = realm->conf->source.messages * 2,
		.crowd = realm->conf->source.together,
		.crowd_burst = realm->conf->source.together * 2,
		.connections = realm->conf->source.connections ?
			       realm->conf->source.connections : UINT32_MAX,
		.banned = is_banned,
		.spared = is_spared,
		.arg = realm->b2b,
	};

	if (realm->gate)
		sip_gate_set(realm->gate, &conf);
	else
		realm->gate = sip_gate_new(&conf);
	return realm->gate;
}

/* whom the configuration allows by the whole address is as well known as a next hop */
static void know_peers(struct realm *realm)
{
	const struct prefix_set *allow = realm->conf->acl->allow;
	size_t i;

	for (i = 0; i < prefix_set_size(allow); i++)
		if (prefix_is_whole(prefix_set_at(allow, i)))
			know(realm, &prefix_set_at(allow, i)->addr);
}

/* who is known by the configuration alone; where names are is seen by the watches */
static void learn(struct b2b *b2b)
{
	const struct config_realm *conf;
	const struct config_hop *hop;
	struct realm *realm;
	size_t i;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		forget(realm, realm->known, realm->n_known);
		realm->n_known = 0;
		know_peers(realm);
	}
	for (i = 0; i < config_hops(b2b->config); i++) {
		hop = config_hop_nth(b2b->config, i, &conf);
		if (hop && hop->addr.family)
			know(b2b_realm_of(b2b, conf), &hop->addr);
	}
	for (i = 0; i < b2b->n_realms; i++)
		set_gate(&b2b->realms[i]);
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct hop_watch *watch = arg;
	struct dp_addr before[SIP_TARGETS_MAX];
	size_t n = watch->n_found, i;

	watch->query = NULL;
	timer_set(watch->b2b->timers, &watch->timer, WATCH_MS);
	if (error)
		return;	/* what was found before holds */
	memcpy(before, watch->found, sizeof(before));
	watch->n_found = 0;
	for (i = 0; i < targets->n; i++)
		if (!sip_gate_know(watch->realm->gate, &targets->target[i].addr))
			watch->found[watch->n_found++] = targets->target[i].addr;
	forget(watch->realm, before, n);
}

static void on_watch(struct timer *timer, void *arg)
{
	struct hop_watch *watch = arg;
	struct sip_hop hop;

	route_lookup(watch->hop, &hop);
	watch->query = sip_resolve(watch->b2b->resolver, &hop, on_found, watch);
	if (!watch->query)
		timer_set(watch->b2b->timers, timer, WATCH_MS);
}

void b2b_realms_unwatch(struct b2b *b2b)
{
	struct hop_watch *watch;
	size_t i;

	for (i = 0; i < b2b->n_watch; i++) {
		watch = &b2b->watch[i];
		sip_query_cancel(watch->query);
		timer_cancel(&watch->timer);
		forget(watch->realm, watch->found, watch->n_found);
	}
	free(b2b->watch);
	b2b->watch = NULL;
	b2b->n_watch = 0;
	for (i = 0; i < b2b->n_realms; i++)
		b2b_stun_end(&b2b->realms[i]);
}

static bool watch_hops(struct b2b *b2b)
{
	const struct config *config = b2b->config;
	const struct config_realm *realm;
	const struct config_hop *hop;
	struct hop_watch *watch;
	size_t i;

	b2b->watch = calloc(config_hops(config) + 1, sizeof(*b2b->watch));
	if (!b2b->watch)
		return false;
	for (i = 0; i < config_hops(config); i++) {
		hop = config_hop_nth(config, i, &realm);
		if (!hop || hop->addr.family)
			continue;
		watch = &b2b->watch[b2b->n_watch++];
		watch->b2b = b2b;
		watch->realm = b2b_realm_of(b2b, realm);
		watch->hop = hop;
		timer_init(&watch->timer, on_watch, watch);
		on_watch(&watch->timer, watch);
	}
	learn(b2b);
	for (i = 0; i < b2b->n_realms; i++)
		b2b_stun_begin(&b2b->realms[i]);
	return true;
}

void b2b_access(const struct b2b *b2b, const struct dp_addr *addr,
		void (*fn)(const struct b2b_access *access, void *arg), void *arg)
{
	const struct config_realm *conf;
	struct b2b_access access;
	size_t i;

	for (i = 0; i < b2b->n_realms; i++) {
		conf = b2b->realms[i].conf;
		access.realm = b2b->realms[i].name;
		access.hop = b2b_realm_knows(&b2b->realms[i], addr);
		acl_judge(conf->acl, addr, &access.sip);
		acl_judge(conf->media_acl, addr, &access.media);
		fn(&access, arg);
	}
}

/* ------------------------------------------------- where dialogs may lead us */

/* how well a realm fits an address: bits of the longest prefix, -1: not at all */
static int fit(const struct realm *realm, const struct dp_addr *addr)
{
	const struct acl *acl = realm->conf->acl;
	const struct prefix *longest;

	if (b2b_realm_knows(realm, addr))
		return 129;
	longest = prefix_set_longest(acl->allow, addr);
	if (longest)
		return (int)longest->len;
	return acl_judge(acl, addr, NULL) ? 0 : -1;
}

static bool is_local(const struct dp_addr *addr)
{
	if (addr->family == AF_INET)
		return (ntohl(addr->v4.s_addr) >> 24) == 127 ||
		       !addr->v4.s_addr;
	return IN6_IS_ADDR_LOOPBACK(&addr->v6) ||
	       IN6_IS_ADDR_UNSPECIFIED(&addr->v6);
}

static bool is_ours(const struct b2b *b2b, const struct dp_addr *addr)
{
	const struct config_address *a;
	size_t i, j;

	for (i = 0; i < b2b->n_realms; i++) {
		for (j = 0; j < b2b->realms[i].conf->n_addresses; j++) {
			a = &b2b->realms[i].conf->addresses[j];
			if (dp_addr_same_host(&a->listen, addr) ||
			    dp_addr_same_host(&a->advertise, addr))
				return true;
		}
	}
	return false;
}

/*
 * A party says where it wants to be reached (Contact, Record-Route).  We go where
 * somebody could have come from to this realm, and no other realm claims better:
 * else a phone could have us connect to what stands behind us.
 */
static bool may(void *arg, const struct sip_target *target)
{
	const struct realm *realm = arg;
	const struct b2b *b2b = realm->b2b;
	int mine = fit(realm, &target->addr);
	size_t i;

	if (mine < 0 || is_local(&target->addr) || is_ours(b2b, &target->addr))
		return false;
	for (i = 0; i < b2b->n_realms; i++)
		if (fit(&b2b->realms[i], &target->addr) > mine)
			return false;
	return true;
}

static struct sip_flow *flow_to(void *arg, const struct sip_target *target)
{
	struct realm *realm = arg;
	struct sip_flow *flow;

	if (sip_transport_flow(realm->b2b->transport, realm, target, &flow))
		return NULL;
	return flow;
}

static const struct sip_dialog_policy policies[] = {
	{ .may = may, .flow = flow_to, .supported = b2b_ice_options },
	{ .may = may, .flow = flow_to, .supported = b2b_ice_options, .by_flow = true },
};

/* whoever has registered is where he registered, whatever his Contact is */
static const struct sip_dialog_policy flow_only = {
	.supported = b2b_ice_options, .by_flow = true,
};

/* the same, of subscriptions */
static const struct sip_dialog_policy event_policies[] = {
	{ .may = may, .flow = flow_to, .supported = b2b_event_options },
	{ .may = may, .flow = flow_to, .supported = b2b_event_options, .by_flow = true },
};

static const struct sip_dialog_policy event_flow_only = {
	.supported = b2b_event_options, .by_flow = true,
};

const struct sip_dialog_policy *b2b_realm_event_policy(const struct realm *realm,
						       const struct sip_flow *flow)
{
	if (bind_is_on(realm->bindings, flow))
		return &event_flow_only;
	return &event_policies[realm->conf->latch.nat != CONFIG_NAT_OFF];
}

const struct sip_dialog_policy *b2b_realm_dialog_policy(const struct realm *realm,
							const struct sip_flow *flow)
{
	if (bind_is_on(realm->bindings, flow))
		return &flow_only;
	return &policies[realm->conf->latch.nat != CONFIG_NAT_OFF];
}

/* ---------------------------------------------------------- begin and end */

bool b2b_realms_open(struct b2b *b2b, char *error)
{
	const struct config *config = b2b->config;
	struct realm *realm;
	size_t i;

	b2b->realms = calloc(config->n_realms, sizeof(*b2b->realms));
	if (!b2b->realms) {
		no_memory(error);
		return false;
	}
	for (i = 0; i < config->n_realms; i++) {
		realm = &b2b->realms[b2b->n_realms++];
		realm->b2b = b2b;
		realm->conf = &config->realms[i];
		realm->name = strdup(config->realms[i].name);
		realm->bindings = bind_table_new(b2b->timers, &sip_flow_real_ops,
						 &b2b_register_ops, realm);
		realm->nonces = sip_nonces_new();
		if (!realm->name || !realm->bindings || !realm->nonces ||
		    !set_gate(realm)) {
			no_memory(error);
			return false;
		}
		if (!b2b_tenants_set(realm)) {
			no_memory(error);
			return false;
		}
		b2b_keep_secret(realm);
		if (!open_ports(realm, error))
			return false;
	}
	return true;
}

bool b2b_realms_listen(struct b2b *b2b, char *error)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		if (!b2b_listen_all(&b2b->realms[i], error))
			return false;
	/* phones of a former agent may be bound by now */
	for (i = 0; i < b2b->n_realms; i++)
		b2b_tenants_recount(&b2b->realms[i]);
	if (watch_hops(b2b) && b2b_trunks_set(b2b, b2b->config))
		return true;
	no_memory(error);
	return false;
}

/* bindings let go of their flows while the transport is there */
void b2b_realms_forget(struct b2b *b2b)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++) {
		bind_table_free(b2b->realms[i].bindings);
		b2b->realms[i].bindings = NULL;
	}
}

/* the transport is gone by now */
void b2b_realms_close(struct b2b *b2b)
{
	struct realm *realm;
	size_t i, j;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		session_policy_put(realm->policy);
		b2b_stun_close(realm);
		for (j = 0; j < realm->n_ports; j++)
			ports_free(realm->ports[j]);
		for (j = 0; realm->share && j < realm->conf->n_addresses; j++)
			share_free(realm->share[j]);
		free(realm->ports);
		free(realm->share);
		free(realm->listener);
		free(realm->known);
		sip_gate_free(realm->gate);
		sip_nonces_free(realm->nonces);
		b2b_tenants_close(realm);
		free(realm->name);
	}
	free(b2b->realms);
	b2b->realms = NULL;
	b2b->n_realms = 0;
}

/* ------------------------------------------------------ another configuration */

/**
 * struct judge - may a configuration be had while we run?
 * @b2b: the front end
 * @new: it
 * @error: why not, CONFIG_ERROR_LEN bytes; empty: it may
 */
struct judge {
	const struct b2b *b2b;
	const struct config *new;
	char *error;
};

/* sockets, what stands on them, and dialogs that were begun by them */
static bool is_fixed(const struct judge *judge, const char *realm,
		     const char *key)
{
	static const char *const keys[] = {
		"control", "store", "datapath", "workers", "quarantine", "realms",
		"addresses", "ports", "single-port", "dscp.signalling", "devices",
	};
	size_t i;

	if (!strcmp(key, "latch.nat"))
		return (config_realm(judge->b2b->config, realm)->latch.nat ==
			CONFIG_NAT_OFF) !=
		       (config_realm(judge->new, realm)->latch.nat ==
			CONFIG_NAT_OFF);
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static void on_change(const char *realm, const char *key, void *arg)
{
	struct judge *judge = arg;

	if (*judge->error || !is_fixed(judge, realm, key))
		return;
	snprintf(judge->error, CONFIG_ERROR_LEN,
		 "%s%s%s%s cannot change while calls are served; expected a restart, or what it was",
		 realm ? "realm " : "", realm ? realm : "", realm ? ": " : "",
		 strcmp(key, "realms") ? key : "the list of realms");
}

static bool may_change(const struct b2b *b2b, const struct config *new,
		       char *error)
{
	struct judge judge = { b2b, new, error };

	*error = '\0';
	config_diff(b2b->config, new, on_change, &judge);
	return !*error;
}

/* certificates may have been renewed under the same name */
static void renew(struct realm *realm,
		  void (*kept)(const char *why, void *arg), void *arg)
{
	char why[SIP_TRANSPORT_ERROR_LEN], text[SIP_TRANSPORT_ERROR_LEN + 256];
	char at[DP_ADDR_STRLEN];
	size_t i;

	for (i = 0; i < realm->n_listeners; i++) {
		if (!sip_proto_is_secure(realm->listener[i]->proto) ||
		    !sip_listener_reload(realm->listener[i], why))
			continue;
		snprintf(text, sizeof(text),
			 "realm %s: %s %s: %s; the certificate from before is used",
			 realm->name, sip_proto_param(realm->listener[i]->proto),
			 dp_addr_str(&realm->listener[i]->local, at,
						  sizeof(at)), why);
		log_error("%s", text);
		kept(text, arg);
	}
}

/* the listeners of all realms, or none */
static bool prepare(struct b2b *b2b, const struct config *config, char *error)
{
	struct realm *realm;
	size_t i, j;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		if (b2b_listen_prepare(realm, config_realm(config, realm->name), error))
			continue;
		for (j = 0; j <= i; j++)
			b2b_listen_undo(&b2b->realms[j]);
		return false;
	}
	return true;
}

bool b2b_realms_reload(struct b2b *b2b, struct config *config,
		       void (*kept)(const char *why, void *arg), void *arg,
		       char *error)
{
	struct session_policy *policy;
	struct config *old = b2b->config;
	struct realm *realm;
	size_t i;

	if (!may_change(b2b, config, error) || !prepare(b2b, config, error))
		return false;
	b2b_realms_unwatch(b2b);
	b2b->config = config_get(config);
	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		realm->conf = config_realm(config, realm->name);
		b2b_listen_commit(realm);
		renew(realm, kept, arg);
		if (!b2b_tenants_set(realm))
			kept("no memory: there are no tenants", arg);
		policy = b2b_policy_make(realm, realm->conf);
		if (!policy) {
			log_error("realm %s: no memory: its media policy stays",
				  realm->name);
			kept("no memory: a media policy stays", arg);
			continue;
		}
		session_policy_put(realm->policy);
		realm->policy = policy;
		if (!b2b_tenants_media(realm))
			kept("no memory: media of tenants is as their realm says", arg);
	}
	if (!watch_hops(b2b) || !b2b_trunks_set(b2b, config))
		log_error("no memory to look after next hops");
	config_put(old);
	return true;
}
