// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "base/writer.h"

#define FIRST	1024	/* bytes of room, unless more is wanted */

static void fail(struct writer *w)
{
	if (w->text)
		explicit_bzero(w->text, w->n);
	free(w->text);
	*w = (struct writer){ .failed = true };
}

char *writer_room(struct writer *w, size_t n)
{
	size_t room = 2 * (w->n + n);
	char *text;

	if (w->failed)
		return NULL;
	if (w->text && w->room - w->n >= n)
		return w->text + w->n;
	/* no memory is that large, and the sum does not run over */
	text = n < SIZE_MAX / 8 ? malloc(room > FIRST ? room : FIRST) : NULL;
	if (!text) {
		fail(w);
		return NULL;
	}
	if (w->text) {
		memcpy(text, w->text, w->n);
		explicit_bzero(w->text, w->n);
		free(w->text);
	}
	w->text = text;
	w->room = room > FIRST ? room : FIRST;
	return text + w->n;
}

void writer_number(struct writer *w, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	writer_bytes(w, digits + n, sizeof(digits) - n);
}

void writer_printf(struct writer *w, const char *format, ...)
{
	va_list args;
	int n = 100;
	char *to;

	/* it is terminated, which takes one byte more; the second time there is room */
	for (to = writer_room(w, 100); to; to = writer_room(w, (size_t)n + 1)) {
		size_t room = w->room - w->n;

		va_start(args, format);
		n = vsnprintf(to, room, format, args);
		va_end(args);
		if (n < 0) {
			fail(w);
			return;
		}
		if ((size_t)n < room) {
			w->n += (size_t)n;
			return;
		}
	}
}

char *writer_end(struct writer *w, size_t *len)
{
	char *text, *end = writer_room(w, 1);

	if (end)
		*end = '\0';
	text = w->text;
	if (len)
		*len = w->n;
	*w = (struct writer){ 0 };
	return text;
}
