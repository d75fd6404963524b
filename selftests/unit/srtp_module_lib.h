/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of kmod/srtp.c share: that file as it is compiled into the module, on as
 * much of a kernel as it asks for, with OpenSSL's ciphers, and libsrtp2 as the other party.
 */
#ifndef UNIT_SRTP_MODULE_LIB_H
#define UNIT_SRTP_MODULE_LIB_H

#include "kmodshim.h"
#include "kmod/srtp.c"
#include "kmod/srtpkey.c"
#include "kmodcipher.h"

#include "../tools/srtpkit.h"
#include "ktap.h"

#define SSRC	0xcafebabe
#define ROOM	2048
#define FINE	(-1)
#define LAST	RTPLANE_SRTP_INDEX_MAX

static uint32_t dice = 1;

static inline uint32_t roll(uint32_t n)
{
	dice = pkt_next(dice);
	return (uint32_t)((uint64_t)dice * n >> 32);
}

/* Packets --------------------------------------------------------------------- */

struct packet {
	int len;
	_Alignas(8) uint8_t buf[ROOM];
};

/* header, contributors, an extension, at random; at least 20 bytes */
static inline struct packet rtp(uint32_t ssrc, uint16_t seq)
{
	struct packet p = { .len = 12 };
	int cc = roll(4) ? 0 : (int)roll(16), words = (int)roll(4), n = 8 + (int)roll(300);
	bool extended = !roll(3);

	p.buf[0] = (uint8_t)(0x80 | cc | (extended ? 0x10 : 0));
	p.buf[1] = 96;
	put16(p.buf + 2, seq);
	put32(p.buf + 8, ssrc);
	p.len += 4 * cc;
	if (extended) {
		put16(p.buf + p.len + 2, (uint16_t)words);
		p.len += 4 + 4 * words;
	}
	while (n--)
		p.buf[p.len++] = (uint8_t)roll(256);
	return p;
}

static inline struct packet rtcp(uint32_t ssrc)
{
	struct packet p = { .len = 8 + 4 * (int)roll(30), .buf = { 0x80, 201 } };
	int i;

	put16(p.buf + 2, (uint16_t)(p.len / 4 - 1));
	put32(p.buf + 4, ssrc);
	for (i = 8; i < p.len; i++)
		p.buf[i] = (uint8_t)roll(256);
	return p;
}

static inline bool same(const struct packet *a, const struct packet *b)
{
	return a->len == b->len && !memcmp(a->buf, b->buf, (size_t)a->len);
}

static inline struct packet flipped(const struct packet *p, int byte, int bit)
{
	struct packet f = *p;

	f.buf[byte] ^= (uint8_t)(1 << bit);
	return f;
}

/* FINE or why it is dropped; the packet is what became of it */
static inline int handle(struct rtplane_srtp *s, struct packet *p, bool sends, unsigned int *held)
{
	static u8 frame[20 + 8 + ROOM + RTPLANE_SRTP_ROOM];
	struct sk_buff skb = { .data = frame };
	struct rtplane_pkt pkt = { .hdrlen = 20, .paylen = (unsigned int)p->len };
	struct rtplane_verdict v;

	memcpy(frame + 28, p->buf, (size_t)p->len);
	pkt.kind = (u8)rtplane_demux(frame + 28, pkt.paylen);
	rtplane_srtp_room(&skb, &pkt);
	v = sends ? rtplane_srtp_protect(s, &skb, &pkt) : rtplane_srtp_unprotect(s, &skb, &pkt);
	p->len = (int)pkt.paylen;
	memcpy(p->buf, frame + 28, (size_t)p->len);
	if (held)
		*held = skb.held;
	return rtplane_goes_on(v) ? FINE : (int)rtplane_why(v);
}

/* of a copy: the packet may come again */
static inline int opens(struct rtplane_srtp *s, const struct packet *p)
{
	struct packet copy = *p;

	return handle(s, &copy, false, NULL);
}

/* The other party -------------------------------------------------------------- */

static inline void key_bytes_of(uint8_t *key, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < KIT_KEY_MAX; i++)
		key[i] = (uint8_t)(nr * 37 + i * 11 + 1);
}

