// SPDX-License-Identifier: GPL-2.0
/* Transport addresses and their text. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

/* 1 to @max in decimal: no sign, no blank, nothing after it but one of "#/"; NULL: it is none */
static const char *parse_number(const char *text, unsigned int max, unsigned int *value)
{
	size_t i;

	*value = 0;
	for (i = 0; text[i] && text[i] != '/' && text[i] != '#'; i++) {
		if (i == 5 || text[i] < '0' || text[i] > '9')
			return NULL;
		*value = *value * 10 + (unsigned int)(text[i] - '0');
	}
	return *value && *value <= max ? text + i : NULL;
}

/* behind a port nothing follows but "#CALL", "/LINE" and "/rtcp" */
static bool parse_port(const char *text, struct dp_addr *addr)
{
	unsigned int value;

	text = parse_number(text, UINT16_MAX, &value);
	if (!text)
		return false;
	addr->port = (uint16_t)value;
	if (*text == '#') {
		text = parse_number(text + 1, DP_CALL_MAX, &value);
		if (!text)
			return false;
		addr->call = (uint16_t)value;
	}
	if (*text == '/' && strcmp(text, "/rtcp")) {
		text = parse_number(text + 1, DP_LINE_MAX, &value);
		if (!text)
			return false;
		addr->line = (uint8_t)value;
	}
	addr->rtcp = *text;
	return !*text || !strcmp(text, "/rtcp");
}

bool dp_addr_parse_v4(struct span text, struct in_addr *v4)
{
	const char *p = text.p, *end = p + text.n, *first;
	unsigned int i, value;
	uint8_t byte[4];

	for (i = 0; i < 4; i++) {
		if (i && (p == end || *p++ != '.'))
			return false;
		for (first = p, value = 0; p < end && *p >= '0' && *p <= '9'; p++) {
			value = value * 10 + (unsigned int)(*p - '0');
			if (value > UINT8_MAX || (p > first && *first == '0'))
				return false;
		}
		if (p == first)
			return false;
		byte[i] = (uint8_t)value;
	}
	if (p != end)
		return false;
	memcpy(v4, byte, sizeof(byte));
	return true;
}

/* the first len characters of text, which end there or at a '\0' */
static bool parse_host(const char *text, size_t len, struct dp_addr *addr)
{
	struct dp_addr new = {};
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return false;
	if (dp_addr_parse_v4((struct span){ text, len }, &new.v4)) {
		new.family = AF_INET;
		*addr = new;
		return true;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET6, host, &new.v6) != 1)
		return false;
	new.family = AF_INET6;
	*addr = new;
	return true;
}

bool dp_addr_parse_leg(const char *text, struct dp_addr *addr)
{
	struct dp_addr new;
	const char *end;
	bool bracket = text[0] == '[';

	if (bracket) {
		text++;
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return false;
	} else {
		end = strchr(text, ':');
		if (!end)
			return false;
	}
	if (!parse_host(text, (size_t)(end - text), &new) ||
	    (new.family == AF_INET6) != bracket ||
	    !parse_port(end + 1 + bracket, &new))
		return false;
	*addr = new;
	return true;
}

bool dp_addr_parse(const char *text, struct dp_addr *addr)
{
	struct dp_addr new;

	if (!dp_addr_parse_leg(text, &new) || new.rtcp || new.line || new.call)
		return false;
	*addr = new;
	return true;
}

bool dp_addr_parse_host(const char *text, struct dp_addr *addr)
{
	size_t len = strlen(text);
	struct dp_addr new;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		if (!parse_host(text + 1, len - 2, &new) ||
		    new.family != AF_INET6)
			return false;
	} else if (!parse_host(text, len, &new)) {
		return false;
	}
	*addr = new;
	return true;
}

