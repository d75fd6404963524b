// SPDX-License-Identifier: GPL-2.0
/*
 * The bridges of a session: brought to what the lines of a branch say, all at
 * once, or left as they are.
 *
 * A line's bridges live in the datapath that can carry it: the module, and where it
 * refuses SRTP, for want of a cipher or for its age, user space beside it has the
 * lines of the session with a protected party.  What moves is made there before it is
 * removed here, so that media finds one of the two at every instant.  A protected
 * line never moves, but for one that waits for its first keys (dtls.c): the other
 * datapath would not know where they stand, and use key stream twice.  A bridge that
 * keeps a leg is changed, which is one message, and its statistics go on; one that
 * keeps none is made anew.
 *
 * Each datapath does all or nothing of one call; what takes several calls is undone
 * in reverse if one of them is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "carry.h"
#include "stand.h"

enum verb { MAKE, CHANGE, DROP, VERBS };

/**
 * struct step - one call of a datapath
 * @dp: the datapath
 * @verb: what
 * @n: bridges
 * @now: as they are to be (as they were, for DROP); NULL: there is none
 * @was: as they were (CHANGE)
 */
struct step {
	struct dp *dp;
	enum verb verb;
	size_t n;
	struct dp_bridge *now;
	struct dp_bridge *was;
};

/**
 * struct plan - what is to be done
 * @session: for whom
 * @step: in this order
 * @next: what stands afterwards
 * @room: bridges that there is room for in each step
 * @carried: states that go on in other legs
 */
struct plan {
	struct session *session;
	struct step step[2 * VERBS];
	struct standing *next[SDP_MEDIA_MAX][2];
	size_t room;
	struct carried *carried;
};

/* what is set only where it is needed, and unset by its default */
#define LEG_RARE	(DP_LEG_SRTP_RX | DP_LEG_SRTP_TX | DP_LEG_ONLY | DP_LEG_DIGITS | \
			 DP_LEG_BLOCK | DP_LEG_MUTE | DP_LEG_LINE | DP_LEG_COPIES)

/* --- the plan --- */

/* with room for one more; most plans have but one step.  NULL without memory */
static struct step *step_of(struct plan *plan, struct dp *dp, enum verb verb)
{
	const struct sessions_conf *conf = &plan->session->sessions->conf;
	struct step *step = &plan->step[2 * verb + (dp != conf->dp)];

	step->dp = dp;
	step->verb = verb;
	if (!step->now)
		step->now = malloc(plan->room * sizeof(*step->now));
	if (verb == CHANGE && !step->was)
		step->was = malloc(plan->room * sizeof(*step->was));
	return step->now && (verb != CHANGE || step->was) ? step : NULL;
}

static bool plan_one(struct plan *plan, enum verb verb, const struct standing *what)
{
	struct step *step = step_of(plan, what->dp, verb);

	if (!step)
		return false;
	step->now[step->n++] = what->bridge;
	return true;
}

/* the first leg of both is the one that stays; false: none does */
static bool align(struct dp_bridge *was, struct dp_bridge *now)
{
	struct dp_leg swap;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < 2; j++) {
			if (!dp_addr_eq(&was->leg[i].local, &now->leg[j].local))
				continue;
			if (i) {
				swap = was->leg[0];
				was->leg[0] = was->leg[1];
				was->leg[1] = swap;
			}
			if (j) {
				swap = now->leg[0];
				now->leg[0] = now->leg[1];
				now->leg[1] = swap;
			}
			explicit_bzero(&swap, sizeof(swap));
			return true;
		}
	}
	return false;
}

/*
 * Whom ICE has proved stays the remote, whatever signalling says beside: what would take
 * that from him is not ordered, or he is proven in the same message.
 */
static void keep_proven(const struct standing *was, struct standing *now,
			unsigned int s, unsigned int c, struct dp_leg *leg)
{
	const struct dp_leg *old = NULL;
	struct ice_path path;
	unsigned int k;

	for (k = 0; k < 2; k++)
		if (dp_addr_eq(&was->bridge.leg[k].local, &leg->local))
			old = &was->bridge.leg[k];
	if (!old || !session_ice_path(now->seat[s], 1 + (c && !now->mux[s]), &path) ||
	    !path.proven || !session_is_its(now->seat[s], &path))
		return;
	leg->set &= ~(uint32_t)(DP_LEG_UNLATCH | DP_LEG_MOVED);
	now->proven[s] = path.remote;
	if (dp_addr_eq(&was->proven[old - was->bridge.leg], &path.remote) &&
	    dp_addr_eq(&old->remote, &leg->remote) && old->latch == leg->latch)
		return;
	leg->proven = path.remote;
	leg->set |= DP_LEG_PROVEN;
}

