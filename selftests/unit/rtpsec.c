// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP: what it makes of packets against RFC 3711, RFC 6188 and RFC 7714, written
 * down a second time here on OpenSSL's ciphers and held against those RFCs' test
 * vectors; replays, wrong keys, counters that wrap, new keys, floods.
 */
#include <pthread.h>

#include "rtpsec_lib.h"

/* ------------------------------------------------------------------ tests */

/* RFC 3711 B.3, RFC 6188 7.2 */
static bool derivation(void)
{
	struct dp_srtp conf = { .suite = RTPLANE_SRTP_AES_128_CM_SHA1_80 };
	struct session s;

	unhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6",
	      conf.key);
	s = session_of(&conf, false);
	KTAP_CHECK(is_hex(s.key, 16, "C61E7A93744F39EE10734AFE3FF7A087"));
	KTAP_CHECK(is_hex(s.salt, 14, "30CBBC08863D8C85D49DB34A9AE1"));
	KTAP_CHECK(is_hex(s.auth, 20, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));

	conf.suite = RTPLANE_SRTP_AES_256_CM_SHA1_80;
	unhex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"
	      "3b04803de51ee7c96423ab5b78d2", conf.key);
	s = session_of(&conf, false);
	KTAP_CHECK(is_hex(s.key, 32, "5ba1064e30ec51613cad926c5a28ef73"
				     "1ec7fb397f70a960653caf06554cd8c4"));
	KTAP_CHECK(is_hex(s.salt, 14, "fa31791685ca444a9e07c6c64e93"));
	KTAP_CHECK(is_hex(s.auth, 20, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
	return true;
}

/* RFC 3711 B.2 */
static bool key_stream(void)
{
	struct session s = { .bits = 128 };
	uint8_t iv[16], out[48] = { 0 };

	unhex("2B7E151628AED2A6ABF7158809CF4F3C", s.key);
	unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", iv);
	ctr(&s, iv, out, sizeof(out));
	KTAP_CHECK(is_hex(out, 48, "E03EAD0935C95E80E166B16DD92B4EB4"
				   "D23513162B02D0F72A43A2FE4A5F97AB"
				   "41E95B3BB0A2E8DD477901E4FCA894C0"));
	return true;
}

/* RFC 7714 16.1.1, 16.2.1, 17.1; the RFC gives the session's keys */
static bool gcm_vectors(void)
{
	static const char plain[] =
		"8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973"
		"20646976 69736120 696e2070 61727465 73207472 6573";
	struct session s = { .bits = 128, .gcm = true, .tag = 16 };
	struct packet p;

	unhex("000102030405060708090a0b0c0d0e0f", s.key);
	unhex("517569642070726f2071756f", s.salt);
	p.len = unhex(plain, p.buf);
	ref_rtp(&s, &p, 0);
	KTAP_CHECK(is_hex(p.buf, p.len,
			  "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c"
			  "9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf"
			  "8833899d 7f27beb1 6a9152cf 765ee439 0cce"));
	s.bits = 256;
	unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	      s.key);
	p.len = unhex(plain, p.buf);
	ref_rtp(&s, &p, 0);
	KTAP_CHECK(is_hex(p.buf, p.len,
			  "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa"
			  "332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799"
			  "b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"));
	return true;
}

static bool every_suite(void)
{
	struct packet p, want;
	struct dp_srtp conf;
	struct rtpsec *out, *in;
	struct session s;
	uint8_t suite;

	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++) {
		conf = key_of(suite, suite);
		out = context(RTPSEC_OUT, suite, suite);
		in = context(RTPSEC_IN, suite, suite);
		KTAP_CHECK(out && in && suite_of(out) == suite);
		p = rtp(SSRC, 0x1234);
		want = p;
		s = session_of(&conf, false);
		ref_rtp(&s, &want, 0);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
		if (p.len != want.len || memcmp(p.buf, want.buf, p.len)) {
			printf("# RTP by %s\n", dp_srtp_suite_name(suite));
			return false;
		}
		KTAP_CHECK(unseal(in, &want, false) == RTPSEC_OK);
		p = rtcp(SSRC);
		want = p;
		s = session_of(&conf, true);
		ref_rtcp(&s, &want, 1);
		KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
		if (p.len != want.len || memcmp(p.buf, want.buf, p.len)) {
			printf("# RTCP by %s\n", dp_srtp_suite_name(suite));
			return false;
		}
		KTAP_CHECK(unseal(in, &want, true) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, &want, true) == RTPSEC_REPLAY);
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return true;
}

