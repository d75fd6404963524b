// SPDX-License-Identifier: GPL-2.0
/*
 * The bridges of a call: brought to what its lines say, all at once, or left as
 * they are.
 *
 * A line's bridges live in the datapath that can carry it: the module does no
 * SRTP, so a line with a protected party lives in user space.  It moves when that
 * changes: made there before it is removed here, so that media finds one of the
 * two at every instant.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "private.h"

#define NAT_PROBATION	3
#define BRIDGES_MAX	(2 * SDP_MEDIA_MAX)

/**
 * struct plan - what a datapath is to do for an answer
 * @dp: the datapath
 * @make: bridges that are new
 * @change: bridges that are there
 * @drop: bridges that go, by one of their legs
 */
struct plan {
	struct dp *dp;
	struct dp_bridge make[BRIDGES_MAX];
	struct dp_bridge change[BRIDGES_MAX];
	struct dp_addr drop[BRIDGES_MAX];
	size_t n_make;
	size_t n_change;
	size_t n_drop;
};

static bool same_host(const struct dp_addr *a, const struct dp_addr *b)
{
	struct dp_addr x = *a, y = *b;

	x.port = 0;
	y.port = 0;
	return dp_addr_eq(&x, &y);
}

/* section "latching" of rtplaned.yaml(5) */
static enum config_nat nat_of(const struct side *side,
			      const struct dp_addr *remote)
{
	if (!sip_is_private(remote) || same_host(remote, &side->source))
		return CONFIG_NAT_OFF;
	return side->realm->conf->latch.nat;
}

static void fill_latch(const struct side *side, struct dp_leg *leg)
{
	const struct config_latch *latch = &side->realm->conf->latch;

	leg->latch = latch->mode;
	leg->probation = latch->probation;
	leg->early = latch->early;
	leg->relatch = latch->relatch;
	switch (nat_of(side, &leg->remote)) {
	case CONFIG_NAT_LEARN:
		leg->latch = RTPLANE_LATCH_LEARN;
		leg->early = false;
		if (leg->probation < NAT_PROBATION)
			leg->probation = NAT_PROBATION;
		break;
	case CONFIG_NAT_SOURCE: {
		uint16_t port = leg->remote.port;

		leg->latch = RTPLANE_LATCH_RESTRICTED;
		leg->early = false;
		leg->remote = side->source;
		leg->remote.port = port;
		break;
	}
	case CONFIG_NAT_OFF:
		break;
	}
	leg->set |= DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_PROBATION |
		    DP_LEG_EARLY | DP_LEG_RELATCH;
}

/* a leg that is plain now may have been protected before */
static void fill_srtp(const struct line *line, unsigned int s, bool rtcp,
		      struct dp_leg *leg)
{
	const struct protection *srtp = &line->half[s].srtp;

	if (srtp->on) {
		leg->srtp_rx = srtp->rx;
		leg->srtp_tx = srtp->tx;
	}
	if (secure_line(line))
		leg->only = rtcp ? DP_ONLY_RTCP : DP_ONLY_RTP;
	leg->set |= DP_LEG_SRTP_RX | DP_LEG_SRTP_TX | DP_LEG_ONLY;
}

static void fill_leg(const struct call *call, const struct line *line,
		     unsigned int s, bool rtcp, struct dp_leg *leg)
{
	const struct side *side = &call->side[s];
	const struct config_realm *conf = side->realm->conf;
	const struct half *half = &line->half[s];

	memset(leg, 0, sizeof(*leg));
	leg->local = rtcp ? half->pair->rtcp : half->pair->rtp;
	leg->remote = rtcp ? half->remote_rtcp : half->remote;
	fill_latch(side, leg);
	if (rtcp) {
		leg->tie = half->pair->rtp;
		leg->set |= DP_LEG_TIE;
	}
	/* probation counts RTP; the tie guards RTCP, nothing can guard the rest */
	if (rtcp || !line->rtp)
		leg->probation = 0;
	leg->accept = line->rtp ? RTPLANE_ACCEPT_RTP : RTPLANE_ACCEPT_ANY;
	leg->dscp_mode = RTPLANE_DSCP_SET;
	leg->dscp = line->kind == SDP_AUDIO ? conf->dscp_audio :
		    conf->dscp_video;
	leg->pps = conf->pps;
	leg->bps = conf->bps;
	leg->set |= DP_LEG_ACCEPT | DP_LEG_DSCP_MODE | DP_LEG_DSCP |
		    DP_LEG_PPS | DP_LEG_BPS;
}

static void plan_bridge(struct plan *plan, const struct call *call,
			const struct line *line, bool rtcp, bool there)
{
	struct dp_bridge *b = there ? &plan->change[plan->n_change++] :
				      &plan->make[plan->n_make++];
	unsigned int s;

	b->has_cookie = true;
	b->cookie = call->id;
	for (s = 0; s < 2; s++) {
		fill_leg(call, line, s, rtcp, &b->leg[s]);
		if (plan->dp == call->calls->dp_srtp)
			fill_srtp(line, s, rtcp, &b->leg[s]);
	}
}

