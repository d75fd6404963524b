// SPDX-License-Identifier: GPL-2.0
/*
 * The user-space datapath, by io_uring and by epoll, each with two workers; the
 * topology is drawn in phones.h.
 *
 * All on lo of a namespace of our own.  Legs make their own sockets unless a test
 * holds some, as the agent does.
 */
#include <sys/resource.h>

#include "net.h"
#include "phones.h"
#include "rtpsec/rtpsec.h"

static bool forward(void)
{
	struct dp_bridge br;
	struct dp_leg_info info;
	struct dp_addr from;
	struct dp_err err = {};
	struct dp_stats stats;
	int i;

	KTAP_CHECK(phones());
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	for (i = 1; i <= 20; i++) {
		KTAP_CHECK(say_rtp(a, &leg_a, i));
		KTAP_CHECK(hear(b, NULL, &from) == i);
		KTAP_CHECK(dp_addr_eq(&from, &leg_b));
		KTAP_CHECK(say_rtp(b, &leg_b, 100 + i));
		KTAP_CHECK(hear(a, NULL, &from) == 100 + i);
		KTAP_CHECK(dp_addr_eq(&from, &leg_a));
	}
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.rx_packets == 20 && info.tx_packets == 20);
	KTAP_CHECK(info.rx_bytes == 20 * 200 && info.tx_bytes == 20 * 200);
	KTAP_CHECK(info.state == RTPLANE_STATE_LOCKED && info.latches == 1);
	KTAP_CHECK(dp_addr_eq(&info.latched, &at_a) && info.cookie == 17);
	KTAP_CHECK(dp_addr_eq(&info.peer, &leg_b) && !info.dropped);
	KTAP_CHECK(info.rtp.present && info.rtp.packets == 20 &&
		   !info.rtp.lost && info.rtp.ssrc == 7);
	KTAP_CHECK(info.first && info.last > info.first);
	KTAP_CHECK(!dp_stats(dp, &stats, &err));
	KTAP_CHECK(stats.legs == 2 && stats.rx_packets == 40 &&
		   stats.tx_packets == 40);
	end();
	return true;
}

static unsigned int count_events(uint8_t type)
{
	unsigned int i, n = 0;

	for (i = 0; i < n_events && i < 64; i++)
		n += events[i].type == type;
	return n;
}

static const struct dp_event *last_event(uint8_t type)
{
	unsigned int i = n_events < 64 ? n_events : 64;

	while (i--)
		if (events[i].type == type)
			return &events[i];
	return NULL;
}

/* learn wants three in a row, of which none is lost; then strangers do not pass */
static bool learn(void)
{
	struct dp_addr at_c = addr("127.0.0.4", 5000);
	struct dp_bridge br;
	struct dp_leg_info info;
	int c, i;

	KTAP_CHECK(phones());
	c = phone(&at_c);
	br = bridge();
	br.leg[0].set = DP_LEG_LATCH;
	br.leg[0].latch = RTPLANE_LATCH_LEARN;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(b, &leg_b, 1) && quiet(a));
	KTAP_CHECK(get(&leg_b, &info));
	KTAP_CHECK(info.drops[RTPLANE_DROP_NO_REMOTE] == 1);
	for (i = 1; i <= 2; i++) {
		KTAP_CHECK(say_rtp(a, &leg_a, i) && quiet(b));
		KTAP_CHECK(get(&leg_a, &info));
		KTAP_CHECK(info.state == RTPLANE_STATE_PROBATION);
	}
	/* somebody else is not let in between, nor afterwards */
	KTAP_CHECK(say_rtp(c, &leg_a, 9) && quiet(b));
	KTAP_CHECK(say_rtp(a, &leg_a, 3));
	for (i = 1; i <= 3; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	KTAP_CHECK(say_rtp(c, &leg_a, 10) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.state == RTPLANE_STATE_LOCKED && info.latches == 1);
	KTAP_CHECK(dp_addr_eq(&info.latched, &at_a));
	KTAP_CHECK(info.rx_packets == 3 && info.tx_packets == 0);
	KTAP_CHECK(info.drops[RTPLANE_DROP_PROBATION] == 1);
	KTAP_CHECK(info.drops[RTPLANE_DROP_REFUSED] == 1);
	KTAP_CHECK(dp_addr_eq(&info.offender, &at_c) && info.offenses == 1);
	KTAP_CHECK(AWAIT(count_events(RTPLANE_EVENT_REFUSED) >= 1 &&
			 count_events(RTPLANE_EVENT_LATCH) >= 2));
	KTAP_CHECK(last_event(RTPLANE_EVENT_LATCH)->reason ==
		   RTPLANE_REASON_PROBATION);
	KTAP_CHECK(dp_addr_eq(&last_event(RTPLANE_EVENT_REFUSED)->new, &at_c));
	KTAP_CHECK(last_event(RTPLANE_EVENT_LATCH)->cookie == 17);
	KTAP_CHECK(count_events(RTPLANE_EVENT_FIRST_PACKET) == 2);
	/* b's first packet latched it: in the module's order */
	KTAP_CHECK(events[0].type == RTPLANE_EVENT_FIRST_PACKET &&
		   events[1].type == RTPLANE_EVENT_LATCH);
	close(c);
	end();
	return true;
}

