// SPDX-License-Identifier: GPL-2.0
/* Of pure.c: latch policy, step by step. */

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
