// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives the agent: bindings of phones, and what their names are made with.  Put
 * into the store (store/) as it changes, which waits for nothing; read at the start.
 */
#include <stdio.h>
#include <string.h>

#include "store/pack.h"
#include "store/store.h"
#include "keep.h"
#include "private.h"
#include "tenant.h"

static const struct store_class binding_class = { 'b', 1 };
static const struct store_class secret_class = { 's', 1 };

/* ------------------------------------------------------------------------- secrets */

static void take_secret(struct span key, struct span value, void *arg)
{
	uint64_t secret[BIND_SECRET];
	struct realm *realm = arg;

	if (!span_is(key, realm->name) || value.n != sizeof(secret))
		return;
	memcpy(secret, value.p, sizeof(secret));
	bind_table_set_secret(realm->bindings, secret);
	explicit_bzero(secret, sizeof(secret));
	realm->kept = true;
}

void b2b_keep_secret(struct realm *realm)
{
	const uint64_t *secret = bind_table_secret(realm->bindings);

	store_each(realm->b2b->store, &secret_class, take_secret, realm);
	if (!realm->kept)
		store_put(realm->b2b->store, &secret_class, span_of(realm->name),
			  (struct span){ (const char *)secret,
					 BIND_SECRET * sizeof(*secret) });
}

/* ------------------------------------------------------------------------ bindings */

/* the listener by its address: no other one's port is open in a NAT */
static void pack_place(struct pack *p, const struct sip_flow *flow, enum sip_proto proto,
		       const struct dp_addr *source)
{
	const struct dp_addr none = { 0 };

	pack_u32(p, proto);
	pack_addr(p, source);
	pack_addr(p, flow ? &flow->listener->local : &none);
}

void b2b_keep_binding(void *arg, const struct bind *bind)
{
	const struct realm *realm = arg, *registrar = bind->registrar;
	uint64_t now = realm->b2b->timers->now;
	struct pack p = { 0 };

	if (!realm->b2b->store)
		return;
	pack_text(&p, span_of(realm->name));
	pack_text(&p, span_of(registrar->name));
	pack_place(&p, bind->flow, bind->proto, &bind->source);
	pack_text(&p, span_of(bind->aor));
	pack_text(&p, span_of(bind->contact));
	pack_text(&p, span_of(bind->params));
	pack_text(&p, span_of(bind->call_id));
	pack_text(&p, span_of(bind->path));
	pack_text(&p, span_of(bind->service_route));
	pack_text(&p, span_of(bind->gruu));
	pack_text(&p, span_of(bind->agent));
	pack_u32(&p, bind->cseq);
	pack_u32(&p, bind->nat);
	pack_u32(&p, bind->outbound);
	pack_u32(&p, bind->phone);
	pack_u32(&p, bind->relayed);
	pack_u32(&p, bind->refreshed);
	pack_since(&p, bind->since, now);
	pack_due(&p, bind->phone_due, now);
	pack_due(&p, bind->granted_due, now);
	if (!p.failed)
		store_put(realm->b2b->store, &binding_class, span_of(bind->token),
			  pack_span(&p));
	pack_free(&p);
}

void b2b_keep_unbound(const struct realm *realm, const struct bind *bind)
{
	store_del(realm->b2b->store, &binding_class, span_of(bind->token));
}

/**
 * struct loading - bindings that are being read
 * @b2b: the front end
 * @here: phones that can be reached at once
 * @away: those that have to come back
 * @gone: those that are not registered any more
 */
struct loading {
	struct b2b *b2b;
	unsigned int here;
	unsigned int away;
	unsigned int gone;
};

struct realm *b2b_keep_realm(struct b2b *b2b, struct span name)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		if (span_is(name, b2b->realms[i].name))
			return &b2b->realms[i];
	return NULL;
}

/*
 * By UDP a flow is no more than two addresses: it goes on. NULL: there is none, since it
 * was a connection, or its listener is not there any more.
 */
static struct sip_flow *flow_again(const struct realm *realm, enum sip_proto proto,
				   const struct dp_addr *source,
				   const struct dp_addr *local)
{
	const struct sip_target target = { .proto = proto, .addr = *source };
	struct sip_flow *flow;

	if (proto != SIP_PROTO_UDP ||
	    sip_transport_flow_at(realm->b2b->transport, realm, local, &target, &flow))
		return NULL;
	return flow;
}

static bool read_binding(struct unpack *u, uint64_t now, struct bind_saved *saved,
			 struct dp_addr *local)
{
	struct bind_grant *g = &saved->grant;

