// SPDX-License-Identifier: GPL-2.0
/*
 * Port pairs, on 127.0.0.1 and ::1 of a namespace of our own.  The pool's clock is the
 * test's: quarantine ends when the test says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/engine.h"
#include "session/ports.h"
#include "ktap.h"
#include "media_lib.h"

#define REST	5000

static uint64_t now = 1000;

static uint64_t clock_ms(void)
{
	return now;
}

static struct media *media;

static bool make(struct ports **ports, const char *host, uint16_t lo,
		 uint16_t hi)
{
	struct ports_conf conf = {
		.lo = lo, .hi = hi, .quarantine = REST, .dscp = 46,
		.clock = clock_ms,
	};
	struct dp_err err = {};

	if (!dp_addr_parse_host(host, &conf.addr) ||
	    ports_new(ports, &conf, media, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	return true;
}

/* 0 if a socket can be bound to that port, or the errno */
static int try_bind(const struct dp_addr *addr, int *keep)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(addr, &ss);
	int fd = socket(addr->family, SOCK_DGRAM, 0);
	int ret;

	ret = bind(fd, (struct sockaddr *)&ss, len) ? errno : 0;
	if (keep && !ret)
		*keep = fd;
	else
		close(fd);
	return ret;
}

static bool pairs(void)
{
	bool seen[8] = {};
	struct ports_pair *pair;
	struct dp_err err = {};
	struct ports *ports;
	int i;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30015));
	for (i = 0; i < 8; i++) {
		pair = ports_get(ports, &seen, &err);
		KTAP_CHECK(pair);
		KTAP_CHECK(pair->user == &seen && pair->pool == ports);
		KTAP_CHECK(pair->rtp.port >= 30000 && pair->rtp.port <= 30014);
		KTAP_CHECK(!(pair->rtp.port & 1));
		KTAP_CHECK(pair->rtcp.port == pair->rtp.port + 1);
		KTAP_CHECK(!seen[(pair->rtp.port - 30000) / 2]);
		seen[(pair->rtp.port - 30000) / 2] = true;
		KTAP_CHECK(try_bind(&pair->rtp, NULL) == EADDRINUSE);
		KTAP_CHECK(try_bind(&pair->rtcp, NULL) == EADDRINUSE);
		KTAP_CHECK(media_sock_user(pair->rtp_sock) == pair);
		KTAP_CHECK(dp_addr_eq(media_sock_local(pair->rtcp_sock),
				      &pair->rtcp));
	}
	KTAP_CHECK(media_sockets(media) == 16);
	ports_free(ports);
	KTAP_CHECK(media_sockets(media) == 0);
	return true;
}

static bool ends_of_range(void)
{
	struct ports_stats stats;
	struct ports_pair *pair;
	struct ports *ports;

	/* 30001 and 30004 have no partner */
	KTAP_CHECK(make(&ports, "127.0.0.1", 30001, 30004));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.pairs == 1);
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair && pair->rtp.port == 30002);
	ports_free(ports);
	KTAP_CHECK(make(&ports, "127.0.0.1", 65534, 65535));
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair && pair->rtcp.port == 65535);
	ports_free(ports);
	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 33000));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.pairs == 1500);
	ports_free(ports);
	return true;
}

static bool bad_ranges(void)
{
	static const uint16_t ranges[][2] = {
		{ 0, 0 }, { 0, 100 }, { 30000, 30000 }, { 30001, 30002 },
		{ 30010, 30000 }, { 65535, 65535 },
	};
	struct ports_conf conf = {};
	struct dp_err err = {};
	struct ports *ports;
	size_t i;

	dp_addr_parse_host("127.0.0.1", &conf.addr);
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		conf.lo = ranges[i][0];
		conf.hi = ranges[i][1];
		KTAP_CHECK(ports_new(&ports, &conf, media, &err) == -EINVAL);
		KTAP_CHECK(strstr(err.text, "127.0.0.1"));
	}
	conf.lo = 30000;
	conf.hi = 30001;
	conf.dscp = 64;
	KTAP_CHECK(ports_new(&ports, &conf, media, &err) == -EINVAL);
	conf.dscp = 0;
	conf.addr.family = 0;
	KTAP_CHECK(ports_new(&ports, &conf, media, &err) == -EINVAL);
	return true;
}

