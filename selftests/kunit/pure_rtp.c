// SPDX-License-Identifier: GPL-2.0
/* Of pure.c: RTP statistics and what RTCP reports. */

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

/* --- telephone events: RFC 4733 --- */

static void rtp_digit_types(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, rtplane_is_digit(1u << 5, 101));
	KUNIT_EXPECT_TRUE(test, rtplane_is_digit(1u << 5, 0x80 | 101));
	KUNIT_EXPECT_TRUE(test, rtplane_is_digit(1u << 31, 127));
	KUNIT_EXPECT_TRUE(test, rtplane_is_digit(1, 96));
	KUNIT_EXPECT_FALSE(test, rtplane_is_digit(1u << 5, 100));
	KUNIT_EXPECT_FALSE(test, rtplane_is_digit(~0u, 95));
	KUNIT_EXPECT_FALSE(test, rtplane_is_digit(~0u, 5));
	KUNIT_EXPECT_FALSE(test, rtplane_is_digit(0, 101));
}

#define END	0x80

/* @ms: since the step before; @told: digit that is told, -1: none */
static const struct digit_step {
	const char *what;
	u32 ssrc;
	u32 ts;
	u8 event;
	u8 flags;
	u16 duration;
	u32 ms;
	int told;
	u16 for_long;
} digit_steps[] = {
	{ "it begins", 7, 1000, 1, 10, 160, 20, -1, 0 },
	{ "it goes on", 7, 1000, 1, 10, 320, 20, -1, 0 },
	{ "it ends", 7, 1000, 1, END | 10, 480, 20, 1, 480 },
	{ "a copy of its end", 7, 1000, 1, END | 10, 480, 0, -1, 0 },
	{ "another one", 7, 1000, 1, END | 10, 480, 0, -1, 0 },
	{ "the same key again", 7, 2000, 1, 10, 160, 50, -1, 0 },
	{ "what the first one's copy says now was overtaken", 7, 1000, 1, END | 10, 480, 0, -1, 0 },
	{ "whose end is lost is told with the next one", 7, 3000, 11, 10, 160, 50, 1, 160 },
	{ "which ends too", 7, 3000, 11, END | 10, 800, 80, 11, 800 },
	{ "one of which only the ends came", 7, 4000, 15, END | 10, 640, 80, 15, 640 },
	{ "which was that", 7, 4000, 15, END | 10, 640, 0, -1, 0 },
	{ "a stream that begins anew, and earlier", 8, 50, 2, END | 3, 640, 80, 2, 640 },
	{ "another one that was held up", 8, 90, 3, END | 3, 80, 0, 3, 80 },
	{ "the timestamp wraps", 9, 0xffffff00, 4, END, 80, 80, 4, 80 },
	{ "and goes on", 9, 0x00000100, 5, END, 80, 80, 5, 80 },
	{ "one that has begun", 9, 0x00000200, 6, 0, 80, 80, -1, 0 },
	{ "whose end is lost, as are all packets of the next but its end", 9, 0x300, 7, END, 96, 80, 6, 80 },
	{ "is followed by it", 9, 0x300, 7, END, 96, 20, 7, 96 },
	{ "its clock is set far ahead", 9, 0x40000000, 8, END, 96, 80, 8, 96 },
	{ "and back: nothing is as late as that", 9, 0x1000, 9, END, 96, 80, 9, 96 },
	{ "what came before that was overtaken all the same", 9, 0xf00, 10, END, 96, 0, -1, 0 },
};

static void rtp_digits(struct kunit *test)
{
	struct rtplane_digits d = {};
	u64 now = NSEC_PER_SEC;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(digit_steps); i++) {
		const struct digit_step *c = &digit_steps[i];
		const u8 body[] = { c->event, c->flags, c->duration >> 8, c->duration };
		struct rtplane_digit digit = {};
		u8 rtp[RTPLANE_RTP_HDRLEN];
		bool told;

		now += (u64)c->ms * NSEC_PER_MSEC;
		rtp_packet(rtp, 101, 1, c->ts, c->ssrc);
		told = rtplane_digit_rx(&d, rtp, body, now, &digit);
		KUNIT_EXPECT_EQ_MSG(test, told ? digit.event : -1, c->told, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (int)digit.duration, (int)c->for_long, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (int)digit.pt, told ? 101 : 0, "%s", c->what);
		KUNIT_EXPECT_TRUE(test, digit.volume < 0x40);
	}
}

/* So many at once, and no more than one in 20 ms. */
static void rtp_digits_of_a_machine(struct kunit *test)
{
	const u8 body[] = { 1, END, 0, 80 };
	struct rtplane_digits d = {};
	u64 now = NSEC_PER_SEC;
	struct rtplane_digit digit;
	u8 rtp[RTPLANE_RTP_HDRLEN];
	u32 i, told = 0;

	for (i = 1; i <= 1000; i++) {
		rtp_packet(rtp, 101, i, i, 7);
		told += rtplane_digit_rx(&d, rtp, body, now, &digit);
		now += NSEC_PER_MSEC;
	}
	KUNIT_EXPECT_GE(test, told, 50u);
	KUNIT_EXPECT_LE(test, told, 62u);
}

/* They are lost as others are, and make neither a stream nor jitter. */
static void rtp_digits_are_no_stream(struct kunit *test)
{
	struct rtplane_rtpstats s = {};
	u8 rtp[RTPLANE_RTP_HDRLEN];
	u32 i;

	rtp_packet(rtp, 101, 9, 0, 7);
	rtplane_rtpstats_digit(&s, rtp);
	KUNIT_EXPECT_FALSE(test, rtplane_rtp_started(&s));
	for (i = 10; i < 20; i++) {
		rtp_packet(rtp, i % 5 ? 0 : 101, i, i % 5 ? i * 160 : 5, 7);
		if (i == 17)
			continue;
		if (i % 5)
			rtplane_rtpstats_rx(&s, rtp, (u64)i * 20 * NSEC_PER_MSEC);
		else
			rtplane_rtpstats_digit(&s, rtp);
	}
	KUNIT_EXPECT_EQ(test, (int)rtplane_rtp_pt(&s), 0);
	KUNIT_EXPECT_EQ(test, s.packets, 10ull);
	KUNIT_EXPECT_EQ(test, rtplane_rtpstats_lost(&s), 1ull);
	KUNIT_EXPECT_EQ(test, s.jitter >> 4, 0u);
}

#undef END
