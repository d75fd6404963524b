// SPDX-License-Identifier: GPL-2.0
/* Sessions: offers and answers, their lines, ports and bridges. */
#include "base/log.h"
#include "session_lib.h"

static bool offer_and_answer(void)
{
	struct fake_leg *a, *b;
	int to_callee, to_caller;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=x-strange:kept\r\n")));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && has("a=x-strange:kept"));
	KTAP_CHECK(!has(A4));
	to_callee = port_at(0);
	KTAP_CHECK(to_callee >= 30000 && !(to_callee & 1));
	KTAP_CHECK(!kernel.n && session_offerer(branch) == caller);
	KTAP_CHECK(!session_answered(branch) && !session_heard(session));
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(2) == 1);
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 8000 RTP/AVP 0\r\n")));
	to_caller = port_at(0);
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n") && !has(B4));
	KTAP_CHECK(session_heard(session) == branch && !session_offerer(branch));
	KTAP_CHECK(kernel.n == 4 && kernel.calls == 1 && !user.n);
	a = leg_to(&kernel, "192.0.2.1:7000");
	b = leg_to(&kernel, "198.51.100.1:8000");
	KTAP_CHECK(a && b && dp_addr_eq(&a->peer, &b->conf.local));
	KTAP_CHECK(a->conf.local.port == to_caller);
	KTAP_CHECK(b->conf.local.port == to_callee);
	KTAP_CHECK(a->cookie == session_id(session));
	KTAP_CHECK(a->conf.dscp == 46 && a->conf.accept == RTPLANE_ACCEPT_RTP);
	KTAP_CHECK(a->conf.latch == RTPLANE_LATCH_RESTRICTED);
	KTAP_CHECK(a->conf.probation == 3 && a->conf.early);
	a = leg_to(&kernel, "192.0.2.1:7001");
	b = leg_to(&kernel, "198.51.100.1:8001");
	KTAP_CHECK(a && b && dp_addr_eq(&a->peer, &b->conf.local));
	KTAP_CHECK(a->conf.local.port == to_caller + 1);
	KTAP_CHECK(a->conf.tie.port == to_caller && !a->conf.probation);
	kernel.dels = 0;
	session_end(session);
	session = NULL;
	KTAP_CHECK(kernel.dels == 1 && !kernel.n);	/* legs are named */
	KTAP_CHECK(pairs_resting(0) == 1 && pairs_resting(2) == 1);
	return finish();
}

static bool late_offer(void)
{
	begin();
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n"));
	KTAP_CHECK(session_offerer(branch) == callee);
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n"));
	KTAP_CHECK(kernel.n == 4);
	return finish();
}

static bool out_of_turn(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(!strcmp(err.text, "an answer without an offer"));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(offer(callee, sdp_of(B4, PCMU)) == -EALREADY);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -EALREADY);
	KTAP_CHECK(strstr(err.text, "caller"));
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(2) == 1);
	KTAP_CHECK(answer(caller, sdp_of(A4, PCMU)) == -EPROTO);
	KTAP_CHECK(answer(callee, "garbage") == -EPROTO);
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU PCMU)) == -EPROTO);
	KTAP_CHECK(!kernel.n && session_offerer(branch) == caller);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	before = kernel;
	KTAP_CHECK(offer(caller, "garbage") == -EPROTO);
	KTAP_CHECK(!session_offerer(branch) && fake_same(&before, &kernel));
	session_rollback(branch);
	KTAP_CHECK(fake_same(&before, &kernel));
	return finish();
}

static bool refused(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	session_rollback(branch);
	KTAP_CHECK(!pairs_used(0) && !pairs_resting(0) && !pairs_used(2));
	KTAP_CHECK(!session_branch_fork(branch, NULL));
	KTAP_CHECK(up());
	before = kernel;
	KTAP_CHECK(!offer(callee, sdp_of("198.51.100.9",
		"m=audio 9000 RTP/AVP 0\r\nm=video 9100 RTP/AVP 34\r\n")));
	KTAP_CHECK(pairs_used(0) == 2 && fake_same(&before, &kernel));
	session_rollback(branch);
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(2) == 1);
	KTAP_CHECK(!pairs_resting(0) && fake_same(&before, &kernel));
	/* and the next one knows nothing of it */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(port_at(1) == -1);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(fake_same(&before, &kernel));
	return finish();
}

/*
 * The caller goes to IPv6 with the first line, the second one goes, the third
 * becomes SRTP, the fourth is SRTP no more, and a fifth comes.
 */
