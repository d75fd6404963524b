// SPDX-License-Identifier: GPL-2.0
/*
 * rtp - one UDP socket that sends, receives or echoes, and says what it saw
 *
 * A test's caller and callee.  Everything a test wants to know comes out as
 * one JSON object at the end: how many packets came, from whom, with which
 * TTL and TOS, whether their payload is whole, what is missing, doubled or out
 * of order, and which ICMP errors came back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkt.h"

#define SETTLE_MS	100
#define HEX_BYTES	32
#define WINDOW		65536u
#define GSO_MAX		64

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

/**
 * struct opts - the command line
 * @on: address to bind
 * @to: where to send
 * @send: packets to send
 * @expect: packets to wait for; -1: any number
 * @pps: packets a second, 0: as fast as they go
 * @timeout: ms after which to give up waiting
 * @size_lo: smallest payload; sizes go up to @size_hi, one a packet, and wrap
 * @size_hi: largest payload
 * @ts_step: RTP timestamp units a packet
 * @ssrc_at: index from which on @ssrc_new is the SSRC
 * @ssrc_new: see @ssrc_at
 * @late_us: microseconds by which every odd packet is late
 * @gso: packets handed to the kernel as one segmented send
 * @dscp: DSCP sent; -1: none
 * @ecn: ECN sent
 * @ttl: TTL or hop limit sent
 * @df: 1: set and report path MTU, 0: clear, -1: the system's default
 * @no_check: send IPv4 with UDP checksum zero
 * @steady: never make up for lost time: a packet late delays all that follow
 * @after_first: begin to send when the first packet has come
 * @echo: send back what came
 * @packets: list each packet
 * @errors: collect ICMP errors
 * @ready: file or fifo to write to when bound
 * @lose: indices not sent
 * @dup: indices sent twice
 * @swap: indices sent after their successor
 * @pkt: what to send
 */
struct opts {
	struct sockaddr_storage on;
	struct sockaddr_storage to;
	long long send;
	long long expect;
	long long pps;
	long long timeout;
	long long size_lo;
	long long size_hi;
	uint32_t ts_step;
	long long ssrc_at;
	uint32_t ssrc_new;
	long long late_us;
	int gso;
	int dscp;
	int ecn;
	int ttl;
	int df;
	bool no_check;
	bool steady;
	bool after_first;
	bool echo;
	bool packets;
	bool errors;
	const char *ready;
	const char *lose;
	const char *dup;
	const char *swap;
	struct pkt pkt;
};

/* What was received, in sequence space. */
struct track {
	bool started;
	uint32_t ssrc;
	uint64_t max;
	uint64_t min;
	uint64_t distinct;
	uint64_t lost;
	uint64_t dups;
	uint64_t reordered;
	uint8_t seen[WINDOW];
};

struct seen {
	uint64_t received;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t first_seq;
	struct track track;
	struct tally src;
	struct tally ttl;
	struct tally tos;
	struct tally kind;
	struct tally ssrc;
	struct tally pt;
	struct tally whole;
	struct tally icmp;
};

static volatile sig_atomic_t stopped;

static struct seen seen = {
	.src.name = "src", .ttl.name = "ttl", .tos.name = "tos",
	.kind.name = "kind", .ssrc.name = "ssrc", .pt.name = "pt",
	.whole.name = "whole", .icmp.name = "icmp",
};

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static bool selected(const char *pattern, uint64_t index)
{
	const char *p = pattern;

	while (p && *p) {
		unsigned long lo, hi;
		char *end;

		if (*p == '/') {
			lo = strtoul(p + 1, &end, 10);
			if (lo && index % lo == lo - 1)
				return true;
		} else {
			lo = strtoul(p, &end, 10);
			hi = lo;
			if (*end == '-')
				hi = strtoul(end + 1, &end, 10);
			if (index >= lo && index <= hi)
				return true;
		}
		if (end == p || (*end && *end != ','))
			die("pattern %s: expected N, LO-HI or /N, by commas",
			    pattern);
		p = *end ? end + 1 : end;
	}
	return false;
}

