// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: messages one after the other, in however many pieces they come.  One
 * message a turn, and the next one when the reply to this is out, so that who asks
 * much, or does not read, holds nobody up and costs no more than one reply.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "private.h"

#define CONNS_MAX	256
#define ROOM		(NG_COOKIE_MAX + 1 + NG_MESSAGE_MAX + 1)
#define ROOM_FIRST	4096
#define PATIENCE	10000	/* ms for the rest of a message, and to read a reply */
#define PAUSE		1000	/* ms without accepting, for want of descriptors */

/**
 * struct ng_conn - a connection
 * @entry: among all
 * @ng: the front end
 * @from: the other end
 * @fd: the socket
 * @watch: of @fd
 * @timer: ends it if it keeps us waiting
 * @later: looks at what has come already
 * @frame: the message that is coming, in @in
 * @in: what has come; NULL: nothing
 * @n_in: bytes in it
 * @room: its size
 * @out: a reply that is not out yet
 * @n_out: its bytes
 * @sent: of these
 * @last: @out is the last reply: what comes is thrown away until the other end ends
 *	it, or @timer
 */
struct ng_conn {
	LIST_ENTRY(ng_conn) entry;
	struct ng *ng;
	struct dp_addr from;
	int fd;
	struct loop_fd *watch;
	struct timer timer;
	struct loop_later later;
	struct ng_frame frame;
	char *in;
	size_t n_in;
	size_t room;
	char *out;
	size_t n_out;
	size_t sent;
	bool last;
};

static void hang_up(struct ng_conn *conn)
{
	LIST_REMOVE(conn, entry);
	conn->ng->n_conns--;
	timer_cancel(&conn->timer);
	loop_defer_cancel(&conn->later);
	loop_fd_free(conn->watch);
	close(conn->fd);
	free(conn->in);
	free(conn->out);
	free(conn);
}

void ng_tcp_close_all(struct ng *ng)
{
	while (!LIST_EMPTY(&ng->conns))
		hang_up(LIST_FIRST(&ng->conns));
}

static void on_late(struct timer *timer, void *arg)
{
	hang_up(arg);
}

/* while something is awaited of the other end: the time does not begin anew */
static void watch_time(struct ng_conn *conn)
{
	bool waits = conn->out || conn->n_in || conn->last;

	if (!waits)
		timer_cancel(&conn->timer);
	else if (!timer_is_set(&conn->timer))
		timer_set(conn->ng->timers, &conn->timer, PATIENCE);
}

/* false: it is gone */
static bool flush(struct ng_conn *conn)
{
	ssize_t n;

	while (conn->sent < conn->n_out) {
		n = send(conn->fd, conn->out + conn->sent,
			 conn->n_out - conn->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_fd_set(conn->watch, LOOP_WRITE);
			return true;
		}
		if (n < 0) {
			hang_up(conn);
			return false;
		}
		conn->sent += (size_t)n;
	}
	free(conn->out);
	conn->out = NULL;
	timer_cancel(&conn->timer);
	/* what is closed while something comes is reset, and the reply may be lost */
	if (conn->last)
		shutdown(conn->fd, SHUT_WR);
	loop_fd_set(conn->watch, LOOP_READ);
	return true;
}

static bool reply(struct ng_conn *conn, char *text, size_t len)
{
	if (!text)
		return true;
	conn->out = text;
	conn->n_out = len;
	conn->sent = 0;
	return flush(conn);
}

/* behind it nobody knows where the next message begins */
static bool give_up(struct ng_conn *conn)
{
	struct span message = { conn->in + conn->frame.start,
				conn->n_in - conn->frame.start };
	size_t len;
	char *text;

	conn->last = true;
	text = ng_refusal(message, "Invalid NG data format", &len);
	if (text)
		return reply(conn, text, len);
	hang_up(conn);
	return false;
}

static void consume(struct ng_conn *conn, size_t n)
{
	conn->n_in -= n;
	memmove(conn->in, conn->in + n, conn->n_in);
	conn->frame = (struct ng_frame){ 0 };
	timer_cancel(&conn->timer);
	if (conn->n_in)
		return;
	free(conn->in);
	conn->in = NULL;
	conn->room = 0;
}

/* those before a message, so that there is room for all of it behind them */
static void drop_blanks(struct ng_conn *conn)
{
	struct ng_frame *frame = &conn->frame;

	if (frame->state == NG_FRAME_START) {
		consume(conn, conn->n_in);
		return;
	}
	conn->n_in -= frame->start;
	memmove(conn->in, conn->in + frame->start, conn->n_in);
	frame->at -= frame->start;
	frame->start = 0;
}

