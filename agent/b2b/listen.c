// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners of realms: opened at the start, and changed by a reload.  One that both
 * configurations have stays as it is; what is new is opened before anything of the old one
 * goes, so that a reload that cannot be had changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool open_at(struct realm *realm, const struct config_listener *l,
		    struct sip_listener **listener, char *error)
{
	struct sip_listen listen = {
		.proto = route_proto(l->transport),
		.local = l->address->listen,
		.advertise = l->address->advertise,
		.realm = realm,
		.gate = realm->gate,
		.dscp = realm->conf->dscp_signalling,
		.symmetric = realm->conf->latch.nat != CONFIG_NAT_OFF,
		.certificates = l->certificates,
		.client_certificates = l->verify_clients,
		.insecure = !l->verify_servers,
		.origins = l->origins,
		.n_origins = l->n_origins,
	};
	char why[SIP_TRANSPORT_ERROR_LEN];

	listen.local.port = l->port;
	listen.advertise.port = l->port;
	if (!sip_transport_listen(realm->b2b->transport, &listen, listener, why))
		return true;
	snprintf(error, CONFIG_ERROR_LEN, "realm %.32s: %.900s", realm->name, why);
	return false;
}

bool b2b_listen_all(struct realm *realm, char *error)
{
	const struct config_realm *conf = realm->conf;

	realm->listener = calloc(conf->n_listeners + 1, sizeof(*realm->listener));
	if (!realm->listener) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return false;
	}
	for (; realm->n_listeners < conf->n_listeners; realm->n_listeners++)
		if (!open_at(realm, &conf->listeners[realm->n_listeners],
			     &realm->listener[realm->n_listeners], error))
			return false;
	return true;
}

/* ------------------------------------------------------------------- a reload */

/* the one of @realm that is at the same place as @l, as it is open now; NULL: none */
static const struct config_listener *place_of(const struct realm *realm,
					      const struct config_listener *l, size_t *i)
{
	const struct config_listener *old = realm->conf->listeners;

	for (*i = 0; *i < realm->n_listeners; (*i)++, old++)
		if (old->port == l->port &&
		    (old->transport == CONFIG_UDP) == (l->transport == CONFIG_UDP) &&
		    dp_addr_same_host(&old->address->listen, &l->address->listen))
			return old;
	return NULL;
}

void b2b_listen_undo(struct realm *realm)
{
	size_t i;

	for (i = 0; i < realm->n_next; i++)
		if (realm->next[i].is_new)
			sip_listener_close(realm->next[i].listener);
	free(realm->next);
	free(realm->next_list);
	realm->next = NULL;
	realm->next_list = NULL;
	realm->n_next = 0;
}

bool b2b_listen_prepare(struct realm *realm, const struct config_realm *conf, char *error)
{
	const struct config_listener *old;
	char at[DP_ADDR_STRLEN];
	struct next_listener *next;
	size_t i, j;

	realm->next = calloc(conf->n_listeners + 1, sizeof(*realm->next));
	realm->next_list = calloc(conf->n_listeners + 1, sizeof(*realm->next_list));
	if (!realm->next || !realm->next_list) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return false;
	}
	for (i = 0; i < conf->n_listeners; i++) {
		next = &realm->next[i];
		old = place_of(realm, &conf->listeners[i], &j);
		if (old && !config_listener_eq(old, &conf->listeners[i])) {
			snprintf(error, CONFIG_ERROR_LEN,
				 "realm %s: sip: the listener at port %u of %s cannot become another while calls are served; expected a restart, another port, or what it was",
				 realm->name, old->port,
				 dp_addr_str(&old->address->listen, at, sizeof(at)));
			return false;
		}
		next->listener = old ? realm->listener[j] : NULL;
		next->is_new = !old;
		if (!old && !open_at(realm, &conf->listeners[i], &next->listener, error)) {
			next->is_new = false;
			return false;
		}
		realm->n_next = i + 1;
	}
	return true;
}

static bool is_kept(const struct realm *realm, const struct sip_listener *listener)
{
	size_t i;

	for (i = 0; i < realm->n_next; i++)
		if (realm->next[i].listener == listener)
			return true;
	return false;
}

static void say(const struct realm *realm, const struct sip_listener *listener,
		const char *what)
{
	char at[DP_ADDR_STRLEN];

	log_info("realm %s %s on %s %s", realm->name, what,
		 sip_proto_param(listener->proto),
		 dp_addr_str(&listener->local, at, sizeof(at)));
}

void b2b_listen_commit(struct realm *realm)
{
	struct sip_listener **list = realm->next_list;
	size_t i;

	for (i = 0; i < realm->n_listeners; i++) {
		if (is_kept(realm, realm->listener[i]))
			continue;
		say(realm, realm->listener[i], "listens no more");
		sip_listener_close(realm->listener[i]);
	}
	for (i = 0; i < realm->n_next; i++) {
		list[i] = realm->next[i].listener;
		if (realm->next[i].is_new)
			say(realm, list[i], "listens");
	}
	free(realm->listener);
	realm->listener = list;
	realm->n_listeners = realm->n_next;
	free(realm->next);
	realm->next = NULL;
	realm->next_list = NULL;
	realm->n_next = 0;
}
