// SPDX-License-Identifier: GPL-2.0
/*
 * Words of the control protocol's requests, in the ways that proxies have to say them:
 * what each does to what the other party is told, and that one nobody knows fails no call.
 */
#include <poll.h>
#include <unistd.h>

#include "ng_lib.h"

static bool json(void)
{
	const struct ng_value *root;

	KTAP_CHECK(open_ng());
	root = raw(SPAN("1 {\"command\":\"offer\",\"call_id\":\"c1\",\"From-Tag\":\"f\",\"direction\":[\"pub\",\"core\"],"
			"\"sdp\":\"v=0\\r\\no=x 1 1 IN IP4 192.0.2.1\\r\\ns=-\\r\\nc=IN IP4 192.0.2.1\\r\\nt=0 0\\r\\n"
			"m=audio 7000 RTP/AVP 0\\r\\n\"}"));
	KTAP_CHECK(ok(root) && has("c=IN IP4 127.0.0.2\r\n"));
	KTAP_CHECK(!strncmp(reply, "1 {\"sdp\":\"v=0\\r\\n", 16));
	return done();
}

static bool ice(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("a=ice-ufrag:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "forced", FROM, DIR, "ICE", "force", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("a=ice-ufrag:") && has(" typ host\r\n"));
	KTAP_CHECK(ok(ask("offer", "call-id", "removed", FROM, DIR, "ICE", "remove", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("a=ice-ufrag:") && !ng->n_strange);
	return done();
}

static int candidate_socket(struct dp_addr *addr)
{
	struct dp_addr a = at("127.0.0.1");
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&a, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len))
		abort();
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(addr, (struct sockaddr *)&ss, len);
	return fd;
}

/* does a check of ours arrive there, in that time of ICE? */
static bool is_checked(int fd, unsigned int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char data[512];

	for (; ms >= 50; ms -= 50) {
		timers_run(&timers, timers.now + 50);
		if (poll(&p, 1, 1) > 0 && recv(fd, data, sizeof(data), 0) > 0)
			return true;
	}
	return false;
}

#define CREDS(who) "a=ice-ufrag:" who "abc\r\na=ice-pwd:0123456789012345678901\r\n"

static const char *fragment_of(const char *who, const struct dp_addr *addr)
{
	static char frag[512];

	snprintf(frag, sizeof(frag), "a=ice-ufrag:%sabc\r\na=ice-pwd:0123456789012345678901\r\n"
		 "m=audio 9 RTP/AVP 0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 %u typ host\r\n",
		 who, addr->port);
	return frag;
}

/* candidates that come later, by the tag of whose they are */
static bool fragments(void)
{
	struct dp_addr addr[2];
	int fd[2];

	KTAP_CHECK(open_ng());
	access_policy->ice = SESSION_ICE_FULL;
	core_policy->ice = SESSION_ICE_FULL;
	fd[0] = candidate_socket(&addr[0]);
	fd[1] = candidate_socket(&addr[1]);
	/* before there is anything, and of a party that is not there */
	KTAP_CHECK(ok(ask("offer", CALL, FROM, "+flags", "fragment", "sdp", fragment_of("f", &addr[0]), NULL)));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "sdp", sdp_of("127.0.0.1", "m=audio 9 RTP/AVP 0\r\n" CREDS("f")), NULL)));
	KTAP_CHECK(ok(ask("offer", CALL, "from-tag", "x", "+flags", "fragment", "sdp", fragment_of("f", &addr[0]), NULL)));
	KTAP_CHECK(!is_checked(fd[0], 500));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, "+flags", "fragment", "sdp", fragment_of("f", &addr[0]), NULL)));
	KTAP_CHECK(is_checked(fd[0], 10000));
	/* and who answers */
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of("127.0.0.1", "m=audio 9 RTP/AVP 0\r\n" CREDS("t")), NULL)));
	KTAP_CHECK(!is_checked(fd[1], 500));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "+flags", "fragment", "sdp", fragment_of("t", &addr[1]), NULL)));
	KTAP_CHECK(is_checked(fd[1], 10000));
	close(fd[0]);
	close(fd[1]);
	return done();
}

