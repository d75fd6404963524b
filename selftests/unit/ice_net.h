/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network for ICE agents, in virtual time and the same for each seed: hosts, NATs of
 * each kind, one within the other, datagrams that are lost, doubled and late.
 *
 *	agent -- host -- [NAT -- [NAT --]] everybody -- [NAT -- [NAT --]] host -- agent
 */
#ifndef UNIT_ICE_NET_H
#define UNIT_ICE_NET_H

#include <stdlib.h>
#include <string.h>

#include "ice/ice.h"
#include "ktap.h"
#include "stun/stun.h"

#define NET_HOSTS	8
#define NET_NATS	4
#define NET_MAPS	256
#define NET_PEERS	64
#define NET_SERVER	"192.0.2.250:3478"

/**
 * enum nat_kind - who may come in (RFC 4787), and as whom who goes out is seen
 * @NAT_FULL: anybody may
 * @NAT_HOST: whose host was sent to
 * @NAT_PORT: whose host and port was sent to
 * @NAT_SYMMETRIC: the same, and each destination has a port of its own
 */
enum nat_kind {
	NAT_NONE,
	NAT_FULL,
	NAT_HOST,
	NAT_PORT,
	NAT_SYMMETRIC,
	NAT_KINDS
};

struct nat_map {
	struct dp_addr in;
	struct dp_addr to;		/* NAT_SYMMETRIC: the destination */
	uint16_t port;
	struct dp_addr peer[NET_PEERS];
	size_t peers;
};

struct nat {
	enum nat_kind kind;
	struct dp_addr addr;
	struct nat *outer;
	struct nat_map map[NET_MAPS];
	size_t maps;
	uint16_t next_port;
};

struct peer;

struct host {
	struct dp_addr addr;
	struct nat *nat;
	struct peer *peer;
	bool down;			/* a firewall: nothing comes or goes */
};

/**
 * struct peer - an agent, and what it was told
 * @ice: the agent
 * @local: what it offers
 * @local_stream: in which stream each
 * @locals: how many
 * @path: the last ICE_PATH of each stream and component
 * @has: there is one
 * @paths: how many came
 * @lost: how many ICE_LOST
 * @failed: how many ICE_FAILED
 * @sent: datagrams
 * @bytes: of these
 */
struct peer {
	struct ice *ice;
	const struct ice_candidate *local[32];
	unsigned int local_stream[32];
	size_t locals;
	struct ice_path path[2][3];
	bool has[2][3];
	unsigned int paths;
	unsigned int lost;
	unsigned int failed;
	uint64_t sent;
	uint64_t bytes;
};

struct datagram {
	struct timer timer;
	struct host *to;
	struct dp_addr src;
	struct dp_addr dst;
	size_t n;
	uint8_t data[];
};

static struct {
	struct timers timers;
	uint64_t seed;
	struct host host[NET_HOSTS];
	size_t hosts;
	struct nat nat[NET_NATS];
	size_t nats;
	struct peer peer[2];
	unsigned int loss;		/* of 100 */
	unsigned int doubled;
	uint32_t delay;			/* ms, one way */
	uint32_t jitter;
	uint64_t delivered;
	/* what a host without agent receives: a test plays it */
	void (*stray)(const struct dp_addr *src, const struct dp_addr *dst,
		      const uint8_t *data, size_t n);
} net;

static uint64_t net_random(void)
{
	net.seed ^= net.seed >> 12;
	net.seed ^= net.seed << 25;
	net.seed ^= net.seed >> 27;
	return net.seed * 0x2545f4914f6cdd1dull;
}

static bool net_random_bytes(void *buf, size_t n)
{
	uint8_t *b = buf;

	while (n--)
		*b++ = (uint8_t)(net_random() >> 32);
	return true;
}

static struct dp_addr net_addr(const char *text)
{
	struct dp_addr addr;

	if (!dp_addr_parse(text, &addr) && !dp_addr_parse_host(text, &addr))
		abort();
	return addr;
}

static bool net_same_host(const struct dp_addr *a, const struct dp_addr *b)
{
	return dp_addr_same_host(a, b);
}

static struct nat *net_nat(enum nat_kind kind, const char *addr, struct nat *outer)
{
	struct nat *nat = &net.nat[net.nats++];

	nat->kind = kind;
	nat->addr = net_addr(addr);
	nat->outer = outer;
	nat->next_port = 40000;
	return nat;
}

static struct host *net_host(struct peer *peer, const char *addr, struct nat *nat)
{
	struct host *host = &net.host[net.hosts++];

	host->addr = net_addr(addr);
	host->nat = nat;
	host->peer = peer;
	return host;
}

