/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Header fields: their names, and what stands in their values.  Values here are
 * one line: sip_msg_parse() has taken out what folded them.
 */
#ifndef SIP_HEADER_H
#define SIP_HEADER_H

#include "base/addr.h"
#include "base/span.h"
#include "sip/uri.h"

/**
 * enum sip_hdr - the header fields that we know by name
 *
 * SIP_HDR_OTHER is every one that is not in header.c's table.
 */
enum sip_hdr {
	SIP_HDR_OTHER,
	/* every message has these */
	SIP_HDR_VIA, SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID, SIP_HDR_CSEQ,
	SIP_HDR_MAX_FORWARDS, SIP_HDR_CONTENT_LENGTH,
	/* routing and dialogs */
	SIP_HDR_CONTACT, SIP_HDR_ROUTE, SIP_HDR_RECORD_ROUTE, SIP_HDR_PATH,
	SIP_HDR_SERVICE_ROUTE, SIP_HDR_REPLACES, SIP_HDR_JOIN,
	SIP_HDR_TARGET_DIALOG, SIP_HDR_IN_REPLY_TO, SIP_HDR_REFER_TO,
	SIP_HDR_REFERRED_BY, SIP_HDR_REFER_SUB, SIP_HDR_FLOW_TIMER,
	/* what the ends can do */
	SIP_HDR_SUPPORTED, SIP_HDR_REQUIRE, SIP_HDR_PROXY_REQUIRE,
	SIP_HDR_UNSUPPORTED, SIP_HDR_ALLOW, SIP_HDR_ALLOW_EVENTS,
	SIP_HDR_ACCEPT, SIP_HDR_ACCEPT_ENCODING, SIP_HDR_ACCEPT_LANGUAGE,
	SIP_HDR_ACCEPT_CONTACT, SIP_HDR_REJECT_CONTACT,
	SIP_HDR_REQUEST_DISPOSITION,
	/* times, numbers, states */
	SIP_HDR_EXPIRES, SIP_HDR_MIN_EXPIRES, SIP_HDR_SESSION_EXPIRES,
	SIP_HDR_MIN_SE, SIP_HDR_RETRY_AFTER, SIP_HDR_TIMESTAMP, SIP_HDR_DATE,
	SIP_HDR_RSEQ, SIP_HDR_RACK, SIP_HDR_EVENT, SIP_HDR_SUBSCRIPTION_STATE,
	SIP_HDR_SIP_ETAG, SIP_HDR_SIP_IF_MATCH,
	/* the body */
	SIP_HDR_CONTENT_TYPE, SIP_HDR_CONTENT_ENCODING,
	SIP_HDR_CONTENT_DISPOSITION, SIP_HDR_CONTENT_LANGUAGE,
	SIP_HDR_CONTENT_ID, SIP_HDR_MIME_VERSION,
	/* authentication and security */
	SIP_HDR_AUTHORIZATION, SIP_HDR_WWW_AUTHENTICATE,
	SIP_HDR_PROXY_AUTHORIZATION, SIP_HDR_PROXY_AUTHENTICATE,
	SIP_HDR_AUTHENTICATION_INFO, SIP_HDR_PROXY_AUTHENTICATION_INFO,
	SIP_HDR_SECURITY_CLIENT, SIP_HDR_SECURITY_SERVER,
	SIP_HDR_SECURITY_VERIFY, SIP_HDR_IDENTITY, SIP_HDR_IDENTITY_INFO,
	/* who somebody is: crosses by trust */
	SIP_HDR_P_ASSERTED_IDENTITY, SIP_HDR_P_PREFERRED_IDENTITY,
	SIP_HDR_REMOTE_PARTY_ID, SIP_HDR_PRIVACY, SIP_HDR_DIVERSION,
	SIP_HDR_HISTORY_INFO, SIP_HDR_P_CALLED_PARTY_ID,
	SIP_HDR_P_ASSOCIATED_URI, SIP_HDR_P_ACCESS_NETWORK_INFO,
	SIP_HDR_P_VISITED_NETWORK_ID, SIP_HDR_P_CHARGING_VECTOR,
	SIP_HDR_P_CHARGING_FUNCTION_ADDRESSES, SIP_HDR_P_CHARGE_INFO,
	SIP_HDR_P_SERVED_USER, SIP_HDR_P_USER_DATABASE, SIP_HDR_P_PROFILE_KEY,
	SIP_HDR_P_ASSERTED_SERVICE, SIP_HDR_P_PREFERRED_SERVICE,
	SIP_HDR_P_PRIVATE_NETWORK_INDICATION, SIP_HDR_P_MEDIA_AUTHORIZATION,
	SIP_HDR_ATTESTATION_INFO, SIP_HDR_ORIGINATION_ID,
	SIP_HDR_RELAYED_CHARGE, SIP_HDR_CELLULAR_NETWORK_INFO,
	/* what tells of a network */
	SIP_HDR_USER_AGENT, SIP_HDR_SERVER, SIP_HDR_ORGANIZATION, SIP_HDR_WARNING,
	/* between the ends */
	SIP_HDR_REASON, SIP_HDR_SUBJECT, SIP_HDR_PRIORITY,
	SIP_HDR_RESOURCE_PRIORITY, SIP_HDR_ACCEPT_RESOURCE_PRIORITY,
	SIP_HDR_ALERT_INFO, SIP_HDR_CALL_INFO, SIP_HDR_ERROR_INFO,
	SIP_HDR_REPLY_TO, SIP_HDR_ANSWER_MODE, SIP_HDR_PRIV_ANSWER_MODE,
	SIP_HDR_USER_TO_USER, SIP_HDR_SESSION_ID, SIP_HDR_GEOLOCATION,
	SIP_HDR_GEOLOCATION_ROUTING, SIP_HDR_RECV_INFO, SIP_HDR_INFO_PACKAGE,
	SIP_HDR_P_EARLY_MEDIA, SIP_HDR_FEATURE_CAPS, SIP_HDR_MAX_BREADTH,
	SIP_HDR_N
};

