// SPDX-License-Identifier: GPL-2.0
/* What the state of a leg consists of. */
#include <string.h>

#include "saved.h"

#define SAVED(name_, attr_, kind_, member_)					\
	{ .name = (name_), .attr = RTPLANE_SAVED_A_##attr_, .kind = (kind_),	\
	  .at = offsetof(struct dp_saved, member_) }
#define RTP(name_, attr_, kind_, member_)					\
	{ .name = (name_), .attr = RTPLANE_SAVED_RTP_A_##attr_, .kind = (kind_), \
	  .at = offsetof(struct dp_saved_rtp, member_) }
#define RTCP(name_, attr_, kind_, member_)					\
	{ .name = (name_), .attr = RTPLANE_RTCP_A_##attr_, .kind = (kind_),	\
	  .at = offsetof(struct dp_rtcp, member_) }
#define SOURCE(name_, attr_, kind_, member_)					\
	{ .name = (name_), .attr = RTPLANE_SOURCE_A_##attr_, .kind = (kind_),	\
	  .at = offsetof(struct dp_source, member_) }

const struct dp_member dp_saved_members[] = {
	SAVED("version", VERSION, DP_U32, version),
	SAVED("age", AGE, DP_U64, age),
	SAVED("remote", REMOTE, DP_ADDR, remote),
	SAVED("reason", REASON, DP_REASON, reason),
	SAVED("since", SINCE, DP_U64, since),
	SAVED("former", FORMER, DP_ADDR, former),
	SAVED("former_left", FORMER_LEFT, DP_U64, former_left),
	SAVED("fresh", FRESH, DP_FLAG, fresh),
	SAVED("quiet", QUIET, DP_U64, quiet),
	SAVED("started", STARTED, DP_U64, started),
	SAVED("pps_debt", PPS_DEBT, DP_U64, pps_debt),
	SAVED("bps_debt", BPS_DEBT, DP_U64, bps_debt),
	SAVED("rx_packets", RX_PACKETS, DP_U64, rx_packets),
	SAVED("rx_bytes", RX_BYTES, DP_U64, rx_bytes),
	SAVED("tx_packets", TX_PACKETS, DP_U64, tx_packets),
	SAVED("tx_bytes", TX_BYTES, DP_U64, tx_bytes),
	SAVED("passed", PASSED, DP_U64, passed),
	SAVED("rtcp_packets", RTCP_PACKETS, DP_U64, rtcp_packets),
	SAVED("latches", LATCHES, DP_U32, latches),
	{}
};

const struct dp_member dp_saved_rtp_members[] = {
	RTP("ssrc", SSRC, DP_U32, ssrc),
	RTP("pt", PT, DP_U8, pt),
	RTP("packets", PACKETS, DP_U64, packets),
	RTP("ssrc_changes", SSRC_CHANGES, DP_U32, ssrc_changes),
	RTP("out_of_order", OUT_OF_ORDER, DP_U32, out_of_order),
	RTP("duplicates", DUPLICATES, DP_U32, duplicates),
	RTP("lost_before", LOST_BEFORE, DP_U32, lost_before),
	RTP("base", BASE, DP_U32, base),
	RTP("highest", HIGHEST, DP_U32, highest),
	RTP("unique", UNIQUE, DP_U32, unique),
	RTP("seen", SEEN, DP_U64, seen),
	RTP("jitter", JITTER, DP_U32, jitter),
	RTP("jitter_max", JITTER_MAX, DP_U32, jitter_max),
	RTP("timestamp", TIMESTAMP, DP_U32, timestamp),
	{}
};

const struct dp_member dp_saved_rtcp_members[] = {
	RTCP("reports", REPORTS, DP_U32, reports),
	RTCP("ssrc", SSRC, DP_U32, ssrc),
	RTCP("fraction_lost", FRACTION_LOST, DP_U8, fraction_lost),
	RTCP("lost", LOST, DP_S32, lost),
	RTCP("jitter", JITTER, DP_U32, jitter),
	RTCP("rtt", RTT, DP_U32, rtt),
	{}
};

/* the indices have flags that say whether they are there, the window is no number */
const struct dp_member dp_saved_source_members[] = {
	SOURCE("ssrc", SSRC, DP_U32, ssrc),
	SOURCE("carried", CARRIED, DP_FLAG, carried),
	SOURCE("shift", SHIFT, DP_U16, shift),
	{}
};

size_t dp_member_size(const struct dp_member *m)
{
	switch (m->kind) {
	case DP_U8:
	case DP_REASON:
		return 1;
	case DP_U16:
		return 2;
	case DP_U32:
	case DP_S32:
		return 4;
	case DP_U64:
		return 8;
	default:
		return 0;
	}
}

uint64_t dp_member_get(const struct dp_member *m, const void *from)
{
	const void *at = (const char *)from + m->at;

	switch (m->kind) {
	case DP_U8:
	case DP_REASON:
		return *(const uint8_t *)at;
	case DP_U16:
		return *(const uint16_t *)at;
	case DP_U32:
	case DP_S32:
		return *(const uint32_t *)at;
	case DP_U64:
		return *(const uint64_t *)at;
	case DP_FLAG:
		return *(const bool *)at;
	default:
		return 0;
	}
}

void dp_member_set(const struct dp_member *m, void *to, uint64_t value)
{
	void *at = (char *)to + m->at;

	switch (m->kind) {
	case DP_U8:
	case DP_REASON:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case DP_U16:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case DP_U32:
	case DP_S32:
		*(uint32_t *)at = (uint32_t)value;
		break;
	case DP_U64:
		*(uint64_t *)at = value;
		break;
	case DP_FLAG:
		*(bool *)at = value;
		break;
	}
}
