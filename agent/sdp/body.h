/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session descriptions (RFC 4566) on their way through us: what they say about
 * where media is to go, and the same text with our addresses in it.
 *
 * libsofia-sip parses and judges; what we do not change is passed on byte for
 * byte, so that attributes nobody here knows survive.
 *
 * What is relayed: RTP/AVP, RTP/AVPF, RTP/SAVP and RTP/SAVPF, and udptl (T.38),
 * udp and UDP/BFCP as plain datagrams.  A media line that is none of these
 * (DTLS-SRTP, TCP, multicast, more than one port pair) is rejected by us: port 0
 * towards the other side, RFC 3264 section 6, so that the rest of the offer can
 * still be had.  ICE, rtcp-mux, DTLS fingerprints and BUNDLE are taken out: a
 * peer that finds none of them answers in plain RFC 3264 manner, four ports a
 * media.
 *
 * Keys (a=crypto, RFC 4568; a=key-mgmt, RFC 4567; k=) never pass: those that are
 * written are ours.
 */
#ifndef SDP_BODY_H
#define SDP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "datapath/datapath.h"
#include "sdp.h"

/**
 * struct sdp_line - a media line
 * @kind: audio, video or other
 * @rejected: its port is 0: not wanted
 * @relayable: we can relay it
 * @rtp: it is RTP, with RTCP beside it
 * @savp: its profile is RTP/SAVP or RTP/SAVPF: protected or nothing
 * @feedback: its profile is RTP/AVPF or RTP/SAVPF
 * @hold: its address is 0.0.0.0 or ::, the old way to say "send nothing"
 * @remote: where RTP (or the datagrams) is to go; no address with @rejected,
 *	@hold or not @relayable
 * @remote_rtcp: where RTCP is to go
 * @why: what is in the way if not @relayable
 * @n_crypto: keys that can be used, whatever the profile (RFC 8643)
 * @crypto: these, in the order of the description
 * @crypto_why: why the last key that was left out was; NULL: none was
 */
struct sdp_line {
	enum sdp_kind kind;
	bool rejected;
	bool relayable;
	bool rtp;
	bool savp;
	bool feedback;
	bool hold;
	struct dp_addr remote;
	struct dp_addr remote_rtcp;
	const char *why;
	size_t n_crypto;
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
	const char *crypto_why;
};

/**
 * struct sdp_body - a description
 * @text: as received, NUL-terminated
 * @n: media lines
 * @line: the media lines, in order
 */
struct sdp_body {
	char *text;
	size_t n;
	struct sdp_line line[SDP_MEDIA_MAX];
};

/**
 * struct sdp_local - what takes a media line's place on the other side
 * @port: our RTP port; 0: the line is rejected
 * @rtcp: our RTCP port; 0: no a=rtcp line (not RTP)
 * @hold: the address is to be 0.0.0.0 or ::
 * @proto: transport and profile ("RTP/SAVP"); NULL: as in the description
 * @n_crypto: our keys
 * @crypto: these, the one we like best first
 */
struct sdp_local {
	uint16_t port;
	uint16_t rtcp;
	bool hold;
	const char *proto;
	size_t n_crypto;
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
};

/**
 * struct sdp_us - our side of a description
 * @address: our address, as advertised; its port is not looked at
 * @id: session id of the o= line, the same for all of a dialog
 * @version: its version: one more with each change
 * @local: one for each media line
 */
struct sdp_us {
	struct dp_addr address;
	uint64_t id;
	uint64_t version;
	struct sdp_local local[SDP_MEDIA_MAX];
};

/**
 * sdp_body_parse() - read a description
 * @text: the body; need not be terminated
 * @len: its bytes
 * @why: on failure a sentence, at least 160 bytes
 *
 * Return: the description, owned by the caller, to be given to sdp_body_free();
 * NULL if it is none.
 */
struct sdp_body *sdp_body_parse(const char *text, size_t len, char *why);

/**
 * sdp_body_free() - free a description, and forget the keys in it
 * @body: NULL is fine
 */
void sdp_body_free(struct sdp_body *body);

/**
 * sdp_body_rewrite() - the same description with us as its author
 * @body: the description
 * @us: our addresses and ports
 *
 * Return: text to be freed by the caller; NULL without memory.
 */
char *sdp_body_rewrite(const struct sdp_body *body, const struct sdp_us *us);

#endif /* SDP_BODY_H */
