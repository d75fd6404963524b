/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DTLS-SRTP (RFC 5763, 5764, 8842), by OpenSSL: one association for each component of a
 * media line, and a pool of threads that does the arithmetic beside the event loop.
 *
 * It knows no sockets. Datagrams that look like DTLS come in by dtls_receive(), go out by
 * a function, and an event tells what became of the handshake: keys for both directions,
 * as a datapath takes them, or a sentence. There are no keys before the other party's
 * certificate fits the fingerprints that were signalled, and none after a failure.
 *
 * All functions are for the event loop's thread, where the functions of &struct dtls_ops
 * are called too. After dtls_free() none is called any more for that association,
 * whatever a thread is doing with it.
 *
 * What others may make us keep and do is bounded, by &struct dtls_conf and here: no state
 * is made for anybody, since the caller makes the associations.
 */
#ifndef DTLS_DTLS_H
#define DTLS_DTLS_H

#include "base/loop.h"
#include "base/span.h"
#include "datapath/datapath.h"

struct dtls;
struct dtls_cert;
struct dtls_pool;

/** DTLS_MTU - bytes of the longest datagram that we send */
#define DTLS_MTU		1200

/** DTLS_DATAGRAM_MAX - bytes of the longest datagram that is taken */
#define DTLS_DATAGRAM_MAX	4096

/** DTLS_CERT_MAX - bytes of the other party's certificates, as it sends them */
#define DTLS_CERT_MAX		8192

/** DTLS_HELD_MAX - datagrams that wait for a thread, or for dtls_start() */
#define DTLS_HELD_MAX		8

/** DTLS_FINGERPRINTS_MAX - fingerprints of one party that are looked at */
#define DTLS_FINGERPRINTS_MAX	8

/** DTLS_SUITES_MAX - protection profiles that there are */
#define DTLS_SUITES_MAX		4

/** DTLS_DIGEST_MAX - bytes of the longest fingerprint */
#define DTLS_DIGEST_MAX		64

/** DTLS_FINGERPRINT_STRLEN - room for "sha-512 AB:CD:..." and its NUL */
#define DTLS_FINGERPRINT_STRLEN	(sizeof("sha-512") + DTLS_DIGEST_MAX * 3)

/**
 * enum dtls_hash - of a fingerprint, the better the higher (RFC 8122 5)
 * @DTLS_HASH_NONE: one that proves nothing (MD5), or that we do not know
 * @DTLS_SHA1: taken only if there is nothing better
 * @DTLS_SHA224: sha-224
 * @DTLS_SHA256: sha-256, what we say ourselves
 * @DTLS_SHA384: sha-384
 * @DTLS_SHA512: sha-512
 */
enum dtls_hash {
	DTLS_HASH_NONE,
	DTLS_SHA1,
	DTLS_SHA224,
	DTLS_SHA256,
	DTLS_SHA384,
	DTLS_SHA512
};

/**
 * struct dtls_fingerprint - of a certificate
 * @hash: by what
 * @len: bytes of @digest
 * @digest: the hash of the certificate's DER
 */
struct dtls_fingerprint {
	enum dtls_hash hash;
	uint8_t len;
	uint8_t digest[DTLS_DIGEST_MAX];
};

/**
 * enum dtls_role - who begins the handshake, a=setup in the answer
 * @DTLS_ACTIVE: we do
 * @DTLS_PASSIVE: the other party does
 */
enum dtls_role {
	DTLS_ACTIVE,
	DTLS_PASSIVE
};

/**
 * struct dtls_remote - what was signalled about the other party
 * @role: ours, by its a=setup
 * @fingerprint: its a=fingerprint lines
 * @n_fingerprints: how many, at least one; those beyond DTLS_FINGERPRINTS_MAX are not
 *	looked at
 * @suite: enum rtplane_srtp_suite, the best one first; AES_256_CM is none of DTLS's
 * @n_suites: how many; 0: AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_CM_128 with 80 and
 *	with 32 bits
 */
struct dtls_remote {
	enum dtls_role role;
	const struct dtls_fingerprint *fingerprint;
	size_t n_fingerprints;
	uint8_t suite[DTLS_SUITES_MAX];
	size_t n_suites;
};

