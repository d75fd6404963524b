// SPDX-License-Identifier: GPL-2.0
/*
 * Port maps (nft/maps.c) in a network namespace of this program's own, whose addresses
 * are all its: connections to a port of ours arrive at the service behind it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
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
#include "nft/nft.h"

static struct loop *loop;
static struct config *config;
static struct nft *nft;
static char error[CONFIG_ERROR_LEN];

static void no_bans(struct nft *self,
		    void (*fn)(struct nft *self, const struct nft_ban *ban),
		    void *arg)
{
}

/* a configuration with these maps; NULL with a sentence in @error */
static struct config *load(const char *maps)
{
	static const char text[] =
		"nftables: {mode: table, on-exit: remove}\n"
		"ng:\n"
		"  - {transport: udp, listen: \"192.0.2.1:22222\", allow: [192.0.2.9]}\n"
		"  - {transport: udp, listen: \"0.0.0.0:33333\", allow: [192.0.2.9]}\n"
		"realms:\n"
		"  - name: access\n"
		"    addresses: [{listen: 192.0.2.1}, {listen: \"2001:db8::1\"}]\n"
		"    sip: [{transport: udp}, {transport: tcp}]\n"
		"maps:\n";
	char path[] = "/tmp/rtplane-unit.XXXXXX";
	struct config *c;
	int fd = mkstemp(path);

	if (fd < 0 || dprintf(fd, "%s%s", text, maps) < 0)
		return NULL;
	close(fd);
	c = config_load(path, error);
	unlink(path);
	return c;
}

static bool begin(const char *maps)
{
	struct nft_conf conf = { .loop = loop, .bans = no_bans };

	config = load(maps);
	if (!config) {
		printf("# %s\n", error);
		return false;
	}
	conf.config = config;
	nft = nft_new(&conf, error);
	if (!nft)
		printf("# %s\n", error);
	return nft;
}

static bool end(bool ok)
{
	nft_free(nft);
	config_put(config);
	nft = NULL;
	config = NULL;
	return ok;
}

static bool settle(void)
{
	struct timespec now, last;

	clock_gettime(CLOCK_MONOTONIC, &last);
	do {
		loop_turn(loop, 10);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!nft_is_settled(nft) && now.tv_sec < last.tv_sec + 60);
	return nft_is_settled(nft);
}

/* a socket at an address; -1 */
static int at(const char *text, int type)
{
	struct sockaddr_storage ss;
	struct dp_addr addr = { 0 };
	int fd, one = 1;

	if (!dp_addr_parse(text, &addr) && !dp_addr_parse_host(text, &addr))
		return -1;
	fd = socket(addr.family, type | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, dp_addr_to_sockaddr(&addr, &ss)) ||
	    (type == SOCK_STREAM && addr.port && listen(fd, 8))) {
		printf("# %s: %m\n", text);
		close(fd);
		return -1;
	}
	return fd;
}

/* connects to there from here; -1 with errno */
static int reach(const char *here, const char *there, int type)
{
	struct sockaddr_storage ss;
	struct dp_addr addr = { 0 };
	int fd = at(here, type), saved;

	dp_addr_parse(there, &addr);
	if (!connect(fd, (struct sockaddr *)&ss, dp_addr_to_sockaddr(&addr, &ss)))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* does a connection arrive at @service, from the address @source? */
static bool arrives(const char *here, const char *there, const char *service,
		    const char *source)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int server = at(service, SOCK_STREAM), fd, client;
	struct dp_addr addr = { 0 }, want = { 0 };

	client = reach(here, there, SOCK_STREAM);
	fd = client < 0 ? -1 : accept(server, (struct sockaddr *)&ss, &len);
	if (fd >= 0)
		dp_addr_from_sockaddr(&addr, (struct sockaddr *)&ss, len);
	else
		printf("# from %s to %s: %m\n", here, there);
	dp_addr_parse_host(source, &want);
	close(fd);
	close(client);
	close(server);
	return fd >= 0 && dp_addr_same_host(&addr, &want);
}

