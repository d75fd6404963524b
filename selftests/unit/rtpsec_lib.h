/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of SRTP contexts share: packets, keys, and what the RFCs say,
 * a second time.
 */
#ifndef UNIT_RTPSEC_LIB_H
#define UNIT_RTPSEC_LIB_H

#include <errno.h>
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

static inline size_t unhex(const char *hex, uint8_t *out)
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

static inline bool is_hex(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[512];

	return unhex(hex, want) == len && !memcmp(got, want, len);
}

static inline struct dp_srtp key_of(uint8_t suite, uint8_t seed)
{
	struct dp_srtp conf = { .suite = suite };
	size_t i;

	for (i = 0; i < dp_srtp_key_len(suite); i++)
		conf.key[i] = seed * 31 + i * 7;
	return conf;
}

static inline struct rtpsec *context(enum rtpsec_dir dir, uint8_t suite, uint8_t seed)
{
	struct dp_srtp conf = key_of(suite, seed);
	struct rtpsec *ctx = NULL;
	struct dp_err err;

	if (rtpsec_new(&ctx, dir, &conf, &err))
		printf("# %s\n", err.text);
	return ctx;
}

static inline uint8_t suite_of(const struct rtpsec *ctx)
{
	struct dp_sources sources = {};
	struct dp_srtp told;

	rtpsec_tell(ctx, &told, &sources);
	dp_sources_clear(&sources);
	return told.suite;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static inline struct packet rtp(uint32_t ssrc, uint16_t seq)
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
static inline struct packet rtcp(uint32_t ssrc)
{
	struct packet p = { .len = 28, .buf = { 0x80, 200, 0, 6 } };
	size_t i;

	put32(p.buf + 4, ssrc);
	for (i = 8; i < p.len; i++)
		p.buf[i] = i;
	return p;
}

static inline enum rtpsec_result seal(struct rtpsec *ctx, struct packet *p, bool ctrl)
{
	return rtpsec_protect(ctx, p->buf, &p->len, sizeof(p->buf), ctrl);
}

static inline enum rtpsec_result unseal(struct rtpsec *ctx, const struct packet *p,
					bool ctrl)
{
	struct packet copy = *p;

	return rtpsec_unprotect(ctx, copy.buf, &copy.len, ctrl);
}

/* RTP of SSRC as @seq, protected by @from; what @to makes of it */
static inline enum rtpsec_result pass(struct rtpsec *from, struct rtpsec *to,
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

static inline void ctr(const struct session *s, const uint8_t *iv, uint8_t *buf,
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
static inline void derive(const uint8_t *master, unsigned int bits,
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

static inline struct session session_of(const struct dp_srtp *conf, bool ctrl)
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

static inline void xor(uint8_t *to, const uint8_t *with, size_t len)
{
	while (len--)
		to[len] ^= with[len];
}

/* RFC 7714 sections 8.1, 9.1: @aad is followed by the index with SRTCP */
static inline void gcm(const struct session *s, const uint8_t *iv, struct packet *p,
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

static inline void tag(const struct session *s, struct packet *p, const uint8_t *more,
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

static inline void ref_rtp(const struct session *s, struct packet *p, uint32_t roc)
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

/* @p leaves as those keys make it in that turn of its counter */
static inline bool seals_as(struct rtpsec *out, struct packet *p,
			    const struct session *s, uint32_t roc)
{
	struct packet want = *p;

	ref_rtp(s, &want, roc);
	return seal(out, p, false) == RTPSEC_OK && p->len == want.len &&
	       !memcmp(p->buf, want.buf, p->len);
}

static inline void ref_rtcp(const struct session *s, struct packet *p, uint32_t index)
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

#endif /* UNIT_RTPSEC_LIB_H */
