// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the other side: whose dialog, and may it have them? RFC 3261 12.2.2,
 * 8.2.2.3, 14.2. And what we answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/dlg.h"

/* -------------------------------------------------------------- server transactions */

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	struct sip_dlg_in *in = arg;
	struct sip_dialog *dialog = in->dialog;

	if (!in->answered || in->acked || tx->kind != SIP_TX_INVITE_SERVER)
		return;
	in->acked = true;	/* never, but that is over */
	sip_dlg_owed_bye(dialog);
	if (dialog->ops && dialog->ops->unacked)
		dialog->ops->unacked(dialog->arg, dialog, tx->request->cseq.number);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct sip_dlg_in *in = arg;
	struct sip_dialog *dialog = in->dialog;

	LIST_REMOVE(in, all);
	sip_dlg_rel_free(in);
	free(in);
	dialog->n_ins--;
	dialog->refs--;
	sip_dlg_let(dialog);
}

int sip_dlg_join(struct sip_dialog *dialog, struct sip_tx *tx, bool begins)
{
	struct sip_dlg_in *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->dialog = dialog;
	in->tx = tx;
	in->begins = begins;
	in->hook.failed = on_failed;
	in->hook.over = on_over;
	in->hook.arg = in;
	LIST_INSERT_HEAD(&tx->hooks, &in->hook, entry);
	LIST_INSERT_HEAD(&dialog->ins, in, all);
	dialog->n_ins++;
	dialog->refs++;
	return 0;
}

void sip_dlg_part(struct sip_dlg_in *in)
{
	LIST_REMOVE(&in->hook, entry);
	LIST_REMOVE(in, all);
	in->dialog->n_ins--;
	in->dialog->refs--;
	sip_dlg_rel_free(in);
	free(in);
}

static struct sip_dlg_in *find_in(const struct sip_dialog *dialog,
				  const struct sip_tx *tx)
{
	struct sip_dlg_in *in;

	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->tx == tx)
			return in;
	}
	return NULL;
}

/* ------------------------------------------------------------------ a new dialog: UAS */

static int fill_uas(struct sip_dialog *dialog, struct sip_tx *tx,
		    const struct sip_dialog_conf *conf)
{
	struct sip_msg *request = sip_tx_request(tx);
	int error;

	if (sip_dlg_refreshes(request->method) && !sip_dlg_take_target(dialog, request))
		return -EINVAL;
	if (!dialog->target && !sip_dlg_set(&dialog->target, request->from.uri.text))
		return -ENOMEM;
	error = sip_dlg_take_routes(dialog, request, false);
	if (error)
		return error;
	dialog->local = sip_dlg_name(&request->to);
	dialog->remote = sip_dlg_name(&request->from);
	dialog->remote_cseq = request->cseq.number;
	dialog->heard = true;
	return dialog->local && dialog->remote &&
	       sip_dlg_set(&dialog->contact, conf->contact) &&
	       sip_dlg_set(&dialog->call_id, request->call_id) &&
	       sip_dlg_set(&dialog->remote_tag, request->from.tag) ? 0 : -ENOMEM;
}

static int choose_tag(struct sip_dialog *dialog, struct sip_tx *tx, struct span wanted)
{
	char tag[SIP_TAG_LEN + 1];

	if (!wanted.n)
		wanted = sip_tx_tag(tx);
	if (sip_dlg_lookup(dialog->dialogs, dialog->realm, span_of(dialog->call_id),
			   wanted, span_of(dialog->remote_tag))) {
		sip_random_tag(tag);
		wanted = span_of(tag);
	}
	return sip_dlg_set(&dialog->local_tag, wanted) ? 0 : -ENOMEM;
}

struct sip_dialog *sip_dialog_uas_new(struct sip_dialogs *dialogs, struct sip_tx *tx,
				      const struct sip_dialog_conf *conf)
{
	struct sip_dialog *dialog = NULL;
	int error = EINVAL;

	if (sip_tx_request(tx)->to.tag.n || sip_tx_is_client(tx))
		goto refused;
	dialog = sip_dlg_make(dialogs, conf, sip_tx_flow(tx));
	error = ENOMEM;
	if (!dialog)
		goto refused;
	error = -fill_uas(dialog, tx, conf);
	if (!error)
		error = -choose_tag(dialog, tx, conf->tag);
	if (!error)
		error = -sip_dlg_join(dialog, tx, true);
	if (error)
		goto refused;
	sip_dlg_link(dialog);
	return dialog;
refused:
	if (dialog)
		sip_dlg_free(dialog);
	errno = error;
	return NULL;
}

