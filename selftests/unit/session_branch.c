// SPDX-License-Identifier: GPL-2.0
/* Sessions: several answers to one offer, keys (SDES), and what a caller may have. */
#include "base/log.h"
#include "session_lib.h"

#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY2	"PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define CM80	"AES_CM_128_HMAC_SHA1_80"
#define GCM256	"AEAD_AES_256_GCM"
#define SAVP	"m=audio 7000 RTP/SAVP 0\r\n"
#define CRYPTO(tag, suite, key)	"a=crypto:" tag " " suite " inline:" key "\r\n"

static bool forks(void)
{
	struct session_branch *second;
	struct fake before;
	uint64_t id, asked;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=ptime:20\r\n")));
	session_rollback(branch);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(sdp_version(text) == 2);
	asked = sdp_id(text);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4,
			      "m=audio 8000 RTP/AVP 0\r\n"), true));
	id = sdp_id(text);
	KTAP_CHECK(kernel.n == 4 && session_heard(session) == branch);
	before = kernel;
	second = session_branch_fork(branch, &conf);
	KTAP_CHECK(second && session_branch_user(second) == &conf);
	KTAP_CHECK(session_offerer(second) == caller);
	KTAP_CHECK(!answer_in(second, callee, sdp_of("198.51.100.2",
			      "m=audio 8002 RTP/AVP 8\r\n"), true));
	/* another dialog of the caller's, with an answer of its own */
	KTAP_CHECK(sdp_id(text) != id && has("RTP/AVP 8\r\n"));
	KTAP_CHECK(fake_same(&before, &kernel));
	KTAP_CHECK(session_heard(session) == branch && pairs_used(0) == 1);
	KTAP_CHECK(!session_choose(second, false, &err));
	KTAP_CHECK(kernel.n == 4 && kernel.calls == 2 && kernel.sets == 1);
	KTAP_CHECK(leg_to(&kernel, "198.51.100.2:8002"));
	KTAP_CHECK(!leg_to(&kernel, "198.51.100.1:8000"));
	/* a third may still come */
	KTAP_CHECK(session_branch_fork(second, NULL));
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(session_choose(branch, true, &err) == -EIO);
	KTAP_CHECK(session_heard(session) == second);
	KTAP_CHECK(leg_to(&kernel, "198.51.100.2:8002"));
	KTAP_CHECK(!session_choose(second, true, &err));
	KTAP_CHECK(!session_offerer(second));
	KTAP_CHECK(!session_branch_fork(second, NULL));
	/* to the callee it is the dialog that he knows */
	KTAP_CHECK(!offer_in(second, caller, sdp_of(A4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(sdp_id(text) == asked && sdp_version(text) == 3);
	return finish();
}

static bool dropped(void)
{
	struct session_branch *second, *third;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	second = session_branch_fork(branch, NULL);
	third = session_branch_fork(branch, NULL);
	KTAP_CHECK(second && third);
	KTAP_CHECK(session_choose(second, false, &err) == -EINVAL);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), false));
	KTAP_CHECK(!answer_in(second, callee, sdp_of("198.51.100.2", PCMU),
			      false));
	session_branch_drop(third);
	KTAP_CHECK(session_heard(session) == branch && kernel.calls == 1);
	/* a refused UPDATE of one is not the end of forking */
	KTAP_CHECK(!offer_in(branch, caller, sdp_of(A4, PCMU)));
	session_rollback(branch);
	third = session_branch_fork(branch, NULL);
	KTAP_CHECK(third);
	session_branch_drop(third);
	session_branch_drop(branch);
	KTAP_CHECK(session_heard(session) == second);
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, "198.51.100.2:7000"));
	KTAP_CHECK(pairs_used(0) == 1);
	session_branch_drop(second);
	KTAP_CHECK(!session_heard(session) && !kernel.n && !pairs_used(0));
	return finish();
}

static bool dropped_and_refused(void)
{
	struct session_branch *second;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	second = session_branch_fork(branch, NULL);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), false));
	KTAP_CHECK(!answer_in(second, callee, sdp_of("198.51.100.2", PCMU),
			      false));
	kernel.refuse = kernel.calls + 1;
	session_branch_drop(branch);
	KTAP_CHECK(!session_heard(session) && !kernel.n);
	KTAP_CHECK(!session_choose(second, true, &err) && kernel.n == 4);
	return finish();
}

