// SPDX-License-Identifier: GPL-2.0
/*
 * Subscriptions (RFC 6665): two dialogs, one with who subscribes and one with who
 * notifies, and the requests in them from one to the other.  Of phones that have
 * registered and of peers, and for these; strangers have none.
 *
 * Its life: a SUBSCRIBE under way (struct start) holds a transaction on either side, as a
 * REGISTER does.  From its 2xx or the first NOTIFY on there are the dialogs, until a NOTIFY
 * says that it is terminated, a request in it is answered with what ends it, or nobody has
 * refreshed it in time.  A SUBSCRIBE that has been forked behind us is as many subscriptions
 * as there are notifiers: each has dialogs of its own, on both sides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/cross.h"
#include "store/pack.h"
#include "store/store.h"
#include "keep.h"
#include "private.h"

/* subscriptions in all, a quarter for who is known; and for each phone at a source */
#define SUBS_MAX	100000
#define SUBS_PHONE	200
/* bytes of a SUBSCRIBE's head for which it counts as one; what names its dialogs is kept */
#define SUBS_HEAD	4096
/* notifiers of one SUBSCRIBE, and for how long they may come up: timer N */
#define FORKS_MAX	8
#define FORKS_MS	32000
/* requests of one that are on their way */
#define PASSING_MAX	8
/* ms after its time, for the last NOTIFY */
#define GRACE_MS	32000
/* where nobody says how long; and as long as we believe, in seconds */
#define EXPIRES		3600
#define EXPIRES_MAX	604800

/**
 * struct sub_end - one of its dialogs
 * @sub: the subscription
 * @i: 0: who subscribes; 1: who notifies
 * @dialog: the dialog; NULL: none yet
 */
struct sub_end {
	struct sub *sub;
	unsigned int i;
	struct sip_dialog *dialog;
};

/**
 * struct passing - a request within it, on its way
 * @entry: in its list
 * @sub: the subscription
 * @from: the end that it came from
 * @in: its transaction there; NULL when that is over
 * @out: the other side's; NULL when that is over
 * @last: it ends the subscription, however it is answered
 * @tries: challenges to it that were answered
 */
struct passing {
	LIST_ENTRY(passing) entry;
	struct sub *sub;
	unsigned int from;
	struct sip_tx *in;
	struct sip_tx *out;
	bool last;
	unsigned int tries;
};

/**
 * struct start - the SUBSCRIBE that begins it, until it is answered
 * @in: its transaction
 * @config: what it began with; a reference
 * @route: where it goes; of a binding's it is good for the first turn only
 * @set: values of Route, for @route; NULL: none
 * @query: where that is, being asked for
 * @targets: where it is
 * @next: target that is tried next
 * @timer: nothing was answered, and there is somebody else
 */
struct start {
	struct sip_tx *in;
	struct config *config;
	struct route route;
	char *set;
	struct sip_query *query;
	struct sip_targets targets;
	size_t next;
	struct timer timer;
};

/**
 * struct sub - a subscription
 * @entry: among all
 * @b2b: the front end
 * @realm: of its ends
 * @hold: header fields that stay between a trunk that notifies and us; NULL: none
 * @config: with @lines: a reference
 * @lines: that trunk, where we are somebody; NULL: there is none
 * @account: whom we are there
 * @tries: its challenges to the SUBSCRIBE that begins it that were answered
 * @source: who subscribes; counted there
 * @weight: as how many
 * @end: its ends
 * @start: how it begins; NULL: it has been answered
 * @out: what was sent on by that; NULL: it is over
 * @passing: requests within it
 * @forks: further ones that its SUBSCRIBE has made
 * @forks_until: when no more can
 * @timer: its end
 * @keep: puts it into the store
 */
struct sub {
	LIST_ENTRY(sub) entry;
	struct b2b *b2b;
	struct realm *realm[2];
	const char *const *hold;
	struct config *config;
	const struct config_trunk *lines;
	struct account account;
	unsigned int tries;
	struct index_source *source;
	unsigned int weight;
	struct sub_end end[2];
	struct start *start;
	struct sip_tx *out;
	LIST_HEAD(, passing) passing;
	unsigned int forks;
	uint64_t forks_until;
	struct timer timer;
	struct loop_later keep;
};

