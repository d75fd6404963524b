// SPDX-License-Identifier: GPL-2.0
/*
 * Next hops, looked up as RFC 3263 says: NAPTR, SRV, addresses, each only if what
 * comes before it has said nothing.
 *
 * Each next hop has an entry, which is also its place in the cache.  An entry runs
 * in stages; a stage is over when none of its questions is open any more.  What is
 * found is collected beside what is known, and takes its place when all is there.
 */
#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/loop.h"
#include "dns.h"
#include "resolve.h"

#define ENTRIES_MAX	8192
#define TABLE		256
#define PLACES_MAX	16	/* of a name: SRV records, or itself */
#define ADDRS_MAX	8	/* of a place */
#define STALE_S		86400	/* that an old answer is better than none */

/**
 * struct place - a host and port that serves a name
 * @proto: how
 * @port: where
 * @order: what has the lowest is tried first: NAPTR's place and SRV's priority
 * @weight: of those with the same @order (RFC 2782)
 * @n: addresses
 * @addr: these, with @port
 */
struct place {
	enum sip_proto proto;
	uint16_t port;
	uint32_t order;
	uint32_t weight;
	size_t n;
	struct dp_addr addr[ADDRS_MAX];
};

/**
 * struct places - what is known of a name
 * @n: how many
 * @place: in any order
 * @by_size: nobody said how to send
 */
struct places {
	size_t n;
	struct place place[PLACES_MAX];
	bool by_size;
};

/**
 * enum stage - what an entry is asking for
 * @STAGE_NONE: nothing
 * @STAGE_NAPTR: which transports, and the SRV records that these name
 * @STAGE_SRV: SRV records of the transports that we have
 * @STAGE_ADDR: addresses of the name itself
 */
enum stage {
	STAGE_NONE,
	STAGE_NAPTR,
	STAGE_SRV,
	STAGE_ADDR
};

/**
 * struct entry - a next hop
 * @link: in the table
 * @r: whose
 * @host: its name
 * @hop: the rest; its host is @host
 * @known: what is told
 * @error: what is told, if nothing is known
 * @expires: ms; 0: nothing was asked yet
 * @answered: ms, when a name server said @known
 * @stage: what it is asking for
 * @open: questions without an answer
 * @fresh: what is being found
 * @saw: there were SRV records, whatever came of them
 * @fault: why questions failed, 0: they did not
 * @ttl: s, the least of all answers
 * @queries: who waits
 */
struct entry {
	LIST_ENTRY(entry) link;
	struct sip_resolver *r;
	char host[SIP_HOST_MAX];
	struct sip_hop hop;
	struct places known;
	int error;
	uint64_t expires;
	uint64_t answered;
	enum stage stage;
	unsigned int open;
	struct places fresh;
	bool saw;
	int fault;
	unsigned int ttl;
	LIST_HEAD(, sip_query) queries;
};

/**
 * struct sip_query - somebody who waits
 * @link: in the entry's list
 * @r: the resolver
 * @entry: what for; NULL: an address
 * @later: tells
 * @fn: whom
 * @arg: for @fn
 * @direct: of an address
 */
struct sip_query {
	LIST_ENTRY(sip_query) link;
	struct sip_resolver *r;
	struct entry *entry;
	struct loop_later later;
	sip_resolve_fn *fn;
	void *arg;
	struct sip_targets direct;
};

/**
 * struct ask - a question to name servers
 * @entry: whose; NULL: nobody's any more
 * @proto: SRV: of which transport
 * @order: SRV: NAPTR's place
 * @place: addresses: index in the entry's fresh places
 */
struct ask {
	struct entry *entry;
	enum sip_proto proto;
	uint32_t order;
	size_t place;
};

/**
 * struct sip_resolver - the resolver
 * @loop: the loop
 * @conf: how to look up
 * @servers: conf.servers
 * @dns: c-ares
 * @running: entries that ask
 * @again: resolv.conf is to be read anew when nobody asks
 * @table: entries by name
 * @n: how many
 * @direct: queries for addresses
 */
struct sip_resolver {
	struct loop *loop;
	struct sip_resolve_conf conf;
	char *servers;
	struct sip_dns dns;
	unsigned int running;
	bool again;
	LIST_HEAD(, entry) table[TABLE];
	size_t n;
	LIST_HEAD(, sip_query) direct;
};