/* by its default, where it does not say it; one of several on a port has not all of it */
static void unset(struct dp_leg *leg, uint32_t rare)
{
	leg->set |= dp_leg_is_carried(leg) ? rare & LEG_CARRIED : rare;
}

static bool has_leg(const struct dp_bridge *bridge, const struct dp_addr *local)
{
	return dp_addr_eq(&bridge->leg[0].local, local) ||
	       dp_addr_eq(&bridge->leg[1].local, local);
}

static int no_memory(struct dp_err *err)
{
	return dp_fail(err, ENOMEM, "no memory");
}

/* legs that another address of ours takes over */
static int carry_on(struct plan *plan, struct standing *was, struct standing *now,
		    struct dp_bridge *from, struct dp_bridge *to, struct dp_err *err)
{
	struct dp_leg *leg, *back;
	unsigned int s;
	int ret = 0;

	for (s = 0; s < 2 && !ret; s++) {
		leg = session_carry_from(was, now, s);
		if (!leg)
			continue;
		ret = session_carry(&plan->carried, leg, now, s, &to->leg[s], err);
		back = &from->leg[leg - was->bridge.leg];
		back->set |= DP_LEG_SAVED;
		back->saved = to->leg[s].saved;
	}
	return ret;
}

/* what is ordered of legs that stay, and the ways to them that ICE has proven */
static void order(const struct standing *was, struct standing *now, const struct wish *wish,
		  unsigned int i, unsigned int c, struct dp_bridge *to)
{
	const struct half *half;
	unsigned int s;

	if (i >= wish->n || !wish->line[i].wanted)
		return;
	for (s = 0; s < 2; s++) {
		/* to a new one nothing can be ordered */
		if (dp_leg_is_carried(&to->leg[s]) ||
		    !has_leg(&was->bridge, &to->leg[s].local))
			continue;
		half = &wish->line[i].half[s];
		to->leg[s].set |= session_orders(wish, i, s);
		if (session_ice_is_with(half->seat, half->ice, wish->branch->nr))
			keep_proven(was, now, s, c, &to->leg[s]);
	}
}

static int plan_change(struct plan *plan, struct standing *was,
		       struct standing *now, const struct wish *wish,
		       unsigned int i, unsigned int c, struct dp_err *err)
{
	struct step *step = step_of(plan, now->dp, CHANGE);
	struct dp_bridge *to, *from;
	uint32_t rare;
	unsigned int s;
	int ret;

	if (!step)
		return no_memory(err);
	to = &step->now[step->n];
	from = &step->was[step->n];
	*to = now->bridge;
	*from = was->bridge;
	order(was, now, wish, i, c, to);
	ret = carry_on(plan, was, now, from, to, err);
	if (!ret && align(from, to)) {
		/* a leg that is plain in one of them is protected no more, or blocked, or mute */
		for (s = 0; s < 2; s++) {
			rare = (to->leg[s].set | from->leg[s].set) & LEG_RARE;
			unset(&to->leg[s], rare);
			unset(&from->leg[s], rare);
		}
		step->n++;
		return 0;
	}
	/* they have keys, and are no part of the step */
	explicit_bzero(to, sizeof(*to));
	explicit_bzero(from, sizeof(*from));
	if (ret)
		return ret;
	return plan_one(plan, MAKE, now) && plan_one(plan, DROP, was) ? 0 : no_memory(err);
}

static int plan_at(struct plan *plan, const struct wish *wish, unsigned int i,
		   unsigned int c, struct dp_err *err)
{
	struct standing *was = plan->session->standing[i][c];
	struct standing *now = NULL;

	if (i < wish->n && session_is_whole(wish->branch, &wish->line[i], c,
				  plan->session->standing[i])) {
		now = session_stand(plan->session, wish, i, c);
		if (!now)
			return no_memory(err);
	} else if (!c) {
		now = session_stand_kept(wish, i, was);
	}
	plan->next[i][c] = now;
	if (was && now && was->dp == now->dp)
		return plan_change(plan, was, now, wish, i, c, err);
	return (!now || plan_one(plan, MAKE, now)) && (!was || plan_one(plan, DROP, was)) ?
	       0 : no_memory(err);
}