static const struct store_class sub_class = { 'n', 1 };

/* ------------------------------------------------------------------------- the end */

static void drop(struct passing *p)
{
	LIST_REMOVE(p, entry);
	sip_tx_forget(p->in);
	sip_dialog_forget(p->out);
	free(p);
}

static void drop_start(struct sub *sub)
{
	struct start *start = sub->start;

	if (!start)
		return;
	sub->start = NULL;
	sip_query_cancel(start->query);
	timer_cancel(&start->timer);
	sip_tx_forget(start->in);
	config_put(start->config);
	free(start->set);
	free(start);
}

static void let_go(struct sub *sub)
{
	loop_defer_cancel(&sub->keep);
	while (!LIST_EMPTY(&sub->passing))
		drop(LIST_FIRST(&sub->passing));
	drop_start(sub);
	sip_dialog_forget(sub->out);
	sip_dialog_close(sub->end[0].dialog);
	sip_dialog_close(sub->end[1].dialog);
	timer_cancel(&sub->timer);
	LIST_REMOVE(sub, entry);
	sub->b2b->counters.subscriptions--;
	sub->source->subs -= sub->weight;
	sub->b2b->subs_weight -= sub->weight;
	b2b_index_source_put(sub->source);
	b2b_account_forget(&sub->account);
	config_put(sub->config);
	free(sub);
}

static void finish(struct sub *sub)
{
	if (sub->end[0].dialog)
		store_del(sub->b2b->store, &sub_class,
			  sip_dialog_local_tag(sub->end[0].dialog));
	let_go(sub);
}

static void on_timer(struct timer *timer, void *arg)
{
	finish(arg);
}

/* by our tag towards who subscribes: no other has it. Not before both have agreed */
static void on_keep(void *arg)
{
	const struct sub *sub = arg;
	struct pack p = { 0 };

	if (sub->start || !sub->end[0].dialog || !sub->end[1].dialog)
		return;
	pack_u32(&p, sub->hold != NULL);
	pack_due(&p, sub->timer.due, sub->b2b->timers->now);
	b2b_keep_dialog(&p, sub->realm[0], sub->end[0].dialog);
	b2b_keep_dialog(&p, sub->realm[1], sub->end[1].dialog);
	if (!p.failed)
		store_put(sub->b2b->store, &sub_class,
			  sip_dialog_local_tag(sub->end[0].dialog), pack_span(&p));
	pack_free(&p);
}

static uint32_t expires_of(const struct sip_msg *msg, uint32_t otherwise)
{
	uint32_t seconds;

	return sip_msg_seconds(msg, SIP_HDR_EXPIRES, &seconds) == 1 ? seconds :
								     otherwise;
}

static void set_timer(struct sub *sub, uint32_t seconds)
{
	if (seconds > EXPIRES_MAX)
		seconds = EXPIRES_MAX;
	timer_set(sub->b2b->timers, &sub->timer,
		  (uint64_t)seconds * 1000 + GRACE_MS);
	if (!sub->b2b->store)
		return;
	sub->keep.fn = on_keep;
	sub->keep.arg = sub;
	loop_defer(sub->b2b->loop, &sub->keep);
}

/* ------------------------------------------------------------------ what is passed on */

static struct sip_cross crossing(const struct sub *sub, unsigned int from, char *host,
				 size_t size)
{
	return (struct sip_cross){
		.from_trusted = sub->realm[from]->conf->trust,
		.to_trusted = sub->realm[!from]->conf->trust,
		.hold = sub->hold,
		.own = b2b_asker_own(sub->realm[from]),
		.instead = b2b_realm_host(sub->realm[!from], host, size),
	};
}

/*
 * @msg's answer for the other end.  503 would take all of us out of service (RFC 3261
 * section 16.7), where a 3xx leads is the other side's, and a password that a trunk wants is
 * none of the phone's.
 */
