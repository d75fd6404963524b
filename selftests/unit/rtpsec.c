// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP: what it makes of packets against RFC 3711, RFC 6188 and RFC 7714, written
 * down a second time here on OpenSSL's ciphers and held against those RFCs' test
 * vectors; replays, wrong keys, counters that wrap, new keys, floods.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "datapath/names.h"
#include "ktap.h"
#include "rtpsec/rtpsec.h"

#define SSRC	0xcafebabe

/**
 * struct packet - a packet, with room to grow
 * @len: its bytes
 * @buf: the packet
 */
struct packet {
	size_t len;
	_Alignas(8) uint8_t buf[512];
};

static size_t unhex(const char *hex, uint8_t *out)
{
	unsigned int byte;
	size_t n = 0;

	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		sscanf(hex, "%2x", &byte);
		out[n++] = byte;
	}
	return n;
}

static bool is_hex(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[512];

	return unhex(hex, want) == len && !memcmp(got, want, len);
}

static struct dp_srtp key_of(uint8_t suite, uint8_t seed)
{
	struct dp_srtp conf = { .suite = suite };
	size_t i;

	for (i = 0; i < dp_srtp_key_len(suite); i++)
		conf.key[i] = seed * 31 + i * 7;
	return conf;
}

static struct rtpsec *context(enum rtpsec_dir dir, uint8_t suite, uint8_t seed)
{
	struct dp_srtp conf = key_of(suite, seed);
	struct rtpsec *ctx = NULL;
	struct dp_err err;

	if (rtpsec_new(&ctx, dir, &conf, &err))
		printf("# %s\n", err.text);
	return ctx;
}

static uint8_t suite_of(const struct rtpsec *ctx)
{
	struct dp_sources sources = {};
	struct dp_srtp told;

	rtpsec_tell(ctx, &told, &sources);
	dp_sources_clear(&sources);
	return told.suite;
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static struct packet rtp(uint32_t ssrc, uint16_t seq)
{
	struct packet p = { .len = 12 + 160, .buf = { 0x80 } };
	size_t i;

	p.buf[2] = seq >> 8;
	p.buf[3] = seq;
	put32(p.buf + 8, ssrc);
	for (i = 12; i < p.len; i++)
		p.buf[i] = i ^ seq;
	return p;
}

/* a sender report without blocks */
static struct packet rtcp(uint32_t ssrc)
{
	struct packet p = { .len = 28, .buf = { 0x80, 200, 0, 6 } };
	size_t i;

	put32(p.buf + 4, ssrc);
	for (i = 8; i < p.len; i++)
		p.buf[i] = i;
	return p;
}

static enum rtpsec_result seal(struct rtpsec *ctx, struct packet *p, bool ctrl)
{
	return rtpsec_protect(ctx, p->buf, &p->len, sizeof(p->buf), ctrl);
}

static enum rtpsec_result unseal(struct rtpsec *ctx, const struct packet *p,
				 bool ctrl)
{
	struct packet copy = *p;

	return rtpsec_unprotect(ctx, copy.buf, &copy.len, ctrl);
}

/* RTP of SSRC as @seq, protected by @from; what @to makes of it */
static enum rtpsec_result pass(struct rtpsec *from, struct rtpsec *to,
			       uint32_t ssrc, uint16_t seq)
{
	struct packet plain = rtp(ssrc, seq), p = plain;
	enum rtpsec_result ret = seal(from, &p, false);

	if (ret != RTPSEC_OK) {
		printf("# not protected: %d\n", ret);
		return RTPSEC_FAILED;
	}
	ret = rtpsec_unprotect(to, p.buf, &p.len, false);
	if (ret == RTPSEC_OK && (p.len != plain.len ||
				 memcmp(p.buf, plain.buf, p.len))) {
		printf("# it came out as something else\n");
		return RTPSEC_FAILED;
	}
	return ret;
}

/* ------------------------------------------------ the RFCs a second time */

/**
 * struct session - session keys of RTP or RTCP
 * @bits: of the cipher
 * @gcm: AEAD
 * @tag: bytes of the tag
 * @key: cipher
 * @salt: 14 bytes, of GCM 12
 * @auth: HMAC-SHA1
 */
struct session {
	unsigned int bits;
	bool gcm;
	size_t tag;
	uint8_t key[32];
	uint8_t salt[14];
	uint8_t auth[20];
};

static void ctr(const struct session *s, const uint8_t *iv, uint8_t *buf,
		size_t len)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	EVP_EncryptInit_ex(c, s->bits == 128 ? EVP_aes_128_ctr() :
			   EVP_aes_256_ctr(), NULL, s->key, iv);
	EVP_EncryptUpdate(c, buf, &n, buf, len);
	EVP_CIPHER_CTX_free(c);
}

