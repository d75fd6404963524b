// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/random.h"
#include "base/siphash.h"
#include "bind.h"

#define PREFIX		"bind"
#define ALIAS		"name"	/* of the same length */
#define DIGITS		11	/* of base 62 for 64 bits */
#define FIRST_BUCKETS	64

/**
 * struct source - what has bindings: an IPv4 address, or a /64
 * @entry: in the table
 * @addr: the address, port 0
 * @count: its bindings
 * @flows: flows that point here
 */
struct source {
	LIST_ENTRY(source) entry;
	struct dp_addr addr;
	uint32_t count;
	uint32_t flows;
};

/**
 * struct way - a flow that bindings stand on
 * @entry: in the table, until it is lost
 * @table: the table
 * @flow: it; a reference, and it is held
 * @watch: tells of its end
 * @keepalive: when something is to be sent
 * @source: at its other end
 * @bindings: these
 * @refs: each binding, and who walks them
 * @lost: nobody finds it any more
 */
struct way {
	LIST_ENTRY(way) entry;
	struct bind_table *table;
	struct sip_flow *flow;
	struct sip_flow_watch watch;
	struct timer keepalive;
	struct source *source;
	LIST_HEAD(, binding) bindings;
	unsigned int refs;
	bool lost;
};

/**
 * struct binding - a binding
 * @pub: what others see; its texts are @text's
 * @table: the table
 * @by_token: in the table
 * @by_aor: likewise
 * @all: among all, oldest first
 * @on: in its way's list
 * @way: its flow; NULL: it is away
 * @timer: the end of the nearer of both times
 * @early: ms by which the registrar is asked sooner than it has to be
 * @text: its texts, one behind the other
 */
struct binding {
	struct bind pub;
	struct bind_table *table;
	LIST_ENTRY(binding) by_token;
	LIST_ENTRY(binding) by_aor;
	TAILQ_ENTRY(binding) all;
	LIST_ENTRY(binding) on;
	struct way *way;
	struct timer timer;
	uint32_t early;
	char *text;
};

LIST_HEAD(binding_list, binding);
LIST_HEAD(way_list, way);
LIST_HEAD(source_list, source);

/* bytes of texts whose token is remembered */
#define LAST_MAX	512

/**
 * struct last - the token that was asked for last: a REGISTER asks for its own many times
 * @n: bytes of each text that it is of
 * @instance: it is of an instance; else of a contact
 * @text: the texts
 * @token: their token; empty: there is none
 */
struct last {
	size_t n[3];
	bool instance;
	char text[LAST_MAX];
	char token[BIND_TOKEN_LEN + 1];
};

/**
 * struct bind_table - the table
 * @timers: the clock
 * @flows: the transport
 * @ops: whom to tell
 * @arg: for @ops
 * @key: of chains
 * @secret: of tokens, two keys
 * @last: a token that they gave
 * @mask: buckets of each kind, less one
 * @by_token: bindings
 * @by_aor: bindings
 * @way: flows
 * @source: sources
 * @all: bindings, oldest first
 * @counters: what happened
 */
struct bind_table {
	struct timers *timers;
	const struct sip_flow_ops *flows;
	const struct bind_ops *ops;
	void *arg;
	uint64_t key[2];
	uint64_t secret[4];
	struct last *last;
	size_t mask;
	struct binding_list *by_token;
	struct binding_list *by_aor;
	struct way_list *way;
	struct source_list *source;
	TAILQ_HEAD(, binding) all;
	struct bind_counters counters;
};

/* ---------------------------------------------------------------------------- hashes */

static size_t hash_text(const struct bind_table *t, struct span text)
{
	struct siphash h;

	siphash_begin(&h, t->key);
	siphash_span(&h, text);
	return siphash_end(&h) & t->mask;
}

