/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What firewalls must let through, by the configuration: as rules that can be loaded, as
 * a table for people, as JSON.  Nothing is changed here.
 */
#ifndef FIREWALL_FIREWALL_H
#define FIREWALL_FIREWALL_H

#include <jansson.h>
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

#endif /* FIREWALL_FIREWALL_H */