/* the datapath does not let go: its ports are nobody else's */
static bool stuck(void)
{
	begin();
	KTAP_CHECK(up());
	kernel.refuse = kernel.calls + 1;
	session_branch_drop(branch);
	KTAP_CHECK(!session_heard(session) && kernel.n == 4);
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(2) == 1);
	kernel.refuse = kernel.calls + 1;
	session_end(session);
	session = NULL;
	KTAP_CHECK(kernel.n == 4 && pairs_used(0) == 1 && pairs_used(2) == 1);
	sessions_free(sessions);
	sessions = NULL;
	session_policy_put(access_policy);
	session_policy_put(core_policy);
	ports_free(pool[0]);
	ports_free(pool[1]);
	ports_free(pool[2]);
	KTAP_CHECK(media_sockets(media) == 4);
	ports_free(pool[0]);		/* what is stuck has held them */
	ports_free(pool[2]);
	KTAP_CHECK(!media_sockets(media));
	return true;
}

static bool other_party(void)
{
	struct session_party_conf conf_c = {
		.name = "other", .policy = access_policy,
	};
	struct session_branch *other;
	struct session_party *third;

	begin();
	conf_c.policy = access_policy;
	third = session_party_add(session, &conf_c);
	other = session_branch_new(caller, third, NULL);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!offer_in(other, caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n"));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(!answer_in(other, third, sdp_of("192.0.2.9", PCMU), false));
	KTAP_CHECK(leg_to(&kernel, "198.51.100.1:7000"));
	KTAP_CHECK(!session_choose(other, true, &err));
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, "192.0.2.9:7000"));
	KTAP_CHECK(!leg_to(&kernel, "198.51.100.1:7000"));
	KTAP_CHECK(pairs_used(0) == 2 && !pairs_used(2));
	return finish();
}

static bool too_many_forks(void)
{
	unsigned int i;

	begin();
	KTAP_CHECK(!session_branch_fork(branch, NULL));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	for (i = 1; i < SESSION_BRANCHES_MAX; i++)
		KTAP_CHECK(session_branch_fork(branch, NULL));
	KTAP_CHECK(!session_branch_fork(branch, NULL));
	KTAP_CHECK(pairs_used(0) == 1);
	return finish();
}

#define TWO_LINES PCMU "m=video 7100 RTP/AVP 34\r\n"

static bool early(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(kernel.n == 4 && session_offerer(branch) == caller);
	KTAP_CHECK(offer(callee, sdp_of(B4, PCMU)) == -EALREADY);
	/* another one, of another address */
	KTAP_CHECK(!answer_in(branch, callee, sdp_of("198.51.100.3",
			      "m=audio 9000 RTP/AVP 0\r\n"), true));
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, "198.51.100.3:9000"));
	session_settle(branch);
	KTAP_CHECK(!session_offerer(branch));
	KTAP_CHECK(!session_choose(branch, true, &err));
	before = kernel;
	/* and in mid-call, refused after it was begun */
	KTAP_CHECK(!offer(caller, sdp_of(A4, "m=audio 7100 RTP/AVP 0\r\n"
					 "m=video 7200 RTP/AVP 34\r\n")));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of("198.51.100.4", TWO_LINES),
			      true));
	KTAP_CHECK(kernel.n == 8);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of("198.51.100.5", TWO_LINES),
			      true));
	session_rollback(branch);
	KTAP_CHECK(fake_same(&before, &kernel) && pairs_used(0) == 1);
	KTAP_CHECK(session_answered(branch) && !session_offerer(branch));
	KTAP_CHECK(session_heard(session) == branch);
	return finish();
}

static bool early_and_refused(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	session_rollback(branch);
	KTAP_CHECK(!kernel.n && !session_answered(branch));
	KTAP_CHECK(!session_heard(session) && !pairs_used(0) && !pairs_used(2));
	return finish();
}

/* --- keys --- */

static const char *key_of(const char *what, char *key)
{
	const char *p = what ? strstr(what, "inline:") : NULL;

	*key = '\0';
	if (p)
		sscanf(p + 7, "%99[^|\r]", key);
	return key;
}

/**
 * struct sdes_case - what is offered, and what becomes of it
 * @access: policy of the caller's realm
 * @core: of the callee's
 * @offer: the caller's line
 * @forward: what the callee's begins with; NULL: refused
 * @keys: how many keys are in it
 * @why: in the sentence of the refusal
 */
struct sdes_case {
	enum session_srtp access;
	enum session_srtp core;
	const char *offer;
	const char *forward;
	unsigned int keys;
	const char *why;
};

