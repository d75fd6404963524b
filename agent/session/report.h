/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What people and programs see of a session: a report, which stands alone, and verdicts,
 * which are read off a report.
 */
#ifndef SESSION_REPORT_H
#define SESSION_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "policy.h"
#include "session.h"

/**
 * enum session_way - how far ICE has come
 * @SESSION_WAY_NONE: there is none with the party
 * @SESSION_WAY_SOUGHT: nothing was found yet
 * @SESSION_WAY_FOUND: a way was found, and the party consents to it
 * @SESSION_WAY_LOST: it does not any more
 * @SESSION_WAY_FAILED: nothing was found in time
 */
enum session_way {
	SESSION_WAY_NONE,
	SESSION_WAY_SOUGHT,
	SESSION_WAY_FOUND,
	SESSION_WAY_LOST,
	SESSION_WAY_FAILED
};

/**
 * struct session_ice_report - ICE of a media line with a party, both ports together
 * @way: how far it has come, of this port
 * @checks: requests of ours, repetitions too
 * @responses: answers to them
 * @requests: requests of the party that were trusted
 * @forged: messages by another password
 * @claimed: of requests and answers that were its, those from the address of another call
 *	at a port that they share
 * @claim: that address, the last one; family 0: there was none
 * @hidden: all that it was offered of this port are private addresses
 */
struct session_ice_report {
	enum session_way way;
	uint64_t checks;
	uint64_t responses;
	uint64_t requests;
	uint64_t forged;
	uint64_t claimed;
	struct dp_addr claim;
	bool hidden;
};

/**
 * enum session_secure - how far DTLS has come
 * @SESSION_SECURE_NONE: there is none with the party
 * @SESSION_SECURE_WAITING: it has not begun
 * @SESSION_SECURE_TRYING: the handshake is under way
 * @SESSION_SECURE_UP: there are keys
 * @SESSION_SECURE_FAILED: there will be none
 * @SESSION_SECURE_CLOSED: the party has said that it is over
 */
enum session_secure {
	SESSION_SECURE_NONE,
	SESSION_SECURE_WAITING,
	SESSION_SECURE_TRYING,
	SESSION_SECURE_UP,
	SESSION_SECURE_FAILED,
	SESSION_SECURE_CLOSED
};

/**
 * struct session_dtls_report - DTLS of a port with a party
 * @state: how far it has come
 * @active: we begin
 * @text: with SESSION_SECURE_TRYING where the handshake stands; why, if it has failed,
 *	is over or cannot begin
 */
struct session_dtls_report {
	enum session_secure state;
	bool active;
	char text[200];
};

/**
 * struct session_leg_report - what a leg is and has seen
 * @party: index into &session_report.party
 * @line: media line, from 0
 * @component: 1 RTP (or datagrams), 2 RTCP
 * @rtp: the line is RTP
 * @srtp_rx: enum rtplane_srtp_suite of what arrives
 * @srtp_tx: of what leaves
 * @info: what the datapath told
 * @at_agent: packets that reached the agent's socket instead, by class
 * @mux: its RTCP is here, too
 * @shared: calls share the port, and @info.conf.local.call is the number of this one
 * @apart: why it has a port of its own, where its realm has one that calls share; or NULL.
 *	A static string
 * @rtcp_ends: RTCP of either party goes no further than to us, since one of the two has
 *	it on the port of RTP and the other has not
 * @ice: ICE with the party
 * @dtls: DTLS with it
 */
struct session_leg_report {
	unsigned int party;
	unsigned int line;
	unsigned int component;
	bool rtp;
	uint8_t srtp_rx;
	uint8_t srtp_tx;
	struct dp_leg_info info;
	uint64_t at_agent[MEDIA_CLASSES];
	bool mux;
	bool shared;
	const char *apart;
	bool rtcp_ends;
	struct session_ice_report ice;
	struct session_dtls_report dtls;
};

/**
 * struct session_party_report - who that is
 * @party: the party, to be told apart from others by; it may be gone by now
 * @name: "caller"
 * @realm: its policy's name
 * @source: where its signalling comes from
 * @bare_keys: keys of SRTP were exchanged with it by a transport that anybody on
 *	the way can read
 * @nat: its realm's way with clients behind NAT
 */
struct session_party_report {
	const struct session_party *party;
	char name[SESSION_NAME_LEN];
	char realm[SESSION_NAME_LEN];
	struct dp_addr source;
	bool bare_keys;
	enum session_nat nat;
};

/**
 * session_party_report() - who that is
 * @party: the party
 * @report: filled
 */
