// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over WebSocket (RFC 6455, RFC 7118): first bytes alone, then a listener on loopback
 * addresses and clients that do it right, wrong, by halves, slowly, or too fast.
 */
#include "base/log.h"
#include "sip/ws.h"
#include "sipnet.h"
#include "wsnet.h"

/* ------------------------------------------------------------------------ greeting */

static unsigned int status_of(const char *head, struct sip_ws_ask *ask)
{
	sip_ws_read((struct span){ head, strlen(head) }, ask);
	return ask->status;
}

static bool greetings(void)
{
	char buf[SIP_WS_ANSWER_MAX];
	struct sip_ws_ask ask;
	size_t n;

	KTAP_CHECK(status_of(WS_ASK, &ask) == 101 && !ask.origin.p);
	n = sip_ws_answer(&ask, buf);
	KTAP_CHECK(n < sizeof(buf) && !strncmp(buf, "HTTP/1.1 101 ", 13));
	KTAP_CHECK(strstr(buf, "\r\nSec-WebSocket-Accept: " WS_ACCEPT "\r\n"));
	KTAP_CHECK(strstr(buf, "\r\nSec-WebSocket-Protocol: sip\r\n"));
	KTAP_CHECK(strstr(buf, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
	KTAP_CHECK(!strcmp(buf + n - 4, "\r\n\r\n"));
	/* names and words as others write them, protocols in several fields */
	KTAP_CHECK(status_of("GET / HTTP/1.1\r\nhost:x\r\nUPGRADE: foo, WebSocket\r\n"
			     "connection: upgrade\r\nsec-websocket-key: " WS_KEY "\r\n"
			     "sec-websocket-protocol: xmpp,chat\r\n"
			     "sec-websocket-protocol: msrp , sip\r\n"
			     "origin: https://phone.example\r\n"
			     "sec-websocket-version: 13\r\n\r\n", &ask) == 101);
	KTAP_CHECK(span_is(ask.origin, "https://phone.example"));
	return true;
}

static bool wrong_greetings(void)
{
	static const struct {
		const char *head;
		unsigned int status;
	} cases[] = {
		{ "", 400 },
		{ "\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: x\r\n\r\n", 400 },
		{ "GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426 },
		{ "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  WS_ASK_END "\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" WS_ASK_END
		  "\r\n", 426 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" WS_ASK_END
		  "\r\n", 426 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
		  WS_ASK_END "\r\n", 426 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Key: " WS_KEY "\r\nSec-WebSocket-Version: 8\r\n"
		  "Sec-WebSocket-Protocol: sip\r\n\r\n", 426 },
		{ WS_ASK_BEGIN WS_ASK_END "Sec-WebSocket-Version: 13\r\n\r\n", 426 },
		{ WS_ASK_BEGIN WS_ASK_END "Sec-WebSocket-Key: " WS_KEY "\r\n\r\n", 400 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"
		  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n", 400 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25!ZQ==\r\n"
		  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n", 400 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Version: 13\r\n"
		  "Sec-WebSocket-Protocol: sip\r\n\r\n", 400 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Key: " WS_KEY "\r\n"
		  "Sec-WebSocket-Version: 13\r\n\r\n", 400 },
		{ WS_ASK_BEGIN "Sec-WebSocket-Key: " WS_KEY "\r\nSec-WebSocket-Version: 13\r\n"
		  "Sec-WebSocket-Protocol: SIP, sips\r\n\r\n", 400 },
		{ WS_ASK_BEGIN WS_ASK_END "Origin: a\r\nOrigin: b\r\n\r\n", 400 },
	};
	char buf[SIP_WS_ANSWER_MAX], want[32];
	struct sip_ws_ask ask;
	unsigned int i, status;
	size_t n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		status = status_of(cases[i].head, &ask);
		n = sip_ws_answer(&ask, buf);
		snprintf(want, sizeof(want), "HTTP/1.1 %u ", cases[i].status);
		if (status == cases[i].status && n < sizeof(buf) &&
		    !strncmp(buf, want, strlen(want)) &&
		    !strstr(buf, "426") == !strstr(buf, "Sec-WebSocket-Version: 13"))
			continue;
		printf("# case %u: %u, %s\n", i, status, buf);
		return false;
	}
	return true;
}

/* -------------------------------------------------------------------------- frames */

/* whatever pieces they come in: messages and their frames are the same */
static bool pieces(void)
{
	static char all[1024], data[sizeof(all)];
	struct sip_ws_reader r;
	size_t n = 0, step, at, have, used, i;
	unsigned int messages, pings;

	n += ws_frame(all + n, WS_FIN | WS_TEXT, "one", 3);
	n += ws_frame(all + n, WS_MORE | WS_BINARY, "tw", 2);
	n += ws_frame(all + n, WS_FIN | WS_PING, "?", 1);
	n += ws_frame(all + n, WS_MORE, "", 0);
	n += ws_frame(all + n, WS_FIN, "o", 1);
	n += ws_frame(all + n, WS_FIN | WS_PONG, "", 0);
	memset(data, 'x', 200);
	n += ws_frame(all + n, WS_FIN | WS_BINARY, data, 200);
	for (step = 1; step <= n; step++) {
		static const size_t sizes[] = { 3, 3, 200 };

		r = (struct sip_ws_reader){ .max = 200 };
		messages = 0;
		pings = 0;
		have = 0;
		for (at = 0; at < n; at += i) {
			enum sip_ws_verdict v;

			i = n - at < step ? n - at : step;
			memcpy(data + have, all + at, i);
			have += i;
			while ((v = sip_ws_feed(&r, data, have)) != SIP_WS_IS_MORE) {
				KTAP_CHECK(v != SIP_WS_IS_BAD && v != SIP_WS_IS_CLOSE);
				if (v == SIP_WS_IS_PING)
					pings += span_is(r.control, "?");
				if (v != SIP_WS_IS_MESSAGE)
					continue;
				KTAP_CHECK(messages < 3 && r.have == sizes[messages]);
				KTAP_CHECK(!memcmp(data, messages ? messages == 1 ?
						   "two" : "xxx" : "one", 3));
				messages++;
				used = sip_ws_next(&r);
				have -= used;
				memmove(data, data + used, have);
			}
			have = sip_ws_pack(&r, data, have);
		}
		KTAP_CHECK(messages == 3 && pings == 1 && !have);
	}
	return true;
}

static bool unlawful(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum sip_ws_verdict verdict;
		unsigned int code;
	} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
		{ BYTES("\x81"), SIP_WS_IS_MORE, 0 },
		{ BYTES("\x81\x80\0\0\0"), SIP_WS_IS_MORE, 0 },
		{ BYTES("\x81\x80\0\0\0\0"), SIP_WS_IS_MESSAGE, 0 },
		/* not masked, which is known at once */
		{ BYTES("\x81\x01"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x81\x00"), SIP_WS_IS_BAD, 1002 },
		/* extensions, and what is no kind of frame */
		{ BYTES("\xc1\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\xa1\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x91\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x83\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x8b\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		/* the rest of nothing, and a begin within another */
		{ BYTES("\x80\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x01\x80\0\0\0\0\x81\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		/* control frames in pieces, and long ones */
		{ BYTES("\x09\x80\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x89\xfe\0\x7e\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		/* lengths that are longer than they need be, or than anything */
		{ BYTES("\x81\xfe\0\x7d\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x81\xff\xff\0\0\0\0\0\0\0\0\0\0\0"), SIP_WS_IS_BAD, 1002 },
		{ BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"),
		  SIP_WS_IS_BAD, 1009 },
		/* too long, alone or with what was there, before it has come */
		{ BYTES("\x82\x8a\0\0\0\0"), SIP_WS_IS_MORE, 0 },
		{ BYTES("\x82\x8b\0\0\0\0"), SIP_WS_IS_BAD, 1009 },
		{ BYTES("\x02\x81\0\0\0\0x\x80\x8a\0\0\0\0"), SIP_WS_IS_BAD, 1009 },
		/* text that is none; bytes may be anything */
		{ BYTES("\x81\x81\0\0\0\0\xff"), SIP_WS_IS_BAD, 1007 },
		{ BYTES("\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0\xa4"), SIP_WS_IS_MESSAGE, 0 },
		{ BYTES("\x82\x81\0\0\0\0\xff"), SIP_WS_IS_MESSAGE, 0 },
		/* an end, with what may be said of it */
		{ BYTES("\x88\x80\0\0\0\0"), SIP_WS_IS_CLOSE, 1000 },
		{ BYTES("\x88\x82\0\0\0\0\x03\xe9"), SIP_WS_IS_CLOSE, 1001 },
		{ BYTES("\x88\x82\0\0\0\0\x0f\xa0"), SIP_WS_IS_CLOSE, 4000 },
		{ BYTES("\x88\x81\0\0\0\0\x03"), SIP_WS_IS_CLOSE, 1002 },
		{ BYTES("\x88\x82\0\0\0\0\x03\xed"), SIP_WS_IS_CLOSE, 1002 },
		{ BYTES("\x88\x82\0\0\0\0\0\0"), SIP_WS_IS_CLOSE, 1002 },
	};
	struct sip_ws_reader r;
	enum sip_ws_verdict v;
	char data[64];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = (struct sip_ws_reader){ .max = 10 };
		memcpy(data, cases[i].bytes, cases[i].n);
		v = sip_ws_feed(&r, data, cases[i].n);
		if (v == cases[i].verdict && (!cases[i].code || r.code == cases[i].code))
			continue;
		printf("# case %u: verdict %d, code %d\n", i, v, r.code);
		return false;
	}
	return true;
}

static bool headers(void)
{
	char buf[SIP_WS_HEADER_MAX];

	KTAP_CHECK(sip_ws_header(buf, SIP_WS_TEXT, 125) == 2);
	KTAP_CHECK(!memcmp(buf, "\x81\x7d", 2));
	KTAP_CHECK(sip_ws_header(buf, SIP_WS_BINARY, 126) == 4);
	KTAP_CHECK(!memcmp(buf, "\x82\x7e\x00\x7e", 4));
	KTAP_CHECK(sip_ws_header(buf, SIP_WS_TEXT, 65535) == 4);
	KTAP_CHECK(!memcmp(buf, "\x81\x7e\xff\xff", 4));
	KTAP_CHECK(sip_ws_header(buf, SIP_WS_TEXT, 65536) == 10);
	KTAP_CHECK(!memcmp(buf, "\x81\x7f\0\0\0\0\0\1\0\0", 10));
	return true;
}

/* ------------------------------------------------------------------- a listener */

/**
 * struct side - a listener, and a client
 * @net: the transport
 * @l: the listener
 * @fd: the client's socket
 * @got: what it has read, and not looked at
 * @n: bytes of it
 * @over: the connection has been closed
 */
struct side {
	struct net net;
	struct sip_listener *l;
	int fd;
	char got[200000];
	size_t n;
	bool over;
};

static struct side s;

/* false: nothing comes */
static bool more(void)
{
	ssize_t n = net_hear(&s.net, s.fd, s.got + s.n, sizeof(s.got) - s.n);

	s.over = !n;
	s.n += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void eat(size_t n)
{
	s.n -= n;
	memmove(s.got, s.got + n, s.n);
}

/* the next frame that comes: its first byte and its payload, terminated; -1: none */
static int hear(char *payload, size_t size)
{
	unsigned char *p = (unsigned char *)s.got;
	size_t head, len;
	int first;

	for (;;) {
		head = s.n < 2 ? 2 : p[1] == 126 ? 4 : p[1] == 127 ? 10 : 2;
		len = s.n < head ? 0 : head == 4 ? (size_t)(p[2] << 8 | p[3]) :
		      head == 10 ? (size_t)(p[7] << 16 | p[8] << 8 | p[9]) : p[1];
		if (s.n >= head && s.n >= head + len)
			break;
		if (!more())
			return -1;
	}
	first = p[0];
	snprintf(payload, size, "%.*s", (int)len, s.got + head);
	eat(head + len);
	return first;
}

static bool say(unsigned int first, const char *payload, size_t len)
{
	static char frame[80000];

	return net_say(s.fd, frame, ws_frame(frame, first, payload, len));
}

/* our side says so, and goes */
static bool is_ended(unsigned int code)
{
	char text[1000];
	int first;

	while ((first = hear(text, sizeof(text))) >= 0 && first != (WS_FIN | WS_CLOSE))
		;
	return first >= 0 && (unsigned char)text[0] == code >> 8 &&
	       (unsigned char)text[1] == (code & 0xff) && net_gone(&s.net, s.fd);
}

static bool dial(void)
{
	s.fd = net_socket(s.l, THEM);
	s.n = 0;
	s.over = false;
	return s.fd >= 0;
}

static bool greet(const char *ask)
{
	char *end = NULL;

	if (!dial() || !net_say(s.fd, ask, strlen(ask)))
		return false;
	while (!end && more())
		end = memmem(s.got, s.n, "\r\n\r\n", 4);
	if (!end || strncmp(s.got, "HTTP/1.1 101 ", 13))
		return false;
	eat((size_t)(end + 4 - s.got));
	return true;
}

static bool begin(const struct sip_limits *limits, struct sip_listen listen)
{
	net_begin(&s.net, limits);
	listen.realm = &s;
	s.l = net_listen(&s.net, SIP_PROTO_WS, US, listen);
	return s.l && greet(WS_ASK);
}

static bool end(void)
{
	if (s.fd >= 0)
		close(s.fd);
	net_end(&s.net);
	return true;
}

static size_t options(char *buf, size_t size, const char *call_id)
{
	return net_options(buf, size, call_id,
			   "WS df7jal23ls0d.invalid;branch=z9hG4bK%s", call_id);
}

/* one message is one frame, and the answer is another */
static bool messages(void)
{
	char text[1024], buf[2048];
	char *line;
	size_t n;

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	n = options(text, sizeof(text), "text");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT));
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12) && !s.n);
	KTAP_CHECK(s.net.flow->proto == SIP_PROTO_WS && s.net.flow->conn);
	n = options(text, sizeof(text), "binary");
	KTAP_CHECK(say(WS_FIN | WS_BINARY, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT) && s.net.messages == 2);
	/* the frame says where it ends, so the message need not (RFC 7118 5.1) */
	n = options(text, sizeof(text), "short");
	line = strstr(text, "Content-Length");
	memcpy(line, "\r\n", 3);
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, strlen(text)));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT) && s.net.messages == 3);
	KTAP_CHECK(!s.net.faults);
	/* what is no UTF-8 is never text */
	n = options(text, sizeof(text), "raw");
	memcpy(strstr(text, "raw\r\n"), "r\xffw", 3);
	KTAP_CHECK(say(WS_FIN | WS_BINARY, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_BINARY));
	return end();
}

