// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a message.  What decides about its fate at once (first line, Via, From,
 * To, Call-ID, CSeq, Max-Forwards, lengths) is read here, all else when somebody
 * asks: message_get.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "sip/head.h"
#include "sip/message.h"
#include "sip/private.h"

void sip_fault_set(struct sip_fault *fault, unsigned int status, const char *fmt,
		   ...)
{
	va_list args;
	char *p;

	if (!fault || fault->status)
		return;
	fault->status = status;
	va_start(args, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	for (p = fault->text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
}

#define wrong(msg, ...)	sip_fault_set(&(msg)->fault, 400, __VA_ARGS__)

static bool is_break(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

/*
 * Folds become blanks, in the text that is ours; so do NUL and a CR that ends no
 * line.  The writer would make blanks of them: what is read has to be what is
 * written, or two readers of one message would see different things.
 */
static void flatten(char *p, size_t n)
{
	for (; n; n--, p++)
		if (is_break(*p))
			*p = ' ';
}

/* --------------------------------------------------------------- first line */

enum line_kind { LINE_NONE, LINE_REQUEST, LINE_RESPONSE };

/*
 * Its parts, without judging them: method, what stands in the middle, version;
 * or version, status, reason.  More than one blank between, or blanks at the
 * end, are harmless.
 */
static enum line_kind split_first(struct span line, struct span part[3])
{
	const char *p = line.p, *end, *last;

	line = span_trim(line);
	if (!line.n || p != line.p)
		return LINE_NONE;
	end = line.p + line.n;
	while (p < end && !span_is_blank(*p))
		p++;
	part[0] = span_from(line.p, p);
	if (part[0].n > 4 && span_iscase((struct span){ line.p, 4 }, "SIP/")) {
		line = span_ltrim(span_from(p, end));
		for (p = line.p, end = p + line.n; p < end && !span_is_blank(*p); p++)
			;
		part[1] = span_from(line.p, p);
		part[2] = span_ltrim(span_from(p, end));
		return LINE_RESPONSE;
	}
	for (last = end; last > p && !span_is_blank(last[-1]); last--)
		;
	part[1] = span_trim(span_from(p, last));
	part[2] = span_from(last, end);
	if (part[2].n <= 4 || !span_iscase((struct span){ last, 4 }, "SIP/"))
		return LINE_NONE;
	return sip_is_token(part[0]) ? LINE_REQUEST : LINE_NONE;
}

static void read_request_line(struct sip_msg *msg, const struct span part[3])
{
	const char *why;

	msg->request = true;
	msg->method_text = part[0];
	msg->method = sip_method_lookup(part[0]);
	if (!span_iscase(part[2], "SIP/2.0"))
		sip_fault_set(&msg->fault, 505, "the version is " SPAN_FMT
			      ", SIP/2.0 is spoken here", SPAN_ARG(part[2]));
	if (part[1].n > SIP_MAX_URI)
		sip_fault_set(&msg->fault, 414,
			      "the Request-URI is longer than %d bytes", SIP_MAX_URI);
	why = sip_uri_parse(part[1], &msg->uri);
	if (why)
		wrong(msg, "Request-URI: %s", why);
	else if (msg->uri.scheme == SIP_SCHEME_OTHER)
		sip_fault_set(&msg->fault, 416, "the scheme of the Request-URI is "
			      SPAN_FMT ", not sip, sips or tel",
			      SPAN_ARG(msg->uri.scheme_text));
	else if (msg->uri.headers.p)
		wrong(msg, "Request-URI: it has header fields");
}

static bool read_status_line(struct sip_msg *msg, const struct span part[3])
{
	uint32_t status;

	if (!span_iscase(part[0], "SIP/2.0") || part[1].n != 3 ||
	    !span_u32(part[1], &status) || status < 100 || status > 699)
		return false;
	msg->status = status;
	flatten((char *)part[2].p, part[2].n);
	msg->reason = span_trim(part[2]);
	return true;
}

/* ------------------------------------------------------------ header fields */

/* does the head hold NUL or a CR within a line? most do not */
static bool is_odd(struct span head)
{
	const char *p = head.p, *end = head.p + head.n;

	if (memchr(p, '\0', head.n))
		return true;
	while ((p = memchr(p, '\r', (size_t)(end - p)))) {
		if (++p == end || *p != '\n')
			return true;
	}
	return false;
}

static void add_header(struct sip_msg *msg, const struct sip_header *h,
		       uint16_t last[SIP_HDR_N])
{
	uint16_t at = (uint16_t)msg->n_headers++;

	msg->header[at] = *h;
	if (h->id == SIP_HDR_OTHER)
		return;
	if (msg->first[h->id] == SIP_NO_HEADER)
		msg->first[h->id] = at;
	else
		msg->header[last[h->id]].next = at;
	if (msg->first[h->id] != at && sip_hdr_is_single(h->id))
		wrong(msg, "there are two %s", sip_hdr_name(h->id).p);
	last[h->id] = at;
}

static void read_headers(struct sip_msg *msg, struct span head, unsigned int room)
{
	bool odd = is_odd(head);
	uint16_t last[SIP_HDR_N];
	struct sip_header h;
	struct span line;

	while (sip_head_line(&head, &line)) {
		if (msg->n_headers == room) {
			wrong(msg, "there are more than %d header fields",
			      SIP_MAX_HEADERS);
			return;
		}
		if (line.n > SIP_MAX_LINE) {
			wrong(msg, "a header field is longer than %d bytes",
			      SIP_MAX_LINE);
			continue;
		}
		if (!sip_head_split(line, &h)) {
			wrong(msg, "\"" SPAN_FMT "\" is no header field",
			      line.n > 20 ? 20 : (int)line.n, line.p);
			continue;
		}
		if (odd || span_chr(h.value, '\n'))
			flatten((char *)h.value.p, h.value.n);
		add_header(msg, &h, last);
	}
}

/* the bytes before the head's empty line; all of it if a datagram has none */
static size_t head_of(struct span text, size_t *body)
{
	size_t n = sip_head_end(text.p, text.n, 0);

	*body = n ? n : text.n;
	return *body;
}

static void read_length(struct sip_msg *msg, bool stream)
{
	const struct sip_header *h = sip_msg_first(msg, SIP_HDR_CONTENT_LENGTH);
	uint32_t length;

	if (!h) {
		if (stream)
			wrong(msg, "there is no Content-Length, which a stream needs");
		return;
	}
	if (!sip_length_read(h->value, &length))
		wrong(msg, "Content-Length is no number");
	else if (length > msg->body.n)
		wrong(msg, "Content-Length is %u, the body has %zu bytes", length,
		      msg->body.n);
	else if (stream && length != msg->body.n)
		wrong(msg, "Content-Length is %u of %zu bytes", length,
		      msg->body.n);
	else
		msg->body.n = length;
}

/* ------------------------------------------------- what every message needs */

static struct span need(struct sip_msg *msg, enum sip_hdr id)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	if (h && h->value.n)
		return h->value;
	wrong(msg, "there is no %s", sip_hdr_name(id).p);
	return (struct span){ NULL, 0 };
}

static void read_vias(struct sip_msg *msg)
{
	struct sip_iter it = SIP_ITER(msg, SIP_HDR_VIA);
	unsigned int n = 0;
	struct sip_via via;
	struct span item;
	const char *why;

	while (sip_iter_next(&it, &item)) {
		why = sip_via_read(item, n ? &via : &msg->via);
		if (why)
			wrong(msg, "Via: %s", why);
		if (++n > SIP_MAX_LIST) {
			wrong(msg, "there are more than %d Via", SIP_MAX_LIST);
			return;
		}
	}
	if (!n)
		wrong(msg, "there is no Via");
	else if (msg->via.branch.n == 7 && span_iscase(msg->via.branch, "z9hG4bK"))
		wrong(msg, "Via: the branch is nothing but its prefix");
}

static void read_party(struct sip_msg *msg, enum sip_hdr id, struct sip_addr *addr)
{
	struct span value = need(msg, id);
	const char *why;

	if (!value.n)
		return;
	why = sip_addr_read(value, addr);
	if (!why && addr->star)
		why = "it is no address";
	if (why)
		wrong(msg, "%s: %s", sip_hdr_name(id).p, why);
}

static void read_cseq(struct sip_msg *msg)
{
	struct span value = need(msg, SIP_HDR_CSEQ);
	const char *why;

	if (!value.n)
		return;
	why = sip_cseq_read(value, &msg->cseq);
	if (why)
		wrong(msg, "CSeq: %s", why);
	else if (!msg->request)
		msg->method = msg->cseq.method;
	else if (!span_eq(msg->cseq.method_text, msg->method_text))
		wrong(msg, "CSeq: its method is not that of the request");
	if (!msg->request)
		msg->method_text = msg->cseq.method_text;
}

static void read_call_id(struct sip_msg *msg)
{
	size_t i;

	msg->call_id = need(msg, SIP_HDR_CALL_ID);
	for (i = 0; i < msg->call_id.n; i++) {
		unsigned char c = (unsigned char)msg->call_id.p[i];

		if (c <= ' ' || c >= 0x7f) {
			wrong(msg, "Call-ID: it is no single word");
			return;
		}
	}
}

static void read_max_forwards(struct sip_msg *msg)
{
	const struct sip_header *h = sip_msg_first(msg, SIP_HDR_MAX_FORWARDS);

	msg->max_forwards = 70;
	if (!h || !msg->request)
		return;
	if (!span_u32(h->value, &msg->max_forwards) || msg->max_forwards > 255) {
		wrong(msg, "Max-Forwards is not a number from 0 to 255");
		msg->max_forwards = 0;
	}
}

/* -------------------------------------------------------------- the message */

/* upper bound for the header fields of a head: its lines */
static unsigned int count_lines(struct span head)
{
	const char *p = head.p, *end = p + head.n;
	unsigned int n = 0;

	while (n < SIP_MAX_HEADERS && p < end &&
	       (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		n++;
	}
	return n < SIP_MAX_HEADERS ? n + 1 : SIP_MAX_HEADERS;
}

static struct sip_msg *msg_new(struct span text, unsigned int room)
{
	struct sip_msg *msg;
	char *copy;

	msg = malloc(sizeof(*msg) + room * sizeof(*msg->header) + text.n);
	if (!msg)
		return NULL;
	memset(msg, 0, sizeof(*msg));
	memset(msg->first, 0xff, sizeof(msg->first));
	msg->refs = 1;
	msg->header = (struct sip_header *)(msg + 1);
	copy = (char *)(msg->header + room);
	memcpy(copy, text.p, text.n);
	msg->text = (struct span){ copy, text.n };
	return msg;
}

static bool read_first(struct sip_msg *msg, struct span *head)
{
	struct span line, part[3];

	/* a first line has no folds */
	if (!sip_head_line(head, &line) || span_chr(line, '\n'))
		return false;
	if (line.n > SIP_MAX_LINE)
		wrong(msg, "the first line is longer than %d bytes", SIP_MAX_LINE);
	switch (split_first(line, part)) {
	case LINE_REQUEST:
		read_request_line(msg, part);
		return true;
	case LINE_RESPONSE:
		return read_status_line(msg, part);
	default:
		return false;
	}
}

static void read_all(struct sip_msg *msg, struct span head, unsigned int room,
		     bool stream)
{
	read_headers(msg, head, room);
	read_vias(msg);
	read_party(msg, SIP_HDR_FROM, &msg->from);
	read_party(msg, SIP_HDR_TO, &msg->to);
	read_call_id(msg);
	read_cseq(msg);
	read_max_forwards(msg);
	read_length(msg, stream);
}

static struct sip_msg *no_message(struct sip_fault *fault, const char *why)
{
	sip_fault_set(fault, 400, "%s", why);
	return NULL;
}

struct sip_msg *sip_msg_parse(const char *data, size_t n, bool stream,
			      struct sip_fault *fault)
{
	size_t skip = sip_head_skip(data, n), body, head_n;
	struct span head, text = { data + skip, n - skip };
	struct sip_msg *msg;
	unsigned int room;

	if (fault)
		memset(fault, 0, sizeof(*fault));
	if (n > SIP_MAX_SIZE)
		return no_message(fault, "it is longer than 65535 bytes");
	head_n = head_of(text, &body);
	room = count_lines((struct span){ text.p, head_n });
	msg = msg_new(text, room);
	if (!msg)
		return NULL;
	head = (struct span){ msg->text.p, head_n };
	msg->body = span_skip(msg->text, body);
	if (!read_first(msg, &head)) {
		sip_msg_drop(msg);
		return no_message(fault, "its first line is not that of a SIP message");
	}
	if (head_n > SIP_MAX_HEAD)
		sip_fault_set(&msg->fault, 513, "the head is longer than %d bytes",
			      SIP_MAX_HEAD);
	read_all(msg, head, room, stream);
	return msg;
}

struct sip_msg *sip_msg_hold(struct sip_msg *msg)
{
	msg->refs++;
	return msg;
}

void sip_msg_drop(struct sip_msg *msg)
{
	if (!msg || --msg->refs)
		return;
	sip_lists_free(msg->lists);
	free(msg);
}

bool sip_peek(const char *data, size_t n, struct sip_peek *peek)
{
	size_t skip = sip_head_skip(data, n);
	struct span head = { data + skip, n - skip }, line, part[3];
	struct sip_header h;

	memset(peek, 0, sizeof(*peek));
	if (!sip_head_line(&head, &line))
		return false;
	switch (split_first(line, part)) {
	case LINE_REQUEST:
		peek->request = true;
		peek->method = sip_method_lookup(part[0]);
		peek->uri = part[1];
		break;
	case LINE_RESPONSE:
		if (!span_u32(part[1], &peek->status))
			return false;
		break;
	default:
		return false;
	}
	while (sip_head_line(&head, &line))
		if (sip_head_split(line, &h) && h.id == SIP_HDR_VIA) {
			peek->via = h.value;
			break;
		}
	return true;
}
