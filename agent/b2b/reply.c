// SPDX-License-Identifier: GPL-2.0
/* An answer to a party's request. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

/*
 * A redirection of the other side: addresses in it are none of this side's business,
 * and calls to them have to come by us.
 */
static void redirect(struct sip_writer *w, struct sip_msg *msg,
		     const struct sip_flow *flow)
{
	const struct sip_addr *list;
	char contact[B2B_TEXT], uri[512];
	struct span host;
	int i, n = sip_msg_addrs(msg, SIP_HDR_CONTACT, &list);

	b2b_contact(flow, contact, sizeof(contact));
	host = span_skip(span_of(contact), strlen("sip:"));
	for (i = 0; i < n; i++) {
		if (!sip_uri_is_sip(&list[i].uri) || !list[i].uri.addr.family) {
			if (!list[i].star)
				sip_write_addr(w, SIP_HDR_CONTACT,
					       (struct span){ NULL, 0 },
					       list[i].uri.text,
					       (struct span){ NULL, 0 },
					       list[i].params);
			continue;
		}
		snprintf(uri, sizeof(uri), "sip:" SPAN_FMT "%s" SPAN_FMT,
			 SPAN_ARG(list[i].uri.user),
			 list[i].uri.user.n ? "@" : "", SPAN_ARG(host));
		sip_write_addr(w, SIP_HDR_CONTACT, (struct span){ NULL, 0 },
			       span_of(uri), (struct span){ NULL, 0 },
			       list[i].params);
	}
}

static void write_headers(struct sip_writer *w, struct end *end,
			  struct sip_tx *tx, const struct answer *answer)
{
	struct end *other = b2b_end_other(end);
	unsigned int status = answer->status;

	if (answer->from) {
		b2b_pass(w, answer->from, other);
		if (status >= 300 && status < 400)
			redirect(w, (struct sip_msg *)answer->from,
				 sip_tx_flow(tx));
	}
	if (status < 300 || status == 405 || status == 501)
		b2b_abilities(w, end);
	if (status == 415)
		sip_write_header(w, SIP_HDR_ACCEPT, SPAN("application/sdp"));
	/* RFC 3261 section 14.2: between 0 and 10 seconds */
	if (status == 500 && !answer->from)
		sip_write_header(w, SIP_HDR_RETRY_AFTER, SPAN("3"));
	if (!answer->from && status >= 200)
		sip_write_header(w, SIP_HDR_SERVER, SPAN("rtplane"));
	if (answer->why)
		sip_write_warning(w, 399, SPAN("rtplane"), span_of(answer->why));
	if (answer->headers)
		sip_write_block(w, span_of(answer->headers));
}

int b2b_reply(struct end *end, struct sip_tx *tx, const struct answer *answer)
{
	struct sip_writer w = { 0 };
	struct content content = { NULL };
	struct sip_reply r = { .status = answer->status };
	char phrase[128];
	int ret = -ENOMEM;

	write_headers(&w, end, tx, answer);
	if (answer->from && answer->sdp)
		b2b_content_sdp(&content, answer->from, answer->sdp, b2b_end_realm(end));
	if (content.lines)
		sip_write_block(&w, span_of(content.lines));
	r.reason = answer->phrase;
	if (!r.reason && answer->from && answer->from->reason.n) {
		span_str(answer->from->reason, phrase, sizeof(phrase));
		r.reason = phrase;
	}
	r.headers = (struct span){ w.p, w.n };
	if (content.body) {
		r.type = span_of(content.type);
		r.body = (struct span){ content.body, content.len };
	}
	/* its dialog may be over before its requests are answered */
	if (!w.failed && end->dialog && answer->reliable)
		ret = sip_dialog_respond_reliably(end->dialog, tx, &r, answer->rseq);
	else if (!w.failed)
		ret = end->dialog ? sip_dialog_respond(end->dialog, tx, &r) :
				    sip_tx_respond(tx, &r);
	b2b_content_free(&content);
	sip_write_free(&w);
	return ret;
}
