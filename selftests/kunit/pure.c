// SPDX-License-Identifier: GPL-2.0
/*
 * The pure parts, table by table: demultiplexer, DSCP, policer, RTP statistics,
 * latch policy.  Included by the KUnit suite (rtplane_kunit.c) and by the
 * program selftests/unit/pure.c, so that one set of tables is run in both.
 */

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

/* --- policer --- */

static const struct police_case {
	u32 pps;
	u64 bps;
	unsigned int bytes;
	/* sent, and what may pass, in ten seconds */
	u32 offered;
	u32 pass;
} police_cases[] = {
	/* 0: no limit */ { 0, 0, 200, 1000, 1000 },
	/* 1: half too much */ { 50, 0, 200, 1000, 500 },
	/* 2: just what is allowed */ { 50, 0, 200, 500, 500 },
	/* 3 */ { 1, 0, 200, 1000, 10 },
	/* 4: 80 kbit/s of 200 bytes are 50 packets/s */ { 0, 80000, 200, 1000, 500 },
	/* 5: the larger of two limits does not matter */ { 100, 80000, 200, 2000, 500 },
	/* 6 */ { 25, 80000, 200, 2000, 250 },
	/* 7: odd rates: the remainder of the division is below 1 % */
	{ 333, 0, 200, 10000, 3330 },
	/* 8 */ { 0, 1000000007, 1500, 1000000, 833333 },
	/* 9: no rate is above what nanoseconds tell apart */
	{ 0xffffffff, 0, 200, 1000, 1000 },
	/* 10: a rate lower than one packet in the time */ { 0, 8, 200, 1000, 1 },
};

static void police_exact_to_a_percent(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(police_cases); i++) {
		const struct police_case *c = &police_cases[i];
		u64 now = 1000 * NSEC_PER_SEC;
		struct rtplane_police p = {};
		u32 passed = 0;
		u32 n;

		rtplane_police_set(&p, c->pps, c->bps);
		for (n = 0; n < c->offered; n++) {
			if (!rtplane_policed(&p) ||
			    rtplane_police(&p, now, c->bytes) == RTPLANE_POLICE_OK)
				passed++;
			now += div_u64(10 * NSEC_PER_SEC, c->offered);
		}
		/* 1 %, and what the bucket holds: 50 ms, at least one packet */
		KUNIT_EXPECT_LE_MSG(test, passed, c->pass + c->pass / 100 + c->pass / 200 + 2,
				    "case %zu", i);
		KUNIT_EXPECT_GE_MSG(test, passed, c->pass - c->pass / 100 - 1 + !c->pass,
				    "case %zu", i);
	}
}

/* At 1 bit/s a large packet costs days, whose product with the size does not fit
 * into 64 bits: it must not become cheap.
 */
static void police_costs_do_not_wrap(struct kunit *test)
{
	static const unsigned int sizes[] = { 28, 1500, 35184, 35185, 40000, 65535, 65575 };
	u64 now = 1000 * NSEC_PER_SEC;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 cost = 8ULL * sizes[i] * NSEC_PER_SEC;
		struct rtplane_police p = {};

		rtplane_police_set(&p, 0, 1);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_police(&p, now, sizes[i]),
				    (int)RTPLANE_POLICE_OK, "%u bytes", sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_police(&p, now + cost - NSEC_PER_SEC, 28),
				    (int)RTPLANE_POLICE_BPS, "%u bytes", sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_police(&p, now + cost, 28),
				    (int)RTPLANE_POLICE_OK, "%u bytes", sizes[i]);
	}
}

/* Who was idle has no more credit than who came just now. */
static void police_idle_saves_nothing(struct kunit *test)
{
	static const struct {
		u32 pps;
		u64 bps;
		u32 burst;
	} idle[] = {
		/* 50 ms of it, and the one that an empty bucket lets through */
		{ 100, 0, 5 }, { 0, 160000, 5 }, { 1, 0, 1 }, { 0, 8, 1 }, { 100, 1600000, 5 },
		{ 1000, 160000, 5 },
	};
	struct rtplane_police p;
	u64 now;
	size_t i;
	u32 n, ok;

	for (i = 0; i < ARRAY_SIZE(idle); i++) {
		p = (struct rtplane_police) {};
		rtplane_police_set(&p, idle[i].pps, idle[i].bps);
		now = 1000 * NSEC_PER_SEC;
		for (ok = 0, n = 0; n < 200; n++)
			ok += rtplane_police(&p, now, 200) == RTPLANE_POLICE_OK;
		KUNIT_EXPECT_EQ_MSG(test, ok, idle[i].burst, "case %zu", i);
		now += 86400 * NSEC_PER_SEC;
		for (ok = 0, n = 0; n < 200; n++)
			ok += rtplane_police(&p, now, 200) == RTPLANE_POLICE_OK;
		KUNIT_EXPECT_EQ_MSG(test, ok, idle[i].burst, "case %zu, idle for a day", i);
	}
}

static void police_names_the_limit(struct kunit *test)
{
	struct rtplane_police p = {};
	u64 now = NSEC_PER_SEC;

	rtplane_police_set(&p, 10, 0);
	KUNIT_EXPECT_EQ(test, (int)rtplane_police(&p, now, 200), (int)RTPLANE_POLICE_OK);
	KUNIT_EXPECT_EQ(test, (int)rtplane_police(&p, now, 200), (int)RTPLANE_POLICE_PPS);
	p = (struct rtplane_police) {};
	rtplane_police_set(&p, 0, 16000);
	KUNIT_EXPECT_EQ(test, (int)rtplane_police(&p, now, 200), (int)RTPLANE_POLICE_OK);
	KUNIT_EXPECT_EQ(test, (int)rtplane_police(&p, now, 200), (int)RTPLANE_POLICE_BPS);
	/* What is refused is charged to neither: it may pass when it is due. */
	KUNIT_EXPECT_EQ(test, (int)rtplane_police(&p, now + 100 * NSEC_PER_MSEC, 200),
			(int)RTPLANE_POLICE_OK);
}

/* --- RTP statistics: RFC 3550 A.1, A.3, A.8 --- */

#define SEQ_MAX	12

static const struct seq_case {
	const char *what;
	u16 seq[SEQ_MAX];
	int n;
	u64 lost;
	u32 out_of_order;
	u32 duplicates;
} seq_cases[] = {
	{ "in order", { 1, 2, 3, 4 }, 4, 0, 0, 0 },
	{ "one packet", { 65535 }, 1, 0, 0, 0 },
	{ "the wrap", { 65534, 65535, 0, 1 }, 4, 0, 0, 0 },
	{ "one lost", { 1, 2, 4, 5 }, 4, 1, 0, 0 },
	{ "lost over the wrap", { 65534, 1 }, 2, 2, 0, 0 },
	{ "late, not lost", { 1, 3, 2, 4 }, 4, 0, 1, 0 },
	{ "late over the wrap", { 65534, 0, 65535, 1 }, 4, 0, 1, 0 },
	{ "before the first", { 5, 4, 6 }, 3, 0, 1, 0 },
	{ "before the first, over the wrap", { 0, 65535, 1 }, 3, 0, 1, 0 },
	{ "before the first, with a gap", { 5, 4, 7 }, 3, 1, 1, 0 },
	{ "twice", { 1, 2, 2, 3 }, 4, 0, 0, 1 },
	{ "twice does not make up for lost", { 1, 2, 2, 4 }, 4, 1, 0, 1 },
	{ "late and twice", { 1, 3, 2, 2, 4 }, 5, 0, 1, 1 },
	{ "a jump ahead is loss", { 1, 1001 }, 2, 999, 0, 0 },
	{ "a jump too far, alone, is nothing", { 1, 4001, 2 }, 3, 0, 0, 0 },
	{ "a jump too far, twice in a row, is a new start", { 1, 4001, 4002 }, 3, 0, 0, 0 },
	{ "a jump back, twice in a row, is a new start", { 1000, 500, 501, 502 }, 4, 0, 0, 0 },
	{ "loss before a new start stays", { 1, 3, 9000, 9001 }, 4, 1, 0, 0 },
	{ "a new start over the wrap", { 30000, 65535, 0, 2 }, 4, 1, 0, 0 },
	{ "two wild packets that do not follow each other", { 1, 4001, 9000, 2, 4 }, 5, 1, 0, 0 },
	{ "the oldest that is remembered", { 100, 163, 100 }, 3, 62, 0, 1 },
	{ "one older", { 100, 164, 100 }, 3, 62, 1, 0 },
	{ "a gap of 63 is remembered whole", { 99, 100, 163, 162, 100, 162 }, 6, 61, 1, 2 },
	{ "a gap of 64 leaves nothing", { 99, 100, 164, 163 }, 4, 62, 1, 0 },
	{ "99 back is late", { 1000, 901 }, 2, 98, 1, 0 },
	{ "100 back is wild", { 1000, 900 }, 2, 0, 0, 0 },
	{ "2999 ahead is loss", { 1, 3000 }, 2, 2998, 0, 0 },
	{ "3000 ahead is wild", { 1, 3001 }, 2, 0, 0, 0 },
};

