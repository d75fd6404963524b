// SPDX-License-Identifier: GPL-2.0
/*
 * srtpswap - keys that change while packets flow, with libsrtp2 at both ends
 *
 *   srtpswap --a NETNS --on A:P --leg A:P --b NETNS --bound A:P --other A:P
 *            [--swaps N] [--seed S] [--lag N] [--ready PATH]
 *
 * The bridge of --leg and --other is there, its remotes are --on and --bound. Each leg
 * gets a key for what arrives and one for what leaves; then packets go both ways, each
 * on a processor of its own and as fast as they go, while a third thread gives one key
 * after the other, of any suite, with or without identifier, one at a time or several
 * in one message. Both parties follow: who sends goes on with the former key for a while
 * (--lag packets at most, some of which are overtaken by the first one of the new key),
 * and begins anew or goes on, as it likes; who receives is told by what it can open.
 *
 * Every packet must come, as it was sent; of what was changed on the way none may. Both
 * sides of the datapath are thereby judged by libsrtp2, indices included, since under
 * one key that knows each packet but once.
 *
 * Ends after N changes of key (0: when it is terminated) with one line of JSON. Which
 * datapath: RTPLANE_DATAPATH, as the command line has it.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "netlink/genl.h"
#include "srtpkit.h"

#define BURST		8
#define PACKET_MAX	512
#define WAIT_MS		2000
#define MKI_LEN		4
/* in percent */
#define RTCP		6
#define FORGED		6
#define JUMPS		1

/**
 * struct chain - the keys of one direction of one leg, one after the other
 * @nr: which of all
 * @leg: of which leg
 * @leaves: they are of what leaves
 * @asked: the newest key that the datapath was asked to take
 * @given: the newest that it has
 * @used: the newest that the party uses
 * @fresh: @asked begins a new context
 */
struct chain {
	unsigned int nr;
	unsigned int leg;
	bool leaves;
	atomic_uint asked;
	atomic_uint given;
	atomic_uint used;
	atomic_bool fresh;
};

/**
 * struct party - one end of a direction, under one key
 * @srtp: libsrtp2's session
 * @key: number of the key
 * @mki: packets carry an identifier
 * @known: @index is of a former key, or of this
 * @any: RTP was here under this key
 * @index: highest index
 */
struct party {
	srtp_t srtp;
	unsigned int key;
	bool mki;
	bool known;
	bool any;
	uint64_t index;
};

/**
 * struct made - a packet
 * @len: bytes of @plain
 * @wire_len: bytes of @wire
 * @key: number of the key of @wire
 * @rtcp: it is RTCP
 * @here: it came
 * @plain: as it is meant to come
 * @wire: as it is sent
 */
struct made {
	int len, wire_len;
	unsigned int key;
	bool rtcp, here;
	_Alignas(8) uint8_t plain[PACKET_MAX];
	_Alignas(8) uint8_t wire[PACKET_MAX];
};

/**
 * struct way - all that goes from one side to the other
 * @in: keys of what arrives at the leg
 * @out: keys of what leaves by the other
 * @from: socket of who sends
 * @to: of who receives
 * @leg: where it is sent
 * @leg_len: bytes of that
 * @tx: who sends
 * @rx: who receives
 * @next: the same by the next key, once something came that @rx cannot open
 * @lag: packets by the former key, before the new one is used; -1: not decided
 * @seq: the next sequence number
 * @dice: of this thread
 * @made: a burst
 * @sent: packets that had to come
 * @forged: packets that had not
 */
struct way {
	struct chain *in, *out;
	int from, to;
	struct sockaddr_storage leg;
	socklen_t leg_len;
	struct party tx, rx, next;
	int lag;
	uint16_t seq;
	uint32_t dice;
	struct made made[BURST];
	atomic_ulong sent, forged;
};

static struct opts {
	const char *netns[2], *ready;
	struct sockaddr_storage party[2], leg[2];
	socklen_t party_len[2], leg_len[2];
	struct dp_addr local[2];
	long long swaps, seed, lag;
} o = { .swaps = 1000, .seed = 1, .lag = 24 };

/* of a: arrives, leaves by b; of b: arrives, leaves by a */
static struct chain chains[4] = {
	{ .nr = 0, .leg = 0 }, { .nr = 1, .leg = 1, .leaves = true },
	{ .nr = 2, .leg = 1 }, { .nr = 3, .leg = 0, .leaves = true },
};
static struct way ways[2] = {
	{ .in = &chains[0], .out = &chains[1], .lag = -1 },
	{ .in = &chains[2], .out = &chains[3], .lag = -1 },
};
static atomic_bool over;
static atomic_uint swaps;
static int slow = 1;

