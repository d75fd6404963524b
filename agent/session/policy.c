// SPDX-License-Identifier: GPL-2.0
/* What holds for a party. */
#include <stdlib.h>

#include "policy.h"
#include "share.h"

struct session_seen *session_seen_new(void)
{
	struct session_seen *seen = calloc(1, sizeof(*seen));

	if (seen)
		seen->refs = 1;
	return seen;
}

struct session_seen *session_seen_get(struct session_seen *seen)
{
	if (seen)
		seen->refs++;
	return seen;
}

void session_seen_put(struct session_seen *seen)
{
	if (seen && !--seen->refs)
		free(seen);
}

struct session_policy *session_policy_new(void)
{
	struct session_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->refs = 1;
	policy->latch = RTPLANE_LATCH_RESTRICTED;
	policy->probation = 3;
	return policy;
}

bool session_policy_add(struct session_policy *policy,
			const struct dp_addr *listen,
			const struct dp_addr *advertise, struct ports *ports,
			struct session_seen *seen)
{
	struct session_address *address;

	if (policy->n_addresses == SESSION_ADDRESSES_MAX)
		return false;
	address = &policy->address[policy->n_addresses++];
	address->listen = *listen;
	address->advertise = *advertise;
	address->ports = ports_ref(ports);
	address->seen = session_seen_get(seen);
	return true;
}

void session_policy_share(struct session_policy *policy, struct share *share)
{
	policy->address[policy->n_addresses - 1].share = share_ref(share);
}

struct session_policy *session_policy_copy(const struct session_policy *policy)
{
	struct session_policy *copy = malloc(sizeof(*copy));
	size_t i;

	if (!copy)
		return NULL;
	*copy = *policy;
	copy->refs = 1;
	acl_get(copy->media_acl);
	for (i = 0; i < copy->n_addresses; i++) {
		ports_ref(copy->address[i].ports);
		share_ref(copy->address[i].share);
		session_seen_get(copy->address[i].seen);
	}
	return copy;
}

struct session_policy *session_policy_get(struct session_policy *policy)
{
	policy->refs++;
	return policy;
}

void session_policy_put(struct session_policy *policy)
{
	size_t i;

	if (!policy || --policy->refs)
		return;
	for (i = 0; i < policy->n_addresses; i++) {
		ports_free(policy->address[i].ports);
		share_free(policy->address[i].share);
		session_seen_put(policy->address[i].seen);
	}
	acl_put(policy->media_acl);
	free(policy);
}
