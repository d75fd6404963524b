// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP of the module (kmod/srtp.c), as it is compiled into it, without a kernel: its
 * packets against libsrtp2's, and keys, sources and windows over time.  The ciphers are
 * OpenSSL's; those of the kernel are selftests/srtp.sh's.
 */
#include "srtp_module_lib.h"

/* Points --------------------------------------------------------------------------- */

/* whole, and each but once; what is changed in one bit changes nothing */
static bool each_way(size_t suite, unsigned int mki)
{
	struct rtplane_srtp *in = direction(suite, 1, mki), *out = direction(suite, 2, mki);
	srtp_t from = peer(suite, 1, mki, ssrc_any_outbound), to = peer(suite, 2, mki, ssrc_any_inbound);
	struct packet plain, p, f;
	int i;

	for (i = 0; i < 200; i++) {
		plain = roll(5) ? rtp(SSRC, (uint16_t)(65450 + i)) : rtcp(SSRC);
		p = sealed(from, plain, mki);
		f = flipped(&p, 12 + (int)roll((uint32_t)p.len - 12), (int)roll(8));
		KTAP_CHECK(opens(in, &f) != FINE);
		f = p;
		KTAP_CHECK(handle(in, &f, false, NULL) == FINE && same(&f, &plain));
		KTAP_CHECK(opens(in, &p) == RTPLANE_DROP_SRTP_REPLAY);
		p = plain;
		KTAP_CHECK(handle(out, &p, true, NULL) == FINE);
		KTAP_CHECK(unsealed(to, &p, mki) && same(&p, &plain));
		p = plain;
		KTAP_CHECK(kit_is_rtcp(p.buf, p.len) ||
			   handle(out, &p, true, NULL) == RTPLANE_DROP_SRTP_REPLAY);
	}
	KTAP_CHECK(stands(in, SSRC).index > 65535 &&
		   stands(in, SSRC).index == stands(out, SSRC).index);
	srtp_dealloc(from);
	srtp_dealloc(to);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

static bool test_every_suite(void)
{
	size_t i;

	for (i = 0; i < KIT_SUITES; i++)
		KTAP_CHECK(each_way(i, 0));
	return true;
}

/* libsrtp2 looks for RTCP's where RTP's tag would have it */
static bool test_identifiers(void)
{
	unsigned int n;

	for (n = 1; n <= 16; n++)
		KTAP_CHECK(each_way(0, n) && each_way(2, n) && each_way(4, n) && each_way(5, n));
	return true;
}

static bool test_another_identifier(void)
{
	struct rtplane_srtp *in = direction(0, 1, 4);
	srtp_t from = peer(0, 1, 4, ssrc_any_outbound);
	struct packet p = sealed(from, rtp(SSRC, 1), true), f;
	unsigned int macs = cipher_macs;

	/* it stands before the tag, and is no part of what is authenticated */
	f = flipped(&p, p.len - 10 - 4, 0);
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH && cipher_macs == macs);
	f = flipped(&p, p.len - 10 - 1, 7);
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH && cipher_macs == macs);
	KTAP_CHECK(opens(in, &p) == FINE);
	p = sealed(from, rtcp(SSRC), true);
	f = flipped(&p, p.len - 10 - 4, 0);
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(opens(in, &p) == FINE);
	srtp_dealloc(from);
	rtplane_srtp_free(in);
	return true;
}

/* any bit of it, and nothing is known of it afterwards */
static bool test_what_is_forged_changes_nothing(void)
{
	size_t suite;
	int i, n;

	for (suite = 0; suite < KIT_SUITES; suite++) {
		struct rtplane_srtp *in = direction(suite, 1, 0);
		srtp_t from = peer(suite, 1, 0, ssrc_any_outbound);

		for (n = 0; n < 2; n++) {
			struct packet p = sealed(from, n ? rtcp(SSRC) : rtp(SSRC, 7), false);

			for (i = 16; i < 8 * p.len; i++) {
				struct packet f = flipped(&p, i / 8, i % 8);

				KTAP_CHECK(opens(in, &f) != FINE);
			}
			KTAP_CHECK(sources(in) == 0);
			KTAP_CHECK(opens(in, &p) == FINE);
			rtplane_srtp_free(in);
			in = direction(suite, 1, 0);
		}
		srtp_dealloc(from);
		rtplane_srtp_free(in);
	}
	return true;
}

