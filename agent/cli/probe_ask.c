// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane probe HOST: everything is asked from one socket, as a phone's media is sent.
 *
 * Nothing is concluded from silence alone: whenever something may have been lost, a
 * question to a port that is known to answer goes behind it (the fence), and only when
 * that was answered and then nothing came for a while is the rest taken for lost.
 */
#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define MS		1000u
#define ROUNDS		3
#define FENCE_AGAIN	(250 * MS)
#define FENCE_LAST	(15000 * MS)
#define HELLOS		16	/* ports that are tried at a time */
#define CONTACT		(6000 * MS)
#define FLOW		200
#define FLOW_GAP	(5 * MS)
#define QUESTION_MAX	(1u << 19)
#define TOS(dscp)	((uint8_t)((dscp) << 2))
#define EF		46

const uint8_t probe_dscps[PROBE_DSCPS] = { EF, 34, 26, 24 };

enum question { Q_HELLO, Q_PORT, Q_FENCE, Q_MTU, Q_FLOW, Q_DSCP, Q_ASK, Q_SIP };

/**
 * struct asked - a question that is out, by its number
 * @what: enum question
 * @full: a long answer was asked for
 * @port: where
 * @size: bytes of the IP packet
 * @which: of the DSCP values, or the document
 * @at: when
 */
struct asked {
	uint8_t what;
	bool full;
	uint16_t port;
	uint16_t size;
	uint8_t which;
	uint64_t at;
};

/**
 * struct asking - a run
 * @args: for sentences
 * @words: what was said
 * @r: what is found
 * @fd: the socket
 * @as: our name and cookie
 * @seq: the last number
 * @control: a port that answers; 0: none yet
 * @fence: number of the fence that was answered last
 * @flow_heard: packets of the flow, as the last answer tells
 * @last: when something arrived
 * @doc: the piece that arrived last
 * @doc_seq: its question
 * @doc_total: bytes of the document
 * @doc_text: the piece
 * @doc_len: its bytes
 * @up_at: sizes that arrived there: a bit each
 * @down_at: sizes that came back
 * @list: questions by their number
 */
struct asking {
	struct args *args;
	const struct probe_words *words;
	struct probe_result *r;
	int fd;
	struct probe_msg as;
	uint32_t seq;
	uint16_t control;
	uint32_t fence;
	uint32_t flow_heard;
	uint64_t last;
	uint32_t doc_seq;
	uint16_t doc_total;
	char doc_text[PROBE_PART_MAX];
	size_t doc_len;
	uint8_t up_at[PROBE_BITMAP];
	uint8_t down_at[PROBE_BITMAP];
	struct asked list[QUESTION_MAX];
};

static size_t ip_head(const struct asking *a)
{
	return a->words->host.family == AF_INET6 ? 48 : 28;
}

static bool bit(const uint8_t *map, unsigned int n)
{
	return map[n / 8] >> n % 8 & 1;
}

/* ------------------------------------------------------------- what arrives */

/* what ICMP says of a port */
static void take_error(struct asking *a, const struct sock_extended_err *err,
		       const struct dp_addr *to)
{
	bool v6 = err->ee_origin == SO_EE_ORIGIN_ICMP6;
	struct probe_port *port = &a->r->ports[to->port];
	enum port_state state;

	if (err->ee_errno == EMSGSIZE) {
		if (err->ee_origin != SO_EE_ORIGIN_LOCAL)
			a->r->mtu_told = err->ee_info;
		return;
	}
	if (err->ee_origin == SO_EE_ORIGIN_LOCAL || port->udp != PORT_FILTERED)
		return;
	if (err->ee_type != (v6 ? 1 : 3))
		return;
	if (err->ee_code == (v6 ? 4 : 3))
		state = PORT_CLOSED;
	else if (v6 ? err->ee_code == 1 || err->ee_code > 4 :
		      err->ee_code == 9 || err->ee_code == 10 || err->ee_code == 13)
		state = PORT_PROHIBITED;
	else
		state = PORT_UNREACHABLE;
	port->udp = state;
}

