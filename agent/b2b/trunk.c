// SPDX-License-Identifier: GPL-2.0
/* Trunks: which there are, and which of their next hops work. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/siphash.h"
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

/*
 * ms: @seconds after the first failure, doubled with each one more, up to sixteen times that
 * and an hour; less up to a quarter, so that not all who lost it come back at once
 */
static uint64_t back_off(uint32_t seconds, unsigned int fails)
{
	uint64_t ms = (uint64_t)seconds * 1000, most = ms > 3600000 ? ms : 3600000;

	ms <<= fails > 4 ? 4 : fails ? fails - 1 : 0;
	if (ms > most)
		ms = most;
	return ms - random_below((uint32_t)(ms / 4) + 1);
}

void trunk_hop_fails(struct trunk *trunk, size_t hop, const char *why)
{
	const struct config_trunk *conf = trunk->conf;
	struct trunk_hop *h = &trunk->hop[hop];

	if (!is_down(trunk, hop) && (conf->options || conf->retry))
		log_warning("trunk %s: %s %s: it is tried after all others", conf->name,
			    conf->next_hop[hop], why);
	if (h->fails < UINT_MAX)
		h->fails++;
	/* where OPTIONS are sent, an answer to these ends it */
	if (conf->options)
		h->until = UINT64_MAX;
	else
		h->until = conf->retry ? now_of(trunk) + back_off(conf->retry, h->fails) : 0;
	snprintf(h->why, sizeof(h->why), "%s", why);
}

void trunk_hop_works(struct trunk *trunk, size_t hop)
{
	if (is_down(trunk, hop))
		log_info("trunk %s: %s answers again", trunk->conf->name,
			 trunk->conf->next_hop[hop]);
	trunk->hop[hop].until = 0;
	trunk->hop[hop].fails = 0;
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
		  msg ? (uint64_t)trunk->conf->options * 1000 :
			back_off(trunk->conf->options, trunk->hop[ask->hop].fails));
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
	random_bytes(trunk->key, sizeof(trunk->key));
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

static bool has_room(const struct trunk *trunk)
{
	return !trunk->conf->calls || trunk->calls < trunk->conf->calls;
}

/* by all trunks of a group */
static uint32_t calls_of(const struct b2b *b2b, const struct config_group *group)
{
	const struct trunk *trunk;
	uint32_t calls = 0;
	size_t i;

	for (i = 0; i < group->n; i++) {
		trunk = find(b2b, group->trunk[i]->name);
		calls += trunk ? trunk->calls : 0;
	}
	return calls;
}

bool b2b_trunk_has_room(const struct b2b *b2b, const struct route *route)
{
	const struct config_group *group = route->group;
	const struct trunk *trunk = trunk_of(b2b, route);
	bool room = false;
	size_t i;

	for (i = 0; group && i < group->n; i++) {
		trunk = find(b2b, group->trunk[i]->name);
		room |= trunk && has_room(trunk);
	}
	if (group)
		return room && (!group->calls || calls_of(b2b, group) < group->calls);
	return !trunk || has_room(trunk);
}

/* a trunk of a group, and what it is drawn by */
struct member {
	struct trunk *trunk;
	const struct config_trunk *conf;
	uint32_t weight;
};

/* without replacement: each time by the weights of those that are left */
static size_t draw(const struct member *m, size_t n)
{
	uint32_t all = 0, random;
	size_t i;

	for (i = 0; i < n; i++)
		all += m[i].weight;
	random = random_below(all);
	for (i = 0; i + 1 < n && random >= m[i].weight; i++)
		random -= m[i].weight;
	return i;
}

static size_t longest_ago(const struct member *m, size_t n)
{
	size_t i, best = 0;

	for (i = 1; i < n; i++)
		if (m[i].trunk->turn < m[best].trunk->turn)
			best = i;
	return best;
}

static void hunt(enum config_hunt how, struct member *m, size_t n)
{
	struct member next;
	size_t i, at;

	for (i = 0; i + 1 < n; i++) {
		at = how == CONFIG_HUNT_WEIGHT ? draw(m + i, n - i) :
		     how == CONFIG_HUNT_ROUND_ROBIN ? longest_ago(m + i, n - i) : 0;
		next = m[i + at];
		memmove(m + i + 1, m + i, at * sizeof(*m));
		m[i] = next;
	}
}

static uint64_t hash_call(const struct trunk *trunk, const struct sip_msg *invite)
{
	struct siphash h;

	siphash_begin(&h, trunk->key);
	siphash_span(&h, invite->call_id);
	return siphash_end(&h);
}

