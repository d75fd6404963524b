// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

/* an answer that has not come by then was lost */
#define PATIENCE_MS	10000
#define REPLY_ROOM	65536

/**
 * struct nft_link - the way to nftables
 * @nl: the socket, used by whoever runs a batch
 * @sndbuf: bytes that it may hold
 * @done: hears of batches
 * @arg: for @done
 * @wake: tells the loop
 * @watch: of @wake
 * @thread: sends
 * @running: there is @thread
 * @lock: protects what follows
 * @changed: something of that has changed
 * @job: waits for the thread, or is in its hands
 * @finished: @job was done
 * @stop: the thread shall end
 */
struct nft_link {
	struct mnl_socket *nl;
	size_t sndbuf;
	void (*done)(struct nft_batch *batch, void *arg);
	void *arg;
	int wake;
	struct loop_fd *watch;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nft_batch *job;
	bool finished;
	bool stop;
};

/* --------------------------------------------------------------------- a batch */

static void refuse(struct nft_batch *batch, uint32_t index, int error,
		   const char *words)
{
	if (batch->error)	/* what follows from the first is no news */
		return;
	batch->error = error;
	snprintf(batch->sentence, sizeof(batch->sentence), "nftables: %s: %s%s%s%s",
		 index < batch->n ? batch->what[index] : "the whole",
		 strerror(error), words ? " (" : "", words ? words : "",
		 words ? ")" : "");
}

/* the kernel's own sentence, if it sent one; ack headers are cut (NETLINK_CAP_ACK) */
static const char *words_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	size_t offset = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += err->msg.nlmsg_len - sizeof(err->msg);
	mnl_attr_for_each(attr, nlh, offset)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	return NULL;
}

/* true if nothing more comes of this batch */
static bool take_reply(struct nft_batch *batch, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	uint32_t index = nlh->nlmsg_seq - batch->seq;

	if (nlh->nlmsg_type != NLMSG_ERROR || index >= batch->n ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*err)))
		return false;
	if (err->error)
		refuse(batch, index, -err->error, words_of(nlh));
	/* the last but the end, or the begin: then the rest was not looked at */
	return index == batch->n - 2 || (!index && err->error);
}

static bool take_replies(struct nft_batch *batch, const char *buf, size_t len)
{
	const struct nlmsghdr *nlh = (const void *)buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (take_reply(batch, nlh))
			return true;
	return false;
}

static void await(struct nft_link *link, struct nft_batch *batch)
{
	struct pollfd poll_fd = { mnl_socket_get_fd(link->nl), POLLIN, 0 };
	char buf[REPLY_ROOM] __attribute__((aligned(8)));
	ssize_t n;
	int ready;

	for (;;) {
		ready = poll(&poll_fd, 1, PATIENCE_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			refuse(batch, 0, ready ? errno : ETIMEDOUT, NULL);
			return;
		}
		n = mnl_socket_recvfrom(link->nl, buf, sizeof(buf));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0) {
			refuse(batch, 0, errno, NULL);
			return;
		}
		if (take_replies(batch, buf, (size_t)n))
			return;
	}
}

/* a batch is one message to the socket, however long it is */
static void make_room(struct nft_link *link, size_t len)
{
	int fd = mnl_socket_get_fd(link->nl), want;

	if (len + 4096 <= link->sndbuf)
		return;
	want = (int)(len + len / 4 + 65536);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof(want)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	link->sndbuf = (size_t)want;
}

bool nft_link_run(struct nft_link *link, struct nft_batch *batch)
{
	ssize_t n;

	make_room(link, batch->len);
	do {
		n = mnl_socket_sendto(link->nl, batch->buf, batch->len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		refuse(batch, 0, errno, NULL);
	else
		await(link, batch);
	return !batch->error;
}

/* ------------------------------------------------------------------ the thread */

static void *sender(void *arg)
{
	struct nft_link *link = arg;
	struct nft_batch *batch;
	uint64_t one = 1;

	pthread_mutex_lock(&link->lock);
	for (;;) {
		while (!link->stop && (!link->job || link->finished))
			pthread_cond_wait(&link->changed, &link->lock);
		if (!link->job || link->finished)
			break;
		batch = link->job;
		pthread_mutex_unlock(&link->lock);
		nft_link_run(link, batch);
		pthread_mutex_lock(&link->lock);
		link->finished = true;
		pthread_cond_broadcast(&link->changed);
		if (write(link->wake, &one, sizeof(one)) < 0)
			break;	/* an eventfd is never full of ones */
	}
	pthread_mutex_unlock(&link->lock);
	return NULL;
}

void nft_link_send(struct nft_link *link, struct nft_batch *batch)
{
	pthread_mutex_lock(&link->lock);
	link->job = batch;
	link->finished = false;
	pthread_cond_broadcast(&link->changed);
	pthread_mutex_unlock(&link->lock);
}

/* the batch that was done, if there is one */
static struct nft_batch *fetch(struct nft_link *link, bool wait)
{
	struct nft_batch *batch = NULL;

	pthread_mutex_lock(&link->lock);
	while (wait && link->job && !link->finished)
		pthread_cond_wait(&link->changed, &link->lock);
	if (link->finished) {
		batch = link->job;
		link->job = NULL;
		link->finished = false;
	}
	pthread_mutex_unlock(&link->lock);
	return batch;
}

struct nft_batch *nft_link_wait(struct nft_link *link)
{
	return fetch(link, true);
}

static void on_wake(unsigned int events, void *arg)
{
	struct nft_link *link = arg;
	struct nft_batch *batch;
	uint64_t n;

	if (read(link->wake, &n, sizeof(n)) < 0)
		return;
	batch = fetch(link, false);
	if (batch)
		link->done(batch, link->arg);
}

/* signals are the loop's thread's */
static bool start_thread(struct nft_link *link)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	link->running = !pthread_create(&link->thread, NULL, sender, link);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return link->running;
}

/* ---------------------------------------------------------------- begin and end */

static bool open_socket(struct nft_link *link)
{
	int one = 1;

	link->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!link->nl || mnl_socket_bind(link->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return false;
	mnl_socket_setsockopt(link->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(link->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	return true;
}

struct nft_link *nft_link_new(struct loop *loop,
			      void (*done)(struct nft_batch *batch, void *arg),
			      void *arg, char *error)
{
	struct nft_link *link = calloc(1, sizeof(*link));

	if (!link) {
		snprintf(error, CONFIG_ERROR_LEN, "nftables: no memory");
		return NULL;
	}
	link->done = done;
	link->arg = arg;
	pthread_mutex_init(&link->lock, NULL);
	pthread_cond_init(&link->changed, NULL);
	link->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->wake >= 0 && open_socket(link))
		link->watch = loop_fd_new(loop, link->wake, LOOP_READ, on_wake,
					  link);
	if (!link->watch || !start_thread(link)) {
		snprintf(error, CONFIG_ERROR_LEN, "nftables: cannot be reached: %s",
			 strerror(errno));
		nft_link_free(link);
		return NULL;
	}
	return link;
}

void nft_link_free(struct nft_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&link->lock);
	link->stop = true;
	pthread_cond_broadcast(&link->changed);
	pthread_mutex_unlock(&link->lock);
	if (link->running)
		pthread_join(link->thread, NULL);
	nft_batch_free(link->job);
	loop_fd_free(link->watch);
	if (link->wake >= 0)
		close(link->wake);
	if (link->nl)
		mnl_socket_close(link->nl);
	pthread_cond_destroy(&link->changed);
	pthread_mutex_destroy(&link->lock);
	free(link);
}
