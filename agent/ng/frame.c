// SPDX-License-Identifier: GPL-2.0
/*
 * The marks of a message in a stream: brackets and the lengths of texts.  Whether all
 * else is right is for whoever reads the whole.
 */
#include <string.h>

#include "frame.h"
#include "tree.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool open_bracket(struct ng_frame *f)
{
	return ++f->depth <= NG_DEPTH_MAX;
}

static bool on_bencode(struct ng_frame *f, char c)
{
	switch (c) {
	case 'd':
	case 'l':
		return open_bracket(f);
	case 'e':
		f->depth--;
		return true;
	case 'i':
		f->state = NG_FRAME_NUMBER;
		return true;
	default:
		f->state = NG_FRAME_LENGTH;
		f->length = (size_t)(c - '0');
		return is_digit(c);
	}
}

static bool on_length(struct ng_frame *f, char c)
{
	if (c == ':') {
		/* what is not there yet is looked at when it is */
		f->state = NG_FRAME_BENCODE;
		f->at += f->length;
		return true;
	}
	f->length = f->length * 10 + (size_t)(c - '0');
	return is_digit(c) && f->length <= NG_MESSAGE_MAX;
}

static bool on_json(struct ng_frame *f, char c)
{
	if (c == '{' || c == '[')
		return open_bracket(f);
	if (c == '}' || c == ']')
		f->depth--;
	else if (c == '"')
		f->state = NG_FRAME_STRING;
	return true;
}

static bool on_body(struct ng_frame *f, char c)
{
	f->state = c == '{' ? NG_FRAME_JSON : NG_FRAME_BENCODE;
	f->depth = 1;
	return c == '{' || c == 'd';
}

static bool on_cookie(struct ng_frame *f, char c)
{
	if (f->state == NG_FRAME_START) {
		f->start = f->at;
		if (c && strchr(" \t\r\n", c)) {
			f->start++;
			return true;
		}
		f->state = NG_FRAME_COOKIE;
	}
	if (c == ' ')
		f->state = NG_FRAME_BODY;
	return f->at - f->start <= NG_COOKIE_MAX;
}

/* false: it is no message */
static bool take(struct ng_frame *f, char c)
{
	switch (f->state) {
	case NG_FRAME_START:
	case NG_FRAME_COOKIE:
		return on_cookie(f, c);
	case NG_FRAME_BODY:
		return on_body(f, c);
	case NG_FRAME_BENCODE:
		return on_bencode(f, c);
	case NG_FRAME_NUMBER:
		if (c == 'e')
			f->state = NG_FRAME_BENCODE;
		return c == 'e' || c == '-' || is_digit(c);
	case NG_FRAME_LENGTH:
		return on_length(f, c);
	case NG_FRAME_JSON:
		return on_json(f, c);
	case NG_FRAME_STRING:
		if (c == '"')
			f->state = NG_FRAME_JSON;
		else if (c == '\\')
			f->state = NG_FRAME_ESCAPE;
		return true;
	default:
		f->state = NG_FRAME_STRING;
		return true;
	}
}

enum ng_framed ng_frame(struct ng_frame *f, const char *data, size_t n)
{
	while (f->at < n) {
		if (!take(f, data[f->at]))
			return NG_FRAMED_BROKEN;
		f->at++;
		if (f->at - f->start > NG_COOKIE_MAX + 1 + NG_MESSAGE_MAX)
			return NG_FRAMED_BROKEN;
		if (!f->depth && f->state > NG_FRAME_BODY)
			return NG_FRAMED_WHOLE;
	}
	return NG_FRAMED_MORE;
}
