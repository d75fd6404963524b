/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One ICE agent of one stream and component, in virtual time, and messages made by hand:
 * say() is a request of the other party's, or of who would like to be it; answer() an
 * answer to a check of the agent's.
 */
#ifndef UNIT_ICE_SAY_H
#define UNIT_ICE_SAY_H

#include <stdlib.h>
#include <string.h>

#include "ice/ice.h"
#include "ktap.h"
#include "stun/stun.h"

#define UFRAG	"efgh"
#define PWD	"0123456789abcdefghijkl"
#define BASE	"192.0.2.1:30000"
#define PEER	"198.51.100.1:5000"
#define GOT_MAX	8192

/**
 * struct got - a datagram that the agent has sent
 * @at: when, ms since the start
 * @to: where to
 * @n: its bytes
 * @data: these
 */
struct got {
	uint64_t at;
	struct dp_addr to;
	size_t n;
	uint8_t data[640];
};

static struct {
	struct timers timers;
	struct ice *ice;
	struct got got[GOT_MAX];
	size_t n;
	struct ice_path path;
	unsigned int paths;
	unsigned int lost;
	unsigned int failed;
	uint32_t id;
	uint64_t seed;
	bool no_random;
} w;

static inline bool random_bytes(void *buf, size_t n)
{
	uint8_t *b = buf;

	while (n--) {
		w.seed = w.seed * 6364136223846793005ull + 1442695040888963407ull;
		*b++ = (uint8_t)(w.seed >> 56);
	}
	return !w.no_random;
}

static inline struct dp_addr addr_of(const char *text)
{
	struct dp_addr addr;

	if (!dp_addr_parse(text, &addr))
		abort();
	return addr;
}

static inline void sent(void *arg, void *socket, const struct dp_addr *to,
		 const void *data, size_t n)
{
	struct got *g = &w.got[w.n];

	if (w.n == GOT_MAX || n > sizeof(g->data))
		abort();
	w.n++;
	g->at = w.timers.now - 1000;
	g->to = *to;
	g->n = n;
	memcpy(g->data, data, n);
}

static inline void event(void *arg, unsigned int stream, unsigned int component,
		  enum ice_event what, const struct ice_path *path)
{
	if (what == ICE_PATH) {
		w.path = *path;
		w.paths++;
	} else if (what == ICE_LOST) {
		w.lost++;
	} else {
		w.failed++;
	}
}

static const struct ice_ops ops = { .send = sent, .event = event };

static inline bool know(void)
{
	return ice_set_remote(w.ice, 0, SPAN(UFRAG), SPAN(PWD), false);
}

static inline void begin(struct ice_conf conf, bool known)
{
	struct ice_local l = {
		.type = ICE_HOST, .component = 1, .preference = 65535,
		.addr = addr_of(BASE), .base = addr_of(BASE),
	};

	ice_free(w.ice);
	memset(&w, 0, sizeof(w));
	w.seed = 1;
	timers_init(&w.timers, 1000);
	conf.random = random_bytes;
	w.ice = ice_new(&w.timers, &conf, &ops, NULL);
	ice_add_stream(w.ice, 1);
	ice_add_local(w.ice, 0, &l);
	if (known)
		know();
}

static inline bool end(void)
{
	ice_free(w.ice);
	w.ice = NULL;
	KTAP_CHECK(!w.timers.count);
	return true;
}

static inline const struct ice_stats *stats(void)
{
	return ice_get_stats(w.ice);
}

/* ------------------------------------------------------------- what a test says */

/**
 * struct check - a request of the other party's
 * @from: its source; NULL: PEER
 * @user: USERNAME; NULL: as it is to be; "": none
 * @theirs: the other party's fragment in it; NULL: UFRAG
 * @pwd: signed by that; NULL: ours; "": not at all
 * @sha256: bytes of that integrity; 0: SHA-1
 * @bare: nothing but USERNAME
 * @use: USE-CANDIDATE
 * @controlled: the other party is controlled, otherwise controlling
 * @tie: its number
 * @priority: PRIORITY; 0: some
 * @unknown: an attribute that must be understood
 * @again: the request before, to the byte
 */
struct check {
	const char *from;
	const char *user;
	const char *theirs;
	const char *pwd;
	size_t sha256;
	bool bare;
	bool use;
	bool controlled;
	uint64_t tie;
	uint32_t priority;
	unsigned int unknown;
	bool again;
};

static uint8_t said[640];
static size_t said_n;

