// SPDX-License-Identifier: GPL-2.0
/* Digests themselves: RFC 7616 3.4, by OpenSSL. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "sip/auth.h"

static const EVP_MD *md_of(enum sip_algorithm algorithm)
{
	switch (algorithm) {
	case SIP_MD5:
	case SIP_MD5_SESS:
		return EVP_md5();
	case SIP_SHA256:
	case SIP_SHA256_SESS:
		return EVP_sha256();
	case SIP_SHA512_256:
	case SIP_SHA512_256_SESS:
		return EVP_sha512_256();
	case SIP_ALGORITHM_OTHER:
		break;
	}
	return NULL;
}

static bool is_sess(enum sip_algorithm algorithm)
{
	return algorithm == SIP_MD5_SESS || algorithm == SIP_SHA256_SESS ||
	       algorithm == SIP_SHA512_256_SESS;
}

static void to_hex(const unsigned char *raw, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*hex++ = digits[raw[i] >> 4];
		*hex++ = digits[raw[i] & 15];
	}
	*hex = '\0';
}

/* H(a:b:c...), as hexadecimal text */
static bool hash(enum sip_algorithm algorithm, const struct span *piece,
		 size_t n, char out[SIP_DIGEST_LEN])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	const EVP_MD *md = md_of(algorithm);
	EVP_MD_CTX *ctx = md ? EVP_MD_CTX_new() : NULL;
	unsigned int len = 0;
	bool ok;
	size_t i;

	if (!ctx)
		return false;
	ok = EVP_DigestInit_ex(ctx, md, NULL);
	for (i = 0; ok && i < n; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		if (ok && piece[i].n)
			ok = EVP_DigestUpdate(ctx, piece[i].p, piece[i].n);
	}
	ok = ok && EVP_DigestFinal_ex(ctx, raw, &len) &&
	     2 * len < SIP_DIGEST_LEN;
	EVP_MD_CTX_free(ctx);
	if (ok)
		to_hex(raw, len, out);
	OPENSSL_cleanse(raw, sizeof(raw));
	return ok;
}

bool sip_digest_user(enum sip_algorithm algorithm, struct span username,
		     struct span realm, struct span password,
		     char ha1[SIP_DIGEST_LEN])
{
	struct span piece[] = { username, realm, password };

	return hash(algorithm, piece, 3, ha1);
}

static bool method_part(const struct sip_digest *d, char ha2[SIP_DIGEST_LEN])
{
	struct span piece[3] = { d->method, d->uri };
	char body[SIP_DIGEST_LEN];

	if (d->qop != SIP_QOP_AUTH_INT)
		return hash(d->algorithm, piece, 2, ha2);
	if (!hash(d->algorithm, &d->body, 1, body))
		return false;
	piece[2] = span_of(body);
	return hash(d->algorithm, piece, 3, ha2);
}

bool sip_digest_make(const struct sip_digest *d, char response[SIP_DIGEST_LEN])
{
	char ha1[SIP_DIGEST_LEN], ha2[SIP_DIGEST_LEN];
	struct span user = span_of(d->ha1);
	struct span session[] = { user, d->nonce, d->cnonce };
	bool ok;

	if (is_sess(d->algorithm)) {
		if (!hash(d->algorithm, session, 3, ha1))
			return false;
		user = span_of(ha1);
	}
	if (!method_part(d, ha2))
		return false;
	if (d->qop == SIP_QOP_NONE) {
		struct span piece[] = { user, d->nonce, span_of(ha2) };

		ok = hash(d->algorithm, piece, 3, response);
	} else {
		struct span piece[] = { user, d->nonce, d->nc, d->cnonce,
					d->qop_text, span_of(ha2) };

		ok = hash(d->algorithm, piece, 6, response);
	}
	OPENSSL_cleanse(ha1, sizeof(ha1));
	return ok;
}

static void lower(struct span s, char *out)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] | 0x20 : s.p[i];
}

bool sip_credentials_verify(const struct sip_credentials *c, const char *ha1,
			    struct span method, struct span body)
{
	char want[SIP_DIGEST_LEN], got[SIP_DIGEST_LEN];
	struct sip_digest d = {
		.algorithm = c->algorithm, .ha1 = ha1, .nonce = c->nonce,
		.qop = c->qop, .qop_text = c->qop_text, .nc = c->nc_text,
		.cnonce = c->cnonce, .method = method, .uri = c->uri,
		.body = body,
	};

	if (!sip_digest_make(&d, want) || c->response.n != strlen(want))
		return false;
	lower(c->response, got);
	return !CRYPTO_memcmp(want, got, c->response.n);
}

/* ------------------------------------------------------------------- nonces */

/* 16 digits of the time, 32 of what proves it: half of an HMAC-SHA-256 */
bool sip_nonce_make(const unsigned char key[SIP_NONCE_KEY], uint64_t now,
		    struct span about, char nonce[SIP_NONCE_LEN])
{
	unsigned char mac[EVP_MAX_MD_SIZE], *text;
	unsigned int len = 0;
	bool ok;

	text = malloc(16 + about.n + 1);
	if (!text)
		return false;
	snprintf((char *)text, 17, "%016llx", (unsigned long long)now);
	memcpy(nonce, text, 16);
	if (about.n)
		memcpy(text + 16, about.p, about.n);
	ok = HMAC(EVP_sha256(), key, SIP_NONCE_KEY, text, 16 + about.n, mac, &len);
	free(text);
	if (ok)
		to_hex(mac, 16, nonce + 16);
	return ok;
}

bool sip_nonce_age(const unsigned char key[SIP_NONCE_KEY], uint64_t now,
		   struct span about, struct span nonce, uint64_t *age)
{
	char want[SIP_NONCE_LEN], text[17];
	uint64_t then;
	char *end;

	if (nonce.n != SIP_NONCE_LEN - 1 ||
	    !span_str((struct span){ nonce.p, 16 }, text, sizeof(text)))
		return false;
	then = strtoull(text, &end, 16);
	/* the text is compared as a whole: another spelling of it is not ours */
	if (*end || then > now || !sip_nonce_make(key, then, about, want) ||
	    CRYPTO_memcmp(want, nonce.p, nonce.n))
		return false;
	*age = now - then;
	return true;
}