/* RFC 3711 section 4.3.1, key derivation rate 0 */
static void derive(const uint8_t *master, unsigned int bits,
		   const uint8_t *salt, uint8_t label, uint8_t *out, size_t len)
{
	struct session prf = { .bits = bits };
	uint8_t iv[16] = { 0 };

	memcpy(prf.key, master, bits / 8);
	memcpy(iv, salt, 14);
	iv[7] ^= label;
	memset(out, 0, len);
	ctr(&prf, iv, out, len);
}

static struct session session_of(const struct dp_srtp *conf, bool ctrl)
{
	struct session s = { .bits = 128, .tag = 10 };
	uint8_t salt[14] = { 0 };
	size_t key_len;

	if (conf->suite == RTPLANE_SRTP_AES_256_CM_SHA1_80 ||
	    conf->suite == RTPLANE_SRTP_AES_256_CM_SHA1_32 ||
	    conf->suite == RTPLANE_SRTP_AES_256_GCM)
		s.bits = 256;
	if (conf->suite >= RTPLANE_SRTP_AES_128_GCM) {
		s.gcm = true;
		s.tag = 16;
	} else if (!ctrl && (conf->suite == RTPLANE_SRTP_AES_128_CM_SHA1_32 ||
			     conf->suite == RTPLANE_SRTP_AES_256_CM_SHA1_32)) {
		s.tag = 4;
	}
	key_len = s.bits / 8;
	memcpy(salt, conf->key + key_len, s.gcm ? 12 : 14);
	derive(conf->key, s.bits, salt, ctrl ? 3 : 0, s.key, key_len);
	derive(conf->key, s.bits, salt, ctrl ? 4 : 1, s.auth, sizeof(s.auth));
	derive(conf->key, s.bits, salt, ctrl ? 5 : 2, s.salt, 14);
	return s;
}

static void xor(uint8_t *to, const uint8_t *with, size_t len)
{
	while (len--)
		to[len] ^= with[len];
}

/* RFC 7714 sections 8.1, 9.1: @aad is followed by the index with SRTCP */
static void gcm(const struct session *s, const uint8_t *iv, struct packet *p,
		size_t head, const uint8_t *index)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	EVP_EncryptInit_ex(c, s->bits == 128 ? EVP_aes_128_gcm() :
			   EVP_aes_256_gcm(), NULL, s->key, iv);
	EVP_EncryptUpdate(c, NULL, &n, p->buf, head);
	if (index)
		EVP_EncryptUpdate(c, NULL, &n, index, 4);
	EVP_EncryptUpdate(c, p->buf + head, &n, p->buf + head, p->len - head);
	EVP_EncryptFinal_ex(c, p->buf + p->len, &n);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, p->buf + p->len);
	EVP_CIPHER_CTX_free(c);
	p->len += 16;
}

static void tag(const struct session *s, struct packet *p, const uint8_t *more,
		size_t more_len)
{
	uint8_t text[sizeof(p->buf)], mac[20];

	memcpy(text, p->buf, p->len);
	memcpy(text + p->len, more, more_len);
	HMAC(EVP_sha1(), s->auth, sizeof(s->auth), text, p->len + more_len, mac,
	     NULL);
	memcpy(p->buf + p->len, mac, s->tag);
	p->len += s->tag;
}

