// SPDX-License-Identifier: GPL-2.0
/* Rows into a model: what each media section says, and what is in its way. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "private.h"

static const struct sdp_limits defaults = {
	.bytes = SDP_SIZE_MAX,
	.rows = 2048,
	.row_len = 4096,
	.media = SDP_MEDIA_MAX,
};

static const struct {
	const char *name;
	bool savp;
	bool feedback;
	bool dtls;
} profiles[] = {
	{ "RTP/AVP", false, false, false },
	{ "RTP/AVPF", false, true, false },
	{ "RTP/SAVP", true, false, false },
	{ "RTP/SAVPF", true, true, false },
	{ "UDP/TLS/RTP/SAVP", true, false, true },
	{ "UDP/TLS/RTP/SAVPF", true, true, true },
};

static void read_profile(struct sdp_media *m)
{
	size_t i;

	m->transport = SDP_UNKNOWN;
	if (sdp_is(m->proto, "udptl") || sdp_is(m->proto, "udp") ||
	    sdp_is(m->proto, "UDP/BFCP"))
		m->transport = SDP_DATAGRAMS;
	for (i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if (!sdp_is(m->proto, profiles[i].name))
			continue;
		m->transport = SDP_RTP;
		m->savp = profiles[i].savp;
		m->feedback = profiles[i].feedback;
		m->dtls = profiles[i].dtls;
	}
}

static enum sdp_kind kind_of(struct span type)
{
	if (sdp_is(type, "audio"))
		return SDP_AUDIO;
	return sdp_is(type, "video") ? SDP_VIDEO : SDP_OTHER;
}

/* PORT["/"COUNT], both of digits */
static bool read_port(struct span word, struct sdp_media *m)
{
	const char *slash = word.n ? memchr(word.p, '/', word.n) : NULL;
	struct span port = word, count = { "1", 1 };

	if (slash) {
		port.n = slash - word.p;
		count.p = slash + 1;
		count.n = word.n - port.n - 1;
	}
	return sdp_number(port, &m->port) && sdp_number(count, &m->count);
}

static bool is_token(struct span word)
{
	size_t i;

	for (i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] > '~' ||
		    strchr("\"(),/:;<=>?@[\\]", word.p[i]))
			return false;
	return word.n;
}

/*
 * TYPE PORT["/"COUNT] PROTO FORMAT...: the one place where that is cut.  Of the
 * formats nothing is asked here: of a rejected section nothing may be (RFC 3264
 * section 6), and some send none.
 */
static bool read_m(const struct sdp_row *row, struct sdp_media *m)
{
	struct span rest = row->value;

	m->type = sdp_word(&rest);
	if (!is_token(m->type) || !read_port(sdp_word(&rest), m))
		return false;
	m->proto = sdp_word(&rest);
	m->fmt = rest;
	m->kind = kind_of(m->type);
	m->rejected = !m->port;
	read_profile(m);
	return m->proto.n && !memchr(m->proto.p, '\t', m->proto.n);
}

/* one more key; RFC 4568 section 5.1: a tag is there once */
static void add_crypto(struct sdp_media *m, struct span value)
{
	struct sdp_crypto crypto;
	const char *why;
	size_t i;

	why = sdp_crypto_parse(value.p, value.n, &crypto);
	for (i = 0; !why && i < m->n_crypto; i++)
		if (m->crypto[i].tag == crypto.tag)
			why = "two a=crypto of one tag";
	if (!why && m->n_crypto == SDP_CRYPTO_MAX)
		why = "too many a=crypto";
	if (!why && !m->crypto)
		m->crypto = calloc(SDP_CRYPTO_MAX, sizeof(*m->crypto));
	if (!why && !m->crypto)
		why = "no memory";
	if (why)
		m->crypto_why = why;
	else
		m->crypto[m->n_crypto++] = crypto;
	explicit_bzero(&crypto, sizeof(crypto));
}

static void read_attribute(struct sdp_media *m, const struct sdp_row *row)
{
	switch (row->attr) {
	case SDP_ATTR_CRYPTO:
		add_crypto(m, row->value);
		break;
	case SDP_ATTR_DIRECTION:
		m->dir = sdp_dir_parse(row->name);
		break;
	case SDP_ATTR_RTCP_MUX:
		m->mux = true;
		break;
	case SDP_ATTR_RTCP_MUX_ONLY:
		m->mux_only = true;
		break;
	case SDP_ATTR_MID:
		m->mid = row->value;
		break;
	default:
		break;
	}
}

static const char *judge_conn(const struct sdp_conn *conn)
{
	switch (conn->what) {
	case SDP_PLACE_ADDRESS:
	case SDP_PLACE_NULL:
		return NULL;
	case SDP_PLACE_NONE:
		return "it has no address (c=)";
	case SDP_PLACE_MULTICAST:
		return "its address is multicast";
	case SDP_PLACE_NAME:
		return "its address is not numeric";
	case SDP_PLACE_BAD:
		break;
	}
	return "its address (c=) cannot be read";
}

