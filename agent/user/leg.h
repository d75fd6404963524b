/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A leg of the user-space datapath, and what becomes of its packets.  How they
 * are judged and counted is the module's own source: kmod/{policy,rtpstats}.c,
 * kmod/{addr,demux,dscp,police}.h.
 */
#ifndef DATAPATH_LEG_H
#define DATAPATH_LEG_H

#include <stdatomic.h>

#include "datapath/datapath.h"
#include "kmod/addr.h"
#include "kmod/digits.h"
#include "kmod/police.h"
#include "kmod/policy.h"
#include "kmod/rtpstats.h"

struct copies;
struct lines;
struct media_sock;
struct rtpsec;
struct rx;
struct worker;

/**
 * struct leg_remote - a leg's remote, for legs of other workers
 * @seq: odd while it is being written
 * @a: the address, both words
 * @port: 0 without a remote
 */
struct leg_remote {
	_Atomic uint32_t seq;
	_Atomic uint64_t a[2];
	_Atomic uint16_t port;
};

/**
 * struct leg - a leg
 *
 * All of it belongs to its socket's worker, and to the agent's thread while that
 * worker is parked; @local, @peer and what is said to be the agent's is never
 * written by the worker.
 *
 * @local: local address; constant
 * @addr: the same; constant
 * @sock: where it receives and sends; constant
 * @peer: the other leg, of the same worker
 * @v6: it is IPv6; constant
 * @carried: at a port that several lines share, and not the leg of that port: remote, keys
 *	and limits are that one's; constant
 * @any: relays what is not RTP
 * @drop_unknown: drops what is unknown
 * @only: enum rtplane_only
 * @early: sends to the signalled remote before a latch
 * @mute: sends nothing
 * @policed: has a rate limit
 * @latched: @remote is valid
 * @fwd_tos: TOS of the last packet that the peer sent
 * @dscp_mode: of packets sent by this leg
 * @dscp: value
 * @remote: where media comes from
 * @to: where media goes to now
 * @tolen: bytes of @to; 0: nowhere
 * @rx_packets: packets accepted
 * @rx_bytes: their IP bytes
 * @fwd_packets: of these sent by the present peer
 * @fwd_bytes: their IP bytes as sent
 * @last: monotonic ns of the last packet accepted
 * @rtp: RTP statistics
 * @line: what of its port's packets is its own
 * @lines: what is known of those who share its port; NULL: nobody ever does
 * @police: rate limits
 * @sec: SRTP contexts by enum rtpsec_dir, NULL: none
 * @rtcp_packets: RTCP packets accepted
 * @passed: packets left to the agent
 * @first: CLOCK_REALTIME ns of the first packet accepted
 * @sr: last sender report, for the peer's round trip
 * @rtcp: the remote's view
 * @dscp_seen: packets received, by DSCP
 * @drops: by enum rtplane_drop
 * @policy: who may become the remote, and who has tried
 * @tie: local address of the RTP leg, may be none
 * @tied_to: that leg, NULL while it is not there; changed while parked
 * @ties: the agent's: legs tied to this one
 * @next_tie: the agent's: the next in that list, or in the list of those whose
 *	RTP leg is not there
 * @published: @remote for legs that are tied to this one
 * @born: monotonic ns of its creation
 * @changes: grows with what is told as the generation, but for what its keys count
 * @rtcp_told: monotonic ns of the last RTCP event
 * @digits: payload types of telephone events, of which each digit is told
 * @digit: the last one
 * @silence_of: @last, or @born, when its silence was reported
 * @latches: remotes committed
 * @silence: ms
 * @dscp_map: for RTPLANE_DSCP_MAP
 * @has_map: @dscp_map was given
 * @mark: of packets sent
 * @oif: device that they leave by
 * @pps: configured rate
 * @bps: configured rate
 * @tx_packets: sent by this leg for earlier peers
 * @tx_bytes: sent by this leg for earlier peers
 * @cookie: the owner's name for the bridge
 * @copies: further outputs of what arrives, NULL: none; legcopy.c
 * @next: the agent's: list of all legs, oldest first
 * @prev: the agent's: in that list
 * @by_cookie: the agent's: the next of those whose cookies hash alike
 * @found_by: the remote that finds a leg which shares its port; calls.c
 * @found_at: &media_sock.id of that port, which may be closed while its worker is stalled
 * @next_found: the next in that list
 * @busy: the agent's: named by the call that is being carried out
 */