/* SRTCP that is authenticated and not encrypted: its E bit is 0 */
static bool test_RTCP_in_the_clear(void)
{
	size_t suite;

	for (suite = 0; suite < KIT_SUITES; suite++) {
		struct rtplane_srtp *in = direction(suite, 1, 0);
		srtp_policy_t policy = { .ssrc = { .type = ssrc_any_outbound }, .window_size = 1024 };
		struct packet plain = rtcp(SSRC), p, f;
		uint8_t key[KIT_KEY_MAX];
		srtp_t from;

		key_bytes_of(key, 1);
		kit_suites[suite].rtp(&policy.rtp);
		kit_suites[suite].rtcp(&policy.rtcp);
		policy.rtcp.sec_serv = sec_serv_auth;
		policy.key = key;
		KTAP_CHECK(!srtp_create(&from, &policy));
		p = sealed(from, plain, false);
		KTAP_CHECK(!memcmp(p.buf, plain.buf, (size_t)plain.len));
		f = flipped(&p, 9 + (int)roll((uint32_t)p.len - 9), 3);
		KTAP_CHECK(opens(in, &f) != FINE);
		KTAP_CHECK(handle(in, &p, false, NULL) == FINE && same(&p, &plain));
		srtp_dealloc(from);
		rtplane_srtp_free(in);
	}
	return true;
}

/* what came 1,023 packets before the last one is taken, what came before that is not */
static bool test_the_window(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound);
	struct packet late[3];
	int i;

	for (i = 0; i < 3; i++)
		late[i] = sealed(from, rtp(SSRC, (uint16_t)(1000 + i)), false);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, 1001 + 1023)) == FINE);
	KTAP_CHECK(opens(in, &late[0]) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(opens(in, &late[1]) == FINE && opens(in, &late[2]) == FINE);
	KTAP_CHECK(opens(in, &late[1]) == RTPLANE_DROP_SRTP_REPLAY);
	for (i = 0; i < 2; i++)
		late[i] = sealed(from, rtcp(SSRC), false);
	for (i = 0; i < 127; i++)
		KTAP_CHECK(arrives(in, from, rtcp(SSRC)) == FINE);
	KTAP_CHECK(opens(in, &late[1]) == FINE);
	KTAP_CHECK(opens(in, &late[0]) == RTPLANE_DROP_SRTP_REPLAY);
	srtp_dealloc(from);
	rtplane_srtp_free(in);
	return true;
}

/* one more than has room is refused, and one that is forged takes none */
static bool test_sources(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0), *out = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound), to = peer(0, 1, 0, ssrc_any_inbound);
	uint32_t i;

	for (i = 0; i < RTPLANE_SRTP_SSRCS_MAX; i++) {
		KTAP_CHECK(arrives(in, from, i % 2 ? rtp(i, 9) : rtcp(i)) == FINE);
		KTAP_CHECK(leaves(out, to, i % 2 ? rtp(i, 9) : rtcp(i)) == FINE);
	}
	KTAP_CHECK(stands(in, 2).rtcp && !stands(in, 2).rtp && !stands(in, 3).rtcp && stands(in, 3).rtp);
	KTAP_CHECK(arrives(in, from, rtp(i, 9)) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(arrives(in, from, rtcp(i)) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(leaves(out, to, rtp(i, 9)) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(leaves(out, to, rtcp(i)) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(sources(in) == RTPLANE_SRTP_SSRCS_MAX && sources(out) == RTPLANE_SRTP_SSRCS_MAX);
	for (i = 0; i < RTPLANE_SRTP_SSRCS_MAX; i++) {
		KTAP_CHECK(arrives(in, from, rtp(i, 10)) == FINE);
		KTAP_CHECK(leaves(out, to, rtp(i, 10)) == FINE);
	}
	srtp_dealloc(from);
	srtp_dealloc(to);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

/* Whichever the other party does with its rollover counter, one more try and no more. */
static bool other_party(size_t suite, bool fresh)
{
	struct rtplane_srtp *in = direction(suite, 1, 0);
	srtp_t one = peer(suite, 1, 0, ssrc_any_outbound), two = peer(suite, 2, 0, ssrc_specific);
	srtp_t other = peer(suite, 2, 0, ssrc_specific);
	struct packet late, f;
	unsigned int before;
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	KTAP_CHECK(stands(in, SSRC).index == 145000);
	late = sealed(one, rtp(SSRC, (uint16_t)145001), false);
	install(&in, direction(suite, 2, 0), false, false);
	f = flipped(&late, late.len - 1, 1);
	before = cipher_macs + cipher_opens;
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(cipher_macs + cipher_opens - before <= 3);
	if (!fresh)
		srtp_set_stream_roc(two, SSRC, 145002 >> 16);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)145002)) == FINE);
	KTAP_CHECK(stands(in, SSRC).index == (fresh ? (uint16_t)145002 : 145002));
	/* the former key's counter is as it was */
	KTAP_CHECK(opens(in, &late) == FINE);
	KTAP_CHECK(opens(in, &late) == RTPLANE_DROP_SRTP_REPLAY);
	before = cipher_macs + cipher_opens;
	KTAP_CHECK(opens(in, &f) != FINE && cipher_macs + cipher_opens - before <= 2);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)145003)) == FINE);
	/* that is how it counts, and no other way any more */
	srtp_set_stream_roc(other, SSRC, fresh ? 2 : 0);
	KTAP_CHECK(arrives(in, other, rtp(SSRC, (uint16_t)145004)) == RTPLANE_DROP_SRTP_AUTH);
	srtp_dealloc(other);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* Of one that is silent while others make the former key void: it may begin anew. */
