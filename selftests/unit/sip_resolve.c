// SPDX-License-Identifier: GPL-2.0
/*
 * Next hops by RFC 3263, asked of a name server of the test's own on a loopback
 * address, which serves the same loop: what it answers is a table.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "sip/resolve.h"
#include "ktap.h"

enum { A = 1, SRV = 33, NAPTR = 35, AAAA = 28 };

/**
 * struct record - a line of the zone
 * @name: of it
 * @type: A, AAAA, SRV, NAPTR
 * @a: SRV: priority; NAPTR: order
 * @b: weight; preference
 * @port: SRV
 * @text: address, target, replacement
 * @service: NAPTR
 */
struct record {
	const char *name;
	int type;
	int a;
	int b;
	int port;
	const char *text;
	const char *service;
};

static const struct record zone[] = {
	{ "full.example", NAPTR, 20, 10, 0, "_sip._udp.full.example", "SIP+D2U" },
	{ "full.example", NAPTR, 10, 10, 0, "_sips._tcp.full.example", "SIPS+D2T" },
	{ "full.example", NAPTR, 10, 20, 0, "_sip._tcp.full.example", "SIP+D2T" },
	{ "full.example", NAPTR, 1, 1, 0, "_x._udp.full.example", "E2U+sip" },
	{ "_sips._tcp.full.example", SRV, 1, 0, 5071, "a.example", NULL },
	{ "_sip._tcp.full.example", SRV, 1, 0, 5072, "b.example", NULL },
	{ "_sip._udp.full.example", SRV, 2, 0, 5074, "b.example", NULL },
	{ "_sip._udp.full.example", SRV, 1, 0, 5073, "a.example", NULL },
	{ "a.example", A, 0, 0, 0, "192.0.2.1", NULL },
	{ "b.example", A, 0, 0, 0, "192.0.2.2", NULL },
	{ "b.example", AAAA, 0, 0, 0, "2001:db8::2", NULL },
	{ "_sip._udp.srv.example", SRV, 1, 90, 5060, "a.example", NULL },
	{ "_sip._udp.srv.example", SRV, 1, 10, 5060, "b.example", NULL },
	{ "_sip._udp.no.example", SRV, 0, 0, 0, ".", NULL },
	{ "no.example", A, 0, 0, 0, "192.0.2.7", NULL },
	{ "half.example", NAPTR, 1, 1, 0, "_sip._udp.half.example", "SIP+D2U" },
	{ "_sip._udp.half.example", SRV, 1, 0, 5060, "missing.example", NULL },
	{ "_sip._udp.half.example", SRV, 2, 0, 5061, "a.example", NULL },
};

/**
 * struct dns - the name server, the resolver and what it told
 * @loop: the loop
 * @r: the resolver
 * @fd: the server's socket
 * @watch: of @fd
 * @mode: 'n' as the zone says; 's' silent; 'r' refuses; 'f' fails; 'x' knows no name
 * @asked: questions
 * @ttl: of all answers
 * @done: times that an answer was told
 * @error: the last one
 * @targets: the last ones
 */
struct dns {
	struct loop *loop;
	struct sip_resolver *r;
	int fd;
	struct loop_fd *watch;
	char mode;
	unsigned int asked;
	uint32_t ttl;
	unsigned int done;
	int error;
	struct sip_targets targets;
};

static unsigned char *put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
	return p + 2;
}

static unsigned char *put_name(unsigned char *p, const char *name)
{
	size_t n;

	for (; *name && *name != '.'; name += n + (name[n] == '.')) {
		n = strcspn(name, ".");
		*p++ = (unsigned char)n;
		memcpy(p, name, n);
		p += n;
	}
	*p++ = 0;
	return p;
}

static unsigned char *put_text(unsigned char *p, const char *text)
{
	*p = (unsigned char)strlen(text);
	memcpy(p + 1, text, *p);
	return p + 1 + *p;
}

static unsigned char *put_record(unsigned char *p, const struct record *r,
				 uint32_t ttl)
{
	unsigned char *len;

	p = put16(p, 0xc00c);		/* the question's name */
	p = put16(p, (unsigned int)r->type);
	p = put16(p, 1);
	p = put16(put16(p, ttl >> 16), ttl & 0xffff);
	len = p;
	p += 2;
	if (r->type == A || r->type == AAAA) {
		inet_pton(r->type == A ? AF_INET : AF_INET6, r->text, p);
		p += r->type == A ? 4 : 16;
	} else if (r->type == SRV) {
		p = put16(put16(p, (unsigned int)r->a), (unsigned int)r->b);
		p = put_name(put16(p, (unsigned int)r->port), r->text);
	} else {
		p = put16(put16(p, (unsigned int)r->a), (unsigned int)r->b);
		p = put_text(put_text(put_text(p, "s"), r->service), "");
		p = put_name(p, r->text);
	}
	put16(len, (unsigned int)(p - len - 2));
	return p;
}

