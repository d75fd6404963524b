// SPDX-License-Identifier: GPL-2.0
/*
 * What requests of ours are answered: dialogs come to be, are confirmed, fork; a 2xx
 * that nobody waits for any more gets its ACK all the same.
 */
#include <stdlib.h>

#include "sip/dlg.h"

/* Further dialogs of one INVITE; some are kept for those that answer. Who answers beyond
 * that is acknowledged and ended, nobody hears of him.
 */
#define FORKS		(SIP_DIALOG_FORKS - 1)
#define EARLY_FORKS	(FORKS - 4)
#define FORKS_ENDED	100

/* ------------------------------------------------------------------------ learning */

/* The other side is heard for the first time by a response with a tag: RFC 3261
 * 12.1.2. What cannot be used of it leaves what there was: the call shall not die of a
 * proxy's Record-Route, nor of a phone's Contact.
 */
static void learn(struct sip_dialog *dialog, struct sip_msg *response)
{
	if (!sip_dlg_set(&dialog->remote_tag, response->to.tag))
		return;
	sip_dlg_take_routes(dialog, response, true);
	sip_dlg_take_target(dialog, response);
	dialog->state = SIP_DIALOG_EARLY;
}

static bool copy_texts(struct sip_dialog *fork, const struct sip_dialog *from)
{
	return sip_dlg_set(&fork->call_id, span_of(from->call_id)) &&
	       sip_dlg_set(&fork->local_tag, span_of(from->local_tag)) &&
	       sip_dlg_set(&fork->local, span_of(from->local)) &&
	       sip_dlg_set(&fork->remote, span_of(from->remote)) &&
	       sip_dlg_set(&fork->contact, span_of(from->contact)) &&
	       sip_dlg_set(&fork->target, span_of(from->first_target));
}

struct sip_dialog *sip_dlg_fork(const struct sip_dialog *from, uint32_t cseq)
{
	struct sip_dialog_conf conf = {
		.policy = from->policy,
		.policy_arg = from->policy_arg,
		.ops = from->ops,
		.arg = from->arg,
	};
	struct sip_dialog *fork;

	fork = sip_dlg_make(from->dialogs, &conf, from->flow);
	if (!fork)
		return NULL;
	if (!copy_texts(fork, from)) {
		sip_dlg_free(fork);
		return NULL;
	}
	fork->uac = true;
	fork->local_cseq = cseq;
	fork->sent = true;
	return fork;
}

static bool has_room(struct sip_dlg_out *out, const struct sip_msg *response)
{
	struct sip_dialog **fork;

	if (out->n_forks >= (response->status < 200 ? EARLY_FORKS : FORKS_ENDED)) {
		out->dialog->dialogs->counters.too_many_forks++;
		return false;
	}
	fork = reallocarray(out->fork, out->n_forks + 1, sizeof(struct sip_dialog *));
	if (!fork)
		return false;	/* it comes again */
	out->fork = fork;
	return true;
}

static struct sip_dialog *add_fork(struct sip_dlg_out *out, struct sip_msg *response)
{
	struct sip_dialogs *dialogs = out->dialog->dialogs;
	bool wanted = !out->orphan && out->n_forks < FORKS;
	struct sip_dialog *fork;

	fork = has_room(out, response) ? sip_dlg_fork(out->dialog, out->cseq) : NULL;
	if (!fork)
		return NULL;
	learn(fork, response);
	sip_dlg_link(fork);
	dialogs->counters.forks++;
	fork->refs++;
	out->fork[out->n_forks++] = fork;
	fork->closed = !wanted;
	if (wanted && out->dialog->ops && out->dialog->ops->forked)
		out->dialog->ops->forked(out->dialog->arg, out->dialog, fork);
	else
		fork->closed = true;	/* nobody wants it */
	return fork;
}

static bool has_tag(const struct sip_dialog *dialog, struct span tag)
{
	return dialog->remote_tag && span_eq(span_of(dialog->remote_tag), tag);
}

/* Which dialog is this answer to an INVITE of? NULL: none that can be served. */
static struct sip_dialog *dialog_of(struct sip_dlg_out *out, struct sip_msg *response)
{
	struct span tag = response->to.tag;
	size_t i;

	if (has_tag(out->dialog, tag))
		return out->dialog;
	if (!out->begins)
		return NULL;
	for (i = 0; i < out->n_forks; i++) {
		if (has_tag(out->fork[i], tag))
			return out->fork[i];
	}
	if (out->dialog->remote_tag)
		return add_fork(out, response);
	learn(out->dialog, response);
	return out->dialog;
}

/* -------------------------------------------------------------------------- telling */

static void tell(struct sip_dlg_out *out, struct sip_dialog *dialog,
		 struct sip_msg *response)
{
	if (!out->orphan && out->request.response)
		out->request.response(out->request.arg, dialog, out->tx, response);
}

/* Nobody hears of this 2xx any more: RFC 3261 13.2.2.4 wants an ACK even so, and a BYE
 * if it made a dialog.
 */
static void end_late(struct sip_dialog *dialog, struct sip_dlg_ack *ack)
{
	static const struct span none;

	dialog->dialogs->counters.late_2xx++;
	sip_dlg_ack_again(dialog, ack);
	if (dialog->state != SIP_DIALOG_ENDED)
		sip_dlg_send_bye(dialog, none);
}

