/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The media engine: the UDP sockets that the agent holds on its media ports,
 * thousands of them, received on by worker threads, one io_uring each (epoll
 * where io_uring is missing or forbidden).
 *
 * A held socket keeps its port from other programs and receives what the module
 * passes (STUN, DTLS, TURN, anything unknown).  With the datapath "uring"
 * (uring.c) media is relayed on the very same sockets, by the worker that has
 * them.  What no leg takes is counted and, unless it is RTP or RTCP, handed to
 * the agent's thread by media_dispatch().
 *
 * Life of a socket: media_add() makes it, media_del() ends it: it takes the
 * kernel's last word on the socket's request before it returns, so no callback
 * comes for it any more, its memory is gone, and its port is free for another
 * bind().  That holds inside a callback as well.
 *
 * All functions here are for one thread, the agent's.
 */
#ifndef DATAPATH_MEDIA_H
#define DATAPATH_MEDIA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/datapath.h"

struct media;
struct media_sock;

/**
 * enum media_class - RFC 7983 class of a datagram, by its first bytes
 * @MEDIA_STUN: 0 to 3
 * @MEDIA_DTLS: 20 to 63
 * @MEDIA_TURN: 64 to 79, TURN channel
 * @MEDIA_RTP: 128 to 191 and not RTCP
 * @MEDIA_RTCP: 128 to 191, second byte without its top bit 64 to 95 (RFC 5761)
 * @MEDIA_UNKNOWN: all else, and datagrams shorter than two bytes
 * @MEDIA_CLASSES: number of classes
 */
enum media_class {
	MEDIA_STUN,
	MEDIA_DTLS,
	MEDIA_TURN,
	MEDIA_RTP,
	MEDIA_RTCP,
	MEDIA_UNKNOWN,
	MEDIA_CLASSES
};

/**
 * struct media_counts - what a socket received that no leg took
 * @packets: datagrams, by class
 * @truncated: datagrams longer than MEDIA_MAX; counted in @packets too, not
 *	given to the callback
 * @errors: failed receives
 */
struct media_counts {
	uint64_t packets[MEDIA_CLASSES];
	uint64_t truncated;
	uint64_t errors;
};

/** MEDIA_MAX - longest datagram that is received whole, bytes */
#define MEDIA_MAX	2048

/**
 * typedef media_fn - receives what is neither RTP nor RTCP
 * @sock: the socket it came in by; the function may media_del() it, or any other
 * @class: never MEDIA_RTP nor MEDIA_RTCP
 * @src: where it came from
 * @data: the datagram; gone after the call
 * @len: its bytes
 * @arg: as given to media_new()
 *
 * Called by media_dispatch() only.
 */
typedef void media_fn(struct media_sock *sock, enum media_class class,
		      const struct dp_addr *src, const uint8_t *data,
		      size_t len, void *arg);

/**
 * enum media_io - how the workers receive and send
 * @MEDIA_IO_AUTO: io_uring where it can be had, else epoll
 * @MEDIA_IO_URING: io_uring or nothing
 * @MEDIA_IO_EPOLL: epoll, recvmmsg() and sendmmsg()
 */
enum media_io {
	MEDIA_IO_AUTO,
	MEDIA_IO_URING,
	MEDIA_IO_EPOLL,
};

/** MEDIA_WORKERS_MAX - worker threads at most */
#define MEDIA_WORKERS_MAX	64

/**
 * struct media_conf - what an engine is made of; zero is the default of each
 * @io: enum media_io
 * @workers: threads; default: one for each CPU that we may run on
 * @batch: us that a busy worker gathers packets for; 0: 500, UINT32_MAX: never
 * @patience: ms that the agent waits for a worker before it gives up; 0: 1000
 * @buffers: receive buffers of a worker, a power of two; 0: 1024
 * @completions: room of a worker's ring for what the kernel says, a power of two;
 *	0: 16384
 * @place: called with the @arg of media_new() when a socket is held (@open) and when it
 *	no longer is; may be NULL
 * @soon: called with that @arg when the workers have orders for which nobody waits:
 *	media_flush() is to be called within some milliseconds.  NULL: they are told
 *	of each order at once.
 */
