// SPDX-License-Identifier: GPL-2.0
/*
 * Text into rows.  A row ends at CR or LF, whichever comes, and empty ones are
 * none, so that no reader can see lines where we see none: what we write ends in
 * CR LF and holds neither.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "private.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(struct span text)
{
	while (text.n && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

struct span sdp_word(struct span *text)
{
	struct span word = { text->p, 0 };

	while (word.n < text->n && word.p[word.n] != ' ')
		word.n++;
	text->p += word.n;
	text->n -= word.n;
	while (text->n && text->p[0] == ' ') {
		text->p++;
		text->n--;
	}
	return word;
}

bool sdp_number(struct span word, uint32_t *value)
{
	size_t i;

	if (!word.n || word.n > 9)
		return false;
	*value = 0;
	for (i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
		*value = *value * 10 + (word.p[i] - '0');
	}
	return true;
}

bool sdp_is(struct span text, const char *word)
{
	return text.n == strlen(word) && !strncasecmp(text.p, word, text.n);
}

/* blanks around a name would hide it from us, and not from everybody */
static void read_attribute(struct sdp_row *row)
{
	const char *colon = row->value.n ?
		memchr(row->value.p, ':', row->value.n) : NULL;

	row->name = row->value;
	row->value.p += row->value.n;
	row->value.n = 0;
	if (colon) {
		row->value.n = row->value.p - (colon + 1);
		row->value.p = colon + 1;
		row->name.n = colon - row->name.p;
	}
	row->name = trimmed(row->name);
	row->value = trimmed(row->value);
	row->attr = sdp_attr_find(row->name, row->value);
}

static void read_row(struct sdp_row *row, struct span text, bool controls)
{
	memset(row, 0, sizeof(*row));
	row->text = text;
	row->value = text;
	if (text.n < 2 || text.p[0] < 'a' || text.p[0] > 'z' ||
	    text.p[1] != '=' || controls)
		return;
	row->type = text.p[0];
	row->value.p += 2;
	row->value.n -= 2;
	row->value = trimmed(row->value);
	if (row->type == 'a')
		read_attribute(row);
}

/* the next row of a text, without its end; empty: there is none. @controls: it has some */
static struct span cut(struct span *text, bool *controls)
{
	const char *p = text->p, *end = p + text->n, *row;
	unsigned char c;

	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	*controls = false;
	for (row = p; p < end; p++) {
		c = (unsigned char)*p;
		if (c >= ' ' && c != 0x7f)
			continue;
		if (c == '\r' || c == '\n')
			break;
		*controls |= c != '\t';
	}
	*text = span_from(p, end);
	return span_from(row, p);
}

static bool grow(struct sdp_desc *desc, size_t *room)
{
	struct sdp_row *row;

	if (desc->n_rows < *room)
		return true;
	*room = *room ? *room * 2 : 32;
	row = reallocarray(desc->row, *room, sizeof(*row));
	if (row)
		desc->row = row;
	return row;
}

/* a description is kept as long as it may be answered */
static void trim(struct sdp_desc *desc)
{
	struct sdp_row *row = NULL;

	if (desc->n_rows)
		row = reallocarray(desc->row, desc->n_rows, sizeof(*row));
	if (row)
		desc->row = row;
}

bool sdp_lex(struct sdp_desc *desc, const struct sdp_limits *limits, char *why)
{
	struct span text = { desc->text, desc->len }, row;
	size_t room = 0;
	bool controls;

	while ((row = cut(&text, &controls)).n) {
		if (desc->n_rows == limits->rows) {
			snprintf(why, SDP_WHY_LEN, "more than %zu lines",
				 limits->rows);
			return false;
		}
		if (row.n > limits->row_len) {
			snprintf(why, SDP_WHY_LEN, "line %zu has %zu bytes; expected at most %zu",
				 desc->n_rows + 1, row.n, limits->row_len);
			return false;
		}
		if (!grow(desc, &room)) {
			snprintf(why, SDP_WHY_LEN, "no memory");
			return false;
		}
		read_row(&desc->row[desc->n_rows++], row, controls);
	}
	trim(desc);
	return true;
}
