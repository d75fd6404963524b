// SPDX-License-Identifier: GPL-2.0
/*
 * What a host's own rules do with what has to arrive (firewall/check.c), in a network
 * namespace of this program's own: rules by nft(8) and iptables(8), read from the kernel.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "firewall/firewall.h"
#include "ktap.h"

#define DROP	"dropped by "
#define POLICY	DROP "the policy of chain "
#define RULE	" by the rule with handle "

/* does @program take @text? */
static bool give(const char *program, const char *text)
{
	FILE *f = popen(program, "w");

	return f && fputs(text, f) >= 0 && !pclose(f);
}

static bool flush(void)
{
	return !system("nft flush ruleset");
}

/**
 * struct row - a packet, and what becomes of it
 * @to: "A:P"; one of TCP has "tcp " before it
 * @from: a prefix; NULL: anybody
 * @how: how it begins and ends, a "*" between; NULL: it arrives
 * @unless: the same of what makes it otherwise; NULL: nothing
 */
struct row {
	const char *to;
	const char *from;
	const char *how;
	const char *unless;
};

static bool is_like(const char *text, const char *pattern)
{
	size_t before = strcspn(pattern ? pattern : "", "*"), len = strlen(text);
	const char *end;

	if (!pattern)
		return !*text;
	if (!pattern[before])
		return !strcmp(text, pattern);
	end = pattern + before + 1;
	return len >= before + strlen(end) && !strncmp(text, pattern, before) &&
	       !strcmp(text + len - strlen(end), end);
}

static bool is_right(struct firewall_rules *rules, const struct row *row)
{
	struct firewall_packet packet = { .device = "d0" };
	struct firewall_finding finding;

	packet.tcp = !strncmp(row->to, "tcp ", 4);
	if (!dp_addr_parse(row->to + (packet.tcp ? 4 : 0), &packet.to) ||
	    (row->from && !prefix_parse(row->from, &packet.from)))
		return false;
	packet.from.addr.family = packet.to.family;
	firewall_check(rules, &packet, &finding);
	if (finding.arrives == !row->how && is_like(finding.how, row->how) &&
	    is_like(finding.unless, row->unless))
		return true;
	printf("# to %s from %s: '%s' unless '%s'\n", row->to,
	       row->from ? row->from : "anybody", finding.how, finding.unless);
	return false;
}

static bool are_right(const struct row *rows, size_t n)
{
	char error[CONFIG_ERROR_LEN] = "";
	struct firewall_rules *rules = firewall_rules_read(error);
	bool ok = rules;

	if (!rules)
		printf("# %s\n", error);
	for (; ok && n; rows++, n--)
		ok = is_right(rules, rows);
	firewall_rules_free(rules);
	return ok;
}

#define CHECK(text, ...) do { \
	static const struct row rows[] = { __VA_ARGS__ }; \
	KTAP_CHECK(flush() && give("nft -f -", text)); \
	KTAP_CHECK(are_right(rows, sizeof(rows) / sizeof(rows[0]))); \
} while (0)

static bool no_rules(void)
{
	CHECK("", { "192.0.2.1:5060", NULL, NULL, NULL }, { "tcp [2001:db8::1]:5061", NULL, NULL, NULL });
	return true;
}