/* the signalled address from another port; later another port after silence */
static bool relatch(void)
{
	struct dp_addr at_c = addr("127.0.0.2", 4444);
	struct dp_leg leg = { .set = DP_LEG_PROVEN };
	struct dp_bridge br;
	struct dp_leg_info info;
	int c, i;

	KTAP_CHECK(phones());
	c = phone(&at_c);
	br = bridge();
	br.leg[0].set |= DP_LEG_RELATCH;
	br.leg[0].relatch = 100;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(say_rtp(c, &leg_a, 2) && quiet(b));
	poll(NULL, 0, 110);
	for (i = 3; i < 6; i++)
		KTAP_CHECK(say_rtp(c, &leg_a, i));
	for (i = 3; i < 6; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(dp_addr_eq(&info.latched, &at_c) && info.latches == 2);
	/* the caller may prove somebody, or let go of all */
	leg.local = leg_a;
	leg.proven = at_a;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say_rtp(b, &leg_b, 4) && hear(a, NULL, NULL) == 4);
	leg.set = DP_LEG_UNLATCH;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(get(&leg_a, &info) && info.state == RTPLANE_STATE_WAITING);
	for (i = 6; i < 9; i++)
		KTAP_CHECK(say_rtp(c, &leg_a, i));
	for (i = 6; i < 9; i++)
		KTAP_CHECK(hear(b, NULL, NULL) == i);
	close(c);
	end();
	return true;
}

static bool set_dscp(unsigned int mode, unsigned int dscp, const uint8_t *map)
{
	struct dp_leg leg = { .local = leg_b, .dscp_mode = (uint8_t)mode,
			      .dscp = (uint8_t)dscp };
	struct dp_err err = {};

	leg.set = DP_LEG_DSCP_MODE;
	if (mode == RTPLANE_DSCP_SET)
		leg.set |= DP_LEG_DSCP;
	if (map) {
		leg.set |= DP_LEG_DSCP_MAP;
		memcpy(leg.dscp_map, map, sizeof(leg.dscp_map));
	}
	if (!dp_leg_set(dp, &leg, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

/* with the mark @in it leaves with @out, three times: by message, then as set */
static bool marked(int in, int out)
{
	bool v6 = leg_a.family == AF_INET6;
	int i, tos;

	setsockopt(a, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   v6 ? IPV6_TCLASS : IP_TOS, &in, sizeof(in));
	for (i = 0; i < 3; i++) {
		tos = -1;
		KTAP_CHECK(say_rtp(a, &leg_a, i) && hear(b, &tos, NULL) == i);
		if (tos != out)
			printf("# %#x left as %#x, not %#x\n", in, tos, out);
		KTAP_CHECK(tos == out);
	}
	return true;
}

static bool marks(void)
{
	uint8_t map[64] = { [10] = 34, [46] = 8 };
	struct dp_leg_info info;

	KTAP_CHECK(marked(46 << 2, 46 << 2) && marked(10 << 2 | 2, 10 << 2 | 2));
	KTAP_CHECK(set_dscp(RTPLANE_DSCP_SET, 46, NULL));
	KTAP_CHECK(marked(0, 46 << 2) && marked(10 << 2 | 2, 46 << 2 | 2));
	KTAP_CHECK(set_dscp(RTPLANE_DSCP_MAP, 0, map));
	KTAP_CHECK(marked(10 << 2 | 1, 34 << 2 | 1) && marked(46 << 2, 8 << 2));
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.dscp_seen[46] == 6 && info.dscp_seen[10] == 9 &&
		   info.dscp_seen[0] == 3);
	KTAP_CHECK(get(&leg_b, &info));
	KTAP_CHECK(info.has_dscp_tx && info.dscp_tx == 8);
	return true;
}

static bool dscp(void)
{
	struct dp_bridge br;

	KTAP_CHECK(phones());
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(marks());
	end();
	return true;
}

/* IPv6 on the one side, IPv4 on the other, and back */
static bool families(void)
{
	struct dp_bridge br;
	struct dp_leg_info info;
	struct dp_addr from;

	KTAP_CHECK(phones());
	close(a);
	at_a = addr("::1", 4000);
	leg_a = addr("::1", 30000);
	a = phone(&at_a);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && hear(b, NULL, &from) == 1);
	KTAP_CHECK(dp_addr_eq(&from, &leg_b));
	KTAP_CHECK(say_rtp(b, &leg_b, 2) && hear(a, NULL, &from) == 2);
	KTAP_CHECK(dp_addr_eq(&from, &leg_a));
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.rx_bytes == 220 && info.tx_bytes == 220);
	KTAP_CHECK(get(&leg_b, &info));
	KTAP_CHECK(info.rx_bytes == 200 && info.tx_bytes == 200);
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .all = true }, NULL));
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL) && marks());
	end();
	return true;
}

