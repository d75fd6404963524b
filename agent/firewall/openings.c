// SPDX-License-Identifier: GPL-2.0
/* What the configuration wants to be let through, and by whom. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

bool opening_is_mapped(const struct opening *o)
{
	return !dp_addr_same_host(&o->listen, &o->advertise);
}

const struct dp_addr *opening_address(const struct opening *o,
				      enum firewall_view view)
{
	return view == FIREWALL_CUSTOMER ? &o->advertise : &o->listen;
}

const char *opening_ports(const struct opening *o, char dash, char buf[16])
{
	if (o->high == o->listen.port)
		snprintf(buf, 16, "%u", o->high);
	else
		snprintf(buf, 16, "%u%c%u", o->listen.port, dash, o->high);
	return buf;
}

const char *opening_prefix(const struct prefix *prefix, char buf[64])
{
	struct dp_addr addr = prefix->addr;
	char text[DP_ADDR_STRLEN];

	addr.port = 0;
	snprintf(buf, 64, "%s/%u", dp_addr_str(&addr, text, sizeof(text)),
		 prefix->len);
	return buf;
}

const char *const *firewall_advice(enum firewall_view view)
{
	static const char *const host[] = {
		"media that the module relays never gets as far as these rules; what goes to the agent (STUN, what comes before a bridge) does",
		"what else this host serves (ssh) has to be let in, too: the rest is dropped",
		NULL
	};
	static const char *const edge[] = {
		"NAT must not change ports: each address is mapped 1:1 (full cone), also for media that nobody inside has asked for",
		"a SIP ALG (nf_conntrack_sip) has to be off: it changes what SIP says of addresses",
		"UDP mappings have to last two minutes at least (RFC 4787)",
		"DSCP has to be kept: 46 audio, 34 video and 24 signalling, unless the configuration says otherwise",
		NULL
	};
	static const char *const customer[] = {
		"these are connections from inside; what answers them has to come back",
		"NAT may change ports of the phones, never those of the media host; a SIP ALG has to be off",
		"UDP mappings have to last two minutes at least (RFC 4787)",
		"DSCP has to be kept: 46 audio, 34 video and 24 signalling, unless the configuration says otherwise",
		NULL
	};

	return view == FIREWALL_HOST ? host : view == FIREWALL_EDGE ? edge :
								      customer;
}

static struct opening *append(struct openings *all)
{
	struct opening *list = reallocarray(all->list, all->n + 1, sizeof(*list));

	if (!list)
		return NULL;
	all->list = list;
	return memset(&list[all->n++], 0, sizeof(*list));
}

/* an empty list of sources that has room for so many */
static struct prefix *new_list(struct openings *all, size_t n)
{
	struct prefix **more;

	more = reallocarray(all->sources, all->n_sources + 1, sizeof(*more));
	if (!more)
		return NULL;
	all->sources = more;
	more[all->n_sources] = calloc(n + 1, sizeof(**more));
	return more[all->n_sources] ? more[all->n_sources++] : NULL;
}

/* what holds another one stands before it, and of two alike the first of the list */
static int compare(const void *a, const void *b)
{
	const struct prefix *x = *(const struct prefix *const *)a;
	const struct prefix *y = *(const struct prefix *const *)b;
	int order;

	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	order = x->addr.family == AF_INET ?
		memcmp(&x->addr.v4, &y->addr.v4, sizeof(x->addr.v4)) :
		memcmp(&x->addr.v6, &y->addr.v6, sizeof(x->addr.v6));
	if (order)
		return order;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x < y ? -1 : x > y;
}

/*
 * A prefix within another says nothing, and sets of rules do not take it.  There may be
 * 100,000.  Returns false without memory.
 */
static bool reduce(struct prefix *list, size_t *n)
{
	struct prefix **sorted = calloc(*n + 1, sizeof(*sorted));
	const struct prefix *last = NULL;
	size_t i, kept = 0;

	if (!sorted)
		return false;
	for (i = 0; i < *n; i++)
		sorted[i] = &list[i];
	qsort(sorted, *n, sizeof(struct prefix *), compare);
	for (i = 0; i < *n; i++) {
		if (last && prefix_has(last, &sorted[i]->addr))
			sorted[i]->addr.family = 0;
		else
			last = sorted[i];
	}
	free(sorted);
	for (i = 0; i < *n; i++)
		if (list[i].addr.family)
			list[kept++] = list[i];
	*n = kept;
	return true;
}

/*
 * Who may speak SIP in a realm: whom its ACL allows, and next hops.  One that has a name
 * may be anywhere.  Returns false without memory; *@list NULL: anybody.
 */
static bool who_speaks(struct openings *all, const struct config *config,
		       const struct config_realm *realm,
		       struct prefix **list, size_t *n)
{
	const struct prefix_set *allow = realm->acl->allow;
	const struct config_realm *where;
	const struct config_hop *hop;
	size_t i;

	*n = 0;
	*list = NULL;
	if (realm->acl->others)
		return true;
	*list = new_list(all, prefix_set_size(allow) + config_hops(config));
	if (!*list)
		return false;
	for (i = 0; i < prefix_set_size(allow); i++)
		(*list)[(*n)++] = *prefix_set_at(allow, i);
	for (i = 0; i < config_hops(config); i++) {
		hop = config_hop_nth(config, i, &where);
		if (!hop || where != realm)
			continue;
		if (!hop->addr.family) {
			*n = 0;
			*list = NULL;
			return true;
		}
		(*list)[(*n)++] = (struct prefix){
			hop->addr, hop->addr.family == AF_INET ? 32 : 128,
		};
	}
	return reduce(*list, n);
}

