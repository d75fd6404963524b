// SPDX-License-Identifier: GPL-2.0
/* What two configurations do not have in common, by the file's own keys. */
#include <string.h>

#include "config.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_texts(const char *const *a, size_t n_a,
		       const char *const *b, size_t n_b)
{
	size_t i;

	if (n_a != n_b)
		return false;
	for (i = 0; i < n_a; i++)
		if (!same_text(a[i], b[i]))
			return false;
	return true;
}

/* ------------------------------------------------------------------------- a realm */

static bool same_address(const struct config_address *a,
			 const struct config_address *b)
{
	return dp_addr_eq(&a->listen, &b->listen) &&
	       dp_addr_eq(&a->advertise, &b->advertise);
}

static bool same_addresses(const struct config_realm *a,
			   const struct config_realm *b)
{
	size_t i;

	if (a->n_addresses != b->n_addresses)
		return false;
	for (i = 0; i < a->n_addresses; i++)
		if (!same_address(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

bool config_listener_eq(const struct config_listener *a, const struct config_listener *b)
{
	return a->transport == b->transport && a->port == b->port &&
	       same_address(a->address, b->address) &&
	       a->verify_clients == b->verify_clients &&
	       a->verify_servers == b->verify_servers &&
	       same_text(a->certificates, b->certificates) &&
	       same_texts(a->origins, a->n_origins, b->origins, b->n_origins);
}

static bool same_sip(const struct config_realm *a, const struct config_realm *b)
{
	size_t i;

	if (a->n_listeners != b->n_listeners)
		return false;
	for (i = 0; i < a->n_listeners; i++)
		if (!config_listener_eq(&a->listeners[i], &b->listeners[i]))
			return false;
	return true;
}

static bool same_ports(const struct config_realm *a, const struct config_realm *b)
{
	return a->port_low == b->port_low && a->port_high == b->port_high;
}

static bool same_latch(const struct config_realm *a, const struct config_realm *b)
{
	return a->latch.mode == b->latch.mode &&
	       a->latch.probation == b->latch.probation &&
	       a->latch.early == b->latch.early &&
	       a->latch.relatch == b->latch.relatch;
}

static bool same_nat(const struct config_realm *a, const struct config_realm *b)
{
	return a->latch.nat == b->latch.nat;
}

static bool same_srtp(const struct config_realm *a, const struct config_realm *b)
{
	return a->srtp.policy == b->srtp.policy &&
	       a->srtp.n_suites == b->srtp.n_suites &&
	       !memcmp(a->srtp.suites, b->srtp.suites, a->srtp.n_suites);
}

static bool same_dtls(const struct config_realm *a, const struct config_realm *b)
{
	return a->dtls == b->dtls;
}

static bool same_mux(const struct config_realm *a, const struct config_realm *b)
{
	return a->mux == b->mux;
}

bool config_media_eq(const struct config_realm *a, const struct config_realm *b)
{
	return same_latch(a, b) && same_nat(a, b) && same_srtp(a, b) && same_dtls(a, b) &&
	       same_mux(a, b);
}

static bool same_bundle(const struct config_realm *a, const struct config_realm *b)
{
	return a->bundle == b->bundle;
}

static bool same_ice(const struct config_realm *a, const struct config_realm *b)
{
	return a->ice == b->ice;
}

static bool same_punch(const struct config_realm *a, const struct config_realm *b)
{
	return a->punch == b->punch;
}

static bool same_single_port(const struct config_realm *a, const struct config_realm *b)
{
	return a->single_port == b->single_port;
}

static bool same_stun(const struct config_realm *a, const struct config_realm *b)
{
	return !strcmp(a->stun.host, b->stun.host) && a->stun.port == b->stun.port;
}

static bool same_dscp(const struct config_realm *a, const struct config_realm *b)
{
	return a->dscp_audio == b->dscp_audio && a->dscp_video == b->dscp_video;
}

static bool same_signalling(const struct config_realm *a,
			    const struct config_realm *b)
{
	return a->dscp_signalling == b->dscp_signalling;
}

static bool same_limits(const struct config_realm *a,
			const struct config_realm *b)
{
	return a->pps == b->pps && a->bps == b->bps;
}

static bool same_devices(const struct config_realm *a,
			 const struct config_realm *b)
{
	return same_texts(a->devices, a->n_devices, b->devices, b->n_devices);
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && dp_addr_eq(&a->addr, &b->addr);
}

static bool same_prefixes(const struct prefix *a, size_t n_a,
			  const struct prefix *b, size_t n_b)
{
	size_t i;

	if (n_a != n_b)
		return false;
	for (i = 0; i < n_a; i++)
		if (!same_prefix(&a[i], &b[i]))
			return false;
	return true;
}

static bool same_set(const struct prefix_set *a, const struct prefix_set *b)
{
	size_t i;

	if (prefix_set_size(a) != prefix_set_size(b))
		return false;
	for (i = 0; i < prefix_set_size(a); i++)
		if (!same_prefix(prefix_set_at(a, i), prefix_set_at(b, i)))
			return false;
	return true;
}

static bool same_lists(const struct acl *a, const struct acl *b)
{
	return a->others == b->others && same_set(a->allow, b->allow) &&
	       same_set(a->deny, b->deny);
}

static bool same_acl(const struct config_realm *a, const struct config_realm *b)
{
	return same_lists(a->acl, b->acl) && a->silent == b->silent;
}

static bool same_media_acl(const struct config_realm *a,
			   const struct config_realm *b)
{
	return same_lists(a->media_acl, b->media_acl);
}

static bool same_trust(const struct config_realm *a, const struct config_realm *b)
{
	return a->trust == b->trust;
}

static bool same_source(const struct config_realm *a,
			const struct config_realm *b)
{
	return a->source.messages == b->source.messages &&
	       a->source.together == b->source.together &&
	       a->source.calls == b->source.calls &&
	       a->source.ringing == b->source.ringing &&
	       a->source.ports == b->source.ports &&
	       a->source.connections == b->source.connections &&
	       a->source.transactions == b->source.transactions;
}

static bool same_register(const struct config_realm *x,
			  const struct config_realm *y)
{
	const struct config_register *a = &x->reg, *b = &y->reg;

	return a->enabled == b->enabled && a->interval == b->interval &&
	       a->registrar == b->registrar && a->refresh == b->refresh &&
	       a->keepalive == b->keepalive && a->udp == b->udp &&
	       a->tcp == b->tcp && a->unregister == b->unregister &&
	       a->bindings == b->bindings && a->source == b->source &&
	       a->aor == b->aor;
}

static bool same_users(const struct config_realm *a, const struct config_realm *b)
{
	return config_users_eq(a->users, b->users);
}

static bool same_tenants(const struct config_realm *a, const struct config_realm *b)
{
	return config_tenants_eq(&a->tenants, &b->tenants);
}

static void diff_realm(const struct config_realm *a, const struct config_realm *b,
		       config_diff_fn *fn, void *arg)
{
	static const struct {
		const char *key;
		bool (*same)(const struct config_realm *a,
			     const struct config_realm *b);
	} keys[] = {
		{ "addresses", same_addresses },
		{ "sip", same_sip },
		{ "ports", same_ports },
		{ "latch", same_latch },
		{ "latch.nat", same_nat },
		{ "srtp", same_srtp },
		{ "dtls", same_dtls },
		{ "mux", same_mux },
		{ "bundle", same_bundle },
		{ "ice", same_ice },
		{ "punch", same_punch },
		{ "single-port", same_single_port },
		{ "stun", same_stun },
		{ "dscp", same_dscp },
		{ "dscp.signalling", same_signalling },
		{ "limits", same_limits },
		{ "devices", same_devices },
		{ "acl", same_acl },
		{ "media-acl", same_media_acl },
		{ "trust", same_trust },
		{ "per-source", same_source },
		{ "register", same_register },
		{ "users", same_users },
		{ "tenants", same_tenants },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!keys[i].same(a, b))
			fn(a->name, keys[i].key, arg);
}

/* ------------------------------------------------------------------------- the rest */

static bool same_realm_name(const struct config_realm *a,
			    const struct config_realm *b)
{
	return same_text(a ? a->name : NULL, b ? b->name : NULL);
}

bool config_trunk_eq(const struct config_trunk *x, const struct config_trunk *y)
{
	size_t i;

	if (x->n_hops != y->n_hops)
		return false;
	for (i = 0; i < x->n_hops; i++)
		if (!same_text(x->next_hop[i], y->next_hop[i]))
			return false;
	return same_text(x->name, y->name) && same_realm_name(x->realm, y->realm) &&
	       same_text(x->user, y->user) && same_text(x->password, y->password) &&
	       same_text(x->aor, y->aor) && x->interval == y->interval &&
	       x->options == y->options && x->retry == y->retry &&
	       x->calls == y->calls;
}

static bool same_groups(const struct config *a, const struct config *b)
{
	const struct config_group *x, *y;
	size_t i, j;

	if (a->n_groups != b->n_groups)
		return false;
	for (i = 0; i < a->n_groups; i++) {
		x = &a->groups[i];
		y = &b->groups[i];
		if (!same_text(x->name, y->name) || x->n != y->n || x->hunt != y->hunt ||
		    x->calls != y->calls || memcmp(x->weight, y->weight, sizeof(x->weight)))
			return false;
		for (j = 0; j < x->n; j++)
			if (!same_text(x->trunk[j]->name, y->trunk[j]->name))
				return false;
	}
	return true;
}

static bool same_trunks(const struct config *a, const struct config *b)
{
	size_t i;

	if (a->n_trunks != b->n_trunks)
		return false;
	for (i = 0; i < a->n_trunks; i++)
		if (!config_trunk_eq(&a->trunks[i], &b->trunks[i]))
			return false;
	return true;
}

static bool same_trunk_name(const struct config_trunk *a,
			    const struct config_trunk *b)
{
	return same_text(a ? a->name : NULL, b ? b->name : NULL);
}

static bool same_routes(const struct config *a, const struct config *b)
{
	const struct config_route *x, *y;
	size_t i;

	if (a->n_routes != b->n_routes)
		return false;
	for (i = 0; i < a->n_routes; i++) {
		x = &a->routes[i];
		y = &b->routes[i];
		if (!same_realm_name(x->from, y->from) ||
		    !same_realm_name(x->to, y->to) ||
		    !same_trunk_name(x->trunk, y->trunk) || !x->group != !y->group ||
		    (x->group && !same_text(x->group->name, y->group->name)) ||
		    !same_prefixes(x->source, x->n_source, y->source, y->n_source) ||
		    !same_text(x->tenant ? x->tenant->name : NULL,
			       y->tenant ? y->tenant->name : NULL) ||
		    x->strip != y->strip || !same_text(x->add, y->add) ||
		    !same_text(x->user_prefix, y->user_prefix) ||
		    !same_text(x->user_suffix, y->user_suffix) ||
		    !same_text(x->host_prefix, y->host_prefix) ||
		    !same_text(x->host_suffix, y->host_suffix) ||
		    !same_text(x->next_hop, y->next_hop))
			return false;
	}
	return true;
}

static bool same_ng(const struct config *a, const struct config *b)
{
	const struct config_ng *x, *y;
	size_t i;

	if (a->n_ng != b->n_ng)
		return false;
	for (i = 0; i < a->n_ng; i++) {
		x = &a->ng[i];
		y = &b->ng[i];
		if (x->transport != y->transport ||
		    !dp_addr_eq(&x->listen, &y->listen) ||
		    !same_prefixes(x->allow, x->n_allow, y->allow, y->n_allow))
			return false;
	}
	return true;
}

static bool same_nftables(const struct config *a, const struct config *b)
{
	return a->nftables.mode == b->nftables.mode &&
	       a->nftables.remove == b->nftables.remove &&
	       same_text(a->nftables.table, b->nftables.table);
}

static bool same_maps(const struct config *a, const struct config *b)
{
	const struct config_map *x, *y;
	size_t i;

	if (a->n_maps != b->n_maps)
		return false;
	for (i = 0; i < a->n_maps; i++) {
		x = &a->maps[i];
		y = &b->maps[i];
		if (x->tcp != y->tcp || x->count != y->count ||
		    x->each != y->each || x->snat != y->snat ||
		    !dp_addr_eq(&x->listen, &y->listen) ||
		    !dp_addr_eq(&x->to, &y->to) ||
		    !same_prefixes(x->from, x->n_from, y->from, y->n_from))
			return false;
	}
	return true;
}

static bool same_bans(const struct config *a, const struct config *b)
{
	const struct config_bans *x = &a->bans, *y = &b->bans;

	return x->time == y->time && x->window == y->window &&
	       x->garbage == y->garbage && x->denied == y->denied &&
	       x->rate == y->rate && x->digest == y->digest &&
	       x->scan == y->scan && x->stun == y->stun &&
	       same_prefixes(x->allow, x->n_allow, y->allow, y->n_allow);
}

static bool same_templates(const struct config *a, const struct config *b)
{
	size_t i;

	if (a->n_templates != b->n_templates)
		return false;
	for (i = 0; i < a->n_templates; i++)
		if (!same_text(a->templates[i].name, b->templates[i].name) ||
		    !same_text(a->templates[i].flags, b->templates[i].flags))
			return false;
	return true;
}

static bool same_interfaces(const struct config *a, const struct config *b)
{
	size_t i;

	if (a->n_interfaces != b->n_interfaces)
		return false;
	for (i = 0; i < a->n_interfaces; i++)
		if (!same_text(a->interfaces[i].name, b->interfaces[i].name) ||
		    !same_realm_name(a->interfaces[i].realm,
				     b->interfaces[i].realm))
			return false;
	return true;
}

/* the same names, in whatever order */
static bool same_realms(const struct config *a, const struct config *b)
{
	size_t i;

	if (a->n_realms != b->n_realms)
		return false;
	for (i = 0; i < a->n_realms; i++)
		if (!config_realm(b, a->realms[i].name))
			return false;
	return true;
}

static void diff_numbers(const struct config *a, const struct config *b,
			 config_diff_fn *fn, void *arg)
{
	const struct {
		const char *key;
		bool same;
	} keys[] = {
		{ "datapath", a->datapath == b->datapath },
		{ "log", a->log == b->log },
		{ "workers", a->workers == b->workers },
		{ "drain", a->drain == b->drain },
		{ "quarantine", a->quarantine == b->quarantine },
		{ "history", a->history == b->history },
		{ "answer-timeout", a->answer_timeout == b->answer_timeout },
		{ "orphan-timeout", a->orphan_timeout == b->orphan_timeout },
		{ "media-timeout", a->media_timeout == b->media_timeout },
		{ "hold-timeout", a->hold_timeout == b->hold_timeout },
		{ "change-timeout", a->change_timeout == b->change_timeout },
		{ "hop-timeout", a->hop_timeout == b->hop_timeout },
		{ "emergency", same_texts(a->emergency, a->n_emergency,
					  b->emergency, b->n_emergency) },
		{ "scanners", same_texts(a->scanners, a->n_scanners,
					 b->scanners, b->n_scanners) },
		{ "ng-calls", a->ng_calls == b->ng_calls },
		{ "ng-rate", a->ng_rate == b->ng_rate },
		{ "ng-bandwidth", a->ng_kbits == b->ng_kbits },
		{ "ng-delete-delay", a->ng_delete_delay == b->ng_delete_delay },
		{ "ng-events", dp_addr_eq(&a->ng_events, &b->ng_events) },
		{ "ng-silence", a->ng_silence == b->ng_silence },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!keys[i].same)
			fn(NULL, keys[i].key, arg);
}

void config_diff(const struct config *a, const struct config *b,
		 config_diff_fn *fn, void *arg)
{
	const struct config_realm *other;
	size_t i;

	if (!same_text(a->control, b->control))
		fn(NULL, "control", arg);
	if (!same_text(a->store, b->store))
		fn(NULL, "store", arg);
	diff_numbers(a, b, fn, arg);
	if (!same_realms(a, b))
		fn(NULL, "realms", arg);
	for (i = 0; i < a->n_realms; i++) {
		other = config_realm(b, a->realms[i].name);
		if (other)
			diff_realm(&a->realms[i], other, fn, arg);
	}
	if (!same_trunks(a, b))
		fn(NULL, "trunks", arg);
	if (!same_groups(a, b))
		fn(NULL, "trunk-groups", arg);
	if (!same_routes(a, b))
		fn(NULL, "routes", arg);
	if (!same_ng(a, b))
		fn(NULL, "ng", arg);
	if (!same_templates(a, b))
		fn(NULL, "ng-templates", arg);
	if (!same_interfaces(a, b))
		fn(NULL, "ng-interfaces", arg);
	if (!same_nftables(a, b))
		fn(NULL, "nftables", arg);
	if (!same_bans(a, b))
		fn(NULL, "bans", arg);
	if (!same_maps(a, b))
		fn(NULL, "maps", arg);
}