static void take_errors(struct asking *a)
{
	union {
		struct cmsghdr align;
		char room[512];
	} control;
	struct sock_extended_err err;
	struct sockaddr_storage ss;
	uint8_t data[64];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg;
	struct cmsghdr *c;
	struct dp_addr to;

	for (;;) {
		msg = (struct msghdr){
			.msg_name = &ss, .msg_namelen = sizeof(ss),
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control, .msg_controllen = sizeof(control),
		};
		if (recvmsg(a->fd, &msg, MSG_ERRQUEUE) < 0)
			return;
		if (!dp_addr_from_sockaddr(&to, (struct sockaddr *)&ss,
					   msg.msg_namelen) ||
		    !dp_addr_same_host(&to, &a->words->host))
			continue;
		for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
			if (c->cmsg_type != IP_RECVERR &&
			    c->cmsg_type != IPV6_RECVERR)
				continue;
			memcpy(&err, CMSG_DATA(c), sizeof(err));
			take_error(a, &err, &to);
		}
	}
}

static void take_way(struct probe_way *way, int64_t delay)
{
	if (delay < way->min)
		way->min = delay;
	if (delay > way->max)
		way->max = delay;
	way->sum += delay;
}

static void take_flow(struct asking *a, const struct asked *q,
		      const struct probe_msg *msg,
		      const struct probe_echo *echo, uint64_t now)
{
	uint64_t rtt = now - q->at;

	a->r->flow_answered++;
	take_way(&a->r->up, (int64_t)(echo->received - q->at));
	take_way(&a->r->down, (int64_t)(now - msg->sent));
	if (rtt < a->r->rtt_min)
		a->r->rtt_min = rtt;
	if (rtt > a->r->rtt_max)
		a->r->rtt_max = rtt;
}

static void take_echo(struct asking *a, struct asked *q,
		      const struct probe_msg *msg, int tos, uint64_t now)
{
	struct probe_port *port = &a->r->ports[q->port];
	struct probe_echo echo;

	if (!probe_echo_read(msg->body, &echo))
		return;
	if (echo.flow > a->flow_heard)
		a->flow_heard = echo.flow;
	switch (q->what) {
	case Q_PORT:
		port->udp = PORT_OPEN;
		port->heard = true;
		port->seen = echo.seen.port;
		port->answered++;
		if (!a->r->at.family)
			a->r->at = echo.at;
		break;
	case Q_FENCE:
		a->fence = msg->seq;
		break;
	case Q_FLOW:
		take_flow(a, q, msg, &echo, now);
		break;
	case Q_DSCP:
		a->r->up.dscp[q->which] = echo.tos >> 2;
		a->r->down.dscp[q->which] = tos >> 2;
		break;
	case Q_MTU:
		a->up_at[q->size / 8] |= 1 << q->size % 8;
		if (q->full)
			a->down_at[q->size / 8] |= 1 << q->size % 8;
		break;
	}
}

static void take_part(struct asking *a, const struct asked *q,
		      const struct probe_msg *msg)
{
	struct probe_part part;

	if (q->what != Q_ASK || !probe_part_read(msg->body, &part) ||
	    part.doc != q->which)
		return;
	a->doc_seq = msg->seq;
	a->doc_total = part.total;
	a->doc_len = part.data.n;
	memcpy(a->doc_text, part.data.p, part.data.n);
}

static void take_offer(struct asking *a, const struct asked *q,
		       const struct probe_msg *msg)
{
	if (a->control || q->what != Q_HELLO ||
	    !probe_offer_read(msg->body, &a->r->offer))
		return;
	a->as.pass = msg->pass;
	a->r->seen = a->r->offer.seen;
	a->control = q->port;
}

static void take_all(struct asking *a)
{
	static uint8_t buf[PROBE_MAX];
	struct probe_packet packet = { .data = buf, .room = sizeof(buf) };
	struct probe_msg msg;
	struct asked *q;
	uint64_t now;

	while (probe_receive(a->fd, &packet)) {
		now = probe_now();
		if (!probe_read(&a->words->key, buf, packet.len, &msg) ||
		    memcmp(msg.session, a->as.session, PROBE_ID_LEN) ||
		    !msg.seq || msg.seq > a->seq || msg.seq >= QUESTION_MAX)
			continue;
		q = &a->list[msg.seq];
		if (!q->at)	/* it was answered before */
			continue;
		a->last = now;
		if (!dp_addr_same_host(&packet.from, &a->words->host) ||
		    packet.from.port != q->port)
			a->r->answered_from = packet.from;
		if (msg.type == PROBE_COOKIE)
			take_offer(a, q, &msg);
		else if (msg.type == PROBE_ECHO)
			take_echo(a, q, &msg, packet.tos, now);
		else if (msg.type == PROBE_TOLD)
			take_part(a, q, &msg);
		q->at = 0;
	}
}

