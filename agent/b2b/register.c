// SPDX-License-Identifier: GPL-2.0
/*
 * A REGISTER on its way to the registrar: the phone's contacts are replaced by ours, what
 * digest is made of stays as it is.  What the registrar grants becomes a binding
 * (bind/bind.h); a phone that is back before its time is answered here.  How a REGISTER is
 * read stands in request.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "sip/cross.h"
#include "keep.h"
#include "request.h"
#include "tenant.h"

static const struct span none = { NULL, 0 };

/**
 * struct reg - a REGISTER under way
 * @entry: among those whose token has the same bucket
 * @b2b: the front end
 * @config: what it began with; a reference
 * @from: realm of the phone
 * @to: realm of the registrar
 * @hop: the registrar, or the way to it
 * @other: what is tried after it
 * @n_other: how many
 * @query: where that is, being asked for
 * @targets: where it is
 * @next: target that is tried next
 * @timer: nothing was answered, and there is somebody else
 * @in: the phone's; NULL: it is our own
 * @out: what was sent on; NULL: nothing is
 * @aor: our own: of whom; NULL: it is a phone's
 * @token: of the contact that is to be forgotten; a phone's: of its first contact, "" if
 *	it has none
 */
struct reg {
	LIST_ENTRY(reg) entry;
	struct b2b *b2b;
	struct config *config;
	struct realm *from;
	struct realm *to;
	const struct config_hop *hop;
	const struct config_hop *other[ROUTE_HOPS_MAX];
	size_t n_other;
	struct sip_query *query;
	struct sip_targets targets;
	size_t next;
	struct timer timer;
	struct sip_tx *in;
	struct sip_tx *out;
	char *aor;
	char token[BIND_TOKEN_LEN + 1];
};

/* --------------------------------------------------------------- what a phone is told */

static void write_contact(struct sip_writer *w, const struct bind *bind,
			  uint32_t expires)
{
	char params[2 * B2B_PARAMS + 32];

	snprintf(params, sizeof(params), "%s%s%s%sexpires=%u", bind->params,
		 *bind->params ? ";" : "", bind->gruu, *bind->gruu ? ";" : "",
		 expires);
	sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(bind->contact), none,
		       span_of(params));
}

static bool is_asked_for(const struct request *req, const struct bind *bind)
{
	struct item item;
	int i;

	for (i = 0; i < req->n && !req->star; i++)
		if (!b2b_request_item(req, i, &item) &&
		    !strcmp(item.token, bind->token))
			return true;
	return false;
}

/* its own first, since there are phones that look no further; then those of others */
static void write_contacts(struct sip_writer *w, const struct request *req)
{
	const struct bind_table *table = req->realm->bindings;
	uint64_t now = req->realm->b2b->timers->now;
	const struct bind *bind = NULL;
	bool first = true;
	struct item item;
	int i;

	for (i = 0; i < req->n && !req->star; i++) {
		if (b2b_request_item(req, i, &item))
			continue;
		bind = bind_find(table, span_of(item.token));
		if (!bind)
			continue;
		write_contact(w, bind, bind->phone);
		if (first)
			sip_write_headerf(w, SIP_HDR_EXPIRES, "%u", bind->phone);
		first = false;
	}
	for (bind = NULL; (bind = bind_next(table, req->aor, bind)); )
		if (!is_asked_for(req, bind) && bind->phone_due > now)
			write_contact(w, bind,
				      (uint32_t)((bind->phone_due - now) / 1000));
}

static void write_success(struct sip_writer *w, const struct request *req)
{
	uint32_t ms = b2b_binding_interval(req->realm, req->flow);
	const struct bind *bind = NULL;
	bool outbound = false;
	struct item item;
	int i;

	write_contacts(w, req);
	for (i = 0; i < req->n && !req->star; i++)
		if (!b2b_request_item(req, i, &item)) {
			bind = bind_find(req->realm->bindings, span_of(item.token));
			outbound |= bind && bind->outbound;
		}
	sip_write_copy(w, req->msg, SIP_HDR_PATH);
	sip_write_header(w, SIP_HDR_SUPPORTED, outbound ? SPAN("path, outbound") :
							  SPAN("path"));
	if (!outbound)
		return;
	sip_write_header(w, SIP_HDR_REQUIRE, SPAN("outbound"));
	/* RFC 5626 section 5.4: within which it has to show that it is there */
	if (ms)
		sip_write_headerf(w, SIP_HDR_FLOW_TIMER, "%u", ms / 1000);
}

