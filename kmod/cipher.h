/* SPDX-License-Identifier: GPL-2.0 */
/* The ciphers of SRTP: what this kernel has, in the shape that srtp.c needs. */
#ifndef _RTPLANE_CIPHER_H
#define _RTPLANE_CIPHER_H

#include <linux/types.h>

#include "compat.h"

#define RTPLANE_SHA1_LEN	20
#define RTPLANE_GCM_TAG		16

struct rtplane_cipher;

/**
 * struct rtplane_session_keys - what a cipher is made of
 * @key: AES key
 * @key_len: its bytes, 16 or 32
 * @auth: key of HMAC-SHA1, 20 bytes; NULL: GCM
 */
struct rtplane_session_keys {
	const u8 *key;
	unsigned int key_len;
	const u8 *auth;
};

/**
 * struct rtplane_gcm_text - a packet as GCM sees it, in up to three pieces
 * @aad: what is authenticated only
 * @aad_len: its bytes
 * @aad2: more of that
 * @aad2_len: its bytes
 * @text: what is encrypted too, the tag behind it
 * @len: its bytes, without the tag
 */
struct rtplane_gcm_text {
	const u8 *aad;
	unsigned int aad_len;
	const u8 *aad2;
	unsigned int aad2_len;
	u8 *text;
	unsigned int len;
};

/* Do two tags differ?  In a time that does not tell where. */
static __always_inline bool rtplane_differ(const u8 *a, const u8 *b, unsigned int len)
{
	u64 diff = 0;

	for (; len >= 8; a += 8, b += 8, len -= 8)
		diff |= get_unaligned((const u64 *)a) ^ get_unaligned((const u64 *)b);
	for (; len >= 2; a += 2, b += 2, len -= 2)
		diff |= get_unaligned((const u16 *)a) ^ get_unaligned((const u16 *)b);
	OPTIMIZER_HIDE_VAR(diff);
	return diff;
}

/* Where the first block of the next packet is to be written. */
static __always_inline __be64 *rtplane_cipher_iv(struct rtplane_cipher *c)
{
	return (__be64 *)c;
}

struct rtplane_cipher *rtplane_cipher_new(const struct rtplane_session_keys *keys, bool often);
void rtplane_cipher_free(struct rtplane_cipher *c);
unsigned int rtplane_cipher_size(const struct rtplane_cipher *c);
u64 rtplane_cipher_slow(void);

void *rtplane_aes_new(const u8 *key, unsigned int len);
void rtplane_aes_block(const void *aes, u8 *out, const u8 *in);

int rtplane_cipher_mac(struct rtplane_cipher *c, const u8 *data, unsigned int len,
		       u8 mac[RTPLANE_SHA1_LEN]);
int rtplane_cipher_ctr(struct rtplane_cipher *c, u8 *data, unsigned int len);
int rtplane_cipher_seal(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len);
int rtplane_cipher_open(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len);
void rtplane_cipher_seal_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t);
int rtplane_cipher_open_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t);

#endif /* _RTPLANE_CIPHER_H */
