// SPDX-License-Identifier: GPL-2.0
/*
 * What the media engine does when the system refuses it something, and whom it
 * blames; see phones.h for the topology. The two functions of others that are to
 * fail stand in this program before theirs.
 */
#include <dlfcn.h>
#include <liburing.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/engine.h"
#include "net.h"
#include "phones.h"
#include "stall.h"

static const struct media_conf defaults;

/* --- functions that fail when told to --- */

static atomic_int no_requests;
static atomic_bool no_marks;
static atomic_int mark_tries;

/* requests are not taken: so often more */
int io_uring_submit(struct io_uring *ring)
{
	static int (*real)(struct io_uring *ring);

	if (!real)
		real = (int (*)(struct io_uring *))dlsym(RTLD_NEXT, "io_uring_submit");
	if (no_requests > 0 && no_requests--)
		return -ENOMEM;
	return real(ring);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (no_marks && level == IPPROTO_IP && name == IP_TOS) {
		mark_tries++;
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

/* --- helpers --- */

static uint64_t now_ms(void)
{
	return worker_clock() / 1000000;
}

static bool sh(const char *cmd)
{
	if (!system(cmd))
		return true;
	printf("# failed: %s\n", cmd);
	return false;
}

#if STALLS

static bool is_free(const struct dp_addr *at)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(at, &ss);
	int fd = socket(at->family, SOCK_DGRAM, 0);
	bool ok = !bind(fd, (struct sockaddr *)&ss, len);

	close(fd);
	return ok;
}

static struct media_sock *hold(unsigned int port)
{
	struct dp_addr at = addr("127.0.0.1", port);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&at, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct media_sock *sock = NULL;
	struct dp_err err = {};

	if (bind(fd, (struct sockaddr *)&ss, len) ||
	    media_add(media, &sock, fd, NULL, &err))
		printf("# cannot hold port %u: %s\n", port, err.text);
	return sock;
}

/* --- a worker that does not answer is waited for once --- */

/* ms; far more than a worker wants that is well, on a machine that has much to do */
#define PATIENCE	1000

static bool waited_for_once(void)
{
	struct media_sock *socks[10];
	struct dp_leg_info info;
	struct dp_err err = {};
	uint64_t since;
	int i;

	conf.patience = PATIENCE;
	KTAP_CHECK(start() && still_works());
	for (i = 0; i < 10; i++) {
		socks[i] = hold(30100 + i);
		KTAP_CHECK(socks[i]);
	}
	KTAP_CHECK(stall_workers());
	since = now_ms();
	/* the first finds one out, the second perhaps the other */
	for (i = 0; i < 20; i++)
		KTAP_CHECK(dp_leg_get(dp, &leg_a, &info, &err) == -ETIMEDOUT);
	for (i = 0; i < 10; i++)
		media_del(socks[i]);
	printf("# %llu ms\n", (unsigned long long)(now_ms() - since));
	KTAP_CHECK(now_ms() - since < 10 * PATIENCE);
	KTAP_CHECK(recover());
	/* it is believed again, and what it was given up for is done */
	KTAP_CHECK(AWAIT(!dp_leg_get(dp, &leg_a, &info, &err)));
	for (i = 0; i < 10; i++) {
		struct dp_addr at = addr("127.0.0.1", 30100 + i);

		KTAP_CHECK(AWAIT(is_free(&at)));
	}
	KTAP_CHECK(still_works());
	end();
	conf = defaults;
	return true;
}

/* one that waits for packets is not needed for a change, and sees it afterwards */
static bool held_where_it_waits(void)
{
	struct dp_leg_info info;
	struct dp_err err = {};
	struct dp_bridge br;
	struct dp_del del;

	KTAP_CHECK(start() && still_works());
	KTAP_CHECK(stall_waiting());
	KTAP_CHECK(!dp_leg_get(dp, &leg_a, &info, &err) && info.rx_packets == 1);
	del = (struct dp_del){ .locals = &leg_a, .n = 1 };
	KTAP_CHECK(!stalled || !dp_leg_get(dp, &leg_b, &info, &err));
	br = bridge();
	br.leg[0].set |= DP_LEG_MUTE;
	br.leg[0].mute = true;
	KTAP_CHECK(!dp_bridges_set(dp, &br, 1, &err));
	KTAP_CHECK(stalled == (int)conf.workers);
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_STALLED));
	/* what came meanwhile is judged by what it is now */
	KTAP_CHECK(say_rtp(b, &leg_b, 7));
	KTAP_CHECK(recover());
	KTAP_CHECK(AWAIT(!dp_leg_get(dp, &leg_b, &info, &err) && info.rx_packets == 2));
	KTAP_CHECK(say_rtp(a, &leg_a, 8) && hear(b, NULL, NULL) == 8);
	KTAP_CHECK(poll(&(struct pollfd){ .fd = a, .events = POLLIN }, 1, 0) == 0);
	KTAP_CHECK(!dp_bridges_del(dp, &del, &err));
	end();
	return true;
}

