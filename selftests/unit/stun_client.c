// SPDX-License-Identifier: GPL-2.0
/*
 * The address that a STUN server sees us by: a client and a server of the test's in
 * virtual time. When requests leave is written from RFC 8489 6.2.1, with the first one
 * repeated after 100 ms.
 */
#include <string.h>

#include "ktap.h"
#include "stun/client.h"

#define SERVER	"192.0.2.7:3478"
#define OURS	"203.0.113.5:30000"

/* the world around a client */
static struct {
	struct timers timers;
	struct stun_client *client;
	uint64_t start;
	char sent[256];			/* ms since start of each request */
	uint8_t id[STUN_ID_LEN];	/* of the last one */
	unsigned int asked;
	unsigned int changed;
	bool free_it;
	bool no_random;
} w;

static void sent(void *arg, const struct dp_addr *to, const void *data, size_t len)
{
	size_t n = strlen(w.sent);
	struct stun_msg m;

	if (!stun_parse(data, len, &m) || m.class != STUN_REQUEST ||
	    m.method != STUN_BINDING || !m.fingerprint)
		return;
	w.asked++;
	memcpy(w.id, m.id, sizeof(w.id));
	snprintf(w.sent + n, sizeof(w.sent) - n, "%s%llu", n ? " " : "",
		 (unsigned long long)(w.timers.now - w.start));
}

static void changed(void *arg, const struct stun_client_state *state)
{
	w.changed++;
	if (w.free_it) {
		stun_client_free(w.client);
		w.client = NULL;
	}
}

static bool predictable(void *buf, size_t n)
{
	static uint8_t next;

	memset(buf, ++next, n);
	return !w.no_random;
}

static const struct stun_client_ops ops = { sent, changed };

static void begin(struct stun_client_conf conf)
{
	struct dp_addr server;

	stun_client_free(w.client);
	memset(&w, 0, sizeof(w));
	timers_init(&w.timers, 1000);
	w.start = w.timers.now;
	dp_addr_parse(SERVER, &server);
	conf.random = predictable;
	w.client = stun_client_new(&w.timers, &conf, &server, &ops, NULL);
	timers_run(&w.timers, w.timers.now);
}

static bool end(void)
{
	stun_client_free(w.client);
	w.client = NULL;
	KTAP_CHECK(!w.timers.count);
	return true;
}

/* time goes by, a timer at a time */
static void pass(uint64_t ms)
{
	uint64_t until = w.timers.now + ms;

	while (timers_next(&w.timers) <= until - w.timers.now)
		timers_run(&w.timers, w.timers.now + timers_next(&w.timers));
	timers_run(&w.timers, until);
}

static const struct stun_client_state *state(void)
{
	return stun_client_state(w.client);
}

static bool knows(const char *text)
{
	char buf[DP_ADDR_STRLEN];

	return !strcmp(dp_addr_str(&state()->mapped, buf, sizeof(buf)), text);
}

/**
 * struct reply - what the server says
 * @from: from where; NULL: SERVER
 * @class: STUN_SUCCESS or another
 * @type: STUN_XOR_MAPPED_ADDRESS or another; 0: no address
 * @addr: the address
 * @code: ERROR-CODE
 * @unknown: an attribute that must be understood
 * @other: of another transaction
 */
struct reply {
	const char *from;
	enum stun_class class;
	unsigned int type;
	const char *addr;
	unsigned int code;
	unsigned int unknown;
	bool other;
};

static bool reply(struct reply r)
{
	struct stun_writer out;
	struct dp_addr from, addr;
	uint8_t buf[256];

	dp_addr_parse(r.from ? r.from : SERVER, &from);
	w.id[0] ^= r.other;
	stun_begin(&out, buf, sizeof(buf), r.class, STUN_BINDING, w.id);
	w.id[0] ^= r.other;
	if (r.type && (dp_addr_parse(r.addr, &addr) || dp_addr_parse_host(r.addr, &addr)))
		stun_put_addr(&out, r.type, &addr);
	if (r.code)
		stun_put_error(&out, r.code, "some \x1b reason");
	if (r.unknown)
		stun_put_u32(&out, r.unknown, 0);
	stun_put_fingerprint(&out);
	return stun_client_receive(w.client, &from, buf, stun_end(&out));
}

static bool answer(const char *addr)
{
	return reply((struct reply){ .class = STUN_SUCCESS,
				     .type = STUN_XOR_MAPPED_ADDRESS, .addr = addr });
}

