// SPDX-License-Identifier: GPL-2.0
/* Header fields and texts that go from one side of a call to the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "sip/body.h"
#include "sip/cross.h"
#include "sip/hosts.h"
#include "private.h"

const char *const b2b_options[] = { "timer", "replaces", "100rel", NULL };
const char *const b2b_ice_options[] = {
	"timer", "replaces", "100rel", "trickle-ice", NULL
};
/* what the ends do with each other; 100rel is between each of them and us */
static const char *const passing[] = { "timer", "replaces", NULL };
const char *const b2b_event_options[] = { "eventlist", NULL };

/* methods of calls that we serve and that a party may not: who sees it would use it */
static const enum sip_method optional[] = {
	SIP_UPDATE, SIP_INFO, SIP_OPTIONS, SIP_REFER, SIP_NOTIFY,
};

uint32_t b2b_allow(const struct sip_msg *msg)
{
	struct sip_iter it = SIP_ITER(msg, SIP_HDR_ALLOW);
	uint32_t bits = 0;
	struct span item;

	while (sip_iter_next(&it, &item))
		bits |= UINT32_C(1) << sip_method_lookup(item);
	return bits;
}

void b2b_abilities(struct sip_writer *w, const struct end *to)
{
	uint32_t other = b2b_end_other(to)->allow;
	struct writer text = { 0 };
	char *allow;
	size_t i;

	writer_text(&text, "INVITE, ACK, BYE, CANCEL, PRACK");
	for (i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
		if (other && !(other & (UINT32_C(1) << optional[i])))
			continue;
		writer_text(&text, ", ");
		writer_span(&text, sip_method_text(optional[i]));
	}
	allow = writer_end(&text, NULL);
	if (allow)
		sip_write_header(w, SIP_HDR_ALLOW, span_of(allow));
	free(allow);
	b2b_trickle_say(w, b2b_end_realm(to));
}

void b2b_host(const struct dp_addr *addr, char *buf, size_t size)
{
	struct dp_addr host = *addr;
	char text[DP_ADDR_STRLEN];

	host.port = 0;
	dp_addr_str(&host, text, sizeof(text));
	snprintf(buf, size, host.family == AF_INET6 ? "[%s]" : "%s", text);
}

const char *b2b_realm_host(const struct realm *realm, char *buf, size_t size)
{
	b2b_host(&realm->conf->addresses[0].advertise, buf, size);
	return buf;
}

void b2b_contact(const struct sip_flow *flow, char *buf, size_t size)
{
	const struct sip_listener *l = flow->listener;
	/* RFC 7118 5.2.2: a URI has one word for WebSocket, with TLS or without */
	enum sip_proto proto = l->proto == SIP_PROTO_WSS ? SIP_PROTO_WS : l->proto;
	char host[DP_ADDR_STRLEN + 2];

	b2b_host(&l->advertise, host, sizeof(host));
	snprintf(buf, size, "sip:%s:%u%s%s", host,
		 l->advertise.port ? l->advertise.port : l->local.port,
		 proto == SIP_PROTO_UDP ? "" : ";transport=",
		 proto == SIP_PROTO_UDP ? "" : sip_proto_param(proto));
}

void b2b_uri_text(const struct sip_addr *addr, char *buf, size_t size)
{
	span_str(addr->uri.text, buf, size);
}

char *b2b_identity(const struct sip_addr *addr, struct span host)
{
	const struct sip_uri *uri = &addr->uri;
	bool sip = sip_uri_is_sip(uri), replace = sip && uri->addr.family && host.n;
	struct sip_writer w = { 0 };

	if (addr->display.n) {
		sip_write_text(&w, addr->display);
		sip_write_text(&w, SPAN(" "));
	}
	sip_write_text(&w, SPAN("<"));
	/* where he is (maddr) is no part of who he is */
	if (replace || (sip && uri->maddr.p)) {
		sip_write_text(&w, uri->scheme_text);
		sip_write_text(&w, SPAN(":"));
		sip_write_text(&w, uri->user);
		if (uri->user.p)
			sip_write_text(&w, SPAN("@"));
		sip_write_text(&w, replace ? host : uri->host);
		if (uri->user_param.n) {
			sip_write_text(&w, SPAN(";user="));
			sip_write_text(&w, uri->user_param);
		}
	} else {
		sip_write_text(&w, uri->text);
	}
	sip_write_text(&w, SPAN(">"));
	return b2b_lines(&w);
}

