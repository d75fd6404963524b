/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text that is written piece by piece, for what is written with every request: a stream
 * of open_memstream() costs more than what is put into it.  What it held is wiped where it
 * moves, for keys may be in it.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/span.h"

/**
 * struct writer - a text in the making
 * @text: it; NULL: nothing was written, or it has failed
 * @n: its bytes
 * @room: that there is room for
 * @failed: there was no memory for some of it: there is none
 *
 * Zeroed before the first use; writer_end() must follow.
 */
struct writer {
	char *text;
	size_t n;
	size_t room;
	bool failed;
};

/**
 * writer_room() - make room
 * @w: the text
 * @n: bytes that are to be written
 *
 * Return: where to write them, and @w->n is to be raised then; NULL: it has failed.
 */
char *writer_room(struct writer *w, size_t n);

/** writer_bytes() - write bytes */
static inline void writer_bytes(struct writer *w, const void *bytes, size_t n)
{
	char *to = w->room - w->n >= n && w->text ? w->text + w->n : writer_room(w, n);

	if (!to || !n)
		return;
	memcpy(to, bytes, n);
	w->n += n;
}

/** writer_text() - write a string */
static inline void writer_text(struct writer *w, const char *string)
{
	writer_bytes(w, string, strlen(string));
}

/** writer_span() - write a piece of text; the absent one is nothing */
static inline void writer_span(struct writer *w, struct span piece)
{
	writer_bytes(w, piece.p, piece.n);
}

/** writer_char() - write a byte */
static inline void writer_char(struct writer *w, char c)
{
	if (w->n < w->room)
		w->text[w->n++] = c;
	else
		writer_bytes(w, &c, 1);
}

/** writer_number() - write a number in decimal */
void writer_number(struct writer *w, uint64_t number);

/** writer_printf() - write as printf() does */
__attribute__((format(printf, 2, 3)))
void writer_printf(struct writer *w, const char *format, ...);

/**
 * writer_end() - the text is whole
 * @w: the text; zeroed
 * @len: its bytes; NULL: nobody asks
 *
 * Return: the terminated text, for free(); NULL without memory, now or before.
 */
char *writer_end(struct writer *w, size_t *len);

#endif /* BASE_WRITER_H */
