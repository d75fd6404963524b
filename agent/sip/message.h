/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SIP message as received.  It is one piece of memory: the text, copied once
 * from the network, and what points into it.  Everything in it was bounded at
 * the entrance.
 *
 * A message that is wrong is a message still if it can be answered: see
 * &struct sip_fault.  Nothing here asserts, and no member that a stranger can
 * leave out is a NULL pointer: spans are empty, addresses have family 0.
 */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "base/addr.h"
#include "base/span.h"
#include "sip/header.h"
#include "sip/uri.h"

/* what is refused at the entrance, and with what */
#define SIP_MAX_SIZE	65535	/* bytes of a message: 513 */
#define SIP_MAX_HEAD	32768	/* of its head: 513 */
#define SIP_MAX_LINE	8192	/* of a header field, folds included: 400 */
#define SIP_MAX_HEADERS	256	/* header fields: 400 */
#define SIP_MAX_LIST	64	/* Vias, Routes, Contacts...: 400 */
#define SIP_MAX_NESTING	8	/* of multiparts: as if there were no description */

/**
 * struct sip_fault - what is wrong with a message, or why we refuse it
 * @status: status code to answer with; 0: nothing is wrong
 * @text: a sentence without a full stop; plain ASCII, fit for a log and, by the
 *	writer, for a Warning
 */
struct sip_fault {
	unsigned int status;
	char text[120];
};

/**
 * struct sip_msg - a message
 * @request: it is a request, else a response
 * @method: of a request its method, of a response that of its CSeq
 * @method_text: as written
 * @uri: Request-URI
 * @status: of a response, 100 to 699
 * @reason: of a response; any bytes but CR, LF and NUL
 * @via: the topmost
 * @from: From
 * @to: To
 * @call_id: Call-ID
 * @cseq: CSeq
 * @max_forwards: 70 if the request has none
 * @body: what follows the head, cut to Content-Length
 * @text: all of the message, folds taken out
 * @source: where it came from; family 0 until somebody says so
 * @fault: of a request: what to answer instead of handling it; of a response
 *	with one nothing but a log line should come.  With a fault every member
 *	above may be empty but @request, @via (its host may be) and @text
 * @n_headers: header fields
 * @header: these, in order
 * @first: index of the first of a kind, SIP_NO_HEADER if there is none
 *
 * Only sip_msg_*() change it; @source is its transport's.
 */
struct sip_msg {
	bool request;
	enum sip_method method;
	struct span method_text;
	struct sip_uri uri;
	unsigned int status;
	struct span reason;
	struct sip_via via;
	struct sip_addr from;
	struct sip_addr to;
	struct span call_id;
	struct sip_cseq cseq;
	uint32_t max_forwards;
	struct span body;
	struct span text;
	struct dp_addr source;
	struct sip_fault fault;
	unsigned int n_headers;
	struct sip_header *header;
	uint16_t first[SIP_HDR_N];
	/* private: */
	unsigned int refs;
	struct sip_list *lists;
};

/**
 * sip_msg_parse() - read a message
 * @data: a whole datagram, or a message as sip_frame_feed() has delimited it
 * @n: its bytes
 * @stream: it came over a connection: what follows Content-Length would be
 *	another message, and the length has to be there
 * @fault: filled if there is no message: why (status 0 if all that is wrong is
 *	memory); may be NULL
 *
 * What is wrong with a message that could be told apart is in its own @fault.
 *
 * Return: the message, whose only reference is the caller's; NULL if this is no
 * SIP message at all, or nobody could be answered.
 */
struct sip_msg *sip_msg_parse(const char *data, size_t n, bool stream,
			      struct sip_fault *fault);

/** sip_msg_hold() - one more reference; returns @msg */
struct sip_msg *sip_msg_hold(struct sip_msg *msg);

/** sip_msg_drop() - one less; NULL is fine */
void sip_msg_drop(struct sip_msg *msg);

/**
 * struct sip_peek - what a datagram begins with
 * @request: it is a request, else a response
 * @method: of a request
 * @uri: of a request, not judged
 * @status: of a response, not judged
 * @via: value of the first Via field, folds as they stand; absent if there is none
 */
struct sip_peek {
	bool request;
	enum sip_method method;
	struct span uri;
	unsigned int status;
	struct span via;
};

/**
 * sip_peek() - just enough of a datagram to refuse it
 * @data: what was received, whole or a stream's complete head
 * @n: its bytes
 * @peek: filled on success
 *
 * Costs a look at the first lines, allocates nothing, checks nothing else.
 *
 * Return: true if it starts as a SIP message does.
 */
bool sip_peek(const char *data, size_t n, struct sip_peek *peek);

/* ------------------------------------------------------------ header fields */

/** sip_msg_first() - the first field of a kind, or NULL */
static inline const struct sip_header *sip_msg_first(const struct sip_msg *msg,
						     enum sip_hdr id)
{
	uint16_t i = msg->first[id];

