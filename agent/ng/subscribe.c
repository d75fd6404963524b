// SPDX-License-Identifier: GPL-2.0
/*
 * Subscriptions: what parties of a call send goes to somebody beside, too, such as a SIPREC
 * recorder.  A request makes ports and an offer by which we only send; the answer says
 * where to, line by line; whoever answers again changes that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "base/random.h"
#include "private.h"
#include "sdp/sdp.h"

/** NG_SUBS_MAX - subscriptions of a call */
#define NG_SUBS_MAX	4

/** NG_TAPS_MAX - lines of a subscription */
#define NG_TAPS_MAX	8

/** NG_SUB_TEXT - bytes of what it is offered */
#define NG_SUB_TEXT	8192

/**
 * struct ng_tap - a line of a subscription
 * @tap: what is sent
 * @tag: whose, of the branch
 * @index: number of the line of the party
 * @kind: "audio"
 */
struct ng_tap {
	struct session_tap *tap;
	char *tag;
	unsigned int index;
	char kind[16];
};

/**
 * struct ng_sub - a subscription
 * @entry: of the call
 * @tag: its to-tag; NULL: it has ended, and its ports wait for the call's end
 * @tap: lines, in the order of the offer
 * @n: how many
 */
struct ng_sub {
	LIST_ENTRY(ng_sub) entry;
	char *tag;
	struct ng_tap tap[NG_TAPS_MAX];
	unsigned int n;
};

static void sub_free(struct ng_sub *sub)
{
	unsigned int i;

	for (i = 0; i < sub->n; i++) {
		session_tap_free(sub->tap[i].tap);
		free(sub->tap[i].tag);
	}
	free(sub->tag);
	free(sub);
}

void ng_subs_each(const struct ng_call *call,
		  void (*fn)(const struct ng_copy *copy, void *arg), void *arg)
{
	const struct ng_sub *sub;
	struct dp_addr to_rtcp;
	struct ng_copy copy;
	unsigned int i;
	uint16_t rtcp;

	LIST_FOREACH(sub, &call->subs, entry) {
		if (!sub->tag)
			continue;
		for (i = 0; i < sub->n; i++) {
			copy = (struct ng_copy){
				.subscriber = sub->tag, .of = sub->tap[i].tag,
				.line = sub->tap[i].index, .kind = sub->tap[i].kind,
			};
			session_tap_place(sub->tap[i].tap, &copy.local, &rtcp);
			session_tap_told(sub->tap[i].tap, &copy.to, &to_rtcp);
			fn(&copy, arg);
		}
	}
}

void ng_subs_free(struct ng_call *call)
{
	struct ng_sub *sub;

	while ((sub = LIST_FIRST(&call->subs))) {
		LIST_REMOVE(sub, entry);
		sub_free(sub);
	}
}

/*
 * Nothing goes there any more, and then its ports are given back.  If the datapath does not
 * do it, copies may go by them still: they stay ours until the call ends.
 */
static void sub_end(struct ng_call *call, struct ng_sub *sub)
{
	struct dp_err err;
	unsigned int i;

	for (i = 0; i < sub->n; i++)
		session_tap_set(sub->tap[i].tap, NULL, NULL);
	if (session_taps_apply(call->session, &err)) {
		log_call(LOG_LEVEL_ERROR, session_id(call->session), NULL,
			 "a subscription cannot be ended in the datapath: %s", err.text);
		free(sub->tag);
		sub->tag = NULL;
		return;
	}
	LIST_REMOVE(sub, entry);
	sub_free(sub);
}

static struct ng_sub *sub_find(const struct ng_call *call, struct span tag)
{
	struct ng_sub *sub;

	LIST_FOREACH(sub, &call->subs, entry)
		if (ng_is(sub->tag, tag))
			return sub;
	return NULL;
}

/* --- who is heard --- */

