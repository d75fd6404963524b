// SPDX-License-Identifier: GPL-2.0
/* Checks of the other party: RFC 8445 7.3, and what others send in its name. */
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* an answer with the longest error and its list of attributes */
#define ANSWER_MAX	160

/*
 * By whose credentials is it? USERNAME is OURS:THEIRS. NULL: by nobody's that we know;
 * then it is not answered, so that strangers do not even learn that we are here.
 */
static const struct creds *whose(const struct stream *s,
				 const struct stun_msg *m, struct span *theirs)
{
	struct span user = stun_find(m, STUN_USERNAME), ours;

	if (!span_chr(user, ':'))
		return NULL;
	ours = span_cut(&user, ':');
	*theirs = user;
	if (!ice_is_chars(user, ICE_UFRAG_MIN, ICE_UFRAG_MAX))
		return NULL;
	if (span_is(ours, s->now.ufrag))
		return &s->now;
	if (*s->old.ufrag && span_is(ours, s->old.ufrag))
		return &s->old;
	return NULL;
}

/* nobody gets more than he has sent, since his address may be another's */
static void reply(struct ice *ice, struct local *local,
		  const struct dp_addr *to, const struct stun_msg *m,
		  struct stun_writer *w)
{
	size_t n;

	stun_put_fingerprint(w);
	n = stun_end(w);
	if (n && n <= m->len)
		ice_transmit(ice, local, to, w->buf, n);
}

static void reply_error(struct ice *ice, struct local *local,
			const struct dp_addr *to, const struct stun_msg *m,
			const struct creds *c, unsigned int code)
{
	uint8_t buf[ANSWER_MAX];
	struct stun_writer w;

	stun_begin(&w, buf, sizeof(buf), STUN_ERROR, m->method, m->id);
	stun_put_error(&w, code, NULL);
	if (code == 420)
		stun_put_unknown(&w, m);
	if (c)
		stun_sign_like(&w, m, span_of(c->pwd));
	reply(ice, local, to, m, &w);
}

static void reply_success(struct ice *ice, struct local *local,
			  const struct dp_addr *to, const struct stun_msg *m,
			  const struct creds *c)
{
	uint8_t buf[ANSWER_MAX];
	struct stun_writer w;

	stun_begin(&w, buf, sizeof(buf), STUN_SUCCESS, m->method, m->id);
	stun_put_addr(&w, STUN_XOR_MAPPED_ADDRESS, to);
	stun_sign_like(&w, m, span_of(c->pwd));
	reply(ice, local, to, m, &w);
}

/* of a random number of 96 bits 32 will do */
static uint32_t short_id(const struct stun_msg *m)
{
	uint32_t id;

	memcpy(&id, m->id + 8, sizeof(id));
	return id;
}

static bool is_seen(const struct ice *ice, const struct stun_msg *m)
{
	uint32_t id = short_id(m);
	size_t i;

	for (i = 0; i < SEEN_MAX; i++)
		if (ice->seen[i] == id)
			return true;
	return false;
}

static void remember(struct ice *ice, const struct stun_msg *m)
{
	ice->seen[ice->next_seen++ % SEEN_MAX] = short_id(m);
}

/* RFC 8445 7.3.1.1: two that choose, or none that does */
static bool is_in_conflict(const struct ice *ice, const struct stun_msg *m,
			   uint64_t *tie)
{
	return stun_find_u64(m, ice->controlling ? STUN_ICE_CONTROLLING :
			     STUN_ICE_CONTROLLED, tie);
}

/* which of the two changes? A lite agent cannot */
static bool yields(struct ice *ice, uint64_t tie)
{
	ice->stats.conflicts++;
	if (ice->conf.lite || (ice->tie >= tie) == ice->controlling)
		return false;
	return ice_yield_role(ice, !ice->controlling);
}

bool ice_may_be(struct ice *ice, const struct dp_addr *from)
{
	if (!ice->ops->claim || ice->ops->claim(ice->arg, from))
		return true;
	ice->stats.claimed++;
	return false;
}

/* a check that is the other party's, and new */
static void take(struct ice *ice, struct stream *s, struct local *local,
		 const struct dp_addr *from, uint32_t priority, bool use)
{
	unsigned int component = local->c.component;
	struct remote *r = ice_learn(ice, s, component, from, priority);
	struct pair *p = r ? ice_add_pair(ice, s, local, r, true) : NULL;

	ice_heard(ice, s, component, local, from, false);
	if (!p)
		return;
	r->checks++;
	p->plain |= !use;
	use &= !ice->controlling;
	if (ice->conf.lite) {
		p->state = PAIR_SUCCEEDED;
		ice_is_valid(ice, s, p);
	}
	if (p->state == PAIR_SUCCEEDED) {
		if (use)
			ice_choose(ice, s, p);
		return;
	}
	p->wanted |= use;
	ice_trigger(ice, p);
}

/* ---------------------------------------------- checks before we know whose they are */

static void drop_first(struct stream *s)
{
	struct early *e = s->early;

	s->early = e->next;
	s->n_early--;
	free(e);
}

void ice_drop_early(struct stream *s)
{
	while (s->early)
		drop_first(s);
}