static size_t hash_addr(const struct bind_table *t, const struct dp_addr *addr)
{
	struct siphash h;

	siphash_begin(&h, t->key);
	siphash_add(&h, &addr->port, sizeof(addr->port));
	if (addr->family == AF_INET6)
		siphash_add(&h, &addr->v6, sizeof(addr->v6));
	else
		siphash_add(&h, &addr->v4, sizeof(addr->v4));
	return siphash_end(&h) & t->mask;
}

static bool make_buckets(struct bind_table *t, size_t n)
{
	t->by_token = calloc(n, sizeof(*t->by_token));
	t->by_aor = calloc(n, sizeof(*t->by_aor));
	t->way = calloc(n, sizeof(*t->way));
	t->source = calloc(n, sizeof(*t->source));
	t->mask = n - 1;
	return t->by_token && t->by_aor && t->way && t->source;
}

static void free_buckets(struct bind_table *t)
{
	free(t->by_token);
	free(t->by_aor);
	free(t->way);
	free(t->source);
}

static void link_way(struct bind_table *t, struct way *way)
{
	LIST_INSERT_HEAD(&t->way[hash_addr(t, &way->flow->remote)], way, entry);
}

static void link_source(struct bind_table *t, struct source *source)
{
	LIST_INSERT_HEAD(&t->source[hash_addr(t, &source->addr)], source, entry);
}

static void link_binding(struct bind_table *t, struct binding *b)
{
	LIST_INSERT_HEAD(&t->by_token[hash_text(t, span_of(b->pub.token))], b,
			 by_token);
	LIST_INSERT_HEAD(&t->by_aor[hash_text(t, span_of(b->pub.aor))], b, by_aor);
}

/* without memory the chains get longer, and that is all */
static void grow(struct bind_table *t)
{
	struct bind_table old = *t;
	struct binding *b;
	struct source *source;
	struct way *way;
	size_t i;

	if (t->counters.live <= t->mask)
		return;
	if (!make_buckets(t, (old.mask + 1) * 4)) {
		free_buckets(t);
		t->by_token = old.by_token;
		t->by_aor = old.by_aor;
		t->way = old.way;
		t->source = old.source;
		t->mask = old.mask;
		return;
	}
	TAILQ_FOREACH(b, &t->all, all)
		link_binding(t, b);
	for (i = 0; i <= old.mask; i++) {
		while ((way = LIST_FIRST(&old.way[i]))) {
			LIST_REMOVE(way, entry);
			link_way(t, way);
		}
		while ((source = LIST_FIRST(&old.source[i]))) {
			LIST_REMOVE(source, entry);
			link_source(t, source);
		}
	}
	free_buckets(&old);
}

/* ---------------------------------------------------------------------------- tokens */

static char *add_digits(char *p, uint64_t value)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned int i;

	for (i = 0; i < DIGITS; i++, value /= 62)
		*p++ = digits[value % 62];
	return p;
}

/* what the hash is of: told apart, since strangers choose the texts */
enum kind { BY_CONTACT, BY_INSTANCE, BY_TEXT };

static uint64_t keyed(const uint64_t secret[2], enum kind kind,
		      const struct span *text, size_t n)
{
	struct siphash h;
	size_t i;

	siphash_begin(&h, secret);
	siphash_add(&h, &kind, sizeof(kind));
	for (i = 0; i < n; i++)
		siphash_span(&h, text[i]);
	return siphash_end(&h);
}

static void name(const struct bind_table *t, const char *prefix, enum kind kind,
		 const struct span *text, size_t n, char *p)
{
	memcpy(p, prefix, strlen(PREFIX));
	p = add_digits(p + strlen(PREFIX), keyed(t->secret, kind, text, n));
	p = add_digits(p, keyed(t->secret + 2, kind, text, n));
	*p = '\0';
}

static bool is_last(const struct last *last, bool instance, const struct span *text,
		    size_t n)
{
	const char *p = last->text;
	size_t i;

	if (!*last->token || last->instance != instance)
		return false;
	for (i = 0; i < n; p += text[i++].n)
		if (last->n[i] != text[i].n ||
		    (text[i].n && memcmp(p, text[i].p, text[i].n)))
			return false;
	return true;
}

