// SPDX-License-Identifier: GPL-2.0
/*
 * pktfail - packets whose 1st, 2nd, 3rd... allocation fails
 *
 * pktfail DEV0 DEV1: the TAP devices of tap_lib.sh, enrolled.  Most packets
 * allocate nothing; those here do: the first of a call, which finds its way
 * out and is told of, one whose buffer others hold, a second DSCP, a natmap's.
 * Each is sent again and again to a bridge and a natmap made anew, with one
 * allocation after the other failing.  It is forwarded whole, or dropped or
 * passed and counted, and the next packet is forwarded.
 *
 * Prints a line of JSON per kind of packet.
 */
#define _GNU_SOURCE
#include <linux/if_packet.h>

#include "counts.h"
#include "fail.h"
#include "fuzzgen.h"

#define FAULTS_MAX	300

/**
 * struct test - a kind of packet
 * @name: for the report
 * @flow: whose
 * @mode: how it is sent
 * @listen: somebody else holds its buffer too
 * @natmap: it is a natmap's
 * @primed: a packet without a fault came before
 * @rtcp: it is a receiver report
 * @fragment: it is the second half of a datagram
 * @tos: of it, 0 = that of the others
 * @ttl: of it, 0 = that of the others
 */
struct test {
	const char *name;
	const struct fuzz_flow *flow;
	enum tap_mode mode;
	bool listen, natmap, primed, rtcp, fragment;
	uint8_t tos, ttl;
};

static const struct fuzz_flow v4 = { 0, AF_INET, "192.0.2.1", "192.0.2.254", 40000, 30000, 0 };
static const struct fuzz_flow v6 = { 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::fe",
				     40000, 30000, 0 };
static const struct fuzz_flow cross = { 0, AF_INET, "192.0.2.1", "192.0.2.254", 40010, 30010, 0 };
static const struct fuzz_flow in = { 0, AF_INET, "192.0.2.1", "192.0.2.200", 40000, 30100, 0 };
static const struct fuzz_flow out = { 1, AF_INET, "198.51.100.7", "192.0.2.1", 30100, 40000, 0 };
static const struct fuzz_flow in6 = { 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::200",
				      40000, 30100, 0 };

static const struct test tests[] = {
	{ .name = "first", .flow = &v4 },
	{ .name = "first-v6", .flow = &v6 },
	{ .name = "first-cross", .flow = &cross },
	{ .name = "first-fragmented-buffer", .flow = &v4, .mode = TAP_FRAGS },
	{ .name = "second-dscp", .flow = &v4, .primed = true, .tos = 0x88 },
	{ .name = "report", .flow = &v4, .primed = true, .rtcp = true },
	{ .name = "cloned", .flow = &v4, .listen = true, .primed = true },
	{ .name = "cloned-cross", .flow = &cross, .listen = true, .primed = true },
	{ .name = "natmap-in", .flow = &in, .natmap = true },
	{ .name = "natmap-in-v6", .flow = &in6, .natmap = true },
	{ .name = "natmap-out", .flow = &out, .natmap = true },
	{ .name = "natmap-cloned", .flow = &in, .natmap = true, .listen = true, .primed = true },
	{ .name = "natmap-ttl", .flow = &in, .natmap = true, .ttl = 1 },
	{ .name = "natmap-fragment", .flow = &in, .natmap = true, .fragment = true },
};

static struct nl nl, events;
static int fd[2];
static enum tap_mode mode;

/* Bridges and natmaps --------------------------------------------------------- */

static void ask(struct nl_msg *m)
{
	struct nl_answer ans;

	((struct nlmsghdr *)m->buf)->nlmsg_len = 0;
	nl_talk(&nl, m, &ans);
	if (ans.error)
		die("a request was refused: %s %s", strerror(ans.error), ans.text);
}

static void put_leg(struct nl_msg *m, const char *local, uint16_t port, const char *remote,
		    uint16_t rport)
{
	void (*ep)(struct nl_msg *, uint16_t, const char *, uint16_t) =
		strchr(local, ':') ? nl_ep6 : nl_ep4;
	size_t nest = nl_nest(m, RTPLANE_BRIDGE_A_LEG);

	ep(m, RTPLANE_LEG_A_LOCAL, local, port);
	ep(m, RTPLANE_LEG_A_REMOTE, remote, rport);
	nl_u8(m, RTPLANE_LEG_A_LATCH, RTPLANE_LATCH_OFF);
	nl_end(m, nest);
}

