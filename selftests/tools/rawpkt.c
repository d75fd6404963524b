// SPDX-License-Identifier: GPL-2.0
/*
 * rawpkt - frames that no socket would send
 *
 * Builds Ethernet, IPv4 or IPv6 and UDP by hand and breaks what it is told to
 * break.  With ranges of ports and many sources it is the attacker's spray.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkt.h"

#define FRAME_MAX	70000
#define KEEP		(-1)

enum extension { EXT_NONE, EXT_HOP, EXT_DST, EXT_ROUTE, EXT_FRAG };

/**
 * struct opts - the command line
 * @dev: device to send on
 * @smac: source MAC
 * @dmac: destination MAC
 * @type: Ethertype; 0: by family
 * @vlan: VLAN tag (TCI) or KEEP
 * @family: of @src and @dst
 * @src: first source
 * @dst: destination
 * @sources: how many sources, counting up from @src
 * @sport_lo: first source port; @sport_hi: last one
 * @dport_lo: first destination port; @dport_hi: last one
 * @count: frames
 * @pps: a second; 0: as fast as they go
 * @ttl: TTL or hop limit
 * @tos: TOS or traffic class
 * @id: IP id
 * @df: DF bit
 * @proto: protocol number; 17 unless lying
 * @version: IP version or KEEP
 * @ihl: IHL or KEEP
 * @totlen: total (IPv6: payload) length or KEEP
 * @udplen: UDP length or KEEP
 * @udpsum: UDP checksum or KEEP for the right one
 * @frag: fragment offset field as it stands on the wire, or KEEP
 * @options: bytes of IPv4 options
 * @option: first byte of the options
 * @cut: bytes of IP that are sent, or KEEP for all
 * @pad: bytes sent behind the IP packet
 * @bad_ipsum: spoil the IP checksum
 * @bad_udpsum: spoil the UDP checksum
 * @ext: extension header of IPv6
 * @pkt: the payload
 */
struct opts {
	const char *dev;
	uint8_t smac[ETH_ALEN];
	uint8_t dmac[ETH_ALEN];
	int type;
	int vlan;
	int family;
	uint8_t src[16];
	uint8_t dst[16];
	long long sources;
	long long sport_lo, sport_hi;
	long long dport_lo, dport_hi;
	long long count;
	long long pps;
	int ttl;
	int tos;
	int id;
	bool df;
	int proto;
	int version;
	int ihl;
	int totlen;
	int udplen;
	int udpsum;
	int frag;
	int options;
	int option;
	int cut;
	int pad;
	bool bad_ipsum;
	bool bad_udpsum;
	enum extension ext;
	struct pkt pkt;
};

static size_t build_udp(const struct opts *o, uint64_t k, const uint8_t *src,
			uint8_t *udp)
{
	uint64_t ns = (uint64_t)(o->sport_hi - o->sport_lo + 1);
	uint64_t nd = (uint64_t)(o->dport_hi - o->dport_lo + 1);
	struct pkt p = o->pkt;
	uint32_t sum;
	size_t len;

	p.seq = (uint16_t)(p.seq + k);
	p.ts += (uint32_t)(160 * k);
	len = 8 + pkt_build(&p, udp + 8);
	put16(udp, (uint16_t)((uint64_t)o->sport_lo + k % ns));
	put16(udp + 2, (uint16_t)((uint64_t)o->dport_lo + k % nd));
	put16(udp + 4, (uint16_t)(o->udplen == KEEP ? (int)len : o->udplen));
	put16(udp + 6, 0);
	sum = csum_pseudo(o->family, src, o->dst, (uint32_t)len, IPPROTO_UDP);
	sum = ~csum_add(sum, udp, len) & 0xffff;
	if (!sum)
		sum = 0xffff;
	if (o->bad_udpsum)
		sum = sum == 0x1234 ? 0x4321 : 0x1234;
	put16(udp + 6, (uint16_t)(o->udpsum == KEEP ? (int)sum : o->udpsum));
	return len;
}

