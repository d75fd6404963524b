// SPDX-License-Identifier: GPL-2.0
/*
 * replytime ADDRESS:PORT ping|options HZ MS: how long replies take
 *
 * Sends so many commands ping (rtpengine's control protocol) or requests OPTIONS in a second,
 * whether or not those before have a reply.  Prints as JSON how many there were, how many
 * have none, and how long the others took, in microseconds: from before a request is sent
 * until the kernel has its reply, so that a late turn of this program itself counts for
 * nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MAX	1000000

static uint64_t *sent;
static uint32_t *took;
static size_t n, begun, n_took;
static struct sockaddr_in to, own;
static int fd, options;

static void die(const char *what)
{
	fprintf(stderr, "replytime: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* of the clock that datagrams are stamped by */
static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void ask(size_t i)
{
	char text[600], ours[32], theirs[32];
	int len;

	snprintf(ours, sizeof(ours), "%s", inet_ntoa(own.sin_addr));
	snprintf(theirs, sizeof(theirs), "%s", inet_ntoa(to.sin_addr));
	if (options)
		len = snprintf(text, sizeof(text), "OPTIONS sip:%s:%u SIP/2.0\r\n"
			       "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK%zu;rport\r\nMax-Forwards: 70\r\n"
			       "From: <sip:%s>;tag=%zu\r\nTo: <sip:%s:%u>\r\nCall-ID: %zu\r\nCSeq: %zu OPTIONS\r\n"
			       "Content-Length: 0\r\n\r\n", theirs, ntohs(to.sin_port), ours, ntohs(own.sin_port), i,
			       ours, i, theirs, ntohs(to.sin_port), i, i + 1);
	else
		len = snprintf(text, sizeof(text), "%zu d7:command4:pinge", i);
	sent[i] = now_ns();
	if (send(fd, text, (size_t)len, 0) < 0)
		die("send");
}

/* which request a reply is of; -1: none */
static long number_of(const char *text)
{
	const char *p = options ? strstr(text, "\nCSeq: ") : text;
	unsigned long nr;

	if (!p || sscanf(p, options ? "\nCSeq: %lu" : "%lu ", &nr) != 1)
		return -1;
	nr -= options != 0;
	return nr < begun && sent[nr] ? (long)nr : -1;
}

static uint64_t stamp_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	struct timespec ts;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	}
	return now_ns();
}

static void hear(void)
{
	char text[4096], control[256];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t len;
	long nr;

	for (;;) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		len = recvmsg(fd, &msg, MSG_DONTWAIT);
		if (len < 0)
			return;
		text[len] = '\0';
		nr = number_of(text);
		if (nr < 0)
			continue;
		took[n_took++] = (uint32_t)((stamp_of(&msg) - sent[nr]) / 1000);
		sent[nr] = 0;
	}
}

static void run(uint64_t hz)
{
	uint64_t start = now_ns(), due, now, until = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec t = { 0 };

	while (n_took < n) {
		now = now_ns();
		due = begun < n ? start + begun * 1000000000 / hz : now + 1000000;
		if (begun == n && !until)
			until = now + 2000000000;
		if (until && now > until)
			return;
		if (due <= now) {
			begun++;
			ask(begun - 1);
			continue;
		}
		t.tv_nsec = (long)(due - now < 100000000 ? due - now : 100000000);
		ppoll(&p, 1, &t, NULL);
		hear();
	}
}

static int later(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t part(double share)
{
	size_t i = (size_t)(share * (double)n_took);

	return n_took ? took[i < n_took ? i : n_took - 1] : 0;
}

static void open_socket(char *at)
{
	char *port = strchr(at, ':');
	socklen_t len = sizeof(own);
	int one = 1;

	if (!port)
		die("ADDRESS:PORT");
	*port++ = '\0';
	to.sin_family = AF_INET;
	to.sin_port = htons((uint16_t)atoi(port));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (inet_pton(AF_INET, at, &to.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(fd, (struct sockaddr *)&own, &len) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		die(at);
}

int main(int argc, char **argv)
{
	uint64_t hz;

	if (argc != 5) {
		fprintf(stderr, "usage: replytime ADDRESS:PORT ping|options HZ MS\n");
		return 2;
	}
	options = !strcmp(argv[2], "options");
	hz = strtoull(argv[3], NULL, 10);
	n = (size_t)(hz * strtoull(argv[4], NULL, 10) / 1000);
	if (!n || n > REQUESTS_MAX)
		die("HZ or MS");
	sent = calloc(n, sizeof(*sent));
	took = calloc(n, sizeof(*took));
	if (!sent || !took)
		die("memory");
	open_socket(argv[1]);
	run(hz);
	qsort(took, n_took, sizeof(*took), later);
	printf("{\"requests\":%zu,\"lost\":%zu,\"us50\":%u,\"us99\":%u,\"us999\":%u,\"max\":%u}\n", n, n - n_took,
	       part(.5), part(.99), part(.999), part(1));
	return 0;
}
