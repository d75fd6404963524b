// SPDX-License-Identifier: GPL-2.0
/* The only file that begins and ends calls. */
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "private.h"
#include "tenant.h"

static void on_later(void *arg)
{
	b2b_call_end(arg);
}

/* no answer in time */
static void on_timer(struct timer *timer, void *arg)
{
	struct call *call = arg;

	if (call->invite && call->first->end[0].dialog)
		b2b_reply(&call->first->end[0], call->invite,
		      &(struct answer){ .status = 408 });
	b2b_call_finish(call, "not answered in time");
}

static struct session *make_session(struct call *call)
{
	struct session_conf conf = {
		.id = call->id,
		.ops = &b2b_timer_session_ops,
		.arg = call,
		.known = !call->source || call->emergency,
		.timeout = call->config->media_timeout,
		.timeout_hold = call->config->hold_timeout,
	};

	if (call->source && !call->emergency) {
		call->source->quota.max = call->realm[0]->conf->source.ports;
		conf.quota[0] = &call->source->quota;
	}
	if (!call->emergency) {
		conf.quota[1] = b2b_tenant_quota(call->tenant[0]);
		conf.quota[2] = b2b_tenant_quota(call->tenant[1]);
	}
	return session_new(call->b2b->sessions, &conf);
}

static bool add_parties(struct call *call, const struct route *route,
			const struct sip_flow *flow, const struct sip_msg *invite)
{
	const struct config_address *address = b2b_branch_address(route);
	enum sip_proto proto = route->flow ? route->flow->proto :
			       route_proto(route->hop[0]->transport);
	struct session_party_conf caller = {
		.name = "caller",
		.policy = b2b_tenant_policy(b2b_tenant_of(call->realm[0], flow, invite),
					    call->realm[0]),
		.source = flow->remote,
		.local = flow->listener->local,
		.transport = sip_proto_param(flow->proto),
		.confidential = sip_proto_is_secure(flow->proto),
		.trickle = true,
	}, callee = {
		.name = "callee",
		.policy = b2b_tenant_policy(b2b_invite_called(call->b2b, route),
					    call->realm[1]),
		.local = address->listen,
		.transport = sip_proto_param(proto),
		.confidential = sip_proto_is_secure(proto),
		.trickle = true,
	};

	if (route->flow) {	/* it was heard there when it registered */
		callee.source = route->flow->remote;
		call->from[1] = callee.source;
	}
	call->session = make_session(call);
	if (!call->session)
		return false;
	call->party[0] = session_party_add(call->session, &caller);
	call->party[1] = session_party_add(call->session, &callee);
	return call->party[0] && call->party[1];
}

static bool add_pair(struct call *call, const struct sip_msg *invite)
{
	call->first = b2b_pair_new(call, NULL);
	if (!call->first)
		return false;
	call->first->end[0].allow = b2b_allow(invite);
	call->first->media = session_branch_new(call->party[0], call->party[1],
						call->first);
	return call->first->media;
}

static void release_source(struct call *call)
{
	if (!call->source)
		return;
	if (call->ringing)
		call->source->ringing--;
	call->ringing = false;
	call->source->calls--;
	call->source->emergencies -= call->emergency;
	b2b_index_source_put(call->source);
	call->source = NULL;
}

static void take_source(struct call *call, const struct sip_flow *flow)
{
	struct b2b *b2b = call->b2b;

	if (b2b_realm_knows(call->realm[0], &flow->remote))
		return;
	call->source = b2b_index_source(b2b->index, call->realm[0], &flow->remote);
	if (!call->source)
		return;
	call->source->calls++;
	call->source->emergencies += call->emergency;
	if (call->state != B2B_SETUP)
		return;
	call->source->ringing++;
	call->ringing = true;
}

static void take_tenants(struct call *call, const struct route *route,
			 const struct sip_flow *flow, const struct sip_msg *invite)
{
	struct tenant *caller = b2b_tenant_of(call->realm[0], flow, invite);
	struct tenant *callee = b2b_invite_called(call->b2b, route);
	uint64_t now = call->b2b->timers->now;

	call->tenant[0] = b2b_tenant_take(caller, now);
	if (callee != caller)
		call->tenant[1] = b2b_tenant_take(callee, now);
}