static bool exhausted(void)
{
	struct ports_stats stats;
	struct dp_err err = {};
	struct ports *ports;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30003));
	KTAP_CHECK(ports_get(ports, NULL, &err));
	KTAP_CHECK(ports_get(ports, NULL, &err));
	KTAP_CHECK(!ports_get(ports, NULL, &err));
	KTAP_CHECK(err.code == ENOSPC);
	KTAP_CHECK(!strcmp(err.text,
			   "no port pair is left on 127.0.0.1: of 2 in 30000-30003, 2 are in use and 0 rest"));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.exhausted == 1 && stats.used == 2);
	ports_free(ports);
	return true;
}

static bool quarantine(void)
{
	struct ports_stats stats;
	struct ports_pair *pair;
	struct dp_addr rtp;
	struct ports *ports;
	struct dp_err err;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30001));
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair);
	rtp = pair->rtp;
	ports_put(pair);
	KTAP_CHECK(!try_bind(&rtp, NULL));
	KTAP_CHECK(media_sockets(media) == 0);
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && stats.quarantined == 1 && stats.next == REST);
	now += REST - 1;
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.next == 1);
	now++;
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.next && !stats.quarantined);
	KTAP_CHECK(ports_get(ports, NULL, NULL));
	ports_free(ports);
	return true;
}

static bool unused(void)
{
	struct ports_stats stats;
	struct ports_pair *pair;
	struct ports *ports;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30001));
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair);
	ports_put_unused(pair);
	KTAP_CHECK(media_sockets(media) == 0);
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && !stats.quarantined && !stats.next);
	KTAP_CHECK(ports_get(ports, NULL, NULL));
	ports_free(ports);
	return true;
}

static bool reserve(void)
{
	struct ports_conf of = {
		.lo = 30000, .hi = 30007, .quarantine = REST, .reserve = 2,
		.clock = clock_ms,
	};
	struct ports_pair *pair;
	struct ports *ports;
	struct dp_err err;

	dp_addr_parse_host("127.0.0.1", &of.addr);
	KTAP_CHECK(!ports_new(&ports, &of, media, &err));
	KTAP_CHECK(ports_get(ports, NULL, &err));
	pair = ports_get(ports, NULL, &err);
	KTAP_CHECK(pair);
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	KTAP_CHECK(!strcmp(err.text,
			   "no port pair is left on 127.0.0.1: of 4 in 30000-30007, 2 are in use and 0 rest, 2 are kept for who is known"));
	KTAP_CHECK(ports_get_known(ports, NULL, &err));
	/* the reserve is what is left, whoever took the others */
	ports_put_unused(pair);
	KTAP_CHECK(!ports_get(ports, NULL, &err));
	KTAP_CHECK(ports_get_known(ports, NULL, &err));
	KTAP_CHECK(ports_get_known(ports, NULL, &err));
	KTAP_CHECK(!ports_get_known(ports, NULL, &err) && err.code == ENOSPC);
	ports_free(ports);
	return true;
}

static bool shared(void)
{
	struct ports_pair *pair;
	struct ports *ports;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30001));
	KTAP_CHECK(ports_ref(ports) == ports);
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair);
	ports_free(ports);
	KTAP_CHECK(media_sockets(media) == 2);
	ports_put(pair);
	ports_free(ports);
	KTAP_CHECK(media_sockets(media) == 0);
	return true;
}

/* the first eight pairs of a pool, as a number */
static bool first_ports(struct ports **ports, uint16_t *first)
{
	struct ports_pair *pair;
	int i;

	KTAP_CHECK(make(ports, "127.0.0.1", 30000, 32999));
	for (i = 0; i < 8; i++) {
		pair = ports_get(*ports, NULL, NULL);
		KTAP_CHECK(pair);
		first[i] = pair->rtp.port;
	}
	ports_free(*ports);
	return true;
}

static bool unpredictable(void)
{
	uint16_t a[8];
	uint16_t b[8];
	struct ports *ports;
	int rising = 0;
	int i;

	KTAP_CHECK(first_ports(&ports, a) && first_ports(&ports, b));
	KTAP_CHECK(memcmp(a, b, sizeof(a)));	/* false once in 10^25 runs */
	for (i = 1; i < 8; i++)
		rising += a[i] == a[i - 1] + 2;
	KTAP_CHECK(rising < 7);
	return true;
}

