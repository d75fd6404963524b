// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>

#include "sip/header.h"
#include "sip/uri.h"

/* --------------------------------------------------------------------- hosts */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* a domain name as DNS allows it in practice: RFC 3261's and underscores */
static bool is_name(struct span host)
{
	size_t i;

	if (!host.n || host.n > 255)
		return false;
	for (i = 0; i < host.n; i++)
		if (!is_alnum(host.p[i]) && host.p[i] != '-' &&
		    host.p[i] != '.' && host.p[i] != '_')
			return false;
	return *host.p != '.' && *host.p != '-';
}

/* digits and dots only: if it is no address, then it is no name either */
static bool is_numeric(struct span host)
{
	size_t i;

	for (i = 0; i < host.n; i++)
		if ((host.p[i] < '0' || host.p[i] > '9') && host.p[i] != '.')
			return false;
	return host.n;
}

/*
 * RFC 3261's own grammar made ":::" before an embedded IPv4 address; RFC 5118
 * 4.10 wants it understood.
 */
static bool parse_v6(struct span s, struct in6_addr *v6)
{
	char text[INET6_ADDRSTRLEN + 1], *odd;

	if (!span_str(s, text, sizeof(text)))
		return false;
	odd = strstr(text, ":::");
	if (odd && strchr(odd, '.'))
		memmove(odd, odd + 1, strlen(odd));
	return inet_pton(AF_INET6, text, v6) == 1;
}

bool sip_host_addr(struct span host, struct dp_addr *addr)
{
	struct dp_addr a = { 0 };

	if (dp_addr_parse_v4(host, &a.v4)) {
		a.family = AF_INET;
		*addr = a;
		return true;
	}
	if (!host.n || is_numeric(host) || !span_chr(host, ':'))
		return false;
	if (*host.p == '[') {
		if (host.p[host.n - 1] != ']')
			return false;
		host = span_from(host.p + 1, host.p + host.n - 1);
	}
	a.family = AF_INET6;
	if (!parse_v6(host, &a.v6))
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a.v6)) {
		struct in_addr v4;

		memcpy(&v4, &a.v6.s6_addr[12], sizeof(v4));
		memset(&a, 0, sizeof(a));
		a.family = AF_INET;
		a.v4 = v4;
	}
	*addr = a;
	return true;
}

bool sip_host_is_sane(struct span host)
{
	struct dp_addr addr;

	if (!host.n)
		return false;
	if (*host.p == '[' || is_numeric(host))
		return sip_host_addr(host, &addr);
	return is_name(host);
}

bool sip_host_eq(struct span a, struct span b)
{
	struct dp_addr x, y;

	if (sip_host_addr(a, &x) && sip_host_addr(b, &y))
		return dp_addr_eq(&x, &y);
	return span_eqcase(a, b);
}

/* ------------------------------------------------------------------- parsing */

/* what no part of a URI holds: blanks, controls, quotes, angle brackets */
static bool has_forbidden(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>')
			return true;
	}
	return false;
}

/* of two with one name the first counts, as in sip_param() */
static void first(struct span *place, struct span value)
{
	if (!place->p)
		*place = value.p ? value : SPAN("");
}

static void read_param(struct sip_uri *uri, struct span name, struct span value)
{
	if (span_iscase(name, "transport"))
		first(&uri->transport, value);
	else if (span_iscase(name, "lr"))
		uri->lr = true;
	else if (span_iscase(name, "ob"))
		uri->ob = true;
	else if (span_iscase(name, "maddr"))
		first(&uri->maddr, value);
	else if (span_iscase(name, "method"))
		first(&uri->method, value);
	else if (span_iscase(name, "user"))
		first(&uri->user_param, value);
}

static unsigned int count(struct span s, char c)
{
	unsigned int n = 0;

	while (s.p) {
		span_cut(&s, c);
		n++;
	}
	return n;
}

static const char *read_host_port(struct span s, struct sip_uri *uri)
{
	const char *end = s.p + s.n, *colon, *from = s.p;
	uint32_t port;

	if (s.n && *s.p == '[') {
		from = span_chr(s, ']');
		if (!from)
			return "no ] ends the IPv6 address";
		if (++from < end && *from != ':')
			return "something other than a port follows the ]";
	}
	colon = span_chr(span_from(from, end), ':');
	uri->host = span_from(s.p, colon ? colon : end);
	if (!sip_host_addr(uri->host, &uri->addr) && !sip_host_is_sane(uri->host))
		return "the host is neither a name nor an address";
	if (colon) {
		if (!span_u32(span_from(colon + 1, end), &port) || !port ||
		    port > 65535)
			return "the port is not a number from 1 to 65535";
		uri->port = (uint16_t)port;
	}
	if (uri->addr.family)
		uri->addr.port = uri->port;
	return NULL;
}

