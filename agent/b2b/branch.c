// SPDX-License-Identifier: GPL-2.0
/*
 * One attempt to reach the callee: an INVITE to the targets of a next hop, one after
 * the other, and what is answered, by however many forks.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "private.h"

/* RFC 3261 section 18.1.1: what may be added to what we know of a request */
#define HEAD_BYTES	600

static void try_next(struct branch *branch, unsigned int status);
static bool send_invite(struct branch *branch);
static void on_silent(struct timer *timer, void *arg);

/* ------------------------------------------------------------------ begin, end */

/* the listener that requests to a next hop leave by, as far as can be told now */
static const struct config_listener *listener_for(const struct config_realm *conf,
						  const struct config_hop *hop)
{
	const struct config_listener *l;
	size_t i;

	for (i = 0; i < conf->n_listeners; i++) {
		l = &conf->listeners[i];
		if (l->transport == hop->transport &&
		    (!hop->addr.family ||
		     hop->addr.family == l->address->listen.family))
			return l;
	}
	return &conf->listeners[0];
}

const struct config_address *b2b_branch_address(const struct route *route)
{
	const struct config_realm *conf = route->to;
	size_t i;

	for (i = 0; route->flow && i < conf->n_addresses; i++)
		if (dp_addr_same_host(&conf->addresses[i].listen,
				      &route->flow->listener->local))
			return &conf->addresses[i];
	if (route->flow)	/* not ours any more: a reload */
		return &conf->addresses[0];
	return listener_for(route->to, route->hop[0])->address;
}

static char *callee(const struct route *route, const struct sip_msg *invite)
{
	const struct config_hop *hop = route->hop[0];

	if (route->flow)
		return b2b_binding_identity(route, &invite->to);
	return b2b_identity(&invite->to, hop->lr ? invite->uri.host :
					 hop->host_text);
}

static bool fill(struct branch *branch, const struct route *route,
		 struct sip_msg *invite, const char *sdp)
{
	const struct call *call = branch->call;
	const struct config_hop *hop = branch->hop;
	char uri[SIP_MAX_URI], host[DP_ADDR_STRLEN + 2];
	struct content content;
	struct sip_writer w = { 0 };
	struct span text = route->flow ? route->uri :
			   route_uri(hop, &route->number, &invite->uri, uri,
				     sizeof(uri));
	bool ok;

	b2b_host(&b2b_branch_address(route)->advertise, host, sizeof(host));
	branch->uri = text.p ? span_dup(text) : NULL;
	branch->local = b2b_identity(&invite->from, span_of(host));
	branch->remote = callee(route, invite);
	branch->route = route->set.n ? span_dup(route->set) : NULL;
	b2b_pass(&w, invite, &call->first->end[0]);
	ok = !b2b_refer_replaces(call->realm[0], call->realm[1],
				 sip_tx_flow(call->invite), invite, &w);
	b2b_abilities(&w, &call->first->end[1]);
	if (b2b_prack_offers(call))
		sip_write_header(&w, SIP_HDR_SUPPORTED, SPAN("100rel"));
	ok &= b2b_content_sdp(&content, invite, sdp, call->realm[1]);
	if (content.lines)
		sip_write_block(&w, span_of(content.lines));
	branch->headers = b2b_lines(&w);
	branch->type = content.type;
	branch->body = content.body;
	branch->body_len = content.len;
	free(content.lines);
	branch->hops = invite->max_forwards > 1 ? invite->max_forwards - 1 :
		       UINT_MAX;
	return ok && branch->uri && branch->local && branch->remote &&
	       branch->headers && (branch->route || !route->set.n);
}

void b2b_branch_free(struct branch *branch)
{
	timer_cancel(&branch->timer);
	sip_query_cancel(branch->query);
	b2b_index_via_remove(branch->via);
	sip_flow_unref(branch->flow);
	free(branch->uri);
	free(branch->local);
	free(branch->remote);
	free(branch->route);
	free(branch->headers);
	free(branch->type);
	if (branch->body)
		explicit_bzero(branch->body, branch->body_len);
	free(branch->body);
	if (branch->lingers)
		LIST_REMOVE(branch, rest);
	LIST_REMOVE(branch, entry);
	b2b_call_put(branch->call);
	free(branch);
}

