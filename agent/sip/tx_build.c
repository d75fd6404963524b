// SPDX-License-Identifier: GPL-2.0
/*
 * What the transaction layer says by itself: our Via, ACK of a refusal, CANCEL, and the
 * frame of responses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/tx.h"

void sip_tx_via(const struct sip_flow *flow, struct span branch, char *buf, size_t size)
{
	struct dp_addr addr = flow->listener->advertise;
	enum sip_proto proto = flow->proto;
	char text[DP_ADDR_STRLEN];

	if (!addr.port)
		addr.port = flow->listener->local.port;
	snprintf(buf, size, "Via: SIP/2.0/" SPAN_FMT " %s;rport;branch=" SPAN_FMT "\r\n",
		 SPAN_ARG(sip_proto_text(proto)), dp_addr_str(&addr, text, sizeof(text)),
		 SPAN_ARG(branch));
}

char *sip_tx_with_via(const struct sip_flow *flow, struct span request,
		      struct span branch, size_t *len)
{
	const char *eol = memmem(request.p, request.n, "\r\n", 2);
	char via[SIP_TX_VIA_LEN];
	size_t first, n;
	char *text;

	if (!eol) {
		errno = EINVAL;
		return NULL;
	}
	sip_tx_via(flow, branch, via, sizeof(via));
	first = (size_t)(eol + 2 - request.p);
	n = strlen(via);
	text = malloc(request.n + n);
	if (!text)
		return NULL;
	memcpy(text, request.p, first);
	memcpy(text + first, via, n);
	memcpy(text + first + n, request.p + first, request.n - first);
	*len = request.n + n;
	return text;
}

/* What an ACK and a CANCEL take from their INVITE: its Request-URI, its topmost Via and
 * nothing of others, its Route.
 */
static void begin_like(struct sip_writer *w, const struct sip_tx *tx, struct span method)
{
	const struct sip_msg *invite = tx->request;

	sip_write_request(w, method, invite->uri.text);
	sip_write_header(w, SIP_HDR_VIA, invite->via.text);
	sip_write_copy(w, invite, SIP_HDR_ROUTE);
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_copy(w, invite, SIP_HDR_FROM);
}

static void write_cseq(struct sip_writer *w, const struct sip_tx *tx, const char *method)
{
	sip_write_copy(w, tx->request, SIP_HDR_CALL_ID);
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u %s", tx->request->cseq.number, method);
}

char *sip_tx_build_ack(const struct sip_tx *tx, const struct sip_msg *refusal,
		       size_t *len)
{
	struct sip_writer w = { 0 };

	begin_like(&w, tx, SPAN("ACK"));
	sip_write_copy(&w, refusal, SIP_HDR_TO);
	write_cseq(&w, tx, "ACK");
	sip_write_end(&w);
	return sip_write_take(&w, len);
}

char *sip_tx_build_cancel(const struct sip_tx *tx, struct span headers, size_t *len)
{
	struct sip_writer w = { 0 };

	begin_like(&w, tx, SPAN("CANCEL"));
	sip_write_copy(&w, tx->request, SIP_HDR_TO);
	write_cseq(&w, tx, "CANCEL");
	sip_write_lines(&w, headers);
	sip_write_end(&w);
	return sip_write_take(&w, len);
}

void sip_write_lines(struct sip_writer *w, struct span lines)
{
	struct span line, name;

	while (lines.n) {
		line = span_cut(&lines, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			continue;
		name = span_cut(&line, ':');
		sip_write_named(w, span_trim(name), span_trim(line));
	}
}

static void write_contact(struct sip_writer *w, struct span contact)
{
	static const struct span none;

	if (contact.n)
		sip_write_addr(w, SIP_HDR_CONTACT, none, contact, none, none);
}

char *sip_tx_build_reply(const struct sip_msg *request, const struct sip_reply *reply,
			 struct span tag, size_t *len)
{
	static const struct span none;
	struct sip_writer w = { 0 };

	if (request->to.tag.n || reply->status == 100)
		tag = none;
	sip_write_response(&w, request, reply->status, span_of(reply->reason), tag);
	write_contact(&w, reply->contact);
	sip_write_lines(&w, reply->headers);
	if (reply->type.n)
		sip_write_body(&w, reply->type, reply->body);
	else
		sip_write_end(&w);
	return sip_write_take(&w, len);
}