static bool silent_source(size_t suite)
{
	struct rtplane_srtp *in = direction(suite, 1, 0);
	srtp_t one = peer(suite, 1, 0, ssrc_any_outbound), two = peer(suite, 2, 0, ssrc_any_outbound);
	struct packet p, f;
	unsigned int before;
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(suite, 2, 0), false, false);
	for (i = 0; i < RTPLANE_SRTP_NEW; i++)
		KTAP_CHECK(arrives(in, two, rtp(5, (uint16_t)i)) == FINE);
	p = sealed(two, rtp(SSRC, (uint16_t)145001), false);
	f = flipped(&p, p.len - 1, 0);
	before = cipher_macs + cipher_opens;
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(cipher_macs + cipher_opens - before == 2);
	KTAP_CHECK(opens(in, &p) == FINE && opens(in, &p) == RTPLANE_DROP_SRTP_REPLAY);
	/* where both counts are one, it is tried once */
	p = sealed(two, rtp(7, 1), false);
	f = flipped(&p, p.len - 1, 0);
	KTAP_CHECK(opens(in, &p) == FINE);
	install(&in, direction(suite, 3, 0), false, false);
	before = cipher_macs + cipher_opens;
	put16(f.buf + 2, 2);
	KTAP_CHECK(opens(in, &f) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(cipher_macs + cipher_opens - before == 2);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

static bool test_a_source_that_was_silent(void)
{
	size_t i;

	for (i = 0; i < KIT_SUITES; i++)
		KTAP_CHECK(silent_source(i));
	return true;
}

static bool test_another_key_arrives(void)
{
	size_t i;

	for (i = 0; i < KIT_SUITES; i++)
		KTAP_CHECK(other_party(i, false) && other_party(i, true));
	return true;
}

/* what is in clear reach of the former key, and what is not any more */
static bool former_key(bool ctrl)
{
	struct rtplane_srtp *in = direction(4, 1, 0);
	srtp_t one = peer(4, 1, 0, ssrc_any_outbound), two = peer(4, 2, 0, ssrc_any_outbound);
	struct packet old[2], p;
	unsigned int i;

	KTAP_CHECK(arrives(in, one, rtp(SSRC, 100)) == FINE);
	for (i = 0; i < 2; i++)
		old[i] = sealed(one, ctrl ? rtcp(SSRC) : rtp(SSRC, (uint16_t)(101 + i)), false);
	install(&in, direction(4, 2, 0), false, false);
	for (i = 0; i < RTPLANE_SRTP_NEW - 1; i++) {
		p = sealed(two, ctrl ? rtcp(SSRC) : rtp(SSRC, (uint16_t)(103 + i)), false);
		KTAP_CHECK(opens(in, &p) == FINE);
	}
	KTAP_CHECK(opens(in, &old[0]) == FINE);
	KTAP_CHECK(opens(in, &old[0]) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(arrives(in, two, ctrl ? rtcp(SSRC) : rtp(SSRC, (uint16_t)(103 + i))) == FINE);
	KTAP_CHECK(opens(in, &old[1]) != FINE);
	/* it is tried no more */
	i = cipher_opens;
	opens(in, &old[1]);
	KTAP_CHECK(cipher_opens - i <= 1);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

static bool test_the_former_key_becomes_void(void)
{
	KTAP_CHECK(former_key(false) && former_key(true));
	return true;
}

/* who never uses the new one has the old one for so long, be his source @known before or not */
static bool not_for_ever(bool known)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	srtp_t three = peer(0, 3, 0, ssrc_any_outbound);
	uint16_t seq = 0;
	unsigned int i;

	if (known)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, seq++)) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	for (i = 0; i < RTPLANE_SRTP_OLD; i++)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, seq++)) == FINE);
	KTAP_CHECK(arrives(in, one, rtp(SSRC, seq++)) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, seq++)) == FINE);
	/* a key that is given meanwhile does not bring it back */
	install(&in, direction(0, 3, 0), false, false);
	KTAP_CHECK(arrives(in, one, rtp(SSRC, seq++)) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(arrives(in, three, rtp(SSRC, seq++)) == FINE);
	srtp_dealloc(one);
	srtp_dealloc(two);
	srtp_dealloc(three);
	rtplane_srtp_free(in);
	return true;
}

