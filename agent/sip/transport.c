// SPDX-License-Identifier: GPL-2.0
/* Listeners, flows, and the way of a message up and down. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "gate.h"
#include "message.h"
#include "stun/stun.h"
#include "transaction.h"
#include "transport_impl.h"
#include "write.h"

#define UDP_MAX		1300	/* bytes of a request by UDP (RFC 3261 18.1.1) */
#define RETRY_AFTER	5	/* s, of a 503 */
#define LOADED_MS	10000	/* the log is told of overload so often at most */

static const struct sip_carrier *const carriers[] = {
	[SIP_PROTO_UDP] = &sip_carrier_udp,
	[SIP_PROTO_TCP] = &sip_carrier_tcp,
	[SIP_PROTO_TLS] = &sip_carrier_tls,
	[SIP_PROTO_WS] = &sip_carrier_ws,
	[SIP_PROTO_WSS] = &sip_carrier_wss,
};

static const struct sip_carrier *carrier_of(enum sip_proto proto)
{
	return proto < sizeof(carriers) / sizeof(carriers[0]) ?
	       carriers[proto] : NULL;
}

const char *sip_proto_param(enum sip_proto proto)
{
	switch (proto) {
	case SIP_PROTO_UDP:
		return "udp";
	case SIP_PROTO_TCP:
		return "tcp";
	case SIP_PROTO_TLS:
		return "tls";
	case SIP_PROTO_WS:
		return "ws";
	case SIP_PROTO_WSS:
		return "wss";
	default:
		return "";
	}
}

bool sip_proto_is_reliable(enum sip_proto proto)
{
	return proto != SIP_PROTO_UDP && carrier_of(proto);
}

bool sip_proto_is_secure(enum sip_proto proto)
{
	return proto == SIP_PROTO_TLS || proto == SIP_PROTO_WSS;
}

uint16_t sip_proto_port(enum sip_proto proto)
{
	switch (proto) {
	case SIP_PROTO_TLS:
		return 5061;
	case SIP_PROTO_WS:
		return 80;
	case SIP_PROTO_WSS:
		return 443;
	default:
		return 5060;
	}
}

int sip_transport_error(char *error, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, SIP_TRANSPORT_ERROR_LEN, fmt, args);
	va_end(args);
	return -code;
}

/* ------------------------------------------------------------------ begin and end */

struct sip_transport *sip_transport_new(struct loop *loop,
					const struct sip_limits *limits,
					const struct sip_transport_ops *ops,
					void *arg)
{
	struct sip_transport *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = loop;
	if (limits)
		t->limits = *limits;
	sip_limit_defaults(&t->limits);
	t->ops = *ops;
	t->arg = arg;
	t->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	t->scratch = malloc(SIP_READ_MAX);
	if (!t->scratch || getrandom(t->seed, sizeof(t->seed), 0) !=
	    (ssize_t)sizeof(t->seed)) {
		sip_transport_free(t);
		return NULL;
	}
	return t;
}

void sip_transport_free(struct sip_transport *t)
{
	struct listener *l;

	if (!t)
		return;
	sip_stream_drop_all(t);
	sip_udp_drop_all(t);
	if (t->passing)
		sip_flow_unref(&t->passing->pub);
	while ((l = LIST_FIRST(&t->listeners))) {
		/* the open ones are ours; flows hold the others */
		l->refs++;
		if (l->open)
			sip_listener_close(&l->pub);
		LIST_REMOVE(l, entry);
		l->t = NULL;
		sip_listener_put(l);
	}
	if (t->spare >= 0)
		close(t->spare);
	free(t->udp);
	free(t->scratch);
	free(t);
}

const struct sip_counters *sip_transport_counters(const struct sip_transport *t)
{
	return &t->counters;
}

/* --------------------------------------------------------------------- listeners */

static struct listener *listener_of(const struct sip_listener *pub)
{
	return (struct listener *)pub;
}