static void respond(struct sub *sub, unsigned int to, struct sip_tx *in,
		    const struct sip_msg *msg)
{
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = crossing(sub, !to, host, sizeof(host));
	struct sip_writer w = { 0 };
	struct sip_reply r = { .status = msg->status };

	if (r.status == 503 || (sub->hold && (r.status == 401 || r.status == 407)))
		r.status = 500;
	else if (r.status >= 300 && r.status < 400)
		r.status = 480;
	sip_cross_copy(&w, msg, &cross);
	b2b_pass_options(&w, msg, SIP_HDR_REQUIRE, b2b_event_options);
	if (!w.failed)
		r.headers = (struct span){ w.p, w.n };
	sip_dialog_respond(sub->end[to].dialog, in, &r);
	sip_write_free(&w);
}

/* a request of @from's goes to the other end; NULL: it cannot */
static struct sip_tx *pass(struct sub *sub, unsigned int from, const struct sip_msg *msg,
			   const struct sip_dialog_request *like)
{
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = crossing(sub, from, host, sizeof(host));
	struct sip_dialog_request request = *like;
	struct sip_writer w = { 0 };
	struct content content;
	struct sip_tx *tx = NULL;

	request.method = msg->method == SIP_NOTIFY ? "NOTIFY" : "SUBSCRIBE";
	request.max_forwards = msg->max_forwards - 1;
	sip_cross_copy(&w, msg, &cross);
	b2b_pass_options(&w, msg, SIP_HDR_SUPPORTED, b2b_event_options);
	b2b_pass_options(&w, msg, SIP_HDR_REQUIRE, b2b_event_options);
	if (b2b_content_copy(&content, msg) &&
	    (!from || b2b_told_hide(sub->realm[0], &content, msg)) &&
	    b2b_content_hide(&content, msg, cross.instead)) {
		if (content.lines)
			sip_write_block(&w, span_of(content.lines));
		if (sub->lines && !from)
			b2b_account_write(&sub->account, sub->lines, &w,
					  span_of(request.method),
					  sip_dialog_target(sub->end[1].dialog),
					  (struct span){ content.body, content.len });
		request.headers = (struct span){ w.p, w.n };
		if (content.body) {
			request.type = span_of(content.type);
			request.body = (struct span){ content.body, content.len };
		}
		if (!w.failed)
			tx = sip_dialog_request(sub->end[!from].dialog, &request);
	}
	b2b_content_free(&content);
	sip_write_free(&w);
	return tx;
}

/* ----------------------------------------------------------------------- requests in it */

/* what Subscription-State says: is it over? else how long, if it says that */
static bool is_terminated(const struct sip_msg *msg, uint32_t *seconds)
{
	struct span params = sip_msg_value(msg, SIP_HDR_SUBSCRIPTION_STATE), value;
	struct span state = span_trim(span_cut(&params, ';'));

	if (span_iscase(state, "terminated"))
		return true;
	if (sip_param(params, "expires", &value))
		span_u32(value, seconds);
	return false;
}

/* RFC 6665 4.1.2.2 and 4.2.2: by these answers both ends know that it is over */
static bool ends(unsigned int status, unsigned int from)
{
	switch (status) {
	case 404: case 405: case 410: case 416: case 480: case 481: case 482: case 483:
	case 484: case 485: case 489: case 501: case 604:
		return true;
	default:
		return status == 408 && from == 1;
	}
}

/* it has its answer: @msg, or NULL and @status */
static void passed(struct passing *p, unsigned int status, const struct sip_msg *msg)
{
	struct sub *sub = p->sub;
	bool last = p->last || ends(status, p->from);

	if (p->in && msg)
		respond(sub, p->from, p->in, msg);
	else if (p->in)
		sip_dialog_answer(sub->end[p->from].dialog, p->in, status);
	if (msg && status < 300 && !p->from)
		set_timer(sub, expires_of(msg, EXPIRES));
	drop(p);
	if (last)
		finish(sub);
}

