// SPDX-License-Identifier: GPL-2.0
/* Tenants of a realm. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ----------------------------------------------------------------------- whose is it */

static int by_domain(const struct config_tenants *t, struct span host)
{
	size_t low = 0, high = t->n_domains, at;
	char name[256];
	size_t i;
	int diff;

	if (!span_str(host, name, sizeof(name)))
		return -1;
	for (i = 0; name[i]; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	while (low < high) {
		at = low + (high - low) / 2;
		diff = strcmp(name, t->domain[at].name);
		if (!diff)
			return (int)t->domain[at].of;
		if (diff < 0)
			high = at;
		else
			low = at + 1;
	}
	return -1;
}

static int by_source(const struct config_tenants *t, const struct dp_addr *source)
{
	const struct prefix *found = t->sources ? prefix_set_longest(t->sources, source) :
						  NULL;

	/* they stand one after the other, in the order in which they were given */
	return found ? (int)t->source[found - prefix_set_at(t->sources, 0)] : -1;
}

int config_tenant_at(const struct config_tenants *t, uint16_t port,
		     const struct dp_addr *source, struct span domain)
{
	int at = t->port ? t->port[port] - 1 : -1;

	if (at < 0)
		at = by_source(t, source);
	return at < 0 ? by_domain(t, domain) : at;
}

int config_tenant_find(const struct config_tenants *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->tenant[i].name, name))
			return (int)i;
	return -1;
}

static bool same_media(const struct config_realm *a, const struct config_realm *b)
{
	return a && b ? config_media_eq(a, b) : a == b;
}

static bool same_tenant(const struct config_tenant *a, const struct config_tenant *b)
{
	return !strcmp(a->name, b->name) && a->calls == b->calls && a->rate == b->rate &&
	       a->bindings == b->bindings && a->ports == b->ports &&
	       a->kbits == b->kbits && same_media(a->as, b->as);
}

static bool same_sources(const struct config_tenants *a, const struct config_tenants *b)
{
	const struct prefix *x, *y;
	size_t i;

	if (!a->sources || !b->sources)
		return a->sources == b->sources;
	if (prefix_set_size(a->sources) != prefix_set_size(b->sources))
		return false;
	for (i = 0; i < prefix_set_size(a->sources); i++) {
		x = prefix_set_at(a->sources, i);
		y = prefix_set_at(b->sources, i);
		if (x->len != y->len || !dp_addr_eq(&x->addr, &y->addr) ||
		    a->source[i] != b->source[i])
			return false;
	}
	return true;
}

bool config_tenants_eq(const struct config_tenants *a, const struct config_tenants *b)
{
	size_t i;

	if (a->n != b->n || a->n_domains != b->n_domains || !a->port != !b->port ||
	    (a->port && memcmp(a->port, b->port, 65536 * sizeof(*a->port))))
		return false;
	for (i = 0; i < a->n; i++)
		if (!same_tenant(&a->tenant[i], &b->tenant[i]))
			return false;
	for (i = 0; i < a->n_domains; i++)
		if (strcmp(a->domain[i].name, b->domain[i].name) ||
		    a->domain[i].of != b->domain[i].of)
			return false;
	return same_sources(a, b);
}

void config_tenants_drop(struct config_tenants *t)
{
	size_t i;

	while (t->n_domains)
		free(t->domain[--t->n_domains].name);
	free(t->domain);
	for (i = 0; t->tenant && i < t->n; i++)
		free(t->tenant[i].as);
	free(t->tenant);
	free(t->port);
	prefix_set_free(t->sources);
	free(t->source);
	*t = (struct config_tenants){ 0 };
}

/* ----------------------------------------------------------------------- from the file */

static bool is_listener(const struct config_realm *r, uint32_t port)
{
	size_t i;

	for (i = 0; i < r->n_listeners; i++)
		if (r->listeners[i].port == port)
			return true;
	return false;
}