/* let arrive what arrives until then */
static void until(struct asking *a, uint64_t end)
{
	struct pollfd p = { .fd = a->fd, .events = POLLIN };
	uint64_t now = probe_now();
	struct timespec ts;

	do {
		ts.tv_sec = end > now ? (time_t)((end - now) / 1000000) : 0;
		ts.tv_nsec = end > now ? (long)((end - now) % 1000000 * 1000) : 0;
		if (ppoll(&p, 1, &ts, NULL) > 0) {
			take_errors(a);
			take_all(a);
		}
		now = probe_now();
	} while (now < end && !(p.revents & POLLIN));
}

/* ----------------------------------------------------------------- to ask */

/* what is to be asked is in @q; its number, or 0 */
static uint32_t ask(struct asking *a, struct asked q, uint8_t type,
		    uint8_t flags, uint8_t tos, struct span body)
{
	struct dp_addr to = a->words->host;
	static uint8_t buf[PROBE_MAX];
	struct probe_msg msg = a->as;
	unsigned int tries;
	size_t len;

	if (a->seq + 1 >= QUESTION_MAX)
		return 0;
	msg.type = type;
	msg.flags = flags | (q.full ? PROBE_FULL : 0);
	msg.tos = tos;
	msg.seq = ++a->seq;
	msg.sent = probe_now();
	msg.body = body;
	q.at = msg.sent;
	a->list[a->seq] = q;
	to.port = q.port;
	len = probe_write(&a->words->key, &msg, buf, q.size - ip_head(a));
	/* what is told of an earlier one by ICMP fails the next */
	for (tries = 0; len && tries < 8; tries++) {
		if (probe_send(a->fd, &to, NULL, tos, buf, len))
			break;
		if (errno == EAGAIN || errno == ENOBUFS)
			until(a, probe_now() + MS);
		else if (errno == EMSGSIZE)
			break;
		take_errors(a);
	}
	return a->seq;
}

static uint32_t ask_short(struct asking *a, enum question what, uint16_t port,
			  uint8_t flags, uint8_t which, uint8_t tos)
{
	struct asked q = {
		.what = what, .port = port, .which = which,
		.size = (uint16_t)(PROBE_MIN + ip_head(a)),
	};

	return ask(a, q, what == Q_HELLO ? PROBE_HELLO : PROBE_PROBE, flags, tos,
		   SPAN(""));
}

/* the fence: false if what answered before answers no longer */
static bool fence(struct asking *a)
{
	uint64_t end = probe_now() + FENCE_LAST, again = 0, now;
	uint32_t first = a->seq + 1;

	while (a->fence < first) {
		now = probe_now();
		if (now >= end)
			return false;
		if (now >= again) {
			ask_short(a, Q_FENCE, a->control, 0, 0, TOS(EF));
			again = now + FENCE_AGAIN;
		}
		until(a, again);
	}
	return true;
}

/* all that was asked is answered, or is lost; @done says that nothing is missing */
static bool settle(struct asking *a, bool (*done)(struct asking *a))
{
	uint64_t end;

	if (done && done(a))
		return true;
	if (!fence(a))
		return false;
	a->last = probe_now();
	while (!(done && done(a))) {
		end = a->last + a->words->wait * MS;
		if (probe_now() >= end)
			break;
		until(a, end);
	}
	return true;
}

/* ------------------------------------------------------------------ phases */

static bool contact(struct asking *a)
{
	unsigned int lo = a->words->lo, n = a->words->hi - lo + 1, i, round;
	uint64_t end = probe_now() + CONTACT, next;

	for (round = 0; !a->control && probe_now() < end; round++) {
		for (i = 0; i < HELLOS && i < n; i++)
			ask_short(a, Q_HELLO,
				  (uint16_t)(lo + (i * n / HELLOS + round * 7) % n),
				  0, 0, TOS(EF));
		next = probe_now() + FENCE_AGAIN;
		while (!a->control && probe_now() < next)
			until(a, next);
	}
	return a->control;
}

