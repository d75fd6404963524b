// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath socket: genl.c's requests to serve.c's answers, with a datapath
 * between that only remembers; and clients that are slow, many or mad.
 *
 *   test -- genl.c -- genl_link.c -- UNIX socket -- serve*.c -- dp_*() -- below
 *
 * The server has a thread of its own, as it has a process of its own elsewhere.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "netlink/genl_attr.h"
#include "serve/serve.h"
#include "ktap.h"
#include "words.h"

#define REMOTE	"192.0.2.9:4000"

#define LEGS	6000

/* what the datapath was asked, and what it tells */
static struct dp_bridge asked[RTPLANE_BRIDGES_MAX];
static size_t n_asked;
static struct dp_del asked_del;
static struct dp_addr asked_local;
static struct dp_leg asked_leg;
static struct dp_source asked_source[2];
static struct dp_leg_info told;
static size_t n_told;
static atomic_bool asked_state;
static int refuse;

/* what is compared as a whole points to outputs that are the same */
static void same_copies(struct dp_leg *leg)
{
	if (leg->n_copies == 2 &&
	    !memcmp(leg->copies, words_copies, sizeof(words_copies)))
		leg->copies = words_copies;
}

static int mock_bridges(struct dp *dp, const struct dp_bridge *bridges,
			size_t n, struct dp_err *err)
{
	if (refuse)
		return dp_fail(err, refuse, "leg 192.0.2.1:30000: not today");
	memcpy(asked, bridges, n * sizeof(*bridges));
	for (n_asked = 0; n_asked < n; n_asked++) {
		same_copies(&asked[n_asked].leg[0]);
		same_copies(&asked[n_asked].leg[1]);
	}
	return 0;
}

static int mock_del(struct dp *dp, const struct dp_del *del, struct dp_err *err)
{
	asked_del = *del;
	if (del->n)
		asked_local = del->locals[del->n - 1];
	return 0;
}

static int mock_leg_set(struct dp *dp, const struct dp_leg *leg,
			struct dp_err *err)
{
	asked_leg = *leg;
	same_copies(&asked_leg);
	if (leg->srtp_rx.n_sources == 2)
		memcpy(asked_source, leg->srtp_rx.source, sizeof(asked_source));
	return 0;
}

static int mock_leg_get(struct dp *dp, const struct dp_addr *local, bool state,
			struct dp_leg_info *leg, struct dp_err *err)
{
	*leg = told;
	leg->conf.local = *local;
	asked_state = state;
	return 0;
}

static int mock_take(struct dp *dp, const struct dp_addr *local,
		     struct dp_leg_info legs[2], struct dp_err *err)
{
	legs[0] = told;
	legs[0].conf.local = *local;
	legs[1] = told;
	return 0;
}

static int mock_dump(struct dp *dp, uint64_t cookie, bool state, dp_leg_fn *fn,
		     void *arg, struct dp_err *err)
{
	int ret = 0;
	size_t i;

	asked_state = state;
	for (i = 0; !ret && i < n_told; i++) {
		told.conf.local.port = (uint16_t)(i + 1);
		ret = fn(&told, arg);
	}
	return ret;
}

static int mock_stats(struct dp *dp, struct dp_stats *stats, struct dp_err *err)
{
	memset(stats, 0, sizeof(*stats));
	stats->legs = 7;
	stats->rx_packets = UINT64_MAX;
	stats->drops[RTPLANE_DROP_TTL] = 3;
	stats->leg_bytes = 1000;
	return 0;
}

static const struct dp_ops mock_ops = {
	.name = "mock",
	.bridges_new = mock_bridges,
	.bridges_set = mock_bridges,
	.bridges_del = mock_del,
	.bridge_take = mock_take,
	.leg_set = mock_leg_set,
	.leg_get = mock_leg_get,
	.legs_dump = mock_dump,
	.stats = mock_stats,
};

/* --- the server ---------------------------------------------------------- */

static struct dp mock = { .ops = &mock_ops };
static struct serve *serve;
static char path[] = "/tmp/rtplane-serve.XXXXXX/datapath.sock";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long turns;
static bool quit;
static pthread_t thread;