static bool test_answer(void)
{
	begin((struct stun_client_conf){ 0 });
	KTAP_CHECK(w.asked == 1 && state()->asking && knows("-"));
	pass(30);
	KTAP_CHECK(answer(OURS) && w.changed == 1);
	KTAP_CHECK(knows(OURS) && !state()->asking && state()->rtt == 30 && !*state()->why);
	/* its copy, and time */
	KTAP_CHECK(!answer("203.0.113.6:1") && knows(OURS));
	pass(10 * 3600 * 1000);
	KTAP_CHECK(w.asked == 1 && w.changed == 1 && state()->answered == 1);
	return end();
}

static bool test_times(void)
{
	begin((struct stun_client_conf){ 0 });
	pass(7899);
	KTAP_CHECK(!strcmp(w.sent, "0 100 300 700 1500 3100 6300"));
	KTAP_CHECK(state()->asking && !w.changed);
	pass(1);
	KTAP_CHECK(!state()->asking && w.changed == 1);
	KTAP_CHECK(strstr(state()->why, SERVER " did not answer 7 requests"));
	/* the pauses double, up to five minutes */
	w.sent[0] = '\0';
	pass(5000);
	KTAP_CHECK(!strcmp(w.sent, "12900"));
	pass(7900 + 10000);
	KTAP_CHECK(strstr(w.sent, " 30800") && w.asked == 15);
	pass(3600 * 1000);
	w.asked = 0;
	pass(3600 * 1000);
	KTAP_CHECK(w.asked >= 7 * 11 && w.asked <= 7 * 12);
	return end();
}

static bool test_lost(void)
{
	/* an answer to any of them will do, up to the last moment */
	begin((struct stun_client_conf){ 0 });
	pass(7899);
	KTAP_CHECK(answer(OURS) && knows(OURS) && w.changed == 1);
	pass(100000);
	KTAP_CHECK(w.asked == 7);
	/* and behind it, none */
	begin((struct stun_client_conf){ 0 });
	pass(7900);
	KTAP_CHECK(!answer(OURS) && knows("-"));
	/* asked once more, the first id is history */
	pass(5000);
	KTAP_CHECK(answer(OURS) && knows(OURS) && !*state()->why && w.changed == 2);
	return end();
}

static bool test_not_ours(void)
{
	struct dp_addr from;

	begin((struct stun_client_conf){ 0 });
	dp_addr_parse(SERVER, &from);
	KTAP_CHECK(!reply((struct reply){ .class = STUN_SUCCESS, .from = "192.0.2.7:3479",
		.type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS }));
	KTAP_CHECK(!reply((struct reply){ .class = STUN_SUCCESS, .from = "192.0.2.8:3478",
		.type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS }));
	KTAP_CHECK(!reply((struct reply){ .class = STUN_SUCCESS, .other = true,
		.type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS }));
	KTAP_CHECK(!reply((struct reply){ .class = STUN_REQUEST,
		.type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS }));
	KTAP_CHECK(!reply((struct reply){ .class = STUN_INDICATION,
		.type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS }));
	KTAP_CHECK(!stun_client_receive(w.client, &from, "x", 1));
	KTAP_CHECK(!stun_client_receive(w.client, &from, "", 0));
	KTAP_CHECK(knows("-") && state()->asking && state()->ignored == 7 && !w.changed);
	KTAP_CHECK(answer(OURS) && knows(OURS));
	return end();
}

static const struct {
	const char *says;
	struct reply reply;
} refused[] = {
	{ "error 401", { .class = STUN_ERROR, .code = 401 } },
	{ "error 300", { .class = STUN_ERROR, .code = 300, .type = STUN_ALTERNATE_SERVER, .addr = OURS } },
	{ "error 0", { .class = STUN_ERROR, .code = 0 } },
	{ "\\x1b", { .class = STUN_ERROR, .code = 500 } },
	{ "without an address", { .class = STUN_SUCCESS } },
	{ "0x7777", { .class = STUN_SUCCESS, .unknown = 0x7777, .type = STUN_XOR_MAPPED_ADDRESS, .addr = OURS } },
	{ "without an address", { .class = STUN_SUCCESS, .type = STUN_XOR_MAPPED_ADDRESS, .addr = "203.0.113.5" } },
	{ "without an address", { .class = STUN_SUCCESS, .type = STUN_XOR_MAPPED_ADDRESS, .addr = "0.0.0.0:5" } },
	{ "without an address", { .class = STUN_SUCCESS, .type = STUN_XOR_MAPPED_ADDRESS, .addr = "224.0.0.1:5" } },
	{ "without an address", { .class = STUN_SUCCESS, .type = STUN_XOR_MAPPED_ADDRESS, .addr = "255.255.255.255:5" } },
	{ "without an address", { .class = STUN_SUCCESS, .type = STUN_XOR_MAPPED_ADDRESS, .addr = "[2001:db8::1]:5" } },
};