struct leg {
	struct rtplane_ep local;
	struct dp_addr addr;
	struct media_sock *sock;
	struct leg *peer;
	bool v6;
	bool carried;
	bool any;
	bool drop_unknown;
	uint8_t only;
	uint8_t block;
	bool early;
	bool mute;
	bool policed;
	bool latched;
	uint8_t fwd_tos;
	uint8_t dscp_mode;
	uint8_t dscp;
	struct rtplane_ep remote;
	struct sockaddr_in6 to;
	socklen_t tolen;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t fwd_packets;
	uint64_t fwd_bytes;
	uint64_t last;
	struct rtplane_rtpstats rtp;
	struct dp_line line;
	struct lines *lines;
	struct rtplane_police police;
	struct rtpsec *sec[2];
	uint64_t rtcp_packets;
	uint64_t passed;
	uint64_t first;
	uint64_t sr;
	struct rtplane_rtcpstats rtcp;
	uint64_t dscp_seen[RTPLANE_DSCP_MAP_LEN];
	uint64_t drops[__RTPLANE_DROP_MAX];
	struct rtplane_policy policy;
	struct rtplane_ep tie;
	struct leg *tied_to;
	struct leg *ties;
	struct leg *next_tie;
	struct leg_remote published;
	uint64_t born;
	uint64_t changes;
	uint64_t rtcp_told;
	uint32_t digits;
	struct rtplane_digits digit;
	uint64_t silence_of;
	uint32_t latches;
	uint32_t silence;
	uint8_t dscp_map[RTPLANE_DSCP_MAP_LEN];
	bool has_map;
	uint32_t mark;
	uint32_t oif;
	uint32_t pps;
	uint64_t bps;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t cookie;
	struct copies *copies;
	struct leg *next;
	struct leg *prev;
	struct leg *by_cookie;
	struct rtplane_ep found_by;
	uint64_t found_at;
	struct leg *next_found;
	bool busy;
};

/* --- leg.c: by whoever has the leg --- */

/**
 * leg_receive() - a datagram has arrived on a leg
 * @leg: the leg
 * @w: its worker
 * @sock: its socket
 * @rx: the datagram; void after the call
 *
 * Return: whether its buffer is needed until what is queued has been sent.
 */
bool leg_receive(struct leg *leg, struct worker *w, struct media_sock *sock,
		 struct rx *rx);

/**
 * leg_unsent() - packets were counted as sent before it was tried, in vain
 * @leg: leg that they arrived on
 * @packets: how many
 * @bytes: bytes of payload of all
 * @error: errno value
 */
void leg_unsent(struct leg *leg, unsigned int packets, unsigned int bytes,
		int error);

/**
 * leg_sweep() - tell of silence that is long enough, let go of what is held too long
 * @leg: the leg
 * @w: its worker
 */
void leg_sweep(struct leg *leg, struct worker *w);

/**
 * leg_commit() - make somebody the remote
 * @leg: the leg
 * @w: its worker
 * @remote: who
 * @reason: enum rtplane_reason
 */
void leg_commit(struct leg *leg, struct worker *w,
		const struct rtplane_ep *remote, uint8_t reason);

/**
 * leg_resume() - the remote of a leg is who the policy has committed
 * @leg: the leg
 * @remote: who
 */
void leg_resume(struct leg *leg, const struct rtplane_ep *remote);

/**
 * leg_forget() - forget the remote, learn again
 * @leg: the leg
 */
void leg_forget(struct leg *leg);

/**
 * leg_left() - signalling says that the remote is elsewhere: forget it, and do not
 * learn it again for a while
 * @leg: the leg
 */
void leg_left(struct leg *leg);

/**
 * leg_retarget() - where media goes to has changed
 * @leg: the leg
 */
void leg_retarget(struct leg *leg);

/**
 * leg_permits() - does a source satisfy the leg's mode?
 * @leg: the leg
 * @src: the source
 *
 * Return: true if it does.
 */
bool leg_permits(const struct leg *leg, const struct rtplane_ep *src);

/**
 * leg_rtcp_info() - the remote's view
 * @leg: the leg
 * @info: filled
 */
void leg_rtcp_info(const struct leg *leg, struct dp_rtcp *info);

/**
 * leg_source() - who has sent a datagram
 * @rx: the datagram
 * @v6: by IPv6
 * @ep: filled
 */
void leg_source(const struct rx *rx, bool v6, struct rtplane_ep *ep);

/**
 * leg_ep() - from the agent's address to the one that is judged by
 * @addr: with port; family 0: none
 * @ep: filled
 */
void leg_ep(const struct dp_addr *addr, struct rtplane_ep *ep);

/**
 * leg_addr() - the reverse
 * @ep: the address; none gives family 0
 * @addr: filled
 */
void leg_addr(const struct rtplane_ep *ep, struct dp_addr *addr);

#endif /* DATAPATH_LEG_H */