/* one message in frames, these in segments, and others between */
static bool in_pieces(void)
{
	char text[1024], buf[2048], frames[2048];
	size_t n, len, i;

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	n = options(text, sizeof(text), "pieces");
	len = ws_frame(frames, WS_MORE | WS_TEXT, text, 10);
	len += ws_frame(frames + len, WS_FIN | WS_PING, "now", 3);
	len += ws_frame(frames + len, WS_MORE, text + 10, 1);
	len += ws_frame(frames + len, WS_FIN, text + 11, n - 11);
	len += ws_frame(frames + len, WS_FIN | WS_TEXT, text, n);
	for (i = 0; i < len; i++) {
		KTAP_CHECK(net_say(s.fd, frames + i, 1));
		loop_turn(s.net.loop, 1);
	}
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_PONG) && !strcmp(buf, "now"));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT) && s.net.messages == 2);
	KTAP_CHECK(net_say(s.fd, frames, len));
	for (i = 0; i < 3; i++)
		KTAP_CHECK(hear(buf, sizeof(buf)) >= 0);
	KTAP_CHECK(s.net.messages == 4 && !s.n);
	close(s.fd);
	/* with the greeting, in one segment and byte by byte */
	len = (size_t)sprintf(frames, "%s", WS_ASK);
	len += ws_frame(frames + len, WS_FIN | WS_TEXT, text, n);
	for (i = 1; i < len; i += 7) {
		KTAP_CHECK(dial() && net_say(s.fd, frames, i));
		loop_turn(s.net.loop, 0);
		KTAP_CHECK(net_say(s.fd, frames + i, len - i));
		while (!memmem(s.got, s.n, "SIP/2.0 200 ", 12))
			KTAP_CHECK(more());
		close(s.fd);
	}
	s.fd = -1;
	return end();
}

