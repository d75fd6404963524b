// SPDX-License-Identifier: GPL-2.0
/*
 * The port tester's protocol: datagrams by bytes that another program made, and a server
 * to which strangers, forgers and those who say a thing twice speak.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "probe/server.h"
#include "probe/sip.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SECOND	1000000ull

/* made by Python's hmac: token, then 160 bytes of which these are not 0 */
#define TOKEN	"correct horse battery"
#define KEY	"a5f026a8e2fd07630bc2fb723d9f9057ec625fed8357fc37835f3a4f2372463b"
#define BEGIN	"525070310302b800000500a000000007000102030405060708090a0b0c0d0e0f" \
		"010203040506070800000063101112131415161718191a1b1c1d1e1f68656c6c6f"
#define MAC	"84d2b1690f50a9f8ff6dfa9abab3a1efad3fe52912a0954e14ee77c2f1c28e3e"
/* by a secret of 32 bytes 0x11, for 192.0.2.1, at second 1000 */
#define COOKIE	"25940369843d4edd809e6fd3de92bc36"

static size_t hex(const char *text, uint8_t *bytes)
{
	size_t n = strlen(text) / 2, i;

	for (i = 0; i < n; i++) {
		char two[3] = { text[2 * i], text[2 * i + 1] };

		bytes[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static struct dp_addr addr(const char *text)
{
	struct dp_addr a = {};

	dp_addr_parse(text, &a);
	return a;
}

static struct probe_key key_of(const char *token)
{
	struct probe_key key = {};

	probe_key_make(&key, span_of(token));
	return key;
}

static struct probe_msg example(void)
{
	struct probe_msg msg = {
		.type = PROBE_PROBE, .flags = PROBE_FLOW, .tos = 184, .seq = 7,
		.sent = 0x0102030405060708, .pass.time = 99,
		.body = SPAN("hello"),
	};
	unsigned int i;

	for (i = 0; i < 16; i++) {
		msg.session[i] = (uint8_t)i;
		msg.pass.proof[i] = (uint8_t)(i + 16);
	}
	return msg;
}

static bool test_vector(void)
{
	struct probe_key key = key_of(TOKEN);
	struct probe_msg msg = example(), got;
	uint8_t want[160] = {}, buf[160], bytes[32];

	hex(KEY, bytes);
	KTAP_CHECK(!memcmp(key.bytes, bytes, 32));
	hex(BEGIN, want);
	hex(MAC, want + 128);
	KTAP_CHECK(probe_write(&key, &msg, buf, sizeof(buf)) == sizeof(buf));
	KTAP_CHECK(!memcmp(buf, want, sizeof(buf)));
	KTAP_CHECK(probe_read(&key, want, sizeof(want), &got));
	KTAP_CHECK(got.type == PROBE_PROBE && got.flags == PROBE_FLOW &&
		   got.tos == 184 && got.seq == 7 && got.sent == msg.sent &&
		   got.pass.time == 99 && span_is(got.body, "hello"));
	KTAP_CHECK(!memcmp(got.session, msg.session, PROBE_ID_LEN));
	KTAP_CHECK(!memcmp(got.pass.proof, msg.pass.proof, PROBE_COOKIE_LEN));
	/* the least that holds it, and one less */
	KTAP_CHECK(probe_write(&key, &msg, buf, 97) == 97);
	KTAP_CHECK(!probe_write(&key, &msg, buf, 96));
	return true;
}

/* every bit counts, and every length but its own is refused */
static bool test_forged(void)
{
	struct probe_key key = key_of(TOKEN), other = key_of("correct horse batterz");
	struct probe_msg msg = example(), got;
	uint8_t buf[160], *cut;
	unsigned int i;
	size_t n;

	probe_write(&key, &msg, buf, sizeof(buf));
	KTAP_CHECK(!probe_read(&other, buf, sizeof(buf), &got));
	for (i = 0; i < 8 * sizeof(buf); i++) {
		buf[i / 8] ^= 1 << i % 8;
		KTAP_CHECK(!probe_read(&key, buf, sizeof(buf), &got));
		buf[i / 8] ^= 1 << i % 8;
	}
	for (n = 0; n < sizeof(buf); n++) {
		cut = malloc(n ? n : 1);
		memcpy(cut, buf, n);
		KTAP_CHECK(!probe_read(&key, cut, n, &got));
		free(cut);
	}
	KTAP_CHECK(probe_read(&key, buf, sizeof(buf), &got));
	return true;
}

static bool test_bodies(void)
{
	struct probe_offer offer = { 30000, 33000, 5060, PROBE_BUSY, {} }, offer2;
	struct probe_echo echo = { .tos = 184, .received = 1ull << 40, .flow = 9 }, echo2;
	struct probe_part part = { PROBE_DOC_HEARD, 384, 400, SPAN("0123456789abcdef") }, part2;
	uint8_t buf[PROBE_BODY];
	struct span s;

	offer.seen = addr("192.0.2.1:4000");
	s = probe_offer_write(&offer, buf);
	KTAP_CHECK(probe_offer_read(s, &offer2) && offer2.lo == 30000 &&
		   offer2.hi == 33000 && offer2.sip == 5060 &&
		   offer2.flags == PROBE_BUSY && dp_addr_eq(&offer.seen, &offer2.seen));
	KTAP_CHECK(!probe_offer_read((struct span){ s.p, s.n - 1 }, &offer2));
	offer.lo = 33001;
	KTAP_CHECK(!probe_offer_read(probe_offer_write(&offer, buf), &offer2));

	echo.seen = addr("[2001:db8::1]:4000");
	echo.at = addr("192.0.2.254:30000");
	s = probe_echo_write(&echo, buf);
	KTAP_CHECK(probe_echo_read(s, &echo2) && echo2.tos == 184 &&
		   echo2.received == 1ull << 40 && echo2.flow == 9 &&
		   dp_addr_eq(&echo.seen, &echo2.seen) && dp_addr_eq(&echo.at, &echo2.at));
	KTAP_CHECK(s.n + 92 <= PROBE_MIN);
	buf[0] = 5;
	KTAP_CHECK(!probe_echo_read(s, &echo2));

	s = probe_part_write(&part, buf);
	KTAP_CHECK(probe_part_read(s, &part2) && part2.doc == PROBE_DOC_HEARD &&
		   part2.offset == 384 && part2.total == 400 &&
		   span_eq(part.data, part2.data));
	part.total = 399;
	KTAP_CHECK(!probe_part_read(probe_part_write(&part, buf), &part2));
	part.doc = __PROBE_DOC_MAX;
	KTAP_CHECK(!probe_part_read(probe_part_write(&part, buf), &part2));
	return true;
}

static bool test_cookie(void)
{
	struct dp_addr from = addr("192.0.2.1:4000"), moved = addr("192.0.2.1:4001");
	struct dp_addr other = addr("192.0.2.2:4000");
	struct probe_msg msg = example();
	struct probe_key secret;
	struct probe_pass pass;
	uint8_t want[16];

	memset(secret.bytes, 0x11, sizeof(secret.bytes));
	hex(COOKIE, want);
	KTAP_CHECK(probe_pass_make(&secret, &from, msg.session, 1000, &pass));
	KTAP_CHECK(pass.time == 1000 && !memcmp(pass.proof, want, 16));
	KTAP_CHECK(probe_pass_fits(&secret, &from, msg.session, 1000, &pass));
	KTAP_CHECK(probe_pass_fits(&secret, &moved, msg.session, 1300, &pass));
	KTAP_CHECK(!probe_pass_fits(&secret, &other, msg.session, 1000, &pass));
	KTAP_CHECK(!probe_pass_fits(&secret, &from, msg.session, 1301, &pass));
	KTAP_CHECK(!probe_pass_fits(&secret, &from, msg.session, 999, &pass));
	pass.time++;
	KTAP_CHECK(!probe_pass_fits(&secret, &from, msg.session, 1001, &pass));
	pass.time--;
	msg.session[0] ^= 1;
	KTAP_CHECK(!probe_pass_fits(&secret, &from, msg.session, 1000, &pass));
	return true;
}

static bool test_replay(void)
{
	static const struct {
		uint32_t seq;
		bool taken;
	} rows[] = {
		{ 0, false }, { 1, true }, { 1, false }, { 3, true }, { 2, true },
		{ 2, false }, { 3, false }, { PROBE_REPLAY, true },
		{ 4, true }, { 4, false }, { PROBE_REPLAY + 1, true },
		{ 1, false }, { PROBE_REPLAY + 4, true }, { 4, false }, { 5, true },
		{ PROBE_REPLAY + 3, true }, { PROBE_REPLAY + 3, false },
		{ 10 * PROBE_REPLAY, true }, { 9 * PROBE_REPLAY, false },
		{ 9 * PROBE_REPLAY + 1, true }, { 10 * PROBE_REPLAY, false },
		{ UINT32_MAX, true }, { UINT32_MAX, false }, { 7, false },
		{ UINT32_MAX - 1, true },
	};
	static struct probe_replay replay;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		if (probe_replay_take(&replay, rows[i].seq) == rows[i].taken)
			continue;
		printf("# row %zu: %u\n", i, rows[i].seq);
		return false;
	}
	return true;
}

/* --------------------------------------------------------------- the server */

/**
 * struct end - a client of the tests' server
 * @server: whom it asks
 * @key: its key
 * @msg: what it says next
 * @from: whence
 * @at: where to
 * @now: when
 * @out: the answer
 * @len: its bytes
 * @answer: the answer, read
 * @echo: of an ECHO
 */
struct end {
	struct probe_server *server;
	struct probe_key key;
	struct probe_msg msg;
	struct dp_addr from;
	struct dp_addr at;
	uint64_t now;
	uint8_t out[PROBE_MAX];
	size_t len;
	struct probe_msg answer;
	struct probe_echo echo;
};

static struct probe_server *server(void)
{
	struct probe_server_conf conf = {
		.lo = 30000, .hi = 33000, .sip = 5060,
	};

	conf.key = key_of(TOKEN);
	memset(conf.secret.bytes, 0x11, sizeof(conf.secret.bytes));
	conf.udp_used[1] = 0x81;
	return probe_server_new(&conf);
}

static struct end end_of(struct probe_server *s, uint8_t name)
{
	struct end e = {
		.server = s, .now = 1000 * SECOND,
	};

	e.key = key_of(TOKEN);
	e.from = addr("192.0.2.1:4000");
	e.at = addr("192.0.2.254:30000");
	e.msg.session[0] = name;
	return e;
}

/* bytes of the answer to the next message of that type and size */
static size_t says(struct end *e, uint8_t type, size_t size)
{
	struct probe_arrival in = {
		.from = e->from, .at = e->at, .tos = 0xb8, .now = e->now,
		.len = size,
	};
	uint8_t *buf = malloc(size), tos;

	e->msg.type = type;
	e->msg.seq++;
	probe_write(&e->key, &e->msg, buf, size);
	in.data = buf;
	e->len = probe_answer(e->server, &in, e->out, &tos);
	free(buf);
	if (e->len && !probe_read(&e->key, e->out, e->len, &e->answer))
		return 1;
	if (e->len && e->answer.type == PROBE_COOKIE)
		e->msg.pass = e->answer.pass;
	if (e->len && e->answer.type == PROBE_ECHO)
		probe_echo_read(e->answer.body, &e->echo);
	return e->len;
}

static bool test_conversation(void)
{
	struct probe_server *s = server();
	struct end e = end_of(s, 1);
	struct probe_part part = { .doc = PROBE_DOC_UDP_USED };
	uint8_t body[PROBE_BODY];

	KTAP_CHECK(says(&e, PROBE_HELLO, PROBE_MIN) == PROBE_MIN);
	KTAP_CHECK(e.answer.type == PROBE_COOKIE && !probe_server_clients(s));
	KTAP_CHECK(says(&e, PROBE_PROBE, PROBE_MIN) == PROBE_MIN);
	KTAP_CHECK(probe_server_clients(s) == 1);
	KTAP_CHECK(e.answer.type == PROBE_ECHO && e.answer.seq == e.msg.seq);
	KTAP_CHECK(dp_addr_eq(&e.echo.seen, &e.from) && dp_addr_eq(&e.echo.at, &e.at));
	KTAP_CHECK(e.echo.tos == 0xb8 && e.echo.received == e.now && !e.echo.flow);
	e.msg.flags = PROBE_FLOW | PROBE_FULL;
	KTAP_CHECK(says(&e, PROBE_PROBE, 1400) == 1400 && e.echo.flow == 1);
	e.msg.body = probe_part_write(&part, body);
	KTAP_CHECK(says(&e, PROBE_ASK, 600) == 600 && e.answer.type == PROBE_TOLD);
	KTAP_CHECK(probe_part_read(e.answer.body, &part) && part.total == 376 &&
		   part.data.n == 376 && (uint8_t)part.data.p[1] == 0x81);
	part = (struct probe_part){ .doc = PROBE_DOC_HEARD };
	e.msg.body = probe_part_write(&part, body);
	KTAP_CHECK(says(&e, PROBE_ASK, 600));
	KTAP_CHECK(probe_part_read(e.answer.body, &part) && part.data.p[0] == 1 &&
		   !part.data.p[1]);
	/* behind its end there is nothing */
	part = (struct probe_part){ .doc = PROBE_DOC_HEARD, .offset = 60000 };
	e.msg.body = probe_part_write(&part, body);
	KTAP_CHECK(says(&e, PROBE_ASK, 600));
	KTAP_CHECK(probe_part_read(e.answer.body, &part) && !part.data.n);
	probe_server_free(s);
	return true;
}

static bool test_strangers(void)
{
	struct probe_server *s = server();
	struct end e = end_of(s, 1);
	uint8_t type;

	/* another token */
	e.key = key_of("another token");
	for (type = PROBE_HELLO; type <= PROBE_TOLD; type++)
		KTAP_CHECK(!says(&e, type, PROBE_MIN));
	/* the token, but no cookie, or one by somebody else */
	e.key = key_of(TOKEN);
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	KTAP_CHECK(!says(&e, PROBE_ASK, PROBE_MIN));
	memset(&e.msg.pass.proof, 7, PROBE_COOKIE_LEN);
	e.msg.pass.time = 1000;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	/* what only a server says */
	KTAP_CHECK(!says(&e, PROBE_COOKIE, PROBE_MIN));
	KTAP_CHECK(!says(&e, PROBE_ECHO, PROBE_MIN));
	KTAP_CHECK(!says(&e, PROBE_TOLD, PROBE_MIN));
	KTAP_CHECK(!probe_server_clients(s));
	/* a cookie that somebody else got: neither an answer nor a place */
	KTAP_CHECK(says(&e, PROBE_HELLO, PROBE_MIN));
	e.from = addr("198.51.100.7:4000");
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	KTAP_CHECK(!probe_server_clients(s));
	/* one that is too old */
	e.from = addr("192.0.2.1:4000");
	e.now += (PROBE_COOKIE_AGE + 1) * SECOND;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	probe_server_free(s);
	return true;
}

static bool test_said_twice(void)
{
	struct probe_server *s = server();
	struct end e = end_of(s, 1);

	says(&e, PROBE_HELLO, PROBE_MIN);
	KTAP_CHECK(says(&e, PROBE_PROBE, PROBE_MIN));
	e.msg.seq--;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	/* from elsewhere it is not answered either, once or twice */
	e.from = addr("192.0.2.9:4000");
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	e.from = addr("192.0.2.1:4000");
	e.msg.seq--;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	/* nor when it has said good-bye, as long as its cookie is good */
	e.msg.flags = PROBE_BYE;
	KTAP_CHECK(says(&e, PROBE_PROBE, PROBE_MIN) && !probe_server_clients(s));
	e.msg.flags = 0;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN) && !probe_server_clients(s));
	e = end_of(s, 2);
	says(&e, PROBE_HELLO, PROBE_MIN);
	KTAP_CHECK(says(&e, PROBE_PROBE, PROBE_MIN));
	e.now += PROBE_IDLE + 1;
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN) && !probe_server_clients(s));
	probe_server_free(s);
	return true;
}

