// SPDX-License-Identifier: GPL-2.0
/*
 * What can go wrong under the user-space datapath: each is survived, counted by
 * name, and told.
 *
 * The topology is drawn in phones.h; a test of devices has a veth pair too.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "choose.h"
#include "net.h"
#include "phones.h"
#include "stall.h"

static void drain(int fd)
{
	uint8_t p[2048];

	while (recv(fd, p, sizeof(p), MSG_DONTWAIT) >= 0)
		;
}

#if STALLS

/* --- a worker that does not answer --- */

static const struct media_conf defaults;

static bool worker_stalled(void)
{
	struct dp_leg leg = { .set = DP_LEG_PPS, .pps = 50 };
	struct dp_addr other = addr("127.0.0.1", 30010);
	struct dp_bridge br, more;
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&other, &ss);
	struct media_sock *sock;
	struct dp_leg_info info;
	struct dp_stats stats;
	struct dp_err err = {};
	int fd, i;

	conf.patience = 500;
	KTAP_CHECK(start() && still_works());
	KTAP_CHECK(!media_open(media, &sock, &other, 0, NULL, &err));
	leg.local = leg_a;
	more = bridge();
	more.leg[0].local.port = 31000;
	more.leg[1].local.port = 31002;
	br = bridge();
	br.leg[0].local.port = 30010;
	br.leg[1].local.port = 31004;
	KTAP_CHECK(stall_workers());
	KTAP_CHECK(dp_leg_set(dp, &leg, &err) == -ETIMEDOUT);
	KTAP_CHECK(strstr(err.text, "does not answer within 500 ms"));
	KTAP_CHECK(dp_leg_get(dp, &leg_a, &info, &err) == -ETIMEDOUT);
	KTAP_CHECK(dp_stats(dp, &stats, &err) == -ETIMEDOUT);
	KTAP_CHECK(dp_bridges_new(dp, &more, 1, &err) == -ETIMEDOUT);
	KTAP_CHECK(dp_bridges_new(dp, &br, 1, &err) == -ETIMEDOUT);
	KTAP_CHECK(dp_bridges_del(dp, &(struct dp_del){ .all = true }, &err) ==
		   -ETIMEDOUT);
	media_del(sock);
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_STALLED) >= 6);
	/* media waits in the sockets */
	for (i = 0; i < 20; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	KTAP_CHECK(recover());
	for (i = 0; i < 20; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	KTAP_CHECK(still_works());
	/* nothing of it was done, and all of it can be done now */
	KTAP_CHECK(get(&leg_a, &info) && !info.conf.pps);
	KTAP_CHECK(!dp_leg_set(dp, &leg, &err));
	KTAP_CHECK(!dp_bridges_new(dp, &more, 1, &err));
	/* the port is free once its worker has come to itself */
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	KTAP_CHECK(AWAIT(!bind(fd, (struct sockaddr *)&ss, len)));
	close(fd);
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	end();
	conf = defaults;
	return true;
}

/* what is closed meanwhile ends, with its bridge, once the worker is there again */
static bool closed_while_stalled(void)
{
	struct dp_addr mine = addr("127.0.0.1", 30010);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&mine, &ss);
	struct dp_bridge br = bridge();
	struct media_sock *sock;
	struct dp_leg_info info;
	struct dp_stats stats;
	struct dp_err err = {};
	int fd;

	conf.patience = 500;
	KTAP_CHECK(start() && still_works());
	KTAP_CHECK(!media_open(media, &sock, &mine, 0, NULL, &err));
	br.leg[0].local = mine;
	br.leg[1].local.port = 31004;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	KTAP_CHECK(stall_workers());
	media_del(sock);
	KTAP_CHECK(get(&mine, &info) == false);
	KTAP_CHECK(recover());
	KTAP_CHECK(AWAIT(dp_dispatch(dp, &err) >= 0 && !dp_stats(dp, &stats, &err) &&
			 stats.legs == 2));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	KTAP_CHECK(!bind(fd, (struct sockaddr *)&ss, len));
	close(fd);
	KTAP_CHECK(still_works());
	end();
	conf = defaults;
	return true;
}

