// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP contexts over time: other keys, sequences that begin anew, many sources,
 * floods, windows.
 */
#include <malloc.h>

#include "rtpsec_lib.h"

static bool rekey(struct rtpsec *ctx, uint8_t suite, uint8_t seed, bool fresh)
{
	struct dp_srtp conf = key_of(suite, seed);
	struct dp_err err;

	conf.fresh = fresh;
	return !rtpsec_rekey(ctx, &conf, &err);
}

/* until the counter is 2, at sequence number 100 */
static bool go_far(struct rtpsec *out, struct rtpsec *in, uint32_t ssrc)
{
	uint32_t i;

	for (i = 65000; i < 2 * 65536 + 100; i += 100)
		if (pass(out, in, ssrc, i) != RTPSEC_OK)
			return false;
	return pass(out, in, ssrc, 100) == RTPSEC_OK;
}

/* the counter goes on; so does the same key when it is given again */
static bool rekey_goes_on(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(4, 2);
	struct session s = session_of(&conf, false);
	struct packet p;

	KTAP_CHECK(go_far(out, in, SSRC) && go_far(out, in, 5));
	KTAP_CHECK(rekey(out, 1, 1, false) && rekey(in, 1, 1, false));
	KTAP_CHECK(pass(out, in, SSRC, 101) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 4, 2, false) && rekey(in, 4, 2, false));
	p = rtp(SSRC, 102);
	KTAP_CHECK(seals_as(out, &p, &s, 2));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
	KTAP_CHECK(pass(out, in, SSRC, 103) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, 5, 101) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* a party that counts from 0 again with its new key is understood too */
static bool rekey_fresh(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 5, 1);
	struct rtpsec *in = context(RTPSEC_IN, 5, 1);
	struct dp_srtp conf = key_of(5, 2);
	struct session s = session_of(&conf, false);
	struct packet p;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 5, 2, true) && rekey(in, 5, 2, false));
	p = rtp(SSRC, 101);
	KTAP_CHECK(seals_as(out, &p, &s, 0));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
	KTAP_CHECK(pass(out, in, SSRC, 102) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* a fresh key that is taken back: the former one goes on where it stood */
static bool rekey_back(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 1);
	struct session s = session_of(&conf, false);
	struct packet p, other = rtp(SSRC, 101);

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 1, 2, true));
	KTAP_CHECK(seal(out, &other, false) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 1, 1, false));
	p = rtp(SSRC, 102);
	KTAP_CHECK(seals_as(out, &p, &s, 2));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	/* what left by it before does not leave again; nor by the other, fresh or not */
	p = rtp(SSRC, 100);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
	KTAP_CHECK(rekey(out, 1, 2, true));
	p = rtp(SSRC, 101);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	KTAP_CHECK(memcmp(p.buf + 12, other.buf + 12, p.len - 12));
	/* one that was never used makes nothing forgotten */
	KTAP_CHECK(rekey(out, 1, 3, true) && rekey(out, 1, 4, true) && rekey(out, 1, 2, false));
	p = rtp(SSRC, 101);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
	p = rtp(SSRC, 103);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* RTCP, too */
static bool rekey_back_rtcp(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet p;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		p = rtcp(SSRC);
		KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK && unseal(in, &p, true) == RTPSEC_OK);
	}
	KTAP_CHECK(rekey(out, 1, 2, true));
	p = rtcp(SSRC);
	KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 1, 1, false));
	p = rtcp(SSRC);
	KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK && unseal(in, &p, true) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* the counter wraps between the last packet by the old key and the first by the new */
