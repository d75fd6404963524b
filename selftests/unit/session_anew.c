// SPDX-License-Identifier: GPL-2.0
/* Sessions: signalling that does not tell how an offer ended, and policies of a party's own. */
#include "base/log.h"
#include "session_lib.h"

#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY2	"PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define CM80	"AES_CM_128_HMAC_SHA1_80"
#define SAVP	"m=audio 7000 RTP/SAVP 0\r\na=crypto:1 " CM80 " inline:" KEY "\r\n"

static int anew(struct session_party *from, const char *what)
{
	char *to = NULL;
	int ret = session_offer_anew(branch, from, what, strlen(what), &to, &err);

	if (!ret) {
		session_text_free(text);
		text = to;
	}
	return ret;
}

static int early(struct session_party *from, const char *what)
{
	return answer_in(branch, from, what, true);
}

/* whoever was told of the first one can answer the second */
static bool own_offer(void)
{
	struct session_branch *fork;
	uint64_t id, version;
	int port;

	begin();
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	id = sdp_id(text);
	version = sdp_version(text);
	fork = session_branch_fork(branch, NULL);
	KTAP_CHECK(fork);
	KTAP_CHECK(!anew(caller, sdp_of(A4, "m=audio 7010 RTP/AVP 8\r\nm=video 7100 RTP/AVP 34\r\n")));
	KTAP_CHECK(port_at(0) == port && sdp_id(text) == id);
	KTAP_CHECK(sdp_version(text) == version + 1 && has("RTP/AVP 8\r\n"));
	KTAP_CHECK(port_at(1) > 0 && pairs_used(0) == 2 && pairs_used(2) == 2);
	KTAP_CHECK(session_offerer(branch) == caller && !kernel.n);
	KTAP_CHECK(!early(callee, sdp_of(B4, "m=audio 8000 RTP/AVP 8\r\nm=video 0 RTP/AVP 34\r\n")));
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, A4 ":7010"));
	/* one that was made of the first still has that one */
	KTAP_CHECK(!answer_in(fork, callee, sdp_of(B4, "m=audio 8002 RTP/AVP 0\r\n"), true));
	KTAP_CHECK(!session_choose(fork, false, &err) && leg_to(&kernel, A4 ":7000"));
	/* and the next one is made of the second */
	fork = session_branch_fork(branch, NULL);
	KTAP_CHECK(fork && !answer_in(fork, callee, sdp_of(B4, "m=audio 8004 RTP/AVP 8\r\n"), true));
	KTAP_CHECK(!session_choose(fork, false, &err) && leg_to(&kernel, A4 ":7010"));
	return finish();
}

static bool own_keys(void)
{
	char keys[2][512];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin();
		access_policy->srtp = SESSION_SRTP_ALLOW;
		core_policy->srtp = SESSION_SRTP_REQUIRE;
		KTAP_CHECK(!anew(caller, sdp_of(A4, SAVP)));
		snprintf(keys[0], sizeof(keys[0]), "%s", strstr(text, "a=crypto:1"));
		KTAP_CHECK(!anew(caller, sdp_of(A4, i ? "m=audio 7000 RTP/AVP 0\r\n" : SAVP)));
		snprintf(keys[1], sizeof(keys[1]), "%s", strstr(text, "a=crypto:1"));
		KTAP_CHECK(!strcmp(keys[0], keys[1]) && strstr(keys[0], "a=crypto:2"));
		KTAP_CHECK(!early(callee, sdp_of(B4, "m=audio 8000 RTP/SAVP 0\r\na=crypto:2 " CM80
						 " inline:" KEY2 "\r\n")));
		KTAP_CHECK(user.n == 4 && has("a=crypto") == !i);
		KTAP_CHECK(finish());
	}
	return true;
}

static bool refused(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(anew(caller, "garbage") == -EPROTO);
	KTAP_CHECK(anew(callee, "garbage") == -EPROTO);
	KTAP_CHECK(anew(caller, sdp_of(A4, "m=audio 7000 TCP/RTP/AVP 0\r\n")) == -EPROTO);
	KTAP_CHECK(session_offerer(branch) == caller && pairs_used(0) == 1);
	KTAP_CHECK(!early(callee, sdp_of(B4, PCMU)));
	before = kernel;
	/* early: it may be answered again, as before */
	KTAP_CHECK(anew(callee, "garbage") == -EPROTO && fake_same(&before, &kernel));
	KTAP_CHECK(session_offerer(branch) == caller);
	KTAP_CHECK(!early(callee, sdp_of("198.51.100.9", PCMU)));
	KTAP_CHECK(leg_to(&kernel, "198.51.100.9:7000"));
	return finish();
}