static const char *read_sip(struct span rest, struct sip_uri *uri)
{
	const char *at = span_chr(rest, '@'), *p, *end;
	struct span name, value;
	const char *why;

	if (at) {
		uri->password = span_from(rest.p, at);
		uri->user = span_cut(&uri->password, ':');
		rest = span_skip(rest, (size_t)(at - rest.p) + 1);
		if (!uri->user.n)
			return "the user part is empty";
		if (span_chr(rest, '@'))
			return "it has two @";
	}
	for (p = rest.p, end = p + rest.n; p < end && *p != ';' && *p != '?'; p++)
		;
	why = read_host_port(span_from(rest.p, p), uri);
	if (why)
		return why;
	rest = span_from(p, end);
	p = span_chr(rest, '?');
	if (p) {
		uri->headers = span_from(p + 1, end);
		rest = span_from(rest.p, p);
	}
	uri->params = rest.n ? span_skip(rest, 1) : rest;
	if (count(uri->params, ';') > SIP_MAX_PARAMS ||
	    count(uri->headers, '&') > SIP_MAX_PARAMS)
		return "it has more than 32 parameters or header fields";
	rest = uri->params;
	while (rest.n && sip_param_next(&rest, &name, &value))
		read_param(uri, name, value);
	return NULL;
}

/* RFC 3966: digits and visual separators; a "+" only in front */
static bool is_tel_number(struct span s)
{
	bool digit = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (is_alnum(c) && ((c >= '0' && c <= '9') || (c | 0x20) <= 'f'))
			digit = true;
		else if (c == '*' || c == '#')
			digit = true;
		else if (c != '-' && c != '.' && c != '(' && c != ')' &&
			 (c != '+' || i))
			return false;
	}
	return digit;
}

static const char *read_tel(struct span rest, struct sip_uri *uri)
{
	uri->user = span_cut(&rest, ';');
	uri->params = rest;
	if (count(uri->params, ';') > SIP_MAX_PARAMS)
		return "it has more than 32 parameters";
	return is_tel_number(uri->user) ? NULL : "the telephone number is none";
}

static enum sip_scheme scheme_of(struct span s)
{
	if (span_iscase(s, "sip"))
		return SIP_SCHEME_SIP;
	if (span_iscase(s, "sips"))
		return SIP_SCHEME_SIPS;
	if (span_iscase(s, "tel"))
		return SIP_SCHEME_TEL;
	return SIP_SCHEME_OTHER;
}

static const char *read_uri(struct span text, struct sip_uri *uri)
{
	const char *colon = span_chr(text, ':');
	struct span rest;

	uri->text = text;
	if (!colon)
		return "a URI has a scheme and a colon";
	if (text.n > SIP_MAX_URI)
		return "the URI is longer than 2048 bytes";
	if (has_forbidden(text))
		return "the URI holds blanks, quotes, brackets or control characters";
	uri->scheme_text = span_from(text.p, colon);
	if (!sip_is_token(uri->scheme_text))
		return "the scheme of the URI is no word";
	uri->scheme = scheme_of(uri->scheme_text);
	rest = span_from(colon + 1, text.p + text.n);
	if (uri->scheme == SIP_SCHEME_TEL)
		return read_tel(rest, uri);
	return uri->scheme == SIP_SCHEME_OTHER ? NULL : read_sip(rest, uri);
}

const char *sip_uri_parse(struct span text, struct sip_uri *uri)
{
	const char *why;

	memset(uri, 0, sizeof(*uri));
	why = read_uri(text, uri);
	/* half a URI is none: nobody shall find a host in it */
	if (why)
		memset(uri, 0, sizeof(*uri));
	return why;
}

/* ------------------------------------------------------------------- escapes */

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* the byte at *i, an escape or itself; *i is moved past it */
static unsigned char next_byte(struct span s, size_t *i)
{
	size_t at = *i;

	if (s.p[at] == '%' && at + 2 < s.n && hex_of(s.p[at + 1]) >= 0 &&
	    hex_of(s.p[at + 2]) >= 0) {
		*i = at + 3;
		return (unsigned char)(hex_of(s.p[at + 1]) << 4 |
				       hex_of(s.p[at + 2]));
	}
	*i = at + 1;
	return (unsigned char)s.p[at];
}