static int plan_make(struct plan *plan, const struct wish *wish,
		     struct dp_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < SDP_MEDIA_MAX; i++)
		plan->room += i < wish->n || plan->session->standing[i][0] ||
			      plan->session->standing[i][1];
	plan->room = plan->room ? 2 * plan->room : 1;
	for (i = 0; !ret && i < 2 * SDP_MEDIA_MAX; i++)
		ret = plan_at(plan, wish, i / 2, i % 2, err);
	return ret;
}

static void plan_free(struct plan *plan)
{
	struct step *step = plan->step;
	unsigned int i;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		session_unstand(plan->next[i][0]);
		session_unstand(plan->next[i][1]);
	}
	for (; step < plan->step + 2 * VERBS; step++) {
		if (step->now)
			explicit_bzero(step->now, step->n * sizeof(*step->now));
		if (step->was)
			explicit_bzero(step->was, step->n * sizeof(*step->was));
		free(step->now);
		free(step->was);
	}
	session_carry_free(plan->carried);
}

/* --- carried out --- */

/* one that is gone already need not be removed */
static int remove_all(struct dp *dp, const struct dp_addr *local, size_t n,
		      struct dp_err *err)
{
	struct dp_del del = { .locals = local, .n = n };
	size_t i;
	int ret;

	ret = dp_bridges_del(dp, &del, err);
	if (ret != -ENOENT)
		return ret;
	for (ret = 0, i = 0; i < n && !ret; i++) {
		del = (struct dp_del){ .locals = &local[i], .n = 1 };
		ret = dp_bridges_del(dp, &del, err);
		if (ret == -ENOENT)
			ret = 0;
	}
	return ret;
}

static int step_remove(const struct step *step, struct dp_err *err)
{
	struct dp_addr local[SESSION_BRIDGES_MAX];
	size_t i;

	for (i = 0; i < step->n; i++)
		local[i] = step->now[i].leg[0].local;
	return remove_all(step->dp, local, step->n, err);
}

static int step_do(const struct step *step, struct dp_err *err)
{
	switch (step->verb) {
	case MAKE:
		return dp_bridges_new(step->dp, step->now, step->n, err);
	case CHANGE:
		return dp_bridges_set(step->dp, step->now, step->n, err);
	default:
		return step_remove(step, err);
	}
}

static void step_undo(const struct session *session, const struct step *step)
{
	struct dp_err err;
	size_t i;
	int ret;

	switch (step->verb) {
	case MAKE:
		ret = step_remove(step, &err);
		break;
	case CHANGE:
		/* of an aligned bridge it is the second one that may have moved */
		for (i = 0; i < step->n; i++)
			if (step->was[i].leg[1].set & DP_LEG_SAVED)
				session_carry_back(step->dp, &step->now[i].leg[1],
						   &step->was[i].leg[1]);
		ret = dp_bridges_set(step->dp, step->was, step->n, &err);
		break;
	default:
		ret = dp_bridges_new(step->dp, step->now, step->n, &err);
	}
	if (ret)
		session_log(session, LOG_LEVEL_ERROR,
			    (struct session_party *)NULL,
			    "a change of its bridges was refused half way, and cannot be undone: %s",
			    err.text);
}

static int carry_out(const struct plan *plan, struct dp_err *err)
{
	bool undone = false;
	int i, ret = 0;

	for (i = 0; i < 2 * VERBS && !ret; i++)
		if (plan->step[i].n)
			ret = step_do(&plan->step[i], err);
	if (!ret)
		return 0;
	for (i -= 2; i >= 0; i--) {
		if (!plan->step[i].n)
			continue;
		step_undo(plan->session, &plan->step[i]);
		undone = true;
	}
	if (undone)
		session_prove_again(plan->session);
	return ret;
}

static uint64_t at_agent(const struct seat *seat, bool rtcp)
{
	struct media_sock *sock = rtcp ? seat->pair->rtcp_sock : seat->pair->rtp_sock;

	if (seat->pair->share)
		return 0;
	return media_sock_counts(sock)->packets[MEDIA_RTP];
}