struct branch *b2b_branch_new(struct call *call, const struct route *route,
			  struct sip_msg *invite, const char *sdp)
{
	struct branch *branch = calloc(1, sizeof(*branch));

	if (!branch)
		return NULL;
	branch->call = b2b_call_get(call);
	timer_init(&branch->timer, on_silent, branch);
	branch->realm = call->realm[1];
	branch->hop = route->hop[0];
	if (route->n > 1)
		branch->n_other = route->n - 1;
	memcpy(branch->other, route->hop + 1, branch->n_other * sizeof(*route->hop));
	branch->lines = route->trunk;
	branch->number = route->number;
	if (route->flow)
		branch->flow = sip_flow_ref(route->flow);
	LIST_INSERT_HEAD(&call->branches, branch, entry);
	branch->retry = b2b_index_retry_take(call->b2b->index, call->realm[0],
					 invite, loop_now(call->b2b->loop),
					 &branch->before);
	if (fill(branch, route, invite, sdp))
		return branch;
	b2b_branch_free(branch);
	return NULL;
}

/* ------------------------------------------------------------------- the last word */

static bool own_account(const struct branch *branch)
{
	return branch->lines && branch->lines->user;
}

static void fail(struct branch *branch, unsigned int status,
		 const struct sip_msg *msg)
{
	struct call *call = branch->call;
	struct answer answer = { .from = msg };
	char reason[B2B_TEXT], phrase[64] = "";

	branch->over = true;
	if (call->state == B2B_OVER)
		return;
	/* a phone that is gone is no reason to take us out of service */
	if (!branch->hop && !msg && status == 503)
		status = 480;
	answer.status = status;
	if (msg)
		span_str(msg->reason, phrase, sizeof(phrase));
	snprintf(reason, sizeof(reason),
		 "callee answered INVITE with %u %s%s", status,
		 msg ? phrase : status == 480 ? "Temporarily Unavailable" :
						"Service Unavailable",
		 msg ? "" : " (by timeout or transport)");
	b2b_call_log(call, LOG_LEVEL_INFO, 1, "%s", reason);
	if ((status == 401 || status == 407) && msg && own_account(branch)) {
		answer = (struct answer){ .status = 500,
			.why = "the trunk does not take our account" };
	} else if ((status == 401 || status == 407) && msg && call->invite) {
		b2b_index_retry_add(call->b2b->index, call->realm[0],
				sip_tx_request(call->invite), branch->dialog,
				loop_now(call->b2b->loop));
	}
	/*
	 * RFC 3261 section 16.7: the caller would take us out of service for a 503, and
	 * there is more behind us than this next hop.
	 */
	if (msg && status == 503)
		answer = (struct answer){ .status = 500,
			.why = "the next hop is out of service" };
	if (call->invite)
		b2b_reply(&call->first->end[0], call->invite, &answer);
	call->guessed = call->invite && msg && !own_account(branch) &&
			b2b_asker_is_guess(sip_tx_flow(call->invite),
					   sip_tx_request(call->invite), msg);
	b2b_call_finish(call, reason);
}

/* ----------------------------------------------------------------------- answers */

static void learn(struct end *end, struct sip_tx *tx, const struct sip_msg *msg)
{
	uint32_t allow = b2b_allow(msg);

	if (allow)
		end->allow = allow;
	b2b_call_heard(end, sip_tx_flow(tx));
}

/* the answer to our offer, which the caller may have already */
static int take_answer(struct pair *pair, struct span text, bool early, char **sdp,
		       struct dp_err *err)
{
	const struct session_party *caller = pair->call->party[0];
	char *before = pair->told ? session_reanswer(pair->media, caller) : NULL;
	int ret;

	ret = session_answer(pair->media, pair->call->party[1], text.p, text.n, early,
			     sdp, err);
	if (!ret && before && !strcmp(before, *sdp)) {
		session_text_free(*sdp);
		*sdp = NULL;
	}
	session_text_free(before);
	return ret;
}

