// SPDX-License-Identifier: GPL-2.0
/* SIP over UDP: a socket for each listener, and no state for those who send. */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/sock_diag.h>

#include "stun/stun.h"
#include "transport_impl.h"

#define BATCH		16	/* datagrams read by one call */
#define ROUNDS		4	/* calls in a turn: other sockets wait too */
#define SENT_MAX	512	/* of a message, kept while its flow is watched */
#define SECRET		22	/* characters of a branch that nobody can guess */
#define QUEUE		(1 << 20)	/* bytes the kernel keeps for us */

/**
 * struct udp - memory for reading, shared by all sockets
 * @msg: for recvmmsg()
 * @iov: for @msg
 * @source: for @msg
 * @data: for @iov
 */
struct udp {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage source[BATCH];
	char data[BATCH][SIP_READ_MAX];
};

static void prepare(struct udp *udp)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		udp->iov[i] = (struct iovec){
			.iov_base = udp->data[i],
			.iov_len = sizeof(udp->data[i]),
		};
		udp->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &udp->source[i],
			.msg_namelen = sizeof(udp->source[i]),
			.msg_iov = &udp->iov[i],
			.msg_iovlen = 1,
		};
	}
}

/* the flow for a datagram: the last one's again, unless somebody keeps that */
static struct flow *passing(struct listener *l, const struct dp_addr *remote)
{
	struct sip_transport *t = l->t;
	struct flow *flow = t->passing;

	if (flow && flow->refs == 1 && flow->listener == l) {
		flow->pub.remote = *remote;
		flow->pub.reply = *remote;
		return flow;
	}
	if (flow)
		sip_flow_unref(&flow->pub);
	t->passing = sip_flow_make(l, remote);
	return t->passing;
}

static bool is_of(const struct flow *flow, const struct listener *l,
		  const struct dp_addr *to)
{
	return flow->listener == l && dp_addr_eq(&flow->pub.remote, to);
}

static bool is_watched(const struct listener *l, const struct dp_addr *remote)
{
	const struct flow *flow;

	LIST_FOREACH(flow, &l->t->watched[sip_slot_of(l->t, remote)], watched)
		if (is_of(flow, l, remote))
			return true;
	return false;
}

/*
 * RFC 5626 4.4.2: who has a binding here, or a dialog, may ask by STUN whether we are
 * still there and where he is.  Nobody else: a source can be forged, and the answer is
 * longer than the question.  Answers to ours only had to come through a NAT.
 */
static void take_stun(struct listener *l, const struct dp_addr *remote,
		      const void *data, size_t len)
{
	struct sockaddr_storage ss;
	struct stun_writer w;
	struct stun_msg msg;
	uint8_t buf[128];
	socklen_t n;

	if (!is_watched(l, remote) || !stun_parse(data, len, &msg) ||
	    msg.class != STUN_REQUEST || msg.method != STUN_BINDING ||
	    msg.n_unknown)
		return;
	stun_begin(&w, buf, sizeof(buf), STUN_SUCCESS, STUN_BINDING, msg.id);
	stun_put_addr(&w, STUN_XOR_MAPPED_ADDRESS, remote);
	if (msg.fingerprint)
		stun_put_fingerprint(&w);
	n = dp_addr_to_sockaddr(remote, &ss);
	sendto(l->fd, buf, stun_end(&w), MSG_DONTWAIT | MSG_NOSIGNAL,
	       (struct sockaddr *)&ss, n);
	l->t->counters.pings++;
}

static void datagram(struct listener *l, const struct mmsghdr *msg)
{
	const char *data = msg->msg_hdr.msg_iov->iov_base;
	size_t len = msg->msg_len;
	struct dp_addr remote;
	struct flow *flow;

	/* RFC 3261 7.5; what is nothing else keeps a NAT's binding alive */
	while (len && (*data == '\r' || *data == '\n')) {
		data++;
		len--;
	}
	if (!len)
		return;
	if (!dp_addr_from_sockaddr(&remote, msg->msg_hdr.msg_name,
				   msg->msg_hdr.msg_namelen) || !remote.port)
		return;
	if (msg->msg_hdr.msg_flags & MSG_TRUNC || len > l->t->limits.message) {
		l->t->counters.too_big++;
		return;
	}
	if (stun_is(data, len)) {
		take_stun(l, &remote, data, len);
		return;
	}
	flow = passing(l, &remote);
	if (flow)
		sip_input(flow, data, len, false);
}