/* --------------------------------------------------------------------------- order */

static uint32_t any(uint32_t below)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n))
		return 0;
	return (uint32_t)((uint64_t)n * below >> 32);
}

/* RFC 2782: of those with the lowest order, one by its weight */
static const struct place *draw(const struct places *places, uint32_t taken)
{
	uint32_t sum = 0, order = UINT32_MAX, at;
	const struct place *p;
	size_t i;

	for (i = 0; i < places->n; i++)
		if (!(taken & 1u << i) && places->place[i].order < order)
			order = places->place[i].order;
	for (i = 0; i < places->n; i++)
		if (!(taken & 1u << i) && places->place[i].order == order)
			sum += places->place[i].weight + 1;
	at = any(sum);
	for (i = 0; i < places->n; i++) {
		p = &places->place[i];
		if (taken & 1u << i || p->order != order)
			continue;
		if (at <= p->weight)
			return p;
		at -= p->weight + 1;
	}
	return NULL;
}

static void add_targets(struct sip_targets *targets, const struct place *place,
			const char *host)
{
	struct sip_target *t;
	size_t i;

	for (i = 0; i < place->n && targets->n < SIP_TARGETS_MAX; i++) {
		t = &targets->target[targets->n++];
		t->proto = place->proto;
		t->addr = place->addr[i];
		snprintf(t->host, sizeof(t->host), "%s", host);
	}
}

/* The name in a certificate is the configured one, not SRV's (RFC 5922 7.2). */
static void put_in_order(const struct entry *e, struct sip_targets *targets)
{
	const struct place *place;
	uint32_t taken = 0;

	targets->n = 0;
	targets->by_size = e->known.by_size;
	while ((place = draw(&e->known, taken))) {
		taken |= 1u << (place - e->known.place);
		add_targets(targets, place, e->host);
	}
}

/* --------------------------------------------------------------------------- telling */

static void tell(void *arg)
{
	struct sip_query *q = arg;
	struct entry *e = q->entry;
	sip_resolve_fn *fn = q->fn;
	struct sip_targets targets;
	void *fn_arg = q->arg;
	int error = 0;

	if (!e) {
		targets = q->direct;
	} else if (e->known.n) {
		put_in_order(e, &targets);
	} else {
		error = e->error ? e->error : -ENOENT;
	}
	LIST_REMOVE(q, link);
	free(q);
	fn(error, error ? NULL : &targets, fn_arg);
}

/* once, however often it is asked for */
static void tell_later(struct sip_query *q)
{
	loop_defer(q->r->loop, &q->later);
}

/* ------------------------------------------------------------------------- an entry */

static void ask_address(struct entry *e, const char *name, size_t place);
static void ask_srv(struct entry *e, const char *name, enum sip_proto proto,
		    uint32_t order);

static bool may(const struct entry *e, enum sip_proto proto)
{
	if (e->hop.secure && proto != SIP_PROTO_TLS)
		return false;
	if (e->hop.has_proto && proto != e->hop.proto)
		return false;
	return e->r->conf.protos & 1u << proto;
}

static uint16_t default_port(enum sip_proto proto)
{
	return proto == SIP_PROTO_TLS ? 5061 : 5060;
}

static enum sip_proto proto_of(const struct sip_hop *hop)
{
	if (hop->secure)
		return SIP_PROTO_TLS;
	return hop->has_proto ? hop->proto : SIP_PROTO_UDP;
}

static struct place *add_place(struct entry *e, enum sip_proto proto,
			       uint16_t port, uint32_t order, uint32_t weight)
{
	struct place *place;

	if (e->fresh.n == PLACES_MAX)
		return NULL;
	place = &e->fresh.place[e->fresh.n++];
	*place = (struct place){
		.proto = proto,
		.port = port,
		.order = order,
		.weight = weight,
	};
	return place;
}

static void note_fault(struct entry *e, int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ENOTIMP:
	case ARES_EFORMERR:
		break;
	case ARES_ECONNREFUSED:		/* or all of them refused or failed */
		if (!e->fault)
			e->fault = -EHOSTUNREACH;
		break;
	case ARES_ENOMEM:
		e->fault = -ENOMEM;
		break;
	default:
		e->fault = -ETIMEDOUT;
	}
}

static void note_ttl(struct entry *e, unsigned int ttl)
{
	if (ttl < e->ttl)
		e->ttl = ttl;
}