static void release_tenants(struct call *call)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		b2b_tenant_release(call->tenant[i]);
		call->tenant[i] = NULL;
	}
}

static void free_pairs(struct call *call)
{
	struct pair *pair;

	while ((pair = LIST_FIRST(&call->pairs)))
		b2b_pair_free(pair);
	call->first = NULL;
	call->chosen = NULL;
}

/* one that has not begun: no dialog, or those of a former agent that it was given */
static void abandon(struct call *call)
{
	unsigned int i;

	for (i = 0; call->first && i < 2; i++)
		sip_dialog_close(call->first->end[i].dialog);
	session_end(call->session);
	free_pairs(call);
	release_source(call);
	release_tenants(call);
	b2b_trunk_release(call->trunk);
	b2b_trunk_put(call->calling);
	b2b_call_put(call);
}

struct call *b2b_call_new(struct b2b *b2b, struct realm *in, const struct route *route,
		      struct sip_flow *flow, const struct sip_msg *invite)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->refs = 1;
	call->b2b = b2b;
	call->config = config_get(b2b->config);
	call->realm[0] = in;
	call->realm[1] = b2b_realm_of(b2b, route->to);
	call->trunk = b2b_trunk_take(b2b, route);
	call->calling = b2b_trunk_calling(in, &flow->remote);
	call->from[0] = flow->remote;
	call->by = -1;
	call->later = (struct loop_later){ .fn = on_later, .arg = call };
	LIST_INIT(&call->pairs);
	LIST_INIT(&call->branches);
	timer_init(&call->timer, on_timer, call);
	timer_init(&call->expiry, b2b_timer_expired, call);
	b2b_uri_text(&invite->from, call->uri[0], sizeof(call->uri[0]));
	b2b_uri_text(&invite->to, call->uri[1], sizeof(call->uri[1]));
	span_str(invite->uri.text, call->request, sizeof(call->request));
	span_str(invite->call_id, call->call_id[0], sizeof(call->call_id[0]));
	call->rel_must = sip_msg_has(invite, SIP_HDR_REQUIRE, "100rel");
	call->rel = call->rel_must || sip_msg_has(invite, SIP_HDR_SUPPORTED, "100rel");
	clock_gettime(CLOCK_REALTIME, &call->created);
	call->emergency = b2b_invite_is_emergency(b2b, &invite->uri);
	take_source(call, flow);
	take_tenants(call, route, flow, invite);
	if (!add_parties(call, route, flow, invite) || !add_pair(call, invite)) {
		abandon(call);
		return NULL;
	}
	call->id = session_id(call->session);
	b2b_index_add(b2b->index, call);
	TAILQ_INSERT_TAIL(&b2b->active, call, entry);
	b2b->n_active++;
	b2b->counters.total++;
	timer_set(b2b->timers, &call->timer,
		  (uint64_t)call->config->answer_timeout * 1000);
	return call;
}

/* ----------------------------------------------------------- of a former agent */

/* what it knows of its media is gone with that: nobody hears anything */
static void on_no_media(struct timer *timer, void *arg)
{
	struct call *call = arg;

	if (!session_heard(call->session) &&
	    !sessions_orphan(call->b2b->sessions, call->id))
		b2b_call_finish(call, "its media ended with the former agent, and neither party has begun it anew");
}

static bool party_again(struct call *call, unsigned int i, const struct b2b_kept_end *end)
{
	enum sip_proto proto = end->dialog.flow ? end->dialog.flow->proto : SIP_PROTO_UDP;
	struct session_party_conf conf = {
		.name = i ? "callee" : "caller",
		.source = end->from,
		.transport = sip_proto_param(proto),
		.confidential = sip_proto_is_secure(proto),
		.trickle = true,
	};
	struct tenant *tenant = NULL;

	if (end->dialog.flow) {
		conf.local = end->dialog.flow->listener->local;
		tenant = b2b_tenant_of_kept(end->dialog.realm, end->dialog.flow,
					    i ? (struct span){ NULL, 0 } : end->uri);
	}
	conf.policy = b2b_tenant_policy(tenant, end->dialog.realm);
	call->party[i] = session_party_add(call->session, &conf);
	return call->party[i];
}