static bool test_refused(void)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		begin((struct stun_client_conf){ 0 });
		KTAP_CHECK(answer(OURS));
		stun_client_ask(w.client, false);
		pass(0);
		KTAP_CHECK(reply(refused[i].reply) && w.changed == 2);
		if (!strstr(state()->why, refused[i].says)) {
			printf("# %zu: %s\n", i, state()->why);
			return false;
		}
		/* what is known stays, and it is asked again later */
		KTAP_CHECK(knows(OURS) && !state()->asking);
		w.asked = 0;
		pass(4999);
		KTAP_CHECK(!w.asked);
		pass(1);
		KTAP_CHECK(w.asked == 1 && answer(OURS) && !*state()->why && w.changed == 3);
	}
	return end();
}

static bool test_again(void)
{
	begin((struct stun_client_conf){ .refresh = 60000 });
	KTAP_CHECK(answer(OURS));
	pass(59999);
	KTAP_CHECK(w.asked == 1);
	pass(1);
	KTAP_CHECK(w.asked == 2 && knows(OURS) && answer(OURS) && w.changed == 1);
	/* an address of the host has changed */
	stun_client_ask(w.client, true);
	KTAP_CHECK(knows("-"));
	pass(0);
	KTAP_CHECK(w.asked == 3 && answer("203.0.113.9:30000") && w.changed == 2);
	/* asked anew while asking: only the newest request counts */
	stun_client_ask(w.client, false);
	pass(50);
	stun_client_ask(w.client, false);
	KTAP_CHECK(!answer(OURS) && knows("203.0.113.9:30000"));
	pass(0);
	KTAP_CHECK(answer(OURS) && knows(OURS));
	return end();
}

static bool test_server(void)
{
	struct dp_addr other;

	begin((struct stun_client_conf){ 0 });
	KTAP_CHECK(answer(OURS));
	dp_addr_parse("192.0.2.99:3478", &other);
	stun_client_server(w.client, &other);
	pass(0);
	KTAP_CHECK(w.asked == 2 && knows(OURS) && !answer("203.0.113.9:1"));
	KTAP_CHECK(reply((struct reply){ .class = STUN_SUCCESS, .from = "192.0.2.99:3478",
		.type = STUN_MAPPED_ADDRESS, .addr = "203.0.113.9:1" }));
	KTAP_CHECK(knows("203.0.113.9:1"));
	return end();
}

static bool test_freed(void)
{
	begin((struct stun_client_conf){ 0 });
	w.free_it = true;
	KTAP_CHECK(answer(OURS) && !w.client);
	begin((struct stun_client_conf){ 0 });
	w.free_it = true;
	pass(10000);
	KTAP_CHECK(!w.client && w.asked == 7);
	return end();
}

static bool test_random(void)
{
	struct dp_addr server;

	begin((struct stun_client_conf){ 0 });
	w.no_random = true;
	stun_client_ask(w.client, false);
	pass(0);
	KTAP_CHECK(w.asked == 1 && strstr(state()->why, "random"));
	w.no_random = false;
	pass(5000);
	KTAP_CHECK(w.asked == 2 && answer(OURS) && !*state()->why);
	/* the library's own, too */
	stun_client_free(w.client);
	dp_addr_parse(SERVER, &server);
	w.client = stun_client_new(&w.timers, NULL, &server, &ops, NULL);
	pass(0);
	KTAP_CHECK(w.asked == 3 && answer(OURS));
	return end();
}

static const struct ktap_point points[] = {
	{ "an answer is kept", test_answer },
	{ "requests are repeated after 100 ms, doubling; so are questions", test_times },
	{ "an answer to any request of a question counts", test_lost },
	{ "what is not its answer is somebody else's", test_not_ours },
	{ "answers that cannot be used", test_refused },
	{ "asked again: by time, by a change of addresses", test_again },
	{ "another server", test_server },
	{ "freed by who is told", test_freed },
	{ "random numbers", test_random },
};

int main(void)
{
	return KTAP_RUN(points);
}
