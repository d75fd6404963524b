// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over UDP and TCP on loopback addresses: what comes up, where answers go, and
 * what strangers cannot have.  Times are configured short; nothing waits for a
 * time that could be awaited as an event.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "stun/stun.h"
#include "sipnet.h"

/* --------------------------------------------------------------------------- UDP */

/* the other end's own address and port, of a socket */
static struct dp_addr own(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct dp_addr addr = { 0 };

	getsockname(fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(&addr, (struct sockaddr *)&ss, len);
	return addr;
}

static bool udp(void)
{
	char buf[2048];
	struct sip_listener *l;
	struct dp_addr them;
	struct net net;
	size_t n;
	int fd;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ .realm = &net });
	KTAP_CHECK(l && l->local.port && l->advertise.port == l->local.port);
	fd = net_socket(l, THEM);
	them = own(fd);
	n = net_options(buf, sizeof(buf), "one", "UDP 192.0.2.9:5070;rport;branch=z9hG4bK1");
	KTAP_CHECK(net_say(fd, buf, n));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	KTAP_CHECK(strstr(buf, "received=" THEM));
	KTAP_CHECK(net.messages == 1 && !strcmp(net.call_id, "one"));
	KTAP_CHECK(net.flow->listener == l && net.flow->listener->realm == &net);
	KTAP_CHECK(dp_addr_eq(&net.flow->remote, &them) && !net.flow->conn);
	/* the flow that is kept is not the next datagram's */
	sip_flow_ref(net.flow);
	{
		struct sip_flow *kept = net.flow;
		int other = net_socket(l, "127.0.0.8");

		n = net_options(buf, sizeof(buf), "two", "UDP 192.0.2.9;rport;branch=z9hG4bK2");
		KTAP_CHECK(net_say(other, buf, n));
		KTAP_CHECK(net_hear(&net, other, buf, sizeof(buf)) > 0);
		KTAP_CHECK(dp_addr_eq(&kept->remote, &them));
		KTAP_CHECK(!sip_flow_same(kept, net.flow));
		/* and it leads to whom it was for */
		KTAP_CHECK(!sip_flow_send(kept, "hello", 5));
		KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) == 5);
		sip_flow_unref(kept);
		close(other);
	}
	close(fd);
	net_end(&net);
	return true;
}

static size_t stun_request(uint8_t *buf, size_t size, unsigned int method)
{
	static const uint8_t id[STUN_ID_LEN] = { 1, 2, 3 };
	struct stun_writer w;

	stun_begin(&w, buf, size, STUN_REQUEST, method, id);
	stun_put_fingerprint(&w);
	return stun_end(&w);
}

static void never(struct sip_flow *flow, int error, void *arg)
{
}

/* strangers get none: whoever forges a source would have us send there */
static bool stun_for_who_is_known(void)
{
	struct sip_flow_watch watch = { .lost = never };
	struct dp_addr them, mapped;
	struct sip_listener *l;
	struct sip_target target = { .proto = SIP_PROTO_UDP };
	struct sip_flow *flow;
	struct stun_msg msg;
	struct net net;
	uint8_t buf[2048];
	int fd, other;
	size_t n;
	ssize_t got;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ .realm = &net });
	KTAP_CHECK(l);
	fd = net_socket(l, THEM);
	other = net_socket(l, THEM);
	them = own(fd);
	target.addr = them;
	KTAP_CHECK(!sip_transport_flow(net.t, &net, &target, &flow));
	n = stun_request(buf, sizeof(buf), STUN_BINDING);
	KTAP_CHECK(net_say(fd, (char *)buf, n));
	KTAP_CHECK(net_silent(&net, fd));
	sip_flow_watch(flow, &watch);
	n = stun_request(buf, sizeof(buf), STUN_BINDING);
	KTAP_CHECK(net_say(other, (char *)buf, n));
	KTAP_CHECK(net_silent(&net, other));
	KTAP_CHECK(net_say(fd, (char *)buf, n));
	got = net_hear(&net, fd, (char *)buf, sizeof(buf));
	KTAP_CHECK(got > 0 && stun_parse(buf, (size_t)got, &msg) &&
		   msg.class == STUN_SUCCESS && msg.fingerprint && msg.id[2] == 3);
	KTAP_CHECK(stun_find_addr(&msg, STUN_XOR_MAPPED_ADDRESS, &mapped) &&
		   dp_addr_eq(&mapped, &them));
	KTAP_CHECK(net_counters(&net)->pings == 1);
	/* another method, and half a request */
	n = stun_request(buf, sizeof(buf), STUN_ALLOCATE);
	KTAP_CHECK(net_say(fd, (char *)buf, n));
	KTAP_CHECK(net_say(fd, (char *)buf, n / 2));
	KTAP_CHECK(net_silent(&net, fd) && net_counters(&net)->pings == 1);
	/* ours */
	KTAP_CHECK(!sip_flow_ask_stun(flow));
	got = net_hear(&net, fd, (char *)buf, sizeof(buf));
	KTAP_CHECK(got > 0 && stun_parse(buf, (size_t)got, &msg) &&
		   msg.class == STUN_REQUEST && msg.method == STUN_BINDING);
	sip_flow_unwatch(&watch);
	sip_flow_unref(flow);
	n = stun_request(buf, sizeof(buf), STUN_BINDING);
	KTAP_CHECK(net_say(fd, (char *)buf, n));
	KTAP_CHECK(net_silent(&net, fd));
	close(fd);
	close(other);
	net_end(&net);
	return true;
}

