// SPDX-License-Identifier: GPL-2.0
/* The datapath socket: who is connected, what they ask, what waits for them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/unix.h"
#include "serve.h"
#include "serve_do.h"

/* messages of an answer go in packets of about so many bytes */
#define PACKET		16384
/* a thousand events must fit while their reader is busy elsewhere */
#define EVENT_ROOM	(1 << 20)
/* bytes of answers from which on those are dropped that are not being read */
#define UNREAD_MAX	(16 << 20)
/* who has done nothing for so long makes room for others, if there is none */
#define IDLE_MS		3000
/* clients looked after in one dispatch */
#define BATCH		16

/**
 * struct client - somebody who is connected
 * @entry: in the list
 * @fd: the connection
 * @listens: events are wanted
 * @behind: events were dropped and the client does not know it yet
 * @seen: monotonic ms when it last did something
 * @out: answers; while there are any, nothing is read
 */
struct client {
	LIST_ENTRY(client) entry;
	int fd;
	bool listens;
	bool behind;
	uint64_t seen;
	struct serve_out out;
};

/**
 * struct serve - the datapath socket
 * @dp: what is served
 * @fd: listens
 * @poll: epoll: @fd and the clients
 * @spare: a descriptor to give up when there is none to accept with
 * @path: of the socket
 * @clients: who is connected
 * @n_clients: how many
 * @waiting: bytes of answers of all clients
 * @events_lost: events that a client was too slow to read
 * @request: the request being looked at
 */
struct serve {
	struct dp *dp;
	int fd;
	int poll;
	int spare;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	LIST_HEAD(, client) clients;
	unsigned int n_clients;
	size_t waiting;
	uint64_t events_lost;
	char request[SERVE_REQUEST_MAX]
		__attribute__((aligned(NLMSG_ALIGNTO)));
};

static void hang_up(struct serve *serve, struct client *client)
{
	serve_out_clear(&client->out);
	close(client->fd);
	LIST_REMOVE(client, entry);
	serve->n_clients--;
	free(client);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * Connections that were forgotten must not keep everybody else out: the one that did
 * nothing for longest goes, but who listens for events.
 */
static void make_room(struct serve *serve)
{
	struct client *client, *idle = NULL;

	if (serve->n_clients < SERVE_CLIENTS_MAX)
		return;
	LIST_FOREACH(client, &serve->clients, entry)
		if (!client->listens && (!idle || client->seen < idle->seen))
			idle = client;
	if (idle && now_ms() - idle->seen >= IDLE_MS)
		hang_up(serve, idle);
}

/* nor must answers that nobody reads: theirs are everybody's memory */
static void drop_unread(struct serve *serve, const struct client *but)
{
	struct client *client, *next;

	for (client = LIST_FIRST(&serve->clients);
	     client && serve->waiting > UNREAD_MAX; client = next) {
		next = LIST_NEXT(client, entry);
		if (client != but && client->out.len &&
		    now_ms() - client->seen >= IDLE_MS)
			hang_up(serve, client);
	}
}

static void watch(struct serve *serve, struct client *client)
{
	struct epoll_event event = { .data.ptr = client };

	event.events = client->out.len ? EPOLLOUT : EPOLLIN;
	if (client->behind)
		event.events |= EPOLLOUT;
	epoll_ctl(serve->poll, EPOLL_CTL_MOD, client->fd, &event);
}

static void welcome(struct serve *serve)
{
	int fd = unix_accept(serve->fd, &serve->spare);
	struct epoll_event event = { .events = EPOLLIN };
	int room = EVENT_ROOM;
	struct client *client;

	if (fd < 0)
		return;
	make_room(serve);
	client = serve->n_clients < SERVE_CLIENTS_MAX ?
		 calloc(1, sizeof(*client)) : NULL;
	event.data.ptr = client;
	if (!client || epoll_ctl(serve->poll, EPOLL_CTL_ADD, fd, &event)) {
		free(client);
		close(fd);
		return;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	client->fd = fd;
	client->seen = now_ms();
	client->out.waiting = &serve->waiting;
	LIST_INSERT_HEAD(&serve->clients, client, entry);
	serve->n_clients++;
}

/* bytes of the next packet: as many whole messages as fit, at least one */
static size_t next_packet(const struct serve_out *out)
{
	const struct nlmsghdr *hdr;
	size_t len = 0;
	size_t more;

	while (out->done + len < out->len) {
		hdr = (const struct nlmsghdr *)(out->buf + out->done + len);
		more = NLMSG_ALIGN(hdr->nlmsg_len);
		if (len && len + more > PACKET)
			break;
		len += more;
	}
	return len;
}

/* false if the client is gone */
static bool flush(struct client *client)
{
	struct serve_out *out = &client->out;
	size_t len;

	while (out->done < out->len) {
		len = next_packet(out);
		if (send(client->fd, out->buf + out->done, len,
			 MSG_NOSIGNAL) < 0)
			return errno == EAGAIN || errno == EINTR;
		out->done += len;
		*out->waiting -= len;
		client->seen = now_ms();
	}
	serve_out_clear(out);
	return true;
}

/* false if the client is gone, or talks nonsense */
static bool hear(struct serve *serve, struct client *client)
{
	struct serve_job job = {
		.dp = serve->dp,
		.out = &client->out,
		.events_lost = serve->events_lost,
	};
	bool answered;
	ssize_t len;

	len = recv(client->fd, serve->request, sizeof(serve->request),
		   MSG_TRUNC);
	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!len || (size_t)len > sizeof(serve->request))
		return false;
	client->seen = now_ms();
	drop_unread(serve, client);
	answered = serve_do(&job, (struct nlmsghdr *)serve->request,
			    (size_t)len);
	/* there may be keys in it */
	explicit_bzero(serve->request, (size_t)len);
	if (!answered)
		return false;
	client->listens |= job.listen;
	return flush(client);
}

/* tell that events were dropped; false: not now */
static bool catch_up(struct client *client)
{
	struct nlmsghdr overrun = {
		.nlmsg_len = sizeof(overrun),
		.nlmsg_type = NLMSG_OVERRUN,
	};

	if (client->behind &&
	    send(client->fd, &overrun, sizeof(overrun), MSG_NOSIGNAL) < 0)
		return false;
	client->behind = false;
	return true;
}

static void attend(struct serve *serve, struct client *client, uint32_t events)
{
	bool here = true;

	if (events & EPOLLOUT && client->behind)
		catch_up(client);
	if (client->out.len)
		here = flush(client);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		here = hear(serve, client);
	if (here)
		watch(serve, client);
	else
		hang_up(serve, client);
}

void serve_dispatch(struct serve *serve)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(serve->poll, events, BATCH, 0);
	int i;

	for (i = 0; i < n; i++) {
		if (events[i].data.ptr)
			attend(serve, events[i].data.ptr, events[i].events);
		else
			welcome(serve);
	}
}

