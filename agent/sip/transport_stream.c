// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over TCP, and what TLS and WebSocket share with it: accepting, connecting,
 * cutting messages out of what comes, queueing what must wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "gate.h"
#include "transport_impl.h"

#define BACKLOG		256
#define ACCEPTS		32	/* in a turn */
#define PAUSE_MS	100	/* of accepting, without descriptors */
#define FIRST_ROOM	4096
#define DEAD_MS		30000	/* that sent bytes may be unacknowledged */

/* ------------------------------------------------------------------------ buffers */

char *sip_bytes_room(struct bytes *b, size_t more)
{
	size_t room = b->room ? b->room : FIRST_ROOM;
	char *p;

	if (b->at) {
		memmove(b->p, b->p + b->at, b->n - b->at);
		b->n -= b->at;
		b->at = 0;
	}
	while (room < b->n + more)
		room *= 2;
	if (room > b->room) {
		p = realloc(b->p, room);
		if (!p)
			return NULL;
		b->p = p;
		b->room = room;
	}
	return b->p + b->n;
}

bool sip_bytes_add(struct bytes *b, const void *p, size_t n)
{
	char *end = sip_bytes_room(b, n);

	if (!end)
		return false;
	memcpy(end, p, n);
	b->n += n;
	return true;
}

void sip_bytes_clear(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){ 0 };
}

void sip_bytes_eat(struct bytes *b, size_t n)
{
	b->at += n;
	if (b->at == b->n)
		sip_bytes_clear(b);	/* who is silent holds nothing */
}

static size_t left(const struct bytes *b)
{
	return b->n - b->at;
}

/* -------------------------------------------------------------------------- table */

/* what counts as one place: an accepted connection's source, IPv6 by its /64 */
static struct dp_addr place_of(const struct dp_addr *addr, bool accepted)
{
	struct dp_addr place = *addr;

	if (!accepted)
		return place;
	place.port = 0;
	if (place.family == AF_INET6)
		memset(place.v6.s6_addr + 8, 0, 8);
	return place;
}

static unsigned int count_source(const struct sip_transport *t,
				 const struct dp_addr *source)
{
	struct dp_addr place = place_of(source, true), other;
	const struct sip_conn *conn;
	unsigned int n = 0;

	LIST_FOREACH(conn, &t->table[sip_slot_of(t, &place)], same) {
		if (!conn->accepted)
			continue;
		other = place_of(&conn->flow->pub.remote, true);
		n += dp_addr_eq(&other, &place);
	}
	return n;
}

static struct sip_conn *find_ours(const struct listener *l,
				  const struct sip_target *target)
{
	struct sip_conn *conn;

	LIST_FOREACH(conn, &l->t->table[sip_slot_of(l->t, &target->addr)], same)
		if (!conn->accepted && conn->state < CONN_ENDING &&
		    conn->flow->pub.proto == target->proto &&
		    conn->flow->listener->pub.realm == l->pub.realm &&
		    dp_addr_eq(&conn->flow->pub.remote, &target->addr) &&
		    !strcmp(conn->host, target->host))
			return conn;
	return NULL;
}

/* ---------------------------------------------------------------------------- end */

static void conn_free(struct sip_conn *conn)
{
	LIST_REMOVE(conn, entry);
	sip_tls_free(conn->tls);
	free(conn->ws);
	sip_flow_unref(&conn->flow->pub);
	free(conn->host);
	free(conn);
}

/* deferred: nobody stands on the connection any more */
static void conn_over(void *arg)
{
	struct sip_conn *conn = arg;
	struct sip_transport *t = conn->t;
	struct flow *flow = conn->flow;

	sip_flow_lost(flow, conn->error);
	if (t->ops.closed)
		t->ops.closed(&flow->pub, conn->error, t->arg);
	conn_free(conn);
}

