/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Digest authentication (RFC 3261 22, RFC 7616, RFC 8760): both ends of it.
 * Passwords come in and never go out; what is compared is compared in constant
 * time.
 */
#ifndef SIP_AUTH_H
#define SIP_AUTH_H

#include "base/span.h"
#include "sip/header.h"
#include "sip/message.h"
#include "sip/write.h"

/**
 * enum sip_algorithm - how a digest is made
 * @SIP_ALGORITHM_OTHER: one that we do not have
 *
 * Those with SESS take nonce and cnonce into the user's part.
 */
enum sip_algorithm {
	SIP_ALGORITHM_OTHER,
	SIP_MD5, SIP_MD5_SESS,
	SIP_SHA256, SIP_SHA256_SESS,
	SIP_SHA512_256, SIP_SHA512_256_SESS
};

/**
 * enum sip_qop - quality of protection
 * @SIP_QOP_NONE: RFC 2069: none was said
 * @SIP_QOP_AUTH: method and URI
 * @SIP_QOP_AUTH_INT: and the body
 * @SIP_QOP_OTHER: one that we do not have
 */
enum sip_qop { SIP_QOP_NONE, SIP_QOP_AUTH, SIP_QOP_AUTH_INT, SIP_QOP_OTHER };

/** SIP_DIGEST_LEN - room for a digest as hexadecimal text and its NUL */
#define SIP_DIGEST_LEN	65

/**
 * struct sip_challenge - WWW-Authenticate, Proxy-Authenticate
 * @realm: without quotes, escapes as they stand (they are hashed so)
 * @nonce: likewise
 * @opaque: likewise; absent if there is none
 * @algorithm: MD5 if nothing is said
 * @algorithm_text: as written, to be sent back; absent if nothing is said
 * @qop_auth: auth is offered
 * @qop_auth_int: auth-int is offered
 * @has_qop: something is offered
 * @stale: the nonce was old: the password may be right
 */
struct sip_challenge {
	struct span realm;
	struct span nonce;
	struct span opaque;
	enum sip_algorithm algorithm;
	struct span algorithm_text;
	bool qop_auth;
	bool qop_auth_int;
	bool has_qop;
	bool stale;
};

/**
 * struct sip_credentials - Authorization, Proxy-Authorization
 * @username: without quotes
 * @realm: likewise
 * @nonce: likewise
 * @uri: likewise
 * @cnonce: likewise; absent without qop
 * @opaque: likewise; absent if there is none
 * @response: hexadecimal
 * @nc_text: eight hexadecimal digits; absent without qop
 * @nc: their value
 * @qop: kind
 * @qop_text: as written
 * @algorithm: MD5 if nothing is said
 * @userhash: @username is a hash (RFC 7616 3.4.4)
 */
struct sip_credentials {
	struct span username;
	struct span realm;
	struct span nonce;
	struct span uri;
	struct span cnonce;
	struct span opaque;
	struct span response;
	struct span nc_text;
	uint32_t nc;
	enum sip_qop qop;
	struct span qop_text;
	enum sip_algorithm algorithm;
	bool userhash;
};

/**
 * sip_challenge_read() - take a challenge apart
 * @value: of the header field
 * @c: filled on success
 *
 * Return: NULL, or why it is none that we can answer: a sentence without a full
 * stop.
 */
const char *sip_challenge_read(struct span value, struct sip_challenge *c);

/**
 * sip_challenge_best() - the strongest challenge that we can answer
 * @msg: a 401 or 407
 * @id: WWW-Authenticate or Proxy-Authenticate
 * @realm: only of this realm; absent: of whatever realm
 * @c: filled on success
 *
 * RFC 8760: SHA-512-256 before SHA-256 before MD5; of equals the first.
 *
 * Return: true if there is one.
 */
bool sip_challenge_best(const struct sip_msg *msg, enum sip_hdr id,
			struct span realm, struct sip_challenge *c);

/**
 * sip_credentials_read() - take credentials apart
 * @value: of the header field
 * @c: filled on success
 *
 * Return: NULL, or why they are none: a sentence without a full stop.
 */
const char *sip_credentials_read(struct span value, struct sip_credentials *c);

/**
 * sip_credentials_of() - those of a message for one realm
 * @msg: a request
 * @id: Authorization or Proxy-Authorization
 * @realm: which
 * @c: filled on success
 *
 * Return: 1; 0 if there are none, -EBADMSG if what there is cannot be read.
 */
int sip_credentials_of(const struct sip_msg *msg, enum sip_hdr id,
		       struct span realm, struct sip_credentials *c);

/** sip_algorithm_lookup() - by name; the absent span is MD5 */
enum sip_algorithm sip_algorithm_lookup(struct span name);

/** sip_algorithm_text() - its name; "" for SIP_ALGORITHM_OTHER */
struct span sip_algorithm_text(enum sip_algorithm algorithm);

/**
 * sip_digest_user() - H(user:realm:password), which may be kept instead of it
 * @algorithm: of which hash; SESS does not matter
 * @username: name
 * @realm: realm
 * @password: password
 * @ha1: filled
 *
 * Return: true if that hash is there.
 */
bool sip_digest_user(enum sip_algorithm algorithm, struct span username,
		     struct span realm, struct span password,
		     char ha1[SIP_DIGEST_LEN]);