static bool busy(void)
{
	struct dp_addr foreign;
	struct ports_stats stats;
	struct ports_pair *pair;
	struct ports *ports;
	struct dp_err err;
	int fd;

	/* the odd port of one pair: its even port must be let go again */
	KTAP_CHECK(dp_addr_parse("127.0.0.1:30003", &foreign));
	KTAP_CHECK(!try_bind(&foreign, &fd));
	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30003));
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair && pair->rtp.port == 30000);
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.busy == 1 && stats.quarantined == 1);
	KTAP_CHECK(stats.foreign == 1);
	KTAP_CHECK(!strcmp(err.text,
			   "no port pair is left on 127.0.0.1: of 2 in 30000-30003, 1 are in use and 0 rest, 1 are held by other programs"));
	foreign.port = 30002;
	KTAP_CHECK(!try_bind(&foreign, NULL));
	close(fd);
	now += REST;
	pair = ports_get(ports, NULL, NULL);
	KTAP_CHECK(pair && pair->rtp.port == 30002);
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.foreign);
	ports_free(ports);
	return true;
}

/* most of a range is another program's: a call is not held up by finding that out */
static bool mostly_busy(void)
{
	struct ports_stats stats;
	struct dp_addr foreign;
	struct ports *ports;
	struct dp_err err;
	int fd[200], i;

	for (i = 0; i < 200; i++) {
		KTAP_CHECK(dp_addr_parse("127.0.0.1:30000", &foreign));
		foreign.port += 2 * i;
		KTAP_CHECK(!try_bind(&foreign, &fd[i]));
	}
	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30399));
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	KTAP_CHECK(strstr(err.text, "64 are held by other programs, 136 were not tried any more"));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.busy == 64 && stats.foreign == 64);
	/* the next ones find the rest */
	for (i = 0; i < 3; i++)
		KTAP_CHECK(!ports_get(ports, NULL, &err));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.foreign == 200);
	for (i = 0; i < 200; i++)
		close(fd[i]);
	ports_free(ports);
	return true;
}

static bool claim(void)
{
	struct ports_pair *pair;
	struct ports *ports;
	struct dp_err err;
	int i;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30015));
	pair = ports_claim(ports, 30007, media, &err);
	KTAP_CHECK(pair && pair->rtp.port == 30006 && pair->user == media);
	KTAP_CHECK(!ports_claim(ports, 30006, NULL, &err) && err.code == EBUSY);
	KTAP_CHECK(!ports_claim(ports, 29999, NULL, &err) && err.code == ERANGE);
	KTAP_CHECK(!ports_claim(ports, 30016, NULL, &err) && err.code == ERANGE);
	ports_put(pair);
	pair = ports_claim(ports, 30006, NULL, &err);	/* it rests */
	KTAP_CHECK(pair);
	for (i = 0; i < 7; i++)		/* all others are there, and once */
		KTAP_CHECK(ports_get(ports, NULL, &err));
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	ports_free(ports);
	return true;
}

static bool not_ours(void)
{
	struct ports_stats stats;
	struct ports *ports;
	struct dp_err err;

	KTAP_CHECK(make(&ports, "192.0.2.77", 30000, 30001));
	KTAP_CHECK(!ports_get(ports, NULL, &err));
	KTAP_CHECK(err.code == EADDRNOTAVAIL);
	KTAP_CHECK(strstr(err.text, "192.0.2.77:30000"));
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && !stats.quarantined && !stats.exhausted);
	ports_free(ports);
	return true;
}

static bool no_descriptors(void)
{
	struct rlimit saved;
	struct rlimit none;
	struct ports *ports;
	struct dp_err err;
	int fd;

	KTAP_CHECK(make(&ports, "127.0.0.1", 30000, 30001));
	getrlimit(RLIMIT_NOFILE, &saved);
	fd = dup(0);
	close(fd);
	none = saved;
	none.rlim_cur = (rlim_t)fd + 1;		/* one socket, not two */
	setrlimit(RLIMIT_NOFILE, &none);
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == EMFILE);
	setrlimit(RLIMIT_NOFILE, &saved);
	KTAP_CHECK(media_sockets(media) == 0);
	KTAP_CHECK(ports_get(ports, NULL, NULL));
	ports_free(ports);
	return true;
}