static bool in_list(const struct ng_value *list, const char *tag)
{
	const struct ng_value *v;

	if (!list || list->type == NG_NUMBER)
		return false;
	if (list->type == NG_TEXT)
		return span_is(list->text, tag);
	for (v = list->first; v; v = v->next)
		if (v->type == NG_TEXT && span_is(v->text, tag))
			return true;
	return false;
}

static bool has_flag(const struct ng_request *r, const char *name)
{
	const struct ng_value *v = ng_get(r->in, "flags");

	if (v && v->type == NG_TEXT)
		return ng_word_is(v->text, name);
	for (v = v && v->type != NG_NUMBER ? v->first : NULL; v; v = v->next)
		if (v->type == NG_TEXT && ng_word_is(v->text, name))
			return true;
	return false;
}

static bool is_all(const struct ng_request *r)
{
	return has_flag(r, "all") || ng_word_is(ng_get_text(r->in, "all"), "all");
}

static bool is_meant(const struct ng_request *r, const struct ng_branch *branch,
		     unsigned int s)
{
	const struct ng_words *w = &r->words;
	const struct ng_value *tags = ng_get(r->in, "from-tags");

	if (!branch->tag[s])
		return false;
	if (is_all(r))
		return true;
	if (w->label.p)
		return ng_is(branch->label[s], w->label);
	if (tags)
		return in_list(tags, branch->tag[s]);
	if (w->tag[0].p)
		return ng_is(branch->tag[s], w->tag[0]);
	return w->via.p && !s && ng_is(branch->via, w->via);
}

/* --- what is offered --- */

static const char *host_text(const struct dp_addr *addr, char *buf, size_t len)
{
	const void *host = addr->family == AF_INET6 ? (const void *)&addr->v6 : &addr->v4;

	return inet_ntop(addr->family, host, buf, (socklen_t)len);
}

/* a line of it, without what is between the party and us */
static void say_formats(FILE *out, const struct sdp_desc *desc, const struct sdp_media *m)
{
	static const enum sdp_attr attrs[] = {
		SDP_ATTR_RTPMAP, SDP_ATTR_FMTP, SDP_ATTR_PTIME,
	};
	const struct sdp_row *row;
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(*attrs); i++)
		for (row = sdp_row_next(desc, m, attrs[i], NULL); row;
		     row = sdp_row_next(desc, m, attrs[i], row))
			fprintf(out, "%.*s\r\n", SPAN_ARG(row->text));
}

static void say_line(FILE *out, const struct ng_tap *tap, unsigned int label,
		     const struct sdp_desc *desc, const struct sdp_media *m)
{
	struct sdp_static at = { .rest = m->fmt };
	char host[DP_ADDR_STRLEN];
	struct dp_addr rtp;
	uint16_t rtcp;

	session_tap_place(tap->tap, &rtp, &rtcp);
	fprintf(out, "m=%.*s %u RTP/AVP %.*s\r\nc=IN IP%c %s\r\n", SPAN_ARG(m->type),
		rtp.port, SPAN_ARG(m->fmt), rtp.family == AF_INET6 ? '6' : '4',
		host_text(&rtp, host, sizeof(host)));
	while (sdp_static_next(desc, m, &at))
		fprintf(out, "a=rtpmap:%u " SPAN_FMT "\r\n", at.pt, SPAN_ARG(at.name));
	say_formats(out, desc, m);
	fprintf(out, "a=sendonly\r\na=rtcp:%u\r\na=label:%u\r\n", rtcp, label);
}

static bool add_tap(struct ng_request *r, struct ng_sub *sub, const char *tag,
		    struct session_party *party, const struct sdp_media *m,
		    unsigned int line, struct dp_err *err)
{
	struct session_policy *policy;
	const struct config_realm *realm = &r->ng->config->realms[0];
	struct ng_tap *tap = &sub->tap[sub->n];

	if (r->words.n_interfaces && ng_realm(r->ng, r->words.interface[0]))
		realm = ng_realm(r->ng, r->words.interface[r->words.n_interfaces - 1]);
	if (!realm)
		realm = &r->ng->config->realms[0];
	policy = r->ng->conf.policy(realm->name, r->ng->conf.arg);
	if (!policy) {
		dp_fail(err, ENOMEM, "no memory");
		return false;
	}
	tap->tap = session_tap_new(party, line, policy, r->words.family, err);
	if (!tap->tap)
		return false;
	tap->tag = strdup(tag);
	tap->index = line;
	snprintf(tap->kind, sizeof(tap->kind), "%.*s", SPAN_ARG(m->type));
	sub->n++;
	return tap->tag;
}

