// SPDX-License-Identifier: GPL-2.0
/* Which attributes the contract knows, and what may be in them. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netlink/genl/genl.h>
#include <stdarg.h>
#include <stdio.h>

#include "serve_ask.h"

/**
 * enum kind - what an attribute holds
 * @NONE: it is never sent
 * @U8: a number, at most the rule's max
 * @U16: a number
 * @U32: a number
 * @U64: a number
 * @FLAG: nothing
 * @BYTES: so many bytes as the rule's max says
 * @UPTO: so many bytes as the rule's max says at most
 * @NEST: attributes by rules of their own
 * @ANY: whatever; no command that is served looks at it
 * @TOLD: what only the datapath tells
 */
enum kind {
	NONE,
	U8,
	U16,
	U32,
	U64,
	FLAG,
	BYTES,
	UPTO,
	NEST,
	ANY,
	TOLD,
};

/**
 * struct rule - what may be in an attribute
 * @kind: enum kind
 * @max: see enum kind
 * @nest: rules of a nest, by attribute type
 * @types: the highest type in @nest
 */
struct rule {
	uint8_t kind;
	uint8_t max;
	const struct rule *nest;
	int types;
};

#define NESTED(rules) \
	{ .kind = NEST, .nest = (rules), \
	  .types = sizeof(rules) / sizeof((rules)[0]) - 1 }

static const struct rule ep_rules[RTPLANE_EP_A_MAX + 1] = {
	[RTPLANE_EP_A_IPV4] = { U32 },
	[RTPLANE_EP_A_IPV6] = { BYTES, sizeof(struct in6_addr) },
	[RTPLANE_EP_A_PORT] = { U16 },
	[RTPLANE_EP_A_RTCP] = { FLAG },
	[RTPLANE_EP_A_LINE] = { U8 },
	[RTPLANE_EP_A_CALL] = { U16 },
};

static const struct rule source_rules[RTPLANE_SOURCE_A_MAX + 1] = {
	[RTPLANE_SOURCE_A_SSRC] = { U32 },
	[RTPLANE_SOURCE_A_INDEX] = { U64 },
	[RTPLANE_SOURCE_A_RTCP_INDEX] = { U32 },
	[RTPLANE_SOURCE_A_WINDOW] = { BYTES, RTPLANE_SRTP_WINDOW_LEN },
	[RTPLANE_SOURCE_A_CARRIED] = { FLAG },
	[RTPLANE_SOURCE_A_SHIFT] = { U16 },
	[RTPLANE_SOURCE_A_RTCP_WINDOW] = { BYTES, RTPLANE_SRTCP_WINDOW_LEN },
};

static const struct rule srtp_rules[RTPLANE_SRTP_A_MAX + 1] = {
	[RTPLANE_SRTP_A_SUITE] = { U8, RTPLANE_SRTP_MAX },
	[RTPLANE_SRTP_A_KEY] = { UPTO, RTPLANE_SRTP_KEY_MAX },
	[RTPLANE_SRTP_A_MKI] = { UPTO, RTPLANE_SRTP_MKI_MAX },
	[RTPLANE_SRTP_A_FRESH] = { FLAG },
	[RTPLANE_SRTP_A_SOURCE] = NESTED(source_rules),
};

static const struct rule drops_rules[__RTPLANE_DROP_MAX + 1] = {
	[1 ... __RTPLANE_DROP_MAX] = { U64 },
};

static const struct rule dscp_seen_rules[RTPLANE_DSCP_MAP_LEN + 1] = {
	[1 ... RTPLANE_DSCP_MAP_LEN] = { U64 },
};

static const struct rule saved_rtp_rules[RTPLANE_SAVED_RTP_A_MAX + 1] = {
	[RTPLANE_SAVED_RTP_A_SSRC] = { U32 },
	[RTPLANE_SAVED_RTP_A_PT] = { U8, 127 },
	[RTPLANE_SAVED_RTP_A_PACKETS] = { U64 },
	[RTPLANE_SAVED_RTP_A_SSRC_CHANGES] = { U32 },
	[RTPLANE_SAVED_RTP_A_OUT_OF_ORDER] = { U32 },
	[RTPLANE_SAVED_RTP_A_DUPLICATES] = { U32 },
	[RTPLANE_SAVED_RTP_A_LOST_BEFORE] = { U32 },
	[RTPLANE_SAVED_RTP_A_BASE] = { U32 },
	[RTPLANE_SAVED_RTP_A_HIGHEST] = { U32 },
	[RTPLANE_SAVED_RTP_A_UNIQUE] = { U32 },
	[RTPLANE_SAVED_RTP_A_SEEN] = { U64 },
	[RTPLANE_SAVED_RTP_A_JITTER] = { U32 },
	[RTPLANE_SAVED_RTP_A_JITTER_MAX] = { U32 },
	[RTPLANE_SAVED_RTP_A_TIMESTAMP] = { U32 },
};

