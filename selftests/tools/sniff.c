// SPDX-License-Identifier: GPL-2.0
/*
 * sniff - what really arrives on a device, checked to the last checksum bit
 *
 * A socket of the far side sees neither a wrong checksum (the stack dropped
 * it) nor the IP id, DF or the VLAN priority.  This reads frames, verifies the
 * IP and UDP checksums itself, and prints histograms as one JSON object.
 *
 * A frame that never left the machine may carry a checksum that hardware
 * would have completed (CHECKSUM_PARTIAL): the field then holds the sum of
 * the pseudo header, and that is what is verified ("partial").
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pkt.h"

#define SETTLE_MS	100
#define VLAN_HLEN	4

struct opts {
	const char *dev;
	const char *ready;
	long long expect;
	long long timeout;
	long long port_lo;
	long long port_hi;
	const char *pcap;
	bool out;
	bool packets;
	bool icmp;
};

/* One frame, taken apart. */
struct frame {
	const uint8_t *ip;
	size_t len;
	const uint8_t *udp;
	size_t udp_len;
	int family;
	uint8_t proto;
	bool partial;
	bool vlan;
	uint16_t tci;
	uint8_t smac[ETH_ALEN];
};

static struct {
	uint64_t received;
	uint8_t ids[65536 / 8];
	uint64_t distinct_ids;
	struct tally flow, smac, ttl, tos, df, frag, ipsum, udpsum, vlan, whole,
		     kind, len, icmp, icmpsum;
} seen = {
	.flow.name = "flow", .smac.name = "smac", .ttl.name = "ttl",
	.tos.name = "tos", .df.name = "df", .frag.name = "frag",
	.ipsum.name = "ipsum", .udpsum.name = "udpsum", .vlan.name = "vlan",
	.whole.name = "whole", .kind.name = "kind", .len.name = "len",
	.icmp.name = "icmp", .icmpsum.name = "icmpsum",
};

static volatile sig_atomic_t stopped;
static FILE *pcap;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Point @f at its IP header, past a VLAN tag; false if it is no IP. */
static bool find_ip(struct frame *f, const uint8_t *buf, size_t len)
{
	uint16_t type;

	if (len < ETH_HLEN)
		return false;
	memcpy(f->smac, buf + ETH_ALEN, ETH_ALEN);
	type = get16(buf + 12);
	f->ip = buf + ETH_HLEN;
	f->len = len - ETH_HLEN;
	if (type == ETH_P_8021Q && f->len >= VLAN_HLEN) {
		f->vlan = true;
		f->tci = get16(f->ip);
		type = get16(f->ip + 2);
		f->ip += VLAN_HLEN;
		f->len -= VLAN_HLEN;
	}
	f->family = type == ETH_P_IP ? AF_INET : AF_INET6;
	return type == ETH_P_IP || type == ETH_P_IPV6;
}

/* Find the transport header; false if lengths do not fit. */
static bool find_transport(struct frame *f)
{
	size_t hlen = 40, total;

	if (f->len < 20)
		return false;
	if (f->family == AF_INET) {
		hlen = (size_t)(f->ip[0] & 15) * 4;
		total = get16(f->ip + 2);
		f->proto = f->ip[9];
	} else {
		if (f->len < 40)
			return false;
		total = get16(f->ip + 4) + 40u;
		f->proto = f->ip[6];
	}
	if (hlen < 20 || total < hlen + 8 || total > f->len)
		return false;
	f->len = total;
	f->udp = f->ip + hlen;
	f->udp_len = total - hlen;
	return true;
}

static bool is_fragment(const struct frame *f)
{
	return f->family == AF_INET && (get16(f->ip + 6) & 0x3fff);
}

static const char *ip_verdict(const struct frame *f)
{
	if (f->family == AF_INET6)
		return "none";
	return csum_add(0, f->ip, (size_t)(f->ip[0] & 15) * 4) == 0xffff ?
	       "ok" : "bad";
}