static uint32_t roll(uint32_t *dice, uint32_t n)
{
	*dice = pkt_next(*dice);
	return (uint32_t)((uint64_t)*dice * n >> 32);
}

/* Keys ---------------------------------------------------------------------- */

/* Key @n of a chain: all that is to be known of it follows from the numbers. */
static struct dp_srtp key_of(const struct chain *c, unsigned int n)
{
	uint32_t dice = ((uint32_t)o.seed * 4 + c->nr) * 0x9e3779b1u ^ n * 0x85ebca6bu ^ 1;
	struct dp_srtp key = { .suite = 0 };
	unsigned int i;

	dice = dice ? dice : 1;
	for (i = 0; i < 8; i++)
		roll(&dice, 1);
	key.suite = (uint8_t)(1 + roll(&dice, KIT_SUITES));
	for (i = 0; i < kit_suites[key.suite - 1].key_len; i++)
		key.key[i] = (uint8_t)roll(&dice, 256);
	/* libsrtp2 looks for RTCP's identifier where RTP's tag would have it */
	if (strstr(kit_suites[key.suite - 1].name, "SHA1_32") || roll(&dice, 4))
		return key;
	key.mki_len = MKI_LEN;
	put32(key.mki, n);
	return key;
}

#define SSRC(c)	(0x5eed0000 + (c)->nr / 2)

/* Under key @n; from where @before was it goes on, unless it is @fresh. */
static struct party party_new(const struct chain *c, unsigned int n, const struct party *before,
			      bool fresh)
{
	struct dp_srtp key = key_of(c, n);
	srtp_master_key_t master = { .key = key.key, .mki_id = key.mki, .mki_size = key.mki_len };
	srtp_master_key_t *masters = &master;
	srtp_policy_t policy = { .window_size = 1024 };
	struct party p = {
		.key = n, .mki = key.mki_len, .known = before->known && !fresh, .index = before->index,
	};

	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = SSRC(c);
	kit_suites[key.suite - 1].rtp(&policy.rtp);
	kit_suites[key.suite - 1].rtcp(&policy.rtcp);
	if (key.mki_len) {
		policy.keys = &masters;
		policy.num_master_keys = 1;
	} else {
		policy.key = key.key;
	}
	if (srtp_create(&p.srtp, &policy))
		die("libsrtp2 takes no key");
	return p;
}

static void party_end(struct party *p)
{
	if (p->srtp)
		srtp_dealloc(p->srtp);
	p->srtp = NULL;
}

/* Which packet of all is that with number @seq? */
static uint64_t party_index(const struct party *p, uint16_t seq)
{
	int64_t index = (int64_t)p->index + (int16_t)(uint16_t)(seq - (uint16_t)p->index);

	return p->known && index >= 0 ? (uint64_t)index : seq;
}

/* libsrtp2 is told where the first one of RTP stands. */
static void party_before(const struct party *p, const struct chain *c, uint16_t seq)
{
	if (!p->any)
		srtp_set_stream_roc(p->srtp, SSRC(c), (uint32_t)(party_index(p, seq) >> 16));
}

static void party_after(struct party *p, uint16_t seq)
{
	uint64_t index = party_index(p, seq);

	if (!p->known || index > p->index)
		p->index = index;
	p->known = true;
	p->any = true;
}

/* Who sends ----------------------------------------------------------------- */

static void make_plain(struct way *w, struct made *m)
{
	int i, words = (int)roll(&w->dice, 20);
	uint8_t *p = m->plain;

	m->rtcp = roll(&w->dice, 100) < RTCP;
	if (m->rtcp) {
		/* a receiver report without blocks, and something of an application's */
		memcpy(p, (uint8_t[]){ 0x80, 201, 0, 1 }, 4);
		put32(p + 4, SSRC(w->in));
		memcpy(p + 8, (uint8_t[]){ 0x80, 204, 0, (uint8_t)(2 + words) }, 4);
		put32(p + 12, SSRC(w->in));
		memcpy(p + 16, "none", 4);
		m->len = 20 + 4 * words;
		i = 20;
	} else {
		p[0] = 0x80;
		p[1] = 96;
		put16(p + 2, w->seq++);
		put32(p + 4, roll(&w->dice, UINT32_MAX));
		put32(p + 8, SSRC(w->in));
		m->len = 12 + (int)roll(&w->dice, 200);
		i = 12;
	}
	for (; i < m->len; i++)
		p[i] = (uint8_t)roll(&w->dice, 256);
}