/* as sip_tx_respond() wants it */
static struct sip_reply make_reply(struct sip_writer *w, unsigned int status,
				   const char *why)
{
	if (why)
		sip_write_warning(w, 399, SPAN("rtplane"), span_of(why));
	/* not all in the same second */
	if (status == 503)
		sip_write_headerf(w, SIP_HDR_RETRY_AFTER, "%u", 20 + random_below(20));
	return (struct sip_reply){
		.status = w->failed ? 500 : status,
		.headers = { w->p, w->failed ? 0 : w->n },
	};
}

/* @msg: what the registrar has said, or NULL */
static void answer(struct reg *reg, unsigned int status, struct sip_msg *msg,
		   const char *why)
{
	static const char *const hold[] = { "Expires", NULL };
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = {
		.from_trusted = reg->to->conf->trust,
		.to_trusted = reg->from->conf->trust,
		.hold = hold,
		.instead = b2b_realm_host(reg->from, host, sizeof(host)),
	};
	struct sip_writer w = { 0 };
	struct request req;
	struct sip_reply r;

	if (!reg->in)
		return;
	if (msg)
		sip_cross_copy(&w, msg, &cross);
	else
		sip_write_header(&w, SIP_HDR_SERVER, SPAN("rtplane"));
	if (status < 300 && !b2b_request_read(sip_tx_flow(reg->in),
					      sip_tx_request(reg->in), &req))
		write_success(&w, &req);
	r = make_reply(&w, status, why);
	sip_tx_respond(reg->in, &r);
	sip_write_free(&w);
}

/* nothing calls back any more */
static void finish(struct reg *reg)
{
	sip_query_cancel(reg->query);
	timer_cancel(&reg->timer);
	sip_tx_forget(reg->in);
	sip_tx_forget(reg->out);
	LIST_REMOVE(reg, entry);
	config_put(reg->config);
	free(reg->aor);
	free(reg);
}

static void give_up(struct reg *reg, const char *why)
{
	if (reg->in)
		log_warning("%s: a REGISTER cannot be sent on: %s", reg->from->name,
			    why);
	answer(reg, 503, NULL, why);
	finish(reg);
}

/* ------------------------------------------------------------------ what is granted */

/* the registrar's Contact that is ours; NULL: it has none */
static const struct sip_addr *find_ours(struct sip_msg *ok, const char *token)
{
	const struct sip_addr *list;
	int i, n = sip_msg_addrs(ok, SIP_HDR_CONTACT, &list);

	for (i = 0; i < n; i++)
		if (sip_uri_is_sip(&list[i].uri) && span_is(list[i].uri.user, token))
			return &list[i];
	return NULL;
}

/* seconds; 0: nothing.  There are registrars that say no more than Expires. */
static uint32_t granted_of(struct sip_msg *ok, const char *token, uint32_t asked)
{
	const struct sip_addr *ours = find_ours(ok, token);

	if (ours)
		return b2b_request_expires(ok, ours, asked);
	if (sip_msg_first(ok, SIP_HDR_CONTACT))
		return 0;
	return b2b_request_expires(ok, NULL, 0);
}

static uint32_t ask_for(const struct realm *realm, uint32_t expires)
{
	uint32_t least = realm->conf->reg.registrar;

	return expires && expires < least ? least : expires;
}

static struct bind_limits limits_of(const struct realm *realm)
{
	const struct config_register *reg = &realm->conf->reg;

	return (struct bind_limits){
		.all = reg->bindings,
		.source = reg->source,
		.aor = reg->aor,
	};
}

/* its tenant has that binding no more, or again, by the flow that it has now */
static void count_bound(const struct realm *realm, const char *token, int more)
{
	const struct bind *bind = bind_find(realm->bindings, span_of(token));

	if (bind)
		b2b_tenant_count(b2b_tenant_of_aor(realm, bind->flow, span_of(bind->aor)),
				 more);
}

