/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a message ends in a stream, found as its bytes come: each byte is looked at
 * once, in however many pieces it comes.
 */
#ifndef NG_FRAME_H
#define NG_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** NG_COOKIE_MAX - bytes of a cookie */
#define NG_COOKIE_MAX	255

/**
 * enum ng_frame_state - where we are
 * @NG_FRAME_START: before a cookie
 * @NG_FRAME_COOKIE: in it
 * @NG_FRAME_BODY: at the first byte behind it and its blank
 * @NG_FRAME_BENCODE: between two values
 * @NG_FRAME_NUMBER: in a number
 * @NG_FRAME_LENGTH: in the length of a text
 * @NG_FRAME_JSON: in JSON, outside of strings
 * @NG_FRAME_STRING: in a string of JSON
 * @NG_FRAME_ESCAPE: behind a backslash in one
 */
enum ng_frame_state {
	NG_FRAME_START,
	NG_FRAME_COOKIE,
	NG_FRAME_BODY,
	NG_FRAME_BENCODE,
	NG_FRAME_NUMBER,
	NG_FRAME_LENGTH,
	NG_FRAME_JSON,
	NG_FRAME_STRING,
	NG_FRAME_ESCAPE
};

/**
 * struct ng_frame - a message that is coming
 * @state: where we are
 * @at: bytes that were looked at
 * @start: where its cookie begins
 * @depth: lists and dictionaries that are open
 * @length: of a text, as far as it was read
 *
 * Zeroed before each message.
 */
struct ng_frame {
	enum ng_frame_state state;
	size_t at;
	size_t start;
	unsigned int depth;
	size_t length;
};

/**
 * enum ng_framed - is it there?
 * @NG_FRAMED_MORE: not yet
 * @NG_FRAMED_WHOLE: it is what stands from @start to @at
 * @NG_FRAMED_BROKEN: it is none, or too long: where the next one begins cannot be told
 */
enum ng_framed {
	NG_FRAMED_MORE,
	NG_FRAMED_WHOLE,
	NG_FRAMED_BROKEN
};

/**
 * ng_frame() - look at what has come
 * @frame: the message
 * @data: all of it, from the first byte that @frame was zeroed at
 * @n: its bytes
 *
 * Return: whether it is whole.
 */
enum ng_framed ng_frame(struct ng_frame *frame, const char *data, size_t n);

#endif /* NG_FRAME_H */
