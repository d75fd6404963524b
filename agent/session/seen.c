// SPDX-License-Identifier: GPL-2.0
/* How an address of ours is seen from outside. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "seen.h"

/* what a provider gives us may change without a word */
#define REFRESH_MS	300000

/**
 * struct seen - an address of ours
 * @conf: whose; &seen_conf.realm is void
 * @stun: &seen_conf.stun
 * @realm: for people
 * @pair: it is asked from there; NULL: nobody was asked yet
 * @client: asks; NULL: nobody was asked yet
 * @server: who is asked; family 0: nobody
 * @why: what is in the way
 * @told: the last @why that the log has
 */
struct seen {
	struct seen_conf conf;
	struct stun_client_conf stun;
	char realm[SESSION_NAME_LEN];
	struct ports_pair *pair;
	struct stun_client *client;
	struct dp_addr server;
	char why[SEEN_WHY];
	char told[SEEN_WHY];
};

static const char *host(const struct dp_addr *addr, char text[DP_ADDR_STRLEN])
{
	struct dp_addr alone = *addr;

	alone.port = 0;
	return dp_addr_str(&alone, text, DP_ADDR_STRLEN);
}

/* once, and again when it is another one */
static void warn(struct seen *seen)
{
	char text[DP_ADDR_STRLEN];

	if (*seen->why && strcmp(seen->why, seen->told))
		log_warning("realm %s: how %s is seen from outside is not known: %s",
			    seen->realm, host(&seen->conf.listen, text), seen->why);
	memcpy(seen->told, seen->why, sizeof(seen->told));
}

static void offer(struct seen *seen, const struct dp_addr *mapped)
{
	char text[2][DP_ADDR_STRLEN], by[DP_ADDR_STRLEN];
	struct session_seen *to = seen->conf.to;
	bool news = !dp_addr_same_host(&to->addr, mapped);

	to->addr = *mapped;
	to->server = seen->server;
	if (!news)
		return;
	log_info("realm %s: %s is seen from outside as %s, by STUN server %s",
		 seen->realm, host(&seen->conf.listen, text[0]),
		 host(mapped, text[1]), dp_addr_str(&seen->server, by, sizeof(by)));
	if (!dp_addr_same_host(&seen->conf.listen, &seen->conf.advertise) &&
	    !dp_addr_same_host(mapped, &seen->conf.advertise))
		log_warning("realm %s: %s is advertised for %s, and seen from outside as %s: one of them is reached by nobody",
			    seen->realm, host(&seen->conf.advertise, by),
			    host(&seen->conf.listen, text[0]), host(mapped, text[1]));
}

/* what the server said, or that it did not */
static void changed(void *arg, const struct stun_client_state *state)
{
	struct seen *seen = arg;
	char by[DP_ADDR_STRLEN];

	snprintf(seen->why, sizeof(seen->why), "%s", state->why);
	if (!*seen->why && state->mapped.port != seen->pair->rtp.port) {
		snprintf(seen->why, sizeof(seen->why),
			 "STUN server %s sees port %u where port %u has asked; expected a NAT that keeps the media ports as they are",
			 dp_addr_str(&seen->server, by, sizeof(by)),
			 state->mapped.port, seen->pair->rtp.port);
		memset(&seen->conf.to->addr, 0, sizeof(seen->conf.to->addr));
	} else if (!*seen->why) {
		offer(seen, &state->mapped);
	}
	warn(seen);
}

static void send_on(void *arg, const struct dp_addr *to, const void *data,
		    size_t len)
{
	const struct seen *seen = arg;

	/* what is lost is repeated */
	media_send(seen->pair->rtp_sock, to, data, len);
}

static const struct stun_client_ops ops = { send_on, changed };

struct seen *seen_new(const struct seen_conf *conf)
{
	static const struct stun_client_conf standard = { .refresh = REFRESH_MS };
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->conf = *conf;
	seen->stun = conf->stun ? *conf->stun : standard;
	snprintf(seen->realm, sizeof(seen->realm), "%s", conf->realm);
	ports_ref(conf->ports);
	session_seen_get(conf->to);
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	stun_client_free(seen->client);
	ports_put_unused(seen->pair);
	ports_free(seen->conf.ports);
	session_seen_put(seen->conf.to);
	free(seen);
}

static bool begin(struct seen *seen, const struct dp_addr *server)
{
	struct dp_err err;

	/* no session's: sessions_datagram() leaves what comes by it alone */
	if (!seen->pair)
		seen->pair = ports_get(seen->conf.ports, NULL, &err);
	if (!seen->pair) {
		snprintf(seen->why, sizeof(seen->why), "%s", err.text);
		return false;
	}
	seen->client = stun_client_new(seen->conf.timers, &seen->stun, server,
				       &ops, seen);
	if (!seen->client)
		snprintf(seen->why, sizeof(seen->why), "no memory");
	return seen->client;
}

void seen_server(struct seen *seen, const struct dp_addr *server)
{
	if (!seen->client && !begin(seen, server)) {
		warn(seen);
		return;
	}
	if (dp_addr_eq(&seen->server, server))
		return;
	if (seen->server.family)
		stun_client_server(seen->client, server);
	seen->server = *server;
}

void seen_no_server(struct seen *seen, const char *why)
{
	if (seen->server.family)
		return;
	snprintf(seen->why, sizeof(seen->why), "%s", why);
	warn(seen);
}

void seen_ask(struct seen *seen)
{
	if (seen->client)
		stun_client_ask(seen->client, false);
}

bool seen_receive(struct seen *seen, const struct media_sock *sock,
		  const struct dp_addr *from, const void *data, size_t len)
{
	if (!seen->pair || sock != seen->pair->rtp_sock)
		return false;
	if (seen->client)	/* there is a port without one where memory was short */
		stun_client_receive(seen->client, from, data, len);
	return true;
}

void seen_tell(const struct seen *seen, struct seen_report *report)
{
	memset(report, 0, sizeof(*report));
	report->server = seen->server;
	report->offered = seen->conf.to->addr.family;
	memcpy(report->why, seen->why, sizeof(report->why));
	if (!seen->client)
		return;
	report->from = seen->pair->rtp;
	report->mapped = stun_client_state(seen->client)->mapped;
}