static void make(struct way *w, struct made *m)
{
	struct party *p = &w->tx;
	int err;

	memset(m, 0, sizeof(*m));
	make_plain(w, m);
	m->key = p->key;
	m->wire_len = m->len;
	memcpy(m->wire, m->plain, (size_t)m->len);
	if (m->rtcp) {
		err = srtp_protect_rtcp_mki(p->srtp, m->wire, &m->wire_len, p->mki, 0);
	} else {
		party_before(p, w->in, get16(m->plain + 2));
		err = srtp_protect_mki(p->srtp, m->wire, &m->wire_len, p->mki, 0);
		party_after(p, get16(m->plain + 2));
	}
	if (err)
		die("libsrtp2 does not protect: %d", err);
}

/* The newest key, some packets after the datapath has it.  Returns whether it is new. */
static bool follow(struct way *w)
{
	unsigned int newest = atomic_load(&w->in->given);
	struct party before = w->tx;

	if (newest == w->tx.key)
		return false;
	if (w->lag < 0)
		w->lag = (int)roll(&w->dice, (uint32_t)o.lag + 1);
	if (w->lag--)
		return false;
	w->tx = party_new(w->in, newest, &before, roll(&w->dice, 2));
	party_end(&before);
	return true;
}

static void send_one(const struct way *w, const uint8_t *p, int len)
{
	if (sendto(w->from, p, (size_t)len, 0, (const struct sockaddr *)&w->leg, w->leg_len) != len)
		die("send: %s", strerror(errno));
}

static void send_forged(struct way *w, const struct made *m)
{
	uint8_t copy[PACKET_MAX];
	int head = m->rtcp ? 8 : 12;

	memcpy(copy, m->wire, (size_t)m->wire_len);
	copy[head + (int)roll(&w->dice, (uint32_t)(m->wire_len - head))] ^=
		(uint8_t)(1 << roll(&w->dice, 8));
	send_one(w, copy, m->wire_len);
	atomic_fetch_add(&w->forged, 1);
}

/* Who receives -------------------------------------------------------------- */

static bool opens(struct party *p, const struct chain *c, const uint8_t *wire, int len,
		  uint8_t *out, int *out_len)
{
	bool rtcp = kit_is_rtcp(wire, len);
	int err;

	*out_len = len;
	memcpy(out, wire, (size_t)len);
	if (rtcp)
		return !srtp_unprotect_rtcp_mki(p->srtp, out, out_len, p->mki);
	party_before(p, c, get16(wire + 2));
	err = srtp_unprotect_mki(p->srtp, out, out_len, p->mki);
	if (!err)
		party_after(p, get16(wire + 2));
	return !err;
}

/* By the key that came last, or the one that was asked for since. */
static bool understands(struct way *w, const uint8_t *wire, int len, uint8_t *out, int *out_len)
{
	unsigned int newest = atomic_load(&w->out->asked);

	if (opens(&w->rx, w->out, wire, len, out, out_len))
		return true;
	if (newest == w->rx.key)
		return false;
	if (!w->next.srtp)
		w->next = party_new(w->out, newest, &w->rx, atomic_load(&w->out->fresh));
	if (!opens(&w->next, w->out, wire, len, out, out_len))
		return false;
	party_end(&w->rx);
	w->rx = w->next;
	w->next.srtp = NULL;
	atomic_store(&w->out->used, newest);
	return true;
}

static void __attribute__((noreturn)) lost(const struct way *w, int n, const char *what)
{
	const struct made *m;
	int i;

	fprintf(stderr, "way %td: %s; arriving: key %u, given %u; leaving: key %u, asked %u given %u\n",
		w - ways, what, w->tx.key, atomic_load(&w->in->given), w->rx.key,
		atomic_load(&w->out->asked), atomic_load(&w->out->given));
	for (i = 0; i < n; i++) {
		m = &w->made[i];
		fprintf(stderr, "  %s %u of %d bytes by key %u (%s)%s\n", m->rtcp ? "RTCP" : "RTP",
			get16(m->plain + 2), m->len, m->key,
			kit_suites[key_of(w->in, m->key).suite - 1].name, m->here ? "" : ": missing");
	}
	exit(1);
}

