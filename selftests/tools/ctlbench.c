// SPDX-License-Identifier: GPL-2.0
/*
 * ctlbench - what it costs to create and to remove bridges
 *
 *	ctlbench BRIDGES BATCH LOCAL-A REMOTE-A LOCAL-B REMOTE-B [keep]
 *
 * Messages of BATCH bridges each are made first; what is timed is sending each
 * and reading its acknowledgement, as an agent would. Ports are those of
 * selftests/bench/lib.sh; "keep" leaves the bridges there. IPv4.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtplane.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkt.h"

#define LOCAL_PORT	30000
#define REMOTE_PORT	10000
#define ROOM		(256 * 1024)
#define PPS		1000000000u

/* A message under construction. */
static uint8_t buf[ROOM];
static size_t used;
static uint16_t family;
static uint32_t number;
static int fd;

static void *attr(uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(buf + used);

	if (used + NLA_HDRLEN + NLA_ALIGN(len) > ROOM)
		die("a message of more than %d bytes", ROOM);
	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy(a + 1, data, len);
	used += NLA_HDRLEN + NLA_ALIGN(len);
	return a;
}

static struct nlattr *nest(uint16_t type)
{
	return attr(type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct nlattr *a)
{
	a->nla_len = (uint16_t)(buf + used - (uint8_t *)a);
}

static void message(uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *n = (void *)buf;
	struct genlmsghdr *g = (void *)(n + 1);

	memset(buf, 0, sizeof(*n) + sizeof(*g));
	n->nlmsg_type = type;
	n->nlmsg_flags = NLM_F_REQUEST | flags;
	n->nlmsg_seq = ++number;
	g->cmd = cmd;
	g->version = 1;
	used = sizeof(*n) + sizeof(*g);
}

/* Sends the message and reads the answer into @in; returns its length. */
static ssize_t ask(uint8_t *in, size_t room)
{
	struct nlmsghdr *n = (void *)buf;
	ssize_t len;

	n->nlmsg_len = (uint32_t)used;
	if (send(fd, buf, used, 0) < 0)
		die("netlink: send: %s", strerror(errno));
	len = recv(fd, in, room, 0);
	if (len < (ssize_t)sizeof(*n))
		die("netlink: recv: %s", strerror(errno));
	return len;
}

/* The kernel's refusal, with its sentence if there is one. */
static void check(const uint8_t *in, ssize_t len)
{
	const struct nlmsghdr *n = (const void *)in;
	const struct nlmsgerr *err = (const void *)(n + 1);
	const struct nlattr *a = (const void *)(err + 1);

	if (n->nlmsg_type != NLMSG_ERROR)
		die("netlink: an answer of type %u, expected an acknowledgement", n->nlmsg_type);
	if (!err->error)
		return;
	if ((const uint8_t *)(a + 1) < in + len && (n->nlmsg_flags & NLM_F_ACK_TLVS))
		die("refused: %s: %s", strerror(-err->error), (const char *)(a + 1));
	die("refused: %s", strerror(-err->error));
}

static void find_family(void)
{
	uint8_t in[8192], *p = in + NLMSG_HDRLEN + GENL_HDRLEN;
	uint16_t id = 0;
	ssize_t len;

	message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	attr(CTRL_ATTR_FAMILY_NAME, RTPLANE_GENL_NAME, sizeof(RTPLANE_GENL_NAME));
	len = ask(in, sizeof(in));
	if (((struct nlmsghdr *)in)->nlmsg_type == NLMSG_ERROR)
		die("the kernel has no family '%s'", RTPLANE_GENL_NAME);
	while (p + NLA_HDRLEN <= in + len) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&id, a + 1, sizeof(id));
		p += NLA_ALIGN(a->nla_len);
	}
	family = id;
}

static void endpoint(uint16_t type, in_addr_t addr, unsigned int port)
{
	struct nlattr *ep = nest(type);
	uint16_t p = htons((uint16_t)port);

	attr(RTPLANE_EP_A_IPV4, &addr, sizeof(addr));
	attr(RTPLANE_EP_A_PORT, &p, sizeof(p));
	nest_end(ep);
}

static void leg(in_addr_t local, in_addr_t remote, unsigned int i, bool whole)
{
	struct nlattr *l = nest(RTPLANE_BRIDGE_A_LEG);
	uint8_t dscp = 46, early = 1;
	uint32_t pps = PPS;

	endpoint(RTPLANE_LEG_A_LOCAL, local, LOCAL_PORT + 2 * i);
	if (whole) {
		endpoint(RTPLANE_LEG_A_REMOTE, remote, REMOTE_PORT + 2 * i);
		attr(RTPLANE_LEG_A_EARLY, &early, sizeof(early));
		attr(RTPLANE_LEG_A_DSCP, &dscp, sizeof(dscp));
		attr(RTPLANE_LEG_A_PPS, &pps, sizeof(pps));
	}
	nest_end(l);
}

/* Creates (or removes) @n bridges in messages of @batch; returns nanoseconds. */
static uint64_t all(uint8_t cmd, unsigned int n, unsigned int batch, const in_addr_t *addr)
{
	uint64_t took = 0, begin;
	uint8_t in[8192];
	struct nlattr *b;
	unsigned int i;
	ssize_t len;

	for (i = 0; i < n; i++) {
		if (i % batch == 0)
			message(family, cmd, NLM_F_ACK);
		b = nest(RTPLANE_A_BRIDGE);
		leg(addr[0], addr[1], i, cmd == RTPLANE_CMD_BRIDGE_NEW);
		if (cmd == RTPLANE_CMD_BRIDGE_NEW)
			leg(addr[2], addr[3], i, true);
		nest_end(b);
		if (i % batch != batch - 1 && i != n - 1)
			continue;
		begin = now_ns();
		len = ask(in, sizeof(in));
		took += now_ns() - begin;
		check(in, len);
	}
	return took;
}

int main(int argc, char **argv)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	uint64_t created, removed = 0;
	unsigned int n, batch, i;
	in_addr_t addr[4];
	int one = 1;

	if (argc < 7)
		die("usage: ctlbench BRIDGES BATCH LOCAL-A REMOTE-A LOCAL-B REMOTE-B [keep]");
	n = (unsigned int)opt_num("bridges", argv[1], 1, 17000);
	batch = (unsigned int)opt_num("batch", argv[2], 1, RTPLANE_BRIDGES_MAX);
	for (i = 0; i < 4; i++) {
		if (inet_pton(AF_INET, argv[3 + i], &addr[i]) != 1)
			die("'%s' is no IPv4 address", argv[3 + i]);
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)))
		die("netlink: %s", strerror(errno));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	find_family();
	created = all(RTPLANE_CMD_BRIDGE_NEW, n, batch, addr);
	if (argc == 7)
		removed = all(RTPLANE_CMD_BRIDGE_DEL, n, batch, addr);
	printf("{\"bridges\":%u,\"batch\":%u,\"create\":%.1f,\"remove\":%.1f}\n", n, batch,
	       (double)created / n, (double)removed / n);
	return 0;
}
