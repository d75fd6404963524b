// SPDX-License-Identifier: GPL-2.0
/*
 * One ICE agent: when it sends which check, whom it and clients of each kind nominate,
 * consent, keepalive, restarts.
 */
#include "ice_say.h"

/* ----------------------------------------------------------------------- roles */

static bool test_role(void)
{
	/* both control; ours is the higher number, or the lower */
	begin((struct ice_conf){ .controlling = true }, true);
	KTAP_CHECK(say((struct check){ .tie = 0 }) && count(STUN_ERROR, NULL) == 1);
	KTAP_CHECK(ice_controlling(w.ice));
	KTAP_CHECK(say((struct check){ .tie = UINT64_MAX }) && count(STUN_ERROR, NULL) == 1);
	KTAP_CHECK(!ice_controlling(w.ice));
	/* neither does */
	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ .controlled = true, .tie = UINT64_MAX }));
	KTAP_CHECK(count(STUN_ERROR, NULL) == 1 && !ice_controlling(w.ice));
	KTAP_CHECK(say((struct check){ .controlled = true, .tie = 0 }));
	KTAP_CHECK(count(STUN_ERROR, NULL) == 1 && ice_controlling(w.ice));
	/* a copy of what was said before does not turn it round again */
	KTAP_CHECK(say((struct check){ .controlled = true, .tie = 0 }));
	KTAP_CHECK(say((struct check){ .tie = UINT64_MAX }) && !ice_controlling(w.ice));
	KTAP_CHECK(say((struct check){ .again = true }) && !ice_controlling(w.ice));
	/* a lite agent never controls */
	begin((struct ice_conf){ .lite = true, .controlling = true }, true);
	KTAP_CHECK(!ice_controlling(w.ice));
	KTAP_CHECK(say((struct check){ .controlled = true, .tie = 0 }));
	KTAP_CHECK(count(STUN_ERROR, NULL) == 1 && !w.paths);
	KTAP_CHECK(say((struct check){ .use = true }) && is_path(PEER, true));
	return end();
}

/* ------------------------------------------------------------------- our checks */

static bool test_times(void)
{
	static const uint64_t at[] = { 0, 100, 300, 700, 1500, 3100, 6300 };
	struct ice_candidate c;
	struct stun_msg m;
	uint64_t tie;
	uint32_t priority;
	char user[64];
	size_t i;

	begin((struct ice_conf){ .controlling = true, .patience = 5000 }, true);
	KTAP_CHECK(!candidate(&c, PEER, 5));
	pass(7899);
	KTAP_CHECK(w.n == 7 && !w.failed);
	for (i = 0; i < 7; i++)
		KTAP_CHECK(w.got[i].at == at[i] && !memcmp(w.got[i].data, w.got[0].data, w.got[0].n));
	pass(1);
	KTAP_CHECK(w.n == 7 && w.failed == 1);
	KTAP_CHECK(stun_parse(w.got[0].data, w.got[0].n, &m) && m.fingerprint);
	snprintf(user, sizeof(user), UFRAG ":%s", ice_ufrag(w.ice, 0));
	KTAP_CHECK(span_is(stun_find(&m, STUN_USERNAME), user));
	KTAP_CHECK(stun_verify(&m, SPAN(PWD)) == STUN_TRUSTED);
	KTAP_CHECK(stun_find_u32(&m, STUN_PRIORITY, &priority) && priority == ice_priority(ICE_PRFLX, 65535, 1));
	KTAP_CHECK(stun_find_u64(&m, STUN_ICE_CONTROLLING, &tie) && !stun_has(&m, STUN_USE_CANDIDATE));
	return end();
}

