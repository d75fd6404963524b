// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink attributes there and back, and what is malformed.  No module takes
 * part: what one function puts, the other must read.
 */
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/genl_attr.h"
#include "ktap.h"
#include "words.h"

/* what every leg here is made of */
#define WORDS	"192.0.2.1:30000", "[2001:db8::2]:4000"

static struct dp_sources sources;

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);

	genlmsg_put(msg, 0, 0, 99, 0, 0, 1, 1);
	return msg;
}

/* the first attribute of a message */
static struct nlattr *first(struct nl_msg *msg)
{
	return genlmsg_attrdata(nlmsg_data(nlmsg_hdr(msg)), 0);
}

static bool leg(void)
{
	struct nl_msg *msg = message();
	struct dp_leg_info info;
	struct dp_leg want;

	fill(&want, WORDS);
	KTAP_CHECK(!genl_put_leg(msg, RTPLANE_A_LEG, &want));
	KTAP_CHECK(!genl_parse_leg(first(msg), &info, &sources));
	/* orders are not told back */
	want.set &= ~(DP_LEG_UNLATCH | DP_LEG_MOVED | DP_LEG_PROVEN);
	memset(&want.proven, 0, sizeof(want.proven));
	KTAP_CHECK(info.conf.set == want.set);
	KTAP_CHECK(dp_addr_eq(&info.conf.local, &want.local));
	KTAP_CHECK(dp_addr_eq(&info.conf.remote, &want.remote));
	KTAP_CHECK(dp_addr_eq(&info.conf.tie, &want.tie));
	KTAP_CHECK(info.conf.latch == want.latch);
	KTAP_CHECK(info.conf.prefix == want.prefix);
	KTAP_CHECK(info.conf.probation == want.probation);
	KTAP_CHECK(info.conf.early && info.conf.dscp == 46);
	KTAP_CHECK(info.conf.dscp_mode == want.dscp_mode);
	KTAP_CHECK(!memcmp(info.conf.dscp_map, want.dscp_map, 64));
	KTAP_CHECK(info.conf.accept == want.accept);
	KTAP_CHECK(info.conf.unknown == want.unknown);
	KTAP_CHECK(info.conf.relatch == 1500 && info.conf.pps == UINT32_MAX);
	KTAP_CHECK(info.conf.bps == UINT64_MAX && info.conf.oif == 12);
	KTAP_CHECK(info.conf.mark == 0x80000001);
	KTAP_CHECK(info.conf.silence == 30000);
	KTAP_CHECK(info.conf.ssrc_guard && info.conf.mute);
	KTAP_CHECK(info.conf.only == RTPLANE_ONLY_RTCP);
	KTAP_CHECK(info.conf.n_copies == 2 &&
		   !memcmp(info.conf.copies, words_copies, sizeof(words_copies)));
	KTAP_CHECK(!memcmp(&info.conf.srtp_rx, &want.srtp_rx,
			   sizeof(want.srtp_rx)));
	KTAP_CHECK(!memcmp(&info.conf.srtp_tx, &want.srtp_tx,
			   sizeof(want.srtp_tx)));
	KTAP_CHECK(!info.rtp.present && !info.rtcp.present);
	nlmsg_free(msg);
	return true;
}

/* 64 sources of either key: in both directions, and within the room for them */
static bool sources_of_keys(void)
{
	static struct dp_source many[RTPLANE_SRTP_SSRCS_MAX];
	struct nl_msg *msg = message();
	struct dp_leg_info info;
	struct dp_leg want;
	uint32_t i;

	for (i = 0; i < RTPLANE_SRTP_SSRCS_MAX; i++)
		many[i] = (struct dp_source){
			.ssrc = 0xfffffff0 + i, .has_index = true,
			.index = ((uint64_t)1 << 48) - 1 - i,
			.has_rtcp_index = true, .rtcp_index = INT32_MAX - i,
		};
	many[1] = (struct dp_source){ .ssrc = 1, .has_index = true };
	many[2] = (struct dp_source){ .ssrc = 2, .has_rtcp_index = true };
	many[3] = (struct dp_source){ .ssrc = 3 };
	fill(&want, WORDS);
	want.srtp_rx.source = want.srtp_tx.source = many;
	want.srtp_rx.n_sources = want.srtp_tx.n_sources = i;
	KTAP_CHECK(!genl_put_leg(msg, RTPLANE_A_LEG, &want));
	KTAP_CHECK(nla_total_size(nla_len(first(msg))) <=
		   GENL_BRIDGE_ROOM / 2 + 2 * (int)i * GENL_SOURCE_ROOM);
	KTAP_CHECK(!genl_parse_leg(first(msg), &info, &sources));
	KTAP_CHECK(info.conf.srtp_rx.n_sources == i);
	KTAP_CHECK(info.conf.srtp_tx.n_sources == i);
	KTAP_CHECK(info.conf.srtp_rx.source != info.conf.srtp_tx.source);
	KTAP_CHECK(!memcmp(info.conf.srtp_rx.source, many, sizeof(many)));
	KTAP_CHECK(!memcmp(info.conf.srtp_tx.source, many, sizeof(many)));
	dp_sources_clear(&sources);
	nlmsg_free(msg);
	return true;
}

