// SPDX-License-Identifier: GPL-2.0
/*
 * Outbound, a key that another one has taken the place of, which began with index 0: a
 * change may be undone, and then what the former was used for stays used.
 */
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

static struct former present(const struct rtpsec *ctx)
{
	return (struct former){ ctx->conf, ctx->n, ctx->room, ctx->source };
}

static void set(struct rtpsec *ctx, const struct former *to)
{
	ctx->n = to->n;
	ctx->room = to->room;
	ctx->source = to->source;
	ctx->last = 0;
}

/* its session is gone, its index is not: as if it had been put aside */
static void come_back(struct source *s)
{
	s->parked |= !s->carried;
	s->floored = s->parked;
	s->floor = s->track.highest;
	s->carried = true;
	s->added = false;
	s->rtcp_due = s->rtcp || s->rtcp_due;
	s->rtcp = false;
}

/*
 * Where it has come meanwhile counts, if that is so far beyond that no index in its window
 * can have been used.
 */
static void go_on(struct source *s, const struct source *meanwhile)
{
	bool used = s->track.any && s->parked;
	uint64_t to = meanwhile->track.highest;

	if (!meanwhile->track.any ||
	    (used && to < s->track.highest + RTPLANE_SRTP_WINDOW))
		return;
	s->track = (struct rtplane_srtp_track){};
	rtplane_srtp_track_carried(&s->track, to);
	s->floor = s->track.highest;
	s->anew = meanwhile->anew;
}

static struct source *find(struct rtpsec *ctx, uint32_t ssrc)
{
	unsigned int i, k;

	/* most stand in the same order */
	for (i = 0; i < ctx->n; i++) {
		k = (ctx->last + i) % ctx->n;
		if (ctx->source[k].ssrc != ssrc)
			continue;
		ctx->last = (k + 1) % ctx->n;
		return &ctx->source[k];
	}
	return NULL;
}

static void take_back(struct rtpsec *ctx)
{
	struct former meanwhile = present(ctx);
	const struct source *from;
	struct source *s;
	unsigned int i;

	set(ctx, &ctx->former);
	ctx->former = meanwhile;
	for (i = 0; i < ctx->n; i++)
		come_back(&ctx->source[i]);
	for (i = 0; i < meanwhile.n; i++) {
		from = &meanwhile.source[i];
		s = find(ctx, from->ssrc);
		if (s)
			go_on(s, from);
	}
	ctx->last = 0;
	ctx->changes++;
}

bool rtpsec_former(struct rtpsec *ctx, const struct dp_srtp *conf)
{
	struct former none = { .n = 0 };
	struct source *unused = NULL;

	if (ctx->former.source && same_key(&ctx->former.conf, conf)) {
		take_back(ctx);
		return true;
	}
	if (!conf->fresh)
		return false;
	/* of a key that was never used there is nothing to keep */
	if (ctx->n) {
		unused = ctx->former.source;
		ctx->former = present(ctx);
		set(ctx, &none);
	}
	free(unused);
	return true;
}

void rtpsec_former_clear(struct rtpsec *ctx)
{
	free(ctx->former.source);
	explicit_bzero(&ctx->former, sizeof(ctx->former));
}
