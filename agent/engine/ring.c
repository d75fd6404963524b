// SPDX-License-Identifier: GPL-2.0
/*
 * A worker on io_uring.
 *
 * Each socket has one multishot recvmsg in the kernel, which takes buffers from
 * a ring of buffers that all sockets of the worker share.  A datagram leaves
 * from the buffer it arrived in.  Sends never wait (MSG_DONTWAIT), so they are
 * over when io_uring_enter() returns from submitting them, and the buffers go
 * back to the kernel then.  Sends that succeed make no completion; one that
 * fails names in its user_data what was lost.  One io_uring_enter() sends what
 * the last turn brought and waits for the next.
 *
 * A receive that finds no buffer ends.  It is begun again when there are some, and
 * those go first that took few: one flooded socket would have them all, each time.
 *
 * No registered files: on Linux 6.1 the kernel lets go of one up to a second
 * late, and of none while an older multishot request is there, so that a port
 * would not be free when its socket is closed.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

#define SQ_ENTRIES	1024
#define BUFFER_GROUP	0

/* room for a source, such that the control message behind it is aligned */
#define NAME_ROOM	32
#define CONTROL_ROOM	RX_CONTROL
/* what the kernel may fill of a buffer */
#define BUFFER_LEN \
	(sizeof(struct io_uring_recvmsg_out) + NAME_ROOM + CONTROL_ROOM + \
	 MEDIA_MAX)
#define BUFFER_STRIDE	((BUFFER_LEN + ENGINE_TRAILER + 63) / 64 * 64)

/*
 * user_data: the lowest bits tell what it is.  A receive is the address of its
 * socket, which lives until its last completion.  A send tells the index of the
 * socket that the packets arrived on, how many there were, their bytes, and of the
 * socket's pairing as much as there is room for: by the time that it is read the
 * place may be another's, or the leg's peer another one.
 */
#define TAG_RECV	0u
#define TAG_SEND	1u
#define TAG_WAKE	2u
#define TAG_NONE	3u
#define TAG_MASK	7u

#define SEND_PACKETS	3	/* 7 bits: TRAIN_MAX is 64 */
#define SEND_BYTES	10	/* 17 bits */
#define SEND_INDEX	27	/* 20 bits */
#define SEND_PAIRING	47	/* 17 bits */
#define BITS(n)		((1ull << (n)) - 1)

/**
 * struct out - a send request's arguments
 * @msg: message
 * @control: its control messages
 */
struct out {
	struct msghdr msg;
	_Alignas(struct cmsghdr) uint8_t control[TX_CONTROL];
};

/**
 * struct ring - a worker's ring
 * @ring: requests and completions
 * @open: @ring is there
 * @buffers: ring of buffers that the kernel takes from
 * @memory: the buffers themselves
 * @n: how many, a power of two
 * @msg: argument of every receive: how much of source and control to keep
 * @woken: what the eventfd said
 * @deaf: the eventfd is not read
 * @held: buffers with packets that are still to be sent
 * @n_held: how many
 * @out: arguments of sends
 * @iov: packets of all of them
 * @overflow: the kernel's count of completions that found the ring full
 * @hungry: sockets that wait for buffers: those that had few, and the others
 */
struct ring {
	struct io_uring ring;
	bool open;
	struct io_uring_buf_ring *buffers;
	uint8_t *memory;
	unsigned int n;
	struct msghdr msg;
	uint64_t woken;
	bool deaf;
	uint16_t held[ENGINE_BATCH];
	unsigned int n_held;
	struct out out[ENGINE_BATCH];
	struct iovec iov[ENGINE_BATCH];
	unsigned int overflow;
	struct media_sock *hungry[2];
};

/* --- the shared buffers --- */

static uint8_t *buffer(const struct ring *r, unsigned int id)
{
	return r->memory + (size_t)id * BUFFER_STRIDE;
}

static void give_buffers(struct ring *r, const uint16_t *ids, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		io_uring_buf_ring_add(r->buffers, buffer(r, ids[i]), BUFFER_LEN,
				      ids[i], io_uring_buf_ring_mask(r->n),
				      (int)i);
	io_uring_buf_ring_advance(r->buffers, (int)n);
}