static unsigned int count(const char *what, const char *of)
{
	unsigned int n = 0;

	while ((what = strstr(what, of))) {
		what++;
		n++;
	}
	return n;
}

static bool sdes_try(const struct sdes_case *c)
{
	int ret;

	begin();
	access_policy->srtp = c->access;
	core_policy->srtp = c->core;
	ret = offer(caller, sdp_of(A4, c->offer));
	if (!c->forward) {
		KTAP_CHECK(ret == -EPROTO && strstr(err.text, c->why));
		KTAP_CHECK(!pairs_used(0));
		return finish();
	}
	KTAP_CHECK(!ret && has(c->forward));
	KTAP_CHECK(count(text, "a=crypto:") == c->keys);
	KTAP_CHECK(!has(KEY) && !has(KEY2));
	return finish();
}

#define NO	SESSION_SRTP_REFUSE
#define MAY	SESSION_SRTP_ALLOW
#define MUST	SESSION_SRTP_REQUIRE

static bool sdes_offers(void)
{
	static const struct sdes_case cases[] = {
		{ NO, NO, PCMU, " RTP/AVP 0\r\n", 0, NULL },
		{ NO, NO, SAVP CRYPTO("1", CM80, KEY), NULL, 0, "refuses SRTP" },
		{ NO, NO, PCMU CRYPTO("1", CM80, KEY), " RTP/AVP 0\r\n", 0, NULL },
		{ NO, MAY, PCMU, " RTP/AVP 0\r\n", 0, NULL },
		{ NO, MUST, PCMU, " RTP/SAVP 0\r\n", 2, NULL },
		{ MAY, NO, PCMU, " RTP/AVP 0\r\n", 0, NULL },
		{ MAY, NO, SAVP CRYPTO("1", CM80, KEY), " RTP/AVP 0\r\n", 0, NULL },
		{ MAY, MAY, SAVP CRYPTO("1", CM80, KEY), " RTP/AVP 0\r\n", 2, NULL },
		{ MAY, MUST, SAVP CRYPTO("1", CM80, KEY), " RTP/SAVP 0\r\n", 2, NULL },
		{ MAY, NO, SAVP CRYPTO("1", "AES_CM_128_HMAC_SHA1_32", KEY),
		  NULL, 0, "no key of a suite" },
		{ MAY, NO, SAVP, NULL, 0, "there is no key (a=crypto)" },
		{ MUST, NO, PCMU, NULL, 0, "requires SRTP" },
		{ MUST, NO, "m=image 7000 udptl t38\r\n", NULL, 0,
		  "requires SRTP, and it is no RTP" },
		{ NO, MUST, "m=image 7000 udptl t38\r\n", NULL, 0,
		  "the other party's realm requires SRTP" },
		{ MUST, NO, PCMU CRYPTO("1", CM80, KEY), " RTP/AVP 0\r\n", 0, NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!sdes_try(&cases[i])) {
			printf("# case %zu: %s\n", i, err.text);
			return false;
		}
	}
	return true;
}

/* an answer to RTP/SAVP with two keys of ours: suite and tag are to be among them */
static bool sdes_answers(void)
{
	static const struct {
		const char *answer;
		const char *why;
	} cases[] = {
		{ PCMU, "without a key" },
		{ SAVP, "without a key" },
		{ SAVP CRYPTO("7", CM80, KEY), "expected one of those offered" },
		{ SAVP CRYPTO("1", CM80, KEY), "expected one of those offered" },
		{ SAVP CRYPTO("2", "AES_CM_128_HMAC_SHA1_32", KEY),
		  "expected one of those offered" },
		{ SAVP CRYPTO("2", CM80, KEY) CRYPTO("1", GCM256,
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		  "2 keys" },
		{ "m=image 8000 udptl t38\r\n", "answered as no RTP" },
		{ "m=audio 8000 UDP/TLS/RTP/SAVP 0\r\n", "DTLS" },
	};
	char ours[100], own[300];
	const char *second;
	size_t i;

	begin();
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		KTAP_CHECK(answer(callee, sdp_of(B4, cases[i].answer)) ==
			   -EPROTO);
		if (!strstr(err.text, cases[i].why)) {
			printf("# case %zu: %s\n", i, err.text);
			return false;
		}
	}
	second = strstr(text, "a=crypto:2 ");
	KTAP_CHECK(second);
	snprintf(own, sizeof(own), SAVP CRYPTO("2", CM80, "%s"),
		 key_of(second, ours));
	KTAP_CHECK(answer(callee, sdp_of(B4, own)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "our own key") && !user.n);
	KTAP_CHECK(!answer(callee, sdp_of(B4, SAVP CRYPTO("2", CM80, KEY))));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("a=crypto"));
	KTAP_CHECK(user.n == 4 && !kernel.n);
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7000")->conf.srtp_rx.suite ==
		   RTPLANE_SRTP_AES_128_CM_SHA1_80);
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7000")->conf.only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7001")->conf.only == RTPLANE_ONLY_RTCP);
	KTAP_CHECK(!leg_to(&user, "192.0.2.1:7000")->conf.srtp_rx.suite);
	return finish();
}

