// SPDX-License-Identifier: GPL-2.0
/* Port maps: services behind this host, one by one or many by a pattern. */
#include <netinet/in.h>
#include <string.h>

#include "check.h"

/* the address @n above; false if there is none */
static bool above(const struct dp_addr *addr, uint32_t n, struct dp_addr *to)
{
	uint32_t *word, host;

	*to = *addr;
	word = addr->family == AF_INET ? &to->v4.s_addr : &to->v6.s6_addr32[3];
	host = ntohl(*word);
	*word = htonl(host + n);
	return host + n >= host;
}

void config_map_nth(const struct config_map *map, uint32_t n,
		    struct dp_addr *listen, struct dp_addr *to)
{
	*listen = map->listen;
	listen->port = (uint16_t)(map->listen.port + n);
	above(&map->to, map->each != CONFIG_EACH_PORT ? n : 0, to);
	to->port = (uint16_t)(map->to.port +
			      (map->each != CONFIG_EACH_ADDRESS ? n : 0));
}

static bool get_place(const struct loaded *l, const struct key *at, const char *name,
		      const char *text, struct dp_addr *addr)
{
	if (!dp_addr_parse(text, addr))
		return bad(l, sub(at, name),
			   "'%s' is not an address with a port; expected A:P, or [A]:P for IPv6",
			   text);
	if (dp_addr_is_any(addr))
		return bad(l, sub(at, name),
			   "'%s' is every address; expected one, since each packet is looked up by the address that it goes to",
			   text);
	return true;
}

static bool fits(const struct loaded *l, const struct key *at,
		 const struct config_map *map, const struct raw_map *raw)
{
	struct dp_addr last;
	uint32_t more = map->count - 1;

	if (map->listen.family != map->to.family)
		return bad(l, sub(at, "to"),
			   "'%s' is of another family than '%s'; expected both IPv4 or both IPv6",
			   raw->to, raw->listen);
	if (map->listen.port + more > 65535)
		return bad(l, sub(at, "count"),
			   "%u is too many from port %u on; expected ports up to 65535",
			   map->count, map->listen.port);
	if (map->each != CONFIG_EACH_ADDRESS && map->to.port + more > 65535)
		return bad(l, sub(at, "count"),
			   "%u is too many from port %u on; expected ports up to 65535",
			   map->count, map->to.port);
	if (map->each != CONFIG_EACH_PORT && !above(&map->to, more, &last))
		return bad(l, sub(at, "count"),
			   "%u is more than there are addresses from '%s' on; expected fewer",
			   map->count, raw->to);
	return true;
}

/* what is ours at that place would never be reached again */
static bool is_free(const struct loaded *l, const struct key *at, unsigned int i)
{
	const struct config_map *map = &l->config.maps[i], *other;
	uint32_t high = map->listen.port + map->count - 1;
	const char *text = l->raw->maps[i].listen;
	const struct config_realm *r;
	struct dp_addr place;
	size_t j;

	for (other = l->config.maps; other < map; other++)
		if (other->tcp == map->tcp &&
		    meet(&map->listen, high, &other->listen,
			 other->listen.port + other->count - 1))
			return bad(l, sub(at, "listen"),
				   "'%s' and what follows it is maps[%zu]'s too; expected each address, port and transport once",
				   text, other - l->config.maps);
	for (j = 0; j < l->config.n_ng; j++)
		if ((l->config.ng[j].transport == CONFIG_UDP) != map->tcp &&
		    meet(&map->listen, high, &l->config.ng[j].listen,
			 l->config.ng[j].listen.port))
			return bad(l, sub(at, "listen"),
				   "'%s' and what follows it has ng[%zu] in it; expected places of their own",
				   text, j);
	for (r = l->config.realms; r < l->config.realms + l->config.n_realms; r++) {
		for (j = 0; j < r->n_listeners; j++) {
			place = r->listeners[j].address->listen;
			place.port = r->listeners[j].port;
			if ((r->listeners[j].transport == CONFIG_UDP) != map->tcp &&
			    meet(&map->listen, high, &place, place.port))
				return bad(l, sub(at, "listen"),
					   "'%s' and what follows it has a SIP listener of realm %s in it; expected places of their own",
					   text, r->name);
		}
		for (j = 0; j < r->n_addresses && !map->tcp; j++) {
			place = r->addresses[j].listen;
			place.port = r->port_low;
			if (meet(&map->listen, high, &place, r->port_high))
				return bad(l, sub(at, "listen"),
					   "'%s' and what follows it is among the media ports %u-%u of realm %s; expected ports outside",
					   text, r->port_low, r->port_high, r->name);
		}
	}
	return true;
}

static bool get_map(const struct loaded *l, unsigned int i, uint32_t *sum)
{
	const struct raw_map *raw = &l->raw->maps[i];
	struct config_map *map = &l->config.maps[i];
	struct key k = key("maps[%u]", i);

	map->tcp = raw->transport != CONFIG_UDP;
	map->each = raw->each ? (enum config_each)*raw->each : CONFIG_EACH_PORT;
	map->snat = raw->snat && *raw->snat;
	if (!get_place(l, &k, "listen", raw->listen, &map->listen) ||
	    !get_place(l, &k, "to", raw->to, &map->to) ||
	    !get_number(l, sub(&k, "count"), raw->count, 1, 1, CONFIG_MAPS_MAX,
			"a number of ports", &map->count) ||
	    !get_prefixes(l, sub(&k, "from"), raw->from, raw->n_from, &map->from,
			  &map->n_from))
		return false;
	*sum += map->count;
	if (*sum > CONFIG_MAPS_MAX)
		return bad(l, sub(&k, "count"),
			   "%u ports with those before it; expected %u at most",
			   *sum, CONFIG_MAPS_MAX);
	return fits(l, &k, map, raw) && is_free(l, &k, i);
}

bool config_get_maps(struct loaded *l)
{
	unsigned int i;
	uint32_t sum = 0;

	l->config.maps = calloc(l->raw->n_maps + 1, sizeof(*l->config.maps));
	if (!l->config.maps)
		return bad(l, key("maps"), "no memory");
	l->config.n_maps = l->raw->n_maps;
	if (l->raw->n_maps && l->config.nftables.mode != CONFIG_NFT_TABLE)
		return bad(l, key("maps"),
			   "maps are rules of the agent's own table; expected nftables: {mode: table}");
	for (i = 0; i < l->raw->n_maps; i++)
		if (!get_map(l, i, &sum))
			return false;
	return true;
}
