/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of a message's head.  For message.c and frame.c, which must agree
 * byte by byte on where a head ends and on its Content-Length.
 */
#ifndef SIP_HEAD_H
#define SIP_HEAD_H

#include "sip/message.h"

/**
 * sip_head_end() - where the head ends
 * @data: text, from the first line
 * @n: its bytes
 * @from: bytes that are known not to hold the end, from an earlier call
 *
 * Lines end with LF; a CR before it belongs to the end.
 *
 * Return: bytes of the head, its empty line included; 0 if it is not there.
 */
size_t sip_head_end(const char *data, size_t n, size_t from);

/**
 * sip_head_line() - the next line
 * @rest: what is left of the head; afterwards what follows the line
 * @line: filled, without the line's end; folds are in it as they stand
 *
 * Return: false at the head's end.
 */
bool sip_head_line(struct span *rest, struct span *line);

/**
 * sip_head_split() - a line as a header field
 * @line: line, folds included
 * @h: @name, @value and @id are filled; folds at the ends of @value are off,
 *	those within are in it as they stand
 *
 * Return: true if the line is one.
 */
bool sip_head_split(struct span line, struct sip_header *h);

/**
 * sip_head_length() - Content-Length of a head
 * @head: head, from its first line
 * @length: filled with the value
 * @fault: filled if there is more than one, or if it is no number
 *
 * Return: 1, 0 if there is none, -EBADMSG.
 */
int sip_head_length(struct span head, uint32_t *length, struct sip_fault *fault);

/** sip_length_read() - the value of a Content-Length; false if it is none */
bool sip_length_read(struct span value, uint32_t *length);

/** sip_head_skip() - bytes of CR and LF before the first line */
size_t sip_head_skip(const char *data, size_t n);

#endif /* SIP_HEAD_H */
