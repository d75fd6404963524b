// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit suite: the pure parts by their tables, and checksum arithmetic
 * against the sum taken anew.  A module of its own, which has those parts
 * compiled in once more.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <net/ip6_checksum.h>

#include "digits.h"
#include "dscp.h"
#include "limit.h"
#include "permit.h"
#include "scanner.h"
#include "police.h"

/* Nothing of the module's is exported. */
#include "../../kmod/policy.c"
#include "../../kmod/rtpstats.c"
#include "../../kmod/csum.c"
#include "../../kmod/rewrite.c"

#include "pure.c"

/* --- checksums --- */

#define CSUM_PAYLOAD	5

/* Headers, and a payload of odd length, as they stand in a buffer. */
struct csum_packet {
	union {
		struct iphdr ip4;
		struct ipv6hdr ip6;
	};
	struct udphdr udp;
	u8 payload[CSUM_PAYLOAD];
};

static const struct csum_case {
	const char *what;
	u32 src;
	u32 dst;
	u32 new_src;
	u32 new_dst;
	u16 sport;
	u16 dport;
	u16 new_sport;
	u16 new_dport;
	u8 tos;
	u8 new_tos;
	u8 ttl;
	u8 payload[CSUM_PAYLOAD];
} csum_cases[] = {
	{ "usual", 0xc0000201, 0xc00002fe, 0xc63364fe, 0xc6336401, 40000, 30000, 30002, 50000,
	  0, 46 << 2, 64, { 0x80, 0, 1, 2, 3 } },
	{ "nothing changes but the TTL", 0xc0000201, 0xc00002fe, 0xc0000201, 0xc00002fe,
	  40000, 30000, 40000, 30000, 0xb8, 0xb8, 2, { 1, 2, 3, 4, 5 } },
	{ "all ones", 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 65535, 65535, 65535, 65535,
	  255, 255, 255, { 255, 255, 255, 255, 255 } },
	{ "all ones to nothing", 0xffffffff, 0xffffffff, 1, 0, 65535, 65535, 1, 1, 255, 0, 255,
	  { 0, 0, 0, 0, 0 } },
	{ "next to nothing to all ones", 1, 0, 0xffffffff, 0xffffffff, 1, 1, 65535, 65535, 0, 255, 2,
	  { 0, 0, 0, 0, 0 } },
	{ "carries", 0x0000ffff, 0xffff0000, 0xfffeffff, 0x00010001, 65535, 1, 1, 65535, 3, 252, 128,
	  { 255, 0, 255, 0, 255 } },
};

static __sum16 csum4(const struct csum_packet *p)
{
	unsigned int len = sizeof(p->udp) + CSUM_PAYLOAD;
	u8 buf[sizeof(p->udp) + CSUM_PAYLOAD];

	memcpy(buf, &p->udp, sizeof(p->udp));
	memcpy(buf + sizeof(p->udp), p->payload, CSUM_PAYLOAD);
	((struct udphdr *)buf)->check = 0;
	return csum_tcpudp_magic(p->ip4.saddr, p->ip4.daddr, len, IPPROTO_UDP,
				 csum_partial(buf, len, 0)) ?: CSUM_MANGLED_0;
}

static void csum_packet_make(struct csum_packet *p, const struct csum_case *c)
{
	*p = (struct csum_packet) {
		.ip4 = {
			.version = 4,
			.ihl = 5,
			.tos = c->tos,
			.tot_len = htons(sizeof(p->ip4) + sizeof(p->udp) + CSUM_PAYLOAD),
			.ttl = c->ttl,
			.protocol = IPPROTO_UDP,
			.saddr = htonl(c->src),
			.daddr = htonl(c->dst),
		},
		.udp = {
			.source = htons(c->sport),
			.dest = htons(c->dport),
			.len = htons(sizeof(p->udp) + CSUM_PAYLOAD),
		},
	};
	memcpy(p->payload, c->payload, CSUM_PAYLOAD);
	ip_send_check(&p->ip4);
	p->udp.check = csum4(p);
}

/* What the ends of a packet become, and what that adds to its checksums. */
struct csum_way {
	struct rtplane_ep src;
	struct rtplane_ep to;
	struct rtplane_diff diff;
};

static void csum_way(struct csum_way *eg, const struct csum_case *c)
{
	struct rtplane_ep src = ep4(c->src, c->sport), dst = ep4(c->dst, c->dport);

	*eg = (struct csum_way) {
		.src = ep4(c->new_src, c->new_sport),
		.to = ep4(c->new_dst, c->new_dport),
	};
	rtplane_diff(&eg->diff, &src, &dst, &eg->src, &eg->to);
}

static void csum_rewrite(struct sk_buff *skb, struct udphdr *uh, const struct csum_way *eg)
{
	rtplane_rewrite_ports(uh, &eg->src, &eg->to);
	rtplane_udp_csum(skb, uh, &eg->diff);
}

