// SPDX-License-Identifier: GPL-2.0
/*
 * The machine that runs the table: it takes the row of a state and an event, moves to
 * the next state and does what the row says. The rows tell users last, so that whatever
 * a user does from there finds a transaction that is in its new state already.
 */
#include <errno.h>
#include <stdlib.h>

#include "sip/tx.h"

#define MS_100		200	/* RFC 3261 17.2.1: a 100 in so much time */
#define MS_MINUTE	60000	/* 13.3.1.1 */

/* ---------------------------------------------------------------------- sending */

static bool passing(int error)
{
	return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM ||
	       error == -EINTR;
}

/* A datagram that did not go out is a datagram that was lost. But a request whose
 * next hop is known not to be there can be sent elsewhere.
 */
static void send_text(struct sip_tx *tx, const char *text, size_t len)
{
	bool client = sip_tx_is_client(tx);
	int error;

	if (!text)
		return;
	error = client ? tx->stack->ops->send(tx->flow, text, len) :
			 tx->stack->ops->reply(tx->flow, text, len);
	if (!error)
		return;
	if (sip_tx_reliable(tx) || (client && !passing(error)))
		timer_set(tx->stack->timers, &tx->broken, 0);
}

static void send_own(struct sip_tx *tx)
{
	if (sip_tx_is_client(tx))
		send_text(tx, tx->request->text.p, tx->request->text.n);
	else
		send_text(tx, tx->last, tx->last_len);
}

static void send_again(struct sip_tx *tx)
{
	tx->stack->counters.resent++;
	send_own(tx);
}

void sip_tx_keep(struct sip_tx *tx, char *text, size_t len)
{
	tx->stack->counters.live_bytes += len - tx->last_len;
	if (tx->source)
		tx->source->bytes += len - tx->last_len;
	free(tx->last);
	tx->last = text;
	tx->last_len = len;
}

static void say_100(struct sip_tx *tx)
{
	static const struct sip_reply trying = { .status = 100 };
	size_t len;
	char *text;

	text = sip_tx_build_reply(tx->request, &trying, sip_tx_tag(tx), &len);
	sip_tx_keep(tx, text, text ? len : 0);
	tx->status = 100;
	send_own(tx);
}

static void send_ack(struct sip_tx *tx, const struct sip_msg *refusal)
{
	char *text = NULL;
	size_t len;

	if (!tx->last)
		text = sip_tx_build_ack(tx, refusal, &len);
	if (text)
		sip_tx_keep(tx, text, len);
	send_text(tx, tx->last, tx->last_len);
}

/* ----------------------------------------------------------------------- timers */

static void retry_in(struct sip_tx *tx, uint32_t ms)
{
	tx->interval = ms;
	timer_set(tx->stack->timers, &tx->retry, ms);
}

static void limit_in(struct sip_tx *tx, uint32_t ms)
{
	timer_set(tx->stack->timers, &tx->limit, ms);
}

static uint32_t twice(const struct sip_tx *tx, uint32_t most)
{
	return tx->interval < most / 2 ? tx->interval * 2 : most;
}

static void set_retry(struct sip_tx *tx, enum sip_tx_act act)
{
	const struct sip_tx_config *config = &tx->stack->config;

	switch (act) {
	case SIP_TX_RETRY_T1:
		if (!sip_tx_reliable(tx))
			retry_in(tx, config->t1);
		break;
	case SIP_TX_RETRY_T1_ALWAYS:
		retry_in(tx, config->t1);
		break;
	case SIP_TX_RETRY_DOUBLE:
		retry_in(tx, twice(tx, 64 * config->t1));
		break;
	case SIP_TX_RETRY_DOUBLE_T2:
		retry_in(tx, twice(tx, config->t2));
		break;
	case SIP_TX_RETRY_T2:
		retry_in(tx, config->t2);
		break;
	case SIP_TX_RETRY_200:
		retry_in(tx, MS_100);
		break;
	case SIP_TX_RETRY_LATE:
		if (!sip_tx_reliable(tx))
			retry_in(tx, 7 * config->t1);
		break;
	case SIP_TX_RETRY_MINUTE:
		retry_in(tx, MS_MINUTE);
		break;
	default:
		break;
	}
}

