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

#endif /* AGENT_UNIX_H */
