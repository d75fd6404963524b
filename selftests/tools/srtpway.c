// SPDX-License-Identifier: GPL-2.0
/*
 * srtpway - both ends of a bridge of which one or both are protected, with libsrtp2 as
 * the judge
 *
 *   srtpway --from NETNS --on A:P --to A:P [--tx SUITE:HEX[:MKI]]
 *           --at NETNS --bound A:P [--rx SUITE:HEX[:MKI]]
 *           [--count N] [--seed S] [--seq S] [--ssrcs N] [--rtcp PERCENT] [--shuffle N]
 *           [--min N] [--max N] [--flip] [--replay] [--burst N] [--clear-rtcp]
 *           [--none] [--hold N] [--each CMD]
 *
 * Makes packets at random (RTP with contributors, extensions and padding, RTCP), protects
 * them with --tx, if it is given, and sends them from --on to --to in bursts whose order
 * is shuffled over --shuffle packets.  What arrives at --bound is unprotected with --rx,
 * if that is given, and must be one that was sent, byte for byte, and once.  --flip:
 * before each packet it comes with one bit changed; --replay: after each burst all of
 * it comes again.  Neither may arrive.  --none: nothing may.  --clear-rtcp: RTCP is sent
 * authenticated only, its E bit 0.  --each: after each burst, when it has come, CMD is run and
 * must succeed; --hold: so many packets of the burst are sent after that.
 *
 * --serve, and nothing else: such options are read from standard input, one run a line, for
 * who has many and little time to start programs.
 *
 * One line of JSON: sent, good (as they were), wrong (others, or again), auth (what
 * arrived and does not authenticate), bytes.  The state of the sources goes on from
 * --seq and is the same for the same --seed.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>

#include "srtpkit.h"

#define BURST_MAX	256
#define PACKET_MAX	2048
#define WAIT_MS		5000
/* and for what is not to come */
#define NONE_MS		300
/* what leaves in one piece, as long as nothing is put to it */
#define WHOLE		1472

struct side {
	const char *netns;
	struct sockaddr_storage addr;
	socklen_t len;
	const char *key;
	int fd;
	srtp_t srtp;
	bool mki;
};

struct made {
	int len, wire_len;
	bool rtcp, here;
	_Alignas(8) uint8_t plain[PACKET_MAX];
	_Alignas(8) uint8_t wire[PACKET_MAX];
};

struct opts {
	struct side tx, rx;
	struct sockaddr_storage to;
	socklen_t to_len;
	long long count, seed, seq, ssrcs, rtcp, shuffle, min, max, burst, hold;
	const char *each;
	bool flip, replay, clear_rtcp, none;
};

static const struct opts usual = {
	.count = 200, .seed = 1, .seq = 65500, .ssrcs = 1, .shuffle = 1, .min = 0, .max = 200,
	.burst = 16,
};

static struct opts o;

static struct made made[BURST_MAX];
static uint16_t next_seq[64];
static unsigned int sent, good, wrong, auth;
static unsigned long bytes;
static uint32_t dice = 1;

static uint32_t roll(uint32_t n)
{
	dice = pkt_next(dice);
	return n ? dice % n : 0;
}

