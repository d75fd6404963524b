// SPDX-License-Identifier: GPL-2.0
/* Who may speak in a realm, and how much one source may have. */
#include "check.h"

static bool get_acl(const struct loaded *l, const struct key *at,
		    const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_acl none;
	const struct raw_acl *from = raw->acl ? raw->acl : &none;
	struct key k = sub(at, "acl");

	return get_prefixes(l, sub(&k, "allow"), from->allow, from->n_allow,
			    &r->acl.allow, &r->acl.n_allow) &&
	       get_prefixes(l, sub(&k, "deny"), from->deny, from->n_deny,
			    &r->acl.deny, &r->acl.n_deny);
}

static bool get_source(const struct loaded *l, const struct key *at,
		       const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_source none;
	const struct raw_source *from = raw->source ? raw->source : &none;
	struct key k = sub(at, "per-source");

	return get_number(l, sub(&k, "messages"), from->messages, 200, 0,
			  1000000, "a number of messages per second",
			  &r->source.messages) &&
	       get_number(l, sub(&k, "together"), from->together,
			  r->source.messages > 100000 ? 1000000 :
			  r->source.messages * 10, 0, 1000000,
			  "a number of messages per second",
			  &r->source.together) &&
	       get_number(l, sub(&k, "calls"), from->calls, 500, 0, 1000000,
			  "a number of calls", &r->source.calls) &&
	       get_number(l, sub(&k, "ringing"), from->ringing, 64, 0, 1000000,
			  "a number of calls", &r->source.ringing) &&
	       get_number(l, sub(&k, "ports"), from->ports, 1000, 0, 1000000,
			  "a number of pairs of ports", &r->source.ports) &&
	       get_number(l, sub(&k, "connections"), from->connections, 32, 0,
			  1000000, "a number of connections",
			  &r->source.connections);
}

bool config_get_access(const struct loaded *l, const struct key *at,
		       const struct raw_realm *raw, struct config_realm *r)
{
	return get_acl(l, at, raw, r) && get_source(l, at, raw, r);
}
