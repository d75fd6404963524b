// SPDX-License-Identifier: GPL-2.0
/*
 * The control protocol's calls, on a datapath that is a table of legs: what proxies
 * send, what they get, and that what is refused leaves what ran untouched.
 */
#include <stdarg.h>

#include "base/log.h"
#include "dtls/dtls.h"
#include "ng/private.h"
#include "session_lib.h"

static struct loop *loop;
static struct dtls_pool *threads;
static struct config *config;
static struct ng *ng;
static struct dp_addr proxy;

static struct session_policy *policy_of(const char *realm, void *arg)
{
	return strcmp(realm, "access") ? core_policy : access_policy;
}

static struct config *load(void)
{
	static const char yaml[] =
		"answer-timeout: 100\nmedia-timeout: 300\n"
		"ng-interfaces: [{name: pub, realm: access}]\n"
		"ng: [{transport: udp, listen: '127.0.0.1:42223', allow: [127.0.0.1]}]\n"
		"realms: [{name: access, addresses: [{listen: 127.0.0.1}]},"
		" {name: core, addresses: [{listen: 127.0.0.2}]}]\n";
	const char *tmp = getenv("TMPDIR");
	char path[128], error[CONFIG_ERROR_LEN];
	struct config *loaded;
	FILE *out;

	snprintf(path, sizeof(path), "%s/ngcall.%d.yaml",
		 tmp && strlen(tmp) < 80 ? tmp : "/tmp", getpid());
	out = fopen(path, "w");
	if (!out)
		return NULL;
	fputs(yaml, out);
	fclose(out);
	loaded = config_load(path, error);
	unlink(path);
	if (!loaded)
		printf("# %s\n", error);
	return loaded;
}

static void close_ng(void)
{
	ng_free(ng);
	loop_free(loop);
	config_put(config);
	ng = NULL;
	loop = NULL;
	config = NULL;
}

static bool open_ng(void)
{
	struct ng_conf ng_conf = { .policy = policy_of };

	close_ng();	/* of a test that failed */
	prepare();
	proxy = at("127.0.0.1:5060");
	loop = loop_new();
	config = load();
	if (!loop || !config)
		return false;
	ng_conf.loop = loop;
	ng_conf.config = config;
	ng_conf.sessions = sessions;
	ng = ng_new(&ng_conf);
	return ng;
}

/* what stands on the pool goes before it, and the loop last */
static bool done(void)
{
	bool ok;

	ng_free(ng);
	ng = NULL;
	ok = finish();
	dtls_pool_free(threads);
	threads = NULL;
	close_ng();
	return ok;
}

/* --- requests --- */

static char reply[70000];
static bool datagram = true;
static struct ng_tree tree;

/* the reply, read; NULL: none, or it is none */
static const struct ng_value *raw(struct span message)
{
	enum ng_encoding encoding;
	char why[NG_WHY_LEN], *got, *blank;
	size_t len;

	ng_tree_clear(&tree);
	got = ng_request(ng, &proxy, datagram, message, &len);
	if (!got)
		return NULL;
	snprintf(reply, sizeof(reply), "%s", got);
	free(got);
	blank = strchr(reply, ' ');
	if (!blank || !ng_tree_read(&tree, (struct span){ blank + 1, len - (size_t)(blank + 1 - reply) },
				    &encoding, why))
		return NULL;
	return tree.root;
}

static size_t put(char *to, size_t n, const char *word)
{
	return n + (size_t)sprintf(to + n, "%zu:%s", strlen(word), word);
}

