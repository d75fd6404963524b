/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WebSocket as a server of SIP speaks it (RFC 6455, RFC 7118): what a client asks for in
 * HTTP's words, and frames in a buffer.  Neither sockets nor memory: bytes in, bytes out,
 * as frame.h has it for streams.
 *
 * libwebsockets, which the control protocol's pages have (http/), reads from sockets of
 * its own with time-outs and TLS of its own.  Here what a connection may cost, its
 * certificates and its end are the transport's, and the same for all that SIP speaks.
 */
#ifndef SIP_WS_H
#define SIP_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/** SIP_WS_HEAD_MAX - bytes of a client's HTTP request, at most */
#define SIP_WS_HEAD_MAX		8192

/** SIP_WS_HEADER_MAX - bytes of a frame's header, at most */
#define SIP_WS_HEADER_MAX	14

/** SIP_WS_CONTROL_MAX - bytes of a control frame's payload, at most (RFC 6455 5.5) */
#define SIP_WS_CONTROL_MAX	125

/** SIP_WS_ANSWER_MAX - bytes of sip_ws_answer(), at most */
#define SIP_WS_ANSWER_MAX	512

/**
 * enum sip_ws_op - what a frame is (RFC 6455 5.2)
 * @SIP_WS_CONTINUE: more of a message
 * @SIP_WS_TEXT: a message, or its begin
 * @SIP_WS_BINARY: likewise
 * @SIP_WS_CLOSE: the last one
 * @SIP_WS_PING: to be answered
 * @SIP_WS_PONG: such an answer
 */
enum sip_ws_op {
	SIP_WS_CONTINUE = 0,
	SIP_WS_TEXT = 1,
	SIP_WS_BINARY = 2,
	SIP_WS_CLOSE = 8,
	SIP_WS_PING = 9,
	SIP_WS_PONG = 10
};

/**
 * enum sip_ws_code - why it ends (RFC 6455 7.4.1)
 * @SIP_WS_NORMAL: nothing is wrong
 * @SIP_WS_AWAY: we go
 * @SIP_WS_PROTOCOL: no WebSocket
 * @SIP_WS_NOT_TEXT: text that is not UTF-8
 * @SIP_WS_POLICY: no SIP
 * @SIP_WS_TOO_BIG: longer than a message may be
 */
enum sip_ws_code {
	SIP_WS_NORMAL = 1000,
	SIP_WS_AWAY = 1001,
	SIP_WS_PROTOCOL = 1002,
	SIP_WS_NOT_TEXT = 1007,
	SIP_WS_POLICY = 1008,
	SIP_WS_TOO_BIG = 1009
};

/**
 * struct sip_ws_ask - a client's request to speak SIP
 * @status: 101: he may, if the Origin is right; else HTTP's word for what is wrong
 * @text: @status not 101: a sentence; static
 * @key: Sec-WebSocket-Key
 * @origin: the page that it comes from (RFC 6454), @p NULL: it is no browser's
 */
struct sip_ws_ask {
	unsigned int status;
	const char *text;
	struct span key;
	struct span origin;
};

/**
 * sip_ws_read() - read a client's request
 * @head: HTTP's request line and header, with the empty line
 * @ask: filled; its spans point into @head
 */
void sip_ws_read(struct span head, struct sip_ws_ask *ask);

/**
 * sip_ws_answer() - what HTTP says to it
 * @ask: the request
 * @buf: filled, SIP_WS_ANSWER_MAX bytes
 *
 * Return: bytes.
 */
size_t sip_ws_answer(const struct sip_ws_ask *ask, char *buf);

/**
 * enum sip_ws_verdict - what the bytes at hand are
 * @SIP_WS_IS_MORE: not enough yet
 * @SIP_WS_IS_MESSAGE: a whole message: the first @have bytes, whatever frames it had
 * @SIP_WS_IS_PING: to be answered by a pong with @control in it
 * @SIP_WS_IS_PONG: nothing is to be done
 * @SIP_WS_IS_CLOSE: the other end closes; @code is to be said in answer
 * @SIP_WS_IS_BAD: nothing more can be read here; @code says why
 */
enum sip_ws_verdict {
	SIP_WS_IS_MORE,
	SIP_WS_IS_MESSAGE,
	SIP_WS_IS_PING,
	SIP_WS_IS_PONG,
	SIP_WS_IS_CLOSE,
	SIP_WS_IS_BAD
};

/**
 * struct sip_ws_reader - reading position within a connection
 * @max: bytes of a message, at most
 * @have: bytes of the message that has begun, unmasked and without headers, at the
 *	begin of what is not consumed
 * @at: where the next frame begins; what is between is of no use any more
 * @op: of the message that has begun; SIP_WS_CONTINUE: none has
 * @control: payload of a ping
 * @code: why it ends
 *
 * Zeroed but for @max for a new connection.
 */
struct sip_ws_reader {
	size_t max;
	size_t have;
	size_t at;
	enum sip_ws_op op;
	struct span control;
	enum sip_ws_code code;
};

/**
 * sip_ws_feed() - look for the next message
 * @r: position
 * @data: all that was received and not yet consumed; unmasked in place
 * @n: its bytes
 *
 * After MESSAGE the caller consumes @at bytes by sip_ws_next(), after MORE it calls
 * sip_ws_pack() and appends.  MORE is never returned with more than @max +
 * SIP_WS_HEADER_MAX + SIP_WS_CONTROL_MAX bytes that sip_ws_pack() leaves.
 *
 * Return: the verdict.
 */
enum sip_ws_verdict sip_ws_feed(struct sip_ws_reader *r, char *data, size_t n);

/**
 * sip_ws_pack() - throw away what stands between the message and the next frame
 * @r: position
 * @data: as sip_ws_feed() had it
 * @n: its bytes
 *
 * Return: bytes that are left.
 */
size_t sip_ws_pack(struct sip_ws_reader *r, char *data, size_t n);

/**
 * sip_ws_next() - the message has been read
 * @r: position
 *
 * Return: bytes to be consumed.
 */
size_t sip_ws_next(struct sip_ws_reader *r);

/**
 * sip_ws_header() - the header of a frame of ours: whole and not masked
 * @buf: filled, SIP_WS_HEADER_MAX bytes
 * @op: what it is
 * @len: bytes of its payload
 *
 * Return: bytes.
 */
size_t sip_ws_header(char *buf, enum sip_ws_op op, size_t len);

#endif /* SIP_WS_H */
