// SPDX-License-Identifier: GPL-2.0
/* What a description says about where media goes; libsofia-sip parses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/sdp.h>

#include "body.h"

#define WHY_LEN	160

static bool is_multicast(const struct dp_addr *a)
{
	if (a->family == AF_INET)
		return IN_MULTICAST(ntohl(a->v4.s_addr));
	return IN6_IS_ADDR_MULTICAST(&a->v6);
}

static bool is_unspecified(const struct dp_addr *a)
{
	if (a->family == AF_INET)
		return a->v4.s_addr == INADDR_ANY;
	return IN6_IS_ADDR_UNSPECIFIED(&a->v6);
}

static const char *attribute(const sdp_attribute_t *list, const char *name)
{
	const sdp_attribute_t *a = sdp_attribute_find(list, name);

	return a ? (a->a_value ? a->a_value : "") : NULL;
}

/* a profile of RTP that we can relay */
static bool get_profile(const char *proto, struct sdp_line *line)
{
	static const struct {
		const char *name;
		bool savp;
		bool feedback;
	} profiles[] = {
		{ "RTP/AVP", false, false }, { "RTP/AVPF", false, true },
		{ "RTP/SAVP", true, false }, { "RTP/SAVPF", true, true },
	};
	size_t i;

	for (i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if (strcasecmp(proto, profiles[i].name))
			continue;
		line->rtp = true;
		line->savp = profiles[i].savp;
		line->feedback = profiles[i].feedback;
		return true;
	}
	return false;
}

/* protected or nothing: then with what? */
static const char *judge_savp(const sdp_media_t *m, const struct sdp_line *line)
{
	if (line->n_crypto)
		return NULL;
	if (line->crypto_why)
		return line->crypto_why;
	if (attribute(m->m_attributes, "fingerprint"))
		return "DTLS-SRTP is not relayed";
	return "its profile is RTP/SAVP, and there is no key (a=crypto)";
}

static bool is_datagram(const char *proto)
{
	return !strcasecmp(proto, "udptl") || !strcasecmp(proto, "udp") ||
	       !strcasecmp(proto, "UDP/BFCP");
}

static enum sdp_kind kind_of(const sdp_media_t *m)
{
	if (m->m_type == sdp_media_audio)
		return SDP_AUDIO;
	return m->m_type == sdp_media_video ? SDP_VIDEO : SDP_OTHER;
}

/* a=rtcp:PORT [IN IP4|IP6 ADDRESS], RFC 3605 */
static bool get_rtcp(const sdp_media_t *m, struct sdp_line *line)
{
	const char *value = attribute(m->m_attributes, "rtcp");
	char type[8], host[64];
	unsigned int port;
	int n;

	line->remote_rtcp = line->remote;
	if (!value) {
		if (line->remote.port == 65535)
			return false;
		line->remote_rtcp.port = line->remote.port + 1;
		return true;
	}
	n = sscanf(value, "%5u IN %7s %63s", &port, type, host);
	if (n < 1 || port < 1 || port > 65535)
		return false;
	if (n == 3 && (!dp_addr_parse_host(host, &line->remote_rtcp) ||
		       is_multicast(&line->remote_rtcp) ||
		       is_unspecified(&line->remote_rtcp)))
		return false;
	line->remote_rtcp.port = port;
	return true;
}

static const char *judge(sdp_media_t *m, struct sdp_line *line)
{
	const char *proto = m->m_proto_name ? m->m_proto_name : "";
	sdp_connection_t *c = sdp_media_connections(m);

	const char *why;

	if (!strncasecmp(proto, "UDP/TLS/", 8) ||
	    !strncasecmp(proto, "UDP/DTLS/", 9))
		return "DTLS-SRTP is not relayed";
	if (!get_profile(proto, line) && !is_datagram(proto))
		return "its transport is not relayed";
	why = line->savp ? judge_savp(m, line) : NULL;
	if (why)
		return why;
	if (m->m_number_of_ports > 1)
		return "more than one pair of ports";
	if (m->m_port > 65535)
		return "its port is above 65535";
	if (!c || c->c_nettype != sdp_net_in || !c->c_address ||
	    !dp_addr_parse_host(c->c_address, &line->remote))
		return "its address is not numeric";
	if (is_multicast(&line->remote)) {
		line->remote.family = AF_UNSPEC;
		return "its address is multicast";
	}
	line->remote.port = m->m_port;
	if (is_unspecified(&line->remote)) {
		line->hold = true;
		line->remote.family = AF_UNSPEC;
	} else if (line->rtp && !get_rtcp(m, line)) {
		line->remote.family = AF_UNSPEC;
		return "its RTCP address or port is wrong";
	}
	return NULL;
}