/* its end is waited for no longer; what it may look at stays */
static bool end_beside_it(void)
{
	uint64_t since;

	conf.patience = PATIENCE;
	KTAP_CHECK(start() && still_works() && stall_workers());
	since = now_ms();
	end();
	KTAP_CHECK(now_ms() - since < 10 * PATIENCE);
	stall = false;
	return true;
}

static bool ended(void)
{
	int status = 1, ms;
	pid_t pid;

	/* the child has its own */
	if (media)
		end();
	close(a);
	close(b);
	a = -1;
	b = -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = !end_beside_it();
		fflush(stdout);
		_exit(status);
	}
	KTAP_CHECK(waitpid(pid, &status, 0) == pid && !status);
	/* the kernel ends a ring, and lets go of its sockets, after the process */
	for (ms = 0; ms < 10000 && !(is_free(&leg_a) && is_free(&leg_b)); ms++)
		poll(NULL, 0, 1);
	KTAP_CHECK(ms < 10000);
	conf = defaults;
	return true;
}

/* --- orders for which nobody waits --- */

static unsigned int owed;

static void on_soon(void *arg)
{
	(void)arg;
	owed++;
}

static bool told_together(void)
{
	struct dp_addr at = addr("127.0.0.1", 30100);
	struct media_sock *socks[10];
	uint8_t stun[20] = { 0, 1 };
	atomic_uint left = 10;
	int fd, i;

	conf.soon = on_soon;
	owed = 0;
	KTAP_CHECK(begin());
	for (i = 0; i < 10; i++) {
		socks[i] = hold(30100 + i);
		KTAP_CHECK(socks[i]);
	}
	KTAP_CHECK(owed == 1);
	/* what came before is heard afterwards */
	at.port = 30200;
	fd = phone(&at);
	at.port = 30105;
	KTAP_CHECK(say(fd, &at, stun, sizeof(stun)));
	media_flush(media);
	KTAP_CHECK(AWAIT(media_dispatch(media)));
	KTAP_CHECK(n_passed == 1);
	for (i = 0; i < 10; i++)
		media_del_later(socks[i], &left);
	KTAP_CHECK(owed == 2 && left == 10 && !media_sockets(media));
	KTAP_CHECK(!is_free(&at));
	/* it is nobody's from now on */
	KTAP_CHECK(say(fd, &at, stun, sizeof(stun)));
	KTAP_CHECK(media_settle(media) && !left);
	KTAP_CHECK(is_free(&at));
	KTAP_CHECK(!media_dispatch(media) && n_passed == 1);
	close(fd);
	end();
	conf = defaults;
	return true;
}

static bool settles_in_vain(void)
{
	struct dp_addr at = addr("127.0.0.1", 30100);
	struct media_sock *sock;
	atomic_uint left = 1;
	uint64_t since;
	int i;

	conf.soon = on_soon;
	conf.patience = PATIENCE;
	KTAP_CHECK(begin());
	sock = hold(30100);
	KTAP_CHECK(sock && stall_workers());
	media_del_later(sock, &left);
	KTAP_CHECK(!media_settle(media) && left == 1 && !is_free(&at));
	/* who is known not to answer is waited for once */
	since = now_ms();
	for (i = 0; i < 20; i++)
		KTAP_CHECK(!media_settle(media));
	KTAP_CHECK(now_ms() - since < 10 * PATIENCE);
	KTAP_CHECK(recover());
	KTAP_CHECK(AWAIT(!left));
	KTAP_CHECK(is_free(&at));
	end();
	conf = defaults;
	return true;
}

/* --- a ring that takes no requests --- */

static bool ends_wait_for_requests(void)
{
	struct media_sock *socks[60];
	int i;

	conf.completions = 16;
	conf.patience = PATIENCE;
	conf.workers = 1;
	KTAP_CHECK(start() && still_works());
	for (i = 0; i < 60; i++) {
		socks[i] = hold(30100 + i);
		KTAP_CHECK(socks[i]);
	}
	KTAP_CHECK(still_works() && stall_workers());
	for (i = 0; i < 60; i++)
		media_del(socks[i]);
	no_requests = 100;
	KTAP_CHECK(recover());
	for (i = 0; i < 60; i++) {
		struct dp_addr at = addr("127.0.0.1", 30100 + i);

		KTAP_CHECK(AWAIT(is_free(&at)));
	}
	no_requests = 0;
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_NOMEM));
	KTAP_CHECK(still_works());
	end();
	conf = defaults;
	return true;
}

