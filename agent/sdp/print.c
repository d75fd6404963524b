// SPDX-License-Identifier: GPL-2.0
/* A description with us as its author: what is not ours leaves as it came. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "private.h"

/* room for "IN IP6 " and an address */
#define CONN_LEN	(sizeof("IN IP6 ") + DP_ADDR_STRLEN)

/* addresses of an author that are looked for in what he says; more is not usual */
#define PLACES_MAX	8

/* wherever they come from, they would be wrong beside our addresses */
#define NEVER	(SDP_SET_KEYS | SDP_BIT(SDP_ATTR_RTCP))

/**
 * struct printing - a description on its way out
 * @out: what is written
 * @desc: the description
 * @plan: what to say
 * @drop: attributes that are left out
 * @conn: the session's c=, empty if it has none
 * @place: addresses of its author, by o= and c=
 * @n_places: how many
 */
struct printing {
	struct writer out;
	const struct sdp_desc *desc;
	const struct sdp_plan *plan;
	uint64_t drop;
	char conn[CONN_LEN];
	struct span place[PLACES_MAX];
	size_t n_places;
};

static void put_row(struct printing *p, const struct sdp_row *row)
{
	writer_span(&p->out, row->text);
	writer_text(&p->out, "\r\n");
}

static void put_lines(struct printing *p, const char *lines)
{
	if (lines)
		writer_text(&p->out, lines);
}

static const char *conn_text(char *text, const struct dp_addr *addr, bool null)
{
	bool v4 = addr->family == AF_INET;
	struct dp_addr host = *addr;
	char buf[DP_ADDR_STRLEN];

	host.port = 0;
	strcpy(stpcpy(text, v4 ? "IN IP4 " : "IN IP6 "),
	       !null ? dp_addr_str(&host, buf, sizeof(buf)) : v4 ? "0.0.0.0" : "::");
	return text;
}

static void put_conn_text(struct printing *p, const char *text)
{
	writer_text(&p->out, "c=");
	writer_text(&p->out, text);
	writer_text(&p->out, "\r\n");
}

static bool has_row(const struct sdp_desc *desc, char type)
{
	size_t i;

	for (i = 0; i < desc->session_rows; i++)
		if (desc->row[i].type == type)
			return true;
	return false;
}

/* an address, or a name with a dot: no word that stands anywhere */
static bool is_place(struct span text)
{
	struct dp_addr addr;
	char host[256];
	size_t i;

	if (!span_str(text, host, sizeof(host)))
		return false;
	if (dp_addr_parse_host(host, &addr))
		return strcmp(host, "0.0.0.0") && strcmp(host, "::");
	for (i = 0; i < text.n; i++)
		if ((host[i] | 0x20) >= 'a' && (host[i] | 0x20) <= 'z')
			return memchr(host, '.', text.n);
	return false;
}

/* the address of "NETTYPE ADDRTYPE ADDRESS[/...]", which are the last words of o= and c= */
static void learn_place(struct printing *p, struct span value)
{
	struct span word, last = { NULL, 0 };
	size_t i;

	while ((word = sdp_word(&value)).n)
		last = word;
	last = span_cut(&last, '/');
	if (p->n_places == PLACES_MAX || !is_place(last))
		return;
	for (i = 0; i < p->n_places; i++)
		if (p->place[i].n == last.n && !memcmp(p->place[i].p, last.p, last.n))
			return;
	p->place[p->n_places++] = last;
}

static void learn_places(struct printing *p)
{
	size_t i;

	for (i = 0; i < p->desc->n_rows; i++)
		if (p->desc->row[i].type == 'o' || p->desc->row[i].type == 'c')
			learn_place(p, p->desc->row[i].value);
}

/* is the author's address in it?  It is not ours, and nobody else's business */
static bool shows(const struct printing *p, const struct sdp_row *row)
{
	return host_find(p->place, p->n_places, row->value).p;
}

static void put_name(struct printing *p)
{
	size_t i;

	for (i = 0; !p->plan->hide && i < p->desc->session_rows; i++) {
		if (p->desc->row[i].type == 's' && p->desc->row[i].value.n &&
		    !shows(p, &p->desc->row[i])) {
			put_row(p, &p->desc->row[i]);
			return;
		}
	}
	writer_text(&p->out, "s=-\r\n");
}

