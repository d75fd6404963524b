// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that share a port (BUNDLE) in the user-space datapath: what a browser sends by one
 * port goes to the legs of its lines, and what they send comes from it.
 *
 *   browser ------ 127.0.0.1:30000 | leg B (audio) --- leg /2 (video) ----- b, v (phone)
 *   127.0.0.2:4000                 | 127.0.0.1:30002, :30003 (RTCP)       127.0.0.3:4000
 *                                  | 127.0.0.1:30004                      127.0.0.3:4002
 */
#include <stdarg.h>

#include "engine/engine.h"
#include "net.h"
#include "phones.h"
#include "rtpsec/rtpsec.h"

#define MID_ID	4
#define AUDIO	0x0a0a0a0au	/* SSRCs of the browser */
#define VIDEO	0x0b0b0b0bu
#define RTX	0x0c0c0c0cu
#define THEIRS	0x0d0d0d0du	/* of the phone: audio, video */
#define SEEN	0x0e0e0e0eu

static struct dp_addr leg_c, leg_v, at_v, leg_v_rtcp, leg_c_rtcp;
static int v = -1;

static void put32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static uint32_t get32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void line(struct dp_leg *leg, const char *mid, unsigned int pt)
{
	leg->set |= DP_LEG_LINE;
	leg->line.on = true;
	leg->line.mid_id = MID_ID;
	snprintf(leg->line.mid, sizeof(leg->line.mid), "%s", mid);
	leg->line.pts[pt / 32] |= 1u << (pt % 32);
	leg->line.pts[3] |= 1u << 31;		/* 127: that of both */
}