/**
 * enum sip_method - methods that we know by name; they are case-sensitive
 */
enum sip_method {
	SIP_METHOD_OTHER,
	SIP_INVITE, SIP_ACK, SIP_BYE, SIP_CANCEL, SIP_OPTIONS, SIP_REGISTER,
	SIP_PRACK, SIP_UPDATE, SIP_INFO, SIP_MESSAGE, SIP_SUBSCRIBE, SIP_NOTIFY,
	SIP_REFER, SIP_PUBLISH,
	SIP_METHOD_N
};

/**
 * enum sip_proto - the transport that a Via or a ;transport= names
 * @SIP_PROTO_NONE: none is named
 * @SIP_PROTO_OTHER: one that we do not speak
 */
enum sip_proto {
	SIP_PROTO_NONE, SIP_PROTO_UDP, SIP_PROTO_TCP, SIP_PROTO_TLS, SIP_PROTO_WS,
	SIP_PROTO_WSS, SIP_PROTO_OTHER
};

/**
 * struct sip_header - one header field of a message
 * @id: which one
 * @next: index of the next one with the same @id in the message, SIP_NO_HEADER
 *	after the last; not used with SIP_HDR_OTHER
 * @name: as written
 * @value: one line, without CR, LF and NUL, without blanks at its ends; may be
 *	empty
 */
struct sip_header {
	enum sip_hdr id;
	uint16_t next;
	struct span name;
	struct span value;
};

#define SIP_NO_HEADER	0xffff

/* ------------------------------------------------------------------- names */

/** sip_hdr_lookup() - which header field has this name, full or compact? */
enum sip_hdr sip_hdr_lookup(struct span name);

/** sip_hdr_name() - its full name; "" for SIP_HDR_OTHER */
struct span sip_hdr_name(enum sip_hdr id);

/** sip_hdr_is_single() - may a message have only one such field? */
bool sip_hdr_is_single(enum sip_hdr id);

/** sip_method_lookup() - which method has this name? */
enum sip_method sip_method_lookup(struct span name);

/** sip_method_text() - its name; "" for SIP_METHOD_OTHER */
struct span sip_method_text(enum sip_method method);

/** sip_proto_lookup() - which transport has this name, in whatever case? */
enum sip_proto sip_proto_lookup(struct span name);

/** sip_proto_text() - as in a Via: "UDP"; "" for NONE and OTHER */
struct span sip_proto_text(enum sip_proto proto);

/** sip_reason_text() - the usual reason phrase of a status code */
struct span sip_reason_text(unsigned int status);

/* ------------------------------------------------------------ small grammar */

/** sip_is_token() - is it a token (RFC 3261 25.1), at least one character? */
bool sip_is_token(struct span s);

/** sip_quoted_end() - past the quoted string that @s starts with; NULL: no end */
const char *sip_quoted_end(struct span s);

/**
 * sip_is_balanced() - does every quoted string in it end?
 * @s: parameters
 *
 * Return: true if so: what we put behind it is not swallowed.
 */
bool sip_is_balanced(struct span s);

/**
 * sip_list_next() - the next element of a list with commas
 * @rest: the list; afterwards what follows the element
 * @item: filled with the element, trimmed; empty elements are passed over
 *
 * Commas within quotes and angle brackets do not separate.
 *
 * Return: false at the end.
 */
bool sip_list_next(struct span *rest, struct span *item);

/**
 * sip_param_next() - the next of parameters
 * @rest: `name[=value] *(;name[=value])`; afterwards what follows
 * @name: filled, trimmed
 * @value: filled, trimmed, quotes included; absent if there is none
 *
 * Empty parameters (";;") are passed over.
 *
 * Return: false at the end.
 */
bool sip_param_next(struct span *rest, struct span *name, struct span *value);

