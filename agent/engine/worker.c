// SPDX-License-Identifier: GPL-2.0
/*
 * A worker of the media engine: a thread that has sockets and does whatever
 * their packets ask for.
 *
 * It turns: send what is queued, wait, take what has arrived.  Between two turns
 * it looks whether the agent wants something.
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "kmod/dscp.h"

#define NS_PER_MS	1000000ull
#define NS_PER_S	1000000000ull
/* how often legs are looked at for silence */
#define SWEEP_NS	(200 * NS_PER_MS)
/* each sweep looks at one socket of so many for what the kernel has dropped there */
#define LOOKS		5
/* one line for each kind of fault and worker in so long */
#define FAULT_LOG_NS	(10 * NS_PER_S)
/* the load is judged after so long, and is high above so many packets/s */
#define RATE_NS		(10 * NS_PER_MS)
#define BUSY_RATE	4000
/* the timer that ends a busy worker's wait may be so late */
#define TIMER_SLACK_NS	5000
/* media cannot wait for what can */
#define NICE		(-10)
/* packets of a train; the kernel's limit is 64 at least */
#define TRAIN_MAX	64
/* no train of packets that might not fit the path: its packets cannot be cut */
#define TRAIN_LEN_MAX	1200
/* bytes of a train: one IP packet as long as the stack has it */
#define TRAIN_BYTES_MAX	65000

uint64_t worker_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* --- what goes wrong --- */

void worker_fault(struct worker *w, enum media_fault fault, uint64_t n,
		  const char *fmt, ...)
{
	struct fault_log *l = &w->fault_log[fault];
	uint64_t now = worker_clock();
	uint64_t times;
	char text[256];
	va_list ap;

	engine_add(&w->faults[fault], n);
	if ((l->last && now - l->last < FAULT_LOG_NS) ||
	    atomic_load_explicit(&l->full, memory_order_acquire))
		return;
	times = engine_read(&w->faults[fault]);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(l->text, sizeof(l->text),
		 "media worker %u: %s (%s: %llu since the last line, %llu in all)",
		 w->index, text, media_fault_name(fault),
		 (unsigned long long)(times - l->at),
		 (unsigned long long)times);
	l->last = now;
	l->at = times;
	atomic_store_explicit(&l->full, true, memory_order_release);
	w->news[NEWS_PASSED] = true;
}

bool worker_receive_failed(struct worker *w, struct media_sock *sock,
			   int error)
{
	char local[DP_ADDR_STRLEN];

	if (error == ENOBUFS) {
		worker_fault(w, MEDIA_FAULT_NO_BUFFERS, 1,
			     "every receive buffer is in use; datagrams wait in their sockets");
		return true;
	}
	engine_add(&sock->errors, 1);
	worker_fault(w, MEDIA_FAULT_RECEIVE, 1,
		     "receiving on %s failed: %s",
		     dp_addr_str(&sock->local, local, sizeof(local)),
		     strerror(error));
	switch (error) {
	case EINTR:
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EMSGSIZE:
	case EPROTO:
		return true;
	default:
		w->retry = true;
		return false;
	}
}

void worker_unsent(struct worker *w, struct media_sock *in,
		   unsigned int packets, unsigned int bytes, int error)
{
	worker_fault(w, MEDIA_FAULT_SEND, packets, "sending failed: %s",
		     strerror(error));
	if (in && in->leg)
		w->media->legs->unsent(in->leg, packets, bytes, error);
}

