// SPDX-License-Identifier: GPL-2.0
/*
 * A request outside of any dialog for a phone that has registered: what waits for it
 * (NOTIFY, RFC 3842, which most switches send unasked) and texts (MESSAGE).  Both sides'
 * transactions live as long as each other.
 */
#include <stdlib.h>
#include <string.h>

#include "sip/cross.h"
#include "private.h"

/**
 * struct direct - a request under way
 * @from: realm that it came in by
 * @to: realm of the phone
 * @in: as it came; NULL when that is over
 * @out: as it goes
 */
struct direct {
	struct realm *from;
	struct realm *to;
	struct sip_tx *in;
	struct sip_tx *out;
};

static void finish(struct direct *direct)
{
	sip_tx_forget(direct->in);
	sip_tx_forget(direct->out);
	free(direct);
}

static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *msg)
{
	struct direct *direct = arg;
	struct sip_reply r = { .status = msg->status };
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = {
		.from_trusted = direct->to->conf->trust,
		.to_trusted = direct->from->conf->trust,
		.instead = b2b_realm_host(direct->from, host, sizeof(host)),
	};
	struct sip_writer w = { 0 };

	if (msg->status < 200)
		return;
	/* RFC 3261 section 16.7: no phone takes us out of service for all others */
	if (msg->status == 503)
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

	direct->out = NULL;
	finish(direct);
}

static void write_head(struct sip_writer *w, const struct direct *direct,
		       const struct route *route, const struct sip_msg *msg)
{
	char host[DP_ADDR_STRLEN + 2], contact[B2B_TEXT];
	const struct sip_cross cross = {
		.from_trusted = direct->from->conf->trust,
		.to_trusted = direct->to->conf->trust,
		.instead = host,
	};
	char call_id[BIND_TOKEN_LEN + 1];
	char *from, *to;

	b2b_host(&route->flow->listener->advertise, host, sizeof(host));
	b2b_contact(route->flow, contact, sizeof(contact));
	bind_alias(direct->to->bindings, msg->call_id, call_id);
	from = b2b_identity(&msg->from, span_of(host));
	to = b2b_binding_identity(route, &msg->to);
	if (!from || !to)
		w->failed = true;
	sip_write_request(w, msg->method_text, route->uri);
	sip_write_headerf(w, SIP_HDR_MAX_FORWARDS, "%u", msg->max_forwards - 1);
	if (route->set.n)
		sip_write_header(w, SIP_HDR_ROUTE, route->set);
	sip_write_headerf(w, SIP_HDR_FROM, "%s%s" SPAN_FMT, from ? from : "",
			  msg->from.tag.n ? ";tag=" : "",
			  SPAN_ARG(msg->from.tag));
	sip_write_header(w, SIP_HDR_TO, span_of(to));
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	sip_write_copy(w, msg, SIP_HDR_CSEQ);
	sip_write_headerf(w, SIP_HDR_CONTACT, "<%s>", contact);
	sip_cross_copy(w, msg, &cross);
	free(from);
	free(to);
}

static struct sip_tx *send_on(struct direct *direct, const struct route *route)
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

	write_head(&w, direct, route, msg);
	b2b_host(&route->flow->listener->advertise, host, sizeof(host));
	/* Message-Account of RFC 3842 is dialled: it has to lead here */
	if (b2b_content_copy(&content, msg) &&
	    (msg->method != SIP_NOTIFY || b2b_content_hide(&content, msg, host))) {
		if (content.lines)
			sip_write_block(&w, span_of(content.lines));
		if (content.body)
			sip_write_body(&w, span_of(content.type),
				       (struct span){ content.body, content.len });
		else
			sip_write_end(&w);
		if (!w.failed)
			tx = sip_tx_client_new(direct->from->b2b->stack, route->flow,
					       (struct span){ w.p, w.n }, &ops,
					       direct);
	}
	b2b_content_free(&content);
	sip_write_free(&w);
	return tx;
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
	if (!b2b_binding_route(b2b, realm, &msg->uri, &route)) {
		b2b_invite_refuse(b2b, flow, msg, 480, NULL, NULL);
		return;
	}
	direct = calloc(1, sizeof(*direct));
	if (!direct) {
		b2b_invite_refuse(b2b, flow, msg, 500, NULL, "no memory");
		return;
	}
	direct->from = realm;
	direct->to = b2b_realm_of(b2b, route.to);
	direct->in = sip_tx_server_new(b2b->stack, flow, msg, &ops, direct);
	if (!direct->in) {
		free(direct);
		return;
	}
	direct->out = send_on(direct, &route);
	if (!direct->out)
		on_failed(direct, NULL, 503);
}
