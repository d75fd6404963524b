/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * A part of <linux/rtplane.h>, which includes it: the state of a leg as it is told
 * and taken, so that a leg goes on elsewhere (RTPLANE_LEG_A_SAVED).
 */
#ifndef _UAPI_LINUX_RTPLANE_SAVED_H
#define _UAPI_LINUX_RTPLANE_SAVED_H

#define RTPLANE_SAVED_VERSION	1
#define RTPLANE_SAVED_KNOWN_MAX	4

/**
 * enum rtplane_saved_attr - the state of a leg, to go on elsewhere
 * @RTPLANE_SAVED_A_UNSPEC: never sent
 * @RTPLANE_SAVED_A_PAD: padding of the 64-bit attributes
 * @RTPLANE_SAVED_A_VERSION: u32, RTPLANE_SAVED_VERSION; required
 * @RTPLANE_SAVED_A_AGE: u64, ns since it was told; in a request, for times to go on; default 0
 * @RTPLANE_SAVED_A_REMOTE: endpoint, the remote that is committed; absent: none
 * @RTPLANE_SAVED_A_REASON: u8 of &enum rtplane_reason, how it was: one of those of a latch;
 *	required with REMOTE
 * @RTPLANE_SAVED_A_SINCE: u64, ns since then
 * @RTPLANE_SAVED_A_FORMER: endpoint, the remote until signalling said otherwise
 * @RTPLANE_SAVED_A_FORMER_LEFT: u64, ns for which FORMER cannot be learned yet
 * @RTPLANE_SAVED_A_FRESH: flag: no RTP of the remote came yet, so nothing is known of its SSRC
 * @RTPLANE_SAVED_A_KNOWN: u32, up to RTPLANE_SAVED_KNOWN_MAX times: an SSRC of the remote that
 *	has passed, its first one first
 * @RTPLANE_SAVED_A_QUIET: u64, ns since the last packet was accepted, or the leg was made
 * @RTPLANE_SAVED_A_STARTED: u64, ns since the first packet was accepted
 * @RTPLANE_SAVED_A_PPS_DEBT: u64, ns by which the sender is ahead of the packet rate
 * @RTPLANE_SAVED_A_BPS_DEBT: u64, ns by which it is ahead of the bit rate
 * @RTPLANE_SAVED_A_RX_PACKETS: u64, as RTPLANE_COUNT_A_RX_PACKETS
 * @RTPLANE_SAVED_A_RX_BYTES: u64, their IP bytes
 * @RTPLANE_SAVED_A_TX_PACKETS: u64, packets sent to the remote
 * @RTPLANE_SAVED_A_TX_BYTES: u64, their IP bytes
 * @RTPLANE_SAVED_A_PASSED: u64, packets left to the stack
 * @RTPLANE_SAVED_A_RTCP_PACKETS: u64, of RX_PACKETS those that were RTCP
 * @RTPLANE_SAVED_A_LATCHES: u32, times a remote was committed
 * @RTPLANE_SAVED_A_DROPS: nest as RTPLANE_LEG_A_DROPS
 * @RTPLANE_SAVED_A_DSCP_SEEN: nest as RTPLANE_LEG_A_DSCP_SEEN
 * @RTPLANE_SAVED_A_RTP: nest of &enum rtplane_saved_rtp_attr
 * @RTPLANE_SAVED_A_RTCP: nest of &enum rtplane_rtcp_attr
 * @RTPLANE_SAVED_A_RX_SOURCE: nest of &enum rtplane_source_attr, up to RTPLANE_SRTP_SSRCS_MAX
 *	times: where the key stands of what arrives; needs RTPLANE_LEG_A_SRTP_RX with the key
 * @RTPLANE_SAVED_A_TX_SOURCE: the same of what leaves
 *
 * What is absent is 0 or none.  All times are relative, so that they hold on another host.
 * Who is on probation is not told, nor what is held of him: he begins anew.
 */