/* @rtcp: that of audio has a port of its own with the phone */
static bool browser(struct dp_bridge br[3], bool rtcp)
{
	struct dp_err err = {};

	KTAP_CHECK(phones());
	leg_c = addr("127.0.0.1", 30004);
	leg_c_rtcp = addr("127.0.0.1", 30003);
	at_v = addr("127.0.0.3", 4002);
	leg_v = leg_a;
	leg_v.line = 2;
	leg_v_rtcp = leg_a;
	leg_v_rtcp.rtcp = true;
	close(v);
	v = phone(&at_v);
	br[0] = bridge();
	br[0].leg[0].set |= DP_LEG_EARLY | DP_LEG_SSRC_GUARD;
	br[0].leg[0].early = true;
	br[1] = bridge();
	br[1].leg[0] = (struct dp_leg){ .local = leg_v };
	br[1].leg[1].local = leg_c;
	br[1].leg[1].remote = at_v;
	br[2] = bridge();
	br[2].leg[0] = (struct dp_leg){ .local = leg_v_rtcp };
	br[2].leg[1].local = leg_c_rtcp;
	line(&br[0].leg[0], "a", 0);
	line(&br[1].leg[0], "video", 96);
	line(&br[2].leg[0], "a", 0);
	/* the port may come behind its parts */
	if (!dp_bridges_new(dp, br, rtcp ? 3 : 2, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

static bool say_of(int fd, const struct dp_addr *to, uint16_t seq, uint32_t ssrc, uint8_t pt,
		   const char *mid)
{
	size_t n = mid ? strlen(mid) : 0, words = (n + 1 + 3) / 4;
	uint8_t p[172 + 64] = { 0x80, pt, (uint8_t)(seq >> 8), (uint8_t)seq };

	put32(p + 8, ssrc);
	if (mid) {
		p[0] |= 0x10;
		p[12] = 0xbe;
		p[13] = 0xde;
		p[15] = (uint8_t)words;
		p[16] = (uint8_t)(MID_ID << 4 | (n - 1));
		memcpy(p + 17, mid, n);
	}
	return say(fd, to, p, 172);
}

/* by name, then by source, then by type; a name that nobody has is nobody's */
static bool apart(void)
{
	struct dp_leg_info info;
	struct dp_bridge br[3];

	KTAP_CHECK(browser(br, false));
	KTAP_CHECK(say_of(a, &leg_a, 1, AUDIO, 0, "a") && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(say_of(a, &leg_a, 2, VIDEO, 127, "video") && hear(v, NULL, NULL) == 2);
	/* its source is known by now, and its type is that of both */
	KTAP_CHECK(say_of(a, &leg_a, 3, VIDEO, 127, NULL) && hear(v, NULL, NULL) == 3);
	KTAP_CHECK(say_of(a, &leg_a, 4, AUDIO, 127, NULL) && hear(b, NULL, NULL) == 4);
	/* one that nobody knows, by its type */
	KTAP_CHECK(say_of(a, &leg_a, 5, RTX, 96, NULL) && hear(v, NULL, NULL) == 5);
	KTAP_CHECK(say_of(a, &leg_a, 6, RTX, 0, NULL) && hear(v, NULL, NULL) == 6);
	/* its name says another: it has moved */
	KTAP_CHECK(say_of(a, &leg_a, 7, RTX, 96, "a") && hear(b, NULL, NULL) == 7);
	KTAP_CHECK(say_of(a, &leg_a, 8, RTX, 96, NULL) && hear(b, NULL, NULL) == 8);
	/* names that nobody has, and what nothing tells */
	KTAP_CHECK(say_of(a, &leg_a, 9, AUDIO, 0, "vide"));
	KTAP_CHECK(say_of(a, &leg_a, 9, AUDIO, 0, "videos"));
	KTAP_CHECK(say_of(a, &leg_a, 9, 1, 127, NULL));
	KTAP_CHECK(say_of(a, &leg_a, 9, 2, 50, NULL));
	KTAP_CHECK(say_of(a, &leg_a, 10, AUDIO, 0, NULL) && hear(b, NULL, NULL) == 10);
	KTAP_CHECK(quiet(v));
	KTAP_CHECK(get(&leg_a, &info) && info.rx_packets == 5);
	KTAP_CHECK(info.drops[RTPLANE_DROP_UNKNOWN] == 4);
	KTAP_CHECK(get(&leg_v, &info) && info.rx_packets == 4 && !info.dropped);
	/* the port's remote is that of its lines */
	KTAP_CHECK(dp_addr_eq(&info.latched, &at_a) && info.state == RTPLANE_STATE_LOCKED);
	end();
	return true;
}

/* more sources than are remembered, and names of every length */
static bool hostile(void)
{
	char name[16] = "";
	struct dp_bridge br[3];
	uint8_t p[64] = { 0x90, 96, 0, 1 };
	unsigned int i;

	KTAP_CHECK(browser(br, false));
	for (i = 0; i < 300; i++)
		KTAP_CHECK(say_of(a, &leg_a, (uint16_t)i, 1000 + i, 96, NULL) &&
			   hear(v, NULL, NULL) == (int)i);
	for (i = 1; i < sizeof(name); i++) {
		memset(name, 'x', i);
		KTAP_CHECK(say_of(a, &leg_a, 1, AUDIO, 0, name));
	}
	/* extensions that are longer than they say, or than the packet is */
	for (i = 0; i < 256; i++) {
		p[12] = i & 1 ? 0xbe : 0x10;
		p[13] = i & 1 ? 0xde : 0x00;
		p[15] = (uint8_t)(i % 16);
		p[16] = (uint8_t)(i & 2 ? MID_ID << 4 | 15 : MID_ID);
		p[17] = (uint8_t)i;
		KTAP_CHECK(say(a, &leg_a, p, 20 + i % 40));
	}
	for (i = 0; i < 20; i++)
		KTAP_CHECK(say_of(a, &leg_a, 7777, AUDIO, 0, "a"));
	while ((i = (unsigned int)hear(b, NULL, NULL)) != 7777)
		KTAP_CHECK((int)i != -1);
	end();
	return true;
}

/* all that the lines send comes from one port; one source is one line's */
static bool together(void)
{
	struct dp_leg_info info;
	struct dp_bridge br[3];
	struct dp_addr from;

	KTAP_CHECK(browser(br, false));
	KTAP_CHECK(say_of(b, &leg_b, 1, THEIRS, 0, NULL) && hear(a, NULL, &from) == 1);
	KTAP_CHECK(dp_addr_eq(&from, &leg_a));
	KTAP_CHECK(say_of(v, &leg_c, 2, SEEN, 96, NULL) && hear(a, NULL, &from) == 2);
	KTAP_CHECK(dp_addr_eq(&from, &leg_a));
	KTAP_CHECK(say_of(v, &leg_c, 3, SEEN, 96, NULL) && hear(a, NULL, NULL) == 3);
	KTAP_CHECK(get(&leg_v, &info) && info.tx_packets == 2);
	br[1].leg[1].set = DP_LEG_SSRC_GUARD;
	br[1].leg[1].ssrc_guard = false;
	KTAP_CHECK(!dp_leg_set(dp, &br[1].leg[1], NULL));
	KTAP_CHECK(say_of(v, &leg_c, 4, THEIRS, 96, NULL) && quiet(a));
	KTAP_CHECK(get(&leg_c, &info) && info.drops[RTPLANE_DROP_SSRC] == 1);
	/* lines are others from now on: what another one sent says nothing */
	br[1].leg[0].set = DP_LEG_LINE;
	KTAP_CHECK(!dp_leg_set(dp, &br[1].leg[0], NULL));
	KTAP_CHECK(say_of(v, &leg_c, 5, THEIRS, 96, NULL) && hear(a, NULL, NULL) == 5);
	/* the port goes, and its lines with it */
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .locals = &leg_a, .n = 1 }, NULL));
	KTAP_CHECK(dp_leg_get(dp, &leg_v, &info, NULL) == -ENOENT);
	KTAP_CHECK(say_of(v, &leg_c, 5, SEEN, 96, NULL) && quiet(a));
	end();
	return true;
}

/* --- RTCP --- */

/* a packet of @n words behind its header; its length */
static size_t rtcp(uint8_t *p, unsigned int count, uint8_t type, unsigned int n, ...)
{
	va_list args;
	unsigned int i;

	p[0] = (uint8_t)(0x80 | count);
	p[1] = type;
	p[2] = 0;
	p[3] = (uint8_t)n;
	va_start(args, n);
	for (i = 1; i <= n; i++)
		put32(p + 4 * i, va_arg(args, uint32_t));
	va_end(args);
	return 4 + 4 * n;
}

/* the types of what comes, as "200 202 "; "": nothing */
static const char *types(int fd)
{
	static char text[256];
	uint8_t p[2048];
	ssize_t n = recv(fd, p, sizeof(p), 0), at;
	size_t len = 0;

	*text = '\0';
	for (at = 0; at + 4 <= n; at += 4 * (p[at + 2] * 256 + p[at + 3] + 1))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u ", p[at + 1]);
	return text;
}

#define SDES(ssrc)	1, 202, 2, ssrc, 0x01006161

static bool reports(bool own_port)
{
	struct dp_addr at_rtcp = addr("127.0.0.3", 4001);
	int r = own_port ? phone(&at_rtcp) : b;
	struct dp_leg_info info;
	struct dp_bridge br[3];
	uint8_t p[512];
	size_t n;

	KTAP_CHECK(browser(br, own_port));
	if (own_port) {
		br[2].leg[1].set = DP_LEG_REMOTE;
		br[2].leg[1].remote = at_rtcp;
		KTAP_CHECK(!dp_leg_set(dp, &br[2].leg[1], NULL));
	}
	KTAP_CHECK(say_of(a, &leg_a, 1, AUDIO, 0, "a") && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(say_of(a, &leg_a, 2, VIDEO, 96, "video") && hear(v, NULL, NULL) == 2);
	KTAP_CHECK(say_of(b, &leg_b, 1, THEIRS, 0, NULL) && hear(a, NULL, NULL) == 1);
	KTAP_CHECK(say_of(v, &leg_c, 2, SEEN, 96, NULL) && hear(a, NULL, NULL) == 2);
	/* of who sends, with whom he is */
	n = rtcp(p, 0, 200, 6, VIDEO, 0, 0, 0, 0, 0);
	n += rtcp(p + n, SDES(VIDEO));
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(v), "200 202 ") && quiet(r));
	/* of who receives: whose stream it is about, whoever says so */
	n = rtcp(p, 1, 201, 7, 1, THEIRS, 0, 0, 0, 0, 0);
	n += rtcp(p + n, SDES(1));
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(r), "201 202 ") && quiet(v));
	/* both in one: to each its own, behind what comes first */
	n = rtcp(p, 0, 200, 6, AUDIO, 0, 0, 0, 0, 0);
	n += rtcp(p + n, SDES(AUDIO));
	n += rtcp(p + n, 1, 206, 2, 1, SEEN);
	n += rtcp(p + n, 4, 206, 4, AUDIO, 0, SEEN, 0x01000000);
	n += rtcp(p + n, 15, 206, 5, AUDIO, 0, 0x52454d42, 0x01000000, SEEN);
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(r), "200 202 "));
	KTAP_CHECK(!strcmp(types(v), "200 206 206 206 "));
	KTAP_CHECK(quiet(r) && quiet(v));
	/* about nobody's: to the port's own */
	n = rtcp(p, 0, 201, 1, 77);
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(r), "201 ") && quiet(v));
	/* a good-bye of two */
	n = rtcp(p, 0, 201, 1, AUDIO);
	n += rtcp(p + n, 2, 203, 2, AUDIO, VIDEO);
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(r), "201 203 "));
	KTAP_CHECK(!strcmp(types(v), "201 203 "));
	/* cut short, or longer than it is: whole, to somebody */
	n = rtcp(p, 1, 201, 7, 1, SEEN, 0, 0, 0, 0, 0);
	p[n] = 0x81;
	KTAP_CHECK(say(a, &leg_a, p, n + 2) && quiet(r) && recv(v, p, sizeof(p), 0) == (int)n + 2);
	/* the other way it is what it was */
	n = rtcp(p, 0, 201, 1, SEEN);
	KTAP_CHECK(say(v, &leg_c, p, n) && !strcmp(types(a), "201 "));
	if (own_port) {
		KTAP_CHECK(say(r, &leg_c_rtcp, p, n) && !strcmp(types(a), "201 "));
		KTAP_CHECK(get(&leg_v_rtcp, &info) && info.rtcp_packets == 4);
		close(r);
	}
	end();
	return true;
}

