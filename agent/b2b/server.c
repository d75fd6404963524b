// SPDX-License-Identifier: GPL-2.0
/* What comes out of no dialog; the front end's begin and end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ifwatch.h"
#include "sip/strict.h"
#include "keep.h"
#include "private.h"

#define ALLOW	"Allow: " B2B_METHODS "\r\n"

static void answer_options(struct b2b *b2b, struct sip_flow *flow,
			   struct sip_msg *msg)
{
	static const char abilities[] = "Server: rtplane\r\n" ALLOW
		"Accept: application/sdp\r\nSupported: " B2B_OPTION "\r\n";
	struct sip_reply reply = {
		.status = 200,
		.headers = span_of(abilities),
	};
	struct route route;
	char header[32];

	if (bind_is_token(msg->uri.user) &&
	    !b2b_binding_route(b2b, b2b_realm_of_flow(flow), &msg->uri, &route)) {
		/* a registrar looks after its contacts */
		b2b_invite_refuse(b2b, flow, msg, 480, NULL, NULL);
		return;
	}
	if (b2b->draining) {
		/* whoever asks shall send its calls elsewhere */
		snprintf(header, sizeof(header), "Retry-After: %u\r\n",
			 b2b->config->drain);
		b2b_invite_refuse(b2b, flow, msg, 503, header, NULL);
		return;
	}
	if (sip_require_ok(b2b->stack, flow, msg, b2b_options))
		sip_tx_stateless(b2b->stack, flow, msg, &reply);
}

static void out_of_dialog(struct b2b *b2b, struct sip_flow *flow,
			  struct sip_msg *msg)
{
	if (!sip_uri_is_sip(&msg->uri)) {
		b2b_invite_refuse(b2b, flow, msg, 416, NULL, NULL);
		return;
	}
	if (msg->uri.headers.p) {
		b2b_invite_refuse(b2b, flow, msg, 400, NULL,
			      "header fields in the request URI");
		return;
	}
	if (!b2b_asker_knows(b2b_realm_of_flow(flow), flow, msg))
		return;
	switch (msg->method) {
	case SIP_INVITE:
		b2b_invite_received(b2b, flow, msg);
		break;
	case SIP_OPTIONS:
		answer_options(b2b, flow, msg);
		break;
	case SIP_REGISTER:
		if (b2b_realm_of_flow(flow)->conf->reg.enabled)
			b2b_register_received(b2b, flow, msg);
		else
			b2b_invite_refuse(b2b, flow, msg, 405, ALLOW, NULL);
		break;
	case SIP_SUBSCRIBE:
		b2b_subscribe_received(b2b, flow, msg);
		break;
	case SIP_NOTIFY:
		if (bind_is_token(msg->uri.user))
			b2b_direct_received(b2b, flow, msg);
		else
			b2b_invite_refuse(b2b, flow, msg, 405, ALLOW, NULL);
		break;
	case SIP_MESSAGE:
	case SIP_PUBLISH:
		if (b2b_binding_vouched(b2b_realm_of_flow(flow), flow, msg))
			b2b_direct_received(b2b, flow, msg);
		else
			b2b_invite_refuse(b2b, flow, msg, 403, NULL,
					  "who has not registered cannot send that");
		break;
	case SIP_CANCEL:
	case SIP_BYE:
	case SIP_UPDATE:
	case SIP_INFO:
	case SIP_PRACK:
		/* these live in dialogs only */
		b2b_invite_refuse(b2b, flow, msg, 481, NULL, NULL);
		break;
	case SIP_METHOD_OTHER:
		b2b_invite_refuse(b2b, flow, msg, 501, ALLOW, NULL);
		break;
	default:
		b2b_invite_refuse(b2b, flow, msg, 405, ALLOW, NULL);
	}
}

/* what begins with an attacker's tool: he hears nothing, and it is an offence */
static bool is_scanner(struct b2b *b2b, const struct sip_flow *flow,
		       const struct sip_msg *msg)
{
	const struct config *config = b2b->config;
	struct span agent, name;
	size_t i;

	if (!msg->request || msg->to.tag.n || !config->n_scanners)
		return false;
	agent = sip_msg_value(msg, SIP_HDR_USER_AGENT);
	for (i = 0; i < config->n_scanners; i++) {
		name = span_of(config->scanners[i]);
		if (agent.n >= name.n &&
		    span_eqcase((struct span){ agent.p, name.n }, name))
			break;
	}
	if (i == config->n_scanners || b2b_realm_knows(b2b_realm_of_flow(flow), &flow->remote))
		return false;
	b2b->counters.scanners++;
	bans_offence(b2b->bans, &flow->remote, BAN_DENIED, 1,
		     sip_proto_is_reliable(flow->proto));
	return true;
}