/* others may have come since it was sent on, and another way may be another tenant's */
static bool tenant_takes(const struct realm *realm, const struct bind_grant *grant,
			 const char *token)
{
	const struct bind *bind = bind_find(realm->bindings, span_of(token));
	struct tenant *tenant = b2b_tenant_of_aor(realm, grant->flow, grant->key.aor);

	return (bind && (!bind->flow ||
			 b2b_tenant_of_aor(realm, bind->flow, grant->key.aor) == tenant)) ||
	       b2b_tenant_binds(tenant);
}

/* 0, or the status that the phone has to be answered */
static unsigned int set(struct reg *reg, const struct request *req, int i,
			const struct item *item, struct sip_msg *ok)
{
	const struct bind_limits limits = limits_of(reg->from);
	const struct sip_addr *ours = find_ours(ok, item->token);
	struct bind_grant grant = b2b_request_grant(req, item);
	char route[B2B_ROUTE], gruu[B2B_PARAMS];
	const struct bind *bind;
	char source[DP_ADDR_STRLEN], why[B2B_WHY];

	grant.granted = granted_of(ok, item->token,
				   ask_for(reg->from, item->expires));
	if (grant.phone > grant.granted)
		grant.phone = grant.granted;
	if (!b2b_request_values(ok, SIP_HDR_SERVICE_ROUTE, route, sizeof(route),
				&grant.service_route))
		log_warning("%s: " SPAN_FMT ": a Service-Route that is too long is not kept",
			    reg->to->name, SPAN_ARG(req->aor));
	if (ours && b2b_request_params(ours->params, true, gruu, sizeof(gruu)))
		grant.gruu = span_of(gruu);
	grant.registrar = reg->to;
	grant.nat = b2b_request_nat(req, i);
	grant.outbound = sip_msg_has(ok, SIP_HDR_REQUIRE, "outbound");
	grant.keepalive = b2b_binding_interval(reg->from, req->flow);
	if (!tenant_takes(reg->from, &grant, item->token))
		return 503;
	count_bound(reg->from, item->token, -1);
	if (bind_set(reg->from->bindings, &grant, &limits, &bind)) {
		count_bound(reg->from, item->token, 1);
		return 503;
	}
	count_bound(reg->from, item->token, 1);
	if (bind->relayed == 1)
		log_info("%s: %s has registered from %s %s%s, at %s: %u s, %u s there",
			 reg->from->name, bind->aor, sip_proto_param(req->flow->proto),
			 dp_addr_str(&req->flow->remote, source, sizeof(source)),
			 bind->nat ? " behind NAT" : "", reg->to->name, bind->phone,
			 grant.granted);
	if (bind->relayed == 1 &&
	    b2b_meddler_register(req->flow, sip_tx_request(reg->in), why, sizeof(why)))
		log_warning("%s: %s: %s", reg->from->name, bind->aor, why);
	return 0;
}

static void remove_token(struct bind_table *table, const char *token)
{
	const struct bind *bind = bind_find(table, span_of(token));

	if (bind)
		bind_remove(table, bind);
}

/* all that the registrar does not have any more */
static void remove_all(struct bind_table *table, struct span aor, struct sip_msg *ok)
{
	const struct bind *bind, *next;

	for (bind = bind_next(table, aor, NULL); bind; bind = next) {
		next = bind_next(table, aor, bind);
		if (!find_ours(ok, bind->token))
			bind_remove(table, bind);
	}
}

/* the registrar has said 200 */
static unsigned int take(struct reg *reg, struct sip_msg *ok)
{
	struct bind_table *table = reg->from->bindings;
	unsigned int status = 0;
	struct request req;
	struct item item;
	int i;

	if (b2b_request_read(sip_tx_flow(reg->in), sip_tx_request(reg->in), &req))
		return 500;
	if (req.star)
		remove_all(table, req.aor, ok);
	for (i = 0; i < req.n && !req.star && !status; i++) {
		if (b2b_request_item(&req, i, &item))
			continue;
		if (item.expires && granted_of(ok, item.token, item.expires))
			status = set(reg, &req, i, &item, ok);
		else
			remove_token(table, item.token);
	}
	reg->b2b->counters.granted++;
	return status;
}

/* ------------------------------------------------------------------ to the registrar */

static void try_next(struct reg *reg);

