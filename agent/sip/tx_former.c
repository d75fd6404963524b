// SPDX-License-Identifier: GPL-2.0
/*
 * An INVITE that a former agent has sent and nobody waits for: it is cancelled, its refusal
 * is acknowledged, and who accepts it all the same gets ACK and BYE (RFC 3261 9.1, 15).
 */
#include <errno.h>
#include <stdlib.h>

#include "sip/tx.h"

/* of a 2xx; further ones are not gone by */
#define ROUTES_MAX	16

static void write_routes(struct sip_writer *w, struct sip_msg *ok)
{
	struct sip_iter it = SIP_ITER(ok, SIP_HDR_RECORD_ROUTE);
	struct span route[ROUTES_MAX];
	size_t n = 0;

	while (n < ROUTES_MAX && sip_iter_next(&it, &route[n]))
		n++;
	while (n)
		sip_write_header(w, SIP_HDR_ROUTE, route[--n]);
}

/* a request in the dialog that @ok has made */
static void write_in_dialog(struct sip_writer *w, const struct sip_tx *tx, struct sip_msg *ok,
			    struct span uri, struct span method, uint32_t cseq)
{
	sip_write_request(w, method, uri);
	write_routes(w, ok);
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_copy(w, tx->request, SIP_HDR_FROM);
	sip_write_copy(w, ok, SIP_HDR_TO);
	sip_write_copy(w, tx->request, SIP_HDR_CALL_ID);
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u " SPAN_FMT, cseq, SPAN_ARG(method));
	sip_write_end(w);
}

/* each copy gets its ACK; @arg is set once there is a BYE */
static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *msg)
{
	const struct sip_addr *contact;
	uint32_t cseq = tx->request->cseq.number;
	struct sip_writer ack = { 0 }, bye = { 0 };
	struct sip_fault fault;
	struct span uri;

	if (msg->status < 200 || msg->status >= 300)
		return;
	contact = sip_msg_contact(msg, &fault);
	uri = contact ? contact->uri.text : tx->request->uri.text;
	write_in_dialog(&ack, tx, msg, uri, SPAN("ACK"), cseq);
	if (!ack.failed)
		sip_tx_send(tx->stack, tx->flow, (struct span){ ack.p, ack.n },
			    (struct span){ NULL, 0 });
	sip_write_free(&ack);
	if (arg)
		return;
	write_in_dialog(&bye, tx, msg, uri, SPAN("BYE"), cseq + 1);
	if (!bye.failed &&
	    sip_tx_client_new(tx->stack, tx->flow, (struct span){ bye.p, bye.n }, NULL, NULL))
		tx->arg = tx;
	sip_write_free(&bye);
}

static const struct sip_tx_client_ops former_ops = { .response = on_response };

/* the INVITE of a CANCEL, as far as that has it */
static struct sip_msg *invite_of(const struct sip_msg *cancel)
{
	struct sip_writer w = { 0 };
	struct sip_msg *msg;

	sip_write_request(&w, SPAN("INVITE"), cancel->uri.text);
	sip_write_header(&w, SIP_HDR_VIA, cancel->via.text);
	sip_write_copy(&w, cancel, SIP_HDR_ROUTE);
	sip_write_header(&w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_copy(&w, cancel, SIP_HDR_FROM);
	sip_write_copy(&w, cancel, SIP_HDR_TO);
	sip_write_copy(&w, cancel, SIP_HDR_CALL_ID);
	sip_write_headerf(&w, SIP_HDR_CSEQ, "%u INVITE", cancel->cseq.number);
	sip_write_end(&w);
	msg = w.failed ? NULL : sip_msg_parse(w.p, w.n, false, NULL);
	sip_write_free(&w);
	return msg;
}

static struct sip_tx *begin(struct sip_tx_stack *stack, struct sip_flow *flow,
			    struct sip_msg *invite)
{
	struct sip_tx *tx = sip_tx_make(stack, SIP_TX_INVITE_CLIENT, flow, invite);

	if (!tx)
		return NULL;
	tx->client = &former_ops;
	/* whether it was heard of nobody knows: as if it had rung */
	tx->state = SIP_TX_PROCEEDING;
	sip_tx_link(tx);
	stack->counters.clients++;
	stack->ops->watch(flow, &tx->watch);
	return tx;
}

int sip_tx_cancel_former(struct sip_tx_stack *stack, struct sip_flow *flow,
			 struct span cancel)
{
	struct sip_msg *msg = sip_msg_parse(cancel.p, cancel.n, false, NULL);
	struct sip_msg *invite = NULL;
	struct sip_tx *tx = NULL;

	if (msg && !msg->fault.status && msg->request && msg->method == SIP_CANCEL)
		invite = invite_of(msg);
	if (invite && !invite->fault.status)
		tx = begin(stack, flow, invite);
	sip_msg_drop(invite);
	sip_msg_drop(msg);
	return tx ? sip_tx_cancel(tx, (struct span){ NULL, 0 }) : -EINVAL;
}