static size_t read_name(const unsigned char *p, char *name)
{
	const unsigned char *begin = p;
	char *at = name;

	for (; *p; p += *p + 1) {
		if (at != name)
			*at++ = '.';
		memcpy(at, p + 1, *p);
		at += *p;
	}
	*at = '\0';
	return (size_t)(p - begin) + 1;
}

static void question(unsigned int events, void *arg)
{
	unsigned char buf[4096], *p;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	unsigned int n = 0, i;
	struct dns *dns = arg;
	bool known = false;
	char name[256];
	int type;

	if (recvfrom(dns->fd, buf, 512, 0, (struct sockaddr *)&ss, &len) < 12)
		return;
	dns->asked++;
	if (dns->mode == 's')
		return;
	p = buf + 12 + read_name(buf + 12, name);
	type = p[0] << 8 | p[1];
	p += 4;
	for (i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
		if (dns->mode != 'n' || strcasecmp(zone[i].name, name))
			continue;
		known = true;
		if (zone[i].type != type)
			continue;
		p = put_record(p, &zone[i], dns->ttl);
		n++;
	}
	buf[2] = 0x85;
	buf[3] = dns->mode == 'r' ? 5 : dns->mode == 'f' ? 2 : known ? 0 : 3;
	put16(buf + 6, n);
	put16(buf + 8, 0);
	put16(buf + 10, 0);
	sendto(dns->fd, buf, (size_t)(p - buf), 0, (struct sockaddr *)&ss, len);
}

static void told(int error, const struct sip_targets *targets, void *arg)
{
	struct dns *dns = arg;

	dns->done++;
	dns->error = error;
	if (!error)
		dns->targets = *targets;
}

static bool begin(struct dns *dns, struct sip_resolve_conf conf)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	char servers[64];

	*dns = (struct dns){ .mode = 'n', .ttl = 60 };
	dns->loop = loop_new();
	dns->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "127.0.0.53", &sin.sin_addr);
	if (bind(dns->fd, (struct sockaddr *)&sin, sizeof(sin)))
		return false;
	getsockname(dns->fd, (struct sockaddr *)&sin, &len);
	dns->watch = loop_fd_new(dns->loop, dns->fd, LOOP_READ, question, dns);
	snprintf(servers, sizeof(servers), "127.0.0.53:%u", ntohs(sin.sin_port));
	if (!conf.servers)
		conf.servers = servers;
	if (!conf.timeout)
		conf.timeout = 100;
	dns->r = sip_resolver_new(dns->loop, &conf);
	return dns->r;
}

static void end(struct dns *dns)
{
	sip_resolver_free(dns->r);
	loop_fd_free(dns->watch);
	close(dns->fd);
	loop_free(dns->loop);
}

/* ask, and wait for what is told */
static bool ask(struct dns *dns, struct sip_hop hop)
{
	uint64_t begun = loop_now(dns->loop);
	unsigned int done = dns->done;

	dns->targets.n = 0;
	if (!sip_resolve(dns->r, &hop, told, dns) || dns->done != done)
		return false;
	while (dns->done == done && loop_now(dns->loop) - begun < 10000)
		loop_turn(dns->loop, 10);
	return dns->done == done + 1;
}

static bool is(const struct dns *dns, size_t i, enum sip_proto proto,
	       const char *text, unsigned int port)
{
	const struct sip_target *t = &dns->targets.target[i];
	char buf[DP_ADDR_STRLEN];
	struct dp_addr addr = t->addr;

	addr.port = 0;
	dp_addr_str(&addr, buf, sizeof(buf));
	if (i < dns->targets.n && t->proto == proto && t->addr.port == port &&
	    !strcmp(buf, text))
		return true;
	printf("# target %zu of %zu is %d %s %u\n", i, dns->targets.n,
	       (int)t->proto, buf, t->addr.port);
	return false;
}

