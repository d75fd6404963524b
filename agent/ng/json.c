// SPDX-License-Identifier: GPL-2.0
/* JSON, by jansson: what it is given is bounded before, and a tree after. */
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"
#include "codec.h"

#define REPLACEMENT	"\xef\xbf\xbd"	/* U+FFFD */

/*
 * How deep does it go, and how many values are there at most?  Counted before it is
 * read, by the marks outside of strings, so that reading is bounded: a value that is
 * not the first of its list or object stands behind a comma.
 */
static bool is_bounded(struct span text, char *why)
{
	size_t i, depth = 0, values = 1;
	bool quoted = false;

	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted && c == '\\') {
			i++;
			continue;
		}
		if (c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		values += c == ',' || c == '[' || c == '{';
		depth += c == '[' || c == '{';
		depth -= depth && (c == ']' || c == '}');
		if (depth > NG_DEPTH_MAX || values > NG_VALUES_MAX) {
			snprintf(why, NG_WHY_LEN, "byte %zu: %s", i + 1,
				 depth > NG_DEPTH_MAX ? "nested too deep" :
							"too many values");
			return false;
		}
	}
	return true;
}

/* --- to read --- */

static bool take(struct ng_tree *tree, struct ng_value *in, struct span key,
		 json_t *json);

static bool take_members(struct ng_tree *tree, struct ng_value *value,
			 json_t *json)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(json)) {
		json_array_foreach(json, i, member)
			if (!take(tree, value, (struct span){ NULL, 0 }, member))
				return false;
		return true;
	}
	json_object_foreach(json, key, member)
		if (!take(tree, value, span_of(key), member))
			return false;
	return true;
}

static struct ng_value *add(struct ng_tree *tree, struct ng_value *in,
			    enum ng_type type, struct span key)
{
	if (key.p)
		key = ng_tree_keep(tree, key);
	return ng_tree_add(tree, in, type, key);
}

/* what is no whole number is cut; true and false are 1 and 0 */
static int64_t number_of(const json_t *json)
{
	double real;

	if (json_is_integer(json))
		return json_integer_value(json);
	if (!json_is_real(json))
		return json_is_true(json);
	real = json_real_value(json);
	if (!(real > -9e18 && real < 9e18))
		return real < 0 ? INT64_MIN : INT64_MAX;
	return (int64_t)real;
}

static void take_number(struct ng_tree *tree, struct ng_value *value,
			int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	value->number = number;
	value->text = ng_tree_keep(tree, span_of(text));
}

static bool take(struct ng_tree *tree, struct ng_value *in, struct span key,
		 json_t *json)
{
	struct ng_value *value;

	switch (json_typeof(json)) {
	case JSON_NULL:
		return true;	/* as if it were not there */
	case JSON_OBJECT:
	case JSON_ARRAY:
		value = add(tree, in, json_is_object(json) ? NG_DICT : NG_LIST,
			    key);
		return value && take_members(tree, value, json);
	case JSON_STRING:
		value = add(tree, in, NG_TEXT, key);
		if (value)
			value->text = ng_tree_keep(tree, (struct span){
				json_string_value(json),
				json_string_length(json) });
		break;
	default:
		value = add(tree, in, NG_NUMBER, key);
		if (value)
			take_number(tree, value, number_of(json));
	}
	return value;
}

bool ng_json_read(struct ng_tree *tree, struct span text, char *why)
{
	json_error_t error;
	json_t *json;
	bool ok;

	if (!is_bounded(text, why))
		return false;
	json = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &error);
	if (!json) {
		/* its words would quote the message */
		snprintf(why, NG_WHY_LEN, "byte %d: no JSON", error.position);
		return false;
	}
	ok = json_is_object(json);
	if (!ok)
		snprintf(why, NG_WHY_LEN, "expected an object");
	if (ok) {
		ok = take(tree, NULL, (struct span){ NULL, 0 }, json) &&
		     !tree->failed;
		if (!ok)
			snprintf(why, NG_WHY_LEN, "no memory");
	}
	json_decref(json);
	return ok;
}

/* --- to write --- */

/* for free(); NULL without memory */
static char *as_utf8(struct span text, size_t *len)
{
	char *copy = malloc(text.n * strlen(REPLACEMENT) + 1);
	size_t n = 0, one;

	for (; copy && text.n; text = span_skip(text, one)) {
		one = text_utf8_len(text);
		if (one) {
			memcpy(copy + n, text.p, one);
			n += one;
			continue;
		}
		one = 1;
		memcpy(copy + n, REPLACEMENT, strlen(REPLACEMENT));
		n += strlen(REPLACEMENT);
	}
	if (copy)
		copy[n] = '\0';
	*len = n;
	return copy;
}

static json_t *make_text(struct span text)
{
	json_t *json = NULL;
	size_t len;
	char *copy;

	if (text_is_utf8(text))
		return json_stringn_nocheck(text.n ? text.p : "", text.n);
	copy = as_utf8(text, &len);
	if (copy)
		json = json_stringn_nocheck(copy, len);
	free(copy);
	return json;
}

static json_t *make(const struct ng_value *value);

static bool make_member(json_t *json, const struct ng_value *member)
{
	json_t *made = make(member);
	bool ok = made;
	size_t len;
	char *key;

	if (json_is_array(json))
		return made && !json_array_append_new(json, made);
	key = as_utf8(member->key, &len);
	ok = key && made && !json_object_set_nocheck(json, key, made);
	free(key);
	json_decref(made);
	return ok;
}

/* trees are no deeper than NG_DEPTH_MAX, or ours */
static json_t *make(const struct ng_value *value)
{
	const struct ng_value *member;
	json_t *json;

	if (value->type == NG_NUMBER)
		return json_integer(value->number);
	if (value->type == NG_TEXT)
		return make_text(value->text);
	json = value->type == NG_LIST ? json_array() : json_object();
	for (member = value->first; json && member; member = member->next) {
		if (!make_member(json, member)) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

bool ng_json_write(const struct ng_value *value, FILE *out)
{
	json_t *json = make(value);
	bool ok = json && !json_dumpf(json, out, JSON_COMPACT);

	json_decref(json);
	return ok;
}