#define LONG_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define OF(tag, key)	sdp_of(A4, SAVP CRYPTO(tag, CM80, key))

static bool keys_live(void)
{
	char first[100], now[100];

	begin();
	access_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, OF("3", KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && has("a=crypto:3 " CM80));
	key_of(text, first);
	KTAP_CHECK(strcmp(first, KEY) && user.n == 4);
	/* the same party, the same key */
	KTAP_CHECK(!offer(caller, OF("3", KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first));
	/* another key of the same party: it goes on with ours */
	KTAP_CHECK(!offer(caller, OF("1", KEY2)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first));
	KTAP_CHECK(leg_to(&user, "192.0.2.1:7000")->beginnings == 1);
	/* another party: another key */
	KTAP_CHECK(!offer(caller, sdp_of("192.0.2.77", SAVP
					 CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(key_of(text, now), first));
	/* ours in the other direction: it is not ours any more */
	strcpy(first, now);
	{
		char own[300];

		snprintf(own, sizeof(own), SAVP CRYPTO("1", CM80, "%s"), now);
		KTAP_CHECK(!offer(caller, sdp_of("192.0.2.77", own)));
	}
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(key_of(text, now), first));
	/* another family is another port of ours, where counting begins anew */
	strcpy(first, now);
	KTAP_CHECK(!offer(caller, sdp_of(A6, SAVP CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(key_of(text, now), first));
	strcpy(first, now);
	KTAP_CHECK(!offer(caller, sdp_of(A6, SAVP CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first));
	KTAP_CHECK(!offer(caller, sdp_of("192.0.2.77", SAVP
					 CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(key_of(text, now), first));
	/* and plain: it moves to the module */
	KTAP_CHECK(!offer(caller, sdp_of("192.0.2.77", PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!user.n && kernel.n == 4 && pairs_used(0) == 1);
	return finish();
}

/* of several keys the one in use, else that of the suite that we like best */
static bool keys_chosen(void)
{
	char first[100], now[100];

	begin();
	access_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP
		CRYPTO("1", "AES_CM_128_HMAC_SHA1_32", KEY)
		CRYPTO("2", CM80, KEY) CRYPTO("3", GCM256, LONG_KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=crypto:3 " GCM256));
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP CRYPTO("2", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=crypto:2 " CM80));
	key_of(text, first);
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP CRYPTO("1", GCM256, LONG_KEY)
		CRYPTO("4", CM80, KEY2) CRYPTO("5", CM80, KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=crypto:5 " CM80) && !strcmp(key_of(text, now), first));
	/* another key: the suite in use stays, and the first key comes back */
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP CRYPTO("1", GCM256, LONG_KEY)
		CRYPTO("4", CM80, KEY2))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=crypto:4 " CM80) && !strcmp(key_of(text, now), first));
	KTAP_CHECK(!offer(caller, OF("5", KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	/* nobody is elsewhere who is on hold, or who has the same key */
	KTAP_CHECK(!offer(caller, sdp_of("0.0.0.0", SAVP
					 CRYPTO("1", CM80, KEY2))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first));
	KTAP_CHECK(!offer(caller, sdp_of("192.0.2.8", SAVP
					 CRYPTO("1", CM80, KEY2))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first));
	/* another suite begins anew */
	KTAP_CHECK(!offer(caller, sdp_of("192.0.2.8", SAVP
					 CRYPTO("1", GCM256, LONG_KEY))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=crypto:1 " GCM256) && strcmp(key_of(text, now), first));
	return finish();
}

static bool feedback(void)
{
	begin();
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, sdp_of(A4, "m=audio 7000 RTP/SAVPF 0\r\n"
					 CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(has(" RTP/AVPF 0\r\n"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/AVPF 0\r\n")));
	KTAP_CHECK(has(" RTP/SAVPF 0\r\n"));
	return finish();
}

/* what is there already is offered again, and nothing else */
static bool keys_again(void)
{
	char first[100], now[100];

	begin();
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	key_of(strstr(text, "a=crypto:2 "), first);
	KTAP_CHECK(!answer(callee, sdp_of(B4, SAVP CRYPTO("2", CM80, KEY))));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(count(text, "a=crypto:") == 1 && has("a=crypto:2 " CM80));
	KTAP_CHECK(!strcmp(key_of(text, now), first) && has(" RTP/SAVP 0\r\n"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, SAVP CRYPTO("2", CM80, KEY))));
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7000")->beginnings == 1);
	return finish();
}

/* whoever said RTP/SAVP himself is offered that, again and again */
static bool savp_again(void)
{
	unsigned int i;

	begin();
	core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(callee, sdp_of(B4, SAVP CRYPTO("6", CM80, KEY))));
	KTAP_CHECK(has(" RTP/AVP 0\r\n"));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && has("a=crypto:6 "));
	for (i = 0; i < 3; i++) {
		KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
		KTAP_CHECK(has(" RTP/SAVP 0\r\n") && has("a=crypto:6 "));
		KTAP_CHECK(!answer(callee, sdp_of(B4, SAVP
						  CRYPTO("6", CM80, KEY))));
	}
	return finish();
}

/* RFC 8643: keys are offered beside plain RTP once, when there is news */
static bool beside_plain(void)
{
	begin();
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!has("a=crypto"));
	KTAP_CHECK(answer(callee, sdp_of(B4, SAVP CRYPTO("1", CM80, KEY))) ==
		   -EPROTO);
	KTAP_CHECK(strstr(err.text, "answered with RTP/SAVP to RTP/AVP"));
	/* keys in an answer to none are nobody's */
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU CRYPTO("1", CM80, KEY))));
	KTAP_CHECK(!has("a=crypto") && kernel.n == 4);
	KTAP_CHECK(!offer(caller, OF("1", KEY)));	/* now it is SRTP */
	KTAP_CHECK(count(text, "a=crypto:") == 2 && has(" RTP/AVP 0\r\n"));
	KTAP_CHECK(answer(callee, sdp_of(B4, SAVP)) == -EPROTO);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!offer(caller, OF("1", KEY)));	/* still */
	KTAP_CHECK(!has("a=crypto") && has(" RTP/AVP 0\r\n"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	return finish();
}

static bool callee_becomes_plain(void)
{
	begin();
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, OF("1", KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU CRYPTO("2", CM80, KEY2))));
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7000")->conf.srtp_rx.suite);
	KTAP_CHECK(!offer(caller, OF("1", KEY)));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && count(text, "a=crypto:") == 1);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!leg_to(&user, "198.51.100.1:7000")->conf.srtp_rx.suite);
	KTAP_CHECK(leg_to(&user, "192.0.2.1:7000")->conf.srtp_rx.suite);
	return finish();
}

static bool keys_of_forks(void)
{
	struct session_branch *second;
	struct dp_srtp first_key;
	char key[100], other[100];

	begin();
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, OF("1", KEY)));
	second = session_branch_fork(branch, NULL);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4,
			      PCMU CRYPTO("2", CM80, KEY2)), true));
	key_of(text, key);
	KTAP_CHECK(!answer_in(second, callee, sdp_of("198.51.100.2",
			      PCMU CRYPTO("1", GCM256,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
			      true));
	/* one key towards the caller, whoever answers */
	KTAP_CHECK(!strcmp(key_of(text, other), key));
	first_key = leg_to(&user, "198.51.100.1:7000")->conf.srtp_tx;
	KTAP_CHECK(!session_choose(second, false, &err));
	KTAP_CHECK(leg_to(&user, "198.51.100.2:7000")->conf.srtp_tx.suite ==
		   RTPLANE_SRTP_AES_256_GCM);
	KTAP_CHECK(leg_to(&user, "198.51.100.2:7000")->beginnings == 2);
	/* back: what had begun goes on */
	KTAP_CHECK(!session_choose(branch, false, &err));
	KTAP_CHECK(!memcmp(&leg_to(&user, "198.51.100.1:7000")->conf.srtp_tx,
			   &first_key, sizeof(first_key)));
	KTAP_CHECK(leg_to(&user, "198.51.100.1:7000")->beginnings == 2);
	KTAP_CHECK(leg_to(&user, "192.0.2.1:7000")->beginnings == 1);
	return finish();
}

/* the module has what it can: keys, identifiers, and takes a line that was plain */
static bool in_the_module(void)
{
	char first[100], now[100];
	struct dp_leg *leg;

	begin();
	kernel.no_srtp = false;
	access_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	leg = &leg_to(&kernel, "192.0.2.1:7000")->conf;
	KTAP_CHECK(kernel.n == 4 && !leg->srtp_rx.suite && !leg->only);
	KTAP_CHECK(!offer(caller, OF("3", KEY "|2^31|1:1")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4 && !user.n && kernel.news == 1);
	KTAP_CHECK(leg->srtp_rx.suite == RTPLANE_SRTP_AES_128_CM_SHA1_80);
	KTAP_CHECK(leg->srtp_rx.mki_len == 1 && leg->srtp_rx.mki[0] == 1);
	KTAP_CHECK(leg->srtp_tx.mki_len == 1 && leg->srtp_tx.mki[0] == 1);
	KTAP_CHECK(leg->only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7001")->conf.only ==
		   RTPLANE_ONLY_RTCP);
	KTAP_CHECK(has("|1:1\r\n"));
	key_of(text, first);
	/* the same keys by other names: nothing begins */
	KTAP_CHECK(!offer(caller, OF("3", KEY "|7:4")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!strcmp(key_of(text, now), first) && has("|1:4\r\n"));
	KTAP_CHECK(leg->srtp_rx.mki_len == 4 && leg->srtp_rx.mki[3] == 7);
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->beginnings == 1);
	/* a suite that it does not have: the call stays as it is */
	kernel.no_srtp = true;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP CRYPTO("1", GCM256, LONG_KEY))));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EOPNOTSUPP);
	KTAP_CHECK(kernel.n == 4 && !user.n && leg->srtp_rx.suite ==
		   RTPLANE_SRTP_AES_128_CM_SHA1_80);
	session_rollback(branch);
	kernel.no_srtp = false;
	/* and plain again: its keys are taken off */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4 && !leg->srtp_rx.suite && !leg->only);
	KTAP_CHECK(!leg->srtp_tx.suite && kernel.news == 1);
	return finish();
}

/* in the answer to our offer a name is the answerer's alone */
static bool identifier_answered(void)
{
	struct dp_leg *leg;

	begin();
	kernel.no_srtp = false;
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!has("|"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, SAVP CRYPTO("2", CM80, KEY "|1:2"))));
	leg = &leg_to(&kernel, "198.51.100.1:7000")->conf;
	KTAP_CHECK(leg->srtp_rx.mki_len == 2 && !leg->srtp_tx.mki_len);
	return finish();
}

