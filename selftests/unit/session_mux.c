// SPDX-License-Identifier: GPL-2.0
/*
 * RTCP on the port of RTP in sessions: offered, accepted, refused, required; what
 * descriptions say of it, and which bridges there are.
 */
#include <linux/rtplane.h>

#include "base/log.h"
#include "datapath/names.h"
#include "session_lib.h"

#define MUX	"a=rtcp-mux\r\n"
#define ONLY	MUX "a=rtcp-mux-only\r\n"
#define ICE	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define FIRST	"a=candidate:1 1 UDP 2130706431 192.0.2.1 7000 typ host\r\n"
#define SECOND	"a=candidate:1 2 UDP 2130706430 192.0.2.1 7001 typ host\r\n"
#define SAVP	"m=audio 7000 RTP/SAVP 0\r\n"
#define KEY	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

static void begin_with(enum session_mux access, enum session_mux core)
{
	begin();
	kernel.no_srtp = false;
	access_policy->mux = access;
	core_policy->mux = core;
}

static bool says(bool mux, bool only, bool rtcp)
{
	bool ok = has(MUX) == mux && has("a=rtcp-mux-only") == only &&
		  has("a=rtcp:") == rtcp;

	if (!ok)
		printf("# %s\n", text);
	return ok;
}

/* are there so many bridges, whose legs take this? */
static bool stands(struct fake *f, unsigned int bridges, uint8_t only)
{
	unsigned int i;

	if (f->n != 2 * bridges) {
		printf("# %u legs\n", f->n);
		return false;
	}
	for (i = 0; bridges == 1 && i < f->n; i++)
		if (f->leg[i].conf.only != only)
			return false;
	return true;
}

/* RTCP of the port that one of the two shares is a leg, bridged to the other's own port */
static bool apart(struct fake *f)
{
	unsigned int i, parts = 0, own = 0;

	if (!stands(f, 2, 0))
		return false;
	for (i = 0; i < f->n; i++) {
		const struct dp_leg *c = &f->leg[i].conf, *peer;

		if (c->only != RTPLANE_ONLY_RTCP) {
			if (c->only != RTPLANE_ONLY_RTP || c->local.rtcp)
				return false;
			continue;
		}
		peer = &f->leg[i ^ 1].conf;
		parts += c->local.rtcp && !(c->local.port & 1) &&
			 dp_addr_same_host(&c->tie, &c->local) &&
			 c->tie.port == c->local.port && !c->tie.rtcp;
		own += !c->local.rtcp && c->local.port & 1 && peer->local.rtcp;
	}
	return parts == 1 && own == 1;
}

static bool none(void)
{
	begin_with(SESSION_MUX_OFF, SESSION_MUX_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	return finish();
}

static bool both(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(says(true, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	/* the same again */
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(says(true, false, true));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	return finish();
}

static bool not_offered(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(says(false, false, true));
	/* nobody has asked for it */
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	return finish();
}

/* who can do without has it only from end to end */
static bool declined(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7001"));
	return finish();
}

static bool mixed(const char *lines)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	access_policy->ice = SESSION_ICE_LITE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, lines)));
	KTAP_CHECK(says(true, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(apart(&kernel));
	return true;
}

static const char *because;

static void on_verdict(enum session_verdict verdict,
		       const struct session_leg_report *leg, const char *words,
		       void *arg)
{
	(void)arg;
	if (verdict == SESSION_VERDICT_NO_RTCP)
		because = leg->mux && strstr(words, "RTCP is not relayed") ? "yes" : "no";
}

static bool one_side(void)
{
	struct session_report *report;

	KTAP_CHECK(mixed(PCMU ONLY) && finish());
	KTAP_CHECK(mixed(PCMU MUX "a=rtcp:7000\r\n") && finish());
	KTAP_CHECK(mixed(PCMU MUX ICE) && finish());
	KTAP_CHECK(mixed(PCMU MUX ICE FIRST));
	KTAP_CHECK(has(" 1 udp") && !has(" 2 udp"));
	report = session_report(session);
	KTAP_CHECK(report && report->n_legs == 4 && !report->leg[0].rtcp_ends);
	because = NULL;
	session_why(report, on_verdict, NULL);
	KTAP_CHECK(!because);
	session_report_free(report);
	KTAP_CHECK(finish());
	/* it has another way, and so has RTCP */
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	access_policy->ice = SESSION_ICE_LITE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX ICE FIRST SECOND)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(says(false, false, true) && has(" 2 udp"));
	KTAP_CHECK(stands(&kernel, 2, 0));
	return finish();
}

/* RTP alone is not of its words */
static bool old_module(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_OFF);
	kernel.no_srtp = true;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU ONLY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(apart(&user) && !kernel.n);
	KTAP_CHECK(finish());
	/* from end to end there is nothing new to it */
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	kernel.no_srtp = true;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU ONLY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH) && !user.n);
	return finish();
}

