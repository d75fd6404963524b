// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP: master key identifiers, held against libsrtp2's own, and where sources stand:
 * told, and taken over by another context as on the way from one datapath to another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <srtp2/srtp.h>

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

static struct dp_sources sources;
static struct dp_err err;

static struct dp_srtp key_of(uint8_t suite, uint8_t seed, uint8_t mki_len)
{
	struct dp_srtp conf = { .suite = suite, .mki_len = mki_len };
	size_t i;

	for (i = 0; i < dp_srtp_key_len(suite); i++)
		conf.key[i] = seed * 31 + i * 7;
	for (i = 0; i < mki_len; i++)
		conf.mki[i] = seed + i;
	return conf;
}

static struct rtpsec *context(enum rtpsec_dir dir, const struct dp_srtp *conf)
{
	struct rtpsec *ctx = NULL;

	if (rtpsec_new(&ctx, dir, conf, &err))
		printf("# %s\n", err.text);
	return ctx;
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

	p.buf[2] = seq >> 8;
	p.buf[3] = seq;
	put32(p.buf + 8, ssrc);
	memset(p.buf + 12, seq, 160);
	return p;
}

static struct packet rtcp(uint32_t ssrc)
{
	struct packet p = { .len = 28, .buf = { 0x80, 200, 0, 6 } };

	put32(p.buf + 4, ssrc);
	memset(p.buf + 8, 5, 20);
	return p;
}

static struct packet sealed(struct rtpsec *ctx, struct packet p, bool ctrl)
{
	if (rtpsec_protect(ctx, p.buf, &p.len, p.len + RTPSEC_GROWTH, ctrl))
		p.len = 0;
	return p;
}

static enum rtpsec_result unseal(struct rtpsec *ctx, struct packet p, bool ctrl)
{
	return rtpsec_unprotect(ctx, p.buf, &p.len, ctrl);
}

static enum rtpsec_result pass(struct rtpsec *from, struct rtpsec *to,
			       uint32_t ssrc, uint16_t seq)
{
	return unseal(to, sealed(from, rtp(ssrc, seq), false), false);
}

static enum rtpsec_result pass_rtcp(struct rtpsec *from, struct rtpsec *to,
				    uint32_t ssrc)
{
	return unseal(to, sealed(from, rtcp(ssrc), true), true);
}

/* --- identifiers --- */

static srtp_t library(const struct dp_srtp *conf, srtp_ssrc_type_t type)
{
	srtp_master_key_t key = {
		.key = (uint8_t *)conf->key,
		.mki_id = (uint8_t *)conf->mki,
		.mki_size = conf->mki_len,
	};
	srtp_master_key_t *keys[] = { &key };
	srtp_policy_t policy = {
		.ssrc.type = type, .keys = keys, .num_master_keys = 1,
	};
	static void (*const set[])(srtp_crypto_policy_t *p) = {
		[RTPLANE_SRTP_AES_128_CM_SHA1_80] =
			srtp_crypto_policy_set_rtp_default,
		[RTPLANE_SRTP_AES_128_CM_SHA1_32] =
			srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		[RTPLANE_SRTP_AES_256_CM_SHA1_80] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		[RTPLANE_SRTP_AES_256_CM_SHA1_32] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
		[RTPLANE_SRTP_AES_128_GCM] =
			srtp_crypto_policy_set_aes_gcm_128_16_auth,
		[RTPLANE_SRTP_AES_256_GCM] =
			srtp_crypto_policy_set_aes_gcm_256_16_auth,
	};
	srtp_t srtp = NULL;

	set[conf->suite](&policy.rtp);
	set[conf->suite](&policy.rtcp);
	/* RTCP has 80 bits where RTP has 32 */
	if (conf->suite == RTPLANE_SRTP_AES_128_CM_SHA1_32)
		set[RTPLANE_SRTP_AES_128_CM_SHA1_80](&policy.rtcp);
	if (conf->suite == RTPLANE_SRTP_AES_256_CM_SHA1_32)
		set[RTPLANE_SRTP_AES_256_CM_SHA1_80](&policy.rtcp);
	return srtp_create(&srtp, &policy) ? NULL : srtp;
}