/*
 * The description in an early answer: the answer to our offer, which may still be another
 * if it is not reliable, or the offer.  RFC 6337 section 2.2: once it was said reliably, what
 * is in other answers to the INVITE says nothing.
 */
static int take_early(struct pair *pair, const struct sip_msg *msg, bool reliable,
		      char **sdp, struct dp_err *err)
{
	struct call *call = pair->call;
	struct span text;
	int ret;

	if (pair->said || b2b_sdp(msg, &text) != 1)
		return 0;
	/* nor is what the caller has been told so changed before the 2xx */
	if (!reliable && (!call->offer || pair->told))
		return 0;
	if (call->offer)
		ret = take_answer(pair, text, !reliable, sdp, err);
	else
		ret = session_offer(pair->media, call->party[1], text.p, text.n, sdp,
				    err);
	pair->said = reliable && !ret;
	return ret;
}

static void spoilt(struct pair *pair, int error, const struct dp_err *err);

static void provisional(struct pair *pair, struct sip_tx *tx,
			const struct sip_msg *msg)
{
	struct call *call = pair->call;
	struct dp_err err = { 0 };
	char *sdp = NULL;
	uint32_t rseq;
	int ret;

	if (!call->invite || !pair->end[0].dialog || !b2b_prack_heard(pair, msg, &rseq))
		return;
	learn(&pair->end[1], tx, msg);
	ret = take_early(pair, msg, rseq, &sdp, &err);
	if (ret && !call->offer) {
		spoilt(pair, ret, &err);
		return;
	}
	/* one that does not fit is not passed on, the call goes on */
	if (ret)
		b2b_call_log(call, LOG_LEVEL_WARNING, 1,
			 "its early description is not passed on: %s", err.text);
	b2b_call_log(call, LOG_LEVEL_DEBUG, 1, "answers %u%s%s", msg->status,
		 rseq ? ", reliably" : "", sdp ? ", with early media" : "");
	b2b_prack_pass(pair, msg, rseq, sdp);
	session_text_free(sdp);
}

/* the description in a 2xx: the answer to our offer, or an offer */
static int take(struct pair *pair, const struct sip_msg *msg, char **sdp,
		struct dp_err *err)
{
	struct call *call = pair->call;
	struct span text;
	int is = b2b_sdp(msg, &text), ret;

	*sdp = NULL;
	if (is < 0)
		return dp_fail(err, EPROTO,
			       "a body that is no session description");
	if (pair->said && pair->told)
		return 0;
	if (!call->offer) {
		if (!is)
			return 0;
		ret = session_offer(pair->media, call->party[1], text.p, text.n,
				    sdp, err);
		pair->late_offer = !ret;
		return ret;
	}
	if (is && !pair->said)
		return take_answer(pair, text, false, sdp, err);
	/* RFC 3261 section 13.2.1: the answer must be in the 2xx; an early one had it */
	session_settle(pair->media);
	*sdp = session_reanswer(pair->media, call->party[0]);
	if (!*sdp)
		session_rollback(pair->media);
	if (!pair->told)
		return 0;
	session_text_free(*sdp);
	*sdp = NULL;
	return 0;
}

/* the callee believes in its answer, so there is no call; the caller gets the reason */
static void spoilt(struct pair *pair, int error, const struct dp_err *err)
{
	bool theirs = error == -EPROTO || error == -EAFNOSUPPORT;
	struct call *call = pair->call;
	char reason[B2B_TEXT];

	b2b_call_log(call, LOG_LEVEL_WARNING, 1, "%s", err->text);
	b2b_call_count_media(call, error);
	snprintf(reason, sizeof(reason), "callee's answer cannot be used: %.80s",
		 err->text);
	b2b_reply(&pair->end[0], call->invite, &(struct answer){
		.status = theirs ? 502 : 503,
		/* what it says may name who is there: that is for the log */
		.why = theirs ? "the callee's answer cannot be used" : NULL });
	b2b_call_finish(call, reason);
}

