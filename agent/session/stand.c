// SPDX-License-Identifier: GPL-2.0
/* The bridges that the lines of a branch are to have: what each leg is, and why. */
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "stand.h"

/* what a datapath that knows no SRTP must not hear of plain legs */
#define LEG_SRTP	(DP_LEG_SRTP_RX | DP_LEG_SRTP_TX | DP_LEG_ONLY)

/* --- where a party is --- */

/* what a party has for it: RTCP may be where RTP is */
static unsigned int component_of(const struct half *half, bool rtcp)
{
	return 1 + (rtcp && !half->mux);
}

/* what it says may be of a family that ICE has found no way in */
static struct dp_addr said_of(const struct half *half, unsigned int component)
{
	const struct dp_addr *said = component == 1 ? &half->remote : &half->remote_rtcp;

	return half->seat && said->family == half->seat->pair->rtp.family ?
	       *said : (struct dp_addr){ 0 };
}

/*
 * What its description says; what ICE has proved where it says nothing, or where
 * nobody but the signalled remote may be it: then ICE is what signals.  A way that was
 * lost takes no bridge away: made again, it would use the key stream of its keys twice.  Nor
 * does one that RTP has found first: RTCP may be guessed to be beside it until its own is.
 */
static struct dp_addr remote_of(const struct session_branch *branch,
				const struct line *line, unsigned int s,
				bool rtcp, const struct standing *was)
{
	const struct session_policy *policy = branch->end[s].party->policy;
	const struct half *half = &line->half[s];
	unsigned int component = component_of(half, rtcp);
	struct dp_addr remote = said_of(half, component);
	struct ice_path path;

	if (!half->seat ||
	    (remote.family && policy->latch != RTPLANE_LATCH_OFF) ||
	    !session_ice_is_with(half->seat, half->ice, branch->nr))
		return remote;
	if (session_ice_path(half->seat, component, &path))
		return path.remote;
	if (remote.family)
		return remote;
	if (was && was->seat[s] == half->seat &&
	    was->bridge.leg[s].remote.family == half->seat->pair->rtp.family)
		return was->bridge.leg[s].remote;
	if (component == 2 && session_ice_path(half->seat, 1, &path)) {
		remote = path.remote;
		remote.port++;
	}
	return remote.port ? remote : (struct dp_addr){ 0 };
}

/* is it where nobody has said and nothing has shown that it is? */
static bool is_guessed(const struct half *half, unsigned int component)
{
	struct ice_path path;

	return !said_of(half, component).family &&
	       !session_ice_path(half->seat, component, &path);
}

/* --- one leg --- */

static uint32_t silence_of(const struct session_conf *conf)
{
	uint32_t s = conf->silence ? conf->silence :
		     conf->timeout ? conf->timeout : conf->timeout_hold;

	return s > UINT32_MAX / 1000 ? UINT32_MAX : s * 1000;
}

/*
 * Nothing passes while a party's handshake is not done: each leg takes what the bridge is
 * not for, which is dropped before anybody latches by it, and what should come all the
 * same meets keys that nobody has.
 */
static bool is_sealed(const struct line *line, bool rtcp)
{
	return session_dtls_is_sealed(&line->half[0], component_of(&line->half[0], rtcp)) ||
	       session_dtls_is_sealed(&line->half[1], component_of(&line->half[1], rtcp));
}

/* no key that anybody has stands on it */
static bool is_blank(const struct line *line, bool rtcp)
{
	const struct half *half;

	for (half = line->half; half < line->half + 2; half++)
		if (half->srtp.on ||
		    (half->dtls &&
		     !session_dtls_is_sealed(half, component_of(half, rtcp))))
			return false;
	return is_sealed(line, rtcp);
}

static bool is_mixed(const struct line *line)
{
	return line->half[0].mux != line->half[1].mux;
}

bool session_is_told(const struct line *line)
{
	return line->half[0].told.on || line->half[1].told.on;
}

/* what a module may refuse that knows nothing of keys, of bridges for RTP alone, of lines */
bool session_is_special(const struct line *line)
{
	return session_protected(line) || is_mixed(line) || session_is_told(line);
}

/* would a key begin again if RTCP went by that bridge? */
static bool any_spent(const struct line *line, enum rtcp_by by)
{
	return session_protect_is_spent(&line->half[0], by) ||
	       session_protect_is_spent(&line->half[1], by);
}