static void ref_rtp(const struct session *s, struct packet *p, uint32_t roc)
{
	uint8_t iv[16] = { 0 }, roc_be[4];

	put32(roc_be, roc);
	if (s->gcm) {
		memcpy(iv + 2, p->buf + 8, 4);
		memcpy(iv + 6, roc_be, 4);
		memcpy(iv + 10, p->buf + 2, 2);
		xor(iv, s->salt, 12);
		gcm(s, iv, p, 12, NULL);
		return;
	}
	memcpy(iv, s->salt, 14);
	xor(iv + 4, p->buf + 8, 4);
	xor(iv + 8, roc_be, 4);
	xor(iv + 12, p->buf + 2, 2);
	ctr(s, iv, p->buf + 12, p->len - 12);
	tag(s, p, roc_be, 4);
}

static void ref_rtcp(const struct session *s, struct packet *p, uint32_t index)
{
	uint8_t iv[16] = { 0 }, flagged[4], bare[4];

	put32(flagged, index | 0x80000000);
	put32(bare, index);
	if (s->gcm) {
		memcpy(iv + 2, p->buf + 4, 4);
		memcpy(iv + 8, bare, 4);
		xor(iv, s->salt, 12);
		gcm(s, iv, p, 8, flagged);
		memcpy(p->buf + p->len, flagged, 4);
		p->len += 4;
		return;
	}
	memcpy(iv, s->salt, 14);
	xor(iv + 4, p->buf + 4, 4);
	xor(iv + 10, bare, 4);
	ctr(s, iv, p->buf + 8, p->len - 8);
	memcpy(p->buf + p->len, flagged, 4);
	p->len += 4;
	tag(s, p, flagged, 0);
}

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
	struct packet p, want;
	uint32_t i;

	for (i = 60000; i < 60000 + 3 * 65536; i += 97)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	p = rtp(SSRC, i);
	want = p;
	ref_rtp(&s, &want, i >> 16);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(p.len == want.len && !memcmp(p.buf, want.buf, p.len));
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static bool rekey(struct rtpsec *ctx, uint8_t suite, uint8_t seed, bool fresh)
{
	struct dp_srtp conf = key_of(suite, seed);
	struct dp_err err;

	conf.fresh = fresh;
	return !rtpsec_rekey(ctx, &conf, &err);
}

/* until the counter is 2, at sequence number 100 */
static bool go_far(struct rtpsec *out, struct rtpsec *in, uint32_t ssrc)
{
	uint32_t i;

	for (i = 65000; i < 2 * 65536 + 100; i += 100)
		if (pass(out, in, ssrc, i) != RTPSEC_OK)
			return false;
	return pass(out, in, ssrc, 100) == RTPSEC_OK;
}

/* the counter goes on; so does the same key when it is given again */
static bool rekey_goes_on(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(4, 2);
	struct session s = session_of(&conf, false);
	struct packet p, want;

	KTAP_CHECK(go_far(out, in, SSRC) && go_far(out, in, 5));
	KTAP_CHECK(rekey(out, 1, 1, false) && rekey(in, 1, 1, false));
	KTAP_CHECK(pass(out, in, SSRC, 101) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 4, 2, false) && rekey(in, 4, 2, false));
	p = rtp(SSRC, 102);
	want = p;
	ref_rtp(&s, &want, 2);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(p.len == want.len && !memcmp(p.buf, want.buf, p.len));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
	KTAP_CHECK(pass(out, in, SSRC, 103) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, 5, 101) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* a party that counts from 0 again with its new key is understood too */