/*
 * RFC 3261 18.2.2 and RFC 3581, but never maddr: without rport an answer goes to the
 * source with the port of the Via, and nowhere else whatever the Via says.
 */
static bool answers_go_to_the_source(void)
{
	struct sip_listener *l, *nat;
	int fd, port, victim;
	char buf[2048], via[256];
	struct net net;
	size_t n;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 });
	nat = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ .symmetric = true });
	KTAP_CHECK(l && nat);
	fd = net_socket(l, THEM);
	port = net_socket(l, THEM);
	victim = net_socket(l, "127.0.0.7");
	snprintf(via, sizeof(via), "UDP 127.0.0.7:%u;maddr=127.0.0.7;received=127.0.0.7;branch=z9hG4bK3",
		 own(port).port);
	n = net_options(buf, sizeof(buf), "three", "%s", via);
	KTAP_CHECK(net_say(fd, buf, n));
	KTAP_CHECK(net_hear(&net, port, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	KTAP_CHECK(net_silent(&net, victim) && net_silent(&net, fd));
	/* with rport, to the port that it came from */
	n = net_options(buf, sizeof(buf), "four", "UDP 127.0.0.7:%u;rport;maddr=127.0.0.7;branch=z9hG4bK4",
			own(victim).port);
	KTAP_CHECK(net_say(fd, buf, n));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(net_silent(&net, victim) && net_silent(&net, port));
	/* a realm with NAT does so always */
	close(fd);
	fd = net_socket(nat, THEM);
	n = net_options(buf, sizeof(buf), "five", "%s5", via);
	KTAP_CHECK(net_say(fd, buf, n));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(net_silent(&net, port));
	close(fd);
	close(port);
	close(victim);
	net_end(&net);
	return true;
}

static bool udp_crlf_and_garbage(void)
{
	static const char *const silent[] = {
		"\r\n\r\n", "\r\n", "", "\0\0\0\0", "hello", "\x16\x03\x01",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS sip:x SIP/2.0",
		"OPTIONS sip:x SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
		"INVITE sip:x@y SIP/2.0\r\nVia: \r\n\r\n",
	};
	struct sip_listener *l;
	char buf[2048];
	struct net net;
	unsigned int i;
	size_t n;
	int fd;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 });
	fd = net_socket(l, THEM);
	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		KTAP_CHECK(net_say(fd, silent[i], i == 3 ? 4 : strlen(silent[i])));
	KTAP_CHECK(net_silent(&net, fd) && !net.messages);
	KTAP_CHECK(net_counters(&net)->garbage >= 7);
	/* CRLF in front of a request (RFC 3261 7.5) */
	buf[0] = '\r';
	buf[1] = '\n';
	n = net_options(buf + 2, sizeof(buf) - 2, "six", "UDP 192.0.2.9;rport;branch=z9hG4bK6");
	KTAP_CHECK(net_say(fd, buf, n + 2));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(net.messages == 1);
	close(fd);
	net_end(&net);
	return true;
}

