// SPDX-License-Identifier: GPL-2.0
/*
 * Reliable provisional answers (RFC 3262), by whichever side has them.  Numbers and
 * repetition are each side's own, by its dialog.
 *
 * The callee is always told that we know them, but where its description would be an
 * offer that nobody could answer.  The caller gets them where it requires them, or
 * supports them and the callee's is one: an answer that the callee may still change is
 * no better for being repeated.
 *
 *   both        the caller's PRACK is the callee's; with a description it goes on and has
 *               the callee's answer, else we answer it and send one
 *   callee's    we send the PRACK at once
 *   caller's    we answer the PRACK
 *
 * What waits for a PRACK ends with its dialog, our own PRACKs with their pair.
 */
#include "private.h"

/* of ours that the callee has not answered: more answers of its are not heard */
#define OWN_MAX		8

bool b2b_prack_offers(const struct call *call)
{
	return call->offer || call->rel;
}

bool b2b_prack_heard(struct pair *pair, const struct sip_msg *msg, uint32_t *rseq)
{
	struct sip_dialog *dialog = pair->end[1].dialog;
	uint32_t n;

	*rseq = 0;
	/* it says so without having been told that it may, or nobody could acknowledge it */
	if (!dialog || sip_dialog_state(dialog) == SIP_DIALOG_NEW ||
	    !b2b_prack_offers(pair->call) ||
	    !sip_msg_has(msg, SIP_HDR_REQUIRE, "100rel") ||
	    sip_msg_seconds(msg, SIP_HDR_RSEQ, &n) != 1)
		return true;
	if (b2b_relay_pracks(pair) >= OWN_MAX ||
	    sip_dialog_rseq_in(dialog, n) != SIP_RSEQ_NEXT)
		return false;
	pair->cseq = msg->cseq.number;
	*rseq = n;
	return true;
}

void b2b_prack_pass(struct pair *pair, const struct sip_msg *msg, uint32_t rseq,
		    const char *sdp)
{
	const struct call *call = pair->call;
	bool reliable = call->rel_must || (call->rel && rseq);
	int error;

	error = b2b_reply(&pair->end[0], call->invite, &(struct answer){
		.status = msg->status, .from = msg, .sdp = sdp,
		.reliable = reliable, .rseq = rseq });
	if (!error && reliable && sdp)
		pair->told = true;
	if (rseq && (error || !reliable))
		b2b_relay_prack_own(&pair->end[0], rseq);
}

static void answer(struct end *end, struct sip_tx *tx, unsigned int status,
		   const char *why)
{
	if (status != 200)
		b2b_call_log(end->pair->call, LOG_LEVEL_INFO, (int)end->i,
			 "its PRACK is refused with %u " SPAN_FMT "%s%s", status,
			 SPAN_ARG(sip_reason_text(status)), why ? ": " : "",
			 why ? why : "");
	b2b_reply(end, tx, &(struct answer){ .status = status, .why = why });
	sip_tx_forget(tx);
}

/*
 * For an answer that is known.  False: it acknowledges nothing, and another may: what has
 * an offer is acknowledged by its answer alone.
 */
static bool take(struct end *end, struct sip_tx *tx, struct sip_msg *msg, int described,
		 const struct sip_rel *rel)
{
	struct pair *pair = end->pair;
	bool owes = rel->described && session_offerer(pair->media) &&
		    session_offerer(pair->media) == b2b_end_party(b2b_end_other(end));

	if (!described && owes) {
		answer(end, tx, 488, "it has no answer to the offer");
		return false;
	}
	if (described && rel->cookie) {
		if (!b2b_relay_prack(end, tx, msg, rel->cookie))
			return true;
		if (owes)
			return false;
	} else {
		answer(end, tx, described ? 488 : 200,
		       described ? "the other side has no use for an offer here" : NULL);
	}
	/* after its 2xx the callee wants none any more */
	if (rel->cookie && pair->call->state == B2B_SETUP)
		b2b_relay_prack_own(end, rel->cookie);
	return true;
}

void b2b_prack_received(struct end *end, struct sip_tx *tx, struct sip_msg *msg)
{
	struct sip_dialog *dialog = end->dialog;
	struct sip_rel rel;
	struct sip_rack rack;
	struct span text;
	int described = b2b_sdp(msg, &text);

	if (!dialog || sip_msg_rack(msg, &rack) != 1)
		answer(end, tx, 400, "no RAck that can be understood");
	else if (!sip_dialog_rack(dialog, &rack, &rel))
		answer(end, tx, 481, NULL);
	else if (described < 0)
		answer(end, tx, 415, NULL);
	else if (take(end, tx, msg, described, &rel))
		sip_dialog_racked(dialog, &rack);
}

void b2b_prack_missed(struct end *end, struct sip_tx *tx)
{
	struct call *call = end->pair->call;

	if (call->state == B2B_OVER)
		return;
	b2b_reply(end, tx, &(struct answer){
		.status = 504, .why = "a provisional answer was not acknowledged" });
	b2b_call_finish(call, "the caller has not acknowledged a provisional answer (no PRACK)");
}