static bool muxed(void)
{
	return reports(false);
}

static bool own_ports(void)
{
	return reports(true);
}

/* --- keys --- */

static struct dp_srtp key(uint8_t first)
{
	struct dp_srtp k = { .suite = RTPLANE_SRTP_AES_128_CM_SHA1_80, .fresh = true };

	memset(k.key, first, sizeof(k.key));
	return k;
}

static bool say_secret(struct rtpsec *ctx, uint16_t seq, uint32_t ssrc, uint8_t pt)
{
	_Alignas(8) uint8_t p[256] = { 0x80, pt, (uint8_t)(seq >> 8), (uint8_t)seq };
	size_t n = 60;

	put32(p + 8, ssrc);
	return rtpsec_protect(ctx, p, &n, sizeof(p), false) == RTPSEC_OK &&
	       say(a, &leg_a, p, n);
}

/* one key for all lines, one context that counts */
static bool keys(void)
{
	struct dp_srtp in = key(1), out = key(2);
	struct rtpsec *sends, *hears;
	_Alignas(8) uint8_t p[2048];
	struct dp_leg_info info;
	struct dp_bridge br[3];
	size_t n;

	KTAP_CHECK(browser(br, false));
	br[0].leg[0].set = DP_LEG_SRTP_RX | DP_LEG_SRTP_TX;
	br[0].leg[0].srtp_rx = in;
	br[0].leg[0].srtp_tx = out;
	KTAP_CHECK(!dp_leg_set(dp, &br[0].leg[0], NULL));
	/* its lines have none of their own */
	br[1].leg[0].set = DP_LEG_SRTP_TX;
	br[1].leg[0].srtp_tx = out;
	KTAP_CHECK(dp_leg_set(dp, &br[1].leg[0], NULL) == -EINVAL);
	KTAP_CHECK(!rtpsec_new(&sends, RTPSEC_OUT, &in, NULL));
	KTAP_CHECK(!rtpsec_new(&hears, RTPSEC_IN, &out, NULL));
	KTAP_CHECK(say_secret(sends, 1, AUDIO, 0) && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(say_secret(sends, 1, VIDEO, 96) && hear(v, NULL, NULL) == 1);
	KTAP_CHECK(say_of(a, &leg_a, 2, VIDEO, 96, "video") && quiet(v));
	KTAP_CHECK(say_of(v, &leg_c, 1, SEEN, 96, NULL));
	n = (size_t)recv(a, p, sizeof(p), 0);
	KTAP_CHECK(rtpsec_unprotect(hears, p, &n, false) == RTPSEC_OK);
	KTAP_CHECK(get32_at(p + 8) == SEEN);
	n = rtcp(p, 0, 201, 1, SEEN);
	KTAP_CHECK(say(v, &leg_c, p, n));
	n = (size_t)recv(a, p, sizeof(p), 0);
	KTAP_CHECK(rtpsec_unprotect(hears, p, &n, true) == RTPSEC_OK);
	/* feedback about video and a report of audio, in one that is protected */
	n = rtcp(p, 0, 200, 6, AUDIO, 0, 0, 0, 0, 0);
	n += rtcp(p + n, 1, 206, 2, AUDIO, SEEN);
	KTAP_CHECK(rtpsec_protect(sends, p, &n, sizeof(p), true) == RTPSEC_OK);
	KTAP_CHECK(say(a, &leg_a, p, n) && !strcmp(types(b), "200 "));
	KTAP_CHECK(!strcmp(types(v), "200 206 "));
	KTAP_CHECK(get(&leg_a, &info) && info.drops[RTPLANE_DROP_SRTP_AUTH] == 1);
	rtpsec_free(sends);
	rtpsec_free(hears);
	end();
	return true;
}

/* what a line cannot have, and what another datapath cannot */
static bool refused(void)
{
	struct dp_ops less = dp_uring_ops;
	struct dp other = { .ops = &less };
	struct dp_err err = {};
	struct dp_bridge br[3];

	KTAP_CHECK(browser(br, false));
	br[2].leg[0].set |= DP_LEG_REMOTE;
	br[2].leg[0].remote = at_a;
	KTAP_CHECK(dp_bridges_new(dp, &br[2], 1, &err) == -EINVAL);
	KTAP_CHECK(strstr(err.text, "are those of the port's leg"));
	br[2].leg[0].set = 0;
	br[2].leg[0].local.line = DP_LINE_MAX + 1;
	KTAP_CHECK(dp_bridges_new(dp, &br[2], 1, &err) == -EINVAL);
	br[2].leg[0].local = addr("127.0.0.1", 31000);
	br[2].leg[0].local.line = 1;
	KTAP_CHECK(dp_bridges_new(dp, &br[2], 1, &err) == -ENOENT);
	less.lines = false;
	KTAP_CHECK(dp_bridges_new(&other, br, 2, &err) == -EOPNOTSUPP);
	KTAP_CHECK(strstr(err.text, "BUNDLE") && strstr(err.text, "127.0.0.1:30000"));
	end();
	return true;
}

/* a worker that answered too late has let go of a port that is held for a call */
static bool let_go(void)
{
	struct media_sock *sock;
	struct dp_bridge br[3];

	KTAP_CHECK(browser(br, false));
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .all = true }, NULL));
	KTAP_CHECK(!media_open(media, &sock, &leg_a, 0, NULL, NULL));
	KTAP_CHECK(!media_take_back(sock, false, NULL));
	KTAP_CHECK(!dp_bridges_new(dp, br, 2, NULL));
	KTAP_CHECK(say_of(a, &leg_a, 1, VIDEO, 96, "video") && hear(v, NULL, NULL) == 1);
	end();
	return true;
}

