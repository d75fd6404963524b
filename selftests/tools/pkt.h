/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the packet tools share: payloads that prove themselves, checksums,
 * histograms printed as JSON, and option parsing that complains in sentences.
 *
 * Every payload of 12 bytes or more carries its own proof: the bytes after the
 * twelfth are a function of the first twelve, so that a receiver which knows
 * nothing of the sender can say whether a packet arrived whole.
 */
#ifndef RTPLANE_SELFTESTS_PKT_H
#define RTPLANE_SELFTESTS_PKT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PKT_HEAD	12
#define PKT_MAX		65507

enum pkt_kind {
	PKT_RTP,
	PKT_RTCP_SR,
	PKT_RTCP_RR,
	PKT_STUN,
	PKT_DTLS,
	PKT_TURN,
	PKT_RAW,
	PKT_KINDS
};

static const char *const pkt_kind_names[PKT_KINDS] = {
	"rtp", "sr", "rr", "stun", "dtls", "turn", "raw"
};

/**
 * struct pkt - what to put into a UDP payload
 * @kind: which protocol
 * @first: first byte of PKT_RAW
 * @pt: RTP payload type
 * @marker: RTP marker bit
 * @version: RTP version bits, 2 unless a test lies
 * @seq: RTP sequence number, or PKT_RAW bytes 1 and 2
 * @ts: RTP timestamp
 * @ssrc: SSRC, host order
 * @about: SSRC of the report block of SR and RR; no block if @blocks is 0
 * @blocks: report blocks of SR and RR
 * @fraction: fraction lost of the block
 * @cumulative: cumulative loss of the block
 * @highest: extended highest sequence of the block
 * @jitter: jitter of the block
 * @lsr: last SR of the block
 * @dlsr: delay since the last SR of the block
 * @size: bytes wanted; protocols with a length of their own may ignore it
 */
struct pkt {
	enum pkt_kind kind;
	uint8_t first;
	uint8_t pt;
	uint8_t marker;
	uint8_t version;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	uint32_t about;
	uint8_t blocks;
	uint8_t fraction;
	int32_t cumulative;
	uint32_t highest;
	uint32_t jitter;
	uint32_t lsr;
	uint32_t dlsr;
	size_t size;
};

#define PKT_DEFAULT { .kind = PKT_RTP, .first = 0xff, .pt = 0, .version = 2, \
		      .seq = 1, .ssrc = 0x11223344, .size = 172 }

static inline void __attribute__((format(printf, 1, 2), noreturn))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* Number of an option within bounds, or a sentence and exit 2. */
static inline long long opt_num(const char *opt, const char *val, long long lo,
				long long hi)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(val, &end, 0);
	if (errno || end == val || *end || n < lo || n > hi)
		die("--%s %s: expected a number from %lld to %lld", opt, val, lo,
		    hi);
	return n;
}

/* Milliseconds to wait, RTPLANE_SLOW times as many where everything is slower. */
static inline long long opt_ms(const char *opt, const char *val)
{
	const char *slow = getenv("RTPLANE_SLOW");

	return opt_num(opt, val, 0, 86400000) *
	       (slow ? opt_num("RTPLANE_SLOW", slow, 1, 100) : 1);
}

/* "N" or "LO-HI". */
static inline void opt_range(const char *opt, const char *val, long long max,
			     long long *lo, long long *hi)
{
	const char *dash = strchr(val, '-');
	char left[32];

	if (!dash) {
		*lo = opt_num(opt, val, 0, max);
		*hi = *lo;
		return;
	}
	snprintf(left, sizeof(left), "%.*s", (int)(dash - val), val);
	*lo = opt_num(opt, left, 0, max);
	*hi = opt_num(opt, dash + 1, *lo, max);
}

