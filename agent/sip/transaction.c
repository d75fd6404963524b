// SPDX-License-Identifier: GPL-2.0
/*
 * The stack of transactions, and what comes in: which transaction is a message for?
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "sip/tx.h"

/* ----------------------------------------------------------------------- random */

void sip_random_tag(char tag[SIP_TAG_LEN + 1])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint8_t bytes[SIP_TAG_LEN + 10];
	size_t n = 0, i;

	while (n < SIP_TAG_LEN) {
		random_bytes(bytes, sizeof(bytes));
		for (i = 0; i < sizeof(bytes) && n < SIP_TAG_LEN; i++) {
			if (bytes[i] < 62 * 4)	/* all digits are equally likely */
				tag[n++] = digits[bytes[i] % 62];
		}
	}
	tag[n] = '\0';
}

/* ------------------------------------------------------------------------ stack */

static void set_defaults(struct sip_tx_config *config)
{
	if (!config->t1)
		config->t1 = 500;
	if (!config->t2)
		config->t2 = 4000;
	if (!config->t4)
		config->t4 = 5000;
	if (!config->timer_c)
		config->timer_c = 180000;
	if (!config->max)
		config->max = 100000;
	if (!config->max_per_source)
		config->max_per_source = 1000;
	if (!config->max_bytes)
		config->max_bytes = 256 << 20;
	if (!config->max_bytes_per_source)
		config->max_bytes_per_source = 4 << 20;
}

struct sip_tx_stack *sip_tx_stack_new(const struct sip_tx_config *config,
				      struct timers *timers,
				      const struct sip_flow_ops *ops)
{
	struct sip_tx_stack *stack = calloc(1, sizeof(*stack));

	if (!stack)
		return NULL;
	if (config)
		stack->config = *config;
	set_defaults(&stack->config);
	stack->timers = timers;
	stack->ops = ops;
	LIST_INIT(&stack->all);
	random_bytes(stack->key, sizeof(stack->key));
	if (sip_tx_tables_new(stack)) {
		sip_tx_stack_free(stack);
		return NULL;
	}
	return stack;
}

void sip_tx_stack_free(struct sip_tx_stack *stack)
{
	struct sip_tx *tx;

	if (!stack)
		return;
	stack->config.max = 0;	/* users begin nothing new from over() */
	while ((tx = LIST_FIRST(&stack->all)) != NULL)
		sip_tx_end(tx);
	sip_tx_tables_free(stack);
	free(stack);
}

const struct sip_tx_counters *sip_tx_stack_counters(const struct sip_tx_stack *stack)
{
	return &stack->counters;
}

struct timers *sip_tx_stack_timers(const struct sip_tx_stack *stack)
{
	return stack->timers;
}

const struct sip_flow_ops *sip_tx_stack_ops(const struct sip_tx_stack *stack)
{
	return stack->ops;
}

/* ------------------------------------------------------------------- what comes in */

static enum sip_tx_event event_of(unsigned int status)
{
	return status == 100 ? SIP_TX_EV_100 :
	       status < 200 ? SIP_TX_EV_1XX :
	       status < 300 ? SIP_TX_EV_2XX : SIP_TX_EV_REFUSAL;
}

/* RFC 3261 8.1.3.3: one with a Via below ours is not for us. */
static bool is_ours(struct sip_msg *response)
{
	const struct sip_via *via;

	return !response->fault.status && response->via.cookie &&
	       sip_msg_vias(response, &via) == 1;
}

static void take_response(struct sip_tx_stack *stack, struct sip_flow *flow,
			  struct sip_msg *response)
{
	struct sip_tx *tx;

	if (!is_ours(response)) {
		stack->counters.strange++;
		return;
	}
	tx = sip_tx_find_client(stack, sip_tx_realm(flow), response);
	if (!tx) {
		stack->counters.late++;
		return;
	}
	sip_tx_event(tx, event_of(response->status), response);
}

/* What is wrong with it was found when it was read. */
static void refuse_fault(struct sip_tx_stack *stack, struct sip_flow *flow,
			 struct sip_msg *request)
{
	struct sip_writer w = { 0 };
	char tag[SIP_TX_STATELESS_TAG_LEN + 1];
	size_t len;
	char *text;

	if (request->method == SIP_ACK)
		return;
	sip_write_refusal(&w, request, request->fault.status,
			  span_of(request->fault.text), SPAN("rtplane"),
			  sip_tx_stateless_tag(stack, request, tag));
	text = sip_write_take(&w, &len);
	if (text)
		stack->ops->reply(flow, text, len);
	free(text);
}

