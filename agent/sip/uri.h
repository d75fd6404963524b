/* SPDX-License-Identifier: GPL-2.0 */
/*
 * URIs of SIP: sip, sips (RFC 3261 19.1) and tel (RFC 3966); others are kept as
 * text.  All members are spans into the text that was parsed.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/addr.h"
#include "base/span.h"

/**
 * enum sip_scheme - what kind of URI
 * @SIP_SCHEME_OTHER: none of ours: only @text and @scheme_text are filled
 * @SIP_SCHEME_SIP: sip:
 * @SIP_SCHEME_SIPS: sips:
 * @SIP_SCHEME_TEL: tel: the number is in @user, there is no host
 */
enum sip_scheme {
	SIP_SCHEME_OTHER,
	SIP_SCHEME_SIP,
	SIP_SCHEME_SIPS,
	SIP_SCHEME_TEL
};

/** SIP_MAX_URI - bytes of a URI; a request for a longer one gets 414 */
#define SIP_MAX_URI	2048

/** SIP_MAX_PARAMS - parameters of a URI, and header fields: comparison is square */
#define SIP_MAX_PARAMS	32

/**
 * struct sip_uri - a URI, taken apart
 * @text: all of it
 * @scheme: kind
 * @scheme_text: as written, without the colon
 * @user: as written, escapes included; absent (p NULL) if there is none.  Of a
 *	tel URI the number
 * @password: what follows a colon in the user part; absent if there is none
 * @host: as written, an IPv6 address with its brackets.  Never empty with
 *	SIP_SCHEME_SIP and SIP_SCHEME_SIPS, absent with all others
 * @addr: of a numeric host the address with @port (0: none was given); family 0
 *	if the host is a name.  IPv4-mapped addresses are IPv4
 * @port: 0: none was given
 * @params: all parameters, without the first semicolon; see sip_param()
 * @headers: what follows the question mark; absent if there is none
 * @transport: value of ;transport=; absent if there is none
 * @maddr: value of ;maddr=; kept because it is part of comparison, and never
 *	used: it would let a stranger choose whom we send to
 * @method: value of ;method=
 * @user_param: value of ;user=
 * @lr: ;lr is there
 * @ob: ;ob is there (RFC 5626)
 */
struct sip_uri {
	struct span text;
	enum sip_scheme scheme;
	struct span scheme_text;
	struct span user;
	struct span password;
	struct span host;
	struct dp_addr addr;
	uint16_t port;
	struct span params;
	struct span headers;
	struct span transport;
	struct span maddr;
	struct span method;
	struct span user_param;
	bool lr;
	bool ob;
};

/**
 * sip_uri_parse() - take a URI apart
 * @text: all of it, without blanks or angle brackets
 * @uri: filled on success, zeroed otherwise; spans point into @text
 *
 * A URI of an unknown scheme is a success (it may stand in a From, and a request
 * for it gets 416).
 *
 * Return: NULL, or why it is none: a sentence without a full stop.
 */
const char *sip_uri_parse(struct span text, struct sip_uri *uri);

/**
 * sip_uri_is_sip() - is it one that a SIP request can be sent to?
 * @uri: the URI
 *
 * Return: true with sip and sips; it has a host then.
 */
static inline bool sip_uri_is_sip(const struct sip_uri *uri)
{
	return uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;
}

/**
 * sip_uri_eq() - are they equivalent?
 * @a: a URI
 * @b: another
 *
 * RFC 3261 19.1.4, RFC 3966 section 5 (tel, visual separators aside), and byte
 * by byte for other schemes.
 *
 * Return: true if they are.
 */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);

/**
 * sip_uri_unescape() - resolve %HH
 * @s: text with escapes
 * @buf: filled; not terminated, may hold any byte
 * @size: bytes of @buf; @s.n is always enough
 *
 * Return: the text in @buf; absent if it did not go in.  A % that starts no
 * escape stands for itself.
 */
struct span sip_uri_unescape(struct span s, char *buf, size_t size);

/**
 * sip_uri_escape_user() - the opposite, for a user part
 * @s: any bytes
 * @buf: filled, terminated
 * @size: bytes of @buf; 3 * @s.n + 1 is always enough
 *
 * Return: the text in @buf; absent if it did not go in.
 */
struct span sip_uri_escape_user(struct span s, char *buf, size_t size);

/**
 * sip_host_is_sane() - what may stand as a host
 * @host: a name, an IPv4 address, or an IPv6 address in brackets
 *
 * Return: true if it is one of these.
 */
bool sip_host_is_sane(struct span host);

/**
 * sip_host_addr() - a host as an address
 * @host: IPv4, or IPv6 in brackets or without them
 * @addr: filled on success, port 0; IPv4-mapped addresses become IPv4
 *
 * Return: true if it was numeric.
 */
bool sip_host_addr(struct span host, struct dp_addr *addr);

/**
 * sip_host_eq() - the same host?
 * @a: a host, as in &struct sip_uri
 * @b: another
 *
 * Return: true if they are the same name, case aside, or the same address in
 * whatever spelling.
 */
bool sip_host_eq(struct span a, struct span b);

#endif /* SIP_URI_H */