#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define CRYPTO	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
#define BEFORE	"m=audio 7000 RTP/AVP 0\r\nm=video 7100 RTP/AVP 34\r\n" \
		"m=audio 7200 RTP/AVP 0\r\nm=audio 7300 RTP/SAVP 0\r\n" CRYPTO
#define AFTER	"m=audio 7010 RTP/AVP 0\r\nc=IN IP6 " A6 "\r\n" \
		"m=video 0 RTP/AVP 34\r\nm=audio 7200 RTP/SAVP 0\r\n" CRYPTO \
		"m=audio 7300 RTP/AVP 0\r\nm=video 7400 RTP/AVP 34\r\n"
#define ANSWER	"m=audio 8000 RTP/AVP 0\r\nm=video 8100 RTP/AVP 34\r\n" \
		"m=audio 8200 RTP/AVP 0\r\nm=audio 8300 RTP/AVP 0\r\n"
#define ANSWER_AFTER "m=audio 8000 RTP/AVP 0\r\nm=video 0 RTP/AVP 34\r\n" \
		"m=audio 8200 RTP/AVP 0\r\nm=audio 8300 RTP/AVP 0\r\n" \
		"m=video 8400 RTP/AVP 34\r\n"

static bool step_refused(unsigned int i, unsigned int *calls)
{
	struct fake *const dp = i & 1 ? &user : &kernel;
	struct fake kernel_before, user_before;

	begin();
	access_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->lines_max = 6;
	KTAP_CHECK(!offer(caller, sdp_of(A4, BEFORE)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, ANSWER)));
	KTAP_CHECK(kernel.n == 12 && user.n == 4);
	KTAP_CHECK(!offer(caller, sdp_of(A4, AFTER)));
	kernel_before = kernel;
	user_before = user;
	kernel.calls = user.calls = 0;
	dp->refuse = i / 2 + 1;
	if (!answer(callee, sdp_of(B4, ANSWER_AFTER))) {
		*calls = 0;
		dp->refuse = 0;
		KTAP_CHECK(kernel.n == 12 && user.n == 4);
		return finish();
	}
	*calls = dp->calls;
	KTAP_CHECK(!strcmp(err.text, "no"));
	KTAP_CHECK(fake_same(&kernel, &kernel_before));
	KTAP_CHECK(fake_same(&user, &user_before));
	KTAP_CHECK(session_offerer(branch) == caller);
	KTAP_CHECK(pairs_used(0) == 5 && pairs_used(1) == 1 && pairs_used(2) == 5);
	session_rollback(branch);
	KTAP_CHECK(pairs_used(0) == 4 && !pairs_used(1) && pairs_used(2) == 4);
	KTAP_CHECK(!pairs_resting(0) && !pairs_resting(2));
	/* and it can be had after all */
	KTAP_CHECK(!offer(caller, sdp_of(A4, AFTER)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, ANSWER_AFTER)));
	KTAP_CHECK(kernel.n == 12 && user.n == 4);
	KTAP_CHECK(pairs_resting(0) == 2 && pairs_resting(2) == 1);
	return finish();
}

static bool all_or_nothing(void)
{
	unsigned int i, calls, refusals = 0;

	for (i = 0; i < 12; i++) {
		if (!step_refused(i, &calls)) {
			printf("# call %u of datapath %u\n", i / 2 + 1, i & 1);
			return false;
		}
		refusals += !!calls;
	}
	KTAP_CHECK(refusals == 5);	/* new, set, del; new, del */
	return true;
}

static bool hold(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(up());
	before = kernel;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=sendonly\r\n")));
	KTAP_CHECK(has("a=sendonly") && port_at(0) > 0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=recvonly\r\n")));
	KTAP_CHECK(has("a=recvonly") && fake_same(&before, &kernel));
	KTAP_CHECK(!offer(caller, sdp_of("0.0.0.0", PCMU)));
	KTAP_CHECK(has("c=IN IP4 0.0.0.0\r\n") && port_at(0) > 0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=inactive\r\n")));
	/* where it was is where it is */
	KTAP_CHECK(fake_same(&before, &kernel) && pairs_used(0) == 1);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(fake_same(&before, &kernel));
	/* its NAT may have forgotten it */
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->orders == DP_LEG_UNLATCH);
	KTAP_CHECK(leg_to(&kernel, "198.51.100.1:7000")->orders ==
		   DP_LEG_UNLATCH);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!leg_to(&kernel, "192.0.2.1:7000")->orders);
	/* resumed from elsewhere: a new leg has nothing to forget */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(!offer(caller, sdp_of(A6, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(leg_to(&kernel, "[2001:db8::1]:7000") && kernel.n == 4);
	return finish();
}

static bool held_from_the_start(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of("0.0.0.0", PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!kernel.n && session_heard(session) == branch);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4);
	session_end(session);
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of("::", PCMU)));
	KTAP_CHECK(pairs_used(1) == 1 && !pairs_used(0));
	return finish();
}

