// SPDX-License-Identifier: GPL-2.0
/*
 * nlbad - requests that no sound program sends, and what the kernel must say
 *
 * A table: each case builds one request, and names the errno and the words of
 * the sentence with which it must be refused.  One line of JSON a case; exit
 * status 1 if any was answered otherwise.
 */
#include <limits.h>
#include <sys/utsname.h>

#include "nl.h"

#define LOCAL_A	"192.0.2.254"
#define LOCAL_B	"198.51.100.254"
#define REMOTE	"192.0.2.1"

struct bad {
	const char *name;
	uint8_t cmd;
	void (*build)(struct nl_msg *m);
	int error;
	const char *words;
};

/* A sound leg, to which a case adds what is wrong. */
static size_t leg_open(struct nl_msg *m, uint16_t type, const char *addr,
		       uint16_t port)
{
	size_t nest = nl_nest(m, type);

	nl_ep4(m, RTPLANE_LEG_A_LOCAL, addr, port);
	nl_ep4(m, RTPLANE_LEG_A_REMOTE, REMOTE, 40000);
	return nest;
}

static void good_leg(struct nl_msg *m, const char *addr, uint16_t port)
{
	nl_end(m, leg_open(m, RTPLANE_BRIDGE_A_LEG, addr, port));
}

/* A bridge whose first leg the function @wrong makes bad. */
static void bridge_with(struct nl_msg *m, void (*wrong)(struct nl_msg *m))
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);
	size_t leg = leg_open(m, RTPLANE_BRIDGE_A_LEG, LOCAL_A, 31000);

	wrong(m);
	nl_end(m, leg);
	good_leg(m, LOCAL_B, 31000);
	nl_end(m, bridge);
}

/* A bridge whose first leg has only the local address that @local puts. */
static void bridge_local(struct nl_msg *m, void (*local)(struct nl_msg *m))
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);
	size_t leg = nl_nest(m, RTPLANE_BRIDGE_A_LEG);

	local(m);
	nl_u8(m, RTPLANE_LEG_A_LATCH, RTPLANE_LATCH_LEARN);
	nl_end(m, leg);
	good_leg(m, LOCAL_B, 31000);
	nl_end(m, bridge);
}