/* --- who is fed first --- */

/* one socket has hundreds of datagrams and another ten: those do not come last */
static bool flooded(void)
{
	struct dp_bridge br = bridge();
	int i, seq, last = -1;

	conf.buffers = 16;
	conf.workers = 1;
	KTAP_CHECK(start() && still_works());
	br.leg[0].local.port = 31000;
	br.leg[1].local.port = 31002;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &br.leg[0].local, 9) && hear(b, NULL, NULL) == 9);
	KTAP_CHECK(stall_workers());
	for (i = 0; i < 400; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	for (i = 0; i < 10; i++)
		KTAP_CHECK(say_rtp(a, &br.leg[0].local, 1000 + i));
	KTAP_CHECK(recover());
	for (i = 0; i < 410; i++) {
		seq = hear(b, NULL, NULL);
		KTAP_CHECK(seq >= 0);
		if (seq >= 1000)
			last = i;
	}
	printf("# the last of the few came as number %d\n", last);
	KTAP_CHECK(last >= 0 && last < 200);
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_NO_BUFFERS) > 1);
	end();
	conf = defaults;
	return true;
}

/* --- limits go by arrival --- */

/* the kernel begins to stamp some time after it was asked to: does it now? */
static bool stamps(void)
{
	_Alignas(struct cmsghdr) uint8_t control[64];
	struct iovec iov = { .iov_base = (uint8_t[8]){}, .iov_len = 8 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct rx rx = {};
	struct timespec ts;
	int one = 1;

	setsockopt(b, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	if (!say(b, &at_b, "x", 1))
		return false;
	poll(NULL, 0, 10);
	if (recvmsg(b, &msg, 0) != 1)
		return false;
	rx_control(&msg, &rx);
	clock_gettime(CLOCK_REALTIME, &ts);
	one = 0;
	setsockopt(b, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec - rx.stamp > 8000000;
}

/* a worker that comes late finds a third of a second of media: that is no burst */
static bool late_worker_no_burst(void)
{
	struct dp_leg leg = { .set = DP_LEG_PPS, .pps = 100 };
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(start());
	leg.local = leg_a;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL) && AWAIT(stamps()));
	KTAP_CHECK(still_works() && stall_workers());
	for (i = 0; i < 30; i++) {
		KTAP_CHECK(say_rtp(a, &leg_a, i));
		poll(NULL, 0, 12);
	}
	KTAP_CHECK(recover());
	for (i = 0; i < 30; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	KTAP_CHECK(get(&leg_a, &info) && !info.drops[RTPLANE_DROP_PPS]);
	end();
	return true;
}

#endif /* STALLS */

/* --- marks that a socket does not take --- */

static bool no_mark_of_its_own(void)
{
	struct dp_leg leg = { .set = DP_LEG_DSCP_MODE | DP_LEG_DSCP,
			      .dscp_mode = RTPLANE_DSCP_SET, .dscp = 46 };
	int i, tos;

	KTAP_CHECK(start());
	leg.local = leg_b;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	no_marks = true;
	mark_tries = 0;
	for (i = 0; i < 10; i++) {
		tos = -1;
		KTAP_CHECK(say_rtp(a, &leg_a, i) && hear(b, &tos, NULL) == i);
		KTAP_CHECK(tos == 46 << 2);
	}
	no_marks = false;
	/* and it is not asked again with each packet */
	KTAP_CHECK(mark_tries == 1);
	end();
	return true;
}

/* what a socket leaves by: as the module, kmod/dscp.h */
static bool priorities(void)
{
	static const struct {
		int dscp;
		int priority;
	} cases[] = {
		{ 0, 0 }, { 8, 2 }, { 18, 2 }, { 24, 4 }, { 34, 4 }, { 46, 6 }, { 48, 6 },
	};
	socklen_t len = sizeof(int);
	int value, i, k, tos;
	struct media_sock *sock;

	KTAP_CHECK(start());
	sock = media_find(media, &leg_b);
	for (i = 0; i < 7; i++) {
		struct dp_leg leg = { .set = DP_LEG_DSCP_MODE | DP_LEG_DSCP,
				      .dscp_mode = RTPLANE_DSCP_SET };

		leg.local = leg_b;
		leg.dscp = cases[i].dscp;
		KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
		for (k = 0; k < 3; k++)
			KTAP_CHECK(say_rtp(a, &leg_a, k) &&
				   hear(b, &tos, NULL) == k);
		KTAP_CHECK(!getsockopt(sock->fd, SOL_SOCKET, SO_PRIORITY, &value, &len));
		if (i && value != cases[i].priority)
			printf("# DSCP %d: %d\n", cases[i].dscp, value);
		/* 0 is the socket's own from the beginning */
		KTAP_CHECK(!i || value == cases[i].priority);
	}
	end();
	return true;
}

/* --- what was not sent --- */

static bool blast(const struct dp_addr *to, const struct dp_addr *also, int n)
{
	struct dp_leg_info info;
	int i;

	for (i = 0; i < n; i++) {
		KTAP_CHECK(say_rtp(a, to, i) && say_rtp(a, also, i));
		while (i % 200 == 0 && get(to, &info) &&
		       info.rx_packets + 200 < (uint64_t)i)
			poll(NULL, 0, 1);
	}
	return true;
}

static bool tallies(const struct dp_bridge *br, uint64_t least_lost)
{
	struct dp_leg_info in, out;
	uint64_t lost;

	KTAP_CHECK(get(&br->leg[0].local, &in) && get(&br->leg[1].local, &out));
	lost = in.drops[RTPLANE_DROP_NO_ROUTE] + in.drops[RTPLANE_DROP_XMIT];
	printf("# %llu in, %llu out, %llu lost\n", (unsigned long long)in.rx_packets,
	       (unsigned long long)out.tx_packets, (unsigned long long)lost);
	KTAP_CHECK(lost == in.dropped && !out.dropped);
	KTAP_CHECK(out.tx_packets + lost == in.rx_packets);
	KTAP_CHECK(out.tx_bytes == out.tx_packets * 200);
	KTAP_CHECK(least_lost ? lost >= least_lost : !lost);
	return true;
}

/*
 * Two bridges of one worker, both with trains; the way out of one goes down. What
 * its trains lose is its own, to the packet and the byte, with all headers.
 */
static bool trains_lost(void)
{
	struct dp_bridge br = bridge();
	struct dp_leg_info info;
	struct dp_err err = {};

	KTAP_CHECK(sh("ip link add d0 arp off type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.1/24 dev d0 && ip link set d0 up"));
	conf.workers = 1;
	KTAP_CHECK(start());
	br.leg[0].local.port = 31000;
	br.leg[1].local = addr("192.0.2.1", 31002);
	br.leg[1].remote = addr("192.0.2.9", 4000);
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	KTAP_CHECK(blast(&br.leg[0].local, &leg_a, 8000));
	KTAP_CHECK(sh("ip link set d0 down"));
	KTAP_CHECK(blast(&br.leg[0].local, &leg_a, 8000));
	KTAP_CHECK(AWAIT(get(&br.leg[0].local, &info) && info.rx_packets == 16000));
	KTAP_CHECK(AWAIT(get(&leg_a, &info) && info.rx_packets == 16000));
	/* the last send's failure is read with the next turn */
	KTAP_CHECK(say_rtp(a, &leg_a, 1));
	KTAP_CHECK(AWAIT(get(&leg_b, &info) && info.tx_packets == 16001));
	KTAP_CHECK(tallies(&br, 7000));
	br = bridge();
	KTAP_CHECK(tallies(&br, 0));
	KTAP_CHECK(sh("ip link del d0"));
	end();
	conf = defaults;
	return true;
}

/* --- events --- */

/* a flood of reports is told of so far, and uses up no other event's place */
static bool reports(void)
{
	static const uint8_t rtcp[32] = { 0x81, 201, 0, 7 };
	struct dp_leg leg = { .set = DP_LEG_UNLATCH };
	struct dp_leg_info info;
	uint64_t since = now_ms();
	unsigned int i, n;

	conf.workers = 1;
	KTAP_CHECK(start());
	for (i = 1; i <= 30000; i++) {
		KTAP_CHECK(say(a, &leg_a, rtcp, sizeof(rtcp)));
		if (i % 200)
			continue;
		KTAP_CHECK(AWAIT(get(&leg_a, &info) && info.rx_packets == i));
	}
	n = (now_ms() - since) / 1000 + 2;
	printf("# %u events of 30000, at most %u\n", n_events, n * 10000);
	KTAP_CHECK(n_events <= n * 10000 + 2);
	leg.local = leg_a;
	n_events = 0;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL) && say_rtp(a, &leg_a, 1));
	KTAP_CHECK(AWAIT(n_events && events[0].type == RTPLANE_EVENT_LATCH));
	end();
	conf = defaults;
	return true;
}

