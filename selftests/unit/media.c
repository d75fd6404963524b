// SPDX-License-Identifier: GPL-2.0
/*
 * The held media sockets, by io_uring and by epoll.
 *
 *   tx (one socket) ----- lo ----- held sockets ----- two workers
 *
 * All in a namespace of our own.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engines.h"
#include "ktap.h"
#include "net.h"

static const uint8_t rtp[172] = { 0x80, 0 };
static const uint8_t stun[20] = { 0, 1 };

static struct media *media;
static int tx;

/* what the callback saw, and what it is to do */
static unsigned int calls;
static enum media_class last_class;
static struct dp_addr last_src;
static size_t last_len;
static uint8_t last_data[MEDIA_MAX];
static struct media_sock *victims[2];

static void on_packet(struct media_sock *sock, enum media_class class,
		      const struct dp_addr *src, const uint8_t *data,
		      size_t len, void *arg)
{
	(void)sock;
	(void)arg;
	calls++;
	last_class = class;
	last_src = *src;
	last_len = len;
	memcpy(last_data, data, len);
	media_del(victims[0]);
	media_del(victims[1]);
	victims[0] = NULL;
	victims[1] = NULL;
}

static bool begin(void)
{
	struct media_conf conf = {
		.io = epoll ? MEDIA_IO_EPOLL : MEDIA_IO_URING,
		.workers = 2,
	};
	struct dp_err err = {};

	calls = 0;
	if (media_new(&media, &conf, on_packet, NULL, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	return true;
}

/* a held socket on a port that the kernel chose; NULL with a line if not */
static struct media_sock *hold(void *user)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct media_sock *sock = NULL;
	struct dp_err err = {};
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    media_add(media, &sock, fd, user, &err)) {
		printf("# cannot hold a socket: %s\n", err.text);
		close(fd);
		return NULL;
	}
	return sock;
}

static bool send_to(const struct dp_addr *dst, const void *data, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t sslen = dp_addr_to_sockaddr(dst, &ss);

	return sendto(tx, data, len, 0, (struct sockaddr *)&ss, sslen) ==
	       (ssize_t)len;
}

static bool readable(int ms)
{
	struct pollfd pfd = { .fd = media_fd(media), .events = POLLIN };
	int ret;

	do {
		ret = poll(&pfd, 1, ms);
	} while (ret < 0 && errno == EINTR);
	return ret == 1;
}

/*
 * Dispatch until so many datagrams of a class have come to a socket, or to all
 * if it is NULL; a minute at most.
 */
static bool await_at(struct media_sock *sock, enum media_class class,
		     uint64_t n)
{
	const struct media_counts *counts;
	uint64_t seen;
	int ms;

	for (ms = 0; ms < 60000; ms++) {
		counts = sock ? media_sock_counts(sock) : media_counts(media);
		seen = counts->packets[class];
		/* what was counted before that is there for the agent */
		media_dispatch(media);
		if (seen >= n)
			return true;
		readable(1);
	}
	printf("# waited for %llu %s, got %llu\n", (unsigned long long)n,
	       media_class_name(class), (unsigned long long)seen);
	return false;
}

static bool await(enum media_class class, uint64_t n)
{
	return await_at(NULL, class, n);
}