static const struct rule rtcp_rules[RTPLANE_RTCP_A_MAX + 1] = {
	[RTPLANE_RTCP_A_REPORTS] = { U32 },
	[RTPLANE_RTCP_A_SSRC] = { U32 },
	[RTPLANE_RTCP_A_FRACTION_LOST] = { U8, UINT8_MAX },
	[RTPLANE_RTCP_A_LOST] = { U32 },
	[RTPLANE_RTCP_A_JITTER] = { U32 },
	[RTPLANE_RTCP_A_RTT] = { U32 },
};

static const struct rule saved_rules[RTPLANE_SAVED_A_MAX + 1] = {
	[RTPLANE_SAVED_A_VERSION] = { U32 },
	[RTPLANE_SAVED_A_AGE] = { U64 },
	[RTPLANE_SAVED_A_REMOTE] = NESTED(ep_rules),
	[RTPLANE_SAVED_A_REASON] = { U8, RTPLANE_REASON_MAX },
	[RTPLANE_SAVED_A_SINCE] = { U64 },
	[RTPLANE_SAVED_A_FORMER] = NESTED(ep_rules),
	[RTPLANE_SAVED_A_FORMER_LEFT] = { U64 },
	[RTPLANE_SAVED_A_FRESH] = { FLAG },
	[RTPLANE_SAVED_A_KNOWN] = { U32 },
	[RTPLANE_SAVED_A_QUIET] = { U64 },
	[RTPLANE_SAVED_A_STARTED] = { U64 },
	[RTPLANE_SAVED_A_PPS_DEBT] = { U64 },
	[RTPLANE_SAVED_A_BPS_DEBT] = { U64 },
	[RTPLANE_SAVED_A_RX_PACKETS] = { U64 },
	[RTPLANE_SAVED_A_RX_BYTES] = { U64 },
	[RTPLANE_SAVED_A_TX_PACKETS] = { U64 },
	[RTPLANE_SAVED_A_TX_BYTES] = { U64 },
	[RTPLANE_SAVED_A_PASSED] = { U64 },
	[RTPLANE_SAVED_A_RTCP_PACKETS] = { U64 },
	[RTPLANE_SAVED_A_LATCHES] = { U32 },
	[RTPLANE_SAVED_A_DROPS] = NESTED(drops_rules),
	[RTPLANE_SAVED_A_DSCP_SEEN] = NESTED(dscp_seen_rules),
	[RTPLANE_SAVED_A_RTP] = NESTED(saved_rtp_rules),
	[RTPLANE_SAVED_A_RTCP] = NESTED(rtcp_rules),
	[RTPLANE_SAVED_A_RX_SOURCE] = NESTED(source_rules),
	[RTPLANE_SAVED_A_TX_SOURCE] = NESTED(source_rules),
};

static const struct rule copy_rules[RTPLANE_COPY_A_MAX + 1] = {
	[RTPLANE_COPY_A_FROM] = NESTED(ep_rules),
	[RTPLANE_COPY_A_TO] = NESTED(ep_rules),
	[RTPLANE_COPY_A_ONLY] = { U8, RTPLANE_ONLY_MAX },
	[RTPLANE_COPY_A_PACKETS] = { TOLD },
	[RTPLANE_COPY_A_BYTES] = { TOLD },
	[RTPLANE_COPY_A_DROPPED] = { TOLD },
};

