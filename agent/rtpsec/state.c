// SPDX-License-Identifier: GPL-2.0
/* Where the sources of a key stand: told, and taken over. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "private.h"

/* a receiver report without blocks */
#define RTCP_RR		201

static bool is_live(const struct source *s)
{
	return !s->carried || s->added;
}

static bool tell_source(const struct rtpsec *ctx, const struct source *s,
			struct dp_source *to)
{
	bool here = s->track.any && (!s->carried || s->parked);

	if (!s->track.any && !s->rtcp && !s->rtcp_due)
		return false;
	*to = (struct dp_source){
		.ssrc = s->ssrc,
		.has_index = s->track.any,
		.index = s->track.highest,
		.has_rtcp_index = s->rtcp || s->rtcp_due,
		.rtcp_index = s->rtcp_index,
		.has_window = here || (s->track.any && ctx->dir == RTPSEC_OUT),
		.carried = s->track.any && !here && ctx->dir == RTPSEC_IN,
		.shift = s->anew.shift,
		.has_rtcp_window = s->rtcp && ctx->dir == RTPSEC_IN,
	};
	if (here)
		rtplane_srtp_window(&s->track, to->window);
	if (to->has_rtcp_window)
		rtplane_srtcp_window(&s->rtcp_track, to->rtcp_window);
	return true;
}

bool rtpsec_tell(const struct rtpsec *ctx, struct dp_srtp *told,
		 struct dp_sources *sources)
{
	const struct source *s;
	struct dp_source *to, one;
	bool all = true;
	int live;

	memset(told, 0, sizeof(*told));
	if (!ctx)
		return true;
	told->suite = ctx->conf.suite;
	told->mki_len = ctx->conf.mki_len;
	memcpy(told->mki, ctx->conf.mki, sizeof(told->mki));
	to = ctx->n ? dp_sources_take(sources, ctx->n < RTPLANE_SRTP_SSRCS_MAX ?
				      ctx->n : RTPLANE_SRTP_SSRCS_MAX) : NULL;
	if (!to)
		return !ctx->n;
	told->source = to;
	for (live = 1; live >= 0; live--) {
		for (s = ctx->source; s < ctx->source + ctx->n; s++) {
			if (is_live(s) != live || !tell_source(ctx, s, &one))
				continue;
			if (told->n_sources < RTPLANE_SRTP_SSRCS_MAX)
				to[told->n_sources++] = one;
			else
				all = false;
		}
	}
	return all;
}

uint64_t rtpsec_changes(const struct rtpsec *ctx)
{
	return ctx ? ctx->changes : 0;
}

/* the library counts by protecting, and in no other way */
bool rtpsec_count_up(struct rtpsec *ctx, const struct source *s)
{
	uint32_t packet[2 + RTPSEC_GROWTH / 4];
	uint32_t i;
	int n;

	for (i = 0; i < s->rtcp_index; i++) {
		packet[0] = htonl(2u << 30 | RTCP_RR << 16 | 1);
		packet[1] = htonl(s->ssrc);
		n = 8;
		if (srtp_protect_rtcp(ctx->srtp, packet, &n))
			return false;
	}
	explicit_bzero(packet, sizeof(packet));
	return true;
}

static int adopt_rtcp(struct rtpsec *ctx, struct source *s,
		      const struct dp_source *from, struct dp_err *err)
{
	uint32_t index = from->rtcp_index;

	s->rtcp = true;
	s->rtcp_index = index;
	if (ctx->dir == RTPSEC_IN) {
		s->rtcp_floored = true;
		if (from->has_rtcp_window)
			rtplane_srtcp_window_given(&s->rtcp_track, index,
						   from->rtcp_window);
		else
			rtplane_srtcp_given(&s->rtcp_track, index);
		return 0;
	}
	if (index > RTPSEC_RTCP_MAX)
		return dp_fail(err, EOPNOTSUPP, "SSRC 0x%08x: the user-space datapath cannot go on from the SRTCP index %u: expected at most %u",
			       s->ssrc, index, RTPSEC_RTCP_MAX);
	if (!rtpsec_add_stream(ctx, s) || !rtpsec_count_up(ctx, s))
		return dp_fail(err, EIO, "SSRC 0x%08x: libsrtp2 (%s) does not count up to the SRTCP index %u",
			       s->ssrc, srtp_get_version_string(), index);
	return 0;
}

/* it stands as one that was put aside, or carried over, and goes on in the same way */
static void adopt_rtp(struct source *s, const struct dp_source *from)
{
	s->carried = true;
	s->no_old = true;
	s->anew.shift = from->shift;
	if (from->carried) {
		rtplane_srtp_track_carried(&s->track, from->index);
		return;
	}
	if (from->has_window)
		rtplane_srtp_window_given(&s->track, from->index, from->window);
	else
		rtplane_srtp_given(&s->track, from->index);
	s->parked = true;
	s->floored = true;
	s->floor = from->index;
}

int rtpsec_adopt(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err)
{
	const struct dp_source *from;
	struct source *s;
	int ret = 0;

	for (from = conf->source; !ret && from < conf->source + conf->n_sources;
	     from++) {
		s = rtpsec_take(ctx, from->ssrc);
		if (!s)
			return dp_fail(err, ENOMEM, "no memory for SRTP");
		if (from->has_index)
			adopt_rtp(s, from);
		if (from->has_rtcp_index)
			ret = adopt_rtcp(ctx, s, from, err);
	}
	return ret;
}
