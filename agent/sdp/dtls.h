/* SPDX-License-Identifier: GPL-2.0 */
/* What a description says of DTLS-SRTP (RFC 8122, 4145, 8842), and what ours does. */
#ifndef SDP_DTLS_H
#define SDP_DTLS_H

#include "dtls/dtls.h"
#include "sdp.h"

/** SDP_TLS_ID_MIN, SDP_TLS_ID_MAX - characters of a tls-id (RFC 8842 4) */
#define SDP_TLS_ID_MIN	20
#define SDP_TLS_ID_MAX	255

/** SDP_TLS_ID_OURS - characters of one of ours */
#define SDP_TLS_ID_OURS	32

/**
 * enum sdp_setup - who begins (RFC 4145)
 * @SDP_SETUP_UNSAID: not said, or no word that is known
 * @SDP_SETUP_ACTIVE: its author does
 * @SDP_SETUP_PASSIVE: the other party does
 * @SDP_SETUP_ACTPASS: whom the answer says
 * @SDP_SETUP_HOLDCONN: nobody for now
 */
enum sdp_setup {
	SDP_SETUP_UNSAID,
	SDP_SETUP_ACTIVE,
	SDP_SETUP_PASSIVE,
	SDP_SETUP_ACTPASS,
	SDP_SETUP_HOLDCONN
};

/**
 * struct sdp_dtls - what a section, or the session for it, says of DTLS
 * @n: fingerprints that can be used
 * @fingerprint: these, in the order of the description
 * @left_out: those that cannot: unreadable, of another hash, or too many
 * @setup: who begins
 * @tls_id: of the association; "": not said, or none that is allowed
 * @why: why it cannot be used although it has fingerprints; NULL: nothing is in the way,
 *	or it has none
 */
struct sdp_dtls {
	size_t n;
	struct dtls_fingerprint fingerprint[DTLS_FINGERPRINTS_MAX];
	size_t left_out;
	enum sdp_setup setup;
	char tls_id[SDP_TLS_ID_MAX + 1];
	const char *why;
};

/**
 * sdp_dtls_read() - what a section says of DTLS
 * @desc: the description
 * @media: the section; NULL: what the session says for all
 * @dtls: filled; holds no spans
 */
void sdp_dtls_read(const struct sdp_desc *desc, const struct sdp_media *media,
		   struct sdp_dtls *dtls);

/**
 * sdp_setup_role() - our role, by what the other party said
 * @theirs: its a=setup; not SDP_SETUP_HOLDCONN
 * @answer: it stood in an answer to us, otherwise in an offer that we answer
 *
 * Of an offer with actpass we are active (RFC 5763 5), so that our hello opens the
 * firewalls between. Without the attribute an offer means active and an answer passive
 * (RFC 4145 4.1). An answer with actpass, which is none, is taken for passive.
 *
 * Return: the role.
 */
enum dtls_role sdp_setup_role(enum sdp_setup theirs, bool answer);

/**
 * sdp_dtls_anew() - does a new description ask for a new association? RFC 8842 3.1
 * @before: what the same party said before
 * @now: what it says now
 *
 * Other fingerprints do, and another tls-id where both have one. So does another role,
 * which is the caller's to know: sdp_setup_role().
 *
 * Return: whether it does.
 */
bool sdp_dtls_anew(const struct sdp_dtls *before, const struct sdp_dtls *now);

/**
 * sdp_tls_id_make() - a tls-id of ours that nobody else has
 * @id: filled, SDP_TLS_ID_OURS characters and a NUL
 *
 * Return: false without random numbers.
 */
bool sdp_tls_id_make(char id[SDP_TLS_ID_OURS + 1]);

/**
 * sdp_dtls_print() - write what a section of ours says of DTLS
 * @out: where to
 * @dtls: @setup (unless it is SDP_SETUP_UNSAID), @tls_id (unless it is "") and
 *	fingerprints are looked at
 */
void sdp_dtls_print(struct writer *out, const struct sdp_dtls *dtls);

#endif /* SDP_DTLS_H */