/* may RTCP go by a bridge of its own, without that a key begins again there? */
static bool may_count(const struct line *line, const struct standing *was)
{
	const struct half *half;

	if (was && was->mux[0] == line->half[0].mux && was->mux[1] == line->half[1].mux)
		return true;
	for (half = line->half; half < line->half + 2; half++)
		if (!half->told.on &&
		    (session_protect_is_spent(half, half->mux ? RTCP_BY_PART :
								RTCP_BY_OWN) ||
		     (half->mux && session_dtls_borrows(half))))
			return false;
	return true;
}

/* RTCP has a bridge of its own, but where it goes by this one from end to end */
static uint8_t only_of(const struct line *line, bool rtcp)
{
	if (session_protected(line) && is_sealed(line, rtcp))
		return rtcp ? RTPLANE_ONLY_RTP : RTPLANE_ONLY_RTCP;
	if (rtcp)
		return RTPLANE_ONLY_RTCP;
	if (session_dtls_borrows(&line->half[0]) ||
	    session_dtls_borrows(&line->half[1]) || any_spent(line, RTCP_BY_RTP))
		return RTPLANE_ONLY_RTP;
	return line->half[0].mux && !is_mixed(line) ? RTPLANE_ONLY_BOTH :
						      RTPLANE_ONLY_RTP;
}

static void fill_srtp(const struct line *line, unsigned int s, bool rtcp,
		      struct dp_leg *leg)
{
	const struct protection *srtp = &line->half[s].srtp;

	if (line->half[s].dtls) {
		session_dtls_protect(&line->half[s],
				     component_of(&line->half[s], rtcp), leg);
	} else if (srtp->on) {
		leg->srtp_rx = srtp->rx;
		leg->srtp_tx = srtp->tx;
	}
	leg->only = only_of(line, rtcp);
	/* all that comes by a shared port is its leg's, once there are keys */
	if (line->half[s].told.on && !is_sealed(line, rtcp))
		leg->only = RTPLANE_ONLY_BOTH;
	if (session_protected(line))
		leg->set |= LEG_SRTP;
	else if (is_mixed(line))
		leg->set |= DP_LEG_ONLY;
	else
		leg->only = RTPLANE_ONLY_BOTH;
}

/* what it sends has the types by which the other one takes it */
static void fill_block(const struct session_party *party,
		       const struct half *other, struct dp_leg *leg)
{
	unsigned int i;

	if (party->blocked)
		leg->block = party->blocked & BLOCKED(MEDIA) ?
			     RTPLANE_BLOCK_MEDIA : RTPLANE_BLOCK_DIGITS;

	if (party->blocked & BLOCKED(DIGITS) || party->session->conf.digits)
		for (i = 0; i < DIGIT_CLOCKS; i++)
			leg->digits |= other->digits[i];
	if (leg->digits)
		leg->set |= DP_LEG_DIGITS;
	if (leg->block)
		leg->set |= DP_LEG_BLOCK;
}

static void fill_media(const struct session_party *party,
		       const struct line *line, struct dp_leg *leg)
{
	const struct session_policy *policy = party->policy;

	leg->accept = line->rtp ? RTPLANE_ACCEPT_RTP : RTPLANE_ACCEPT_ANY;
	leg->dscp_mode = RTPLANE_DSCP_SET;
	leg->dscp = line->kind == SDP_AUDIO ? policy->dscp_audio :
		    policy->dscp_other;
	leg->pps = policy->pps;
	leg->bps = policy->bps;
	leg->silence = silence_of(&party->session->conf);
	leg->set |= DP_LEG_ACCEPT | DP_LEG_DSCP_MODE | DP_LEG_DSCP |
		    DP_LEG_PPS | DP_LEG_BPS | DP_LEG_SILENCE;
}

/* limits are each line's, and one leg keeps those of all */
static void fill_shared(const struct wish *wish, unsigned int s, const struct half *half,
			struct dp_leg *leg)
{
	unsigned int n = 0;
	size_t i;