static void keep_last(struct last *last, bool instance, const struct span *text, size_t n,
		      const char *token)
{
	size_t i, at = 0;

	*last->token = '\0';
	for (i = 0; i < n; at += text[i++].n) {
		if (text[i].n > LAST_MAX - at)
			return;
		if (text[i].n)
			memcpy(last->text + at, text[i].p, text[i].n);
		last->n[i] = text[i].n;
	}
	last->instance = instance;
	strcpy(last->token, token);
}

void bind_token(const struct bind_table *t, const struct bind_key *key,
		char token[BIND_TOKEN_LEN + 1])
{
	bool instance = key->instance.n && key->reg_id.n;
	const struct span text[] = {
		key->aor, instance ? key->instance : key->contact, key->reg_id,
	};
	size_t n = instance ? 3 : 2;

	if (is_last(t->last, instance, text, n)) {
		strcpy(token, t->last->token);
		return;
	}
	name(t, PREFIX, instance ? BY_INSTANCE : BY_CONTACT, text, n, token);
	keep_last(t->last, instance, text, n, token);
}

void bind_alias(const struct bind_table *t, struct span text,
		char alias[BIND_TOKEN_LEN + 1])
{
	name(t, ALIAS, BY_TEXT, &text, 1, alias);
}

bool bind_is_token(struct span user)
{
	size_t i;

	if (user.n != BIND_TOKEN_LEN || memcmp(user.p, PREFIX, strlen(PREFIX)))
		return false;
	for (i = 0; i < user.n; i++)
		if (!((user.p[i] >= '0' && user.p[i] <= '9') ||
		      ((user.p[i] | 0x20) >= 'a' && (user.p[i] | 0x20) <= 'z')))
			return false;
	return true;
}

static struct binding *find_token(const struct bind_table *t, struct span token)
{
	struct binding *b;

	LIST_FOREACH(b, &t->by_token[hash_text(t, token)], by_token)
		if (span_is(token, b->pub.token))
			return b;
	return NULL;
}

static struct binding *find_key(const struct bind_table *t,
				const struct bind_key *key)
{
	char token[BIND_TOKEN_LEN + 1];

	bind_token(t, key, token);
	return find_token(t, span_of(token));
}

/* --------------------------------------------------------------------- sources, flows */

static struct dp_addr source_of(const struct sip_flow *flow)
{
	struct dp_addr addr = { .family = flow->remote.family };

	if (addr.family == AF_INET6)
		memcpy(&addr.v6, &flow->remote.v6, 8);
	else
		addr.v4 = flow->remote.v4;
	return addr;
}

static struct source *find_source(const struct bind_table *t,
				  const struct dp_addr *addr)
{
	struct source *source;

	LIST_FOREACH(source, &t->source[hash_addr(t, addr)], entry)
		if (dp_addr_eq(&source->addr, addr))
			return source;
	return NULL;
}

static struct source *get_source(struct bind_table *t, const struct sip_flow *flow)
{
	struct dp_addr addr = source_of(flow);
	struct source *source = find_source(t, &addr);

	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return NULL;
		source->addr = addr;
		link_source(t, source);
	}
	source->flows++;
	return source;
}

static void put_source(struct source *source)
{
	if (--source->flows)
		return;
	LIST_REMOVE(source, entry);
	free(source);
}

static struct way *find_way(const struct bind_table *t, const struct sip_flow *flow)
{
	struct way *way;

	LIST_FOREACH(way, &t->way[hash_addr(t, &flow->remote)], entry)
		if (t->flows->same(way->flow, flow))
			return way;
	return NULL;
}

static void hide(struct way *way)
{
	if (!way->lost)
		LIST_REMOVE(way, entry);
	way->lost = true;
}

static void put_way(struct way *way)
{
	struct bind_table *t = way->table;

	if (--way->refs)
		return;
	hide(way);
	timer_cancel(&way->keepalive);
	t->flows->unwatch(&way->watch);
	t->flows->let(way->flow);
	t->flows->unref(way->flow);
	put_source(way->source);
	t->counters.flows--;
	free(way);
}

