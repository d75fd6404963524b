// SPDX-License-Identifier: GPL-2.0
/*
 * How an address of ours is seen from outside: who is asked, who is believed, and what
 * calls are told. The STUN server and who would like to be it are sockets of the test's.
 *
 *   127.0.0.1 asks --- 127.0.0.9 server        127.0.0.66 would like to be it
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "ktap.h"
#include "session/seen.h"

#define OUTSIDE	"203.0.113.5"
/* media ports, below those that the kernel gives to anybody */
#define LOW	27600
#define HIGH	27699
/* ms that something may take, on whatever machine */
#define LIMIT	60000

static struct timers timers;
static struct media *media;
static struct ports *pool;
static struct session_seen *told;
static struct seen *seen;
static struct seen_report report;
static struct dp_addr server_addr, other_addr;
static int server = -1, other = -1;
/* the last request that came to the server */
static uint8_t id[STUN_ID_LEN];
static struct dp_addr asker;
static unsigned int asked;
/* where the log stood */
static off_t said;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct dp_addr at(const char *text)
{
	struct dp_addr a = { 0 };

	if (!dp_addr_parse(text, &a))
		dp_addr_parse_host(text, &a);
	return a;
}

static int open_at(const char *host, struct dp_addr *addr)
{
	struct dp_addr a = at(host);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&a, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len))
		abort();
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(addr, (struct sockaddr *)&ss, len);
	return fd;
}

static void take_request(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct stun_msg m;
	uint8_t data[512];
	ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&ss, &len);

	if (n < 0 || !stun_parse(data, (size_t)n, &m) || m.class != STUN_REQUEST)
		return;
	memcpy(id, m.id, sizeof(id));
	dp_addr_from_sockaddr(&asker, (struct sockaddr *)&ss, len);
	asked++;
}

static void turn(void)
{
	struct pollfd fds[] = {
		{ server, POLLIN, 0 }, { other, POLLIN, 0 },
		{ media_fd(media), POLLIN, 0 },
	};

	poll(fds, 3, 20);
	timers_advance(&timers, now_ms());
	if (fds[0].revents)
		take_request(server);
	if (fds[1].revents)
		take_request(other);
	media_dispatch(media);
	timers_run(&timers, now_ms());
	if (seen)
		seen_tell(seen, &report);
}

#define AWAIT(cond)							\
	do {								\
		uint64_t until = now_ms() + LIMIT;			\
									\
		while (!(cond) && now_ms() < until)			\
			turn();						\
		KTAP_CHECK(cond);					\
	} while (0)

static void on_datagram(struct media_sock *sock, enum media_class class,
			const struct dp_addr *src, const uint8_t *data,
			size_t len, void *arg)
{
	(void)arg;
	if (seen && class == MEDIA_STUN)
		seen_receive(seen, sock, src, data, len);
}

/* an answer from there, that we are seen at @host and as our port and @more */
static void answer(int from, const uint8_t *of, const char *host, int more)
{
	struct dp_addr mapped = at(host);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&asker, &ss);
	struct stun_writer w;
	uint8_t buf[128];

	mapped.port = (uint16_t)(asker.port + more);
	stun_begin(&w, buf, sizeof(buf), STUN_SUCCESS, STUN_BINDING, of);
	stun_put_addr(&w, STUN_XOR_MAPPED_ADDRESS, &mapped);
	sendto(from, buf, stun_end(&w), 0, (struct sockaddr *)&ss, len);
}

/* lines of the log that warn, since begin() */
static unsigned int warned(void)
{
	static char text[65536];
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, said);
	unsigned int lines = 0;
	const char *p = text;

	text[n > 0 ? n : 0] = '\0';
	while ((p = strstr(p, " warning "))) {
		lines++;
		p++;
	}
	return lines;
}

/* a request a second later would need another, whatever the machine is like */
static const struct stun_client_conf patient = { .rto = 5000, .again = 50 };

static bool begin(const char *advertise, const struct stun_client_conf *stun)
{
	struct ports_conf range = {
		.addr = at("127.0.0.1"), .lo = LOW, .hi = HIGH,
	};
	struct seen_conf conf = {
		.realm = "access", .listen = at("127.0.0.1"),
		.advertise = at(advertise), .timers = &timers, .stun = stun,
	};
	struct dp_err err;

	timers_init(&timers, now_ms());
	asked = 0;
	said = lseek(STDERR_FILENO, 0, SEEK_END);
	if (media_new(&media, NULL, on_datagram, NULL, &err) ||
	    ports_new(&pool, &range, media, &err))
		return false;
	server = open_at("127.0.0.9", &server_addr);
	other = open_at("127.0.0.66", &other_addr);
	told = session_seen_new();
	conf.ports = pool;
	conf.to = told;
	seen = seen_new(&conf);
	return seen;
}

static bool end(void)
{
	struct ports_stats stats;

	seen_free(seen);
	seen = NULL;
	ports_stats(pool, &stats);
	/* what other programs have aside */
	KTAP_CHECK(!stats.used && stats.quarantined == stats.foreign);
	ports_free(pool);
	media_free(media);
	session_seen_put(told);
	close(server);
	close(other);
	return true;
}

static bool is_told(const char *host)
{
	struct dp_addr a = at(host);

	return dp_addr_same_host(&told->addr, &a) &&
	       dp_addr_eq(&told->server, &server_addr) && report.offered;
}

