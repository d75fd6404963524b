// SPDX-License-Identifier: GPL-2.0
/* One request of the datapath socket and its answer. */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/genl_attr.h"
#include "serve.h"
#include "serve_ask.h"
#include "serve_do.h"

/* number of the family and of its group, on this socket */
#define FAMILY		(GENL_ID_CTRL + 1)
#define GROUP		1
/* a leg of which everything is known fits, and its state with all sources */
#define ITEM_ROOM	10240
#define STATE_ROOM	(ITEM_ROOM + GENL_SAVED_ROOM + \
			 2 * RTPLANE_SRTP_SSRCS_MAX * GENL_WINDOW_ROOM)
/* the states of both legs of a bridge */
#define TAKEN_ROOM	(2 * STATE_ROOM)

void serve_out_clear(struct serve_out *out)
{
	*out->waiting -= out->len - out->done;
	free(out->buf);
	*out = (struct serve_out){ .waiting = out->waiting };
}

/* room for so much more; what has it cannot fail */
static bool out_room(struct serve_out *out, size_t len)
{
	size_t room = out->room;
	char *buf;

	if (*out->waiting + len > SERVE_WAITING_MAX)
		out->failed = true;
	if (out->failed)
		return false;
	while (room < out->len + len)
		room = room ? room * 2 : ITEM_ROOM;
	if (room > out->room) {
		buf = realloc(out->buf, room);
		if (!buf) {
			out->failed = true;
			return false;
		}
		out->buf = buf;
		out->room = room;
	}
	return true;
}

static void out_add(struct serve_out *out, const struct nlmsghdr *hdr)
{
	size_t len = NLMSG_ALIGN(hdr->nlmsg_len);

	if (!out_room(out, len))
		return;
	memset(out->buf + out->len + len - NLMSG_ALIGNTO, 0, NLMSG_ALIGNTO);
	memcpy(out->buf + out->len, hdr, hdr->nlmsg_len);
	out->len += len;
	*out->waiting += len;
}

/* msg is gone after the call; put is negative if it did not hold all */
static void out_msg(struct serve_out *out, struct nl_msg *msg, int put)
{
	if (!msg || put < 0)
		out->failed = true;
	else
		out_add(out, nlmsg_hdr(msg));
	nlmsg_free(msg);
}