static bool growth(void)
{
	struct rtpsec *out;
	struct packet p, q;
	uint8_t suite;

	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++) {
		out = context(RTPSEC_OUT, suite, 1);
		p = rtcp(SSRC);
		KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
		KTAP_CHECK(p.len <= rtcp(SSRC).len + RTPSEC_GROWTH);
		q = rtcp(SSRC);
		KTAP_CHECK(rtpsec_protect(out, q.buf, &q.len, p.len - 1, true) ==
			   RTPSEC_FAILED);
		q = rtcp(SSRC);
		KTAP_CHECK(rtpsec_protect(out, q.buf, &q.len, p.len, true) ==
			   RTPSEC_OK);
		rtpsec_free(out);
	}
	return true;
}

static bool replayed(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet first = rtp(SSRC, 100), p;
	unsigned int i;

	KTAP_CHECK(seal(out, &first, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &first, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &first, false) == RTPSEC_REPLAY);
	for (i = 101; i < 1500; i++)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	/* out of the window */
	KTAP_CHECK(unseal(in, &first, false) == RTPSEC_REPLAY);
	/* nor may key stream be used twice */
	p = rtp(SSRC, 1499);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static bool reordered(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 6, 1);
	struct rtpsec *in = context(RTPSEC_IN, 6, 1);
	struct packet p[8];
	int i;

	for (i = 0; i < 8; i++) {
		p[i] = rtp(SSRC, 65532 + i);
		KTAP_CHECK(seal(out, &p[i], false) == RTPSEC_OK);
	}
	/* across the wrap, but for the first: it tells where it begins */
	KTAP_CHECK(unseal(in, &p[0], false) == RTPSEC_OK);
	for (i = 7; i > 0; i--)
		KTAP_CHECK(unseal(in, &p[i], false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* every bit changed, wherever it is, is noticed; and so is the wrong key */
static bool forged(void)
{
	struct rtpsec *in, *wrong, *out;
	struct packet p, bad;
	uint8_t suite;
	size_t i;
	int ctrl;

	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++) {
		out = context(RTPSEC_OUT, suite, 1);
		in = context(RTPSEC_IN, suite, 1);
		wrong = context(RTPSEC_IN, suite, 2);
		for (ctrl = 0; ctrl < 2; ctrl++) {
			p = ctrl ? rtcp(SSRC) : rtp(SSRC, 7);
			KTAP_CHECK(seal(out, &p, ctrl) == RTPSEC_OK);
			KTAP_CHECK(unseal(wrong, &p, ctrl) == RTPSEC_AUTH);
			for (i = 0; i < p.len * 8; i++) {
				bad = p;
				bad.buf[i / 8] ^= 1 << i % 8;
				if (unseal(in, &bad, ctrl) != RTPSEC_OK)
					continue;
				printf("# bit %zu of %s changed, %s\n", i,
				       ctrl ? "RTCP" : "RTP",
				       dp_srtp_suite_name(suite));
				return false;
			}
			KTAP_CHECK(unseal(in, &p, ctrl) == RTPSEC_OK);
		}
		rtpsec_free(out);
		rtpsec_free(in);
		rtpsec_free(wrong);
	}
	return true;
}

static bool plain(void)
{
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet p = rtp(SSRC, 1), c = rtcp(SSRC);

	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	KTAP_CHECK(unseal(in, &c, true) == RTPSEC_AUTH);
	rtpsec_free(in);
	return true;
}

/* in memory of just that size, so that a sanitizer sees one byte too many */
static enum rtpsec_result exactly(struct rtpsec *in, const uint8_t *buf,
				  size_t len, bool ctrl)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rtpsec_result ret;

	memcpy(copy, buf, len);
	ret = rtpsec_unprotect(in, copy, &len, ctrl);
	free(copy);
	return ret;
}

static bool truncated(void)
{
	struct rtpsec *in, *out;
	enum rtpsec_result ret;
	struct packet p;
	uint8_t suite;
	size_t len;
	int kind;

	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++) {
		out = context(RTPSEC_OUT, suite, 1);
		in = context(RTPSEC_IN, suite, 1);
		for (kind = 0; kind < 3; kind++) {
			p = kind == 2 ? rtcp(SSRC) : rtp(SSRC, kind);
			if (kind == 1) {
				/* 15 contributing sources, 4 words of extension */
				p.buf[0] = 0x9f;
				memset(p.buf + 72, 0, 4);
				p.buf[75] = 4;
			}
			KTAP_CHECK(seal(out, &p, kind == 2) == RTPSEC_OK);
			for (len = 0; len < p.len; len++) {
				ret = exactly(in, p.buf, len, kind == 2);
				KTAP_CHECK(ret == RTPSEC_AUTH ||
					   ret == RTPSEC_MALFORMED);
			}
			KTAP_CHECK(exactly(in, p.buf, len, kind == 2) ==
				   RTPSEC_OK);
		}
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return true;
}

static bool malformed(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	static uint8_t huge[RTPSEC_LEN_MAX + 1] = { 0x80 };
	struct packet p = rtp(SSRC, 1);
	size_t len = sizeof(huge);

	p.buf[0] = 0x40;
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_MALFORMED);
	p = rtp(SSRC, 1);
	p.len = 11;
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_MALFORMED);
	p = rtp(SSRC, 1);
	p.buf[0] = 0x90;		/* an extension longer than the packet */
	p.buf[14] = 0xff;
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_MALFORMED);
	p = rtcp(SSRC);
	p.len = 7;
	KTAP_CHECK(seal(out, &p, true) == RTPSEC_MALFORMED);
	KTAP_CHECK(rtpsec_protect(out, huge, &len, sizeof(huge), false) ==
		   RTPSEC_MALFORMED);
	rtpsec_free(out);
	return true;
}