static bool test_from_elsewhere(void)
{
	struct probe_part part = { .doc = PROBE_DOC_OTHER };
	struct probe_server *s = server();
	struct end e = end_of(s, 1);
	uint8_t body[PROBE_BODY];

	says(&e, PROBE_HELLO, PROBE_MIN);
	says(&e, PROBE_PROBE, PROBE_MIN);
	e.from = addr("192.0.2.9:5000");
	KTAP_CHECK(!says(&e, PROBE_PROBE, PROBE_MIN));
	e.from = addr("192.0.2.1:4001");
	e.msg.body = probe_part_write(&part, body);
	KTAP_CHECK(says(&e, PROBE_ASK, 600));
	KTAP_CHECK(probe_part_read(e.answer.body, &part));
	KTAP_CHECK(span_is(part.data, "192.0.2.9:5000"));
	probe_server_free(s);
	return true;
}

/* never more out than in, whatever is asked, and nothing for too little */
static bool test_amplification(void)
{
	static const uint8_t types[] = { PROBE_HELLO, PROBE_PROBE, PROBE_ASK };
	struct probe_server *s = server();
	struct end e = end_of(s, 1);
	uint8_t body[PROBE_BODY];
	unsigned int answers = 0;
	size_t size, i;

	says(&e, PROBE_HELLO, PROBE_MIN);
	for (size = 104; size <= 1500; size++) {
		for (i = 0; i < COUNT(types); i++) {
			struct probe_part part = { .doc = size % __PROBE_DOC_MAX };

			e.now += SECOND / 50;
			e.msg.flags = size & 1 ? PROBE_FULL : 0;
			e.msg.body = probe_part_write(&part, body);
			says(&e, types[i], size);
			KTAP_CHECK(e.len <= size && (size >= PROBE_MIN || !e.len));
			answers += !!e.len;
		}
	}
	KTAP_CHECK(answers > 3000);
	probe_server_free(s);
	return true;
}

