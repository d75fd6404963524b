// SPDX-License-Identifier: GPL-2.0
/*
 * The held media sockets on one io_uring.
 *
 * Each socket has one request in the kernel ("armed") almost always: a multishot
 * recvmsg that takes buffers from a ring of buffers which all sockets share, or,
 * where the kernel knows no multishot, a single recvmsg into a buffer of its own.
 * A completion without IORING_CQE_F_MORE is the request's last.
 *
 * Nobody may free a socket that the kernel or a completion still names.  So
 * media_del() cancels the request and waits for its last completion; what it
 * finds of other sockets meanwhile it puts aside, in order, for
 * media_dispatch().  Their number is bounded by the buffers and the requests,
 * for which media_add() makes room beforehand: putting aside cannot fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "media.h"

#define RING_ENTRIES	256
/* completions wait here while the agent is busy; a power of two */
#define CQ_ENTRIES	8192
/* buffers of the shared ring; a power of two */
#define BUFFERS		1024
#define BUFFER_GROUP	0
/* completions of one media_dispatch() */
#define DISPATCH_MAX	1024

/* a buffer: what the kernel says of the datagram, its source, the datagram */
#define BUFFER_SIZE \
	(sizeof(struct io_uring_recvmsg_out) + sizeof(struct sockaddr_in6) + \
	 MEDIA_MAX)

/**
 * struct single - receive buffer of a socket without multishot
 * @msg: the request's argument
 * @iov: of @data
 * @name: source
 * @data: datagram
 */
struct single {
	struct msghdr msg;
	struct iovec iov;
	struct sockaddr_in6 name;
	uint8_t data[MEDIA_MAX];
};

/**
 * struct media_sock - a held socket
 * @media: where it belongs
 * @next: in the list of all sockets
 * @prev: in the list of all sockets
 * @fd: the socket
 * @armed: the kernel has a request that names this structure
 * @single: buffer, once multishot is out of the question
 * @local: address it is bound to
 * @user: the caller's
 * @counts: what it received
 */
struct media_sock {
	struct media *media;
	struct media_sock *next;
	struct media_sock *prev;
	int fd;
	bool armed;
	struct single *single;
	struct dp_addr local;
	void *user;
	struct media_counts counts;
};

/**
 * struct aside - a completion that media_del() put aside
 * @sock: whose; NULL: of a socket that is gone meanwhile
 * @res: as &io_uring_cqe.res
 * @flags: as &io_uring_cqe.flags
 */
struct aside {
	struct media_sock *sock;
	int res;
	uint32_t flags;
};

/**
 * struct media - the ring
 * @ring: requests and completions
 * @multishot: requests are multishot
 * @buffers: ring of buffers that the kernel takes from; NULL: none
 * @memory: the buffers themselves
 * @msg: argument of every multishot request: how much of a source to keep
 * @socks: list of all sockets
 * @n: sockets in it
 * @aside: completions put aside
 * @aside_head: the first that is not done
 * @aside_n: end of those that are there
 * @aside_room: how many fit
 * @woken: a completion of nobody is on its way, to make the ring readable
 * @current: the socket whose completion is being handled; NULL once it is gone
 * @fn: receives non-RTP
 * @arg: for @fn
 * @counts: of all sockets, those of the past too
 */
struct media {
	struct io_uring ring;
	bool multishot;
	struct io_uring_buf_ring *buffers;
	uint8_t *memory;
	struct msghdr msg;
	struct media_sock *socks;
	size_t n;
	struct aside *aside;
	size_t aside_head;
	size_t aside_n;
	size_t aside_room;
	bool woken;
	struct media_sock *current;
	media_fn *fn;
	void *arg;
	struct media_counts counts;
};

enum media_class media_classify(const uint8_t *data, size_t len)
{
	uint8_t type;