static const char *udp_verdict(const struct frame *f)
{
	const uint8_t *src = f->ip + (f->family == AF_INET ? 12 : 8);
	const uint8_t *dst = src + (f->family == AF_INET ? 4 : 16);
	uint32_t sum;

	if (is_fragment(f))
		return "fragment";
	if (get16(f->udp + 4) != f->udp_len)
		return "length";
	sum = csum_pseudo(f->family, src, dst, (uint32_t)f->udp_len, IPPROTO_UDP);
	if (f->partial)
		return get16(f->udp + 6) == sum ? "partial" : "bad-partial";
	if (!get16(f->udp + 6))
		return "zero";
	return csum_add(sum, f->udp, f->udp_len) == 0xffff ? "ok" : "bad";
}

static void flow_name(const struct frame *f, char *out, size_t len)
{
	const uint8_t *src = f->ip + (f->family == AF_INET ? 12 : 8);
	const uint8_t *dst = src + (f->family == AF_INET ? 4 : 16);
	char a[64], b[64];

	format_ep(a, sizeof(a), f->family, src, get16(f->udp));
	format_ep(b, sizeof(b), f->family, dst, get16(f->udp + 2));
	snprintf(out, len, "%s>%s", a, b);
}

static void note_id(const struct frame *f)
{
	uint16_t id;

	if (f->family != AF_INET)
		return;
	id = get16(f->ip + 4);
	if (seen.ids[id / 8] & 1 << id % 8)
		return;
	seen.ids[id / 8] |= (uint8_t)(1 << id % 8);
	seen.distinct_ids++;
}

static void list_frame(const struct frame *f, const char *flow)
{
	static bool any;

	printf("%s{\"flow\":\"%s\",\"len\":%zu,\"ipsum\":\"%s\",\"udpsum\":\"%s\"",
	       any ? ",\n" : "", flow, f->len, ip_verdict(f), udp_verdict(f));
	if (f->family == AF_INET)
		printf(",\"id\":%u,\"ttl\":%u,\"tos\":%u", get16(f->ip + 4),
		       f->ip[8], f->ip[1]);
	printf("}");
	any = true;
}

static void count_header(const struct frame *f)
{
	char text[TALLY_KEY];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
		 f->smac[0], f->smac[1], f->smac[2], f->smac[3], f->smac[4],
		 f->smac[5]);
	tally(&seen.smac, text);
	if (f->family == AF_INET) {
		tally_num(&seen.ttl, f->ip[8]);
		tally_num(&seen.tos, f->ip[1]);
		tally_num(&seen.df, get16(f->ip + 6) >> 14 & 1);
		tally_num(&seen.frag, is_fragment(f));
	} else {
		tally_num(&seen.ttl, f->ip[7]);
		tally_num(&seen.tos, get16(f->ip) >> 4 & 0xff);
	}
	if (f->vlan)
		snprintf(text, sizeof(text), "%u/%u", f->tci & 0xfff,
			 f->tci >> 13);
	tally(&seen.vlan, f->vlan ? text : "none");
	tally(&seen.ipsum, ip_verdict(f));
	tally_num(&seen.len, f->len);
	note_id(f);
}

static void count_udp(const struct frame *f, const struct opts *o)
{
	const uint8_t *data = f->udp + 8;
	size_t len = f->udp_len - 8;
	char flow[TALLY_KEY];

	flow_name(f, flow, sizeof(flow));
	seen.received++;
	count_header(f);
	tally(&seen.flow, flow);
	tally(&seen.udpsum, udp_verdict(f));
	tally(&seen.whole, pkt_whole(data, len) ? "yes" : "no");
	tally(&seen.kind, pkt_looks(data, len));
	if (o->packets)
		list_frame(f, flow);
}

static bool port_wanted(const struct frame *f, const struct opts *o)
{
	uint16_t s = get16(f->udp), d = get16(f->udp + 2);

	return (s >= o->port_lo && s <= o->port_hi) ||
	       (d >= o->port_lo && d <= o->port_hi);
}

/* The error's own checksum, which for IPv6 covers a pseudo header. */
static bool icmp_right(const struct frame *f)
{
	uint32_t sum = 0;

	if (f->family == AF_INET6)
		sum = csum_pseudo(f->family, f->ip + 8, f->ip + 24,
				  (uint32_t)f->udp_len, IPPROTO_ICMPV6);
	return csum_add(sum, f->udp, f->udp_len) == 0xffff &&
	       strcmp(ip_verdict(f), "bad");
}

