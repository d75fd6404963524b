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

#include "fake_dp.h"
#include "session/report.h"
#include "session/session.h"
#include "ktap.h"
#include "media_lib.h"

static struct fake kernel, user;

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
	policy->suite[0] = RTPLANE_SRTP_AES_256_GCM;
	policy->suite[1] = RTPLANE_SRTP_AES_128_CM_SHA1_80;
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
	session_policy_add(policy, &a, &a, pool[i], NULL);
}

static inline bool finish(void);

/* policies, and no session yet */
static inline void prepare(void)
{
	struct sessions_conf all = {
		.dp = &kernel.dp, .beside = &user.dp, .timers = &timers,
		.orphan_timeout = 60,
	};

	if (sessions)
		finish();	/* a test that failed has left it */
	memset(&kernel, 0, sizeof(kernel));
	memset(&user, 0, sizeof(user));
	kernel.dp.ops = &fake_ops;
	kernel.no_srtp = true;
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

/* STUN and DTLS, in programs that dispatch what the engine has */
static inline void on_datagram(struct media_sock *sock, enum media_class class,
			       const struct dp_addr *src, const uint8_t *data,
			       size_t len, void *arg)
{
	(void)arg;
	if (sessions)
		sessions_datagram(sock, class, src, data, len, sessions);
}

/* as unit_media() */
static inline int open_media(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	return unit_media(&media, on_datagram);
}

static inline int session_main(const struct ktap_point *points, size_t n)
{
	int ret = open_media();

	if (ret)
		return ret;
	ret = ktap_run(points, n);
	if (sessions)
		finish();
	media_free(media);
	return ret;
}

#endif /* UNIT_SESSION_LIB_H */