#define LEG_CASE(name, code)						\
	static void wrong_##name(struct nl_msg *m) { code; }		\
	static void bad_##name(struct nl_msg *m)			\
	{								\
		bridge_with(m, wrong_##name);				\
	}

#define LOCAL_CASE(name, code)						\
	static void local_##name(struct nl_msg *m) { code; }		\
	static void bad_##name(struct nl_msg *m)			\
	{								\
		bridge_local(m, local_##name);				\
	}

static const uint8_t zeros[4096];

LEG_CASE(latch, nl_u8(m, RTPLANE_LEG_A_LATCH, 3))
LEG_CASE(latch_len, nl_u32(m, RTPLANE_LEG_A_LATCH, 1))
LEG_CASE(early, nl_u8(m, RTPLANE_LEG_A_EARLY, 2))
LEG_CASE(accept, nl_u8(m, RTPLANE_LEG_A_ACCEPT, 2))
LEG_CASE(unknown, nl_u8(m, RTPLANE_LEG_A_UNKNOWN, 2))
LEG_CASE(probation, nl_u8(m, RTPLANE_LEG_A_PROBATION, 33))
LEG_CASE(prefix, nl_u8(m, RTPLANE_LEG_A_PREFIX, 129))
LEG_CASE(prefix4, nl_u8(m, RTPLANE_LEG_A_PREFIX, 33))
LEG_CASE(dscp, nl_u8(m, RTPLANE_LEG_A_DSCP, 64))
LEG_CASE(dscp_mode, nl_u8(m, RTPLANE_LEG_A_DSCP_MODE, 3))
LEG_CASE(dscp_set, nl_u8(m, RTPLANE_LEG_A_DSCP_MODE, RTPLANE_DSCP_SET))
LEG_CASE(dscp_map, nl_u8(m, RTPLANE_LEG_A_DSCP_MODE, RTPLANE_DSCP_MAP))
LEG_CASE(map_short, nl_put(m, RTPLANE_LEG_A_DSCP_MAP, zeros, 63))
LEG_CASE(map_long, nl_put(m, RTPLANE_LEG_A_DSCP_MAP, zeros, 65))
LEG_CASE(map_value, uint8_t map[64] = { [63] = 64 };
	 nl_put(m, RTPLANE_LEG_A_DSCP_MAP, map, 64))
LEG_CASE(pps_len, nl_u16(m, RTPLANE_LEG_A_PPS, 1))
LEG_CASE(bps_len, nl_u32(m, RTPLANE_LEG_A_BPS, 1))
LEG_CASE(oif, nl_u32(m, RTPLANE_LEG_A_OIF, 0x80000000u))
LEG_CASE(flag_len, nl_u32(m, RTPLANE_LEG_A_UNLATCH, 1))
LEG_CASE(unlatch_off, nl_u8(m, RTPLANE_LEG_A_LATCH, RTPLANE_LATCH_OFF);
	 nl_put(m, RTPLANE_LEG_A_UNLATCH, NULL, 0))
LEG_CASE(unlatch_proven, nl_put(m, RTPLANE_LEG_A_UNLATCH, NULL, 0);
	 nl_ep4(m, RTPLANE_LEG_A_PROVEN, REMOTE, 1))
LEG_CASE(proven_off, nl_u8(m, RTPLANE_LEG_A_LATCH, RTPLANE_LATCH_OFF);
	 nl_ep4(m, RTPLANE_LEG_A_PROVEN, "192.0.2.9", 1))
LEG_CASE(proven6, nl_ep6(m, RTPLANE_LEG_A_PROVEN, "2001:db8::1", 1))
LEG_CASE(tie_self, nl_ep4(m, RTPLANE_LEG_A_TIE, LOCAL_A, 31000))
LEG_CASE(tie6, nl_ep6(m, RTPLANE_LEG_A_TIE, "2001:db8::1", 1))
LEG_CASE(leg_cookie, nl_u64(m, RTPLANE_LEG_A_COOKIE, 1))
LEG_CASE(peer, nl_put(m, RTPLANE_LEG_A_PEER, zeros, 16))
LEG_CASE(state, nl_u8(m, RTPLANE_LEG_A_STATE, 2))
LEG_CASE(counters, nl_put(m, RTPLANE_LEG_A_COUNTERS, zeros, 8))
LEG_CASE(offenses, nl_u64(m, RTPLANE_LEG_A_OFFENSES, 1))
LEG_CASE(leg_attr, nl_u32(m, RTPLANE_LEG_A_MAX + 1, 1))
LEG_CASE(leg_attr_far, nl_u32(m, 0x3fff, 1))
LEG_CASE(leg_attr_zero, nl_u32(m, RTPLANE_LEG_A_UNSPEC, 1))

/* Protection of what arrives, with a key of so many bytes; its nest stays open. */
static size_t srtp_open(struct nl_msg *m, uint8_t suite, size_t key)
{
	static const uint8_t bytes[64];
	size_t at = nl_nest(m, RTPLANE_LEG_A_SRTP_RX);

	nl_u8(m, RTPLANE_SRTP_A_SUITE, suite);
	if (key)
		nl_put(m, RTPLANE_SRTP_A_KEY, bytes, key);
	return at;
}

#define CM80	RTPLANE_SRTP_AES_128_CM_SHA1_80

/* The same with @n sources, each of which @attr is put in, if it is not 0. */
static void srtp_sources(struct nl_msg *m, unsigned int n, uint16_t attr, uint64_t value)
{
	size_t at = srtp_open(m, CM80, 30), source;
	unsigned int i;

	for (i = 0; i < n; i++) {
		source = nl_nest(m, RTPLANE_SRTP_A_SOURCE);
		if (attr != RTPLANE_SOURCE_A_SSRC)
			nl_u32(m, RTPLANE_SOURCE_A_SSRC, 1);
		else if (value)
			nl_u32(m, RTPLANE_SOURCE_A_SSRC, i + 1);
		if (attr == RTPLANE_SOURCE_A_INDEX)
			nl_u64(m, attr, value);
		if (attr == RTPLANE_SOURCE_A_RTCP_INDEX)
			nl_u32(m, attr, (uint32_t)value);
		nl_end(m, source);
	}
	nl_end(m, at);
}

#include "nlbad_copy.h"

LEG_CASE(srtp_suite, size_t at = nl_nest(m, RTPLANE_LEG_A_SRTP_RX);
	 nl_put(m, RTPLANE_SRTP_A_FRESH, NULL, 0); nl_end(m, at))
LEG_CASE(srtp_suite_high, nl_end(m, srtp_open(m, RTPLANE_SRTP_MAX + 1, 30)))
LEG_CASE(srtp_key_none, nl_end(m, srtp_open(m, CM80, 0)))
LEG_CASE(srtp_key_short, nl_end(m, srtp_open(m, CM80, 29)))
LEG_CASE(srtp_key_long, nl_end(m, srtp_open(m, CM80, 47)))
LEG_CASE(srtp_none_key, nl_end(m, srtp_open(m, RTPLANE_SRTP_NONE, 30)))
LEG_CASE(srtp_mki_none, size_t at = srtp_open(m, CM80, 30);
	 nl_put(m, RTPLANE_SRTP_A_MKI, NULL, 0); nl_end(m, at))
LEG_CASE(srtp_mki_long, size_t at = srtp_open(m, CM80, 30);
	 nl_put(m, RTPLANE_SRTP_A_MKI, zeros, 17); nl_end(m, at))
LEG_CASE(srtp_no_ssrc, srtp_sources(m, 1, RTPLANE_SOURCE_A_SSRC, 0))
LEG_CASE(srtp_twice, srtp_sources(m, 2, 0, 0))
LEG_CASE(srtp_many, srtp_sources(m, 65, RTPLANE_SOURCE_A_SSRC, 1))
LEG_CASE(srtp_index, srtp_sources(m, 1, RTPLANE_SOURCE_A_INDEX, 1ull << 48))
LEG_CASE(srtp_rtcp_index, srtp_sources(m, 1, RTPLANE_SOURCE_A_RTCP_INDEX, 1u << 31))
LEG_CASE(only_high, nl_u8(m, RTPLANE_LEG_A_ONLY, RTPLANE_ONLY_MAX + 1))

/* A state of a version, whose nest stays open. */
static size_t saved_open(struct nl_msg *m, uint32_t version)
{
	size_t at = nl_nest(m, RTPLANE_LEG_A_SAVED);

	if (version)
		nl_u32(m, RTPLANE_SAVED_A_VERSION, version);
	return at;
}

#define SAVED_CASE(name, code)						\
	LEG_CASE(saved_##name, size_t at = saved_open(m, 1); code; nl_end(m, at))

/* A remote that was committed for a reason. */
static void saved_remote(struct nl_msg *m, const char *addr, uint16_t port, uint8_t reason)
{
	nl_ep4(m, RTPLANE_SAVED_A_REMOTE, addr, port);
	nl_u8(m, RTPLANE_SAVED_A_REASON, reason);
}

static void saved_known(struct nl_msg *m, int n)
{
	saved_remote(m, REMOTE, 40000, RTPLANE_REASON_FIRST);
	while (n--)
		nl_u32(m, RTPLANE_SAVED_A_KNOWN, (uint32_t)n);
}

/* Where a receiver of RTP stands, by one number. */
static void saved_rtp(struct nl_msg *m, uint16_t attr, uint32_t value)
{
	size_t at = nl_nest(m, RTPLANE_SAVED_A_RTP);

	if (attr)
		nl_u32(m, RTPLANE_SAVED_RTP_A_SSRC, 1);
	nl_u32(m, attr ? attr : RTPLANE_SAVED_RTP_A_BASE, value);
	nl_end(m, at);
}

/* A source, with what @put puts into it. */
static void saved_source(struct nl_msg *m, uint16_t type, void (*put)(struct nl_msg *m))
{
	size_t at = nl_nest(m, type);

	nl_u32(m, RTPLANE_SOURCE_A_SSRC, 1);
	if (put)
		put(m);
	nl_end(m, at);
}

static void put_window(struct nl_msg *m)
{
	nl_put(m, RTPLANE_SOURCE_A_WINDOW, zeros, RTPLANE_SRTP_WINDOW_LEN);
}

static void put_rtcp_window(struct nl_msg *m)
{
	nl_put(m, RTPLANE_SOURCE_A_RTCP_WINDOW, zeros, RTPLANE_SRTCP_WINDOW_LEN);
}

static void put_window_short(struct nl_msg *m)
{
	nl_u64(m, RTPLANE_SOURCE_A_INDEX, 1);
	nl_put(m, RTPLANE_SOURCE_A_WINDOW, zeros, RTPLANE_SRTP_WINDOW_LEN - 1);
}

static void put_carried(struct nl_msg *m)
{
	nl_put(m, RTPLANE_SOURCE_A_CARRIED, NULL, 0);
}

static void put_shift(struct nl_msg *m)
{
	nl_u16(m, RTPLANE_SOURCE_A_SHIFT, 1);
}

/* The key of what leaves, in the place of the nest that is open. */
static void srtp_tx_instead(struct nl_msg *m, size_t *at)
{
	static const uint8_t bytes[30];

	nl_end(m, *at);
	*at = nl_nest(m, RTPLANE_LEG_A_SRTP_TX);
	nl_u8(m, RTPLANE_SRTP_A_SUITE, CM80);
	nl_put(m, RTPLANE_SRTP_A_KEY, bytes, sizeof(bytes));
}

static void put_index_carried(struct nl_msg *m)
{
	nl_u64(m, RTPLANE_SOURCE_A_INDEX, 1);
	put_carried(m);
}

LEG_CASE(saved_no_version, nl_end(m, saved_open(m, 0)))
LEG_CASE(saved_version, nl_end(m, saved_open(m, 2)))
LEG_CASE(saved_version_far, nl_end(m, saved_open(m, UINT32_MAX)))
LEG_CASE(saved_flat, nl_put(m, RTPLANE_LEG_A_SAVED, zeros, 8))
LEG_CASE(generation, nl_u64(m, RTPLANE_LEG_A_GENERATION, 1))
SAVED_CASE(attr, nl_u32(m, RTPLANE_SAVED_A_MAX + 1, 1))
SAVED_CASE(age_len, nl_u32(m, RTPLANE_SAVED_A_AGE, 1))
SAVED_CASE(no_reason, nl_ep4(m, RTPLANE_SAVED_A_REMOTE, REMOTE, 40000))
SAVED_CASE(reason, saved_remote(m, REMOTE, 40000, RTPLANE_REASON_TIE))
SAVED_CASE(reason_high, saved_remote(m, REMOTE, 40000, RTPLANE_REASON_MAX + 1))
SAVED_CASE(reason_alone, nl_u8(m, RTPLANE_SAVED_A_REASON, RTPLANE_REASON_FIRST))
SAVED_CASE(since_alone, nl_u64(m, RTPLANE_SAVED_A_SINCE, 1))
SAVED_CASE(known_alone, nl_u32(m, RTPLANE_SAVED_A_KNOWN, 1))
SAVED_CASE(known, saved_known(m, 5))
SAVED_CASE(known_len, nl_u16(m, RTPLANE_SAVED_A_KNOWN, 1))
SAVED_CASE(remote, saved_remote(m, "203.0.113.5", 40000, RTPLANE_REASON_FIRST))
SAVED_CASE(remote_self, saved_remote(m, LOCAL_A, 31000, RTPLANE_REASON_PROVEN))
SAVED_CASE(remote_port, saved_remote(m, REMOTE, 0, RTPLANE_REASON_FIRST))
SAVED_CASE(remote_mc, saved_remote(m, "224.0.0.1", 40000, RTPLANE_REASON_PROVEN))
SAVED_CASE(remote6, nl_ep6(m, RTPLANE_SAVED_A_REMOTE, "2001:db8::1", 40000);
	   nl_u8(m, RTPLANE_SAVED_A_REASON, RTPLANE_REASON_PROVEN))
SAVED_CASE(former6, nl_ep6(m, RTPLANE_SAVED_A_FORMER, "2001:db8::1", 40000))
SAVED_CASE(former_none, nl_u64(m, RTPLANE_SAVED_A_FORMER_LEFT, 1))
SAVED_CASE(former_left, nl_ep4(m, RTPLANE_SAVED_A_FORMER, REMOTE, 1);
	   nl_u64(m, RTPLANE_SAVED_A_FORMER_LEFT, 3000000001ull))
SAVED_CASE(drop, size_t in = nl_nest(m, RTPLANE_SAVED_A_DROPS);
	   nl_u64(m, __RTPLANE_DROP_MAX + 1, 1); nl_end(m, in))
SAVED_CASE(drop_len, size_t in = nl_nest(m, RTPLANE_SAVED_A_DROPS);
	   nl_u32(m, 1, 1); nl_end(m, in))
SAVED_CASE(dscp, size_t in = nl_nest(m, RTPLANE_SAVED_A_DSCP_SEEN);
	   nl_u64(m, 65, 1); nl_end(m, in))
SAVED_CASE(rtp_no_ssrc, saved_rtp(m, 0, 1))
SAVED_CASE(rtp_base, saved_rtp(m, RTPLANE_SAVED_RTP_A_BASE, 1))
SAVED_CASE(rtp_jitter, saved_rtp(m, RTPLANE_SAVED_RTP_A_JITTER, 1))
SAVED_CASE(rtp_pt, saved_rtp(m, RTPLANE_SAVED_RTP_A_PT, 1))
SAVED_CASE(rtcp, nl_put(m, RTPLANE_SAVED_A_RTCP, zeros, 8))
SAVED_CASE(no_key, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, NULL))
SAVED_CASE(no_key_tx, nl_end(m, at); nl_end(m, srtp_open(m, CM80, 30));
	   at = saved_open(m, 1); saved_source(m, RTPLANE_SAVED_A_TX_SOURCE, NULL))
SAVED_CASE(sources_both, nl_end(m, at); srtp_sources(m, 1, RTPLANE_SOURCE_A_SSRC, 1);
	   at = saved_open(m, 1); saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, NULL))
SAVED_CASE(source_twice, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, NULL);
	   saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, NULL); nl_end(m, at);
	   at = srtp_open(m, CM80, 30))