enum rtplane_saved_attr {
	RTPLANE_SAVED_A_UNSPEC,
	RTPLANE_SAVED_A_PAD,
	RTPLANE_SAVED_A_VERSION,
	RTPLANE_SAVED_A_AGE,
	RTPLANE_SAVED_A_REMOTE,
	RTPLANE_SAVED_A_REASON,
	RTPLANE_SAVED_A_SINCE,
	RTPLANE_SAVED_A_FORMER,
	RTPLANE_SAVED_A_FORMER_LEFT,
	RTPLANE_SAVED_A_FRESH,
	RTPLANE_SAVED_A_KNOWN,
	RTPLANE_SAVED_A_QUIET,
	RTPLANE_SAVED_A_STARTED,
	RTPLANE_SAVED_A_PPS_DEBT,
	RTPLANE_SAVED_A_BPS_DEBT,
	RTPLANE_SAVED_A_RX_PACKETS,
	RTPLANE_SAVED_A_RX_BYTES,
	RTPLANE_SAVED_A_TX_PACKETS,
	RTPLANE_SAVED_A_TX_BYTES,
	RTPLANE_SAVED_A_PASSED,
	RTPLANE_SAVED_A_RTCP_PACKETS,
	RTPLANE_SAVED_A_LATCHES,
	RTPLANE_SAVED_A_DROPS,
	RTPLANE_SAVED_A_DSCP_SEEN,
	RTPLANE_SAVED_A_RTP,
	RTPLANE_SAVED_A_RTCP,
	RTPLANE_SAVED_A_RX_SOURCE,
	RTPLANE_SAVED_A_TX_SOURCE,

	__RTPLANE_SAVED_A_MAX,
	RTPLANE_SAVED_A_MAX = __RTPLANE_SAVED_A_MAX - 1
};

/**
 * enum rtplane_saved_rtp_attr - where a receiver of RTP stands (RFC 3550 A.1, A.8)
 * @RTPLANE_SAVED_RTP_A_UNSPEC: never sent
 * @RTPLANE_SAVED_RTP_A_PAD: padding
 * @RTPLANE_SAVED_RTP_A_SSRC: u32, the SSRC that is followed; required
 * @RTPLANE_SAVED_RTP_A_PT: u8, its payload type, 0 to 127
 * @RTPLANE_SAVED_RTP_A_PACKETS: u64, RTP packets, all SSRCs
 * @RTPLANE_SAVED_RTP_A_SSRC_CHANGES: u32
 * @RTPLANE_SAVED_RTP_A_OUT_OF_ORDER: u32
 * @RTPLANE_SAVED_RTP_A_DUPLICATES: u32
 * @RTPLANE_SAVED_RTP_A_LOST_BEFORE: u32, packets lost before the present run began
 * @RTPLANE_SAVED_RTP_A_BASE: u32, extended sequence number that the run began with
 * @RTPLANE_SAVED_RTP_A_HIGHEST: u32, the highest extended sequence number
 * @RTPLANE_SAVED_RTP_A_UNIQUE: u32, packets of the run without those that came again
 * @RTPLANE_SAVED_RTP_A_SEEN: u64, bit n: number HIGHEST - n has come
 * @RTPLANE_SAVED_RTP_A_JITTER: u32, interarrival jitter in 1/16 of the RTP clock's units
 * @RTPLANE_SAVED_RTP_A_JITTER_MAX: u32, the largest so far
 * @RTPLANE_SAVED_RTP_A_TIMESTAMP: u32, that of a packet that would come now, in time
 */
enum rtplane_saved_rtp_attr {
	RTPLANE_SAVED_RTP_A_UNSPEC,
	RTPLANE_SAVED_RTP_A_PAD,
	RTPLANE_SAVED_RTP_A_SSRC,
	RTPLANE_SAVED_RTP_A_PT,
	RTPLANE_SAVED_RTP_A_PACKETS,
	RTPLANE_SAVED_RTP_A_SSRC_CHANGES,
	RTPLANE_SAVED_RTP_A_OUT_OF_ORDER,
	RTPLANE_SAVED_RTP_A_DUPLICATES,
	RTPLANE_SAVED_RTP_A_LOST_BEFORE,
	RTPLANE_SAVED_RTP_A_BASE,
	RTPLANE_SAVED_RTP_A_HIGHEST,
	RTPLANE_SAVED_RTP_A_UNIQUE,
	RTPLANE_SAVED_RTP_A_SEEN,
	RTPLANE_SAVED_RTP_A_JITTER,
	RTPLANE_SAVED_RTP_A_JITTER_MAX,
	RTPLANE_SAVED_RTP_A_TIMESTAMP,

	__RTPLANE_SAVED_RTP_A_MAX,
	RTPLANE_SAVED_RTP_A_MAX = __RTPLANE_SAVED_RTP_A_MAX - 1
};

#endif /* _UAPI_LINUX_RTPLANE_SAVED_H */
