/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of a message's head goes through a back-to-back user agent.  Dialog,
 * routing and hop are ours on each side; all else, unknown headers included, is
 * the two parties' business and passes.
 */
#ifndef SIP_PASS_HEADER_H
#define SIP_PASS_HEADER_H

#include <stdbool.h>

#include "base/addr.h"
#include "sofia.h"

/**
 * sip_headers_pass() - copy the end-to-end headers
 * @to: message that is being made
 * @from: message received
 *
 * Contents (Content-*, body) are not copied: see sip_body_set().  Supported and
 * Require are reduced to what passes through us.
 *
 * Return: 0, -1 without memory.
 */
int sip_headers_pass(msg_t *to, const sip_t *from);

/**
 * sip_body_set() - give a message its body
 * @to: message that is being made
 * @type: Content-Type
 * @body: the body; copied
 * @len: its bytes
 *
 * Return: 0, -1 without memory.
 */
int sip_body_set(msg_t *to, const char *type, const char *body, size_t len);

/**
 * sip_body_pass() - copy a body that we do not look into
 * @to: message that is being made
 * @from: message received
 *
 * Return: 0, -1 without memory.
 */
int sip_body_pass(msg_t *to, const sip_t *from);

/**
 * sip_has_sdp() - is the body a session description?
 * @sip: the message
 *
 * Return: 1 if it is, 0 if there is no body, -1 if the body is something else,
 * or encoded.
 */
int sip_has_sdp(const sip_t *sip);

/**
 * sip_source() - where a message came from
 * @msg: the message
 * @addr: filled; family 0 if it was made here
 */
void sip_source(msg_t *msg, struct dp_addr *addr);

/**
 * sip_url_is_usable() - can a request be sent to a URI that a party gave us?
 * @url: the URI
 *
 * Return: true if it is of SIP and has a host.
 */
bool sip_url_is_usable(const url_t *url);

/**
 * sip_url_is_numeric() - does it name an address, that nobody has to look up?
 * @url: a usable URI
 *
 * Return: true if it does.
 */
bool sip_url_is_numeric(const url_t *url);

/**
 * sip_contact_fixed() - the Contact of a party behind NAT, made reachable
 * @home: where the result lives
 * @contact: as received
 * @source: where the message came from
 *
 * RFC 5626 would be the clean way; phones that know it are few.  A Contact
 * whose address is private or unroutable and not where its message came from
 * gets the address and port that it did come from.  So does one without a usable
 * URI, as a 2xx may have.
 *
 * Return: @contact itself if it is fine, or a new one; NULL without memory.
 */
const sip_contact_t *sip_contact_fixed(su_home_t *home,
				       const sip_contact_t *contact,
				       const struct dp_addr *source);

/**
 * sip_is_private() - an address that the public cannot reach
 * @addr: the address
 *
 * RFC 1918, RFC 6598 (carrier-grade NAT), loopback, link-local, 0.0.0.0/8,
 * unique local IPv6.
 *
 * Return: true if it is one.
 */
bool sip_is_private(const struct dp_addr *addr);

/**
 * sip_identity() - From or To of the other side
 * @home: where the result lives
 * @from: as received
 * @host: host and port to put in place of an address; NULL: leave it
 *
 * User and display name stay, a domain name stays (it is the subscriber's), an
 * address is replaced: it tells of a network that is none of the others'
 * business.  Parameters (the tag) go.
 *
 * Return: the header, NULL without memory.
 */
sip_from_t *sip_identity(su_home_t *home, const sip_addr_t *from,
			 const char *host);

#endif /* SIP_PASS_HEADER_H */