static void tell(struct serve *serve, struct client *client,
		 const struct nlmsghdr *hdr)
{
	if (!client->listens)
		return;
	if (catch_up(client) &&
	    send(client->fd, hdr, hdr->nlmsg_len, MSG_NOSIGNAL) >= 0)
		return;
	serve->events_lost++;
	client->behind = true;
	watch(serve, client);
}

static bool anybody_listens(const struct serve *serve)
{
	const struct client *client;

	LIST_FOREACH(client, &serve->clients, entry)
		if (client->listens)
			return true;
	return false;
}

void serve_event(struct serve *serve, const struct dp_event *event)
{
	struct client *client;
	struct nl_msg *msg;

	if (!serve || !anybody_listens(serve))
		return;
	msg = serve_event_msg(event);
	if (!msg) {
		serve->events_lost++;
		return;
	}
	LIST_FOREACH(client, &serve->clients, entry)
		tell(serve, client, nlmsg_hdr(msg));
	nlmsg_free(msg);
}

int serve_fd(const struct serve *serve)
{
	return serve->poll;
}

static int start(struct serve *serve, const char *path, struct dp_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	serve->fd = unix_listen(path, SOCK_SEQPACKET);
	if (serve->fd == -EADDRINUSE)
		return dp_fail(err, EADDRINUSE,
			       "another rtplaned listens on %s; expected to be the only one",
			       path);
	if (serve->fd < 0)
		return dp_fail(err, -serve->fd,
			       "cannot listen on the datapath socket %s: %s; expected a folder that exists and is ours",
			       path, strerror(-serve->fd));
	snprintf(serve->path, sizeof(serve->path), "%s", path);
	serve->spare = unix_spare();
	serve->poll = epoll_create1(EPOLL_CLOEXEC);
	if (serve->spare < 0 || serve->poll < 0 ||
	    epoll_ctl(serve->poll, EPOLL_CTL_ADD, serve->fd, &event))
		return dp_fail(err, errno,
			       "cannot wait for the datapath socket: %m");
	return 0;
}

int serve_new(struct serve **serve, struct dp *dp, const char *path,
	      struct dp_err *err)
{
	struct serve *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for a datapath socket");
	new->dp = dp;
	new->spare = -1;
	new->poll = -1;
	LIST_INIT(&new->clients);
	ret = start(new, path, err);
	if (ret) {
		serve_free(new);
		return ret;
	}
	*serve = new;
	return 0;
}

void serve_free(struct serve *serve)
{
	struct client *client;

	if (!serve)
		return;
	while ((client = LIST_FIRST(&serve->clients)))
		hang_up(serve, client);
	if (serve->poll >= 0)
		close(serve->poll);
	if (serve->spare >= 0)
		close(serve->spare);
	if (serve->fd >= 0)
		close(serve->fd);
	if (serve->path[0])
		unlink(serve->path);
	free(serve);
}