static void *server(void *arg)
{
	struct pollfd pfd = { .fd = serve_fd(serve), .events = POLLIN };

	while (!__atomic_load_n(&quit, __ATOMIC_SEQ_CST)) {
		if (poll(&pfd, 1, 20) <= 0)
			continue;
		pthread_mutex_lock(&lock);
		serve_dispatch(serve);
		turns++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static unsigned long turns_now(void)
{
	unsigned long now;

	pthread_mutex_lock(&lock);
	now = turns;
	pthread_mutex_unlock(&lock);
	return now;
}

/* what a request did to the datapath may be looked at: the server's turn is over */
static int done(int ret)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return ret;
}

static void set_refuse(int code)
{
	pthread_mutex_lock(&lock);
	refuse = code;
	pthread_mutex_unlock(&lock);
}

/* until the server has seen all that happened, the ends of clients too */
static void settle(void)
{
	unsigned long before;

	do {
		before = turns_now();
		usleep(50000);
	} while (turns_now() != before);
}

static void event(const struct dp_event *what)
{
	pthread_mutex_lock(&lock);
	serve_event(serve, what);
	pthread_mutex_unlock(&lock);
}

/* --- what is asked and answered ------------------------------------------ */

static struct genl *genl;
static struct dp_err err;
static struct dp_sources sources;

static bool test_open(void)
{
	KTAP_CHECK(!genl_open_agent(&genl, path, &err));
	KTAP_CHECK(!strcmp(genl_datapath(genl), "uring"));
	return true;
}

static bool test_nobody_there(void)
{
	struct genl *none;

	KTAP_CHECK(genl_open_agent(&none, "/tmp/nosuch/sock", &err) == -ENOENT);
	KTAP_CHECK(strstr(err.text, "answers at /tmp/nosuch/sock"));
	return true;
}

static bool test_one_at_a_path(void)
{
	struct serve *second = NULL;

	KTAP_CHECK(serve_new(&second, &mock, path, &err) == -EADDRINUSE);
	KTAP_CHECK(strstr(err.text, "another rtplaned listens on"));
	KTAP_CHECK(!access(path, F_OK));
	return true;
}

static bool test_all_words(void)
{
	struct dp_bridge bridge = { .has_cookie = true, .cookie = UINT64_MAX };

	fill(&bridge.leg[0], "192.0.2.1:30000", REMOTE);
	fill(&bridge.leg[1], "192.0.2.1:65535", REMOTE);
	KTAP_CHECK(!done(genl_bridges_new(genl, &bridge, 1, &err)));
	KTAP_CHECK(n_asked == 1);
	KTAP_CHECK(!memcmp(&asked[0], &bridge, sizeof(bridge)));
	KTAP_CHECK(!done(genl_leg_set(genl, &bridge.leg[1], &err)));
	KTAP_CHECK(!memcmp(&asked_leg, &bridge.leg[1], sizeof(asked_leg)));
	memset(&bridge.leg[0], 0, sizeof(bridge.leg[0]));
	bridge.leg[0].local = addr("192.0.2.1:30000");
	bridge.has_cookie = false;
	bridge.cookie = 0;
	KTAP_CHECK(!done(genl_bridges_set(genl, &bridge, 1, &err)));
	KTAP_CHECK(!memcmp(&asked[0], &bridge, sizeof(bridge)));
	return true;
}

static bool test_512_bridges(void)
{
	static struct dp_bridge many[RTPLANE_BRIDGES_MAX];
	char text[32];
	size_t i;

	for (i = 0; i < RTPLANE_BRIDGES_MAX; i++) {
		snprintf(text, sizeof(text), "192.0.2.1:%zu", 20000 + 2 * i);
		fill(&many[i].leg[0], text, REMOTE);
		snprintf(text, sizeof(text), "192.0.2.2:%zu", 20000 + 2 * i);
		fill(&many[i].leg[1], text, REMOTE);
	}
	KTAP_CHECK(!done(genl_bridges_new(genl, many, RTPLANE_BRIDGES_MAX, &err)));
	KTAP_CHECK(n_asked == RTPLANE_BRIDGES_MAX);
	KTAP_CHECK(!memcmp(asked, many, sizeof(many)));
	return true;
}

static bool test_refusals_name_the_place(void)
{
	struct dp_bridge bridge = {};

	fill(&bridge.leg[0], "192.0.2.1:30000", REMOTE);
	fill(&bridge.leg[1], "192.0.2.1:30002", REMOTE);
	bridge.leg[1].probation = 33;
	KTAP_CHECK(genl_bridges_new(genl, &bridge, 1, &err) == -ERANGE);
	KTAP_CHECK(!strcmp(err.text, "leg 192.0.2.1:30002 probation: the value 33 is out of range: expected 0 to 32"));
	bridge.leg[1].probation = 32;
	set_refuse(EBUSY);
	KTAP_CHECK(genl_bridges_new(genl, &bridge, 1, &err) == -EBUSY);
	KTAP_CHECK(!strcmp(err.text, "leg 192.0.2.1:30000: not today"));
	set_refuse(0);
	return true;
}

static int connect_raw(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 60 };
	int room = 8 << 20;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, path);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* does the answer to a request have that sentence? */