SAVED_CASE(window, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, put_window); nl_end(m, at);
	   at = srtp_open(m, CM80, 30))
SAVED_CASE(rtcp_window, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, put_rtcp_window);
	   nl_end(m, at); at = srtp_open(m, CM80, 30))
SAVED_CASE(window_short, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, put_window_short);
	   nl_end(m, at); at = srtp_open(m, CM80, 30))
SAVED_CASE(carried, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, put_carried); nl_end(m, at);
	   at = srtp_open(m, CM80, 30))
SAVED_CASE(carried_tx, saved_source(m, RTPLANE_SAVED_A_TX_SOURCE, put_index_carried);
	   srtp_tx_instead(m, &at))
SAVED_CASE(shift, saved_source(m, RTPLANE_SAVED_A_RX_SOURCE, put_shift); nl_end(m, at);
	   at = srtp_open(m, CM80, 30))

static void put_ep_raw(struct nl_msg *m, int have4, int have6, int port)
{
	size_t ep = nl_nest(m, RTPLANE_LEG_A_LOCAL);

	if (have4)
		nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr(LOCAL_A));
	if (have6)
		nl_put(m, RTPLANE_EP_A_IPV6, zeros, 16);
	if (port >= 0)
		nl_u16(m, RTPLANE_EP_A_PORT, htons((uint16_t)port));
	nl_end(m, ep);
}