static void on_message(struct sip_flow *flow, struct sip_msg *msg, void *arg)
{
	struct sip_fault fault = { 0 };
	struct b2b *b2b = arg;

	if (msg->fault.status) {
		if (!msg->request)
			log_debug("%s: a response is dropped: %s",
				  b2b_realm_of_flow(flow)->name, msg->fault.text);
		else if (!is_scanner(b2b, flow, msg) && msg->method != SIP_ACK)
			b2b_invite_refuse(b2b, flow, msg, msg->fault.status, NULL,
				      msg->fault.text);
		return;
	}
	if (is_scanner(b2b, flow, msg))
		return;
	if (msg->request && msg->method != SIP_ACK &&
	    !sip_strict_check(msg, &fault)) {
		b2b_invite_refuse(b2b, flow, msg, fault.status, NULL, fault.text);
		return;
	}
	switch (sip_tx_receive(b2b->stack, flow, msg)) {
	case SIP_TX_TAKEN:
		return;
	case SIP_TX_REQUEST:
	case SIP_TX_ACK:
		break;
	}
	if (!sip_dialogs_receive(b2b->dialogs, flow, msg) &&
	    msg->method != SIP_ACK)
		out_of_dialog(b2b, flow, msg);
}

/* ------------------------------------------------------------------ begin and end */

/* transactions of next hops are not counted as a stranger's */
static bool is_known(void *arg, const struct sip_flow *flow)
{
	return b2b_realm_knows(b2b_realm_of_flow(flow), &flow->remote);
}

static uint32_t per_source(void *arg, const struct sip_flow *flow)
{
	return b2b_realm_of_flow(flow)->conf->source.transactions;
}

static void on_offence(const struct dp_addr *source, enum sip_gate_reason why,
		       bool proven, void *arg)
{
	static const enum ban_ground grounds[SIP_GATE_REASONS] = {
		[SIP_GATE_GARBAGE] = BAN_GARBAGE,
		[SIP_GATE_DENIED] = BAN_DENIED,
		[SIP_GATE_RATE] = BAN_RATE,
	};
	struct b2b *b2b = arg;

	bans_offence(b2b->bans, source, grounds[why], 1, proven);
}

static bool is_underway(struct sip_flow *flow, const struct sip_msg *msg, void *arg)
{
	const struct b2b *b2b = arg;

	return sip_tx_underway(b2b->stack, flow, msg);
}

static bool open_sip(struct b2b *b2b)
{
	const struct sip_transport_ops ops = {
		.message = on_message, .offence = on_offence, .underway = is_underway,
		.stray = b2b_meddler_stray,
	};
	const struct sip_tx_config tx = {
		.known = is_known, .per_source = per_source,
	};

	b2b->transport = sip_transport_new(b2b->loop, NULL, &ops, b2b);
	b2b->stack = sip_tx_stack_new(&tx, b2b->timers, &sip_flow_real_ops);
	if (b2b->stack)
		b2b->dialogs = sip_dialogs_new(b2b->stack);
	b2b->resolver = sip_resolver_new(b2b->loop, NULL);
	b2b->index = b2b_index_new();
	return b2b->transport && b2b->dialogs && b2b->resolver && b2b->index;
}

static void adopt(struct b2b *b2b)
{
	struct session_policy **list = calloc(b2b->n_realms, sizeof(*list));
	size_t i;

	for (i = 0; list && i < b2b->n_realms; i++)
		list[i] = b2b->realms[i].policy;
	if (list)
		sessions_adopt(b2b->sessions, list, b2b->n_realms);
	free(list);
}

struct b2b *b2b_new(const struct b2b_conf *conf, char *error)
{
	struct b2b *b2b = calloc(1, sizeof(*b2b));

	if (!b2b) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return NULL;
	}
	b2b->loop = conf->loop;
	b2b->timers = loop_timers(conf->loop);
	b2b->config = config_get(conf->config);
	b2b->sessions = conf->sessions;
	b2b->media = conf->media;
	b2b->store = conf->store;
	b2b->bans = conf->bans;
	TAILQ_INIT(&b2b->active);
	TAILQ_INIT(&b2b->history);
	LIST_INIT(&b2b->lingering);
	LIST_INIT(&b2b->trunks);
	clock_gettime(CLOCK_REALTIME, &b2b->started);
	if (!open_sip(b2b)) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory for SIP");
		b2b_free(b2b);
		return NULL;
	}
	if (!b2b_realms_open(b2b, error)) {
		b2b_free(b2b);
		return NULL;
	}
	return b2b;
}

bool b2b_listen(struct b2b *b2b, char *error)
{
	adopt(b2b);
	if (!b2b_realms_listen(b2b, error))
		return false;
	b2b_keep_load(b2b);
	b2b_keep_load_calls(b2b);
	b2b_subscribe_load(b2b);
	return true;
}

static void free_history(struct b2b *b2b)
{
	struct call *call;

	/* the stacks are gone: nothing comes any more */
	while (!LIST_EMPTY(&b2b->lingering))
		b2b_branch_free(LIST_FIRST(&b2b->lingering));
	while ((call = TAILQ_FIRST(&b2b->history))) {
		TAILQ_REMOVE(&b2b->history, call, entry);
		b2b_index_remove(call);
		b2b_call_put(call);
	}
}