/* all but the memory, and without a word */
static void conn_shut(struct sip_conn *conn)
{
	struct sip_transport *t = conn->t;

	if (conn->accepted) {
		t->counters.connections--;
		conn->flow->listener->conns--;
	}
	conn->state = CONN_CLOSED;
	conn->flow->pub.conn = NULL;
	LIST_REMOVE(conn, same);
	timer_cancel(&conn->timer);
	loop_fd_free(conn->watch);
	conn->watch = NULL;
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	t->unfinished -= left(&conn->in);
	sip_bytes_clear(&conn->in);
	sip_bytes_clear(&conn->out);
	sip_bytes_clear(&conn->pending);
}

static void count_end(struct sip_conn *conn, int error)
{
	struct sip_counters *count = &conn->t->counters;

	if (conn->state == CONN_HANDSHAKE)
		count->handshake_failed++;
	else if (conn->state == CONN_OPEN && error == ETIME)
		count->slow_head++;
	else if (conn->state == CONN_OPEN && error == ESHUTDOWN)
		count->idle++;
}

/* what a failure to get there tells about the place */
static void note_end(const struct sip_conn *conn, int error)
{
	if (conn->state > CONN_HANDSHAKE || conn->accepted ||
	    error == ECANCELED)
		return;
	sip_note_failed(conn->t, conn->flow->pub.proto,
			&conn->flow->pub.remote, error == ETIMEDOUT);
}

void sip_conn_close(struct sip_conn *conn, int error)
{
	if (conn->state == CONN_CLOSED)
		return;
	count_end(conn, error);
	note_end(conn, error);
	if (conn->state == CONN_OPEN && conn->tls && error != ENOBUFS)
		sip_tls_bye(conn);
	conn_shut(conn);
	conn->error = error;
	conn->later = (struct loop_later){ .fn = conn_over, .arg = conn };
	loop_defer(conn->t->loop, &conn->later);
}

/* of an open one, in its own layers' words; it may be closed then */
static void say_goodbye(struct sip_conn *conn)
{
	if (conn->ws)
		sip_ws_bye(conn);
	if (conn->state == CONN_OPEN && conn->tls)
		sip_tls_bye(conn);
}

void sip_stream_drop_all(struct sip_transport *t)
{
	struct sip_conn *conn;

	while ((conn = LIST_FIRST(&t->conns))) {
		if (conn->state == CONN_OPEN)
			say_goodbye(conn);
		if (conn->state != CONN_CLOSED)
			conn_shut(conn);
		loop_defer_cancel(&conn->later);
		conn_free(conn);
	}
}

/* ------------------------------------------------------------------------- timing */

static uint64_t now_of(const struct sip_conn *conn)
{
	return loop_now(conn->t->loop);
}

static uint64_t deadline(const struct sip_conn *conn, int *why)
{
	return sip_limit_deadline(conn, &conn->t->limits, conn->flow->holds,
				  why);
}

void sip_conn_touch(struct sip_conn *conn)
{
	uint64_t now = now_of(conn), at, wait;
	int why;

	at = deadline(conn, &why);
	if (at == TIMER_NEVER)
		return;
	wait = at > now ? at - now : 0;
	if (timer_left(&conn->timer) > wait)
		timer_set(loop_timers(conn->t->loop), &conn->timer, wait);
}

static void watch(struct sip_conn *conn)
{
	unsigned int events = 0;

	if (conn->state == CONN_CLOSED)
		return;
	if (conn->state != CONN_CONNECTING && !conn->paused)
		events |= LOOP_READ;
	if (conn->state == CONN_CONNECTING || left(&conn->out))
		events |= LOOP_WRITE;
	loop_fd_set(conn->watch, events);
}

static void resume(struct sip_conn *conn)
{
	conn->paused = false;
	sip_conn_frames(conn);
	if (conn->tls && conn->state == CONN_OPEN && !conn->paused)
		sip_tls_more(conn);
	watch(conn);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct sip_conn *conn = arg;
	int why;

	if (deadline(conn, &why) <= now_of(conn)) {
		if (why) {
			sip_conn_close(conn, why);
			return;
		}
		resume(conn);
	}
	if (conn->state != CONN_CLOSED)
		sip_conn_touch(conn);
}