static void rtp_packet(u8 *rtp, u8 pt, u16 seq, u32 ts, u32 ssrc)
{
	const u8 head[RTPLANE_RTP_HDRLEN] = {
		0x80, pt, seq >> 8, seq, ts >> 24, ts >> 16, ts >> 8, ts,
		ssrc >> 24, ssrc >> 16, ssrc >> 8, ssrc,
	};

	memcpy(rtp, head, sizeof(head));
}

static void rtp_sequence_numbers(struct kunit *test)
{
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(seq_cases); i++) {
		const struct seq_case *c = &seq_cases[i];
		struct rtplane_rtpstats s = {};
		u8 rtp[RTPLANE_RTP_HDRLEN];

		for (n = 0; n < c->n; n++) {
			rtp_packet(rtp, 0, c->seq[n], c->seq[n] * 160, 7);
			rtplane_rtpstats_rx(&s, rtp, NSEC_PER_SEC + n);
		}
		KUNIT_EXPECT_EQ_MSG(test, rtplane_rtpstats_lost(&s), c->lost, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, s.out_of_order, c->out_of_order, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, s.duplicates, c->duplicates, "%s", c->what);
	}
}

/* A packet every 20 ms and one that is @late ms late: its transit grows by that
 * much, and falls again with the next.
 */
static const struct jitter_case {
	u8 pt;
	u32 per_packet;
	u32 late;
	/* A.8: J += |D| - ((J + 8) >> 4), twice, in 1/16 */
	u32 jitter;
} jitter_cases[] = {
	/* 0 */ { 0, 160, 0, 0 },
	/* 1: 80 units, then 80 more */ { 0, 160, 10, 80 + 80 - ((80 + 8) >> 4) },
	/* 2: G.722 has the clock of G.711, RFC 3551 4.5.2 */
	{ 9, 160, 10, 80 + 80 - ((80 + 8) >> 4) },
	/* 3: video, 90 kHz */ { 31, 1800, 10, 900 + 900 - ((900 + 8) >> 4) },
};

static void rtp_jitter(struct kunit *test)
{
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(jitter_cases); i++) {
		const struct jitter_case *c = &jitter_cases[i];
		struct rtplane_rtpstats s = {};
		u8 rtp[RTPLANE_RTP_HDRLEN];

		for (n = 0; n < 3; n++) {
			/* the clock's wrap is among them */
			rtp_packet(rtp, c->pt, n, 0xffffff00 + n * c->per_packet, 7);
			rtplane_rtpstats_rx(&s, rtp, (u64)n * 20 * NSEC_PER_MSEC + NSEC_PER_SEC +
					    (n == 1 ? c->late * NSEC_PER_MSEC : 0));
		}
		/* a unit of rounding for each packet */
		KUNIT_EXPECT_LE_MSG(test, s.jitter, c->jitter + 3, "case %zu", i);
		KUNIT_EXPECT_GE_MSG(test, s.jitter + 3, c->jitter, "case %zu", i);
		KUNIT_EXPECT_GE_MSG(test, s.jitter_max, s.jitter, "case %zu", i);
	}
}

/* Speech of payload type 0 every 20 ms, and digits between: RFC 4733. */
static void rtp_events_have_no_jitter(struct kunit *test)
{
	struct rtplane_rtpstats s = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];
	u64 now = NSEC_PER_SEC;
	u32 start = 0;
	int n;

	for (n = 0; n < 200; n++) {
		bool event = n % 40 >= 20;

		if (n % 20 == 0)
			start = n * 160;
		rtp_packet(rtp, event ? 101 : 0, n, event ? start : (u32)n * 160, 7);
		rtplane_rtpstats_rx(&s, rtp, now);
		now += 20 * NSEC_PER_MSEC;
	}
	/* two digits at once, speech lets room for none */
	for (; n < 230; n++) {
		rtp_packet(rtp, 101, n, n < 215 ? 200 * 160 : 215 * 160, 7);
		rtplane_rtpstats_rx(&s, rtp, now);
		now += 20 * NSEC_PER_MSEC;
	}
	rtp_packet(rtp, 0, n, n * 160, 7);
	rtplane_rtpstats_rx(&s, rtp, now);
	/* a unit of rounding for each */
	KUNIT_EXPECT_LE(test, s.jitter_max, 32u);
	KUNIT_EXPECT_EQ(test, s.packets, 231ull);
	KUNIT_EXPECT_EQ(test, rtplane_rtpstats_lost(&s), 0ull);
	KUNIT_EXPECT_EQ(test, (int)rtplane_rtp_pt(&s), 0);
}

/* A dynamic payload type that goes on is the present one after a few packets. */
static void rtp_dynamic_type(struct kunit *test)
{
	static const struct {
		u8 pt;
		u8 after[5];
	} types[] = {
		{ 8, { 8, 8, 8, 8, 8 } },
		{ 95, { 95, 95, 95, 95, 95 } },
		{ 96, { 0, 0, 96, 96, 96 } },
		{ 127, { 0, 0, 127, 127, 127 } },
	};
	struct rtplane_rtpstats s;
	u8 rtp[RTPLANE_RTP_HDRLEN];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		s = (struct rtplane_rtpstats) {};
		rtp_packet(rtp, 0, 0, 0, 7);
		rtplane_rtpstats_rx(&s, rtp, NSEC_PER_SEC);
		for (n = 0; n < 5; n++) {
			rtp_packet(rtp, types[i].pt, n + 1, (n + 1) * 160, 7);
			rtplane_rtpstats_rx(&s, rtp, NSEC_PER_SEC + (n + 1) * 20 * NSEC_PER_MSEC);
			KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_rtp_pt(&s), (int)types[i].after[n],
					    "type %d, packet %d", types[i].pt, n);
		}
	}
}

/* A sender that sets its clock anew is not one with jitter, for ever. */
static void rtp_jitter_of_a_jump(struct kunit *test)
{
	struct rtplane_rtpstats s = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];
	u32 late = 0;
	int n;

	for (n = 0; n < 100; n++) {
		/* 8,001 units and 8,000, of a clock of 8,000 */
		rtp_packet(rtp, 0, n, n * 160 + (n < 50 ? 0 : 0x10000000), 7);
		rtplane_rtpstats_rx(&s, rtp, NSEC_PER_SEC + n * 20 * NSEC_PER_MSEC);
	}
	KUNIT_EXPECT_LE(test, s.jitter_max, 32u);
	for (; n < 102; n++) {
		late = n == 100 ? 900 : 0;
		rtp_packet(rtp, 0, n, n * 160 + 0x10000000, 7);
		rtplane_rtpstats_rx(&s, rtp, NSEC_PER_SEC + (n * 20 + late) * NSEC_PER_MSEC);
	}
	KUNIT_EXPECT_GE(test, s.jitter_max, 7200u);
}

static void rtp_ssrc_change(struct kunit *test)
{
	struct rtplane_rtpstats s = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];

	rtp_packet(rtp, 0, 1, 0, 7);
	rtplane_rtpstats_rx(&s, rtp, 1);
	rtp_packet(rtp, 0, 3, 0, 7);
	rtplane_rtpstats_rx(&s, rtp, 2);
	rtp_packet(rtp, 0, 9999, 0, 8);
	rtplane_rtpstats_rx(&s, rtp, 3);
	KUNIT_EXPECT_EQ(test, s.ssrc_changes, 1u);
	/* what the first has lost stays, the second begins anew */
	KUNIT_EXPECT_EQ(test, rtplane_rtpstats_lost(&s), 1ull);
	KUNIT_EXPECT_EQ(test, s.jitter, 0u);
}

