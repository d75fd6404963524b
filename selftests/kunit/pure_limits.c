// SPDX-License-Identifier: GPL-2.0
/* Of pure.c: what is limited: packets, events, the life of permits. */

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

/* --- events --- */

static u32 events_told(struct rtplane_event_limit *limits, u8 type, u32 second, u32 n)
{
	u32 told = 0;

	while (n--)
		told += rtplane_event_may(limits, type, second);
	return told;
}

/* What others send at will takes nothing from what calls have to tell, and so on. */
static void events_are_limited_by_kind(struct kunit *test)
{
	static const u8 of_kind[] = {
		RTPLANE_EVENT_RTCP, RTPLANE_EVENT_REFUSED, RTPLANE_EVENT_LATCH,
	};
	size_t flood, i;

	for (flood = 0; flood < ARRAY_SIZE(of_kind); flood++) {
		struct rtplane_event_limit limits[__RTPLANE_EVENT_KINDS] = {};

		KUNIT_EXPECT_EQ_MSG(test, events_told(limits, of_kind[flood], 7, 30000), 10000u,
				    "flood of %d", of_kind[flood]);
		for (i = 0; i < ARRAY_SIZE(of_kind); i++)
			KUNIT_EXPECT_EQ_MSG(test, events_told(limits, of_kind[i], 7, 100),
					    i == flood ? 0u : 100u, "%d after a flood of %d",
					    of_kind[i], of_kind[flood]);
		KUNIT_EXPECT_EQ_MSG(test, events_told(limits, of_kind[flood], 8, 30000), 10000u,
				    "%d a second later", of_kind[flood]);
	}
}

static void events_of_calls_are_one_kind(struct kunit *test)
{
	static const u8 calls[] = {
		RTPLANE_EVENT_LATCH, RTPLANE_EVENT_FIRST_PACKET, RTPLANE_EVENT_SILENCE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ(test, (int)rtplane_event_kind(calls[i]),
				(int)RTPLANE_EVENTS_CALLS);
}

/* A flood of scans, of sources that are forged: fewer are told. */
static void events_of_scans_are_few(struct kunit *test)
{
	struct rtplane_event_limit limits[__RTPLANE_EVENT_KINDS] = {};

	KUNIT_EXPECT_EQ(test, events_told(limits, RTPLANE_EVENT_SCAN, 7, 30000), 100u);
	KUNIT_EXPECT_EQ(test, events_told(limits, RTPLANE_EVENT_LATCH, 7, 30000), 10000u);
	KUNIT_EXPECT_EQ(test, events_told(limits, RTPLANE_EVENT_SCAN, 8, 30000), 100u);
}

/* --- who tries many ports --- */

static const struct scan_case {
	const char *what;
	u64 key;
	bool v6;
	u16 port;
	u32 now;
	bool too_many;
} scan_cases[] = {
	{ "the first", 1, false, 10, 0xfffffff0, false },
	{ "the same again", 1, false, 10, 0xfffffff1, false },
	{ "a second", 1, false, 11, 0xfffffff2, false },
	{ "another source", 2, false, 12, 0xfffffff3, false },
	{ "IPv6 is another", 1, true, 12, 0xfffffff4, false },
	{ "a third, over the wrap", 1, false, 12, 0x10, true },
	{ "it begins anew", 1, false, 10, 0x11, false },
	{ "two", 1, false, 11, 0x12, false },
	{ "the window is over", 1, false, 12, 0x11 + 1000, false },
	{ "two", 1, false, 13, 0x11 + 1000, false },
	{ "three, in its last moment", 1, false, 14, 0x11 + 1999, true },
	{ "the other source: over", 2, false, 13, 0x11 + 1999, false },
	{ "two", 2, false, 14, 0x11 + 1999, false },
	{ "three", 2, false, 15, 0x11 + 1999, true },
};

static void scanners_are_counted_by_port(struct kunit *test)
{
	struct rtplane_scanner way[RTPLANE_SCANNER_WAYS] = {};
	const struct scan_case *c;

	for (c = scan_cases; c < scan_cases + ARRAY_SIZE(scan_cases); c++)
		KUNIT_EXPECT_EQ_MSG(test,
				    (int)rtplane_scanner_count(way, c->key, c->v6, c->port,
							       c->now, 1000, 3),
				    (int)c->too_many, "%s", c->what);
}

/* Who began first gives way, and a crowd takes no more than there is. */
static void scanners_have_so_many_places(struct kunit *test)
{
	struct rtplane_scanner way[RTPLANE_SCANNER_WAYS + 1] = {};
	u64 key;

	for (key = 1; key <= 1000; key++)
		KUNIT_EXPECT_FALSE(test, rtplane_scanner_count(way, key, false, 10, (u32)key,
							       100000, 2));
	KUNIT_EXPECT_EQ(test, (int)way[RTPLANE_SCANNER_WAYS].n, 0);
	/* the last four are known, and nobody else */
	KUNIT_EXPECT_TRUE(test, rtplane_scanner_count(way, 1000, false, 11, 1001, 100000, 2));
	KUNIT_EXPECT_TRUE(test, rtplane_scanner_count(way, 997, false, 11, 1001, 100000, 2));
	KUNIT_EXPECT_FALSE(test, rtplane_scanner_count(way, 996, false, 11, 1001, 100000, 2));
}

static void scanners_fill_their_ports(struct kunit *test)
{
	struct rtplane_scanner way[RTPLANE_SCANNER_WAYS] = {};
	u16 port;

	for (port = 1; port < RTPLANE_SCAN_PORTS_MAX; port++)
		KUNIT_EXPECT_FALSE(test, rtplane_scanner_count(way, 1, false, port, 5, 10,
							       RTPLANE_SCAN_PORTS_MAX));
	KUNIT_EXPECT_TRUE(test, rtplane_scanner_count(way, 1, false, port, 5, 10,
						      RTPLANE_SCAN_PORTS_MAX));
	KUNIT_EXPECT_EQ(test, (int)way[1].n, 0);
}

/* --- permits of natmaps --- */

static void permit_names_a_whole_address(struct kunit *test)
{
	struct rtplane_ep a = ep6("\x20\x01\x0d\xb8\1\2\3\4\5\6\7\x8\x9\xa\xb\xc", 40000);
	struct rtplane_nat_permit p = { .addr = { a.w[0], a.w[1] } };
	unsigned int bit;

	KUNIT_EXPECT_TRUE(test, rtplane_permit_names(&p, &a));
	for (bit = 0; bit < 128; bit++) {
		struct rtplane_ep b = a;

		((u8 *)&b)[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, rtplane_permit_names(&p, &b));
	}
}

static const struct permit_case {
	u32 when;
	u32 now;
	bool lives;
} permit_cases[] = {
	/* 0 */ { 1000, 1000, true },
	/* 1: five minutes */ { 1000, 1299, true },
	/* 2 */ { 1000, 1300, false },
	/* 3 */ { 1000, 4000, false },
	/* 4: over the wrap */ { 0xffffff00, 0x20, true },
	/* 5 */ { 0xffffff00, 0x2c, false },
};

static void permit_lives_five_minutes(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(permit_cases); i++) {
		struct rtplane_nat_permit p = { .when = permit_cases[i].when };

		KUNIT_EXPECT_EQ_MSG(test, (int)rtplane_permit_lives(&p, permit_cases[i].now),
				    (int)permit_cases[i].lives, "case %zu", i);
	}
}
