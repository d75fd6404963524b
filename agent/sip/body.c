// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "sip/body.h"
#include "sip/head.h"

/* --------------------------------------------------------------- multiparts */

static bool is_multipart(struct span type)
{
	return type.n > 10 && span_iscase((struct span){ type.p, 10 }, "multipart/");
}

bool sip_boundary(struct span type, struct span *boundary)
{
	struct sip_value value;
	struct span b;

	if (sip_value_read(type, &value) || !is_multipart(value.value) ||
	    !sip_param(value.params, "boundary", &b))
		return false;
	if (b.n >= 2 && *b.p == '"' && b.p[b.n - 1] == '"')
		b = span_from(b.p + 1, b.p + b.n - 1);
	*boundary = b;
	/* RFC 2046 5.1.1; an escape in it would be a name for confusion */
	return b.n && b.n <= 70 && !span_chr(b, '\\') && !span_chr(b, '"');
}

/*
 * The next "--boundary" at the start of a line.  *end is what stands before it,
 * without the line end that belongs to it; *rest what follows its line.  With
 * the closing one *rest is the absent span.
 */
static bool find_delimiter(struct span text, struct span boundary,
			   struct span *before, struct span *rest)
{
	const char *p = text.p, *end = text.p + text.n, *after, *stop;

	for (; p && (size_t)(end - p) >= boundary.n + 2;
	     p = memchr(p, '\n', (size_t)(end - p)), p = p ? p + 1 : NULL) {
		if (p[0] != '-' || p[1] != '-' ||
		    memcmp(p + 2, boundary.p, boundary.n))
			continue;
		after = p + 2 + boundary.n;
		*rest = (struct span){ NULL, 0 };
		if (end - after < 2 || after[0] != '-' || after[1] != '-') {
			while (after < end && (span_is_blank(*after) || *after == '\r'))
				after++;
			/* a longer word: not our boundary */
			if (after < end && *after != '\n')
				continue;
			*rest = after < end ? span_from(after + 1, end) :
					      (struct span){ end, 0 };
		}
		stop = p;
		if (stop > text.p && stop[-1] == '\n')
			stop--;
		if (stop > text.p && stop[-1] == '\r')
			stop--;
		*before = span_from(text.p, stop);
		return true;
	}
	return false;
}

static void read_part_head(struct sip_part *part)
{
	struct span head = part->head, line;
	struct sip_header h;

	while (sip_head_line(&head, &line)) {
		if (!sip_head_split(line, &h))
			continue;
		if (h.id == SIP_HDR_CONTENT_TYPE)
			part->type = h.value;
		else if (h.id == SIP_HDR_CONTENT_DISPOSITION)
			part->disposition = h.value;
		else if (span_iscase(h.name, "Content-Transfer-Encoding"))
			part->encoding = h.value;
	}
}

static void split_part(struct span text, struct sip_part *part)
{
	size_t n;

	memset(part, 0, sizeof(*part));
	if (text.n && (*text.p == '\n' || *text.p == '\r')) {
		/* no header fields, just the empty line */
		part->head = (struct span){ text.p, 0 };
		part->body = span_skip(text, *text.p == '\n' ? 1 : 2);
		return;
	}
	n = sip_head_end(text.p, text.n, 0);
	part->head = (struct span){ text.p, n ? n : text.n };
	part->body = span_skip(text, part->head.n);
	read_part_head(part);
}

int sip_part_next(struct span *rest, struct span boundary, struct sip_part *part)
{
	struct span before, after, text;

	if (!rest->p)
		return 0;
	/* what stands before the first boundary is nobody's */
	if (!find_delimiter(*rest, boundary, &before, &after))
		return -EBADMSG;
	if (!after.p) {
		*rest = after;
		return 0;
	}
	text = after;
	/* a last part that nothing ends is taken as far as it goes */
	if (!find_delimiter(text, boundary, &before, &after)) {
		before = text;
		*rest = (struct span){ NULL, 0 };
	} else {
		/* the delimiter that ends this one begins the next */
		*rest = span_from(before.p + before.n, text.p + text.n);
		*rest = span_skip(*rest, sip_head_skip(rest->p, rest->n));
	}
	split_part(before, part);
	return 1;
}

/* ------------------------------------------------------------------ the SDP */

static struct span word_of(struct span value)
{
	return span_trim(span_cut(&value, ';'));
}

static bool is_sdp(struct span type, struct span disposition)
{
	if (!span_iscase(word_of(type), "application/sdp"))
		return false;
	return !disposition.p || span_iscase(word_of(disposition), "session");
}

static bool is_plain(struct span encoding)
{
	return !encoding.p || span_iscase(encoding, "binary") ||
	       span_iscase(encoding, "8bit") || span_iscase(encoding, "7bit") ||
	       span_iscase(encoding, "identity");
}

static enum sip_body_kind look_into(struct span text, struct span type,
				    struct sip_body *body, unsigned int depth)
{
	enum sip_body_kind kind;
	struct sip_part part;
	struct span boundary;
	int got;

	if (depth > SIP_MAX_NESTING || !sip_boundary(type, &boundary))
		return SIP_BODY_BAD;
	while ((got = sip_part_next(&text, boundary, &part)) > 0) {
		if (is_multipart(part.type)) {
			kind = look_into(part.body, part.type, body, depth + 1);
			if (kind != SIP_BODY_OTHER)
				return kind;
		} else if (part.body.n && is_sdp(part.type, part.disposition)) {
			if (!is_plain(part.encoding))
				return SIP_BODY_ENCODED;
			body->part = part;
			body->sdp = part.body;
			return SIP_BODY_PART;
		}
	}
	return got < 0 ? SIP_BODY_BAD : SIP_BODY_OTHER;
}