static bool same_as_library(uint8_t suite, uint8_t mki_len)
{
	struct dp_srtp conf = key_of(suite, suite, mki_len);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	srtp_t theirs = library(&conf, ssrc_any_outbound);
	struct packet ours, their;
	int ctrl, n;

	KTAP_CHECK(out && in && theirs);
	for (ctrl = 0; ctrl < 2; ctrl++) {
		their = ctrl ? rtcp(SSRC) : rtp(SSRC, 1);
		ours = sealed(out, their, ctrl);
		n = (int)their.len;
		KTAP_CHECK(!(ctrl ? srtp_protect_rtcp_mki(theirs, their.buf, &n,
							   1, 0) :
				    srtp_protect_mki(theirs, their.buf, &n, 1,
						     0)));
		KTAP_CHECK(ours.len == (size_t)n);
		KTAP_CHECK(!memcmp(ours.buf, their.buf, n));
		/* another identifier, and none */
		ours.buf[ours.len - (suite < RTPLANE_SRTP_AES_128_GCM ?
				     suite % 2 || ctrl ? 11 : 5 : 1)] ^= 1;
		KTAP_CHECK(unseal(in, ours, ctrl) == RTPSEC_AUTH);
		their.len = n;
		KTAP_CHECK(unseal(in, their, ctrl) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, their, ctrl) == RTPSEC_REPLAY);
	}
	srtp_dealloc(theirs);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static bool identifiers(void)
{
	static const uint8_t lens[] = { 1, 4, 16 };
	uint8_t suite;
	size_t i;

	for (suite = 1; suite <= RTPLANE_SRTP_MAX; suite++)
		for (i = 0; i < sizeof(lens); i++)
			if (!same_as_library(suite, lens[i])) {
				printf("# %s, %u bytes\n",
				       dp_srtp_suite_name(suite), lens[i]);
				return false;
			}
	return true;
}