static bool ipv6(void)
{
	struct ports_pair *pair;
	struct ports_pair *four;
	struct ports *ports4;
	struct ports *ports;
	struct dp_err err;

	KTAP_CHECK(make(&ports, "::1", 30000, 30001));
	pair = ports_get(ports, NULL, &err);
	if (!pair)
		printf("# %s\n", err.text);
	KTAP_CHECK(pair && pair->rtp.family == AF_INET6);
	KTAP_CHECK(make(&ports4, "127.0.0.1", 30000, 30001));
	four = ports_get(ports4, NULL, NULL);
	KTAP_CHECK(four);
	ports_free(ports4);
	ports_free(ports);
	return true;
}

/* --- pairs whose sockets stay open --- */

static bool make_idle(struct ports **ports, struct media *at, uint16_t hi, uint32_t idle)
{
	struct ports_conf of = {
		.lo = 30000, .hi = hi, .quarantine = REST, .idle = idle,
		.dscp = 46, .clock = clock_ms,
	};

	dp_addr_parse_host("127.0.0.1", &of.addr);
	return !ports_new(ports, &of, at, NULL);
}

static bool kept_open(void)
{
	struct ports_pair *pair[8], *next;
	struct media_sock *sock[8];
	struct ports_stats stats;
	struct ports *ports;
	struct dp_addr at;
	struct dp_err err;
	int i, j, same = 0;

	KTAP_CHECK(make_idle(&ports, media, 30031, 8));
	for (i = 0; i < 8; i++) {
		pair[i] = ports_get(ports, NULL, NULL);
		KTAP_CHECK(pair[i]);
		sock[i] = pair[i]->rtp_sock;
	}
	/* the first of them rests, the others were only offered */
	ports_put(pair[0]);
	for (i = 1; i < 8; i++)
		ports_put_unused(pair[i]);
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && stats.quarantined == 1 && !media_sockets(media));
	for (i = 0; i < 8; i++)
		KTAP_CHECK(try_bind(&pair[i]->rtp, NULL) == EADDRINUSE &&
			   try_bind(&pair[i]->rtcp, NULL) == EADDRINUSE);
	/* of seven nobody is taken: with half of the range, eight, one could be guessed */
	next = ports_get(ports, NULL, NULL);
	KTAP_CHECK(next && next->rtp_sock);
	for (i = 0; i < 8; i++)
		KTAP_CHECK(next != pair[i]);
	now += REST;
	for (i = 0; i < 7; i++) {
		struct ports_pair *p = ports_claim(ports, pair[i]->rtp.port, media, &err);

		KTAP_CHECK(p == pair[i] && p->user == media && p->rtp_sock == sock[i]);
		KTAP_CHECK(media_find(media, &p->rtp) == sock[i] && media_sock_user(sock[i]) == p);
		ports_put_unused(p);
	}
	KTAP_CHECK(media_sockets(media) == 2);
	/* the ninth is closed: eight stay open */
	ports_put_unused(next);
	KTAP_CHECK(!try_bind(&next->rtp, NULL));
	/* eight are half of the range: now they are taken, each at most once */
	for (i = 0; i < 16; i++) {
		next = ports_get(ports, NULL, NULL);
		KTAP_CHECK(next);
		for (j = 0; j < 8; j++)
			same += next == pair[j] && next->rtp_sock == sock[j];
		KTAP_CHECK(i || same == 1);
	}
	KTAP_CHECK(same == 8);
	KTAP_CHECK(!ports_get(ports, NULL, &err) && err.code == ENOSPC);
	at = pair[3]->rtp;
	ports_free(ports);
	KTAP_CHECK(!media_sockets(media) && !try_bind(&at, NULL));
	return true;
}

