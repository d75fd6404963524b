// SPDX-License-Identifier: GPL-2.0
/* An INVITE becomes a call: checks, route, offer, the INVITE of the other side. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"
#include "tenant.h"

/* of one source at a time that limits do not hold up */
#define EMERGENCIES_MAX	16

void b2b_invite_refuse(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg,
		   unsigned int status, const char *headers, const char *why)
{
	struct sip_reply reply = { .status = status };
	char call_id[B2B_TEXT];
	struct sip_writer w = { 0 };

	span_str(msg->call_id, call_id, sizeof(call_id));
	log_info("%s: " SPAN_FMT " refused with %u " SPAN_FMT "%s%s, Call-ID %s",
		 b2b_realm_of_flow(flow)->name, SPAN_ARG(msg->method_text), status,
		 SPAN_ARG(sip_reason_text(status)), why ? ": " : "",
		 why ? why : "", call_id);
	sip_write_header(&w, SIP_HDR_SERVER, SPAN("rtplane"));
	if (why)
		sip_write_warning(&w, 399, SPAN("rtplane"), span_of(why));
	if (headers)
		sip_write_block(&w, span_of(headers));
	reply.headers = (struct span){ w.p, w.failed ? 0 : w.n };
	sip_tx_stateless(b2b->stack, flow, msg, &reply);
	sip_write_free(&w);
}

static void unavailable(struct b2b *b2b, struct sip_flow *flow,
			struct sip_msg *msg, unsigned int retry, const char *why)
{
	char header[32];

	snprintf(header, sizeof(header), "Retry-After: %u\r\n", retry);
	log_warning("INVITE refused with 503: %s; retry after %u s", why, retry);
	b2b_invite_refuse(b2b, flow, msg, 503, header, NULL);
}

/*
 * Each hop through us is a new dialog, so that RFC 3261's loop detection sees nothing.
 * What it would see: our own Via, of a call that came in by the same realm with the
 * same request URI.  A request that comes back changed is a spiral and goes on until
 * Max-Forwards.
 */
static bool is_loop(struct b2b *b2b, const struct realm *realm,
		    struct sip_msg *msg)
{
	const struct sip_via *via;
	char uri[B2B_TEXT];
	struct call *call;
	int i, n = sip_msg_vias(msg, &via);

	span_str(msg->uri.text, uri, sizeof(uri));
	for (i = 0; i < n; i++) {
		call = b2b_index_via_find(b2b->index, via[i].branch);
		if (call && call->realm[0] == realm && !strcmp(call->request, uri))
			return true;
	}
	return false;
}

/* 480 or so would be a lie about the callee: RFC 3891 section 3 */
static bool check_replaces(struct b2b *b2b, struct sip_flow *flow,
			   struct sip_msg *msg, const struct route *route)
{
	unsigned int status;

	status = b2b_refer_replaces(b2b_realm_of_flow(flow),
				    b2b_realm_of(b2b, route->to), flow, msg, NULL);
	if (!status)
		return true;
	b2b->counters.refused++;
	b2b_invite_refuse(b2b, flow, msg, status, NULL,
			  "the dialog that is to be replaced or joined is not known here");
	return false;
}

static bool check_require(struct b2b *b2b, struct sip_flow *flow,
			  struct sip_msg *msg)
{
	const char *const *options = b2b_trickle_is_on(b2b_realm_of_flow(flow)) ?
				     b2b_ice_options : b2b_options;
	char list[256], header[300];

	if (!sip_msg_unsupported(msg, SIP_HDR_REQUIRE, options, list, sizeof(list)))
		return true;
	b2b->counters.refused++;
	snprintf(header, sizeof(header), "Unsupported: %s\r\n", list);
	b2b_invite_refuse(b2b, flow, msg, 420, header, NULL);
	return false;
}

/* may an INVITE become a call?  If not it has been answered. */
static bool admit(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	struct b2b_counters *c = &b2b->counters;
	struct sip_fault fault = { 0 };
	struct span sdp;

	if (!check_require(b2b, flow, msg))
		return false;
	if (b2b->draining) {
		c->draining++;
		unavailable(b2b, flow, msg, b2b->config->drain,
			    "the agent is draining");
	} else if (!msg->max_forwards) {
		c->loops++;
		b2b_invite_refuse(b2b, flow, msg, 483, NULL, NULL);
	} else if (is_loop(b2b, b2b_realm_of_flow(flow), msg)) {
		c->loops++;
		b2b_invite_refuse(b2b, flow, msg, 482, NULL, NULL);
	} else if (!sip_msg_contact(msg, &fault)) {
		c->refused++;
		b2b_invite_refuse(b2b, flow, msg, 400, NULL, fault.text);
	} else if (b2b_sdp(msg, &sdp) < 0) {
		c->refused++;
		b2b_invite_refuse(b2b, flow, msg, 415, "Accept: application/sdp, multipart/mixed\r\n",
			      "application/sdp is what is understood");
	} else {
		return true;
	}
	return false;
}

