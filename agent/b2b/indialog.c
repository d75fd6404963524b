// SPDX-License-Identifier: GPL-2.0
/* Requests in a call: BYE ends it, the others go to the other side. */
#include <stdio.h>

#include "keep.h"
#include "private.h"

static void refuse(struct end *end, struct sip_tx *tx, unsigned int status,
		   const char *why)
{
	b2b_call_log(end->pair->call, LOG_LEVEL_INFO, (int)end->i,
		 "its " SPAN_FMT " is refused with %u " SPAN_FMT,
		 SPAN_ARG(sip_tx_request(tx)->method_text), status,
		 SPAN_ARG(sip_reason_text(status)));
	b2b_reply(end, tx, &(struct answer){ .status = status, .why = why });
	sip_tx_forget(tx);
}

/*
 * RFC 3261 section 15: a callee sends none before it has answered; one that does means
 * its own fork, and there may be others that ring.
 */
static void on_bye(struct end *end, struct sip_tx *tx, struct sip_msg *msg)
{
	struct call *call = end->pair->call;
	char reason[B2B_TEXT];

	b2b_reply(end, tx, &(struct answer){ .status = 200 });
	sip_tx_forget(tx);
	if (call->state == B2B_SETUP && call->invite)
		b2b_reply(&call->first->end[0], call->invite,
		      &(struct answer){ .status = 487 });
	snprintf(reason, sizeof(reason), "%s hung up", b2b_end_name(end));
	b2b_call_finish_by(call, reason, end, msg);
}

static void on_session(struct end *end, struct sip_tx *tx, struct sip_msg *msg)
{
	struct span text;

	if (end->pair->call->state == B2B_SETUP && msg->method == SIP_INVITE) {
		refuse(end, tx, 491, NULL);
		return;
	}
	if (b2b_sdp(msg, &text) < 0) {
		refuse(end, tx, 415, NULL);
		return;
	}
	b2b_relay_request(end, tx, msg);
}

static void on_options(struct end *end, struct sip_tx *tx)
{
	b2b_reply(end, tx, &(struct answer){ .status = 200,
		.headers = "Accept: application/sdp\r\nSupported: " B2B_OPTION "\r\n" });
	sip_tx_forget(tx);
}

static void on_request(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		       struct sip_msg *msg)
{
	struct end *end = arg;
	uint32_t allow = b2b_allow(msg);

	if (allow)
		end->allow = allow;
	b2b_meddler_within(end->pair->call, end->i, msg);
	if (end->pair->call->state == B2B_OVER && msg->method != SIP_BYE) {
		refuse(end, tx, 481, NULL);
		return;
	}
	if (!msg->max_forwards && msg->method != SIP_BYE) {
		refuse(end, tx, 483, NULL);
		return;
	}
	switch (msg->method) {
	case SIP_BYE:
		on_bye(end, tx, msg);
		break;
	case SIP_INVITE:
	case SIP_UPDATE:
		on_session(end, tx, msg);
		break;
	case SIP_INFO:
		if (b2b_trickle_is(msg)) {
			b2b_trickle_received(end, tx, msg);
			break;
		}
		b2b_relay_request(end, tx, msg);
		break;
	case SIP_REFER:
	case SIP_NOTIFY:
		b2b_relay_request(end, tx, msg);
		break;
	case SIP_PRACK:
		b2b_prack_received(end, tx, msg);
		break;
	case SIP_OPTIONS:
		on_options(end, tx);
		break;
	case SIP_METHOD_OTHER:
		refuse(end, tx, 501, NULL);
		break;
	default:
		refuse(end, tx, 405, NULL);
	}
}

static void on_acked(void *arg, struct sip_dialog *dialog, uint32_t cseq,
		     struct sip_msg *ack)
{
	struct end *end = arg;
	struct pair *pair = end->pair;

	if (pair->call->state == B2B_OVER)
		return;
	if (!end->i && pair->answered && !pair->acked) {
		pair->acked = true;
		b2b_keep_call(pair->call);
		b2b_relay_ack(end, pair->late_offer, ack);
		return;
	}
	b2b_relay_acked(end, cseq, ack);
}

static void on_unacked(void *arg, struct sip_dialog *dialog, uint32_t cseq)
{
	on_acked(arg, dialog, cseq, NULL);
}

static void on_unpracked(void *arg, struct sip_dialog *dialog, struct sip_tx *tx)
{
	b2b_prack_missed(arg, tx);
}

static void on_refused(void *arg, struct sip_dialog *dialog,
		       struct sip_msg *request, unsigned int status)
{
	const struct end *end = arg;

	b2b_call_log(end->pair->call, LOG_LEVEL_INFO, (int)end->i,
		 "its " SPAN_FMT " is refused with %u " SPAN_FMT,
		 SPAN_ARG(request->method_text), status,
		 SPAN_ARG(sip_reason_text(status)));
}

static void on_forked(void *arg, struct sip_dialog *dialog,
		      struct sip_dialog *fork)
{
	struct end *end = arg;

	b2b_branch_forked(end->pair->branch, fork);
}

static void on_cancel(void *arg, struct sip_tx *tx, struct sip_msg *cancel)
{
	b2b_relay_cancelled(arg, tx, cancel);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	b2b_relay_over(arg, tx);
}

static const struct sip_tx_server_ops server_ops = {
	.cancel = on_cancel,
	.over = on_over,
};

const struct sip_dialog_ops b2b_indialog_ops = {
	.request = on_request,
	.server_ops = &server_ops,
	.acked = on_acked,
	.unacked = on_unacked,
	.unpracked = on_unpracked,
	.refused = on_refused,
	.forked = on_forked,
};
