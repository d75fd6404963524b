// SPDX-License-Identifier: GPL-2.0
/*
 * nftables (nft/) in a network namespace of this program's own: ten thousand calls, a
 * hundred thousand bans, and who takes them over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "config/config.h"
#include "ktap.h"
#include "nft/link.h"
#include "nft/nft.h"
#include "nft/table.h"

#define CALLS	10000u
#define BANS	100000u

static struct loop *loop;
static struct config *config;
static struct nft *nft;
static char error[CONFIG_ERROR_LEN];
static uint32_t bans, kept;
static uint64_t longest;

/* libmnl's, but that an answer may be lost for want of room, as the kernel tells it */
static _Atomic bool lost;

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	if (!lost)
		return recv(mnl_socket_get_fd(nl), buf, size, 0);
	lost = false;
	errno = ENOBUFS;
	return -1;
}

static uint64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct nft_ban nth_ban(uint32_t i)
{
	struct nft_ban ban = { .ms = 3600000, .why = "admin" };

	ban.prefix.addr.family = AF_INET;
	ban.prefix.addr.v4.s_addr = htonl(0x0b000000 + i);
	ban.prefix.len = 32;
	if (i % 1000 == 999) {		/* and some networks */
		ban.prefix.addr.v4.s_addr = htonl(0xc0000000 + i * 256);
		ban.prefix.len = 24;
	}
	return ban;
}

/* somebody else puts a table in the place of ours, or takes it away */
static bool put_table(bool there)
{
	struct nft_link *link = nft_link_new(loop, NULL, NULL, error);
	struct nftnl_table *table = nftnl_table_alloc();
	struct nft_batch *batch = nft_batch_new();
	bool ok = link && batch && table;

	if (ok) {
		nft_table_drop(batch);
		nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_INET);
		nftnl_table_set_str(table, NFTNL_TABLE_NAME,
				    CONFIG_NFT_TABLE_NAME);
		if (there)
			nft_batch_table(batch, NFT_MSG_NEWTABLE, table, "his");
		ok = nft_batch_end(batch) && nft_link_run(link, batch);
	}
	nftnl_table_free(table);
	nft_batch_free(batch);
	nft_link_free(link);
	return ok;
}

static void on_kept(const struct nft_ban *ban, void *arg)
{
	kept += ban->prefix.len == 32 || ban->prefix.len == 24;
}

static void all_bans(struct nft *self,
		     void (*fn)(struct nft *self, const struct nft_ban *ban),
		     void *arg)
{
	struct nft_ban ban;
	uint32_t i;

	for (i = 0; i < bans; i++) {
		ban = nth_ban(i);
		fn(self, &ban);
	}
}

static bool begin(void)
{
	const struct nft_conf conf = {
		.loop = loop, .config = config, .kept = on_kept, .bans = all_bans,
	};

	kept = 0;
	nft = nft_new(&conf, error);
	if (!nft)
		printf("# %s\n", error);
	return nft;
}

/* how long is the loop held up at most? */
static void turn(void)
{
	uint64_t before = now_us(CLOCK_THREAD_CPUTIME_ID), took;

	loop_turn(loop, 0);
	took = now_us(CLOCK_THREAD_CPUTIME_ID) - before;
	longest = took > longest ? took : longest;
}

/* KiB by a line of /proc */
static long memory(const char *file, const char *key)
{
	size_t len = strlen(key);
	FILE *f = fopen(file, "re");
	char line[128];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len))
			kib = strtol(line + len, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/* turns until nothing is on its way */
static bool settle(void)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + 120000000;

	do {
		turn();
		usleep(100);
	} while (!nft_is_settled(nft) && now_us(CLOCK_MONOTONIC) < end);
	return nft_is_settled(nft);
}

