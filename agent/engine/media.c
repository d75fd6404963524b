// SPDX-License-Identifier: GPL-2.0
/*
 * The media engine, the agent's side: sockets and workers, orders and answers.
 *
 * Nobody may free a socket that the kernel or a worker still names.  So
 * media_del() has the worker let go of it and waits for that; a worker that does
 * not answer in time keeps the socket, which is closed when it comes to itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "kmod/demux.h"
#include "base/log.h"

#define DEFAULT_BATCH_US	500
#define DEFAULT_PATIENCE_MS	1000
#define DEFAULT_BUFFERS		1024
#define DEFAULT_COMPLETIONS	16384
/* datagrams and events that may wait for the agent, of each worker */
#define PASSED_MAX	1024
#define EVENTS_MAX	4096
/* datagrams of one media_dispatch() */
#define DISPATCH_MAX	1024
/* sockets by local address; a power of two */
#define TABLE_SIZE	16384

enum media_class media_classify(const uint8_t *data, size_t len)
{
	switch (rtplane_demux(data, (unsigned int)len)) {
	case RTPLANE_KIND_RTP:
		return MEDIA_RTP;
	case RTPLANE_KIND_RTCP:
		return MEDIA_RTCP;
	case RTPLANE_KIND_STACK:
		/* RFC 7983 section 7 */
		return data[0] <= 3 ? MEDIA_STUN :
		       data[0] <= 63 ? MEDIA_DTLS : MEDIA_TURN;
	default:
		return MEDIA_UNKNOWN;
	}
}

const char *media_class_name(enum media_class class)
{
	static const char *const names[MEDIA_CLASSES] = {
		[MEDIA_STUN] = "stun",
		[MEDIA_DTLS] = "dtls",
		[MEDIA_TURN] = "turn",
		[MEDIA_RTP] = "rtp",
		[MEDIA_RTCP] = "rtcp",
		[MEDIA_UNKNOWN] = "unknown",
	};

	return class < MEDIA_CLASSES ? names[class] : "?";
}

const char *media_fault_name(enum media_fault fault)
{
	static const char *const names[MEDIA_FAULTS] = {
		[MEDIA_FAULT_STALLED] = "stalled",
		[MEDIA_FAULT_NO_BUFFERS] = "no_buffers",
		[MEDIA_FAULT_CQ_OVERFLOW] = "cq_overflow",
		[MEDIA_FAULT_DROPPED] = "socket_dropped",
		[MEDIA_FAULT_RECEIVE] = "receive_failed",
		[MEDIA_FAULT_SEND] = "send_failed",
		[MEDIA_FAULT_NOMEM] = "no_memory",
		[MEDIA_FAULT_AGENT_SLOW] = "agent_slow",
		[MEDIA_FAULT_EVENTS_LOST] = "events_lost",
		[MEDIA_FAULT_RESTARTED] = "restarted",
	};

	return fault < MEDIA_FAULTS ? names[fault] : "?";
}

/* --- bells --- */

static int make_bell(struct bell *bell)
{
	bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return bell->fd < 0 ? -errno : 0;
}

void media_ring_bell(struct bell *bell)
{
	uint64_t one = 1;
	ssize_t written;

	if (atomic_exchange(&bell->rung, true))
		return;
	written = write(bell->fd, &one, sizeof(one));
	/* it can only be full, and then it has been rung */
	(void)written;
}

void media_clear_bell(struct bell *bell)
{
	uint64_t n;
	ssize_t got = read(bell->fd, &n, sizeof(n));

	/* nothing there: somebody looks without having been called */
	(void)got;
	atomic_exchange(&bell->rung, false);
}

/* --- the table by local address --- */

static struct media_sock **bucket(struct media *media,
				  const struct dp_addr *local)
{
	const uint8_t *b = (const uint8_t *)&local->v6;
	size_t n = local->family == AF_INET ? 4 : 16;
	uint32_t h = (local->port | (uint32_t)local->call << 16) * 2654435761u;

	while (n--)
		h = (h ^ b[n]) * 16777619u;
	return &media->table[(h ^ h >> 16) & (TABLE_SIZE - 1)];
}

