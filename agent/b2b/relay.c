// SPDX-License-Identifier: GPL-2.0
/*
 * A request from one end of a pair to the other, and what comes back.  Whoever asks
 * first goes first: RFC 3261 section 14.2, RFC 3311 section 5.2.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* after its CANCEL a change has so long for its last answer */
#define GIVE_UP_MS	5000
/* of one pair, those included whose transactions are remembered for a while (5 s) */
#define RELAYS_MAX	256

static struct call *call_of(const struct relay *relay)
{
	return relay->pair->call;
}

static struct end *from_of(struct relay *relay)
{
	return &relay->pair->end[relay->from];
}

static struct end *to_of(struct relay *relay)
{
	return &relay->pair->end[!relay->from];
}

static bool is_session(enum sip_method method)
{
	return method == SIP_INVITE || method == SIP_UPDATE;
}

static bool has_description(enum sip_method method)
{
	return is_session(method) || method == SIP_PRACK;
}

static void free_relay(struct relay *relay)
{
	timer_cancel(&relay->timer);
	LIST_REMOVE(relay, entry);
	if (relay->sdp)
		explicit_bzero(relay->sdp, strlen(relay->sdp));
	free(relay->sdp);
	free(relay);
}

/* nothing is awaited any more; the memory is there until our request is over */
static void done(struct relay *relay)
{
	relay->done = true;
	timer_cancel(&relay->timer);
	sip_tx_forget(relay->in);
	relay->in = NULL;
	if (!relay->out)
		free_relay(relay);
}

static void refuse(struct end *from, struct sip_tx *in, unsigned int status,
		   const char *why)
{
	const struct answer answer = { .status = status, .why = why };

	b2b_call_log(from->pair->call, LOG_LEVEL_INFO, (int)from->i,
		 "its " SPAN_FMT " is refused with %u " SPAN_FMT "%s%s",
		 SPAN_ARG(sip_tx_request(in)->method_text), status,
		 SPAN_ARG(sip_reason_text(status)), why ? ": " : "",
		 why ? why : "");
	b2b_reply(from, in, &answer);
	sip_tx_forget(in);
}

/* the other end's last word, or one that we say in its place */
static void finish(struct relay *relay, const struct answer *answer)
{
	if (relay->in)
		b2b_reply(from_of(relay), relay->in, answer);
	done(relay);
}

static void roll_back(struct relay *relay)
{
	struct pair *pair = relay->pair;

	if (relay->offer && session_offerer(pair->media) ==
	    b2b_end_party(from_of(relay)))
		session_rollback(pair->media);
}

/* ------------------------------------------------------------- what takes long */

static void on_timer(struct timer *timer, void *arg)
{
	struct relay *relay = arg;
	struct call *call = call_of(relay);

	if (!relay->given_up) {
		b2b_call_log(call, LOG_LEVEL_INFO, (int)!relay->from,
			 "does not answer a change within change-timeout (%u s)",
			 call->config->change_timeout);
		relay->given_up = true;
		if (relay->out)
			sip_tx_cancel(relay->out, (struct span){ NULL, 0 });
		timer_set(call->b2b->timers, timer, GIVE_UP_MS);
		return;
	}
	roll_back(relay);
	if (relay->in)
		b2b_reply(from_of(relay), relay->in,
		      &(struct answer){ .status = 408 });
	done(relay);
}

/* ------------------------------------------------------------------ the answers */

static int answer_with_answer(struct relay *relay, struct span text, char **sdp,
			      struct dp_err *err)
{
	return session_answer(relay->pair->media, b2b_end_party(to_of(relay)),
			      text.p, text.n, false, sdp, err);
}

static int answer_with_offer(struct relay *relay, struct span text, char **sdp,
			     struct dp_err *err)
{
	int ret = session_offer(relay->pair->media, b2b_end_party(to_of(relay)),
				text.p, text.n, sdp, err);

	relay->late = !ret;
	return ret;
}

