// SPDX-License-Identifier: GPL-2.0
/* Which way media goes, and whether it still may: RFC 8445 8 and 11, RFC 7675. */
#include <string.h>

#include "private.h"

/* checks that show that a lite agent's peer goes on with them, so that silence tells */
#define REFRESHED_MIN	2
#define REFRESHED_AFTER	1000

static bool is_way(const struct way *way, const struct local *local,
		   const struct dp_addr *remote, bool old)
{
	return way->local && way->local == local && way->old == old &&
	       dp_addr_eq(&way->remote, remote);
}

/*
 * RFC 7675 5.1: 0.8 to 1.2 of it, by a random byte, so that calls that begin together
 * do not go on so.
 */
static uint64_t next_consent(const struct ice *ice, uint8_t random)
{
	if (ice->conf.lite)
		return ice->conf.keepalive;
	return ice->conf.consent * (uint64_t)(800 + 400 * random / 255) / 1000;
}

/* credentials of before a restart are kept as long as a way is theirs */
static void drop_old(struct stream *s)
{
	unsigned int i;

	for (i = 0; i < s->components; i++)
		if (s->component[i].way.old)
			return;
	ice_wipe_creds(&s->old);
}

static void begin_way(struct ice *ice, struct stream *s, struct component *c,
		      struct local *local, const struct ice_candidate *remote)
{
	uint64_t now = ice_now(ice);
	uint8_t random = 128;

	c->lost = false;
	ice->conf.random(&random, 1);
	c->way = (struct way){
		.local = local,
		.remote = remote->addr,
		.type = remote->type,
		.proven = true,
		.began = now,
		.heard = now,
		.end = now + ice->conf.consent_end,
		.due = now + next_consent(ice, random),
	};
	drop_old(s);
}

static void take_way(struct ice *ice, struct stream *s, struct pair *p,
		     bool chosen)
{
	struct component *c = &s->component[p->local->c.component - 1];

	if (!is_way(&c->way, p->local, &p->remote->c.addr, false))
		begin_way(ice, s, c, p->local, &p->remote->c);
	else if (c->way.chosen >= chosen)
		return;
	c->way.priority = p->priority;
	c->way.chosen = chosen;
	ice_tell(c, ICE_PATH);
}

/*
 * May a nominated pair take over from one that was nominated before?
 *
 * Old clients nominate each pair that they check, and then use the best of them; others
 * nominate one, and later another because they have moved. The latter have checked it
 * before without nominating it, or the former one is silent.
 */
static bool takes_over(const struct ice *ice, const struct way *way,
		       const struct pair *p)
{
	if (!way->local || !way->chosen || way->old)
		return true;
	return p->priority >= way->priority || p->plain ||
	       ice_now(ice) - way->heard > ice->conf.consent * 3ull / 2;
}

void ice_choose(struct ice *ice, struct stream *s, struct pair *p)
{
	struct way *way = &s->component[p->local->c.component - 1].way;

	if (!takes_over(ice, way, p))
		return;
	take_way(ice, s, p, true);
	if (!ice->conf.lite)
		ice_stop_worse(ice, s, p->local->c.component);
}

/* the first one that works, until one is nominated; after a restart the old one stays */
void ice_use(struct ice *ice, struct stream *s, struct pair *p)
{
	if (!s->component[p->local->c.component - 1].way.local)
		take_way(ice, s, p, false);
}

static struct local *local_for(struct stream *s, const struct remote *r)
{
	struct local *l;

	for (l = s->locals; l; l = l->next)
		if (l->checks && l->c.component == r->c.component &&
		    l->conf.base.family == r->c.addr.family)
			return l;
	return NULL;
}

/* RFC 8445 8.1.2: the best of theirs that we have an address for */
void ice_choose_unproven(struct ice *ice, struct stream *s)
{
	struct remote *r, *best;
	struct component *c;
	unsigned int i;

	for (i = 1; i <= s->components; i++) {
		c = &s->component[i - 1];
		best = NULL;
		for (r = s->remotes; r; r = r->next)
			if (r->c.component == i && local_for(s, r) &&
			    (!best || r->c.priority > best->c.priority))
				best = r;
		if (!best || is_way(&c->way, local_for(s, best), &best->c.addr, false))
			continue;
		begin_way(ice, s, c, local_for(s, best), &best->c);
		c->way.chosen = true;
		c->way.proven = false;
		ice_tell(c, ICE_PATH);
	}
}

/* ---------------------------------------------------------------------- consent */

/*
 * Of a component nothing may be sent any more. What else has worked is checked again:
 * it may still be there.
 */
void ice_lose(struct ice *ice, struct stream *s, unsigned int component)
{
	struct component *c = &s->component[component - 1];
	struct way lost = c->way;
	struct pair *p;

	memset(&c->way, 0, sizeof(c->way));
	c->first = TIMER_NEVER;
	c->lost = !lost.old;
	for (p = s->pairs; p; p = p->next) {
		if (p->local->c.component != component || !p->valid)
			continue;
		p->valid = false;
		p->open = false;
		p->nominating = false;
		if (!p->triggered)
			p->state = is_way(&lost, p->local, &p->remote->c.addr, false) ?
				PAIR_FAILED : PAIR_WAITING;
	}
	ice_tell(c, ICE_LOST);
	drop_old(s);
}

