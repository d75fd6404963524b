/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a message ends on a connection (RFC 3261 18.3).  The same code that
 * reads messages finds the length, so that both cannot disagree.
 */
#ifndef SIP_FRAME_H
#define SIP_FRAME_H

#include "sip/message.h"

/**
 * enum sip_frame_verdict - what the bytes at hand are
 * @SIP_FRAME_MORE: not a whole message yet; nothing is to be consumed
 * @SIP_FRAME_MESSAGE: a whole one: @skip bytes before it, then @length of it
 * @SIP_FRAME_PING: keep-alive, two CRLF (RFC 5626 4.4.1): consume @skip, answer
 *	with one CRLF
 * @SIP_FRAME_PONG: one CRLF: consume @skip.  If another one follows, that is
 *	reported as a ping: it was the first half of one
 * @SIP_FRAME_BAD: no more messages can be found here: close, after an answer
 *	with @fault if the head that stands there (@skip, @length) can be read
 */
enum sip_frame_verdict {
	SIP_FRAME_MORE,
	SIP_FRAME_MESSAGE,
	SIP_FRAME_PING,
	SIP_FRAME_PONG,
	SIP_FRAME_BAD
};

/**
 * struct sip_frame - reading position within a connection
 * @skip: bytes to consume before the message
 * @length: bytes of the message; of the head with SIP_FRAME_BAD, 0 if there is
 *	no whole head
 * @fault: with SIP_FRAME_BAD: why
 *
 * Zeroed for a new connection.
 */
struct sip_frame {
	size_t skip;
	size_t length;
	struct sip_fault fault;
	/* private: */
	size_t seen;
	size_t head;
	bool half;
};

/**
 * sip_frame_feed() - look for the next message
 * @frame: position
 * @data: all that was received and not yet consumed, from its first byte
 * @n: its bytes
 *
 * The caller consumes @skip + @length bytes after MESSAGE, @skip after PING and
 * PONG, and calls again at once; after MORE it appends and calls again.  No
 * byte is looked at twice while a head is incomplete.  A caller needs room for
 * SIP_MAX_SIZE bytes and no more: MORE is never returned with that many.
 *
 * Return: the verdict.
 */
enum sip_frame_verdict sip_frame_feed(struct sip_frame *frame, const char *data,
				      size_t n);

/**
 * sip_frame_in_head() - is it the head that is incomplete?
 * @frame: position, after MORE
 *
 * Return: true if so, for limits on unfinished heads.
 */
static inline bool sip_frame_in_head(const struct sip_frame *frame)
{
	return !frame->head;
}

#endif /* SIP_FRAME_H */
