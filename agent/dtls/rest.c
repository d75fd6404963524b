// SPDX-License-Identifier: GPL-2.0
/*
 * What is left of an association once there are keys of media: OpenSSL's part takes 40 KB
 * and has nothing more to do than three things, for which some 300 bytes will do:
 *
 *	our last flight, if the other party repeats its own since ours was lost: the same
 *	records again, of which it takes those that it has not seen;
 *	our close_notify, made in advance;
 *	the key of what arrives, so that an alert of the other party's is understood, and a
 *	repetition is known to be its. (RFC 5246 6.2.3.3, RFC 6347 4.1.2.1, RFC 7905 2.)
 *
 * By a cipher that is not AEAD nothing is understood: flights are repeated, few times, and
 * the end is what signalling says.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "private.h"

/* what an alert and a Finished are at most, in the clear */
#define READ_MAX	64

#define TAG		16
#define EXPLICIT	8

/* keys of both sides, then what their nonces begin with */
#define BLOCK_MAX	(2 * (REST_KEY_MAX + REST_IV_MAX))

/* a flight is not repeated more often than its author could have lost it */
#define REPEATS_MAX	16

static bool expand(SSL *ssl, uint8_t *block, size_t n)
{
	const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], client[SSL3_RANDOM_SIZE];
	uint8_t server[SSL3_RANDOM_SIZE];
	size_t len = SSL_SESSION_get_master_key(SSL_get_session(ssl), master,
						sizeof(master));
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char label[] = "key expansion";
	OSSL_PARAM params[6], *p = params;
	bool done = false;

	SSL_get_client_random(ssl, client, sizeof(client));
	SSL_get_server_random(ssl, server, sizeof(server));
	if (ctx && md && len) {
		*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
							(char *)EVP_MD_get0_name(md), 0);
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET,
							 master, len);
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label,
							 sizeof(label) - 1);
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, server,
							 sizeof(server));
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, client,
							 sizeof(client));
		*p = OSSL_PARAM_construct_end();
		done = EVP_KDF_derive(ctx, block, n, params) == 1;
	}
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	OPENSSL_cleanse(master, sizeof(master));
	return done;
}

static const EVP_CIPHER *cipher_of(SSL *ssl, size_t *key, size_t *iv)
{
	switch (SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl))) {
	case NID_aes_128_gcm:
		*key = 16;
		*iv = 4;
		return EVP_aes_128_gcm();
	case NID_aes_256_gcm:
		*key = 32;
		*iv = 4;
		return EVP_aes_256_gcm();
	case NID_chacha20_poly1305:
		*key = 32;
		*iv = 12;
		return EVP_chacha20_poly1305();
	default:
		return NULL;
	}
}

void dtls_rest_keep(struct rest *rest, SSL *ssl, bool server)
{
	size_t key = 0, iv = 0;
	const EVP_CIPHER *cipher = cipher_of(ssl, &key, &iv);
	uint8_t block[BLOCK_MAX];

	if (!cipher || !expand(ssl, block, 2 * (key + iv)))
		return;
	/* a server reads what the client has written */
	memcpy(rest->key, block + (server ? 0 : key), key);
	memcpy(rest->iv, block + 2 * key + (server ? 0 : iv), iv);
	rest->cipher = cipher;
	rest->n_iv = (uint8_t)iv;
	OPENSSL_cleanse(block, sizeof(block));
}

static bool open_record(const struct rest *rest, const struct dtls_record *r,
			const uint8_t *nonce, const uint8_t *body, size_t n,
			uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t aad[RECORD_HEAD];
	bool done;
	int len;

	/* number, type, version, length in the clear */
	memcpy(aad, r->p + 3, 8);
	memcpy(aad + 8, r->p, 3);
	aad[11] = (uint8_t)(n >> 8);
	aad[12] = (uint8_t)n;
	done = ctx && EVP_DecryptInit_ex(ctx, rest->cipher, NULL, rest->key, nonce) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &len, aad, sizeof(aad)) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &len, body, (int)n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
				   (void *)(body + n)) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + len, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

/* bytes of @out, which has room for READ_MAX; 0: it is not the other party's */
static size_t read_record(const struct rest *rest, const struct dtls_record *r,
			  uint8_t *out)
{
	size_t explicit = rest->n_iv == 4 ? EXPLICIT : 0, n = r->n - RECORD_HEAD, i;
	const uint8_t *body = r->p + RECORD_HEAD;
	uint8_t nonce[12];

	if (!rest->cipher || n <= explicit + TAG || n - explicit - TAG > READ_MAX)
		return 0;
	n -= explicit + TAG;
	memcpy(nonce, rest->iv, rest->n_iv);
	if (explicit)
		memcpy(nonce + 4, body, EXPLICIT);
	else
		for (i = 0; i < 8; i++)
			nonce[4 + i] ^= r->p[3 + i];
	return open_record(rest, r, nonce, body + explicit, n, out) ? n : 0;
}

static void repeat(struct rest *rest, struct queue *out)
{
	const struct datagram *d;

	if (rest->repeats++ >= REPEATS_MAX)
		return;
	for (d = rest->flight.first; d; d = d->next)
		dtls_queue_put(out, d->data, d->n);
}

int dtls_rest_take(struct rest *rest, const struct dtls_record *r, struct queue *out)
{
	uint8_t clear[READ_MAX];
	size_t n;

	if (r->type != RECORD_ALERT && r->type != RECORD_HANDSHAKE)
		return -1;
	n = read_record(rest, r, clear);
	if (r->type == RECORD_HANDSHAKE && (n || !rest->cipher))
		repeat(rest, out);
	if (r->type != RECORD_ALERT || n != 2)
		return -1;
	return clear[0] == SSL3_AL_FATAL || clear[1] == SSL_AD_CLOSE_NOTIFY ? clear[1] : -1;
}

void dtls_rest_clean(struct rest *rest)
{
	dtls_queue_empty(&rest->flight);
	dtls_queue_empty(&rest->goodbye);
	OPENSSL_cleanse(rest, sizeof(*rest));
}
