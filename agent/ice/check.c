// SPDX-License-Identifier: GPL-2.0
/* Our checks: sent, repeated, answered; nominations (RFC 8445 7.2 and 8.1). */
#include <stdio.h>
#include <string.h>

#include "private.h"

/* pairs of a component that are tried again when all have failed */
#define RETRY_MAX	4

void ice_transmit(struct ice *ice, const struct local *local,
		  const struct dp_addr *to, const void *buf, size_t n)
{
	ice->ops->send(ice->arg, local->conf.socket, to, buf, n);
}

/* what the other party would take us for, if it does not know us */
static uint32_t prflx_priority(const struct local *local)
{
	return (ice_priority(ICE_PRFLX, 0, 1) & 0xff000000) |
	       (local->c.priority & 0x00ffffff);
}

size_t ice_write_request(struct ice *ice, const struct creds *c,
			 const struct local *local, const uint8_t *id, bool use,
			 uint8_t *buf)
{
	char user[ICE_UFRAG_MAX + 1 + ICE_OUR_UFRAG + 1];
	struct stun_writer w;

	snprintf(user, sizeof(user), "%s:%s", c->their_ufrag, c->ufrag);
	stun_begin(&w, buf, REQUEST_MAX, STUN_REQUEST, STUN_BINDING, id);
	stun_put_text(&w, STUN_USERNAME, span_of(user));
	stun_put_u32(&w, STUN_PRIORITY, prflx_priority(local));
	stun_put_u64(&w, ice->controlling ? STUN_ICE_CONTROLLING :
		     STUN_ICE_CONTROLLED, ice->tie);
	if (use)
		stun_put_flag(&w, STUN_USE_CANDIDATE);
	stun_sign(&w, span_of(c->their_pwd));
	stun_put_fingerprint(&w);
	return stun_end(&w);
}

static void fail_check(struct pair *p)
{
	p->open = false;
	p->valid = false;
	p->nominating = false;
	p->state = PAIR_FAILED;
}

/* RFC 8489 6.2.1 */
static uint64_t wait_for(const struct ice *ice, uint32_t tries)
{
	if (tries >= ice->conf.tries)
		return (uint64_t)ice->conf.rto * 16;
	return (uint64_t)ice->conf.rto << (tries > 16 ? 16 : tries - 1);
}

static void send_check(struct ice *ice, struct stream *s, struct pair *p)
{
	uint8_t buf[REQUEST_MAX];
	size_t n;

	if (!p->open) {
		if (!ice_new_id(ice, p->id)) {
			fail_check(p);
			return;
		}
		p->open = true;
		p->controlling = ice->controlling;
		p->use = p->nominating;
		p->tries = 0;
	}
	if (p->state != PAIR_SUCCEEDED)
		p->state = PAIR_IN_PROGRESS;
	p->tries++;
	p->due = ice_now(ice) + wait_for(ice, p->tries);
	n = ice_write_request(ice, &s->now, p->local, p->id, p->use, buf);
	ice->stats.checks++;
	ice_transmit(ice, p->local, &p->remote->c.addr, buf, n);
}

static bool is_out(const struct pair *p)
{
	return p->open && !p->triggered;
}

static void repeat(struct ice *ice, struct stream *s)
{
	struct pair *p;

	for (p = s->pairs; p; p = p->next) {
		if (!is_out(p) || p->due > ice_now(ice))
			continue;
		if (p->tries < ice->conf.tries)
			send_check(ice, s, p);
		else
			fail_check(p);
	}
}

/* --------------------------------------------------------------- nominations */

static bool is_pending(const struct pair *p)
{
	return p->state == PAIR_FROZEN || p->state == PAIR_WAITING ||
	       p->state == PAIR_IN_PROGRESS;
}

/*
 * The pair to nominate for a component, and when: at once if there is no better one
 * that may still work, otherwise when the others have had their time.
 */
