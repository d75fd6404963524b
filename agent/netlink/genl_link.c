// SPDX-License-Identifier: GPL-2.0
/* Whole netlink messages over a netlink socket or a UNIX socket. */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "genl_link.h"

/* a message of 512 bridges with every attribute must fit */
#define SEND_ROOM	(1 << 20)
/* bursts of events must fit while their reader is busy elsewhere */
#define EVENT_ROOM	(1 << 22)

/* more than the limit for everybody if we may, up to that limit otherwise */
static void set_room(int fd, int force, int plain, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

static struct genl_link *link_alloc(const char *peer, struct dp_err *err)
{
	struct genl_link *link = calloc(1, sizeof(*link));

	if (!link) {
		dp_fail(err, ENOMEM, "no memory for a netlink socket");
		return NULL;
	}
	link->fd = -1;
	link->peer = peer;
	return link;
}

static int connect_kernel(struct genl_link *link, struct dp_err *err)
{
	int one = 1;
	int ret;

	link->sk = nl_socket_alloc();
	if (!link->sk)
		return dp_fail(err, ENOMEM, "no memory for a netlink socket");
	ret = genl_connect(link->sk);
	if (ret < 0)
		return dp_fail(err, EIO,
			       "cannot open a generic netlink socket: %s",
			       nl_geterror(ret));
	link->fd = nl_socket_get_fd(link->sk);
	set_room(link->fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_ROOM);
	/* the sentence, and not a copy of the whole request with it */
	if (setsockopt(link->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one,
		       sizeof(one)) ||
	    setsockopt(link->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one,
		       sizeof(one)))
		return dp_fail(err, errno,
			       "the kernel's netlink has no extended acknowledgements: %s",
			       strerror(errno));
	return 0;
}

int genl_link_kernel(struct genl_link **link, struct dp_err *err)
{
	struct genl_link *new = link_alloc("the kernel", err);
	int ret;

	if (!new)
		return -ENOMEM;
	ret = connect_kernel(new, err);
	if (ret) {
		genl_link_close(new);
		return ret;
	}
	*link = new;
	return 0;
}

static int connect_agent(struct genl_link *link, const char *path,
			 struct dp_err *err)
{
	static const struct timeval patience = { .tv_sec = 10 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path))
		return dp_fail(err, ENAMETOOLONG,
			       "the path '%s' is too long for a UNIX socket",
			       path);
	strcpy(sun.sun_path, path);
	link->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (link->fd < 0)
		return dp_fail(err, errno, "cannot make a UNIX socket: %m");
	set_room(link->fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_ROOM);
	/* for connections, too: the kernel answers, an agent may hang */
	setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(link->fd, (struct sockaddr *)&sun, sizeof(sun)))
		return dp_fail(err, errno,
			       "no user-space datapath answers at %s: %m (is rtplaned running with --datapath=uring?)",
			       path);
	return 0;
}

int genl_link_agent(struct genl_link **link, const char *path,
		    struct dp_err *err)
{
	struct genl_link *new = link_alloc("the agent", err);
	int ret;

	if (!new)
		return -ENOMEM;
	ret = connect_agent(new, path, err);
	if (ret) {
		genl_link_close(new);
		return ret;
	}
	*link = new;
	return 0;
}

void genl_link_close(struct genl_link *link)
{
	if (!link)
		return;
	if (link->sk)
		nl_socket_free(link->sk);
	else if (link->fd >= 0)
		close(link->fd);
	free(link);
}

/* between UNIX sockets it is the sender's room that counts */
void genl_link_room(struct genl_link *link)
{
	if (link->sk)
		set_room(link->fd, SO_RCVBUFFORCE, SO_RCVBUF, EVENT_ROOM);
}

int genl_link_send(struct genl_link *link, struct nlmsghdr *hdr,
		   struct dp_err *err)
{
	ssize_t n;

	hdr->nlmsg_seq = ++link->seq;
	do {
		n = send(link->fd, hdr, hdr->nlmsg_len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return dp_fail(err, errno, "cannot send a request to %s: %m",
			       link->peer);
	return 0;
}

static int lost(struct genl_link *link, struct dp_err *err)
{
	return dp_fail(err, ENOBUFS,
		       "events of %s were lost: they came faster than they were read",
		       link->peer);
}

int genl_link_recv(struct genl_link *link, int flags, struct dp_err *err)
{
	struct sockaddr_nl from = {};
	socklen_t fromlen = sizeof(from);
	const struct nlmsghdr *hdr = (const struct nlmsghdr *)link->buf;
	ssize_t len;

	len = recvfrom(link->fd, link->buf, sizeof(link->buf),
		       flags | MSG_TRUNC,
		       link->sk ? (struct sockaddr *)&from : NULL,
		       link->sk ? &fromlen : NULL);
	if (len < 0 && errno == EINTR)
		return 0;
	if (len < 0 && errno == ENOBUFS)
		return lost(link, err);
	if (len < 0 && errno == EAGAIN && !(flags & MSG_DONTWAIT))
		return dp_fail(err, ETIMEDOUT,
			       "%s does not answer within 10 s", link->peer);
	if (len < 0)
		return dp_fail(err, errno, "cannot read what %s says: %m",
			       link->peer);
	if (!len)
		return dp_fail(err, EPIPE, "%s has hung up", link->peer);
	if (len > (ssize_t)sizeof(link->buf))
		return dp_fail(err, EPROTO,
			       "%s sent a packet of %zd bytes, expected at most %zu",
			       link->peer, len, sizeof(link->buf));
	if (from.nl_pid)
		return 0;	/* another program's */
	/* what a netlink socket tells by its errno */
	if (!link->sk && len >= NLMSG_HDRLEN && hdr->nlmsg_type == NLMSG_OVERRUN)
		return lost(link, err);
	return (int)len;
}