/* false: what was written down is no dialog */
static bool dialog_again(struct call *call, struct end *end, const struct b2b_kept_end *kept)
{
	struct sip_dialog_conf conf = {
		.flow = kept->dialog.flow,
		.policy_arg = kept->dialog.realm,
		.ops = &b2b_indialog_ops,
		.arg = end,
	};

	end->allow = kept->allow;
	session_set_origin(end->pair->media, call->party[end->i], &kept->origin);
	if (!kept->dialog.flow)
		return true;
	conf.policy = b2b_realm_dialog_policy(kept->dialog.realm, kept->dialog.flow);
	end->dialog = sip_dialog_load(call->b2b->dialogs, &conf,
				      kept->dialog.saved);
	return end->dialog;
}

/* it counts, and what does not hold it up is as before; its phones are bound by now */
static void count_again(struct call *call, const struct b2b_kept *kept)
{
	const struct b2b_kept_dialog *caller = &kept->end[0].dialog, *callee = &kept->end[1].dialog;
	struct tenant *tenant[2] = { NULL, NULL };
	struct sip_uri uri;

	call->emergency = !sip_uri_parse(kept->request, &uri) &&
			  b2b_invite_is_emergency(call->b2b, &uri);
	if (caller->flow) {
		take_source(call, caller->flow);
		tenant[0] = b2b_tenant_of_kept(caller->realm, caller->flow, kept->end[0].uri);
	}
	if (callee->flow)
		tenant[1] = b2b_tenant_of_kept(callee->realm, callee->flow,
					       (struct span){ NULL, 0 });
	call->tenant[0] = b2b_tenant_take_again(tenant[0]);
	if (tenant[1] != tenant[0])
		call->tenant[1] = b2b_tenant_take_again(tenant[1]);
	call->calling = b2b_trunk_calling(caller->realm, &kept->end[0].from);
}

static bool fill_again(struct call *call, const struct b2b_kept *kept)
{
	struct pair *pair;

	call->session = make_session(call);
	if (!call->session || session_id(call->session) != call->id ||
	    !party_again(call, 0, &kept->end[0]) ||
	    !party_again(call, 1, &kept->end[1]))
		return false;
	pair = b2b_pair_new(call, NULL);
	if (!pair)
		return false;
	call->first = pair;
	call->chosen = pair;
	pair->answered = true;
	pair->acked = true;
	pair->media = session_branch_new(call->party[0], call->party[1], pair);
	return pair->media && dialog_again(call, &pair->end[0], &kept->end[0]) &&
	       dialog_again(call, &pair->end[1], &kept->end[1]);
}

static struct call *call_kept(struct b2b *b2b, const struct b2b_kept *kept)
{
	struct route route = { .trunk = kept->trunk };
	struct call *call = calloc(1, sizeof(*call));
	unsigned int i;

	if (!call)
		return NULL;
	call->refs = 1;
	call->b2b = b2b;
	call->config = config_get(b2b->config);
	call->id = kept->id;
	call->state = B2B_UP;
	call->by = -1;
	call->later = (struct loop_later){ .fn = on_later, .arg = call };
	call->trunk = b2b_trunk_take(b2b, &route);
	call->created = kept->created;
	call->answered = kept->answered;
	LIST_INIT(&call->pairs);
	LIST_INIT(&call->branches);
	timer_init(&call->timer, on_no_media, call);
	timer_init(&call->expiry, b2b_timer_expired, call);
	span_str(kept->request, call->request, sizeof(call->request));
	for (i = 0; i < 2; i++) {
		call->realm[i] = kept->end[i].dialog.realm;
		call->from[i] = kept->end[i].from;
		span_str(kept->end[i].uri, call->uri[i], sizeof(call->uri[i]));
		span_str(kept->end[i].call_id, call->call_id[i],
			 sizeof(call->call_id[i]));
	}
	return call;
}

