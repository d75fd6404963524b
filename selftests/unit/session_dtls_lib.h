/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DTLS-SRTP in sessions: the parties are associations (dtls/) on sockets, of which ICE is
 * had by those who say so; the datapath is a table of legs.
 *
 *   phone 127.0.0.11 --- 127.0.0.1 session 127.0.0.2 --- phone 127.0.0.12
 */
#ifndef UNIT_SESSION_DTLS_LIB_H
#define UNIT_SESSION_DTLS_LIB_H

#include "base/loop.h"
#include "datapath/names.h"
#include "dtls/dtls.h"
#include "sdp/dtls.h"
#include "session_net.h"

#define PLAIN	"RTP/AVP"
#define DTLS	"UDP/TLS/RTP/SAVP"

/**
 * struct line_end - a component of a phone
 * @of: the phone
 * @fd: its socket
 * @watch: of @fd
 * @addr: the socket's address
 * @to: where ours is; family 0: it has not heard
 * @dtls: its association; NULL: none has begun
 * @up: there are keys
 * @failed: there will be none
 * @got: datagrams that came
 * @keys: its keys
 */
struct line_end {
	struct phone *of;
	int fd;
	struct loop_fd *watch;
	struct dp_addr addr;
	struct dp_addr to;
	struct dtls *dtls;
	bool up;
	bool failed;
	unsigned int got;
	struct dtls_outcome keys;
};

/**
 * struct phone - a party
 * @cert: its certificate
 * @ice: its ICE; NULL: none
 * @end: its components
 */
struct phone {
	struct dtls_cert *cert;
	struct ice *ice;
	struct line_end end[2];
};

static struct phone phones[PHONES];
static unsigned int n_phones;
static struct loop *loop;
static struct dtls_pool *pool_of_threads;
static struct loop_fd *media_watch;

/* ------------------------------------------------------------------------- phones */

static inline void on_dtls_send(void *arg, const void *data, size_t n)
{
	struct line_end *end = arg;

	if (end->to.family)
		phone_send(end->fd, &end->to, data, n);
}

static inline void on_dtls_event(void *arg, const struct dtls_outcome *outcome)
{
	struct line_end *end = arg;

	if (outcome->event == DTLS_UP) {
		end->up = true;
		end->keys = *outcome;
	} else {
		end->failed = true;
	}
}

static const struct dtls_ops phone_dtls = { on_dtls_send, on_dtls_event };

static inline void on_ice_send(void *arg, void *socket, const struct dp_addr *to,
			       const void *data, size_t n)
{
	(void)arg;
	phone_send(((struct line_end *)socket)->fd, to, data, n);
}

static inline void on_ice_event(void *arg, unsigned int stream, unsigned int component,
				enum ice_event event, const struct ice_path *path)
{
	(void)arg;
	(void)stream;
	(void)component;
	(void)event;
	(void)path;
}

static const struct ice_ops phone_ice = { .send = on_ice_send, .event = on_ice_event };

static inline void on_readable(unsigned int what, void *arg)
{
	struct line_end *end = arg;
	struct dp_addr from;
	uint8_t data[4096];
	ssize_t n;

	(void)what;
	n = phone_receive(end->fd, &from, data, sizeof(data));
	if (n < 1)
		return;
	end->got++;
	if (data[0] >= 20 && data[0] < 64 && end->dtls)
		dtls_receive(end->dtls, data, (size_t)n);
	else if (data[0] < 4 && end->of->ice)
		ice_receive(end->of->ice, 0, 1 + (end != end->of->end),
			    &end->addr, &from, data, (size_t)n);
}

static inline void open_end(struct phone *p, unsigned int i, const char *host)
{
	struct line_end *end = &p->end[i];

	end->of = p;
	end->fd = phone_socket(host, &end->addr);
	end->watch = loop_fd_new(loop, end->fd, LOOP_READ, on_readable, end);
}

static inline struct phone *phone(const char *host)
{
	struct phone *p = &phones[n_phones++];
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->cert = dtls_cert_new(NULL);
	for (i = 0; i < 2; i++)
		open_end(p, i, host);
	return p;
}

static inline void add_ice(struct phone *p, bool controlling)
{
	const struct ice_conf ice_conf = { .controlling = controlling };
	unsigned int i;

	p->ice = ice_new(&timers, &ice_conf, &phone_ice, p);
	ice_add_stream(p->ice, 2);
	for (i = 0; i < 2; i++)
		ice_add_local(p->ice, 0, &(struct ice_local){
			.component = (uint16_t)(i + 1), .addr = p->end[i].addr,
			.base = p->end[i].addr, .socket = &p->end[i] });
}