static void set_marks(const struct listener *l, int fd)
{
	int tos = l->dscp << 2;
	int pmtu = IP_PMTUDISC_OMIT, pmtu6 = IPV6_PMTUDISC_OMIT;

	/* ICMP can be forged, and SIP may be fragmented: no path MTU discovery */
	if (l->pub.local.family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		if (l->pub.proto == SIP_PROTO_UDP)
			setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu,
				   sizeof(pmtu));
		return;
	}
	setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (l->pub.proto == SIP_PROTO_UDP)
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &pmtu6,
			   sizeof(pmtu6));
}

int sip_socket(const struct listener *l, int type, uint16_t port)
{
	struct dp_addr local = l->pub.local;
	struct sockaddr_storage ss;
	int one = 1, fd, error;
	socklen_t len;

	local.port = port;
	len = dp_addr_to_sockaddr(&local, &ss);
	fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (type == SOCK_STREAM && port)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM && !port)
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
			   sizeof(one));
	set_marks(l, fd);
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* the port that the kernel chose, where none was asked for */
static void note_port(struct listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct dp_addr bound;

	if (!getsockname(l->fd, (struct sockaddr *)&ss, &len) &&
	    dp_addr_from_sockaddr(&bound, (struct sockaddr *)&ss, len))
		l->pub.local.port = bound.port;
	if (!l->pub.advertise.port)
		l->pub.advertise.port = l->pub.local.port;
}

void sip_listener_put(struct listener *l)
{
	if (--l->refs)
		return;
	if (l->t)
		LIST_REMOVE(l, entry);
	sip_tls_creds_put(l->creds);
	free(l->certificates);
	while (l->n_origins)
		free(l->origins[--l->n_origins]);
	free(l->origins);
	free(l);
}

void sip_listener_load(struct listener *l, enum sip_load load)
{
	struct sip_transport *t = l->t;
	enum sip_load worst = SIP_LOAD_NORMAL;
	uint64_t now = loop_now(t->loop);
	struct listener *each;

	l->load = load;
	LIST_FOREACH(each, &t->listeners, entry)
		if (each->load > worst)
			worst = each->load;
	if (worst == t->load)
		return;
	if (worst > t->load && (!t->loaded || now - t->loaded >= LOADED_MS)) {
		t->loaded = now;
		log_warning("overload: SIP comes faster than it is answered; what begins something new gets 503%s",
			 worst == SIP_LOAD_ALL ? "" : " unless its source is known");
	}
	t->load = worst;
	LIST_FOREACH(each, &t->listeners, entry)
		if (each->gate)
			sip_gate_load(each->gate, worst);
}

static struct listener *listener_make(struct sip_transport *t,
				      const struct sip_listen *listen)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->pub = (struct sip_listener){
		.proto = listen->proto,
		.local = listen->local,
		.advertise = listen->advertise,
		.realm = listen->realm,
	};
	if (!l->pub.advertise.family)
		l->pub.advertise = listen->local;
	l->t = t;
	l->refs = 1;
	l->gate = listen->gate;
	if (l->gate)
		sip_gate_load(l->gate, t->load);
	l->dscp = listen->dscp;
	l->symmetric = listen->symmetric;
	l->insecure = listen->insecure;
	l->client_certificates = listen->client_certificates;
	l->fd = -1;
	LIST_INSERT_HEAD(&t->listeners, l, entry);
	return l;
}

int sip_transport_listen(struct sip_transport *t,
			 const struct sip_listen *listen,
			 struct sip_listener **listener, char *error)
{
	const struct sip_carrier *carrier = carrier_of(listen->proto);
	char text[DP_ADDR_STRLEN];
	struct listener *l;
	int ret;

