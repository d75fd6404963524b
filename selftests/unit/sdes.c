// SPDX-License-Identifier: GPL-2.0
/* Keys in session descriptions (RFC 4568): what is read, refused, and written. */
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "ktap.h"
#include "sdp/body.h"

#define HERE	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\n" \
		"c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define KEY30	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define OTHER30	"PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define KEY28	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define CM80	"AES_CM_128_HMAC_SHA1_80"

static struct sdp_body *parse(const char *text)
{
	char why[160];

	return sdp_body_parse(text, strlen(text), why);
}

static const char *parse_key(const char *value, struct sdp_crypto *crypto)
{
	return sdp_crypto_parse(value, strlen(value), crypto);
}

static bool good(void)
{
	static const char *const values[] = {
		"1 " CM80 " inline:" KEY30,
		"999999999 " CM80 " inline:" KEY30,
		"1  " CM80 "  INLINE:" KEY30 "  ",
		"1 " CM80 " inline:" KEY30 "|2^20",
		"1 " CM80 " inline:" KEY30 "|1048576",
		"1 " CM80 " inline:" KEY30 " WSH=64 KDR=0 -nobody knows=it",
	};
	struct sdp_crypto c;
	const char *why;
	size_t i;

	for (i = 0; i < 5; i++) {
		why = parse_key(values[i], &c);
		if (why) {
			printf("# %s: %s\n", values[i], why);
			return false;
		}
		KTAP_CHECK(c.tag == (i == 1 ? 999999999 : 1));
		KTAP_CHECK(c.srtp.suite == DP_SRTP_AES_128_CM_SHA1_80);
		KTAP_CHECK(!memcmp(c.srtp.key, "YS___semctl () {\t220;}\n}\nunles", 30));
	}
	KTAP_CHECK(parse_key(values[i], &c));	/* "knows=it" is not ignorable */
	KTAP_CHECK(!parse_key("1 AEAD_AES_128_GCM inline:" KEY28, &c));
	KTAP_CHECK(c.srtp.key[27] == 27);
	KTAP_CHECK(!parse_key("1 AEAD_AES_128_GCM inline:" KEY28 "==", &c));
	return true;
}

static bool bad(void)
{
	static const struct {
		const char *value;
		const char *says;
	} values[] = {
		{ "", "tag" },
		{ "x " CM80 " inline:" KEY30, "tag" },
		{ "1234567890 " CM80 " inline:" KEY30, "tag" },
		{ "-1 " CM80 " inline:" KEY30, "tag" },
		{ "1", "suite" },
		{ "1 F8_128_HMAC_SHA1_80 inline:" KEY30, "suite" },
		{ "1 none inline:" KEY30, "suite" },
		{ "1 " CM80, "inline" },
		{ "1 " CM80 " outline:" KEY30, "inline" },
		{ "1 " CM80 " inline:", "as long" },
		{ "1 " CM80 " inline:" KEY28, "as long" },
		{ "1 AEAD_AES_128_GCM inline:" KEY30, "as long" },
		{ "1 AES_256_CM_HMAC_SHA1_80 inline:" KEY30, "as long" },
		{ "1 " CM80 " inline:" KEY30 "A", "as long" },
		{ "1 " CM80 " inline:====", "as long" },
		{ "1 " CM80 " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV*", "base64" },
		{ "1 " CM80 " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVu=mVz", "base64" },
		{ "1 " CM80 " inline:" KEY30 "|:4", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:0", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:17", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|256:1", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|x:4", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:4x", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:4294967297", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1234567890123456789:16", "MKI" },
		{ "1 " CM80 " inline:" KEY30 "|1:4|2^20", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 "|2^20|2^20|1:4", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 "||1:4", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 ";inline:" OTHER30, "several" },
		{ "1 " CM80 " inline:" KEY30 "|", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 "|2^", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 "|soon", "lifetime" },
		{ "1 " CM80 " inline:" KEY30 " UNENCRYPTED_SRTP", "unprotected" },
		{ "1 " CM80 " inline:" KEY30 " UNENCRYPTED_SRTCP", "unprotected" },
		{ "1 " CM80 " inline:" KEY30 " UNAUTHENTICATED_SRTP", "unprotected" },
		{ "1 " CM80 " inline:" KEY30 " WSH=64 KDR=1", "parameters" },
		{ "1 " CM80 " inline:" KEY30 " FEC_ORDER=FEC_SRTP", "parameters" },
	};
	static const struct sdp_crypto nothing;
	struct sdp_crypto c;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		why = parse_key(values[i].value, &c);
		if (!why || !strstr(why, values[i].says)) {
			printf("# %s: %s\n", values[i].value, why ? why : "taken");
			return false;
		}
		KTAP_CHECK(!memcmp(&c, &nothing, sizeof(c)));
	}
	return true;
}

