// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "sip/head.h"

size_t sip_head_skip(const char *data, size_t n)
{
	size_t i = 0;

	while (i < n && (data[i] == '\r' || data[i] == '\n'))
		i++;
	return i;
}

size_t sip_head_end(const char *data, size_t n, size_t from)
{
	const char *p = data + from, *end = data + n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - data);
		if (end - p > 1 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - data);
	}
	return 0;
}

bool sip_head_line(struct span *rest, struct span *line)
{
	const char *end = rest->p + rest->n, *p = rest->p, *lf;

	if (!rest->n)
		return false;
	for (;;) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (!lf)
			break;
		p = lf + 1;
		if (p == end || !span_is_blank(*p))
			break;
	}
	*line = span_from(rest->p, lf ? lf : end);
	*rest = span_from(lf ? lf + 1 : end, end);
	while (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return line->n;
}

static bool is_space(char c)
{
	/* NUL: message.c makes a blank of it */
	return span_is_blank(c) || c == '\r' || c == '\n' || c == '\0';
}

bool sip_head_split(struct span line, struct sip_header *h)
{
	const char *colon = span_chr(line, ':');
	struct span v;

	if (!colon)
		return false;
	h->name = span_from(line.p, colon);
	while (h->name.n && span_is_blank(h->name.p[h->name.n - 1]))
		h->name.n--;
	v = span_from(colon + 1, line.p + line.n);
	while (v.n && is_space(*v.p))
		v = span_skip(v, 1);
	while (v.n && is_space(v.p[v.n - 1]))
		v.n--;
	h->value = v;
	h->id = sip_hdr_lookup(h->name);
	h->next = SIP_NO_HEADER;
	return h->id != SIP_HDR_OTHER || sip_is_token(h->name);
}

bool sip_length_read(struct span value, uint32_t *length)
{
	return span_u32(value, length);
}

int sip_head_length(struct span head, uint32_t *length, struct sip_fault *fault)
{
	struct sip_header h;
	struct span line;
	int found = 0;

	sip_head_line(&head, &line);
	while (sip_head_line(&head, &line)) {
		if (!sip_head_split(line, &h) || h.id != SIP_HDR_CONTENT_LENGTH)
			continue;
		if (found++ || !sip_length_read(h.value, length)) {
			sip_fault_set(fault, 400, found > 1 ?
				      "there are two Content-Length" :
				      "Content-Length is no number");
			return -EBADMSG;
		}
	}
	return found;
}