static bool rekey_fresh(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 5, 1);
	struct rtpsec *in = context(RTPSEC_IN, 5, 1);
	struct dp_srtp conf = key_of(5, 2);
	struct session s = session_of(&conf, false);
	struct packet p, want;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 5, 2, true) && rekey(in, 5, 2, false));
	p = rtp(SSRC, 101);
	want = p;
	ref_rtp(&s, &want, 0);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(p.len == want.len && !memcmp(p.buf, want.buf, p.len));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
	KTAP_CHECK(pass(out, in, SSRC, 102) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* the counter wraps between the last packet by the old key and the first by the new */
static bool rekey_at_wrap(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 2);
	struct session s = session_of(&conf, false);
	struct packet p = rtp(SSRC, 1), want = p;

	KTAP_CHECK(pass(out, in, SSRC, 65534) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	ref_rtp(&s, &want, 1);
	KTAP_CHECK(p.len == want.len && !memcmp(p.buf, want.buf, p.len));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* the sender is late with the new key: the old one is taken, not for ever */
static bool rekey_late(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *new = context(RTPSEC_OUT, 1, 2);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet late[3], old;
	unsigned int i;

	KTAP_CHECK(go_far(out, in, SSRC));
	old = rtp(SSRC, 101);
	KTAP_CHECK(seal(out, &old, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &old, false) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 1, 2, false));
	KTAP_CHECK(unseal(in, &old, false) == RTPSEC_REPLAY);
	for (i = 102; i < 110; i++)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	for (i = 0; i < 3; i++) {
		late[i] = rtp(SSRC, 110 + i);
		KTAP_CHECK(seal(out, &late[i], false) == RTPSEC_OK);
	}
	/* @new has counted nothing yet: it begins at 0 */
	KTAP_CHECK(pass(new, in, SSRC, 113) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_REPLAY);
	for (i = 1; i < RTPSEC_NEW_MAX - 1; i++)
		KTAP_CHECK(pass(new, in, SSRC, 113 + i) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_OK);
	KTAP_CHECK(pass(new, in, SSRC, 113 + i) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[2], false) == RTPSEC_AUTH);
	rtpsec_free(out);
	rtpsec_free(new);
	rtpsec_free(in);
	return true;
}

/* the counter moves by the old key while the new one is awaited, and goes on there */
static bool rekey_far(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 3, 1);
	struct rtpsec *in = context(RTPSEC_IN, 3, 1);
	uint32_t i;

	KTAP_CHECK(pass(out, in, SSRC, 65000) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 3, 2, false));
	for (i = 65100; i < 2 * 65536 + 50000; i += 100)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 3, 2, false));
	KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* the sender never takes the new key */
static bool rekey_never(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 6, 1);
	struct rtpsec *in = context(RTPSEC_IN, 6, 1);
	unsigned int i;

	KTAP_CHECK(pass(out, in, SSRC, 1) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 6, 2, false));
	for (i = 0; i < RTPSEC_OLD_MAX; i++)
		KTAP_CHECK(pass(out, in, SSRC, 2 + i) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, SSRC, 2 + i) == RTPSEC_AUTH);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* SRTCP first by the new key, then SRTP of the same source whose counter is not 0 */
static bool rekey_rtcp_first(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet p[2];
	unsigned int i;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	for (i = 0; i < 2; i++) {
		p[i] = rtcp(SSRC);
		KTAP_CHECK(seal(out, &p[i], true) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, &p[i], true) == RTPSEC_OK);
		KTAP_CHECK(pass(out, in, SSRC, 101 + i) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, &p[i], true) == RTPSEC_REPLAY);
	}
	/* two equal packets by one index would be equal */
	KTAP_CHECK(memcmp(p[0].buf, p[1].buf, p[0].len));
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