static bool required(void)
{
	begin_with(SESSION_MUX_REQUIRE, SESSION_MUX_OFF);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "its realm requires RTCP on the port of RTP"));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(apart(&kernel));
	KTAP_CHECK(finish());

	begin_with(SESSION_MUX_OFF, SESSION_MUX_REQUIRE);
	core_policy->ice = SESSION_ICE_FULL;
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(says(true, true, false));
	KTAP_CHECK(has(" 1 udp") && !has(" 2 udp"));
	KTAP_CHECK(answer_in(branch, callee, sdp_of(B4, PCMU), false) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "answered without RTCP on the port of RTP"));
	KTAP_CHECK(!kernel.n);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(apart(&kernel));
	KTAP_CHECK(finish());

	begin_with(SESSION_MUX_OFF, SESSION_MUX_ALLOW);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU ONLY)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "a=rtcp-mux-only"));
	return finish();
}

static bool asked_for(void)
{
	begin_with(SESSION_MUX_ACCEPT, SESSION_MUX_OFFER);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(says(true, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(stands(&kernel, 2, 0));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(apart(&kernel));
	return finish();
}

/* in mid-call, there and back, and refused half way */
static bool changes(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	KTAP_CHECK(up() && stands(&kernel, 2, 0));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	session_rollback(branch);
	KTAP_CHECK(stands(&kernel, 2, 0));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	/* an early answer that comes to nothing */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(says(true, false, true));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	session_rollback(branch);
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(stands(&kernel, 2, 0));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7001") &&
		   leg_to(&kernel, "198.51.100.1:7001"));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

static bool copy_key(char key[64])
{
	const char *p = text ? strstr(text, "inline:") : NULL;

	return p && snprintf(key, 64, "%.40s", p + 7) == 40;
}

/* packets of a key that stays are not counted anew */
static bool keys(void)
{
	char first[64], second[64], third[64];

	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	access_policy->srtp = SESSION_SRTP_ALLOW;
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n"
		   "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n")));
	KTAP_CHECK(copy_key(first) && stands(&kernel, 2, 0));
	/* the callee's key of ours is in use where RTCP has a port of its own */
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(says(false, false, true));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n"
		   "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n")));
	KTAP_CHECK(copy_key(second) && !strcmp(first, second));
	/* it cannot do without: RTCP moves to the port of RTP, by another key */
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY ONLY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n"
		   "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n")));
	KTAP_CHECK(says(true, false, false));
	KTAP_CHECK(copy_key(third) && strcmp(second, third));
	KTAP_CHECK(apart(&kernel));
	/* and no other where nothing changes */
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY ONLY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=audio 7000 RTP/SAVP 0\r\n"
		   "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n")));
	KTAP_CHECK(copy_key(second) && !strcmp(second, third));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

#define CALLEE	SAVP "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"

static bool same_key(const struct fake_leg *leg, const struct dp_srtp *key)
{
	return leg && leg->conf.srtp_tx.suite == key->suite &&
	       !memcmp(leg->conf.srtp_tx.key, key->key, dp_srtp_key_len(key->suite));
}

/* the leg of RTCP at a port that RTP has */
static const struct fake_leg *part_of(const struct fake *f)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (f->leg[i].conf.local.rtcp)
			return &f->leg[i];
	return NULL;
}

/* its bridge goes and comes, whoever wants it so: with other keys, or not at all */
static bool comes_back(const char *without, bool gone)
{
	struct dp_srtp a, b;

	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	access_policy->srtp = SESSION_SRTP_ALLOW;
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, CALLEE)) && stands(&kernel, 2, 0));
	a = leg_to(&kernel, "192.0.2.1:7001")->conf.srtp_tx;
	b = leg_to(&kernel, "198.51.100.1:7001")->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, sdp_of(A4, without)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, CALLEE)) && kernel.n == (gone ? 2 : 4));
	KTAP_CHECK(gone || !same_key(part_of(&kernel), &a));
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, CALLEE)) && stands(&kernel, 2, 0));
	KTAP_CHECK(!same_key(leg_to(&kernel, "192.0.2.1:7001"), &a));
	/* that leg may not have gone */
	KTAP_CHECK(same_key(leg_to(&kernel, "198.51.100.1:7001"), &b) != gone);
	/* what is undone has no other keys */
	KTAP_CHECK(!offer(caller, sdp_of(A4, without)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, CALLEE), true) &&
		   kernel.n == (gone ? 2 : 4));
	session_rollback(branch);
	KTAP_CHECK(kernel.n == 2 && leg_to(&kernel, "192.0.2.1:7000"));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

static bool comes_back_from_mux(void)
{
	return comes_back(SAVP KEY ONLY, false);
}

static bool comes_back_from_nowhere(void)
{
	return comes_back(SAVP KEY "a=rtcp:0\r\n", true);
}

static void begin_with_keys(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_ALLOW);
	access_policy->srtp = SESSION_SRTP_ALLOW;
}

/* who had it from end to end declines it in mid-call: another key, as RTCP has moved */
static bool declined_later(void)
{
	char early[64], last[64];
	struct dp_srtp was;

	begin_with_keys();
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	was = leg_to(&kernel, "192.0.2.1:7000")->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(stands(&kernel, 2, 0) && copy_key(early));
	KTAP_CHECK(!same_key(leg_to(&kernel, "192.0.2.1:7001"), &was));
	/* which is not another one again */
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && stands(&kernel, 2, 0));
	KTAP_CHECK(copy_key(last) && !strcmp(early, last));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