static bool no_srtp_datapath(void)
{
	struct sessions_conf all = { .dp = &kernel.dp };

	prepare();
	sessions_free(sessions);
	sessions = sessions_new(&all);
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	begin_session();
	KTAP_CHECK(!offer(caller, OF("1", KEY)));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EOPNOTSUPP);
	KTAP_CHECK(strstr(err.text, "no such cipher") && !kernel.n);
	session_rollback(branch);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4);
	return finish();
}

/* --- what a caller may have --- */

static bool exhausted(void)
{
	struct fake before;

	range.hi = 30005;
	range.reserve = 1;
	begin();
	range.hi = 30099;
	range.reserve = 0;
	/* 3 pairs on each address, one of them in reserve */
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU PCMU PCMU)) == -ENOSPC);
	KTAP_CHECK(strstr(err.text, "are kept for who is known"));
	KTAP_CHECK(!pairs_used(0) && !pairs_used(2) && !pairs_resting(0));
	KTAP_CHECK(session_retry_after(caller) >= 1);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU PCMU)));
	before = kernel;
	/* a call that is there may have more */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU PCMU PCMU)));
	session_rollback(branch);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU PCMU PCMU PCMU)) == -ENOSPC);
	KTAP_CHECK(fake_same(&before, &kernel) && pairs_used(0) == 2);
	KTAP_CHECK(!session_offerer(branch));
	return finish();
}

