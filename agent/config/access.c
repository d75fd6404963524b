// SPDX-License-Identifier: GPL-2.0
/* Who may speak in a realm, how much one source may have, who may register. */
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

static bool yes(const int *raw, bool def)
{
	return raw ? *raw : def;
}

static bool get_register(const struct loaded *l, const struct key *at,
			 const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_register none;
	const struct raw_register *from = raw->reg ? raw->reg : &none;
	struct config_register *to = &r->reg;
	struct key k = sub(at, "register");

	to->enabled = raw->reg;
	to->refresh = yes(from->refresh, true);
	to->unregister = yes(from->unregister, false);
	to->keepalive = from->keepalive ? (enum config_keepalive)*from->keepalive :
					  CONFIG_KEEPALIVE_CRLF;
	return get_number(l, sub(&k, "interval"), from->interval, 120, 10, 86400,
			  "a number of seconds", &to->interval) &&
	       get_number(l, sub(&k, "registrar-interval"), from->registrar, 3600,
			  0, 86400, "a number of seconds", &to->registrar) &&
	       get_number(l, sub(&k, "keepalive-udp"), from->udp, 25, 5, 3600,
			  "a number of seconds", &to->udp) &&
	       get_number(l, sub(&k, "keepalive-tcp"), from->tcp, 120, 5, 3600,
			  "a number of seconds", &to->tcp) &&
	       get_number(l, sub(&k, "bindings"), from->bindings, 50000, 1,
			  1000000, "a number of bindings", &to->bindings) &&
	       get_number(l, sub(&k, "per-source"), from->source, 1000, 0,
			  1000000, "a number of bindings", &to->source) &&
	       get_number(l, sub(&k, "per-aor"), from->aor, 10, 1,
			  CONFIG_PER_AOR_MAX, "a number of bindings", &to->aor);
}

bool config_get_access(const struct loaded *l, const struct key *at,
		       const struct raw_realm *raw, struct config_realm *r)
{
	return get_acl(l, at, raw, r) && get_source(l, at, raw, r) &&
	       get_register(l, at, raw, r);
}