/* RFC 3261 18.1.2: an answer to what others sent is not ours to hear */
static bool stray_responses(void)
{
	struct sip_listener *l;
	char buf[1024];
	struct net net;
	int fd, i, n;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 });
	fd = net_socket(l, THEM);
	for (i = 0; i < 2; i++) {
		n = snprintf(buf, sizeof(buf), "SIP/2.0 200 OK\r\n"
			     "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK7\r\n"
			     "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
			     "Call-ID: r%d\r\nCSeq: 1 OPTIONS\r\n\r\n",
			     i ? US : "127.0.0.2", l->local.port, i);
		KTAP_CHECK(net_say(fd, buf, (size_t)n));
	}
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	KTAP_CHECK(!strcmp(net.call_id, "r1"));
	KTAP_CHECK(net_counters(&net)->stray == 1);
	close(fd);
	net_end(&net);
	return true;
}

/* the mark of what comes on a socket, in IPv4's or IPv6's way */
static int mark_of(struct net *net, int fd, bool v6)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char data[2048];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int i, mark = 0;

	for (i = 0; i < 500 && recvmsg(fd, &msg, MSG_DONTWAIT) < 0; i++)
		loop_turn(net->loop, 1);
	c = CMSG_FIRSTHDR(&msg);
	if (c)
		memcpy(&mark, CMSG_DATA(c), v6 ? sizeof(int) : 1);
	return mark;
}

static bool marks(void)
{
	struct sip_listener *l;
	int fd, one = 1, v6;
	char buf[1024];
	struct net net;
	size_t n;

	net_begin(&net, NULL);
	for (v6 = 0; v6 < 2; v6++) {
		l = net_listen(&net, SIP_PROTO_UDP, v6 ? "::1" : US,
			       (struct sip_listen){ .dscp = 24 });
		KTAP_CHECK(l);
		fd = net_socket(l, v6 ? "::1" : THEM);
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			   v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &one, sizeof(one));
		n = net_options(buf, sizeof(buf), "m", "UDP 192.0.2.9;rport;branch=z9hG4bK8%d", v6);
		KTAP_CHECK(net_say(fd, buf, n));
		KTAP_CHECK(mark_of(&net, fd, v6) == 24 << 2);
		close(fd);
	}
	net_end(&net);
	return true;
}

/* --------------------------------------------------------------------------- TCP */

static bool split_at_each_byte(void)
{
	char text[1024], buf[2048];
	struct sip_listener *l;
	struct net net;
	size_t n, i;
	int fd = net_tcp(&net, NULL, &l);

	KTAP_CHECK(fd >= 0);
	n = net_plain(text, sizeof(text), "split");
	for (i = 1; i < n; i++) {
		KTAP_CHECK(net_say(fd, text, i));
		while (loop_turn(net.loop, 1), net_counters(&net)->accepted != 1)
			;
		loop_turn(net.loop, 0);
		KTAP_CHECK(net.messages == i - 1);
		KTAP_CHECK(net_say(fd, text + i, n - i));
		KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
		KTAP_CHECK(net.messages == i && !strncmp(buf, "SIP/2.0 200 ", 12));
	}
	KTAP_CHECK(net.flow->conn && net_counters(&net)->connections == 1);
	close(fd);
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
	KTAP_CHECK(!net.flow->conn && net_counters(&net)->connections == 0);
	KTAP_CHECK(sip_flow_send(net.flow, "x", 1) == -ENOTCONN);
	net_end(&net);
	return true;
}

