// SPDX-License-Identifier: GPL-2.0
/*
 * The control protocol's calls: what one is made, changed and ended by, and that what is
 * refused leaves what ran untouched.
 */
#include "ng_lib.h"
#include "session/private.h"

/* --- what proxies do --- */

static bool call(void)
{
	int port;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", "+supports", "load limit", CALL, "via-branch", "z9hG4bK1",
			  FROM, DIR, RECV_A, "sip-message-type", "sip_request",
			  "+replace", "origin,session-connection", FLAGS,
			  "+ICE", "remove", "sdp", sdp_of(A4, PCMU "a=x-kept:1\r\n"), NULL)));
	/* towards the callee by the second interface, and nothing of the caller's address */
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && has("a=x-kept:1") && !has(A4));
	port = port_at(0);
	KTAP_CHECK(port > 0 && ng_count(ng) == 1 && pairs_used(0) == 1 && pairs_used(2) == 1);
	KTAP_CHECK(ng->n_strange == 0);
	KTAP_CHECK(ok(ask("answer", CALL, "via-branch", "z9hG4bK1", FROM, TO, RECV_B, FLAGS,
			  "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n") && !has(B4) && kernel.n == 4);
	KTAP_CHECK(leg_to(&kernel, A4 ":7000") && leg_to(&kernel, B4 ":8000"));
	KTAP_CHECK(leg_to(&kernel, B4 ":8000")->conf.local.port == port);
	/* the same answer again: 183 and 200, or a retransmission by another cookie */
	KTAP_CHECK(ok(answer_b()) && kernel.n == 4);
	KTAP_CHECK(ok(ask("delete", CALL, FROM, TO, "delete delay", "0", NULL)));
	KTAP_CHECK(!kernel.n && !ng_count(ng) && ng->counters.deleted == 1);
	return done();
}

/* --- what is refused --- */

static bool missing(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(error_is(ask("offer", NULL), "No SDP body in message"));
	KTAP_CHECK(error_is(ask("offer", "sdp", "x", NULL), "No call-id in message"));
	KTAP_CHECK(error_is(ask("offer", "sdp", "x", CALL, NULL), "No from-tag in message"));
	KTAP_CHECK(error_is(ask("answer", "sdp", "x", CALL, FROM, NULL), "No to-tag in message"));
	KTAP_CHECK(error_is(ask("offer", "sdp", "x", CALL, FROM, NULL), "Failed to parse SDP"));
	KTAP_CHECK(error_is(ask("answer", "sdp", "v=1", CALL, FROM, TO, NULL), "Failed to parse SDP"));
	KTAP_CHECK(error_is(ask("offer", "sdp", sdp_of(A4, ""), CALL, FROM, NULL), "Incomplete SDP specification"));
	KTAP_CHECK(error_is(ask("answer", "sdp", sdp_of(A4, PCMU), CALL, FROM, TO, NULL), "Unknown call-id"));
	KTAP_CHECK(error_is(ask("query", NULL), "No call-id in message"));
	KTAP_CHECK(error_is(ask("query", CALL, NULL), "Unknown call-id"));
	KTAP_CHECK(error_is(ask("delete", NULL), "No call-id in message"));
	KTAP_CHECK(ok(ask("delete", CALL, NULL)));
	KTAP_CHECK(!strcmp(field("warning"), "Call-ID not found or tags didn't match"));
	KTAP_CHECK(error_is(ask("delete", CALL, "+flags", "fatal", NULL), "Call-ID not found or tags didn't match"));
	KTAP_CHECK(error_is(ask("play media", CALL, NULL),
			    "'play media' needs a codec, and this relay has none; expected a media server beside it"));
	KTAP_CHECK(!ng_count(ng) && !pairs_used(0) && !kernel.calls);
	/* lists where texts belong */
	KTAP_CHECK(error_is(ask("offer", "sdp", sdp_of(A4, PCMU), "+call-id", "c1", FROM, NULL), "No call-id in message"));
	KTAP_CHECK(error_is(ask("offer", "+sdp", "x", CALL, FROM, NULL), "No SDP body in message"));
	KTAP_CHECK(!ng_count(ng));
	return done();
}