static struct pair *nominee(const struct ice *ice, struct stream *s,
			    unsigned int component, uint64_t *when)
{
	const struct component *c = &s->component[component - 1];
	bool better = false;
	struct pair *p, *found = NULL;

	if (!ice->controlling || ice->conf.lite ||
	    (c->way.local && c->way.chosen && !c->way.old))
		return NULL;
	for (p = s->pairs; p; p = p->next) {
		if (p->local->c.component != component)
			continue;
		if (p->nominating)
			return NULL;
		if (!found && p->valid)
			found = p;
		else if (!found && is_pending(p))
			better = true;
	}
	*when = better ? c->first + ice->conf.settle : ice_now(ice);
	return found;
}

static void nominate(struct ice *ice, struct stream *s, unsigned int component)
{
	uint64_t when;
	struct pair *p = nominee(ice, s, component, &when);

	if (!p || when > ice_now(ice))
		return;
	p->nominating = true;
	p->open = false;
	ice_trigger(ice, p);
}

/* ------------------------------------------------------------ where nothing works */

static bool is_hopeless(const struct stream *s, unsigned int component)
{
	const struct pair *p;

	if (s->began == TIMER_NEVER || s->component[component - 1].way.local)
		return false;
	for (p = s->pairs; p; p = p->next)
		if (p->local->c.component == component &&
		    (is_pending(p) || p->valid))
			return false;
	return true;
}

static uint64_t hopeless_at(const struct ice *ice, const struct stream *s)
{
	unsigned int i;

	for (i = 1; !s->failed && i <= s->components; i++)
		if (is_hopeless(s, i))
			return s->began + ice->conf.patience;
	return TIMER_NEVER;
}

/* while there is patience, the best are tried again: all of a check may have been lost */
static void try_again(struct ice *ice, struct stream *s, unsigned int component)
{
	unsigned int n = 0;
	struct pair *p;

	for (p = s->pairs; p && n < RETRY_MAX; p = p->next) {
		if (p->local->c.component != component)
			continue;
		p->state = PAIR_WAITING;
		n++;
	}
}

static void give_up(struct ice *ice, struct stream *s)
{
	unsigned int i;

	if (s->began == TIMER_NEVER || s->failed)
		return;
	for (i = 1; i <= s->components; i++)
		if (ice_now(ice) < s->began + ice->conf.patience && is_hopeless(s, i))
			try_again(ice, s, i);
	if (hopeless_at(ice, s) > ice_now(ice))
		return;
	s->failed = true;
	for (i = 1; i <= s->components; i++)
		if (is_hopeless(s, i) && !s->component[i - 1].lost)
			ice_tell(&s->component[i - 1], ICE_FAILED);
}

/* ----------------------------------------------------------------------- clock */

