// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "base/text.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t text_utf8_len(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n, i;

	if (!s.n)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (s.n < n)
		return 0;
	for (i = 1; i < n; i++)
		if (!is_tail(p[i]))
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) ||	/* longer than needed */
	    (p[0] == 0xed && p[1] > 0x9f) ||	/* surrogates */
	    (p[0] == 0xf0 && p[1] < 0x90) ||	/* longer than needed */
	    (p[0] == 0xf4 && p[1] > 0x8f))	/* above U+10FFFF */
		return 0;
	return n;
}

bool text_is_utf8(struct span s)
{
	size_t n;

	while (s.n) {
		n = text_utf8_len(s);
		if (!n)
			return false;
		s = span_skip(s, n);
	}
	return true;
}

/* a character that a terminal, or somebody who reads, could be misled by */
static bool is_unsafe(const char *c, size_t n)
{
	const unsigned char *p = (const unsigned char *)c;

	if (n == 1)
		return p[0] < ' ' || p[0] == 0x7f;
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;	/* C1 */
	if (n != 3 || p[0] != 0xe2)
		return false;
	/* U+2028 to U+202E: line ends, embeddings and overrides; U+2066 to U+2069 */
	return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

char *text_safe(struct span s, char *buf, size_t size)
{
	size_t at = 0, n, i;

	while (s.n) {
		n = text_utf8_len(s);
		if (n && !is_unsafe(s.p, n)) {
			if (at + n >= size)
				break;
			memcpy(buf + at, s.p, n);
			at += n;
		} else {
			n = n ? n : 1;
			if (at + 4 * n >= size)
				break;
			for (i = 0; i < n; i++, at += 4)
				snprintf(buf + at, 5, "\\x%02x",
					 (unsigned char)s.p[i]);
		}
		s = span_skip(s, n);
	}
	buf[at] = '\0';
	return buf;
}

char *text_safe_dup(struct span s)
{
	char *copy = malloc(TEXT_SAFE_ROOM(s.n));

	return copy ? text_safe(s, copy, TEXT_SAFE_ROOM(s.n)) : NULL;
}