static bool has_address(const struct places *places)
{
	size_t i;

	for (i = 0; i < places->n; i++)
		if (places->place[i].n)
			return true;
	return false;
}

/* all is there: what was found, or why not */
static void finish(struct entry *e)
{
	const struct sip_resolve_conf *conf = &e->r->conf;
	uint64_t now = loop_now(e->r->loop);
	unsigned int ttl = conf->ttl_negative;
	struct sip_query *q;

	e->stage = STAGE_NONE;
	e->r->running--;
	e->error = e->fault ? e->fault : -ENOENT;
	if (has_address(&e->fresh)) {
		e->error = 0;
		e->known = e->fresh;
		e->answered = now;
		ttl = e->ttl < conf->ttl_min ? conf->ttl_min :
		      e->ttl > conf->ttl_max ? conf->ttl_max : e->ttl;
	} else if (!e->fault || now - e->answered > STALE_S * 1000ull) {
		e->known.n = 0;		/* else the old answer stays */
	}
	if (e->fault == -EHOSTUNREACH || e->fault == -ETIMEDOUT)
		e->r->again = true;
	e->expires = now + ttl * 1000ull;
	LIST_FOREACH(q, &e->queries, link)
		tell_later(q);
}

static void stage_addr(struct entry *e)
{
	enum sip_proto proto = proto_of(&e->hop);
	uint16_t port = e->hop.port ? e->hop.port : default_port(proto);

	e->stage = STAGE_ADDR;
	e->fresh.by_size = !e->hop.has_proto && !e->hop.secure;
	if (may(e, proto) && add_place(e, proto, port, 0, 0))
		ask_address(e, e->host, e->fresh.n - 1);
}

/* the transports in our order, where no NAPTR says the name's */
static void stage_srv(struct entry *e)
{
	static const struct {
		enum sip_proto proto;
		const char *prefix;
	} services[] = {
		{ SIP_PROTO_UDP, "_sip._udp" },
		{ SIP_PROTO_TCP, "_sip._tcp" },
		{ SIP_PROTO_TLS, "_sips._tcp" },
	};
	char name[SIP_HOST_MAX + 16];
	unsigned int i;

	e->stage = STAGE_SRV;
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (!may(e, services[i].proto))
			continue;
		snprintf(name, sizeof(name), "%s.%s", services[i].prefix,
			 e->host);
		ask_srv(e, name, services[i].proto, i);
	}
}

static void stage_naptr(struct entry *e);

/* no question of this stage is open: another stage, or the end */
static void stage_over(struct entry *e)
{
	/* the guard: an answer may be there before the last question is asked */
	while (!e->open && e->stage != STAGE_NONE) {
		e->open++;
		/* some servers answer addresses only, but silence costs time */
		if (e->saw || e->fault == -ETIMEDOUT || e->stage == STAGE_ADDR)
			finish(e);
		else if (e->stage == STAGE_NAPTR)
			stage_srv(e);
		else
			stage_addr(e);
		e->open--;
	}
}

static void answered(struct entry *e)
{
	e->open--;
	stage_over(e);
}

static bool open_dns(struct sip_resolver *r)
{
	return sip_dns_open(&r->dns, r->servers, (int)r->conf.timeout,
			    (int)r->conf.tries);
}

static void start(struct entry *e)
{
	struct sip_resolver *r = e->r;

	if (r->again && !r->running) {
		sip_dns_close(&r->dns);
		r->again = !open_dns(r);
	}
	r->running++;
	e->fresh = (struct places){ 0 };
	e->fault = 0;
	e->saw = false;
	e->ttl = r->conf.ttl_max;
	e->open = 1;
	if (!r->dns.channel) {
		e->fault = -ENOMEM;
		e->stage = STAGE_ADDR;
	} else if (e->hop.port) {
		stage_addr(e);
	} else if (e->hop.has_proto) {
		stage_srv(e);
	} else {
		stage_naptr(e);
	}
	answered(e);
	if (r->dns.channel)
		sip_dns_arm(&r->dns);
}

/* --------------------------------------------------------------------- the questions */

static struct ask *ask_make(struct entry *e)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (!ask) {
		e->fault = -ENOMEM;
		return NULL;
	}
	ask->entry = e;
	e->open++;
	return ask;
}

