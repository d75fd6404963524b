// SPDX-License-Identifier: GPL-2.0
/* The state of a leg as the attributes of <linux/rtplane.h>, there and back. */
#include <netlink/errno.h>
#include <string.h>

#include "datapath/saved.h"
#include "genl_attr.h"

/* Errors are collected by OR, as in genl_attr.c. */

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

/* --- there --- */

static int put_number(struct nl_msg *msg, const struct dp_member *m,
		      uint64_t value)
{
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (dp_member_size(m)) {
	case 1:
		return nla_put_u8(msg, m->attr, (uint8_t)value);
	case 2:
		return nla_put_u16(msg, m->attr, u16);
	case 4:
		return nla_put_u32(msg, m->attr, u32);
	default:
		return nla_put_u64(msg, m->attr, value);
	}
}

static int put_member(struct nl_msg *msg, const struct dp_member *m,
		      const void *from)
{
	const struct dp_addr *addr = (const void *)((const char *)from + m->at);
	uint64_t value;

	if (m->kind == DP_ADDR)
		return addr->family ? genl_put_addr(msg, m->attr, addr) : 0;
	value = dp_member_get(m, from);
	if (!value)
		return 0;
	if (m->kind == DP_FLAG)
		return nla_put_flag(msg, m->attr);
	return put_number(msg, m, value);
}

static int put_members(struct nl_msg *msg, const struct dp_member *m,
		       const void *from)
{
	int ret = 0;

	for (; m->name; m++)
		ret |= put_member(msg, m, from);
	return ret;
}

/* an SSRC of 0 is one as well */
static int put_source(struct nl_msg *msg, int type,
		      const struct dp_source *source)
{
	struct nlattr *at = nest(msg, type);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_u32(msg, RTPLANE_SOURCE_A_SSRC, source->ssrc);
	ret |= put_members(msg, dp_saved_source_members + 1, source);
	if (source->has_index)
		ret |= nla_put_u64(msg, RTPLANE_SOURCE_A_INDEX, source->index);
	if (source->has_rtcp_index)
		ret |= nla_put_u32(msg, RTPLANE_SOURCE_A_RTCP_INDEX,
				   source->rtcp_index);
	if (source->has_window)
		ret |= nla_put(msg, RTPLANE_SOURCE_A_WINDOW,
			       sizeof(source->window), source->window);
	if (source->has_rtcp_window)
		ret |= nla_put(msg, RTPLANE_SOURCE_A_RTCP_WINDOW,
			       sizeof(source->rtcp_window),
			       source->rtcp_window);
	nla_nest_end(msg, at);
	return ret;
}

static int put_rtp(struct nl_msg *msg, const struct dp_saved_rtp *rtp)
{
	struct nlattr *at;
	int ret;

	if (!rtp->present)
		return 0;
	at = nest(msg, RTPLANE_SAVED_A_RTP);
	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_u32(msg, RTPLANE_SAVED_RTP_A_SSRC, rtp->ssrc);
	ret |= put_members(msg, dp_saved_rtp_members + 1, rtp);
	nla_nest_end(msg, at);
	return ret;
}

