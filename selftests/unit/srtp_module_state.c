// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP of the module (kmod/srtp.c), without a kernel: where sources stand, told and given
 * to another that goes on there, how often that changes, and what the first packets by
 * another key may be.
 */
#include "srtp_module_lib.h"

/* where a source stands, with its windows */
static struct rtplane_srtp_told told_whole(const struct rtplane_srtp *s, uint32_t ssrc)
{
	struct rtplane_srtp_told told;
	const void *source = NULL;

	while ((source = rtplane_srtp_each(s, source, &told))) {
		if (told.ssrc != ssrc)
			continue;
		rtplane_srtp_each_window(s, source, &told);
		return told;
	}
	return (struct rtplane_srtp_told) { .ssrc = 0 };
}

/* What overtook is known, and what was overtaken is let in once, by who goes on too. */
static bool test_windows_go_along(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0), *next = direction(0, 1, 0),
			    *blind = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound);
	struct rtplane_srtp_told told;
	struct packet p[9], c[3];
	int i;

	for (i = 0; i < 9; i++)
		p[i] = sealed(from, rtp(SSRC, (uint16_t)(65533 + i)), false);
	for (i = 0; i < 3; i++)
		c[i] = sealed(from, rtcp(SSRC), false);
	KTAP_CHECK(opens(in, &p[0]) == FINE && opens(in, &p[2]) == FINE && opens(in, &p[5]) == FINE);
	KTAP_CHECK(opens(in, &c[0]) == FINE && opens(in, &c[2]) == FINE);
	told = told_whole(in, SSRC);
	KTAP_CHECK(told.has_window && told.has_rtcp_window && !told.carried && told.index == 65538);
	KTAP_CHECK(!rtplane_srtp_give(next, &told));
	for (i = 0; i < 6; i++)
		KTAP_CHECK(opens(next, &p[i]) == (i % 3 == 1 || i == 3 ? FINE : RTPLANE_DROP_SRTP_REPLAY));
	for (i = 0; i < 3; i++)
		KTAP_CHECK(opens(next, &c[i]) == (i == 1 ? FINE : RTPLANE_DROP_SRTP_REPLAY));
	KTAP_CHECK(opens(next, &p[1]) == RTPLANE_DROP_SRTP_REPLAY);
	/* without them all of it was here */
	told.has_window = false;
	told.has_rtcp_window = false;
	KTAP_CHECK(!rtplane_srtp_give(blind, &told));
	KTAP_CHECK(opens(blind, &p[1]) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(opens(blind, &c[1]) == RTPLANE_DROP_SRTP_REPLAY);
	/* and nothing beyond */
	KTAP_CHECK(opens(blind, &p[8]) == FINE && opens(blind, &p[7]) == FINE);
	srtp_dealloc(from);
	rtplane_srtp_free(in);
	rtplane_srtp_free(next);
	rtplane_srtp_free(blind);
	return true;
}

/* Between two keys: where the former one was is told as such, and may be begun anew. */
static bool test_what_is_carried_goes_along(void)
{
	struct rtplane_srtp *in = direction(4, 1, 0), *next;
	srtp_t one = peer(4, 1, 0, ssrc_any_outbound), two;
	struct rtplane_srtp_told told;
	uint32_t i;
	int fresh;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	KTAP_CHECK(arrives(in, one, rtcp(SSRC)) == FINE && arrives(in, one, rtcp(9)) == FINE);
	install(&in, direction(4, 2, 0), false, false);
	/* of RTCP nothing is carried: each key counts it anew */
	told = told_whole(in, 9);
	KTAP_CHECK(told.ssrc == 9 && !told.rtp && !told.rtcp && !told.carried);
	told = told_whole(in, SSRC);
	KTAP_CHECK(told.rtp && told.carried && told.index == 145000);
	KTAP_CHECK(!told.has_window && !told.rtcp && !told.has_rtcp_window);
	for (fresh = 0; fresh < 2; fresh++) {
		next = direction(4, 2, 0);
		two = peer(4, 2, 0, ssrc_specific);
		KTAP_CHECK(!rtplane_srtp_give(next, &told));
		if (!fresh)
			srtp_set_stream_roc(two, SSRC, 145002 >> 16);
		KTAP_CHECK(arrives(next, two, rtp(SSRC, (uint16_t)145002)) == FINE);
		KTAP_CHECK(stands(next, SSRC).index == (fresh ? (uint16_t)145002 : 145002));
		KTAP_CHECK(!stands(next, SSRC).carried && stands(next, SSRC).has_window);
		srtp_dealloc(two);
		rtplane_srtp_free(next);
	}
	srtp_dealloc(one);
	rtplane_srtp_free(in);
	return true;
}