static struct early *find_early(struct stream *s, const struct local *local,
				const struct dp_addr *from, struct span theirs)
{
	struct early *e;

	for (e = s->early; e; e = e->next)
		if (e->local == local && dp_addr_eq(&e->from, from) &&
		    span_is(theirs, e->ufrag))
			return e;
	return NULL;
}

static void keep_early(struct ice *ice, struct stream *s, struct local *local,
		       const struct dp_addr *from, const struct stun_msg *m,
		       struct span theirs, uint32_t priority)
{
	struct early *e = find_early(s, local, from, theirs), **end;
	bool use = stun_has(m, STUN_USE_CANDIDATE);

	ice->stats.early++;
	if (e) {
		e->use |= use;
		return;
	}
	e = malloc(sizeof(*e) + theirs.n + 1);
	if (!e)
		return;
	if (s->n_early == EARLY_MAX)
		drop_first(s);
	*e = (struct early){
		.local = local, .from = *from, .priority = priority, .use = use,
	};
	memcpy(e->ufrag, theirs.p, theirs.n);
	e->ufrag[theirs.n] = '\0';
	for (end = &s->early; *end; end = &(*end)->next)
		;
	*end = e;
	s->n_early++;
}

void ice_take_early(struct ice *ice, struct stream *s)
{
	struct early **at = &s->early, *e;

	while ((e = *at)) {
		if (strcmp(e->ufrag, s->now.their_ufrag)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		s->n_early--;
		take(ice, s, e->local, &e->from, e->priority, e->use);
		free(e);
	}
}

static bool is_valid(const struct stream *s, const struct remote *r)
{
	const struct pair *p;

	for (p = s->pairs; p; p = p->next)
		if (p->remote == r && p->valid)
			return true;
	return false;
}

bool ice_knows(const struct ice *ice, unsigned int stream,
	       unsigned int component, const struct dp_addr *from)
{
	struct stream *s = ice_stream(ice, stream);
	const struct remote *r = s ? ice_find_remote(s, component, from) : NULL;
	const struct early *e;

	if (r && (r->checks || is_valid(s, r)))
		return true;
	/* once they are known, what is left is other forks' */
	for (e = s && !s->now.their_ufrag ? s->early : NULL; e; e = e->next)
		if (e->local->c.component == component &&
		    dp_addr_eq(&e->from, from))
			return true;
	return false;
}

/* -------------------------------------------------------------------- requests */

static uint32_t priority_of(const struct stun_msg *m, unsigned int component)
{
	uint32_t priority;

	/* without one, which is against the rule, the least of its kind */
	if (!stun_find_u32(m, STUN_PRIORITY, &priority) || !priority)
		return ice_priority(ICE_PRFLX, 0, (uint16_t)component);
	return priority;
}

static void take_trusted(struct ice *ice, struct stream *s, struct local *local,
			 const struct dp_addr *from, const struct stun_msg *m,
			 struct span theirs)
{
	unsigned int component = local->c.component;
	bool known = s->now.their_ufrag && span_is(theirs, s->now.their_ufrag);
	bool conflict, seen = is_seen(ice, m);
	uint64_t tie;

	/* whose role another fork takes is no business of this one */
	conflict = (known || !s->now.their_ufrag) && is_in_conflict(ice, m, &tie);
	if (seen)
		ice->stats.replayed++;
	else
		remember(ice, m);
	if (conflict && (seen || !yields(ice, tie))) {
		reply_error(ice, local, from, m, &s->now, 487);
		return;
	}
	reply_success(ice, local, from, m, &s->now);
	if (seen)
		return;
	if (known)
		take(ice, s, local, from, priority_of(m, component),
		     stun_has(m, STUN_USE_CANDIDATE));
	else
		keep_early(ice, s, local, from, m, theirs,
			   priority_of(m, component));
}

/* the way from before a restart goes on: its checks are answered, and that is all */
static void take_old(struct ice *ice, struct stream *s, struct local *local,
		     const struct dp_addr *from, const struct stun_msg *m)
{
	reply_success(ice, local, from, m, &s->old);
	if (is_seen(ice, m)) {
		ice->stats.replayed++;
		return;
	}
	remember(ice, m);
	ice_heard(ice, s, local->c.component, local, from, true);
}

bool ice_take_request(struct ice *ice, struct stream *s, unsigned int component,
		      struct local *local, const struct dp_addr *from,
		      const struct stun_msg *m)
{
	struct span theirs;
	const struct creds *c = whose(s, m, &theirs);
	enum stun_trust trust;

	trust = c ? stun_verify(m, span_of(c->pwd)) : STUN_UNSIGNED;
	if (trust == STUN_UNSIGNED) {
		ice->stats.strangers++;
		return false;
	}
	if (trust == STUN_FORGED) {
		ice->stats.forged++;
		if (!ice->conf.call)
			reply_error(ice, local, from, m, NULL, 401);
		return false;
	}
	/* it goes on with others of its addresses, or tries again; who replays claims nothing */
	if (!is_seen(ice, m) && !ice_may_be(ice, from))
		return true;
	ice->stats.requests++;
	if (m->n_unknown)
		reply_error(ice, local, from, m, c, 420);
	else if (c == &s->old)
		take_old(ice, s, local, from, m);
	else
		take_trusted(ice, s, local, from, m, theirs);
	return true;
}
