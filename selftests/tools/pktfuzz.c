// SPDX-License-Identifier: GPL-2.0
/*
 * pktfuzz - frames that are nearly right, and what becomes of them
 *
 * pktfuzz OPTION... DEV0 DEV1: writes frames to two TAP devices, which are
 * enrolled and have legs and natmaps as fuzz_packet.sh makes them, and reads
 * what leaves.  It knows:
 *
 *   - what leaves has right checksums and lengths, goes from a leg's address to
 *     its remote or is what a natmap makes of it, and has the payload sent: in the
 *     clear, where a leg is protected, by libsrtp2, which has to open it;
 *   - of what arrives protected only that leaves which libsrtp2 takes, and once;
 *   - every packet that the devices gave to the module is forwarded, dropped for
 *     a reason or passed, and as many left as were counted forwarded;
 *   - a sound packet of another call, after every eighth frame, is forwarded at
 *     once, and so is one of each protected leg;
 *   - with --listen, another who holds the buffer sees what was sent, not what the
 *     module made of it.
 *
 *   --seed N      frames follow from it alone (default 1)
 *   --count N     frames (default 1000)
 *   --seconds S   or so long
 *   --mode M      plain, frags or vnet: see tap.h
 *   --check N     counters are looked at after every N frames (default 512)
 *   --listen      an AF_PACKET socket reads them too, so that buffers are cloned
 *   --replay FILE cases in place of random frames, one a line
 *
 * A violation is told with the last frames in the form that --replay reads.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "counts.h"
#include "fuzzsrtp.h"

#define HISTORY		8
#define LINE_MAX_LEN	(2 * TAP_FRAME_MAX + 256)

static struct nl nl;
static int fd[2];
static enum tap_mode mode;
static struct tap_frame history[HISTORY];
static unsigned long frames, taken, trains;
static long long check_every = 512;
static uint64_t seen_legs, seen_nat, seen_secured, heard;
static int listener = -1;
static struct counts start;

/* Cases --------------------------------------------------------------------- */

static void print_hex(FILE *f, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		fprintf(f, "%02x", *p++);
}

/* MODE SIDE CUT,CUT... VNET FRAME; "-" for none */
static void print_case(FILE *f, const struct tap_frame *c)
{
	unsigned int i;

	fprintf(f, "%s %u ", tap_mode_names[c->mode], c->side);
	for (i = 0; i < c->cuts; i++)
		fprintf(f, "%s%u", i ? "," : "", c->cut[i]);
	fputs(c->cuts ? " " : "- ", f);
	print_hex(f, &c->vh, sizeof(c->vh));
	fputc(' ', f);
	print_hex(f, c->data, c->len);
	fputc('\n', f);
}

