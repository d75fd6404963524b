// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that somebody may send to an ICE agent who is not the other party, or is it
 * and means harm. What must hold of all: nothing is kept for who has not proved himself,
 * what is kept is bounded, and nobody gets more than he sent.
 */
#include "ice_say.h"

/* ------------------------------------------------------------------- strangers */

static bool test_strangers(void)
{
	static char longest[600];
	char user[64], swapped[64];
	struct check checks_of[] = {
		{ .user = "" }, { .user = "x" }, { .user = ":" }, { .user = "xxxxxxxx:" UFRAG },
		{ .user = ":" UFRAG }, { .user = user }, { .user = swapped },
		{ .user = longest }, { .pwd = "" }, { .bare = true, .pwd = "" },
	};
	struct dp_addr from = addr_of(PEER), base = addr_of(BASE);
	size_t i, memory;

	begin((struct ice_conf){ 0 }, true);
	memory = ice_memory(w.ice);
	snprintf(user, sizeof(user), "%s:", ice_ufrag(w.ice, 0));
	snprintf(swapped, sizeof(swapped), UFRAG ":%s", ice_ufrag(w.ice, 0));
	snprintf(longest, sizeof(longest), "%s:%0257d", ice_ufrag(w.ice, 0), 7);
	for (i = 0; i < sizeof(checks_of) / sizeof(*checks_of); i++)
		KTAP_CHECK(!say(checks_of[i]));
	KTAP_CHECK(stats()->strangers == i);
	/* what is no request, or nobody's answer, or comes in elsewhere */
	KTAP_CHECK(!ice_receive(w.ice, 0, 1, &base, &from, "", 0));
	KTAP_CHECK(!ice_receive(w.ice, 0, 1, &base, &from, said, said_n - 1));
	KTAP_CHECK(!ice_receive(w.ice, 0, 1, &from, &from, said, said_n));
	KTAP_CHECK(!ice_receive(w.ice, 0, 2, &base, &from, said, said_n));
	KTAP_CHECK(!ice_receive(w.ice, 1, 1, &base, &from, said, said_n));
	pass(10000);
	KTAP_CHECK(!w.n && !w.paths && ice_memory(w.ice) == memory);
	return end();
}

static bool test_forged(void)
{
	char from[64];
	size_t i, memory;

	begin((struct ice_conf){ 0 }, true);
	memory = ice_memory(w.ice);
	for (i = 0; i < 2000; i++) {
		snprintf(from, sizeof(from), "203.0.113.9:%zu", 1000 + i);
		KTAP_CHECK(!say((struct check){ .from = from, .pwd = "wrong", .use = true }));
		KTAP_CHECK(w.n == i + 1 && w.got[i].n < said_n);
	}
	pass(10000);
	KTAP_CHECK(stats()->forged == 2000 && count(STUN_ERROR, NULL) == 2000);
	KTAP_CHECK(!checks(NULL) && !w.paths && ice_memory(w.ice) == memory);
	return end();
}

/* whatever is asked, and however shortly, the answer is no longer */
static bool test_amplification(void)
{
	static const char *const from[] = { PEER, "[2001:db8::7]:5000" };
	static const char *const pwd[] = { NULL, "wrong" };
	unsigned int f, b, u, p;
	size_t sha, n;

	begin((struct ice_conf){ 0 }, true);
	for (f = 0; f < 2; f++)
	for (b = 0; b < 2; b++)
	for (u = 0; u < 2; u++)
	for (p = 0; p < 2; p++)
	for (sha = 0; sha <= 32; sha = sha ? sha + 4 : 16) {
		n = w.n;
		say((struct check){ .from = from[f], .bare = b, .pwd = pwd[p],
			.unknown = u ? 0x7000 : 0, .sha256 = sha });
		KTAP_CHECK(w.n == n || (w.n == n + 1 && w.got[n].n <= said_n));
	}
	return end();
}