static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *msg)
{
	struct reg *reg = arg;
	unsigned int status;

	timer_cancel(&reg->timer);
	if (msg->status < 200)
		return;
	if (msg->status == 503) {
		try_next(reg);
		return;
	}
	if (reg->in && msg->status < 300) {
		status = take(reg, msg);
		answer(reg, status ? status : msg->status, status ? NULL : msg,
		       status ? "the binding cannot be kept here" : NULL);
	} else if (reg->in) {
		if (b2b_asker_is_guess(sip_tx_flow(reg->in), sip_tx_request(reg->in), msg))
			b2b_asker_guess(reg->b2b, &sip_tx_flow(reg->in)->remote);
		answer(reg, msg->status, msg, NULL);
	} else if (msg->status >= 300) {
		log_info("%s: the registrar does not forget a contact of %s: %u",
			 reg->to->name, reg->aor, msg->status);
	}
	finish(reg);
}

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	try_next(arg);
}

static void on_out_over(void *arg, struct sip_tx *tx)
{
	struct reg *reg = arg;

	if (reg->out != tx)
		return;
	reg->out = NULL;
	give_up(reg, "the registrar does not answer");
}

static const struct sip_tx_client_ops client_ops = {
	.response = on_response,
	.failed = on_failed,
	.over = on_out_over,
};

static void our_contact(const struct sip_flow *flow, const char *token, char *buf,
			size_t size)
{
	char contact[B2B_TEXT];

	b2b_contact(flow, contact, sizeof(contact));
	snprintf(buf, size, "sip:%s@%s", token, contact + strlen("sip:"));
}

static void write_our_contacts(struct sip_writer *w, const struct request *req,
			       const struct sip_flow *flow)
{
	char uri[B2B_TEXT + BIND_TOKEN_LEN + 8], params[B2B_PARAMS + 32];
	struct item item;
	int i;

	if (req->star) {
		sip_write_header(w, SIP_HDR_CONTACT, SPAN("*"));
		sip_write_header(w, SIP_HDR_EXPIRES, SPAN("0"));
	}
	for (i = 0; i < req->n && !req->star; i++) {
		if (b2b_request_item(req, i, &item))
			continue;
		our_contact(flow, item.token, uri, sizeof(uri));
		snprintf(params, sizeof(params), "%s%sexpires=%u", item.params,
			 *item.params ? ";" : "",
			 ask_for(req->realm, item.expires));
		sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(uri), none,
			       span_of(params));
	}
}

/* extensions of registrations, which pass: what a phone supports, or requires */
static void write_options(struct sip_writer *w, const struct sip_msg *msg,
			  enum sip_hdr id)
{
	static const char *const names[] = { "path", "outbound", "gruu" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sip_msg_has(msg, id, names[i]))
			sip_write_header(w, id, span_of(names[i]));
}

/*
 * What digest is made of, and what a registrar compares (RFC 3261 10.3), is the phone's:
 * Request-URI, From with its tag, To, CSeq.  Its Call-ID has another name there, always
 * the same, since phones put their addresses into it.
 */
static void write_phones(struct sip_writer *w, const struct reg *reg,
			 const struct sip_flow *flow)
{
	static const char *const hold[] = { "Expires", NULL };
	struct sip_msg *msg = sip_tx_request(reg->in);
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = {
		.from_trusted = reg->from->conf->trust,
		.to_trusted = reg->to->conf->trust,
		.hold = hold,
		.own = b2b_asker_own(reg->from),
		.instead = b2b_realm_host(reg->to, host, sizeof(host)),
	};
	char call_id[BIND_TOKEN_LEN + 1];
	struct request req;

	if (b2b_request_read(sip_tx_flow(reg->in), msg, &req)) {
		w->failed = true;
		return;
	}
	bind_alias(reg->from->bindings, msg->call_id, call_id);
	sip_write_request(w, SPAN("REGISTER"), msg->uri.text);
	sip_write_headerf(w, SIP_HDR_MAX_FORWARDS, "%u", msg->max_forwards - 1);
	sip_write_copy(w, msg, SIP_HDR_FROM);
	sip_write_copy(w, msg, SIP_HDR_TO);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	sip_write_copy(w, msg, SIP_HDR_CSEQ);
	write_our_contacts(w, &req, flow);
	write_options(w, msg, SIP_HDR_SUPPORTED);
	write_options(w, msg, SIP_HDR_REQUIRE);
	sip_cross_copy(w, msg, &cross);
	sip_write_end(w);
}