static bool retry(void)
{
	range.hi = 30001;
	range.quarantine = 2500;
	prepare();
	range.hi = 30099;
	range.quarantine = 5000;
	begin_session();
	KTAP_CHECK(up());
	session_end(session);
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -ENOSPC);
	KTAP_CHECK(session_retry_after(callee) == 3);
	return finish();
}

static bool known(void)
{
	range.hi = 30001;
	range.reserve = 1;
	prepare();
	range.hi = 30099;
	range.reserve = 0;
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -ENOSPC);
	session_end(session);
	conf.known = true;
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	return finish();
}

static struct ports_pair *taken[64];

static void pool_fill(unsigned int i)
{
	unsigned int n = 0;

	while (n < 64 && (taken[n] = ports_get(pool[i], NULL, NULL)))
		n++;
}

static void pool_empty(void)
{
	unsigned int n;

	for (n = 0; n < 64 && taken[n]; n++)
		ports_put(taken[n]);
}

static bool quota(void)
{
	struct session_quota source = { .max = 4 }, realm = { .max = 100 };
	struct session *first;

	prepare();
	conf.quota[0] = &source;
	conf.quota[1] = &realm;
	begin_session();
	first = session;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(source.used == 2 && realm.used == 2);
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU PCMU)) == -EDQUOT);
	KTAP_CHECK(!strcmp(err.text,
			   "its caller has 4 port pairs already; at most 4 are allowed"));
	KTAP_CHECK(source.used == 2 && realm.used == 2);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(source.used == 4);
	session_end(first);
	KTAP_CHECK(source.used == 2 && realm.used == 2);
	/* what could not be had is not charged */
	session_rollback(branch);
	conf.known = false;
	pool_fill(0);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -ENOSPC);
	KTAP_CHECK(!source.used && !realm.used);
	pool_empty();
	KTAP_CHECK(finish());
	KTAP_CHECK(!source.used && !realm.used);
	return true;
}

