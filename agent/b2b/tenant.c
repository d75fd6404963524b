// SPDX-License-Identifier: GPL-2.0
/*
 * Tenants while we run: what each has, and that it is no more than it may.  One that has
 * gone from the configuration lives as long as its calls, and is told no more.
 */
#include <stdlib.h>
#include <string.h>

#include "private.h"
#include "tenant.h"

/**
 * struct tenant - one of them
 * @refs: its realm, and each call
 * @name: its name
 * @conf: of the present configuration; NULL: it has it no more
 * @calls: at the moment
 * @bindings: of its phones
 * @next: microseconds of the loop's clock: when its calls come evenly at its rate, the next
 * @quota: its media ports and bandwidth
 * @policy: of its media; NULL: the realm's
 * @refused: what was one too many
 */
struct tenant {
	unsigned int refs;
	char *name;
	const struct config_tenant *conf;
	uint32_t calls;
	uint32_t bindings;
	uint64_t next;
	struct session_quota quota;
	struct session_policy *policy;
	uint64_t refused;
};

static void put(struct tenant *tenant)
{
	if (--tenant->refs)
		return;
	session_policy_put(tenant->policy);
	free(tenant->name);
	free(tenant);
}

/* ------------------------------------------------------------------------ whose is it */

static struct tenant *find(const struct realm *realm, const struct sip_flow *flow,
			   struct span domain)
{
	int i = realm->n_tenants ?
		config_tenant_at(&realm->conf->tenants, flow->listener->local.port,
				 &flow->remote, domain) : -1;

	return i >= 0 && (size_t)i < realm->n_tenants ? realm->tenants[i] : NULL;
}

struct tenant *b2b_tenant_of_aor(const struct realm *realm, const struct sip_flow *flow,
				 struct span aor)
{
	/* who is away is nobody's until he is back */
	if (!flow)
		return NULL;
	span_cut(&aor, '@');
	return find(realm, flow, aor);
}

/* whoever has registered several by one flow is who he says of these; NULL: he has none */
static const struct bind *bound(const struct realm *realm, const struct sip_flow *flow,
				const struct sip_addr *from)
{
	char buf[B2B_AOR];
	struct span aor = b2b_binding_aor(from, buf, sizeof(buf));
	const struct bind *bind = NULL;

	while (aor.n && (bind = bind_next(realm->bindings, aor, bind)))
		if (sip_flow_same(bind->flow, flow))
			return bind;
	return bind_on(realm->bindings, flow);
}

struct tenant *b2b_tenant_of(const struct realm *realm, const struct sip_flow *flow,
			     const struct sip_msg *msg)
{
	const struct bind *bind;

	if (msg->method == SIP_REGISTER)
		return find(realm, flow, msg->to.uri.host);
	bind = bound(realm, flow, &msg->from);
	/* who has registered says no more whose he is */
	if (bind)
		return b2b_tenant_of_aor(realm, flow, span_of(bind->aor));
	return find(realm, flow, msg->from.uri.host);
}

struct tenant *b2b_tenant_of_kept(const struct realm *realm, const struct sip_flow *flow,
				  struct span uri)
{
	struct sip_addr who = { 0 };
	const struct bind *bind;

	if (uri.n && sip_uri_parse(uri, &who.uri))
		who = (struct sip_addr){ 0 };
	bind = bound(realm, flow, &who);
	if (bind)
		return b2b_tenant_of_aor(realm, flow, span_of(bind->aor));
	return uri.n ? find(realm, flow, who.uri.host) : NULL;
}

const struct config_tenant *b2b_tenant_conf(const struct tenant *tenant)
{
	return tenant ? tenant->conf : NULL;
}

/* --------------------------------------------------------------------------- its calls */

struct session_policy *b2b_tenant_policy(const struct tenant *tenant,
					 const struct realm *realm)
{
	return tenant && tenant->policy ? tenant->policy : realm->policy;
}

/* as many in a second as it may have, these also all at once */
static bool is_too_soon(const struct tenant *tenant, uint64_t now)
{
	uint64_t each = 1000000 / tenant->conf->rate;

	return tenant->next > now && tenant->next + each > now + 1000000;
}

const char *b2b_tenant_full(struct tenant *tenant, uint64_t now_ms)
{
	const struct config_tenant *conf = tenant ? tenant->conf : NULL;
	const char *why = NULL;

	if (!conf)
		return NULL;
	if (conf->calls && tenant->calls >= conf->calls)
		why = "its tenant has as many calls as it may";
	else if (conf->ports && tenant->quota.used >= conf->ports)
		why = "its tenant has as many media ports as it may";
	else if (conf->kbits && tenant->quota.kbits >= conf->kbits)
		why = "its tenant has as much bandwidth as it may";
	else if (conf->rate && is_too_soon(tenant, now_ms * 1000))
		why = "its tenant has as many calls in a second as it may";
	tenant->refused += !!why;
	return why;
}

struct tenant *b2b_tenant_take_again(struct tenant *tenant)
{
	if (!tenant)
		return NULL;
	tenant->refs++;
	tenant->calls++;
	return tenant;
}