static bool says(const struct nlmsghdr *request, const char *sentence)
{
	char answer[1024];
	int fd = connect_raw();
	ssize_t n;

	send(fd, request, request->nlmsg_len, MSG_NOSIGNAL);
	n = recv(fd, answer, sizeof(answer), 0);
	close(fd);
	return n > 0 && memmem(answer, (size_t)n, sentence, strlen(sentence));
}

static bool refuses(const struct dp_leg *leg, const char *sentence)
{
	KTAP_CHECK(genl_leg_set(genl, leg, &err) < 0);
	if (strstr(err.text, sentence))
		return true;
	printf("# said: %s\n", err.text);
	return false;
}

/* the client puts as many bytes as the suite wants, so the message is made by hand */
static bool refuses_key(uint8_t suite, int key, int mki, const char *sentence)
{
	struct dp_addr local = addr("192.0.2.1:30000");
	struct nl_msg *msg = nlmsg_alloc_size(1024);
	uint8_t bytes[64] = {};
	struct nlattr *leg, *srtp;
	bool said;

	genlmsg_put(msg, 0, 1, GENL_ID_CTRL + 1, 0, NLM_F_REQUEST | NLM_F_ACK,
		    RTPLANE_CMD_LEG_SET, 1);
	leg = nla_nest_start(msg, RTPLANE_A_LEG | NLA_F_NESTED);
	genl_put_addr(msg, RTPLANE_LEG_A_LOCAL, &local);
	srtp = nla_nest_start(msg, RTPLANE_LEG_A_SRTP_RX | NLA_F_NESTED);
	if (suite != 255)
		nla_put_u8(msg, RTPLANE_SRTP_A_SUITE, suite);
	if (key >= 0)
		nla_put(msg, RTPLANE_SRTP_A_KEY, key, bytes);
	if (mki >= 0)
		nla_put(msg, RTPLANE_SRTP_A_MKI, mki, bytes);
	nla_nest_end(msg, srtp);
	nla_nest_end(msg, leg);
	said = says(nlmsg_hdr(msg), sentence);
	nlmsg_free(msg);
	return said;
}

static bool test_keys(void)
{
	struct dp_source source[2] = { { .ssrc = 5 }, { .ssrc = 6 } };
	struct dp_leg leg;

	fill(&leg, "192.0.2.1:30000", REMOTE);
	leg.srtp_rx.source = source;
	leg.srtp_rx.n_sources = 2;
	source[1].has_index = source[1].has_rtcp_index = true;
	source[1].index = 65536 * 3;
	source[1].rtcp_index = INT32_MAX;
	KTAP_CHECK(!done(genl_leg_set(genl, &leg, &err)));
	KTAP_CHECK(asked_leg.srtp_rx.n_sources == 2);
	KTAP_CHECK(!memcmp(asked_source, source, sizeof(source)));
	source[1].rtcp_index++;
	KTAP_CHECK(refuses(&leg, "an index of SRTCP has 31 bits"));
	source[1].rtcp_index = 0;
	leg.srtp_rx.suite = RTPLANE_SRTP_MAX + 1;
	KTAP_CHECK(refuses(&leg, "leg 192.0.2.1:30000 srtp-rx: the value 7 is out of range: expected 0 to 6"));
	leg.srtp_rx.suite = 1;
	leg.only = RTPLANE_ONLY_MAX + 1;
	KTAP_CHECK(refuses(&leg, "leg 192.0.2.1:30000 only: the value 3 is out of range"));
	KTAP_CHECK(refuses_key(255, 30, -1, "a suite is required"));
	KTAP_CHECK(refuses_key(1, -1, -1, "a key has the bytes that its suite wants"));
	KTAP_CHECK(refuses_key(1, 28, -1, "a key has the bytes that its suite wants"));
	KTAP_CHECK(refuses_key(6, 46, -1, "a key has the bytes that its suite wants"));
	KTAP_CHECK(refuses_key(0, 30, -1, "suite none has no key and no sources"));
	KTAP_CHECK(refuses_key(0, -1, 1, "suite none has no key and no sources"));
	KTAP_CHECK(refuses_key(1, 30, 0, "an MKI has 1 to 16 bytes"));
	KTAP_CHECK(refuses_key(1, 30, 17, "the attribute has 17 bytes, expected at most 16"));
	KTAP_CHECK(refuses_key(1, 47, -1, "the attribute has 47 bytes, expected at most 46"));
	return true;
}

