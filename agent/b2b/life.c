// SPDX-License-Identifier: GPL-2.0
/* What is known of a call, and that it is to end: call.c does it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "private.h"

struct call *b2b_call_get(struct call *call)
{
	call->refs++;
	return call;
}

void b2b_call_put(struct call *call)
{
	if (--call->refs)
		return;
	session_report_free(call->report);
	free(call->headers);
	b2b_account_forget(&call->account[0]);
	b2b_account_forget(&call->account[1]);
	config_put(call->config);
	free(call);
}

const char *b2b_end_name(const struct end *end)
{
	return end->i ? "callee" : "caller";
}

struct realm *b2b_end_realm(const struct end *end)
{
	return end->pair->call->realm[end->i];
}

struct session_party *b2b_end_party(const struct end *end)
{
	return end->pair->call->party[end->i];
}

struct end *b2b_end_other(const struct end *end)
{
	return &end->pair->end[!end->i];
}

const struct config_trunk *b2b_end_lines(const struct end *end)
{
	const struct call *call = end->pair->call;
	const struct trunk *trunk = end->i ? call->trunk : call->calling;

	return trunk && b2b_trunk_conf(trunk)->user ?
	       b2b_trunk_conf(trunk) : NULL;
}

void b2b_call_log(const struct call *call, enum log_level level, int side,
	      const char *fmt, ...)
{
	char text[1024], leg[96];
	va_list ap;

	if (!log_level_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (side >= 0)
		snprintf(leg, sizeof(leg), "%s@%s", side ? "callee" : "caller",
			 call->realm[side]->name);
	log_call(level, call->id, side >= 0 ? leg : NULL, "%s", text);
}

/*
 * A party's message came by this flow, and its dialog took it: that is where it is
 * now.  Its media may come from elsewhere too, then (design section 4).
 */
void b2b_call_heard(struct end *end, const struct sip_flow *flow)
{
	struct call *call = end->pair->call;
	struct dp_addr *from = &call->from[end->i];
	struct dp_err err;

	if (dp_addr_eq(from, &flow->remote))
		return;
	*from = flow->remote;
	b2b_keep_call(call);
	if (call->session &&
	    session_moved(b2b_end_party(end), &flow->remote, &err))
		b2b_call_log(call, LOG_LEVEL_WARNING, (int)end->i, "%s", err.text);
}

static void stop_ringing(struct call *call)
{
	if (call->source && call->ringing)
		call->source->ringing--;
	call->ringing = false;
}

void b2b_call_up(struct call *call, struct pair *pair)
{
	call->state = B2B_UP;
	call->chosen = pair;
	clock_gettime(CLOCK_REALTIME, &call->answered);
	call->b2b->counters.answered++;
	timer_cancel(&call->timer);
	stop_ringing(call);
	span_str(sip_dialog_call_id(pair->end[1].dialog), call->call_id[1],
		 sizeof(call->call_id[1]));
	b2b_call_log(call, LOG_LEVEL_INFO, -1, "answered");
	b2b_keep_call(call);
}

static void note(struct call *call, const char *reason)
{
	struct b2b *b2b = call->b2b;

	snprintf(call->reason, sizeof(call->reason), "%s", reason);
	clock_gettime(CLOCK_REALTIME, &call->ended);
	if (!call->answered.tv_sec)
		b2b->counters.failed++;
	b2b_call_log(call, LOG_LEVEL_INFO, -1, "ended: %s", reason);
	call->state = B2B_OVER;
	b2b_keep_call_over(call);
	timer_cancel(&call->timer);
	timer_cancel(&call->expiry);
	stop_ringing(call);
	TAILQ_REMOVE(&b2b->active, call, entry);
	b2b->n_active--;
	TAILQ_INSERT_TAIL(&b2b->history, call, entry);
	b2b->n_history++;
}

void b2b_call_finish(struct call *call, const char *reason)
{
	if (call->state == B2B_OVER)
		return;
	note(call, reason);
	loop_defer(call->b2b->loop, &call->later);
}

/* a party has said it: what else it says goes to the other one, as it stands */
void b2b_call_finish_by(struct call *call, const char *reason, struct end *by,
		    const struct sip_msg *msg)
{
	struct sip_writer w = { 0 };

	if (call->state == B2B_OVER)
		return;
	b2b_pass(&w, msg, by);
	call->headers = b2b_lines(&w);
	call->by = (int)by->i;
	b2b_call_finish(call, reason);
}

void b2b_call_count_media(struct call *call, int error)
{
	struct b2b_counters *c = &call->b2b->counters;

	if (error == -ENOSPC)
		c->no_ports++;
	else if (error == -EDQUOT)
		c->caps++;
	else if (error != -EPROTO && error != -EAFNOSUPPORT &&
		 error != -EALREADY)
		c->datapath++;
}

void b2b_call_view(const struct call *call, struct b2b_view *view)
{
	unsigned int i;

	*view = (struct b2b_view){
		.id = call->id,
		.state = call->state,
		.created = call->created,
		.answered = call->answered,
		.ended = call->ended,
	};
	memcpy(view->request, call->request, sizeof(view->request));
	memcpy(view->reason, call->reason, sizeof(view->reason));
	memcpy(view->meddled, call->meddled, sizeof(view->meddled));
	for (i = 0; i < 2; i++) {
		view->side[i].name = i ? "callee" : "caller";
		view->side[i].realm = call->realm[i]->name;
		view->side[i].source = call->from[i];
		memcpy(view->side[i].uri, call->uri[i],
		       sizeof(view->side[i].uri));
		memcpy(view->side[i].call_id, call->call_id[i],
		       sizeof(view->side[i].call_id));
	}
}