static const struct rule leg_rules[RTPLANE_LEG_A_MAX + 1] = {
	[RTPLANE_LEG_A_LOCAL] = NESTED(ep_rules),
	[RTPLANE_LEG_A_REMOTE] = NESTED(ep_rules),
	[RTPLANE_LEG_A_LATCH] = { U8, RTPLANE_LATCH_MAX },
	[RTPLANE_LEG_A_PREFIX] = { U8, 128 },
	[RTPLANE_LEG_A_PROBATION] = { U8, RTPLANE_PROBATION_MAX },
	[RTPLANE_LEG_A_EARLY] = { U8, 1 },
	[RTPLANE_LEG_A_RELATCH] = { U32 },
	[RTPLANE_LEG_A_TIE] = NESTED(ep_rules),
	[RTPLANE_LEG_A_DSCP_MODE] = { U8, RTPLANE_DSCP_MAX },
	[RTPLANE_LEG_A_DSCP] = { U8, RTPLANE_DSCP_MAP_LEN - 1 },
	[RTPLANE_LEG_A_DSCP_MAP] = { BYTES, RTPLANE_DSCP_MAP_LEN },
	[RTPLANE_LEG_A_ACCEPT] = { U8, RTPLANE_ACCEPT_MAX },
	[RTPLANE_LEG_A_UNKNOWN] = { U8, RTPLANE_UNKNOWN_MAX },
	[RTPLANE_LEG_A_PPS] = { U32 },
	[RTPLANE_LEG_A_BPS] = { U64 },
	[RTPLANE_LEG_A_MARK] = { U32 },
	[RTPLANE_LEG_A_OIF] = { U32 },
	[RTPLANE_LEG_A_SILENCE] = { U32 },
	[RTPLANE_LEG_A_UNLATCH] = { FLAG },
	[RTPLANE_LEG_A_PROVEN] = NESTED(ep_rules),
	[RTPLANE_LEG_A_COOKIE] = { U64 },
	[RTPLANE_LEG_A_PEER] = { TOLD },
	[RTPLANE_LEG_A_STATE] = { TOLD },
	[RTPLANE_LEG_A_LATCHED] = { TOLD },
	[RTPLANE_LEG_A_COUNTERS] = { TOLD },
	[RTPLANE_LEG_A_DROPS] = { TOLD },
	[RTPLANE_LEG_A_RTP] = { TOLD },
	[RTPLANE_LEG_A_RTCP] = { TOLD },
	[RTPLANE_LEG_A_DSCP_SEEN] = { TOLD },
	[RTPLANE_LEG_A_OFFENDER] = { TOLD },
	[RTPLANE_LEG_A_OFFENSES] = { TOLD },
	[RTPLANE_LEG_A_MOVED] = { FLAG },
	[RTPLANE_LEG_A_SSRC_GUARD] = { U8, 1 },
	[RTPLANE_LEG_A_SRTP_RX] = NESTED(srtp_rules),
	[RTPLANE_LEG_A_SRTP_TX] = NESTED(srtp_rules),
	[RTPLANE_LEG_A_ONLY] = { U8, RTPLANE_ONLY_MAX },
	[RTPLANE_LEG_A_GENERATION] = { TOLD },
	[RTPLANE_LEG_A_SAVED] = NESTED(saved_rules),
	[RTPLANE_LEG_A_DIGITS] = { U32 },
	[RTPLANE_LEG_A_BLOCK] = { U8, RTPLANE_BLOCK_MAX },
	[RTPLANE_LEG_A_MUTE] = { U8, 1 },
	[RTPLANE_LEG_A_COPY] = NESTED(copy_rules),
	[RTPLANE_LEG_A_NO_COPY] = { FLAG },
};

static const struct rule bridge_rules[RTPLANE_BRIDGE_A_MAX + 1] = {
	[RTPLANE_BRIDGE_A_COOKIE] = { U64 },
	[RTPLANE_BRIDGE_A_LEG] = NESTED(leg_rules),
	[RTPLANE_BRIDGE_A_ALL] = { FLAG },
};

static const struct rule top_rules[RTPLANE_A_MAX + 1] = {
	[RTPLANE_A_DEV] = { ANY },
	[RTPLANE_A_BRIDGE] = NESTED(bridge_rules),
	[RTPLANE_A_LEG] = NESTED(leg_rules),
	[RTPLANE_A_NATMAP] = { ANY },
	[RTPLANE_A_STATS] = { TOLD },
	[RTPLANE_A_EVENT] = { TOLD },
	[RTPLANE_A_SCAN] = { ANY },
};