/* RFC 3550 6.4.1: A = arrival, round trip = A - LSR - DLSR */
static void rtcp_round_trip(struct kunit *test)
{
	u8 sr[28] = { 0x80, 200, 0, 6, 0, 0, 0, 7, 0, 0, 0x12, 0x34, 0x56, 0x78 };
	u8 rr[32] = { 0x81, 201, 0, 7, 0, 0, 0, 8, 0, 0, 0, 7, 64, 0xff, 0xff, 0xfe };
	struct rtplane_rtcpstats seen = {}, mine = {};
	u64 sent = 0, none = 0;

	KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&mine, sr, sizeof(sr), sizeof(sr), 0, NSEC_PER_SEC, &sent));
	KUNIT_EXPECT_EQ(test, (u32)(sent >> 32), 0x12345678u);
	/* LSR, then a delay of half a second at the remote */
	memcpy(rr + 24, "\x12\x34\x56\x78\x00\x00\x80\x00", 8);
	KUNIT_EXPECT_TRUE(test, rtplane_rtcp_rx(&seen, rr, sizeof(rr), sizeof(rr), sent,
						NSEC_PER_SEC + 600 * NSEC_PER_MSEC, &none));
	KUNIT_EXPECT_GE(test, seen.rtt_us, 99900u);
	KUNIT_EXPECT_LE(test, seen.rtt_us, 100100u);
	KUNIT_EXPECT_EQ(test, seen.lost, -2);
	KUNIT_EXPECT_EQ(test, (int)seen.fraction_lost, 64);
	/* a report that was on its way before it was sent is none */
	seen.rtt_us = 0;
	rtplane_rtcp_rx(&seen, rr, sizeof(rr), sizeof(rr), sent, NSEC_PER_SEC, &none);
	KUNIT_EXPECT_EQ(test, seen.rtt_us, 0u);
}

static void rtcp_lengths_that_lie(struct kunit *test)
{
	u8 rr[32] = { 0x81, 201, 0, 7 };
	struct rtplane_rtcpstats s = {};
	u64 sr = 0;
	unsigned int len;

	/* one byte less than it says is not looked at; nor a block that is cut */
	for (len = 0; len < sizeof(rr); len++)
		KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&s, rr, len, len, 0, 1, &sr));
	/* thirty-one blocks announced, one there */
	rr[0] = 0x9f;
	KUNIT_EXPECT_TRUE(test, rtplane_rtcp_rx(&s, rr, sizeof(rr), sizeof(rr), 0, 1, &sr));
	KUNIT_EXPECT_EQ(test, s.reports, 1u);
	/* a sender report too short for its own fields */
	memcpy(rr, "\x80\xc8\x00\x01", 4);
	KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&s, rr, 8, 8, 0, 1, &sr));
	KUNIT_EXPECT_EQ(test, sr, 0ull);
}

/* Reports that are encrypted say nothing, and are told by their length. */
static void rtcp_that_is_encrypted(struct kunit *test)
{
	static const struct {
		u8 second[4];
		unsigned int len, whole;
		bool report;
	} tails[] = {
		/* nothing behind it */
		{ {}, 32, 32, true },
		/* a goodbye, RFC 3550 6.6, and more than is looked at */
		{ { 0x81, 203, 0, 1 }, 40, 40, true },
		{ { 0x81, 203, 0, 200 }, 48, 836, true },
		{ { 0x81, 203, 0, 201 }, 48, 836, false },
		/* the index of SRTCP and its tag, of both lengths */
		{ { 0x80, 0, 0, 1 }, 46, 46, false },
		{ { 0x80, 0, 0, 1 }, 40, 40, false },
		{ { 0, 0, 0, 1 }, 46, 46, false },
		/* a version, a type and a length that are none */
		{ { 0x41, 203, 0, 1 }, 40, 40, false },
		{ { 0x81, 191, 0, 1 }, 40, 40, false },
		{ { 0x81, 224, 0, 1 }, 40, 40, false },
		{ { 0x81, 203, 0, 2 }, 40, 40, false },
		{ {}, 33, 33, false },
	};
	u8 rtcp[48] = { 0x81, 201, 0, 7 };
	struct rtplane_rtcpstats s;
	u64 sr = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		s = (struct rtplane_rtcpstats) {};
		memcpy(rtcp + 32, tails[i].second, 4);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_rtcp_rx(&s, rtcp, tails[i].len,
							       tails[i].whole, 0, 1, &sr),
				    (int)tails[i].report, "case %zu", i);
	}
}

/* --- latch policy --- */

/* Sources by name: the signalled one, its host's other port, its network, anybody. */
enum who {
	SIGNALLED,
	PORT,
	NEIGHBOUR,
	STRANGER,
	CROWD,
};

static struct rtplane_ep source(int who)
{
	switch (who) {
	case SIGNALLED:
		return ep4(0xc0000201, 40000);
	case PORT:
		return ep4(0xc0000201, 40001);
	case NEIGHBOUR:
		return ep4(0xc0000202, 40000);
	case STRANGER:
		return ep4(0xc6336401, 40000);
	default:
		return ep4(0xcb007100 + who, 40000);
	}
}

/* What is held in these tests is a byte of memory. */
static unsigned int unheld;

static void unhold(void *packet)
{
	unheld++;
	kfree(packet);
}

#define STEPS	21

/**
 * struct policy_step - a packet, or an order
 * @ms: when
 * @who: its source
 * @seq: its sequence number
 * @ssrc: its SSRC
 * @want: what is to become of it
 * @reason: and why
 * @taken: packets held of it that its commit releases
 */
struct policy_step {
	u32 ms;
	int who;
	u16 seq;
	u32 ssrc;
	int want;
	enum rtplane_reason reason;
	unsigned int taken;
};

#define COMMIT(r, n)	RTPLANE_JUDGED_COMMIT, RTPLANE_REASON_##r, n
#define HOLD		RTPLANE_JUDGED_HOLD, RTPLANE_REASON_FIRST, 0
#define RELATCH		RTPLANE_JUDGED_HOLD, RTPLANE_REASON_SILENCE, 0
#define REFUSED(r)	RTPLANE_JUDGED_REFUSED, RTPLANE_REASON_##r, 0

/* Orders: a proof of @who, a change of the remote by signalling, "learn again",
 * a commit that the device refuses.
 */
#define PROOF		-1, RTPLANE_REASON_NONE, 0
#define LEFT		-2, RTPLANE_REASON_NONE, 0
#define UNLATCH		-3, RTPLANE_REASON_NONE, 0
#define ELSEWHERE	-4, RTPLANE_REASON_DEVICE, 0

