/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text of strangers made fit to be shown: valid UTF-8 for JSON and the log, and
 * nothing that a terminal obeys.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/span.h"

/**
 * text_utf8_len() - the UTF-8 character at the start of a text
 * @s: the text
 *
 * As RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF.
 *
 * Return: its bytes, 1 to 4; 0 if @s is empty or starts with no character.
 */
size_t text_utf8_len(struct span s);

/**
 * text_is_utf8() - is all of it UTF-8?
 * @s: the text
 *
 * Return: true if it is; control characters and NUL are characters, too.
 */
bool text_is_utf8(struct span s);

/** TEXT_SAFE_ROOM() - bytes that text_safe() needs for @n bytes at most */
#define TEXT_SAFE_ROOM(n)	((n) * 4 + 1)

/**
 * text_safe() - a text of a stranger, as it may be shown
 * @s: the text
 * @buf: filled, always terminated; cut at a character's end if it is too small
 * @size: bytes of @buf, at least one; TEXT_SAFE_ROOM(s.n) is always enough
 *
 * Control characters (C0, DEL and C1, which terminals take for the start of a
 * command), the direction overrides of Unicode and bytes that are no UTF-8
 * appear as \xNN, byte by byte.  What comes out is UTF-8.
 *
 * Return: @buf, so that the call can stand in an argument list.
 */
char *text_safe(struct span s, char *buf, size_t size);

/**
 * text_safe_dup() - the same, in memory of its own
 * @s: the text
 *
 * Return: for free(); NULL without memory.
 */
char *text_safe_dup(struct span s);

#endif /* BASE_TEXT_H */