static void csum_incremental(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(csum_cases); i++) {
		const struct csum_case *c = &csum_cases[i];
		struct sk_buff skb = { .ip_summed = CHECKSUM_NONE };
		struct csum_way eg;
		struct csum_packet p;

		csum_packet_make(&p, c);
		csum_way(&eg, c);
		csum_rewrite(&skb, &p.udp, &eg);
		skb.data = (u8 *)&p.ip4;
		rtplane_rewrite_ip(&skb, c->new_tos, RTPLANE_NEW_BOTH, &eg.src, &eg.to, eg.diff.addr, false);
		KUNIT_EXPECT_EQ_MSG(test, (int)(__force u16)ip_fast_csum(&p.ip4, 5), 0, "%s: IP", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (int)(__force u16)p.udp.check, (int)(__force u16)csum4(&p),
				    "%s: UDP", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (int)p.ip4.ttl, c->ttl - 1, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (int)p.ip4.tos, (int)c->new_tos, "%s", c->what);
	}
}

/* What was wrong stays wrong by as much, what was absent stays absent. */
static void csum_neither_mended_nor_made(struct kunit *test)
{
	const struct csum_case *c = &csum_cases[0];
	struct sk_buff skb = { .ip_summed = CHECKSUM_NONE };
	struct csum_way eg;
	struct csum_packet p;

	csum_way(&eg, c);
	csum_packet_make(&p, c);
	p.udp.check = (__force __sum16)((__force u16)p.udp.check ^ 0x0100);
	csum_rewrite(&skb, &p.udp, &eg);
	p.ip4.saddr = eg.src.w32[3];
	p.ip4.daddr = eg.to.w32[3];
	KUNIT_EXPECT_NE(test, (int)(__force u16)p.udp.check, (int)(__force u16)csum4(&p));
	csum_packet_make(&p, c);
	p.udp.check = 0;
	csum_rewrite(&skb, &p.udp, &eg);
	KUNIT_EXPECT_EQ(test, (int)(__force u16)p.udp.check, 0);
}

/* The device is to add ports and payload: only the pseudo header is in the field. */
static void csum_partial_field(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(csum_cases); i++) {
		const struct csum_case *c = &csum_cases[i];
		unsigned int len = sizeof(struct udphdr) + CSUM_PAYLOAD;
		struct sk_buff skb = { .ip_summed = CHECKSUM_PARTIAL };
		struct csum_way eg;
		struct csum_packet p;
		__sum16 want;

		csum_packet_make(&p, c);
		csum_way(&eg, c);
		p.udp.check = ~csum_tcpudp_magic(p.ip4.saddr, p.ip4.daddr, len, IPPROTO_UDP, 0);
		csum_rewrite(&skb, &p.udp, &eg);
		want = ~csum_tcpudp_magic(eg.src.w32[3], eg.to.w32[3], len, IPPROTO_UDP, 0);
		/* 0 and ~0 are the same number in this arithmetic */
		KUNIT_EXPECT_EQ_MSG(test, (__force u16)p.udp.check % 0xffff,
				    (__force u16)want % 0xffff, "%s", c->what);
	}
}

/* Every checksum of headers whose words carry in all ways: the kernel's own function
 * says which is right.
 */
static void csum_of_a_header(struct kunit *test)
{
	static const u8 fills[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
	unsigned int wrong = 0, right = 0;
	struct iphdr iph;
	size_t i, j;
	u32 check;

	for (i = 0; i < ARRAY_SIZE(fills); i++) {
		for (j = 0; j < ARRAY_SIZE(fills); j++) {
			memset(&iph, fills[i], sizeof(iph));
			memset(&iph.saddr, fills[j], sizeof(iph.saddr));
			*(u8 *)&iph = 0x45;
			for (check = 0; check <= U16_MAX; check++) {
				bool ok;

				iph.check = (__force __sum16)check;
				ok = !ip_fast_csum(&iph, 5);
				wrong += rtplane_ip4_csum_ok(&iph) != ok;
				right += ok;
			}
			cond_resched();
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0U);
	/* a header has one checksum, and two if it is 0 and ~0 */
	KUNIT_EXPECT_GE(test, right, (unsigned int)(ARRAY_SIZE(fills) * ARRAY_SIZE(fills)));
}

static struct kunit_case csum_kunit_cases[] = {
	KUNIT_CASE(csum_incremental),
	KUNIT_CASE(csum_neither_mended_nor_made),
	KUNIT_CASE(csum_partial_field),
	KUNIT_CASE(csum_of_a_header),
	{}
};

static struct kunit_suite pure_suite = {
	.name = "rtplane_pure",
	.test_cases = pure_cases,
};

static struct kunit_suite csum_suite = {
	.name = "rtplane_csum",
	.test_cases = csum_kunit_cases,
};

kunit_test_suites(&pure_suite, &csum_suite);

MODULE_DESCRIPTION("KUnit tests of rtplane's pure parts");
MODULE_LICENSE("GPL");
