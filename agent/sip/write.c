// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "sip/write.h"

/* ------------------------------------------------------------------- memory */

/* room for @n more bytes; NULL if there is none, and the writer has failed */
static char *room(struct sip_writer *w, size_t n)
{
	size_t want;
	char *p;

	if (w->failed)
		return NULL;
	if (n > SIP_MAX_SIZE - w->n) {
		w->failed = true;
		return NULL;
	}
	if (w->n + n > w->room) {
		want = w->room ? w->room * 2 : 2048;
		while (want < w->n + n)
			want *= 2;
		p = realloc(w->p, want);
		if (!p) {
			w->failed = true;
			return NULL;
		}
		w->p = p;
		w->room = want;
	}
	return w->p + w->n;
}

static void raw(struct sip_writer *w, const char *p, size_t n)
{
	char *at = room(w, n);

	if (!at || !n)
		return;
	memcpy(at, p, n);
	w->n += n;
}

static void raw_span(struct sip_writer *w, struct span s)
{
	raw(w, s.p, s.n);
}

void sip_write_crlf(struct sip_writer *w)
{
	raw(w, "\r\n", 2);
}

static bool is_break(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static void mend(char *p, size_t n)
{
	/* most characters are above all of these */
	for (; n; n--, p++)
		if ((unsigned char)*p <= '\r' && is_break(*p))
			*p = ' ';
}

void sip_write_text(struct sip_writer *w, struct span text)
{
	char *at = room(w, text.n);

	if (!at || !text.n)
		return;
	memcpy(at, text.p, text.n);
	mend(at, text.n);
	w->n += text.n;
}

/*
 * What is no UTF-8 would make the whole quoted string unreadable to a strict
 * reader; control characters have no business in a text for people.
 */
void sip_write_quoted(struct sip_writer *w, struct span text)
{
	size_t n;

	raw(w, "\"", 1);
	while (text.n) {
		unsigned char c = (unsigned char)*text.p;

		n = text_utf8_len(text);
		if (!n || c == 0x7f || (c < ' ' && c != '\t')) {
			raw(w, c < ' ' ? " " : "?", 1);
			n = 1;
		} else {
			if (c == '"' || c == '\\')
				raw(w, "\\", 1);
			raw(w, text.p, n);
		}
		text = span_skip(text, n);
	}
	raw(w, "\"", 1);
}

/* ----------------------------------------------------------- the first line */

void sip_write_request(struct sip_writer *w, struct span method, struct span uri)
{
	size_t i;

	if (!sip_is_token(method) || !uri.n)
		w->failed = true;
	for (i = 0; i < uri.n; i++)
		if ((unsigned char)uri.p[i] <= ' ')
			w->failed = true;
	raw_span(w, method);
	raw(w, " ", 1);
	raw_span(w, uri);
	raw(w, " SIP/2.0\r\n", 10);
}

void sip_write_status(struct sip_writer *w, unsigned int status,
		      struct span reason)
{
	char line[20];
	int n;

	if (status < 100 || status > 699)
		status = 500;
	n = snprintf(line, sizeof(line), "SIP/2.0 %u ", status);
	raw(w, line, (size_t)n);
	sip_write_text(w, reason.p ? reason : sip_reason_text(status));
	sip_write_crlf(w);
}

/* ------------------------------------------------------------ header fields */

void sip_write_begin(struct sip_writer *w, enum sip_hdr id)
{
	struct span name = sip_hdr_name(id);

	if (!name.n)
		w->failed = true;
	raw_span(w, name);
	raw(w, ": ", 2);
}

void sip_write_header(struct sip_writer *w, enum sip_hdr id, struct span value)
{
	sip_write_begin(w, id);
	sip_write_text(w, value);
	sip_write_crlf(w);
}

void sip_write_named(struct sip_writer *w, struct span name, struct span value)
{
	if (!sip_is_token(name))
		w->failed = true;
	raw_span(w, name);
	raw(w, ": ", 2);
	sip_write_text(w, value);
	sip_write_crlf(w);
}

void sip_write_headerf(struct sip_writer *w, enum sip_hdr id, const char *fmt,
		       ...)
{
	va_list args, again;
	char *at;
	int n;

	sip_write_begin(w, id);
	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	/* with the NUL that vsnprintf() puts at the end, and CRLF takes */
	at = n < 0 ? NULL : room(w, (size_t)n + 1);
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		mend(at, (size_t)n);
		w->n += (size_t)n;
	} else {
		w->failed = true;
	}
	va_end(again);
	sip_write_crlf(w);
}

