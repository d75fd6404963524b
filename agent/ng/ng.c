// SPDX-License-Identifier: GPL-2.0
/* The front end as a whole: begin and end, listeners, another configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "private.h"

struct ng *ng_new(const struct ng_conf *conf)
{
	struct ng *ng = calloc(1, sizeof(*ng));

	if (!ng)
		return NULL;
	ng->conf = *conf;
	ng->config = config_get(conf->config);
	ng->timers = loop_timers(conf->loop);
	ng->events = -1;
	ng->quota.weighs = true;
	LIST_INIT(&ng->conns);
	TAILQ_INIT(&ng->calls);
	TAILQ_INIT(&ng->over);
	if (getrandom(&ng->seed, sizeof(ng->seed), 0) < 0)
		abort();	/* does not fail for so few bytes */
	clock_gettime(CLOCK_REALTIME, &ng->started);
	ng->replay = ng_replay_new(ng->timers, NG_REPLAY_BYTES);
	ng_events_open(ng);
	ng->listener = calloc(ng->config->n_ng + 1, sizeof(*ng->listener));
	if (ng->replay && ng->listener)
		return ng;
	ng_free(ng);
	return NULL;
}

void ng_free(struct ng *ng)
{
	if (!ng)
		return;
	ng_tcp_close_all(ng);
	while (ng->n_listeners)
		ng_listener_close(&ng->listener[--ng->n_listeners]);
	while (!TAILQ_EMPTY(&ng->calls))
		ng_call_free(TAILQ_FIRST(&ng->calls), "the agent stops");
	ng_over_trim(ng, 0);
	ng_policies_forget(ng);
	ng_events_close(ng);
	free(ng->listener);
	free(ng->udp);
	ng_replay_free(ng->replay);
	config_put(ng->config);
	free(ng);
}

/* --- listeners --- */

bool ng_listener_allows(const struct ng_listener *listener,
			const struct dp_addr *from)
{
	const struct config_ng *conf = &listener->ng->config->ng[listener->i];
	size_t i;

	for (i = 0; i < conf->n_allow; i++)
		if (prefix_has(&conf->allow[i], from))
			return true;
	listener->ng->counters.strangers++;
	return false;
}

int ng_listener_socket(const struct ng_listener *listener, int type)
{
	const struct config_ng *conf = &listener->ng->config->ng[listener->i];
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&conf->listen, &ss);
	int fd, one = 1, error;

	fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

void ng_listener_close(struct ng_listener *listener)
{
	timer_cancel(&listener->pause);
	loop_fd_free(listener->watch);
	listener->watch = NULL;
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

static int open_one(struct ng *ng, size_t i)
{
	struct ng_listener *listener = &ng->listener[i];
	int ret;

	*listener = (struct ng_listener){ .ng = ng, .i = i, .fd = -1 };
	switch (ng->config->ng[i].transport) {
	case CONFIG_UDP:
		ret = ng_udp_open(listener);
		break;
	case CONFIG_HTTP:
		ret = ng_http_open(listener);
		break;
	default:
		ret = ng_tcp_open(listener);
		break;
	}
	if (ret)
		ng_listener_close(listener);
	return ret;
}

bool ng_listen(struct ng *ng, char *error)
{
	const struct config_ng *conf;
	char text[DP_ADDR_STRLEN];
	int ret;

	for (; ng->n_listeners < ng->config->n_ng; ng->n_listeners++) {
		conf = &ng->config->ng[ng->n_listeners];
		dp_addr_str(&conf->listen, text, sizeof(text));
		ret = open_one(ng, ng->n_listeners);
		if (ret) {
			snprintf(error, CONFIG_ERROR_LEN,
				 "cannot listen for the control protocol ng on %s %s: %s; expected an address of this host and a free port",
				 config_transport_name(conf->transport), text,
				 strerror(-ret));
			return false;
		}
		log_info("the control protocol ng is spoken on %s %s",
			 config_transport_name(conf->transport), text);
	}
	return true;
}

/* --- another configuration --- */

static bool same_listeners(const struct config *a, const struct config *b)
{
	size_t i;

	if (a->n_ng != b->n_ng)
		return false;
	for (i = 0; i < a->n_ng; i++)
		if (a->ng[i].transport != b->ng[i].transport ||
		    !dp_addr_eq(&a->ng[i].listen, &b->ng[i].listen))
			return false;
	return true;
}

bool ng_may_reload(const struct ng *ng, const struct config *config, char *error)
{
	if (same_listeners(ng->config, config))
		return true;
	snprintf(error, CONFIG_ERROR_LEN,
		 "ng: the listeners differ from those that are open; expected the same transports and addresses, or a restart");
	return false;
}

void ng_reload(struct ng *ng, struct config *config)
{
	struct config *old = ng->config;

	ng->config = config_get(config);
	config_put(old);
	ng_events_open(ng);
	/* realms have new policies, and those made of the old ones are of no use */
	ng_policies_forget(ng);
	ng_over_trim(ng, config->history);
}

void ng_drain(struct ng *ng)
{
	ng->draining = true;
}

unsigned int ng_count(const struct ng *ng)
{
	return ng->n_calls;
}

const struct ng_counters *ng_counters(const struct ng *ng)
{
	return &ng->counters;
}

void ng_strange(const struct ng *ng,
		void (*fn)(const char *word, uint64_t n, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < ng->n_strange; i++)
		fn(ng->strange[i].name, ng->strange[i].n, arg);
}
