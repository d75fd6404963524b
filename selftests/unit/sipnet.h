/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of SIP's transports share: a transport on a loop, which writes down
 * what came up and answers it, and sockets of the other side.
 */
#ifndef UNIT_SIPNET_H
#define UNIT_SIPNET_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "sip/gate.h"
#include "sip/message.h"
#include "sip/transport.h"
#include "sip/write.h"
#include "ktap.h"

#define US	"127.0.0.1"
#define THEM	"127.0.0.9"

/**
 * struct net - our side
 * @loop: the loop
 * @t: the transports
 * @messages: that came up
 * @answer: requests are answered 200
 * @flow: of the last message, a reference
 * @call_id: of it
 * @faults: messages that came up with a fault
 * @closed: connections that were told to be over
 * @error: of the last of these
 */
struct net {
	struct loop *loop;
	struct sip_transport *t;
	unsigned int messages;
	const char *again;	/* Call-ID of what is no new request */
	unsigned int agains;
	bool answer;
	struct sip_flow *flow;
	char call_id[64];
	unsigned int faults;
	unsigned int closed;
	int error;
};

static void net_message(struct sip_flow *flow, struct sip_msg *msg, void *arg)
{
	struct sip_writer w = { 0 };
	struct net *net = arg;

	net->messages++;
	net->faults += msg->fault.status != 0;
	span_str(msg->call_id, net->call_id, sizeof(net->call_id));
	net->agains += net->again && !strcmp(net->call_id, net->again);
	sip_flow_ref(flow);
	sip_flow_unref(net->flow);
	net->flow = flow;
	if (!net->answer || !msg->request)
		return;
	sip_write_response(&w, msg, msg->fault.status ? msg->fault.status : 200,
			   (struct span){ NULL, 0 }, SPAN("ours"));
	sip_write_end(&w);
	if (!w.failed)
		sip_flow_reply(flow, w.p, w.n);
	sip_write_free(&w);
}

static void net_closed(struct sip_flow *flow, int error, void *arg)
{
	struct net *net = arg;

	(void)flow;
	net->closed++;
	net->error = error;
}

static bool net_underway(struct sip_flow *flow, const struct sip_msg *msg, void *arg)
{
	const struct net *net = arg;

	return net->again && span_is(msg->call_id, net->again);
}

static void net_begin(struct net *net, const struct sip_limits *limits)
{
	static const struct sip_transport_ops ops = {
		.message = net_message,
		.closed = net_closed,
		.underway = net_underway,
	};

	*net = (struct net){ .answer = true };
	net->loop = loop_new();
	net->t = sip_transport_new(net->loop, limits, &ops, net);
}

static void net_end(struct net *net)
{
	sip_transport_free(net->t);
	loop_free(net->loop);
	sip_flow_unref(net->flow);
}

static const struct sip_counters *net_counters(const struct net *net)
{
	return sip_transport_counters(net->t);
}

/* a listener on @host with a port of the kernel's, or @listen's own */
static struct sip_listener *net_listen(struct net *net, enum sip_proto proto,
				       const char *host, struct sip_listen listen)
{
	char error[SIP_TRANSPORT_ERROR_LEN];
	struct sip_listener *l = NULL;

	listen.proto = proto;
	dp_addr_parse_host(host, &listen.local);
	if (sip_transport_listen(net->t, &listen, &l, error))
		printf("# %s\n", error);
	return l;
}

/* turn until @cond holds: true if it does within some seconds */
#define NET_UNTIL(net, cond)						\
	({								\
		uint64_t net_begun = loop_now((net)->loop);		\
		bool net_ok;						\
									\
		while (!(net_ok = (cond)) &&				\
		       loop_now((net)->loop) - net_begun < 5000)	\
			loop_turn((net)->loop, 10);			\
		net_ok;							\
	})

/* turn for so many ms */
static inline void net_for(struct net *net, unsigned int ms)
{
	uint64_t begun = loop_now(net->loop), now;

	while ((now = loop_now(net->loop)) - begun < ms)
		loop_turn(net->loop, ms - (unsigned int)(now - begun));
}

/* a socket of the other side, on @host, to @l; not blocking */
static inline int net_socket(const struct sip_listener *l, const char *host)
{
	int type = l->proto == SIP_PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, fd, one = 1;
	struct dp_addr own = { 0 };
	struct sockaddr_storage ss;
	socklen_t len;

	dp_addr_parse_host(host, &own);
	len = dp_addr_to_sockaddr(&own, &ss);
	fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len))
		return -1;
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	len = dp_addr_to_sockaddr(&l->local, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline bool net_say(int fd, const char *text, size_t len)
{
	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/**
 * net_hear() - what comes on a socket, while our side turns
 * @buf: terminated
 *
 * Return: bytes, 0: closed, -1: nothing came in some seconds.
 */
static inline ssize_t net_hear(struct net *net, int fd, char *buf, size_t size)
{
	uint64_t begun = loop_now(net->loop);
	ssize_t n;

	do {
		loop_turn(net->loop, 1);
		n = recv(fd, buf, size - 1, MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN &&
		 loop_now(net->loop) - begun < 5000);
	if (n < 0 && errno == ECONNRESET)
		n = 0;
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

/* nothing comes in a while */
static inline bool net_silent(struct net *net, int fd)
{
	char c;

	net_for(net, 50);
	return recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* the other end has closed, maybe after saying something */
static inline bool net_gone(struct net *net, int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = net_hear(net, fd, buf, sizeof(buf))) > 0)
		;
	return !n;
}

/**
 * net_options() - an OPTIONS
 * @buf: filled
 * @call_id: its Call-ID
 * @via: what follows "Via: SIP/2.0/"
 *
 * Return: its bytes.
 */
__attribute__((format(printf, 4, 5)))
static inline size_t net_options(char *buf, size_t size, const char *call_id,
				 const char *via, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, via);
	vsnprintf(line, sizeof(line), via, args);
	va_end(args);
	n = snprintf(buf, size, "OPTIONS sip:x@192.0.2.1 SIP/2.0\r\n"
		     "Via: SIP/2.0/%s\r\n"
		     "Max-Forwards: 70\r\n"
		     "From: <sip:a@192.0.2.9>;tag=1\r\n"
		     "To: <sip:x@192.0.2.1>\r\n"
		     "Call-ID: %s\r\n"
		     "CSeq: 1 OPTIONS\r\n"
		     "Content-Length: 0\r\n\r\n", line, call_id);
	return (size_t)n;
}

/* one that asks for nothing special, over TCP or TLS */
static inline size_t net_plain(char *buf, size_t size, const char *call_id)
{
	return net_options(buf, size, call_id,
			   "TCP 192.0.2.9:5060;branch=z9hG4bK%s", call_id);
}

/* a TCP listener of a transport with these limits, and a connection to it */
static inline int net_tcp(struct net *net, const struct sip_limits *limits,
			  struct sip_listener **l)
{
	net_begin(net, limits);
	*l = net_listen(net, SIP_PROTO_TCP, US, (struct sip_listen){ .realm = net });
	return *l ? net_socket(*l, THEM) : -1;
}

#endif /* UNIT_SIPNET_H */