static void read_line(sdp_media_t *m, struct sdp_line *line)
{
	line->kind = kind_of(m);
	line->rejected = m->m_rejected || !m->m_port;
	if (line->rejected)
		return;
	line->why = judge(m, line);
	line->relayable = !line->why;
}

static size_t count_lines(const char *text, const char *what)
{
	size_t n = 0;

	while (*text) {
		n += text[0] == what[0] && text[1] == what[1];
		text += strcspn(text, "\r\n");
		text += strspn(text, "\r\n");
	}
	return n;
}

static bool read_session(struct sdp_body *body, const sdp_session_t *session,
			 char *why)
{
	sdp_media_t *m;

	if (session->sdp_next) {
		snprintf(why, WHY_LEN, "more than one session description");
		return false;
	}
	for (m = session->sdp_media; m; m = m->m_next) {
		if (body->n == SDP_MEDIA_MAX) {
			snprintf(why, WHY_LEN, "more than %d media lines",
				 SDP_MEDIA_MAX);
			return false;
		}
		read_line(m, &body->line[body->n++]);
	}
	/* the parser and the rewriter must see the same lines */
	if (count_lines(body->text, "m=") != body->n ||
	    count_lines(body->text, "o=") != 1 ||
	    count_lines(body->text, "v=") != 1) {
		snprintf(why, WHY_LEN, "lines that are in the wrong place");
		return false;
	}
	return true;
}

/* RFC 4566 section 9 */
#define TOKEN	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
		"-!#$%&'*+.^_`{|}~"

static bool skip(const char **text, const char *legal)
{
	size_t n = strspn(*text, legal);

	*text += n;
	return n;
}

/* one after the other, with one SEPARATOR between two */
static bool skip_list(const char **text, const char *legal, char separator)
{
	if (!skip(text, legal))
		return false;
	while (**text == separator) {
		++*text;
		if (!skip(text, legal))
			return false;
	}
	return true;
}

static bool skip_space(const char **text)
{
	return *(*text)++ == ' ';
}

#define DIGITS	"0123456789"

static bool skip_port(const char **text)
{
	return skip(text, DIGITS) &&
	       (**text != '/' || (++*text, skip(text, DIGITS)));
}

/*
 * m=TYPE PORT[/COUNT] PROTO FORMAT..., exactly as RFC 4566 has it, but for blanks at
 * the end.  The parser trusts us with this: where it sees a format with a character
 * that no token has, be it because it takes another word for the port than we do, it
 * goes round for ever, taking memory (sdp_parse.c, parse_media(): token() does not
 * move on).
 */