/* The order in which indices go out; returns how many there are. */
static size_t make_order(const struct opts *o, uint32_t **order)
{
	size_t n = 0, i;

	*order = calloc((size_t)o->send * 2 + 1, sizeof(**order));
	if (!*order)
		die("no memory for %lld packets", o->send);
	for (i = 0; i < (size_t)o->send; i++) {
		if (selected(o->lose, i))
			continue;
		(*order)[n++] = (uint32_t)i;
		if (selected(o->dup, i))
			(*order)[n++] = (uint32_t)i;
	}
	if (!o->swap)
		return n;
	for (i = 0; i + 1 < n; i++) {
		if (selected(o->swap, (*order)[i])) {
			uint32_t t = (*order)[i];

			(*order)[i] = (*order)[i + 1];
			(*order)[i + 1] = t;
			i++;
		}
	}
	return n;
}

static void parse_ep(const char *opt, const char *val,
		     struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *a6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *a4 = (struct sockaddr_in *)ss;
	const char *colon = strrchr(val, ':');
	char host[64];
	long long port;

	if (!colon)
		die("--%s %s: expected A:P or [A]:P", opt, val);
	port = opt_num(opt, colon + 1, 0, 65535);
	if (*val == '[' && colon > val + 1 && colon[-1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)(colon - val - 2),
			 val + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)(colon - val), val);
	if (inet_pton(AF_INET, host, &a4->sin_addr) == 1) {
		a4->sin_family = AF_INET;
		a4->sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, host, &a6->sin6_addr) == 1) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = htons((uint16_t)port);
	} else {
		die("--%s %s: %s is neither an IPv4 nor an IPv6 address", opt,
		    val, host);
	}
}

static socklen_t sa_len(const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in);
}

static void format_sa(char *out, size_t len, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)ss;

	if (ss->ss_family == AF_INET6)
		format_ep(out, len, AF_INET6, &a6->sin6_addr,
			  ntohs(a6->sin6_port));
	else
		format_ep(out, len, AF_INET, &a4->sin_addr,
			  ntohs(a4->sin_port));
}

static void set_int(int fd, int level, int name, int val, const char *what)
{
	if (setsockopt(fd, level, name, &val, sizeof(val)))
		die("cannot set %s to %d: %s", what, val, strerror(errno));
}

static void set_ipv4(int fd, const struct opts *o)
{
	int pmtu = o->df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;

	set_int(fd, IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS");
	set_int(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
	if (o->dscp >= 0 || o->ecn)
		set_int(fd, IPPROTO_IP, IP_TOS,
			(o->dscp < 0 ? 0 : o->dscp << 2) | o->ecn, "IP_TOS");
	if (o->ttl)
		set_int(fd, IPPROTO_IP, IP_TTL, o->ttl, "IP_TTL");
	if (o->df >= 0)
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, pmtu,
			"IP_MTU_DISCOVER");
	if (o->no_check)
		set_int(fd, SOL_SOCKET, SO_NO_CHECK, 1, "SO_NO_CHECK");
	if (o->errors)
		set_int(fd, IPPROTO_IP, IP_RECVERR, 1, "IP_RECVERR");
}

static void set_ipv6(int fd, const struct opts *o)
{
	set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
	set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
	set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
	if (o->dscp >= 0 || o->ecn)
		set_int(fd, IPPROTO_IPV6, IPV6_TCLASS,
			(o->dscp < 0 ? 0 : o->dscp << 2) | o->ecn,
			"IPV6_TCLASS");
	if (o->ttl)
		set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, o->ttl,
			"IPV6_UNICAST_HOPS");
	if (o->df >= 0)
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			o->df ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT,
			"IPV6_MTU_DISCOVER");
	if (o->errors)
		set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1, "IPV6_RECVERR");
}

