// SPDX-License-Identifier: GPL-2.0
/*
 * A request from one side, relayed to the other, and what comes back.
 *
 * A relay owns two transactions and destroys them at its end; from then on nta
 * calls nobody back for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

struct relay *relay_new(struct call *call, unsigned int from,
			nta_incoming_t *irq, sip_method_t method)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return NULL;
	relay->call = call;
	relay->from = from;
	relay->irq = irq;
	relay->method = method;
	LIST_INSERT_HEAD(&call->relays, relay, entry);
	if (method == sip_method_invite)
		nta_incoming_bind(irq, relay_ack, relay);
	return relay;
}

void relay_free(struct relay *relay)
{
	if (relay->irq)
		nta_incoming_destroy(relay->irq);
	if (relay->orq)
		nta_outgoing_destroy(relay->orq);
	LIST_REMOVE(relay, entry);
	free(relay);
}

struct relay *relay_invite(struct call *call)
{
	struct relay *relay;

	LIST_FOREACH(relay, &call->relays, entry)
		if (relay->method == sip_method_invite)
			return relay;
	return NULL;
}

static struct side *from_of(const struct relay *relay)
{
	return &relay->call->side[relay->from];
}

static struct side *to_of(const struct relay *relay)
{
	return &relay->call->side[!relay->from];
}

static bool carries_offer(const struct relay *relay)
{
	return relay->method == sip_method_invite ||
	       relay->method == sip_method_update;
}

/* a final answer to the requester; the server transaction is over */
static void finish(struct relay *relay, int status, const char *phrase,
		   const sip_t *sip)
{
	if (!relay->irq)
		return;
	side_reply(from_of(relay), relay->irq, status, phrase, sip, NULL);
	nta_incoming_destroy(relay->irq);
	relay->irq = NULL;
}

/*
 * The other side is not to answer any more.  RFC 3261 section 9.1: a CANCEL is held
 * until something has been answered; held by the library, it meets an assertion if
 * the callee answers it before.
 */
static void cancel(struct relay *relay)
{
	relay->cancel_wanted = nta_outgoing_status(relay->orq) < 100;
	if (!relay->cancel_wanted)
		nta_outgoing_cancel(relay->orq);
}

/*
 * The call is over: whoever waits for an answer gets one, an INVITE that still
 * rings is cancelled and its last answer awaited, a 2xx gets its ACK.
 */
void relay_abandon(struct relay *relay)
{
	bool linger = false;

	if (relay->method == sip_method_invite && relay->orq) {
		if (relay->answered) {
			side_ack(to_of(relay), relay->orq, NULL);
		} else if (nta_outgoing_status(relay->orq) < 200) {
			cancel(relay);
			linger = true;
		}
	}
	if (relay->irq && !relay->answered &&
	    nta_incoming_status(relay->irq) < 200)
		finish(relay, relay->method == sip_method_invite ? 487 : 481,
		       NULL, NULL);
	/* the requester's ACK to our 2xx is still to come */
	if (relay->irq && from_of(relay)->unacked) {
		if (relay->orq)
			nta_outgoing_destroy(relay->orq);
		relay->orq = NULL;
		return;
	}
	if (!linger)
		relay_free(relay);
}

/* the description in a message, or NULL with a reason to refuse it */
static struct sdp_body *read_body(const sip_t *sip, char *why)
{
	return sdp_body_parse(sip->sip_payload->pl_data,
			      sip->sip_payload->pl_len, why);
}

/* an early answer; one that does not fit is not passed on, the call goes on */
static char *early_answer(struct relay *relay, const sip_t *sip)
{
	struct call *call = relay->call;
	struct sdp_body *body;
	char why[160], *sdp = NULL;
	struct dp_err err;

	if (!relay->initial || relay->offer_in_request != 1 ||
	    sip_has_sdp(sip) != 1)
		return NULL;
	body = read_body(sip, why);
	if (!body) {
		call_log(call, LOG_LEVEL_WARNING, to_of(relay),
			 "its early description is not passed on: %s", why);
		return NULL;
	}
	if (secure_early(call, !relay->from, body, &err) ||
	    media_answer(call, !relay->from, body, &err))
		call_log(call, LOG_LEVEL_WARNING, to_of(relay),
			 "its early description is not passed on: %s",
			 err.text);
	else
		sdp = media_rewrite(call, relay->from, body);
	sdp_body_free(body);
	return sdp;
}