bool b2b_invite_to_emergency(const struct b2b *b2b, struct span user)
{
	size_t i;

	for (i = 0; i < b2b->config->n_emergency; i++)
		if (span_is(user, b2b->config->emergency[i]))
			return true;
	return false;
}

bool b2b_invite_is_emergency(const struct b2b *b2b, const struct sip_uri *uri)
{
	return b2b_invite_to_emergency(b2b, uri->user);
}

/* has its source as much as one may have that nobody has vouched for? */
static bool has_room(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	const struct realm *realm = b2b_realm_of_flow(flow);
	const struct config_source *max = &realm->conf->source;
	struct index_source *source;
	bool full;

	if (b2b_realm_knows(realm, &flow->remote))
		return true;
	source = b2b_index_source(b2b->index, realm, &flow->remote);
	if (!source)
		return false;
	full = b2b_invite_is_emergency(b2b, &msg->uri) ?
	       source->emergencies >= EMERGENCIES_MAX :
	       (max->calls && source->calls >= max->calls) ||
	       (max->ringing && source->ringing >= max->ringing) ||
	       (max->ports && source->quota.used >= max->ports);
	b2b_index_source_put(source);
	if (!full)
		return true;
	b2b->counters.caps++;
	unavailable(b2b, flow, msg, 5,
		    "its source has as many calls or ports as per-source allows");
	return false;
}

/* --------------------------------------------------------- the INVITE's transaction */

static void on_cancel(void *arg, struct sip_tx *tx, struct sip_msg *cancel)
{
	struct call *call = arg;
	struct end *end;

	if (call->state == B2B_OVER)
		return;
	/* a callee's 2xx may still wait for a PRACK */
	end = call->state == B2B_UP ? &call->chosen->end[0] : &call->first->end[0];
	if (!end->dialog)
		return;
	b2b_reply(end, tx, &(struct answer){ .status = 487 });
	b2b_call_finish_by(call, "cancelled by the caller", end, cancel);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct call *call = arg;

	call->invite = NULL;
	if (call->state == B2B_SETUP)
		b2b_call_finish(call, "the caller cannot be answered");
}

static const struct sip_tx_server_ops server_ops = {
	.cancel = on_cancel,
	.over = on_over,
};

/* ------------------------------------------------------------------------ the call */

static void log_new(const struct call *call, const struct route *route)
{
	char source[DP_ADDR_STRLEN];

	b2b_call_log(call, LOG_LEVEL_INFO, -1,
		 "%s calls %s, from %s in realm %s to %s in realm %s, Call-ID %s",
		 call->uri[0], call->request,
		 dp_addr_str(&call->from[0], source, sizeof(source)),
		 call->realm[0]->name, route->text[0], route->to->name,
		 call->call_id[0]);
}

static void refuse(struct call *call, unsigned int status, const char *headers,
		   const char *why)
{
	struct b2b *b2b = call->b2b;

	if (status == 503)
		log_warning("INVITE refused with 503: %s; %s", why, headers);
	else
		log_info("INVITE refused with %u " SPAN_FMT ": %s", status,
			 SPAN_ARG(sip_reason_text(status)), why);
	b2b->counters.refused += status == 488;
	b2b_reply(&call->first->end[0], call->invite, &(struct answer){
		.status = status, .why = why, .headers = headers });
	b2b_call_finish(call, why);
}

/* the offer of the INVITE; on failure it has been answered */
static bool take_offer(struct call *call, const struct sip_msg *msg, char **sdp)
{
	struct dp_err err = { 0 };
	char retry[64];
	struct span text;
	unsigned int s;
	int ret;

	*sdp = NULL;
	call->offer = b2b_sdp(msg, &text) == 1;
	if (!call->offer)
		return true;
	ret = session_offer(call->first->media, call->party[0], text.p, text.n,
			    sdp, &err);
	if (!ret)
		return true;
	b2b_call_count_media(call, ret);
	if (ret == -EPROTO || ret == -EAFNOSUPPORT) {
		refuse(call, 488, NULL, err.text);
		return false;
	}
	s = session_retry_after(call->party[0]);
	snprintf(retry, sizeof(retry), "Retry-After: %u\r\n", s ? s : 5);
	log_warning("INVITE refused with 503: %s; retry after %u s", err.text, s);
	b2b_reply(&call->first->end[0], call->invite, &(struct answer){
		.status = 503, .headers = retry });
	b2b_call_finish(call, err.text);
	return false;
}