void sip_write_field(struct sip_writer *w, const struct sip_header *field)
{
	if (field->id != SIP_HDR_OTHER)
		sip_write_header(w, field->id, field->value);
	else
		sip_write_named(w, field->name, field->value);
}

void sip_write_copy(struct sip_writer *w, const struct sip_msg *from,
		    enum sip_hdr id)
{
	const struct sip_header *h;

	for (h = sip_msg_first(from, id); h; h = sip_msg_after(from, h))
		sip_write_header(w, id, h->value);
}

void sip_write_via(struct sip_writer *w, enum sip_proto proto,
		   struct span sent_by, struct span branch)
{
	sip_write_begin(w, SIP_HDR_VIA);
	raw(w, "SIP/2.0/", 8);
	raw_span(w, sip_proto_text(proto));
	raw(w, " ", 1);
	sip_write_text(w, sent_by);
	raw(w, ";branch=", 8);
	sip_write_text(w, branch);
	raw(w, ";rport\r\n", 8);
}

void sip_write_block(struct sip_writer *w, struct span block)
{
	struct span rest = block, line;

	while (rest.n) {
		line = span_cut(&rest, '\n');
		if (!rest.p || line.n < 2 || line.p[line.n - 1] != '\r' ||
		    memchr(line.p, '\r', line.n - 1) || span_chr(line, '\0'))
			w->failed = true;
	}
	raw_span(w, block);
}

/* within <>: whatever would end the URI there is escaped */
static void put_uri(struct sip_writer *w, struct span uri)
{
	size_t i;

	raw(w, "<", 1);
	for (i = 0; i < uri.n; i++) {
		unsigned char c = (unsigned char)uri.p[i];
		char escape[4];

		if (c > ' ' && c != '<' && c != '>' && c != '"' && c != 0x7f) {
			raw(w, &uri.p[i], 1);
			continue;
		}
		snprintf(escape, sizeof(escape), "%%%02X", c);
		raw(w, escape, 3);
	}
	raw(w, ">", 1);
}

void sip_write_addr(struct sip_writer *w, enum sip_hdr id, struct span display,
		    struct span uri, struct span tag, struct span params)
{
	sip_write_begin(w, id);
	if (display.n) {
		sip_write_quoted(w, display);
		raw(w, " ", 1);
	}
	put_uri(w, uri);
	if (tag.n) {
		raw(w, ";tag=", 5);
		sip_write_text(w, tag);
	}
	if (params.n) {
		raw(w, ";", 1);
		sip_write_text(w, params);
	}
	sip_write_crlf(w);
}

void sip_write_warning(struct sip_writer *w, unsigned int code,
		       struct span agent, struct span text)
{
	char number[16];

	sip_write_begin(w, SIP_HDR_WARNING);
	snprintf(number, sizeof(number), "%03u ", code % 1000);
	raw(w, number, 4);
	sip_write_text(w, agent.n ? agent : SPAN("rtplane"));
	raw(w, " ", 1);
	sip_write_quoted(w, text);
	sip_write_crlf(w);
}

void sip_write_reason(struct sip_writer *w, const char *protocol,
		      unsigned int cause, struct span text)
{
	char number[32];
	int n;

	sip_write_begin(w, SIP_HDR_REASON);
	raw_span(w, span_of(protocol));
	if (cause) {
		n = snprintf(number, sizeof(number), ";cause=%u", cause);
		raw(w, number, (size_t)n);
	}
	if (text.p) {
		raw(w, ";text=", 6);
		sip_write_quoted(w, text);
	}
	sip_write_crlf(w);
}

/* ------------------------------------------------------------------ the end */

void sip_write_body(struct sip_writer *w, struct span type, struct span body)
{
	char line[40];
	int n;

	if (type.n && body.n)
		sip_write_header(w, SIP_HDR_CONTENT_TYPE, type);
	n = snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", body.n);
	raw(w, line, (size_t)n);
	raw_span(w, body);
}

void sip_write_end(struct sip_writer *w)
{
	raw(w, "Content-Length: 0\r\n\r\n", 21);
}

char *sip_write_take(struct sip_writer *w, size_t *n)
{
	char *p = w->failed ? NULL : w->p;

	*n = p ? w->n : 0;
	if (!p)
		free(w->p);
	memset(w, 0, sizeof(*w));
	return p;
}

void sip_write_reset(struct sip_writer *w)
{
	w->n = 0;
	w->failed = false;
}

void sip_write_free(struct sip_writer *w)
{
	free(w->p);
	memset(w, 0, sizeof(*w));
}

struct span sip_addr_display(const struct sip_addr *addr, char *buf, size_t size)
{
	if (!addr->display.n)
		return (struct span){ NULL, 0 };
	return sip_unquote(addr->display, buf, size);
}
