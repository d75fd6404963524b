// SPDX-License-Identifier: GPL-2.0
/*
 * pktbench - send RTP frames as fast as it goes, say what one costs, and compare
 * what arrives with what should
 *
 * Under scripts/vm --insn a nanosecond is an instruction and there is one
 * processor: what is sent through veth has been received, forwarded and counted
 * before this program goes on. The time of a packet is then the instructions of
 * the whole way, and the difference of two runs what one part of it costs.
 *
 *	pktbench OPTIONS in=HOP [out=HOP] flows=FILE [in=HOP [out=HOP] flows=FILE]
 *
 * in, out and flows are one direction; two alternate packet by packet.
 *
 *	HOP	NAMESPACE,DEVICE,SOURCE MAC,DESTINATION MAC,SOURCE,DESTINATION,TOS,TTL
 *		as the frame is sent ("in") and as it must arrive ("out")
 *	FILE	lines of four ports: source and destination as sent, as arriving
 *
 * packets=N, warm=N: measured, and sent before it without being measured
 * verify=N: so many, spread over the flows, are compared byte by byte first
 * size=N: of the RTP packet; order=round|random; burst=N packets per sendmmsg()
 * csum=vouched|full|none: as by a device that checked it, whole, or absent
 * ignore=id,csum,flow: what a path may choose anew: IPv4 identification with DF,
 * the UDP checksum's absence, the flow label
 * srtp=KEY: the side named last sends SRTP with this key, in hexadecimal: 30 bytes are
 * AES_CM_128_HMAC_SHA1_80, 28 AEAD_AES_128_GCM; it must arrive as RTP, or
 * srtp-out=KEY: as SRTP with this one
 * rate=N: so many packets a second instead of as fast as it goes; they are made
 * beforehand, and what is told is how long sending took
 * ssrc=N: added to the SSRC of each flow, so that a run is a stream of its own
 * cpu=PID: also how much processor time that process took while we sent
 * pause=N: so many nanoseconds after each burst: half of them busily, until a device
 * has them all, the rest asleep, which gives the processor to who receives them
 * profile=1: marks the measured part for scripts/bench-profile
 */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <srtp2/srtp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkt.h"

#define MAX_SIDES	2
#define MAX_FRAME	1536
#define MAX_BURST	64
#define YIELD_EVERY	16
#define CHUNK		250
#define ARRIVE_MS	2000
#define SRTP_KEY	30
#define SRTP_KEY_GCM	28
#define SRTP_TAG	16
/* a gap worth a system call */
#define SLEEP_NS	5000

enum csum { CSUM_VOUCHED, CSUM_FULL, CSUM_NONE };

struct hop {
	char ns[64];
	char dev[IFNAMSIZ];
	uint8_t smac[6], dmac[6];
	uint8_t saddr[16], daddr[16];
	bool v6;
	uint8_t tos, ttl;
};

struct flow {
	uint16_t in_sport, in_dport, out_sport, out_dport;
	uint32_t sent;
};

struct side {
	struct hop in, out;
	bool checked;
	struct flow *flow;
	unsigned int flows;
	unsigned int *order;
	unsigned int next;
	int tx, rx;
	srtp_t srtp, srtp_out;
};

static struct side sides[MAX_SIDES];
static unsigned int nr_sides;
static unsigned int size = 172, burst = 1;
static enum csum csum = CSUM_VOUCHED;
static unsigned int rate, ssrc, pause_ns;
static clockid_t cpu_clock;
static bool ignore_id, ignore_csum, ignore_flow, profile, has_cpu;

/*
 * The marks that scripts/bench-profile's plugin looks for: a long nop whose
 * displacement says which of the two it is.
 */
static void mark_begin(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x42, 0x45, 0x47, 0x31" ::: "memory");
}

static void mark_end(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x42, 0x45, 0x47, 0x32" ::: "memory");
}

/* Arguments ------------------------------------------------------------------ */

static void parse_mac(const char *word, uint8_t *mac)
{
	if (sscanf(word, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		   mac + 5) != 6)
		die("'%s' is no MAC address", word);
}