static void begin_again(struct call *call, uint64_t expiry)
{
	struct b2b *b2b = call->b2b;

	b2b_index_add(b2b->index, call);
	TAILQ_INSERT_TAIL(&b2b->active, call, entry);
	b2b->n_active++;
	if (expiry)
		timer_set(b2b->timers, &call->expiry, expiry > b2b->timers->now ?
			  expiry - b2b->timers->now : 0);
	if (call->config->media_timeout)
		timer_set(b2b->timers, &call->timer,
			  (uint64_t)call->config->media_timeout * 1000);
	b2b_call_log(call, LOG_LEVEL_INFO, -1, "goes on, after the former agent; its media %s",
		     sessions_orphan(b2b->sessions, call->id) ?
		     "does too" : "ended with that");
}

struct call *b2b_call_again(struct b2b *b2b, const struct b2b_kept *kept)
{
	struct call *call;

	if (b2b_index_find(b2b->index, kept->id))
		return NULL;
	call = call_kept(b2b, kept);
	if (!call)
		return NULL;
	count_again(call, kept);
	if (!fill_again(call, kept)) {
		abandon(call);
		return NULL;
	}
	begin_again(call, kept->expiry);
	return call;
}

/* what its legs looked like, for `rtplane why` */
static void end_media(struct call *call)
{
	if (call->config->history)
		call->report = session_report(call->session);
	session_end(call->session);
	/* bridges of a former agent's */
	sessions_orphan_end(call->b2b->sessions, call->id);
	call->session = NULL;
	call->party[0] = NULL;
	call->party[1] = NULL;
	release_source(call);
}

/* who has not ended it gets what the other one has said, or our own reason */
static void end_dialogs(struct call *call)
{
	struct branch *branch, *next;
	struct sip_writer w = { 0 };
	struct span headers;
	struct pair *pair;

	if (!call->headers)
		b2b_reason(&w, call->reason);
	headers = call->headers ? span_of(call->headers) :
		  (struct span){ w.p, w.failed ? 0 : w.n };
	if (call->invite && sip_tx_status(call->invite) < 200)
		b2b_reply(&call->first->end[0], call->invite,
		      &(struct answer){ .status = 487 });
	sip_tx_forget(call->invite);
	call->invite = NULL;
	for (branch = LIST_FIRST(&call->branches); branch; branch = next) {
		next = LIST_NEXT(branch, entry);
		b2b_branch_cancel(branch, headers);
	}
	LIST_FOREACH(pair, &call->pairs, entry)
		b2b_pair_drop(pair, headers);
	sip_write_free(&w);
}

static void trim_history(struct b2b *b2b)
{
	struct call *call;

	while (b2b->n_history > b2b->config->history) {
		call = TAILQ_FIRST(&b2b->history);
		if (call->session)
			return;		/* its end is still to come */
		TAILQ_REMOVE(&b2b->history, call, entry);
		b2b->n_history--;
		b2b_index_remove(call);
		b2b_call_put(call);
	}
}

void b2b_call_end(struct call *call)
{
	struct b2b *b2b = call->b2b;

	loop_defer_cancel(&call->later);
	end_media(call);
	/* only now does this call not vouch for the address any more */
	if (call->guessed)
		b2b_asker_guess(b2b, &call->from[0]);
	end_dialogs(call);
	free_pairs(call);
	b2b_trunk_release(call->trunk);
	call->trunk = NULL;
	b2b_trunk_put(call->calling);
	call->calling = NULL;
	release_tenants(call);
	trim_history(b2b);
}

void b2b_calls_settle(struct b2b *b2b)
{
	struct call *call = NULL, *next;

	/* those that wait for their end are the last that are over */
	TAILQ_FOREACH_REVERSE(next, &b2b->history, call_list, entry) {
		if (!next->session)
			break;
		call = next;
	}
	for (; call; call = next) {
		next = TAILQ_NEXT(call, entry);
		b2b_call_end(call);
	}
}