/* a port that calls share is closed meanwhile: the legs that stay are not found by it any more */
static bool shared_while_stalled(void)
{
	struct dp_addr port = addr("127.0.0.1", 30010);
	struct dp_leg leg = { .set = DP_LEG_PROVEN, .proven = addr("127.0.0.1", 40010) };
	struct dp_bridge br = bridge();
	struct media_sock *sock;
	struct dp_stats stats;
	struct dp_err err = {};
	size_t n;
	int i;

	conf.patience = 500;
	KTAP_CHECK(start() && still_works());
	KTAP_CHECK(!media_open(media, &sock, &port, 0, NULL, &err));
	br.leg[0].local = port;
	br.leg[0].local.call = 7;
	br.leg[0].set = DP_LEG_LATCH;
	br.leg[0].latch = RTPLANE_LATCH_LEARN;
	br.leg[1].local.port = 31004;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	leg.local = br.leg[0].local;
	KTAP_CHECK(!dp_leg_set(dp, &leg, &err));
	n = media_sockets(media);
	KTAP_CHECK(stall_workers());
	/* whichever worker a new port's socket is given first, it is closed again */
	for (i = 0; i < 4; i++) {
		br.leg[0].local.port = (uint16_t)(30020 + i);
		br.leg[1].local.port = (uint16_t)(31020 + i);
		KTAP_CHECK(dp_bridges_new(dp, &br, 1, &err) == -ETIMEDOUT);
		KTAP_CHECK(media_sockets(media) == n);
	}
	media_del(sock);
	KTAP_CHECK(recover() && still_works());
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .locals = &leg.local, .n = 1 }, &err));
	KTAP_CHECK(!dp_stats(dp, &stats, &err) && stats.legs == 2);
	end();
	conf = defaults;
	return true;
}

/* until all that waited has come, or was lost, as the first ones after it may be */
static bool through(void)
{
	struct pollfd pfd = { .fd = b, .events = POLLIN };
	int i;

	for (i = 0; i < 60; i++) {
		KTAP_CHECK(say_rtp(a, &leg_a, 65000));
		while (poll(&pfd, 1, 1000) == 1)
			if (hear(b, NULL, NULL) == 65000)
				return true;
	}
	return false;
}

/* what came while nobody took it is lost beyond the socket's room; then it goes on */
static bool overrun(void)
{
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(start() && still_works() && stall_workers());
	for (i = 0; i < 20000; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	KTAP_CHECK(recover() && through());
	KTAP_CHECK(get(&leg_a, &info) && info.rx_packets < 20000);
	KTAP_CHECK(still_works());
	end();
	return true;
}

/* --- rings and queues that are too small --- */

static bool no_buffers(void)
{
	int i;

	conf.buffers = 2;
	KTAP_CHECK(start());
	KTAP_CHECK(still_works() && stall_workers());
	for (i = 0; i < 200; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	KTAP_CHECK(recover());
	for (i = 0; i < 200; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	KTAP_CHECK(still_works());
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_NO_BUFFERS) > 0);
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_RECEIVE));
	end();
	conf = defaults;
	return true;
}

/* more sockets have something at once than the ring has room to say so */
static bool cq_overflow(void)
{
	static struct dp_bridge br[200];
	struct dp_err err = {};
	int i, k;

	conf.completions = 16;
	KTAP_CHECK(phones());
	for (i = 0; i < 200; i++) {
		br[i] = bridge();
		br[i].leg[0].local.port = (uint16_t)(20000 + 4 * i);
		br[i].leg[1].local.port = (uint16_t)(20002 + 4 * i);
	}
	KTAP_CHECK(!dp_bridges_new(dp, br, 200, &err));
	KTAP_CHECK(stall_workers());
	for (k = 0; k < 2; k++)
		for (i = 0; i < 200; i++)
			KTAP_CHECK(say_rtp(a, &br[i].leg[0].local, k));
	KTAP_CHECK(recover());
	for (i = 0; i < 400; i++)
		KTAP_CHECK(hear(b, NULL, NULL) >= 0);
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_CQ_OVERFLOW) > 0);
	/* each receive that ended for that was begun again, and counted */
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_RESTARTED) > 1);
	/* and every socket is still received on */
	for (i = 0; i < 200; i++)
		KTAP_CHECK(say_rtp(a, &br[i].leg[0].local, 3) &&
			   hear(b, NULL, NULL) == 3);
	end();
	conf = defaults;
	return true;
}

#endif /* STALLS */

/* a log that nobody reads: who writes to it waits; returns what was there before */
static int block_log(void)
{
	static char page[4096];
	int was, p[2];

	if (pipe2(p, O_NONBLOCK))
		return -1;
	was = dup(STDERR_FILENO);
	while (write(p[1], page, sizeof(page)) > 0)
		;
	fcntl(p[1], F_SETFL, 0);
	dup2(p[1], STDERR_FILENO);
	/* its other end stays open: who writes is to wait, not to be told */
	close(p[1]);
	return was;
}

