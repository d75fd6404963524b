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

static void demux_by_first_bytes(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(demux_cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_demux(demux_cases[i].b, demux_cases[i].len),
				    (int)demux_cases[i].kind, "case %zu", i);
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

	KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&mine, sr, sizeof(sr), 0, NSEC_PER_SEC, &sent));
	KUNIT_EXPECT_EQ(test, (u32)(sent >> 32), 0x12345678u);
	/* LSR, then a delay of half a second at the remote */
	memcpy(rr + 24, "\x12\x34\x56\x78\x00\x00\x80\x00", 8);
	KUNIT_EXPECT_TRUE(test, rtplane_rtcp_rx(&seen, rr, sizeof(rr), sent,
						NSEC_PER_SEC + 600 * NSEC_PER_MSEC, &none));
	KUNIT_EXPECT_GE(test, seen.rtt_us, 99900u);
	KUNIT_EXPECT_LE(test, seen.rtt_us, 100100u);
	KUNIT_EXPECT_EQ(test, seen.lost, -2);
	KUNIT_EXPECT_EQ(test, (int)seen.fraction_lost, 64);
	/* a report that was on its way before it was sent is none */
	seen.rtt_us = 0;
	rtplane_rtcp_rx(&seen, rr, sizeof(rr), sent, NSEC_PER_SEC, &none);
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
		KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&s, rr, len, 0, 1, &sr));
	/* thirty-one blocks announced, one there */
	rr[0] = 0x9f;
	KUNIT_EXPECT_TRUE(test, rtplane_rtcp_rx(&s, rr, sizeof(rr), 0, 1, &sr));
	KUNIT_EXPECT_EQ(test, s.reports, 1u);
	/* a sender report too short for its own fields */
	memcpy(rr, "\x80\xc8\x00\x01", 4);
	KUNIT_EXPECT_FALSE(test, rtplane_rtcp_rx(&s, rr, 8, 0, 1, &sr));
	KUNIT_EXPECT_EQ(test, sr, 0ull);
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

#define STEPS	10

/**
 * struct policy_step - a packet
 * @ms: when
 * @who: its source
 * @seq: its sequence number
 * @ssrc: its SSRC
 * @want: what is to become of it
 * @reason: and why
 */
struct policy_step {
	u32 ms;
	int who;
	u16 seq;
	u32 ssrc;
	enum rtplane_judgement want;
	enum rtplane_reason reason;
};

