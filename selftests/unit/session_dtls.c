// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP in sessions: who begins a handshake with whom, what it ends in, and when the
 * datapath gets which keys.
 */
#include "session_dtls_lib.h"

static bool active(void)
{
	struct fake_leg *rtp, *rtcp;
	char to_callee[4096];
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	snprintf(to_callee, sizeof(to_callee), "%s", text);
	KTAP_CHECK(strstr(to_callee, " RTP/AVP 0\r\n"));
	KTAP_CHECK(!strstr(to_callee, "fingerprint") && !strstr(to_callee, "setup"));
	KTAP_CHECK(!strstr(to_callee, "tls-id") && !kernel.n);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has(" " DTLS " 0\r\n") && has("a=setup:active\r\n"));
	KTAP_CHECK(has("a=fingerprint:sha-256 ") && !has(print_of(p)));
	KTAP_CHECK(strlen(value_of("a=tls-id:")) == SDP_TLS_ID_OURS);
	rtp = leg_of("127.0.0.1", port);
	rtcp = leg_of("127.0.0.1", port + 1);
	/* nothing passes before there are keys, whichever way */
	KTAP_CHECK(is_sealed(rtp, NULL, 0) && is_sealed(rtcp, NULL, 1));
	KTAP_CHECK(told("is under way"));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	kernel.sets = 0;
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(rtcp, p, 1));
	/* one message each */
	KTAP_CHECK(kernel.sets == 2 && !kernel.wrong && told(NULL));
	KTAP_CHECK(!same_key(&rtp->conf.srtp_rx, &rtcp->conf.srtp_rx));
	KTAP_CHECK(!peer_of(&kernel, rtp)->conf.srtp_rx.suite);
	return done();
}

static bool passive(void)
{
	struct phone *p, *stranger;
	struct fake_leg *rtp;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("active", &port);
	KTAP_CHECK(p && has("a=setup:passive\r\n"));
	KTAP_CHECK(told("its hello has not come"));
	rtp = leg_of("127.0.0.1", port);
	/* whom nobody has named is not answered, and nothing is kept for him */
	stranger = phone("127.0.0.99");
	KTAP_CHECK(hears(stranger, text, DTLS_ACTIVE));
	turns(50);
	KTAP_CHECK(!stranger->end[0].got && told("its hello has not come"));
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!stranger->end[0].got && !stranger->end[0].up);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* who only has the party's address: one datagram decides nothing */
static bool forged(void)
{
	/* a hello that is none, and one that does not go on */
	static const uint8_t hello[][25] = {
		{ 22, 0xfe, 0xfd, [12] = 12, 1, 0, 0, 0 },
		{ 22, 0xfe, 0xfd, [12] = 12, 1, 0, 0, 100 },
	};
	struct phone *p, *q;
	struct dp_addr to;
	unsigned int i;
	int port;

	for (i = 0; i < 2; i++) {
		start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
		p = call_of("active", &port);
		KTAP_CHECK(p);
		q = phone("127.0.0.11");
		to = at("127.0.0.1");
		to.port = (uint16_t)port;
		phone_send(q->end[0].fd, &to, hello[i], sizeof(hello[i]));
		AWAIT(is_told(i ? "is under way" : "cannot begin at"));
		KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
		AWAIT(is_keyed(leg_of("127.0.0.1", port), p, 0));
		KTAP_CHECK(!kernel.wrong);
	}
	return done();
}

/* the handshake is not with who was signalled */
static bool wrong_fingerprint(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("actpass", &port);
	KTAP_CHECK(p);
	forget(p, true);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_told("has failed"));
	KTAP_CHECK(told("fingerprint"));
	KTAP_CHECK(is_sealed(rtp, p, 0));
	KTAP_CHECK(is_sealed(leg_of("127.0.0.1", port + 1), p, 1));
	KTAP_CHECK(!p->end[0].up && !kernel.wrong);
	/* what it is by is over: the same words begin anew, with who is there now */
	forget(p, false);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(is_sealed(rtp, p, 0) && hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	return done();
}

static bool closed(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	dtls_close(p->end[0].dtls);
	AWAIT(is_sealed(leg_of("127.0.0.1", port), p, 0));
	KTAP_CHECK(told("has closed its DTLS"));
	KTAP_CHECK(is_keyed(leg_of("127.0.0.1", port + 1), p, 1));
	return done();
}

/* we say so when the call ends */
static bool goodbye(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	session_end(session);
	session = NULL;
	AWAIT(p->end[0].failed && p->end[1].failed);
	return done();
}

/* whatever a thread is at */
static bool ends_early(void)
{
	unsigned int i, k;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	for (i = 0; i < 20; i++) {
		p = call_of(i % 2 ? "actpass" : "active", &port);
		KTAP_CHECK(p && hears(p, text, i % 2 ? DTLS_PASSIVE : DTLS_ACTIVE));
		for (k = 0; k < i / 2; k++)
			turn();
		session_end(session);
		session = NULL;
		hang_up();
		begin_session();
	}
	session_end(session);
	session = NULL;
	KTAP_CHECK(!timers.count && !kernel.n);
	AWAIT(!dtls_pool_get_stats(pool_of_threads)->associations);
	return done();
}

/* ------------------------------------------------------------------- what is around it */

/* only where ICE has found the party, and however early it is */
static bool with_ice(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	core_policy->ice = SESSION_ICE_LITE;
	p = phone("127.0.0.12");
	add_ice(p, true);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	/* whoever has not checked is nobody */
	q = phone("127.0.0.12");
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	/* its hello comes before its answer */
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(p->end[0].got >= 1);
	turns(20);
	KTAP_CHECK(!answer(callee, says(p, DTLS, "active", "")));
	rtp = leg_of("127.0.0.2", port);
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!q->end[0].got && !kernel.wrong);
	return done();
}

static bool with_full_ice(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->ice = SESSION_ICE_FULL;
	p = phone("127.0.0.11");
	add_ice(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	/* we are to begin, and wait for a way */
	KTAP_CHECK(told("until it is known where"));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.1", port + 1), p, 1));
	KTAP_CHECK(dp_addr_eq(&rtp->proven, &p->end[0].addr) && !kernel.wrong);
	return done();
}

/* a module that knows no SRTP, or not that of the keys */
static bool beside(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	kernel.no_srtp = true;
	p = call_of("actpass", &port);
	KTAP_CHECK(p && !kernel.n && user.n == 4);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed_in(&user, leg_in(&user, "127.0.0.1", port), p, 0));
	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("actpass", &port);
	KTAP_CHECK(p && kernel.n == 4 && !user.n);
	kernel.no_srtp = true;
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed_in(&user, leg_in(&user, "127.0.0.1", port), p, 0));
	KTAP_CHECK(!kernel.n && !kernel.wrong && !user.wrong);
	return done();
}

static const struct ktap_point points[] = {
	{ "the caller is offered a handshake, and keys come late", active },
	{ "it begins itself, and nobody else does", passive },
	{ "one datagram of whoever has the party's address", forged },
	{ "another fingerprint: nothing passes", wrong_fingerprint },
	{ "it closes the association: nothing passes any more", closed },
	{ "a call that ends says so", goodbye },
	{ "a call that ends while a thread is at it", ends_early },
	{ "ICE says who may begin, before the answer, too", with_ice },
	{ "and where we begin", with_full_ice },
	{ "SRTP beside the module", beside },
};

int main(void)
{
	return dtls_main(points, sizeof(points) / sizeof(points[0]));
}
