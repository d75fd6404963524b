/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/**
 * DOC: rtplane generic netlink
 *
 * The contract between rtplane.ko and user space.  The same contract in the
 * kernel's YAML schema, with what each attribute means for each command, is
 * Documentation/netlink/specs/rtplane.yaml; selftests/spec.py proves that the
 * two agree.
 *
 * Objects: dev (an enrolled network device), leg (one local UDP transport
 * address and the remote it talks to), bridge (two legs, each the other's
 * peer), natmap (a port range mapped 1:1), stats (totals of a namespace).
 *
 * Addresses and ports are in network byte order, everything else in host
 * byte order.  Times are milliseconds unless the name says otherwise.
 */
#ifndef _UAPI_LINUX_RTPLANE_H
#define _UAPI_LINUX_RTPLANE_H

#define RTPLANE_GENL_NAME	"rtplane"
#define RTPLANE_GENL_VERSION	1
#define RTPLANE_MCGRP_EVENTS	"events"

#define RTPLANE_DSCP_MAP_LEN	64
#define RTPLANE_PROBATION_MAX	32
#define RTPLANE_FORMER_MS	3000
#define RTPLANE_BRIDGES_MAX	512
#define RTPLANE_SRTP_KEY_MAX	46
#define RTPLANE_SRTP_MKI_MAX	16
#define RTPLANE_SRTP_SSRCS_MAX	64
#define RTPLANE_SRTP_WINDOW_LEN	128
#define RTPLANE_SRTCP_WINDOW_LEN	16
#define RTPLANE_NATMAP_PORT_LO	30000
#define RTPLANE_NATMAP_PORT_HI	33000
#define RTPLANE_SCAN_PORTS_MAX	32
#define RTPLANE_SCAN_RANGES_MAX	512
#define RTPLANE_COPIES_MAX	8

/**
 * enum rtplane_cmd - commands of the family
 * @RTPLANE_CMD_UNSPEC: never sent
 * @RTPLANE_CMD_DEV_NEW: enrol a network device (admin)
 * @RTPLANE_CMD_DEV_DEL: withdraw a network device (admin)
 * @RTPLANE_CMD_DEV_GET: one enrolled device, or a dump of all
 * @RTPLANE_CMD_BRIDGE_NEW: create bridges, all of a message or none (admin)
 * @RTPLANE_CMD_BRIDGE_SET: change bridges, all of a message or none; a second
 *	leg that does not exist yet takes the place of the present peer (admin)
 * @RTPLANE_CMD_BRIDGE_DEL: remove the bridges of the legs named, or all of a
 *	cookie, or all; which of these must be said (admin).  With the leg's SAVED, of
 *	one bridge, both legs are told as they were at the end
 * @RTPLANE_CMD_LEG_SET: change one leg (admin)
 * @RTPLANE_CMD_LEG_GET: one leg, or a dump of all or of one cookie's
 * @RTPLANE_CMD_NATMAP_NEW: create a port-preserving NAT (admin)
 * @RTPLANE_CMD_NATMAP_DEL: remove one (admin)
 * @RTPLANE_CMD_NATMAP_GET: one natmap, or a dump of all
 * @RTPLANE_CMD_STATS_GET: totals of the namespace
 * @RTPLANE_CMD_EVENT_NTF: an event, to the multicast group "events"
 * @RTPLANE_CMD_SCAN_SET: say which ports are watched for who tries many of them, in
 *	the place of those until now; none: no longer (admin)
 */
enum rtplane_cmd {
	RTPLANE_CMD_UNSPEC,
	RTPLANE_CMD_DEV_NEW,
	RTPLANE_CMD_DEV_DEL,
	RTPLANE_CMD_DEV_GET,
	RTPLANE_CMD_BRIDGE_NEW,
	RTPLANE_CMD_BRIDGE_SET,
	RTPLANE_CMD_BRIDGE_DEL,
	RTPLANE_CMD_LEG_SET,
	RTPLANE_CMD_LEG_GET,
	RTPLANE_CMD_NATMAP_NEW,
	RTPLANE_CMD_NATMAP_DEL,
	RTPLANE_CMD_NATMAP_GET,
	RTPLANE_CMD_STATS_GET,
	RTPLANE_CMD_EVENT_NTF,
	RTPLANE_CMD_SCAN_SET,

	__RTPLANE_CMD_MAX,
	RTPLANE_CMD_MAX = __RTPLANE_CMD_MAX - 1
};

/**
 * enum rtplane_attr - top level of every message
 * @RTPLANE_A_UNSPEC: never sent
 * @RTPLANE_A_DEV: nest of &enum rtplane_dev_attr
 * @RTPLANE_A_BRIDGE: nest of &enum rtplane_bridge_attr; may be repeated, up to
 *	RTPLANE_BRIDGES_MAX times, in BRIDGE_NEW, BRIDGE_SET and BRIDGE_DEL
 * @RTPLANE_A_LEG: nest of &enum rtplane_leg_attr
 * @RTPLANE_A_NATMAP: nest of &enum rtplane_natmap_attr
 * @RTPLANE_A_STATS: nest of &enum rtplane_stats_attr
 * @RTPLANE_A_EVENT: nest of &enum rtplane_event_attr
 * @RTPLANE_A_SCAN: nest of &enum rtplane_scan_attr
 */
enum rtplane_attr {
	RTPLANE_A_UNSPEC,
	RTPLANE_A_DEV,
	RTPLANE_A_BRIDGE,
	RTPLANE_A_LEG,
	RTPLANE_A_NATMAP,
	RTPLANE_A_STATS,
	RTPLANE_A_EVENT,
	RTPLANE_A_SCAN,

	__RTPLANE_A_MAX,
	RTPLANE_A_MAX = __RTPLANE_A_MAX - 1
};

/**
 * enum rtplane_ep_attr - a transport address (endpoint)
 * @RTPLANE_EP_A_UNSPEC: never sent
 * @RTPLANE_EP_A_IPV4: u32, network order; exactly one of IPV4 and IPV6
 * @RTPLANE_EP_A_IPV6: 16 bytes
 * @RTPLANE_EP_A_PORT: u16, network order; 1 to 65535 (a natmap's addresses
 *	carry none)
 * @RTPLANE_EP_A_RTCP: flag; of a leg's local address: what is RTCP there goes to a leg of
 *	its own, while the leg of that address takes RTPLANE_ONLY_RTP
 * @RTPLANE_EP_A_LINE: u8, 1 to 31; of a leg's local address: what is of that line there, of
 *	several that share the port (BUNDLE), as a leg of its own. Told by user space alone:
 *	the module does not look into packets so deep
 * @RTPLANE_EP_A_CALL: u16, 1 to 32767; of a leg's local address, and of one it is tied to:
 *	the number of a call that shares the port with others. What comes there goes to the
 *	call whose remote was proven to be its source (RTPLANE_LEG_A_PROVEN), and to nobody
 *	otherwise: no packet makes its source the remote. A port is one leg's for itself, or
 *	its calls': what comes second is refused (-EEXIST)
 */