static bool answer_dialog(struct call *call, struct sip_flow *flow)
{
	char contact[B2B_TEXT];
	struct sip_dialog_conf conf = {
		.policy = b2b_realm_dialog_policy(call->realm[0], flow),
		.policy_arg = call->realm[0],
		.ops = &b2b_indialog_ops,
		.arg = &call->first->end[0],
	};

	b2b_contact(flow, contact, sizeof(contact));
	conf.contact = span_of(contact);
	call->first->end[0].dialog = sip_dialog_uas_new(call->b2b->dialogs,
							call->invite, &conf);
	return call->first->end[0].dialog;
}

static void start(struct call *call, struct sip_flow *flow, struct sip_msg *msg,
		  const struct route *route)
{
	struct branch *branch;
	char *sdp;

	log_new(call, route);
	b2b_meddler_request(call, 0, flow, msg);
	sip_tx_answer(call->invite, 100);
	if (!answer_dialog(call, flow)) {
		sip_tx_answer(call->invite, errno == EINVAL ? 400 : 500);
		b2b_call_finish(call, "no dialog can begin with its INVITE");
		return;
	}
	if (!take_offer(call, msg, &sdp))
		return;
	branch = b2b_branch_new(call, route, msg, sdp);
	session_text_free(sdp);
	if (branch)
		call->first->branch = branch;
	if (!branch || !b2b_branch_start(branch))
		refuse(call, 500, NULL, "the INVITE cannot be sent on");
}

bool b2b_invite_route(struct b2b *b2b, const struct realm *realm, struct sip_flow *flow,
		      struct sip_msg *msg, struct route *route)
{
	if (bind_is_token(msg->uri.user)) {
		if (b2b_binding_route(b2b, realm, &msg->uri, route))
			return true;
		b2b->counters.no_route++;
		b2b_invite_refuse(b2b, flow, msg, 480, NULL,
				  "the phone is not registered any more");
		return false;
	}
	if (!route_find(b2b->config, realm->conf,
			b2b_tenant_conf(b2b_tenant_of(realm, flow, msg)), &flow->remote,
			&msg->uri, route)) {
		b2b->counters.no_route++;
		b2b_invite_refuse(b2b, flow, msg, 404, NULL, "no route");
		return false;
	}
	b2b_binding_service_route(realm, flow, msg, route);
	return true;
}

struct tenant *b2b_invite_called(struct b2b *b2b, const struct route *route)
{
	return route->flow ? b2b_tenant_of_aor(b2b_realm_of(b2b, route->to), route->flow,
					       route->who) : NULL;
}

/* have the tenants of caller and callee room? */
static bool tenants_have_room(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg,
			      const struct route *route)
{
	uint64_t now = b2b->timers->now;
	const char *why;

	if (b2b_invite_is_emergency(b2b, &msg->uri))
		return true;
	why = b2b_tenant_full(b2b_tenant_of(b2b_realm_of_flow(flow), flow, msg), now);
	if (!why)
		why = b2b_tenant_full(b2b_invite_called(b2b, route), now);
	if (!why)
		return true;
	b2b->counters.tenant_full++;
	unavailable(b2b, flow, msg, 5, why);
	return false;
}

void b2b_invite_received(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	struct realm *realm = b2b_realm_of_flow(flow);
	struct route route;
	struct call *call;

	b2b_calls_settle(b2b);
	if (!admit(b2b, flow, msg))
		return;
	if (!b2b_invite_route(b2b, realm, flow, msg, &route))
		return;
	if (!check_replaces(b2b, flow, msg, &route) || !has_room(b2b, flow, msg) ||
	    !tenants_have_room(b2b, flow, msg, &route))
		return;
	if (!b2b_trunk_has_room(b2b, &route) && !b2b_invite_is_emergency(b2b, &msg->uri)) {
		b2b->counters.trunk_full++;
		unavailable(b2b, flow, msg, 5, "the trunk has as many calls as it may");
		return;
	}
	b2b_trunk_sort(b2b, &route, msg);
	call = b2b_call_new(b2b, realm, &route, flow, msg);
	if (!call) {
		b2b_invite_refuse(b2b, flow, msg, 500, NULL, "no memory");
		return;
	}
	call->invite = sip_tx_server_new(b2b->stack, flow, msg, &server_ops, call);
	if (call->invite)
		start(call, flow, msg, &route);
	else
		b2b_call_finish(call, "too many transactions");
}