/* the best first, one in 50 ms; those that work alike wait for the first of them */
static bool test_order(void)
{
	struct ice_candidate c;
	struct dp_addr to;
	unsigned int i;
	char addr[64];

	begin((struct ice_conf){ .controlling = true, .rto = 10000 }, false);
	for (i = 0; i < 5; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%u", 1000 + i);
		KTAP_CHECK(!candidate(&c, addr, 1000 + i));
	}
	pass(1000);
	KTAP_CHECK(!w.n);
	KTAP_CHECK(know());
	pass(1000);
	KTAP_CHECK(w.n == 5);
	for (i = 0; i < 5; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%u", 1004 - i);
		to = addr_of(addr);
		KTAP_CHECK(dp_addr_eq(&w.got[i].to, &to) && w.got[i].at == 1000 + 50 * i);
	}
	begin((struct ice_conf){ .controlling = true, .rto = 10000 }, true);
	for (i = 0; i < 3; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%u", 1000 + i);
		c = (struct ice_candidate){ .component = 1, .priority = 9 - i, .foundation = "x" };
		c.addr = addr_of(addr);
		KTAP_CHECK(!ice_add_remote(w.ice, 0, &c));
	}
	pass(500);
	KTAP_CHECK(w.n == 1);
	KTAP_CHECK(answer(&w.got[0], (struct answer){ 0 }) && is_path("203.0.113.1:1000", false));
	/* one works, and the other goes before what is worse and has nothing to do with it */
	begin((struct ice_conf){ .rto = 10000 }, true);
	KTAP_CHECK(!candidate(&c, "203.0.113.2:1", 5) && !candidate(&c, "203.0.113.2:2", 4));
	for (i = 0; i < 2; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.1:%u", 1000 + i);
		c = (struct ice_candidate){ .component = 1, .priority = 9 - i, .foundation = "x" };
		c.addr = addr_of(addr);
		KTAP_CHECK(!ice_add_remote(w.ice, 0, &c));
	}
	pass(0);
	KTAP_CHECK(w.n == 1 && answer(last("203.0.113.1:1000"), (struct answer){ 0 }));
	pass(50);
	KTAP_CHECK(w.n == 2 && last("203.0.113.1:1001"));
	return end();
}

/* an address that is good on one link only, and ours that is not of that link */
static bool test_link_local(void)
{
	struct ice_local l = { .component = 1, .addr = addr_of("[2001:db8::9]:30000") };
	struct ice_candidate c;

	begin((struct ice_conf){ 0 }, true);
	l.base = l.addr;
	KTAP_CHECK(ice_add_local(w.ice, 0, &l));
	KTAP_CHECK(!candidate(&c, "[fe80::1]:1", 5) && !candidate(&c, "[2001:db8::1]:1", 4));
	pass(1000);
	KTAP_CHECK(!checks("[fe80::1]:1") && checks("[2001:db8::1]:1"));
	return end();
}

/* ----------------------------------------------------------------- nominations */

static bool test_controlling(void)
{
	struct ice_candidate c;

	begin((struct ice_conf){ .controlling = true }, true);
	KTAP_CHECK(!candidate(&c, PEER, 5) && !candidate(&c, "198.51.100.2:5000", 9));
	pass(60);
	/* the worse one works first: the better one has 100 ms */
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, false));
	pass(99);
	KTAP_CHECK(!has(last(PEER), STUN_USE_CANDIDATE));
	pass(51);
	KTAP_CHECK(has(last(PEER), STUN_USE_CANDIDATE) && !w.path.chosen);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, true));
	/* no further check of anything else */
	w.n = 0;
	pass(3000);
	KTAP_CHECK(!w.n);
	/* the better one works: at once */
	begin((struct ice_conf){ .controlling = true }, true);
	KTAP_CHECK(!candidate(&c, PEER, 5) && !candidate(&c, "198.51.100.2:5000", 9));
	pass(0);
	KTAP_CHECK(answer(last("198.51.100.2:5000"), (struct answer){ 0 }));
	pass(50);
	KTAP_CHECK(has(last("198.51.100.2:5000"), STUN_USE_CANDIDATE));
	/* they may not nominate: we do */
	KTAP_CHECK(say((struct check){ .use = true, .controlled = true }));
	pass(60);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && !is_path(PEER, true));
	return end();
}