static inline void forget_end(struct line_end *end)
{
	char data[64];

	/* an alert of what is over would end what begins */
	while (recv(end->fd, data, sizeof(data), 0) >= 0)
		;
	dtls_free(end->dtls);
	end->dtls = NULL;
	end->up = false;
	end->failed = false;
}

/* what it knew of us is nothing any more; @cert: neither what it was */
static inline void forget(struct phone *p, bool cert)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		forget_end(&p->end[i]);
	if (!cert)
		return;
	dtls_cert_put(p->cert);
	p->cert = dtls_cert_new(NULL);
}

static inline void hang_up(void)
{
	struct phone *p;
	unsigned int i;

	while (n_phones) {
		p = &phones[--n_phones];
		forget(p, false);
		ice_free(p->ice);
		for (i = 0; i < 2; i++) {
			loop_fd_free(p->end[i].watch);
			close(p->end[i].fd);
		}
		dtls_cert_put(p->cert);
	}
}

static inline const char *print_of(const struct phone *p)
{
	static char buf[DTLS_FINGERPRINT_STRLEN];
	struct dtls_fingerprint fp;

	dtls_cert_fingerprint(p->cert, DTLS_SHA256, &fp);
	return dtls_fingerprint_str(&fp, buf, sizeof(buf));
}

/* what a phone says; @setup: NULL: nothing of DTLS */
static inline const char *says(const struct phone *p, const char *proto,
			       const char *setup, const char *more)
{
	static char buf[4][4096];
	static unsigned int i;
	char *to = buf[i++ % 4], host[DP_ADDR_STRLEN];
	struct dp_addr a = p->end[0].addr;
	int n;

	a.port = 0;
	dp_addr_str(&a, host, sizeof(host));
	n = snprintf(to, sizeof(buf[0]),
		     "v=0\r\no=x 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		     "m=audio %u %s 0\r\na=rtcp:%u\r\n%s", host, host,
		     p->end[0].addr.port, proto, p->end[1].addr.port, more);
	if (setup)
		n += snprintf(to + n, sizeof(buf[0]) - (size_t)n,
			      "a=fingerprint:%s\r\na=setup:%s\r\n", print_of(p),
			      setup);
	if (p->ice)
		put_ice(to + n, sizeof(buf[0]) - (size_t)n, p->ice, &p->end[0].addr,
			&p->end[1].addr);
	return to;
}

static inline bool start_end(struct phone *p, unsigned int i, enum dtls_role role,
			     const struct sdp_dtls *ours)
{
	struct line_end *end = &p->end[i];
	struct dtls_remote remote = {
		.role = role, .fingerprint = ours->fingerprint,
		.n_fingerprints = ours->n,
	};

	end->dtls = dtls_new(pool_of_threads, p->cert, &phone_dtls, end);
	return end->dtls && !dtls_start(end->dtls, &remote);
}

/* a phone has got a description, and begins in that role, from that component on */
static inline bool hears_from(struct phone *p, const char *what, enum dtls_role role,
			      unsigned int i)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(span_of(what), NULL, why);
	struct sdp_dtls ours = { .n = 0 };
	bool ok;

	if (!desc)
		return false;
	sdp_dtls_read(desc, &desc->media[0], &ours);
	p->end[0].to = desc->media[0].remote;
	p->end[1].to = desc->media[0].remote_rtcp;
	ok = ours.n == 1 && !ours.why && (!p->ice || hear_ice(p->ice, desc, NULL));
	for (; ok && i < 2; i++)
		ok = start_end(p, i, role, &ours);
	sdp_desc_free(desc);
	return ok;
}

static inline bool hears(struct phone *p, const char *what, enum dtls_role role)
{
	return hears_from(p, what, role, 0);
}

/* --------------------------------------------------------------------------- time */

static inline void on_media(unsigned int what, void *arg)
{
	(void)what;
	(void)arg;
	media_dispatch(media);
}

static inline void turn(void)
{
	uint64_t wait = timers_next(&timers);

	loop_turn(loop, wait > 20 ? 20 : (unsigned int)wait);
	timers_advance(&timers, now_ms());
	timers_run(&timers, now_ms());
}

/* what comes of a datagram that nobody takes: nothing; others are taken meanwhile */
static inline void turns(unsigned int n)
{
	while (n--)
		turn();
}

