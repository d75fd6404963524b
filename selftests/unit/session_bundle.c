// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that share a port with a party (BUNDLE) in sessions: accepted, offered, changed and
 * left; which legs there are, and what is said.
 */
#include <linux/rtplane.h>

#include "base/log.h"
#include "session_lib.h"

#define MUX	"a=rtcp-mux\r\n"
#define AUDIO	"m=audio 7000 RTP/AVP 0\r\na=mid:a\r\na=rtcp:7000\r\n" MUX \
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" \
		"a=ssrc:11 cname:x\r\na=ssrc:11 msid:- t\r\n"
#define V_REST	"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" \
		"a=mid:v\r\na=rtcp-fb:96 nack pli\r\n" MUX \
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" \
		"a=extmap:5 urn:3gpp:video-orientation\r\n" \
		"a=ssrc-group:FID 22 23\r\na=ssrc:22 cname:x\r\na=ssrc:23 cname:x\r\n"
#define VIDEO	"m=video 7000 RTP/AVPF 96 97\r\na=rtcp:7000\r\n" V_REST
#define GROUP	"a=group:BUNDLE a v\r\n"
#define APART	PCMU "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
#define NO_AUDIO "m=audio 0 RTP/AVP 0\r\n" \
		"m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n"

static void begin_with(enum session_bundle access, enum session_bundle core)
{
	begin();
	kernel.no_srtp = false;
	access_policy->mux = SESSION_MUX_ALLOW;
	core_policy->mux = core ? SESSION_MUX_OFFER : SESSION_MUX_OFF;
	access_policy->bundle = access;
	core_policy->bundle = core;
}

#define KEY	"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"

/* the leg of a line at a port of ours */
static struct fake_leg *leg_at(const char *host, int port, unsigned int line, bool rtcp)
{
	struct dp_addr a = at(host);

	a.port = (uint16_t)port;
	a.line = (uint8_t)line;
	a.rtcp = rtcp;
	return fake_find(&user, &a);
}

static struct fake_leg *leg_in(struct fake *f, int port, bool rtcp)
{
	struct dp_addr a = at("127.0.0.1");

	a.port = (uint16_t)port;
	a.rtcp = rtcp;
	return fake_find(f, &a);
}

static bool carried(const struct fake_leg *leg)
{
	return leg && leg->conf.line.on && !leg->conf.remote.family &&
	       !leg->conf.srtp_tx.suite && !leg->conf.pps;
}

static bool both_up(void)
{
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!has("BUNDLE") && port_at(0) != port_at(1));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	return true;
}

static unsigned int n_aside;

static void on_verdict(enum session_verdict verdict, const struct session_leg_report *leg,
		       const char *words, void *arg)
{
	(void)leg;
	(void)arg;
	n_aside += verdict == SESSION_VERDICT_ASIDE &&
		   strstr(words, "are relayed by the datapath 'uring'");
}

/* does `why' say that they are in user space? */
static bool says_aside(void)
{
	struct session_report *report = session_report(session);

	n_aside = 0;
	session_why(report, on_verdict, NULL);
	session_report_free(report);
	return n_aside == 1;
}