enum rtplane_ep_attr {
	RTPLANE_EP_A_UNSPEC,
	RTPLANE_EP_A_IPV4,
	RTPLANE_EP_A_IPV6,
	RTPLANE_EP_A_PORT,
	RTPLANE_EP_A_RTCP,
	RTPLANE_EP_A_LINE,
	RTPLANE_EP_A_CALL,

	__RTPLANE_EP_A_MAX,
	RTPLANE_EP_A_MAX = __RTPLANE_EP_A_MAX - 1
};

/**
 * enum rtplane_dev_attr - an enrolled device
 * @RTPLANE_DEV_A_UNSPEC: never sent
 * @RTPLANE_DEV_A_IFINDEX: u32; identifies the device
 * @RTPLANE_DEV_A_NAME: string; may identify the device instead
 * @RTPLANE_DEV_A_PAD: padding of the 64-bit attributes
 * @RTPLANE_DEV_A_RX_PACKETS: u64; UDP packets of a leg that this device gave to
 *	the module; a natmap counts its own (out)
 * @RTPLANE_DEV_A_PASSED: u64; of these, left to the normal stack (out)
 */
enum rtplane_dev_attr {
	RTPLANE_DEV_A_UNSPEC,
	RTPLANE_DEV_A_IFINDEX,
	RTPLANE_DEV_A_NAME,
	RTPLANE_DEV_A_PAD,
	RTPLANE_DEV_A_RX_PACKETS,
	RTPLANE_DEV_A_PASSED,

	__RTPLANE_DEV_A_MAX,
	RTPLANE_DEV_A_MAX = __RTPLANE_DEV_A_MAX - 1
};

/**
 * enum rtplane_bridge_attr - a bridge
 * @RTPLANE_BRIDGE_A_UNSPEC: never sent
 * @RTPLANE_BRIDGE_A_COOKIE: u64, owner's name for the bridge (a call); 0 = none
 * @RTPLANE_BRIDGE_A_LEG: nest of &enum rtplane_leg_attr; exactly two in
 *	BRIDGE_NEW and BRIDGE_SET, one (either) in BRIDGE_DEL
 * @RTPLANE_BRIDGE_A_ALL: flag, in BRIDGE_DEL alone and by itself: every bridge of
 *	the namespace
 */
enum rtplane_bridge_attr {
	RTPLANE_BRIDGE_A_UNSPEC,
	RTPLANE_BRIDGE_A_COOKIE,
	RTPLANE_BRIDGE_A_LEG,
	RTPLANE_BRIDGE_A_ALL,

	__RTPLANE_BRIDGE_A_MAX,
	RTPLANE_BRIDGE_A_MAX = __RTPLANE_BRIDGE_A_MAX - 1
};

/**
 * enum rtplane_latch - who may become a leg's remote
 * @RTPLANE_LATCH_OFF: only the signalled address and port
 * @RTPLANE_LATCH_RESTRICTED: the signalled address or its prefix, any port
 * @RTPLANE_LATCH_LEARN: anyone, once
 */
enum rtplane_latch {
	RTPLANE_LATCH_OFF,
	RTPLANE_LATCH_RESTRICTED,
	RTPLANE_LATCH_LEARN,

	__RTPLANE_LATCH_MAX,
	RTPLANE_LATCH_MAX = __RTPLANE_LATCH_MAX - 1
};

/**
 * enum rtplane_state - where a leg's latch stands
 * @RTPLANE_STATE_WAITING: nobody has become the remote yet
 * @RTPLANE_STATE_PROBATION: a candidate is being counted
 * @RTPLANE_STATE_LOCKED: the remote is committed (at once with latch off)
 */
enum rtplane_state {
	RTPLANE_STATE_WAITING,
	RTPLANE_STATE_PROBATION,
	RTPLANE_STATE_LOCKED,

	__RTPLANE_STATE_MAX,
	RTPLANE_STATE_MAX = __RTPLANE_STATE_MAX - 1
};

/**
 * enum rtplane_dscp_mode - DSCP of the packets that leave by a leg
 * @RTPLANE_DSCP_PRESERVE: as received
 * @RTPLANE_DSCP_SET: one value
 * @RTPLANE_DSCP_MAP: by a table indexed with the received value
 */
enum rtplane_dscp_mode {
	RTPLANE_DSCP_PRESERVE,
	RTPLANE_DSCP_SET,
	RTPLANE_DSCP_MAP,

	__RTPLANE_DSCP_MAX,
	RTPLANE_DSCP_MAX = __RTPLANE_DSCP_MAX - 1
};

/**
 * enum rtplane_accept - what a leg relays
 * @RTPLANE_ACCEPT_RTP: RTP and RTCP (RFC 7983: first byte 128 to 191)
 * @RTPLANE_ACCEPT_ANY: every UDP payload except STUN, DTLS and TURN channels
 *	(T.38 UDPTL, proprietary media); nothing is parsed as RTP that is not
 */
enum rtplane_accept {
	RTPLANE_ACCEPT_RTP,
	RTPLANE_ACCEPT_ANY,

	__RTPLANE_ACCEPT_MAX,
	RTPLANE_ACCEPT_MAX = __RTPLANE_ACCEPT_MAX - 1
};

/**
 * enum rtplane_unknown - what becomes of a first byte that nobody owns
 * @RTPLANE_UNKNOWN_PASS: it goes to the socket
 * @RTPLANE_UNKNOWN_DROP: it is dropped and counted
 */
enum rtplane_unknown {
	RTPLANE_UNKNOWN_PASS,
	RTPLANE_UNKNOWN_DROP,

	__RTPLANE_UNKNOWN_MAX,
	RTPLANE_UNKNOWN_MAX = __RTPLANE_UNKNOWN_MAX - 1
};

/**
 * enum rtplane_srtp_suite - how media is protected; RFC 4568 6.2, RFC 6188, RFC 7714
 * @RTPLANE_SRTP_NONE: not at all
 * @RTPLANE_SRTP_AES_128_CM_SHA1_80: AES_CM_128_HMAC_SHA1_80
 * @RTPLANE_SRTP_AES_128_CM_SHA1_32: AES_CM_128_HMAC_SHA1_32; RTCP has 80 bits
 * @RTPLANE_SRTP_AES_256_CM_SHA1_80: AES_256_CM_HMAC_SHA1_80
 * @RTPLANE_SRTP_AES_256_CM_SHA1_32: AES_256_CM_HMAC_SHA1_32; RTCP has 80 bits
 * @RTPLANE_SRTP_AES_128_GCM: AEAD_AES_128_GCM
 * @RTPLANE_SRTP_AES_256_GCM: AEAD_AES_256_GCM
 */