static inline bool done(void)
{
	hang_up();
	return finish();
}

static inline void start(enum session_dtls access, enum session_dtls core)
{
	hang_up();
	prepare();
	timers_init(&timers, now_ms());
	sessions_set_dtls(sessions, pool_of_threads);
	kernel.no_srtp = false;
	access_policy->dtls = access;
	core_policy->dtls = core;
	begin_session();
}

/* --------------------------------------------------------------------------- legs */

static inline bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite && a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

static inline struct fake_leg *peer_of(struct fake *f, const struct fake_leg *leg)
{
	return leg ? fake_find(f, &leg->peer) : NULL;
}

/* what a leg of that component takes */
static inline bool takes(struct fake *f, const struct fake_leg *leg, unsigned int i,
			 bool sealed)
{
	uint8_t only = sealed != i ? RTPLANE_ONLY_RTCP : RTPLANE_ONLY_RTP;
	const struct fake_leg *peer = peer_of(f, leg);

	return leg && peer && leg->conf.only == only && peer->conf.only == only;
}

/* keys are the phone's, and its kind of packets passes */
static inline bool is_keyed_in(struct fake *f, const struct fake_leg *leg,
			       const struct phone *p, unsigned int i)
{
	const struct line_end *end = &p->end[i];

	return takes(f, leg, i, false) && end->up &&
	       same_key(&leg->conf.srtp_rx, &end->keys.tx) &&
	       same_key(&leg->conf.srtp_tx, &end->keys.rx);
}

static inline bool is_keyed(const struct fake_leg *leg, const struct phone *p,
			    unsigned int i)
{
	return is_keyed_in(&kernel, leg, p, i);
}

/* there is SRTP by keys that the phone does not have, and nothing passes */
static inline bool is_sealed(const struct fake_leg *leg, const struct phone *p,
			     unsigned int i)
{
	return takes(&kernel, leg, i, true) && leg->conf.srtp_rx.suite &&
	       leg->conf.srtp_tx.suite &&
	       !(p && same_key(&leg->conf.srtp_rx, &p->end[i].keys.tx)) &&
	       !(p && same_key(&leg->conf.srtp_tx, &p->end[i].keys.rx));
}

static inline bool is_told(const char *what)
{
	return says_why(SESSION_VERDICT_NO_KEYS, what, false);
}

static inline bool told(const char *what)
{
	return says_why(SESSION_VERDICT_NO_KEYS, what, true);
}

/* -------------------------------------------------------------------------- calls */

#define TLS_ID	"a=tls-id:0123456789abcdefghij\r\n"

/* a call of a phone with DTLS that has no keys yet; its port of ours */
static inline struct phone *call_of(const char *setup, int *port)
{
	struct phone *p = phone("127.0.0.11");

	if (offer(caller, says(p, DTLS, setup, TLS_ID)) ||
	    answer(callee, sdp_of(B4, PCMU)))
		return NULL;
	*port = port_at(0);
	return p;
}

static inline struct phone *up_with(const char *setup, int *port)
{
	struct phone *p = call_of(setup, port);
	uint64_t until = now_ms() + LIMIT;

	if (!p || !hears(p, text, !strcmp(setup, "active") ? DTLS_ACTIVE :
							     DTLS_PASSIVE))
		return NULL;
	while (now_ms() < until &&
	       !(is_keyed(leg_of("127.0.0.1", *port), p, 0) &&
		 is_keyed(leg_of("127.0.0.1", *port + 1), p, 1)))
		turn();
	return is_keyed(leg_of("127.0.0.1", *port), p, 0) ? p : NULL;
}

/* ------------------------------------------------------------------------ programs */

static inline int dtls_main(const struct ktap_point *points, size_t n)
{
	static const struct dtls_conf fast = { .threads = 2 };
	struct dtls_cert *cert;
	int ret = open_media();

	if (ret)
		return ret;
	loop = loop_new();
	cert = dtls_cert_new(&err);
	pool_of_threads = dtls_pool_new(loop, &fast, cert, &err);
	dtls_cert_put(cert);
	media_watch = loop_fd_new(loop, media_fd(media), LOOP_READ, on_media, NULL);
	if (!pool_of_threads || !media_watch)
		return 1;
	ret = ktap_run(points, n);
	if (sessions)
		done();
	hang_up();
	loop_fd_free(media_watch);
	dtls_pool_free(pool_of_threads);
	media_free(media);
	loop_free(loop);
	return ret;
}

#endif /* UNIT_SESSION_DTLS_LIB_H */
