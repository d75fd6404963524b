/* SPDX-License-Identifier: GPL-2.0 */
/* UNIX sockets that the agent listens on. */
#ifndef AGENT_UNIX_H
#define AGENT_UNIX_H

/**
 * unix_listen() - listen on a path, for owner and group
 * @path: of the socket; a stale one is replaced
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 *
 * Return: the socket, which does not block; or -errno: -EADDRINUSE if somebody
 * listens there, -EEXIST if something is there that is no socket.
 */
int unix_listen(const char *path, int type);

/**
 * unix_spare() - a descriptor to give up when there is none to accept with
 *
 * Return: it, or -1.
 */
int unix_spare(void);

/**
 * unix_accept() - take a connection
 * @fd: listens
 * @spare: of unix_spare().  If there is no descriptor, it is given up to end the
 *	connection, which would be offered for ever, and made anew
 *
 * Return: the connection, which does not block; or -errno.
 */
int unix_accept(int fd, int *spare);

#endif /* AGENT_UNIX_H */
