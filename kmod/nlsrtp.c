// SPDX-License-Identifier: GPL-2.0
/* Netlink: protection, asked and told.  Keys go in and never come out. */
#include <linux/err.h>

#include "nlpolicy.h"
#include "nlsrtp.h"
#include "srtp.h"

#define rtplane_refuse(extack, nla, msg)			\
	({ NL_SET_ERR_MSG_ATTR(extack, nla, msg); -EINVAL; })

static int source_more(struct nlattr **tb, struct rtplane_srtp_told *told, bool sends,
		       struct netlink_ext_ack *extack)
{
	told->carried = tb[RTPLANE_SOURCE_A_CARRIED];
	if (told->carried && (sends || !told->rtp))
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_CARRIED],
				      "an index that is carried is one of what arrives");
	told->has_window = tb[RTPLANE_SOURCE_A_WINDOW];
	if (told->has_window && !told->rtp)
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_WINDOW],
				      "a window stands behind an index");
	if (told->has_window)
		memcpy(told->window, nla_data(tb[RTPLANE_SOURCE_A_WINDOW]), sizeof(told->window));
	told->has_rtcp_window = tb[RTPLANE_SOURCE_A_RTCP_WINDOW];
	if (told->has_rtcp_window && !told->rtcp)
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_RTCP_WINDOW],
				      "a window stands behind an index");
	if (told->has_rtcp_window)
		memcpy(told->rtcp_window, nla_data(tb[RTPLANE_SOURCE_A_RTCP_WINDOW]),
		       sizeof(told->rtcp_window));
	if (tb[RTPLANE_SOURCE_A_SHIFT] && !sends)
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_SHIFT],
				      "only what leaves is moved by a shift");
	if (tb[RTPLANE_SOURCE_A_SHIFT])
		told->shift = nla_get_u16(tb[RTPLANE_SOURCE_A_SHIFT]);
	return 0;
}

static int source_parse(const struct nlattr *nla, struct rtplane_srtp_told *told, bool sends,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_SOURCE_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, RTPLANE_SOURCE_A_MAX, nla, rtplane_source_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_SOURCE_A_SSRC])
		return rtplane_refuse(extack, nla, "a source has an SSRC");
	*told = (struct rtplane_srtp_told) {
		.ssrc = nla_get_u32(tb[RTPLANE_SOURCE_A_SSRC]),
		.rtp = tb[RTPLANE_SOURCE_A_INDEX],
		.rtcp = tb[RTPLANE_SOURCE_A_RTCP_INDEX],
	};
	if (told->rtp)
		told->index = nla_get_u64(tb[RTPLANE_SOURCE_A_INDEX]);
	if (told->rtcp)
		told->rtcp_index = nla_get_u32(tb[RTPLANE_SOURCE_A_RTCP_INDEX]);
	if (told->index > RTPLANE_SRTP_INDEX_MAX)
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_INDEX],
				      "an index of SRTP has 48 bits");
	if (told->rtcp_index > RTPLANE_SRTCP_INDEX_MAX)
		return rtplane_refuse(extack, tb[RTPLANE_SOURCE_A_RTCP_INDEX],
				      "an index of SRTCP has 31 bits");
	return source_more(tb, told, sends, extack);
}

/**
 * rtplane_nl_sources() - where a key stands
 * @nest: what holds nests of &enum rtplane_source_attr
 * @type: their attribute type there
 * @s: new protection
 * @sends: of what leaves
 * @extack: for the sentence
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_sources(const struct nlattr *nest, int type, struct rtplane_srtp *s, bool sends,
		       struct netlink_ext_ack *extack)
{
	struct rtplane_srtp_told told;
	struct nlattr *nla;
	int rem, err;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) != type)
			continue;
		err = source_parse(nla, &told, sends, extack);
		if (!err)
			err = rtplane_srtp_give(s, &told);
		if (err == -EEXIST)
			return rtplane_refuse(extack, nla, "a source is given twice");
		if (err == -E2BIG)
			return rtplane_refuse(extack, nla, "a key has at most 64 sources");
		if (err)
			return err;
	}
	return 0;
}

static int key_check(struct nlattr **tb, const struct nlattr *nla, u8 suite,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *key = tb[RTPLANE_SRTP_A_KEY], *mki = tb[RTPLANE_SRTP_A_MKI];

	if (!suite && (key || mki || tb[RTPLANE_SRTP_A_SOURCE]))
		return rtplane_refuse(extack, nla, "suite none has no key and no sources");
	if (!suite)
		return 0;
	if (!key || nla_len(key) != rtplane_srtp_key_len(suite))
		return rtplane_refuse(extack, key ?: nla,
				      "a key has the bytes that its suite wants: master key and salt");
	if (mki && !nla_len(mki))
		return rtplane_refuse(extack, mki, "an MKI has 1 to 16 bytes");
	return 0;
}

/**
 * rtplane_nl_srtp() - what a nest asks of a direction
 * @nla: nest of &enum rtplane_srtp_attr
 * @s: the protection, the caller's; NULL = none
 * @sends: of what leaves
 * @fresh: boolean: it begins with index 0
 * @extack: for the sentence
 *
 * Context: process; loads modules.
 * Return: 0 or a negative error.
 */