/* --- sockets' options --- */

static int mark_of(const struct dp_addr *local)
{
	struct media_sock *sock = media_find(media, local);
	socklen_t len = sizeof(int);
	int mark = -1;

	getsockopt(sock->fd, SOL_SOCKET, SO_MARK, &mark, &len);
	return mark;
}

/* of a change that is refused nothing stays, of the first leg as of the second */
static bool refused_options(void)
{
	struct dp_bridge br = bridge();
	struct dp_leg leg = { .set = DP_LEG_MARK | DP_LEG_OIF, .mark = 9,
			      .oif = 12345 };
	struct dp_err err = {};

	KTAP_CHECK(phones());
	br = bridge();
	br.leg[0].set |= DP_LEG_MARK;
	br.leg[0].mark = 3;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	KTAP_CHECK(mark_of(&leg_a) == 3 && mark_of(&leg_b) == 0);
	br.leg[0].mark = 4;
	br.leg[1].set |= DP_LEG_MARK | DP_LEG_OIF;
	br.leg[1].mark = 5;
	br.leg[1].oif = 12345;
	KTAP_CHECK(dp_bridges_set(dp, &br, 1, &err) && strstr(err.text, "oif"));
	KTAP_CHECK(mark_of(&leg_a) == 3 && mark_of(&leg_b) == 0);
	leg.local = leg_a;
	KTAP_CHECK(dp_leg_set(dp, &leg, &err) && mark_of(&leg_a) == 3);
	KTAP_CHECK(still_works());
	end();
	return true;
}