static struct media_sock *hold(const struct dp_addr *at)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(at, &ss);
	int fd = socket(at->family, SOCK_DGRAM, 0);
	struct media_sock *sock = NULL;
	struct dp_err err = {};

	if (bind(fd, (struct sockaddr *)&ss, len) ||
	    media_add(media, &sock, fd, NULL, &err)) {
		printf("# cannot hold a socket: %s\n", err.text);
		close(fd);
	}
	return sock;
}

/* what is not media: the agent's, dropped, or relayed, as the leg says */
static bool others(void)
{
	static const uint8_t stun[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
	static const uint8_t odd[12] = { 200, 1, 0, 5 };
	static const uint8_t short_rtp[8] = { 0x80, 0, 0, 9 };
	struct dp_leg leg = { .set = DP_LEG_UNKNOWN,
			      .unknown = RTPLANE_UNKNOWN_DROP };
	struct media_sock *sock;
	struct dp_bridge br;
	struct dp_leg_info info;

	KTAP_CHECK(phones());
	sock = hold(&leg_a);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say(a, &leg_a, stun, sizeof(stun)));
	KTAP_CHECK(AWAIT(n_passed == 1) && last_passed == MEDIA_STUN);
	KTAP_CHECK(say(a, &leg_a, odd, sizeof(odd)));
	KTAP_CHECK(AWAIT(n_passed == 2) && last_passed == MEDIA_UNKNOWN);
	leg.local = leg_a;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say(a, &leg_a, odd, sizeof(odd)) && quiet(b));
	leg.set = DP_LEG_ACCEPT;
	leg.accept = RTPLANE_ACCEPT_ANY;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say(a, &leg_a, odd, sizeof(odd)) && hear(b, NULL, NULL) == 5);
	KTAP_CHECK(say(a, &leg_a, stun, sizeof(stun)) && AWAIT(n_passed == 3));
	/* a first byte alone is no proof of STUN */
	KTAP_CHECK(say(a, &leg_a, "\0\1\0\7UDPTL", 9) &&
		   hear(b, NULL, NULL) == 7);
	/* nor of RTP, if the rest is not there; where all is to be RTP, it is */
	KTAP_CHECK(say(a, &leg_a, short_rtp, sizeof(short_rtp)) &&
		   hear(b, NULL, NULL) == 9);
	leg.accept = RTPLANE_ACCEPT_RTP;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say(a, &leg_a, short_rtp, sizeof(short_rtp)) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.passed == 3 && info.rx_packets == 3 &&
		   info.drops[RTPLANE_DROP_UNKNOWN] == 1 &&
		   info.drops[RTPLANE_DROP_MALFORMED] == 1);
	KTAP_CHECK(media_sock_counts(sock)->packets[MEDIA_STUN] == 2);
	end();
	return true;
}

static bool limits(void)
{
	struct dp_leg leg = { .set = DP_LEG_PPS, .pps = 100 };
	struct dp_bridge br;
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(phones());
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	leg.local = leg_a;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	for (i = 0; i < 50; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	KTAP_CHECK(AWAIT(get(&leg_a, &info) &&
			 info.rx_packets + info.dropped == 50));
	KTAP_CHECK(info.drops[RTPLANE_DROP_PPS] >= 30 && info.rx_packets >= 5);
	leg.set = DP_LEG_PPS | DP_LEG_BPS;
	leg.pps = 0;
	leg.bps = 8000;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	for (i = 0; i < 50; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, i));
	KTAP_CHECK(AWAIT(get(&leg_a, &info) &&
			 info.rx_packets + info.dropped == 100));
	KTAP_CHECK(info.drops[RTPLANE_DROP_BPS] >= 40);
	end();
	return true;
}

/* reception report of SSRC 7: 25 lost of 256, in all 3 */
static const uint8_t rtcp[32] = {
	0x81, 201, 0, 7, 0, 0, 0, 9, 0, 0, 0, 7, 25, 0, 0, 3,
};

