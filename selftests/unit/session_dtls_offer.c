// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP in sessions: what descriptions offer, answer and refuse of it, what a
 * further one changes, and what is left of one that is undone.
 */
#include "session_dtls_lib.h"

#define CRYPTO	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

static void start_session(void)
{
	session_end(session);
	begin_session();
}

/* ------------------------------------------------------------------ the callee's side */

static bool invited(const char *setup, enum dtls_role role)
{
	char id[128], print[128];
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	p = phone("127.0.0.12");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has(" " DTLS " 0\r\n") && has("a=setup:actpass\r\n"));
	KTAP_CHECK(!has("a=crypto"));
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	snprintf(print, sizeof(print), "%s", value_of("a=fingerprint:sha-256 "));
	KTAP_CHECK(strlen(id) == SDP_TLS_ID_OURS && *print);
	/* without it there is nothing */
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "without DTLS-SRTP"));
	KTAP_CHECK(hears(p, text, role));
	KTAP_CHECK(!answer(callee, says(p, DTLS, setup, "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("fingerprint") && !has("setup"));
	rtp = leg_of("127.0.0.2", port);
	KTAP_CHECK(rtp && (is_sealed(rtp, NULL, 0) || is_keyed(rtp, p, 0)));
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.2", port + 1), p, 1));
	/* its next offer leaves the roles open, and changes nothing */
	kernel.sets = 0;
	KTAP_CHECK(!offer(callee, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!strcmp(value_of("a=fingerprint:sha-256 "), print));
	KTAP_CHECK(!strcmp(value_of("a=setup:"), role == DTLS_ACTIVE ? "passive" :
						 "active"));
	/* an answer has no tls-id where the offer has none */
	KTAP_CHECK(!has("tls-id") && is_keyed(rtp, p, 0) && rtp->beginnings == 2);
	/* and ours says the same as the first */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!strcmp(value_of("a=tls-id:"), id) && has("a=setup:actpass"));
	KTAP_CHECK(!answer(callee, says(p, DTLS, setup, "")));
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 2 && !kernel.wrong);
	return done();
}

static bool invited_active(void)
{
	return invited("active", DTLS_ACTIVE);
}

static bool invited_passive(void)
{
	return invited("passive", DTLS_PASSIVE);
}

/* RFC 8643: beside keys, and beside nothing */
static bool opportunistic(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port, to;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_ALLOW);
	core_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->srtp = SESSION_SRTP_ALLOW;
	p = phone("127.0.0.11");
	q = phone("127.0.0.12");
	/* both are there: DTLS it is, on either side */
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVPF", "passive", CRYPTO)));
	KTAP_CHECK(has(" RTP/AVPF 0\r\n") && has("a=crypto:1 ") && has("a=setup:actpass"));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	KTAP_CHECK(!answer(callee, says(q, "RTP/AVPF", "active", CRYPTO)));
	KTAP_CHECK(has(" RTP/SAVPF 0\r\n") && has("a=setup:active") && !has("a=crypto"));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.2", to), q, 0));
	/* the other has keys in its description, or nothing */
	start_session();
	KTAP_CHECK(!offer(caller, says(p, DTLS, "passive", "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && has("a=crypto:1 ") && has("a=fingerprint"));
	to = port_at(0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("a=crypto"));
	KTAP_CHECK(!leg_of("127.0.0.2", to)->conf.srtp_rx.suite);
	/* a plain caller: nothing is offered that nobody asked for */
	start_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!has("a=crypto") && !has("a=fingerprint"));
	return done();
}

/* what its realm requires an answer cannot drop, however it was had before */
static bool no_way_back(void)
{
	struct fake_leg *rtp;
	struct phone *q;
	int to;

	start(SESSION_DTLS_OFF, SESSION_DTLS_ALLOW);
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	q = phone("127.0.0.12");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && has("a=crypto:1 ") && has("a=fingerprint"));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	KTAP_CHECK(!answer(callee, says(q, "RTP/SAVP", "active", "")));
	rtp = leg_of("127.0.0.2", to);
	AWAIT(is_keyed(rtp, q, 0));
	/* now it is DTLS, and that alone */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && !has("a=crypto") && has("a=fingerprint"));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "without DTLS-SRTP") && is_keyed(rtp, q, 0));
	/* nor who began it beside RTP/AVP */
	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->srtp = SESSION_SRTP_REQUIRE;
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, PLAIN, "active", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	rtp = leg_of("127.0.0.1", to);
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)) && has(" RTP/SAVP 0\r\n"));
	KTAP_CHECK(answer(caller, sdp_of(A4, PCMU)) == -EPROTO && is_keyed(rtp, q, 0));
	return done();
}