static void take(struct way *w, int n)
{
	_Alignas(8) uint8_t wire[PACKET_MAX], plain[PACKET_MAX];
	struct pollfd p = { .fd = w->to, .events = POLLIN };
	int len, i;

	if (poll(&p, 1, WAIT_MS * slow) != 1)
		lost(w, n, "a packet does not come");
	len = (int)recv(w->to, wire, sizeof(wire), 0);
	if (len < 12 || !understands(w, wire, len, plain, &len))
		lost(w, n, "a packet came that libsrtp2 does not open");
	for (i = 0; i < n; i++) {
		struct made *m = &w->made[i];

		if (m->here || m->len != len || memcmp(m->plain, plain, (size_t)len))
			continue;
		m->here = true;
		return;
	}
	lost(w, n, "a packet came that was not sent");
}

/* A way --------------------------------------------------------------------- */

/* Packets of which the first one by a new key overtakes the last one by the former. */
static void burst(struct way *w)
{
	int n = 1 + (int)roll(&w->dice, BURST), i, turned = -1;

	if (roll(&w->dice, 100) < JUMPS)
		w->seq += (uint16_t)roll(&w->dice, 8000);
	for (i = 0; i < n; i++) {
		/* nobody could tell where that belongs, which is from before the rollover */
		if (follow(w) && i && w->seq)
			turned = i;
		make(w, &w->made[i]);
	}
	for (i = 0; i < n; i++) {
		const struct made *m = &w->made[i == turned - 1 ? i + 1 : i == turned ? i - 1 : i];

		if (roll(&w->dice, 100) < FORGED)
			send_forged(w, m);
		send_one(w, m->wire, m->wire_len);
	}
	for (i = 0; i < n; i++)
		take(w, n);
	atomic_fetch_add(&w->sent, (unsigned int)n);
	if (atomic_load(&w->in->used) != w->tx.key) {
		w->lag = -1;
		atomic_store(&w->in->used, w->tx.key);
	}
}

static void *way_main(void *arg)
{
	struct way *w = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)(w - ways) % (size_t)sysconf(_SC_NPROCESSORS_ONLN), &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	w->dice = (uint32_t)o.seed * 2 + (uint32_t)(w - ways) + 1;
	w->seq = (uint16_t)roll(&w->dice, 65536);
	while (!atomic_load(&over))
		burst(w);
	return NULL;
}

static void way_begin(struct way *w, int from)
{
	static const struct party none;

	w->from = kit_socket(o.netns[from], &o.party[from], o.party_len[from]);
	w->leg = o.leg[from];
	w->leg_len = o.leg_len[from];
	w->tx = party_new(w->in, 0, &none, true);
	w->rx = party_new(w->out, 0, &none, true);
}

/* Keys are given ------------------------------------------------------------ */

static struct genl *datapath(void)
{
	const char *word = getenv("RTPLANE_DATAPATH");
	struct genl *genl = NULL;
	struct dp_err err = { 0 };
	int ret;

	if (word && !strncmp(word, "uring:", 6))
		ret = genl_open_agent(&genl, word + 6, &err);
	else
		ret = genl_open(&genl, &err);
	if (ret)
		die("%s", err.text);
	return genl;
}

/* Both legs, with the next key of each chain in @mask. */
static struct dp_bridge ask(unsigned int mask, uint32_t *dice)
{
	struct dp_bridge bridge = { .leg = { { .local = o.local[0] }, { .local = o.local[1] } } };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct chain *c = &chains[i];
		struct dp_leg *leg = &bridge.leg[c->leg];
		struct dp_srtp *srtp = c->leaves ? &leg->srtp_tx : &leg->srtp_rx;

		if (!(mask & 1u << i))
			continue;
		leg->set |= c->leaves ? DP_LEG_SRTP_TX : DP_LEG_SRTP_RX;
		*srtp = key_of(c, atomic_load(&c->given) + !!dice);
		srtp->fresh = dice && roll(dice, 2);
		if (!dice)
			continue;
		atomic_store(&c->fresh, srtp->fresh);
		atomic_fetch_add(&c->asked, 1);
	}
	return bridge;
}

static void give(struct genl *genl, unsigned int mask, uint32_t *dice)
{
	struct dp_bridge bridge = ask(mask, dice);
	struct dp_err err = { 0 };
	unsigned int i;
	int ret;

	if (bridge.leg[0].set && bridge.leg[1].set)
		ret = genl_bridges_set(genl, &bridge, 1, &err);
	else
		ret = genl_leg_set(genl, &bridge.leg[!bridge.leg[0].set], &err);
	if (ret)
		die("keys are refused: %s", err.text);
	for (i = 0; i < 4 && dice; i++) {
		if (mask & 1u << i)
			atomic_fetch_add(&chains[i].given, 1);
	}
}