/* RTCP must come from the RTP leg's remote, wherever that leg is served */
static bool ties(void)
{
	struct dp_addr stranger = addr("127.0.0.9", 4001);
	struct dp_addr at_rtcp = addr("127.0.0.2", 4001);
	struct dp_bridge br[2];
	struct dp_leg_info info;
	int c, r, i;

	for (i = 0; i < 2; i++) {
		KTAP_CHECK(phones());
		c = phone(&stranger);
		r = phone(&at_rtcp);
		br[0] = bridge();
		br[1] = bridge();
		br[1].leg[0].local.port = 30001;
		br[1].leg[1].local.port = 30003;
		br[0].leg[0].set = br[1].leg[0].set = DP_LEG_LATCH;
		br[0].leg[0].latch = br[1].leg[0].latch = RTPLANE_LATCH_LEARN;
		br[1].leg[0].set |= DP_LEG_TIE | DP_LEG_PROBATION;
		br[1].leg[0].tie = leg_a;
		br[1].leg[1].remote.port = 4000;
		/* the RTP leg there first, or later */
		KTAP_CHECK(!dp_bridges_new(dp, &br[i], 1, NULL));
		KTAP_CHECK(!dp_bridges_new(dp, &br[!i], 1, NULL));
		KTAP_CHECK(say(r, &br[1].leg[0].local, rtcp, 32) && quiet(b));
		for (int k = 0; k < 3; k++)
			KTAP_CHECK(say_rtp(a, &leg_a, k));
		for (int k = 0; k < 3; k++)
			KTAP_CHECK(hear(b, NULL, NULL) == k);
		KTAP_CHECK(say(c, &br[1].leg[0].local, rtcp, 32) && quiet(b));
		/* the first latches and tells that, the second its report */
		for (int k = 0; k < 2; k++)
			KTAP_CHECK(say(r, &br[1].leg[0].local, rtcp, 32) &&
				   hear(b, NULL, NULL) == 7);
		KTAP_CHECK(get(&br[1].leg[0].local, &info));
		KTAP_CHECK(info.drops[RTPLANE_DROP_REFUSED] == 2 &&
			   info.rtcp_packets == 2);
		KTAP_CHECK(info.rtcp.present && info.rtcp.ssrc == 7 &&
			   info.rtcp.fraction_lost == 25 && info.rtcp.lost == 3);
		KTAP_CHECK(AWAIT(last_event(RTPLANE_EVENT_RTCP)));
		KTAP_CHECK(last_event(RTPLANE_EVENT_RTCP)->rtcp.lost == 3);
		/* without the RTP leg nobody is permitted any more */
		KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){
			.locals = &leg_a, .n = 1 }, NULL));
		KTAP_CHECK(get(&br[1].leg[0].local, &info));
		KTAP_CHECK(dp_addr_eq(&info.conf.tie, &leg_a));
		close(c);
		close(r);
		end();
	}
	return true;
}

/* another peer takes over in mid-call; what was counted stays */
static bool replace(void)
{
	struct dp_addr at_c = addr("127.0.0.5", 4000);
	struct dp_bridge br;
	struct dp_leg_info info;
	struct dp_stats stats;
	int c;

	KTAP_CHECK(phones());
	c = phone(&at_c);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(say_rtp(b, &leg_b, 2) && hear(a, NULL, NULL) == 2);
	br.leg[0].set = 0;
	br.has_cookie = false;
	br.leg[1].local.port = 30010;
	br.leg[1].remote = at_c;
	KTAP_CHECK(!dp_bridges_set(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 3) && hear(c, NULL, NULL) == 3);
	KTAP_CHECK(quiet(b));
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.rx_packets == 2 && info.tx_packets == 1);
	KTAP_CHECK(info.peer.port == 30010 && info.cookie == 17);
	KTAP_CHECK(get(&br.leg[1].local, &info));
	KTAP_CHECK(info.cookie == 17 && info.tx_packets == 1);
	KTAP_CHECK(dp_leg_get(dp, &leg_b, &info, NULL) == -ENOENT);
	KTAP_CHECK(!dp_stats(dp, &stats, NULL));
	KTAP_CHECK(stats.rx_packets == 3 && stats.tx_packets == 3 &&
		   stats.legs == 2);
	close(c);
	end();
	return true;
}

static bool refused(const char *sentence, struct dp_leg leg)
{
	struct dp_bridge br[2] = { bridge(), bridge() };
	struct dp_err err = {};
	struct dp_leg_info info;

	br[1].leg[0].local.port = 31000;
	br[1].leg[1] = leg;
	KTAP_CHECK(dp_bridges_new(dp, br, 2, &err) < 0);
	if (!strstr(err.text, sentence))
		printf("# '%s' instead of '%s'\n", err.text, sentence);
	KTAP_CHECK(strstr(err.text, sentence));
	/* nor is the other bridge there */
	KTAP_CHECK(dp_leg_get(dp, &leg_a, &info, NULL) == -ENOENT);
	KTAP_CHECK(!media_sockets(media));
	return true;
}

static bool refusals(void)
{
	struct dp_leg l = { .set = DP_LEG_REMOTE };
	struct dp_leg leg;

	KTAP_CHECK(phones());
	l.local = addr("127.0.0.1", 31002);
	l.remote = at_b;
	leg = l;
	leg.set = 0;
	KTAP_CHECK(refused("latch restricted needs a remote", leg));
	leg = l;
	leg.remote.port = 0;
	KTAP_CHECK(refused("an endpoint has a port from 1 to 65535", leg));
	leg = l;
	leg.remote = addr("::1", 5);
	KTAP_CHECK(refused("not of the local address's family", leg));
	leg.remote = addr("224.0.0.1", 5);
	KTAP_CHECK(refused("must be a unicast address", leg));
	leg = l;
	leg.set |= DP_LEG_PREFIX;
	leg.prefix = 33;
	KTAP_CHECK(refused("an IPv4 prefix has at most 32 bits", leg));
	leg.set |= DP_LEG_PROBATION;
	leg.prefix = 31;
	leg.probation = 1;
	KTAP_CHECK(refused("needs the whole address", leg));
	leg = l;
	leg.set |= DP_LEG_PROBATION | DP_LEG_LATCH;
	leg.latch = RTPLANE_LATCH_LEARN;
	KTAP_CHECK(refused("needs the whole address", leg));
	leg = l;
	leg.set |= DP_LEG_DSCP_MODE;
	leg.dscp_mode = RTPLANE_DSCP_SET;
	KTAP_CHECK(refused("DSCP mode set needs a DSCP", leg));
	leg.dscp_mode = RTPLANE_DSCP_MAP;
	KTAP_CHECK(refused("DSCP mode map needs a map of 64 values", leg));
	leg = l;
	leg.local = leg_a;
	KTAP_CHECK(refused("the local address is taken by another leg", leg));
	leg.local = addr("127.0.0.1", 31000);
	KTAP_CHECK(refused("have different local addresses", leg));
	leg = l;
	leg.local = at_b;
	KTAP_CHECK(refused("Address already in use", leg));
	leg = l;
	leg.set |= DP_LEG_OIF;
	leg.oif = 4711;
	KTAP_CHECK(refused("31002 oif: ", leg));
	leg = l;
	leg.set |= DP_LEG_SRTP_RX;
	leg.srtp_rx.suite = 200;
	KTAP_CHECK(refused("31002 srtp-rx: integer out of range", leg));
	leg = l;
	leg.set |= DP_LEG_ONLY;
	leg.only = RTPLANE_ONLY_RTCP + 1;
	KTAP_CHECK(refused("31002 only: integer out of range", leg));
	end();
	return true;
}