static size_t parse_hex(const char *text, uint8_t *out, size_t max)
{
	size_t n = 0;
	unsigned int byte;

	while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

/* False at the end of the file. */
static bool read_case(FILE *f, struct tap_frame *c)
{
	static char line[LINE_MAX_LEN], hex[LINE_MAX_LEN];
	char name[16], cuts[64], vnet[64], *p;
	int m;

	do {
		if (!fgets(line, sizeof(line), f))
			return false;
	} while (line[0] == '#' || line[0] == '\n');
	memset(c, 0, sizeof(*c));
	if (sscanf(line, "%15s %u %63s %63s %s", name, &c->side, cuts, vnet, hex) != 5 ||
	    c->side > 1)
		die("not a case: %.60s", line);
	for (m = 0; m < TAP_MODES && strcmp(name, tap_mode_names[m]); m++)
		;
	if (m == TAP_MODES)
		die("%s: expected plain, frags or vnet", name);
	c->mode = (enum tap_mode)m;
	for (p = strtok(cuts, ",-"); p && c->cuts < TAP_CUTS_MAX; p = strtok(NULL, ","))
		c->cut[c->cuts++] = (uint16_t)atoi(p);
	parse_hex(vnet, (uint8_t *)&c->vh, sizeof(c->vh));
	c->len = parse_hex(hex, c->data, TAP_FRAME_MAX);
	return true;
}

static void __attribute__((format(printf, 1, 2), noreturn)) wrong(const char *fmt, ...)
{
	unsigned long i;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nafter frame %lu; the last of them:\n", frames);
	for (i = frames > HISTORY ? frames - HISTORY : 0; i < frames; i++)
		print_case(stderr, &history[i % HISTORY]);
	exit(1);
}

/* Counters ------------------------------------------------------------------ */

/* Packets of a source on probation are held, and counted when that is over. */
#define HELD_NS		3000000000ull

/* What is held of a run before this one is counted within half a second. */
static struct counts settled(void)
{
	struct counts was, now = counts(&nl);

	do {
		was = now;
		poll(NULL, 0, 700);
		now = counts(&nl);
	} while (memcmp(&was, &now, sizeof(now)));
	return now;
}

/* Does all that was counted add up?  A train of packets is counted when it comes,
 * and again as the packets that it was.
 */
static void check_counts(void)
{
	uint64_t end = now_ns() + HELD_NS;
	uint64_t given, kept;
	struct counts c;

	for (;;) {
		c = counts(&nl);
		given = c.given - start.given;
		kept = c.sent + c.passed + c.dropped - start.sent - start.passed - start.dropped;
		if (kept <= given && given - kept <= trains)
			break;
		if (kept > given || now_ns() > end)
			wrong("%llu packets came, %llu were forwarded, passed or dropped",
			      (unsigned long long)given, (unsigned long long)kept);
		poll(NULL, 0, 20);
	}
	if (c.sent - start.sent != seen_legs)
		wrong("legs counted %llu packets sent, %llu left",
		      (unsigned long long)(c.sent - start.sent), (unsigned long long)seen_legs);
	if (c.natted - start.natted != seen_nat)
		wrong("natmaps counted %llu packets sent, %llu left",
		      (unsigned long long)(c.natted - start.natted),
		      (unsigned long long)seen_nat);
}

/* What leaves --------------------------------------------------------------- */

/**
 * struct packet - a UDP packet that left
 * @family: of its addresses
 * @src: text of source address and port
 * @dst: and of the destination
 * @udp: UDP header
 * @len: bytes from there on
 * @text: its payload, in the clear
 * @text_len: bytes of that
 * @first: no fragment, or the first
 * @whole: no fragment at all
 */
struct packet {
	int family;
	char src[64], dst[64];
	const uint8_t *udp;
	size_t len;
	const uint8_t *text;
	size_t text_len;
	bool first, whole;
};

enum sum { SUM_RIGHT, SUM_NONE, SUM_WRONG };

/* What is there of a checksum; a device may still have to add the payload. */
static enum sum sum_of(int family, const uint8_t *ip, const uint8_t *udp, size_t len,
		       const struct virtio_net_hdr *vh)
{
	size_t alen = family == AF_INET ? 4 : 16;
	const uint8_t *addr = ip + (family == AF_INET ? 12 : 8);
	uint32_t sum = csum_pseudo(family, addr, addr + alen, (uint32_t)len, IPPROTO_UDP);

	if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return vh->csum_offset == 6 && get16(udp + 6) == sum ? SUM_RIGHT : SUM_WRONG;
	if (!get16(udp + 6))
		return family == AF_INET ? SUM_NONE : SUM_WRONG;
	return csum_add(sum, udp, len) == 0xffff ? SUM_RIGHT : SUM_WRONG;
}

/* Bytes that an IP packet says it has. */
static size_t ip_total(const uint8_t *ip)
{
	return ip[0] >> 4 == 6 ? 40u + get16(ip + 4) : get16(ip + 2);
}

/* The UDP header of a frame that is to be sent, if it has one where one is looked
 * for and is no fragment or train; else NULL.
 */
static const uint8_t *plain_udp(const struct tap_frame *f, int *family)
{
	const uint8_t *ip = f->data + ETH_HLEN;
	uint16_t type = get16(f->data + 12);

	if (f->vh.gso_type || f->len < ETH_HLEN + 48)
		return NULL;
	*family = type == ETH_P_IP ? AF_INET : AF_INET6;
	if (type == ETH_P_IP && ip[0] == 0x45 && !(get16(ip + 6) & 0x3fff))
		return ip + 20;
	return type == ETH_P_IPV6 && ip[6] == IPPROTO_UDP ? ip + 40 : NULL;
}

/* Lengths and checksum are right: those of a leg's packets always, unless a
 * device has vouched for them; a natmap's if they were before.
 */
static void check_udp(const struct packet *p, const uint8_t *ip, const struct virtio_net_hdr *vh,
		      const struct tap_frame *f, bool nat)
{
	enum sum sum = SUM_WRONG, was = SUM_WRONG;
	const uint8_t *udp, *old = f->data + ETH_HLEN;
	size_t len = get16(p->udp + 4);
	int family;

	if (!nat && len != p->len)
		wrong("a datagram of %zu bytes says %zu", p->len, len);
	if (len >= 8 && len <= p->len)
		sum = sum_of(p->family, ip, p->udp, len, vh);
	if (sum == SUM_RIGHT || (sum == SUM_NONE && p->family == AF_INET))
		return;
	if (!nat && !f->vh.flags && !f->vh.gso_type)
		wrong("%s to %s left with a wrong checksum", p->src, p->dst);
	udp = plain_udp(f, &family);
	if (!udp)
		return;
	len = get16(udp + 4);
	/* what is beyond the end of the IP packet is no part of it */
	if (len >= 8 && udp + len <= f->data + f->len && udp + len <= old + ip_total(old))
		was = sum_of(family, old, udp, len, &f->vh);
	if (was != SUM_WRONG)
		wrong("%s to %s had a right checksum and left with a wrong one", p->src, p->dst);
}

/* Parse and check an IP packet; false if it is no UDP. */
static bool parse(struct packet *p, const uint8_t *ip, size_t len)
{
	bool v6 = ip[0] >> 4 == 6;
	size_t hdr = v6 ? 40 : (ip[0] & 15) * 4u, total;
	uint16_t frag = v6 ? 0 : get16(ip + 6) & 0x3fff;

	total = ip_total(ip);
	if (ip[0] >> 4 != 4 && !v6)
		wrong("a packet of IP version %u left", ip[0] >> 4);
	if (len < hdr || total > len || total < hdr)
		wrong("an IP packet of %zu bytes left as a frame of %zu", total, len);
	if (!v6 && csum_add(0, ip, hdr) != 0xffff)
		wrong("an IPv4 header left with a wrong checksum");
	p->family = v6 ? AF_INET6 : AF_INET;
	p->udp = ip + hdr;
	p->len = total - hdr;
	p->whole = !frag;
	p->first = !(frag & 0x1fff);
	if (ip[v6 ? 6 : 9] != IPPROTO_UDP || (p->first && p->len < 8))
		return false;
	if (!p->first)
		return true;
	format_ep(p->src, sizeof(p->src), p->family, ip + (v6 ? 8 : 12), get16(p->udp));
	format_ep(p->dst, sizeof(p->dst), p->family, ip + (v6 ? 24 : 16), get16(p->udp + 2));
	return true;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Is it a leg that sends, and to its remote? */
static bool from_leg(const struct packet *p)
{
	static const char *const pairs[][2] = {
		{ "192.0.2.254:30000", "192.0.2.1:40000" },
		{ "198.51.100.254:30002", "198.51.100.1:50000" },
		{ "[2001:db8:a::fe]:30000", "[2001:db8:a::1]:40000" },
		{ "[2001:db8:b::fe]:30002", "[2001:db8:b::1]:50000" },
		{ "192.0.2.254:30010", "192.0.2.1:40010" },
		{ "[2001:db8:b::fe]:30012", "[2001:db8:b::1]:50010" },
		{ "198.51.100.254:30022", "198.51.100.1:50020" },
		{ "198.51.100.254:30032", "198.51.100.1:50030" },
		{ "198.51.100.254:30042", "198.51.100.1:50040" },
		{ "198.51.100.254:30052", "198.51.100.1:50050" },
		{ "198.51.100.254:30062", "198.51.100.1:50060" },
		{ "198.51.100.254:30072", "198.51.100.1:50070" },
		{ "192.0.2.254:31000", "192.0.2.1:41000" },
		{ "[2001:db8:b::fe]:31002", "[2001:db8:b::1]:51000" },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strcmp(p->src, pairs[i][0]))
			continue;
		if (strcmp(p->dst, pairs[i][1]))
			wrong("a leg sent from %s to %s, not to %s", p->src, p->dst, pairs[i][1]);
		return true;
	}
	return false;
}

static bool from_natmap(const struct packet *p)
{
	return starts(p->src, "192.0.2.200:") || starts(p->src, "[2001:db8:a::200]:") ||
	       starts(p->dst, "198.51.100.7:") || starts(p->dst, "[2001:db8:b::7]:");
}

/* The payload must be what the frame @f had, if that can be told. */
static void check_payload(const struct packet *p, const struct tap_frame *f)
{
	const uint8_t *udp;
	int family;

	udp = plain_udp(f, &family);
	if (!udp || !p->whole)
		return;
	if (udp + p->len > f->data + f->len || memcmp(udp + 8, p->udp + 8, p->len - 8))
		wrong("%s to %s: the payload is not the one that was sent", p->src, p->dst);
}

/* The IP header of a frame: a tag of VLAN 0 is as none. */
static const uint8_t *behind_tags(const struct tap_frame *f)
{
	const uint8_t *type = f->data + 12;

	while (get16(type) == ETH_P_8021Q || get16(type) == ETH_P_8021AD)
		type += 4;
	return type + 2;
}

/* What left by a protected leg; its text is in the clear then. */
static void check_secured(struct packet *p, struct secured *s, const struct tap_frame *f)
{
	_Alignas(8) static uint8_t text[2][TAP_FRAME_MAX];
	static unsigned int nr;
	const uint8_t *ip = behind_tags(f), *udp = ip + (ip[0] >> 4 == 6 ? 40 : 20);
	size_t room = (size_t)(f->data + f->len - udp), sent = get16(udp + 4);
	const char *why;

	if (!p->whole)
		wrong("%s to %s left in pieces", p->src, p->dst);
	p->text = memcpy(text[++nr & 1], p->udp + 8, p->text_len);
	sent = sent >= 8 && sent <= room && !f->vh.gso_type ? sent : room;
	why = secured_judge(s, text[nr & 1], &p->text_len, udp + 8, sent - 8, f->vh.gso_type);
	if (why)
		wrong("%s to %s: %s", p->src, p->dst, why);
	seen_secured++;
}

/* An IP packet that left.  Returns whether it is UDP, whole or a first fragment. */
static bool judge(struct packet *p, const uint8_t *ip, size_t len, const struct virtio_net_hdr *vh,
		  const struct tap_frame *f)
{
	struct secured *secured;
	bool nat;

	if (!parse(p, ip, len) || !p->first)
		return false;
	p->text = p->udp + 8;
	p->text_len = p->len - 8;
	nat = from_natmap(p);
	secured = nat ? NULL : secured_from(p->src);
	if (nat)
		seen_nat++;
	else if (from_leg(p))
		seen_legs++;
	else
		wrong("a packet left from %s to %s", p->src, p->dst);
	if (p->whole)
		check_udp(p, ip, vh, f, nat);
	if (secured)
		check_secured(p, secured, f);
	else
		check_payload(p, f);
	return true;
}

/* Read all that has left.  Returns the number of UDP packets; *last is one. */
static unsigned int harvest(const struct tap_frame *f, struct packet *last, int ms)
{
	static uint8_t buf[2][TAP_FRAME_MAX];
	struct virtio_net_hdr vh;
	unsigned int side, n = 0;
	struct packet p;
	size_t len;

	for (side = 0; side < 2; side++) {
		while ((len = tap_recv(fd[side], mode, buf[n & 1], TAP_FRAME_MAX, &vh, ms))) {
			uint16_t type = get16(buf[n & 1] + 12);

			if (len < ETH_HLEN + 20 || (type != ETH_P_IP && type != ETH_P_IPV6))
				continue;
			if (memcmp(buf[n & 1] + ETH_ALEN, fuzz_mac[side][1], ETH_ALEN))
				wrong("a frame left device %u with another's address", side);
			if (!judge(&p, buf[n & 1] + ETH_HLEN, len - ETH_HLEN, &vh, f))
				continue;
			*last = p;
			n++;
			if (ms)
				return n;
		}
	}
	return n;
}

/* Frames -------------------------------------------------------------------- */

/* The listener's copies of a frame: nobody writes to what it was given. */
static void hear(const struct tap_frame *f)
{
	static uint8_t buf[TAP_FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while (listener >= 0 &&
	       (n = recvfrom(listener, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &len)) >= 0) {
		/* a tag of VLAN is no part of it any more, nor what is left of a short frame */
		if (from.sll_pkttype == PACKET_OUTGOING || (size_t)n != f->len)
			continue;
		if (memcmp(buf, f->data, f->len))
			wrong("a frame is not what it was for another who holds it");
		heard++;
	}
}

static bool send_frame(const struct tap_frame *f)
{
	struct packet p;

	history[frames++ % HISTORY] = *f;
	trains += f->mode == TAP_VNET && f->vh.gso_type;
	if (!tap_send(fd[f->side], f))
		return false;
	taken++;
	harvest(f, &p, 0);
	hear(f);
	return true;
}

/* The calls that go on beside all this: IPv4 at one end, IPv6 at the other, both ways; and
 * one of each protected leg.
 */
static const struct good_call {
	struct fuzz_flow flow;
	const char *dst;
} good_calls[] = {
	{ { 0, AF_INET, "192.0.2.1", "192.0.2.254", 41000, 31000, 0 }, "[2001:db8:b::1]:51000" },
	{ { 1, AF_INET6, "2001:db8:b::1", "2001:db8:b::fe", 51000, 31002, 0 }, "192.0.2.1:41000" },
	{ { 0, AF_INET, "192.0.2.1", "192.0.2.254", 40050, 30050, 0 }, "198.51.100.1:50050" },
	{ { 0, AF_INET, "192.0.2.1", "192.0.2.254", 40060, 30060, 0 }, "198.51.100.1:50060" },
	{ { 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::fe", 40070, 30070, 0 },
	  "198.51.100.1:50070" },
};

#define GOOD_CALLS	(sizeof(good_calls) / sizeof(good_calls[0]))

/* Its payload, protected if the leg wants that. */
static size_t good_payload(const struct fuzz_flow *fl, uint16_t seq, uint8_t *p)
{
	struct pkt pkt = PKT_DEFAULT;
	struct secured *s;
	size_t len;

	pkt.seq = seq;
	pkt.ssrc = 0x55667788;
	len = pkt_build(&pkt, p);
	for (s = secured_calls; s < secured_calls + SECURED_CALLS; s++)
		if (s->port == fl->dport)
			return secured_seal(s, p, len);
	return len;
}

static void good_packet(void)
{
	static struct tap_frame f;
	static unsigned int nr;
	const struct good_call *call = &good_calls[++nr % GOOD_CALLS];
	const struct fuzz_flow *fl = &call->flow;
	uint8_t *ip = f.data + ETH_HLEN;
	struct packet p;
	size_t len;

	f.mode = mode;
	f.side = fl->side;
	memcpy(f.data, fuzz_mac[f.side][1], ETH_ALEN);
	memcpy(f.data + ETH_ALEN, fuzz_mac[f.side][0], ETH_ALEN);
	put16(f.data + 12, fl->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	len = good_payload(fl, (uint16_t)(nr / GOOD_CALLS), ip + fuzz_hdrlen(fl->family) + 8);
	f.len = ETH_HLEN + fuzz_udp(ip, fl, len);
	if (fl->family == AF_INET)
		fuzz_sum(ip, fl->family, 8 + len, IPPROTO_UDP, 6);
	if (!tap_send(fd[f.side], &f))
		wrong("a sound packet could not be sent: %s", strerror(errno));
	if (!harvest(&f, &p, 0) && !harvest(&f, &p, 2000))
		wrong("a sound packet to %s was not forwarded", call->dst);
	if (strcmp(p.dst, call->dst) || !pkt_whole(p.text, p.text_len))
		wrong("a sound packet to %s went to %s", call->dst, p.dst);
	hear(&f);
}

static void open_devices(char **dev, enum tap_mode how)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (fd[i] > 0)
			close(fd[i]);
		fd[i] = tap_open(dev[i], how);
	}
	mode = how;
}

static void replay(const char *path, char **dev)
{
	static struct tap_frame f;
	FILE *file = fopen(path, "r");

	if (!file)
		die("%s: %s", path, strerror(errno));
	while (read_case(file, &f)) {
		if (f.mode != mode)
			open_devices(dev, f.mode);
		send_frame(&f);
		good_packet();
	}
	fclose(file);
}

static void flood(long long count, uint64_t until)
{
	static struct tap_frame f;
	long long i;

	for (i = 0; until ? now_ns() < until : i < count; i++) {
		fuzz_frame(&f, mode);
		send_frame(&f);
		if (i % 8 == 7)
			good_packet();
		if ((i + 1) % check_every == 0)
			check_counts();
	}
}

/* Every buffer is cloned for it. */
static void listen_too(void)
{
	listener = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (listener < 0)
		die("no packet socket: %s", strerror(errno));
}

static const struct option options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 't' },
	{ "mode", required_argument, NULL, 'm' },
	{ "check", required_argument, NULL, 'c' },
	{ "listen", no_argument, NULL, 'l' },
	{ "replay", required_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 }
};