static bool addresses(void)
{
	struct dns dns;

	KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){ 0 }));
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "192.0.2.5" }));
	KTAP_CHECK(!dns.error && dns.targets.n == 1 && dns.targets.by_size);
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_UDP, "192.0.2.5", 5060));
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "2001:db8::5", .port = 5070,
					       .secure = true }));
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_TLS, "2001:db8::5", 5070));
	KTAP_CHECK(!dns.targets.by_size && !dns.asked);
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "192.0.2.5", .has_proto = true,
					       .proto = SIP_PROTO_TLS }));
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_TLS, "192.0.2.5", 5061));
	end(&dns);
	return true;
}

static bool naptr(void)
{
	struct sip_hop hop = { .host = "full.example" };
	struct dns dns;

	KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){ 0 }));
	KTAP_CHECK(ask(&dns, hop));
	KTAP_CHECK(!dns.error && dns.targets.n == 6 && !dns.targets.by_size);
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_TLS, "192.0.2.1", 5071));
	KTAP_CHECK(dns.targets.target[1].proto == SIP_PROTO_TCP);
	KTAP_CHECK(dns.targets.target[1].addr.port == 5072);
	KTAP_CHECK(is(&dns, 3, SIP_PROTO_UDP, "192.0.2.1", 5073));
	KTAP_CHECK(dns.targets.target[4].addr.port == 5074);
	/* the certificate is to be of the name that is configured */
	KTAP_CHECK(!strcmp(dns.targets.target[0].host, "full.example"));
	/* sips: TLS alone */
	hop.secure = true;
	KTAP_CHECK(ask(&dns, hop) && dns.targets.n == 1);
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_TLS, "192.0.2.1", 5071));
	end(&dns);
	/* what we cannot send by is not told */
	KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){
		.protos = 1 << SIP_PROTO_UDP, .ipv4 = true }));
	hop.secure = false;
	KTAP_CHECK(ask(&dns, hop) && dns.targets.n == 2);
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_UDP, "192.0.2.1", 5073));
	KTAP_CHECK(is(&dns, 1, SIP_PROTO_UDP, "192.0.2.2", 5074));
	end(&dns);
	return true;
}

static bool srv_and_addresses(void)
{
	struct dns dns;
	int first = 0, i;

	KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){ .ipv4 = true }));
	/* weights: 91 of 102 begin with a.example, in the mean */
	for (i = 0; i < 400; i++) {
		KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "srv.example" }));
		KTAP_CHECK(!dns.error && dns.targets.n == 2);
		first += dns.targets.target[0].addr.v4.s_addr == htonl(0xc0000201);
	}
	KTAP_CHECK(first > 300 && first < 396);
	/* a port: no SRV, and the size may choose */
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "a.example", .port = 5080 }));
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_UDP, "192.0.2.1", 5080) && dns.targets.by_size);
	/* neither port nor SRV; names have no case */
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "B.Example" }));
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_UDP, "192.0.2.2", 5060) && dns.targets.by_size);
	/* a transport: its SRV, or the address */
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "a.example", .has_proto = true,
					       .proto = SIP_PROTO_TCP }));
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_TCP, "192.0.2.1", 5060) && !dns.targets.by_size);
	/* "." means no, although there is an address */
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "no.example" }));
	KTAP_CHECK(dns.error == -ENOENT);
	/* one of two targets is missing: the other one serves */
	KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = "half.example" }));
	KTAP_CHECK(!dns.error && dns.targets.n == 1);
	KTAP_CHECK(is(&dns, 0, SIP_PROTO_UDP, "192.0.2.1", 5061));
	end(&dns);
	return true;
}

static bool cache(void)
{
	struct sip_resolve_conf conf = { .ttl_negative = 1, .ttl_min = 1 };
	struct sip_hop hop = { .host = "a.example", .port = 5060 };
	struct sip_hop nobody = { .host = "nobody.example", .port = 5060 };
	unsigned int asked;
	struct dns dns;
	uint64_t begun;

	KTAP_CHECK(begin(&dns, conf));
	dns.ttl = 1;
	KTAP_CHECK(ask(&dns, hop) && ask(&dns, nobody));
	KTAP_CHECK(dns.error == -ENOENT);
	asked = dns.asked;
	KTAP_CHECK(ask(&dns, hop) && !dns.error && ask(&dns, nobody));
	KTAP_CHECK(dns.error == -ENOENT && dns.asked == asked);
	/* several at once ask once */
	begun = loop_now(dns.loop);
	while (loop_now(dns.loop) - begun < 1100)
		loop_turn(dns.loop, 100);
	dns.done = 0;
	sip_resolve(dns.r, &hop, told, &dns);
	sip_query_cancel(sip_resolve(dns.r, &hop, told, &dns));
	KTAP_CHECK(ask(&dns, hop) || dns.done == 2);
	KTAP_CHECK(dns.asked == asked + 2);	/* A and AAAA */
	/* the old answer is better than none */
	while (loop_now(dns.loop) - begun < 2500)
		loop_turn(dns.loop, 100);
	dns.mode = 's';
	KTAP_CHECK(ask(&dns, hop) && !dns.error && dns.targets.n == 1);
	KTAP_CHECK(dns.asked > asked + 2);
	/* but not than "there is no such name" */
	dns.mode = 'x';
	begun = loop_now(dns.loop);
	while (loop_now(dns.loop) - begun < 1100)
		loop_turn(dns.loop, 100);
	KTAP_CHECK(ask(&dns, hop) && dns.error == -ENOENT);
	end(&dns);
	return true;
}

