// SPDX-License-Identifier: GPL-2.0
/*
 * nlfuzz - random but well-formed requests, every command and attribute
 *
 * nlfuzz SEED COUNT [state]: the requests follow from the seed alone.  Values are drawn
 * from few, so that legs are found again, changed and removed; now and then a
 * length, a type or a byte is spoilt.  Prints how the kernel answered.  With "state"
 * legs have keys too, and states, which are asked for and given; those requests are
 * others than without, so that a seed that was kept is what it was.
 */
#include "nl.h"

#define DEPTH_MAX	4

static uint32_t state;
static bool with_state;

static uint32_t rnd(uint32_t n)
{
	state = pkt_next(state);
	return state % n;
}

static bool chance(uint32_t percent)
{
	return rnd(100) < percent;
}

static void put_ep(struct nl_msg *m, uint16_t type)
{
	static const char *const v4[] = {
		"192.0.2.254", "198.51.100.254", "192.0.2.1", "127.0.0.1",
		"0.0.0.0", "224.0.0.1", "10.1.1.1"
	};
	static const char *const v6[] = {
		"2001:db8:a::fe", "2001:db8:b::fe", "::1", "::", "ff02::1",
		"fe80::1", "::ffff:192.0.2.1"
	};
	uint16_t port = chance(95) ? (uint16_t)(30000 + rnd(16)) :
				     (uint16_t)rnd(65536);

	/* The sound ones most of the time. */
	if (chance(70))
		nl_ep4(m, type, v4[rnd(chance(90) ? 3 : 7)], port);
	else
		nl_ep6(m, type, v6[rnd(chance(90) ? 2 : 7)], port);
}

static void put_random(struct nl_msg *m, uint16_t type)
{
	uint8_t data[80];
	size_t len = chance(50) ? (size_t)1 << rnd(4) : rnd(sizeof(data));
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (uint8_t)rnd(chance(80) ? 4 : 256);
	nl_put(m, type, data, len);
}

static void put_leg_word(struct nl_msg *m)
{
	static const uint8_t map[64] = { 1, 2, 3 };

	switch (rnd(20)) {
	case 0: case 1: case 2: nl_u8(m, RTPLANE_LEG_A_LATCH, (uint8_t)rnd(4)); break;
	case 3: nl_u8(m, RTPLANE_LEG_A_PREFIX, (uint8_t)rnd(140)); break;
	case 4: nl_u8(m, RTPLANE_LEG_A_PROBATION, (uint8_t)rnd(36)); break;
	case 5: nl_u8(m, RTPLANE_LEG_A_EARLY, (uint8_t)rnd(3)); break;
	case 6: nl_u32(m, RTPLANE_LEG_A_RELATCH, rnd(3) * 100); break;
	case 7: put_ep(m, RTPLANE_LEG_A_TIE); break;
	case 8: nl_u8(m, RTPLANE_LEG_A_DSCP, (uint8_t)rnd(70)); break;
	case 9: nl_put(m, RTPLANE_LEG_A_DSCP_MAP, map, 64); break;
	case 10: nl_u8(m, RTPLANE_LEG_A_DSCP_MODE, (uint8_t)rnd(4)); break;
	case 11: nl_u8(m, RTPLANE_LEG_A_ACCEPT, (uint8_t)rnd(3)); break;
	case 12: nl_u8(m, RTPLANE_LEG_A_UNKNOWN, (uint8_t)rnd(3)); break;
	case 13: nl_u32(m, RTPLANE_LEG_A_PPS, rnd(3) * 1000); break;
	case 14: nl_u64(m, RTPLANE_LEG_A_BPS, rnd(3) * 64000); break;
	case 15: nl_u32(m, RTPLANE_LEG_A_MARK, rnd(3)); break;
	case 16: nl_u32(m, RTPLANE_LEG_A_OIF, rnd(5)); break;
	case 17: nl_u32(m, RTPLANE_LEG_A_SILENCE, rnd(3) * 50); break;
	case 18: nl_put(m, RTPLANE_LEG_A_UNLATCH, NULL, 0); break;
	case 19: put_ep(m, RTPLANE_LEG_A_PROVEN); break;
	}
}

/* What is wrong with one thing of many, that most messages are sound. */
static bool seldom(void)
{
	return chance(3) && chance(10);
}

/* Small numbers, and those at the edges. */
static uint64_t number(void)
{
	static const uint64_t edges[] = {
		1 << 15, 0xffff, 0x10000, UINT32_MAX, (1ull << 48) - 1, 1ull << 48, INT64_MAX,
		UINT64_MAX
	};

	return chance(70) ? rnd(1000) : edges[rnd(sizeof(edges) / sizeof(edges[0]))];
}

