// SPDX-License-Identifier: GPL-2.0
/* The state of a leg: as attributes and back, what contradicts itself, and clocks. */
#include <arpa/inet.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "kmod/saved.h"
#include "ktap.h"
#include "netlink/genl_attr.h"

#define MS		1000000ull
#define SECOND		(1000 * MS)

static struct dp_sources sources;

static struct dp_addr addr(const char *text)
{
	struct dp_addr a = {};

	dp_addr_parse(text, &a);
	return a;
}

static struct rtplane_ep ep(const char *host, uint16_t port)
{
	struct rtplane_ep e = {};

	rtplane_ep_set4(&e, inet_addr(host), htons(port));
	return e;
}

/* --- attributes --- */

/* all that a state can have */
static void fill(struct dp_saved *s, struct dp_source *rx, struct dp_source *tx)
{
	unsigned int i;

	for (i = 0; i < RTPLANE_SRTP_SSRCS_MAX; i++) {
		rx[i] = (struct dp_source){
			.ssrc = i, .has_index = true, .index = 1ull << 47,
			.has_rtcp_index = true, .rtcp_index = i,
			.has_window = i % 2, .carried = !(i % 2),
			.has_rtcp_window = true,
		};
		tx[i] = (struct dp_source){
			.ssrc = ~i, .has_index = true, .index = i,
			.has_window = true, .shift = (uint16_t)(i + 1),
		};
		if (rx[i].has_window)
			memset(rx[i].window, (int)i, sizeof(rx[i].window));
		memset(tx[i].window, 0xff, sizeof(tx[i].window));
	}
	*s = (struct dp_saved){
		.version = 1, .reason = RTPLANE_REASON_EXACT, .fresh = true,
		.n_known = 4, .age = 1, .remote = addr("192.0.2.1:4000"),
		.since = UINT64_MAX, .former = addr("[2001:db8::1]:5"),
		.former_left = 3, .known = { 0, 2, UINT32_MAX, 4 },
		.quiet = 5, .started = 6, .pps_debt = 7, .bps_debt = 8,
		.rx_packets = 9, .rx_bytes = 10, .tx_packets = 11,
		.tx_bytes = 12, .passed = 13, .rtcp_packets = 14, .latches = 15,
		.rtp = { .present = true, .pt = 127, .ssrc = 0, .packets = 1,
			 .ssrc_changes = 2, .out_of_order = 3, .duplicates = 4,
			 .lost_before = 5, .base = 6, .highest = 7, .unique = 8,
			 .seen = UINT64_MAX, .jitter = 9, .jitter_max = 10,
			 .timestamp = UINT32_MAX },
		.rtcp = { .present = true, .has_rtt = true, .fraction_lost = 255,
			  .reports = 1, .ssrc = 2, .lost = -3, .jitter = 4,
			  .rtt = 5 },
		.n_rx = i, .n_tx = i, .rx = rx, .tx = tx,
	};
	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		s->drops[i] = i + 1;
	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++)
		s->dscp_seen[i] = UINT64_MAX - i;
}

static bool everything(void)
{
	static struct dp_source rx[RTPLANE_SRTP_SSRCS_MAX], tx[RTPLANE_SRTP_SSRCS_MAX];
	struct nl_msg *msg = nlmsg_alloc_size(65536);
	struct dp_saved want, got;
	struct nlattr *at;

	fill(&want, rx, tx);
	KTAP_CHECK(msg && nlmsg_put(msg, 0, 0, 20, 0, 0));
	KTAP_CHECK(!genl_put_saved(msg, &want));
	at = nlmsg_attrdata(nlmsg_hdr(msg), 0);
	KTAP_CHECK(nla_type(at) == RTPLANE_LEG_A_SAVED);
	KTAP_CHECK(nla_total_size(nla_len(at)) <= GENL_SAVED_ROOM +
		   (int)(want.n_rx + want.n_tx) * GENL_WINDOW_ROOM);
	KTAP_CHECK(!genl_parse_saved(at, &got, &sources));
	KTAP_CHECK(got.n_rx == want.n_rx && got.n_tx == want.n_tx);
	KTAP_CHECK(!memcmp(got.rx, rx, sizeof(rx)));
	KTAP_CHECK(!memcmp(got.tx, tx, sizeof(tx)));
	got.rx = rx;
	got.tx = tx;
	KTAP_CHECK(!memcmp(&got, &want, sizeof(got)));
	nlmsg_free(msg);
	dp_sources_clear(&sources);
	return true;
}

static bool nothing(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct dp_saved want = { .version = 1 }, got;

	KTAP_CHECK(msg && nlmsg_put(msg, 0, 0, 20, 0, 0));
	KTAP_CHECK(!genl_put_saved(msg, &want));
	KTAP_CHECK(!genl_parse_saved(nlmsg_attrdata(nlmsg_hdr(msg), 0), &got,
				     &sources));
	KTAP_CHECK(!memcmp(&got, &want, sizeof(got)));
	KTAP_CHECK(!genl_parse_saved(NULL, &got, &sources) && !got.version);
	nlmsg_free(msg);
	return true;
}