static void bridges_anew(void)
{
	static struct nl_msg m;
	size_t nest;

	nl_begin(&m, nl.family, NLM_F_ACK, RTPLANE_CMD_BRIDGE_DEL, RTPLANE_GENL_VERSION);
	nest = nl_nest(&m, RTPLANE_A_BRIDGE);
	nl_put(&m, RTPLANE_BRIDGE_A_ALL, NULL, 0);
	nl_end(&m, nest);
	ask(&m);
	nl_begin(&m, nl.family, NLM_F_ACK, RTPLANE_CMD_BRIDGE_NEW, RTPLANE_GENL_VERSION);
	nest = nl_nest(&m, RTPLANE_A_BRIDGE);
	put_leg(&m, "192.0.2.254", 30000, "192.0.2.1", 40000);
	put_leg(&m, "198.51.100.254", 30002, "198.51.100.1", 50000);
	nl_end(&m, nest);
	nest = nl_nest(&m, RTPLANE_A_BRIDGE);
	put_leg(&m, "2001:db8:a::fe", 30000, "2001:db8:a::1", 40000);
	put_leg(&m, "2001:db8:b::fe", 30002, "2001:db8:b::1", 50000);
	nl_end(&m, nest);
	nest = nl_nest(&m, RTPLANE_A_BRIDGE);
	put_leg(&m, "192.0.2.254", 30010, "192.0.2.1", 40010);
	put_leg(&m, "2001:db8:b::fe", 30012, "2001:db8:b::1", 50010);
	nl_end(&m, nest);
	ask(&m);
}

static void put_addr(struct nl_msg *m, uint16_t type, const char *addr)
{
	size_t nest = nl_nest(m, type);
	uint8_t raw[16];

	if (inet_pton(AF_INET, addr, raw) == 1)
		nl_put(m, RTPLANE_EP_A_IPV4, raw, 4);
	else if (inet_pton(AF_INET6, addr, raw) == 1)
		nl_put(m, RTPLANE_EP_A_IPV6, raw, 16);
	nl_end(m, nest);
}

static void natmap(uint8_t cmd, const char *ext, const char *inside)
{
	static struct nl_msg m;
	size_t nest;

	nl_begin(&m, nl.family, NLM_F_ACK, cmd, RTPLANE_GENL_VERSION);
	nest = nl_nest(&m, RTPLANE_A_NATMAP);
	put_addr(&m, RTPLANE_NATMAP_A_EXT, ext);
	nl_u16(&m, RTPLANE_NATMAP_A_PORT_LO, 30000);
	if (inside)
		put_addr(&m, RTPLANE_NATMAP_A_INT, inside);
	nl_end(&m, nest);
	ask(&m);
}

static void natmaps(bool on)
{
	natmap(on ? RTPLANE_CMD_NATMAP_NEW : RTPLANE_CMD_NATMAP_DEL, "192.0.2.200",
	       on ? "198.51.100.7" : NULL);
	natmap(on ? RTPLANE_CMD_NATMAP_NEW : RTPLANE_CMD_NATMAP_DEL, "2001:db8:a::200",
	       on ? "2001:db8:b::7" : NULL);
}

/* Packets --------------------------------------------------------------------- */

static void build(struct tap_frame *f, const struct test *t, bool plain)
{
	const struct fuzz_flow *fl = t->flow;
	uint8_t *ip = f->data + ETH_HLEN;
	struct pkt pkt = PKT_DEFAULT;
	static uint16_t seq;

	memset(f, 0, sizeof(*f));
	f->mode = t->mode;
	f->side = fl->side;
	f->cuts = 1;
	f->cut[0] = ETH_HLEN + 10;
	memcpy(f->data, fuzz_mac[f->side][1], ETH_ALEN);
	memcpy(f->data + ETH_ALEN, fuzz_mac[f->side][0], ETH_ALEN);
	put16(f->data + 12, fl->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	pkt.seq = ++seq;
	if (t->rtcp && !plain) {
		pkt.kind = PKT_RTCP_RR;
		pkt.blocks = 1;
	}
	f->len = ETH_HLEN + fuzz_udp(ip, fl, pkt_build(&pkt, ip + fuzz_hdrlen(fl->family) + 8));
	if (fl->family != AF_INET)
		return;
	ip[1] = 0xb8;
	if (t->tos && !plain)
		ip[1] = t->tos;
	if (t->ttl && !plain)
		ip[8] = t->ttl;
	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~csum_add(0, ip, 20));
	fuzz_sum(ip, AF_INET, get16(ip + 2) - 20u, IPPROTO_UDP, 6);
}