static bool test_answers(void)
{
	struct stun_msg m;
	struct dp_addr addr, peer = addr_of(PEER);
	struct span list;

	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ 0 }) && w.n == 1);
	KTAP_CHECK(stun_parse(w.got[0].data, w.got[0].n, &m) && m.class == STUN_SUCCESS);
	KTAP_CHECK(!memcmp(m.id, said + 8, STUN_ID_LEN) && m.fingerprint && m.sha1);
	KTAP_CHECK(stun_verify(&m, span_of(ice_pwd(w.ice, 0))) == STUN_TRUSTED);
	KTAP_CHECK(stun_find_addr(&m, STUN_XOR_MAPPED_ADDRESS, &addr) && dp_addr_eq(&addr, &peer));
	/* protected as it was asked */
	KTAP_CHECK(say((struct check){ .sha256 = 32 }) && w.n == 2);
	KTAP_CHECK(stun_parse(w.got[1].data, w.got[1].n, &m) && m.sha256 && !m.sha1);
	/* what must be understood and is not */
	KTAP_CHECK(say((struct check){ .unknown = 0x7001, .use = true }) && w.n == 3);
	KTAP_CHECK(stun_parse(w.got[2].data, w.got[2].n, &m) && stun_find_error(&m, NULL) == 420);
	list = stun_find(&m, STUN_UNKNOWN_ATTRIBUTES);
	KTAP_CHECK(list.n == 2 && !memcmp(list.p, "\x70\x01", 2));
	KTAP_CHECK(stun_verify(&m, span_of(ice_pwd(w.ice, 0))) == STUN_TRUSTED);
	return end();
}

/* --------------------------------------------------------------------- replays */

static bool replays(bool lite)
{
	begin((struct ice_conf){ .lite = lite }, true);
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(0);
	if (!lite)
		KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }));
	KTAP_CHECK(is_path(PEER, true) && w.paths == 1);
	/* heard by somebody on the way, and sent on as from another */
	w.n = 0;
	KTAP_CHECK(say((struct check){ .from = "203.0.113.66:1", .again = true }));
	pass(20000);
	KTAP_CHECK(stats()->replayed == 1 && stats()->learned == 1);
	KTAP_CHECK(count(STUN_SUCCESS, "203.0.113.66:1") == 1 && !checks("203.0.113.66:1"));
	KTAP_CHECK(is_path(PEER, true) && w.paths == 1);
	return end();
}

static bool test_replay(void)
{
	struct check old = { .use = true };
	unsigned int i;

	KTAP_CHECK(replays(false) && replays(true));
	/* twenty minutes of consent later it is still known */
	begin((struct ice_conf){ .lite = true }, true);
	KTAP_CHECK(say(old));
	uint8_t copy[sizeof(said)];
	size_t n = said_n;

	memcpy(copy, said, n);
	for (i = 0; i < 250; i++) {
		pass(5000);
		KTAP_CHECK(say((struct check){ 0 }));
	}
	memcpy(said, copy, n);
	said_n = n;
	KTAP_CHECK(say((struct check){ .from = "203.0.113.66:1", .again = true }));
	KTAP_CHECK(stats()->replayed == 1 && is_path(PEER, true) && w.paths == 1);
	return end();
}

/* ---------------------------------------------------------------------- floods */

static bool test_learned(void)
{
	size_t memory = 0, i, before;
	char from[64];

	begin((struct ice_conf){ 0 }, true);
	/* an address that everybody may know, of whom the network lets anybody send */
	for (i = 0; i < 3000; i++) {
		snprintf(from, sizeof(from), "203.0.113.%zu:%zu", 1 + i % 250, 1000 + i);
		KTAP_CHECK(say((struct check){ .from = from, .use = true }));
		if (i == 100)
			memory = ice_memory(w.ice);
		pass(1);
	}
	KTAP_CHECK(ice_memory(w.ice) == memory && memory < 8192);
	/* one check in 50 ms and what is repeated of those that are still kept */
	KTAP_CHECK(count(STUN_SUCCESS, NULL) == 3000 && checks(NULL) < 3000 / 50 * 4);
	/* and the real one gets through meanwhile */
	before = checks(PEER);
	for (i = 0; !w.paths && i < 100; i++) {
		snprintf(from, sizeof(from), "203.0.113.%zu:%zu", 1 + i % 250, 9000 + i);
		KTAP_CHECK(say((struct check){ .from = from, .use = true }));
		if (i % 10 == 0)
			KTAP_CHECK(say((struct check){ .use = true }));
		pass(10);
		if (checks(PEER) > before)
			KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }));
	}
	KTAP_CHECK(is_path(PEER, true));
	/* whoever floods afterwards does not change that */
	for (i = 0; i < 1000; i++) {
		snprintf(from, sizeof(from), "203.0.113.%zu:%zu", 1 + i % 250, 20000 + i);
		KTAP_CHECK(say((struct check){ .from = from, .use = true }));
	}
	KTAP_CHECK(is_path(PEER, true) && w.paths == 1);
	return end();
}