static bool test_the_former_key_is_not_for_ever(void)
{
	KTAP_CHECK(not_for_ever(false) && not_for_ever(true));
	return true;
}

/* The key that worked last is tried first, and its count is its own. */
static bool test_what_two_keys_cost(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	unsigned int i, seq = 0, macs;

	KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)seq++)) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	macs = cipher_macs;
	for (i = 0; i < RTPLANE_SRTP_OLD / 2 + 1; i++)
		KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)seq++)) == FINE);
	KTAP_CHECK(cipher_macs - macs == i);
	KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)seq++)) == FINE);
	macs = cipher_macs;
	for (i = 1; i < RTPLANE_SRTP_NEW; i++)
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)seq++)) == FINE);
	KTAP_CHECK(cipher_macs - macs == i - 1);
	install(&in, direction(0, 3, 0), false, false);
	for (i = 0; i < RTPLANE_SRTP_OLD / 2 + 1; i++)
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)seq++)) == FINE);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* The present key again is no other: nothing of it begins anew. */
static bool test_the_present_key_again(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0), *out = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound), to = peer(0, 1, 0, ssrc_any_inbound);
	struct packet p = sealed(from, rtp(SSRC, 5), false), named;
	const u8 *mki;
	unsigned int n;

	KTAP_CHECK(opens(in, &p) == FINE && leaves(out, to, rtp(SSRC, 5)) == FINE);
	KTAP_CHECK(leaves(out, to, rtcp(SSRC)) == FINE);
	install(&in, direction(0, 1, 0), false, true);
	install(&out, direction(0, 1, 4), true, true);
	KTAP_CHECK(opens(in, &p) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(leaves(out, to, rtp(SSRC, 5)) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(rtplane_srtp_suite(out, &mki, &n) == 1 && n == 4 && mki[0] == 1);
	named = rtp(SSRC, 6);
	n = (unsigned int)named.len;
	KTAP_CHECK(handle(out, &named, true, NULL) == FINE && named.len == (int)n + 14);
	KTAP_CHECK(stands(out, SSRC).index == 6 && stands(out, SSRC).rtcp_index == 0);
	srtp_dealloc(from);
	srtp_dealloc(to);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

/* RFC 3711 section 3.3.1 and 3.4: counters go on, unless the key is fresh */
static bool test_another_key_leaves(void)
{
	struct rtplane_srtp *out = direction(1, 1, 0);
	srtp_t one = peer(1, 1, 0, ssrc_any_inbound), two = peer(5, 2, 0, ssrc_specific),
	       three = peer(0, 3, 0, ssrc_any_inbound);
	uint32_t i;

	for (i = 0; i < 150000; i += 5000)
		KTAP_CHECK(leaves(out, one, rtp(SSRC, (uint16_t)i)) == FINE);
	KTAP_CHECK(leaves(out, one, rtcp(SSRC)) == FINE && leaves(out, one, rtcp(SSRC)) == FINE);
	install(&out, direction(5, 2, 0), true, false);
	srtp_set_stream_roc(two, SSRC, 145001 >> 16);
	KTAP_CHECK(leaves(out, two, rtp(SSRC, (uint16_t)145001)) == FINE);
	KTAP_CHECK(leaves(out, two, rtcp(SSRC)) == FINE);
	KTAP_CHECK(stands(out, SSRC).index == 145001 && stands(out, SSRC).rtcp_index == 2);
	/* what left by the former key leaves by no other */
	KTAP_CHECK(leaves(out, two, rtp(SSRC, (uint16_t)145000)) == RTPLANE_DROP_SRTP_REPLAY);
	install(&out, direction(0, 3, 0), true, true);
	KTAP_CHECK(!stands(out, SSRC).rtp && !stands(out, SSRC).rtcp);
	KTAP_CHECK(leaves(out, three, rtp(SSRC, (uint16_t)145002)) == FINE);
	KTAP_CHECK(leaves(out, three, rtcp(SSRC)) == FINE);
	KTAP_CHECK(stands(out, SSRC).index == (uint16_t)145002 && stands(out, SSRC).rtcp_index == 0);
	srtp_dealloc(one);
	srtp_dealloc(two);
	srtp_dealloc(three);
	rtplane_srtp_free(out);
	return true;
}

/* A key that was used before: what it had stays had, RTP and RTCP. */
static bool test_a_key_comes_back_inbound(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	struct packet rtp_was = sealed(one, rtp(SSRC, 1000), false),
		      rtcp_was = sealed(one, rtcp(SSRC), false), next;
	unsigned int i;

	KTAP_CHECK(opens(in, &rtp_was) == FINE && opens(in, &rtcp_was) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	for (i = 1; i < RTPLANE_SRTP_NEW + 10; i++)
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)(1000 + i))) == FINE);
	KTAP_CHECK(arrives(in, two, rtcp(SSRC)) == FINE);
	install(&in, direction(0, 1, 0), false, false);
	KTAP_CHECK(opens(in, &rtp_was) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(opens(in, &rtcp_was) == RTPLANE_DROP_SRTP_REPLAY);
	next = sealed(one, rtp(SSRC, 1001), false);
	KTAP_CHECK(opens(in, &next) == FINE && opens(in, &next) == RTPLANE_DROP_SRTP_REPLAY);
	next = sealed(one, rtcp(SSRC), false);
	KTAP_CHECK(opens(in, &next) == FINE && opens(in, &next) == RTPLANE_DROP_SRTP_REPLAY);
	/* and the one between is a former key as any other */
	KTAP_CHECK(arrives(in, two, rtp(SSRC, 1500)) == FINE);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* Beyond its window the counter of the key between counts, and within it nothing does. */
static bool test_a_key_comes_back_far_beyond(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_specific), two = peer(0, 2, 0, ssrc_any_outbound);
	struct packet was = sealed(one, rtp(SSRC, 1000), false),
		      rtcp_was = sealed(one, rtcp(SSRC), false);
	uint32_t i;

	KTAP_CHECK(opens(in, &was) == FINE && opens(in, &rtcp_was) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	/* such that what was here has a number ahead of it */
	for (i = 1036; i <= 66036; i += 500)
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(0, 1, 0), false, false);
	KTAP_CHECK(opens(in, &was) == RTPLANE_DROP_SRTP_AUTH);
	KTAP_CHECK(opens(in, &rtcp_was) == RTPLANE_DROP_SRTP_REPLAY);
	srtp_set_stream_roc(one, SSRC, 1);
	KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)66037)) == FINE);
	KTAP_CHECK(opens(in, &was) == RTPLANE_DROP_SRTP_AUTH);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* Of a source that it had only RTCP of, the key that comes back may begin anew or go on. */