/* The packet that an error tells of, which may be cut off. */
static void count_quoted(const struct frame *f)
{
	struct frame in = { .family = f->family, .ip = f->udp + 8,
			    .len = f->udp_len - 8 };
	char flow[TALLY_KEY];

	if (!find_transport(&in) || in.proto != IPPROTO_UDP) {
		tally(&seen.flow, "cut");
		return;
	}
	flow_name(&in, flow, sizeof(flow));
	tally(&seen.flow, flow);
	tally(&seen.ipsum, ip_verdict(&in));
	tally(&seen.udpsum, udp_verdict(&in));
}

static void count_icmp(const struct frame *f)
{
	char text[TALLY_KEY], a[INET6_ADDRSTRLEN];
	size_t at = f->family == AF_INET ? 12 : 8;

	inet_ntop(f->family, f->ip + at, a, sizeof(a));
	snprintf(text, sizeof(text), "%u/%u %u %s", f->udp[0], f->udp[1],
		 f->family == AF_INET ? get16(f->udp + 6) : get32(f->udp + 4),
		 a);
	seen.received++;
	tally(&seen.icmp, text);
	tally(&seen.icmpsum, icmp_right(f) ? "ok" : "bad");
	count_quoted(f);
}

/* ICMP errors only: neighbour discovery is not what anybody waits for. */
static bool icmp_error(const struct frame *f)
{
	if (f->family == AF_INET)
		return f->proto == IPPROTO_ICMP &&
		       (f->udp[0] == 3 || f->udp[0] == 11 || f->udp[0] == 12);
	return f->proto == IPPROTO_ICMPV6 && f->udp[0] < 128;
}

/* The classic pcap file: microseconds, Ethernet. */
static void pcap_open(const char *path)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snaplen, link;
	} head = { 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1 };

	pcap = fopen(path, "w");
	if (!pcap || fwrite(&head, sizeof(head), 1, pcap) != 1)
		die("--pcap %s: %s", path, strerror(errno));
}

static void pcap_write(const uint8_t *buf, size_t len, const struct timeval *tv)
{
	const uint32_t head[4] = { (uint32_t)tv->tv_sec, (uint32_t)tv->tv_usec,
				   (uint32_t)len, (uint32_t)len };

	if (fwrite(head, sizeof(head), 1, pcap) != 1 ||
	    fwrite(buf, len, 1, pcap) != 1)
		die("cannot write the pcap file: %s", strerror(errno));
}

static void look(struct frame *f, const struct opts *o)
{
	if (!find_transport(f))
		return;
	if (o->icmp) {
		if (icmp_error(f))
			count_icmp(f);
		return;
	}
	if (f->proto == IPPROTO_UDP && port_wanted(f, o))
		count_udp(f, o);
}

static void auxdata(struct msghdr *msg, struct frame *f, struct timeval *tv)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMP)
			memcpy(tv, CMSG_DATA(c), sizeof(*tv));
		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		f->partial = aux.tp_status & TP_STATUS_CSUMNOTREADY;
		if (aux.tp_status & TP_STATUS_VLAN_VALID) {
			f->vlan = true;
			f->tci = aux.tp_vlan_tci;
		}
	}
}

static bool receive_one(int fd, const struct opts *o)
{
	static uint8_t buf[1 << 17];
	struct sockaddr_ll from;
	char ctl[256];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	struct frame f = { 0 };
	struct timeval tv = { 0 };
	ssize_t len;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return errno != EAGAIN && errno != EINTR;
	if ((from.sll_pkttype == PACKET_OUTGOING) != o->out)
		return true;
	auxdata(&msg, &f, &tv);
	if (pcap)
		pcap_write(buf, (size_t)len, &tv);
	if (find_ip(&f, buf, (size_t)len))
		look(&f, o);
	return true;
}

static void wait_until(int fd, const struct opts *o, uint64_t until)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now = now_ns();
	struct timespec ts = { 0 };

	if (until > now) {
		ts.tv_sec = (time_t)((until - now) / 1000000000u);
		ts.tv_nsec = (long)((until - now) % 1000000000u);
	}
	if (ppoll(&pfd, 1, &ts, NULL) > 0)
		while (receive_one(fd, o))
			;
}