static bool test_del(void)
{
	struct dp_addr locals[] = { addr("192.0.2.1:30000"),
				    addr("[2001:db8::1]:30000") };
	struct dp_del del = { .locals = locals, .n = 2 };

	KTAP_CHECK(!done(genl_bridges_del(genl, &del, &err)));
	KTAP_CHECK(asked_del.n == 2 && !asked_del.cookie && !asked_del.all);
	KTAP_CHECK(dp_addr_eq(&asked_local, &locals[1]));
	del = (struct dp_del){ .cookie = 5 };
	KTAP_CHECK(!done(genl_bridges_del(genl, &del, &err)));
	KTAP_CHECK(!asked_del.n && asked_del.cookie == 5 && !asked_del.all);
	del = (struct dp_del){ .all = true };
	KTAP_CHECK(!done(genl_bridges_del(genl, &del, &err)));
	KTAP_CHECK(!asked_del.n && !asked_del.cookie && asked_del.all);
	return true;
}

static const struct dp_source stands[2] = {
	{ .ssrc = 1, .has_index = true, .index = 1ull << 40 },
	{ .ssrc = 2, .has_rtcp_index = true, .rtcp_index = 3 },
};

static void fill_info(struct dp_leg_info *info)
{
	int i;

	memset(info, 0, sizeof(*info));
	fill(&info->conf, "192.0.2.1:30000", REMOTE);
	info->conf.set &= ~(DP_LEG_UNLATCH | DP_LEG_MOVED | DP_LEG_PROVEN);
	memset(&info->conf.proven, 0, sizeof(info->conf.proven));
	info->conf.srtp_rx.source = stands;
	info->conf.srtp_rx.n_sources = 2;
	info->cookie = 42;
	info->peer = addr("192.0.2.1:30002");
	info->state = RTPLANE_STATE_LOCKED;
	info->latched = addr("192.0.2.9:4001");
	info->rx_packets = 1;
	info->rx_bytes = 2;
	info->tx_packets = 3;
	info->tx_bytes = UINT64_MAX;
	info->dropped = 5;
	info->passed = 6;
	info->rtcp_packets = 7;
	info->first = 8;
	info->last = 9;
	info->latches = 10;
	info->has_dscp_tx = true;
	info->dscp_tx = 0;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		info->drops[i] = (uint64_t)i << 40;
	for (i = 0; i < 64; i++)
		info->dscp_seen[i] = (uint64_t)i;
	info->rtp = (struct dp_rtp){ true, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	info->rtcp = (struct dp_rtcp){ true, true, 3, 4, 5, -6, 7, 8 };
	info->offender = addr("203.0.113.66:1");
	info->offenses = 11;
}

/* from now on so many legs are there, of which everything is known */
static void tell_all(size_t n)
{
	pthread_mutex_lock(&lock);
	fill_info(&told);
	n_told = n;
	pthread_mutex_unlock(&lock);
}

static void tell_nothing(void)
{
	pthread_mutex_lock(&lock);
	memset(&told, 0, sizeof(told));
	pthread_mutex_unlock(&lock);
}

static bool test_everything_of_a_leg(void)
{
	struct dp_leg_info nothing = {};
	struct dp_leg_info info, want;
	struct dp_addr local = addr("192.0.2.1:30000");
	struct dp_copy counted[2];

	tell_all(0);
	memcpy(counted, words_copies, sizeof(counted));
	counted[1].packets = 1;
	counted[1].bytes = UINT64_MAX;
	counted[1].dropped = 2;
	told.conf.copies = counted;
	KTAP_CHECK(!done(genl_leg_get(genl, &local, false, &info, &sources, &err)));
	want = told;
	KTAP_CHECK(info.conf.n_copies == 2);
	KTAP_CHECK(!memcmp(info.conf.copies, counted, sizeof(counted)));
	info.conf.copies = counted;
	/* a key never comes out, nor an order */
	memset(want.conf.srtp_rx.key, 0, sizeof(want.conf.srtp_rx.key));
	memset(want.conf.srtp_tx.key, 0, sizeof(want.conf.srtp_tx.key));
	want.conf.srtp_tx.fresh = false;
	KTAP_CHECK(info.conf.srtp_rx.n_sources == 2);
	KTAP_CHECK(!memcmp(info.conf.srtp_rx.source, stands, sizeof(stands)));
	info.conf.srtp_rx.source = stands;
	KTAP_CHECK(!memcmp(&info, &want, sizeof(info)));
	/* a leg that knows nothing yet */
	tell_nothing();
	KTAP_CHECK(!done(genl_leg_get(genl, &local, false, &info, &sources, &err)));
	nothing.conf.local = local;
	KTAP_CHECK(!memcmp(&info, &nothing, sizeof(info)));
	return true;
}

static bool test_a_bridge_and_its_state(void)
{
	struct dp_addr local = addr("192.0.2.1:30004");
	struct dp_leg_info legs[2];

	tell_all(0);
	KTAP_CHECK(!done(genl_bridge_take(genl, &local, legs, &sources, &err)));
	KTAP_CHECK(dp_addr_eq(&legs[0].conf.local, &local));
	KTAP_CHECK(dp_addr_eq(&legs[1].conf.local, &told.conf.local));
	KTAP_CHECK(legs[0].rx_bytes == 2 && legs[1].rx_bytes == 2);
	KTAP_CHECK(legs[1].conf.srtp_rx.n_sources == 2 &&
		   !memcmp(legs[1].conf.srtp_rx.source, stands, sizeof(stands)));
	return true;
}

static bool test_dump(void)
{
	struct dp_leg_info *legs;
	size_t n, i;

	tell_all(LEGS);
	KTAP_CHECK(!done(genl_legs(genl, 0, false, &legs, &n, &sources, &err)));
	KTAP_CHECK(n == LEGS);
	for (i = 0; i < n; i++)
		KTAP_CHECK(legs[i].conf.local.port == i + 1);
	free(legs);
	KTAP_CHECK(!genl_legs(genl, 43, false, &legs, &n, &sources, &err) && !n);
	free(legs);
	KTAP_CHECK(!genl_legs(genl, 42, false, &legs, &n, &sources, &err) &&
		   n == LEGS && !asked_state);
	free(legs);
	KTAP_CHECK(!genl_legs(genl, 42, true, &legs, &n, &sources, &err) &&
		   n == LEGS && asked_state);
	free(legs);
	return true;
}

static bool test_stats(void)
{
	struct dp_stats stats;

	KTAP_CHECK(!genl_stats(genl, &stats, &err));
	KTAP_CHECK(stats.legs == 7 && stats.rx_packets == UINT64_MAX);
	KTAP_CHECK(stats.drops[RTPLANE_DROP_TTL] == 3);
	return true;
}

static bool test_what_needs_the_module(void)
{
	struct dp_natmap natmap = { .ext = addr("192.0.2.1:1") };
	struct dp_natmap *natmaps;
	struct dp_dev *devs;
	size_t n;

	KTAP_CHECK(genl_dev_new(genl, "lo", &err) == -EOPNOTSUPP);
	KTAP_CHECK(strstr(err.text, "the datapath 'mock' has no devices to enrol"));
	KTAP_CHECK(genl_devs(genl, &devs, &n, &err) == -EOPNOTSUPP);
	KTAP_CHECK(genl_natmap_new(genl, &natmap, &err) == -EOPNOTSUPP);
	KTAP_CHECK(strstr(err.text, "the datapath 'mock' has no natmaps"));
	KTAP_CHECK(genl_natmaps(genl, &natmaps, &n, &err) == -EOPNOTSUPP);
	return true;
}

/* --- events -------------------------------------------------------------- */

static unsigned long n_events;
static struct dp_event last_event;

static void on_event(const struct dp_event *what, void *arg)
{
	n_events++;
	last_event = *what;
}

static const struct dp_event latch = {
	.type = RTPLANE_EVENT_LATCH, .reason = RTPLANE_REASON_PROBATION,
	.local = { .family = AF_INET, .port = 30000, .v4 = { 1 } },
	.cookie = 42, .count = 3, .time = 1u << 31,
	.old = { .family = AF_INET, .port = 1, .v4 = { 2 } },
	.new = { .family = AF_INET, .port = 2, .v4 = { 3 } },
};

/* 1 or more, -1 at the end of a minute, or another error */
static int some_events(struct genl *from)
{
	struct pollfd pfd = { .fd = genl_fd(from), .events = POLLIN };

	if (poll(&pfd, 1, 60000) != 1)
		return -1;
	return genl_events(from, on_event, NULL, &err);
}

static bool test_events(void)
{
	struct dp_event rtcp = latch;
	struct genl *ear;

	KTAP_CHECK(!genl_open_agent(&ear, path, &err));
	event(&latch);		/* nobody has asked */
	KTAP_CHECK(!genl_listen(ear, &err));
	event(&latch);
	KTAP_CHECK(some_events(ear) == 1);
	KTAP_CHECK(!memcmp(&last_event, &latch, sizeof(latch)));
	rtcp.type = RTPLANE_EVENT_RTCP;
	rtcp.rtcp = (struct dp_rtcp){ true, false, 3, 4, 5, -6, 7, 0 };
	event(&rtcp);
	KTAP_CHECK(some_events(ear) == 1);
	KTAP_CHECK(!memcmp(&last_event, &rtcp, sizeof(rtcp)));
	genl_close(ear);
	return true;
}

/* Who does not read loses events, is told so, and holds nobody up. */
static bool test_slow_reader(void)
{
	struct dp_stats stats;
	struct genl *slow;
	int lost = 0;
	int i, n;

	KTAP_CHECK(!genl_open_agent(&slow, path, &err));
	KTAP_CHECK(!genl_listen(slow, &err));
	for (i = 0; i < 100000; i++)
		event(&latch);
	KTAP_CHECK(!genl_stats(genl, &stats, &err));
	KTAP_CHECK(stats.events_lost > 0 && stats.events_lost < 100000);
	n_events = 0;
	while (n_events + stats.events_lost < 100000 || !lost) {
		n = some_events(slow);
		KTAP_CHECK(n > 0 || n == -ENOBUFS);
		lost += n == -ENOBUFS;
	}
	KTAP_CHECK(n_events + stats.events_lost == 100000 && lost == 1);
	/* and from now on all is well again */
	event(&latch);
	KTAP_CHECK(some_events(slow) == 1);
	genl_close(slow);
	return true;
}

/* --- mad clients ----------------------------------------------------------- */

/* does the server hang up? */
static bool hangs_up(const void *packet, size_t len)
{
	int fd = connect_raw();
	char buf[4096];
	ssize_t n;

	if (send(fd, packet, len, MSG_NOSIGNAL) < 0)
		printf("# cannot send %zu bytes: %s\n", len, strerror(errno));
	n = recv(fd, buf, sizeof(buf), 0);
	close(fd);
	return !n || (n < 0 && errno == ECONNRESET);
}

static struct nlmsghdr head(size_t len, uint16_t type, uint16_t flags)
{
	struct nlmsghdr hdr = { .nlmsg_len = (uint32_t)len, .nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | flags };

	return hdr;
}

static bool test_nonsense_is_hung_up_on(void)
{
	static char big[SERVE_REQUEST_MAX + 4];
	struct nlmsghdr hdr = head(sizeof(hdr), 99, 0);

	KTAP_CHECK(hangs_up("x", 1));
	hdr.nlmsg_len = 15;
	KTAP_CHECK(hangs_up(&hdr, sizeof(hdr)));
	hdr.nlmsg_len = 17;
	KTAP_CHECK(hangs_up(&hdr, sizeof(hdr)));
	hdr = head(sizeof(hdr), 99, 0);
	hdr.nlmsg_flags = 0;
	KTAP_CHECK(hangs_up(&hdr, sizeof(hdr)));
	hdr = head(sizeof(big), 99, 0);
	memcpy(big, &hdr, sizeof(hdr));
	KTAP_CHECK(hangs_up(big, sizeof(big)));
	return true;
}

/* errno of the answer to a packet, 0 if it was done; -1: no answer */
static int answer_to(const void *packet, size_t len)
{
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr e;
		char more[1024];
	} answer;
	int fd = connect_raw();
	ssize_t n;

	send(fd, packet, len, MSG_NOSIGNAL);
	n = recv(fd, &answer, sizeof(answer), 0);
	close(fd);
	if (n < (ssize_t)(sizeof(answer.hdr) + sizeof(answer.e)) ||
	    answer.hdr.nlmsg_type != NLMSG_ERROR)
		return -1;
	return -answer.e.error;
}

