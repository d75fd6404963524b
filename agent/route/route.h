/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a request goes: the first route of the file that matches, and the hops of
 * it in the order in which they are tried; or the flow of somebody who is bound.
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include <stddef.h>

#include "base/span.h"
#include "config/config.h"
#include "sip/resolve.h"
#include "sip/uri.h"

struct sip_flow;

/** ROUTE_HOPS_MAX - next hops of a route; those of a trunk may be several */
#define ROUTE_HOPS_MAX	CONFIG_GROUP_HOPS_MAX

/**
 * struct route_number - how the user of a Request-URI is changed
 * @strip: characters that it loses at its beginning
 * @add: what it then gets there; NULL: nothing
 *
 * Zeroed: not at all.
 */
struct route_number {
	uint32_t strip;
	const char *add;
};

/**
 * struct route - a decision
 * @to: realm it leaves by
 * @hop: next hops, the first one first
 * @text: these, for people
 * @n: how many
 * @trunk: whose these are, or the first one is; NULL: nobody's
 * @group: @trunk is of it, and all hops are of its trunks; NULL: of @trunk
 * @number: what becomes of the user
 * @flow: what it leaves by; NULL: one to a next hop.  With it there are no next hops, and
 *	one text
 * @uri: with @flow the Request-URI
 * @who: with @flow who is there, as user@host
 * @set: values of Route; empty: none
 *
 * Points into the configuration that it was found in, or into a binding (bind/bind.h):
 * whoever keeps something of it takes a copy, and a reference of @flow.
 */
struct route {
	const struct config_realm *to;
	const struct config_hop *hop[ROUTE_HOPS_MAX];
	const char *text[ROUTE_HOPS_MAX];
	size_t n;
	const struct config_trunk *trunk;
	const struct config_group *group;
	struct route_number number;
	struct sip_flow *flow;
	struct span uri;
	struct span who;
	struct span set;
};

/**
 * route_find() - decide
 * @config: has the routes
 * @from: realm that the request came in by
 * @tenant: whose it is there; NULL: nobody's
 * @source: where it came from; NULL: nowhere in particular: routes that want a source do
 *	not match
 * @uri: its Request-URI
 * @route: filled
 *
 * Return: false if no route wants it.
 */
bool route_find(const struct config *config, const struct config_realm *from,
		const struct config_tenant *tenant, const struct dp_addr *source,
		const struct sip_uri *uri, struct route *route);

/**
 * route_uri() - the Request-URI for a next hop
 * @hop: the next hop
 * @number: what becomes of the user
 * @uri: the request's
 * @buf: filled, terminated
 * @size: bytes of @buf
 *
 * A next hop with ;lr is a proxy: the URI goes through it untouched but for @number.
 * Any other takes the place of the host, and of the user if it has one; the user's
 * number stays otherwise, but for @number.
 *
 * Return: the URI in @buf; absent if it does not go in.
 */
struct span route_uri(const struct config_hop *hop, const struct route_number *number,
		      const struct sip_uri *uri, char *buf, size_t size);

/**
 * route_lookup() - a next hop as the resolver wants it
 * @hop: the next hop
 * @sip: filled; points into @hop
 */
void route_lookup(const struct config_hop *hop, struct sip_hop *sip);

/** route_proto() - a transport of the configuration as SIP has it */
enum sip_proto route_proto(enum config_transport transport);

#endif /* ROUTE_ROUTE_H */