static void parse_addr(const char *word, uint8_t *addr, bool *v6)
{
	*v6 = strchr(word, ':');
	if (inet_pton(*v6 ? AF_INET6 : AF_INET, word, addr) != 1)
		die("'%s' is no address", word);
}

static void parse_hop(char *text, struct hop *hop)
{
	char *word[8], *save = NULL;
	bool v6;
	int i;

	for (i = 0; i < 8; i++, text = NULL) {
		word[i] = strtok_r(text, ",", &save);
		if (!word[i])
			die("a hop has eight words, this one ends after %d", i);
	}
	snprintf(hop->ns, sizeof(hop->ns), "/run/netns/%s", word[0]);
	snprintf(hop->dev, sizeof(hop->dev), "%s", word[1]);
	parse_mac(word[2], hop->smac);
	parse_mac(word[3], hop->dmac);
	parse_addr(word[4], hop->saddr, &hop->v6);
	parse_addr(word[5], hop->daddr, &v6);
	if (v6 != hop->v6)
		die("%s and %s are of different families", word[4], word[5]);
	hop->tos = (uint8_t)opt_num("TOS", word[6], 0, 255);
	hop->ttl = (uint8_t)opt_num("TTL", word[7], 0, 255);
}

static void read_flows(const char *path, struct side *s)
{
	unsigned int room = 0;
	struct flow f = { 0 };
	FILE *file;

	file = fopen(path, "r");
	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fscanf(file, "%hu %hu %hu %hu", &f.in_sport, &f.in_dport, &f.out_sport,
		      &f.out_dport) == 4) {
		if (s->flows == room) {
			room = room ? 2 * room : 64;
			s->flow = realloc(s->flow, room * sizeof(*s->flow));
			if (!s->flow)
				die("no memory for %u flows", room);
		}
		s->flow[s->flows++] = f;
	}
	if (!s->flows || !feof(file))
		die("%s: expected lines of four ports; line %u is none", path, s->flows + 1);
	fclose(file);
}

/* One context of libsrtp for all flows: each has an SSRC of its own. */
static void parse_srtp(const char *word, srtp_t *srtp)
{
	srtp_policy_t policy = { .ssrc = { .type = ssrc_any_outbound } };
	srtp_err_status_t status;
	uint8_t key[SRTP_KEY];
	unsigned int i;

	for (i = 0; i < SRTP_KEY && sscanf(word, "%2hhx", &key[i]) == 1; i++)
		word += 2;
	if (i != SRTP_KEY && i != SRTP_KEY_GCM)
		die("the SRTP key has %u bytes, expected %d or %d in hexadecimal", i, SRTP_KEY,
		    SRTP_KEY_GCM);
	srtp_crypto_policy_set_rtp_default(&policy.rtp);
	srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	if (i == SRTP_KEY_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	}
	policy.key = key;
	status = srtp_create(srtp, &policy);
	if (status)
		die("libsrtp2 takes no key: %d", status);
}

static void parse_cpu(const char *word)
{
	pid_t pid = (pid_t)opt_num("cpu", word, 1, 1 << 30);

	if (clock_getcpuclockid(pid, &cpu_clock))
		die("process %d has no clock", pid);
	has_cpu = true;
}

/* Every flow once, in an order that no cache or hash likes, the same each time. */
static void shuffle(struct side *s, bool random)
{
	unsigned int i, j, t;
	uint32_t x = 20250;

	s->order = calloc(s->flows, sizeof(*s->order));
	if (!s->order)
		die("no memory for %u flows", s->flows);
	for (i = 0; i < s->flows; i++)
		s->order[i] = i;
	for (i = s->flows - 1; random && i > 0; i--) {
		x = pkt_next(x);
		j = x % (i + 1);
		t = s->order[i];
		s->order[i] = s->order[j];
		s->order[j] = t;
	}
}

/* Frames --------------------------------------------------------------------- */

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	return len & 1 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static size_t ip_len(const struct hop *h)
{
	return h->v6 ? 40 : 20;
}