#define COMMIT(r)	RTPLANE_JUDGED_COMMIT, RTPLANE_REASON_##r
#define FORWARD		RTPLANE_JUDGED_FORWARD, RTPLANE_REASON_FIRST
#define PROBATION	RTPLANE_JUDGED_PROBATION, RTPLANE_REASON_SILENCE
#define REFUSED(r)	RTPLANE_JUDGED_REFUSED, RTPLANE_REASON_##r

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
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST) } } },
	{ "restricted: any port of the address", RTPLANE_LATCH_RESTRICTED, 0, 32, 0, 3, {
		{ 0, STRANGER, 1, 7, REFUSED(ADDRESS) },
		{ 0, NEIGHBOUR, 1, 7, REFUSED(ADDRESS) },
		{ 0, PORT, 1, 7, COMMIT(FIRST) } } },
	{ "restricted: once", RTPLANE_LATCH_RESTRICTED, 0, 32, 0, 3, {
		{ 0, PORT, 1, 7, COMMIT(FIRST) },
		{ 20, SIGNALLED, 1, 7, REFUSED(LOCKED) },
		{ 3600000, SIGNALLED, 1, 7, REFUSED(LOCKED) } } },
	{ "restricted: a prefix", RTPLANE_LATCH_RESTRICTED, 0, 24, 0, 2, {
		{ 0, STRANGER, 1, 7, REFUSED(ADDRESS) },
		{ 0, NEIGHBOUR, 1, 7, COMMIT(FIRST) } } },
	{ "learn: anyone, three in a row", RTPLANE_LATCH_LEARN, 3, 32, 0, 4, {
		{ 0, STRANGER, 1, 7, FORWARD },
		{ 20, STRANGER, 2, 7, FORWARD },
		{ 40, STRANGER, 3, 7, COMMIT(PROBATION) },
		{ 60, SIGNALLED, 1, 7, REFUSED(LOCKED) } } },
	{ "learn: a gap begins the count anew", RTPLANE_LATCH_LEARN, 3, 32, 0, 5, {
		{ 0, STRANGER, 1, 7, FORWARD },
		{ 20, STRANGER, 2, 7, FORWARD },
		{ 40, STRANGER, 4, 7, FORWARD },
		{ 60, STRANGER, 5, 7, FORWARD },
		{ 80, STRANGER, 6, 7, COMMIT(PROBATION) } } },
	{ "learn: so does another SSRC", RTPLANE_LATCH_LEARN, 3, 32, 0, 4, {
		{ 0, STRANGER, 1, 7, FORWARD },
		{ 20, STRANGER, 2, 7, FORWARD },
		{ 40, STRANGER, 3, 8, FORWARD },
		{ 60, STRANGER, 4, 7, FORWARD } } },
	{ "learn: the sequence wraps", RTPLANE_LATCH_LEARN, 3, 32, 0, 3, {
		{ 0, STRANGER, 65534, 7, FORWARD },
		{ 20, STRANGER, 65535, 7, FORWARD },
		{ 40, STRANGER, 0, 7, COMMIT(PROBATION) } } },
	{ "learn: nobody overtakes the lead", RTPLANE_LATCH_LEARN, 3, 32, 0, 6, {
		{ 0, SIGNALLED, 1, 7, FORWARD },
		{ 1, STRANGER, 1, 9, REFUSED(CANDIDATE) },
		{ 2, STRANGER, 2, 9, REFUSED(CANDIDATE) },
		{ 3, STRANGER, 3, 9, REFUSED(CANDIDATE) },
		{ 20, SIGNALLED, 2, 7, FORWARD },
		{ 40, SIGNALLED, 3, 7, COMMIT(PROBATION) } } },
	{ "learn: who waited goes on when the lead is quiet", RTPLANE_LATCH_LEARN, 3, 32, 0, 6, {
		{ 0, CROWD, 1, 9, FORWARD },
		{ 20, STRANGER, 1, 7, REFUSED(CANDIDATE) },
		{ 40, STRANGER, 2, 7, REFUSED(CANDIDATE) },
		{ 60, STRANGER, 3, 7, REFUSED(CANDIDATE) },
		{ 80, STRANGER, 4, 7, REFUSED(CANDIDATE) },
		{ 100, STRANGER, 5, 7, COMMIT(PROBATION) } } },
	{ "learn: a lead of two packets has longer", RTPLANE_LATCH_LEARN, 3, 32, 0, 5, {
		{ 0, CROWD, 1, 9, FORWARD },
		{ 20, CROWD, 2, 9, FORWARD },
		{ 140, STRANGER, 1, 7, REFUSED(CANDIDATE) },
		{ 269, STRANGER, 2, 7, REFUSED(CANDIDATE) },
		{ 270, STRANGER, 3, 7, COMMIT(PROBATION) } } },
	{ "learn: a slow sender without rivals keeps its place", RTPLANE_LATCH_LEARN, 3, 32, 0, 3, {
		{ 0, STRANGER, 1, 7, FORWARD },
		{ 500, STRANGER, 2, 7, FORWARD },
		{ 1000, STRANGER, 3, 7, COMMIT(PROBATION) } } },
	{ "learn: more than there are places for", RTPLANE_LATCH_LEARN, 3, 32, 0, 7, {
		{ 0, CROWD, 1, 1, FORWARD },
		{ 0, CROWD + 1, 1, 1, REFUSED(CANDIDATE) },
		{ 0, CROWD + 2, 1, 1, REFUSED(CANDIDATE) },
		{ 0, CROWD + 3, 1, 1, REFUSED(CANDIDATE) },
		{ 0, CROWD + 4, 1, 1, REFUSED(CANDIDATE) },
		{ 0, CROWD + 4, 2, 1, REFUSED(CANDIDATE) },
		{ 99, CROWD + 4, 3, 1, REFUSED(CANDIDATE) } } },
	{ "relatch: not before the remote was silent", RTPLANE_LATCH_RESTRICTED, 0, 32, 500, 3, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST) },
		{ 499, PORT, 1, 7, REFUSED(LOCKED) },
		{ 500, PORT, 2, 7, COMMIT(SILENCE) } } },
	{ "relatch: the mode holds", RTPLANE_LATCH_RESTRICTED, 0, 32, 500, 2, {
		{ 0, SIGNALLED, 1, 7, COMMIT(FIRST) },
		{ 5000, STRANGER, 1, 7, REFUSED(ADDRESS) } } },
	{ "relatch: probation drops, for there is a remote", RTPLANE_LATCH_LEARN, 2, 32, 500, 4, {
		{ 0, SIGNALLED, 1, 7, FORWARD },
		{ 20, SIGNALLED, 2, 7, COMMIT(PROBATION) },
		{ 520, STRANGER, 1, 9, PROBATION },
		{ 540, STRANGER, 2, 9, COMMIT(SILENCE) } } },
};