/* the lines of a party, behind those of others; false: with @err */
static bool add_party(struct ng_request *r, struct ng_sub *sub, FILE *out, const char *tag,
		      struct session_party *party, struct dp_err *err)
{
	const char *told = session_told_to(party);
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	bool ok = true;
	size_t i;

	desc = told ? sdp_desc_parse(span_of(told), NULL, why) : NULL;
	for (i = 0; ok && desc && i < desc->n; i++) {
		if (desc->media[i].rejected || desc->media[i].transport != SDP_RTP ||
		    !session_line_sends(party, (unsigned int)i))
			continue;
		if (sub->n == NG_TAPS_MAX) {
			dp_fail(err, E2BIG, "a subscription has at most %d lines",
				NG_TAPS_MAX);
			ok = false;
			break;
		}
		ok = add_tap(r, sub, tag, party, &desc->media[i], (unsigned int)i, err);
		if (ok)
			say_line(out, &sub->tap[sub->n - 1], sub->n, desc, &desc->media[i]);
	}
	if (desc)
		sdp_desc_free(desc);
	return ok;
}

static bool add_all(struct ng_request *r, const struct ng_call *call, struct ng_sub *sub,
		    FILE *out, struct dp_err *err)
{
	const struct ng_branch *branch;
	unsigned int s;

	LIST_FOREACH(branch, &call->branches, entry) {
		if (branch->media != session_heard(call->session))
			continue;
		for (s = 0; s < 2; s++)
			if (is_meant(r, branch, s) &&
			    !add_party(r, sub, out, branch->tag[s], branch->party[s], err))
				return false;
	}
	return true;
}

/* does anybody have that tag, whether or not he is heard? */
static bool is_anybody(const struct ng_request *r, const struct ng_call *call)
{
	const struct ng_branch *branch;
	unsigned int s;

	LIST_FOREACH(branch, &call->branches, entry)
		for (s = 0; s < 2; s++)
			if (is_meant(r, branch, s))
				return true;
	return false;
}

static void tell_tags(struct ng_request *r, const struct ng_sub *sub)
{
	struct ng_value *tags = ng_add_list(&r->reply, r->out, "from-tags");
	unsigned int i, n = 0;

	for (i = 0; i < sub->n; i++) {
		if (i && !strcmp(sub->tap[i].tag, sub->tap[i - 1].tag))
			continue;
		n++;
		ng_add_string(&r->reply, tags, NULL, sub->tap[i].tag);
	}
	if (n == 1)
		ng_add_string(&r->reply, r->out, "from-tag", sub->tap[0].tag);
}

/* what SIPREC's metadata needs: which line is whose */
static void tell_medias(struct ng_request *r, const struct ng_sub *sub)
{
	struct ng_value *all, *labels, *one = NULL, *medias = NULL, *media;
	char label[16];
	unsigned int i;

	all = ng_add_list(&r->reply, r->out, "tag-medias");
	labels = ng_add_dict(&r->reply, r->out, "media-labels");
	for (i = 0; i < sub->n; i++) {
		if (!i || strcmp(sub->tap[i].tag, sub->tap[i - 1].tag)) {
			one = ng_add_dict(&r->reply, all, NULL);
			ng_add_string(&r->reply, one, "tag", sub->tap[i].tag);
			medias = ng_add_list(&r->reply, one, "medias");
		}
		snprintf(label, sizeof(label), "%u", i + 1);
		media = ng_add_dict(&r->reply, medias, NULL);
		ng_add_number(&r->reply, media, "index", sub->tap[i].index + 1);
		ng_add_string(&r->reply, media, "type", sub->tap[i].kind);
		ng_add_string(&r->reply, media, "label", label);
		ng_add_string(&r->reply, media, "mode", "sendonly");
		media = ng_add_dict_of(&r->reply, labels, span_of(label));
		ng_add_string(&r->reply, media, "tag", sub->tap[i].tag);
		ng_add_number(&r->reply, media, "index", sub->tap[i].index + 1);
		ng_add_string(&r->reply, media, "type", sub->tap[i].kind);
		ng_add_string(&r->reply, media, "mode", "sendonly");
	}
}