static bool kept_alive(void)
{
	static const struct sip_limits limits = { .unfinished = 2000 };
	char text[1024], buf[2048];
	size_t n;
	int i;

	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	/* what has been read is not unfinished any more */
	n = options(text, sizeof(text), "none");
	for (i = 0; i < 30; i++) {
		KTAP_CHECK(say(WS_FIN | WS_PING, text, 100));
		KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_PONG));
		KTAP_CHECK(!strncmp(buf, text, 100) && strlen(buf) == 100);
	}
	/* as RFC 5626 has it: a double CRLF has an answer, and a single one is one */
	KTAP_CHECK(say(WS_FIN | WS_TEXT, "\r\n\r\n", 4));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT) && !strcmp(buf, "\r\n"));
	KTAP_CHECK(net_counters(&s.net)->pings == 31);
	KTAP_CHECK(say(WS_FIN | WS_TEXT, "\r\n", 2) && say(WS_FIN | WS_PONG, "", 0));
	n = options(text, sizeof(text), "after");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT));
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	/* ours, which each browser answers */
	KTAP_CHECK(!sip_flow_ping(s.net.flow));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_PING) && !*buf);
	return end();
}

/* what we ask goes down the flow, with a Via of its own; what comes back to it is ours */
static bool requests_of_ours(void)
{
	char text[1024], buf[2048], via[128], answer[2048];
	char at[DP_ADDR_STRLEN];
	struct sip_target target;
	struct sip_flow *flow;
	size_t n;

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	n = options(text, sizeof(text), "in");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) >= 0 && s.net.messages == 1);
	n = net_options(text, sizeof(text), "out", "WS %s;branch=z9hG4bKout",
			dp_addr_str(&s.l->local, at, sizeof(at)));
	KTAP_CHECK(!sip_flow_send(s.net.flow, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_TEXT) && !strcmp(buf, text));
	snprintf(via, sizeof(via), "WS %s;branch=z9hG4bKout", at);
	snprintf(answer, sizeof(answer), "SIP/2.0 200 OK\r\nVia: SIP/2.0/%s\r\n"
		 "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: out\r\n"
		 "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", via);
	KTAP_CHECK(say(WS_FIN | WS_TEXT, answer, strlen(answer)));
	KTAP_CHECK(NET_UNTIL(&s.net, s.net.messages == 2) && !net_counters(&s.net)->stray);
	/* by another transport's name it is nobody's */
	memcpy(strstr(answer, "/WS "), "/TCP", 4);
	KTAP_CHECK(say(WS_FIN | WS_TEXT, answer, strlen(answer)));
	KTAP_CHECK(NET_UNTIL(&s.net, net_counters(&s.net)->stray == 1));
	/* there is no other way to a browser */
	sip_flow_target(s.net.flow, &target);
	KTAP_CHECK(sip_transport_flow(s.net.t, &s, &target, &flow) < 0);
	return end();
}

