// SPDX-License-Identifier: GPL-2.0
/*
 * How transactions are found: RFC 3261 17.1.3, 17.2.3 and 8.2.2.2. The hash is keyed
 * with random bytes, so that nobody can send branches that all meet in one chain.
 *
 * A realm is part of every key: what is known in one cannot be touched from another.
 */
#include <errno.h>
#include <stdlib.h>

#include "sip/tx.h"

/* ----------------------------------------------------------------------------- keys */

static void add_realm(struct siphash *h, const void *realm)
{
	siphash_add(h, &realm, sizeof(realm));
}

/* Hosts are names too, and mean the same in capitals. */
static void add_lower(struct siphash *h, struct span s)
{
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		siphash_add(h, &c, 1);
	}
}

/* A response's: the branch that we have made, and the method of CSeq. */
static uint64_t client_hash(const struct sip_tx_stack *stack, const void *realm,
			    const struct sip_msg *msg)
{
	struct siphash h;

	siphash_begin(&h, stack->key);
	add_realm(&h, realm);
	siphash_span(&h, msg->via.branch);
	siphash_span(&h, msg->cseq.method_text);
	return siphash_end(&h);
}

static bool is_invite(const struct sip_msg *msg)
{
	return msg->method == SIP_INVITE || msg->method == SIP_ACK ||
	       msg->method == SIP_CANCEL;
}

/* A branch without RFC 3261's cookie says little: RFC 2543's ids belong to it (17.2.3). */
static void add_id(struct siphash *h, const struct sip_msg *msg)
{
	siphash_span(h, msg->via.branch);
	if (msg->via.cookie)
		return;
	siphash_span(h, msg->call_id);
	siphash_span(h, msg->from.tag);
	siphash_add(h, &msg->cseq.number, sizeof(msg->cseq.number));
}

static bool same_id(const struct sip_msg *a, const struct sip_msg *b)
{
	return span_eq(a->via.branch, b->via.branch) &&
	       (a->via.cookie || (span_eq(a->call_id, b->call_id) &&
				  span_eq(a->from.tag, b->from.tag) &&
				  a->cseq.number == b->cseq.number));
}

static uint64_t server_hash(const struct sip_tx_stack *stack, const void *realm,
			    const struct sip_msg *msg)
{
	struct siphash h;

	siphash_begin(&h, stack->key);
	add_realm(&h, realm);
	add_id(&h, msg);
	add_lower(&h, msg->via.host);
	siphash_add(&h, &msg->via.port, sizeof(msg->via.port));
	/* an ACK and a CANCEL are looked for as the INVITE that they are about */
	siphash_span(&h, is_invite(msg) ? SPAN("INVITE") : msg->method_text);
	return siphash_end(&h);
}

static uint64_t merge_hash(const struct sip_tx_stack *stack, const void *realm,
			   const struct sip_msg *msg)
{
	struct siphash h;

	siphash_begin(&h, stack->key);
	add_realm(&h, realm);
	siphash_span(&h, msg->from.tag);
	siphash_span(&h, msg->call_id);
	siphash_add(&h, &msg->cseq.number, sizeof(msg->cseq.number));
	siphash_span(&h, msg->method_text);
	return siphash_end(&h);
}

/* ---------------------------------------------------------------------------- table */

int sip_tx_tables_new(struct sip_tx_stack *stack)
{
	stack->mask = 1023;
	stack->bucket = calloc(stack->mask + 1, sizeof(struct sip_tx *));
	stack->merge = calloc(stack->mask + 1, sizeof(struct sip_tx *));
	return stack->bucket && stack->merge ? 0 : -ENOMEM;
}

void sip_tx_tables_free(struct sip_tx_stack *stack)
{
	free(stack->bucket);
	free(stack->merge);
}

static void put(struct sip_tx_stack *stack, struct sip_tx *tx)
{
	struct sip_tx **chain = &stack->bucket[tx->hash & stack->mask];

	tx->next = *chain;
	*chain = tx;
	if (sip_tx_is_client(tx))
		return;
	chain = &stack->merge[tx->merge_hash & stack->mask];
	tx->merge_next = *chain;
	*chain = tx;
}

/* Chains are kept short: twice the buckets once there are as many transactions.
 * Without memory they just grow longer.
 */
static void widen(struct sip_tx_stack *stack)
{
	size_t n = (stack->mask + 1) * 2;
	struct sip_tx **bucket = calloc(n, sizeof(struct sip_tx *));
	struct sip_tx **merge = calloc(n, sizeof(struct sip_tx *));
	struct sip_tx *tx;

	if (!bucket || !merge) {
		free(bucket);
		free(merge);
		return;
	}
	sip_tx_tables_free(stack);
	stack->bucket = bucket;
	stack->merge = merge;
	stack->mask = n - 1;
	LIST_FOREACH(tx, &stack->all, all)
		put(stack, tx);
}

void sip_tx_link(struct sip_tx *tx)
{
	struct sip_tx_stack *stack = tx->stack;
	const void *realm = sip_tx_realm(tx->flow);

	if (sip_tx_is_client(tx)) {
		tx->hash = client_hash(stack, realm, tx->request);
	} else {
		tx->hash = server_hash(stack, realm, tx->request);
		tx->merge_hash = merge_hash(stack, realm, tx->request);
		stack->counters.live_server++;
	}
	if (stack->counters.live > stack->mask)
		widen(stack);
	LIST_INSERT_HEAD(&stack->all, tx, all);
	stack->counters.live++;
	put(stack, tx);
}