/* a browser's group; the callee knows nothing of it */
static bool accepted(void)
{
	const struct fake_leg *base, *video;
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	access_policy->pps = 100;
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(has("a=group:BUNDLE a v\r\n") && has("a=mid:a\r\n") && has("a=mid:v\r\n"));
	KTAP_CHECK(port > 0 && port_at(1) == port && pairs_used(0) == 1 && pairs_used(2) == 2);
	/* names in packets go from end to end, or are not agreed */
	KTAP_CHECK(!has("a=extmap:"));
	/* user space tells them apart */
	KTAP_CHECK(!kernel.n && user.n == 8 && !user.wrong && says_aside());
	base = leg_at("127.0.0.1", port, 0, false);
	video = leg_at("127.0.0.1", port, 2, false);
	KTAP_CHECK(base && base->conf.line.on && base->conf.only == RTPLANE_ONLY_BOTH);
	KTAP_CHECK(base->conf.remote.port == 7000 && !base->conf.ssrc_guard &&
		   base->conf.pps == 200);
	KTAP_CHECK(base->conf.line.mid_id == 4 && !strcmp(base->conf.line.mid, "a") &&
		   base->conf.line.hide);
	KTAP_CHECK(base->conf.line.n_ssrcs == 1 && base->conf.line.ssrc[0] == 11);
	KTAP_CHECK(base->conf.line.pts[0] == 1 && !base->conf.line.pts[3]);
	KTAP_CHECK(carried(video) && !strcmp(video->conf.line.mid, "v"));
	KTAP_CHECK(video->conf.line.n_ssrcs == 2 && video->conf.line.ssrc[1] == 23);
	/* of what it offers it sends what was taken */
	KTAP_CHECK(video->conf.line.pts[3] == 1);
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 0, true)) &&
		   carried(leg_at("127.0.0.1", port, 2, true)));
	KTAP_CHECK(fake_find(&user, &video->peer)->conf.remote.port == 7100);
	/* in mid-call, too, whatever the callee calls its lines */
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU "a=mid:b\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n")));
	KTAP_CHECK(has(GROUP) && has("a=mid:a\r\n") && !has("mid:b"));
	KTAP_CHECK(port_at(0) == port && port_at(1) == port);
	KTAP_CHECK(!answer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!has("BUNDLE") && has("a=mid:b\r\n") && !has("mid:a"));
	KTAP_CHECK(user.n == 8 && !user.wrong && pairs_used(0) == 1);
	return finish();
}

/* whom the group's first line is refused has it all the same */
static bool first_refused(void)
{
	const struct fake_leg *base;
	unsigned int i;
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, NO_AUDIO)));
	port = port_at(1);
	KTAP_CHECK(has("a=group:BUNDLE v\r\n") && !port_at(0) && port > 0);
	/* one line needs nobody to tell it apart */
	KTAP_CHECK(kernel.n == 4 && !user.n && !has("a=mid:a") && !says_aside());
	KTAP_CHECK(finish());
	/* by each of two answers */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a v w\r\n" AUDIO VIDEO
		   "m=audio 7000 RTP/AVP 8\r\na=rtcp:7000\r\na=mid:w\r\n" MUX)));
	for (i = 0; i < 2; i++) {
		KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, NO_AUDIO "m=audio 7200 RTP/AVP 8\r\n"),
				      !i));
		port = port_at(1);
		KTAP_CHECK(has("a=group:BUNDLE v w\r\n") && port > 0 && port_at(2) == port);
		KTAP_CHECK(user.n == 8 && leg_at("127.0.0.1", port, 0, false) &&
			   carried(leg_at("127.0.0.1", port, 3, false)));
	}
	KTAP_CHECK(finish());
	/* and in mid-call, where it has the port: it stays, and is not heard */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(!offer(callee, sdp_of(B4, NO_AUDIO)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
	base = leg_at("127.0.0.1", port, 0, false);
	KTAP_CHECK(base && base->conf.remote.port == 7000 && !base->conf.mute);
	KTAP_CHECK(fake_find(&user, &base->peer)->conf.mute &&
		   fake_find(&user, &base->peer)->conf.block == RTPLANE_BLOCK_MEDIA);
	/* what the line that is left is told by is its own alone */
	KTAP_CHECK(base->conf.line.on && base->conf.line.mid_id == 4 && !*base->conf.line.mid);
	KTAP_CHECK(!base->conf.line.n_ssrcs && !base->conf.line.pts[0] && !base->conf.line.pts[3]);
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 2, false)) && user.n == 6);
	/* until it is back */
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(port_at(0) == port && port_at(1) == port && !user.wrong);
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 2, false)));
	return finish();
}