/* @number in decimal; what follows it */
static char *put_number(char *at, unsigned int number)
{
	char digits[10];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	memcpy(at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

/* the address alone; there is room for INET6_ADDRSTRLEN */
static char *put_host(char *at, const struct dp_addr *addr)
{
	const uint8_t *byte = (const uint8_t *)&addr->v4;
	unsigned int i;

	if (addr->family == AF_INET6) {
		/* cannot fail: the room is enough */
		inet_ntop(AF_INET6, &addr->v6, at, INET6_ADDRSTRLEN);
		return at + strlen(at);
	}
	for (i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_number(at, byte[i]);
	}
	return at;
}

/* without printf(): descriptions and replies are full of addresses */
static void put_addr(char *at, const struct dp_addr *addr)
{
	bool bracket = addr->family == AF_INET6 && addr->port;

	if (bracket)
		*at++ = '[';
	at = put_host(at, addr);
	if (bracket)
		*at++ = ']';
	if (addr->port) {
		*at++ = ':';
		at = put_number(at, addr->port);
		if (addr->call) {
			*at++ = '#';
			at = put_number(at, addr->call);
		}
		if (addr->line) {
			*at++ = '/';
			at = put_number(at, addr->line);
		}
		if (addr->rtcp)
			at = stpcpy(at, "/rtcp");
	}
	*at = '\0';
}

const char *dp_addr_str(const struct dp_addr *addr, char *buf, size_t len)
{
	char text[DP_ADDR_STRLEN];

	if (!addr || (addr->family != AF_INET && addr->family != AF_INET6))
		strcpy(text, "-");
	else
		put_addr(text, addr);
	if (!len)
		return buf;
	*buf = '\0';
	return strncat(buf, text, len - 1);
}

bool dp_addr_eq(const struct dp_addr *a, const struct dp_addr *b)
{
	if (a->family != b->family || a->rtcp != b->rtcp || a->line != b->line ||
	    a->call != b->call)
		return false;
	switch (a->family) {
	case AF_INET:
		return a->port == b->port && a->v4.s_addr == b->v4.s_addr;
	case AF_INET6:
		return a->port == b->port &&
		       !memcmp(&a->v6, &b->v6, sizeof(a->v6));
	default:
		return true;
	}
}

bool dp_addr_same_host(const struct dp_addr *a, const struct dp_addr *b)
{
	struct dp_addr x = *a, y = *b;

	x.port = 0;
	y.port = 0;
	x.rtcp = false;
	y.rtcp = false;
	x.line = 0;
	y.line = 0;
	x.call = 0;
	y.call = 0;
	return dp_addr_eq(&x, &y);
}

bool dp_addr_is_any(const struct dp_addr *addr)
{
	if (addr->family == AF_INET)
		return addr->v4.s_addr == htonl(INADDR_ANY);
	return addr->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&addr->v6);
}

static bool is_private_v4(uint32_t a)
{
	return (a & 0xff000000) == 0x0a000000 ||	/* 10/8 */
	       (a & 0xfff00000) == 0xac100000 ||	/* 172.16/12 */
	       (a & 0xffff0000) == 0xc0a80000 ||	/* 192.168/16 */
	       (a & 0xffc00000) == 0x64400000 ||	/* 100.64/10 */
	       (a & 0xffff0000) == 0xa9fe0000 ||	/* 169.254/16 */
	       (a & 0xff000000) == 0x7f000000 ||	/* 127/8 */
	       (a & 0xff000000) == 0;			/* 0/8 */
}

bool dp_addr_is_private(const struct dp_addr *addr)
{
	if (addr->family == AF_INET)
		return is_private_v4(ntohl(addr->v4.s_addr));
	if (addr->family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&addr->v6) ||
	       IN6_IS_ADDR_LINKLOCAL(&addr->v6) ||
	       IN6_IS_ADDR_UNSPECIFIED(&addr->v6) ||
	       (addr->v6.s6_addr[0] & 0xfe) == 0xfc;	/* fc00::/7 */
}

socklen_t dp_addr_to_sockaddr(const struct dp_addr *addr,
			      struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	switch (addr->family) {
	case AF_INET:
		sin->sin_family = AF_INET;
		sin->sin_addr = addr->v4;
		sin->sin_port = htons(addr->port);
		return sizeof(*sin);
	case AF_INET6:
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = addr->v6;
		sin6->sin6_port = htons(addr->port);
		return sizeof(*sin6);
	default:
		return 0;
	}
}

bool dp_addr_from_sockaddr(struct dp_addr *addr, const struct sockaddr *sa,
			   socklen_t len)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)sa;
	struct dp_addr new = {};

	if (len < sizeof(sa->sa_family))
		return false;
	if (sa->sa_family == AF_INET && len >= sizeof(*sin)) {
		new.family = AF_INET;
		new.v4 = sin->sin_addr;
		new.port = ntohs(sin->sin_port);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof(*sin6)) {
		new.port = ntohs(sin6->sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
			new.family = AF_INET;
			memcpy(&new.v4, &sin6->sin6_addr.s6_addr[12], 4);
		} else {
			new.family = AF_INET6;
			new.v6 = sin6->sin6_addr;
		}
	} else {
		return false;
	}
	*addr = new;
	return true;
}