	if (len < 2)
		return MEDIA_UNKNOWN;
	if ((data[0] & 0xc0) == 0x80) {
		type = data[1] & 0x7f;
		return type >= 64 && type <= 95 ? MEDIA_RTCP : MEDIA_RTP;
	}
	if (data[0] <= 3)
		return MEDIA_STUN;
	if (data[0] >= 20 && data[0] <= 63)
		return MEDIA_DTLS;
	if (data[0] >= 64 && data[0] <= 79)
		return MEDIA_TURN;
	return MEDIA_UNKNOWN;
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

/* --- the shared buffers --- */

static uint8_t *buffer(const struct media *media, unsigned int id)
{
	return media->memory + (size_t)id * BUFFER_SIZE;
}

static void give_buffer(struct media *media, unsigned int id)
{
	io_uring_buf_ring_add(media->buffers, buffer(media, id), BUFFER_SIZE,
			      (unsigned short)id,
			      io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(media->buffers, 1);
}

/* the buffer of a completion that nobody looks at */
static void give_back(struct media *media, uint32_t flags)
{
	if (flags & IORING_CQE_F_BUFFER)
		give_buffer(media, flags >> IORING_CQE_BUFFER_SHIFT);
}

static size_t buffers_bytes(void)
{
	return BUFFERS * sizeof(struct io_uring_buf);
}

static void free_buffers(struct media *media)
{
	if (media->buffers)
		munmap(media->buffers, buffers_bytes());
	free(media->memory);
	media->buffers = NULL;
	media->memory = NULL;
}

/* Linux 5.19; without it there is no multishot either */
static void make_buffers(struct media *media)
{
	struct io_uring_buf_reg reg = {
		.ring_entries = BUFFERS,
		.bgid = BUFFER_GROUP,
	};
	void *mem;
	unsigned int i;

	mem = mmap(NULL, buffers_bytes(), PROT_READ | PROT_WRITE,
		   MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (mem == MAP_FAILED)
		return;
	media->buffers = mem;
	reg.ring_addr = (uintptr_t)mem;
	media->memory = malloc(BUFFERS * BUFFER_SIZE);
	if (!media->memory ||
	    io_uring_register_buf_ring(&media->ring, &reg, 0)) {
		free_buffers(media);
		return;
	}
	io_uring_buf_ring_init(media->buffers);
	for (i = 0; i < BUFFERS; i++)
		give_buffer(media, i);
	media->multishot = true;
}

/* --- requests --- */

/*
 * Hand all requests to the kernel.  One that it refuses ends a batch, so there
 * may be several; requests that it cannot take now stay for the next time.
 */
static void submit(struct media *media)
{
	while (io_uring_sq_ready(&media->ring) &&
	       io_uring_submit(&media->ring) > 0)
		;
}

static struct io_uring_sqe *get_sqe(struct media *media)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&media->ring);

	if (sqe)
		return sqe;
	submit(media);
	return io_uring_get_sqe(&media->ring);
}

static bool make_single(struct media_sock *sock)
{
	struct single *single = sock->single;

	if (!single)
		single = calloc(1, sizeof(*single));
	if (!single)
		return false;
	single->iov.iov_base = single->data;
	single->iov.iov_len = sizeof(single->data);
	single->msg.msg_name = &single->name;
	single->msg.msg_namelen = sizeof(single->name);
	single->msg.msg_iov = &single->iov;
	single->msg.msg_iovlen = 1;
	single->msg.msg_flags = 0;
	sock->single = single;
	return true;
}

/* Ask for datagrams of a socket; false if there is no memory for that. */
static bool arm(struct media_sock *sock)
{
	struct media *media = sock->media;
	struct io_uring_sqe *sqe;

	if (!media->multishot && !make_single(sock))
		return false;
	sqe = get_sqe(media);
	if (!sqe)
		return false;
	if (media->multishot) {
		io_uring_prep_recvmsg_multishot(sqe, sock->fd, &media->msg, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = BUFFER_GROUP;
	} else {
		io_uring_prep_recvmsg(sqe, sock->fd, &sock->single->msg, 0);
	}
	io_uring_sqe_set_data(sqe, sock);
	sock->armed = true;
	return true;
}

/* --- completions --- */

static void count(struct media_sock *sock, enum media_class class)
{
	sock->counts.packets[class]++;
	sock->media->counts.packets[class]++;
}

/*
 * One datagram.  The callback may have freed the socket, then
 * media->current is NULL.
 */
static void receive(struct media_sock *sock, const struct sockaddr *name,
		    socklen_t namelen, const uint8_t *data, size_t len,
		    bool truncated)
{
	enum media_class class = media_classify(data, len);
	struct media *media = sock->media;
	struct dp_addr src;

	count(sock, class);
	if (truncated) {
		sock->counts.truncated++;
		media->counts.truncated++;
		return;
	}
	if (class == MEDIA_RTP || class == MEDIA_RTCP || !media->fn ||
	    !dp_addr_from_sockaddr(&src, name, namelen))
		return;
	media->fn(sock, class, &src, data, len, media->arg);
}

static void receive_multi(struct media_sock *sock, uint8_t *buf, int res)
{
	struct media *media = sock->media;
	struct io_uring_recvmsg_out *out;
	unsigned int len;

	out = io_uring_recvmsg_validate(buf, res, &media->msg);
	if (!out)
		return;
	len = io_uring_recvmsg_payload_length(out, res, &media->msg);
	receive(sock, io_uring_recvmsg_name(out),
		out->namelen < media->msg.msg_namelen ?
		out->namelen : media->msg.msg_namelen,
		io_uring_recvmsg_payload(out, &media->msg), len,
		out->flags & MSG_TRUNC);
}

/*
 * Errors after which receiving goes on: out of buffers, an ICMP error, memory.
 * Any other would come back at once and for ever.
 */
static bool transient(int error)
{
	switch (error) {
	case ENOBUFS:
	case ENOMEM:
	case EAGAIN:
	case EINTR:
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EMSGSIZE:
		return true;
	default:
		return false;
	}
}

/* returns true if the socket is to be armed again */
static bool failed(struct media_sock *sock, int error)
{
	struct media *media = sock->media;

	if (error == EINVAL && media->multishot) {
		/* Linux before 6.0 */
		media->multishot = false;
		return true;
	}
	if (error == EINVAL && !sock->single)
		return true;	/* asked before we knew that */
	if (error != ENOBUFS) {
		sock->counts.errors++;
		media->counts.errors++;
	}
	return transient(error);
}

/* One completion; returns the number of datagrams, 0 or 1. */
static unsigned int handle(struct media *media, struct media_sock *sock,
			   int res, uint32_t flags)
{
	bool again = true;
	unsigned int id;

	media->current = sock;
	if (res < 0) {
		again = failed(sock, -res);
		give_back(media, flags);
	} else if (flags & IORING_CQE_F_BUFFER) {
		id = flags >> IORING_CQE_BUFFER_SHIFT;
		receive_multi(sock, buffer(media, id), res);
		give_buffer(media, id);
	} else if (sock->single) {
		receive(sock, (struct sockaddr *)&sock->single->name,
			sock->single->msg.msg_namelen, sock->single->data,
			(size_t)res, sock->single->msg.msg_flags & MSG_TRUNC);
	}
	/* the callback may have ended the socket */
	if (media->current && !sock->armed && again)
		arm(sock);
	media->current = NULL;
	return res >= 0;
}

/* The next completion, copied; false if there is none. */
static bool next_cqe(struct media *media, struct aside *out)
{
	struct io_uring_cqe *cqe;

	if (io_uring_peek_cqe(&media->ring, &cqe))
		return false;
	out->sock = io_uring_cqe_get_data(cqe);
	out->res = cqe->res;
	out->flags = cqe->flags;
	io_uring_cqe_seen(&media->ring, cqe);
	/* the last one of a request; cancellations carry no socket */
	if (out->sock && !(out->flags & IORING_CQE_F_MORE))
		out->sock->armed = false;
	return true;
}

static bool next_aside(struct media *media, struct aside *out)
{
	if (media->aside_head == media->aside_n) {
		media->aside_head = 0;
		media->aside_n = 0;
		return false;
	}
	*out = media->aside[media->aside_head++];
	return true;
}

/*
 * What is put aside is not in the ring any more, so the ring is not readable
 * for it: a request that does nothing makes it so.
 */
static void wake(struct media *media)
{
	struct io_uring_sqe *sqe;

	if (media->woken || media->aside_head == media->aside_n)
		return;
	sqe = get_sqe(media);
	if (!sqe)
		return;
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, NULL);
	media->woken = true;
	submit(media);
}

unsigned int media_dispatch(struct media *media)
{
	unsigned int packets = 0;
	struct aside cqe;
	int i;

	media->woken = false;
	for (i = 0; i < DISPATCH_MAX; i++) {
		if (!next_aside(media, &cqe) && !next_cqe(media, &cqe))
			break;
		if (cqe.sock)
			packets += handle(media, cqe.sock, cqe.res, cqe.flags);
	}
	submit(media);
	wake(media);
	return packets;
}

/* --- the end of a socket --- */

static void put_aside(struct media *media, const struct aside *cqe)
{
	size_t n = media->aside_n - media->aside_head;

	if (media->aside_n == media->aside_room) {
		memmove(media->aside, media->aside + media->aside_head,
			n * sizeof(*cqe));
		media->aside_head = 0;
		media->aside_n = n;
	}
	media->aside[media->aside_n++] = *cqe;
}

/* room for all completions that can be outstanding with one socket more */
static bool make_room(struct media *media)
{
	size_t room = BUFFERS + 2 * (media->n + 1);
	struct aside *more;

	if (room <= media->aside_room)
		return true;
	room *= 2;
	more = reallocarray(media->aside, room, sizeof(*more));
	if (!more)
		return false;
	media->aside = more;
	media->aside_room = room;
	return true;
}

/*
 * Take the request of a socket back from the kernel.  The cancellation finds it
 * waiting, or finds nothing because its last completion is there already; both
 * come without waiting for anybody else.
 */
static void disarm(struct media_sock *sock)
{
	struct media *media = sock->media;
	struct io_uring_sqe *sqe;
	struct aside cqe;
	bool asked = false;

	while (sock->armed) {
		sqe = asked ? NULL : get_sqe(media);
		if (sqe) {
			io_uring_prep_cancel(sqe, sock, 0);
			io_uring_sqe_set_data(sqe, NULL);
			asked = true;
		}
		io_uring_submit_and_wait(&media->ring, 1);
		while (next_cqe(media, &cqe)) {
			if (cqe.sock == sock)
				give_back(media, cqe.flags);
			else if (cqe.sock)
				put_aside(media, &cqe);
			else
				media->woken = false;
		}
	}
}

/* forget what was put aside for a socket */
static void drop_aside(struct media_sock *sock)
{
	struct media *media = sock->media;
	size_t i;

	for (i = media->aside_head; i < media->aside_n; i++) {
		if (media->aside[i].sock != sock)
			continue;
		give_back(media, media->aside[i].flags);
		media->aside[i].sock = NULL;
	}
}

void media_del(struct media_sock *sock)
{
	struct media *media;

	if (!sock)
		return;
	media = sock->media;
	disarm(sock);
	drop_aside(sock);
	if (media->current == sock)
		media->current = NULL;
	if (sock->next)
		sock->next->prev = sock->prev;
	if (sock->prev)
		sock->prev->next = sock->next;
	else
		media->socks = sock->next;
	media->n--;
	close(sock->fd);
	free(sock->single);
	free(sock);
	wake(media);
}

/* --- the caller's side --- */

int media_new(struct media **media, media_fn *fn, void *arg, struct dp_err *err)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
		.cq_entries = CQ_ENTRIES,
	};
	struct media *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for media sockets");
	ret = io_uring_queue_init_params(RING_ENTRIES, &new->ring, &params);
	if (ret) {
		free(new);
		return dp_fail(err, -ret, "cannot make an io_uring: %s",
			       strerror(-ret));
	}
	new->fn = fn;
	new->arg = arg;
	new->msg.msg_namelen = sizeof(struct sockaddr_in6);
	make_buffers(new);
	*media = new;
	return 0;
}

