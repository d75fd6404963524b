// SPDX-License-Identifier: GPL-2.0
/*
 * What strangers may cost SIP's transports: time, connections, descriptors, memory.  The
 * other end is a socket of the test's own.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "sipnet.h"

/* bytes that drip in do not lengthen the time that a message may take */
static bool slow_heads(void)
{
	static const struct sip_limits limits = { .head_ms = 150 };
	struct sip_listener *l;
	char text[1024];
	struct net net;
	uint64_t begun;
	size_t n, i;
	int fd = net_tcp(&net, &limits, &l);

	KTAP_CHECK(fd >= 0);
	n = net_plain(text, sizeof(text), "slow");
	KTAP_CHECK(net_say(fd, text, n));	/* a good one first */
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	begun = loop_now(net.loop);
	for (i = 0; i < n - 1 && !net.closed; i++) {
		if (!net_say(fd, text + i, 1))
			break;
		net_for(&net, 10);
	}
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
	KTAP_CHECK(net.error == ETIME && net_counters(&net)->slow_head == 1);
	KTAP_CHECK(loop_now(net.loop) - begun >= 150 &&
		   loop_now(net.loop) - begun < 1500);
	close(fd);
	net_end(&net);
	return true;
}

static bool silent_connections(void)
{
	struct sip_limits limits = { .first_ms = 100, .idle_ms = 300 };
	struct sip_listener *l;
	struct sip_flow *flow;
	char text[1024];
	struct net net;
	size_t n;
	int fd = net_tcp(&net, &limits, &l);

	/* nothing, or CRLFs, is no message */
	KTAP_CHECK(fd >= 0 && net_say(fd, "\r\n\r\n", 4));
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
	KTAP_CHECK(net_counters(&net)->slow_head == 1);
	close(fd);
	/* who has said something may be silent for longer */
	fd = net_socket(l, THEM);
	n = net_plain(text, sizeof(text), "idle");
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	net_for(&net, 150);
	KTAP_CHECK(net.closed == 1);
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 2));
	KTAP_CHECK(net_counters(&net)->idle == 1);
	close(fd);
	/* and whose connection a dialog holds, for ever */
	fd = net_socket(l, THEM);
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 2));
	flow = sip_flow_ref(net.flow);
	sip_flow_hold(flow);
	net_for(&net, 500);
	KTAP_CHECK(net.closed == 2 && flow->conn);
	sip_flow_let(flow);
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 3));
	sip_flow_unref(flow);
	close(fd);
	net_end(&net);
	return true;
}

static bool connection_caps(void)
{
	struct sip_limits limits = { .connections = 16, .per_source = 4 };
	struct sip_gate_conf conf = { 0 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct sip_listener *l;
	struct dp_addr known;
	char host[32];
	struct net net;
	int fd[32], i;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ .gate = gate });
	KTAP_CHECK(l);
	for (i = 0; i < 6; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 2));
	KTAP_CHECK(net_counters(&net)->connections == 4);
	KTAP_CHECK(net_gone(&net, fd[5]));
	/* other sources may, until an eighth of all is left */
	for (i = 6; i < 20; i++) {
		snprintf(host, sizeof(host), "127.0.1.%d", i);
		fd[i] = net_socket(l, host);
	}
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 6));
	KTAP_CHECK(net_counters(&net)->connections == 14);
	/* that is for those who are known, as many as they want */
	dp_addr_parse_host(THEM, &known);
	sip_gate_know(gate, &known);
	for (i = 20; i < 23; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 7));
	KTAP_CHECK(net_counters(&net)->connections == 16);
	/* who goes makes room */
	close(fd[0]);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->connections == 15));
	fd[0] = net_socket(l, THEM);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->connections == 16));
	for (i = 0; i < 23; i++)
		close(fd[i]);
	net_end(&net);
	sip_gate_free(gate);
	return true;
}

/* the realm's own number goes before the usual one, and can change */
static bool connections_of_a_source(void)
{
	struct sip_limits limits = { .per_source = 2 };
	struct sip_gate_conf conf = { .connections = 5 };
	struct sip_gate *gate = sip_gate_new(&conf);
	struct sip_listener *l;
	struct net net;
	int fd[8], i;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ .gate = gate });
	KTAP_CHECK(l);
	for (i = 0; i < 6; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 1));
	KTAP_CHECK(net_counters(&net)->connections == 5);
	conf.connections = 6;
	sip_gate_set(gate, &conf);
	for (; i < 8; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 2));
	KTAP_CHECK(net_counters(&net)->connections == 6);
	for (i = 0; i < 8; i++)
		close(fd[i]);
	net_end(&net);
	sip_gate_free(gate);
	return true;
}

