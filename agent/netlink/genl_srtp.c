// SPDX-License-Identifier: GPL-2.0
/* The protection of a leg as the attributes of <linux/rtplane.h>, there and back. */
#include <netlink/errno.h>
#include <string.h>

#include "genl_attr.h"

/* Errors are collected by OR, as in genl_attr.c. */

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

static int put_source(struct nl_msg *msg, const struct dp_source *source)
{
	struct nlattr *at = nest(msg, RTPLANE_SRTP_A_SOURCE);
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_u32(msg, RTPLANE_SOURCE_A_SSRC, source->ssrc);
	if (source->has_index)
		ret |= nla_put_u64(msg, RTPLANE_SOURCE_A_INDEX, source->index);
	if (source->has_rtcp_index)
		ret |= nla_put_u32(msg, RTPLANE_SOURCE_A_RTCP_INDEX,
				   source->rtcp_index);
	nla_nest_end(msg, at);
	return ret;
}

int genl_put_srtp(struct nl_msg *msg, int type, const struct dp_srtp *srtp,
		  const uint8_t *key, size_t len)
{
	struct nlattr *at = nest(msg, type);
	unsigned int i;
	int ret;

	if (!at)
		return -NLE_NOMEM;
	ret = nla_put_u8(msg, RTPLANE_SRTP_A_SUITE, srtp->suite);
	if (len)
		ret |= nla_put(msg, RTPLANE_SRTP_A_KEY, (int)len, key);
	if (srtp->mki_len)
		ret |= nla_put(msg, RTPLANE_SRTP_A_MKI, srtp->mki_len,
			       srtp->mki);
	if (srtp->fresh)
		ret |= nla_put_flag(msg, RTPLANE_SRTP_A_FRESH);
	for (i = 0; i < srtp->n_sources; i++)
		ret |= put_source(msg, &srtp->source[i]);
	nla_nest_end(msg, at);
	return ret;
}

int genl_parse_srtp(struct nlattr *attr, struct dp_srtp *srtp,
		    struct dp_sources *sources)
{
	static struct nla_policy policy[RTPLANE_SRTP_A_MAX + 1] = {
		[RTPLANE_SRTP_A_SUITE] = { .type = NLA_U8 },
		[RTPLANE_SRTP_A_KEY] = { .maxlen = RTPLANE_SRTP_KEY_MAX },
		[RTPLANE_SRTP_A_MKI] = { .maxlen = RTPLANE_SRTP_MKI_MAX },
	};
	struct nlattr *tb[RTPLANE_SRTP_A_MAX + 1];
	int ret;

	memset(srtp, 0, sizeof(*srtp));
	if (!attr)
		return 0;
	ret = nla_parse_nested(tb, RTPLANE_SRTP_A_MAX, attr, policy);
	if (ret < 0)
		return ret;
	if (!tb[RTPLANE_SRTP_A_SUITE])
		return -NLE_MISSING_ATTR;
	srtp->suite = nla_get_u8(tb[RTPLANE_SRTP_A_SUITE]);
	srtp->fresh = tb[RTPLANE_SRTP_A_FRESH];
	if (tb[RTPLANE_SRTP_A_KEY])
		memcpy(srtp->key, nla_data(tb[RTPLANE_SRTP_A_KEY]),
		       nla_len(tb[RTPLANE_SRTP_A_KEY]));
	if (tb[RTPLANE_SRTP_A_MKI]) {
		srtp->mki_len = nla_len(tb[RTPLANE_SRTP_A_MKI]);
		memcpy(srtp->mki, nla_data(tb[RTPLANE_SRTP_A_MKI]),
		       srtp->mki_len);
	}
	return genl_parse_sources(attr, RTPLANE_SRTP_A_SOURCE, &srtp->n_sources,
				  &srtp->source, sources);
}
