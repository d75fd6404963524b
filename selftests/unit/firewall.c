// SPDX-License-Identifier: GPL-2.0
/* Whom a firewall must let through (firewall/); nft.sh loads the rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "firewall/firewall.h"
#include "ktap.h"

static struct config *load_text(const char *text)
{
	char path[] = "/tmp/rtplane-unit.XXXXXX", error[CONFIG_ERROR_LEN] = "";
	struct config *config;
	int fd = mkstemp(path);

	if (fd < 0)
		return NULL;
	dprintf(fd, "%s", text);
	close(fd);
	config = config_load(path, error);
	if (!config)
		printf("# %s\n", error);
	unlink(path);
	return config;
}

/* a realm with these keys, and one that routes to @hop there; for config_put() */
static struct config *load(const char *keys, const char *hop)
{
	char text[1024];

	snprintf(text, sizeof(text), "realms:\n"
		 "  - name: one\n    addresses: [{listen: 192.0.2.1}]\n"
		 "    sip: [{transport: udp}]\n%s"
		 "  - name: two\n    addresses: [{listen: 192.0.2.2}]\n"
		 "    sip: [{transport: udp}]\n    acl: {default: allow}\n"
		 "routes:\n  - {from: two, to: %s}\n", keys, hop);
	return load_text(text);
}

/* is SIP of the realm from whom it has to be, in the table and in rules? */
static bool sip_is_from(const struct config *config, const char *from,
			const char *rule)
{
	json_t *json = firewall_json(config, FIREWALL_HOST);
	json_t *sip = json_array_get(json_object_get(json, "openings"), 0);
	const char *told = json_string_value(json_object_get(sip, "from"));
	char *text = firewall_text(config, FIREWALL_HOST, FIREWALL_NFT);
	char *ipt = firewall_text(config, FIREWALL_HOST, FIREWALL_IPTABLES);
	bool ok;

	ok = told && !strcmp(told, from) && text && ipt &&
	     !strstr(text, "comment \"SIP, realm one\"") == !rule &&
	     !strstr(ipt, "comment \"SIP, realm one\"") == !rule &&
	     (!rule || strstr(text, rule));
	if (!ok)
		printf("# from %s; %s\n%s\n", told ? told : "?", text, ipt);
	free(text);
	free(ipt);
	json_decref(json);
	return ok;
}

/* do the rules of @view have that, in that format? */
static bool has(const struct config *config, enum firewall_view view,
		enum firewall_format format, const char *rule)
{
	char *text = firewall_text(config, view, format);
	bool is = text && strstr(text, rule);

	free(text);
	return is;
}

/* ports of services behind the host: the edge lets them in, and translates */
static bool maps(void)
{
	static const char text[] =
		"maps:\n"
		"  - {transport: tcp, listen: \"192.0.2.1:8000\", to: \"10.0.0.1:80\", count: 10, from: [198.51.100.0/24]}\n"
		"  - {transport: udp, listen: \"192.0.2.3:8007\", to: \"10.0.0.1:81\"}\n"
		"nftables: {mode: table}\n"
		"realms:\n"
		"  - name: one\n    addresses: [{listen: 192.0.2.1, advertise: 203.0.113.5}]\n"
		"    sip: [{transport: udp}]\n"
		"  - name: two\n    addresses: [{listen: 192.0.2.2}]\n"
		"    sip: [{transport: udp}]\n"
		"routes:\n  - {from: one, to: two, next-hop: \"sip:192.0.2.9\"}\n";
	struct config *config = load_text(text);

	KTAP_CHECK(config);
	KTAP_CHECK(has(config, FIREWALL_EDGE, FIREWALL_NFT, "ip daddr 192.0.2.1 ip saddr { 198.51.100.0/24 } tcp dport 8000-8009 counter accept comment \"map\""));
	KTAP_CHECK(has(config, FIREWALL_EDGE, FIREWALL_NFT, "ip daddr 192.0.2.3 udp dport 8007 counter accept comment \"map\""));
	KTAP_CHECK(has(config, FIREWALL_EDGE, FIREWALL_NFT, "ip daddr 203.0.113.5 tcp dport 8000-8009 dnat ip to 192.0.2.1"));
	KTAP_CHECK(!has(config, FIREWALL_EDGE, FIREWALL_NFT, "udp dport 8007 dnat"));
	KTAP_CHECK(has(config, FIREWALL_EDGE, FIREWALL_IPTABLES, "-A FORWARD -s 198.51.100.0/24 -d 192.0.2.1 -p tcp --dport 8000:8009"));
	KTAP_CHECK(has(config, FIREWALL_EDGE, FIREWALL_CSV, "map,-,TCP,203.0.113.5 to 192.0.2.1,8000-8009,198.51.100.0/24,-"));
	/* what a map's port has is nobody's way out */
	KTAP_CHECK(!has(config, FIREWALL_EDGE, FIREWALL_NFT, "ip saddr 192.0.2.3 counter accept"));
	/* of the host they pass the filter of what is forwarded */
	KTAP_CHECK(!has(config, FIREWALL_HOST, FIREWALL_NFT, "8007"));
	KTAP_CHECK(!has(config, FIREWALL_CUSTOMER, FIREWALL_NFT, "8007"));
	config_put(config);
	return true;
}

static bool who_speaks(void)
{
	static const struct {
		const char *keys, *hop, *from, *rule;
	} table[] = {
		{ "", "two, next-hop: \"sip:192.0.2.9\"", "nobody", NULL },
		{ "", "one, next-hop: \"sip:192.0.2.9\"", "192.0.2.9/32",
		  "ip daddr 192.0.2.1 ip saddr { 192.0.2.9/32 } udp dport 5060" },
		{ "", "one, next-hop: \"sip:pbx.example\"", "anybody",
		  "ip daddr 192.0.2.1 udp dport 5060" },
		{ "    acl: {default: allow}\n", "one, next-hop: \"sip:192.0.2.9\"",
		  "anybody", "ip daddr 192.0.2.1 udp dport 5060" },
		{ "    acl: {allow: [\"2001:db8::/32\"]}\n",
		  "two, next-hop: \"sip:192.0.2.9\"", "nobody", NULL },
		{ "    acl: {allow: [198.51.100.7, 198.51.100.0/24]}\n",
		  "one, next-hop: \"sip:192.0.2.9\"", "198.51.100.0/24 192.0.2.9/32",
		  "ip saddr { 198.51.100.0/24, 192.0.2.9/32 } udp dport 5060" },
	};
	struct config *config;
	unsigned int i;
	bool ok;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		config = load(table[i].keys, table[i].hop);
		ok = config && sip_is_from(config, table[i].from, table[i].rule);
		config_put(config);
		if (!ok)
			printf("# row %u\n", i);
		KTAP_CHECK(ok);
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "SIP from whom the gate lets in, and from nobody else", who_speaks },
		{ "port maps, at the edge", maps },
	};

	return KTAP_RUN(points);
}
