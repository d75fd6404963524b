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

bool config_server_parse(const char *text, uint16_t port,
			 struct config_server *server)
{
	struct config_hop hop = { .port = port };

	if (!get_host(span_of(text), &hop))
		return false;
	memcpy(server->host, hop.host, sizeof(server->host));
	server->addr = hop.addr;
	server->port = hop.port;
	return true;
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
