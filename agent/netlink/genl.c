// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to rtplane.ko over generic netlink, or to an agent that answers in
 * its place, and their events.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "genl_attr.h"
#include "genl_link.h"

/* events taken in one go, so that one call of genl_events() ends */
#define EVENTS_MAX	256
/* so begins the refusal of what an older datapath does not know */
#define UNKNOWN		"unknown attribute"
/* a dump that changes run into is taken again, that often */
#define DUMP_TRIES	50

/**
 * struct genl - a connection to a datapath
 * @link: what carries its messages
 * @family: number of the family, 0 until found
 * @version: of the contract that the datapath speaks
 * @group: number of the multicast group of events
 */
struct genl {
	struct genl_link *link;
	int family;
	uint32_t version;
	uint32_t group;
};

/*
 * One message's payload; what it returns (0 or -errno, with the sentence in
 * err) becomes the result of the request.
 */
typedef int each_fn(struct genlmsghdr *hdr, void *arg, struct dp_err *err);

/**
 * struct reply - a request under way
 * @genl: whose
 * @done: the datapath has said its last word
 * @intr: a change ran into the dump
 * @ret: 0 or -errno
 * @err: the sentence
 * @request: what was sent
 * @each: receives each message of the answer; may be NULL
 * @arg: for @each
 */
struct reply {
	const struct genl *genl;
	bool done;
	bool intr;
	int ret;
	struct dp_err *err;
	struct nlmsghdr *request;
	each_fn *each;
	void *arg;
};

/* the module, or the agent in its place, for sentences */
static const char *module_of(const struct genl *genl)
{
	return genl->link->sk ? "the kernel module rtplane" :
				"the agent's datapath";
}

/* the sentence where the datapath gave none */
static void refuse_plain(struct reply *reply, int code)
{
	const char *who = module_of(reply->genl);

	switch (code) {
	case EPERM:
		reply->ret = dp_fail(reply->err, code,
				     "not permitted: the datapath is for who has CAP_NET_ADMIN in this network namespace");
		break;
	case EOPNOTSUPP:
		reply->ret = dp_fail(reply->err, code,
				     "%s does not know this command", who);
		break;
	case ENOENT:
		reply->ret = dp_fail(reply->err, code,
				     "%s is gone, or it knows no such thing",
				     who);
		break;
	default:
		reply->ret = dp_fail(reply->err, code,
				     "%s refused without a reason: %s", who,
				     strerror(code));
	}
}

/*
 * Extended acknowledgement (extack): attributes of which one is a sentence, and
 * another tells where in the request the trouble is.
 */
static void refuse(struct reply *reply, int code, struct nlattr *head, int len)
{
	struct nlattr *offset = NULL;
	struct nlattr *at = NULL;
	char where[96] = "";

	if (head && len > 0) {
		at = nla_find(head, len, NLMSGERR_ATTR_MSG);
		offset = nla_find(head, len, NLMSGERR_ATTR_OFFS);
	}
	if (!at || nla_len(at) < 2) {
		refuse_plain(reply, code);
		return;
	}
	if (offset && nla_len(offset) == sizeof(uint32_t))
		genl_where(reply->request, nla_get_u32(offset), where,
			   sizeof(where));
	/* netlink's own words, in the kernel's spelling and serve_check()'s */
	if (!strncasecmp(nla_data(at), UNKNOWN, strlen(UNKNOWN))) {
		reply->ret = dp_fail(reply->err, EOPNOTSUPP,
				     "%s%s%s is older than this program and does not know it (%.*s)",
				     where, *where ? ": " : "",
				     module_of(reply->genl), nla_len(at),
				     (const char *)nla_data(at));
		return;
	}
	reply->ret = dp_fail(reply->err, code, "%s%s%.*s", where,
			     *where ? ": " : "", nla_len(at),
			     (const char *)nla_data(at));
}

/*
 * The extack follows the error's copy of our request, of which NLM_F_CAPPED says
 * that only the header is there.
 */