char *b2b_lines(struct sip_writer *w)
{
	char *text = NULL;

	if (!w->failed)
		text = span_dup((struct span){ w->p, w->n });
	sip_write_free(w);
	return text;
}

void b2b_reason(struct sip_writer *w, const char *text)
{
	/* no cause of SIP: 200 would say that somebody else has answered */
	sip_write_reason(w, "Q.850", 31, span_of(text));
}

void b2b_pass_options(struct sip_writer *w, const struct sip_msg *msg, enum sip_hdr id,
		      const char *const *options)
{
	for (; *options; options++)
		if (sip_msg_has(msg, id, *options))
			sip_write_header(w, id, span_of(*options));
}

const char *const *b2b_passwords(const struct config_trunk *lines)
{
	static const char *const passwords[] = {
		"Authorization", "Proxy-Authorization", "WWW-Authenticate",
		"Proxy-Authenticate", "Authentication-Info",
		"Proxy-Authentication-Info", NULL
	};

	return lines && lines->user ? passwords : NULL;
}

void b2b_pass(struct sip_writer *w, const struct sip_msg *msg, const struct end *end)
{
	const struct end *other = b2b_end_other(end);
	const struct realm *from = b2b_end_realm(end), *to = b2b_end_realm(other);
	const struct config_trunk *lines = b2b_end_lines(end->i ? end : other);
	char host[DP_ADDR_STRLEN + 2];
	const struct sip_cross cross = {
		.from_trusted = from->conf->trust,
		.to_trusted = to->conf->trust,
		.hold = b2b_passwords(lines),
		.own = b2b_asker_own(from),
		.instead = b2b_realm_host(to, host, sizeof(host)),
	};

	sip_cross_copy(w, msg, &cross);
	/* the parties agree on these, and we hold them to it: timer.c */
	sip_write_copy(w, msg, SIP_HDR_SESSION_EXPIRES);
	sip_write_copy(w, msg, SIP_HDR_MIN_SE);
	b2b_pass_options(w, msg, SIP_HDR_SUPPORTED, passing);
	b2b_pass_options(w, msg, SIP_HDR_REQUIRE, passing);
	b2b_trickle_pass(w, msg, to);
}

/* the Content-* lines, the empty line and the body that a writer has written */
static bool split(struct sip_writer *w, struct content *content)
{
	struct span rest = { w->p, w->n }, line, name, value;
	struct sip_writer others = { 0 };
	bool ok;

	while (rest.n && *rest.p != '\r') {
		line = span_cut(&rest, '\n');
		value = line;
		name = span_cut(&value, ':');
		if (span_iscase(name, "Content-Length"))
			continue;
		if (span_iscase(name, "Content-Type")) {
			free(content->type);
			value.n -= value.n && value.p[value.n - 1] == '\r';
			content->type = span_dup(span_trim(value));
			continue;
		}
		sip_write_named(&others, name, span_trim(
				(struct span){ value.p, value.n - 1 }));
	}
	rest = span_skip(rest, 2);
	content->len = rest.n;
	content->body = span_dup(rest);
	content->lines = b2b_lines(&others);
	ok = !w->failed && content->body && content->lines;
	sip_write_free(w);
	return ok;
}

bool b2b_content_copy(struct content *content, const struct sip_msg *msg)
{
	struct sip_writer w = { 0 };

	*content = (struct content){ NULL };
	if (!msg->body.n)
		return true;
	sip_body_write_copy(&w, msg);
	return split(&w, content);
}

