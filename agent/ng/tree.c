// SPDX-License-Identifier: GPL-2.0
/* Trees: their memory, what is in them, and what is put there. */
#include <stdlib.h>

#include "codec.h"

#define SPARE	8	/* chunks that are kept */
#define CHUNK	4000	/* bytes of a chunk, unless one value needs more */
#define ALIGN	_Alignof(struct ng_value)

/**
 * struct ng_chunk - a piece of a tree's memory
 * @next: the one before it
 * @room: its bytes
 * @used: of these
 * @data: these
 */
struct ng_chunk {
	struct ng_chunk *next;
	size_t room;
	size_t used;
	_Alignas(struct ng_value) char data[];
};

/* of trees that are over, for the next ones: each message has two; the loop's thread's */
static struct ng_chunk *spare;
static unsigned int n_spare;

static struct ng_chunk *new_chunk(size_t room)
{
	struct ng_chunk *chunk = spare;

	if (room != CHUNK || !chunk)
		return malloc(sizeof(*chunk) + room);
	spare = chunk->next;
	n_spare--;
	return chunk;
}

static void free_chunk(struct ng_chunk *chunk)
{
	if (chunk->room != CHUNK || n_spare == SPARE) {
		free(chunk);
		return;
	}
	chunk->next = spare;
	spare = chunk;
	n_spare++;
}

static void *take(struct ng_tree *tree, size_t n)
{
	struct ng_chunk *chunk = tree->chunk;
	size_t room;

	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (!chunk || chunk->room - chunk->used < n) {
		room = n > CHUNK ? n : CHUNK;
		chunk = new_chunk(room);
		if (!chunk) {
			tree->failed = true;
			return NULL;
		}
		*chunk = (struct ng_chunk){ .next = tree->chunk, .room = room };
		tree->chunk = chunk;
	}
	chunk->used += n;
	return chunk->data + chunk->used - n;
}

/* keys of SRTP are in it */
void ng_tree_clear(struct ng_tree *tree)
{
	struct ng_chunk *chunk;

	while ((chunk = tree->chunk)) {
		tree->chunk = chunk->next;
		explicit_bzero(chunk->data, chunk->used);
		free_chunk(chunk);
	}
	*tree = (struct ng_tree){ 0 };
}

struct ng_value *ng_tree_add(struct ng_tree *tree, struct ng_value *in,
			     enum ng_type type, struct span key)
{
	struct ng_value *value = take(tree, sizeof(*value));

	if (!value)
		return NULL;
	*value = (struct ng_value){
		.type = type, .level = tree->level, .key = key, .up = in,
	};
	tree->values++;
	if (!in)
		tree->root = value;
	else if (in->last)
		in->last->next = value;
	else
		in->first = value;
	if (in)
		in->last = value;
	return value;
}

struct span ng_tree_keep(struct ng_tree *tree, struct span text)
{
	char *copy = take(tree, text.n + 1);

	if (!copy)
		return (struct span){ NULL, 0 };
	if (text.n)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return (struct span){ copy, text.n };
}

/* --- to read --- */

bool ng_tree_read(struct ng_tree *tree, struct span text,
		  enum ng_encoding *encoding, char *why)
{
	*why = '\0';
	*encoding = text.n && *text.p == '{' ? NG_JSON : NG_BENCODE;
	if (text.n > NG_MESSAGE_MAX) {
		snprintf(why, NG_WHY_LEN, "%zu bytes; expected at most %d",
			 text.n, NG_MESSAGE_MAX);
		return false;
	}
	while (text.n && (!text.p[text.n - 1] ||
			  strchr(" \t\r\n", text.p[text.n - 1])))
		text.n--;
	return *encoding == NG_JSON ? ng_json_read(tree, text, why) :
				      ng_bencode_read(tree, text, why);
}

const struct ng_value *ng_get(const struct ng_value *dict, const char *name)
{
	const struct ng_value *value, *found = NULL;

	if (!dict || dict->type != NG_DICT)
		return NULL;
	for (value = dict->first; value; value = value->next)
		if (ng_word_is(value->key, name))
			found = value;
	return found;
}

struct span ng_get_text(const struct ng_value *dict, const char *name)
{
	const struct ng_value *value = ng_get(dict, name);

