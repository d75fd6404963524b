// SPDX-License-Identifier: GPL-2.0
/* Trunks: next hops of one name, whom we are there, how often they are asked; and groups of these. */
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

static const struct config_trunk *find_trunk(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->n_trunks; i++)
		if (!strcmp(config->trunks[i].name, name))
			return &config->trunks[i];
	return NULL;
}

/* what a call that begins by the first does not lose when it goes on by the second */
static const char *unlike(const struct config_trunk *a, const struct config_trunk *b)
{
	if (a->realm != b->realm)
		return "are in different realms; expected all in one";
	if ((a->hop[0].transport == CONFIG_TLS) != (b->hop[0].transport == CONFIG_TLS))
		return "are not alike; expected all by TLS, or none";
	if (!a->user != !b->user)
		return "are not alike; expected all with user, or none";
	return NULL;
}

static bool get_member(const struct loaded *l, struct key k, const char *name,
		       struct config_group *g, size_t *hops)
{
	const struct config_trunk *t = find_trunk(&l->config, name);
	const char *why;
	size_t i;

	if (!t)
		return bad(l, k, "there is no trunk '%s'; expected the name of a trunk", name);
	for (i = 0; i < g->n; i++)
		if (g->trunk[i] == t)
			return bad(l, k, "'%s' is there already; expected each trunk once",
				   name);
	why = g->n ? unlike(g->trunk[0], t) : NULL;
	if (why)
		return bad(l, k, "'%s' and '%s' %s", name, g->trunk[0]->name, why);
	*hops += t->n_hops;
	if (*hops > CONFIG_GROUP_HOPS_MAX)
		return bad(l, k, "the trunks have %zu next hops; expected at most %d", *hops,
			   CONFIG_GROUP_HOPS_MAX);
	g->trunk[g->n] = t;
	g->weight[g->n++] = 1;
	return true;
}

static bool get_weights(const struct loaded *l, const struct key *at,
			const struct raw_group *raw, struct config_group *g)
{
	unsigned int i;

	if (!raw->n_weights)
		return true;
	if (g->hunt != CONFIG_HUNT_WEIGHT)
		return bad(l, sub(at, "weights"), "hunt is not weight; expected hunt: weight");
	if (raw->n_weights != g->n)
		return bad(l, sub(at, "weights"),
			   "there are %u, and %zu trunks; expected one for each",
			   raw->n_weights, g->n);
	for (i = 0; i < raw->n_weights; i++) {
		g->weight[i] = raw->weights[i];
		if (!g->weight[i] || g->weight[i] > 1000)
			return bad(l, key("%.96s.weights[%u]", at->path, i),
				   "%u is out of range; expected a number, 1 to 1000",
				   g->weight[i]);
	}
	return true;
}

static const struct config_group *find_group(const struct config *config, size_t n,
					     const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(config->groups[i].name, name))
			return &config->groups[i];
	return NULL;
}

static bool get_group(const struct loaded *l, unsigned int i)
{
	const struct raw_group *raw = &l->raw->groups[i];
	struct config_group *g = &l->config.groups[i];
	struct key k = key("trunk-groups[%u]", i);
	size_t hops = 0;
	unsigned int j;

	g->name = raw->name;
	if (find_trunk(&l->config, g->name) || find_group(&l->config, i, g->name))
		return bad(l, sub(&k, "name"),
			   "'%s' is the name of a trunk or a group already; expected each name once",
			   g->name);
	for (j = 0; j < raw->n_trunks; j++)
		if (!get_member(l, key("%.96s.trunks[%u]", k.path, j), raw->trunks[j], g,
				&hops))
			return false;
	g->hunt = raw->hunt ? (enum config_hunt)*raw->hunt : CONFIG_HUNT_ORDER;
	return get_weights(l, &k, raw, g) &&
	       get_number(l, sub(&k, "calls"), raw->calls, 0, 0, 1000000,
			  "a number of calls", &g->calls);
}

static bool get_groups(struct loaded *l)
{
	unsigned int i;

	l->config.groups = calloc(l->raw->n_groups + 1, sizeof(*l->config.groups));
	if (!l->config.groups)
		return bad(l, key("trunk-groups"), "no memory");
	l->config.n_groups = l->raw->n_groups;
	for (i = 0; i < l->raw->n_groups; i++)
		if (!get_group(l, i))
			return false;
	return true;
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
	return get_groups(l);
}

bool config_get_trunk_of(const struct loaded *l, const struct key *at,
			 const struct raw_route *raw, struct config_route *r)
{
	const struct config_trunk *t;

	if (raw->to || raw->next_hop)
		return bad(l, sub(at, "trunk"),
			   "there is %s too; expected either, since a trunk has a realm and next hops",
			   raw->to ? "to" : "next-hop");
	r->group = find_group(&l->config, l->config.n_groups, raw->trunk);
	t = r->group ? r->group->trunk[0] : find_trunk(&l->config, raw->trunk);
	if (!t)
		return bad(l, sub(at, "trunk"),
			   "there is no trunk '%s'; expected the name of a trunk, or of a group of trunks",
			   raw->trunk);
	r->trunk = t;
	r->to = t->realm;
	r->next_hop = t->next_hop[0];
	r->hop = t->hop[0];
	return true;
}

const struct config_trunk *config_trunk_of(const struct config *config,
					   const struct config_hop *hop)
{
	const struct config_trunk *t;
	size_t i;

	for (i = 0; i < config->n_trunks; i++) {
		t = &config->trunks[i];
		if (hop >= t->hop && hop < t->hop + t->n_hops)
			return t;
	}
	return NULL;
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