/* lines that come, go, and leave the group */
static bool changes(void)
{
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a\r\n" AUDIO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4 && !user.n && has("a=group:BUNDLE a\r\n"));
	port = port_at(0);
	/* plain lines move: none of their keys is counted */
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO "m=video 0 RTP/AVPF 96 97\r\n"
		   "a=bundle-only\r\n" V_REST)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(has(GROUP) && port_at(0) == port && port_at(1) == port);
	KTAP_CHECK(!kernel.n && user.n == 8 && !kernel.wrong && !user.wrong);
	/* it has gone, and comes again */
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a\r\n" AUDIO "m=video 0 RTP/AVPF 96\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "m=video 0 RTP/AVPF 96\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE a\r\n") && !port_at(1) && user.n == 4);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	session_rollback(branch);
	KTAP_CHECK(user.n == 4);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)) && user.n == 8);
	/* it leaves, with a port of its own */
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a\r\n" AUDIO
		   "m=video 7200 RTP/AVPF 96 97\r\na=rtcp:7200\r\n" V_REST)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(has("a=group:BUNDLE a\r\n") && port_at(0) == port && port_at(1) != port);
	KTAP_CHECK(!leg_at("127.0.0.1", port, 2, false) && !user.wrong && !kernel.wrong);
	KTAP_CHECK(pairs_used(0) == 2);
	/* and is in it again, by which its bridge gets another leg */
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(port_at(0) == port && port_at(1) == port && !user.wrong && !kernel.wrong);
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 2, false)));
	return finish();
}

/* whose port it is depends on what stays of the others */
static bool ports_of_others(void)
{
	const struct fake_leg *base;
	const char *what;
	char *again;
	int port;

	/* a line gets others at its port by the exchange in which it goes */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, AUDIO)) && !answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(kernel.n == 4 && !user.n);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, NO_AUDIO)));
	KTAP_CHECK(!port_at(0) && port_at(1) == port && !user.wrong && !kernel.wrong);
	base = leg_at("127.0.0.1", port, 0, false);
	KTAP_CHECK(base && base->conf.line.on && carried(leg_at("127.0.0.1", port, 2, false)));
	KTAP_CHECK(!fake_find(&kernel, &base->conf.local) && finish());
	/* one comes back to another port while its former one is others' */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(!offer(callee, sdp_of(B4, NO_AUDIO)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
	KTAP_CHECK(!offer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 7300 RTP/AVP 0\r\n" VIDEO)));
	KTAP_CHECK(!port_at(0) && port_at(1) > 0 && !user.wrong);
	KTAP_CHECK(leg_at("127.0.0.1", port, 0, false) && carried(leg_at("127.0.0.1", port, 2, false)));
	KTAP_CHECK(finish());
	/* the first leaves the group by an answer, and the second has it for itself */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(!offer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "a=group:BUNDLE v\r\n" PCMU VIDEO)));
	KTAP_CHECK(port_at(0) > 0 && !port_at(1) && !leg_at("127.0.0.1", port, 2, false));
	KTAP_CHECK(finish());
	/* and when an offer is rolled back by whose early answer it went */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(!offer(callee, sdp_of(B4, NO_AUDIO)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 2, false)));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "m=video 0 RTP/AVPF 96\r\n")));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU "m=video 0 RTP/AVPF 96\r\n"), true));
	KTAP_CHECK(!leg_at("127.0.0.1", port, 0, false));
	session_rollback(branch);
	KTAP_CHECK(leg_at("127.0.0.1", port, 0, false) && !leg_at("127.0.0.1", port, 2, false));
	KTAP_CHECK(!strcmp(leg_at("127.0.0.1", port, 0, false)->conf.line.mid, "v") && !user.wrong);
	KTAP_CHECK(finish());
	/* an offer takes the place of one that has no answer: nothing of its groups is left */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	what = sdp_of(A4, "a=group:BUNDLE v\r\n" PCMU VIDEO);
	KTAP_CHECK(!session_offer_anew(branch, caller, what, strlen(what), &again, &err));
	session_text_free(again);
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(port_at(0) > 0 && port_at(1) > 0 && port_at(0) != port_at(1));
	return finish();
}