static void on_passed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      struct sip_msg *msg);
static void on_not_passed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			  unsigned int status);

/* the trunk wants to know who we are: the same again, with that */
static bool authorize(struct passing *p, const struct sip_msg *msg)
{
	const struct sip_dialog_request like = {
		.response = on_passed, .failed = on_not_passed, .arg = p,
	};
	struct sub *sub = p->sub;

	if (p->from || !sub->lines || !p->in ||
	    !b2b_account_challenged(&sub->account, sub->lines, msg, &p->tries))
		return false;
	p->out = pass(sub, 0, sip_tx_request(p->in), &like);
	return p->out;
}

static void on_passed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      struct sip_msg *msg)
{
	struct passing *p = arg;

	if (msg->status < 200)
		return;
	p->out = NULL;
	sip_dialog_forget(tx);
	if (authorize(p, msg))
		return;
	passed(p, msg->status, msg);
}

/* who cannot be notified has none any more; who cannot refresh it tries again */
static void not_passed(struct passing *p, unsigned int status)
{
	passed(p, status == 408 ? 408 : p->from ? 480 : 500, NULL);
}

static void on_not_passed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			  unsigned int status)
{
	struct passing *p = arg;

	p->out = NULL;
	sip_dialog_forget(tx);
	not_passed(p, status);
}

static void accept_it(struct sub *sub);

static struct passing *new_passing(struct sub *sub, unsigned int from, struct sip_tx *in)
{
	struct passing *p;
	unsigned int n = 0;

	LIST_FOREACH(p, &sub->passing, entry)
		n++;
	p = n < PASSING_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p)
		return NULL;
	p->sub = sub;
	p->from = from;
	p->in = in;
	LIST_INSERT_HEAD(&sub->passing, p, entry);
	return p;
}

static void pass_on(struct sub *sub, unsigned int from, struct sip_tx *in,
		    struct sip_msg *msg)
{
	struct passing *p = new_passing(sub, from, in);
	const struct sip_dialog_request like = {
		.response = on_passed, .failed = on_not_passed, .arg = p,
	};
	uint32_t seconds = 0;

	if (!p) {
		sip_tx_forget(in);
		return;
	}
	p->last = from && is_terminated(msg, &seconds);
	if (seconds)
		set_timer(sub, seconds);
	p->out = pass(sub, from, msg, &like);
	if (!p->out)
		not_passed(p, 503);
}

static void on_request(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		       struct sip_msg *msg)
{
	struct sub_end *end = arg;

	if (msg->method != (end->i ? SIP_NOTIFY : SIP_SUBSCRIBE)) {
		sip_dialog_answer(dialog, tx, 405);
		sip_tx_forget(tx);
		return;
	}
	if (msg->max_forwards < 2) {
		sip_dialog_answer(dialog, tx, 483);
		sip_tx_forget(tx);
		return;
	}
	/* RFC 6665 4.1.2.4: who notifies has accepted, whatever of the 2xx */
	if (end->sub->start)
		accept_it(end->sub);
	pass_on(end->sub, end->i, tx, msg);
}

static void on_in_over(void *arg, struct sip_tx *tx)
{
	struct sub_end *end = arg;
	struct passing *p;

	LIST_FOREACH(p, &end->sub->passing, entry)
		if (p->in == tx)
			p->in = NULL;
}

static void on_forked(void *arg, struct sip_dialog *dialog, struct sip_dialog *fork);

static const struct sip_tx_server_ops in_ops = { .over = on_in_over };

static const struct sip_dialog_ops dialog_ops = {
	.request = on_request,
	.server_ops = &in_ops,
	.forked = on_forked,
};

/* ------------------------------------------------------------- one more, and for whom */

static bool has_room(const struct b2b *b2b, const struct realm *realm,
		     const struct sip_flow *flow, const struct index_source *source)
{
	uint32_t phones;

	if (b2b_realm_knows(realm, &flow->remote))
		return b2b->subs_weight < SUBS_MAX;
	phones = bind_at_source(realm->bindings, flow);
	return b2b->subs_weight < SUBS_MAX - SUBS_MAX / 4 &&
	       source->subs < SUBS_PHONE * (phones ? phones : 1);
}