static void provisional(struct relay *relay, int status, const sip_t *sip)
{
	msg_t *msg;
	char *sdp;

	if (status == 100 || !relay->irq)
		return;
	if (relay->initial && (msg = nta_outgoing_getresponse(relay->orq))) {
		sip_source(msg, &to_of(relay)->source);
		msg_destroy(msg);
	}
	sdp = early_answer(relay, sip);
	call_log(relay->call, LOG_LEVEL_DEBUG, to_of(relay), "answers %d %s%s",
		 status, sip->sip_status->st_phrase,
		 sdp ? ", with early media" : "");
	side_reply(from_of(relay), relay->irq, status,
		   sip->sip_status->st_phrase, sip, sdp);
	media_text_free(sdp);
}

static int answer_with_offer(struct relay *relay, struct sdp_body *body,
			     char **sdp, struct dp_err *err)
{
	struct call *call = relay->call;
	int ret;

	/* media_offer() takes the body over; it must last for the rewriting */
	ret = media_offer(call, !relay->from, body, err);
	if (ret)
		return ret;
	*sdp = media_rewrite(call, relay->from, call->offer.body);
	return *sdp ? 0 : dp_fail(err, ENOMEM, "no memory");
}

static int answer_with_answer(struct relay *relay, struct sdp_body *body,
			      char **sdp, struct dp_err *err)
{
	int ret = media_answer(relay->call, !relay->from, body, err);

	if (!ret) {
		*sdp = media_rewrite(relay->call, relay->from, body);
		if (!*sdp)
			ret = dp_fail(err, ENOMEM, "no memory");
		media_offer_done(relay->call);
	}
	sdp_body_free(body);
	return ret;
}

/* the description in a 2xx: the answer to our offer, or an offer */
static int take_description(struct relay *relay, const sip_t *sip, char **sdp,
			    struct dp_err *err)
{
	struct sdp_body *body;
	char why[160];

	*sdp = NULL;
	if (!carries_offer(relay))
		return 0;
	switch (sip_has_sdp(sip)) {
	case 0:
		if (relay->offer_in_request == 1)
			media_offer_done(relay->call);
		return 0;
	case -1:
		return dp_fail(err, EPROTO, "a body that is no session description");
	}
	body = read_body(sip, why);
	if (!body)
		return dp_fail(err, EPROTO, "its session description: %s", why);
	if (relay->offer_in_request == 1)
		return answer_with_answer(relay, body, sdp, err);
	if (relay->method == sip_method_update) {
		sdp_body_free(body);
		return dp_fail(err, EPROTO, "an answer without an offer");
	}
	return answer_with_offer(relay, body, sdp, err);
}

static void count_media_failure(struct call *call, const struct dp_err *err)
{
	struct counters *c = &call->calls->counters;

	if (err->code == ENOSPC)
		c->no_ports++;
	else if (err->code != EPROTO && err->code != EAFNOSUPPORT)
		c->datapath++;
}

/*
 * A 2xx whose description cannot be had: the answerer believes in it, so the
 * call cannot go on; the requester gets the reason.
 */
static void spoilt(struct relay *relay, const struct dp_err *err)
{
	bool theirs = err->code == EPROTO || err->code == EAFNOSUPPORT;
	struct call *call = relay->call;
	char reason[CALL_TEXT];

	snprintf(reason, sizeof(reason), "%s's answer cannot be used: %.80s",
		 to_of(relay)->name, err->text);
	call_log(call, LOG_LEVEL_WARNING, to_of(relay), "%s", err->text);
	count_media_failure(call, err);
	if (relay->method == sip_method_invite)
		side_ack(to_of(relay), relay->orq, NULL);
	nta_outgoing_destroy(relay->orq);
	relay->orq = NULL;
	finish(relay, theirs ? 502 : 503, NULL, NULL);
	call_over(call, reason);
}

static void success(struct relay *relay, int status, const sip_t *sip)
{
	struct call *call = relay->call;
	struct side *from = from_of(relay);
	struct dp_err err = { 0 };
	char *sdp;

	if (carries_offer(relay))
		side_learn(to_of(relay), relay->orq, sip);
	if (take_description(relay, sip, &sdp, &err)) {
		spoilt(relay, &err);
		return;
	}
	if (relay->method != sip_method_invite) {
		side_reply(from, relay->irq, status,
			   sip->sip_status->st_phrase, sip, sdp);
		media_text_free(sdp);
		relay_free(relay);
		return;
	}
	relay->answered = true;
	from->answered = true;
	from->unacked = true;
	if (relay->initial)
		call_up(call);
	side_reply(from, relay->irq, status, sip->sip_status->st_phrase, sip,
		   sdp);
	media_text_free(sdp);
}