/* "+key" is followed by a list, in one text parted by commas; up to a NULL */
static const struct ng_value *ask(const char *command, ...)
{
	static char message[20000];
	const char *key, *value;
	size_t n, part;
	char one[256];
	va_list ap;

	n = (size_t)sprintf(message, "1 d7:command");
	n = put(message, n, command);
	va_start(ap, command);
	while ((key = va_arg(ap, const char *))) {
		value = va_arg(ap, const char *);
		n = put(message, n, key + (*key == '+'));
		if (*key != '+') {
			n = put(message, n, value);
			continue;
		}
		message[n++] = 'l';
		while (*value) {
			part = strcspn(value, ",");
			snprintf(one, sizeof(one), "%.*s", (int)part, value);
			n = put(message, n, one);
			value += part + (value[part] == ',');
		}
		message[n++] = 'e';
	}
	va_end(ap);
	message[n++] = 'e';
	return raw((struct span){ message, n });
}

static const char *field(const char *key)
{
	static char value[20000];

	return span_str(ng_get_text(tree.root, key), value, sizeof(value)) &&
	       ng_get(tree.root, key) ? value : "";
}

/* ok, and its description is in text */
static bool ok(const struct ng_value *root)
{
	if (!root || strcmp(field("result"), "ok")) {
		printf("# %s\n", reply);
		return false;
	}
	session_text_free(text);
	text = strdup(field("sdp"));
	return true;
}

static bool error_is(const struct ng_value *root, const char *reason)
{
	bool is = root && !strcmp(field("result"), "error") &&
		  !strcmp(field("error-reason"), reason);

	if (!is)
		printf("# %s\n", reply);
	return is;
}

#define CALL	"call-id", "c1"
#define FROM	"from-tag", "f"
#define TO	"to-tag", "t"
#define FLAGS	"+flags", "trust-address,replace-origin,replace-session-connection"
#define DIR	"+direction", "external,internal"
#define RECV_A	"+received-from", "IP4,192.0.2.1"
#define RECV_B	"+received-from", "IP4,198.51.100.1"
#define ANSWER	"m=audio 8000 RTP/AVP 0\r\n"

static const struct ng_value *offer_a(void)
{
	return ask("offer", CALL, FROM, DIR, RECV_A, FLAGS, "sdp", sdp_of(A4, PCMU), NULL);
}

static const struct ng_value *answer_b(void)
{
	return ask("answer", CALL, FROM, TO, RECV_B, "sdp", sdp_of(B4, ANSWER), NULL);
}

static bool call_up(void)
{
	return ok(offer_a()) && ok(answer_b());
}

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
	KTAP_CHECK(has("AVP 8 0\r\n") && ng->n_strange == 4);
	return done();
}

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
			  "codec", "x", "+ICE", "optional", "address family", "IP5", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ng->n_strange == 6);
	KTAP_CHECK(!strcmp(ng->strange[0].name, "trust-addres") && ng->strange[0].n == 1);
	KTAP_CHECK(!strcmp(ng->strange[1].name, "force") && !strcmp(ng->strange[2].name, "codec=x"));
	KTAP_CHECK(!strcmp(ng->strange[3].name, "ice=optional") && !strcmp(ng->strange[4].name, "address-family=IP5"));
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

static void pass_ms(unsigned int ms)
{
	struct timers *t = loop_timers(loop);

	timers_run(t, t->now + ms);
}

static void pass(unsigned int seconds)
{
	pass_ms(seconds * 1000);
}

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
	config->ng_rate = 0;
	config->ng_delete_delay = 7;
	KTAP_CHECK(!strcmp(offer_as("c8", ""), "ok") && ok(ask("delete", "call-id", "c8", NULL)));
	pass(6);
	KTAP_CHECK(ng_count(ng) == 7);
	pass(2);
	KTAP_CHECK(ng_count(ng) == 6);
	return done();
}

/* --- what is told --- */

static unsigned int n_seen;
static struct b2b_view seen;
static char words[256];

static void see(const struct b2b_view *view, void *arg)
{
	n_seen++;
	seen = *view;
}

static void hear_word(const char *word, void *arg)
{
	strncat(words, word, sizeof(words) - strlen(words) - 1);
	strcat(words, ";");
}

