/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder need of each other. */
#ifndef STUN_PRIVATE_H
#define STUN_PRIVATE_H

#include "stun.h"

/* of an attribute: type and length */
#define STUN_ATTR_HEAD	4

#define STUN_SHA1_LEN	20
#define STUN_SHA256_LEN	32
#define STUN_SHA256_MIN	16

/* stun_padded() - bytes that a value takes */
static inline size_t stun_padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* stun_is_xor() - is an address of that type hidden from meddling NATs? */
static inline bool stun_is_xor(unsigned int type)
{
	return type == STUN_XOR_MAPPED_ADDRESS ||
	       type == STUN_XOR_PEER_ADDRESS || type == STUN_XOR_RELAYED_ADDRESS;
}

/**
 * stun_mac() - the integrity of a message up to a place
 * @data: the message
 * @len: bytes before the attribute that holds the integrity
 * @total: bytes of the message with that attribute, as its header has to say then
 * @sha256: SHA-256, else SHA-1
 * @key: the key
 * @mac: filled, STUN_SHA256_LEN or STUN_SHA1_LEN bytes
 *
 * Return: false if it is too long or the library could not.
 */
bool stun_mac(const uint8_t *data, size_t len, size_t total, bool sha256,
	      struct span key, uint8_t mac[STUN_SHA256_LEN]);

/**
 * stun_crc() - the fingerprint of a message (RFC 8489 14.7)
 * @data: the message, whose header says the length with the fingerprint
 * @len: bytes before the fingerprint's attribute
 */
uint32_t stun_crc(const uint8_t *data, size_t len);

/**
 * stun_xor() - hide an address, or show it
 * @id: the transaction
 * @value: port and address, as in the attribute
 * @n: their bytes: 6 or 18
 */
void stun_xor(const uint8_t *id, uint8_t *value, size_t n);

#endif /* STUN_PRIVATE_H */
