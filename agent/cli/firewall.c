// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane firewall --check: what the agent's configuration wants to arrive, and what this
 * host's own rules do with it.
 */
#include <netinet/in.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "doctor.h"
#include "firewall/firewall.h"

/**
 * struct check - a run of the command
 * @cli: the program's run
 * @rules: of this host
 * @addrs: its addresses
 * @list: what has been found
 * @lost: of these, packets that do not arrive
 */
struct check {
	const struct cli *cli;
	struct firewall_rules *rules;
	struct ifaddrs *addrs;
	json_t *list;
	unsigned int lost;
};

/**
 * struct place - what has to be open
 * @opening: as the agent tells it
 * @packet: the first one of it
 * @high: the last port
 * @from: whose, as text
 */
struct place {
	const json_t *opening;
	struct firewall_packet packet;
	uint16_t high;
	const char *from;
};

static const char *text_of(const json_t *opening, const char *key)
{
	const char *text = json_string_value(json_object_get(opening, key));

	return text ? text : "";
}

static void found(struct check *check, const struct place *place, uint16_t low,
		  uint16_t high, const struct firewall_finding *finding)
{
	json_t *o = json_object();
	char addr[DP_ADDR_STRLEN], ports[16];
	struct dp_addr to = place->packet.to;

	to.port = 0;
	snprintf(ports, sizeof(ports), low == high ? "%u" : "%u-%u", low, high);
	json_object_set_new(o, "what", json_string(text_of(place->opening, "what")));
	json_object_set_new(o, "realm", json_string(text_of(place->opening, "realm")));
	json_object_set_new(o, "protocol", json_string(place->packet.tcp ? "TCP" : "UDP"));
	json_object_set_new(o, "address", json_string(dp_addr_str(&to, addr, sizeof(addr))));
	json_object_set_new(o, "ports", json_string(ports));
	json_object_set_new(o, "from", json_string(place->from));
	json_object_set_new(o, "device", json_string(*place->packet.device ?
						     place->packet.device : "-"));
	json_object_set_new(o, "arrives", json_boolean(finding->arrives));
	if (*finding->how)
		json_object_set_new(o, "how", json_string(finding->how));
	if (*finding->unless)
		json_object_set_new(o, "unless", json_string(finding->unless));
	json_array_append_new(check->list, o);
	if (!finding->arrives)
		check->lost++;
}

static bool same(const struct firewall_finding *a, const struct firewall_finding *b)
{
	return a->arrives == b->arrives && !strcmp(a->how, b->how) &&
	       !strcmp(a->unless, b->unless);
}

/* port by port; those with the same lot are told together */
static void check_ports(struct check *check, struct place *place)
{
	struct firewall_finding now, last = { 0 };
	uint32_t port, low = place->packet.to.port;

	for (port = low; port <= place->high; port++) {
		place->packet.to.port = (uint16_t)port;
		firewall_check(check->rules, &place->packet, &now);
		if (port > low && !same(&now, &last)) {
			found(check, place, (uint16_t)low, (uint16_t)(port - 1), &last);
			low = port;
		}
		last = now;
	}
	found(check, place, (uint16_t)low, place->high, &last);
}

/* of an address: the device that has it; one for itself it has at lo may come by any */
static void set_device(const struct check *check, struct firewall_packet *packet)
{
	const struct ifaddrs *i;
	struct dp_addr addr;

	*packet->device = '\0';
	for (i = check->addrs; i; i = i->ifa_next) {
		if (!i->ifa_addr ||
		    !dp_addr_from_sockaddr(&addr, i->ifa_addr, sizeof(struct sockaddr_in6)) ||
		    !dp_addr_same_host(&addr, &packet->to))
			continue;
		if (strcmp(i->ifa_name, "lo") ||
		    (addr.family == AF_INET ? ntohl(addr.v4.s_addr) >> 24 == 127 :
					      IN6_IS_ADDR_LOOPBACK(&addr.v6)))
			snprintf(packet->device, sizeof(packet->device), "%s",
				 i->ifa_name);
		return;
	}
}