/* the lowest descriptor that is free */
static int free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

/*
 * Without descriptors the loop neither spins nor forgets to accept later.  The other
 * side's sockets are connected before the limit is lowered.
 */
static bool no_descriptors(void)
{
	struct sip_limits limits = { .reserve = 1, .per_source = 64 };
	struct rlimit old, low;
	struct sip_listener *l;
	int fd[20], i, extra;
	uint64_t turns;
	char text[1024];
	struct net net;
	size_t n;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ 0 });
	for (i = 0; i < 20; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(!getrlimit(RLIMIT_NOFILE, &old));
	low = old;
	low.rlim_cur = (rlim_t)free_fd();
	KTAP_CHECK(!setrlimit(RLIMIT_NOFILE, &low));
	turns = loop_turns(net.loop);
	net_for(&net, 300);
	KTAP_CHECK(loop_turns(net.loop) - turns < 60);
	KTAP_CHECK(net_counters(&net)->no_descriptor > 0);
	KTAP_CHECK(net_counters(&net)->turned_away == 20);	/* told so */
	KTAP_CHECK(net_counters(&net)->accepted == 0);
	for (i = 0; i < 20; i++)
		KTAP_CHECK(net_gone(&net, fd[i]));
	/* not even a spare one: nothing is accepted for a moment, and no spinning */
	setrlimit(RLIMIT_NOFILE, &old);
	extra = net_socket(l, THEM);
	low.rlim_cur = 4;
	KTAP_CHECK(!setrlimit(RLIMIT_NOFILE, &low));
	turns = loop_turns(net.loop);
	net_for(&net, 300);
	KTAP_CHECK(loop_turns(net.loop) - turns < 60);
	/* and as soon as there are, all is well */
	setrlimit(RLIMIT_NOFILE, &old);
	n = net_plain(text, sizeof(text), "again");
	close(extra);
	extra = net_socket(l, THEM);
	KTAP_CHECK(extra >= 0 && net_say(extra, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	close(extra);
	for (i = 0; i < 20; i++)
		close(fd[i]);
	net_end(&net);
	return true;
}

/* strangers leave the last descriptors to others */
static bool reserve(void)
{
	struct sip_limits limits = { .reserve = 40, .per_source = 64 };
	struct rlimit old, low;
	struct sip_listener *l;
	struct net net;
	int fd[20], i;

	net_begin(&net, &limits);
	l = net_listen(&net, SIP_PROTO_TCP, US, (struct sip_listen){ 0 });
	for (i = 0; i < 20; i++)
		fd[i] = net_socket(l, THEM);
	KTAP_CHECK(!getrlimit(RLIMIT_NOFILE, &old));
	low = old;
	low.rlim_cur = (rlim_t)free_fd() + 50;
	KTAP_CHECK(!setrlimit(RLIMIT_NOFILE, &low));
	KTAP_CHECK(NET_UNTIL(&net, net_counters(&net)->turned_away == 10));
	KTAP_CHECK(net_counters(&net)->connections == 10);
	setrlimit(RLIMIT_NOFILE, &old);
	for (i = 0; i < 20; i++)
		close(fd[i]);
	net_end(&net);
	return true;
}

/* whoever does not read what he asked for is not waited for */
static bool slow_readers(void)
{
	struct sip_limits limits = { .output = 65536, .rate = 100000 };
	struct sip_listener *l;
	char *text = malloc(60000);
	struct net net;
	int fd = net_tcp(&net, &limits, &l), i, ret = 0;
	size_t n;

	KTAP_CHECK(fd >= 0 && text);
	n = net_plain(text, 60000, "reader");
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	memset(text, 'x', 60000);
	for (i = 0; i < 1000 && !ret; i++)
		ret = sip_flow_send(net.flow, text, 60000);
	KTAP_CHECK(ret == -ENOBUFS);
	KTAP_CHECK(!net.closed);		/* not from within the call */
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
	KTAP_CHECK(net.error == ENOBUFS && net_counters(&net)->slow_reader == 1);
	close(fd);
	net_end(&net);
	free(text);
	return true;
}

/* what waits for a slow reader who reads after all gets there whole */
static bool queued_output(void)
{
	struct sip_limits limits = { .output = 8 << 20 };
	static char text[4000000], got[65536];
	struct sip_listener *l;
	size_t n, sum = 0, i;
	struct net net;
	int fd = net_tcp(&net, &limits, &l);
	ssize_t len;

	KTAP_CHECK(fd >= 0);
	n = net_plain(text, sizeof(text), "queue");
	net.answer = false;
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 1));
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + i / 251);
	KTAP_CHECK(!sip_flow_send(net.flow, text, sizeof(text)));
	while (sum < sizeof(text)) {
		len = net_hear(&net, fd, got, sizeof(got));
		KTAP_CHECK(len > 0 && !memcmp(got, text + sum, (size_t)len));
		sum += (size_t)len;
	}
	KTAP_CHECK(!net.closed);
	close(fd);
	net_end(&net);
	return true;
}

