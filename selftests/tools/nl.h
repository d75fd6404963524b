/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink by hand, for tests that must send what no library would:
 * messages are built in a flat buffer and nothing is checked.
 */
#ifndef RTPLANE_SELFTESTS_NL_H
#define RTPLANE_SELFTESTS_NL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtplane.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pkt.h"

#define NL_MSG_MAX	(1 << 18)

/**
 * struct nl_msg - a request being built
 * @len: bytes used
 * @buf: the request; the headers come first
 */
struct nl_msg {
	size_t len;
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(4)));
};

/**
 * struct nl - a connection
 * @fd: socket
 * @family: the number of the family rtplane
 * @seq: number of the last request
 * @agent: an agent answers, not the kernel
 * @each: called with each object of an answer, if not NULL
 * @arg: for it
 */
struct nl {
	int fd;
	uint16_t family;
	uint32_t seq;
	bool agent;
	void (*each)(const struct nlmsghdr *h, void *arg);
	void *arg;
};

/**
 * struct nl_answer - what came back
 * @error: errno, 0 if the request was carried out
 * @text: the kernel's sentence, or empty
 * @objects: messages of a dump
 */
struct nl_answer {
	int error;
	char text[256];
	unsigned long objects;
};

static inline void nl_begin(struct nl_msg *m, uint16_t type, uint16_t flags,
			    uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *h = (struct nlmsghdr *)m->buf;
	struct genlmsghdr *g = (struct genlmsghdr *)(m->buf + NLMSG_HDRLEN);

	memset(m->buf, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g->cmd = cmd;
	g->version = version;
	m->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

static inline void nl_put(struct nl_msg *m, uint16_t type, const void *data,
			  size_t len)
{
	struct nlattr *a = (struct nlattr *)(m->buf + m->len);
	size_t all = NLA_HDRLEN + NLA_ALIGN(len);

	if (m->len + all > NL_MSG_MAX)
		die("the request is larger than %d bytes", NL_MSG_MAX);
	memset(a, 0, all);
	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy(a + 1, data, len);
	m->len += all;
}

static inline void nl_u8(struct nl_msg *m, uint16_t type, uint8_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

static inline void nl_u16(struct nl_msg *m, uint16_t type, uint16_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

static inline void nl_u32(struct nl_msg *m, uint16_t type, uint32_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

static inline void nl_u64(struct nl_msg *m, uint16_t type, uint64_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

/* Returns where the nest begins, for nl_end(). */
static inline size_t nl_nest(struct nl_msg *m, uint16_t type)
{
	size_t at = m->len;

	nl_put(m, (uint16_t)(type | NLA_F_NESTED), NULL, 0);
	return at;
}

static inline void nl_end(struct nl_msg *m, size_t at)
{
	struct nlattr *a = (struct nlattr *)(m->buf + at);

	a->nla_len = (uint16_t)(m->len - at);
}

static inline void nl_ep4(struct nl_msg *m, uint16_t type, const char *addr,
			  uint16_t port)
{
	size_t nest = nl_nest(m, type);
	struct in_addr in;

	if (inet_pton(AF_INET, addr, &in) != 1)
		die("%s is not an IPv4 address", addr);
	nl_u32(m, RTPLANE_EP_A_IPV4, in.s_addr);
	nl_u16(m, RTPLANE_EP_A_PORT, htons(port));
	nl_end(m, nest);
}

static inline void nl_ep6(struct nl_msg *m, uint16_t type, const char *addr,
			  uint16_t port)
{
	size_t nest = nl_nest(m, type);
	struct in6_addr in;

	if (inet_pton(AF_INET6, addr, &in) != 1)
		die("%s is not an IPv6 address", addr);
	nl_put(m, RTPLANE_EP_A_IPV6, &in, sizeof(in));
	nl_u16(m, RTPLANE_EP_A_PORT, htons(port));
	nl_end(m, nest);
}

static inline void nl_text(struct nl_answer *ans, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = (const void *)((const uint8_t *)h +
						  NLMSG_HDRLEN);
	size_t at = NLMSG_HDRLEN + sizeof(*e);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		at += e->msg.nlmsg_len - NLMSG_HDRLEN;
	while (at + NLA_HDRLEN <= h->nlmsg_len) {
		const struct nlattr *a = (const void *)((const uint8_t *)h + at);

		if (a->nla_len < NLA_HDRLEN)
			break;
		if (a->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(ans->text, sizeof(ans->text), "%.*s",
				 (int)(a->nla_len - NLA_HDRLEN),
				 (const char *)(a + 1));
		at += NLA_ALIGN(a->nla_len);
	}
}

/* One datagram of answers; true when the answer is complete. */
static inline bool nl_digest(const struct nl *nl, const uint8_t *buf, size_t len,
			     struct nl_answer *ans)
{
	size_t at = 0;

	while (at + NLMSG_HDRLEN <= len) {
		const struct nlmsghdr *h = (const void *)(buf + at);

		if (h->nlmsg_len < NLMSG_HDRLEN || at + h->nlmsg_len > len)
			die("the kernel's answer is malformed");
		at += NLMSG_ALIGN(h->nlmsg_len);
		if (h->nlmsg_seq != nl->seq)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
			const int *e = (const void *)((const uint8_t *)h +
						      NLMSG_HDRLEN);

			ans->error = -*e;
			nl_text(ans, h);
			return true;
		}
		ans->objects++;
		if (nl->each)
			nl->each(h, nl->arg);
	}
	return false;
}

/* Send @m and wait for the end of its answer. */
static inline void nl_talk(struct nl *nl, struct nl_msg *m, struct nl_answer *ans)
{
	static uint8_t buf[1 << 16] __attribute__((aligned(4)));
	struct nlmsghdr *h = (struct nlmsghdr *)m->buf;
	ssize_t len;

	memset(ans, 0, sizeof(*ans));
	if (!h->nlmsg_len)
		h->nlmsg_len = (uint32_t)m->len;
	h->nlmsg_seq = ++nl->seq;
	if (send(nl->fd, m->buf, m->len, 0) < 0) {
		ans->error = errno;
		snprintf(ans->text, sizeof(ans->text), "send: %s",
			 strerror(errno));
		return;
	}
	do {
		len = recv(nl->fd, buf, sizeof(buf), 0);
		if (len < 0) {
			if (errno == EINTR || errno == ENOBUFS)
				continue;
			die("netlink: %s", strerror(errno));
		}
		if (!len)
			die("the datapath has hung up");
	} while (!nl_digest(nl, buf, (size_t)len, ans));
}

/* The first attribute of a type among @len bytes of them, or NULL. */
static inline const struct nlattr *nl_find(const void *data, size_t len, uint16_t type)
{
	const uint8_t *p = data;
	size_t at = 0;

	while (at + NLA_HDRLEN <= len) {
		const struct nlattr *a = (const void *)(p + at);

		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > len)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static inline const struct nlattr *nl_find_in(const struct nlattr *nest, uint16_t type)
{
	return nest ? nl_find(nest + 1, nest->nla_len - NLA_HDRLEN, type) : NULL;
}

/* An attribute of the top level of an object. */
static inline const struct nlattr *nl_top(const struct nlmsghdr *h, uint16_t type)
{
	const size_t head = NLMSG_HDRLEN + GENL_HDRLEN;

	return h->nlmsg_len < head ? NULL :
	       nl_find((const uint8_t *)h + head, h->nlmsg_len - head, type);
}

/* A number in a nest; 0 if it is not there. */
static inline uint64_t nl_get64(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *a = nl_find_in(nest, type);
	uint64_t v = 0;

	if (a)
		memcpy(&v, a + 1, sizeof(v));
	return v;
}

/* What the controller says of a family; dies if there is none. */
static inline const struct nlattr *nl_ctrl(struct nl *nl, const char *name, uint16_t type)
{
	static uint8_t buf[8192] __attribute__((aligned(4)));
	const struct nlattr *a = NULL;
	static struct nl_msg m;
	ssize_t len;

	nl_begin(&m, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	nl_put(&m, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	((struct nlmsghdr *)m.buf)->nlmsg_len = (uint32_t)m.len;
	if (send(nl->fd, m.buf, m.len, 0) < 0)
		die("netlink: %s", strerror(errno));
	len = recv(nl->fd, buf, sizeof(buf), 0);
	if (len > 0 && ((struct nlmsghdr *)buf)->nlmsg_type != NLMSG_ERROR)
		a = nl_top((const struct nlmsghdr *)buf, type);
	if (!a)
		die("there is no generic netlink family %s", name);
	return a;
}

/* An agent's datapath socket, which takes the same messages. */
static inline void nl_open_agent(struct nl *nl, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int size = 8 << 20;

	nl->agent = true;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	nl->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (nl->fd < 0 || connect(nl->fd, (struct sockaddr *)&sun, sizeof(sun)))
		die("nobody answers at %s: %s", path, strerror(errno));
	setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

/* Join the only multicast group of the family. */
static inline void nl_join(struct nl *nl)
{
	const struct nlattr *groups = nl_ctrl(nl, RTPLANE_GENL_NAME, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *id = nl_find_in(nl_find_in(groups, 1), CTRL_ATTR_MCAST_GRP_ID);

	if (!id || setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, id + 1,
			      sizeof(uint32_t)))
		die("cannot join the group of events");
}

/* The datapath that RTPLANE_DATAPATH names, as rtplane(8) has it. */
static inline void nl_connect(struct nl *nl)
{
	const char *datapath = getenv("RTPLANE_DATAPATH");
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	int one = 1, size = 8 << 20;

	memset(nl, 0, sizeof(*nl));
	if (datapath && !strncmp(datapath, "uring:", 6)) {
		nl_open_agent(nl, datapath + 6);
		return;
	}
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0 || bind(nl->fd, (struct sockaddr *)&sa, sizeof(sa)))
		die("no netlink socket: %s", strerror(errno));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

static inline void nl_open(struct nl *nl)
{
	nl_connect(nl);
	memcpy(&nl->family, nl_ctrl(nl, RTPLANE_GENL_NAME, CTRL_ATTR_FAMILY_ID) + 1,
	       sizeof(nl->family));
}

#endif /* RTPLANE_SELFTESTS_NL_H */