/* as whom a NAT's outside sees @src; remembers whom it sent to */
static bool net_out(struct nat *nat, struct dp_addr *src, const struct dp_addr *dst)
{
	struct nat_map *m = NULL;
	size_t i;

	for (i = 0; i < nat->maps && !m; i++)
		if (dp_addr_eq(&nat->map[i].in, src) &&
		    (nat->kind != NAT_SYMMETRIC || dp_addr_eq(&nat->map[i].to, dst)))
			m = &nat->map[i];
	if (!m) {
		if (nat->maps == NET_MAPS)
			return false;
		m = &nat->map[nat->maps++];
		m->in = *src;
		m->to = *dst;
		m->port = nat->next_port++;
		m->peers = 0;
	}
	for (i = 0; i < m->peers; i++)
		if (dp_addr_eq(&m->peer[i], dst))
			break;
	if (i == m->peers && i < NET_PEERS)
		m->peer[m->peers++] = *dst;
	*src = nat->addr;
	src->port = m->port;
	return true;
}

static bool net_in(const struct nat *nat, const struct dp_addr *src, struct dp_addr *dst)
{
	const struct nat_map *m;
	size_t i, k;

	for (i = 0; i < nat->maps; i++) {
		m = &nat->map[i];
		if (m->port != dst->port)
			continue;
		for (k = 0; k < m->peers; k++)
			if (nat->kind == NAT_FULL || dp_addr_eq(&m->peer[k], src) ||
			    (nat->kind == NAT_HOST && net_same_host(&m->peer[k], src)))
				break;
		if (k == m->peers)
			return false;
		*dst = m->in;
		return true;
	}
	return false;
}

/* where a datagram arrives, its addresses as they are seen there; NULL: nowhere */
static struct host *net_route(struct nat *level, struct dp_addr *src, struct dp_addr *dst)
{
	bool down = false;
	size_t i;

	for (;;) {
		for (i = 0; i < net.hosts; i++)
			if (net.host[i].nat == level && net_same_host(&net.host[i].addr, dst))
				return net.host[i].down ? NULL : &net.host[i];
		for (i = 0; i < net.nats; i++)
			if (net.nat[i].outer == level && net_same_host(&net.nat[i].addr, dst))
				break;
		if (i < net.nats) {
			if (!net_in(&net.nat[i], src, dst))
				return NULL;
			level = &net.nat[i];
			down = true;
		} else if (!level || down) {
			return NULL;
		} else {
			if (src->family != level->addr.family || !net_out(level, src, dst))
				return NULL;
			level = level->outer;
		}
	}
}

static void net_arrive(struct timer *timer, void *arg)
{
	struct datagram *d = arg;
	struct host *h = d->to;
	unsigned int component = d->dst.port % 2 ? 2 : 1;
	unsigned int stream = d->dst.port / 100 % 2;

	net.delivered++;
	/* a port says what it is for: hundreds the stream, odd ones RTCP */
	if (!h->peer && net.stray)
		net.stray(&d->src, &d->dst, d->data, d->n);
	else if (h->peer && h->peer->ice && !h->down)
		ice_receive(h->peer->ice, stream, component, &d->dst, &d->src, d->data, d->n);
	free(d);
}

static void net_deliver(struct host *to, const struct dp_addr *src, const struct dp_addr *dst,
			const void *data, size_t n)
{
	struct datagram *d = malloc(sizeof(*d) + n);
	uint32_t late = net.jitter ? net_random() % net.jitter : 0;

	d->to = to;
	d->src = *src;
	d->dst = *dst;
	d->n = n;
	memcpy(d->data, data, n);
	timer_init(&d->timer, net_arrive, d);
	timer_set(&net.timers, &d->timer, net.delay + late);
}

static void net_send_from(struct host *from, const struct dp_addr *base,
			  const struct dp_addr *to, const void *data, size_t n)
{
	struct dp_addr src = *base, dst = *to;
	struct host *h;

	if (from->down)
		return;
	h = net_route(from->nat, &src, &dst);
	if (!h || net_random() % 100 < net.loss)
		return;
	net_deliver(h, &src, &dst, data, n);
	if (net_random() % 100 < net.doubled)
		net_deliver(h, &src, &dst, data, n);
}

/* a socket is its host and its address */
struct net_socket {
	struct host *host;
	struct dp_addr base;
};

static struct net_socket net_sockets[64];
static size_t net_n_sockets;

static void net_send(void *arg, void *socket, const struct dp_addr *to,
		     const void *data, size_t n)
{
	const struct net_socket *s = socket;
	struct peer *p = arg;

	p->sent++;
	p->bytes += n;
	net_send_from(s->host, &s->base, to, data, n);
}

