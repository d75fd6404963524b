// SPDX-License-Identifier: GPL-2.0
/* Addresses of this host have changed. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "ifwatch.h"
#include "loop.h"
#include "timer.h"

/* a device that comes up gets several at once, and a route a moment later */
#define SETTLE_MS	1000

/**
 * struct ifwatch - a socket of rtnetlink
 * @loop: the event loop
 * @fd: the socket
 * @watch: the loop's
 * @timer: runs while changes are gathered
 * @fn: told
 * @arg: for @fn
 */
struct ifwatch {
	struct loop *loop;
	int fd;
	struct loop_fd *watch;
	struct timer timer;
	void (*fn)(void *arg);
	void *arg;
};

static void on_timer(struct timer *timer, void *arg)
{
	const struct ifwatch *w = arg;

	w->fn(w->arg);
}

/* what they say is not read: something has changed, also where some were lost */
static void on_read(unsigned int events, void *arg)
{
	struct ifwatch *w = arg;
	char buf[8192];
	ssize_t n;

	do
		n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (n >= 0 || errno == ENOBUFS || errno == EINTR);
	if (!timer_is_set(&w->timer))
		timer_set(loop_timers(w->loop), &w->timer, SETTLE_MS);
}

static bool subscribe(const struct ifwatch *w)
{
	const struct sockaddr_nl nl = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};

	return w->fd >= 0 && !bind(w->fd, (const struct sockaddr *)&nl, sizeof(nl));
}

struct ifwatch *ifwatch_new(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct ifwatch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->loop = loop;
	w->fn = fn;
	w->arg = arg;
	timer_init(&w->timer, on_timer, w);
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);
	if (subscribe(w))
		w->watch = loop_fd_new(loop, w->fd, LOOP_READ, on_read, w);
	if (w->watch)
		return w;
	ifwatch_free(w);
	return NULL;
}

void ifwatch_free(struct ifwatch *w)
{
	if (!w)
		return;
	loop_fd_free(w->watch);
	timer_cancel(&w->timer);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