static const struct policy_case {
	const char *what;
	u8 mode;
	u8 probation;
	u8 prefix;
	u32 relatch;
	int n;
	struct policy_step step[STEPS];
} policy_cases[] = {
	{ "off: the signalled address and port only", RTPLANE_LATCH_OFF, 0, 32, 0, 3, {
		{ 0, PORT, 1, 7, REFUSED(ADDRESS) },
		{ 0, STRANGER, 1, 7, REFUSED(ADDRESS) },
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) } } },
	{ "restricted: any port of the address, three in a row", RTPLANE_LATCH_RESTRICTED, 3, 32, 0,
	  5, {
		{ 0, STRANGER, 1, 7, REFUSED(ADDRESS) },
		{ 0, NEIGHBOUR, 1, 7, REFUSED(ADDRESS) },
		{ 0, PORT, 1, 7, HOLD },
		{ 20, PORT, 2, 7, HOLD },
		{ 40, PORT, 3, 7, COMMIT(PROBATION, 2) } } },
	{ "restricted: no probation, by explicit wish", RTPLANE_LATCH_RESTRICTED, 0, 32, 0, 2, {
		{ 0, PORT, 1, 7, COMMIT(FIRST, 0) },
		{ 20, PORT, 2, 8, REFUSED(LOCKED) } } },
	{ "restricted: the signalled one at once", RTPLANE_LATCH_RESTRICTED, 3, 32, 0, 3, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 20, PORT, 1, 7, REFUSED(LOCKED) },
		{ 3600000, PORT, 2, 7, REFUSED(LOCKED) } } },
	{ "restricted: forged packets before it change nothing", RTPLANE_LATCH_RESTRICTED, 3, 32, 0,
	  4, {
		{ 0, PORT, 1, 9, HOLD },
		{ 1, PORT, 2, 9, HOLD },
		{ 2, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 3, PORT, 3, 9, REFUSED(LOCKED) } } },
	{ "restricted: it displaces who was committed before", RTPLANE_LATCH_RESTRICTED, 3, 32, 0,
	  5, {
		{ 0, PORT, 1, 9, HOLD },
		{ 1, PORT, 2, 9, HOLD },
		{ 2, PORT, 3, 9, COMMIT(PROBATION, 2) },
		{ 2001, SIGNALLED, 1, 7, COMMIT(EXACT, 0) },
		{ 2002, PORT, 4, 9, REFUSED(LOCKED) } } },
	{ "restricted: but not for ever", RTPLANE_LATCH_RESTRICTED, 3, 32, 0, 4, {
		{ 0, PORT, 1, 7, HOLD },
		{ 1, PORT, 2, 7, HOLD },
		{ 2, PORT, 3, 7, COMMIT(PROBATION, 2) },
		{ 2002, SIGNALLED, 1, 7, REFUSED(LOCKED) } } },
	{ "restricted: a prefix", RTPLANE_LATCH_RESTRICTED, 2, 24, 0, 3, {
		{ 0, STRANGER, 1, 7, REFUSED(ADDRESS) },
		{ 0, NEIGHBOUR, 1, 7, HOLD },
		{ 20, NEIGHBOUR, 2, 7, COMMIT(PROBATION, 1) } } },
	{ "learn: anyone, three in a row", RTPLANE_LATCH_LEARN, 3, 32, 0, 4, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 20, STRANGER, 2, 7, HOLD },
		{ 40, STRANGER, 3, 7, COMMIT(PROBATION, 2) },
		{ 60, PORT, 1, 7, REFUSED(LOCKED) } } },
	{ "learn: the signalled one displaces a stranger", RTPLANE_LATCH_LEARN, 3, 32, 0, 4, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 20, STRANGER, 2, 7, HOLD },
		{ 40, STRANGER, 3, 7, COMMIT(PROBATION, 2) },
		{ 60, SIGNALLED, 1, 7, COMMIT(EXACT, 0) } } },
	{ "learn: a gap begins the count anew, and wastes nothing", RTPLANE_LATCH_LEARN, 3, 32, 0,
	  5, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 20, STRANGER, 2, 7, HOLD },
		{ 40, STRANGER, 4, 7, HOLD },
		{ 60, STRANGER, 5, 7, HOLD },
		{ 80, STRANGER, 6, 7, COMMIT(PROBATION, 4) } } },
	{ "learn: so does another SSRC, whose packets alone count", RTPLANE_LATCH_LEARN, 3, 32, 0,
	  5, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 20, STRANGER, 2, 7, HOLD },
		{ 40, STRANGER, 3, 8, HOLD },
		{ 60, STRANGER, 4, 8, HOLD },
		{ 80, STRANGER, 5, 8, COMMIT(PROBATION, 2) } } },
	{ "learn: the sequence wraps", RTPLANE_LATCH_LEARN, 3, 32, 0, 3, {
		{ 0, STRANGER, 65534, 7, HOLD },
		{ 20, STRANGER, 65535, 7, HOLD },
		{ 40, STRANGER, 0, 7, COMMIT(PROBATION, 2) } } },
	{ "learn: nobody overtakes the lead", RTPLANE_LATCH_LEARN, 3, 32, 0, 6, {
		{ 0, PORT, 1, 7, HOLD },
		{ 1, STRANGER, 1, 9, HOLD },
		{ 2, STRANGER, 2, 9, HOLD },
		{ 3, STRANGER, 3, 9, HOLD },
		{ 20, PORT, 2, 7, HOLD },
		{ 40, PORT, 3, 7, COMMIT(PROBATION, 2) } } },
	{ "learn: who waited goes on when the lead is quiet, with its last packets",
	  RTPLANE_LATCH_LEARN, 3, 32, 0, 7, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 10, STRANGER, 1, 7, HOLD },
		{ 30, STRANGER, 2, 7, HOLD },
		{ 50, STRANGER, 3, 7, HOLD },
		{ 70, STRANGER, 4, 7, HOLD },
		{ 90, STRANGER, 5, 7, HOLD },
		{ 110, STRANGER, 6, 7, COMMIT(PROBATION, 4) } } },
	{ "learn: a lead of two packets has longer", RTPLANE_LATCH_LEARN, 3, 32, 0, 5, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 20, CROWD, 2, 9, HOLD },
		{ 140, STRANGER, 1, 7, HOLD },
		{ 269, STRANGER, 2, 7, HOLD },
		{ 270, STRANGER, 3, 7, COMMIT(PROBATION, 2) } } },
	{ "learn: a slow sender without rivals keeps its place", RTPLANE_LATCH_LEARN, 3, 32, 0, 3, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 500, STRANGER, 2, 7, HOLD },
		{ 1000, STRANGER, 3, 7, COMMIT(PROBATION, 2) } } },
	{ "learn: a lead that never qualifies gives way after 300 ms", RTPLANE_LATCH_LEARN, 3, 32,
	  0, 12, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 60, CROWD, 3, 9, HOLD },
		{ 100, STRANGER, 1, 7, HOLD },
		{ 120, CROWD, 5, 9, HOLD },
		{ 180, CROWD, 7, 9, HOLD },
		{ 200, STRANGER, 2, 7, HOLD },
		{ 240, CROWD, 9, 9, HOLD },
		{ 260, STRANGER, 3, 7, HOLD },
		{ 280, CROWD, 11, 9, HOLD },
		{ 299, STRANGER, 4, 7, HOLD },
		{ 299, CROWD, 13, 9, HOLD },
		{ 300, STRANGER, 5, 7, COMMIT(PROBATION, 4) } } },
	{ "learn: an overdue lead keeps its place while nobody else has passed",
	  RTPLANE_LATCH_LEARN, 3, 32, 0, 7, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 150, CROWD, 3, 9, HOLD },
		{ 240, CROWD, 5, 9, HOLD },
		{ 310, STRANGER, 1, 7, HOLD },
		{ 320, CROWD, 6, 9, HOLD },
		{ 330, STRANGER, 2, 7, HOLD },
		{ 331, CROWD, 7, 9, COMMIT(PROBATION, 4) } } },
	{ "learn: a newcomer does not take a quiet lead's place before who has passed",
	  RTPLANE_LATCH_LEARN, 3, 32, 0, 6, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 60, STRANGER, 1, 7, HOLD },
		{ 80, STRANGER, 2, 7, HOLD },
		{ 99, STRANGER, 3, 7, HOLD },
		{ 100, CROWD + 1, 1, 9, HOLD },
		{ 101, STRANGER, 4, 7, COMMIT(PROBATION, 3) } } },
	{ "learn: more than there are places for", RTPLANE_LATCH_LEARN, 3, 32, 0, 8, {
		{ 0, CROWD, 1, 1, HOLD },
		{ 0, CROWD + 1, 1, 1, HOLD },
		{ 0, CROWD + 2, 1, 1, HOLD },
		{ 0, CROWD + 3, 1, 1, HOLD },
		{ 0, CROWD + 4, 1, 1, REFUSED(CANDIDATE) },
		{ 0, CROWD + 4, 2, 1, REFUSED(CANDIDATE) },
		{ 99, CROWD + 4, 3, 1, REFUSED(CANDIDATE) },
		{ 100, CROWD + 4, 4, 1, HOLD } } },
	{ "learn: places that never qualify age", RTPLANE_LATCH_LEARN, 3, 32, 0, 20, {
		{ 0, CROWD, 1, 1, HOLD },
		{ 0, CROWD + 1, 1, 1, HOLD },
		{ 0, CROWD + 2, 1, 1, HOLD },
		{ 0, CROWD + 3, 1, 1, HOLD },
		{ 90, CROWD, 1, 1, HOLD },
		{ 90, CROWD + 1, 1, 1, HOLD },
		{ 90, CROWD + 2, 1, 1, HOLD },
		{ 90, CROWD + 3, 1, 1, HOLD },
		{ 180, CROWD, 1, 1, HOLD },
		{ 180, CROWD + 1, 1, 1, HOLD },
		{ 180, CROWD + 2, 1, 1, HOLD },
		{ 180, CROWD + 3, 1, 1, HOLD },
		{ 270, CROWD, 1, 1, HOLD },
		{ 270, CROWD + 1, 1, 1, HOLD },
		{ 270, CROWD + 2, 1, 1, HOLD },
		{ 270, CROWD + 3, 1, 1, HOLD },
		{ 299, STRANGER, 1, 7, REFUSED(CANDIDATE) },
		{ 300, STRANGER, 2, 7, HOLD },
		{ 310, STRANGER, 3, 7, HOLD },
		{ 320, STRANGER, 4, 7, COMMIT(PROBATION, 2) } } },
	{ "learn: a complete run that waits does not age", RTPLANE_LATCH_LEARN, 4, 32, 0, 14, {
		{ 0, STRANGER, 1, 7, HOLD },
		{ 1, PORT, 1, 8, HOLD },
		{ 2, PORT, 2, 8, HOLD },
		{ 3, PORT, 3, 8, HOLD },
		{ 4, PORT, 4, 8, HOLD },
		{ 90, STRANGER, 1, 7, HOLD },
		{ 180, STRANGER, 1, 7, HOLD },
		{ 200, PORT, 5, 8, HOLD },
		{ 270, STRANGER, 1, 7, HOLD },
		{ 299, CROWD, 1, 1, HOLD },
		{ 299, CROWD + 1, 1, 1, HOLD },
		{ 301, CROWD + 2, 1, 1, HOLD },
		{ 302, CROWD + 3, 1, 1, REFUSED(CANDIDATE) },
		{ 303, PORT, 6, 8, COMMIT(PROBATION, 4) } } },
	{ "learn: who came by another device loses its place", RTPLANE_LATCH_LEARN, 2, 32, 0, 6, {
		{ 0, CROWD, 1, 9, HOLD },
		{ 1, STRANGER, 1, 7, HOLD },
		{ 2, CROWD, 2, 9, ELSEWHERE },
		{ 3, STRANGER, 2, 7, COMMIT(PROBATION, 1) },
		{ 4, CROWD, 3, 9, REFUSED(LOCKED) },
		{ 5, STRANGER, 2, 7, REFUSED(LOCKED) } } },
	{ "relatch: not before the remote was silent", RTPLANE_LATCH_RESTRICTED, 0, 32, 500, 3, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 499, PORT, 1, 7, REFUSED(LOCKED) },
		{ 500, PORT, 2, 7, COMMIT(SILENCE, 0) } } },
	{ "relatch: the signalled one at once", RTPLANE_LATCH_RESTRICTED, 3, 32, 500, 4, {
		{ 0, NEIGHBOUR, 0, 0, PROOF },
		{ 0, NEIGHBOUR, 0, 0, UNLATCH },
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 600, PORT, 2, 7, RELATCH } } },
	{ "relatch: the mode holds", RTPLANE_LATCH_RESTRICTED, 0, 32, 500, 2, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 5000, STRANGER, 1, 7, REFUSED(ADDRESS) } } },
	{ "relatch: probation too", RTPLANE_LATCH_LEARN, 2, 32, 500, 4, {
		{ 0, PORT, 1, 7, HOLD },
		{ 20, PORT, 2, 7, COMMIT(PROBATION, 1) },
		{ 520, STRANGER, 1, 9, RELATCH },
		{ 540, STRANGER, 2, 9, COMMIT(SILENCE, 1) } } },
	{ "relatch: the silence of the former remote is not the present one's",
	  RTPLANE_LATCH_LEARN, 2, 32, 500, 6, {
		{ 0, PORT, 1, 7, HOLD },
		{ 20, PORT, 2, 7, COMMIT(PROBATION, 1) },
		{ 520, STRANGER, 1, 9, RELATCH },
		{ 1000, STRANGER, 2, 9, COMMIT(SILENCE, 1) },
		{ 1499, PORT, 3, 7, REFUSED(LOCKED) },
		{ 1500, PORT, 4, 7, RELATCH } } },
	{ "proven: neither silence nor the signalled address moves it", RTPLANE_LATCH_LEARN, 3, 32,
	  500, 6, {
		{ 0, NEIGHBOUR, 0, 0, PROOF },
		{ 1, SIGNALLED, 1, 7, REFUSED(LOCKED) },
		{ 500, STRANGER, 1, 7, REFUSED(LOCKED) },
		{ 5000, SIGNALLED, 1, 7, REFUSED(LOCKED) },
		{ 5000, STRANGER, 0, 0, PROOF },
		{ 9000, NEIGHBOUR, 1, 7, REFUSED(LOCKED) } } },
	{ "proven: until signalling says so", RTPLANE_LATCH_LEARN, 3, 32, 500, 3, {
		{ 0, NEIGHBOUR, 0, 0, PROOF },
		{ 1, NEIGHBOUR, 0, 0, UNLATCH },
		{ 2, SIGNALLED, 1, 7, COMMIT(FIRST, 0) } } },
	{ "moved: the former remote is kept out for some seconds", RTPLANE_LATCH_RESTRICTED, 0, 32,
	  0, 4, {
		{ 0, PORT, 1, 7, COMMIT(FIRST, 0) },
		{ 1000, PORT, 0, 0, LEFT },
		{ 3999, PORT, 2, 7, REFUSED(FORMER) },
		{ 4000, PORT, 3, 7, COMMIT(FIRST, 0) } } },
	{ "moved: others are not, nor is what is signalled now", RTPLANE_LATCH_LEARN, 2, 32, 0, 8, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST, 0) },
		{ 1000, SIGNALLED, 0, 0, LEFT },
		{ 1001, SIGNALLED, 2, 7, COMMIT(FIRST, 0) },
		{ 2000, PORT, 0, 0, LEFT },
		{ 2001, PORT, 3, 7, REFUSED(FORMER) },
		{ 2002, STRANGER, 1, 7, HOLD },
		{ 2003, PORT, 4, 7, REFUSED(FORMER) },
		{ 2004, STRANGER, 2, 7, COMMIT(PROBATION, 1) } } },
	{ "unlatched: the same may come back", RTPLANE_LATCH_RESTRICTED, 2, 32, 0, 6, {
		{ 0, PORT, 1, 7, HOLD },
		{ 20, PORT, 2, 7, COMMIT(PROBATION, 1) },
		{ 30, PORT, 0, 0, UNLATCH },
		{ 40, PORT, 3, 7, HOLD },
		{ 60, PORT, 4, 7, COMMIT(PROBATION, 1) },
		{ 80, SIGNALLED, 5, 7, COMMIT(EXACT, 0) } } },
};

