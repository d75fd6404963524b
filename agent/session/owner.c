// SPDX-License-Identifier: GPL-2.0
/*
 * Whose the port is that lines share with a party: of one line's bridge, with remote and
 * keys, and it stays there as long as anybody is at the port, wanted or not.  The others
 * have legs that are carried by it.
 *
 * What is agreed is so for each line alone, by two descriptions and what stands; taken
 * together it may be what no bridges can be, and then lines go until they can.
 */
#include "stand.h"

/**
 * struct lines - what is agreed of all of them
 * @session: of
 * @branch: whose
 * @line: they
 * @n: how many
 */
struct lines {
	struct session *session;
	const struct session_branch *branch;
	struct line *line;
	size_t n;
};

static bool is_at(const struct lines *of, size_t i, unsigned int s,
		  const struct seat *seat)
{
	return of->line[i].wanted && of->line[i].half[s].seat == seat;
}

/* is that line to have a bridge? */
static bool is_whole(const struct lines *of, size_t i)
{
	return i < of->n && session_is_whole(of->branch, &of->line[i], false,
					     of->session->standing[i]);
}

/* the line whose the port of a wanted one is: who has it, or else who is the first to */
static size_t owner_of(const struct lines *of, const struct seat *seat, unsigned int s)
{
	size_t i, first = SDP_MEDIA_MAX;

	for (i = 0; i < SDP_MEDIA_MAX; i++)
		if (session_bundle_has_port(seat, i))
			return i;
	for (i = 0; i < of->n; i++) {
		if (!is_at(of, i, s, seat))
			continue;
		if (is_whole(of, i))
			return i;
		if (first == SDP_MEDIA_MAX)
			first = i;
	}
	return first;
}

static void place(const struct lines *of)
{
	struct half *half;
	unsigned int s;
	size_t i;

	for (i = 0; i < 2 * of->n; i++) {
		s = i % 2;
		half = &of->line[i / 2].half[s];
		if (of->line[i / 2].wanted && half->seat)
			half->line = owner_of(of, half->seat, s) == i / 2 ?
				     0 : (uint8_t)(i / 2 + 1);
	}
}

/* --- what packets are told by --- */

static bool is_told(const struct lines *of, size_t i, unsigned int s)
{
	const struct half *half = &of->line[i].half[s];
	size_t k;

	if (!half->mux || half->srtp.on || !session_bundle_may_share(half->seat))
		return false;
	if (half->line || half->seat->grouped)
		return true;
	if (!half->bundled)
		return false;
	for (k = 0; k < of->n; k++)
		if (k != i && is_at(of, k, s, half->seat))
			return true;
	/* others may come, and nothing is lost by it */
	return of->session->sessions->conf.dp->ops->lines || of->session->beside;
}

static bool takes_any(const struct half *half)
{
	return half->takes[0] | half->takes[1] | half->takes[2] | half->takes[3];
}

static void tell(const struct lines *of)
{
	struct half *half, *other;
	size_t i;

	for (i = 0; i < 2 * of->n; i++) {
		half = &of->line[i / 2].half[i % 2];
		other = &of->line[i / 2].half[!(i % 2)];
		if (!of->line[i / 2].wanted || !half->seat)
			continue;
		half->told.on = is_told(of, i / 2, i % 2);
		/* it sends what the other one takes; if that has said nothing, the same */
		if (half->told.on)
			memcpy(half->told.pts, takes_any(other) ? other->takes : half->takes,
			       sizeof(half->told.pts));
		half->told.hide = half->told.on && half->told.mid_id &&
				  (half->told.mid_id != other->told.mid_id ||
				   strcmp(half->mid, other->mid) != 0);
	}
}

/* --- what cannot be --- */

static void refuse(const struct lines *of, size_t i, const char *why)
{
	session_log(of->session, LOG_LEVEL_INFO, (struct session_party *)NULL,
		    "media line %zu is not relayed: %s", i + 1, why);
	session_line_reject(&of->line[i]);
}

/* all lines that have that port with the one that is its owner */
static bool refuse_others(const struct lines *of, size_t i, unsigned int s,
			  const struct seat *seat, const char *why)
{
	bool any = false;
	size_t k;

	for (k = 0; k < of->n; k++) {
		if (k == i || !is_at(of, k, s, seat))
			continue;
		refuse(of, k, why);
		any = true;
	}
	return any;
}

/* the first wanted line at that port but for its owner, whose bridge is kept for it */
static const struct half *heir(const struct lines *of, size_t i, unsigned int s,
			       const struct seat *seat)
{
	size_t k;

	for (k = 0; k < of->n; k++)
		if (k != i && is_at(of, k, s, seat))
			return &of->line[k].half[s];
	return NULL;
}

/* is there to be a leg at that port which carries others? */
static bool carries(const struct lines *of, const struct seat *seat, unsigned int s)
{
	size_t i = owner_of(of, seat, s);
	const struct half *half;

	if (is_whole(of, i))
		half = is_at(of, i, s, seat) ? &of->line[i].half[s] : NULL;
	else
		half = i < SDP_MEDIA_MAX && session_bundle_has_port(seat, i) ?
		       heir(of, i, s, seat) : NULL;
	return half && half->told.on;
}

/* that line's new bridge; true: it is refused */
static bool refuse_new(const struct lines *of, size_t i)
{
	const struct half *half;
	unsigned int s;

	for (s = 0; s < 2; s++) {
		half = &of->line[i].half[s];
		if (!half->line || (half->told.on && carries(of, half->seat, s)))
			continue;
		refuse(of, i, "it has the port of others, which is no longer theirs to share");
		return true;
	}
	return false;
}

/* the bridge that it had, where others have its port; true: they are refused */
static bool refuse_kept(const struct lines *of, size_t i)
{
	const struct standing *at = of->session->standing[i][0];
	unsigned int s;

	for (s = 0; at && s < 2; s++)
		if (!at->bridge.leg[s].local.line && heir(of, i, s, at->seat[s]) &&
		    at->bridge.leg[!s].local.line && !carries(of, at->seat[!s], !s))
			return refuse_others(of, i, s, at->seat[s],
					     "the bridge that has its port goes with another group");
	return false;
}

/* the bridge that it had, or has, is that of a port which others are at, and it is not */
static bool refuse_moved(const struct lines *of, size_t i)
{
	const struct standing *at = of->session->standing[i][0];
	unsigned int s;

	for (s = 0; at && s < 2; s++) {
		if (at->bridge.leg[s].local.line || of->line[i].half[s].seat == at->seat[s] ||
		    !heir(of, i, s, at->seat[s]))
			continue;
		refuse(of, i, "its bridge has the port of a group that it is not in");
		return true;
	}
	return false;
}

static bool refuse_one(const struct lines *of)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (of->line[i].wanted && refuse_moved(of, i))
			return true;
	for (i = 0; i < SDP_MEDIA_MAX; i++)
		if (is_whole(of, i) ? refuse_new(of, i) : refuse_kept(of, i))
			return true;
	return false;
}

void session_own_agreed(const struct session_branch *branch, struct line *line, size_t n)
{
	struct lines of = { .session = branch->session, .branch = branch, .line = line, .n = n };

	do {
		place(&of);
		tell(&of);
	} while (refuse_one(&of));
}

void session_own_again(const struct session_branch *branch, struct line *line, size_t n)
{
	struct lines of = { .session = branch->session, .branch = branch, .line = line, .n = n };

	do
		place(&of);
	while (refuse_one(&of));
}