/* who has the port first is not there yet: it is the other's, who carries it later */
static bool held_first(void)
{
	const struct fake_leg *video;
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "c=IN IP4 0.0.0.0\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n")));
	port = port_at(0);
	KTAP_CHECK(port > 0 && port_at(1) == port && has(GROUP));
	video = leg_at("127.0.0.1", port, 0, false);
	KTAP_CHECK(video && video->conf.line.on && !strcmp(video->conf.line.mid, "v") && user.n == 4);
	KTAP_CHECK(!offer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(port_at(0) > 0 && port_at(1) > 0 && user.n == 8 && !user.wrong);
	KTAP_CHECK(!strcmp(leg_at("127.0.0.1", port, 0, false)->conf.line.mid, "v"));
	KTAP_CHECK(carried(leg_at("127.0.0.1", port, 1, false)));
	return finish();
}

/* an answer takes RTCP from the port that others have with it */
static bool not_muxed(void)
{
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(both_up());
	port = port_at(0);
	KTAP_CHECK(!offer(callee, sdp_of(B4, NO_AUDIO)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, "m=audio 0 RTP/AVP 0\r\nm=video 7200 RTP/AVPF 96\r\n")));
	/* it is carried by the port's leg, which tells nothing apart any more */
	KTAP_CHECK(!port_at(1) && !leg_at("127.0.0.1", port, 2, false) && !user.wrong && !user.n);
	return finish();
}

/* no group for all: why is said, and what can be had is */
static bool beside(void)
{
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	/* RTCP has a port of its own */
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=mid:v\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(has("a=group:BUNDLE a\r\n") && port_at(0) != port_at(1) && port_at(1) > 0);
	KTAP_CHECK(finish());
	/* nobody can tell them apart, or the module has keys already */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	user.dp.ops = &fake_ops;
	KTAP_CHECK(both_up());
	KTAP_CHECK(has("a=group:BUNDLE a\r\n") && port_at(0) != port_at(1) && kernel.n == 8);
	KTAP_CHECK(finish());
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a\r\n" AUDIO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n" KEY)) && kernel.n == 4);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n" KEY
		   "m=video 7100 RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n" KEY)));
	KTAP_CHECK(has("a=group:BUNDLE a\r\n") && port_at(0) != port_at(1) && kernel.n == 8);
	KTAP_CHECK(finish());
	/* a line that has no port of its own */
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO "m=video 0 RTP/AVPF 96 97\r\n"
		   "a=bundle-only\r\n" V_REST)));
	KTAP_CHECK(!port_at(1));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "m=video 0 RTP/AVPF 96\r\n")));
	KTAP_CHECK(!has("BUNDLE") && port_at(0) > 0 && !port_at(1));
	KTAP_CHECK(finish());
	/* one name for two, and a line that names itself in no group */
	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE a a\r\n" AUDIO
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=mid:a\r\n" MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)));
	KTAP_CHECK(!has("BUNDLE") && port_at(0) != port_at(1));
	return finish();
}

