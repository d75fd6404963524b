// SPDX-License-Identifier: GPL-2.0
/*
 * Our certificate, and what all associations that show it have in common: which DTLS,
 * which ciphers. OpenSSL's context is made once with it and is only read afterwards, by
 * any thread.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "private.h"

/* what browsers and phones do; each has an ephemeral key, so that one that is stolen
 * later opens nothing
 */
#define CIPHERS	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:@SECLEVEL=2"
#define GROUPS	"X25519:P-256:P-384"

/* it is signed by itself and only its fingerprint counts; clocks that differ are no
 * reason to refuse it
 */
#define BEFORE	(24 * 3600L)
#define AFTER	(365 * 24 * 3600L)

static const char *openssl_says(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	return why ? why : "no reason given";
}

static SSL_CTX *make_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				 SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU |
				 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_max_cert_list(ctx, DTLS_CERT_MAX);
	SSL_CTX_set_cert_verify_callback(ctx, dtls_machine_verify, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, GROUPS) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static struct dtls_cert *wrap(SSL_CTX *ctx)
{
	struct dtls_cert *cert = calloc(1, sizeof(*cert));

	if (!cert) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	cert->refs = 1;
	cert->ctx = ctx;
	return cert;
}

static bool fill(X509 *x, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(x);
	uint64_t serial;

	return RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1 &&
	       X509_set_version(x, 2) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -BEFORE) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), AFTER) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"rtplane",
					  -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256());
}

struct dtls_cert *dtls_cert_new(struct dp_err *err)
{
	struct dtls_cert *cert = NULL;
	EVP_PKEY *key;
	SSL_CTX *ctx;
	X509 *x;

	ERR_clear_error();
	key = EVP_EC_gen("P-256");
	ctx = make_context();
	x = X509_new();
	if (key && ctx && x && fill(x, key) &&
	    SSL_CTX_use_certificate(ctx, x) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, key) == 1) {
		cert = wrap(ctx);
		ctx = NULL;
	}
	if (!cert)
		dp_fail(err, ENOMEM, "no DTLS certificate can be made: %s",
			openssl_says());
	X509_free(x);
	SSL_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return cert;
}

static int load(SSL_CTX *ctx, const char *path, struct dp_err *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1)
		return dp_fail(err, EINVAL, "%s: no certificate can be read: %s; expected PEM with a certificate and its key",
			       path, openssl_says());
	if (SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return dp_fail(err, EINVAL, "%s: no key of its certificate can be read: %s; expected PEM with a certificate and its key",
			       path, openssl_says());
	return 0;
}

struct dtls_cert *dtls_cert_load(const char *path, struct dp_err *err)
{
	struct dtls_cert *cert;
	SSL_CTX *ctx;
	int ret;

	ERR_clear_error();
	ctx = make_context();
	if (!ctx) {
		dp_fail(err, ENOMEM, "no context for DTLS: %s", openssl_says());
		ERR_clear_error();
		return NULL;
	}
	ret = load(ctx, path, err);
	ERR_clear_error();
	if (ret) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	cert = wrap(ctx);
	if (!cert)
		dp_fail(err, ENOMEM, "no memory for DTLS");
	return cert;
}

struct dtls_cert *dtls_cert_get(struct dtls_cert *cert)
{
	__atomic_add_fetch(&cert->refs, 1, __ATOMIC_RELAXED);
	return cert;
}

void dtls_cert_put(struct dtls_cert *cert)
{
	if (!cert || __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL))
		return;
	SSL_CTX_free(cert->ctx);
	free(cert);
}

bool dtls_cert_fingerprint(const struct dtls_cert *cert, enum dtls_hash hash,
			   struct dtls_fingerprint *fp)
{
	return dtls_digest(SSL_CTX_get0_certificate(cert->ctx), hash, fp);
}
