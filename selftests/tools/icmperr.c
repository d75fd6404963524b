// SPDX-License-Identifier: GPL-2.0
/*
 * icmperr - an ICMP error by hand, as a router or a forger would send it
 *
 * icmperr FROM TO TYPE CODE INFO SRC:PORT DST:PORT [bad|short]
 *
 * Sends one IPv4 ICMP message from FROM to TO that quotes the first 28 bytes of
 * a UDP packet from SRC to DST; INFO is the rest of its header (an MTU).  With
 * "bad" its checksum is wrong, with "short" the quote ends in the UDP header.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkt.h"

#define ICMP_HLEN	8
#define IP_HLEN		20
#define QUOTE		(IP_HLEN + 8)
#define QUOTE_SHORT	(IP_HLEN + 2)

static void parse_addr(const char *val, uint8_t *addr)
{
	if (inet_pton(AF_INET, val, addr) != 1)
		die("%s: expected an IPv4 address", val);
}

static uint16_t parse_ep(const char *val, uint8_t *addr)
{
	const char *colon = strchr(val, ':');
	char text[INET_ADDRSTRLEN];

	if (!colon || (size_t)(colon - val) >= sizeof(text))
		die("%s: expected A:P", val);
	memcpy(text, val, (size_t)(colon - val));
	text[colon - val] = '\0';
	parse_addr(text, addr);
	return (uint16_t)opt_num("port", colon + 1, 0, 65535);
}

static void put_sum(uint8_t *at, const void *data, size_t len)
{
	put16(at, (uint16_t)~csum_add(0, data, len));
}

/* The packet that is quoted: 200 bytes long, whatever is there of it. */
static void build_quote(uint8_t *ip, const char *src, const char *dst)
{
	uint8_t *udp = ip + IP_HLEN;

	ip[0] = 0x45;
	put16(ip + 2, 200);
	ip[8] = 60;
	ip[9] = IPPROTO_UDP;
	put16(udp, parse_ep(src, ip + 12));
	put16(udp + 2, parse_ep(dst, ip + 16));
	put16(udp + 4, 200 - IP_HLEN);
	put16(udp + 6, 0x1234);
	put_sum(ip + 10, ip, IP_HLEN);
}

static void transmit(const char *from, const char *to, const uint8_t *icmp, size_t len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0)
		die("no ICMP socket: %s", strerror(errno));
	parse_addr(from, (uint8_t *)&sin.sin_addr);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("cannot bind %s: %s", from, strerror(errno));
	parse_addr(to, (uint8_t *)&sin.sin_addr);
	if (sendto(fd, icmp, len, 0, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		die("cannot send to %s: %s", to, strerror(errno));
	close(fd);
}

int main(int argc, char **argv)
{
	const char *how = argc == 9 ? argv[8] : "";
	uint8_t icmp[ICMP_HLEN + QUOTE] = { 0 };
	size_t len = sizeof(icmp);

	if (argc != 8 && argc != 9)
		die("usage: icmperr FROM TO TYPE CODE INFO SRC:PORT DST:PORT [bad|short]");
	icmp[0] = (uint8_t)opt_num("type", argv[3], 0, 255);
	icmp[1] = (uint8_t)opt_num("code", argv[4], 0, 255);
	put32(icmp + 4, (uint32_t)opt_num("info", argv[5], 0, UINT32_MAX));
	build_quote(icmp + ICMP_HLEN, argv[6], argv[7]);
	if (!strcmp(how, "short"))
		len = ICMP_HLEN + QUOTE_SHORT;
	put_sum(icmp + 2, icmp, len);
	if (!strcmp(how, "bad"))
		icmp[3] ^= 1;
	transmit(argv[1], argv[2], icmp, len);
	return 0;
}