/* v=, o= and s= come first, in this order, whether they were there or not */
static void put_head(struct printing *p)
{
	char text[CONN_LEN];

	writer_text(&p->out, "v=0\r\no=- ");
	writer_number(&p->out, p->plan->id);
	writer_char(&p->out, ' ');
	writer_number(&p->out, p->plan->version);
	writer_char(&p->out, ' ');
	writer_text(&p->out, conn_text(text, &p->plan->address, false));
	writer_text(&p->out, "\r\n");
	put_name(p);
}

static bool attr_passes(const struct printing *p, const struct sdp_row *row,
			uint64_t drop)
{
	if (row->attr == SDP_ATTR_OTHER)
		return !p->plan->drop_unknown;
	return !(drop & SDP_BIT(row->attr));
}

static bool session_passes(const struct printing *p, const struct sdp_row *row)
{
	if (!row->type || strchr("vosck", row->type) || shows(p, row))
		return false;
	if (strchr("iuep", row->type))
		return !p->plan->hide;
	return row->type != 'a' || attr_passes(p, row, p->drop);
}

/* where the grammar wants t=, if none is there: before what comes behind it */
static bool is_behind_time(const struct sdp_row *row)
{
	return row->type && strchr("rza", row->type);
}

static void put_session(struct printing *p)
{
	bool time = has_row(p->desc, 't'), conn = false;
	const struct sdp_row *row;
	size_t i;

	put_head(p);
	for (i = 0; i < p->desc->session_rows; i++) {
		row = &p->desc->row[i];
		if (!time && is_behind_time(row)) {
			writer_text(&p->out, "t=0 0\r\n");
			time = true;
		}
		if (row->type == 'c' && !conn && *p->conn) {
			put_conn_text(p, p->conn);
			conn = true;
		}
		/* one that is not what it is for: there must be one, and where it stood */
		if (row->type == 't' && shows(p, row))
			writer_text(&p->out, "t=0 0\r\n");
		else if (session_passes(p, row))
			put_row(p, row);
	}
	if (!time)
		writer_text(&p->out, "t=0 0\r\n");
	put_lines(p, p->plan->add);
}

struct span sdp_static_codec(uint32_t pt)
{
	static const struct {
		uint32_t pt;
		const char *name;
	} names[] = {
		{ 0, "PCMU/8000" }, { 3, "GSM/8000" }, { 4, "G723/8000" },
		{ 5, "DVI4/8000" }, { 6, "DVI4/16000" }, { 7, "LPC/8000" },
		{ 8, "PCMA/8000" }, { 9, "G722/8000" }, { 10, "L16/44100/2" },
		{ 11, "L16/44100" }, { 12, "QCELP/8000" }, { 13, "CN/8000" },
		{ 15, "G728/8000" }, { 18, "G729/8000" }, { 26, "JPEG/90000" },
		{ 31, "H261/90000" }, { 34, "H263/90000" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].pt == pt)
			return span_of(names[i].name);
	return (struct span){ 0 };
}

static bool has_rtpmap(const struct sdp_desc *desc, const struct sdp_media *m, uint32_t pt)
{
	const struct sdp_row *row = NULL;
	struct span value;
	uint32_t is;

	while ((row = sdp_row_next(desc, m, SDP_ATTR_RTPMAP, row))) {
		value = span_ltrim(row->value);
		if (span_u32(span_cut(&value, ' '), &is) && is == pt)
			return true;
	}
	return false;
}

/* those that need none are below 64, few, and each is looked for once, whatever is said */
bool sdp_static_next(const struct sdp_desc *desc, const struct sdp_media *media,
		     struct sdp_static *at)
{
	while (media->transport == SDP_RTP && at->rest.n) {
		at->rest = span_ltrim(at->rest);
		if (!span_u32(span_cut(&at->rest, ' '), &at->pt) || at->pt > 63 ||
		    at->asked >> at->pt & 1)
			continue;
		at->asked |= UINT64_C(1) << at->pt;
		at->name = sdp_static_codec(at->pt);
		if (at->name.p && !has_rtpmap(desc, media, at->pt))
			return true;
	}
	return false;
}

static void put_static(struct printing *p, const struct sdp_media *m)
{
	struct sdp_static at = { .rest = m->fmt };

	while (sdp_static_next(p->desc, m, &at)) {
		writer_text(&p->out, "a=rtpmap:");
		writer_number(&p->out, at.pt);
		writer_char(&p->out, ' ');
		writer_span(&p->out, at.name);
		writer_text(&p->out, "\r\n");
	}
}