/*
 * @head: bytes that it began with.  NULL: its source has as many as it may have, or there
 * is no memory
 */
static struct sub *new_sub(struct realm *from, struct realm *to, struct sip_flow *flow,
			   size_t head)
{
	struct b2b *b2b = from->b2b;
	struct index_source *source = b2b_index_source(b2b->index, from, &flow->remote);
	struct sub *sub = NULL;

	if (!source)
		return NULL;
	if (has_room(b2b, from, flow, source))
		sub = calloc(1, sizeof(*sub));
	if (!sub) {
		b2b_index_source_put(source);
		return NULL;
	}
	sub->b2b = b2b;
	sub->realm[0] = from;
	sub->realm[1] = to;
	sub->source = source;
	sub->weight = 1 + (unsigned int)(head / SUBS_HEAD);
	source->subs += sub->weight;
	b2b->subs_weight += sub->weight;
	sub->end[0] = (struct sub_end){ sub, 0, NULL };
	sub->end[1] = (struct sub_end){ sub, 1, NULL };
	sub->forks_until = b2b->timers->now + FORKS_MS;
	timer_init(&sub->timer, on_timer, sub);
	LIST_INSERT_HEAD(&b2b->subs, sub, entry);
	b2b->counters.subscriptions++;
	return sub;
}

/* RFC 6665 4.4.1: another notifier; who subscribed gets another dialog as well */
static void on_forked(void *arg, struct sip_dialog *dialog, struct sip_dialog *fork)
{
	struct sub_end *end = arg;
	struct sub *sub = end->sub, *other = NULL;

	if (sub->start)
		accept_it(sub);
	if (sub->forks < FORKS_MAX && sub->b2b->timers->now < sub->forks_until)
		other = new_sub(sub->realm[0], sub->realm[1],
				sip_dialog_flow(sub->end[0].dialog),
				(size_t)(sub->weight - 1) * SUBS_HEAD);
	if (!other) {
		sip_dialog_close(fork);
		return;
	}
	sub->forks++;
	other->forks = FORKS_MAX;	/* these come to the first one */
	other->hold = sub->hold;
	other->lines = sub->lines;
	other->config = sub->config ? config_get(sub->config) : NULL;
	other->end[1].dialog = fork;
	sip_dialog_set_arg(fork, &other->end[1]);
	other->end[0].dialog = sip_dialog_copy(sub->end[0].dialog, &other->end[0]);
	if (other->end[0].dialog)
		set_timer(other, EXPIRES);
	else
		finish(other);
}

/* ------------------------------------------------------------------------- it begins */

/* a NOTIFY is here before the 2xx: who subscribed has his own, from us */
static void accept_it(struct sub *sub)
{
	struct sip_tx *in = sub->start->in;
	uint32_t asked = expires_of(sip_tx_request(in), EXPIRES);
	char expires[32];
	struct sip_reply r = { .status = 200 };

	snprintf(expires, sizeof(expires), "Expires: %u\r\n", asked);
	r.headers = span_of(expires);
	sip_dialog_respond(sub->end[0].dialog, in, &r);
	set_timer(sub, asked);
	drop_start(sub);
}

static void give_up(struct sub *sub, unsigned int status)
{
	if (sub->start)
		sip_dialog_answer(sub->end[0].dialog, sub->start->in, status);
	finish(sub);
}

static void try_next(struct sub *sub);
static bool send_again(struct sub *sub);

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *msg)
{
	struct sub *sub = arg;
	uint32_t asked = EXPIRES;

	if (sub->start)
		timer_cancel(&sub->start->timer);
	if (msg->status < 200)
		return;
	sub->out = NULL;
	sip_dialog_forget(tx);
	if (msg->status == 503 && sub->start) {
		try_next(sub);
		return;
	}
	if (sub->start && sub->lines &&
	    b2b_account_challenged(&sub->account, sub->lines, msg, &sub->tries) &&
	    send_again(sub))
		return;
	if (sub->start) {
		asked = expires_of(sip_tx_request(sub->start->in), EXPIRES);
		respond(sub, 0, sub->start->in, msg);
		drop_start(sub);
	}
	if (msg->status < 300)
		set_timer(sub, expires_of(msg, asked));
	else
		finish(sub);
}