/* --- what contradicts itself, or the leg --- */

/**
 * struct wrong - a state and what is said of it
 * @latch: the leg's mode
 * @remote: port of the remote at the address that is signalled; 0: none
 * @elsewhere: the remote is at another address
 * @s: the rest
 * @words: of the sentence; NULL: it is in order
 */
struct wrong {
	uint8_t latch;
	uint16_t remote;
	bool elsewhere;
	struct rtplane_saved s;
	const char *words;
};

#define FIRST	.reason = RTPLANE_REASON_FIRST
#define PROVEN	.reason = RTPLANE_REASON_PROVEN

static const struct wrong wrongs[] = {
	{ RTPLANE_LATCH_RESTRICTED, 0, false, {}, NULL },
	{ RTPLANE_LATCH_RESTRICTED, 4000, false, { FIRST }, NULL },
	{ RTPLANE_LATCH_RESTRICTED, 4001, false, { FIRST }, NULL },
	{ RTPLANE_LATCH_RESTRICTED, 4000, false, {}, "one of the reasons" },
	{ RTPLANE_LATCH_RESTRICTED, 4000, false,
	  { .reason = RTPLANE_REASON_LOCKED }, "one of the reasons" },
	{ RTPLANE_LATCH_RESTRICTED, 4000, false,
	  { .reason = RTPLANE_REASON_DEVICE }, "one of the reasons" },
	{ RTPLANE_LATCH_RESTRICTED, 4000, false,
	  { .reason = RTPLANE_REASON_EXACT }, NULL },
	{ RTPLANE_LATCH_RESTRICTED, 4000, true, { FIRST },
	  "would not have let" },
	{ RTPLANE_LATCH_RESTRICTED, 4000, true, { PROVEN }, NULL },
	{ RTPLANE_LATCH_LEARN, 4000, true, { FIRST }, NULL },
	{ RTPLANE_LATCH_OFF, 4001, false, { FIRST }, "would not have let" },
	{ RTPLANE_LATCH_OFF, 4001, false, { PROVEN }, "would not have let" },
	{ RTPLANE_LATCH_OFF, 4000, false, { PROVEN }, NULL },
	{ RTPLANE_LATCH_LEARN, 0, false, { FIRST }, "nothing to say of it" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .fresh = true },
	  "nothing to say of it" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .n_known = 1 },
	  "nothing to say of it" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .since = 1 },
	  "nothing to say of it" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .former_left = 1 },
	  "has an address" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .rtp.base_ext = 2, .rtp.max_ext = 1 },
	  "contradict each other" },
	{ RTPLANE_LATCH_LEARN, 0, false, { .rtp.jitter = 2 },
	  "contradict each other" },
};

static bool contradictions(void)
{
	struct rtplane_ep local = ep("192.0.2.254", 30000);
	const struct wrong *w;
	const char *why;

	for (w = wrongs; w < wrongs + sizeof(wrongs) / sizeof(*w); w++) {
		struct rtplane_saved s = w->s;
		struct rtplane_policy p = {};

		rtplane_policy_init(&p, true);
		rtplane_policy_mode(&p, w->latch);
		p.signalled = ep("192.0.2.1", 4000);
		if (w->remote)
			s.remote = ep(w->elsewhere ? "198.51.100.7" :
				      "192.0.2.1", w->remote);
		why = rtplane_saved_wrong(&s, &p, &local);
		if (!why == !w->words && (!why || strstr(why, w->words)))
			continue;
		printf("# case %td: %s\n", w - wrongs, why ? why : "in order");
		return false;
	}
	return true;
}

static bool others(void)
{
	struct rtplane_ep local = ep("192.0.2.254", 30000);
	struct rtplane_saved s = { FIRST, .remote = local };
	struct rtplane_policy p = {};

	rtplane_policy_init(&p, true);
	rtplane_policy_mode(&p, RTPLANE_LATCH_LEARN);
	KTAP_CHECK(strstr(rtplane_saved_wrong(&s, &p, &local), "its own remote"));
	s = (struct rtplane_saved){ .former = local,
				    .former_left = 3000 * MS + 1 };
	KTAP_CHECK(strstr(rtplane_saved_wrong(&s, &p, &local), "3000 ms"));
	s.former_left--;
	KTAP_CHECK(!rtplane_saved_wrong(&s, &p, &local));
	return true;
}

/* --- clocks --- */