void ice_heard(struct ice *ice, struct stream *s, unsigned int component,
	       const struct local *local, const struct dp_addr *from, bool old)
{
	struct way *way = &s->component[component - 1].way;

	if (!is_way(way, local, from, old))
		return;
	way->heard = ice_now(ice);
	way->proven = true;
	if (way->heard - way->began >= REFRESHED_AFTER)
		way->refreshed++;
}

static const struct creds *creds_of(const struct stream *s,
				    const struct way *way)
{
	return way->old ? &s->old : &s->now;
}

static void send_consent(struct ice *ice, struct stream *s, struct way *way)
{
	uint8_t *id = way->id[way->next_id % CONSENT_IDS];
	const struct creds *c = creds_of(s, way);
	uint8_t buf[REQUEST_MAX];
	size_t n;

	if (!c->their_pwd || !ice_new_id(ice, id))
		return;
	way->next_id++;
	way->controlling = ice->controlling;
	n = ice_write_request(ice, c, way->local, id, false, buf);
	ice->stats.checks++;
	ice_transmit(ice, way->local, &way->remote, buf, n);
}

/* RFC 8445 11: it needs no answer and no password */
static void send_indication(struct ice *ice, const struct way *way)
{
	uint8_t id[STUN_ID_LEN], buf[64];
	struct stun_writer w;

	if (!ice->conf.random(id, sizeof(id)))
		return;
	stun_begin(&w, buf, sizeof(buf), STUN_INDICATION, STUN_BINDING, id);
	stun_put_fingerprint(&w);
	ice_transmit(ice, way->local, &way->remote, buf, stun_end(&w));
}

/* a lite agent knows only that checks that used to come do not */
static uint64_t way_end(const struct ice *ice, const struct way *way)
{
	if (!ice->conf.lite)
		return way->end;
	return way->refreshed < REFRESHED_MIN ? TIMER_NEVER :
	       way->heard + ice->conf.consent_end;
}

static void run_path(struct ice *ice, struct stream *s, unsigned int component)
{
	struct way *way = &s->component[component - 1].way;
	uint64_t now = ice_now(ice);
	const uint8_t *last;

	if (!way->local)
		return;
	if (way_end(ice, way) <= now) {
		ice_lose(ice, s, component);
		return;
	}
	if (way->due > now)
		return;
	if (ice->conf.lite)
		send_indication(ice, way);
	else
		send_consent(ice, s, way);
	/* the request's random id will do: such numbers are what costs most here */
	last = way->id[(way->next_id + CONSENT_IDS - 1) % CONSENT_IDS];
	way->due = now + next_consent(ice, last[STUN_ID_LEN - 1]);
}

void ice_run_paths(struct ice *ice)
{
	unsigned int i, k;

	for (i = 0; i < ice->streams; i++)
		for (k = 1; k <= ice->stream[i]->components; k++)
			run_path(ice, ice->stream[i], k);
}

uint64_t ice_paths_due(const struct ice *ice)
{
	uint64_t due = TIMER_NEVER, end;
	const struct way *way;
	unsigned int i, k;

	for (i = 0; i < ice->streams; i++) {
		for (k = 0; k < ice->stream[i]->components; k++) {
			way = &ice->stream[i]->component[k].way;
			if (!way->local)
				continue;
			end = way_end(ice, way);
			due = due < way->due ? due : way->due;
			due = due < end ? due : end;
		}
	}
	return due;
}

static bool is_asked(const struct way *way, const uint8_t *id)
{
	unsigned int i;

	for (i = 0; i < CONSENT_IDS && i < way->next_id; i++)
		if (!memcmp(way->id[i], id, STUN_ID_LEN))
			return true;
	return false;
}

bool ice_take_consent(struct ice *ice, struct stream *s, unsigned int component,
		      struct local *local, const struct dp_addr *from,
		      const struct stun_msg *m)
{
	struct way *way = &s->component[component - 1].way;

	if (!way->local || !is_asked(way, m->id))
		return false;
	if (stun_verify(m, span_of(creds_of(s, way)->their_pwd)) != STUN_TRUSTED) {
		ice->stats.forged++;
		return true;
	}
	ice->stats.responses++;
	if (m->class == STUN_ERROR) {
		if (stun_find_error(m, NULL) == 487 &&
		    way->controlling == ice->controlling)
			ice_yield_role(ice, !ice->controlling);
	} else if (is_way(way, local, from, way->old)) {
		way->heard = ice_now(ice);
		way->end = way->heard + ice->conf.consent_end;
	}
	return true;
}

bool ice_get_path(const struct ice *ice, unsigned int stream,
		  unsigned int component, struct ice_path *path)
{
	const struct stream *s = ice_stream(ice, stream);
	const struct way *way;

	if (!s || !component || component > s->components)
		return false;
	way = &s->component[component - 1].way;
	if (!way->local)
		return false;
	*path = (struct ice_path){
		.base = way->local->conf.base,
		.socket = way->local->conf.socket,
		.remote = way->remote,
		.type = way->type,
		.proven = way->proven,
		.chosen = way->chosen,
	};
	return true;
}