static const char *what_speaks(enum config_transport transport)
{
	switch (transport) {
	case CONFIG_TLS:
		return "SIP over TLS";
	case CONFIG_WS:
		return "SIP over WebSocket";
	case CONFIG_WSS:
		return "SIP over WebSocket and TLS";
	default:
		return "SIP";
	}
}

static bool add_sip(struct openings *all, const struct config *config,
		    const struct config_realm *realm)
{
	const struct config_listener *l;
	struct prefix *from;
	struct opening *o;
	size_t i, n;

	if (!who_speaks(all, config, realm, &from, &n))
		return false;
	for (i = 0; i < realm->n_listeners; i++) {
		l = &realm->listeners[i];
		o = append(all);
		if (!o)
			return false;
		o->what = what_speaks(l->transport);
		o->realm = realm->name;
		o->tcp = l->transport != CONFIG_UDP;
		o->listen = l->address->listen;
		o->listen.port = l->port;
		o->advertise = l->address->advertise;
		o->high = l->port;
		o->from = from;
		o->n_from = n;
		o->dscp = realm->dscp_signalling;
	}
	return true;
}

static bool add_media(struct openings *all, const struct config_realm *realm)
{
	struct opening *o;
	size_t i;

	for (i = 0; i < realm->n_addresses; i++) {
		o = append(all);
		if (!o)
			return false;
		o->what = "media";
		o->realm = realm->name;
		o->listen = realm->addresses[i].listen;
		o->listen.port = realm->port_low;
		o->advertise = realm->addresses[i].advertise;
		o->high = realm->port_high;
		o->dscp = realm->dscp_audio;
		/* unless it is one of these */
		if (!realm->single_port || (realm->single_port >= realm->port_low &&
					    realm->single_port <= realm->port_high))
			continue;
		o = append(all);
		if (!o)
			return false;
		o->what = "media of calls with ICE";
		o->realm = realm->name;
		o->listen = realm->addresses[i].listen;
		o->listen.port = realm->single_port;
		o->advertise = realm->addresses[i].advertise;
		o->high = realm->single_port;
		o->dscp = realm->dscp_audio;
	}
	return true;
}

static bool add_ng(struct openings *all, const struct config_ng *ng)
{
	struct prefix *from = new_list(all, ng->n_allow);
	struct opening *o = from ? append(all) : NULL;

	if (!o)
		return false;
	memcpy(from, ng->allow, ng->n_allow * sizeof(*from));
	o->what = "ng";
	o->realm = "";
	o->tcp = ng->transport != CONFIG_UDP;
	o->listen = ng->listen;
	o->advertise = o->listen;
	o->high = ng->listen.port;
	o->from = from;
	o->n_from = ng->n_allow;
	o->dscp = -1;
	return reduce(from, &o->n_from);
}

/* as which others know an address of ours */
static struct dp_addr known_as(const struct config *config, const struct dp_addr *listen)
{
	const struct config_realm *realm;
	struct dp_addr addr = *listen;
	size_t i;

	addr.port = 0;
	for (realm = config->realms; realm < config->realms + config->n_realms; realm++)
		for (i = 0; i < realm->n_addresses; i++)
			if (dp_addr_same_host(&realm->addresses[i].listen, listen))
				return realm->addresses[i].advertise;
	return addr;
}

/* ports that are services' behind this host: whoever is in front lets them in */
static bool add_map(struct openings *all, const struct config *config,
		    const struct config_map *map)
{
	struct prefix *from = map->n_from ? new_list(all, map->n_from) : NULL;
	struct opening *o = map->n_from && !from ? NULL : append(all);

	if (!o)
		return false;
	o->what = "map";
	o->realm = "";
	o->tcp = map->tcp;
	o->listen = map->listen;
	o->advertise = known_as(config, &map->listen);
	o->high = (uint16_t)(map->listen.port + map->count - 1);
	o->dscp = -1;
	if (!from)
		return true;
	memcpy(from, map->from, map->n_from * sizeof(*from));
	o->from = from;
	o->n_from = map->n_from;
	return reduce(from, &o->n_from);
}

/* of subscribers: they may come from anywhere, or they are behind NAT */
static bool has_clients(const struct config_realm *realm)
{
	return realm->latch.nat != CONFIG_NAT_OFF;
}

bool openings_make(struct openings *all, const struct config *config,
		   enum firewall_view view)
{
	bool ok = true;
	size_t i;

	memset(all, 0, sizeof(*all));
	for (i = 0; ok && i < config->n_realms; i++) {
		if (view == FIREWALL_CUSTOMER && !has_clients(&config->realms[i]))
			continue;
		ok = add_sip(all, config, &config->realms[i]) &&
		     add_media(all, &config->realms[i]);
	}
	/* between a proxy and us: nothing of the world outside */
	for (i = 0; ok && view == FIREWALL_HOST && i < config->n_ng; i++)
		ok = add_ng(all, &config->ng[i]);
	/* here they never get as far as to the filter of what is for this host */
	for (i = 0; ok && view == FIREWALL_EDGE && i < config->n_maps; i++)
		ok = add_map(all, config, &config->maps[i]);
	return ok;
}

void openings_free(struct openings *all)
{
	while (all->n_sources)
		free(all->sources[--all->n_sources]);
	free(all->sources);
	free(all->list);
}
