/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the media engine know of each other: media.c (the agent's
 * side), order.c (what it and the workers tell each other), worker.c (the
 * threads), ring.c and epoll.c (how they receive and send); and what a datapath
 * on it needs (user/), which it knows as &struct leg_ops only.
 *
 * Who touches what:
 *
 * - A socket, and the leg on it, belong to one worker.  What changes with
 *   packets is touched by that worker's thread only, so packets take no lock.
 * - The agent's thread changes things while the workers concerned are parked:
 *   between two packets, all of them waiting, all they had to send sent
 *   (media_park(), media_resume()).  One that waits for packets is held where it
 *   is, without being woken.  So a change is atomic for packets and a
 *   read is consistent, over any number of workers, by construction.
 * - What a worker must do itself, because the ring is its own, is an order:
 *   to receive on a socket, to let go of one.
 * - What a worker has for the agent goes through a bounded queue.
 */
#ifndef DATAPATH_ENGINE_H
#define DATAPATH_ENGINE_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include "media.h"
#include "queue.h"

struct leg;
struct worker;

/* packets of one turn, and room for what they become */
#define ENGINE_BATCH	256
/* bytes behind each datagram, for the trailer of SRTP */
#define ENGINE_TRAILER	64

/* a counter that one thread writes and others read */
typedef _Atomic uint64_t engine_count;

static inline void engine_add(engine_count *count, uint64_t n)
{
	atomic_store_explicit(count,
			      atomic_load_explicit(count, memory_order_relaxed) +
			      n, memory_order_release);
}

static inline uint64_t engine_read(const engine_count *count)
{
	return atomic_load_explicit(count, memory_order_acquire);
}

/**
 * enum order_type - what a worker is told to do
 * @ORDER_ADD: receive on a socket
 * @ORDER_DEL: let go of a socket
 */
enum order_type { ORDER_ADD, ORDER_DEL };

/**
 * struct order - an order, part of its socket
 * @type: enum order_type
 * @sock: the socket
 * @next: the next order
 */
struct order {
	enum order_type type;
	struct media_sock *sock;
	struct order *next;
};

/**
 * struct media_sock - a held socket
 * @media: where it belongs
 * @worker: whose it is; changed by media_move()
 * @id: its number; never that of another, and a new one for who has it next
 * @pairing: changes with its leg and with that one's peer, so that who remembers it
 *	knows whether they are still what they were; changed while the worker is parked
 * @fd: the socket
 * @index: its place in the worker's table; the worker's
 * @owned: made for a leg, and goes with it
 * @shared: calls share it: their legs are parts of it, found by their remotes; never unset
 * @armed: the kernel has a request that names this structure; the worker's
 * @leaving: the worker is about to let go of it
 * @unasked: it is to be let go of, and the kernel does not know yet; the worker's
 * @asked_back: &media.lock: its worker has the order to let go of it
 * @order: the orders to receive on it and to let go of it, by enum order_type: an
 *	order must not fail for want of memory
 * @orphan: &media.lock: the agent did not wait: who lets go of it frees it
 * @left: of an orphan: one less when it is closed, or NULL
 * @resting: the agent's: nobody has it, it is in no list
 * @doomed: the agent's: it was to end, but its worker did not answer
 * @no_gso: trains of packets cannot be sent from it; the worker's
 * @gso: one has been; the worker's
 * @no_tos: it cannot be given a mark of its own; the worker's
 * @of: it receives nothing: it sends by the socket of this one's, from the same worker
 * @parts: those, of legs that are here; changed while the worker is parked
 * @next_part: the next in that list
 * @tos: IP_TOS or IPV6_TCLASS of the socket now
 * @tos_own: what it was made with
 * @tos_next: what it may become, because the last turn's first packet had it
 * @turn: the worker's last turn that sent from it
 * @hungry: it waits for buffers, in a list of the ring; the worker's
 * @took: buffers it had since it was armed; the worker's
 * @next_hungry: the next in that list
 * @dropped: the kernel's count of what it dropped here, when the worker last looked
 * @room: the agent's: SO_RCVBUF as it was asked for, or 0
 * @stamped: the agent's: SO_TIMESTAMPNS
 * @mark: the agent's: SO_MARK
 * @oif: the agent's: IP_UNICAST_IF
 * @claim: the agent's: the leg that is on it or will be
 * @leg: what its packets belong to, or NULL; changed while the worker is parked
 * @next: in the list of all sockets
 * @prev: in the list of all sockets
 * @chain: in the table by local address
 * @local: address it is bound to
 * @user: the caller's
 * @packets: see &struct media_counts
 * @truncated: see &struct media_counts
 * @errors: see &struct media_counts
 * @before: what of these was there before somebody had it
 */