#define TWO	PCMU "m=video 7100 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\n"

static bool fewer_lines(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, TWO)));
	KTAP_CHECK(port_at(0) > 0 && port_at(1) > 0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	/* RFC 3264 section 6 */
	KTAP_CHECK(port_at(0) > 0 && has("m=video 0 RTP/AVP 34\r\n"));
	KTAP_CHECK(kernel.n == 4 && pairs_used(0) == 1);
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU "a=sendonly\r\n")));
	KTAP_CHECK(port_at(0) > 0 && has("m=video 0 RTP/AVP 34\r\n"));
	KTAP_CHECK(port_at(2) == -1);
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU "a=recvonly\r\n"
					  "m=video 0 RTP/AVP 34\r\n")));
	KTAP_CHECK(port_at(0) > 0 && port_at(1) == -1);
	KTAP_CHECK(kernel.n == 4);
	/* and it can come back */
	KTAP_CHECK(!offer(caller, sdp_of(A4, TWO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, TWO)));
	KTAP_CHECK(port_at(1) > 0 && kernel.n == 8);
	/* a shorter offer takes it away */
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU "m=video 0 RTP/AVP 34\r\n")));
	KTAP_CHECK(kernel.n == 4 && pairs_used(0) == 1 && pairs_resting(0) == 1);
	return finish();
}

static bool rejected_lines(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "m=video 0 RTP/AVP\r\n"
					 "m=audio 0 RTP/SAVP 255 *\r\n")));
	KTAP_CHECK(port_at(1) == 0 && port_at(2) == 0 && pairs_used(0) == 1);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "m=video 0 RTP/AVP\r\n"
					  "m=audio 0 RTP/AVP\r\n")));
	KTAP_CHECK(kernel.n == 4);
	/* all of it is rejected: no media, and no failure */
	KTAP_CHECK(!offer(callee, sdp_of(B4, "m=audio 0 RTP/AVP 0\r\n")));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "m=audio 0 RTP/AVP 0\r\n")));
	KTAP_CHECK(!kernel.n && !pairs_used(0));
	return finish();
}

static bool not_relayed(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU
		"m=video 7100 UDP/TLS/RTP/SAVPF 34\r\n"
		"m=audio 7200 RTP/AVP 0\r\nc=IN IP4 224.1.2.3\r\n")));
	KTAP_CHECK(has("m=video 0 UDP/TLS/RTP/SAVPF 34\r\n") && !port_at(2));
	KTAP_CHECK(pairs_used(0) == 1);
	session_rollback(branch);
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=video 7100 UDP/TLS/RTP/SAVPF 34\r\n"))
		   == -EPROTO);
	KTAP_CHECK(!strcmp(err.text, "no media line can be relayed: its realm has no DTLS-SRTP (dtls: off)"));
	KTAP_CHECK(offer(caller, sdp_of("host.example", PCMU)) == -EPROTO);
	KTAP_CHECK(!pairs_used(0) && !pairs_used(2));
	return finish();
}

/* what a relay of four ports a line cannot keep is not promised */
static bool no_promises(void)
{
	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE 0\r\na=ice-lite\r\n"
		PCMU "a=rtcp-mux\r\na=mid:0\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\n"
		"a=candidate:1 1 UDP 1 192.0.2.1 7000 typ host\r\n"
		"a=fingerprint:sha-256 AA\r\na=setup:actpass\r\n")));
	KTAP_CHECK(!has("BUNDLE") && !has("ice-") && !has("mux"));
	KTAP_CHECK(!has("candidate") && !has("fingerprint") && !has("setup"));
	KTAP_CHECK(has("a=mid:0"));
	return finish();
}

static bool too_many_lines(void)
{
	begin();
	access_policy->lines_max = 2;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "m=audio 0 RTP/AVP 0\r\n"
					 PCMU PCMU PCMU)));
	KTAP_CHECK(port_at(0) > 0 && !port_at(1) && port_at(2) > 0);
	KTAP_CHECK(!port_at(3) && !port_at(4) && pairs_used(0) == 2);
	session_rollback(branch);
	access_policy->lines_max = 0;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU PCMU PCMU PCMU PCMU PCMU)));
	KTAP_CHECK(pairs_used(0) == 4 && pairs_used(2) == 4);
	return finish();
}

