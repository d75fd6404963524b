/* SPDX-License-Identifier: GPL-2.0 */
/* Requests of the datapath socket: carried out and answered. */
#ifndef DATAPATH_SERVE_DO_H
#define DATAPATH_SERVE_DO_H

#include <netlink/msg.h>

#include "datapath/datapath.h"

/**
 * struct serve_out - messages on their way to a client
 * @buf: the messages, one after the other, each aligned
 * @len: their bytes
 * @room: bytes of @buf
 * @done: of @len, sent
 * @waiting: sum of what waits in all such queues
 * @failed: a message was left out: no memory, or too much waits
 */
struct serve_out {
	char *buf;
	size_t len;
	size_t room;
	size_t done;
	size_t *waiting;
	bool failed;
};

/* forget what is in it, and its memory */
void serve_out_clear(struct serve_out *out);

/**
 * struct serve_job - a request and what it needs
 * @dp: the datapath
 * @out: takes the answer
 * @listen: set if the client asks for events
 * @events_lost: events that clients were too slow to read, for the totals
 */
struct serve_job {
	struct dp *dp;
	struct serve_out *out;
	bool listen;
	uint64_t events_lost;
};

/**
 * serve_do() - carry a request out
 * @job: with @job->out empty; holds the answer afterwards
 * @hdr: the request, whole, from a stranger
 * @len: bytes that were received
 *
 * Return: false if it is no netlink message, or no answer can be made: hang up.
 */
bool serve_do(struct serve_job *job, struct nlmsghdr *hdr, size_t len);

/**
 * serve_event_msg() - an event as a message
 * @event: what happened
 *
 * Return: the message, which the caller frees; NULL: no memory.
 */
struct nl_msg *serve_event_msg(const struct dp_event *event);

#endif /* DATAPATH_SERVE_DO_H */