static bool least_leg(void)
{
	struct dp_leg want = { .local = addr("192.0.2.1:30000") };
	struct nl_msg *msg = message();
	struct dp_leg_info info;

	KTAP_CHECK(!genl_put_leg(msg, RTPLANE_A_LEG, &want));
	KTAP_CHECK(!genl_parse_leg(first(msg), &info, &sources));
	KTAP_CHECK(!info.conf.set && dp_addr_eq(&info.conf.local, &want.local));
	nlmsg_free(msg);
	return true;
}

static bool bridge_fits(void)
{
	struct dp_bridge bridge = { .has_cookie = true, .cookie = UINT64_MAX };
	struct nl_msg *msg = message();

	fill(&bridge.leg[0], WORDS);
	fill(&bridge.leg[1], WORDS);
	KTAP_CHECK(!genl_put_bridge(msg, &bridge));
	KTAP_CHECK(nla_total_size(nla_len(first(msg))) <= GENL_BRIDGE_ROOM);
	nlmsg_free(msg);
	msg = nlmsg_alloc_size(200);
	genlmsg_put(msg, 0, 0, 99, 0, 0, 1, 1);
	KTAP_CHECK(genl_put_bridge(msg, &bridge) < 0);
	nlmsg_free(msg);
	return true;
}

static bool removals(void)
{
	struct dp_addr locals[2] = { addr("192.0.2.1:30000"),
				     addr("[2001:db8::1]:30000") };
	struct dp_del del = { .locals = locals, .n = 2 };
	struct nl_msg *msg = message();
	struct nlattr *at;

	KTAP_CHECK(!genl_put_del(msg, &del, false));
	at = first(msg);
	KTAP_CHECK(nla_type(at) == RTPLANE_A_BRIDGE);
	KTAP_CHECK(nla_type(nla_data(at)) == RTPLANE_BRIDGE_A_LEG);
	nlmsg_free(msg);
	msg = message();
	del = (struct dp_del){ .cookie = 7 };
	KTAP_CHECK(!genl_put_del(msg, &del, false));
	at = nla_data(first(msg));
	KTAP_CHECK(nla_type(at) == RTPLANE_BRIDGE_A_COOKIE);
	KTAP_CHECK(nla_get_u64(at) == 7);
	nlmsg_free(msg);
	msg = message();
	del = (struct dp_del){ .all = true };
	KTAP_CHECK(!genl_put_del(msg, &del, false));
	at = first(msg);
	KTAP_CHECK(nla_type(at) == RTPLANE_A_BRIDGE);
	KTAP_CHECK(nla_type(nla_data(at)) == RTPLANE_BRIDGE_A_ALL);
	nlmsg_free(msg);
	return true;
}