/* what people see, before and after its end */
static bool seen_by_people(void)
{
	struct session_report *report;
	struct b2b_view view;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, RECV_A, "+flags", "force,trust-addres,force",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	n_seen = 0;
	ng_each(ng, see, NULL);
	KTAP_CHECK(n_seen == 1 && seen.state == B2B_SETUP && !strcmp(seen.request, "c1"));
	KTAP_CHECK(!strcmp(seen.side[0].uri, "f") && !*seen.side[1].uri);
	KTAP_CHECK(!strcmp(seen.side[0].realm, "access") && !strcmp(seen.side[1].realm, "core"));
	KTAP_CHECK(ok(answer_b()) && sessions_find(sessions, seen.id));
	KTAP_CHECK(ng_view(ng, seen.id, &view, &report) && report && report->n_legs == 4);
	KTAP_CHECK(view.state == B2B_UP && view.answered.tv_sec && !strcmp(view.side[1].uri, "t"));
	ng_report_put(ng, seen.id, report);
	*words = '\0';
	ng_ignored(ng, seen.id, hear_word, NULL);
	KTAP_CHECK(!strcmp(words, "force;trust-addres;"));
	/* deleted, and not gone yet; then an answer makes it live on */
	KTAP_CHECK(ok(ask("delete", CALL, NULL)) && ng_view(ng, seen.id, &view, NULL));
	KTAP_CHECK(view.state == B2B_OVER && view.ended.tv_sec && !strncmp(view.reason, "deleted;", 8));
	KTAP_CHECK(ok(answer_b()) && ng_view(ng, seen.id, &view, NULL));
	KTAP_CHECK(view.state == B2B_UP && !view.ended.tv_sec && !*view.reason);
	KTAP_CHECK(ng_end(ng, seen.id) && !ng_end(ng, seen.id) && !ng_count(ng));
	/* over, and what it was is still there, whatever the configuration is now */
	ng_reload(ng, config);
	n_seen = 0;
	ng_each(ng, see, NULL);
	KTAP_CHECK(!n_seen && ng_view(ng, view.id, &view, &report) && view.state == B2B_OVER);
	KTAP_CHECK(!strcmp(view.reason, "ended by hand") && !strcmp(view.side[0].realm, "access"));
	KTAP_CHECK(report && report->n_legs == 4);
	ng_report_put(ng, view.id, report);
	*words = '\0';
	ng_ignored(ng, view.id, hear_word, NULL);
	KTAP_CHECK(!strcmp(words, "force;trust-addres;"));
	KTAP_CHECK(!ng_view(ng, view.id + 1, &view, NULL) && !ng_view(NULL, view.id, &view, NULL));
	return done();
}

static bool told(void)
{
	const struct ng_value *tags, *streams;
	int64_t n;

	KTAP_CHECK(open_ng() && call_up());
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strlen(reply) <= NG_REPLY_SMALL);
	tags = ng_get(tree.root, "tags");
	KTAP_CHECK(tags && ng_get(tags, "f") && ng_get(tags, "t"));
	streams = ng_get(ng_get(ng_get(tags, "t"), "medias")->first, "streams");
	KTAP_CHECK(streams && streams->first && streams->first != streams->last);
	KTAP_CHECK(span_is(ng_get_text(ng_get(streams->first, "endpoint"), "address"), B4));
	KTAP_CHECK(ng_number(ng_get(ng_get(streams->first, "endpoint"), "port"), &n) && n == 8000);
	KTAP_CHECK(ng_get(ng_get(tree.root, "totals"), "rtp") && ng_get(tree.root, "ssrc"));
	KTAP_CHECK(ng_number(ng_get(tree.root, "created"), &n) && n > 1000000000);
	KTAP_CHECK(ok(ask("list", NULL)) && strstr(reply, "5:callsl2:c1e"));
	KTAP_CHECK(ok(ask("list", "limit", "0", NULL)) && strstr(reply, "5:callsle"));
	KTAP_CHECK(ok(ask("statistics", NULL)));
	KTAP_CHECK(ng_number(ng_get(ng_get(ng_get(tree.root, "statistics"), "currentstatistics"), "sessionstotal"), &n));
	KTAP_CHECK(n == 1);
	KTAP_CHECK(ng_number(ng_get(ng_get(ng_get(tree.root, "statistics"), "controlstatistics"), "totaloffercount"), &n));
	KTAP_CHECK(n == 1);
	return done();
}