static bool rekey_at_wrap(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 2);
	struct session s = session_of(&conf, false);
	struct packet p = rtp(SSRC, 1);

	KTAP_CHECK(pass(out, in, SSRC, 65534) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	KTAP_CHECK(seals_as(out, &p, &s, 1));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/*
 * RTCP by the old key, overtaken by the first of the new one, which has the same index:
 * libsrtp2 asks its window before it authenticates
 */
static bool rekey_overtaken_rtcp(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *new = context(RTPSEC_OUT, 1, 2);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet late = rtcp(SSRC), first = rtcp(SSRC);

	KTAP_CHECK(seal(out, &late, true) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 1, 2, false));
	KTAP_CHECK(seal(new, &first, true) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &first, true) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late, true) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late, true) == RTPSEC_REPLAY);
	KTAP_CHECK(unseal(in, &first, true) == RTPSEC_REPLAY);
	rtpsec_free(out);
	rtpsec_free(new);
	rtpsec_free(in);
	return true;
}

/* the sender is late with the new key: the old one is taken, not for ever */
static bool rekey_late(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *new = context(RTPSEC_OUT, 1, 2);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet late[3], old;
	unsigned int i;

	KTAP_CHECK(go_far(out, in, SSRC));
	old = rtp(SSRC, 101);
	KTAP_CHECK(seal(out, &old, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &old, false) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 1, 2, false));
	KTAP_CHECK(unseal(in, &old, false) == RTPSEC_REPLAY);
	for (i = 102; i < 110; i++)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	for (i = 0; i < 3; i++) {
		late[i] = rtp(SSRC, 110 + i);
		KTAP_CHECK(seal(out, &late[i], false) == RTPSEC_OK);
	}
	/* @new has counted nothing yet: it begins at 0 */
	KTAP_CHECK(pass(new, in, SSRC, 113) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_REPLAY);
	for (i = 1; i < RTPSEC_NEW_MAX - 1; i++)
		KTAP_CHECK(pass(new, in, SSRC, 113 + i) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_OK);
	KTAP_CHECK(pass(new, in, SSRC, 113 + i) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[2], false) == RTPSEC_AUTH);
	rtpsec_free(out);
	rtpsec_free(new);
	rtpsec_free(in);
	return true;
}