struct media_sock *media_find(struct media *media, const struct dp_addr *local)
{
	struct media_sock *sock = *bucket(media, local);

	while (sock && !dp_addr_eq(&sock->local, local))
		sock = sock->chain;
	return sock;
}

static void link_sock(struct media_sock *sock)
{
	struct media *media = sock->media;
	struct media_sock **at = bucket(media, &sock->local);

	sock->chain = *at;
	*at = sock;
	sock->next = media->socks;
	if (sock->next)
		sock->next->prev = sock;
	media->socks = sock;
	media->n++;
}

static void unlink_sock(struct media_sock *sock)
{
	struct media *media = sock->media;
	struct media_sock **at = bucket(media, &sock->local);

	while (*at != sock)
		at = &(*at)->chain;
	*at = sock->chain;
	if (sock->next)
		sock->next->prev = sock->prev;
	if (sock->prev)
		sock->prev->next = sock->next;
	else
		media->socks = sock->next;
	sock->prev = NULL;
	media->n--;
}

/* --- sockets --- */

static void add_counts(struct media_counts *sum, const struct media_sock *sock)
{
	unsigned int i;

	for (i = 0; i < MEDIA_CLASSES; i++)
		sum->packets[i] += engine_read(&sock->packets[i]);
	sum->truncated += engine_read(&sock->truncated);
	sum->errors += engine_read(&sock->errors);
	/* that was before somebody had it */
	for (i = 0; i < MEDIA_CLASSES; i++)
		sum->packets[i] -= sock->before.packets[i];
	sum->truncated -= sock->before.truncated;
	sum->errors -= sock->before.errors;
}

/* nobody has it any more */
static void leave(struct media_sock *sock)
{
	struct media *media = sock->media;

	if (media->conf.place && !sock->of)
		media->conf.place(&sock->local, false, media->arg);
	unlink_sock(sock);
	add_counts(&media->past, sock);
}

/*
 * What must be true of a socket.  A non-blocking one would have io_uring return
 * EAGAIN instead of waiting.
 */
static int check_socket(int fd, struct dp_addr *local, struct dp_err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(int);
	int type = 0;
	int flags;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
	    type != SOCK_DGRAM)
		return dp_fail(err, EINVAL,
			       "descriptor %d is no datagram socket", fd);
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) ||
	    !dp_addr_from_sockaddr(local, (struct sockaddr *)&ss, len) ||
	    !local->port)
		return dp_fail(err, EINVAL,
			       "socket %d is not bound to an IPv4 or IPv6 port",
			       fd);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 ||
	    (flags & O_NONBLOCK && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK)))
		return dp_fail(err, errno, "cannot make socket %d blocking: %m",
			       fd);
	return 0;
}

/* what a datagram's mark was is told with it; what the socket's own is */
static int learn_tos(struct media_sock *sock, struct dp_err *err)
{
	bool v6 = sock->local.family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	socklen_t len = sizeof(int);
	int one = 1, tos = 0;

	if (setsockopt(sock->fd, level, v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &one,
		       sizeof(one)) ||
	    getsockopt(sock->fd, level, v6 ? IPV6_TCLASS : IP_TOS, &tos, &len))
		return dp_fail(err, errno,
			       "socket %d does not tell the DSCP: %m",
			       sock->fd);
	sock->tos = tos < 0 ? 0 : (uint8_t)tos;
	sock->tos_next = sock->tos;
	sock->tos_own = sock->tos;
	return 0;
}

static struct worker *least_loaded(struct media *media)
{
	struct worker *best = media->worker;
	unsigned int i;

	pthread_mutex_lock(&media->lock);
	for (i = 1; i < media->n_workers; i++)
		if (media->worker[i].n_socks < best->n_socks)
			best = &media->worker[i];
	pthread_mutex_unlock(&media->lock);
	return best;
}

static struct media_sock *new_sock(struct media *media, int fd)
{
	struct media_sock *new = calloc(1, sizeof(*new));

	if (!new)
		return NULL;
	new->media = media;
	new->id = ++media->last_id;
	new->pairing = ++media->last_pairing;
	new->fd = fd;
	return new;
}