static unsigned int keys(const struct ng_value *dict, const char *key)
{
	const struct ng_value *value = dict ? dict->first : NULL;
	unsigned int n = 0;

	for (; value; value = value->next)
		n += span_is(value->key, key);
	return n;
}

/* branches with a tag in common, and a party that echoes */
static bool told_once(void)
{
	const struct ng_value *tags;
	unsigned int i;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v1", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v2", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && keys(ng_get(tree.root, "tags"), "f") == 1);
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "via-branch", "v1", "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, "to-tag", "t2", "via-branch", "v2",
			  "sdp", sdp_of("198.51.100.2", ANSWER), NULL)));
	for (i = 0; i < kernel.n; i++) {
		kernel.leg[i].seen.rtp.present = true;
		kernel.leg[i].seen.rtp.ssrc = 77;
	}
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	tags = ng_get(tree.root, "tags");
	KTAP_CHECK(keys(tags, "f") == 1 && keys(tags, "t2") == 1);
	KTAP_CHECK(ng_get(ng_get(tags, "f"), "medias") && ng_get(ng_get(tags, "t2"), "medias"));
	KTAP_CHECK(keys(ng_get(tree.root, "ssrc"), "77") == 1);
	return done();
}

static bool is_number(const struct ng_value *dict, const char *name, int64_t want)
{
	int64_t n = -1;

	return ng_number(ng_get(dict, name), &n) && n == want;
}

/* what came on a leg of RTP, and what its remote told by RTCP */
static void has_come(unsigned int i, uint32_t ssrc, uint64_t lost, uint32_t jitter, uint32_t rtt)
{
	struct dp_leg_info *info = &kernel.leg[i].seen;

	info->rtp = (struct dp_rtp){ .present = true, .ssrc = ssrc, .packets = 1000 - lost,
				     .lost = lost, .jitter = jitter, .jitter_max = 2 * jitter };
	info->rtcp = (struct dp_rtcp){ .present = true, .has_rtt = rtt, .reports = 7, .rtt = rtt };
}

static bool mos(void)
{
	const struct ng_value *ssrc, *entry;
	unsigned int i;

	KTAP_CHECK(open_ng() && call_up());
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 0, 0, 0);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	for (i = 0, ssrc = ng_get(tree.root, "ssrc")->first; ssrc; ssrc = ssrc->next, i++) {
		entry = ng_get(ssrc, "average-mos");
		KTAP_CHECK(is_number(entry, "mos", 44) && is_number(entry, "packet-loss", 0));
		KTAP_CHECK(is_number(entry, "jitter", 0) && !ng_get(entry, "round-trip-time"));
		KTAP_CHECK(is_number(entry, "samples", 7) && !ng_get(ssrc, "lowest-mos"));
	}
	KTAP_CHECK(i == 2);
	/* a tenth is lost, 20 ms of jitter and once 40, 100 ms on either side */
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 100, 160, 100000);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "packet-loss", 10) && is_number(entry, "jitter", 20));
	KTAP_CHECK(is_number(entry, "round-trip-time", 200000) && is_number(entry, "round-trip-time-leg", 100000));
	KTAP_CHECK(is_number(entry, "mos", 33));
	/* where there is room for it; and the same for newer proxies, at the stream */
	datagram = false;
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	datagram = true;
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "lowest-mos");
	KTAP_CHECK(is_number(entry, "mos", 32) && is_number(entry, "jitter", 40));
	KTAP_CHECK(ng_get(ng_get(tree.root, "ssrc")->first, "highest-mos"));
	entry = ng_get(ng_get(ng_get(tree.root, "tags"), "f"), "medias");
	KTAP_CHECK(entry && ng_get(entry->first, "ingress-ssrcs"));
	entry = ng_get(entry->first, "ingress-ssrcs")->first;
	KTAP_CHECK(is_number(ng_get(entry, "average-mos"), "mos", 33));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strlen(reply) <= NG_REPLY_SMALL);
	/* nothing gets through */
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 999, 80000, 3000000);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "mos", 10) && is_number(entry, "packet-loss", 99));
	KTAP_CHECK(ok(ask("delete", CALL, "delete-delay", "0", NULL)));
	KTAP_CHECK(strlen(reply) <= NG_REPLY_SMALL);
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "mos", 10));
	return done();
}

