// SPDX-License-Identifier: GPL-2.0
/*
 * Candidates that come after the description that they belong to (RFC 8838, 8840): a
 * fragment says by its credentials which one that is.
 *
 * What a party has said is never changed in place: who holds it gets another one that says
 * more, and the agent of ICE, if it is with that party, is brought to it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool is_of(const struct said *said, const struct sdp_ice *theirs)
{
	return said && said->ufrag && theirs->ufrag.p &&
	       span_is(theirs->ufrag, said->ufrag) &&
	       span_is(theirs->pwd, said->pwd);
}

/* both have a name and it is another: the same credentials may be of several lines */
static bool is_elsewhere(const struct half *half, const struct sdp_media *media)
{
	return *half->mid && media->mid.n && !span_is(media->mid, half->mid);
}

static void replace(struct half *half, struct said *old, struct said *new)
{
	if (half->ice != old)
		return;
	session_said_put(half->ice);
	half->ice = session_said_get(new);
}

static void replace_in_offer(struct offer *offer, unsigned int s,
			     struct said *old, struct said *new)
{
	size_t i;

	for (i = 0; offer && i < offer->n; i++)
		replace(&offer->of[i].line.half[s], old, new);
}

/* all that stands for the same words of the party */
static void replace_all(struct session_branch *branch, unsigned int s,
			struct said *old, struct said *new)
{
	size_t i;

	for (i = 0; i < branch->n_lines; i++)
		replace(&branch->line[i].half[s], old, new);
	for (i = 0; i < branch->n_before; i++)
		replace(&branch->before[i].half[s], old, new);
	replace_in_offer(branch->open, s, old, new);
	replace_in_offer(branch->first, s, old, new);
}

/* @half: of a line of the branch; held by its caller's line */
static int add(struct session_branch *branch, unsigned int s,
	       const struct half *half, const struct sdp_ice *theirs)
{
	struct said *old = session_said_get(half->ice), *new;
	struct seat *seat = half->seat;

	new = session_said_more(old, theirs);
	if (!new) {
		session_said_put(old);
		return -ENOMEM;
	}
	replace_all(branch, s, old, new);
	session_ice_more(seat, new);
	if (seat->ice)
		branch->session->sessions->on_ice(seat);
	session_said_put(new);
	session_said_put(old);
	return 0;
}

/* 1: it belongs to that line; 0: it does not; or -errno */
static int add_to(struct session_branch *branch, unsigned int s,
		  const struct half *half, const struct sdp_media *media,
		  const struct sdp_ice *theirs)
{
	int ret;

	if (!half->seat || !is_of(half->ice, theirs) || is_elsewhere(half, media))
		return 0;
	ret = theirs->n ? add(branch, s, half, theirs) : 0;
	return ret ? ret : 1;
}

/* a section of the fragment: of what is agreed, and of the offer that is open */
static int take(struct session_branch *branch, unsigned int s,
		const struct sdp_media *media, const struct sdp_ice *theirs)
{
	struct offer *offer = branch->open;
	int ret = 0, found = 0;
	size_t i;

	for (i = 0; i < branch->n_lines && ret >= 0; i++) {
		ret = add_to(branch, s, &branch->line[i].half[s], media, theirs);
		found |= ret > 0;
	}
	for (i = 0; offer && i < offer->n && ret >= 0; i++) {
		ret = add_to(branch, s, &offer->of[i].line.half[s], media, theirs);
		found |= ret > 0;
	}
	return ret < 0 ? ret : found;
}

int session_trickle(struct session_branch *branch, struct session_party *from,
		    const char *text, size_t len, struct dp_err *err)
{
	static const struct sdp_limits limits = { .fragment = true };
	unsigned int s = from == branch->end[1].party;
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	struct sdp_ice theirs;
	struct dp_err own;
	int ret = 0, found = 0;
	size_t i;

	err = err ? err : &own;
	desc = sdp_desc_parse((struct span){ text, len }, &limits, why);
	if (!desc)
		return dp_fail(err, EPROTO, "%s", why);
	for (i = 0; i < desc->n && ret >= 0; i++) {
		sdp_ice_read(desc, &desc->media[i], &theirs);
		session_access_candidates(from, &theirs);
		ret = take(branch, s, &desc->media[i], &theirs);
		found |= ret > 0;
	}
	sdp_desc_free(desc);
	if (ret < 0)
		return dp_fail(err, ENOMEM, "no memory for ICE");
	return found ? 0 :
	       dp_fail(err, ENOENT, "candidates of the %s that belong to no description of its (a=ice-ufrag, a=ice-pwd)",
		       from->name);
}
