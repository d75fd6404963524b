// SPDX-License-Identifier: GPL-2.0
/*
 * Taps: what a party sends in a media line goes to somebody beside, too, from ports of
 * ours: a recorder.  The bridges say so (stand.c), so a tap holds whatever is negotiated
 * later, and whichever branch is heard.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct session_tap *session_tap_new(struct session_party *party, unsigned int line,
				    struct session_policy *policy,
				    sa_family_t family, struct dp_err *err)
{
	struct session_tap *tap = calloc(1, sizeof(*tap));
	size_t i = 0;

	if (!tap) {
		dp_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	while (family && i < policy->n_addresses &&
	       policy->address[i].listen.family != family)
		i++;
	if (i < policy->n_addresses)
		tap->seat = session_seat_new(party->session, &policy->address[i],
					     "it is a copy's", err);
	else
		dp_fail(err, EADDRNOTAVAIL, "realm %s has no address for media of that family",
			policy->name);
	if (!tap->seat) {
		free(tap);
		return NULL;
	}
	/* what is sent by it may come back late */
	tap->seat->used = true;
	tap->policy = session_policy_get(policy);
	tap->party = party;
	tap->line = line;
	LIST_INSERT_HEAD(&party->session->taps, tap, entry);
	return tap;
}

void session_tap_free(struct session_tap *tap)
{
	if (!tap)
		return;
	LIST_REMOVE(tap, entry);
	session_seat_put(tap->seat);
	session_policy_put(tap->policy);
	free(tap);
}

void session_tap_set(struct session_tap *tap, const struct dp_addr *to,
		     const struct dp_addr *to_rtcp)
{
	tap->to = to ? *to : (struct dp_addr){ 0 };
	tap->to_rtcp = to_rtcp ? *to_rtcp : (struct dp_addr){ 0 };
}

void session_tap_told(const struct session_tap *tap, struct dp_addr *to,
		      struct dp_addr *to_rtcp)
{
	*to = tap->to;
	*to_rtcp = tap->to_rtcp;
}

void session_tap_place(const struct session_tap *tap, struct dp_addr *rtp,
		       uint16_t *rtcp)
{
	*rtp = tap->seat->address->advertise;
	rtp->port = tap->seat->pair->rtp.port;
	*rtcp = tap->seat->pair->rtcp.port;
}

int session_taps_apply(struct session *session, struct dp_err *err)
{
	return session_apply_moved(session, NULL, 0, err);
}

static unsigned int add(struct dp_copy *room, unsigned int n, const struct dp_addr *from,
			const struct dp_addr *to, uint8_t only)
{
	if (n == RTPLANE_COPIES_MAX)
		return n;
	room[n] = (struct dp_copy){ .from = *from, .to = *to, .only = only };
	return n + 1;
}

/* RTCP comes by RTP's leg, or by its own: of that leg, which carries no RTP */
void session_taps_fill(const struct session_party *party, unsigned int line, bool rtp,
		       struct dp_copy *room, struct dp_leg *leg)
{
	const struct session_tap *tap;
	unsigned int n = 0;

	LIST_FOREACH(tap, &party->session->taps, entry) {
		if (tap->party != party || tap->line != line || !tap->to.family)
			continue;
		if (!rtp) {
			n = add(room, n, &tap->seat->pair->rtp, &tap->to, RTPLANE_ONLY_BOTH);
			continue;
		}
		n = add(room, n, &tap->seat->pair->rtp, &tap->to, RTPLANE_ONLY_RTP);
		if (tap->to_rtcp.family)
			n = add(room, n, dp_addr_eq(&tap->to, &tap->to_rtcp) ?
					 &tap->seat->pair->rtp : &tap->seat->pair->rtcp,
				&tap->to_rtcp, RTPLANE_ONLY_RTCP);
	}
	if (!n)
		return;
	leg->copies = room;
	leg->n_copies = n;
	leg->set |= DP_LEG_COPIES;
}

const char *session_told_to(const struct session_party *party)
{
	const struct session_branch *heard = party->session->heard;
	unsigned int s;

	for (s = 0; heard && s < 2; s++)
		if (heard->end[s].party == party)
			return heard->end[s].sent;
	return NULL;
}

bool session_line_sends(const struct session_party *party, unsigned int line)
{
	const struct session_branch *heard = party->session->heard;

	return heard && line < heard->n_lines && heard->line[line].wanted;
}