static bool single(void)
{
	char byte = 'x';
	int service, fd;

	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:8007", "10.0.0.7:443", "10.9.9.9"));
	KTAP_CHECK(arrives("2001:db8::9", "[2001:db8::1]:8007", "[2001:db8::2]:443",
			   "2001:db8::9"));
	service = at("10.0.0.8:88", SOCK_DGRAM);
	fd = reach("10.9.9.9", "192.0.2.1:7088", SOCK_DGRAM);
	KTAP_CHECK(service >= 0 && fd >= 0 && send(fd, &byte, 1, 0) == 1 &&
		   recv(service, &byte, 1, 0) == 1);
	close(service);
	close(fd);
	/* what is no map is as it was */
	KTAP_CHECK(reach("10.9.9.9", "192.0.2.1:8008", SOCK_STREAM) < 0 &&
		   errno == ECONNREFUSED);
	return true;
}

static bool test_single_ports(void)
{
	return begin("  - {transport: tcp, listen: \"192.0.2.1:8007\", to: \"10.0.0.7:443\"}\n"
		     "  - {transport: tcp, listen: \"[2001:db8::1]:8007\", to: \"[2001:db8::2]:443\"}\n"
		     "  - {transport: udp, listen: \"192.0.2.1:7088\", to: \"10.0.0.8:88\"}\n") &&
	       end(single());
}

static bool patterns(void)
{
	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:8007", "10.0.0.7:443", "10.9.9.9"));
	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:8008", "10.0.0.8:443", "10.9.9.9"));
	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:9001", "10.0.0.7:9101", "10.9.9.9"));
	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:7001", "10.0.0.8:81", "10.9.9.9"));
	return true;
}

static bool test_patterns(void)
{
	return begin("  - {transport: tcp, listen: \"192.0.2.1:8001\", to: \"10.0.0.1:443\", count: 100, each: address}\n"
		     "  - {transport: tcp, listen: \"192.0.2.1:9000\", to: \"10.0.0.7:9100\", count: 9}\n"
		     "  - {transport: tcp, listen: \"192.0.2.1:7000\", to: \"10.0.0.7:80\", count: 9, each: both}\n") &&
	       end(patterns());
}

static bool restricted(void)
{
	KTAP_CHECK(arrives("10.9.9.9", "192.0.2.1:8007", "10.0.0.7:443", "10.9.9.9"));
	KTAP_CHECK(reach("10.8.8.8", "192.0.2.1:8007", SOCK_STREAM) < 0 &&
		   errno == ECONNREFUSED);
	/* the service sees us */
	KTAP_CHECK(arrives("10.8.8.8", "192.0.2.1:8008", "10.0.0.8:443", "192.0.2.1"));
	return true;
}

static bool test_for_whom(void)
{
	return begin("  - {transport: tcp, listen: \"192.0.2.1:8007\", to: \"10.0.0.7:443\", from: [10.9.0.0/16]}\n"
		     "  - {transport: tcp, listen: \"192.0.2.1:8008\", to: \"10.0.0.8:443\", snat: yes}\n") &&
	       end(restricted());
}

/* ten thousand, and a connection that goes on while they become others */
static bool reloaded(void)
{
	int server = at("10.0.0.7:443", SOCK_STREAM), client, fd;
	struct config *other;
	uint64_t batches;
	char byte = 'x';

	client = reach("10.9.9.9", "192.0.2.1:8007", SOCK_STREAM);
	fd = accept(server, NULL, NULL);
	KTAP_CHECK(client >= 0 && fd >= 0);
	batches = nft_counters(nft)->batches;
	nft_reload(nft, config);
	KTAP_CHECK(settle() && nft_counters(nft)->batches == batches);
	other = load("  - {transport: tcp, listen: \"192.0.2.1:8100\", to: \"10.0.0.8:443\"}\n");
	KTAP_CHECK(other);
	nft_reload(nft, other);
	config_put(other);
	KTAP_CHECK(settle() && nft_counters(nft)->batches == batches + 1 &&
		   !nft_counters(nft)->failed);
	KTAP_CHECK(send(client, &byte, 1, 0) == 1 && recv(fd, &byte, 1, 0) == 1);
	KTAP_CHECK(send(fd, &byte, 1, 0) == 1 && recv(client, &byte, 1, 0) == 1);
	close(fd);
	close(client);
	close(server);
	KTAP_CHECK(reach("10.9.9.9", "192.0.2.1:8007", SOCK_STREAM) < 0);
	return arrives("10.9.9.9", "192.0.2.1:8100", "10.0.0.8:443", "10.9.9.9");
}