/* a document whole, or as much as fits; its bytes, 0 if it is not told */
static size_t read_doc(struct asking *a, uint8_t doc, void *buf, size_t room)
{
	uint8_t body[PROBE_BODY];
	struct probe_part part = { .doc = doc };
	struct asked q = {
		.what = Q_ASK, .port = a->control, .which = doc,
		.size = (uint16_t)(PROBE_MIN + PROBE_PART_MAX + ip_head(a)),
	};
	unsigned int tries = 0;
	uint32_t seq;
	uint64_t end;
	size_t n = 0;

	while (tries++ < 20) {
		part.offset = (uint16_t)n;
		a->doc_seq = 0;
		seq = ask(a, q, PROBE_ASK, 0, TOS(EF),
			  probe_part_write(&part, body));
		end = probe_now() + FENCE_AGAIN + a->words->wait * MS;
		while (a->doc_seq != seq && probe_now() < end)
			until(a, end);
		if (a->doc_seq != seq)
			continue;
		if (a->doc_len > room - n)
			a->doc_len = room - n;
		memcpy((char *)buf + n, a->doc_text, a->doc_len);
		n += a->doc_len;
		if (n >= a->doc_total || !a->doc_len)
			break;
		tries = 0;
	}
	return n;
}

static void mark_used(struct asking *a)
{
	static uint8_t udp[PROBE_BITMAP], tcp[PROBE_BITMAP];
	unsigned int port, lo = a->r->offer.lo, hi = a->r->offer.hi;
	struct probe_port *p;

	read_doc(a, PROBE_DOC_UDP_USED, udp, sizeof(udp));
	read_doc(a, PROBE_DOC_TCP_USED, tcp, sizeof(tcp));
	for (port = a->words->lo; port <= a->words->hi; port++) {
		/* what was said before the server was there is past */
		p = &a->r->ports[port];
		p->udp = PORT_FILTERED;
		if (port < lo || port > hi) {
			p->udp = PORT_UNSERVED;
			p->tcp = PORT_UNSERVED;
			continue;
		}
		if (bit(udp, port - lo))
			p->udp = PORT_USED;
		if (bit(tcp, port - lo))
			p->tcp = PORT_USED;
	}
}

static bool ports_done(struct asking *a)
{
	unsigned int port;

	for (port = a->words->lo; port <= a->words->hi; port++)
		if (a->r->ports[port].udp == PORT_FILTERED)
			return false;
	return true;
}

static void ask_ports(struct asking *a)
{
	uint64_t begin = probe_now(), due;
	unsigned int port, n = 0;

	for (port = a->words->lo; port <= a->words->hi; port++) {
		if (a->r->ports[port].udp != PORT_FILTERED)
			continue;
		a->r->ports[port].sent++;
		ask_short(a, Q_PORT, (uint16_t)port, 0, 0, TOS(EF));
		/* a clock of milliseconds: some at a time */
		if (++n % 16)
			continue;
		due = begin + n * 1000000ull / a->words->pps;
		until(a, due);
		while (probe_now() < due)
			until(a, due);
	}
}

static bool all_ports(struct asking *a)
{
	uint64_t begin = probe_now();
	unsigned int round;

	for (round = 0; round < ROUNDS && !ports_done(a); round++) {
		ask_ports(a);
		if (!settle(a, ports_done))
			return false;
	}
	a->r->took = (probe_now() - begin) / MS;
	return true;
}

/* where we were heard although no answer came, and from where else */
static void heard(struct asking *a)
{
	static uint8_t map[PROBE_BITMAP];
	unsigned int port;

	if (!ports_done(a)) {
		read_doc(a, PROBE_DOC_HEARD, map, sizeof(map));
		for (port = a->words->lo; port <= a->words->hi; port++)
			if (port >= a->r->offer.lo && port <= a->r->offer.hi &&
			    bit(map, port - a->r->offer.lo))
				a->r->ports[port].heard = true;
	}
	read_doc(a, PROBE_DOC_OTHER, a->r->other, sizeof(a->r->other) - 1);
}