/* a group is offered to a party whose realm wants it, or to a browser */
static bool offered(void)
{
	struct fake_leg *video;
	int port;

	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_ACCEPT);
	KTAP_CHECK(!offer(caller, sdp_of(A4, APART)) && !has("BUNDLE"));
	KTAP_CHECK(finish());
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, APART)));
	KTAP_CHECK(has("a=group:BUNDLE 0 1\r\n") && has("a=mid:0\r\n") && has("a=mid:1\r\n"));
	KTAP_CHECK(!has("a=extmap:"));
	KTAP_CHECK(port_at(0) != port_at(1) && pairs_used(2) == 2);
	port = port_at(0);
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU MUX "m=video 7000 RTP/AVPF 96\r\n" MUX)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "answered outside of a group") && !user.n && !kernel.n);
	KTAP_CHECK(!answer(callee, sdp_of(B4, "a=group:BUNDLE 0 1\r\n" PCMU "a=mid:0\r\n" MUX
		   "m=video 7000 RTP/AVPF 96\r\na=mid:1\r\na=ssrc:77 cname:y\r\n" MUX)));
	KTAP_CHECK(!has("BUNDLE") && port_at(0) != port_at(1));
	KTAP_CHECK(user.n == 8 && !kernel.n && pairs_used(0) == 2 && pairs_used(2) == 1);
	video = leg_at("127.0.0.2", port, 2, false);
	KTAP_CHECK(carried(video) && video->conf.line.ssrc[0] == 77);
	/* the same by whichever of the two */
	KTAP_CHECK(!offer(callee, sdp_of(B4, "a=group:BUNDLE 0 1\r\n" PCMU "a=mid:0\r\n" MUX
		   "m=video 7000 RTP/AVPF 96\r\na=mid:1\r\n" MUX)));
	KTAP_CHECK(!answer(caller, sdp_of(A4, APART)));
	KTAP_CHECK(has("a=group:BUNDLE 0 1\r\n") && port_at(0) == port && port_at(1) == port);
	KTAP_CHECK(!offer(caller, sdp_of(A4, APART)) && has("a=group:BUNDLE 0 1\r\n"));
	KTAP_CHECK(port_at(0) == port && port_at(1) == port);
	/* who had the port of the group cannot leave it so */
	core_policy->bundle = SESSION_BUNDLE_ACCEPT;
	KTAP_CHECK(!answer(callee, sdp_of(B4, "a=group:BUNDLE 0\r\n" PCMU "a=mid:0\r\n" MUX
		   "m=video 7000 RTP/AVPF 96\r\na=mid:1\r\n" MUX)));
	KTAP_CHECK(port_at(0) > 0 && !port_at(1) && user.n == 4 && !user.wrong);
	return finish();
}

/* numbers that mean two things on one port: the second line is beside the group */
static bool conflicts(void)
{
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "m=audio 7000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE 0\r\n"));
	KTAP_CHECK(finish());
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=extmap:1 urn:x:a\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=extmap:1 urn:x:b\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE 0\r\n"));
	KTAP_CHECK(finish());
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=extmap:1 urn:x:a\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=extmap:1 urn:x:a\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE 0 1\r\n"));
	KTAP_CHECK(finish());
	/* those of any line before, not of the first alone */
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=extmap:1 urn:x:a\r\n"
		   "m=video 7200 RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"
		   "m=video 7300 RTP/AVPF 97\r\na=rtpmap:97 H264/90000\r\na=extmap:1 urn:x:b\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE 0 1\r\n"));
	KTAP_CHECK(finish());
	/* its author has them in one group, and means one thing by them */
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)) && has(GROUP));
	KTAP_CHECK(finish());
	begin_with(SESSION_BUNDLE_OFF, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE x y\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=mid:x\r\n"
		   "m=video 7100 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=mid:y\r\n")));
	KTAP_CHECK(has("a=group:BUNDLE x y\r\n"));
	return finish();
}

/* RTCP has a leg and a remote of its own at the port, as it ends there: that stays */
static bool rtcp_first(void)
{
	const struct fake_leg *rtcp;
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
	kernel.dp.ops = &fake_user_ops;
	access_policy->mux = SESSION_MUX_ACCEPT;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && kernel.n == 4);
	port = port_at(0);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, APART)) && !kernel.wrong);
	KTAP_CHECK(port_at(0) == port && port_at(1) != port && kernel.n == 8);
	KTAP_CHECK(has("a=group:BUNDLE a\r\n"));
	rtcp = leg_in(&kernel, port, true);
	KTAP_CHECK(rtcp && rtcp->conf.tie.port == port && !rtcp->conf.line.on);
	return finish();
}

