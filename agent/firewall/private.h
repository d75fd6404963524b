/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of firewall/ share. */
#ifndef FIREWALL_PRIVATE_H
#define FIREWALL_PRIVATE_H

#include <stdio.h>

#include "firewall.h"

/**
 * struct opening - something that must be let through
 * @what: "SIP", "media", "ng", "map"
 * @realm: name of the realm; "": of none
 * @tcp: TCP, not UDP
 * @listen: address and first port of this host; all addresses of a family are possible
 * @advertise: the address that others know it by
 * @high: last port
 * @from: whose packets; NULL: anybody's
 * @n_from: how many; 0 with @from: nobody's
 * @dscp: what it is marked with; -1: nothing is said
 */
struct opening {
	const char *what;
	const char *realm;
	bool tcp;
	struct dp_addr listen;
	struct dp_addr advertise;
	uint16_t high;
	const struct prefix *from;
	size_t n_from;
	int dscp;
};

/**
 * struct openings - all of them
 * @list: these
 * @n: how many
 * @sources: lists that @list points into
 * @n_sources: how many
 */
struct openings {
	struct opening *list;
	size_t n;
	struct prefix **sources;
	size_t n_sources;
};

/* false without memory; openings_free() is due all the same */
bool openings_make(struct openings *all, const struct config *config,
		   enum firewall_view view);
void openings_free(struct openings *all);

/* what is not a rule, in sentences, for @view; the last one is NULL */
const char *const *firewall_advice(enum firewall_view view);

/* the address that @view knows it by */
const struct dp_addr *opening_address(const struct opening *o,
				      enum firewall_view view);
/* is the address translated on the way? */
bool opening_is_mapped(const struct opening *o);
/* "5060" or "30000-32999", with @dash between */
const char *opening_ports(const struct opening *o, char dash, char buf[16]);
/* "192.0.2.0/24" */
const char *opening_prefix(const struct prefix *prefix, char buf[64]);

void firewall_nft(FILE *f, const struct openings *all, enum firewall_view view);
/* AF_INET: iptables, AF_INET6: ip6tables */
void firewall_iptables(FILE *f, const struct openings *all,
		       enum firewall_view view, int family);
void firewall_columns(FILE *f, const struct openings *all,
		      enum firewall_view view, enum firewall_format format);

#endif /* FIREWALL_PRIVATE_H */