static size_t build_ipv4(const struct opts *o, uint64_t k, uint8_t *ip)
{
	size_t hlen = 20 + (size_t)o->options, len;
	uint8_t src[4];
	uint32_t sum;

	memset(ip, 0, hlen);
	put32(src, get32(o->src) + (uint32_t)(k % (uint64_t)o->sources));
	len = hlen + build_udp(o, k, src, ip + hlen);
	ip[0] = (uint8_t)((o->version == KEEP ? 4 : o->version) << 4 |
			  (o->ihl == KEEP ? (int)hlen / 4 : o->ihl));
	ip[1] = (uint8_t)o->tos;
	put16(ip + 2, (uint16_t)(o->totlen == KEEP ? (int)len : o->totlen));
	put16(ip + 4, (uint16_t)((uint64_t)o->id + k));
	put16(ip + 6, (uint16_t)(o->frag == KEEP ? o->df << 14 : o->frag));
	ip[8] = (uint8_t)o->ttl;
	ip[9] = (uint8_t)o->proto;
	memcpy(ip + 12, src, 4);
	memcpy(ip + 16, o->dst, 4);
	memset(ip + 20, 1, (size_t)o->options);
	if (o->options)
		ip[20] = (uint8_t)o->option;
	sum = ~csum_add(0, ip, hlen) & 0xffff;
	put16(ip + 10, (uint16_t)(o->bad_ipsum ? sum ^ 0x5555 : sum));
	return len;
}

/* Eight bytes of extension header in front of UDP; returns its length. */
static size_t build_extension(const struct opts *o, uint8_t *p)
{
	if (o->ext == EXT_NONE)
		return 0;
	memset(p, 0, 8);
	p[0] = (uint8_t)o->proto;
	if (o->ext == EXT_HOP || o->ext == EXT_DST) {
		p[2] = 1; /* PadN of six bytes */
		p[3] = 4;
	} else if (o->ext == EXT_FRAG) {
		put16(p + 2, (uint16_t)(o->frag == KEEP ? 1 : o->frag));
		put32(p + 4, (uint32_t)o->id);
	} else {
		p[2] = 2; /* no segments left: to be skipped */
	}
	return 8;
}

static size_t build_ipv6(const struct opts *o, uint64_t k, uint8_t *ip)
{
	static const uint8_t next[] = {
		[EXT_HOP] = 0, [EXT_DST] = 60, [EXT_ROUTE] = 43, [EXT_FRAG] = 44
	};
	uint8_t src[16];
	size_t elen, len;

	memset(ip, 0, 40);
	memcpy(src, o->src, 16);
	put32(src + 12, get32(src + 12) +
			(uint32_t)(k % (uint64_t)o->sources));
	elen = build_extension(o, ip + 40);
	len = elen + build_udp(o, k, src, ip + 40 + elen);
	put32(ip, (uint32_t)(o->version == KEEP ? 6 : o->version) << 28 |
		  (uint32_t)o->tos << 20);
	put16(ip + 4, (uint16_t)(o->totlen == KEEP ? (int)len : o->totlen));
	ip[6] = o->ext == EXT_NONE ? (uint8_t)o->proto : next[o->ext];
	ip[7] = (uint8_t)o->ttl;
	memcpy(ip + 8, src, 16);
	memcpy(ip + 24, o->dst, 16);
	return 40 + len;
}

static size_t build_frame(const struct opts *o, uint64_t k, uint8_t *frame)
{
	int type = o->family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	size_t hlen = ETH_HLEN, len;

	memcpy(frame, o->dmac, ETH_ALEN);
	memcpy(frame + ETH_ALEN, o->smac, ETH_ALEN);
	if (o->vlan != KEEP) {
		put16(frame + 12, ETH_P_8021Q);
		put16(frame + 14, (uint16_t)o->vlan);
		hlen += 4;
	}
	put16(frame + hlen - 2, (uint16_t)(o->type ? o->type : type));
	if (o->family == AF_INET)
		len = build_ipv4(o, k, frame + hlen);
	else
		len = build_ipv6(o, k, frame + hlen);
	if (o->cut != KEEP && (size_t)o->cut < len)
		len = (size_t)o->cut;
	memset(frame + hlen + len, 0xa5, (size_t)o->pad);
	return hlen + len + (size_t)o->pad;
}