static void drop_others(struct call *call, const struct pair *winner,
			bool dropped)
{
	struct pair *pair;

	LIST_FOREACH(pair, &call->pairs, entry) {
		if (pair == winner)
			continue;
		if (!dropped)
			session_branch_drop(pair->media);
		pair->media = NULL;
		b2b_pair_lose(pair);
	}
}

static void success(struct pair *pair, struct sip_tx *tx,
		    const struct sip_msg *msg)
{
	struct call *call = pair->call;
	struct dp_err err = { 0 };
	bool chosen = false;
	char *sdp;
	int ret;

	if (!call->invite || !pair->end[0].dialog)
		return;
	pair->branch->over = true;
	learn(&pair->end[1], tx, msg);
	ret = take(pair, msg, &sdp, &err);
	if (!ret && session_answered(pair->media)) {
		ret = session_choose(pair->media, true, &err);
		chosen = !ret;
	}
	if (ret) {
		session_text_free(sdp);
		spoilt(pair, ret, &err);
		return;
	}
	drop_others(call, pair, chosen);
	pair->answered = true;
	b2b_call_up(call, pair);
	b2b_timer_session(call, msg);
	b2b_reply(&pair->end[0], call->invite, &(struct answer){
		.status = msg->status, .from = msg, .sdp = sdp });
	session_text_free(sdp);
}

/* ACK, and a BYE: a trunk may ask who says it */
static void leave(const struct branch *branch, struct sip_dialog *dialog, struct span headers)
{
	const struct span none = { NULL, 0 };
	struct account account = { 0 };

	if (!own_account(branch) || sip_dialog_ack(dialog, none, none, none) ||
	    !b2b_farewell(branch->call->b2b, branch->call->config, branch->lines, &account,
			  dialog, headers))
		sip_dialog_bye(dialog, headers);
}

/* the last answer to an INVITE whose call is over */
static void too_late(struct branch *branch, struct sip_dialog *dialog,
		     const struct sip_msg *msg)
{
	struct sip_dialog *first = branch->dialog;
	struct sip_writer w = { 0 };

	if (msg && msg->status < 200)
		return;
	branch->over = true;
	branch->dialog = NULL;
	if (msg && msg->status < 300) {
		b2b_call_log(branch->call, LOG_LEVEL_INFO, 1,
			 "answered too late: ACK and BYE");
		b2b_reason(&w, *branch->call->reason ? branch->call->reason :
						       "another next hop was tried");
		leave(branch, dialog, (struct span){ w.p, w.failed ? 0 : w.n });
		sip_write_free(&w);
		if (dialog == first)
			first = NULL;
	}
	sip_dialog_close(first);
	b2b_branch_free(branch);
}

static bool has_next(const struct branch *branch)
{
	return branch->next < branch->targets.n || branch->n_other;
}

/* the trunk wants to know who we are: the INVITE again, with that */
static bool authorize(struct branch *branch, const struct sip_msg *msg)
{
	struct call *call = branch->call;

	return own_account(branch) &&
	       b2b_account_challenged(&call->account[1], branch->lines, msg,
				      &branch->tries) &&
	       send_invite(branch);
}

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *msg)
{
	struct branch *branch = arg;
	struct call *call = branch->call;
	struct end *end;

	timer_cancel(&branch->timer);
	if (branch->lingers) {
		too_late(branch, dialog, msg);
		return;
	}
	if (call->state == B2B_OVER || msg->status == 100)
		return;
	if (msg->status == 503 && !branch->heard && has_next(branch)) {
		b2b_call_log(call, LOG_LEVEL_INFO, 1,
			 "a target is out of service (503): the next one");
		try_next(branch, 503);
		return;
	}
	b2b_meddler_response(call, 1, sip_tx_request(tx), msg);
	if (!branch->heard && branch->lines)
		b2b_trunk_tried(call->trunk, branch->lines, branch->hop,
				msg->status == 503 ? "is out of service (503)" : NULL);
	/* nobody has heard of the call yet: if this one fails then, the next hop is tried */
	if (authorize(branch, msg))
		return;
	if (call->invite && (msg->status == 401 || msg->status == 407))
		b2b_trunk_asks(call->trunk, sip_tx_request(call->invite));
	branch->heard = true;
	end = sip_dialog_arg(dialog);
	if (msg->status >= 300)
		fail(branch, msg->status, msg);
	else if (!end)
		return;		/* a fork that nobody wants, closed already */
	else if (call->state == B2B_UP)	/* another fork was quicker */
		b2b_pair_drop(end->pair, (struct span){ NULL, 0 });
	else if (msg->status >= 200)
		success(end->pair, tx, msg);
	else
		provisional(end->pair, tx, msg);
}

