/* SPDX-License-Identifier: GPL-2.0 */
/*
 * STUN messages (RFC 8489), read and written; those of ICE (RFC 8445) and TURN
 * (RFC 8656) are the same.
 *
 * Reading: stun_parse() says whether a datagram is a message at all, and of which
 * attributes it consists; nothing is copied or allocated.  What may not be believed
 * cannot be had: stun_find() does not see what stands behind a message's integrity.
 * Whether the integrity fits is asked with stun_verify(), since only the caller knows
 * the key.
 *
 * Writing: a &struct stun_writer is filled by the stun_put functions, in the order of
 * the calls; it remembers that something did not fit, so that only stun_end() is asked.
 */
#ifndef STUN_STUN_H
#define STUN_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/span.h"

/** STUN_HEADER_LEN - bytes before the first attribute */
#define STUN_HEADER_LEN	20

/** STUN_ID_LEN - bytes of a transaction's id */
#define STUN_ID_LEN	12

/** STUN_SIGNED_MAX - bytes of the longest message whose integrity is looked at */
#define STUN_SIGNED_MAX	2048

/** STUN_UNKNOWN_MAX - unknown attributes that are told at most */
#define STUN_UNKNOWN_MAX 8

/** STUN_KEY_MAX - bytes of the longest key of stun_key_long() */
#define STUN_KEY_MAX	32

/** STUN_USERHASH_LEN - bytes of a USERHASH */
#define STUN_USERHASH_LEN 32

/** enum stun_class - what a message is */
enum stun_class {
	STUN_REQUEST,
	STUN_INDICATION,
	STUN_SUCCESS,
	STUN_ERROR
};

/** enum stun_method - what it is about */
enum stun_method {
	STUN_BINDING = 0x001,
	STUN_ALLOCATE = 0x003,
	STUN_REFRESH = 0x004,
	STUN_SEND = 0x006,
	STUN_DATA = 0x007,
	STUN_CREATE_PERMISSION = 0x008,
	STUN_CHANNEL_BIND = 0x009
};

/**
 * enum stun_type - attributes that we understand
 *
 * Below 0x8000 a message must not be used by who does not understand one of them.
 */
enum stun_type {
	STUN_MAPPED_ADDRESS = 0x0001,
	STUN_CHANGE_REQUEST = 0x0003,	/* RFC 5780: of requests of ours alone */
	STUN_USERNAME = 0x0006,
	STUN_MESSAGE_INTEGRITY = 0x0008,
	STUN_ERROR_CODE = 0x0009,
	STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	STUN_CHANNEL_NUMBER = 0x000c,
	STUN_LIFETIME = 0x000d,
	STUN_XOR_PEER_ADDRESS = 0x0012,
	STUN_DATA_VALUE = 0x0013,
	STUN_REALM = 0x0014,
	STUN_NONCE = 0x0015,
	STUN_XOR_RELAYED_ADDRESS = 0x0016,
	STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
	STUN_EVEN_PORT = 0x0018,
	STUN_REQUESTED_TRANSPORT = 0x0019,
	STUN_DONT_FRAGMENT = 0x001a,
	STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	STUN_PASSWORD_ALGORITHM = 0x001d,
	STUN_USERHASH = 0x001e,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_RESERVATION_TOKEN = 0x0022,
	STUN_PRIORITY = 0x0024,
	STUN_USE_CANDIDATE = 0x0025,
	STUN_PASSWORD_ALGORITHMS = 0x8002,
	STUN_ALTERNATE_DOMAIN = 0x8003,
	STUN_SOFTWARE = 0x8022,
	STUN_ALTERNATE_SERVER = 0x8023,
	STUN_FINGERPRINT = 0x8028,
	STUN_ICE_CONTROLLED = 0x8029,
	STUN_ICE_CONTROLLING = 0x802a,
	STUN_OTHER_ADDRESS = 0x802c	/* RFC 5780 */
};

/** enum stun_algorithm - how a password becomes a key (RFC 8489 18.5) */
enum stun_algorithm {
	STUN_MD5 = 1,
	STUN_SHA256 = 2
};

/* ------------------------------------------------------------------ reading */

/**
 * struct stun_msg - a message that was read
 * @data: where it begins; the caller's, as long as this is used
 * @len: its bytes
 * @class: what it is
 * @method: what it is about, not only those of enum stun_method
 * @id: its transaction, STUN_ID_LEN bytes within @data
 * @end: where the attributes end that can be found, bytes from @data
 * @sha1: where its MESSAGE-INTEGRITY begins, 0: it has none
 * @sha256: the same of its MESSAGE-INTEGRITY-SHA256
 * @fingerprint: it has one, which is right
 * @n_unknown: attributes that must be understood and are not; the first of them are
 *	in @unknown
 * @unknown: their types
 */