static bool test_a_key_comes_back_unused(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_outbound), two = peer(0, 2, 0, ssrc_any_outbound);
	struct packet rtcp_was = sealed(one, rtcp(SSRC), false);
	uint32_t i;

	KTAP_CHECK(opens(in, &rtcp_was) == FINE);
	install(&in, direction(0, 2, 0), false, false);
	for (i = 1000; i < 100000; i += 1000)
		KTAP_CHECK(arrives(in, two, rtp(SSRC, (uint16_t)i)) == FINE);
	install(&in, direction(0, 1, 0), false, false);
	KTAP_CHECK(arrives(in, one, rtp(SSRC, (uint16_t)99001)) == FINE);
	KTAP_CHECK(stands(in, SSRC).index == (uint16_t)99001);
	KTAP_CHECK(opens(in, &rtcp_was) == RTPLANE_DROP_SRTP_REPLAY);
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(in);
	return true;
}

/* The same bytes for another suite are another key. */
static bool test_the_key_for_another_suite(void)
{
	struct rtplane_srtp *in = direction(0, 1, 0), *out = direction(0, 1, 0);
	srtp_t from = peer(1, 1, 0, ssrc_any_outbound), to = peer(1, 1, 0, ssrc_any_inbound);

	install(&in, direction(1, 1, 0), false, false);
	install(&out, direction(1, 1, 0), true, false);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, 1)) == FINE && leaves(out, to, rtp(SSRC, 1)) == FINE);
	srtp_dealloc(from);
	srtp_dealloc(to);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