struct media_sock {
	struct media *media;
	struct worker *worker;
	_Atomic uint64_t id;
	uint32_t pairing;
	int fd;
	unsigned int index;
	bool owned;
	atomic_bool shared;
	bool armed;
	bool leaving;
	bool unasked;
	bool asked_back;
	bool orphan;
	atomic_uint *left;
	bool resting;
	bool doomed;
	bool no_gso;
	bool gso;
	bool no_tos;
	bool hungry;
	uint8_t tos;
	uint8_t tos_own;
	uint8_t tos_next;
	uint32_t turn;
	uint32_t took;
	struct media_sock *of;
	struct media_sock *parts;
	struct media_sock *next_part;
	struct media_sock *next_hungry;
	uint32_t dropped;
	int room;
	bool stamped;
	uint32_t mark;
	uint32_t oif;
	struct order order[2];
	struct leg *claim;
	struct leg *leg;
	struct media_sock *next;
	struct media_sock *prev;
	struct media_sock *chain;
	struct dp_addr local;
	void *user;
	engine_count packets[MEDIA_CLASSES];
	engine_count truncated;
	engine_count errors;
	struct media_counts before;
};

/**
 * struct passed - a datagram for the agent
 * @local: where it arrived
 * @id: number of the socket, which may be gone meanwhile
 * @src: where it came from
 * @class: what it is
 * @len: bytes of @data
 * @data: the datagram
 */
struct passed {
	struct dp_addr local;
	uint64_t id;
	struct dp_addr src;
	enum media_class class;
	size_t len;
	uint8_t data[];
};

/**
 * struct rx - a datagram that has arrived
 * @name: source
 * @namelen: its bytes
 * @data: the datagram; ENGINE_TRAILER bytes behind it are free
 * @len: its bytes
 * @tos: TOS or traffic class
 * @truncated: it was longer than MEDIA_MAX
 * @stamp: CLOCK_REALTIME ns of its arrival; 0: not told
 */
struct rx {
	const struct sockaddr *name;
	socklen_t namelen;
	uint8_t *data;
	unsigned int len;
	uint8_t tos;
	bool truncated;
	uint64_t stamp;
};

/** RX_CONTROL - room for the control messages of a datagram that arrives */
#define RX_CONTROL	(CMSG_SPACE(sizeof(int)) + \
			 CMSG_SPACE(sizeof(struct timespec)))

/**
 * struct tx - a datagram to send
 * @in: where it arrived: its leg counted it as sent
 * @out: where it leaves
 * @to: where it goes; lives until it is sent
 * @tolen: bytes of @to
 * @data: the datagram, in the buffer that it arrived in
 * @len: its bytes
 * @tos: TOS or traffic class
 */
struct tx {
	struct media_sock *in;
	struct media_sock *out;
	const struct sockaddr *to;
	socklen_t tolen;
	uint8_t *data;
	uint16_t len;
	uint8_t tos;
};

/**
 * struct io_ops - how a worker receives and sends
 * @name: "io_uring" or "epoll"
 * @init: by the worker's thread, first
 * @exit: by the worker's thread, last; also after @init failed
 * @arm: begin to receive on a socket; what fails now is tried again later
 * @disarm: end that; worker_let_go() is called when it is so, now or later
 * @flush: send what is queued
 * @turn: send what is queued, wait until something arrives or @wait ns have
 *	passed (-1: for ever), set the worker's clock and take what is there
 */
struct io_ops {
	const char *name;
	int (*init)(struct worker *w, struct dp_err *err);
	void (*exit)(struct worker *w);
	void (*arm)(struct worker *w, struct media_sock *sock);
	void (*disarm)(struct worker *w, struct media_sock *sock);
	void (*flush)(struct worker *w);
	void (*turn)(struct worker *w, int64_t wait);
};