static bool test_strange_messages_are_refused(void)
{
	struct {
		struct nlmsghdr hdr;
		struct genlmsghdr genl;
		struct nlmsghdr second;
	} m = {
		.hdr = head(NLMSG_HDRLEN + GENL_HDRLEN, 99, 0),
	};

	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == ENOENT);
	KTAP_CHECK(answer_to(&m, sizeof(m)) == E2BIG);
	m.hdr = head(NLMSG_HDRLEN, GENL_ID_CTRL, 0);
	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == EINVAL);
	m.hdr = head(NLMSG_HDRLEN + GENL_HDRLEN, GENL_ID_CTRL, 0);
	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == EOPNOTSUPP);
	m.genl.cmd = CTRL_CMD_GETFAMILY;
	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == EINVAL);
	m.hdr.nlmsg_type = GENL_ID_CTRL + 1;
	m.genl.cmd = 255;
	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == EOPNOTSUPP);
	m.genl.cmd = RTPLANE_CMD_STATS_GET;
	m.hdr.nlmsg_flags |= NLM_F_DUMP;
	KTAP_CHECK(answer_to(&m, m.hdr.nlmsg_len) == EOPNOTSUPP);
	return true;
}

/*
 * Clients that ask for large answers and read none of them: each is heard once,
 * together they get no more than the bound, and others are served.
 */
