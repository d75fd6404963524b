/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What carries generic netlink messages: a netlink socket to the kernel, or a
 * UNIX socket to an agent whose datapath is in user space (serve.h).  The same
 * messages go over both, one packet at a time.
 */
#ifndef DATAPATH_GENL_LINK_H
#define DATAPATH_GENL_LINK_H

#include <netlink/msg.h>

#include "datapath/datapath.h"

/** GENL_PACKET_MAX - no packet of answers or events is longer */
#define GENL_PACKET_MAX		65536

/**
 * struct genl_link - an open link
 * @sk: the netlink socket; NULL: a UNIX socket
 * @fd: of either
 * @peer: for sentences: "the kernel", "the agent"
 * @seq: number of the last request
 * @buf: the last packet received
 */
struct genl_link {
	struct nl_sock *sk;
	int fd;
	const char *peer;
	uint32_t seq;
	char buf[GENL_PACKET_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/**
 * genl_link_kernel() - reach the kernel
 * @link: the new link; the caller owns it and ends it with genl_link_close()
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int genl_link_kernel(struct genl_link **link, struct dp_err *err);

/**
 * genl_link_agent() - reach an agent
 * @link: the new link; the caller owns it and ends it with genl_link_close()
 * @path: of its datapath socket
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int genl_link_agent(struct genl_link **link, const char *path,
		    struct dp_err *err);

/**
 * genl_link_close() - end a link
 * @link: NULL is fine
 */
void genl_link_close(struct genl_link *link);

/**
 * genl_link_room() - make room for a burst of events
 * @link: the link
 */
void genl_link_room(struct genl_link *link);

/**
 * genl_link_send() - send a request, numbered
 * @link: the link
 * @hdr: the request; gets its number
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int genl_link_send(struct genl_link *link, struct nlmsghdr *hdr,
		   struct dp_err *err);

/**
 * genl_link_recv() - take one packet
 * @link: the link; the packet is in @link->buf until the next call
 * @flags: of recv(2): 0 or MSG_DONTWAIT
 * @err: the sentence
 *
 * Return: its bytes; 0: it was not from the peer, or a signal came; or -errno,
 * -EAGAIN if there is none, -ENOBUFS if some were lost.
 */
int genl_link_recv(struct genl_link *link, int flags, struct dp_err *err);

#endif /* DATAPATH_GENL_LINK_H */
