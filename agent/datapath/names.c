// SPDX-License-Identifier: GPL-2.0
/* Words for the numbers of <linux/rtplane.h>. */
#include <stddef.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath.h"
#include "names.h"

static const char *const latches[] = {
	[RTPLANE_LATCH_OFF] = "off",
	[RTPLANE_LATCH_RESTRICTED] = "restricted",
	[RTPLANE_LATCH_LEARN] = "learn",
};

static const char *const states[] = {
	[RTPLANE_STATE_WAITING] = "waiting",
	[RTPLANE_STATE_PROBATION] = "probation",
	[RTPLANE_STATE_LOCKED] = "locked",
};

static const char *const dscp_modes[] = {
	[RTPLANE_DSCP_PRESERVE] = "preserve",
	[RTPLANE_DSCP_SET] = "set",
	[RTPLANE_DSCP_MAP] = "map",
};

static const char *const accepts[] = {
	[RTPLANE_ACCEPT_RTP] = "rtp",
	[RTPLANE_ACCEPT_ANY] = "any",
};

static const char *const unknowns[] = {
	[RTPLANE_UNKNOWN_PASS] = "pass",
	[RTPLANE_UNKNOWN_DROP] = "drop",
};

/* RTPLANE_NATMAP_A_FILTER */
static const char *const filters[] = { "endpoint", "address" };

static const char *const drops[] = {
	[RTPLANE_DROP_NO_REMOTE] = "no-remote",
	[RTPLANE_DROP_REFUSED] = "refused",
	[RTPLANE_DROP_PROBATION] = "probation",
	[RTPLANE_DROP_MARTIAN] = "martian",
	[RTPLANE_DROP_MALFORMED] = "malformed",
	[RTPLANE_DROP_CHECKSUM] = "checksum",
	[RTPLANE_DROP_UNKNOWN] = "unknown",
	[RTPLANE_DROP_PPS] = "pps",
	[RTPLANE_DROP_BPS] = "bps",
	[RTPLANE_DROP_TTL] = "ttl",
	[RTPLANE_DROP_NO_ROUTE] = "no-route",
	[RTPLANE_DROP_TOO_BIG] = "too-big",
	[RTPLANE_DROP_NOMEM] = "nomem",
	[RTPLANE_DROP_XMIT] = "xmit",
	[RTPLANE_DROP_SRTP_AUTH] = "srtp-auth",
	[RTPLANE_DROP_SRTP_REPLAY] = "srtp-replay",
	[RTPLANE_DROP_SRTP_FAIL] = "srtp-fail",
	[RTPLANE_DROP_SSRC] = "ssrc",
	[RTPLANE_DROP_BLOCKED] = "blocked",
};

static const char *const events[] = {
	[RTPLANE_EVENT_FIRST_PACKET] = "first-packet",
	[RTPLANE_EVENT_LATCH] = "latch",
	[RTPLANE_EVENT_REFUSED] = "refused",
	[RTPLANE_EVENT_SILENCE] = "silence",
	[RTPLANE_EVENT_RTCP] = "rtcp",
	[RTPLANE_EVENT_DTMF] = "dtmf",
	[RTPLANE_EVENT_SCAN] = "scan",
};

static const char *const reasons[] = {
	[RTPLANE_REASON_NONE] = "none",
	[RTPLANE_REASON_FIRST] = "first",
	[RTPLANE_REASON_PROBATION] = "probation",
	[RTPLANE_REASON_SILENCE] = "silence",
	[RTPLANE_REASON_SIGNALLED] = "signalled",
	[RTPLANE_REASON_PROVEN] = "proven",
	[RTPLANE_REASON_LOCKED] = "locked",
	[RTPLANE_REASON_ADDRESS] = "address",
	[RTPLANE_REASON_TIE] = "tie",
	[RTPLANE_REASON_CANDIDATE] = "candidate",
	[RTPLANE_REASON_EXACT] = "exact",
	[RTPLANE_REASON_FORMER] = "former",
	[RTPLANE_REASON_DEVICE] = "device",
};

static const char *const reason_texts[] = {
	[RTPLANE_REASON_NONE] = "",
	[RTPLANE_REASON_FIRST] = "the first source that the latch mode allows",
	[RTPLANE_REASON_PROBATION] = "it passed probation",
	[RTPLANE_REASON_SILENCE] = "the old remote was silent",
	[RTPLANE_REASON_SIGNALLED] = "signalling said so",
	[RTPLANE_REASON_PROVEN] = "an authenticated packet proved it",
	[RTPLANE_REASON_LOCKED] = "the leg is locked to another source",
	[RTPLANE_REASON_ADDRESS] = "not the signalled address or prefix",
	[RTPLANE_REASON_TIE] = "not the address of the RTP leg's remote",
	[RTPLANE_REASON_CANDIDATE] = "other candidates are in probation",
	[RTPLANE_REASON_EXACT] = "it is the signalled address and port itself",
	[RTPLANE_REASON_FORMER] = "it was the remote until signalling changed it",
	[RTPLANE_REASON_DEVICE] = "it did not come by a device that leads to it",
};

static const char *const onlies[] = {
	[RTPLANE_ONLY_BOTH] = "both",
	[RTPLANE_ONLY_RTP] = "rtp",
	[RTPLANE_ONLY_RTCP] = "rtcp",
};

static const char *const blocks[] = {
	[RTPLANE_BLOCK_NOTHING] = "nothing",
	[RTPLANE_BLOCK_DIGITS] = "digits",
	[RTPLANE_BLOCK_MEDIA] = "media",
};