	return i == SIP_NO_HEADER ? NULL : &msg->header[i];
}

/** sip_msg_after() - the next one of the same kind, or NULL */
static inline const struct sip_header *sip_msg_after(const struct sip_msg *msg,
						     const struct sip_header *h)
{
	return h->next == SIP_NO_HEADER ? NULL : &msg->header[h->next];
}

/** sip_msg_value() - the value of the first of a kind; absent if there is none */
static inline struct span sip_msg_value(const struct sip_msg *msg, enum sip_hdr id)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	return h ? h->value : (struct span){ NULL, 0 };
}

/** sip_msg_other() - the value of an extension field by its name, or absent */
struct span sip_msg_other(const struct sip_msg *msg, const char *name);

/**
 * struct sip_iter - over the elements of all fields of a kind, commas or not
 *
 * Zeroed but for @msg and @id; the rest is sip_iter_next()'s.
 */
struct sip_iter {
	const struct sip_msg *msg;
	enum sip_hdr id;
	/* private: */
	const struct sip_header *at;
	struct span rest;
	bool begun;
};

/** SIP_ITER() - for `struct sip_iter it = SIP_ITER(msg, SIP_HDR_ALLOW)` */
#define SIP_ITER(m, i)	{ .msg = (m), .id = (i) }

/** sip_iter_next() - the next element; false at the end */
bool sip_iter_next(struct sip_iter *it, struct span *item);

/**
 * sip_msg_has() - does one of a list's elements say this?
 * @msg: the message
 * @id: Supported, Require, Allow, ...
 * @token: what is looked for; case matters only for methods (Allow)
 *
 * Return: true if it does; parameters of the element do not matter.
 */
bool sip_msg_has(const struct sip_msg *msg, enum sip_hdr id, const char *token);

/**
 * sip_msg_vias() - all Vias
 * @msg: the message
 * @via: set to the array, which lives as long as the message
 *
 * Parsed when first asked for.
 *
 * Return: how many (at least one); -EBADMSG if one is wrong, -ENOMEM.
 */
int sip_msg_vias(struct sip_msg *msg, const struct sip_via **via);

/**
 * sip_msg_addrs() - all addresses of a kind of header field
 * @msg: the message
 * @id: Contact, Route, Record-Route, Path, Service-Route, Diversion,
 *	P-Asserted-Identity, Refer-To, ...
 * @addr: set to the array, which lives as long as the message
 *
 * Parsed when first asked for.
 *
 * Return: how many, 0 if there are none; -EBADMSG if one is wrong, -ENOMEM.
 */
int sip_msg_addrs(struct sip_msg *msg, enum sip_hdr id,
		  const struct sip_addr **addr);

/**
 * sip_msg_contact() - the Contact that a dialog needs
 * @msg: a request or response that begins a dialog or refreshes its target
 * @fault: filled if there is none: 400 and why
 *
 * Return: the only one, whose URI is sip or sips and has a host; NULL if there
 * is no such, or more than one.
 */
const struct sip_addr *sip_msg_contact(struct sip_msg *msg,
				       struct sip_fault *fault);

/**
 * sip_msg_seconds() - a header field that is a number of seconds, or RSeq
 * @msg: the message
 * @id: Expires, Min-Expires, Min-SE, Retry-After, RSeq, Flow-Timer, ...
 * @value: filled on success
 *
 * Return: 1; 0 if it is not there, -EBADMSG if it is no number.
 */
int sip_msg_seconds(const struct sip_msg *msg, enum sip_hdr id, uint32_t *value);

/*
 * Single values: 1, 0 if it is not there, -EBADMSG if it is wrong.
 */
int sip_msg_session_expires(const struct sip_msg *msg,
			    struct sip_session_expires *se);
int sip_msg_rack(const struct sip_msg *msg, struct sip_rack *rack);
int sip_msg_dialog_id(const struct sip_msg *msg, enum sip_hdr id,
		      struct sip_dialog_id *dialog);
int sip_msg_typed(const struct sip_msg *msg, enum sip_hdr id,
		  struct sip_value *value);

/**
 * sip_msg_unsupported() - which of the options it requires we do not have
 * @msg: a request
 * @id: Require or Proxy-Require
 * @known: names of those we have, up to a NULL
 * @buf: filled with the others, for the Unsupported of a 420; terminated
 * @size: bytes of @buf
 *
 * Return: true if there are any.
 */
bool sip_msg_unsupported(const struct sip_msg *msg, enum sip_hdr id,
			 const char *const known[], char *buf, size_t size);

/* ------------------------------------------------------------------- faults */

/** sip_fault_set() - fill a fault; the first one stays */
void sip_fault_set(struct sip_fault *fault, unsigned int status,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* SIP_MESSAGE_H */