/* Tell whoever waits on @path (a file or a fifo) that we are bound. */
static inline void say_ready(const char *path)
{
	FILE *f;

	if (!path)
		return;
	f = fopen(path, "w");
	if (!f || fputs("ready\n", f) < 0 || fclose(f))
		die("cannot write %s: %s", path, strerror(errno));
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint32_t pkt_seed(const uint8_t *head)
{
	uint32_t h = 2166136261u;
	int i;

	for (i = 0; i < PKT_HEAD; i++)
		h = (h ^ head[i]) * 16777619u;
	return h ? h : 1;
}

static inline uint32_t pkt_next(uint32_t x)
{
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* Fill what follows the head. */
static inline void pkt_fill(uint8_t *buf, size_t len)
{
	uint32_t x = pkt_seed(buf);
	size_t i;

	for (i = PKT_HEAD; i < len; i++) {
		x = pkt_next(x);
		buf[i] = x & 0xff;
	}
}

/* Is what follows the head what the sender put there? */
static inline bool pkt_whole(const uint8_t *buf, size_t len)
{
	uint32_t x;
	size_t i;

	if (len < PKT_HEAD)
		return false;
	x = pkt_seed(buf);
	for (i = PKT_HEAD; i < len; i++) {
		x = pkt_next(x);
		if (buf[i] != (x & 0xff))
			return false;
	}
	return true;
}

/* RFC 3550 section 6.4, with at most one distinct report block repeated. */
static inline size_t pkt_rtcp(const struct pkt *p, uint8_t *buf)
{
	size_t len = p->kind == PKT_RTCP_SR ? 28 : 8;
	int i;

	memset(buf, 0, len);
	buf[0] = (uint8_t)(p->version << 6 | p->blocks);
	buf[1] = p->kind == PKT_RTCP_SR ? 200 : 201;
	put32(buf + 4, p->ssrc);
	if (p->kind == PKT_RTCP_SR) {
		struct timespec ts;

		clock_gettime(CLOCK_REALTIME, &ts);
		put32(buf + 8, (uint32_t)(ts.tv_sec + 2208988800u));
		put32(buf + 12,
		      (uint32_t)(((uint64_t)ts.tv_nsec << 32) / 1000000000u));
		put32(buf + 16, p->ts);
	}
	for (i = 0; i < p->blocks; i++, len += 24) {
		put32(buf + len, p->about);
		put32(buf + len + 4, (uint32_t)p->fraction << 24 |
				     ((uint32_t)p->cumulative & 0xffffff));
		put32(buf + len + 8, p->highest);
		put32(buf + len + 12, p->jitter);
		put32(buf + len + 16, p->lsr);
		put32(buf + len + 20, p->dlsr);
	}
	put16(buf + 2, (uint16_t)(len / 4 - 1));
	return len;
}

/* Twelve bytes that the wanted protocol begins with. */
static inline void pkt_head(const struct pkt *p, uint8_t *buf)
{
	memset(buf, 0, PKT_HEAD);
	put32(buf + 8, p->ssrc);
	switch (p->kind) {
	case PKT_RTP:
		buf[0] = (uint8_t)(p->version << 6);
		buf[1] = (uint8_t)(p->marker << 7 | p->pt);
		put16(buf + 2, p->seq);
		put32(buf + 4, p->ts);
		break;
	case PKT_STUN:
		put16(buf, 0x0001);
		put16(buf + 2, (uint16_t)(p->size > 20 ? p->size - 20 : 0));
		put32(buf + 4, 0x2112a442);
		break;
	case PKT_DTLS:
		buf[0] = 22;
		put16(buf + 1, 0xfefd);
		put16(buf + 9, p->seq);
		break;
	case PKT_TURN:
		put16(buf, 0x4000);
		put16(buf + 2, (uint16_t)(p->size > 4 ? p->size - 4 : 0));
		break;
	default:
		buf[0] = p->first;
		put16(buf + 1, p->seq);
		break;
	}
}

/* Build the payload; returns its length.  @buf holds PKT_MAX bytes. */
static inline size_t pkt_build(const struct pkt *p, uint8_t *buf)
{
	uint8_t head[PKT_HEAD];

	if (p->kind == PKT_RTCP_SR || p->kind == PKT_RTCP_RR)
		return pkt_rtcp(p, buf);
	pkt_head(p, head);
	if (p->size < PKT_HEAD) {
		memcpy(buf, head, p->size);
		return p->size;
	}
	memcpy(buf, head, PKT_HEAD);
	pkt_fill(buf, p->size);
	return p->size;
}

static inline enum pkt_kind pkt_kind_of(const char *name)
{
	int i;

	for (i = 0; i < PKT_KINDS; i++)
		if (!strcmp(name, pkt_kind_names[i]))
			return (enum pkt_kind)i;
	die("--kind %s: expected rtp, sr, rr, stun, dtls, turn or raw", name);
}

/* What a payload looks like by RFC 7983 and RFC 5761. */
static inline const char *pkt_looks(const uint8_t *buf, size_t len)
{
	if (!len)
		return "empty";
	if (buf[0] < 4)
		return "stun";
	if (buf[0] >= 20 && buf[0] < 64)
		return "dtls";
	if (buf[0] >= 64 && buf[0] < 80)
		return "turn";
	if (buf[0] < 128 || buf[0] > 191)
		return "raw";
	if (len >= 2 && buf[1] >= 192 && buf[1] <= 223)
		return "rtcp";
	return "rtp";
}

/* Options of struct pkt that both senders take; true if @opt was one. */
static inline bool pkt_option(struct pkt *p, const char *opt, const char *val)
{
	if (!strcmp(opt, "kind"))
		p->kind = pkt_kind_of(val);
	else if (!strcmp(opt, "first"))
		p->first = (uint8_t)opt_num(opt, val, 0, 255);
	else if (!strcmp(opt, "pt"))
		p->pt = (uint8_t)opt_num(opt, val, 0, 127);
	else if (!strcmp(opt, "marker"))
		p->marker = (uint8_t)opt_num(opt, val, 0, 1);
	else if (!strcmp(opt, "rtp-version"))
		p->version = (uint8_t)opt_num(opt, val, 0, 3);
	else if (!strcmp(opt, "seq"))
		p->seq = (uint16_t)opt_num(opt, val, 0, 65535);
	else if (!strcmp(opt, "ts"))
		p->ts = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "ssrc"))
		p->ssrc = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "about"))
		p->about = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "blocks"))
		p->blocks = (uint8_t)opt_num(opt, val, 0, 31);
	else if (!strcmp(opt, "fraction"))
		p->fraction = (uint8_t)opt_num(opt, val, 0, 255);
	else if (!strcmp(opt, "cumulative"))
		p->cumulative = (int32_t)opt_num(opt, val, -8388608, 8388607);
	else if (!strcmp(opt, "highest"))
		p->highest = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "jitter"))
		p->jitter = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "lsr"))
		p->lsr = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else if (!strcmp(opt, "dlsr"))
		p->dlsr = (uint32_t)opt_num(opt, val, 0, UINT32_MAX);
	else
		return false;
	return true;
}

