/* SPDX-License-Identifier: GPL-2.0 */
/* The sockets of legs: held for us already, their own, or a part of what is at a port. */
#ifndef DATAPATH_LEGSOCK_H
#define DATAPATH_LEGSOCK_H

#include "uring.h"

/**
 * legsock_own() - a socket that lives and dies with its leg
 * @u: the datapath
 * @conf: what is asked of the leg, whose address nobody holds for us
 * @err: the sentence
 *
 * Return: the socket or NULL.
 */
struct media_sock *legsock_own(struct uring *u, const struct dp_leg *conf, struct dp_err *err);

/**
 * legsock_part() - one that sends by the socket of a port, for a part of what is there
 * @u: the datapath
 * @conf: what is asked of the leg of that part: RTCP, a line, a call
 * @err: the sentence
 *
 * Return: the socket or NULL.
 */
struct media_sock *legsock_part(struct uring *u, const struct dp_leg *conf, struct dp_err *err);

/**
 * legsock_enlarge() - room for what waits at a leg's socket
 * @u: the datapath
 * @sock: the socket
 */
void legsock_enlarge(const struct uring *u, struct media_sock *sock);

/** legsock_is_idle() - was it made for calls to share, and has none any more? */
bool legsock_is_idle(const struct media_sock *sock);

/**
 * legsock_close_idle() - close what was opened for a call that is not to be
 * @u: the datapath
 * @local: the call's address
 */
void legsock_close_idle(struct uring *u, const struct dp_addr *local);

#endif /* DATAPATH_LEGSOCK_H */
