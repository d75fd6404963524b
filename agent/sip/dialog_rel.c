// SPDX-License-Identifier: GPL-2.0
/*
 * Reliable provisional responses (RFC 3262): whose turn is it, theirs by RSeq; ours one
 * after the other, each said again until its PRACK is here. PRACKs are the user's to
 * send and to answer.
 *
 * What waits belongs to &struct sip_dlg_in, the dialog's part in the INVITE's server
 * transaction, and so does its timer: it ends with the transaction, with the final
 * response, or with the dialog's user, whichever is first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "sip/dlg.h"

#define RSEQ_MAX	0x7fffffffu	/* of the first one; later ones may be above */
#define WAITING_MAX	8		/* of one INVITE in one dialog */

/* ------------------------------------------------------------------------- theirs */

enum sip_rseq sip_dialog_rseq_in(struct sip_dialog *dialog, uint32_t rseq)
{
	if (dialog->rseq_in && rseq <= dialog->rseq_in)
		return SIP_RSEQ_AGAIN;
	if (dialog->rseq_in && rseq != dialog->rseq_in + 1)
		return SIP_RSEQ_GAP;
	if (!rseq)
		return SIP_RSEQ_GAP;
	dialog->rseq_in = rseq;
	return SIP_RSEQ_NEXT;
}

/* --------------------------------------------------------------------- what waits */

/**
 * struct sip_dlg_said - a reliable response of ours, or the 2xx behind them
 * @entry: in the order in which they are said
 * @status: its status
 * @rseq: its number; 0: it is the 2xx
 * @rel: what the user knows it by
 * @text: the whole response
 * @len: its bytes
 */
struct sip_dlg_said {
	TAILQ_ENTRY(sip_dlg_said) entry;
	unsigned int status;
	uint32_t rseq;
	struct sip_rel rel;
	char *text;
	size_t len;
};

/**
 * struct sip_dlg_rel - reliable responses of ours to one INVITE, in one dialog
 * @in: what they belong to
 * @waiting: the first one was said and waits for its PRACK; the others wait for that
 * @n: how many
 * @timer: says the first one again
 * @interval: ms until then
 * @left: ms until it is given up
 * @late: RSeq of the one that waited when the final response was said; 0: none did
 * @late_rel: of that
 */
struct sip_dlg_rel {
	struct sip_dlg_in *in;
	TAILQ_HEAD(sip_dlg_said_list, sip_dlg_said) waiting;
	unsigned int n;
	struct timer timer;
	uint32_t interval, left;
	uint32_t late;
	struct sip_rel late_rel;
};

static void free_said(struct sip_dlg_rel *rel, struct sip_dlg_said *said)
{
	TAILQ_REMOVE(&rel->waiting, said, entry);
	rel->n--;
	free(said->text);
	free(said);
}

static struct sip_dlg_said *add(struct sip_dlg_rel *rel, const struct sip_reply *reply)
{
	struct sip_dlg_said *said = calloc(1, sizeof(*said));

	if (!said)
		return NULL;
	said->text = sip_tx_build_reply(rel->in->tx->request, reply, reply->tag,
					&said->len);
	if (!said->text) {
		free(said);
		return NULL;
	}
	said->status = reply->status;
	said->rel.described = reply->type.n;
	TAILQ_INSERT_TAIL(&rel->waiting, said, entry);
	rel->n++;
	return said;
}

/* ------------------------------------------------------------------------- saying */

static void arm(struct sip_dlg_rel *rel)
{
	timer_set(rel->in->tx->stack->timers, &rel->timer,
		  rel->interval < rel->left ? rel->interval : rel->left);
}

/* Nobody has acknowledged it within 64 * T1: section 3 wants a 5xx, from the user. */
static void give_up(struct sip_dlg_rel *rel)
{
	struct sip_dialog *dialog = rel->in->dialog;
	struct sip_tx *tx = rel->in->tx;

	tx->stack->counters.timed_out++;
	sip_dlg_rel_stop(rel->in);
	dialog->busy++;
	if (dialog->ops && dialog->ops->unpracked)
		dialog->ops->unpracked(dialog->arg, dialog, tx);
	dialog->busy--;
	sip_dlg_let(dialog);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct sip_dlg_rel *rel = arg;
	struct sip_dlg_said *first = TAILQ_FIRST(&rel->waiting);
	struct sip_tx *tx = rel->in->tx;

	/* another dialog of the same INVITE had the last word */
	if (sip_tx_status(tx) >= 200) {
		sip_dlg_rel_stop(rel->in);
		return;
	}
	rel->left -= rel->interval < rel->left ? rel->interval : rel->left;
	if (!rel->left) {
		give_up(rel);
		return;
	}
	tx->stack->counters.resent++;
	tx->stack->ops->reply(tx->flow, first->text, first->len);
	rel->interval *= 2;
	arm(rel);
}

/* The copy is the transaction's: it repeats its last response when the INVITE comes
 * again, whichever dialog's that is.
 */
static int say_copy(struct sip_tx *tx, const struct sip_dlg_said *said)
{
	char *copy = malloc(said->len);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, said->text, said->len);
	return sip_tx_say(tx, said->status, copy, said->len);
}

static void say_2xx(struct sip_dlg_rel *rel, struct sip_dlg_said *said)
{
	struct sip_dlg_in *in = rel->in;
	int error;

	error = sip_tx_say(in->tx, said->status, said->text, said->len);
	said->text = NULL;
	free_said(rel, said);
	if (!error)
		sip_dlg_accepted(in);
}