static int unhex(uint8_t *out, int max, const char *hex)
{
	unsigned int byte;
	int n = 0;

	for (; n < max && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static void suite(srtp_policy_t *p, const char *name)
{
	size_t i;

	for (i = 0; i < KIT_SUITES && strcmp(name, kit_suites[i].name); i++)
		;
	if (i == KIT_SUITES)
		die("%s: no such suite", name);
	kit_suites[i].rtp(&p->rtp);
	kit_suites[i].rtcp(&p->rtcp);
}

static void protection(struct side *s, srtp_ssrc_type_t type)
{
	static uint8_t mki[2][16];
	uint8_t *id = mki[type == ssrc_any_inbound];
	srtp_master_key_t master = { 0 }, *masters = &master;
	srtp_policy_t policy = { .ssrc.type = type, .window_size = 1024 };
	char name[64], key[128], hex[64] = "";
	uint8_t raw[64];

	if (!s->key)
		return;
	if (sscanf(s->key, "%63[^:]:%127[^:]:%63s", name, key, hex) < 2)
		die("%s: expected SUITE:HEX", s->key);
	suite(&policy, name);
	if (o.clear_rtcp && type == ssrc_any_outbound)
		policy.rtcp.sec_serv = sec_serv_auth;
	unhex(raw, sizeof(raw), key);
	policy.key = raw;
	if (hex[0]) {
		master.key = raw;
		master.mki_id = id;
		master.mki_size = (unsigned int)unhex(id, 16, hex);
		policy.key = NULL;
		policy.keys = &masters;
		policy.num_master_keys = 1;
		s->mki = true;
	}
	if (srtp_create(&s->srtp, &policy))
		die("libsrtp2 refuses %s", s->key);
}

static void fill(uint8_t *p, int len)
{
	while (len--)
		*p++ = (uint8_t)roll(256);
}

static int make_rtp(uint8_t *p, unsigned int which)
{
	int n = 12, cc = roll(4) ? 0 : (int)roll(16), ext = roll(3) ? 0 : (int)roll(6);
	bool has_ext = !roll(3);

	p[0] = (uint8_t)(0x80 | cc | (has_ext ? 0x10 : 0));
	p[1] = (uint8_t)(roll(2) << 7 | 96);
	put16(p + 2, next_seq[which]++);
	put32(p + 4, roll(UINT32_MAX));
	put32(p + 8, 0x5eed0000 + which);
	fill(p + n, cc * 4);
	n += cc * 4;
	if (has_ext) {
		put16(p + n, 0xbede);
		put16(p + n + 2, (uint16_t)ext);
		fill(p + n + 4, ext * 4);
		n += 4 + ext * 4;
	}
	return n;
}

static int make_rtcp(uint8_t *p, unsigned int which)
{
	int words = (int)roll(40);

	/* a receiver report without blocks, and something of an application's */
	p[0] = 0x80;
	p[1] = 201;
	put16(p + 2, 1);
	put32(p + 4, 0x5eed0000 + which);
	p[8] = 0x80;
	p[9] = 204;
	put16(p + 10, (uint16_t)(2 + words));
	put32(p + 12, 0x5eed0000 + which);
	memcpy(p + 16, "none", 4);
	fill(p + 20, words * 4);
	return 20 + words * 4;
}

static void make(struct made *m)
{
	unsigned int which = roll((uint32_t)o.ssrcs);
	int payload, n, err = 0;

	memset(m, 0, sizeof(*m));
	m->rtcp = roll(100) < o.rtcp;
	if (m->rtcp) {
		m->len = make_rtcp(m->plain, which);
	} else {
		n = make_rtp(m->plain, which);
		payload = (int)(o.min + roll((uint32_t)(o.max - o.min + 1)));
		fill(m->plain + n, payload);
		m->len = n + payload < WHOLE ? n + payload : WHOLE;
	}
	memcpy(m->wire, m->plain, (size_t)m->len);
	m->wire_len = m->len;
	if (o.tx.srtp)
		err = m->rtcp ? srtp_protect_rtcp_mki(o.tx.srtp, m->wire, &m->wire_len, o.tx.mki, 0) :
				srtp_protect_mki(o.tx.srtp, m->wire, &m->wire_len, o.tx.mki, 0);
	if (err)
		die("libsrtp2 does not protect: %d", err);
}

static void send_one(const uint8_t *p, int len)
{
	if (sendto(o.tx.fd, p, (size_t)len, 0, (struct sockaddr *)&o.to, o.to_len) != len)
		die("send: %s", strerror(errno));
}

static void take(int n)
{
	_Alignas(8) uint8_t buf[PACKET_MAX];
	struct made *m;
	int len = recv(o.rx.fd, buf, sizeof(buf), 0), err = 0;
	bool rtcp = kit_is_rtcp(buf, len);

	bytes += len > 0 ? (unsigned long)len : 0;
	if (o.rx.srtp)
		err = rtcp ? srtp_unprotect_rtcp_mki(o.rx.srtp, buf, &len, o.rx.mki) :
			     srtp_unprotect_mki(o.rx.srtp, buf, &len, o.rx.mki);
	if (err) {
		auth++;
		return;
	}
	for (m = made; m < made + n; m++) {
		if (m->here || m->len != len || memcmp(m->plain, buf, (size_t)len))
			continue;
		m->here = true;
		good++;
		return;
	}
	wrong++;
}

/* until @enough have come, or nothing for @ms */
static void receive(int n, unsigned int enough, int ms)
{
	struct pollfd p = { .fd = o.rx.fd, .events = POLLIN };

	while (good + wrong + auth < enough && poll(&p, 1, ms) == 1)
		take(n);
}

/* between a burst and what of it is late */
static void each(void)
{
	int status = o.each ? system(o.each) : 0;

	if (status)
		die("'%s' ended with %d", o.each, status);
}

static void burst(int n)
{
	int order[BURST_MAX], late = n > o.hold ? n - (int)o.hold : 0, i, k, at;
	uint8_t flipped[PACKET_MAX];

	for (i = 0; i < n; i++) {
		make(&made[i]);
		order[i] = i;
	}
	for (i = 0; i < n - 1; i++) {
		k = i + (int)roll((uint32_t)(o.shuffle < n - i ? o.shuffle : n - i));
		at = order[i];
		order[i] = order[k];
		order[k] = at;
	}
	for (i = 0; i < n; i++) {
		const struct made *m = &made[order[i]];

		if (i == late) {
			receive(n, sent, WAIT_MS);
			each();
		}
		if (o.flip) {
			memcpy(flipped, m->wire, (size_t)m->wire_len);
			/* all but what makes it RTP, and of that SSRC */
			at = m->rtcp ? 8 : 12;
			flipped[at + (int)roll((uint32_t)(m->wire_len - at))] ^=
				(uint8_t)(1 << roll(8));
			send_one(flipped, m->wire_len);
		}
		send_one(m->wire, m->wire_len);
		sent++;
	}
	receive(n, sent, o.none ? NONE_MS : WAIT_MS);
	if (late == n)
		each();
	if (!o.replay)
		return;
	for (i = 0; i < n; i++)
		send_one(made[order[i]].wire, made[order[i]].wire_len);
}

static const struct option words[] = {
	{ "from", required_argument, NULL, 'f' }, { "on", required_argument, NULL, 'o' },
	{ "to", required_argument, NULL, 't' }, { "tx", required_argument, NULL, 'k' },
	{ "at", required_argument, NULL, 'a' }, { "bound", required_argument, NULL, 'b' },
	{ "rx", required_argument, NULL, 'r' }, { "count", required_argument, NULL, 'n' },
	{ "seed", required_argument, NULL, 's' }, { "seq", required_argument, NULL, 'q' },
	{ "ssrcs", required_argument, NULL, 'S' }, { "rtcp", required_argument, NULL, 'c' },
	{ "shuffle", required_argument, NULL, 'x' }, { "min", required_argument, NULL, 'm' },
	{ "max", required_argument, NULL, 'M' }, { "burst", required_argument, NULL, 'B' },
	{ "hold", required_argument, NULL, 'h' }, { "each", required_argument, NULL, 'e' },
	{ "flip", no_argument, NULL, 'F' }, { "replay", no_argument, NULL, 'R' },
	{ "clear-rtcp", no_argument, NULL, 'C' }, { "none", no_argument, NULL, 'N' }, { 0 }
};

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (c) {
		case 'f': o.tx.netns = optarg; break;
		case 'a': o.rx.netns = optarg; break;
		case 'o': kit_address("on", optarg, &o.tx.addr, &o.tx.len); break;
		case 'b': kit_address("bound", optarg, &o.rx.addr, &o.rx.len); break;
		case 't': kit_address("to", optarg, &o.to, &o.to_len); break;
		case 'k': o.tx.key = optarg; break;
		case 'r': o.rx.key = optarg; break;
		case 'n': o.count = opt_num("count", optarg, 1, 10000000); break;
		case 's': o.seed = opt_num("seed", optarg, 1, UINT32_MAX); break;
		case 'q': o.seq = opt_num("seq", optarg, 0, 65535); break;
		case 'S': o.ssrcs = opt_num("ssrcs", optarg, 1, 64); break;
		case 'c': o.rtcp = opt_num("rtcp", optarg, 0, 100); break;
		case 'x': o.shuffle = opt_num("shuffle", optarg, 1, BURST_MAX); break;
		case 'm': o.min = opt_num("min", optarg, 0, 1800); break;
		case 'M': o.max = opt_num("max", optarg, 0, 1800); break;
		case 'B': o.burst = opt_num("burst", optarg, 1, BURST_MAX); break;
		case 'h': o.hold = opt_num("hold", optarg, 0, BURST_MAX); break;
		case 'e': o.each = optarg; break;
		case 'F': o.flip = true; break;
		case 'R': o.replay = true; break;
		case 'C': o.clear_rtcp = true; break;
		case 'N': o.none = true; break;
		default: exit(2);
		}
	}
	if (!o.tx.len || !o.rx.len || !o.to_len || o.min > o.max)
		die("options are explained at the head of srtpway.c");
}