/* What numbers are moved by is told, and goes on where it is given. */
static bool test_the_shift_goes_along(void)
{
	struct rtplane_srtp *out = direction(0, 1, 0), *next = direction(0, 1, 0);
	srtp_t to = peer(0, 1, 0, ssrc_any_inbound);
	struct rtplane_srtp_told told;

	KTAP_CHECK(leaves(out, to, rtp(SSRC, 30000)) == FINE && !stands(out, SSRC).shift);
	KTAP_CHECK(leaves(out, to, rtp(SSRC, 10)) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(leaves(out, to, rtp(SSRC, 11)) == FINE && stands(out, SSRC).index == 30001);
	told = told_whole(out, SSRC);
	KTAP_CHECK(told.shift == 30001 - 11 && !rtplane_srtp_give(next, &told));
	KTAP_CHECK(leaves(next, to, rtp(SSRC, 12)) == FINE && stands(next, SSRC).index == 30002);
	KTAP_CHECK(leaves(next, to, rtp(SSRC, 11)) == RTPLANE_DROP_SRTP_REPLAY);
	srtp_dealloc(to);
	rtplane_srtp_free(out);
	rtplane_srtp_free(next);
	return true;
}

/* Who follows from afar asks by this number: a new source, 2^15 of RTP, 64 of RTCP. */
static bool test_changes_are_counted(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0), *out = direction(0, 2, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound), to = peer(0, 2, 0, ssrc_any_inbound);
	int i;

	KTAP_CHECK(rtplane_srtp_changes(in) == 0 && rtplane_srtp_changes(NULL) == 0);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, 10)) == FINE && leaves(out, to, rtp(SSRC, 10)) == FINE);
	KTAP_CHECK(rtplane_srtp_changes(in) == 1 && rtplane_srtp_changes(out) == 1);
	for (i = 1; i < 6; i++) {
		KTAP_CHECK(arrives(in, from, rtp(SSRC, (uint16_t)(10 + i * 6000))) == FINE);
		KTAP_CHECK(leaves(out, to, rtp(SSRC, (uint16_t)(10 + i * 6000))) == FINE);
	}
	KTAP_CHECK(rtplane_srtp_changes(in) == 1 && rtplane_srtp_changes(out) == 1);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, 36010)) == FINE && leaves(out, to, rtp(SSRC, 36010)) == FINE);
	KTAP_CHECK(rtplane_srtp_changes(in) == 2 && rtplane_srtp_changes(out) == 2);
	for (i = 0; i < 63; i++)
		KTAP_CHECK(arrives(in, from, rtcp(SSRC)) == FINE && leaves(out, to, rtcp(SSRC)) == FINE);
	KTAP_CHECK(rtplane_srtp_changes(in) == 2 && rtplane_srtp_changes(out) == 2);
	for (i = 0; i < 2; i++)
		KTAP_CHECK(arrives(in, from, rtcp(SSRC)) == FINE && leaves(out, to, rtcp(SSRC)) == FINE);
	KTAP_CHECK(rtplane_srtp_changes(in) == 3 && rtplane_srtp_changes(out) == 3);
	KTAP_CHECK(arrives(in, from, rtp(5, 10)) == FINE && rtplane_srtp_changes(in) == 4);
	srtp_dealloc(from);
	srtp_dealloc(to);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

/* Fresh or not is what leaves: inbound the other party goes on or begins anew as it likes. */
static bool test_fresh_is_nothing_inbound(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_specific);
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(0, 2, 0), false, true);
	srtp_set_stream_roc(two, SSRC, 145002 >> 16);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)145002)) == FINE);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* Under a key of which nothing came yet nothing was here, however far behind it is. */
