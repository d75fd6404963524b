// SPDX-License-Identifier: GPL-2.0
/* rtplane probe serve: a socket on each port, for a while. */
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "out.h"
#include "probe.h"
#include "probe/server.h"

enum kind { KIND_UDP, KIND_TCP, KIND_SIP, KIND_SIGNAL, KIND_AGENT };

/**
 * struct serving - the server's sockets
 * @args: for sentences
 * @words: what was said
 * @conf: what the server is told
 * @server: who answers
 * @epoll: all sockets
 * @family: of the sockets
 * @used: UDP ports that are somebody else's
 * @answers: datagrams that were answered
 * @agent: keeps the agent's media ports open for us; -1: nothing does
 * @opened: so many of them
 */
struct serving {
	struct args *args;
	const struct probe_words *words;
	struct probe_server_conf conf;
	struct probe_server *server;
	int epoll;
	int family;
	unsigned int used;
	uint64_t answers;
	int agent;
	unsigned int opened;
};

static bool watch(struct serving *s, int fd, enum kind kind, uint16_t port)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = (uint64_t)kind << 48 | (uint64_t)port << 32 |
			    (uint32_t)fd,
	};

	return !epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int bind_to(const struct serving *s, int fd, uint16_t port)
{
	struct sockaddr_storage ss;
	struct dp_addr addr = s->words->listen;
	socklen_t len;

	addr.port = port;
	len = dp_addr_to_sockaddr(&addr, &ss);
	if (!len) {
		/* any address; the port is at the same place in both families */
		memset(&ss, 0, sizeof(ss));
		ss.ss_family = (sa_family_t)s->family;
		((struct sockaddr_in *)&ss)->sin_port = htons(port);
		len = s->family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					      sizeof(struct sockaddr_in);
	}
	return bind(fd, (struct sockaddr *)&ss, len);
}

/* 1: it serves; 0: the port is somebody else's; -1 with errno */
static int open_udp(struct serving *s, enum kind kind, uint16_t port)
{
	int fd = probe_socket(s->family);
	int saved;

	if (fd < 0)
		return -1;
	if (!bind_to(s, fd, port) && watch(s, fd, kind, port))
		return 1;
	saved = errno;
	close(fd);
	errno = saved;
	return errno == EADDRINUSE ? 0 : -1;
}

