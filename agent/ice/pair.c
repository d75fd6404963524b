// SPDX-License-Identifier: GPL-2.0
/* Pairs, their order and their states: RFC 8445 6.1.2 and 6.1.4. */
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct pair *ice_find_pair(struct stream *s, const struct local *local,
			   const struct remote *remote)
{
	struct pair *p;

	for (p = s->pairs; p; p = p->next)
		if (p->local == local && p->remote == remote)
			return p;
	return NULL;
}

static bool is_link_local(const struct dp_addr *a)
{
	return a->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->v6);
}

/* RFC 8445 6.1.2.2 */
static bool fit(const struct local *l, const struct remote *r)
{
	return l->c.component == r->c.component &&
	       l->conf.base.family == r->c.addr.family &&
	       is_link_local(&l->conf.base) == is_link_local(&r->c.addr);
}

static uint64_t rank(const struct ice *ice, const struct local *l,
		     const struct remote *r)
{
	return ice->controlling ?
		ice_pair_priority(l->c.priority, r->c.priority) :
		ice_pair_priority(r->c.priority, l->c.priority);
}

static void insert(struct pair **list, struct pair *pair)
{
	while (*list && (*list)->priority >= pair->priority)
		list = &(*list)->next;
	pair->next = *list;
	*list = pair;
}

static bool works_alike(const struct pair *a, const struct pair *b)
{
	return !strcmp(a->local->c.foundation, b->local->c.foundation) &&
	       !strcmp(a->remote->c.foundation, b->remote->c.foundation);
}

/*
 * Does a frozen pair stay so? Another one that works or fails with it is being checked,
 * and none has worked.
 */
static bool is_held(const struct ice *ice, const struct pair *pair)
{
	const struct pair *p;
	bool held = false;
	unsigned int i;

	for (i = 0; i < ice->streams; i++) {
		for (p = ice->stream[i]->pairs; p; p = p->next) {
			if (p == pair || !works_alike(p, pair))
				continue;
			if (p->state == PAIR_SUCCEEDED)
				return false;
			held |= p->state == PAIR_WAITING ||
				p->state == PAIR_IN_PROGRESS;
		}
	}
	return held;
}

/* the worst pair that nobody would miss; NULL: each is one that works or may */
static struct pair *worst(const struct ice *ice, struct stream **of, bool must)
{
	struct pair *p, *found = NULL;
	unsigned int i;

	for (i = 0; i < ice->streams; i++) {
		for (p = ice->stream[i]->pairs; p; p = p->next) {
			if (p->valid || p->nominating ||
			    (p->open && !must && p->state != PAIR_FAILED))
				continue;
			if (found && found->state == PAIR_FAILED &&
			    p->state != PAIR_FAILED)
				continue;
			if (found && found->state != PAIR_FAILED &&
			    p->state != PAIR_FAILED &&
			    p->priority >= found->priority)
				continue;
			found = p;
			*of = ice->stream[i];
		}
	}
	return found;
}

static bool make_room(struct ice *ice, uint64_t priority, bool must)
{
	struct stream *of = NULL;
	struct pair *p = worst(ice, &of, must);

	if (!p || (!must && p->state != PAIR_FAILED && p->priority >= priority))
		return false;
	ice_del_pair(ice, of, p);
	return true;
}

struct pair *ice_add_pair(struct ice *ice, struct stream *s,
			  struct local *local, struct remote *remote, bool must)
{
	struct pair *p = ice_find_pair(s, local, remote);
	uint64_t priority = rank(ice, local, remote);