static bool mtu_pass(struct asking *a, unsigned int from, unsigned int to,
		     unsigned int step)
{
	struct asked q = { .what = Q_MTU, .port = a->control };
	unsigned int size, round, n;

	for (round = 0; round < ROUNDS; round++) {
		for (size = from, n = 0; size <= to; size += step) {
			q.size = (uint16_t)size;
			q.full = false;
			if (!bit(a->up_at, size))
				ask(a, q, PROBE_PROBE, 0, TOS(EF), SPAN(""));
			q.full = true;
			if (bit(a->down_at, size))
				continue;
			ask(a, q, PROBE_PROBE, 0, TOS(EF), SPAN(""));
			if (++n % 8 == 0)
				until(a, probe_now() + 16000000 / a->words->pps);
		}
		if (!n)
			break;
		if (!settle(a, NULL))
			return false;
	}
	return true;
}

static unsigned int largest(const uint8_t *map)
{
	unsigned int size;

	for (size = 1500; size; size--)
		if (bit(map, size))
			break;
	return size;
}

static bool find_mtu(struct asking *a)
{
	unsigned int up, down;

	if (!mtu_pass(a, 1200, 1500, 4))
		return false;
	if (!largest(a->down_at) && !mtu_pass(a, 300, 1196, 4))
		return false;
	up = largest(a->up_at);
	down = largest(a->down_at);
	if (up && up < 1500 && !mtu_pass(a, up + 1, up + 3, 1))
		return false;
	if (down && down < 1500 && down != up &&
	    !mtu_pass(a, down + 1, down + 3, 1))
		return false;
	a->r->up.mtu = largest(a->up_at);
	a->r->down.mtu = largest(a->down_at);
	return true;
}

static bool flow_done(struct asking *a)
{
	return a->r->flow_answered == FLOW;
}

static bool flow(struct asking *a)
{
	uint64_t begin = probe_now(), due;
	unsigned int i;

	a->r->up.min = INT64_MAX;
	a->r->up.max = INT64_MIN;
	a->r->down.min = INT64_MAX;
	a->r->down.max = INT64_MIN;
	a->r->rtt_min = UINT64_MAX;
	for (i = 0; i < FLOW; i++) {
		ask_short(a, Q_FLOW, a->control, PROBE_FLOW, 0, TOS(EF));
		due = begin + (i + 1) * FLOW_GAP;
		while (probe_now() < due)
			until(a, due);
	}
	if (!settle(a, flow_done))
		return false;
	if (a->flow_heard < a->r->flow_answered)
		a->flow_heard = a->r->flow_answered;
	a->r->flow = FLOW;
	a->r->up.lost = FLOW - a->flow_heard;
	a->r->down.lost = a->flow_heard - a->r->flow_answered;
	return true;
}

static bool dscp_done(struct asking *a)
{
	unsigned int i;

	for (i = 0; i < PROBE_DSCPS; i++)
		if (a->r->up.dscp[i] < 0)
			return false;
	return true;
}

static bool dscp(struct asking *a)
{
	unsigned int i, round;

	for (i = 0; i < PROBE_DSCPS; i++)
		a->r->up.dscp[i] = a->r->down.dscp[i] = -1;
	for (round = 0; round < ROUNDS && !dscp_done(a); round++) {
		for (i = 0; i < PROBE_DSCPS; i++)
			if (a->r->up.dscp[i] < 0)
				ask_short(a, Q_DSCP, a->control, 0, (uint8_t)i,
					  TOS(probe_dscps[i]));
		if (!settle(a, dscp_done))
			return false;
	}
	return true;
}

static bool sip(struct asking *a, enum probe_sip_method method)
{
	struct probe_sip_result *s = &a->r->sip[method];
	struct probe_sip_proof proof = { .method = method, .pass = a->as.pass };
	struct dp_addr to = a->words->host;
	unsigned int round;

	memcpy(proof.session, a->as.session, PROBE_ID_LEN);
	to.port = (uint16_t)a->words->sip;
	for (round = 0; round < ROUNDS && !s->got_len; round++) {
		proof.seq = ++a->seq;
		s->sent_len = probe_sip_write(&a->words->key, &proof,
					      &a->r->own, &to, s->sent,
					      sizeof(s->sent));
		if (!s->sent_len)
			return false;
		if (!probe_send(a->fd, &to, NULL, TOS(24), s->sent, s->sent_len))
			take_errors(a);
		if (!settle(a, NULL))
			return false;
		s->got_len = read_doc(a, PROBE_DOC_INVITE + method, s->got,
				      sizeof(s->got));
	}
	return true;
}