static bool long_names(void)
{
	char name[NG_NAME_MAX + 2];

	KTAP_CHECK(open_ng());
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	KTAP_CHECK(!strcmp((ask("offer", "call-id", name, FROM, "sdp", sdp_of(A4, PCMU), NULL), field("result")), "error"));
	KTAP_CHECK(!strcmp((ask("offer", CALL, "from-tag", name, "sdp", sdp_of(A4, PCMU), NULL), field("result")), "error"));
	name[NG_NAME_MAX] = '\0';
	KTAP_CHECK(ok(ask("offer", "call-id", name, "from-tag", name, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ng_count(ng) == 1);
	return done();
}

/* what ran runs on, by the same bridges */
static bool untouched(void)
{
	static const char *const bad[] = {
		"", "garbage", "v=0\r\n", "v=0\r\nm=audio x RTP/AVP 0\r\n",
		"v=0\r\nm=audio 7000 TCP/RTP/AVP 0\r\n", "v=0\r\nm=audio 70000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n",
		"v=0\r\nc=IN IP4 224.0.0.1\r\nm=audio 7000 RTP/AVP 0\r\n",
		"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 7000 UDP/TLS/RTP/SAVPF 0\r\n",
	};
	struct fake before;
	size_t i;

	KTAP_CHECK(open_ng() && call_up());
	before = kernel;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ask("offer", CALL, FROM, TO, "+received-from", "IP4,203.0.113.66", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		ask("offer", CALL, "from-tag", "t", "to-tag", "f", "+received-from", "IP4,203.0.113.66", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		ask("offer", CALL, "from-tag", "new", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		ask("offer", CALL, FROM, "via-branch", "v", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		KTAP_CHECK(fake_same(&before, &kernel) && pairs_used(0) == 1 && pairs_used(2) == 1);
		if (i > 3)
			continue;	/* as an answer it rejects the line */
		ask("answer", CALL, FROM, TO, "+received-from", "IP4,203.0.113.66", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		ask("answer", CALL, FROM, "to-tag", "t2", "sdp", bad[i], NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
		KTAP_CHECK(fake_same(&before, &kernel) && pairs_used(0) == 1 && pairs_used(2) == 1);
	}
	KTAP_CHECK(error_is(ask("answer", CALL, "from-tag", "x", "to-tag", "y", "sdp", sdp_of(A4, PCMU), NULL),
			    "Invalid dialogue association"));
	/* another call's tags */
	KTAP_CHECK(ok(ask("offer", "call-id", "c2", "from-tag", "g", DIR, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(error_is(ask("answer", "call-id", "c2", FROM, TO, "sdp", sdp_of(A4, PCMU), NULL),
			    "Invalid dialogue association"));
	KTAP_CHECK(ok(ask("delete", "call-id", "c2", FROM, TO, "delete-delay", "0", NULL)));
	KTAP_CHECK(*field("warning") && ng_count(ng) == 2 && !ng_get(tree.root, "tags"));
	KTAP_CHECK(fake_same(&before, &kernel));
	/* a datapath that refuses */
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, "sdp", sdp_of("192.0.2.9", PCMU), NULL)));
	ask("answer", CALL, FROM, TO, "sdp", sdp_of("198.51.100.9", ANSWER), NULL);
	KTAP_CHECK(!strcmp(field("result"), "error") && leg_to(&kernel, A4 ":7000") && leg_to(&kernel, B4 ":8000"));
	/* and the answer may still come */
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of("198.51.100.9", ANSWER), NULL)));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.9:7000") && leg_to(&kernel, "198.51.100.9:8000"));
	return done();
}

/* --- branches --- */

/* one offer for each fork, and no via-branch: all are told the same ports */
static bool offered_twice(void)
{
	int port;

	KTAP_CHECK(open_ng() && ok(offer_a()));
	port = port_at(0);
	KTAP_CHECK(ok(offer_a()) && port_at(0) == port && pairs_used(2) == 1);
	KTAP_CHECK(ok(answer_b()) && kernel.n == 4);
	/* another one answers: he is heard */
	KTAP_CHECK(ok(ask("answer", CALL, FROM, "to-tag", "t2", "sdp", sdp_of("198.51.100.2", ANSWER), NULL)));
	KTAP_CHECK(leg_to(&kernel, "198.51.100.2:8000") && !leg_to(&kernel, B4 ":8000"));
	KTAP_CHECK(kernel.n == 4 && pairs_used(2) == 1);
	/* and the first one after all */
	KTAP_CHECK(ok(answer_b()) && leg_to(&kernel, B4 ":8000"));
	/* the next one is asked when somebody has answered: ports of his own */
	KTAP_CHECK(ok(offer_a()) && port_at(0) != port && pairs_used(2) == 2);
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, B4 ":8000"));
	return done();
}

static bool by_via(void)
{
	int first, second;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v1", "sdp", sdp_of(A4, PCMU), NULL)));
	first = port_at(0);
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v2", "sdp", sdp_of(A4, PCMU), NULL)));
	second = port_at(0);
	KTAP_CHECK(first != second && pairs_used(2) == 2);
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "via-branch", "v1", "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(leg_to(&kernel, B4 ":8000")->conf.local.port == first);
	KTAP_CHECK(ok(ask("answer", CALL, FROM, "to-tag", "t2", "via-branch", "v2",
			  "sdp", sdp_of("198.51.100.2", ANSWER), NULL)));
	KTAP_CHECK(leg_to(&kernel, "198.51.100.2:8000")->conf.local.port == second && kernel.n == 4);
	/* the heard one is deleted: the other one is heard */
	KTAP_CHECK(ok(ask("delete", CALL, FROM, "via-branch", "v2", "delete-delay", "0", NULL)));
	KTAP_CHECK(ng_count(ng) == 1 && leg_to(&kernel, B4 ":8000") && kernel.n == 4);
	KTAP_CHECK(ok(ask("delete", CALL, FROM, "to-tag", "t", "+flags", "to-tag", "delete-delay", "0", NULL)));
	KTAP_CHECK(!ng_count(ng) && !kernel.n);
	return done();
}

static bool reoffers(void)
{
	struct fake before;

	KTAP_CHECK(open_ng() && call_up());
	before = kernel;
	/* the callee's, and it is in other places now */
	KTAP_CHECK(ok(ask("offer", CALL, "from-tag", "t", "to-tag", "f", RECV_B,
			  "sdp", sdp_of(B4, "m=audio 8000 RTP/AVP 0\r\na=sendonly\r\n"), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n") && has("a=sendonly") && fake_same(&before, &kernel));
	KTAP_CHECK(ok(ask("answer", CALL, "from-tag", "t", "to-tag", "f", "sdp",
			  sdp_of("192.0.2.9", "m=audio 7000 RTP/AVP 0\r\na=recvonly\r\n"), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && leg_to(&kernel, "192.0.2.9:7000") && kernel.n == 4);
	/* one that nobody answers, and then the other side's */
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("offer", CALL, "from-tag", "t", "to-tag", "f", "sdp", sdp_of(B4, ANSWER), NULL)));
	/* tags the other way round than rtpengine has them */
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(leg_to(&kernel, A4 ":7000") && pairs_used(0) == 1 && pairs_used(2) == 1);
	return done();
}

/* INVITE without a description: the offer is in the response, tags swapped by the proxy */
static bool late_offer(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, "from-tag", "t", "to-tag", "f", "+direction", "internal,external",
			  RECV_B, "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n"));
	KTAP_CHECK(ok(ask("answer", CALL, "from-tag", "t", "to-tag", "f", RECV_A, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && kernel.n == 4);
	KTAP_CHECK(ok(ask("delete", CALL, "from-tag", "f", "to-tag", "t", "delete-delay", "0", NULL)));
	KTAP_CHECK(!ng_count(ng));
	return done();
}

static bool many_branches(void)
{
	unsigned int i, made = 0;
	char via[16];

	KTAP_CHECK(open_ng() && call_up());
	/* those that are refused are none */
	for (i = 0; i < 40; i++) {
		snprintf(via, sizeof(via), "v%u", i);
		ask("offer", CALL, FROM, DIR, "via-branch", via, "sdp",
		    sdp_of(A4, "m=audio 7000 TCP/RTP/AVP 0\r\n"), NULL);
		KTAP_CHECK(!strcmp(field("result"), "error"));
	}
	for (i = 0; i < 40; i++) {
		snprintf(via, sizeof(via), "v%u", i);
		ask("offer", CALL, FROM, DIR, "via-branch", via, "sdp", sdp_of(A4, PCMU), NULL);
		made += !strcmp(field("result"), "ok");
	}
	KTAP_CHECK(made == SESSION_BRANCHES_MAX - 1 && leg_to(&kernel, B4 ":8000"));
	KTAP_CHECK(pairs_used(2) == SESSION_BRANCHES_MAX);
	/* gone with their parties, so that there is room for ever */
	for (i = 0; i < 200; i++) {
		KTAP_CHECK(ok(ask("delete", CALL, "via-branch", i ? "w" : "v0", "delete-delay", "0", NULL)));
		KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "w", "sdp", sdp_of(A4, PCMU), NULL)));
	}
	KTAP_CHECK(kernel.n == 4 && ng_count(ng) == 1);
	return done();
}

/* --- ends --- */

static bool deleted(void)
{
	KTAP_CHECK(open_ng() && call_up());
	/* by the call-id alone, as OpenSIPS does */
	KTAP_CHECK(ok(ask("delete", CALL, NULL)) && kernel.n == 4);
	KTAP_CHECK(ng_get(tree.root, "totals") && ng_get(tree.root, "created"));
	pass(29);
	KTAP_CHECK(kernel.n == 4 && ng_count(ng) == 1);
	pass(2);
	KTAP_CHECK(!kernel.n && !ng_count(ng) && ng->counters.deleted == 1);
	/* by the caller's tag: all of it; and an answer comes late */
	KTAP_CHECK(call_up() && ok(ask("delete", CALL, FROM, "delete delay", "10", "+flags", "fast", NULL)));
	KTAP_CHECK(!ng_get(tree.root, "totals"));
	pass(9);
	KTAP_CHECK(ok(answer_b()));
	pass(100);
	KTAP_CHECK(ng_count(ng) == 1 && kernel.n == 4);
	/* half a call */
	KTAP_CHECK(ok(ask("delete", CALL, NULL)) && (pass(31), !ng_count(ng)));
	KTAP_CHECK(ok(offer_a()) && ok(ask("delete", CALL, FROM, "delete-delay", "5", NULL)));
	pass(4);
	/* offered again meanwhile, and nobody answers */
	KTAP_CHECK(ok(offer_a()));
	pass(99);
	KTAP_CHECK(ng_count(ng) == 1 && !ng->counters.unanswered);
	pass(2);
	KTAP_CHECK(!ng_count(ng) && ng->counters.unanswered == 1 && !pairs_used(0));
	return done();
}

static bool silence(void)
{
	KTAP_CHECK(open_ng() && call_up());
	timers_run(&timers, timers.now + 299000);
	KTAP_CHECK(ng_count(ng) == 1);
	timers_run(&timers, timers.now + 302000);
	timers_run(&timers, timers.now + 302000);
	KTAP_CHECK(!ng_count(ng) && ng->counters.timed_out == 1 && !kernel.n);
	return done();
}

static bool limits(void)
{
	unsigned int i, made = 0;
	char id[16];

	KTAP_CHECK(open_ng());
	for (i = 0; i < 60; i++) {
		snprintf(id, sizeof(id), "c%u", i);
		ask("offer", "call-id", id, FROM, DIR, "sdp", sdp_of(A4, PCMU), NULL);
		made += !strcmp(field("result"), "ok");
	}
	KTAP_CHECK(made && made < 60 && ng_count(ng) == made);
	KTAP_CHECK(error_is(tree.root, "Ran out of ports") && ng->counters.limited == 60 - made);
	KTAP_CHECK(done() && open_ng());
	KTAP_CHECK(ok(offer_a()));
	ng_drain(ng);
	/* what is there goes on */
	KTAP_CHECK(ok(offer_a()) && ok(answer_b()));
	KTAP_CHECK(error_is(ask("offer", "call-id", "c2", FROM, "sdp", sdp_of(A4, PCMU), NULL),
			    "Parallel session limit reached"));
	KTAP_CHECK(ask("offer", "call-id", "c2", FROM, "+supports", "load limit", "sdp", sdp_of(A4, PCMU), NULL));
	KTAP_CHECK(!strcmp(field("result"), "load limit"));
	KTAP_CHECK(!strcmp(field("message"), "Parallel session limit reached") && ng_count(ng) == 1);
	return done();
}

static const char *offer_as(const char *id, const char *supports)
{
	ask("offer", "call-id", id, FROM, DIR, "+supports", supports, "sdp", sdp_of(A4, PCMU), NULL);
	return field("result");
}

static bool refused_for(const char *id, const char *message)
{
	return !strcmp(offer_as(id, "load limit"), "load limit") && !strcmp(field("message"), message) &&
	       !strcmp(offer_as(id, ""), "error") &&
	       error_is(tree.root, "Parallel session limit reached");
}

/* after a pause as many at once as come in 50 ms, or ten, and not those of a second */
static bool refused_in_a_burst(void)
{
	static const struct { unsigned int rate, most; } row[] = {
		{ 9, 9 }, { 11, 10 }, { 200, 10 }, { 400, 20 },
	};
	char id[20];
	size_t i, n;

	for (i = 0; i < sizeof(row) / sizeof(*row); i++) {
		KTAP_CHECK(open_ng());
		config->ng_rate = row[i].rate;
		pass(5);
		for (n = 0; n <= row[i].most; n++) {
			snprintf(id, sizeof(id), "b%zu", n);
			if (strcmp(offer_as(id, ""), "ok"))
				break;
		}
		printf("# %u a second: %zu at once\n", row[i].rate, n);
		KTAP_CHECK(n == row[i].most && ng->counters.limited == 1);
		KTAP_CHECK(done());
	}
	return true;
}

/* of the configuration: so many at once, so many in a second */
static bool configured_limits(void)
{
	KTAP_CHECK(open_ng());
	config->ng_calls = 2;
	KTAP_CHECK(!strcmp(offer_as("c1", ""), "ok") && !strcmp(offer_as("c2", ""), "ok"));
	KTAP_CHECK(refused_for("c3", "Parallel session limit reached") && ng_count(ng) == 2);
	KTAP_CHECK(!strcmp(offer_as("c2", ""), "ok") && ng->counters.limited == 2);
	KTAP_CHECK(ok(ask("delete", "call-id", "c1", "delete-delay", "0", NULL)));
	KTAP_CHECK(!strcmp(offer_as("c3", ""), "ok"));
	config->ng_calls = 0;
	config->ng_rate = 3;
	pass(5);
	KTAP_CHECK(!strcmp(offer_as("c4", ""), "ok") && !strcmp(offer_as("c5", ""), "ok"));
	KTAP_CHECK(!strcmp(offer_as("c6", ""), "ok") && refused_for("c7", "Load limit exceeded"));
	KTAP_CHECK(!strcmp(offer_as("c6", ""), "ok"));
	pass_ms(333);
	KTAP_CHECK(refused_for("c7", "Load limit exceeded"));
	pass_ms(1);
	KTAP_CHECK(!strcmp(offer_as("c7", ""), "ok") && refused_for("c8", "Load limit exceeded"));
	/* who is refused is so before his description is looked at */
	KTAP_CHECK(error_is(ask("offer", "call-id", "c8", FROM, "sdp", "x", NULL),
			    "Parallel session limit reached"));
	KTAP_CHECK(error_is(ask("offer", "call-id", "c7", FROM, "sdp", "x", NULL), "Failed to parse SDP"));
	config->ng_rate = 0;
	config->ng_delete_delay = 7;
	KTAP_CHECK(!strcmp(offer_as("c8", ""), "ok") && ok(ask("delete", "call-id", "c8", NULL)));
	pass(6);
	KTAP_CHECK(ng_count(ng) == 7);
	pass(2);
	KTAP_CHECK(ng_count(ng) == 6);
	return done();
}

/* bandwidth: what would be too much is refused, and who is there goes on */
static bool bandwidth(void)
{
	KTAP_CHECK(open_ng() && ok(ask("offer", "call-id", "old", FROM, "sdp", sdp_of(A4, PCMU), NULL)));
	config->ng_kbits = 1000;
	KTAP_CHECK(!strcmp(offer_as("c1", ""), "ok") && ng->quota.kbits > 60 && ng->quota.kbits < 200);
	config->ng_kbits = (uint32_t)ng->quota.kbits * 5 / 2;
	KTAP_CHECK(!strcmp(offer_as("c2", ""), "ok"));
	KTAP_CHECK(error_is(ask("offer", "call-id", "c3", FROM, "sdp", sdp_of(A4, PCMU), NULL),
			    "Parallel session limit reached"));
	KTAP_CHECK(ng_count(ng) == 3 && ng->counters.limited == 1);
	/* more of a call that is there */
	KTAP_CHECK(ok(ask("offer", "call-id", "c2", FROM, "sdp",
			  sdp_of(A4, PCMU "m=video 7002 RTP/AVP 34\r\nb=AS:500\r\n"), NULL)));
	KTAP_CHECK(ng->quota.kbits > 500 && refused_for("c3", "Bandwidth limit exceeded"));
	KTAP_CHECK(ok(ask("delete", "call-id", "c2", "delete-delay", "0", NULL)) && ng->quota.kbits < 200);
	KTAP_CHECK(!strcmp(offer_as("c3", ""), "ok"));
	return done();
}

/* what is so without a word is said, once, by rtpengine's users' wish */
static bool spelled(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "sdp",
			  sdp_of(A4, "a=recvonly\r\nm=audio 7000 RTP/AVP 8 0 96\r\na=rtpmap:0 PCMU/8000\r\n"
				 "m=audio 7002 RTP/AVP 18\r\na=sendonly\r\nm=video 0 RTP/AVP 34\r\n"), NULL)));
	KTAP_CHECK(strstr(text, "\r\nt=0 0\r\n") < strstr(text, "\r\nc=IN IP4 127.0.0.2\r\n"));
	KTAP_CHECK(strstr(text, " RTP/AVP 8 0 96\r\nc=IN IP4 127.0.0.2\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=recvonly\r\n"));
	KTAP_CHECK(strstr(text, " RTP/AVP 18\r\nc=IN IP4 127.0.0.2\r\na=rtpmap:18 G729/8000\r\na=sendonly\r\na=rtcp:"));
	KTAP_CHECK(!strstr(text, "a=rtpmap:34"));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of(B4, "m=audio 8000 RTP/AVP 8\r\nm=audio 0 RTP/AVP 18\r\nm=video 0 RTP/AVP 34\r\n"), NULL)));
	KTAP_CHECK(strstr(text, "a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n") && !strstr(text, "G729"));
	KTAP_CHECK(ok(ask("subscribe request", CALL, "from-tag", "t", NULL)) && strstr(text, "\r\na=rtpmap:8 PCMA/8000\r\n"));
	return done();
}