/* the head of an answer to a request, or NULL */
static struct nl_msg *begin(const struct nlmsghdr *request, int flags,
			    uint8_t cmd, bool state)
{
	struct nl_msg *msg = nlmsg_alloc_size(state ? STATE_ROOM : ITEM_ROOM);

	if (msg && !genlmsg_put(msg, 0, request->nlmsg_seq, FAMILY, 0, flags,
				cmd, RTPLANE_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* yes, or the refusal with its sentence and place */
static void acknowledge(struct serve_out *out, const struct serve_ask *ask,
			int code)
{
	struct nlmsgerr e = { .error = -code, .msg = *ask->hdr };
	int flags = NLM_F_CAPPED;
	struct nl_msg *msg;
	int ret = 0;

	if (code && ask->err.text[0])
		flags |= NLM_F_ACK_TLVS;
	msg = nlmsg_alloc_size(ITEM_ROOM);
	if (msg && nlmsg_put(msg, 0, ask->hdr->nlmsg_seq, NLMSG_ERROR, 0,
			     flags)) {
		ret = nlmsg_append(msg, &e, sizeof(e), NLMSG_ALIGNTO);
		if (flags & NLM_F_ACK_TLVS)
			ret |= nla_put_string(msg, NLMSGERR_ATTR_MSG,
					      ask->err.text);
		if (flags & NLM_F_ACK_TLVS && ask->at)
			ret |= nla_put_u32(msg, NLMSGERR_ATTR_OFFS,
					   (uint32_t)((const char *)ask->at -
						      (const char *)ask->hdr));
	}
	out_msg(out, msg, ret);
}

/* either flag alone means another thing */
static bool is_dump(const struct nlmsghdr *hdr)
{
	return (hdr->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

static int do_bridges(struct serve_job *job, struct serve_ask *ask)
{
	struct dp_bridge *bridges;
	size_t n;
	int ret;

	ret = serve_bridges(ask, &bridges, &n);
	if (!ret && genlmsg_hdr(ask->hdr)->cmd == RTPLANE_CMD_BRIDGE_NEW)
		ret = dp_bridges_new(job->dp, bridges, n, &ask->err);
	else if (!ret)
		ret = dp_bridges_set(job->dp, bridges, n, &ask->err);
	if (bridges)
		explicit_bzero(bridges, n * sizeof(*bridges));
	free(bridges);
	return ret;
}

/* the answer to what removes a bridge and asks for its state */
static int do_take(struct serve_job *job, struct serve_ask *ask,
		   const struct dp_addr *local)
{
	struct dp_leg_info legs[2];
	struct nl_msg *msg[2];
	int ret, i;

	for (i = 0; i < 2; i++)
		msg[i] = begin(ask->hdr, 0, RTPLANE_CMD_BRIDGE_DEL, true);
	/* a state that nobody gets is lost: its bridge goes once its answer has room */
	if (!msg[0] || !msg[1] || !out_room(job->out, TAKEN_ROOM))
		ret = dp_fail(&ask->err, ENOBUFS, "no room for the state");
	else
		ret = dp_bridge_take(job->dp, local, legs, &ask->err);
	for (i = 0; i < 2; i++) {
		if (ret)
			nlmsg_free(msg[i]);
		else
			out_msg(job->out, msg[i], genl_put_info(msg[i], &legs[i]));
	}
	return ret;
}

static int do_del(struct serve_job *job, struct serve_ask *ask)
{
	struct dp_addr *locals;
	struct dp_del del;
	bool state;
	int ret;

	ret = serve_del(ask, &del, &locals, &state);
	if (!ret && state)
		ret = do_take(job, ask, locals);
	else if (!ret)
		ret = dp_bridges_del(job->dp, &del, &ask->err);
	free(locals);
	return ret;
}

static int do_leg_set(struct serve_job *job, struct serve_ask *ask)
{
	struct dp_leg leg;
	int ret;

	ret = serve_leg(ask, &leg);
	if (!ret)
		ret = dp_leg_set(job->dp, &leg, &ask->err);
	explicit_bzero(&leg, sizeof(leg));
	return ret;
}

/**
 * struct dump - legs being dumped
 * @job: for whom
 * @request: the request
 * @filter: only legs of @cookie
 * @cookie: 0: of none
 * @state: with their state
 */
struct dump {
	struct serve_job *job;
	const struct nlmsghdr *request;
	bool filter;
	uint64_t cookie;
	bool state;
};

static int put_leg(const struct dp_leg_info *leg, void *arg)
{
	const struct dump *dump = arg;
	struct nl_msg *msg;

	if (dump->filter && leg->cookie != dump->cookie)
		return 0;
	msg = begin(dump->request, NLM_F_MULTI, RTPLANE_CMD_LEG_GET,
		    dump->state);
	out_msg(dump->job->out, msg, msg ? genl_put_info(msg, leg) : 0);
	return dump->job->out->failed ? -ENOBUFS : 0;
}

/* the last message of a dump */
static void put_done(struct serve_out *out, const struct nlmsghdr *request)
{
	struct nl_msg *msg = nlmsg_alloc_size(ITEM_ROOM);
	int ret = 0;
	int zero = 0;

	if (msg && nlmsg_put(msg, 0, request->nlmsg_seq, NLMSG_DONE, 0,
			     NLM_F_MULTI))
		ret = nlmsg_append(msg, &zero, sizeof(zero), NLMSG_ALIGNTO);
	out_msg(out, msg, ret);
}

/* A dump that fails is answered as if it had not begun. */
static int do_dump(struct serve_job *job, struct serve_ask *ask)
{
	struct dump dump = { .job = job, .request = ask->hdr };
	int ret;

	ret = serve_cookie(ask, &dump.filter, &dump.cookie, &dump.state);
	if (ret)
		return ret;
	ret = dump.state ?
	      dp_legs_state(job->dp, dump.cookie, put_leg, &dump, &ask->err) :
	      dp_legs_dump(job->dp, dump.cookie, put_leg, &dump, &ask->err);
	if (!ret)
		put_done(job->out, ask->hdr);
	if (!ret && !job->out->failed)
		return 0;
	if (job->out->failed)
		ret = serve_refuse(ask, NULL, ENOBUFS,
				   "the answer is too much: more than %d MiB of answers would wait to be read",
				   SERVE_WAITING_MAX >> 20);
	serve_out_clear(job->out);
	return ret;
}

static int do_leg_get(struct serve_job *job, struct serve_ask *ask)
{
	struct dp_leg_info leg;
	struct dp_addr local;
	struct nl_msg *msg;
	bool state;
	int ret;

	if (is_dump(ask->hdr))
		return do_dump(job, ask);
	ret = serve_local(ask, &local, &state);
	if (!ret)
		ret = state ? dp_leg_state(job->dp, &local, &leg, &ask->err) :
			      dp_leg_get(job->dp, &local, &leg, &ask->err);
	if (ret)
		return ret;
	msg = begin(ask->hdr, 0, RTPLANE_CMD_LEG_GET, state);
	out_msg(job->out, msg, msg ? genl_put_info(msg, &leg) : 0);
	return 0;
}

static int do_stats(struct serve_job *job, struct serve_ask *ask)
{
	struct dp_stats stats;
	struct nl_msg *msg;
	int ret;

	ret = dp_stats(job->dp, &stats, &ask->err);
	if (ret)
		return ret;
	stats.events_lost += job->events_lost;
	msg = begin(ask->hdr, 0, RTPLANE_CMD_STATS_GET, false);
	out_msg(job->out, msg, msg ? genl_put_stats(msg, &stats) : 0);
	return 0;
}

/* What is not there at all is refused without a sentence, as in the kernel. */
static const struct {
	int (*run)(struct serve_job *job, struct serve_ask *ask);
	const char *cannot;
	bool dumps;
} commands[RTPLANE_CMD_MAX + 1] = {
	[RTPLANE_CMD_DEV_NEW] = { .cannot = "devices to enrol" },
	[RTPLANE_CMD_DEV_DEL] = { .cannot = "devices to enrol" },
	[RTPLANE_CMD_DEV_GET] = { .cannot = "devices to enrol" },
	[RTPLANE_CMD_NATMAP_NEW] = { .cannot = "natmaps" },
	[RTPLANE_CMD_NATMAP_DEL] = { .cannot = "natmaps" },
	[RTPLANE_CMD_NATMAP_GET] = { .cannot = "natmaps" },
	[RTPLANE_CMD_BRIDGE_NEW] = { .run = do_bridges },
	[RTPLANE_CMD_BRIDGE_SET] = { .run = do_bridges },
	[RTPLANE_CMD_BRIDGE_DEL] = { .run = do_del },
	[RTPLANE_CMD_LEG_SET] = { .run = do_leg_set },
	[RTPLANE_CMD_LEG_GET] = { .run = do_leg_get, .dumps = true },
	[RTPLANE_CMD_SCAN_SET] = { .cannot = "ports to watch" },
	[RTPLANE_CMD_STATS_GET] = { .run = do_stats },
};

static int do_rtplane(struct serve_job *job, struct serve_ask *ask)
{
	uint8_t cmd = genlmsg_hdr(ask->hdr)->cmd;
	int ret;

	if (cmd <= RTPLANE_CMD_MAX && commands[cmd].cannot)
		return serve_refuse(ask, NULL, EOPNOTSUPP,
				    "the datapath '%s' has no %s: expected the kernel module rtplane (--datapath kernel)",
				    job->dp->ops->name, commands[cmd].cannot);
	if (cmd > RTPLANE_CMD_MAX || !commands[cmd].run ||
	    (is_dump(ask->hdr) && !commands[cmd].dumps))
		return -EOPNOTSUPP;
	ret = serve_check(ask);
	return ret ? ret : commands[cmd].run(job, ask);
}

static int put_family(struct nl_msg *msg)
{
	struct nlattr *groups, *group;
	int ret;

	ret = nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, FAMILY);
	ret |= nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, RTPLANE_GENL_NAME);
	ret |= nla_put_u32(msg, CTRL_ATTR_VERSION, RTPLANE_GENL_VERSION);
	ret |= nla_put_u32(msg, CTRL_ATTR_HDRSIZE, 0);
	ret |= nla_put_u32(msg, CTRL_ATTR_MAXATTR, RTPLANE_A_MAX);
	groups = nla_nest_start(msg, CTRL_ATTR_MCAST_GROUPS);
	group = groups ? nla_nest_start(msg, 1) : NULL;
	if (!group)
		return -ENOMEM;
	ret |= nla_put_string(msg, CTRL_ATTR_MCAST_GRP_NAME,
			      RTPLANE_MCGRP_EVENTS);
	ret |= nla_put_u32(msg, CTRL_ATTR_MCAST_GRP_ID, GROUP);
	nla_nest_end(msg, group);
	nla_nest_end(msg, groups);
	return ret;
}

static int do_getfamily(struct serve_job *job, struct serve_ask *ask,
			struct nlattr **tb)
{
	struct nlattr *name = tb[CTRL_ATTR_FAMILY_NAME];
	struct nlattr *id = tb[CTRL_ATTR_FAMILY_ID];
	struct nl_msg *msg;

	if (!name && !id)
		return serve_refuse(ask, NULL, EINVAL,
				    "the number or the name of a family is required");
	if (name ? nla_strcmp(name, RTPLANE_GENL_NAME) :
		   nla_get_u16(id) != FAMILY)
		return serve_refuse(ask, name ? name : id, ENOENT,
				    "there is one family here: '%s'",
				    RTPLANE_GENL_NAME);
	msg = nlmsg_alloc_size(ITEM_ROOM);
	if (msg)
		genlmsg_put(msg, 0, ask->hdr->nlmsg_seq, GENL_ID_CTRL, 0, 0,
			    CTRL_CMD_NEWFAMILY, 2);
	out_msg(job->out, msg, msg ? put_family(msg) : 0);
	return 0;
}

static int do_ctrl(struct serve_job *job, struct serve_ask *ask)
{
	static struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
		[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_NUL_STRING },
	};
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (nla_parse(tb, CTRL_ATTR_MAX, genlmsg_attrdata(hdr, 0),
		      genlmsg_attrlen(hdr, 0), policy) < 0)
		return serve_refuse(ask, NULL, EINVAL,
				    "the attributes are malformed");
	if (hdr->cmd == CTRL_CMD_GETFAMILY)
		return do_getfamily(job, ask, tb);
	if (hdr->cmd != CTRL_CMD_GETMCAST_GRP)
		return -EOPNOTSUPP;
	if (!tb[CTRL_ATTR_FAMILY_ID] ||
	    nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]) != FAMILY)
		return serve_refuse(ask, NULL, ENOENT,
				    "there is one family here: '%s'",
				    RTPLANE_GENL_NAME);
	job->listen = true;
	return 0;
}

