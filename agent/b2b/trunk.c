// SPDX-License-Identifier: GPL-2.0
/* Trunks: which there are, and which of their next hops work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trunk.h"

/* -------------------------------------------------------------- which hops work */

static uint64_t now_of(const struct trunk *trunk)
{
	return trunk->b2b->timers->now;
}

static bool is_down(const struct trunk *trunk, size_t hop)
{
	return trunk->hop[hop].until > now_of(trunk);
}

void trunk_hop_fails(struct trunk *trunk, size_t hop, const char *why)
{
	struct trunk_hop *h = &trunk->hop[hop];
	/* where OPTIONS are sent, the next of these says it again */
	uint64_t pause = trunk->conf->retry > 2 * trunk->conf->options ?
			 trunk->conf->retry : 2 * trunk->conf->options;

	if (!is_down(trunk, hop) && pause)
		log_warning("trunk %s: %s %s: it is tried after all others",
			    trunk->conf->name, trunk->conf->next_hop[hop], why);
	h->until = pause ? now_of(trunk) + pause * 1000 : 0;
	snprintf(h->why, sizeof(h->why), "%s", why);
}

void trunk_hop_works(struct trunk *trunk, size_t hop)
{
	if (is_down(trunk, hop))
		log_info("trunk %s: %s answers again", trunk->conf->name,
			 trunk->conf->next_hop[hop]);
	trunk->hop[hop].until = 0;
	*trunk->hop[hop].why = '\0';
}

void trunk_order(const struct trunk *trunk, size_t order[CONFIG_HOPS_MAX])
{
	size_t n = 0, i;
	int down;

	for (down = 0; down < 2; down++)
		for (i = 0; i < trunk->conf->n_hops; i++)
			if (is_down(trunk, i) == down)
				order[n++] = i;
}

/* --------------------------------------------------------------------- OPTIONS */

static void write_options(struct trunk_ask *ask, struct sip_writer *w,
			  const struct sip_flow *flow)
{
	const struct config_hop *hop = &ask->trunk->conf->hop[ask->hop];
	char from[B2B_TEXT], tag[SIP_TAG_LEN + 1], call_id[SIP_TAG_LEN + 1];
	char uri[sizeof(hop->host) + 32];
	const struct span none = { NULL, 0 };

	snprintf(uri, sizeof(uri), "%s:" SPAN_FMT, hop->secure ? "sips" : "sip",
		 SPAN_ARG(hop->host_text));
	b2b_contact(flow, from, sizeof(from));
	sip_random_tag(tag);
	sip_random_tag(call_id);
	sip_write_request(w, SPAN("OPTIONS"), span_of(uri));
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_addr(w, SIP_HDR_FROM, none, span_of(from), span_of(tag), none);
	sip_write_addr(w, SIP_HDR_TO, none, span_of(uri), none, none);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(call_id));
	sip_write_header(w, SIP_HDR_CSEQ, SPAN("1 OPTIONS"));
	sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(from), none, none);
	sip_write_end(w);
}

/* whatever it says but 503 (trunk_ask.c tries all targets): somebody is there */
static void options_done(struct trunk_ask *ask, unsigned int status, struct sip_msg *msg)
{
	struct trunk *trunk = ask->trunk;

	if (msg)
		trunk_hop_works(trunk, ask->hop);
	else
		trunk_hop_fails(trunk, ask->hop, status == 503 ?
				"is out of service or cannot be reached" :
				"does not answer OPTIONS");
	timer_set(trunk->b2b->timers, &trunk->hop[ask->hop].timer,
		  (uint64_t)trunk->conf->options * 1000);
}

static void on_options(struct timer *timer, void *arg)
{
	static const struct trunk_ask_ops ops = {
		.write = write_options, .done = options_done,
	};
	struct trunk_hop *hop = arg;
	struct trunk *trunk = hop->trunk;

	hop->ask.trunk = trunk;
	hop->ask.ops = &ops;
	if (!trunk_ask_begin(&hop->ask, (size_t)(hop - trunk->hop)))
		timer_set(trunk->b2b->timers, timer,
			  (uint64_t)trunk->conf->options * 1000);
}

/* ------------------------------------------------------------------- begin, end */

static bool make(struct b2b *b2b, struct config *config, const struct config_trunk *conf)
{
	struct trunk *trunk = calloc(1, sizeof(*trunk));
	size_t i;

	if (!trunk)
		return false;
	trunk->refs = 1;
	trunk->b2b = b2b;
	trunk->config = config_get(config);
	trunk->conf = conf;
	trunk->realm = b2b_realm_of(b2b, conf->realm);
	LIST_INSERT_HEAD(&b2b->trunks, trunk, entry);
	for (i = 0; i < conf->n_hops; i++) {
		trunk->hop[i].trunk = trunk;
		timer_init(&trunk->hop[i].timer, on_options, &trunk->hop[i]);
		if (conf->options)
			on_options(&trunk->hop[i].timer, &trunk->hop[i]);
	}
	trunk_register_begin(trunk);
	return true;
}

static void put(struct trunk *trunk)
{
	if (!trunk || --trunk->refs)
		return;
	b2b_account_forget(&trunk->reg.account);
	config_put(trunk->config);
	free(trunk);
}

/* calls by it go on */
static void end(struct trunk *trunk)
{
	size_t i;

	LIST_REMOVE(trunk, entry);
	trunk->gone = true;
	trunk_register_end(trunk);
	for (i = 0; i < trunk->conf->n_hops; i++) {
		trunk_ask_end(&trunk->hop[i].ask);
		timer_cancel(&trunk->hop[i].timer);
	}
	put(trunk);
}

static struct trunk *find(const struct b2b *b2b, const char *name)
{
	struct trunk *trunk;