	if (!carrier)
		return sip_transport_error(error, EPROTONOSUPPORT,
					   "cannot listen for this transport; expected udp, tcp, tls, ws or wss");
	l = listener_make(t, listen);
	if (!l)
		return sip_transport_error(error, ENOMEM,
					   "no memory for a listener");
	l->carrier = carrier;
	*error = '\0';
	ret = carrier->open(l, listen, error);
	if (ret) {
		if (!*error)
			sip_transport_error(error, -ret, "cannot listen on %s for SIP over %s: %s; expected an address of this host and a port that nobody has",
					    dp_addr_str(&listen->local, text,
							sizeof(text)),
					    sip_proto_param(listen->proto),
					    strerror(-ret));
		carrier->shut(l);
		sip_listener_put(l);
		return ret;
	}
	note_port(l);
	l->open = true;
	*listener = &l->pub;
	return 0;
}

void sip_listener_close(struct sip_listener *listener)
{
	struct listener *l = listener_of(listener);

	if (!l)
		return;
	l->open = false;
	l->carrier->shut(l);
	sip_listener_put(l);
}

int sip_listener_reload(struct sip_listener *listener, char *error)
{
	struct listener *l = listener_of(listener);

	return l->carrier->reload ? l->carrier->reload(l, error) : 0;
}

static bool is_at(const struct dp_addr *a, const struct dp_addr *b)
{
	return a->family && dp_addr_eq(a, b);
}

const struct sip_listener *sip_transport_ours(const struct sip_transport *t,
					      const struct dp_addr *addr,
					      enum sip_proto proto)
{
	const struct listener *l;

	LIST_FOREACH(l, &t->listeners, entry)
		if (l->open && l->pub.proto == proto &&
		    (is_at(addr, &l->pub.local) || is_at(addr, &l->pub.advertise)))
			return &l->pub;
	return NULL;
}

/* the listener of the realm that speaks a protocol in a family: the first opened */
static struct listener *listener_for(const struct sip_transport *t,
				     const void *realm, enum sip_proto proto,
				     sa_family_t family)
{
	struct listener *l, *found = NULL;

	LIST_FOREACH(l, &t->listeners, entry)
		if (l->open && l->pub.realm == realm && l->pub.proto == proto &&
		    l->pub.local.family == family)
			found = l;
	return found;
}

/* ------------------------------------------------------------------------- flows */

unsigned int sip_slot_of(const struct sip_transport *t,
			 const struct dp_addr *addr)
{
	uint64_t hash = t->seed[0] ^ addr->port, half[2] = { 0 };

	if (addr->family == AF_INET)
		memcpy(half, &addr->v4, sizeof(addr->v4));
	else
		memcpy(half, &addr->v6, sizeof(addr->v6));
	hash = (hash ^ half[0]) * 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 29 ^ half[1]) * (t->seed[1] | 1);
	return hash >> 48 & (SIP_TABLE - 1);
}

static struct flow *flow_of(const struct sip_flow *pub)
{
	return (struct flow *)pub;
}

struct flow *sip_flow_make(struct listener *l, const struct dp_addr *remote)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	flow->pub = (struct sip_flow){
		.listener = &l->pub,
		.remote = *remote,
		.reply = *remote,
		.proto = l->pub.proto,
		.peer = "",
	};
	flow->listener = l;
	flow->refs = 1;
	l->refs++;
	LIST_INIT(&flow->watches);
	return flow;
}

struct sip_flow *sip_flow_ref(struct sip_flow *flow)
{
	flow_of(flow)->refs++;
	return flow;
}

void sip_flow_unref(struct sip_flow *pub)
{
	struct flow *flow = flow_of(pub);

	if (!flow || --flow->refs)
		return;
	sip_listener_put(flow->listener);
	free(flow->peer);
	free(flow);
}

void sip_flow_watch(struct sip_flow *pub, struct sip_flow_watch *watch)
{
	struct flow *flow = flow_of(pub);
	const struct sip_carrier *carrier = flow->listener->carrier;

	if (LIST_EMPTY(&flow->watches) && carrier->watch && flow->listener->t)
		carrier->watch(flow);
	sip_flow_ref(pub);
	watch->flow = pub;
	LIST_INSERT_HEAD(&flow->watches, watch, entry);
}