static int open_socket(const struct opts *o)
{
	int size = 64 << 20;
	char name[80];
	int fd;

	fd = socket(o->on.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("no UDP socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (o->on.ss_family == AF_INET6)
		set_ipv6(fd, o);
	else
		set_ipv4(fd, o);
	if (bind(fd, (const struct sockaddr *)&o->on, sa_len(&o->on))) {
		format_sa(name, sizeof(name), &o->on);
		die("cannot bind %s: %s", name, strerror(errno));
	}
	return fd;
}

static void track_start(struct track *t, uint32_t ssrc, uint16_t seq)
{
	uint64_t span = t->started ? t->max - t->min + 1 : 0;

	t->lost += span - t->distinct;
	memset(t->seen, 0, sizeof(t->seen));
	t->started = true;
	t->ssrc = ssrc;
	t->max = WINDOW + seq;
	t->min = t->max;
	t->distinct = 1;
	t->seen[seq] = 1;
}

static void track(struct track *t, uint32_t ssrc, uint16_t seq)
{
	int16_t delta;
	uint64_t ext;

	if (!t->started || t->ssrc != ssrc) {
		track_start(t, ssrc, seq);
		return;
	}
	delta = (int16_t)(seq - (uint16_t)t->max);
	ext = t->max + (uint64_t)(int64_t)delta;
	if (delta <= 0) {
		if (t->seen[seq] && ext >= t->min) {
			t->dups++;
			return;
		}
		t->reordered++;
		if (ext < t->min)
			t->min = ext;
	} else {
		while (t->max < ext)
			t->seen[++t->max % WINDOW] = 0;
	}
	t->seen[seq] = 1;
	t->distinct++;
}

static void list_packet(const uint8_t *buf, size_t len, const char *src,
			int ttl, int tos, uint64_t ns)
{
	static bool any;
	size_t i;

	printf("%s{\"ns\":%llu,\"src\":\"%s\",\"len\":%zu,\"ttl\":%d,\"tos\":%d,"
	       "\"kind\":\"%s\",\"whole\":%s", any ? ",\n" : "",
	       (unsigned long long)ns, src, len, ttl, tos, pkt_looks(buf, len),
	       pkt_whole(buf, len) ? "true" : "false");
	if (len >= PKT_HEAD)
		printf(",\"seq\":%u,\"ts\":%u,\"ssrc\":\"%08x\"",
		       get16(buf + 2), get32(buf + 4), get32(buf + 8));
	printf(",\"hex\":\"");
	for (i = 0; i < len && i < HEX_BYTES; i++)
		printf("%02x", buf[i]);
	fputs("\"}", stdout);
	any = true;
}

static void count_rtp(const uint8_t *buf, size_t len)
{
	char text[16];

	if (strcmp(pkt_looks(buf, len), "rtp") || len < PKT_HEAD)
		return;
	if (!seen.track.started)
		seen.first_seq = get16(buf + 2);
	snprintf(text, sizeof(text), "%08x", get32(buf + 8));
	tally(&seen.ssrc, text);
	tally_num(&seen.pt, buf[1] & 0x7f);
	track(&seen.track, get32(buf + 8), get16(buf + 2));
}

static void control(struct msghdr *msg, int *ttl, int *tos)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			*tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			memcpy(ttl, CMSG_DATA(c), sizeof(*ttl));
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_TCLASS)
			memcpy(tos, CMSG_DATA(c), sizeof(*tos));
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(ttl, CMSG_DATA(c), sizeof(*ttl));
	}
}

static const char *source_name(const struct sockaddr_storage *from,
			       socklen_t len)
{
	static struct sockaddr_storage last;
	static char text[80];

	if (!text[0] || memcmp(&last, from, len)) {
		memcpy(&last, from, len);
		format_sa(text, sizeof(text), from);
	}
	return text;
}

static bool receive_one(int fd, const struct opts *o)
{
	struct sockaddr_storage from;
	static uint8_t buf[65536];
	char ctl[256];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	int ttl = -1, tos = -1;
	const char *src;
	ssize_t len;

	memset(&from, 0, sizeof(from));
	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return errno != EAGAIN && errno != EINTR;
	control(&msg, &ttl, &tos);
	src = source_name(&from, msg.msg_namelen);
	seen.last_ns = now_ns();
	if (!seen.received++)
		seen.first_ns = seen.last_ns;
	seen.bytes += (uint64_t)len;
	tally(&seen.src, src);
	tally_num(&seen.ttl, (unsigned long)ttl);
	tally_num(&seen.tos, (unsigned long)tos);
	tally(&seen.kind, pkt_looks(buf, (size_t)len));
	tally(&seen.whole, pkt_whole(buf, (size_t)len) ? "yes" : "no");
	count_rtp(buf, (size_t)len);
	if (o->packets)
		list_packet(buf, (size_t)len, src, ttl, tos, seen.last_ns);
	if (o->echo)
		sendto(fd, buf, (size_t)len, 0, (struct sockaddr *)&from,
		       msg.msg_namelen);
	return true;
}