void sip_conn_too_fast(struct sip_conn *conn)
{
	uint64_t wait = sip_limit_rate(&conn->due, conn->t->limits.rate,
				       now_of(conn) * 1000);

	if (!wait)
		return;
	conn->t->counters.too_fast++;
	conn->paused = true;
	conn->resume = now_of(conn) + wait / 1000 + 1;
}

/* ------------------------------------------------------------------------ writing */

/* false: the connection was closed */
static bool flush(struct sip_conn *conn)
{
	struct bytes *out = &conn->out;
	ssize_t n;

	while (left(out)) {
		n = send(conn->fd, out->p + out->at, left(out),
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			sip_conn_close(conn, errno);
			return false;
		}
		sip_bytes_eat(out, (size_t)n);
	}
	if (conn->state == CONN_ENDING && !left(out))
		shutdown(conn->fd, SHUT_WR);
	watch(conn);
	return true;
}

bool sip_conn_write(struct sip_conn *conn, const void *buf, size_t len)
{
	if (left(&conn->out) + left(&conn->pending) + len >
	    conn->t->limits.output) {
		conn->t->counters.slow_reader++;
		sip_conn_close(conn, ENOBUFS);
		return false;
	}
	if (!sip_bytes_add(&conn->out, buf, len)) {
		sip_conn_close(conn, ENOMEM);
		return false;
	}
	return conn->state == CONN_CONNECTING || flush(conn);
}

bool sip_conn_say(struct sip_conn *conn, const void *buf, size_t len)
{
	return sip_proto_is_secure(conn->flow->pub.proto) ?
	       sip_tls_send(conn, buf, len) : sip_conn_write(conn, buf, len);
}

int sip_stream_send(struct flow *flow, const struct dp_addr *to,
		    const void *buf, size_t len)
{
	struct sip_conn *conn = flow->pub.conn;

	(void)to;
	if (!conn || conn->state >= CONN_ENDING)
		return -ENOTCONN;
	return sip_conn_say(conn, buf, len) ? 0 : -conn->error;
}

void sip_conn_end(struct sip_conn *conn)
{
	if (conn->state != CONN_OPEN) {
		sip_conn_close(conn, ECANCELED);
		return;
	}
	say_goodbye(conn);
	if (conn->state != CONN_OPEN)
		return;
	conn->state = CONN_ENDING;
	conn->begun = now_of(conn);
	conn->paused = false;
	conn->t->unfinished -= left(&conn->in);
	sip_bytes_clear(&conn->in);
	sip_conn_touch(conn);
	flush(conn);
}

/* ------------------------------------------------------------------------ reading */

/* the answer to a message that cannot be delimited, as far as it can be read */
static void turn_down(struct sip_conn *conn, const char *data)
{
	struct sip_frame *frame = &conn->frame;
	struct sip_msg *msg = NULL;

	if (frame->length)
		msg = sip_msg_parse(data + frame->skip, frame->length, true,
				    NULL);
	if (msg)
		sip_turn_down(conn->flow, msg, frame->fault.status,
			      span_of(frame->fault.text));
	sip_msg_drop(msg);
	if (conn->state == CONN_OPEN)
		sip_conn_end(conn);
}

void sip_conn_eat(struct sip_conn *conn, size_t n)
{
	conn->t->unfinished -= n;
	sip_bytes_eat(&conn->in, n);
	conn->message = 0;
}

static bool is_too_big(struct sip_conn *conn)
{
	const struct sip_limits *limits = &conn->t->limits;
	size_t n = left(&conn->in);

	if (n <= limits->message &&
	    (n <= limits->head || !sip_frame_in_head(&conn->frame)) &&
	    conn->t->unfinished <= limits->unfinished)
		return false;
	conn->t->counters.too_big++;
	sip_conn_close(conn, EMSGSIZE);
	return true;
}

void sip_conn_await(struct sip_conn *conn)
{
	if (!conn->message)
		conn->message = now_of(conn);
	sip_conn_touch(conn);
}