void sip_flow_unwatch(struct sip_flow_watch *watch)
{
	struct flow *flow = flow_of(watch->flow);

	if (!flow)
		return;
	watch->flow = NULL;
	LIST_REMOVE(watch, entry);
	if (LIST_EMPTY(&flow->watches) && flow->listener->carrier->unwatch)
		flow->listener->carrier->unwatch(flow);
	sip_flow_unref(&flow->pub);
}

void sip_flow_lost(struct flow *flow, int error)
{
	struct sip_flow_watch *watch;

	sip_flow_ref(&flow->pub);
	while ((watch = LIST_FIRST(&flow->watches))) {
		sip_flow_unwatch(watch);
		watch->lost(&flow->pub, error, watch->arg);
	}
	sip_flow_unref(&flow->pub);
}

void sip_flow_hold(struct sip_flow *flow)
{
	flow_of(flow)->holds++;
}

void sip_flow_let(struct sip_flow *pub)
{
	struct flow *flow = flow_of(pub);

	if (!flow->holds || --flow->holds || !pub->conn)
		return;
	pub->conn->heard = loop_now(pub->conn->t->loop);
	sip_conn_touch(pub->conn);
}

void sip_flow_close(struct sip_flow *flow)
{
	if (flow->conn)
		sip_conn_end(flow->conn);
}

bool sip_flow_same(const struct sip_flow *a, const struct sip_flow *b)
{
	if (!a || !b || a == b)
		return a && a == b;
	return a->proto == SIP_PROTO_UDP && a->listener == b->listener &&
	       dp_addr_eq(&a->remote, &b->remote);
}

void sip_flow_target(const struct sip_flow *flow, struct sip_target *target)
{
	*target = (struct sip_target){
		.proto = flow->proto,
		.addr = flow->remote,
	};
}

static int send_to(struct flow *flow, const struct dp_addr *to, const void *buf,
		   size_t len)
{
	struct sip_transport *t = flow->listener->t;
	int ret;

	if (flow->listener->fd < 0 && !flow->pub.conn)
		return -ENOTCONN;	/* t may be gone as well */
	ret = flow->listener->carrier->send(flow, to, buf, len);
	if (ret)
		t->counters.send_failed++;
	else
		t->counters.sent++;
	return ret;
}

int sip_flow_send(struct sip_flow *flow, const void *buf, size_t len)
{
	return send_to(flow_of(flow), &flow->remote, buf, len);
}

int sip_flow_reply(struct sip_flow *flow, const void *buf, size_t len)
{
	return send_to(flow_of(flow), &flow->reply, buf, len);
}

int sip_flow_ping(struct sip_flow *flow)
{
	const struct sip_carrier *carrier = flow_of(flow)->listener->carrier;

	if (carrier->ping)
		return carrier->ping(flow_of(flow));
	return send_to(flow_of(flow), &flow->remote, "\r\n\r\n", 4);
}

int sip_flow_ask_stun(struct sip_flow *flow)
{
	uint8_t id[STUN_ID_LEN], buf[64];
	struct stun_writer w;

	if (sip_proto_is_reliable(flow->proto))
		return sip_flow_ping(flow);
	random_bytes(id, sizeof(id));
	stun_begin(&w, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, id);
	stun_put_fingerprint(&w);
	return send_to(flow_of(flow), &flow->remote, buf, stun_end(&w));
}

/* ------------------------------------------------------- places, and their failures */

bool sip_has_failed(const struct sip_transport *t, enum sip_proto proto,
		    const struct dp_addr *addr, unsigned int ms, bool silent)
{
	const struct failed *f;

	for (f = t->failed; f < t->failed + SIP_FAILED; f++)
		if (f->proto == proto && dp_addr_eq(&f->addr, addr) &&
		    (f->silent || !silent) &&
		    loop_now(t->loop) - f->at < ms)
			return true;
	return false;
}

