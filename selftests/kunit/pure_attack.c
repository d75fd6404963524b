// SPDX-License-Identifier: GPL-2.0
/* Of pure.c: latch policy against those who guess, squat and flood. */

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
