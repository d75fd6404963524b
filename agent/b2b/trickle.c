// SPDX-License-Identifier: GPL-2.0
/*
 * Candidates of a party that come by INFO (RFC 8840): they are for our ICE with it, and
 * nobody else's, so no such INFO goes on, whatever the other side understands.
 *
 * All candidates of ours are in our descriptions: we have none to send later.
 */
#include <errno.h>

#include "private.h"

#define PACKAGE		"trickle-ice"
#define FRAGMENT	"application/trickle-ice-sdpfrag"

bool b2b_trickle_is_on(const struct realm *realm)
{
	return realm->conf->ice != CONFIG_ICE_OFF;
}

static bool is_package(struct span item)
{
	return span_iscase(span_trim(span_cut(&item, ';')), PACKAGE);
}

static bool is_fragment(const struct sip_msg *msg)
{
	struct span type = sip_msg_value(msg, SIP_HDR_CONTENT_TYPE);

	return span_iscase(span_trim(span_cut(&type, ';')), FRAGMENT);
}

bool b2b_trickle_is(const struct sip_msg *msg)
{
	return msg->method == SIP_INFO &&
	       (is_package(sip_msg_value(msg, SIP_HDR_INFO_PACKAGE)) ||
		is_fragment(msg));
}

void b2b_trickle_say(struct sip_writer *w, const struct realm *to)
{
	if (!b2b_trickle_is_on(to))
		return;
	sip_write_header(w, SIP_HDR_SUPPORTED, SPAN(PACKAGE));
	sip_write_header(w, SIP_HDR_RECV_INFO, SPAN(PACKAGE));
}

/* RFC 6086 section 4.3: a list without a package says that none is taken */
void b2b_trickle_pass(struct sip_writer *w, const struct sip_msg *msg,
		      const struct realm *to)
{
	struct sip_iter it = SIP_ITER(msg, SIP_HDR_RECV_INFO);
	bool any = b2b_trickle_is_on(to);
	struct span item;

	while (sip_iter_next(&it, &item)) {
		if (is_package(item))
			continue;
		sip_write_header(w, SIP_HDR_RECV_INFO, item);
		any = true;
	}
	if (!any && sip_msg_first(msg, SIP_HDR_RECV_INFO))
		sip_write_header(w, SIP_HDR_RECV_INFO, SPAN(""));
}

/*
 * What belongs to no description of the party's, or to one that it has replaced, changes
 * nothing, and that is no fault of the INFO (RFC 6086 section 4.2.2).
 */
static unsigned int take(struct end *end, const struct sip_msg *msg, struct dp_err *err)
{
	struct session_branch *media = end->pair->media;
	int ret;

	if (!b2b_trickle_is_on(b2b_end_realm(end)))
		return 469;
	if (!is_fragment(msg) || sip_msg_first(msg, SIP_HDR_CONTENT_ENCODING))
		return 415;
	if (!media)
		return 481;
	ret = session_trickle(media, b2b_end_party(end), msg->body.p, msg->body.n, err);
	return ret == -EPROTO ? 400 : ret == -ENOMEM ? 500 : 200;
}

void b2b_trickle_received(struct end *end, struct sip_tx *tx, struct sip_msg *msg)
{
	struct call *call = end->pair->call;
	struct dp_err err = { 0 };
	unsigned int status = take(end, msg, &err);
	struct answer answer = { .status = status };

	if (status == 469)
		answer.headers = "Recv-Info:\r\n";
	else if (status == 415)
		answer.headers = "Accept: " FRAGMENT "\r\n";
	else if (status == 400)
		answer.why = err.text;
	if (status != 200 || *err.text)
		b2b_call_log(call, status == 200 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
			     (int)end->i, "its candidates are not taken (%u): %s", status,
			     *err.text ? err.text : "not as they should be");
	b2b_reply(end, tx, &answer);
	sip_tx_forget(tx);
}