/* what only the kernel says */
static bool told(void)
{
	struct dp_addr local = addr("192.0.2.1:30000");
	struct nl_msg *msg = message();
	struct nlattr *in;
	struct nlattr *at;
	struct dp_leg_info info;

	at = nla_nest_start(msg, RTPLANE_A_LEG);
	genl_put_addr(msg, RTPLANE_LEG_A_LOCAL, &local);
	genl_put_addr(msg, RTPLANE_LEG_A_PEER, &local);
	nla_put_u64(msg, RTPLANE_LEG_A_COOKIE, 17);
	nla_put_u8(msg, RTPLANE_LEG_A_STATE, RTPLANE_STATE_LOCKED);
	in = nla_nest_start(msg, RTPLANE_LEG_A_COUNTERS);
	nla_put_u64(msg, RTPLANE_COUNT_A_RX_PACKETS, 5);
	nla_put_u64(msg, RTPLANE_COUNT_A_LAST, 1795356000000000000);
	nla_put_u8(msg, RTPLANE_COUNT_A_DSCP_TX, 0);
	nla_nest_end(msg, in);
	in = nla_nest_start(msg, RTPLANE_LEG_A_DROPS);
	nla_put_u64(msg, 1 + RTPLANE_DROP_NO_REMOTE, 3);
	nla_put_u64(msg, 1 + RTPLANE_DROP_XMIT, 4);
	nla_put_u64(msg, 1 + RTPLANE_DROP_MAX + 1, 9);	/* a newer module's */
	nla_put(msg, 0, 0, NULL);			/* padding */
	nla_nest_end(msg, in);
	in = nla_nest_start(msg, RTPLANE_LEG_A_DSCP_SEEN);
	nla_put_u64(msg, 1 + 63, 8);
	nla_nest_end(msg, in);
	in = nla_nest_start(msg, RTPLANE_LEG_A_RTCP);
	nla_put_u32(msg, RTPLANE_RTCP_A_LOST, (uint32_t)-2);
	nla_nest_end(msg, in);
	nla_put_u32(msg, RTPLANE_LEG_A_MAX + 5, 1);	/* a newer module's */
	nla_nest_end(msg, at);
	KTAP_CHECK(!genl_parse_leg(first(msg), &info, &sources));
	KTAP_CHECK(info.cookie == 17 && info.state == RTPLANE_STATE_LOCKED);
	KTAP_CHECK(info.rx_packets == 5 && info.last == 1795356000000000000);
	KTAP_CHECK(info.has_dscp_tx && !info.dscp_tx);
	KTAP_CHECK(info.drops[RTPLANE_DROP_NO_REMOTE] == 3);
	KTAP_CHECK(info.drops[RTPLANE_DROP_XMIT] == 4);
	KTAP_CHECK(info.dscp_seen[63] == 8);
	KTAP_CHECK(info.rtcp.present && info.rtcp.lost == -2);
	KTAP_CHECK(!info.rtcp.has_rtt && !info.rtp.present);
	nlmsg_free(msg);
	return true;
}

static bool malformed(void)
{
	struct dp_addr local = addr("192.0.2.1:30000");
	struct dp_leg_info info;
	struct dp_event event;
	struct nl_msg *msg;
	struct nlattr *at;
	struct nlattr *in;
	int what;

	for (what = 0; what < 9; what++) {
		msg = message();
		at = nla_nest_start(msg, RTPLANE_A_LEG);
		if (what != 0)
			genl_put_addr(msg, RTPLANE_LEG_A_LOCAL, &local);
		if (what == 1)		/* a u64 in 4 bytes */
			nla_put_u32(msg, RTPLANE_LEG_A_COOKIE, 1);
		if (what == 2)		/* a map of 63 */
			nla_put(msg, RTPLANE_LEG_A_DSCP_MAP, 63, &info);
		in = nla_nest_start(msg, RTPLANE_LEG_A_DROPS);
		if (what == 3)
			nla_put_u32(msg, 1, 1);
		nla_nest_end(msg, in);
		in = nla_nest_start(msg, RTPLANE_LEG_A_REMOTE);
		nla_put_u16(msg, RTPLANE_EP_A_PORT, 5);
		if (what != 4)
			nla_put_u32(msg, RTPLANE_EP_A_IPV4, 5);
		nla_nest_end(msg, in);
		in = nla_nest_start(msg, RTPLANE_LEG_A_SRTP_RX);
		nla_put_flag(msg, RTPLANE_SRTP_A_FRESH);
		if (what != 5)
			nla_put_u8(msg, RTPLANE_SRTP_A_SUITE, 1);
		if (what == 6)
			nla_put(msg, RTPLANE_SRTP_A_MKI, 17, &info);
		if (what == 7)
			nla_put(msg, RTPLANE_SRTP_A_KEY, 47, &info);
		if (what == 8)		/* no SSRC */
			nla_put(msg, RTPLANE_SRTP_A_SOURCE, 0, NULL);
		nla_nest_end(msg, in);
		nla_nest_end(msg, at);
		memset(&info, 0, sizeof(info));
		if (genl_parse_leg(first(msg), &info, &sources) >= 0) {
			printf("# case %d was taken\n", what);
			return false;
		}
		nlmsg_free(msg);
	}
	msg = message();
	at = nla_nest_start(msg, RTPLANE_A_EVENT);
	nla_put_u8(msg, RTPLANE_EVENT_A_TYPE, 1);
	nla_nest_end(msg, at);
	KTAP_CHECK(genl_parse_event(first(msg), &event) < 0);
	nlmsg_free(msg);
	return true;
}