struct stun_msg {
	const uint8_t *data;
	size_t len;
	enum stun_class class;
	uint16_t method;
	const uint8_t *id;
	size_t end;
	size_t sha1;
	size_t sha256;
	bool fingerprint;
	size_t n_unknown;
	uint16_t unknown[STUN_UNKNOWN_MAX];
};

/**
 * stun_is() - does a datagram have the form of STUN?
 * @data: the datagram
 * @len: its bytes
 *
 * First byte, length and cookie, which is what a media port goes by: kmod/demux.h.
 * So methods of 0x100 and above, which nobody has, are none (RFC 7983).
 *
 * Return: true if it does.
 */
bool stun_is(const void *data, size_t len);

/**
 * stun_is_request() - is it a request, if it is STUN at all?
 * @data: a datagram of which stun_is() is true
 * @len: its bytes
 */
static inline bool stun_is_request(const void *data, size_t len)
{
	const uint8_t *b = data;

	return len >= STUN_HEADER_LEN && !(b[0] & 0x01) && !(b[1] & 0x10);
}

/**
 * stun_parse() - read a message
 * @data: it and nothing else
 * @len: its bytes
 * @msg: filled
 *
 * Refused is what is no message: a length that is no multiple of 4, attributes that
 * do not fill it, an integrity or fingerprint of a wrong length, a fingerprint that is
 * not last or not right.
 *
 * Return: true if it is one.
 */
bool stun_parse(const void *data, size_t len, struct stun_msg *msg);

/**
 * stun_find() - an attribute's value
 * @msg: the message
 * @type: which; the first of that type counts (RFC 8489 section 14)
 *
 * What stands behind the integrity is not found.
 *
 * Return: the value; absent (@p is NULL) if it is not there, empty if it is empty.
 */
struct span stun_find(const struct stun_msg *msg, unsigned int type);

/** stun_has() - is there such an attribute? */
static inline bool stun_has(const struct stun_msg *msg, unsigned int type)
{
	return stun_find(msg, type).p;
}

/**
 * stun_find_u32() - an attribute of four bytes: PRIORITY, LIFETIME
 * @msg: the message
 * @type: which
 * @value: filled on success
 *
 * Return: false if it is not there or of another length.
 */
bool stun_find_u32(const struct stun_msg *msg, unsigned int type,
		   uint32_t *value);

/**
 * stun_find_u64() - an attribute of eight bytes: ICE-CONTROLLING, ICE-CONTROLLED
 * @msg: the message
 * @type: which
 * @value: filled on success
 *
 * Return: false if it is not there or of another length.
 */
bool stun_find_u64(const struct stun_msg *msg, unsigned int type,
		   uint64_t *value);

/**
 * stun_find_addr() - an address: MAPPED-ADDRESS and those with XOR
 * @msg: the message
 * @type: which
 * @addr: filled on success; its port may be 0, its address any
 *
 * Return: false if it is not there or no address.
 */
bool stun_find_addr(const struct stun_msg *msg, unsigned int type,
		    struct dp_addr *addr);

/**
 * stun_find_error() - ERROR-CODE
 * @msg: the message
 * @reason: its text, somebody else's; NULL: not wanted
 *
 * Return: 300 to 699; 0 if it is not there or none.
 */
unsigned int stun_find_error(const struct stun_msg *msg, struct span *reason);

/**
 * stun_next_algorithm() - a list of PASSWORD-ALGORITHMS, one after the other
 * @rest: the attribute's value; moved on
 * @algorithm: filled, not only with those of enum stun_algorithm
 *
 * PASSWORD-ALGORITHM is such a list of one.
 *
 * Return: false at the end, or where it cannot be read: then @rest is not empty.
 */
bool stun_next_algorithm(struct span *rest, uint16_t *algorithm);

/**
 * enum stun_trust - does the integrity fit?
 * @STUN_UNSIGNED: there is none
 * @STUN_FORGED: there is one, and it does not fit the key
 * @STUN_TRUSTED: it fits
 */
enum stun_trust {
	STUN_UNSIGNED,
	STUN_FORGED,
	STUN_TRUSTED
};

/**
 * stun_verify() - does a message's integrity fit a key?
 * @msg: the message
 * @key: the key: a password (short-term), or of stun_key_long()
 *
 * Of two, that with SHA-256 is looked at (RFC 8489 9.1.3.3).  The time that it takes
 * tells nothing of the key.
 *
 * Return: enum stun_trust.
 */
enum stun_trust stun_verify(const struct stun_msg *msg, struct span key);

/* ------------------------------------------------------------------ writing */