enum rtplane_srtp_suite {
	RTPLANE_SRTP_NONE,
	RTPLANE_SRTP_AES_128_CM_SHA1_80,
	RTPLANE_SRTP_AES_128_CM_SHA1_32,
	RTPLANE_SRTP_AES_256_CM_SHA1_80,
	RTPLANE_SRTP_AES_256_CM_SHA1_32,
	RTPLANE_SRTP_AES_128_GCM,
	RTPLANE_SRTP_AES_256_GCM,

	__RTPLANE_SRTP_MAX,
	RTPLANE_SRTP_MAX = __RTPLANE_SRTP_MAX - 1
};

/**
 * enum rtplane_only - what a leg of a protected bridge takes
 * @RTPLANE_ONLY_BOTH: RTP and RTCP
 * @RTPLANE_ONLY_RTP: RTP, since RTCP has a bridge of its own with the same keys
 * @RTPLANE_ONLY_RTCP: RTCP, since RTP has one
 *
 * Two bridges are two cryptographic contexts: what one key protects must all go
 * through one of them, or key stream is used twice and replays are not seen.
 */
enum rtplane_only {
	RTPLANE_ONLY_BOTH,
	RTPLANE_ONLY_RTP,
	RTPLANE_ONLY_RTCP,

	__RTPLANE_ONLY_MAX,
	RTPLANE_ONLY_MAX = __RTPLANE_ONLY_MAX - 1
};

/**
 * enum rtplane_block - what arrives on a leg, is counted, and goes no further
 * @RTPLANE_BLOCK_NOTHING: all goes on
 * @RTPLANE_BLOCK_DIGITS: packets of RTPLANE_LEG_A_DIGITS' types do not
 * @RTPLANE_BLOCK_MEDIA: nothing but RTCP does
 */
enum rtplane_block {
	RTPLANE_BLOCK_NOTHING,
	RTPLANE_BLOCK_DIGITS,
	RTPLANE_BLOCK_MEDIA,

	__RTPLANE_BLOCK_MAX,
	RTPLANE_BLOCK_MAX = __RTPLANE_BLOCK_MAX - 1
};

/**
 * enum rtplane_source_attr - where a source (SSRC) stands under a key
 * @RTPLANE_SOURCE_A_UNSPEC: never sent
 * @RTPLANE_SOURCE_A_PAD: padding of the 64-bit attributes
 * @RTPLANE_SOURCE_A_SSRC: u32
 * @RTPLANE_SOURCE_A_INDEX: u64, the highest index of its RTP packets, rollover
 *	counter * 65536 + sequence number (48 bits); absent: none came.  In a request
 *	without WINDOW all that is not beyond it is taken to have been here
 * @RTPLANE_SOURCE_A_RTCP_INDEX: u32, the highest SRTCP index (31 bits); absent: none
 * @RTPLANE_SOURCE_A_WINDOW: RTPLANE_SRTP_WINDOW_LEN bytes, which packets behind INDEX were
 *	here: bit n % 8 of byte n / 8 is set if that of index INDEX - n was.  Told in the
 *	state of a leg alone
 * @RTPLANE_SOURCE_A_CARRIED: flag, of what arrives: INDEX is from under the former key, and
 *	nothing came by this one yet, which may begin anew
 * @RTPLANE_SOURCE_A_SHIFT: u16, of what leaves: by how much its sequence numbers are moved,
 *	since its sender began them anew; default 0
 * @RTPLANE_SOURCE_A_RTCP_WINDOW: RTPLANE_SRTCP_WINDOW_LEN bytes, as WINDOW, of SRTCP that
 *	arrives, behind RTCP_INDEX
 */
enum rtplane_source_attr {
	RTPLANE_SOURCE_A_UNSPEC,
	RTPLANE_SOURCE_A_PAD,
	RTPLANE_SOURCE_A_SSRC,
	RTPLANE_SOURCE_A_INDEX,
	RTPLANE_SOURCE_A_RTCP_INDEX,
	RTPLANE_SOURCE_A_WINDOW,
	RTPLANE_SOURCE_A_CARRIED,
	RTPLANE_SOURCE_A_SHIFT,
	RTPLANE_SOURCE_A_RTCP_WINDOW,

	__RTPLANE_SOURCE_A_MAX,
	RTPLANE_SOURCE_A_MAX = __RTPLANE_SOURCE_A_MAX - 1
};

/**
 * enum rtplane_srtp_attr - the protection of one direction of a leg
 * @RTPLANE_SRTP_A_UNSPEC: never sent
 * @RTPLANE_SRTP_A_SUITE: u8 of &enum rtplane_srtp_suite; required
 * @RTPLANE_SRTP_A_KEY: master key, then master salt: 30 bytes with
 *	AES_CM_128, 46 with AES_256_CM, 28 and 44 with GCM; never told
 * @RTPLANE_SRTP_A_MKI: 1 to 16 bytes, the master key identifier that each packet
 *	carries; absent: packets carry none
 * @RTPLANE_SRTP_A_FRESH: flag: the key begins a new cryptographic context, what
 *	leaves counts from 0 again; without it a new key goes on where the former one
 *	was (RFC 3711 3.3.1).  Of no meaning for what arrives
 * @RTPLANE_SRTP_A_SOURCE: nest of &enum rtplane_source_attr, up to
 *	RTPLANE_SRTP_SSRCS_MAX times; in a request: where this key stands, used elsewhere
 *	so far.  The present key stands where it does, whatever is said
 */
enum rtplane_srtp_attr {
	RTPLANE_SRTP_A_UNSPEC,
	RTPLANE_SRTP_A_SUITE,
	RTPLANE_SRTP_A_KEY,
	RTPLANE_SRTP_A_MKI,
	RTPLANE_SRTP_A_FRESH,
	RTPLANE_SRTP_A_SOURCE,

	__RTPLANE_SRTP_A_MAX,
	RTPLANE_SRTP_A_MAX = __RTPLANE_SRTP_A_MAX - 1
};

/**
 * enum rtplane_copy_attr - a further output of what arrives on a leg
 * @RTPLANE_COPY_A_UNSPEC: never sent
 * @RTPLANE_COPY_A_PAD: padding of the 64-bit attributes
 * @RTPLANE_COPY_A_FROM: endpoint that copies are sent with; required
 * @RTPLANE_COPY_A_TO: endpoint that they are sent to, of the same family; required
 * @RTPLANE_COPY_A_ONLY: u8 of &enum rtplane_only, what is copied; default both
 * @RTPLANE_COPY_A_PACKETS: u64, packets sent (out)
 * @RTPLANE_COPY_A_BYTES: u64, their IP bytes (out)
 * @RTPLANE_COPY_A_DROPPED: u64, packets that could not be sent (out)
 *
 * A packet is copied that the leg accepts and does not block, without the protection that
 * it came with, whether or not the peer sends it on; with the DSCP that the peer gives it.
 */
