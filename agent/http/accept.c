// SPDX-License-Identifier: GPL-2.0
/*
 * Connections as they come: who may not is gone before anything of his is read, and
 * so is who has too many.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "private.h"

#define PAUSE	1000	/* ms without accepting, for want of descriptors */

static unsigned int count_of(const struct http *http, const struct dp_addr *from)
{
	const struct http_conn *conn;
	unsigned int n = 0;

	LIST_FOREACH(conn, &http->conns, entry)
		n += dp_addr_same_host(&conn->from, from);
	return n;
}

static bool is_too_many(const struct http *http, const struct dp_addr *from)
{
	if (http->n_conns < HTTP_CONNS_MAX &&
	    count_of(http, from) < HTTP_SOURCE_MAX)
		return false;
	log_debug("a connection of HTTP is refused: there are %u, and as many as %d may be of one address",
		  http->n_conns, HTTP_SOURCE_MAX);
	return true;
}

static void on_late(struct timer *timer, void *arg)
{
	struct http_conn *conn = arg;

	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
			LWS_TO_KILL_SYNC);
}

static struct http_conn *add(struct http_open *open, const struct dp_addr *from)
{
	struct http_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->open = open;
	conn->from = *from;
	STAILQ_INIT(&conn->out);
	timer_init(&conn->timer, on_late, conn);
	LIST_INSERT_HEAD(&open->http->conns, conn, entry);
	open->http->n_conns++;
	return conn;
}

/*
 * From here on the socket is libwebsockets', which closes it whatever happens.  It has the
 * connection only when all has gone well: what it gives up here it closes some turns
 * later, and would tell us then.
 */
static void welcome(struct http_open *open, int fd, const struct dp_addr *from)
{
	lws_adopt_desc_t desc = {
		.vh = open->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
		.fd.sockfd = fd,
	};
	struct http_conn *conn = add(open, from);
	int one = 1;

	if (!conn) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn->wsi = lws_adopt_descriptor_vhost_via_info(&desc);
	if (conn->wsi)
		lws_set_opaque_user_data(conn->wsi, conn);
	else
		http_conn_free(conn);
}

static void on_resume(struct timer *timer, void *arg)
{
	struct http_open *open = arg;

	loop_fd_set(open->watch, LOOP_READ);
}

static void on_accept(unsigned int events, void *arg)
{
	struct http_open *open = arg;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct dp_addr from;
	int fd;

	fd = accept4(open->fd, (struct sockaddr *)&ss, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		    errno != ENOMEM)
			return;
		/* it would be offered for ever */
		loop_fd_set(open->watch, 0);
		timer_set(open->http->timers, &open->pause, PAUSE);
		return;
	}
	if (!dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len) ||
	    !open->site.allows(&from, open->site.arg) ||
	    is_too_many(open->http, &from))
		close(fd);
	else
		welcome(open, fd, &from);
}

static int bind_to(struct http_open *open)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&open->site.listen, &ss);
	int one = 1;

	open->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  0);
	if (open->fd < 0)
		return -errno;
	if (ss.ss_family == AF_INET6)
		setsockopt(open->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(open->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(open->fd, (struct sockaddr *)&ss, len) ||
	    listen(open->fd, SOMAXCONN))
		return -errno;
	open->watch = loop_fd_new(open->http->loop, open->fd, LOOP_READ, on_accept,
				  open);
	return open->watch ? 0 : -ENOMEM;
}

int http_accept_begin(struct http_open *open)
{
	int ret;

	timer_init(&open->pause, on_resume, open);
	ret = bind_to(open);
	if (ret)
		http_accept_end(open);
	return ret;
}

void http_accept_end(struct http_open *open)
{
	timer_cancel(&open->pause);
	loop_fd_free(open->watch);
	open->watch = NULL;
	if (open->fd >= 0)
		close(open->fd);
	open->fd = -1;
}