/* somebody has it */
static void begin(struct media_sock *sock, void *user)
{
	struct media *media = sock->media;

	sock->user = user;
	link_sock(sock);
	if (media->conf.place)
		media->conf.place(&sock->local, true, media->arg);
}

int media_add(struct media *media, struct media_sock **sock, int fd, void *user,
	      struct dp_err *err)
{
	struct media_sock *new = new_sock(media, fd);
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for a media socket");
	ret = check_socket(fd, &new->local, err);
	if (!ret)
		ret = learn_tos(new, err);
	if (ret) {
		free(new);
		return ret;
	}
	media_hand_over(new, least_loaded(media));
	begin(new, user);
	*sock = new;
	return 0;
}

/*
 * No SO_REUSEADDR: a port that another program holds must not be taken.  A
 * socket of IPv6 keeps the IPv4 port of the same number to others.
 */
static int open_bound(const struct dp_addr *local, uint8_t tos,
		      struct dp_err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(local, &ss);
	bool v6 = local->family == AF_INET6;
	char text[DP_ADDR_STRLEN];
	int one = 1, value = tos;
	int ret;
	int fd;

	fd = socket(local->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return dp_fail(err, errno, "cannot make a media socket: %m");
	ret = v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) : 0;
	ret |= setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			  v6 ? IPV6_TCLASS : IP_TOS, &value, sizeof(value));
	ret |= setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			  v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &one, sizeof(one));
	if (!ret && !bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	ret = dp_fail(err, errno, "cannot bind a media socket to %s: %m",
		      dp_addr_str(local, text, sizeof(text)));
	close(fd);
	return ret;
}

int media_open(struct media *media, struct media_sock **sock,
	       const struct dp_addr *local, uint8_t tos, void *user,
	       struct dp_err *err)
{
	int fd = open_bound(local, tos, err);
	struct media_sock *new;

	if (fd < 0)
		return fd;
	new = new_sock(media, fd);
	if (!new) {
		close(fd);
		return dp_fail(err, ENOMEM, "no memory for a media socket");
	}
	new->local = *local;
	new->tos = tos;
	new->tos_next = tos;
	new->tos_own = tos;
	media_hand_over(new, least_loaded(media));
	begin(new, user);
	*sock = new;
	return 0;
}

/* what a leg has made of a socket's options is undone */
static bool undress(struct media_sock *sock)
{
	bool v6 = sock->local.family == AF_INET6;
	int off = 0, tos = sock->tos_own;
	int ret = 0;

	if (sock->stamped)
		ret |= setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &off, sizeof(off));
	if (sock->mark)
		ret |= setsockopt(sock->fd, SOL_SOCKET, SO_MARK, &off, sizeof(off));
	if (sock->oif)
		ret |= setsockopt(sock->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				  v6 ? IPV6_UNICAST_IF : IP_UNICAST_IF, &off, sizeof(off));
	/* no leg has it, so its worker sends nothing from it */
	if (sock->tos != sock->tos_own) {
		ret |= setsockopt(sock->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				  v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof(tos));
		ret |= setsockopt(sock->fd, SOL_SOCKET, SO_PRIORITY, &off, sizeof(off));
	}
	sock->stamped = false;
	sock->mark = 0;
	sock->oif = 0;
	sock->tos = sock->tos_own;
	sock->tos_next = sock->tos_own;
	return !ret;
}

bool media_rest(struct media_sock *sock)
{
	if (sock->leg || sock->parts || sock->owned || !undress(sock))
		return false;
	leave(sock);
	sock->resting = true;
	sock->user = NULL;
	return true;
}

void media_rouse(struct media_sock *sock, void *user)
{
	struct media_counts now = sock->before;

	/* what waits for the agent came when it was nobody's */
	atomic_store_explicit(&sock->id, ++sock->media->last_id, memory_order_relaxed);
	add_counts(&now, sock);
	sock->before = now;
	sock->resting = false;
	begin(sock, user);
}