/* The same, most of the time no larger than may be. */
static uint64_t number_to(uint64_t max)
{
	return seldom() ? number() : number() & max;
}

static void put_window(struct nl_msg *m, uint16_t type, size_t len)
{
	uint8_t window[RTPLANE_SRTP_WINDOW_LEN];
	size_t i;

	for (i = 0; i < len; i++)
		window[i] = (uint8_t)rnd(256);
	nl_put(m, type, window, seldom() ? len - 1 : len);
}

static void put_source(struct nl_msg *m, uint16_t type, bool sends)
{
	size_t nest = nl_nest(m, type);

	nl_u32(m, RTPLANE_SOURCE_A_SSRC, rnd(1000));
	if (chance(80)) {
		nl_u64(m, RTPLANE_SOURCE_A_INDEX, number_to((1ull << 48) - 1));
		if (chance(60))
			put_window(m, RTPLANE_SOURCE_A_WINDOW, RTPLANE_SRTP_WINDOW_LEN);
	}
	if (chance(40)) {
		nl_u32(m, RTPLANE_SOURCE_A_RTCP_INDEX, (uint32_t)number_to(INT32_MAX));
		if (chance(60))
			put_window(m, RTPLANE_SOURCE_A_RTCP_WINDOW, RTPLANE_SRTCP_WINDOW_LEN);
	}
	if (sends ? seldom() : chance(20))
		nl_put(m, RTPLANE_SOURCE_A_CARRIED, NULL, 0);
	if (sends ? chance(20) : seldom())
		nl_u16(m, RTPLANE_SOURCE_A_SHIFT, (uint16_t)number());
	nl_end(m, nest);
}

/* None or a few of them, seldom as many as there may be, or one more. */
static void put_sources(struct nl_msg *m, uint16_t type, bool sends)
{
	uint32_t n = chance(96) ? rnd(4) : 62 + rnd(4);

	while (n-- && m->len < NL_MSG_MAX / 2)
		put_source(m, type, sends);
}

/* Few keys, so that one is given again. */
static void put_key(struct nl_msg *m, uint16_t type, bool sends)
{
	static const size_t lens[RTPLANE_SRTP_MAX + 1] = { 0, 30, 30, 46, 46, 28, 44 };
	uint32_t suite = rnd(RTPLANE_SRTP_MAX + 1);
	size_t nest = nl_nest(m, type);
	uint8_t key[RTPLANE_SRTP_KEY_MAX];

	memset(key, (int)rnd(3), sizeof(key));
	nl_u8(m, RTPLANE_SRTP_A_SUITE, (uint8_t)suite);
	if (lens[suite])
		nl_put(m, RTPLANE_SRTP_A_KEY, key, seldom() ? rnd(sizeof(key)) : lens[suite]);
	if (suite && chance(10))
		nl_put(m, RTPLANE_SRTP_A_MKI, key, 1 + rnd(RTPLANE_SRTP_MKI_MAX));
	if (chance(10))
		nl_put(m, RTPLANE_SRTP_A_FRESH, NULL, 0);
	if (suite && chance(10))
		put_sources(m, RTPLANE_SRTP_A_SOURCE, sends);
	nl_end(m, nest);
}

static void put_saved_remote(struct nl_msg *m)
{
	uint32_t n = chance(95) ? rnd(RTPLANE_SAVED_KNOWN_MAX + 1) : RTPLANE_SAVED_KNOWN_MAX + 1;

	put_ep(m, RTPLANE_SAVED_A_REMOTE);
	nl_u8(m, RTPLANE_SAVED_A_REASON,
	      chance(80) ? RTPLANE_REASON_PROVEN : (uint8_t)rnd(RTPLANE_REASON_MAX + 2));
	nl_u64(m, RTPLANE_SAVED_A_SINCE, number());
	if (chance(30))
		nl_put(m, RTPLANE_SAVED_A_FRESH, NULL, 0);
	while (n--)
		nl_u32(m, RTPLANE_SAVED_A_KNOWN, rnd(4));
	if (chance(30)) {
		put_ep(m, RTPLANE_SAVED_A_FORMER);
		nl_u64(m, RTPLANE_SAVED_A_FORMER_LEFT, number_to(0x7fffffff));
	}
}