/**
 * sip_param() - a parameter by its name
 * @params: all of them, without the first semicolon
 * @name: case does not matter
 * @value: filled: as sip_param_next(); may be NULL
 *
 * Return: true if it is there; of two the first.
 */
bool sip_param(struct span params, const char *name, struct span *value);

/**
 * sip_unquote() - what a quoted string says
 * @s: with quotes, or a token, which is returned as it is
 * @buf: filled if needed; not terminated
 * @size: bytes of @buf; @s.n is always enough
 *
 * Return: the text, in @buf or in @s; absent if it did not go in.
 */
struct span sip_unquote(struct span s, char *buf, size_t size);

/* ------------------------------------------------------------ typed values */

/**
 * struct sip_via - one Via value
 * @text: all of it
 * @proto: the transport
 * @proto_text: as written
 * @host: sent-by, never empty; IPv6 with its brackets (put there in our mind if
 *	they were left out: see @addr)
 * @addr: of a numeric sent-by; family 0 if it is a name
 * @port: of sent-by; 0: none was given
 * @params: all parameters
 * @branch: absent if there is none
 * @received: absent if there is none; may be an IPv6 address in brackets or not
 * @maddr: kept to be seen, never used
 * @rport: ;rport is there, with or without a value
 * @rport_value: its value, 0 if there is none
 * @cookie: @branch starts with "z9hG4bK" and has more behind it: RFC 3261
 *	matching of transactions
 */
struct sip_via {
	struct span text;
	enum sip_proto proto;
	struct span proto_text;
	struct span host;
	struct dp_addr addr;
	uint16_t port;
	struct span params;
	struct span branch;
	struct span received;
	struct span maddr;
	bool rport;
	uint16_t rport_value;
	bool cookie;
};

/**
 * struct sip_addr - From, To, Contact, Route, P-Asserted-Identity...
 * @text: all of it
 * @display: display name as written, quotes included; absent if there is none
 * @uri: taken apart; with @star all zero
 * @params: of the header field, without the first semicolon
 * @tag: value of ;tag=; absent if there is none
 * @star: a Contact that says "*"
 * @bracketed: the URI stood in <>
 */
struct sip_addr {
	struct span text;
	struct span display;
	struct sip_uri uri;
	struct span params;
	struct span tag;
	bool star;
	bool bracketed;
};

/**
 * struct sip_cseq - CSeq
 * @number: below 2^31
 * @method: which
 * @method_text: as written
 */
struct sip_cseq {
	uint32_t number;
	enum sip_method method;
	struct span method_text;
};

/**
 * struct sip_rack - RAck (RFC 3262)
 * @rseq: of the response that is acknowledged
 * @cseq: of its request
 */
struct sip_rack {
	uint32_t rseq;
	struct sip_cseq cseq;
};

/**
 * struct sip_value - a token or media type with parameters: Content-Type, Event,
 *	Subscription-State, Content-Disposition, Reason (the protocol),
 *	Session-Expires (the seconds), Accept, Replaces (the Call-ID) ...
 * @value: what stands before the parameters
 * @params: without the first semicolon
 */
struct sip_value {
	struct span value;
	struct span params;
};

/**
 * struct sip_session_expires - Session-Expires (RFC 4028)
 * @seconds: the interval
 * @refresher: 0 not said, 'c' uac, 's' uas
 */
struct sip_session_expires {
	uint32_t seconds;
	char refresher;
};

/**
 * struct sip_dialog_id - Replaces, Join, Target-Dialog
 * @call_id: of the dialog meant
 * @to_tag: as the receiver's own tag (local-tag of Target-Dialog)
 * @from_tag: the other one's
 * @early_only: ;early-only is there
 */
struct sip_dialog_id {
	struct span call_id;
	struct span to_tag;
	struct span from_tag;
	bool early_only;
};

/*
 * Each returns NULL, or why the value is none of its kind: a sentence without a
 * full stop.  Spans point into @s.  A value that is none leaves nothing half
 * read: Via and addresses are zeroed then.
 */
const char *sip_via_read(struct span s, struct sip_via *via);
const char *sip_addr_read(struct span s, struct sip_addr *addr);
const char *sip_cseq_read(struct span s, struct sip_cseq *cseq);
const char *sip_rack_read(struct span s, struct sip_rack *rack);
const char *sip_value_read(struct span s, struct sip_value *value);
const char *sip_session_expires_read(struct span s,
				     struct sip_session_expires *se);
const char *sip_dialog_id_read(struct span s, struct sip_dialog_id *id);

/**
 * sip_delta_seconds() - Expires, Min-SE, Retry-After: seconds, then whatever
 * @s: the value
 * @seconds: filled on success; 2^32 - 1 for what is more (RFC 3261 20.19)
 *
 * Return: true if it starts with a number that ends before a blank, ";" or "(".
 */
bool sip_delta_seconds(struct span s, uint32_t *seconds);

#endif /* SIP_HEADER_H */
