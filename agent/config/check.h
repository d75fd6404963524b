/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files that check a configuration share: how its values are read, and how one
 * complains.  Each takes values of its own from the schema into the configuration; what
 * returns false has complained.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "raw.h"

/**
 * struct loaded - a configuration and what it stands on
 * @config: handed out; its strings are @raw's
 * @refs: who holds it
 * @raw: from the schema
 * @path: name of the file
 * @text: content of the file
 * @len: bytes of @text
 * @error: where complaints go
 */
struct loaded {
	struct config config;
	unsigned int refs;
	struct raw_config *raw;
	const char *path;
	char *text;
	size_t len;
	char *error;
};

/* a key's path: realms[0].sip[1].port */
struct key {
	char path[128];
};

static inline struct key key(const char *fmt, ...)
{
	struct key k;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k.path, sizeof(k.path), fmt, ap);
	va_end(ap);
	return k;
}

static inline struct key sub(const struct key *parent, const char *name)
{
	return key("%.96s.%s", parent->path, name);
}

/* false, so that it can be returned */
static inline bool bad(const struct loaded *l, struct key k, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(l->error, CONFIG_ERROR_LEN, "%.255s:%u: %s: ", l->path,
		     raw_line(l->text, l->len, k.path), k.path);
	va_start(ap, fmt);
	vsnprintf(l->error + n, CONFIG_ERROR_LEN - n, fmt, ap);
	va_end(ap);
	return false;
}

/* @unit: what is expected, for people */
static inline bool get_number(const struct loaded *l, struct key k,
			      const uint32_t *raw, uint32_t def, uint32_t min,
			      uint32_t max, const char *unit, uint32_t *value)
{
	*value = raw ? *raw : def;
	if (*value >= min && *value <= max)
		return true;
	return bad(l, k, "%u is out of range; expected %s, %u to %u", *value,
		   unit, min, max);
}

/* have @a's ports up to @high_a and @b's up to @high_b a place in common? */
static inline bool meet(const struct dp_addr *a, uint32_t high_a,
			const struct dp_addr *b, uint32_t high_b)
{
	return a->family == b->family && a->port <= high_b && b->port <= high_a &&
	       (dp_addr_is_any(a) || dp_addr_is_any(b) || dp_addr_same_host(a, b));
}

/* @list: for free() */
static inline bool get_prefixes(const struct loaded *l, struct key at, char **raw,
				unsigned int n, struct prefix **list,
				size_t *n_list)
{
	unsigned int i;

	*list = calloc(n + 1, sizeof(**list));
	if (!*list)
		return bad(l, at, "no memory");
	*n_list = n;
	for (i = 0; i < n; i++)
		if (!prefix_parse(raw[i], &(*list)[i]))
			return bad(l, key("%.96s[%u]", at.path, i),
				   "'%s' is not a prefix; expected an address, or a network as 192.0.2.0/24 or 2001:db8::/32",
				   raw[i]);
	return true;
}

/* access.c: acl, media-acl, per-source, register and users of a realm */
bool config_get_access(const struct loaded *l, const struct key *at,
		       const struct raw_realm *raw, struct config_realm *r);

/* check.c: latch, srtp, dtls and mux of a realm, after its addresses */
bool config_get_media(const struct loaded *l, const struct key *at,
		      const struct raw_realm *raw, struct config_realm *r);

/* tenant.c: tenants of a realm, after all else of it */
bool config_get_tenants(const struct loaded *l, const struct key *at,
			const struct raw_realm *raw, struct config_realm *r);

/* host.c: nftables and bans */
bool config_get_nftables(struct loaded *l);
bool config_get_bans(struct loaded *l);

/* maps.c; after nftables and the realms */
bool config_get_maps(struct loaded *l);

/* stun.c: who tells a realm how it is seen from outside */
bool config_get_stun(const struct loaded *l, const struct key *at,
		     const struct raw_realm *raw, struct config_realm *r);

/* ng.c: all that begins with ng */
bool config_get_ng(struct loaded *l);

/* check.c: a next hop in @realm */
bool config_get_hop(const struct loaded *l, struct key k, const char *text,
		    const struct config_realm *realm, struct config_hop *hop);

/* trunk.c: trunks, after the realms; and the trunk that a route says */
bool config_get_trunks(struct loaded *l);
bool config_get_trunk_of(const struct loaded *l, const struct key *at,
			 const struct raw_route *raw, struct config_route *r);

#endif /* CONFIG_CHECK_H */