/* field report 38, and RFC 5626's ping and pong */
static bool many_in_a_segment(void)
{
	char text[4096], buf[4096];
	struct sip_listener *l;
	struct net net;
	int fd = net_tcp(&net, NULL, &l);
	size_t n;

	KTAP_CHECK(fd >= 0);
	n = (size_t)sprintf(text, "\r\n");
	n += net_plain(text + n, sizeof(text) - n, "a");
	n += net_plain(text + n, sizeof(text) - n, "b");
	n += (size_t)sprintf(text + n, "\r\n\r\n");
	n += net_plain(text + n, sizeof(text) - n, "c");
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 3));
	KTAP_CHECK(!strcmp(net.call_id, "c"));
	KTAP_CHECK(net_counters(&net)->pings == 1);
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(strstr(buf, "\r\n\r\n\r\nSIP/2.0 200"));	/* the pong between */
	/* a ping alone has a pong, and CRLF alone has none */
	KTAP_CHECK(net_say(fd, "\r\n\r\n", 4));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) == 2 && !strcmp(buf, "\r\n"));
	n = net_plain(text, sizeof(text), "d");
	KTAP_CHECK(net_say(fd, "\r\n", 2) && net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 4));
	close(fd);
	net_end(&net);
	return true;
}

/* what cannot be delimited is answered, if it can be, and the connection is over */
static bool broken_streams(void)
{
	static const struct {
		const char *text;
		const char *answer;	/* "": none */
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "" },
		{ "\x16\x03\x01\x02\x01\xfc\x03\x03\r\n\r\n", "" },
		{ "OPTIONS sip:x@y SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKb1\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
		  "Call-ID: b1\r\nCSeq: 1 OPTIONS\r\n"
		  "Content-Length: 99999999\r\n\r\n", "SIP/2.0 513 " },
		{ "OPTIONS sip:x@y SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKb2\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
		  "Call-ID: b2\r\nCSeq: 1 OPTIONS\r\n"
		  "Content-Length: -1\r\n\r\n", "SIP/2.0 400 " },
	};
	struct sip_listener *l;
	char buf[2048];
	struct net net;
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = net_tcp(&net, NULL, &l);
		KTAP_CHECK(fd >= 0 && net_say(fd, cases[i].text, strlen(cases[i].text)));
		if (*cases[i].answer) {
			KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
			KTAP_CHECK(!strncmp(buf, cases[i].answer, strlen(cases[i].answer)));
		}
		KTAP_CHECK(net_gone(&net, fd));
		close(fd);
		KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
		net_end(&net);
	}
	return true;
}

/* ---------------------------------------------------------------- ways to others */

/**
 * struct waiter - somebody who watches a flow
 * @watch: by this
 * @lost: how often he was told
 * @error: why
 */
struct waiter {
	struct sip_flow_watch watch;
	unsigned int lost;
	int error;
};

static void lost(struct sip_flow *flow, int error, void *arg)
{
	struct waiter *w = arg;

	w->lost++;
	w->error = error;
}

static struct sip_target target_of(const struct sip_listener *l)
{
	return (struct sip_target){ .proto = l->proto, .addr = l->local };
}

static bool reuse(void)
{
	int a, b;		/* two realms */
	struct sip_flow *one = NULL, *two = NULL, *other = NULL, *udp_flow = NULL;
	struct sip_listener *la, *lb, *there;
	struct sip_target target;
	struct net net;
	char buf[1024];
	size_t n;

	net_begin(&net, NULL);
	la = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ .realm = &a });
	lb = net_listen(&net, SIP_PROTO_TCP, "127.0.0.2", (struct sip_listen){ .realm = &b });
	there = net_listen(&net, SIP_PROTO_TCP, "127.0.0.3", (struct sip_listen){ .realm = &net });
	KTAP_CHECK(la && lb && there);
	net.answer = false;
	target = target_of(there);
	KTAP_CHECK(!sip_transport_flow(net.t, &a, &target, &one));
	KTAP_CHECK(!sip_transport_flow(net.t, &a, &target, &two));
	KTAP_CHECK(one == two && sip_flow_same(one, two));
	KTAP_CHECK(one->listener == la);
	KTAP_CHECK(!sip_transport_flow(net.t, &b, &target, &other));
	KTAP_CHECK(other != one && other->listener == lb);
	/* what is said before the connection is there waits for it */
	n = net_plain(buf, sizeof(buf), "early");
	KTAP_CHECK(!sip_flow_send(one, buf, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	KTAP_CHECK(!strcmp(net.call_id, "early") && net.flow->listener == there);
	/* a connection that they made is not ours to reuse, even to its own address */
	target.addr = net.flow->remote;
	KTAP_CHECK(sip_transport_flow(net.t, &net, &target, &two) ||
		   two != net.flow);
	/* a request back by its flow */
	n = net_plain(buf, sizeof(buf), "back");
	KTAP_CHECK(!sip_flow_send(net.flow, buf, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 2));
	KTAP_CHECK(net.flow == one);
	/* no listener of this protocol or family: no way */
	target.proto = SIP_PROTO_UDP;
	KTAP_CHECK(sip_transport_flow(net.t, &a, &target, &udp_flow) == -EADDRNOTAVAIL);
	sip_flow_unref(one);
	sip_flow_unref(one);
	if (two != one)
		sip_flow_unref(two);
	sip_flow_unref(other);
	net_end(&net);
	return true;
}

/* a place that takes connect() and never answers: a full backlog */
static int blackhole(struct sip_target *target, int fill[4])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), i;
	socklen_t len = sizeof(sin);

	inet_pton(AF_INET, "127.0.0.5", &sin.sin_addr);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 0))
		return -1;
	getsockname(fd, (struct sockaddr *)&sin, &len);
	for (i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&sin, sizeof(sin));
	}
	*target = (struct sip_target){ .proto = SIP_PROTO_TCP };
	dp_addr_from_sockaddr(&target->addr, (struct sockaddr *)&sin, len);
	return fd;
}

