// SPDX-License-Identifier: GPL-2.0
/* A request of ours to one of a trunk's next hops: its targets, one after the other. */
#include <string.h>

#include "trunk.h"

static void try_next(struct trunk_ask *ask, unsigned int status);

static void forget(struct trunk_ask *ask)
{
	sip_tx_forget(ask->tx);
	sip_flow_unref(ask->flow);
	ask->tx = NULL;
	ask->flow = NULL;
}

/* @ask->flow is there while it is told */
static void done(struct trunk_ask *ask, unsigned int status, struct sip_msg *msg)
{
	sip_tx_forget(ask->tx);
	ask->tx = NULL;
	ask->ops->done(ask, status, msg);
	if (!ask->tx)
		forget(ask);
}

static void on_response(void *arg, struct sip_tx *tx, struct sip_msg *msg)
{
	struct trunk_ask *ask = arg;

	if (msg->status < 200)
		return;
	if (msg->status == 503)
		try_next(ask, 503);
	else
		done(ask, msg->status, msg);
}

static void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	try_next(arg, status);
}

static void on_over(void *arg, struct sip_tx *tx)
{
	struct trunk_ask *ask = arg;

	if (ask->tx != tx)
		return;
	ask->tx = NULL;
	done(ask, 408, NULL);
}

static const struct sip_tx_client_ops client_ops = {
	.response = on_response,
	.failed = on_failed,
	.over = on_over,
};

bool trunk_ask_again(struct trunk_ask *ask)
{
	struct sip_writer w = { 0 };
	struct sip_tx *old = ask->tx;

	ask->ops->write(ask, &w, ask->flow);
	ask->tx = w.failed ? NULL :
		  sip_tx_client_new(ask->trunk->b2b->stack, ask->flow,
				    (struct span){ w.p, w.n }, &client_ops, ask);
	sip_write_free(&w);
	sip_tx_forget(old);
	return ask->tx;
}

static void try_next(struct trunk_ask *ask, unsigned int status)
{
	struct b2b *b2b = ask->trunk->b2b;
	struct sip_flow *flow;

	while (ask->next < ask->targets.n) {
		if (sip_transport_flow(b2b->transport, ask->trunk->realm,
				       &ask->targets.target[ask->next++], &flow))
			continue;
		sip_flow_unref(ask->flow);
		ask->flow = flow;
		if (trunk_ask_again(ask))
			return;
	}
	done(ask, status, NULL);
}

static void on_found(int error, const struct sip_targets *targets, void *arg)
{
	struct trunk_ask *ask = arg;

	ask->query = NULL;
	ask->next = 0;
	ask->targets.n = 0;
	if (!error)
		ask->targets = *targets;
	try_next(ask, 503);
}

bool trunk_ask_begin(struct trunk_ask *ask, size_t hop)
{
	struct sip_hop at;

	ask->hop = hop;
	route_lookup(&ask->trunk->conf->hop[hop], &at);
	ask->query = sip_resolve(ask->trunk->b2b->resolver, &at, on_found, ask);
	return ask->query;
}

void trunk_ask_end(struct trunk_ask *ask)
{
	sip_query_cancel(ask->query);
	ask->query = NULL;
	forget(ask);
}