static bool agent_slow(void)
{
	static const uint8_t stun[20] = { 0, 1 };
	struct dp_leg proof = { .set = DP_LEG_PROVEN };
	struct dp_leg_info info;
	struct dp_err err = {};
	int i, ret, was;

	KTAP_CHECK(start());
	proof.local = leg_a;
	proof.proven = at_a;
	was = block_log();
	KTAP_CHECK(was >= 0);
	for (i = 1; i <= 6000; i++) {
		/* each proof is a latch, which is told */
		KTAP_CHECK(!dp_leg_set(dp, &proof, NULL));
		if (i <= 1500)
			KTAP_CHECK(say(a, &leg_a, stun, sizeof(stun)));
		while (i <= 1500 && i % 500 == 0 && get(&leg_a, &info) &&
		       info.passed < (uint64_t)i)
			poll(NULL, 0, 1);
	}
	dup2(was, STDERR_FILENO);
	close(was);
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_AGENT_SLOW) >= 400);
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_EVENTS_LOST) >= 1900);
	do {
		ret = dp_dispatch(dp, &err);
	} while (ret > 0);
	KTAP_CHECK(ret == -ENOBUFS && strstr(err.text, "events were lost"));
	while (dp_dispatch(dp, &err) > 0)
		;
	KTAP_CHECK(n_events >= 4000);
	KTAP_CHECK(AWAIT(n_passed >= 1000) && n_passed <= 1100);
	/* what comes now is told */
	n_events = 0;
	KTAP_CHECK(!dp_leg_set(dp, &proof, NULL) && AWAIT(n_events == 1));
	end();
	return true;
}

/* --- the network --- */

/* nobody listens: ICMP errors come to the leg's socket */
static bool icmp(void)
{
	int i;

	KTAP_CHECK(start() && still_works());
	close(b);
	for (i = 0; i < 10; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	poll(NULL, 0, 50);
	b = phone(&at_b);
	KTAP_CHECK(still_works());
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_RECEIVE));
	end();
	return true;
}

static bool sh(const char *cmd)
{
	if (!system(cmd))
		return true;
	printf("# failed: %s\n", cmd);
	return false;
}

static bool unsent_grow(enum rtplane_drop why)
{
	struct dp_leg_info before, info;

	KTAP_CHECK(get(&leg_a, &before));
	KTAP_CHECK(say_rtp(a, &leg_a, 1));
	KTAP_CHECK(AWAIT(get(&leg_a, &info) &&
			 info.drops[why] > before.drops[why]));
	return true;
}

static bool sent_grow(void)
{
	struct dp_leg_info before, info;

	KTAP_CHECK(get(&leg_b, &before));
	KTAP_CHECK(say_rtp(a, &leg_a, 1));
	KTAP_CHECK(AWAIT(get(&leg_b, &info) &&
			 info.tx_packets > before.tx_packets));
	KTAP_CHECK(get(&leg_a, &info) && info.rx_packets);
	return true;
}

/* the way out goes down, loses its address, goes away, and comes back each time */
static bool device(void)
{
	struct dp_bridge br;
	struct dp_err err = {};

	KTAP_CHECK(sh("ip link add d0 arp off type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.1/24 dev d0 && ip link set d0 up"));
	KTAP_CHECK(phones());
	leg_b = addr("192.0.2.1", 30002);
	at_b = addr("192.0.2.9", 4000);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err) && sent_grow());
	KTAP_CHECK(sh("ip link set d0 down"));
	KTAP_CHECK(unsent_grow(RTPLANE_DROP_NO_ROUTE));
	KTAP_CHECK(sh("ip link set d0 up") && sent_grow());
	KTAP_CHECK(sh("ip addr del 192.0.2.1/24 dev d0; ip route add 192.0.2.0/24 dev d0"));
	KTAP_CHECK(unsent_grow(RTPLANE_DROP_NO_ROUTE));
	KTAP_CHECK(sh("ip addr add 192.0.2.1/24 dev d0") && sent_grow());
	KTAP_CHECK(sh("ip link del d0"));
	KTAP_CHECK(unsent_grow(RTPLANE_DROP_NO_ROUTE));
	KTAP_CHECK(media_fault(media, MEDIA_FAULT_SEND) >= 3);
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_RECEIVE));
	end();
	return true;
}