static bool test_a_key_comes_back_outbound(void)
{
	struct rtplane_srtp *out = direction(4, 1, 0);
	srtp_t one = peer(4, 1, 0, ssrc_any_inbound), two = peer(4, 2, 0, ssrc_any_inbound);
	uint32_t i;

	for (i = 0; i < 50; i++)
		KTAP_CHECK(leaves(out, one, rtp(SSRC, (uint16_t)(1000 + i))) == FINE &&
			   leaves(out, one, rtcp(SSRC)) == FINE);
	install(&out, direction(4, 2, 0), true, true);
	KTAP_CHECK(leaves(out, two, rtp(SSRC, 20)) == FINE && leaves(out, two, rtcp(SSRC)) == FINE);
	for (i = 0; i < 2; i++) {
		/* fresh or not: the session of the receiver has seen all of them */
		install(&out, direction(4, 1, 0), true, i);
		KTAP_CHECK(leaves(out, one, rtp(SSRC, 1049)) == RTPLANE_DROP_SRTP_REPLAY);
		KTAP_CHECK(leaves(out, one, rtp(SSRC, (uint16_t)(1050 + i))) == FINE);
		KTAP_CHECK(leaves(out, one, rtcp(SSRC)) == FINE);
		KTAP_CHECK(stands(out, SSRC).index == 1050 + i && stands(out, SSRC).rtcp_index == 50 + i);
		install(&out, direction(4, 2, 0), true, i);
	}
	srtp_dealloc(one);
	srtp_dealloc(two);
	rtplane_srtp_free(out);
	return true;
}

/* Numbers that begin anew are moved on; a fresh key forgets by how much. */
static bool test_numbers_are_moved_on(void)
{
	struct rtplane_srtp *out = direction(0, 1, 0);
	srtp_t one = peer(0, 1, 0, ssrc_any_inbound), two = peer(0, 2, 0, ssrc_any_inbound),
	       three = peer(0, 3, 0, ssrc_any_inbound);

	KTAP_CHECK(leaves(out, one, rtp(SSRC, 30000)) == FINE);
	KTAP_CHECK(leaves(out, one, rtp(SSRC, 10)) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(leaves(out, one, rtp(SSRC, 11)) == FINE && stands(out, SSRC).index == 30001);
	install(&out, direction(0, 2, 0), true, false);
	KTAP_CHECK(leaves(out, two, rtp(SSRC, 12)) == FINE && stands(out, SSRC).index == 30002);
	install(&out, direction(0, 3, 0), true, true);
	KTAP_CHECK(leaves(out, three, rtp(SSRC, 13)) == FINE && stands(out, SSRC).index == 13);
	srtp_dealloc(one);
	srtp_dealloc(two);
	srtp_dealloc(three);
	rtplane_srtp_free(out);
	return true;
}

/* Where a key was used elsewhere: nothing of that again, and what follows. */
static bool test_what_is_given(void)
{
	struct rtplane_srtp_told told = { .ssrc = SSRC, .rtp = true, .index = 200000, .rtcp = true,
					  .rtcp_index = 9 };
	struct rtplane_srtp *in = direction(0, 1, 0), *other = direction(0, 2, 0);
	srtp_t from = peer(0, 1, 0, ssrc_specific);
	uint32_t i;

	KTAP_CHECK(!rtplane_srtp_give(in, &told) && rtplane_srtp_give(in, &told) == -EEXIST);
	srtp_set_stream_roc(from, SSRC, 3);
	for (i = 199990; i <= 200000; i++)
		KTAP_CHECK(arrives(in, from, rtp(SSRC, (uint16_t)i)) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, (uint16_t)200001)) == FINE);
	for (i = 1; i < 10; i++)
		KTAP_CHECK(arrives(in, from, rtcp(SSRC)) == RTPLANE_DROP_SRTP_REPLAY);
	KTAP_CHECK(arrives(in, from, rtcp(SSRC)) == FINE);
	told = stands(in, SSRC);
	KTAP_CHECK(told.rtp && told.index == 200001 && told.rtcp && told.rtcp_index == 10);
	/* one with sources is another, whatever was there; its former key is none */
	told.ssrc = 5;
	KTAP_CHECK(!rtplane_srtp_give(other, &told));
	install(&in, other, false, false);
	KTAP_CHECK(sources(in) == 1 && stands(in, 5).index == 200001);
	KTAP_CHECK(arrives(in, from, rtp(SSRC, (uint16_t)200002)) == RTPLANE_DROP_SRTP_AUTH);
	for (i = 100; i < 100 + RTPLANE_SRTP_SSRCS_MAX - 1; i++) {
		told.ssrc = i;
		KTAP_CHECK(!rtplane_srtp_give(in, &told));
	}
	told.ssrc = i;
	KTAP_CHECK(rtplane_srtp_give(in, &told) == -E2BIG);
	srtp_dealloc(from);
	rtplane_srtp_free(in);
	return true;
}