/* One entry of the error queue: "type/code from whom (mtu)". */
static void receive_error(int fd)
{
	struct sock_extended_err *e;
	char ctl[512], text[TALLY_KEY], who[INET6_ADDRSTRLEN] = "-";
	uint8_t buf[256];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (!((c->cmsg_level == IPPROTO_IP &&
		       c->cmsg_type == IP_RECVERR) ||
		      (c->cmsg_level == IPPROTO_IPV6 &&
		       c->cmsg_type == IPV6_RECVERR)))
			continue;
		e = (struct sock_extended_err *)CMSG_DATA(c);
		if (e->ee_origin == SO_EE_ORIGIN_ICMP)
			inet_ntop(AF_INET, &((struct sockaddr_in *)
					     SO_EE_OFFENDER(e))->sin_addr,
				  who, sizeof(who));
		else if (e->ee_origin == SO_EE_ORIGIN_ICMP6)
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)
					      SO_EE_OFFENDER(e))->sin6_addr,
				  who, sizeof(who));
		snprintf(text, sizeof(text), "%u/%u %u %s", e->ee_type,
			 e->ee_code, e->ee_info, who);
		tally(&seen.icmp, text);
	}
}

static size_t build(const struct opts *o, uint32_t index, uint8_t *buf)
{
	struct pkt p = o->pkt;

	p.seq = (uint16_t)(p.seq + index);
	p.ts += o->ts_step * index;
	if (index >= o->ssrc_at)
		p.ssrc = o->ssrc_new;
	p.size = (size_t)(o->size_lo + index % (o->size_hi - o->size_lo + 1));
	return pkt_build(&p, buf);
}

/* One send of up to --gso packets; returns how many went. */
static size_t send_some(int fd, const struct opts *o, const uint32_t *order,
			size_t left)
{
	size_t n = (size_t)o->gso < left ? (size_t)o->gso : left, len = 0, i;
	static uint8_t buf[PKT_MAX + 1];
	char ctl[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct sockaddr_storage to = o->to;
	struct iovec iov = { .iov_base = buf };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sa_len(&to),
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	uint16_t seg = (uint16_t)o->size_lo;

	for (i = 0; i < n; i++)
		len += build(o, order[i], buf + len);
	iov.iov_len = len;
	if (o->gso > 1) {
		struct cmsghdr *c;

		msg.msg_control = ctl;
		msg.msg_controllen = sizeof(ctl);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = IPPROTO_UDP;
		c->cmsg_type = UDP_SEGMENT;
		c->cmsg_len = CMSG_LEN(sizeof(seg));
		memcpy(CMSG_DATA(c), &seg, sizeof(seg));
	}
	if (sendmsg(fd, &msg, 0) >= 0)
		return n;
	if (errno == EMSGSIZE || errno == ENETUNREACH || errno == EHOSTUNREACH ||
	    errno == ECONNREFUSED || errno == ENOBUFS || errno == EPERM)
		tally(&seen.icmp, strerror(errno));
	else if (errno != EINTR && errno != EAGAIN)
		die("send: %s", strerror(errno));
	return errno == EINTR || errno == EAGAIN ? 0 : n;
}

static uint64_t due(const struct opts *o, uint64_t start, size_t pos)
{
	uint64_t t = start;

	if (o->pps)
		t += (uint64_t)pos * 1000000000u / (uint64_t)o->pps;
	if (pos & 1)
		t += (uint64_t)o->late_us * 1000;
	return t;
}

/* Wait for a packet until @until at most, and take what came. */
static void wait_until(int fd, const struct opts *o, uint64_t until)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now = now_ns();
	struct timespec ts = { 0 };

	if (until > now) {
		ts.tv_sec = (time_t)((until - now) / 1000000000u);
		ts.tv_nsec = (long)((until - now) % 1000000000u);
	}
	if (ppoll(&pfd, 1, &ts, NULL) <= 0)
		return;
	if (pfd.revents & POLLERR)
		receive_error(fd);
	if (pfd.revents & POLLIN)
		while (receive_one(fd, o))
			if (seen.received % 64 == 0)
				break;
}

/*
 * One processor sends all: packets of two would overtake each other in the queues that
 * each has.
 */
static void stay_here(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu < 0)
		return;
	CPU_SET((unsigned int)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("processor %d: %s", cpu, strerror(errno));
}

static uint64_t transmit(int fd, const struct opts *o, uint64_t start)
{
	size_t total, pos = 0;
	uint32_t *order;

	stay_here();
	total = make_order(o, &order);
	while (pos < total && !stopped) {
		uint64_t when = due(o, start, pos);

		if (when > now_ns()) {
			wait_until(fd, o, when);
			continue;
		}
		if (o->steady)
			start += now_ns() - when;
		pos += send_some(fd, o, order + pos, total - pos);
		if (!o->pps)
			wait_until(fd, o, 0);
	}
	free(order);
	return pos;
}