void b2b_free(struct b2b *b2b)
{
	struct call *call, *next;

	if (!b2b)
		return;
	b2b_end_all(b2b, "the agent stops");
	for (call = TAILQ_FIRST(&b2b->history); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->session)
			b2b_call_end(call);
	}
	b2b_farewells_end(b2b);
	b2b_register_end_all(b2b);
	b2b_subscribe_end_all(b2b);
	b2b_direct_end_all(b2b);
	b2b_trunks_end(b2b);
	b2b_realms_unwatch(b2b);
	ifwatch_free(b2b->ifwatch);
	sip_dialogs_free(b2b->dialogs);
	sip_tx_stack_free(b2b->stack);
	b2b_realms_forget(b2b);
	sip_transport_free(b2b->transport);
	free_history(b2b);
	sip_resolver_free(b2b->resolver);
	b2b_realms_close(b2b);
	b2b_index_free(b2b->index);
	config_put(b2b->config);
	free(b2b->told);
	free(b2b);
}

bool b2b_reload(struct b2b *b2b, struct config *config,
		void (*kept)(const char *why, void *arg), void *arg, char *error)
{
	if (!b2b_realms_reload(b2b, config, kept, arg, error))
		return false;
	b2b->counters.reloads++;
	sessions_set_orphan_timeout(b2b->sessions, config->orphan_timeout);
	return true;
}

void b2b_drain(struct b2b *b2b)
{
	b2b->draining = true;
}

static void refuse_setup(struct call *call)
{
	if (call->state == B2B_SETUP && call->invite && call->first->end[0].dialog)
		b2b_reply(&call->first->end[0], call->invite,
			  &(struct answer){ .status = 503 });
}

void b2b_end_all(struct b2b *b2b, const char *reason)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&b2b->active))) {
		refuse_setup(call);
		b2b_call_finish(call, reason);
	}
}

void b2b_hand_over(struct b2b *b2b, const char *reason)
{
	struct call *call, *next;

	for (call = TAILQ_FIRST(&b2b->active); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->state == B2B_UP && session_stays(call->session))
			continue;
		refuse_setup(call);
		b2b_call_finish(call, reason);
	}
}

bool b2b_end(struct b2b *b2b, uint64_t id)
{
	struct call *call = b2b_index_find(b2b->index, id);

	if (!call || call->state == B2B_OVER)
		return false;
	b2b_call_finish(call, "ended on request");
	return true;
}

/* -------------------------------------------------------------------- what is told */

unsigned int b2b_count(const struct b2b *b2b)
{
	return b2b->n_active;
}

void b2b_each(const struct b2b *b2b,
	      void (*fn)(const struct b2b_view *view, void *arg), void *arg)
{
	const struct call *call;
	struct b2b_view view;

	TAILQ_FOREACH(call, &b2b->active, entry) {
		b2b_call_view(call, &view);
		fn(&view, arg);
	}
}

bool b2b_view(struct b2b *b2b, uint64_t id, struct b2b_view *view,
	      struct session_report **report)
{
	struct call *call = b2b_index_find(b2b->index, id);

	if (!call)
		return false;
	b2b_call_view(call, view);
	if (report)
		*report = call->session ? session_report(call->session) :
					  call->report;
	return true;
}

void b2b_report_put(struct b2b *b2b, uint64_t id,
		    struct session_report *report)
{
	struct call *call = b2b_index_find(b2b->index, id);

	if (!call || call->report != report)
		session_report_free(report);
}

const struct b2b_counters *b2b_counters(const struct b2b *b2b)
{
	return &b2b->counters;
}

void b2b_pools(const struct b2b *b2b,
	       void (*fn)(const struct b2b_pool *pool, void *arg), void *arg)
{
	const struct realm *realm;
	struct b2b_pool pool;
	size_t i, j;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		for (j = 0; j < realm->n_ports; j++) {
			pool.realm = realm->name;
			pool.listen = realm->conf->addresses[j].listen;
			pool.low = realm->conf->port_low;
			pool.high = realm->conf->port_high;
			ports_stats(realm->ports[j], &pool.stats);
			pool.single = realm->conf->single_port;
			if (realm->share[j])
				share_stats(realm->share[j], &pool.shared);
			fn(&pool, arg);
		}
	}
}

void b2b_gates(const struct b2b *b2b,
	       void (*fn)(const char *realm, const uint64_t *counters, void *arg),
	       void *arg)
{
	size_t i;

	for (i = 0; i < b2b->n_realms; i++)
		fn(b2b->realms[i].name, sip_gate_counters(b2b->realms[i].gate),
		   arg);
}

void b2b_status(const struct b2b *b2b, struct b2b_status *status)
{
	status->started = b2b->started;
	status->draining = b2b->draining;
	status->sip = sip_transport_counters(b2b->transport);
	status->tx = sip_tx_stack_counters(b2b->stack);
}