uint32_t worker_dropped_at(const struct media_sock *sock)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	if (getsockopt(sock->fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return sock->dropped;
	return info[SK_MEMINFO_DROPS];
}

/* nobody tells it: to be told with each datagram would cost each one something */
static void look_for_dropped(struct worker *w, struct media_sock *sock)
{
	uint32_t dropped = worker_dropped_at(sock);
	uint32_t since = dropped - sock->dropped;
	char local[DP_ADDR_STRLEN];

	if (!since || sock->of)
		return;
	sock->dropped = dropped;
	worker_fault(w, MEDIA_FAULT_DROPPED, since,
		     "the kernel drops datagrams at %s: more than we take in time, or wrong checksums",
		     dp_addr_str(&sock->local, local, sizeof(local)));
}

/* --- what arrives --- */

/* to the agent's thread, if it wants it and keeps up */
static void queue_passed(struct worker *w, const struct media_sock *sock,
			 enum media_class class, const struct rx *rx)
{
	struct passed *p;

	if (queue_full(&w->passed)) {
		worker_fault(w, MEDIA_FAULT_AGENT_SLOW, 1,
			     "a datagram for the agent is lost: it does not take them in time");
		return;
	}
	p = malloc(sizeof(*p) + rx->len);
	if (!p) {
		worker_fault(w, MEDIA_FAULT_NOMEM, 1,
			     "a datagram for the agent is lost: no memory");
		return;
	}
	p->local = sock->local;
	p->id = sock->id;
	p->class = class;
	p->len = rx->len;
	memcpy(p->data, rx->data, rx->len);
	if (!dp_addr_from_sockaddr(&p->src, rx->name, rx->namelen)) {
		free(p);
		return;
	}
	queue_put(&w->passed, p);
	w->news[NEWS_PASSED] = true;
}

void worker_pass(struct worker *w, struct media_sock *sock,
		 const struct rx *rx)
{
	enum media_class class = media_classify(rx->data, rx->len);

	if (w->media->fn && !rx->truncated && class != MEDIA_RTP &&
	    class != MEDIA_RTCP)
		queue_passed(w, sock, class, rx);
	/* what is counted is there already */
	engine_add(&sock->packets[class], 1);
	if (rx->truncated)
		engine_add(&sock->truncated, 1);
}

void rx_control(struct msghdr *msg, struct rx *rx)
{
	struct timespec ts;
	struct cmsghdr *c;
	int value;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			rx->tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_TCLASS) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			rx->tos = (uint8_t)value;
		} else if (c->cmsg_level == SOL_SOCKET &&
			   c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			rx->stamp = (uint64_t)ts.tv_sec * NS_PER_S +
				    (uint64_t)ts.tv_nsec;
		}
	}
}

bool worker_receive(struct worker *w, struct media_sock *sock,
		    struct rx *rx)
{
	w->rate_packets++;
	if (sock->leg)
		return w->media->legs->receive(sock->leg, w, sock, rx);
	if (atomic_load_explicit(&sock->shared, memory_order_relaxed))
		return w->media->legs->shared(w, sock, rx);
	worker_pass(w, sock, rx);
	return false;
}

/* --- what leaves --- */

unsigned int tx_run(const struct worker *w, unsigned int i)
{
	const struct tx *first = &w->tx[i];
	unsigned int n = 1, max;
	const struct tx *tx;

	/* gathering pays only where many come */
	if (!w->busy || first->out->no_gso || first->len > TRAIN_LEN_MAX ||
	    !first->len)
		return 1;
	max = TRAIN_BYTES_MAX / first->len;
	if (max > TRAIN_MAX)
		max = TRAIN_MAX;
	for (tx = first + 1; i + n < w->n_tx && n < max; tx++, n++) {
		if (tx->in != first->in || tx->out != first->out ||
		    tx->to != first->to || tx->tos != first->tos ||
		    tx->len > first->len || !tx->len)
			break;
		if (tx->len < first->len)
			return n + 1;
	}
	return n;
}

/* a socket that takes no mark has it told with each packet */
static void set_tos(struct media_sock *sock, uint8_t tos)
{
	bool v6 = sock->local.family == AF_INET6;
	int value = tos;

	if (setsockopt(sock->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       v6 ? IPV6_TCLASS : IP_TOS, &value, sizeof(value))) {
		sock->no_tos = true;
		return;
	}
	sock->tos = tos;
	/* the queue that serves it */
	value = (int)rtplane_priority(tos);
	setsockopt(sock->fd, SOL_SOCKET, SO_PRIORITY, &value, sizeof(value));
}

static void mark(struct worker *w)
{
	struct media_sock *out;
	const struct tx *tx;

	w->turn++;
	for (tx = w->tx; tx < w->tx + w->n_tx; tx++) {
		out = tx->out;
		if (out->turn == w->turn)
			continue;
		out->turn = w->turn;
		if (tx->tos != out->tos && tx->tos == out->tos_next &&
		    !out->no_tos)
			set_tos(out, tx->tos);
		out->tos_next = tx->tos;
	}
}

static void put_control(uint8_t **at, int level, int type, const void *data,
			size_t len)
{
	struct cmsghdr c = {
		.cmsg_level = level,
		.cmsg_type = type,
		.cmsg_len = CMSG_LEN(len),
	};

	memset(*at, 0, CMSG_SPACE(len));
	memcpy(*at, &c, sizeof(c));
	memcpy(*at + CMSG_LEN(0), data, len);
	*at += CMSG_SPACE(len);
}

/* returns its bytes */
static size_t make_control(const struct tx *tx, unsigned int segments, void *buf)
{
	bool v6 = tx->out->local.family == AF_INET6;
	uint16_t segment = tx->len;
	uint8_t *at = buf;
	int tos = tx->tos;

	/* what the other of the two has set is not known here */
	if (tos != tx->out->tos || tx->out->of)
		put_control(&at, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			    v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof(tos));
	if (segments > 1)
		put_control(&at, IPPROTO_UDP, UDP_SEGMENT, &segment,
			    sizeof(segment));
	return (size_t)(at - (uint8_t *)buf);
}

