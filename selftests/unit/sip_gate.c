// SPDX-License-Identifier: GPL-2.0
/* The gate, with a clock of the test's: who may, rates, a million sources, overload. */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/gate.h"
#include "ktap.h"

#define VIA	"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
#define INVITE	"INVITE sip:a@b SIP/2.0\r\n" VIA "To: <sip:a@b>\r\n\r\n"

static struct dp_addr address(const char *text)
{
	struct dp_addr addr = { 0 };

	dp_addr_parse_host(text, &addr);
	return addr;
}

/* who may, by a text of each list; "": none */
static struct acl *acl_of(const char *allow, const char *deny, bool others)
{
	struct prefix a, d;
	size_t n_a = prefix_parse(allow, &a), n_d = prefix_parse(deny, &d);

	return acl_new(&a, n_a, &d, n_d, others);
}

static enum sip_gate_verdict say(struct sip_gate *gate, const char *from,
				 const char *text, uint64_t now)
{
	struct dp_addr addr = address(from);

	return sip_gate_message(gate, &addr, text, strlen(text), now, NULL);
}

/* the ACL decides, but of who is known; and the log is told, not without end */
static bool acl(void)
{
	static const struct {
		const char *addr;
		enum sip_gate_verdict want;
	} cases[] = {
		{ "203.0.113.1", SIP_GATE_PASS },
		{ "192.0.2.1", SIP_GATE_FORBID },
		{ "192.0.2.130", SIP_GATE_PASS },
		{ "192.0.2.7", SIP_GATE_PASS },		/* known */
	};
	struct sip_gate_conf conf = {
		.name = "access", .acl = acl_of("192.0.2.128/25", "192.0.2.0/24", true),
	};
	struct sip_gate *gate = sip_gate_new(&conf);
	struct dp_addr addr = address("192.0.2.7");
	char why[SIP_GATE_WHY_LEN];
	unsigned int i, told = 0;

	acl_put(conf.acl);
	KTAP_CHECK(gate && !sip_gate_know(gate, &addr));
	KTAP_CHECK(!sip_gate_why(gate, &addr, 0, why, sizeof(why)));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		addr = address(cases[i].addr);
		if (say(gate, cases[i].addr, INVITE, 0) == cases[i].want &&
		    (sip_gate_connect(gate, &addr, 0) == SIP_GATE_OK) ==
		    (cases[i].want == SIP_GATE_PASS))
			continue;
		printf("# %s\n", cases[i].addr);
		return false;
	}
	addr = address("192.0.2.1");
	for (i = 0; i < 1000; i++)
		told += sip_gate_why(gate, &addr, 0, why, sizeof(why));
	KTAP_CHECK(told == 10);
	KTAP_CHECK(sip_gate_why(gate, &addr, 10000, why, sizeof(why)));
	KTAP_CHECK(!strcmp(why, "realm access: 192.0.2.1 is in acl deny 192.0.2.0/24; 990 before it were not told"));
	KTAP_CHECK(sip_gate_why(gate, &addr, 10000, why, sizeof(why)));
	KTAP_CHECK(!strcmp(why, "realm access: 192.0.2.1 is in acl deny 192.0.2.0/24"));
	/* neither an ACK nor a response is answered */
	KTAP_CHECK(say(gate, "192.0.2.1", "ACK sip:a@b SIP/2.0\r\n" VIA "\r\n", 0) ==
		   SIP_GATE_DROP);
	KTAP_CHECK(say(gate, "192.0.2.1", "SIP/2.0 200 OK\r\n" VIA "\r\n", 0) ==
		   SIP_GATE_DROP);
	sip_gate_free(gate);
	return true;
}

static bool garbage(void)
{
	static const char *const cases[] = {
		"", "\r\n", "x", "INVITE", "INVITE sip:a@b\r\n" VIA "\r\n",
		"INVITE sip:a@b SIP/2.0\r\n\r\n", "INVITE sip:a@b HTTP/1.1\r\n" VIA,
		"SIP/2.0\r\n" VIA "\r\n", "SIP/2.0 200 OK\r\nFrom: x\r\n\r\n",
		"GET / HTTP/1.1\r\nVia: 1.1 proxy\r\n\r\n",
	};
	struct sip_gate_conf conf = { 0 };
	struct sip_gate *gate = sip_gate_new(&conf);
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (say(gate, "192.0.2.1", cases[i], 0) == SIP_GATE_DROP &&
		    say(NULL, "192.0.2.1", cases[i], 0) == SIP_GATE_DROP)
			continue;
		printf("# case %u passes\n", i);
		return false;
	}
	KTAP_CHECK(sip_gate_counters(gate)[SIP_GATE_GARBAGE] == i);
	KTAP_CHECK(say(gate, "192.0.2.1", INVITE, 0) == SIP_GATE_PASS);
	KTAP_CHECK(say(NULL, "192.0.2.1", INVITE, 0) == SIP_GATE_PASS);
	/* compact, and another one first */
	KTAP_CHECK(say(gate, "192.0.2.1", "BYE sip:a@b SIP/2.0\r\nf: x\r\nv : SIP/2.0/UDP x\r\n\r\n", 0) ==
		   SIP_GATE_PASS);
	sip_gate_free(gate);
	return true;
}

