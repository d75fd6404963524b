// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptions into ports and bridges.
 *
 * An offer takes ports; the answer makes the bridges, all of a description at
 * once, before it is passed on: nobody is told an address that does not relay
 * yet.  Before the answer there is no bridge, since towards the answerer there
 * is no address that could be trusted.  A new offer in mid-call changes nothing
 * until its answer, and nothing at all if it is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "private.h"

static bool usable(const struct sdp_line *line)
{
	return !line->rejected && line->relayable;
}

/* our address towards a side: of the family that its description speaks */
static int choose_address(struct side *side, const struct sdp_body *body,
			  struct dp_err *err)
{
	const struct config_realm *conf = side->realm->conf;
	sa_family_t family = side->listener->address->listen.family;
	size_t i;

	if (side->address)
		return 0;
	for (i = 0; body && i < body->n; i++) {
		if (body->line[i].remote.family) {
			family = body->line[i].remote.family;
			break;
		}
	}
	if (family == side->listener->address->listen.family) {
		side->address = side->listener->address;
		return 0;
	}
	for (i = 0; i < conf->n_addresses; i++) {
		if (conf->addresses[i].listen.family == family) {
			side->address = &conf->addresses[i];
			return 0;
		}
	}
	return dp_fail(err, EAFNOSUPPORT, "realm %s has no %s address",
		       conf->name, family == AF_INET ? "IPv4" : "IPv6");
}

static void put_line(struct line *line)
{
	unsigned int s;

	for (s = 0; s < 2; s++) {
		ports_put(line->half[s].pair);
		explicit_bzero(&line->half[s], sizeof(line->half[s]));
	}
}

static int take_ports(struct call *call, struct line *line, struct dp_err *err)
{
	struct ports *ports;
	unsigned int s;

	for (s = 0; s < 2; s++) {
		if (line->half[s].pair)
			continue;
		ports = calls_ports(call->calls, call->side[s].address);
		line->half[s].pair = ports_get(ports, call, err);
		if (!line->half[s].pair)
			return err->code ? -err->code :
			       dp_fail(err, ENOSPC, "no port is free");
	}
	return 0;
}

static void forget_offer(struct call *call)
{
	secure_offer_over(call);
	sdp_body_free(call->offer.body);
	memset(&call->offer, 0, sizeof(call->offer));
}

void media_offer_failed(struct call *call)
{
	unsigned int i;

	if (!call->offer.body)
		return;
	for (i = 0; i < call->offer.body->n; i++)
		if (call->offer.fresh[i])
			put_line(&call->lines[i]);
	forget_offer(call);
}

static int offer_line(struct call *call, unsigned int i, struct dp_err *err)
{
	struct sdp_line *from = &call->offer.body->line[i];
	struct line *line = &call->lines[i];

	if (!usable(from)) {
		if (from->why) {
			snprintf(call->unrelayed, sizeof(call->unrelayed),
				 "media line %u is not relayed: %s", i + 1,
				 from->why);
			call_log(call, LOG_LEVEL_INFO,
				 &call->side[call->offer.from], "%s",
				 call->unrelayed);
		}
		return 0;
	}
	if (!line->half[0].pair) {
		call->offer.fresh[i] = true;
		line->kind = from->kind;
		line->rtp = from->rtp;
	}
	return take_ports(call, line, err);
}

/* the sender wants something, and none of it can be had */
static bool is_hopeless(const struct sdp_body *body)
{
	size_t i, wanted = 0;

	for (i = 0; i < body->n; i++) {
		if (usable(&body->line[i]))
			return false;
		wanted += !body->line[i].rejected;
	}
	return wanted;
}

int media_offer(struct call *call, unsigned int from, struct sdp_body *body,
		struct dp_err *err)
{
	unsigned int i;
	int ret = 0;