static bool no_greeting(void)
{
	static const struct {
		const char *text;
		const char *answer;	/* "": none */
	} cases[] = {
		{ "OPTIONS sip:x@y SIP/2.0\r\n", "" },
		{ "\x16\x03\x01\x02", "" },
		{ "GOT", "" },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 " },
		{ WS_ASK_BEGIN "\r\n", "HTTP/1.1 426 " },
	};
	static char lines[SIP_WS_HEAD_MAX + 100];
	char buf[2000];
	unsigned int i;
	ssize_t n;

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	close(s.fd);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		KTAP_CHECK(dial() && net_say(s.fd, cases[i].text, strlen(cases[i].text)));
		n = net_hear(&s.net, s.fd, buf, sizeof(buf));
		if (n < 0 || !n != !*cases[i].answer ||
		    strncmp(buf, cases[i].answer, strlen(cases[i].answer))) {
			printf("# case %u: %s\n", i, buf);
			return false;
		}
		KTAP_CHECK(net_gone(&s.net, s.fd));
		close(s.fd);
		KTAP_CHECK(NET_UNTIL(&s.net, net_counters(&s.net)->garbage == i + 1));
	}
	/* a header without an end */
	memset(lines, 'x', sizeof(lines));
	memcpy(lines, "GET / HTTP/1.1\r\nX: ", 19);
	KTAP_CHECK(dial() && net_say(s.fd, lines, SIP_WS_HEAD_MAX));
	KTAP_CHECK(net_hear(&s.net, s.fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "HTTP/1.1 431 ", 13) && net_gone(&s.net, s.fd));
	KTAP_CHECK(!s.net.messages && NET_UNTIL(&s.net, !net_counters(&s.net)->connections));
	return end();
}