/* the end of c-ares: there may be no entry any more */
static bool is_over(struct ask *ask, int status)
{
	if (status != ARES_EDESTRUCTION && status != ARES_ECANCELLED)
		return false;
	free(ask);
	return true;
}

static void got_address(void *arg, int status, int timeouts,
			struct ares_addrinfo *info)
{
	struct ares_addrinfo_node *node;
	struct ask *ask = arg;
	struct entry *e = ask->entry;
	const struct sip_resolve_conf *conf = &e->r->conf;
	struct dp_addr addr;
	struct place *place;

	if (is_over(ask, status))
		return;
	note_fault(e, status);
	place = &e->fresh.place[ask->place];
	free(ask);
	for (node = info ? info->nodes : NULL; node; node = node->ai_next) {
		if (!dp_addr_from_sockaddr(&addr, node->ai_addr,
					   node->ai_addrlen) ||
		    place->n == ADDRS_MAX)
			continue;
		if (addr.family == AF_INET ? conf->ipv6 && !conf->ipv4 :
					     conf->ipv4 && !conf->ipv6)
			continue;
		addr.port = place->port;
		place->addr[place->n++] = addr;
		note_ttl(e, node->ai_ttl < 0 ? 0 : (unsigned int)node->ai_ttl);
	}
	if (info)
		ares_freeaddrinfo(info);
	answered(e);
}

static void ask_address(struct entry *e, const char *name, size_t place)
{
	const struct sip_resolve_conf *conf = &e->r->conf;
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = conf->ipv4 == conf->ipv6 ? AF_UNSPEC :
			     conf->ipv4 ? AF_INET : AF_INET6,
		.ai_socktype = SOCK_DGRAM,
	};
	struct ask *ask = ask_make(e);

	if (!ask)
		return;
	ask->place = place;
	ares_getaddrinfo(e->r->dns.channel, name, NULL, &hints, got_address, ask);
}

/* the least time to live of an answer's records; c-ares tells it of addresses only */
static unsigned int ttl_of(const unsigned char *buf, int len)
{
	unsigned int questions, answers, ttl = UINT32_MAX, size;
	const unsigned char *p = buf + HFIXEDSZ, *end = buf + len;
	char *name;
	long n;

	if (len < HFIXEDSZ)
		return 0;
	questions = (unsigned int)(buf[4] << 8 | buf[5]);
	answers = (unsigned int)(buf[6] << 8 | buf[7]);
	while (questions + answers) {
		if (ares_expand_name(p, buf, len, &name, &n) != ARES_SUCCESS)
			return 0;
		ares_free_string(name);
		p += n;
		if (questions) {
			questions--;
			p += QFIXEDSZ;
			continue;
		}
		if (end - p < RRFIXEDSZ)
			return 0;
		size = (unsigned int)p[4] << 24 | (unsigned int)p[5] << 16 |
		       (unsigned int)p[6] << 8 | p[7];
		ttl = size < ttl ? size : ttl;
		size = (unsigned int)(p[8] << 8 | p[9]);
		p += RRFIXEDSZ;
		if (end - p < (ptrdiff_t)size)
			return 0;
		p += size;
		answers--;
	}
	return ttl;
}

static void got_srv(void *arg, int status, int timeouts, unsigned char *buf,
		    int len)
{
	struct ares_srv_reply *reply = NULL, *s;
	struct ask *ask = arg;
	struct entry *e = ask->entry;

	if (is_over(ask, status))
		return;
	if (status == ARES_SUCCESS) {
		status = ares_parse_srv_reply(buf, len, &reply);
		note_ttl(e, ttl_of(buf, len));
	}
	note_fault(e, status);
	for (s = reply; s; s = s->next) {
		e->saw = true;
		/* "." and the empty name: decidedly not here (RFC 2782) */
		if (!*s->host || !strcmp(s->host, ".") || !s->port)
			continue;
		if (add_place(e, ask->proto, s->port,
			      ask->order << 16 | s->priority, s->weight))
			ask_address(e, s->host, e->fresh.n - 1);
	}
	ares_free_data(reply);
	free(ask);
	answered(e);
}

static void ask_srv(struct entry *e, const char *name, enum sip_proto proto,
		    uint32_t order)
{
	struct ask *ask = ask_make(e);

	if (!ask)
		return;
	ask->proto = proto;
	ask->order = order;
	ares_query(e->r->dns.channel, name, C_IN, T_SRV, got_srv, ask);
}

