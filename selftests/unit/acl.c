// SPDX-License-Identifier: GPL-2.0
/* Prefixes, sets of them against a plain walk, and lists of who may. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/acl.h"
#include "ktap.h"

#define MANY	100000

static struct dp_addr address(const char *text)
{
	struct dp_addr addr = { 0 };

	dp_addr_parse_host(text, &addr);
	return addr;
}

static struct prefix prefix(const char *text)
{
	struct prefix p = { .len = 999 };

	if (!prefix_parse(text, &p))
		printf("# %s is no prefix\n", text);
	return p;
}

static bool one_prefix(void)
{
	static const struct {
		const char *prefix;
		const char *addr;
		bool has;
	} cases[] = {
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.0", false },
		{ "2001:db8:0:8000::/49", "2001:db8:0:7fff::", false },
		{ "2001:db8:0:8000::/49", "2001:db8:0:ffff::", true },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::2", false },
	};
	static const char *const wrong[] = {
		"", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
		"192.0.2.1/24", "2001:db8::1/127", "2001:db8::/129", "a/8",
		"192.0.2.0/24/", "192.0.2.0/24 ", "192.0.2.0:5060/24", "/24",
	};
	struct dp_addr addr;
	struct prefix p;
	char text[PREFIX_STRLEN];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = prefix(cases[i].prefix);
		addr = address(cases[i].addr);
		if (prefix_has(&p, &addr) == cases[i].has)
			continue;
		printf("# %s, %s\n", cases[i].prefix, cases[i].addr);
		return false;
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!prefix_parse(wrong[i], &p))
			continue;
		printf("# \"%s\" is taken\n", wrong[i]);
		return false;
	}
	p = prefix("2001:db8::/32");
	KTAP_CHECK(!strcmp(prefix_str(&p, text, sizeof(text)), "2001:db8::/32"));
	p = prefix("192.0.2.7/32");
	KTAP_CHECK(!strcmp(prefix_str(&p, text, sizeof(text)), "192.0.2.7"));
	KTAP_CHECK(prefix_is_whole(&p));
	return true;
}

/* ------------------------------------------------------------------------- sets */

static uint32_t random_state = 1;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* of few bits, so that prefixes hold each other, and meet at the ends of all addresses */
static struct dp_addr any_address(bool v6)
{
	struct dp_addr addr = { .family = v6 ? AF_INET6 : AF_INET };
	uint8_t *p = v6 ? addr.v6.s6_addr : (uint8_t *)&addr.v4;
	unsigned int i;

	memset(p, any(2) ? 0xff : 0, v6 ? 16 : 4);
	for (i = 0; i < 3; i++)
		p[any(v6 ? 16 : 4)] ^= (uint8_t)(1 << any(8));
	return addr;
}

static struct prefix any_prefix(void)
{
	bool v6 = any(2);
	struct prefix p = { any_address(v6), any(v6 ? 129 : 33) };
	uint8_t *bytes = v6 ? p.addr.v6.s6_addr : (uint8_t *)&p.addr.v4;
	unsigned int i;

	for (i = p.len; i < (v6 ? 128U : 32U); i++)
		bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	return p;
}

static bool same_as_a_walk(const struct prefix *list, size_t n,
			   const struct prefix_set *set, const struct dp_addr *addr)
{
	const struct prefix *first = NULL, *longest = NULL;
	const struct prefix *got = prefix_set_first(set, addr);
	size_t i;

	for (i = 0; i < n; i++) {
		if (!prefix_has(&list[i], addr))
			continue;
		if (!first)
			first = &list[i];
		if (!longest || list[i].len > longest->len)
			longest = &list[i];
	}
	if (!first != !got || (first && got != prefix_set_at(set, (size_t)(first - list))))
		return false;
	got = prefix_set_longest(set, addr);
	return !longest == !got && (!longest || got->len == longest->len);
}

/* whatever prefixes there are, a set says of every address what a walk would */
static bool sets(void)
{
	struct prefix list[40];
	struct prefix_set *set;
	struct dp_addr addr;
	unsigned int round, i;
	size_t n;

	for (round = 0; round < 2000; round++) {
		n = any(40);
		for (i = 0; i < n; i++)
			list[i] = any_prefix();
		set = prefix_set_new(list, n);
		KTAP_CHECK(set && prefix_set_size(set) == n);
		for (i = 0; i < 100; i++) {
			addr = any_address(any(2));
			KTAP_CHECK(same_as_a_walk(list, n, set, &addr));
		}
		/* the first and the last address of each */
		for (i = 0; i < n; i++)
			KTAP_CHECK(same_as_a_walk(list, n, set, &list[i].addr));
		prefix_set_free(set);
	}
	return true;
}

