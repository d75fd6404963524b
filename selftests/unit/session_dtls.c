// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP in sessions: what descriptions say of it, and when the datapath gets which
 * keys. The parties are associations (dtls/) on sockets, of which ICE is had by those
 * who say so; the datapath is a table of legs.
 *
 *   phone 127.0.0.11 --- 127.0.0.1 session 127.0.0.2 --- phone 127.0.0.12
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "datapath/names.h"
#include "dtls/dtls.h"
#include "ice/ice.h"
#include "sdp/dtls.h"
#include "sdp/ice.h"
#include "session_lib.h"

#define PHONES	4
/* ms that something may take, on whatever machine */
#define LIMIT	60000

#define PLAIN	"RTP/AVP"
#define DTLS	"UDP/TLS/RTP/SAVP"
#define CRYPTO	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

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

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------------- phones */

static void send_to(struct line_end *end, const struct dp_addr *to,
		    const void *data, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(to, &ss);

	sendto(end->fd, data, n, 0, (struct sockaddr *)&ss, len);
}

static void on_dtls_send(void *arg, const void *data, size_t n)
{
	struct line_end *end = arg;

	if (end->to.family)
		send_to(end, &end->to, data, n);
}

static void on_dtls_event(void *arg, const struct dtls_outcome *outcome)
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

static void on_ice_send(void *arg, void *socket, const struct dp_addr *to,
			const void *data, size_t n)
{
	(void)arg;
	send_to(socket, to, data, n);
}

static void on_ice_event(void *arg, unsigned int stream, unsigned int component,
			 enum ice_event event, const struct ice_path *path)
{
	(void)arg;
	(void)stream;
	(void)component;
	(void)event;
	(void)path;
}

static const struct ice_ops phone_ice = { on_ice_send, on_ice_event };

static void on_readable(unsigned int what, void *arg)
{
	struct line_end *end = arg;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct dp_addr from;
	uint8_t data[4096];
	ssize_t n;

	(void)what;
	n = recvfrom(end->fd, data, sizeof(data), 0, (struct sockaddr *)&ss, &len);
	if (n < 1 || !dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len))
		return;
	end->got++;
	if (data[0] >= 20 && data[0] < 64 && end->dtls)
		dtls_receive(end->dtls, data, (size_t)n);
	else if (data[0] < 4 && end->of->ice)
		ice_receive(end->of->ice, 0, 1 + (end != end->of->end),
			    &end->addr, &from, data, (size_t)n);
}

static void open_end(struct phone *p, unsigned int i, const char *host)
{
	struct line_end *end = &p->end[i];
	struct dp_addr a = at(host);
	struct sockaddr_storage ss;
	socklen_t len;

	end->of = p;
	end->fd = socket(a.family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	len = dp_addr_to_sockaddr(&a, &ss);
	if (bind(end->fd, (struct sockaddr *)&ss, len))
		abort();
	len = sizeof(ss);
	getsockname(end->fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(&end->addr, (struct sockaddr *)&ss, len);
	end->watch = loop_fd_new(loop, end->fd, LOOP_READ, on_readable, end);
}

static struct phone *phone(const char *host)
{
	struct phone *p = &phones[n_phones++];
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->cert = dtls_cert_new(NULL);
	for (i = 0; i < 2; i++)
		open_end(p, i, host);
	return p;
}

static void add_ice(struct phone *p, bool controlling)
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

static void forget_end(struct line_end *end)
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
static void forget(struct phone *p, bool cert)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		forget_end(&p->end[i]);
	if (!cert)
		return;
	dtls_cert_put(p->cert);
	p->cert = dtls_cert_new(NULL);
}

static void hang_up(void)
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

static const char *print_of(const struct phone *p)
{
	static char buf[DTLS_FINGERPRINT_STRLEN];
	struct dtls_fingerprint fp;

	dtls_cert_fingerprint(p->cert, DTLS_SHA256, &fp);
	return dtls_fingerprint_str(&fp, buf, sizeof(buf));
}

/* what a phone says; @setup: NULL: nothing of DTLS */
static const char *says(const struct phone *p, const char *proto,
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
		snprintf(to + n, sizeof(buf[0]) - (size_t)n,
			 "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
			 "a=candidate:1 1 udp 2130706431 %s %u typ host\r\n"
			 "a=candidate:1 2 udp 2130706430 %s %u typ host\r\n",
			 ice_ufrag(p->ice, 0), ice_pwd(p->ice, 0), host,
			 p->end[0].addr.port, host, p->end[1].addr.port);
	return to;
}

static void hear_ice(struct phone *p, const struct sdp_desc *desc)
{
	struct sdp_ice ice = { .n = 0 };
	size_t i;

	sdp_ice_read(desc, &desc->media[0], &ice);
	ice_set_remote(p->ice, 0, ice.ufrag, ice.pwd, ice.lite);
	if (ice.lite)
		ice_set_role(p->ice, true);
	for (i = 0; i < ice.n; i++)
		ice_add_remote(p->ice, 0, &ice.candidate[i]);
}

static bool start_end(struct phone *p, unsigned int i, enum dtls_role role,
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

/* a phone has got a description, and begins in that role */
static bool hears(struct phone *p, const char *what, enum dtls_role role)
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
	ok = ours.n == 1 && !ours.why;
	if (p->ice)
		hear_ice(p, desc);
	ok = ok && start_end(p, 0, role, &ours) && start_end(p, 1, role, &ours);
	sdp_desc_free(desc);
	return ok;
}

/* the same of RTCP alone */
static bool hears_rtcp(struct phone *p, const char *what, enum dtls_role role)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(span_of(what), NULL, why);
	struct sdp_dtls ours = { .n = 0 };
	bool ok;

	if (!desc)
		return false;
	sdp_dtls_read(desc, &desc->media[0], &ours);
	p->end[1].to = desc->media[0].remote_rtcp;
	ok = start_end(p, 1, role, &ours);
	sdp_desc_free(desc);
	return ok;
}