static void net_event(void *arg, unsigned int stream, unsigned int component,
		      enum ice_event event, const struct ice_path *path)
{
	struct peer *p = arg;

	switch (event) {
	case ICE_PATH:
		p->path[stream][component] = *path;
		p->has[stream][component] = true;
		p->paths++;
		break;
	case ICE_LOST:
		p->has[stream][component] = false;
		p->lost++;
		break;
	case ICE_FAILED:
		p->failed++;
		break;
	}
}

static const struct ice_ops net_ops = { .send = net_send, .event = net_event };

static void net_end(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ice_free(net.peer[i].ice);
		net.peer[i].ice = NULL;
	}
	/* what is still on its way ends nowhere */
	while (net.timers.count)
		timers_run(&net.timers, net.timers.now + timers_next(&net.timers));
}

static void net_begin(uint64_t seed)
{
	net_end();
	memset(&net, 0, sizeof(net));
	net_n_sockets = 0;
	net.seed = 0x9e3779b97f4a7c15ull * (seed + 1);
	net.delay = 20;
	timers_init(&net.timers, 1000);
}

/* time goes by, a timer at a time */
static void net_pass(uint64_t ms)
{
	uint64_t until = net.timers.now + ms;

	while (timers_next(&net.timers) <= until - net.timers.now)
		timers_run(&net.timers, net.timers.now + timers_next(&net.timers));
	timers_run(&net.timers, until);
}

static void net_agent(struct peer *p, struct ice_conf conf, unsigned int streams,
		      unsigned int components)
{
	conf.random = net_random_bytes;
	p->ice = ice_new(&net.timers, &conf, &net_ops, p);
	while (streams--)
		ice_add_stream(p->ice, components);
}

static void net_offer_one(struct peer *p, unsigned int stream,
			  const struct ice_candidate *c)
{
	p->local[p->locals] = c;
	p->local_stream[p->locals++] = stream;
}

/* an address of a peer's, and as a STUN server sees it if it is behind a NAT */
static void net_local(struct peer *p, struct host *h, unsigned int stream,
		      unsigned int component, uint16_t preference, bool reflexive)
{
	struct net_socket *s = &net_sockets[net_n_sockets++];
	struct dp_addr server = net_addr(NET_SERVER), seen;
	struct ice_local l = {
		.type = ICE_HOST, .component = (uint16_t)component,
		.preference = preference, .socket = s,
	};
	struct nat *nat;

	s->host = h;
	s->base = h->addr;
	s->base.port = (uint16_t)(30000 + 100 * stream + 2 * (s - net_sockets) + component - 1);
	l.addr = s->base;
	l.base = s->base;
	net_offer_one(p, stream, ice_add_local(p->ice, stream, &l));
	if (!reflexive || !h->nat)
		return;
	seen = s->base;
	for (nat = h->nat; nat; nat = nat->outer)
		net_out(nat, &seen, &server);
	l.type = ICE_SRFLX;
	l.addr = seen;
	l.server = server;
	net_offer_one(p, stream, ice_add_local(p->ice, stream, &l));
}

/* what @from offers reaches @to; @candidates: with these, otherwise they are trickled */
static bool net_signal(struct peer *from, struct peer *to, unsigned int stream, bool lite,
		       bool candidates)
{
	size_t i;

	if (!ice_set_remote(to->ice, stream, span_of(ice_ufrag(from->ice, stream)),
			    span_of(ice_pwd(from->ice, stream)), lite))
		return false;
	for (i = 0; candidates && i < from->locals; i++)
		if (from->local_stream[i] == stream &&
		    ice_add_remote(to->ice, stream, from->local[i]))
			return false;
	return true;
}

static struct host *net_host_of(const struct ice_path *path)
{
	return ((struct net_socket *)path->socket)->host;
}

/* what @a sends its way arrives where @b sends from, from where @b sends to */
static bool net_flows_one(const struct ice_path *a, const struct ice_path *b)
{
	struct dp_addr src = a->base, dst = a->remote;
	struct host *h = net_route(net_host_of(a)->nat, &src, &dst);

	return h == net_host_of(b) && dp_addr_eq(&dst, &b->base) &&
	       dp_addr_eq(&src, &b->remote);
}

/* media of a component flows both ways, and both know that it is to */
static bool net_flows(unsigned int stream, unsigned int component)
{
	const struct peer *a = &net.peer[0], *b = &net.peer[1];
	const struct ice_path *pa = &a->path[stream][component];
	const struct ice_path *pb = &b->path[stream][component];

	return a->has[stream][component] && b->has[stream][component] &&
	       pa->chosen && pb->chosen && net_flows_one(pa, pb) && net_flows_one(pb, pa);
}

#endif /* UNIT_ICE_NET_H */