static bool classes(void)
{
	static const struct {
		uint8_t data[2];
		size_t len;
		enum media_class class;
	} cases[] = {
		{ { 0, 0 }, 0, MEDIA_UNKNOWN },
		{ { 0x80, 0 }, 1, MEDIA_UNKNOWN },
		{ { 0, 1 }, 2, MEDIA_STUN }, { { 3, 1 }, 2, MEDIA_STUN },
		{ { 4, 1 }, 2, MEDIA_UNKNOWN }, { { 16, 0 }, 2, MEDIA_UNKNOWN },
		{ { 19, 0 }, 2, MEDIA_UNKNOWN }, { { 20, 0 }, 2, MEDIA_DTLS },
		{ { 63, 0 }, 2, MEDIA_DTLS }, { { 64, 0 }, 2, MEDIA_TURN },
		{ { 79, 0 }, 2, MEDIA_TURN }, { { 80, 0 }, 2, MEDIA_UNKNOWN },
		{ { 127, 0 }, 2, MEDIA_UNKNOWN }, { { 128, 0 }, 2, MEDIA_RTP },
		{ { 191, 127 }, 2, MEDIA_RTP },
		{ { 192, 0 }, 2, MEDIA_UNKNOWN },
		{ { 128, 63 }, 2, MEDIA_RTP }, { { 128, 64 }, 2, MEDIA_RTCP },
		{ { 128, 95 }, 2, MEDIA_RTCP }, { { 128, 96 }, 2, MEDIA_RTP },
		{ { 128, 191 }, 2, MEDIA_RTP }, { { 128, 192 }, 2, MEDIA_RTCP },
		{ { 129, 200 }, 2, MEDIA_RTCP }, { { 128, 223 }, 2, MEDIA_RTCP },
		{ { 128, 224 }, 2, MEDIA_RTP },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (media_classify(cases[i].data, cases[i].len) !=
		    cases[i].class) {
			printf("# %u %u of %zu bytes is not %s\n",
			       cases[i].data[0], cases[i].data[1],
			       cases[i].len, media_class_name(cases[i].class));
			return false;
		}
	}
	return true;
}

static bool counts(void)
{
	struct media_sock *a;
	struct media_sock *b;
	int i;

	KTAP_CHECK(begin());
	a = hold(&calls);
	b = hold(NULL);
	KTAP_CHECK(a && b && media_sockets(media) == 2);
	KTAP_CHECK(media_sock_user(a) == &calls);
	for (i = 0; i < 10; i++)
		KTAP_CHECK(send_to(media_sock_local(a), rtp, sizeof(rtp)));
	KTAP_CHECK(send_to(media_sock_local(b), stun, sizeof(stun)));
	KTAP_CHECK(await(MEDIA_RTP, 10) && await(MEDIA_STUN, 1));
	KTAP_CHECK(media_sock_counts(a)->packets[MEDIA_RTP] == 10);
	KTAP_CHECK(media_sock_counts(a)->packets[MEDIA_STUN] == 0);
	KTAP_CHECK(media_sock_counts(b)->packets[MEDIA_STUN] == 1);
	KTAP_CHECK(!strcmp(media_io_name(media), epoll ? "epoll" : "io_uring"));
	KTAP_CHECK(media_workers(media) == 2 && !*media_why(media));
	KTAP_CHECK(!media_counts(media)->errors);
	media_del(a);
	KTAP_CHECK(media_counts(media)->packets[MEDIA_RTP] == 10);
	media_free(media);
	return true;
}

static bool callback(void)
{
	struct sockaddr_storage ss;
	struct media_sock *sock;
	struct dp_addr from;
	socklen_t len = sizeof(ss);
	uint8_t data[200];

	memset(data, 0xa5, sizeof(data));
	data[0] = 22;		/* DTLS handshake */
	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	KTAP_CHECK(send_to(media_sock_local(sock), rtp, sizeof(rtp)));
	KTAP_CHECK(send_to(media_sock_local(sock), data, sizeof(data)));
	KTAP_CHECK(await(MEDIA_DTLS, 1));
	KTAP_CHECK(calls == 1 && last_class == MEDIA_DTLS);
	KTAP_CHECK(last_len == sizeof(data));
	KTAP_CHECK(!memcmp(last_data, data, sizeof(data)));
	KTAP_CHECK(!getsockname(tx, (struct sockaddr *)&ss, &len));
	KTAP_CHECK(dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len));
	KTAP_CHECK(last_src.port == from.port);
	media_free(media);
	return true;
}

static bool answer(void)
{
	struct media_sock *sock;
	struct dp_addr other;
	uint8_t buf[64];

	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	KTAP_CHECK(send_to(media_sock_local(sock), stun, sizeof(stun)));
	KTAP_CHECK(await(MEDIA_STUN, 1));
	KTAP_CHECK(!media_send(sock, &last_src, "answer", 6));
	KTAP_CHECK(recv(tx, buf, sizeof(buf), 0) == 6);
	KTAP_CHECK(!memcmp(buf, "answer", 6));
	KTAP_CHECK(dp_addr_parse("[2001:db8::1]:9", &other));
	KTAP_CHECK(media_send(sock, &other, "x", 1) < 0);
	media_free(media);
	return true;
}