int media_add_part(struct media_sock **sock, struct media_sock *of,
		   const struct dp_addr *local, struct dp_err *err)
{
	struct media_sock *new = calloc(1, sizeof(*new));
	struct worker *w = media_worker_of(of);
	struct media *media = of->media;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for a media socket");
	new->fd = fcntl(of->fd, F_DUPFD_CLOEXEC, 0);
	if (new->fd < 0) {
		free(new);
		return dp_fail(err, errno, "cannot send by socket %d: %m", of->fd);
	}
	new->media = media;
	new->id = ++media->last_id;
	new->pairing = ++media->last_pairing;
	new->local = *local;
	new->of = of;
	new->no_tos = true;
	new->owned = true;
	/* one that answered too late has let go of it: both get another */
	media_hand_over(new, w ? w : media->worker);
	link_sock(new);
	*sock = new;
	return 0;
}

struct leg *media_part(const struct media_sock *of, uint8_t line, bool rtcp)
{
	const struct media_sock *part;

	for (part = of->parts; part; part = part->next_part)
		if (part->local.line == line && part->local.rtcp == rtcp)
			return part->leg;
	return NULL;
}

/* false: its worker does not answer, so that it stays, and is nobody's */
static bool forget(struct media_sock *sock)
{
	struct media *media = sock->media;
	struct media_sock *part;

	if (sock->resting)
		return true;
	if (sock->leg || sock->parts)
		media->legs->gone(sock, media->legs_arg);
	if (sock->leg) {
		if (media->conf.place)
			media->conf.place(&sock->local, false, media->arg);
		sock->user = NULL;
		return false;
	}
	/* a worker that does not answer may still have it */
	for (part = sock->parts; part; part = part->next_part)
		part->of = part;
	leave(sock);
	return true;
}

void media_del(struct media_sock *sock)
{
	struct dp_err err;

	if (!sock || !forget(sock) || media_take_back(sock, true, &err))
		return;
	close(sock->fd);
	free(sock);
}

void media_del_later(struct media_sock *sock, atomic_uint *left)
{
	struct media *media = sock->media;

	if (media->conf.soon && forget(sock)) {
		if (media_leave(sock, left))
			return;
		close(sock->fd);
		free(sock);
	} else if (!media->conf.soon) {
		media_del(sock);
	}
	atomic_fetch_sub(left, 1);
}

void media_del_both(struct media_sock *a, struct media_sock *b)
{
	/* that of a leg is another matter */
	if (a && b && !a->leg && !b->leg) {
		media_ask_back(a);
		media_ask_back(b);
	}
	media_del(a);
	media_del(b);
}

int media_send(struct media_sock *sock, const struct dp_addr *dst,
	       const void *data, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t sslen = dp_addr_to_sockaddr(dst, &ss);

	if (sendto(sock->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&ss, sslen) < 0)
		return -errno;
	return 0;
}

const struct dp_addr *media_sock_local(const struct media_sock *sock)
{
	return &sock->local;
}

void *media_sock_user(const struct media_sock *sock)
{
	return sock->user;
}

const struct media_counts *media_sock_counts(struct media_sock *sock)
{
	struct media_counts *told = &sock->media->told;

	*told = (struct media_counts){};
	add_counts(told, sock);
	return told;
}

const struct media_counts *media_counts(struct media *media)
{
	const struct media_sock *sock;

	media->counts = media->past;
	for (sock = media->socks; sock; sock = sock->next)
		add_counts(&media->counts, sock);
	return &media->counts;
}

size_t media_sockets(const struct media *media)
{
	return media->n;
}

uint64_t media_fault(const struct media *media, enum media_fault fault)
{
	uint64_t sum = fault == MEDIA_FAULT_STALLED ? media->stalled : 0;
	unsigned int i;

	for (i = 0; i < media->n_workers; i++)
		sum += engine_read(&media->worker[i].faults[fault]);
	return sum;
}

/* --- what the workers have for the agent --- */

int media_fd(const struct media *media)
{
	return media->bell[NEWS_PASSED].fd;
}

/* to the socket it came in by, if that is still there */
static bool deliver(struct media *media, struct passed *p)
{
	struct media_sock *sock = media_find(media, &p->local);
	bool there = sock && sock->id == p->id;

	if (there)
		media->fn(sock, p->class, &p->src, p->data, p->len,
			  media->arg);
	free(p);
	return there;
}

