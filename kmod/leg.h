/* SPDX-License-Identifier: GPL-2.0 */
/* The leg: one local UDP transport address and the remote it talks to. */
#ifndef _RTPLANE_LEG_H
#define _RTPLANE_LEG_H

#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/rtplane.h>

#include "addr.h"
#include "digits.h"
#include "police.h"
#include "policy.h"
#include "rtpstats.h"

struct rtplane_call;
struct rtplane_call_key;
struct rtplane_copies;
struct rtplane_egress;
struct rtplane_hold;
struct rtplane_net;
struct rtplane_saved;
struct rtplane_srtp;

/**
 * struct rtplane_leg_conf - what user space asks of a leg
 * @set: bit n: attribute n of &enum rtplane_leg_attr was given
 * @local: the leg
 * @remote: signalled remote
 * @tie: local address of the RTP leg
 * @proven: remote to commit
 * @bps: bits/s
 * @pps: packets/s
 * @relatch: ms
 * @silence: ms
 * @mark: route look-up mark
 * @oif: device of the way out
 * @digits: payload types of telephone events
 * @latch: &enum rtplane_latch
 * @prefix: bits
 * @probation: packets
 * @early: boolean
 * @accept: &enum rtplane_accept
 * @unknown: &enum rtplane_unknown
 * @dscp_mode: &enum rtplane_dscp_mode
 * @dscp: value
 * @ssrc_guard: boolean
 * @only: &enum rtplane_only
 * @block: &enum rtplane_block
 * @mute: boolean
 * @srtp_fresh: boolean, of @srtp_tx
 * @srtp_rx: protection of what arrives, NULL = none; whoever holds the conf frees it,
 *	unless a leg took it, and left what it had
 * @srtp_tx: the same of what leaves
 * @dscp_map: table, allocated; whoever holds the conf frees it, unless a leg
 *	took it and left NULL
 * @copies: further outputs, NULL = none; whoever holds the conf frees it, unless a leg took
 *	it, and left what it had
 * @saved: where a new leg goes on, but for its keys, whose sources are with them; NULL =
 *	nowhere; whoever holds the conf frees it
 * @key: room for the remote by which it is to be found, NULL = none; whoever holds the conf
 *	frees it, unless a leg took it and left NULL
 */
struct rtplane_leg_conf {
	u64 set;
	struct rtplane_ep local;
	struct rtplane_ep remote;
	struct rtplane_ep tie;
	struct rtplane_ep proven;
	u64 bps;
	u32 pps;
	u32 relatch;
	u32 silence;
	u32 mark;
	u32 oif;
	u32 digits;
	u8 latch;
	u8 prefix;
	u8 probation;
	u8 early;
	u8 accept;
	u8 unknown;
	u8 dscp_mode;
	u8 dscp;
	u8 ssrc_guard;
	u8 only;
	u8 block;
	u8 mute;
	u8 srtp_fresh;
	struct rtplane_srtp *srtp_rx;
	struct rtplane_srtp *srtp_tx;
	u8 *dscp_map;
	struct rtplane_copies *copies;
	struct rtplane_saved *saved;
	struct rtplane_call_key *key;
};

/**
 * struct rtplane_leg_detail - what only some legs ever count
 * @drops: packets dropped, by &enum rtplane_drop
 * @passed: packets left to the stack
 * @rtcp_packets: RTCP packets accepted
 * @sr: last sender report, for the peer's round trip; read without the lock
 * @rtcp: the remote's view
 * @rtcp_told: monotonic ns of the last RTCP event
 * @digits: the last digit
 * @dscp_seen: counters of 64 DSCP values once a second one has been seen
 *
 * Allocated by the packet that first has something to count, and kept for the
 * leg's life.  If there is no memory, that is not counted, and the next packet
 * tries again.
 */
struct rtplane_leg_detail {
	u64 drops[__RTPLANE_DROP_MAX];
	u64 passed;
	u64 rtcp_packets;
	u64 sr;
	struct rtplane_rtcpstats rtcp;
	u64 rtcp_told;
	struct rtplane_digits digits;
	u64 *dscp_seen;
};