static bool odd_sizes(void)
{
	static uint8_t big[MEDIA_MAX + 1] = { 20 };
	struct media_sock *sock;

	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	KTAP_CHECK(send_to(media_sock_local(sock), big, MEDIA_MAX));
	KTAP_CHECK(await(MEDIA_DTLS, 1));
	KTAP_CHECK(calls == 1 && last_len == MEDIA_MAX);
	KTAP_CHECK(send_to(media_sock_local(sock), big, MEDIA_MAX + 1));
	KTAP_CHECK(await(MEDIA_DTLS, 2));
	KTAP_CHECK(calls == 1 && media_sock_counts(sock)->truncated == 1);
	KTAP_CHECK(send_to(media_sock_local(sock), big, 0));
	KTAP_CHECK(await(MEDIA_UNKNOWN, 1));
	KTAP_CHECK(calls == 2 && !last_len);
	KTAP_CHECK(send_to(media_sock_local(sock), stun, sizeof(stun)));
	KTAP_CHECK(await(MEDIA_STUN, 1));
	media_free(media);
	return true;
}

/* more datagrams waiting than there are buffers */
static bool burst(void)
{
	struct media_sock *socks[30];
	int i;
	int j;

	KTAP_CHECK(begin());
	for (i = 0; i < 30; i++) {
		socks[i] = hold(NULL);
		KTAP_CHECK(socks[i]);
	}
	for (i = 0; i < 30; i++)
		for (j = 0; j < 100; j++)
			KTAP_CHECK(send_to(media_sock_local(socks[i]), rtp,
					   sizeof(rtp)));
	KTAP_CHECK(await(MEDIA_RTP, 3000));
	for (i = 0; i < 30; i++)
		KTAP_CHECK(media_sock_counts(socks[i])->packets[MEDIA_RTP] ==
			   100);
	KTAP_CHECK(!media_counts(media)->errors);
	media_free(media);
	return true;
}

/* the callback ends its own socket while more is waiting on it */
static bool del_self(void)
{
	struct media_sock *other;
	struct media_sock *sock;
	int i;

	KTAP_CHECK(begin());
	sock = hold(NULL);
	other = hold(NULL);
	KTAP_CHECK(sock && other);
	for (i = 0; i < 5; i++)
		KTAP_CHECK(send_to(media_sock_local(sock), stun, sizeof(stun)));
	victims[0] = sock;
	KTAP_CHECK(send_to(media_sock_local(other), rtp, sizeof(rtp)));
	/* another worker may have the other socket: neither is sure to be first */
	KTAP_CHECK(await(MEDIA_RTP, 1));
	for (i = 0; i < 5000 && !calls; i++) {
		readable(1);
		media_dispatch(media);
	}
	KTAP_CHECK(calls == 1 && media_sockets(media) == 1);
	media_free(media);
	return true;
}

/* the callback ends two others, which have datagrams waiting, too */
static bool del_others(void)
{
	struct media_sock *socks[4];
	int i;
	int j;

	KTAP_CHECK(begin());
	for (i = 0; i < 4; i++) {
		socks[i] = hold(NULL);
		KTAP_CHECK(socks[i]);
	}
	KTAP_CHECK(send_to(media_sock_local(socks[0]), stun, sizeof(stun)));
	for (i = 1; i < 4; i++)
		for (j = 0; j < 10; j++)
			KTAP_CHECK(send_to(media_sock_local(socks[i]), stun,
					   sizeof(stun)));
	victims[0] = socks[1];
	victims[1] = socks[2];
	/* how much of the two that end is counted, nobody knows */
	KTAP_CHECK(await_at(socks[0], MEDIA_STUN, 1));
	KTAP_CHECK(await_at(socks[3], MEDIA_STUN, 10));
	KTAP_CHECK(media_sockets(media) == 2);
	media_free(media);
	return true;
}

/*
 * Ending sockets from outside takes the datagrams of others out of the ring:
 * they must come all the same, and the descriptor must say so.
 */
