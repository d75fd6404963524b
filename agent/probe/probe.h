/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port tester's protocol: one datagram there, at most as many bytes back.
 *
 * Every datagram ends with an HMAC-SHA256 by a key that is made of a token which both
 * ends have.  A client says HELLO and gets a cookie, which only the server can make, of
 * the client's address and the time: what follows carries it, so that nobody is answered
 * at an address from which nobody asked.  What is not by the key, without a cookie or
 * said before is not answered.  No answer is longer than its question.
 *
 *	HELLO -> COOKIE (struct probe_offer)
 *	PROBE -> ECHO   (struct probe_echo)
 *	ASK   -> TOLD   (struct probe_part), a piece of a document
 *
 * Nothing here knows a socket: what arrives is given to probe_answer(), with the time.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/span.h"

/** PROBE_MIN - bytes of the shortest question that is answered, and of short answers */
#define PROBE_MIN	160

/** PROBE_MAX - bytes of the longest datagram */
#define PROBE_MAX	9000

/** PROBE_ID_LEN, PROBE_KEY_LEN, PROBE_COOKIE_LEN - bytes of these */
#define PROBE_ID_LEN	16
#define PROBE_KEY_LEN	32
#define PROBE_COOKIE_LEN 16

/** PROBE_COOKIE_AGE - seconds for which a cookie is good */
#define PROBE_COOKIE_AGE 300

/** PROBE_REPLAY - sequence numbers below the highest that may still come */
#define PROBE_REPLAY	16384

/** PROBE_PART_MAX - bytes of a document in one datagram */
#define PROBE_PART_MAX	384

/** PROBE_SIP_MAX - bytes of a SIP message that is kept */
#define PROBE_SIP_MAX	2048

/** PROBE_BITMAP - bytes of a bit for each port */
#define PROBE_BITMAP	8192

/** enum probe_type - what a datagram is */
enum probe_type {
	PROBE_HELLO = 1,
	PROBE_COOKIE,
	PROBE_PROBE,
	PROBE_ECHO,
	PROBE_ASK,
	PROBE_TOLD
};

/** PROBE_FULL - of a PROBE: the answer is to be as long as it */
#define PROBE_FULL	0x01
/** PROBE_FLOW - of a PROBE: one of a flow whose packets are counted */
#define PROBE_FLOW	0x02
/** PROBE_BYE - of a PROBE: the client's last */
#define PROBE_BYE	0x04

/**
 * struct probe_key - what both ends have
 * @bytes: the key
 */
struct probe_key {
	uint8_t bytes[PROBE_KEY_LEN];
};

/**
 * struct probe_pass - a cookie, as a datagram carries it
 * @time: seconds of the server's clock when it was made
 * @proof: what the server made of it
 */
struct probe_pass {
	uint32_t time;
	uint8_t proof[PROBE_COOKIE_LEN];
};

/**
 * struct probe_msg - a datagram
 * @type: what it is; enum probe_type
 * @flags: PROBE_FULL, PROBE_FLOW, PROBE_BYE
 * @tos: the TOS or traffic class with which it was sent
 * @seq: the client's number of it, 1 or more; an answer's is its question's
 * @session: the client's name, by chance
 * @sent: microseconds of the sender's clock
 * @pass: the cookie
 * @body: what it says, in the buffer that it was read from
 */
struct probe_msg {
	uint8_t type;
	uint8_t flags;
	uint8_t tos;
	uint32_t seq;
	uint8_t session[PROBE_ID_LEN];
	uint64_t sent;
	struct probe_pass pass;
	struct span body;
};

/** PROBE_BUSY - of an offer: as many clients as may be are there */
#define PROBE_BUSY	0x01
/** PROBE_SIP_USED - the port for SIP is somebody else's */
#define PROBE_SIP_USED	0x02
/** PROBE_NO_TCP - nothing is served by TCP */
#define PROBE_NO_TCP	0x04

/**
 * struct probe_offer - what a COOKIE says
 * @lo: first port that is served
 * @hi: last port
 * @sip: port for SIP; 0: none
 * @flags: PROBE_BUSY, PROBE_SIP_USED, PROBE_NO_TCP
 * @seen: the client's address, as it arrived
 */
struct probe_offer {
	uint16_t lo;
	uint16_t hi;
	uint16_t sip;
	uint16_t flags;
	struct dp_addr seen;
};

/**
 * struct probe_echo - what an ECHO says of its PROBE
 * @seen: where it came from
 * @at: the address where it arrived
 * @tos: the TOS or traffic class with which it arrived
 * @received: microseconds of the server's clock
 * @flow: packets of the flow that have arrived
 */
