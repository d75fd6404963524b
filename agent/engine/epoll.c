// SPDX-License-Identifier: GPL-2.0
/*
 * A worker on epoll, where io_uring is missing or forbidden: each socket that has
 * something is read by one recvmmsg(), and what that brought is sent.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine.h"

/* sockets of a turn, and datagrams of a socket and turn */
#define EVENTS		64
#define DATAGRAMS	32

/**
 * struct slot - a datagram's place
 * @name: source
 * @control: control messages
 * @iov: of @data
 * @data: the datagram and its trailer
 */
struct slot {
	struct sockaddr_in6 name;
	_Alignas(struct cmsghdr) uint8_t control[RX_CONTROL];
	struct iovec iov;
	uint8_t data[MEDIA_MAX + ENGINE_TRAILER];
};

/**
 * struct poller - a worker's epoll
 * @fd: the epoll
 * @in: for recvmmsg()
 * @slot: datagrams
 */
struct poller {
	int fd;
	struct mmsghdr in[DATAGRAMS];
	struct slot slot[DATAGRAMS];
};

static void epoll_arm(struct worker *w, struct media_sock *sock)
{
	struct poller *p = w->io_state;
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.ptr = sock,
	};

	if (sock->of)
		return;
	if (epoll_ctl(p->fd, EPOLL_CTL_ADD, sock->fd, &event)) {
		worker_receive_failed(w, sock, errno);
		w->retry = true;
		return;
	}
	sock->armed = true;
}

static void epoll_disarm(struct worker *w, struct media_sock *sock)
{
	struct poller *p = w->io_state;

	if (sock->armed)
		epoll_ctl(p->fd, EPOLL_CTL_DEL, sock->fd, NULL);
	sock->armed = false;
	worker_let_go(w, sock);
}

/* --- sending --- */

static void send_run(struct worker *w, unsigned int i, unsigned int n)
{
	_Alignas(struct cmsghdr) uint8_t control[TX_CONTROL];
	const struct tx *tx = &w->tx[i];
	struct iovec iov[ENGINE_BATCH];
	unsigned int bytes, k;
	struct msghdr msg;

	bytes = tx_message(tx, n, iov, control, &msg);
	if (sendmsg(tx->out->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	if (n == 1 || !tx_train_refused(errno)) {
		worker_unsent(w, tx->in, n, bytes, errno);
		return;
	}
	tx->out->no_gso = true;
	for (k = 0; k < n; k++)
		send_run(w, i + k, 1);
}

static void epoll_flush(struct worker *w)
{
	tx_send(w, send_run);
}

/* --- receiving --- */

static void receive(struct worker *w, struct media_sock *sock,
		    struct msghdr *msg, const struct slot *slot,
		    unsigned int len)
{
	struct rx rx = {
		.name = (const struct sockaddr *)&slot->name,
		.namelen = msg->msg_namelen,
		.data = (uint8_t *)slot->data,
		.len = len,
		.truncated = msg->msg_flags & MSG_TRUNC,
	};

	rx_control(msg, &rx);
	worker_receive(w, sock, &rx);
}

static void prepare(struct poller *p)
{
	struct msghdr *msg;
	unsigned int i;

	for (i = 0; i < DATAGRAMS; i++) {
		msg = &p->in[i].msg_hdr;
		p->slot[i].iov.iov_base = p->slot[i].data;
		p->slot[i].iov.iov_len = MEDIA_MAX;
		msg->msg_name = &p->slot[i].name;
		msg->msg_namelen = sizeof(p->slot[i].name);
		msg->msg_iov = &p->slot[i].iov;
		msg->msg_iovlen = 1;
		msg->msg_control = p->slot[i].control;
		msg->msg_controllen = sizeof(p->slot[i].control);
		msg->msg_flags = 0;
	}
}

static void readable(struct worker *w, struct media_sock *sock)
{
	struct poller *p = w->io_state;
	int n, i;

	prepare(p);
	n = recvmmsg(sock->fd, p->in, DATAGRAMS, MSG_DONTWAIT, NULL);
	if (n < 0) {
		if (errno != EAGAIN && !worker_receive_failed(w, sock, errno)) {
			/* level-triggered: it would come back at once */
			epoll_ctl(p->fd, EPOLL_CTL_DEL, sock->fd, NULL);
			sock->armed = false;
		}
		return;
	}
	w->more |= n == DATAGRAMS;
	for (i = 0; i < n; i++)
		receive(w, sock, &p->in[i].msg_hdr, &p->slot[i],
			p->in[i].msg_len);
	epoll_flush(w);
}

static void epoll_turn(struct worker *w, int64_t wait)
{
	struct poller *p = w->io_state;
	struct epoll_event events[EVENTS];
	uint64_t woken;
	int n, i;

	if (w->busy) {
		worker_doze(w);
		wait = 0;
	}
	worker_leave(w);
	n = epoll_wait(p->fd, events, EVENTS,
		       wait < 0 ? -1 : (int)(wait / 1000000));
	worker_enter(w);
	w->now = worker_clock();
	w->more = n == EVENTS;
	for (i = 0; i < n; i++) {
		if (events[i].data.ptr)
			readable(w, events[i].data.ptr);
		else if (read(w->wake, &woken, sizeof(woken)) < 0)
			continue;
	}
}

/* --- begin and end --- */

static int epoll_init(struct worker *w, struct dp_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct poller *p = calloc(1, sizeof(*p));

	if (!p)
		return dp_fail(err, ENOMEM, "no memory for a media worker");
	w->io_state = p;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd < 0 || epoll_ctl(p->fd, EPOLL_CTL_ADD, w->wake, &event))
		return dp_fail(err, errno, "cannot make an epoll: %m");
	return 0;
}

static void epoll_exit(struct worker *w)
{
	struct poller *p = w->io_state;

	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	w->io_state = NULL;
}

const struct io_ops io_epoll_ops = {
	.name = "epoll",
	.init = epoll_init,
	.exit = epoll_exit,
	.arm = epoll_arm,
	.disarm = epoll_disarm,
	.flush = epoll_flush,
	.turn = epoll_turn,
};