static bool rate_of_a_connection(void)
{
	static const struct sip_limits limits = { .rate = 50 };
	static char text[300 * 400];
	struct sip_listener *l;
	uint64_t begun, turns;
	struct net net;
	int fd = net_tcp(&net, &limits, &l), i;
	size_t n = 0;

	KTAP_CHECK(fd >= 0);
	net.answer = false;
	for (i = 0; i < 120; i++)
		n += net_plain(text + n, sizeof(text) - n, "fast");
	begun = loop_now(net.loop);
	KTAP_CHECK(net_say(fd, text, n));
	KTAP_CHECK(NET_UNTIL(&net, net.messages >= 100));
	KTAP_CHECK(loop_now(net.loop) - begun < 300 && net.messages < 115);
	turns = loop_turns(net.loop);
	KTAP_CHECK(NET_UNTIL(&net, net.messages == 120));
	KTAP_CHECK(loop_now(net.loop) - begun >= 300);	/* 20 at 50 a second */
	KTAP_CHECK(loop_turns(net.loop) - turns < 200);
	KTAP_CHECK(net_counters(&net)->too_fast > 0 && !net.closed);
	close(fd);
	net_end(&net);
	return true;
}

/* heads without end; the bytes of all unfinished messages are bounded as well */
static bool big_heads(void)
{
	static const struct sip_limits limits = {
		.head = 4000, .unfinished = 10000, .per_source = 64,
	};
	static char text[8192];
	struct sip_listener *l;
	struct net net;
	int fd = net_tcp(&net, &limits, &l), many[8], i;

	KTAP_CHECK(fd >= 0);
	memset(text, 'a', sizeof(text));
	memcpy(text, "OPTIONS sip:x@y SIP/2.0\r\nX: ", 28);
	KTAP_CHECK(net_say(fd, text, 4100));
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 1));
	KTAP_CHECK(net_counters(&net)->too_big == 1 && net_gone(&net, fd));
	close(fd);
	for (i = 0; i < 4; i++) {
		many[i] = net_socket(l, THEM);
		KTAP_CHECK(net_say(many[i], text, 3000));
		net_for(&net, 5);
	}
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 2));
	KTAP_CHECK(net_counters(&net)->too_big == 2);
	KTAP_CHECK(net_counters(&net)->connections == 3);
	for (i = 0; i < 4; i++)
		close(many[i]);
	KTAP_CHECK(NET_UNTIL(&net, net.closed == 5));
	/* what they had is free for others */
	fd = net_socket(l, THEM);
	KTAP_CHECK(net_say(fd, text, 3000));
	net_for(&net, 20);
	KTAP_CHECK(net_counters(&net)->connections == 1);
	close(fd);
	net_end(&net);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a head that does not end is closed in its time", slow_heads },
		{ "silent connections are closed, held ones are not", silent_connections },
		{ "connections are counted by source and in all", connection_caps },
		{ "connections of a source, as its realm says", connections_of_a_source },
		{ "without descriptors the loop does not spin", no_descriptors },
		{ "strangers leave descriptors to others", reserve },
		{ "a slow reader is closed", slow_readers },
		{ "what waits for a reader gets there whole", queued_output },
		{ "a connection is read from no faster than its rate", rate_of_a_connection },
		{ "heads are bounded, one and all", big_heads },
	};

	return KTAP_RUN(points);
}