void b2b_trunk_asks(struct trunk *trunk, const struct sip_msg *invite)
{
	uint64_t hash;

	if (!trunk)
		return;
	hash = hash_call(trunk, invite);
	trunk->asked[hash % TRUNK_ASKED] = hash;
}

/* whoever has asked the caller for a password is the one that knows its own challenge */
static void asked_first(struct member *m, size_t n, const struct sip_msg *invite)
{
	struct member asked;
	uint64_t hash;
	size_t i;

	if (!sip_msg_first(invite, SIP_HDR_AUTHORIZATION) &&
	    !sip_msg_first(invite, SIP_HDR_PROXY_AUTHORIZATION))
		return;
	for (i = 0; i < n; i++) {
		hash = hash_call(m[i].trunk, invite);
		if (m[i].trunk->asked[hash % TRUNK_ASKED] != hash)
			continue;
		asked = m[i];
		memmove(m + 1, m, i * sizeof(*m));
		m[0] = asked;
		return;
	}
}

/* those that have room; if there are none, whoever is let through limits has them all */
static size_t members_of(const struct b2b *b2b, const struct route *route,
			 const struct sip_msg *invite, struct member m[CONFIG_GROUP_MAX])
{
	const struct config_group *group = route->group;
	struct trunk *trunk;
	size_t n = 0, i;
	int full;

	if (!group) {
		trunk = trunk_of(b2b, route);
		m[0] = (struct member){ trunk, route->trunk, 1 };
		return trunk ? 1 : 0;
	}
	for (full = 0; full < 2 && !n; full++)
		for (i = 0; i < group->n; i++) {
			trunk = find(b2b, group->trunk[i]->name);
			if (trunk && (full || !invite || has_room(trunk)))
				m[n++] = (struct member){ trunk, group->trunk[i],
							  group->weight[i] };
		}
	hunt(invite ? group->hunt : CONFIG_HUNT_ORDER, m, n);
	if (invite)
		asked_first(m, n, invite);
	return n;
}

static void put_hops(const struct member *m, int down, struct route *route)
{
	size_t i;

	for (i = 0; i < m->conf->n_hops; i++) {
		if (is_down(m->trunk, i) != down)
			continue;
		route->hop[route->n] = &m->conf->hop[i];
		route->text[route->n++] = m->conf->next_hop[i];
	}
}

void b2b_trunk_sort(struct b2b *b2b, struct route *route, const struct sip_msg *invite)
{
	struct member m[CONFIG_GROUP_MAX];
	size_t n = route->trunk ? members_of(b2b, route, invite, m) : 0, i;
	int down;

	if (!n)
		return;
	route->n = 0;
	for (down = 0; down < 2; down++)
		for (i = 0; i < n; i++)
			put_hops(&m[i], down, route);
	for (i = 0; i < n; i++)
		if (route->hop[0] >= m[i].conf->hop &&
		    route->hop[0] < m[i].conf->hop + CONFIG_HOPS_MAX)
			break;
	route->trunk = m[i].conf;
	if (invite)
		m[i].trunk->turn = ++b2b->turns;
}

static bool same_hops(const struct config_trunk *a, const struct config_trunk *b)
{
	size_t i;

	for (i = 0; i < a->n_hops && i < b->n_hops; i++)
		if (strcmp(a->next_hop[i], b->next_hop[i]) != 0)
			return false;
	return a->n_hops == b->n_hops;
}

bool b2b_trunk_move(struct call *call, const struct config_trunk *to)
{
	struct trunk *trunk = find(call->b2b, to->name);

	/* a reload has given the name to another one: the call's own has gone */
	if (trunk && !same_hops(trunk->conf, to))
		trunk = NULL;
	if (trunk && !has_room(trunk) && !call->emergency)
		return false;
	b2b_trunk_release(call->trunk);
	call->trunk = trunk;
	if (trunk) {
		trunk->refs++;
		trunk->calls++;
	}
	b2b_account_forget(&call->account[1]);
	return true;
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

/* the next one that begins is no sooner than this */
static uint32_t seconds_until(const struct trunk *trunk, uint64_t due)
{
	uint64_t now = now_of(trunk);

	return due > now ? (uint32_t)((due - now + 999) / 1000) : 0;
}

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
		v->hop[i].fails = trunk->hop[i].fails;
		v->hop[i].again = seconds_until(trunk, conf->options ? trunk->hop[i].timer.due :
								       trunk->hop[i].until);
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

void b2b_trunk_groups(const struct b2b *b2b,
		      void (*fn)(const struct config_group *group, uint32_t calls, void *arg),
		      void *arg)
{
	const struct config *config = b2b->config;
	size_t i;

	for (i = 0; i < config->n_groups; i++)
		fn(&config->groups[i], calls_of(b2b, &config->groups[i]), arg);
}
