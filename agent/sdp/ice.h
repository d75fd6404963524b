/* SPDX-License-Identifier: GPL-2.0 */
/* What a description says of ICE (RFC 8839, 8840), and what ours does. */
#ifndef SDP_ICE_H
#define SDP_ICE_H

#include "ice/candidate.h"
#include "sdp.h"

/** SDP_CANDIDATES_MAX - candidates of one section that are read; more are left out */
#define SDP_CANDIDATES_MAX	32

/**
 * struct sdp_ice - what a section, or the session for it, says of ICE
 * @ufrag: user name fragment; absent: it has no ICE, or none that can be used
 * @pwd: password; there if @ufrag is
 * @why: why there is no @ufrag although something is said of it; NULL
 * @lite: its author is a lite agent
 * @mismatch: its author found our addresses changed on the way
 * @trickle: it knows trickled candidates (RFC 8838)
 * @ice2: it is of RFC 8445: one pair only is nominated
 * @end: no further candidates will come
 * @pacing: ms between checks that it wishes; 0: not said
 * @n: candidates that can be used
 * @candidate: these, in the order of the description
 * @left_out: candidates that cannot
 * @candidate_why: why the last of them was left out; NULL
 */
struct sdp_ice {
	struct span ufrag;
	struct span pwd;
	const char *why;
	bool lite;
	bool mismatch;
	bool trickle;
	bool ice2;
	bool end;
	uint32_t pacing;
	size_t n;
	struct ice_candidate candidate[SDP_CANDIDATES_MAX];
	size_t left_out;
	const char *candidate_why;
};

/**
 * sdp_ice_read() - what a section says of ICE
 * @desc: the description
 * @media: the section; NULL: what the session says for all
 * @ice: filled; spans point into @desc
 */
void sdp_ice_read(const struct sdp_desc *desc, const struct sdp_media *media,
		  struct sdp_ice *ice);

/**
 * sdp_ice_mismatch() - is where media is to go none of the candidates?
 * @media: the section
 * @ice: what it says of ICE
 *
 * Somebody on the way has changed the one and not the other (RFC 8839 5.4), unless
 * candidates are still to come: then that place is the null address, or port 9.
 */
bool sdp_ice_mismatch(const struct sdp_media *media, const struct sdp_ice *ice);

/**
 * sdp_candidate_parse() - read a candidate
 * @value: what follows "a=candidate:"
 * @candidate: filled on success
 * @ufrag: filled: the fragment that it belongs to, absent if it does not say; NULL:
 *	not wanted
 *
 * Return: NULL, or a static sentence about what is in the way: TCP, a name, an address
 * that checks may not be sent to...
 */
const char *sdp_candidate_parse(struct span value,
				struct ice_candidate *candidate,
				struct span *ufrag);

/**
 * sdp_candidate_print() - write an a=candidate line
 * @out: where to
 * @candidate: the candidate
 */
void sdp_candidate_print(struct writer *out, const struct ice_candidate *candidate);

/**
 * sdp_ice_print() - write what a section of ours says of ICE
 * @out: where to
 * @ice: @ufrag, @pwd, @mismatch, @trickle, @ice2, @pacing, candidates and @end are looked
 *	at; with @mismatch nothing else is written
 *
 * a=ice-lite belongs to the session and is not written.
 */
void sdp_ice_print(struct writer *out, const struct sdp_ice *ice);

#endif /* SDP_ICE_H */