/* what is not there cannot be changed, and nothing of the call is done then */
static bool refused_changes(void)
{
	struct dp_addr two[2];
	struct dp_del del = { .locals = two, .n = 2 };
	struct dp_bridge br[2];
	struct dp_err err = {};
	struct dp_leg_info info;

	KTAP_CHECK(phones());
	br[0] = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, br, 1, &err));
	KTAP_CHECK(dp_bridges_new(dp, br, 1, &err) == -EEXIST);
	br[1] = br[0];
	br[0].leg[0].set |= DP_LEG_PPS;
	br[0].leg[0].pps = 5;
	KTAP_CHECK(dp_bridges_set(dp, br, 2, &err) == -EINVAL);
	KTAP_CHECK(strstr(err.text, "the message names a leg twice"));
	br[1].leg[0].local.port = 31000;
	KTAP_CHECK(dp_bridges_set(dp, br, 2, &err) == -ENOENT);
	KTAP_CHECK(get(&leg_a, &info) && !info.conf.pps);
	two[0] = leg_a;
	two[1] = addr("127.0.0.1", 31000);
	KTAP_CHECK(dp_bridges_del(dp, &del, &err) == -ENOENT);
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(dp_bridges_del(dp, &(struct dp_del){ .cookie = 4 }, &err) ==
		   -ENOENT);
	two[1] = leg_b;		/* one bridge, by both its legs */
	KTAP_CHECK(!dp_bridges_del(dp, &del, &err));
	end();
	return true;
}

/* the leg goes, the socket that was held stays; others go with their legs */
static bool removal(void)
{
	struct dp_bridge br;
	struct media_sock *sock;

	KTAP_CHECK(phones());
	sock = hold(&leg_a);
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(media_sockets(media) == 2);
	KTAP_CHECK(!media_sock_counts(sock)->packets[MEDIA_RTP]);
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .cookie = 17 }, NULL));
	KTAP_CHECK(media_sockets(media) == 1);
	KTAP_CHECK(say_rtp(a, &leg_a, 2) && quiet(b));
	KTAP_CHECK(AWAIT(media_sock_counts(sock)->packets[MEDIA_RTP] == 1));
	/* the end of a socket is the end of the bridge on it */
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	media_del(sock);
	KTAP_CHECK(!media_sockets(media));
	KTAP_CHECK(dp_bridges_del(dp, &(struct dp_del){ .cookie = 17 }, NULL) ==
		   -ENOENT);
	end();
	return true;
}

static bool silence(void)
{
	struct dp_bridge br;

	KTAP_CHECK(phones());
	br = bridge();
	br.leg[0].set |= DP_LEG_SILENCE;
	br.leg[0].silence = 50;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(AWAIT(count_events(RTPLANE_EVENT_SILENCE) == 1));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	KTAP_CHECK(AWAIT(count_events(RTPLANE_EVENT_SILENCE) == 2));
	KTAP_CHECK(dp_addr_eq(&last_event(RTPLANE_EVENT_SILENCE)->old, &at_a));
	end();
	return true;
}

/* of a worker that waits for packets, which do not come, and is not woken to change legs */
static bool asleep(void)
{
	struct pollfd news = { .events = POLLIN };
	struct dp_bridge br;

	KTAP_CHECK(phones());
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	/* it has nothing to look for from now on, and waits as long as it takes */
	poll(NULL, 0, 500);
	br.leg[0] = (struct dp_leg){
		.local = br.leg[0].local,
		.set = DP_LEG_PROVEN,
		.proven = at_b,
	};
	dp_dispatch(dp, NULL);
	n_events = 0;
	KTAP_CHECK(!dp_leg_set(dp, br.leg, NULL));
	news.fd = dp_fd(dp);
	KTAP_CHECK(poll(&news, 1, 60000) == 1);
	dp_dispatch(dp, NULL);
	KTAP_CHECK(count_events(RTPLANE_EVENT_LATCH) == 1);
	poll(NULL, 0, 500);
	br.leg[0].set = DP_LEG_SILENCE;
	br.leg[0].silence = 50;
	KTAP_CHECK(!dp_leg_set(dp, br.leg, NULL));
	KTAP_CHECK(AWAIT(count_events(RTPLANE_EVENT_SILENCE) == 1));
	end();
	return true;
}