/* what a worker has to say of its faults */
static void log_faults(struct worker *w)
{
	struct fault_log *l;

	for (l = w->fault_log; l < w->fault_log + MEDIA_FAULTS; l++) {
		if (!atomic_load_explicit(&l->full, memory_order_acquire))
			continue;
		log_warning("%s", l->text);
		atomic_store_explicit(&l->full, false, memory_order_release);
	}
}

unsigned int media_dispatch(struct media *media)
{
	unsigned int idle = 0, taken = 0, packets = 0;
	struct worker *w;
	struct passed *p;

	media_clear_bell(&media->bell[NEWS_PASSED]);
	for (w = media->worker; w < media->worker + media->n_workers; w++)
		log_faults(w);
	/* one of each worker in turn, so that none is kept from it by others */
	while (idle < media->n_workers && taken < DISPATCH_MAX) {
		w = &media->worker[media->next++ % media->n_workers];
		p = queue_take(&w->passed);
		if (p) {
			packets += deliver(media, p);
			taken++;
		}
		idle = p ? 0 : idle + 1;
	}
	if (taken == DISPATCH_MAX)
		media_ring_bell(&media->bell[NEWS_PASSED]);
	return packets;
}

/* --- begin and end --- */

/* false if it does not come back: what it may look at must stay */
static bool end_thread(struct worker *w)
{
	struct media *media = w->media;

	if (!w->thread_made)
		return true;
	pthread_mutex_lock(&media->lock);
	w->quit = true;
	pthread_mutex_unlock(&media->lock);
	worker_call(w);
	if (media_await_end(w)) {
		pthread_join(w->thread, NULL);
		return true;
	}
	log_error("media worker %u does not end within %u ms; it is left behind",
		  w->index, w->media->conf.patience);
	return false;
}

static bool end_worker(struct worker *w)
{
	unsigned int i;
	void *p;

	if (!end_thread(w))
		return false;
	log_faults(w);
	while (w->passed.slot && (p = queue_take(&w->passed)))
		free(p);
	while (w->events.slot && (p = queue_take(&w->events)))
		free(p);
	queue_exit(&w->passed);
	queue_exit(&w->events);
	/* those that the agent gave up waiting for */
	for (i = 0; i < w->n_slots; i++) {
		if (!w->socks[i])
			continue;
		close(w->socks[i]->fd);
		free(w->socks[i]);
	}
	free(w->socks);
	if (w->wake >= 0)
		close(w->wake);
	return true;
}

static bool end_workers(struct media *media)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < media->n_workers; i++)
		all &= end_worker(&media->worker[i]);
	if (!all)
		return false;
	free(media->worker);
	media->worker = NULL;
	media->n_workers = 0;
	return true;
}

static int start_worker(struct media *media, const struct io_ops *io,
			struct dp_err *err)
{
	struct worker *w = &media->worker[media->n_workers];
	int ret;

	w->media = media;
	w->index = media->n_workers++;
	w->io = io;
	w->last_order = &w->orders;
	w->wake = eventfd(0, EFD_CLOEXEC);
	if (w->wake < 0)
		return dp_fail(err, errno, "cannot make a media worker: %m");
	if (!queue_init(&w->passed, PASSED_MAX) ||
	    !queue_init(&w->events, EVENTS_MAX))
		return dp_fail(err, ENOMEM, "no memory for a media worker");
	ret = pthread_create(&w->thread, NULL, worker_run, w);
	if (ret)
		return dp_fail(err, ret, "cannot start a media worker: %s",
			       strerror(ret));
	w->thread_made = true;
	pthread_mutex_lock(&media->lock);
	while (!w->started)
		pthread_cond_wait(&media->answer, &media->lock);
	pthread_mutex_unlock(&media->lock);
	return w->status ? dp_fail(err, -w->status, "%s", w->error.text) : 0;
}

static int start_workers(struct media *media, const struct io_ops *io,
			 struct dp_err *err)
{
	unsigned int i;
	size_t size;
	int ret = 0;

