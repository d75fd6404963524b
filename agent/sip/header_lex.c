// SPDX-License-Identifier: GPL-2.0
/* The small grammar that header fields share: tokens, lists, parameters, quotes. */
#include "sip/header.h"

/* alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" */
static const uint8_t token_char[256] = {
	['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['-'] = 1,
	['.'] = 1, ['!'] = 1, ['%'] = 1, ['*'] = 1, ['_'] = 1, ['+'] = 1,
	['`'] = 1, ['\''] = 1, ['~'] = 1,
};

bool sip_is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!token_char[(unsigned char)s.p[i]])
			return false;
	return s.n;
}

const char *sip_quoted_end(struct span s)
{
	size_t i;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return s.p + i + 1;
	}
	return NULL;
}

/* past the quoted string at @p; @end if it is not closed */
static const char *skip_quoted(const char *p, const char *end)
{
	const char *after = sip_quoted_end(span_from(p, end));

	return after ? after : end;
}

bool sip_is_balanced(struct span s)
{
	const char *quote, *after, *end = s.p + s.n;

	while ((quote = span_chr(s, '"'))) {
		after = sip_quoted_end(span_from(quote, end));
		if (!after)
			return false;
		s = span_from(after, end);
	}
	return true;
}

/*
 * The next @c that stands neither in quotes nor, with @angle, between < and >;
 * the end of @s if there is none.
 */
static const char *find_plain(struct span s, char c, bool angle)
{
	const char *end = s.p + s.n, *p = s.p, *close;

	while (p < end && *p != c) {
		if (*p == '"') {
			p = skip_quoted(p, end);
		} else if (angle && *p == '<') {
			close = memchr(p, '>', (size_t)(end - p));
			p = close ? close + 1 : end;
		} else {
			p++;
		}
	}
	return p;
}

/* the next piece of *rest before a plain @c; false if nothing is left */
static bool cut_plain(struct span *rest, char c, bool angle, struct span *piece)
{
	const char *at;

	if (!rest->n)
		return false;
	at = find_plain(*rest, c, angle);
	*piece = span_trim(span_from(rest->p, at));
	*rest = span_skip(*rest, (size_t)(at - rest->p) + 1);
	return true;
}

bool sip_list_next(struct span *rest, struct span *item)
{
	while (cut_plain(rest, ',', true, item))
		if (item->n)
			return true;
	return false;
}

bool sip_param_next(struct span *rest, struct span *name, struct span *value)
{
	struct span piece;

	while (cut_plain(rest, ';', false, &piece)) {
		if (!piece.n)
			continue;
		*name = span_trim(span_cut(&piece, '='));
		*value = piece.p ? span_trim(piece) : piece;
		return true;
	}
	return false;
}

bool sip_param(struct span params, const char *name, struct span *value)
{
	struct span found, unused;

	while (sip_param_next(&params, &found, value ? value : &unused))
		if (span_iscase(found, name))
			return true;
	if (value)
		*value = (struct span){ NULL, 0 };
	return false;
}

struct span sip_unquote(struct span s, char *buf, size_t size)
{
	size_t i, n = 0;

	if (s.n < 2 || *s.p != '"' || s.p[s.n - 1] != '"')
		return s;
	s = span_from(s.p + 1, s.p + s.n - 1);
	if (!span_chr(s, '\\'))
		return s;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		if (n == size)
			return (struct span){ NULL, 0 };
		buf[n++] = s.p[i];
	}
	return (struct span){ buf, n };
}