static void on_error(struct nlmsghdr *hdr, struct reply *reply)
{
	struct nlmsgerr *e = nlmsg_data(hdr);
	struct nlattr *at = NULL;
	size_t skip = sizeof(*e);
	int len = 0;

	reply->done = true;
	if (nlmsg_datalen(hdr) < (int)sizeof(*e)) {
		reply->ret = dp_fail(reply->err, EPROTO,
				     "%s sent an answer that is cut short",
				     reply->genl->link->peer);
		return;
	}
	if (!e->error)
		return;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	skip = NLMSG_ALIGN(skip);
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS &&
	    hdr->nlmsg_len > NLMSG_HDRLEN + skip) {
		at = (struct nlattr *)((char *)e + skip);
		len = (int)(hdr->nlmsg_len - NLMSG_HDRLEN - skip);
	}
	refuse(reply, -e->error, at, len);
}

/* the end of a dump tells an error, if there was one, and then its extack */
static void on_finish(struct nlmsghdr *hdr, struct reply *reply)
{
	int code = 0;

	reply->done = true;
	if (nlmsg_datalen(hdr) < (int)sizeof(code))
		return;
	memcpy(&code, nlmsg_data(hdr), sizeof(code));
	if (code < 0)
		refuse(reply, -code,
		       (struct nlattr *)((char *)nlmsg_data(hdr) +
					 NLMSG_ALIGN(sizeof(code))),
		       nlmsg_datalen(hdr) - (int)NLMSG_ALIGN(sizeof(code)));
}

/* All of the answer is read, even past an error of ours. */
static void on_valid(struct nlmsghdr *hdr, struct reply *reply)
{
	if (reply->ret || !reply->each)
		return;
	if (!genlmsg_valid_hdr(hdr, 0))
		reply->ret = dp_fail(reply->err, EPROTO,
				     "%s sent a message of %u bytes, shorter than its header",
				     reply->genl->link->peer, hdr->nlmsg_len);
	else
		reply->ret = reply->each(genlmsg_hdr(hdr), reply->arg,
					 reply->err);
}

/* what was said to an earlier request, of which we gave up, is passed over */
static void on_packet(struct genl_link *link, int len, struct reply *reply)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)link->buf;

	for (; !reply->done && nlmsg_ok(hdr, len);
	     hdr = nlmsg_next(hdr, &len)) {
		if (hdr->nlmsg_seq != link->seq)
			continue;
		if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
			reply->intr = true;
		if (hdr->nlmsg_type == NLMSG_ERROR)
			on_error(hdr, reply);
		else if (hdr->nlmsg_type == NLMSG_DONE)
			on_finish(hdr, reply);
		else if (hdr->nlmsg_type >= NLMSG_MIN_TYPE)
			on_valid(hdr, reply);
	}
}

static int receive(struct genl *genl, struct reply *reply)
{
	int ret;

	while (!reply->done) {
		ret = genl_link_recv(genl->link, 0, reply->err);
		if (ret < 0)
			return ret;
		on_packet(genl->link, ret, reply);
	}
	return reply->ret;
}

/* Send a message, which is gone after the call, and take the answer. */
static int exchange(struct genl *genl, struct nl_msg *msg, struct reply *reply)
{
	int ret;

	reply->genl = genl;
	reply->request = nlmsg_hdr(msg);
	ret = genl_link_send(genl->link, reply->request, reply->err);
	if (!ret)
		ret = receive(genl, reply);
	/* there may be keys in it */
	explicit_bzero(reply->request, reply->request->nlmsg_len);
	nlmsg_free(msg);
	return ret;
}

/*
 * A request without attributes yet, with room for so many bytes.  An
 * acknowledgement is asked for, so that every request but a dump has an end.
 */
static struct nl_msg *request(int family, uint8_t cmd, int flags, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room + 256);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, 0, 0, family, 0,
			 flags | NLM_F_REQUEST | NLM_F_ACK, cmd,
			 RTPLANE_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int no_room(struct nl_msg *msg, struct dp_err *err)
{
	nlmsg_free(msg);
	return dp_fail(err, ENOMEM, "no memory for a request");
}

/* a request whose attributes are in, to which the answer is yes or no */
static int command(struct genl *genl, struct nl_msg *msg, int put,
		   struct dp_err *err)
{
	struct reply reply = { .err = err };

	if (!msg || put < 0)
		return no_room(msg, err);
	return exchange(genl, msg, &reply);
}

static int find_group(struct nlattr *groups, uint32_t *id)
{
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	struct nlattr *at;
	int rem;

	nla_for_each_nested(at, groups, rem) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, at, NULL))
			continue;
		if (!tb[CTRL_ATTR_MCAST_GRP_NAME] ||
		    !tb[CTRL_ATTR_MCAST_GRP_ID] ||
		    nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME],
			       RTPLANE_MCGRP_EVENTS))
			continue;
		*id = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
		return 0;
	}
	return -1;
}