void media_single(struct media *media)
{
	media->multishot = false;
}

void media_free(struct media *media)
{
	if (!media)
		return;
	while (media->socks)
		media_del(media->socks);
	io_uring_queue_exit(&media->ring);
	free_buffers(media);
	free(media->aside);
	free(media);
}

int media_fd(const struct media *media)
{
	return media->ring.ring_fd;
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

int media_add(struct media *media, struct media_sock **sock, int fd, void *user,
	      struct dp_err *err)
{
	struct media_sock *new = calloc(1, sizeof(*new));
	int ret;

	if (!new || !make_room(media)) {
		free(new);
		return dp_fail(err, ENOMEM, "no memory for a media socket");
	}
	new->media = media;
	new->fd = fd;
	new->user = user;
	ret = check_socket(fd, &new->local, err);
	if (!ret && !arm(new))
		ret = dp_fail(err, ENOMEM, "no memory to receive on a socket");
	if (ret) {
		free(new->single);
		free(new);
		return ret;
	}
	submit(media);
	new->next = media->socks;
	if (new->next)
		new->next->prev = new;
	media->socks = new;
	media->n++;
	*sock = new;
	return 0;
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

const struct media_counts *media_sock_counts(const struct media_sock *sock)
{
	return &sock->counts;
}

const struct media_counts *media_counts(const struct media *media)
{
	return &media->counts;
}

size_t media_sockets(const struct media *media)
{
	return media->n;
}

bool media_multishot(const struct media *media)
{
	return media->multishot;
}
