/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two datapaths that are tables, and ports that are numbers: no socket is bound.  What
 * must hold of ports: none is given back twice, or while a leg is on it.
 *
 * It takes the place of session/ports.c and engine/media.c, of which the linker needs
 * nothing then.
 */
#ifndef FUZZ_PORTS_H
#define FUZZ_PORTS_H

#include "../unit/fake_dp.h"
#include "engine/media.h"
#include "fuzz.h"
#include "session/ports.h"

#define PAIRS	24

struct ports {
	struct ports_conf conf;
	struct ports_pair pair[PAIRS];
	bool used[PAIRS];
	unsigned int n_used;
};

static struct ports pools[3];
static struct fake kernel, user;

/* there are no sockets, so nothing reaches them, and what is sent is lost */
const struct media_counts *media_sock_counts(struct media_sock *sock)
{
	static const struct media_counts none;

	(void)sock;
	return &none;
}

int media_send(struct media_sock *sock, const struct dp_addr *dst,
	       const void *data, size_t len)
{
	(void)sock;
	(void)dst;
	FUZZ_CHECK(data && len && len <= 1500);
	return 0;
}

/* nor is there any for a port that calls share */
int media_open(struct media *media, struct media_sock **sock, const struct dp_addr *local,
	       uint8_t tos, void *arg, struct dp_err *err)
{
	(void)media;
	(void)sock;
	(void)local;
	(void)tos;
	(void)arg;
	return dp_fail(err, EMFILE, "there are no sockets");
}

void media_del(struct media_sock *sock)
{
	(void)sock;
	FUZZ_CHECK(!sock);
}

void *media_sock_user(const struct media_sock *sock)
{
	(void)sock;
	return NULL;
}

const struct dp_addr *media_sock_local(const struct media_sock *sock)
{
	(void)sock;
	return NULL;
}

static struct ports_pair *take(struct ports *ports, unsigned int from,
			       void *of, struct dp_err *err)
{
	unsigned int i;

	for (i = from; i < PAIRS; i++) {
		if (ports->used[i])
			continue;
		ports->used[i] = true;
		ports->n_used++;
		ports->pair[i] = (struct ports_pair){
			.pool = ports, .user = of,
			.rtp = ports->conf.addr, .rtcp = ports->conf.addr,
		};
		ports->pair[i].rtp.port = (uint16_t)(30000 + 2 * i);
		ports->pair[i].rtcp.port = (uint16_t)(30001 + 2 * i);
		return &ports->pair[i];
	}
	dp_fail(err, ENOSPC, "no port");
	return NULL;
}

struct ports_pair *ports_get(struct ports *ports, void *of, struct dp_err *err)
{
	return take(ports, 2, of, err);
}

struct ports_pair *ports_get_known(struct ports *ports, void *of,
				   struct dp_err *err)
{
	return take(ports, 0, of, err);
}

struct ports_pair *ports_claim(struct ports *ports, uint16_t port, void *of,
			       struct dp_err *err)
{
	(void)ports;
	(void)port;
	(void)of;
	dp_fail(err, EBUSY, "no");
	return NULL;
}

void ports_put(struct ports_pair *pair)
{
	struct ports *ports = pair->pool;

	FUZZ_CHECK(ports->used[pair - ports->pair]);
	FUZZ_CHECK(!fake_find(&kernel, &pair->rtp) &&
		   !fake_find(&kernel, &pair->rtcp));
	FUZZ_CHECK(!fake_find(&user, &pair->rtp) &&
		   !fake_find(&user, &pair->rtcp));
	ports->used[pair - ports->pair] = false;
	ports->n_used--;
}

void ports_put_unused(struct ports_pair *pair)
{
	ports_put(pair);
}

struct ports *ports_ref(struct ports *ports)
{
	return ports;
}

void ports_free(struct ports *ports)
{
	(void)ports;
}

void ports_stats(struct ports *ports, struct ports_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->used = ports->n_used;
	stats->pairs = PAIRS;
}

const struct ports_conf *ports_conf(const struct ports *ports)
{
	return &ports->conf;
}

#endif /* FUZZ_PORTS_H */
