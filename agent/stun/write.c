// SPDX-License-Identifier: GPL-2.0
/* STUN messages, written: RFC 8489 sections 5 and 14. */
#include <string.h>

#include "private.h"

static void put_be16(uint8_t *b, unsigned int value)
{
	b[0] = value >> 8;
	b[1] = value;
}

static void put_be32(uint8_t *b, uint32_t value)
{
	put_be16(b, value >> 16);
	put_be16(b + 2, value);
}

void stun_begin(struct stun_writer *w, void *buf, size_t size,
		enum stun_class class, unsigned int method, const uint8_t *id)
{
	static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

	*w = (struct stun_writer){ .buf = buf, .size = size };
	if (size < STUN_HEADER_LEN) {
		w->failed = true;
		return;
	}
	put_be16(w->buf, (method & 0xf80) << 2 | (method & 0x70) << 1 |
		 (method & 0xf) | (class & 2) << 7 | (class & 1) << 4);
	put_be16(w->buf + 2, 0);
	memcpy(w->buf + 4, cookie, sizeof(cookie));
	memcpy(w->buf + 8, id, STUN_ID_LEN);
	w->len = STUN_HEADER_LEN;
}

/* room for an attribute, in the length of the header already; NULL: there is none */
static uint8_t *grow(struct stun_writer *w, unsigned int type, size_t n)
{
	uint8_t *at;

	if (w->failed || n > UINT16_MAX ||
	    STUN_ATTR_HEAD + stun_padded(n) > w->size - w->len ||
	    w->len + STUN_ATTR_HEAD + stun_padded(n) > UINT16_MAX) {
		w->failed = true;
		return NULL;
	}
	at = w->buf + w->len;
	put_be16(at, type);
	put_be16(at + 2, n);
	memset(at + STUN_ATTR_HEAD, 0, stun_padded(n));
	w->len += STUN_ATTR_HEAD + stun_padded(n);
	put_be16(w->buf + 2, w->len - STUN_HEADER_LEN);
	return at + STUN_ATTR_HEAD;
}

void stun_put(struct stun_writer *w, unsigned int type, const void *value,
	      size_t n)
{
	uint8_t *at = grow(w, type, n);

	if (at && n)
		memcpy(at, value, n);
}

void stun_put_u32(struct stun_writer *w, unsigned int type, uint32_t value)
{
	uint8_t b[4];

	put_be32(b, value);
	stun_put(w, type, b, sizeof(b));
}

void stun_put_u64(struct stun_writer *w, unsigned int type, uint64_t value)
{
	uint8_t b[8];

	put_be32(b, value >> 32);
	put_be32(b + 4, value);
	stun_put(w, type, b, sizeof(b));
}

void stun_put_addr(struct stun_writer *w, unsigned int type,
		   const struct dp_addr *addr)
{
	size_t n = addr->family == AF_INET ? 4 : 16;
	uint8_t value[20] = { 0, n == 4 ? 1 : 2 };

	put_be16(value + 2, addr->port);
	if (n == 4)
		memcpy(value + 4, &addr->v4, n);
	else
		memcpy(value + 4, &addr->v6, n);
	if (stun_is_xor(type) && !w->failed)
		stun_xor(w->buf + 8, value + 2, n + 2);
	stun_put(w, type, value, n + 4);
}

void stun_put_error(struct stun_writer *w, unsigned int code,
		    const char *reason)
{
	size_t n = reason ? strlen(reason) : 0;
	uint8_t *at = grow(w, STUN_ERROR_CODE, 4 + n);

	if (!at)
		return;
	at[2] = code / 100;
	at[3] = code % 100;
	if (n)
		memcpy(at + 4, reason, n);
}

void stun_put_unknown(struct stun_writer *w, const struct stun_msg *msg)
{
	uint8_t *at = grow(w, STUN_UNKNOWN_ATTRIBUTES, 2 * msg->n_unknown);
	size_t i;

	for (i = 0; at && i < msg->n_unknown; i++)
		put_be16(at + 2 * i, msg->unknown[i]);
}

void stun_put_algorithms(struct stun_writer *w, unsigned int type,
			 const uint16_t *list, size_t n)
{
	uint8_t *at = grow(w, type, 4 * n);
	size_t i;

	for (i = 0; at && i < n; i++)
		put_be16(at + 4 * i, list[i]);
}

static void sign(struct stun_writer *w, bool sha256, struct span key, size_t n)
{
	size_t before = w->len;
	uint8_t mac[STUN_SHA256_LEN];
	uint8_t *at = grow(w, sha256 ? STUN_MESSAGE_INTEGRITY_SHA256 :
			   STUN_MESSAGE_INTEGRITY, n);

	if (!at)
		return;
	if (stun_mac(w->buf, before, w->len, sha256, key, mac))
		memcpy(at, mac, n);
	else
		w->failed = true;
}

void stun_sign(struct stun_writer *w, struct span key)
{
	sign(w, false, key, STUN_SHA1_LEN);
}

void stun_sign_sha256(struct stun_writer *w, struct span key, size_t n)
{
	if (n < STUN_SHA256_MIN || n > STUN_SHA256_LEN || n % 4)
		w->failed = true;
	else
		sign(w, true, key, n);
}

void stun_sign_like(struct stun_writer *w, const struct stun_msg *msg,
		    struct span key)
{
	if (msg->sha256)
		stun_sign_sha256(w, key, STUN_SHA256_LEN);
	else
		stun_sign(w, key);
}

void stun_put_fingerprint(struct stun_writer *w)
{
	size_t before = w->len;
	uint8_t *at = grow(w, STUN_FINGERPRINT, 4);

	if (at)
		put_be32(at, stun_crc(w->buf, before));
}

size_t stun_end(const struct stun_writer *w)
{
	return w->failed ? 0 : w->len;
}
