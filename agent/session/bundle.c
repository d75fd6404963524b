// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that share a port (BUNDLE, RFC 9143), as far as one line does: of a group that a
 * party offers one line is accepted, by its name, and the others have ports of their own
 * or none. So a browser's call has its audio. What a party calls its lines is between it
 * and us (RFC 5888 9.1).
 */
#include <string.h>

#include "private.h"

/* RFC 5888 4: a token */
static bool is_name(struct span mid)
{
	size_t i;

	for (i = 0; i < mid.n; i++)
		if (mid.p[i] <= ' ' || mid.p[i] > '~')
			return false;
	return mid.n && mid.n < MID_LEN;
}

const char *session_bundle_offered(const struct session_party *party,
				   const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   struct half *half)
{
	enum session_bundle policy = party->policy->bundle;
	struct span mid = media->mid;

	memset(half->mid, 0, sizeof(half->mid));
	half->bundled = false;
	if (is_name(mid)) {
		memcpy(half->mid, mid.p, mid.n);
		half->bundled = policy != SESSION_BUNDLE_OFF &&
				sdp_bundle_has(desc, mid);
	}
	return policy == SESSION_BUNDLE_REQUIRE && !half->bundled ?
	       "its realm requires a group, and it is in none (a=group:BUNDLE)" :
	       NULL;
}

void session_bundle_say(FILE *out, const struct half *half)
{
	if (*half->mid)
		fprintf(out, "a=mid:%s\r\n", half->mid);
}

bool session_bundle_is_said(const struct session_party *party,
			    const struct half *half, bool mux)
{
	return half->bundled && mux && party->policy->bundle != SESSION_BUNDLE_OFF;
}

void session_bundle_group(char text[BUNDLE_LEN], const struct half *half)
{
	snprintf(text, BUNDLE_LEN, "a=group:BUNDLE %s\r\n", half->mid);
}