/* where no train can go, packets go one by one, cut by the stack */
static bool narrow(void)
{
	static uint8_t p[1100] = { 0x80 };
	struct dp_leg_info info;
	struct dp_bridge br;
	struct dp_err err = {};
	int i;

	KTAP_CHECK(sh("ip link add d0 arp off type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.1/24 dev d0 && ip link set d0 mtu 800 up"));
	KTAP_CHECK(phones());
	leg_b = addr("192.0.2.1", 30002);
	at_b = addr("192.0.2.9", 4000);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	for (i = 0; i < 20000; i++) {
		p[2] = (uint8_t)(i >> 8);
		p[3] = (uint8_t)i;
		KTAP_CHECK(say(a, &leg_a, p, sizeof(p)));
		while (i % 500 == 0 && get(&leg_a, &info) &&
		       info.rx_packets <= (uint64_t)i)
			poll(NULL, 0, 1);
	}
	KTAP_CHECK(AWAIT(get(&leg_a, &info) && info.rx_packets == 20000));
	KTAP_CHECK(get(&leg_b, &info));
	/* not even the train by which that is found is lost */
	KTAP_CHECK(info.tx_packets == 20000);
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_SEND));
	KTAP_CHECK(sh("ip link del d0"));
	end();
	return true;
}

/* a packet that the way out is too narrow for is cut, one that none is wide for
 * is dropped
 */
static bool big(void)
{
	static uint8_t p[4000] = { 0x80 };
	struct dp_leg_info info;

	KTAP_CHECK(start());
	p[3] = 9;
	p[11] = 7;
	KTAP_CHECK(say(a, &leg_a, p, MEDIA_MAX) && hear(b, NULL, NULL) == 9);
	KTAP_CHECK(say(a, &leg_a, p, MEDIA_MAX + 1) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info) &&
		   info.drops[RTPLANE_DROP_TOO_BIG] == 1);
	KTAP_CHECK(still_works());
	end();
	return true;
}

/* --- limits --- */

/* a limit that leaves room for @n more descriptors */
static rlim_t room_for(int n)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	rlim_t limit = n > 1 ? room_for(n - 1) : (rlim_t)fd + 1;

	close(fd);
	return limit;
}

static bool no_descriptors(void)
{
	struct rlimit old, few;
	struct dp_bridge br[2];
	struct dp_err err = {};
	size_t socks;
	int ret;

	KTAP_CHECK(start());
	socks = media_sockets(media);
	br[0] = bridge();
	br[0].leg[0].local.port = 31000;
	br[0].leg[1].local.port = 31002;
	br[1] = bridge();
	br[1].leg[0].local.port = 31004;
	br[1].leg[1].local.port = 31006;
	getrlimit(RLIMIT_NOFILE, &old);
	few = (struct rlimit){ room_for(3), old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	ret = dp_bridges_new(dp, br, 2, &err);
	setrlimit(RLIMIT_NOFILE, &old);
	KTAP_CHECK(ret == -EMFILE && strstr(err.text, "Too many open files"));
	KTAP_CHECK(media_sockets(media) == socks && still_works());
	KTAP_CHECK(!dp_bridges_new(dp, br, 2, &err));
	end();
	return true;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_MEMORY	0
#else
#define LIMITS_MEMORY	1
#endif

static bool no_memory(void)
{
	static struct dp_bridge br[RTPLANE_BRIDGES_MAX];
	struct rlimit old, little = { 1 << 20, 1 << 20 };
	struct dp_err err = {};
	int ret, i;

	KTAP_CHECK(start());
	for (i = 0; i < RTPLANE_BRIDGES_MAX; i++) {
		br[i] = bridge();
		br[i].leg[0].local.port = (uint16_t)(20000 + 4 * i);
		br[i].leg[1].local.port = (uint16_t)(20002 + 4 * i);
	}
	getrlimit(RLIMIT_AS, &old);
	little.rlim_max = old.rlim_max;
	/* a sanitizer has the address space for itself */
	if (LIMITS_MEMORY)
		setrlimit(RLIMIT_AS, &little);
	ret = dp_bridges_new(dp, br, RTPLANE_BRIDGES_MAX, &err);
	setrlimit(RLIMIT_AS, &old);
	KTAP_CHECK(ret == (LIMITS_MEMORY ? -ENOMEM : 0));
	KTAP_CHECK(!LIMITS_MEMORY || strstr(err.text, "no memory"));
	KTAP_CHECK(still_works());
	end();
	return true;
}

/* --- io_uring forbidden --- */

static void forbid(unsigned int with)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | with),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static bool without_io_uring(void)
{
	struct media_conf only = { .io = MEDIA_IO_URING };
	struct dp_err err = {};
	struct dp_bridge br;

	KTAP_CHECK(media_new(&media, &only, NULL, NULL, &err) < 0);
	KTAP_CHECK(strstr(err.text, "cannot make an io_uring"));
	KTAP_CHECK(!media_new(&media, NULL, NULL, NULL, &err));
	KTAP_CHECK(!strcmp(media_io_name(media), "epoll"));
	KTAP_CHECK(strstr(media_why(media), "cannot make an io_uring"));
	KTAP_CHECK(!dp_open(&dp, "uring", media, NULL, NULL, &err));
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err) && still_works());
	end();
	return true;
}

