/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What firewalls must let through, by the configuration: as rules that can be loaded, as
 * a table for people, as JSON.  Nothing is changed here.
 */
#ifndef FIREWALL_FIREWALL_H
#define FIREWALL_FIREWALL_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>

#include "config/config.h"

/**
 * enum firewall_view - whose firewall
 * @FIREWALL_HOST: this host's own
 * @FIREWALL_EDGE: that in front of it, which may translate addresses
 * @FIREWALL_CUSTOMER: that of a subscriber, with the phones behind it
 */
enum firewall_view {
	FIREWALL_HOST,
	FIREWALL_EDGE,
	FIREWALL_CUSTOMER
};

/**
 * enum firewall_format - how it is told
 * @FIREWALL_NFT: for nft -f
 * @FIREWALL_IPTABLES: for iptables-restore
 * @FIREWALL_IP6TABLES: for ip6tables-restore
 * @FIREWALL_TABLE: columns
 * @FIREWALL_CSV: comma separated values
 * @FIREWALL_MARKDOWN: a table of Markdown
 * @FIREWALL_JSON: JSON
 */
enum firewall_format {
	FIREWALL_NFT,
	FIREWALL_IPTABLES,
	FIREWALL_IP6TABLES,
	FIREWALL_TABLE,
	FIREWALL_CSV,
	FIREWALL_MARKDOWN,
	FIREWALL_JSON
};

/**
 * firewall_view_parse() - read a word
 * @word: host, edge or customer
 * @view: filled
 *
 * Return: false if it is none.
 */
bool firewall_view_parse(const char *word, enum firewall_view *view);

/** firewall_format_parse() - the same of nft, iptables, ip6tables, table, csv, markdown, json */
bool firewall_format_parse(const char *word, enum firewall_format *format);

/**
 * firewall_text() - what must be let through
 * @config: the configuration
 * @view: whose firewall
 * @format: how it is told; not FIREWALL_JSON
 *
 * Return: for free(); NULL without memory.
 */
char *firewall_text(const struct config *config, enum firewall_view view,
		    enum firewall_format format);

/** firewall_json() - the same as JSON; a new reference */
json_t *firewall_json(const struct config *config, enum firewall_view view);

/**
 * struct firewall_packet - a packet that has to arrive: the first from there to here
 * @tcp: TCP, not UDP
 * @from: whose; a length of 0: anybody's of @to's family
 * @to: where to
 * @device: by which it comes; "": by any
 */
struct firewall_packet {
	bool tcp;
	struct prefix from;
	struct dp_addr to;
	char device[IF_NAMESIZE];
};

/** FIREWALL_RULE - room for what names a rule */
#define FIREWALL_RULE	640

/**
 * struct firewall_finding - what happens to a packet
 * @arrives: it gets to the socket
 * @how: "" or what happens instead, and by which rule: "dropped by ..."
 * @unless: "" or the rule that makes it otherwise for some such packets, and what it does
 */
struct firewall_finding {
	bool arrives;
	char how[FIREWALL_RULE];
	char unless[FIREWALL_RULE];
};

struct firewall_rules;

/**
 * firewall_rules_read() - the rules that hold in this network namespace
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * The table of the agent is not among them.
 *
 * Return: to be given to firewall_rules_free(); NULL on failure.
 */
struct firewall_rules *firewall_rules_read(char *error);

/** firewall_rules_free() - NULL is fine */
void firewall_rules_free(struct firewall_rules *rules);

/**
 * firewall_rules_unread() - tables of rules that are not read: those of iptables' older kind
 * @rules: the rules
 *
 * Return: their names, borrowed; NULL: there are none.
 */
const char *firewall_rules_unread(const struct firewall_rules *rules);

/**
 * firewall_check() - does a packet get to its socket?
 * @rules: by these rules
 * @packet: which
 * @finding: filled
 *
 * It is judged as the first of its flow, alone, by the hooks at its device (that itself,
 * nothing below it), before routing and of input.
 */
void firewall_check(struct firewall_rules *rules, const struct firewall_packet *packet,
		    struct firewall_finding *finding);

#endif /* FIREWALL_FIREWALL_H */