	leg->line = half->told;
	leg->set |= DP_LEG_LINE;
	for (i = 0; i < wish->n; i++)
		n += wish->line[i].wanted && wish->line[i].half[s].seat == half->seat;
	leg->ssrc_guard &= n < 2;
	if (n > 1) {
		leg->pps = leg->pps > UINT32_MAX / n ? UINT32_MAX : leg->pps * n;
		leg->bps = leg->bps > UINT64_MAX / n ? UINT64_MAX : leg->bps * n;
	}
}

static void fill_leg(const struct session_branch *branch,
		     const struct line *line, unsigned int s, bool rtcp,
		     const struct standing *was, struct dp_leg *leg)
{
	const struct session_party *party = branch->end[s].party;
	const struct half *half = &line->half[s];

	leg->local = rtcp && !half->mux ? half->seat->pair->rtcp : half->seat->pair->rtp;
	leg->local.rtcp = rtcp && half->mux;
	leg->local.line = half->line;
	leg->remote = remote_of(branch, line, s, rtcp, was);
	session_latch(party, leg);
	if (half->seat->pair->share)
		session_latch_shared(leg);
	leg->early &= !is_guessed(half, component_of(half, rtcp));
	leg->mute = party->nobody ||
		    (session_ice_is_with(half->seat, half->ice, branch->nr) &&
		     session_ice_lost(half->seat, component_of(half, rtcp)));
	if (leg->mute)
		leg->set |= DP_LEG_MUTE;
	if (rtcp) {
		leg->tie = half->seat->pair->rtp;
		leg->set |= DP_LEG_TIE;
		/* probation counts RTP; the tie guards RTCP */
		leg->probation = 0;
	}
	leg->ssrc_guard = leg->latch != RTPLANE_LATCH_OFF &&
			  !line->half[0].many && !line->half[1].many;
	leg->set |= DP_LEG_SSRC_GUARD;
	fill_media(party, line, leg);
	if (!rtcp)
		fill_block(party, &line->half[!s], leg);
}

/* whoever was silent for a hold may have lost his NAT's binding meanwhile; to a new
 * leg nothing can be ordered
 */
uint32_t session_orders(const struct wish *wish, unsigned int i,
			   unsigned int s)
{
	const struct session_party *party = wish->branch->end[s].party;
	uint32_t orders = party == wish->moved ? wish->orders : 0;
	const struct half *was;

	if (i >= wish->n_before)
		return orders;
	was = &wish->before[i].half[s];
	if (!was->sends && wish->line[i].half[s].sends &&
	    was->seat == wish->line[i].half[s].seat)
		orders |= DP_LEG_UNLATCH;
	return orders;
}

/* --- one bridge --- */

static struct dp *dp_for(const struct session *session,
			 const struct line *line)
{
	const struct sessions_conf *conf = &session->sessions->conf;

	return session->beside && session_is_special(line) ? conf->beside : conf->dp;
}

/* a party on hold from the start has no address yet */
static bool has_remotes(const struct session_branch *branch,
			const struct line *line, bool rtcp,
			const struct standing *was)
{
	return remote_of(branch, line, 0, rtcp, was).family &&
	       remote_of(branch, line, 1, rtcp, was).family;
}

/* @standing: what the line has, RTP and RTCP */
bool session_is_whole(const struct session_branch *branch,
		     const struct line *line, bool rtcp,
		     struct standing *const *standing)
{
	if (!line->wanted || !line->half[0].seat || !line->half[1].seat ||
	    !has_remotes(branch, line, false, standing[0]))
		return false;
	if (rtcp && !may_count(line, standing[1]))
		return false;
	return !rtcp || (line->rtp && !(line->half[0].mux && line->half[1].mux) &&
			 has_remotes(branch, line, true, standing[1]));
}

static void fill_port(const struct wish *wish, const struct line *line, unsigned int s,
		      bool rtcp, const struct standing *was, struct dp_leg *leg)
{
	fill_leg(wish->branch, line, s, rtcp, was, leg);
	fill_srtp(line, s, rtcp, leg);
	if (line->half[s].told.on)
		fill_shared(wish, s, &line->half[s], leg);
}

static void fill_one(const struct wish *wish, const struct line *line, unsigned int s,
		     bool rtcp, const struct standing *was, struct dp_leg *leg)
{
	fill_port(wish, line, s, rtcp, was, leg);
	if (dp_leg_is_carried(leg))
		leg->set &= LEG_CARRIED;
}