unsigned int tx_message(const struct tx *tx, unsigned int n, struct iovec *iov,
			void *control, struct msghdr *msg)
{
	size_t len = make_control(tx, n, control);
	unsigned int bytes = 0;
	unsigned int k;

	for (k = 0; k < n; k++) {
		iov[k].iov_base = tx[k].data;
		iov[k].iov_len = tx[k].len;
		bytes += tx[k].len;
	}
	*msg = (struct msghdr){
		.msg_name = (void *)tx->to,
		.msg_namelen = tx->tolen,
		.msg_iov = iov,
		.msg_iovlen = n,
		.msg_control = len ? control : NULL,
		.msg_controllen = len,
	};
	return bytes;
}

void tx_send(struct worker *w,
	     void (*send)(struct worker *w, unsigned int i, unsigned int n))
{
	unsigned int i, n;

	mark(w);
	for (i = 0; i < w->n_tx; i += n) {
		n = tx_run(w, i);
		send(w, i, n);
	}
	w->n_tx = 0;
}

/* --- sockets come and go --- */

static bool take_slot(struct worker *w, struct media_sock *sock)
{
	unsigned int n = w->n_slots ? 2 * w->n_slots : 64;
	struct media_sock **more;

	while (w->free_slot < w->n_slots && w->socks[w->free_slot])
		w->free_slot++;
	if (w->free_slot == w->n_slots) {
		more = reallocarray(w->socks, n, sizeof(*more));
		if (!more)
			return false;
		memset(more + w->n_slots, 0,
		       (n - w->n_slots) * sizeof(*more));
		w->socks = more;
		w->n_slots = n;
	}
	sock->index = w->free_slot;
	w->socks[w->free_slot++] = sock;
	return true;
}

void worker_let_go(struct worker *w, struct media_sock *sock)
{
	atomic_uint *left;
	bool orphan;

	/* without memory for its place it was never received on */
	if (sock->index < w->n_slots && w->socks[sock->index] == sock) {
		w->socks[sock->index] = NULL;
		if (sock->index < w->free_slot)
			w->free_slot = sock->index;
	}
	pthread_mutex_lock(&w->media->lock);
	sock->asked_back = false;
	sock->leaving = false;
	sock->unasked = false;
	sock->worker = NULL;
	w->n_socks--;
	orphan = sock->orphan;
	left = sock->left;
	pthread_cond_broadcast(&w->media->answer);
	pthread_mutex_unlock(&w->media->lock);
	if (!orphan)
		return;
	close(sock->fd);
	free(sock);
	if (!left)
		return;
	/* the agent, which may look without the lock, may free this */
	atomic_fetch_sub(left, 1);
	pthread_mutex_lock(&w->media->lock);
	w->leaving--;
	pthread_cond_broadcast(&w->media->answer);
	pthread_mutex_unlock(&w->media->lock);
}

static void carry_out(struct worker *w, const struct order *o)
{
	char local[DP_ADDR_STRLEN];

	if (o->type == ORDER_DEL) {
		look_for_dropped(w, o->sock);
		w->io->disarm(w, o->sock);
		return;
	}
	if (take_slot(w, o->sock))
		w->io->arm(w, o->sock);
	else
		worker_fault(w, MEDIA_FAULT_NOMEM, 1,
			     "nothing is received on %s: no memory",
			     dp_addr_str(&o->sock->local, local,
					 sizeof(local)));
}

/* --- what the agent wants --- */