/* the way that a nomination comes by, before and after that pair is known to work */
static bool test_controlled(void)
{
	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ 0 }));
	pass(0);
	KTAP_CHECK(!w.paths && answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, false));
	KTAP_CHECK(say((struct check){ .use = true }) && is_path(PEER, true));
	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ .use = true }) && !w.paths);
	pass(0);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, true));
	KTAP_CHECK(w.path.type == ICE_PRFLX && w.path.proven);
	return end();
}

/* an old client nominates whatever it checks, and uses the best */
static bool aggressive(bool lite)
{
	static const char *const from[] = { "198.51.100.1:1", "198.51.100.1:2", "198.51.100.1:3" };
	static const uint32_t priority[] = { 200, 300, 100 };
	unsigned int i;

	begin((struct ice_conf){ .lite = lite }, true);
	for (i = 0; i < 3; i++) {
		KTAP_CHECK(say((struct check){ .from = from[i], .use = true, .priority = priority[i] }));
		pass(60);
		if (!lite)
			KTAP_CHECK(answer(last(from[i]), (struct answer){ 0 }));
	}
	KTAP_CHECK(is_path(from[1], true) && w.paths == 2);
	/* it goes on checking the best one; the others are silent */
	for (i = 0; i < 3; i++) {
		pass(5000);
		KTAP_CHECK(say((struct check){ .from = from[1], .use = true, .priority = 300 }));
	}
	KTAP_CHECK(say((struct check){ .from = from[0], .use = true, .priority = 200 }));
	KTAP_CHECK(is_path(from[1], true));
	/* and now that one is: it has moved */
	pass(8000);
	KTAP_CHECK(say((struct check){ .from = from[0], .use = true, .priority = 200 }));
	KTAP_CHECK(is_path(from[0], true));
	return end();
}

/* a new one nominates one, and another when it has changed its mind */
static bool regular(bool lite)
{
	begin((struct ice_conf){ .lite = lite }, true);
	KTAP_CHECK(say((struct check){ .use = true, .priority = 300 }));
	pass(60);
	if (!lite)
		KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }));
	KTAP_CHECK(is_path(PEER, true));
	KTAP_CHECK(say((struct check){ .from = "198.51.100.9:9", .priority = 100 }));
	pass(60);
	if (!lite)
		KTAP_CHECK(answer(last("198.51.100.9:9"), (struct answer){ 0 }));
	KTAP_CHECK(is_path(PEER, true));
	KTAP_CHECK(say((struct check){ .from = "198.51.100.9:9", .priority = 100, .use = true }));
	KTAP_CHECK(is_path("198.51.100.9:9", true));
	return end();
}

static bool test_aggressive(void)
{
	return aggressive(false) && aggressive(true);
}

static bool test_regular(void)
{
	return regular(false) && regular(true);
}

/* ----------------------------------------------------------- keepalive, consent */

static bool test_keepalive(void)
{
	unsigned int i;

	begin((struct ice_conf){ .lite = true }, true);
	pass(60000);
	KTAP_CHECK(!w.n);
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(60000);
	KTAP_CHECK(count(STUN_INDICATION, PEER) == 4 && w.n == 5);
	/* one that never checks again may live on its media */
	pass(3600000);
	KTAP_CHECK(!w.lost);
	for (i = 0; i < 3; i++) {
		KTAP_CHECK(say((struct check){ 0 }));
		pass(5000);
	}
	pass(24999);
	KTAP_CHECK(!w.lost);
	pass(1);
	KTAP_CHECK(w.lost == 1);
	w.n = 0;
	pass(3600000);
	KTAP_CHECK(!w.n);
	/* and comes back */
	KTAP_CHECK(say((struct check){ .use = true }) && is_path(PEER, true) && w.paths == 2);
	return end();
}