static bool failing_places(void)
{
	struct sip_limits limits = { .connect_ms = 150, .failed_ms = 600 };
	struct waiter refused = { .watch.lost = lost, .watch.arg = &refused };
	struct waiter silent = { .watch.lost = lost, .watch.arg = &silent };
	struct sip_target target, hole;
	struct sip_flow *flow = NULL;
	struct sip_listener *l;
	struct net net;
	int fd, fill[4], i;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ 0 });
	KTAP_CHECK(l && net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 }));
	/* nobody listens: told soon, by a deferred call */
	target = target_of(l);
	target.addr.port = 9;
	sip_transport_by_size(net.t, NULL, &target, 1301);
	KTAP_CHECK(target.proto == SIP_PROTO_TCP);
	if (!sip_transport_flow(net.t, NULL, &target, &flow)) {
		sip_flow_watch(flow, &refused.watch);
		KTAP_CHECK(!sip_flow_send(flow, "x", 1) && !refused.lost);
		KTAP_CHECK(NET_UNTIL(&net, refused.lost == 1));
		KTAP_CHECK(refused.error == ECONNREFUSED && !refused.watch.flow);
		sip_flow_unref(flow);
	}
	/* big requests go by UDP then, for a while; a small one always does */
	sip_transport_by_size(net.t, NULL, &target, 1301);
	KTAP_CHECK(target.proto == SIP_PROTO_UDP);
	/* nobody answers: told in time, and not asked again at once */
	fd = blackhole(&hole, fill);
	KTAP_CHECK(fd >= 0);
	sip_transport_by_size(net.t, NULL, &hole, 1300);
	KTAP_CHECK(hole.proto == SIP_PROTO_UDP);
	sip_transport_by_size(net.t, NULL, &hole, 1301);
	KTAP_CHECK(hole.proto == SIP_PROTO_TCP);
	KTAP_CHECK(!sip_transport_flow(net.t, NULL, &hole, &flow));
	sip_flow_watch(flow, &silent.watch);
	KTAP_CHECK(NET_UNTIL(&net, silent.lost == 1));
	KTAP_CHECK(silent.error == ETIMEDOUT);
	sip_flow_unref(flow);
	KTAP_CHECK(sip_transport_flow(net.t, NULL, &hole, &flow) == -EHOSTDOWN);
	sip_transport_by_size(net.t, NULL, &hole, 1301);
	KTAP_CHECK(hole.proto == SIP_PROTO_UDP);
	net_for(&net, 650);
	sip_transport_by_size(net.t, NULL, &hole, 1301);
	KTAP_CHECK(hole.proto == SIP_PROTO_TCP);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(fd);
	net_end(&net);
	return true;
}

/*
 * ICMP's word counts if it shows what was sent, a branch in it; else anybody could
 * end a request.  Kernel and forger are told apart by what they show: here the
 * kernel shows a message with a branch, and one without.
 */