static bool refusals(void)
{
	struct phone *p;

	start(SESSION_DTLS_OFF, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(offer(caller, says(p, DTLS, "actpass", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "dtls: off"));
	/* where it is beside plain RTP, that is left */
	KTAP_CHECK(!offer(caller, says(p, PLAIN, "actpass", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("fingerprint"));
	session_end(session);
	access_policy->dtls = SESSION_DTLS_REQUIRE;
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "requires DTLS-SRTP"));
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=image 7000 udptl t38\r\n")) == -EPROTO);
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=audio 7000 " DTLS " 0\r\n")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "no a=fingerprint"));
	KTAP_CHECK(offer(caller, says(p, DTLS, "holdconn", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "holdconn"));
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=audio 7000 " DTLS " 0\r\n"
					"a=setup:active\r\na=fingerprint:md5 00:11\r\n")) == -EPROTO);
	access_policy->n_suites = 1;
	access_policy->suite[0] = RTPLANE_SRTP_AES_256_CM_SHA1_80;
	KTAP_CHECK(offer(caller, says(p, DTLS, "actpass", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "no suite that DTLS has"));
	KTAP_CHECK(!pairs_used(0) && !kernel.n);
	return done();
}

/* what only a profile with feedback has leaves with it */
static bool feedback(void)
{
	struct phone *p;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	core_policy->feedback = SESSION_FEEDBACK_OFF;
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, DTLS "F", "actpass",
				       "a=rtcp-fb:* nack\r\na=rtcp-rsize\r\n")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("rtcp-fb") && !has("rtcp-rsize"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has(" " DTLS "F 0\r\n"));
	/* a browser's audio is a phone's without, whatever else it has */
	core_policy->feedback = SESSION_FEEDBACK_SAME;
	start_session();
	KTAP_CHECK(!offer(caller, says(p, DTLS "F", "actpass",
				       "a=rtcp-fb:* nack\r\n")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("rtcp-fb"));
	start_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, "m=audio 7000 RTP/AVPF 0\r\n")));
	KTAP_CHECK(has(" RTP/AVPF 0\r\n"));
	/* what came without one is as it came */
	core_policy->feedback = SESSION_FEEDBACK_OFF;
	start_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=rtcp-fb:* nack\r\n")));
	KTAP_CHECK(has("rtcp-fb"));
	return done();
}

/* -------------------------------------------------------------- re-offers, roll-backs */

static bool same_again(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	char id[128];
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	KTAP_CHECK(rtp->beginnings == 2);	/* the seal, and the keys */
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID "a=sendonly\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=recvonly\r\n")));
	KTAP_CHECK(!strcmp(value_of("a=tls-id:"), id) && has("a=setup:active"));
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 2 && !kernel.wrong);
	return done();
}

static bool restart(void)
{
	struct fake_leg *rtp;
	struct dp_srtp was;
	struct phone *p;
	char id[128];
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	forget(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "a=tls-id:9876543210abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(value_of("a=tls-id:"), id));
	/* media goes on by the former keys until there are others */
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && takes(&kernel, rtp, 0, false));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(rtp->beginnings == 3 && !same_key(&rtp->conf.srtp_tx, &was));
	/* another role is another association, too */
	forget(p, false);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "a=tls-id:9876543210abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=setup:passive"));
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(is_keyed(rtp, p, 0));
	/* one that fails takes the former keys with it */
	forget(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "a=tls-id:5555555555abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	forget(p, true);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_sealed(rtp, p, 0));
	KTAP_CHECK(told("has failed") && !kernel.wrong);
	return done();
}

/* RTCP that goes to RTP's port and comes back: a key that it had does not begin again */
static bool rtcp_goes_and_comes(void)
{
	struct fake_leg *rtcp;
	struct dp_srtp was;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->mux = SESSION_MUX_ACCEPT;
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	was = leg_of("127.0.0.1", port + 1)->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=rtcp-mux"));
	KTAP_CHECK(is_keyed(leg_of("127.0.0.1", port), p, 0) && !leg_of("127.0.0.1", port + 1));
	forget_end(&p->end[1]);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("a=rtcp-mux"));
	rtcp = leg_of("127.0.0.1", port + 1);
	KTAP_CHECK(rtcp && is_keyed(leg_of("127.0.0.1", port), p, 0));
	KTAP_CHECK(!same_key(&rtcp->conf.srtp_tx, &was));
	/* it may have others */
	KTAP_CHECK(hears_from(p, text, DTLS_PASSIVE, 1));
	AWAIT(is_keyed(rtcp, p, 1));
	KTAP_CHECK(!same_key(&rtcp->conf.srtp_tx, &was) && !kernel.wrong);
	return done();
}