static void collect(int fd, const struct opts *o, uint64_t start)
{
	uint64_t end = start + (uint64_t)o->timeout * 1000000u;
	uint64_t before;

	while (!stopped && now_ns() < end &&
	       (o->expect < 0 || seen.received < (uint64_t)o->expect))
		wait_until(fd, o, now_ns() + 20000000u < end ?
				  now_ns() + 20000000u : end);
	/* Whatever is more than expected shall be seen as well. */
	if (o->send && o->expect < 0 && !o->echo && !o->errors)
		return;
	do {
		before = seen.received;
		wait_until(fd, o, now_ns() + SETTLE_MS * 1000000u);
	} while (seen.received != before);
}

static void report(const struct opts *o, uint64_t sent, int fd)
{
	struct sockaddr_storage me;
	socklen_t len = sizeof(me);
	struct track *t = &seen.track;
	char name[80] = "";

	memset(&me, 0, sizeof(me));
	if (!getsockname(fd, (struct sockaddr *)&me, &len))
		format_sa(name, sizeof(name), &me);
	if (t->started)
		t->lost += t->max - t->min + 1 - t->distinct;
	if (o->packets)
		printf("],\n");
	printf("\"local\":\"%s\",\"sent\":%llu,\"received\":%llu,\"bytes\":%llu",
	       name, (unsigned long long)sent,
	       (unsigned long long)seen.received,
	       (unsigned long long)seen.bytes);
	printf(",\"lost\":%llu,\"dups\":%llu,\"reordered\":%llu,\"ms\":%llu",
	       (unsigned long long)t->lost, (unsigned long long)t->dups,
	       (unsigned long long)t->reordered,
	       (unsigned long long)((seen.last_ns - seen.first_ns) / 1000000u));
	if (t->started)
		printf(",\"first_seq\":%u,\"last_seq\":%u", seen.first_seq,
		       (unsigned int)(t->max % WINDOW));
	tally_print(&seen.src, stdout);
	tally_print(&seen.ttl, stdout);
	tally_print(&seen.tos, stdout);
	tally_print(&seen.kind, stdout);
	tally_print(&seen.ssrc, stdout);
	tally_print(&seen.pt, stdout);
	tally_print(&seen.whole, stdout);
	tally_print(&seen.icmp, stdout);
	printf("}\n");
}

static const struct option options[] = {
	PKT_LONG_OPTIONS,
	{ "on", required_argument, NULL, 2 },
	{ "to", required_argument, NULL, 2 },
	{ "send", required_argument, NULL, 2 },
	{ "expect", required_argument, NULL, 2 },
	{ "pps", required_argument, NULL, 2 },
	{ "timeout", required_argument, NULL, 2 },
	{ "size", required_argument, NULL, 2 },
	{ "ts-step", required_argument, NULL, 2 },
	{ "ssrc-at", required_argument, NULL, 2 },
	{ "ssrc-new", required_argument, NULL, 2 },
	{ "late-us", required_argument, NULL, 2 },
	{ "gso", required_argument, NULL, 2 },
	{ "dscp", required_argument, NULL, 2 },
	{ "ecn", required_argument, NULL, 2 },
	{ "ttl", required_argument, NULL, 2 },
	{ "df", required_argument, NULL, 2 },
	{ "ready", required_argument, NULL, 2 },
	{ "lose", required_argument, NULL, 2 },
	{ "dup", required_argument, NULL, 2 },
	{ "swap", required_argument, NULL, 2 },
	{ "no-check", no_argument, NULL, 3 },
	{ "echo", no_argument, NULL, 4 },
	{ "packets", no_argument, NULL, 5 },
	{ "errors", no_argument, NULL, 6 },
	{ "steady", no_argument, NULL, 7 },
	{ "after-first", no_argument, NULL, 8 },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
"usage: rtp --on A:P [--to A:P] [--send N] [--pps N] [--expect N] [--timeout MS]\n"
"           [--size N|LO-HI] [--ts-step N] [--ssrc-at INDEX --ssrc-new X]\n"
"           [--late-us N] [--lose L] [--dup L] [--swap L] [--gso N] [--dscp N]\n"
"           [--ecn N] [--ttl N] [--df 0|1] [--no-check] [--echo] [--packets]\n"
"           [--errors] [--steady] [--after-first] [--ready FILE]\n"
"           [--kind rtp|sr|rr|stun|dtls|turn|raw]\n"
"           [--seq N] [--ts N] [--ssrc X] [--pt N] [--first BYTE] ...\n"
"L: indices as 3,7,10-12 or /50 (every fiftieth).  Without --expect a sender\n"
"ends when it has sent, a receiver at SIGTERM or --timeout.\n";

static void set_number(struct opts *o, const char *opt, const char *val)
{
	if (!strcmp(opt, "send"))
		o->send = opt_num(opt, val, 0, 10000000);
	else if (!strcmp(opt, "expect"))
		o->expect = opt_num(opt, val, 0, INT_MAX);
	else if (!strcmp(opt, "pps"))
		o->pps = opt_num(opt, val, 0, 10000000);
	else if (!strcmp(opt, "timeout"))
		o->timeout = opt_ms(opt, val);
	else if (!strcmp(opt, "ts-step"))
		o->ts_step = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "ssrc-at"))
		o->ssrc_at = opt_num(opt, val, 0, INT_MAX);
	else if (!strcmp(opt, "ssrc-new"))
		o->ssrc_new = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "late-us"))
		o->late_us = opt_num(opt, val, 0, 1000000);
	else if (!strcmp(opt, "gso"))
		o->gso = (int)opt_num(opt, val, 1, GSO_MAX);
	else if (!strcmp(opt, "dscp"))
		o->dscp = (int)opt_num(opt, val, 0, 63);
	else if (!strcmp(opt, "ecn"))
		o->ecn = (int)opt_num(opt, val, 0, 3);
	else if (!strcmp(opt, "ttl"))
		o->ttl = (int)opt_num(opt, val, 1, 255);
	else if (!strcmp(opt, "df"))
		o->df = (int)opt_num(opt, val, 0, 1);
}