static bool origins(void)
{
	static const char *const list[] = { "https://phone.example", "http://lab.example:8080" };
	static const struct sip_listen listen = { .origins = list, .n_origins = 2 };
	static const char *const may[] = {
		"", "Origin: https://phone.example\r\n", "Origin: HTTP://LAB.example:8080\r\n"
	};
	static const char *const may_not[] = {
		"Origin: null\r\n", "Origin: https://phone.example.net\r\n",
		"Origin: http://phone.example\r\n", "Origin: http://lab.example\r\n",
		"Origin:\r\n"
	};
	char ask[1000];
	unsigned int i;

	/* who is no browser has none */
	KTAP_CHECK(begin(NULL, listen));
	close(s.fd);
	for (i = 0; i < 3; i++) {
		snprintf(ask, sizeof(ask), WS_ASK_BEGIN WS_ASK_END "%s\r\n", may[i]);
		KTAP_CHECK(greet(ask));
		close(s.fd);
	}
	for (i = 0; i < 5; i++) {
		snprintf(ask, sizeof(ask), WS_ASK_BEGIN WS_ASK_END "%s\r\n", may_not[i]);
		KTAP_CHECK(!greet(ask) && !strncmp(s.got, "HTTP/1.1 403 ", 13));
		KTAP_CHECK(net_gone(&s.net, s.fd));
		close(s.fd);
		KTAP_CHECK(net_counters(&s.net)->refused == i + 1);
	}
	s.fd = -1;
	end();
	/* and where nothing is said all may */
	snprintf(ask, sizeof(ask), WS_ASK_BEGIN WS_ASK_END "Origin: https://any.example\r\n\r\n");
	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	close(s.fd);
	KTAP_CHECK(greet(ask));
	return end();
}