static bool test_bounds(void)
{
	struct probe_server *s = server();
	static struct end e[PROBE_CLIENTS + 1];
	struct probe_offer offer;
	unsigned int i, n;

	for (i = 0; i <= PROBE_CLIENTS; i++) {
		e[i] = end_of(s, (uint8_t)(i + 1));
		KTAP_CHECK(says(&e[i], PROBE_HELLO, PROBE_MIN));
		KTAP_CHECK(probe_offer_read(e[i].answer.body, &offer));
		KTAP_CHECK(!(offer.flags & PROBE_BUSY) == (i < PROBE_CLIENTS));
		KTAP_CHECK(!says(&e[i], PROBE_PROBE, PROBE_MIN) == (i == PROBE_CLIENTS));
	}
	KTAP_CHECK(probe_server_clients(s) == PROBE_CLIENTS);
	/* who is silent goes; who spoke stays */
	e[0].now += PROBE_IDLE;
	e[1].now += PROBE_IDLE;
	KTAP_CHECK(says(&e[0], PROBE_PROBE, PROBE_MIN));
	e[PROBE_CLIENTS].now += PROBE_IDLE + 1;
	KTAP_CHECK(says(&e[PROBE_CLIENTS], PROBE_PROBE, PROBE_MIN));
	KTAP_CHECK(probe_server_clients(s) == 2);
	/* cookies of one second */
	e[1].now += 60 * SECOND;
	for (i = 0, n = 0; i < 2 * PROBE_HELLOS; i++)
		n += says(&e[1], PROBE_HELLO, PROBE_MIN) != 0;
	KTAP_CHECK(n == PROBE_HELLOS);
	e[1].now += SECOND;
	KTAP_CHECK(says(&e[1], PROBE_HELLO, PROBE_MIN));
	probe_server_free(s);
	return true;
}