/**
 * struct sip_digest - what goes into a response
 * @algorithm: how
 * @ha1: of sip_digest_user()
 * @nonce: nonce
 * @qop: kind
 * @qop_text: as it is sent
 * @nc: as it is sent; not used without qop
 * @cnonce: likewise
 * @method: of the request
 * @uri: as the credentials say it
 * @body: of the request; used with auth-int
 */
struct sip_digest {
	enum sip_algorithm algorithm;
	const char *ha1;
	struct span nonce;
	enum sip_qop qop;
	struct span qop_text;
	struct span nc;
	struct span cnonce;
	struct span method;
	struct span uri;
	struct span body;
};

/**
 * sip_digest_make() - the response
 * @d: of what
 * @response: filled
 *
 * Return: true if it could be made.
 */
bool sip_digest_make(const struct sip_digest *d, char response[SIP_DIGEST_LEN]);

/**
 * sip_credentials_verify() - is it the right password?
 * @c: credentials; whoever calls has looked at nonce, nc and realm
 * @ha1: what sip_digest_user() says with @c->algorithm
 * @method: of the request; for a challenged ACK or CANCEL that of its INVITE
 * @body: of the request
 *
 * Return: true if it is.
 */
bool sip_credentials_verify(const struct sip_credentials *c, const char *ha1,
			    struct span method, struct span body);

/**
 * struct sip_account - whom we are when we are asked
 * @username: name
 * @password: password
 */
struct sip_account {
	struct span username;
	struct span password;
};

/**
 * sip_write_credentials() - answer a challenge
 * @w: the request that is being built
 * @id: Authorization or Proxy-Authorization
 * @c: challenge
 * @account: whom we are
 * @nc: how often @c's nonce has been used, this time included: from 1
 * @method: of the request
 * @uri: its Request-URI
 * @body: its body
 *
 * auth is taken where there is a choice: what is between may touch a body.
 *
 * Return: true; false if it cannot be answered, and nothing was written then.
 */
bool sip_write_credentials(struct sip_writer *w, enum sip_hdr id,
			   const struct sip_challenge *c,
			   const struct sip_account *account, uint32_t nc,
			   struct span method, struct span uri, struct span body);

/**
 * sip_write_challenge() - ask who it is
 * @w: the 401 or 407 that is being built
 * @id: WWW-Authenticate or Proxy-Authenticate
 * @algorithm: one field each for several (RFC 8760)
 * @realm: realm
 * @nonce: nonce
 * @stale: the nonce was old
 */
void sip_write_challenge(struct sip_writer *w, enum sip_hdr id,
			 enum sip_algorithm algorithm, struct span realm,
			 struct span nonce, bool stale);

/** SIP_NONCE_KEY, SIP_NONCE_LEN - bytes of a key for nonces, room for a nonce */
#define SIP_NONCE_KEY	32
#define SIP_NONCE_LEN	49

/**
 * sip_nonce_make() - a nonce that needs no memory here
 * @key: secret of this process
 * @now: seconds, of any clock
 * @about: what it is good for: the realm, the source's address
 * @nonce: filled
 *
 * Return: true, false without the hash.
 */
bool sip_nonce_make(const unsigned char key[SIP_NONCE_KEY], uint64_t now,
		    struct span about, char nonce[SIP_NONCE_LEN]);

/**
 * sip_nonce_age() - how old is a nonce?
 * @key: as above
 * @now: as above
 * @about: as above
 * @nonce: as received
 * @age: filled on success, with seconds
 *
 * Return: true if it is one of ours, about the same.
 */
bool sip_nonce_age(const unsigned char key[SIP_NONCE_KEY], uint64_t now,
		   struct span about, struct span nonce, uint64_t *age);

struct sip_nonces;

/** SIP_NONCE_TIME - microseconds that one of &struct sip_nonces is good for */
#define SIP_NONCE_TIME	UINT64_C(600000000)

/** SIP_NONCES_MAX - of these, as many as are remembered */
#define SIP_NONCES_MAX	65536u

/**
 * sip_nonces_new() - nonces of one who asks for passwords
 *
 * Return: to be given to sip_nonces_free(); NULL without memory or random numbers.
 */
struct sip_nonces *sip_nonces_new(void);

/** sip_nonces_free() - none of them is good any more; NULL is fine */
void sip_nonces_free(struct sip_nonces *nonces);

/**
 * sip_nonces_make() - a new one, which is not remembered
 * @nonces: whose
 * @now: microseconds of a clock that never goes back
 * @about: as for sip_nonce_make()
 * @nonce: filled; no two are the same
 *
 * Return: true, false without the hash.
 */
bool sip_nonces_make(struct sip_nonces *nonces, uint64_t now, struct span about,
		     char nonce[SIP_NONCE_LEN]);

/**
 * sip_nonces_good() - is it one of ours, about the same, and not too old?
 * @nonces: whose
 * @now: as above
 * @about: as above
 * @nonce: as received
 */
bool sip_nonces_good(const struct sip_nonces *nonces, uint64_t now, struct span about,
		     struct span nonce);

/**
 * sip_nonces_use() - somebody has proven a password with it
 * @nonces: whose
 * @now: as above
 * @nonce: one that is good
 * @nc: its count, 1 where none is said
 *
 * It is remembered from now on, for as long as it is good: the oldest of too many go, and
 * none that was made before these is good then.
 *
 * Return: false if this count was here before, or may have been.
 */
bool sip_nonces_use(struct sip_nonces *nonces, uint64_t now, struct span nonce, uint32_t nc);

#endif /* SIP_AUTH_H */