/* by another clock, some time later */
static bool other_clock(void)
{
	uint64_t then = 1000 * SECOND, now = 5 * SECOND, age = 40 * MS;
	struct rtplane_policy a = {}, b = {};
	struct rtplane_police pa = {}, pb = {};
	struct rtplane_rtpstats ra = {}, rb = {};
	struct rtplane_saved s = { .remote = ep("192.0.2.1", 4000) };

	a.remote_since = then - 3 * SECOND;
	a.reason = RTPLANE_REASON_PROVEN;
	a.former = ep("192.0.2.2", 1);
	a.former_until = then + 500 * MS;
	rtplane_police_set(&pa, 100, 0);
	rtplane_police_set(&pb, 100, 64000);
	pa.packet_tat = then + 45 * MS;
	rtplane_saved_tell(&s, &a, &pa, &ra, then);
	KTAP_CHECK(s.since == 3 * SECOND && s.former_left == 500 * MS);
	KTAP_CHECK(s.packet_debt == 45 * MS && !s.bit_debt);
	s.age = age;
	rtplane_saved_take(&s, &b, &pb, &rb, now);
	KTAP_CHECK(b.proven && b.reason == RTPLANE_REASON_PROVEN);
	KTAP_CHECK(b.remote_since == now - 3 * SECOND - age);
	KTAP_CHECK(b.former_until == now + 460 * MS);
	KTAP_CHECK(pb.packet_tat == now + 5 * MS && pb.bit_tat == now);
	KTAP_CHECK(!rtplane_rtp_started(&rb));
	/* longer ago than the clock goes back */
	KTAP_CHECK(rtplane_saved_when(&s, 10 * SECOND, now) == 1);
	KTAP_CHECK(rtplane_saved_when(&s, UINT64_MAX, now) == 1);
	s.age = UINT64_MAX;
	KTAP_CHECK(rtplane_saved_when(&s, 0, now) == 1);
	return true;
}

/* nobody is given more debt than a limit can make, nor one without it */
static bool debts(void)
{
	struct rtplane_saved s = { .packet_debt = UINT64_MAX,
				   .bit_debt = UINT64_MAX };
	struct rtplane_rtpstats rtp = {};
	struct rtplane_policy p = {};
	struct rtplane_police police = {};

	rtplane_police_set(&police, 1, 0);
	rtplane_saved_take(&s, &p, &police, &rtp, SECOND);
	KTAP_CHECK(police.packet_tat == 2 * SECOND && !police.bit_tat);
	rtplane_police_set(&police, 0, 1);
	rtplane_saved_take(&s, &p, &police, &rtp, SECOND);
	KTAP_CHECK(!police.packet_tat);
	KTAP_CHECK(police.bit_tat - SECOND <= 8ull * RTPLANE_POLICE_BYTES * SECOND);
	KTAP_CHECK(police.bit_tat - SECOND >= 7ull * RTPLANE_POLICE_BYTES * SECOND);
	return true;
}

static void packet(uint8_t *rtp, uint32_t ssrc, uint16_t seq, uint32_t ts)
{
	uint32_t word;

	memset(rtp, 0, 12);
	rtp[0] = 0x80;
	rtp[2] = seq >> 8;
	rtp[3] = (uint8_t)seq;
	word = htonl(ts);
	memcpy(rtp + 4, &word, 4);
	word = htonl(ssrc);
	memcpy(rtp + 8, &word, 4);
}

/* Some lost, some late, some twice: moved every 50 packets, as if nothing had been. */
static bool receiver(void)
{
	struct rtplane_rtpstats one = {}, other = {};
	uint64_t now = 77 * SECOND, skew = 0;
	struct rtplane_police police = {};
	struct rtplane_policy p = {};
	struct rtplane_saved s;
	uint8_t rtp[12];
	uint32_t i;

	srandom(1);
	for (i = 0; i < 2000; i++) {
		uint16_t seq = (uint16_t)(65000 + i - (i % 97 ? 0 : 5));

		now += 20 * MS + (uint64_t)random() % (5 * MS) - 2 * MS;
		if (i % 31 == 7)
			continue;
		packet(rtp, 99, seq, i * 160);
		rtplane_rtpstats_rx(&one, rtp, now);
		rtplane_rtpstats_rx(&other, rtp, now + skew);
		if (i % 50)
			continue;
		s = (struct rtplane_saved){};
		rtplane_saved_tell(&s, &p, &police, &other, now + skew);
		skew = (uint64_t)random() * SECOND;
		s.age = 3 * MS;
		other = (struct rtplane_rtpstats){};
		rtplane_saved_take(&s, &p, &police, &other, now + skew + s.age);
	}
	KTAP_CHECK(one.packets == other.packets && one.ssrc == other.ssrc);
	KTAP_CHECK(rtplane_rtpstats_lost(&one) == rtplane_rtpstats_lost(&other));
	KTAP_CHECK(one.out_of_order == other.out_of_order);
	KTAP_CHECK(one.duplicates == other.duplicates);
	KTAP_CHECK(one.max_ext == other.max_ext && one.seen == other.seen);
	/* a unit of the clock is rounded now and then */
	KTAP_CHECK(labs((long)one.jitter - (long)other.jitter) <= 32);
	KTAP_CHECK(labs((long)one.jitter_max - (long)other.jitter_max) <= 32);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "all of a state as attributes and back", everything },
		{ "a state of nothing", nothing },
		{ "what contradicts itself or the leg is refused", contradictions },
		{ "nor is a leg its own remote", others },
		{ "times go on by another clock", other_clock },
		{ "debts are what the limits allow", debts },
		{ "a receiver of RTP goes on as if nothing had been", receiver },
	};

	return KTAP_RUN(points);
}
