// SPDX-License-Identifier: GPL-2.0
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sip/head.h"
#include "sip/ws.h"

#define GUID		"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"	/* RFC 6455 1.3 */
#define KEY_LEN		24	/* 16 bytes in base64 */
#define SHA1_LEN	20

/* ----------------------------------------------------------------- HTTP's request */

/**
 * struct fields - what of a request's header counts
 * @host: it was there
 * @upgrade: "websocket" is asked for
 * @connection: and this hop, too, is to upgrade
 * @sip: SIP is among the protocols
 * @keys: Sec-WebSocket-Key, how often
 * @versions: likewise
 * @version: Sec-WebSocket-Version
 * @origins: likewise
 */
struct fields {
	bool host;
	bool upgrade;
	bool connection;
	bool sip;
	unsigned int keys;
	unsigned int versions;
	struct span version;
	unsigned int origins;
};

/* is @word in a list with commas? */
static bool lists(struct span list, const char *word, bool exact)
{
	struct span item;
	const char *comma;

	while (list.n) {
		comma = memchr(list.p, ',', list.n);
		item = (struct span){ list.p, comma ? (size_t)(comma - list.p) :
						      list.n };
		list.p += item.n + !!comma;
		list.n -= item.n + !!comma;
		item = span_trim(item);
		if (exact ? span_is(item, word) : span_iscase(item, word))
			return true;
	}
	return false;
}

static void take(struct fields *f, struct sip_ws_ask *ask,
		 const struct sip_header *h)
{
	if (span_iscase(h->name, "Host")) {
		f->host = true;
	} else if (span_iscase(h->name, "Upgrade")) {
		f->upgrade |= lists(h->value, "websocket", false);
	} else if (span_iscase(h->name, "Connection")) {
		f->connection |= lists(h->value, "upgrade", false);
	} else if (span_iscase(h->name, "Sec-WebSocket-Protocol")) {
		f->sip |= lists(h->value, "sip", true);
	} else if (span_iscase(h->name, "Sec-WebSocket-Key")) {
		f->keys++;
		ask->key = h->value;
	} else if (span_iscase(h->name, "Sec-WebSocket-Version")) {
		f->versions++;
		f->version = h->value;
	} else if (span_iscase(h->name, "Origin")) {
		f->origins++;
		ask->origin = h->value;
	}
}

static bool is_key(struct span key)
{
	unsigned char bytes[KEY_LEN], text[KEY_LEN];

	if (key.n != KEY_LEN || memcmp(key.p + KEY_LEN - 2, "==", 2))
		return false;
	memcpy(text, key.p, KEY_LEN);
	return EVP_DecodeBlock(bytes, text, KEY_LEN) == 18;
}

static bool is_http(struct span line)
{
	static const char end[] = " HTTP/1.1";
	size_t n = sizeof(end) - 1;

	return line.n > n + 4 && !memcmp(line.p, "GET /", 5) &&
	       !memcmp(line.p + line.n - n, end, n);
}

static void refuse(struct sip_ws_ask *ask, unsigned int status, const char *text)
{
	ask->status = status;
	ask->text = text;
}

static void judge(const struct fields *f, struct sip_ws_ask *ask)
{
	if (!f->host)
		refuse(ask, 400, "no Host is named");
	else if (!f->upgrade || !f->connection)
		refuse(ask, 426, "this is SIP over WebSocket; expected Upgrade: websocket");
	else if (f->versions != 1 || !span_is(f->version, "13"))
		refuse(ask, 426, "expected Sec-WebSocket-Version: 13");
	else if (f->keys != 1 || !is_key(ask->key))
		refuse(ask, 400, "expected one Sec-WebSocket-Key of 16 bytes");
	else if (!f->sip)
		refuse(ask, 400, "expected Sec-WebSocket-Protocol: sip");
	else if (f->origins > 1)
		refuse(ask, 400, "more than one Origin is named");
	else
		refuse(ask, 101, "");
}

void sip_ws_read(struct span head, struct sip_ws_ask *ask)
{
	struct fields f = { 0 };
	struct sip_header h;
	struct span line;

	*ask = (struct sip_ws_ask){ 0 };
	if (!sip_head_line(&head, &line) || !is_http(line)) {
		refuse(ask, 400, "expected a GET of HTTP/1.1");
		return;
	}
	while (sip_head_line(&head, &line)) {
		if (!sip_head_split(line, &h)) {
			refuse(ask, 400, "a line is no header field");
			return;
		}
		take(&f, ask, &h);
	}
	judge(&f, ask);
}

