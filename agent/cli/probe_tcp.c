// SPDX-License-Identifier: GPL-2.0
/* rtplane probe HOST tcp: each port by a connection, which the server must answer. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define AT_ONCE		256
#define PATIENCE	4000000u	/* microseconds for a connection, */
#define ANSWER		15000000u	/* and for the answer of a server that is there */

/**
 * struct conn - a connection
 * @fd: its socket; -1: this place is free
 * @port: where to
 * @connected: it is there, and the question is out
 * @seq: of the question
 * @end: until when it is waited for
 */
struct conn {
	int fd;
	uint16_t port;
	bool connected;
	uint32_t seq;
	uint64_t end;
};

/**
 * struct tcp - a run
 * @words: what was said
 * @as: name and cookie
 * @seq: the last number
 * @r: what is found
 * @conns: those that are being tried
 */
struct tcp {
	const struct probe_words *words;
	const struct probe_msg *as;
	uint32_t *seq;
	struct probe_result *r;
	struct conn conns[AT_ONCE];
};

static void done(struct tcp *t, struct conn *c, enum port_state state)
{
	t->r->ports[c->port].tcp = (uint8_t)state;
	close(c->fd);
	c->fd = -1;
}

static enum port_state state_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return PORT_CLOSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
		return PORT_UNREACHABLE;
	case EACCES:
	case EPERM:
		return PORT_PROHIBITED;
	default:
		return PORT_FILTERED;
	}
}

static void begin(struct tcp *t, struct conn *c, uint16_t port)
{
	struct dp_addr to = t->words->host;
	struct sockaddr_storage ss;
	socklen_t len;

	c->port = port;
	c->connected = false;
	c->end = probe_now() + PATIENCE;
	c->fd = socket(to.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return;
	to.port = port;
	len = dp_addr_to_sockaddr(&to, &ss);
	if (connect(c->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		done(t, c, state_of(errno));
}

static void connected(struct tcp *t, struct conn *c)
{
	struct probe_msg msg = *t->as;
	uint8_t buf[PROBE_MIN];
	int error = 0;
	socklen_t len = sizeof(error);
	size_t n;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		done(t, c, state_of(error));
		return;
	}
	msg.type = PROBE_PROBE;
	msg.seq = c->seq = ++*t->seq;
	msg.sent = probe_now();
	n = probe_write(&t->words->key, &msg, buf, sizeof(buf));
	if (!n || send(c->fd, buf, n, MSG_NOSIGNAL) != (ssize_t)n) {
		done(t, c, PORT_STRANGE);
		return;
	}
	c->connected = true;
	c->end = probe_now() + ANSWER;
}

static void answered(struct tcp *t, struct conn *c)
{
	uint8_t buf[PROBE_MIN];
	struct probe_msg msg;
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	done(t, c, n > 0 && probe_read(&t->words->key, buf, (size_t)n, &msg) &&
	     msg.type == PROBE_ECHO && msg.seq == c->seq &&
	     !memcmp(msg.session, t->as->session, PROBE_ID_LEN) ?
	     PORT_OPEN : PORT_STRANGE);
}

static void wait_some(struct tcp *t)
{
	struct pollfd p[AT_ONCE];
	uint64_t now, end = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++) {
		p[i].fd = t->conns[i].fd;
		p[i].events = t->conns[i].connected ? POLLIN : POLLOUT;
		p[i].revents = 0;
		if (p[i].fd >= 0 && t->conns[i].end < end)
			end = t->conns[i].end;
	}
	now = probe_now();
	poll(p, AT_ONCE, end > now ? (int)((end - now) / 1000 + 1) : 0);
	now = probe_now();
	for (i = 0; i < AT_ONCE; i++) {
		if (t->conns[i].fd < 0)
			continue;
		if (p[i].revents && t->conns[i].connected)
			answered(t, &t->conns[i]);
		else if (p[i].revents)
			connected(t, &t->conns[i]);
		else if (now >= t->conns[i].end)
			done(t, &t->conns[i], t->conns[i].connected ?
			     PORT_STRANGE : PORT_FILTERED);
	}
}

void probe_ask_tcp(const struct probe_words *words, const struct probe_msg *as,
		   uint32_t *seq, struct probe_result *result)
{
	struct tcp t = { .words = words, .as = as, .seq = seq, .r = result };
	unsigned int port = words->lo, i, busy;

	probe_files(AT_ONCE + 32);
	for (i = 0; i < AT_ONCE; i++)
		t.conns[i].fd = -1;
	do {
		for (i = 0, busy = 0; i < AT_ONCE; i++) {
			while (t.conns[i].fd < 0 && port <= words->hi) {
				if (result->ports[port].tcp == PORT_FILTERED)
					begin(&t, &t.conns[i], (uint16_t)port);
				port++;
			}
			busy += t.conns[i].fd >= 0;
		}
		if (busy)
			wait_some(&t);
	} while (busy);
}
