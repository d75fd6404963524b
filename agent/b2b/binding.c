// SPDX-License-Identifier: GPL-2.0
/* Bindings of phones: calls that go down their flows, what keeps these open, views. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* ------------------------------------------------------------------ calls to a phone */

/**
 * struct alive - an OPTIONS that asks whether a phone is still there
 * @realm: where the phone is
 * @flow: by which it is asked; a reference
 */
struct alive {
	struct realm *realm;
	struct sip_flow *flow;
};

static const struct bind *find(struct b2b *b2b, struct span token,
			       struct realm **realm)
{
	const struct bind *bind;
	size_t i;

	for (i = 0; i < b2b->n_realms; i++) {
		bind = bind_find(b2b->realms[i].bindings, token);
		if (bind) {
			*realm = &b2b->realms[i];
			return bind;
		}
	}
	return NULL;
}

/*
 * A phone that is away is called when it is back.  Only where it was granted is a contact of ours worth something: whoever sees it
 * elsewhere cannot call by it.
 */
bool b2b_binding_route(struct b2b *b2b, const struct realm *from,
		       const struct sip_uri *uri, struct route *route)
{
	const struct bind *bind;
	struct realm *realm;

	bind = find(b2b, uri->user, &realm);
	if (!bind || !bind->flow || bind->registrar != from)
		return false;
	*route = (struct route){
		.to = realm->conf,
		.flow = bind->flow,
		.uri = span_of(bind->contact),
		.set = span_of(bind->path),
		.who = span_of(bind->aor),
		.text = { bind->aor },
	};
	return true;
}

bool b2b_binding_vouched(const struct realm *realm, const struct sip_flow *flow,
			 const struct sip_msg *msg)
{
	return bind_is_token(msg->uri.user) || bind_is_on(realm->bindings, flow) ||
	       b2b_realm_knows(realm, &flow->remote);
}

/*
 * The To.  Many a registrar puts our contact there, which is no name that a phone
 * should show.
 */
char *b2b_binding_identity(const struct route *route, const struct sip_addr *to)
{
	struct span host = route->who;
	struct sip_writer w = { 0 };

	if (!bind_is_token(to->uri.user)) {
		span_cut(&host, '@');
		return b2b_identity(to, host);
	}
	sip_write_text(&w, SPAN("<sip:"));
	sip_write_text(&w, route->who);
	sip_write_text(&w, SPAN(">"));
	return b2b_lines(&w);
}

/* the address of record of a From or a To, as the table has it; absent if it is none */
struct span b2b_binding_aor(const struct sip_addr *addr, char *buf, size_t size)
{
	const struct sip_uri *uri = &addr->uri;
	char *p;
	int n;

	if (!sip_uri_is_sip(uri) || !uri->user.n)
		return (struct span){ NULL, 0 };
	n = snprintf(buf, size, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(uri->user),
		     SPAN_ARG(uri->host));
	if (n < 0 || (size_t)n >= size)
		return (struct span){ NULL, 0 };
	for (p = buf + uri->user.n + 1; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return (struct span){ buf, (size_t)n };
}

/* is it the registrar's own side, and no provider's where it has no account? */
static bool is_home(const struct bind *bind, struct b2b *b2b, const struct route *route)
{
	return bind->registrar == b2b_realm_of(b2b, route->to) &&
	       !(route->trunk && route->trunk->user);
}

/* RFC 3608: a phone's requests that go there go by the route that its registrar has said */
void b2b_binding_service_route(const struct realm *realm, const struct sip_flow *flow,
			       const struct sip_msg *msg, struct route *route)
{
	char text[B2B_AOR];
	struct span aor = b2b_binding_aor(&msg->from, text, sizeof(text));
	const struct bind *bind = NULL;

	while (aor.p && (bind = bind_next(realm->bindings, aor, bind)))
		if (sip_flow_same(bind->flow, flow)) {
			if (is_home(bind, realm->b2b, route))
				route->set = span_of(bind->service_route);
			return;
		}
}

/* ------------------------------------------------------------------------- keepalive */

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	const struct alive *alive = arg;

	/* 503: the flow is over, of which the table has been told */
	if (status == 408)
		bind_lost(alive->realm->bindings, alive->flow);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct alive *alive = arg;

	sip_flow_unref(alive->flow);
	free(alive);
}

static void write_options(struct sip_writer *w, const struct sip_flow *flow,
			  const struct bind *bind)
{
	char host[DP_ADDR_STRLEN + 2], uri[DP_ADDR_STRLEN + 32];
	char tag[SIP_TAG_LEN + 1], call_id[SIP_TAG_LEN + 1];
	const struct span none = { NULL, 0 };

	b2b_host(&flow->listener->advertise, host, sizeof(host));
	snprintf(uri, sizeof(uri), "sip:keepalive@%s", host);
	sip_random_tag(tag);
	sip_random_tag(call_id);
	sip_write_request(w, SPAN("OPTIONS"), span_of(bind->contact));
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	if (*bind->path)
		sip_write_header(w, SIP_HDR_ROUTE, span_of(bind->path));
	sip_write_addr(w, SIP_HDR_FROM, none, span_of(uri), span_of(tag), none);
	sip_write_addr(w, SIP_HDR_TO, none, span_of(bind->contact), none, none);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	sip_write_header(w, SIP_HDR_CSEQ, SPAN("1 OPTIONS"));
	sip_write_end(w);
}