/* The next key is for who uses the last one. */
static void await(unsigned int mask)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		while (mask & 1u << i && !atomic_load(&over) &&
		       atomic_load(&chains[i].used) != atomic_load(&chains[i].given))
			sched_yield();
	}
}

static void terminated(int sig)
{
	(void)sig;
	atomic_store(&over, true);
}

/* Options ------------------------------------------------------------------- */

static const struct option words[] = {
	{ "a", required_argument, NULL, 'a' }, { "on", required_argument, NULL, 'o' },
	{ "leg", required_argument, NULL, 'l' }, { "b", required_argument, NULL, 'b' },
	{ "bound", required_argument, NULL, 'B' }, { "other", required_argument, NULL, 'L' },
	{ "swaps", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
	{ "lag", required_argument, NULL, 'g' }, { "ready", required_argument, NULL, 'r' }, { 0 }
};

static void option(int c)
{
	switch (c) {
	case 'a': o.netns[0] = optarg; break;
	case 'b': o.netns[1] = optarg; break;
	case 'o': kit_address("on", optarg, &o.party[0], &o.party_len[0]); break;
	case 'B': kit_address("bound", optarg, &o.party[1], &o.party_len[1]); break;
	case 'l':
		kit_address("leg", optarg, &o.leg[0], &o.leg_len[0]);
		dp_addr_parse(optarg, &o.local[0]);
		break;
	case 'L':
		kit_address("other", optarg, &o.leg[1], &o.leg_len[1]);
		dp_addr_parse(optarg, &o.local[1]);
		break;
	case 'n': o.swaps = opt_num("swaps", optarg, 0, 100000000); break;
	case 's': o.seed = opt_num("seed", optarg, 1, UINT32_MAX); break;
	case 'g': o.lag = opt_num("lag", optarg, 0, 1000); break;
	case 'r': o.ready = optarg; break;
	default: exit(2);
	}
}

static void options(int argc, char **argv)
{
	const char *word = getenv("RTPLANE_SLOW");
	int c;

	while ((c = getopt_long(argc, argv, "", words, NULL)) != -1)
		option(c);
	if (!o.netns[0] || !o.netns[1] || !o.party_len[0] || !o.party_len[1] || !o.leg_len[0] ||
	    !o.leg_len[1])
		die("options are explained at the head of srtpswap.c");
	slow = word ? (int)opt_num("RTPLANE_SLOW", word, 1, 100) : 1;
}

static unsigned int bits(unsigned int mask)
{
	return (unsigned int)__builtin_popcount(mask);
}

static void report(uint64_t begin)
{
	double seconds = (double)(now_ns() - begin) / 1e9;
	unsigned long sent[2] = { atomic_load(&ways[0].sent), atomic_load(&ways[1].sent) };

	printf("{\"swaps\":%u,\"sent\":[%lu,%lu],\"forged\":[%lu,%lu],\"seconds\":%.1f,\"pps\":%.0f}\n",
	       atomic_load(&swaps), sent[0], sent[1], atomic_load(&ways[0].forged),
	       atomic_load(&ways[1].forged), seconds, (double)(sent[0] + sent[1]) / seconds);
}

int main(int argc, char **argv)
{
	pthread_t thread[2];
	struct genl *genl;
	uint64_t begin;
	uint32_t dice;
	int i;

	options(argc, argv);
	dice = (uint32_t)o.seed;
	if (srtp_init())
		die("libsrtp2 cannot be started");
	/* before this thread is elsewhere */
	genl = datapath();
	for (i = 0; i < 2; i++)
		way_begin(&ways[i], i);
	ways[0].to = ways[1].from;
	ways[1].to = ways[0].from;
	give(genl, 15, NULL);
	signal(SIGTERM, terminated);
	begin = now_ns();
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, way_main, &ways[i]);
	say_ready(o.ready);
	while (!atomic_load(&over) && (!o.swaps || atomic_load(&swaps) < o.swaps)) {
		unsigned int mask = 1 + roll(&dice, 15);

		await(mask);
		if (!atomic_load(&over))
			give(genl, mask, &dice);
		atomic_fetch_add(&swaps, bits(mask));
	}
	await(15);
	atomic_store(&over, true);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	report(begin);
	genl_close(genl);
	return 0;
}