/* --------------------------------------------------------------------------- time */

static void on_datagram(struct media_sock *sock, enum media_class class,
			const struct dp_addr *src, const uint8_t *data,
			size_t len, void *arg)
{
	(void)arg;
	if (sessions)
		sessions_datagram(sock, class, src, data, len, sessions);
}

static void on_media(unsigned int what, void *arg)
{
	(void)what;
	(void)arg;
	media_dispatch(media);
}

static void turn(void)
{
	uint64_t wait = timers_next(&timers);

	loop_turn(loop, wait > 20 ? 20 : (unsigned int)wait);
	timers_advance(&timers, now_ms());
	timers_run(&timers, now_ms());
}

#define AWAIT(cond)							\
	do {								\
		uint64_t until = now_ms() + LIMIT;			\
									\
		while (!(cond) && now_ms() < until)			\
			turn();						\
		KTAP_CHECK(cond);					\
	} while (0)

/* what comes of a datagram that nobody takes: nothing; others are taken meanwhile */
static void turns(unsigned int n)
{
	while (n--)
		turn();
}

static bool done(void)
{
	hang_up();
	return finish();
}

static void start_session(void)
{
	session_end(session);
	begin_session();
}

static void start(enum session_dtls access, enum session_dtls core)
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

static struct fake_leg *leg_in(struct fake *f, const char *host, int port)
{
	struct dp_addr a = at(host);

	a.port = (uint16_t)port;
	return fake_find(f, &a);
}

static struct fake_leg *leg_of(const char *host, int port)
{
	return leg_in(&kernel, host, port);
}

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite && a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

static struct fake_leg *peer_of(struct fake *f, const struct fake_leg *leg)
{
	return leg ? fake_find(f, &leg->peer) : NULL;
}

/* what a leg of that component takes */
static bool takes(struct fake *f, const struct fake_leg *leg, unsigned int i,
		  bool sealed)
{
	uint8_t only = sealed != i ? RTPLANE_ONLY_RTCP : RTPLANE_ONLY_RTP;
	const struct fake_leg *peer = peer_of(f, leg);

	return leg && peer && leg->conf.only == only && peer->conf.only == only;
}

/* keys are the phone's, and its kind of packets passes */
static bool is_keyed_in(struct fake *f, const struct fake_leg *leg,
			const struct phone *p, unsigned int i)
{
	const struct line_end *end = &p->end[i];

	return takes(f, leg, i, false) && end->up &&
	       same_key(&leg->conf.srtp_rx, &end->keys.tx) &&
	       same_key(&leg->conf.srtp_tx, &end->keys.rx);
}