static bool test_another_key_begins_behind(void)
{
	static const uint32_t first[] = { 145000, 144995, 143000, 140000 };
	struct rtplane_srtp *in;
	srtp_t one, two;
	uint32_t i, n;

	for (n = 0; n < 4; n++) {
		in = direction(0, 1, 0);
		one = peer(0, 1, 0, ssrc_any_outbound);
		two = peer(0, 2, 0, ssrc_specific);
		for (i = 0; i < 150000; i += 5000)
			KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
		for (i = 144990; i < 145000; i++)
			KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
		install(&in, direction(0, 2, 0), false, false);
		srtp_set_stream_roc(two, SSRC, 2);
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)first[n])) == FINE);
		/* and then it has a window: all of the former key's is none of it */
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)(first[n] + 1))) == FINE);
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)(first[n] - 3))) == FINE);
		srtp_dealloc(one);
		srtp_dealloc(two);
		rtplane_srtp_free(in);
	}
	return true;
}

/* So it is of one that was given and taken off again before anything came by it. */
static bool test_a_key_of_which_nothing_came_comes_back(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	install(&in, direction(0, 1, 0), false, false);
	KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)145001)) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	KTAP_CHECK(stands(in, SSRC).carried && stands(in, SSRC).index == 145001);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)145000)) == FINE);
	KTAP_CHECK(stands(in, SSRC).index == (uint16_t)145000);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* A cipher that fails is asked once, for an index that may be another too. */
static bool test_what_fails_is_not_tried_again(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	unsigned int before, held;
	struct packet p;
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	for (i = 0; i < RTPLANE_SRTP_NEW; i++)
		KTAP_CHECK(arrives(in, two, rtp(5, (uint16_t)i)) == FINE);
	p = sealed(two, rtp(SSRC, (uint16_t)145001), false);
	before = cipher_macs;
	cipher_error = -EINPROGRESS;
	KTAP_CHECK(handle(in, &p, false, &held) == RTPLANE_DROP_SRTP_FAIL);
	cipher_error = 0;
	KTAP_CHECK(cipher_macs - before == 1 && held == 1);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* The memory of a key that has gone is clean: freed, replaced, or never whole. */
static bool test_keys_are_wiped(void)
{
	struct rtplane_srtp *s = direction(1, 1, 4);
	uint8_t key[KIT_KEY_MAX];
	unsigned int n;

	key_bytes_of(key, 1);
	shim_secret = key;
	shim_leaks = 0;
	install(&s, direction(1, 2, 0), true, false);
	install(&s, direction(1, 3, 0), true, true);
	KTAP_CHECK(shim_leaks == 0);
	rtplane_srtp_free(s);
	rtplane_srtp_free(direction(5, 1, 0));
	for (n = 1; n < 6; n++) {
		shim_fail = n;
		KTAP_CHECK(IS_ERR(direction(0, 1, 0)));
	}
	shim_fail = 0;
	shim_secret = NULL;
	KTAP_CHECK(shim_leaks == 0);
	return true;
}

/* nothing behind the header, and a report that is one word longer than its header */
static bool test_the_smallest(void)
{
	struct rtplane_srtp *in, *out;
	srtp_t from, to;
	size_t suite;

	for (suite = 0; suite < KIT_SUITES; suite++) {
		struct packet bare = { .len = 12, .buf = { 0x80, 96, 0, 1 } },
			      report = { .len = 8, .buf = { 0x80, 201, 0, 1 } };

		in = direction(suite, 1, 0);
		out = direction(suite, 2, 0);
		from = peer(suite, 1, 0, ssrc_any_outbound);
		to = peer(suite, 2, 0, ssrc_any_inbound);
		put32(bare.buf + 8, SSRC);
		put32(report.buf + 4, SSRC);
		KTAP_CHECK(arrives(in, from, bare) == FINE && leaves(out, to, bare) == FINE);
		KTAP_CHECK(arrives(in, from, report) == FINE && leaves(out, to, report) == FINE);
		srtp_dealloc(from);
		srtp_dealloc(to);
		rtplane_srtp_free(in);
		rtplane_srtp_free(out);
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "windows go along", test_windows_go_along },
		{ "what is carried goes along", test_what_is_carried_goes_along },
		{ "the shift goes along", test_the_shift_goes_along },
		{ "changes are counted", test_changes_are_counted },
		{ "a fresh key inbound", test_fresh_is_nothing_inbound },
		{ "another key begins behind", test_another_key_begins_behind },
		{ "a key of which nothing came comes back", test_a_key_of_which_nothing_came_comes_back },
		{ "what fails is not tried again", test_what_fails_is_not_tried_again },
		{ "keys are wiped", test_keys_are_wiped },
		{ "the smallest packets", test_the_smallest },
	};

	if (srtp_init())
		abort();
	return KTAP_RUN(points);
}