/* ------------------------------------------------------- what did not get there */

/*
 * ICMP says so, which anybody can forge: it counts only if it shows a branch of ours
 * that was not guessed (RFC 5927 4.1 for SIP).
 */
static bool has_secret(const char *data, size_t len)
{
	const char *p = memmem(data, len, "z9hG4bK", 7);
	size_t n = 0;

	if (!p)
		return false;
	for (p += 7; p < data + len && isalnum((unsigned char)*p); p++)
		n++;
	return n >= SECRET;
}

static bool shows(const struct flow *flow, const char *data, size_t len)
{
	size_t n = len < flow->n_sent ? len : flow->n_sent;

	return n && !memcmp(flow->sent, data, n) && has_secret(data, n);
}

/*
 * One that is proved is true of all to the same place.  Those who are told may send
 * there again, by flows that are not meant: so all are found before any is told.
 */
static void unreachable(struct listener *l, const struct dp_addr *to,
			const char *data, size_t len, int error)
{
	unsigned int slot = sip_slot_of(l->t, to);
	size_t n = 0, i = 0;
	struct flow *flow, **all;
	bool proved = false;

	LIST_FOREACH(flow, &l->t->watched[slot], watched) {
		if (!is_of(flow, l, to))
			continue;
		n++;
		proved = proved || shows(flow, data, len);
	}
	all = proved ? calloc(n, sizeof(*all)) : NULL;
	if (!all)
		return;
	LIST_FOREACH(flow, &l->t->watched[slot], watched)
		if (is_of(flow, l, to))
			all[i++] = (struct flow *)sip_flow_ref(&flow->pub);
	for (i = 0; i < n; i++) {
		sip_flow_lost(all[i], error);
		sip_flow_unref(&all[i]->pub);
	}
	free(all);
}

static int error_of(struct msghdr *msg)
{
	const struct sock_extended_err *e;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (!(c->cmsg_level == IPPROTO_IP &&
		      c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 &&
		      c->cmsg_type == IPV6_RECVERR))
			continue;
		e = (const void *)CMSG_DATA(c);
		if (e->ee_origin != SO_EE_ORIGIN_ICMP &&
		    e->ee_origin != SO_EE_ORIGIN_ICMP6)
			return 0;
		return (int)e->ee_errno;
	}
	return 0;
}