/* A leg as its policy sees it. */
struct policy_leg {
	struct rtplane_policy p;
	bool latched;
	u64 last;
};

static void policy_release(struct rtplane_policy *p)
{
	rtplane_policy_forget(p);
	kfree(p->suspects);
}

static unsigned int policy_commit(struct policy_leg *leg, struct rtplane_candidate *place, u64 now,
				  bool proven)
{
	void *taken[RTPLANE_HELD];
	unsigned int i, n;

	n = rtplane_policy_take(place, taken);
	for (i = 0; i < n; i++)
		kfree(taken[i]);
	rtplane_policy_committed(&leg->p, now, proven);
	leg->latched = true;
	return n;
}

static void policy_order(struct policy_leg *leg, int order, const struct rtplane_ep *who, u64 now)
{
	if (order == -1) {
		policy_commit(leg, NULL, now, true);
		return;
	}
	if (order == -2)
		rtplane_policy_left(&leg->p, who, now);
	rtplane_policy_forget(&leg->p);
	leg->latched = false;
}

static void policy_packet(struct kunit *test, struct policy_leg *leg, const struct policy_case *c,
			  int i)
{
	const struct policy_step *s = &c->step[i];
	struct rtplane_ep src = source(s->who);
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_arrival a = {
		.src = &src,
		.payload = rtp,
		.now = NSEC_PER_SEC + s->ms * NSEC_PER_MSEC,
		.last = leg->last,
		.kind = RTPLANE_KIND_RTP,
		.latched = leg->latched,
		.tied = true,
	};
	struct rtplane_finding f;
	unsigned int taken = 0;
	int got;

	rtp_packet(rtp, 0, s->seq, 0, s->ssrc);
	got = rtplane_policy_judge(&leg->p, &a, &f);
	if (s->want == -4) {
		KUNIT_EXPECT_EQ_MSG(test, got, (int)RTPLANE_JUDGED_COMMIT, "%s: step %d", c->what,
				    i);
		rtplane_policy_elsewhere(&leg->p, &a, &f);
	} else {
		KUNIT_EXPECT_EQ_MSG(test, got, s->want, "%s: step %d", c->what, i);
	}
	KUNIT_EXPECT_EQ_MSG(test, (int)f.reason, (int)s->reason, "%s: step %d: reason", c->what, i);
	if (got == RTPLANE_JUDGED_HOLD)
		rtplane_policy_hold(&leg->p, f.place, rtplane_zalloc(1), unhold);
	if (got == RTPLANE_JUDGED_COMMIT && s->want != -4) {
		taken = policy_commit(leg, f.place, a.now, false);
		leg->last = a.now;
	}
	KUNIT_EXPECT_EQ_MSG(test, taken, s->taken, "%s: step %d: taken", c->what, i);
}