static bool is_keyed(const struct fake_leg *leg, const struct phone *p,
		     unsigned int i)
{
	return is_keyed_in(&kernel, leg, p, i);
}

/* there is SRTP by keys that the phone does not have, and nothing passes */
static bool is_sealed(const struct fake_leg *leg, const struct phone *p,
		      unsigned int i)
{
	return takes(&kernel, leg, i, true) && leg->conf.srtp_rx.suite &&
	       leg->conf.srtp_tx.suite &&
	       !(p && same_key(&leg->conf.srtp_rx, &p->end[i].keys.tx)) &&
	       !(p && same_key(&leg->conf.srtp_tx, &p->end[i].keys.rx));
}

static char because[1024];

static void on_verdict(enum session_verdict verdict,
		       const struct session_leg_report *of, const char *what,
		       void *arg)
{
	(void)arg;
	if (verdict == SESSION_VERDICT_NO_KEYS && of->component == 1)
		snprintf(because, sizeof(because), "%s", what);
}

/* NULL: nothing is to be told */
static bool is_told(const char *what)
{
	struct session_report *report = session_report(session);

	*because = '\0';
	session_why(report, on_verdict, NULL);
	session_report_free(report);
	return what ? !!strstr(because, what) : !*because;
}

static bool told(const char *what)
{
	bool ok = is_told(what);

	if (!ok)
		printf("# told: %s\n", because);
	return ok;
}

static char *value_of(const char *attr)
{
	static char buf[4][128];
	static unsigned int i;
	char *to = buf[i++ % 4];
	const char *p = text ? strstr(text, attr) : NULL;

	*to = '\0';
	if (p)
		sscanf(p + strlen(attr), "%127s", to);
	return to;
}

/* ------------------------------------------------------------------ the caller's side */

#define TLS_ID	"a=tls-id:0123456789abcdefghij\r\n"

/* a call of a phone with DTLS that has no keys yet; its port of ours */
static struct phone *call_of(const char *setup, int *port)
{
	struct phone *p = phone("127.0.0.11");

	if (offer(caller, says(p, DTLS, setup, TLS_ID)) ||
	    answer(callee, sdp_of(B4, PCMU)))
		return NULL;
	*port = port_at(0);
	return p;
}

static struct phone *up_with(const char *setup, int *port)
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

static bool active(void)
{
	struct fake_leg *rtp, *rtcp;
	char to_callee[4096];
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	snprintf(to_callee, sizeof(to_callee), "%s", text);
	KTAP_CHECK(strstr(to_callee, " RTP/AVP 0\r\n"));
	KTAP_CHECK(!strstr(to_callee, "fingerprint") && !strstr(to_callee, "setup"));
	KTAP_CHECK(!strstr(to_callee, "tls-id") && !kernel.n);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has(" " DTLS " 0\r\n") && has("a=setup:active\r\n"));
	KTAP_CHECK(has("a=fingerprint:sha-256 ") && !has(print_of(p)));
	KTAP_CHECK(strlen(value_of("a=tls-id:")) == SDP_TLS_ID_OURS);
	rtp = leg_of("127.0.0.1", port);
	rtcp = leg_of("127.0.0.1", port + 1);
	/* nothing passes before there are keys, whichever way */
	KTAP_CHECK(is_sealed(rtp, NULL, 0) && is_sealed(rtcp, NULL, 1));
	KTAP_CHECK(told("is under way"));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	kernel.sets = 0;
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(rtcp, p, 1));
	/* one message each */
	KTAP_CHECK(kernel.sets == 2 && !kernel.wrong && told(NULL));
	KTAP_CHECK(!same_key(&rtp->conf.srtp_rx, &rtcp->conf.srtp_rx));
	KTAP_CHECK(!peer_of(&kernel, rtp)->conf.srtp_rx.suite);
	return done();
}