/* the early answer was the answer */
static bool settled(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU)) && !early(callee, sdp_of(B4, PCMU)));
	before = kernel;
	KTAP_CHECK(!anew(callee, sdp_of(B4, PCMU "m=video 7100 RTP/AVP 34\r\n")));
	KTAP_CHECK(session_offerer(branch) == callee && fake_same(&before, &kernel));
	session_rollback(branch);
	KTAP_CHECK(session_heard(session) == branch && fake_same(&before, &kernel));
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU)));
	/* its answer never comes, and the other one has an offer of its own */
	KTAP_CHECK(!anew(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(session_offerer(branch) == callee && pairs_used(0) == 1);
	KTAP_CHECK(!early(caller, sdp_of("192.0.2.9", PCMU)));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.9:7000"));
	return finish();
}

static bool withdrawn(void)
{
	begin();
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU "m=video 7100 RTP/AVP 34\r\n")));
	KTAP_CHECK(pairs_used(0) == 2);
	KTAP_CHECK(!anew(callee, sdp_of(B4, PCMU)) && pairs_used(0) == 1);
	KTAP_CHECK(session_offerer(branch) == callee);
	KTAP_CHECK(!early(caller, sdp_of(A4, PCMU)) && kernel.n == 4);
	return finish();
}

static bool by_signalling(void)
{
	begin();
	access_policy->nat = SESSION_NAT_ALWAYS;
	KTAP_CHECK(!anew(caller, sdp_of("203.0.113.5", PCMU)) && !early(callee, sdp_of(B4, PCMU)));
	/* the caller's signalling comes from there */
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000") && !leg_to(&kernel, "203.0.113.5:7000"));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->conf.latch == RTPLANE_LATCH_RESTRICTED);
	KTAP_CHECK(leg_to(&kernel, B4 ":7000"));
	KTAP_CHECK(finish());
	begin();
	access_policy->nat = SESSION_NAT_SOURCE;
	KTAP_CHECK(!anew(caller, sdp_of("203.0.113.5", PCMU)) && !early(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(leg_to(&kernel, "203.0.113.5:7000"));
	return finish();
}

static bool profiles(void)
{
	begin();
	core_policy->feedback = SESSION_FEEDBACK_ON;
	KTAP_CHECK(!anew(caller, sdp_of(A4, PCMU)) && has("RTP/AVPF 0\r\n"));
	KTAP_CHECK(!early(callee, sdp_of(B4, "m=audio 8000 RTP/AVPF 0\r\n")));
	KTAP_CHECK(has("RTP/AVP 0\r\n") && finish());
	begin();
	core_policy->feedback = SESSION_FEEDBACK_OFF;
	KTAP_CHECK(!anew(caller, sdp_of(A4, "m=audio 7000 RTP/AVPF 0\r\n")));
	KTAP_CHECK(has("RTP/AVP 0\r\n"));
	KTAP_CHECK(!early(callee, sdp_of(B4, "m=audio 8000 RTP/AVP 0\r\n")));
	KTAP_CHECK(has("RTP/AVPF 0\r\n"));
	return finish();
}

static bool parties(void)
{
	struct session_party_conf third = { .name = "third" };
	struct session_branch *second;
	struct session_party *party;
	struct session_report *report;

	begin();
	KTAP_CHECK(up());
	third.policy = session_policy_copy(core_policy);
	KTAP_CHECK(third.policy && third.policy->refs == 1);
	party = session_party_add(session, &third);
	second = session_branch_new(caller, party, NULL);
	session_policy_put(third.policy);
	session_party_drop(party);	/* a branch has it */
	session_party_drop(caller);
	session_branch_drop(second);
	session_party_drop(callee);	/* a branch and bridges */
	report = session_report(session);
	KTAP_CHECK(report && report->n_parties == 3);
	session_report_free(report);
	session_party_drop(party);
	session_party_drop(NULL);
	report = session_report(session);
	KTAP_CHECK(report && report->n_parties == 2 && report->n_legs == 4);
	session_report_free(report);
	return finish();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a party's own offer is replaced, with the same ports", own_offer },
		{ "and with the same keys", own_keys },
		{ "one that is refused leaves the open one open", refused },
		{ "an early answer was the answer", settled },
		{ "the other party's offer is withdrawn", withdrawn },
		{ "the signalling's address, whatever the description says", by_signalling },
		{ "the profile that a party is offered", profiles },
		{ "a party that nobody has goes, and no other", parties },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
