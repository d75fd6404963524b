// SPDX-License-Identifier: GPL-2.0
/*
 * Who may become the remote of a party's leg: by its realm's policy, what its
 * description says, and where its signalling comes from.
 */
#include <linux/rtplane.h>

#include "private.h"

#define NAT_PROBATION	3

/* section "latching" of rtplaned.yaml(5) */
static enum session_nat nat_of(const struct session_party *party,
			       const struct dp_addr *remote)
{
	if (dp_addr_same_host(remote, &party->source))
		return SESSION_NAT_OFF;
	if (!dp_addr_is_private(remote) &&
	    party->policy->nat != SESSION_NAT_ALWAYS)
		return SESSION_NAT_OFF;
	return party->policy->nat;
}

/* no help where the signalling's address is not known, or of another family */
static void by_source(const struct session_party *party, struct dp_leg *leg)
{
	uint16_t port = leg->remote.port;

	if (party->source.family != leg->remote.family)
		return;
	leg->latch = RTPLANE_LATCH_RESTRICTED;
	leg->early = false;
	leg->remote = party->source;
	leg->remote.port = port;
}

void session_latch(const struct session_party *party, struct dp_leg *leg)
{
	const struct session_policy *policy = party->policy;

	leg->latch = policy->latch;
	leg->probation = policy->probation;
	leg->early = policy->early;
	leg->relatch = policy->relatch;
	switch (nat_of(party, &leg->remote)) {
	case SESSION_NAT_LEARN:
		leg->latch = RTPLANE_LATCH_LEARN;
		leg->early = false;
		if (leg->probation < NAT_PROBATION)
			leg->probation = NAT_PROBATION;
		break;
	case SESSION_NAT_SOURCE:
	case SESSION_NAT_ALWAYS:
		by_source(party, leg);
		break;
	case SESSION_NAT_OFF:
		break;
	}
	leg->set |= DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_PROBATION |
		    DP_LEG_EARLY | DP_LEG_RELATCH;
}

void session_latch_shared(struct dp_leg *leg)
{
	leg->latch = RTPLANE_LATCH_LEARN;
	leg->early = false;
	leg->relatch = 0;
	if (leg->probation < NAT_PROBATION)
		leg->probation = NAT_PROBATION;
}