/* the pool ends while pairs are open that nobody has */
static bool open_at_the_end(void)
{
	struct ports_pair *pair;
	struct dp_addr at[2];
	struct ports *ports;

	KTAP_CHECK(make_idle(&ports, media, 30031, 8));
	pair = ports_get(ports, NULL, NULL);
	at[0] = pair->rtp;
	ports_put(pair);
	pair = ports_get(ports, NULL, NULL);
	at[1] = pair->rtcp;
	ports_put_unused(pair);
	ports_free(ports);
	KTAP_CHECK(!try_bind(&at[0], NULL) && !try_bind(&at[1], NULL));
	return true;
}

static unsigned int n_passed;

static void on_passed(struct media_sock *sock, enum media_class class,
		      const struct dp_addr *src, const uint8_t *data,
		      size_t len, void *arg)
{
	(void)sock, (void)class, (void)src, (void)data, (void)len, (void)arg;
	n_passed++;
}

static bool say_stun(const struct dp_addr *to)
{
	static const uint8_t stun[20] = { 0, 1 };
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(to, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool ok = sendto(fd, stun, sizeof(stun), 0, (struct sockaddr *)&ss, len) ==
		  sizeof(stun);

	close(fd);
	return ok;
}

static bool await_packets(struct media_sock *sock, uint64_t n)
{
	int ms;

	for (ms = 0; ms < 5000 && engine_read(&sock->packets[MEDIA_STUN]) < n; ms++)
		poll(NULL, 0, 1);
	return engine_read(&sock->packets[MEDIA_STUN]) == n;
}

/* what came before, for whoever had it or for nobody, is not the next one's */
static bool late_packets(void)
{
	struct ports_pair *pair;
	struct media_sock *sock;
	struct media *own;
	struct ports *ports;
	int one = 9;
	socklen_t len = sizeof(one);

	n_passed = 0;
	KTAP_CHECK(!media_new(&own, NULL, on_passed, NULL, NULL));
	KTAP_CHECK(make_idle(&ports, own, 30001, 8));
	pair = ports_get(ports, NULL, NULL);
	sock = pair->rtp_sock;
	/* as legs leave it */
	sock->mark = 5;
	sock->stamped = true;
	KTAP_CHECK(!setsockopt(sock->fd, SOL_SOCKET, SO_MARK, &sock->mark, sizeof(sock->mark)));
	KTAP_CHECK(!setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)));
	sock->tos = 8;
	KTAP_CHECK(!setsockopt(sock->fd, IPPROTO_IP, IP_TOS, &(int){ 8 }, sizeof(int)));
	KTAP_CHECK(say_stun(&pair->rtp) && await_packets(sock, 1));
	ports_put_unused(pair);
	KTAP_CHECK(say_stun(&pair->rtp) && await_packets(sock, 2));
	KTAP_CHECK(media_counts(own)->packets[MEDIA_STUN] == 1);
	KTAP_CHECK(ports_get(ports, NULL, NULL) == pair && pair->rtp_sock == sock);
	media_dispatch(own);
	KTAP_CHECK(!n_passed && !media_sock_counts(sock)->packets[MEDIA_STUN]);
	KTAP_CHECK(!getsockopt(sock->fd, SOL_SOCKET, SO_MARK, &one, &len) && !one && !sock->mark);
	KTAP_CHECK(!getsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, &len) && !one);
	KTAP_CHECK(!getsockopt(sock->fd, IPPROTO_IP, IP_TOS, &one, &len) && one == 46 << 2);
	KTAP_CHECK(say_stun(&pair->rtp) && await_packets(sock, 3));
	KTAP_CHECK(media_dispatch(own) == 1 && n_passed == 1);
	KTAP_CHECK(media_sock_counts(sock)->packets[MEDIA_STUN] == 1);
	ports_free(ports);
	media_free(own);
	return true;
}

/* what cannot be opened any more is there open */
static bool open_without_descriptors(void)
{
	struct ports_pair *pair;
	struct rlimit saved;
	struct rlimit none;
	struct ports *ports;

	KTAP_CHECK(make_idle(&ports, media, 30031, 8));
	pair = ports_get(ports, NULL, NULL);
	ports_put_unused(pair);
	getrlimit(RLIMIT_NOFILE, &saved);
	none = saved;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	KTAP_CHECK(ports_get(ports, NULL, NULL) == pair);
	setrlimit(RLIMIT_NOFILE, &saved);
	ports_free(ports);
	return true;
}