extern const struct io_ops io_ring_ops;
extern const struct io_ops io_epoll_ops;

/**
 * struct leg_ops - what a datapath does with its legs
 * @receive: a datagram has arrived; by the leg's worker.  Returns whether its buffer
 *	is needed until what is queued has been sent.
 * @shared: the same at a port that calls share
 * @unsent: packets were counted as sent before it was tried, in vain; by the worker
 * @sweep: some time has passed; by the worker
 * @gone: its socket is about to be closed: end it; by the agent's thread
 */
struct leg_ops {
	bool (*receive)(struct leg *leg, struct worker *w,
			struct media_sock *sock, struct rx *rx);
	bool (*shared)(struct worker *w, struct media_sock *sock, struct rx *rx);
	void (*unsent)(struct leg *leg, unsigned int packets,
		       unsigned int bytes, int error);
	void (*sweep)(struct leg *leg, struct worker *w);
	void (*gone)(struct media_sock *sock, void *arg);
};

/**
 * struct fault_log - what a worker has to say of a fault
 * @last: ns of the last line
 * @at: value of the counter then
 * @full: @text is the agent's, which writes it: a log that nobody reads may block,
 *	and media must not wait for it
 * @text: the line
 */
struct fault_log {
	uint64_t last;
	uint64_t at;
	atomic_bool full;
	char text[400];
};

/**
 * struct notices - what one packet gives rise to, in the order in which it is told
 * @has_first: @first is set
 * @has_other: @other is set
 * @first: the first packet
 * @other: a latch, a refusal, or else a report
 */
struct notices {
	bool has_first;
	bool has_other;
	struct dp_event first;
	struct dp_event other;
};

/**
 * struct event_limit - how many events of a kind a worker tells
 * @second: the second that is counted
 * @n: told in it
 */
struct event_limit {
	uint64_t second;
	unsigned int n;
};

/**
 * enum worker_where - where a worker's thread is
 * @WORKER_TURNS: between two waits: it may touch what is its own at any moment
 * @WORKER_WAITS: it waits for packets, has nothing to send, and touches nothing of its
 *	sockets and legs
 * @WORKER_HELD: likewise, and all that is the agent's, for which it waits when it
 *	comes back
 */
enum worker_where { WORKER_TURNS, WORKER_WAITS, WORKER_HELD };

/**
 * struct worker - a thread with its sockets
 *
 * @media: whose
 * @index: number
 * @thread: the thread
 * @thread_made: there is one
 * @io: how it receives and sends
 * @io_state: that one's own
 * @wake: eventfd that ends its wait
 * @asked: look at what is under @media->lock; a futex, too
 * @started: @media->lock: init is over, with @status
 * @status: @media->lock: 0 or -errno of init
 * @error: @media->lock: the sentence
 * @quit: @media->lock: end
 * @ended: @media->lock: its thread touches nothing any more
 * @late: it did not answer in time, and has not come to itself; nobody waits for it
 *	meanwhile.  Set with @media->lock.
 * @where: &enum worker_where; HELD is the agent's to begin and to end, with
 *	@media->lock
 * @dozes: it waits on @asked, and looks at it before it waits for anything else
 * @sleeps: it waits for as long as nothing comes; by whoever has what is the worker's
 * @wanted: the agent's: to be parked
 * @owed: the agent's: it has orders that it was not called for
 * @hold: @media->lock: park
 * @parked: @media->lock: it is
 * @leaving: @media->lock: sockets that end by media_leave() and are still there
 * @orders: @media->lock: what it is to do
 * @last_order: @media->lock: end of that list
 * @n_socks: @media->lock: sockets it has, or is to have
 * @n_legs: the agent's: legs on them
 * @n_silence: legs that want to be told of silence; changed by the agent
 * @socks: its sockets by index
 * @n_slots: places in @socks
 * @free_slot: where to look for a free place
 * @tx: packets to send
 * @n_tx: how many
 * @turn: number of this turn
 * @retry: a receive could not be begun, or ended by an error: try again soon
 * @now: monotonic ns of this turn
 * @swept: monotonic ns of the last sweep
 * @looks: sweeps that are still to look for what the kernel dropped
 * @look: which sockets the next of them looks at
 * @rate_from: monotonic ns since when @rate_packets counts
 * @rate_packets: packets since then
 * @more: the last turn did not take everything that was there
 * @busy: there are so many packets that gathering them pays
 * @holding: legs may hold packets, whose time the sweep looks at
 * @gather: where events of the present packet go; NULL: there is none
 * @notices: that place
 * @news: it has put something for the agent: passed datagrams, events
 * @passed: datagrams for the agent
 * @events: events for the datapath
 * @limits: of these: RTCP reports, and all others
 * @faults: by enum media_fault
 * @fault_log: what it has to say of them
 */