struct probe_echo {
	struct dp_addr seen;
	struct dp_addr at;
	uint8_t tos;
	uint64_t received;
	uint32_t flow;
};

/**
 * enum probe_doc - what may be asked for
 * @PROBE_DOC_UDP_USED: bitmap of the UDP ports that are somebody else's here
 * @PROBE_DOC_TCP_USED: the same of TCP
 * @PROBE_DOC_HEARD: bitmap of the UDP ports at which the client was heard
 * @PROBE_DOC_OTHER: another address from which it was heard, as text
 * @PROBE_DOC_INVITE: the INVITE as it arrived
 * @PROBE_DOC_REGISTER: the REGISTER as it arrived
 */
enum probe_doc {
	PROBE_DOC_UDP_USED,
	PROBE_DOC_TCP_USED,
	PROBE_DOC_HEARD,
	PROBE_DOC_OTHER,
	PROBE_DOC_INVITE,
	PROBE_DOC_REGISTER,
	__PROBE_DOC_MAX
};

/**
 * struct probe_part - a piece of a document; an ASK has @doc and @offset alone
 * @doc: of which; enum probe_doc
 * @offset: where it begins
 * @total: bytes of the document
 * @data: the piece
 */
struct probe_part {
	uint8_t doc;
	uint16_t offset;
	uint16_t total;
	struct span data;
};

/**
 * probe_key_make() - the key of a token
 * @key: filled
 * @token: the token, any bytes
 *
 * Return: false if OpenSSL could not.
 */
bool probe_key_make(struct probe_key *key, struct span token);

/**
 * probe_mac() - HMAC-SHA256
 * @key: the key
 * @data: what is signed
 * @len: its bytes
 * @mac: filled
 *
 * Return: false if OpenSSL could not.
 */
bool probe_mac(const struct probe_key *key, const void *data, size_t len,
	       uint8_t mac[PROBE_KEY_LEN]);

/**
 * probe_write() - a datagram of a given size
 * @key: the key
 * @msg: what it says
 * @buf: filled, all of it
 * @size: its bytes
 *
 * Return: @size; 0 if it does not fit.
 */
size_t probe_write(const struct probe_key *key, const struct probe_msg *msg,
		   void *buf, size_t size);

/**
 * probe_read() - is it a datagram by the key?
 * @key: the key
 * @data: what arrived
 * @len: its bytes
 * @msg: filled on success
 *
 * The time that it takes tells nothing of the key.
 *
 * Return: true if it is one.
 */
bool probe_read(const struct probe_key *key, const void *data, size_t len,
		struct probe_msg *msg);

/** PROBE_BODY - bytes that are enough for any body */
#define PROBE_BODY	(PROBE_PART_MAX + 8)

/* bodies: written to PROBE_BODY bytes, read from a body that is just as long */
struct span probe_offer_write(const struct probe_offer *offer, uint8_t *buf);
bool probe_offer_read(struct span body, struct probe_offer *offer);
struct span probe_echo_write(const struct probe_echo *echo, uint8_t *buf);
bool probe_echo_read(struct span body, struct probe_echo *echo);
struct span probe_part_write(const struct probe_part *part, uint8_t *buf);
bool probe_part_read(struct span body, struct probe_part *part);

/**
 * probe_pass_make() - a cookie
 * @secret: the server's, of this run
 * @from: the client's address; its port does not matter, which NAT may change
 * @session: the client's name
 * @now: seconds
 * @pass: filled
 *
 * Return: false if OpenSSL could not.
 */
bool probe_pass_make(const struct probe_key *secret, const struct dp_addr *from,
		     const uint8_t session[PROBE_ID_LEN], uint32_t now,
		     struct probe_pass *pass);

/** probe_pass_fits() - is it one that the server made for them, and not too old? */
bool probe_pass_fits(const struct probe_key *secret, const struct dp_addr *from,
		     const uint8_t session[PROBE_ID_LEN], uint32_t now,
		     const struct probe_pass *pass);

/**
 * struct probe_replay - numbers that were there
 * @top: the highest
 * @seen: a bit for each of the last PROBE_REPLAY, by the number modulo that
 */
struct probe_replay {
	uint32_t top;
	uint64_t seen[PROBE_REPLAY / 64];
};

/**
 * probe_replay_take() - a number arrived
 * @replay: zeroed before the first
 * @seq: the number
 *
 * Return: false if it is 0, was there before or is too old to know.
 */
bool probe_replay_take(struct probe_replay *replay, uint32_t seq);

#endif /* PROBE_PROBE_H */
