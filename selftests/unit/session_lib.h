/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A session without signalling, on a datapath that is a table of legs and that can
 * refuse its n-th call:
 *
 *   caller ----- 127.0.0.1, [::1] (realm access) ----- 127.0.0.2 (realm core) ----- callee
 */
#ifndef UNIT_SESSION_LIB_H
#define UNIT_SESSION_LIB_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/session.h"
#include "ktap.h"
#include "net.h"

/* --- the datapath --- */

#define FAKE_LEGS	128
#define FAKE_ORDERS	(DP_LEG_UNLATCH | DP_LEG_MOVED)

struct fake_leg {
	struct dp_leg conf;
	struct dp_addr peer;
	uint64_t cookie;
	uint32_t orders;
	bool begun;
	unsigned int beginnings;
	uint64_t last;
	struct dp_leg_info seen;
};

struct fake {
	struct dp dp;
	struct fake_leg leg[FAKE_LEGS];
	unsigned int n;
	unsigned int calls;
	unsigned int refuse;
	unsigned int news, sets, dels, dumps, gets;
};

static struct fake kernel, user;

static inline struct fake *fake_of(const struct dp *dp)
{
	return (struct fake *)dp;
}

static inline struct fake_leg *fake_find(struct fake *f,
					 const struct dp_addr *local)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (dp_addr_eq(&f->leg[i].conf.local, local))
			return &f->leg[i];
	return NULL;
}

/* the n-th call is refused */
static inline bool fake_refuses(struct fake *f, struct dp_err *err)
{
	if (++f->calls != f->refuse)
		return false;
	dp_fail(err, EIO, "no");
	return true;
}

