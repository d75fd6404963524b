// SPDX-License-Identifier: GPL-2.0
/* Where rtpengine's control protocol is spoken, and what holds for its calls. */
#include <string.h>

#include "check.h"

static bool same_place(const struct dp_addr *a, const struct dp_addr *b)
{
	return meet(a, a->port, b, b->port);
}

/* another listener, or media, at that place */
static bool check_ng_place(const struct loaded *l, struct key k, unsigned int i)
{
	const struct config_ng *ng = &l->config.ng[i];
	const char *text = l->raw->ng[i].listen;
	const struct config_realm *r;
	struct dp_addr other;
	size_t j, n;

	for (j = 0; j < i; j++)
		if ((l->config.ng[j].transport == CONFIG_UDP) ==
		    (ng->transport == CONFIG_UDP) &&
		    same_place(&l->config.ng[j].listen, &ng->listen))
			return bad(l, k, "'%s' is that of ng[%zu] too; expected each address, port and transport once",
				   text, j);
	for (r = l->config.realms; r < l->config.realms + l->config.n_realms; r++) {
		for (n = 0; n < r->n_listeners; n++) {
			other = r->listeners[n].address->listen;
			other.port = r->listeners[n].port;
			if ((r->listeners[n].transport == CONFIG_UDP) ==
			    (ng->transport == CONFIG_UDP) &&
			    same_place(&other, &ng->listen))
				return bad(l, k, "'%s' is a SIP listener of realm %s; expected a place of its own",
					   text, r->name);
		}
		for (n = 0; n < r->n_addresses; n++) {
			other = r->addresses[n].listen;
			other.port = r->port_low;
			if (ng->transport == CONFIG_UDP &&
			    meet(&other, r->port_high, &ng->listen,
				 ng->listen.port))
				return bad(l, k, "'%s' is inside the media ports %u-%u of realm %s; expected a port outside",
					   text, r->port_low, r->port_high, r->name);
		}
	}
	return true;
}

static bool get_ng(const struct loaded *l, unsigned int i)
{
	const struct raw_ng *raw = &l->raw->ng[i];
	struct config_ng *ng = &l->config.ng[i];
	struct key k = key("ng[%u]", i);

	ng->transport = raw->transport;
	if (!dp_addr_parse(raw->listen, &ng->listen))
		return bad(l, sub(&k, "listen"),
			   "'%s' is not an address with a port; expected A:P, or [A]:P for IPv6",
			   raw->listen);
	return check_ng_place(l, sub(&k, "listen"), i) &&
	       get_prefixes(l, sub(&k, "allow"), raw->allow, raw->n_allow,
			    &ng->allow, &ng->n_allow);
}

static bool get_interface(const struct loaded *l, unsigned int i)
{
	const struct raw_interface *raw = &l->raw->interfaces[i];
	struct config_interface *to = &l->config.interfaces[i];
	struct key k = key("ng-interfaces[%u]", i);
	unsigned int j;

	to->name = raw->name;
	to->realm = config_realm(&l->config, raw->realm);
	if (!to->realm)
		return bad(l, sub(&k, "realm"),
			   "there is no realm '%s'; expected the name of a realm",
			   raw->realm);
	for (j = 0; j < i; j++)
		if (!strcmp(l->config.interfaces[j].name, to->name))
			return bad(l, sub(&k, "name"),
				   "'%s' is the name of ng-interfaces[%u] too; expected each name once",
				   to->name, j);
	return true;
}

static bool get_template(const struct loaded *l, unsigned int i)
{
	const struct raw_template *raw = &l->raw->templates[i];
	struct key k = key("ng-templates[%u]", i);
	unsigned int j;

	l->config.templates[i] = (struct config_template){ raw->name, raw->flags };
	for (j = 0; j < i; j++)
		if (!strcmp(l->config.templates[j].name, raw->name))
			return bad(l, sub(&k, "name"),
				   "'%s' is the name of ng-templates[%u] too; expected each name once",
				   raw->name, j);
	return true;
}

static bool get_events(struct loaded *l)
{
	const char *text = l->raw->ng_events;

	if (!text || dp_addr_parse(text, &l->config.ng_events))
		return true;
	return bad(l, key("ng-events"),
		   "'%s' is not an address with a port; expected A:P, or [A]:P for IPv6",
		   text);
}

bool config_get_ng(struct loaded *l)
{
	struct config *c = &l->config;
	unsigned int i;

	c->ng = calloc(l->raw->n_ng + 1, sizeof(*c->ng));
	c->interfaces = calloc(l->raw->n_interfaces + 1,
			       sizeof(*c->interfaces));
	c->templates = calloc(l->raw->n_templates + 1, sizeof(*c->templates));
	if (!c->ng || !c->interfaces || !c->templates)
		return bad(l, key("ng"), "no memory");
	if (!get_number(l, key("ng-calls"), l->raw->ng_calls, 0, 0, 1000000,
			"a number of calls", &c->ng_calls) ||
	    !get_number(l, key("ng-rate"), l->raw->ng_rate, 0, 0, 100000,
			"a number of calls per second", &c->ng_rate) ||
	    !get_number(l, key("ng-bandwidth"), l->raw->ng_kbits, 0, 0, 1000000000,
			"a number of kbit/s", &c->ng_kbits) ||
	    !get_number(l, key("ng-delete-delay"), l->raw->ng_delete_delay, 30,
			0, 3600, "a number of seconds", &c->ng_delete_delay) ||
	    !get_number(l, key("ng-silence"), l->raw->ng_silence, 10, 1, 3600,
			"a number of seconds", &c->ng_silence) ||
	    !get_events(l))
		return false;
	c->n_ng = l->raw->n_ng;
	c->n_interfaces = l->raw->n_interfaces;
	c->n_templates = l->raw->n_templates;
	for (i = 0; i < c->n_templates; i++)
		if (!get_template(l, i))
			return false;
	for (i = 0; i < c->n_ng; i++)
		if (!get_ng(l, i))
			return false;
	for (i = 0; i < c->n_interfaces; i++)
		if (!get_interface(l, i))
			return false;
	return true;
}