static bool is_encoded(const struct sip_msg *msg)
{
	struct sip_iter it = SIP_ITER(msg, SIP_HDR_CONTENT_ENCODING);
	struct span item;

	while (sip_iter_next(&it, &item))
		if (!span_iscase(item, "identity"))
			return true;
	return false;
}

static bool is_optional(struct span disposition)
{
	struct sip_value value;
	struct span handling;

	return disposition.p && !sip_value_read(disposition, &value) &&
	       sip_param(value.params, "handling", &handling) &&
	       span_iscase(handling, "optional");
}

static enum sip_body_kind kind_of(const struct sip_msg *msg,
				  struct sip_body *body)
{
	struct span type = sip_msg_value(msg, SIP_HDR_CONTENT_TYPE);
	struct span disposition = sip_msg_value(msg, SIP_HDR_CONTENT_DISPOSITION);
	enum sip_body_kind kind;

	if (!msg->body.n)
		return SIP_BODY_NONE;
	if (is_encoded(msg))
		return is_optional(disposition) ? SIP_BODY_OPTIONAL :
						  SIP_BODY_ENCODED;
	if (is_sdp(type, disposition)) {
		body->sdp = msg->body;
		return SIP_BODY_SDP;
	}
	kind = is_multipart(type) ? look_into(msg->body, type, body, 1) :
				    SIP_BODY_OTHER;
	if (kind != SIP_BODY_PART && is_optional(disposition))
		return SIP_BODY_OPTIONAL;
	return kind;
}

enum sip_body_kind sip_body_look(const struct sip_msg *msg, struct sip_body *body)
{
	memset(body, 0, sizeof(*body));
	body->kind = kind_of(msg, body);
	return body->kind;
}

enum sip_body_kind sip_body_find(struct span type, struct span text, struct sip_body *body)
{
	memset(body, 0, sizeof(*body));
	body->kind = look_into(text, type, body, 1);
	return body->kind;
}

static unsigned int count_sdp(struct span text, struct span type, unsigned int depth)
{
	struct sip_part part;
	struct span boundary;
	unsigned int n = 0;
	int got;

	if (depth > SIP_MAX_NESTING || !sip_boundary(type, &boundary))
		return 1;
	while ((got = sip_part_next(&text, boundary, &part)) > 0) {
		if (is_multipart(part.type))
			n += count_sdp(part.body, part.type, depth + 1);
		else
			n += span_iscase(word_of(part.type), "application/sdp");
	}
	return n + (got < 0);
}

unsigned int sip_body_count_sdp(struct span type, struct span text)
{
	return count_sdp(text, type, 1);
}

/* ------------------------------------------------------------------ writing */

static void copy_content(struct sip_writer *w, const struct sip_msg *from)
{
	sip_write_copy(w, from, SIP_HDR_MIME_VERSION);
	sip_write_copy(w, from, SIP_HDR_CONTENT_DISPOSITION);
	sip_write_copy(w, from, SIP_HDR_CONTENT_ENCODING);
	sip_write_copy(w, from, SIP_HDR_CONTENT_LANGUAGE);
	sip_write_copy(w, from, SIP_HDR_CONTENT_ID);
}

void sip_body_write_copy(struct sip_writer *w, const struct sip_msg *from)
{
	if (!from->body.n) {
		sip_write_end(w);
		return;
	}
	copy_content(w, from);
	sip_write_body(w, sip_msg_value(from, SIP_HDR_CONTENT_TYPE), from->body);
}

static size_t put(char *at, struct span s)
{
	if (s.n)
		memcpy(at, s.p, s.n);
	return s.n;
}

/*
 * The head of the part without a Content-Length, which SIP-I gateways put there
 * and which would be wrong now.
 */
static size_t put_part_head(char *at, struct span head)
{
	struct span line;
	struct sip_header h;
	size_t n = 0;

	while (sip_head_line(&head, &line))
		if (!sip_head_split(line, &h) || h.id != SIP_HDR_CONTENT_LENGTH)
			n += put(at + n, span_from(line.p, head.p));
	n += put(at + n, SPAN("\r\n"));
	return n;
}

static void write_part(struct sip_writer *w, const struct sip_msg *from,
		       const struct sip_part *part, struct span sdp)
{
	struct span before = span_from(from->body.p, part->head.p);
	struct span after = span_from(part->body.p + part->body.n,
				      from->body.p + from->body.n);
	char *text = malloc(from->body.n + sdp.n + 4);
	size_t n = 0;

	if (!text) {
		w->failed = true;
		return;
	}
	n += put(text + n, before);
	n += put_part_head(text + n, part->head);
	n += put(text + n, sdp);
	n += put(text + n, after);
	sip_write_copy(w, from, SIP_HDR_MIME_VERSION);
	sip_write_copy(w, from, SIP_HDR_CONTENT_DISPOSITION);
	sip_write_body(w, sip_msg_value(from, SIP_HDR_CONTENT_TYPE),
		       (struct span){ text, n });
	free(text);
}

void sip_body_write_sdp(struct sip_writer *w, const struct sip_msg *from,
			const struct sip_body *body, struct span sdp)
{
	if (body->kind == SIP_BODY_PART)
		write_part(w, from, &body->part, sdp);
	else
		sip_write_body(w, SPAN("application/sdp"), sdp);
}
