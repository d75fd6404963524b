// SPDX-License-Identifier: GPL-2.0
/*
 * ngload PORT RATE MS CALLER CALLEE [keep]: a proxy's calls by rtpengine's control protocol
 *
 * Begins RATE calls in a second for so many milliseconds, whether or not those before are
 * done: an offer, at its reply an answer, at its reply a delete, which is left out with
 * keep.  Prints as JSON how many there were, how many were refused, failed or had no reply
 * at all, and how long replies took, in microseconds.  Ends with 0 whatever they were.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS	5000000000ull
#define CALLS_MAX	2000000

enum stage { OFFER, ANSWER, DELETE, DONE };

/**
 * struct call - a call
 * @sent: ns, when its last request was
 * @stage: which that was
 */
struct call {
	uint64_t sent;
	enum stage stage;
};

static struct call *calls;
static uint32_t *took;
static size_t n_took, begun, refused, failed, over, unsent;
static const char *caller, *callee;
static bool keep;
static int fd;

static void die(const char *what)
{
	fprintf(stderr, "ngload: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int sdp_of(char *to, size_t room, const char *addr, unsigned int port)
{
	return snprintf(to, room,
			"v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
			"m=audio %u RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
			"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
			addr, addr, port);
}

#define COMMON	"8:supportsl10:load limite7:replacel6:origin18:session-connectione3:ICE6:remove" \
		"5:flagsl13:trust-addresse"

/* as Kamailio sends it */
static int request(char *to, size_t room, size_t i, enum stage stage)
{
	unsigned int port = 10000 + 2 * (unsigned int)(i % 20000);
	char sdp[600], id[24];
	int n, m;

	m = snprintf(id, sizeof(id), "load-%zu", i);
	if (stage == DELETE)
		return snprintf(to, room, "%zu_%d d7:command6:delete7:call-id%d:%s8:from-tag1:f6:to-tag1:t"
				"12:delete-delayi0ee", i, stage, m, id);
	n = sdp_of(sdp, sizeof(sdp), stage == OFFER ? caller : callee, port);
	return snprintf(to, room, "%zu_%d d7:command%s7:call-id%d:%s8:from-tag1:f%s13:received-froml3:IP4%zu:%se"
			COMMON "9:directionl1:a1:be3:sdp%d:%se", i, stage,
			stage == OFFER ? "5:offer" : "6:answer", m, id, stage == OFFER ? "" : "6:to-tag1:t",
			strlen(stage == OFFER ? caller : callee), stage == OFFER ? caller : callee, n, sdp);
}

static void ask(size_t i, enum stage stage)
{
	char text[2000];
	int n = request(text, sizeof(text), i, stage);

	calls[i].stage = stage;
	calls[i].sent = now_ns();
	if (send(fd, text, (size_t)n, 0) < 0)
		unsent++;
}

static void heard(char *text, ssize_t n)
{
	bool ok, limit;
	size_t i;
	int stage;

	text[n] = '\0';
	if (sscanf(text, "%zu_%d ", &i, &stage) != 2 || i >= begun || calls[i].stage != (enum stage)stage)
		return;
	took[n_took++] = (uint32_t)((now_ns() - calls[i].sent) / 1000);
	ok = strstr(text, "6:result2:ok");
	limit = strstr(text, "6:result10:load limit") || strstr(text, "limit reached");
	if (ok && stage < (keep ? ANSWER : DELETE)) {
		ask(i, stage + 1);
		return;
	}
	calls[i].stage = DONE;
	over++;
	refused += !ok && limit;
	failed += !ok && !limit;
}

static void hear(void)
{
	static char text[65537];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0)
		heard(text, n);
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

static void report(void)
{
	qsort(took, n_took, sizeof(*took), later);
	printf("{\"calls\":%zu,\"refused\":%zu,\"failed\":%zu,\"lost\":%zu,\"unsent\":%zu,\"replies\":%zu,"
	       "\"us50\":%u,\"us99\":%u,\"us999\":%u,\"max\":%u}\n", begun, refused, failed, begun - over,
	       unsent, n_took, part(.5), part(.99), part(.999), part(1));
}

static void open_socket(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int size = 64 << 20;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("a socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static void run(uint64_t rate, size_t n)
{
	uint64_t start = now_ns(), due, now, last = start;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t was = 0;

	while (over < n) {
		now = now_ns();
		due = begun < n ? start + (uint64_t)begun * 1000000000 / rate : now + 1000000;
		if (due <= now) {
			begun++;
			ask(begun - 1, OFFER);
			hear();
			continue;
		}
		/* a millisecond is too coarse a time to wait near the next one */
		poll(&p, 1, due - now > 2000000 || begun == n ? 1 : 0);
		hear();
		if (n_took != was || begun < n)
			last = now;
		was = n_took;
		if (now - last > PATIENCE_NS)
			break;
	}
}

int main(int argc, char **argv)
{
	uint64_t rate;
	size_t n;

	if (argc < 6) {
		fprintf(stderr, "usage: ngload PORT RATE MS CALLER CALLEE [keep]\n");
		return 2;
	}
	rate = strtoull(argv[2], NULL, 10);
	n = (size_t)(rate * strtoull(argv[3], NULL, 10) / 1000);
	caller = argv[4];
	callee = argv[5];
	keep = argc > 6;
	if (!rate || !n || n > CALLS_MAX)
		die("RATE or MS");
	calls = calloc(n, sizeof(*calls));
	took = calloc(3 * n, sizeof(*took));
	if (!calls || !took)
		die("memory");
	open_socket(argv[1]);
	run(rate, n);
	report();
	return 0;
}