struct media_conf {
	enum media_io io;
	unsigned int workers;
	uint32_t batch;
	uint32_t patience;
	uint32_t buffers;
	uint32_t completions;
	void (*place)(const struct dp_addr *local, bool open, void *arg);
	void (*soon)(void *arg);
};

/**
 * enum media_fault - what can go wrong on the way, by counter
 * @MEDIA_FAULT_STALLED: times that a worker did not answer in time
 * @MEDIA_FAULT_NO_BUFFERS: times that receiving paused because every buffer was
 *	in use; what had arrived waited in the socket
 * @MEDIA_FAULT_CQ_OVERFLOW: completions that found the ring full; the kernel
 *	keeps them until there is room
 * @MEDIA_FAULT_DROPPED: datagrams that the kernel dropped at a socket: there was no
 *	room, or the checksum was wrong; told up to a second later
 * @MEDIA_FAULT_RECEIVE: receives that failed
 * @MEDIA_FAULT_SEND: packets that the kernel did not take
 * @MEDIA_FAULT_NOMEM: times that memory was missing
 * @MEDIA_FAULT_AGENT_SLOW: datagrams lost because the agent did not take them
 * @MEDIA_FAULT_EVENTS_LOST: events lost because the agent did not take them
 * @MEDIA_FAULT_RESTARTED: receives begun again after the kernel had ended them
 * @MEDIA_FAULTS: number of counters
 */
enum media_fault {
	MEDIA_FAULT_STALLED,
	MEDIA_FAULT_NO_BUFFERS,
	MEDIA_FAULT_CQ_OVERFLOW,
	MEDIA_FAULT_DROPPED,
	MEDIA_FAULT_RECEIVE,
	MEDIA_FAULT_SEND,
	MEDIA_FAULT_NOMEM,
	MEDIA_FAULT_AGENT_SLOW,
	MEDIA_FAULT_EVENTS_LOST,
	MEDIA_FAULT_RESTARTED,
	MEDIA_FAULTS
};

/**
 * media_new() - start an engine without sockets
 * @media: the new object; the caller owns it and ends it with media_free()
 * @conf: what it is made of; NULL: all defaults
 * @fn: receives non-RTP datagrams; may be NULL: they are only counted
 * @arg: for @fn
 * @err: the sentence
 *
 * The threads take over the caller's signal mask: block before this what they
 * must not handle.  io_uring needs Linux 6.1; why epoll was taken instead is
 * logged, and told by media_why().
 *
 * Return: 0 or -errno; with MEDIA_IO_URING -ENOSYS, -EINVAL or -EPERM where
 * io_uring is missing, too old or forbidden.
 */
int media_new(struct media **media, const struct media_conf *conf,
	      media_fn *fn, void *arg, struct dp_err *err);

/**
 * media_io_name() - what the workers use
 * @media: the object
 *
 * Return: "io_uring" or "epoll".
 */
const char *media_io_name(const struct media *media);

/**
 * media_why() - why it is not io_uring
 * @media: the object
 *
 * Return: a sentence; empty if io_uring is used or was not wanted.
 */
const char *media_why(const struct media *media);

/**
 * media_workers() - worker threads
 * @media: the object
 *
 * Return: how many there are.
 */
unsigned int media_workers(const struct media *media);

/**
 * media_fault() - a fault counter
 * @media: the object
 * @fault: which
 *
 * Return: how often it happened, all workers.
 */
uint64_t media_fault(const struct media *media, enum media_fault fault);

/**
 * media_fault_name() - word for a fault: "stalled", "no_buffers", ...
 * @fault: which
 *
 * Return: static string.
 */
const char *media_fault_name(enum media_fault fault);

/**
 * media_free() - close all sockets and end the workers
 * @media: NULL is fine; every &struct media_sock of it is gone after the call
 */
void media_free(struct media *media);

/**
 * media_fd() - wait for this descriptor to be readable, then media_dispatch()
 * @media: the object
 *
 * Register it in any poll or epoll loop (su_root_register()).  It belongs to
 * @media.
 *
 * Return: the descriptor.
 */
int media_fd(const struct media *media);

/**
 * media_dispatch() - take what the workers have for the agent; never blocks
 * @media: the object
 *
 * Takes a bounded number of datagrams; what is left keeps media_fd() readable.
 *
 * Return: datagrams given to the callback.
 */
unsigned int media_dispatch(struct media *media);