static int make_buffers(struct ring *r)
{
	struct io_uring_buf_reg reg = {
		.ring_entries = r->n,
		.bgid = BUFFER_GROUP,
	};
	uint16_t id;
	void *mem;

	mem = mmap(NULL, r->n * sizeof(struct io_uring_buf),
		   PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	r->buffers = mem;
	reg.ring_addr = (uintptr_t)mem;
	if (posix_memalign((void **)&r->memory, 64,
			   (size_t)r->n * BUFFER_STRIDE))
		return -ENOMEM;
	/* a page that is touched the first time costs more than a packet */
	memset(r->memory, 0, (size_t)r->n * BUFFER_STRIDE);
	io_uring_buf_ring_init(r->buffers);
	for (id = 0; id < r->n; id++)
		give_buffers(r, &id, 1);
	return io_uring_register_buf_ring(&r->ring, &reg, 0);
}

/* --- requests --- */

static struct io_uring_sqe *get_sqe(struct ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	if (sqe)
		return sqe;
	io_uring_submit(&r->ring);
	return io_uring_get_sqe(&r->ring);
}

static bool had_many(const struct ring *r, const struct media_sock *sock)
{
	return sock->took > r->n / 16;
}

static void hunger(struct ring *r, struct media_sock *sock)
{
	struct media_sock **list = &r->hungry[had_many(r, sock)];

	sock->hungry = true;
	sock->next_hungry = *list;
	*list = sock;
}

static void unhunger(struct ring *r, struct media_sock *sock)
{
	struct media_sock **at = &r->hungry[had_many(r, sock)];

	if (!sock->hungry)
		return;
	while (*at != sock)
		at = &(*at)->next_hungry;
	*at = sock->next_hungry;
	sock->hungry = false;
}

static void ring_arm(struct worker *w, struct media_sock *sock)
{
	struct ring *r = w->io_state;
	struct io_uring_sqe *sqe;

	if (sock->of)
		return;
	sqe = get_sqe(r);
	unhunger(r, sock);
	if (!sqe) {
		w->retry = true;
		worker_fault(w, MEDIA_FAULT_NOMEM, 1,
			     "a receive must wait: the kernel takes no request");
		return;
	}
	io_uring_prep_recvmsg_multishot(sqe, sock->fd, &r->msg, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = BUFFER_GROUP;
	sqe->user_data = (uintptr_t)sock | TAG_RECV;
	sock->armed = true;
	sock->took = 0;
}

static void ring_disarm(struct worker *w, struct media_sock *sock)
{
	struct ring *r = w->io_state;
	struct io_uring_sqe *sqe;

	if (!sock->armed) {
		unhunger(r, sock);
		worker_let_go(w, sock);
		return;
	}
	/* the receive's last completion comes in any case, found or not */
	sock->leaving = true;
	sqe = get_sqe(r);
	sock->unasked = !sqe;
	if (!sqe) {
		w->retry = true;
		worker_fault(w, MEDIA_FAULT_NOMEM, 1,
			     "the end of a socket must wait: the kernel takes no request");
		return;
	}
	io_uring_prep_cancel64(sqe, (uintptr_t)sock | TAG_RECV, 0);
	sqe->user_data = TAG_NONE;
}

static void arm_wake(struct worker *w)
{
	struct ring *r = w->io_state;
	struct io_uring_sqe *sqe = get_sqe(r);

	/* until it is, the worker looks for orders when it sweeps */
	r->deaf = !sqe;
	if (!sqe) {
		w->retry = true;
		return;
	}
	io_uring_prep_read(sqe, w->wake, &r->woken, sizeof(r->woken), 0);
	sqe->user_data = TAG_WAKE;
}

/* --- sending --- */

static uint64_t send_data(const struct media_sock *in, unsigned int packets,
			  unsigned int bytes)
{
	return TAG_SEND | (uint64_t)packets << SEND_PACKETS |
	       (uint64_t)bytes << SEND_BYTES |
	       (in->index & BITS(20)) << SEND_INDEX |
	       (uint64_t)in->pairing << SEND_PAIRING;
}

static void send_failed(struct worker *w, uint64_t data, int error)
{
	unsigned int index = data >> SEND_INDEX & BITS(20);
	struct media_sock *in = index < w->n_slots ? w->socks[index] : NULL;

	if (in && (in->pairing & BITS(17)) != data >> SEND_PAIRING)
		in = NULL;
	worker_unsent(w, in, data >> SEND_PACKETS & BITS(7),
		      data >> SEND_BYTES & BITS(17), error);
}

/* prepare out[i] for @n packets; returns their bytes */
static unsigned int fill_out(struct worker *w, unsigned int i, unsigned int n)
{
	struct ring *r = w->io_state;
	struct out *out = &r->out[i];

	return tx_message(&w->tx[i], n, &r->iov[i], out->control, &out->msg);
}

/*
 * The first train of a socket, behind what is to be sent before it.  Its packets must
 * not be lost for being one, and of a request it is known too late.
 */
static bool try_train(struct worker *w, unsigned int i, unsigned int n)
{
	struct ring *r = w->io_state;
	const struct tx *tx = &w->tx[i];
	unsigned int bytes = fill_out(w, i, n);

	io_uring_submit(&r->ring);
	if (sendmsg(tx->out->fd, &r->out[i].msg,
		    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		tx->out->gso = true;
	else if (tx_train_refused(errno))
		tx->out->no_gso = true;
	else
		worker_unsent(w, tx->in, n, bytes, errno);
	return !tx->out->no_gso;
}

/* one train, or one packet */
static void send_run(struct worker *w, unsigned int i, unsigned int n)
{
	struct ring *r = w->io_state;
	const struct tx *tx = &w->tx[i];
	struct out *out = &r->out[i];
	struct io_uring_sqe *sqe;
	unsigned int bytes, k;

	if (n > 1 && !tx->out->gso) {
		if (try_train(w, i, n))
			return;
		for (k = 0; k < n; k++)
			send_run(w, i + k, 1);
		return;
	}
	sqe = get_sqe(r);
	bytes = fill_out(w, i, n);
	if (!sqe) {
		worker_unsent(w, tx->in, n, bytes, EAGAIN);
		return;
	}
	if (n == 1 && !out->msg.msg_control) {
		io_uring_prep_send(sqe, tx->out->fd, tx->data, tx->len,
				   MSG_DONTWAIT | MSG_NOSIGNAL);
		io_uring_prep_send_set_addr(sqe, tx->to, (uint16_t)tx->tolen);
	} else {
		io_uring_prep_sendmsg(sqe, tx->out->fd, &out->msg,
				      MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = send_data(tx->in, n, bytes);
}

/*
 * Every request that was prepared, for it names buffers and arguments that the
 * next turn uses again.  A kernel without memory for requests is waited for.
 */
static void submit_all(struct worker *w)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	struct ring *r = w->io_state;

	while (io_uring_sq_ready(&r->ring)) {
		if (io_uring_submit(&r->ring) > 0)
			continue;
		worker_fault(w, MEDIA_FAULT_NOMEM, 1,
			     "what is to be sent must wait: the kernel takes no request");
		nanosleep(&moment, NULL);
	}
}

/* everything that was prepared has been submitted, so it has been sent */
static void sent(struct ring *r)
{
	give_buffers(r, r->held, r->n_held);
	r->n_held = 0;
}

static void ring_flush(struct worker *w)
{
	struct ring *r = w->io_state;

	tx_send(w, send_run);
	submit_all(w);
	sent(r);
}

/* there are buffers again */
static void feed(struct worker *w)
{
	struct ring *r = w->io_state;
	unsigned int i;

	ring_flush(w);
	for (i = 0; i < 2; i++)
		while (r->hungry[i])
			ring_arm(w, r->hungry[i]);
}

/* --- completions --- */

/* returns whether the buffer must be kept until what is queued has been sent */
static bool received(struct worker *w, struct media_sock *sock, uint8_t *buf,
		     int res)
{
	struct ring *r = w->io_state;
	struct io_uring_recvmsg_out *o;
	struct msghdr control;
	struct rx rx;

	o = io_uring_recvmsg_validate(buf, res, &r->msg);
	if (!o)
		return false;
	control.msg_control = (uint8_t *)(o + 1) + r->msg.msg_namelen;
	control.msg_controllen = o->controllen;
	rx = (struct rx){
		.name = io_uring_recvmsg_name(o),
		.namelen = o->namelen < NAME_ROOM ? o->namelen : NAME_ROOM,
		.data = io_uring_recvmsg_payload(o, &r->msg),
		.len = io_uring_recvmsg_payload_length(o, res, &r->msg),
		.truncated = o->flags & MSG_TRUNC,
	};
	rx_control(&control, &rx);
	return worker_receive(w, sock, &rx);
}

static void receive_ended(struct worker *w, struct media_sock *sock, int res)
{
	sock->armed = false;
	if (sock->leaving) {
		worker_let_go(w, sock);
		return;
	}
	if (res < 0 && !worker_receive_failed(w, sock, -res))
		return;
	if (res == -ENOBUFS) {
		hunger(w->io_state, sock);
		return;
	}
	engine_add(&w->faults[MEDIA_FAULT_RESTARTED], 1);
	ring_arm(w, sock);
}

static void recv_completion(struct worker *w, const struct io_uring_cqe *cqe)
{
	struct media_sock *sock = (void *)(uintptr_t)cqe->user_data;
	struct ring *r = w->io_state;
	uint16_t id;

	if (cqe->flags & IORING_CQE_F_BUFFER) {
		id = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
		sock->took++;
		if (cqe->res >= 0 && received(w, sock, buffer(r, id), cqe->res))
			r->held[r->n_held++] = id;
		else
			give_buffers(r, &id, 1);
	}
	if (!(cqe->flags & IORING_CQE_F_MORE))
		receive_ended(w, sock, cqe->res);
}

static void completion(struct worker *w, const struct io_uring_cqe *cqe)
{
	switch (cqe->user_data & TAG_MASK) {
	case TAG_RECV:
		recv_completion(w, cqe);
		break;
	case TAG_SEND:
		send_failed(w, cqe->user_data, -cqe->res);
		break;
	case TAG_WAKE:
		arm_wake(w);
		break;
	}
}

static void check_overflow(struct worker *w)
{
	struct ring *r = w->io_state;
	unsigned int now = __atomic_load_n(r->ring.cq.koverflow,
					   __ATOMIC_RELAXED);

	if (now == r->overflow &&
	    !(IO_URING_READ_ONCE(*r->ring.sq.kflags) & IORING_SQ_CQ_OVERFLOW))
		return;
	worker_fault(w, MEDIA_FAULT_CQ_OVERFLOW,
		     now != r->overflow ? now - r->overflow : 1,
		     "the ring of completions is full");
	r->overflow = now;
}

/* what is sent is sent before it waits: who waits has nothing on its way */
static void send_and_wait(struct worker *w, int64_t wait)
{
	struct ring *r = w->io_state;
	struct __kernel_timespec ts = {
		.tv_nsec = wait % 1000000000,
		.tv_sec = wait / 1000000000,
	};
	struct io_uring_cqe *cqe;

	if (w->n_tx || r->n_held)
		ring_flush(w);
	worker_leave(w);
	io_uring_submit_and_wait_timeout(&r->ring, &cqe, 1,
					 wait < 0 ? NULL : &ts, NULL);
	worker_enter(w);
	submit_all(w);
}

/* what arrives meanwhile wakes nobody: the kernel looks for it afterwards */
static void send_and_doze(struct worker *w)
{
	struct ring *r = w->io_state;

	ring_flush(w);
	worker_doze(w);
	io_uring_get_events(&r->ring);
}

static void ring_turn(struct worker *w, int64_t wait)
{
	struct ring *r = w->io_state;
	const struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	if (r->deaf)
		arm_wake(w);
	if (r->hungry[0] || r->hungry[1])
		feed(w);
	if (w->busy)
		send_and_doze(w);
	else
		send_and_wait(w, wait);
	w->now = worker_clock();
	io_uring_for_each_cqe(&r->ring, head, cqe) {
		completion(w, cqe);
		if (++n == ENGINE_BATCH)
			break;
	}
	io_uring_cq_advance(&r->ring, n);
	w->more = n == ENGINE_BATCH ||
		  IO_URING_READ_ONCE(*r->ring.sq.kflags) & IORING_SQ_TASKRUN;
	check_overflow(w);
}

/* --- begin and end --- */

static int open_ring(struct worker *w, struct ring *r, struct dp_err *err)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP |
			 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		.cq_entries = w->media->conf.completions,
	};
	unsigned int requests = params.cq_entries < SQ_ENTRIES ?
				params.cq_entries : SQ_ENTRIES;
	int ret = io_uring_queue_init_params(requests, &r->ring, &params);

	if (ret)
		return dp_fail(err, -ret, "cannot make an io_uring as Linux 6.1 has it: %s",
			       strerror(-ret));
	r->open = true;
	/* saves a look-up at each system call; nothing is lost without it */
	io_uring_register_ring_fd(&r->ring);
	ret = make_buffers(r);
	if (ret)
		return dp_fail(err, -ret, "cannot give buffers to the io_uring: %s",
			       strerror(-ret));
	return 0;
}

static int ring_init(struct worker *w, struct dp_err *err)
{
	struct ring *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return dp_fail(err, ENOMEM, "no memory for an io_uring");
	w->io_state = r;
	r->n = w->media->conf.buffers;
	r->msg.msg_namelen = NAME_ROOM;
	r->msg.msg_controllen = CONTROL_ROOM;
	ret = open_ring(w, r, err);
	if (!ret)
		arm_wake(w);
	return ret;
}

static void ring_exit(struct worker *w)
{
	struct ring *r = w->io_state;

	if (!r)
		return;
	if (r->open)
		io_uring_queue_exit(&r->ring);
	if (r->buffers)
		munmap(r->buffers, r->n * sizeof(struct io_uring_buf));
	free(r->memory);
	free(r);
	w->io_state = NULL;
}

const struct io_ops io_ring_ops = {
	.name = "io_uring",
	.init = ring_init,
	.exit = ring_exit,
	.arm = ring_arm,
	.disarm = ring_disarm,
	.flush = ring_flush,
	.turn = ring_turn,
};
