// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: the family itself, and what is put into its messages. */
#include "nlput.h"

static const struct genl_multicast_group mcgrps[] = {
	{ .name = RTPLANE_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* netlink.c adds the commands and what they take before it is registered. */
struct genl_family rtplane_genl __ro_after_init = {
	.name = RTPLANE_GENL_NAME,
	.version = RTPLANE_GENL_VERSION,
	.maxattr = RTPLANE_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.resv_start_op = RTPLANE_CMD_UNSPEC + 1,
	.mcgrps = mcgrps,
	.n_mcgrps = ARRAY_SIZE(mcgrps),
};

/**
 * rtplane_nl_put_ep() - put an endpoint
 * @msg: message
 * @type: attribute type of the nest
 * @ep: endpoint; a port of 0 is left out
 */
int rtplane_nl_put_ep(struct sk_buff *msg, int type, const struct rtplane_ep *ep)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	int err;

	if (!nest)
		return -EMSGSIZE;
	if (rtplane_ep_is4(ep))
		err = nla_put_in_addr(msg, RTPLANE_EP_A_IPV4, ep->w32[3]);
	else
		err = nla_put_in6_addr(msg, RTPLANE_EP_A_IPV6, &ep->addr);
	if (!err && ep->port)
		err = nla_put_be16(msg, RTPLANE_EP_A_PORT, ep->port);
	if (!err && ep->rtcp)
		err = nla_put_flag(msg, RTPLANE_EP_A_RTCP);
	if (!err && ep->call)
		err = nla_put_u16(msg, RTPLANE_EP_A_CALL, ep->call);
	if (err)
		return err;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_put_drops() - put the drop counters that are not 0
 * @msg: message
 * @type: attribute type of the nest
 * @drops: by &enum rtplane_drop
 *
 * The attributes' types are reasons, so padding is of type 0.
 */
int rtplane_nl_put_drops(struct sk_buff *msg, int type, const u64 *drops)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++) {
		if (drops[i] && nla_put_u64_64bit(msg, i + 1, drops[i], 0))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_put_rtcp() - put the remote's view
 * @msg: message
 * @type: attribute type of the nest
 * @s: what it reported; nothing is put before it has reported
 */
int rtplane_nl_put_rtcp(struct sk_buff *msg, int type, const struct rtplane_rtcpstats *s)
{
	struct nlattr *nest;

	if (!s->reports)
		return 0;
	nest = nla_nest_start(msg, type);
	if (!nest ||
	    nla_put_u32(msg, RTPLANE_RTCP_A_REPORTS, s->reports) ||
	    nla_put_u32(msg, RTPLANE_RTCP_A_SSRC, ntohl(s->ssrc)) ||
	    nla_put_u8(msg, RTPLANE_RTCP_A_FRACTION_LOST, s->fraction_lost) ||
	    nla_put_u32(msg, RTPLANE_RTCP_A_LOST, s->lost) ||
	    nla_put_u32(msg, RTPLANE_RTCP_A_JITTER, s->jitter) ||
	    (s->rtt_us && nla_put_u32(msg, RTPLANE_RTCP_A_RTT, s->rtt_us)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * rtplane_nl_begin() - begin the answer to a request
 * @info: request
 * @room: bytes that it may need beyond RTPLANE_ANSWER_MAX
 * @hdr: set to the header to end the message with
 *
 * Return: the message, or NULL.
 */
struct sk_buff *rtplane_nl_begin(struct genl_info *info, unsigned int room, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(RTPLANE_ANSWER_MAX + room, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &rtplane_genl, 0, info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/**
 * rtplane_nl_answer() - send the answer that was begun, unless there is none
 * @info: the request
 * @msg: the answer; consumed
 * @hdr: its header
 * @err: why it could not be filled, or 0
 *
 * Return: @err, or 0 or the error of sending it.
 */
int rtplane_nl_answer(struct genl_info *info, struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}
