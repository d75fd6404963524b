// SPDX-License-Identifier: GPL-2.0
/*
 * The control protocol's publishers: one party, whose media goes to nobody but subscribers.
 */
#include "ng_lib.h"
#include "session/private.h"

#define PUBLISH	"publish", CALL, FROM, TO, DIR, RECV_A
#define SENDER	"m=audio 7000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n"
#define KEY	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

/* where it is relayed */
static struct fake *on = &kernel;

/* the leg towards the publisher; its peer is nobody's */
static const struct fake_leg *publisher(const char *remote)
{
	const struct dp_addr a = at(remote);
	unsigned int i;

	for (i = 0; i < on->n; i++)
		if (dp_addr_eq(&on->leg[i].conf.remote, &a))
			return &on->leg[i];
	return NULL;
}

static bool is_nobodys(const struct fake_leg *leg)
{
	const struct fake_leg *peer = leg ? fake_find(on, &leg->peer) : NULL;
	const struct dp_addr nobody = at("127.0.0.1:9");

	return peer && peer->conf.mute && peer->conf.latch == RTPLANE_LATCH_OFF &&
	       dp_addr_eq(&peer->conf.remote, &nobody) && !leg->conf.mute;
}

/* what the publisher's leg is copied to */
static unsigned int copies(void)
{
	const struct session *of = ng_call_find(ng, SPAN("c1"))->session;

	return of->standing[0][0]->bridge.leg[0].n_copies;
}

static bool published(void)
{
	struct session_tap *tap;

	KTAP_CHECK(open_ng() && ok(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL)));
	KTAP_CHECK(strstr(text, " RTP/AVP 8\r\n") && strstr(text, "\r\na=recvonly\r\n"));
	KTAP_CHECK(strstr(text, "c=IN IP4 127.0.0.1") && !strstr(text, "telephone-event"));
	KTAP_CHECK(kernel.n == 4 && is_nobodys(publisher(A4 ":7000")));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strstr(reply, "<untagged 1>"));
	/* it has been answered, and silence is its end */
	pass(110);
	KTAP_CHECK(ng_count(ng) == 1);
	KTAP_CHECK(ok(ask("subscribe request", CALL, FROM, "to-tag", "rec", DIR, NULL)));
	KTAP_CHECK(strstr(text, " RTP/AVP 8\r\n") && strstr(text, "\r\na=sendonly\r\n"));
	KTAP_CHECK(ok(ask("subscribe answer", CALL, "to-tag", "rec", "sdp",
			  sdp_of("198.51.100.9", "m=audio 9000 RTP/AVP 8\r\na=recvonly\r\n"), NULL)));
	tap = LIST_FIRST(&ng_call_find(ng, SPAN("c1"))->session->taps);
	KTAP_CHECK(tap && tap->to.port == 9000 && copies() == 2);
	/* what it says later */
	KTAP_CHECK(ok(ask(PUBLISH, "codec-accept", "telephone-event,PCMU", "sdp",
			  sdp_of(A4, "m=audio 7002 RTP/AVP 8 0 101\r\n"), NULL)));
	KTAP_CHECK(strstr(text, " RTP/AVP 0\r\n") && strstr(text, "\r\na=recvonly\r\n"));
	KTAP_CHECK(kernel.n == 4 && is_nobodys(publisher(A4 ":7002")) && !publisher(A4 ":7000"));
	KTAP_CHECK(copies() == 2);
	timers_run(&timers, timers.now + 299000);
	KTAP_CHECK(ng_count(ng) == 1);
	timers_run(&timers, timers.now + 302000);
	KTAP_CHECK(!ng_count(ng) && !kernel.n);
	return done();
}

static bool several_lines(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask(PUBLISH, "sdp", sdp_of(A4, "m=audio 7000 RTP/AVP 0\r\nm=video 0 RTP/AVP 34\r\n"
						 "m=audio 7010 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"
						 "a=fmtp:111 useinbandfec=1\r\na=fmtp:11 x\r\n"), NULL)));
	KTAP_CHECK(strstr(text, "\r\nm=video 0 ") && strstr(text, "\r\na=rtpmap:111 opus/48000/2\r\n"));
	KTAP_CHECK(strstr(text, "\r\na=fmtp:111 useinbandfec=1\r\n") && !strstr(text, "fmtp:11 x"));
	KTAP_CHECK(kernel.n == 8 && is_nobodys(publisher(A4 ":7000")) && is_nobodys(publisher(A4 ":7010")));
	return done();
}