static bool nobody_by_udp(void)
{
	static const struct {
		const char *via;
		unsigned int lost;
	} cases[] = {
		{ "UDP 127.0.0.1;branch=z9hG4bKabcdefghijklmnopqrstuv", 1 },
		{ "UDP 127.0.0.1;branch=z9hG4bKshort", 0 },
	};
	struct sip_target target = { .proto = SIP_PROTO_UDP };
	struct sip_flow *flow = NULL, *second = NULL;
	struct sip_listener *l, *there;
	struct net net;
	char buf[1024];
	unsigned int i;
	size_t n;
	int v6;

	for (i = 0; i < 4; i++) {
		struct waiter w = { .watch.lost = lost, .watch.arg = &w };
		struct waiter v = { .watch.lost = lost, .watch.arg = &v };

		v6 = i >> 1;
		net_begin(&net, NULL);
		l = net_listen(&net, SIP_PROTO_UDP, v6 ? "::1" : US, (struct sip_listen){ 0 });
		there = net_listen(&net, SIP_PROTO_UDP, v6 ? "::1" : US, (struct sip_listen){ 0 });
		KTAP_CHECK(l && there);
		target.addr = there->local;
		sip_listener_close(there);
		KTAP_CHECK(!sip_transport_flow(net.t, NULL, &target, &flow));
		KTAP_CHECK(!sip_transport_flow(net.t, NULL, &target, &second));
		sip_flow_watch(flow, &w.watch);
		sip_flow_watch(second, &v.watch);
		n = net_options(buf, sizeof(buf), "udp", "%s", cases[i & 1].via);
		KTAP_CHECK(!sip_flow_send(flow, buf, n) && !w.lost);
		if (cases[i & 1].lost)
			KTAP_CHECK(NET_UNTIL(&net, w.lost && v.lost));
		net_for(&net, 50);
		KTAP_CHECK(w.lost == cases[i & 1].lost && v.lost == w.lost);
		KTAP_CHECK(!w.lost || w.error == ECONNREFUSED);
		/* that error is no other message's */
		KTAP_CHECK(!sip_flow_send(second, buf, n));
		KTAP_CHECK(!sip_flow_send(second, buf, n));
		sip_flow_unwatch(&w.watch);
		if (i & 2)
			sip_flow_unwatch(&v.watch);
		sip_flow_unref(flow);
		sip_flow_unref(second);
		net_end(&net);
		sip_flow_unwatch(&v.watch);
	}
	return true;
}

/* those who hold flows, watch them or send by them may outlive all */
static bool flows_outlive(void)
{
	struct waiter w = { .watch.lost = lost, .watch.arg = &w };
	struct waiter v = { .watch.lost = lost, .watch.arg = &v };
	struct sip_listener *l, *u;
	struct sip_flow *flow = NULL, *udp_flow = NULL;
	struct sip_target target;
	struct net net;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ 0 });
	u = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 });
	target = target_of(l);
	KTAP_CHECK(!sip_transport_flow(net.t, NULL, &target, &flow));
	target = target_of(u);
	KTAP_CHECK(!sip_transport_flow(net.t, NULL, &target, &udp_flow));
	sip_flow_watch(flow, &w.watch);
	sip_flow_watch(udp_flow, &v.watch);
	sip_transport_free(net.t);
	net.t = NULL;
	KTAP_CHECK(!w.lost && !flow->conn);
	KTAP_CHECK(sip_flow_send(flow, "x", 1) == -ENOTCONN);
	KTAP_CHECK(sip_flow_reply(udp_flow, "x", 1) == -ENOTCONN);
	sip_flow_let(flow);
	sip_flow_close(flow);
	sip_flow_unwatch(&w.watch);
	sip_flow_unwatch(&w.watch);
	sip_flow_unref(flow);
	sip_flow_unref(udp_flow);
	sip_flow_unwatch(&v.watch);
	net_end(&net);
	return true;
}

/* ------------------------------------------------------------------- with a gate */