static void end(struct binding *b, enum bind_why why);

/* whoever is told that a binding is over may not bring another one here meanwhile */
static void lose(struct way *way)
{
	struct binding *b;

	hide(way);
	way->refs++;
	while ((b = LIST_FIRST(&way->bindings)))
		end(b, BIND_LOST);
	put_way(way);
}

static void on_lost(struct sip_flow *flow, int error, void *arg)
{
	lose(arg);
}

static void on_keepalive(struct timer *timer, void *arg)
{
	struct way *way = arg;
	struct bind_table *t = way->table;
	uint32_t next = 0;

	way->refs++;
	if (t->ops->keepalive)
		next = t->ops->keepalive(t->arg, way->flow,
					 &LIST_FIRST(&way->bindings)->pub);
	if (next)
		timer_set(t->timers, timer, next);
	put_way(way);
}

/* a reference, for a binding */
static struct way *get_way(struct bind_table *t, struct sip_flow *flow)
{
	struct way *way = find_way(t, flow);

	if (way) {
		way->refs++;
		return way;
	}
	way = calloc(1, sizeof(*way));
	if (way)
		way->source = get_source(t, flow);
	if (!way || !way->source) {
		free(way);
		return NULL;
	}
	way->table = t;
	way->refs = 1;
	LIST_INIT(&way->bindings);
	timer_init(&way->keepalive, on_keepalive, way);
	way->watch = (struct sip_flow_watch){ .lost = on_lost, .arg = way };
	way->flow = t->flows->ref(flow);
	t->flows->hold(flow);
	t->flows->watch(flow, &way->watch);
	link_way(t, way);
	t->counters.flows++;
	return way;
}

/* 5,000 phones that come back together are not asked together ever after */
static void begin_keepalive(struct way *way, uint32_t ms, uint32_t least)
{
	if (!ms || timer_is_set(&way->keepalive))
		return;
	timer_set(way->table->timers, &way->keepalive,
		  least + random_below(ms - least + 1));
}

/* -------------------------------------------------------------------------- bindings */

static void leave_way(struct binding *b)
{
	struct way *way = b->way;

	if (!way) {
		b->table->counters.away--;
		return;
	}
	LIST_REMOVE(b, on);
	way->source->count--;
	b->way = NULL;
	b->pub.flow = NULL;
	put_way(way);
}

/* takes the reference */
static void join_way(struct binding *b, struct way *way)
{
	LIST_INSERT_HEAD(&way->bindings, b, on);
	way->source->count++;
	b->way = way;
	b->pub.flow = way->flow;
	b->pub.proto = way->flow->proto;
	b->pub.source = way->flow->remote;
}

static void release(struct binding *b)
{
	leave_way(b);
	timer_cancel(&b->timer);
	free(b->text);
	free(b);
}

/* the flow can be read until whoever is told returns */
static void end(struct binding *b, enum bind_why why)
{
	struct bind_table *t = b->table;

	LIST_REMOVE(b, by_token);
	LIST_REMOVE(b, by_aor);
	TAILQ_REMOVE(&t->all, b, all);
	t->counters.live--;
	t->counters.ended[why]++;
	if (t->ops->ended)
		t->ops->ended(t->arg, &b->pub, why);
	release(b);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct binding *b = arg;

	end(b, b->pub.granted_due <= b->table->timers->now ? BIND_EXPIRED :
							      BIND_LATE);
}

static void set_timer(struct binding *b)
{
	uint64_t late = b->pub.phone_due + BIND_GRACE * 1000;
	uint64_t due = late < b->pub.granted_due ? late : b->pub.granted_due;
	uint64_t now = b->table->timers->now;

	timer_set(b->table->timers, &b->timer, due > now ? due - now : 0);
}