static bool test_reload(void)
{
	return begin("  - {transport: tcp, listen: \"192.0.2.1:8007\", to: \"10.0.0.7:443\"}\n"
		     "  - {transport: tcp, listen: \"192.0.2.1:40000\", to: \"10.0.0.7:10000\", count: 10000}\n") &&
	       end(reloaded());
}

static bool wrong(const char *maps, const char *says)
{
	struct config *c = load(maps);

	if (!c && strstr(error, says))
		return true;
	printf("# it said: %s\n", c ? "nothing" : error);
	config_put(c);
	return false;
}

#define MAP(listen, to, more) \
	"  - {transport: tcp, listen: \"" listen "\", to: \"" to "\"" more "}\n"

static bool test_mistakes(void)
{
	KTAP_CHECK(wrong(MAP("192.0.2.1", "10.0.0.1:1", ""), "maps[0].listen: '192.0.2.1' is not an address with a port"));
	KTAP_CHECK(wrong(MAP("0.0.0.0:1", "10.0.0.1:1", ""), "maps[0].listen: '0.0.0.0:1' is every address"));
	KTAP_CHECK(wrong(MAP("[2001:db8::1]:1", "[::]:1", ""), "maps[0].to: '[::]:1' is every address"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:1", "[2001:db8::1]:1", ""), "another family"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:65000", "10.0.0.1:1", ", count: 600"), "maps[0].count: 600 is too many from port 65000"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:1", "10.0.0.1:65000", ", count: 600"), "from port 65000"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:1", "255.255.255.254:1", ", count: 3, each: address"), "more than there are addresses"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:5000", "10.0.0.1:1", ", count: 100"), "SIP listener of realm access"));
	KTAP_CHECK(wrong(MAP("192.0.2.1:80", "10.0.0.1:1", ", count: 9") MAP("192.0.2.1:85", "10.0.0.1:1", ""), "maps[1].listen: '192.0.2.1:85' and what follows it is maps[0]'s"));
	KTAP_CHECK(wrong("  - {transport: udp, listen: \"192.0.2.1:30010\", to: \"10.0.0.1:1\"}\n", "among the media ports"));
	KTAP_CHECK(wrong("  - {transport: udp, listen: \"192.0.2.1:22222\", to: \"10.0.0.1:1\"}\n", "has ng[0] in it"));
	/* one that listens at all addresses */
	KTAP_CHECK(wrong("  - {transport: udp, listen: \"192.0.2.1:33333\", to: \"10.0.0.1:1\"}\n", "has ng[1] in it"));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "single ports, TCP and UDP, IPv4 and IPv6", test_single_ports },
		{ "patterns of ports and addresses", test_patterns },
		{ "for some sources only, and with our address as source", test_for_whom },
		{ "ten thousand, and others while a connection goes on", test_reload },
		{ "mistakes are named", test_mistakes },
	};
	int status;

	if (unshare(CLONE_NEWNET) ||
	    system("ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 10.0.0.7/32 dev lo && "
		   "ip addr add 10.0.0.8/32 dev lo && ip addr add 10.9.9.9/32 dev lo && ip addr add 10.8.8.8/32 dev lo && "
		   "ip addr add 2001:db8::1/128 dev lo nodad && ip addr add 2001:db8::2/128 dev lo nodad && "
		   "ip addr add 2001:db8::9/128 dev lo nodad")) {
		printf("1..0 # SKIP no network namespace of its own: %s\n",
		       strerror(errno));
		return 4;
	}
	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	if (!loop)
		return 1;
	status = KTAP_RUN(points);
	loop_free(loop);
	return status;
}