static bool passive(void)
{
	struct phone *p, *stranger;
	struct fake_leg *rtp;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("active", &port);
	KTAP_CHECK(p && has("a=setup:passive\r\n"));
	KTAP_CHECK(told("its hello has not come"));
	rtp = leg_of("127.0.0.1", port);
	/* whom nobody has named is not answered, and nothing is kept for him */
	stranger = phone("127.0.0.99");
	KTAP_CHECK(hears(stranger, text, DTLS_ACTIVE));
	turns(50);
	KTAP_CHECK(!stranger->end[0].got && told("its hello has not come"));
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!stranger->end[0].got && !stranger->end[0].up);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* who only has the party's address: one datagram decides nothing */
static bool forged(void)
{
	/* a hello that is none, and one that does not go on */
	static const uint8_t hello[][25] = {
		{ 22, 0xfe, 0xfd, [12] = 12, 1, 0, 0, 0 },
		{ 22, 0xfe, 0xfd, [12] = 12, 1, 0, 0, 100 },
	};
	struct phone *p, *q;
	struct dp_addr to;
	unsigned int i;
	int port;

	for (i = 0; i < 2; i++) {
		start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
		p = call_of("active", &port);
		KTAP_CHECK(p);
		q = phone("127.0.0.11");
		to = at("127.0.0.1");
		to.port = (uint16_t)port;
		send_to(&q->end[0], &to, hello[i], sizeof(hello[i]));
		AWAIT(is_told(i ? "is under way" : "cannot begin at"));
		KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
		AWAIT(is_keyed(leg_of("127.0.0.1", port), p, 0));
		KTAP_CHECK(!kernel.wrong);
	}
	return done();
}

/* the handshake is not with who was signalled */
static bool wrong_fingerprint(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("actpass", &port);
	KTAP_CHECK(p);
	forget(p, true);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_told("has failed"));
	KTAP_CHECK(told("fingerprint"));
	KTAP_CHECK(is_sealed(rtp, p, 0));
	KTAP_CHECK(is_sealed(leg_of("127.0.0.1", port + 1), p, 1));
	KTAP_CHECK(!p->end[0].up && !kernel.wrong);
	/* what it is by is over: the same words begin anew, with who is there now */
	forget(p, false);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(is_sealed(rtp, p, 0) && hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	return done();
}

static bool closed(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	dtls_close(p->end[0].dtls);
	AWAIT(is_sealed(leg_of("127.0.0.1", port), p, 0));
	KTAP_CHECK(told("has closed its DTLS"));
	KTAP_CHECK(is_keyed(leg_of("127.0.0.1", port + 1), p, 1));
	return done();
}

/* we say so when the call ends */
static bool goodbye(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	session_end(session);
	session = NULL;
	AWAIT(p->end[0].failed && p->end[1].failed);
	return done();
}

/* whatever a thread is at */
static bool ends_early(void)
{
	unsigned int i, k;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	for (i = 0; i < 20; i++) {
		p = call_of(i % 2 ? "actpass" : "active", &port);
		KTAP_CHECK(p && hears(p, text, i % 2 ? DTLS_PASSIVE : DTLS_ACTIVE));
		for (k = 0; k < i / 2; k++)
			turn();
		session_end(session);
		session = NULL;
		hang_up();
		begin_session();
	}
	session_end(session);
	session = NULL;
	KTAP_CHECK(!timers.count && !kernel.n);
	AWAIT(!dtls_pool_get_stats(pool_of_threads)->associations);
	return done();
}

/* ------------------------------------------------------------------ the callee's side */