struct tenant *b2b_tenant_take(struct tenant *tenant, uint64_t now_ms)
{
	uint64_t now = now_ms * 1000;

	if (!b2b_tenant_take_again(tenant))
		return NULL;
	if (tenant->conf && tenant->conf->rate)
		tenant->next = (tenant->next > now ? tenant->next : now) +
			       1000000 / tenant->conf->rate;
	return tenant;
}

void b2b_tenant_release(struct tenant *tenant)
{
	if (!tenant)
		return;
	tenant->calls--;
	put(tenant);
}

struct session_quota *b2b_tenant_quota(struct tenant *tenant)
{
	return tenant ? &tenant->quota : NULL;
}

/* ------------------------------------------------------------------------ its bindings */

bool b2b_tenant_binds(struct tenant *tenant)
{
	if (!tenant || !tenant->conf || !tenant->conf->bindings ||
	    tenant->bindings < tenant->conf->bindings)
		return true;
	tenant->refused++;
	return false;
}

void b2b_tenant_count(struct tenant *tenant, int more)
{
	if (tenant && (more > 0 || tenant->bindings))
		tenant->bindings += (uint32_t)more;
}

static void count(const struct bind *bind, void *arg)
{
	b2b_tenant_count(b2b_tenant_of_aor(arg, bind->flow, span_of(bind->aor)), 1);
}

void b2b_tenants_recount(struct realm *realm)
{
	size_t i;

	for (i = 0; i < realm->n_tenants; i++)
		realm->tenants[i]->bindings = 0;
	if (realm->n_tenants)
		bind_each(realm->bindings, count, realm);
}

/* ------------------------------------------------------------- which there are */

/* one of before by its name, which is mostly at its old place */
static struct tenant *former(const struct realm *realm, const char *name, size_t place)
{
	size_t i, at;

	for (i = 0; i < realm->n_tenants; i++) {
		at = (place + i) % realm->n_tenants;
		if (!strcmp(realm->tenants[at]->name, name))
			return realm->tenants[at];
	}
	return NULL;
}

static struct tenant *make(const char *name)
{
	struct tenant *tenant = calloc(1, sizeof(*tenant));

	if (!tenant)
		return NULL;
	tenant->quota.weighs = true;
	tenant->name = strdup(name);
	if (tenant->name)
		return tenant;
	free(tenant);
	return NULL;
}

static void let_go(struct tenant **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		put(list[i]);
	free(list);
}

/* NULL: who is there no more has no limits, either: his calls stand */
static void set_conf(struct tenant *tenant, const struct config_tenant *conf)
{
	tenant->conf = conf;
	tenant->quota.max = conf ? conf->ports : 0;
	tenant->quota.max_kbits = conf ? conf->kbits : 0;
}

bool b2b_tenants_set(struct realm *realm)
{
	const struct config_tenants *conf = &realm->conf->tenants;
	struct tenant **list = calloc(conf->n + 1, sizeof(*list));
	bool all = list;
	size_t n = 0, i;

	for (; all && n < conf->n; n++) {
		list[n] = former(realm, conf->tenant[n].name, n);
		if (!list[n])
			list[n] = make(conf->tenant[n].name);
		if (!list[n]) {
			all = false;
			break;
		}
		list[n]->refs++;
	}
	if (!all) {	/* nobody's, rather than by what is gone */
		let_go(list, n);
		list = NULL;
		n = 0;
	}
	for (i = 0; i < realm->n_tenants; i++)
		set_conf(realm->tenants[i], NULL);
	for (i = 0; i < n; i++)
		set_conf(list[i], &conf->tenant[i]);
	let_go(realm->tenants, realm->n_tenants);
	realm->tenants = list;
	realm->n_tenants = n;
	b2b_tenants_recount(realm);
	return all;
}

bool b2b_tenants_media(struct realm *realm)
{
	struct tenant *tenant;
	bool all = true;
	size_t i;

	for (i = 0; i < realm->n_tenants; i++) {
		tenant = realm->tenants[i];
		session_policy_put(tenant->policy);
		tenant->policy = tenant->conf->as ?
				 b2b_policy_make(realm, tenant->conf->as) : NULL;
		all &= tenant->policy || !tenant->conf->as;
	}
	return all;
}

void b2b_tenants_close(struct realm *realm)
{
	let_go(realm->tenants, realm->n_tenants);
	realm->tenants = NULL;
	realm->n_tenants = 0;
}

void b2b_tenants(const struct b2b *b2b,
		 void (*fn)(const struct b2b_tenant *view, void *arg), void *arg)
{
	const struct tenant *tenant;
	size_t i, j;

	for (i = 0; i < b2b->n_realms; i++) {
		for (j = 0; j < b2b->realms[i].n_tenants; j++) {
			tenant = b2b->realms[i].tenants[j];
			fn(&(struct b2b_tenant){
				.name = tenant->name, .realm = b2b->realms[i].name,
				.conf = tenant->conf, .calls = tenant->calls,
				.bindings = tenant->bindings,
				.ports = tenant->quota.used,
				.kbits = tenant->quota.kbits, .refused = tenant->refused,
			}, arg);
		}
	}
}