/* which of the profiles, and what of DTLS and keys, an offer has that is asked for so */
static bool dtls(void)
{
	static const struct {
		const char *transport;
		const char *key;
		const char *proto;
		bool fingerprint;
		bool crypto;
	} cases[] = {
		{ NULL, NULL, " RTP/AVP 0\r\n", true, true },
		{ NULL, "DTLS", " RTP/AVP 0\r\n", false, true },
		{ NULL, "SDES", " RTP/AVP 0\r\n", true, false },
		{ "UDP/TLS/RTP/SAVP", NULL, " UDP/TLS/RTP/SAVP 0\r\n", true, false },
		{ "UDP/TLS/RTP/SAVPF", NULL, " UDP/TLS/RTP/SAVPF 0\r\n", true, false },
		{ "RTP/SAVPF", NULL, " RTP/SAVPF 0\r\n", true, true },
		{ "RTP/SAVPF", "SDES", " UDP/TLS/RTP/SAVPF 0\r\n", true, false },
		{ "RTP/SAVP", "DTLS", " RTP/SAVP 0\r\n", false, true },
		{ "RTP/AVP", NULL, " RTP/AVP 0\r\n", false, false },
	};
	static const struct dtls_conf few = { .threads = 1 };
	struct dtls_cert *cert;
	char id[32];
	size_t i;

	KTAP_CHECK(open_ng());
	cert = dtls_cert_new(NULL);
	threads = dtls_pool_new(loop, &few, cert, &err);
	dtls_cert_put(cert);
	KTAP_CHECK(threads);
	sessions_set_dtls(sessions, threads);
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	core_policy->dtls = SESSION_DTLS_ALLOW;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(id, sizeof(id), "dtls%zu", i);
		KTAP_CHECK(ok(ask("offer", "call-id", id, FROM, DIR,
				  "transport-protocol", cases[i].transport ? cases[i].transport : "",
				  cases[i].key ? cases[i].key : "DTLS", cases[i].key ? "off" : "",
				  "sdp", sdp_of(A4, "m=audio 7000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
						    "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"), NULL)));
		if (has(cases[i].proto) && has("a=fingerprint:") == cases[i].fingerprint &&
		    has("a=crypto:") == cases[i].crypto)
			continue;
		printf("# case %zu: %s\n", i, text);
		return false;
	}
	KTAP_CHECK(ok(ask("offer", "call-id", "h1", FROM, DIR, "transport-protocol", "UDP/TLS/RTP/SAVP",
			  "DTLS-fingerprint", "sha-512", "sdp", sdp_of(A4, PCMU), NULL)) && has("a=fingerprint:sha-512 "));
	KTAP_CHECK(ok(ask("offer", "call-id", "h2", FROM, DIR, "+flags", "UDP/TLS/RTP/SAVP,DTLS-fingerprint-SHA-1",
			  "sdp", sdp_of(A4, PCMU), NULL)) && has("a=fingerprint:sha-1 "));
	return done();
}

#define JSON_OFFER	"1 {\"command\":\"offer\",\"call-id\":\"c1\",\"from-tag\":\"f\",\"codec\":%s," \
	"\"sdp\":\"v=0\\r\\no=x 1 1 IN IP4 192.0.2.1\\r\\ns=-\\r\\nc=IN IP4 192.0.2.1\\r\\nt=0 0\\r\\n" \
	"m=audio 7000 RTP/AVP 8 0\\r\\n\"}"

