// SPDX-License-Identifier: GPL-2.0
/*
 * Who may speak in a realm, where its media may go, how much one source may have, who may
 * register, who has to say a password.
 */
#include "check.h"

/* those that neither list has: a list of who may is whole, one of who may not is not */
static bool others(const struct raw_acl *from, bool nobody_said)
{
	if (from->others)
		return *from->others;
	if (from->n_allow || from->n_deny)
		return !from->n_allow;
	return nobody_said;
}

/* what stands there and says nothing is worth a word, not a refusal */
static void warn_both(const struct loaded *l, const struct key *at,
		      const struct acl *acl)
{
	char entry[PREFIX_STRLEN], in[PREFIX_STRLEN];
	const struct prefix *deny, *allow;
	struct key k;
	size_t i;

	for (i = 0; i < prefix_set_size(acl->deny); i++) {
		deny = prefix_set_at(acl->deny, i);
		allow = prefix_set_first(acl->allow, &deny->addr);
		if (!allow || allow->len > deny->len)
			continue;
		k = key("%.96s.deny[%zu]", at->path, i);
		log_warning("%s:%u: %s: %s is in allow %s too: who is in both is allowed",
			    l->path, raw_line(l->text, l->len, k.path), k.path,
			    prefix_str(deny, entry, sizeof(entry)),
			    prefix_str(allow, in, sizeof(in)));
		return;
	}
}

/* @nobody_said: may those that neither list has, where there is none? */
static bool get_acl(const struct loaded *l, struct key k,
		    const struct raw_acl *raw, bool nobody_said, struct acl **acl)
{
	static const struct raw_acl none;
	const struct raw_acl *from = raw ? raw : &none;
	struct prefix *allow = NULL, *deny = NULL;
	size_t n_allow = 0, n_deny = 0;
	bool ok;

	ok = get_prefixes(l, sub(&k, "allow"), from->allow, from->n_allow, &allow,
			  &n_allow) &&
	     get_prefixes(l, sub(&k, "deny"), from->deny, from->n_deny, &deny,
			  &n_deny);
	if (ok) {
		*acl = acl_new(allow, n_allow, deny, n_deny,
			       others(from, nobody_said));
		ok = *acl || bad(l, k, "no memory");
	}
	if (ok)
		warn_both(l, &k, *acl);
	free(allow);
	free(deny);
	return ok;
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
			  &r->source.connections) &&
	       get_number(l, sub(&k, "transactions"), from->transactions, 1000,
			  0, 1000000, "a number of requests",
			  &r->source.transactions);
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

/* read with the configuration, so that a reload reads it too */
static bool get_users(const struct loaded *l, const struct key *at,
		      const struct raw_realm *raw, struct config_realm *r)
{
	char why[CONFIG_ERROR_LEN / 2];

	if (!raw->users)
		return true;
	r->users = config_users_load(raw->users, why, sizeof(why));
	return r->users || bad(l, sub(at, "users"), "%s", why);
}

bool config_get_access(const struct loaded *l, const struct key *at,
		       const struct raw_realm *raw, struct config_realm *r)
{
	r->silent = raw->acl && yes(raw->acl->silent, false);
	return get_acl(l, sub(at, "acl"), raw->acl, false, &r->acl) &&
	       get_acl(l, sub(at, "media-acl"), raw->media_acl, true,
		       &r->media_acl) &&
	       get_source(l, at, raw, r) && get_register(l, at, raw, r) &&
	       get_users(l, at, raw, r);
}
