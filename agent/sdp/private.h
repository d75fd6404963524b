/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder need of each other. */
#ifndef SDP_PRIVATE_H
#define SDP_PRIVATE_H

#include "sdp.h"

/**
 * sdp_lex() - cut a text into rows
 * @desc: its @text and @len are there; rows are added
 * @limits: what is too much, each member filled
 * @why: on failure a sentence, SDP_WHY_LEN bytes
 *
 * Return: false if there are too many rows, one is too long, or without memory.
 */
bool sdp_lex(struct sdp_desc *desc, const struct sdp_limits *limits, char *why);

/**
 * sdp_word() - take the first word of a text
 * @text: moved behind the word and the blanks that follow it
 *
 * Words are parted by spaces, one or more.
 *
 * Return: the word; empty if there is none.
 */
struct span sdp_word(struct span *text);

/**
 * sdp_number() - a word as a number
 * @word: digits alone, at most nine
 * @value: filled
 *
 * Return: true if it is one.
 */
bool sdp_number(struct span word, uint32_t *value);

/**
 * sdp_is() - compare a piece of text, whatever the case of its letters
 * @text: the piece
 * @word: what it may be
 *
 * Return: true if it is.
 */
bool sdp_is(struct span text, const char *word);

/**
 * sdp_attr_find() - which attribute is that?
 * @name: its name
 * @value: its value
 *
 * Return: the attribute; SDP_ATTR_OTHER if nobody here knows it.
 */
enum sdp_attr sdp_attr_find(struct span name, struct span value);

/**
 * sdp_conn_parse() - read the value of a c= line ("IN IP4 192.0.2.1")
 * @value: the value
 * @conn: filled
 */
void sdp_conn_parse(struct span value, struct sdp_conn *conn);

/**
 * sdp_dir_parse() - read a direction
 * @name: name of an attribute
 *
 * Return: the direction, SDP_DIR_UNSAID if it is none.
 */
enum sdp_dir sdp_dir_parse(struct span name);

/**
 * sdp_dir_name() - a direction as it is written
 * @dir: the direction, not SDP_DIR_UNSAID
 *
 * Return: its name.
 */
const char *sdp_dir_name(enum sdp_dir dir);

#endif /* SDP_PRIVATE_H */