void sip_note_reached(struct sip_transport *t, enum sip_proto proto,
		      const struct dp_addr *addr)
{
	struct failed *f;

	for (f = t->failed; f < t->failed + SIP_FAILED; f++)
		if (f->proto == proto && dp_addr_eq(&f->addr, addr))
			*f = (struct failed){ .proto = SIP_PROTO_NONE };
}

void sip_note_failed(struct sip_transport *t, enum sip_proto proto,
		     const struct dp_addr *addr, bool silent)
{
	sip_note_reached(t, proto, addr);
	t->failed[t->next_failed++ % SIP_FAILED] = (struct failed){
		.proto = proto,
		.addr = *addr,
		.at = loop_now(t->loop),
		.silent = silent,
	};
}

static int flow_by(struct listener *l, const struct sip_target *target,
		   struct sip_flow **flow)
{
	struct flow *found = NULL;
	int ret;

	if (!l)
		return -EADDRNOTAVAIL;
	if (!target->addr.port)
		return -EDESTADDRREQ;
	ret = l->carrier->flow(l, target, &found);
	if (!ret)
		*flow = &found->pub;
	return ret;
}

int sip_transport_flow(struct sip_transport *t, const void *realm,
		       const struct sip_target *target, struct sip_flow **flow)
{
	return flow_by(listener_for(t, realm, target->proto, target->addr.family),
		       target, flow);
}

int sip_transport_flow_at(struct sip_transport *t, const void *realm,
			  const struct dp_addr *local,
			  const struct sip_target *target, struct sip_flow **flow)
{
	struct listener *l;

	LIST_FOREACH(l, &t->listeners, entry)
		if (l->open && l->pub.realm == realm &&
		    l->pub.proto == target->proto && dp_addr_eq(&l->pub.local, local))
			break;
	return flow_by(l, target, flow);
}

void sip_transport_by_size(struct sip_transport *t, const void *realm,
			   struct sip_target *target, size_t len)
{
	target->proto = SIP_PROTO_UDP;
	if (len <= UDP_MAX)
		return;
	if (!listener_for(t, realm, SIP_PROTO_TCP, target->addr.family))
		return;
	if (!sip_has_failed(t, SIP_PROTO_TCP, &target->addr, t->limits.failed_ms,
			    false))
		target->proto = SIP_PROTO_TCP;
}

/* --------------------------------------------------------------------------- up */

/* RFC 3261 8.2.7: the same tag for the same request, without keeping any */
static void refusal_tag(const struct sip_transport *t, const struct sip_msg *msg,
			char tag[17])
{
	const struct span part[] = { msg->via.text, msg->call_id };
	uint64_t hash = t->seed[0];
	unsigned int i;
	size_t j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < part[i].n; j++)
			hash = (hash ^ (unsigned char)part[i].p[j]) *
			       0x100000001b3;
	snprintf(tag, 17, "%016llx", (unsigned long long)(hash ^ t->seed[1]));
}

static struct dp_addr reply_address(const struct flow *flow,
				    const struct sip_via *via)
{
	struct dp_addr to = flow->pub.remote;

	if (flow->pub.proto == SIP_PROTO_UDP && !via->rport &&
	    !flow->listener->symmetric)
		to.port = via->port ? via->port : 5060;
	return to;
}

void sip_turn_down(struct flow *flow, struct sip_msg *msg, unsigned int status,
		   struct span text)
{
	struct sip_writer w = { 0 };
	char tag[17];

	if (!msg->request || msg->method == SIP_ACK)
		return;
	msg->source = flow->pub.remote;
	flow->pub.reply = reply_address(flow, &msg->via);
	refusal_tag(flow->listener->t, msg, tag);
	sip_write_response(&w, msg, status, (struct span){ NULL, 0 },
			   span_of(tag));
	if (status == 503)
		sip_write_headerf(&w, SIP_HDR_RETRY_AFTER, "%u", RETRY_AFTER);
	if (text.n)
		sip_write_warning(&w, 399, SPAN("rtplane"), text);
	sip_write_end(&w);
	if (!w.failed)
		sip_flow_reply(&flow->pub, w.p, w.n);
	sip_write_free(&w);
}