/* behind the last index there is none, of either kind, and either way */
static bool test_the_last_index(void)
{
	struct rtplane_srtp_told told = { .ssrc = SSRC, .rtp = true, .index = LAST - 1, .rtcp = true,
					  .rtcp_index = RTPLANE_SRTCP_INDEX_MAX - 1 };
	struct rtplane_srtp *out = direction(0, 1, 0), *in = direction(0, 1, 0);
	struct packet p = rtp(SSRC, 0xffff), c = rtcp(SSRC), over = rtp(SSRC, 0);

	KTAP_CHECK(!rtplane_srtp_give(out, &told) && !rtplane_srtp_give(in, &told));
	KTAP_CHECK(handle(out, &p, true, NULL) == FINE && handle(in, &p, false, NULL) == FINE);
	KTAP_CHECK(handle(out, &c, true, NULL) == FINE && handle(in, &c, false, NULL) == FINE);
	KTAP_CHECK(stands(in, SSRC).index == LAST &&
		   stands(in, SSRC).rtcp_index == RTPLANE_SRTCP_INDEX_MAX);
	p = rtp(SSRC, 0);
	c = rtcp(SSRC);
	KTAP_CHECK(handle(out, &p, true, NULL) == RTPLANE_DROP_SRTP_FAIL);
	KTAP_CHECK(handle(out, &c, true, NULL) == RTPLANE_DROP_SRTP_FAIL);
	over.len = 200;
	KTAP_CHECK(opens(in, &over) == RTPLANE_DROP_SRTP_FAIL);
	rtplane_srtp_free(out);
	rtplane_srtp_free(in);
	return true;
}

/* What a cipher refuses is dropped; no index is used twice for that. */
static bool test_ciphers_that_fail(void)
{
	struct rtplane_srtp *out = direction(0, 1, 0), *in = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound);
	struct packet p = rtp(SSRC, 1), there = sealed(from, rtp(SSRC, 1), false);
	unsigned int held;

	cipher_error = -EINVAL;
	KTAP_CHECK(handle(out, &p, true, &held) == RTPLANE_DROP_SRTP_FAIL && !held);
	KTAP_CHECK(opens(in, &there) == RTPLANE_DROP_SRTP_FAIL && !sources(in));
	p = rtcp(SSRC);
	KTAP_CHECK(handle(out, &p, true, &held) == RTPLANE_DROP_SRTP_FAIL && !held);
	/* its memory will be written to: it is never anybody else's */
	cipher_error = -EINPROGRESS;
	p = rtp(SSRC, 2);
	KTAP_CHECK(handle(out, &p, true, &held) == RTPLANE_DROP_SRTP_FAIL && held == 1);
	p = there;
	KTAP_CHECK(handle(in, &p, false, &held) == RTPLANE_DROP_SRTP_FAIL && held == 1);
	cipher_error = 0;
	p = rtp(SSRC, 1);
	KTAP_CHECK(handle(out, &p, true, NULL) == RTPLANE_DROP_SRTP_REPLAY);
	p = rtcp(SSRC);
	KTAP_CHECK(handle(out, &p, true, NULL) == FINE && stands(out, SSRC).rtcp_index == 1);
	KTAP_CHECK(opens(in, &there) == FINE);
	srtp_dealloc(from);
	rtplane_srtp_free(out);
	rtplane_srtp_free(in);
	return true;
}