static bool del_keeps_others(void)
{
	struct media_sock *gone[3];
	struct media_sock *sock;
	int i;

	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	for (i = 0; i < 3; i++) {
		gone[i] = hold(NULL);
		KTAP_CHECK(gone[i]);
	}
	for (i = 0; i < 20; i++)
		KTAP_CHECK(send_to(media_sock_local(sock), rtp, sizeof(rtp)));
	for (i = 0; i < 3; i++) {
		KTAP_CHECK(send_to(media_sock_local(gone[i]), rtp,
				   sizeof(rtp)));
		media_del(gone[i]);
	}
	KTAP_CHECK(await(MEDIA_RTP, 20));
	KTAP_CHECK(media_sock_counts(sock)->packets[MEDIA_RTP] == 20);
	KTAP_CHECK(send_to(media_sock_local(sock), stun, sizeof(stun)));
	KTAP_CHECK(await(MEDIA_STUN, 1));
	KTAP_CHECK(!readable(0) || !media_dispatch(media));
	media_free(media);
	return true;
}

/* the port is free for another bind() as soon as media_del() returns */
static bool port_free(void)
{
	struct media_sock *sock;
	struct sockaddr_storage ss;
	struct dp_err err = {};
	struct dp_addr addr;
	socklen_t len;
	int fd;
	int i;

	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	addr = *media_sock_local(sock);
	len = dp_addr_to_sockaddr(&addr, &ss);
	for (i = 0; i < 2000; i++) {
		if (i % 3 == 0)
			KTAP_CHECK(send_to(&addr, rtp, sizeof(rtp)));
		media_del(sock);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		KTAP_CHECK(!bind(fd, (struct sockaddr *)&ss, len));
		KTAP_CHECK(!media_add(media, &sock, fd, NULL, &err));
		if (i % 7 == 0)
			media_dispatch(media);
	}
	media_free(media);
	return true;
}

/* what came to a socket that is gone is not the next one's on that port */
static bool old_datagram(void)
{
	const struct media_counts *counts;
	struct media_sock *sock, *new;
	struct sockaddr_storage ss;
	struct dp_err err = {};
	struct dp_addr addr;
	socklen_t len;
	int fd, ms;

	KTAP_CHECK(begin());
	sock = hold(NULL);
	KTAP_CHECK(sock);
	addr = *media_sock_local(sock);
	KTAP_CHECK(send_to(&addr, stun, sizeof(stun)));
	for (ms = 0; ms < 60000; ms++) {
		counts = media_sock_counts(sock);
		if (counts->packets[MEDIA_STUN])
			break;
		poll(NULL, 0, 1);
	}
	KTAP_CHECK(counts->packets[MEDIA_STUN] == 1);
	media_del(sock);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	len = dp_addr_to_sockaddr(&addr, &ss);
	KTAP_CHECK(!bind(fd, (struct sockaddr *)&ss, len));
	KTAP_CHECK(!media_add(media, &new, fd, NULL, &err));
	KTAP_CHECK(readable(60000) && !media_dispatch(media) && !calls);
	KTAP_CHECK(send_to(&addr, stun, sizeof(stun)));
	KTAP_CHECK(await_at(new, MEDIA_STUN, 1) && calls == 1);
	media_free(media);
	return true;
}

static bool balanced(void)
{
	unsigned int i, at[2] = {};
	struct media_sock *sock;

	KTAP_CHECK(begin());
	for (i = 0; i < 20; i++) {
		sock = hold(NULL);
		KTAP_CHECK(sock);
		at[sock->worker->index]++;
	}
	KTAP_CHECK(at[0] == 10 && at[1] == 10);
	media_free(media);
	return true;
}