/* RFC 3261 10.3: a Call-ID that is not the phone's, so that its CSeq stays its own */
static void write_ours(struct sip_writer *w, const struct reg *reg,
		       const struct sip_flow *flow)
{
	char contact[B2B_TEXT + BIND_TOKEN_LEN + 8], uri[B2B_AOR + 8];
	char tag[SIP_TAG_LEN + 1], call_id[SIP_TAG_LEN + 1];

	sip_random_tag(tag);
	sip_random_tag(call_id);
	our_contact(flow, reg->token, contact, sizeof(contact));
	snprintf(uri, sizeof(uri), "sip:%s", strrchr(reg->aor, '@') + 1);
	sip_write_request(w, SPAN("REGISTER"), span_of(uri));
	snprintf(uri, sizeof(uri), "sip:%s", reg->aor);
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_addr(w, SIP_HDR_FROM, none, span_of(uri), span_of(tag), none);
	sip_write_addr(w, SIP_HDR_TO, none, span_of(uri), none, none);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	sip_write_header(w, SIP_HDR_CSEQ, SPAN("1 REGISTER"));
	sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(contact), none,
		       SPAN("expires=0"));
	sip_write_end(w);
}

static bool send_by(struct reg *reg, struct sip_flow *flow)
{
	struct sip_tx *old = reg->out;
	struct sip_writer w = { 0 };

	if (reg->in)
		write_phones(&w, reg, flow);
	else
		write_ours(&w, reg, flow);
	reg->out = w.failed ? NULL :
		   sip_tx_client_new(reg->b2b->stack, flow,
				     (struct span){ w.p, w.n }, &client_ops, reg);
	sip_write_free(&w);
	sip_tx_forget(old);
	return reg->out;
}

static void on_found(int error, const struct sip_targets *targets, void *arg);

static bool look_up(struct reg *reg)
{
	struct sip_hop hop;

	route_lookup(reg->hop, &hop);
	reg->query = sip_resolve(reg->b2b->resolver, &hop, on_found, reg);
	return reg->query;
}

/* another next hop of the trunk, or of its group */
static bool next_hop(struct reg *reg)
{
	sip_tx_forget(reg->out);
	reg->out = NULL;
	while (reg->n_other) {
		reg->hop = reg->other[0];
		memmove(reg->other, reg->other + 1, --reg->n_other * sizeof(*reg->other));
		reg->targets.n = 0;
		reg->next = 0;
		if (look_up(reg))
			return true;
	}
	return false;
}

/* nobody waits for timer F, nor does the phone, while there is somebody else */
static void on_silent(struct timer *timer, void *arg)
{
	struct reg *reg = arg;

	log_info("%s: a registrar is silent for %u s: the next one", reg->to->name,
		 reg->config->hop_timeout);
	sip_tx_call_off(reg->out);
	reg->out = NULL;
	try_next(reg);
}

static void try_next(struct reg *reg)
{
	struct sip_flow *flow;
	bool sent;

	timer_cancel(&reg->timer);
	while (reg->next < reg->targets.n) {
		if (sip_transport_flow(reg->b2b->transport, reg->to,
				       &reg->targets.target[reg->next++], &flow))
			continue;
		sent = send_by(reg, flow);
		sip_flow_unref(flow);
		if (!sent)
			continue;
		if (reg->next < reg->targets.n || reg->n_other)
			timer_set(reg->b2b->timers, &reg->timer,
				  (uint64_t)reg->config->hop_timeout * 1000);
		return;
	}
	if (next_hop(reg))
		return;
	give_up(reg, "the registrar cannot be reached");
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct reg *reg = arg;

	reg->query = NULL;
	if (!error)
		reg->targets = *targets;
	try_next(reg);
}

/* nobody can choose tokens (bind_token()): their digits are as good as a hash */
static size_t bucket_of(const char *token)
{
	return ((unsigned char)token[BIND_TOKEN_LEN - 8] * 62u +
		(unsigned char)token[BIND_TOKEN_LEN - 9]) % B2B_REGISTERS;
}

/* one under way for a contact: @own, or a phone's */
static struct reg *find_under_way(const struct realm *realm, const char *token, bool own)
{
	struct reg *reg;