/* a leg whose peer is to be a line goes to the worker of the line's port, with what it counts */
static bool moved(void)
{
	struct dp_bridge br[3], own = bridge();
	struct worker *from, *to;

	KTAP_CHECK(browser(br, false));
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .locals = &leg_v, .n = 1 }, NULL));
	own.leg[0].local = leg_c;
	own.leg[0].set |= DP_LEG_SILENCE;
	own.leg[0].silence = 60000;
	own.leg[1].local = addr("127.0.0.1", 30008);
	KTAP_CHECK(!dp_bridges_new(dp, &own, 1, NULL));
	to = media_find(media, &leg_a)->worker;
	from = media_find(media, &leg_c)->worker;
	KTAP_CHECK(from != to && from->n_silence == 1 && from->n_legs == 2);
	br[1].leg[1] = br[1].leg[0];
	br[1].leg[0] = (struct dp_leg){ .local = leg_c };
	KTAP_CHECK(!dp_bridges_set(dp, &br[1], 1, NULL));
	KTAP_CHECK(media_find(media, &leg_c)->worker == to);
	KTAP_CHECK(!from->n_silence && !from->n_legs);
	KTAP_CHECK(to->n_silence == 1 && to->n_legs == 4);
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .locals = &leg_c, .n = 1 }, NULL));
	KTAP_CHECK(!to->n_silence && to->n_legs == 2);
	end();
	return true;
}

EPOLL(apart)
EPOLL(hostile)
EPOLL(together)
EPOLL(muxed)
EPOLL(own_ports)
EPOLL(keys)
EPOLL(let_go)
EPOLL(moved)

int main(void)
{
	static const struct ktap_point points[] = {
		BOTH("by name, by source, by type", apart),
		BOTH("many sources, names of every sort", hostile),
		BOTH("lines leave by one port", together),
		BOTH("RTCP goes to whom it is for", muxed),
		BOTH("RTCP goes to ports of its own", own_ports),
		BOTH("one key for all", keys),
		BOTH("a port that no worker has", let_go),
		BOTH("a leg goes where the line is that becomes its peer", moved),
		{ "what is refused", refused },
	};

	unit_net();
	if (!can_io_uring())
		return 4;
	return KTAP_RUN(points);
}