static bool gated(void)
{
	struct prefix deny = { .len = 32 };
	struct sip_gate_conf conf = { .rate = 10, .burst = 5 };
	struct sip_gate *gate;
	struct sip_listener *l, *s;
	struct net net;
	char buf[2048], ack[2048];
	size_t n;
	int fd;

	dp_addr_parse_host("127.0.0.66", &deny.addr);
	conf.acl = acl_new(NULL, 0, &deny, 1, true);
	gate = sip_gate_new(&conf);
	acl_put(conf.acl);
	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ .gate = gate });
	s = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ .gate = gate });
	KTAP_CHECK(gate && l && s);
	fd = net_socket(l, "127.0.0.66");
	n = net_options(buf, sizeof(buf), "no", "UDP 192.0.2.9;rport;branch=z9hG4bKn");
	KTAP_CHECK(net_say(fd, buf, n));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 403 ", 12) && strstr(buf, ";tag="));
	/* nobody answers an ACK */
	n = net_options(ack, sizeof(ack), "no", "UDP 192.0.2.9;rport;branch=z9hG4bKn");
	memcpy(ack, "    ACK", 7);
	KTAP_CHECK(net_say(fd, ack + 4, n - 4));
	KTAP_CHECK(net_silent(&net, fd) && !net.messages);
	close(fd);
	/* nor does he get a connection */
	fd = net_socket(s, "127.0.0.66");
	KTAP_CHECK(net_gone(&net, fd) && !net_counters(&net)->accepted);
	KTAP_CHECK(net_counters(&net)->turned_away == 1);
	close(fd);
	net_end(&net);
	sip_gate_free(gate);
	return true;
}

/* a connection in use stays when its listener is closed: it is heard, and guarded as before */
static bool closed_listener(void)
{
	struct sip_gate_conf conf = { .rate = 1, .burst = 4 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct sip_listener *l;
	struct net net;
	char buf[1024];
	int fd, i, n;

	net_begin(&net, NULL);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ .gate = gate });
	KTAP_CHECK(gate && l);
	fd = net_socket(l, THEM);
	KTAP_CHECK(net_say(fd, buf, net_plain(buf, sizeof(buf), "first")));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	sip_flow_hold(net.flow);
	n = snprintf(buf, sizeof(buf), "SIP/2.0 200 OK\r\n"
		     "Via: SIP/2.0/TCP %s:%u;branch=z9hG4bK7\r\n"
		     "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
		     "Call-ID: answer\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		     US, l->local.port);
	sip_listener_close(l);
	KTAP_CHECK(net_say(fd, buf, (size_t)n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 2) && !strcmp(net.call_id, "answer"));
	for (i = 0; i < 9; i++)
		KTAP_CHECK(net_say(fd, buf, net_plain(buf, sizeof(buf), "many")));
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->refused));
	KTAP_CHECK(net.messages < 9);
	close(fd);
	net_end(&net);
	sip_gate_free(gate);
	return true;
}

/* ---------------------------------------------------------------------- anything */

static uint32_t random_state = 1;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* whatever comes, the next one is served */
static bool noise(void)
{
	struct sip_limits limits = { .per_source = 64, .rate = 1000000 };
	struct sip_listener *l, *u;
	char text[2048], buf[4096];
	struct net net;
	size_t n, at;
	int fd, round, i;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ 0 });
	u = net_listen(&net, SIP_PROTO_UDP, US, (struct sip_listen){ 0 });
	for (round = 0; round < 3000; round++) {
		fd = net_socket(round & 1 ? u : l, THEM);
		n = net_plain(text, sizeof(text), "noise");
		n += net_plain(text + n, sizeof(text) - n, "noise");
		for (i = (int)any(6); i; i--)
			text[any((uint32_t)n)] = (char)any(256);
		at = any((uint32_t)n);
		send(fd, text, at, MSG_NOSIGNAL);
		if (any(4))
			loop_turn(net.loop, 0);
		send(fd, text + at, n - at, MSG_NOSIGNAL);
		loop_turn(net.loop, 0);
		close(fd);
	}
	fd = net_socket(l, THEM);
	n = net_plain(text, sizeof(text), "after");
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	close(fd);
	KTAP_CHECK(NET_UNTIL(&net, !net_counters(&net)->connections));
	net_end(&net);
	return true;
}

