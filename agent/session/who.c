// SPDX-License-Identifier: GPL-2.0
/* Whom there is a session with. */
#include "private.h"

static bool at_leg(const struct standing *at, unsigned int s,
		   bool (*is)(const struct dp_addr *addr, void *arg), void *arg)
{
	return is(&at->bridge.leg[s].remote, arg) ||
	       is(&at->told[s].remote, arg) || is(&at->proven[s], arg);
}

static bool in_session(const struct session *session,
		       bool (*is)(const struct dp_addr *addr, void *arg),
		       void *arg)
{
	const struct session_party *party;
	const struct standing *at;
	unsigned int i, c;

	TAILQ_FOREACH(party, &session->parties, entry)
		if (is(&party->source, arg))
			return true;
	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			if (at && (at_leg(at, 0, is, arg) || at_leg(at, 1, is, arg)))
				return true;
		}
	}
	return false;
}

bool sessions_with(const struct sessions *sessions,
		   bool (*is)(const struct dp_addr *addr, void *arg), void *arg)
{
	const struct session *session;
	unsigned int i;

	for (i = 0; i < SESSION_BUCKETS; i++)
		LIST_FOREACH(session, &sessions->bucket[i], bucket)
			if (in_session(session, is, arg))
				return true;
	return false;
}
