// SPDX-License-Identifier: GPL-2.0
/*
 * WebSocket of any bytes, as a client's request and as frames.  What must hold:
 *
 * - who may speak SIP has shown a key, and what he is answered has its room;
 * - messages are the same in whatever pieces their bytes come, and so is the end;
 * - none is longer than may be, and what waits for more is not either;
 * - text is UTF-8, and why it ends may be said (RFC 6455 7.4).
 */
#include "base/text.h"
#include "fuzz.h"
#include "sip/ws.h"

#define MOST	200	/* bytes of a message, at most; often as few as of those below */
#define FEW	6

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
		    "Connection: keep-alive, Upgrade\r\nOrigin: https://a.example\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		    "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n"),
	FUZZ_SAMPLE("\x81\x85\1\2\3\4iniil\x82\x80\0\0\0\0\x89\x81\0\0\0\0?"),
	FUZZ_SAMPLE("\x01\x83\0\0\0\0one\x8a\x80\0\0\0\0\x00\x82\0\0\0\0\xc3\xa4\x80\x81\0\0\0\0x"),
	FUZZ_SAMPLE("\x89\x81\0\0\0\0?\x01\x84\0\0\0\0this\x80\x84\0\0\0\0that"),
	FUZZ_SAMPLE("\x82\xfe\x00\x7e\0\0\0\0" "0123456789012345678901234567890123456789"
		    "01234567890123456789012345678901234567890123456789"
		    "012345678901234567890123456789012345\x88\x82\0\0\0\0\x03\xe9"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\x81\x80\0\0\0\0"), FUZZ_SAMPLE("\x01\x81\0\0\0\0x"),
	FUZZ_SAMPLE("\x80\x80\0\0\0\0"), FUZZ_SAMPLE("\x00\x80\0\0\0\0"),
	FUZZ_SAMPLE("\x88\x80\0\0\0\0"), FUZZ_SAMPLE("\x89\xfd\0\0\0\0"),
	FUZZ_SAMPLE("\xfe\x00\xc8"), FUZZ_SAMPLE("\xff\0\0\0\0\0\x01\0\0"),
	FUZZ_SAMPLE("\r\n\r\n"), FUZZ_SAMPLE("Origin: "), FUZZ_SAMPLE("sip"),
};

/**
 * struct seen - what was read
 * @hash: of all that came
 * @messages: how many of them
 * @controls: likewise
 * @end: how it ended; MORE: it has not
 * @code: likewise
 */
struct seen {
	uint64_t hash;
	unsigned int messages;
	unsigned int controls;
	enum sip_ws_verdict end;
	enum sip_ws_code code;
};

static void note(struct seen *seen, const char *p, size_t n)
{
	size_t i;

	seen->hash = (seen->hash ^ n) * 0x100000001b3;
	for (i = 0; i < n; i++)
		seen->hash = (seen->hash ^ (unsigned char)p[i]) * 0x100000001b3;
}

/* all that can be read now; bytes that are left */
static size_t take(struct sip_ws_reader *r, char *buf, size_t have, struct seen *seen)
{
	size_t used;

	for (;;) {
		enum sip_ws_verdict verdict = sip_ws_feed(r, buf, have);

		switch (verdict) {
		case SIP_WS_IS_MESSAGE:
			FUZZ_CHECK(r->have <= r->max && r->at <= have);
			note(seen, buf, r->have);
			seen->messages++;
			used = sip_ws_next(r);
			memmove(buf, buf + used, have - used);
			have -= used;
			continue;
		case SIP_WS_IS_PING:
			FUZZ_CHECK(r->control.n <= SIP_WS_CONTROL_MAX);
			note(seen, r->control.p, r->control.n);
			/* fall through */
		case SIP_WS_IS_PONG:
			seen->controls++;
			continue;
		case SIP_WS_IS_MORE:
			return sip_ws_pack(r, buf, have);
		case SIP_WS_IS_CLOSE:
		case SIP_WS_IS_BAD:
			FUZZ_CHECK(r->code >= 1000 && r->code < 5000 && r->code != 1005 &&
				   r->code != 1006);
			seen->end = verdict;
			seen->code = r->code;
			return 0;
		}
	}
}

static struct seen read_by(const uint8_t *data, size_t size, size_t step)
{
	struct sip_ws_reader r = { .max = size & 1 ? FEW : MOST };
	struct seen seen = { 0 };
	size_t at, n, have = 0;
	char *buf;

	for (at = 0; at < size && seen.end == SIP_WS_IS_MORE; at += n) {
		static char kept[FUZZ_MAX];

		n = size - at < step ? size - at : step;
		/* of just that size, so that a byte too far is one */
		buf = malloc(have + n);
		FUZZ_CHECK(buf);
		memcpy(buf, kept, have);
		memcpy(buf + have, data + at, n);
		have = take(&r, buf, have + n, &seen);
		FUZZ_CHECK(have < r.max + SIP_WS_HEADER_MAX + SIP_WS_CONTROL_MAX);
		memcpy(kept, buf, have);
		free(buf);
	}
	return seen;
}

static void check_request(const uint8_t *data, size_t size)
{
	char buf[SIP_WS_ANSWER_MAX];
	struct sip_ws_ask ask;
	size_t n;

	sip_ws_read((struct span){ (const char *)data, size }, &ask);
	n = sip_ws_answer(&ask, buf);
	FUZZ_CHECK(n < sizeof(buf) && ask.text);
	FUZZ_CHECK(ask.status != 101 || ask.key.n == 24);
	FUZZ_CHECK(ask.status == 101 || *ask.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, parts;
	size_t step;

	if (!size)
		return 0;
	check_request(data, size);
	whole = read_by(data, size, size);
	for (step = 1; step < 8; step += 3) {
		parts = read_by(data, size, step);
		FUZZ_CHECK(parts.hash == whole.hash && parts.messages == whole.messages &&
			   parts.controls == whole.controls && parts.end == whole.end &&
			   parts.code == whole.code);
	}
	return 0;
}

FUZZ_MAIN("WebSocket of any bytes", samples, words)