static int open_device(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int size = 16 << 20, fd;

	ll.sll_ifindex = (int)if_nametoindex(dev);
	if (!ll.sll_ifindex)
		die("--dev %s: no such device", dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("no packet socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		die("cannot bind to %s: %s", dev, strerror(errno));
	return fd;
}

static void pace(uint64_t start, uint64_t k, long long pps)
{
	uint64_t when = start + k * 1000000000u / (uint64_t)pps;
	struct timespec ts = { .tv_sec = (time_t)(when / 1000000000u),
			       .tv_nsec = (long)(when % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

static uint64_t transmit(int fd, const struct opts *o)
{
	static uint8_t frame[FRAME_MAX];
	uint64_t start = now_ns(), k, sent = 0;

	for (k = 0; k < (uint64_t)o->count; k++) {
		size_t len = build_frame(o, k, frame);

		if (o->pps)
			pace(start, k, o->pps);
		while (send(fd, frame, len, 0) < 0) {
			if (errno != ENOBUFS && errno != EINTR)
				die("cannot send %zu bytes on %s: %s", len,
				    o->dev, strerror(errno));
		}
		sent++;
	}
	return sent;
}

static void parse_mac(const char *opt, const char *val, uint8_t *mac)
{
	unsigned int b[ETH_ALEN];
	char end;
	int i;

	if (sscanf(val, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3],
		   &b[4], &b[5], &end) != ETH_ALEN)
		die("--%s %s: expected a MAC address", opt, val);
	for (i = 0; i < ETH_ALEN; i++)
		mac[i] = (uint8_t)b[i];
}

static void parse_addr(struct opts *o, const char *opt, const char *val,
		       uint8_t *addr)
{
	int family = strchr(val, ':') ? AF_INET6 : AF_INET;

	if (o->family && o->family != family)
		die("--%s %s: the other address is of another family", opt,
		    val);
	o->family = family;
	if (inet_pton(family, val, addr) != 1)
		die("--%s %s: expected an address", opt, val);
}

static const struct { const char *name; enum extension ext; } extensions[] = {
	{ "hop", EXT_HOP }, { "dst", EXT_DST }, { "route", EXT_ROUTE },
	{ "frag", EXT_FRAG },
};

static enum extension parse_ext(const char *val)
{
	size_t i;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (!strcmp(val, extensions[i].name))
			return extensions[i].ext;
	die("--ext %s: expected hop, dst, route or frag", val);
}

static const struct option options[] = {
	PKT_LONG_OPTIONS,
	{ "dev", required_argument, NULL, 2 },
	{ "smac", required_argument, NULL, 2 },
	{ "dmac", required_argument, NULL, 2 },
	{ "src", required_argument, NULL, 2 },
	{ "dst", required_argument, NULL, 2 },
	{ "sport", required_argument, NULL, 2 },
	{ "dport", required_argument, NULL, 2 },
	{ "ext", required_argument, NULL, 2 },
	{ "size", required_argument, NULL, 3 },
	{ "sources", required_argument, NULL, 3 },
	{ "count", required_argument, NULL, 3 },
	{ "pps", required_argument, NULL, 3 },
	{ "type", required_argument, NULL, 4 },
	{ "vlan", required_argument, NULL, 4 },
	{ "ttl", required_argument, NULL, 4 },
	{ "tos", required_argument, NULL, 4 },
	{ "id", required_argument, NULL, 4 },
	{ "proto", required_argument, NULL, 4 },
	{ "version", required_argument, NULL, 4 },
	{ "ihl", required_argument, NULL, 4 },
	{ "totlen", required_argument, NULL, 4 },
	{ "udplen", required_argument, NULL, 4 },
	{ "udpsum", required_argument, NULL, 4 },
	{ "frag", required_argument, NULL, 4 },
	{ "options", required_argument, NULL, 4 },
	{ "option", required_argument, NULL, 4 },
	{ "cut", required_argument, NULL, 4 },
	{ "pad", required_argument, NULL, 4 },
	{ "df", no_argument, NULL, 5 },
	{ "bad-ipsum", no_argument, NULL, 6 },
	{ "bad-udpsum", no_argument, NULL, 7 },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
"usage: rawpkt --dev DEV --smac MAC --dmac MAC --src A --dst A --sport LO-HI\n"
"              --dport LO-HI [--sources N] [--count N] [--pps N] [--size N]\n"
"              [--type N] [--vlan TCI] [--ttl N] [--tos N] [--id N] [--df]\n"
"              [--proto N] [--version N] [--ihl N] [--totlen N] [--udplen N]\n"
"              [--udpsum N] [--frag FIELD] [--options BYTES --option TYPE]\n"
"              [--cut N] [--pad N] [--bad-ipsum] [--bad-udpsum]\n"
"              [--ext hop|dst|route|frag] [--kind ...] [--ssrc X] [--seq N] ...\n";

/* Options that are one small number each. */
static void set_field(struct opts *o, const char *opt, const char *val)
{
	const struct {
		const char *name;
		int *field;
		int max;
	} fields[] = {
		{ "type", &o->type, 65535 }, { "vlan", &o->vlan, 65535 },
		{ "ttl", &o->ttl, 255 }, { "tos", &o->tos, 255 },
		{ "id", &o->id, 65535 }, { "proto", &o->proto, 255 },
		{ "version", &o->version, 15 }, { "ihl", &o->ihl, 15 },
		{ "totlen", &o->totlen, 65535 }, { "udplen", &o->udplen, 65535 },
		{ "udpsum", &o->udpsum, 65535 }, { "frag", &o->frag, 65535 },
		{ "options", &o->options, 40 }, { "option", &o->option, 255 },
		{ "cut", &o->cut, 65535 }, { "pad", &o->pad, 1500 },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(opt, fields[i].name))
			*fields[i].field = (int)opt_num(opt, val, 0,
							fields[i].max);
	if (o->options % 4)
		die("--options %d: expected a multiple of 4", o->options);
}

static void set_size(struct opts *o, const char *opt, const char *val)
{
	if (!strcmp(opt, "size"))
		o->pkt.size = (size_t)opt_num(opt, val, 0, PKT_MAX);
	else if (!strcmp(opt, "sources"))
		o->sources = opt_num(opt, val, 1, UINT32_MAX);
	else if (!strcmp(opt, "count"))
		o->count = opt_num(opt, val, 1, 100000000);
	else
		o->pps = opt_num(opt, val, 0, 10000000);
}

static void set_where(struct opts *o, const char *opt, const char *val)
{
	if (!strcmp(opt, "dev"))
		o->dev = val;
	else if (!strcmp(opt, "smac"))
		parse_mac(opt, val, o->smac);
	else if (!strcmp(opt, "dmac"))
		parse_mac(opt, val, o->dmac);
	else if (!strcmp(opt, "src"))
		parse_addr(o, opt, val, o->src);
	else if (!strcmp(opt, "dst"))
		parse_addr(o, opt, val, o->dst);
	else if (!strcmp(opt, "sport"))
		opt_range(opt, val, 65535, &o->sport_lo, &o->sport_hi);
	else if (!strcmp(opt, "dport"))
		opt_range(opt, val, 65535, &o->dport_lo, &o->dport_hi);
	else
		o->ext = parse_ext(val);
}

static void parse(struct opts *o, int argc, char **argv)
{
	int c, i;

	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		if (c == 1)
			pkt_option(&o->pkt, options[i].name, optarg);
		else if (c == 2)
			set_where(o, options[i].name, optarg);
		else if (c == 3)
			set_size(o, options[i].name, optarg);
		else if (c == 4)
			set_field(o, options[i].name, optarg);
		else if (c == 5)
			o->df = true;
		else if (c == 6)
			o->bad_ipsum = true;
		else if (c == 7)
			o->bad_udpsum = true;
		else
			die("%s", usage);
	}
	if (optind != argc || !o->dev || !o->family)
		die("%s", usage);
}

int main(int argc, char **argv)
{
	struct opts o = {
		.vlan = KEEP, .sources = 1, .sport_lo = 40000,
		.sport_hi = 40000, .dport_lo = 30000, .dport_hi = 30000,
		.count = 1, .ttl = 64, .id = 1, .proto = IPPROTO_UDP,
		.version = KEEP, .ihl = KEEP, .totlen = KEEP, .udplen = KEEP,
		.udpsum = KEEP, .frag = KEEP, .option = 1, .cut = KEEP,
		.pkt = PKT_DEFAULT,
	};
	int fd;

	parse(&o, argc, argv);
	fd = open_device(o.dev);
	printf("{\"sent\":%llu}\n", (unsigned long long)transmit(fd, &o));
	close(fd);
	return 0;
}