/* four ports of a call */
static void tell_call(uint32_t i, bool open)
{
	struct dp_addr place = { .family = AF_INET };
	unsigned int j;

	for (j = 0; j < 4; j++) {
		place.v4.s_addr = htonl(j < 2 ? 0xc0000201 + i / 1500 :
						0xc6336401 + i / 1500);
		place.port = (uint16_t)(30000 + i % 1500 * 2 + j % 2);
		if (open)
			nft_open(nft, &place);
		else
			nft_close(nft, &place);
	}
}

static bool test_ten_thousand_calls(void)
{
	uint64_t cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
	const struct nft_counters *c;
	uint32_t i;

	KTAP_CHECK(begin());
	c = nft_counters(nft);
	for (i = 0; i < CALLS; i++) {
		tell_call(i, true);
		if (i % 20 == 19)
			turn();
	}
	KTAP_CHECK(settle() && nft_open_count(nft) == CALLS * 4);
	printf("# %u calls begin: %llu batches, %llu us of a processor each, a turn of the loop %llu us at most\n",
	       CALLS, (unsigned long long)c->batches,
	       (unsigned long long)(now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / CALLS,
	       (unsigned long long)longest);
	KTAP_CHECK(!c->failed && c->elements >= CALLS * 4);
	return true;
}

/* what one change costs while there are so many */
static bool test_one_more(void)
{
	const struct nft_counters *c = nft_counters(nft);
	uint64_t cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t batches = c->batches, elements = c->elements;
	uint32_t i;

	for (i = 0; i < 100; i++) {
		tell_call(CALLS + i, true);
		KTAP_CHECK(settle());
		tell_call(CALLS + i, false);
		KTAP_CHECK(settle());
	}
	printf("# a call more and less among %u: %llu us of a processor\n", CALLS,
	       (unsigned long long)(now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 100);
	KTAP_CHECK(c->batches == batches + 200 && c->elements == elements + 800);
	KTAP_CHECK(!c->failed && nft_open_count(nft) == CALLS * 4);
	for (i = 0; i < CALLS; i++)
		tell_call(i, false);
	KTAP_CHECK(settle() && !nft_open_count(nft) && !c->failed);
	return true;
}

/* a call gets a port before it is told that the port's tester has gone */
static bool test_two_want_it_open(void)
{
	const struct nft_counters *c = nft_counters(nft);
	uint64_t elements = c->elements;

	tell_call(0, true);
	tell_call(0, true);
	tell_call(0, false);
	KTAP_CHECK(settle() && nft_open_count(nft) == 4 && c->elements == elements + 4);
	tell_call(0, false);
	tell_call(0, false);
	KTAP_CHECK(settle() && !nft_open_count(nft) && c->elements == elements + 8);
	return true;
}

static bool test_a_hundred_thousand_bans(void)
{
	long own = memory("/proc/self/status", "VmRSS:"), all = memory("/proc/meminfo", "SUnreclaim:");
	uint64_t cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
	struct nft_ban ban;

	while (bans < BANS) {
		ban = nth_ban(bans++);
		nft_ban(nft, &ban);
		if (bans % 100 == 0)
			turn();
	}
	KTAP_CHECK(settle() && !nft_counters(nft)->failed);
	cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("# %u bans one by one: %llu ms of a processor, %ld KiB more of the process, some %ld KiB more of the kernel\n",
	       BANS, (unsigned long long)cpu / 1000,
	       memory("/proc/self/status", "VmRSS:") - own,
	       memory("/proc/meminfo", "SUnreclaim:") - all);
	return true;
}

/* by an agent that comes after one that was killed: all at once, and they are there again */
static bool test_taken_over(void)
{
	uint64_t cpu;

	nft_free(nft);
	cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
	KTAP_CHECK(begin() && kept == BANS && !nft_counters(nft)->failed);
	printf("# %u bans in one batch, by an agent that takes them over: %llu ms of a processor\n",
	       BANS, (unsigned long long)(now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1000);
	nft_free(nft);
	bans = 10;
	KTAP_CHECK(begin() && kept == BANS);
	nft_free(nft);
	KTAP_CHECK(begin() && kept == 10);
	return true;
}

/* what the kernel refuses is told by the element's set, and made good */
static bool test_what_fails_is_made_good(void)
{
	const struct nft_counters *c = nft_counters(nft);
	struct prefix nobody = nth_ban(50).prefix;
	uint64_t renewed = c->renewed;

	tell_call(1, true);
	nft_unban(nft, &nobody);	/* it is not there: nothing of it is done */
	KTAP_CHECK(settle());
	KTAP_CHECK(c->failed == 1 && c->renewed == renewed + 1);
	nft_free(nft);
	KTAP_CHECK(begin() && kept == 10);
	return true;
}

/* what fails since the table is somebody else's by now does not cost him his */
static bool test_a_table_of_somebody_else(void)
{
	struct nft_ask *ask = nft_ask_new(error);
	struct nft_ban ban = nth_ban(20);
	struct nft_table_info info;
	unsigned int i;

	KTAP_CHECK(ask && settle() && put_table(true));
	nft_ban(nft, &ban);
	for (i = 0; i < 500; i++) {
		turn();
		usleep(100);
	}
	KTAP_CHECK(nft_ask_table(ask, CONFIG_NFT_TABLE_NAME, &info, error) &&
		   info.found && !info.ours);
	KTAP_CHECK(put_table(false) && settle());
	KTAP_CHECK(nft_ask_table(ask, CONFIG_NFT_TABLE_NAME, &info, error) &&
		   info.found && info.ours);
	nft_ask_free(ask);
	return true;
}

static void count_elem(const struct nft_elem *elem, void *arg)
{
	++*(uint32_t *)arg;
}

/* a question that got no answer is not answered by way of the next one */
static bool test_an_answer_that_is_lost(void)
{
	struct nft_ask *ask = nft_ask_new(error);
	struct nft_table_info info;
	uint32_t n = 0, i;

	KTAP_CHECK(ask);
	lost = true;
	KTAP_CHECK(!nft_ask_table(ask, CONFIG_NFT_TABLE_NAME, &info, error));
	KTAP_CHECK(strstr(error, strerror(ENOBUFS)));
	KTAP_CHECK(nft_ask_table(ask, "none", &info, error) && !info.found);
	lost = true;
	KTAP_CHECK(!nft_ask_elems(ask, &nft_own_place, NFT_BAN4, count_elem, &n,
				  error) && !n);
	for (i = 0; i < 2; i++)
		KTAP_CHECK(nft_ask_table(ask, CONFIG_NFT_TABLE_NAME, &info,
					 error) && info.found && info.ours);
	nft_ask_free(ask);
	return true;
}

static bool load(void)
{
	static const char text[] =
		"nftables: {mode: table}\n"
		"ng:\n"
		"  - {transport: udp, listen: \"192.0.2.1:22222\", allow: [192.0.2.9]}\n"
		"realms:\n"
		"  - name: access\n"
		"    addresses: [{listen: 192.0.2.1}, {listen: \"2001:db8::1\"}]\n";
	char path[] = "/tmp/rtplane-unit.XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return false;
	close(fd);
	config = config_load(path, error);
	unlink(path);
	if (!config)
		printf("# %s\n", error);
	return config;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "the ports of ten thousand calls", test_ten_thousand_calls },
		{ "a call more and less is a batch each", test_one_more },
		{ "what two want open is open until both do not", test_two_want_it_open },
		{ "a hundred thousand bans", test_a_hundred_thousand_bans },
		{ "an answer that is lost is not the next question's",
		  test_an_answer_that_is_lost },
		{ "who comes later takes them over", test_taken_over },
		{ "a batch that fails is made good", test_what_fails_is_made_good },
		{ "a table that is somebody else's by now is left alone",
		  test_a_table_of_somebody_else },
	};
	int status;

	if (unshare(CLONE_NEWNET)) {
		printf("1..0 # SKIP no network namespace of its own: %s\n",
		       strerror(errno));
		return 4;
	}
	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	if (!loop || !load())
		return 1;
	status = KTAP_RUN(points);
	nft_free(nft);
	config_put(config);
	loop_free(loop);
	return status;
}