/* a leg that stays, or goes on elsewhere, has told what it has told */
static void keep_told(struct standing *now, struct standing *was, bool rtcp)
{
	uint64_t early;
	unsigned int s;

	for (s = 0; s < 2; s++)
		now->told[s].early = at_agent(now->seat[s], rtcp && !now->mux[s]);

	/* keys that were used there cannot be taken elsewhere */
	now->sealed = now->sealed && (!was || was->sealed ||
				      !(was->bridge.leg[0].set & DP_LEG_SRTP_RX));

	for (s = 0; was && s < 2 && was->dp == now->dp; s++) {
		early = now->told[s].early;
		if (dp_addr_eq(&was->bridge.leg[s].local, &now->bridge.leg[s].local)) {
			now->told[s] = was->told[s];
		} else if (session_carry_from(was, now, s)) {
			now->told[s] = was->told[s];
			now->told[s].early = early;
		}
	}
}

/* where RTCP is counted from now on, RTP being at @rtp; @rtcp: NULL: it has no bridge */
static void note_rtcp(const struct standing *rtp, const struct standing *rtcp)
{
	const struct dp_leg *leg;
	struct seat *seat;
	unsigned int s;

	for (s = 0; s < 2; s++) {
		leg = &rtp->bridge.leg[s];
		seat = rtp->seat[s];
		if (rtcp && !dp_leg_is_carried(&rtcp->bridge.leg[s]) &&
		    rtcp->bridge.leg[s].srtp_tx.suite)
			seat->rtcp = rtcp->mux[s] ? RTCP_BY_PART : RTCP_BY_OWN;
		else if (leg->srtp_tx.suite && leg->only == RTPLANE_ONLY_BOTH)
			seat->rtcp = RTCP_BY_RTP;
		else if (!rtcp && (seat->rtcp == RTCP_BY_OWN || seat->rtcp == RTCP_BY_PART))
			seat->rtcp = RTCP_BY_GONE;
	}
}

/* what is planned is what stands */
static void settle(struct plan *plan)
{
	struct standing **next = &plan->next[0][0];
	struct standing **at = &plan->session->standing[0][0];
	struct standing *old;
	unsigned int i, s;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++) {
		old = at[i];
		at[i] = next[i];
		next[i] = old;
		if (i % 2 && at[i - 1])
			note_rtcp(at[i - 1], at[i]);
		if (!at[i])
			continue;
		keep_told(at[i], old, i % 2);
		for (s = 0; s < 2; s++) {
			at[i]->seat[s]->used = true;
			at[i]->seat[s]->grouped |= at[i]->bridge.leg[s].line.on;
		}
	}
}

static bool has_special(const struct wish *wish)
{
	size_t i;

	for (i = 0; i < wish->n; i++)
		if (session_is_special(&wish->line[i]))
			return true;
	return false;
}

static bool has_told(const struct wish *wish)
{
	size_t i;

	for (i = 0; i < wish->n; i++)
		if (session_is_told(&wish->line[i]))
			return true;
	return false;
}

/* may the session's lines of that kind go beside, now that they were refused? */
static bool may_go_beside(const struct session *session,
			  const struct wish *wish)
{
	struct standing *const *at = &session->standing[0][0];
	unsigned int i;

	if (session->beside || !session->sessions->conf.beside ||
	    !has_special(wish))
		return false;
	for (i = 0; i < SESSION_BRIDGES_MAX; i++)
		if (at[i] && !at[i]->sealed &&
		    at[i]->bridge.leg[0].set & DP_LEG_SRTP_RX)
			return false;
	return true;
}

static int try(struct session *session, const struct wish *wish,
	       struct dp_err *err)
{
	struct plan plan = { .session = session };
	int ret;

	ret = plan_make(&plan, wish, err);
	if (!ret)
		ret = carry_out(&plan, err);
	if (ret)
		session_carry_undo(plan.carried);
	else
		settle(&plan);
	plan_free(&plan);
	return ret;
}

/* the agents of ICE, and then DTLS, once the bridges are what was agreed */
static void follow(struct session *session, const struct wish *wish)
{
	const struct half *half;
	size_t i;

	for (i = 0; i < 2 * wish->n; i++) {
		half = &wish->line[i / 2].half[i % 2];
		if (!half->seat)
			continue;
		half->seat->mux = half->mux;
		session_ice_follow(half->seat, half->ice, wish->branch->nr);
	}
	for (i = 0; i < 2 * wish->n; i++) {
		half = &wish->line[i / 2].half[i % 2];
		if (half->seat)
			session_dtls_follow(wish->branch->end[i % 2].party, half);
	}
	for (i = 0; i < 2 * wish->n; i++) {
		half = &wish->line[i / 2].half[i % 2];
		if (half->seat && half->seat->ice)
			session->sessions->on_ice(half->seat);
	}
}