/* ---------------------------------------------------------------------- SIP */

static size_t invite(const struct end *e, uint32_t seq, char *buf)
{
	struct probe_sip_proof proof = { .method = PROBE_INVITE, .seq = seq };
	struct dp_addr own = addr("10.0.0.2:4000"), to = addr("192.0.2.254:5060");

	memcpy(proof.session, e->msg.session, PROBE_ID_LEN);
	proof.pass = e->msg.pass;
	return probe_sip_write(&e->key, &proof, &own, &to, buf, PROBE_SIP_MAX);
}

static bool hears(struct end *e, const char *text, size_t len)
{
	struct probe_arrival in = {
		.from = e->from, .at = e->at, .now = e->now, .data = text, .len = len,
	};

	return probe_hear_sip(e->server, &in);
}

static bool test_sip_heard(void)
{
	struct probe_part part = { .doc = PROBE_DOC_INVITE };
	struct probe_server *s = server();
	struct end e = end_of(s, 1);
	uint8_t body[PROBE_BODY];
	char text[PROBE_SIP_MAX + 1];
	size_t n;

	says(&e, PROBE_HELLO, PROBE_MIN);
	n = invite(&e, 100, text);
	KTAP_CHECK(n > 400);
	/* a cookie alone is no client: it has not asked anything yet */
	KTAP_CHECK(!hears(&e, text, n));
	says(&e, PROBE_PROBE, PROBE_MIN);
	/* whatever became of the rest */
	*strstr(text, "10.0.0.2") = '4';
	KTAP_CHECK(hears(&e, text, n));
	KTAP_CHECK(!hears(&e, text, n));	/* twice */
	e.msg.body = probe_part_write(&part, body);
	KTAP_CHECK(says(&e, PROBE_ASK, 600) && probe_part_read(e.answer.body, &part));
	KTAP_CHECK(part.total == n && !memcmp(part.data.p, text, part.data.n));
	/* forged, of another address, too long, none */
	n = invite(&e, 101, text);
	strstr(text, "X-Rtplane-Probe: ")[60] ^= 1;
	KTAP_CHECK(!hears(&e, text, n));
	n = invite(&e, 102, text);
	e.from = addr("192.0.2.7:4000");
	KTAP_CHECK(!hears(&e, text, n));
	KTAP_CHECK(!hears(&e, text, PROBE_SIP_MAX + 1));
	KTAP_CHECK(!hears(&e, "INVITE sip:x SIP/2.0\r\n\r\n", 24));
	probe_server_free(s);
	return true;
}