/* RFC 4568 section 6.2, RFC 6188, RFC 7714; the bytes of key and salt */
static const char *const suites[] = {
	[RTPLANE_SRTP_NONE] = "none",
	[RTPLANE_SRTP_AES_128_CM_SHA1_80] = "AES_CM_128_HMAC_SHA1_80",
	[RTPLANE_SRTP_AES_128_CM_SHA1_32] = "AES_CM_128_HMAC_SHA1_32",
	[RTPLANE_SRTP_AES_256_CM_SHA1_80] = "AES_256_CM_HMAC_SHA1_80",
	[RTPLANE_SRTP_AES_256_CM_SHA1_32] = "AES_256_CM_HMAC_SHA1_32",
	[RTPLANE_SRTP_AES_128_GCM] = "AEAD_AES_128_GCM",
	[RTPLANE_SRTP_AES_256_GCM] = "AEAD_AES_256_GCM",
};

static const uint8_t suite_keys[__RTPLANE_SRTP_MAX] = {
	[RTPLANE_SRTP_AES_128_CM_SHA1_80] = 16 + 14,
	[RTPLANE_SRTP_AES_128_CM_SHA1_32] = 16 + 14,
	[RTPLANE_SRTP_AES_256_CM_SHA1_80] = 32 + 14,
	[RTPLANE_SRTP_AES_256_CM_SHA1_32] = 32 + 14,
	[RTPLANE_SRTP_AES_128_GCM] = 16 + 12,
	[RTPLANE_SRTP_AES_256_GCM] = 32 + 12,
};

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* a word that a newer header adds must not be forgotten here */
_Static_assert(ARRAY_LEN(latches) == __RTPLANE_LATCH_MAX, "latch words");
_Static_assert(ARRAY_LEN(states) == __RTPLANE_STATE_MAX, "state words");
_Static_assert(ARRAY_LEN(dscp_modes) == __RTPLANE_DSCP_MAX, "DSCP mode words");
_Static_assert(ARRAY_LEN(accepts) == __RTPLANE_ACCEPT_MAX, "accept words");
_Static_assert(ARRAY_LEN(unknowns) == __RTPLANE_UNKNOWN_MAX, "unknown words");
_Static_assert(ARRAY_LEN(drops) == __RTPLANE_DROP_MAX, "drop words");
_Static_assert(ARRAY_LEN(events) == __RTPLANE_EVENT_MAX, "event words");
_Static_assert(ARRAY_LEN(reasons) == __RTPLANE_REASON_MAX, "reason words");
_Static_assert(ARRAY_LEN(reason_texts) == __RTPLANE_REASON_MAX,
	       "reason sentences");
_Static_assert(ARRAY_LEN(onlies) == __RTPLANE_ONLY_MAX, "only words");
_Static_assert(ARRAY_LEN(blocks) == __RTPLANE_BLOCK_MAX, "block words");
_Static_assert(ARRAY_LEN(suites) == __RTPLANE_SRTP_MAX, "suite words");

#define NAME(table, value) \
	((value) < ARRAY_LEN(table) ? (table)[value] : "?")

const char *dp_latch_name(unsigned int latch)
{
	return NAME(latches, latch);
}

const char *dp_state_name(unsigned int state)
{
	return NAME(states, state);
}

const char *dp_dscp_mode_name(unsigned int mode)
{
	return NAME(dscp_modes, mode);
}

const char *dp_accept_name(unsigned int accept)
{
	return NAME(accepts, accept);
}

const char *dp_unknown_name(unsigned int unknown)
{
	return NAME(unknowns, unknown);
}

const char *dp_filter_name(unsigned int filter)
{
	return NAME(filters, filter);
}

const char *dp_drop_name(unsigned int drop)
{
	return NAME(drops, drop);
}

const char *dp_event_name(unsigned int event)
{
	return NAME(events, event);
}

const char *dp_reason_name(unsigned int reason)
{
	return NAME(reasons, reason);
}

const char *dp_reason_text(unsigned int reason)
{
	return NAME(reason_texts, reason);
}

const char *dp_only_name(unsigned int only)
{
	return NAME(onlies, only);
}

const char *dp_block_name(unsigned int block)
{
	return NAME(blocks, block);
}

const char *dp_srtp_suite_name(unsigned int suite)
{
	return NAME(suites, suite);
}

size_t dp_srtp_key_len(unsigned int suite)
{
	return suite < __RTPLANE_SRTP_MAX ? suite_keys[suite] : 0;
}

static bool parse(const char *const *table, size_t n, const char *word,
		  uint8_t *value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(table[i], word)) {
			*value = (uint8_t)i;
			return true;
		}
	}
	return false;
}

bool dp_latch_parse(const char *word, uint8_t *value)
{
	return parse(latches, ARRAY_LEN(latches), word, value);
}

bool dp_accept_parse(const char *word, uint8_t *value)
{
	return parse(accepts, ARRAY_LEN(accepts), word, value);
}

bool dp_unknown_parse(const char *word, uint8_t *value)
{
	return parse(unknowns, ARRAY_LEN(unknowns), word, value);
}

bool dp_filter_parse(const char *word, uint8_t *value)
{
	return parse(filters, ARRAY_LEN(filters), word, value);
}

bool dp_only_parse(const char *word, uint8_t *value)
{
	return parse(onlies, ARRAY_LEN(onlies), word, value);
}

bool dp_block_parse(const char *word, uint8_t *value)
{
	return parse(blocks, ARRAY_LEN(blocks), word, value);
}

bool dp_srtp_suite_parse(const char *word, uint8_t *value)
{
	uint8_t suite;

	if (!parse(suites, ARRAY_LEN(suites), word, &suite) ||
	    suite == RTPLANE_SRTP_NONE)
		return false;
	*value = suite;
	return true;
}