/* at every address of that family is at each of them */
static void check_addresses(struct check *check, const struct place *place)
{
	const struct ifaddrs *i;
	struct place one = *place;
	struct dp_addr addr;

	if (!dp_addr_is_any(&place->packet.to)) {
		set_device(check, &one.packet);
		check_ports(check, &one);
		return;
	}
	for (i = check->addrs; i; i = i->ifa_next) {
		if (!i->ifa_addr ||
		    !dp_addr_from_sockaddr(&addr, i->ifa_addr, sizeof(struct sockaddr_in6)) ||
		    addr.family != place->packet.to.family)
			continue;
		one = *place;
		addr.port = one.packet.to.port;
		one.packet.to = addr;
		set_device(check, &one.packet);
		check_ports(check, &one);
	}
}

static void check_sources(struct check *check, struct place *place)
{
	char *copy = strdup(text_of(place->opening, "from")), *word, *rest = NULL;

	for (word = copy ? strtok_r(copy, " ", &rest) : NULL; word;
	     word = strtok_r(NULL, " ", &rest)) {
		place->from = word;
		if (!strcmp(word, "nobody"))
			continue;
		if (!strcmp(word, "anybody"))
			place->packet.from = (struct prefix){
				.addr.family = place->packet.to.family,
			};
		else if (!prefix_parse(word, &place->packet.from))
			continue;
		check_addresses(check, place);
	}
	free(copy);
}

/* false: it is none as an agent of our version tells it */
static bool check_opening(struct check *check, const json_t *opening)
{
	struct place place = { .opening = opening };
	unsigned int low = 0, high = 0;
	int n;

	place.packet.tcp = !strcmp(text_of(opening, "protocol"), "TCP");
	n = sscanf(text_of(opening, "ports"), "%5u-%5u", &low, &high);
	if (n < 2)
		high = low;
	if (n < 1 || !low || high < low || high > 65535 ||
	    !dp_addr_parse_host(text_of(opening, "address"), &place.packet.to))
		return false;
	place.packet.to.port = (uint16_t)low;
	place.high = (uint16_t)high;
	check_sources(check, &place);
	return true;
}

/* false after a sentence */
static bool check_all(struct check *check, const json_t *openings)
{
	size_t i;

	for (i = 0; i < json_array_size(openings); i++) {
		if (check_opening(check, json_array_get(openings, i)))
			continue;
		cli_refused(check->cli, "the agent's answer is no list of what has to be open");
		return false;
	}
	return true;
}

json_t *cli_firewall_check(const struct cli *cli, const json_t *openings,
			   unsigned int *lost)
{
	struct check check = { .cli = cli, .list = json_array() };
	char error[CONFIG_ERROR_LEN];
	json_t *result = NULL;
	const char *unread;

	check.rules = firewall_rules_read(error);
	if (!check.rules)
		cli_refused(cli, "%s", error);
	else if (getifaddrs(&check.addrs))
		cli_refused(cli, "the addresses of this host cannot be read: %m");
	else if (check_all(&check, openings))
		result = json_pack("{s:O}", "packets", check.list);
	unread = check.rules ? firewall_rules_unread(check.rules) : NULL;
	if (result && unread)
		json_object_set_new(result, "unread", json_string(unread));
	*lost = check.lost;
	if (check.addrs)
		freeifaddrs(check.addrs);
	firewall_rules_free(check.rules);
	json_decref(check.list);
	return result;
}

int cmd_firewall_check(struct args *args)
{
	json_t *wanted = cli_ask(args->cli, "firewall", "json", "host"), *result;
	const char *unread;
	unsigned int lost;
	int ret = CLI_OK;

	if (!wanted)
		return CLI_REFUSED;
	result = cli_firewall_check(args->cli, json_object_get(wanted, "openings"), &lost);
	json_decref(wanted);
	if (!result)
		return CLI_REFUSED;
	cli_print(args->cli, result);
	unread = json_string_value(json_object_get(result, "unread"));
	if (unread)
		ret = cli_refused(args->cli, "there are rules that were not looked at, of the older iptables: %s",
				  unread);
	if (lost)
		ret = cli_refused(args->cli, "some of that would not arrive: %u lines",
				  lost);
	json_decref(result);
	return ret;
}
