// SPDX-License-Identifier: GPL-2.0
/* Responses: what they take from their request (RFC 3261 8.2.6, RFC 3581). */
#include <stdio.h>

#include "sip/write.h"

static void put_param(struct sip_writer *w, struct span name, struct span value)
{
	sip_write_text(w, SPAN(";"));
	sip_write_text(w, name);
	if (!value.p)
		return;
	sip_write_text(w, SPAN("="));
	sip_write_text(w, value);
}

/*
 * The first Via with what we know of its sender.  What it says of that itself
 * may be a lie, so it goes.
 */
static void put_via(struct sip_writer *w, const struct sip_msg *req)
{
	struct span rest = req->via.params, name, value;
	struct dp_addr host = req->source;
	char text[DP_ADDR_STRLEN];

	sip_write_text(w, SPAN("SIP/2.0/"));
	sip_write_text(w, req->via.proto_text);
	sip_write_text(w, SPAN(" "));
	sip_write_text(w, req->via.host);
	if (req->via.port) {
		snprintf(text, sizeof(text), ":%u", req->via.port);
		sip_write_text(w, span_of(text));
	}
	while (sip_param_next(&rest, &name, &value))
		if (!span_iscase(name, "received") && !span_iscase(name, "rport"))
			put_param(w, name, value);
	host.port = 0;
	put_param(w, SPAN("received"),
		  span_of(dp_addr_str(&host, text, sizeof(text))));
	if (req->via.rport) {
		snprintf(text, sizeof(text), "%u", req->source.port);
		put_param(w, SPAN("rport"), span_of(text));
	}
}

/* the field that begins with the first Via: there may be empty ones before it */
static void put_first(struct sip_writer *w, const struct sip_msg *req,
		      struct span rest)
{
	sip_write_begin(w, SIP_HDR_VIA);
	put_via(w, req);
	rest = span_trim(rest);
	if (rest.n) {
		sip_write_text(w, SPAN(", "));
		sip_write_text(w, rest);
	}
	sip_write_crlf(w);
}

static void put_vias(struct sip_writer *w, const struct sip_msg *req)
{
	const struct sip_header *h = sip_msg_first(req, SIP_HDR_VIA);
	struct span rest, item;
	bool first = true;

	if (!req->source.family || !req->via.host.n) {
		sip_write_copy(w, req, SIP_HDR_VIA);
		return;
	}
	for (; h; h = sip_msg_after(req, h)) {
		rest = h->value;
		if (!first)
			sip_write_header(w, SIP_HDR_VIA, rest);
		else if (sip_list_next(&rest, &item))
			put_first(w, req, rest);
		else
			continue;
		first = false;
	}
}

static void put_to(struct sip_writer *w, const struct sip_msg *req,
		   struct span to_tag)
{
	const struct sip_header *h = sip_msg_first(req, SIP_HDR_TO);

	if (!h)
		return;
	sip_write_begin(w, SIP_HDR_TO);
	sip_write_text(w, h->value);
	/* a To that could not be read may have a tag all the same */
	if (to_tag.n && !req->to.tag.p && req->to.uri.text.n)
		put_param(w, SPAN("tag"), to_tag);
	sip_write_crlf(w);
}

void sip_write_response(struct sip_writer *w, const struct sip_msg *req,
			unsigned int status, struct span reason,
			struct span to_tag)
{
	sip_write_status(w, status, reason);
	put_vias(w, req);
	sip_write_copy(w, req, SIP_HDR_FROM);
	put_to(w, req, to_tag);
	sip_write_copy(w, req, SIP_HDR_CALL_ID);
	sip_write_copy(w, req, SIP_HDR_CSEQ);
	if (status == 100)
		sip_write_copy(w, req, SIP_HDR_TIMESTAMP);
	if (status > 100 && status < 300)
		sip_write_copy(w, req, SIP_HDR_RECORD_ROUTE);
}

void sip_write_refusal(struct sip_writer *w, const struct sip_msg *req,
		       unsigned int status, struct span text, struct span agent,
		       struct span to_tag)
{
	sip_write_response(w, req, status, (struct span){ NULL, 0 }, to_tag);
	if (text.n)
		sip_write_warning(w, 399, agent, text);
	sip_write_end(w);
}