	LIST_FOREACH(trunk, &b2b->trunks, entry)
		if (!strcmp(trunk->conf->name, name))
			return trunk;
	return NULL;
}

/* it stays as it is, by the new configuration's words */
static bool stays(struct trunk *trunk, struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_trunks; i++) {
		if (!config_trunk_eq(trunk->conf, &config->trunks[i]))
			continue;
		trunk->conf = &config->trunks[i];
		config_put(trunk->config);
		trunk->config = config_get(config);
		return true;
	}
	return false;
}

bool b2b_trunks_set(struct b2b *b2b, struct config *config)
{
	struct trunk *trunk, *next;
	bool all = true;
	size_t i;

	for (trunk = LIST_FIRST(&b2b->trunks); trunk; trunk = next) {
		next = LIST_NEXT(trunk, entry);
		if (!stays(trunk, config))
			end(trunk);
	}
	for (i = 0; i < config->n_trunks; i++)
		if (!find(b2b, config->trunks[i].name))
			all &= make(b2b, config, &config->trunks[i]);
	return all;
}

void b2b_trunks_end(struct b2b *b2b)
{
	while (!LIST_EMPTY(&b2b->trunks))
		end(LIST_FIRST(&b2b->trunks));
}

/* ------------------------------------------------------------------------ calls */

static struct trunk *trunk_of(const struct b2b *b2b, const struct route *route)
{
	return route->trunk ? find(b2b, route->trunk->name) : NULL;
}

struct trunk *b2b_trunk_take(struct b2b *b2b, const struct route *route)
{
	struct trunk *trunk = trunk_of(b2b, route);

	if (!trunk)
		return NULL;
	trunk->refs++;
	trunk->calls++;
	return trunk;
}

/* one of its next hops, as an address or where its name was last */
static bool is_at(const struct trunk *trunk, const struct dp_addr *source)
{
	const struct b2b *b2b = trunk->b2b;
	const struct config_hop *hop;
	size_t i, j, k;

	for (i = 0; i < trunk->conf->n_hops; i++) {
		hop = &trunk->conf->hop[i];
		if (hop->addr.family && dp_addr_same_host(&hop->addr, source))
			return true;
		for (j = 0; j < b2b->n_watch && !hop->addr.family; j++)
			for (k = 0; b2b->watch[j].hop == hop && k < b2b->watch[j].n_found; k++)
				if (dp_addr_same_host(&b2b->watch[j].found[k], source))
					return true;
	}
	return false;
}

struct trunk *b2b_trunk_calling(const struct realm *realm, const struct dp_addr *source)
{
	struct trunk *trunk;

	LIST_FOREACH(trunk, &realm->b2b->trunks, entry) {
		if (trunk->realm != realm || !trunk->conf->user || !is_at(trunk, source))
			continue;
		trunk->refs++;
		return trunk;
	}
	return NULL;
}

void b2b_trunk_put(struct trunk *trunk)
{
	put(trunk);
}

struct config *b2b_trunk_config(const struct trunk *trunk)
{
	return trunk->config;
}

void b2b_trunk_release(struct trunk *trunk)
{
	if (!trunk)
		return;
	trunk->calls--;
	put(trunk);
}

bool b2b_trunk_has_room(const struct b2b *b2b, const struct route *route)
{
	const struct trunk *trunk = trunk_of(b2b, route);

	return !trunk || !trunk->conf->calls || trunk->calls < trunk->conf->calls;
}

void b2b_trunk_sort(const struct b2b *b2b, struct route *route)
{
	const struct trunk *trunk = trunk_of(b2b, route);
	size_t order[CONFIG_HOPS_MAX], i;

	if (!trunk)
		return;
	trunk_order(trunk, order);
	for (i = 0; i < route->n; i++) {
		route->hop[i] = &route->trunk->hop[order[i]];
		route->text[i] = route->trunk->next_hop[order[i]];
	}
}

void b2b_trunk_tried(struct trunk *trunk, const struct config_trunk *lines,
		     const struct config_hop *hop, const char *why)
{
	size_t i = (size_t)(hop - lines->hop);

	if (!trunk || trunk->gone)
		return;
	if (why)
		trunk_hop_fails(trunk, i, why);
	else
		trunk_hop_works(trunk, i);
}

const struct config_trunk *b2b_trunk_conf(const struct trunk *trunk)
{
	return trunk->conf;
}

/* ---------------------------------------------------------------- what is told */

static void view(const struct trunk *trunk, struct b2b_trunk *v)
{
	const struct trunk_reg *reg = &trunk->reg;
	const struct config_trunk *conf = trunk->conf;
	size_t i;

	*v = (struct b2b_trunk){
		.name = conf->name, .realm = trunk->realm->name,
		.calls = trunk->calls, .max = conf->calls,
		.user = conf->user, .aor = conf->aor,
		.registered = reg->until > now_of(trunk),
		.why = reg->why, .n_hops = conf->n_hops,
	};
	if (v->registered)
		v->expires = (uint32_t)((reg->until - now_of(trunk)) / 1000);
	for (i = 0; i < conf->n_hops; i++) {
		v->hop[i].uri = conf->next_hop[i];
		v->hop[i].down = is_down(trunk, i);
		v->hop[i].why = trunk->hop[i].why;
	}
}

void b2b_trunks(const struct b2b *b2b,
		void (*fn)(const struct b2b_trunk *view, void *arg), void *arg)
{
	const struct trunk *trunk;
	struct b2b_trunk v;
	size_t i;

	/* in the order of the file */
	for (i = 0; i < b2b->config->n_trunks; i++) {
		trunk = find(b2b, b2b->config->trunks[i].name);
		if (!trunk)
			continue;
		view(trunk, &v);
		fn(&v, arg);
	}
}