static bool test_who_does_not_read(void)
{
	struct {
		struct nlmsghdr hdr;
		struct genlmsghdr genl;
	} dump = {
		.hdr = head(sizeof(dump), GENL_ID_CTRL + 1, NLM_F_DUMP),
		.genl = { .cmd = RTPLANE_CMD_LEG_GET },
	};
	struct dp_leg_info *legs;
	struct dp_stats stats;
	unsigned long before;
	int fd[32];
	size_t i, n;
	int ret;

	tell_all(LEGS);
	for (i = 0; i < 32; i++) {
		fd[i] = connect_raw();
		KTAP_CHECK(fd[i] >= 0);
		KTAP_CHECK(send(fd[i], &dump, sizeof(dump), 0) > 0);
		KTAP_CHECK(send(fd[i], &dump, sizeof(dump), 0) > 0);
		KTAP_CHECK(!genl_stats(genl, &stats, &err));
	}
	ret = genl_legs(genl, 0, false, &legs, &n, &sources, &err);
	/* on a slow machine the first have been dropped meanwhile */
	KTAP_CHECK(!ret || (ret == -ENOBUFS && strstr(err.text, "wait to be read")));
	if (!ret)
		free(legs);
	ret = -ENOBUFS;
	/* nobody is woken for what waits to be read */
	before = turns_now();
	usleep(100000);
	KTAP_CHECK(turns_now() - before < 10);
	/* and in time those go that do not read, though they are still connected */
	for (i = 0; i < 600 && ret; i++) {
		usleep(10000);
		ret = genl_legs(genl, 0, false, &legs, &n, &sources, &err);
	}
	KTAP_CHECK(!ret && n == LEGS);
	free(legs);
	for (i = 0; i < 32; i++)
		close(fd[i]);
	return true;
}