enum rtplane_copy_attr {
	RTPLANE_COPY_A_UNSPEC,
	RTPLANE_COPY_A_PAD,
	RTPLANE_COPY_A_FROM,
	RTPLANE_COPY_A_TO,
	RTPLANE_COPY_A_ONLY,
	RTPLANE_COPY_A_PACKETS,
	RTPLANE_COPY_A_BYTES,
	RTPLANE_COPY_A_DROPPED,

	__RTPLANE_COPY_A_MAX,
	RTPLANE_COPY_A_MAX = __RTPLANE_COPY_A_MAX - 1
};

/**
 * enum rtplane_leg_attr - a leg
 * @RTPLANE_LEG_A_UNSPEC: never sent
 * @RTPLANE_LEG_A_PAD: padding of the 64-bit attributes
 * @RTPLANE_LEG_A_LOCAL: nest of &enum rtplane_ep_attr; identifies the leg
 * @RTPLANE_LEG_A_REMOTE: endpoint that signalling gave; required unless latch
 *	is learn; a value that differs from the present one unlocks the latch
 * @RTPLANE_LEG_A_LATCH: u8 of &enum rtplane_latch; default restricted
 * @RTPLANE_LEG_A_PREFIX: u8, bits of the signalled address that a source must
 *	share (restricted); default 32 or 128
 * @RTPLANE_LEG_A_PROBATION: u8, packets in a row before a source is committed that
 *	is not exactly REMOTE; default 3; 0 and 1 = at once, only where the whole
 *	address is known: latch off, restricted with the full PREFIX, or a TIE
 * @RTPLANE_LEG_A_EARLY: u8, 1: media goes to the signalled address until
 *	somebody latches; default 0; needs a remote
 * @RTPLANE_LEG_A_RELATCH: u32, ms of silence of the remote after which another
 *	source that satisfies the mode may take over, unless the remote was proven;
 *	0 = never (default)
 * @RTPLANE_LEG_A_TIE: endpoint, local address of an RTP leg: only its remote's
 *	address, with the port above its port or that of REMOTE, may become this
 *	(RTCP) leg's remote; or exactly REMOTE
 * @RTPLANE_LEG_A_DSCP_MODE: u8 of &enum rtplane_dscp_mode; default preserve
 * @RTPLANE_LEG_A_DSCP: u8, 0 to 63; alone it implies mode set
 * @RTPLANE_LEG_A_DSCP_MAP: 64 bytes, each 0 to 63; alone it implies mode map
 * @RTPLANE_LEG_A_ACCEPT: u8 of &enum rtplane_accept; default rtp
 * @RTPLANE_LEG_A_UNKNOWN: u8 of &enum rtplane_unknown; default pass
 * @RTPLANE_LEG_A_PPS: u32, packets/s that may arrive; 0 = no limit
 * @RTPLANE_LEG_A_BPS: u64, bits/s of IP packets that may arrive; 0 = no limit
 * @RTPLANE_LEG_A_MARK: u32, mark of the route look-up and of packets sent
 * @RTPLANE_LEG_A_OIF: u32, device that packets leave by (or a VRF); 0 = any
 * @RTPLANE_LEG_A_SILENCE: u32, ms without a packet after which a silence event
 *	is sent; 0 = never
 * @RTPLANE_LEG_A_UNLATCH: flag; LEG_SET and BRIDGE_SET: forget the remote
 *	that was learned, learn again
 * @RTPLANE_LEG_A_PROVEN: endpoint; LEG_SET and BRIDGE_SET: commit this remote,
 *	the caller has authenticated it
 * @RTPLANE_LEG_A_COOKIE: u64, the bridge's cookie (out; in a LEG_GET dump:
 *	only this cookie's legs)
 * @RTPLANE_LEG_A_PEER: endpoint, the peer's local address (out)
 * @RTPLANE_LEG_A_STATE: u8 of &enum rtplane_state (out)
 * @RTPLANE_LEG_A_LATCHED: endpoint where media is sent to now (out; absent:
 *	nowhere)
 * @RTPLANE_LEG_A_COUNTERS: nest of &enum rtplane_count_attr (out)
 * @RTPLANE_LEG_A_DROPS: nest; attribute type = 1 + &enum rtplane_drop, value
 *	u64; reasons that never happened are left out (out)
 * @RTPLANE_LEG_A_RTP: nest of &enum rtplane_rtp_attr (out)
 * @RTPLANE_LEG_A_RTCP: nest of &enum rtplane_rtcp_attr (out)
 * @RTPLANE_LEG_A_DSCP_SEEN: nest; attribute type = 1 + received DSCP, value
 *	u64 packets; values never seen are left out (out)
 * @RTPLANE_LEG_A_OFFENDER: endpoint, the last source refused (out)
 * @RTPLANE_LEG_A_OFFENSES: u64, packets in a row of that source (out)
 * @RTPLANE_LEG_A_MOVED: flag; LEG_SET and BRIDGE_SET: as UNLATCH, and for some
 *	seconds the remote until now cannot be learned again
 * @RTPLANE_LEG_A_SSRC_GUARD: u8, 1: another SSRC of the remote must send three
 *	packets in a row before it passes; default 1 with restricted and learn
 * @RTPLANE_LEG_A_SRTP_RX: nest of &enum rtplane_srtp_attr, protection of what
 *	arrives; suite none: it is taken off
 * @RTPLANE_LEG_A_SRTP_TX: the same of what leaves by this leg; another key is used
 *	from the next packet on
 * @RTPLANE_LEG_A_ONLY: u8 of &enum rtplane_only; default both
 * @RTPLANE_LEG_A_GENERATION: u64, grows with whatever who would take the leg over must know;
 *	see Documentation/man/rtplane.8 (out)
 * @RTPLANE_LEG_A_DIGITS: u32, payload types of telephone events (RFC 4733) in what arrives:
 *	bit n is type 96 + n.  Each digit is an event; default 0, none
 * @RTPLANE_LEG_A_BLOCK: u8 of &enum rtplane_block; default nothing
 * @RTPLANE_LEG_A_SAVED: nest of &enum rtplane_saved_attr, the leg's state.  In BRIDGE_NEW, and
 *	for a leg that BRIDGE_SET makes: where it goes on.  In LEG_GET and its dump, and in
 *	BRIDGE_DEL of one leg, with nothing but a version: it is to be told
 * @RTPLANE_LEG_A_MUTE: u8, 1: nothing is sent by this leg, whoever is its remote, and what
 *	comes from there is relayed all the same; default 0
 * @RTPLANE_LEG_A_COPY: nest of &enum rtplane_copy_attr, a further output of what arrives
 *	here, up to RTPLANE_COPIES_MAX times; those given take the place of those that were
 * @RTPLANE_LEG_A_NO_COPY: flag; there are no further outputs any more
 */