static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status)
{
	struct branch *branch = arg;

	timer_cancel(&branch->timer);
	if (branch->lingers) {
		too_late(branch, dialog, NULL);
		return;
	}
	if (branch->call->state == B2B_OVER || branch->over)
		return;
	if (!branch->heard && branch->sized)
		branch->next--;		/* by UDP, then */
	if (!branch->heard)
		try_next(branch, status);
	else
		fail(branch, status, NULL);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct branch *branch = arg;

	if (branch->tx != tx)
		return;		/* the next target's is under way */
	branch->tx = NULL;
	if (branch->lingers)	/* without a last word: nothing more can come */
		too_late(branch, branch->dialog, NULL);
}

void b2b_branch_forked(struct branch *branch, struct sip_dialog *fork)
{
	struct call *call = branch->call;
	struct realm *realm = call->realm[0];
	char contact[B2B_TEXT];
	struct sip_dialog_conf conf = {
		.policy_arg = realm,
		.ops = &b2b_indialog_ops,
	};
	struct pair *pair = NULL;
	struct sip_flow *flow;

	if (!branch->lingers && call->state == B2B_SETUP && call->invite)
		pair = b2b_pair_new(call, branch);
	if (pair) {
		pair->end[1].dialog = fork;
		sip_dialog_set_arg(fork, &pair->end[1]);
		flow = sip_tx_flow(call->invite);
		b2b_contact(flow, contact, sizeof(contact));
		conf.contact = span_of(contact);
		conf.policy = b2b_realm_dialog_policy(realm, flow);
		conf.arg = &pair->end[0];
		pair->end[0].allow = call->first->end[0].allow;
		pair->end[0].dialog = sip_dialog_uas_new(call->b2b->dialogs,
							 call->invite, &conf);
		/* a fork answers our offer; without one each has its own */
		pair->media = call->offer ?
			session_branch_fork(call->first->media, pair) :
			session_branch_new(call->party[0], call->party[1], pair);
		if (pair->end[0].dialog && pair->media)
			return;
		session_branch_drop(pair->media);
		pair->media = NULL;
		b2b_pair_drop(pair, (struct span){ NULL, 0 });
		return;
	}
	/* whatever it answers is acknowledged and ended by the dialog itself */
	sip_dialog_close(fork);
}

/* --------------------------------------------------------------------- the INVITE */

static bool begin(struct branch *branch, const char *contact)
{
	struct call *call = branch->call;
	struct sip_dialog_conf conf = {
		.local = span_of(branch->local),
		.remote = span_of(branch->remote),
		.target = span_of(branch->uri),
		.route = span_of(branch->route),
		.contact = span_of(contact),
		.flow = branch->flow,
		.policy = b2b_realm_dialog_policy(branch->realm, branch->flow),
		.policy_arg = branch->realm,
		.ops = &b2b_indialog_ops,
		.arg = &call->first->end[1],
	};

	if (branch->dialog)
		return !sip_dialog_move(branch->dialog, branch->flow,
					conf.contact, conf.target);
	if (branch->retry) {
		conf.call_id = span_of(branch->before.call_id);
		conf.tag = span_of(branch->before.tag);
		conf.cseq = branch->before.cseq;
	}
	branch->dialog = sip_dialog_uac_new(call->b2b->dialogs, &conf);
	call->first->end[1].dialog = branch->dialog;
	if (branch->dialog)
		span_str(sip_dialog_call_id(branch->dialog), call->call_id[1],
			 sizeof(call->call_id[1]));
	return branch->dialog;
}