static bool hostile(void)
{
	static char big[70000];
	struct sip_limits limits = { .message = 1000 };
	char buf[64], frame[1000];

	memset(big, 'x', sizeof(big));
	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	KTAP_CHECK(say(WS_FIN | WS_TEXT, big, 1001) && is_ended(1009));
	KTAP_CHECK(net_counters(&s.net)->too_big == 1);
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && say(WS_MORE | WS_TEXT, big, 1000) && say(WS_FIN, "x", 1));
	KTAP_CHECK(is_ended(1009) && net_counters(&s.net)->too_big == 2);
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && say(WS_FIN | WS_TEXT, "hello", 5) && is_ended(1008));
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && say(WS_FIN | WS_TEXT, "\xff", 1) && is_ended(1007));
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && net_say(s.fd, "\x81\x05hello", 7) && is_ended(1002));
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && say(0xc1, "x", 1) && is_ended(1002));
	close(s.fd);
	/* an end has an answer, and nothing is heard after it */
	KTAP_CHECK(greet(WS_ASK) && say(WS_FIN | WS_CLOSE, "\x03\xe9", 2));
	say(WS_FIN | WS_PING, "a", 1);
	KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_CLOSE) && !memcmp(buf, "\x03\xe9", 2));
	KTAP_CHECK(net_gone(&s.net, s.fd) && !s.net.messages);
	end();
	/* halves of messages have a limit together */
	limits = (struct sip_limits){ .unfinished = 500 };
	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	KTAP_CHECK(ws_frame(frame, WS_FIN | WS_TEXT, big, 900) > 600 && net_say(s.fd, frame, 600));
	KTAP_CHECK(net_gone(&s.net, s.fd) && net_counters(&s.net)->too_big == 1);
	end();
	/* as long as it may be, and one byte more, where nobody says how long that is */
	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	KTAP_CHECK(say(WS_FIN | WS_TEXT, big, 65397) && is_ended(1008));
	close(s.fd);
	KTAP_CHECK(greet(WS_ASK) && say(WS_FIN | WS_TEXT, big, 65398) && is_ended(1009));
	return end();
}