#define PKT_LONG_OPTIONS \
	{ "kind", required_argument, NULL, 1 }, \
	{ "first", required_argument, NULL, 1 }, \
	{ "pt", required_argument, NULL, 1 }, \
	{ "marker", required_argument, NULL, 1 }, \
	{ "rtp-version", required_argument, NULL, 1 }, \
	{ "seq", required_argument, NULL, 1 }, \
	{ "ts", required_argument, NULL, 1 }, \
	{ "ssrc", required_argument, NULL, 1 }, \
	{ "about", required_argument, NULL, 1 }, \
	{ "blocks", required_argument, NULL, 1 }, \
	{ "fraction", required_argument, NULL, 1 }, \
	{ "cumulative", required_argument, NULL, 1 }, \
	{ "highest", required_argument, NULL, 1 }, \
	{ "jitter", required_argument, NULL, 1 }, \
	{ "lsr", required_argument, NULL, 1 }, \
	{ "dlsr", required_argument, NULL, 1 }

/* Internet checksum arithmetic, in network order as 16-bit big endian words. */
static inline uint32_t csum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	if (len & 1)
		sum += (uint32_t)p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline uint32_t csum_pseudo(int family, const void *src, const void *dst,
				   uint32_t len, uint8_t proto)
{
	size_t alen = family == AF_INET ? 4 : 16;
	uint8_t tail[8] = { 0 };
	uint32_t sum;

	put32(tail, len);
	tail[7] = proto;
	sum = csum_add(0, src, alen);
	sum = csum_add(sum, dst, alen);
	return csum_add(sum, tail, sizeof(tail));
}

/* A histogram: how often each value of a field was seen. */
#define TALLY_SLOTS	512
#define TALLY_KEY	128

struct tally {
	const char *name;
	unsigned int used;
	unsigned int last;
	uint64_t others;
	struct {
		char key[TALLY_KEY];
		uint64_t count;
	} slot[TALLY_SLOTS];
};

static inline void tally(struct tally *t, const char *key)
{
	unsigned int i;

	if (t->used && !strcmp(t->slot[t->last].key, key)) {
		t->slot[t->last].count++;
		return;
	}
	for (i = 0; i < t->used; i++)
		if (!strcmp(t->slot[i].key, key))
			break;
	if (i == TALLY_SLOTS) {
		t->others++;
		return;
	}
	if (i == t->used) {
		snprintf(t->slot[i].key, TALLY_KEY, "%s", key);
		t->used++;
	}
	t->slot[i].count++;
	t->last = i;
}

static inline void tally_num(struct tally *t, unsigned long n)
{
	char key[TALLY_KEY];

	snprintf(key, sizeof(key), "%lu", n);
	tally(t, key);
}

static inline void tally_print(const struct tally *t, FILE *f)
{
	unsigned int i;

	fprintf(f, ",\"%s\":{", t->name);
	for (i = 0; i < t->used; i++)
		fprintf(f, "%s\"%s\":%llu", i ? "," : "", t->slot[i].key,
			(unsigned long long)t->slot[i].count);
	if (t->others)
		fprintf(f, ",\"others\":%llu", (unsigned long long)t->others);
	fputc('}', f);
}

static inline void format_ep(char *out, size_t len, int family,
			     const void *addr, unsigned int port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, addr, text, sizeof(text));
	snprintf(out, len, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

#endif /* RTPLANE_SELFTESTS_PKT_H */