static void set_limit(struct sip_tx *tx, enum sip_tx_act act)
{
	const struct sip_tx_config *config = &tx->stack->config;
	bool reliable = sip_tx_reliable(tx);

	switch (act) {
	case SIP_TX_LIMIT_64T1:
		limit_in(tx, 64 * config->t1);
		break;
	case SIP_TX_LIMIT_64T1_UNREL:
		limit_in(tx, reliable ? 0 : 64 * config->t1);
		break;
	case SIP_TX_LIMIT_T4_UNREL:
		limit_in(tx, reliable ? 0 : config->t4);
		break;
	case SIP_TX_LIMIT_C:
		limit_in(tx, tx->timer_c ? tx->timer_c : config->timer_c);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------------ users */

static void tell_response(struct sip_tx *tx, struct sip_msg *response)
{
	tx->status = response->status;
	if (tx->client && tx->client->response)
		tx->client->response(tx->arg, tx, response);
}

static void tell_cancel(struct sip_tx *tx, struct sip_msg *cancel)
{
	if (tx->server && tx->server->cancel)
		tx->server->cancel(tx->arg, tx, cancel);
}

static void tell_ack(struct sip_tx *tx)
{
	if (tx->server && tx->server->acked)
		tx->server->acked(tx->arg, tx);
}

static void fail(struct sip_tx *tx, unsigned int status)
{
	struct sip_tx_hook *hook, *next;

	if (status == 408)
		tx->stack->counters.timed_out++;
	else
		tx->stack->counters.send_failed++;
	for (hook = LIST_FIRST(&tx->hooks); hook; hook = next) {
		next = LIST_NEXT(hook, entry);
		hook->failed(hook->arg, tx, status);
	}
	if (tx->client && tx->client->failed)
		tx->client->failed(tx->arg, tx, status);
	else if (tx->server && tx->server->failed)
		tx->server->failed(tx->arg, tx, status);
}

/* -------------------------------------------------------------------- the machine */

static void act(struct sip_tx *tx, enum sip_tx_act what, struct sip_msg *msg)
{
	switch (what) {
	case SIP_TX_SEND:
		send_own(tx);
		break;
	case SIP_TX_AGAIN:
		send_again(tx);
		break;
	case SIP_TX_SAY_100:
		say_100(tx);
		break;
	case SIP_TX_SEND_ACK:
		send_ack(tx, msg);
		break;
	case SIP_TX_SEND_CANCEL:
		sip_tx_send_cancel(tx);
		break;
	case SIP_TX_STOP:
		timer_cancel(&tx->retry);
		break;
	case SIP_TX_COUNT_REPEATED:
		tx->stack->counters.repeated++;
		break;
	case SIP_TX_COUNT_LATE:
		tx->stack->counters.late++;
		break;
	case SIP_TX_TELL:
		tell_response(tx, msg);
		break;
	case SIP_TX_TELL_CANCEL:
		tell_cancel(tx, msg);
		break;
	case SIP_TX_TELL_ACK:
		tell_ack(tx);
		break;
	case SIP_TX_FAIL_408:
		fail(tx, 408);
		break;
	case SIP_TX_FAIL_503:
		fail(tx, 503);
		break;
	default:
		set_retry(tx, what);
		set_limit(tx, what);
		break;
	}
}

/* Out of the tables, without timers: nothing can reach it but who stands on it. */
static void bury(struct sip_tx *tx)
{
	tx->buried = true;
	timer_cancel(&tx->retry);
	timer_cancel(&tx->limit);
	timer_cancel(&tx->broken);
	if (sip_tx_is_client(tx))
		tx->stack->ops->unwatch(&tx->watch);
	sip_tx_unlink(tx);
	sip_tx_source_drop(tx);
}

static void tell_over(struct sip_tx *tx)
{
	struct sip_tx_hook *hook;

	while ((hook = LIST_FIRST(&tx->hooks)) != NULL) {
		LIST_REMOVE(hook, entry);
		hook->over(hook->arg, tx);
	}
	if (tx->client && tx->client->over)
		tx->client->over(tx->arg, tx);
	else if (tx->server && tx->server->over)
		tx->server->over(tx->arg, tx);
}

void sip_tx_end(struct sip_tx *tx)
{
	if (!tx->buried)
		bury(tx);
	tx->state = SIP_TX_OVER;
	tx->busy++;
	tell_over(tx);
	sip_tx_drop(tx);
}

bool sip_tx_event(struct sip_tx *tx, enum sip_tx_event event, struct sip_msg *msg)
{
	const struct sip_tx_rule *rule = sip_tx_rule(tx->kind, tx->state, event);
	int i;

	if (!rule->known) {
		tx->stack->counters.strange++;
		return false;
	}
	tx->busy++;
	tx->state = rule->next;
	if (tx->state == SIP_TX_OVER)
		bury(tx);
	for (i = 0; rule->act[i] != SIP_TX_NONE; i++)
		act(tx, rule->act[i], msg);
	if (!--tx->busy && tx->state == SIP_TX_OVER)
		sip_tx_end(tx);
	return true;
}

/* ------------------------------------------------------------- making and freeing */

static void on_retry(struct timer *timer, void *arg)
{
	sip_tx_event(arg, SIP_TX_EV_RETRY, NULL);
}

static void on_limit(struct timer *timer, void *arg)
{
	sip_tx_event(arg, SIP_TX_EV_LIMIT, NULL);
}

static void on_broken(struct timer *timer, void *arg)
{
	sip_tx_event(arg, SIP_TX_EV_BROKEN, NULL);
}

static void on_lost(struct sip_flow *flow, int error, void *arg)
{
	sip_tx_event(arg, SIP_TX_EV_BROKEN, NULL);
}

struct sip_tx *sip_tx_make(struct sip_tx_stack *stack, enum sip_tx_kind kind,
			   struct sip_flow *flow, struct sip_msg *request)
{
	struct sip_tx *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return NULL;
	tx->stack = stack;
	tx->kind = kind;
	tx->flow = stack->ops->ref(flow);
	LIST_INIT(&tx->hooks);
	tx->watch.lost = on_lost;
	tx->watch.arg = tx;
	tx->request = sip_msg_hold(request);
	stack->counters.live_bytes += request->text.n;
	timer_init(&tx->retry, on_retry, tx);
	timer_init(&tx->limit, on_limit, tx);
	timer_init(&tx->broken, on_broken, tx);
	return tx;
}

void sip_tx_drop(struct sip_tx *tx)
{
	tx->stack->ops->unref(tx->flow);
	tx->stack->counters.live_bytes -= tx->request->text.n + tx->last_len;
	sip_msg_drop(tx->request);
	free(tx->last);
	free(tx->cancel_headers);
	free(tx);
}
