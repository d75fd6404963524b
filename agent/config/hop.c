// SPDX-License-Identifier: GPL-2.0
/* Next hops and prefixes, as the file writes them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"

/* what may stand in a host name; addresses are looked at as such */
#define NAME	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

static bool get_port(struct span text, uint16_t *port)
{
	uint32_t value;

	if (!span_u32(text, &value) || !value || value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* HOST[:PORT], of which an IPv6 address has brackets */
static bool get_host(struct span text, struct config_hop *hop)
{
	const char *end;
	struct span rest;

	if (text.n && *text.p == '[') {
		end = span_chr(text, ']');
		if (!end)
			return false;
		hop->host_text = span_from(text.p, end + 1);
		rest = span_from(end + 1, text.p + text.n);
		if (!span_str(span_from(text.p + 1, end), hop->host,
			      sizeof(hop->host)) ||
		    !dp_addr_parse_host(hop->host, &hop->addr) ||
		    hop->addr.family != AF_INET6)
			return false;
	} else {
		rest = text;
		hop->host_text = span_cut(&rest, ':');
		if (rest.p)
			rest = span_from(rest.p - 1, rest.p + rest.n);
		if (!hop->host_text.n ||
		    !span_str(hop->host_text, hop->host, sizeof(hop->host)) ||
		    hop->host[strspn(hop->host, NAME)])
			return false;
		dp_addr_parse_host(hop->host, &hop->addr);
	}
	if (!rest.n)
		return true;
	return *rest.p == ':' && get_port(span_skip(rest, 1), &hop->port);
}

static bool get_param(struct span param, struct config_hop *hop)
{
	struct span value = param, name = span_cut(&value, '=');

	if (span_iscase(name, "lr")) {
		hop->lr = true;
	} else if (span_iscase(name, "transport")) {
		hop->has_transport = true;
		if (span_iscase(value, "udp"))
			hop->transport = CONFIG_UDP;
		else if (span_iscase(value, "tcp"))
			hop->transport = CONFIG_TCP;
		else if (span_iscase(value, "tls"))
			hop->transport = CONFIG_TLS;
		else
			return false;
	}
	return name.n;
}

bool config_hop_parse(const char *text, struct config_hop *hop)
{
	struct span rest = span_of(text), scheme, params, host;

	memset(hop, 0, sizeof(*hop));
	if (span_chr(rest, '?') || strpbrk(text, " \t\r\n<>\""))
		return false;
	scheme = span_cut(&rest, ':');
	hop->secure = span_iscase(scheme, "sips");
	if (!rest.p || (!hop->secure && !span_iscase(scheme, "sip")))
		return false;
	params = rest;
	host = span_cut(&params, ';');
	hop->params = params;
	if (span_chr(host, '@')) {
		hop->user = span_cut(&host, '@');
		if (!hop->user.n)
			return false;
	}
	if (!get_host(host, hop))
		return false;
	while (params.p)
		if (!get_param(span_cut(&params, ';'), hop))
			return false;
	if (hop->secure) {
		hop->has_transport = true;
		hop->transport = CONFIG_TLS;
	}
	return true;
}

/* are all bits behind the prefix's length 0? */
static bool is_aligned(const struct config_prefix *prefix)
{
	bool v4 = prefix->addr.family == AF_INET;
	const uint8_t *bytes = v4 ? (const uint8_t *)&prefix->addr.v4 :
				    (const uint8_t *)&prefix->addr.v6;
	unsigned int i, bits = v4 ? 32 : 128;

	for (i = prefix->len; i < bits; i++)
		if (bytes[i / 8] & (0x80 >> (i % 8)))
			return false;
	return true;
}

bool config_prefix_parse(const char *text, struct config_prefix *prefix)
{
	struct span len = span_of(text), host = span_cut(&len, '/');
	char buf[DP_ADDR_STRLEN];
	uint32_t bits;

	memset(prefix, 0, sizeof(*prefix));
	if (!span_str(host, buf, sizeof(buf)) ||
	    !dp_addr_parse_host(buf, &prefix->addr))
		return false;
	prefix->len = prefix->addr.family == AF_INET ? 32 : 128;
	if (!len.p)
		return true;
	if (!span_u32(len, &bits) || bits > prefix->len)
		return false;
	prefix->len = bits;
	return is_aligned(prefix);
}

bool config_prefix_has(const struct config_prefix *prefix,
		       const struct dp_addr *addr)
{
	const uint8_t *a = (const uint8_t *)&prefix->addr.v6;
	const uint8_t *b = (const uint8_t *)&addr->v6;
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (prefix->addr.family != addr->family || memcmp(a, b, bytes))
		return false;
	return !bits || !((a[bytes] ^ b[bytes]) & (0xff00 >> bits) & 0xff);
}