/* RFC 6455 4.2.2 */
static void accept_key(struct span key, char text[29])
{
	unsigned char hash[SHA1_LEN];
	char whole[KEY_LEN + sizeof(GUID)];
	unsigned int len;

	memcpy(whole, key.p, KEY_LEN);
	memcpy(whole + KEY_LEN, GUID, sizeof(GUID));
	EVP_Digest(whole, KEY_LEN + sizeof(GUID) - 1, hash, &len, EVP_sha1(),
		   NULL);
	EVP_EncodeBlock((unsigned char *)text, hash, SHA1_LEN);
}

static const char *reason_of(unsigned int status)
{
	switch (status) {
	case 403:
		return "Forbidden";
	case 426:
		return "Upgrade Required";
	case 431:
		return "Request Header Fields Too Large";
	default:
		return "Bad Request";
	}
}

size_t sip_ws_answer(const struct sip_ws_ask *ask, char *buf)
{
	char text[29] = "";
	int n;

	if (ask->status == 101) {
		accept_key(ask->key, text);
		n = snprintf(buf, SIP_WS_ANSWER_MAX, "HTTP/1.1 101 Switching Protocols\r\n"
			     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			     "Sec-WebSocket-Accept: %s\r\n"
			     "Sec-WebSocket-Protocol: sip\r\n\r\n", text);
		return (size_t)n;
	}
	n = snprintf(buf, SIP_WS_ANSWER_MAX, "HTTP/1.1 %u %s\r\n%s"
		     "Connection: close\r\nContent-Type: text/plain\r\n"
		     "Content-Length: %zu\r\n\r\n%s\n",
		     ask->status, reason_of(ask->status),
		     ask->status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : "",
		     strlen(ask->text) + 1, ask->text);
	return (size_t)n;
}

/* ------------------------------------------------------------------------- frames */

/**
 * struct header - the header of a frame
 * @fin: it is the message's last
 * @op: what it is
 * @mask: of its payload
 * @len: bytes of its payload
 * @n: bytes of the header
 */
struct header {
	bool fin;
	enum sip_ws_op op;
	unsigned char mask[4];
	uint64_t len;
	size_t n;
};

static bool is_control(enum sip_ws_op op)
{
	return op >= SIP_WS_CLOSE;
}

/* how many bytes follow the first two, for the length; and the least that needs them */
static size_t length_of(struct header *h, const unsigned char *p, uint64_t *least)
{
	size_t more, i;

	h->len = p[1] & 0x7f;
	*least = 0;
	if (h->len < 126)
		return 0;
	more = h->len == 126 ? 2 : 8;
	*least = h->len == 126 ? 126 : 65536;
	h->len = 0;
	for (i = 0; i < more; i++)
		h->len = h->len << 8 | p[2 + i];
	return more;
}

static size_t size_of(const unsigned char *p)
{
	unsigned int len = p[1] & 0x7f;

	return 2 + (len < 126 ? 0 : len == 126 ? 2 : 8) + 4;
}

static enum sip_ws_verdict bad(struct sip_ws_reader *r, enum sip_ws_code code)
{
	r->code = code;
	return SIP_WS_IS_BAD;
}

/* RFC 6455 5.2: no extension is spoken, clients mask, lengths are as short as can be */
static bool is_lawful(const struct sip_ws_reader *r, const struct header *h,
		      unsigned char first, bool masked, uint64_t least)
{
	if (first & 0x70 || !masked || h->len < least || h->len >> 63)
		return false;
	switch (h->op) {
	case SIP_WS_CONTINUE:
		return r->op != SIP_WS_CONTINUE;
	case SIP_WS_TEXT:
	case SIP_WS_BINARY:
		return r->op == SIP_WS_CONTINUE;
	case SIP_WS_CLOSE:
	case SIP_WS_PING:
	case SIP_WS_PONG:
		return h->fin && h->len <= SIP_WS_CONTROL_MAX;
	}
	return false;
}

/* MESSAGE: there is a header, and it may be */
static enum sip_ws_verdict read_header(struct sip_ws_reader *r,
				       const unsigned char *p, size_t n,
				       struct header *h)
{
	uint64_t least;
	size_t more;