static bool invited(const char *setup, enum dtls_role role)
{
	char id[128], print[128];
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	p = phone("127.0.0.12");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has(" " DTLS " 0\r\n") && has("a=setup:actpass\r\n"));
	KTAP_CHECK(!has("a=crypto"));
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	snprintf(print, sizeof(print), "%s", value_of("a=fingerprint:sha-256 "));
	KTAP_CHECK(strlen(id) == SDP_TLS_ID_OURS && *print);
	/* without it there is nothing */
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "without DTLS-SRTP"));
	KTAP_CHECK(hears(p, text, role));
	KTAP_CHECK(!answer(callee, says(p, DTLS, setup, "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("fingerprint") && !has("setup"));
	rtp = leg_of("127.0.0.2", port);
	KTAP_CHECK(rtp && (is_sealed(rtp, NULL, 0) || is_keyed(rtp, p, 0)));
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.2", port + 1), p, 1));
	/* its next offer leaves the roles open, and changes nothing */
	kernel.sets = 0;
	KTAP_CHECK(!offer(callee, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!strcmp(value_of("a=fingerprint:sha-256 "), print));
	KTAP_CHECK(!strcmp(value_of("a=setup:"), role == DTLS_ACTIVE ? "passive" :
						 "active"));
	/* an answer has no tls-id where the offer has none */
	KTAP_CHECK(!has("tls-id") && is_keyed(rtp, p, 0) && rtp->beginnings == 2);
	/* and ours says the same as the first */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!strcmp(value_of("a=tls-id:"), id) && has("a=setup:actpass"));
	KTAP_CHECK(!answer(callee, says(p, DTLS, setup, "")));
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 2 && !kernel.wrong);
	return done();
}

static bool invited_active(void)
{
	return invited("active", DTLS_ACTIVE);
}

static bool invited_passive(void)
{
	return invited("passive", DTLS_PASSIVE);
}

/* RFC 8643: beside keys, and beside nothing */
static bool opportunistic(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port, to;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_ALLOW);
	core_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->srtp = SESSION_SRTP_ALLOW;
	p = phone("127.0.0.11");
	q = phone("127.0.0.12");
	/* both are there: DTLS it is, on either side */
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVPF", "passive", CRYPTO)));
	KTAP_CHECK(has(" RTP/AVPF 0\r\n") && has("a=crypto:1 ") && has("a=setup:actpass"));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	KTAP_CHECK(!answer(callee, says(q, "RTP/AVPF", "active", CRYPTO)));
	KTAP_CHECK(has(" RTP/SAVPF 0\r\n") && has("a=setup:active") && !has("a=crypto"));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.2", to), q, 0));
	/* the other has keys in its description, or nothing */
	start_session();
	KTAP_CHECK(!offer(caller, says(p, DTLS, "passive", "")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && has("a=crypto:1 ") && has("a=fingerprint"));
	to = port_at(0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("a=crypto"));
	KTAP_CHECK(!leg_of("127.0.0.2", to)->conf.srtp_rx.suite);
	/* a plain caller: nothing is offered that nobody asked for */
	start_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!has("a=crypto") && !has("a=fingerprint"));
	return done();
}

/* what its realm requires an answer cannot drop, however it was had before */
static bool no_way_back(void)
{
	struct fake_leg *rtp;
	struct phone *q;
	int to;

	start(SESSION_DTLS_OFF, SESSION_DTLS_ALLOW);
	core_policy->srtp = SESSION_SRTP_REQUIRE;
	q = phone("127.0.0.12");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && has("a=crypto:1 ") && has("a=fingerprint"));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	KTAP_CHECK(!answer(callee, says(q, "RTP/SAVP", "active", "")));
	rtp = leg_of("127.0.0.2", to);
	AWAIT(is_keyed(rtp, q, 0));
	/* now it is DTLS, and that alone */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has(" RTP/SAVP 0\r\n") && !has("a=crypto") && has("a=fingerprint"));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "without DTLS-SRTP") && is_keyed(rtp, q, 0));
	/* nor who began it beside RTP/AVP */
	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->srtp = SESSION_SRTP_REQUIRE;
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, PLAIN, "active", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	to = port_at(0);
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	rtp = leg_of("127.0.0.1", to);
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU)) && has(" RTP/SAVP 0\r\n"));
	KTAP_CHECK(answer(caller, sdp_of(A4, PCMU)) == -EPROTO && is_keyed(rtp, q, 0));
	return done();
}

static bool refusals(void)
{
	struct phone *p;

	start(SESSION_DTLS_OFF, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(offer(caller, says(p, DTLS, "actpass", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "dtls: off"));
	/* where it is beside plain RTP, that is left */
	KTAP_CHECK(!offer(caller, says(p, PLAIN, "actpass", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("fingerprint"));
	session_end(session);
	access_policy->dtls = SESSION_DTLS_REQUIRE;
	begin_session();
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "requires DTLS-SRTP"));
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=image 7000 udptl t38\r\n")) == -EPROTO);
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=audio 7000 " DTLS " 0\r\n")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "no a=fingerprint"));
	KTAP_CHECK(offer(caller, says(p, DTLS, "holdconn", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "holdconn"));
	KTAP_CHECK(offer(caller, sdp_of(A4, "m=audio 7000 " DTLS " 0\r\n"
					"a=setup:active\r\na=fingerprint:md5 00:11\r\n")) == -EPROTO);
	access_policy->n_suites = 1;
	access_policy->suite[0] = RTPLANE_SRTP_AES_256_CM_SHA1_80;
	KTAP_CHECK(offer(caller, says(p, DTLS, "actpass", "")) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "no suite that DTLS has"));
	KTAP_CHECK(!pairs_used(0) && !kernel.n);
	return done();
}

/* what only a profile with feedback has leaves with it */
static bool feedback(void)
{
	struct phone *p;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	core_policy->feedback = SESSION_FEEDBACK_OFF;
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, DTLS "F", "actpass",
				       "a=rtcp-fb:* nack\r\na=rtcp-rsize\r\n")));
	KTAP_CHECK(has(" RTP/AVP 0\r\n") && !has("rtcp-fb") && !has("rtcp-rsize"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has(" " DTLS "F 0\r\n"));
	/* what came without one is as it came */
	start_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=rtcp-fb:* nack\r\n")));
	KTAP_CHECK(has("rtcp-fb"));
	return done();
}