/* the counter moves by the old key while the new one is awaited, and goes on there */
static bool rekey_far(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 3, 1);
	struct rtpsec *in = context(RTPSEC_IN, 3, 1);
	uint32_t i;

	KTAP_CHECK(pass(out, in, SSRC, 65000) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 3, 2, false));
	for (i = 65100; i < 2 * 65536 + 50000; i += 100)
		KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	KTAP_CHECK(rekey(out, 3, 2, false));
	KTAP_CHECK(pass(out, in, SSRC, i) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* the sender never takes the new key */
static bool rekey_never(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 6, 1);
	struct rtpsec *in = context(RTPSEC_IN, 6, 1);
	unsigned int i;

	KTAP_CHECK(pass(out, in, SSRC, 1) == RTPSEC_OK);
	KTAP_CHECK(rekey(in, 6, 2, false));
	for (i = 0; i < RTPSEC_OLD_MAX; i++)
		KTAP_CHECK(pass(out, in, SSRC, 2 + i) == RTPSEC_OK);
	KTAP_CHECK(pass(out, in, SSRC, 2 + i) == RTPSEC_AUTH);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* SRTCP first by the new key, then SRTP of the same source whose counter is not 0 */
static bool rekey_rtcp_first(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet p[2];
	unsigned int i;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	for (i = 0; i < 2; i++) {
		p[i] = rtcp(SSRC);
		KTAP_CHECK(seal(out, &p[i], true) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, &p[i], true) == RTPSEC_OK);
		KTAP_CHECK(pass(out, in, SSRC, 101 + i) == RTPSEC_OK);
		KTAP_CHECK(unseal(in, &p[i], true) == RTPSEC_REPLAY);
	}
	/* two equal packets by one index would be equal */
	KTAP_CHECK(memcmp(p[0].buf, p[1].buf, p[0].len));
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

/* keys that no packet comes by, of which a call has some, are keys and no more */
static bool unused(void)
{
	struct rtpsec *in[32];
	size_t before = in_use(), idle;
	struct packet p = rtp(1, 1);
	unsigned int i;

	for (i = 0; i < 32; i++)
		in[i] = context(RTPSEC_IN, 1, i);
	for (i = 0; i < 32; i++)
		KTAP_CHECK(rekey(in[i], 1, 100 + i, false));
	idle = in_use() - before;
	printf("# %zu bytes for a key\n", idle / 32);
	KTAP_CHECK(idle < 32 * 2048);
	/* what is not by the new one is tried by the old one, too */
	for (i = 0; i < 32; i++)
		KTAP_CHECK(unseal(in[i], &p, false) != RTPSEC_OK);
	/* a sanitizer's allocator tells nothing */
	KTAP_CHECK(!before || in_use() - before > idle);
	for (i = 0; i < 32; i++)
		rtpsec_free(in[i]);
	return true;
}

/* who has no key makes us remember nothing; who has one, only so much */
static bool floods(void)
{
	struct rtpsec *out[2], *in = context(RTPSEC_IN, 1, 1);
	struct packet p;
	size_t before;
	uint32_t i;

	for (i = 0; i < 2; i++)
		out[i] = context(RTPSEC_OUT, 1, 1);
	p = rtp(1, 1);
	KTAP_CHECK(seal(out[0], &p, false) == RTPSEC_OK);
	/* the first refusal leaves something with the allocator */
	put32(p.buf + 8, 1);
	p.buf[20] ^= 1;
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	before = in_use();
	for (i = 0; i < 20000; i++) {
		put32(p.buf + 8, i + 2);
		KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	}
	KTAP_CHECK(in_use() < before + 1024);
	for (i = 0; i < RTPSEC_SSRCS; i++)
		KTAP_CHECK(pass(out[1], in, 1000 + i, 1) == RTPSEC_OK);
	printf("# %zu KiB for %u sources, twice\n", (in_use() - before) >> 10, i);
	KTAP_CHECK(in_use() < before + (2 << 20));
	before = in_use();
	for (i = 0; i < 20000; i++) {
		p = rtp(50000 + i, 1);
		KTAP_CHECK(seal(out[1], &p, false) == RTPSEC_FULL);
	}
	p = rtp(50000, 1);
	KTAP_CHECK(seal(out[0], &p, false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_FULL);
	KTAP_CHECK(in_use() < before + 1024);
	/* those that were first go on */
	KTAP_CHECK(pass(out[1], in, 1000, 2) == RTPSEC_OK);
	/* and a new key has room for others */
	KTAP_CHECK(rekey(out[1], 1, 2, false) && rekey(in, 1, 2, false));
	KTAP_CHECK(pass(out[1], in, 77, 1) == RTPSEC_OK);
	for (i = 0; i < 2; i++)
		rtpsec_free(out[i]);
	rtpsec_free(in);
	return true;
}

/* who sends without SRTP begins its sequence anew, far back and near */
static bool begins_anew(void)
{
	static const struct {
		uint16_t from;
		uint16_t to;
		unsigned int lost;
	} cases[] = {
		{ 30099, 100, 1 }, { 100, 40000, 1 }, { 5000, 4700, 2 },
		{ 65530, 65000, 2 }, { 200, 65200, 2 },
	};
	struct rtpsec *out, *in;
	struct packet p;
	unsigned int i, k;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		out = context(RTPSEC_OUT, 1, 1);
		in = context(RTPSEC_IN, 1, 1);
		for (k = 0; k < 600; k++)
			KTAP_CHECK(pass(out, in, SSRC, cases[i].from - 599 + k) ==
				   RTPSEC_OK);
		for (k = 0; k < 3000; k++) {
			p = rtp(SSRC, cases[i].to + k);
			KTAP_CHECK(seal(out, &p, false) ==
				   (k < cases[i].lost ? RTPSEC_REPLAY : RTPSEC_OK));
			if (k < cases[i].lost)
				continue;
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			KTAP_CHECK((uint16_t)(p.buf[2] << 8 | p.buf[3]) ==
				   (uint16_t)(cases[i].from + 1 + k - cases[i].lost));
		}
		/* one of before that is late does no harm */
		p = rtp(SSRC, cases[i].from - 1);
		seal(out, &p, false);
		for (k = 3000; k < 3005; k++) {
			p = rtp(SSRC, cases[i].to + k);
			if (seal(out, &p, false) == RTPSEC_OK)
				KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			else
				KTAP_CHECK(k < 3002);
		}
		rtpsec_free(out);
		rtpsec_free(in);
	}
	return true;
}

/* a network that repeats every packet, or some in a row, does not begin anew */
static bool repeated(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct packet p;
	unsigned int i, k;

	for (i = 40001; i < 40200; i++) {
		p = rtp(SSRC, i);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
		KTAP_CHECK(p.buf[3] == (uint8_t)i);
		for (k = 0; k < 2 + (i % 50 == 0); k++) {
			p = rtp(SSRC, i);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
		for (k = 1; i > 40010 && k < 3; k++) {
			p = rtp(SSRC, i - 3 + k);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
		/* nor do two that have nothing to do with each other */
		for (k = 1; k < 3; k++) {
			p = rtp(SSRC, i - 3000 * k);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
		}
	}
	rtpsec_free(out);
	return true;
}

/* how far back a packet may come: no less, and no more */
static bool window(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct packet late[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		late[i] = rtp(SSRC, 1000 + i);
		KTAP_CHECK(seal(out, &late[i], false) == RTPSEC_OK);
	}
	KTAP_CHECK(pass(out, in, SSRC, 1000 + 1024) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[0], false) == RTPSEC_REPLAY);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[2], false) == RTPSEC_OK);
	KTAP_CHECK(unseal(in, &late[1], false) == RTPSEC_REPLAY);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* a packet from before the wrap is the first by the new key, either way */
static bool rekey_before_wrap(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 2);
	struct session s = session_of(&conf, false);
	struct packet p;

	KTAP_CHECK(go_far(out, in, SSRC));
	KTAP_CHECK(rekey(out, 1, 2, false) && rekey(in, 1, 2, false));
	p = rtp(SSRC, 65500);
	KTAP_CHECK(seals_as(out, &p, &s, 1));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	p = rtp(SSRC, 101);
	ref_rtp(&s, &p, 2);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* more sources than there are streams: each goes on where it stood, none twice */
static bool many_sources(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp conf = key_of(1, 1);
	struct session s = session_of(&conf, false);
	struct packet first[200], forged, p;
	unsigned int i, turn;

	KTAP_CHECK(go_far(out, in, SSRC));
	for (turn = 0; turn < 4; turn++) {
		for (i = 0; i < 200; i++) {
			p = rtp(1000 + i, 65533 + turn);
			KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
			if (!turn)
				first[i] = p;
			/* what was here is not taken again, in memory or put aside */
			KTAP_CHECK(unseal(in, &p, false) == RTPSEC_REPLAY);
			KTAP_CHECK(unseal(in, &first[i], false) == RTPSEC_REPLAY);
			KTAP_CHECK(unseal(in, &first[(i + 100) % (turn ? 200 : i + 1)],
					  false) == RTPSEC_REPLAY);
		}
	}
	/* nor protected again */
	for (i = 0; i < 200; i++) {
		p = rtp(1000 + i, 0);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_REPLAY);
	}
	/* with its rollover counter, and with no other */
	p = rtp(SSRC, 101);
	ref_rtp(&s, &p, 0);
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_AUTH);
	p = rtp(SSRC, 101);
	KTAP_CHECK(seals_as(out, &p, &s, 2));
	KTAP_CHECK(unseal(in, &p, false) == RTPSEC_OK);
	/* forgeries of those put aside leave room for others */
	for (i = 0; i < 200; i++) {
		forged = rtp(1000 + i, 100);
		forged.len += 10;
		KTAP_CHECK(unseal(in, &forged, false) == RTPSEC_AUTH);
	}
	KTAP_CHECK(pass(out, in, 77, 1) == RTPSEC_OK);
	for (i = 0; i < 200; i++)
		KTAP_CHECK(pass(out, in, 1000 + i, 1) == RTPSEC_OK);
	/* nor is it by the former key, while that is still tried */
	KTAP_CHECK(rekey(in, 1, 2, false));
	for (i = 0; i < 200; i++)
		KTAP_CHECK(unseal(in, &first[i], false) != RTPSEC_OK);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