	LIST_FOREACH(reg, &realm->b2b->registers[bucket_of(token)], entry)
		if (reg->from == realm && !reg->aor != own &&
		    !strcmp(reg->token, token))
			return reg;
	return NULL;
}

static struct reg *begin(struct realm *realm, const struct route *route,
			 const char *token)
{
	struct reg *reg = calloc(1, sizeof(*reg));
	struct b2b *b2b = realm->b2b;

	if (!reg)
		return NULL;
	reg->b2b = b2b;
	reg->config = config_get(b2b->config);
	reg->from = realm;
	reg->to = b2b_realm_of(b2b, route->to);
	reg->hop = route->hop[0];
	reg->n_other = route->n > 1 ? route->n - 1 : 0;
	memcpy(reg->other, route->hop + 1, reg->n_other * sizeof(*reg->other));
	timer_init(&reg->timer, on_silent, reg);
	memcpy(reg->token, token, sizeof(reg->token));
	LIST_INSERT_HEAD(&b2b->registers[bucket_of(token)], reg, entry);
	return reg;
}

/* ------------------------------------------------------------------ from the phone */

static void on_in_over(void *arg, struct sip_tx *tx)
{
	struct reg *reg = arg;

	reg->in = NULL;
	finish(reg);
}

/* it was there a moment ago: nobody else has to be asked */
static bool refresh(const struct request *req)
{
	struct b2b *b2b = req->realm->b2b;
	const struct bind *bound;
	struct bind_grant again;
	struct sip_writer w = { 0 };
	struct sip_reply r;
	struct item item;

	if (!req->realm->conf->reg.refresh || req->n != 1 || req->star ||
	    b2b_request_item(req, 0, &item) || !item.expires)
		return false;
	again = b2b_request_grant(req, &item);
	count_bound(req->realm, item.token, -1);
	bound = bind_refresh(req->realm->bindings, &again);
	count_bound(req->realm, item.token, 1);
	if (!bound)
		return false;
	write_success(&w, req);
	r = make_reply(&w, 200, NULL);
	sip_tx_stateless(b2b->stack, req->flow, req->msg, &r);
	sip_write_free(&w);
	return true;
}

static const char *no_room(const struct request *req)
{
	static const char *const why[] = {
		[BIND_FULL] = "there are as many bindings as there may be",
		[BIND_FULL_SOURCE] = "its source has as many bindings as per-source allows",
		[BIND_FULL_AOR] = "it has as many bindings as per-aor allows",
	};
	const struct bind_limits limits = limits_of(req->realm);
	enum bind_room room = BIND_ROOM;
	struct item item;
	int i;

	if (req->n > (int)limits.aor)
		return why[BIND_FULL_AOR];
	for (i = 0; i < req->n && !req->star && room == BIND_ROOM; i++)
		if (!b2b_request_item(req, i, &item) && item.expires)
			room = bind_room(req->realm->bindings, &item.key, req->flow,
					 &limits);
	return why[room];
}

/* nobody may have one more whose tenant has as many as it may */
static bool tenant_has_room(const struct request *req)
{
	struct tenant *tenant = b2b_tenant_of(req->realm, req->flow, req->msg);
	struct item item;
	int i;

	for (i = 0; i < req->n && !req->star; i++)
		if (!b2b_request_item(req, i, &item) && item.expires &&
		    !bind_find(req->realm->bindings, span_of(item.token)) &&
		    !b2b_tenant_binds(tenant))
			return false;
	return true;
}

static void unavailable(struct request *req, const char *why)
{
	struct sip_writer w = { 0 };
	struct sip_reply r = make_reply(&w, 503, why);

	log_warning("%s: REGISTER for " SPAN_FMT " refused with 503: %s",
		    req->realm->name, SPAN_ARG(req->aor), why);
	sip_tx_stateless(req->realm->b2b->stack, req->flow, req->msg, &r);
	sip_write_free(&w);
}

/* a phone is back: what would take its contact away again is not said any more */
static void call_off(const struct request *req)
{
	struct item item;
	struct reg *reg;
	int i;

	for (i = 0; i < req->n && !req->star; i++) {
		if (b2b_request_item(req, i, &item))
			continue;
		reg = find_under_way(req->realm, item.token, true);
		if (!reg)
			continue;
		sip_tx_call_off(reg->out);
		reg->out = NULL;
		finish(reg);
	}
}