static bool forbidden(void)
{
	static const unsigned int with[] = { EPERM, ENOSYS };
	int status, i;
	pid_t pid;

	KTAP_CHECK(phones());
	end();
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid) {
			forbid(with[i]);
			status = !without_io_uring();
			fflush(stdout);
			_exit(status);
		}
		KTAP_CHECK(waitpid(pid, &status, 0) == pid && !status);
	}
	return true;
}

/* --- everything at once --- */

static atomic_bool stop;

static void *talk(void *arg)
{
	struct dp_addr to[4];
	uint16_t seq = 0;
	int i;

	(void)arg;
	for (i = 0; i < 4; i++)
		to[i] = addr("127.0.0.1", 30000 + 4 * (unsigned int)(i / 2) +
			     (unsigned int)(i % 2) * 2);
	while (!stop) {
		for (i = 0; i < 4; i++)
			say_rtp(i % 2 ? b : a, &to[i], seq);
		seq++;
	}
	return NULL;
}

static bool change_all(struct dp_bridge *br, int i)
{
	struct dp_leg leg = { .local = br[0].leg[0].local };
	struct dp_leg_info info;
	struct dp_stats stats;
	struct dp_err err = {};

	leg.set = DP_LEG_PPS | (i % 2 ? DP_LEG_UNLATCH : 0);
	leg.pps = i % 3 ? 0 : 1000;
	KTAP_CHECK(!dp_leg_set(dp, &leg, &err));
	KTAP_CHECK(!dp_bridges_set(dp, br, 2, &err));
	KTAP_CHECK(get(&br[1].leg[1].local, &info));
	KTAP_CHECK(!dp_stats(dp, &stats, &err) && stats.legs == 4);
	if (i % 4)
		return true;
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){
		.locals = &br[i % 8 == 0].leg[1].local, .n = 1 }, &err));
	KTAP_CHECK(!dp_bridges_new(dp, &br[i % 8 == 0], 1, &err));
	return true;
}

/* media, changes, events and ends of sockets for a while; for sanitizers */
static bool storm(void)
{
	struct dp_bridge br[2];
	pthread_t thread;
	bool ok = true;
	int i;

	KTAP_CHECK(phones());
	br[0] = bridge();
	br[1] = bridge();
	br[1].leg[0].local.port = 30004;
	br[1].leg[1].local.port = 30006;
	br[1].leg[0].tie = br[0].leg[0].local;
	br[1].leg[0].set |= DP_LEG_TIE;
	KTAP_CHECK(!dp_bridges_new(dp, br, 2, NULL));
	stop = false;
	KTAP_CHECK(!pthread_create(&thread, NULL, talk, NULL));
	for (i = 1; ok && i < 200; i++) {
		ok = change_all(br, i);
		dp_dispatch(dp, NULL);
		media_dispatch(media);
		drain(a);
		drain(b);
	}
	stop = true;
	pthread_join(thread, NULL);
	end();
	return ok;
}

#if STALLS
EPOLL(worker_stalled)
EPOLL(closed_while_stalled)
EPOLL(shared_while_stalled)
EPOLL(overrun)
#endif
EPOLL(agent_slow)
EPOLL(icmp)
EPOLL(device)
EPOLL(big)
EPOLL(narrow)
EPOLL(no_descriptors)
EPOLL(no_memory)
EPOLL(storm)

int main(void)
{
	static const struct ktap_point points[] = {
#if STALLS
		BOTH("a worker that does not answer", worker_stalled),
		BOTH("a socket closed while its worker does not answer",
		     closed_while_stalled),
		BOTH("a port that calls share, likewise", shared_while_stalled),
		BOTH("more than a socket holds", overrun),
		{ "every receive buffer in use", no_buffers },
		{ "the ring of completions is full", cq_overflow },
#endif
		BOTH("an agent that does not look", agent_slow),
		BOTH("ICMP errors", icmp),
		BOTH("device down, address gone, device gone", device),
		BOTH("datagrams too big", big),
		BOTH("a path too narrow for trains", narrow),
		BOTH("no descriptor is left", no_descriptors),
		BOTH("no memory is left", no_memory),
		{ "io_uring forbidden or missing: epoll", forbidden },
		BOTH("everything at once", storm),
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