/* in all the ways that proxies have to say it, and the answer is as it was */
static bool codecs(void)
{
	const char *two = sdp_of(A4, "m=audio 7000 RTP/AVP 8 0\r\n");
	static const char *const dicts[] = {
		"{\"strip\":[\"PCMA\"]}", "{\"mask\":\"pcma,g729\"}",
		"{\"strip\":\"all\",\"offer\":[\"PCMU/8000\"]}", "[\"strip-PCMA\"]",
	};
	char message[2000];
	size_t i;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, "+flags", "codec-strip-PCMA", "sdp", two, NULL)) && has("AVP 0\r\n"));
	KTAP_CHECK(ok(answer_b()) && kernel.n == 4);
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, "rtpp-flags", "codec-strip=[PCMA G729] trust-address",
			  "sdp", two, NULL)) && has("AVP 0\r\n"));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, "rtpp-flags", "codec-mask-all codec-except-PCMU",
			  "sdp", two, NULL)) && has("AVP 0\r\n"));
	KTAP_CHECK(ok(answer_b()));
	for (i = 0; i < sizeof(dicts) / sizeof(*dicts); i++) {
		snprintf(message, sizeof(message), JSON_OFFER, dicts[i]);
		KTAP_CHECK(ok(raw(span_of(message))) && has("AVP 0\r\n"));
	}
	KTAP_CHECK(!ng->n_strange);
	/* what needs a codec is counted */
	snprintf(message, sizeof(message), JSON_OFFER, "{\"transcode\":[\"G729\"],\"strip\":[[],\"\"]}");
	KTAP_CHECK(ok(raw(span_of(message))) && has("AVP 8 0\r\n") && ng->n_strange == 2);
	KTAP_CHECK(!strcmp(ng->strange[0].name, "codec=transcode"));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, "+flags", "codec-strip-,codec-accept-PCMA", "sdp", two, NULL)));
	KTAP_CHECK(has("AVP 8 0\r\n") && ng->n_strange == 3);
	return done();
}