static enum tap_mode mode_of(const char *name)
{
	int m;

	for (m = 0; m < TAP_MODES; m++)
		if (!strcmp(name, tap_mode_names[m]))
			return (enum tap_mode)m;
	die("--mode %s: expected plain, frags or vnet", name);
}

int main(int argc, char **argv)
{
	long long count = 1000, seconds = 0, seed = 1;
	enum tap_mode how = TAP_PLAIN;
	const char *file = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's': seed = opt_num("seed", optarg, 1, UINT32_MAX); break;
		case 'n': count = opt_num("count", optarg, 1, INT64_MAX); break;
		case 't': seconds = opt_num("seconds", optarg, 1, 1000000); break;
		case 'm': how = mode_of(optarg); break;
		case 'c': check_every = opt_num("check", optarg, 1, INT64_MAX); break;
		case 'l': listen_too(); break;
		case 'r': file = optarg; break;
		default: die("options are explained at the head of pktfuzz.c");
		}
	}
	if (argc - optind != 2)
		die("usage: pktfuzz OPTION... DEV0 DEV1");
	fuzz_state = (uint32_t)seed;
	fuzz_seal = secured_payload;
	secured_begin();
	nl_open(&nl);
	open_devices(argv + optind, how);
	start = settled();
	if (file)
		replay(file, argv + optind);
	else
		flood(count, seconds ? now_ns() + (uint64_t)seconds * 1000000000u : 0);
	check_counts();
	printf("{\"frames\":%lu,\"taken\":%lu,\"legs\":%llu,\"natmaps\":%llu,\"secured\":%llu,\"heard\":%llu}\n",
	       frames, taken, (unsigned long long)seen_legs, (unsigned long long)seen_nat,
	       (unsigned long long)seen_secured, (unsigned long long)heard);
	return 0;
}
