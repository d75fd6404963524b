// SPDX-License-Identifier: GPL-2.0
/* Transport addresses: what is one, what is not, and the text of each. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ktap.h"

static bool good(void)
{
	static const char *const texts[] = {
		"192.0.2.1:30000", "0.0.0.0:1", "255.255.255.255:65535",
		"[2001:db8::1]:30001", "[::]:1", "[::1]:65535",
		"[2001:db8:1:2:3:4:5:6]:9",
	};
	char text[DP_ADDR_STRLEN];
	struct dp_addr addr;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		KTAP_CHECK(dp_addr_parse(texts[i], &addr));
		dp_addr_str(&addr, text, sizeof(text));
		KTAP_CHECK(!strcmp(text, texts[i]));
	}
	return true;
}

static bool bad(void)
{
	static const char *const texts[] = {
		"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0",
		"192.0.2.1:65536", "192.0.2.1:030000", "192.0.2.1:+5",
		"192.0.2.1: 5", "192.0.2.1:5 ", "192.0.2.1:5x", "192.0.2:5",
		"192.0.2.256:5", "0300.0.2.1:5", "host.example:5",
		"192.0.2.1:5/rtcp", "192.0.2.1:5/", "[2001:db8::1]:5/rtcp",
		"2001:db8::1:30000", "[2001:db8::1]", "[2001:db8::1]:",
		"[2001:db8::1]30000", "[2001:db8::1:5", "[192.0.2.1]:5",
		"[2001:db8::1%eth0]:5", "[]:5", "[::g]:5",
		"[2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000]:5",
	};
	struct dp_addr addr = { .family = 77 };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (dp_addr_parse(texts[i], &addr)) {
			printf("# '%s' was taken\n", texts[i]);
			return false;
		}
	}
	KTAP_CHECK(addr.family == 77);
	return true;
}

/* as inet_pton() reads it, with what stands around it left alone */
static bool v4(void)
{
	static const char *const texts[] = {
		"192.0.2.1", "0.0.0.0", "255.255.255.255", "1.2.3.4", "", ".", "1", "1.2.3", "1.2.3.",
		"1.2.3.4.", ".1.2.3.4", "1..3.4", "1.2.3.4.5", "256.0.0.1", "1.2.3.256", "1.2.3.2550",
		"01.2.3.4", "1.2.3.04", "00.0.0.0", "1.2.3.0", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4",
		"1.2.3.-4", "0x1.2.3.4", "99999999999.1.1.1", "1.2.3.4x", "a.b.c.d",
	};
	struct in_addr got, want;
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool is = inet_pton(AF_INET, texts[i], &want) == 1;

		snprintf(text, sizeof(text), "%s9", texts[i]);
		got.s_addr = 77;
		if (dp_addr_parse_v4((struct span){ text, strlen(texts[i]) }, &got) != is ||
		    got.s_addr != (is ? want.s_addr : 77)) {
			printf("# '%s'\n", texts[i]);
			return false;
		}
	}
	KTAP_CHECK(!dp_addr_parse_v4((struct span){ NULL, 0 }, &got));
	return true;
}

/* of a leg: what is RTCP at a port is another one */
static bool leg(void)
{
	static const char *const no[] = {
		"192.0.2.1:5/", "192.0.2.1:5/rtp", "192.0.2.1:5/rtcp ", "192.0.2.1:/rtcp",
		"192.0.2.1/rtcp", "192.0.2.1:5#", "192.0.2.1:5#0", "192.0.2.1:5#32768", "192.0.2.1:5#x",
		"192.0.2.1:5#1#2", "192.0.2.1:5/rtcp#1", "192.0.2.1#1",
	};
	char text[DP_ADDR_STRLEN];
	struct dp_addr addr, whole;
	size_t i;

	KTAP_CHECK(dp_addr_parse_leg("[2001:db8::1]:5/rtcp", &addr) && addr.rtcp);
	dp_addr_str(&addr, text, sizeof(text));
	KTAP_CHECK(!strcmp(text, "[2001:db8::1]:5/rtcp"));
	KTAP_CHECK(dp_addr_parse_leg("[2001:db8::1]:5", &whole) && !whole.rtcp);
	KTAP_CHECK(!dp_addr_eq(&addr, &whole));
	KTAP_CHECK(dp_addr_parse_leg("[2001:db8::1]:5#32767/31/rtcp", &addr) &&
		   addr.rtcp && addr.line == 31 && addr.call == 32767);
	dp_addr_str(&addr, text, sizeof(text));
	KTAP_CHECK(!strcmp(text, "[2001:db8::1]:5#32767/31/rtcp"));
	KTAP_CHECK(dp_addr_parse_leg("[2001:db8::1]:5#1", &addr) && !dp_addr_eq(&addr, &whole));
	KTAP_CHECK(!dp_addr_parse("[2001:db8::1]:5#1", &whole));
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		KTAP_CHECK(!dp_addr_parse_leg(no[i], &addr));
	return true;
}