/* ---------------------------------------------------------------------------- ACK */

/* A BYE that had to wait for the ACK of our 2xx. */
void sip_dlg_owed_bye(struct sip_dialog *dialog)
{
	char *headers = dialog->bye_headers;

	if (!headers)
		return;
	dialog->bye_headers = NULL;
	sip_dlg_send_bye(dialog, span_of(headers));
	free(headers);
}

static void take_ack(struct sip_dialog *dialog, struct sip_msg *ack)
{
	struct sip_dlg_in *in;

	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->answered && in->tx->kind == SIP_TX_INVITE_SERVER &&
		    in->tx->request->cseq.number == ack->cseq.number)
			break;
	}
	if (!in) {
		dialog->dialogs->counters.stray_ack++;
		return;
	}
	if (in->acked)
		return;
	in->acked = true;
	sip_tx_acked(in->tx);
	sip_dlg_owed_bye(dialog);
	if (dialog->ops && dialog->ops->acked)
		dialog->ops->acked(dialog->arg, dialog, ack->cseq.number, ack);
}

/* --------------------------------------------------------------------------- judging */

static void add_names(struct sip_reply *reply, struct sip_msg *request,
		      const char *const *supported, char *buf, size_t size)
{
	static const char *const nothing[] = { NULL };
	char names[400];

	sip_msg_unsupported(request, SIP_HDR_REQUIRE, supported ? supported : nothing,
			    names, sizeof(names));
	snprintf(buf, size, "Unsupported: %s\r\n", names);
	reply->headers = span_of(buf);
}

static bool requires_unknown(struct sip_msg *request, const char *const *supported)
{
	static const char *const nothing[] = { NULL };
	char names[400];

	return sip_msg_unsupported(request, SIP_HDR_REQUIRE,
				   supported ? supported : nothing, names,
				   sizeof(names));
}

bool sip_require_ok(struct sip_tx_stack *stack, struct sip_flow *flow,
		    struct sip_msg *request, const char *const *supported)
{
	struct sip_reply reply = { .status = 420 };
	char buf[420];

	if (!requires_unknown(request, supported))
		return true;
	add_names(&reply, request, supported, buf, sizeof(buf));
	sip_tx_stateless(stack, flow, request, &reply);
	return false;
}

/* Did they name a target that nothing can be sent to? */
static bool has_bad_contact(struct sip_msg *request)
{
	return sip_dlg_refreshes(request->method) &&
	       sip_msg_first(request, SIP_HDR_CONTACT) && !sip_contact_ok(request);
}

/* Their INVITE has no final response yet. One that has its 2xx and not its ACK is over
 * for who sends the next: the ACK was lost.
 */
static bool invite_open(const struct sip_dialog *dialog)
{
	const struct sip_dlg_in *in;

	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->tx->kind == SIP_TX_INVITE_SERVER && sip_tx_status(in->tx) < 200)
			return true;
	}
	return false;
}

/* 0, or the status with which the dialog refuses a request that is in order. */
static unsigned int judge(struct sip_dialog *dialog, struct sip_msg *request,
			  struct sip_reply *reply, char *buf, size_t size)
{
	struct sip_dialogs_counters *counters = &dialog->dialogs->counters;
	const char *const *supported = dialog->policy ? dialog->policy->supported : NULL;
	enum sip_dialog_busy busy = sip_dialog_busy(dialog);

	if (requires_unknown(request, supported)) {
		counters->require++;
		add_names(reply, request, supported, buf, size);
		return 420;
	}
	if (has_bad_contact(request)) {
		counters->bad_contact++;
		return 400;
	}
	if (request->method != SIP_INVITE || busy == SIP_DIALOG_IDLE)
		return 0;
	if (busy == SIP_DIALOG_BUSY_OURS) {
		counters->glare++;
		return 491;
	}
	if (!invite_open(dialog))
		return 0;
	counters->glare++;
	snprintf(buf, size, "Retry-After: %u\r\n", (unsigned int)(request->cseq.number % 10));
	reply->headers = span_of(buf);
	return 500;
}

/* A request that the dialog is not asked about by its user. */
static void refuse(struct sip_dialog *dialog, struct sip_flow *flow,
		   struct sip_msg *request, const struct sip_reply *reply)
{
	struct sip_tx *tx;

	tx = sip_tx_server_new(dialog->dialogs->stack, flow, request, NULL, NULL);
	if (tx)
		sip_tx_respond(tx, reply);
	if (dialog->ops && dialog->ops->refused)
		dialog->ops->refused(dialog->arg, dialog, request, reply->status);
}

