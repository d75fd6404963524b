// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes that a proxy wants otherwise (sdp-attr) or besides (generate-mid) in the
 * description that it gets, whatever they mean: they are changed in its text, when all
 * else is done.
 */
#include <stdio.h>
#include <stdlib.h>

#include "private.h"
#include "sdp/sdp.h"

/* --- words --- */

static bool is_line(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return text.n;
}

static bool verb_of(struct span word, enum ng_edit_verb *verb)
{
	static const char *const names[] = {
		[NG_EDIT_ADD] = "add", [NG_EDIT_REMOVE] = "remove",
		[NG_EDIT_SUBSTITUTE] = "substitute",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!ng_word_is(word, names[i]))
			continue;
		*verb = (enum ng_edit_verb)i;
		return true;
	}
	return false;
}

static bool add(struct ng_words *w, struct ng_edit edit)
{
	if (w->n_edits == NG_EDITS_MAX || !edit.where.n || !is_line(edit.text) ||
	    (edit.verb == NG_EDIT_SUBSTITUTE && !is_line(edit.by)))
		return false;
	w->edit[w->n_edits++] = edit;
	return true;
}

bool ng_edit_word(struct ng_words *w, struct span word)
{
	struct ng_edit edit = { .escaped = true };
	struct span rest = word;

	if (!verb_of(span_cut(&rest, '-'), &edit.verb) || !rest.p)
		return false;
	edit.where = span_cut(&rest, '-');
	edit.text = rest;
	if (edit.verb == NG_EDIT_SUBSTITUTE) {
		edit.text = span_cut(&rest, '>');
		edit.by = rest;
	}
	return add(w, edit);
}

/* an attribute, or two of them: what is substituted, and by what */
static bool add_value(struct ng_words *w, struct ng_edit edit,
		      const struct ng_value *value)
{
	if (edit.verb == NG_EDIT_SUBSTITUTE) {
		if (value->type != NG_LIST || !value->first ||
		    value->first->type != NG_TEXT || !value->first->next ||
		    value->first->next->type != NG_TEXT)
			return false;
		edit.text = value->first->text;
		edit.by = value->first->next->text;
		return add(w, edit);
	}
	if (value->type != NG_TEXT)
		return false;
	edit.text = value->text;
	return add(w, edit);
}

static bool add_values(struct ng_words *w, struct ng_edit edit,
		       const struct ng_value *list)
{
	const struct ng_value *value;
	bool all = true;

	if (list->type != NG_LIST)
		return add_value(w, edit, list);
	for (value = list->first; value; value = value->next)
		all = add_value(w, edit, value) && all;
	return all;
}

bool ng_edit_dict(struct ng_words *w, const struct ng_value *dict)
{
	const struct ng_value *where, *verb;
	struct ng_edit edit = { 0 };
	bool all = true;

	for (where = dict->first; where; where = where->next) {
		if (where->type != NG_DICT) {
			all = false;
			continue;
		}
		for (verb = where->first; verb; verb = verb->next) {
			edit.where = where->key;
			if (verb_of(verb->key, &edit.verb))
				all = add_values(w, edit, verb) && all;
			else
				all = false;
		}
	}
	return all;
}

/* --- the text --- */

/* "--" is "=" and ".." a blank, where both could not be said; in @to */
static struct span plain(const struct ng_edit *edit, struct span text, char *to,
			 size_t room)
{
	size_t i, n = 0;

	if (!edit->escaped)
		return text;
	for (i = 0; i < text.n && n < room; i++) {
		to[n] = text.p[i];
		if (i + 1 < text.n && text.p[i + 1] == text.p[i] &&
		    (text.p[i] == '-' || text.p[i] == '.')) {
			to[n] = text.p[i] == '-' ? '=' : ' ';
			i++;
		}
		n++;
	}
	return (struct span){ to, n };
}

/* the session's, all sections', those of a sort */
static bool is_there(const struct ng_edit *edit, const struct sdp_media *media)
{
	if (ng_word_is(edit->where, "none") || ng_word_is(edit->where, "session"))
		return !media;
	if (ng_word_is(edit->where, "global"))
		return true;
	return media && span_eqcase(edit->where, media->type);
}