/* an address that has answered us is kept, if it is the way or not */
static bool test_proved(void)
{
	static const char *const other = "198.51.100.2:5000";
	char from[64];
	size_t i;

	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ 0 }));
	pass(60);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, false));
	KTAP_CHECK(say((struct check){ .from = other }));
	pass(60);
	KTAP_CHECK(answer(last(other), (struct answer){ 0 }) && is_path(PEER, false));
	for (i = 0; i < 300; i++) {
		snprintf(from, sizeof(from), "203.0.113.%zu:1000", 1 + i % 14);
		KTAP_CHECK(say((struct check){ .from = from }));
		snprintf(from, sizeof(from), "203.0.113.%zu:%zu", 1 + i % 250, 2000 + i);
		KTAP_CHECK(say((struct check){ .from = from }));
	}
	i = checks(other);
	KTAP_CHECK(say((struct check){ .from = other, .use = true }));
	KTAP_CHECK(is_path(other, true) && checks(other) == i);
	return end();
}

static bool test_early(void)
{
	char from[64], user[300];
	size_t i, memory = 0;

	begin((struct ice_conf){ 0 }, false);
	for (i = 0; i < 1000; i++) {
		snprintf(from, sizeof(from), "203.0.113.9:%zu", 1000 + i);
		snprintf(user, sizeof(user), "%s:fork%08zu", ice_ufrag(w.ice, 0), i % 3);
		KTAP_CHECK(say((struct check){ .from = from, .user = user }));
		if (i == 15)
			memory = ice_memory(w.ice);
	}
	KTAP_CHECK(ice_memory(w.ice) == memory && stats()->early == 1000 && !stats()->learned);
	KTAP_CHECK(say((struct check){ 0 }) && say((struct check){ .use = true }));
	pass(1000);
	KTAP_CHECK(count(STUN_SUCCESS, NULL) == 1002 && !checks(NULL));
	/* the answer is there: only its author counts */
	KTAP_CHECK(know());
	pass(0);
	KTAP_CHECK(checks(NULL) == 1 && checks(PEER) == 1 && stats()->learned == 1);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, true));
	/* another fork goes on checking */
	KTAP_CHECK(say((struct check){ .from = from, .user = user, .use = true }));
	pass(1000);
	KTAP_CHECK(!checks(from) && is_path(PEER, true));
	return end();
}

static bool test_candidates(void)
{
	struct ice_candidate c;
	char addr[64];
	size_t i, taken = 0, n;

	begin((struct ice_conf){ 0 }, true);
	for (i = 0; i < 1000; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.%zu:%zu", 1 + i % 250, 1000 + i);
		taken += !candidate(&c, addr, 1000000 + i);
	}
	KTAP_CHECK(taken == 32 && stats()->left_out == 968);
	KTAP_CHECK(ice_memory(w.ice) < 16384);
	/* known ones are taken again, unusable ones never */
	KTAP_CHECK(!candidate(&c, "203.0.113.1:1000", 1));
	KTAP_CHECK(candidate(&c, "224.0.0.1:1000", 1));
	c.component = 2;
	c.addr = addr_of(PEER);
	KTAP_CHECK(ice_add_remote(w.ice, 0, &c));
	/* one check in 50 ms, repeated; and then nothing for ever */
	pass(999);
	KTAP_CHECK(w.n <= 20 * 4);
	pass(100000);
	n = w.n;
	KTAP_CHECK(n < 32 * 7 + 6 * 4 * 7 && w.failed == 1);
	pass(10 * 3600000);
	KTAP_CHECK(w.n == n && w.failed == 1);
	return end();
}