static int count_one(const struct dp_leg_info *leg, void *arg)
{
	(void)leg;
	++*(int *)arg;
	return 0;
}

/* 500 bridges at once, over both workers, and gone again */
static bool many(void)
{
	static struct dp_bridge br[500];
	struct dp_err err = {};
	struct dp_stats stats;
	int i, n = 0;

	KTAP_CHECK(phones());
	for (i = 0; i < 500; i++) {
		br[i] = bridge();
		br[i].cookie = i % 2 ? 1 : 2;
		br[i].leg[0].local.port = (uint16_t)(20000 + 4 * i);
		br[i].leg[1].local.port = (uint16_t)(20002 + 4 * i);
	}
	KTAP_CHECK(!dp_bridges_new(dp, br, 500, &err));
	for (i = 0; i < 500; i++)
		KTAP_CHECK(say_rtp(a, &br[i].leg[0].local, i) &&
			   hear(b, NULL, NULL) == i);
	KTAP_CHECK(!dp_legs_dump(dp, 1, count_one, &n, &err) && n == 500);
	KTAP_CHECK(!dp_legs_dump(dp, 0, count_one, &n, &err) && n == 1500);
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .cookie = 1 }, &err));
	KTAP_CHECK(!dp_bridges_del(dp, &(struct dp_del){ .all = true }, &err));
	KTAP_CHECK(!media_sockets(media));
	KTAP_CHECK(!dp_stats(dp, &stats, &err));
	KTAP_CHECK(!stats.legs && stats.rx_packets == 500);
	end();
	return true;
}

/* a flood makes trains; whatever is delivered is whole and in order */
static bool flood(void)
{
	struct dp_bridge br;
	struct dp_leg_info info;
	int seq, last, heard = 0, i;

	KTAP_CHECK(phones());
	br = bridge();
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	last = 0;
	for (i = 1; i <= 20000; i++) {
		KTAP_CHECK(say_rtp(a, &leg_a, i));
		/* faster than it is told to be, and never far ahead */
		if (i % 500)
			continue;
		while (last < i && (seq = hear(b, NULL, NULL)) >= 0) {
			KTAP_CHECK(seq > last);
			last = seq;
			heard++;
		}
	}
	KTAP_CHECK(heard == 20000);
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.rtp.packets == 20000 && !info.rtp.lost &&
		   !info.rtp.out_of_order && !info.rtp.duplicates);
	KTAP_CHECK(!media_fault(media, MEDIA_FAULT_SEND));
	end();
	return true;
}

static struct dp_srtp key(uint8_t suite, uint8_t with)
{
	struct dp_srtp k = { .suite = suite };

	memset(k.key, with, sizeof(k.key));
	return k;
}

static bool say_srtp(struct rtpsec *ctx, int fd, const struct dp_addr *to,
		     uint16_t seq)
{
	_Alignas(8) uint8_t p[300];
	size_t len = 172;

	fill_rtp(p, seq);
	return rtpsec_protect(ctx, p, &len, sizeof(p), false) == RTPSEC_OK &&
	       say(fd, to, p, len);
}

/* SRTP at a, plain at b; who authenticates is the remote, nobody else */
/*
 * Who has the remote's address and no key does not use up what it may send; the
 * remote itself has that, and no more.
 */
static bool srtp_limits(void)
{
	struct dp_bridge br = bridge();
	struct dp_leg leg = { .set = DP_LEG_PPS, .pps = 100 };
	struct rtpsec *out, *other;
	struct dp_srtp k = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 9);
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(phones());
	br = bridge();
	br.leg[0].set |= DP_LEG_SRTP_RX;
	br.leg[0].srtp_rx = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 1);
	KTAP_CHECK(!rtpsec_new(&out, RTPSEC_OUT, &br.leg[0].srtp_rx, NULL));
	KTAP_CHECK(!rtpsec_new(&other, RTPSEC_OUT, &k, NULL));
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_srtp(out, a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	leg.local = leg_a;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	for (i = 0; i < 400; i++)
		KTAP_CHECK(say_srtp(other, a, &leg_a, 1000 + i));
	for (i = 2; i < 6; i++)
		KTAP_CHECK(say_srtp(out, a, &leg_a, i) && hear(b, NULL, NULL) == i);
	KTAP_CHECK(get(&leg_a, &info));
	KTAP_CHECK(info.drops[RTPLANE_DROP_SRTP_AUTH] == 400 &&
		   !info.drops[RTPLANE_DROP_PPS]);
	for (i = 6; i < 106; i++)
		KTAP_CHECK(say_srtp(out, a, &leg_a, i));
	KTAP_CHECK(AWAIT(get(&leg_a, &info) &&
			 info.rx_packets + info.drops[RTPLANE_DROP_PPS] == 105));
	KTAP_CHECK(info.drops[RTPLANE_DROP_PPS] >= 50);
	rtpsec_free(out);
	rtpsec_free(other);
	end();
	return true;
}

