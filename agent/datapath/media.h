/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The UDP sockets that the agent holds on its media ports, thousands of them,
 * all received on through one io_uring.
 *
 * A held socket keeps its port from other programs, receives what the datapath
 * passes (STUN, DTLS, TURN, anything unknown), and shows by its counters when
 * media went past the datapath.
 *
 * Life of a socket: media_add() makes it, media_del() ends it: it takes the
 * kernel's last word on the socket's request before it returns, so no callback
 * comes for it any more, its memory is gone, and its port is free for another
 * bind().  That holds inside a callback as well.
 *
 * A &struct media and its sockets belong to one thread.
 */
#ifndef DATAPATH_MEDIA_H
#define DATAPATH_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath.h"

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
 * struct media_counts - what a socket received
 * @packets: datagrams, by class
 * @truncated: datagrams longer than MEDIA_MAX; counted in @packets too, not
 *	given to the callback
 * @errors: failed receives (an ICMP error that the socket reports, ...)
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
 * media_new() - make a ring without sockets
 * @media: the new object; the caller owns it and ends it with media_free()
 * @fn: receives non-RTP datagrams; may be NULL: they are only counted
 * @arg: for @fn
 * @err: the sentence
 *
 * Uses multishot recvmsg with provided buffers (Linux 6.0) and falls back to
 * one recvmsg request at a time per socket where the kernel has none of it.
 *
 * Return: 0 or -errno; -ENOSYS or -EPERM where io_uring is missing or forbidden.
 */
int media_new(struct media **media, media_fn *fn, void *arg,
	      struct dp_err *err);

/**
 * media_single() - do not use multishot receive
 * @media: the object, without sockets yet
 *
 * What media.c does by itself where the kernel has no multishot; for tests.
 */
void media_single(struct media *media);

/**
 * media_free() - close all sockets and end the ring
 * @media: NULL is fine; every &struct media_sock of it is gone after the call
 */
void media_free(struct media *media);

/**
 * media_fd() - wait for this descriptor to be readable, then media_dispatch()
 * @media: the object
 *
 * The ring's own descriptor: register it in any poll or epoll loop
 * (su_root_register()).  It belongs to @media.  That loop's wait may end early
 * with EINTR when a datagram arrives; that is no error.
 *
 * Return: the descriptor.
 */
int media_fd(const struct media *media);

/**
 * media_dispatch() - take what has arrived; never blocks
 * @media: the object
 *
 * Takes a bounded number of datagrams; what is left keeps media_fd() readable.
 *
 * Return: datagrams taken.
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
 * media_del() - close a socket; its port is free when this returns
 * @sock: NULL is fine; void after the call
 */
void media_del(struct media_sock *sock);

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
 * Return: the counters; they live as long as @sock and go on counting.
 */
const struct media_counts *media_sock_counts(const struct media_sock *sock);

/**
 * media_counts() - the same for all sockets together, those of the past too
 * @media: the object
 *
 * Return: the counters; they live as long as @media.
 */
const struct media_counts *media_counts(const struct media *media);

/**
 * media_sockets() - how many sockets are held now
 * @media: the object
 *
 * Return: the number.
 */
size_t media_sockets(const struct media *media);

/**
 * media_multishot() - does the kernel have multishot receive?
 * @media: the object
 *
 * Known after the first media_dispatch() that saw a socket; true until the
 * kernel has refused.
 *
 * Return: true if the ring uses it.
 */
bool media_multishot(const struct media *media);

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