/* the description in a 2xx: the answer to the offer, or an offer */
static int take(struct relay *relay, const struct sip_msg *msg, char **sdp,
		struct dp_err *err)
{
	struct span text;

	*sdp = NULL;
	if (!has_description(relay->method))
		return 0;
	switch (b2b_sdp(msg, &text)) {
	case 0:
		roll_back(relay);	/* it has taken no notice of it */
		return 0;
	case -1:
		return dp_fail(err, EPROTO,
			       "a body that is no session description");
	}
	if (relay->offer)
		return answer_with_answer(relay, text, sdp, err);
	if (relay->method == SIP_PRACK)
		return 0;
	if (relay->method == SIP_UPDATE)
		return dp_fail(err, EPROTO, "an answer without an offer");
	return answer_with_offer(relay, text, sdp, err);
}

/*
 * A 2xx whose description cannot be had: the answerer believes in it, so the call
 * cannot go on; the requester gets the reason.
 */
static void spoilt(struct relay *relay, int error, const struct dp_err *err)
{
	bool theirs = error == -EPROTO || error == -EAFNOSUPPORT;
	struct end *to = to_of(relay);
	char reason[B2B_TEXT];

	b2b_call_log(call_of(relay), LOG_LEVEL_WARNING, (int)to->i, "%s", err->text);
	b2b_call_count_media(call_of(relay), error);
	snprintf(reason, sizeof(reason), "%s's answer cannot be used: %.80s",
		 b2b_end_name(to), err->text);
	finish(relay, &(struct answer){ .status = theirs ? 502 : 503 });
	b2b_call_finish(call_of(relay), reason);
}

static void success(struct relay *relay, struct sip_tx *tx,
		    const struct sip_msg *msg)
{
	struct call *call = call_of(relay);
	struct end *from = from_of(relay);
	struct dp_err err = { 0 };
	char *sdp;
	int ret;

	b2b_call_heard(to_of(relay), sip_tx_flow(tx));
	if (relay->in)
		b2b_call_heard(from, sip_tx_flow(relay->in));
	ret = take(relay, msg, &sdp, &err);
	if (ret) {
		spoilt(relay, ret, &err);
		return;
	}
	if (is_session(relay->method))
		b2b_timer_session(call, msg);
	b2b_reply(from, relay->in, &(struct answer){ .status = msg->status,
						 .from = msg, .sdp = sdp });
	session_text_free(sdp);
	timer_cancel(&relay->timer);
	if (relay->method == SIP_INVITE)
		relay->answered = true;	/* the ACK is awaited */
	else
		done(relay);
}

static void failure(struct relay *relay, unsigned int status,
		    const struct sip_msg *msg)
{
	struct call *call = call_of(relay);
	bool dead = status == 481 || status == 408;
	char reason[B2B_TEXT], phrase[64] = "";

	if (msg)
		span_str(msg->reason, phrase, sizeof(phrase));
	snprintf(reason, sizeof(reason), "%s answered " SPAN_FMT " with %u %s%s",
		 b2b_end_name(to_of(relay)),
		 SPAN_ARG(sip_method_text(relay->method)), status, phrase,
		 msg ? "" : " (by timeout or transport)");
	b2b_call_log(call, LOG_LEVEL_INFO, (int)!relay->from, "%s", reason);
	roll_back(relay);
	/* RFC 3261 section 16.7: whoever gets a 503 would leave us alone; and a password
	 * that a trunk wants is none of the phone's
	 */
	if (status == 503 || (b2b_end_lines(to_of(relay)) &&
			      (status == 401 || status == 407)))
		finish(relay, &(struct answer){ .status = 500 });
	else if (relay->given_up)
		finish(relay, &(struct answer){ .status = 408 });
	else
		finish(relay, &(struct answer){ .status = status, .from = msg });
	/* RFC 3261 section 12.2.1.2; but a digit that gets lost ends no call */
	if (dead && has_description(relay->method))
		b2b_call_finish(call, reason);
}

static int send_on(struct relay *relay, struct sip_msg *msg, const char *sdp);