LOCAL_CASE(ep_both, put_ep_raw(m, 1, 1, 31000))
LOCAL_CASE(ep_none, put_ep_raw(m, 0, 0, 31000))
LOCAL_CASE(ep_noport, put_ep_raw(m, 1, 0, -1))
LOCAL_CASE(ep_port0, put_ep_raw(m, 1, 0, 0))
LOCAL_CASE(ep_any4, nl_ep4(m, RTPLANE_LEG_A_LOCAL, "0.0.0.0", 31000))
LOCAL_CASE(ep_any6, nl_ep6(m, RTPLANE_LEG_A_LOCAL, "::", 31000))
LOCAL_CASE(ep_mc4, nl_ep4(m, RTPLANE_LEG_A_LOCAL, "224.1.2.3", 31000))
LOCAL_CASE(ep_mc6, nl_ep6(m, RTPLANE_LEG_A_LOCAL, "ff02::1", 31000))
LOCAL_CASE(ep_bcast, nl_ep4(m, RTPLANE_LEG_A_LOCAL, "255.255.255.255", 31000))
LOCAL_CASE(ep_mapped, nl_ep6(m, RTPLANE_LEG_A_LOCAL, "::ffff:192.0.2.1", 31000))
LOCAL_CASE(ep_linklocal, nl_ep6(m, RTPLANE_LEG_A_LOCAL, "fe80::1", 31000))
LOCAL_CASE(local_missing, (void)m)
LOCAL_CASE(local_flat, nl_put(m, RTPLANE_LEG_A_LOCAL, zeros, 8))
LOCAL_CASE(ep_len4, size_t ep = nl_nest(m, RTPLANE_LEG_A_LOCAL);
	   nl_u16(m, RTPLANE_EP_A_IPV4, 1);
	   nl_u16(m, RTPLANE_EP_A_PORT, htons(1)); nl_end(m, ep))
LOCAL_CASE(ep_len6, size_t ep = nl_nest(m, RTPLANE_LEG_A_LOCAL);
	   nl_put(m, RTPLANE_EP_A_IPV6, zeros, 15);
	   nl_u16(m, RTPLANE_EP_A_PORT, htons(1)); nl_end(m, ep))
LOCAL_CASE(ep_attr, size_t ep = nl_nest(m, RTPLANE_LEG_A_LOCAL);
	   nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr(LOCAL_A));
	   nl_u16(m, RTPLANE_EP_A_PORT, htons(1));
	   nl_u16(m, RTPLANE_EP_A_MAX + 1, 0); nl_end(m, ep))

static void bad_empty(struct nl_msg *m)
{
	(void)m;
}

static void bad_no_legs(struct nl_msg *m)
{
	nl_end(m, nl_nest(m, RTPLANE_A_BRIDGE));
}

static void bad_one_leg(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	nl_end(m, bridge);
}

static void bad_three_legs(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_A, 31002);
	good_leg(m, LOCAL_A, 31004);
	nl_end(m, bridge);
}

static void bad_same_legs(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_A, 31000);
	nl_end(m, bridge);
}

static void bad_flat_bridge(struct nl_msg *m)
{
	nl_put(m, RTPLANE_A_BRIDGE, zeros, 32);
}

static void bad_flat_leg(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	nl_put(m, RTPLANE_BRIDGE_A_LEG, zeros, 32);
	good_leg(m, LOCAL_A, 31000);
	nl_end(m, bridge);
}

static void bad_bridge_attr(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_B, 31000);
	nl_u32(m, RTPLANE_BRIDGE_A_MAX + 1, 1);
	nl_end(m, bridge);
}

static void bad_cookie_len(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	nl_u32(m, RTPLANE_BRIDGE_A_COOKIE, 1);
	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_B, 31000);
	nl_end(m, bridge);
}

/* More bridges than a message may carry; none may be made. */
static void bad_many(struct nl_msg *m)
{
	int i;

	for (i = 0; i <= RTPLANE_BRIDGES_MAX; i++) {
		size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

		good_leg(m, LOCAL_A, (uint16_t)(20000 + 2 * i));
		good_leg(m, LOCAL_B, (uint16_t)(20000 + 2 * i));
		nl_end(m, bridge);
	}
}

/* 512 sound bridges, the last of which repeats the first. */
static void bad_last_of_many(struct nl_msg *m)
{
	int i;

	for (i = 0; i < RTPLANE_BRIDGES_MAX; i++) {
		size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);
		int n = i % (RTPLANE_BRIDGES_MAX - 1);

		good_leg(m, LOCAL_A, (uint16_t)(20000 + 2 * n));
		good_leg(m, LOCAL_B, (uint16_t)(20000 + 2 * n));
		nl_end(m, bridge);
	}
}

static void bad_top(struct nl_msg *m)
{
	nl_u32(m, RTPLANE_A_MAX + 1, 1);
}

static void bad_stats_in(struct nl_msg *m)
{
	nl_put(m, RTPLANE_A_STATS, zeros, 8);
}

/* An attribute that says to be longer than the message. */
static void bad_attr_len(struct nl_msg *m)
{
	size_t at = m->len;

	bad_one_leg(m);
	((struct nlattr *)(m->buf + at))->nla_len += 100;
}

static void bad_nested_len(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);
	size_t at = m->len;

	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_B, 31000);
	((struct nlattr *)(m->buf + at))->nla_len += 4000;
	nl_end(m, bridge);
}

static void bad_trailing(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_B, 31000);
	nl_end(m, bridge);
	memset(m->buf + m->len, 0, 2);
	m->len += 2;
}

