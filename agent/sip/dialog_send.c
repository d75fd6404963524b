// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of ours within a dialog, and the one that begins it: RFC 3261 12.2.1.1,
 * the ACK of a 2xx (13.2.2.4), BYE (15), and the end of a dialog's use.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/dlg.h"

/* ------------------------------------------------------------------------- writing */

static void write_name(struct sip_writer *w, enum sip_hdr id, const char *name,
		       const char *tag)
{
	if (tag && *tag)
		sip_write_headerf(w, id, "%s;tag=%s", name, tag);
	else
		sip_write_header(w, id, span_of(name));
}

static void write_head(const struct sip_dialog *dialog, struct sip_writer *w,
		       const char *method, uint32_t cseq, unsigned int max_forwards)
{
	static const struct span none;

	sip_dlg_write_first(dialog, w, method);
	sip_write_headerf(w, SIP_HDR_MAX_FORWARDS, "%u", max_forwards ? max_forwards : 70);
	write_name(w, SIP_HDR_FROM, dialog->local, dialog->local_tag);
	write_name(w, SIP_HDR_TO, dialog->remote, dialog->remote_tag);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(dialog->call_id));
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u %s", cseq, method);
	if (sip_dlg_refreshes(sip_method_lookup(span_of(method))))
		sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(dialog->contact), none,
			       none);
}

static char *write_request(const struct sip_dialog *dialog,
			   const struct sip_dialog_request *request, uint32_t cseq,
			   size_t *len)
{
	struct sip_writer w = { 0 };

	write_head(dialog, &w, request->method, cseq, request->max_forwards);
	sip_write_lines(&w, request->headers);
	if (request->type.n)
		sip_write_body(&w, request->type, request->body);
	else
		sip_write_end(&w);
	return sip_write_take(&w, len);
}

/* ------------------------------------------------------------------------- sending */

enum sip_dialog_busy sip_dialog_busy(const struct sip_dialog *dialog)
{
	const struct sip_dlg_in *in;

	if (dialog->invite)
		return SIP_DIALOG_BUSY_OURS;
	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->tx->kind == SIP_TX_INVITE_SERVER && !in->acked &&
		    sip_tx_status(in->tx) < 300)
			return SIP_DIALOG_BUSY_THEIRS;
	}
	return SIP_DIALOG_IDLE;
}

/* 0, or the errno that says why @request cannot be sent now. */
static int objection(const struct sip_dialog *dialog, enum sip_method method)
{
	if (method == SIP_ACK || method == SIP_CANCEL)
		return EINVAL;
	if (dialog->closed)
		return ENOTCONN;
	/* a BYE that was challenged is sent again */
	if (dialog->state == SIP_DIALOG_ENDED && !(method == SIP_BYE && dialog->bye_sent))
		return ENOTCONN;
	if (dialog->state == SIP_DIALOG_NEW && !dialog->uac)
		return ENOTCONN;
	if (method == SIP_INVITE && sip_dialog_busy(dialog) != SIP_DIALOG_IDLE)
		return EBUSY;
	return 0;
}

static struct sip_dlg_out *out_new(struct sip_dialog *dialog,
				   const struct sip_dialog_request *request,
				   enum sip_method method)
{
	struct sip_dlg_out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->dialog = dialog;
	out->request = *request;
	out->cseq = dialog->local_cseq + 1;
	out->invite = method == SIP_INVITE;
	out->begins = dialog->state == SIP_DIALOG_NEW;
	return out;
}

static struct sip_tx *transmit(struct sip_dlg_out *out)
{
	struct sip_dialog *dialog = out->dialog;
	struct sip_tx_stack *stack = dialog->dialogs->stack;
	struct sip_flow *flow = sip_dlg_hop(dialog);
	struct sip_tx *tx = NULL;
	size_t len;
	char *text;

	text = write_request(dialog, &out->request, out->cseq, &len);
	if (text)
		tx = sip_tx_client_new(stack, flow, (struct span){ text, len },
				       &sip_dlg_out_ops, out);
	else
		errno = ENOMEM;
	free(text);
	stack->ops->unref(flow);
	return tx;
}

/* What is remembered of a request that is on its way. */
static void sent(struct sip_dlg_out *out, enum sip_method method)
{
	struct sip_dialog *dialog = out->dialog;

	dialog->local_cseq = out->cseq;
	dialog->sent = true;
	dialog->refs++;
	LIST_INSERT_HEAD(&dialog->dialogs->outs, out, all);
	LIST_INSERT_HEAD(&dialog->outs, out, same);
	if (out->invite) {
		dialog->invite = out;
		dialog->rseq_in = 0;
	}
	if (out->begins && method == SIP_SUBSCRIBE)
		dialog->subscribes = true;
	if (method == SIP_BYE) {
		dialog->state = SIP_DIALOG_ENDED;
		dialog->bye_sent = true;
	}
}

struct sip_tx *sip_dialog_request(struct sip_dialog *dialog,
				  const struct sip_dialog_request *request)
{
	enum sip_method method = sip_method_lookup(span_of(request->method));
	struct sip_dlg_out *out;

	errno = objection(dialog, method);
	if (errno)
		return NULL;
	out = out_new(dialog, request, method);
	if (!out)
		return NULL;
	out->tx = transmit(out);
	if (!out->tx) {
		free(out);
		return NULL;
	}
	sent(out, method);
	/* of its texts nothing is kept */
	out->request.method = NULL;
	out->request.headers = out->request.type = out->request.body = (struct span){ 0 };
	return out->tx;
}

