/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The datapath: what relays media, seen from the agent.  One small vtable with
 * the backends "kernel" (rtplane.ko over generic netlink) and "uring" (user
 * space).  The caller speaks of legs and bridges only; which backend serves it
 * makes no difference to what it may expect.
 *
 * The words and enumerations (latch modes, drop reasons, events, ...) are those
 * of <linux/rtplane.h>, which both backends share; its netlink attributes are
 * nobody's business but genl.c's.
 *
 * Rules for every function here:
 *
 * - Calls are synchronous: when one returns 0, media already follows it.
 * - A call that changes things does all of what it was asked or nothing.
 * - Return 0, or a negative errno with a sentence in the &struct dp_err.
 * - The caller owns what it passes in and may free it after the call; nothing
 *   the caller gets in a callback lives longer than the callback.
 * - A &struct dp is used by one thread at a time.
 */
#ifndef DATAPATH_DATAPATH_H
#define DATAPATH_DATAPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rtplane.h>

#include "base/addr.h"

struct dp;
struct media;

/**
 * struct dp_err - why something was refused
 * @code: errno value, positive; 0 if nothing went wrong
 * @text: a sentence without a full stop: the kernel's own where it gave one
 */
struct dp_err {
	int code;
	char text[320];
};

/**
 * dp_fail() - fill a &struct dp_err
 * @err: filled; may be NULL
 * @code: errno value, positive
 * @fmt: the sentence, as printf()
 *
 * Return: -@code, so that ``return dp_fail(...)`` reads well.
 */