/* SRTCP's index cannot be set: a source that has one is never put aside */
static bool many_with_rtcp(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct packet p;
	unsigned int i;

	for (i = 0; i < RTPSEC_STREAMS; i++) {
		p = rtp(1000 + i, 1);
		KTAP_CHECK(seal(out, &p, false) == RTPSEC_OK);
		p = rtcp(1000 + i);
		KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
	}
	p = rtp(1, 1);
	KTAP_CHECK(seal(out, &p, false) == RTPSEC_FULL);
	p = rtcp(1001);
	KTAP_CHECK(seal(out, &p, true) == RTPSEC_OK);
	/* its second, in the clear before the tag */
	KTAP_CHECK(p.buf[p.len - 11] == 2);
	rtpsec_free(out);
	return true;
}

/* all that may fail is done before; a context that is not swapped is as it was */
static bool prepared(void)
{
	struct rtpsec *out = context(RTPSEC_OUT, 1, 1);
	struct rtpsec *in = context(RTPSEC_IN, 1, 1);
	struct dp_srtp same = key_of(1, 1), other = key_of(1, 2);
	struct dp_srtp none = { .suite = RTPLANE_SRTP_NONE };
	struct rtpsec_key *key;
	struct dp_err err;

	KTAP_CHECK(!rtpsec_prepare(&key, out, &same, &err) && !key);
	KTAP_CHECK(rtpsec_prepare(&key, out, &none, &err) == -EINVAL && !key);
	KTAP_CHECK(!rtpsec_prepare(&key, out, &other, &err) && key);
	KTAP_CHECK(pass(out, in, SSRC, 1) == RTPSEC_OK);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 2) == RTPSEC_OK);
	KTAP_CHECK(!rtpsec_prepare(&key, out, &other, &err) && key);
	rtpsec_swap(out, key);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 3) == RTPSEC_AUTH);
	KTAP_CHECK(!rtpsec_prepare(&key, in, &other, &err) && key);
	rtpsec_swap(in, key);
	rtpsec_key_free(key);
	KTAP_CHECK(pass(out, in, SSRC, 4) == RTPSEC_OK);
	rtpsec_swap(in, NULL);
	rtpsec_key_free(NULL);
	rtpsec_free(out);
	rtpsec_free(in);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a new key: the counter goes on", rekey_goes_on },
		{ "a new key: the counter begins again", rekey_fresh },
		{ "a fresh key that is taken back", rekey_back },
		{ "and its RTCP", rekey_back_rtcp },
		{ "a new key just where the counter wraps", rekey_at_wrap },
		{ "RTCP by the old key, overtaken by that of the new", rekey_overtaken_rtcp },
		{ "a new key that the sender is late with", rekey_late },
		{ "a new key that is used long after the counter has wrapped", rekey_far },
		{ "a new key that the sender never uses", rekey_never },
		{ "a new key, first for RTCP", rekey_rtcp_first },
		{ "a new key, first for a packet from before the wrap", rekey_before_wrap },
		{ "a new key, prepared and swapped", prepared },
		{ "how far the window reaches", window },
		{ "a plain party begins its sequence anew", begins_anew },
		{ "repeated packets are no new sequence", repeated },
	{ "keys that nothing comes by", unused },
		{ "floods of sources take no memory", floods },
		{ "more sources than streams", many_sources },
		{ "sources with RTCP are not put aside", many_with_rtcp },
	};

	return KTAP_RUN(points);
}