	media_offer_failed(call);
	call->offer.body = body;
	call->offer.from = from;
	if (body->n < call->n_lines)
		ret = dp_fail(err, EPROTO, "%zu media lines; the call has %u, and their number may not shrink",
			      body->n, call->n_lines);
	if (!ret)
		ret = secure_offer(call, err);
	if (!ret && is_hopeless(body))
		ret = dp_fail(err, EPROTO, "no media line can be relayed: %s",
			      body->line[0].why ? body->line[0].why : "-");
	if (!ret)
		ret = choose_address(&call->side[from], body, err);
	if (!ret)
		ret = choose_address(&call->side[!from], NULL, err);
	for (i = 0; !ret && i < body->n; i++)
		ret = offer_line(call, i, err);
	if (ret)
		media_offer_failed(call);
	return ret;
}

static void set_remote(struct half *half, const struct sdp_line *line)
{
	/* on hold by 0.0.0.0: the address that was known stays known */
	if (!line->remote.family)
		return;
	half->remote = line->remote;
	half->remote_rtcp = line->rtp ? line->remote_rtcp : line->remote;
}

static int answer_line(struct call *call, unsigned int i, unsigned int from,
		       const struct sdp_line *answer, struct dp_err *err)
{
	const struct sdp_line *offer = &call->offer.body->line[i];
	struct line *line = &call->lines[i];
	int ret;

	/* the answerer believes in it, and would send what nobody can read */
	if (usable(offer) && !answer->rejected && !answer->relayable &&
	    answer->savp && !answer->n_crypto)
		return dp_fail(err, EPROTO, "media line %u of the answer: %s",
			       i + 1, answer->why);
	line->wanted = usable(offer) && usable(answer);
	if (!line->wanted)
		return 0;
	/* RFC 3264 section 6; nor would datagrams that are no RTP be protected */
	if (offer->rtp != answer->rtp)
		return dp_fail(err, EPROTO, "media line %u is offered as %s and answered as %s; expected the same",
			       i + 1, offer->rtp ? "RTP" : "no RTP",
			       answer->rtp ? "RTP" : "no RTP");
	line->kind = answer->kind;
	line->rtp = answer->rtp;
	set_remote(&line->half[!from], offer);
	set_remote(&line->half[from], answer);
	ret = secure_answer(call, i, from, answer, err);
	if (ret)
		return ret;
	if (answer->remote.family && answer->remote.family !=
	    line->half[from].pair->rtp.family)
		return dp_fail(err, EAFNOSUPPORT, "media line %u is answered with an address of another family than ours",
			       i + 1);
	return 0;
}

int media_answer(struct call *call, unsigned int from,
		 const struct sdp_body *body, struct dp_err *err)
{
	/* against RFC 3264, many answer the lines they want and no others */
	static const struct sdp_line absent = { .rejected = true };
	struct line before[SDP_MEDIA_MAX];
	unsigned int i, n = call->n_lines;
	int ret = 0;

	if (!call->offer.body)
		return dp_fail(err, EPROTO, "an answer without an offer");
	if (body->n > call->offer.body->n)
		return dp_fail(err, EPROTO, "%zu media lines in the answer to %zu",
			       body->n, call->offer.body->n);
	memcpy(before, call->lines, sizeof(before));
	call->n_lines = call->offer.body->n;
	for (i = 0; !ret && i < call->n_lines; i++)
		ret = answer_line(call, i, from,
				  i < body->n ? &body->line[i] : &absent, err);
	if (!ret)
		ret = bridges_apply(call, err);
	if (ret) {
		memcpy(call->lines, before, sizeof(before));
		call->n_lines = n;
	} else {
		secure_warn(call);
	}
	explicit_bzero(before, sizeof(before));
	return ret;
}

void media_offer_done(struct call *call)
{
	unsigned int i;

	if (!call->offer.body)
		return;
	for (i = 0; i < call->n_lines; i++)
		if (!call->lines[i].wanted)
			put_line(&call->lines[i]);
	forget_offer(call);
}

/* a description of ours has our keys in it */
void media_text_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