static bool thousands(void)
{
	static struct media_sock *socks[4000];
	int i;

	KTAP_CHECK(begin());
	for (i = 0; i < 4000; i++) {
		socks[i] = hold(NULL);
		KTAP_CHECK(socks[i]);
	}
	for (i = 0; i < 4000; i++)
		KTAP_CHECK(send_to(media_sock_local(socks[i]), rtp,
				   sizeof(rtp)));
	KTAP_CHECK(await(MEDIA_RTP, 4000));
	for (i = 0; i < 4000; i++)
		KTAP_CHECK(media_sock_counts(socks[i])->packets[MEDIA_RTP] ==
			   1);
	for (i = 0; i < 4000; i += 2)
		media_del(socks[i]);
	KTAP_CHECK(media_sockets(media) == 2000);
	for (i = 1; i < 4000; i += 2)
		KTAP_CHECK(send_to(media_sock_local(socks[i]), rtp,
				   sizeof(rtp)));
	KTAP_CHECK(await(MEDIA_RTP, 6000));
	media_free(media);
	return true;
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static bool bad_sockets(void)
{
	struct media_sock *sock = NULL;
	struct dp_err err = {};
	int before = descriptors();
	int fd;

	KTAP_CHECK(begin());
	fd = socket(AF_INET, SOCK_STREAM, 0);
	KTAP_CHECK(media_add(media, &sock, fd, NULL, &err) == -EINVAL);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);	/* not bound */
	KTAP_CHECK(media_add(media, &sock, fd, NULL, &err) == -EINVAL);
	close(fd);
	KTAP_CHECK(media_add(media, &sock, -1, NULL, &err) == -EINVAL);
	KTAP_CHECK(!sock && !media_sockets(media));
	media_del(NULL);
	media_free(media);
	media_free(NULL);
	KTAP_CHECK(descriptors() == before);
	return true;
}

EPOLL(counts)
EPOLL(callback)
EPOLL(answer)
EPOLL(odd_sizes)
EPOLL(burst)
EPOLL(del_self)
EPOLL(del_others)
EPOLL(del_keeps_others)
EPOLL(port_free)
EPOLL(old_datagram)
EPOLL(thousands)

/* a train is one datagram to the stack until the device: no longer than one may be */
static bool trains(void)
{
	static struct media_sock out, other;
	static struct worker w;
	unsigned int i;

	for (i = 0; i < ENGINE_BATCH; i++)
		w.tx[i] = (struct tx){ .out = &out, .len = 1200 };
	w.n_tx = ENGINE_BATCH;
	KTAP_CHECK(tx_run(&w, 0) == 1);
	w.busy = true;
	KTAP_CHECK(tx_run(&w, 0) == 54 && tx_run(&w, 0) * 1200 <= 65507);
	KTAP_CHECK(tx_run(&w, ENGINE_BATCH - 3) == 3);
	for (i = 0; i < ENGINE_BATCH; i++)
		w.tx[i].len = 172;
	KTAP_CHECK(tx_run(&w, 0) == 64);
	/* a shorter one ends it, a longer one, an empty one and another's do not fit */
	w.tx[5].len = 100;
	w.tx[16].len = 173;
	w.tx[26].len = 0;
	w.tx[36].out = &other;
	KTAP_CHECK(tx_run(&w, 0) == 6 && tx_run(&w, 6) == 10);
	KTAP_CHECK(tx_run(&w, 17) == 9 && tx_run(&w, 26) == 1);
	KTAP_CHECK(tx_run(&w, 27) == 9 && tx_run(&w, 36) == 1);
	out.no_gso = true;
	KTAP_CHECK(tx_run(&w, 40) == 1);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "RFC 7983 and 5761 classes", classes },
		BOTH("datagrams are counted by class and socket", counts),
		BOTH("only what is not RTP goes to the callback", callback),
		BOTH("a socket can answer", answer),
		BOTH("long, too long and empty datagrams", odd_sizes),
		BOTH("3,000 datagrams at once, none lost", burst),
		BOTH("a callback ends its own socket", del_self),
		BOTH("a callback ends other sockets", del_others),
		BOTH("the end of a socket costs others nothing",
		     del_keeps_others),
		BOTH("a port is free at once, 2,000 times", port_free),
		BOTH("a datagram of a socket that is gone", old_datagram),
		{ "workers have as many sockets each", balanced },
		BOTH("4,000 sockets", thousands),
		{ "what is no bound UDP socket is refused", bad_sockets },
		{ "trains of packets", trains },
	};
	struct rlimit files = { 8192, 8192 };

	unit_net();
	if (!can_io_uring())
		return 4;
	setrlimit(RLIMIT_NOFILE, &files);
	tx = socket(AF_INET, SOCK_DGRAM, 0);
	/* a port, so that getsockname() knows it */
	send(tx, "", 0, 0);
	return KTAP_RUN(points);
}