struct worker {
	_Alignas(64) struct media *media;
	unsigned int index;
	pthread_t thread;
	bool thread_made;
	const struct io_ops *io;
	void *io_state;
	int wake;
	_Atomic uint32_t asked;

	bool started;
	int status;
	struct dp_err error;
	bool quit;
	bool ended;
	atomic_bool late;
	_Atomic uint32_t where;
	atomic_bool dozes;
	bool sleeps;
	bool wanted;
	bool owed;
	bool hold;
	bool parked;
	unsigned int leaving;
	struct order *orders;
	struct order **last_order;
	unsigned int n_socks;
	unsigned int n_legs;
	atomic_uint n_silence;

	struct media_sock **socks;
	unsigned int n_slots;
	unsigned int free_slot;
	struct tx tx[ENGINE_BATCH];
	unsigned int n_tx;
	uint32_t turn;
	bool retry;
	uint64_t now;
	uint64_t swept;
	unsigned int looks;
	unsigned int look;
	uint64_t rate_from;
	unsigned int rate_packets;
	bool more;
	bool busy;
	bool holding;
	struct notices *gather;
	struct notices notices;
	bool news[2];
	struct queue passed;
	struct queue events;
	struct event_limit limits[2];
	engine_count faults[MEDIA_FAULTS];
	struct fault_log fault_log[MEDIA_FAULTS];
};

/** enum news - kinds of what a worker has for the agent */
enum news { NEWS_PASSED, NEWS_EVENTS };

/**
 * struct bell - tells the agent's event loop that there is something
 * @fd: eventfd
 * @rung: the agent has not looked since
 */
struct bell {
	int fd;
	atomic_bool rung;
};

/**
 * struct media - the engine
 * @conf: what it was made of, defaults filled in
 * @io: what the workers use
 * @why: why not io_uring
 * @fn: receives non-RTP
 * @arg: for @fn
 * @lock: guards what the workers and the agent tell each other
 * @answer: a worker did what it was told
 * @order: there is something for a parked worker
 * @bell: by enum news
 * @worker: the threads
 * @n_workers: how many
 * @socks: list of all sockets
 * @n: sockets in it
 * @table: sockets by local address
 * @past: counts of sockets that are gone
 * @counts: what media_counts() told last
 * @told: what media_sock_counts() told last
 * @last_id: number of the last socket
 * @last_pairing: see &media_sock.pairing
 * @owing: the agent's: &media_conf.soon was called, and media_flush() was not
 * @stalled: times that a worker did not answer
 * @stalled_log: rate limit of that line
 * @next: worker at which the next dispatch begins
 * @legs: of the datapath that has legs on the sockets; NULL: none has
 * @legs_arg: for @legs
 * @events: somebody wants events; changed while all workers are parked
 * @held: bytes of packets that are held until their source is the remote
 */
struct media {
	struct media_conf conf;
	const struct io_ops *io;
	char why[320];
	media_fn *fn;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t answer;
	pthread_cond_t order;
	struct bell bell[2];
	struct worker *worker;
	unsigned int n_workers;
	struct media_sock *socks;
	size_t n;
	struct media_sock **table;
	struct media_counts past;
	struct media_counts counts;
	struct media_counts told;
	uint64_t last_id;
	uint32_t last_pairing;
	bool owing;
	uint64_t stalled;
	struct fault_log stalled_log;
	unsigned int next;
	const struct leg_ops *legs;
	void *legs_arg;
	bool events;
	_Atomic size_t held;
};

/* --- media.c, order.c: for the datapath; by the agent's thread --- */

/**
 * media_find() - the socket that is bound to an address
 * @media: the engine
 * @local: the address
 *
 * Return: the socket or NULL.
 */