/* whatever the bytes are, nothing is read beyond them (build with ASan) */
static bool noise(void)
{
	struct dp_natmap natmap;
	struct dp_leg_info info;
	struct dp_stats stats;
	struct dp_event event;
	struct dp_dev dev;
	struct nlattr *at;
	uint8_t *bytes;
	size_t len;
	size_t i;
	int run;

	srand(1);
	for (run = 0; run < 20000; run++) {
		len = NLA_HDRLEN + (size_t)rand() % 120;
		bytes = malloc(len);
		for (i = 0; i < len; i++)
			bytes[i] = (uint8_t)(rand() % (rand() & 1 ? 24 : 256));
		at = (struct nlattr *)bytes;
		at->nla_len = (uint16_t)len;
		genl_parse_leg(at, &info, &sources);
		dp_sources_clear(&sources);
		genl_parse_natmap(at, &natmap);
		genl_parse_stats(at, &stats);
		genl_parse_event(at, &event);
		genl_parse_dev(at, &dev);
		free(bytes);
	}
	return true;
}

static bool natmap(void)
{
	struct dp_natmap want = {
		.set = (DP_NATMAP_BPS << 1) - 1,
		.ext = addr("192.0.2.1"), .in = addr("198.51.100.1"),
		.lo = 30000, .hi = 33000, .filter = 1,
		.dscp_mode = RTPLANE_DSCP_SET, .dscp = 46,
		.dscp_map = { 1, 2, 3 }, .pps = 5, .bps = 6,
	};
	struct nl_msg *msg = message();
	struct dp_natmap got;

	KTAP_CHECK(!genl_put_natmap(msg, &want));
	KTAP_CHECK(!genl_parse_natmap(first(msg), &got));
	KTAP_CHECK(got.set == want.set);
	KTAP_CHECK(dp_addr_eq(&got.ext, &want.ext));
	KTAP_CHECK(dp_addr_eq(&got.in, &want.in));
	KTAP_CHECK(got.lo == 30000 && got.hi == 33000 && got.filter == 1);
	KTAP_CHECK(got.dscp == 46 && got.pps == 5 && got.bps == 6);
	KTAP_CHECK(!memcmp(got.dscp_map, want.dscp_map, 64));
	nlmsg_free(msg);
	return true;
}

static bool where_is(struct nl_msg *msg, struct nlattr *at, const char *want)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	char text[96];

	genl_where(hdr, (uint32_t)((char *)at - (char *)hdr), text,
		   sizeof(text));
	if (strcmp(text, want))
		printf("# '%s', expected '%s'\n", text, want);
	return !strcmp(text, want);
}

static bool where(void)
{
	struct dp_bridge bridge = { .has_cookie = true, .cookie = 5 };
	struct nl_msg *msg = message();
	struct dp_del del = { .cookie = 6 };
	struct nlattr *second;
	struct nlattr *leg1;
	int rem;

	fill(&bridge.leg[0], WORDS);
	fill(&bridge.leg[1], WORDS);
	bridge.leg[1].local = addr("192.0.2.1:30002");
	KTAP_CHECK(!genl_put_bridge(msg, &bridge));
	KTAP_CHECK(where_is(msg, first(msg), "leg 192.0.2.1:30000"));
	bridge.leg[0].local = addr("[2001:db8::1]:30004");
	KTAP_CHECK(!genl_put_bridge(msg, &bridge));
	rem = 65536;
	second = nla_next(first(msg), &rem);
	KTAP_CHECK(where_is(msg, second, "leg [2001:db8::1]:30004"));
	leg1 = nla_find(nla_data(second), nla_len(second),
			RTPLANE_BRIDGE_A_LEG);
	KTAP_CHECK(where_is(msg, nla_find(nla_data(leg1), nla_len(leg1),
					  RTPLANE_LEG_A_PROBATION),
			    "leg [2001:db8::1]:30004 probation"));
	KTAP_CHECK(where_is(msg, (struct nlattr *)((char *)second + 60000),
			    ""));
	nlmsg_free(msg);
	msg = message();
	KTAP_CHECK(!genl_put_del(msg, &del, false));
	KTAP_CHECK(where_is(msg, first(msg), "cookie 6"));
	nlmsg_free(msg);
	msg = message();
	KTAP_CHECK(!genl_put_dev(msg, "eth0"));
	KTAP_CHECK(where_is(msg, first(msg), "device eth0"));
	nlmsg_free(msg);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a leg with every member", leg },
		{ "where the sources of its keys stand", sources_of_keys },
		{ "a leg with nothing but its address", least_leg },
		{ "a bridge fits into its room, and not into less",
		  bridge_fits },
		{ "removal by legs, by cookie, of all", removals },
		{ "what the kernel tells, and what a newer one would", told },
		{ "malformed attributes are refused", malformed },
		{ "random bytes", noise },
		{ "a natmap with every member", natmap },
		{ "the kernel's offset gets a name", where },
	};

	return KTAP_RUN(points);
}