/* the trunk wants to know who we are: the same again, with that */
static bool authorize(struct relay *relay, const struct sip_msg *msg)
{
	const struct config_trunk *lines = b2b_end_lines(to_of(relay));
	struct sip_tx *old = relay->out;

	if (!lines || (!relay->in && !relay->own) || relay->given_up ||
	    !b2b_account_challenged(&call_of(relay)->account[!relay->from], lines, msg,
				    &relay->tries) ||
	    send_on(relay, relay->in ? sip_tx_request(relay->in) : NULL, relay->sdp))
		return false;
	/* it outlives the relay, if what is sent in its place is over before it */
	sip_dialog_forget(old);
	return true;
}

/* nobody hears of it: who refuses it will say so in the INVITE's answer */
static void own_answered(struct relay *relay, unsigned int status)
{
	if (status >= 300)
		b2b_call_log(call_of(relay), LOG_LEVEL_INFO, (int)!relay->from,
			 "does not take our PRACK (%u)", status);
	if (status >= 200)
		done(relay);
}

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *msg)
{
	struct relay *relay = arg;
	struct call *call = call_of(relay);

	if (call->state == B2B_OVER)
		return;
	if (relay->done) {
		/* too late: each party would believe in something else */
		if (msg->status >= 200 && msg->status < 300 &&
		    relay->method == SIP_INVITE)
			b2b_call_finish(call, "a change was accepted after it was given up");
		return;
	}
	if (relay->answered)
		return;
	b2b_meddler_response(call, !relay->from, sip_tx_request(tx), msg);
	if (authorize(relay, msg))
		return;
	if (relay->own)
		own_answered(relay, msg->status);
	else if (msg->status >= 300)
		failure(relay, msg->status, msg);
	else if (msg->status >= 200)
		success(relay, tx, msg);
	else if (msg->status > 100 && relay->in &&
		 !sip_msg_has(sip_tx_request(relay->in), SIP_HDR_REQUIRE, "100rel"))
		b2b_reply(from_of(relay), relay->in,
		      &(struct answer){ .status = msg->status, .from = msg });
}

static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status)
{
	struct relay *relay = arg;

	if (call_of(relay)->state == B2B_OVER || relay->done || relay->answered)
		return;
	if (relay->own)
		own_answered(relay, status);
	else
		failure(relay, status, NULL);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct relay *relay = arg;

	relay->out = NULL;
	if (relay->done)
		free_relay(relay);
}

/* ------------------------------------------------------------------ the request */

/* what of @msg goes on; false without memory, or if a REFER cannot be understood */
static bool write_on(struct relay *relay, struct sip_msg *msg, const char *sdp,
		     struct sip_writer *w, struct content *content)
{
	struct end *from = from_of(relay);
	char host[DP_ADDR_STRLEN + 2];

	b2b_pass(w, msg, from);
	if (is_session(relay->method))
		b2b_abilities(w, to_of(relay));
	else if (relay->method == SIP_REFER && b2b_refer_to(from, msg, w))
		return false;
	if (has_description(relay->method) ?
	    !b2b_content_sdp(content, msg, sdp, b2b_end_realm(to_of(relay))) :
	    !b2b_content_copy(content, msg))
		return false;
	if ((relay->method == SIP_NOTIFY || relay->method == SIP_INFO) &&
	    !b2b_content_hide(content, msg, b2b_realm_host(b2b_end_realm(to_of(relay)),
							   host, sizeof(host))))
		return false;
	if (content->lines)
		sip_write_block(w, span_of(content->lines));
	return true;
}