/* keys of a description go on for RTP alone where RTCP moves meanwhile */
static bool from_keys_with_mux(void)
{
	struct fake_leg *rtp, *rtcp;
	struct dp_srtp was;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->mux = core_policy->mux = SESSION_MUX_ALLOW;
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVP", NULL, CRYPTO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=rtcp-mux\r\n")));
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && rtp->conf.only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(rtp->conf.only == RTPLANE_ONLY_BOTH);
	AWAIT(p->end[0].up);
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &p->end[0].keys.rx));
	/* and from RTP's port to one of its own */
	start_session();
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVP", NULL, CRYPTO "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=rtcp-mux\r\n")));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	KTAP_CHECK(rtp->conf.only == RTPLANE_ONLY_BOTH && !leg_of("127.0.0.1", port + 1));
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	rtcp = leg_of("127.0.0.1", port + 1);
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && rtp->conf.only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(is_sealed(rtcp, NULL, 1) && !same_key(&rtcp->conf.srtp_tx, &was));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool rolled_back(void)
{
	struct phone *p, *q;
	struct fake_leg *rtp;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	session_rollback(branch);
	KTAP_CHECK(is_keyed(rtp, p, 0));
	/* answered early, before its handshake is done and after, and then refused */
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	session_rollback(branch);
	KTAP_CHECK(is_keyed(rtp, p, 0));
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(hears(q, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(rtp->beginnings == 3);
	session_rollback(branch);
	/* the former keys go on where they stood: none begins a second time */
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 3 && !kernel.wrong);
	/* and the association is there to say goodbye */
	session_end(session);
	session = NULL;
	AWAIT(p->end[0].failed);
	return done();
}

static bool refused_by_datapath(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EIO);
	KTAP_CHECK(is_keyed(rtp, p, 0) && told(NULL));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	/* it does not take the keys: only those of RTP come */
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(hears(q, text, DTLS_PASSIVE));
	dtls_free(q->end[1].dtls);
	q->end[1].dtls = NULL;
	AWAIT(is_told("has failed"));
	KTAP_CHECK(is_sealed(rtp, q, 0) && is_sealed(rtp, p, 0));
	/* and without RTP there is no RTCP */
	KTAP_CHECK(is_sealed(leg_of("127.0.0.1", port + 1), p, 1) && !kernel.wrong);
	return done();
}

/* plain until now: sealed from the answer on */
static bool from_plain(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, PLAIN, NULL, "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	KTAP_CHECK(rtp && !rtp->conf.srtp_rx.suite);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!rtp->conf.srtp_rx.suite);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(rtp == leg_of("127.0.0.1", port) && is_sealed(rtp, NULL, 0));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	/* and back */
	KTAP_CHECK(!offer(caller, says(p, PLAIN, NULL, "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has(" RTP/AVP 0"));
	KTAP_CHECK(!rtp->conf.srtp_rx.suite && !rtp->conf.srtp_tx.suite);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool forks(void)
{
	struct session_branch *other;
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	p = phone("127.0.0.12");
	q = phone("127.0.0.13");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE) && hears(q, text, DTLS_ACTIVE));
	other = session_branch_fork(branch, NULL);
	KTAP_CHECK(!answer_in(branch, callee, says(p, DTLS, "passive", ""), true));
	rtp = leg_of("127.0.0.2", port);
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!answer_in(other, callee, says(q, DTLS, "active", ""), true));
	turns(10);
	KTAP_CHECK(is_keyed(rtp, p, 0) && !q->end[0].got);
	/* from now on it is the other, and nobody hears the first */
	KTAP_CHECK(!session_choose(other, true, &err));
	branch = other;
	KTAP_CHECK(is_sealed(rtp, p, 0));
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* what a line has been agreed by is not taken back by who offers next */
static bool keeps_feedback(void)
{
	struct phone *p;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, "UDP/TLS/RTP/SAVPF", "actpass", "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has(" UDP/TLS/RTP/SAVPF 0\r\n"));
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)) && has(" UDP/TLS/RTP/SAVPF 0\r\n"));
	session_rollback(branch);
	/* nor is it said to whom it was not */
	KTAP_CHECK(!offer(caller, says(p, "UDP/TLS/RTP/SAVPF", "actpass", "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n"));
	return done();
}

static const struct ktap_point points[] = {
	{ "the callee has to have it, and begins", invited_active },
	{ "or lets us begin", invited_passive },
	{ "DTLS before keys in descriptions, and beside them", opportunistic },
	{ "an answer to a re-offer without what its realm requires", no_way_back },
	{ "what is refused", refusals },
	{ "feedback leaves with its profile", feedback },
	{ "a line that has feedback keeps it", keeps_feedback },
	{ "a re-offer that says the same changes nothing", same_again },
	{ "another fingerprint, role or tls-id: another association", restart },
	{ "RTCP goes to the port of RTP, and comes back", rtcp_goes_and_comes },
	{ "keys of a description, and RTCP that moves meanwhile", from_keys_with_mux },
	{ "an offer that is rolled back", rolled_back },
	{ "the datapath refuses an answer, and keys", refused_by_datapath },
	{ "plain before and after", from_plain },
	{ "forks: each has its own", forks },
};

int main(void)
{
	return dtls_main(points, sizeof(points) / sizeof(points[0]));
}