static int on_family(struct genlmsghdr *hdr, void *arg, struct dp_err *err)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct genl *genl = arg;

	if (nla_parse(tb, CTRL_ATTR_MAX, genlmsg_attrdata(hdr, 0),
		      genlmsg_attrlen(hdr, 0), NULL) < 0 ||
	    !tb[CTRL_ATTR_FAMILY_ID] || !tb[CTRL_ATTR_VERSION] ||
	    !tb[CTRL_ATTR_MCAST_GROUPS] ||
	    find_group(tb[CTRL_ATTR_MCAST_GROUPS], &genl->group))
		return dp_fail(err, EPROTO,
			       "%s describes the netlink family '%s' without number, version or the group '%s'",
			       genl->link->peer, RTPLANE_GENL_NAME, RTPLANE_MCGRP_EVENTS);
	genl->version = nla_get_u32(tb[CTRL_ATTR_VERSION]);
	if (genl->version != RTPLANE_GENL_VERSION)
		return dp_fail(err, EPROTO,
			       "%s speaks version %u of its netlink contract, this program version %u",
			       module_of(genl), genl->version, RTPLANE_GENL_VERSION);
	genl->family = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static int find_family(struct genl *genl, struct dp_err *err)
{
	struct reply reply = { .err = err, .each = on_family, .arg = genl };
	struct nl_msg *msg;
	int ret;

	msg = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, 64);
	if (!msg || nla_put_string(msg, CTRL_ATTR_FAMILY_NAME,
				   RTPLANE_GENL_NAME) < 0)
		return no_room(msg, err);
	ret = exchange(genl, msg, &reply);
	if (ret == -ENOENT && genl->link->sk)
		return dp_fail(err, ENOENT,
			       "the kernel has no netlink family '%s': the module rtplane is not loaded (modprobe rtplane)",
			       RTPLANE_GENL_NAME);
	return ret;
}

/* the link is in, or @ret says why not */
static int start(struct genl **genl, struct genl_link *link, int ret,
		 struct dp_err *err)
{
	struct genl *new;

	if (ret)
		return ret;
	new = calloc(1, sizeof(*new));
	if (!new) {
		genl_link_close(link);
		return dp_fail(err, ENOMEM, "no memory for a connection");
	}
	new->link = link;
	ret = find_family(new, err);
	if (ret) {
		genl_close(new);
		return ret;
	}
	*genl = new;
	return 0;
}

int genl_open(struct genl **genl, struct dp_err *err)
{
	struct genl_link *link = NULL;
	int ret = genl_link_kernel(&link, err);

	return start(genl, link, ret, err);
}

int genl_open_agent(struct genl **genl, const char *path, struct dp_err *err)
{
	struct genl_link *link = NULL;
	int ret = genl_link_agent(&link, path, err);

	return start(genl, link, ret, err);
}

void genl_close(struct genl *genl)
{
	if (!genl)
		return;
	genl_link_close(genl->link);
	free(genl);
}

const char *genl_datapath(const struct genl *genl)
{
	return genl->link->sk ? "kernel" : "uring";
}

/* a UNIX socket has no groups to join: there it is a request (serve.h) */
static int join_agent(struct genl *genl, struct dp_err *err)
{
	struct nl_msg *msg = request(GENL_ID_CTRL, CTRL_CMD_GETMCAST_GRP, 0, 0);

	return command(genl, msg,
		       msg ? nla_put_u16(msg, CTRL_ATTR_FAMILY_ID,
					 (uint16_t)genl->family) : 0, err);
}

int genl_listen(struct genl *genl, struct dp_err *err)
{
	int ret;

	genl_link_room(genl->link);
	if (!genl->link->sk)
		return join_agent(genl, err);
	ret = nl_socket_add_membership(genl->link->sk, (int)genl->group);
	if (ret < 0)
		return dp_fail(err, EIO,
			       "cannot join the multicast group '%s' of rtplane: %s",
			       RTPLANE_MCGRP_EVENTS, nl_geterror(ret));
	return 0;
}

int genl_fd(const struct genl *genl)
{
	return genl->link->fd;
}