/* whatever it is answered, somebody is there */
static void ask(struct realm *realm, struct sip_flow *flow, const struct bind *bind)
{
	static const struct sip_tx_client_ops ops = {
		.failed = on_failed,
		.over = on_over,
	};
	struct alive *alive = calloc(1, sizeof(*alive));
	struct sip_writer w = { 0 };

	write_options(&w, flow, bind);
	if (alive) {
		alive->realm = realm;
		alive->flow = sip_flow_ref(flow);
		if (w.failed ||
		    !sip_tx_client_new(realm->b2b->stack, flow,
				       (struct span){ w.p, w.n }, &ops, alive))
			on_over(alive, NULL);
	}
	sip_write_free(&w);
}

uint32_t b2b_binding_interval(const struct realm *realm, const struct sip_flow *flow)
{
	const struct config_register *reg = &realm->conf->reg;

	if (reg->keepalive == CONFIG_KEEPALIVE_OFF)
		return 0;
	return (sip_proto_is_reliable(flow->proto) ? reg->tcp : reg->udp) * 1000;
}

uint32_t b2b_binding_keepalive(void *arg, struct sip_flow *flow,
			       const struct bind *bind)
{
	struct realm *realm = arg;

	switch (realm->conf->reg.keepalive) {
	case CONFIG_KEEPALIVE_OFF:
		break;
	case CONFIG_KEEPALIVE_CRLF:
		sip_flow_ping(flow);
		break;
	case CONFIG_KEEPALIVE_STUN:
		sip_flow_ask_stun(flow);
		break;
	case CONFIG_KEEPALIVE_OPTIONS:
		ask(realm, flow, bind);
		break;
	}
	return b2b_binding_interval(realm, flow);
}

/* -------------------------------------------------------------------- what is told */

/**
 * struct walk - a walk over all bindings
 * @realm: whose they are
 * @fn: called for each
 * @arg: for @fn
 */
struct walk {
	const struct realm *realm;
	void (*fn)(const struct b2b_binding *view, void *arg);
	void *arg;
};

static uint32_t left(const struct realm *realm, uint64_t due)
{
	uint64_t now = realm->b2b->timers->now;

	return due > now ? (uint32_t)((due - now) / 1000) : 0;
}

static void view(const struct bind *bind, void *arg)
{
	const struct walk *walk = arg;
	const struct realm *registrar = bind->registrar;
	struct b2b_binding v = {
		.aor = bind->aor,
		.contact = bind->contact,
		.realm = walk->realm->name,
		.registrar = registrar->name,
		.token = bind->token,
		.call_id = bind->call_id,
		.agent = bind->agent,
		.params = bind->params,
		.transport = sip_proto_param(bind->proto),
		.source = bind->source,
		.nat = bind->nat,
		.outbound = bind->outbound,
		.away = !bind->flow,
		.expires = left(walk->realm, bind->phone_due),
		.granted = left(walk->realm, bind->granted_due),
		.age = (uint32_t)((walk->realm->b2b->timers->now - bind->since) / 1000),
		.relayed = bind->relayed,
		.refreshed = bind->refreshed,
	};

	walk->fn(&v, walk->arg);
}

void b2b_bindings(const struct b2b *b2b,
		  void (*fn)(const struct b2b_binding *view, void *arg), void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg };
	size_t i;

	for (i = 0; i < b2b->n_realms; i++) {
		walk.realm = &b2b->realms[i];
		bind_each(walk.realm->bindings, view, &walk);
	}
}

struct search {
	const struct prefix *prefix;
	bool found;
};

static void look_at(const struct bind *bind, void *arg)
{
	struct search *search = arg;

	search->found |= prefix_has(search->prefix, &bind->source);
}

bool b2b_binding_in(const struct b2b *b2b, const struct prefix *prefix)
{
	struct search search = { .prefix = prefix };
	size_t i;

	for (i = 0; i < b2b->n_realms && !search.found; i++)
		bind_each(b2b->realms[i].bindings, look_at, &search);
	return search.found;
}

void b2b_binding_counters(const struct b2b *b2b, struct bind_counters *sum)
{
	const struct bind_counters *c;
	size_t i, why;

	*sum = (struct bind_counters){ 0 };
	for (i = 0; i < b2b->n_realms; i++) {
		c = bind_table_counters(b2b->realms[i].bindings);
		sum->live += c->live;
		sum->away += c->away;
		sum->flows += c->flows;
		sum->begun += c->begun;
		sum->refreshed += c->refreshed;
		sum->moved += c->moved;
		sum->full += c->full;
		for (why = 0; why < BIND_WHYS; why++)
			sum->ended[why] += c->ended[why];
	}
}