static bool host(void)
{
	char text[DP_ADDR_STRLEN];
	struct dp_addr addr;

	KTAP_CHECK(dp_addr_parse_host("192.0.2.1", &addr) && !addr.port);
	KTAP_CHECK(!strcmp(dp_addr_str(&addr, text, sizeof(text)), "192.0.2.1"));
	KTAP_CHECK(dp_addr_parse_host("2001:db8::1", &addr));
	KTAP_CHECK(dp_addr_parse_host("[2001:db8::1]", &addr));
	KTAP_CHECK(!strcmp(dp_addr_str(&addr, text, sizeof(text)),
			   "2001:db8::1"));
	KTAP_CHECK(!dp_addr_parse_host("192.0.2.1:5", &addr));
	KTAP_CHECK(!dp_addr_parse_host("[192.0.2.1]", &addr));
	KTAP_CHECK(!dp_addr_parse_host("", &addr));
	return true;
}

static bool absent(void)
{
	struct dp_addr addr = {};
	char text[4];

	KTAP_CHECK(!strcmp(dp_addr_str(NULL, text, sizeof(text)), "-"));
	KTAP_CHECK(!strcmp(dp_addr_str(&addr, text, sizeof(text)), "-"));
	return true;
}

static bool sockaddrs(void)
{
	static const char *const texts[] = {
		"192.0.2.1:30000", "[2001:db8::1]:30001",
	};
	struct sockaddr_storage ss;
	struct dp_addr addr;
	struct dp_addr back;
	socklen_t len;
	size_t i;

	for (i = 0; i < 2; i++) {
		KTAP_CHECK(dp_addr_parse(texts[i], &addr));
		len = dp_addr_to_sockaddr(&addr, &ss);
		KTAP_CHECK(len);
		KTAP_CHECK(dp_addr_from_sockaddr(&back, (void *)&ss, len));
		KTAP_CHECK(dp_addr_eq(&addr, &back));
		KTAP_CHECK(!dp_addr_from_sockaddr(&back, (void *)&ss, len - 1));
		back.port++;
		KTAP_CHECK(!dp_addr_eq(&addr, &back));
	}
	memset(&addr, 0, sizeof(addr));
	KTAP_CHECK(!dp_addr_to_sockaddr(&addr, &ss));
	return true;
}

static bool mapped(void)
{
	struct sockaddr_storage ss;
	struct dp_addr want;
	struct dp_addr addr;
	socklen_t len;

	KTAP_CHECK(dp_addr_parse("[::ffff:192.0.2.1]:9", &addr));
	KTAP_CHECK(dp_addr_parse("192.0.2.1:9", &want));
	len = dp_addr_to_sockaddr(&addr, &ss);
	KTAP_CHECK(dp_addr_from_sockaddr(&addr, (void *)&ss, len));
	KTAP_CHECK(dp_addr_eq(&addr, &want));
	return true;
}

static bool private(void)
{
	static const char *const yes[] = {
		"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"100.64.0.1", "100.127.255.255", "169.254.1.1", "127.0.0.1",
		"0.0.0.0", "::1", "::", "fe80::1", "fc00::1", "fdff::1",
	};
	static const char *const no[] = {
		"9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1",
		"192.167.1.1", "100.63.0.1", "100.128.0.1", "192.0.2.1",
		"2001:db8::1", "fe00::1",
	};
	struct dp_addr a = {}, b = {};
	size_t i;

	KTAP_CHECK(!dp_addr_is_private(&a));
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		KTAP_CHECK(dp_addr_parse_host(yes[i], &a) &&
			   dp_addr_is_private(&a));
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		KTAP_CHECK(dp_addr_parse_host(no[i], &a) &&
			   !dp_addr_is_private(&a));
	KTAP_CHECK(dp_addr_parse("192.0.2.1:1", &a));
	KTAP_CHECK(dp_addr_parse("192.0.2.1:2", &b));
	KTAP_CHECK(dp_addr_same_host(&a, &b));
	KTAP_CHECK(dp_addr_parse_leg("192.0.2.1:2#7/3/rtcp", &b));
	KTAP_CHECK(dp_addr_same_host(&a, &b));
	KTAP_CHECK(dp_addr_parse("192.0.2.2:1", &b));
	KTAP_CHECK(!dp_addr_same_host(&a, &b));
	return true;
}

static bool any(void)
{
	static const char *const yes[] = { "0.0.0.0", "::" };
	static const char *const no[] = { "0.0.0.1", "1.0.0.0", "::1", "1::" };
	struct dp_addr a = {};
	size_t i;

	KTAP_CHECK(!dp_addr_is_any(&a));
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		KTAP_CHECK(dp_addr_parse_host(yes[i], &a) && dp_addr_is_any(&a));
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		KTAP_CHECK(dp_addr_parse_host(no[i], &a) && !dp_addr_is_any(&a));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
	{ "IPv4 is read as inet_pton() reads it", v4 },
		{ "addresses with port are read and written alike", good },
		{ "what is no address with port is refused", bad },
		{ "the part of a port that is RTCP, of a leg alone", leg },
		{ "addresses without port", host },
		{ "no address is a dash", absent },
		{ "socket addresses there and back, short ones refused",
		  sockaddrs },
		{ "an IPv4-mapped source is IPv4", mapped },
		{ "private addresses, and their neighbours", private },
		{ "every address, and its neighbours", any },
	};

	return KTAP_RUN(points);
}