/* key @nr of a suite, which is an index of kit_suites; @mki_len bytes of identifier */
static inline srtp_t peer(size_t suite, unsigned int nr, unsigned int mki_len, srtp_ssrc_type_t type)
{
	uint8_t key[KIT_KEY_MAX], mki[16];
	srtp_master_key_t master = { .key = key, .mki_id = mki, .mki_size = mki_len };
	srtp_master_key_t *masters = &master;
	srtp_policy_t policy = { .ssrc = { .type = type, .value = SSRC }, .window_size = 1024 };
	srtp_t srtp;

	key_bytes_of(key, nr);
	memset(mki, (int)nr, sizeof(mki));
	kit_suites[suite].rtp(&policy.rtp);
	kit_suites[suite].rtcp(&policy.rtcp);
	policy.key = mki_len ? NULL : key;
	policy.keys = mki_len ? &masters : NULL;
	policy.num_master_keys = !!mki_len;
	if (srtp_create(&srtp, &policy))
		abort();
	return srtp;
}

static inline struct packet sealed(srtp_t srtp, struct packet p, bool mki)
{
	int err = kit_is_rtcp(p.buf, p.len) ? srtp_protect_rtcp_mki(srtp, p.buf, &p.len, mki, 0) :
					      srtp_protect_mki(srtp, p.buf, &p.len, mki, 0);

	if (err)
		printf("# libsrtp2 does not protect: %d\n", err);
	return p;
}

static inline bool unsealed(srtp_t srtp, struct packet *p, bool mki)
{
	return !(kit_is_rtcp(p->buf, p->len) ?
		 srtp_unprotect_rtcp_mki(srtp, p->buf, &p->len, mki) :
		 srtp_unprotect_mki(srtp, p->buf, &p->len, mki));
}

/* A direction -------------------------------------------------------------------- */

static inline struct rtplane_srtp *direction(size_t suite, unsigned int nr, unsigned int mki_len)
{
	uint8_t key[KIT_KEY_MAX], mki[16];

	key_bytes_of(key, nr);
	memset(mki, (int)nr, sizeof(mki));
	return rtplane_srtp_new(&(struct rtplane_srtp_conf) {
		.suite = (u8)(suite + 1), .mki_len = (u8)mki_len, .key = key, .mki = mki,
	});
}

static inline void install(struct rtplane_srtp **have, struct rtplane_srtp *news, bool sends, bool fresh)
{
	rtplane_srtp_install(have, &news, sends, fresh);
	rtplane_srtp_free(news);
}

/* where a source stands */
static inline struct rtplane_srtp_told stands(const struct rtplane_srtp *s, uint32_t ssrc)
{
	struct rtplane_srtp_told told;
	const void *source = NULL;

	while ((source = rtplane_srtp_each(s, source, &told)))
		if (told.ssrc == ssrc)
			return told;
	return (struct rtplane_srtp_told) { .ssrc = 0 };
}

static inline unsigned int sources(const struct rtplane_srtp *s)
{
	struct rtplane_srtp_told told;
	const void *source = NULL;
	unsigned int n = 0;

	while ((source = rtplane_srtp_each(s, source, &told)))
		n++;
	return n;
}

/* libsrtp2 protects, the module opens */
static inline int arrives(struct rtplane_srtp *s, srtp_t from, struct packet plain)
{
	struct packet p = sealed(from, plain, false);
	int why = handle(s, &p, false, NULL);

	return why == FINE && !same(&p, &plain) ? RTPLANE_DROP_MAX : why;
}

/* the module protects, libsrtp2 opens; the sequence number may be another */
static inline int leaves(struct rtplane_srtp *s, srtp_t to, struct packet plain)
{
	struct packet p = plain;
	int why = handle(s, &p, true, NULL);

	if (why != FINE)
		return why;
	if (!unsealed(to, &p, false))
		return RTPLANE_DROP_MAX;
	if (!kit_is_rtcp(p.buf, p.len))
		memcpy(p.buf + 2, plain.buf + 2, 2);
	return same(&p, &plain) ? FINE : RTPLANE_DROP_MAX;
}

#endif /* UNIT_SRTP_MODULE_LIB_H */