static void policy_steps(struct kunit *test, const struct policy_case *c)
{
	struct policy_leg leg = {};
	struct rtplane_ep who;
	int i;

	rtplane_policy_init(&leg.p, true);
	rtplane_policy_mode(&leg.p, c->mode);
	leg.p.signalled = source(SIGNALLED);
	leg.p.probation = c->probation;
	leg.p.prefix = c->prefix;
	leg.p.relatch = c->relatch;
	for (i = 0; i < c->n; i++) {
		const struct policy_step *s = &c->step[i];

		who = source(s->who);
		if (s->want < 0 && s->want > -4)
			policy_order(&leg, s->want, &who, NSEC_PER_SEC + s->ms * NSEC_PER_MSEC);
		else
			policy_packet(test, &leg, c, i);
	}
	policy_release(&leg.p);
}

static void policy_table(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policy_cases); i++)
		policy_steps(test, &policy_cases[i]);
}

/* What each mode is when nobody says more. */
static void policy_defaults(struct kunit *test)
{
	static const struct {
		u8 mode;
		u8 probation;
		bool guard;
	} modes[] = {
		{ RTPLANE_LATCH_OFF, 0, false },
		{ RTPLANE_LATCH_RESTRICTED, 3, true },
		{ RTPLANE_LATCH_LEARN, 3, true },
	};
	struct rtplane_policy p = {};
	size_t i;

	rtplane_policy_init(&p, false);
	KUNIT_EXPECT_EQ(test, (int)p.mode, (int)RTPLANE_LATCH_RESTRICTED);
	KUNIT_EXPECT_EQ(test, (int)p.probation, 3);
	KUNIT_EXPECT_EQ(test, (int)p.prefix, 128);
	KUNIT_EXPECT_TRUE(test, p.guard);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		rtplane_policy_mode(&p, modes[i].mode);
		KUNIT_EXPECT_EQ_MSG(test, (int)p.probation, (int)modes[i].probation, "case %zu", i);
		KUNIT_EXPECT_EQ_MSG(test, (int)p.guard, (int)modes[i].guard, "case %zu", i);
	}
}

static const struct sense_case {
	u8 mode, probation, prefix;
	bool v4, tied, sense;
} sense_cases[] = {
	/* 0 */ { RTPLANE_LATCH_OFF, 0, 0, true, false, true },
	/* 1 */ { RTPLANE_LATCH_RESTRICTED, 0, 32, true, false, true },
	/* 2 */ { RTPLANE_LATCH_RESTRICTED, 0, 31, true, false, false },
	/* 3 */ { RTPLANE_LATCH_RESTRICTED, 0, 0, true, false, false },
	/* 4: one packet is as none */ { RTPLANE_LATCH_RESTRICTED, 1, 31, true, false, false },
	/* 5 */ { RTPLANE_LATCH_RESTRICTED, 2, 0, true, false, true },
	/* 6 */ { RTPLANE_LATCH_RESTRICTED, 0, 127, false, false, false },
	/* 7 */ { RTPLANE_LATCH_RESTRICTED, 0, 128, false, false, true },
	/* 8: the whole address is the RTP leg's */
	{ RTPLANE_LATCH_LEARN, 0, 32, true, true, true },
	/* 9 */ { RTPLANE_LATCH_LEARN, 0, 32, true, false, false },
	/* 10 */ { RTPLANE_LATCH_LEARN, 2, 32, true, false, true },
};

static void policy_sense(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sense_cases); i++) {
		const struct sense_case *c = &sense_cases[i];

		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_policy_sense(c->mode, c->probation, c->prefix,
							      c->v4, c->tied),
				    (int)c->sense, "case %zu", i);
	}
}

/* Other kinds than RTP, and RTCP beside it. */
static void policy_kinds(struct kunit *test)
{
	static const u8 rtcp[8] = { 0x80, 201, 0, 1, 0, 0, 0, 7 };
	static const u8 rtcp_of_another[8] = { 0x80, 201, 0, 1, 0, 0, 0, 8 };
	static const u8 udptl[12];
	u8 rtp[RTPLANE_RTP_HDRLEN], pt[RTPLANE_RTP_HDRLEN];
	const struct {
		u8 kind;
		const u8 *payload;
		int count;
	} step[] = {
		{ RTPLANE_KIND_RTCP, rtcp, 1 },
		{ RTPLANE_KIND_RTCP, rtcp, 2 },
		{ RTPLANE_KIND_RTCP, rtcp_of_another, 1 },
		{ RTPLANE_KIND_UNKNOWN, udptl, 1 },
		{ RTPLANE_KIND_UNKNOWN, udptl, 2 },
		/* its number is what would follow on RTCP, and is no part of that run */
		{ RTPLANE_KIND_RTCP, rtcp, 1 },
		{ RTPLANE_KIND_RTP, rtp, 1 },
		{ RTPLANE_KIND_RTCP, rtcp, 1 },
		{ RTPLANE_KIND_RTP, pt, 1 },
	};
	struct rtplane_ep src = source(STRANGER);
	struct rtplane_arrival a = { .src = &src, .now = NSEC_PER_SEC, .tied = true };
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	size_t i;

	rtp_packet(rtp, 0, 1, 0, 7);
	rtp_packet(pt, 8, 2, 0, 7);
	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		a.kind = step[i].kind;
		a.payload = step[i].payload;
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_policy_judge(&p, &a, &f),
				    (int)RTPLANE_JUDGED_HOLD, "step %zu", i);
		KUNIT_ASSERT_TRUE(test, f.place != NULL);
		KUNIT_EXPECT_EQ_MSG(test, (int)f.place->count, step[i].count, "step %zu", i);
	}
	policy_release(&p);
}

/* A candidate that waits for the lead for long counts to a byte's end and stays. */
static void policy_count_does_not_wrap(struct kunit *test)
{
	struct rtplane_ep src = source(STRANGER);
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_arrival a = {
		.src = &src, .payload = rtp, .kind = RTPLANE_KIND_RTP, .tied = true,
	};
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	u16 seq;

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	p.probation = 255;
	for (seq = 0; seq < 600; seq++) {
		a.now = NSEC_PER_SEC + seq;
		rtp_packet(rtp, 0, seq, 0, 7);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_policy_judge(&p, &a, &f),
				    seq < 254 ? (int)RTPLANE_JUDGED_HOLD :
						(int)RTPLANE_JUDGED_COMMIT, "packet %d", seq);
	}
	policy_release(&p);
}

