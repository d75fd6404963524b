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
	uint32_t roc = s->roc;

	if (!s->rtp && !s->rtcp && !s->rtcp_due)
		return false;
	if (s->rtp && !s->carried &&
	    srtp_get_stream_roc(ctx->srtp, s->ssrc, &roc))
		return false;
	*to = (struct dp_source){
		.ssrc = s->ssrc,
		.has_index = s->rtp,
		.index = (uint64_t)roc << 16 | s->seq,
		.has_rtcp_index = s->rtcp || s->rtcp_due,
		.rtcp_index = s->rtcp_index,
	};
	return true;
}

void rtpsec_tell(const struct rtpsec *ctx, struct dp_srtp *told,
		 struct dp_sources *sources)
{
	const struct source *s;
	struct dp_source *to;
	int live;

	memset(told, 0, sizeof(*told));
	if (!ctx)
		return;
	told->suite = ctx->conf.suite;
	told->mki_len = ctx->conf.mki_len;
	memcpy(told->mki, ctx->conf.mki, sizeof(told->mki));
	to = ctx->n ? dp_sources_take(sources, RTPLANE_SRTP_SSRCS_MAX) : NULL;
	if (!to)
		return;
	told->source = to;
	for (live = 1; live >= 0; live--)
		for (s = ctx->source; s < ctx->source + ctx->n; s++)
			if (is_live(s) == live &&
			    told->n_sources < RTPLANE_SRTP_SSRCS_MAX &&
			    tell_source(ctx, s, &to[told->n_sources]))
				told->n_sources++;
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

static int adopt_rtcp(struct rtpsec *ctx, struct source *s, uint32_t index,
		      struct dp_err *err)
{
	s->rtcp = true;
	s->rtcp_index = index;
	if (ctx->dir == RTPSEC_IN) {
		s->rtcp_floored = true;
		s->rtcp_floor = index;
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

/* it stands as one that was put aside, and goes on in the same way */
static void adopt_rtp(struct source *s, uint64_t index)
{
	s->rtp = true;
	s->seq = (uint16_t)index;
	s->roc = (uint32_t)(index >> 16);
	s->carried = true;
	s->parked = true;
	s->no_old = true;
	s->floored = true;
	s->floor = s->seq;
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
			adopt_rtp(s, from->index);
		if (from->has_rtcp_index)
			ret = adopt_rtcp(ctx, s, from->rtcp_index, err);
	}
	return ret;
}