/* @msg: NULL: it is our own */
static int send_on(struct relay *relay, struct sip_msg *msg, const char *sdp)
{
	struct end *to = to_of(relay);
	struct sip_dialog_request request = {
		.response = on_response,
		.failed = on_failed,
		.over = on_over,
		.arg = relay,
	};
	struct content content = { NULL };
	struct sip_writer w = { 0 };
	char method[32];
	struct sip_tx *tx;
	int error = ENOMEM;

	if (!to->dialog)
		return -ENOTCONN;
	span_str(msg ? msg->method_text : sip_method_text(relay->method), method,
		 sizeof(method));
	request.method = method;
	if (msg)
		request.max_forwards = msg->max_forwards > 1 ? msg->max_forwards - 1 :
				       UINT_MAX;
	if (msg && !write_on(relay, msg, sdp, &w, &content))
		goto out;
	if (relay->method == SIP_PRACK)
		sip_write_headerf(&w, SIP_HDR_RACK, "%u %u INVITE", relay->rseq,
				  relay->pair->cseq);
	if (b2b_end_lines(to))
		b2b_account_write(&call_of(relay)->account[to->i], b2b_end_lines(to), &w,
				  span_of(method), sip_dialog_target(to->dialog),
				  (struct span){ content.body, content.len });
	if (w.failed)
		goto out;
	request.headers = (struct span){ w.p, w.n };
	if (content.body) {
		request.type = span_of(content.type);
		request.body = (struct span){ content.body, content.len };
	}
	tx = sip_dialog_request(to->dialog, &request);
	error = tx ? 0 : errno;
	/* if not, what is out of it stays what is awaited */
	if (tx)
		relay->out = tx;
out:
	b2b_content_free(&content);
	sip_write_free(&w);
	return -error;
}

/* the status to refuse a REFER with; 0: it is for the other end */
static unsigned int judge_refer(struct end *from, const struct sip_msg *msg)
{
	struct sip_writer w = { 0 };
	unsigned int status = b2b_refer_to(from, msg, &w);

	sip_write_free(&w);
	return status;
}

/* the status to refuse a request with that meets others; 0: none is in the way */
static unsigned int in_the_way(struct end *from, const struct sip_msg *msg)
{
	struct pair *pair = from->pair;
	const struct relay *relay;
	struct span text;

	if (msg->method == SIP_REFER)
		return judge_refer(from, msg);
	if (!has_description(msg->method))
		return 0;
	LIST_FOREACH(relay, &pair->relays, entry) {
		if (relay->done || relay->own || !has_description(relay->method))
			continue;
		return relay->from == from->i && !relay->answered ? 500 : 491;
	}
	if (pair->call->state == B2B_UP && !pair->acked && pair->late_offer)
		return 491;
	if (pair->call->state == B2B_UP || b2b_sdp(msg, &text) != 1)
		return session_offerer(pair->media) &&
		       pair->call->state == B2B_UP ? 491 : 0;
	if (pair->said && pair->told && !session_offerer(pair->media))
		return 0;
	/* RFC 3311 section 5.2: the INVITE's offer has no reliable answer yet */
	return from->i ? 491 : 500;
}

static unsigned int offer_status(int error)
{
	switch (error) {
	case -EPROTO:
	case -EAFNOSUPPORT:
		return 488;
	case -EALREADY:
		return 491;
	case -ENOSPC:
	case -EDQUOT:
		return 503;
	default:
		return 500;
	}
}

static int take_offer(struct relay *relay, const struct sip_msg *msg, char **sdp,
		      struct dp_err *err)
{
	struct end *from = from_of(relay);
	struct span text;
	int ret;

	*sdp = NULL;
	if (!has_description(relay->method) || b2b_sdp(msg, &text) != 1)
		return 0;
	ret = session_offer(relay->pair->media, b2b_end_party(from), text.p, text.n,
			    sdp, err);
	relay->offer = !ret;
	if (ret)
		b2b_call_count_media(call_of(relay), ret);
	return ret;
}

static bool has_room(const struct pair *pair)
{
	const struct relay *relay;
	unsigned int n = 0;

	LIST_FOREACH(relay, &pair->relays, entry)
		n++;
	return n < RELAYS_MAX;
}

static struct relay *make(struct end *from, struct sip_tx *in, enum sip_method method)
{
	struct relay *relay = NULL;