/* a change of keys that is refused changes neither, though the first was fine */
static bool srtp_all_or_none(void)
{
	struct dp_bridge br = bridge();
	struct rtpsec *out;
	struct dp_err err = {};

	KTAP_CHECK(phones());
	br = bridge();
	br.leg[0].set |= DP_LEG_SRTP_RX;
	br.leg[0].srtp_rx = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 1);
	KTAP_CHECK(!rtpsec_new(&out, RTPSEC_OUT, &br.leg[0].srtp_rx, NULL));
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_srtp(out, a, &leg_a, 1) && hear(b, NULL, NULL) == 1);
	br.leg[0].srtp_rx = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 2);
	br.leg[1].set |= DP_LEG_OIF;
	br.leg[1].oif = 12345;
	KTAP_CHECK(dp_bridges_set(dp, &br, 1, &err) && strstr(err.text, "oif"));
	/* the old key holds, and is not one of two that are tried */
	KTAP_CHECK(say_srtp(out, a, &leg_a, 2) && hear(b, NULL, NULL) == 2);
	br.leg[1].set &= ~DP_LEG_OIF;
	KTAP_CHECK(!dp_bridges_set(dp, &br, 1, &err));
	rtpsec_free(out);
	KTAP_CHECK(!rtpsec_new(&out, RTPSEC_OUT, &br.leg[0].srtp_rx, NULL));
	KTAP_CHECK(say_srtp(out, a, &leg_a, 3) && hear(b, NULL, NULL) == 3);
	rtpsec_free(out);
	end();
	return true;
}

static bool srtp(void)
{
	struct dp_addr at_c = addr("127.0.0.2", 4444);
	struct dp_leg leg = { .set = DP_LEG_SRTP_RX };
	_Alignas(8) uint8_t p[300];
	struct rtpsec *out, *in;
	struct dp_leg_info info;
	struct dp_bridge br;
	struct dp_srtp k;
	size_t len;
	int c, i;

	KTAP_CHECK(phones());
	c = phone(&at_c);
	br = bridge();
	br.leg[0].set |= DP_LEG_SRTP_RX | DP_LEG_SRTP_TX;
	br.leg[0].srtp_rx = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 1);
	br.leg[0].srtp_tx = key(RTPLANE_SRTP_AES_256_GCM, 2);
	KTAP_CHECK(!rtpsec_new(&out, RTPSEC_OUT, &br.leg[0].srtp_rx, NULL));
	KTAP_CHECK(!rtpsec_new(&in, RTPSEC_IN, &br.leg[0].srtp_tx, NULL));
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
	KTAP_CHECK(say_rtp(a, &leg_a, 1) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info) && info.state == RTPLANE_STATE_WAITING);
	KTAP_CHECK(info.drops[RTPLANE_DROP_SRTP_AUTH] == 1 && !info.rx_packets);
	KTAP_CHECK(say_srtp(out, a, &leg_a, 2) && hear(b, NULL, NULL) == 2);
	KTAP_CHECK(say_rtp(b, &leg_b, 3));
	len = (size_t)recv(a, p, sizeof(p), 0);
	KTAP_CHECK(len == 172 + 16);
	KTAP_CHECK(rtpsec_unprotect(in, p, &len, false) == RTPSEC_OK);
	KTAP_CHECK(len == 172 && p[3] == 3);
	/* from another port: a plain packet moves nothing, a true one does */
	KTAP_CHECK(say_rtp(c, &leg_a, 4) && quiet(b));
	KTAP_CHECK(say_srtp(out, c, &leg_a, 5) && hear(b, NULL, NULL) == 5);
	KTAP_CHECK(get(&leg_a, &info) && dp_addr_eq(&info.latched, &at_c));
	KTAP_CHECK(info.conf.srtp_rx.suite == RTPLANE_SRTP_AES_128_CM_SHA1_80 &&
		   !info.conf.srtp_rx.key[0]);
	/* strangers do not use up what the remote may send */
	leg.local = leg_a;
	leg.set = DP_LEG_PPS;
	leg.pps = 20;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	for (i = 0; i < 50; i++)
		KTAP_CHECK(say_rtp(a, &leg_a, 100 + i));
	KTAP_CHECK(say_srtp(out, c, &leg_a, 6) && hear(b, NULL, NULL) == 6);
	KTAP_CHECK(get(&leg_a, &info) && !info.drops[RTPLANE_DROP_PPS]);
	KTAP_CHECK(info.drops[RTPLANE_DROP_SRTP_AUTH] == 52);
	leg.pps = 0;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	/* RTCP has a leg of its own, or RTP has */
	leg.set = DP_LEG_ONLY;
	leg.only = RTPLANE_ONLY_RTCP;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say_srtp(out, c, &leg_a, 7) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info) && info.drops[RTPLANE_DROP_UNKNOWN] == 1);
	leg.only = RTPLANE_ONLY_RTP;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say_srtp(out, c, &leg_a, 8) && hear(b, NULL, NULL) == 8);
	leg.set = DP_LEG_SRTP_RX;
	/* another key in mid-call, then none */
	k = key(RTPLANE_SRTP_AES_128_CM_SHA1_80, 9);
	KTAP_CHECK(!rtpsec_rekey(out, &k, NULL));
	leg.srtp_rx = k;
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say_srtp(out, c, &leg_a, 9) && hear(b, NULL, NULL) == 9);
	leg.srtp_rx = key(RTPLANE_SRTP_NONE, 0);
	KTAP_CHECK(!dp_leg_set(dp, &leg, NULL));
	KTAP_CHECK(say_rtp(c, &leg_a, 10) && hear(b, NULL, NULL) == 10);
	rtpsec_free(out);
	rtpsec_free(in);
	close(c);
	end();
	return true;
}

