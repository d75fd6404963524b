// SPDX-License-Identifier: GPL-2.0
/*
 * Client transactions: beginning, trying elsewhere, cancelling.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/tx.h"

#define COOKIE		"z9hG4bK"
#define BRANCH_LEN	(sizeof(COOKIE) - 1 + SIP_TAG_LEN)

static struct span random_branch(char buf[BRANCH_LEN + 1])
{
	memcpy(buf, COOKIE, sizeof(COOKIE) - 1);
	sip_random_tag(buf + sizeof(COOKIE) - 1);
	return (struct span){ buf, BRANCH_LEN };
}

/* The request as it will be sent, read back: what cannot be read is not sent. */
static struct sip_msg *with_via(const struct sip_flow *flow, struct span request,
				struct span branch)
{
	struct sip_msg *msg;
	size_t len;
	char *text;

	text = sip_tx_with_via(flow, request, branch, &len);
	if (!text)
		return NULL;
	msg = sip_msg_parse(text, len, false, NULL);
	free(text);
	if (msg && msg->request && !msg->fault.status)
		return msg;
	sip_msg_drop(msg);
	errno = EINVAL;
	return NULL;
}

/* @msg: has our Via; its reference stays the caller's. */
static struct sip_tx *begin(struct sip_tx_stack *stack, struct sip_flow *flow,
			    struct sip_msg *msg, const struct sip_tx_client_ops *ops,
			    void *arg)
{
	/* a CANCEL makes room */
	bool free_of_limits = msg->method == SIP_CANCEL;
	enum sip_tx_kind kind = msg->method == SIP_INVITE ? SIP_TX_INVITE_CLIENT :
							    SIP_TX_OTHER_CLIENT;
	struct sip_tx *tx;

	if (!free_of_limits &&
	    (stack->counters.live >= stack->config.max ||
	     stack->counters.live_bytes + msg->text.n > stack->config.max_bytes)) {
		stack->counters.full_client++;
		errno = ENOBUFS;
		return NULL;
	}
	tx = sip_tx_make(stack, kind, flow, msg);
	if (!tx)
		return NULL;
	tx->client = ops;
	tx->arg = arg;
	sip_tx_link(tx);
	stack->counters.clients++;
	stack->ops->watch(flow, &tx->watch);
	sip_tx_event(tx, SIP_TX_EV_BEGIN, NULL);
	return tx;
}

struct sip_tx *sip_tx_client_new(struct sip_tx_stack *stack, struct sip_flow *flow,
				 struct span request,
				 const struct sip_tx_client_ops *ops, void *arg)
{
	char branch[BRANCH_LEN + 1];
	struct sip_tx *tx = NULL;
	struct sip_msg *msg;

	msg = with_via(flow, request, random_branch(branch));
	if (!msg)
		return NULL;
	if (msg->method == SIP_ACK || msg->method == SIP_CANCEL)
		errno = EINVAL;
	else
		tx = begin(stack, flow, msg, ops, arg);
	sip_msg_drop(msg);
	return tx;
}

/* The bytes of @msg before and behind its topmost Via line, which is the second one. */
static char *without_via(const struct sip_msg *msg, size_t *len)
{
	const char *end = msg->text.p + msg->text.n;
	const char *via = memmem(msg->text.p, msg->text.n, "\r\n", 2);
	const char *rest;
	size_t first;
	char *text;

	if (!via)
		return NULL;
	via += 2;
	rest = memmem(via, (size_t)(end - via), "\r\n", 2);
	if (!rest)
		return NULL;
	rest += 2;
	first = (size_t)(via - msg->text.p);
	*len = first + (size_t)(end - rest);
	text = malloc(*len);
	if (!text)
		return NULL;
	memcpy(text, msg->text.p, first);
	memcpy(text + first, rest, (size_t)(end - rest));
	return text;
}

struct sip_tx *sip_tx_client_again(struct sip_tx *tx, struct sip_flow *flow)
{
	struct sip_tx *again;
	size_t len;
	char *text;

	if (!sip_tx_is_client(tx)) {
		errno = EINVAL;
		return NULL;
	}
	text = without_via(tx->request, &len);
	if (!text) {
		errno = ENOMEM;
		return NULL;
	}
	again = sip_tx_client_new(tx->stack, flow, (struct span){ text, len },
				  tx->client, tx->arg);
	free(text);
	if (again)
		again->timer_c = tx->timer_c;
	return again;
}

char *sip_tx_cancel_text(const struct sip_tx *invite, size_t *len)
{
	return sip_tx_build_cancel(invite, (struct span){ NULL, 0 }, len);
}

static int send_cancel(struct sip_tx_stack *stack, struct sip_flow *flow,
		       struct span cancel)
{
	struct sip_msg *msg = sip_msg_parse(cancel.p, cancel.n, false, NULL);
	struct sip_tx *tx = NULL;

	if (msg && !msg->fault.status)
		tx = begin(stack, flow, msg, NULL, NULL);
	sip_msg_drop(msg);
	return tx ? 0 : -ENOMEM;
}

int sip_tx_send_cancel(struct sip_tx *invite)
{
	size_t len;
	char *text;
	int ret;

	invite->cancelled = true;
	text = sip_tx_build_cancel(invite, span_of(invite->cancel_headers), &len);
	if (!text)
		return -ENOMEM;
	ret = send_cancel(invite->stack, invite->flow, (struct span){ text, len });
	free(text);
	return ret;
}

int sip_tx_cancel(struct sip_tx *tx, struct span headers)
{
	char *copy;

	if (tx->kind != SIP_TX_INVITE_CLIENT)
		return -EINVAL;
	if (!sip_tx_rule(tx->kind, tx->state, SIP_TX_EV_CANCEL)->known)
		return -EALREADY;
	copy = span_dup(headers);
	if (!copy)
		return -ENOMEM;
	free(tx->cancel_headers);
	tx->cancel_headers = copy;
	sip_tx_event(tx, SIP_TX_EV_CANCEL, NULL);
	return 0;
}

void sip_tx_set_timer_c(struct sip_tx *tx, uint32_t ms)
{
	if (tx->kind != SIP_TX_INVITE_CLIENT)
		return;
	tx->timer_c = ms ? ms : tx->stack->config.timer_c;
	if (tx->state == SIP_TX_PROCEEDING)
		timer_set(tx->stack->timers, &tx->limit, tx->timer_c);
}

int sip_tx_send(struct sip_tx_stack *stack, struct sip_flow *flow,
		struct span request, struct span branch)
{
	char text[BRANCH_LEN + 1];
	size_t len;
	char *msg;
	int ret;

	random_branch(text);
	if (branch.n >= SIP_TAG_LEN)
		memcpy(text + sizeof(COOKIE) - 1, branch.p, SIP_TAG_LEN);
	msg = sip_tx_with_via(flow, request, (struct span){ text, BRANCH_LEN }, &len);
	if (!msg)
		return -errno;
	ret = stack->ops->send(flow, msg, len);
	free(msg);
	return ret;
}