struct media_sock *media_find(struct media *media, const struct dp_addr *local);

/**
 * media_park() - have all workers that are wanted wait
 * @media: the engine; &worker.wanted says which
 * @err: the sentence
 *
 * On success the caller has all that belongs to them until media_resume().  On
 * failure nobody waits, and nobody is wanted any more.
 *
 * Return: 0 or -ETIMEDOUT.
 */
int media_park(struct media *media, struct dp_err *err);

/**
 * media_resume() - let parked workers go on; nobody is wanted any more
 * @media: the engine
 */
void media_resume(struct media *media);

/**
 * media_want_all() - all workers are to be parked by the next media_park()
 * @media: the engine
 */
void media_want_all(struct media *media);

/**
 * media_move() - give a socket that has no leg to another worker
 * @sock: the socket; what has arrived waits in it meanwhile
 * @to: the worker
 * @err: the sentence
 *
 * Return: 0, or -ETIMEDOUT: it is where it was, or with nobody once a worker that
 * did not answer in time has let go of it after all.
 */
int media_move(struct media_sock *sock, struct worker *to, struct dp_err *err);

/**
 * media_add_part() - a place for the leg of a part of what is at a socket's port: RTCP, a line
 * @sock: set: it receives nothing, and sends from there; the caller's to media_del()
 * @of: the socket
 * @local: its address, and which part
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int media_add_part(struct media_sock **sock, struct media_sock *of,
		   const struct dp_addr *local, struct dp_err *err);

/**
 * media_part() - which part of a port is that?
 * @of: the socket of the port
 * @line: &dp_addr.line
 * @rtcp: &dp_addr.rtcp
 *
 * By whoever has @of.
 *
 * Return: its leg, or NULL.
 */
struct leg *media_part(const struct media_sock *of, uint8_t line, bool rtcp);

/**
 * media_clear_bell() - the agent is about to look
 * @bell: the bell
 */
void media_clear_bell(struct bell *bell);

/**
 * media_ring_bell() - there is something to look at; by any thread
 * @bell: the bell
 */
void media_ring_bell(struct bell *bell);

/* --- order.c: for media.c --- */

/**
 * media_worker_of() - whose a socket is
 * @sock: the socket
 *
 * One that did not answer in time may let go of it at any moment.
 *
 * Return: the worker or NULL.
 */
struct worker *media_worker_of(struct media_sock *sock);

/**
 * media_hand_over() - a worker has a socket from now on
 * @sock: the socket, nobody's
 * @w: the worker
 */
void media_hand_over(struct media_sock *sock, struct worker *w);

/**
 * media_ask_back() - have a worker let go of a socket, and do not wait for it
 * @sock: the socket; media_take_back() comes after this
 */
void media_ask_back(struct media_sock *sock);

/**
 * media_take_back() - have a worker let go of a socket, and wait for that
 * @sock: the socket
 * @end: if it is too late, the worker closes the socket once it comes to itself; else
 *	it stays where it was, or has no worker when that has seen the order
 * @err: the sentence
 *
 * Return: 0 or -ETIMEDOUT.
 */
int media_take_back(struct media_sock *sock, bool end, struct dp_err *err);

/**
 * media_leave() - have a worker close a socket
 * @sock: the socket; void after the call, unless it has no worker
 * @left: one less when it is closed
 *
 * Return: false if it has no worker, and nothing was done.
 */
bool media_leave(struct media_sock *sock, atomic_uint *left);

/**
 * media_await_end() - wait for a worker that was told to end
 * @w: the worker
 *
 * Return: whether its thread is over.
 */
bool media_await_end(struct worker *w);

/* --- worker.c --- */

/**
 * worker_run() - a worker's thread
 * @arg: the worker
 *
 * Return: NULL.
 */
void *worker_run(void *arg);

/**
 * worker_receive() - a datagram has arrived; by ring.c and epoll.c
 * @w: the worker
 * @sock: the socket
 * @rx: the datagram; void after the call
 *
 * Return: whether its buffer is needed until what is queued has been sent.
 */
bool worker_receive(struct worker *w, struct media_sock *sock,
		    struct rx *rx);