void sip_tx_unlink(struct sip_tx *tx)
{
	struct sip_tx_stack *stack = tx->stack;
	struct sip_tx **at;

	for (at = &stack->bucket[tx->hash & stack->mask]; *at; at = &(*at)->next) {
		if (*at != tx)
			continue;
		*at = tx->next;
		break;
	}
	LIST_REMOVE(tx, all);
	stack->counters.live--;
	if (sip_tx_is_client(tx))
		return;
	stack->counters.live_server--;
	at = &stack->merge[tx->merge_hash & stack->mask];
	for (; *at; at = &(*at)->merge_next) {
		if (*at != tx)
			continue;
		*at = tx->merge_next;
		break;
	}
}

struct sip_tx *sip_tx_find_client(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *response)
{
	uint64_t hash = client_hash(stack, realm, response);
	struct sip_tx *tx;

	for (tx = stack->bucket[hash & stack->mask]; tx; tx = tx->next) {
		if (tx->hash == hash && sip_tx_is_client(tx) &&
		    sip_tx_realm(tx->flow) == realm &&
		    span_eq(tx->request->via.branch, response->via.branch) &&
		    span_eq(tx->request->method_text, response->cseq.method_text))
			return tx;
	}
	return NULL;
}

/* The port that a sent-by means: 5060 and none are not the same here, since one who
 * repeats a request repeats its Via.
 */
static bool same_sent_by(const struct sip_via *a, const struct sip_via *b)
{
	return a->port == b->port && span_eqcase(a->host, b->host);
}

struct sip_tx *sip_tx_find_server(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *request)
{
	uint64_t hash = server_hash(stack, realm, request);
	bool invite = is_invite(request);
	struct sip_tx *tx;

	for (tx = stack->bucket[hash & stack->mask]; tx; tx = tx->next) {
		if (tx->hash == hash && !sip_tx_is_client(tx) &&
		    sip_tx_realm(tx->flow) == realm &&
		    same_id(tx->request, request) &&
		    same_sent_by(&tx->request->via, &request->via) &&
		    (invite ? tx->kind == SIP_TX_INVITE_SERVER :
		     span_eq(tx->request->method_text, request->method_text)))
			return tx;
	}
	return NULL;
}

/* One that was refused is no longer under way: who is refused may try again by
 * another way. And what was answered at once was not merged, but asked twice.
 */
static bool under_way(const struct sip_tx *tx)
{
	return tx->status < 200 ||
	       (tx->kind == SIP_TX_INVITE_SERVER && tx->status < 300);
}

struct sip_tx *sip_tx_find_merged(struct sip_tx_stack *stack, const void *realm,
				  const struct sip_msg *request)
{
	uint64_t hash = merge_hash(stack, realm, request);
	struct sip_tx *tx;

	for (tx = stack->merge[hash & stack->mask]; tx; tx = tx->merge_next) {
		if (tx->merge_hash == hash && under_way(tx) &&
		    sip_tx_realm(tx->flow) == realm &&
		    tx->request->cseq.number == request->cseq.number &&
		    span_eq(tx->request->method_text, request->method_text) &&
		    span_eq(tx->request->call_id, request->call_id) &&
		    span_eq(tx->request->from.tag, request->from.tag))
			return tx;
	}
	return NULL;
}

/* -------------------------------------------------------------------------- sources */

/* Who is one: an IPv4 address, or a /64, of which everybody has a whole one. */
static struct dp_addr source_of(const struct sip_flow *flow)
{
	struct dp_addr addr = { .family = flow->remote.family };

	if (addr.family == AF_INET6)
		memcpy(&addr.v6, &flow->remote.v6, 8);
	else
		addr.v4 = flow->remote.v4;
	return addr;
}

static struct sip_tx_source **source_bucket(struct sip_tx_stack *stack,
					    const struct dp_addr *addr)
{
	struct siphash h;

	siphash_begin(&h, stack->key);
	if (addr->family == AF_INET6)
		siphash_add(&h, &addr->v6, sizeof(addr->v6));
	else
		siphash_add(&h, &addr->v4, sizeof(addr->v4));
	return &stack->source[siphash_end(&h) % SIP_TX_SOURCE_BUCKETS];
}

/* as the configuration has it now */
static void set_limits(const struct sip_tx_config *config, const struct sip_flow *flow,
		       struct sip_tx_source *source)
{
	size_t each = config->max_bytes_per_source / config->max_per_source;

	source->max = config->max_per_source;
	source->max_bytes = config->max_bytes_per_source;
	if (!config->per_source)
		return;
	source->max = config->per_source(config->known_arg, flow);
	source->max_bytes = source->max * (each ? each : 1);
	if (!source->max)
		source->max = source->max_bytes = SIZE_MAX;
}

int sip_tx_source_take(struct sip_tx *tx)
{
	struct dp_addr addr = source_of(tx->flow);
	struct sip_tx_source **chain = source_bucket(tx->stack, &addr);
	struct sip_tx_source *source;

	for (source = *chain; source; source = source->next) {
		if (dp_addr_eq(&source->addr, &addr))
			break;
	}
	if (source)
		set_limits(&tx->stack->config, tx->flow, source);
	if (source && (source->count >= source->max ||
		       source->bytes + tx->request->text.n > source->max_bytes))
		return -EUSERS;
	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return -ENOMEM;
		source->addr = addr;
		source->next = *chain;
		*chain = source;
		set_limits(&tx->stack->config, tx->flow, source);
	}
	source->count++;
	source->bytes += tx->request->text.n;
	tx->source = source;
	return 0;
}

void sip_tx_source_drop(struct sip_tx *tx)
{
	struct sip_tx_source *source = tx->source;
	struct sip_tx_source **at;

	tx->source = NULL;
	if (!source)
		return;
	source->bytes -= tx->request->text.n + tx->last_len;
	if (--source->count)
		return;
	at = source_bucket(tx->stack, &source->addr);
	while (*at != source)
		at = &(*at)->next;
	*at = source->next;
	free(source);
}