/* RFC 3261 18.1.2: is the topmost Via of a response one that we wrote? */
static bool is_answer_to_us(const struct flow *flow, const struct sip_via *via)
{
	const struct listener *l = flow->listener;
	const struct sip_listener *ours;
	struct dp_addr addr = via->addr;

	addr.port = via->port ? via->port : sip_proto_port(flow->pub.proto);
	/* its own, also when that listens no more */
	if (is_at(&addr, &l->pub.local) || is_at(&addr, &l->pub.advertise))
		return true;
	ours = sip_transport_ours(l->t, &addr, flow->pub.proto);
	return ours && ours->realm == l->pub.realm;
}

static void log_denied(struct flow *flow, const struct sip_msg *msg)
{
	struct listener *l = flow->listener;
	char why[SIP_GATE_WHY_LEN];

	if (sip_gate_why(l->gate, &flow->pub.remote, loop_now(l->t->loop), why,
			 sizeof(why)))
		log_info(SPAN_FMT " refused with 403: %s",
			 SPAN_ARG(msg->method_text), why);
}

static void hand_up(struct flow *flow, struct sip_msg *msg,
		    enum sip_gate_verdict verdict)
{
	struct sip_transport *t = flow->listener->t;

	msg->source = flow->pub.remote;
	if (msg->request)
		flow->pub.reply = reply_address(flow, &msg->via);
	if (verdict == SIP_GATE_BUSY && msg->request && t->ops.underway &&
	    t->ops.underway(&flow->pub, msg, t->arg)) {
		t->counters.refused--;
		verdict = SIP_GATE_PASS;
	}
	if (verdict == SIP_GATE_FORBID)
		log_denied(flow, msg);
	if (verdict != SIP_GATE_PASS) {
		sip_turn_down(flow, msg, verdict == SIP_GATE_FORBID ? 403 : 503,
			      (struct span){ NULL, 0 });
		return;
	}
	if (!msg->request && !is_answer_to_us(flow, &msg->via)) {
		t->counters.stray++;
		if (t->ops.stray)
			t->ops.stray(&flow->pub, msg, t->arg);
		return;
	}
	t->counters.received++;
	t->ops.message(&flow->pub, msg, t->arg);
}

void sip_note_offence(struct sip_transport *t, const struct dp_addr *source,
		      enum sip_gate_reason why, bool proven)
{
	if (t->ops.offence && (why == SIP_GATE_GARBAGE ||
			       why == SIP_GATE_DENIED || why == SIP_GATE_RATE))
		t->ops.offence(source, why, proven, t->arg);
}

void sip_input(struct flow *flow, const char *data, size_t len, bool stream)
{
	struct listener *l = flow->listener;
	struct sip_transport *t = l->t;
	enum sip_gate_verdict verdict;
	enum sip_gate_reason reason;
	struct sip_msg *msg = NULL;

	verdict = sip_gate_message(l->gate, &flow->pub.remote, data, len,
				   loop_now(t->loop), &reason);
	if (reason == SIP_GATE_GARBAGE)
		t->counters.garbage++;
	else if (reason != SIP_GATE_OK)
		t->counters.refused++;
	if (verdict != SIP_GATE_DROP) {
		msg = sip_msg_parse(data, len, stream, NULL);
		if (!msg) {
			t->counters.garbage++;
			reason = SIP_GATE_GARBAGE;
		}
	}
	sip_note_offence(t, &flow->pub.remote, reason,
			 sip_proto_is_reliable(flow->pub.proto));
	if (!msg)
		return;
	hand_up(flow, msg, verdict);
	sip_msg_drop(msg);
}