	if (n < 2)
		return SIP_WS_IS_MORE;
	h->fin = p[0] & 0x80;
	h->op = p[0] & 0x0f;
	h->n = size_of(p);
	/* who is not masked is known by two bytes */
	if (n < h->n)
		return p[1] & 0x80 ? SIP_WS_IS_MORE : bad(r, SIP_WS_PROTOCOL);
	more = length_of(h, p, &least);
	memcpy(h->mask, p + 2 + more, sizeof(h->mask));
	if (!is_lawful(r, h, p[0], p[1] & 0x80, least))
		return bad(r, SIP_WS_PROTOCOL);
	if (!is_control(h->op) && h->len > r->max - r->have)
		return bad(r, SIP_WS_TOO_BIG);
	return SIP_WS_IS_MESSAGE;
}

/* @to is before @from, or the same */
static void unmask(char *to, const char *from, const struct header *h)
{
	size_t i;

	for (i = 0; i < h->len; i++)
		to[i] = (char)(from[i] ^ h->mask[i & 3]);
}

/* RFC 6455 5.5.1, 7.4: what the other end says, if that may be said */
static enum sip_ws_verdict on_close(struct sip_ws_reader *r)
{
	const unsigned char *p = (const unsigned char *)r->control.p;
	unsigned int code = r->control.n < 2 ? SIP_WS_NORMAL : p[0] << 8 | p[1];

	r->code = r->control.n == 1 || code < 1000 || code >= 5000 ||
		  (code >= 1004 && code <= 1006) || (code >= 1015 && code < 3000) ?
		  SIP_WS_PROTOCOL : code;
	return SIP_WS_IS_CLOSE;
}

static enum sip_ws_verdict on_control(struct sip_ws_reader *r, char *payload,
				      const struct header *h)
{
	unmask(payload, payload, h);
	r->control = (struct span){ payload, (size_t)h->len };
	r->at += h->n + (size_t)h->len;
	if (h->op == SIP_WS_CLOSE)
		return on_close(r);
	return h->op == SIP_WS_PING ? SIP_WS_IS_PING : SIP_WS_IS_PONG;
}

/* MORE: the message goes on */
static enum sip_ws_verdict on_data(struct sip_ws_reader *r, char *data,
				   const struct header *h)
{
	unmask(data + r->have, data + r->at + h->n, h);
	r->have += (size_t)h->len;
	r->at += h->n + (size_t)h->len;
	if (h->op != SIP_WS_CONTINUE)
		r->op = h->op;
	if (!h->fin)
		return SIP_WS_IS_MORE;
	if (r->op == SIP_WS_TEXT &&
	    !text_is_utf8((struct span){ data, r->have }))
		return bad(r, SIP_WS_NOT_TEXT);
	r->op = SIP_WS_CONTINUE;
	return SIP_WS_IS_MESSAGE;
}

enum sip_ws_verdict sip_ws_feed(struct sip_ws_reader *r, char *data, size_t n)
{
	enum sip_ws_verdict verdict;
	struct header h;

	do {
		verdict = read_header(r, (unsigned char *)data + r->at,
				      n - r->at, &h);
		if (verdict != SIP_WS_IS_MESSAGE)
			return verdict;
		if (n - r->at - h.n < h.len)
			return SIP_WS_IS_MORE;
		if (is_control(h.op))
			return on_control(r, data + r->at + h.n, &h);
		verdict = on_data(r, data, &h);
	} while (verdict == SIP_WS_IS_MORE);
	return verdict;
}

size_t sip_ws_pack(struct sip_ws_reader *r, char *data, size_t n)
{
	memmove(data + r->have, data + r->at, n - r->at);
	n -= r->at - r->have;
	r->at = r->have;
	return n;
}

size_t sip_ws_next(struct sip_ws_reader *r)
{
	size_t n = r->at;

	r->at = 0;
	r->have = 0;
	return n;
}

size_t sip_ws_header(char *buf, enum sip_ws_op op, size_t len)
{
	size_t more = len < 126 ? 0 : len < 65536 ? 2 : 8, i;

	buf[0] = (char)(0x80 | op);
	buf[1] = (char)(!more ? len : more == 2 ? 126 : 127);
	for (i = 0; i < more; i++)
		buf[2 + i] = (char)((uint64_t)len >> 8 * (more - 1 - i));
	return 2 + more;
}