	if (has_room(from->pair))
		relay = calloc(1, sizeof(*relay));
	if (!relay)
		return NULL;
	relay->pair = from->pair;
	relay->from = from->i;
	relay->method = method;
	relay->in = in;
	relay->cseq = in ? sip_tx_request(in)->cseq.number : 0;
	timer_init(&relay->timer, on_timer, relay);
	LIST_INSERT_HEAD(&from->pair->relays, relay, entry);
	return relay;
}

void b2b_relay_request(struct end *from, struct sip_tx *in, struct sip_msg *msg)
{
	struct call *call = from->pair->call;
	unsigned int status = in_the_way(from, msg);
	struct dp_err err = { 0 };
	struct relay *relay;
	char *sdp;
	int ret;

	relay = status ? NULL : make(from, in, msg->method);
	if (!relay) {
		refuse(from, in, status ? status : 500, NULL);
		return;
	}
	if (msg->method == SIP_INVITE)
		sip_tx_answer(in, 100);
	ret = take_offer(relay, msg, &sdp, &err);
	status = ret ? offer_status(ret) : 0;
	if (sdp && b2b_end_lines(to_of(relay)))
		relay->sdp = strdup(sdp);
	if (!ret) {
		ret = send_on(relay, msg, sdp);
		status = ret == -EBUSY ? 491 : ret ? 500 : 0;
	}
	session_text_free(sdp);
	if (status) {
		roll_back(relay);
		free_relay(relay);
		refuse(from, in, status, *err.text ? err.text : NULL);
	} else if (msg->method == SIP_INVITE) {
		timer_set(call->b2b->timers, &relay->timer,
			  (uint64_t)call->config->change_timeout * 1000);
	}
}

/* -------------------------------------------------------------------------- PRACK */

void b2b_relay_prack_own(struct end *from, uint32_t rseq)
{
	struct relay *relay = make(from, NULL, SIP_PRACK);

	if (!relay)
		return;
	relay->own = true;
	relay->rseq = rseq;
	if (send_on(relay, NULL, NULL))
		free_relay(relay);
}

unsigned int b2b_relay_pracks(const struct pair *pair)
{
	const struct relay *relay;
	unsigned int n = 0;

	LIST_FOREACH(relay, &pair->relays, entry)
		n += relay->own && !relay->done;
	return n;
}

/* the answer to what the 18x has offered, or an offer */
static int take_prack(struct relay *relay, const struct sip_msg *msg, char **sdp,
		      struct dp_err *err)
{
	struct session_branch *media = relay->pair->media;
	struct session_party *party = b2b_end_party(from_of(relay));
	struct span text;

	if (session_offerer(media) != b2b_end_party(to_of(relay)))
		return take_offer(relay, msg, sdp, err);
	b2b_sdp(msg, &text);
	return session_answer(media, party, text.p, text.n, false, sdp, err);
}

unsigned int b2b_relay_prack(struct end *from, struct sip_tx *in, struct sip_msg *msg,
			     uint32_t rseq)
{
	bool answers = session_offerer(from->pair->media) ==
		       b2b_end_party(b2b_end_other(from));
	unsigned int status = answers ? 0 : in_the_way(from, msg);
	struct dp_err err = { 0 };
	struct relay *relay;
	char *sdp = NULL;
	int ret;

	relay = status ? NULL : make(from, in, SIP_PRACK);
	if (!relay) {
		status = status ? status : 500;
		refuse(from, in, status, NULL);
		return status;
	}
	relay->rseq = rseq;
	ret = take_prack(relay, msg, &sdp, &err);
	status = ret ? offer_status(ret) : 0;
	if (sdp && b2b_end_lines(to_of(relay)))
		relay->sdp = strdup(sdp);
	if (!ret && send_on(relay, msg, sdp))
		status = 500;
	session_text_free(sdp);
	if (status) {
		roll_back(relay);
		free_relay(relay);
		refuse(from, in, status, *err.text ? err.text : NULL);
	}
	return status;
}

/* -------------------------------------------------------------------- ACK, CANCEL */

static struct relay *find(struct end *from, const struct sip_tx *in)
{
	struct relay *relay;

