/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmod/cipher.h by OpenSSL, for a program that includes kmod/srtp.c: it counts what each
 * packet costs, and does what the kernel's may do: fail, put a packet off, and leave one
 * that is not authentic in any state.
 */
#ifndef UNIT_KMODCIPHER_H
#define UNIT_KMODCIPHER_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct rtplane_cipher {
	__be64 iv[2];
	u8 key[32];
	u8 auth[RTPLANE_SHA1_LEN];
	unsigned int len;
	bool gcm;
};

/* what the next ones of these return, 0: what they should; and how many there were */
static int cipher_error;
static unsigned int cipher_macs, cipher_opens;

struct rtplane_cipher *rtplane_cipher_new(const struct rtplane_session_keys *keys, bool often)
{
	struct rtplane_cipher *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	(void)often;
	if (!c)
		return ERR_PTR(-ENOMEM);
	memcpy(c->key, keys->key, keys->key_len);
	c->len = keys->key_len;
	c->gcm = !keys->auth;
	if (keys->auth)
		memcpy(c->auth, keys->auth, sizeof(c->auth));
	return c;
}

void rtplane_cipher_free(struct rtplane_cipher *c)
{
	if (!IS_ERR_OR_NULL(c))
		free(c);
}

unsigned int rtplane_cipher_size(const struct rtplane_cipher *c)
{
	return sizeof(*c);
}

void *rtplane_aes_new(const u8 *key, unsigned int len)
{
	struct rtplane_cipher *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	memcpy(c->key, key, len);
	c->len = len;
	return c;
}

void rtplane_aes_block(const void *aes, u8 *out, const u8 *in)
{
	const struct rtplane_cipher *c = aes;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!EVP_EncryptInit_ex(ctx, c->len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), NULL,
				c->key, NULL) || !EVP_EncryptUpdate(ctx, out, &n, in, 16))
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

int rtplane_cipher_mac(struct rtplane_cipher *c, const u8 *data, unsigned int len,
		       u8 mac[RTPLANE_SHA1_LEN])
{
	cipher_macs++;
	if (cipher_error)
		return cipher_error;
	HMAC(EVP_sha1(), c->auth, sizeof(c->auth), data, len, mac, NULL);
	return 0;
}

int rtplane_cipher_ctr(struct rtplane_cipher *c, u8 *data, unsigned int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	EVP_EncryptInit_ex(ctx, c->len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(), NULL,
			   c->key, (const u8 *)c->iv);
	EVP_EncryptUpdate(ctx, data, &n, data, (int)len);
	EVP_CIPHER_CTX_free(ctx);
	return cipher_error;
}

/* Returns false where the tag is to be right and is not; the text is what came of it. */
static bool gcm(struct rtplane_cipher *c, const struct rtplane_gcm_text *t, u8 *out, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	u8 *tag = t->text + t->len;
	bool ok = true;
	int n;

	EVP_CipherInit_ex(ctx, c->len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL, c->key,
			  (const u8 *)c->iv, seal);
	EVP_CipherUpdate(ctx, NULL, &n, t->aad, (int)t->aad_len);
	if (t->aad2_len)
		EVP_CipherUpdate(ctx, NULL, &n, t->aad2, (int)t->aad2_len);
	if (t->len)
		EVP_CipherUpdate(ctx, out, &n, t->text, (int)t->len);
	if (!seal)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, RTPLANE_GCM_TAG, tag);
	ok = EVP_CipherFinal_ex(ctx, out + t->len, &n) > 0;
	if (seal)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, RTPLANE_GCM_TAG, tag);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

void rtplane_cipher_seal_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t)
{
	gcm(c, t, t->text, true);
}

/* What is not authentic stays as it is. */
int rtplane_cipher_open_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t)
{
	u8 out[4096];

	cipher_opens++;
	if (cipher_error)
		return cipher_error;
	if (!gcm(c, t, out, false))
		return -EBADMSG;
	memcpy(t->text, out, t->len);
	return 0;
}

int rtplane_cipher_seal(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len)
{
	gcm(c, &(struct rtplane_gcm_text) { .aad = data, .aad_len = aad_len, .text = data + aad_len,
					    .len = len }, data + aad_len, true);
	return cipher_error;
}

/* It does not. */
int rtplane_cipher_open(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len)
{
	int err = rtplane_cipher_open_slow(c, &(struct rtplane_gcm_text) {
		.aad = data, .aad_len = aad_len, .text = data + aad_len, .len = len,
	});

	if (err)
		memset(data + aad_len, 0xdd, len);
	return err;
}

#endif /* UNIT_KMODCIPHER_H */