static bool ports_and_addresses(void)
{
	CHECK("table inet filter {\n"
	      "	chain input {\n"
	      "		type filter hook input priority 0; policy drop;\n"
	      "		ct state established,related accept\n"
	      "		ct state invalid drop\n"
	      "		iif lo accept\n"
	      "		ip frag-off & 0x3fff != 0 drop\n"
	      "		tcp flags & (fin | syn | rst | ack) != syn drop\n"
	      "		ip daddr 192.0.2.1 udp dport 5060 accept\n"
	      "		ip6 daddr 2001:db8::/64 tcp dport { 5061, 5063-5070 } accept\n"
	      "		udp dport 30000-30999 counter log accept comment \"media\"\n"
	      "		udp dport 31000 reject\n"
	      "		udp dport >= 32000 udp dport <= 32999 accept\n"
	      "	}\n"
	      "}\n",
	      { "192.0.2.1:5060", NULL, NULL, NULL },
	      { "192.0.2.2:5060", NULL, POLICY "inet filter input", NULL },
	      { "tcp 192.0.2.1:5060", NULL, POLICY "inet filter input", NULL },
	      { "tcp [2001:db8::1]:5061", NULL, NULL, NULL }, { "tcp [2001:db8::1]:5063", NULL, NULL, NULL },
	      { "tcp [2001:db8::1]:5070", NULL, NULL, NULL },
	      { "tcp [2001:db8::1]:5062", NULL, POLICY "inet filter input", NULL },
	      { "tcp [2001:db8:0:1::1]:5061", NULL, POLICY "inet filter input", NULL },
	      { "192.0.2.1:30000", NULL, NULL, NULL }, { "[2001:db8::1]:30999", NULL, NULL, NULL },
	      { "192.0.2.1:31000", NULL, "rejected" RULE "* of chain inet filter input", NULL },
	      { "192.0.2.1:31999", NULL, POLICY "inet filter input", NULL },
	      { "192.0.2.1:32000", NULL, NULL, NULL }, { "192.0.2.1:32999", NULL, NULL, NULL });
	return true;
}

static bool sources(void)
{
	CHECK("table ip filter {\n"
	      "	set good { type ipv4_addr; flags interval; elements = { 198.51.100.0/24, 203.0.113.9 } }\n"
	      "	set pairs { type ipv4_addr . inet_service; flags interval; elements = { 198.51.100.0/24 . 7000-7010 } }\n"
	      "	chain input {\n"
	      "		type filter hook input priority filter; policy accept;\n"
	      "		ip saddr 203.0.113.66 drop comment \"him\"\n"
	      "		udp dport 5060 ip saddr @good accept\n"
	      "		ip saddr . udp dport @pairs accept\n"
	      "		udp dport { 5060, 7000-7100 } drop\n"
	      "	}\n"
	      "}\n",
	      { "192.0.2.1:5060", "198.51.100.7/32", NULL, NULL },
	      { "192.0.2.1:5060", "198.51.100.128/25", NULL, NULL },
	      { "192.0.2.1:5060", "198.51.100.0/23", "dropped" RULE "*", "let through" RULE "*" },
	      { "192.0.2.1:5060", "203.0.113.9/32", NULL, NULL },
	      { "192.0.2.1:5060", "203.0.113.66/32", "dropped" RULE "* of chain ip filter input (him)", NULL },
	      { "192.0.2.1:5060", NULL, "dropped" RULE "*", "let through" RULE "*" },
	      /* one of all may not; whom we know is no such one */
	      { "192.0.2.1:6000", NULL, NULL, "dropped" RULE "*(him)" },
	      { "192.0.2.1:6000", "203.0.113.0/24", NULL, "dropped" RULE "*(him)" },
	      { "192.0.2.1:6000", "203.0.112.0/24", NULL, NULL },
	      { "192.0.2.1:7010", "198.51.100.9/32", NULL, NULL },
	      { "192.0.2.1:7010", "198.51.100.0/26", NULL, NULL },
	      { "192.0.2.1:7011", "198.51.100.9/32", "dropped" RULE "*", NULL },
	      { "[2001:db8::1]:5060", NULL, NULL, NULL });
	return true;
}