#define T38	"m=image 7000 udptl t38\r\n"

static bool fax(void)
{
	struct fake_leg *a;

	begin();
	KTAP_CHECK(up());
	a = leg_to(&kernel, "192.0.2.1:7000");
	a->seen.rx_packets = 77;
	KTAP_CHECK(!offer(callee, sdp_of(B4, T38)));
	KTAP_CHECK(has("m=image 3") && !has("a=rtcp"));
	KTAP_CHECK(!answer(caller, sdp_of(A4, T38)));
	KTAP_CHECK(kernel.n == 2 && pairs_used(0) == 1);
	a = leg_to(&kernel, "192.0.2.1:7000");
	KTAP_CHECK(a && a->conf.accept == RTPLANE_ACCEPT_ANY);
	KTAP_CHECK(a->seen.rx_packets == 77 && a->conf.dscp == 34);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(answer(callee, sdp_of(B4, T38)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "offered as RTP and answered as no RTP"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4);
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->conf.accept ==
		   RTPLANE_ACCEPT_RTP);
	return finish();
}

static bool other_family(void)
{
	struct fake_leg *a, *b;
	struct fake before;

	begin();
	KTAP_CHECK(up());
	leg_to(&kernel, "198.51.100.1:7000")->seen.rx_packets = 5;
	before = kernel;
	kernel.calls = 0;
	KTAP_CHECK(!offer(caller, sdp_of(A6, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && fake_same(&before, &kernel));
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(1) == 1);
	session_rollback(branch);
	KTAP_CHECK(!pairs_used(1) && pairs_used(0) == 1);
	KTAP_CHECK(!offer(caller, sdp_of(A6, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("c=IN IP6 ::1\r\n") && kernel.n == 4);
	KTAP_CHECK(kernel.calls == 1 && kernel.sets == 1);
	a = leg_to(&kernel, "[2001:db8::1]:7000");
	b = leg_to(&kernel, "198.51.100.1:7000");
	KTAP_CHECK(a && b && dp_addr_eq(&a->peer, &b->conf.local));
	KTAP_CHECK(b->seen.rx_packets == 5);
	KTAP_CHECK(!pairs_used(0) && pairs_resting(0) == 1 && pairs_used(1) == 1);
	/* what the other one adds comes to where the party is */
	KTAP_CHECK(!offer(callee, sdp_of(B4, TWO)));
	KTAP_CHECK(pairs_used(1) == 2 && !pairs_used(0));
	return finish();
}

static bool family_that_is_not_there(void)
{
	struct fake before;

	begin();
	KTAP_CHECK(up());
	before = kernel;
	/* realm core has IPv4 alone */
	KTAP_CHECK(offer(callee, sdp_of(A6, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "no address of that family"));
	KTAP_CHECK(fake_same(&before, &kernel) && !session_offerer(branch));
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU
		"m=video 7100 RTP/AVP 34\r\nc=IN IP6 " A6 "\r\n")));
	KTAP_CHECK(port_at(0) > 0 && !port_at(1) && pairs_used(2) == 1);
	session_rollback(branch);
	/* nor can an answer be of another family than what it answers */
	KTAP_CHECK(!offer(caller, sdp_of(A4, TWO)));
	KTAP_CHECK(answer(callee, sdp_of(A6, TWO)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "of another family than ours"));
	KTAP_CHECK(fake_same(&before, &kernel));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU
		"m=video 7100 RTP/AVP 34\r\nc=IN IP6 " A6 "\r\n")));
	KTAP_CHECK(port_at(0) > 0 && !port_at(1) && kernel.n == 4);
	return finish();
}