static bool add_ports(const struct loaded *l, const struct key *at,
		      const struct raw_tenant *raw, struct config_realm *r, size_t of)
{
	struct config_tenants *t = &r->tenants;
	struct key k;
	unsigned int i;

	if (raw->n_listeners && !t->port)
		t->port = calloc(65536, sizeof(*t->port));
	if (raw->n_listeners && !t->port)
		return bad(l, *at, "no memory");
	for (i = 0; i < raw->n_listeners; i++) {
		k = key("%.96s.listeners[%u]", at->path, i);
		if (!is_listener(r, raw->listeners[i]))
			return bad(l, k, "%u is no listener's; expected the port of a listener of realm %s",
				   raw->listeners[i], r->name);
		if (t->port[raw->listeners[i]])
			return bad(l, k, "%u is %s's; expected each port once",
				   raw->listeners[i],
				   t->tenant[t->port[raw->listeners[i]] - 1].name);
		t->port[raw->listeners[i]] = (uint16_t)(of + 1);
	}
	return true;
}

static int compare_domains(const void *a, const void *b)
{
	const struct config_tenant_domain *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool add_domains(const struct loaded *l, const struct key *at,
			const struct raw_tenant *raw, struct config_tenants *t, size_t of)
{
	struct config_tenant_domain *list;
	unsigned int i;
	char *p;

	if (!raw->n_domains)
		return true;
	list = reallocarray(t->domain, t->n_domains + raw->n_domains, sizeof(*list));
	if (!list)
		return bad(l, *at, "no memory");
	t->domain = list;
	for (i = 0; i < raw->n_domains; i++) {
		list[t->n_domains].name = strdup(raw->domains[i]);
		list[t->n_domains].of = of;
		if (!list[t->n_domains].name)
			return bad(l, *at, "no memory");
		for (p = list[t->n_domains++].name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
	}
	return true;
}

/**
 * struct sources - prefixes of all, while they are collected
 * @list: in the order of the file
 * @of: whose each is
 * @n: how many
 */
struct sources {
	struct prefix *list;
	size_t *of;
	size_t n;
};

static bool add_sources(const struct loaded *l, const struct key *at,
			const struct raw_tenant *raw, struct sources *s, size_t of)
{
	size_t n = s->n + raw->n_sources, i;
	struct prefix *one = NULL, *list;
	size_t *whose, n_one = 0;
	bool ok;

	if (!raw->n_sources)
		return true;
	ok = get_prefixes(l, sub(at, "sources"), raw->sources, raw->n_sources, &one, &n_one);
	list = ok ? reallocarray(s->list, n, sizeof(*list)) : NULL;
	if (list)
		s->list = list;
	whose = list ? reallocarray(s->of, n, sizeof(*whose)) : NULL;
	if (whose) {
		s->of = whose;
		memcpy(list + s->n, one, n_one * sizeof(*one));
		for (i = s->n; i < n; i++)
			whose[i] = of;
		s->n = n;
	}
	free(one);
	return whose || (ok ? bad(l, *at, "no memory") : false);
}

static bool get_limits(const struct loaded *l, const struct key *k,
		       const struct raw_tenant *raw, struct config_tenant *t)
{
	return get_number(l, sub(k, "calls"), raw->calls, 0, 0, 1000000,
			  "a number of calls", &t->calls) &&
	       get_number(l, sub(k, "rate"), raw->rate, 0, 0, 100000,
			  "a number of calls per second", &t->rate) &&
	       get_number(l, sub(k, "bindings"), raw->bindings, 0, 0, 1000000,
			  "a number of bindings", &t->bindings) &&
	       get_number(l, sub(k, "media-ports"), raw->ports, 0, 0, 1000000,
			  "a number of pairs of ports", &t->ports) &&
	       get_number(l, sub(k, "bandwidth"), raw->kbits, 0, 0, 1000000000,
			  "a number of kbit/s", &t->kbits);
}

/* what it does not say is the realm's */
static bool get_media(const struct loaded *l, const struct key *k, const struct raw_realm *realm,
		      const struct raw_tenant *raw, const struct config_realm *r,
		      struct config_tenant *t)
{
	struct raw_realm own = *realm;

	if (!raw->latch && !raw->srtp && !raw->dtls && !raw->mux)
		return true;
	own.latch = raw->latch ? raw->latch : own.latch;
	own.srtp = raw->srtp ? raw->srtp : own.srtp;
	own.dtls = raw->dtls ? raw->dtls : own.dtls;
	own.mux = raw->mux ? raw->mux : own.mux;
	t->as = malloc(sizeof(*t->as));
	if (!t->as)
		return bad(l, *k, "no memory");
	*t->as = *r;
	if (!config_get_media(l, k, &own, t->as))
		return false;
	return !r->single_port || t->as->mux != CONFIG_MUX_OFF ||
	       bad(l, sub(k, "mux"),
		   "off where the realm has a single-port; expected allow or require, since RTCP has no other port there");
}

static int compare_names(const void *a, const void *b)
{
	const struct config_tenant *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* each once: by an ordered list, since there are thousands */
static bool check_names(const struct loaded *l, const struct key *at,
			const struct config_tenants *t)
{
	const struct config_tenant **list = calloc(t->n, sizeof(*list));
	const struct config_tenant *twice = NULL;
	size_t i;

	if (!list)
		return bad(l, *at, "no memory");
	for (i = 0; i < t->n; i++)
		list[i] = &t->tenant[i];
	qsort(list, t->n, sizeof(*list), compare_names);
	for (i = 1; i < t->n && !twice; i++)
		if (!compare_names(&list[i - 1], &list[i]))
			twice = list[i];
	free(list);
	return !twice || bad(l, sub(at, "tenants"),
			     "'%s' is the name of two; expected each name once", twice->name);
}

static bool check_domains(const struct loaded *l, const struct key *at,
			  struct config_tenants *t)
{
	size_t i;

	if (!t->n_domains)
		return true;
	qsort(t->domain, t->n_domains, sizeof(*t->domain), compare_domains);
	for (i = 1; i < t->n_domains; i++)
		if (!compare_domains(&t->domain[i - 1], &t->domain[i]))
			return bad(l, sub(at, "tenants"),
				   "'%s' is the domain of %s and of %s; expected each domain once",
				   t->domain[i].name, t->tenant[t->domain[i - 1].of].name,
				   t->tenant[t->domain[i].of].name);
	return true;
}

static bool get_each(const struct loaded *l, const struct key *at,
		     const struct raw_realm *raw, struct config_realm *r, struct sources *s)
{
	struct config_tenants *t = &r->tenants;
	const struct raw_tenant *from;
	struct key k;
	size_t i;

	while (t->n < raw->n_tenants) {
		i = t->n++;
		from = &raw->tenants[i];
		k = key("%.64s.tenants[%zu]", at->path, i);
		t->tenant[i].name = from->name;
		if (!get_limits(l, &k, from, &t->tenant[i]) ||
		    !get_media(l, &k, raw, from, r, &t->tenant[i]) ||
		    !add_ports(l, &k, from, r, i) ||
		    !add_domains(l, &k, from, t, i) ||
		    !add_sources(l, &k, from, s, i))
			return false;
	}
	return check_names(l, at, t) && check_domains(l, at, t);
}

bool config_get_tenants(const struct loaded *l, const struct key *at,
			const struct raw_realm *raw, struct config_realm *r)
{
	struct config_tenants *t = &r->tenants;
	struct sources s = { NULL };
	bool ok;

	if (!raw->n_tenants)
		return true;
	t->tenant = calloc(raw->n_tenants, sizeof(*t->tenant));
	if (!t->tenant)
		return bad(l, *at, "no memory");
	ok = get_each(l, at, raw, r, &s);
	if (ok && s.n) {
		t->sources = prefix_set_new(s.list, s.n);
		t->source = s.of;
		s.of = NULL;
		ok = t->sources || bad(l, *at, "no memory");
	}
	free(s.list);
	free(s.of);
	return ok;
}