void sip_conn_garbage(struct sip_conn *conn)
{
	conn->t->counters.garbage++;
	sip_note_offence(conn->t, &conn->flow->pub.remote, SIP_GATE_GARBAGE,
			 true);
}

/* The connection's flow is held, and its memory stays, whatever happens above. */
bool sip_conn_message(struct sip_conn *conn, const char *data, size_t len,
		      bool stream)
{
	struct sip_peek peek;

	if (!sip_peek(data, len, &peek))
		return false;
	conn->spoke = true;
	sip_input(conn->flow, data, len, stream);
	return true;
}

/* who does not even begin as SIP does speaks something else */
static void message(struct sip_conn *conn, const char *data)
{
	size_t skip = conn->frame.skip, length = conn->frame.length;

	if (!sip_conn_message(conn, data + skip, length, true)) {
		sip_conn_garbage(conn);
		sip_conn_close(conn, EPROTO);
	} else if (conn->state == CONN_OPEN) {
		sip_conn_eat(conn, skip + length);
	}
}

/* of TCP and TLS */
static void stream_frames(struct sip_conn *conn)
{
	const char *data;

	while (conn->state == CONN_OPEN && !conn->paused && left(&conn->in)) {
		data = conn->in.p + conn->in.at;
		switch (sip_frame_feed(&conn->frame, data, left(&conn->in))) {
		case SIP_FRAME_MORE:
			if (is_too_big(conn))
				return;
			sip_conn_await(conn);
			return;
		case SIP_FRAME_MESSAGE:
			message(conn, data);
			break;
		case SIP_FRAME_PING:
			conn->t->counters.pings++;
			sip_conn_eat(conn, conn->frame.skip);
			sip_flow_reply(&conn->flow->pub, "\r\n", 2);
			break;
		case SIP_FRAME_PONG:
			sip_conn_eat(conn, conn->frame.skip);
			break;
		case SIP_FRAME_BAD:
			sip_conn_garbage(conn);
			turn_down(conn, data);
			return;
		}
		if (conn->state == CONN_OPEN)
			sip_conn_too_fast(conn);
	}
}

void sip_conn_frames(struct sip_conn *conn)
{
	if (conn->ws)
		sip_ws_frames(conn);
	else
		stream_frames(conn);
	if (conn->paused)
		sip_conn_touch(conn);
}

static void came(struct sip_conn *conn, const char *data, size_t len)
{
	if (conn->state == CONN_ENDING)
		return;
	conn->heard = now_of(conn);
	if (conn->tls) {
		sip_tls_input(conn, data, len);
		return;
	}
	if (!sip_bytes_add(&conn->in, data, len)) {
		sip_conn_close(conn, ENOMEM);
		return;
	}
	conn->t->unfinished += len;
	sip_conn_frames(conn);
}

/*
 * As much as a turn may bring: what is not taken stays with the kernel, which
 * tells again.  What is kept is never more than a message.
 */
static void read_some(struct sip_conn *conn)
{
	struct sip_transport *t = conn->t;
	size_t room = SIP_READ_MAX - left(&conn->in);
	ssize_t n;

	if (conn->tls || conn->state == CONN_ENDING)
		room = SIP_READ_MAX / 4;
	if (!room)
		return;
	n = recv(conn->fd, t->scratch, room, MSG_DONTWAIT);
	if (n > 0)
		came(conn, t->scratch, (size_t)n);
	else if (!n)
		sip_conn_close(conn, ECONNRESET);
	else if (errno != EAGAIN && errno != EINTR)
		sip_conn_close(conn, errno);
}

/* ---------------------------------------------------------------- begin: both ways */

