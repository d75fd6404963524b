// SPDX-License-Identifier: GPL-2.0
/*
 * Where a description may lead, by the realm's media-acl: with ICE its candidates are
 * what counts, and one that is allowed is enough; without it is the address of its line.
 */
#include <stdio.h>
#include <string.h>

#include "private.h"

bool session_may_go(const struct session_party *party, const struct dp_addr *to)
{
	return acl_judge(party->policy->media_acl, to, NULL);
}

/* kept until the next one is refused */
static const char *refusal(const struct session *session, const char *who,
			   const struct session_policy *policy,
			   const struct dp_addr *to)
{
	char *text = session->sessions->refusal, why[ACL_WHY_LEN];
	struct acl_verdict verdict;

	acl_judge(policy->media_acl, to, &verdict);
	acl_why(&verdict, "media-acl", to, why, sizeof(why));
	snprintf(text, SESSION_REFUSAL_LEN, "the %s's %s (realm %s)", who, why,
		 policy->name);
	return text;
}

static const char *refuses(const struct session_party *party, const struct dp_addr *to)
{
	return refusal(party->session, party->name, party->policy, to);
}

const char *session_access(const struct session_party *party,
			   const struct sdp_desc *desc,
			   const struct sdp_media *media)
{
	struct sdp_ice ice = { 0 };
	size_t i;

	if (!party->policy->media_acl)
		return NULL;
	if (session_ice_is_on(party))
		sdp_ice_read(desc, media, &ice);
	if (ice.ufrag.p && ice.n && !sdp_ice_mismatch(media, &ice)) {
		for (i = 0; i < ice.n; i++)
			if (session_may_go(party, &ice.candidate[i].addr))
				return NULL;
		return refuses(party, &ice.candidate[0].addr);
	}
	if (!media->remote.family || session_may_go(party, &media->remote))
		return NULL;
	return refuses(party, &media->remote);
}

const char *session_tap_access(const struct session_tap *tap, const struct dp_addr *to)
{
	if (to->family && to->family != tap->seat->pair->rtp.family)
		return "its address is of another family than the ports that it is sent from";
	if (!to->family || acl_judge(tap->policy->media_acl, to, NULL))
		return NULL;
	return refusal(tap->seat->session, "subscriber", tap->policy, to);
}

void session_access_candidates(const struct session_party *party,
			       struct sdp_ice *ice)
{
	size_t i, n = 0;

	for (i = 0; i < ice->n; i++)
		if (session_may_go(party, &ice->candidate[i].addr))
			ice->candidate[n++] = ice->candidate[i];
	if (n < ice->n)
		session_log(party->session, LOG_LEVEL_INFO, party,
			    "%zu of its %zu candidates are left out: media-acl does not allow them",
			    ice->n - n, ice->n);
	ice->n = n;
}