/* more than the socket holds; every tenth is one that comes again.  true: it is full */
static bool fill(int fd)
{
	char text[2048];
	size_t n;
	int i;

	for (i = 0; i < 8000; i++) {
		n = net_options(text, sizeof(text), i % 10 ? "new" : "again",
				"UDP 192.0.2.9:5070;rport;branch=z9hG4bK%d", i);
		if (!net_say(fd, text, n))
			return false;
	}
	return true;
}

static uint64_t seen(const struct net *net)
{
	return net_counters(net)->received + net_counters(net)->refused;
}

/* what waits longest is answered; what is new behind it gets 503 until the queue is short */
static bool overload(void)
{
	struct sip_gate *gate = sip_gate_new(&(struct sip_gate_conf){ 0 });
	struct sip_listen listen = { .gate = gate };
	unsigned int busy = 0, told = 0;
	struct dp_addr known = { 0 };
	struct sip_listener *l;
	uint64_t before, refused;
	struct net net;
	char buf[2048];
	ssize_t got;
	size_t n;
	int fd;

	dp_addr_parse_host(THEM, &known);
	KTAP_CHECK(!sip_gate_know(gate, &known));
	net_begin(&net, NULL);
	listen.realm = &net;
	net.again = "again";
	l = net_listen(&net, SIP_PROTO_UDP, US, listen);
	fd = net_socket(l, THEM);
	KTAP_CHECK(fill(fd));
	do {
		before = seen(&net);
		loop_turn(net.loop, 0);
		while ((got = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT)) > 0) {
			buf[got] = '\0';
			busy += !strncmp(buf, "SIP/2.0 503 ", 12);
			told += !!strstr(buf, "\r\nRetry-After: ");
		}
	} while (seen(&net) != before);
	refused = net_counters(&net)->refused;
	KTAP_CHECK(refused && busy == refused && told == busy);
	/* the queue drops what comes last, so these are all that were in it */
	KTAP_CHECK(net.agains == (before + 9) / 10);
	/* and then it is over */
	n = net_options(buf, sizeof(buf), "after", "UDP 192.0.2.9:5070;rport;branch=z9hG4bKx");
	KTAP_CHECK(net_say(fd, buf, n) && net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	/* a listener that goes leaves no load behind */
	KTAP_CHECK(fill(fd));
	before = net_counters(&net)->refused;
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->refused > before));
	close(fd);
	sip_listener_close(l);
	l = net_listen(&net, SIP_PROTO_UDP, US, listen);
	fd = net_socket(l, THEM);
	n = net_options(buf, sizeof(buf), "after", "UDP 192.0.2.9:5070;rport;branch=z9hG4bKy");
	KTAP_CHECK(net_say(fd, buf, n) && net_hear(&net, fd, buf, sizeof(buf)) > 0);
	KTAP_CHECK(!strncmp(buf, "SIP/2.0 200 ", 12));
	close(fd);
	net_end(&net);
	sip_gate_free(gate);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "UDP: a request comes up with its flow and is answered", udp },
		{ "UDP: STUN is answered to who is known", stun_for_who_is_known },
		{ "answers go to the source, never to maddr", answers_go_to_the_source },
		{ "UDP: CRLF before a request; garbage gets silence", udp_crlf_and_garbage },
		{ "responses to what we did not send are dropped", stray_responses },
		{ "what is sent is marked, IPv4 and IPv6", marks },
		{ "TCP: a request split at each byte", split_at_each_byte },
		{ "TCP: several in a segment, with keep-alives between", many_in_a_segment },
		{ "TCP: what cannot be delimited ends the connection", broken_streams },
		{ "connections of ours are reused, of others not", reuse },
		{ "places that fail are told and remembered", failing_places },
		{ "UDP: who is not there is told, by who has seen what was sent", nobody_by_udp },
		{ "flows outlive their transport", flows_outlive },
		{ "who is denied gets 403 and no connection", gated },
		{ "connections that stay when their listener is closed", closed_listener },
		{ "overload: what is new waits for another time, what comes again does not", overload },
		{ "whatever comes, the next one is served", noise },
	};

	return KTAP_RUN(points);
}
