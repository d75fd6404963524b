/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that read and write trees need of each other. */
#ifndef NG_CODEC_H
#define NG_CODEC_H

#include <stdio.h>

#include "tree.h"

/**
 * ng_tree_add() - one more value
 * @tree: the tree
 * @in: list or dictionary that it goes into; NULL: it is the root
 * @type: its sort
 * @key: in a dictionary; not copied
 *
 * Return: the value, empty; NULL without memory.
 */
struct ng_value *ng_tree_add(struct ng_tree *tree, struct ng_value *in,
			     enum ng_type type, struct span key);

/**
 * ng_tree_keep() - a copy of a text in the tree's memory
 * @tree: the tree
 * @text: the text
 *
 * Return: the copy; the absent span without memory, and @tree has failed.
 */
struct span ng_tree_keep(struct ng_tree *tree, struct span text);

/* read a whole message into a zeroed tree; false with a sentence */
bool ng_bencode_read(struct ng_tree *tree, struct span text, char *why);
bool ng_json_read(struct ng_tree *tree, struct span text, char *why);

/*
 * A value, behind a cookie and a blank if there is one, for free(), terminated; NULL without
 * memory.  @room: bytes that the value is thought to take
 */
char *ng_bencode_write(const struct ng_value *value, struct span cookie, size_t room,
		       size_t *len);
/* false without memory */
bool ng_json_write(const struct ng_value *value, FILE *out);

#endif /* NG_CODEC_H */