/* who has no key makes us remember nothing; who has one, only so much */
static bool floods(void)
{
	struct rtpsec *out[2], *in = context(RTPSEC_IN, 1, 1);
	struct packet p;
	size_t before;
	uint32_t i;

	for (i = 0; i < 2; i++)
		out[i] = context(RTPSEC_OUT, 1, 1);
	p = rtp(1, 1);
	KTAP_CHECK(seal(out[0], &p, false) == RTPSEC_OK);
	/* the first refusal leaves something with the allocator */
	put32(p.buf + 8, 1);
	p.buf[20] ^= 1;
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	before = in_use();
	for (i = 0; i < 20000; i++) {
		put32(p.buf + 8, i + 2);
		KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	}
	KTAP_CHECK(in_use() < before + 1024);
	for (i = 0; i < RTPSEC_SSRCS; i++)
		KTAP_CHECK(pass(out[1], in, 1000 + i, 1) == RTPSEC_OK);
	printf("# %zu KiB for %u sources, twice\n", (in_use() - before) >> 10, i);
	KTAP_CHECK(in_use() < before + (2 << 20));
	before = in_use();
	for (i = 0; i < 20000; i++) {
		p = rtp(50000 + i, 1);
		KTAP_CHECK(seal(out[1], &p, false) == RTPSEC_FULL);
	}
	p = rtp(50000, 1);
	KTAP_CHECK(seal(out[0], &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_FULL);
	KTAP_CHECK(in_use() < before + 1024);
	/* those that were first go on */
	KTAP_CHECK(pass(out[1], in, 1000, 2) == RTPSEC_OK);
	/* and a new key has room for others */
	KTAP_CHECK(rekey(out[1], 1, 2, false) && rekey(in, 1, 2, false));
	KTAP_CHECK(pass(out[1], in, 77, 1) == RTPSEC_OK);
	for (i = 0; i < 2; i++)
		rtpsec_free(out[i]);
	rtpsec_free(in);
	return true;
}

/* who sends without SRTP begins its sequence anew, far back and near */
static bool begins_anew(void)
{
	static const struct {
		uint16_t from;
		uint16_t to;
		unsigned int lost;
	} cases[] = {
		{ 30099, 100, 1 }, { 100, 40000, 1 }, { 5000, 4700, 2 },
		{ 65530, 65000, 2 }, { 200, 65200, 2 },
	};
	struct rtpsec *out, *in;
	struct packet p;
	unsigned int i, k;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		out = context(RTPSEC_OUT, 1, 1);
		in = context(RTPSEC_IN, 1, 1);
		for (k = 0; k < 600; k++)
			KTAP_CHECK(pass(out, in, SSRC, cases[i].from - 599 + k) ==
				   RTPSEC_OK);
		for (k = 0; k < 3000; k++) {
			p = rtp(SSRC, cases[i].to + k);
			KTAP_CHECK(seal(out, &p, false) ==
				   (k < cases[i].lost ? RTPSEC_REPLAY : RTPSEC_OK));
			if (k < cases[i].lost)
				continue;
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			KTAP_CHECK((uint16_t)(p.buf[2] << 8 | p.buf[3]) ==
				   (uint16_t)(cases[i].from + 1 + k - cases[i].lost));
		}
		/* one of before that is late does no harm */
		p = rtp(SSRC, cases[i].from - 1);
		seal(out, &p, false);
		for (k = 3000; k < 3005; k++) {
			p = rtp(SSRC, cases[i].to + k);
			if (seal(out, &p, false) == RTPSEC_OK)
				KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			else
				KTAP_CHECK(k < 3002);
		}
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return true;
}

/* a network that repeats every packet, or some in a row, does not begin anew */
static bool repeated(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct packet p;
	unsigned int i, k;

	for (i = 40001; i < 40200; i++) {
		p = rtp(SSRC, i);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
		KTAP_CHECK(p.buf[3] == (uint8_t)i);
		for (k = 0; k < 2 + (i % 50 == 0); k++) {
			p = rtp(SSRC, i);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
		for (k = 1; i > 40010 && k < 3; k++) {
			p = rtp(SSRC, i - 3 + k);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
		/* nor do two that have nothing to do with each other */
		for (k = 1; k < 3; k++) {
			p = rtp(SSRC, i - 3000 * k);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
	}
	rtpsec_free(out);
	return true;
}

/* how far back a packet may come: no less, and no more */
static bool window(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet late[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		late[i] = rtp(SSRC, 1000 + i);
		KTAP_CHECK(seal(out, &late[i], false) == RTPSEC_OK);
	}
	KTAP_CHECK(pass(out, in, SSRC, 1000 + 1024) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_REPLAY);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[2], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_REPLAY);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* a packet from before the wrap is the first by the new key, either way */
static bool rekey_before_wrap(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 2);
	struct session s = session_of(&conf, false);
	struct packet p, want;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	p = rtp(SSRC, 65500);
	want = p;
	ref_rtp(&s, &want, 1);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(p.len == want.len && !memcmp(p.buf, want.buf, p.len));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	p = rtp(SSRC, 101);
	ref_rtp(&s, &p, 2);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* more sources than there are streams: each goes on where it stood, none twice */
static bool many_sources(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 1);
	struct session s = session_of(&conf, false);
	struct packet first[200], forged, p, want;
	unsigned int i, turn;

	KTAP_CHECK(go_far(out, in, SSRC));
	for (turn = 0; turn < 4; turn++) {
		for (i = 0; i < 200; i++) {
			p = rtp(1000 + i, 65533 + turn);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			if (!turn)
				first[i] = p;
			/* what was here is not taken again, in memory or put aside */
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
			KTAP_CHECK(unseal(in, &first[i], false) == RTPSEC_REPLAY);
			KTAP_CHECK(unseal(in, &first[(i + 100) % (turn ? 200 : i + 1)],
					  false) == RTPSEC_REPLAY);
		}
	}
	/* nor protected again */
	for (i = 0; i < 200; i++) {
		p = rtp(1000 + i, 0);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
	}
	/* with its rollover counter, and with no other */
	p = rtp(SSRC, 101);
	ref_rtp(&s, &p, 0);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	p = rtp(SSRC, 101);
	want = p;
	ref_rtp(&s, &want, 2);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(!memcmp(p.buf, want.buf, want.len));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	/* forgeries of those put aside leave room for others */
	for (i = 0; i < 200; i++) {
		forged = rtp(1000 + i, 100);
		forged.len += 10;
		KTAP_CHECK(unseal(in, &forged, false) == RTPSEC_AUTH);
	}
	KTAP_CHECK(pass(out, in, 77, 1) == RTPSEC_OK);
	for (i = 0; i < 200; i++)
		KTAP_CHECK(pass(out, in, 1000 + i, 1) == RTPSEC_OK);
	/* nor is it by the former key, while that is still tried */
	KTAP_CHECK(rekey(in, 1, 2, false));
	for (i = 0; i < 200; i++)
		KTAP_CHECK(unseal(in, &first[i], false) != RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* SRTCP's index cannot be set: a source that has one is never put aside */
static bool many_with_rtcp(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct packet p;
	unsigned int i;

	for (i = 0; i < RTPSEC_STREAMS; i++) {
		p = rtp(1000 + i, 1);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
		p = rtcp(1000 + i);
		KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
	}
	p = rtp(1, 1);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_FULL);
	p = rtcp(1001);
	KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
	/* its second, in the clear before the tag */
	KTAP_CHECK(p.buf[p.len - 11] == 2);
	rtpsec_free(out);
	return true;
}

/* all that may fail is done before; a context that is not swapped is as it was */
static bool prepared(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp same = key_of(1, 1), other = key_of(1, 2);
	struct dp_srtp none = { .suite = RTPLANE_SRTP_NONE };
	struct rtpsec_key *key;
	struct dp_err err;

	KTAP_CHECK(!rtpsec_prepare(&key, out, &same, &err) && !key);
	KTAP_CHECK(rtpsec_prepare(&key, out, &none, &err) == -EINVAL && !key);
	KTAP_CHECK(!rtpsec_prepare(&key, out, &other, &err) && key);
	KTAP_CHECK(pass(out, in, SSRC, 1) == RTPSEC_OK);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 2) == RTPSEC_OK);
	KTAP_CHECK(!rtpsec_prepare(&key, out, &other, &err) && key);
	rtpsec_swap(out, key);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 3) == RTPSEC_AUTH);
	KTAP_CHECK(!rtpsec_prepare(&key, in, &other, &err) && key);
	rtpsec_swap(in, key);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 4) == RTPSEC_OK);
	rtpsec_swap(in, NULL);
	rtpsec_key_free(NULL);
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
		{ "a new key: the counter goes on", rekey_goes_on },
		{ "a new key: the counter begins again", rekey_fresh },
		{ "a new key just where the counter wraps", rekey_at_wrap },
		{ "a new key that the sender is late with", rekey_late },
		{ "a new key that is used long after the counter has wrapped", rekey_far },
		{ "a new key that the sender never uses", rekey_never },
		{ "a new key, first for RTCP", rekey_rtcp_first },
		{ "a new key, first for a packet from before the wrap", rekey_before_wrap },
		{ "a new key, prepared and swapped", prepared },
		{ "how far the window reaches", window },
		{ "a plain party begins its sequence anew", begins_anew },
		{ "repeated packets are no new sequence", repeated },
		{ "floods of sources take no memory", floods },
		{ "more sources than streams", many_sources },
		{ "sources with RTCP are not put aside", many_with_rtcp },
		{ "what is no suite", refused },
		{ "many threads", threads },
		{ "names", names },
	};

	return KTAP_RUN(points);
}
