/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What holds for a party of a session: where its media may come to, who may send it, how
 * it is protected, and what is agreed with it. By reference; whoever gets one may keep it.
 */
#ifndef SESSION_POLICY_H
#define SESSION_POLICY_H

#include <linux/rtplane.h>

#include "base/acl.h"
#include "datapath/datapath.h"
#include "ports.h"

/** SESSION_ADDRESSES_MAX - addresses of a policy */
#define SESSION_ADDRESSES_MAX	16

/** SESSION_SUITES_MAX - SRTP suites of a policy: as many as there are */
#define SESSION_SUITES_MAX	(__RTPLANE_SRTP_MAX - 1)

/** SESSION_LINES - media lines of an offer, unless the policy says otherwise */
#define SESSION_LINES		4

/** SESSION_NAME_LEN - room for a name, cut if longer */
#define SESSION_NAME_LEN	48

/**
 * enum session_nat - who may become the remote of a leg whose description names a
 * private address while its signalling comes from another
 * @SESSION_NAT_OFF: nobody else: the mode holds for it as for all
 * @SESSION_NAT_LEARN: whoever sends first, after probation
 * @SESSION_NAT_SOURCE: the address that the signalling comes from
 * @SESSION_NAT_ALWAYS: that address, whatever the description names
 */
enum session_nat {
	SESSION_NAT_OFF,
	SESSION_NAT_LEARN,
	SESSION_NAT_SOURCE,
	SESSION_NAT_ALWAYS
};

/**
 * enum session_feedback - which profile of RTP is offered to a party
 * @SESSION_FEEDBACK_SAME: that with feedback (RTP/AVPF) if the other party offers it, but
 *	for audio of DTLS-SRTP that goes on without: it is RTP/AVP
 * @SESSION_FEEDBACK_OFF: that without
 * @SESSION_FEEDBACK_ON: that with
 */
enum session_feedback {
	SESSION_FEEDBACK_SAME,
	SESSION_FEEDBACK_OFF,
	SESSION_FEEDBACK_ON
};

/**
 * enum session_srtp - is media protected (SRTP, keys by SDES)?
 * @SESSION_SRTP_REFUSE: never: keys are ignored, and RTP/SAVP is refused
 * @SESSION_SRTP_ALLOW: where the party wants it
 * @SESSION_SRTP_REQUIRE: always, or the line is refused
 * @SESSION_SRTP_OFFER: as SESSION_SRTP_ALLOW, and it is offered, beside none, in any case
 *	(RFC 8643)
 */
enum session_srtp {
	SESSION_SRTP_REFUSE,
	SESSION_SRTP_ALLOW,
	SESSION_SRTP_REQUIRE,
	SESSION_SRTP_OFFER
};

/**
 * enum session_ice - ICE with a party (RFC 8445)
 * @SESSION_ICE_OFF: none
 * @SESSION_ICE_LITE: its checks are answered, and none is sent
 * @SESSION_ICE_FULL: both
 * @SESSION_ICE_FORCE: both, and a line without ICE is refused
 */
enum session_ice {
	SESSION_ICE_OFF,
	SESSION_ICE_LITE,
	SESSION_ICE_FULL,
	SESSION_ICE_FORCE
};

/**
 * enum session_dtls - is media protected by keys that a handshake makes (DTLS-SRTP,
 * RFC 5763)?
 * @SESSION_DTLS_OFF: never
 * @SESSION_DTLS_ALLOW: where the party has it, rather than by keys in descriptions
 * @SESSION_DTLS_REQUIRE: always, or the line is refused
 */
enum session_dtls {
	SESSION_DTLS_OFF,
	SESSION_DTLS_ALLOW,
	SESSION_DTLS_REQUIRE
};

/**
 * enum session_mux - is RTCP where RTP is (rtcp-mux, RFC 5761)?
 * @SESSION_MUX_OFF: never
 * @SESSION_MUX_ALLOW: if both parties have it; and with who cannot do without
 * @SESSION_MUX_ACCEPT: the same, and with all who offer it
 * @SESSION_MUX_OFFER: as SESSION_MUX_ALLOW, and it is offered in any case
 * @SESSION_MUX_REQUIRE: always, or the line is refused
 */
enum session_mux {
	SESSION_MUX_OFF,
	SESSION_MUX_ALLOW,
	SESSION_MUX_ACCEPT,
	SESSION_MUX_OFFER,
	SESSION_MUX_REQUIRE
};

/**
 * enum session_bundle - is a line one of a group that shares a port (BUNDLE, RFC 9143)?
 * @SESSION_BUNDLE_OFF: never
 * @SESSION_BUNDLE_ACCEPT: one line of a group that the party offers
 * @SESSION_BUNDLE_REQUIRE: the same; who offers none is refused
 */
enum session_bundle {
	SESSION_BUNDLE_OFF,
	SESSION_BUNDLE_ACCEPT,
	SESSION_BUNDLE_REQUIRE
};

/**
 * enum session_punch - does a packet of ours open the firewalls before a party?
 * @SESSION_PUNCH_OFF: none that is sent for that
 * @SESSION_PUNCH_ONE: to its first candidate of each port; without ICE to where its
 *	description says
 * @SESSION_PUNCH_ALL: to all of its candidates
 */
enum session_punch {
	SESSION_PUNCH_OFF,
	SESSION_PUNCH_ONE,
	SESSION_PUNCH_ALL
};