/* one packet; returns the number of events in it */
static int take_events(struct genl *genl, struct nlmsghdr *hdr, int len,
		       dp_event_fn *fn, void *arg, struct dp_err *err)
{
	struct dp_event event;
	struct nlattr *at;
	int n = 0;

	for (; nlmsg_ok(hdr, len); hdr = nlmsg_next(hdr, &len)) {
		if (hdr->nlmsg_type != genl->family ||
		    !genlmsg_valid_hdr(hdr, 0) ||
		    genlmsg_hdr(hdr)->cmd != RTPLANE_CMD_EVENT_NTF)
			continue;
		at = nla_find(genlmsg_attrdata(genlmsg_hdr(hdr), 0),
			      genlmsg_attrlen(genlmsg_hdr(hdr), 0),
			      RTPLANE_A_EVENT);
		if (!at || genl_parse_event(at, &event))
			return dp_fail(err, EPROTO,
				       "%s sent an event that is malformed",
				       genl->link->peer);
		fn(&event, arg);
		n++;
	}
	return n;
}

int genl_events(struct genl *genl, dp_event_fn *fn, void *arg,
		struct dp_err *err)
{
	int events = 0;
	int len;
	int n;
	int i;

	for (i = 0; i < EVENTS_MAX; i++) {
		len = genl_link_recv(genl->link, MSG_DONTWAIT, err);
		if (len == -EAGAIN)
			break;
		if (len < 0)
			return len;
		n = take_events(genl, (struct nlmsghdr *)genl->link->buf, len,
				fn, arg, err);
		if (n < 0)
			return n;
		events += n;
	}
	return events;
}

int genl_dev_new(struct genl *genl, const char *name, struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_DEV_NEW, 0, 64);

	return command(genl, msg, msg ? genl_put_dev(msg, name) : 0, err);
}

int genl_dev_del(struct genl *genl, const char *name, struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_DEV_DEL, 0, 64);

	return command(genl, msg, msg ? genl_put_dev(msg, name) : 0, err);
}

/* room for the sources of a leg's keys, its state and its further outputs */
static size_t leg_room(const struct dp_leg *leg)
{
	const struct dp_saved *s = leg->set & DP_LEG_SAVED ? leg->saved : NULL;
	size_t n = 0, saved = 0;

	if (s)
		saved = GENL_SAVED_ROOM + (s->n_rx + s->n_tx) * GENL_WINDOW_ROOM;

	if (leg->set & DP_LEG_SRTP_RX)
		n += leg->srtp_rx.n_sources;
	if (leg->set & DP_LEG_SRTP_TX)
		n += leg->srtp_tx.n_sources;
	if (leg->set & DP_LEG_COPIES)
		saved += leg->n_copies * GENL_COPY_ROOM;
	return n * GENL_SOURCE_ROOM + saved;
}

static size_t bridges_room(const struct dp_bridge *bridge, size_t n)
{
	size_t i, room = n * GENL_BRIDGE_ROOM;

	for (i = 0; i < n; i++)
		room += leg_room(&bridge[i].leg[0]) +
			leg_room(&bridge[i].leg[1]);
	return room;
}

static int bridges(struct genl *genl, uint8_t cmd,
		   const struct dp_bridge *bridge, size_t n, struct dp_err *err)
{
	struct nl_msg *msg;
	int ret = 0;
	size_t i;

	if (n > RTPLANE_BRIDGES_MAX)
		return dp_fail(err, E2BIG,
			       "%zu bridges in one message, at most %d are possible",
			       n, RTPLANE_BRIDGES_MAX);
	msg = request(genl->family, cmd, 0, bridges_room(bridge, n));
	for (i = 0; msg && i < n; i++)
		ret |= genl_put_bridge(msg, &bridge[i]);
	return command(genl, msg, ret, err);
}

int genl_bridges_new(struct genl *genl, const struct dp_bridge *bridge,
		     size_t n, struct dp_err *err)
{
	return bridges(genl, RTPLANE_CMD_BRIDGE_NEW, bridge, n, err);
}

int genl_bridges_set(struct genl *genl, const struct dp_bridge *bridge,
		     size_t n, struct dp_err *err)
{
	return bridges(genl, RTPLANE_CMD_BRIDGE_SET, bridge, n, err);
}

int genl_bridges_del(struct genl *genl, const struct dp_del *del,
		     struct dp_err *err)
{
	struct nl_msg *msg;

