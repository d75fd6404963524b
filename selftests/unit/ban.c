// SPDX-License-Identifier: GPL-2.0
/* Bans (ban/): who is shut out, who never is, and that it cannot be made to grow. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ban/ban.h"
#include "base/log.h"
#include "ktap.h"

static struct timers timers;
static struct config_bans conf;
static struct bans *bans;
static char error[CONFIG_ERROR_LEN];

/* what was told */
static unsigned int added, again, removed, lifted;
static unsigned int asked;
static struct prefix home;	/* whoever lives there is established */
static struct prefix own;	/* ours */
static struct prefix hop;	/* a next hop's */

static void on_added(const struct ban_info *ban, bool is_again, void *arg)
{
	added++;
	again += is_again;
}

static void on_removed(const struct ban_info *ban, bool is_lifted,
		       void *arg)
{
	removed++;
	lifted += is_lifted;
}

static bool is_established(const struct prefix *prefix, void *arg)
{
	asked++;
	return home.addr.family && prefix_has(prefix, &home.addr);
}

static bool is_own(const struct prefix *prefix, void *arg)
{
	return own.addr.family && prefix_has(prefix, &own.addr);
}

static bool is_hop(const struct prefix *prefix, void *arg)
{
	return hop.addr.family && prefix_has(prefix, &hop.addr);
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix = { 0 };

	prefix_parse(text, &prefix);
	return prefix;
}

static struct dp_addr addr_of(const char *text)
{
	struct dp_addr addr = { 0 };

	dp_addr_parse_host(text, &addr);
	addr.port = 40000;
	return addr;
}

static bool begin(void)
{
	static const struct bans_ops ops = {
		on_added, on_removed, is_own, is_hop, is_established,
	};

	log_set_level(LOG_LEVEL_ERROR);
	timers_init(&timers, 1000);
	conf = (struct config_bans){ .time = 600, .window = 10, .garbage = 5 };
	home = own = hop = (struct prefix){ 0 };
	added = again = removed = lifted = asked = 0;
	bans = bans_new(&timers, &conf);
	if (bans)
		bans_hear(bans, &ops, NULL);
	return bans;
}

static bool end(bool ok)
{
	bans_free(bans);
	bans = NULL;
	return ok && !timers.count;
}

static bool add(const char *text, uint64_t ms)
{
	struct prefix prefix = prefix_of(text);

	return bans_add(bans, &prefix, ms, BAN_ADMIN, error);
}

static bool has(const char *text)
{
	struct dp_addr addr = addr_of(text);

	return bans_has(bans, &addr);
}

static bool offend(const char *text, unsigned int times, bool proven)
{
	struct dp_addr addr = addr_of(text);
	bool banned = false;

	while (times--)
		banned |= bans_offence(bans, &addr, BAN_GARBAGE, 1, proven);
	return banned;
}

static bool some(void)
{
	KTAP_CHECK(!has("192.0.2.1") && add("192.0.2.1", 0) && has("192.0.2.1"));
	KTAP_CHECK(!has("192.0.2.2") && !has("::c000:201"));
	KTAP_CHECK(add("198.51.100.0/24", 5000) && has("198.51.100.255"));
	KTAP_CHECK(!has("198.51.101.0") && add("2001:db8::/32", 5000));
	KTAP_CHECK(has("2001:db8:ffff::1") && !has("2001:db9::"));
	KTAP_CHECK(bans_count(bans) == 3 && added == 3 && !again);
	timers_run(&timers, 6000);
	KTAP_CHECK(bans_count(bans) == 1 && has("192.0.2.1") &&
		   !has("198.51.100.255") && removed == 2 && !lifted);
	timers_run(&timers, 603000);
	KTAP_CHECK(!bans_count(bans) && !has("192.0.2.1") && removed == 3);
	return true;
}

static bool test_bans(void)
{
	return begin() && end(some());
}

static bool anew(void)
{
	struct prefix prefix = prefix_of("192.0.2.1");

	KTAP_CHECK(add("192.0.2.1", 5000) && add("192.0.2.1", 9000));
	KTAP_CHECK(bans_count(bans) == 1 && added == 2 && again == 1);
	timers_run(&timers, 7000);
	KTAP_CHECK(has("192.0.2.1"));
	KTAP_CHECK(bans_del(bans, &prefix) && !bans_del(bans, &prefix));
	KTAP_CHECK(!has("192.0.2.1") && lifted == 1);
	return true;
}

static bool test_a_ban_anew(void)
{
	return begin() && end(anew());
}

