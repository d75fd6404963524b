// SPDX-License-Identifier: GPL-2.0
/*
 * How the realms' addresses are seen from outside (`stun:`): where the server is, and when
 * it is asked again.  What it says is session/seen.c's, and in the policies' hands.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ifwatch.h"
#include "private.h"

/* a name is asked for again so often, from the resolver's cache mostly */
#define WATCH_MS	30000

void b2b_stun_close(struct realm *realm)
{
	size_t i;

	for (i = 0; realm->told && i < realm->conf->n_addresses; i++)
		session_seen_put(realm->told[i]);
	free(realm->told);
	free(realm->seen);
}

static void tell_none(const struct realm *realm, const char *why)
{
	size_t i;

	for (i = 0; i < realm->conf->n_addresses; i++)
		if (realm->seen[i])
			seen_no_server(realm->seen[i], why);
}

/* the first of each address' family; where there is none nobody is asked */
static void take(const struct realm *realm, const struct sip_targets *targets)
{
	const struct config_address *own;
	const struct dp_addr *server;
	bool any = false;
	size_t i, k;

	for (i = 0; i < realm->conf->n_addresses; i++) {
		own = &realm->conf->addresses[i];
		for (k = 0, server = NULL; k < targets->n && !server; k++)
			if (targets->target[k].addr.family == own->listen.family)
				server = &targets->target[k].addr;
		any |= server != NULL;
		if (server && realm->seen[i])
			seen_server(realm->seen[i], server);
	}
	if (!any)
		tell_none(realm, "the STUN server has no address of a family of ours");
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct realm *realm = arg;
	char why[SEEN_WHY];

	realm->stun_query = NULL;
	timer_set(realm->b2b->timers, &realm->stun_timer, WATCH_MS);
	if (!error) {
		take(realm, targets);
		return;
	}
	snprintf(why, sizeof(why), "the STUN server %.200s cannot be found: %s",
		 realm->conf->stun.host,
		 error == -ENOENT ? "there is no such name" :
				    "name servers do not answer");
	tell_none(realm, why);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct realm *realm = arg;
	const struct sip_hop hop = {
		.host = realm->conf->stun.host, .port = realm->conf->stun.port,
		.has_proto = true, .proto = SIP_PROTO_UDP,
	};

	if (realm->stun_query)
		return;
	realm->stun_query = sip_resolve(realm->b2b->resolver, &hop, on_found, realm);
	if (!realm->stun_query)
		timer_set(realm->b2b->timers, timer, WATCH_MS);
}

bool b2b_stun_open(struct realm *realm)
{
	size_t i, n = realm->conf->n_addresses;

	timer_init(&realm->stun_timer, on_timer, realm);
	realm->told = calloc(n, sizeof(*realm->told));
	realm->seen = calloc(n, sizeof(*realm->seen));
	if (!realm->told || !realm->seen)
		return false;
	for (i = 0; i < n; i++) {
		realm->told[i] = session_seen_new();
		if (!realm->told[i])
			return false;
	}
	return true;
}

/* what was said may be wrong, and who could not be reached may be now */
static void on_host(void *arg)
{
	struct b2b *b2b = arg;
	struct realm *realm;
	size_t i, k;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		if (!*realm->conf->stun.host)
			continue;
		for (k = 0; k < realm->conf->n_addresses; k++)
			if (realm->seen[k])
				seen_ask(realm->seen[k]);
		timer_set(b2b->timers, &realm->stun_timer, 0);
	}
}

static void forget(struct realm *realm)
{
	size_t i;

	for (i = 0; i < realm->conf->n_addresses; i++)
		memset(&realm->told[i]->addr, 0, sizeof(realm->told[i]->addr));
}

void b2b_stun_begin(struct realm *realm)
{
	struct b2b *b2b = realm->b2b;
	struct seen_conf conf = {
		.realm = realm->name, .timers = b2b->timers,
	};
	size_t i;

	if (!*realm->conf->stun.host) {
		forget(realm);
		return;
	}
	for (i = 0; i < realm->conf->n_addresses; i++) {
		conf.listen = realm->conf->addresses[i].listen;
		conf.advertise = realm->conf->addresses[i].advertise;
		conf.ports = realm->ports[i];
		conf.to = realm->told[i];
		realm->seen[i] = seen_new(&conf);
	}
	timer_set(b2b->timers, &realm->stun_timer, 0);
	if (!b2b->ifwatch)
		b2b->ifwatch = ifwatch_new(b2b->loop, on_host, b2b);
	if (!b2b->ifwatch)
		log_warning("changes of this host's addresses are not seen: %s",
			    strerror(errno));
}

void b2b_stun_end(struct realm *realm)
{
	size_t i;

	if (!realm->seen)
		return;
	sip_query_cancel(realm->stun_query);
	realm->stun_query = NULL;
	timer_cancel(&realm->stun_timer);
	for (i = 0; i < realm->conf->n_addresses; i++) {
		seen_free(realm->seen[i]);
		realm->seen[i] = NULL;
	}
}

bool b2b_stun_receive(struct b2b *b2b, const struct media_sock *sock,
		      const struct dp_addr *from, const void *data, size_t len)
{
	struct realm *realm;
	size_t i, k;

	for (i = 0; b2b && i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		for (k = 0; k < realm->n_ports; k++)
			if (realm->seen[k] &&
			    seen_receive(realm->seen[k], sock, from, data, len))
				return true;
	}
	return false;
}

void b2b_seen(const struct b2b *b2b, b2b_seen_fn *fn, void *arg)
{
	const struct realm *realm;
	struct seen_report report;
	size_t i, k;

	for (i = 0; i < b2b->n_realms; i++) {
		realm = &b2b->realms[i];
		for (k = 0; k < realm->n_ports; k++) {
			if (!realm->seen[k])
				continue;
			seen_tell(realm->seen[k], &report);
			if (!report.server.family && !*report.why)
				continue;
			fn(realm->name, &realm->conf->addresses[k].listen,
			   &report, arg);
		}
	}
}