/**
 * enum dtls_event - what became of an association
 * @DTLS_UP: the other party is who was signalled, and there are keys
 * @DTLS_FAILED: there will be none
 * @DTLS_CLOSED: after DTLS_UP: the other party says that it is over
 */
enum dtls_event {
	DTLS_UP,
	DTLS_FAILED,
	DTLS_CLOSED
};

/**
 * struct dtls_outcome - the same, with what belongs to it
 * @event: what
 * @rx: with DTLS_UP: protection of what arrives
 * @tx: with DTLS_UP: of what we send
 * @anybody: with DTLS_FAILED: it ended before a certificate of the other party's was
 *	judged, by what whoever has its address could have sent
 * @why: otherwise: a sentence without a full stop
 *
 * Gone after the call, and its keys are wiped. Those of another association of the same
 * leg begin a new context, &dp_srtp.fresh.
 */
struct dtls_outcome {
	enum dtls_event event;
	struct dp_srtp rx;
	struct dp_srtp tx;
	bool anybody;
	char why[200];
};

/**
 * struct dtls_ops - what an association needs
 * @send: send a datagram to the other party; may not call back
 * @event: what became of it; may call any function, dtls_free() too
 */
struct dtls_ops {
	void (*send)(void *arg, const void *data, size_t len);
	void (*event)(void *arg, const struct dtls_outcome *outcome);
};

/**
 * struct dtls_conf - what a pool is like; a member that is 0 is the default
 * @threads: how many; 0: one for each processor, at most 8
 * @handshakes: that may be under way at once; 0: 4,096
 * @patience: ms from dtls_start() until there must be keys; 0: 30,000
 * @rto: ms until a flight is repeated, doubling up to 3,200; 0: 100
 */
struct dtls_conf {
	unsigned int threads;
	unsigned int handshakes;
	uint32_t patience;
	uint32_t rto;
};

/**
 * struct dtls_stats - what a pool has seen
 * @associations: that are there
 * @handshakes: of these, under way
 * @up: handshakes that ended with keys
 * @failed: and without
 * @received: datagrams that were given to a thread
 * @left_out: datagrams beyond the limits
 * @refused: associations that were not begun, for &dtls_conf.handshakes
 */
struct dtls_stats {
	unsigned int associations;
	unsigned int handshakes;
	uint64_t up;
	uint64_t failed;
	uint64_t received;
	uint64_t left_out;
	uint64_t refused;
};

/* ------------------------------------------------------------------- certificates */

/**
 * dtls_cert_new() - a certificate of our own, ECDSA on P-256, signed by itself
 * @err: the sentence
 *
 * Return: one reference, for dtls_cert_put(); NULL.
 */
struct dtls_cert *dtls_cert_new(struct dp_err *err);

/**
 * dtls_cert_load() - the same from a file
 * @path: PEM, a certificate and its key
 * @err: the sentence
 *
 * Return: one reference, for dtls_cert_put(); NULL.
 */
struct dtls_cert *dtls_cert_load(const char *path, struct dp_err *err);

/** dtls_cert_get() - one more reference */
struct dtls_cert *dtls_cert_get(struct dtls_cert *cert);

/** dtls_cert_put() - one less; NULL is fine */
void dtls_cert_put(struct dtls_cert *cert);

/**
 * dtls_cert_fingerprint() - what SDP says of it
 * @cert: the certificate
 * @hash: by what; not DTLS_HASH_NONE
 * @fp: filled
 *
 * Return: false if this OpenSSL does not do that hash.
 */
bool dtls_cert_fingerprint(const struct dtls_cert *cert, enum dtls_hash hash,
			   struct dtls_fingerprint *fp);

/**
 * dtls_fingerprint_read() - the value of an a=fingerprint
 * @text: as "sha-256 12:AB:..."; case does not matter (RFC 8122 5 wants upper)
 * @fp: filled; of a hash that we do not know with DTLS_HASH_NONE and no digest
 *
 * Return: false if it is none.
 */
bool dtls_fingerprint_read(struct span text, struct dtls_fingerprint *fp);