/* What is held is bounded, and nothing of it is lost sight of. */
static void policy_held(struct kunit *test)
{
	struct rtplane_policy p = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_ep src;
	struct rtplane_arrival a = {
		.src = &src, .payload = rtp, .kind = RTPLANE_KIND_RTP, .tied = true,
	};
	u64 start = NSEC_PER_SEC;
	struct rtplane_finding f;
	unsigned int held = 0;
	u32 strange;
	int i, n;

	unheld = 0;
	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	KUNIT_EXPECT_EQ(test, rtplane_policy_expire(&p, start), 0ull);
	KUNIT_EXPECT_EQ(test, rtplane_policy_wasted(&p, &strange), 0u);
	p.probation = 32;
	for (n = 0; n < 20; n++) {
		for (i = 0; i < 7; i++) {
			src = source(CROWD + i);
			a.now = start + n * NSEC_PER_MSEC;
			rtp_packet(rtp, 0, n, 0, 7);
			if (rtplane_policy_judge(&p, &a, &f) != RTPLANE_JUDGED_HOLD)
				continue;
			rtplane_policy_hold(&p, f.place, rtplane_zalloc(1), unhold);
			held++;
		}
	}
	/* four places, four packets each */
	KUNIT_EXPECT_EQ(test, held, 80u);
	KUNIT_EXPECT_EQ(test, unheld, 80u - 16);
	KUNIT_EXPECT_EQ(test, rtplane_policy_wasted(&p, &strange), 80u - 16);
	KUNIT_EXPECT_EQ(test, rtplane_policy_wasted(&p, &strange), 0u);
	/* one goes on, the others are quiet for half a second */
	src = source(CROWD + 1);
	a.now = start + 300 * NSEC_PER_MSEC;
	rtp_packet(rtp, 0, n, 0, 7);
	rtplane_policy_judge(&p, &a, &f);
	KUNIT_EXPECT_EQ(test, rtplane_policy_expire(&p, start + 518 * NSEC_PER_MSEC),
			(u64)(start + 519 * NSEC_PER_MSEC));
	KUNIT_EXPECT_EQ(test, unheld, 80u - 16);
	KUNIT_EXPECT_EQ(test, rtplane_policy_expire(&p, start + 519 * NSEC_PER_MSEC),
			(u64)(start + 800 * NSEC_PER_MSEC));
	KUNIT_EXPECT_EQ(test, unheld, 80u - 4);
	KUNIT_EXPECT_EQ(test, rtplane_policy_expire(&p, start + 800 * NSEC_PER_MSEC), 0ull);
	KUNIT_EXPECT_EQ(test, unheld, 80u);
	policy_release(&p);
}

/* --- another SSRC of the remote --- */

static const struct guard_case {
	const char *what;
	int n;
	struct {
		u32 ms;
		u16 seq;
		/* 7 is the present one */
		u32 ssrc;
		bool passes;
		unsigned int taken;
	} step[10];
} guard_cases[] = {
	{ "it goes on with another: nothing is lost", 3, {
		{ 20, 500, 8, false, 0 }, { 40, 501, 8, false, 0 }, { 60, 502, 8, true, 2 } } },
	{ "a burst from elsewhere between two packets", 6, {
		{ 18, 1, 9, false, 0 }, { 18, 2, 9, false, 0 }, { 18, 3, 9, false, 0 }, { 19, 4, 9, false, 0 },
		{ 20, 2, 7, true, 0 }, { 38, 5, 9, false, 0 } } },
	{ "the present one between: it counts anew", 7, {
		{ 10, 1, 9, false, 0 }, { 20, 2, 7, true, 0 }, { 30, 2, 9, false, 0 }, { 40, 3, 7, true, 0 },
		{ 100, 3, 9, false, 0 }, { 110, 4, 9, false, 0 }, { 120, 5, 9, true, 2 } } },
	{ "another each time", 4, {
		{ 100, 1, 9, false, 0 }, { 120, 2, 10, false, 0 }, { 140, 3, 11, false, 0 },
		{ 160, 4, 12, false, 0 } } },
	{ "of broken order", 4, {
		{ 100, 1, 9, false, 0 }, { 120, 3, 9, false, 0 }, { 140, 5, 9, false, 0 },
		{ 160, 7, 9, false, 0 } } },
	{ "who got in while it was silent does not keep it out", 8, {
		{ 100, 1, 9, false, 0 }, { 101, 2, 9, false, 0 }, { 102, 3, 9, true, 2 },
		{ 103, 4, 9, true, 0 }, { 104, 2, 7, true, 0 }, { 105, 5, 9, true, 0 },
		{ 106, 3, 7, true, 0 }, { 107, 1, 10, false, 0 } } },
	{ "three in a row are not enough while the present one may still run", 4, {
		{ 10, 1, 9, false, 0 }, { 20, 2, 9, false, 0 }, { 49, 3, 9, false, 0 }, { 50, 4, 9, true, 3 } } },
};

static void guard_steps(struct kunit *test, const struct guard_case *c)
{
	struct rtplane_ep src = source(SIGNALLED);
	u32 present = 7, strange = 0, before = 0;
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_arrival a = {
		.src = &src, .payload = rtp, .kind = RTPLANE_KIND_RTP, .latched = true,
		.last = NSEC_PER_SEC,
	};
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	void *taken[RTPLANE_HELD];
	unsigned int n, held = 0, gone = 0;
	int i;

	rtplane_policy_init(&p, true);
	for (i = 0; i < c->n; i++) {
		bool same = c->step[i].ssrc == present;
		int got = RTPLANE_JUDGED_COMMIT;

		a.now = NSEC_PER_SEC + c->step[i].ms * NSEC_PER_MSEC;
		rtp_packet(rtp, 0, c->step[i].seq, 0, c->step[i].ssrc);
		n = 0;
		if (rtplane_policy_guards(&p, same)) {
			got = rtplane_policy_guard(&p, &a, htonl(present), &f);
			if (got == RTPLANE_JUDGED_HOLD) {
				rtplane_policy_hold(&p, f.place, rtplane_zalloc(1), unhold);
				held++;
			} else {
				n = rtplane_policy_take(f.place, taken);
			}
		}
		for (gone += n; n; n--)
			kfree(taken[n - 1]);
		KUNIT_EXPECT_EQ_MSG(test, (int)(got == RTPLANE_JUDGED_COMMIT),
				    (int)c->step[i].passes, "%s: step %d", c->what, i);
		if (got != RTPLANE_JUDGED_COMMIT)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, gone - before, c->step[i].taken, "%s: step %d", c->what, i);
		before = gone;
		p.fresh = false;
		present = c->step[i].ssrc;
		a.last = a.now;
	}
	rtplane_policy_forget(&p);
	KUNIT_EXPECT_EQ_MSG(test, rtplane_policy_wasted(&p, &strange), 0u, "%s", c->what);
	KUNIT_EXPECT_EQ_MSG(test, strange + gone, held, "%s", c->what);
	policy_release(&p);
}

/* The first SSRC of a remote, and the last ones that passed; none of a former remote. */
static void guard_remembers(struct kunit *test)
{
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_ep src = source(SIGNALLED);
	struct rtplane_arrival a = {
		.src = &src, .payload = rtp, .kind = RTPLANE_KIND_RTP, .latched = true,
	};
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	u32 ssrc, present = 7;
	int i, got = 0;

	rtplane_policy_init(&p, true);
	for (ssrc = 20; ssrc < 30; ssrc++) {
		for (i = 0; i < 3; i++) {
			a.now += 100 * NSEC_PER_MSEC;
			rtp_packet(rtp, 0, i, 0, ssrc);
			got = rtplane_policy_guard(&p, &a, htonl(present), &f);
		}
		KUNIT_EXPECT_EQ_MSG(test, got, (int)RTPLANE_JUDGED_COMMIT, "%u", ssrc);
		present = ssrc;
		a.last = a.now;
	}
	for (ssrc = 7; ssrc < 30; ssrc++) {
		rtp_packet(rtp, 0, 0, 0, ssrc);
		KUNIT_EXPECT_EQ_MSG(test,
				    (int)(rtplane_policy_guard(&p, &a, htonl(29), &f) ==
					  RTPLANE_JUDGED_COMMIT),
				    (int)(ssrc == 7 || ssrc >= 27), "SSRC %u", ssrc);
	}
	rtplane_policy_committed(&p, a.now, false);
	rtp_packet(rtp, 0, 0, 0, 7);
	KUNIT_EXPECT_EQ(test, (int)rtplane_policy_guard(&p, &a, htonl(30), &f),
			(int)RTPLANE_JUDGED_HOLD);
	policy_release(&p);
}