int serve_refuse(struct serve_ask *ask, const struct nlattr *at, int code,
		 const char *fmt, ...)
{
	va_list args;

	ask->at = at;
	ask->err.code = code;
	va_start(args, fmt);
	vsnprintf(ask->err.text, sizeof(ask->err.text), fmt, args);
	va_end(args);
	return -code;
}

static int check_length(struct serve_ask *ask, const struct nlattr *at,
			int want)
{
	if (nla_len(at) == want)
		return 0;
	return serve_refuse(ask, at, EINVAL,
			    "the attribute length is %d bytes, expected %d",
			    nla_len(at), want);
}

static int check_u8(struct serve_ask *ask, const struct nlattr *at,
		    unsigned int max)
{
	int ret = check_length(ask, at, 1);

	if (ret || nla_get_u8((struct nlattr *)(uintptr_t)at) <= max)
		return ret;
	return serve_refuse(ask, at, ERANGE,
			    "the value %u is out of range: expected 0 to %u",
			    nla_get_u8((struct nlattr *)(uintptr_t)at), max);
}

static int check_upto(struct serve_ask *ask, const struct nlattr *at, int most)
{
	if (nla_len(at) <= most)
		return 0;
	return serve_refuse(ask, at, ERANGE,
			    "the attribute has %d bytes, expected at most %d",
			    nla_len(at), most);
}

static int check_bytes(struct serve_ask *ask, const struct nlattr *at, int want)
{
	if (nla_len(at) == want)
		return 0;
	return serve_refuse(ask, at, ERANGE,
			    "the attribute has %d bytes, expected %d",
			    nla_len(at), want);
}

static int check_all(struct serve_ask *ask, const struct nlattr *head, int len,
		     const struct rule *rules, int types);

static int check_nest(struct serve_ask *ask, const struct nlattr *at,
		      const struct rule *rule)
{
	if (!(at->nla_type & NLA_F_NESTED))
		return serve_refuse(ask, at, EINVAL,
				    "the attribute must be marked as nested");
	return check_all(ask, nla_data(at), nla_len(at), rule->nest,
			 rule->types);
}

static int check_one(struct serve_ask *ask, const struct nlattr *at,
		     const struct rule *rule)
{
	if (rule->kind != NEST && rule->kind != ANY && rule->kind != NONE &&
	    at->nla_type & NLA_F_NESTED)
		return serve_refuse(ask, at, EINVAL,
				    rule->kind == TOLD ?
				    "the attribute is read only" :
				    "the attribute must not be marked as nested");
	switch (rule->kind) {
	case U8:
		return check_u8(ask, at, rule->max);
	case U16:
		return check_length(ask, at, sizeof(uint16_t));
	case U32:
		return check_length(ask, at, sizeof(uint32_t));
	case U64:
		return check_length(ask, at, sizeof(uint64_t));
	case FLAG:
		return check_bytes(ask, at, 0);
	case BYTES:
		return check_bytes(ask, at, rule->max);
	case UPTO:
		return check_upto(ask, at, rule->max);
	case NEST:
		return check_nest(ask, at, rule);
	case ANY:
		return 0;
	case TOLD:
		return serve_refuse(ask, at, EINVAL,
				    "the attribute is read only");
	default:
		return serve_refuse(ask, at, EINVAL,
				    "unknown attribute %d", nla_type(at));
	}
}

/* The depth is that of the rules, whatever was sent. */
static int check_all(struct serve_ask *ask, const struct nlattr *head, int len,
		     const struct rule *rules, int types)
{
	static const struct rule none = { NONE };
	const struct nlattr *at;
	int rem;
	int ret;

	nla_for_each_attr(at, head, len, rem) {
		ret = check_one(ask, at, nla_type(at) <= types ?
				&rules[nla_type(at)] : &none);
		if (ret)
			return ret;
	}
	if (rem > 0)
		return serve_refuse(ask, NULL, EINVAL,
				    "%d bytes are left over after the last attribute",
				    rem);
	return 0;
}

int serve_check(struct serve_ask *ask)
{
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);

	return check_all(ask, genlmsg_attrdata(hdr, 0),
			 genlmsg_attrlen(hdr, 0), top_rules, RTPLANE_A_MAX);
}