static bool chains(void)
{
	CHECK("table inet t {\n"
	      "	chain a {\n"
	      "		udp dport 1 accept\n"
	      "		udp dport 2 return\n"
	      "		udp dport 3 goto b\n"
	      "		udp dport 4 jump b\n"
	      "		udp dport 4 accept\n"
	      "		udp dport 5-6 drop\n"
	      "	}\n"
	      "	chain b { udp dport 3 return\n udp dport 9 drop\n }\n"
	      "	chain input {\n"
	      "		type filter hook input priority 0; policy accept;\n"
	      "		iifname \"e*\" drop\n"
	      "		iifname vmap { \"d0\" : jump a, \"d1\" : drop }\n"
	      "		udp dport vmap { 3 : drop, 6 : accept, 7-8 : goto b }\n"
	      "		udp dport 2 drop\n"
	      "		udp dport 8 drop\n"
	      "	}\n"
	      "	chain late {\n"
	      "		type filter hook input priority 10; policy accept;\n"
	      "		udp dport 1 meta mark 0x1 drop\n"
	      "		udp dport 4 meta mark set 0x1\n"
	      "		udp dport 4 meta mark 0x1 drop\n"
	      "		udp dport 10 limit rate 1/second accept\n"
	      "		udp dport 10 drop\n"
	      "		udp dport 11 limit rate over 1/second drop\n"
	      "	}\n"
	      "}\n",
	      { "192.0.2.1:1", NULL, NULL, NULL },
	      { "192.0.2.1:2", NULL, "dropped" RULE "* of chain inet t input", NULL },
	      { "192.0.2.1:3", NULL, "dropped" RULE "* of chain inet t input", NULL },
	      { "192.0.2.1:4", NULL, NULL, "dropped" RULE "* of chain inet t late" },
	      { "192.0.2.1:5", NULL, "dropped" RULE "* of chain inet t a", NULL },
	      { "192.0.2.1:6", NULL, "dropped" RULE "* of chain inet t a", NULL },
	      { "192.0.2.1:7", NULL, NULL, NULL }, { "192.0.2.1:8", NULL, NULL, NULL }, { "192.0.2.1:10", NULL, NULL, NULL }, { "192.0.2.1:11", NULL, NULL, NULL });
	return true;
}

static bool hooks(void)
{
	CHECK("table netdev n {\n"
	      "	chain here { type filter hook ingress device \"d0\" priority 0; policy accept; udp dport 1 drop; }\n"
	      "	chain there { type filter hook ingress device \"d1\" priority 0; policy accept; udp dport 2 drop; }\n"
	      "}\n"
	      "table inet i {\n"
	      "	chain in { type filter hook ingress device \"d0\" priority 0; policy accept; udp dport 3 drop; }\n"
	      "	chain raw { type filter hook prerouting priority raw; policy accept; udp dport 4 notrack; }\n"
	      "	chain forward { type filter hook forward priority 0; policy drop; }\n"
	      "	chain output { type filter hook output priority 0; policy drop; }\n"
	      "	chain input { type filter hook input priority 0; policy accept; ct state untracked drop; ct state new udp dport 5 drop; }\n"
	      "}\n"
	      "table ip nat {\n"
	      "	chain pre { type nat hook prerouting priority dstnat; udp dport 6 dnat to 198.51.100.1:7; }\n"
	      "	chain in { type nat hook input priority 100; udp dport 8 snat to 198.51.100.1; }\n"
	      "}\n"
	      "table ip6 f {\n chain pre { type filter hook prerouting priority 0; fib saddr . iif oif missing drop; fib daddr type != local drop; }\n}\n",
	      { "192.0.2.1:1", NULL, "dropped" RULE "* of chain netdev n here", NULL },
	      { "192.0.2.1:2", NULL, NULL, NULL },
	      { "192.0.2.1:3", NULL, "dropped" RULE "* of chain inet i in", NULL },
	      { "192.0.2.1:4", NULL, "dropped" RULE "* of chain inet i input", NULL },
	      { "192.0.2.1:5", NULL, "dropped" RULE "* of chain inet i input", NULL },
	      { "192.0.2.1:6", NULL, "sent elsewhere" RULE "* of chain ip nat pre", NULL },
	      { "[2001:db8::1]:6", NULL, NULL, NULL }, { "192.0.2.1:8", NULL, NULL, NULL });
	return true;
}

/* the agent's own table is left out, another of its name is not */
static bool whose_table(void)
{
	CHECK("table inet rtplane {\n comment \"kept by rtplaned\"; chain input { type filter hook input priority 0; policy drop; }\n}\n"
	      "table inet mine {\n"
	      "	set rtplane_open4 { type ipv4_addr . inet_service; }\n"
	      "	chain input { type filter hook input priority 0; policy accept; ip daddr . udp dport @rtplane_open4 accept; udp dport 30000-30099 drop; }\n"
	      "}\n",
	      { "192.0.2.1:5060", NULL, NULL, NULL }, { "192.0.2.1:30000", NULL, NULL, NULL },
	      { "[2001:db8::1]:30000", NULL, "dropped" RULE "* of chain inet mine input", NULL });
	CHECK("table inet rtplane {\n chain input { type filter hook input priority 0; policy drop; }\n}\n",
	      { "192.0.2.1:5060", NULL, POLICY "inet rtplane input", NULL });
	return true;
}