/* a line that is wanted and sits there, beside @i; NULL: none */
static const struct line *other_on(const struct wish *wish, const struct seat *seat,
				   unsigned int s, unsigned int i)
{
	size_t k;

	for (k = 0; k < wish->n; k++)
		if (k != i && wish->line[k].wanted && wish->line[k].half[s].seat == seat)
			return &wish->line[k];
	return NULL;
}

/* the line that needs that leg of a bridge: it is that of a port which others have, too */
static const struct line *needs(const struct wish *wish, const struct standing *was,
				unsigned int s, unsigned int i)
{
	const struct dp_leg *leg = &was->bridge.leg[s];

	return !leg->local.line && !leg->local.rtcp ?
	       other_on(wish, was->seat[s], s, i) : NULL;
}

/* nothing comes or goes by it: @line NULL; or only what is another line's */
static void keep_leg(const struct wish *wish, const struct line *line, unsigned int s,
		     const struct standing *was, struct dp_leg *leg)
{
	if (line) {
		explicit_bzero(leg, sizeof(*leg));
		fill_port(wish, line, s, false, was, leg);
		leg->local.line = 0;
		/* told by that, it is the other line's leg's */
		leg->line = (struct dp_line){ .on = leg->line.on, .mid_id = leg->line.mid_id };
	} else if (!dp_leg_is_carried(leg)) {
		leg->mute = true;
		leg->set |= DP_LEG_MUTE;
	}
	leg->block = RTPLANE_BLOCK_MEDIA;
	leg->set |= DP_LEG_BLOCK;
	/* nobody hears the line that has gone */
	leg->copies = NULL;
	leg->n_copies = 0;
	leg->set &= ~(uint32_t)DP_LEG_COPIES;
}

/*
 * A line is no longer wanted that has the port of others, with one party or both: its
 * bridge stays for them, since remote and keys are there, and what is its own goes no
 * further.
 */
struct standing *session_stand_kept(const struct wish *wish, unsigned int i,
			     const struct standing *was)
{
	const struct line *line[2];
	struct standing *new;
	unsigned int s;

	for (s = 0; s < 2; s++)
		line[s] = was ? needs(wish, was, s, i) : NULL;
	if (!line[0] && !line[1])
		return NULL;
	new = malloc(sizeof(*new));
	if (!new)
		return NULL;
	*new = *was;
	session_seat_get(new->seat[0]);
	session_seat_get(new->seat[1]);
	memset(new->proven, 0, sizeof(new->proven));
	new->dp = dp_for(wish->branch->session, line[0] ? line[0] : line[1]);
	for (s = 0; s < 2; s++)
		keep_leg(wish, line[s], s, was, &new->bridge.leg[s]);
	return new;
}

struct standing *session_stand(const struct session *session,
			      const struct wish *wish, unsigned int i, bool rtcp)
{
	const struct standing *was = session->standing[i][rtcp];
	const struct line *line = &wish->line[i];
	unsigned int n = LIST_EMPTY(&session->taps) ? 0 : 2;
	struct standing *new = calloc(1, sizeof(*new) + n * sizeof(new->copies[0]));
	unsigned int s;

	if (!new)
		return NULL;
	new->dp = dp_for(session, line);
	new->sealed = is_blank(line, rtcp);
	new->bridge.has_cookie = true;
	new->bridge.cookie = session->id;
	for (s = 0; s < 2; s++) {
		new->party[s] = wish->branch->end[s].party;
		new->seat[s] = session_seat_get(line->half[s].seat);
		new->mux[s] = line->half[s].mux;
		fill_one(wish, line, s, rtcp, was, &new->bridge.leg[s]);
		if (n)
			session_taps_fill(new->party[s], i, line->rtp,
					  new->copies[s], &new->bridge.leg[s]);
	}
	return new;
}

void session_unstand(struct standing *old)
{
	if (!old)
		return;
	session_seat_put(old->seat[0]);
	session_seat_put(old->seat[1]);
	explicit_bzero(old, sizeof(*old));
	free(old);
}

void session_standing_free(struct session *session, unsigned int line,
			   unsigned int component)
{
	session_unstand(session->standing[line][component]);
	session->standing[line][component] = NULL;
}