static bool test_too_many_clients(void)
{
	struct dp_stats stats;
	int fd[SERVE_CLIENTS_MAX + 8];
	struct pollfd pfd;
	int away = 0;
	int i;

	settle();
	for (i = 0; i < SERVE_CLIENTS_MAX + 8; i++) {
		fd[i] = connect_raw();
		KTAP_CHECK(fd[i] >= 0);
		/* the queue of those to be accepted is short */
		KTAP_CHECK(!genl_stats(genl, &stats, &err));
	}
	settle();
	for (i = 0; i < SERVE_CLIENTS_MAX + 8; i++) {
		pfd = (struct pollfd){ .fd = fd[i], .events = POLLIN };
		away += poll(&pfd, 1, 0) == 1 && pfd.revents & POLLHUP;
		close(fd[i]);
	}
	KTAP_CHECK(away == 9);
	return true;
}

/* connections that were forgotten make room for who asks, when there is none */
static bool test_idle_clients(void)
{
	struct {
		struct nlmsghdr hdr;
		struct genlmsghdr genl;
	} ask = {
		.hdr = head(sizeof(ask), GENL_ID_CTRL + 1, 0),
		.genl = { .cmd = RTPLANE_CMD_STATS_GET },
	};
	int fd[SERVE_CLIENTS_MAX + 8], i;
	struct dp_stats stats;
	struct pollfd pfd;

	settle();
	for (i = 0; i < SERVE_CLIENTS_MAX - 1; i++) {
		fd[i] = connect_raw();
		KTAP_CHECK(fd[i] >= 0 && !genl_stats(genl, &stats, &err));
	}
	usleep(3100000);
	/* one of them is alive, and so is whoever asks here */
	KTAP_CHECK(send(fd[0], &ask, sizeof(ask), 0) > 0);
	KTAP_CHECK(!genl_stats(genl, &stats, &err));
	for (; i < SERVE_CLIENTS_MAX + 8; i++) {
		fd[i] = connect_raw();
		pfd = (struct pollfd){ .fd = fd[i], .events = POLLIN };
		KTAP_CHECK(fd[i] >= 0 && send(fd[i], &ask, sizeof(ask), 0) > 0);
		KTAP_CHECK(poll(&pfd, 1, 60000) == 1 && !(pfd.revents & POLLHUP));
	}
	pfd = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	KTAP_CHECK(poll(&pfd, 1, 0) == 1 && !(pfd.revents & POLLHUP));
	KTAP_CHECK(!genl_stats(genl, &stats, &err));
	for (i = 0; i < SERVE_CLIENTS_MAX + 8; i++)
		close(fd[i]);
	return true;
}