static bool hide(char **text, size_t *len, const struct sip_hosts *hosts, const char *host)
{
	struct span rest = { *text, *len }, at;
	struct writer out = { 0 };
	char *hidden;
	size_t n;

	if (!rest.p || !sip_hosts_find(hosts, rest).p)
		return true;
	while ((at = sip_hosts_find(hosts, rest)).p) {
		writer_span(&out, span_from(rest.p, at.p));
		writer_text(&out, host);
		rest = span_skip(rest, (size_t)(at.p - rest.p) + at.n);
	}
	writer_span(&out, rest);
	hidden = writer_end(&out, &n);
	if (!hidden)
		return false;
	/* a description of ours has our keys in it */
	explicit_bzero(*text, *len);
	free(*text);
	*text = hidden;
	*len = n;
	return true;
}

/* hosts that @msg shows do not cross in its body, nor in what is said of it: @host is there */
bool b2b_content_hide(struct content *content, const struct sip_msg *msg,
		      const char *host)
{
	size_t type = content->type ? strlen(content->type) : 0;
	size_t lines = content->lines ? strlen(content->lines) : 0;
	struct sip_hosts hosts;

	sip_hosts_read(msg, &hosts);
	return hide(&content->body, &content->len, &hosts, host) &&
	       hide(&content->type, &type, &hosts, host) &&
	       hide(&content->lines, &lines, &hosts, host);
}

/* a type that has a host in it may be of delimiters that have it, too */
static bool shows_host(const struct content *content, const struct sip_msg *msg)
{
	struct sip_hosts hosts;

	sip_hosts_read(msg, &hosts);
	return !content->type || sip_hosts_find(&hosts, span_of(content->type)).p;
}

/*
 * Is it a multipart still in which ours is the description, and the only one?  What was no
 * delimiter may be one once a host in it is hidden; and of two descriptions another may
 * take the one that we do not look at.
 */
static bool stands(const struct content *content, const char *sdp)
{
	struct sip_body body;

	return sip_body_find(span_of(content->type),
			     (struct span){ content->body, content->len }, &body) ==
		       SIP_BODY_PART &&
	       span_is(body.sdp, sdp) &&
	       sip_body_count_sdp(span_of(content->type),
				  (struct span){ content->body, content->len }) == 1;
}

static bool write_sdp(struct content *content, const struct sip_msg *msg,
		      const struct sip_body *body, const char *sdp)
{
	struct sip_writer w = { 0 };

	sip_body_write_sdp(&w, msg, body, span_of(sdp));
	return split(&w, content);
}

/* what stands beside the description in a multipart shows no more than other bodies do */
bool b2b_content_sdp(struct content *content, const struct sip_msg *msg, const char *sdp,
		     const struct realm *to)
{
	char host[DP_ADDR_STRLEN + 2];
	struct sip_body body;

	*content = (struct content){ NULL };
	if (!sdp)
		return true;
	sip_body_look(msg, &body);
	if (!write_sdp(content, msg, &body, sdp))
		return false;
	if (body.kind != SIP_BODY_PART)
		return true;
	if (!shows_host(content, msg)) {
		if (!b2b_content_hide(content, msg, b2b_realm_host(to, host, sizeof(host))))
			return false;
		if (stands(content, sdp))
			return true;
	}
	/* else it goes alone */
	b2b_content_free(content);
	body.kind = SIP_BODY_SDP;
	return write_sdp(content, msg, &body, sdp);
}

/* a description of ours has our keys in it */
void b2b_content_free(struct content *content)
{
	if (content->body)
		explicit_bzero(content->body, content->len);
	free(content->body);
	free(content->type);
	free(content->lines);
	*content = (struct content){ NULL };
}

int b2b_sdp(const struct sip_msg *msg, struct span *sdp)
{
	struct sip_body body;

	*sdp = (struct span){ NULL, 0 };
	switch (sip_body_look(msg, &body)) {
	case SIP_BODY_SDP:
	case SIP_BODY_PART:
		*sdp = body.sdp;
		return 1;
	case SIP_BODY_NONE:
	case SIP_BODY_OPTIONAL:
		return 0;
	default:
		return -1;
	}
}