static unsigned int legs_of(uint64_t bps)
{
	unsigned int i, n = 0;

	for (i = 0; i < kernel.n; i++)
		n += kernel.leg[i].conf.bps == bps;
	return n;
}

/* of one party, of both, through what it negotiates, and with a limit of its realm */
static bool blocks(void)
{
	static const char *const refused[] = {
		"block DTMF", "unblock DTMF", "start recording", "stop recording", "pause recording",
		"start forwarding", "stop forwarding",
	};
	size_t i;

	KTAP_CHECK(open_ng());
	access_policy->bps = core_policy->bps = 64000;
	KTAP_CHECK(call_up() && kernel.n == 4 && legs_of(64000) == 4);
	KTAP_CHECK(ok(ask("block media", CALL, FROM, NULL)) && legs_of(1) == 1 && legs_of(64000) == 3);
	KTAP_CHECK(ok(ask("block media", CALL, "from-tag", "f", "+flags", "all", NULL)) && legs_of(1) == 1);
	KTAP_CHECK(!ng->n_strange);
	/* it stays so */
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, DIR, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && legs_of(1) == 1);
	KTAP_CHECK(error_is(ask("block media", CALL, "from-tag", "x", NULL), "From-tag given, but no such tag exists"));
	KTAP_CHECK(error_is(ask("block media", CALL, "label", "x", NULL), "No monologue matching the given label"));
	KTAP_CHECK(error_is(ask("block media", CALL, "address", A4, NULL), "Failed to match address to any tag"));
	KTAP_CHECK(error_is(ask("unblock media", "call-id", "x", NULL), "Unknown call-ID"));
	KTAP_CHECK(error_is(ask("unblock media", NULL), "No call-id in message") && legs_of(1) == 1);
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(!ok(ask("unblock media", CALL, FROM, NULL)) && legs_of(1) == 1);
	KTAP_CHECK(ok(ask("unblock media", CALL, FROM, NULL)) && legs_of(64000) == 4);
	KTAP_CHECK(ok(ask("silence media", CALL, NULL)) && ng_get(tree.root, "warning"));
	KTAP_CHECK(legs_of(1) == 2 && legs_of(64000) == 2);
	KTAP_CHECK(ok(ask("unsilence media", CALL, NULL)) && legs_of(64000) == 4);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ask(refused[i], CALL, NULL);
		KTAP_CHECK(strstr(reply, "5:error") && strstr(reply, "is not possible") && strstr(reply, "expected"));
	}
	return done();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a call as Kamailio makes it: offer, answer, delete", call },
		{ "the same in JSON", json },
		{ "ICE as the proxy wants it", ice },
		{ "DTLS and keys as the proxy wants them", dtls },
		{ "codecs that an offer is not to have", codecs },
		{ "suites and an address as the proxy wants them", suites },
		{ "names that are numbers", numbers },
		{ "keys and words, however they are spelled", spelling },
		{ "words that nobody knows fail no call, and are counted", strange_words },
		{ "words that do something", words_that_do },
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
		{ "no ports, and a drain: in the words that proxies go elsewhere by", limits },
		{ "limits of the configuration, and its delay", configured_limits },
		{ "what is told of calls", told },
		{ "and once: tags in common, an SSRC that comes back", told_once },
		{ "media that is blocked for a while", blocks },
		{ "how good it sounds, in the units that proxies read", mos },
		{ "what people see of them, after their end too", seen_by_people },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