/* IPv4 identification is the flow's own count, so that a loss shows in it. */
static void put_ip(uint8_t *p, const struct hop *h, size_t payload, uint16_t id, bool df)
{
	size_t udp = 8 + payload;

	if (h->v6) {
		memset(p, 0, 8);
		put16(p, (uint16_t)(6 << 12 | h->tos << 4));
		put16(p + 4, (uint16_t)udp);
		p[6] = IPPROTO_UDP;
		p[7] = h->ttl;
		memcpy(p + 8, h->saddr, 16);
		memcpy(p + 24, h->daddr, 16);
		return;
	}
	memset(p, 0, 20);
	p[0] = 0x45;
	p[1] = h->tos;
	put16(p + 2, (uint16_t)(20 + udp));
	put16(p + 4, id);
	put16(p + 6, df ? 0x4000 : 0);
	p[8] = h->ttl;
	p[9] = IPPROTO_UDP;
	memcpy(p + 12, h->saddr, 4);
	memcpy(p + 16, h->daddr, 4);
	put16(p + 10, (uint16_t)~fold(sum16(p, 20, 0)));
}

static uint32_t pseudo(const struct hop *h, size_t payload)
{
	size_t len = h->v6 ? 16 : 4;

	return sum16(h->daddr, len, sum16(h->saddr, len, (uint32_t)(IPPROTO_UDP + 8 + payload)));
}

static void put_udp(uint8_t *p, const struct hop *h, size_t payload, uint16_t sport,
		    uint16_t dport, enum csum how)
{
	uint16_t sum;

	put16(p, sport);
	put16(p + 2, dport);
	put16(p + 4, (uint16_t)(8 + payload));
	put16(p + 6, 0);
	if (how == CSUM_NONE)
		return;
	if (how == CSUM_VOUCHED) {
		put16(p + 6, fold(pseudo(h, payload)));
		return;
	}
	sum = (uint16_t)~fold(sum16(p, 8 + payload, pseudo(h, payload)));
	put16(p + 6, sum ? sum : 0xffff);
}

/* libsrtp writes words: the payload is not aligned in a frame */
static size_t protect(srtp_t srtp, uint8_t *payload, size_t len)
{
	uint32_t aligned[MAX_FRAME / 4];
	int room = (int)len;

	memcpy(aligned, payload, len);
	if (srtp_protect(srtp, aligned, &room))
		die("libsrtp2 does not protect a packet of %zu bytes", len);
	memcpy(payload, aligned, (size_t)room);
	return (size_t)room;
}

/*
 * The frame of packet number @n of flow @f as it is sent (@h is the side's "in")
 * or as it must arrive ("out"). The payload proves itself (pkt.h).
 */
static size_t frame(uint8_t *p, const struct side *s, const struct hop *h, unsigned int f,
		    uint32_t n, enum csum how)
{
	const struct flow *flow = &s->flow[f];
	bool out = h == &s->out;
	struct pkt rtp = PKT_DEFAULT;
	/* what was IPv6 becomes an atomic datagram */
	bool was6 = out && s->in.v6;
	size_t ip = ip_len(h), payload;

	rtp.seq = (uint16_t)n;
	rtp.ts = n * 160;
	rtp.ssrc = ssrc + 0x10000 + f;
	rtp.size = size;
	memcpy(p, h->dmac, 6);
	memcpy(p + 6, h->smac, 6);
	put16(p + 12, h->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	payload = pkt_build(&rtp, p + 14 + ip + 8);
	if (out ? s->srtp_out : s->srtp)
		payload = protect(out ? s->srtp_out : s->srtp, p + 14 + ip + 8, payload);
	put_ip(p + 14, h, payload, was6 ? 0 : (uint16_t)n, was6);
	put_udp(p + 14 + ip, h, payload, out ? flow->out_sport : flow->in_sport,
		out ? flow->out_dport : flow->in_dport, how);
	return 14 + ip + 8 + payload;
}

/* Sockets -------------------------------------------------------------------- */

static int packet_socket(const struct hop *h, int proto)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(proto) };
	int ns, fd, one = 1;

	ns = open(h->ns, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die("%s: %s", h->ns, strerror(errno));
	close(ns);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(proto));
	sll.sll_ifindex = (int)if_nametoindex(h->dev);
	if (fd < 0 || !sll.sll_ifindex || bind(fd, (struct sockaddr *)&sll, sizeof(sll)))
		die("%s in %s: %s", h->dev, h->ns, strerror(errno));
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		die("PACKET_VNET_HDR: %s", strerror(errno));
	return fd;
}

