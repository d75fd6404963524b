// SPDX-License-Identifier: GPL-2.0
/* Requests to rtplane.ko over generic netlink, and its events. */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "genl.h"
#include "genl_attr.h"

/* a message of 512 bridges with every attribute must fit */
#define SEND_ROOM	(1 << 20)
/* bursts of events must fit while the agent is busy elsewhere */
#define EVENT_ROOM	(1 << 22)
/* events taken in one go, so that one call of genl_events() ends */
#define EVENTS_MAX	256
/* a dump that changes run into is taken again, that often */
#define DUMP_TRIES	50

/**
 * struct genl - a connection to the module
 * @sk: the socket
 * @family: number of the family, 0 until found
 * @version: of the contract that the module speaks
 * @group: number of the multicast group of events
 */
struct genl {
	struct nl_sock *sk;
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
 * @done: the kernel has said its last word
 * @intr: a change ran into the dump
 * @ret: 0 or -errno
 * @err: the sentence
 * @request: what was sent
 * @each: receives each message of the answer; may be NULL
 * @arg: for @each
 */
struct reply {
	bool done;
	bool intr;
	int ret;
	struct dp_err *err;
	struct nlmsghdr *request;
	each_fn *each;
	void *arg;
};

/* the sentence where the kernel gave none */
static void refuse_plain(struct reply *reply, int code)
{
	switch (code) {
	case EPERM:
		reply->ret = dp_fail(reply->err, code,
				     "not permitted: changing the datapath needs CAP_NET_ADMIN in this network namespace");
		break;
	case EOPNOTSUPP:
		reply->ret = dp_fail(reply->err, code,
				     "the kernel module rtplane does not know this command");
		break;
	case ENOENT:
		reply->ret = dp_fail(reply->err, code,
				     "the kernel module rtplane is gone, or it knows no such thing");
		break;
	default:
		reply->ret = dp_fail(reply->err, code,
				     "the kernel module rtplane refused without a reason: %s",
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
	reply->ret = dp_fail(reply->err, code, "%s%s%.*s", where,
			     *where ? ": " : "", nla_len(at),
			     (const char *)nla_data(at));
}

/*
 * libnl does not hand the extack out: it follows the error's copy of our
 * request, of which NLM_F_CAPPED says that only the header is there.
 */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct reply *reply = arg;
	struct nlattr *at = NULL;
	size_t skip = sizeof(*e);
	int len = 0;

	(void)from;
	reply->done = true;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	skip = NLMSG_ALIGN(skip);
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS &&
	    hdr->nlmsg_len > NLMSG_HDRLEN + skip) {
		at = (struct nlattr *)((char *)e + skip);
		len = (int)(hdr->nlmsg_len - NLMSG_HDRLEN - skip);
	}
	refuse(reply, -e->error, at, len);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct reply *reply = arg;

	(void)msg;
	reply->done = true;
	return NL_STOP;
}

/* the end of a dump tells an error, if there was one, and then its extack */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct reply *reply = arg;
	int code = 0;

	reply->done = true;
	if (nlmsg_datalen(hdr) < (int)sizeof(code))
		return NL_STOP;
	memcpy(&code, nlmsg_data(hdr), sizeof(code));
	if (code < 0)
		refuse(reply, -code,
		       (struct nlattr *)((char *)nlmsg_data(hdr) +
					 NLMSG_ALIGN(sizeof(code))),
		       nlmsg_datalen(hdr) - (int)NLMSG_ALIGN(sizeof(code)));
	return NL_STOP;
}

static int on_intr(struct nl_msg *msg, void *arg)
{
	struct reply *reply = arg;

	(void)msg;
	reply->intr = true;
	return NL_OK;
}

/* All of the answer is read, even past an error of ours. */
static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct reply *reply = arg;

	if (reply->ret || !reply->each)
		return NL_OK;
	if (!genlmsg_valid_hdr(hdr, 0))
		reply->ret = dp_fail(reply->err, EPROTO,
				     "the kernel sent a message of %u bytes, shorter than its header",
				     hdr->nlmsg_len);
	else
		reply->ret = reply->each(genlmsg_hdr(hdr), reply->arg,
					 reply->err);
	return NL_OK;
}

static int receive(struct genl *genl, struct reply *reply)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret;

	if (!cb)
		return dp_fail(reply->err, ENOMEM, "no memory for a reply");
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, reply);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, reply);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, reply);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_intr, reply);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, reply);
	while (!reply->done) {
		ret = nl_recvmsgs(genl->sk, cb);
		/* on_error() has told what an error message says */
		if (ret < 0 && !reply->done) {
			reply->ret = dp_fail(reply->err, EIO,
					     "cannot read the kernel's answer: %s",
					     nl_geterror(ret));
			break;
		}
	}
	nl_cb_put(cb);
	return reply->ret;
}