static void hand_up(struct sip_dialog *dialog, struct sip_flow *flow,
		    struct sip_msg *request)
{
	const struct sip_dialog_ops *ops = dialog->ops;
	struct sip_tx *tx;

	tx = sip_tx_server_new(dialog->dialogs->stack, flow, request,
			       ops ? ops->server_ops : NULL, dialog->arg);
	if (!tx)
		return;
	if (sip_dlg_join(dialog, tx, false) || !ops || !ops->request) {
		sip_tx_forget(tx);
		return;
	}
	ops->request(dialog->arg, dialog, tx, request);
}

static void take_ended(struct sip_dialog *dialog, struct sip_flow *flow,
		       struct sip_msg *request)
{
	/* two BYEs that cross: both are right */
	unsigned int status = request->method == SIP_BYE && dialog->bye_sent ? 200 : 481;

	sip_tx_refuse(dialog->dialogs->stack, flow, request, status);
}

static void take_request(struct sip_dialog *dialog, struct sip_flow *flow,
			 struct sip_msg *request)
{
	struct sip_reply reply = { 0 };
	char buf[420];

	if (dialog->closed || dialog->state == SIP_DIALOG_ENDED) {
		take_ended(dialog, flow, request);
		return;
	}
	if (dialog->n_ins >= SIP_DIALOG_REQUESTS && request->method != SIP_BYE) {
		dialog->dialogs->counters.too_many++;
		sip_tx_refuse(dialog->dialogs->stack, flow, request, 500);
		return;
	}
	if (dialog->heard && request->cseq.number <= dialog->remote_cseq) {
		dialog->dialogs->counters.disorder++;
		sip_tx_refuse(dialog->dialogs->stack, flow, request, 500);
		return;
	}
	dialog->heard = true;
	dialog->remote_cseq = request->cseq.number;
	/* who has lost his connection comes back by another */
	if (flow->proto != SIP_PROTO_UDP && !dialog->flow->conn)
		sip_dlg_set_flow(dialog, flow);
	reply.status = judge(dialog, request, &reply, buf, sizeof(buf));
	if (reply.status)
		refuse(dialog, flow, request, &reply);
	else
		hand_up(dialog, flow, request);
}

/* What a NOTIFY says of its sender, who is heard for the first time. */
static bool learn_notifier(struct sip_dialog *dialog, struct sip_msg *notify)
{
	if (!sip_dlg_set(&dialog->remote_tag, notify->from.tag))
		return false;
	sip_dlg_take_routes(dialog, notify, false);
	sip_dlg_take_target(dialog, notify);
	dialog->state = SIP_DIALOG_CONFIRMED;
	return true;
}

/* A SUBSCRIBE of ours has more than one notifier. Its user has the word. */
static struct sip_dialog *another_notifier(struct sip_dialog *dialog,
					   struct sip_msg *notify)
{
	struct sip_dialog *fork;

	if (!dialog->ops || !dialog->ops->forked)
		return NULL;
	fork = sip_dlg_fork(dialog, dialog->local_cseq);
	if (!fork)
		return NULL;
	if (!learn_notifier(fork, notify)) {
		sip_dlg_free(fork);
		return NULL;
	}
	sip_dlg_link(fork);
	dialog->dialogs->counters.forks++;
	fork->busy++;
	dialog->busy++;
	dialog->ops->forked(dialog->arg, dialog, fork);
	dialog->busy--;
	sip_dlg_let(dialog);
	fork->busy--;
	if (!fork->closed)
		return fork;
	sip_dlg_let(fork);
	return NULL;
}

/*
 * RFC 6665 4.4.1: a NOTIFY makes the dialog of a SUBSCRIBE of ours, whose 2xx is on its
 * way, lost, or another notifier's.
 */
static struct sip_dialog *begun_by_notify(struct sip_dialogs *dialogs,
					  struct sip_flow *flow, struct sip_msg *msg)
{
	struct sip_dialog *dialog;

	if (msg->method != SIP_NOTIFY || !msg->from.tag.n || !sip_contact_ok(msg))
		return NULL;
	dialog = sip_dlg_lookup_subscription(dialogs, sip_tx_realm(flow), msg->call_id,
					     msg->to.tag);
	if (!dialog)
		return NULL;
	if (dialog->remote_tag)
		return another_notifier(dialog, msg);
	/* one that was refused begins nothing */
	if (LIST_EMPTY(&dialog->outs) || !learn_notifier(dialog, msg))
		return NULL;
	return dialog;
}