static void connected(struct sip_conn *conn)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error) {
		sip_conn_close(conn, error);
		return;
	}
	conn->begun = now_of(conn);
	conn->heard = conn->begun;
	if (sip_proto_is_websocket(conn->flow->pub.proto) && !sip_ws_begin(conn)) {
		sip_conn_close(conn, ENOMEM);
	} else if (sip_proto_is_secure(conn->flow->pub.proto)) {
		conn->state = CONN_HANDSHAKE;
		if (!sip_tls_begin(conn))
			sip_conn_close(conn, ENOMEM);
	} else {
		conn->state = CONN_OPEN;
		sip_note_reached(conn->t, SIP_PROTO_TCP,
				 &conn->flow->pub.remote);
		flush(conn);
	}
	if (conn->state == CONN_CLOSED)
		return;
	timer_cancel(&conn->timer);
	sip_conn_touch(conn);
	watch(conn);
}

static void ready(unsigned int events, void *arg)
{
	struct sip_conn *conn = arg;

	if (conn->state == CONN_CONNECTING) {
		connected(conn);
		return;
	}
	if (events & LOOP_WRITE && !flush(conn))
		return;
	if (events & LOOP_READ)
		read_some(conn);
	watch(conn);
}

static void set_options(int fd)
{
	unsigned int dead = DEAD_MS;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
}

/* takes @fd, if it succeeds */
static struct sip_conn *conn_make(struct listener *l, int fd,
				  const struct dp_addr *remote, bool accepted,
				  const char *host)
{
	struct sip_conn *conn = calloc(1, sizeof(*conn));
	struct sip_transport *t = l->t;
	struct dp_addr place = place_of(remote, accepted);

	if (!conn)
		return NULL;
	conn->t = t;
	conn->accepted = accepted;
	conn->state = CONN_CONNECTING;
	conn->begun = loop_now(t->loop);
	conn->heard = conn->begun;
	conn->flow = sip_flow_make(l, remote);
	conn->host = strdup(host);
	conn->watch = loop_fd_new(t->loop, fd, 0, ready, conn);
	if (!conn->flow || !conn->host || !conn->watch) {
		loop_fd_free(conn->watch);
		free(conn->host);
		if (conn->flow)
			sip_flow_unref(&conn->flow->pub);
		free(conn);
		return NULL;
	}
	conn->fd = fd;
	conn->flow->pub.conn = conn;
	timer_init(&conn->timer, on_timer, conn);
	LIST_INSERT_HEAD(&t->conns, conn, entry);
	LIST_INSERT_HEAD(&t->table[sip_slot_of(t, &place)], conn, same);
	return conn;
}

/* ----------------------------------------------------------------------- accepting */

static unsigned int count_realm(const struct listener *l)
{
	const struct listener *other;
	unsigned int n = 0;

	LIST_FOREACH(other, &l->t->listeners, entry)
		if (other->pub.realm == l->pub.realm)
			n += other->conns;
	return n;
}

/* descriptors are given out lowest first: this one tells how many are taken */
static bool is_reserved(const struct sip_transport *t, int fd)
{
	struct rlimit limit;

	return !getrlimit(RLIMIT_NOFILE, &limit) &&
	       (rlim_t)fd + t->limits.reserve >= limit.rlim_cur;
}

static void log_denied(struct listener *l, const struct dp_addr *source)
{
	char why[SIP_GATE_WHY_LEN];

	if (sip_gate_why(l->gate, source, loop_now(l->t->loop), why, sizeof(why)))
		log_info("a connection is refused: %s", why);
}

static bool may_come(struct listener *l, int fd, const struct dp_addr *source)
{
	const struct sip_limits *limits = &l->t->limits;
	bool known = l->gate && sip_gate_known(l->gate, source);
	uint32_t each = sip_gate_connections(l->gate);
	unsigned int all = limits->connections;
	enum sip_gate_reason why;

	why = sip_gate_connect(l->gate, source, loop_now(l->t->loop));
	sip_note_offence(l->t, source, why, true);
	if (why == SIP_GATE_DENIED)
		log_denied(l, source);
	if (why != SIP_GATE_OK)
		return false;
	if (is_reserved(l->t, fd))
		return false;
	if (!known) {
		all -= all / 8;
		if (count_source(l->t, source) >= (each ? each : limits->per_source))
			return false;
	}
	return l->t->counters.connections < all &&
	       count_realm(l) < limits->per_realm;
}