/* Send a message, which is gone after the call, and take the answer. */
static int exchange(struct genl *genl, struct nl_msg *msg, struct reply *reply)
{
	int ret;

	reply->request = nlmsg_hdr(msg);
	ret = nl_send_auto(genl->sk, msg);
	if (ret < 0)
		ret = dp_fail(reply->err, EIO,
			      "cannot send a request to the kernel: %s",
			      nl_geterror(ret));
	else
		ret = receive(genl, reply);
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
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
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
			       "the kernel describes the netlink family '%s' without number, version or the group '%s'",
			       RTPLANE_GENL_NAME, RTPLANE_MCGRP_EVENTS);
	genl->version = nla_get_u32(tb[CTRL_ATTR_VERSION]);
	if (genl->version != RTPLANE_GENL_VERSION)
		return dp_fail(err, EPROTO,
			       "the kernel module rtplane speaks version %u of its netlink contract, this program version %u",
			       genl->version, RTPLANE_GENL_VERSION);
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
	if (ret == -ENOENT)
		return dp_fail(err, ENOENT,
			       "the kernel has no netlink family '%s': the module rtplane is not loaded (modprobe rtplane)",
			       RTPLANE_GENL_NAME);
	return ret;
}

/* more than the limit for everybody if we may, up to that limit otherwise */
static void set_room(int fd, int force, int plain, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

static int connect_socket(struct genl *genl, struct dp_err *err)
{
	int one = 1;
	int ret;
	int fd;

	genl->sk = nl_socket_alloc();
	if (!genl->sk)
		return dp_fail(err, ENOMEM, "no memory for a netlink socket");
	ret = genl_connect(genl->sk);
	if (ret < 0)
		return dp_fail(err, EIO,
			       "cannot open a generic netlink socket: %s",
			       nl_geterror(ret));
	fd = nl_socket_get_fd(genl->sk);
	set_room(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_ROOM);
	/* the sentence, and not a copy of the whole request with it */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)))
		return dp_fail(err, errno,
			       "the kernel's netlink has no extended acknowledgements: %s",
			       strerror(errno));
	return 0;
}

int genl_open(struct genl **genl, struct dp_err *err)
{
	struct genl *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for a netlink socket");
	ret = connect_socket(new, err);
	if (!ret)
		ret = find_family(new, err);
	if (ret) {
		genl_close(new);
		return ret;
	}
	*genl = new;
	return 0;
}

void genl_close(struct genl *genl)
{
	if (!genl)
		return;
	nl_socket_free(genl->sk);
	free(genl);
}

int genl_listen(struct genl *genl, struct dp_err *err)
{
	int ret;

	set_room(nl_socket_get_fd(genl->sk), SO_RCVBUFFORCE, SO_RCVBUF,
		 EVENT_ROOM);
	ret = nl_socket_add_membership(genl->sk, (int)genl->group);
	if (ret < 0)
		return dp_fail(err, EIO,
			       "cannot join the multicast group '%s' of rtplane: %s",
			       RTPLANE_MCGRP_EVENTS, nl_geterror(ret));
	return 0;
}

int genl_fd(const struct genl *genl)
{
	return nl_socket_get_fd(genl->sk);
}

/* one datagram from the kernel; returns the number of events in it */
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
				       "the kernel sent an event that is malformed");
		fn(&event, arg);
		n++;
	}
	return n;
}

int genl_events(struct genl *genl, dp_event_fn *fn, void *arg,
		struct dp_err *err)
{
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = nl_socket_get_fd(genl->sk);
	struct sockaddr_nl from;
	socklen_t fromlen;
	int events = 0;
	ssize_t len;
	int n;
	int i;

	for (i = 0; i < EVENTS_MAX; i++) {
		fromlen = sizeof(from);
		len = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &fromlen);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len < 0)
			return dp_fail(err, errno, errno == ENOBUFS ?
				       "events of the kernel were lost: they came faster than they were read" :
				       "cannot read events of the kernel: %m");
		if (from.nl_pid)
			continue;	/* not from the kernel */
		n = take_events(genl, (struct nlmsghdr *)buf, (int)len, fn, arg,
				err);
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
	msg = request(genl->family, cmd, 0, n * GENL_BRIDGE_ROOM);
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
	/* the message that names nothing means all: never send it by accident */
	if (!del->n && !del->cookie && !del->all)
		return dp_fail(err, EINVAL,
			       "no bridge was named: expected legs, a cookie, or all");
	msg = request(genl->family, RTPLANE_CMD_BRIDGE_DEL, 0,
		      (del->n + 1) * GENL_BRIDGE_ROOM);
	return command(genl, msg, msg ? genl_put_del(msg, del) : 0, err);
}