/* many phones send "|2^31|1:1": each of their packets then carries one byte more */
static bool key_identifier(void)
{
	struct sdp_crypto c;

	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|2^31|1:1", &c));
	KTAP_CHECK(c.mki_len == 1 && c.mki[0] == 1);
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|66051:4", &c));
	KTAP_CHECK(c.mki_len == 4 && !memcmp(c.mki, "\0\1\2\3", 4));
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|255:1 WSH=64", &c));
	KTAP_CHECK(c.mki_len == 1 && c.mki[0] == 255);
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|72623859790382856:16", &c));
	KTAP_CHECK(c.mki_len == 16 && !memcmp(c.mki, "\0\0\0\0\0\0\0\0\1\2\3\4\5\6\7\10", 16));
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30, &c) && !c.mki_len);
	return true;
}

static bool too_long(void)
{
	char value[2000] = "1 " CM80 " inline:" KEY30;
	struct sdp_crypto c;

	memset(value + strlen(value), ' ', 300);
	KTAP_CHECK(parse_key(value, &c));
	return true;
}

static bool several(void)
{
	struct sdp_body *body;
	size_t i;

	body = parse(HERE "m=audio 4000 RTP/SAVP 0\r\n"
		     "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY30 "\r\n"
		     "a=crypto:2 AEAD_AES_128_GCM inline:" KEY28 "\r\n"
		     "a=crypto:2 " CM80 " inline:" OTHER30 "\r\n"
		     "a=crypto:3 " CM80 " inline:" KEY30 "\r\n"
		     "m=video 4002 RTP/AVPF 31\r\n"
		     "a=CRYPTO:7 " CM80 " inline:" OTHER30 "\r\n");
	KTAP_CHECK(body && body->line[0].relayable && body->line[1].relayable);
	KTAP_CHECK(body->line[0].savp && !body->line[0].feedback);
	KTAP_CHECK(!body->line[1].savp && body->line[1].feedback);
	KTAP_CHECK(body->line[0].n_crypto == 2 && body->line[0].crypto_why);
	KTAP_CHECK(body->line[0].crypto[0].tag == 2);
	KTAP_CHECK(body->line[0].crypto[0].srtp.suite == DP_SRTP_AES_128_GCM);
	KTAP_CHECK(body->line[0].crypto[1].tag == 3);
	KTAP_CHECK(body->line[1].n_crypto == 1 && !body->line[1].crypto_why);
	KTAP_CHECK(body->line[1].crypto[0].tag == 7);
	for (i = 0; i < 2; i++)
		KTAP_CHECK(body->line[i].rtp);
	sdp_body_free(body);
	return true;
}

static bool flood(void)
{
	static char text[SDP_SIZE_MAX];
	struct sdp_body *body;
	size_t i, n;

	n = sprintf(text, HERE "m=audio 4000 RTP/AVP 0\r\n");
	for (i = 0; n < sizeof(text) - 200; i++)
		n += sprintf(text + n, "a=crypto:%zu " CM80 " inline:" KEY30
			     "\r\n", i);
	body = parse(text);
	KTAP_CHECK(body && body->line[0].n_crypto == SDP_CRYPTO_MAX);
	KTAP_CHECK(body->line[0].crypto_why);
	sdp_body_free(body);
	return true;
}

/* SAVP is protected or nothing */
static bool savp_alone(void)
{
	static const struct {
		const char *lines;
		const char *says;
	} cases[] = {
		{ "", "no key" },
		{ "a=fingerprint:sha-1 00\r\n", "DTLS" },
		{ "a=crypto:1 " CM80 " inline:short\r\n", "as long" },
	};
	struct sdp_body *body;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sprintf(text, HERE "m=audio 4000 RTP/SAVPF 0\r\n%s",
			cases[i].lines);
		body = parse(text);
		KTAP_CHECK(body && !body->line[0].relayable);
		KTAP_CHECK(strstr(body->line[0].why, cases[i].says));
		sdp_body_free(body);
	}
	/* a profile that does not insist goes on without it */
	body = parse(HERE "m=audio 4000 RTP/AVP 0\r\na=crypto:1 x y\r\n");
	KTAP_CHECK(body && body->line[0].relayable && body->line[0].crypto_why);
	sdp_body_free(body);
	return true;
}

/* before the first media line, and beyond the last there may be */
static bool out_of_place(void)
{
	struct sdp_body *body;

	body = parse("v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
		     "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
		     "a=crypto:1 " CM80 " inline:" KEY30 "\r\n"
		     "m=audio 4000 RTP/AVP 0\r\n");
	KTAP_CHECK(body && !body->line[0].n_crypto);
	sdp_body_free(body);
	return true;
}