static inline void put_check(struct stun_writer *out, const struct check *c)
{
	char user[600];
	const char *pwd = c->pwd ? c->pwd : ice_pwd(w.ice, 0);

	snprintf(user, sizeof(user), "%s:%s", ice_ufrag(w.ice, 0),
		 c->theirs ? c->theirs : UFRAG);
	if (!c->user || *c->user)
		stun_put_text(out, STUN_USERNAME, span_of(c->user ? c->user : user));
	if (!c->bare) {
		stun_put_u32(out, STUN_PRIORITY, c->priority ? c->priority : 1862270975);
		stun_put_u64(out, c->controlled ? STUN_ICE_CONTROLLED :
			     STUN_ICE_CONTROLLING, c->tie);
	}
	if (c->use)
		stun_put_flag(out, STUN_USE_CANDIDATE);
	if (c->unknown)
		stun_put_flag(out, c->unknown);
	if (c->sha256)
		stun_sign_sha256(out, span_of(pwd), c->sha256);
	else if (*pwd)
		stun_sign(out, span_of(pwd));
}

static inline bool say(struct check c)
{
	uint8_t id[STUN_ID_LEN] = "test";
	struct dp_addr from = addr_of(c.from ? c.from : PEER), base = addr_of(BASE);
	struct stun_writer out;

	if (!c.again) {
		w.id++;
		memcpy(id + 8, &w.id, sizeof(w.id));
		stun_begin(&out, said, sizeof(said), STUN_REQUEST, STUN_BINDING, id);
		put_check(&out, &c);
		if (!c.bare)
			stun_put_fingerprint(&out);
		said_n = stun_end(&out);
	}
	return ice_receive(w.ice, 0, 1, &base, &from, said, said_n);
}

/* ---------------------------------------------------------- what the agent has sent */

static inline bool is_class(const struct got *g, enum stun_class class)
{
	struct stun_msg m;

	return stun_parse(g->data, g->n, &m) && m.class == class;
}

static inline size_t count(enum stun_class class, const char *to)
{
	struct dp_addr addr;
	size_t i, n = 0;

	if (to)
		addr = addr_of(to);
	for (i = 0; i < w.n; i++)
		n += is_class(&w.got[i], class) && (!to || dp_addr_eq(&w.got[i].to, &addr));
	return n;
}

static inline size_t checks(const char *to)
{
	return count(STUN_REQUEST, to);
}

/* the other party answers a check: from elsewhere, by another password, with an error */
struct answer {
	const char *from;
	const char *pwd;
	unsigned int code;
	unsigned int unknown;
	bool nowhere;
};

static inline bool answer(const struct got *g, struct answer a)
{
	struct dp_addr from = a.from ? addr_of(a.from) : g->to, base = addr_of(BASE);
	struct stun_writer out;
	struct stun_msg m;
	uint8_t buf[256];

	if (!stun_parse(g->data, g->n, &m))
		return false;
	stun_begin(&out, buf, sizeof(buf), a.code ? STUN_ERROR : STUN_SUCCESS,
		   STUN_BINDING, m.id);
	if (a.code)
		stun_put_error(&out, a.code, NULL);
	else if (!a.nowhere)
		stun_put_addr(&out, STUN_XOR_MAPPED_ADDRESS, &base);
	if (a.unknown)
		stun_put_flag(&out, a.unknown);
	stun_sign(&out, span_of(a.pwd ? a.pwd : PWD));
	stun_put_fingerprint(&out);
	return ice_receive(w.ice, 0, 1, &base, &from, buf, stun_end(&out));
}

/* the last check that was sent to an address */
static const struct got *last(const char *to)
{
	struct dp_addr addr = addr_of(to);
	size_t i;

	for (i = w.n; i--; )
		if (is_class(&w.got[i], STUN_REQUEST) && dp_addr_eq(&w.got[i].to, &addr))
			return &w.got[i];
	return NULL;
}

static inline bool has(const struct got *g, unsigned int type)
{
	struct stun_msg m;

	return g && stun_parse(g->data, g->n, &m) && stun_has(&m, type);
}

/* time goes by, a timer at a time */
static inline void pass(uint64_t ms)
{
	uint64_t until = w.timers.now + ms;

	while (timers_next(&w.timers) <= until - w.timers.now)
		timers_run(&w.timers, w.timers.now + timers_next(&w.timers));
	timers_run(&w.timers, until);
}

static inline bool is_path(const char *remote, bool chosen)
{
	struct dp_addr addr = addr_of(remote);

	return w.paths && dp_addr_eq(&w.path.remote, &addr) && w.path.chosen == chosen;
}

static const char *candidate(struct ice_candidate *c, const char *addr, uint32_t priority)
{
	*c = (struct ice_candidate){ .type = ICE_HOST, .component = 1, .priority = priority };
	snprintf(c->foundation, sizeof(c->foundation), "%u", priority);
	c->addr = addr_of(addr);
	return ice_add_remote(w.ice, 0, c);
}

#endif /* UNIT_ICE_SAY_H */