static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status)
{
	struct sub *sub = arg;

	sub->out = NULL;
	sip_dialog_forget(tx);
	/* whoever has notified is there */
	if (sub->start)
		try_next(sub);
}

static char *to_of(const struct route *route, const struct sip_addr *to,
		   const struct sip_uri *uri)
{
	if (route->flow)
		return b2b_binding_identity(route, to);
	return b2b_identity(to, route->hop[0]->lr ? uri->host : route->hop[0]->host_text);
}

/*
 * The dialog with who is to notify.  Call-ID and tag are always the same for the same ones
 * of who subscribes, and so is CSeq: digest is made of them.
 */
static struct sip_dialog *notifier(struct sub *sub, struct sip_flow *flow)
{
	struct sip_msg *msg = sip_tx_request(sub->start->in);
	const struct bind_table *names = sub->realm[0]->bindings;
	const struct route *route = &sub->start->route;
	char host[DP_ADDR_STRLEN + 2], uri[SIP_MAX_URI], contact[B2B_TEXT];
	char call_id[BIND_TOKEN_LEN + 1], tag[BIND_TOKEN_LEN + 1];
	char *from, *to;
	struct sip_dialog_conf conf = {
		.target = route->flow ? route->uri :
			  route_uri(route->hop[0], &route->number, &msg->uri, uri, sizeof(uri)),
		.route = route->set,
		.cseq = msg->cseq.number,
		.flow = flow,
		.policy = b2b_realm_event_policy(sub->realm[1], flow),
		.policy_arg = sub->realm[1],
		.ops = &dialog_ops,
		.arg = &sub->end[1],
	};

	b2b_host(&flow->listener->advertise, host, sizeof(host));
	b2b_contact(flow, contact, sizeof(contact));
	bind_alias(names, msg->call_id, call_id);
	bind_alias(names, msg->from.tag, tag);
	from = b2b_identity(&msg->from, span_of(host));
	to = to_of(route, &msg->to, &msg->uri);
	conf.local = span_of(from);
	conf.remote = span_of(to);
	conf.contact = span_of(contact);
	conf.call_id = span_of(call_id);
	conf.tag = span_of(tag);
	sub->end[1].dialog = from && to && conf.target.p ?
			     sip_dialog_uac_new(sub->b2b->dialogs, &conf) : NULL;
	free(from);
	free(to);
	return sub->end[1].dialog;
}

static bool send_again(struct sub *sub)
{
	const struct sip_dialog_request like = {
		.response = on_response, .failed = on_failed, .arg = sub,
	};

	sub->out = pass(sub, 0, sip_tx_request(sub->start->in), &like);
	return sub->out;
}

/* the same dialog begins elsewhere, with the URI that is right there */
static bool move(struct sub *sub, struct sip_flow *flow)
{
	const struct route *route = &sub->start->route;
	char contact[B2B_TEXT], uri[SIP_MAX_URI];
	struct span target = route_uri(route->hop[0], &route->number,
				       &sip_tx_request(sub->start->in)->uri, uri, sizeof(uri));

	b2b_contact(flow, contact, sizeof(contact));
	return target.p &&
	       !sip_dialog_move(sub->end[1].dialog, flow, span_of(contact), target);
}

static bool send_by(struct sub *sub, struct sip_flow *flow)
{
	if (sub->end[1].dialog ? !move(sub, flow) : !notifier(sub, flow))
		return false;
	return send_again(sub);
}

static void on_found(int error, const struct sip_targets *targets, void *arg);

static bool look_up(struct sub *sub)
{
	struct sip_hop hop;

	route_lookup(sub->start->route.hop[0], &hop);
	sub->start->query = sip_resolve(sub->b2b->resolver, &hop, on_found, sub);
	return sub->start->query;
}