/* what is told of a line that is none is told to people and logs */
static bool no_key_in_reasons(void)
{
	static const char *const texts[] = {
		HERE "m=audio 4000 RTP/AVP 0\r\na=crypto:1 " CM80 " inline:" KEY30 "\x01\r\n",
		HERE "m=audio 4000 RTP/AVP 0\r\n a=crypto:1 " CM80 " inline:" KEY30 "\r\n",
		HERE "m=audio 4000 RTP/AVP 0\r\ninline:" KEY30 "\r\n",
		HERE "m=audio 4000 RTP/AVP 0\r\nA=CRYPTO:1 " CM80 " INLINE:" KEY30 "\r\n",
		HERE "m=audio 4000 RTP/AVP 0\r\na=crypto:1 " CM80 " inline:\r\n " KEY30 "\r\n",
	};
	char why[160];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		KTAP_CHECK(!sdp_body_parse(texts[i], strlen(texts[i]), why));
		KTAP_CHECK(*why && !strstr(why, "WVNf"));
	}
	return true;
}

static char *rewritten(const char *text, const struct sdp_local *local)
{
	struct sdp_body *body = parse(text);
	struct sdp_us us = { .id = 7, .version = 3, .local[0] = *local };
	char *out;

	if (!body)
		return NULL;
	dp_addr_parse_host("203.0.113.9", &us.address);
	out = sdp_body_rewrite(body, &us);
	sdp_body_free(body);
	return out;
}

/* theirs are taken out, ours put in, and come back as they were */
static bool ours_for_theirs(void)
{
	struct sdp_local local = { .port = 30000, .rtcp = 30001, };
	struct sdp_body *body;
	uint8_t suite;
	char *text;
	size_t i;

	local.proto = "RTP/SAVPF";
	for (suite = 1; suite < DP_SRTP_SUITES; suite++) {
		i = local.n_crypto++;
		local.crypto[i].tag = suite * 100;
		local.crypto[i].srtp.suite = suite;
		memset(local.crypto[i].srtp.key, 0xfa + suite,
		       dp_srtp_key_len(suite));
	}
	text = rewritten(HERE "k=clear:" KEY30 "\r\nm=audio 4000 RTP/AVP 0 8\r\n"
			 "k=base64:" KEY30 "\r\n"
			 "a=crypto:5 " CM80 " inline:" KEY30 "\r\na=sendrecv\r\n",
			 &local);
	KTAP_CHECK(text && !strstr(text, KEY30));
	KTAP_CHECK(strstr(text, "m=audio 30000 RTP/SAVPF 0 8\r\n"));
	KTAP_CHECK(strstr(text, "a=sendrecv\r\na=rtcp:30001\r\na=crypto:100 "));
	body = parse(text);
	free(text);
	KTAP_CHECK(body && body->line[0].n_crypto == local.n_crypto);
	for (i = 0; i < local.n_crypto; i++)
		KTAP_CHECK(!memcmp(&body->line[0].crypto[i], &local.crypto[i],
				   sizeof(local.crypto[i])));
	sdp_body_free(body);

	local = (struct sdp_local){ .port = 30000, .proto = "RTP/AVP" };
	text = rewritten(HERE "m=audio 4000/1 RTP/SAVP 0 8\r\n"
			 "a=crypto:5 " CM80 " inline:" KEY30 "\r\n", &local);
	KTAP_CHECK(text && !strstr(text, "crypto"));
	KTAP_CHECK(strstr(text, "m=audio 30000 RTP/AVP 0 8\r\n"));
	free(text);
	return true;
}

/* RFC 4567: MIKEY may have its keys in the clear, of the session or of a line */
static bool other_keys(void)
{
	struct sdp_local local = { .port = 30000, .proto = "RTP/AVP" };
	char *text;

	text = rewritten(HERE "a=key-mgmt:mikey " KEY30 "\r\n"
			 "m=audio 4000 RTP/AVP 0\r\na=KEY-MGMT:mikey " KEY30
			 "\r\na=ptime:20\r\n", &local);
	KTAP_CHECK(text && !strstr(text, KEY30) && strstr(text, "a=ptime:20"));
	free(text);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "keys that are good", good },
		{ "keys that are bad, each with a reason", bad },
		{ "the identifier of a key (MKI)", key_identifier },
		{ "a key that is too long", too_long },
		{ "several keys are a list, a tag is there once", several },
		{ "more keys than anybody needs", flood },
		{ "RTP/SAVP without a key that can be used", savp_alone },
		{ "a key of the session is no media line's", out_of_place },
		{ "no reason quotes a key", no_key_in_reasons },
		{ "our keys take the place of theirs", ours_for_theirs },
		{ "keys of another kind do not pass", other_keys },
	};

	return KTAP_RUN(points);
}
