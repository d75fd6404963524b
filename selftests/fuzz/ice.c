// SPDX-License-Identifier: GPL-2.0
/*
 * An ICE agent to which anything may be said in any order: by the other party, by who
 * knows a password or none, by who sends again what was sent; while time goes by and
 * candidates, credentials and roles change. What must hold:
 *
 * - what it keeps is bounded, and what it sends at once too;
 * - nothing goes to an address that nobody with our password has sent from, unless it
 *   was signalled; an answer goes to who asked, and is not longer;
 * - of a component that it knows no way for, it says so; and the way that it tells is
 *   one that was proved, by an answer to a check of ours or, lite, by theirs;
 * - nothing is left when it is freed.
 *
 * Each byte of the input is something to do, with some of the bytes behind it.
 */
#include "fuzz.h"
#include "ice/ice.h"
#include "stun/stun.h"

#define UFRAG	"efgh"
#define PWD	"0123456789abcdefghijkl"
#define ADDRS	64
#define ASKED	64

static const struct fuzz_sample samples[] = {
	/* lite: credentials, a candidate, checks, one that nominates, again, time */
	FUZZ_SAMPLE("\x01\x08" "\x02\x01\x01" "\x00\x01\x05\x00" "\x00\x01\x07\x00" "\x01\x02" "\x07\x40" "\x00\x01\x05\x00"),
	/* full, controlled: early check, credentials, answer, nomination */
	FUZZ_SAMPLE("\x00" "\x00\x01\x05\x00" "\x08" "\x07\x01" "\x03\x00" "\x00\x01\x07\x00" "\x07\x01" "\x03\x00" "\x07\xff"),
	/* full, controlling: credentials, two candidates, time, answers, restart */
	FUZZ_SAMPLE("\x02" "\x08" "\x02\x01\x09" "\x02\x02\x05" "\x07\x02" "\x03\x00" "\x07\x10" "\x03\x00" "\x05" "\x08" "\x02\x03\x09" "\x07\x20" "\x03\x01"),
	/* conflicts: roles, errors */
	FUZZ_SAMPLE("\x02" "\x08" "\x02\x01\x09" "\x07\x02" "\x03\x10" "\x00\x01\x0d\x01" "\x06" "\x07\x10" "\x03\x10" "\x00\x01\x05\xff" "\x04\x07"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\x08"), FUZZ_SAMPLE("\x07\xff"), FUZZ_SAMPLE("\x07\x01\x03\x00"), FUZZ_SAMPLE("\x00\x03\x07\x00"), FUZZ_SAMPLE("\x05\x08"),
	FUZZ_SAMPLE("\x01\x05"), FUZZ_SAMPLE("\x02\x07\x07"), FUZZ_SAMPLE("\x03\x10"), FUZZ_SAMPLE("\x06"), FUZZ_SAMPLE("\x09\x05\x00"), FUZZ_SAMPLE("\x07\x80"),
};

struct asked {
	uint8_t id[STUN_ID_LEN];
	unsigned int to;
};

static struct {
	struct timers timers;
	struct ice *ice;
	bool lite;
	bool heard[ADDRS];	/* signalled, or proved to know our password */
	bool proved[ADDRS];
	struct asked asked[ASKED];
	unsigned int n_asked;
	unsigned int sent;	/* in this call */
	const struct dp_addr *asks;	/* of whose datagram */
	size_t asks_n;
	bool has;		/* a way was told */
	uint32_t id;
	uint64_t seed;
	uint8_t said[640];
	size_t said_n;
	bool said_ours;
} w;

static bool random_bytes(void *buf, size_t n)
{
	uint8_t *b = buf;

	while (n--) {
		w.seed = w.seed * 6364136223846793005ull + 1442695040888963407ull;
		*b++ = (uint8_t)(w.seed >> 56);
	}
	return true;
}

static struct dp_addr addr_of(unsigned int i)
{
	struct dp_addr addr = { .family = AF_INET, .port = 5000 };

	addr.v4.s_addr = htonl(0xc6336401 + i % ADDRS);
	return addr;
}

static unsigned int index_of(const struct dp_addr *addr)
{
	return (ntohl(addr->v4.s_addr) - 0xc6336401) % ADDRS;
}

static void sent(void *arg, void *socket, const struct dp_addr *to,
		 const void *data, size_t n)
{
	unsigned int i = index_of(to);
	struct stun_msg m;

	FUZZ_CHECK(stun_parse(data, n, &m) && m.fingerprint);
	w.sent++;
	if (m.class == STUN_SUCCESS || m.class == STUN_ERROR) {
		FUZZ_CHECK(w.asks && dp_addr_eq(w.asks, to) && n <= w.asks_n);
		return;
	}
	FUZZ_CHECK(w.heard[i]);
	if (m.class == STUN_INDICATION)
		return;
	memcpy(w.asked[w.n_asked % ASKED].id, m.id, STUN_ID_LEN);
	w.asked[w.n_asked++ % ASKED].to = i;
}

static void event(void *arg, unsigned int stream, unsigned int component,
		  enum ice_event what, const struct ice_path *path)
{
	if (what == ICE_PATH) {
		FUZZ_CHECK(path->proven && w.proved[index_of(&path->remote)]);
		w.has = true;
	} else {
		FUZZ_CHECK(what != ICE_LOST || w.has);
		w.has = false;
	}
}

static const struct ice_ops ops = { .send = sent, .event = event };

static void begin(uint8_t flags)
{
	struct ice_conf conf = {
		.lite = flags & 1, .controlling = flags & 2, .random = random_bytes,
	};
	struct ice_local l = { .type = ICE_HOST, .component = 1, .preference = 9 };

	memset(&w, 0, sizeof(w));
	timers_init(&w.timers, 1000);
	w.lite = conf.lite;
	w.ice = ice_new(&w.timers, &conf, &ops, NULL);
	FUZZ_CHECK(w.ice && !ice_add_stream(w.ice, 1));
	dp_addr_parse("192.0.2.1:30000", &l.addr);
	l.base = l.addr;
	FUZZ_CHECK(ice_add_local(w.ice, 0, &l));
}

static void receive(unsigned int from, const void *data, size_t n)
{
	struct dp_addr src = addr_of(from), base;

	dp_addr_parse("192.0.2.1:30000", &base);
	w.asks = &src;
	w.asks_n = n;
	w.sent = 0;
	ice_receive(w.ice, 0, 1, &base, &src, data, n);
	w.asks = NULL;
	FUZZ_CHECK(w.sent <= 1);
}

/* a request: flags say what is wrong with it, and what it says */
static void check(unsigned int from, uint8_t flags, uint8_t tie)
{
	uint8_t id[STUN_ID_LEN] = "fuzz";
	struct stun_writer out;
	char user[64];

	w.id++;
	memcpy(id + 8, &w.id, 4);
	snprintf(user, sizeof(user), "%s:%s", ice_ufrag(w.ice, 0),
		 flags & 0x20 ? "other" : UFRAG);
	stun_begin(&out, w.said, sizeof(w.said), STUN_REQUEST, STUN_BINDING, id);
	stun_put_text(&out, STUN_USERNAME, span_of(user));
	if (flags & 1)
		stun_put_u32(&out, STUN_PRIORITY, tie * 0x01010101u);
	if (flags & 4)
		stun_put_u64(&out, flags & 8 ? STUN_ICE_CONTROLLED :
			     STUN_ICE_CONTROLLING, (uint64_t)tie << 56);
	if (flags & 2)
		stun_put_flag(&out, STUN_USE_CANDIDATE);
	if (flags & 0x40)
		stun_put_flag(&out, 0x7000);
	w.said_ours = !(flags & 0x10);
	stun_sign(&out, span_of(w.said_ours ? ice_pwd(w.ice, 0) : "wrong"));
	if (!(flags & 0x80))
		stun_put_fingerprint(&out);
	w.said_n = stun_end(&out);
	w.heard[from % ADDRS] |= w.said_ours;
	w.proved[from % ADDRS] |= w.said_ours && w.lite;
	receive(from, w.said, w.said_n);
}

static void again(unsigned int from)
{
	/* a copy of somebody's: it must not make anybody more than he is */
	receive(from, w.said, w.said_n);
}

/* an answer to a check that was sent: flags say what is wrong with it */
static void answer(unsigned int which, uint8_t flags)
{
	const struct asked *a = &w.asked[which % ASKED];
	unsigned int from = a->to + (flags & 1);
	struct dp_addr mapped = addr_of(0);
	struct stun_writer out;
	uint8_t buf[256];

	stun_begin(&out, buf, sizeof(buf), flags & 0x18 ? STUN_ERROR : STUN_SUCCESS,
		   STUN_BINDING, a->id);
	if (flags & 0x18)
		stun_put_error(&out, flags & 0x10 ? 487 : 400, NULL);
	else if (!(flags & 4))
		stun_put_addr(&out, STUN_XOR_MAPPED_ADDRESS, &mapped);
	stun_sign(&out, span_of(flags & 2 ? "wrong" : PWD));
	w.proved[a->to] |= !flags;
	receive(from, buf, stun_end(&out));
}

static void candidate(unsigned int to, uint8_t priority)
{
	struct ice_candidate c = {
		.type = priority % 4,
		.priority = 1 + priority, .foundation = "x", .addr = addr_of(to),
	};

	c.component = priority == 255 ? 2 : 1;
	if (!ice_add_remote(w.ice, 0, &c))
		w.heard[to % ADDRS] = true;
}

static void pass(uint32_t ms)
{
	uint64_t until = w.timers.now + ms;
	unsigned int turns = 0;

	while (timers_next(&w.timers) <= until - w.timers.now) {
		w.sent = 0;
		timers_run(&w.timers, w.timers.now + timers_next(&w.timers));
		FUZZ_CHECK(w.sent <= 100 && ++turns < 20000);
	}
	timers_run(&w.timers, until);
}

/* one thing to do; the bytes that it took */
static size_t act(const uint8_t *p, size_t n)
{
	uint8_t a = n > 1 ? p[1] : 0, b = n > 2 ? p[2] : 0, c = n > 3 ? p[3] : 0;

	switch (*p % 10) {
	case 0:
		check(a, b, c);
		return 4;
	case 1:
		again(a);
		return 2;
	case 2:
		candidate(a, b);
		return 3;
	case 3:
		answer(w.n_asked - 1 - a % 16, a / 16 % 2 ? 0x10 : b & 0x1f);
		return 2;
	case 4:
		answer(w.n_asked - 1, a & 0x1f);
		return 2;
	case 5:
		FUZZ_CHECK(ice_restart(w.ice, 0));
		return 1;
	case 6:
		ice_set_role(w.ice, a & 1);
		return 1;
	case 7:
		pass((uint32_t)a * a);
		return 2;
	case 8:
		FUZZ_CHECK(ice_set_remote(w.ice, 0, SPAN(UFRAG), SPAN(PWD), false));
		return 1;
	default:
		/* a byte of a datagram changed */
		if (w.said_n) {
			w.said[b % w.said_n] ^= a;
			receive(a, w.said, w.said_n);
			w.said[b % w.said_n] ^= a;
		}
		return 3;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ice_path path;
	size_t at, n;

	if (!size || size > 4096)
		return 0;
	begin(*data);
	for (at = 1; at < size; at += n) {
		n = act(data + at, size - at);
		FUZZ_CHECK(ice_memory(w.ice) < 24576);
		FUZZ_CHECK(ice_get_path(w.ice, 0, 1, &path) == w.has);
	}
	pass(100000);
	ice_free(w.ice);
	FUZZ_CHECK(!w.timers.count);
	return 0;
}

FUZZ_MAIN("ICE conversations", samples, words)