static void collect(int fd, const struct opts *o)
{
	uint64_t end = now_ns() + (uint64_t)o->timeout * 1000000u;
	uint64_t before;

	while (!stopped && now_ns() < end &&
	       (o->expect < 0 || seen.received < (uint64_t)o->expect))
		wait_until(fd, o, now_ns() + 20000000u < end ?
				  now_ns() + 20000000u : end);
	do {
		before = seen.received;
		wait_until(fd, o, now_ns() + SETTLE_MS * 1000000u);
	} while (seen.received != before);
}

static int open_device(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };
	int one = 1, size = 64 << 20, fd;

	ll.sll_ifindex = (int)if_nametoindex(dev);
	if (!ll.sll_ifindex)
		die("--dev %s: no such device", dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("no packet socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		die("no auxiliary data: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)))
		die("no time stamps: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		die("cannot bind to %s: %s", dev, strerror(errno));
	return fd;
}

static void report(const struct opts *o)
{
	if (o->packets)
		printf("],\n");
	printf("\"received\":%llu,\"ids\":%llu",
	       (unsigned long long)seen.received,
	       (unsigned long long)seen.distinct_ids);
	tally_print(&seen.flow, stdout);
	tally_print(&seen.smac, stdout);
	tally_print(&seen.ttl, stdout);
	tally_print(&seen.tos, stdout);
	tally_print(&seen.df, stdout);
	tally_print(&seen.frag, stdout);
	tally_print(&seen.ipsum, stdout);
	tally_print(&seen.udpsum, stdout);
	tally_print(&seen.vlan, stdout);
	tally_print(&seen.whole, stdout);
	tally_print(&seen.kind, stdout);
	tally_print(&seen.len, stdout);
	tally_print(&seen.icmp, stdout);
	tally_print(&seen.icmpsum, stdout);
	printf("}\n");
}

static const struct option options[] = {
	{ "dev", required_argument, NULL, 'd' },
	{ "port", required_argument, NULL, 'p' },
	{ "expect", required_argument, NULL, 'e' },
	{ "timeout", required_argument, NULL, 't' },
	{ "ready", required_argument, NULL, 'r' },
	{ "pcap", required_argument, NULL, 'w' },
	{ "out", no_argument, NULL, 'o' },
	{ "icmp", no_argument, NULL, 'i' },
	{ "packets", no_argument, NULL, 'P' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
"usage: sniff --dev DEV [--port N|LO-HI] [--expect N] [--timeout MS]\n"
"             [--ready FILE] [--pcap FILE] [--out] [--icmp] [--packets]\n"
"UDP frames from or to the ports (all by default) that arrive, or with --out\n"
"leave; with --icmp ICMP errors instead, where flow, ipsum and udpsum are those\n"
"of the packets they quote.  Ends at --expect, --timeout, SIGTERM.\n"
"--pcap keeps every frame, UDP or not.\n";

static void parse(struct opts *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			o->dev = optarg;
		else if (c == 'p')
			opt_range("port", optarg, 65535, &o->port_lo,
				  &o->port_hi);
		else if (c == 'e')
			o->expect = opt_num("expect", optarg, 0, 100000000);
		else if (c == 't')
			o->timeout = opt_ms("timeout", optarg);
		else if (c == 'r')
			o->ready = optarg;
		else if (c == 'w')
			o->pcap = optarg;
		else if (c == 'o')
			o->out = true;
		else if (c == 'i')
			o->icmp = true;
		else if (c == 'P')
			o->packets = true;
		else
			die("%s", usage);
	}
	if (!o->dev || optind != argc)
		die("%s", usage);
}

int main(int argc, char **argv)
{
	struct opts o = { .expect = -1, .timeout = opt_ms("timeout", "30000"), .port_hi = 65535 };
	struct sigaction sa = { .sa_handler = on_signal };
	int fd;

	parse(&o, argc, argv);
	fd = open_device(o.dev);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (o.pcap)
		pcap_open(o.pcap);
	say_ready(o.ready);
	printf("{");
	if (o.packets)
		printf("\"packets\":[");
	collect(fd, &o);
	report(&o);
	if (pcap && fclose(pcap))
		die("cannot write the pcap file: %s", strerror(errno));
	close(fd);
	return o.expect >= 0 && seen.received < (uint64_t)o.expect;
}
