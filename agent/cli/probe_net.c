// SPDX-License-Identifier: GPL-2.0
/* Datagrams of rtplane probe, with their TOS and addresses. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define RCVBUF	(4 << 20)

uint64_t probe_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

bool probe_files(unsigned int n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return false;
	if (limit.rlim_cur < n && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < n ? limit.rlim_max : n;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur >= n;
}

int probe_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int df = IP_PMTUDISC_PROBE, df6 = IPV6_PMTUDISC_PROBE;
	int on = 1, off = 0, rcvbuf = RCVBUF;

	if (fd < 0)
		return -1;
	/* CAP_NET_ADMIN may have more than net.core.rmem_max */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &df6,
			   sizeof(df6));
	}
	return fd;
}

static void read_control(struct msghdr *msg, struct probe_packet *packet)
{
	struct in6_pktinfo in6;
	struct in_pktinfo in4;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			packet->tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_TCLASS) {
			memcpy(&packet->tos, CMSG_DATA(c), sizeof(int));
		} else if (c->cmsg_level == IPPROTO_IP &&
			   c->cmsg_type == IP_PKTINFO) {
			memcpy(&in4, CMSG_DATA(c), sizeof(in4));
			packet->at.family = AF_INET;
			packet->at.v4 = in4.ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_PKTINFO && !packet->at.family) {
			memcpy(&in6, CMSG_DATA(c), sizeof(in6));
			if (IN6_IS_ADDR_V4MAPPED(&in6.ipi6_addr))
				continue;
			packet->at.family = AF_INET6;
			packet->at.v6 = in6.ipi6_addr;
		}
	}
}

bool probe_receive(int fd, struct probe_packet *packet)
{
	union {
		struct cmsghdr align;
		char room[256];
	} control;
	struct sockaddr_storage ss;
	struct iovec iov = { packet->data, packet->room };
	struct msghdr msg = {
		.msg_name = &ss, .msg_namelen = sizeof(ss),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	memset(&packet->at, 0, sizeof(packet->at));
	packet->tos = 0;
	/* what was cut is nobody's; neither is what has no address */
	packet->len = msg.msg_flags & MSG_TRUNC ? 0 : (size_t)n;
	if (!dp_addr_from_sockaddr(&packet->from, (struct sockaddr *)&ss,
				   msg.msg_namelen))
		packet->len = 0;
	read_control(&msg, packet);
	return true;
}

static void add_control(struct msghdr *msg, int level, int type,
			const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control +
					       msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* the address as a socket of that family takes it: an IPv4 address is mapped */
static socklen_t as_family(int fd, const struct dp_addr *addr,
			   struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	int family = AF_UNSPEC;
	socklen_t len = sizeof(family);

	if (addr->family != AF_INET ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) ||
	    family != AF_INET6)
		return dp_addr_to_sockaddr(addr, ss);
	memset(in6, 0, sizeof(*in6));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(addr->port);
	in6->sin6_addr.s6_addr[10] = 0xff;
	in6->sin6_addr.s6_addr[11] = 0xff;
	memcpy(&in6->sin6_addr.s6_addr[12], &addr->v4, 4);
	return sizeof(*in6);
}

bool probe_send(int fd, const struct dp_addr *to, const struct dp_addr *from,
		uint8_t tos, const void *data, size_t len)
{
	union {
		struct cmsghdr align;
		char room[256];
	} control = {};
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct sockaddr_storage ss;
	struct msghdr msg = {
		.msg_name = &ss, .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control,
	};
	struct in6_pktinfo in6 = {};
	struct in_pktinfo in4 = {};
	bool v4 = to->family == AF_INET;
	int value = tos;
	ssize_t n;

	msg.msg_namelen = as_family(fd, to, &ss);
	add_control(&msg, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		    v4 ? IP_TOS : IPV6_TCLASS, &value, sizeof(value));
	if (from && from->family == AF_INET && v4) {
		in4.ipi_spec_dst = from->v4;
		add_control(&msg, IPPROTO_IP, IP_PKTINFO, &in4, sizeof(in4));
	} else if (from && from->family == AF_INET6 && !v4) {
		in6.ipi6_addr = from->v6;
		add_control(&msg, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof(in6));
	}
	do
		n = sendmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}