bool serve_do(struct serve_job *job, struct nlmsghdr *hdr, size_t len)
{
	struct serve_ask ask = { .hdr = hdr };
	int ret;

	if (len < NLMSG_HDRLEN || hdr->nlmsg_len < NLMSG_HDRLEN ||
	    hdr->nlmsg_len > len || !(hdr->nlmsg_flags & NLM_F_REQUEST))
		return false;
	if (NLMSG_ALIGN(hdr->nlmsg_len) < len)
		ret = serve_refuse(&ask, NULL, E2BIG,
				   "%zu bytes follow the request: expected one request in a packet",
				   len - hdr->nlmsg_len);
	else if (!genlmsg_valid_hdr(hdr, 0))
		ret = serve_refuse(&ask, NULL, EINVAL,
				   "the message has %u bytes, shorter than its headers",
				   hdr->nlmsg_len);
	else if (hdr->nlmsg_type == GENL_ID_CTRL)
		ret = do_ctrl(job, &ask);
	else if (hdr->nlmsg_type == FAMILY)
		ret = do_rtplane(job, &ask);
	else
		ret = -ENOENT;
	/* the end of a dump says so itself */
	if (ret || (hdr->nlmsg_flags & NLM_F_ACK && !is_dump(hdr)))
		acknowledge(job->out, &ask, -ret);
	serve_ask_end(&ask);
	return !job->out->failed;
}

struct nl_msg *serve_event_msg(const struct dp_event *event)
{
	static const struct nlmsghdr nobody;
	struct nl_msg *msg = begin(&nobody, 0, RTPLANE_CMD_EVENT_NTF, false);

	if (msg && genl_put_event(msg, event) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}
