// SPDX-License-Identifier: GPL-2.0
/*
 * A request outside of any dialog, for a phone that has registered: what waits for it
 * (NOTIFY, RFC 3842, which most switches send unasked) and texts (MESSAGE); and of such a
 * phone: its texts, and what it publishes (PUBLISH, RFC 3903).  Both sides' transactions live
 * as long as each other.
 */
#include <stdlib.h>
#include <string.h>

#include "sip/cross.h"
#include "private.h"

/**
 * struct direct - a request under way
 * @entry: among all
 * @from: realm that it came in by
 * @to: realm of the phone
 * @in: as it came; NULL when that is over
 * @out: as it goes
 * @config: what it began with; a reference
 * @route: where it goes; of a binding's it is good for the first turn only
 * @set: values of Route, for @route; NULL: none
 * @query: where the next hop is, being asked for
 * @targets: where it is
 * @next: target that is tried next
 * @timer: nothing was answered, and there is somebody else
 * @account: whom we are at the trunk
 * @tries: challenges of it that were answered
 */
struct direct {
	LIST_ENTRY(direct) entry;
	struct realm *from;
	struct realm *to;
	struct sip_tx *in;
	struct sip_tx *out;
	struct config *config;
	struct route route;
	char *set;
	struct sip_query *query;
	struct sip_targets targets;
	size_t next;
	struct timer timer;
	struct account account;
	unsigned int tries;
};

static void finish(struct direct *direct)
{
	sip_tx_forget(direct->in);
	sip_tx_forget(direct->out);
	sip_query_cancel(direct->query);
	timer_cancel(&direct->timer);
	LIST_REMOVE(direct, entry);
	b2b_account_forget(&direct->account);
	config_put(direct->config);
	free(direct->set);
	free(direct);
}

static void try_next(struct direct *direct);
static struct sip_tx *send_on(struct direct *direct, struct sip_flow *flow);

/* the trunk wants to know who we are: the same again, with that */
static bool authorize(struct direct *direct, struct sip_tx *tx, const struct sip_msg *msg)
{
	struct sip_tx *next;

	if (!b2b_passwords(direct->route.trunk) ||
	    !b2b_account_challenged(&direct->account, direct->route.trunk, msg,
				    &direct->tries))
		return false;
	next = send_on(direct, sip_tx_flow(tx));
	if (!next)
		return false;
	direct->out = next;
	sip_tx_forget(tx);
	return true;
}

static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *msg)
{
	struct direct *direct = arg;
	struct sip_reply r = { .status = msg->status };
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = {
		.from_trusted = direct->to->conf->trust,
		.to_trusted = direct->from->conf->trust,
		.hold = b2b_passwords(direct->route.trunk),
		.instead = b2b_realm_host(direct->from, host, sizeof(host)),
	};
	struct sip_writer w = { 0 };

	timer_cancel(&direct->timer);
	if (msg->status < 200)
		return;
	if (msg->status == 503 && !direct->route.flow) {
		try_next(direct);
		return;
	}
	if (authorize(direct, tx, msg))
		return;
	/* RFC 3261 section 16.7: no phone takes us out of service for all others; and a
	 * password that a trunk wants is none of the phone's
	 */
	if (msg->status == 503 ||
	    (cross.hold && (msg->status == 401 || msg->status == 407)))
		r.status = 500;
	sip_cross_copy(&w, msg, &cross);
	r.headers = (struct span){ w.p, w.failed ? 0 : w.n };
	sip_tx_respond(direct->in, &r);
	sip_write_free(&w);
	finish(direct);
}

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	struct direct *direct = arg;

	if (!direct->route.flow) {
		try_next(direct);
		return;
	}
	sip_tx_answer(direct->in, 480);
	finish(direct);
}

static void on_in_over(void *arg, struct sip_tx *tx)
{
	struct direct *direct = arg;

	direct->in = NULL;
	finish(direct);
}

static void on_out_over(void *arg, struct sip_tx *tx)
{
	struct direct *direct = arg;

	if (direct->out != tx)
		return;		/* the next target's is under way */
	direct->out = NULL;
	finish(direct);
}

