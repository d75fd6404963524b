/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two phones at a bridge of the user-space datapath:
 *
 *   a (phone) ----- leg A | leg B ----- b (phone)
 *   127.0.0.2:4000  127.0.0.1:30000     127.0.0.3:4000
 *                   127.0.0.1:30002
 */
#ifndef UNIT_PHONES_H
#define UNIT_PHONES_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choose.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "engines.h"
#include "ktap.h"

static struct media *media;
static struct dp *dp;

static struct dp_event events[64];
static unsigned int n_events;

static void on_event(const struct dp_event *event, void *arg)
{
	(void)arg;
	if (n_events < 64)
		events[n_events] = *event;
	n_events++;
}

static unsigned int n_passed;
static enum media_class last_passed;

static void on_passed(struct media_sock *sock, enum media_class class,
		      const struct dp_addr *src, const uint8_t *data,
		      size_t len, void *arg)
{
	(void)sock;
	(void)src;
	(void)data;
	(void)len;
	(void)arg;
	n_passed++;
	last_passed = class;
}

static inline struct dp_addr addr(const char *host, unsigned int port)
{
	struct dp_addr a = {};

	dp_addr_parse_host(host, &a);
	a.port = (uint16_t)port;
	return a;
}

static struct media_conf conf;

static inline bool begin(void)
{
	struct dp_err err = {};

	conf.io = epoll ? MEDIA_IO_EPOLL : MEDIA_IO_URING;
	if (!conf.workers)
		conf.workers = 2;

	n_events = 0;
	n_passed = 0;
	if (media_new(&media, &conf, on_passed, NULL, &err) ||
	    dp_open(&dp, "uring", media, on_event, NULL, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	return true;
}

static inline void end(void)
{
	if (dp)
		dp_close(dp);
	media_free(media);
	dp = NULL;
	media = NULL;
}

/* --- phones --- */

static inline int phone(const struct dp_addr *at)
{
	struct timeval patience = { .tv_sec = 60 };
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(at, &ss);
	int fd = socket(at->family, SOCK_DGRAM, 0);
	int one = 1, size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (at->family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one,
			   sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len))
		printf("# a phone cannot bind: %s\n", strerror(errno));
	return fd;
}

static inline bool say(int fd, const struct dp_addr *to, const void *data, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t sslen = dp_addr_to_sockaddr(to, &ss);

	return sendto(fd, data, len, 0, (struct sockaddr *)&ss, sslen) ==
	       (ssize_t)len;
}

static inline void fill_rtp(uint8_t *p, uint16_t seq)
{
	memset(p, 0, 172);
	p[0] = 0x80;
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	p[6] = (uint8_t)(seq * 160 >> 8);
	p[7] = (uint8_t)(seq * 160);
	p[11] = 7;
}

static inline bool say_rtp(int fd, const struct dp_addr *to, uint16_t seq)
{
	uint8_t p[172];

	fill_rtp(p, seq);
	return say(fd, to, p, sizeof(p));
}

/* what comes: its sequence number; -1: nothing in time; its TOS and source */
static inline int hear(int fd, int *tos, struct dp_addr *from)
{
	_Alignas(struct cmsghdr) uint8_t control[64];
	struct sockaddr_storage ss;
	uint8_t p[2048];
	struct iovec iov = { .iov_base = p, .iov_len = sizeof(p) };
	struct msghdr msg = {
		.msg_name = &ss,
		.msg_namelen = sizeof(ss),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, 0) < 4)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (tos && c)
		*tos = *CMSG_DATA(c);
	if (from)
		dp_addr_from_sockaddr(from, (struct sockaddr *)&ss,
				      msg.msg_namelen);
	return p[2] << 8 | p[3];
}


static inline bool quiet(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 50) == 0;
}

/* until something holds, a minute at most; meanwhile the agent does its part */
#define AWAIT(cond)							\
	__extension__ ({						\
		bool ok_ = (cond);					\
		int ms_ = 0;						\
									\
		while (!ok_ && ms_++ < 60000) {				\
			media_dispatch(media);				\
			dp_dispatch(dp, NULL);				\
			poll(NULL, 0, 1);				\
			ok_ = (cond);					\
		}							\
		ok_;							\
	})

/* --- the bridge --- */

static struct dp_addr leg_a, leg_b, at_a, at_b;
static int a = -1, b = -1;

static inline struct dp_bridge bridge(void)
{
	struct dp_bridge br = { .has_cookie = true, .cookie = 17 };

	br.leg[0].local = leg_a;
	br.leg[0].remote = at_a;
	br.leg[0].set = DP_LEG_REMOTE;
	br.leg[1].local = leg_b;
	br.leg[1].remote = at_b;
	br.leg[1].set = DP_LEG_REMOTE | DP_LEG_EARLY;
	br.leg[1].early = true;
	return br;
}

static inline bool phones(void)
{
	/* a test that failed left it */
	if (media)
		end();
	leg_a = addr("127.0.0.1", 30000);
	leg_b = addr("127.0.0.1", 30002);
	at_a = addr("127.0.0.2", 4000);
	at_b = addr("127.0.0.3", 4000);
	close(a);
	close(b);
	a = phone(&at_a);
	b = phone(&at_b);
	return begin();
}

static inline bool get(const struct dp_addr *local, struct dp_leg_info *info)
{
	struct dp_err err = {};

	if (!dp_leg_get(dp, local, info, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

#endif /* UNIT_PHONES_H */