/**
 * worker_pass() - a datagram is the agent's
 * @w: the worker
 * @sock: the socket
 * @rx: the datagram
 */
void worker_pass(struct worker *w, struct media_sock *sock,
		 const struct rx *rx);

/**
 * worker_unsent() - the kernel did not take what was counted as sent
 * @w: the worker
 * @in: the socket that it arrived on, or NULL if that is gone
 * @packets: how many
 * @bytes: bytes of payload of all
 * @error: errno value
 */
void worker_unsent(struct worker *w, struct media_sock *in,
		   unsigned int packets, unsigned int bytes, int error);

/**
 * worker_receive_failed() - a receive ended with an error
 * @w: the worker
 * @sock: the socket
 * @error: errno value
 *
 * Return: whether to go on at once.  If not, it is tried again a little later:
 * the error might come back at once and for ever.
 */
bool worker_receive_failed(struct worker *w, struct media_sock *sock,
			   int error);

/**
 * worker_dropped_at() - what the kernel has dropped at a socket since it was made
 * @sock: the socket
 *
 * Return: datagrams, modulo 2^32.
 */
uint32_t worker_dropped_at(const struct media_sock *sock);

/**
 * worker_let_go() - nothing names a socket any more; by ring.c and epoll.c
 * @w: the worker
 * @sock: the socket, which was disarmed
 */
void worker_let_go(struct worker *w, struct media_sock *sock);

/**
 * worker_fault() - count a fault and, not too often, log it
 * @w: the worker
 * @fault: which
 * @n: how many
 * @fmt: the sentence
 */
void worker_fault(struct worker *w, enum media_fault fault, uint64_t n,
		  const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * worker_doze() - let packets gather for a while
 * @w: the worker, which is busy
 *
 * Not if there is more already; ends early when the agent wants something.
 */
void worker_doze(struct worker *w);

/**
 * worker_leave() - what is a worker's own may be the agent's until worker_enter()
 * @w: the worker, which has nothing to send and is about to wait
 */
void worker_leave(struct worker *w);

/**
 * worker_enter() - it has waited; what is its own is its own again
 * @w: the worker; waits until the agent does not hold it
 */
void worker_enter(struct worker *w);

/**
 * worker_call() - have a worker look at what it is asked; by any thread
 * @w: the worker
 */
void worker_call(struct worker *w);

/**
 * worker_clock() - read the clock
 *
 * Return: monotonic ns.
 */
uint64_t worker_clock(void);

/**
 * rx_control() - the mark that a datagram had, and when it arrived
 * @msg: its control messages
 * @rx: @rx->tos and @rx->stamp are set if they are told
 */
void rx_control(struct msghdr *msg, struct rx *rx);

/**
 * tx_run() - how many packets from here on can leave as one train
 * @w: the worker
 * @i: index of the first in &worker.tx
 *
 * Of one socket to one address, of one TOS and length but for the last.
 *
 * Return: 1 to 64.
 */
unsigned int tx_run(const struct worker *w, unsigned int i);

/**
 * tx_send() - send all that waits in &worker.tx
 * @w: the worker; nothing of an earlier turn is still to be sent
 * @send: sends the @n packets from @i on, as one train
 *
 * Sockets get their marks before: one that stays becomes the socket's own; others go
 * with the packet.
 */
void tx_send(struct worker *w,
	     void (*send)(struct worker *w, unsigned int i, unsigned int n));

/**
 * tx_train_refused() - is a train refused that its packets alone would not be?
 * @error: errno value: a narrow path, no checksums by the device, IPsec
 */
static inline bool tx_train_refused(int error)
{
	return error == EIO || error == EINVAL || error == EMSGSIZE;
}

/** TX_CONTROL - room for the control messages of a train */
#define TX_CONTROL	(CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint16_t)))

/**
 * tx_message() - a train as sendmsg() wants it
 * @tx: its first packet
 * @n: packets in it
 * @iov: filled, for @n
 * @control: filled; TX_CONTROL bytes, aligned as struct cmsghdr is
 * @msg: filled; points to all of these
 *
 * Return: its bytes.
 */
unsigned int tx_message(const struct tx *tx, unsigned int n, struct iovec *iov,
			void *control, struct msghdr *msg);

#endif /* DATAPATH_ENGINE_H */
