// SPDX-License-Identifier: GPL-2.0
/* Who tells a realm how its addresses are seen from outside. */
#include <netinet/in.h>

#include "check.h"

#define STUN_PORT	3478

/* an address that something can be asked at */
static bool is_place(const struct dp_addr *a)
{
	if (a->family == AF_INET)
		return a->v4.s_addr != INADDR_ANY &&
		       a->v4.s_addr != INADDR_BROADCAST &&
		       !IN_MULTICAST(ntohl(a->v4.s_addr));
	return !IN6_IS_ADDR_UNSPECIFIED(&a->v6) && !IN6_IS_ADDR_MULTICAST(&a->v6);
}

static bool has_family(const struct config_realm *r, sa_family_t family)
{
	size_t i;

	for (i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].listen.family == family)
			return true;
	return false;
}

bool config_get_stun(const struct loaded *l, const struct key *at,
		     const struct raw_realm *raw, struct config_realm *r)
{
	struct key k = sub(at, "stun");

	if (!raw->stun)
		return true;
	if (!config_server_parse(raw->stun, STUN_PORT, &r->stun) ||
	    (r->stun.addr.family && !is_place(&r->stun.addr)))
		return bad(l, k, "'%s' is no server; expected HOST or HOST:PORT, of which an IPv6 address has brackets",
			   raw->stun);
	if (r->stun.addr.family && !has_family(r, r->stun.addr.family))
		return bad(l, k, "'%s' is of a family that no address of the realm has; expected a server that one of them reaches",
			   raw->stun);
	/* a lite agent is reached at its own addresses or not at all (RFC 8445 2.5) */
	if (r->ice != CONFIG_ICE_FULL && r->ice != CONFIG_ICE_FORCE)
		return bad(l, k, "'%s' is given for a realm that offers its own addresses alone; expected ice: full or force with it",
			   raw->stun);
	return true;
}
