// SPDX-License-Identifier: GPL-2.0
/* Agents, their streams and candidates, and their life. */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool random_bytes(void *buf, size_t n)
{
	return RAND_bytes(buf, (int)n) == 1;
}

static uint32_t given(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

static void fill_conf(struct ice_conf *c)
{
	c->pace = given(c->pace, 50);
	c->rto = given(c->rto, 100);
	c->tries = given(c->tries, 7);
	c->settle = given(c->settle, 100);
	c->consent = given(c->consent, 5000);
	c->consent_end = given(c->consent_end, 30000);
	c->keepalive = given(c->keepalive, 15000);
	c->patience = given(c->patience, 39500);
	c->remotes = given(c->remotes, 32);
	c->learned = given(c->learned, 16);
	c->pairs = given(c->pairs, 100);
	if (!c->random)
		c->random = random_bytes;
}

static void fire(struct timer *timer, void *arg)
{
	struct ice *ice = arg;

	ice_run_paths(ice);
	ice_run_checks(ice);
	ice_done(ice);
}

struct ice *ice_new(struct timers *timers, const struct ice_conf *conf,
		    const struct ice_ops *ops, void *arg)
{
	static const struct ice_conf none;
	struct ice *ice = calloc(1, sizeof(*ice));

	if (!ice)
		return NULL;
	ice->conf = conf ? *conf : none;
	fill_conf(&ice->conf);
	ice->timers = timers;
	ice->ops = ops;
	ice->arg = arg;
	ice->controlling = ice->conf.controlling && !ice->conf.lite;
	ice->last_triggered = &ice->triggered;
	timer_init(&ice->timer, fire, ice);
	if (!ice->conf.random(&ice->tie, sizeof(ice->tie))) {
		free(ice);
		return NULL;
	}
	return ice;
}

/* --------------------------------------------------------------- credentials */

/* 6 bits each */
static const char ice_chars[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 64 characters: each as likely as any other */
static bool random_text(bool (*random)(void *buf, size_t n), char *text, size_t n)
{
	uint8_t raw[ICE_OUR_PWD];
	size_t i;

	if (!random(raw, n))
		return false;
	for (i = 0; i < n; i++)
		text[i] = ice_chars[raw[i] & 63];
	text[n] = '\0';
	OPENSSL_cleanse(raw, sizeof(raw));
	return true;
}

static void forget(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void ice_wipe_creds(struct creds *c)
{
	forget(c->their_ufrag);
	forget(c->their_pwd);
	OPENSSL_cleanse(c, sizeof(*c));
}

/*
 * Whose a check is, at a port that calls share, is told by the first characters of our
 * ufrag, 30 bits of which are left to chance: no table of credentials could get out of step
 * with offers, answers and roll-backs. Numbers are given at random, too.
 */
static void number_ufrag(char *ufrag, uint16_t call)
{
	if (!call)
		return;
	ufrag[0] = ice_chars[call >> 12];
	ufrag[1] = ice_chars[call >> 6 & 63];
	ufrag[2] = ice_chars[call & 63];
}

static unsigned int number_of_ufrag(struct span ufrag)
{
	unsigned int call = 0, i;
	const char *at;

	if (ufrag.n != ICE_OUR_UFRAG)
		return 0;
	for (i = 0; i < 3; i++) {
		at = memchr(ice_chars, ufrag.p[i], 64);
		if (!at)
			return 0;
		call = call << 6 | (unsigned int)(at - ice_chars);
	}
	return call;
}

static bool random_creds(bool (*random)(void *buf, size_t n), uint16_t call, char *ufrag,
			 char *pwd)
{
	if (!random_text(random, ufrag, ICE_OUR_UFRAG) || !random_text(random, pwd, ICE_OUR_PWD))
		return false;
	number_ufrag(ufrag, call);
	return true;
}

static bool make_creds(struct ice *ice, struct creds *c)
{
	memset(c, 0, sizeof(*c));
	return random_creds(ice->conf.random, ice->conf.call, c->ufrag, c->pwd);
}

bool ice_creds_new(struct ice_creds *creds, uint16_t call)
{
	return random_creds(random_bytes, call, creds->ufrag, creds->pwd);
}

/* of a transaction of ours 80 bits are left to chance then */
bool ice_new_id(struct ice *ice, uint8_t *id)
{
	if (!ice->conf.random(id, STUN_ID_LEN))
		return false;
	if (ice->conf.call) {
		id[0] = (uint8_t)(ice->conf.call >> 8);
		id[1] = (uint8_t)ice->conf.call;
	}
	return true;
}

unsigned int ice_call_of(const void *data, size_t len, bool *request)
{
	struct stun_msg m;
	struct span user;

	*request = false;
	if (!stun_parse(data, len, &m) || m.method != STUN_BINDING)
		return 0;
	if (m.class == STUN_SUCCESS || m.class == STUN_ERROR)
		return (unsigned int)m.id[0] << 8 | m.id[1];
	*request = m.class == STUN_REQUEST;
	if (!*request)
		return 0;
	user = stun_find(&m, STUN_USERNAME);
	return span_chr(user, ':') ? number_of_ufrag(span_cut(&user, ':')) : 0;
}

/* ------------------------------------------------------------------- streams */

struct stream *ice_stream(const struct ice *ice, unsigned int stream)
{
	return stream < ice->streams ? ice->stream[stream] : NULL;
}

int ice_add_stream(struct ice *ice, unsigned int components)
{
	struct stream *s;
	unsigned int i;

	if (ice->streams == ICE_STREAMS_MAX || !components ||
	    components > ICE_COMPONENTS_MAX)
		return -1;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -1;
	if (!make_creds(ice, &s->now)) {
		free(s);
		return -1;
	}
	s->n = ice->streams;
	s->components = components;
	s->began = TIMER_NEVER;
	for (i = 0; i < components; i++)
		s->component[i].first = TIMER_NEVER;
	ice->stream[ice->streams++] = s;
	return (int)s->n;
}

static void drop_remotes(struct ice *ice, struct stream *s)
{
	struct remote *r;

	while (s->pairs)
		ice_del_pair(ice, s, s->pairs);
	while ((r = s->remotes)) {
		s->remotes = r->next;
		free(r);
	}
	s->signalled = 0;
	s->learned = 0;
}

static void free_stream(struct ice *ice, struct stream *s)
{
	struct local *l;

	drop_remotes(ice, s);
	ice_drop_early(s);
	while ((l = s->locals)) {
		s->locals = l->next;
		free(l);
	}
	ice_wipe_creds(&s->now);
	ice_wipe_creds(&s->old);
	free(s);
}

void ice_free(struct ice *ice)
{
	unsigned int i;

	if (!ice)
		return;
	timer_cancel(&ice->timer);
	ice->dead = ice->telling;
	if (ice->dead)
		return;
	for (i = 0; i < ice->streams; i++)
		free_stream(ice, ice->stream[i]);
	OPENSSL_cleanse(ice, sizeof(*ice));
	free(ice);
}

const char *ice_ufrag(const struct ice *ice, unsigned int stream)
{
	return ice->stream[stream]->now.ufrag;
}

const char *ice_pwd(const struct ice *ice, unsigned int stream)
{
	return ice->stream[stream]->now.pwd;
}

/* ---------------------------------------------------------------- candidates */

struct local *ice_find_local(struct stream *s, unsigned int component,
			     const struct dp_addr *base)
{
	struct local *l;

	for (l = s->locals; l; l = l->next)
		if (l->checks && l->c.component == component &&
		    dp_addr_eq(&l->conf.base, base))
			return l;
	return NULL;
}

const struct ice_candidate *ice_add_local(struct ice *ice, unsigned int stream,
					  const struct ice_local *conf)
{
	struct stream *s = ice_stream(ice, stream);
	struct local *l, **end;
	struct remote *r;

	if (!s || !conf->component || conf->component > s->components)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->conf = *conf;
	l->checks = !ice_find_local(s, conf->component, &conf->base);
	l->c.type = conf->type;
	l->c.component = conf->component;
	l->c.priority = ice_priority(conf->type, conf->preference,
				     conf->component);
	l->c.addr = conf->addr;
	if (conf->type != ICE_HOST)
		l->c.related = conf->related.family ? conf->related : conf->base;
	ice_foundation(l->c.foundation, conf->type, &conf->base,
		       conf->server.family ? &conf->server : NULL);
	for (end = &s->locals; *end; end = &(*end)->next)
		;
	*end = l;
	/* what is chosen stays until a restart, for which this one may be */
	if (s->component[conf->component - 1].way.chosen)
		return &l->c;
	for (r = s->remotes; l->checks && r; r = r->next)
		ice_add_pair(ice, s, l, r, false);
	ice_done(ice);
	return &l->c;
}

static bool is_on(const struct local *l, const struct dp_addr *base)
{
	return dp_addr_eq(&l->conf.base, base);
}

static void drop_early_on(struct stream *s, const struct dp_addr *base)
{
	struct early **at = &s->early, *e;

	while ((e = *at)) {
		if (!is_on(e->local, base)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		s->n_early--;
		free(e);
	}
}

static void drop_pairs_on(struct ice *ice, struct stream *s, const struct dp_addr *base)
{
	struct pair *p, *next;

	for (p = s->pairs; p; p = next) {
		next = p->next;
		if (is_on(p->local, base))
			ice_del_pair(ice, s, p);
	}
}

bool ice_del_local(struct ice *ice, unsigned int stream, const struct dp_addr *base)
{
	struct stream *s = ice_stream(ice, stream);
	struct local **at, *l;
	unsigned int i;

	for (i = 0; s && i < s->components; i++)
		if (s->component[i].way.local && is_on(s->component[i].way.local, base))
			return false;
	if (!s)
		return true;
	drop_early_on(s, base);
	drop_pairs_on(ice, s, base);
	for (at = &s->locals; (l = *at);) {
		if (!is_on(l, base)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
	ice_done(ice);
	return true;
}

struct remote *ice_find_remote(struct stream *s, unsigned int component,
			       const struct dp_addr *addr)
{
	struct remote *r;

	for (r = s->remotes; r; r = r->next)
		if (r->c.component == component && dp_addr_eq(&r->c.addr, addr))
			return r;
	return NULL;
}

static struct remote *new_remote(struct stream *s,
				 const struct ice_candidate *c)
{
	struct remote *r = calloc(1, sizeof(*r)), **end;

	if (!r)
		return NULL;
	r->c = *c;
	for (end = &s->remotes; *end; end = &(*end)->next)
		;
	*end = r;
	return r;
}

/* a check came from there before it was signalled */
static void know(struct ice *ice, struct stream *s, struct remote *r,
		 const struct ice_candidate *c)
{
	r->learned = false;
	r->c = *c;
	s->learned--;
	s->signalled++;
	ice_sort_pairs(ice);
}

const char *ice_add_remote(struct ice *ice, unsigned int stream,
			   const struct ice_candidate *c)
{
	struct stream *s = ice_stream(ice, stream);
	const char *why = ice_usable(&c->addr);
	struct remote *r;
	struct local *l;

	if (why)
		return why;
	if (!s || !c->component || c->component > s->components)
		return "its component is not in use";
	r = ice_find_remote(s, c->component, &c->addr);
	if (r && !r->learned)
		return NULL;
	if (s->signalled == ice->conf.remotes) {
		ice->stats.left_out++;
		return "too many candidates";
	}
	if (r) {
		know(ice, s, r, c);
	} else {
		r = new_remote(s, c);
		if (!r)
			return "no memory";
		s->signalled++;
	}
	for (l = s->locals; l; l = l->next)
		if (l->checks)
			ice_add_pair(ice, s, l, r, false);
	if (ice->conf.lite && s->their_lite)
		ice_choose_unproven(ice, s);
	ice_done(ice);
	return NULL;
}

static bool has_valid(const struct stream *s, const struct remote *r)
{
	const struct pair *p;

	for (p = s->pairs; p; p = p->next)
		if (p->remote == r && p->valid)
			return true;
	return false;
}

static bool is_in_use(const struct stream *s, const struct remote *r)
{
	const struct way *way = &s->component[r->c.component - 1].way;

	return way->local && dp_addr_eq(&way->remote, &r->c.addr);
}

/* would @a be missed less than @b? */
static bool is_less(const struct stream *s, const struct remote *a,
		    const struct remote *b)
{
	bool valid = has_valid(s, a);

	if (valid != has_valid(s, b))
		return !valid;
	return a->checks < b->checks;
}

/*
 * Room for one more that checks came from: who has not answered ours goes first, then
 * who has sent the fewest, then who was there longest, so that nobody is kept out by
 * many who come once.
 */
static bool make_room(struct ice *ice, struct stream *s)
{
	struct remote **at, **victim = NULL, *r;

	for (at = &s->remotes; *at; at = &(*at)->next)
		if ((*at)->learned && !is_in_use(s, *at) &&
		    (!victim || is_less(s, *at, *victim)))
			victim = at;
	if (!victim)
		return false;
	r = *victim;
	ice_del_pairs_of(ice, s, r);
	*victim = r->next;
	free(r);
	s->learned--;
	return true;
}

struct remote *ice_learn(struct ice *ice, struct stream *s,
			 unsigned int component, const struct dp_addr *from,
			 uint32_t priority)
{
	struct remote *r = ice_find_remote(s, component, from);
	struct ice_candidate c = {
		.type = ICE_PRFLX,
		.component = (uint16_t)component,
		.priority = priority,
		.addr = *from,
	};

	if (r)
		return r;
	if (ice_usable(from) ||
	    (s->learned >= ice->conf.learned && !make_room(ice, s))) {
		ice->stats.left_out++;
		return NULL;
	}
	/* its own: nobody knows what it works or fails with */
	snprintf(c.foundation, sizeof(c.foundation), "learned%llu",
		 (unsigned long long)ice->stats.learned);
	r = new_remote(s, &c);
	if (!r)
		return NULL;
	r->learned = true;
	s->learned++;
	ice->stats.learned++;
	return r;
}

/* ------------------------------------------------------------------ beginning */

/*
 * Other credentials: what was learned by the former ones is forgotten, but for the
 * ways of media, which go on.
 */
static void begin_anew(struct ice *ice, struct stream *s, struct creds *fresh)
{
	struct component *c;
	bool keep = false;
	unsigned int i;

	for (i = 0; i < s->components; i++)
		keep |= s->component[i].way.local && !s->component[i].way.old;
	for (i = 0; i < s->components; i++) {
		c = &s->component[i];
		/* one restart after the other: what is two of them old is no way any more */
		if (keep && c->way.local && c->way.old)
			ice_lose(ice, s, i + 1);
		c->way.old = c->way.local;
		c->first = TIMER_NEVER;
		c->lost = false;
	}
	drop_remotes(ice, s);
	if (keep) {
		ice_wipe_creds(&s->old);
		s->old = s->now;
	} else {
		ice_wipe_creds(&s->now);
	}
	s->now = *fresh;
	s->began = TIMER_NEVER;
	s->failed = false;
	OPENSSL_cleanse(fresh, sizeof(*fresh));
}

bool ice_restart(struct ice *ice, unsigned int stream)
{
	struct stream *s = ice_stream(ice, stream);
	struct creds fresh;

	if (!s || !make_creds(ice, &fresh))
		return false;
	ice_drop_early(s);
	begin_anew(ice, s, &fresh);
	ice_done(ice);
	return true;
}

void ice_set_local(struct ice *ice, unsigned int stream,
		   const struct ice_creds *creds)
{
	struct stream *s = ice_stream(ice, stream);
	struct creds fresh = { .ufrag = "" };

	if (!s || (!strcmp(s->now.ufrag, creds->ufrag) &&
		   !strcmp(s->now.pwd, creds->pwd)))
		return;
	memcpy(fresh.ufrag, creds->ufrag, sizeof(fresh.ufrag));
	memcpy(fresh.pwd, creds->pwd, sizeof(fresh.pwd));
	ice_drop_early(s);
	begin_anew(ice, s, &fresh);
	ice_done(ice);
}

void ice_leave(struct ice *ice, unsigned int stream)
{
	struct stream *s = ice_stream(ice, stream);
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < s->components; i++)
		s->component[i] = (struct component){ .first = TIMER_NEVER };
	drop_remotes(ice, s);
	ice_wipe_creds(&s->old);
	forget(s->now.their_ufrag);
	forget(s->now.their_pwd);
	s->now.their_ufrag = NULL;
	s->now.their_pwd = NULL;
	s->began = TIMER_NEVER;
	s->failed = false;
	ice_done(ice);
}

static bool is_theirs(const struct creds *c, struct span ufrag, struct span pwd)
{
	return c->their_ufrag && span_is(ufrag, c->their_ufrag) &&
	       span_is(pwd, c->their_pwd);
}

bool ice_set_remote(struct ice *ice, unsigned int stream, struct span ufrag,
		    struct span pwd, bool lite)
{
	struct stream *s = ice_stream(ice, stream);
	struct creds fresh = { .ufrag = "" };

	if (!s || !ice_is_chars(ufrag, ICE_UFRAG_MIN, ICE_UFRAG_MAX) ||
	    !ice_is_chars(pwd, ICE_PWD_MIN, ICE_PWD_MAX))
		return false;
	s->their_lite = lite;
	if (is_theirs(&s->now, ufrag, pwd))
		return true;
	fresh.their_ufrag = span_dup(ufrag);
	fresh.their_pwd = span_dup(pwd);
	if (!fresh.their_ufrag || !fresh.their_pwd) {
		ice_wipe_creds(&fresh);
		return false;
	}
	memcpy(fresh.ufrag, s->now.ufrag, sizeof(fresh.ufrag));
	memcpy(fresh.pwd, s->now.pwd, sizeof(fresh.pwd));
	if (s->now.their_ufrag) {
		begin_anew(ice, s, &fresh);
	} else {
		s->now = fresh;
		OPENSSL_cleanse(&fresh, sizeof(fresh));
	}
	s->began = ice_now(ice);
	ice_take_early(ice, s);
	ice_done(ice);
	return true;
}

/* ---------------------------------------------------------------------- roles */

void ice_switch_role(struct ice *ice, bool controlling)
{
	struct pair *p;
	unsigned int i;

	/* a lite agent is controlled, or nobody checks */
	if (ice->controlling == controlling || ice->conf.lite)
		return;
	ice->controlling = controlling;
	for (i = 0; i < ice->streams; i++) {
		for (p = ice->stream[i]->pairs; p; p = p->next) {
			p->nominating = false;
			p->wanted = false;
			if (p->state != PAIR_IN_PROGRESS)
				continue;
			/* it says what is true no longer */
			p->open = false;
			ice_trigger(ice, p);
		}
	}
	ice_sort_pairs(ice);
}

void ice_set_role(struct ice *ice, bool controlling)
{
	ice_switch_role(ice, controlling);
	ice_done(ice);
}

bool ice_controlling(const struct ice *ice)
{
	return ice->controlling;
}

/* ------------------------------------------------------------- events, the clock */

void ice_tell(struct component *c, enum ice_event event)
{
	/* of what contradicts itself, the last word counts */
	if (event == ICE_PATH)
		c->tell = 0;
	else
		c->tell &= ~(1u << ICE_PATH);
	c->tell |= 1u << event;
}

static bool tell_one(struct ice *ice)
{
	struct ice_path path;
	struct component *c;
	unsigned int i, k;
	int event;

	for (i = 0; i < ice->streams; i++) {
		for (k = 0; k < ice->stream[i]->components; k++) {
			c = &ice->stream[i]->component[k];
			if (!c->tell)
				continue;
			event = __builtin_ctz(c->tell);
			c->tell &= c->tell - 1;
			if (event == ICE_PATH && !ice_get_path(ice, i, k + 1, &path))
				return true;
			ice->ops->event(ice->arg, i, k + 1, event,
					event == ICE_PATH ? &path : NULL);
			return true;
		}
	}
	return false;
}

static void schedule(struct ice *ice)
{
	uint64_t due = ice_checks_due(ice), paths = ice_paths_due(ice);
	uint64_t now = ice_now(ice);

	if (paths < due)
		due = paths;
	if (due == TIMER_NEVER)
		timer_cancel(&ice->timer);
	else
		timer_set(ice->timers, &ice->timer, due > now ? due - now : 0);
}

void ice_done(struct ice *ice)
{
	/* who is told calls us: who tells goes on with that */
	if (ice->telling)
		return;
	ice->telling = true;
	while (!ice->dead && tell_one(ice))
		;
	ice->telling = false;
	if (ice->dead)
		ice_free(ice);
	else
		schedule(ice);
}

bool ice_receive(struct ice *ice, unsigned int stream, unsigned int component,
		 const struct dp_addr *base, const struct dp_addr *from,
		 const void *data, size_t len)
{
	struct stream *s = ice_stream(ice, stream);
	struct local *local;
	struct stun_msg m;
	bool ours = false;

	local = s ? ice_find_local(s, component, base) : NULL;
	if (!local || !stun_parse(data, len, &m) || m.method != STUN_BINDING)
		return false;
	if (m.class == STUN_REQUEST)
		ours = ice_take_request(ice, s, component, local, from, &m);
	else if (m.class != STUN_INDICATION)
		ours = ice_take_consent(ice, s, component, local, from, &m) ||
		       ice_take_response(ice, s, component, local, from, &m);
	ice_done(ice);
	return ours;
}

const struct ice_stats *ice_get_stats(const struct ice *ice)
{
	return &ice->stats;
}

static size_t stream_memory(const struct stream *s)
{
	size_t sum = sizeof(*s);
	const struct remote *r;
	const struct local *l;
	const struct early *e;
	const struct pair *p;

	for (r = s->remotes; r; r = r->next)
		sum += sizeof(*r);
	for (l = s->locals; l; l = l->next)
		sum += sizeof(*l);
	for (p = s->pairs; p; p = p->next)
		sum += sizeof(*p);
	for (e = s->early; e; e = e->next)
		sum += sizeof(*e) + strlen(e->ufrag) + 1;
	if (s->now.their_ufrag)
		sum += strlen(s->now.their_ufrag) + strlen(s->now.their_pwd) + 2;
	if (s->old.their_ufrag)
		sum += strlen(s->old.their_ufrag) + strlen(s->old.their_pwd) + 2;
	return sum;
}

size_t ice_memory(const struct ice *ice)
{
	size_t sum = sizeof(*ice);
	unsigned int i;

	for (i = 0; i < ice->streams; i++)
		sum += stream_memory(ice->stream[i]);
	return sum;
}