char *media_rewrite(struct call *call, unsigned int to,
		    const struct sdp_body *body)
{
	struct side *side = &call->side[to];
	struct sdp_us us = {
		.address = side->address->advertise,
		.id = side->sdp_id,
		.version = side->sdp_version ? side->sdp_version : 1,
	};
	const struct ports_pair *pair;
	char *text;
	size_t i;

	for (i = 0; i < body->n; i++) {
		pair = call->lines[i].half[to].pair;
		secure_local(call, i, to, &us.local[i]);
		if (!usable(&body->line[i]) || !pair)
			continue;
		us.local[i].port = pair->rtp.port;
		us.local[i].rtcp = body->line[i].rtp ? pair->rtcp.port : 0;
		us.local[i].hold = body->line[i].hold;
	}
	text = sdp_body_rewrite(body, &us);
	if (text && side->sdp_sent && strcmp(text, side->sdp_sent)) {
		media_text_free(text);
		us.version++;
		text = sdp_body_rewrite(body, &us);
	}
	if (text)
		side->sdp_version = us.version;
	explicit_bzero(&us, sizeof(us));
	if (!text)
		return NULL;
	media_text_free(side->sdp_sent);
	side->sdp_sent = strdup(text);
	return text;
}

void media_end(struct call *call)
{
	unsigned int i;

	bridges_end(call);
	media_offer_failed(call);
	for (i = 0; i < SDP_MEDIA_MAX; i++)
		put_line(&call->lines[i]);
	call->n_lines = 0;
}

unsigned int media_retry_after(struct calls *calls)
{
	struct ports_stats stats;
	uint64_t wait = 0;
	size_t i;

	for (i = 0; i < calls->n_pools; i++) {
		ports_stats(calls->pools[i].ports, &stats);
		if (stats.next > wait)
			wait = stats.next;
	}
	return wait ? (wait + 999) / 1000 : 5;
}

/**
 * struct reporting - a dump on its way into reports
 * @call: the call
 * @reports: grown as legs come
 * @n: how many
 */
struct reporting {
	struct call *call;
	struct leg_report *reports;
	unsigned int n;
};

static bool name_leg(const struct call *call, struct leg_report *r)
{
	const struct protection *srtp;
	const struct ports_pair *pair;
	unsigned int i, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (s = 0; s < 2; s++) {
			pair = call->lines[i].half[s].pair;
			if (!pair)
				continue;
			r->side = s;
			r->line = i;
			r->rtcp = dp_addr_eq(&r->info.conf.local, &pair->rtcp);
			if (!r->rtcp && !dp_addr_eq(&r->info.conf.local,
						    &pair->rtp))
				continue;
			r->rtp_at_agent = media_sock_counts(r->rtcp ?
				pair->rtcp_sock : pair->rtp_sock)
				->packets[MEDIA_RTP];
			srtp = &call->lines[i].half[s].srtp;
			r->srtp_rx = srtp->on ? srtp->rx.suite : DP_SRTP_NONE;
			r->srtp_tx = srtp->on ? srtp->tx.suite : DP_SRTP_NONE;
			return true;
		}
	}
	return false;
}

static int report_leg(const struct dp_leg_info *info, void *arg)
{
	struct reporting *to = arg;
	struct leg_report *r;

	r = reallocarray(to->reports, to->n + 1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	to->reports = r;
	r[to->n] = (struct leg_report){ .info = *info };
	if (name_leg(to->call, &r[to->n]))
		to->n++;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct leg_report *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->rtcp != y->rtcp)
		return x->rtcp ? 1 : -1;
	return (int)x->side - (int)y->side;
}

unsigned int media_report(struct call *call, struct leg_report **reports)
{
	struct dp *const dps[] = { call->calls->dp, call->calls->dp_srtp };
	struct reporting to = { .call = call };
	struct dp_err err;
	size_t k;

	for (k = 0; k < 2; k++) {
		if (!bridges_in(call, dps[k]) || (k && dps[k] == dps[0]))
			continue;
		if (dp_legs_dump(dps[k], call->id, report_leg, &to, &err))
			call_log(call, LOG_LEVEL_WARNING, NULL,
				 "its legs cannot be read: %s", err.text);
	}
	if (to.n)
		qsort(to.reports, to.n, sizeof(*to.reports), by_place);
	*reports = to.reports;
	return to.n;
}