void sip_dialog_forget(struct sip_tx *tx)
{
	struct sip_dlg_out *out = tx ? tx->arg : NULL;

	if (out)
		out->orphan = true;
}

void sip_dialog_forget_all(struct sip_dialog *dialog)
{
	struct sip_dlg_out *out;

	LIST_FOREACH(out, &dialog->outs, same)
		out->orphan = true;
}

/* ----------------------------------------------------------------------------- ACK */

struct sip_dlg_ack *sip_dlg_ack_find(const struct sip_dialog *dialog, uint32_t cseq)
{
	struct sip_dlg_ack *ack;

	LIST_FOREACH(ack, &dialog->acks, all) {
		if (ack->cseq == cseq)
			return ack;
	}
	return NULL;
}

struct sip_dlg_ack *sip_dlg_ack_new(struct sip_dialog *dialog, uint32_t cseq)
{
	struct sip_dlg_ack *ack = calloc(1, sizeof(*ack));

	if (!ack)
		return NULL;
	ack->cseq = cseq;
	LIST_INSERT_HEAD(&dialog->acks, ack, all);
	return ack;
}

void sip_dlg_ack_free(struct sip_dlg_ack *ack)
{
	LIST_REMOVE(ack, all);
	free(ack->text);
	free(ack);
}

static int send_ack(struct sip_dialog *dialog, const struct sip_dlg_ack *ack)
{
	struct sip_tx_stack *stack = dialog->dialogs->stack;
	struct sip_flow *flow = sip_dlg_hop(dialog);
	int ret;

	ret = sip_tx_send(stack, flow, (struct span){ ack->text, ack->len },
			  span_of(ack->branch));
	stack->ops->unref(flow);
	return ret;
}

static int make_ack(struct sip_dialog *dialog, struct sip_dlg_ack *ack,
		    struct span headers, struct span type, struct span body)
{
	struct sip_writer w = { 0 };

	write_head(dialog, &w, "ACK", ack->cseq, 0);
	sip_write_lines(&w, headers);
	if (type.n)
		sip_write_body(&w, type, body);
	else
		sip_write_end(&w);
	free(ack->text);
	ack->text = sip_write_take(&w, &ack->len);
	sip_random_tag(ack->branch);
	return ack->text ? send_ack(dialog, ack) : -ENOMEM;
}

int sip_dialog_ack(struct sip_dialog *dialog, struct span headers, struct span type,
		   struct span body)
{
	struct sip_dlg_ack *ack = LIST_FIRST(&dialog->acks);

	return ack ? make_ack(dialog, ack, headers, type, body) : -EINVAL;
}

void sip_dlg_ack_again(struct sip_dialog *dialog, struct sip_dlg_ack *ack)
{
	static const struct span none;

	if (ack->text)
		send_ack(dialog, ack);
	else
		make_ack(dialog, ack, none, none, none);
}

/* ------------------------------------------------------------------- BYE, and the end */

void sip_dlg_send_bye(struct sip_dialog *dialog, struct span headers)
{
	struct sip_dialog_request bye = { .method = "BYE", .headers = headers };
	bool closed = dialog->closed;

	if (dialog->state == SIP_DIALOG_ENDED)
		return;
	dialog->closed = false;
	sip_dialog_request(dialog, &bye);
	dialog->closed = closed;
	dialog->state = SIP_DIALOG_ENDED;
}

/* Did we answer their INVITE 2xx, and wait for the ACK? Then no BYE may be sent yet. */
static bool waits_for_ack(const struct sip_dialog *dialog)
{
	const struct sip_dlg_in *in;

	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->answered && !in->acked && in->tx->kind == SIP_TX_INVITE_SERVER)
			return true;
	}
	return false;
}

static void cancel_invite(struct sip_dialog *dialog, struct span headers)
{
	if (dialog->invite)
		sip_tx_cancel(dialog->invite->tx, headers);
}

static bool can_bye(const struct sip_dialog *dialog)
{
	/* an early dialog is ended by the caller alone (RFC 3261 15); the one that
	 * sent the INVITE cancels it
	 */
	return dialog->state == SIP_DIALOG_CONFIRMED ||
	       (dialog->state == SIP_DIALOG_EARLY && dialog->uac && !dialog->invite);
}

void sip_dialog_bye(struct sip_dialog *dialog, struct span headers)
{
	struct sip_dlg_ack *ack = LIST_FIRST(&dialog->acks);

	dialog->busy++;
	if (ack && !ack->text)
		sip_dlg_ack_again(dialog, ack);
	cancel_invite(dialog, headers);
	if (can_bye(dialog) && waits_for_ack(dialog))
		dialog->bye_headers = span_dup(headers);
	else if (can_bye(dialog))
		sip_dlg_send_bye(dialog, headers);
	dialog->busy--;
	sip_dialog_close(dialog);
}

void sip_dialog_close(struct sip_dialog *dialog)
{
	static const struct span none;
	struct sip_dlg_in *in;

	if (!dialog || dialog->closed)
		return;
	dialog->busy++;
	dialog->closed = true;
	dialog->ops = NULL;
	dialog->arg = NULL;
	LIST_FOREACH(in, &dialog->ins, all)
		sip_dlg_rel_stop(in);
	sip_dialog_forget_all(dialog);
	cancel_invite(dialog, none);
	dialog->busy--;
	sip_dlg_let(dialog);
}