/* a section without a format is against the grammar, rejected or not */
static void put_m(struct printing *p, const struct sdp_say *say,
		  const struct sdp_media *m)
{
	writer_text(&p->out, "m=");
	writer_span(&p->out, m->type);
	writer_char(&p->out, ' ');
	writer_number(&p->out, say->port);
	writer_char(&p->out, ' ');
	if (say->proto)
		writer_text(&p->out, say->proto);
	else
		writer_span(&p->out, m->proto);
	writer_char(&p->out, ' ');
	if (m->fmt.n)
		writer_span(&p->out, m->fmt);
	else
		writer_char(&p->out, '0');
	writer_text(&p->out, "\r\n");
}

/* what belongs to the session, or to nobody, is out of place in a section */
static bool section_passes(const struct printing *p, const struct sdp_row *row,
			   uint64_t drop)
{
	if (!row->type || strchr("vosuepctrzkm", row->type) || shows(p, row))
		return false;
	return row->type != 'a' || attr_passes(p, row, drop);
}

static void put_ours(struct printing *p, const struct sdp_say *say,
		     bool dir)
{
	size_t i;

	if (!say->port)
		return;
	if (dir)
		writer_printf(&p->out, "a=%s\r\n", sdp_dir_name(say->dir));
	if (say->rtcp)
		writer_printf(&p->out, "a=rtcp:%u\r\n", say->rtcp);
	for (i = 0; i < say->n_crypto; i++)
		sdp_crypto_print(&p->out, &say->crypto[i]);
	put_lines(p, say->add);
}

static bool is_own(const struct printing *p, const struct sdp_media *m)
{
	return m >= p->desc->media && m < p->desc->media + p->desc->n;
}

/* its c=, if it is to have one: behind m= and i= */
static void put_conn(struct printing *p, const struct sdp_say *say,
		     bool own)
{
	char text[CONN_LEN];

	conn_text(text, say->address.family ? &say->address :
		  &p->plan->address, say->hold);
	if (own || !*p->conn || (say->port && strcmp(text, p->conn)))
		put_conn_text(p, text);
}

static void put_section(struct printing *p, const struct sdp_say *say,
			const struct sdp_media *m)
{
	bool own = is_own(p, m), conn = false, spell = own && say->port && p->plan->spell;
	bool dir = say->port && say->dir && (!own || say->dir != m->dir);
	uint64_t drop = p->drop | say->drop | (dir ? SDP_BIT(SDP_ATTR_DIRECTION) : 0);
	const struct sdp_row *row = &p->desc->row[own ? m->row : 0];
	size_t i, n = own ? m->n_rows : 1;

	put_m(p, say, m);
	for (i = 1; i < n; i++) {
		if (!conn && row[i].type != 'i') {
			put_conn(p, say, m->own_conn);
			if (spell)
				put_static(p, m);
			conn = true;
		}
		if (section_passes(p, &row[i], drop))
			put_row(p, &row[i]);
	}
	if (!conn)
		put_conn(p, say, own && m->own_conn);
	if (!conn && spell)
		put_static(p, m);
	if (spell && !dir && !sdp_row_next(p->desc, m, SDP_ATTR_DIRECTION, NULL))
		writer_printf(&p->out, "a=%s\r\n", sdp_dir_name(m->dir));
	put_ours(p, say, dir);
}

static const struct sdp_media *like(const struct printing *p, size_t i)
{
	if (p->plan->say[i].like)
		return p->plan->say[i].like;
	return i < p->desc->n ? &p->desc->media[i] : NULL;
}

static bool put_all(struct printing *p)
{
	const struct sdp_media *m;
	size_t i;

	put_session(p);
	for (i = 0; i < p->plan->n; i++) {
		m = like(p, i);
		if (!m)
			return false;
		put_section(p, &p->plan->say[i], m);
	}
	return true;
}

char *sdp_desc_print(const struct sdp_desc *desc, const struct sdp_plan *plan)
{
	struct printing p = {
		.desc = desc,
		.plan = plan,
		.drop = plan->drop | NEVER,
	};
	char *text;
	bool ok;

	if (plan->n > SDP_MEDIA_MAX)
		return NULL;
	if (has_row(desc, 'c') && !plan->spell)
		conn_text(p.conn, &plan->address,
			  desc->conn.what == SDP_PLACE_NULL);
	learn_places(&p);
	ok = put_all(&p);
	text = writer_end(&p.out, NULL);
	if (ok)
		return text;
	sdp_text_free(text);
	return NULL;
}

void sdp_text_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}