static void open_side(struct side *s)
{
	int one = 1;

	s->tx = packet_socket(&s->in, 0);
	if (setsockopt(s->tx, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		die("PACKET_QDISC_BYPASS: %s", strerror(errno));
}

static struct virtio_net_hdr vnet(const struct hop *h)
{
	struct virtio_net_hdr v = { 0 };

	if (csum == CSUM_VOUCHED) {
		v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v.csum_start = (uint16_t)(14 + ip_len(h));
		v.csum_offset = 6;
	}
	return v;
}

/* Verification --------------------------------------------------------------- */

static bool is_ours(const uint8_t *p, ssize_t len, const struct hop *h)
{
	size_t ip = ip_len(h);

	return len > (ssize_t)(14 + ip + 8) && get16(p + 12) == (h->v6 ? 0x86dd : 0x0800) &&
	       p[14 + (h->v6 ? 6 : 9)] == IPPROTO_UDP && !memcmp(p, h->dmac, 6);
}

/*
 * Takes out what the path may choose anew, from both, once the rest of it is
 * known to be right: an absent UDP checksum, or one that the receiver is to
 * complete, says nothing wrong.
 */
static void forgive(uint8_t *got, uint8_t *want, const struct hop *h, bool partial)
{
	size_t ip = 14, udp = 14 + ip_len(h);

	if (ignore_flow && h->v6) {
		got[ip + 1] = (got[ip + 1] & 0xf0) | (want[ip + 1] & 0x0f);
		memcpy(got + ip + 2, want + ip + 2, 2);
	}
	if (ignore_id && !h->v6 && !fold((uint32_t)~fold(sum16(got + ip, 20, 0)) & 0xffff)) {
		memcpy(got + ip + 4, want + ip + 4, 4);
		memcpy(got + ip + 10, want + ip + 10, 2);
	}
	if ((ignore_csum && !h->v6 && !get16(got + udp + 6)) || partial)
		memcpy(got + udp + 6, want + udp + 6, 2);
}

static void compare(uint8_t *got, ssize_t len, const struct side *s, unsigned int f, uint32_t n,
		    bool partial)
{
	const struct hop *h = &s->out;
	uint8_t want[MAX_FRAME];
	size_t wlen, i;

	wlen = frame(want, s, h, f, n, csum == CSUM_NONE && !h->v6 ? CSUM_NONE : CSUM_FULL);
	/* what another device is to add: the pseudo header must be there */
	i = wlen - (14 + ip_len(h) + 8);
	if (partial && get16(got + 14 + ip_len(h) + 6) != fold(pseudo(h, i)))
		die("flow %u, packet %u: the pseudo header's checksum is %04x, expected %04x", f,
		    n, get16(got + 14 + ip_len(h) + 6), fold(pseudo(h, i)));
	forgive(got, want, h, partial);
	if ((size_t)len != wlen)
		die("flow %u, packet %u: %zd bytes arrived, expected %zu", f, n, len, wlen);
	for (i = 0; i < wlen; i++) {
		if (got[i] != want[i])
			die("flow %u, packet %u: byte %zu is %02x, expected %02x", f, n, i,
			    got[i], want[i]);
	}
}

static void send_one(struct side *s, unsigned int f)
{
	struct virtio_net_hdr v = vnet(&s->in);
	uint8_t buf[sizeof(v) + MAX_FRAME];
	size_t len;

	memcpy(buf, &v, sizeof(v));
	len = frame(buf + sizeof(v), s, &s->in, f, ++s->flow[f].sent, csum);
	if (send(s->tx, buf, sizeof(v) + len, 0) < 0)
		die("send: %s", strerror(errno));
}

static void verify_one(struct side *s, unsigned int f)
{
	uint8_t buf[sizeof(struct virtio_net_hdr) + MAX_FRAME];
	struct pollfd pfd = { .fd = s->rx, .events = POLLIN };
	struct virtio_net_hdr v;
	ssize_t got;

	send_one(s, f);
	for (;;) {
		if (poll(&pfd, 1, ARRIVE_MS) < 1)
			die("flow %u, packet %u (ports %u to %u) did not arrive within %d ms", f,
			    s->flow[f].sent, s->flow[f].in_sport, s->flow[f].in_dport, ARRIVE_MS);
		got = recv(s->rx, buf, sizeof(buf), 0);
		if (got < (ssize_t)sizeof(v))
			die("recv: %s", strerror(errno));
		memcpy(&v, buf, sizeof(v));
		got -= sizeof(v);
		if (is_ours(buf + sizeof(v), got, &s->out))
			break;
	}
	compare(buf + sizeof(v), got, s, f, s->flow[f].sent,
		v.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* The socket of the far side is there only as long as it is needed: a tap costs. */
static void verify(struct side *s, unsigned int packets)
{
	unsigned int i;

	s->rx = packet_socket(&s->out, ETH_P_ALL);
	for (i = 0; i < packets; i++)
		verify_one(s, s->order[(uint64_t)i * s->flows / packets % s->flows]);
	close(s->rx);
}

/* Measurement ---------------------------------------------------------------- */

struct slot {
	uint8_t buf[sizeof(struct virtio_net_hdr) + MAX_FRAME];
};

static void fill(uint8_t *buf, struct iovec *iov, struct side *s)
{
	struct virtio_net_hdr v = vnet(&s->in);
	unsigned int f = s->order[s->next];

	if (++s->next == s->flows)
		s->next = 0;
	memcpy(buf, &v, sizeof(v));
	iov->iov_base = buf;
	iov->iov_len = sizeof(v) + frame(buf + sizeof(v), s, &s->in, f, ++s->flow[f].sent, csum);
}

static void pause_for(unsigned int ns)
{
	struct timespec gap = { .tv_nsec = (long)ns / 2 };
	uint64_t begin = now_ns();

	while (now_ns() - begin < ns / 2)
		;
	nanosleep(&gap, NULL);
}

/*
 * Sends @packets, all sides in turn, and returns the nanoseconds that went into
 * sending; what it takes to make the packets is not in it.
 */
static uint64_t send_many(unsigned int packets)
{
	static struct slot slot[MAX_BURST];
	static unsigned int turn, since;
	struct mmsghdr msg[MAX_BURST];
	struct iovec iov[MAX_BURST];
	uint64_t took = 0, begin;
	struct side *s;
	unsigned int i, n;
	int sent;

	memset(msg, 0, sizeof(msg));
	while (packets) {
		s = &sides[turn++ % nr_sides];
		n = packets < burst ? packets : burst;
		for (i = 0; i < n; i++) {
			fill(slot[i].buf, &iov[i], s);
			msg[i].msg_hdr.msg_iov = &iov[i];
			msg[i].msg_hdr.msg_iovlen = 1;
		}
		begin = now_ns();
		sent = n == 1 ? (int)(send(s->tx, iov[0].iov_base, iov[0].iov_len, 0) > 0) :
				sendmmsg(s->tx, msg, n, 0);
		took += now_ns() - begin;
		if (sent != (int)n)
			die("%d of %u packets were sent: %s", sent, n, strerror(errno));
		packets -= n;
		since += n;
		if (pause_ns)
			pause_for(pause_ns);
		/* leaves the processor to ksoftirqd if that has work */
		if (since >= YIELD_EVERY) {
			since = 0;
			begin = now_ns();
			sched_yield();
			took += now_ns() - begin;
		}
	}
	return took;
}

/* Frames of all packets to come, of all sides in turn as they will be sent. */
static uint8_t *make_all(unsigned int packets, struct iovec *iov)
{
	size_t room = sizeof(struct virtio_net_hdr) + 14 + 40 + 8 + size + SRTP_TAG;
	uint8_t *frames = calloc(packets, room);
	unsigned int i;

	if (!frames)
		die("no memory for %u packets", packets);
	for (i = 0; i < packets; i++)
		fill(frames + i * room, &iov[i], &sides[i % nr_sides]);
	return frames;
}

/*
 * Packets from @i on that are due; 0 after a while if none is. The relay may need
 * this processor, so it is left to it.
 */
static unsigned int due(unsigned int i, unsigned int packets, uint64_t begin)
{
	uint64_t now = now_ns() - begin, at = (uint64_t)i * 1000000000u / rate, n;
	struct timespec gap = { .tv_nsec = (long)(at - now) };

	if (at > now) {
		if (gap.tv_nsec > SLEEP_NS)
			nanosleep(&gap, NULL);
		return 0;
	}
	n = (now - at) * rate / 1000000000u + 1;
	if (n > packets - i)
		n = packets - i;
	return n < MAX_BURST ? (unsigned int)n : MAX_BURST;
}

/* Packet i leaves by side i % nr_sides, so that each side's are one call. */
static void send_due(const struct iovec *iov, unsigned int i, unsigned int n)
{
	struct mmsghdr msg[MAX_BURST];
	unsigned int side, k, count;

	for (side = 0; side < nr_sides; side++) {
		memset(msg, 0, sizeof(msg));
		for (k = i, count = 0; k < i + n; k++) {
			if (k % nr_sides != side)
				continue;
			msg[count].msg_hdr.msg_iov = (struct iovec *)&iov[k];
			msg[count++].msg_hdr.msg_iovlen = 1;
		}
		if (count && sendmmsg(sides[side].tx, msg, count, 0) != (int)count)
			die("not all of %u packets were sent: %s", count, strerror(errno));
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec ts = { 0 };

	if (has_cpu && clock_gettime(cpu_clock, &ts))
		die("the process that is measured has ended");
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void measure_paced(unsigned int packets)
{
	struct iovec *iov = calloc(packets, sizeof(*iov));
	unsigned int i = 0, n;
	uint64_t begin, cpu;
	uint8_t *frames;

	if (!iov)
		die("no memory for %u packets", packets);
	frames = make_all(packets, iov);
	prctl(PR_SET_TIMERSLACK, 1);
	cpu = cpu_ns();
	begin = now_ns();
	while (i < packets) {
		n = due(i, packets, begin);
		if (n)
			send_due(iov, i, n);
		i += n;
	}
	begin = now_ns() - begin;
	printf("{\"packets\":%u,\"elapsed_ns\":%llu,\"cpu_ns\":%llu}\n", packets,
	       (unsigned long long)begin, (unsigned long long)(cpu_ns() - cpu));
	free(frames);
	free(iov);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(unsigned int packets)
{
	unsigned int chunks = packets / CHUNK, i;
	uint64_t *took, sum = 0, begin, cpu;

	took = calloc(chunks, sizeof(*took));
	if (!took)
		die("no memory for %u figures", chunks);
	cpu = cpu_ns();
	begin = now_ns();
	if (profile)
		mark_begin();
	for (i = 0; i < chunks; i++) {
		took[i] = send_many(CHUNK);
		sum += took[i];
	}
	if (profile)
		mark_end();
	begin = now_ns() - begin;
	cpu = cpu_ns() - cpu;
	qsort(took, chunks, sizeof(*took), by_size);
	printf("{\"packets\":%u,\"mean\":%.1f,\"median\":%.1f,\"least\":%.1f,\"elapsed_ns\":%llu,"
	       "\"cpu_ns\":%llu}\n", chunks * CHUNK, (double)sum / chunks / CHUNK,
	       (double)took[chunks / 2] / CHUNK, (double)took[0] / CHUNK,
	       (unsigned long long)begin, (unsigned long long)cpu);
	free(took);
}

int main(int argc, char **argv)
{
	unsigned int packets = 20000, warm = 2000, sample = 0, i;
	bool random = false;
	char *val;
	int arg;

	if (srtp_init())
		die("libsrtp2 does not start");
	for (arg = 1; arg < argc; arg++) {
		val = strchr(argv[arg], '=');
		if (!val)
			die("'%s': expected NAME=VALUE", argv[arg]);
		*val++ = 0;
		if (!strcmp(argv[arg], "in")) {
			if (nr_sides == MAX_SIDES)
				die("more than %d directions", MAX_SIDES);
			parse_hop(val, &sides[nr_sides++].in);
		} else if (!strcmp(argv[arg], "out") && nr_sides) {
			parse_hop(val, &sides[nr_sides - 1].out);
			sides[nr_sides - 1].checked = true;
		} else if (!strcmp(argv[arg], "flows") && nr_sides) {
			read_flows(val, &sides[nr_sides - 1]);
		} else if (!strcmp(argv[arg], "srtp") && nr_sides) {
			parse_srtp(val, &sides[nr_sides - 1].srtp);
		} else if (!strcmp(argv[arg], "srtp-out") && nr_sides) {
			parse_srtp(val, &sides[nr_sides - 1].srtp_out);
		} else if (!strcmp(argv[arg], "rate")) {
			rate = (unsigned int)opt_num("rate", val, 1, 10000000);
		} else if (!strcmp(argv[arg], "ssrc")) {
			ssrc = (unsigned int)opt_num("ssrc", val, 0, 0xfff00000);
		} else if (!strcmp(argv[arg], "cpu")) {
			parse_cpu(val);
		} else if (!strcmp(argv[arg], "packets")) {
			packets = (unsigned int)opt_num("packets", val, 1, 100000000);
		} else if (!strcmp(argv[arg], "warm")) {
			warm = (unsigned int)opt_num("warm", val, 0, 100000000);
		} else if (!strcmp(argv[arg], "verify")) {
			sample = (unsigned int)opt_num("verify", val, 0, 1000000);
		} else if (!strcmp(argv[arg], "size")) {
			size = (unsigned int)opt_num("size", val, PKT_HEAD, 1400);
		} else if (!strcmp(argv[arg], "burst")) {
			burst = (unsigned int)opt_num("burst", val, 1, MAX_BURST);
		} else if (!strcmp(argv[arg], "pause")) {
			pause_ns = (unsigned int)opt_num("pause", val, 0, 1000000000);
		} else if (!strcmp(argv[arg], "order")) {
			random = !strcmp(val, "random");
		} else if (!strcmp(argv[arg], "csum")) {
			csum = !strcmp(val, "full") ? CSUM_FULL :
			       !strcmp(val, "none") ? CSUM_NONE : CSUM_VOUCHED;
		} else if (!strcmp(argv[arg], "ignore")) {
			ignore_id = strstr(val, "id");
			ignore_csum = strstr(val, "csum");
			ignore_flow = strstr(val, "flow");
		} else if (!strcmp(argv[arg], "profile")) {
			profile = true;
		} else {
			die("'%s' is unknown here", argv[arg]);
		}
	}
	if (!nr_sides)
		die("no direction is given (in=...)");
	if (!rate && packets < CHUNK)
		die("%u packets without a rate: expected %d or more", packets, CHUNK);
	for (i = 0; i < nr_sides; i++) {
		if (!sides[i].flows)
			die("direction %u has no flows", i + 1);
		shuffle(&sides[i], random);
		open_side(&sides[i]);
	}
	for (i = 0; i < nr_sides && sample; i++) {
		if (sides[i].checked)
			verify(&sides[i], sample);
	}
	send_many(warm);
	if (rate)
		measure_paced(packets);
	else
		measure(packets);
	return 0;
}