/* a match that this kernel or iptables does not have; NULL: all are there */
static const char *lacks(void)
{
	static const char *const matches[] = {
		"conntrack --ctstate NEW", "comment --comment x", "state --state NEW",
		"multiport --dports 1,2", "length --length 1:2",
		"addrtype --dst-type LOCAL",
	};
	static char why[128];
	char cmd[160];
	size_t i;

	for (i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		snprintf(cmd, sizeof(cmd), "iptables -A INPUT -p udp -m %s -j ACCEPT 2>/dev/null",
			 matches[i]);
		if (system(cmd)) {
			snprintf(why, sizeof(why), "no iptables -m %.60s here", matches[i]);
			return why;
		}
	}
	return system("iptables -A INPUT -j LOG 2>/dev/null") ? "no iptables -j LOG here" : NULL;
}

static bool by_iptables(void)
{
	static const struct row rows[] = {
		{ "192.0.2.1:5060", NULL, NULL, NULL }, { "tcp 192.0.2.1:5061", NULL, NULL, NULL },
		{ "192.0.2.1:30000", NULL, NULL, NULL }, { "192.0.2.1:30999", NULL, NULL, NULL }, { "192.0.2.1:7", NULL, NULL, NULL },
		{ "192.0.2.2:5060", NULL, POLICY "ip filter INPUT", NULL },
		{ "192.0.2.1:31000", NULL, POLICY "ip filter INPUT", NULL },
		{ "192.0.2.1:9", NULL, "rejected" RULE "* of chain ip filter INPUT", NULL },
		{ "192.0.2.1:10", NULL, POLICY "ip filter INPUT",
		  "let through" RULE "* of chain ip filter INPUT" },
		{ "192.0.2.1:11", NULL, "sent elsewhere" RULE "* of chain ip nat PREROUTING", NULL },
		{ "192.0.2.1:12", NULL, "dropped" RULE "* of chain ip filter own", NULL },
		{ "192.0.2.1:13", NULL, "sent elsewhere" RULE "* of chain ip nat PREROUTING", NULL },
		{ "[2001:db8::1]:9", NULL, NULL, NULL },
	};

	ktap_skipped = lacks();
	if (ktap_skipped)
		return flush();
	KTAP_CHECK(flush() && give("iptables-restore",
		"*nat\n:PREROUTING ACCEPT [0:0]\n"
		"-A PREROUTING -p udp --dport 11 -j REDIRECT --to-ports 12\n"
		"-A PREROUTING -p udp --dport 13 -j DNAT --to 192.0.2.7\nCOMMIT\n"
		"*filter\n:INPUT DROP [0:0]\n:own - [0:0]\n"
		"-A INPUT -i lo -j ACCEPT\n"
		"-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"
		"-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
		"-A INPUT -d 192.0.2.1 -p udp --dport 5060 -m comment --comment \"SIP\" -j ACCEPT\n"
		"-A INPUT -p tcp -m tcp --dport 5061 --syn -j ACCEPT\n"
		"-A INPUT -p udp -m multiport --dports 7,30000:30999 -j ACCEPT\n"
		"-A INPUT -p udp --dport 9 -j REJECT\n"
		"-A INPUT -p udp --dport 10 -m length --length 100:200 -j ACCEPT\n"
		"-A INPUT -p udp --dport 12 -m addrtype --dst-type LOCAL -j own\n"
		"-A own -m state --state NEW -j LOG\n"
		"-A own -m state --state NEW -j DROP\nCOMMIT\n"));
	return are_right(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "without rules all arrives", no_rules },
		{ "ports and addresses, one by one, many and ranges", ports_and_addresses },
		{ "sources that are known, in part and not at all", sources },
		{ "chains that are jumped to, and verdicts of maps", chains },
		{ "hooks, in the order that a packet meets them", hooks },
		{ "the agent's table is left out, and nobody else's", whose_table },
		{ "rules of iptables", by_iptables },
	};
	int status;

	if (unshare(CLONE_NEWNET) ||
	    system("ip link set lo up && ip link add d0 type veth peer name d1 && "
		   "ip link set d0 up && ip link set d1 up")) {
		printf("1..0 # SKIP no network namespace of its own\n");
		return 4;
	}
	status = KTAP_RUN(points);
	return status;
}