/* who does not say the rest, or nothing at all, ends; who is held does not */
static bool halves(void)
{
	struct sip_limits limits = { .head_ms = 200, .first_ms = 2000, .idle_ms = 600 };
	char text[1024], buf[2048];
	size_t n;

	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	KTAP_CHECK(say(WS_MORE | WS_TEXT, "OPTIONS", 7) && net_gone(&s.net, s.fd));
	KTAP_CHECK(net_counters(&s.net)->slow_head == 1);
	close(s.fd);
	KTAP_CHECK(dial() && net_say(s.fd, "GET / HT", 8) && net_gone(&s.net, s.fd));
	KTAP_CHECK(net_counters(&s.net)->slow_head == 2);
	close(s.fd);
	/* greeted, and silent: no message in time */
	limits.first_ms = 200;
	end();
	begin(&limits, (struct sip_listen){ 0 });	/* whether it is greeted in time or not */
	KTAP_CHECK(s.l && net_gone(&s.net, s.fd));
	KTAP_CHECK(net_counters(&s.net)->slow_head == 1);
	end();
	limits.first_ms = 10000;
	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	n = options(text, sizeof(text), "idle");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n) && hear(buf, sizeof(buf)) >= 0);
	KTAP_CHECK(net_gone(&s.net, s.fd) && net_counters(&s.net)->idle == 1);
	return end();
}

/* what is not read is bounded, and so is what one connection may say */
static bool slow_and_fast(void)
{
	struct sip_limits limits = { .output = 20000, .rate = 50, .per_source = 1 };
	char text[1024], buf[2048];
	static char big[10000];
	int fd, small = 2048, i;
	size_t n;

	memset(big, 'x', sizeof(big));
	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	/* one of each source */
	fd = net_socket(s.l, THEM);
	KTAP_CHECK(net_gone(&s.net, fd) && net_counters(&s.net)->turned_away == 1);
	close(fd);
	n = options(text, sizeof(text), "one");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n) && hear(buf, sizeof(buf)) >= 0);
	/* pings count as messages do, and the hundredth is one too many */
	for (i = 0; i < 150; i++)
		KTAP_CHECK(say(WS_FIN | WS_PING, "", 0));
	KTAP_CHECK(NET_UNTIL(&s.net, net_counters(&s.net)->too_fast > 0));
	KTAP_CHECK(net_counters(&s.net)->pings < 150);
	for (i = 0; i < 150; i++)
		KTAP_CHECK(hear(buf, sizeof(buf)) == (WS_FIN | WS_PONG));
	/* not a byte is read from here on */
	setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (i = 0; i < 10000 && s.net.flow->conn; i++)
		sip_flow_send(s.net.flow, big, sizeof(big));
	KTAP_CHECK(!s.net.flow->conn && net_counters(&s.net)->slow_reader == 1);
	KTAP_CHECK(NET_UNTIL(&s.net, s.net.closed == 1));
	return end();
}

static void lost(struct sip_flow *flow, int error, void *arg)
{
	*(int *)arg = error;
}

static bool flows_end(void)
{
	char text[1024], buf[2048];
	int error = 0;
	struct sip_flow_watch watch = { .lost = lost, .arg = &error };
	size_t n;

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }));
	n = options(text, sizeof(text), "one");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n) && hear(buf, sizeof(buf)) >= 0);
	sip_flow_watch(s.net.flow, &watch);
	sip_flow_hold(s.net.flow);
	/* no more of them come, and who is held stays */
	sip_listener_close(s.l);
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n) && hear(buf, sizeof(buf)) >= 0);
	KTAP_CHECK(s.net.messages == 2 && !error);
	/* it says that it goes, and nothing is sent by it any more */
	sip_flow_let(s.net.flow);
	sip_flow_close(s.net.flow);
	KTAP_CHECK(sip_flow_send(s.net.flow, text, n) == -ENOTCONN);
	KTAP_CHECK(sip_flow_ping(s.net.flow) == -ENOTCONN);
	KTAP_CHECK(is_ended(1001));
	close(s.fd);
	s.fd = -1;
	KTAP_CHECK(NET_UNTIL(&s.net, error));
	KTAP_CHECK(sip_flow_ping(s.net.flow) == -ENOTCONN);
	sip_flow_ref(s.net.flow);
	net_end(&s.net);
	KTAP_CHECK(sip_flow_ping(s.net.flow) == -ENOTCONN);
	sip_flow_unref(s.net.flow);
	return true;
}

