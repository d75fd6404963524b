// SPDX-License-Identifier: GPL-2.0
/* Keys in session descriptions (RFC 4568): what is read, refused, and written. */
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "ktap.h"
#include "sdp/sdp.h"

#define KEY30	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define OTHER30	"PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define KEY28	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define CM80	"AES_CM_128_HMAC_SHA1_80"

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
		KTAP_CHECK(c.srtp.suite == RTPLANE_SRTP_AES_128_CM_SHA1_80);
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
	KTAP_CHECK(c.srtp.mki_len == 1 && c.srtp.mki[0] == 1);
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|66051:4", &c));
	KTAP_CHECK(c.srtp.mki_len == 4 && !memcmp(c.srtp.mki, "\0\1\2\3", 4));
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|255:1 WSH=64", &c));
	KTAP_CHECK(c.srtp.mki_len == 1 && c.srtp.mki[0] == 255);
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30 "|72623859790382856:16", &c));
	KTAP_CHECK(c.srtp.mki_len == 16 && !memcmp(c.srtp.mki, "\0\0\0\0\0\0\0\0\1\2\3\4\5\6\7\10", 16));
	KTAP_CHECK(!parse_key("1 " CM80 " inline:" KEY30, &c) && !c.srtp.mki_len);
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

int main(void)
{
	static const struct ktap_point points[] = {
		{ "keys that are good", good },
		{ "keys that are bad, each with a reason", bad },
		{ "the identifier of a key (MKI)", key_identifier },
		{ "a key that is too long", too_long },
	};

	return KTAP_RUN(points);
}
