// SPDX-License-Identifier: GPL-2.0
/* Fingerprints of certificates: RFC 8122. */
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "private.h"

/* what there is of each hash, by enum dtls_hash */
static const struct {
	const char *name;
	uint8_t len;
} hashes[] = {
	[DTLS_HASH_NONE] = { "none", 0 },
	[DTLS_SHA1] = { "sha-1", 20 },
	[DTLS_SHA224] = { "sha-224", 28 },
	[DTLS_SHA256] = { "sha-256", 32 },
	[DTLS_SHA384] = { "sha-384", 48 },
	[DTLS_SHA512] = { "sha-512", 64 },
};

#define HASHES	(sizeof(hashes) / sizeof(*hashes))

const char *dtls_hash_name(enum dtls_hash hash)
{
	return hashes[hash].name;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* pairs of digits with colons between; how many, or 0; those that fit are kept */
static size_t read_bytes(struct span text, uint8_t *out, size_t room)
{
	size_t n = 0;
	int high, low;

	if (text.n % 3 != 2)
		return 0;
	for (; text.n; text = span_skip(text, 3)) {
		high = hex(text.p[0]);
		low = hex(text.p[1]);
		if (high < 0 || low < 0 || (text.n > 2 && text.p[2] != ':'))
			return 0;
		if (n < room)
			out[n] = (uint8_t)(high << 4 | low);
		n++;
	}
	return n;
}

bool dtls_fingerprint_read(struct span text, struct dtls_fingerprint *fp)
{
	struct span rest = span_trim(text), name = span_cut(&rest, ' ');
	uint8_t digest[DTLS_DIGEST_MAX];
	size_t n, i;

	n = read_bytes(span_trim(rest), digest, sizeof(digest));
	if (!name.n || !n)
		return false;
	memset(fp, 0, sizeof(*fp));
	for (i = 1; i < HASHES; i++)
		if (span_iscase(name, hashes[i].name))
			break;
	if (i == HASHES)
		return true;
	if (n != hashes[i].len)
		return false;
	fp->hash = (enum dtls_hash)i;
	fp->len = (uint8_t)n;
	memcpy(fp->digest, digest, n);
	return true;
}

const char *dtls_fingerprint_str(const struct dtls_fingerprint *fp, char *buf,
				 size_t len)
{
	size_t at = (size_t)snprintf(buf, len, "%s ", hashes[fp->hash].name), i;

	for (i = 0; i < fp->len && at + 3 < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%02X",
				       i ? ":" : "", fp->digest[i]);
	return buf;
}

bool dtls_digest(const X509 *cert, enum dtls_hash hash,
		 struct dtls_fingerprint *fp)
{
	static const char *const names[] = {
		NULL, "SHA1", "SHA224", "SHA256", "SHA384", "SHA512",
	};
	EVP_MD *md = EVP_MD_fetch(NULL, names[hash], NULL);
	unsigned int n = 0;
	bool ok;

	memset(fp, 0, sizeof(*fp));
	ok = md && X509_digest(cert, md, fp->digest, &n) == 1;
	EVP_MD_free(md);
	fp->hash = hash;
	fp->len = (uint8_t)n;
	return ok;
}

size_t dtls_fingerprints_choose(struct dtls_fingerprint *list, size_t n)
{
	enum dtls_hash best = DTLS_HASH_NONE;
	size_t i, chosen = 0;

	for (i = 0; i < n; i++)
		if (list[i].hash > best)
			best = list[i].hash;
	if (best == DTLS_HASH_NONE)
		return 0;
	for (i = 0; i < n; i++)
		if (list[i].hash == best)
			list[chosen++] = list[i];
	return chosen;
}

bool dtls_fingerprints_fit(const struct dtls_fingerprint *list, size_t n,
			   const X509 *cert)
{
	struct dtls_fingerprint own;
	size_t i;

	if (!n || !dtls_digest(cert, list->hash, &own))
		return false;
	for (i = 0; i < n; i++)
		if (list[i].len == own.len &&
		    !CRYPTO_memcmp(list[i].digest, own.digest, own.len))
			return true;
	return false;
}