static void tell(struct ng_request *r, const struct ng_sub *sub, const char *lines)
{
	char host[DP_ADDR_STRLEN], text[NG_SUB_TEXT + 256];
	struct dp_addr rtp;
	uint16_t rtcp;

	session_tap_place(sub->tap[0].tap, &rtp, &rtcp);
	host_text(&rtp, host, sizeof(host));
	snprintf(text, sizeof(text),
		 "v=0\r\no=- %llu 1 IN IP%c %s\r\ns=-\r\nc=IN IP%c %s\r\nt=0 0\r\n%s",
		 (unsigned long long)rtp.port + (unsigned long long)time(NULL) * 65536,
		 rtp.family == AF_INET6 ? '6' : '4', host,
		 rtp.family == AF_INET6 ? '6' : '4', host, lines);
	ng_add_string(&r->reply, r->out, "sdp", text);
	ng_add_string(&r->reply, r->out, "to-tag", sub->tag);
	tell_tags(r, sub);
	if (has_flag(r, "siprec"))
		tell_medias(r, sub);
}

static char *new_tag(void)
{
	unsigned long long number[2];
	char text[40];

	random_bytes(number, sizeof(number));
	snprintf(text, sizeof(text), "%016llx%016llx", number[0], number[1]);
	return strdup(text);
}

static const char *make(struct ng_request *r, struct ng_call *call, struct ng_sub *sub)
{
	char lines[NG_SUB_TEXT];
	struct ng_sub *old;
	struct dp_err err;
	bool ok, full;
	FILE *out;

	out = fmemopen(lines, sizeof(lines), "w");
	if (!out)
		return "no memory";
	ok = add_all(r, call, sub, out, &err);
	full = fflush(out) || ferror(out) || ftell(out) >= (long)sizeof(lines) - 1;
	fclose(out);
	if (!ok && (err.code == ENOSPC || err.code == EDQUOT))
		return "Ran out of ports";
	if (!ok || full) {
		snprintf(r->error, sizeof(r->error), "%.200s",
			 ok ? "the descriptions of that call are too long" : err.text);
		return r->error;
	}
	if (!sub->n)
		return "nothing of what that party sends is relayed yet; expected an answered call";
	old = r->words.tag[1].p ? sub_find(call, r->words.tag[1]) : NULL;
	sub->tag = r->words.tag[1].n ? span_dup(r->words.tag[1]) : new_tag();
	if (!sub->tag)
		return "no memory";
	tell(r, sub, lines);
	if (old)
		sub_end(call, old);
	return NULL;
}

const char *ng_subscribe_request(struct ng_request *r)
{
	struct ng_sub *sub, *each;
	struct ng_call *call;
	const char *error;
	unsigned int n = 0;

	if (!r->words.call_id.p)
		return "No call-id in message";
	call = ng_call_find(r->ng, r->words.call_id);
	if (!call)
		return "Unknown call-ID";
	if (!is_anybody(r, call))
		return r->words.label.p ? "No monologue matching the given label" :
		       r->words.tag[0].p ? "From-tag given, but no such tag exists" :
					   "No call participant specified";
	if (r->words.tag[1].n > NG_NAME_MAX)
		return "To-tag not found";
	LIST_FOREACH(each, &call->subs, entry)
		n++;
	if (n >= NG_SUBS_MAX && !sub_find(call, r->words.tag[1]))
		return "a call has at most 4 subscriptions";
	sub = calloc(1, sizeof(*sub));
	if (!sub)
		return "no memory";
	error = make(r, call, sub);
	if (error)
		sub_free(sub);
	else
		LIST_INSERT_HEAD(&call->subs, sub, entry);
	return error;
}