static char *to_of(const struct route *route, const struct sip_msg *msg)
{
	if (route->flow)
		return b2b_binding_identity(route, &msg->to);
	return b2b_identity(&msg->to, route->hop[0]->lr ? msg->uri.host :
				      route->hop[0]->host_text);
}

static void write_head(struct sip_writer *w, struct direct *direct,
		       const struct sip_flow *flow, const struct sip_msg *msg,
		       struct span body)
{
	const struct route *route = &direct->route;
	char text[SIP_MAX_URI];
	struct span uri = route->flow ? route->uri :
			  route_uri(route->hop[0], &route->number, &msg->uri, text, sizeof(text));
	char host[DP_ADDR_STRLEN + 2], contact[B2B_TEXT];
	const struct sip_cross cross = {
		.from_trusted = direct->from->conf->trust,
		.to_trusted = direct->to->conf->trust,
		.hold = b2b_passwords(route->trunk),
		.own = b2b_asker_own(direct->from),
		.instead = host,
	};
	char call_id[BIND_TOKEN_LEN + 1], tag[BIND_TOKEN_LEN + 1] = "";
	char *from, *to;

	b2b_host(&flow->listener->advertise, host, sizeof(host));
	b2b_contact(flow, contact, sizeof(contact));
	bind_alias(direct->to->bindings, msg->call_id, call_id);
	if (msg->from.tag.n)
		bind_alias(direct->to->bindings, msg->from.tag, tag);
	from = b2b_identity(&msg->from, span_of(host));
	to = to_of(route, msg);
	if (!from || !to || !uri.p)
		w->failed = true;
	sip_write_request(w, msg->method_text, uri);
	sip_write_headerf(w, SIP_HDR_MAX_FORWARDS, "%u", msg->max_forwards - 1);
	if (route->set.n)
		sip_write_header(w, SIP_HDR_ROUTE, route->set);
	sip_write_headerf(w, SIP_HDR_FROM, "%s%s%s", from ? from : "", *tag ? ";tag=" : "", tag);
	sip_write_header(w, SIP_HDR_TO, span_of(to));
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	/* RFC 3261 section 22.2: one more each time */
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u " SPAN_FMT, msg->cseq.number + direct->tries,
			  SPAN_ARG(msg->method_text));
	sip_write_headerf(w, SIP_HDR_CONTACT, "<%s>", contact);
	sip_cross_copy(w, msg, &cross);
	if (b2b_passwords(route->trunk))
		b2b_account_write(&direct->account, route->trunk, w, msg->method_text, uri,
				  body);
	free(from);
	free(to);
}

static struct sip_tx *send_on(struct direct *direct, struct sip_flow *flow)
{
	static const struct sip_tx_client_ops ops = {
		.response = on_response,
		.failed = on_failed,
		.over = on_out_over,
	};
	const struct sip_msg *msg = sip_tx_request(direct->in);
	char host[DP_ADDR_STRLEN + 2];
	struct content content;
	struct sip_writer w = { 0 };
	struct sip_tx *tx = NULL;

	b2b_host(&flow->listener->advertise, host, sizeof(host));
	/*
	 * Message-Account of RFC 3842 is dialled: it has to lead here.  A text is what
	 * somebody has written.
	 */
	if (b2b_content_copy(&content, msg) &&
	    (msg->method == SIP_MESSAGE || b2b_content_hide(&content, msg, host))) {
		write_head(&w, direct, flow, msg,
			   (struct span){ content.body, content.len });
		if (content.lines)
			sip_write_block(&w, span_of(content.lines));
		if (content.body)
			sip_write_body(&w, span_of(content.type),
				       (struct span){ content.body, content.len });
		else
			sip_write_end(&w);
		if (!w.failed)
			tx = sip_tx_client_new(direct->from->b2b->stack, flow,
					       (struct span){ w.p, w.n }, &ops,
					       direct);
	}
	b2b_content_free(&content);
	sip_write_free(&w);
	return tx;
}

static void on_found(int error, const struct sip_targets *targets, void *arg);

