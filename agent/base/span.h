/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A piece of somebody else's text: where it starts and how long it is.  It owns
 * nothing, is not terminated, and may hold any byte, NUL included.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/**
 * struct span - bytes in a buffer that somebody else keeps
 * @p: the first; NULL where there is no such text at all (a parameter that is
 *	absent), as opposed to an empty one
 * @n: how many
 */
struct span {
	const char *p;
	size_t n;
};

/** SPAN() - the span of a string literal */
#define SPAN(literal)	((struct span){ "" literal, sizeof(literal) - 1 })

/** SPAN_FMT, SPAN_ARG() - for printf: "%.*s" and its two arguments */
#define SPAN_FMT	"%.*s"
#define SPAN_ARG(s)	(int)(s).n, (s).p ? (s).p : ""

/** span_of() - the span of a string; NULL gives the absent one */
static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

/** span_from() - a span of two ends: from @p up to, without, @end */
static inline struct span span_from(const char *p, const char *end)
{
	return (struct span){ p, (size_t)(end - p) };
}

/** span_eq() - the same bytes? */
static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

/** span_eqcase() - the same bytes, case of ASCII letters aside? */
static inline bool span_eqcase(struct span a, struct span b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];

		if (x == y)
			continue;
		if ((x | 0x20) != (y | 0x20) || (x | 0x20) < 'a' || (x | 0x20) > 'z')
			return false;
	}
	return true;
}

/** span_is() - is it exactly this string? */
static inline bool span_is(struct span s, const char *text)
{
	return span_eq(s, span_of(text));
}

/** span_iscase() - is it this string, case of ASCII letters aside? */
static inline bool span_iscase(struct span s, const char *text)
{
	return span_eqcase(s, span_of(text));
}

/** span_chr() - the first byte @c of @s, or NULL */
static inline const char *span_chr(struct span s, char c)
{
	return s.n ? memchr(s.p, c, s.n) : NULL;
}

/** span_is_blank() - space or tab */
static inline bool span_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/** span_skip() - @s without its first @n bytes (all of them, if it has fewer) */
static inline struct span span_skip(struct span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct span){ s.p + n, s.n - n };
}

/** span_ltrim() - @s without blanks at its start */
static inline struct span span_ltrim(struct span s)
{
	while (s.n && span_is_blank(*s.p)) {
		s.p++;
		s.n--;
	}
	return s;
}

/** span_trim() - @s without blanks at both ends */
static inline struct span span_trim(struct span s)
{
	while (s.n && span_is_blank(s.p[s.n - 1]))
		s.n--;
	return span_ltrim(s);
}

/**
 * span_cut() - take what stands before the next @c
 * @rest: text to take from; afterwards what follows that @c, the absent span if
 *	there was none
 * @c: what separates
 *
 * Return: the piece, all of @rest if there is no @c.
 */
static inline struct span span_cut(struct span *rest, char c)
{
	const char *at = span_chr(*rest, c);
	struct span piece = *rest;

	if (!at) {
		*rest = (struct span){ NULL, 0 };
		return piece;
	}
	piece.n = (size_t)(at - rest->p);
	*rest = span_skip(*rest, piece.n + 1);
	return piece;
}

/**
 * span_u32() - a decimal number
 * @s: digits, all of it: no sign, no blanks, at least one; leading zeros do not
 *	matter
 * @value: filled on success
 *
 * Return: true if it was one that fits in 32 bits.
 */
static inline bool span_u32(struct span s, uint32_t *value)
{
	uint64_t sum = 0;
	size_t i;

	if (!s.n)
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(s.p[i] - '0');
		if (sum > UINT32_MAX)
			return false;
	}
	*value = (uint32_t)sum;
	return true;
}

/**
 * span_dup() - a string of its own
 * @s: the text; what follows a NUL in it is there, but not for strlen()
 *
 * Return: the terminated copy, for free(); NULL without memory.
 */
static inline char *span_dup(struct span s)
{
	char *copy = malloc(s.n + 1);

	if (!copy)
		return NULL;
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

/**
 * span_str() - as a string in a buffer of the caller's
 * @s: the text
 * @buf: filled with as much as goes in, always terminated
 * @size: bytes of @buf, at least one
 *
 * Return: true if all of it went in and it holds no NUL.
 */
static inline bool span_str(struct span s, char *buf, size_t size)
{
	size_t n = s.n < size ? s.n : size - 1;

	if (n)
		memcpy(buf, s.p, n);
	buf[n] = '\0';
	return n == s.n && (!n || !memchr(buf, '\0', n));
}

#endif /* BASE_SPAN_H */