static int bring(struct session *session, const struct wish *wish,
		 struct dp_err *err)
{
	const struct sessions_conf *conf = &session->sessions->conf;
	struct dp_err own;
	int ret = try(session, wish, err ? err : &own);

	if (ret != -EOPNOTSUPP || !may_go_beside(session, wish))
		return ret;
	session_log(session, LOG_LEVEL_WARNING, (struct session_party *)NULL,
		    "its %s relayed by the datapath '%s', since '%s' refuses it: %s",
		    has_told(wish) ? "lines that share a port (BUNDLE) are" : "SRTP is",
		    conf->beside->ops->name, conf->dp->ops->name,
		    err ? err->text : own.text);
	session->beside = true;
	return try(session, wish, err);
}

/* the module tells no lines apart: people learn where these are */
static void note_aside(struct session *session, const struct wish *wish)
{
	const struct sessions_conf *conf = &session->sessions->conf;

	*session->aside = '\0';
	if (session->beside && !conf->dp->ops->lines && has_told(wish))
		snprintf(session->aside, sizeof(session->aside),
			 "its lines that share a port (BUNDLE) are relayed by the datapath '%s', in user space: '%s' does not tell them apart",
			 conf->beside->ops->name, conf->dp->ops->name);
}

static int apply(struct session *session, const struct wish *wish,
		 struct dp_err *err)
{
	int ret = bring(session, wish, err);

	if (!ret)
		note_aside(session, wish);
	if (!ret)
		follow(session, wish);
	return ret;
}

int session_apply(struct session *session, const struct session_branch *branch,
		  const struct line *line, size_t n, const struct line *before,
		  size_t n_before, struct dp_err *err)
{
	struct wish wish = {
		.branch = branch,
		.line = line,
		.n = branch ? n : 0,
		.before = before,
		.n_before = n_before,
	};

	return apply(session, &wish, err);
}

int session_apply_moved(struct session *session,
			const struct session_party *moved, uint32_t orders,
			struct dp_err *err)
{
	struct session_branch *heard = session->heard;
	struct wish wish = {
		.branch = heard,
		.moved = moved,
		.orders = orders,
	};

	if (!heard)
		return 0;
	session_own_again(heard, heard->line, heard->n_lines);
	wish.line = heard->line;
	wish.n = heard->n_lines;
	return apply(session, &wish, err);
}

int session_block(struct session_party *const *party, size_t n,
		  enum rtplane_block what, bool block, struct dp_err *err)
{
	struct session *session = party[0]->session;
	struct session_party *each;
	bool any = false;
	size_t i;
	int ret;

	TAILQ_FOREACH(each, &session->parties, entry)
		each->was = each->blocked;
	for (i = 0; i < n; i++) {
		party[i]->blocked &= (uint8_t)~(1u << what);
		party[i]->blocked |= (uint8_t)(block << what);
		any |= party[i]->blocked != party[i]->was;
	}
	if (!any)
		return 0;
	ret = session_apply_moved(session, NULL, 0, err);
	if (!ret)
		return 0;
	TAILQ_FOREACH(each, &session->parties, entry)
		each->blocked = each->was;
	return ret;
}

/* what cannot be removed stands; at the session's end, on ports that nobody gets */
static void unbridge_in(struct session *session, struct dp *dp, bool last)
{
	struct standing **at = &session->standing[0][0];
	struct dp_addr local[SESSION_BRIDGES_MAX];
	struct dp_err err;
	unsigned int i, n = 0;
	int ret = 0;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++)
		if (at[i] && at[i]->dp == dp)
			local[n++] = at[i]->bridge.leg[0].local;
	if (n)
		ret = remove_all(dp, local, n, &err);
	if (ret)
		session_log(session, LOG_LEVEL_ERROR,
			    (struct session_party *)NULL,
			    "its bridges cannot be removed%s: %s", last ?
			    ", and their ports are out of use" : "", err.text);
	for (i = 0; i < SESSION_BRIDGES_MAX && (!ret || last); i++) {
		if (!at[i] || at[i]->dp != dp)
			continue;
		at[i]->seat[0]->stuck |= ret != 0;
		at[i]->seat[1]->stuck |= ret != 0;
		session_unstand(at[i]);
		at[i] = NULL;
	}
}

void session_unbridge(struct session *session, bool last)
{
	unbridge_in(session, session->sessions->conf.dp, last);
	if (session->sessions->conf.beside)
		unbridge_in(session, session->sessions->conf.beside, last);
}