/* No descriptor left: who comes is turned away, and nobody spins. */
static bool test_no_descriptor_left(void)
{
	struct rlimit limit, low;
	unsigned long before;
	struct dp_stats stats;
	struct pollfd pfd;
	int fd[4];
	int i;

	settle();
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	for (i = 0; i < 4; i++)
		fd[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* all below are taken but perhaps some that were closed: fill them */
	low.rlim_cur = (rlim_t)fd[3] + 1;
	setrlimit(RLIMIT_NOFILE, &low);
	while (dup(fd[0]) >= 0)
		;
	for (i = 0; i < 4; i++) {
		struct sockaddr_un sun = { .sun_family = AF_UNIX };

		strcpy(sun.sun_path, path);
		KTAP_CHECK(!connect(fd[i], (struct sockaddr *)&sun,
				    sizeof(sun)));
		pfd = (struct pollfd){ .fd = fd[i], .events = POLLIN };
		KTAP_CHECK(poll(&pfd, 1, 60000) == 1 && pfd.revents & POLLHUP);
	}
	before = turns_now();
	usleep(100000);
	KTAP_CHECK(turns_now() - before < 10);
	KTAP_CHECK(!genl_stats(genl, &stats, &err));
	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < 4; i++)
		close(fd[i]);
	return true;
}

static bool test_end(void)
{
	struct dp_stats stats;

	__atomic_store_n(&quit, true, __ATOMIC_SEQ_CST);
	KTAP_CHECK(!pthread_join(thread, NULL));
	serve_free(serve);
	KTAP_CHECK(access(path, F_OK) && errno == ENOENT);
	KTAP_CHECK(genl_stats(genl, &stats, &err) < 0);
	genl_close(genl);
	dp_sources_clear(&sources);
	return true;
}

static const struct ktap_point points[] = {
	{ "a client is served", test_open },
	{ "where nobody listens a sentence says so", test_nobody_there },
	{ "a path has one server", test_one_at_a_path },
	{ "all words of a leg arrive", test_all_words },
	{ "512 bridges in one packet", test_512_bridges },
	{ "refusals name the place", test_refusals_name_the_place },
	{ "keys, and where their sources stand", test_keys },
	{ "removal by legs, by cookie, of all", test_del },
	{ "everything of a leg is told", test_everything_of_a_leg },
	{ "a bridge goes, and its state is told", test_a_bridge_and_its_state },
	{ "a dump of many packets", test_dump },
	{ "totals", test_stats },
	{ "what needs the module is refused", test_what_needs_the_module },
	{ "events go to who asked", test_events },
	{ "a slow reader loses events and is told", test_slow_reader },
	{ "nonsense is hung up on", test_nonsense_is_hung_up_on },
	{ "strange messages are refused", test_strange_messages_are_refused },
	{ "who does not read holds nobody up", test_who_does_not_read },
	{ "too many clients are turned away", test_too_many_clients },
		{ "idle clients make room for others", test_idle_clients },
	{ "no descriptor left: turned away, no spinning",
	  test_no_descriptor_left },
	{ "the end removes the socket", test_end },
};

int main(void)
{
	char *slash = strrchr(path, '/');
	int ret;

	*slash = '\0';
	if (!mkdtemp(path)) {
		perror(path);
		return 1;
	}
	*slash = '/';
	if (serve_new(&serve, &mock, path, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	if (pthread_create(&thread, NULL, server, NULL))
		return 1;
	ret = KTAP_RUN(points);
	*slash = '\0';
	rmdir(path);
	return ret;
}