int dp_fail(struct dp_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Which members of a struct dp_leg are meant.  What is not set is left as it is
 * (dp_bridges_set(), dp_leg_set()) or gets the datapath's default
 * (dp_bridges_new()).  In a struct dp_leg_info: what the datapath told.
 */
#define DP_LEG_REMOTE		(1u << 0)
#define DP_LEG_LATCH		(1u << 1)
#define DP_LEG_PREFIX		(1u << 2)
#define DP_LEG_PROBATION	(1u << 3)
#define DP_LEG_EARLY		(1u << 4)
#define DP_LEG_RELATCH		(1u << 5)
#define DP_LEG_TIE		(1u << 6)
#define DP_LEG_DSCP_MODE	(1u << 7)
#define DP_LEG_DSCP		(1u << 8)
#define DP_LEG_DSCP_MAP		(1u << 9)
#define DP_LEG_ACCEPT		(1u << 10)
#define DP_LEG_UNKNOWN		(1u << 11)
#define DP_LEG_PPS		(1u << 12)
#define DP_LEG_BPS		(1u << 13)
#define DP_LEG_MARK		(1u << 14)
#define DP_LEG_OIF		(1u << 15)
#define DP_LEG_SILENCE		(1u << 16)
#define DP_LEG_UNLATCH		(1u << 17)	/* an order; has no member */
#define DP_LEG_PROVEN		(1u << 18)	/* an order */
#define DP_LEG_SRTP_RX		(1u << 19)
#define DP_LEG_SRTP_TX		(1u << 20)
#define DP_LEG_ONLY		(1u << 21)
#define DP_LEG_MOVED		(1u << 22)	/* an order; has no member */
#define DP_LEG_SSRC_GUARD	(1u << 23)
#define DP_LEG_MUTE		(1u << 27)
#define DP_LEG_LINE		(1u << 28)
#define DP_LEG_SAVED		(1u << 24)	/* not in a struct dp_leg_info */
#define DP_LEG_DIGITS		(1u << 25)
#define DP_LEG_BLOCK		(1u << 26)
#define DP_LEG_COPIES		(1u << 29)

/**
 * struct dp_source - where a source (SSRC) stands under a key
 * @ssrc: host byte order
 * @has_index: RTP came
 * @has_rtcp_index: RTCP came
 * @rtcp_index: the highest SRTCP index
 * @index: the highest index of its RTP packets: rollover counter * 65536 + sequence
 *	number.  In a request all that is not beyond it is taken to have been here,
 *	unless there is a window
 * @has_window: @window is valid; the module tells it in the state of a leg alone
 * @has_rtcp_window: @rtcp_window is valid; likewise
 * @carried: of what arrives: @index is from under the former key, nothing came by
 *	this one yet
 * @shift: of what leaves: by how much its sequence numbers are moved
 * @window: which packets behind @index were here: bit n % 8 of byte n / 8 is set if
 *	that of index @index - n was
 * @rtcp_window: the same of SRTCP that arrives, behind @rtcp_index
 */
struct dp_source {
	uint32_t ssrc;
	bool has_index;
	bool has_rtcp_index;
	uint32_t rtcp_index;
	uint64_t index;
	bool has_window;
	bool has_rtcp_window;
	bool carried;
	uint16_t shift;
	uint8_t window[RTPLANE_SRTP_WINDOW_LEN];
	uint8_t rtcp_window[RTPLANE_SRTCP_WINDOW_LEN];
};

/**
 * struct dp_srtp - the protection of one direction
 * @suite: enum rtplane_srtp_suite
 * @fresh: the key begins a new cryptographic context (RFC 4568 section 7.1.4): what
 *	leaves counts from 0 again. Otherwise a new key goes on where the former
 *	one was (RFC 3711 section 3.3.1). Of no meaning for what arrives, or with
 *	the present key.
 * @mki_len: bytes of @mki; 0: packets carry no master key identifier
 * @key: master key, then master salt: as many bytes as the suite wants, which
 *	dp_srtp_key_len() tells (30, 46; 28 and 44 with GCM); never told
 * @mki: the master key identifier that each packet carries
 * @n_sources: how many there are in @source, at most RTPLANE_SRTP_SSRCS_MAX
 * @source: in a request where this key stands, used elsewhere so far; it is then a
 *	new one, whatever the present key is.  The caller's.  In a &struct dp_leg_info
 *	where it stands now; the datapath's, see dp_leg_get()
 */
struct dp_srtp {
	uint8_t suite;
	bool fresh;
	uint8_t mki_len;
	uint8_t key[RTPLANE_SRTP_KEY_MAX];
	uint8_t mki[RTPLANE_SRTP_MKI_MAX];
	unsigned int n_sources;
	const struct dp_source *source;
};

/**
 * struct dp_saved_rtp - where a receiver of RTP stands (RFC 3550 A.1, A.8)
 * @present: some came; the rest is void otherwise
 * @pt: payload type that is followed
 * @ssrc: SSRC that is followed
 * @packets: RTP packets of all SSRCs
 * @ssrc_changes: times it changed
 * @out_of_order: packets that came after a later one
 * @duplicates: packets that came again
 * @lost_before: packets lost before the present run began
 * @base: extended sequence number that it began with
 * @highest: the highest extended sequence number
 * @unique: packets of the run without those that came again
 * @seen: bit n: number @highest - n has come
 * @jitter: 1/16 of the RTP clock's units
 * @jitter_max: the largest so far
 * @timestamp: that of a packet that would come now, in time
 */
struct dp_saved_rtp {
	bool present;
	uint8_t pt;
	uint32_t ssrc;
	uint64_t packets;
	uint32_t ssrc_changes;
	uint32_t out_of_order;
	uint32_t duplicates;
	uint32_t lost_before;
	uint32_t base;
	uint32_t highest;
	uint32_t unique;
	uint64_t seen;
	uint32_t jitter;
	uint32_t jitter_max;
	uint32_t timestamp;
};

/**
 * struct dp_rtcp - the remote's view, from its RTCP reports
 * @present: a report block was seen; the rest is void otherwise
 * @has_rtt: @rtt is known
 * @fraction_lost: 1/256, of the last block
 * @reports: report blocks seen
 * @ssrc: the SSRC that the last block was about
 * @lost: cumulative packets lost (negative with duplicates)
 * @jitter: RTP clock units
 * @rtt: microseconds between us and the remote
 */
struct dp_rtcp {
	bool present;
	bool has_rtt;
	uint8_t fraction_lost;
	uint32_t reports;
	uint32_t ssrc;
	int32_t lost;
	uint32_t jitter;
	uint32_t rtt;
};

/**
 * struct dp_saved - the state of a leg, to go on elsewhere
 * @version: RTPLANE_SAVED_VERSION; 0: it was not told
 * @reason: enum rtplane_reason, for which @remote was committed
 * @fresh: no RTP of it came yet
 * @n_known: SSRCs in @known
 * @age: ns since it was told; to be set by who gives it later
 * @remote: who is committed; family 0: nobody
 * @since: ns since it was
 * @former: the remote until signalling said otherwise; family 0: nobody
 * @former_left: ns for which it cannot be learned yet
 * @known: SSRCs of @remote that have passed, its first one first
 * @quiet: ns since the last packet was accepted, or the leg was made
 * @started: ns since the first packet was accepted
 * @pps_debt: ns by which the sender is ahead of the packet rate
 * @bps_debt: ns by which it is ahead of the bit rate
 * @rx_packets: packets accepted
 * @rx_bytes: their IP bytes
 * @tx_packets: packets sent
 * @tx_bytes: their IP bytes
 * @passed: packets left to the socket
 * @rtcp_packets: of @rx_packets those that were RTCP
 * @latches: remotes committed
 * @drops: by enum rtplane_drop
 * @dscp_seen: packets received, by DSCP
 * @rtp: where the receiver of RTP stands
 * @rtcp: the remote's view
 * @n_rx: sources in @rx
 * @n_tx: sources in @tx
 * @rx: where the key of what arrives stands, with windows
 * @tx: where the key of what leaves stands
 *
 * All times are relative, so that they hold on another host.  Keys are not in it, and
 * who is on probation begins anew.
 */
struct dp_saved {
	uint32_t version;
	uint8_t reason;
	bool fresh;
	uint8_t n_known;
	uint64_t age;
	struct dp_addr remote;
	uint64_t since;
	struct dp_addr former;
	uint64_t former_left;
	uint32_t known[RTPLANE_SAVED_KNOWN_MAX];
	uint64_t quiet;
	uint64_t started;
	uint64_t pps_debt;
	uint64_t bps_debt;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t passed;
	uint64_t rtcp_packets;
	uint32_t latches;
	uint64_t drops[__RTPLANE_DROP_MAX];
	uint64_t dscp_seen[RTPLANE_DSCP_MAP_LEN];
	struct dp_saved_rtp rtp;
	struct dp_rtcp rtcp;
	unsigned int n_rx;
	unsigned int n_tx;
	const struct dp_source *rx;
	const struct dp_source *tx;
};

/** DP_MID_LEN - bytes of a line's name that it is told by, with its NUL */
#define DP_MID_LEN	40

/** DP_LINE_SSRCS - SSRCs of a line that are known beforehand, at most */
#define DP_LINE_SSRCS	16

/**
 * struct dp_line - which packets are of a line, at a port that several share (RFC 9143 9.2)
 * @on: the port is shared, or may come to be: the leg of the port alone has remote and keys
 *	and judges who sends, for all of them and for RTCP too. Legs of its lines
 *	(&dp_addr.line) and those of RTCP there have none of their own
 * @hide: what names the line is taken out of what goes on: it is not the other party's
 * @mid_id: by which header extension (RFC 8285) packets name their line; 0: by none
 * @mid: the line's name; empty: it has none
 * @pts: its payload types, bit n % 32 of word n / 32 for n
 * @n_ssrcs: SSRCs that it was said to send by, in @ssrc
 * @ssrc: these, host byte order
 *
 * By name, else by an SSRC that was said or has been told before, else by a payload type
 * that one line alone has.
 */
struct dp_line {
	bool on;
	bool hide;
	uint8_t mid_id;
	char mid[DP_MID_LEN];
	uint32_t pts[4];
	uint8_t n_ssrcs;
	uint32_t ssrc[DP_LINE_SSRCS];
};

/**
 * struct dp_copy - a further output of what arrives on a leg: a recorder's
 * @from: address and port of ours that copies are sent with
 * @to: where to, of the same family
 * @only: enum rtplane_only, what is copied
 * @packets: packets sent; told, not asked
 * @bytes: their IP bytes; likewise
 * @dropped: packets that could not be sent; likewise
 *
 * A packet is copied that the leg accepts and does not block, without the protection that
 * it came with, whether or not the peer sends it on; with the DSCP that the peer gives it.
 */
struct dp_copy {
	struct dp_addr from;
	struct dp_addr to;
	uint8_t only;
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped;
};

/**
 * struct dp_leg - what a leg is to be
 * @set: DP_LEG_* of the members that are meant; @local always is
 * @local: our address and port: the leg's identity
 * @remote: what signalling gave; needed unless @latch is RTPLANE_LATCH_LEARN.
 *	Exactly this address and port is the remote with its first packet, in every
 *	mode and whatever @probation is.  A value that differs from the present one
 *	unlocks the latch, and whoever was the remote cannot be learned again for
 *	RTPLANE_FORMER_MS (its stream outlives the change by a round trip)
 * @tie: local address of the RTP leg whose remote's address this (RTCP) leg must
 *	share, with the port above that remote's or the port of this leg's @remote;
 *	exactly @remote is taken all the same
 * @proven: order (not at creation): commit this remote, it was authenticated.
 *	From then on only another @proven, an authenticated packet or a change of
 *	@remote moves it
 * @latch: enum rtplane_latch
 * @prefix: bits of @remote's address that a source must share (restricted)
 * @probation: packets in a row before a source is committed that is not exactly
 *	@remote, 0 to RTPLANE_PROBATION_MAX; default 3.  They are held meanwhile and
 *	released at the commit, so it costs no media.  0 and 1, at once, only where
 *	the whole address is known: latch off, restricted with the full prefix, or a
 *	@tie; refused otherwise
 * @early: send to @remote before anybody has latched
 * @dscp_mode: enum rtplane_dscp_mode; implied by @dscp or @dscp_map
 * @dscp: 0 to 63, of what leaves by this leg
 * @dscp_map: DSCP sent, indexed with the DSCP received
 * @accept: enum rtplane_accept
 * @unknown: enum rtplane_unknown
 * @relatch: ms of silence of the remote before another source may take over,
 *	0 = never; a proven remote stays
 * @ssrc_guard: another SSRC of the remote must send three packets in a row, while
 *	the present one is quiet, before it passes; default on with restricted and
 *	learn.  To be off where several SSRCs are sent at a time (bundled lines,
 *	retransmission, simulcast) and the leg is not protected; of no meaning for
 *	what is authenticated or with RTPLANE_ACCEPT_ANY
 * @pps: packets/s that may arrive, 0 = no limit
 * @bps: bits/s of IP packets that may arrive, 0 = no limit
 * @mark: mark of the route look-up and of the packets sent
 * @oif: ifindex of the device (or VRF) that packets leave by, 0 = any
 * @silence: ms without a packet before a silence event, 0 = never
 * @srtp_rx: protection of what arrives here.  Keys go in and never come out: in a
 *	&struct dp_leg_info suite, identifier and sources are told
 * @srtp_tx: protection of what leaves by this leg; a key that differs from the
 *	present one is used from the next packet on
 * @only: enum rtplane_only; of meaning only with protection on either side
 * @digits: payload types of telephone events (RFC 4733) in what arrives, bit n for 96 + n:
 *	each digit is an event
 * @block: enum rtplane_block, what of it is counted and goes no further
 * @mute: nothing is sent by this leg, whoever is its remote; what comes from there is
 *	relayed all the same
 * @line: what of the port's packets is its own; user space alone has that
 * @saved: (a new leg's) the state that it goes on from; the caller's
 * @n_copies: how many there are in @copies, at most RTPLANE_COPIES_MAX; 0: none any more
 * @copies: all its further outputs.  The caller's; in a &struct dp_leg_info the datapath's
 *
 * With DP_LEG_UNLATCH in @set (not at creation) the learned remote is
 * forgotten and learned again, also if it is the same (a call is resumed).  With
 * DP_LEG_MOVED the remote until now cannot be learned again for
 * RTPLANE_FORMER_MS, unless it is exactly @remote (a party's signalling comes from
 * elsewhere while its description is what it was).
 */
struct dp_leg {
	uint32_t set;
	struct dp_addr local;
	struct dp_addr remote;
	struct dp_addr tie;
	struct dp_addr proven;
	uint8_t latch;
	uint8_t prefix;
	uint8_t probation;
	bool early;
	uint8_t dscp_mode;
	uint8_t dscp;
	uint8_t dscp_map[RTPLANE_DSCP_MAP_LEN];
	uint8_t accept;
	uint8_t unknown;
	uint32_t relatch;
	uint32_t pps;
	uint64_t bps;
	uint32_t mark;
	uint32_t oif;
	uint32_t silence;
	struct dp_srtp srtp_rx;
	struct dp_srtp srtp_tx;
	uint8_t only;
	uint32_t digits;
	uint8_t block;
	bool ssrc_guard;
	bool mute;
	struct dp_line line;
	const struct dp_saved *saved;
	unsigned int n_copies;
	const struct dp_copy *copies;
};

/**
 * dp_leg_is_carried() - is it one of those at a shared port that have no remote of their own?
 * @leg: the leg
 */
static inline bool dp_leg_is_carried(const struct dp_leg *leg)
{
	return leg->local.line || (leg->local.rtcp && leg->line.on);
}

/**
 * struct dp_bridge - two legs, each the other's peer
 * @has_cookie: @cookie is meant (dp_bridges_set(): false leaves it as it is)
 * @cookie: the owner's name for the bridge (a call); 0 = none.  Many bridges
 *	may carry one cookie.
 * @leg: the two legs, in any order.  In dp_bridges_set() the first must exist;
 *	a second one that does not takes the place of the first one's peer.
 */
struct dp_bridge {
	bool has_cookie;
	uint64_t cookie;
	struct dp_leg leg[2];
};

/**
 * struct dp_rtp - RFC 3550 view of what arrives on a leg
 * @present: something was received; the rest is void otherwise
 * @pt: the present payload type
 * @ssrc: the present SSRC
 * @ssrc_changes: times it changed
 * @packets: RTP packets of all SSRCs
 * @lost: packets lost, all SSRCs, never below 0
 * @out_of_order: packets that came after a later one
 * @duplicates: packets that came twice
 * @jitter: interarrival jitter of the present SSRC, RTP clock units
 * @jitter_max: the largest so far
 * @clock: RTP clock rate in Hz that the datapath assumed
 */
struct dp_rtp {
	bool present;
	uint8_t pt;
	uint32_t ssrc;
	uint32_t ssrc_changes;
	uint64_t packets;
	uint64_t lost;
	uint64_t out_of_order;
	uint64_t duplicates;
	uint32_t jitter;
	uint32_t jitter_max;
	uint32_t clock;
};

/**
 * struct dp_leg_info - what a leg is and has seen
 * @conf: its configuration; @conf.set says which members the datapath told
 * @cookie: the bridge's cookie, 0 = none
 * @peer: the peer's local address
 * @state: enum rtplane_state
 * @latched: where media is sent to now; family 0: nowhere
 * @rx_packets: packets accepted from the remote
 * @rx_bytes: their IP bytes
 * @tx_packets: packets sent to the remote
 * @tx_bytes: their IP bytes
 * @dropped: packets that arrived here and were dropped, all reasons
 * @passed: packets that arrived here and were left to the socket
 * @rtcp_packets: of @rx_packets those that were RTCP
 * @first: CLOCK_REALTIME ns of the first packet accepted, 0 = none
 * @last: CLOCK_REALTIME ns of the last packet accepted, 0 = none
 * @latches: times a remote was committed
 * @has_dscp_tx: @dscp_tx is known, something was sent
 * @dscp_tx: DSCP of the last packet sent to the remote
 * @drops: packets dropped, by enum rtplane_drop
 * @dscp_seen: packets received, by DSCP
 * @rtp: RTP statistics
 * @rtcp: RTCP reports
 * @offender: the last source refused; family 0: none
 * @offenses: packets in a row of that source
 * @generation: grows with what who would take the leg over must know
 * @saved: its state, if that was asked for: version 0 otherwise; what it points to as
 *	the sources of @conf
 */
struct dp_leg_info {
	struct dp_leg conf;
	uint64_t cookie;
	struct dp_addr peer;
	uint8_t state;
	struct dp_addr latched;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t dropped;
	uint64_t passed;
	uint64_t rtcp_packets;
	uint64_t first;
	uint64_t last;
	uint32_t latches;
	bool has_dscp_tx;
	uint8_t dscp_tx;
	uint64_t drops[__RTPLANE_DROP_MAX];
	uint64_t dscp_seen[64];
	struct dp_rtp rtp;
	struct dp_rtcp rtcp;
	struct dp_addr offender;
	uint64_t offenses;
	uint64_t generation;
	struct dp_saved saved;
};

/**
 * struct dp_digit - a telephone event that is over (RFC 4733)
 * @event: code: 0 to 9 for these, 10 *, 11 #, 12 to 15 A to D
 * @volume: dBm0 without the sign
 * @pt: payload type
 * @duration: RTP clock units
 */
struct dp_digit {
	uint8_t event;
	uint8_t volume;
	uint8_t pt;
	uint32_t duration;
};

/**
 * struct dp_event - something happened to a leg, or somebody tries ports
 * @type: enum rtplane_event
 * @reason: enum rtplane_reason
 * @local: the leg; of a scan the last port that was tried
 * @cookie: its bridge's cookie, 0 = none
 * @old: the remote until now; family 0: none
 * @new: the new remote, or the source that was refused or scans; family 0: none
 * @count: packets since the last event of that kind (refused); ports (scan)
 * @time: CLOCK_REALTIME ns
 * @rtcp: the report (RTPLANE_EVENT_RTCP)
 * @digit: which (RTPLANE_EVENT_DTMF; @new: who)
 */
struct dp_event {
	uint8_t type;
	uint8_t reason;
	struct dp_addr local;
	uint64_t cookie;
	struct dp_addr old;
	struct dp_addr new;
	uint64_t count;
	uint64_t time;
	struct dp_rtcp rtcp;
	struct dp_digit digit;
};

/** DP_FAULTS_MAX - more counters than a datapath in user space has */
#define DP_FAULTS_MAX	16

/**
 * struct dp_fault - a counter of what went wrong in a datapath in user space
 * @name: "stalled", "no_buffers", ...
 * @count: times it happened
 */
struct dp_fault {
	char name[24];
	uint64_t count;
};

/**
 * struct dp_stats - totals of the datapath
 * @devs: enrolled devices now
 * @legs: legs now
 * @natmaps: natmaps now
 * @rx_packets: packets of a leg or natmap
 * @tx_packets: packets forwarded
 * @passed: packets of a leg or natmap left to the stack
 * @drops: packets dropped, by enum rtplane_drop
 * @events_lost: events that were not sent, or that we were too slow to read
 * @leg_bytes: memory of one leg
 * @key_bytes: memory of one SRTP key, the last that was made; 0: not told
 * @srtp_slow: packets that were encrypted block by block, for want of a fast way
 * @scan_ranges: ranges of ports that are watched now, see dp_watch()
 * @scan_packets: packets to them that no leg has, without those that look like media
 * @scans: times that a source had tried too many of them
 * @io: how a datapath in user space receives and sends; empty: the module
 * @faults: its counters of what went wrong
 * @n_faults: how many
 */
struct dp_stats {
	uint32_t devs;
	uint32_t legs;
	uint32_t natmaps;
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t passed;
	uint64_t drops[__RTPLANE_DROP_MAX];
	uint64_t events_lost;
	uint32_t leg_bytes;
	uint32_t key_bytes;
	uint64_t srtp_slow;
	uint32_t scan_ranges;
	uint64_t scan_packets;
	uint64_t scans;
	char io[16];
	struct dp_fault faults[DP_FAULTS_MAX];
	unsigned int n_faults;
};

/**
 * typedef dp_event_fn - receives events
 * @event: what happened; gone after the call
 * @arg: as given to dp_open()
 *
 * Called by dp_dispatch() only.  It may call any function of this header except
 * dp_dispatch() and dp_close().
 */
typedef void dp_event_fn(const struct dp_event *event, void *arg);

/**
 * typedef dp_leg_fn - receives the legs of a dump
 * @leg: one leg; gone after the call
 * @arg: as given to dp_legs_dump()
 *
 * Called after the whole dump is in, so it may call any function of this
 * header.
 *
 * Return: 0 to go on; anything else ends dp_legs_dump(), which returns it.
 */
typedef int dp_leg_fn(const struct dp_leg_info *leg, void *arg);

/**
 * struct dp_del - which bridges go
 * @locals: either leg of each bridge; NULL unless legs are named
 * @n: legs in @locals, at most RTPLANE_BRIDGES_MAX
 * @cookie: without @locals: all bridges of this cookie; 0 = not by cookie
 * @all: without @locals and @cookie: every bridge there is
 *
 * Naming none of the three is an error, not "all".
 */
struct dp_del {
	const struct dp_addr *locals;
	size_t n;
	uint64_t cookie;
	bool all;
};

/**
 * struct dp_range - UDP ports of a local address
 * @addr: the address; its port does not matter
 * @low: first port
 * @high: last port
 */
struct dp_range {
	struct dp_addr addr;
	uint16_t low;
	uint16_t high;
};

/**
 * struct dp_watch - ports that are watched for who tries many of them
 * @ranges: the caller's
 * @n: how many, at most RTPLANE_SCAN_RANGES_MAX; 0: nothing is watched
 * @ports: so many that no leg has are told as a scan, 1 to RTPLANE_SCAN_PORTS_MAX
 * @seconds: within that time, 1 to 3600
 */
struct dp_watch {
	const struct dp_range *ranges;
	size_t n;
	uint32_t ports;
	uint32_t seconds;
};

/**
 * struct dp_ops - a backend
 * @name: "kernel" or "uring"
 * @lines: it tells apart lines that share a port (&dp_leg.line)
 * @open: make a &struct dp (it embeds one at its head); @events may be NULL
 * @close: end it; legs live on in a backend that outlives the process
 * @dev_add: enrol a network device
 * @dev_del: withdraw it
 * @bridges_new: see dp_bridges_new()
 * @bridges_set: see dp_bridges_set()
 * @bridges_del: see dp_bridges_del()
 * @bridge_take: see dp_bridge_take()
 * @leg_set: see dp_leg_set()
 * @leg_get: see dp_leg_get(); @state: see dp_leg_state()
 * @legs_dump: see dp_legs_dump(); @state: see dp_legs_state()
 * @watch: see dp_watch(); NULL: it does not see who tries ports
 * @stats: see dp_stats()
 * @fd: see dp_fd()
 * @dispatch: see dp_dispatch()
 *
 * A backend need not check what dp_*() has checked already.
 */
struct dp_ops {
	const char *name;
	bool lines;
	int (*open)(struct dp **dp, struct media *media, dp_event_fn *events,
		    void *arg, struct dp_err *err);
	void (*close)(struct dp *dp);
	int (*dev_add)(struct dp *dp, const char *dev, struct dp_err *err);
	int (*dev_del)(struct dp *dp, const char *dev, struct dp_err *err);
	int (*bridges_new)(struct dp *dp, const struct dp_bridge *bridges,
			   size_t n, struct dp_err *err);
	int (*bridges_set)(struct dp *dp, const struct dp_bridge *bridges,
			   size_t n, struct dp_err *err);
	int (*bridges_del)(struct dp *dp, const struct dp_del *del,
			   struct dp_err *err);
	int (*bridge_take)(struct dp *dp, const struct dp_addr *local,
			   struct dp_leg_info legs[2], struct dp_err *err);
	int (*leg_set)(struct dp *dp, const struct dp_leg *leg,
		       struct dp_err *err);
	int (*leg_get)(struct dp *dp, const struct dp_addr *local, bool state,
		       struct dp_leg_info *leg, struct dp_err *err);
	int (*legs_dump)(struct dp *dp, uint64_t cookie, bool state,
			 dp_leg_fn *fn, void *arg, struct dp_err *err);
	int (*watch)(struct dp *dp, const struct dp_watch *watch,
		     struct dp_err *err);
	int (*stats)(struct dp *dp, struct dp_stats *stats, struct dp_err *err);
	int (*fd)(const struct dp *dp);
	int (*dispatch)(struct dp *dp, struct dp_err *err);
};

/**
 * struct dp - an open datapath; a backend's own object embeds it
 * @ops: the backend
 */
struct dp {
	const struct dp_ops *ops;
};

/** dp_kernel_ops - rtplane.ko, over generic netlink */
extern const struct dp_ops dp_kernel_ops;

/** dp_uring_ops - the media engine's own workers, in user space */
extern const struct dp_ops dp_uring_ops;

/**
 * dp_close() - end a datapath; bridges in the kernel go on without it, others end
 * @dp: the datapath; NULL is fine
 */
void dp_close(struct dp *dp);

/**
 * dp_dev_add() - let the datapath see a device's packets
 * @dp: the datapath
 * @dev: name of the network device
 * @err: the sentence
 *
 * Return: 0 or -errno; -EEXIST if it is enrolled already.
 */
int dp_dev_add(struct dp *dp, const char *dev, struct dp_err *err);

/**
 * dp_dev_del() - the reverse of dp_dev_add()
 * @dp: the datapath
 * @dev: name of the network device
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int dp_dev_del(struct dp *dp, const char *dev, struct dp_err *err);

/**
 * dp_bridges_new() - create bridges, all or none
 * @dp: the datapath
 * @bridges: what to create
 * @n: how many, 1 to RTPLANE_BRIDGES_MAX
 * @err: the sentence
 *
 * Errors: EEXIST a leg has that local address already; EINVAL a value is wrong;
 * E2BIG too many for one message.
 *
 * Return: 0 or -errno.
 */
int dp_bridges_new(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		   struct dp_err *err);

/**
 * dp_bridges_set() - change bridges, all or none; statistics go on
 * @dp: the datapath
 * @bridges: what to change: members that are not set stay as they are
 * @n: how many, 1 to RTPLANE_BRIDGES_MAX
 * @err: the sentence
 *
 * Return: 0 or -errno; -ENOENT if a first leg does not exist.
 */
int dp_bridges_set(struct dp *dp, const struct dp_bridge *bridges, size_t n,
		   struct dp_err *err);

/**
 * dp_bridges_del() - remove bridges, all or none
 * @dp: the datapath
 * @del: which
 * @err: the sentence
 *
 * Return: 0 or -errno; -ENOENT if a leg that is named does not exist.
 */
int dp_bridges_del(struct dp *dp, const struct dp_del *del, struct dp_err *err);

/**
 * dp_bridge_take() - remove a bridge, and get its legs with their state as it ended
 * @dp: the datapath
 * @local: one of its legs
 * @legs: that leg and its peer; what they point to is valid until the next
 *	dp_leg_get() or dp_bridge_take() of @dp
 * @err: the sentence
 *
 * No packet is relayed, and none protected, after what is told.
 *
 * Return: 0 or -errno; -ENOENT if the leg does not exist.
 */
int dp_bridge_take(struct dp *dp, const struct dp_addr *local,
		   struct dp_leg_info legs[2], struct dp_err *err);

/**
 * dp_leg_set() - change one leg
 * @dp: the datapath
 * @leg: what to change
 * @err: the sentence
 *
 * Return: 0 or -errno; -ENOENT if it does not exist.
 */
int dp_leg_set(struct dp *dp, const struct dp_leg *leg, struct dp_err *err);

/**
 * dp_leg_get() - one leg
 * @dp: the datapath
 * @local: its local address
 * @leg: filled; what it points to is valid until the next dp_leg_get() of @dp
 * @err: the sentence
 *
 * Return: 0 or -errno; -ENOENT if it does not exist.
 */
int dp_leg_get(struct dp *dp, const struct dp_addr *local,
	       struct dp_leg_info *leg, struct dp_err *err);

/**
 * dp_leg_state() - as dp_leg_get(), with the leg's state
 * @dp: the datapath
 * @local: its local address
 * @leg: filled
 * @err: the sentence
 *
 * The leg goes on: who hands it over takes the state of dp_bridge_take().
 *
 * Return: 0 or -errno; -EOPNOTSUPP if the datapath knows no such version of it.
 */
int dp_leg_state(struct dp *dp, const struct dp_addr *local,
		 struct dp_leg_info *leg, struct dp_err *err);

/**
 * dp_legs_dump() - all legs, or those of one cookie
 * @dp: the datapath
 * @cookie: only legs of bridges with this cookie; 0 = all
 * @fn: called once for each leg
 * @arg: for @fn
 * @err: the sentence
 *
 * The picture is consistent: a dump that a change ran into is taken again.
 *
 * Return: 0, -errno (-EAGAIN if it kept changing), or what @fn returned.
 */
int dp_legs_dump(struct dp *dp, uint64_t cookie, dp_leg_fn *fn, void *arg,
		 struct dp_err *err);

/**
 * dp_legs_state() - as dp_legs_dump(), with the legs' state
 * @dp: the datapath
 * @cookie: only legs of bridges with this cookie; 0 = all
 * @fn: called once for each leg
 * @arg: for @fn
 * @err: the sentence
 *
 * Return: as dp_legs_dump().
 */
int dp_legs_state(struct dp *dp, uint64_t cookie, dp_leg_fn *fn, void *arg,
		  struct dp_err *err);

/**
 * dp_watch() - watch ports for who tries many of them, in the place of those until now
 * @dp: the datapath
 * @watch: which
 * @err: the sentence
 *
 * Who does is told by RTPLANE_EVENT_SCAN.  What is set outlives us, as legs do.
 *
 * Return: 0 or -errno; -EOPNOTSUPP if the datapath does not see them.
 */
int dp_watch(struct dp *dp, const struct dp_watch *watch, struct dp_err *err);

/**
 * dp_stats() - totals
 * @dp: the datapath
 * @stats: filled
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int dp_stats(struct dp *dp, struct dp_stats *stats, struct dp_err *err);

/**
 * dp_fd() - wait for this descriptor to be readable, then dp_dispatch()
 * @dp: the datapath
 *
 * It belongs to @dp: never read from, never closed by the caller.
 *
 * Return: the descriptor, -1 if dp_open() got no event function.
 */
int dp_fd(const struct dp *dp);

/**
 * dp_dispatch() - give the events that are waiting to the event function
 * @dp: the datapath
 * @err: the sentence
 *
 * Never blocks.
 *
 * Return: events delivered, or -errno; -ENOBUFS: events were lost because we
 * were too slow; go on calling, and look at the legs if they matter.
 */
int dp_dispatch(struct dp *dp, struct dp_err *err);

#endif /* DATAPATH_DATAPATH_H */