static bool test_consent(void)
{
	uint64_t before;
	size_t n;

	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(0);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, true));
	before = w.timers.now;
	while (w.timers.now < before + 60000) {
		n = w.n;
		pass(100);
		if (w.n > n)
			KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }));
	}
	KTAP_CHECK(!w.lost);
	/* answers by others, and errors, are no consent; nor are checks of theirs */
	before = w.timers.now;
	while (!w.lost && w.timers.now < before + 60000) {
		n = w.n;
		pass(100);
		if (w.n == n)
			continue;
		answer(last(PEER), (struct answer){ .pwd = "wrong" });
		answer(last(PEER), (struct answer){ .from = "203.0.113.66:1" });
		answer(last(PEER), (struct answer){ .code = 403 });
		KTAP_CHECK(say((struct check){ 0 }));
	}
	KTAP_CHECK(w.lost == 1 && w.timers.now >= before + 24000 && w.timers.now <= before + 30100);
	/* it has checked us meanwhile, so that it is there: proved by a check of ours */
	pass(100);
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(100);
	KTAP_CHECK(w.paths == 1 && answer(last(PEER), (struct answer){ 0 }) && w.paths == 2);
	KTAP_CHECK(is_path(PEER, true));
	return end();
}

/* after a restart the former credentials answer, and do nothing else */
static bool test_old(void)
{
	char user[64], pwd[64];
	struct stun_msg m;

	begin((struct ice_conf){ .lite = true }, true);
	KTAP_CHECK(say((struct check){ .use = true }));
	snprintf(user, sizeof(user), "%s:" UFRAG, ice_ufrag(w.ice, 0));
	snprintf(pwd, sizeof(pwd), "%s", ice_pwd(w.ice, 0));
	KTAP_CHECK(ice_restart(w.ice, 0) && strcmp(pwd, ice_pwd(w.ice, 0)));
	w.n = 0;
	KTAP_CHECK(say((struct check){ .user = user, .pwd = pwd }));
	KTAP_CHECK(w.n == 1 && stun_parse(w.got[0].data, w.got[0].n, &m));
	KTAP_CHECK(stun_verify(&m, span_of(pwd)) == STUN_TRUSTED);
	KTAP_CHECK(say((struct check){ .user = user, .pwd = pwd, .use = true, .from = "198.51.100.9:9" }));
	KTAP_CHECK(is_path(PEER, true) && w.paths == 1);
	/* another way is found: they are void */
	KTAP_CHECK(ice_set_remote(w.ice, 0, SPAN("ijkl"), SPAN(PWD), false));
	snprintf(user, sizeof(user), "%s:ijkl", ice_ufrag(w.ice, 0));
	KTAP_CHECK(say((struct check){ .user = user, .use = true, .from = "198.51.100.9:9" }));
	KTAP_CHECK(is_path("198.51.100.9:9", true) && w.paths == 2);
	snprintf(user, sizeof(user), "%s:" UFRAG, "xxxxxxxx");
	KTAP_CHECK(!say((struct check){ .user = user, .pwd = pwd }));
	return end();
}

static bool test_punch(void)
{
	struct ice_candidate c;
	unsigned int all;

	for (all = 0; all < 2; all++) {
		begin((struct ice_conf){ .lite = true }, false);
		ice_punch(w.ice, 0, all);
		KTAP_CHECK(!w.n && know());
		KTAP_CHECK(!candidate(&c, PEER, 5) && !candidate(&c, "198.51.100.2:5000", 9));
		KTAP_CHECK(!candidate(&c, "[2001:db8::1]:5000", 9));
		ice_punch(w.ice, 0, all);
		KTAP_CHECK(w.n == 1 + all && checks(PEER) == 1);
		/* whatever comes back */
		KTAP_CHECK(!answer(&w.got[0], (struct answer){ 0 }) && !w.paths);
	}
	return end();
}

