/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protected legs for pktfuzz: what is sent to them is protected by libsrtp2, and what
 * they send is opened by it.
 *
 * Three calls, all towards 198.51.100.1: RTP that leaves as SRTP, SRTP that leaves as
 * RTP, and SRTP with an identifier from IPv6 that leaves as SRTP of another suite.  The
 * keys are those of fuzz_packet.sh, which makes the legs anew for each run: an oracle
 * begins where its leg does.
 *
 * What arrives protected is opened here too, by a session that sees only what the
 * module sent on: it must authenticate, must not have been here, and is what must leave.
 */
#ifndef RTPLANE_SELFTESTS_FUZZSRTP_H
#define RTPLANE_SELFTESTS_FUZZSRTP_H

#include "fuzzgen.h"
#include "srtpkit.h"

#define SECURED_CALLS	3
#define SECURED_NONE	KIT_SUITES
/* so that nothing leaves in pieces, which nobody here would put together */
#define SECURED_MAX	1400

/**
 * struct secured - a call with protection
 * @port: of the leg where it arrives; the source's is 10000 above
 * @src: by which it leaves
 * @rx: suite of what arrives, an index of kit_suites; SECURED_NONE: in the clear
 * @tx: of what leaves
 * @mki: @rx has an identifier
 * @seq: the sequence number of the last frame for it
 * @seal: the other party's session
 * @open: its mirror: what the module opened
 * @out: the receiver's session
 */
struct secured {
	uint16_t port;
	const char *src;
	size_t rx, tx;
	bool mki;
	uint16_t seq;
	srtp_t seal, open, out;
};

static struct secured secured_calls[SECURED_CALLS] = {
	{ .port = 30050, .src = "198.51.100.254:30052", .rx = SECURED_NONE, .tx = 0 },
	{ .port = 30060, .src = "198.51.100.254:30062", .rx = 4, .tx = SECURED_NONE },
	{ .port = 30070, .src = "198.51.100.254:30072", .rx = 0, .tx = 5, .mki = true },
};

/* Key and identifier: the numbers from @first on. */
static inline srtp_t secured_session(size_t suite, uint8_t first, bool mki, srtp_ssrc_type_t type)
{
	uint8_t key[KIT_KEY_MAX], id[4] = { 1, 2, 3, 4 };
	srtp_master_key_t master = { .key = key, .mki_id = id, .mki_size = sizeof(id) };
	srtp_master_key_t *masters = &master;
	srtp_policy_t policy = { .ssrc = { .type = type }, .window_size = 1024 };
	srtp_t srtp = NULL;
	size_t i;

	if (suite == SECURED_NONE)
		return NULL;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(first + i);
	kit_suites[suite].rtp(&policy.rtp);
	kit_suites[suite].rtcp(&policy.rtcp);
	policy.key = mki ? NULL : key;
	policy.keys = mki ? &masters : NULL;
	policy.num_master_keys = mki;
	if (srtp_create(&srtp, &policy))
		die("libsrtp2 takes no key of %s", kit_suites[suite].name);
	return srtp;
}

static inline void secured_begin(void)
{
	struct secured *s;

	if (srtp_init())
		die("libsrtp2 cannot be started");
	for (s = secured_calls; s < secured_calls + SECURED_CALLS; s++) {
		s->seal = secured_session(s->rx, 0x01, s->mki, ssrc_any_outbound);
		s->open = secured_session(s->rx, 0x01, s->mki, ssrc_any_inbound);
		s->out = secured_session(s->tx, 0x81, false, ssrc_any_inbound);
	}
}

/*
 * Protect a payload in place, if it is one that can be.  Returns its length.  libsrtp2
 * takes whole words only, and refuses a number that it had.
 */
static inline size_t secured_seal(struct secured *s, uint8_t *p, size_t len)
{
	_Alignas(8) static uint8_t buf[TAP_FRAME_MAX];
	int n = (int)len, err;

	if (!s->seal || len < 12 || p[0] >> 6 != 2)
		return len;
	memcpy(buf, p, len);
	if (kit_is_rtcp(buf, n))
		err = srtp_protect_rtcp_mki(s->seal, buf, &n, s->mki, 0);
	else
		err = srtp_protect_mki(s->seal, buf, &n, s->mki, 0);
	if (err)
		return len;
	memcpy(p, buf, (size_t)n);
	return (size_t)n;
}

/* The payload of a frame for one of these calls, if it is; fuzz_seal. */
static inline size_t secured_payload(const struct fuzz_flow *fl, uint8_t *p, size_t len)
{
	struct secured *s;

	for (s = secured_calls; s < secured_calls + SECURED_CALLS; s++) {
		if (fl->dport != s->port)
			continue;
		len = len < SECURED_MAX ? len : SECURED_MAX;
		/* in the clear a number may be any; else the rollover counter would be lost */
		if (s->seal && len >= 12 && !kit_is_rtcp(p, (int)len))
			put16(p + 2, chance(90) ? ++s->seq : (uint16_t)(s->seq - rnd(20)));
		return secured_seal(s, p, len);
	}
	return len;
}

static inline bool secured_open(srtp_t srtp, bool mki, uint8_t *buf, size_t *len)
{
	int n = (int)*len, err;

	if (*len < 12)
		return false;
	err = kit_is_rtcp(buf, n) ? srtp_unprotect_rtcp_mki(srtp, buf, &n, mki) :
				    srtp_unprotect_mki(srtp, buf, &n, mki);
	*len = (size_t)n;
	return !err;
}

/* which of them leaves from @src, or NULL */
static inline struct secured *secured_from(const char *src)
{
	struct secured *s;

	for (s = secured_calls; s < secured_calls + SECURED_CALLS; s++)
		if (!strcmp(src, s->src))
			return s;
	return NULL;
}

/* Is @text what was sent?  Out of a train it is some part of it. */
static inline bool secured_same(const struct secured *s, const uint8_t *text, size_t len,
				const uint8_t *sent, size_t sent_len, bool train)
{
	if (train)
		return len >= 4 && memmem(sent, sent_len, text + 4, len - 4);
	/* a sequence that began anew leaves by other numbers */
	return len == sent_len && len >= 4 && !memcmp(text, sent, 2) &&
	       (s->tx != SECURED_NONE || !memcmp(text + 2, sent + 2, 2)) &&
	       !memcmp(text + 4, sent + 4, len - 4);
}

/**
 * secured_judge() - is what left by a protected leg right?
 * @s: of which call
 * @text: its payload; in the clear on return
 * @len: bytes of that
 * @sent: payload of the frame that was sent
 * @sent_len: bytes of that
 * @train: the frame was a train
 *
 * Return: what is wrong, or NULL.
 */
static inline const char *secured_judge(struct secured *s, uint8_t *text, size_t *len,
					const uint8_t *sent, size_t sent_len, bool train)
{
	_Alignas(8) static uint8_t opened[TAP_FRAME_MAX];

	if (s->out && !secured_open(s->out, false, text, len))
		return "libsrtp2 does not open what left";
	if (s->open) {
		memcpy(opened, sent, sent_len);
		if (!secured_open(s->open, s->mki, opened, &sent_len))
			return "what is not authentic, or was here, was sent on";
		sent = opened;
	}
	return secured_same(s, text, *len, sent, sent_len, train) ?
	       NULL : "the payload is not the one that was sent";
}

#endif /* RTPLANE_SELFTESTS_FUZZSRTP_H */