static void put_text(char **p, const char **at, struct span text)
{
	*at = *p;
	if (text.n)
		memcpy(*p, text.p, text.n);
	(*p)[text.n] = '\0';
	*p += text.n + 1;
}

/* the texts of a grant in one piece, into @pub; nothing of it is touched without memory */
static char *copy_texts(struct bind *pub, const struct bind_grant *g)
{
	struct {
		const char **at;
		struct span text;
	} list[] = {
		{ &pub->aor, g->key.aor }, { &pub->contact, g->key.contact },
		{ &pub->params, g->params }, { &pub->call_id, g->call_id },
		{ &pub->path, g->path },
		{ &pub->service_route, g->service_route },
		{ &pub->gruu, g->gruu },
		{ &pub->agent, g->agent },
	};
	size_t i, n = 0;
	char *text, *p;

	for (i = 0; i < sizeof(list) / sizeof(*list); i++)
		n += list[i].text.n + 1;
	text = malloc(n);
	for (i = 0, p = text; text && i < sizeof(list) / sizeof(*list); i++)
		put_text(&p, list[i].at, list[i].text);
	return text;
}

/*
 * Phones that came together after a power cut do not all have the registrar asked in one
 * minute ever after, but within the last quarter of its time, where that is long.
 */
static uint32_t early_of(const struct bind_grant *g)
{
	uint32_t most = g->granted > 86400 ? 86400 : g->granted;

	return most && g->granted / 8 >= g->phone ? random_below(most * 250) : 0;
}

static void take(struct binding *b, const struct bind_grant *g)
{
	uint64_t now = b->table->timers->now;

	b->pub.registrar = g->registrar;
	b->pub.cseq = g->cseq;
	b->pub.nat = g->nat;
	b->pub.outbound = g->outbound;
	b->pub.phone = g->phone;
	b->pub.phone_due = now + (uint64_t)g->phone * 1000;
	b->pub.granted_due = now + (uint64_t)g->granted * 1000;
	b->pub.relayed++;
	b->early = early_of(g);
	set_timer(b);
	begin_keepalive(b->way, g->keepalive, g->keepalive - g->keepalive / 4);
}

/* ------------------------------------------------------------------------------ room */

static uint32_t count_aor(const struct bind_table *t, struct span aor)
{
	const struct bind *b = NULL;
	uint32_t n = 0;

	while ((b = bind_next(t, aor, b)))
		n++;
	return n;
}

static bool has_room(const struct bind_table *t, const struct sip_flow *flow,
		     const struct bind_limits *limits)
{
	struct dp_addr addr = source_of(flow);
	const struct source *source = find_source(t, &addr);

	return !limits->source || !source || source->count < limits->source;
}

enum bind_room bind_room(const struct bind_table *t, const struct bind_key *key,
			 const struct sip_flow *flow,
			 const struct bind_limits *limits)
{
	const struct binding *b = find_key(t, key);
	struct dp_addr addr = source_of(flow);

	if (b && b->way && dp_addr_eq(&b->way->source->addr, &addr))
		return BIND_ROOM;
	if (!b && limits->all && t->counters.live >= limits->all)
		return BIND_FULL;
	if (!has_room(t, flow, limits))
		return BIND_FULL_SOURCE;
	if (!b && limits->aor && count_aor(t, key->aor) >= limits->aor)
		return BIND_FULL_AOR;
	return BIND_ROOM;
}

/* ------------------------------------------------------------------------ what is done */

/* @way: NULL: it is away; its token is still to come, and it is in no list */
static struct binding *make(struct bind_table *t, const struct bind_grant *g,
			    struct way *way)
{
	struct binding *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->text = copy_texts(&b->pub, g);
	if (!b->text) {
		free(b);
		return NULL;
	}
	b->table = t;
	b->pub.since = t->timers->now;
	timer_init(&b->timer, on_timer, b);
	if (way)
		join_way(b, way);
	else
		t->counters.away++;
	return b;
}