/* another next hop of the trunk, or of its group, which may ask who we are for itself */
static bool next_hop(struct sub *sub)
{
	struct start *start = sub->start;
	struct route *route = &start->route;

	while (route->n > 1) {
		memmove(route->hop, route->hop + 1, --route->n * sizeof(*route->hop));
		route->trunk = config_trunk_of(start->config, route->hop[0]);
		if (sub->lines)
			sub->lines = route->trunk;
		b2b_account_forget(&sub->account);
		sub->tries = 0;
		start->targets.n = 0;
		start->next = 0;
		if (look_up(sub))
			return true;
	}
	return false;
}

/* nobody waits for timer F, nor does the phone, while there is somebody else */
static void on_silent(struct timer *timer, void *arg)
{
	struct sub *sub = arg;

	sip_dialog_forget(sub->out);
	sub->out = NULL;
	try_next(sub);
}

static void try_next(struct sub *sub)
{
	struct start *start = sub->start;
	struct sip_flow *flow;
	bool sent;

	timer_cancel(&start->timer);
	while (start->next < start->targets.n) {
		if (sip_transport_flow(sub->b2b->transport, sub->realm[1],
				       &start->targets.target[start->next++], &flow))
			continue;
		sent = send_by(sub, flow);
		sip_flow_unref(flow);
		if (!sent)
			continue;
		if (start->next < start->targets.n || start->route.n > 1)
			timer_set(sub->b2b->timers, &start->timer,
				  (uint64_t)start->config->hop_timeout * 1000);
		return;
	}
	if (!next_hop(sub))
		give_up(sub, start->route.flow ? 480 : 503);
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct sub *sub = arg;

	sub->start->query = NULL;
	if (!error)
		sub->start->targets = *targets;
	try_next(sub);
}

static struct sip_dialog *subscriber(struct sub *sub, struct sip_flow *flow)
{
	char contact[B2B_TEXT];
	struct sip_dialog_conf conf = {
		.policy = b2b_realm_event_policy(sub->realm[0], flow),
		.policy_arg = sub->realm[0],
		.ops = &dialog_ops,
		.arg = &sub->end[0],
	};

	b2b_contact(flow, contact, sizeof(contact));
	conf.contact = span_of(contact);
	sub->end[0].dialog = sip_dialog_uas_new(sub->b2b->dialogs, sub->start->in, &conf);
	return sub->end[0].dialog;
}

static void on_first_over(void *arg, struct sip_tx *tx)
{
	struct sub *sub = arg;

	sub->start->in = NULL;
	finish(sub);
}

static bool set_start(struct sub *sub, const struct route *route, struct sip_flow *flow,
		      struct sip_msg *msg)
{
	static const struct sip_tx_server_ops ops = { .over = on_first_over };
	struct start *start = calloc(1, sizeof(*start));

	sub->start = start;
	sub->hold = b2b_passwords(route->trunk);
	if (sub->hold) {
		sub->config = config_get(sub->b2b->config);
		sub->lines = route->trunk;
	}
	if (!start) {
		b2b_invite_refuse(sub->b2b, flow, msg, 500, NULL, "no memory");
		return false;
	}
	timer_init(&start->timer, on_silent, sub);
	start->config = config_get(sub->b2b->config);
	start->route = *route;
	start->set = route->set.n ? span_dup(route->set) : NULL;
	start->route.set = span_of(start->set);
	start->in = sip_tx_server_new(sub->b2b->stack, flow, msg, &ops, sub);
	return start->in;
}

static void begin(struct sub *sub, const struct route *route, struct sip_flow *flow)
{
	if (!subscriber(sub, flow)) {
		sip_tx_answer(sub->start->in, 400);
		finish(sub);
		return;
	}
	if (route->flow) {
		if (!send_by(sub, route->flow))
			give_up(sub, 480);
		return;
	}
	if (!look_up(sub))
		give_up(sub, 500);
}

