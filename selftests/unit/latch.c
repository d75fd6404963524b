// SPDX-License-Identifier: GPL-2.0
/*
 * Latching of the user-space datapath: who becomes the remote of leg A, what is
 * held meanwhile, and who is kept out; the topology is drawn in phones.h.
 *
 *   a 127.0.0.2:4000  what signalling gave      c 127.0.0.2:4444  its other port
 *   b 127.0.0.3:4000  the other party           d 127.0.0.9:4000  a stranger
 */
#include "net.h"
#include "phones.h"

static struct dp_addr at_c, at_d;
static int c = -1, d = -1;

/* a bridge whose leg A is as told */
static bool open_leg(uint32_t set, struct dp_leg leg)
{
	struct dp_bridge br;
	struct dp_err err = {};

	KTAP_CHECK(phones());
	at_c = addr("127.0.0.2", 4444);
	at_d = addr("127.0.0.9", 4000);
	close(c);
	close(d);
	c = phone(&at_c);
	d = phone(&at_d);
	br = bridge();
	leg.local = br.leg[0].local;
	leg.remote = br.leg[0].remote;
	leg.set = br.leg[0].set | set;
	br.leg[0] = leg;
	KTAP_CHECK(!dp_bridges_new(dp, &br, 1, &err));
	return true;
}

static bool order(uint32_t set, struct dp_leg leg)
{
	leg.set = set;
	leg.local = leg_a;
	return !dp_leg_set(dp, &leg, NULL);
}

static bool say_as(int fd, uint16_t seq, uint8_t ssrc)
{
	uint8_t p[172];

	fill_rtp(p, seq);
	p[11] = ssrc;
	return say(fd, &leg_a, p, sizeof(p));
}

static bool hear_all(int from, int to)
{
	for (; from <= to; from++)
		KTAP_CHECK(hear(b, NULL, NULL) == from);
	return true;
}

static uint64_t dropped(enum rtplane_drop why)
{
	struct dp_leg_info info;

	return get(&leg_a, &info) ? info.drops[why] : UINT64_MAX;
}

static bool latched(const struct dp_addr *to)
{
	struct dp_leg_info info;

	return get(&leg_a, &info) && info.state == RTPLANE_STATE_LOCKED &&
	       dp_addr_eq(&info.latched, to);
}

static uint8_t last_refusal(void)
{
	unsigned int i = n_events < 64 ? n_events : 64;

	while (i--)
		if (events[i].type == RTPLANE_EVENT_REFUSED)
			return events[i].reason;
	return RTPLANE_REASON_NONE;
}

/* forged packets of the signalled address, before the caller's first: nothing of
 * them is forwarded, and the caller is the remote at once; also when they were
 * enough to be committed
 */
static bool forged_before(void)
{
	static const uint8_t modes[] = { RTPLANE_LATCH_RESTRICTED,
					 RTPLANE_LATCH_LEARN };
	unsigned int m;
	int i, n;

	for (m = 0; m < 2; m++) {
		for (n = 1; n < 5; n++) {
			KTAP_CHECK(open_leg(DP_LEG_LATCH,
					    (struct dp_leg){ .latch = modes[m] }));
			for (i = 0; i < n; i++)
				KTAP_CHECK(say_as(c, 500 + i, 9));
			if (n < 3) {
				KTAP_CHECK(quiet(b));
			} else {
				KTAP_CHECK(hear_all(500, 500 + n - 1));
				KTAP_CHECK(latched(&at_c));
			}
			KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
			KTAP_CHECK(latched(&at_a));
			KTAP_CHECK(say_as(c, 500 + n, 9) && quiet(b));
			KTAP_CHECK(dropped(RTPLANE_DROP_REFUSED) == 1);
			KTAP_CHECK(dropped(RTPLANE_DROP_PROBATION) ==
				   (n < 3 ? (uint64_t)n : 0));
			end();
		}
	}
	return true;
}

