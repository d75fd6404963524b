/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a message of the control protocol holds: numbers, texts, lists and
 * dictionaries, the same whether it came as bencode or as JSON.
 *
 * All values of a tree stand in its own memory and go with it.  Texts of a tree that
 * was read from bencode point into what was read.
 */
#ifndef NG_TREE_H
#define NG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/** NG_DEPTH_MAX - lists and dictionaries in each other that are read */
#define NG_DEPTH_MAX	32

/** NG_VALUES_MAX - values of a message that are read, the outermost one included */
#define NG_VALUES_MAX	8192

/** NG_MESSAGE_MAX - bytes of a message that are read */
#define NG_MESSAGE_MAX	65536

/** NG_LEVELS - levels of what may be left out of a message, and what may not */
#define NG_LEVELS	7

/** NG_WHY_LEN - room for a sentence about what is wrong with a message */
#define NG_WHY_LEN	128

/**
 * enum ng_type - sort of a value
 * @NG_NUMBER: a whole number
 * @NG_TEXT: bytes
 * @NG_LIST: values in their order
 * @NG_DICT: values with a key each, in their order; a key may be there twice
 */
enum ng_type {
	NG_NUMBER,
	NG_TEXT,
	NG_LIST,
	NG_DICT
};

/**
 * enum ng_encoding - how a message is written
 * @NG_BENCODE: bencode
 * @NG_JSON: JSON
 */
enum ng_encoding {
	NG_BENCODE,
	NG_JSON
};

/**
 * struct ng_value - a value
 * @type: its sort
 * @level: what of ng_tree_shed() it goes with; 0: none
 * @key: of a member of a dictionary
 * @text: NG_TEXT, and as it was read NG_NUMBER: as long as the tree and the message
 * @number: NG_NUMBER
 * @first: of a list or dictionary: its first member, or NULL
 * @last: the last one
 * @next: the one behind this in the same list or dictionary
 * @up: the list or dictionary that this is in
 */
struct ng_value {
	enum ng_type type;
	uint8_t level;
	struct span key;
	struct span text;
	union {
		int64_t number;
		struct {
			struct ng_value *first;
			struct ng_value *last;
		};
	};
	struct ng_value *next;
	struct ng_value *up;
};

struct ng_chunk;

/**
 * struct ng_tree - a message
 * @root: its dictionary
 * @values: how many values there are
 * @failed: there was no memory for one: it is not whole
 * @level: of what is put there next: 0, or at most that of what it is put into
 * @length: bytes as bencode of what was put there, by its level
 * @chunk: its memory
 *
 * Zeroed before the first use; ng_tree_clear() makes it so again.
 */
struct ng_tree {
	struct ng_value *root;
	unsigned int values;
	bool failed;
	uint8_t level;
	size_t length[NG_LEVELS];
	struct ng_chunk *chunk;
};

/** ng_tree_clear() - free all of it */
void ng_tree_clear(struct ng_tree *tree);

/* ------------------------------------------------------------------ to read */

/**
 * ng_tree_read() - read a message
 * @tree: zeroed; filled, to be cleared whatever happens
 * @text: what follows the cookie; it is kept until @tree is cleared
 * @encoding: set to how it is written
 * @why: on failure a sentence, NG_WHY_LEN bytes, without a word of the message
 *
 * Its first byte tells how it is written.  It is one dictionary and nothing behind
 * it but blanks, line ends and NULs.
 *
 * Return: false if it is none, or beyond the bounds above.
 */
bool ng_tree_read(struct ng_tree *tree, struct span text,
		  enum ng_encoding *encoding, char *why);

/**
 * ng_word_is() - is it this word, however it is spelled?
 * @word: "Call ID"
 * @name: in small letters with hyphens: "call-id"
 *
 * The case of letters does not matter, and blank, underscore and hyphen are one.
 */
static inline bool ng_word_is(struct span word, const char *name)
{
	const char *p = word.p, *end = p + word.n;
	char c;

	for (; p < end && *name; p++, name++) {
		c = *p;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (c == ' ' || c == '_')
			c = '-';
		if (c != *name)
			return false;
	}
	return p == end && !*name;
}

/**
 * ng_get() - a member of a dictionary
 * @dict: NULL, or of another type: it has none
 * @name: as for ng_word_is()
 *
 * Return: the last one of that key, or NULL.
 */
const struct ng_value *ng_get(const struct ng_value *dict, const char *name);

/**
 * ng_get_text() - a text of a dictionary
 * @dict: as ng_get()
 * @name: as ng_get()
 *
 * Return: the text; the absent span if there is none, or it is no text.
 */
struct span ng_get_text(const struct ng_value *dict, const char *name);

/**
 * ng_number() - a number, also if it is written as text
 * @value: NULL is fine
 * @number: filled
 *
 * Return: false if it is none.
 */
bool ng_number(const struct ng_value *value, int64_t *number);

/* ----------------------------------------------------------------- to write */

/*
 * Each puts a member behind the others.  @key: NULL in a list; kept as it is, not copied.
 * Texts are copied.  @in: NULL, which is what these give without memory, adds nothing.
 */
struct ng_value *ng_add_dict(struct ng_tree *tree, struct ng_value *in,
			     const char *key);
struct ng_value *ng_add_list(struct ng_tree *tree, struct ng_value *in,
			     const char *key);
void ng_add_number(struct ng_tree *tree, struct ng_value *in, const char *key,
		   int64_t number);
void ng_add_text(struct ng_tree *tree, struct ng_value *in, const char *key,
		 struct span text);

/** ng_add_string() - the same of a string */
static inline void ng_add_string(struct ng_tree *tree, struct ng_value *in,
				 const char *key, const char *text)
{
	ng_add_text(tree, in, key, span_of(text));
}

/**
 * ng_add_dict_of() - a dictionary whose key is a stranger's
 * @tree: the tree
 * @in: a dictionary
 * @key: copied
 */
struct ng_value *ng_add_dict_of(struct ng_tree *tree, struct ng_value *in,
				struct span key);

/**
 * ng_tree_begin() - a tree to be written
 * @tree: zeroed
 *
 * Return: its root, an empty dictionary; NULL without memory.
 */
struct ng_value *ng_tree_begin(struct ng_tree *tree);

/**
 * ng_tree_length() - how long is it?
 * @tree: a tree to be written
 * @level: without what ng_tree_shed() of that level takes
 *
 * Return: bytes of it as bencode, to which JSON adds little.
 */
size_t ng_tree_length(const struct ng_tree *tree, unsigned int level);

/**
 * ng_tree_shed() - leave out what is of level 1 to @level
 * @tree: a tree to be written
 * @level: 0: nothing
 */
void ng_tree_shed(struct ng_tree *tree, unsigned int level);

/**
 * ng_tree_write() - a message as it is sent
 * @tree: the tree
 * @encoding: how
 * @cookie: stands before it, and a blank; the absent span: nothing does
 * @len: its bytes
 *
 * JSON is UTF-8: bytes that are none become U+FFFD.
 *
 * Return: for free(), terminated; NULL without memory, then or before.
 */
char *ng_tree_write(const struct ng_tree *tree, enum ng_encoding encoding,
		    struct span cookie, size_t *len);

#endif /* NG_TREE_H */