static int put_rtcp(struct nl_msg *msg, const struct dp_rtcp *rtcp)
{
	struct nlattr *at;
	int ret;

	if (!rtcp->present)
		return 0;
	at = nest(msg, RTPLANE_SAVED_A_RTCP);
	if (!at)
		return -NLE_NOMEM;
	ret = put_members(msg, dp_saved_rtcp_members, rtcp);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_array(struct nl_msg *msg, int type, const uint64_t *values, int n)
{
	struct nlattr *at = nest(msg, type);
	int ret = 0;
	int i;

	if (!at)
		return -NLE_NOMEM;
	for (i = 0; i < n; i++)
		if (values[i])
			ret |= nla_put_u64(msg, i + 1, values[i]);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_saved(struct nl_msg *msg, const struct dp_saved *s)
{
	struct nlattr *at = nest(msg, RTPLANE_LEG_A_SAVED);
	unsigned int i;
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = put_members(msg, dp_saved_members, s);
	for (i = 0; i < s->n_known; i++)
		ret |= nla_put_u32(msg, RTPLANE_SAVED_A_KNOWN, s->known[i]);
	ret |= genl_put_array(msg, RTPLANE_SAVED_A_DROPS, s->drops,
			      __RTPLANE_DROP_MAX);
	ret |= genl_put_array(msg, RTPLANE_SAVED_A_DSCP_SEEN, s->dscp_seen,
			      RTPLANE_DSCP_MAP_LEN);
	ret |= put_rtp(msg, &s->rtp) | put_rtcp(msg, &s->rtcp);
	for (i = 0; i < s->n_rx; i++)
		ret |= put_source(msg, RTPLANE_SAVED_A_RX_SOURCE, &s->rx[i]);
	for (i = 0; i < s->n_tx; i++)
		ret |= put_source(msg, RTPLANE_SAVED_A_TX_SOURCE, &s->tx[i]);
	nla_nest_end(msg, at);
	return ret;
}

/* --- and back --- */

static int get_member(const struct dp_member *m, struct nlattr *at, void *to)
{
	size_t size = dp_member_size(m);
	uint64_t value;
	uint32_t u32;
	uint16_t u16;

	if (m->kind == DP_ADDR)
		return genl_parse_addr(at, (void *)((char *)to + m->at));
	if (m->kind == DP_FLAG) {
		dp_member_set(m, to, true);
		return 0;
	}
	if (nla_len(at) != (int)size)
		return -NLE_INVAL;
	memcpy(&u16, nla_data(at), size < 2 ? 0 : sizeof(u16));
	memcpy(&u32, nla_data(at), size < 4 ? 0 : sizeof(u32));
	value = size == 8 ? nla_get_u64(at) : size == 4 ? u32 :
		size == 2 ? u16 : nla_get_u8(at);
	dp_member_set(m, to, value);
	return 0;
}

static int get_members(const struct dp_member *m, struct nlattr **tb, void *to)
{
	int ret = 0;

	for (; m->name; m++)
		if (tb[m->attr])
			ret |= get_member(m, tb[m->attr], to);
	return ret;
}

static int get_nest(const struct dp_member *m, struct nlattr *at, int max,
		    void *to)
{
	struct nlattr *tb[RTPLANE_SAVED_RTP_A_MAX + 1];
	int ret;

	_Static_assert((int)RTPLANE_RTCP_A_MAX < RTPLANE_SAVED_RTP_A_MAX, "");
	ret = nla_parse_nested(tb, max, at, NULL);
	return ret < 0 ? ret : get_members(m, tb, to);
}

static int get_source(struct nlattr *at, struct dp_source *source)
{
	static struct nla_policy policy[RTPLANE_SOURCE_A_MAX + 1] = {
		[RTPLANE_SOURCE_A_SSRC] = { .type = NLA_U32 },
		[RTPLANE_SOURCE_A_INDEX] = { .type = NLA_U64 },
		[RTPLANE_SOURCE_A_RTCP_INDEX] = { .type = NLA_U32 },
		[RTPLANE_SOURCE_A_WINDOW] = {
			.minlen = RTPLANE_SRTP_WINDOW_LEN,
			.maxlen = RTPLANE_SRTP_WINDOW_LEN },
		[RTPLANE_SOURCE_A_RTCP_WINDOW] = {
			.minlen = RTPLANE_SRTCP_WINDOW_LEN,
			.maxlen = RTPLANE_SRTCP_WINDOW_LEN },
	};
	struct nlattr *tb[RTPLANE_SOURCE_A_MAX + 1];
	int ret = nla_parse_nested(tb, RTPLANE_SOURCE_A_MAX, at, policy);

	if (ret < 0)
		return ret;
	if (!tb[RTPLANE_SOURCE_A_SSRC])
		return -NLE_MISSING_ATTR;
	source->has_index = tb[RTPLANE_SOURCE_A_INDEX];
	if (source->has_index)
		source->index = nla_get_u64(tb[RTPLANE_SOURCE_A_INDEX]);
	source->has_rtcp_index = tb[RTPLANE_SOURCE_A_RTCP_INDEX];
	if (source->has_rtcp_index)
		source->rtcp_index =
			nla_get_u32(tb[RTPLANE_SOURCE_A_RTCP_INDEX]);
	source->has_window = tb[RTPLANE_SOURCE_A_WINDOW];
	if (source->has_window)
		memcpy(source->window, nla_data(tb[RTPLANE_SOURCE_A_WINDOW]),
		       sizeof(source->window));
	source->has_rtcp_window = tb[RTPLANE_SOURCE_A_RTCP_WINDOW];
	if (source->has_rtcp_window)
		memcpy(source->rtcp_window,
		       nla_data(tb[RTPLANE_SOURCE_A_RTCP_WINDOW]),
		       sizeof(source->rtcp_window));
	return get_members(dp_saved_source_members, tb, source);
}

int genl_parse_sources(struct nlattr *nest_, int type, unsigned int *n,
		       const struct dp_source **told,
		       struct dp_sources *sources)
{
	struct dp_source *source;
	struct nlattr *at;
	int rem;
	int ret;

	*n = 0;
	nla_for_each_nested(at, nest_, rem)
		*n += nla_type(at) == type;
	if (!*n)
		return 0;
	source = dp_sources_take(sources, *n);
	if (!source)
		return -NLE_NOMEM;
	*told = source;
	nla_for_each_nested(at, nest_, rem) {
		if (nla_type(at) != type)
			continue;
		ret = get_source(at, source++);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* as many as there is room for */
static int get_known(struct nlattr *nest_, struct dp_saved *s)
{
	struct nlattr *at;
	int rem;

	nla_for_each_nested(at, nest_, rem) {
		if (nla_type(at) != RTPLANE_SAVED_A_KNOWN)
			continue;
		if (nla_len(at) != sizeof(uint32_t))
			return -NLE_INVAL;
		if (s->n_known < RTPLANE_SAVED_KNOWN_MAX)
			s->known[s->n_known++] = nla_get_u32(at);
	}
	return 0;
}

int genl_parse_saved(struct nlattr *attr, struct dp_saved *s,
		     struct dp_sources *sources)
{
	struct nlattr *tb[RTPLANE_SAVED_A_MAX + 1];
	int ret;

	memset(s, 0, sizeof(*s));
	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_SAVED_A_MAX, attr, NULL);
	if (ret < 0)
		return ret;
	ret = get_members(dp_saved_members, tb, s) | get_known(attr, s);
	ret |= genl_parse_array(tb[RTPLANE_SAVED_A_DROPS], s->drops,
				__RTPLANE_DROP_MAX);
	ret |= genl_parse_array(tb[RTPLANE_SAVED_A_DSCP_SEEN], s->dscp_seen,
				RTPLANE_DSCP_MAP_LEN);
	s->rtp.present = tb[RTPLANE_SAVED_A_RTP];
	if (s->rtp.present)
		ret |= get_nest(dp_saved_rtp_members, tb[RTPLANE_SAVED_A_RTP],
				RTPLANE_SAVED_RTP_A_MAX, &s->rtp);
	s->rtcp.present = tb[RTPLANE_SAVED_A_RTCP];
	if (s->rtcp.present)
		ret |= get_nest(dp_saved_rtcp_members,
				tb[RTPLANE_SAVED_A_RTCP], RTPLANE_RTCP_A_MAX,
				&s->rtcp);
	s->rtcp.has_rtt = s->rtcp.rtt;
	ret |= genl_parse_sources(attr, RTPLANE_SAVED_A_RX_SOURCE, &s->n_rx,
				  &s->rx, sources);
	ret |= genl_parse_sources(attr, RTPLANE_SAVED_A_TX_SOURCE, &s->n_tx,
				  &s->tx, sources);
	return ret < 0 ? -NLE_INVAL : 0;
}
