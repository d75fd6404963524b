// SPDX-License-Identifier: GPL-2.0
/* STUN messages, read: RFC 8489 sections 5, 6.3 and 14. */
#include <string.h>

#include "kmod/demux.h"
#include "private.h"

bool stun_is(const void *data, size_t len)
{
	const uint8_t *b = data;

	return len >= STUN_HEADER_LEN && len <= UINT16_MAX && b[0] <= 3 &&
	       rtplane_demux_proof(b, len);
}

static bool is_known(uint16_t type)
{
	switch (type) {
	case STUN_MAPPED_ADDRESS:
	case STUN_USERNAME:
	case STUN_MESSAGE_INTEGRITY:
	case STUN_ERROR_CODE:
	case STUN_UNKNOWN_ATTRIBUTES:
	case STUN_CHANNEL_NUMBER:
	case STUN_LIFETIME:
	case STUN_XOR_PEER_ADDRESS:
	case STUN_DATA_VALUE:
	case STUN_REALM:
	case STUN_NONCE:
	case STUN_XOR_RELAYED_ADDRESS:
	case STUN_REQUESTED_ADDRESS_FAMILY:
	case STUN_EVEN_PORT:
	case STUN_REQUESTED_TRANSPORT:
	case STUN_DONT_FRAGMENT:
	case STUN_MESSAGE_INTEGRITY_SHA256:
	case STUN_PASSWORD_ALGORITHM:
	case STUN_USERHASH:
	case STUN_XOR_MAPPED_ADDRESS:
	case STUN_RESERVATION_TOKEN:
	case STUN_PRIORITY:
	case STUN_USE_CANDIDATE:
		return true;
	default:
		return type >= 0x8000;
	}
}

static void note_unknown(struct stun_msg *msg, uint16_t type)
{
	size_t i;

	for (i = 0; i < msg->n_unknown; i++)
		if (msg->unknown[i] == type)
			return;
	if (i < STUN_UNKNOWN_MAX)
		msg->unknown[msg->n_unknown++] = type;
}

/*
 * Is the attribute at a place in its place?  What is behind an integrity is not
 * protected by it: nothing but SHA-256 behind SHA-1, and the fingerprint, counts there.
 */
static bool take(struct stun_msg *msg, uint16_t type, size_t at, size_t n)
{
	const uint8_t *value = msg->data + at + STUN_ATTR_HEAD;
	bool closed = msg->sha1 || msg->sha256;

	switch (type) {
	case STUN_FINGERPRINT:
		msg->fingerprint = n == 4 &&
			at + STUN_ATTR_HEAD + n == msg->len &&
			get_unaligned_be32(value) == stun_crc(msg->data, at);
		if (!closed)
			msg->end = at;
		return msg->fingerprint;
	case STUN_MESSAGE_INTEGRITY:
		if (closed)
			return true;
		msg->sha1 = at;
		msg->end = at;
		return n == STUN_SHA1_LEN;
	case STUN_MESSAGE_INTEGRITY_SHA256:
		if (msg->sha256)
			return true;
		msg->sha256 = at;
		if (!closed)
			msg->end = at;
		return n >= STUN_SHA256_MIN && n <= STUN_SHA256_LEN && n % 4 == 0;
	default:
		if (!closed && !is_known(type))
			note_unknown(msg, type);
		return true;
	}
}

static bool take_all(struct stun_msg *msg)
{
	size_t at = STUN_HEADER_LEN, n;
	const uint8_t *b;

	while (at < msg->len) {
		if (msg->len - at < STUN_ATTR_HEAD)
			return false;
		b = msg->data + at;
		n = get_unaligned_be16(b + 2);
		if (stun_padded(n) > msg->len - at - STUN_ATTR_HEAD ||
		    !take(msg, get_unaligned_be16(b), at, n))
			return false;
		at += STUN_ATTR_HEAD + stun_padded(n);
	}
	return true;
}

bool stun_parse(const void *data, size_t len, struct stun_msg *msg)
{
	unsigned int type;

	memset(msg, 0, sizeof(*msg));
	if (!stun_is(data, len) || len % 4)
		return false;
	msg->data = data;
	msg->len = len;
	msg->end = len;
	msg->id = msg->data + STUN_HEADER_LEN - STUN_ID_LEN;
	type = get_unaligned_be16(msg->data);
	msg->class = (type >> 7 & 2) | (type >> 4 & 1);
	msg->method = (type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf);
	return take_all(msg);
}

struct span stun_find(const struct stun_msg *msg, unsigned int type)
{
	size_t at = STUN_HEADER_LEN, n;
	const uint8_t *b;

	while (at < msg->end) {
		b = msg->data + at;
		n = get_unaligned_be16(b + 2);
		if (get_unaligned_be16(b) == type)
			return (struct span){ (const char *)b + STUN_ATTR_HEAD, n };
		at += STUN_ATTR_HEAD + stun_padded(n);
	}
	return (struct span){ NULL, 0 };
}

bool stun_find_u32(const struct stun_msg *msg, unsigned int type,
		   uint32_t *value)
{
	struct span s = stun_find(msg, type);

	if (!s.p || s.n != 4)
		return false;
	*value = get_unaligned_be32(s.p);
	return true;
}

bool stun_find_u64(const struct stun_msg *msg, unsigned int type,
		   uint64_t *value)
{
	struct span s = stun_find(msg, type);

	if (!s.p || s.n != 8)
		return false;
	*value = (uint64_t)get_unaligned_be32(s.p) << 32 |
		 get_unaligned_be32(s.p + 4);
	return true;
}

bool stun_find_addr(const struct stun_msg *msg, unsigned int type,
		    struct dp_addr *addr)
{
	struct span s = stun_find(msg, type);
	uint8_t value[18];

	if (!s.p || !((s.n == 8 && s.p[1] == 1) || (s.n == 20 && s.p[1] == 2)))
		return false;
	memcpy(value, s.p + 2, s.n - 2);
	if (stun_is_xor(type))
		stun_xor(msg->id, value, s.n - 2);
	memset(addr, 0, sizeof(*addr));
	addr->family = s.n == 8 ? AF_INET : AF_INET6;
	addr->port = get_unaligned_be16(value);
	if (addr->family == AF_INET)
		memcpy(&addr->v4, value + 2, sizeof(addr->v4));
	else
		memcpy(&addr->v6, value + 2, sizeof(addr->v6));
	return true;
}

unsigned int stun_find_error(const struct stun_msg *msg, struct span *reason)
{
	struct span s = stun_find(msg, STUN_ERROR_CODE);
	unsigned int hundreds, rest;

	if (reason)
		*reason = (struct span){ NULL, 0 };
	if (!s.p || s.n < 4)
		return 0;
	hundreds = s.p[2] & 7;
	rest = (uint8_t)s.p[3];
	if (hundreds < 3 || hundreds > 6 || rest > 99)
		return 0;
	if (reason)
		*reason = span_skip(s, 4);
	return hundreds * 100 + rest;
}

/* each an algorithm, the length of its parameters, and these with padding */
bool stun_next_algorithm(struct span *rest, uint16_t *algorithm)
{
	size_t n;

	if (rest->n < 4)
		return false;
	n = 4 + stun_padded(get_unaligned_be16(rest->p + 2));
	/* of the last one the padding is the attribute's, and not in its length */
	if (4u + get_unaligned_be16(rest->p + 2) > rest->n)
		return false;
	*algorithm = get_unaligned_be16(rest->p);
	*rest = span_skip(*rest, n);
	return true;
}
