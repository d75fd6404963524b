/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder need of each other. */
#ifndef NG_PRIVATE_H
#define NG_PRIVATE_H

#include <stdio.h>
#include <sys/queue.h>
#include <time.h>

#include "base/log.h"
#include "base/timer.h"
#include "ng.h"
#include "replay.h"
#include "tree.h"

/** NG_REPLY_MAX - bytes of a reply that fit into a datagram */
#define NG_REPLY_MAX	65000

/* ------------------------------------------------------------------ requests */

/**
 * struct ng_request - a request that is being done
 * @ng: the front end
 * @from: who asks
 * @in: what it says
 * @command: its name
 * @reply: the reply
 * @out: its dictionary
 * @result: of the reply
 * @error: room for a sentence of an error
 */
struct ng_request {
	struct ng *ng;
	const struct dp_addr *from;
	const struct ng_value *in;
	struct span command;
	struct ng_tree reply;
	struct ng_value *out;
	const char *result;
	char error[256];
};

/**
 * typedef ng_command_fn - do a request
 * @request: its reply is filled, but for the result
 *
 * Return: NULL; or what is wrong, static or in @request->error, and then nothing has
 * changed that ran.
 */
typedef const char *ng_command_fn(struct ng_request *request);

/**
 * ng_request() - do a request
 * @ng: the front end
 * @from: who asks; he may
 * @message: all of it
 * @len: bytes of the reply
 *
 * Return: the reply, for free(); NULL if there is to be none.
 */
char *ng_request(struct ng *ng, const struct dp_addr *from,
		 struct span message, size_t *len);

/**
 * ng_refusal() - the reply to what cannot even be read
 * @message: what came; its cookie is in the reply
 * @reason: what is wrong
 * @len: bytes of the reply
 *
 * Return: as ng_request().
 */
char *ng_refusal(struct span message, const char *reason, size_t *len);

/* ----------------------------------------------------------------- listeners */

/**
 * struct ng_listener - a socket
 * @ng: the front end
 * @i: its number in the configuration
 * @fd: the socket
 * @watch: of @fd
 * @pause: TCP: until when it does not accept, for want of descriptors
 */
struct ng_listener {
	struct ng *ng;
	size_t i;
	int fd;
	struct loop_fd *watch;
	struct timer pause;
};

struct ng_udp;

/* open the socket of a listener whose ng and i are set; 0 or -errno */
int ng_udp_open(struct ng_listener *listener);
int ng_tcp_open(struct ng_listener *listener);
/* close it; its connections stay until ng_tcp_close_all() */
void ng_listener_close(struct ng_listener *listener);
void ng_tcp_close_all(struct ng *ng);
/* make and bind the socket of @listener; it, or -errno */
int ng_listener_socket(const struct ng_listener *listener, int type);
/* may he ask? */
bool ng_listener_allows(const struct ng_listener *listener,
			const struct dp_addr *from);

/* ----------------------------------------------------------------- the whole */

/**
 * struct ng_counters - since the start
 * @requests: messages that were read
 * @errors: of these, answered by an error
 * @repeated: messages that were asked before, and got the same reply
 * @strangers: datagrams and connections of those who may not ask
 * @garbage: messages without a cookie, which get no reply
 */
struct ng_counters {
	uint64_t requests;
	uint64_t errors;
	uint64_t repeated;
	uint64_t strangers;
	uint64_t garbage;
};

struct ng_conn;

/**
 * struct ng - the front end
 * @conf: as given, but for @config
 * @config: the one that holds now
 * @timers: the loop's
 * @listener: one for each of the configuration's
 * @n_listeners: how many are open
 * @udp: memory for reading datagrams; NULL: none are read
 * @conns: connections
 * @n_conns: how many
 * @replay: replies to datagrams
 * @counters: what happened
 * @started: CLOCK_REALTIME
 * @draining: no new calls
 */
struct ng {
	struct ng_conf conf;
	struct config *config;
	struct timers *timers;
	struct ng_listener *listener;
	size_t n_listeners;
	struct ng_udp *udp;
	LIST_HEAD(, ng_conn) conns;
	unsigned int n_conns;
	struct ng_replay *replay;
	struct ng_counters counters;
	struct timespec started;
	bool draining;
};

#endif /* NG_PRIVATE_H */