/* -------------------------------------------------------------- re-offers, roll-backs */

static bool same_again(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	char id[128];
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	KTAP_CHECK(rtp->beginnings == 2);	/* the seal, and the keys */
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID "a=sendonly\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=recvonly\r\n")));
	KTAP_CHECK(!strcmp(value_of("a=tls-id:"), id) && has("a=setup:active"));
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 2 && !kernel.wrong);
	return done();
}

static bool restart(void)
{
	struct fake_leg *rtp;
	struct dp_srtp was;
	struct phone *p;
	char id[128];
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	snprintf(id, sizeof(id), "%s", value_of("a=tls-id:"));
	forget(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "a=tls-id:9876543210abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(strcmp(value_of("a=tls-id:"), id));
	/* media goes on by the former keys until there are others */
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && takes(&kernel, rtp, 0, false));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(rtp->beginnings == 3 && !same_key(&rtp->conf.srtp_tx, &was));
	/* another role is another association, too */
	forget(p, false);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "a=tls-id:9876543210abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=setup:passive"));
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(is_keyed(rtp, p, 0));
	/* one that fails takes the former keys with it */
	forget(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "a=tls-id:5555555555abcdefghij\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	forget(p, true);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_sealed(rtp, p, 0));
	KTAP_CHECK(told("has failed") && !kernel.wrong);
	return done();
}

/* RTCP that goes to RTP's port and comes back: a key that it had does not begin again */
static bool rtcp_goes_and_comes(void)
{
	struct fake_leg *rtcp;
	struct dp_srtp was;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->mux = SESSION_MUX_ACCEPT;
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	was = leg_of("127.0.0.1", port + 1)->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=rtcp-mux"));
	KTAP_CHECK(is_keyed(leg_of("127.0.0.1", port), p, 0) && !leg_of("127.0.0.1", port + 1));
	forget_end(&p->end[1]);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("a=rtcp-mux"));
	rtcp = leg_of("127.0.0.1", port + 1);
	KTAP_CHECK(rtcp && is_keyed(leg_of("127.0.0.1", port), p, 0));
	KTAP_CHECK(!same_key(&rtcp->conf.srtp_tx, &was));
	/* it may have others */
	KTAP_CHECK(hears_rtcp(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtcp, p, 1));
	KTAP_CHECK(!same_key(&rtcp->conf.srtp_tx, &was) && !kernel.wrong);
	return done();
}