	if (del->n > RTPLANE_BRIDGES_MAX)
		return dp_fail(err, E2BIG,
			       "%zu bridges in one message, at most %d are possible",
			       del->n, RTPLANE_BRIDGES_MAX);
	if (!del->n && !del->cookie && !del->all)
		return dp_fail(err, EINVAL,
			       "no bridge was named: expected legs, a cookie, or all");
	msg = request(genl->family, RTPLANE_CMD_BRIDGE_DEL, 0,
		      (del->n + 1) * GENL_BRIDGE_ROOM);
	return command(genl, msg, msg ? genl_put_del(msg, del, false) : 0, err);
}

int genl_leg_set(struct genl *genl, const struct dp_leg *leg,
		 struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_LEG_SET, 0,
				     GENL_BRIDGE_ROOM + leg_room(leg));

	return command(genl, msg,
		       msg ? genl_put_leg(msg, RTPLANE_A_LEG, leg) : 0, err);
}

int genl_natmap_new(struct genl *genl, const struct dp_natmap *natmap,
		    struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_NATMAP_NEW, 0,
				     GENL_BRIDGE_ROOM);

	return command(genl, msg, msg ? genl_put_natmap(msg, natmap) : 0, err);
}

int genl_natmap_del(struct genl *genl, const struct dp_natmap *natmap,
		    struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_NATMAP_DEL, 0,
				     GENL_BRIDGE_ROOM);

	return command(genl, msg, msg ? genl_put_natmap(msg, natmap) : 0, err);
}

int genl_watch(struct genl *genl, const struct dp_watch *watch,
	       struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_SCAN_SET, 0,
				     GENL_BRIDGE_ROOM + watch->n * GENL_RANGE_ROOM);

	return command(genl, msg, msg ? genl_put_watch(msg, watch) : 0, err);
}

/**
 * struct list - items of an answer, one a message
 * @genl: who answers
 * @items: the array
 * @n: items in it
 * @room: items that fit
 * @size: bytes of an item
 * @attr: the attribute that holds an item
 * @what: for the sentence
 * @parse: fills an item
 * @sources: what items of it point to; NULL: they do not
 */
struct list {
	const struct genl *genl;
	char *items;
	size_t n;
	size_t room;
	size_t size;
	int attr;
	const char *what;
	int (*parse)(struct nlattr *attr, void *item,
		     struct dp_sources *sources);
	struct dp_sources *sources;
};

static int parse_leg(struct nlattr *attr, void *item,
		     struct dp_sources *sources)
{
	return genl_parse_leg(attr, item, sources);
}

static int parse_dev(struct nlattr *attr, void *item,
		     struct dp_sources *sources)
{
	return genl_parse_dev(attr, item);
}

static int parse_natmap(struct nlattr *attr, void *item,
			struct dp_sources *sources)
{
	return genl_parse_natmap(attr, item);
}

static int parse_stats(struct nlattr *attr, void *item,
		       struct dp_sources *sources)
{
	return genl_parse_stats(attr, item);
}

static int on_item(struct genlmsghdr *hdr, void *arg, struct dp_err *err)
{
	struct list *list = arg;
	struct nlattr *at;
	char *items;

	at = nla_find(genlmsg_attrdata(hdr, 0), genlmsg_attrlen(hdr, 0),
		      list->attr);
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 16;

		items = reallocarray(list->items, room, list->size);
		if (!items)
			return dp_fail(err, ENOMEM, "no memory for %zu %ss",
				       room, list->what);
		list->items = items;
		list->room = room;
	}
	if (!at || list->parse(at, list->items + list->n * list->size,
			       list->sources))
		return dp_fail(err, EPROTO,
			       "%s sent a %s that is malformed",
			       list->genl->link->peer, list->what);
	list->n++;
	return 0;
}

/* a consistent dump; list->items is the caller's on success */
static int dump(struct genl *genl, uint8_t cmd, uint64_t cookie, bool state,
		struct list *list, struct dp_err *err)
{
	struct nl_msg *msg;
	int ret = 0;
	int i;

	for (i = 0; i < DUMP_TRIES; i++) {
		struct reply reply = { .err = err, .each = on_item,
				       .arg = list };

		list->genl = genl;
		list->n = 0;
		if (list->sources)
			dp_sources_clear(list->sources);
		msg = request(genl->family, cmd, NLM_F_DUMP, 64);
		if (!msg || ((cookie || state) &&
			     genl_put_which(msg, cookie, state) < 0)) {
			ret = no_room(msg, err);
			break;
		}
		ret = exchange(genl, msg, &reply);
		if (ret || !reply.intr)
			break;
		ret = dp_fail(err, EAGAIN,
			      "%ss kept changing while they were listed, %d times in a row",
			      list->what, DUMP_TRIES);
	}
	if (ret) {
		free(list->items);
		list->items = NULL;
		list->n = 0;
	}
	return ret;
}