/**
 * media_add() - receive on a socket
 * @media: the object
 * @sock: the new socket; valid until media_del()
 * @fd: a bound UDP socket; on success it belongs to @media and is closed by
 *	media_del(), on failure it stays the caller's
 * @user: for media_sock_user()
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int media_add(struct media *media, struct media_sock **sock, int fd, void *user,
	      struct dp_err *err);

/**
 * media_open() - make a socket, and receive on it
 * @media: the object
 * @sock: the new socket; valid until media_del()
 * @local: the address that it is bound to
 * @tos: TOS or traffic class of what is sent from it
 * @user: for media_sock_user()
 * @err: the sentence
 *
 * Return: 0 or -errno; -EADDRINUSE: another program has the port.
 */
int media_open(struct media *media, struct media_sock **sock,
	       const struct dp_addr *local, uint8_t tos, void *user,
	       struct dp_err *err);

/**
 * media_rest() - nobody has a socket any more, and it stays open for who is next
 * @sock: what comes by it meets nobody until media_rouse(); it may be given to
 *	media_del() and media_del_later()
 *
 * To its end and begin it is like a new one, in counts and options.
 *
 * Return: false, and nothing was done, if it cannot be used again.
 */
bool media_rest(struct media_sock *sock);

/**
 * media_rouse() - somebody has a socket again
 * @sock: rests
 * @user: for media_sock_user()
 */
void media_rouse(struct media_sock *sock, void *user);

/**
 * media_del() - close a socket; its port is free when this returns
 * @sock: NULL is fine; void after the call
 */
void media_del(struct media_sock *sock);

/**
 * media_del_both() - media_del() of two sockets of one engine, whose workers are waited for
 * together
 * @a: NULL is fine
 * @b: NULL is fine
 */
void media_del_both(struct media_sock *a, struct media_sock *b);

/**
 * media_del_later() - close a socket, but wait for nobody; its port is not free before
 *	@left says so
 * @sock: void after the call; without &media_conf.soon it is closed when this returns
 * @left: one less when the socket is closed, by any thread; stays until then
 */
void media_del_later(struct media_sock *sock, atomic_uint *left);

/**
 * media_flush() - have the workers look at their orders
 * @media: the object
 */
void media_flush(struct media *media);

/**
 * media_settle() - wait until all sockets of media_del_later() are closed
 * @media: the object
 *
 * Return: false if a worker does not answer in time.
 */
bool media_settle(struct media *media);

/**
 * media_send() - send a datagram from a socket (a STUN answer)
 * @sock: the socket
 * @dst: where to; of the socket's family
 * @data: the datagram
 * @len: its bytes
 *
 * Return: 0 or -errno; never blocks: -EAGAIN if the socket is full.
 */
int media_send(struct media_sock *sock, const struct dp_addr *dst,
	       const void *data, size_t len);

/**
 * media_sock_local() - the address a socket is bound to
 * @sock: the socket
 *
 * Return: the address; lives as long as @sock.
 */
const struct dp_addr *media_sock_local(const struct media_sock *sock);

/**
 * media_sock_user() - what media_add() was given
 * @sock: the socket
 *
 * Return: the pointer.
 */
void *media_sock_user(const struct media_sock *sock);

/**
 * media_sock_counts() - what a socket received so far
 * @sock: the socket
 *
 * Return: the counters as they are now; void with the next call.
 */
const struct media_counts *media_sock_counts(struct media_sock *sock);

/**
 * media_counts() - the same for all sockets together, those of the past too
 * @media: the object
 *
 * Return: the counters as they are now; void with the next call for @media.
 */
const struct media_counts *media_counts(struct media *media);

/**
 * media_sockets() - how many sockets are held now
 * @media: the object
 *
 * Return: the number.
 */
size_t media_sockets(const struct media *media);

/**
 * media_classify() - RFC 7983 section 7, RFC 5761 section 4
 * @data: a datagram
 * @len: its bytes
 *
 * Return: its class.
 */
enum media_class media_classify(const uint8_t *data, size_t len);

/**
 * media_class_name() - word for a class: "stun", "dtls", "turn", "rtp", "rtcp",
 *	"unknown"
 * @class: the class
 *
 * Return: static string.
 */
const char *media_class_name(enum media_class class);

#endif /* DATAPATH_MEDIA_H */