static void plan_drop(struct plan *plan, const struct line *line)
{
	if (line->bridged)
		plan->drop[plan->n_drop++] = line->half[0].pair->rtp;
	if (line->bridged_rtcp)
		plan->drop[plan->n_drop++] = line->half[0].pair->rtcp;
}

static struct dp *dp_for(const struct call *call, const struct line *line)
{
	return secure_line(line) ? call->calls->dp_srtp : call->calls->dp;
}

/* a party on hold from the start has no address yet */
static bool is_whole(const struct line *line)
{
	const struct half *h = line->half;

	return h[0].pair && h[1].pair && h[0].remote.family &&
	       h[1].remote.family;
}

static void plan_line(struct plan *plan, const struct call *call,
		      const struct line *line)
{
	bool here = line->dp == plan->dp;

	if (here && (!line->wanted || dp_for(call, line) != plan->dp)) {
		plan_drop(plan, line);
	} else if (line->wanted && is_whole(line) &&
		   dp_for(call, line) == plan->dp) {
		plan_bridge(plan, call, line, false, here && line->bridged);
		if (line->rtp)
			plan_bridge(plan, call, line, true,
				    here && line->bridged_rtcp);
	}
}

static int make(struct plan *plan, struct dp_err *err)
{
	if (!plan->n_make)
		return 0;
	return dp_bridges_new(plan->dp, plan->make, plan->n_make, err);
}

static void unmake(struct plan *plan)
{
	struct dp_addr made[BRIDGES_MAX];
	struct dp_del del = { .locals = made, .n = plan->n_make };
	struct dp_err err;
	size_t i;

	for (i = 0; i < plan->n_make; i++)
		made[i] = plan->make[i].leg[0].local;
	if (plan->n_make)
		dp_bridges_del(plan->dp, &del, &err);
}

static int change(struct plan *plan, struct dp_err *err)
{
	struct dp_del del = { .locals = plan->drop, .n = plan->n_drop };
	int ret = 0;

	if (plan->n_change)
		ret = dp_bridges_set(plan->dp, plan->change, plan->n_change,
				     err);
	if (!ret && plan->n_drop)
		ret = dp_bridges_del(plan->dp, &del, err);
	return ret;
}

/*
 * Each datapath does all or nothing; of two, the second may refuse to change what
 * the first has changed already.  It has no reason to, and the call ends then.
 */
static int carry_out(struct plan *plan, size_t n, struct dp_err *err)
{
	size_t i, made;
	int ret = 0;

	for (made = 0; made < n && !ret; made++)
		ret = make(&plan[made], err);
	if (ret)
		made--;
	for (i = 0; i < n && !ret; i++)
		ret = change(&plan[i], err);
	while (ret && made)
		unmake(&plan[--made]);
	return ret;
}

static void settle(const struct call *call, struct line *line)
{
	struct dp *dp = dp_for(call, line);

	if (!line->wanted || line->dp != dp) {
		line->bridged = false;
		line->bridged_rtcp = false;
		line->dp = NULL;
	}
	if (line->wanted && is_whole(line)) {
		line->bridged = true;
		line->bridged_rtcp |= line->rtp;
		line->dp = dp;
	}
}

int bridges_apply(struct call *call, struct dp_err *err)
{
	struct dp *const dps[] = { call->calls->dp, call->calls->dp_srtp };
	size_t n = dps[1] && dps[1] != dps[0] ? 2 : 1, k;
	struct plan *plan = calloc(n, sizeof(*plan));
	unsigned int i;
	int ret;

	if (!plan)
		return dp_fail(err, ENOMEM, "no memory");
	for (k = 0; k < n; k++) {
		plan[k].dp = dps[k];
		for (i = 0; i < call->n_lines; i++)
			plan_line(&plan[k], call, &call->lines[i]);
	}
	ret = carry_out(plan, n, err);
	explicit_bzero(plan, n * sizeof(*plan));
	free(plan);
	for (i = 0; !ret && i < call->n_lines; i++)
		settle(call, &call->lines[i]);
	return ret;
}

bool bridges_in(const struct call *call, const struct dp *dp)
{
	unsigned int i;

	for (i = 0; i < SDP_MEDIA_MAX; i++)
		if (call->lines[i].bridged && call->lines[i].dp == dp)
			return true;
	return false;
}

static void end_in(struct call *call, struct dp *dp)
{
	struct dp_del del = { .cookie = call->id };
	struct dp_err err;

	if (bridges_in(call, dp) && dp_bridges_del(dp, &del, &err))
		call_log(call, LOG_LEVEL_ERROR, NULL,
			 "its bridges cannot be removed: %s", err.text);
}

void bridges_end(struct call *call)
{
	struct calls *calls = call->calls;

	end_in(call, calls->dp);
	if (calls->dp_srtp != calls->dp)
		end_in(call, calls->dp_srtp);
}