static bool look_up(struct direct *direct)
{
	struct sip_hop hop;

	route_lookup(direct->route.hop[0], &hop);
	direct->query = sip_resolve(direct->from->b2b->resolver, &hop, on_found, direct);
	return direct->query;
}

/* another next hop of the trunk, or of its group */
static bool next_hop(struct direct *direct)
{
	struct route *route = &direct->route;

	sip_tx_forget(direct->out);
	direct->out = NULL;
	while (route->n > 1) {
		memmove(route->hop, route->hop + 1, --route->n * sizeof(*route->hop));
		route->trunk = config_trunk_of(direct->config, route->hop[0]);
		b2b_account_forget(&direct->account);
		direct->tries = 0;
		direct->targets.n = 0;
		direct->next = 0;
		if (look_up(direct))
			return true;
	}
	return false;
}

/* nobody waits for timer F, nor does the phone, while there is somebody else */
static void on_silent(struct timer *timer, void *arg)
{
	struct direct *direct = arg;

	sip_tx_call_off(direct->out);
	direct->out = NULL;
	try_next(direct);
}

/* a phone's, to the next target of its next hop, or to the next hop */
static void try_next(struct direct *direct)
{
	struct b2b *b2b = direct->from->b2b;
	struct sip_tx *old = direct->out;
	struct sip_flow *flow;

	timer_cancel(&direct->timer);
	while (direct->next < direct->targets.n) {
		if (sip_transport_flow(direct->from->b2b->transport, direct->to,
				       &direct->targets.target[direct->next++], &flow))
			continue;
		direct->out = send_on(direct, flow);
		sip_flow_unref(flow);
		if (direct->out) {
			sip_tx_forget(old);
			if (direct->next < direct->targets.n || direct->route.n > 1)
				timer_set(b2b->timers, &direct->timer,
					  (uint64_t)direct->config->hop_timeout * 1000);
			return;
		}
		direct->out = old;
	}
	if (next_hop(direct))
		return;
	sip_tx_answer(direct->in, 503);
	finish(direct);
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct direct *direct = arg;

	direct->query = NULL;
	if (!error)
		direct->targets = *targets;
	try_next(direct);
}

static void start(struct direct *direct)
{
	const struct route *route = &direct->route;

	if (route->flow) {
		direct->out = send_on(direct, route->flow);
		if (!direct->out)
			on_failed(direct, NULL, 503);
		return;
	}
	if (!look_up(direct))
		try_next(direct);
}

static struct direct *new_direct(struct realm *realm, const struct route *route)
{
	struct direct *direct = calloc(1, sizeof(*direct));

	if (!direct)
		return NULL;
	timer_init(&direct->timer, on_silent, direct);
	direct->from = realm;
	direct->to = b2b_realm_of(realm->b2b, route->to);
	direct->config = config_get(realm->b2b->config);
	direct->route = *route;
	direct->set = route->set.n ? span_dup(route->set) : NULL;
	direct->route.set = span_of(direct->set);
	LIST_INSERT_HEAD(&realm->b2b->directs, direct, entry);
	return direct;
}

void b2b_direct_received(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	static const struct sip_tx_server_ops ops = { .over = on_in_over };
	struct realm *realm = b2b_realm_of_flow(flow);
	struct direct *direct;
	struct route route;

	if (!sip_require_ok(b2b->stack, flow, msg, NULL))
		return;
	if (!msg->max_forwards) {
		b2b_invite_refuse(b2b, flow, msg, 483, NULL, NULL);
		return;
	}
	if (!b2b_invite_route(b2b, realm, flow, msg, &route))
		return;
	b2b_trunk_sort(b2b, &route, NULL);
	direct = new_direct(realm, &route);
	if (!direct) {
		b2b_invite_refuse(b2b, flow, msg, 500, NULL, "no memory");
		return;
	}
	direct->in = sip_tx_server_new(b2b->stack, flow, msg, &ops, direct);
	if (direct->in)
		start(direct);
	else
		finish(direct);
}

void b2b_direct_end_all(struct b2b *b2b)
{
	while (!LIST_EMPTY(&b2b->directs))
		finish(LIST_FIRST(&b2b->directs));
}