static void bad_two_named(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	good_leg(m, LOCAL_A, 31000);
	nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 1);
	nl_end(m, bridge);
}

static void bad_cookies(struct nl_msg *m)
{
	int i;

	for (i = 0; i < 2; i++) {
		size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

		nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 1);
		nl_end(m, bridge);
	}
}

static void bad_cookie_none(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 0);
	nl_end(m, bridge);
}

static void put_all(struct nl_msg *m)
{
	nl_put(m, RTPLANE_BRIDGE_A_ALL, NULL, 0);
}

static void bad_all_new(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	put_all(m);
	good_leg(m, LOCAL_A, 31000);
	good_leg(m, LOCAL_B, 31000);
	nl_end(m, bridge);
}

static void bad_all_and_cookie(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

	put_all(m);
	nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 1);
	nl_end(m, bridge);
}

static void bad_alls(struct nl_msg *m)
{
	int i;

	for (i = 0; i < 2; i++) {
		size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

		put_all(m);
		nl_end(m, bridge);
	}
}

static void bad_leg_alone(struct nl_msg *m)
{
	nl_end(m, nl_nest(m, RTPLANE_A_LEG));
}

static void bad_leg_unknown(struct nl_msg *m)
{
	nl_end(m, leg_open(m, RTPLANE_A_LEG, LOCAL_A, 31000));
}

static void bad_saved_asked(struct nl_msg *m)
{
	size_t leg = nl_nest(m, RTPLANE_A_LEG), at;

	nl_ep4(m, RTPLANE_LEG_A_LOCAL, LOCAL_A, 31000);
	at = saved_open(m, 1);
	nl_u64(m, RTPLANE_SAVED_A_AGE, 1);
	nl_end(m, at);
	nl_end(m, leg);
}

static void bad_saved_asked_version(struct nl_msg *m)
{
	size_t leg = nl_nest(m, RTPLANE_A_LEG);

	nl_ep4(m, RTPLANE_LEG_A_LOCAL, LOCAL_A, 31000);
	nl_end(m, saved_open(m, 2));
	nl_end(m, leg);
}

static void bad_saved_del(struct nl_msg *m)
{
	size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);
	size_t leg = nl_nest(m, RTPLANE_BRIDGE_A_LEG);

	nl_ep4(m, RTPLANE_LEG_A_LOCAL, LOCAL_A, 31000);
	nl_end(m, saved_open(m, 1));
	nl_end(m, leg);
	nl_end(m, bridge);
}

static void bad_saved_del_two(struct nl_msg *m)
{
	bad_saved_del(m);
	bad_saved_del(m);
}

static void bad_dump_filter(struct nl_msg *m)
{
	((struct nlmsghdr *)m->buf)->nlmsg_flags |= NLM_F_DUMP;
	bad_leg_unknown(m);
}

static void bad_dev_empty(struct nl_msg *m)
{
	nl_end(m, nl_nest(m, RTPLANE_A_DEV));
}

static void bad_dev_zero(struct nl_msg *m)
{
	size_t dev = nl_nest(m, RTPLANE_A_DEV);

	nl_u32(m, RTPLANE_DEV_A_IFINDEX, 0);
	nl_end(m, dev);
}

static void bad_dev_gone(struct nl_msg *m)
{
	size_t dev = nl_nest(m, RTPLANE_A_DEV);

	nl_u32(m, RTPLANE_DEV_A_IFINDEX, INT_MAX);
	nl_end(m, dev);
}

static void bad_dev_name(struct nl_msg *m)
{
	size_t dev = nl_nest(m, RTPLANE_A_DEV);

	nl_put(m, RTPLANE_DEV_A_NAME, "0123456789abcdefgh", 19);
	nl_end(m, dev);
}

static void bad_dev_unterminated(struct nl_msg *m)
{
	size_t dev = nl_nest(m, RTPLANE_A_DEV);

	nl_put(m, RTPLANE_DEV_A_NAME, "lo", 2);
	nl_end(m, dev);
}

static void bad_dev_readonly(struct nl_msg *m)
{
	size_t dev = nl_nest(m, RTPLANE_A_DEV);

	nl_put(m, RTPLANE_DEV_A_NAME, "lo", 3);
	nl_u64(m, RTPLANE_DEV_A_RX_PACKETS, 1);
	nl_end(m, dev);
}

/* Both bridges of a message want the same leg. */
static void bad_leg_twice(struct nl_msg *m)
{
	int i;

	for (i = 0; i < 2; i++) {
		size_t bridge = nl_nest(m, RTPLANE_A_BRIDGE);

		good_leg(m, LOCAL_A, 29000);
		good_leg(m, LOCAL_B, (uint16_t)(29000 + 2 * i));
		nl_end(m, bridge);
	}
}

static void nat_addr(struct nl_msg *m, uint16_t type, const char *addr, int port)
{
	size_t ep = nl_nest(m, type);

	nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr(addr));
	if (port)
		nl_u16(m, RTPLANE_EP_A_PORT, htons((uint16_t)port));
	nl_end(m, ep);
}

#define NAT_CASE(name, code)						\
	static void bad_##name(struct nl_msg *m)			\
	{								\
		size_t nat = nl_nest(m, RTPLANE_A_NATMAP);		\
									\
		code;							\
		nl_end(m, nat);						\
	}

#define NAT_BOTH	nat_addr(m, RTPLANE_NATMAP_A_EXT, "192.0.2.77", 0); \
			nat_addr(m, RTPLANE_NATMAP_A_INT, "10.0.0.1", 0)