static bool test_sip_compared(void)
{
	static const struct {
		const char *find;
		const char *by;
		const char *fields;
	} rows[] = {
		{ "audio 4000", "audio 5000", "SDP m=" },
		{ "c=IN IP4 10.", "c=IN IP4 40.", "SDP c=" },
		{ "1 1 IN IP4 10", "1 1 IN IP4 40", "SDP o=" },
		{ "Contact: <sip:probe@10", "Contact: <sip:probe@40", "Contact" },
		{ "UDP 10.0.0.2:4000", "UDP 10.0.0.2:5000", "Via" },
		{ "Max-Forwards: 70", "Max-Forwards: 69", "Max-Forwards" },
		{ "INVITE sip:", "INVITE sip;", "first line" },
		{ "a=rtcp:4001", "a=rtcp:5001", "SDP a=rtcp" },
		{ "t=0 0", "t=0 1", "the rest" },
		{ "CSeq: ", "Cseq= ", "CSeq" },
		{ "Contact:", "m      :", "" },
	};
	struct probe_sip_change changes[PROBE_SIP_CHANGES];
	char sent[PROBE_SIP_MAX], got[PROBE_SIP_MAX];
	struct end e = end_of(NULL, 1);
	size_t n = invite(&e, 5, sent), i, k;

	KTAP_CHECK(!probe_sip_compare((struct span){ sent, n },
				      (struct span){ sent, n }, changes));
	for (i = 0; i < COUNT(rows); i++) {
		memcpy(got, sent, n + 1);
		KTAP_CHECK(strstr(got, rows[i].find));
		memcpy(strstr(got, rows[i].find), rows[i].by, strlen(rows[i].by));
		k = probe_sip_compare((struct span){ sent, n },
				      (struct span){ got, n }, changes);
		if (*rows[i].fields && k == 1 &&
		    !strcmp(changes[0].field, rows[i].fields))
			continue;
		if (!*rows[i].fields && k == 1 &&
		    !strcmp(changes[0].field, "the rest"))
			continue;
		printf("# row %zu: %zu changes, %s\n", i, k, changes[0].field);
		return false;
	}
	return true;
}

static const struct ktap_point points[] = {
	{ "a datagram is what another program makes of it", test_vector },
	{ "a forged or truncated one is none", test_forged },
	{ "bodies are read as they were written", test_bodies },
	{ "a cookie is of an address, a name and a time", test_cookie },
	{ "a number is taken once", test_replay },
	{ "a client is answered", test_conversation },
	{ "strangers get neither an answer nor a place", test_strangers },
	{ "what was said before is not answered", test_said_twice },
	{ "another source of a client is heard, not answered", test_from_elsewhere },
	{ "no answer is longer than its question", test_amplification },
	{ "clients, silence and cookies have bounds", test_bounds },
	{ "a SIP message is known by its proof", test_sip_heard },
	{ "what changed in a SIP message is named", test_sip_compared },
};

int main(void)
{
	return KTAP_RUN(points);
}