static const char *judge(const struct sdp_media *m)
{
	if (m->transport == SDP_UNKNOWN)
		return "its transport is not relayed";
	if (m->count != 1)
		return "more than one pair of ports";
	if (m->port > 65535)
		return "its port is above 65535";
	if (!m->fmt.n)
		return "it has no format";
	return judge_conn(&m->conn);
}

/* a=rtcp:PORT [IN IP4|IP6 ADDRESS], RFC 3605 */
static const char *read_rtcp(struct sdp_media *m, const struct sdp_row *row)
{
	struct span rest = row->value;
	struct sdp_conn conn = m->conn;
	uint32_t port;

	if (!sdp_number(sdp_word(&rest), &port) || !port || port > 65535)
		return "its RTCP port (a=rtcp) is none of 1 to 65535";
	if (rest.n)
		sdp_conn_parse(rest, &conn);
	if (conn.what != SDP_PLACE_ADDRESS)
		return "its RTCP address (a=rtcp) is no numeric address of one host";
	if (conn.family != m->remote.family)
		return "its RTCP address (a=rtcp) is of another family than its own";
	m->rtcp_said = true;
	m->rtcp_elsewhere = !dp_addr_eq(&conn.addr, &m->conn.addr);
	m->remote_rtcp = conn.addr;
	m->remote_rtcp.port = port;
	return NULL;
}

static void read_remotes(const struct sdp_desc *desc, struct sdp_media *m)
{
	const struct sdp_row *row = sdp_row_next(desc, m, SDP_ATTR_RTCP, NULL);

	m->remote = m->conn.addr;
	if (!m->remote.family)
		return;
	m->remote.port = m->port;
	if (m->transport != SDP_RTP)
		return;
	if (row) {
		m->rtcp_why = read_rtcp(m, row);
	} else if (m->port == 65535) {
		m->rtcp_why = "its port is 65535, which leaves none above for RTCP";
	} else {
		m->remote_rtcp = m->remote;
		m->remote_rtcp.port = m->port + 1;
	}
}

static void read_section(const struct sdp_desc *desc, struct sdp_media *m)
{
	const struct sdp_row *row = &desc->row[m->row];
	size_t i;

	m->conn = desc->conn;
	if (m->rejected && sdp_row_next(desc, m, SDP_ATTR_BUNDLE_ONLY, NULL)) {
		m->bundle_only = true;
		m->rejected = false;
	}
	for (i = 1; i < m->n_rows; i++) {
		if (row[i].type == 'c' && !m->own_conn) {
			m->own_conn = true;
			sdp_conn_parse(row[i].value, &m->conn);
		} else if (row[i].type == 'a' && !m->rejected) {
			read_attribute(m, &row[i]);
		} else if (row[i].attr == SDP_ATTR_MID) {
			m->mid = row[i].value;
		}
	}
	if (!m->dir)
		m->dir = desc->dir ? desc->dir : SDP_SENDRECV;
	if (m->rejected)
		return;
	m->why = judge(m);
	if (!m->why && !m->bundle_only)
		read_remotes(desc, m);
}

static void read_session(struct sdp_desc *desc)
{
	const struct sdp_row *row;
	size_t i;

	for (i = 0; i < desc->session_rows; i++) {
		row = &desc->row[i];
		if (row->type == 'c' && desc->conn.what == SDP_PLACE_NONE)
			sdp_conn_parse(row->value, &desc->conn);
		else if (row->attr == SDP_ATTR_DIRECTION)
			desc->dir = sdp_dir_parse(row->name);
	}
}

/* a line that says m= and is none would hide all that follows it */
static bool is_m(const struct sdp_row *row)
{
	return row->type == 'm' ||
	       (!row->type && row->text.n >= 2 &&
		!memcmp(row->text.p, "m=", 2));
}

static size_t count_media(const struct sdp_desc *desc)
{
	size_t i, n = 0;

	for (i = 0; i < desc->n_rows; i++)
		n += is_m(&desc->row[i]);
	return n;
}

static bool read_media(struct sdp_desc *desc, size_t max, char *why)
{
	struct sdp_media *m = NULL;
	size_t i, n = count_media(desc);

	if (n > max) {
		snprintf(why, SDP_WHY_LEN, "%zu media lines; expected at most %zu",
			 n, max);
		return false;
	}
	desc->media = calloc(n ? n : 1, sizeof(*desc->media));
	if (!desc->media) {
		snprintf(why, SDP_WHY_LEN, "no memory");
		return false;
	}
	desc->session_rows = desc->n_rows;
	for (i = 0; i < desc->n_rows; i++) {
		if (is_m(&desc->row[i])) {
			if (!m)
				desc->session_rows = i;
			m = &desc->media[desc->n++];
			m->row = i;
			if (!desc->row[i].type || !read_m(&desc->row[i], m)) {
				snprintf(why, SDP_WHY_LEN, "line %zu is no media line; expected m=TYPE PORT[/COUNT] PROFILE FORMATS",
					 i + 1);
				return false;
			}
		}
		if (m)
			m->n_rows++;
	}
	return true;
}