static bool learns(void)
{
	KTAP_CHECK(begin("127.0.0.1", &patient));
	seen_tell(seen, &report);
	KTAP_CHECK(!report.server.family && !report.offered && !*report.why);
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	/* from a media port */
	KTAP_CHECK(asker.port >= LOW && asker.port <= HIGH);
	KTAP_CHECK(dp_addr_eq(&report.from, &asker) && !told->addr.family);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	KTAP_CHECK(dp_addr_eq(&report.server, &server_addr) && !*report.why && !warned());
	/* the same server again is no question */
	seen_server(seen, &server_addr);
	turn();
	turn();
	KTAP_CHECK(asked == 1);
	/* our addresses have changed: what was said holds until it says something else */
	seen_ask(seen);
	AWAIT(asked == 2);
	KTAP_CHECK(is_told(OUTSIDE));
	answer(server, id, "203.0.113.77", 0);
	AWAIT(is_told("203.0.113.77"));
	return end();
}

/* who has not been asked, or was asked something else, says nothing */
static bool strangers(void)
{
	uint8_t wrong[STUN_ID_LEN];

	KTAP_CHECK(begin("127.0.0.1", &patient));
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	memcpy(wrong, id, sizeof(wrong));
	wrong[11] ^= 1;
	answer(other, id, "203.0.113.66", 0);
	answer(server, wrong, "203.0.113.66", 0);
	/* of one socket, so in this order */
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	/* said twice */
	answer(server, id, "203.0.113.66", 0);
	answer(other, id, "203.0.113.66", 0);
	seen_ask(seen);
	AWAIT(asked == 2);
	answer(server, id, OUTSIDE, 0);
	AWAIT(!*report.why);
	KTAP_CHECK(is_told(OUTSIDE));
	return end();
}

/* nobody can be told where a call's port is */
static bool other_ports(void)
{
	KTAP_CHECK(begin("127.0.0.1", &patient));
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	seen_ask(seen);
	AWAIT(asked == 2);
	answer(server, id, OUTSIDE, 7);
	AWAIT(!report.offered);
	KTAP_CHECK(strstr(report.why, "; expected a NAT that keeps the media ports"));
	KTAP_CHECK(!told->addr.family && report.mapped.family && warned() == 1);
	seen_ask(seen);
	AWAIT(asked == 3);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	KTAP_CHECK(!*report.why && warned() == 1);
	return end();
}

/* what is advertised is not what is seen: both are offered, and people are told */
static bool advertised(void)
{
	KTAP_CHECK(begin("203.0.113.4", &patient));
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	KTAP_CHECK(warned() == 1 && end());
	KTAP_CHECK(begin(OUTSIDE, &patient));
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	KTAP_CHECK(!warned());
	return end();
}

/* a server that says nothing is asked again, and another one instead */
static bool silent(void)
{
	static const struct stun_client_conf hasty = {
		.rto = 1, .tries = 2, .last = 1, .again = 1, .again_max = 1,
	};

	KTAP_CHECK(begin("127.0.0.1", &hasty));
	seen_server(seen, &server_addr);
	AWAIT(asked > 4);
	AWAIT(strstr(report.why, "did not answer 2 requests"));
	KTAP_CHECK(!report.offered);
	/* said once, however often it fails */
	KTAP_CHECK(warned() == 1);
	KTAP_CHECK(end());

	KTAP_CHECK(begin("127.0.0.1", &patient));
	seen_no_server(seen, "there is no such name");
	seen_no_server(seen, "there is no such name");
	seen_tell(seen, &report);
	KTAP_CHECK(!strcmp(report.why, "there is no such name") && warned() == 1);
	seen_server(seen, &other_addr);
	AWAIT(asked == 1);
	seen_server(seen, &server_addr);
	AWAIT(asked == 2);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	/* whom we know is asked on */
	seen_no_server(seen, "there is no such name");
	turn();
	KTAP_CHECK(!*report.why && is_told(OUTSIDE));
	return end();
}

/* what is not there is not asked from, and tried again */
static bool no_port(void)
{
	struct ports_pair *pair[50];
	struct dp_err err;
	unsigned int i;

	KTAP_CHECK(begin("127.0.0.1", &patient));
	for (i = 0; i < 50; i++)
		pair[i] = ports_get(pool, NULL, &err);
	seen_server(seen, &server_addr);
	turn();
	KTAP_CHECK(!asked && *report.why && !report.server.family && warned() == 1);
	for (i = 0; i < 50; i++)
		ports_put_unused(pair[i]);
	seen_server(seen, &server_addr);
	AWAIT(asked == 1);
	answer(server, id, OUTSIDE, 0);
	AWAIT(is_told(OUTSIDE));
	KTAP_CHECK(!*report.why);
	return end();
}

static const struct ktap_point points[] = {
	{ "a server tells how we are seen", learns },
	{ "nobody else does", strangers },
	{ "a NAT that changes ports", other_ports },
	{ "another address is advertised", advertised },
	{ "a server that does not answer, and another", silent },
	{ "no port to ask from", no_port },
};

int main(void)
{
	int log = memfd_create("log", MFD_CLOEXEC);

	if (log < 0 || dup2(log, STDERR_FILENO) < 0)
		return 1;
	return KTAP_RUN(points);
}
