/* SPDX-License-Identifier: GPL-2.0 */
/* Candidates of ICE and how they are ranked: RFC 8445 5.1 and 6.1.2.3. */
#ifndef ICE_CANDIDATE_H
#define ICE_CANDIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/span.h"

/** ICE_FOUNDATION_MAX - characters of the longest foundation */
#define ICE_FOUNDATION_MAX	32

/** ICE_UFRAG_MIN, ICE_UFRAG_MAX - characters of a user name fragment (RFC 8839 5.4) */
#define ICE_UFRAG_MIN	4
#define ICE_UFRAG_MAX	256

/** ICE_PWD_MIN, ICE_PWD_MAX - characters of a password */
#define ICE_PWD_MIN	22
#define ICE_PWD_MAX	256

/** ICE_COMPONENT_RTP, ICE_COMPONENT_RTCP - components of RTP */
#define ICE_COMPONENT_RTP	1
#define ICE_COMPONENT_RTCP	2

/**
 * enum ice_type - where a candidate comes from
 * @ICE_HOST: an address of the host's, as it is advertised
 * @ICE_SRFLX: as a STUN server sees it
 * @ICE_PRFLX: as the other party sees it
 * @ICE_RELAY: of a TURN server
 */
enum ice_type {
	ICE_HOST,
	ICE_SRFLX,
	ICE_PRFLX,
	ICE_RELAY,
	ICE_TYPES
};

/**
 * struct ice_candidate - where a component may be reached, by UDP
 * @type: where that comes from
 * @component: 1 to 256
 * @priority: the higher the better, never 0
 * @foundation: the same for candidates that work or fail together
 * @addr: the address
 * @related: for people: what a reflexive or relayed one stands on; family 0: not said
 */
struct ice_candidate {
	enum ice_type type;
	uint16_t component;
	uint32_t priority;
	char foundation[ICE_FOUNDATION_MAX + 1];
	struct dp_addr addr;
	struct dp_addr related;
};

/**
 * ice_type_name() - "host", "srflx", "prflx", "relay"
 * @type: the type
 */
const char *ice_type_name(enum ice_type type);

/**
 * ice_type_find() - a type by its name
 * @name: the name
 * @type: filled on success
 *
 * Return: false if nobody here knows it.
 */
bool ice_type_find(struct span name, enum ice_type *type);

/**
 * ice_priority() - of a candidate of ours
 * @type: its type
 * @preference: of its address among those of the host, 0 to 65,535
 * @component: its component
 */
uint32_t ice_priority(enum ice_type type, uint16_t preference,
		      uint16_t component);

/**
 * ice_pair_priority() - of a pair
 * @controlling: priority of the candidate of the controlling agent
 * @controlled: of that of the controlled one
 *
 * Both agents come to the same order.
 */
uint64_t ice_pair_priority(uint32_t controlling, uint32_t controlled);

/**
 * ice_foundation() - of a candidate of ours
 * @foundation: filled
 * @type: its type
 * @base: the local address that it stands on; the port does not matter
 * @server: the server it was learned from; NULL: none
 */
void ice_foundation(char foundation[ICE_FOUNDATION_MAX + 1],
		    enum ice_type type, const struct dp_addr *base,
		    const struct dp_addr *server);

/**
 * ice_usable() - may checks be sent there?
 * @addr: the address
 *
 * Return: NULL, or a static sentence: no port, not one host.
 */
const char *ice_usable(const struct dp_addr *addr);

/**
 * ice_is_chars() - is it of the characters of ICE (RFC 8839 5.1)?
 * @text: a foundation, ufrag or password
 * @min: its least number of characters
 * @max: its most
 */
bool ice_is_chars(struct span text, size_t min, size_t max);

#endif /* ICE_CANDIDATE_H */