int rtplane_nl_srtp(const struct nlattr *nla, struct rtplane_srtp **s, bool sends, u8 *fresh,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_SRTP_A_MAX + 1];
	struct rtplane_srtp_conf conf = {};
	struct rtplane_srtp *news;
	int err;

	err = nla_parse_nested(tb, RTPLANE_SRTP_A_MAX, nla, rtplane_srtp_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_SRTP_A_SUITE])
		return rtplane_refuse(extack, nla, "a suite is required");
	conf.suite = nla_get_u8(tb[RTPLANE_SRTP_A_SUITE]);
	err = key_check(tb, nla, conf.suite, extack);
	if (err || !conf.suite)
		return err;
	*fresh = nla_get_flag(tb[RTPLANE_SRTP_A_FRESH]);
	conf.key = nla_data(tb[RTPLANE_SRTP_A_KEY]);
	if (tb[RTPLANE_SRTP_A_MKI]) {
		conf.mki = nla_data(tb[RTPLANE_SRTP_A_MKI]);
		conf.mki_len = nla_len(tb[RTPLANE_SRTP_A_MKI]);
	}
	news = rtplane_srtp_new(&conf);
	if (PTR_ERR_OR_ZERO(news) == -ENOENT) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTPLANE_SRTP_A_SUITE],
				    "this kernel has no cipher of this suite");
		return -EOPNOTSUPP;
	}
	if (IS_ERR(news))
		return PTR_ERR(news);
	*s = news;
	return rtplane_nl_sources(nla, RTPLANE_SRTP_A_SOURCE, news, sends, extack);
}

static int put_source_more(struct sk_buff *msg, const struct rtplane_srtp_told *told)
{
	if (told->has_window && nla_put(msg, RTPLANE_SOURCE_A_WINDOW, sizeof(told->window),
					told->window))
		return -EMSGSIZE;
	if (told->has_rtcp_window && nla_put(msg, RTPLANE_SOURCE_A_RTCP_WINDOW,
					     sizeof(told->rtcp_window), told->rtcp_window))
		return -EMSGSIZE;
	if (told->carried && nla_put_flag(msg, RTPLANE_SOURCE_A_CARRIED))
		return -EMSGSIZE;
	if (told->shift && nla_put_u16(msg, RTPLANE_SOURCE_A_SHIFT, told->shift))
		return -EMSGSIZE;
	return 0;
}

static int put_source(struct sk_buff *msg, int type, const struct rtplane_srtp_told *told,
		      bool all)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest || nla_put_u32(msg, RTPLANE_SOURCE_A_SSRC, told->ssrc))
		return -EMSGSIZE;
	if (told->rtp && nla_put_u64_64bit(msg, RTPLANE_SOURCE_A_INDEX, told->index,
					   RTPLANE_SOURCE_A_PAD))
		return -EMSGSIZE;
	if (told->rtcp && nla_put_u32(msg, RTPLANE_SOURCE_A_RTCP_INDEX, told->rtcp_index))
		return -EMSGSIZE;
	if (all && put_source_more(msg, told))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_sources(struct sk_buff *msg, int type, const struct rtplane_srtp *s, bool all)
{
	struct rtplane_srtp_told told;
	const void *source = NULL;

	while ((source = rtplane_srtp_each(s, source, &told))) {
		if (all)
			rtplane_srtp_each_window(s, source, &told);
		if (put_source(msg, type, &told, all))
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * rtplane_nl_put_sources() - put where the sources of a direction stand, with windows
 * @msg: message
 * @type: attribute type of each
 * @s: protection, whoever's packets use it locked out; NULL: nothing is put
 */
int rtplane_nl_put_sources(struct sk_buff *msg, int type, const struct rtplane_srtp *s)
{
	return s ? put_sources(msg, type, s, true) : 0;
}

/**
 * rtplane_nl_put_srtp() - put suite, key identifier and sources of a direction
 * @msg: message
 * @type: attribute type of the nest
 * @s: protection, whoever's packets use it locked out; NULL: nothing is put
 */
int rtplane_nl_put_srtp(struct sk_buff *msg, int type, const struct rtplane_srtp *s)
{
	unsigned int mki_len;
	struct nlattr *nest;
	const u8 *mki;

	if (!s)
		return 0;
	nest = nla_nest_start(msg, type);
	if (!nest || nla_put_u8(msg, RTPLANE_SRTP_A_SUITE, rtplane_srtp_suite(s, &mki, &mki_len)) ||
	    (mki_len && nla_put(msg, RTPLANE_SRTP_A_MKI, mki_len, mki)))
		return -EMSGSIZE;
	if (put_sources(msg, RTPLANE_SRTP_A_SOURCE, s, false))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
