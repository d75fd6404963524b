/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transport address, as every part of the agent and of the command line
 * passes it around, and its text: "192.0.2.1:30000", "[2001:db8::1]:30000";
 * "192.0.2.1:30000/rtcp" where what is RTCP at that port is meant, "192.0.2.1:30000/2"
 * and "192.0.2.1:30000/2/rtcp" where it is what is of one line of several there; and
 * "192.0.2.1:30000#7", "192.0.2.1:30000#7/2/rtcp" where calls share that port.
 */
#ifndef DATAPATH_ADDR_H
#define DATAPATH_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/span.h"

/**
 * struct dp_addr - an IPv4 or IPv6 address with a UDP port
 * @family: AF_INET, AF_INET6, or 0 (AF_UNSPEC): there is no address
 * @port: host byte order; 0 where only an address is meant (natmaps)
 * @v4: address in network byte order, with AF_INET
 * @v6: address, with AF_INET6
 * @rtcp: of a leg's address: what is RTCP there, as a leg of its own
 * @line: of a leg's address: what is of that line there, of several that share the port
 *	(BUNDLE), as a leg of its own; 0: what is of none of these
 * @call: of a leg's address: the number of a call, of several that share the port, each
 *	of which has its own remote; 0: nobody shares it
 *
 * A zeroed structure is "no address".
 */
struct dp_addr {
	sa_family_t family;
	uint16_t port;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
	bool rtcp;
	uint8_t line;
	uint16_t call;
};

/** DP_ADDR_STRLEN - room for the longest text of a &struct dp_addr and its NUL */
#define DP_ADDR_STRLEN	(INET6_ADDRSTRLEN + sizeof("[]:65535#32767/255/rtcp"))

/** DP_LINE_MAX - the highest &dp_addr.line */
#define DP_LINE_MAX	31

/** DP_CALL_MAX - the highest &dp_addr.call */
#define DP_CALL_MAX	32767

/**
 * dp_addr_parse() - read "A:P" or "[A]:P"
 * @text: the whole text; nothing may follow the port
 * @addr: filled on success, untouched otherwise
 *
 * Numeric addresses only.  Port 1 to 65535, decimal, without sign.
 *
 * Return: true if @text was an address with a port.
 */
bool dp_addr_parse(const char *text, struct dp_addr *addr);

/**
 * dp_addr_parse_v4() - read an IPv4 address
 * @text: four numbers without needless zeros, and a dot between them
 * @v4: filled on success, untouched otherwise
 *
 * As inet_pton() reads it.
 *
 * Return: true if it is one.
 */
bool dp_addr_parse_v4(struct span text, struct in_addr *v4);

/** dp_addr_parse_leg() - the same of a leg, behind whose port "#CALL", "/LINE" and "/rtcp"
 *	may follow */
bool dp_addr_parse_leg(const char *text, struct dp_addr *addr);

/**
 * dp_addr_parse_host() - read an address without a port ("A" or "[A]")
 * @text: the whole text
 * @addr: filled on success (port 0), untouched otherwise
 *
 * Return: true if @text was an address.
 */
bool dp_addr_parse_host(const char *text, struct dp_addr *addr);

/**
 * dp_addr_str() - text of an address
 * @addr: the address; NULL or family 0 gives "-"; with port 0 the address
 *	stands alone, without brackets
 * @buf: filled with the text, always terminated
 * @len: bytes of @buf, DP_ADDR_STRLEN is always enough
 *
 * Return: @buf, so that the call can stand in an argument list.
 */
const char *dp_addr_str(const struct dp_addr *addr, char *buf, size_t len);

/**
 * dp_addr_eq() - the same family, address, port, and part of it?
 * @a: an address
 * @b: another
 *
 * Return: true if they are equal; two absent addresses are.
 */
bool dp_addr_eq(const struct dp_addr *a, const struct dp_addr *b);

/**
 * dp_addr_same_host() - the same address, whatever the ports?
 * @a: an address
 * @b: another
 *
 * Return: true if it is; two absent addresses are.
 */
bool dp_addr_same_host(const struct dp_addr *a, const struct dp_addr *b);

/**
 * dp_addr_is_any() - is it every address of its family (0.0.0.0, ::)?
 * @addr: the address
 *
 * Return: true if so; false for no address.
 */
bool dp_addr_is_any(const struct dp_addr *addr);

/**
 * dp_addr_is_private() - can nobody on the internet be reached there?
 * @addr: the address
 *
 * RFC 1918, RFC 6598, loopback, link-local, unspecified, fc00::/7.
 *
 * Return: true if so; false for no address.
 */
bool dp_addr_is_private(const struct dp_addr *addr);

/**
 * dp_addr_to_sockaddr() - for bind(), sendto()
 * @addr: the address, AF_INET or AF_INET6
 * @ss: filled
 *
 * Return: length of what was filled, 0 if @addr has no family.
 */
socklen_t dp_addr_to_sockaddr(const struct dp_addr *addr,
			      struct sockaddr_storage *ss);

/**
 * dp_addr_from_sockaddr() - from recvfrom(), getsockname()
 * @addr: filled; an IPv4-mapped IPv6 address becomes AF_INET
 * @sa: the socket's address
 * @len: bytes of @sa
 *
 * Return: true if it was a whole IPv4 or IPv6 socket address.
 */
bool dp_addr_from_sockaddr(struct dp_addr *addr, const struct sockaddr *sa,
			   socklen_t len);

#endif /* DATAPATH_ADDR_H */
