// SPDX-License-Identifier: GPL-2.0
/* SIP over UDP: a socket for each listener, and no state for those who send. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport_impl.h"

#define BATCH		16	/* datagrams read by one call */
#define ROUNDS		4	/* calls in a turn: other sockets wait too */
#define QUEUE		(1 << 20)	/* bytes the kernel keeps for us */

/**
 * struct udp - memory for reading, shared by all sockets
 * @msg: for recvmmsg()
 * @iov: for @msg
 * @source: for @msg
 * @data: for @iov
 */
struct udp {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage source[BATCH];
	char data[BATCH][SIP_READ_MAX];
};

static void prepare(struct udp *udp)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		udp->iov[i] = (struct iovec){
			.iov_base = udp->data[i],
			.iov_len = sizeof(udp->data[i]),
		};
		udp->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &udp->source[i],
			.msg_namelen = sizeof(udp->source[i]),
			.msg_iov = &udp->iov[i],
			.msg_iovlen = 1,
		};
	}
}

/* the flow for a datagram: the last one's again, unless somebody keeps that */
static struct flow *passing(struct listener *l, const struct dp_addr *remote)
{
	struct sip_transport *t = l->t;
	struct flow *flow = t->passing;

	if (flow && flow->refs == 1 && flow->listener == l) {
		flow->pub.remote = *remote;
		flow->pub.reply = *remote;
		return flow;
	}
	if (flow)
		sip_flow_unref(&flow->pub);
	t->passing = sip_flow_make(l, remote);
	return t->passing;
}

static void datagram(struct listener *l, const struct mmsghdr *msg)
{
	const char *data = msg->msg_hdr.msg_iov->iov_base;
	size_t len = msg->msg_len;
	struct dp_addr remote;
	struct flow *flow;

	/* RFC 3261 7.5; what is nothing else keeps a NAT's binding alive */
	while (len && (*data == '\r' || *data == '\n')) {
		data++;
		len--;
	}
	if (!len)
		return;
	if (!dp_addr_from_sockaddr(&remote, msg->msg_hdr.msg_name,
				   msg->msg_hdr.msg_namelen) || !remote.port)
		return;
	if (msg->msg_hdr.msg_flags & MSG_TRUNC || len > l->t->limits.message) {
		l->t->counters.too_big++;
		return;
	}
	flow = passing(l, &remote);
	if (flow)
		sip_input(flow, data, len, false);
}

/* An error of the socket itself has no datagram, and reading has taken it away. */
static void readable(unsigned int events, void *arg)
{
	struct listener *l = arg;
	struct udp *udp = l->t->udp;
	int n = BATCH, i, round;

	for (round = 0; round < ROUNDS && n == BATCH; round++) {
		prepare(udp);
		n = recvmmsg(l->fd, udp->msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++) {
			datagram(l, &udp->msg[i]);
			if (l->fd < 0)
				return;
		}
	}
}

static int udp_open(struct listener *l, const struct sip_listen *listen,
		    char *error)
{
	struct sip_transport *t = l->t;
	int size = QUEUE;

	if (!t->udp)
		t->udp = malloc(sizeof(struct udp));
	if (!t->udp)
		return sip_transport_error(error, ENOMEM, "no memory for UDP");
	l->fd = sip_socket(l, SOCK_DGRAM, listen->local.port);
	if (l->fd < 0)
		return l->fd;
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	l->watch = loop_fd_new(t->loop, l->fd, LOOP_READ, readable, l);
	return l->watch ? 0 : -ENOMEM;
}

static void udp_shut(struct listener *l)
{
	loop_fd_free(l->watch);
	l->watch = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int udp_flow(struct listener *l, const struct sip_target *target,
		    struct flow **flow)
{
	*flow = sip_flow_make(l, &target->addr);
	return *flow ? 0 : -ENOMEM;
}

static int udp_send(struct flow *flow, const struct dp_addr *to,
		    const void *buf, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t n = dp_addr_to_sockaddr(to, &ss);

	if (flow->listener->fd < 0)
		return -ENOTCONN;
	if (sendto(flow->listener->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&ss, n) >= 0)
		return 0;
	return -errno;
}

const struct sip_carrier sip_carrier_udp = {
	.open = udp_open,
	.shut = udp_shut,
	.flow = udp_flow,
	.send = udp_send,
};