/* RFC 3261 9.2. Nothing is kept of it: who repeats it gets the same answer again. */
static void take_cancel(struct sip_tx_stack *stack, struct sip_flow *flow,
			struct sip_msg *cancel)
{
	struct sip_tx *tx = sip_tx_find_server(stack, sip_tx_realm(flow), cancel);
	struct sip_reply ok = { .status = 200 };

	if (!tx) {
		stack->counters.no_invite++;
		sip_tx_refuse(stack, flow, cancel, 481);
		return;
	}
	sip_tx_reply_to(stack, flow, cancel, &ok, sip_tx_tag(tx));
	if (tx->cancelled)
		return;
	tx->cancelled = true;
	sip_tx_event(tx, SIP_TX_EV_CANCEL, cancel);
}

static enum sip_tx_verdict take_ack(struct sip_tx_stack *stack, struct sip_flow *flow,
				    struct sip_msg *ack)
{
	struct sip_tx *tx = sip_tx_find_server(stack, sip_tx_realm(flow), ack);

	/* some acknowledge a 2xx with the INVITE's branch: the dialog knows it */
	if (!tx || tx->state == SIP_TX_ACCEPTED || tx->state == SIP_TX_ACKED)
		return SIP_TX_ACK;
	sip_tx_event(tx, SIP_TX_EV_ACK, ack);
	return SIP_TX_TAKEN;
}

static bool is_merged(struct sip_tx_stack *stack, struct sip_flow *flow,
		      struct sip_msg *request)
{
	return !request->to.tag.n &&
	       sip_tx_find_merged(stack, sip_tx_realm(flow), request);
}

static enum sip_tx_verdict take_request(struct sip_tx_stack *stack,
					struct sip_flow *flow, struct sip_msg *request)
{
	struct sip_tx *tx;

	if (!request->via.cookie)
		stack->counters.bad_branch++;	/* RFC 2543's, or RFC 4475 3.2.1 */
	tx = sip_tx_find_server(stack, sip_tx_realm(flow), request);
	if (tx) {
		sip_tx_event(tx, SIP_TX_EV_REQUEST, request);
		return SIP_TX_TAKEN;
	}
	if (is_merged(stack, flow, request)) {
		stack->counters.merged++;
		sip_tx_refuse(stack, flow, request, 482);
		return SIP_TX_TAKEN;
	}
	return SIP_TX_REQUEST;
}

bool sip_tx_underway(struct sip_tx_stack *stack, struct sip_flow *flow,
		     const struct sip_msg *msg)
{
	return !msg->fault.status && sip_tx_find_server(stack, sip_tx_realm(flow), msg);
}

enum sip_tx_verdict sip_tx_receive(struct sip_tx_stack *stack, struct sip_flow *flow,
				   struct sip_msg *msg)
{
	if (!msg->request) {
		take_response(stack, flow, msg);
		return SIP_TX_TAKEN;
	}
	if (msg->fault.status) {
		refuse_fault(stack, flow, msg);
		return SIP_TX_TAKEN;
	}
	if (msg->method == SIP_ACK)
		return take_ack(stack, flow, msg);
	if (msg->method != SIP_CANCEL)
		return take_request(stack, flow, msg);
	take_cancel(stack, flow, msg);
	return SIP_TX_TAKEN;
}

/* ------------------------------------------------------------------------- views */

struct sip_msg *sip_tx_request(const struct sip_tx *tx)
{
	return tx->request;
}

struct sip_flow *sip_tx_flow(const struct sip_tx *tx)
{
	return tx->flow;
}

unsigned int sip_tx_status(const struct sip_tx *tx)
{
	return tx->status;
}

struct sip_tx_stack *sip_tx_stack_of(const struct sip_tx *tx)
{
	return tx->stack;
}

void sip_tx_forget(struct sip_tx *tx)
{
	if (!tx)
		return;
	tx->client = NULL;
	tx->server = NULL;
	tx->arg = NULL;
	if (!sip_tx_is_client(tx) && tx->status < 200)
		sip_tx_answer(tx, tx->cancelled ? 487 : 500);
}

void sip_tx_call_off(struct sip_tx *tx)
{
	if (!tx)
		return;
	tx->client = NULL;
	sip_tx_end(tx);
}