static void on_soon(void *arg)
{
	(void)arg;
}

/* nobody waits for a worker that closes a pair, unless there is no other */
static bool closed_later(void)
{
	struct media_conf conf = { .soon = on_soon };
	struct ports_stats stats;
	struct ports_pair *pair;
	struct media *own;
	struct ports *ports;
	struct dp_addr at;

	KTAP_CHECK(!media_new(&own, &conf, NULL, NULL, NULL));
	KTAP_CHECK(make_idle(&ports, own, 30003, 0));
	pair = ports_get(ports, NULL, NULL);
	ports_put(pair);
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && stats.quarantined == 1 && !media_sockets(own));
	/* it was not told of it yet */
	KTAP_CHECK(try_bind(&pair->rtp, NULL) == EADDRINUSE);
	KTAP_CHECK(ports_get(ports, NULL, NULL) != pair);
	KTAP_CHECK(!ports_get(ports, NULL, NULL));
	KTAP_CHECK(!try_bind(&pair->rtp, NULL));
	ports_stats(ports, &stats);
	KTAP_CHECK(stats.used == 1 && stats.quarantined == 1 && stats.next == REST);
	now += REST;
	KTAP_CHECK(ports_get(ports, NULL, NULL) == pair);
	ports_put_unused(pair);
	KTAP_CHECK(ports_get(ports, NULL, NULL) == pair);
	ports_put_unused(pair);
	KTAP_CHECK(ports_claim(ports, pair->rtp.port, NULL, NULL) == pair);
	at = pair->rtp;
	ports_put(pair);
	ports_free(ports);
	KTAP_CHECK(!try_bind(&at, NULL));
	media_free(own);
	return true;
}

static bool churn_with(uint32_t idle)
{
	struct ports_pair *held[100];
	struct ports_stats stats;
	struct ports *ports;
	int round;
	int i;

	KTAP_CHECK(make_idle(&ports, media, 30399, idle));
	for (round = 0; round < 30; round++) {
		for (i = 0; i < 100; i++) {
			held[i] = ports_get(ports, NULL, NULL);
			KTAP_CHECK(held[i]);
		}
		for (i = 0; i < 100; i++)
			ports_put(held[i]);
		now += REST;
	}
	ports_stats(ports, &stats);
	KTAP_CHECK(!stats.used && !stats.quarantined && !stats.busy);
	/* all are there, and once */
	for (i = 0; i < 200; i++)
		KTAP_CHECK(ports_get(ports, NULL, NULL));
	KTAP_CHECK(!ports_get(ports, NULL, NULL));
	ports_free(ports);
	return true;
}

static bool churn(void)
{
	return churn_with(0) && churn_with(70) && churn_with(200);
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "even port, odd port above, both held, none twice", pairs },
		{ "ports without a partner are left out", ends_of_range },
		{ "ranges without a pair are refused", bad_ranges },
		{ "an exhausted range says so", exhausted },
		{ "a pair rests, its ports free, until its time is over",
		  quarantine },
		{ "a pair that was only offered is free at once", unused },
		{ "the reserve is for who is known", reserve },
		{ "a pool lives as long as somebody holds it", shared },
		{ "the order is random", unpredictable },
		{ "a port of another program is passed over for a while",
		  busy },
		{ "many of them are: so many are tried for one call", mostly_busy },
		{ "one certain pair can be claimed", claim },
		{ "an address that is not ours is named", not_ours },
		{ "out of descriptors: nothing is left half open",
		  no_descriptors },
		{ "IPv6, beside IPv4 on the same port", ipv6 },
		{ "pairs that stay open are taken once there are enough", kept_open },
		{ "the pool closes what nobody has", open_at_the_end },
		{ "who gets an open pair gets nothing of who had it", late_packets },
		{ "out of descriptors: an open pair is taken", open_without_descriptors },
		{ "a pair is not handed out before it is closed", closed_later },
		{ "3,000 pairs one after the other, with and without open ones", churn },
	};
	int ret = unit_media(&media, NULL);

	if (ret)
		return ret;
	ret = KTAP_RUN(points);
	media_free(media);
	return ret;
}