/* which suites, in which order, and whose address an offer has that is asked for so */
static bool suites(void)
{
	static const char gcm[] = "AEAD_AES_256_GCM", cm[] = "AES_CM_128_HMAC_SHA1_80";
	static const struct {
		const char *flag;
		const char *first;
		const char *second;
	} cases[] = {
		{ "SDES-static", gcm, cm },
		{ "SDES-no-AEAD_AES_256_GCM", cm, NULL },
		{ "sdes-no-aes-cm-128-hmac-sha1-80", gcm, cm },
		{ "SDES-no-NULL_HMAC_SHA1_80", gcm, cm },
		{ "SDES-only-AES_CM_128_HMAC_SHA1_80", cm, NULL },
		{ "SDES-order:AES_CM_128_HMAC_SHA1_80;AEAD_AES_256_GCM;", cm, gcm },
		{ "SDES-order:AES_192_CM_HMAC_SHA1_80;AES_CM_128_HMAC_SHA1_80", cm, gcm },
		/* nothing would be left */
		{ "SDES-only-AES_CM_128_HMAC_SHA1_32", gcm, cm },
		{ "SDES-only-NULL_HMAC_SHA1_80", gcm, cm },
		{ "SDES-no-speex", gcm, cm },
		{ "SDES-order:x", gcm, cm },
	};
	char id[32], want[64];
	size_t i;

	KTAP_CHECK(open_ng());
	core_policy->srtp = SESSION_SRTP_ALLOW;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(id, sizeof(id), "sdes%zu", i);
		KTAP_CHECK(ok(ask("offer", "call-id", id, FROM, DIR, "+flags", cases[i].flag,
				  "transport-protocol", "RTP/SAVP", "sdp", sdp_of(A4, PCMU), NULL)));
		snprintf(want, sizeof(want), "a=crypto:1 %s ", cases[i].first);
		if (!has(want) || has("a=crypto:2") != !!cases[i].second) {
			printf("# case %zu: %s\n", i, text);
			return false;
		}
	}
	KTAP_CHECK(ng->n_strange == 3);	/* the last two, and letters with hyphens */
	KTAP_CHECK(ok(ask("offer", "call-id", "media", FROM, DIR, "media-address", "203.0.113.7",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("c=IN IP4 203.0.113.7\r\n"));
	KTAP_CHECK(ok(ask("answer", "call-id", "media", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(!has("203.0.113.7"));
	KTAP_CHECK(ok(ask("offer", "call-id", "other", FROM, DIR, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("203.0.113.7"));
	KTAP_CHECK(ok(ask("offer", "call-id", "none", FROM, DIR, "+flags", "media-address=nobody",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("203.0.113.7") && ng->n_strange == 4);
	/* attributes of what it gets; ng_edit has the rest */
	KTAP_CHECK(ok(ask("offer", "call-id", "attr", FROM, DIR, "+flags", "generate-mid,sdp-attr-add-audio-x--y..z",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("a=x=y z\r\n") && has("a=mid:1\r\n") && ng->n_strange == 4);
	return done();
}

/* with a name of its own */
static const char *named_sdp(void)
{
	char *sdp = (char *)(uintptr_t)sdp_of(A4, PCMU);

	*(strstr(sdp, "\r\ns=-") + 4) = 'x';
	return sdp;
}

#define CRYPTO(suite) "a=crypto:1 " suite " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|1:4\r\n"

/* a peer by one word, and words of keys beside plain RTP */
static bool osrtp_and_webrtc(void)
{
	static const struct dtls_conf few = { .threads = 1 };
	static const char setup[] = "m=audio 7000 UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\na=fingerprint:sha-256 "
		"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n";
	struct dtls_cert *cert;

	KTAP_CHECK(open_ng());
	cert = dtls_cert_new(NULL);
	threads = dtls_pool_new(loop, &few, cert, &err);
	dtls_cert_put(cert);
	KTAP_CHECK(threads);
	sessions_set_dtls(sessions, threads);
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->dtls = core_policy->dtls = SESSION_DTLS_ALLOW;
	KTAP_CHECK(ok(ask("offer", "call-id", "w", FROM, DIR, "+flags", "WebRTC", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has(" UDP/TLS/RTP/SAVPF 0\r\n") && has("a=fingerprint:") && has("a=ice-ufrag:"));
	KTAP_CHECK(has("a=rtcp-mux\r\n") && has("a=mid:1\r\n") && !has("a=rtcp:") && !has("a=crypto:"));
	/* nobody has keys: they are offered for this word alone */
	KTAP_CHECK(ok(ask("offer", "call-id", "o1", FROM, DIR, "+flags", "RTP/AVP", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("a=crypto:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "o2", FROM, DIR, "+flags", "RTP/AVP,OSRTP-offer", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && has("a=crypto:1 ") && !has("a=fingerprint:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "o3", FROM, DIR, "OSRTP", "offer", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && has("a=crypto:1 "));
	KTAP_CHECK(ok(ask("answer", "call-id", "o3", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && !has("a=crypto:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "o4", FROM, DIR, "+flags", "OSRTP-offer,SDES-off", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("a=crypto:"));
	/* who begins the handshake, where that is left to us */
	KTAP_CHECK(ok(ask("offer", "call-id", "d1", FROM, DIR, "+flags", "RTP/AVP,DTLS=active", "sdp", sdp_of(A4, setup), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "d1", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && has("a=setup:active\r\n"));
	KTAP_CHECK(ok(ask("offer", "call-id", "d2", FROM, DIR, "+flags", "RTP/AVP", "DTLS", "passive", "sdp", sdp_of(A4, setup), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "d2", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && has("a=setup:passive\r\n"));
	KTAP_CHECK(!ng->n_strange);
	return done();
}

static bool suites_and_lines(void)
{
	KTAP_CHECK(open_ng());
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	/* those that were offered, and none where they are not ours */
	KTAP_CHECK(ok(ask("offer", "call-id", "n1", FROM, DIR, "+flags", "RTP/SAVP,SDES-nonew,SDES-lifetime,SDES-pad",
			  "sdp", sdp_of(A4, "m=audio 7000 RTP/SAVP 0\r\n" CRYPTO("AES_CM_128_HMAC_SHA1_80")), NULL)));
	KTAP_CHECK(has("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") && has("|2^31\r\n") && !has("a=crypto:2"));
	KTAP_CHECK(ok(ask("offer", "call-id", "n2", FROM, DIR, "+flags", "RTP/SAVP,SDES-nonew", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("a=crypto:2 ") && !has("2^31"));
	KTAP_CHECK(ok(ask("offer", "call-id", "n3", FROM, DIR, "+flags", "RTP/SAVP", "sdp",
			  sdp_of(A4, "m=audio 7000 RTP/SAVP 0\r\n" CRYPTO("AES_CM_128_HMAC_SHA1_80")), NULL)));
	KTAP_CHECK(has("a=crypto:2 "));
	KTAP_CHECK(ok(ask("offer", "call-id", "l1", FROM, DIR, "sdp", named_sdp(), NULL)));
	KTAP_CHECK(has("a=rtcp:") && has("\r\ns=x\r\n"));
	KTAP_CHECK(ok(ask("offer", "call-id", "l2", FROM, DIR, "+replace", "session-name,origin", "+flags",
			  "no-rtcp-attribute", "sdp", named_sdp(), NULL)));
	KTAP_CHECK(!has("a=rtcp:") && has("\r\ns=-\r\n") && !has("s=x"));
	KTAP_CHECK(!ng->n_strange);
	return done();
}

static bool ice_of_many_sorts(void)
{
	const char *with = "m=audio 7000 RTP/AVP 0\r\n" CREDS("f") "a=candidate:1 1 udp 2130706431 192.0.2.1 7000 typ host\r\n";

	KTAP_CHECK(open_ng());
	access_policy->ice = SESSION_ICE_FULL;
	KTAP_CHECK(ok(ask("offer", "call-id", "i1", FROM, DIR, "ICE", "optional", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(!has("a=ice-ufrag:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "i2", FROM, DIR, "ICE", "optional", "sdp", sdp_of(A4, with), NULL)));
	KTAP_CHECK(has("a=ice-ufrag:") && !has("a=ice-lite"));
	KTAP_CHECK(ok(ask("offer", "call-id", "i3", FROM, DIR, "ICE", "default", "sdp", sdp_of(A4, with), NULL)));
	KTAP_CHECK(!has("a=ice-ufrag:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "i4", FROM, DIR, "ICE", "force", "ICE-lite", "forward", "sdp", sdp_of(A4, with), NULL)));
	KTAP_CHECK(has("a=ice-lite\r\n"));
	KTAP_CHECK(ok(ask("answer", "call-id", "i4", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(has("a=ice-ufrag:") && !has("a=ice-lite"));
	KTAP_CHECK(ok(ask("offer", "call-id", "i5", FROM, DIR, "+flags", "ICE-force,ICE-lite-backward,pierce-NAT,trickle-ICE", "sdp", sdp_of(A4, with), NULL)));
	KTAP_CHECK(has("a=ice-ufrag:") && !has("a=ice-lite"));
	KTAP_CHECK(ok(ask("answer", "call-id", "i5", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && has("a=ice-lite\r\n"));
	KTAP_CHECK(!ng->n_strange);
	return done();
}

/* lines of a group, as the sender's realm has them or the proxy wants it */
static bool groups(void)
{
	const char *group = "a=group:BUNDLE 0\r\nm=audio 7000 RTP/AVP 0\r\na=mid:0\r\na=rtcp-mux\r\n";

	KTAP_CHECK(open_ng());
	access_policy->mux = SESSION_MUX_ACCEPT;
	KTAP_CHECK(ok(ask("offer", "call-id", "b1", FROM, DIR, "sdp", sdp_of(A4, group), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "b1", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && !has("a=group:"));
	KTAP_CHECK(ok(ask("offer", "call-id", "b2", FROM, DIR, "+bundle", "accept", "sdp", sdp_of(A4, group), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "b2", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && has("a=group:BUNDLE 0\r\n"));
	access_policy->bundle = SESSION_BUNDLE_ACCEPT;
	KTAP_CHECK(ok(ask("offer", "call-id", "b3", FROM, DIR, "+flags", "BUNDLE-reject", "sdp", sdp_of(A4, group), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "b3", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && !has("a=group:"));
	KTAP_CHECK(!ng->n_strange);
	return done();
}

/* what the configuration says first, and the request after it */
static bool templates(void)
{
	static struct config_template all[] = {
		{ "default", "ICE=force" }, { "offer", "sdp-attr-add-audio-x:1" },
		{ "Kin", "ICE=remove replace=[session-name] template=Kin maybe" },
	};
	struct config_template *own;
	bool good;

	KTAP_CHECK(open_ng());
	own = config->templates;
	config->templates = all;
	config->n_templates = 3;
	good = ok(ask("offer", "call-id", "t1", FROM, DIR, "sdp", named_sdp(), NULL)) &&
	       has("a=ice-ufrag:") && has("a=x:1\r\n") && has("s=x\r\n") && !ng->n_strange;
	good = ok(ask("answer", "call-id", "t1", FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) &&
	       !has("a=x:1\r\n") && good;
	good = ok(ask("offer", "call-id", "t2", FROM, DIR, "template", "kin", "sdp", named_sdp(), NULL)) &&
	       !has("a=ice-ufrag:") && has("a=x:1\r\n") && has("s=-\r\n") && good && ng->n_strange == 1;
	good = ok(ask("offer", "call-id", "t3", FROM, DIR, "template", "kin", "ICE", "force", "sdp", named_sdp(), NULL)) &&
	       has("a=ice-ufrag:") && good;
	good = ok(ask("offer", "call-id", "t4", FROM, DIR, "template", "none", "sdp", sdp_of(A4, PCMU), NULL)) &&
	       ng->n_strange == 2 && !strcmp(ng->strange[1].name, "template=none") && good;
	config->templates = own;
	config->n_templates = 0;
	KTAP_CHECK(good);
	return done();
}

/* parties may have names that are no tags */
static bool labels(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "label", "Alice", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "label", "Bob", "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strstr(reply, "5:label5:Alice") && strstr(reply, "5:label3:Bob"));
	KTAP_CHECK(ok(ask("block media", CALL, "label", "Bob", NULL)));
	KTAP_CHECK(leg_to(&kernel, B4 ":8000")->conf.block == RTPLANE_BLOCK_MEDIA);
	KTAP_CHECK(!leg_to(&kernel, A4 ":7000")->conf.block);
	KTAP_CHECK(error_is(ask("block media", CALL, "label", "x", NULL), "No monologue matching the given label"));
	KTAP_CHECK(ok(ask("unblock media", CALL, "label", "Bob", NULL)));
	KTAP_CHECK(!leg_to(&kernel, B4 ":8000")->conf.block && !ng->n_strange);
	return done();
}

/* names that are said as numbers: their text is there as long as the request */
static bool numbers(void)
{
	const char *sdp = sdp_of(A4, PCMU);
	char message[2000];
	int n;

	KTAP_CHECK(open_ng());
	n = snprintf(message, sizeof(message),
		     "1 d7:command5:offer7:call-idi42e8:from-tagi-7e10:via-branchi0e3:sdp%zu:%se",
		     strlen(sdp), sdp);
	KTAP_CHECK(ok(raw((struct span){ message, (size_t)n })));
	KTAP_CHECK(ng_call_find(ng, SPAN("42")) && !ng->n_strange);
	KTAP_CHECK(ok(raw(SPAN("2 {\"command\":\"query\",\"call-id\":42}"))));
	KTAP_CHECK(ok(ask("answer", "call-id", "42", "from-tag", "-7", "to-tag", "x",
			  "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(ok(raw(SPAN("3 {\"command\":\"delete\",\"call-id\":42.5,\"from-tag\":-7,\"delete-delay\":0}"))));
	KTAP_CHECK(!ng_count(ng));
	return done();
}

/* the same, said in other ways */
static bool spelling(void)
{
	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, "direction", "external, internal", "received from", "IP4 192.0.2.1",
			  "flags", "trust address,ICE-remove,RTP/AVP", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && !ng->n_strange);
	KTAP_CHECK(ok(ask("offer", "Call-ID", "c2", FROM, "rtpp-flags",
			  "trust-address ICE=remove direction=external direction=internal replace=[origin session-connection] "
			  "address-family=IP4 tos=184 rtcp-mux=[demux] transport-protocol=RTP/AVP",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.2\r\n") && !ng->n_strange);
	KTAP_CHECK(ok(ask("offer", "Call-ID", "c3", FROM, "in-iface", "core", "out-iface", "pub",
			  "sdp", sdp_of(B4, PCMU), NULL)));
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n") && !ng->n_strange);
	return done();
}

static bool strange_words(void)
{
	unsigned int i;
	char word[32];

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, "+direction", "nowhere,internal", "+flags", "trust-addres,force",
			  "codec", "x", "+ICE", "maybe", "address family", "IP5", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ng->n_strange == 6);
	KTAP_CHECK(!strcmp(ng->strange[0].name, "trust-addres") && ng->strange[0].n == 1);
	KTAP_CHECK(!strcmp(ng->strange[1].name, "force") && !strcmp(ng->strange[2].name, "codec=x"));
	KTAP_CHECK(!strcmp(ng->strange[3].name, "ice=maybe") && !strcmp(ng->strange[4].name, "address-family=IP5"));
	KTAP_CHECK(!strcmp(ng->strange[5].name, "direction=nowhere"));
	for (i = 0; i < 1000; i++) {
		snprintf(word, sizeof(word), "\x1b%u", i);
		ask("query", word, "x", NULL);
	}
	KTAP_CHECK(ng->n_strange == NG_STRANGE_MAX && !strcmp(ng->strange[6].name, "\\x1b0"));
	KTAP_CHECK(!strcmp(ng->strange[NG_STRANGE_MAX - 1].name, "(others)"));
	KTAP_CHECK(ng->strange[NG_STRANGE_MAX - 1].n == 1000 - (NG_STRANGE_MAX - 1 - 6));
	return done();
}

static bool words_that_do(void)
{
	struct fake_leg *leg;

	KTAP_CHECK(open_ng());
	access_policy->srtp = core_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "+received-from", "IP4,203.0.113.7", "TOS", "184",
			  "+flags", "SIP-source-address", "transport protocol", "RTP/SAVPF",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(has("RTP/SAVPF 0\r\n") && has("a=crypto:1 "));
	KTAP_CHECK(error_is(ask("answer", CALL, FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL),
			    "media line 1 is answered without a key (a=crypto), and SRTP was offered and nothing else"));
	KTAP_CHECK(ok(ask("offer", "call-id", "c2", FROM, DIR, "+received-from", "IP4,203.0.113.7", "TOS", "184",
			  "+flags", "SIP-source-address", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "c2", FROM, TO, "+flags", "asymmetric",
			  "sdp", sdp_of(B4, ANSWER), NULL)));
	/* media of the caller goes where its signalling comes from; DSCP is the callee's */
	leg = leg_to(&kernel, "203.0.113.7:7000");
	KTAP_CHECK(leg && leg->conf.dscp == 46 && leg->conf.latch == RTPLANE_LATCH_RESTRICTED);
	leg = leg_to(&kernel, B4 ":8000");
	KTAP_CHECK(leg && leg->conf.dscp == 46);
	KTAP_CHECK(ng->n_made == 3);	/* two of the caller's realm's, and SAVPF */
	KTAP_CHECK(ok(ask("offer", "call-id", "c3", FROM, DIR, "+flags", "asymmetric", "tos", "104",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("answer", "call-id", "c3", FROM, TO, "sdp", sdp_of(B4, "m=audio 8010 RTP/AVP 0\r\n"), NULL)));
	KTAP_CHECK(leg_to(&kernel, B4 ":8010")->conf.dscp == 26);
	KTAP_CHECK(leg_to(&kernel, A4 ":7000")->conf.latch == RTPLANE_LATCH_OFF);
	return done();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "keys beside plain RTP, and browsers", osrtp_and_webrtc },
		{ "suites and lines", suites_and_lines },
		{ "ICE of many sorts", ice_of_many_sorts },
		{ "groups of lines", groups },
		{ "templates", templates },
		{ "labels", labels },
		{ "the same in JSON", json },
		{ "ICE as the proxy wants it", ice },
		{ "candidates that come later", fragments },
		{ "DTLS and keys as the proxy wants them", dtls },
		{ "codecs that an offer is not to have", codecs },
		{ "suites and an address as the proxy wants them", suites },
		{ "names that are numbers", numbers },
		{ "keys and words, however they are spelled", spelling },
		{ "words that nobody knows fail no call, and are counted", strange_words },
		{ "words that do something", words_that_do },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