static void set_option(struct opts *o, const char *opt, const char *val)
{
	if (!strcmp(opt, "on"))
		parse_ep(opt, val, &o->on);
	else if (!strcmp(opt, "to"))
		parse_ep(opt, val, &o->to);
	else if (!strcmp(opt, "size"))
		opt_range(opt, val, PKT_MAX, &o->size_lo, &o->size_hi);
	else if (!strcmp(opt, "ready"))
		o->ready = val;
	else if (!strcmp(opt, "lose"))
		o->lose = val;
	else if (!strcmp(opt, "dup"))
		o->dup = val;
	else if (!strcmp(opt, "swap"))
		o->swap = val;
	else
		set_number(o, opt, val);
}

static void parse(struct opts *o, int argc, char **argv)
{
	int c, i;

	while ((c = getopt_long(argc, argv, "h", options, &i)) != -1) {
		if (c == 1)
			pkt_option(&o->pkt, options[i].name, optarg);
		else if (c == 2)
			set_option(o, options[i].name, optarg);
		else if (c == 3)
			o->no_check = true;
		else if (c == 4)
			o->echo = true;
		else if (c == 5)
			o->packets = true;
		else if (c == 6)
			o->errors = true;
		else if (c == 7)
			o->steady = true;
		else if (c == 8)
			o->after_first = true;
		else
			die("%s", usage);
	}
	if (optind != argc || !o->on.ss_family)
		die("%s", usage);
	if (o->send && o->to.ss_family != o->on.ss_family)
		die("--send needs --to of the same family as --on");
	if ((unsigned long long)o->gso * (unsigned long long)o->size_lo > PKT_MAX)
		die("--gso %d of --size %lld: more than %d bytes", o->gso,
		    o->size_lo, PKT_MAX);
	if (o->expect < 0 && o->send && !o->echo)
		o->timeout = 0;
}

int main(int argc, char **argv)
{
	struct opts o = {
		.expect = -1, .pps = 50, .timeout = opt_ms("timeout", "10000"), .size_lo = 172,
		.size_hi = 172, .ts_step = 160, .ssrc_at = LLONG_MAX, .gso = 1,
		.dscp = -1, .df = -1, .pkt = PKT_DEFAULT,
	};
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t sent = 0, start;
	int fd;

	parse(&o, argc, argv);
	fd = open_socket(&o);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	say_ready(o.ready);
	printf("{");
	if (o.packets)
		printf("\"packets\":[");
	while (o.after_first && !seen.received && !stopped)
		wait_until(fd, &o, now_ns() + 20000000u);
	start = now_ns();
	if (o.send)
		sent = transmit(fd, &o, start);
	collect(fd, &o, now_ns());
	report(&o, sent, fd);
	close(fd);
	return o.expect >= 0 && seen.received < (uint64_t)o.expect;
}