/* SIP_PROTO_NONE: a service that is not ours */
static enum sip_proto service_of(const struct ares_naptr_reply *naptr)
{
	const char *service = (const char *)naptr->service;

	if (strcasecmp((const char *)naptr->flags, "s") ||
	    *naptr->regexp || !*naptr->replacement)
		return SIP_PROTO_NONE;
	if (!strcasecmp(service, "SIP+D2U"))
		return SIP_PROTO_UDP;
	if (!strcasecmp(service, "SIP+D2T"))
		return SIP_PROTO_TCP;
	if (!strcasecmp(service, "SIPS+D2T"))
		return SIP_PROTO_TLS;
	return SIP_PROTO_NONE;
}

/* how many come before it: NAPTR's order, then its preference */
static uint32_t naptr_place(const struct ares_naptr_reply *all,
			    const struct ares_naptr_reply *it)
{
	uint32_t n = 0;

	for (; all; all = all->next)
		n += all->order < it->order ||
		     (all->order == it->order &&
		      all->preference < it->preference);
	return n;
}

static void got_naptr(void *arg, int status, int timeouts, unsigned char *buf,
		      int len)
{
	struct ares_naptr_reply *reply = NULL, *n;
	struct ask *ask = arg;
	struct entry *e = ask->entry;
	unsigned int asked = 0;
	enum sip_proto proto;

	if (is_over(ask, status))
		return;
	free(ask);
	if (status == ARES_SUCCESS) {
		status = ares_parse_naptr_reply(buf, len, &reply);
		note_ttl(e, ttl_of(buf, len));
	}
	note_fault(e, status);
	for (n = reply; n && asked < PLACES_MAX; n = n->next) {
		proto = service_of(n);
		if (proto == SIP_PROTO_NONE || !may(e, proto))
			continue;
		ask_srv(e, n->replacement, proto, naptr_place(reply, n));
		asked++;
	}
	if (reply)
		ares_free_data(reply);
	answered(e);
}

static void stage_naptr(struct entry *e)
{
	struct ask *ask;

	e->stage = STAGE_NAPTR;
	ask = ask_make(e);
	if (ask)
		ares_query(e->r->dns.channel, e->host, C_IN, T_NAPTR, got_naptr,
			   ask);
}

/* ----------------------------------------------------------------------- the table */

static unsigned int slot_of(const char *host)
{
	unsigned int hash = 0;

	while (*host)
		hash = hash * 31 + ((unsigned char)*host++ | 0x20);
	return hash % TABLE;
}

static struct entry *find(struct sip_resolver *r, const struct sip_hop *hop)
{
	struct entry *e;

	LIST_FOREACH(e, &r->table[slot_of(hop->host)], link)
		if (!strcasecmp(e->host, hop->host) &&
		    e->hop.port == hop->port && e->hop.secure == hop->secure &&
		    e->hop.has_proto == hop->has_proto &&
		    (!hop->has_proto || e->hop.proto == hop->proto))
			return e;
	return NULL;
}

/* names that the configuration has no more, before there are too many */
static void clean(struct sip_resolver *r)
{
	uint64_t now = loop_now(r->loop);
	struct entry *e, *next;
	unsigned int i;

	for (i = 0; i < TABLE; i++) {
		for (e = LIST_FIRST(&r->table[i]); e; e = next) {
			next = LIST_NEXT(e, link);
			if (e->stage != STAGE_NONE || e->expires > now ||
			    !LIST_EMPTY(&e->queries))
				continue;
			LIST_REMOVE(e, link);
			free(e);
			r->n--;
		}
	}
}

static struct entry *make(struct sip_resolver *r, const struct sip_hop *hop)
{
	struct entry *e;

	if (r->n >= ENTRIES_MAX)
		clean(r);
	e = r->n < ENTRIES_MAX ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return NULL;
	e->r = r;
	snprintf(e->host, sizeof(e->host), "%s", hop->host);
	e->hop = *hop;
	e->hop.host = e->host;
	LIST_INIT(&e->queries);
	LIST_INSERT_HEAD(&r->table[slot_of(e->host)], e, link);
	r->n++;
	return e;
}

/* ------------------------------------------------------------------- what others call */