enum rtplane_leg_attr {
	RTPLANE_LEG_A_UNSPEC,
	RTPLANE_LEG_A_PAD,
	RTPLANE_LEG_A_LOCAL,
	RTPLANE_LEG_A_REMOTE,
	RTPLANE_LEG_A_LATCH,
	RTPLANE_LEG_A_PREFIX,
	RTPLANE_LEG_A_PROBATION,
	RTPLANE_LEG_A_EARLY,
	RTPLANE_LEG_A_RELATCH,
	RTPLANE_LEG_A_TIE,
	RTPLANE_LEG_A_DSCP_MODE,
	RTPLANE_LEG_A_DSCP,
	RTPLANE_LEG_A_DSCP_MAP,
	RTPLANE_LEG_A_ACCEPT,
	RTPLANE_LEG_A_UNKNOWN,
	RTPLANE_LEG_A_PPS,
	RTPLANE_LEG_A_BPS,
	RTPLANE_LEG_A_MARK,
	RTPLANE_LEG_A_OIF,
	RTPLANE_LEG_A_SILENCE,
	RTPLANE_LEG_A_UNLATCH,
	RTPLANE_LEG_A_PROVEN,
	RTPLANE_LEG_A_COOKIE,
	RTPLANE_LEG_A_PEER,
	RTPLANE_LEG_A_STATE,
	RTPLANE_LEG_A_LATCHED,
	RTPLANE_LEG_A_COUNTERS,
	RTPLANE_LEG_A_DROPS,
	RTPLANE_LEG_A_RTP,
	RTPLANE_LEG_A_RTCP,
	RTPLANE_LEG_A_DSCP_SEEN,
	RTPLANE_LEG_A_OFFENDER,
	RTPLANE_LEG_A_OFFENSES,
	RTPLANE_LEG_A_MOVED,
	RTPLANE_LEG_A_SSRC_GUARD,
	RTPLANE_LEG_A_SRTP_RX,
	RTPLANE_LEG_A_SRTP_TX,
	RTPLANE_LEG_A_ONLY,
	RTPLANE_LEG_A_GENERATION,
	RTPLANE_LEG_A_SAVED,
	RTPLANE_LEG_A_DIGITS,
	RTPLANE_LEG_A_BLOCK,
	RTPLANE_LEG_A_MUTE,
	RTPLANE_LEG_A_COPY,
	RTPLANE_LEG_A_NO_COPY,

	__RTPLANE_LEG_A_MAX,
	RTPLANE_LEG_A_MAX = __RTPLANE_LEG_A_MAX - 1
};

/**
 * enum rtplane_count_attr - what a leg counted
 * @RTPLANE_COUNT_A_UNSPEC: never sent
 * @RTPLANE_COUNT_A_PAD: padding
 * @RTPLANE_COUNT_A_RX_PACKETS: u64, packets accepted from the remote
 * @RTPLANE_COUNT_A_RX_BYTES: u64, their IP bytes
 * @RTPLANE_COUNT_A_TX_PACKETS: u64, packets sent to the remote
 * @RTPLANE_COUNT_A_TX_BYTES: u64, their IP bytes
 * @RTPLANE_COUNT_A_DROPPED: u64, packets dropped, all reasons
 * @RTPLANE_COUNT_A_PASSED: u64, packets left to the stack
 * @RTPLANE_COUNT_A_RTCP_PACKETS: u64, of RX_PACKETS those that were RTCP
 * @RTPLANE_COUNT_A_FIRST: u64, CLOCK_REALTIME ns of the first packet accepted
 * @RTPLANE_COUNT_A_LAST: u64, CLOCK_REALTIME ns of the last packet accepted
 * @RTPLANE_COUNT_A_LATCHES: u32, times a remote was committed
 * @RTPLANE_COUNT_A_DSCP_TX: u8, DSCP of the last packet sent to the remote;
 *	absent while none was
 */
enum rtplane_count_attr {
	RTPLANE_COUNT_A_UNSPEC,
	RTPLANE_COUNT_A_PAD,
	RTPLANE_COUNT_A_RX_PACKETS,
	RTPLANE_COUNT_A_RX_BYTES,
	RTPLANE_COUNT_A_TX_PACKETS,
	RTPLANE_COUNT_A_TX_BYTES,
	RTPLANE_COUNT_A_DROPPED,
	RTPLANE_COUNT_A_PASSED,
	RTPLANE_COUNT_A_RTCP_PACKETS,
	RTPLANE_COUNT_A_FIRST,
	RTPLANE_COUNT_A_LAST,
	RTPLANE_COUNT_A_LATCHES,
	RTPLANE_COUNT_A_DSCP_TX,

	__RTPLANE_COUNT_A_MAX,
	RTPLANE_COUNT_A_MAX = __RTPLANE_COUNT_A_MAX - 1
};

/**
 * enum rtplane_drop - why a packet was dropped
 * @RTPLANE_DROP_NO_REMOTE: the peer has no remote yet
 * @RTPLANE_DROP_REFUSED: the source may not be the remote
 * @RTPLANE_DROP_PROBATION: of a candidate that was not committed in time
 * @RTPLANE_DROP_MARTIAN: the source address cannot be anybody's
 * @RTPLANE_DROP_MALFORMED: lengths or versions do not fit
 * @RTPLANE_DROP_CHECKSUM: IP or UDP checksum wrong
 * @RTPLANE_DROP_UNKNOWN: first byte unknown and the leg says drop
 * @RTPLANE_DROP_PPS: above the packet rate
 * @RTPLANE_DROP_BPS: above the bit rate
 * @RTPLANE_DROP_TTL: TTL or hop limit used up
 * @RTPLANE_DROP_NO_ROUTE: no way to the peer's remote
 * @RTPLANE_DROP_TOO_BIG: above the path MTU and may not be fragmented
 * @RTPLANE_DROP_NOMEM: no memory
 * @RTPLANE_DROP_XMIT: the device or queue of the way out took it not
 * @RTPLANE_DROP_SRTP_AUTH: SRTP that does not authenticate
 * @RTPLANE_DROP_SRTP_REPLAY: SRTP that was here before, or is too old to tell
 * @RTPLANE_DROP_SRTP_FAIL: it could not be protected, or is of one source too
 *	many
 * @RTPLANE_DROP_SSRC: of another SSRC of the remote, not three in a row
 * @RTPLANE_DROP_BLOCKED: the leg says that it goes no further
 */