/* --- the answer --- */

static const char *with_sub(struct ng_request *r, struct ng_call **call,
			    struct ng_sub **sub)
{
	if (!r->words.call_id.p)
		return "No call-id in message";
	*call = ng_call_find(r->ng, r->words.call_id);
	if (!*call)
		return "Unknown call-ID";
	if (!r->words.tag[1].p)
		return "No to-tag in message";
	*sub = sub_find(*call, r->words.tag[1]);
	return *sub ? NULL : "To-tag not found";
}

static bool is_wanted(const struct sdp_media *m)
{
	return !m->rejected && !m->why &&
	       (m->dir == SDP_RECVONLY || m->dir == SDP_SENDRECV);
}

static const char *refuse_line(struct ng_request *r, const struct session_tap *tap,
			       const struct sdp_media *m, unsigned int i)
{
	const char *why = is_wanted(m) ? session_tap_access(tap, &m->remote) : NULL;

	if (why)
		snprintf(r->error, sizeof(r->error), "line %u of the answer: %.200s", i, why);
	else if (m->savp)
		snprintf(r->error, sizeof(r->error),
			 "line %u of the answer has '%.*s'; expected RTP/AVP as offered: what goes to a subscriber is not protected",
			 i, (int)(m->proto.n < 40 ? m->proto.n : 40), m->proto.p);
	else
		return NULL;
	return r->error;
}

static void place(struct session_tap *tap, const struct sdp_media *m)
{
	struct dp_addr rtcp = m->remote;

	/* nobody can say that a third one is to get RTCP (RFC 3605, RTP Bleed) */
	if (!m->mux)
		rtcp.port = m->remote_rtcp.family ? m->remote_rtcp.port : 0;
	if (is_wanted(m))
		session_tap_set(tap, &m->remote, rtcp.port ? &rtcp : NULL);
	else
		session_tap_set(tap, NULL, NULL);
}

static const char *answer_with(struct ng_request *r, struct ng_call *call,
			       struct ng_sub *sub, const struct sdp_desc *desc)
{
	struct dp_addr was[NG_TAPS_MAX][2];
	const char *why;
	struct dp_err err;
	unsigned int i;

	if (desc->n < sub->n)
		return "Failed to process subscription answer";
	for (i = 0; i < sub->n; i++) {
		why = refuse_line(r, sub->tap[i].tap, &desc->media[i], i + 1);
		if (why)
			return why;
	}
	for (i = 0; i < sub->n; i++) {
		session_tap_told(sub->tap[i].tap, &was[i][0], &was[i][1]);
		place(sub->tap[i].tap, &desc->media[i]);
	}
	if (!session_taps_apply(call->session, &err))
		return NULL;
	for (i = 0; i < sub->n; i++)
		session_tap_set(sub->tap[i].tap, &was[i][0], &was[i][1]);
	snprintf(r->error, sizeof(r->error), "%.200s", err.text);
	return r->error;
}

const char *ng_subscribe_answer(struct ng_request *r)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	struct ng_call *call;
	struct ng_sub *sub;
	const char *error = with_sub(r, &call, &sub);

	if (error)
		return error;
	if (!r->words.sdp.p)
		return "No SDP body in message";
	desc = sdp_desc_parse(r->words.sdp, NULL, why);
	if (!desc)
		return "Failed to parse SDP";
	error = desc->n ? answer_with(r, call, sub, desc) : "Incomplete SDP specification";
	sdp_desc_free(desc);
	return error;
}

const char *ng_unsubscribe(struct ng_request *r)
{
	struct ng_call *call;
	struct ng_sub *sub;
	const char *error = with_sub(r, &call, &sub);

	if (!error)
		sub_end(call, sub);
	return error;
}