static bool can_be_sent_to(const struct dp_addr *addr)
{
	uint32_t v4 = ntohl(addr->v4.s_addr);

	if (addr->family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&addr->v6) &&
		       !IN6_IS_ADDR_MULTICAST(&addr->v6);
	/* 0.0.0.0/8; multicast, reserved and broadcast: 224.0.0.0/3 */
	return v4 >> 24 && v4 >> 29 != 7;
}

bool sip_target_numeric(const char *host, size_t host_len, uint16_t port,
			enum sip_proto proto, struct sip_target *target)
{
	char text[DP_ADDR_STRLEN];
	struct sip_target t = { .proto = proto };

	if (host_len >= sizeof(text))
		return false;
	memcpy(text, host, host_len);
	text[host_len] = '\0';
	if (strlen(text) != host_len || !dp_addr_parse_host(text, &t.addr) ||
	    !can_be_sent_to(&t.addr))
		return false;
	t.addr.port = port ? port : default_port(proto);
	*target = t;
	return true;
}

struct sip_query *sip_resolve(struct sip_resolver *r, const struct sip_hop *hop,
			      sip_resolve_fn *fn, void *arg)
{
	struct sip_query *q;
	struct entry *e;

	q = strlen(hop->host) < SIP_HOST_MAX ? calloc(1, sizeof(*q)) : NULL;
	if (!q)
		return NULL;
	q->later = (struct loop_later){ .fn = tell, .arg = q };
	q->r = r;
	q->fn = fn;
	q->arg = arg;
	if (sip_target_numeric(hop->host, strlen(hop->host), hop->port,
			       proto_of(hop), &q->direct.target[0])) {
		q->direct.n = 1;
		q->direct.by_size = !hop->has_proto && !hop->secure;
		LIST_INSERT_HEAD(&r->direct, q, link);
		tell_later(q);
		return q;
	}
	e = find(r, hop);
	if (!e)
		e = make(r, hop);
	if (!e) {
		free(q);
		return NULL;
	}
	q->entry = e;
	LIST_INSERT_HEAD(&e->queries, q, link);
	if (e->stage != STAGE_NONE)
		return q;
	if (e->expires > loop_now(r->loop))
		tell_later(q);
	else
		start(e);
	return q;
}

void sip_query_cancel(struct sip_query *query)
{
	if (!query)
		return;
	loop_defer_cancel(&query->later);
	LIST_REMOVE(query, link);
	free(query);
}

static void fill(struct sip_resolve_conf *conf)
{
	if (!conf->timeout)
		conf->timeout = 1000;
	if (!conf->tries)
		conf->tries = 2;
	if (!conf->ttl_min)
		conf->ttl_min = 5;
	if (!conf->ttl_max)
		conf->ttl_max = 3600;
	if (!conf->ttl_negative)
		conf->ttl_negative = 10;
	if (!conf->protos)
		conf->protos = 1u << SIP_PROTO_UDP | 1u << SIP_PROTO_TCP |
			       1u << SIP_PROTO_TLS;
}

struct sip_resolver *sip_resolver_new(struct loop *loop,
				      const struct sip_resolve_conf *conf)
{
	struct sip_resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->loop = loop;
	if (conf)
		r->conf = *conf;
	fill(&r->conf);
	sip_dns_init(&r->dns, loop);
	if (r->conf.servers)
		r->servers = strdup(r->conf.servers);
	if ((r->conf.servers && !r->servers) ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(r->servers);
		free(r);
		return NULL;
	}
	if (!open_dns(r)) {
		sip_resolver_free(r);
		return NULL;
	}
	return r;
}

static void free_queries(struct entry *e)
{
	struct sip_query *q;

	while ((q = LIST_FIRST(&e->queries)))
		sip_query_cancel(q);
}

void sip_resolver_free(struct sip_resolver *r)
{
	struct sip_query *q;
	struct entry *e;
	unsigned int i;

	if (!r)
		return;
	sip_dns_close(&r->dns);
	while ((q = LIST_FIRST(&r->direct)))
		sip_query_cancel(q);
	for (i = 0; i < TABLE; i++) {
		while ((e = LIST_FIRST(&r->table[i]))) {
			free_queries(e);
			LIST_REMOVE(e, link);
			free(e);
		}
	}
	ares_library_cleanup();
	free(r->servers);
	free(r);
}
