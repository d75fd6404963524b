// SPDX-License-Identifier: GPL-2.0
/*
 * Server transactions, and answers without one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/tx.h"

/* ---------------------------------------------------------------- without state */

/* The same for the same request, so that who repeats it gets the same answer, and
 * nobody's guess (RFC 3261 8.2.7, 19.3).
 */
struct span sip_tx_stateless_tag(const struct sip_tx_stack *stack,
				 const struct sip_msg *request,
				 char buf[SIP_TX_STATELESS_TAG_LEN + 1])
{
	struct siphash h;

	siphash_begin(&h, stack->key);
	siphash_span(&h, SPAN("tag"));
	siphash_span(&h, request->via.branch);
	siphash_span(&h, request->call_id);
	siphash_span(&h, request->from.tag);
	siphash_add(&h, &request->cseq.number, sizeof(request->cseq.number));
	snprintf(buf, SIP_TX_STATELESS_TAG_LEN + 1, "%016llx", (unsigned long long)siphash_end(&h));
	return (struct span){ buf, SIP_TX_STATELESS_TAG_LEN };
}

void sip_tx_reply_to(struct sip_tx_stack *stack, struct sip_flow *flow,
		     const struct sip_msg *request, const struct sip_reply *reply,
		     struct span tag)
{
	size_t len;
	char *text;

	text = sip_tx_build_reply(request, reply, tag, &len);
	if (text)
		stack->ops->reply(flow, text, len);
	free(text);
}

void sip_tx_stateless(struct sip_tx_stack *stack, struct sip_flow *flow,
		      struct sip_msg *request, const struct sip_reply *reply)
{
	char tag[SIP_TX_STATELESS_TAG_LEN + 1];

	if (request->request && request->method != SIP_ACK)
		sip_tx_reply_to(stack, flow, request, reply,
				sip_tx_stateless_tag(stack, request, tag));
}

void sip_tx_refuse(struct sip_tx_stack *stack, struct sip_flow *flow,
		   struct sip_msg *request, unsigned int status)
{
	struct sip_reply reply = { .status = status };

	sip_tx_stateless(stack, flow, request, &reply);
}

/* ------------------------------------------------------------------------- begin */

static void busy_503(struct sip_tx_stack *stack, struct sip_flow *flow,
		     struct sip_msg *msg)
{
	struct sip_reply reply = { .status = 503,
				   .headers = SPAN("Retry-After: 10\r\n") };

	sip_tx_stateless(stack, flow, msg, &reply);
}

/* Those who are known have the last quarter for themselves. */
static bool is_full(struct sip_tx_stack *stack, const struct sip_msg *msg, bool known)
{
	size_t max = stack->config.max, bytes = stack->config.max_bytes;

	if (!known) {
		max -= max / 4;
		bytes -= bytes / 4;
	}
	if (stack->counters.live < max &&
	    stack->counters.live_bytes + msg->text.n <= bytes)
		return false;
	stack->counters.full++;
	return true;
}

static struct sip_tx *make(struct sip_tx_stack *stack, struct sip_flow *flow,
			   struct sip_msg *msg)
{
	enum sip_tx_kind kind = msg->method == SIP_INVITE ? SIP_TX_INVITE_SERVER :
							    SIP_TX_OTHER_SERVER;
	const struct sip_tx_config *config = &stack->config;
	bool known = config->known && config->known(config->known_arg, flow);
	struct sip_tx *tx;
	int error;

	if (is_full(stack, msg, known))
		return NULL;
	tx = sip_tx_make(stack, kind, flow, msg);
	if (!tx)
		return NULL;
	error = known ? 0 : sip_tx_source_take(tx);
	if (!error)
		return tx;
	if (error == -EUSERS)
		stack->counters.full_source++;
	sip_tx_drop(tx);
	return NULL;
}

struct sip_tx *sip_tx_server_new(struct sip_tx_stack *stack, struct sip_flow *flow,
				 struct sip_msg *msg,
				 const struct sip_tx_server_ops *ops, void *arg)
{
	struct sip_tx *tx = NULL;

	if (msg->request && msg->method != SIP_ACK && msg->method != SIP_CANCEL)
		tx = make(stack, flow, msg);
	if (!tx) {
		busy_503(stack, flow, msg);
		return NULL;
	}
	tx->server = ops;
	tx->arg = arg;
	sip_random_tag(tx->tag);
	sip_tx_link(tx);
	stack->counters.servers++;
	sip_tx_event(tx, SIP_TX_EV_BEGIN, NULL);
	return tx;
}

/* ------------------------------------------------------------------------ answer */

static enum sip_tx_event saying(unsigned int status)
{
	return status < 200 ? SIP_TX_EV_SAY_1XX :
	       status < 300 ? SIP_TX_EV_SAY_2XX : SIP_TX_EV_SAY_REFUSAL;
}

/*
 * Others make answers long, after the request was let in: where there is no room it is said
 * once, and a copy of the request gets nothing.  Calls are limited otherwise.
 */
static bool is_too_much(const struct sip_tx *tx)
{
	const struct sip_tx_stack *stack = tx->stack;

	return tx->kind == SIP_TX_OTHER_SERVER && tx->status >= 200 &&
	       (stack->counters.live_bytes > stack->config.max_bytes ||
		(tx->source &&
		 tx->source->bytes > tx->source->max_bytes));
}

int sip_tx_say(struct sip_tx *tx, unsigned int status, char *text, size_t len)
{
	enum sip_tx_event event = saying(status);

	if (!sip_tx_rule(tx->kind, tx->state, event)->known) {
		free(text);
		return -EALREADY;
	}
	sip_tx_keep(tx, text, len);
	tx->status = status;
	sip_tx_event(tx, event, NULL);
	if (is_too_much(tx))
		sip_tx_keep(tx, NULL, 0);
	return 0;
}

int sip_tx_respond(struct sip_tx *tx, const struct sip_reply *reply)
{
	struct span tag = reply->tag.n ? reply->tag : sip_tx_tag(tx);
	size_t len;
	char *text;

	if (sip_tx_is_client(tx) || reply->status < 100 || reply->status > 699)
		return -EINVAL;
	if (!sip_tx_rule(tx->kind, tx->state, saying(reply->status))->known)
		return -EALREADY;
	text = sip_tx_build_reply(tx->request, reply, tag, &len);
	return text ? sip_tx_say(tx, reply->status, text, len) : -ENOMEM;
}

int sip_tx_answer(struct sip_tx *tx, unsigned int status)
{
	struct sip_reply reply = { .status = status };

	return sip_tx_respond(tx, &reply);
}

void sip_tx_acked(struct sip_tx *tx)
{
	if (sip_tx_rule(tx->kind, tx->state, SIP_TX_EV_ACKED)->known)
		sip_tx_event(tx, SIP_TX_EV_ACKED, NULL);
}

struct span sip_tx_tag(const struct sip_tx *tx)
{
	if (tx->request->to.tag.n)
		return tx->request->to.tag;
	return span_of(tx->tag);
}