enum rtplane_drop {
	RTPLANE_DROP_NO_REMOTE,
	RTPLANE_DROP_REFUSED,
	RTPLANE_DROP_PROBATION,
	RTPLANE_DROP_MARTIAN,
	RTPLANE_DROP_MALFORMED,
	RTPLANE_DROP_CHECKSUM,
	RTPLANE_DROP_UNKNOWN,
	RTPLANE_DROP_PPS,
	RTPLANE_DROP_BPS,
	RTPLANE_DROP_TTL,
	RTPLANE_DROP_NO_ROUTE,
	RTPLANE_DROP_TOO_BIG,
	RTPLANE_DROP_NOMEM,
	RTPLANE_DROP_XMIT,
	RTPLANE_DROP_SRTP_AUTH,
	RTPLANE_DROP_SRTP_REPLAY,
	RTPLANE_DROP_SRTP_FAIL,
	RTPLANE_DROP_SSRC,
	RTPLANE_DROP_BLOCKED,

	__RTPLANE_DROP_MAX,
	RTPLANE_DROP_MAX = __RTPLANE_DROP_MAX - 1
};

/**
 * enum rtplane_rtp_attr - RFC 3550 view of what arrives on a leg
 * @RTPLANE_RTP_A_UNSPEC: never sent
 * @RTPLANE_RTP_A_PAD: padding
 * @RTPLANE_RTP_A_SSRC: u32, the present SSRC
 * @RTPLANE_RTP_A_SSRC_CHANGES: u32
 * @RTPLANE_RTP_A_PT: u8, the present payload type
 * @RTPLANE_RTP_A_PACKETS: u64, RTP packets, all SSRCs
 * @RTPLANE_RTP_A_LOST: u64, packets lost, all SSRCs, never below 0
 * @RTPLANE_RTP_A_OUT_OF_ORDER: u64
 * @RTPLANE_RTP_A_DUPLICATES: u64
 * @RTPLANE_RTP_A_JITTER: u32, interarrival jitter in units of the RTP clock,
 *	present SSRC
 * @RTPLANE_RTP_A_CLOCK: u32, the RTP clock rate in Hz that the module assumed
 *	(static payload types of RFC 3551; 8000 for dynamic ones, whose jitter in
 *	seconds is JITTER / CLOCK only if that is their clock)
 * @RTPLANE_RTP_A_JITTER_MAX: u32, as JITTER, the largest so far
 *
 * One SSRC is followed at a time.  Where a remote sends several at once (bundled lines,
 * retransmissions), each change begins anew: SSRC_CHANGES grows with the packets, and
 * LOST and JITTER say nothing.
 */
enum rtplane_rtp_attr {
	RTPLANE_RTP_A_UNSPEC,
	RTPLANE_RTP_A_PAD,
	RTPLANE_RTP_A_SSRC,
	RTPLANE_RTP_A_SSRC_CHANGES,
	RTPLANE_RTP_A_PT,
	RTPLANE_RTP_A_PACKETS,
	RTPLANE_RTP_A_LOST,
	RTPLANE_RTP_A_OUT_OF_ORDER,
	RTPLANE_RTP_A_DUPLICATES,
	RTPLANE_RTP_A_JITTER,
	RTPLANE_RTP_A_CLOCK,
	RTPLANE_RTP_A_JITTER_MAX,

	__RTPLANE_RTP_A_MAX,
	RTPLANE_RTP_A_MAX = __RTPLANE_RTP_A_MAX - 1
};

/**
 * enum rtplane_rtcp_attr - the remote's view, from its RTCP reports
 * @RTPLANE_RTCP_A_UNSPEC: never sent
 * @RTPLANE_RTCP_A_REPORTS: u32, report blocks seen
 * @RTPLANE_RTCP_A_SSRC: u32, the SSRC that the last block was about
 * @RTPLANE_RTCP_A_FRACTION_LOST: u8, 1/256
 * @RTPLANE_RTCP_A_LOST: s32 as u32, cumulative
 * @RTPLANE_RTCP_A_JITTER: u32, RTP clock units
 * @RTPLANE_RTCP_A_RTT: u32, microseconds between us and the remote; absent
 *	until known
 */
enum rtplane_rtcp_attr {
	RTPLANE_RTCP_A_UNSPEC,
	RTPLANE_RTCP_A_REPORTS,
	RTPLANE_RTCP_A_SSRC,
	RTPLANE_RTCP_A_FRACTION_LOST,
	RTPLANE_RTCP_A_LOST,
	RTPLANE_RTCP_A_JITTER,
	RTPLANE_RTCP_A_RTT,

	__RTPLANE_RTCP_A_MAX,
	RTPLANE_RTCP_A_MAX = __RTPLANE_RTCP_A_MAX - 1
};

/**
 * enum rtplane_natmap_attr - a port-preserving 1:1 NAT
 * @RTPLANE_NATMAP_A_UNSPEC: never sent
 * @RTPLANE_NATMAP_A_PAD: padding
 * @RTPLANE_NATMAP_A_EXT: endpoint without port; with PORT_LO it identifies
 * @RTPLANE_NATMAP_A_INT: endpoint without port, of the same family
 * @RTPLANE_NATMAP_A_PORT_LO: u16, host order; default 30000
 * @RTPLANE_NATMAP_A_PORT_HI: u16, host order; default 33000
 * @RTPLANE_NATMAP_A_FILTER: u8; 0 endpoint-independent (default), 1
 *	address-dependent: only addresses that the inside has sent to
 * @RTPLANE_NATMAP_A_DSCP_MODE: u8 of &enum rtplane_dscp_mode
 * @RTPLANE_NATMAP_A_DSCP: u8
 * @RTPLANE_NATMAP_A_DSCP_MAP: 64 bytes
 * @RTPLANE_NATMAP_A_PPS: u32, each direction
 * @RTPLANE_NATMAP_A_BPS: u64, each direction
 * @RTPLANE_NATMAP_A_IN_PACKETS: u64, external to inside (out)
 * @RTPLANE_NATMAP_A_IN_BYTES: u64 (out)
 * @RTPLANE_NATMAP_A_OUT_PACKETS: u64, inside to external (out)
 * @RTPLANE_NATMAP_A_OUT_BYTES: u64 (out)
 * @RTPLANE_NATMAP_A_HAIRPINS: u64, inside to inside (out)
 * @RTPLANE_NATMAP_A_ICMP: u64, ICMP errors translated (out)
 * @RTPLANE_NATMAP_A_PASSED: u64 (out)
 * @RTPLANE_NATMAP_A_DROPS: nest as RTPLANE_LEG_A_DROPS (out)
 * @RTPLANE_NATMAP_A_INSIDE: u32, device that what comes from inside comes by, itself
 *	or one below it (a bridge's port); without it and INSIDE_GROUP: those by which
 *	the route to the inside leads
 * @RTPLANE_NATMAP_A_INSIDE_GROUP: u32, the same by device group
 * @RTPLANE_NATMAP_A_OUTSIDE: u32, device that what comes from outside comes by; without
 *	it and OUTSIDE_GROUP: any
 * @RTPLANE_NATMAP_A_OUTSIDE_GROUP: u32, the same by device group
 */