static bool send_invite(struct branch *branch)
{
	struct call *call = branch->call;
	struct sip_dialog_request request = {
		.method = "INVITE",
		.headers = span_of(branch->headers),
		.max_forwards = branch->hops,
		.response = on_response,
		.failed = on_failed,
		.over = on_over,
		.arg = branch,
	};
	struct sip_writer w = { 0 };
	char contact[B2B_TEXT];
	struct sip_tx *tx;

	b2b_contact(branch->flow, contact, sizeof(contact));
	if (!begin(branch, contact))
		return false;
	if (branch->body) {
		request.type = span_of(branch->type);
		request.body = (struct span){ branch->body, branch->body_len };
	}
	if (own_account(branch)) {
		sip_write_block(&w, span_of(branch->headers));
		b2b_account_write(&call->account[1], branch->lines, &w, SPAN("INVITE"),
				  span_of(branch->uri), request.body);
		request.headers = (struct span){ w.p, w.n };
	}
	tx = w.failed ? NULL : sip_dialog_request(branch->dialog, &request);
	sip_write_free(&w);
	if (!tx)
		return false;
	branch->tx = tx;
	b2b_keep_early(call, tx);
	sip_tx_set_timer_c(tx, (call->config->answer_timeout + 10) * 1000);
	b2b_index_via_remove(branch->via);
	branch->via = b2b_index_via_add(call->b2b->index,
				    sip_tx_request(tx)->via.branch, call);
	b2b_call_log(call, LOG_LEVEL_DEBUG, 1, "INVITE with Call-ID %s",
		 call->call_id[1]);
	/* a phone's flow is the only way to it */
	if (branch->hop && has_next(branch))
		timer_set(call->b2b->timers, &branch->timer,
			  (uint64_t)call->config->hop_timeout * 1000);
	return true;
}

/* what is still to be tried, without what was sent */
static struct branch *take_over(struct branch *old)
{
	struct branch *branch = calloc(1, sizeof(*branch));
	struct call *call = old->call;

	if (!branch)
		return NULL;
	*branch = (struct branch){
		.call = b2b_call_get(call), .realm = old->realm, .hop = old->hop,
		.n_other = old->n_other, .number = old->number, .lines = old->lines,
		.targets = old->targets, .next = old->next, .uri = old->uri,
		.local = old->local, .remote = old->remote, .route = old->route,
		.headers = old->headers, .type = old->type, .body = old->body,
		.body_len = old->body_len, .hops = old->hops,
	};
	memcpy(branch->other, old->other, sizeof(branch->other));
	old->uri = NULL;
	old->local = NULL;
	old->remote = NULL;
	old->route = NULL;
	old->headers = NULL;
	old->type = NULL;
	old->body = NULL;
	timer_init(&branch->timer, on_silent, branch);
	LIST_INSERT_HEAD(&call->branches, branch, entry);
	call->first->branch = branch;
	return branch;
}

/*
 * Nothing was answered, not even 100, and nobody waits for timer B while there is somebody
 * else.  What comes of it after all is cancelled, or gets ACK and BYE; the next one gets
 * another dialog.
 */
static void on_silent(struct timer *timer, void *arg)
{
	struct branch *old = arg, *branch;

	if (old->call->state == B2B_OVER || old->lingers || old->heard || !old->tx)
		return;
	branch = take_over(old);
	if (!branch)
		return;
	b2b_call_log(branch->call, LOG_LEVEL_INFO, 1,
		     "a target is silent for %u s: the next one",
		     branch->call->config->hop_timeout);
	b2b_branch_cancel(old, (struct span){ NULL, 0 });
	try_next(branch, 408);
}

/* a flow to the target that is next; a big INVITE goes by TCP if nothing is said */
static bool next_flow(struct branch *branch)
{
	size_t len = strlen(branch->headers) + branch->body_len + HEAD_BYTES;
	struct sip_transport *t = branch->call->b2b->transport;
	struct sip_target target = branch->targets.target[branch->next++];
	enum sip_proto proto = target.proto;

	sip_flow_unref(branch->flow);
	branch->flow = NULL;
	if (branch->targets.by_size)
		sip_transport_by_size(t, branch->realm, &target, len);
	branch->sized = target.proto != proto;
	if (!sip_transport_flow(t, branch->realm, &target, &branch->flow))
		return true;
	target.proto = proto;
	if (branch->sized && !sip_transport_flow(t, branch->realm, &target,
						 &branch->flow)) {
		branch->sized = false;
		return true;
	}
	branch->flow = NULL;
	return false;
}