/* if not it has been answered */
static bool admit(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	const char *full = "Retry-After: 30\r\n";

	if (!sip_require_ok(b2b->stack, flow, msg, b2b_event_options))
		return false;
	if (msg->max_forwards < 2)
		b2b_invite_refuse(b2b, flow, msg, 483, NULL, NULL);
	else if (b2b->draining)
		b2b_invite_refuse(b2b, flow, msg, 503, full, "the agent is draining");
	else if (!b2b_binding_vouched(b2b_realm_of_flow(flow), flow, msg))
		b2b_invite_refuse(b2b, flow, msg, 403, NULL,
				  "who has not registered cannot subscribe");
	else
		return true;
	return false;
}

void b2b_subscribe_received(struct b2b *b2b, struct sip_flow *flow, struct sip_msg *msg)
{
	struct realm *realm = b2b_realm_of_flow(flow);
	struct route route;
	struct sub *sub;

	if (!admit(b2b, flow, msg) || !b2b_invite_route(b2b, realm, flow, msg, &route))
		return;
	b2b_trunk_sort(b2b, &route, NULL);
	sub = new_sub(realm, b2b_realm_of(b2b, route.to), flow, msg->text.n - msg->body.n);
	if (!sub)
		b2b_invite_refuse(b2b, flow, msg, 503, "Retry-After: 30\r\n",
				  "there are as many subscriptions as there may be");
	else if (set_start(sub, &route, flow, msg))
		begin(sub, &route, flow);
	else
		finish(sub);
}

void b2b_subscribe_end_all(struct b2b *b2b)
{
	while (!LIST_EMPTY(&b2b->subs))
		let_go(LIST_FIRST(&b2b->subs));
}

/* ----------------------------------------------------------------- of a former agent */

static bool dialog_again(struct sub_end *end, const struct b2b_kept_dialog *kept)
{
	const struct sip_dialog_conf conf = {
		.flow = kept->flow,
		.policy = b2b_realm_event_policy(kept->realm, kept->flow),
		.policy_arg = kept->realm,
		.ops = &dialog_ops,
		.arg = end,
	};

	end->dialog = sip_dialog_load(end->sub->b2b->dialogs, &conf, kept->saved);
	return end->dialog;
}

static bool begin_again(struct b2b *b2b, bool hold, uint64_t due, size_t size,
			const struct b2b_kept_dialog *kept)
{
	/* any trunk that asks for a password */
	const struct config_trunk asks = { .user = "" };
	uint64_t now = b2b->timers->now;
	struct sub *sub;

	if (!kept[0].flow || !kept[1].flow)
		return false;
	sub = new_sub(kept[0].realm, kept[1].realm, kept[0].flow, size / 2);
	if (!sub)
		return false;
	sub->forks = FORKS_MAX;
	sub->hold = hold ? b2b_passwords(&asks) : NULL;
	timer_set(b2b->timers, &sub->timer, due > now ? due - now : 0);
	if (dialog_again(&sub->end[0], &kept[0]) && dialog_again(&sub->end[1], &kept[1]))
		return true;
	let_go(sub);
	return false;
}

static void load(struct span key, struct span value, void *arg)
{
	struct b2b_kept_dialog kept[2] = { 0 };
	struct unpack u = { .rest = value };
	struct b2b *b2b = arg;
	bool hold = unpack_u32(&u);
	uint64_t due = unpack_due(&u, b2b->timers->now);

	if (!b2b_keep_dialog_read(b2b, &u, &kept[0]) ||
	    !b2b_keep_dialog_read(b2b, &u, &kept[1]) || !unpack_end(&u) ||
	    !begin_again(b2b, hold, due, value.n, kept))
		store_del(b2b->store, &sub_class, key);
	sip_flow_unref(kept[0].flow);
	sip_flow_unref(kept[1].flow);
}

void b2b_subscribe_load(struct b2b *b2b)
{
	store_each(b2b->store, &sub_class, load, b2b);
	if (b2b->counters.subscriptions)
		log_info("subscriptions of the former agent: %llu go on",
			 (unsigned long long)b2b->counters.subscriptions);
}