static bool third_party_rtcp(void)
{
	struct fake_leg *a;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU
			  "a=rtcp:7777 IN IP4 203.0.113.9\r\n")));
	KTAP_CHECK(!has("203.0.113.9") && !has("7777"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=rtcp:9999\r\n")));
	a = leg_to(&kernel, "192.0.2.1:7777");
	KTAP_CHECK(a && dp_addr_eq(&a->peer,
		   &leg_to(&kernel, "198.51.100.1:9999")->conf.local));
	KTAP_CHECK(!leg_to(&kernel, "203.0.113.9:7777"));
	/* one that cannot be used costs RTCP alone */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=rtcp:0\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000"));
	return finish();
}

/* of several addresses of a family it is the one that signalling comes to */
static bool own_address(void)
{
	struct session_party_conf a = {
		.name = "caller", .local = at("127.0.0.3:5060"),
	};

	prepare();
	access_policy->n_addresses = 1;		/* 127.0.0.1, then 127.0.0.3 */
	ports_free(pool[1]);
	ports_free(access_policy->address[1].ports);
	add_address(access_policy, "127.0.0.3", 1);
	begin_session();
	a.policy = access_policy;
	caller = session_party_add(session, &a);
	branch = session_branch_new(caller, callee, NULL);
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.3\r\n"));
	session_rollback(branch);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.3\r\n") && !pairs_used(0));
	return finish();
}

static bool advertised(void)
{
	prepare();
	access_policy->address[0].advertise = at("203.0.113.254");
	begin_session();
	KTAP_CHECK(up() && has("c=IN IP4 203.0.113.254\r\n"));
	KTAP_CHECK(has(" IN IP4 203.0.113.254\r\ns=") && !has("127.0.0.1"));
	return finish();
}

static bool many_sources(void)
{
	static const char *const lines[] = {
		"a=ssrc-group:FID 1 2\r\n", "a=rtpmap:97 rtx/90000\r\n",
		"a=simulcast:send 1;2\r\n", "a=rtpmap:98 flexfec/90000\r\n",
	};
	char line[200];
	size_t i;

	begin();
	KTAP_CHECK(up());
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->conf.ssrc_guard);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "m=video 7000 RTP/AVP 96 97\r\n%s",
			 lines[i]);
		KTAP_CHECK(!offer(caller, sdp_of(A4, line)));
		KTAP_CHECK(!answer(callee, sdp_of(B4, "m=video 7000 RTP/AVP 96\r\n")));
		KTAP_CHECK(!leg_to(&kernel, "192.0.2.1:7000")->conf.ssrc_guard);
		KTAP_CHECK(!leg_to(&kernel, "198.51.100.1:7000")->conf.ssrc_guard);
	}
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->conf.ssrc_guard);
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU "a=ssrc-group:FID 1 2\r\n")));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!leg_to(&kernel, "192.0.2.1:7000")->conf.ssrc_guard);
	access_policy->latch = RTPLANE_LATCH_OFF;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!leg_to(&kernel, "192.0.2.1:7000")->conf.ssrc_guard);
	KTAP_CHECK(leg_to(&kernel, "198.51.100.1:7000")->conf.ssrc_guard);
	return finish();
}

static bool origin(void)
{
	uint64_t id, other;

	begin();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	id = sdp_id(text);
	KTAP_CHECK(sdp_version(text) == 1 && id && id != session_id(session));
	KTAP_CHECK(id < UINT64_C(1) << 53);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	other = sdp_id(text);
	KTAP_CHECK(other != id && sdp_version(text) == 1);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(sdp_id(text) == id && sdp_version(text) == 1);
	session_rollback(branch);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(sdp_id(text) == id && sdp_version(text) == 2);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(sdp_id(text) == other && sdp_version(text) == 2);
	session_text_free(text);
	text = session_reanswer(branch, caller);
	KTAP_CHECK(text && sdp_id(text) == other && has("a=inactive"));
	return finish();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "an offer takes ports, its answer makes the bridges by one call",
		  offer_and_answer },
		{ "an offer of the callee", late_offer },
		{ "out of turn: refused, and nothing has changed", out_of_turn },
		{ "an offer that is refused never was", refused },
		{ "whichever step is refused, all is as it was", all_or_nothing },
		{ "hold and resume, both ways of saying it", hold },
		{ "held from the start", held_from_the_start },
		{ "an answer and an offer of fewer lines are padded",
		  fewer_lines },
		{ "rejected lines are not judged", rejected_lines },
		{ "what is not relayed is rejected, if something is left",
		  not_relayed },
		{ "ICE, DTLS, BUNDLE and mux are not passed on", no_promises },
		{ "more lines than the realm allows are rejected",
		  too_many_lines },
		{ "T.38 and back on the same line", fax },
		{ "another address family in mid-call: a new port, one call",
		  other_family },
		{ "a family that is not there costs the line, not the call",
		  family_that_is_not_there },
		{ "a=rtcp names a port, nobody else's address",
		  third_party_rtcp },
		{ "our address is the one that signalling comes to", own_address },
		{ "what is advertised is said, and nothing else", advertised },
		{ "several SSRCs at a time are no intruders", many_sources },
		{ "o=: random, and a version more with each change", origin },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