	LIST_FOREACH(relay, &from->pair->relays, entry)
		if (relay->from == from->i && relay->in == in)
			return relay;
	return NULL;
}

void b2b_relay_cancelled(struct end *from, struct sip_tx *in, struct sip_msg *cancel)
{
	struct relay *relay = find(from, in);
	struct sip_writer w = { 0 };

	if (!relay || relay->answered || !relay->out)
		return;
	/* the other side has the last word: its answer is relayed */
	b2b_pass(&w, cancel, from);
	sip_tx_cancel(relay->out, (struct span){ w.p, w.failed ? 0 : w.n });
	sip_write_free(&w);
}

void b2b_relay_over(struct end *from, struct sip_tx *in)
{
	struct relay *relay = find(from, in);

	if (relay)
		relay->in = NULL;
}

/* the answer to an offer that came in a 2xx */
static int late_answer(struct end *from, const struct sip_msg *ack, char **sdp,
		       struct dp_err *err)
{
	struct span text;

	if (!ack || b2b_sdp(ack, &text) != 1)
		return dp_fail(err, EPROTO, "its ACK has no answer to the offer");
	return session_answer(from->pair->media, b2b_end_party(from), text.p, text.n,
			      false, sdp, err);
}

void b2b_relay_ack(struct end *from, bool late_offer, struct sip_msg *ack)
{
	struct call *call = from->pair->call;
	struct end *to = b2b_end_other(from);
	struct content content = { NULL };
	struct sip_writer w = { 0 };
	struct dp_err err = { 0 };
	char *sdp = NULL;
	int ret = 0;

	if (late_offer)
		ret = late_answer(from, ack, &sdp, &err);
	if (ack) {
		b2b_pass(&w, ack, from);
		b2b_content_sdp(&content, ack, sdp, b2b_end_realm(to));
		if (content.lines)
			sip_write_block(&w, span_of(content.lines));
	}
	/* RFC 3261 section 22.1: an ACK has its INVITE's credentials */
	if (b2b_end_lines(to) && call->account[to->i].line)
		sip_write_block(&w, span_of(call->account[to->i].line));
	if (to->dialog)
		sip_dialog_ack(to->dialog, (struct span){ w.p, w.failed ? 0 : w.n },
			       span_of(content.type),
			       (struct span){ content.body, content.len });
	session_text_free(sdp);
	b2b_content_free(&content);
	sip_write_free(&w);
	if (!ack) {
		b2b_call_finish(call, "no ACK came in time");
	} else if (ret) {
		b2b_call_log(call, LOG_LEVEL_WARNING, (int)from->i, "%s", err.text);
		b2b_call_count_media(call, ret);
		b2b_call_finish(call, "the answer in the ACK cannot be used");
	}
}

void b2b_relay_acked(struct end *from, uint32_t cseq, struct sip_msg *ack)
{
	struct relay *relay;

	LIST_FOREACH(relay, &from->pair->relays, entry) {
		if (relay->from != from->i || !relay->answered || relay->done ||
		    relay->cseq != cseq)
			continue;
		b2b_relay_ack(from, relay->late, ack);
		done(relay);
		return;
	}
}

/* ---------------------------------------------------------------------- the end */

void b2b_relay_abandon(struct relay *relay, struct span headers)
{
	if (relay->in && !relay->answered && !relay->done)
		b2b_reply(from_of(relay), relay->in, &(struct answer){
			.status = relay->method == SIP_INVITE ? 487 : 481 });
	sip_tx_forget(relay->in);
	relay->in = NULL;
	if (relay->out && relay->method == SIP_INVITE && !relay->done &&
	    !relay->answered)
		sip_tx_cancel(relay->out, headers);
	/* a dialog may outlive its pair: that of an INVITE which awaits its last answer */
	sip_dialog_forget(relay->out);
	relay->out = NULL;
	relay->done = true;
	timer_cancel(&relay->timer);
}

void b2b_relay_free(struct relay *relay)
{
	free_relay(relay);
}