/* at most one message; false: it is gone */
static bool serve(struct ng_conn *conn)
{
	struct span message;
	char *text;
	size_t len;

	if (conn->out || conn->last || !conn->n_in)
		return true;
	switch (ng_frame(&conn->frame, conn->in, conn->n_in)) {
	case NG_FRAMED_MORE:
		drop_blanks(conn);
		return true;
	case NG_FRAMED_BROKEN:
		return give_up(conn);
	case NG_FRAMED_WHOLE:
		break;
	}
	message = (struct span){ conn->in + conn->frame.start,
				 conn->frame.at - conn->frame.start };
	text = ng_request(conn->ng, &conn->from, false, message, &len);
	consume(conn, conn->frame.at);
	if (!reply(conn, text, len))
		return false;
	if (!conn->n_in || conn->out)
		return true;
	loop_fd_set(conn->watch, 0);
	loop_defer(conn->ng->conf.loop, &conn->later);
	return true;
}

static void on_later(void *arg)
{
	struct ng_conn *conn = arg;

	loop_fd_set(conn->watch, LOOP_READ);
	if (serve(conn))
		watch_time(conn);
}

static bool make_room(struct ng_conn *conn)
{
	size_t room = conn->room ? conn->room * 4 : ROOM_FIRST;
	char *in;

	if (conn->n_in < conn->room)
		return true;
	if (conn->room == ROOM)
		return false;
	if (room > ROOM)
		room = ROOM;
	in = realloc(conn->in, room);
	if (!in)
		return false;
	conn->in = in;
	conn->room = room;
	return true;
}

/* false: it is gone */
static bool take(struct ng_conn *conn)
{
	ssize_t n;

	if (conn->last)
		consume(conn, conn->n_in);
	/* no message is so long that it does not go in, and is not known as broken */
	if (!make_room(conn)) {
		hang_up(conn);
		return false;
	}
	n = recv(conn->fd, conn->in + conn->n_in, conn->room - conn->n_in,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		hang_up(conn);
		return false;
	}
	conn->n_in += (size_t)n;
	return true;
}

static void on_conn(unsigned int events, void *arg)
{
	struct ng_conn *conn = arg;

	if (conn->out) {
		if (!flush(conn))
			return;
	} else if (!take(conn)) {
		return;
	}
	if (serve(conn))
		watch_time(conn);
}

static bool welcome(struct ng_listener *listener, int fd,
		    const struct dp_addr *from)
{
	struct ng *ng = listener->ng;
	struct ng_conn *conn;
	int one = 1;

	if (ng->n_conns == CONNS_MAX) {
		log_warning("a connection of the control protocol ng is refused: there are %u",
			    ng->n_conns);
		return false;
	}
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return false;
	conn->ng = ng;
	conn->fd = fd;
	conn->from = *from;
	conn->later = (struct loop_later){ .fn = on_later, .arg = conn };
	timer_init(&conn->timer, on_late, conn);
	conn->watch = loop_fd_new(ng->conf.loop, fd, LOOP_READ, on_conn, conn);
	if (!conn->watch) {
		free(conn);
		return false;
	}
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	LIST_INSERT_HEAD(&ng->conns, conn, entry);
	ng->n_conns++;
	return true;
}

static void on_resume(struct timer *timer, void *arg)
{
	struct ng_listener *listener = arg;

	loop_fd_set(listener->watch, LOOP_READ);
}

static void on_accept(unsigned int events, void *arg)
{
	struct ng_listener *listener = arg;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct dp_addr from;
	int fd;

	fd = accept4(listener->fd, (struct sockaddr *)&ss, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		    errno != ENOMEM)
			return;
		/* it would be offered for ever */
		loop_fd_set(listener->watch, 0);
		timer_set(listener->ng->timers, &listener->pause, PAUSE);
		return;
	}
	if (!dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len) ||
	    !ng_listener_allows(listener, &from) ||
	    !welcome(listener, fd, &from))
		close(fd);
}

int ng_tcp_open(struct ng_listener *listener)
{
	timer_init(&listener->pause, on_resume, listener);
	listener->fd = ng_listener_socket(listener, SOCK_STREAM);
	if (listener->fd < 0)
		return listener->fd;
	if (listen(listener->fd, SOMAXCONN))
		return -errno;
	listener->watch = loop_fd_new(listener->ng->conf.loop, listener->fd,
				      LOOP_READ, on_accept, listener);
	return listener->watch ? 0 : -ENOMEM;
}