static void welcome(struct listener *l, int fd, const struct dp_addr *source)
{
	struct sip_conn *conn = NULL;

	if (may_come(l, fd, source))
		conn = conn_make(l, fd, source, true, "");
	if (!conn) {
		l->t->counters.turned_away++;
		close(fd);
		return;
	}
	l->t->counters.accepted++;
	l->t->counters.connections++;
	l->conns++;
	set_options(fd);
	connected(conn);
}

static void accept_again(struct timer *timer, void *arg)
{
	struct listener *l = arg;

	loop_fd_set(l->watch, LOOP_READ);
}

/*
 * A connection that there is no descriptor for would be offered for ever: it is
 * taken with the spare one and ended, or else nothing is taken for a while.
 */
static void turn_away(struct listener *l)
{
	struct sip_transport *t = l->t;
	int fd = -1;

	t->counters.no_descriptor++;
	if (t->spare >= 0) {
		close(t->spare);
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			t->counters.turned_away++;
		}
	}
	t->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return;
	loop_fd_set(l->watch, 0);
	timer_set(loop_timers(t->loop), &l->pause, PAUSE_MS);
}

static void acceptable(unsigned int events, void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage ss;
	struct dp_addr source;
	socklen_t len;
	int fd, i;

	for (i = 0; i < ACCEPTS && l->fd >= 0; i++) {
		len = sizeof(ss);
		fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
			continue;
		if (fd < 0) {
			if (errno != EAGAIN)
				turn_away(l);
			return;
		}
		if (dp_addr_from_sockaddr(&source, (struct sockaddr *)&ss, len))
			welcome(l, fd, &source);
		else
			close(fd);
	}
}

int sip_stream_open(struct listener *l, const struct sip_listen *listen_on,
		    char *error)
{
	(void)error;
	timer_init(&l->pause, accept_again, l);
	l->fd = sip_socket(l, SOCK_STREAM, listen_on->local.port);
	if (l->fd < 0)
		return l->fd;
	if (listen(l->fd, BACKLOG))
		return -errno;
	l->watch = loop_fd_new(l->t->loop, l->fd, LOOP_READ, acceptable, l);
	return l->watch ? 0 : -ENOMEM;
}

/* Connections that nobody uses go too. */
void sip_stream_shut(struct listener *l)
{
	struct sip_conn *conn;

	timer_cancel(&l->pause);
	loop_fd_free(l->watch);
	l->watch = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	LIST_FOREACH(conn, &l->t->conns, entry)
		if (conn->flow->listener == l && !conn->flow->holds &&
		    conn->state < CONN_ENDING)
			sip_conn_end(conn);
}

/* ---------------------------------------------------------------------- connecting */

static int begin(struct listener *l, const struct sip_target *target,
		 struct sip_conn **conn)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&target->addr, &ss);
	int fd = sip_socket(l, SOCK_STREAM, 0);
	int error;

	if (fd < 0)
		return fd;
	set_options(fd);
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS) {
		error = errno;
		sip_note_failed(l->t, target->proto, &target->addr, false);
		close(fd);
		return -error;
	}
	*conn = conn_make(l, fd, &target->addr, false, target->host);
	if (!*conn) {
		close(fd);
		return -ENOMEM;
	}
	watch(*conn);
	sip_conn_touch(*conn);
	return 0;
}

int sip_stream_flow(struct listener *l, const struct sip_target *target,
		    struct flow **flow)
{
	struct sip_conn *conn = find_ours(l, target);
	int ret = 0;

	if (!conn) {
		if (sip_has_failed(l->t, target->proto, &target->addr,
				   l->t->limits.failed_ms / 3, true))
			return -EHOSTDOWN;
		ret = begin(l, target, &conn);
	}
	if (ret)
		return ret;
	sip_flow_ref(&conn->flow->pub);
	*flow = conn->flow;
	return 0;
}

const struct sip_carrier sip_carrier_tcp = {
	.open = sip_stream_open,
	.shut = sip_stream_shut,
	.flow = sip_stream_flow,
	.send = sip_stream_send,
};