static void read_errors(struct listener *l)
{
	union {
		struct cmsghdr align;
		char room[512];
	} control;
	struct sockaddr_storage ss;
	struct iovec iov = {
		.iov_base = l->t->scratch,
		.iov_len = SIP_READ_MAX,
	};
	struct msghdr msg;
	struct dp_addr to;
	ssize_t n;
	int i, error;

	for (i = 0; i < BATCH && l->fd >= 0; i++) {
		msg = (struct msghdr){
			.msg_name = &ss, .msg_namelen = sizeof(ss),
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		n = recvmsg(l->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
		if (n < 0)
			return;
		error = error_of(&msg);
		if ((error == ECONNREFUSED || error == EHOSTUNREACH ||
		     error == ENETUNREACH) &&
		    dp_addr_from_sockaddr(&to, (struct sockaddr *)&ss,
					  msg.msg_namelen))
			unreachable(l, &to, l->t->scratch, (size_t)n, error);
	}
}

static void udp_watch(struct flow *flow)
{
	struct sip_transport *t = flow->listener->t;

	LIST_INSERT_HEAD(&t->watched[sip_slot_of(t, &flow->pub.remote)], flow,
			 watched);
}

static void forget(struct flow *flow)
{
	if (flow->watched.le_prev)
		LIST_REMOVE(flow, watched);
	flow->watched.le_prev = NULL;
}

void sip_udp_drop_all(struct sip_transport *t)
{
	unsigned int i;

	for (i = 0; i < SIP_TABLE; i++)
		while (!LIST_EMPTY(&t->watched[i]))
			forget(LIST_FIRST(&t->watched[i]));
}

static void udp_unwatch(struct flow *flow)
{
	forget(flow);
	free(flow->sent);
	flow->sent = NULL;
	flow->n_sent = 0;
}

/* best effort: without memory nobody is told */
static void remember(struct flow *flow, const void *buf, size_t len)
{
	if (!flow->sent)
		flow->sent = malloc(SENT_MAX);
	if (!flow->sent)
		return;
	flow->n_sent = len < SENT_MAX ? len : SENT_MAX;
	memcpy(flow->sent, buf, flow->n_sent);
}

/* ---------------------------------------------------------------------- the socket */

/*
 * How much is there still, when a turn's share has been read?  The kernel gives back what
 * was read by quarters of the buffer, so that less than that says nothing.
 */
static enum sip_load queued(const struct listener *l)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);
	uint64_t used, room;

	if (getsockopt(l->fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return SIP_LOAD_NORMAL;
	used = info[SK_MEMINFO_RMEM_ALLOC];
	room = info[SK_MEMINFO_RCVBUF];
	if (used >= room / 8 * 7)
		return SIP_LOAD_ALL;
	if (used >= room / 8 * 5)
		return SIP_LOAD_STRANGERS;
	/* once begun, it ends with a shorter queue */
	return used >= room / 8 * 3 ? l->load : SIP_LOAD_NORMAL;
}

static void readable(unsigned int events, void *arg)
{
	struct listener *l = arg;
	struct udp *udp = l->t->udp;
	int n = BATCH, i, round;

	read_errors(l);
	for (round = 0; round < ROUNDS && n == BATCH && l->fd >= 0; round++) {
		prepare(udp);
		n = recvmmsg(l->fd, udp->msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++) {
			datagram(l, &udp->msg[i]);
			if (l->fd < 0)
				return;
		}
		/* that was an error's word, and has been taken away */
		if (n < 0 && errno != EAGAIN)
			n = BATCH;
	}
	if (l->fd >= 0 && (n == BATCH || l->load != SIP_LOAD_NORMAL))
		sip_listener_load(l, n == BATCH ? queued(l) : SIP_LOAD_NORMAL);
}

static int udp_open(struct listener *l, const struct sip_listen *listen,
		    char *error)
{
	struct sip_transport *t = l->t;
	int size = QUEUE, one = 1;
	bool v4 = l->pub.local.family == AF_INET;

	if (!t->udp)
		t->udp = malloc(sizeof(struct udp));
	if (!t->udp)
		return sip_transport_error(error, ENOMEM, "no memory for UDP");
	l->fd = sip_socket(l, SOCK_DGRAM, listen->local.port);
	if (l->fd < 0)
		return l->fd;
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(l->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one));
	l->watch = loop_fd_new(t->loop, l->fd, LOOP_READ, readable, l);
	return l->watch ? 0 : -ENOMEM;
}

static void udp_shut(struct listener *l)
{
	loop_fd_free(l->watch);
	l->watch = NULL;
	if (l->load != SIP_LOAD_NORMAL)
		sip_listener_load(l, SIP_LOAD_NORMAL);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int udp_flow(struct listener *l, const struct sip_target *target,
		    struct flow **flow)
{
	*flow = sip_flow_make(l, &target->addr);
	return *flow ? 0 : -ENOMEM;
}

/* The first error may be another datagram's, that ICMP has told of. */
static int udp_send(struct flow *flow, const struct dp_addr *to,
		    const void *buf, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t n = dp_addr_to_sockaddr(to, &ss);
	int fd = flow->listener->fd, try;

	if (fd < 0)
		return -ENOTCONN;
	if (!LIST_EMPTY(&flow->watches))
		remember(flow, buf, len);
	for (try = 0; try < 2; try++)
		if (sendto(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (struct sockaddr *)&ss, n) >= 0)
			return 0;
	return -errno;
}

const struct sip_carrier sip_carrier_udp = {
	.open = udp_open,
	.shut = udp_shut,
	.flow = udp_flow,
	.watch = udp_watch,
	.unwatch = udp_unwatch,
	.send = udp_send,
};