/* without random numbers nothing is sent, and nothing that there is gets lost */
static bool test_random(void)
{
	struct ice_conf conf = { .random = random_bytes };
	struct ice_candidate c;
	char ufrag[ICE_OUR_UFRAG + 1];

	begin((struct ice_conf){ 0 }, true);
	KTAP_CHECK(say((struct check){ .use = true }));
	pass(0);
	KTAP_CHECK(answer(last(PEER), (struct answer){ 0 }) && is_path(PEER, true));
	w.no_random = true;
	w.n = 0;
	snprintf(ufrag, sizeof(ufrag), "%s", ice_ufrag(w.ice, 0));
	KTAP_CHECK(!ice_restart(w.ice, 0) && !strcmp(ufrag, ice_ufrag(w.ice, 0)));
	KTAP_CHECK(!ice_new(&w.timers, &conf, &ops, NULL) && ice_add_stream(w.ice, 1) == -1);
	KTAP_CHECK(!candidate(&c, "198.51.100.2:5000", UINT32_MAX));
	ice_punch(w.ice, 0, true);
	pass(20000);
	KTAP_CHECK(!checks(NULL) && !w.lost);
	w.no_random = false;
	pass(6000);
	KTAP_CHECK(checks(PEER) && answer(last(PEER), (struct answer){ 0 }));
	pass(6000);
	KTAP_CHECK(!w.lost);
	return end();
}

/* credentials that were said before the agent has them, and another party by the same */
static bool test_given(void)
{
	struct ice_creds ours, none;

	KTAP_CHECK(ice_creds_new(&ours, 0) && ice_creds_new(&none, 0));
	KTAP_CHECK(strlen(ours.ufrag) == ICE_OUR_UFRAG && strlen(ours.pwd) == ICE_OUR_PWD);
	KTAP_CHECK(strcmp(ours.ufrag, none.ufrag) && strcmp(ours.pwd, none.pwd));
	begin((struct ice_conf){ .lite = true }, true);
	KTAP_CHECK(say((struct check){ .use = true }) && is_path(PEER, true));
	ice_set_local(w.ice, 0, &ours);
	KTAP_CHECK(!strcmp(ice_ufrag(w.ice, 0), ours.ufrag) && !strcmp(ice_pwd(w.ice, 0), ours.pwd));
	/* media goes on, and what they were told of is for the new ones */
	KTAP_CHECK(is_path(PEER, true) && !w.lost);
	know();
	ice_set_local(w.ice, 0, &ours);		/* no news */
	KTAP_CHECK(say((struct check){ .from = "203.0.113.1:1", .use = true }) && is_path("203.0.113.1:1", true));
	/* what another one of the same offer has said already counts, once it is the one */
	KTAP_CHECK(say((struct check){ .from = "203.0.113.2:2", .theirs = "other" }));
	KTAP_CHECK(is_path("203.0.113.1:1", true));
	ice_leave(w.ice, 0);
	KTAP_CHECK(!ice_get_path(w.ice, 0, 1, &w.path) && !w.lost && !strcmp(ice_ufrag(w.ice, 0), ours.ufrag));
	KTAP_CHECK(ice_set_remote(w.ice, 0, SPAN("other"), SPAN(PWD), false));
	KTAP_CHECK(is_path("203.0.113.2:2", false));
	pass(100000);
	return end();
}

static const struct ktap_point points[] = {
	{ "who chooses", test_role },
	{ "checks are repeated from 100 ms on", test_times },
	{ "the order of checks", test_order },
	{ "addresses of one link", test_link_local },
	{ "we nominate", test_controlling },
	{ "they nominate", test_controlled },
	{ "a client that nominates all", test_aggressive },
	{ "a client that changes its mind", test_regular },
	{ "keepalive of a lite agent, and silence", test_keepalive },
	{ "consent", test_consent },
	{ "former credentials", test_old },
	{ "firewalls are opened", test_punch },
	{ "no random numbers", test_random },
	{ "credentials that are given, and another party", test_given },
};

int main(void)
{
	return KTAP_RUN(points);
}