/**
 * dtls_fingerprint_str() - its text, for a=fingerprint
 * @fp: not of DTLS_HASH_NONE
 * @buf: filled; DTLS_FINGERPRINT_STRLEN is always enough
 * @len: bytes of @buf
 *
 * Return: @buf.
 */
const char *dtls_fingerprint_str(const struct dtls_fingerprint *fp, char *buf,
				 size_t len);

/** dtls_hash_name() - "sha-256" */
const char *dtls_hash_name(enum dtls_hash hash);

/* --------------------------------------------------------------------------- pool */

/**
 * dtls_pool_new() - threads that do handshakes
 * @loop: whose thread uses them; outlives the pool
 * @conf: what they are like; NULL: all defaults; copied
 * @cert: of associations to come; the pool takes a reference of its own
 * @err: the sentence
 *
 * Return: the pool, for dtls_pool_free(); NULL.
 */
struct dtls_pool *dtls_pool_new(struct loop *loop, const struct dtls_conf *conf,
				struct dtls_cert *cert, struct dp_err *err);

/**
 * dtls_pool_free() - end the threads, once they have done what they are at
 * @pool: all of its associations are gone, and no event is being told; NULL is fine
 */
void dtls_pool_free(struct dtls_pool *pool);

/**
 * dtls_pool_set_cert() - another certificate, for associations to come
 * @pool: the pool
 * @cert: the pool takes a reference of its own; those that are there keep theirs
 */
void dtls_pool_set_cert(struct dtls_pool *pool, struct dtls_cert *cert);

/** dtls_pool_cert() - that of associations to come; one more reference of it */
struct dtls_cert *dtls_pool_cert(const struct dtls_pool *pool);

/** dtls_pool_get_stats() - what it has seen; void with the next call for @pool */
const struct dtls_stats *dtls_pool_get_stats(const struct dtls_pool *pool);

/* -------------------------------------------------------------------- association */

/**
 * dtls_new() - an association that has not begun
 * @pool: whose threads do it
 * @cert: what was signalled as ours (a restart need not change it); NULL: the pool's
 * @ops: what it needs; outlives it
 * @arg: for @ops
 *
 * A DTLS restart (RFC 8842 5.4: another fingerprint, role, tls-id or ICE) is a new
 * association, made before the old one is given to dtls_free().
 *
 * Return: the association, for dtls_free(); NULL without memory.
 */
struct dtls *dtls_new(struct dtls_pool *pool, struct dtls_cert *cert,
		      const struct dtls_ops *ops, void *arg);

/** dtls_own_cert() - the certificate that it shows, as long as it is there */
const struct dtls_cert *dtls_own_cert(const struct dtls *dtls);

/**
 * dtls_start() - the other party is known
 * @dtls: an association that has not begun
 * @remote: what was signalled; copied
 *
 * The handshake begins, or goes on with what came before. An event follows, never from
 * here.
 *
 * Return: NULL; or why it is not begun, a static sentence.
 */
const char *dtls_start(struct dtls *dtls, const struct dtls_remote *remote);

/**
 * dtls_receive() - a datagram that looks like DTLS came in (RFC 7983: 20 to 63)
 * @dtls: whose
 * @data: the datagram
 * @len: its bytes
 *
 * Only what comes from where the other party is known to be: a pair that ICE has proven,
 * else the address that was signalled or latched. Before dtls_start() DTLS_HELD_MAX
 * datagrams are kept.
 *
 * Return: whether it is taken: false beyond the limits, or when all is over.
 */
bool dtls_receive(struct dtls *dtls, const void *data, size_t len);

/**
 * dtls_close() - say that it is over: close_notify, if there are keys
 * @dtls: the association; only dtls_free() is left to do
 *
 * Sends at once. Nothing is said while a thread is at it.
 */
void dtls_close(struct dtls *dtls);

/**
 * dtls_free() - end an association, without a word to the other party
 * @dtls: NULL is fine; a thread that is at it frees what is left when it is done
 */
void dtls_free(struct dtls *dtls);

/**
 * dtls_state() - where it stands, for people who ask why
 * @dtls: the association
 *
 * Return: a static sentence: "hello received", ...
 */
const char *dtls_state(const struct dtls *dtls);

#endif /* DTLS_DTLS_H */