/* a subscriber's answer leads where its realm's media may go, and nobody else gets its RTCP */
static bool subscriber(void)
{
	const struct dp_addr rtp = at("198.51.100.9:9000"), rtcp = at("198.51.100.9:9009");
	struct session_tap *tap;
	struct prefix deny;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(prefix_parse("203.0.113.0/24", &deny));
	core_policy->media_acl = acl_new(NULL, 0, &deny, 1, true);
	KTAP_CHECK(core_policy->media_acl && call_up());
	KTAP_CHECK(ok(ask("subscribe request", CALL, FROM, "to-tag", "rec", DIR, NULL)));
	tap = LIST_FIRST(&ng_call_find(ng, SPAN("c1"))->session->taps);
	KTAP_CHECK(error_is(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
				sdp_of("203.0.113.9", "m=audio 9000 RTP/AVP 0\r\na=recvonly\r\n"), NULL),
			    "line 1 of the answer: the subscriber's 203.0.113.9 is in media-acl deny 203.0.113.0/24 (realm core)"));
	KTAP_CHECK(!tap->to.family && !tap->to_rtcp.family);
	KTAP_CHECK(ok(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
			  sdp_of("203.0.113.9", "m=audio 9000 RTP/AVP 0\r\na=inactive\r\n"), NULL)));
	KTAP_CHECK(ok(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
			  sdp_of("198.51.100.9", "m=audio 9000 RTP/AVP 0\r\na=recvonly\r\n"
				 "a=rtcp:9009 IN IP4 203.0.113.9\r\n"), NULL)));
	KTAP_CHECK(dp_addr_eq(&tap->to, &rtp) && dp_addr_eq(&tap->to_rtcp, &rtcp));
	KTAP_CHECK(error_is(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
				"v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\nc=IN IP6 2001:db8::9\r\nt=0 0\r\n"
				"m=audio 9000 RTP/AVP 0\r\na=recvonly\r\n", NULL),
			    "line 1 of the answer: its address is of another family than the ports that it is sent from"));
	KTAP_CHECK(dp_addr_eq(&tap->to, &rtp));
	/* a reload: what it stands on stays, whoever else has let go of it */
	KTAP_CHECK(core_policy->refs == 3);
	KTAP_CHECK(ok(ask("unsubscribe", CALL, "to-tag", "rec", NULL)) && core_policy->refs == 2);
	/* what the datapath goes on with keeps its ports, until the call ends */
	KTAP_CHECK(ok(ask("subscribe request", CALL, FROM, "to-tag", "rec", DIR, NULL)));
	KTAP_CHECK(ok(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
			  sdp_of("198.51.100.9", "m=audio 9000 RTP/AVP 0\r\na=recvonly\r\n"), NULL)));
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(ok(ask("unsubscribe", CALL, "to-tag", "rec", NULL)) && core_policy->refs == 3);
	kernel.refuse = 0;
	KTAP_CHECK(error_is(ask("unsubscribe", CALL, "to-tag", "rec", NULL), "To-tag not found"));
	return done();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a call as Kamailio makes it: offer, answer, delete", call },
		{ "what is missing is named in rtpengine's words", missing },
		{ "names have a bound", long_names },
		{ "what is refused leaves what ran untouched", untouched },
		{ "an offer that comes twice has the same ports; several answer", offered_twice },
		{ "branches by their Via", by_via },
		{ "re-offers from either side", reoffers },
		{ "a late offer", late_offer },
		{ "branches have a bound, and none is left behind", many_branches },
		{ "deleted, after a while, unless it is used again", deleted },
		{ "a call without media ends", silence },
		{ "what is so without a word is said", spelled },
		{ "so much bandwidth", bandwidth },
		{ "no ports, and a drain: in the words that proxies go elsewhere by", limits },
		{ "limits of the configuration, and its delay", configured_limits },
		{ "more new calls at once than are taken", refused_in_a_burst },
		{ "where a subscriber may have copies go", subscriber },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