static void put_saved_rtp(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_SAVED_A_RTP);
	uint32_t base = (uint32_t)number(), jitter = (uint32_t)number();

	nl_u32(m, RTPLANE_SAVED_RTP_A_SSRC, rnd(4));
	nl_u8(m, RTPLANE_SAVED_RTP_A_PT, (uint8_t)rnd(130));
	nl_u64(m, RTPLANE_SAVED_RTP_A_PACKETS, number());
	nl_u32(m, RTPLANE_SAVED_RTP_A_BASE, base);
	nl_u32(m, RTPLANE_SAVED_RTP_A_HIGHEST, base + rnd(1000));
	nl_u32(m, RTPLANE_SAVED_RTP_A_UNIQUE, (uint32_t)number());
	nl_u64(m, RTPLANE_SAVED_RTP_A_SEEN, number());
	nl_u32(m, RTPLANE_SAVED_RTP_A_JITTER, jitter);
	nl_u32(m, RTPLANE_SAVED_RTP_A_JITTER_MAX, jitter);
	nl_u32(m, RTPLANE_SAVED_RTP_A_TIMESTAMP, (uint32_t)number());
	nl_end(m, nest);
}

/* Counts of a nest whose types are 1 to @n. */
static void put_counts(struct nl_msg *m, uint16_t type, uint32_t n)
{
	size_t nest = nl_nest(m, type);
	uint32_t words = rnd(8);

	while (words--)
		nl_u64(m, (uint16_t)(seldom() ? n + 1 : 1 + rnd(n)), number());
	nl_end(m, nest);
}

static void put_saved_numbers(struct nl_msg *m)
{
	static const uint16_t numbers[] = {
		RTPLANE_SAVED_A_AGE, RTPLANE_SAVED_A_QUIET, RTPLANE_SAVED_A_STARTED,
		RTPLANE_SAVED_A_PPS_DEBT, RTPLANE_SAVED_A_BPS_DEBT, RTPLANE_SAVED_A_RX_PACKETS,
		RTPLANE_SAVED_A_RX_BYTES, RTPLANE_SAVED_A_TX_PACKETS, RTPLANE_SAVED_A_TX_BYTES,
		RTPLANE_SAVED_A_PASSED, RTPLANE_SAVED_A_RTCP_PACKETS
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (chance(40))
			nl_u64(m, numbers[i], number());
	}
	if (chance(40))
		nl_u32(m, RTPLANE_SAVED_A_LATCHES, (uint32_t)number());
}

/* A state that is given, or the question for it. */
static void put_saved(struct nl_msg *m, bool asked)
{
	size_t nest = nl_nest(m, RTPLANE_LEG_A_SAVED);

	if (chance(98))
		nl_u32(m, RTPLANE_SAVED_A_VERSION,
		       chance(98) ? RTPLANE_SAVED_VERSION : rnd(4));
	if (!asked || chance(3)) {
		put_saved_numbers(m);
		if (chance(30))
			put_saved_remote(m);
		if (chance(40))
			put_saved_rtp(m);
		if (chance(30))
			put_counts(m, RTPLANE_SAVED_A_DROPS, __RTPLANE_DROP_MAX);
		if (chance(30))
			put_counts(m, RTPLANE_SAVED_A_DSCP_SEEN, 64);
		put_sources(m, RTPLANE_SAVED_A_RX_SOURCE, false);
		put_sources(m, RTPLANE_SAVED_A_TX_SOURCE, true);
		if (chance(3))
			put_random(m, (uint16_t)rnd(RTPLANE_SAVED_A_MAX + 2));
	}
	nl_end(m, nest);
}

/* A dump of all states. */
static void put_asked(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_LEG);

	put_saved(m, true);
	nl_end(m, nest);
}

static void put_protection(struct nl_msg *m, uint8_t cmd)
{
	/* only a new leg has one */
	bool saved = chance(cmd == RTPLANE_CMD_BRIDGE_NEW ? 60 : 5);

	if (cmd == RTPLANE_CMD_BRIDGE_DEL || cmd == RTPLANE_CMD_LEG_GET) {
		if (chance(50))
			put_saved(m, true);
		return;
	}
	/* Sources need keys, which come first. */
	if (chance(saved ? 90 : 30))
		put_key(m, RTPLANE_LEG_A_SRTP_RX, false);
	if (chance(saved ? 90 : 30))
		put_key(m, RTPLANE_LEG_A_SRTP_TX, true);
	if (saved)
		put_saved(m, false);
}