static void end_side(struct side *s)
{
	close(s->fd);
	if (s->srtp)
		srtp_dealloc(s->srtp);
}

static void way(int argc, char **argv)
{
	long long left;
	int i, n;

	o = usual;
	optind = 0;
	sent = 0;
	good = 0;
	wrong = 0;
	auth = 0;
	bytes = 0;
	options(argc, argv);
	protection(&o.tx, ssrc_any_outbound);
	protection(&o.rx, ssrc_any_inbound);
	o.rx.fd = kit_socket(o.rx.netns, &o.rx.addr, o.rx.len);
	o.tx.fd = kit_socket(o.tx.netns, &o.tx.addr, o.tx.len);
	dice = (uint32_t)o.seed;
	for (i = 0; i < 64; i++)
		next_seq[i] = (uint16_t)(o.seq + i * 1000);
	for (left = o.count; left > 0; left -= n) {
		n = (int)(left < o.burst ? left : o.burst);
		burst(n);
	}
	/* what must not come */
	receive(0, UINT32_MAX, o.flip || o.replay ? NONE_MS : 20);
	printf("{\"sent\":%u,\"good\":%u,\"wrong\":%u,\"auth\":%u,\"bytes\":%lu}\n", sent, good, wrong,
	       auth, bytes);
	fflush(stdout);
	end_side(&o.tx);
	end_side(&o.rx);
}

static void serve(char *name)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), argc;
	char line[4096], *argv[64] = { name };

	while (fgets(line, sizeof(line), stdin)) {
		argc = 1;
		for (argv[1] = strtok(line, " \n"); argv[argc] && argc < 62; )
			argv[++argc] = strtok(NULL, " \n");
		argv[argc] = NULL;
		way(argc, argv);
		/* no namespace lives longer for it */
		if (setns(home, CLONE_NEWNET))
			die("back: %s", strerror(errno));
	}
}

int main(int argc, char **argv)
{
	/* keeps libsrtp2's cryptography started between runs */
	static struct side keeper = { .key = "AES_CM_128_HMAC_SHA1_80:00" };

	if (srtp_init())
		die("libsrtp2 cannot be started");
	if (argc != 2 || strcmp(argv[1], "--serve")) {
		way(argc, argv);
		return 0;
	}
	protection(&keeper, ssrc_any_outbound);
	serve(argv[0]);
	return 0;
}