struct span sip_uri_unescape(struct span s, char *buf, size_t size)
{
	size_t i = 0, n = 0;

	while (i < s.n) {
		if (n == size)
			return (struct span){ NULL, 0 };
		buf[n++] = (char)next_byte(s, &i);
	}
	return (struct span){ buf, n };
}

struct span sip_uri_escape_user(struct span s, char *buf, size_t size)
{
	static const char plain[] = "-_.!~*'()&=+$,;?/", hex[] = "0123456789ABCDEF";
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool is_plain = is_alnum((char)c) ||
				(c && memchr(plain, c, sizeof(plain) - 1));

		if (n + (is_plain ? 1 : 3) >= size)
			return (struct span){ NULL, 0 };
		if (is_plain) {
			buf[n++] = (char)c;
			continue;
		}
		buf[n++] = '%';
		buf[n++] = hex[c >> 4];
		buf[n++] = hex[c & 15];
	}
	if (n >= size)
		return (struct span){ NULL, 0 };
	buf[n] = '\0';
	return (struct span){ buf, n };
}

/* ---------------------------------------------------------------- comparison */

static unsigned char fold(unsigned char c, bool nocase)
{
	return nocase && c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/*
 * An escape equals its character unless that is a reserved one, which is why an
 * escape of those equals only an escape (RFC 3261 19.1.4, RFC 2396 2.2).
 */
static bool eq_escaped(struct span a, struct span b, bool nocase)
{
	static const char reserved[] = ";/?:@&=+$,";
	size_t i = 0, j = 0;

	if (!a.p != !b.p)
		return false;
	while (i < a.n && j < b.n) {
		size_t i0 = i, j0 = j;
		unsigned char x = next_byte(a, &i), y = next_byte(b, &j);

		if (fold(x, nocase) != fold(y, nocase))
			return false;
		if ((i - i0 != j - j0) && x &&
		    memchr(reserved, x, sizeof(reserved) - 1))
			return false;
	}
	return i == a.n && j == b.n;
}

/* these must be in both or in none */
static bool must_match(struct span name)
{
	return span_iscase(name, "user") || span_iscase(name, "ttl") ||
	       span_iscase(name, "method") || span_iscase(name, "maddr") ||
	       span_iscase(name, "transport");
}

static bool find_param(struct span params, struct span name, struct span *value)
{
	struct span found;

	while (sip_param_next(&params, &found, value))
		if (eq_escaped(found, name, true))
			return true;
	return false;
}

static bool params_in(struct span a, struct span b)
{
	struct span rest = a, name, value, other;

	while (sip_param_next(&rest, &name, &value)) {
		if (find_param(b, name, &other)) {
			if (!eq_escaped(value, other, true))
				return false;
		} else if (must_match(name)) {
			return false;
		}
	}
	return true;
}

/* each header of @a is one of @b; order does not matter */
static bool headers_in(struct span a, struct span b)
{
	while (a.n) {
		struct span one = span_cut(&a, '&'), rest = b;
		bool found = false;

		while (rest.n && !found)
			found = eq_escaped(span_cut(&rest, '&'), one, true);
		if (!found)
			return false;
	}
	return true;
}

static bool sip_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	return eq_escaped(a->user, b->user, false) &&
	       eq_escaped(a->password, b->password, false) &&
	       sip_host_eq(a->host, b->host) && a->port == b->port &&
	       params_in(a->params, b->params) &&
	       params_in(b->params, a->params) &&
	       headers_in(a->headers, b->headers) &&
	       headers_in(b->headers, a->headers);
}

static bool is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

static bool number_eq(struct span a, struct span b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && is_separator(a.p[i]))
			i++;
		while (j < b.n && is_separator(b.p[j]))
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (fold((unsigned char)a.p[i++], true) !=
		    fold((unsigned char)b.p[j++], true))
			return false;
	}
}

/* RFC 3966 section 5: all parameters count, in any order */
static bool all_params_in(struct span a, struct span b)
{
	struct span rest = a, name, value, other;

	while (sip_param_next(&rest, &name, &value))
		if (!find_param(b, name, &other) ||
		    !eq_escaped(value, other, true))
			return false;
	return true;
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	switch (a->scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		return sip_eq(a, b);
	case SIP_SCHEME_TEL:
		return number_eq(a->user, b->user) &&
		       all_params_in(a->params, b->params) &&
		       all_params_in(b->params, a->params);
	default:
		return span_eq(a->text, b->text);
	}
}
