// SPDX-License-Identifier: GPL-2.0
/* Integrity, fingerprint, keys: RFC 8489 9, 14.4 to 14.7 and 18.5, by OpenSSL. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/kernelish.h"
#include "private.h"

/*
 * The message is signed as it would be if it ended with its integrity, whatever
 * follows: of a copy, since its header may say more.
 */
bool stun_mac(const uint8_t *data, size_t len, size_t total, bool sha256,
	      struct span key, uint8_t mac[STUN_SHA256_LEN])
{
	size_t says = total - STUN_HEADER_LEN;
	uint8_t copy[STUN_SIGNED_MAX];
	unsigned int n;

	if (len > sizeof(copy))
		return false;
	memcpy(copy, data, len);
	copy[2] = says >> 8;
	copy[3] = says;
	/* a NULL key would be the last one */
	return HMAC(sha256 ? EVP_sha256() : EVP_sha1(), key.p ? key.p : "",
		    (int)key.n, copy, len, mac, &n);
}

static bool fits(const struct stun_msg *msg, size_t at, bool sha256,
		 struct span key)
{
	size_t n = get_unaligned_be16(msg->data + at + 2);
	uint8_t mac[STUN_SHA256_LEN];

	return stun_mac(msg->data, at, at + STUN_ATTR_HEAD + n, sha256, key,
			mac) &&
	       !CRYPTO_memcmp(msg->data + at + STUN_ATTR_HEAD, mac, n);
}

enum stun_trust stun_verify(const struct stun_msg *msg, struct span key)
{
	size_t at = msg->sha256 ? msg->sha256 : msg->sha1;

	if (!at)
		return STUN_UNSIGNED;
	return fits(msg, at, msg->sha256, key) ? STUN_TRUSTED : STUN_FORGED;
}

/* CRC-32 of ITU-T V.42, four bits at a time */
static uint32_t crc32(const uint8_t *data, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;

	for (; len; len--, data++) {
		crc = table[(crc ^ *data) & 15] ^ crc >> 4;
		crc = table[(crc ^ *data >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

uint32_t stun_crc(const uint8_t *data, size_t len)
{
	return crc32(data, len) ^ 0x5354554e;
}

void stun_xor(const uint8_t *id, uint8_t *value, size_t n)
{
	static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };
	size_t i;

	value[0] ^= cookie[0];
	value[1] ^= cookie[1];
	for (i = 2; i < n; i++)
		value[i] ^= i < 6 ? cookie[i - 2] : id[i - 6];
}

/* H(a:b:c) */
static size_t hash(const EVP_MD *md, const struct span *piece, size_t n,
		   uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len = 0;
	bool ok;
	size_t i;

	if (!ctx)
		return 0;
	ok = EVP_DigestInit_ex(ctx, md, NULL);
	for (i = 0; ok && i < n; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		if (ok && piece[i].n)
			ok = EVP_DigestUpdate(ctx, piece[i].p, piece[i].n);
	}
	ok = ok && EVP_DigestFinal_ex(ctx, out, &len);
	EVP_MD_CTX_free(ctx);
	return ok ? len : 0;
}

size_t stun_key_long(enum stun_algorithm algorithm, struct span user,
		     struct span realm, struct span password,
		     uint8_t key[STUN_KEY_MAX])
{
	struct span piece[] = { user, realm, password };

	return hash(algorithm == STUN_MD5 ? EVP_md5() : EVP_sha256(), piece, 3,
		    key);
}

bool stun_userhash(struct span user, struct span realm,
		   uint8_t hash_out[STUN_USERHASH_LEN])
{
	struct span piece[] = { user, realm };

	return hash(EVP_sha256(), piece, 2, hash_out) == STUN_USERHASH_LEN;
}
