/* SPDX-License-Identifier: GPL-2.0 */
/* Tenants of a realm: how they are told apart, and how much each may have. */
#ifndef CONFIG_TENANT_H
#define CONFIG_TENANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/span.h"

struct config_realm;
struct prefix_set;

/**
 * struct config_tenant - one of them; limits are 0 where there is none
 * @name: its name, each once in a realm
 * @calls: calls at a time
 * @rate: new calls a second
 * @bindings: bindings of its phones
 * @ports: pairs of media ports at a time
 * @kbits: kbit/s of media at a time, as descriptions say
 * @as: a copy of its realm's configuration, of which latch, srtp, dtls and mux are its own;
 *	NULL: all is the realm's
 */
struct config_tenant {
	const char *name;
	uint32_t calls;
	uint32_t rate;
	uint32_t bindings;
	uint32_t ports;
	uint32_t kbits;
	struct config_realm *as;
};

/**
 * struct config_tenant_domain - a domain that is somebody's
 * @name: in small letters
 * @of: whose, by its place
 */
struct config_tenant_domain {
	char *name;
	size_t of;
};

/**
 * struct config_tenants - those of a realm; zeroed: none
 * @tenant: in the order of the file
 * @n: how many
 * @domain: ordered by name
 * @n_domains: how many
 * @port: ports of listeners: whose each is, and 1; 0: nobody's.  NULL: all are nobody's
 * @sources: prefixes; NULL: there are none
 * @source: of each of these, whose
 */
struct config_tenants {
	struct config_tenant *tenant;
	size_t n;
	struct config_tenant_domain *domain;
	size_t n_domains;
	uint16_t *port;
	struct prefix_set *sources;
	size_t *source;
};

/**
 * config_tenant_at() - whose is what came in here?
 * @tenants: of the realm
 * @port: of our listener
 * @source: where it came from
 * @domain: host of who says he sent it
 *
 * The listener counts before the source (its longest prefix), and that before the domain.
 * Takes time by the logarithm of their number at most.
 *
 * Return: its place; -1: nobody's.
 */
int config_tenant_at(const struct config_tenants *tenants, uint16_t port,
		     const struct dp_addr *source, struct span domain);

/** config_tenant_find() - by its name; -1: there is none */
int config_tenant_find(const struct config_tenants *tenants, const char *name);

/** config_tenants_eq() - do both realms have the same? */
bool config_tenants_eq(const struct config_tenants *a, const struct config_tenants *b);

/** config_tenants_drop() - what it stands on, not itself */
void config_tenants_drop(struct config_tenants *tenants);

#endif /* CONFIG_TENANT_H */