enum rtplane_natmap_attr {
	RTPLANE_NATMAP_A_UNSPEC,
	RTPLANE_NATMAP_A_PAD,
	RTPLANE_NATMAP_A_EXT,
	RTPLANE_NATMAP_A_INT,
	RTPLANE_NATMAP_A_PORT_LO,
	RTPLANE_NATMAP_A_PORT_HI,
	RTPLANE_NATMAP_A_FILTER,
	RTPLANE_NATMAP_A_DSCP_MODE,
	RTPLANE_NATMAP_A_DSCP,
	RTPLANE_NATMAP_A_DSCP_MAP,
	RTPLANE_NATMAP_A_PPS,
	RTPLANE_NATMAP_A_BPS,
	RTPLANE_NATMAP_A_IN_PACKETS,
	RTPLANE_NATMAP_A_IN_BYTES,
	RTPLANE_NATMAP_A_OUT_PACKETS,
	RTPLANE_NATMAP_A_OUT_BYTES,
	RTPLANE_NATMAP_A_HAIRPINS,
	RTPLANE_NATMAP_A_ICMP,
	RTPLANE_NATMAP_A_PASSED,
	RTPLANE_NATMAP_A_DROPS,
	RTPLANE_NATMAP_A_INSIDE,
	RTPLANE_NATMAP_A_INSIDE_GROUP,
	RTPLANE_NATMAP_A_OUTSIDE,
	RTPLANE_NATMAP_A_OUTSIDE_GROUP,

	__RTPLANE_NATMAP_A_MAX,
	RTPLANE_NATMAP_A_MAX = __RTPLANE_NATMAP_A_MAX - 1
};

/**
 * enum rtplane_stats_attr - totals of a namespace since the module was loaded
 * @RTPLANE_STATS_A_UNSPEC: never sent
 * @RTPLANE_STATS_A_PAD: padding
 * @RTPLANE_STATS_A_DEVS: u32, enrolled devices now
 * @RTPLANE_STATS_A_LEGS: u32, legs now
 * @RTPLANE_STATS_A_NATMAPS: u32, natmaps now
 * @RTPLANE_STATS_A_RX_PACKETS: u64, packets of a leg or natmap
 * @RTPLANE_STATS_A_TX_PACKETS: u64, packets forwarded
 * @RTPLANE_STATS_A_PASSED: u64, packets of a leg or natmap left to the stack
 * @RTPLANE_STATS_A_DROPS: nest as RTPLANE_LEG_A_DROPS
 * @RTPLANE_STATS_A_EVENTS_LOST: u64, events not sent because of the rate limit
 *	or lack of memory
 * @RTPLANE_STATS_A_LEG_BYTES: u32, memory of one leg
 * @RTPLANE_STATS_A_IO: string, how a datapath in user space receives and sends:
 *	"io_uring" or "epoll"; the module has none
 * @RTPLANE_STATS_A_FAULT: nest of &enum rtplane_fault_attr, repeated: what went
 *	wrong in a datapath in user space; the module has none
 * @RTPLANE_STATS_A_KEY_BYTES: u32, memory of one SRTP key, the last that was made;
 *	the module's alone
 * @RTPLANE_STATS_A_SRTP_SLOW: u64, packets that were encrypted block by block, since the
 *	processor's fast way was busy; of all namespaces, the module's alone
 * @RTPLANE_STATS_A_SCAN_RANGES: u32, ranges of ports that are watched now; the module's
 *	alone, as those that follow
 * @RTPLANE_STATS_A_SCAN_PACKETS: u64, packets to watched ports that no leg has, without
 *	those that look like media
 * @RTPLANE_STATS_A_SCANS: u64, times that a source had tried too many of them
 */
enum rtplane_stats_attr {
	RTPLANE_STATS_A_UNSPEC,
	RTPLANE_STATS_A_PAD,
	RTPLANE_STATS_A_DEVS,
	RTPLANE_STATS_A_LEGS,
	RTPLANE_STATS_A_NATMAPS,
	RTPLANE_STATS_A_RX_PACKETS,
	RTPLANE_STATS_A_TX_PACKETS,
	RTPLANE_STATS_A_PASSED,
	RTPLANE_STATS_A_DROPS,
	RTPLANE_STATS_A_EVENTS_LOST,
	RTPLANE_STATS_A_LEG_BYTES,
	RTPLANE_STATS_A_IO,
	RTPLANE_STATS_A_FAULT,
	RTPLANE_STATS_A_KEY_BYTES,
	RTPLANE_STATS_A_SRTP_SLOW,
	RTPLANE_STATS_A_SCAN_RANGES,
	RTPLANE_STATS_A_SCAN_PACKETS,
	RTPLANE_STATS_A_SCANS,

	__RTPLANE_STATS_A_MAX,
	RTPLANE_STATS_A_MAX = __RTPLANE_STATS_A_MAX - 1
};

/**
 * enum rtplane_scan_attr - which ports are watched for who tries many of them
 * @RTPLANE_SCAN_A_UNSPEC: never sent
 * @RTPLANE_SCAN_A_PORTS: u32, 1 to RTPLANE_SCAN_PORTS_MAX: so many different ones that no
 *	leg has are a scan; default 8
 * @RTPLANE_SCAN_A_SECONDS: u32, 1 to 3600: within that time; default 10
 * @RTPLANE_SCAN_A_RANGE: nest of &enum rtplane_range_attr, repeated, at most
 *	RTPLANE_SCAN_RANGES_MAX times; none: nothing is watched
 */
enum rtplane_scan_attr {
	RTPLANE_SCAN_A_UNSPEC,
	RTPLANE_SCAN_A_PORTS,
	RTPLANE_SCAN_A_SECONDS,
	RTPLANE_SCAN_A_RANGE,

	__RTPLANE_SCAN_A_MAX,
	RTPLANE_SCAN_A_MAX = __RTPLANE_SCAN_A_MAX - 1
};

/**
 * enum rtplane_range_attr - UDP ports of a local address
 * @RTPLANE_RANGE_A_UNSPEC: never sent
 * @RTPLANE_RANGE_A_ADDR: endpoint, without port
 * @RTPLANE_RANGE_A_PORT_LO: u16, first port, in host byte order
 * @RTPLANE_RANGE_A_PORT_HI: u16, last port, in host byte order
 */
enum rtplane_range_attr {
	RTPLANE_RANGE_A_UNSPEC,
	RTPLANE_RANGE_A_ADDR,
	RTPLANE_RANGE_A_PORT_LO,
	RTPLANE_RANGE_A_PORT_HI,