/* more pairs than there may be: the best are kept */
static bool test_pairs(void)
{
	struct ice_candidate c;
	char addr[64];
	size_t i;

	begin((struct ice_conf){ .pairs = 8 }, true);
	for (i = 0; i < 30; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%zu", 1000 + i);
		KTAP_CHECK(!candidate(&c, addr, 1000000 + i));
	}
	pass(2000);
	for (i = 0; i < 30; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%zu", 1000 + i);
		KTAP_CHECK(!checks(addr) == (i < 22));
	}
	/* a check of theirs finds room in any case */
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(50);
	KTAP_CHECK(checks(PEER) && answer(last(PEER), (struct answer){ 0 }));
	KTAP_CHECK(is_path(PEER, true));
	return end();
}

/* ------------------------------------------------------- conflicts, false answers */

static bool test_conflicts(void)
{
	struct ice_candidate c;
	size_t n, i;

	/* who answers each check by 487, for ever */
	begin((struct ice_conf){ .controlling = true }, true);
	KTAP_CHECK(!candidate(&c, PEER, 5));
	for (i = 0; i < 200; i++) {
		pass(50);
		if (last(PEER))
			answer(last(PEER), (struct answer){ .code = 487 });
	}
	n = w.n;
	KTAP_CHECK(n < 100 && stats()->conflicts <= 16 && !w.paths);
	/* and who claims one role after the other */
	begin((struct ice_conf){ 0 }, true);
	for (i = 0; i < 200; i++)
		KTAP_CHECK(say((struct check){ .controlled = i % 2,
			.tie = i % 2 ? 0 : UINT64_MAX }));
	KTAP_CHECK(count(STUN_ERROR, NULL) >= 50);
	KTAP_CHECK(count(STUN_ERROR, NULL) + count(STUN_SUCCESS, NULL) == 200);
	return end();
}

static bool test_responses(void)
{
	struct ice_candidate c;
	struct answer bad[] = {
		{ .from = "203.0.113.66:1" }, { .unknown = 0x7000 }, { .nowhere = true },
		{ .code = 400 }, { .code = 500 }, { .code = 299 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin((struct ice_conf){ .controlling = true }, true);
		KTAP_CHECK(!candidate(&c, PEER, 5));
		pass(0);
		KTAP_CHECK(answer(&w.got[0], bad[i]) && !w.paths);
		/* and it is over */
		KTAP_CHECK(!answer(&w.got[0], (struct answer){ 0 }) && !w.paths);
	}
	/* by another password it is nobody's, and the check goes on */
	begin((struct ice_conf){ .controlling = true }, true);
	KTAP_CHECK(!candidate(&c, PEER, 5));
	pass(0);
	KTAP_CHECK(!answer(&w.got[0], (struct answer){ .pwd = "wrong" }) && stats()->forged == 1);
	KTAP_CHECK(!answer(&w.got[0], (struct answer){ .pwd = "wrong", .code = 487 }));
	pass(100);
	KTAP_CHECK(w.n == 2 && !w.paths && ice_controlling(w.ice));
	KTAP_CHECK(answer(&w.got[0], (struct answer){ 0 }) && is_path(PEER, false));
	/* of what was never asked */
	w.got[0].data[19] ^= 1;
	w.got[0].data[w.got[0].n - 1] ^= 1;
	KTAP_CHECK(!answer(&w.got[0], (struct answer){ 0 }));
	return end();
}

static const struct ktap_point points[] = {
	{ "strangers get nothing", test_strangers },
	{ "a wrong password: a short answer, and nothing is kept", test_forged },
	{ "no answer is longer than what it answers", test_amplification },
	{ "answers to checks", test_answers },
	{ "a check that was here before changes nothing", test_replay },
	{ "checks from thousands of addresses", test_learned },
	{ "who has answered is kept", test_proved },
	{ "checks before the answer", test_early },
	{ "a thousand candidates", test_candidates },
	{ "too many pairs", test_pairs },
	{ "conflicts without end", test_conflicts },
	{ "answers that are none", test_responses },
};

int main(void)
{
	return KTAP_RUN(points);
}