static inline void fake_merge(struct fake_leg *leg, const struct dp_leg *c)
{
	struct dp_leg *to = &leg->conf;

#define FAKE_TAKE(flag, member)						\
	do {								\
		if (c->set & DP_LEG_##flag)				\
			to->member = c->member;				\
	} while (0)
	FAKE_TAKE(REMOTE, remote);
	FAKE_TAKE(LATCH, latch);
	FAKE_TAKE(PROBATION, probation);
	FAKE_TAKE(EARLY, early);
	FAKE_TAKE(RELATCH, relatch);
	FAKE_TAKE(TIE, tie);
	FAKE_TAKE(ACCEPT, accept);
	FAKE_TAKE(DSCP, dscp);
	FAKE_TAKE(PPS, pps);
	FAKE_TAKE(BPS, bps);
	FAKE_TAKE(SILENCE, silence);
	FAKE_TAKE(ONLY, only);
	FAKE_TAKE(SSRC_GUARD, ssrc_guard);
	FAKE_TAKE(SRTP_RX, srtp_rx);
	if (c->set & DP_LEG_SRTP_TX) {
		leg->beginnings += c->srtp_tx.suite && c->srtp_tx.fresh &&
				   memcmp(to->srtp_tx.key, c->srtp_tx.key,
					  sizeof(c->srtp_tx.key));
		to->srtp_tx = c->srtp_tx;
		to->srtp_tx.fresh = false;
	}
	to->local = c->local;
	leg->orders = c->set & FAKE_ORDERS;
}

static inline struct fake_leg *fake_add(struct fake *f, const struct dp_leg *c)
{
	struct fake_leg *leg = &f->leg[f->n++];

	memset(leg, 0, sizeof(*leg));
	fake_merge(leg, c);
	return leg;
}

static inline void fake_remove(struct fake *f, struct fake_leg *leg)
{
	*leg = f->leg[--f->n];
}

static int fake_new(struct dp *dp, const struct dp_bridge *b, size_t n,
		    struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct fake_leg *leg;
	unsigned int s;
	size_t i;

	f->news++;
	if (fake_refuses(f, err))
		return -EIO;
	for (i = 0; i < n; i++)
		for (s = 0; s < 2; s++)
			if (fake_find(f, &b[i].leg[s].local) ||
			    b[i].leg[s].set & FAKE_ORDERS)
				return dp_fail(err, EEXIST, "it is there");
	for (i = 0; i < n; i++) {
		for (s = 0; s < 2; s++) {
			leg = fake_add(f, &b[i].leg[s]);
			leg->peer = b[i].leg[!s].local;
			leg->cookie = b[i].cookie;
		}
	}
	return 0;
}

static bool fake_can_set(struct fake *f, const struct dp_bridge *b)
{
	struct fake_leg *first = fake_find(f, &b->leg[0].local);
	struct fake_leg *second = fake_find(f, &b->leg[1].local);

	if (!first)
		return false;
	return second ? dp_addr_eq(&second->peer, &b->leg[0].local) :
			!(b->leg[1].set & FAKE_ORDERS);
}

static int fake_set(struct dp *dp, const struct dp_bridge *b, size_t n,
		    struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct fake_leg *first, *second;
	size_t i;

	f->sets++;
	if (fake_refuses(f, err))
		return -EIO;
	for (i = 0; i < n; i++)
		if (!fake_can_set(f, &b[i]))
			return dp_fail(err, ENOENT, "no such leg");
	for (i = 0; i < n; i++) {
		first = fake_find(f, &b[i].leg[0].local);
		second = fake_find(f, &b[i].leg[1].local);
		if (!second) {
			fake_remove(f, fake_find(f, &first->peer));
			second = fake_add(f, &b[i].leg[1]);
			first = fake_find(f, &b[i].leg[0].local);
		} else {
			fake_merge(second, &b[i].leg[1]);
		}
		fake_merge(first, &b[i].leg[0]);
		first->peer = b[i].leg[1].local;
		second->peer = b[i].leg[0].local;
		first->cookie = second->cookie = b[i].cookie;
	}
	return 0;
}

static int fake_del(struct dp *dp, const struct dp_del *del, struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct dp_addr peer;
	size_t i;

	f->dels++;
	if (fake_refuses(f, err))
		return -EIO;
	if (!del->locals)
		return dp_fail(err, EINVAL, "legs are to be named");
	for (i = 0; i < del->n; i++)
		if (!fake_find(f, &del->locals[i]))
			return dp_fail(err, ENOENT, "no such leg");
	for (i = 0; i < del->n; i++) {
		peer = fake_find(f, &del->locals[i])->peer;
		fake_remove(f, fake_find(f, &del->locals[i]));
		fake_remove(f, fake_find(f, &peer));
	}
	return 0;
}

static inline void fake_tell(const struct fake_leg *leg,
			     struct dp_leg_info *info)
{
	*info = leg->seen;
	info->conf = leg->conf;
	info->peer = leg->peer;
	info->cookie = leg->cookie;
	info->last = leg->last;
}

static int fake_get(struct dp *dp, const struct dp_addr *local,
		    struct dp_leg_info *info, struct dp_err *err)
{
	struct fake_leg *leg = fake_find(fake_of(dp), local);

	fake_of(dp)->gets++;
	if (!leg)
		return dp_fail(err, ENOENT, "no such leg");
	fake_tell(leg, info);
	return 0;
}

static int fake_dump(struct dp *dp, uint64_t cookie, dp_leg_fn *fn, void *arg,
		     struct dp_err *err)
{
	struct fake *f = fake_of(dp);
	struct dp_leg_info info;
	unsigned int i;
	int ret = 0;

	(void)err;
	f->dumps++;
	for (i = 0; i < f->n && !ret; i++) {
		fake_tell(&f->leg[i], &info);
		if (!cookie || cookie == info.cookie)
			ret = fn(&info, arg);
	}
	return ret;
}

static const struct dp_ops fake_ops = {
	.name = "kernel",
	.bridges_new = fake_new,
	.bridges_set = fake_set,
	.bridges_del = fake_del,
	.leg_get = fake_get,
	.legs_dump = fake_dump,
};

static const struct dp_ops fake_user_ops = {
	.name = "uring",
	.bridges_new = fake_new,
	.bridges_set = fake_set,
	.bridges_del = fake_del,
	.leg_get = fake_get,
	.legs_dump = fake_dump,
};

static inline int fake_order(const void *a, const void *b)
{
	const struct fake_leg *x = a, *y = b;
	char s[DP_ADDR_STRLEN], t[DP_ADDR_STRLEN];

	return strcmp(dp_addr_str(&x->conf.local, s, sizeof(s)),
		      dp_addr_str(&y->conf.local, t, sizeof(t)));
}

/* legs, peers and settings are the same; orders do not count */
static inline bool fake_same(const struct fake *a, const struct fake *b)
{
	struct fake x = *a, y = *b;
	unsigned int i;

	if (x.n != y.n)
		return false;
	qsort(x.leg, x.n, sizeof(*x.leg), fake_order);
	qsort(y.leg, y.n, sizeof(*y.leg), fake_order);
	for (i = 0; i < x.n; i++)
		if (memcmp(&x.leg[i].conf, &y.leg[i].conf,
			   sizeof(x.leg[i].conf)) ||
		    !dp_addr_eq(&x.leg[i].peer, &y.leg[i].peer) ||
		    x.leg[i].cookie != y.leg[i].cookie)
			return false;
	return true;
}

/* --- a session --- */

static struct media *media;
static struct timers timers;
static struct sessions *sessions;
static struct session *session;
static struct session_party *caller, *callee;
static struct session_branch *branch;
static struct session_policy *access_policy, *core_policy;
static struct ports *pool[3];
static struct dp_err err;
static char *text;

static struct session_event events[32];
static unsigned int n_events, n_timeouts;
static bool end_on_event, end_on_timeout;

static inline struct dp_addr at(const char *s)
{
	struct dp_addr a = {};

	if (!dp_addr_parse(s, &a))
		dp_addr_parse_host(s, &a);
	return a;
}

static void on_event(const struct session_event *event, void *arg)
{
	(void)arg;
	if (n_events < 32)
		events[n_events++] = *event;
	if (end_on_event) {
		session_end(event->session);
		session = NULL;
	}
}

static void on_timeout(struct session *of, void *arg)
{
	(void)arg;
	n_timeouts++;
	if (end_on_timeout) {
		session_end(of);
		session = NULL;
	}
}

static const struct session_ops ops = {
	.event = on_event, .timeout = on_timeout,
};

static struct session_conf conf;
static struct ports_conf range = {
	.lo = 30000, .hi = 30099, .quarantine = 5000,
};

static inline struct ports *new_pool(const char *host)
{
	struct ports *new = NULL;

	range.addr = at(host);
	if (ports_new(&new, &range, media, &err))
		printf("# %s\n", err.text);
	return new;
}

static inline struct session_policy *new_policy(const char *name)
{
	struct session_policy *policy = session_policy_new();

	snprintf(policy->name, sizeof(policy->name), "%s", name);
	policy->suite[0] = DP_SRTP_AES_256_GCM;
	policy->suite[1] = DP_SRTP_AES_128_CM_SHA1_80;
	policy->n_suites = 2;
	policy->dscp_audio = 46;
	policy->dscp_other = 34;
	policy->early = true;
	return policy;
}

static inline void add_address(struct session_policy *policy, const char *host,
			       unsigned int i)
{
	struct dp_addr a = at(host);

	pool[i] = new_pool(host);
	session_policy_add(policy, &a, &a, pool[i]);
}

static inline bool finish(void);

/* policies, and no session yet */
static inline void prepare(void)
{
	struct sessions_conf all = {
		.dp = &kernel.dp, .dp_srtp = &user.dp, .timers = &timers,
		.orphan_timeout = 60,
	};

	if (sessions)
		finish();	/* a test that failed has left it */
	memset(&kernel, 0, sizeof(kernel));
	memset(&user, 0, sizeof(user));
	kernel.dp.ops = &fake_ops;
	user.dp.ops = &fake_user_ops;
	timers_init(&timers, 1000);
	memset(&conf, 0, sizeof(conf));
	conf.ops = &ops;
	n_events = n_timeouts = 0;
	end_on_event = end_on_timeout = false;
	sessions = sessions_new(&all);
	access_policy = new_policy("access");
	core_policy = new_policy("core");
	add_address(access_policy, "127.0.0.1", 0);
	add_address(access_policy, "::1", 1);
	add_address(core_policy, "127.0.0.2", 2);
}

static inline void begin_session(void)
{
	struct session_party_conf a = {
		.name = "caller", .policy = access_policy,
		.source = at("192.0.2.1:5060"), .transport = "udp",
	};
	struct session_party_conf b = {
		.name = "callee", .policy = core_policy,
		.source = at("198.51.100.1:5060"), .transport = "tls",
		.confidential = true,
	};

	session = session_new(sessions, &conf);
	caller = session_party_add(session, &a);
	callee = session_party_add(session, &b);
	branch = session_branch_new(caller, callee, NULL);
}

static inline void begin(void)
{
	prepare();
	begin_session();
}

/* nothing is left: no leg, no socket, no use of a pool */
static inline bool finish(void)
{
	struct ports_stats stats;
	unsigned int i;
	bool ok = true;

	session_end(session);
	session = NULL;
	for (i = 0; i < 3; i++) {
		ports_stats(pool[i], &stats);
		ok = ok && !stats.used;
		ports_free(pool[i]);
	}
	ok = ok && !kernel.n && !user.n;
	sessions_free(sessions);
	session_policy_put(access_policy);
	session_policy_put(core_policy);
	session_text_free(text);
	text = NULL;
	sessions = NULL;
	if (!ok || media_sockets(media))
		printf("# left: %u + %u legs, %zu sockets\n", kernel.n, user.n,
		       media_sockets(media));
	return ok && !media_sockets(media);
}

static inline unsigned int pairs_used(unsigned int i)
{
	struct ports_stats stats;

	ports_stats(pool[i], &stats);
	return stats.used;
}

static inline unsigned int pairs_resting(unsigned int i)
{
	struct ports_stats stats;

	ports_stats(pool[i], &stats);
	return stats.quarantined;
}

/* --- descriptions --- */

static inline const char *sdp_of(const char *host, const char *lines)
{
	static char buf[4][4096];
	static unsigned int i;
	char *to = buf[i++ % 4];
	const char *family = strchr(host, ':') ? "IP6" : "IP4";

	snprintf(to, sizeof(buf[0]),
		 "v=0\r\no=x 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n%s",
		 family, host, family, host, lines);
	return to;
}

static inline int offer_in(struct session_branch *b, struct session_party *from,
			   const char *what)
{
	char *to = NULL;
	int ret = session_offer(b, from, what, strlen(what), &to, &err);

	if (!ret) {
		session_text_free(text);
		text = to;
	}
	return ret;
}

static inline int answer_in(struct session_branch *b,
			    struct session_party *from, const char *what,
			    bool early)
{
	char *to = NULL;
	int ret = session_answer(b, from, what, strlen(what), early, &to, &err);

	if (!ret) {
		session_text_free(text);
		text = to;
	}
	return ret;
}

static inline int offer(struct session_party *from, const char *what)
{
	return offer_in(branch, from, what);
}

/* of the only one who answers */
static inline int answer(struct session_party *from, const char *what)
{
	int ret = answer_in(branch, from, what, false);

	return ret ? ret : session_choose(branch, true, &err);
}

#define PCMU	"m=audio 7000 RTP/AVP 0\r\n"
#define A4	"192.0.2.1"
#define A6	"2001:db8::1"
#define B4	"198.51.100.1"

static inline bool has(const char *what)
{
	return text && strstr(text, what);
}

/* the port of the i-th media line, -1: there is none */
static inline int port_at(unsigned int i)
{
	const char *p = text;

	while (p && (p = strstr(p, "\r\nm="))) {
		p += 4;
		if (!i--)
			return atoi(strchr(p, ' ') + 1);
	}
	return -1;
}

static inline uint64_t sdp_id(const char *what)
{
	return strtoull(strstr(what, "o=- ") + 4, NULL, 10);
}

static inline uint64_t sdp_version(const char *what)
{
	return strtoull(strchr(strstr(what, "o=- ") + 4, ' '), NULL, 10);
}

/* a call that is up, audio */
static inline bool up(void)
{
	if (offer(caller, sdp_of(A4, PCMU)) ||
	    answer(callee, sdp_of(B4, PCMU))) {
		printf("# %s\n", err.text);
		return false;
	}
	return true;
}

/* the leg towards a party: its remote says whose it is */
static inline struct fake_leg *leg_to(struct fake *f, const char *remote)
{
	struct dp_addr a = at(remote);
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (dp_addr_eq(&f->leg[i].conf.remote, &a))
			return &f->leg[i];
	return NULL;
}

/* until something that the kernel does has been done */
static inline int session_main(const struct ktap_point *points, size_t n)
{
	int ret;

	log_set_level(LOG_LEVEL_ERROR);
	unit_net();
	ret = media_new(&media, NULL, NULL, NULL, &err);
	if (ret == -ENOSYS || ret == -EPERM) {
		printf("KTAP version 1\n1..0 # SKIP %s\n", err.text);
		return 4;
	}
	ret = ktap_run(points, n);
	if (sessions)
		finish();
	media_free(media);
	return ret;
}

#endif /* UNIT_SESSION_LIB_H */
