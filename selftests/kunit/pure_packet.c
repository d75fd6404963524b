// SPDX-License-Identifier: GPL-2.0
/* Of pure.c: demultiplexer, addresses, DSCP. */

/* --- demultiplexer: RFC 7983 section 7, RFC 5761 section 4 --- */

static const struct demux_case {
	u8 b[2];
	unsigned int len;
	enum rtplane_kind kind;
} demux_cases[] = {
	/* 0 */ { { 0, 0 }, 0, RTPLANE_KIND_UNKNOWN },
	/* 1 */ { { 0x80, 0 }, 1, RTPLANE_KIND_UNKNOWN },
	/* 2 */ { { 0, 1 }, 20, RTPLANE_KIND_STACK },
	/* 3 */ { { 3, 0 }, 20, RTPLANE_KIND_STACK },
	/* 4 */ { { 4, 0 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 5 */ { { 19, 0 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 6 */ { { 20, 0xfe }, 20, RTPLANE_KIND_STACK },
	/* 7 */ { { 63, 0 }, 20, RTPLANE_KIND_STACK },
	/* 8 */ { { 64, 0 }, 20, RTPLANE_KIND_STACK },
	/* 9 */ { { 79, 0 }, 20, RTPLANE_KIND_STACK },
	/* 10 */ { { 80, 0 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 11 */ { { 127, 0 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 12 */ { { 128, 0 }, 2, RTPLANE_KIND_RTP },
	/* 13 */ { { 191, 0 }, 20, RTPLANE_KIND_RTP },
	/* 14 */ { { 192, 0 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 15 */ { { 255, 255 }, 20, RTPLANE_KIND_UNKNOWN },
	/* 16 */ { { 0x80, 63 }, 20, RTPLANE_KIND_RTP },
	/* 17: FIR of RFC 2032, lowest of the range that RFC 5761 gives to RTCP */
	{ { 0x80, 192 }, 20, RTPLANE_KIND_RTCP },
	/* 18 */ { { 0x80, 200 }, 20, RTPLANE_KIND_RTCP },
	/* 19 */ { { 0x80, 223 }, 20, RTPLANE_KIND_RTCP },
	/* 20 */ { { 0x80, 224 }, 20, RTPLANE_KIND_RTP },
	/* 21: payload type 96 with the marker */
	{ { 0x80, 0x80 | 96 }, 20, RTPLANE_KIND_RTP },
};

static const struct zrtp_case {
	u8 b[12];
	unsigned int len;
	enum rtplane_kind kind;
} zrtp_cases[] = {
	/* 0: a Hello */ { { 16, 0, 0, 1, 'Z', 'R', 'T', 'P' }, 12, RTPLANE_KIND_ZRTP },
	/* 1 */ { { 19, 0, 0, 1, 'Z', 'R', 'T', 'P' }, 140, RTPLANE_KIND_ZRTP },
	/* 2 */ { { 15, 0, 0, 1, 'Z', 'R', 'T', 'P' }, 140, RTPLANE_KIND_UNKNOWN },
	/* 3: DTLS */ { { 20, 0xfe, 0, 1, 'Z', 'R', 'T', 'P' }, 140, RTPLANE_KIND_STACK },
	/* 4 */ { { 16, 0, 0, 1, 'Z', 'R', 'T', 'Q' }, 140, RTPLANE_KIND_UNKNOWN },
	/* 5: too short to have an SSRC */
	{ { 16, 0, 0, 1, 'Z', 'R', 'T', 'P' }, 11, RTPLANE_KIND_UNKNOWN },
	/* 6: UDPTL whose number looks like it */
	{ { 16, 0, 6, 1, 0, 0, 0, 0 }, 20, RTPLANE_KIND_UNKNOWN },
};

static void demux_by_first_bytes(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(demux_cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_demux(demux_cases[i].b, demux_cases[i].len),
				    (int)demux_cases[i].kind, "case %zu", i);
	for (i = 0; i < ARRAY_SIZE(zrtp_cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_demux(zrtp_cases[i].b, zrtp_cases[i].len),
				    (int)zrtp_cases[i].kind, "zrtp case %zu", i);
}

static const struct proof_case {
	u8 b[12];
	unsigned int len;
	bool proof;
} proof_cases[] = {
	/* 0: STUN binding request */
	{ { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 }, 20, true },
	/* 1: with 8 bytes of attributes */
	{ { 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42 }, 28, true },
	/* 2: its length lies */
	{ { 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42 }, 20, false },
	/* 3: no magic cookie: a UDPTL packet */
	{ { 0, 1, 0, 0, 1, 2, 3, 4 }, 20, false },
	/* 4 */ { { 0, 1, 0 }, 3, false },
	/* 5: DTLS 1.2 */
	{ { 22, 0xfe, 0xfd }, 13, true },
	/* 6 */ { { 22, 0xfe, 0xfd }, 12, false },
	/* 7 */ { { 22, 0xfe, 0xfe }, 13, false },
	/* 8 */ { { 22, 3, 3 }, 13, false },
	/* 9: TURN channel, 4 bytes of data */
	{ { 64, 0, 0, 4 }, 8, true },
	/* 10: padded to four */
	{ { 64, 0, 0, 1 }, 8, true },
	/* 11 */ { { 64, 0, 0, 4 }, 7, false },
	/* 12 */ { { 64, 0, 0, 4 }, 12, false },
};

static void demux_proof_of_form(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(proof_cases); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_demux_proof(proof_cases[i].b, proof_cases[i].len),
				    (int)proof_cases[i].proof, "case %zu", i);
}

static void demux_needs_whole_headers(struct kunit *test)
{
	static const u8 plain = 0x80, csrc15 = 0x8f;

	KUNIT_EXPECT_EQ(test, (int)rtplane_demux_need(RTPLANE_KIND_RTP, &plain), 12);
	KUNIT_EXPECT_EQ(test, (int)rtplane_demux_need(RTPLANE_KIND_RTP, &csrc15), 72);
	KUNIT_EXPECT_EQ(test, (int)rtplane_demux_need(RTPLANE_KIND_RTCP, &plain), 8);
	KUNIT_EXPECT_EQ(test, (int)rtplane_demux_need(RTPLANE_KIND_UNKNOWN, &plain), 0);
}

/* --- addresses --- */

static struct rtplane_ep ep4(u32 addr, u16 port)
{
	struct rtplane_ep ep;

	rtplane_ep_set4(&ep, htonl(addr), htons(port));
	return ep;
}

static const struct prefix_case {
	u32 a, b;
	unsigned int bits;
	bool same;
} prefix_cases[] = {
	/* 0 */ { 0xc0000201, 0xc0000201, 32, true },
	/* 1 */ { 0xc0000201, 0xc0000200, 32, false },
	/* 2 */ { 0xc0000201, 0xc0000200, 31, true },
	/* 3 */ { 0xc0000201, 0xc00002fe, 24, true },
	/* 4 */ { 0xc0000201, 0xc0000301, 24, false },
	/* 5 */ { 0xc0000201, 0xc0000301, 23, true },
	/* 6 */ { 0x7fffffff, 0x80000000, 1, false },
	/* 7 */ { 0x7fffffff, 0x80000000, 0, true },
};

static void addr_prefix_of_ipv4(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefix_cases); i++) {
		struct rtplane_ep a = ep4(prefix_cases[i].a, 1), b = ep4(prefix_cases[i].b, 2);

		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_ep_in_prefix(&a, &b, prefix_cases[i].bits),
				    (int)prefix_cases[i].same, "case %zu", i);
	}
}

static const struct prefix6_case {
	const char *a, *b;
	unsigned int bits;
	bool same;
} prefix6_cases[] = {
	/* 0 */ { "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 128, true },
	/* 1: a neighbour in the same /64 */
	{ "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
	  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 128, false },
	/* 2: the last bit alone */
	{ "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2",
	  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\3", 127, true },
	/* 3 */ { "\x20\x01\x0d\xb8\0\0\0\0\x80\0\0\0\0\0\0\1",
		  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 64, true },
	/* 4 */ { "\x20\x01\x0d\xb8\0\0\0\0\x80\0\0\0\0\0\0\1",
		  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 65, false },
	/* 5: one bit above the middle */
	{ "\x20\x01\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1",
	  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 64, false },
	/* 6 */ { "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\xff\0\0\1",
		  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 96, true },
	/* 7 */ { "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\xff\0\0\1",
		  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 97, false },
	/* 8: more bits than there are are all */
	{ "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
	  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 200, false },
};

static struct rtplane_ep ep6(const char *bytes, u16 port)
{
	struct in6_addr addr;
	struct rtplane_ep ep;

	memcpy(&addr, bytes, sizeof(addr));
	rtplane_ep_set6(&ep, &addr, htons(port));
	return ep;
}

static void addr_prefix_of_ipv6(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefix6_cases); i++) {
		struct rtplane_ep a = ep6(prefix6_cases[i].a, 1), b = ep6(prefix6_cases[i].b, 2);

		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_ep_in_prefix(&a, &b, prefix6_cases[i].bits),
				    (int)prefix6_cases[i].same, "case %zu", i);
	}
}

/* Equal in all but one bit of any byte is not equal. */
static void addr_every_bit_counts(struct kunit *test)
{
	struct rtplane_ep a = ep6("\x20\x01\x0d\xb8\1\2\3\4\5\6\7\x8\x9\xa\xb\xc", 40000);
	unsigned int bit;

	for (bit = 0; bit < 144; bit++) {
		struct rtplane_ep b = a;

		((u8 *)&b)[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, rtplane_ep_eq(&a, &b));
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_ep_same_addr(&a, &b), (int)(bit >= 128),
				    "bit %u", bit);
	}
}

static const struct martian_case {
	u32 src;
	u16 port;
	bool lo;
	bool martian;
} martian_cases[] = {
	/* 0 */ { 0xc0000201, 5000, false, false },
	/* 1: port 0 */ { 0xc0000201, 0, false, true },
	/* 2: 0.0.0.0 */ { 0, 5000, false, true },
	/* 3: 0.0.0.1, an address like any other since Linux 5.3 */ { 1, 5000, false, false },
	/* 4: multicast */ { 0xe0000001, 5000, false, true },
	/* 5 */ { 0xefffffff, 5000, false, true },
	/* 6: broadcast */ { 0xffffffff, 5000, false, true },
	/* 7: loopback from outside */ { 0x7f000001, 5000, false, true },
	/* 8 */ { 0x7f000001, 5000, true, false },
	/* 9: the leg itself */ { 0xc00002fe, 30000, false, true },
	/* 10: its address, another port */ { 0xc00002fe, 30001, false, false },
};

static void addr_martians(struct kunit *test)
{
	struct rtplane_ep local = ep4(0xc00002fe, 30000);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(martian_cases); i++) {
		const struct martian_case *c = &martian_cases[i];
		struct rtplane_ep src = ep4(c->src, c->port);

		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_policy_martian(&src, &local, false, c->lo),
				    (int)c->martian, "case %zu", i);
		/* An IPv4 source in an IPv6 packet is nobody's. */
		KUNIT_EXPECT_TRUE(test, rtplane_policy_martian(&src, &local, true, c->lo));
	}
}

/* --- DSCP --- */

static void dscp_keeps_ecn(struct kunit *test)
{
	u8 map[RTPLANE_DSCP_MAP_LEN];
	unsigned int tos;
	u8 i;

	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++)
		map[i] = 63 - i;
	for (tos = 0; tos < 256; tos++) {
		u8 ecn = tos & 3;

		KUNIT_EXPECT_EQ(test, (int)rtplane_dscp_tos(RTPLANE_DSCP_PRESERVE, 46, map, tos),
				(int)tos);
		KUNIT_EXPECT_EQ(test, (int)rtplane_dscp_tos(RTPLANE_DSCP_SET, 46, map, tos),
				46 << 2 | ecn);
		KUNIT_EXPECT_EQ(test, (int)rtplane_dscp_tos(RTPLANE_DSCP_MAP, 46, map, tos),
				(int)((63 - (tos >> 2)) << 2 | ecn));
	}
}

static const struct prio_case {
	const char *name;
	u8 dscp;
	u32 priority;
} prio_cases[] = {
	{ "default", 0, TC_PRIO_BESTEFFORT },
	{ "CS1", 8, TC_PRIO_BULK },
	{ "AF21", 18, TC_PRIO_BULK },
	{ "CS3, signalling", 24, TC_PRIO_INTERACTIVE_BULK },
	{ "AF41, video", 34, TC_PRIO_INTERACTIVE_BULK },
	{ "EF, voice", 46, TC_PRIO_INTERACTIVE },
	{ "CS6, which a remote may send", 48, TC_PRIO_INTERACTIVE },
	{ "the highest", 63, TC_PRIO_INTERACTIVE },
};

/* TC_PRIO_CONTROL is nobody's: fq serves it before all else. */
static void dscp_gives_the_priority(struct kunit *test)
{
	size_t i;
	u8 ecn;

	for (i = 0; i < ARRAY_SIZE(prio_cases); i++)
		for (ecn = 0; ecn <= RTPLANE_ECN_MASK; ecn++)
			KUNIT_EXPECT_EQ_MSG(test,
					    rtplane_priority(prio_cases[i].dscp << 2 | ecn),
					    prio_cases[i].priority, "%s", prio_cases[i].name);
}