static bool strangers(void)
{
	int i;

	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	for (i = 0; i < 10; i++)
		KTAP_CHECK(say_as(d, i, 9));
	KTAP_CHECK(quiet(b) && dropped(RTPLANE_DROP_REFUSED) == 10);
	end();
	KTAP_CHECK(open_leg(DP_LEG_LATCH,
			    (struct dp_leg){ .latch = RTPLANE_LATCH_OFF }));
	for (i = 0; i < 10; i++)
		KTAP_CHECK(say_as(c, i, 9));
	KTAP_CHECK(quiet(b) && dropped(RTPLANE_DROP_REFUSED) == 10);
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	end();
	return true;
}

/* what is held goes in order, before the packet that commits, as it came */
static bool held(void)
{
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(open_leg(DP_LEG_PROBATION,
			    (struct dp_leg){ .probation = 5 }));
	for (i = 1; i <= 5; i++)
		KTAP_CHECK(say_as(c, i, 7));
	KTAP_CHECK(hear_all(1, 5));
	KTAP_CHECK(get(&leg_a, &info) && info.rx_packets == 5 &&
		   info.rx_bytes == 5 * 200 && !info.dropped);
	KTAP_CHECK(info.rtp.packets == 5 && !info.rtp.lost &&
		   !info.rtp.out_of_order && info.latches == 1);
	KTAP_CHECK(get(&leg_b, &info) && info.tx_packets == 5);
	end();
	/* not longer than half a second, and a sweep */
	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	KTAP_CHECK(say_as(c, 1, 7) && say_as(c, 2, 7) && quiet(b));
	KTAP_CHECK(dropped(RTPLANE_DROP_PROBATION) == 0);
	KTAP_CHECK(AWAIT(dropped(RTPLANE_DROP_PROBATION) == 2));
	KTAP_CHECK(say_as(c, 3, 7) && hear_all(3, 3) && latched(&at_c));
	end();
	/* nor beyond the leg, which the sanitizer's build looks at */
	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	KTAP_CHECK(say_as(c, 1, 7) && say_as(c, 2, 7) && quiet(b));
	end();
	return true;
}

/* signalling names another port; the old stream goes on for a while (field 37) */
static bool former(void)
{
	struct dp_leg leg = { .remote = addr("127.0.0.2", 4444) };

	KTAP_CHECK(open_leg(DP_LEG_PROBATION, (struct dp_leg){}));
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	KTAP_CHECK(order(DP_LEG_REMOTE, leg));
	KTAP_CHECK(say_as(a, 2, 7) && say_as(a, 3, 7) && quiet(b));
	KTAP_CHECK(dropped(RTPLANE_DROP_REFUSED) == 2);
	KTAP_CHECK(AWAIT(last_refusal() == RTPLANE_REASON_FORMER));
	KTAP_CHECK(say_as(c, 4, 7) && hear_all(4, 4) && latched(&at_c));
	KTAP_CHECK(say_as(a, 5, 7) && quiet(b) && latched(&at_c));
	/* and back: who is signalled now is nobody's former remote */
	leg.remote = at_a;
	KTAP_CHECK(order(DP_LEG_REMOTE, leg));
	KTAP_CHECK(say_as(a, 6, 7) && hear_all(6, 6) && latched(&at_a));
	end();
	return true;
}

/* its signalling comes from elsewhere, its description is what it was (field 07) */
static bool moved(void)
{
	struct dp_leg none = {};
	int i;

	KTAP_CHECK(open_leg(DP_LEG_LATCH,
			    (struct dp_leg){ .latch = RTPLANE_LATCH_LEARN }));
	for (i = 1; i <= 3; i++)
		KTAP_CHECK(say_as(c, i, 7));
	KTAP_CHECK(hear_all(1, 3) && latched(&at_c));
	KTAP_CHECK(order(DP_LEG_MOVED, none));
	for (i = 4; i <= 8; i++)
		KTAP_CHECK(say_as(c, i, 7));
	KTAP_CHECK(quiet(b));
	for (i = 20; i <= 22; i++)
		KTAP_CHECK(say_as(d, i, 7));
	KTAP_CHECK(hear_all(20, 22) && latched(&at_d));
	/* "learn again" lets the same one come back */
	KTAP_CHECK(order(DP_LEG_UNLATCH, none));
	for (i = 23; i <= 25; i++)
		KTAP_CHECK(say_as(d, i, 7));
	KTAP_CHECK(hear_all(23, 25) && latched(&at_d));
	end();
	return true;
}