/* every way in which name servers fail ends, in its time and with an error */
static bool failures(void)
{
	static const struct {
		char mode;
		const char *servers;
		int error;
	} cases[] = {
		{ 's', NULL, -ETIMEDOUT },
		{ 'r', NULL, -EHOSTUNREACH },
		{ 'f', NULL, -EHOSTUNREACH },
		{ 'n', "127.0.0.54:9", -EHOSTUNREACH },	/* nobody listens */
		/* connect() fails at once (K5): nowhere, or no route */
		{ 'n', "255.255.255.255:53", -EHOSTUNREACH },
		{ 'n', "[2001:db8::53]:53", 0 },
	};
	static const char *const hosts[] = { "a.example", "full.example" };
	uint64_t begun, turns;
	struct dns dns;
	unsigned int i;

	for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){
			.servers = cases[i / 2].servers }));
		dns.mode = cases[i / 2].mode;
		begun = loop_now(dns.loop);
		turns = loop_turns(dns.loop);
		KTAP_CHECK(ask(&dns, (struct sip_hop){ .host = hosts[i & 1],
						       .port = i & 1 ? 0 : 5060 }));
		KTAP_CHECK(dns.error < 0);
		if (cases[i / 2].error && dns.error != cases[i / 2].error) {
			printf("# case %u: error %d\n", i, dns.error);
			return false;
		}
		KTAP_CHECK(loop_now(dns.loop) - begun < 3000);
		KTAP_CHECK(loop_turns(dns.loop) - turns < 400);
		end(&dns);
	}
	return true;
}

/* whoever asks may go, and the resolver may end with all questions open */
static bool ends(void)
{
	struct sip_hop hop = { .host = "full.example" };
	struct sip_hop number = { .host = "192.0.2.5" };
	struct sip_query *q;
	struct dns dns;

	KTAP_CHECK(begin(&dns, (struct sip_resolve_conf){ 0 }));
	dns.mode = 's';
	q = sip_resolve(dns.r, &hop, told, &dns);
	sip_resolve(dns.r, &hop, told, &dns);
	sip_resolve(dns.r, &number, told, &dns);
	sip_query_cancel(q);
	end(&dns);
	KTAP_CHECK(!dns.done);
	return true;
}

static bool numeric(void)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "192.0.2.1", true }, { "2001:db8::1", true },
		{ "[2001:db8::1]", true }, { "example.com", false },
		{ "", false }, { "192.0.2", false }, { "0.0.0.0", false },
		{ "0.1.2.3", false }, { "224.0.0.1", false },
		{ "255.255.255.255", false }, { "240.0.0.1", false },
		{ "223.255.255.1", true }, { "::", false }, { "ff02::1", false },
		{ "192.0.2.1 ", false }, { "1.2.3.4.example", false },
	};
	struct sip_target t;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (sip_target_numeric(cases[i].text, strlen(cases[i].text), 0,
				       SIP_PROTO_TLS, &t) != cases[i].ok) {
			printf("# \"%s\"\n", cases[i].text);
			return false;
		}
	KTAP_CHECK(sip_target_numeric("192.0.2.1xyz", 9, 5080, SIP_PROTO_UDP, &t));
	KTAP_CHECK(t.addr.port == 5080 && !*t.host);
	KTAP_CHECK(!sip_target_numeric("1.1\0.1", 6, 0, SIP_PROTO_UDP, &t));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "addresses are not looked up", addresses },
		{ "NAPTR, SRV and addresses, in their order", naptr },
		{ "without NAPTR: SRV by weight, or the address", srv_and_addresses },
		{ "answers are kept for their time, and longer for want of others", cache },
		{ "name servers that fail end in an error", failures },
		{ "questions can be given up", ends },
		{ "strangers' targets are addresses that can be sent to", numeric },
	};

	return KTAP_RUN(points);
}