/* a datagram that has the look of something, or of nothing */
static size_t garbage(uint8_t *p, size_t room, unsigned int *seed)
{
	static const uint8_t first[] = { 0x80, 0x81, 0x9f, 0xbf, 0, 1, 20, 64,
					 127, 200 };
	static const uint8_t second[] = { 0, 0x7f, 200, 201, 208, 1, 0xfe };
	size_t len = (size_t)rand_r(seed) % (rand_r(seed) % 4 ? 80 : room);
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)rand_r(seed);
	if (len > 1 && rand_r(seed) % 8) {
		p[0] = first[(size_t)rand_r(seed) % sizeof(first)];
		p[1] = second[(size_t)rand_r(seed) % sizeof(second)];
	}
	return len;
}

/* whatever comes from whomever is accepted, dropped or passed, and never lost
 * count of
 */
static bool hostile(void)
{
	static const uint32_t kinds[] = { 0, DP_LEG_UNKNOWN, DP_LEG_ACCEPT,
					  DP_LEG_SRTP_RX };
	struct dp_addr at_c = addr("127.0.0.7", 4000);
	unsigned int seed = 1, k;
	static uint8_t p[2200];
	struct dp_leg_info info;
	struct dp_bridge br;
	int c, i;

	for (k = 0; k < 4; k++) {
		KTAP_CHECK(phones());
		c = phone(&at_c);
		br = bridge();
		br.leg[0].set |= kinds[k];
		br.leg[0].unknown = RTPLANE_UNKNOWN_DROP;
		br.leg[0].accept = RTPLANE_ACCEPT_ANY;
		br.leg[0].srtp_rx = key(RTPLANE_SRTP_AES_128_GCM, 3);
		KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
		for (i = 1; i <= 4000; i++) {
			size_t len = garbage(p, sizeof(p), &seed);

			KTAP_CHECK(say(i % 5 ? a : c, &leg_a, p, len));
			if (i % 400)
				continue;
			KTAP_CHECK(AWAIT(get(&leg_a, &info) &&
					 info.rx_packets + info.dropped +
					 info.passed == (uint64_t)i));
		}
		KTAP_CHECK(info.passed && info.dropped);
		KTAP_CHECK(k == 3 ? !info.rx_packets : info.rx_packets);
		KTAP_CHECK(k == 1 ? info.drops[RTPLANE_DROP_UNKNOWN] :
				    !info.drops[RTPLANE_DROP_UNKNOWN]);
		close(c);
		end();
	}
	return true;
}

EPOLL(forward)
EPOLL(learn)
EPOLL(relatch)
EPOLL(dscp)
EPOLL(families)
EPOLL(others)
EPOLL(limits)
EPOLL(ties)
EPOLL(replace)
EPOLL(refusals)
EPOLL(refused_changes)
EPOLL(removal)
EPOLL(silence)
EPOLL(asleep)
EPOLL(many)
EPOLL(flood)
EPOLL(srtp)
EPOLL(srtp_limits)
EPOLL(srtp_all_or_none)
EPOLL(hostile)

int main(void)
{
	static const struct ktap_point points[] = {
		BOTH("a bridge forwards both ways and counts", forward),
		BOTH("learn, by probation", learn),
		BOTH("another remote after silence, by proof, by order",
		     relatch),
		BOTH("DSCP: preserve, set, map; ECN stays", dscp),
		BOTH("IPv6 to IPv4 and back", families),
		BOTH("what is not media", others),
		BOTH("packet and bit rate limits", limits),
		BOTH("RTCP is tied to RTP's remote", ties),
		BOTH("another peer in mid-call", replace),
		BOTH("what makes no sense is refused, all of it", refusals),
		BOTH("what is not there is not changed", refused_changes),
		BOTH("legs and sockets go", removal),
		BOTH("silence is told", silence),
		BOTH("a worker that sleeps tells what changed meanwhile", asleep),
		BOTH("500 bridges at once", many),
		BOTH("20,000 packets, whole and in order", flood),
		BOTH("SRTP, and proof by it", srtp),
		BOTH("limits of a protected leg", srtp_limits),
		BOTH("a change of keys that is refused", srtp_all_or_none),
		BOTH("16,000 datagrams of garbage, each accounted for",
		     hostile),
	};
	struct rlimit files = { 8192, 8192 };

	unit_net();
	if (!can_io_uring())
		return 4;
	setrlimit(RLIMIT_NOFILE, &files);
	return KTAP_RUN(points);
}