/* "ptime:20" is itself, and of the name "ptime" */
static bool is_meant(struct span attr, struct span text)
{
	return span_eq(attr, text) ||
	       (attr.n > text.n && attr.p[text.n] == ':' &&
		span_eq((struct span){ attr.p, text.n }, text));
}

/* as long as a key of SRTCP may hold (RFC 3711 9.2), behind the key */
static void print_lifetime(struct writer *out, struct span text)
{
	static const char inl[] = "inline:";
	const char *key = memmem(text.p, text.n, inl, sizeof(inl) - 1);
	size_t n = key ? (size_t)(key - text.p) : text.n;

	while (n < text.n && text.p[n] != '|' && !span_is_blank(text.p[n]))
		n++;
	writer_printf(out, SPAN_FMT "%s" SPAN_FMT "\r\n",
		      SPAN_ARG(((struct span){ text.p, n })), key ? "|2^31" : "",
		      SPAN_ARG(span_skip(text, n)));
}

static void print_kept(struct writer *out, const struct ng_words *w, const struct sdp_row *row)
{
	if (w->no_rtcp && row->attr == SDP_ATTR_RTCP)
		return;
	if (w->no_name && row->type == 's')
		writer_printf(out, "s=-\r\n");
	else if (w->lifetime && row->attr == SDP_ATTR_CRYPTO)
		print_lifetime(out, row->text);
	else
		writer_printf(out, SPAN_FMT "\r\n", SPAN_ARG(row->text));
}

static void print_row(struct writer *out, const struct ng_words *w,
		      const struct sdp_media *media, const struct sdp_row *row)
{
	struct span attr = span_skip(row->text, 2);
	const struct ng_edit *edit;
	char text[NG_EDIT_LEN], by[NG_EDIT_LEN];
	struct span is;

	for (edit = w->edit; row->type == 'a' && edit < w->edit + w->n_edits; edit++) {
		if (edit->verb == NG_EDIT_ADD || !is_there(edit, media))
			continue;
		is = plain(edit, edit->text, text, sizeof(text));
		if (edit->verb == NG_EDIT_REMOVE && is_meant(attr, is))
			return;
		if (edit->verb == NG_EDIT_SUBSTITUTE && span_eq(attr, is)) {
			is = plain(edit, edit->by, by, sizeof(by));
			writer_printf(out, "a=" SPAN_FMT "\r\n", SPAN_ARG(is));
			return;
		}
	}
	print_kept(out, w, row);
}

/* behind all that stands there */
static void print_more(struct writer *out, const struct ng_words *w,
		       const struct sdp_desc *desc, const struct sdp_media *media)
{
	const struct ng_edit *edit;
	char text[NG_EDIT_LEN];
	struct span is;

	for (edit = w->edit; edit < w->edit + w->n_edits; edit++) {
		if (edit->verb != NG_EDIT_ADD || !is_there(edit, media))
			continue;
		is = plain(edit, edit->text, text, sizeof(text));
		writer_printf(out, "a=" SPAN_FMT "\r\n", SPAN_ARG(is));
	}
	if (w->mid && media && !sdp_row_next(desc, media, SDP_ATTR_MID, NULL))
		writer_printf(out, "a=mid:%zu\r\n", (size_t)(media - desc->media) + 1);
}

static void print(struct writer *out, const struct ng_words *w, const struct sdp_desc *desc)
{
	const struct sdp_media *media = NULL;
	size_t i, next = 0;

	for (i = 0; i < desc->n_rows; i++) {
		if (next < desc->n && i == desc->media[next].row) {
			print_more(out, w, desc, media);
			media = &desc->media[next++];
		}
		print_row(out, w, media, &desc->row[i]);
	}
	print_more(out, w, desc, media);
}

char *ng_edit(const struct ng_words *w, const char *sdp)
{
	struct sdp_desc *desc = NULL;
	struct writer out = { 0 };
	char why[SDP_WHY_LEN];

	if (w->n_edits || w->mid || w->no_rtcp || w->no_name || w->lifetime)
		desc = sdp_desc_parse(span_of(sdp), NULL, why);
	if (!desc)
		return NULL;
	print(&out, w, desc);
	sdp_desc_free(desc);
	return writer_end(&out, NULL);
}