/* who connects is nobody until it has said something */
static int open_tcp(struct serving *s, uint16_t port)
{
	int fd = socket(s->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0, defer = 5;
	int saved;

	if (fd < 0)
		return -1;
	if (s->family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof(defer));
	if (!bind_to(s, fd, port) && !listen(fd, 16) &&
	    watch(s, fd, KIND_TCP, port))
		return 1;
	saved = errno;
	close(fd);
	errno = saved;
	return errno == EADDRINUSE ? 0 : -1;
}

static int cannot(struct serving *s, const char *what, unsigned int port)
{
	return cli_refused(s->args->cli, "%s: cannot serve %s port %u: %m",
			   s->args->cmd, what, port);
}

static int open_ports(struct serving *s)
{
	unsigned int port, n;
	int ret;

	for (port = s->conf.lo; port <= s->conf.hi; port++) {
		n = port - s->conf.lo;
		ret = open_udp(s, KIND_UDP, (uint16_t)port);
		if (ret < 0)
			return cannot(s, "UDP", port);
		if (!ret) {
			s->conf.udp_used[n / 8] |= 1 << n % 8;
			s->used++;
		}
		if (s->conf.flags & PROBE_NO_TCP)
			continue;
		ret = open_tcp(s, (uint16_t)port);
		if (ret < 0)
			return cannot(s, "TCP", port);
		if (!ret)
			s->conf.tcp_used[n / 8] |= 1 << n % 8;
	}
	if (!s->conf.sip)
		return CLI_OK;
	ret = open_udp(s, KIND_SIP, s->conf.sip);
	if (ret < 0)
		return cannot(s, "UDP", s->conf.sip);
	if (!ret)
		s->conf.flags |= PROBE_SIP_USED;
	return CLI_OK;
}

static void serve_udp(struct serving *s, int fd, uint16_t port, bool sip)
{
	static uint8_t in[PROBE_MAX], out[PROBE_MAX];
	struct probe_packet packet = { .data = in, .room = sizeof(in) };
	struct probe_arrival arrival;
	unsigned int i;
	uint8_t tos;
	size_t n;

	/* others have their turn, too */
	for (i = 0; i < 64 && probe_receive(fd, &packet); i++) {
		arrival = (struct probe_arrival){
			.from = packet.from, .at = packet.at,
			.tos = (uint8_t)packet.tos, .now = probe_now(),
			.data = in, .len = packet.len,
		};
		arrival.at.port = port;
		if (sip) {
			probe_hear_sip(s->server, &arrival);
			continue;
		}
		n = probe_answer(s->server, &arrival, out, &tos);
		if (n && probe_send(fd, &packet.from, &packet.at, tos, out, n))
			s->answers++;
	}
}

/* what is there at once is all that is listened to: nobody holds a connection */
static void serve_tcp(struct serving *s, int listener, uint16_t port)
{
	static uint8_t in[PROBE_MAX], out[PROBE_MAX];
	struct probe_arrival arrival = { .tcp = true };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t tos;
	ssize_t got;
	size_t n;
	int fd;

	fd = accept4(listener, (struct sockaddr *)&ss, &len,
		     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	got = recv(fd, in, sizeof(in), 0);
	if (got > 0 &&
	    dp_addr_from_sockaddr(&arrival.from, (struct sockaddr *)&ss, len)) {
		len = sizeof(ss);
		if (!getsockname(fd, (struct sockaddr *)&ss, &len))
			dp_addr_from_sockaddr(&arrival.at,
					      (struct sockaddr *)&ss, len);
		arrival.at.port = port;
		arrival.now = probe_now();
		arrival.data = in;
		arrival.len = (size_t)got;
		n = probe_answer(s->server, &arrival, out, &tos);
		if (n && send(fd, out, n, MSG_NOSIGNAL) > 0)
			s->answers++;
	}
	close(fd);
}

static void announce(const struct serving *s)
{
	unsigned int n = s->conf.hi - s->conf.lo + 1u;
	json_t *o;

	if (s->args->cli->json) {
		o = json_object();
		out_str(o, "event", "serving");
		out_uint(o, "low", s->conf.lo);
		out_uint(o, "high", s->conf.hi);
		out_uint(o, "in_use", s->used);
		json_object_set_new(o, "tcp", json_boolean(
			!(s->conf.flags & PROBE_NO_TCP)));
		if (s->conf.sip && !(s->conf.flags & PROBE_SIP_USED))
			out_uint(o, "sip", s->conf.sip);
		if (s->agent >= 0)
			out_uint(o, "opened", s->opened);
		out_uint(o, "seconds", s->words->seconds);
		out_json(o);
	} else {
		printf("serving ports %u-%u for %u seconds, %u of %u in use here",
		       s->conf.lo, s->conf.hi, s->words->seconds, s->used, n);
		if (s->conf.flags & PROBE_NO_TCP)
			printf("; not by TCP: too few files may be open");
		if (s->conf.flags & PROBE_SIP_USED)
			printf("; port %u for SIP is in use here", s->conf.sip);
		if (s->opened)
			printf("; the agent keeps %u of its ports open meanwhile", s->opened);
		putchar('\n');
	}
	fflush(stdout);
}

/* what it had opened is closed, or goes with it */
static void agent_has_gone(struct serving *s)
{
	cli_refused(s->args->cli, "%s: the agent has gone: its media ports are not open for us any more",
		    s->args->cmd);
	close(s->agent);
	s->agent = -1;
}

/* CLI_OK at the end of the time or by a signal */
static int loop(struct serving *s)
{
	uint64_t end = probe_now() + s->words->seconds * UINT64_C(1000000), now;
	struct epoll_event events[64];
	uint16_t port;
	int n, i, fd;

	while ((now = probe_now()) < end) {
		n = epoll_wait(s->epoll, events, 64,
			       (int)((end - now) / 1000 + 1));
		if (n < 0 && errno != EINTR)
			return cli_refused(s->args->cli,
					   "%s: cannot wait: %m", s->args->cmd);
		for (i = 0; i < n; i++) {
			fd = (int)(uint32_t)events[i].data.u64;
			port = (uint16_t)(events[i].data.u64 >> 32);
			switch (events[i].data.u64 >> 48) {
			case KIND_UDP:
			case KIND_SIP:
				serve_udp(s, fd, port,
					  events[i].data.u64 >> 48 == KIND_SIP);
				break;
			case KIND_TCP:
				serve_tcp(s, fd, port);
				break;
			case KIND_SIGNAL:
				return CLI_OK;
			case KIND_AGENT:
				agent_has_gone(s);
				break;
			}
		}
	}
	return CLI_OK;
}

static bool watch_signals(struct serving *s)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 && watch(s, fd, KIND_SIGNAL, 0);
}

static int choose_family(const struct serving *s)
{
	int fd;

	if (s->words->listen.family)
		return s->words->listen.family;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return AF_INET;
	close(fd);
	return AF_INET6;
}

int probe_serve(struct args *args, const struct probe_words *words)
{
	unsigned int n = words->hi - words->lo + 1;
	struct serving *s = calloc(1, sizeof(*s));
	int ret = CLI_REFUSED;

	if (!s)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	s->args = args;
	s->words = words;
	s->agent = -1;
	s->conf.key = words->key;
	s->conf.lo = (uint16_t)words->lo;
	s->conf.hi = (uint16_t)words->hi;
	s->conf.sip = (uint16_t)words->sip;
	s->family = choose_family(s);
	if (!probe_files(2 * n + 32))
		s->conf.flags |= PROBE_NO_TCP;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || !watch_signals(s) ||
	    RAND_bytes(s->conf.secret.bytes, PROBE_KEY_LEN) != 1)
		cli_refused(args->cli, "%s: cannot begin: %m", args->cmd);
	else
		ret = open_ports(s);
	if (!ret)
		s->server = probe_server_new(&s->conf);
	if (s->server) {
		s->agent = cli_tester(args->cli, s->conf.lo, s->conf.hi, &words->listen,
				      &s->opened);
		if (s->agent >= 0)
			watch(s, s->agent, KIND_AGENT, 0);
		announce(s);
		ret = loop(s);
	}
	/* the sockets go with the process */
	probe_server_free(s->server);
	free(s);
	return ret;
}
