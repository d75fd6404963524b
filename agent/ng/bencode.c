// SPDX-License-Identifier: GPL-2.0
/*
 * Bencode: i42e, 5:bytes, l...e, d...e.  Read without recursion and without a copy:
 * what a message costs is bounded by its bytes, its depth and the number of its
 * values, whatever lengths it claims.
 */
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "codec.h"

/**
 * struct reading - a message that is being read
 * @rest: what is not read yet
 * @len: bytes of all of it
 * @tree: where to
 * @in: the list or dictionary that we are in; NULL: in none
 * @depth: how many of these are around us
 * @key: read, and its value is still to come; absent: none
 * @why: what is wrong
 */
struct reading {
	struct span rest;
	size_t len;
	struct ng_tree *tree;
	struct ng_value *in;
	unsigned int depth;
	struct span key;
	char *why;
};

static bool wrong(const struct reading *r, const char *what)
{
	snprintf(r->why, NG_WHY_LEN, "byte %zu: %s", r->len - r->rest.n + 1,
		 what);
	return false;
}

/* the one that is to be put where we are; NULL with a sentence */
static struct ng_value *put(struct reading *r, enum ng_type type)
{
	struct ng_value *value;

	if (r->tree->values == NG_VALUES_MAX) {
		wrong(r, "too many values");
		return NULL;
	}
	value = ng_tree_add(r->tree, r->in, type, r->key);
	if (!value)
		wrong(r, "no memory");
	r->key = (struct span){ NULL, 0 };
	return value;
}

/* digits up to @end, without needless zeros; false if that is none or above @max */
static bool digits(struct span *rest, char end, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < rest->n && rest->p[i] >= '0' && rest->p[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(rest->p[i] - '0');

		if ((i == 1 && rest->p[0] == '0') || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	if (!i || i == rest->n || rest->p[i] != end)
		return false;
	*rest = span_skip(*rest, i + 1);
	*value = sum;
	return true;
}

static bool read_number(struct reading *r)
{
	struct span rest = span_skip(r->rest, 1);
	bool minus = rest.n && *rest.p == '-';
	struct ng_value *value;
	uint64_t sum;

	if (minus)
		rest = span_skip(rest, 1);
	if (!digits(&rest, 'e', (uint64_t)INT64_MAX + minus, &sum) ||
	    (minus && !sum))
		return wrong(r, "expected i, a number of 64 bits, and e");
	value = put(r, NG_NUMBER);
	if (!value)
		return false;
	value->number = minus ? -(int64_t)(sum - 1) - 1 : (int64_t)sum;
	value->text = (struct span){ r->rest.p + 1,
				     (size_t)(rest.p - r->rest.p) - 2 };
	r->rest = rest;
	return true;
}

static bool cut_text(struct reading *r, struct span *text)
{
	struct span rest = r->rest;
	uint64_t n;

	if (!digits(&rest, ':', NG_MESSAGE_MAX, &n) || n > rest.n)
		return wrong(r, "expected a length, a colon, and as many bytes");
	*text = (struct span){ rest.p, (size_t)n };
	r->rest = span_skip(rest, (size_t)n);
	return true;
}

static bool read_text(struct reading *r)
{
	struct ng_value *value;
	struct span text;

	if (!cut_text(r, &text))
		return false;
	value = put(r, NG_TEXT);
	if (value)
		value->text = text;
	return value;
}

static bool enter(struct reading *r, enum ng_type type)
{
	struct ng_value *value;

	if (r->depth == NG_DEPTH_MAX)
		return wrong(r, "nested too deep");
	value = put(r, type);
	if (!value)
		return false;
	r->rest = span_skip(r->rest, 1);
	r->in = value;
	r->depth++;
	return true;
}

static bool leave(struct reading *r)
{
	if (r->key.p)
		return wrong(r, "a key without a value");
	r->rest = span_skip(r->rest, 1);
	r->in = r->in->up;
	r->depth--;
	return true;
}

static bool read_one(struct reading *r)
{
	char c = *r->rest.p;

	if (c == 'e')
		return leave(r);
	if (r->in->type == NG_DICT && !r->key.p)
		return cut_text(r, &r->key);
	switch (c) {
	case 'i':
		return read_number(r);
	case 'l':
		return enter(r, NG_LIST);
	case 'd':
		return enter(r, NG_DICT);
	default:
		return read_text(r);
	}
}

bool ng_bencode_read(struct ng_tree *tree, struct span text, char *why)
{
	struct reading r = {
		.rest = text, .len = text.n, .tree = tree, .why = why,
	};

	if (!text.n || *text.p != 'd')
		return wrong(&r, "expected a dictionary");
	if (!enter(&r, NG_DICT))
		return false;
	while (r.in) {
		if (!r.rest.n)
			return wrong(&r, "it ends in the middle");
		if (!read_one(&r))
			return false;
	}
	return !r.rest.n || wrong(&r, "something is behind the dictionary");
}

/* --- to write --- */

/* behind @before, unless that is a NUL; @after: what follows */
static void write_digits(struct writer *w, char before, uint64_t number, char after)
{
	char digits[22];
	size_t n = sizeof(digits);

	digits[--n] = after;
	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	if (before)
		writer_char(w, before);
	writer_bytes(w, digits + n, sizeof(digits) - n);
}

static void write_text(struct writer *w, struct span text)
{
	write_digits(w, '\0', text.n, ':');
	writer_bytes(w, text.p, text.n);
}

static void write_number(struct writer *w, int64_t number)
{
	writer_char(w, 'i');
	if (number < 0)
		write_digits(w, '-', -(uint64_t)number, 'e');
	else
		write_digits(w, '\0', (uint64_t)number, 'e');
}

/* what comes behind a value, upwards; false: it was the outermost one */
static bool climb(const struct ng_value *top, const struct ng_value **at,
		  struct writer *w)
{
	const struct ng_value *value = *at;

	while (value != top && !value->next) {
		value = value->up;
		writer_char(w, 'e');
	}
	*at = value->next;
	return value != top;
}

static void write_all(struct writer *w, const struct ng_value *top)
{
	const struct ng_value *value = top;

	for (;;) {
		if (value != top && value->up->type == NG_DICT)
			write_text(w, value->key);
		if (value->type == NG_NUMBER) {
			write_number(w, value->number);
		} else if (value->type == NG_TEXT) {
			write_text(w, value->text);
		} else {
			writer_char(w, value->type == NG_DICT ? 'd' : 'l');
			if (value->first) {
				value = value->first;
				continue;
			}
			writer_char(w, 'e');
		}
		if (!climb(top, &value, w))
			return;
	}
}

char *ng_bencode_write(const struct ng_value *value, struct span cookie, size_t room,
		       size_t *len)
{
	struct writer w = { 0 };

	writer_room(&w, cookie.n + 1 + room + 1);
	if (cookie.p) {
		writer_span(&w, cookie);
		writer_char(&w, ' ');
	}
	write_all(&w, value);
	return writer_end(&w, len);
}
