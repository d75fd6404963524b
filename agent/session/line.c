// SPDX-License-Identifier: GPL-2.0
/*
 * Media lines, and the ports that they sit on: one pair towards each party, of the
 * address family that this line of this party speaks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* --- seats --- */

struct seat *session_seat_new(struct session *session,
			      const struct session_address *address,
			      const char *apart, struct dp_err *err)
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (!seat) {
		dp_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	seat->refs = 1;
	seat->session = session;
	seat->address = address;
	if (address->share && !apart) {
		seat->pair = session_pair_share(session, address->share, seat);
		apart = "there is no room for more calls";
	}
	if (!seat->pair) {
		seat->apart = address->share ? apart : NULL;
		seat->pair = session_pair_take(session, address->ports, seat, err);
	}
	if (seat->pair)
		return seat;
	free(seat);
	return NULL;
}

struct seat *session_seat_get(struct seat *seat)
{
	if (seat)
		seat->refs++;
	return seat;
}

void session_seat_put(struct seat *seat)
{
	if (!seat || --seat->refs)
		return;
	/* its last word goes the way that ICE knows */
	session_dtls_end(seat);
	session_ice_end(seat);
	if (seat->stuck)
		session_pair_keep(seat->session, seat->pair);
	else
		session_pair_put(seat->session, seat->pair, seat->used);
	free(seat);
}

void session_half_move(struct half *half, struct seat *seat)
{
	memset(&half->remote, 0, sizeof(half->remote));
	memset(&half->remote_rtcp, 0, sizeof(half->remote_rtcp));
	session_said_put(half->ice);
	half->ice = NULL;
	/* its packets count from 0 there */
	session_dtls_none(half);
	explicit_bzero(&half->srtp, sizeof(half->srtp));
	half->mux = false;
	half->line = 0;
	session_seat_put(half->seat);
	half->seat = seat;
}

const struct session_address *
session_address_of(const struct session_party *party, sa_family_t family)
{
	const struct session_policy *policy = party->policy;
	size_t i;

	for (i = 0; i < policy->n_addresses; i++)
		if ((!family || family == party->local.family) &&
		    dp_addr_same_host(&policy->address[i].listen,
				      &party->local))
			return &policy->address[i];
	for (i = 0; i < policy->n_addresses; i++)
		if (!family || policy->address[i].listen.family == family)
			return &policy->address[i];
	return NULL;
}

/* --- lines --- */

bool session_line_copy(struct line *to, const struct line *from)
{
	unsigned int s;

	*to = *from;
	to->words = from->words ? strdup(from->words) : NULL;
	for (s = 0; s < 2; s++) {
		session_seat_get(to->half[s].seat);
		session_said_get(to->half[s].ice);
		session_association_get(to->half[s].dtls);
	}
	if (from->words && !to->words) {
		session_line_clear(to);
		return false;
	}
	return true;
}

void session_line_reject(struct line *line)
{
	unsigned int s;

	for (s = 0; s < 2; s++) {
		/* it has no hold of its seat */
		session_association_put(line->half[s].dtls);
		session_seat_put(line->half[s].seat);
		session_said_put(line->half[s].ice);
		explicit_bzero(&line->half[s], sizeof(line->half[s]));
	}
	line->wanted = false;
	line->kbits = 0;
}

void session_line_clear(struct line *line)
{
	session_line_reject(line);
	free(line->words);
	line->words = NULL;
}

struct line *session_lines_copy(const struct line *from, size_t n)
{
	struct line *to = calloc(n ? n : 1, sizeof(*to));
	size_t i;

	for (i = 0; to && i < n; i++) {
		if (!session_line_copy(&to[i], &from[i])) {
			session_lines_free(to, n);
			return NULL;
		}
	}
	return to;
}

void session_lines_free(struct line *line, size_t n)
{
	size_t i;

	for (i = 0; line && i < n; i++)
		session_line_clear(&line[i]);
	free(line);
}
