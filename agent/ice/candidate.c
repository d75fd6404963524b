// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "candidate.h"

static const struct {
	const char *name;
	uint32_t preference;
} types[] = {
	/* RFC 8445 5.1.2.2: 126, 110, 100 and 0 are recommended */
	[ICE_HOST] = { "host", 126 },
	[ICE_PRFLX] = { "prflx", 110 },
	[ICE_SRFLX] = { "srflx", 100 },
	[ICE_RELAY] = { "relay", 0 },
};

const char *ice_type_name(enum ice_type type)
{
	return types[type].name;
}

bool ice_type_find(struct span name, enum ice_type *type)
{
	unsigned int i;

	for (i = 0; i < ICE_TYPES; i++) {
		if (span_iscase(name, types[i].name)) {
			*type = i;
			return true;
		}
	}
	return false;
}

uint32_t ice_priority(enum ice_type type, uint16_t preference,
		      uint16_t component)
{
	return types[type].preference << 24 | (uint32_t)preference << 8 |
	       (256 - component);
}

uint64_t ice_pair_priority(uint32_t controlling, uint32_t controlled)
{
	uint64_t low = controlling < controlled ? controlling : controlled;
	uint64_t high = controlling > controlled ? controlling : controlled;

	return (low << 32) + 2 * high + (controlling > controlled);
}

/* FNV-1a: nobody gains anything by two foundations that are equal */
static uint32_t mix(uint32_t hash, const void *data, size_t n)
{
	const uint8_t *b = data;

	for (; n; n--, b++)
		hash = (hash ^ *b) * 16777619u;
	return hash;
}

static uint32_t mix_host(uint32_t hash, const struct dp_addr *a)
{
	if (!a)
		return hash;
	if (a->family == AF_INET)
		return mix(hash, &a->v4, sizeof(a->v4));
	return mix(hash, &a->v6, sizeof(a->v6));
}

void ice_foundation(char foundation[ICE_FOUNDATION_MAX + 1],
		    enum ice_type type, const struct dp_addr *base,
		    const struct dp_addr *server)
{
	uint8_t kind = type;
	uint32_t hash = mix(2166136261u, &kind, 1);

	hash = mix_host(mix_host(hash, base), server);
	snprintf(foundation, ICE_FOUNDATION_MAX + 1, "%u", hash);
}

const char *ice_usable(const struct dp_addr *a)
{
	static const char several[] = "its address is not one host's";

	if (!a->port)
		return "its port is 0";
	if (a->family == AF_INET)
		return a->v4.s_addr == htonl(INADDR_ANY) ||
		       a->v4.s_addr == htonl(INADDR_BROADCAST) ||
		       IN_MULTICAST(ntohl(a->v4.s_addr)) ? several : NULL;
	if (a->family != AF_INET6)
		return "it has no address";
	return IN6_IS_ADDR_UNSPECIFIED(&a->v6) ||
	       IN6_IS_ADDR_MULTICAST(&a->v6) ||
	       IN6_IS_ADDR_V4MAPPED(&a->v6) ? several : NULL;
}

bool ice_is_chars(struct span text, size_t min, size_t max)
{
	size_t i;

	if (text.n < min || text.n > max)
		return false;
	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z') || c == '+' || c == '/'))
			return false;
	}
	return true;
}
