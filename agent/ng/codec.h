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

/* write a value into memory that has room for it, or only measure it (NULL); its bytes */
size_t ng_bencode_write(const struct ng_value *value, char *to);
/* false without memory */
bool ng_json_write(const struct ng_value *value, FILE *out);

#endif /* NG_CODEC_H */
