// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams: a request in one, its reply in another, from the address that was asked.
 * Strangers are known by their address alone, before anything else is looked at.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "private.h"

#define BATCH	16	/* datagrams read by one call */
#define ROUNDS	4	/* calls in a turn: other sockets wait too */
#define QUEUE	(4 << 20)	/* bytes the kernel keeps for us */
#define READ	(NG_MESSAGE_MAX)

/* where a datagram came to, and where its reply leaves from */
union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		  CMSG_SPACE(sizeof(struct in_pktinfo))];
};

/**
 * struct ng_udp - memory for reading, shared by all sockets
 * @msg: for recvmmsg()
 * @iov: for @msg
 * @source: for @msg
 * @control: for @msg
 * @data: for @iov
 */
struct ng_udp {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage source[BATCH];
	union control control[BATCH];
	char data[BATCH][READ];
};

static void prepare(struct ng_udp *udp)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		udp->iov[i] = (struct iovec){ udp->data[i], READ };
		udp->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &udp->source[i],
			.msg_namelen = sizeof(udp->source[i]),
			.msg_iov = &udp->iov[i],
			.msg_iovlen = 1,
			.msg_control = &udp->control[i],
			.msg_controllen = sizeof(udp->control[i]),
		};
	}
}

/* the same address, and not the device, which routing chooses */
static void set_source(struct msghdr *to, const struct msghdr *from,
		       union control *control)
{
	struct cmsghdr *c, *out;

	for (c = CMSG_FIRSTHDR(from); c;
	     c = CMSG_NXTHDR((struct msghdr *)from, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP &&
			  c->cmsg_type == IP_PKTINFO;
		size_t n = v4 ? sizeof(struct in_pktinfo) :
				sizeof(struct in6_pktinfo);

		if (!v4 && (c->cmsg_level != IPPROTO_IPV6 ||
			    c->cmsg_type != IPV6_PKTINFO))
			continue;
		memset(control, 0, sizeof(*control));
		to->msg_control = control;
		to->msg_controllen = CMSG_SPACE(n);
		out = CMSG_FIRSTHDR(to);
		out->cmsg_level = c->cmsg_level;
		out->cmsg_type = c->cmsg_type;
		out->cmsg_len = CMSG_LEN(n);
		memcpy(CMSG_DATA(out), CMSG_DATA(c), n);
		if (v4)
			((struct in_pktinfo *)CMSG_DATA(out))->ipi_ifindex = 0;
		else if (!IN6_IS_ADDR_LINKLOCAL(&((struct in6_pktinfo *)
						 CMSG_DATA(out))->ipi6_addr))
			((struct in6_pktinfo *)CMSG_DATA(out))->ipi6_ifindex = 0;
		return;
	}
}

/* who does not get it asks again */
static void answer(struct ng_listener *listener, const struct msghdr *asked,
		   struct span reply)
{
	struct iovec iov = { (void *)reply.p, reply.n };
	union control control;
	struct msghdr msg = {
		.msg_name = asked->msg_name,
		.msg_namelen = asked->msg_namelen,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	set_source(&msg, asked, &control);
	if (sendmsg(listener->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN)
		log_debug("a reply of the control protocol ng cannot be sent: %s",
			  strerror(errno));
}

static void datagram(struct ng_listener *listener, const struct mmsghdr *msg)
{
	struct span text = { msg->msg_hdr.msg_iov->iov_base, msg->msg_len };
	struct ng *ng = listener->ng;
	struct dp_addr from;
	struct span kept;
	size_t len;
	char *reply;

	if (!dp_addr_from_sockaddr(&from, msg->msg_hdr.msg_name,
				   msg->msg_hdr.msg_namelen) ||
	    !from.port || !ng_listener_allows(listener, &from))
		return;
	kept = ng_replay_find(ng->replay, &from, text);
	if (kept.p) {
		ng->counters.repeated++;
		answer(listener, &msg->msg_hdr, kept);
		return;
	}
	reply = ng_request(ng, &from, true, text, &len);
	if (!reply)
		return;
	ng_replay_keep(ng->replay, &from, text, (struct span){ reply, len });
	answer(listener, &msg->msg_hdr, (struct span){ reply, len });
	free(reply);
}

static void readable(unsigned int events, void *arg)
{
	struct ng_listener *listener = arg;
	struct ng_udp *udp = listener->ng->udp;
	int n = BATCH, i, round;

	for (round = 0; round < ROUNDS && n == BATCH; round++) {
		prepare(udp);
		n = recvmmsg(listener->fd, udp->msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			datagram(listener, &udp->msg[i]);
	}
}

int ng_udp_open(struct ng_listener *listener)
{
	struct ng *ng = listener->ng;
	bool v4 = ng->config->ng[listener->i].listen.family == AF_INET;
	int size = QUEUE, one = 1;

	if (!ng->udp)
		ng->udp = calloc(1, sizeof(*ng->udp));
	if (!ng->udp)
		return -ENOMEM;
	listener->fd = ng_listener_socket(listener, SOCK_DGRAM);
	if (listener->fd < 0)
		return listener->fd;
	/* beyond rmem_max takes a privilege; without it as much as there is */
	if (setsockopt(listener->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(listener->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(listener->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(listener->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &one, sizeof(one));
	listener->watch = loop_fd_new(ng->conf.loop, listener->fd, LOOP_READ,
				      readable, listener);
	return listener->watch ? 0 : -ENOMEM;
}