/* Send the first @cut bytes of the payload of IP as a fragment, keep the rest. */
static void send_first_half(struct tap_frame *f, size_t cut)
{
	uint8_t *ip = f->data + ETH_HLEN;
	size_t rest = f->len - ETH_HLEN - 20 - cut;
	struct tap_frame first = *f;
	uint8_t *ip1 = first.data + ETH_HLEN;

	put16(ip1 + 2, (uint16_t)(20 + cut));
	put16(ip1 + 6, 0x2000);
	put16(ip1 + 10, 0);
	put16(ip1 + 10, (uint16_t)~csum_add(0, ip1, 20));
	first.len = ETH_HLEN + 20 + cut;
	tap_send(fd[f->side], &first);
	memmove(ip + 20, ip + 20 + cut, rest);
	put16(ip + 2, (uint16_t)(20 + rest));
	put16(ip + 6, (uint16_t)(cut / 8));
	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~csum_add(0, ip, 20));
	f->len = ETH_HLEN + 20 + rest;
}

/* UDP packets that have left and are whole; -1 if one is not. */
static int harvest(int ms)
{
	uint8_t buf[TAP_FRAME_MAX];
	struct virtio_net_hdr vh;
	int side, n = 0;
	size_t len;

	for (side = 0; side < 2; side++) {
		while ((len = tap_recv(fd[side], mode, buf, sizeof(buf), &vh, n ? 0 : ms))) {
			bool ip6 = get16(buf + 12) == ETH_P_IPV6;
			size_t at = ETH_HLEN + (ip6 ? 48u : 28u);

			if (len < at || buf[ETH_HLEN + (ip6 ? 6 : 9)] != IPPROTO_UDP)
				continue;
			if (pkt_looks(buf + at, len - at)[2] == 'p' && !pkt_whole(buf + at, len - at))
				return -1;
			n++;
		}
	}
	return n;
}

static void drain_events(void)
{
	uint8_t buf[8192];

	while (recv(events.fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* Tests ----------------------------------------------------------------------- */

/* What became of one packet is in the counters, once. */
static const char *judge(const struct test *t, const struct counts *a, const struct counts *b,
			 bool taken, int left)
{
	uint64_t sent = b->sent - a->sent + b->natted - a->natted;
	uint64_t kept = b->passed - a->passed + b->dropped - a->dropped +
			b->nat_passed - a->nat_passed + b->nat_dropped - a->nat_dropped;

	if (left < 0)
		return "what left is not whole";
	if (sent != (uint64_t)left)
		return "the packets that left are not those counted";
	/* The stack's reassembly loses fragments by its own count. */
	if (t->fragment && !sent && !kept)
		return NULL;
	if (sent + kept != taken)
		return "the packet was not counted once";
	return NULL;
}

/* The packet with its @nth allocation failing, from the beginning of a call. */
static bool once(const struct test *t, unsigned int nth, const char **wrong)
{
	static struct tap_frame f;
	struct counts before, after;
	bool taken, hit;
	int left;

	bridges_anew();
	if (t->natmap)
		natmaps(true);
	if (t->primed) {
		build(&f, t, true);
		tap_send(fd[f.side], &f);
	}
	build(&f, t, false);
	if (t->fragment)
		send_first_half(&f, 64);
	harvest(0);
	before = counts(&nl);
	fail_set(nth);
	taken = tap_send(fd[f.side], &f);
	hit = fail_hit();
	left = harvest(0);
	after = counts(&nl);
	*wrong = judge(t, &before, &after, taken, left);
	build(&f, t, true);
	if (!*wrong && (!tap_send(fd[f.side], &f) || harvest(2000) != 1))
		*wrong = "the next packet was not forwarded";
	if (t->natmap)
		natmaps(false);
	drain_events();
	return hit;
}

static bool run(const struct test *t, char **dev)
{
	const char *wrong = NULL;
	unsigned int nth = 0;
	int i, listener = -1;

	for (i = 0; i < 2; i++) {
		if (fd[i] > 0)
			close(fd[i]);
		fd[i] = tap_open(dev[i], t->mode);
	}
	mode = t->mode;
	if (t->listen)
		listener = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	while (++nth < FAULTS_MAX && once(t, nth, &wrong) && !wrong)
		;
	if (!wrong && nth == FAULTS_MAX)
		wrong = "there is no end to its allocations";
	if (listener >= 0)
		close(listener);
	printf("{\"packet\":\"%s\",\"faults\":%u,\"good\":%s", t->name, nth - 1,
	       wrong ? "false" : "true");
	if (wrong)
		printf(",\"nth\":%u,\"wrong\":\"%s\"", nth, wrong);
	puts("}");
	fflush(stdout);
	return !wrong;
}

int main(int argc, char **argv)
{
	bool good = true;
	size_t i;

	if (argc != 3)
		die("usage: pktfail DEV0 DEV1");
	fail_open();
	nl_open(&nl);
	/* somebody who listens, so that events are made */
	nl_connect(&events);
	nl_join(&events);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		good &= run(&tests[i], argv + 1);
	return !good;
}