/* what a description says that its media may take, and what its codecs do if it does not */
static bool weights(void)
{
	static const struct {
		const char *lines;
		unsigned int kbits;
	} table[] = {
		{ PCMU, 80 },
		{ "m=audio 7000 RTP/AVP 18\r\n", 24 },
		{ "m=audio 7000 RTP/AVP 18 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", 80 },
		{ "m=audio 7000 RTP/AVP 97 101\r\na=rtpmap:97 AMR-WB/16000\r\n"
		  "a=rtpmap:101 telephone-event/8000\r\n", 40 },
		{ "m=audio 7000 RTP/AVP 97\r\na=rtpmap:97 of-tomorrow/8000\r\n", 80 },
		{ "m=audio 7000 RTP/AVP 0 999999\r\na=rtpmap:x y\r\na=rtpmap:999 z/1\r\n", 80 },
		/* static types, and what an rtpmap says instead */
		{ "m=audio 7000 RTP/AVP 13\r\n", 0 },
		{ "m=audio 7000 RTP/AVP 18 13 3\r\n", 30 },
		{ "m=audio 7000 RTP/AVP 10\r\n", 1427 },
		{ "m=audio 7000 RTP/AVP 11\r\n", 722 },
		{ "m=audio 7000 RTP/AVP 18\r\na=rtpmap:18 L16/8000\r\n", 144 },
		{ "m=audio 7000 RTP/AVP 97\r\na=rtpmap:97 L16/48000/2\r\n", 1552 },
		{ "m=audio 7000 RTP/AVP 97\r\na=rtpmap:97 L16/4294967295/99\r\n", 722 },
		{ "m=audio 7000 RTP/AVP 97\r\na=rtpmap:97 L16\r\n", 722 },
		{ "m=video 7000 RTP/AVP 0\r\n", 1000 },
		{ PCMU "b=AS:100\r\n", 100 },
		{ PCMU "b=TIAS:48000\r\n", 64 },
		{ PCMU "b=RS:9\r\nb=XX\r\nb=AS:x\r\nb=AS:7\r\nb=AS:9\r\n", 7 },
		{ PCMU "b=AS:4000000000\r\n", 1000000 },
		{ "m=audio 7000 RTP/AVP 0\r\nm=video 7002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", 1080 },
		{ "m=audio 7000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n", 80 },
		{ "m=image 7000 udptl t38\r\n", 64 },
	};
	struct session_quota tenant = { .weighs = true };
	unsigned int i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		prepare();
		conf.quota[1] = &tenant;
		begin_session();
		KTAP_CHECK(!offer(caller, sdp_of(A4, table[i].lines)));
		if (tenant.kbits != table[i].kbits)
			printf("# row %u: %llu\n", i, (unsigned long long)tenant.kbits);
		KTAP_CHECK(tenant.kbits == table[i].kbits);
		KTAP_CHECK(finish() && !tenant.kbits);
	}
	return true;
}