/* two answers to one offer do not agree on it: RTCP waits for the next, with other keys */
static bool two_answers(void)
{
	struct dp_srtp was;

	begin_with_keys();
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU MUX), true));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	was = leg_to(&kernel, "192.0.2.1:7000")->conf.srtp_tx;
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_RTP));
	KTAP_CHECK(same_key(leg_to(&kernel, "192.0.2.1:7000"), &was));
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && stands(&kernel, 2, 0));
	KTAP_CHECK(!same_key(leg_to(&kernel, "192.0.2.1:7001"), &was));
	return finish();
}

static bool two_answers_late(void)
{
	struct dp_srtp was;

	begin_with_keys();
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	was = leg_to(&kernel, "192.0.2.1:7001")->conf.srtp_tx;
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_RTP));
	KTAP_CHECK(same_key(leg_to(&kernel, "192.0.2.1:7000"), &was));
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	KTAP_CHECK(!same_key(leg_to(&kernel, "192.0.2.1:7000"), &was));
	/* where nothing moves the key stays */
	was = leg_to(&kernel, "192.0.2.1:7000")->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	KTAP_CHECK(same_key(leg_to(&kernel, "192.0.2.1:7000"), &was));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

/* the same with who answers: its next key comes with the next offer to it */
static bool two_answers_with_keys(void)
{
	struct dp_srtp was;

	begin_with_keys();
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, CALLEE), true));
	KTAP_CHECK(stands(&kernel, 2, 0));
	was = leg_to(&kernel, "198.51.100.1:7000")->conf.srtp_tx;
	KTAP_CHECK(!answer(callee, sdp_of(B4, CALLEE MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_RTP));
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP KEY MUX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, CALLEE MUX)));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	KTAP_CHECK(!same_key(leg_to(&kernel, "198.51.100.1:7000"), &was));
	KTAP_CHECK(!kernel.wrong);
	return finish();
}

static bool no_rtp(void)
{
	begin_with(SESSION_MUX_REQUIRE, SESSION_MUX_REQUIRE);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "m=image 7000 udptl t38\r\n")));
	KTAP_CHECK(says(false, false, false));
	KTAP_CHECK(!answer(callee, sdp_of(B4, "m=image 7000 udptl t38\r\n")));
	KTAP_CHECK(says(false, false, false));
	KTAP_CHECK(stands(&kernel, 1, RTPLANE_ONLY_BOTH));
	return finish();
}

#define GROUP	"a=group:BUNDLE a v\r\n"
#define BROWSER	"m=audio 7000 RTP/AVP 0\r\na=mid:a\r\na=rtcp:7000\r\n" MUX \
		"m=video 7000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=mid:v\r\na=rtcp:7000\r\n" MUX
#define BOTH	PCMU "m=video 7100 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"

static bool no_group(void)
{
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_OFF);
	KTAP_CHECK(!offer(caller, sdp_of(A4, GROUP BROWSER)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, BOTH)));
	KTAP_CHECK(!has("BUNDLE") && has("a=mid:a\r\n"));
	KTAP_CHECK(finish());
	begin_with(SESSION_MUX_ALLOW, SESSION_MUX_OFF);
	access_policy->bundle = SESSION_BUNDLE_REQUIRE;
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU MUX "a=mid:a\r\n")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "a=group:BUNDLE"));
	/* names that are none */
	KTAP_CHECK(offer(caller, sdp_of(A4, "a=group:BUNDLE a b\r\n" PCMU MUX "a=mid:a b\r\n")) == -EPROTO);
	KTAP_CHECK(!offer(caller, sdp_of(A4, "a=group:LS x\r\na=group:BUNDLE a\r\n" PCMU MUX "a=mid:a\r\na=rtcp:7000\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=group:BUNDLE a\r\n"));
	return finish();
}

static const struct ktap_point points[] = {
	{ "off", none },
	{ "from end to end", both },
	{ "what was not offered is not accepted", not_offered },
	{ "who can do without does so if the other party declines", declined },
	{ "who cannot has it alone, and RTCP ends at us", one_side },
	{ "beside a module that is old", old_module },
	{ "required", required },
	{ "offered and accepted whatever the other party has", asked_for },
	{ "in mid-call, and back", changes },
	{ "a key stays only where its packets are counted on", keys },
	{ "RTCP goes to the port of RTP and comes back", comes_back_from_mux },
	{ "RTCP goes nowhere and comes back", comes_back_from_nowhere },
	{ "RTCP leaves the port of RTP with another key", declined_later },
	{ "answers to one offer that do not agree: not any more", two_answers },
	{ "answers to one offer that do not agree: only later", two_answers_late },
	{ "answers to one offer that do not agree, with keys", two_answers_with_keys },
	{ "what is no RTP has no RTCP", no_rtp },
	{ "no group", no_group },
};

int main(void)
{
	return session_main(points, sizeof(points) / sizeof(points[0]));
}