void ice_run_checks(struct ice *ice)
{
	struct stream *s;
	struct pair *p;
	unsigned int i, k;

	for (i = 0; i < ice->streams; i++) {
		s = ice->stream[i];
		repeat(ice, s);
		for (k = 1; k <= s->components; k++)
			nominate(ice, s, k);
		give_up(ice, s);
	}
	if (ice_now(ice) < ice->next_check)
		return;
	p = ice_next_pair(ice, &s);
	if (!p)
		return;
	ice->next_check = ice_now(ice) + ice->conf.pace;
	send_check(ice, s, p);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t stream_due(const struct ice *ice, struct stream *s)
{
	uint64_t due = hopeless_at(ice, s), when;
	const struct pair *p;
	unsigned int k;

	for (p = s->pairs; p; p = p->next)
		if (is_out(p))
			due = sooner(due, p->due);
	for (k = 1; k <= s->components; k++)
		if (nominee(ice, s, k, &when))
			due = sooner(due, when);
	return due;
}

uint64_t ice_checks_due(const struct ice *ice)
{
	uint64_t due = ice_has_next(ice) ? ice->next_check : TIMER_NEVER;
	unsigned int i;

	for (i = 0; i < ice->streams; i++)
		due = sooner(due, stream_due(ice, ice->stream[i]));
	return due;
}

/* ------------------------------------------------------------------- answers */

void ice_is_valid(struct ice *ice, struct stream *s, struct pair *p)
{
	struct component *c = &s->component[p->local->c.component - 1];

	p->valid = true;
	s->failed = false;
	if (c->first == TIMER_NEVER)
		c->first = ice_now(ice);
	ice_use(ice, s, p);
}

static void succeed(struct ice *ice, struct stream *s, struct pair *p)
{
	bool chosen = ice->controlling ? p->use && p->nominating : p->wanted;

	p->open = false;
	p->state = PAIR_SUCCEEDED;
	ice_thaw(ice, p);
	ice_is_valid(ice, s, p);
	if (!chosen)
		return;
	p->nominating = false;
	p->wanted = false;
	ice_choose(ice, s, p);
}

bool ice_yield_role(struct ice *ice, bool controlling)
{
	if (ice->switches == SWITCHES_MAX)
		return false;
	ice->switches++;
	ice_switch_role(ice, controlling);
	return true;
}

/* RFC 8445 7.2.5.1: by our role two would choose, or none */
static void take_error(struct ice *ice, struct pair *p, unsigned int code)
{
	if (code != 487) {
		fail_check(p);
		return;
	}
	/* one of several that were out: we have yielded already */
	if (p->controlling == ice->controlling) {
		ice->stats.conflicts++;
		if (!ice_yield_role(ice, !ice->controlling)) {
			fail_check(p);
			return;
		}
		/* so that both do not yield for ever */
		ice->conf.random(&ice->tie, sizeof(ice->tie));
	}
	p->open = false;
	ice_trigger(ice, p);
}

static struct pair *find_open(struct stream *s, const uint8_t *id)
{
	struct pair *p;

	for (p = s->pairs; p; p = p->next)
		if (p->open && !memcmp(p->id, id, STUN_ID_LEN))
			return p;
	return NULL;
}

bool ice_take_response(struct ice *ice, struct stream *s, unsigned int component,
		       struct local *local, const struct dp_addr *from,
		       const struct stun_msg *m)
{
	struct pair *p = find_open(s, m->id);
	struct dp_addr mapped;

	if (!p) {
		ice->stats.stray++;
		return false;
	}
	if (stun_verify(m, span_of(s->now.their_pwd)) != STUN_TRUSTED) {
		ice->stats.forged++;
		return false;
	}
	ice->stats.responses++;
	if (m->class != STUN_ERROR && !ice_may_be(ice, from)) {
		fail_check(p);
		return true;
	}
	if (m->class == STUN_ERROR)
		take_error(ice, p, stun_find_error(m, NULL));
	else if (p->local != local || !dp_addr_eq(from, &p->remote->c.addr) ||
		 m->n_unknown ||
		 !stun_find_addr(m, STUN_XOR_MAPPED_ADDRESS, &mapped))
		fail_check(p);	/* RFC 8445 7.2.5.2.1: it has to go both ways alike */
	else
		succeed(ice, s, p);
	return true;
}

void ice_punch(struct ice *ice, unsigned int stream, bool all)
{
	struct stream *s = ice_stream(ice, stream);
	uint8_t id[STUN_ID_LEN], buf[REQUEST_MAX];
	unsigned int done = 0;
	struct remote *r;
	struct local *l;
	size_t n;

	if (!s || !s->now.their_pwd)
		return;
	for (r = s->remotes; r; r = r->next) {
		if (done >> r->c.component & 1 && !all)
			continue;
		for (l = s->locals; l; l = l->next) {
			if (!l->checks || l->c.component != r->c.component ||
			    l->conf.base.family != r->c.addr.family ||
			    !ice_new_id(ice, id))
				continue;
			done |= 1u << r->c.component;
			n = ice_write_request(ice, &s->now, l, id, false, buf);
			ice->stats.checks++;
			ice_transmit(ice, l, &r->c.addr, buf, n);
		}
	}
}