static void on_2xx(struct sip_dlg_out *out, struct sip_dialog *dialog,
		   struct sip_msg *response)
{
	struct sip_dlg_ack *ack = sip_dlg_ack_find(dialog, out->cseq);

	if (ack) {
		/* a copy: its user has it, and acknowledges it when he can */
		if (ack->text || dialog->closed || dialog->state == SIP_DIALOG_ENDED)
			sip_dlg_ack_again(dialog, ack);
		return;
	}
	ack = sip_dlg_ack_new(dialog, out->cseq);
	if (!ack)
		return;		/* it comes again */
	if (out->begins)
		sip_dlg_take_routes(dialog, response, true);
	sip_dlg_take_target(dialog, response);
	if (dialog->state == SIP_DIALOG_ENDED || dialog->closed || out->orphan) {
		end_late(dialog, ack);
		return;
	}
	dialog->state = SIP_DIALOG_CONFIRMED;
	tell(out, dialog, response);
}

/* RFC 3261 13.2.2.3: early dialogs end with their INVITE. The one that sent it may
 * send another.
 */
static void on_refusal(struct sip_dlg_out *out)
{
	struct sip_dialog *dialog = out->dialog;
	size_t i;

	if (!out->begins)
		return;
	for (i = 0; i < out->n_forks; i++) {
		if (out->fork[i]->state == SIP_DIALOG_EARLY)
			out->fork[i]->state = SIP_DIALOG_ENDED;
	}
	if (dialog->state != SIP_DIALOG_EARLY)
		return;
	dialog->state = SIP_DIALOG_NEW;
	free(dialog->remote_tag);
	dialog->remote_tag = NULL;
	sip_dlg_drop_routes(dialog);
	sip_dlg_set(&dialog->target, span_of(dialog->first_target));
}

static void invite_answered(struct sip_dlg_out *out, struct sip_msg *response)
{
	struct sip_dialog *dialog = out->dialog;

	if (out->orphan && response->status < 200)
		return;
	if (response->status >= 200 && out->dialog->invite == out)
		out->dialog->invite = NULL;
	if (response->status >= 300)
		on_refusal(out);
	else if (response->status > 100 && (response->to.tag.n || response->status >= 200))
		dialog = dialog_of(out, response);
	if (!dialog)
		return;
	dialog->busy++;
	if (response->status >= 200 && response->status < 300)
		on_2xx(out, dialog, response);
	else if (!dialog->closed)
		tell(out, dialog, response);
	dialog->busy--;
	if (dialog != out->dialog)
		sip_dlg_let(dialog);
}

static void other_answered(struct sip_dlg_out *out, struct sip_msg *response)
{
	struct sip_dialog *dialog = out->dialog;
	enum sip_method method = response->cseq.method;

	if (response->status >= 200 && response->status < 300 &&
	    sip_dlg_refreshes(method)) {
		/* SUBSCRIBE and REFER begin dialogs too */
		if (out->begins && response->to.tag.n && !dialog->remote_tag) {
			learn(dialog, response);
			dialog->state = SIP_DIALOG_CONFIRMED;
		} else if (!out->begins || has_tag(dialog, response->to.tag)) {
			sip_dlg_take_target(dialog, response);
		}
	}
	tell(out, dialog, response);
}

static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *response)
{
	struct sip_dlg_out *out = arg;

	if (out->invite)
		invite_answered(out, response);
	else
		other_answered(out, response);
}

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	struct sip_dlg_out *out = arg;

	if (out->dialog->invite == out)
		out->dialog->invite = NULL;
	if (out->invite)
		on_refusal(out);
	if (!out->orphan && out->request.failed)
		out->request.failed(out->request.arg, out->dialog, tx, status);
}

/* What has not answered by now does not any more; but its INVITE may be one that was sent
 * again, and answered since.
 */
static void part(const struct sip_dlg_out *out, struct sip_dialog *dialog)
{
	struct sip_dlg_ack *ack = sip_dlg_ack_find(dialog, out->cseq);

	if (out->begins && out->invite && !dialog->invite &&
	    dialog->state == SIP_DIALOG_EARLY)
		dialog->state = SIP_DIALOG_ENDED;
	/* the newest may still be owed: by a user who waits for an answer to put in */
	if (ack && ack != LIST_FIRST(&dialog->acks))
		sip_dlg_ack_free(ack);
	dialog->refs--;
	sip_dlg_let(dialog);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct sip_dlg_out *out = arg;
	size_t i;

	if (out->dialog->invite == out)
		out->dialog->invite = NULL;
	LIST_REMOVE(out, all);
	LIST_REMOVE(out, same);
	if (!out->orphan && out->request.over)
		out->request.over(out->request.arg, tx);
	for (i = 0; i < out->n_forks; i++)
		part(out, out->fork[i]);
	part(out, out->dialog);
	free(out->fork);
	free(out);
}

const struct sip_tx_client_ops sip_dlg_out_ops = {
	.response = on_response,
	.failed = on_failed,
	.over = on_over,
};