static bool truncated(void)
{
	struct dp_srtp conf = key_of(RTPLANE_SRTP_AES_128_GCM, 1, 16);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	struct packet p = sealed(out, rtp(SSRC, 1), false), cut;
	size_t len;

	for (len = 0; len < p.len; len++) {
		cut = p;
		cut.len = len;
		KTAP_CHECK(unseal(in, cut, false) != RTPSEC_OK);
		KTAP_CHECK(unseal(in, cut, true) != RTPSEC_OK);
	}
	KTAP_CHECK(unseal(in, p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* packets of either key, of another length of identifier, of another suite */
static bool rekeyed(uint8_t suite, uint8_t old_len, uint8_t new_len)
{
	struct dp_srtp old = key_of(1, 1, old_len);
	struct dp_srtp new = key_of(suite, 2, new_len);
	struct rtpsec *out = context(RTPSEC_OUT, &old);
	struct rtpsec *in = context(RTPSEC_IN, &old);
	struct packet late, last;

	KTAP_CHECK(pass(out, in, SSRC, 1) == RTPSEC_OK);
	late = sealed(out, rtp(SSRC, 2), false);
	last = sealed(out, rtp(SSRC, 3), false);
	KTAP_CHECK(!rtpsec_rekey(in, &new, &err));
	KTAP_CHECK(unseal(in, late, false) == RTPSEC_OK);
	KTAP_CHECK(!rtpsec_rekey(out, &new, &err));
	KTAP_CHECK(pass(out, in, SSRC, 4) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, last, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, last, false) == RTPSEC_REPLAY);
	KTAP_CHECK(pass(out, in, SSRC, 5) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static bool rekeys(void)
{
	uint8_t suite;

	for (suite = 1; suite <= RTPLANE_SRTP_MAX; suite++)
		KTAP_CHECK(rekeyed(suite, 2, 2) && rekeyed(suite, 0, 4) &&
			   rekeyed(suite, 16, 0) && rekeyed(suite, 1, 3));
	return true;
}

/* the same key by another name protects nothing twice */
static bool renamed(void)
{
	struct dp_srtp conf = key_of(1, 1, 1);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	struct packet p;

	KTAP_CHECK(pass(out, in, SSRC, 7) == RTPSEC_OK);
	conf.mki[0]++;
	conf.fresh = true;
	KTAP_CHECK(!rtpsec_rekey(out, &conf, &err));
	KTAP_CHECK(pass(out, in, SSRC, 8) == RTPSEC_AUTH);
	KTAP_CHECK(!rtpsec_rekey(in, &conf, &err));
	KTAP_CHECK(pass(out, in, SSRC, 9) == RTPSEC_OK);
	p = rtp(SSRC, 7);
	KTAP_CHECK(rtpsec_protect(out, p.buf, &p.len, sizeof(p.buf), false) ==
		   RTPSEC_REPLAY);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* --- where sources stand --- */

static bool stands(const struct rtpsec *ctx, uint32_t ssrc, int64_t index,
		   int64_t rtcp_index)
{
	const struct dp_source *s;
	struct dp_srtp told;

	rtpsec_tell(ctx, &told, &sources);
	for (s = told.source; s && s < told.source + told.n_sources; s++)
		if (s->ssrc == ssrc)
			break;
	KTAP_CHECK(s && s < told.source + told.n_sources);
	if (s->has_index == (index >= 0) &&
	    (index < 0 || s->index == (uint64_t)index) &&
	    s->has_rtcp_index == (rtcp_index >= 0) &&
	    (rtcp_index < 0 || s->rtcp_index == (uint32_t)rtcp_index))
		return true;
	printf("# 0x%08x at %d %llu, %d %u\n", s->ssrc, s->has_index,
	       (unsigned long long)s->index, s->has_rtcp_index, s->rtcp_index);
	return false;
}

static bool told(void)
{
	struct dp_srtp conf = key_of(RTPLANE_SRTP_AES_128_GCM, 1, 2), tell;
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	static const uint8_t no_key[RTPLANE_SRTP_KEY_MAX];
	uint32_t i;

	KTAP_CHECK(rtpsec_tell(NULL, &tell, &sources));
	KTAP_CHECK(!tell.suite && !tell.n_sources);
	rtpsec_tell(out, &tell, &sources);
	KTAP_CHECK(tell.suite == conf.suite && tell.mki_len == 2);
	KTAP_CHECK(!memcmp(tell.mki, conf.mki, 2) && !tell.n_sources);
	KTAP_CHECK(!memcmp(tell.key, no_key, sizeof(no_key)));
	for (i = 65530; i < 65530 + 20; i++)
		KTAP_CHECK(pass(out, in, SSRC, (uint16_t)i) == RTPSEC_OK);
	KTAP_CHECK(pass_rtcp(out, in, 7) == RTPSEC_OK);
	KTAP_CHECK(pass_rtcp(out, in, 7) == RTPSEC_OK);
	KTAP_CHECK(stands(out, SSRC, i - 1, -1));
	KTAP_CHECK(stands(in, SSRC, i - 1, -1));
	KTAP_CHECK(stands(out, 7, -1, 2) && stands(in, 7, -1, 2));
	/* under a new key it stands where it stood, inbound but for SRTCP */
	conf = key_of(RTPLANE_SRTP_AES_128_GCM, 2, 0);
	KTAP_CHECK(pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(stands(out, SSRC, i - 1, 1));
	KTAP_CHECK(!rtpsec_rekey(out, &conf, &err));
	KTAP_CHECK(!rtpsec_rekey(in, &conf, &err));
	KTAP_CHECK(stands(out, SSRC, i - 1, 1));
	KTAP_CHECK(stands(out, 7, -1, 2));
	KTAP_CHECK(stands(in, SSRC, i - 1, -1));
	/* RFC 3711 section 3.4: what leaves goes on with SRTCP's index */
	KTAP_CHECK(pass_rtcp(out, in, 7) == RTPSEC_OK);
	KTAP_CHECK(stands(in, 7, -1, 3) && stands(out, 7, -1, 3));
	KTAP_CHECK(pass(out, in, SSRC, (uint16_t)i) == RTPSEC_OK);
	KTAP_CHECK(pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, i, 2) && stands(out, SSRC, i, 2));
	KTAP_CHECK(pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, SSRC, (uint16_t)++i) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, i, 3));
	/* of many, as many as may be told, and that it is not all: 7 and SSRC are there */
	for (i = 100; i < 100 + RTPLANE_SRTP_SSRCS_MAX - 2; i++)
		KTAP_CHECK(pass(out, in, i, 1) == RTPSEC_OK);
	KTAP_CHECK(rtpsec_tell(in, &tell, &sources));
	KTAP_CHECK(tell.n_sources == RTPLANE_SRTP_SSRCS_MAX);
	KTAP_CHECK(pass(out, in, i, 1) == RTPSEC_OK);
	KTAP_CHECK(!rtpsec_tell(in, &tell, &sources));
	KTAP_CHECK(tell.n_sources == RTPLANE_SRTP_SSRCS_MAX);
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

/* another context in its place, which has what that one tells, with windows or without */
static struct rtpsec *moved(struct rtpsec *ctx, enum rtpsec_dir dir,
			    struct dp_srtp conf, bool windows)
{
	struct dp_source given[RTPLANE_SRTP_SSRCS_MAX];
	struct dp_srtp tell;
	struct rtpsec *new;
	unsigned int i;

	rtpsec_tell(ctx, &tell, &sources);
	for (i = 0; i < tell.n_sources; i++) {
		given[i] = tell.source[i];
		given[i].has_window &= windows;
		given[i].has_rtcp_window &= windows;
	}
	conf.source = given;
	conf.n_sources = tell.n_sources;
	new = context(dir, &conf);
	rtpsec_free(ctx);
	dp_sources_clear(&sources);
	return new;
}

static bool handed_over(uint8_t suite, bool windows)
{
	struct dp_srtp conf = key_of(suite, 3, 0);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	struct packet seen, late, again, ctrl;
	uint32_t i;

	for (i = 65000; i < 65536 + 10; i++)
		KTAP_CHECK(pass(out, in, SSRC, (uint16_t)i) == RTPSEC_OK);
	late = sealed(out, rtp(SSRC, (uint16_t)i++), false);
	seen = sealed(out, rtp(SSRC, (uint16_t)i++), false);
	ctrl = sealed(out, rtcp(SSRC), true);
	KTAP_CHECK(unseal(in, seen, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, ctrl, true) == RTPSEC_OK);
	out = moved(out, RTPSEC_OUT, conf, windows);
	in = moved(in, RTPSEC_IN, conf, windows);
	KTAP_CHECK(out && in);
	/* what was here, or may have been, is not taken again; what was not, is */
	KTAP_CHECK(unseal(in, seen, false) == RTPSEC_REPLAY);
	KTAP_CHECK(unseal(in, late, false) ==
		   (windows ? RTPSEC_OK : RTPSEC_REPLAY));
	KTAP_CHECK(unseal(in, late, false) == RTPSEC_REPLAY);
	KTAP_CHECK(unseal(in, ctrl, true) == RTPSEC_REPLAY);
	/* nor sent */
	again = rtp(SSRC, (uint16_t)(i - 1));
	KTAP_CHECK(rtpsec_protect(out, again.buf, &again.len, sizeof(again.buf),
				  false) == RTPSEC_REPLAY);
	KTAP_CHECK(stands(in, SSRC, i - 1, 1));
	KTAP_CHECK(stands(out, SSRC, i - 1, 1));
	/* and all goes on: nothing is lost, in order or not */
	late = sealed(out, rtp(SSRC, (uint16_t)i++), false);
	KTAP_CHECK(pass(out, in, SSRC, (uint16_t)i++) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, late, false) == RTPSEC_OK);
	KTAP_CHECK(pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, i - 1, 2));
	/* sources that were not there are taken as ever */
	KTAP_CHECK(pass(out, in, 5, 40000) == RTPSEC_OK);
	KTAP_CHECK(pass_rtcp(out, in, 6) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

static bool hand_over(void)
{
	uint8_t suite;

	for (suite = 1; suite <= RTPLANE_SRTP_MAX; suite++)
		KTAP_CHECK(handed_over(suite, false) && handed_over(suite, true));
	return true;
}

/* one after the other, over and over: every packet passes once, none twice */
static bool hand_over_often(void)
{
	struct dp_srtp conf = key_of(RTPLANE_SRTP_AES_128_GCM, 4, 0);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);
	struct packet held[8], ctrl[2], p = {};
	uint32_t i, k;

	for (i = 65400; i < 65400 + 400; i += 8) {
		for (k = 0; k < 8; k++)
			held[k] = sealed(out, rtp(SSRC, (uint16_t)(i + k)),
					 false);
		/* the last first, half of them before and half after */
		for (k = 8; k-- > 4; )
			KTAP_CHECK(unseal(in, held[k], false) == RTPSEC_OK);
		for (k = 0; k < 2; k++)
			ctrl[k] = sealed(out, rtcp(SSRC), true);
		KTAP_CHECK(unseal(in, ctrl[1], true) == RTPSEC_OK);
		out = moved(out, RTPSEC_OUT, conf, true);
		in = moved(in, RTPSEC_IN, conf, true);
		KTAP_CHECK(unseal(in, ctrl[0], true) == RTPSEC_OK);
		for (k = 0; k < 2; k++)
			KTAP_CHECK(unseal(in, ctrl[k], true) == RTPSEC_REPLAY);
		for (k = 4; k--; )
			KTAP_CHECK(unseal(in, held[k], false) == RTPSEC_OK);
		for (k = 0; k < 8; k++)
			KTAP_CHECK(unseal(in, held[k], false) == RTPSEC_REPLAY);
		p = rtp(SSRC, (uint16_t)(i + 5));
		KTAP_CHECK(rtpsec_protect(out, p.buf, &p.len, sizeof(p.buf),
					  false) == RTPSEC_REPLAY);
	}
	KTAP_CHECK(stands(in, SSRC, i - 1, 100) && stands(out, SSRC, i - 1, 100));
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

/* a new key of which nothing came yet may begin anew, wherever it is waited for */
static bool hand_over_carried(void)
{
	struct dp_srtp old = key_of(1, 1, 0), new = key_of(1, 2, 0), tell;
	struct rtpsec *out = context(RTPSEC_OUT, &old);
	struct rtpsec *in = context(RTPSEC_IN, &old);
	uint32_t i;

	for (i = 65000; i < 65536 + 9000; i += 100)
		KTAP_CHECK(pass(out, in, SSRC, (uint16_t)i) == RTPSEC_OK);
	KTAP_CHECK(!rtpsec_rekey(in, &new, &err));
	rtpsec_tell(in, &tell, &sources);
	KTAP_CHECK(tell.source[0].carried && !tell.source[0].has_window);
	in = moved(in, RTPSEC_IN, new, true);
	rtpsec_free(out);
	out = context(RTPSEC_OUT, &new);
	KTAP_CHECK(pass(out, in, SSRC, 5) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, SSRC, 6) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, 6, -1));
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

/* who has begun its numbers anew is moved on as before */
static bool hand_over_shifted(void)
{
	struct dp_srtp conf = key_of(1, 1, 0);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	struct rtpsec *in = context(RTPSEC_IN, &conf);

	KTAP_CHECK(pass(out, in, SSRC, 9000) == RTPSEC_OK);
	KTAP_CHECK(!sealed(out, rtp(SSRC, 100), false).len);
	KTAP_CHECK(pass(out, in, SSRC, 101) == RTPSEC_OK);
	out = moved(out, RTPSEC_OUT, conf, true);
	KTAP_CHECK(pass(out, in, SSRC, 102) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, 9002, -1));
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

/* grows with each source, and every half of a rollover */
static bool changes(void)
{
	struct dp_srtp conf = key_of(1, 1, 0);
	struct rtpsec *out = context(RTPSEC_OUT, &conf);
	uint64_t before;
	uint32_t i;

	KTAP_CHECK(!rtpsec_changes(NULL) && !rtpsec_changes(out));
	KTAP_CHECK(sealed(out, rtp(SSRC, 1), false).len);
	before = rtpsec_changes(out);
	KTAP_CHECK(before);
	for (i = 2; i < 32768; i += 2000)
		KTAP_CHECK(sealed(out, rtp(SSRC, (uint16_t)i), false).len);
	KTAP_CHECK(rtpsec_changes(out) == before);
	KTAP_CHECK(sealed(out, rtp(SSRC, 32768), false).len);
	KTAP_CHECK(rtpsec_changes(out) == before + 1);
	KTAP_CHECK(sealed(out, rtp(7, 1), false).len);
	KTAP_CHECK(rtpsec_changes(out) == before + 2);
	rtpsec_free(out);
	return true;
}

/* a table of edges: where it stands, what comes next, what becomes of that */
static bool edges(void)
{
	static const struct {
		uint64_t at;
		uint64_t next;
		enum rtpsec_result want;
	} edge[] = {
		{ 0, 1, RTPSEC_OK },
		{ 0, 0, RTPSEC_REPLAY },
		{ 65535, 65536, RTPSEC_OK },
		{ 65535, 65535, RTPSEC_REPLAY },
		{ 65536, 65535, RTPSEC_REPLAY },
		{ 65536, 65537, RTPSEC_OK },
		{ 65530, 65536 + 20000, RTPSEC_OK },
		{ 3 * 65536 + 0x7fff, 3 * 65536 + 0xfffe, RTPSEC_OK },
		{ 0xffffffff0000, 0xffffffff0001, RTPSEC_OK },
		{ 0xfffffffeffff, 0xffffffff0000, RTPSEC_OK },
		{ 70000, 70000 - 1500, RTPSEC_REPLAY },
	};
	struct dp_source source = { .ssrc = SSRC, .has_index = true };
	struct dp_srtp conf = key_of(1, 1, 0);
	struct rtpsec *out, *in;
	size_t i;

	conf.source = &source;
	conf.n_sources = 1;
	for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		struct packet p;

		source.index = edge[i].next - 1;
		if (!edge[i].next)
			conf.n_sources = 0;
		out = context(RTPSEC_OUT, &conf);
		conf.n_sources = 1;
		source.index = edge[i].at;
		in = context(RTPSEC_IN, &conf);
		p = sealed(out, rtp(SSRC, (uint16_t)edge[i].next), false);
		if (!p.len || unseal(in, p, false) != edge[i].want) {
			printf("# edge %zu\n", i);
			return false;
		}
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return true;
}

/* what counting up cannot do is refused by name; receiving needs no counting */
static bool far_rtcp(void)
{
	struct dp_source source = {
		.ssrc = SSRC, .has_rtcp_index = true,
		.rtcp_index = RTPSEC_RTCP_MAX,
	};
	struct dp_srtp conf = key_of(1, 1, 0);
	struct rtpsec *out, *in, *none = NULL;

	conf.source = &source;
	conf.n_sources = 1;
	out = context(RTPSEC_OUT, &conf);
	source.rtcp_index--;
	in = context(RTPSEC_IN, &conf);
	KTAP_CHECK(out && in && pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(stands(in, SSRC, -1, RTPSEC_RTCP_MAX + 1));
	KTAP_CHECK(pass(out, in, SSRC, 9) == RTPSEC_OK);
	rtpsec_free(in);
	source.rtcp_index = RTPSEC_RTCP_MAX + 1;
	in = context(RTPSEC_IN, &conf);
	KTAP_CHECK(in && pass_rtcp(out, in, SSRC) == RTPSEC_OK);
	KTAP_CHECK(rtpsec_new(&none, RTPSEC_OUT, &conf, &err) == -EOPNOTSUPP);
	KTAP_CHECK(!none && !strcmp(err.text, "SSRC 0xcafebabe: the user-space datapath cannot go on from the SRTCP index 65536: expected at most 65535"));
	rtpsec_free(out);
	rtpsec_free(in);
	dp_sources_clear(&sources);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "master key identifiers as libsrtp2 has them", identifiers },
		{ "every truncation of a packet with an identifier",
		  truncated },
		{ "a new key with an identifier, and one without", rekeys },
		{ "the same key by another identifier", renamed },
		{ "where sources stand is told, and no key", told },
		{ "another context goes on where one was", hand_over },
		{ "handed over again and again, out of order",
		  hand_over_often },
		{ "handed over while a new key is waited for",
		  hand_over_carried },
		{ "handed over with numbers that are moved on",
		  hand_over_shifted },
		{ "what a standby must know is counted", changes },
		{ "edges of indices", edges },
		{ "SRTCP indices that are far on", far_rtcp },
	};

	/* libsrtp2 is started with the first context */
	struct dp_srtp first = key_of(1, 1, 0);
	struct rtpsec *ctx = context(RTPSEC_IN, &first);
	int ret = KTAP_RUN(points);

	rtpsec_free(ctx);
	return ret;
}
