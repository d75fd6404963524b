// SPDX-License-Identifier: GPL-2.0
/* The state of a leg goes on in another one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "carry.h"

/**
 * struct carried - the state of a leg
 * @next: of another one
 * @dp: the datapath that has it
 * @local: the leg
 * @muted: it sends nothing for our sake
 * @saved: its state; its sources are ours
 */
struct carried {
	struct carried *next;
	struct dp *dp;
	struct dp_addr local;
	bool muted;
	struct dp_saved saved;
};

static bool same_place(const struct dp_addr *a, const struct dp_addr *b)
{
	return dp_addr_same_host(a, b) && a->port == b->port;
}

struct dp_leg *session_carry_from(struct standing *was, const struct standing *now,
				  unsigned int s)
{
	const struct dp_leg *leg = &now->bridge.leg[s];
	struct dp_leg *from;
	unsigned int k;

	for (k = 0; k < 2; k++) {
		from = &was->bridge.leg[k];
		if (was->seat[k] == now->seat[s] && from->local.rtcp == leg->local.rtcp &&
		    from->local.line == leg->local.line && !dp_leg_is_carried(leg) &&
		    !same_place(&from->local, &leg->local))
			return from;
	}
	return NULL;
}

static int set_mute(struct dp *dp, const struct dp_addr *local, bool mute,
		    struct dp_err *err)
{
	const struct dp_leg leg = { .set = DP_LEG_MUTE, .local = *local, .mute = mute };

	return dp_leg_set(dp, &leg, err);
}

static bool is_keyed(const struct dp_leg *leg)
{
	return leg->set & DP_LEG_SRTP_TX && leg->srtp_tx.suite;
}

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite == b->suite && !memcmp(a->key, b->key, sizeof(a->key));
}

static void drop_sources(struct dp_saved *saved)
{
	free((void *)saved->rx);
	free((void *)saved->tx);
	saved->rx = NULL;
	saved->tx = NULL;
	saved->n_rx = 0;
	saved->n_tx = 0;
}

/* NULL: there are none, or no memory */
static struct dp_source *keep(const struct dp_source *source, unsigned int *n)
{
	struct dp_source *kept = *n ? malloc(*n * sizeof(*kept)) : NULL;

	if (kept)
		memcpy(kept, source, *n * sizeof(*kept));
	else
		*n = 0;
	return kept;
}

/* @remote: who it is the leg of from now on; NULL: nobody is known */
static void be_with(struct dp_saved *saved, const struct dp_addr *remote)
{
	bool same = remote && dp_addr_eq(&saved->remote, remote);

	saved->former = (struct dp_addr){ 0 };
	saved->former_left = 0;
	if (!same) {
		saved->fresh = remote != NULL;
		saved->n_known = 0;
		saved->since = 0;
	}
	saved->remote = remote ? *remote : (struct dp_addr){ 0 };
	saved->reason = remote ? RTPLANE_REASON_PROVEN : 0;
}

/* the state of a leg, as far as the keys of @to are its own, too */
static int fetch(struct dp *dp, const struct dp_leg *from, const struct dp_leg *to,
		 const struct dp_addr *remote, struct dp_saved *saved, struct dp_err *err)
{
	struct dp_leg_info info;
	unsigned int n_rx, n_tx;
	int ret;

	ret = dp_leg_state(dp, &from->local, &info, err);
	if (ret)
		return ret;
	drop_sources(saved);
	*saved = info.saved;
	n_rx = same_key(&from->srtp_rx, &to->srtp_rx) ? saved->n_rx : 0;
	n_tx = same_key(&from->srtp_tx, &to->srtp_tx) ? saved->n_tx : 0;
	saved->n_rx = n_rx;
	saved->n_tx = n_tx;
	saved->rx = keep(saved->rx, &saved->n_rx);
	saved->tx = keep(saved->tx, &saved->n_tx);
	be_with(saved, remote);
	return saved->n_rx == n_rx && saved->n_tx == n_tx ? 0 :
	       dp_fail(err, ENOMEM, "no memory for the state of a leg");
}

int session_carry(struct carried **list, const struct dp_leg *from, struct standing *now,
		  unsigned int s, struct dp_leg *to, struct dp_err *err)
{
	unsigned int component = now->seat[s]->pair->rtp.port == to->local.port ? 1 : 2;
	struct carried *c = calloc(1, sizeof(*c));
	struct ice_path path;
	bool proven;
	int ret;

	if (!c)
		return dp_fail(err, ENOMEM, "no memory for the state of a leg");
	c->next = *list;
	*list = c;
	c->dp = now->dp;
	c->local = from->local;
	c->muted = is_keyed(from) && !from->mute && !set_mute(now->dp, &from->local, true, err);
	if (is_keyed(from) && !from->mute && !c->muted)
		return -err->code;
	proven = session_ice_path(now->seat[s], component, &path) && path.proven;
	ret = fetch(now->dp, from, to, proven ? &path.remote : NULL, &c->saved, err);
	if (ret)
		return ret;
	if (proven)
		now->proven[s] = path.remote;
	/* to a new leg nothing can be ordered */
	to->set &= ~(uint32_t)(DP_LEG_UNLATCH | DP_LEG_MOVED | DP_LEG_PROVEN);
	to->set |= DP_LEG_SAVED;
	to->saved = &c->saved;
	return 0;
}

void session_carry_back(struct dp *dp, const struct dp_leg *from, struct dp_leg *to)
{
	struct dp_saved *saved = (struct dp_saved *)to->saved;
	struct dp_err err;

	if (is_keyed(from))
		set_mute(dp, &from->local, true, &err);
	/* it had moved a moment ago: that state is better than none */
	if (fetch(dp, from, to, NULL, saved, &err))
		be_with(saved, NULL);
}

void session_carry_undo(struct carried *list)
{
	struct dp_err err;

	for (; list; list = list->next)
		if (list->muted)
			set_mute(list->dp, &list->local, false, &err);
}

void session_carry_free(struct carried *list)
{
	struct carried *c;

	while ((c = list)) {
		list = c->next;
		drop_sources(&c->saved);
		free(c);
	}
}