int genl_leg_set(struct genl *genl, const struct dp_leg *leg,
		 struct dp_err *err)
{
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_LEG_SET, 0,
				     GENL_BRIDGE_ROOM);

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

/**
 * struct list - items of an answer, one a message
 * @items: the array
 * @n: items in it
 * @room: items that fit
 * @size: bytes of an item
 * @attr: the attribute that holds an item
 * @what: for the sentence
 * @parse: fills an item
 */
struct list {
	char *items;
	size_t n;
	size_t room;
	size_t size;
	int attr;
	const char *what;
	int (*parse)(struct nlattr *attr, void *item);
};

static int parse_leg(struct nlattr *attr, void *item)
{
	return genl_parse_leg(attr, item);
}

static int parse_dev(struct nlattr *attr, void *item)
{
	return genl_parse_dev(attr, item);
}

static int parse_natmap(struct nlattr *attr, void *item)
{
	return genl_parse_natmap(attr, item);
}

static int parse_stats(struct nlattr *attr, void *item)
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
	if (!at || list->parse(at, list->items + list->n * list->size))
		return dp_fail(err, EPROTO,
			       "the kernel sent a %s that is malformed",
			       list->what);
	list->n++;
	return 0;
}

/* a consistent dump; list->items is the caller's on success */
static int dump(struct genl *genl, uint8_t cmd, uint64_t cookie,
		struct list *list, struct dp_err *err)
{
	struct nl_msg *msg;
	int ret = 0;
	int i;

	for (i = 0; i < DUMP_TRIES; i++) {
		struct reply reply = { .err = err, .each = on_item,
				       .arg = list };

		list->n = 0;
		msg = request(genl->family, cmd, NLM_F_DUMP, 64);
		if (!msg || (cookie && genl_put_cookie(msg, cookie) < 0)) {
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

int genl_legs(struct genl *genl, uint64_t cookie, struct dp_leg_info **legs,
	      size_t *n, struct dp_err *err)
{
	struct list list = { .size = sizeof(**legs), .attr = RTPLANE_A_LEG,
			     .what = "leg", .parse = parse_leg };
	int ret = dump(genl, RTPLANE_CMD_LEG_GET, cookie, &list, err);

	*legs = (void *)list.items;
	*n = list.n;
	return ret;
}

int genl_devs(struct genl *genl, struct dp_dev **devs, size_t *n,
	      struct dp_err *err)
{
	struct list list = { .size = sizeof(**devs), .attr = RTPLANE_A_DEV,
			     .what = "device", .parse = parse_dev };
	int ret = dump(genl, RTPLANE_CMD_DEV_GET, 0, &list, err);

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
	int ret = dump(genl, RTPLANE_CMD_NATMAP_GET, 0, &list, err);

	*natmaps = (void *)list.items;
	*n = list.n;
	return ret;
}

/* one item, which is copied to item */
static int get(struct genl *genl, struct nl_msg *msg, struct list *list,
	       void *item, struct dp_err *err)
{
	struct reply reply = { .err = err, .each = on_item, .arg = list };
	int ret;

	ret = exchange(genl, msg, &reply);
	if (!ret && list->n != 1)
		ret = dp_fail(err, EPROTO,
			      "the kernel answered with %zu %ss, expected one",
			      list->n, list->what);
	if (!ret)
		memcpy(item, list->items, list->size);
	free(list->items);
	return ret;
}

int genl_leg_get(struct genl *genl, const struct dp_addr *local,
		 struct dp_leg_info *leg, struct dp_err *err)
{
	struct list list = { .size = sizeof(*leg), .attr = RTPLANE_A_LEG,
			     .what = "leg", .parse = parse_leg };
	struct dp_leg spec = { .local = *local };
	struct nl_msg *msg;

	msg = request(genl->family, RTPLANE_CMD_LEG_GET, 0, 128);
	if (!msg || genl_put_leg(msg, RTPLANE_A_LEG, &spec) < 0)
		return no_room(msg, err);
	return get(genl, msg, &list, leg, err);
}

int genl_stats(struct genl *genl, struct dp_stats *stats, struct dp_err *err)
{
	struct list list = { .size = sizeof(*stats), .attr = RTPLANE_A_STATS,
			     .what = "total", .parse = parse_stats };
	struct nl_msg *msg = request(genl->family, RTPLANE_CMD_STATS_GET, 0, 0);

	if (!msg)
		return no_room(msg, err);
	return get(genl, msg, &list, stats, err);
}