static void send_on(struct request *req)
{
	static const struct sip_tx_server_ops ops = { .over = on_in_over };
	struct b2b *b2b = req->realm->b2b;
	struct item item = { .token = "" };
	struct route route;
	struct reg *reg;

	if (!route_find(b2b->config, req->realm->conf,
			b2b_tenant_conf(b2b_tenant_of(req->realm, req->flow, req->msg)),
			&req->flow->remote, &req->msg->to.uri, &route)) {
		b2b->counters.no_route++;
		b2b_invite_refuse(b2b, req->flow, req->msg, 404, NULL, "no route");
		return;
	}
	if (req->n && !req->star)
		b2b_request_item(req, 0, &item);
	b2b_trunk_sort(b2b, &route, NULL);
	reg = begin(req->realm, &route, item.token);
	if (!reg) {
		b2b_invite_refuse(b2b, req->flow, req->msg, 500, NULL, "no memory");
		return;
	}
	reg->in = sip_tx_server_new(b2b->stack, req->flow, req->msg, &ops, reg);
	if (!reg->in) {
		finish(reg);
		return;
	}
	b2b->counters.registers++;
	call_off(req);
	if (!look_up(reg))
		give_up(reg, "no memory");
}

void b2b_register_received(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	static const char *const options[] = { "path", "outbound", "gruu", NULL };
	struct request req;
	const char *why;

	if (!sip_require_ok(b2b->stack, flow, msg, options))
		return;
	if (!msg->max_forwards) {
		b2b_invite_refuse(b2b, flow, msg, 483, NULL, NULL);
		return;
	}
	why = b2b_request_read(flow, msg, &req);
	if (why) {
		b2b_invite_refuse(b2b, flow, msg, 400, NULL, why);
		return;
	}
	if (b2b->draining) {
		unavailable(&req, "the agent is draining");
		return;
	}
	if (refresh(&req))
		return;
	why = no_room(&req);
	if (!why && !tenant_has_room(&req))
		why = "its tenant has as many bindings as it may";
	if (why)
		unavailable(&req, why);
	else
		send_on(&req);
}

void b2b_register_end_all(struct b2b *b2b)
{
	size_t i;

	for (i = 0; i < B2B_REGISTERS; i++)
		while (!LIST_EMPTY(&b2b->registers[i]))
			give_up(LIST_FIRST(&b2b->registers[i]), "the agent stops");
}

/* ------------------------------------------------------------------------- the end */

/*
 * The registrar forgets the contact of a phone that is gone.  Whoever is coming back by
 * another flow has the same contact there, and keeps it: then nothing is said.
 */
static void forget(struct realm *realm, const struct bind *bind)
{
	struct b2b *b2b = realm->b2b;
	struct sip_uri uri = { .scheme = SIP_SCHEME_SIP, .host = span_of(bind->aor) };
	struct route route;
	struct reg *reg;

	uri.user = span_cut(&uri.host, '@');
	if (find_under_way(realm, bind->token, false) ||
	    !route_find(b2b->config, realm->conf,
			b2b_tenant_conf(b2b_tenant_of_aor(realm, bind->flow,
							  span_of(bind->aor))),
			&bind->source, &uri, &route))
		return;
	reg = begin(realm, &route, bind->token);
	if (!reg)
		return;
	reg->aor = strdup(bind->aor);
	if (!reg->aor || !look_up(reg))
		finish(reg);
}

static void on_ended(void *arg, const struct bind *bind, enum bind_why why)
{
	struct realm *realm = arg;
	char source[DP_ADDR_STRLEN];

	b2b_tenant_count(b2b_tenant_of_aor(realm, bind->flow, span_of(bind->aor)), -1);
	log_info("%s: %s from %s is not registered any more: %s", realm->name,
		 bind->aor, dp_addr_str(&bind->source, source, sizeof(source)),
		 bind_why_name(why));
	b2b_keep_unbound(realm, bind);
	if (realm->conf->reg.unregister && (why == BIND_LATE || why == BIND_LOST))
		forget(realm, bind);
}

const struct bind_ops b2b_register_ops = {
	.ended = on_ended,
	.keepalive = b2b_binding_keepalive,
	.changed = b2b_keep_binding,
};