#define VIDEO	"m=video 7002 RTP/AVP 96\r\nb=AS:300\r\n"

/* a call is charged with what it may take at most while that is open, and then with what was agreed */
static bool weighed(void)
{
	struct session_quota tenant = { .weighs = true, .max_kbits = 400 }, plain = { 0 };
	struct session_branch *second;

	prepare();
	conf.quota[0] = &plain;
	conf.quota[2] = &tenant;
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU "b=AS:401\r\n")) == -EDQUOT);
	KTAP_CHECK(!tenant.kbits && !plain.used && !session_offerer(branch));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "b=AS:400\r\n")) && tenant.kbits == 400);
	second = session_branch_fork(branch, NULL);
	KTAP_CHECK(second && tenant.kbits == 400);
	/* less is agreed; a fork may still want all */
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, "m=audio 8000 RTP/AVP 18\r\n"), true));
	KTAP_CHECK(tenant.kbits == 400);
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, "m=audio 8000 RTP/AVP 18\r\n"), false));
	KTAP_CHECK(!session_choose(branch, true, &err) && tenant.kbits == 24);
	/* nobody answers with more than he was offered */
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU "b=AS:100\r\n")) && tenant.kbits == 100);
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU "b=AS:9999\r\n")) && tenant.kbits == 100);
	/* more: while it is open, undone, too much, agreed, and less again */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU VIDEO)) && tenant.kbits == 400);
	session_rollback(branch);
	KTAP_CHECK(tenant.kbits == 100);
	KTAP_CHECK(offer(callee, sdp_of(B4, PCMU "b=AS:101\r\n" VIDEO)) == -EDQUOT);
	KTAP_CHECK(strstr(err.text, "401 kbit/s") && tenant.kbits == 100 && plain.used == 2);
	session_text_free(text);
	text = NULL;
	KTAP_CHECK(!session_offer_anew(branch, caller, sdp_of(A4, PCMU VIDEO),
				       strlen(sdp_of(A4, PCMU VIDEO)), &text, &err));
	KTAP_CHECK(tenant.kbits == 400);
	session_text_free(text);
	KTAP_CHECK(!session_offer_anew(branch, caller, sdp_of(A4, PCMU VIDEO),
				       strlen(sdp_of(A4, PCMU VIDEO)), &text, &err));
	KTAP_CHECK(tenant.kbits == 400);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU VIDEO)) && tenant.kbits == 380);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "m=video 0 RTP/AVP 96\r\n")));
	KTAP_CHECK(tenant.kbits == 380);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "m=video 0 RTP/AVP 96\r\n")));
	KTAP_CHECK(tenant.kbits == 80);
	/* a limit that came later takes nothing away */
	tenant.max_kbits = 50;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)) && tenant.kbits == 80);
	KTAP_CHECK(finish());
	KTAP_CHECK(!tenant.kbits && !plain.kbits);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "two answers of two, one is heard, the other is chosen by one call",
		  forks },
		{ "the branch that was heard is dropped", dropped },
		{ "and the next one is refused", dropped_and_refused },
		{ "a bridge that is not let go of keeps its ports", stuck },
		{ "another party's branch takes over", other_party },
		{ "forks have an end", too_many_forks },
		{ "early answers, and back to what was before", early },
		{ "an early answer, then a refusal", early_and_refused },
		{ "SDES: offers by the policies of both realms", sdes_offers },
		{ "SDES: answers that are void, and one that is not",
		  sdes_answers },
		{ "SDES: our key lives as long as what it protects", keys_live },
		{ "SDES: of several keys the one in use", keys_chosen },
		{ "SDES: profiles with feedback", feedback },
		{ "SDES: what is there already is offered again", keys_again },
		{ "SDES: RTP/SAVP to whoever said so", savp_again },
		{ "SDES: keys beside plain RTP, when there is news",
		  beside_plain },
		{ "SDES: one party becomes plain", callee_becomes_plain },
		{ "SDES: keys of forks, none begins twice", keys_of_forks },
		{ "SDES: in the module", in_the_module },
		{ "SDES: the identifier of an answer", identifier_answered },
		{ "SDES: nobody to do it", no_srtp_datapath },
		{ "ports are used up; the reserve is for calls that are there",
		  exhausted },
		{ "when to come again", retry },
		{ "the reserve is for who is known", known },
		{ "quotas are charged and given back", quota },
		{ "what media may take, by its descriptions", weights },
		{ "bandwidth is charged and given back", weighed },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