void session_party_report(const struct session_party *party,
			  struct session_party_report *report);

/**
 * struct session_report - a session as it is at one moment
 * @id: its id
 * @answered: an offer of it was answered
 * @datapath: names of the datapaths that it has bridges in, "-" if in none
 * @unrelayed: the last line that could not be relayed, and why; or empty
 * @aside: why lines that share a port are relayed by another datapath than others; or empty
 * @error: why legs could not be read; or empty
 * @party: the parties
 * @n_parties: how many
 * @leg: the legs, by line, component and party
 * @n_legs: how many
 *
 * Stands alone: it may be kept when the session is gone.
 */
struct session_report {
	uint64_t id;
	bool answered;
	char datapath[16];
	char unrelayed[256];
	char aside[256];
	char error[160];
	struct session_party_report *party;
	unsigned int n_parties;
	struct session_leg_report *leg;
	unsigned int n_legs;
};

/**
 * session_report() - what there is to say
 * @session: the session
 *
 * Return: the report, to be given to session_report_free(); NULL without memory.
 */
struct session_report *session_report(struct session *session);

/** session_report_free() - NULL is fine */
void session_report_free(struct session_report *report);

/**
 * enum session_verdict - what is the matter, for programs
 * @SESSION_VERDICT_UNRELAYED: a media line could not be relayed
 * @SESSION_VERDICT_ASIDE: lines that share a port are relayed in user space (no fault)
 * @SESSION_VERDICT_NO_MEDIA: answered, and nothing is bridged
 * @SESSION_VERDICT_SILENT: nothing has arrived from a party
 * @SESSION_VERDICT_DROPPED: all that arrived was dropped
 * @SESSION_VERDICT_WAITING: so nothing can be sent to it
 * @SESSION_VERDICT_REFUSED: packets of a source that may not be the remote
 * @SESSION_VERDICT_SRTP: protected (no fault)
 * @SESSION_VERDICT_KEY: nothing authenticates
 * @SESSION_VERDICT_NO_WAY: ICE has found no way to a party, or lost it
 * @SESSION_VERDICT_NO_KEYS: DTLS has made no keys with a party (yet)
 * @SESSION_VERDICT_NO_RTCP: RTCP is not relayed
 * @SESSION_VERDICT_DROPS: packets were dropped for a reason
 * @SESSION_VERDICT_AT_AGENT: packets reached the socket and not the module
 * @SESSION_VERDICT_PASSED: packets that are no RTP were not relayed
 * @SESSION_VERDICT_LOSS: too many were lost before they came
 * @SESSION_VERDICT_JITTER: too much
 * @SESSION_VERDICT_DSCP: packets arrive unmarked
 * @SESSION_VERDICT_BARE_KEYS: keys travelled in the clear
 * @SESSION_VERDICT_FLOWS: what came and went (no fault)
 */
enum session_verdict {
	SESSION_VERDICT_UNRELAYED,
	SESSION_VERDICT_ASIDE,
	SESSION_VERDICT_NO_MEDIA,
	SESSION_VERDICT_SILENT,
	SESSION_VERDICT_DROPPED,
	SESSION_VERDICT_WAITING,
	SESSION_VERDICT_REFUSED,
	SESSION_VERDICT_SRTP,
	SESSION_VERDICT_KEY,
	SESSION_VERDICT_NO_WAY,
	SESSION_VERDICT_NO_KEYS,
	SESSION_VERDICT_NO_RTCP,
	SESSION_VERDICT_DROPS,
	SESSION_VERDICT_AT_AGENT,
	SESSION_VERDICT_PASSED,
	SESSION_VERDICT_LOSS,
	SESSION_VERDICT_JITTER,
	SESSION_VERDICT_DSCP,
	SESSION_VERDICT_BARE_KEYS,
	SESSION_VERDICT_FLOWS
};

/**
 * typedef session_verdict_fn - receives a verdict
 * @verdict: which
 * @leg: of which leg; NULL: of the session
 * @because: a sentence without a full stop that names the party, the number and
 *	what to look at; gone after the call
 * @arg: as given to session_why()
 */
typedef void session_verdict_fn(enum session_verdict verdict,
				const struct session_leg_report *leg,
				const char *because, void *arg);

/**
 * session_why() - why there is no audio, or not all of it
 * @report: what was seen
 * @fn: called for each verdict
 * @arg: for @fn
 */
void session_why(const struct session_report *report, session_verdict_fn *fn,
		 void *arg);

#endif /* SESSION_REPORT_H */