/**
 * struct stun_writer - a message being written
 * @buf: where to
 * @size: bytes it has
 * @len: bytes written
 * @failed: something did not fit
 */
struct stun_writer {
	uint8_t *buf;
	size_t size;
	size_t len;
	bool failed;
};

/**
 * stun_begin() - a message without attributes
 * @w: filled
 * @buf: where to
 * @size: bytes it has
 * @class: what it is
 * @method: what it is about
 * @id: its transaction, STUN_ID_LEN bytes
 */
void stun_begin(struct stun_writer *w, void *buf, size_t size,
		enum stun_class class, unsigned int method, const uint8_t *id);

/**
 * stun_put() - an attribute of any bytes
 * @w: the message
 * @type: which
 * @value: the value
 * @n: its bytes
 */
void stun_put(struct stun_writer *w, unsigned int type, const void *value,
	      size_t n);

/** stun_put_text() - an attribute that is text: USERNAME, REALM, SOFTWARE... */
static inline void stun_put_text(struct stun_writer *w, unsigned int type,
				 struct span text)
{
	stun_put(w, type, text.p, text.n);
}

/** stun_put_flag() - an attribute without value: USE-CANDIDATE */
static inline void stun_put_flag(struct stun_writer *w, unsigned int type)
{
	stun_put(w, type, NULL, 0);
}

/** stun_put_u32() - an attribute of four bytes */
void stun_put_u32(struct stun_writer *w, unsigned int type, uint32_t value);

/** stun_put_u64() - an attribute of eight bytes */
void stun_put_u64(struct stun_writer *w, unsigned int type, uint64_t value);

/**
 * stun_put_addr() - an address, by its type plain or with XOR
 * @w: the message
 * @type: which
 * @addr: AF_INET or AF_INET6
 */
void stun_put_addr(struct stun_writer *w, unsigned int type,
		   const struct dp_addr *addr);

/**
 * stun_put_error() - ERROR-CODE
 * @w: the message
 * @code: 300 to 699
 * @reason: text for people; NULL: none
 */
void stun_put_error(struct stun_writer *w, unsigned int code,
		    const char *reason);

/**
 * stun_put_unknown() - UNKNOWN-ATTRIBUTES of an answer 420
 * @w: the message
 * @msg: the request
 */
void stun_put_unknown(struct stun_writer *w, const struct stun_msg *msg);

/**
 * stun_put_algorithms() - PASSWORD-ALGORITHM or PASSWORD-ALGORITHMS
 * @w: the message
 * @type: which of both
 * @list: enum stun_algorithm
 * @n: how many
 */
void stun_put_algorithms(struct stun_writer *w, unsigned int type,
			 const uint16_t *list, size_t n);

/**
 * stun_sign() - MESSAGE-INTEGRITY: what follows is not protected
 * @w: the message
 * @key: the key
 */
void stun_sign(struct stun_writer *w, struct span key);

/**
 * stun_sign_sha256() - MESSAGE-INTEGRITY-SHA256
 * @w: the message
 * @key: the key
 * @n: bytes of it: 16, 20, 24, 28 or all 32
 */
void stun_sign_sha256(struct stun_writer *w, struct span key, size_t n);

/**
 * stun_sign_like() - the integrity that an answer has
 * @w: the answer
 * @msg: the request, which was STUN_TRUSTED
 * @key: the key
 *
 * The same as the request's (RFC 8489 9.1.3.3).
 */
void stun_sign_like(struct stun_writer *w, const struct stun_msg *msg,
		    struct span key);

/** stun_put_fingerprint() - FINGERPRINT, the last attribute */
void stun_put_fingerprint(struct stun_writer *w);

/**
 * stun_end() - is it whole?
 * @w: the message
 *
 * Return: its bytes; 0 if something did not fit.
 */
size_t stun_end(const struct stun_writer *w);

/* --------------------------------------------------------------------- keys */

/**
 * stun_key_long() - the key of long-term credentials (RFC 8489 18.5.1)
 * @algorithm: how it is made
 * @user: USERNAME
 * @realm: REALM, without quotes
 * @password: the password, prepared (RFC 8265) by who knows it
 * @key: filled
 *
 * Return: its bytes; 0 if the library could not.
 */
size_t stun_key_long(enum stun_algorithm algorithm, struct span user,
		     struct span realm, struct span password,
		     uint8_t key[STUN_KEY_MAX]);

/**
 * stun_userhash() - USERHASH (RFC 8489 14.4)
 * @user: the user's name
 * @realm: REALM, without quotes
 * @hash: filled
 *
 * Return: false if the library could not.
 */
bool stun_userhash(struct span user, struct span realm,
		   uint8_t hash[STUN_USERHASH_LEN]);

#endif /* STUN_STUN_H */