static void add(struct bind_table *t, struct binding *b)
{
	link_binding(t, b);
	TAILQ_INSERT_TAIL(&t->all, b, all);
	t->counters.live++;
	t->counters.begun++;
	grow(t);
}

static void changed(const struct binding *b)
{
	const struct bind_table *t = b->table;

	if (t->ops->changed)
		t->ops->changed(t->arg, &b->pub);
}

/* the address of record is the same, so it stays in its chains; takes the way on success */
static bool change(struct binding *b, const struct bind_grant *g, struct way *way)
{
	struct bind_table *t = b->table;
	char *text = copy_texts(&b->pub, g);

	if (!text)
		return false;
	free(b->text);
	b->text = text;
	if (b->way == way) {
		put_way(way);
		return true;
	}
	leave_way(b);
	join_way(b, way);
	t->counters.moved++;
	return true;
}

int bind_set(struct bind_table *t, const struct bind_grant *g,
	     const struct bind_limits *limits, const struct bind **bind)
{
	struct binding *b, *was;
	struct way *way;

	if (bind_room(t, &g->key, g->flow, limits) != BIND_ROOM) {
		t->counters.full++;
		return -ENOSPC;
	}
	/* its end has been told already: nobody would hear of it */
	if (sip_proto_is_reliable(g->flow->proto) && !g->flow->conn)
		return -ENOTCONN;
	way = get_way(t, g->flow);
	if (!way)
		return -ENOMEM;
	b = find_key(t, &g->key);
	was = b;
	if (b ? !change(b, g, way) : !(b = make(t, g, way))) {
		put_way(way);
		return -ENOMEM;
	}
	if (!was) {
		bind_token(t, &g->key, b->pub.token);
		add(t, b);
	}
	take(b, g);
	changed(b);
	if (bind)
		*bind = &b->pub;
	return 0;
}

/* a phone that is not heard may have closed what is between: it is seen to at once */
static void take_saved(struct binding *b, const struct bind_saved *saved)
{
	const struct bind_grant *g = &saved->grant;

	memcpy(b->pub.token, saved->token.p, BIND_TOKEN_LEN);
	b->pub.proto = saved->proto;
	b->pub.source = saved->source;
	b->pub.registrar = g->registrar;
	b->pub.cseq = g->cseq;
	b->pub.nat = g->nat;
	b->pub.outbound = g->outbound;
	b->pub.phone = g->phone;
	b->pub.since = saved->since;
	b->pub.phone_due = saved->phone_due;
	b->pub.granted_due = saved->granted_due;
	b->pub.relayed = saved->relayed;
	b->pub.refreshed = saved->refreshed;
	if (b->way)
		begin_keepalive(b->way, g->keepalive / 4, 0);
}

int bind_load(struct bind_table *t, const struct bind_saved *saved,
	      const struct bind_limits *limits)
{
	struct way *way = NULL;
	struct binding *b;

	if (!bind_is_token(saved->token))
		return -EINVAL;
	if (find_token(t, saved->token))
		return -EEXIST;
	if (limits->all && t->counters.live >= limits->all)
		return -ENOSPC;
	if (saved->grant.flow)
		way = get_way(t, saved->grant.flow);
	if (saved->grant.flow && !way)
		return -ENOMEM;
	b = make(t, &saved->grant, way);
	if (!b) {
		if (way)
			put_way(way);
		return -ENOMEM;
	}
	take_saved(b, saved);
	add(t, b);
	set_timer(b);
	return 0;
}

const struct bind *bind_refresh(struct bind_table *t, const struct bind_grant *g)
{
	struct binding *b = find_key(t, &g->key);
	uint64_t now = t->timers->now;

	if (!b || !b->way || !t->flows->same(b->way->flow, g->flow) ||
	    !span_is(g->key.contact, b->pub.contact) ||
	    !span_is(g->params, b->pub.params) ||
	    !span_is(g->call_id, b->pub.call_id) ||
	    !span_is(g->path, b->pub.path) || g->cseq < b->pub.cseq ||
	    b->pub.granted_due < now + (uint64_t)g->phone * 2000 + b->early)
		return NULL;
	b->pub.cseq = g->cseq;
	b->pub.phone = g->phone;
	b->pub.phone_due = now + (uint64_t)g->phone * 1000;
	b->pub.refreshed++;
	t->counters.refreshed++;
	set_timer(b);
	changed(b);
	return &b->pub;
}