/* a million questions to 100,000 prefixes: a walk would not come to its end */
static bool many(void)
{
	struct prefix *list = calloc(MANY, sizeof(*list));
	struct dp_addr addr = { .family = AF_INET };
	struct prefix_set *set;
	unsigned int i;
	bool ok = true;

	KTAP_CHECK(list);
	for (i = 0; i < MANY; i++) {
		list[i].addr.family = AF_INET;
		list[i].addr.v4.s_addr = htonl(i << 12);
		list[i].len = 24;
	}
	set = prefix_set_new(list, MANY);
	free(list);
	KTAP_CHECK(set);
	for (i = 0; i < 1000000 && ok; i++) {
		addr.v4.s_addr = htonl(i << 8);
		ok = !prefix_set_first(set, &addr) == !!(i & 15);
	}
	prefix_set_free(set);
	KTAP_CHECK(ok);
	return true;
}

/* IPv4 that is written as IPv6 is IPv4: no way round a list */
static bool mapped(void)
{
	const struct prefix v4 = prefix("10.0.0.0/8"), v6 = prefix("::/0");
	struct prefix_set *set = prefix_set_new(&v4, 1);
	struct prefix_set *all = prefix_set_new(&v6, 1);
	struct dp_addr addr = { .family = AF_INET6 }, none = { 0 };

	inet_pton(AF_INET6, "::ffff:10.1.2.3", &addr.v6);
	KTAP_CHECK(set && prefix_set_first(set, &addr));
	KTAP_CHECK(all && !prefix_set_first(all, &addr));
	KTAP_CHECK(!prefix_set_first(set, &none) && !prefix_set_longest(set, &none));
	prefix_set_free(all);
	prefix_set_free(set);
	prefix_set_free(NULL);
	return true;
}

/* ------------------------------------------------------------------------- lists */

static bool lists(void)
{
	static const struct {
		const char *addr;
		bool allowed;
		const char *why;
	} cases[] = {
		{ "192.0.2.1", true, "192.0.2.1 is in acl allow 192.0.2.0/25" },
		/* in two of them: the first one, also where the second is longer */
		{ "192.0.2.7", true, "192.0.2.7 is in acl allow 192.0.2.0/25" },
		/* in both lists: allow, also where deny is longer */
		{ "192.0.2.66", true, "192.0.2.66 is in acl allow 192.0.2.0/25" },
		{ "192.0.2.200", false, "192.0.2.200 is in acl deny 192.0.2.0/24" },
		{ "2001:db8::1", false, "2001:db8::1 is in acl deny 2001:db8::/32" },
		{ "203.0.113.1", true, "203.0.113.1 is in no entry of acl" },
	};
	const struct prefix allow[] = {
		prefix("192.0.2.0/25"), prefix("192.0.2.7"),
	};
	const struct prefix deny[] = {
		prefix("192.0.2.0/24"), prefix("192.0.2.66"), prefix("2001:db8::/32"),
	};
	struct acl *acl = acl_new(allow, 2, deny, 3, true);
	struct acl_verdict verdict;
	struct dp_addr addr;
	char why[ACL_WHY_LEN];
	unsigned int i;

	KTAP_CHECK(acl && acl_get(acl) == acl && !acl_get(NULL));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		addr = address(cases[i].addr);
		addr.port = 5060;
		if (acl_judge(acl, &addr, &verdict) == cases[i].allowed &&
		    !strcmp(acl_why(&verdict, "acl", &addr, why, sizeof(why)),
			    cases[i].why))
			continue;
		printf("# %s: %s\n", cases[i].addr, why);
		return false;
	}
	acl_put(acl);
	acl_put(acl);
	acl_put(NULL);
	acl = acl_new(NULL, 0, NULL, 0, false);
	KTAP_CHECK(acl && !acl_judge(acl, &addr, NULL) && acl_judge(NULL, &addr, NULL));
	acl_put(acl);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a prefix: how it is written, what is in it", one_prefix },
		{ "a set says what a walk would", sets },
		{ "a million questions to 100,000 prefixes", many },
		{ "IPv4 that is written as IPv6", mapped },
		{ "allow beats deny, the first allow decides", lists },
	};

	return KTAP_RUN(points);
}