static bool read_rows(struct sdp_desc *desc, const struct sdp_limits *max,
		      char *why)
{
	size_t i;

	if (!max->fragment &&
	    (!desc->n_rows || desc->row[0].type != 'v' ||
	     !sdp_is(desc->row[0].value, "0"))) {
		snprintf(why, SDP_WHY_LEN, "it does not begin with v=0");
		return false;
	}
	for (i = !max->fragment; i < desc->n_rows; i++) {
		if (desc->row[i].type == 'v') {
			snprintf(why, SDP_WHY_LEN, "line %zu begins another session description; expected one",
				 i + 1);
			return false;
		}
	}
	if (!read_media(desc, max->media, why))
		return false;
	read_session(desc);
	for (i = 0; i < desc->n; i++)
		read_section(desc, &desc->media[i]);
	return true;
}

static size_t least(size_t asked, size_t normal, size_t most)
{
	if (!asked)
		asked = normal;
	return most && asked > most ? most : asked;
}

struct sdp_desc *sdp_desc_parse(struct span text,
				const struct sdp_limits *limits, char *why)
{
	const struct sdp_limits *l = limits ? limits : &defaults;
	struct sdp_limits max = {
		.bytes = least(l->bytes, defaults.bytes, SDP_SIZE_MAX),
		.rows = least(l->rows, defaults.rows, 0),
		.row_len = least(l->row_len, defaults.row_len, 0),
		.media = least(l->media, defaults.media, SDP_MEDIA_MAX),
		.fragment = l->fragment,
	};
	struct sdp_desc *desc;

	*why = '\0';
	/* some count the end of their string in */
	while (text.n && !text.p[text.n - 1])
		text.n--;
	if (!text.n || text.n > max.bytes || memchr(text.p, '\0', text.n)) {
		snprintf(why, SDP_WHY_LEN, "%zu bytes, or a NUL among them; expected text of 1 to %zu bytes",
			 text.n, max.bytes);
		return NULL;
	}
	desc = calloc(1, sizeof(*desc));
	if (desc)
		desc->text = strndup(text.p, text.n);
	if (!desc || !desc->text) {
		snprintf(why, SDP_WHY_LEN, "no memory");
		sdp_desc_free(desc);
		return NULL;
	}
	desc->len = text.n;
	if (sdp_lex(desc, &max, why) && read_rows(desc, &max, why))
		return desc;
	sdp_desc_free(desc);
	return NULL;
}

void sdp_desc_free(struct sdp_desc *desc)
{
	size_t i;

	if (!desc)
		return;
	if (desc->text)
		explicit_bzero(desc->text, desc->len);
	for (i = 0; i < desc->n; i++) {
		if (desc->media[i].crypto)
			explicit_bzero(desc->media[i].crypto, SDP_CRYPTO_MAX * sizeof(struct sdp_crypto));
		free(desc->media[i].crypto);
	}
	free(desc->text);
	free(desc->media);
	free(desc->row);
	free(desc);
}

/* names of groups that are looked at: no description has so many sections */
#define NAMES_MAX	(2 * SDP_MEDIA_MAX)

const struct sdp_row *sdp_bundle_of(const struct sdp_desc *desc, struct span mid)
{
	const struct sdp_row *row = NULL;
	unsigned int left = NAMES_MAX;
	struct span rest, word;

	while (mid.n && (row = sdp_row_next(desc, NULL, SDP_ATTR_GROUP_BUNDLE, row))) {
		rest = row->value;
		sdp_word(&rest);	/* BUNDLE */
		for (; left && (word = sdp_word(&rest)).n; left--)
			if (span_eq(word, mid))
				return row;
	}
	return NULL;
}

const struct sdp_media *sdp_bundle_first(const struct sdp_desc *desc, struct span mid)
{
	const struct sdp_row *row = sdp_bundle_of(desc, mid);
	unsigned int left = NAMES_MAX;
	struct span rest, word;
	size_t i;

	if (!row)
		return NULL;
	rest = row->value;
	sdp_word(&rest);
	for (; left && (word = sdp_word(&rest)).n; left--)
		for (i = 0; i < desc->n; i++)
			if (span_eq(desc->media[i].mid, word) && !desc->media[i].rejected &&
			    !desc->media[i].bundle_only && !desc->media[i].why)
				return &desc->media[i];
	return NULL;
}

const struct sdp_row *sdp_row_next(const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   enum sdp_attr attr,
				   const struct sdp_row *after)
{
	const struct sdp_row *row = desc->row + (media ? media->row : 0);
	const struct sdp_row *end = row + (media ? media->n_rows :
					   desc->session_rows);

	for (row = after ? after + 1 : row; row < end; row++)
		if (row->attr == attr)
			return row;
	return NULL;
}

const struct sdp_row *sdp_row_of(const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 enum sdp_attr attr)
{
	const struct sdp_row *row = sdp_row_next(desc, media, attr, NULL);

	return row ? row : sdp_row_next(desc, NULL, attr, NULL);
}
