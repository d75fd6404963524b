// SPDX-License-Identifier: GPL-2.0
/* SRTP's master keys and the session keys that are derived from them (RFC 3711 section 4.3). */
#include <linux/slab.h>

#include "cipher.h"
#include "srtpkey.h"

/**
 * struct rtplane_srtp_suite_def - what a suite is
 * @key_len: bytes of the AES key
 * @salt_len: bytes of the salt
 * @tag_len: bytes of RTP's tag
 */
struct rtplane_srtp_suite_def {
	u8 key_len;
	u8 salt_len;
	u8 tag_len;
};

static const struct rtplane_srtp_suite_def suites[__RTPLANE_SRTP_MAX] = {
	[RTPLANE_SRTP_AES_128_CM_SHA1_80] = { 16, 14, 10 },
	[RTPLANE_SRTP_AES_128_CM_SHA1_32] = { 16, 14, 4 },
	[RTPLANE_SRTP_AES_256_CM_SHA1_80] = { 32, 14, 10 },
	[RTPLANE_SRTP_AES_256_CM_SHA1_32] = { 32, 14, 4 },
	[RTPLANE_SRTP_AES_128_GCM] = { 16, 12, RTPLANE_GCM_TAG },
	[RTPLANE_SRTP_AES_256_GCM] = { 32, 12, RTPLANE_GCM_TAG },
};

/**
 * rtplane_srtp_key_len() - how long is a key of a suite?
 * @suite: &enum rtplane_srtp_suite
 *
 * Return: bytes of master key and salt.
 */
unsigned int rtplane_srtp_key_len(u8 suite)
{
	return suites[suite].key_len + suites[suite].salt_len;
}

/* Bytes of the key that was made last and of its ciphers; 0 before there was one. */
static unsigned int key_bytes;

unsigned int rtplane_srtp_key_size(void)
{
	return READ_ONCE(key_bytes);
}

/**
 * rtplane_srtp_key_free() - free a key and forget it
 * @key: key that no packet can find any more; NULL is fine
 *
 * Context: process.
 */
void rtplane_srtp_key_free(struct rtplane_srtp_key *key)
{
	if (!key)
		return;
	rtplane_cipher_free(key->rtp);
	rtplane_cipher_free(key->rtcp);
	kfree_sensitive(key);
}

/* The session keys of RTP, or of RTCP with labels that are @more. */
static struct rtplane_cipher *session(const struct rtplane_srtp_key *key, const void *aes,
				      unsigned int more, struct rtplane_srtp_salt *salt)
{
	const struct rtplane_srtp_suite_def *def = &suites[key->suite];
	const u8 *master = key->master + def->key_len;
	struct rtplane_cipher *cipher;
	struct {
		u8 key[32];
		u8 auth[RTPLANE_SHA1_LEN];
		u8 salt[14];
	} s;

	rtplane_srtp_derive(rtplane_aes_block, aes, master, def->salt_len,
			    RTPLANE_SRTP_LABEL_KEY + more, s.key, def->key_len);
	rtplane_srtp_derive(rtplane_aes_block, aes, master, def->salt_len,
			    RTPLANE_SRTP_LABEL_AUTH + more, s.auth, sizeof(s.auth));
	rtplane_srtp_derive(rtplane_aes_block, aes, master, def->salt_len,
			    RTPLANE_SRTP_LABEL_SALT + more, s.salt, def->salt_len);
	rtplane_srtp_salt_set(salt, s.salt, def->salt_len);
	cipher = rtplane_cipher_new(&(struct rtplane_session_keys) {
		.key = s.key, .key_len = def->key_len, .auth = key->gcm ? NULL : s.auth,
	}, !more);
	memzero_explicit(&s, sizeof(s));
	return cipher;
}

static int key_derive(struct rtplane_srtp_key *key)
{
	void *aes = rtplane_aes_new(key->master, suites[key->suite].key_len);
	int err = 0;

	if (!aes)
		return -ENOMEM;
	key->rtp = session(key, aes, 0, &key->salt);
	if (IS_ERR(key->rtp))
		err = PTR_ERR(key->rtp);
	else
		key->rtcp = session(key, aes, RTPLANE_SRTP_LABEL_RTCP, &key->rtcp_salt);
	if (!err && IS_ERR(key->rtcp))
		err = PTR_ERR(key->rtcp);
	kfree_sensitive(aes);
	return err;
}

/**
 * rtplane_srtp_key_new() - derive the session keys of a master key
 * @conf: suite (not none) and key
 *
 * Context: process.
 * Return: the key, or an ERR_PTR(): -ENOENT, the kernel has no such cipher.
 */
struct rtplane_srtp_key *rtplane_srtp_key_new(const struct rtplane_srtp_conf *conf)
{
	struct rtplane_srtp_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	int err;

	if (!key)
		return ERR_PTR(-ENOMEM);
	key->suite = conf->suite;
	key->tag_len = suites[conf->suite].tag_len;
	key->gcm = key->tag_len == RTPLANE_GCM_TAG;
	key->mki_len = conf->mki_len;
	memcpy(key->mki, conf->mki, conf->mki_len);
	memcpy(key->master, conf->key, rtplane_srtp_key_len(conf->suite));
	err = key_derive(key);
	if (!err) {
		WRITE_ONCE(key_bytes, sizeof(*key) + rtplane_cipher_size(key->rtp) +
			   rtplane_cipher_size(key->rtcp));
		return key;
	}
	rtplane_srtp_key_free(key);
	return ERR_PTR(err);
}

/* The same suite, key and salt? */
bool rtplane_srtp_key_same(const struct rtplane_srtp_key *a, const struct rtplane_srtp_key *b)
{
	return a->suite == b->suite && !rtplane_differ(a->master, b->master, sizeof(a->master));
}

/* Give a key the identifier of another. */
void rtplane_srtp_key_rename(struct rtplane_srtp_key *key, const struct rtplane_srtp_key *as)
{
	key->mki_len = as->mki_len;
	memcpy(key->mki, as->mki, sizeof(key->mki));
}