/* the sum of all sockets' room must not be the whole host's */
static bool room_by_number(void)
{
	static struct dp_bridge br[400];
	struct media_sock *sock;
	socklen_t len = sizeof(int);
	int i, room, sum = 0;

	KTAP_CHECK(phones());
	for (i = 0; i < 400; i++) {
		br[i] = bridge();
		br[i].leg[0].local.port = (uint16_t)(20000 + 4 * i);
		br[i].leg[1].local.port = (uint16_t)(20002 + 4 * i);
		KTAP_CHECK(!dp_bridges_new(dp, &br[i], 1, NULL));
		sock = media_find(media, &br[i].leg[0].local);
		KTAP_CHECK(!getsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &room, &len));
		if (i == 0)
			KTAP_CHECK(room >= 4 << 20);
		KTAP_CHECK(room >= 256 << 10);
		sum += room >> 10;
	}
	printf("# the 800th leg has %d KiB, all together some %d MiB\n", room >> 10, sum >> 9);
	KTAP_CHECK(room <= 512 << 10 && sum >> 9 < 1024);
	end();
	return true;
}

#if STALLS
EPOLL(waited_for_once)
EPOLL(held_where_it_waits)
EPOLL(told_together)
EPOLL(settles_in_vain)
EPOLL(ended)
EPOLL(late_worker_no_burst)
#endif
EPOLL(no_mark_of_its_own)
EPOLL(priorities)
EPOLL(trains_lost)
EPOLL(refused_options)

int main(void)
{
	static const struct ktap_point points[] = {
#if STALLS
		BOTH("a worker that does not answer is waited for once", waited_for_once),
		BOTH("a worker that waits is not waited for", held_where_it_waits),
		BOTH("several orders are told at once", told_together),
		BOTH("sockets that end late, with a worker that does not answer", settles_in_vain),
		BOTH("the engine ends beside a worker that does not answer", ended),
		{ "the end of a socket waits for the ring", ends_wait_for_requests },
		{ "a socket with much keeps none with little waiting", flooded },
		BOTH("limits go by arrival", late_worker_no_burst),
#endif
		BOTH("a socket that takes no mark", no_mark_of_its_own),
		BOTH("marks have their priority", priorities),
		BOTH("what trains lose", trains_lost),
		{ "a flood of reports", reports },
		BOTH("options of a change that is refused", refused_options),
		{ "room for what waits, by the number of legs", room_by_number },
	};
	struct rlimit files = { 8192, 8192 };

	unit_net();
	if (!can_io_uring())
		return 4;
	setrlimit(RLIMIT_NOFILE, &files);
#if STALLS
	signal(SIGRTMIN, on_stall);
#endif
	return KTAP_RUN(points);
}