static bool proven(void)
{
	struct dp_leg leg = {};
	int i;

	KTAP_CHECK(open_leg(DP_LEG_LATCH | DP_LEG_RELATCH,
			    (struct dp_leg){ .latch = RTPLANE_LATCH_LEARN,
					     .relatch = 50 }));
	leg.proven = at_c;
	KTAP_CHECK(order(DP_LEG_PROVEN, leg) && latched(&at_c));
	KTAP_CHECK(say_as(a, 1, 7) && quiet(b) && latched(&at_c));
	/* quiet() has waited for longer than the silence that lets others in */
	for (i = 0; i < 5; i++)
		KTAP_CHECK(say_as(d, i, 7));
	KTAP_CHECK(quiet(b) && latched(&at_c));
	KTAP_CHECK(dropped(RTPLANE_DROP_REFUSED) == 6);
	leg.proven = at_d;
	KTAP_CHECK(order(DP_LEG_PROVEN, leg) && latched(&at_d));
	KTAP_CHECK(say_as(d, 5, 7) && hear_all(5, 5));
	end();
	return true;
}

/* the remote's address can be forged, its SSRC is not known to who does */
static bool guarded(void)
{
	struct dp_leg off = { .ssrc_guard = false };
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	KTAP_CHECK(get(&leg_a, &info) && info.conf.ssrc_guard);
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	/* a burst between two packets of a stream */
	for (i = 0; i < 8; i++)
		KTAP_CHECK(say_as(a, 500 + i, 9));
	KTAP_CHECK(say_as(a, 2, 7) && hear_all(2, 2) && quiet(b));
	/* the stream itself goes on with another: quiet() waited long enough */
	KTAP_CHECK(say_as(a, 900, 8) && say_as(a, 901, 8) && quiet(b));
	KTAP_CHECK(say_as(a, 902, 8) && hear_all(900, 902));
	KTAP_CHECK(say_as(a, 903, 8) && hear_all(903, 903));
	KTAP_CHECK(dropped(RTPLANE_DROP_SSRC) == 8);
	KTAP_CHECK(get(&leg_a, &info) && info.rtp.ssrc_changes == 1);
	KTAP_CHECK(order(DP_LEG_SSRC_GUARD, off));
	KTAP_CHECK(say_as(a, 1, 10) && hear_all(1, 1));
	KTAP_CHECK(say_as(a, 1, 11) && hear_all(1, 1));
	end();
	/* a new remote may have any */
	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	for (i = 1; i <= 3; i++)
		KTAP_CHECK(say_as(c, i, 9));
	KTAP_CHECK(hear_all(1, 3));
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	end();
	return true;
}

static bool say_zrtp(int fd, uint8_t seq)
{
	uint8_t p[32] = { 0x10, 0, 0, seq, 'Z', 'R', 'T', 'P' };

	return say(fd, &leg_a, p, sizeof(p));
}

/* the ends' own, and of the remote alone (field 04) */
static bool zrtp(void)
{
	struct dp_leg_info info;
	int i;

	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	for (i = 1; i < 5; i++)
		KTAP_CHECK(say_zrtp(a, i) && say_zrtp(c, i) && say_zrtp(d, i));
	KTAP_CHECK(quiet(b) && dropped(RTPLANE_DROP_REFUSED) == 12);
	KTAP_CHECK(get(&leg_a, &info) && info.state == RTPLANE_STATE_WAITING);
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	KTAP_CHECK(say_zrtp(a, 6) && hear_all(6, 6));
	KTAP_CHECK(say_zrtp(d, 7) && quiet(b));
	KTAP_CHECK(get(&leg_a, &info) && info.rx_packets == 2 &&
		   info.rtp.packets == 1 && !info.passed);
	end();
	return true;
}