	saved->proto = (enum sip_proto)unpack_u32(u);
	unpack_addr(u, &saved->source);
	unpack_addr(u, local);
	g->key.aor = unpack_text(u);
	g->key.contact = unpack_text(u);
	g->params = unpack_text(u);
	g->call_id = unpack_text(u);
	g->path = unpack_text(u);
	g->service_route = unpack_text(u);
	g->gruu = unpack_text(u);
	g->agent = unpack_text(u);
	g->cseq = unpack_u32(u);
	g->nat = unpack_u32(u);
	g->outbound = unpack_u32(u);
	g->phone = unpack_u32(u);
	saved->relayed = unpack_u32(u);
	saved->refreshed = unpack_u32(u);
	saved->since = unpack_since(u, now);
	saved->phone_due = unpack_due(u, now);
	saved->granted_due = unpack_due(u, now);
	return unpack_end(u) && saved->source.family && g->key.aor.n;
}

/* would it be let in, if it came now? */
static bool is_welcome(const struct realm *realm, const struct bind_saved *saved)
{
	return b2b_realm_knows(realm, &saved->source) ||
	       acl_judge(realm->conf->acl, &saved->source, NULL);
}

static bool load(struct loading *l, struct bind_saved *saved, struct span value)
{
	struct unpack u = { .rest = value };
	struct realm *realm = b2b_keep_realm(l->b2b, unpack_text(&u));
	struct realm *registrar = b2b_keep_realm(l->b2b, unpack_text(&u));
	struct bind_limits limits = { 0 };
	struct sip_flow *flow;
	struct dp_addr local;
	int ret;

	if (!realm || !registrar || !realm->kept ||
	    !read_binding(&u, l->b2b->timers->now, saved, &local) ||
	    !is_welcome(realm, saved))
		return false;
	flow = flow_again(realm, saved->proto, &saved->source, &local);
	saved->grant.registrar = registrar;
	saved->grant.flow = flow;
	if (flow)
		saved->grant.keepalive = b2b_binding_interval(realm, flow);
	limits.all = realm->conf->reg.bindings;
	ret = bind_load(realm->bindings, saved, &limits);
	sip_flow_unref(flow);
	if (!ret && flow)
		l->here++;
	else if (!ret)
		l->away++;
	return !ret;
}

static void load_binding(struct span key, struct span value, void *arg)
{
	struct bind_saved saved = { .token = key };
	struct loading *l = arg;

	if (load(l, &saved, value))
		return;
	l->gone++;
	store_del(l->b2b->store, &binding_class, key);
}

void b2b_keep_load(struct b2b *b2b)
{
	struct loading l = { .b2b = b2b };
	size_t i;

	store_each(b2b->store, &binding_class, load_binding, &l);
	for (i = 0; i < b2b->n_realms; i++)
		b2b_tenants_recount(&b2b->realms[i]);
	if (l.here + l.away + l.gone)
		log_info("bindings of the former agent: %u phones can be reached, %u when they are back, %u are dropped",
			 l.here, l.away, l.gone);
}

/* -------------------------------------------------------------------------- dialogs */

void b2b_keep_flow(struct pack *p, const struct realm *realm, const struct sip_flow *flow)
{
	pack_text(p, span_of(realm->name));
	pack_place(p, flow, flow->proto, &flow->remote);
}

static struct sip_flow *read_flow(struct b2b *b2b, struct unpack *u, struct realm **realm)
{
	struct sip_target target = { 0 };
	struct dp_addr local;
	struct sip_flow *flow;

	*realm = b2b_keep_realm(b2b, unpack_text(u));
	target.proto = (enum sip_proto)unpack_u32(u);
	unpack_addr(u, &target.addr);
	unpack_addr(u, &local);
	if (u->failed || !*realm ||
	    sip_transport_flow_at(b2b->transport, *realm, &local, &target, &flow))
		return NULL;
	return flow;
}

struct sip_flow *b2b_keep_flow_read(struct b2b *b2b, struct unpack *u)
{
	struct realm *realm;

	return read_flow(b2b, u, &realm);
}

void b2b_keep_dialog(struct pack *p, const struct realm *realm,
		     const struct sip_dialog *dialog)
{
	struct pack saved = { 0 };

	b2b_keep_flow(p, realm, sip_dialog_flow(dialog));
	p->failed |= !sip_dialog_save(dialog, &saved);
	pack_text(p, pack_span(&saved));
	pack_free(&saved);
}

bool b2b_keep_dialog_read(struct b2b *b2b, struct unpack *u, struct b2b_kept_dialog *kept)
{
	kept->flow = read_flow(b2b, u, &kept->realm);
	kept->saved = unpack_text(u);
	if (!u->failed && kept->realm)
		return true;
	sip_flow_unref(kept->flow);
	kept->flow = NULL;
	return false;
}