static bool is_media_line(const char *line, size_t len)
{
	char text[512];
	const char *p = text + 2;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	while (len > 2 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return skip(&p, TOKEN) && skip_space(&p) && skip_port(&p) &&
	       skip_space(&p) && skip_list(&p, TOKEN, '/') && skip_space(&p) &&
	       skip_list(&p, TOKEN, ' ') && !*p;
}

static bool is_line(const char *line, size_t len)
{
	size_t i;

	if (len < 2 || line[0] < 'a' || line[0] > 'z' || line[1] != '=')
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return false;
	return line[0] != 'm' || is_media_line(line, len);
}

/* one more key of a line; RFC 4568 section 5.1: a tag is there once */
static void add_crypto(struct sdp_line *line, const char *value, size_t len)
{
	struct sdp_crypto crypto;
	const char *why;
	size_t i;

	why = sdp_crypto_parse(value, len, &crypto);
	if (!why && crypto.mki_len)
		why = "its a=crypto wants a master key identifier (MKI); expected none";
	for (i = 0; !why && i < line->n_crypto; i++)
		if (line->crypto[i].tag == crypto.tag)
			why = "two a=crypto of one tag";
	if (!why && line->n_crypto == SDP_CRYPTO_MAX)
		why = "too many a=crypto";
	if (why)
		line->crypto_why = why;
	else
		line->crypto[line->n_crypto++] = crypto;
	explicit_bzero(&crypto, sizeof(crypto));
}

/* libsofia-sip gets to see no key: what it does not know it cannot tell */
static void read_crypto(struct sdp_body *body)
{
	const char *text = body->text;
	size_t n, media = 0;

	for (; *text; text += n, text += strspn(text, "\r\n")) {
		n = strcspn(text, "\r\n");
		if (!strncmp(text, "m=", 2))
			media++;
		else if (media && media <= SDP_MEDIA_MAX &&
			 !strncasecmp(text, "a=crypto:", 9))
			add_crypto(&body->line[media - 1], text + 9, n - 9);
	}
}

/* A line for people, without a word of it: any may be a piece of a key. */
static void say_no_line(char *why, const char *text, const char *line,
			size_t len)
{
	size_t n = 1;

	for (; text < line; text++)
		n += *text == '\n';
	snprintf(why, WHY_LEN, "a line that is none: line %zu, of %zu bytes; expected a letter, = and text",
		 n, len);
}

/*
 * Of all lines the parser gets to see only those we act on: codecs are between
 * the parties, and an a=rtpmap that it cannot read shall cost nobody a call.
 */
static bool is_relevant(const char *line)
{
	return strchr("voctm", line[0]) || !strncmp(line, "a=rtcp:", 7) ||
	       !strncmp(line, "a=fingerprint:", 14);
}

static char *relevant(const char *text, size_t *len, char *why)
{
	const char *all = text;
	char *copy = NULL;
	FILE *out;
	size_t n;

	out = open_memstream(&copy, len);
	if (!out)
		return NULL;
	for (; *text; text += n, text += strspn(text, "\r\n")) {
		n = strcspn(text, "\r\n");
		if (n && !is_line(text, n)) {
			say_no_line(why, all, text, n);
			fclose(out);
			free(copy);
			return NULL;
		}
		if (n && text[0] == 's')
			fputs("s=-\r\n", out);
		else if (n && is_relevant(text))
			fprintf(out, "%.*s\r\n", (int)n, text);
	}
	if (fclose(out)) {
		free(copy);
		return NULL;
	}
	return copy;
}

static bool read_text(struct sdp_body *body, char *why)
{
	sdp_parser_t *parser = NULL;
	sdp_session_t *session;
	bool ok = false;
	size_t len;
	char *text;

	text = relevant(body->text, &len, why);
	if (!text)
		return false;
	read_crypto(body);
	parser = sdp_parse(NULL, text, len, 0);
	session = sdp_session(parser);
	if (session)
		ok = read_session(body, session, why);
	else
		snprintf(why, WHY_LEN, "%.150s", parser ?
			 sdp_parsing_error(parser) : "no memory");
	sdp_parser_free(parser);
	free(text);
	return ok;
}

struct sdp_body *sdp_body_parse(const char *text, size_t len, char *why)
{
	struct sdp_body *body;

	*why = '\0';
	if (!len || len > SDP_SIZE_MAX || memchr(text, '\0', len)) {
		snprintf(why, WHY_LEN, "%zu bytes, or a NUL among them; expected text of 1 to %d bytes",
			 len, SDP_SIZE_MAX);
		return NULL;
	}
	body = calloc(1, sizeof(*body));
	if (body)
		body->text = strndup(text, len);
	if (!body || !body->text) {
		snprintf(why, WHY_LEN, "no memory");
		sdp_body_free(body);
		return NULL;
	}
	if (read_text(body, why))
		return body;
	if (!*why)
		snprintf(why, WHY_LEN, "it cannot be parsed");
	sdp_body_free(body);
	return NULL;
}

void sdp_body_free(struct sdp_body *body)
{
	if (!body)
		return;
	if (body->text)
		explicit_bzero(body->text, strlen(body->text));
	free(body->text);
	explicit_bzero(body, sizeof(*body));
	free(body);
}