static bool wider(void)
{
	KTAP_CHECK(add("192.0.2.1", 0) && add("192.0.2.128/25", 0) &&
		   add("192.0.3.1", 0));
	KTAP_CHECK(add("192.0.2.0/24", 0) && bans_count(bans) == 2 && lifted == 2);
	KTAP_CHECK(has("192.0.2.1") && has("192.0.2.200") && has("192.0.3.1"));
	KTAP_CHECK(!add("192.0.2.7", 0) && strstr(error, "within 192.0.2.0/24"));
	KTAP_CHECK(!add("10.0.0.0/7", 0) && strstr(error, "too wide"));
	KTAP_CHECK(!add("2000::/15", 0) && add("2001::/16", 0));
	return true;
}

static bool test_prefixes_within_others(void)
{
	return begin() && end(wider());
}

static bool allowed(struct prefix *allow)
{
	allow[0] = prefix_of("192.0.2.0/28");
	allow[1] = prefix_of("2001:db8::5");
	KTAP_CHECK(add("192.0.2.3", 0) && has("192.0.2.3"));
	conf.allow = allow;
	conf.n_allow = 2;
	bans_set(bans, &conf);
	KTAP_CHECK(!has("192.0.2.3") && lifted == 1);
	KTAP_CHECK(!add("192.0.2.3", 0) && strstr(error, "allow"));
	KTAP_CHECK(!add("192.0.2.0/24", 0) && !add("2001:db8::/64", 0));
	KTAP_CHECK(!offend("192.0.2.3", 100, true) && !has("192.0.2.3"));
	/* its neighbour in the /64 could be it */
	KTAP_CHECK(!offend("2001:db8::6", 100, true));
	KTAP_CHECK(bans_counters(bans)->spared == 2);
	KTAP_CHECK(offend("192.0.2.16", 5, false));
	return true;
}

static bool test_allowed(void)
{
	struct prefix allow[2];

	return begin() && end(allowed(allow));
}

static bool offences(void)
{
	KTAP_CHECK(!offend("192.0.2.1", 4, false) && !has("192.0.2.1"));
	KTAP_CHECK(!offend("192.0.2.2", 4, false));
	KTAP_CHECK(offend("192.0.2.1", 1, false) && has("192.0.2.1") &&
		   !has("192.0.2.2"));
	/* slowly is no offence */
	timers_run(&timers, 12000);
	KTAP_CHECK(!offend("192.0.2.2", 4, false));
	KTAP_CHECK(offend("2001:db8::1", 5, false) && has("2001:db8::2") &&
		   !has("2001:db8:0:1::1"));
	/* once banned nothing more is made of it */
	KTAP_CHECK(!offend("192.0.2.1", 50, false) && bans_count(bans) == 2);
	KTAP_CHECK(bans_counters(bans)->begun[BAN_GARBAGE] == 2);
	conf.garbage = 0;
	KTAP_CHECK(!offend("192.0.2.9", 1000, true));
	return true;
}

static bool test_offences(void)
{
	return begin() && end(offences());
}

/* a subscriber's address in forged datagrams does not ban the subscriber */
static bool forged(void)
{
	home = prefix_of("192.0.2.7");
	KTAP_CHECK(!offend("192.0.2.7", 1000, false) && !has("192.0.2.7"));
	KTAP_CHECK(asked == 1 && bans_counters(bans)->spared == 1);
	timers_run(&timers, 20000);
	KTAP_CHECK(!offend("192.0.2.7", 1000, false) && asked == 2);
	KTAP_CHECK(offend("192.0.2.7", 5, true) && has("192.0.2.7"));
	home = prefix_of("2001:db8::7");
	KTAP_CHECK(!offend("2001:db8::bad", 1000, false));
	return true;
}

static bool test_forged_sources(void)
{
	return begin() && end(forged());
}