NAT_CASE(nat_empty, (void)m)
NAT_CASE(nat_half, nat_addr(m, RTPLANE_NATMAP_A_EXT, "192.0.2.77", 0))
NAT_CASE(nat_port, nat_addr(m, RTPLANE_NATMAP_A_EXT, "192.0.2.77", 5))
NAT_CASE(nat_families, nat_addr(m, RTPLANE_NATMAP_A_EXT, "192.0.2.77", 0);
	 size_t ep = nl_nest(m, RTPLANE_NATMAP_A_INT);
	 nl_put(m, RTPLANE_EP_A_IPV6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	 nl_end(m, ep))
NAT_CASE(nat_same, nat_addr(m, RTPLANE_NATMAP_A_EXT, "192.0.2.77", 0);
	 nat_addr(m, RTPLANE_NATMAP_A_INT, "192.0.2.77", 0))
NAT_CASE(nat_multicast, nat_addr(m, RTPLANE_NATMAP_A_EXT, "224.0.0.1", 0);
	 nat_addr(m, RTPLANE_NATMAP_A_INT, "10.0.0.1", 0))
NAT_CASE(nat_ports, NAT_BOTH; nl_u16(m, RTPLANE_NATMAP_A_PORT_LO, 32000);
	 nl_u16(m, RTPLANE_NATMAP_A_PORT_HI, 31000))
NAT_CASE(nat_port0, NAT_BOTH; nl_u16(m, RTPLANE_NATMAP_A_PORT_LO, 0))
NAT_CASE(nat_filter, NAT_BOTH; nl_u8(m, RTPLANE_NATMAP_A_FILTER, 2))
NAT_CASE(nat_dscp, NAT_BOTH; nl_u8(m, RTPLANE_NATMAP_A_DSCP, 64))
NAT_CASE(nat_dscp_set, NAT_BOTH;
	 nl_u8(m, RTPLANE_NATMAP_A_DSCP_MODE, RTPLANE_DSCP_SET))
NAT_CASE(nat_dscp_map, NAT_BOTH;
	 nl_u8(m, RTPLANE_NATMAP_A_DSCP_MODE, RTPLANE_DSCP_MAP))
NAT_CASE(nat_map_value, uint8_t map[64] = { [0] = 200 }; NAT_BOTH;
	 nl_put(m, RTPLANE_NATMAP_A_DSCP_MAP, map, 64))
NAT_CASE(nat_unknown, NAT_BOTH)
NAT_CASE(nat_readonly, NAT_BOTH; nl_u64(m, RTPLANE_NATMAP_A_ICMP, 1))

#include "nlbad_scan.h"

#define NEW	RTPLANE_CMD_BRIDGE_NEW
#define NATNEW	RTPLANE_CMD_NATMAP_NEW
#define NAT(name, err, words)	{ #name, NATNEW, bad_##name, err, words }
#define LEG(name, err, words)	{ #name, NEW, bad_##name, err, words }

static const struct bad cases[] = {
	{ "bridge-none", NEW, bad_empty, EINVAL, "a bridge is required" },
	{ "bridge-set-none", RTPLANE_CMD_BRIDGE_SET, bad_empty, EINVAL,
	  "a bridge is required" },
	{ "no-legs", NEW, bad_no_legs, EINVAL, "a bridge has two legs" },
	{ "one-leg", NEW, bad_one_leg, EINVAL, "a bridge has two legs" },
	{ "set-one-leg", RTPLANE_CMD_BRIDGE_SET, bad_one_leg, EINVAL,
	  "a bridge has two legs" },
	{ "three-legs", NEW, bad_three_legs, EINVAL, "a bridge has two legs" },
	{ "same-legs", NEW, bad_same_legs, EINVAL, "different local addresses" },
	{ "flat-bridge", NEW, bad_flat_bridge, EINVAL, "" },
	{ "flat-leg", NEW, bad_flat_leg, EINVAL, "" },
	{ "bridge-attribute", NEW, bad_bridge_attr, EINVAL, "nknown attribute" },
	{ "cookie-length", NEW, bad_cookie_len, EINVAL, "attribute length" },
	{ "513-bridges", NEW, bad_many, E2BIG, "at most 512 bridges" },
	{ "last-of-512", NEW, bad_last_of_many, EEXIST, "taken by another leg" },
	{ "top-attribute", NEW, bad_top, EINVAL, "nknown attribute" },
	{ "stats-in", NEW, bad_stats_in, EINVAL, "read only" },
	{ "attribute-length", NEW, bad_attr_len, EINVAL, "" },
	{ "nested-length", NEW, bad_nested_len, EINVAL, "" },
	{ "trailing", NEW, bad_trailing, EINVAL, "" },
	LEG(latch, ERANGE, ""),
	LEG(latch_len, EINVAL, "attribute length"),
	LEG(early, ERANGE, ""),
	LEG(accept, ERANGE, ""),
	LEG(unknown, ERANGE, ""),
	LEG(probation, ERANGE, ""),
	LEG(prefix, ERANGE, ""),
	LEG(prefix4, EINVAL, "IPv4 prefix has at most 32 bits"),
	LEG(dscp, ERANGE, ""),
	LEG(dscp_mode, ERANGE, ""),
	LEG(dscp_set, EINVAL, "DSCP mode set needs a DSCP"),
	LEG(dscp_map, EINVAL, "DSCP mode map needs a map"),
	LEG(map_short, ERANGE, ""),
	LEG(map_long, ERANGE, ""),
	LEG(map_value, EINVAL, "every value of a DSCP map"),
	LEG(pps_len, EINVAL, "attribute length"),
	LEG(bps_len, EINVAL, "attribute length"),
	LEG(oif, EINVAL, "oif must be the index of a device"),
	LEG(flag_len, ERANGE, ""),
	LEG(unlatch_off, EINVAL, "nothing to unlatch"),
	LEG(unlatch_proven, EINVAL, "exclude each other"),
	LEG(proven_off, EINVAL, "only the remote can be proven"),
	LEG(proven6, EINVAL, "local address's family"),
	LEG(tie_self, EINVAL, "cannot be tied to itself"),
	LEG(tie6, EINVAL, "local address's family"),
	LEG(leg_cookie, EINVAL, "the cookie is the bridge's"),
	LEG(peer, EINVAL, "read only"),
	LEG(state, EINVAL, "read only"),
	LEG(counters, EINVAL, "read only"),
	LEG(offenses, EINVAL, "read only"),
	LEG(leg_attr, EINVAL, "nknown attribute"),
	LEG(leg_attr_far, EINVAL, "nknown attribute"),
	LEG(leg_attr_zero, EINVAL, "nknown attribute"),
	LEG(ep_both, EINVAL, "exactly one address"),
	LEG(ep_none, EINVAL, "exactly one address"),
	LEG(ep_noport, EINVAL, "port from 1 to 65535"),
	LEG(ep_port0, EINVAL, "port from 1 to 65535"),
	LEG(ep_any4, EINVAL, "unicast"),
	LEG(ep_any6, EINVAL, "unicast"),
	LEG(ep_mc4, EINVAL, "unicast"),
	LEG(ep_mc6, EINVAL, "unicast"),
	LEG(ep_bcast, EINVAL, "unicast"),
	LEG(ep_mapped, EINVAL, "IPv4-mapped"),
	LEG(ep_linklocal, EINVAL, "link-local address needs a device"),
	LEG(local_missing, EINVAL, "local address is required"),
	LEG(local_flat, EINVAL, ""),
	LEG(ep_len4, EINVAL, "attribute length"),
	LEG(ep_len6, ERANGE, ""),
	LEG(ep_attr, EINVAL, "nknown attribute"),
	{ "all-new", NEW, bad_all_new, EINVAL,
	  "all bridges can be removed and nothing else" },
	{ "del-nothing", RTPLANE_CMD_BRIDGE_DEL, bad_empty, EINVAL,
	  "a bridge is required" },
	{ "del-empty", RTPLANE_CMD_BRIDGE_DEL, bad_no_legs, EINVAL,
	  "one of its legs, a cookie or all" },
	{ "del-two", RTPLANE_CMD_BRIDGE_DEL, bad_two_named, EINVAL,
	  "one of its legs, a cookie or all" },
	{ "del-cookie-all", RTPLANE_CMD_BRIDGE_DEL, bad_all_and_cookie, EINVAL,
	  "one of its legs, a cookie or all" },
	{ "del-cookies", RTPLANE_CMD_BRIDGE_DEL, bad_cookies, EINVAL,
	  "by legs, by one cookie, or all" },
	{ "del-alls", RTPLANE_CMD_BRIDGE_DEL, bad_alls, EINVAL,
	  "by legs, by one cookie, or all" },
	{ "del-cookie-none", RTPLANE_CMD_BRIDGE_DEL, bad_cookie_none, EINVAL,
	  "cookie 0 is none: it names no bridge" },
	LEG(srtp_suite, EINVAL, "a suite is required"),
	LEG(srtp_suite_high, ERANGE, ""),
	LEG(srtp_key_none, EINVAL, "a key has the bytes that its suite wants"),
	LEG(srtp_key_short, EINVAL, "a key has the bytes that its suite wants"),
	LEG(srtp_key_long, ERANGE, ""),
	LEG(srtp_none_key, EINVAL, "suite none has no key and no sources"),
	LEG(srtp_mki_none, EINVAL, "an MKI has 1 to 16 bytes"),
	LEG(srtp_mki_long, ERANGE, ""),
	LEG(srtp_no_ssrc, EINVAL, "a source has an SSRC"),
	LEG(srtp_twice, EINVAL, "a source is given twice"),
	LEG(srtp_many, EINVAL, "a key has at most 64 sources"),
	LEG(srtp_index, EINVAL, "an index of SRTP has 48 bits"),
	LEG(srtp_rtcp_index, EINVAL, "an index of SRTCP has 31 bits"),
	LEG(only_high, ERANGE, ""),
	LEG(generation, EINVAL, "read only"),
	LEG(saved_no_version, EINVAL, "a state has a version"),
	LEG(saved_version, EOPNOTSUPP, "the state is of an unknown version: expected 1"),
	LEG(saved_version_far, EOPNOTSUPP, "the state is of an unknown version: expected 1"),
	LEG(saved_flat, EINVAL, ""),
	LEG(saved_attr, EINVAL, "nknown attribute"),
	LEG(saved_age_len, EINVAL, "attribute length"),
	LEG(saved_no_reason, EINVAL, "committed for one of the reasons of a latch"),
	LEG(saved_reason, EINVAL, "committed for one of the reasons of a latch"),
	LEG(saved_reason_high, ERANGE, ""),
	LEG(saved_reason_alone, EINVAL, "without a remote there is nothing to say of it"),
	LEG(saved_since_alone, EINVAL, "without a remote there is nothing to say of it"),
	LEG(saved_known_alone, EINVAL, "without a remote there is nothing to say of it"),
	LEG(saved_known, EINVAL, "of a remote 4 SSRCs are remembered at most"),
	LEG(saved_known_len, EINVAL, "attribute length"),
	LEG(saved_remote, EINVAL, "would not have let this be the remote"),
	LEG(saved_remote_self, EINVAL, "a leg cannot be its own remote"),
	LEG(saved_remote_port, EINVAL, "port from 1 to 65535"),
	LEG(saved_remote_mc, EINVAL, "unicast"),
	LEG(saved_remote6, EINVAL, "local address's family"),
	LEG(saved_former6, EINVAL, "local address's family"),
	LEG(saved_former_none, EINVAL, "a former remote has an address"),
	LEG(saved_former_left, EINVAL, "a former remote has at most 3000 ms left"),
	LEG(saved_drop, EINVAL, "nknown attribute"),
	LEG(saved_drop_len, EINVAL, "attribute length"),
	LEG(saved_dscp, EINVAL, "nknown attribute"),
	LEG(saved_rtp_no_ssrc, EINVAL, "a receiver of RTP follows an SSRC"),
	LEG(saved_rtp_base, EINVAL, "RTP receiver contradict each other"),
	LEG(saved_rtp_jitter, EINVAL, "RTP receiver contradict each other"),
	LEG(saved_rtp_pt, EINVAL, "attribute length"),
	LEG(saved_rtcp, EINVAL, ""),
	LEG(saved_no_key, EINVAL, "sources stand under a key"),
	LEG(saved_no_key_tx, EINVAL, "sources stand under a key"),
	LEG(saved_sources_both, EINVAL, "sources are given with the key or with the state"),
	LEG(saved_source_twice, EINVAL, "a source is given twice"),
	LEG(saved_window, EINVAL, "a window stands behind an index"),
	LEG(saved_rtcp_window, EINVAL, "a window stands behind an index"),
	LEG(saved_window_short, ERANGE, ""),
	LEG(saved_carried, EINVAL, "an index that is carried is one of what arrives"),
	LEG(saved_carried_tx, EINVAL, "an index that is carried is one of what arrives"),
	LEG(saved_shift, EINVAL, "only what leaves is moved by a shift"),
	{ "saved-asked-more", RTPLANE_CMD_LEG_GET, bad_saved_asked, EINVAL,
	  "who asks for a state says its version and nothing else" },
	{ "saved-asked-version", RTPLANE_CMD_LEG_GET, bad_saved_asked_version,
	  EOPNOTSUPP, "the state is of an unknown version: expected 1" },
	{ "saved-del-two", RTPLANE_CMD_BRIDGE_DEL, bad_saved_del_two, EINVAL,
	  "the state is told of one bridge that is removed" },
	{ "saved-del-unknown", RTPLANE_CMD_BRIDGE_DEL, bad_saved_del, ENOENT,
	  "there is no leg" },
	COPY_CASES,
	{ "leg-dump-filter", RTPLANE_CMD_LEG_GET, bad_dump_filter, EINVAL,
	  "a dump of legs is narrowed by a cookie and nothing else" },
	{ "leg-set-none", RTPLANE_CMD_LEG_SET, bad_empty, EINVAL,
	  "a leg is required" },
	{ "leg-set-alone", RTPLANE_CMD_LEG_SET, bad_leg_alone, EINVAL,
	  "local address is required" },
	{ "leg-set-unknown", RTPLANE_CMD_LEG_SET, bad_leg_unknown, ENOENT,
	  "there is no leg" },
	{ "leg-get-none", RTPLANE_CMD_LEG_GET, bad_empty, EINVAL,
	  "a leg is required" },
	{ "leg-get-unknown", RTPLANE_CMD_LEG_GET, bad_leg_unknown, ENOENT,
	  "there is no leg" },
	{ "dev-none", RTPLANE_CMD_DEV_NEW, bad_empty, EINVAL,
	  "a device is required" },
	{ "dev-empty", RTPLANE_CMD_DEV_NEW, bad_dev_empty, EINVAL,
	  "index or name is required" },
	{ "dev-zero", RTPLANE_CMD_DEV_NEW, bad_dev_zero, ERANGE, "" },
	{ "dev-gone", RTPLANE_CMD_DEV_NEW, bad_dev_gone, ENODEV,
	  "no such device" },
	{ "dev-name-long", RTPLANE_CMD_DEV_NEW, bad_dev_name, EINVAL, "" },
	{ "dev-name-unterminated", RTPLANE_CMD_DEV_NEW, bad_dev_unterminated,
	  EINVAL, "" },
	{ "dev-readonly", RTPLANE_CMD_DEV_NEW, bad_dev_readonly, EINVAL,
	  "read only" },
	{ "dev-del-gone", RTPLANE_CMD_DEV_DEL, bad_dev_gone, ENODEV,
	  "no such device" },
	{ "dev-get-gone", RTPLANE_CMD_DEV_GET, bad_dev_gone, ENODEV,
	  "no such device" },
	{ "leg-twice", NEW, bad_leg_twice, EEXIST, "taken by another leg" },
	{ "nat-none", NATNEW, bad_empty, EINVAL, "a natmap is required" },
	NAT(nat_empty, EINVAL, "a natmap has an external and an inside address"),
	NAT(nat_half, EINVAL, "a natmap has an external and an inside address"),
	NAT(nat_port, EINVAL, "an address without a port is expected"),
	NAT(nat_families, EINVAL, "the addresses must be two of one family"),
	NAT(nat_same, EINVAL, "the addresses must be two of one family"),
	NAT(nat_multicast, EINVAL, "unicast"),
	NAT(nat_ports, EINVAL, "the first port is above the last"),
	NAT(nat_port0, ERANGE, ""),
	NAT(nat_filter, ERANGE, ""),
	NAT(nat_dscp, ERANGE, ""),
	NAT(nat_dscp_set, EINVAL, "DSCP mode set needs a DSCP"),
	NAT(nat_dscp_map, EINVAL, "DSCP mode map needs a map"),
	NAT(nat_map_value, EINVAL, "every value of a DSCP map"),
	NAT(nat_readonly, EINVAL, "read only"),
	{ "nat-del-unknown", RTPLANE_CMD_NATMAP_DEL, bad_nat_unknown, ENOENT,
	  "there is no natmap with this external address" },
	{ "nat-get-unknown", RTPLANE_CMD_NATMAP_GET, bad_nat_unknown, ENOENT,
	  "there is no natmap with this external address" },
	SCAN_CASES
	{ "event-as-command", RTPLANE_CMD_EVENT_NTF, bad_empty, EOPNOTSUPP, "" },
	{ "command-zero", RTPLANE_CMD_UNSPEC, bad_empty, EOPNOTSUPP, "" },
	{ "command-unknown", RTPLANE_CMD_MAX + 1, bad_empty, EOPNOTSUPP, "" },
	{ "command-far", 255, bad_empty, EOPNOTSUPP, "" },
};

/* What needs the module is refused by an agent before it is looked at. */
static bool needs_module(uint8_t cmd)
{
	return (cmd >= RTPLANE_CMD_DEV_NEW && cmd <= RTPLANE_CMD_DEV_GET) ||
	       (cmd >= RTPLANE_CMD_NATMAP_NEW && cmd <= RTPLANE_CMD_NATMAP_GET) ||
	       cmd == RTPLANE_CMD_SCAN_SET;
}

/* A kernel before 6.2 has no place for the sentence of a dump that does not begin. */
static bool has_words_for_dumps(void)
{
	int major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		die("uname: %s", strerror(errno));
	return major > 6 || (major == 6 && minor >= 2);
}

static bool run(struct nl *nl, const struct bad *wanted)
{
	bool mute;

	struct bad here = *wanted, *c = &here;
	static struct nl_msg m;
	struct nl_answer ans;
	bool good;

	if (nl->agent && needs_module(c->cmd)) {
		here.error = EOPNOTSUPP;
		here.words = "expected the kernel module rtplane";
	}

	nl_begin(&m, nl->family, NLM_F_ACK, c->cmd, RTPLANE_GENL_VERSION);
	c->build(&m);
	((struct nlmsghdr *)m.buf)->nlmsg_len = 0;
	mute = !nl->agent && (((struct nlmsghdr *)m.buf)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
	       !has_words_for_dumps();
	nl_talk(nl, &m, &ans);
	/* Where a policy refuses, the sentence is the kernel's own. */
	good = ans.error == c->error && (mute || strstr(ans.text, c->words)) &&
	       (mute || ans.text[0] || c->error == EOPNOTSUPP);
	printf("{\"case\":\"%s\",\"good\":%s,\"error\":%d,\"wanted\":%d,\"text\":\"%s\",\"words\":\"%s\"}\n",
	       c->name, good ? "true" : "false", ans.error, c->error, ans.text,
	       c->words);
	return good;
}

int main(void)
{
	size_t i, bad = 0;
	struct nl nl;

	nl_open(&nl);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad += !run(&nl, &cases[i]);
	return bad != 0;
}