static void policy_ssrc_guard(struct kunit *test)
{
	struct rtplane_policy p = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(guard_cases); i++)
		guard_steps(test, &guard_cases[i]);
	rtplane_policy_init(&p, true);
	/* the first SSRC of a remote is nobody's business */
	rtplane_policy_committed(&p, 1, false);
	KUNIT_EXPECT_FALSE(test, rtplane_policy_guards(&p, false));
	p.fresh = false;
	KUNIT_EXPECT_TRUE(test, rtplane_policy_guards(&p, false));
	KUNIT_EXPECT_FALSE(test, rtplane_policy_guards(&p, true));
	p.guard = false;
	KUNIT_EXPECT_FALSE(test, rtplane_policy_guards(&p, false));
	policy_release(&p);
	guard_remembers(test);
}

/*
 * Who comes first and never qualifies, at his own address, does not keep a caller
 * of 50 packets a second out: findings of the module's review, A2.
 */
static const struct squatter_case {
	const char *what;
	u32 every_us;
	int sources;
	u16 seq_step;
	bool new_ssrc;
} squatter_cases[] = {
	{ "every second number, slowly", 99000, 1, 2, false },
	{ "every second number, fast", 20000, 1, 2, false },
	{ "another SSRC each time", 20000, 1, 1, true },
	{ "the same number again", 50000, 1, 0, false },
	{ "four sources in turn", 25000, 4, 2, false },
	{ "seven sources in turn, fast", 10000, 7, 2, false },
};

static u32 squatted_ms(const struct squatter_case *c)
{
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_arrival a = { .payload = rtp, .kind = RTPLANE_KIND_RTP, .tied = true };
	u32 n = 0, us, seq = 0, next = 0;
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	struct rtplane_ep src;

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	a.src = &src;
	for (us = 0; us < 60000000; us += 1000) {
		a.now = NSEC_PER_SEC + us * 1000ull;
		if (us >= next) {
			src = source(CROWD + n % c->sources);
			rtp_packet(rtp, 0, n / c->sources * c->seq_step, 0, c->new_ssrc ? n : 9);
			rtplane_policy_judge(&p, &a, &f);
			next += c->every_us;
			n++;
		}
		if (us < 10000 || us % 20000)
			continue;
		src = source(PORT);
		rtp_packet(rtp, 0, seq++, 0, 7);
		if (rtplane_policy_judge(&p, &a, &f) == RTPLANE_JUDGED_COMMIT)
			break;
	}
	policy_release(&p);
	return us / 1000;
}

static void policy_squatters(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(squatter_cases); i++)
		KUNIT_EXPECT_LE_MSG(test, squatted_ms(&squatter_cases[i]), 1000u, "%s",
				    squatter_cases[i].what);
}

static void policy_tie(struct kunit *test)
{
	struct rtplane_ep src = source(STRANGER);
	u8 rtcp[8] = { 0x80, 201 };
	struct rtplane_arrival a = {
		.src = &src, .payload = rtcp, .now = 1, .kind = RTPLANE_KIND_RTCP,
	};
	struct rtplane_policy p = {};
	struct rtplane_finding f;

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	p.probation = 0;
	KUNIT_EXPECT_EQ(test, (int)rtplane_policy_judge(&p, &a, &f), (int)RTPLANE_JUDGED_REFUSED);
	KUNIT_EXPECT_EQ(test, (int)f.reason, (int)RTPLANE_REASON_TIE);
	/* exactly what is signalled is taken all the same */
	p.signalled = src;
	KUNIT_EXPECT_EQ(test, (int)rtplane_policy_judge(&p, &a, &f), (int)RTPLANE_JUDGED_COMMIT);
	p.signalled = source(PORT);
	a.tied = true;
	KUNIT_EXPECT_EQ(test, (int)rtplane_policy_judge(&p, &a, &f), (int)RTPLANE_JUDGED_COMMIT);
	policy_release(&p);
}

/* What is refused is remembered, and told once a second with its number. */
static void policy_offender(struct kunit *test)
{
	struct rtplane_ep src = source(STRANGER), other = source(NEIGHBOUR);
	u8 rtp[RTPLANE_RTP_HDRLEN] = { 0x80 };
	struct rtplane_arrival a = {
		.src = &src, .payload = rtp, .kind = RTPLANE_KIND_RTP, .tied = true,
	};
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	int i;

	rtplane_policy_init(&p, true);
	p.signalled = source(SIGNALLED);
	for (i = 0; i < 10; i++) {
		a.now = NSEC_PER_SEC + i;
		rtplane_policy_judge(&p, &a, &f);
		KUNIT_EXPECT_EQ(test, f.refused, i ? 0ull : 1ull);
	}
	KUNIT_ASSERT_TRUE(test, p.suspects != NULL);
	KUNIT_EXPECT_TRUE(test, rtplane_ep_eq(&p.suspects->offender, &src));
	KUNIT_EXPECT_EQ(test, p.suspects->offenses, 10ull);
	a.src = &other;
	a.now = 2 * NSEC_PER_SEC;
	rtplane_policy_judge(&p, &a, &f);
	KUNIT_EXPECT_EQ(test, f.refused, 10ull);
	KUNIT_EXPECT_TRUE(test, rtplane_ep_eq(&p.suspects->offender, &other));
	KUNIT_EXPECT_EQ(test, p.suspects->offenses, 1ull);
	policy_release(&p);
}

/* 2,000 sources a second that send once each, for a minute, from the call's start:
 * how long does a caller of 50 packets a second wait?
 */
static void policy_flood(struct kunit *test)
{
	u8 rtp[RTPLANE_RTP_HDRLEN];
	struct rtplane_arrival a = { .payload = rtp, .kind = RTPLANE_KIND_RTP, .tied = true };
	struct rtplane_policy p = {};
	struct rtplane_finding f;
	struct rtplane_ep src;
	u32 us;

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	for (us = 0; us < 60000000; us += 500) {
		bool caller = us % 20000 == 10000;

		src = caller ? source(SIGNALLED) : ep4(0x0a000000 + us, 9);
		a.src = &src;
		/* not in step with the caller's packets */
		a.now = NSEC_PER_SEC + us * 1000ull + us * 7919ull % 499000;
		rtp_packet(rtp, 0, us / 20000, 0, 7);
		if (rtplane_policy_judge(&p, &a, &f) == RTPLANE_JUDGED_COMMIT)
			break;
	}
	KUNIT_EXPECT_TRUE(test, us < 60000000 && src.w32[3] == source(SIGNALLED).w32[3]);
	KUNIT_EXPECT_LE(test, us, 10000000u);
	policy_release(&p);
}

static struct kunit_case pure_cases[] = {
	KUNIT_CASE(demux_by_first_bytes),
	KUNIT_CASE(demux_proof_of_form),
	KUNIT_CASE(demux_needs_whole_headers),
	KUNIT_CASE(addr_prefix_of_ipv4),
	KUNIT_CASE(addr_prefix_of_ipv6),
	KUNIT_CASE(addr_every_bit_counts),
	KUNIT_CASE(addr_martians),
	KUNIT_CASE(dscp_keeps_ecn),
	KUNIT_CASE(police_exact_to_a_percent),
	KUNIT_CASE(police_costs_do_not_wrap),
	KUNIT_CASE(police_idle_saves_nothing),
	KUNIT_CASE(police_names_the_limit),
	KUNIT_CASE(rtp_sequence_numbers),
	KUNIT_CASE(rtp_jitter),
	KUNIT_CASE(rtp_events_have_no_jitter),
	KUNIT_CASE(rtp_dynamic_type),
	KUNIT_CASE(rtp_jitter_of_a_jump),
	KUNIT_CASE(rtp_ssrc_change),
	KUNIT_CASE(rtcp_round_trip),
	KUNIT_CASE(rtcp_lengths_that_lie),
	KUNIT_CASE(rtcp_that_is_encrypted),
	KUNIT_CASE(policy_table),
	KUNIT_CASE(policy_defaults),
	KUNIT_CASE(policy_sense),
	KUNIT_CASE(policy_kinds),
	KUNIT_CASE(policy_count_does_not_wrap),
	KUNIT_CASE(policy_held),
	KUNIT_CASE(policy_ssrc_guard),
	KUNIT_CASE(policy_squatters),
	KUNIT_CASE(policy_tie),
	KUNIT_CASE(policy_offender),
	KUNIT_CASE(policy_flood),
	{}
};