/* each sends by the types that the other takes, however often that is agreed */
static bool types_of_both(void)
{
	static const char theirs[] = GROUP AUDIO
		"m=video 7000 RTP/AVPF 98\r\na=rtcp:7000\r\na=rtpmap:98 VP8/90000\r\na=mid:v\r\n" MUX;
	const struct fake_leg *of_caller, *of_callee;
	unsigned int i;
	int port[2];

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_REQUIRE);
	for (i = 0; i < 3; i++) {
		KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
		port[1] = port_at(0);
		KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, theirs), i == 0));
		if (!i)
			KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, theirs), false));
		port[0] = port_at(0);
		of_caller = leg_at("127.0.0.1", port[0], 2, false);
		of_callee = leg_at("127.0.0.2", port[1], 2, false);
		KTAP_CHECK(carried(of_caller) && carried(of_callee));
		KTAP_CHECK(of_caller->conf.line.pts[3] == 4 && of_callee->conf.line.pts[3] == 3);
	}
	return finish();
}

/* groups on both sides: names go from end to end, and stay in the packets */
static bool towards_both(void)
{
	const struct fake_leg *video, *base, *other;
	int port;

	begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(has(GROUP) && has("a=mid:v\r\n") && port_at(0) != port_at(1));
	KTAP_CHECK(!answer(callee, sdp_of(B4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(has(GROUP) && port_at(0) == port_at(1));
	KTAP_CHECK(user.n == 4 && !user.wrong && pairs_used(0) == 1 && pairs_used(2) == 1);
	video = leg_at("127.0.0.1", port_at(0), 2, false);
	KTAP_CHECK(carried(video) && !video->conf.line.hide && video->peer.line == 2);
	/* the first line goes: the other one has the ports of both still */
	port = port_at(0);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
	base = leg_at("127.0.0.1", port, 0, false);
	other = base ? fake_find(&user, &base->peer) : NULL;
	KTAP_CHECK(other && !other->peer.line && user.n == 4 && !user.wrong);
	KTAP_CHECK(!base->conf.mute && base->conf.block == RTPLANE_BLOCK_MEDIA);
	KTAP_CHECK(!other->conf.mute && other->conf.block == RTPLANE_BLOCK_MEDIA);
	KTAP_CHECK(base->conf.remote.port == 7000 && other->conf.remote.port == 7000);
	/* and comes back */
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, GROUP AUDIO VIDEO)));
	KTAP_CHECK(port_at(0) == port && !user.wrong && !base->conf.block && !other->conf.block);
	return finish();
}

/* refused by the datapath half way: all is as it was */
static bool undone(void)
{
	struct fake was;
	unsigned int i;

	for (i = 1; i < 4; i++) {
		begin_with(SESSION_BUNDLE_ACCEPT, SESSION_BUNDLE_OFF);
		KTAP_CHECK(both_up());
		was = user;
		KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:BUNDLE v\r\nm=audio 0 RTP/AVP 0\r\n" VIDEO)));
		user.refuse = user.calls + i;
		if (!answer(callee, sdp_of(B4, NO_AUDIO))) {
			user.refuse = 0;
			return i > 1 && finish();
		}
		KTAP_CHECK(fake_same(&was, &user) && !user.wrong);
		KTAP_CHECK(finish());
	}
	return false;
}

static const struct ktap_point points[] = {
	{ "a browser's group, apart on the other side", accepted },
	{ "the first line is refused", first_refused },
	{ "lines come, go and leave", changes },
	{ "a port of lines that go and come", ports_of_others },
	{ "who has the port first is on hold from the start", held_first },
	{ "RTCP leaves a port that others have", not_muxed },
	{ "beside the group", beside },
	{ "a group is offered", offered },
	{ "numbers that mean two things", conflicts },
	{ "types of two groups: each by what the other takes", types_of_both },
	{ "groups on both sides", towards_both },
	{ "RTCP has a leg of its own at the port", rtcp_first },
	{ "refused half way", undone },
};

int main(void)
{
	return session_main(points, sizeof(points) / sizeof(points[0]));
}