/* every allocation in turn: an error, and nothing is left behind (AddressSanitizer) */
static bool test_memory_that_is_not_there(void)
{
	struct rtplane_srtp *s, *in = direction(0, 1, 0), *out = direction(0, 1, 0);
	srtp_t from = peer(0, 1, 0, ssrc_any_outbound);
	struct packet p = sealed(from, rtp(SSRC, 1), false), plain = rtp(SSRC, 1);
	unsigned int n;

	for (n = 1;; n++) {
		shim_fail = n;
		s = direction(0, 1, 0);
		if (!IS_ERR(s))
			break;
		KTAP_CHECK(PTR_ERR(s) == -ENOMEM);
	}
	shim_fail = 0;
	rtplane_srtp_free(s);
	KTAP_CHECK(n == 6);
	shim_fail = 1;
	KTAP_CHECK(opens(in, &p) == RTPLANE_DROP_NOMEM && !sources(in));
	KTAP_CHECK(opens(in, &p) == FINE);
	shim_fail = 1;
	KTAP_CHECK(handle(out, &plain, true, NULL) == RTPLANE_DROP_SRTP_FAIL);
	srtp_dealloc(from);
	rtplane_srtp_free(in);
	rtplane_srtp_free(out);
	return true;
}

/* too short for what it says it is, and for its tag */
static bool test_what_is_too_short(void)
{
	size_t suite;
	int n, ctrl;

	for (suite = 0; suite < KIT_SUITES; suite++) {
		struct rtplane_srtp *in = direction(suite, 1, 0);
		srtp_t from = peer(suite, 1, 0, ssrc_any_outbound);

		for (ctrl = 0; ctrl < 2; ctrl++) {
			struct packet p = sealed(from, ctrl ? rtcp(SSRC) : rtp(SSRC, 1), false), cut;

			for (n = 12; n < p.len; n++) {
				cut = p;
				cut.len = n;
				KTAP_CHECK(opens(in, &cut) != FINE);
			}
			KTAP_CHECK(opens(in, &p) == FINE);
		}
		srtp_dealloc(from);
		rtplane_srtp_free(in);
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "every suite, in any shape, once", test_every_suite },
		{ "key identifiers of each length", test_identifiers },
		{ "another key identifier costs nothing", test_another_identifier },
		{ "what is forged changes nothing", test_what_is_forged_changes_nothing },
		{ "RTCP that is only authenticated", test_RTCP_in_the_clear },
		{ "the window of either kind", test_the_window },
		{ "sources beyond 64", test_sources },
		{ "another key arrives, whichever way it counts", test_another_key_arrives },
		{ "a source that was silent meanwhile", test_a_source_that_was_silent },
		{ "the former key becomes void by the new one", test_the_former_key_becomes_void },
		{ "the former key is not for ever", test_the_former_key_is_not_for_ever },
		{ "two keys that live, and what they cost", test_what_two_keys_cost },
		{ "the present key again is no other", test_the_present_key_again },
		{ "another key leaves, fresh or not", test_another_key_leaves },
		{ "a key comes back, inbound", test_a_key_comes_back_inbound },
		{ "a key comes back when much has been", test_a_key_comes_back_far_beyond },
		{ "a key comes back that had only RTCP", test_a_key_comes_back_unused },
		{ "the same bytes for another suite", test_the_key_for_another_suite },
		{ "a key comes back, outbound", test_a_key_comes_back_outbound },
		{ "numbers that begin anew are moved on", test_numbers_are_moved_on },
		{ "where a key stands is given", test_what_is_given },
		{ "no index behind the last one", test_the_last_index },
		{ "ciphers that fail or put off", test_ciphers_that_fail },
		{ "no memory", test_memory_that_is_not_there },
		{ "what is too short", test_what_is_too_short },
	};

	if (srtp_init())
		abort();
	return KTAP_RUN(points);
}
