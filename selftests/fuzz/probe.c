// SPDX-License-Identifier: GPL-2.0
/*
 * The port tester's server, spoken to by anybody and by who has the token.  What must
 * hold:
 *
 * - no answer is longer than its question, and none goes to who has no token;
 * - an answer is a datagram by the key, and its body can be read;
 * - who has no cookie takes no place;
 * - what changed in a SIP message lies within it.
 */
#include "fuzz.h"
#include "probe/server.h"
#include "probe/sip.h"

#define NAME	"0123456789abcdef"
#define Z16	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define REST	Z16 Z16 Z16 Z16 Z16 Z16

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("RPp1\x01\0\xb8\0\0\0\0\xa0\0\0\0\x01" NAME "\0\0\0\0\0\0\0\x09\0\0\0\0" Z16 REST),
	FUZZ_SAMPLE("RPp1\x03\x03\xb8\0\0\0\0\xa0\0\0\0\x02" NAME "\0\0\0\0\0\0\0\x09\0\0\0\x64" Z16 REST REST),
	FUZZ_SAMPLE("RPp1\x05\0\xb8\0\0\x06\0\xa0\0\0\0\x03" NAME "\0\0\0\0\0\0\0\x09\0\0\0\x64" Z16
		    "\x02\0\0\0\0\0" REST REST REST),
	FUZZ_SAMPLE("INVITE sip:probe@192.0.2.254:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:4000;branch=z9hG4bK1\r\n"
		    "Contact: <sip:probe@10.0.0.2:4000>\r\nX-Rtplane-Probe: 00\r\nContent-Length: 60\r\n\r\n"
		    "v=0\r\no=probe 1 1 IN IP4 10.0.0.2\r\nc=IN IP4 10.0.0.2\r\nm=audio 4000 RTP/AVP 8\r\n"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("RPp1"), FUZZ_SAMPLE("\x03"), FUZZ_SAMPLE("\x05"), FUZZ_SAMPLE(NAME), FUZZ_SAMPLE("\0\xa0"),
	FUZZ_SAMPLE("\r\n\r\n"), FUZZ_SAMPLE("m: "), FUZZ_SAMPLE("c="), FUZZ_SAMPLE("X-Rtplane-Probe: "), FUZZ_SAMPLE("\xff\xff"),
};

static struct probe_server *server;
static struct probe_key key;

static void set_up(void)
{
	struct probe_server_conf conf = { .lo = 30000, .hi = 30010, .sip = 5060 };

	if (server)
		return;
	FUZZ_CHECK(probe_key_make(&key, SPAN("token of the fuzzer")));
	conf.key = key;
	server = probe_server_new(&conf);
	FUZZ_CHECK(server);
}

static size_t answer(const uint8_t *data, size_t size, bool cookie)
{
	static uint8_t out[PROBE_MAX];
	struct probe_arrival in = { .now = 100000000, .data = data, .len = size };
	size_t before = probe_server_clients(server), len;
	struct probe_offer offer;
	struct probe_echo echo;
	struct probe_part part;
	struct probe_msg msg;
	uint8_t tos;

	FUZZ_CHECK(dp_addr_parse("192.0.2.1:4000", &in.from));
	FUZZ_CHECK(dp_addr_parse("192.0.2.254:30010", &in.at));
	len = probe_answer(server, &in, out, &tos);
	FUZZ_CHECK(len <= size);
	FUZZ_CHECK(probe_server_clients(server) == before || cookie);
	if (!len)
		return 0;
	FUZZ_CHECK(probe_read(&key, out, len, &msg));
	FUZZ_CHECK((msg.type == PROBE_COOKIE && probe_offer_read(msg.body, &offer)) ||
		   (msg.type == PROBE_ECHO && probe_echo_read(msg.body, &echo)) ||
		   (msg.type == PROBE_TOLD && probe_part_read(msg.body, &part)));
	return len;
}

/* the same by who has the token, and by who has a cookie as well */
static void check_signed(const uint8_t *data, size_t size)
{
	static struct probe_key no_secret;
	struct dp_addr from;
	struct probe_msg msg;
	uint8_t *copy;

	if (size < 92 || size > PROBE_MAX)
		return;
	copy = malloc(size);
	FUZZ_CHECK(copy);
	memcpy(copy, data, size);
	memcpy(copy, "RPp1", 4);
	copy[7] = 0;
	copy[10] = (uint8_t)(size >> 8);
	copy[11] = (uint8_t)size;
	probe_mac(&key, copy, size - 32, copy + size - 32);
	answer(copy, size, false);
	if (probe_read(&key, copy, size, &msg)) {
		FUZZ_CHECK((const uint8_t *)msg.body.p + msg.body.n <= copy + size - 32);
		FUZZ_CHECK(dp_addr_parse("192.0.2.1:4000", &from));
		probe_pass_make(&no_secret, &from, msg.session, 100, &msg.pass);
		memcpy(copy + 40, "\0\0\0\x64", 4);
		memcpy(copy + 44, msg.pass.proof, PROBE_COOKIE_LEN);
		probe_mac(&key, copy, size - 32, copy + size - 32);
		answer(copy, size, true);
	}
	free(copy);
}

static bool within(struct span whole, struct span part)
{
	return !part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_sip(const uint8_t *data, size_t size)
{
	struct span sent = { samples[3].p, samples[3].n };
	struct span got = { (const char *)data, size };
	struct probe_sip_change changes[PROBE_SIP_CHANGES];
	struct probe_arrival in = { .now = 100000000, .data = data, .len = size };
	size_t n = probe_sip_compare(sent, got, changes), i;

	FUZZ_CHECK(n <= PROBE_SIP_CHANGES && !n == span_eq(sent, got));
	for (i = 0; i < n; i++)
		FUZZ_CHECK(within(sent, changes[i].was) && within(got, changes[i].now));
	FUZZ_CHECK(!probe_hear_sip(server, &in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	set_up();
	FUZZ_CHECK(!answer(data, size, false));
	check_signed(data, size);
	check_sip(data, size);
	return 0;
}

FUZZ_MAIN("the port tester", samples, words)