/**
 * struct rtplane_leg - a leg
 *
 * Everything is protected by @lock unless said otherwise.  A packet takes the
 * lock of the leg it arrives on and no other.  Netlink takes the namespace's
 * mutex, then the locks of both legs of a bridge; whoever holds both may change
 * anything and no packet sees half of it.  What a packet needs of the other leg
 * is in @egress, which whoever changes that leg makes stale (@stale).
 *
 * Life: made and removed under the namespace's mutex, found under RCU, freed
 * after a grace period (rtplane_leg_free()).  @peer is NULL before the first
 * bridge and after removal; a packet that finds it so lets the stack have the
 * packet, so nobody needs a reference count.
 *
 * @local: local address; constant
 * @lock: see above
 * @flags: which of the rarely used things are on, RTPLANE_LEG_*
 * @stale: @egress no longer tells the truth; set by anybody, atomically
 * @remote: where media comes from and goes to; valid if @latched.  Read by the
 *	peer's packets without @lock, through @remote_seq
 * @latched: @remote is valid
 * @egress: how to reach the peer's remote, RCU; replaced under @lock
 * @peer: the other leg, NULL without one; @lock of both legs
 * @rx_packets: packets accepted
 * @rx_bytes: their IP bytes
 * @fwd_packets: of these sent by the present peer
 * @fwd_bytes: their IP bytes as sent
 * @last: monotonic ns of the last packet accepted, or of the leg's creation
 * @iif: device that the remote's packets come by, 0 = not known yet
 * @dscp_first: DSCP that arrived first
 * @dscp_first_count: how often
 * @fwd_tos: DSCP of the last packet that was sent by the peer, 0xff = none
 * @rtp: RTP statistics
 * @police: rate limits
 * @first: CLOCK_REALTIME ns of the first packet accepted
 * @detail: what else was counted, NULL until there is something
 * @remote_seq: guards @remote and @latched for readers without @lock
 * @policy: who may become the remote, and who has tried
 * @hold: the timer of what it holds, NULL before it held anything
 * @crowd: packets refused without @lock, since it was taken, and not counted yet
 * @tie: see RTPLANE_LEG_A_TIE, may be none
 * @silence_of: @last when its silence was told; by rtplane_bridge_sweep() alone
 * @latches: remotes committed
 * @changes: grows with what is told as RTPLANE_LEG_A_GENERATION, but for what the keys count
 * @silence: ms
 * @dscp_mode: of packets sent by this leg
 * @dscp: value
 * @iif_leads: routes to the remote led by @iif when it was learned
 * @dscp_map: table or NULL
 * @srtp_rx: protection of what arrives, or NULL
 * @srtp_tx: protection of what leaves, or NULL; of the peer's packets, so it is changed
 *	with both locks held, and they use it with their own
 * @only: &enum rtplane_only
 * @block: &enum rtplane_block
 * @digits: payload types of telephone events, of which each digit is told
 * @copies: further outputs of what arrives, or NULL
 * @mark: of the way out
 * @oif: of the way out
 * @bps: configured rate; that in packets is in @police
 * @tx_packets: sent by this leg for earlier peers; namespace's mutex
 * @tx_bytes: sent by this leg for earlier peers; namespace's mutex
 * @cookie: the owner's name for the bridge
 * @of_cookie: in the namespace's list of that cookie; namespace's mutex
 * @rn: namespace; constant
 * @call: what it has if it shares its port, or NULL; set once, under the namespace's mutex
 * @id: number for dumps; constant
 * @busy: named by the netlink message that is being carried out; namespace's mutex
 * @rcu: to free it, once it is removed and @tx_packets and @tx_bytes are done with
 */
struct rtplane_leg {
	struct rtplane_ep local;
	spinlock_t lock; /* all that is not said to be otherwise */
	struct rtplane_ep remote;
	u8 flags;
	u8 stale;
	u8 latched;
	u8 fwd_tos;
	struct rtplane_egress __rcu *egress;
	struct rtplane_leg *peer;
	/* 64 */
	u64 rx_packets;
	u64 rx_bytes;
	u64 fwd_packets;
	u64 fwd_bytes;
	u64 last;
	u64 dscp_first_count;
	struct rtplane_rtpstats rtp;
	struct rtplane_police police;
	u32 iif;
	u8 dscp_first;
	/* 229: what follows is not for the usual packet */
	u8 dscp_mode;
	u8 dscp;
	u8 only;
	u8 block;
	bool busy;
	bool iif_leads;
	u32 latches;
	u32 digits;
	struct rtplane_srtp *srtp_rx;
	struct rtplane_srtp *srtp_tx;
	u64 first;
	u64 changes;
	struct rtplane_leg_detail *detail;
	struct rtplane_policy policy;
	struct rtplane_hold *hold;
	atomic_t crowd;
	struct rtplane_ep tie;
	seqcount_spinlock_t remote_seq;
	u64 silence_of;
	u32 silence;
	u32 mark;
	u32 oif;
	u32 id;
	u64 bps;
	u8 *dscp_map;
	struct rtplane_copies *copies;
	u64 cookie;
	struct hlist_node of_cookie;
	struct rtplane_net *rn;
	struct rtplane_call *call;
	union {
		struct {
			u64 tx_packets;
			u64 tx_bytes;
		};
		struct rcu_head rcu;
	};
};

#define RTPLANE_LEG_ANY		0x01	/* relays what is not RTP */
#define RTPLANE_LEG_DROP	0x02	/* drops what is unknown */
#define RTPLANE_LEG_EARLY	0x04	/* sends to the signalled remote before a latch */
#define RTPLANE_LEG_POLICED	0x08	/* has a rate limit */
#define RTPLANE_LEG_SECURE	0x10	/* it or its peer is protected, in any direction */
#define RTPLANE_LEG_MUTE	0x20	/* sends nothing */

int rtplane_leg_cache_init(void);
void rtplane_leg_cache_exit(void);
unsigned int rtplane_leg_size(void);

struct rtplane_leg *rtplane_leg_new(struct rtplane_net *rn, struct rtplane_leg_conf *conf);
void rtplane_leg_free(struct rtplane_leg *leg);
bool rtplane_leg_remote(const struct rtplane_leg *leg, struct rtplane_ep *remote);
struct rtplane_leg_detail *rtplane_leg_detail(struct rtplane_leg *leg);
const struct rtplane_leg_detail *rtplane_leg_detail_get(const struct rtplane_leg *leg);
void rtplane_leg_crowd(struct rtplane_leg *leg);
void rtplane_leg_dropped(struct rtplane_leg *leg, enum rtplane_drop why);
void rtplane_leg_dscp_seen(struct rtplane_leg *leg, u8 dscp);

#endif /* _RTPLANE_LEG_H */