/* whatever the publisher's realm has, nobody has none of it */
static bool protected(void)
{
	const struct fake_leg *leg;
	struct prefix deny;

	KTAP_CHECK(open_ng());
	access_policy->srtp = SESSION_SRTP_REQUIRE;
	access_policy->ice = SESSION_ICE_LITE;
	access_policy->nat = SESSION_NAT_LEARN;
	KTAP_CHECK(prefix_parse("127.0.0.0/8", &deny));
	access_policy->media_acl = acl_new(NULL, 0, &deny, 1, true);
	KTAP_CHECK(error_is(ask(PUBLISH, "sdp", sdp_of(A4, "m=audio 7000 RTP/AVP 0\r\n"), NULL),
			    "no media line can be relayed: its realm requires SRTP, and there is no key of a suite that the realm takes"));
	KTAP_CHECK(!ng_count(ng) && !kernel.n);
	KTAP_CHECK(ok(ask(PUBLISH, "sdp", sdp_of(A4, "m=audio 7000 RTP/SAVP 0\r\n" KEY "a=ice-ufrag:abcd\r\n"
						 "a=ice-pwd:abcdefghijklmnopqrstuv\r\n"
						 "a=candidate:1 1 UDP 1 192.0.2.1 7000 typ host\r\n"), NULL)));
	KTAP_CHECK(strstr(text, " RTP/SAVP 0\r\n") && strstr(text, "a=crypto:1 AES_CM_128") && strstr(text, "a=ice-ufrag:"));
	on = &user;
	leg = publisher(A4 ":7000");
	KTAP_CHECK(is_nobodys(leg) && leg->conf.srtp_rx.suite && !fake_find(on, &leg->peer)->conf.srtp_tx.suite);
	on = &kernel;
	return done();
}

static bool refused(void)
{
	unsigned int i, used;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(error_is(ask("publish", FROM, "sdp", sdp_of(A4, PCMU), NULL), "No call-id in message"));
	KTAP_CHECK(error_is(ask("publish", CALL, "sdp", sdp_of(A4, PCMU), NULL), "No from-tag in message"));
	KTAP_CHECK(error_is(ask("publish", CALL, FROM, NULL), "No SDP body in message"));
	KTAP_CHECK(error_is(ask(PUBLISH, "sdp", "x", NULL), "Failed to parse SDP"));
	/* nothing is left of what the datapath refuses */
	for (i = 1; i < 3; i++) {
		kernel.refuse = kernel.calls + 1;
		if (!strcmp(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL) ? field("result") : "", "ok"))
			break;
		KTAP_CHECK(!kernel.n && !ng_count(ng) && !pairs_used(0));
	}
	kernel.refuse = 0;
	KTAP_CHECK(i > 1 && ok(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL)));
	/* and what is said later leaves it as it was */
	kernel.refuse = kernel.calls + 1;
	used = pairs_used(0);
	KTAP_CHECK(error_is(ask(PUBLISH, "sdp", sdp_of(A4, "m=audio 7002 RTP/AVP 0\r\nm=audio 7004 RTP/AVP 0\r\n"),
				NULL), "no"));
	kernel.refuse = 0;
	KTAP_CHECK(used == pairs_used(0));
	KTAP_CHECK(is_nobodys(publisher(A4 ":7000")) && !publisher(A4 ":7002"));
	KTAP_CHECK(error_is(ask("publish", CALL, "from-tag", "x", "sdp", sdp_of(A4, SENDER), NULL),
			    "a publisher has a call of its own; expected another call-id"));
	KTAP_CHECK(error_is(offer_a(), "that call is a publisher's; expected 'publish', or another call-id"));
	KTAP_CHECK(error_is(answer_b(), "that call is a publisher's; expected 'publish', or another call-id"));
	KTAP_CHECK(ok(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL)));
	KTAP_CHECK(ok(ask("delete", CALL, FROM, "delete-delay", "0", NULL)) && !kernel.n && !ng_count(ng));
	/* new ones are calls, and have their limits */
	ng_drain(ng);
	KTAP_CHECK(error_is(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL), "Parallel session limit reached"));
	return done();
}

static bool of_a_call(void)
{
	KTAP_CHECK(open_ng() && call_up());
	KTAP_CHECK(error_is(ask(PUBLISH, "sdp", sdp_of(A4, SENDER), NULL),
			    "a publisher has a call of its own; expected another call-id"));
	KTAP_CHECK(kernel.n == 4 && publisher(A4 ":7000") && !publisher(A4 ":7000")->conf.mute);
	return done();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a publisher, its subscriber, and its end", published },
		{ "each line by one codec", several_lines },
		{ "SRTP and ICE are the publisher's alone", protected },
		{ "what is refused leaves what there was", refused },
		{ "a call of two is none", of_a_call },
	};

	return session_main(points, sizeof(points) / sizeof(*points));
}
