/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of a message's head may cross from one realm to the other.
 *
 * One table (cross.c) has a row for every header field that we know by name: in
 * which kinds of messages it may pass, and under whose trust.  A field whose row
 * does not say that it passes stays behind.  Field names that we do not know
 * have one row of their own, "extension", and that says: they pass, in every
 * kind of message.  Why not hold back what we do not know: what two ends have
 * agreed on between them (billing, ring groups, contact centres) is always such
 * a field, and losing it breaks services that nobody here has ever heard of;
 * what could harm by passing is what proxies and trust domains act upon, and that
 * is standardised, so it has a name and a row.  A realm can be stricter: no
 * extensions at all, or a list of names that stay.
 *
 * Trust is that of RFC 3324: whom we believe what he says about identities, and
 * to whom we tell them.  It is a property of a realm.
 */
#ifndef SIP_CROSS_H
#define SIP_CROSS_H

#include "sip/message.h"
#include "sip/write.h"

/**
 * enum sip_cross_rule - when a header field passes
 * @SIP_CROSS_UNSET: no row: it does not pass; there must be no such
 * @SIP_CROSS_NEVER: hop by hop, or ours on each side: whoever builds the other
 *	side's message makes it anew, if it has one
 * @SIP_CROSS_PASS: between the ends
 * @SIP_CROSS_FROM_TRUSTED: if it comes from a trusted realm
 * @SIP_CROSS_TO_TRUSTED: if it goes to a trusted realm
 * @SIP_CROSS_WITHIN: if both realms are trusted
 * @SIP_CROSS_ASSERTED: an asserted identity (RFC 3325): from a trusted realm,
 *	to a trusted one or to anybody if the caller has not asked for privacy
 */
enum sip_cross_rule {
	SIP_CROSS_UNSET,
	SIP_CROSS_NEVER,
	SIP_CROSS_PASS,
	SIP_CROSS_FROM_TRUSTED,
	SIP_CROSS_TO_TRUSTED,
	SIP_CROSS_WITHIN,
	SIP_CROSS_ASSERTED
};

/**
 * enum sip_cross_kind - kinds of messages, as bits
 * @SIP_KIND_INVITE: INVITE without a To tag
 * @SIP_KIND_DIALOG: a request within a dialog that is none of the others
 * @SIP_KIND_END: BYE, CANCEL
 * @SIP_KIND_ACK: ACK, PRACK
 * @SIP_KIND_OTHER: a request outside of a dialog: MESSAGE, SUBSCRIBE, REGISTER...
 * @SIP_KIND_PROVISIONAL: 1xx
 * @SIP_KIND_SUCCESS: 2xx
 * @SIP_KIND_FAILURE: 3xx to 6xx
 */
enum sip_cross_kind {
	SIP_KIND_INVITE = 1,
	SIP_KIND_DIALOG = 2,
	SIP_KIND_END = 4,
	SIP_KIND_ACK = 8,
	SIP_KIND_OTHER = 16,
	SIP_KIND_PROVISIONAL = 32,
	SIP_KIND_SUCCESS = 64,
	SIP_KIND_FAILURE = 128
};

/**
 * struct sip_cross - from which realm to which
 * @from_trusted: what it says of identities is believed
 * @to_trusted: it may be told identities
 * @no_extensions: fields that we do not know by name stay behind, too
 * @hold: further names that stay behind, up to a NULL; may be NULL
 * @own: realms of digest, up to a NULL, whose credentials were for us and stay behind; may
 *	be NULL
 * @instead: our host on the other side, as in a URI.  Hosts of the message's own network
 *	(sip/hosts.h) do not cross then: where a field says who somebody is, this one
 *	stands in their place, and any other field stays behind.  What digest and signatures
 *	are made of crosses as it is.  NULL: hosts cross
 *
 * Zeroed: two strangers.
 */
struct sip_cross {
	bool from_trusted;
	bool to_trusted;
	bool no_extensions;
	const char *const *hold;
	const char *const *own;
	const char *instead;
};

/** sip_cross_kind() - which kind of message is it? */
enum sip_cross_kind sip_cross_kind(const struct sip_msg *msg);

/** sip_cross_rule() - the rule of a header field */
enum sip_cross_rule sip_cross_rule(enum sip_hdr id);

/**
 * sip_cross_may() - may this header field pass?
 * @msg: its message
 * @h: one of @msg's
 * @cross: from where to where
 *
 * Return: true if it may.
 */
bool sip_cross_may(const struct sip_msg *msg, const struct sip_header *h,
		   const struct sip_cross *cross);

/**
 * sip_cross_copy() - put what may pass into the other side's message
 * @w: the message that is being built
 * @from: the message received
 * @cross: from where to where
 *
 * In the order received.
 */
void sip_cross_copy(struct sip_writer *w, const struct sip_msg *from,
		    const struct sip_cross *cross);

/**
 * sip_cross_wants_privacy() - has the sender asked not to be known?
 * @msg: the message
 *
 * Return: true if its Privacy says id, user or header (RFC 3323, RFC 3325).
 */
bool sip_cross_wants_privacy(const struct sip_msg *msg);

#endif /* SIP_CROSS_H */