	return value && value->type == NG_TEXT ? value->text :
						 (struct span){ NULL, 0 };
}

bool ng_number(const struct ng_value *value, int64_t *number)
{
	uint32_t small;

	if (value && value->type == NG_NUMBER) {
		*number = value->number;
		return true;
	}
	if (!value || value->type != NG_TEXT || !span_u32(value->text, &small))
		return false;
	*number = small;
	return true;
}

/* --- to write --- */

struct ng_value *ng_tree_begin(struct ng_tree *tree)
{
	tree->length[0] = 2;	/* "de" */
	return ng_tree_add(tree, NULL, NG_DICT, (struct span){ NULL, 0 });
}

static size_t digits_of(uint64_t number)
{
	size_t n = 1;

	while (number /= 10)
		n++;
	return n;
}

static size_t length_of(struct span text)
{
	return digits_of(text.n) + 1 + text.n;
}

static struct ng_value *add(struct ng_tree *tree, struct ng_value *in,
			    enum ng_type type, struct span key)
{
	if (!in)
		return NULL;
	/* "de", "le", "ie", and the key */
	tree->length[tree->level] += (type == NG_TEXT ? 0 : 2) +
				     (in->type == NG_DICT ? length_of(key) : 0);
	return ng_tree_add(tree, in, type, key);
}

struct ng_value *ng_add_dict(struct ng_tree *tree, struct ng_value *in,
			     const char *key)
{
	return add(tree, in, NG_DICT, span_of(key));
}

struct ng_value *ng_add_dict_of(struct ng_tree *tree, struct ng_value *in,
				struct span key)
{
	return in ? add(tree, in, NG_DICT, ng_tree_keep(tree, key)) : NULL;
}

struct ng_value *ng_add_list(struct ng_tree *tree, struct ng_value *in,
			     const char *key)
{
	return add(tree, in, NG_LIST, span_of(key));
}

void ng_add_number(struct ng_tree *tree, struct ng_value *in, const char *key,
		   int64_t number)
{
	struct ng_value *value = add(tree, in, NG_NUMBER, span_of(key));

	if (!value)
		return;
	value->number = number;
	tree->length[tree->level] += number < 0 ? 1 + digits_of(-(uint64_t)number) :
						  digits_of((uint64_t)number);
}

void ng_add_text(struct ng_tree *tree, struct ng_value *in, const char *key,
		 struct span text)
{
	struct ng_value *value = add(tree, in, NG_TEXT, span_of(key));

	if (!value)
		return;
	value->text = ng_tree_keep(tree, text);
	tree->length[tree->level] += length_of(text);
}

static char *write_json(const struct ng_value *root, struct span cookie,
			size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool ok;

	if (!out)
		return NULL;
	if (cookie.p) {
		fwrite(cookie.p, 1, cookie.n, out);
		fputc(' ', out);
	}
	ok = ng_json_write(root, out);
	ok = !ferror(out) && ok;
	ok = !fclose(out) && ok;
	if (ok)
		return text;
	free(text);
	return NULL;
}

size_t ng_tree_length(const struct ng_tree *tree, unsigned int level)
{
	size_t n = tree->length[0];

	while (++level < NG_LEVELS)
		n += tree->length[level];
	return n;
}

/* those of @in; no deeper than what we say ourselves */
static void shed(struct ng_value *in, unsigned int level)
{
	struct ng_value **at = &in->first, *value;

	in->last = NULL;
	while ((value = *at)) {
		if (value->level && value->level <= level) {
			*at = value->next;
			continue;
		}
		if (value->type == NG_DICT || value->type == NG_LIST)
			shed(value, level);
		in->last = value;
		at = &value->next;
	}
}

void ng_tree_shed(struct ng_tree *tree, unsigned int level)
{
	if (!level || !tree->root)
		return;
	shed(tree->root, level);
	for (; level; level--)
		tree->length[level] = 0;
}

char *ng_tree_write(const struct ng_tree *tree, enum ng_encoding encoding,
		    struct span cookie, size_t *len)
{
	if (tree->failed || !tree->root)
		return NULL;
	return encoding == NG_JSON ? write_json(tree->root, cookie, len) :
				     ng_bencode_write(tree->root, cookie,
						      ng_tree_length(tree, 0), len);
}