/* with the transport, too: browsers know then that it was no accident */
static bool all_end(void)
{
	char buf[4];

	KTAP_CHECK(begin(NULL, (struct sip_listen){ 0 }) && !s.n);
	net_end(&s.net);
	KTAP_CHECK(recv(s.fd, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf));
	KTAP_CHECK(!memcmp(buf, "\x88\x02\x03\xe9", sizeof(buf)));
	KTAP_CHECK(!recv(s.fd, buf, sizeof(buf), 0));
	close(s.fd);
	return true;
}

static bool by_ipv6(void)
{
	char text[1024], buf[2048];
	size_t n;

	net_begin(&s.net, NULL);
	s.l = net_listen(&s.net, SIP_PROTO_WS, "::1", (struct sip_listen){ 0 });
	KTAP_CHECK(s.l);
	s.fd = net_socket(s.l, "::1");
	s.n = 0;
	KTAP_CHECK(s.fd >= 0 && net_say(s.fd, WS_ASK, strlen(WS_ASK)) && more());
	eat(s.n);
	n = options(text, sizeof(text), "six");
	KTAP_CHECK(say(WS_FIN | WS_TEXT, text, n) && hear(buf, sizeof(buf)) >= 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12) && strstr(buf, "received=::1"));
	return end();
}

/* whatever comes, the next one is served */
static bool noise(void)
{
	static uint32_t state = 1;
	struct sip_limits limits = { .per_source = 64, .rate = 1000000 };
	char text[1024], frames[4096], buf[2048];
	size_t n, len;
	int round, i;

	KTAP_CHECK(begin(&limits, (struct sip_listen){ 0 }));
	close(s.fd);
	n = options(text, sizeof(text), "noise");
	for (round = 0; round < 2000; round++) {
		len = (size_t)sprintf(frames, "%s", WS_ASK);
		len += ws_frame(frames + len, WS_MORE | WS_TEXT, text, 20);
		len += ws_frame(frames + len, WS_FIN | WS_PING, "", 0);
		len += ws_frame(frames + len, WS_FIN, text + 20, n - 20);
		len += ws_frame(frames + len, WS_FIN | WS_BINARY, text, n);
		for (i = round & 3; i; i--) {
			state = state * 1664525 + 1013904223;
			frames[(state >> 8) % len] = (char)(state >> 3);
		}
		KTAP_CHECK(dial());
		state = state * 1664525 + 1013904223;
		i = (int)((state >> 8) % len);
		net_say(s.fd, frames, (size_t)i);
		loop_turn(s.net.loop, 0);
		net_say(s.fd, frames + i, len - (size_t)i);
		loop_turn(s.net.loop, 0);
		close(s.fd);
	}
	KTAP_CHECK(greet(WS_ASK) && say(WS_FIN | WS_TEXT, text, n));
	KTAP_CHECK(hear(buf, sizeof(buf)) >= 0 && !strncmp(buf, "SIP/2.0 200 ", 12));
	close(s.fd);
	s.fd = -1;
	KTAP_CHECK(NET_UNTIL(&s.net, !net_counters(&s.net)->connections));
	return end();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "who asks for SIP is greeted", greetings },
		{ "who does not is told what was expected", wrong_greetings },
		{ "frames in whatever pieces", pieces },
		{ "frames that may not be", unlawful },
		{ "frames of ours are as short as can be", headers },
		{ "a message is one of WebSocket, text or binary", messages },
		{ "a message in frames, with others between", in_pieces },
		{ "pings and CRLFs keep the way open", kept_alive },
		{ "requests of ours go down the flow", requests_of_ours },
		{ "what is no greeting ends", no_greeting },
		{ "pages of browsers may come that are named", origins },
		{ "what is too long, no WebSocket or no SIP ends, and is told why", hostile },
		{ "halves end in their time", halves },
		{ "who does not read ends, who is too fast waits, who has one has no other",
		  slow_and_fast },
		{ "a flow ends with its connection", flows_end },
		{ "an end of all is said", all_end },
		{ "the same by IPv6", by_ipv6 },
		{ "whatever comes, the next one is served", noise },
	};

	log_set_level(LOG_LEVEL_ERROR);
	return KTAP_RUN(points);
}