static const uint8_t report[32] = {
	0x81, 201, 0, 7, 0, 0, 0, 9, 0, 0, 0, 7, 25, 0, 0, 3,
};

/* RTCP comes from the port above that of RTP, or from the one signalled */
static bool tied(void)
{
	static const struct {
		unsigned int port;
		bool passes;
	} from[] = { { 4001, true }, { 4777, true }, { 4002, false },
		     { 4000, false } };
	struct dp_addr at, rtcp;
	struct dp_bridge br;
	unsigned int i;
	int r;

	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		KTAP_CHECK(open_leg(0, (struct dp_leg){}));
		br = bridge();
		br.leg[0].local.port = 30001;
		br.leg[1].local.port = 30003;
		br.leg[0].remote = addr("192.0.2.7", 4777);
		br.leg[0].latch = RTPLANE_LATCH_LEARN;
		br.leg[0].tie = leg_a;
		br.leg[0].set |= DP_LEG_LATCH | DP_LEG_TIE | DP_LEG_PROBATION;
		KTAP_CHECK(!dp_bridges_new(dp, &br, 1, NULL));
		rtcp = br.leg[0].local;
		KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
		at = addr("127.0.0.2", from[i].port);
		r = from[i].port == 4000 ? dup(a) : phone(&at);
		KTAP_CHECK(say(r, &rtcp, report, sizeof(report)));
		KTAP_CHECK(from[i].passes ? hear(b, NULL, NULL) == 7 : quiet(b));
		close(r);
		end();
	}
	return true;
}

/* one remote does not use up what all may tell */
static bool reports(void)
{
	unsigned int i, n = 0;

	KTAP_CHECK(open_leg(0, (struct dp_leg){}));
	KTAP_CHECK(say_as(a, 1, 7) && hear_all(1, 1));
	for (i = 0; i < 50; i++)
		KTAP_CHECK(say(a, &leg_a, report, sizeof(report)) &&
			   hear(b, NULL, NULL) == 7);
	dp_dispatch(dp, NULL);
	for (i = 0; i < n_events && i < 64; i++)
		n += events[i].type == RTPLANE_EVENT_RTCP;
	/* of one second, or of two */
	KTAP_CHECK(n >= 1 && n <= 2);
	end();
	return true;
}

/* T.38 behind NAT: three of anything, and the first of them is not lost */
static bool anything(void)
{
	uint8_t udptl[] = { 0, 0, 0, 1, 2, 3 };
	int i;

	KTAP_CHECK(open_leg(DP_LEG_LATCH | DP_LEG_ACCEPT,
			    (struct dp_leg){ .latch = RTPLANE_LATCH_LEARN,
					     .accept = RTPLANE_ACCEPT_ANY }));
	for (i = 1; i <= 3; i++) {
		udptl[3] = (uint8_t)i;
		KTAP_CHECK(say(d, &leg_a, udptl, sizeof(udptl)));
	}
	KTAP_CHECK(hear_all(1, 3) && latched(&at_d));
	end();
	return true;
}

EPOLL(forged_before)
EPOLL(strangers)
EPOLL(held)
EPOLL(former)
EPOLL(moved)
EPOLL(proven)
EPOLL(guarded)
EPOLL(zrtp)
EPOLL(tied)
EPOLL(reports)
EPOLL(anything)

int main(void)
{
	static const struct ktap_point points[] = {
		BOTH("forged packets before the caller's first", forged_before),
		BOTH("strangers", strangers),
		BOTH("what is held", held),
		BOTH("the former remote after a signalled change", former),
		BOTH("a party that moved", moved),
		BOTH("a proven remote stays", proven),
		BOTH("another SSRC of the remote", guarded),
		BOTH("ZRTP", zrtp),
		BOTH("ports of tied RTCP", tied),
		BOTH("reports are told once a second", reports),
		BOTH("what is not RTP", anything),
	};

	unit_net();
	if (!can_io_uring())
		return 4;
	return KTAP_RUN(points);
}
