/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of this host have changed: the kernel tells (rtnetlink). */
#ifndef BASE_IFWATCH_H
#define BASE_IFWATCH_H

struct ifwatch;
struct loop;

/**
 * ifwatch_new() - watch the addresses of this network namespace
 * @loop: the event loop
 * @fn: called when addresses came or went, once for all that came with one second
 * @arg: for @fn
 *
 * Return: to be given to ifwatch_free(); NULL with errno.
 */
struct ifwatch *ifwatch_new(struct loop *loop, void (*fn)(void *arg), void *arg);

/**
 * ifwatch_free() - watch no more
 * @watch: NULL is fine
 */
void ifwatch_free(struct ifwatch *watch);

#endif /* BASE_IFWATCH_H */