static void put_leg(struct nl_msg *m, uint16_t type, uint8_t cmd)
{
	size_t nest = nl_nest(m, type);
	uint32_t words = with_state ? chance(10) : rnd(4);

	if (chance(with_state ? 99 : 97))
		put_ep(m, RTPLANE_LEG_A_LOCAL);
	if (chance(80))
		put_ep(m, RTPLANE_LEG_A_REMOTE);
	while (words--)
		put_leg_word(m);
	if (with_state)
		put_protection(m, cmd);
	if (chance(3))
		put_random(m, (uint16_t)rnd(RTPLANE_LEG_A_MAX + 3));
	nl_end(m, nest);
}

static void put_bridges(struct nl_msg *m, uint8_t cmd)
{
	uint32_t n = chance(90) ? 1 : rnd(20), legs, i;

	for (i = 0; i < n; i++) {
		size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

		legs = cmd == RTPLANE_CMD_BRIDGE_DEL ? rnd(2) : 2;
		if (chance(4))
			legs = rnd(4);
		if (chance(30) || (!legs && chance(90)))
			nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, rnd(3));
		if (chance(cmd == RTPLANE_CMD_BRIDGE_DEL && !legs ? 20 : 1))
			nl_put(m, RTPLANE_BRIDGE_A_ALL, NULL, 0);
		while (legs--)
			put_leg(m, RTPLANE_BRIDGE_A_LEG, cmd);
		nl_end(m, nest);
	}
}

static void put_dev(struct nl_msg *m)
{
	static const char *const names[] = { "lo", "ma", "mb", "nosuch0" };
	size_t nest = nl_nest(m, RTPLANE_A_DEV);
	const char *name = names[rnd(4)];

	if (chance(50))
		nl_put(m, RTPLANE_DEV_A_NAME, name, strlen(name) + 1);
	else
		nl_u32(m, RTPLANE_DEV_A_IFINDEX, rnd(6));
	nl_end(m, nest);
}

static void put_natmap_word(struct nl_msg *m)
{
	static const uint8_t map[64] = { 3, 2, 1 };

	switch (rnd(8)) {
	case 0: nl_u16(m, RTPLANE_NATMAP_A_PORT_LO, (uint16_t)(30000 + rnd(100))); break;
	case 1: nl_u16(m, RTPLANE_NATMAP_A_PORT_HI, (uint16_t)(30000 + rnd(3000))); break;
	case 2: nl_u8(m, RTPLANE_NATMAP_A_FILTER, (uint8_t)rnd(3)); break;
	case 3: nl_u8(m, RTPLANE_NATMAP_A_DSCP_MODE, (uint8_t)rnd(4)); break;
	case 4: nl_u8(m, RTPLANE_NATMAP_A_DSCP, (uint8_t)rnd(70)); break;
	case 5: nl_put(m, RTPLANE_NATMAP_A_DSCP_MAP, map, 64); break;
	case 6: nl_u32(m, RTPLANE_NATMAP_A_PPS, rnd(3) * 1000); break;
	case 7: nl_u64(m, RTPLANE_NATMAP_A_BPS, rnd(3) * 64000); break;
	}
}

/* External addresses 192.0.2.0 to .3 or 2001:db8::c000:200 to :203. */
static void put_natmap_addr(struct nl_msg *m, uint16_t type, uint32_t net, bool v6)
{
	uint32_t addr[4] = { htonl(0x20010db8), 0, 0, htonl(net + rnd(4)) };
	size_t nest = nl_nest(m, type);

	if (v6)
		nl_put(m, RTPLANE_EP_A_IPV6, addr, 16);
	else
		nl_put(m, RTPLANE_EP_A_IPV4, &addr[3], 4);
	if (chance(2))
		nl_u16(m, RTPLANE_EP_A_PORT, htons(30000));
	nl_end(m, nest);
}

static void put_natmap(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_NATMAP);
	bool v6 = chance(30);
	uint32_t words = rnd(4);

	put_natmap_addr(m, RTPLANE_NATMAP_A_EXT, 0xc0000200u, v6);
	if (chance(90))
		put_natmap_addr(m, RTPLANE_NATMAP_A_INT, 0x0a000000u, chance(3) ? !v6 : v6);
	while (words--)
		put_natmap_word(m);
	if (chance(10))
		put_random(m, (uint16_t)rnd(RTPLANE_NATMAP_A_MAX + 2));
	nl_end(m, nest);
}

