/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The datapath socket: a datapath in user space, for other programs.
 *
 * rtplane.ko is reached over generic netlink by whoever may; a datapath that
 * lives in this process is reached over a UNIX socket of whole packets
 * (SOCK_SEQPACKET) that carries the very same messages: struct nlmsghdr, struct
 * genlmsghdr, attributes of <linux/rtplane.h>; answers, dumps in several parts,
 * NLMSG_ERROR with a sentence and the place of the trouble.  What differs:
 *
 * - A packet carries one request, of at most SERVE_REQUEST_MAX bytes.
 * - CTRL_CMD_GETFAMILY of the family "rtplane" tells its number, as in the
 *   kernel.  There is no group to join: CTRL_CMD_GETMCAST_GRP with the attribute
 *   CTRL_ATTR_FAMILY_ID asks for events on this connection from now on.
 * - Events that a client is too slow to read are dropped and counted; it finds
 *   an NLMSG_OVERRUN in their place.
 * - What needs the module (devices, natmaps) is refused: EOPNOTSUPP and a
 *   sentence.
 * - The mode of the file (owner and group) decides who may; there is no
 *   difference between looking and changing.
 *
 * Nothing here blocks: who does not read its answer is not listened to.
 */
#ifndef DATAPATH_SERVE_H
#define DATAPATH_SERVE_H

#include "datapath/datapath.h"

/** SERVE_REQUEST_MAX - bytes of the longest request */
#define SERVE_REQUEST_MAX	(1 << 20)
/** SERVE_CLIENTS_MAX - connections at a time; who comes later is hung up on */
#define SERVE_CLIENTS_MAX	64
/** SERVE_WAITING_MAX - bytes of answers that wait to be read, of all clients */
#define SERVE_WAITING_MAX	(64 << 20)

struct serve;

/**
 * serve_new() - listen
 * @serve: the new object; the caller owns it and ends it with serve_free()
 * @dp: what is served; outlives @serve
 * @path: of the socket; a stale one is replaced, a live one is an error
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int serve_new(struct serve **serve, struct dp *dp, const char *path,
	      struct dp_err *err);

/**
 * serve_free() - hang up on everybody and remove the socket
 * @serve: NULL is fine
 */
void serve_free(struct serve *serve);

/**
 * serve_fd() - wait for this descriptor to be readable, then serve_dispatch()
 * @serve: the object
 *
 * Return: the descriptor, which belongs to @serve.
 */
int serve_fd(const struct serve *serve);

/**
 * serve_dispatch() - answer requests that have come; never blocks
 * @serve: the object
 *
 * At most one request of each client; what is left keeps serve_fd() readable.
 */
void serve_dispatch(struct serve *serve);

/**
 * serve_event() - tell those who asked for events
 * @serve: the object; NULL is fine
 * @event: what happened
 */
void serve_event(struct serve *serve, const struct dp_event *event);

#endif /* DATAPATH_SERVE_H */