/* The next one's turn. */
static void say_first(struct sip_dlg_rel *rel)
{
	uint32_t t1 = rel->in->tx->stack->config.t1;
	struct sip_dlg_said *first = TAILQ_FIRST(&rel->waiting);

	timer_cancel(&rel->timer);
	if (!first)
		return;
	if (!first->rseq) {
		say_2xx(rel, first);
		return;
	}
	/* what does not go out now goes out with the timer */
	say_copy(rel->in->tx, first);
	rel->interval = t1;
	rel->left = 64 * t1;
	arm(rel);
}

static struct sip_dlg_rel *rel_of(struct sip_dlg_in *in)
{
	struct sip_dlg_rel *rel = in->rel;

	if (rel)
		return rel;
	rel = calloc(1, sizeof(*rel));
	if (!rel)
		return NULL;
	rel->in = in;
	TAILQ_INIT(&rel->waiting);
	timer_init(&rel->timer, on_timer, rel);
	in->rel = rel;
	return rel;
}

static void take_number(struct sip_dialog *dialog)
{
	if (dialog->rseq_out) {
		dialog->rseq_out++;
		return;
	}
	random_bytes(&dialog->rseq_out, sizeof(dialog->rseq_out));
	dialog->rseq_out = dialog->rseq_out % (RSEQ_MAX / 2) + 1;
}

static struct sip_dlg_said *add_numbered(struct sip_dlg_rel *rel, struct sip_reply *reply)
{
	struct sip_dialog *dialog = rel->in->dialog;
	struct sip_dlg_said *said = NULL;
	struct sip_writer w = { 0 };

	take_number(dialog);
	sip_write_block(&w, reply->headers);
	sip_write_header(&w, SIP_HDR_REQUIRE, SPAN("100rel"));
	sip_write_headerf(&w, SIP_HDR_RSEQ, "%u", dialog->rseq_out);
	reply->headers = (struct span){ w.p, w.n };
	if (!w.failed)
		said = add(rel, reply);
	if (said)
		said->rseq = dialog->rseq_out;
	else
		dialog->rseq_out--;	/* no number is left out */
	sip_write_free(&w);
	return said;
}

int sip_dlg_rel_say(struct sip_dlg_in *in, struct sip_reply *reply, uint32_t cookie)
{
	struct sip_dlg_rel *rel = rel_of(in);
	struct sip_dlg_said *said;

	if (!rel)
		return -ENOMEM;
	if (sip_tx_status(in->tx) >= 200 || sip_dlg_rel_holds(in))
		return -EALREADY;
	if (rel->n >= WAITING_MAX)
		return -ENOBUFS;
	said = add_numbered(rel, reply);
	if (!said)
		return -ENOMEM;
	said->rel.cookie = cookie;
	if (said == TAILQ_FIRST(&rel->waiting))
		say_first(rel);
	return 0;
}

/* ------------------------------------------------------------------ final responses */

bool sip_dlg_rel_holds(const struct sip_dlg_in *in)
{
	const struct sip_dlg_said *last;

	last = in->rel ? TAILQ_LAST(&in->rel->waiting, sip_dlg_said_list) : NULL;
	return last && !last->rseq;
}

bool sip_dlg_rel_described(const struct sip_dlg_in *in)
{
	const struct sip_dlg_said *said;

	if (!in->rel)
		return false;
	TAILQ_FOREACH(said, &in->rel->waiting, entry) {
		if (said->rel.described)
			return true;
	}
	return false;
}

int sip_dlg_rel_hold(struct sip_dlg_in *in, const struct sip_reply *reply)
{
	if (sip_dlg_rel_holds(in))
		return -EALREADY;
	return add(in->rel, reply) ? 0 : -ENOMEM;
}

void sip_dlg_rel_stop(struct sip_dlg_in *in)
{
	struct sip_dlg_rel *rel = in->rel;
	struct sip_dlg_said *first = rel ? TAILQ_FIRST(&rel->waiting) : NULL;

	if (!first)
		return;
	timer_cancel(&rel->timer);
	rel->late = first->rseq;
	rel->late_rel = first->rel;
	while ((first = TAILQ_FIRST(&rel->waiting)) != NULL)
		free_said(rel, first);
}

void sip_dlg_rel_free(struct sip_dlg_in *in)
{
	sip_dlg_rel_stop(in);
	free(in->rel);
	in->rel = NULL;
}

/* -------------------------------------------------------------------------- PRACK */

static struct sip_dlg_rel *find(const struct sip_dialog *dialog,
				const struct sip_rack *rack)
{
	const struct sip_dlg_in *in;

	if (rack->cseq.method != SIP_INVITE)
		return NULL;
	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->rel && in->tx->request->cseq.number == rack->cseq.number)
			return in->rel;
	}
	return NULL;
}

bool sip_dialog_rack(const struct sip_dialog *dialog, const struct sip_rack *rack,
		     struct sip_rel *known)
{
	const struct sip_dlg_rel *rel = find(dialog, rack);
	const struct sip_dlg_said *first = rel ? TAILQ_FIRST(&rel->waiting) : NULL;

	if (first && first->rseq && first->rseq == rack->rseq)
		*known = first->rel;
	else if (rel && rel->late && rel->late == rack->rseq)
		*known = rel->late_rel;
	else
		return false;
	return true;
}

void sip_dialog_racked(struct sip_dialog *dialog, const struct sip_rack *rack)
{
	struct sip_dlg_rel *rel = find(dialog, rack);
	struct sip_dlg_said *first = rel ? TAILQ_FIRST(&rel->waiting) : NULL;

	if (first && first->rseq && first->rseq == rack->rseq) {
		free_said(rel, first);
		say_first(rel);
	} else if (rel && rel->late == rack->rseq) {
		rel->late = 0;
	}
}