	if (p || !fit(local, remote))
		return p;
	/* a lite agent has no pairs but those that checks came on */
	if (ice->conf.lite && !must)
		return NULL;
	if (ice->pairs >= ice->conf.pairs && !make_room(ice, priority, must)) {
		ice->stats.left_out++;
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->local = local;
	p->remote = remote;
	p->priority = priority;
	insert(&s->pairs, p);
	ice->pairs++;
	p->state = is_held(ice, p) ? PAIR_FROZEN : PAIR_WAITING;
	return p;
}

static void leave_queue(struct ice *ice, struct pair *pair)
{
	struct pair **at = &ice->triggered;

	if (!pair->triggered)
		return;
	while (*at != pair)
		at = &(*at)->next_triggered;
	*at = pair->next_triggered;
	if (!*at)
		ice->last_triggered = at;
	pair->next_triggered = NULL;
	pair->triggered = false;
}

void ice_del_pair(struct ice *ice, struct stream *s, struct pair *pair)
{
	struct pair **at = &s->pairs;

	while (*at != pair)
		at = &(*at)->next;
	*at = pair->next;
	leave_queue(ice, pair);
	ice->pairs--;
	free(pair);
}

void ice_del_pairs_of(struct ice *ice, struct stream *s,
		      const struct remote *remote)
{
	struct pair *p, *next;

	for (p = s->pairs; p; p = next) {
		next = p->next;
		if (p->remote == remote)
			ice_del_pair(ice, s, p);
	}
}

/* after a change of role or of candidates */
void ice_sort_pairs(struct ice *ice)
{
	struct pair *list, *p;
	unsigned int i;

	for (i = 0; i < ice->streams; i++) {
		list = ice->stream[i]->pairs;
		ice->stream[i]->pairs = NULL;
		while ((p = list)) {
			list = p->next;
			p->priority = rank(ice, p->local, p->remote);
			insert(&ice->stream[i]->pairs, p);
		}
	}
}

void ice_trigger(struct ice *ice, struct pair *pair)
{
	if (pair->triggered)
		return;
	if (pair->state != PAIR_SUCCEEDED)
		pair->state = PAIR_WAITING;
	pair->tries = 0;
	pair->triggered = true;
	pair->next_triggered = NULL;
	*ice->last_triggered = pair;
	ice->last_triggered = &pair->next_triggered;
}

/* RFC 8445 7.2.5.3.3: what works like one that works is tried */
void ice_thaw(struct ice *ice, const struct pair *like)
{
	struct pair *p;
	unsigned int i;

	for (i = 0; i < ice->streams; i++)
		for (p = ice->stream[i]->pairs; p; p = p->next)
			if (p->state == PAIR_FROZEN && works_alike(p, like))
				p->state = PAIR_WAITING;
}

static struct pair *first_in(struct stream *s, enum pair_state state)
{
	struct pair *p;

	for (p = s->pairs; p; p = p->next)
		if (p->state == state && !p->triggered)
			return p;
	return NULL;
}

/* RFC 8445 6.1.4.2: the best one that waits; if none does, who is frozen may */
static struct pair *ordinary(const struct ice *ice, struct stream *s)
{
	struct pair *p = first_in(s, PAIR_WAITING);

	if (p)
		return p;
	for (p = s->pairs; p; p = p->next)
		if (p->state == PAIR_FROZEN && !is_held(ice, p))
			p->state = PAIR_WAITING;
	return first_in(s, PAIR_WAITING);
}

static bool may_check(const struct ice *ice, const struct stream *s)
{
	return !ice->conf.lite && s->now.their_pwd;
}

static struct stream *stream_of(const struct ice *ice, const struct pair *pair)
{
	const struct pair *p;
	unsigned int i;

	for (i = 0; i < ice->streams; i++)
		for (p = ice->stream[i]->pairs; p; p = p->next)
			if (p == pair)
				return ice->stream[i];
	return NULL;
}

struct pair *ice_next_pair(struct ice *ice, struct stream **s)
{
	struct pair *p = ice->triggered;
	unsigned int i;

	if (p) {
		*s = stream_of(ice, p);
		leave_queue(ice, p);
		return p;
	}
	for (i = 0; i < ice->streams; i++) {
		*s = ice->stream[ice->turn++ % ice->streams];
		p = may_check(ice, *s) ? ordinary(ice, *s) : NULL;
		if (p)
			return p;
	}
	return NULL;
}

bool ice_has_next(const struct ice *ice)
{
	unsigned int i;

	if (ice->triggered)
		return true;
	for (i = 0; i < ice->streams; i++)
		if (may_check(ice, ice->stream[i]) &&
		    ordinary(ice, ice->stream[i]))
			return true;
	return false;
}

void ice_stop_worse(struct ice *ice, struct stream *s, unsigned int component)
{
	const struct way *way = &s->component[component - 1].way;
	struct pair *p, *next;

	for (p = s->pairs; p; p = next) {
		next = p->next;
		if (p->local->c.component == component && !p->valid &&
		    (ice->controlling || p->priority < way->priority))
			ice_del_pair(ice, s, p);
	}
}