static void put_scan(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_SCAN), range;
	uint32_t ranges = rnd(4);

	if (chance(50))
		nl_u32(m, RTPLANE_SCAN_A_PORTS, rnd(RTPLANE_SCAN_PORTS_MAX + 2));
	if (chance(50))
		nl_u32(m, RTPLANE_SCAN_A_SECONDS, rnd(3602));
	while (ranges--) {
		range = nl_nest(m, RTPLANE_SCAN_A_RANGE);
		if (chance(95))
			put_natmap_addr(m, RTPLANE_RANGE_A_ADDR, 0xc0000200u, chance(30));
		nl_u16(m, RTPLANE_RANGE_A_PORT_LO, (uint16_t)(30000 + rnd(2000)));
		if (chance(95))
			nl_u16(m, RTPLANE_RANGE_A_PORT_HI, (uint16_t)(31900 + rnd(2000)));
		nl_end(m, range);
	}
	if (chance(10))
		put_random(m, (uint16_t)rnd(RTPLANE_SCAN_A_MAX + 2));
	nl_end(m, nest);
}

/* Anything at all, nested anyhow. */
static void put_chaos(struct nl_msg *m, int depth)
{
	uint32_t n = rnd(4);

	while (n--) {
		uint16_t type = (uint16_t)rnd(36);
		size_t nest;

		if (depth < DEPTH_MAX && chance(50)) {
			nest = nl_nest(m, type);
			put_chaos(m, depth + 1);
			nl_end(m, nest);
		} else {
			put_random(m, type);
		}
	}
}

static void build(struct nl_msg *m, const struct nl *nl)
{
	static const uint8_t of_legs[] = {
		RTPLANE_CMD_BRIDGE_NEW, RTPLANE_CMD_BRIDGE_NEW, RTPLANE_CMD_BRIDGE_SET,
		RTPLANE_CMD_BRIDGE_DEL, RTPLANE_CMD_LEG_SET, RTPLANE_CMD_LEG_GET
	};
	uint8_t cmd = (uint8_t)(chance(97) ? 1 + rnd(RTPLANE_CMD_MAX) : rnd(256));
	uint16_t flags = chance(20) ? NLM_F_DUMP : 0;

	if (with_state) {
		cmd = of_legs[rnd(sizeof(of_legs))];
		flags = cmd == RTPLANE_CMD_LEG_GET ? flags : 0;
	}
	nl_begin(m, nl->family, (uint16_t)(NLM_F_ACK | flags), cmd,
		 RTPLANE_GENL_VERSION);
	if (with_state && flags)
		put_asked(m);
	else if (chance(5))
		put_chaos(m, 0);
	else if (cmd == RTPLANE_CMD_BRIDGE_NEW || cmd == RTPLANE_CMD_BRIDGE_SET ||
		 cmd == RTPLANE_CMD_BRIDGE_DEL)
		put_bridges(m, cmd);
	else if (cmd == RTPLANE_CMD_LEG_SET || cmd == RTPLANE_CMD_LEG_GET)
		put_leg(m, RTPLANE_A_LEG, cmd);
	else if (cmd <= RTPLANE_CMD_DEV_GET)
		put_dev(m);
	else if (cmd <= RTPLANE_CMD_NATMAP_GET)
		put_natmap(m);
	else if (cmd == RTPLANE_CMD_SCAN_SET)
		put_scan(m);
}

/* Spoil a byte behind the headers, or cut the message short. */
static void spoil(struct nl_msg *m)
{
	size_t head = NLMSG_HDRLEN + GENL_HDRLEN;

	((struct nlmsghdr *)m->buf)->nlmsg_len = 0;
	if (m->len <= head)
		return;
	if (chance(50))
		m->buf[head + rnd((uint32_t)(m->len - head))] ^=
			(uint8_t)(1 << rnd(8));
	else
		m->len = head + rnd((uint32_t)(m->len - head));
}

int main(int argc, char **argv)
{
	unsigned long done = 0, refused = 0, silent = 0;
	long long count, i;
	static struct nl_msg m;
	struct nl_answer ans;
	struct nl nl;

	with_state = argc == 4 && !strcmp(argv[3], "state");
	if (argc != 3 && !with_state)
		die("usage: nlfuzz SEED COUNT [state]");
	state = (uint32_t)opt_num("SEED", argv[1], 1, UINT32_MAX);
	count = opt_num("COUNT", argv[2], 1, 1000000000);
	nl_open(&nl);
	for (i = 0; i < count; i++) {
		build(&m, &nl);
		((struct nlmsghdr *)m.buf)->nlmsg_len = 0;
		if (chance(10))
			spoil(&m);
		nl_talk(&nl, &m, &ans);
		if (!ans.error)
			done++;
		else
			refused++;
		if (ans.error == EINVAL && !ans.text[0])
			silent++;
	}
	printf("{\"requests\":%lld,\"done\":%lu,\"refused\":%lu,\"silent\":%lu}\n",
	       count, done, refused, silent);
	return 0;
}