static bool sip_possible(const struct asking *a)
{
	return a->words->sip && a->r->offer.sip == a->words->sip &&
	       !(a->r->offer.flags & PROBE_SIP_USED);
}

/* ----------------------------------------------------------------- the run */

/* our address towards the host, and the socket */
static bool open_socket(struct asking *a)
{
	int family = a->words->host.family, on = 1, fd;
	struct dp_addr to = a->words->host, any = { .family = (sa_family_t)family };
	struct sockaddr_storage ss;
	socklen_t len;
	bool ok;

	to.port = (uint16_t)a->words->lo;
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	len = dp_addr_to_sockaddr(&to, &ss);
	ok = !connect(fd, (struct sockaddr *)&ss, len);
	len = sizeof(ss);
	ok = ok && !getsockname(fd, (struct sockaddr *)&ss, &len) &&
	     dp_addr_from_sockaddr(&a->r->own, (struct sockaddr *)&ss, len);
	close(fd);
	if (!ok)
		return false;
	a->fd = probe_socket(family);
	if (a->fd < 0)
		return false;
	setsockopt(a->fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   family == AF_INET6 ? IPV6_RECVERR : IP_RECVERR, &on,
		   sizeof(on));
	len = dp_addr_to_sockaddr(&any, &ss);
	if (bind(a->fd, (struct sockaddr *)&ss, len))
		return false;
	len = sizeof(ss);
	if (getsockname(a->fd, (struct sockaddr *)&ss, &len) ||
	    !dp_addr_from_sockaddr(&any, (struct sockaddr *)&ss, len))
		return false;
	a->r->own.port = any.port;
	return true;
}

static int no_contact(const struct asking *a)
{
	unsigned int port, closed = 0;

	for (port = a->words->lo; port <= a->words->hi; port++)
		closed += a->r->ports[port].udp == PORT_CLOSED;
	return cli_refused(a->args->cli,
			   "%s: none of ports %u-%u that were tried answers%s: is 'rtplane probe serve' running there, with this token?",
			   a->args->cmd, a->words->lo, a->words->hi,
			   closed ? ", and some are said to be closed" : "");
}

static int run(struct asking *a)
{
	if (!open_socket(a))
		return cli_refused(a->args->cli, "%s: cannot send to the host: %m",
				   a->args->cmd);
	if (RAND_bytes(a->as.session, PROBE_ID_LEN) != 1)
		return cli_refused(a->args->cli, "%s: OpenSSL has no random bytes",
				   a->args->cmd);
	if (!contact(a))
		return no_contact(a);
	if (a->r->offer.flags & PROBE_BUSY)
		return cli_refused(a->args->cli,
				   "%s: as many as may be are testing there: try again in a minute",
				   a->args->cmd);
	mark_used(a);
	if (!all_ports(a) || !find_mtu(a) || !flow(a) || !dscp(a) ||
	    (sip_possible(a) && (!sip(a, PROBE_INVITE) || !sip(a, PROBE_REGISTER))))
		return cli_refused(a->args->cli,
				   "%s: port %u answered, and then no longer: has 'rtplane probe serve' ended?",
				   a->args->cmd, a->control);
	heard(a);
	if (a->words->tcp && !(a->r->offer.flags & PROBE_NO_TCP))
		probe_ask_tcp(a->words, &a->as, &a->seq, a->r);
	ask_short(a, Q_FENCE, a->control, PROBE_BYE, 0, TOS(EF));
	return CLI_OK;
}

int probe_ask(struct args *args, const struct probe_words *words,
	      struct probe_result *result)
{
	struct asking *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	a->args = args;
	a->words = words;
	a->r = result;
	a->fd = -1;
	ret = run(a);
	if (a->fd >= 0)
		close(a->fd);
	free(a);
	return ret;
}