	__RTPLANE_RANGE_A_MAX,
	RTPLANE_RANGE_A_MAX = __RTPLANE_RANGE_A_MAX - 1
};

/**
 * enum rtplane_fault_attr - a counter of a datapath in user space
 * @RTPLANE_FAULT_A_UNSPEC: never sent
 * @RTPLANE_FAULT_A_PAD: padding
 * @RTPLANE_FAULT_A_NAME: string, see rtplane(8)
 * @RTPLANE_FAULT_A_COUNT: u64, times it happened
 */
enum rtplane_fault_attr {
	RTPLANE_FAULT_A_UNSPEC,
	RTPLANE_FAULT_A_PAD,
	RTPLANE_FAULT_A_NAME,
	RTPLANE_FAULT_A_COUNT,

	__RTPLANE_FAULT_A_MAX,
	RTPLANE_FAULT_A_MAX = __RTPLANE_FAULT_A_MAX - 1
};

/**
 * enum rtplane_event - what happened
 * @RTPLANE_EVENT_FIRST_PACKET: the leg accepted its first packet (NEW)
 * @RTPLANE_EVENT_LATCH: a remote was committed (OLD if there was one, NEW)
 * @RTPLANE_EVENT_REFUSED: a source was refused (OLD: the remote, NEW: the
 *	source, COUNT: packets since the last such event)
 * @RTPLANE_EVENT_SILENCE: no packet for the leg's silence time (OLD)
 * @RTPLANE_EVENT_RTCP: a report block arrived (RTCP in the leg)
 * @RTPLANE_EVENT_DTMF: a telephone event ended (RFC 4733; NEW: whose, DIGIT, DURATION,
 *	VOLUME, PT)
 * @RTPLANE_EVENT_SCAN: a source has tried so many watched ports that no leg has (LOCAL:
 *	the last of them, NEW: the source, COUNT: ports); no leg's, COOKIE is 0
 */
enum rtplane_event {
	RTPLANE_EVENT_FIRST_PACKET,
	RTPLANE_EVENT_LATCH,
	RTPLANE_EVENT_REFUSED,
	RTPLANE_EVENT_SILENCE,
	RTPLANE_EVENT_RTCP,
	RTPLANE_EVENT_DTMF,
	RTPLANE_EVENT_SCAN,

	__RTPLANE_EVENT_MAX,
	RTPLANE_EVENT_MAX = __RTPLANE_EVENT_MAX - 1
};

/**
 * enum rtplane_reason - why a latch was committed or a source refused
 * @RTPLANE_REASON_NONE: nothing to say
 * @RTPLANE_REASON_FIRST: the first source that satisfied the mode
 * @RTPLANE_REASON_PROBATION: it passed probation
 * @RTPLANE_REASON_SILENCE: the old remote was silent
 * @RTPLANE_REASON_SIGNALLED: user space said so
 * @RTPLANE_REASON_PROVEN: an authenticated packet proved it
 * @RTPLANE_REASON_LOCKED: the leg is locked to another source
 * @RTPLANE_REASON_ADDRESS: not the signalled address or prefix
 * @RTPLANE_REASON_TIE: not the RTP leg's address
 * @RTPLANE_REASON_CANDIDATE: other candidates are in probation
 * @RTPLANE_REASON_EXACT: it is the signalled address and port, and took the place
 *	of another
 * @RTPLANE_REASON_FORMER: it was the remote until signalling said otherwise
 * @RTPLANE_REASON_DEVICE: it did not come by a device that leads to it
 */
enum rtplane_reason {
	RTPLANE_REASON_NONE,
	RTPLANE_REASON_FIRST,
	RTPLANE_REASON_PROBATION,
	RTPLANE_REASON_SILENCE,
	RTPLANE_REASON_SIGNALLED,
	RTPLANE_REASON_PROVEN,
	RTPLANE_REASON_LOCKED,
	RTPLANE_REASON_ADDRESS,
	RTPLANE_REASON_TIE,
	RTPLANE_REASON_CANDIDATE,
	RTPLANE_REASON_EXACT,
	RTPLANE_REASON_FORMER,
	RTPLANE_REASON_DEVICE,

	__RTPLANE_REASON_MAX,
	RTPLANE_REASON_MAX = __RTPLANE_REASON_MAX - 1
};

/**
 * enum rtplane_event_attr - an event
 * @RTPLANE_EVENT_A_UNSPEC: never sent
 * @RTPLANE_EVENT_A_PAD: padding
 * @RTPLANE_EVENT_A_TYPE: u8 of &enum rtplane_event
 * @RTPLANE_EVENT_A_REASON: u8 of &enum rtplane_reason
 * @RTPLANE_EVENT_A_LOCAL: endpoint, the leg's local address, or the port that was tried
 * @RTPLANE_EVENT_A_COOKIE: u64, the bridge's cookie
 * @RTPLANE_EVENT_A_OLD: endpoint
 * @RTPLANE_EVENT_A_NEW: endpoint
 * @RTPLANE_EVENT_A_COUNT: u64
 * @RTPLANE_EVENT_A_TIME: u64, CLOCK_REALTIME ns
 * @RTPLANE_EVENT_A_RTCP: nest of &enum rtplane_rtcp_attr
 * @RTPLANE_EVENT_A_DIGIT: u8, code of a telephone event (RFC 4733): 0 to 9 for these, 10 *,
 *	11 #, 12 to 15 A to D
 * @RTPLANE_EVENT_A_DURATION: u32, how long, RTP clock units
 * @RTPLANE_EVENT_A_VOLUME: u8, dBm0 without the sign
 * @RTPLANE_EVENT_A_PT: u8, its payload type
 */
enum rtplane_event_attr {
	RTPLANE_EVENT_A_UNSPEC,
	RTPLANE_EVENT_A_PAD,
	RTPLANE_EVENT_A_TYPE,
	RTPLANE_EVENT_A_REASON,
	RTPLANE_EVENT_A_LOCAL,
	RTPLANE_EVENT_A_COOKIE,
	RTPLANE_EVENT_A_OLD,
	RTPLANE_EVENT_A_NEW,
	RTPLANE_EVENT_A_COUNT,
	RTPLANE_EVENT_A_TIME,
	RTPLANE_EVENT_A_RTCP,
	RTPLANE_EVENT_A_DIGIT,
	RTPLANE_EVENT_A_DURATION,
	RTPLANE_EVENT_A_VOLUME,
	RTPLANE_EVENT_A_PT,

	__RTPLANE_EVENT_A_MAX,
	RTPLANE_EVENT_A_MAX = __RTPLANE_EVENT_A_MAX - 1
};

#include <linux/rtplane_saved.h>

#endif /* _UAPI_LINUX_RTPLANE_H */