/* at @now, how many of @n pass? */
static unsigned int burst(struct sip_gate *gate, const char *from, unsigned int n,
			  uint64_t now, unsigned int *busy)
{
	enum sip_gate_verdict v;
	unsigned int passed = 0;

	*busy = 0;
	while (n--) {
		v = say(gate, from, INVITE, now);
		passed += v == SIP_GATE_PASS;
		*busy += v == SIP_GATE_BUSY;
	}
	return passed;
}

static bool rates(void)
{
	struct sip_gate_conf conf = { .rate = 10, .burst = 5 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct dp_addr known = address("192.0.2.2");
	unsigned int busy;

	KTAP_CHECK(burst(gate, "192.0.2.1", 20, 0, &busy) == 5 && busy == 1);
	KTAP_CHECK(burst(gate, "192.0.2.1", 20, 99, &busy) == 0 && !busy);
	KTAP_CHECK(burst(gate, "192.0.2.1", 20, 100, &busy) == 1 && !busy);
	KTAP_CHECK(burst(gate, "192.0.2.1", 20, 350, &busy) == 2);
	KTAP_CHECK(burst(gate, "192.0.2.1", 20, 5000, &busy) == 5 && busy == 1);
	/* another address is another source, but an IPv6 one is its /64 */
	KTAP_CHECK(burst(gate, "192.0.2.3", 20, 5000, &busy) == 5);
	KTAP_CHECK(burst(gate, "2001:db8:1:2::1", 20, 5000, &busy) == 5);
	KTAP_CHECK(burst(gate, "2001:db8:1:2:ffff::2", 20, 5000, &busy) == 0);
	KTAP_CHECK(burst(gate, "2001:db8:1:3::1", 20, 5000, &busy) == 5);
	/* who is known has no limit, as often as he is known */
	KTAP_CHECK(!sip_gate_know(gate, &known) && !sip_gate_know(gate, &known));
	KTAP_CHECK(burst(gate, "192.0.2.2", 100, 5000, &busy) == 100);
	sip_gate_forget(gate, &known);
	KTAP_CHECK(sip_gate_known(gate, &known));
	KTAP_CHECK(burst(gate, "192.0.2.2", 100, 5000, &busy) == 100);
	sip_gate_forget(gate, &known);
	sip_gate_forget(gate, &known);
	KTAP_CHECK(!sip_gate_known(gate, &known));
	KTAP_CHECK(burst(gate, "192.0.2.2", 100, 5000, &busy) == 5);
	sip_gate_free(gate);
	return true;
}

/* what is denied is answered at the source's rate, and is silent above it */
static bool denied_rate(void)
{
	struct sip_gate_conf conf = {
		.rate = 10, .burst = 3, .acl = acl_of("", "0.0.0.0/0", true),
	};
	struct sip_gate *gate = sip_gate_new(&conf);
	unsigned int i, told = 0;

	acl_put(conf.acl);
	for (i = 0; i < 100; i++)
		told += say(gate, "192.0.2.1", INVITE, 0) == SIP_GATE_FORBID;
	KTAP_CHECK(told == 3);
	KTAP_CHECK(say(gate, "192.0.2.1", INVITE, 1000) == SIP_GATE_FORBID);
	KTAP_CHECK(sip_gate_counters(gate)[SIP_GATE_DENIED] == 101);
	/* or at any */
	conf.silent = true;
	conf.acl = acl_of("192.0.2.2/32", "0.0.0.0/0", true);
	sip_gate_set(gate, &conf);
	acl_put(conf.acl);
	KTAP_CHECK(say(gate, "192.0.2.1", INVITE, 9000) == SIP_GATE_DROP);
	KTAP_CHECK(say(gate, "192.0.2.2", INVITE, 9000) == SIP_GATE_PASS);
	KTAP_CHECK(sip_gate_counters(gate)[SIP_GATE_DENIED] == 102);
	sip_gate_free(gate);
	return true;
}

static bool everybody_is_banned(const struct dp_addr *addr, void *arg)
{
	return dp_addr_eq(addr, arg);
}

static bool bans(void)
{
	struct dp_addr bad = address("192.0.2.66");
	struct sip_gate_conf conf = { .banned = everybody_is_banned, .arg = &bad };
	struct sip_gate *gate = sip_gate_new(&conf);

	KTAP_CHECK(!sip_gate_know(gate, &bad));
	KTAP_CHECK(say(gate, "192.0.2.66", INVITE, 0) == SIP_GATE_DROP);
	KTAP_CHECK(sip_gate_connect(gate, &bad, 0) == SIP_GATE_BANNED);
	KTAP_CHECK(say(gate, "192.0.2.67", INVITE, 0) == SIP_GATE_PASS);
	KTAP_CHECK(sip_gate_counters(gate)[SIP_GATE_BANNED] == 2);
	sip_gate_free(gate);
	return true;
}

/*
 * A million sources: memory does not grow, each of them is still judged, all
 * together get what strangers get and no more, and who is known is not concerned.
 */
static bool a_million_sources(void)
{
	struct sip_gate_conf conf = {
		.rate = 10, .burst = 2, .crowd = 1000, .crowd_burst = 1000,
		.sources = 4096,
	};
	struct sip_gate *gate = sip_gate_new(&conf);
	struct dp_addr known = address("198.51.100.1");
	struct dp_addr addr = { .family = AF_INET };
	size_t before = mallinfo2().uordblks;
	unsigned int i, passed = 0, busy;

	sip_gate_know(gate, &known);
	before = mallinfo2().uordblks;
	for (i = 0; i < 1000000; i++) {		/* in ten seconds */
		addr.v4.s_addr = htonl(0x0a000000 + i);
		passed += sip_gate_message(gate, &addr, INVITE, strlen(INVITE),
					   i / 100, NULL) == SIP_GATE_PASS;
	}
	KTAP_CHECK(passed >= 10900 && passed <= 11100);
	KTAP_CHECK(mallinfo2().uordblks == before);
	KTAP_CHECK(burst(gate, "198.51.100.1", 100, 10000, &busy) == 100);
	/* a source in such a crowd, that says too much, is still found out */
	KTAP_CHECK(burst(gate, "203.0.113.5", 50, 20000, &busy) == 2);
	sip_gate_free(gate);
	return true;
}

/* whoever may not speak takes nothing from the crowd of those who may */
static bool denied_crowd(void)
{
	struct sip_gate_conf conf = {
		.acl = acl_of("192.0.2.0/24", "", false),
		.rate = 10, .burst = 10, .crowd = 100, .crowd_burst = 100,
	};
	struct dp_addr addr = { .family = AF_INET };
	unsigned int i, passed = 0, answered = 0;
	struct sip_gate *gate = sip_gate_new(&conf);

	acl_put(conf.acl);
	for (i = 0; i < 10000; i++) {
		addr.v4.s_addr = htonl(0x0a000000 + i);
		answered += sip_gate_message(gate, &addr, INVITE, strlen(INVITE),
					     0, NULL) == SIP_GATE_FORBID;
	}
	KTAP_CHECK(answered == 100);
	for (i = 0; i < 256; i++) {
		addr.v4.s_addr = htonl(0xc0000200 + i);
		passed += sip_gate_message(gate, &addr, INVITE, strlen(INVITE),
					   0, NULL) == SIP_GATE_PASS;
	}
	KTAP_CHECK(passed == 100);
	sip_gate_free(gate);
	return true;
}

/* one who is over his rate does not get a new bucket by others' coming, soon */
static bool debtors_stay(void)
{
	struct sip_gate_conf conf = { .rate = 1, .burst = 10, .sources = 1024 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct dp_addr addr = { .family = AF_INET };
	unsigned int i, busy;

	KTAP_CHECK(burst(gate, "203.0.113.5", 50, 0, &busy) == 10);
	for (i = 0; i < 100000; i++) {
		addr.v4.s_addr = htonl(0x0a000000 + i);
		sip_gate_message(gate, &addr, INVITE, strlen(INVITE), 0, NULL);
	}
	KTAP_CHECK(burst(gate, "203.0.113.5", 50, 0, &busy) == 0);
	sip_gate_free(gate);
	return true;
}

static bool is_help(struct span user, void *arg)
{
	return span_is(user, arg);
}

/* a call for help is let through, and nothing else that is said to be for it */
static bool help(void)
{
	static char number[] = "112";
	struct sip_gate_conf conf = { .spared = is_help, .arg = number };
	struct sip_gate *gate = sip_gate_new(&conf);

	sip_gate_load(gate, SIP_LOAD_ALL);
	KTAP_CHECK(say(gate, "192.0.2.1", "INVITE sip:112@b SIP/2.0\r\n" VIA "\r\n", 0) == SIP_GATE_PASS);
	KTAP_CHECK(say(gate, "192.0.2.1", "INVITE sip:113@b SIP/2.0\r\n" VIA "\r\n", 0) == SIP_GATE_BUSY);
	KTAP_CHECK(say(gate, "192.0.2.1", "INVITE sip:112 SIP/2.0\r\n" VIA "\r\n", 0) == SIP_GATE_BUSY);
	KTAP_CHECK(say(gate, "192.0.2.1", "INVITE 112@b SIP/2.0\r\n" VIA "\r\n", 0) == SIP_GATE_BUSY);
	KTAP_CHECK(say(gate, "192.0.2.1", "OPTIONS sip:112@b SIP/2.0\r\n" VIA "\r\n", 0) == SIP_GATE_BUSY);
	sip_gate_free(gate);
	return true;
}

static bool overload(void)
{
	static const struct {
		const char *text;
		enum sip_gate_verdict want;	/* under overload */
	} cases[] = {
		{ INVITE, SIP_GATE_BUSY },
		{ "REGISTER sip:b SIP/2.0\r\n" VIA "t: <sip:a@b>\r\n\r\n", SIP_GATE_BUSY },
		{ "OPTIONS sip:b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_BUSY },
		{ "FOO sip:b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_BUSY },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "To: <sip:a@b>;tag=1\r\n\r\n", SIP_GATE_PASS },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "To: <sip:a@b> ; x=y; TAG=1\r\n\r\n", SIP_GATE_PASS },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "t:\"x\" <sip:a@b>;tag=1\r\n\r\n", SIP_GATE_PASS },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "t: sip:a@b;tag=1\r\n\r\n", SIP_GATE_PASS },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "To: <sip:a@b;tag=1>\r\n\r\n", SIP_GATE_BUSY },
		{ "INVITE sip:a@b SIP/2.0\r\n" VIA "\r\nTo: <sip:a@b>;tag=1\r\n", SIP_GATE_BUSY },
		{ "BYE sip:a@b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_PASS },
		{ "ACK sip:a@b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_PASS },
		{ "CANCEL sip:a@b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_PASS },
		{ "PRACK sip:a@b SIP/2.0\r\n" VIA "\r\n", SIP_GATE_PASS },
		{ "SIP/2.0 200 OK\r\n" VIA "\r\n", SIP_GATE_PASS },
	};
	struct sip_gate_conf conf = { 0 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct dp_addr known = address("192.0.2.2");
	unsigned int i;

	sip_gate_know(gate, &known);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		enum sip_gate_verdict want = cases[i].want;
		bool ok = true;

		sip_gate_load(gate, SIP_LOAD_NORMAL);
		ok = ok && say(gate, "192.0.2.1", text, 0) == SIP_GATE_PASS;
		sip_gate_load(gate, SIP_LOAD_STRANGERS);
		ok = ok && say(gate, "192.0.2.1", text, 0) == want;
		ok = ok && say(gate, "192.0.2.2", text, 0) == SIP_GATE_PASS;
		sip_gate_load(gate, SIP_LOAD_ALL);
		ok = ok && say(gate, "192.0.2.1", text, 0) == want;
		ok = ok && say(gate, "192.0.2.2", text, 0) == want;
		if (!ok) {
			printf("# case %u\n", i);
			return false;
		}
	}
	sip_gate_free(gate);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "the ACL decides, and the log is told of it", acl },
		{ "what is no SIP does not pass", garbage },
		{ "unknown sources have a rate, IPv6 by /64; known ones none", rates },
		{ "what is denied is answered no faster than the rate", denied_rate },
		{ "who is banned is not answered, known or not", bans },
		{ "a million sources cost no memory and get what one crowd gets", a_million_sources },
		{ "who is denied uses nothing up of those who may speak", denied_crowd },
		{ "who owes is not forgotten for others", debtors_stay },
		{ "overload: what begins something gets 503, strangers' first", overload },
		{ "overload: a call for help passes", help },
	};

	return KTAP_RUN(points);
}