const struct bind *bind_find(const struct bind_table *t, struct span token)
{
	const struct binding *b = find_token(t, token);

	return b ? &b->pub : NULL;
}

static struct binding *binding_of(const struct bind *bind)
{
	return (struct binding *)(uintptr_t)bind;
}

const struct bind *bind_next(const struct bind_table *t, struct span aor,
			     const struct bind *after)
{
	const struct binding *b = after ?
		LIST_NEXT(binding_of(after), by_aor) :
		LIST_FIRST(&t->by_aor[hash_text(t, aor)]);

	while (b && !span_is(aor, b->pub.aor))
		b = LIST_NEXT(b, by_aor);
	return b ? &b->pub : NULL;
}

void bind_each(const struct bind_table *t,
	       void (*fn)(const struct bind *bind, void *arg), void *arg)
{
	const struct binding *b;

	TAILQ_FOREACH(b, &t->all, all)
		fn(&b->pub, arg);
}

void bind_remove(struct bind_table *t, const struct bind *bind)
{
	end(binding_of(bind), BIND_REMOVED);
}

void bind_lost(struct bind_table *t, const struct sip_flow *flow)
{
	struct way *way = find_way(t, flow);

	if (way)
		lose(way);
}

bool bind_is_on(const struct bind_table *t, const struct sip_flow *flow)
{
	return find_way(t, flow);
}

const struct bind *bind_on(const struct bind_table *t, const struct sip_flow *flow)
{
	const struct way *way = find_way(t, flow);
	const struct binding *b = way ? LIST_FIRST(&way->bindings) : NULL;

	return b ? &b->pub : NULL;
}

uint32_t bind_at_source(const struct bind_table *t, const struct sip_flow *flow)
{
	struct dp_addr addr = source_of(flow);
	const struct source *source = find_source(t, &addr);

	return source ? source->count : 0;
}

const char *bind_why_name(enum bind_why why)
{
	static const char *const names[] = {
		[BIND_LATE] = "the phone has not come back in time",
		[BIND_EXPIRED] = "the registrar's time is over",
		[BIND_REMOVED] = "the phone has removed it",
		[BIND_LOST] = "the phone's flow is lost",
	};

	return names[why];
}

/* --------------------------------------------------------------------- begin and end */

struct bind_table *bind_table_new(struct timers *timers,
				  const struct sip_flow_ops *flows,
				  const struct bind_ops *ops, void *arg)
{
	struct bind_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->timers = timers;
	t->flows = flows;
	t->ops = ops;
	t->arg = arg;
	t->last = calloc(1, sizeof(*t->last));
	TAILQ_INIT(&t->all);
	random_bytes(t->key, sizeof(t->key));
	random_bytes(t->secret, sizeof(t->secret));
	if (t->last && make_buckets(t, FIRST_BUCKETS))
		return t;
	bind_table_free(t);
	return NULL;
}

const uint64_t *bind_table_secret(const struct bind_table *t)
{
	return t->secret;
}

void bind_table_set_secret(struct bind_table *t, const uint64_t *secret)
{
	memcpy(t->secret, secret, sizeof(t->secret));
	*t->last->token = '\0';
}

void bind_table_free(struct bind_table *t)
{
	struct binding *b;

	if (!t)
		return;
	while ((b = TAILQ_FIRST(&t->all))) {
		TAILQ_REMOVE(&t->all, b, all);
		release(b);
	}
	free_buckets(t);
	free(t->last);
	explicit_bzero(t->secret, sizeof(t->secret));
	free(t);
}

const struct bind_counters *bind_table_counters(const struct bind_table *t)
{
	return &t->counters;
}