/* nor do forged ones by the million cost more than a table */
static bool crowd(void)
{
	struct dp_addr addr = { .family = AF_INET };
	uint32_t i;

	for (i = 0; i < 300000; i++) {
		addr.v4.s_addr = htonl(0x0b000000 + i);
		bans_offence(bans, &addr, BAN_GARBAGE, 1, false);
	}
	KTAP_CHECK(!bans_count(bans) && !asked);
	conf.garbage = 1;
	/* to see who is established costs a walk of all calls */
	for (i = 0; i < 1000; i++) {
		addr.v4.s_addr = htonl(0x0a000000 + i);
		bans_offence(bans, &addr, BAN_GARBAGE, 1, false);
	}
	KTAP_CHECK(asked == 20 && bans_count(bans) == 20 &&
		   bans_counters(bans)->unasked == 980);
	/* who was not asked about is at his next one */
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(offend("10.0.3.231", 1, false) && asked == 21 && has("10.0.3.231"));
	for (i = 0; i < BANS_MAX + 980; i++) {
		addr.v4.s_addr = htonl(0x0b000000 + i);
		bans_offence(bans, &addr, BAN_GARBAGE, 1, true);
	}
	KTAP_CHECK(bans_count(bans) == BANS_MAX && bans_counters(bans)->full == 1001);
	KTAP_CHECK(!add("192.0.2.1", 0) && strstr(error, "as many"));
	timers_run(&timers, 603000);
	KTAP_CHECK(!bans_count(bans) && add("192.0.2.1", 0));
	return true;
}

static bool test_no_end_of_them(void)
{
	return begin() && end(crowd());
}

static bool test_words(void)
{
	struct prefix prefix = prefix_of("2001:db8::/32");
	char text[BAN_PREFIX_STRLEN];
	enum ban_ground ground;

	KTAP_CHECK(!strcmp(ban_prefix_str(&prefix, text, sizeof(text)),
			   "2001:db8::/32"));
	prefix = prefix_of("192.0.2.1");
	KTAP_CHECK(!strcmp(ban_prefix_str(&prefix, text, sizeof(text)),
			   "192.0.2.1"));
	KTAP_CHECK(ban_ground_parse("scan", &ground) && ground == BAN_SCAN);
	KTAP_CHECK(ban_ground_parse("stun", &ground) && ground == BAN_STUN);
	KTAP_CHECK(!ban_ground_parse("scam", &ground));
	KTAP_CHECK(!strcmp(ban_ground_name(BAN_ADMIN), "admin"));
	KTAP_CHECK(!bans_has(NULL, &prefix.addr));
	return true;
}

/* ours: by nobody; a next hop: by what it does never, by an admin at will */
static bool test_ours_and_next_hops(void)
{
	struct dp_addr source;
	struct prefix prefix;

	KTAP_CHECK(begin());
	own = prefix_of("192.0.2.254");
	hop = prefix_of("2001:db8:b::1");
	prefix = prefix_of("192.0.2.0/24");
	KTAP_CHECK(!bans_add(bans, &prefix, 0, BAN_ADMIN, error) &&
		   strstr(error, "an address of ours"));
	source = addr_of("192.0.2.254");
	KTAP_CHECK(!bans_offence(bans, &source, BAN_GARBAGE, 5, true));
	source = addr_of("192.0.2.253");
	KTAP_CHECK(bans_offence(bans, &source, BAN_GARBAGE, 5, true));
	source = addr_of("2001:db8:b::7");	/* its /64 */
	KTAP_CHECK(!bans_offence(bans, &source, BAN_GARBAGE, 5, true));
	KTAP_CHECK(!bans_offence(bans, &source, BAN_GARBAGE, 5, false));
	KTAP_CHECK(bans_counters(bans)->spared == 2 && bans_count(bans) == 1);
	own = prefix_of("2001:db8:a::fe");
	source = addr_of("2001:db8:a::66");
	KTAP_CHECK(bans_offence(bans, &source, BAN_GARBAGE, 5, true) && bans_has(bans, &source));
	source = addr_of("2001:db8:a::67");
	KTAP_CHECK(!bans_has(bans, &source));
	source = addr_of("2001:db8:a::");
	KTAP_CHECK(!bans_offence(bans, &source, BAN_GARBAGE, 5, true) && !bans_has(bans, &source));
	source = own.addr;
	KTAP_CHECK(!bans_offence(bans, &source, BAN_GARBAGE, 5, true));
	prefix = prefix_of("2001:db8:b::/64");
	KTAP_CHECK(bans_add(bans, &prefix, 0, BAN_ADMIN, error));
	return end(true);
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "addresses and prefixes are banned, and their time ends", test_bans },
		{ "a ban anew moves its end, and one can be lifted", test_a_ban_anew },
		{ "a wider ban takes the place of those within it", test_prefixes_within_others },
		{ "whom the configuration allows is never banned", test_allowed },
		{ "too many offences within a while are a ban", test_offences },
		{ "our addresses are never banned, next hops by an admin alone", test_ours_and_next_hops },
		{ "forged datagrams ban nobody who is established", test_forged_sources },
		{ "there is an end to offenders and to bans", test_no_end_of_them },
		{ "words", test_words },
	};

	return KTAP_RUN(points);
}