/**
 * struct session_seen - an address of ours as a STUN server sees it
 * @refs: held by its maker and by each policy that has it
 * @server: whom that was learned from
 * @addr: the address, whose ports are ours: its port is not looked at; family 0: it is not
 *	known
 *
 * Changed by its maker at any time: what is offered next is what is known then.
 */
struct session_seen {
	unsigned int refs;
	struct dp_addr server;
	struct dp_addr addr;
};

/** session_seen_new() - nothing is known yet; one reference, NULL without memory */
struct session_seen *session_seen_new(void);

/** session_seen_get() - one more reference; returns @seen. NULL is fine */
struct session_seen *session_seen_get(struct session_seen *seen);

/** session_seen_put() - one less; the last one frees it. NULL is fine */
void session_seen_put(struct session_seen *seen);

/**
 * struct session_address - an address that media of a party may come to
 * @listen: what its sockets are bound to; its port is not looked at
 * @advertise: what descriptions say instead; its port is not looked at
 * @ports: its ports; the policy holds a reference
 * @share: a port that calls with ICE share, or NULL; the policy holds a reference
 * @seen: how the world outside sees it, offered by full ICE beside @advertise; held; NULL:
 *	nobody asks
 */
struct session_address {
	struct dp_addr listen;
	struct dp_addr advertise;
	struct ports *ports;
	struct share *share;
	struct session_seen *seen;
};

/**
 * struct session_policy - what holds for a party
 * @refs: held by its maker and by each party that it is given to
 * @name: of its realm, for people
 * @address: in the order of preference; a line gets the first of its family
 * @n_addresses: at least one
 * @lines_max: media lines of an offer that get ports; those beyond it are
 *	rejected (port 0); 0: SESSION_LINES
 * @latch: enum rtplane_latch
 * @probation: packets in a row before a source is committed
 * @early: send to the signalled address before anybody has latched
 * @relatch: ms of silence before another source may take over; 0 = never
 * @nat: what holds for clients behind NAT
 * @srtp: whether media is protected by keys in descriptions
 * @dtls: and by DTLS
 * @dtls_passive: who leaves it open begins the handshake
 * @dtls_hash: enum dtls_hash of our fingerprints; DTLS_HASH_NONE: SHA-256
 * @mux: whether RTCP is where RTP is
 * @bundle: whether a line may be one of a group
 * @suite: enum rtplane_srtp_suite, the one we like best first: what we offer and take
 * @n_suites: how many
 * @feedback: which profile it is offered
 * @ice: whether there is ICE
 * @punch: whether its first description is followed by a packet to it
 * @media_acl: where its descriptions and candidates may lead; a reference of the policy's.
 *	NULL: anywhere
 * @dscp_audio: of RTP and RTCP of audio that leaves towards the party
 * @dscp_other: of all other media
 * @pps: packets/s that may arrive on a leg; 0 = no limit
 * @bps: bits/s; 0 = no limit
 *
 * Made by session_policy_new(), filled in, and from then on never changed: a
 * reload makes another one, and calls keep theirs.
 */
struct session_policy {
	unsigned int refs;
	char name[SESSION_NAME_LEN];
	struct session_address address[SESSION_ADDRESSES_MAX];
	size_t n_addresses;
	unsigned int lines_max;
	uint8_t latch;
	uint8_t probation;
	bool early;
	uint32_t relatch;
	enum session_nat nat;
	enum session_srtp srtp;
	enum session_dtls dtls;
	bool dtls_passive;
	uint8_t dtls_hash;
	enum session_mux mux;
	enum session_bundle bundle;
	uint8_t suite[SESSION_SUITES_MAX];
	size_t n_suites;
	enum session_feedback feedback;
	enum session_ice ice;
	enum session_punch punch;
	struct acl *media_acl;
	uint8_t dscp_audio;
	uint8_t dscp_other;
	uint32_t pps;
	uint64_t bps;
};

/**
 * session_policy_new() - an empty policy with one reference
 *
 * Its latch mode is restricted, with a probation of 3; all else is 0.
 *
 * Return: the policy, to be given to session_policy_put(); NULL without memory.
 */
struct session_policy *session_policy_new(void);

/**
 * session_policy_share() - calls with ICE share a port
 * @policy: being filled in
 * @share: a port of the address that was added last; it takes a reference
 */
void session_policy_share(struct session_policy *policy, struct share *share);

/**
 * session_policy_add() - one more address
 * @policy: one that no party has yet
 * @listen: what to bind to
 * @advertise: what to say
 * @ports: its ports; a reference is taken
 * @seen: how it is seen from outside; a reference is taken; NULL: nobody asks
 *
 * Return: false if there are SESSION_ADDRESSES_MAX already.
 */
bool session_policy_add(struct session_policy *policy,
			const struct dp_addr *listen,
			const struct dp_addr *advertise, struct ports *ports,
			struct session_seen *seen);

/**
 * session_policy_copy() - the same, to be changed before a party gets it
 * @policy: what is copied
 *
 * Return: the copy, with one reference; NULL without memory.
 */
struct session_policy *session_policy_copy(const struct session_policy *policy);

/** session_policy_get() - one more reference; returns @policy */
struct session_policy *session_policy_get(struct session_policy *policy);

/** session_policy_put() - one less; the last one frees it. NULL is fine */
void session_policy_put(struct session_policy *policy);

#endif /* SESSION_POLICY_H */
