// SPDX-License-Identifier: GPL-2.0
/* Trunks: next hops of one name, whom we are there, and how often they are asked. */
#include <string.h>

#include "check.h"

/* whoever is offered keys since TLS hides them is not followed by one who is not hidden */
static bool is_mixed(const struct config_trunk *t)
{
	const struct config_hop *first = &t->hop[0], *last = &t->hop[t->n_hops];

	return (first->transport == CONFIG_TLS) != (last->transport == CONFIG_TLS);
}

static bool get_hops(const struct loaded *l, const struct key *at,
		     const struct raw_trunk *raw, struct config_trunk *t)
{
	struct key k;

	for (; t->n_hops < raw->n_hops; t->n_hops++) {
		k = key("%.96s.next-hops[%zu]", at->path, t->n_hops);
		t->next_hop[t->n_hops] = raw->hops[t->n_hops];
		if (!config_get_hop(l, k, raw->hops[t->n_hops], t->realm,
				    &t->hop[t->n_hops]))
			return false;
		if (is_mixed(t))
			return bad(l, k,
				   "'%s' and '%s' are not alike; expected all by TLS, or none",
				   raw->hops[t->n_hops], raw->hops[0]);
	}
	return true;
}

/* whom we are there */
static bool get_account(const struct loaded *l, const struct key *at,
			const struct raw_trunk *raw, struct config_trunk *t)
{
	struct config_hop aor;

	t->user = raw->user;
	t->password = raw->password;
	t->aor = raw->aor;
	if (!t->user != !t->password)
		return bad(l, sub(at, t->user ? "user" : "password"),
			   "there is no key %s; expected both, or neither",
			   t->user ? "password" : "user");
	if (!t->aor)
		return true;
	if (config_hop_parse(t->aor, &aor) && aor.user.n && !aor.params.n)
		return true;
	return bad(l, sub(at, "register"),
		   "'%s' is not a SIP URI with a user; expected sip:USER@HOST",
		   t->aor);
}

static bool get_trunk(const struct loaded *l, unsigned int i)
{
	const struct raw_trunk *raw = &l->raw->trunks[i];
	struct config_trunk *t = &l->config.trunks[i], *other;
	struct key k = key("trunks[%u]", i);

	t->name = raw->name;
	for (other = l->config.trunks; other < t; other++)
		if (!strcmp(other->name, t->name))
			return bad(l, sub(&k, "name"),
				   "'%s' is the name of trunks[%zu] too; expected each name once",
				   t->name, other - l->config.trunks);
	t->realm = config_realm(&l->config, raw->realm);
	if (!t->realm)
		return bad(l, sub(&k, "realm"),
			   "there is no realm '%s'; expected the name of a realm",
			   raw->realm);
	return get_hops(l, &k, raw, t) && get_account(l, &k, raw, t) &&
	       get_number(l, sub(&k, "interval"), raw->interval, 600, 30, 86400,
			  "a number of seconds", &t->interval) &&
	       get_number(l, sub(&k, "options"), raw->options, 0, 0, 3600,
			  "a number of seconds", &t->options) &&
	       get_number(l, sub(&k, "retry"), raw->retry, 30, 0, 3600,
			  "a number of seconds", &t->retry) &&
	       get_number(l, sub(&k, "calls"), raw->calls, 0, 0, 1000000,
			  "a number of calls", &t->calls);
}

bool config_get_trunks(struct loaded *l)
{
	unsigned int i;

	l->config.trunks = calloc(l->raw->n_trunks + 1, sizeof(*l->config.trunks));
	if (!l->config.trunks)
		return bad(l, key("trunks"), "no memory");
	l->config.n_trunks = l->raw->n_trunks;
	for (i = 0; i < l->raw->n_trunks; i++)
		if (!get_trunk(l, i))
			return false;
	return true;
}

bool config_get_trunk_of(const struct loaded *l, const struct key *at,
			 const struct raw_route *raw, struct config_route *r)
{
	const struct config_trunk *t = l->config.trunks;

	if (raw->to || raw->next_hop)
		return bad(l, sub(at, "trunk"),
			   "there is %s too; expected either, since a trunk has a realm and next hops",
			   raw->to ? "to" : "next-hop");
	for (; t < l->config.trunks + l->config.n_trunks; t++) {
		if (strcmp(t->name, raw->trunk))
			continue;
		r->trunk = t;
		r->to = t->realm;
		r->next_hop = t->next_hop[0];
		r->hop = t->hop[0];
		return true;
	}
	return bad(l, sub(at, "trunk"),
		   "there is no trunk '%s'; expected the name of a trunk",
		   raw->trunk);
}

size_t config_hops(const struct config *config)
{
	return config->n_routes + config->n_trunks * CONFIG_HOPS_MAX;
}

const struct config_hop *config_hop_nth(const struct config *config, size_t n,
					const struct config_realm **realm)
{
	const struct config_trunk *t;
	size_t i;

	if (n < config->n_routes) {
		*realm = config->routes[n].to;
		return config->routes[n].trunk ? NULL : &config->routes[n].hop;
	}
	n -= config->n_routes;
	t = &config->trunks[n / CONFIG_HOPS_MAX];
	i = n % CONFIG_HOPS_MAX;
	*realm = t->realm;
	return i < t->n_hops ? &t->hop[i] : NULL;
}