static void on_found(int error, const struct sip_targets *targets, void *arg);

static bool look_up(struct branch *branch)
{
	struct sip_hop hop;

	route_lookup(branch->hop, &hop);
	branch->query = sip_resolve(branch->call->b2b->resolver, &hop, on_found,
				    branch);
	return branch->query;
}

/* of the same group; how those of it that are full were passed by is not their failure */
static bool next_trunk(struct branch *branch)
{
	const struct config_trunk *to = config_trunk_of(branch->call->config, branch->hop);

	if (!b2b_trunk_move(branch->call, to))
		return false;
	b2b_call_log(branch->call, LOG_LEVEL_INFO, 1, "the trunk %s is tried instead of %s",
		     to->name, branch->lines->name);
	branch->lines = to;
	return true;
}

/* another next hop of the trunk, or of its group, which may know the callee by another URI */
static bool next_hop(struct branch *branch)
{
	struct sip_tx *invite = branch->call->invite;
	char uri[SIP_MAX_URI];
	struct span text;

	branch->hop = branch->other[0];
	memmove(branch->other, branch->other + 1,
		--branch->n_other * sizeof(*branch->other));
	if (branch->lines && config_trunk_of(branch->call->config, branch->hop) != branch->lines &&
	    !next_trunk(branch))
		return false;
	text = route_uri(branch->hop, &branch->number, &sip_tx_request(invite)->uri, uri,
			 sizeof(uri));
	free(branch->uri);
	branch->uri = text.p ? span_dup(text) : NULL;
	branch->targets.n = 0;
	branch->next = 0;
	branch->tries = 0;	/* it may ask for itself */
	return branch->uri && look_up(branch);
}

/* @status: what the last one has failed with */
static void try_next(struct branch *branch, unsigned int status)
{
	struct call *call = branch->call;

	while (branch->next < branch->targets.n)
		if (next_flow(branch) && send_invite(branch))
			return;
	if (branch->lines)
		b2b_trunk_tried(call->trunk, branch->lines, branch->hop,
				status == 408 ? "does not answer" :
				"is out of service or cannot be reached");
	while (branch->n_other && call->invite)
		if (next_hop(branch))
			return;
	fail(branch, status, NULL);
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct branch *branch = arg;

	branch->query = NULL;
	if (error) {
		b2b_call_log(branch->call, LOG_LEVEL_WARNING, 1,
			 "the next hop %s cannot be found: %s", branch->hop->host,
			 strerror(-error));
		try_next(branch, 503);
		return;
	}
	branch->targets = *targets;
	try_next(branch, 503);
}

bool b2b_branch_start(struct branch *branch)
{
	if (branch->flow)	/* a binding's: there is no other way to it */
		return send_invite(branch);
	return look_up(branch);
}

/*
 * The call is over, or goes elsewhere.  An INVITE that still rings is cancelled and its last answer
 * awaited; all else of it goes now.
 */
void b2b_branch_cancel(struct branch *branch, struct span headers)
{
	static const struct sip_dialog_ops nobody;

	timer_cancel(&branch->timer);
	sip_query_cancel(branch->query);
	branch->query = NULL;
	if (branch->lingers)
		return;
	if (branch->over || !branch->tx) {
		b2b_branch_free(branch);
		return;
	}
	branch->lingers = true;
	LIST_INSERT_HEAD(&branch->call->b2b->lingering, branch, rest);
	/* its end goes with the call's pairs */
	sip_dialog_set_ops(branch->dialog, &nobody, NULL);
	branch->call->first->end[1].dialog = NULL;
	b2b_index_via_remove(branch->via);
	branch->via = NULL;
	sip_tx_cancel(branch->tx, headers);
}