/* keys of a description go on for RTP alone where RTCP moves meanwhile */
static bool from_keys_with_mux(void)
{
	struct fake_leg *rtp, *rtcp;
	struct dp_srtp was;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->srtp = SESSION_SRTP_ALLOW;
	access_policy->mux = core_policy->mux = SESSION_MUX_ALLOW;
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVP", NULL, CRYPTO)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=rtcp-mux\r\n")));
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && rtp->conf.only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(rtp->conf.only == RTPLANE_ONLY_BOTH);
	AWAIT(p->end[0].up);
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &p->end[0].keys.rx));
	/* and from RTP's port to one of its own */
	start_session();
	KTAP_CHECK(!offer(caller, says(p, "RTP/SAVP", NULL, CRYPTO "a=rtcp-mux\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=rtcp-mux\r\n")));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	was = rtp->conf.srtp_tx;
	KTAP_CHECK(rtp->conf.only == RTPLANE_ONLY_BOTH && !leg_of("127.0.0.1", port + 1));
	KTAP_CHECK(!offer(caller, says(p, DTLS, "active", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	rtcp = leg_of("127.0.0.1", port + 1);
	KTAP_CHECK(same_key(&rtp->conf.srtp_tx, &was) && rtp->conf.only == RTPLANE_ONLY_RTP);
	KTAP_CHECK(is_sealed(rtcp, NULL, 1) && !same_key(&rtcp->conf.srtp_tx, &was));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool rolled_back(void)
{
	struct phone *p, *q;
	struct fake_leg *rtp;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	session_rollback(branch);
	KTAP_CHECK(is_keyed(rtp, p, 0));
	/* answered early, before its handshake is done and after, and then refused */
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	session_rollback(branch);
	KTAP_CHECK(is_keyed(rtp, p, 0));
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	KTAP_CHECK(hears(q, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(rtp->beginnings == 3);
	session_rollback(branch);
	/* the former keys go on where they stood: none begins a second time */
	KTAP_CHECK(is_keyed(rtp, p, 0) && rtp->beginnings == 3 && !kernel.wrong);
	/* and the association is there to say goodbye */
	session_end(session);
	session = NULL;
	AWAIT(p->end[0].failed);
	return done();
}

static bool refused_by_datapath(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = up_with("actpass", &port);
	KTAP_CHECK(p);
	rtp = leg_of("127.0.0.1", port);
	q = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(q, DTLS, "actpass", TLS_ID)));
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EIO);
	KTAP_CHECK(is_keyed(rtp, p, 0) && told(NULL));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	/* it does not take the keys: only those of RTP come */
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(hears(q, text, DTLS_PASSIVE));
	dtls_free(q->end[1].dtls);
	q->end[1].dtls = NULL;
	AWAIT(is_told("has failed"));
	KTAP_CHECK(is_sealed(rtp, q, 0) && is_sealed(rtp, p, 0));
	/* and without RTP there is no RTCP */
	KTAP_CHECK(is_sealed(leg_of("127.0.0.1", port + 1), p, 1) && !kernel.wrong);
	return done();
}

/* plain until now: sealed from the answer on */
static bool from_plain(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = phone("127.0.0.11");
	KTAP_CHECK(!offer(caller, says(p, PLAIN, NULL, "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	rtp = leg_of("127.0.0.1", port);
	KTAP_CHECK(rtp && !rtp->conf.srtp_rx.suite);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!rtp->conf.srtp_rx.suite);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(rtp == leg_of("127.0.0.1", port) && is_sealed(rtp, NULL, 0));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed(rtp, p, 0));
	/* and back */
	KTAP_CHECK(!offer(caller, says(p, PLAIN, NULL, "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has(" RTP/AVP 0"));
	KTAP_CHECK(!rtp->conf.srtp_rx.suite && !rtp->conf.srtp_tx.suite);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool forks(void)
{
	struct session_branch *other;
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	p = phone("127.0.0.12");
	q = phone("127.0.0.13");
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE) && hears(q, text, DTLS_ACTIVE));
	other = session_branch_fork(branch, NULL);
	KTAP_CHECK(!answer_in(branch, callee, says(p, DTLS, "passive", ""), true));
	rtp = leg_of("127.0.0.2", port);
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!answer_in(other, callee, says(q, DTLS, "active", ""), true));
	turns(10);
	KTAP_CHECK(is_keyed(rtp, p, 0) && !q->end[0].got);
	/* from now on it is the other, and nobody hears the first */
	KTAP_CHECK(!session_choose(other, true, &err));
	branch = other;
	KTAP_CHECK(is_sealed(rtp, p, 0));
	AWAIT(is_keyed(rtp, q, 0));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* ------------------------------------------------------------------- what is around it */

/* only where ICE has found the party, and however early it is */
static bool with_ice(void)
{
	struct fake_leg *rtp;
	struct phone *p, *q;
	int port;

	start(SESSION_DTLS_OFF, SESSION_DTLS_REQUIRE);
	core_policy->ice = SESSION_ICE_LITE;
	p = phone("127.0.0.12");
	add_ice(p, true);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	/* whoever has not checked is nobody */
	q = phone("127.0.0.12");
	KTAP_CHECK(hears(q, text, DTLS_ACTIVE));
	/* its hello comes before its answer */
	KTAP_CHECK(hears(p, text, DTLS_ACTIVE));
	AWAIT(p->end[0].got >= 1);
	turns(20);
	KTAP_CHECK(!answer(callee, says(p, DTLS, "active", "")));
	rtp = leg_of("127.0.0.2", port);
	AWAIT(is_keyed(rtp, p, 0));
	KTAP_CHECK(!q->end[0].got && !kernel.wrong);
	return done();
}

static bool with_full_ice(void)
{
	struct fake_leg *rtp;
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	access_policy->ice = SESSION_ICE_FULL;
	p = phone("127.0.0.11");
	add_ice(p, true);
	KTAP_CHECK(!offer(caller, says(p, DTLS, "actpass", "")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	/* we are to begin, and wait for a way */
	KTAP_CHECK(told("until it is known where"));
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	rtp = leg_of("127.0.0.1", port);
	AWAIT(is_keyed(rtp, p, 0) && is_keyed(leg_of("127.0.0.1", port + 1), p, 1));
	KTAP_CHECK(dp_addr_eq(&rtp->proven, &p->end[0].addr) && !kernel.wrong);
	return done();
}

/* a module that knows no SRTP, or not that of the keys */
static bool beside(void)
{
	struct phone *p;
	int port;

	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	kernel.no_srtp = true;
	p = call_of("actpass", &port);
	KTAP_CHECK(p && !kernel.n && user.n == 4);
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed_in(&user, leg_in(&user, "127.0.0.1", port), p, 0));
	start(SESSION_DTLS_ALLOW, SESSION_DTLS_OFF);
	p = call_of("actpass", &port);
	KTAP_CHECK(p && kernel.n == 4 && !user.n);
	kernel.no_srtp = true;
	KTAP_CHECK(hears(p, text, DTLS_PASSIVE));
	AWAIT(is_keyed_in(&user, leg_in(&user, "127.0.0.1", port), p, 0));
	KTAP_CHECK(!kernel.n && !kernel.wrong && !user.wrong);
	return done();
}

static const struct ktap_point points[] = {
	{ "the caller is offered a handshake, and keys come late", active },
	{ "it begins itself, and nobody else does", passive },
	{ "one datagram of whoever has the party's address", forged },
	{ "another fingerprint: nothing passes", wrong_fingerprint },
	{ "it closes the association: nothing passes any more", closed },
	{ "a call that ends says so", goodbye },
	{ "a call that ends while a thread is at it", ends_early },
	{ "the callee has to have it, and begins", invited_active },
	{ "or lets us begin", invited_passive },
	{ "DTLS before keys in descriptions, and beside them", opportunistic },
	{ "an answer to a re-offer without what its realm requires", no_way_back },
	{ "what is refused", refusals },
	{ "feedback leaves with its profile", feedback },
	{ "a re-offer that says the same changes nothing", same_again },
	{ "another fingerprint, role or tls-id: another association", restart },
	{ "RTCP goes to the port of RTP, and comes back", rtcp_goes_and_comes },
	{ "keys of a description, and RTCP that moves meanwhile", from_keys_with_mux },
	{ "an offer that is rolled back", rolled_back },
	{ "the datapath refuses an answer, and keys", refused_by_datapath },
	{ "plain before and after", from_plain },
	{ "forks: each has its own", forks },
	{ "ICE says who may begin, before the answer, too", with_ice },
	{ "and where we begin", with_full_ice },
	{ "SRTP beside the module", beside },
};

int main(void)
{
	static const struct dtls_conf fast = { .threads = 2 };
	struct dtls_cert *cert;
	int ret;

	log_set_level(LOG_LEVEL_ERROR);
	unit_net();
	ret = media_new(&media, NULL, on_datagram, NULL, &err);
	if (ret == -ENOSYS || ret == -EPERM) {
		printf("KTAP version 1\n1..0 # SKIP %s\n", err.text);
		return 4;
	}
	loop = loop_new();
	cert = dtls_cert_new(&err);
	pool_of_threads = dtls_pool_new(loop, &fast, cert, &err);
	dtls_cert_put(cert);
	media_watch = loop_fd_new(loop, media_fd(media), LOOP_READ, on_media, NULL);
	if (!pool_of_threads || !media_watch)
		return 1;
	ret = KTAP_RUN(points);
	if (sessions)
		done();
	hang_up();
	loop_fd_free(media_watch);
	dtls_pool_free(pool_of_threads);
	media_free(media);
	loop_free(loop);
	return ret;
}