int genl_legs(struct genl *genl, uint64_t cookie, bool state,
	      struct dp_leg_info **legs, size_t *n, struct dp_sources *sources,
	      struct dp_err *err)
{
	struct list list = { .size = sizeof(**legs), .attr = RTPLANE_A_LEG,
			     .what = "leg", .parse = parse_leg,
			     .sources = sources };
	int ret = dump(genl, RTPLANE_CMD_LEG_GET, cookie, state, &list, err);

	*legs = (void *)list.items;
	*n = list.n;
	return ret;
}

int genl_devs(struct genl *genl, struct dp_dev **devs, size_t *n,
	      struct dp_err *err)
{
	struct list list = { .size = sizeof(**devs), .attr = RTPLANE_A_DEV,
			     .what = "device", .parse = parse_dev };
	int ret = dump(genl, RTPLANE_CMD_DEV_GET, 0, false, &list, err);

	*devs = (void *)list.items;
	*n = list.n;
	return ret;
}

int genl_natmaps(struct genl *genl, struct dp_natmap **natmaps, size_t *n,
		 struct dp_err *err)
{
	struct list list = { .size = sizeof(**natmaps),
			     .attr = RTPLANE_A_NATMAP,
			     .what = "natmap", .parse = parse_natmap };
	int ret = dump(genl, RTPLANE_CMD_NATMAP_GET, 0, false, &list, err);

	*natmaps = (void *)list.items;
	*n = list.n;
	return ret;
}

/* so many items, which are copied to items */
static int get(struct genl *genl, struct nl_msg *msg, struct list *list,
	       size_t n, void *items, struct dp_err *err)
{
	struct reply reply = { .err = err, .each = on_item, .arg = list };
	int ret;

	list->genl = genl;
	ret = exchange(genl, msg, &reply);
	if (!ret && list->n != n)
		ret = dp_fail(err, EPROTO,
			      "%s answered with %zu %ss, expected %zu",
			      genl->link->peer, list->n, list->what, n);
	if (!ret)
		memcpy(items, list->items, n * list->size);
	free(list->items);
	return ret;
}

int genl_leg_get(struct genl *genl, const struct dp_addr *local, bool state,
		 struct dp_leg_info *leg, struct dp_sources *sources,
		 struct dp_err *err)
{
	struct list list = { .size = sizeof(*leg), .attr = RTPLANE_A_LEG,
			     .what = "leg", .parse = parse_leg,
			     .sources = sources };
	struct dp_leg spec = {
		.local = *local,
		.set = state ? DP_LEG_SAVED : 0,
		.saved = &genl_ask_saved,
	};
	struct nl_msg *msg;

	dp_sources_clear(sources);
	msg = request(genl->family, RTPLANE_CMD_LEG_GET, 0, 128);
	if (!msg || genl_put_leg(msg, RTPLANE_A_LEG, &spec) < 0)
		return no_room(msg, err);
	return get(genl, msg, &list, 1, leg, err);
}

int genl_bridge_take(struct genl *genl, const struct dp_addr *local,
		     struct dp_leg_info legs[2], struct dp_sources *sources,
		     struct dp_err *err)
{
	struct list list = { .size = sizeof(legs[0]), .attr = RTPLANE_A_LEG,
			     .what = "leg", .parse = parse_leg,
			     .sources = sources };
	struct dp_del del = { .locals = local, .n = 1 };
	struct nl_msg *msg;

	dp_sources_clear(sources);
	msg = request(genl->family, RTPLANE_CMD_BRIDGE_DEL, 0, 128);
	if (!msg || genl_put_del(msg, &del, true) < 0)
		return no_room(msg, err);
	return get(genl, msg, &list, 2, legs, err);
}

int genl_stats(struct genl *genl, struct dp_stats *stats, struct dp_err *err)
{
	struct list list = { .size = sizeof(*stats), .attr = RTPLANE_A_STATS,
			     .what = "total", .parse = parse_stats };
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_STATS_GET, 0, 0);

	if (!msg)
		return no_room(msg, err);
	return get(genl, msg, &list, 1, stats, err);
}