/* past 65535 three times; a counter that went wrong would not authenticate */
static bool wraps(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 2, 1);
	struct rtpsec *in = context(RTPSEC_IN, 2, 1);
	struct dp_srtp conf = key_of(2, 1);
	struct session s = session_of(&conf, false);
	struct packet p;
	uint32_t i;

	for (i = 60000; i < 60000 + 3 * 65536; i += 97)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	p = rtp(SSRC, i);
	KTAP_CHECK(seals_as(out, &p, &s, i >> 16));
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static bool refused(void)
{
	struct dp_srtp conf = { .suite = RTPLANE_SRTP_NONE };
	struct rtpsec *ctx = context(RTPSEC_IN, 1, 1), *none = NULL;
	struct dp_err err;

	KTAP_CHECK(rtpsec_new(&none, RTPSEC_IN, &conf, &err) && !none);
	KTAP_CHECK(err.code && *err.text);
	conf.suite = __RTPLANE_SRTP_MAX;
	KTAP_CHECK(rtpsec_rekey(ctx, &conf, &err) && err.code);
	KTAP_CHECK(suite_of(ctx) == 1);
	rtpsec_free(ctx);
	rtpsec_free(NULL);
	KTAP_CHECK(suite_of(NULL) == RTPLANE_SRTP_NONE);
	return true;
}

/* each thread its own contexts, made and freed while others work */
static void *work(void *arg)
{
	struct rtpsec *out, *in;
	uintptr_t n;
	uint8_t suite;
	int i;

	for (n = 0; n < 30; n++) {
		suite = 1 + n % (__RTPLANE_SRTP_MAX - 1);
		out = context(RTPSEC_OUT, suite, n);
		in = context(RTPSEC_IN, suite, n);
		if (!out || !in)
			return arg;
		for (i = 0; i < 50; i++)
			if (pass(out, in, SSRC, i) != RTPSEC_OK)
				return arg;
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return NULL;
}

static bool threads(void)
{
	pthread_t thread[4];
	bool ok = true;
	void *bad;
	size_t i;

	for (i = 0; i < 4; i++)
		KTAP_CHECK(!pthread_create(&thread[i], NULL, work, &ok));
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		ok &= !bad;
	}
	return ok;
}

static bool names(void)
{
	uint8_t suite, value;

	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++) {
		KTAP_CHECK(dp_srtp_suite_parse(dp_srtp_suite_name(suite),
					       &value));
		KTAP_CHECK(value == suite);
		KTAP_CHECK(dp_srtp_key_len(suite) >= 28);
		KTAP_CHECK(dp_srtp_key_len(suite) <= RTPLANE_SRTP_KEY_MAX);
	}
	KTAP_CHECK(!dp_srtp_suite_parse("none", &value));
	KTAP_CHECK(!dp_srtp_key_len(__RTPLANE_SRTP_MAX));
	KTAP_CHECK(rtpsec_drop(RTPSEC_AUTH) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(rtpsec_drop(RTPSEC_REPLAY) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(rtpsec_drop(RTPSEC_FULL) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(rtpsec_drop(RTPSEC_MALFORMED) == RTPLANE_DROP_MALFORMED);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "key derivation by RFC 3711 and RFC 6188", derivation },
		{ "key stream by RFC 3711", key_stream },
		{ "AES-GCM by RFC 7714", gcm_vectors },
		{ "every suite, RTP and RTCP, byte for byte", every_suite },
		{ "what protection adds, and a buffer too small for it", growth },
		{ "replays", replayed },
		{ "packets out of order, across the wrap", reordered },
		{ "every bit changed, and another key", forged },
		{ "plain RTP and RTCP where SRTP is agreed", plain },
		{ "every truncation", truncated },
		{ "what is no RTP", malformed },
		{ "the sequence number wraps", wraps },
		{ "what is no suite", refused },
		{ "many threads", threads },
		{ "names", names },
	};

	return KTAP_RUN(points);
}