bool sip_dialogs_receive(struct sip_dialogs *dialogs, struct sip_flow *flow,
			 struct sip_msg *msg)
{
	struct sip_dialog *dialog;

	if (!msg->to.tag.n && msg->method != SIP_ACK)
		return false;
	dialog = sip_dlg_lookup(dialogs, sip_tx_realm(flow), msg->call_id, msg->to.tag,
				msg->from.tag);
	if (!dialog)
		dialog = begun_by_notify(dialogs, flow, msg);
	if (!dialog) {
		if (msg->method == SIP_ACK)
			dialogs->counters.stray_ack++;
		else
			dialogs->counters.unknown++;
		sip_tx_refuse(dialogs->stack, flow, msg, 481);
		return true;
	}
	dialog->busy++;
	if (msg->method == SIP_ACK)
		take_ack(dialog, msg);
	else
		take_request(dialog, flow, msg);
	dialog->busy--;
	sip_dlg_let(dialog);
	return true;
}

/* ------------------------------------------------------------------------ answering */

static void complete(const struct sip_dialog *dialog, const struct sip_tx *tx,
		     struct sip_reply *reply)
{
	bool names = reply->status > 100 && reply->status < 300 &&
		     sip_dlg_refreshes(tx->request->method);

	reply->tag = span_of(dialog->local_tag);
	if (names && !reply->contact.n)
		reply->contact = span_of(dialog->contact);
}

/* A refusal of the INVITE that made them ends all dialogs of it. */
static void end_all(struct sip_tx *tx)
{
	struct sip_tx_hook *hook;
	struct sip_dlg_in *in;

	LIST_FOREACH(hook, &tx->hooks, entry) {
		in = hook->arg;
		sip_dlg_rel_stop(in);
		if (in->begins)
			in->dialog->state = SIP_DIALOG_ENDED;
	}
}

void sip_dlg_accepted(struct sip_dlg_in *in)
{
	struct sip_dialog *dialog = in->dialog;
	struct sip_msg *request = in->tx->request;

	in->answered = true;
	if (request->method == SIP_BYE) {
		dialog->state = SIP_DIALOG_ENDED;
		return;
	}
	if (in->begins)
		dialog->state = SIP_DIALOG_CONFIRMED;
	else if (sip_dlg_refreshes(request->method) &&
		 sip_dlg_take_target(dialog, request))
		sip_dlg_set_flow(dialog, in->tx->flow);
}

static void is_early(struct sip_dialog *dialog)
{
	if (dialog->state == SIP_DIALOG_NEW)
		dialog->state = SIP_DIALOG_EARLY;
}

int sip_dialog_respond(struct sip_dialog *dialog, struct sip_tx *tx,
		       const struct sip_reply *reply)
{
	struct sip_dlg_in *in = find_in(dialog, tx);
	struct sip_reply whole = *reply;
	int error;

	if (!in)
		return -EINVAL;
	if (whole.status < 200 && sip_dlg_rel_holds(in))
		return -EALREADY;
	complete(dialog, tx, &whole);
	/* RFC 3262 section 3 */
	if (whole.status >= 200 && whole.status < 300 && sip_dlg_rel_described(in))
		return sip_dlg_rel_hold(in, &whole);
	dialog->busy++;
	error = sip_tx_respond(tx, &whole);
	if (!error && whole.status >= 200)
		sip_dlg_rel_stop(in);
	if (!error && whole.status >= 300 && in->begins)
		end_all(tx);
	else if (!error && whole.status >= 200 && whole.status < 300)
		sip_dlg_accepted(in);
	else if (!error && whole.status > 100)
		is_early(dialog);
	dialog->busy--;
	return error;
}

int sip_dialog_respond_reliably(struct sip_dialog *dialog, struct sip_tx *tx,
				const struct sip_reply *reply, uint32_t cookie)
{
	struct sip_dlg_in *in = find_in(dialog, tx);
	struct sip_reply whole = *reply;
	int error;

	if (!in || tx->kind != SIP_TX_INVITE_SERVER || whole.status <= 100 ||
	    whole.status >= 200)
		return -EINVAL;
	complete(dialog, tx, &whole);
	error = sip_dlg_rel_say(in, &whole, cookie);
	if (!error)
		is_early(dialog);
	return error;
}

int sip_dialog_answer(struct sip_dialog *dialog, struct sip_tx *tx, unsigned int status)
{
	struct sip_reply reply = { .status = status };

	return sip_dialog_respond(dialog, tx, &reply);
}
