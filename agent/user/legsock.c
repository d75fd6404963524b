// SPDX-License-Identifier: GPL-2.0
/* The sockets of legs: held for us already, their own, or a part of what is at a port. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "legconf.h"
#include "legsock.h"

/*
 * Bytes that may wait on a leg's socket: where there are few, as many as 100,000
 * packets/s are in some 100 ms; where there are many, as a call needs.  All that
 * sockets hold is the whole host's (udp_mem), SIP and DNS included.
 */
#define RECEIVE_BUFFER_MAX	(4 << 20)
#define RECEIVE_BUFFER_MIN	(128 << 10)
#define RECEIVE_BUFFERS		(64 << 20)

/* nobody holds this address for us: a socket that lives and dies with the leg */
struct media_sock *legsock_own(struct uring *u, const struct dp_leg *conf,
			       struct dp_err *err)
{
	struct media_sock *sock;
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&conf->local, &ss);
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&ss;
	int one = 1, fd;

	fd = socket(conf->local.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* the address may come later (a standby's), or go and come again */
	if (fd >= 0)
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (fd >= 0 && conf->local.family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		if (IN6_IS_ADDR_LINKLOCAL(&conf->local.v6))
			sin6->sin6_scope_id = conf->oif;
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len)) {
		legconf_refuse(&conf->local, "", errno, strerror(errno), err);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (media_add(u->media, &sock, fd, NULL, err)) {
		close(fd);
		return NULL;
	}
	sock->owned = true;
	return sock;
}

static void set_room(struct media_sock *sock, int size)
{
	sock->room = size;
	/* beyond rmem_max takes a privilege; without it as much as there is */
	if (setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* the socket at @local is a port that calls share, from now on; NULL: refused */
static struct media_sock *share_port(struct uring *u, const struct dp_leg *conf,
				     const struct dp_addr *local, struct dp_err *err)
{
	struct dp_leg port = { .local = *local, .oif = conf->oif };
	struct media_sock *sock = media_find(u->media, local);

	if (!sock)
		sock = legsock_own(u, &port, err);
	if (!sock || sock->shared)
		return sock;
	if (sock->claim) {
		legconf_refuse(&conf->local, "", EEXIST, "a leg has the port for itself", err);
		return NULL;
	}
	set_room(sock, RECEIVE_BUFFER_MAX);
	if (media_move(sock, u->media->worker, err)) {
		/* without a leg it was opened here, and nobody would close it */
		if (sock->owned)
			media_del(sock);
		return NULL;
	}
	sock->shared = true;
	return sock;
}

bool legsock_is_idle(const struct media_sock *sock)
{
	return sock && sock->shared && sock->owned && !sock->parts;
}

/* a part of what is at a port is sent by the socket that the port has, and comes from there */
struct media_sock *legsock_part(struct uring *u, const struct dp_leg *conf,
				struct dp_err *err)
{
	struct dp_addr local = conf->local;
	struct media_sock *of, *sock;

	local.rtcp = false;
	local.line = 0;
	if (calls_is_keyed(&conf->local)) {
		local.call = 0;
		of = share_port(u, conf, &local, err);
	} else {
		of = media_find(u->media, &local);
		if (!of)
			legconf_refuse(&conf->local, "", ENOENT,
				       "there is no leg of RTP with this local address", err);
	}
	if (!of)
		return NULL;
	return media_add_part(&sock, of, &conf->local, err) ? NULL : sock;
}

void legsock_enlarge(const struct uring *u, struct media_sock *sock)
{
	int size = RECEIVE_BUFFERS / (int)(u->n_legs + 1);

	if (sock->of)
		return;
	if (size > RECEIVE_BUFFER_MAX)
		size = RECEIVE_BUFFER_MAX;
	if (size < RECEIVE_BUFFER_MIN)
		size = RECEIVE_BUFFER_MIN;
	/* one that was used before has about as much */
	if (sock->room > size - size / 4 && sock->room < size + size / 4)
		return;
	set_room(sock, size);
}

/* that was opened for a call which is not to be */
void legsock_close_idle(struct uring *u, const struct dp_addr *local)
{
	struct dp_addr port = *local;
	struct media_sock *sock;

	if (!port.call)
		return;
	port.call = 0;
	port.line = 0;
	port.rtcp = false;
	sock = media_find(u->media, &port);
	if (legsock_is_idle(sock))
		media_del(sock);
}