void worker_doze(struct worker *w)
{
	struct timespec ts = {
		.tv_nsec = (long)(w->media->conf.batch % 1000000) * 1000,
		.tv_sec = w->media->conf.batch / 1000000,
	};

	if (w->more)
		return;
	atomic_store(&w->dozes, true);
	worker_leave(w);
	syscall(SYS_futex, &w->asked, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
	worker_enter(w);
	atomic_store(&w->dozes, false);
}

void worker_leave(struct worker *w)
{
	atomic_store_explicit(&w->where, WORKER_WAITS, memory_order_release);
}

void worker_enter(struct worker *w)
{
	struct media *media = w->media;
	uint32_t waits = WORKER_WAITS;

	if (atomic_compare_exchange_strong_explicit(&w->where, &waits,
						    WORKER_TURNS,
						    memory_order_acquire,
						    memory_order_relaxed))
		return;
	pthread_mutex_lock(&media->lock);
	while (w->hold) {
		w->parked = true;
		pthread_cond_broadcast(&media->answer);
		pthread_cond_wait(&media->order, &media->lock);
	}
	w->parked = false;
	atomic_store(&w->where, WORKER_TURNS);
	pthread_mutex_unlock(&media->lock);
}

void worker_call(struct worker *w)
{
	uint64_t one = 1;
	ssize_t written;

	/* it looks before it waits: the order of these two counts */
	atomic_store(&w->asked, 1);
	if (atomic_load(&w->dozes)) {
		syscall(SYS_futex, &w->asked, FUTEX_WAKE_PRIVATE, 1, NULL,
			NULL, 0);
		return;
	}
	written = write(w->wake, &one, sizeof(one));
	(void)written;
}

static bool wait_parked(struct worker *w)
{
	struct media *media = w->media;

	if (!w->hold)
		return !w->quit;
	w->parked = true;
	pthread_cond_broadcast(&media->answer);
	while (w->hold)
		pthread_cond_wait(&media->order, &media->lock);
	w->parked = false;
	return !w->quit;
}

/* returns false at the end */
static bool attend(struct worker *w)
{
	struct media *media = w->media;
	struct order *orders, *o;
	bool go_on;

	/* nothing of what may change now is on its way */
	w->io->flush(w);
	pthread_mutex_lock(&media->lock);
	atomic_store(&w->asked, 0);
	/* what the agent gave up can be done now: have it look */
	if (atomic_exchange(&w->late, false))
		w->news[NEWS_EVENTS] = true;
	go_on = wait_parked(w);
	orders = w->orders;
	w->orders = NULL;
	w->last_order = &w->orders;
	pthread_mutex_unlock(&media->lock);
	while ((o = orders)) {
		orders = o->next;
		carry_out(w, o);
	}
	return go_on;
}

/* --- the thread --- */

static void tell_agent(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!w->news[i])
			continue;
		w->news[i] = false;
		media_ring_bell(&w->media->bell[i]);
	}
}

static void judge_load(struct worker *w)
{
	uint64_t took = w->now - w->rate_from;

	if (took < RATE_NS)
		return;
	if (w->rate_packets)
		w->looks = LOOKS;
	w->busy = w->media->conf.batch != UINT32_MAX &&
		  w->rate_packets * NS_PER_S / took > BUSY_RATE;
	w->rate_from = w->now;
	w->rate_packets = 0;
}

/* Does it have to wake up although nothing arrives? */
static bool has_to_sweep(const struct worker *w)
{
	return w->n_silence || w->holding || w->retry || w->looks || w->rate_packets;
}

/* silent legs, what they hold too long, sockets that could not be received on, and what was dropped there */
static void sweep(struct worker *w)
{
	struct media_sock *sock;
	bool look = w->looks;
	bool retry = w->retry;
	bool legs = w->n_silence || w->holding;
	unsigned int i;

	if (!has_to_sweep(w) || w->now - w->swept < SWEEP_NS)
		return;
	w->swept = w->now;
	w->retry = false;
	w->holding = false;
	w->looks -= look;
	w->look = (w->look + look) % LOOKS;
	for (i = 0; i < w->n_slots; i++) {
		sock = w->socks[i];
		if (!sock)
			continue;
		if (retry && sock->unasked) {
			w->io->disarm(w, sock);
			continue;
		}
		if (retry && !sock->armed && !sock->leaving)
			w->io->arm(w, sock);
		if (legs && sock->leg)
			w->media->legs->sweep(sock->leg, w);
		if (look && i % LOOKS == w->look)
			look_for_dropped(w, sock);
	}
}

static void start(struct worker *w)
{
	struct media *media = w->media;
	struct dp_err err = {};
	char name[16];
	int ret;

	snprintf(name, sizeof(name), "media/%u", w->index);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	/* of this thread alone; it takes a privilege, and nothing is lost without */
	setpriority(PRIO_PROCESS, 0, NICE);
	ret = w->io->init(w, &err);
	if (ret)
		w->io->exit(w);
	pthread_mutex_lock(&media->lock);
	w->started = true;
	w->status = ret;
	w->error = err;
	pthread_cond_broadcast(&media->answer);
	pthread_mutex_unlock(&media->lock);
}

static void run(struct worker *w)
{
	w->now = worker_clock();
	w->rate_from = w->now;
	for (;;) {
		if (atomic_load_explicit(&w->asked, memory_order_acquire) &&
		    !attend(w))
			break;
		tell_agent(w);
		w->sleeps = !has_to_sweep(w);
		w->io->turn(w, w->sleeps ? -1 : (int64_t)SWEEP_NS);
		judge_load(w);
		sweep(w);
	}
	w->io->exit(w);
}

void *worker_run(void *arg)
{
	struct worker *w = arg;
	struct media *media = w->media;

	start(w);
	if (!w->status)
		run(w);
	pthread_mutex_lock(&media->lock);
	w->ended = true;
	pthread_cond_broadcast(&media->answer);
	pthread_mutex_unlock(&media->lock);
	return NULL;
}
