// SPDX-License-Identifier: GPL-2.0
/*
 * Codecs that an offer is not to have (codec-strip and its kin): they go from it before
 * the other party sees it, so an answer cannot have them either, and nothing is to be
 * translated.  A section that would keep nothing to speak by stays as it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "private.h"
#include "sdp/sdp.h"

#define TYPES	128	/* payload types */

/**
 * struct section - a media section, and what it loses
 * @desc: the description
 * @media: the section
 * @gone: payload types that it loses
 * @any: there is one
 */
struct section {
	const struct sdp_desc *desc;
	const struct sdp_media *media;
	bool gone[TYPES];
	bool any;
};

/* the payload type that a value begins with, and what follows; false: none */
static bool cut_type(struct span *value, uint32_t *pt)
{
	*value = span_ltrim(*value);
	return span_u32(span_cut(value, ' '), pt) && *pt < TYPES;
}

struct span ng_codec_of(const struct sdp_desc *desc, const struct sdp_media *media,
			uint32_t pt)
{
	const struct sdp_row *row = NULL;
	struct span value;
	uint32_t is;

	while ((row = sdp_row_next(desc, media, SDP_ATTR_RTPMAP, row))) {
		value = row->value;
		if (cut_type(&value, &is) && is == pt)
			return span_trim(value);
	}
	return sdp_static_codec(pt);
}

/* what is not said may be anything */
bool ng_codec_is(struct span word, struct span name)
{
	struct span want, has;
	unsigned int i;

	for (i = 0; i < 3 && word.n; i++) {
		want = span_cut(&word, '/');
		has = span_cut(&name, '/');
		if (i == 2 && !has.n)
			has = SPAN("1");
		if (want.n && !span_eqcase(want, has))
			return false;
	}
	return true;
}

static bool is_all(struct span word)
{
	return ng_word_is(word, "all") || ng_word_is(word, "full");
}

static bool is_to_go(const struct ng_words *w, struct span name)
{
	const struct ng_codec_word *c;
	bool gone = false;

	for (c = w->codec; c < w->codec + w->n_codecs; c++) {
		if (c->keep && ng_codec_is(c->name, name))
			return false;
		if (!c->keep && (is_all(c->name) || ng_codec_is(c->name, name)))
			gone = true;
	}
	return gone;
}

/* what nobody can speak by alone */
static bool is_beside(struct span name)
{
	static const char *const beside[] = {
		"telephone-event", "cn", "rtx", "red", "ulpfec", "flexfec-03",
	};
	size_t i;

	for (i = 0; i < sizeof(beside) / sizeof(*beside); i++)
		if (ng_codec_is(span_of(beside[i]), name))
			return true;
	return false;
}

/* "rtx-time=3000;apt=96": what is sent again by that (RFC 4588); false: nothing */
static bool repaired(struct span value, uint32_t *pt)
{
	struct span word;

	while (value.n) {
		word = span_trim(span_cut(&value, ';'));
		if (word.n > 4 && !strncasecmp(word.p, "apt=", 4))
			return span_u32(span_trim(span_skip(word, 4)), pt) &&
			       *pt < TYPES;
	}
	return false;
}

/* "0/5": does one of those that are said twice (RFC 2198) go? */
static bool repeats_gone(const struct section *s, struct span value)
{
	uint32_t pt;

	while (value.n)
		if (span_u32(span_trim(span_cut(&value, '/')), &pt) &&
		    pt < TYPES && s->gone[pt])
			return true;
	return false;
}

/* what would say twice what goes, goes; then retransmissions of all that goes */
static void drop_repairs(struct section *s)
{
	const struct sdp_row *row = NULL;
	struct span value;
	uint32_t pt, of = 0;

	while ((row = sdp_row_next(s->desc, s->media, SDP_ATTR_FMTP, row))) {
		value = row->value;
		if (cut_type(&value, &pt) &&
		    ng_codec_is(SPAN("red"), ng_codec_of(s->desc, s->media, pt)) &&
		    repeats_gone(s, value))
			s->gone[pt] = true;
	}
	while ((row = sdp_row_next(s->desc, s->media, SDP_ATTR_FMTP, row))) {
		value = row->value;
		if (cut_type(&value, &pt) && repaired(value, &of) && s->gone[of])
			s->gone[pt] = true;
	}
}

static void judge(struct section *s, const struct ng_words *w)
{
	struct span rest = s->media->fmt, name;
	bool speaks = false;
	uint32_t pt;

	if (s->media->transport != SDP_RTP || s->media->rejected)
		return;
	while (rest.n) {
		if (!cut_type(&rest, &pt))
			continue;
		name = ng_codec_of(s->desc, s->media, pt);
		if (name.n && is_to_go(w, name)) {
			s->gone[pt] = true;
			s->any = true;
		} else if (!is_beside(name)) {
			speaks = true;
		}
	}
	if (speaks)
		drop_repairs(s);
	else
		s->any = false;
}

/* --- the text --- */

static bool is_gone(const struct section *s, struct span value)
{
	uint32_t pt;

	return cut_type(&value, &pt) && s->gone[pt];
}

static void print_formats(struct writer *out, const struct section *s,
			  const struct sdp_row *row)
{
	struct span rest = s->media->fmt, word;

	word = span_trim(span_from(row->text.p, rest.p));
	writer_span(out, word);
	while (rest.n) {
		rest = span_ltrim(rest);
		word = span_cut(&rest, ' ');
		if (word.n && !is_gone(s, word)) {
			writer_char(out, ' ');
			writer_span(out, word);
		}
	}
	writer_text(out, "\r\n");
}

static void print_row(struct writer *out, const struct section *s, size_t i)
{
	const struct sdp_row *row = &s->desc->row[i];

	if (s->any && i == s->media->row) {
		print_formats(out, s, row);
		return;
	}
	if (s->any && (row->attr == SDP_ATTR_RTPMAP || row->attr == SDP_ATTR_FMTP ||
		       row->attr == SDP_ATTR_RTCP_FB) && is_gone(s, row->value))
		return;
	writer_span(out, row->text);
	writer_text(out, "\r\n");
}

static void print_rows(struct writer *out, const struct section *s, size_t from, size_t n)
{
	size_t i;

	for (i = from; i < from + n; i++)
		print_row(out, s, i);
}

static bool print(struct writer *out, const struct ng_words *w, const struct sdp_desc *desc)
{
	struct section s = { .desc = desc };
	bool any = false;
	size_t i;

	print_rows(out, &s, 0, desc->session_rows);
	for (i = 0; i < desc->n; i++) {
		s = (struct section){ .desc = desc, .media = &desc->media[i] };
		judge(&s, w);
		any |= s.any;
		print_rows(out, &s, s.media->row, s.media->n_rows);
	}
	return any;
}

char *ng_strip(const struct ng_words *w, size_t *len)
{
	struct sdp_desc *desc = NULL;
	struct writer out = { 0 };
	char why[SDP_WHY_LEN];
	bool any;
	char *text;

	if (w->n_codecs)
		desc = sdp_desc_parse(w->sdp, NULL, why);
	if (!desc)
		return NULL;
	any = print(&out, w, desc);
	text = writer_end(&out, len);
	sdp_desc_free(desc);
	if (any)
		return text;
	free(text);
	return NULL;
}