	media->io = io;
	size = media->conf.workers * sizeof(*media->worker);
	media->worker = aligned_alloc(_Alignof(struct worker), size);
	if (!media->worker)
		return dp_fail(err, ENOMEM, "no memory for media workers");
	memset(media->worker, 0, size);
	for (i = 0; !ret && i < media->conf.workers; i++)
		ret = start_worker(media, io, err);
	if (ret)
		end_workers(media);
	return ret;
}

/* io_uring, or what else is allowed */
static int start_any(struct media *media, struct dp_err *err)
{
	struct dp_err why = {};
	int ret;

	if (media->conf.io == MEDIA_IO_EPOLL)
		return start_workers(media, &io_epoll_ops, err);
	ret = start_workers(media, &io_ring_ops, &why);
	if (!ret)
		return 0;
	if (media->conf.io == MEDIA_IO_URING)
		return dp_fail(err, -ret, "%s", why.text);
	ret = start_workers(media, &io_epoll_ops, err);
	if (ret)
		return ret;
	snprintf(media->why, sizeof(media->why), "%s", why.text);
	log_warning("media goes through epoll, which costs more CPU: %s",
		    media->why);
	return 0;
}

static int fill_conf(struct media_conf *conf, struct dp_err *err)
{
	cpu_set_t cpus;

	if (!conf->workers && !sched_getaffinity(0, sizeof(cpus), &cpus))
		conf->workers = (unsigned int)CPU_COUNT(&cpus);
	if (!conf->workers)
		conf->workers = 1;
	if (conf->workers > MEDIA_WORKERS_MAX)
		conf->workers = MEDIA_WORKERS_MAX;
	if (!conf->batch)
		conf->batch = DEFAULT_BATCH_US;
	if (!conf->patience)
		conf->patience = DEFAULT_PATIENCE_MS;
	if (!conf->buffers)
		conf->buffers = DEFAULT_BUFFERS;
	if (!conf->completions)
		conf->completions = DEFAULT_COMPLETIONS;
	if (conf->buffers & (conf->buffers - 1) || conf->buffers > 32768)
		return dp_fail(err, EINVAL,
			       "%u receive buffers: expected a power of two, at most 32768",
			       conf->buffers);
	return 0;
}

static void make_lock(struct media *media)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&media->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&media->answer, &attr);
	pthread_cond_init(&media->order, &attr);
	pthread_condattr_destroy(&attr);
}

int media_new(struct media **media, const struct media_conf *conf,
	      media_fn *fn, void *arg, struct dp_err *err)
{
	struct media *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for media sockets");
	new->fn = fn;
	new->arg = arg;
	new->bell[0].fd = -1;
	new->bell[1].fd = -1;
	make_lock(new);
	if (conf)
		new->conf = *conf;
	ret = fill_conf(&new->conf, err);
	new->table = calloc(TABLE_SIZE, sizeof(*new->table));
	if (!ret && (!new->table || make_bell(&new->bell[0]) ||
		     make_bell(&new->bell[1])))
		ret = dp_fail(err, errno ? errno : ENOMEM,
			      "cannot make the media engine: %m");
	if (!ret)
		ret = start_any(new, err);
	if (ret) {
		media_free(new);
		return ret;
	}
	*media = new;
	return 0;
}

void media_free(struct media *media)
{
	uint64_t id = 0;
	unsigned int i;

	if (!media)
		return;
	/* one may take others along; one that stays has a worker that is stalled */
	while (media->socks && media->socks->id != id) {
		id = media->socks->id;
		media_del(media->socks);
	}
	if (!end_workers(media))
		return;
	for (i = 0; i < 2; i++)
		if (media->bell[i].fd >= 0)
			close(media->bell[i].fd);
	pthread_cond_destroy(&media->answer);
	pthread_cond_destroy(&media->order);
	pthread_mutex_destroy(&media->lock);
	free(media->table);
	free(media);
}

const char *media_io_name(const struct media *media)
{
	return media->io->name;
}

const char *media_why(const struct media *media)
{
	return media->why;
}

unsigned int media_workers(const struct media *media)
{
	return media->n_workers;
}
