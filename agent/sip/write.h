/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages that we send, built from what we mean to say.  Whatever values say,
 * they stay within their header field: CR, LF and NUL become blanks, and what is
 * put in quotes is escaped.
 *
 * A writer remembers that it failed (memory, or a message above SIP_MAX_SIZE),
 * so that only the end need be checked.
 */
#ifndef SIP_WRITE_H
#define SIP_WRITE_H

#include "base/addr.h"
#include "base/span.h"
#include "sip/message.h"

/**
 * struct sip_writer - a message that is being built
 * @p: the text so far
 * @n: its bytes
 * @failed: something did not go in: it will never be a message
 *
 * Begins zeroed: `struct sip_writer w = { 0 };`
 */
struct sip_writer {
	char *p;
	size_t n;
	bool failed;
	/* private: */
	size_t room;
};

/* ----------------------------------------------------------- the first line */

/** sip_write_request() - "METHOD URI SIP/2.0" */
void sip_write_request(struct sip_writer *w, struct span method, struct span uri);

/** sip_write_status() - "SIP/2.0 STATUS REASON"; an absent @reason: the usual one */
void sip_write_status(struct sip_writer *w, unsigned int status,
		      struct span reason);

/* ------------------------------------------------------------ header fields */

/** sip_write_header() - "NAME: VALUE" */
void sip_write_header(struct sip_writer *w, enum sip_hdr id, struct span value);

/** sip_write_named() - the same, of an extension; a name that is no token fails */
void sip_write_named(struct sip_writer *w, struct span name, struct span value);

/** sip_write_headerf() - the same, with printf's formats */
void sip_write_headerf(struct sip_writer *w, enum sip_hdr id, const char *fmt,
		       ...) __attribute__((format(printf, 3, 4)));

/** sip_write_copy() - all header fields of a kind, as they stand in @from */
void sip_write_copy(struct sip_writer *w, const struct sip_msg *from,
		    enum sip_hdr id);

/**
 * sip_write_block() - header fields that were built before
 * @w: the message
 * @block: whole lines, as another writer has made them: each with its CRLF, none
 *	empty.  Anything else fails the message
 */
void sip_write_block(struct sip_writer *w, struct span block);

/** sip_write_field() - one header field of another message, name as written */
void sip_write_field(struct sip_writer *w, const struct sip_header *field);

/**
 * sip_write_via() - a Via of ours
 * @w: the message
 * @proto: the transport it goes by
 * @sent_by: host and port, IPv6 in brackets
 * @branch: with its cookie
 *
 * With ;rport for what can be asked (RFC 3581).
 */
void sip_write_via(struct sip_writer *w, enum sip_proto proto,
		   struct span sent_by, struct span branch);

/**
 * sip_write_addr() - From, To, Contact, P-Asserted-Identity
 * @w: the message
 * @id: which
 * @display: what to show, without quotes; absent or empty: nothing.  See
 *	sip_addr_display() for that of a message
 * @uri: stands in <>
 * @tag: absent: none
 * @params: further ones, without the first semicolon; absent: none
 */
void sip_write_addr(struct sip_writer *w, enum sip_hdr id, struct span display,
		    struct span uri, struct span tag, struct span params);

/**
 * sip_write_warning() - Warning
 * @w: the message
 * @code: 399, 370, ...
 * @agent: who warns: a host or a pseudonym
 * @text: any text
 */
void sip_write_warning(struct sip_writer *w, unsigned int code,
		       struct span agent, struct span text);

/**
 * sip_write_reason() - Reason (RFC 3326)
 * @w: the message
 * @protocol: "SIP" or "Q.850"
 * @cause: status or cause; 0: none
 * @text: any text; absent: none
 */
void sip_write_reason(struct sip_writer *w, const char *protocol,
		      unsigned int cause, struct span text);

/* ------------------------------------------------------------------ the end */

/**
 * sip_write_body() - the body and the end of the message
 * @w: the message
 * @type: Content-Type; absent if there is no body
 * @body: may be empty
 *
 * Content-Length is always written.
 */
void sip_write_body(struct sip_writer *w, struct span type, struct span body);

/** sip_write_end() - the end of a message without a body */
void sip_write_end(struct sip_writer *w);

/**
 * sip_write_take() - the finished message
 * @w: the writer; empty afterwards, whatever happened
 * @n: its bytes
 *
 * Return: for free(); NULL if it failed.
 */
char *sip_write_take(struct sip_writer *w, size_t *n);

/** sip_write_reset() - empty, ready for another message, memory kept */
void sip_write_reset(struct sip_writer *w);

/** sip_write_free() - throw it away */
void sip_write_free(struct sip_writer *w);

/* ---------------------------------------------------------------- responses */

/**
 * sip_write_response() - the fixed part of a response (RFC 3261 8.2.6)
 * @w: the message
 * @req: the request; with a fault, too: what it has of these is copied
 * @status: status code
 * @reason: absent: the usual one
 * @to_tag: put into To if that has no tag; absent: none (100)
 *
 * Via as received, with received and rport of the first filled from
 * @req->source (RFC 3581); From, To, Call-ID, CSeq; Timestamp in a 100;
 * Record-Route in a 101 to 299 (12.1.1).  What follows is the caller's:
 * Contact, Allow..., then sip_write_body() or sip_write_end().
 */
void sip_write_response(struct sip_writer *w, const struct sip_msg *req,
			unsigned int status, struct span reason,
			struct span to_tag);

/**
 * sip_write_refusal() - a whole response to a request that we do not handle
 * @w: the message
 * @req: the request
 * @status: status code
 * @text: why, for a Warning; absent: none
 * @agent: who warns
 * @to_tag: as sip_write_response()
 */
void sip_write_refusal(struct sip_writer *w, const struct sip_msg *req,
		       unsigned int status, struct span text, struct span agent,
		       struct span to_tag);

/* ------------------------------------------------- a header field by pieces */

/** sip_write_begin() - "NAME: "; then its pieces, then sip_write_crlf() */
void sip_write_begin(struct sip_writer *w, enum sip_hdr id);

/** sip_write_crlf() - the end of a header field */
void sip_write_crlf(struct sip_writer *w);

/** sip_write_text() - raw text, CR, LF and NUL as blanks: within a header field */
void sip_write_text(struct sip_writer *w, struct span text);

/** sip_write_quoted() - text in quotes, escaped, what is no UTF-8 as "?" */
void sip_write_quoted(struct sip_writer *w, struct span text);

/**
 * sip_addr_display() - what a display name says
 * @addr: From, To, ...
 * @buf: room
 * @size: its bytes; @addr->display.n is always enough
 *
 * Return: without quotes and escapes; absent if there is none.
 */
struct span sip_addr_display(const struct sip_addr *addr, char *buf, size_t size);

#endif /* SIP_WRITE_H */