static void policy_steps(struct kunit *test, const struct policy_case *c)
{
	struct rtplane_policy p = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];
	bool latched = false;
	u64 last = 0;
	int i;

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, c->mode);
	p.signalled = source(SIGNALLED);
	p.probation = c->probation;
	p.prefix = c->prefix;
	p.relatch = c->relatch;
	for (i = 0; i < c->n; i++) {
		const struct policy_step *s = &c->step[i];
		struct rtplane_ep src = source(s->who);
		struct rtplane_arrival a = {
			.src = &src,
			.payload = rtp,
			.now = NSEC_PER_SEC + s->ms * NSEC_PER_MSEC,
			.last = last,
			.kind = RTPLANE_KIND_RTP,
			.latched = latched,
			.tied = true,
		};
		struct rtplane_finding f;

		rtp_packet(rtp, 0, s->seq, 0, s->ssrc);
		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_policy_judge(&p, &a, &f), (int)s->want,
				    "%s: step %d", c->what, i);
		KUNIT_EXPECT_EQ_MSG(test, (int)f.reason, (int)s->reason,
				    "%s: step %d: reason", c->what, i);
		if (s->want == RTPLANE_JUDGED_COMMIT) {
			rtplane_policy_committed(&p, a.now);
			latched = true;
			last = a.now;
		}
	}
	kfree(p.suspects);
}

static void policy_table(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policy_cases); i++)
		policy_steps(test, &policy_cases[i]);
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
	a.tied = true;
	KUNIT_EXPECT_EQ(test, (int)rtplane_policy_judge(&p, &a, &f), (int)RTPLANE_JUDGED_COMMIT);
	kfree(p.suspects);
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
	kfree(p.suspects);
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
	kfree(p.suspects);
}

static struct kunit_case pure_cases[] = {
	KUNIT_CASE(demux_by_first_bytes),
	KUNIT_CASE(demux_proof_of_form),
	KUNIT_CASE(demux_needs_whole_headers),
	KUNIT_CASE(addr_prefix_of_ipv4),
	KUNIT_CASE(addr_martians),
	KUNIT_CASE(dscp_keeps_ecn),
	KUNIT_CASE(police_exact_to_a_percent),
	KUNIT_CASE(police_costs_do_not_wrap),
	KUNIT_CASE(police_names_the_limit),
	KUNIT_CASE(rtp_sequence_numbers),
	KUNIT_CASE(rtp_jitter),
	KUNIT_CASE(rtp_ssrc_change),
	KUNIT_CASE(rtcp_round_trip),
	KUNIT_CASE(rtcp_lengths_that_lie),
	KUNIT_CASE(policy_table),
	KUNIT_CASE(policy_tie),
	KUNIT_CASE(policy_offender),
	KUNIT_CASE(policy_flood),
	{}
};