static void failure(struct relay *relay, int status, const sip_t *sip)
{
	struct call *call = relay->call;
	bool internal = !sip || nta_sip_is_internal(sip);
	const char *phrase = sip && sip->sip_status ?
			     sip->sip_status->st_phrase : NULL;
	bool dead = status == 481 || status == 408;
	bool initial = relay->initial;
	char reason[CALL_TEXT];

	if (carries_offer(relay) && relay->offer_in_request == 1)
		media_offer_failed(call);
	snprintf(reason, sizeof(reason), "%s answered %s with %d %.60s%s",
		 to_of(relay)->name, sip_method_name(relay->method, "it"),
		 status, phrase ? phrase : "",
		 internal ? " (by timeout or transport)" : "");
	call_log(call, LOG_LEVEL_INFO, to_of(relay), "%s", reason);
	finish(relay, status, phrase, internal ? NULL : sip);
	if (initial)
		side_close(from_of(relay));
	relay_free(relay);
	/* RFC 3261 section 12.2.1.2: such an answer ends the dialog */
	if (initial || dead)
		call_over(call, reason);
}

/* the last answer to an INVITE whose call is over */
static void too_late(struct relay *relay, int status, const sip_t *sip)
{
	struct call *call = relay->call;
	struct side *to = to_of(relay);

	if (status < 200)
		return;
	if (status < 300) {
		call_log(call, LOG_LEVEL_INFO, to,
			 "answered after the call was over: ACK and BYE");
		side_learn(to, relay->orq, sip);
		side_ack(to, relay->orq, NULL);
		side_bye(to, call->reason);
	}
	relay_free(relay);
	call_settle(call);
}

/* nta's callback: a response to what we sent */
int relay_response(void *magic, nta_outgoing_t *orq, const sip_t *sip)
{
	int status = nta_outgoing_status(orq);
	struct relay *relay = magic;

	if (relay->cancel_wanted && status < 200)
		cancel(relay);
	if (relay->call->state == CALL_OVER)
		too_late(relay, status, sip);
	else if (status < 200)
		provisional(relay, status, sip);
	else if (status < 300)
		success(relay, status, sip);
	else
		failure(relay, status, sip);
	return 0;
}

/* the answer to an offer that came in a 2xx */
static int take_late_answer(struct relay *relay, const sip_t *sip, char **sdp,
			    struct dp_err *err)
{
	struct call *call = relay->call;
	struct sdp_body *body;
	char why[160];
	int ret;

	*sdp = NULL;
	if (relay->offer_in_request == 1 || !call->offer.body)
		return 0;
	if (sip_has_sdp(sip) != 1)
		return dp_fail(err, EPROTO, "its ACK has no answer to the offer");
	body = read_body(sip, why);
	if (!body)
		return dp_fail(err, EPROTO, "its session description: %s", why);
	ret = media_answer(call, relay->from, body, err);
	if (!ret) {
		*sdp = media_rewrite(call, !relay->from, body);
		media_offer_done(call);
	}
	sdp_body_free(body);
	return ret;
}

static void acked(struct relay *relay, const sip_t *sip)
{
	struct call *call = relay->call;
	struct side *from = from_of(relay);
	struct dp_err err = { 0 };
	char *sdp = NULL;
	int ret = 0;

	from->unacked = false;
	if (relay->orq) {
		ret = sip ? take_late_answer(relay, sip, &sdp, &err) : 0;
		side_ack(to_of(relay), relay->orq, sdp);
		media_text_free(sdp);
	}
	if (ret) {
		call_log(call, LOG_LEVEL_WARNING, from, "%s", err.text);
		count_media_failure(call, &err);
	}
	relay_free(relay);
	if (call->state == CALL_OVER) {
		if (from->bye_wanted)
			side_bye(from, from->bye_reason);
		call_settle(call);
	} else if (!sip) {
		call_over(call, "no ACK came in time");
	} else if (ret) {
		call_over(call, "the answer in the ACK cannot be used");
	}
}

static void cancelled(struct relay *relay)
{
	struct call *call = relay->call;

	if (relay->answered || relay->cancelled)
		return;
	relay->cancelled = true;
	if (relay->initial) {
		finish(relay, 487, NULL, NULL);
		side_close(from_of(relay));
		call_over(call, "cancelled by the caller");
	} else if (relay->orq) {
		/* the other side has the last word: its answer is relayed */
		cancel(relay);
	}
}

/* nta's callback: ACK or CANCEL of an INVITE, or (no message) no ACK in time */
int relay_ack(void *magic, nta_incoming_t *irq, const sip_t *sip)
{
	struct relay *relay = magic;

	if (sip && sip->sip_request->rq_method == sip_method_cancel)
		cancelled(relay);
	else if (relay->answered || relay->call->state == CALL_OVER)
		acked(relay, sip);
	return 0;
}
