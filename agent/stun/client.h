/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address that a STUN server sees us by: asked for one local address at once, and
 * again when addresses change or nobody answered, and kept for all calls.
 *
 * It knows neither sockets nor a loop: datagrams go out by a function, come in by
 * stun_client_receive(), and time is that of a &struct timers.
 */
#ifndef STUN_CLIENT_H
#define STUN_CLIENT_H

#include "base/timer.h"
#include "stun/stun.h"

struct stun_client;

/** STUN_CLIENT_WHY - room for the sentence of a &struct stun_client_state */
#define STUN_CLIENT_WHY	160

/**
 * struct stun_client_conf - how it asks; a member that is 0 is the default
 * @rto: ms until a request is repeated, doubling each time; 0: 100
 * @tries: requests at most (Rc of RFC 8489 6.2.1); 0: 7
 * @last: how many @rto the last one is waited for (Rm); 0: 16
 * @again: ms after a failure until it is asked again, doubling with each that
 *	follows; 0: 5,000
 * @again_max: ms that this grows to; 0: 300,000
 * @refresh: ms after an answer until it is asked again; 0: never
 * @random: fills memory with bytes that nobody can guess, false if it cannot; NULL:
 *	OpenSSL's
 */
struct stun_client_conf {
	uint32_t rto;
	uint32_t tries;
	uint32_t last;
	uint32_t again;
	uint32_t again_max;
	uint32_t refresh;
	bool (*random)(void *buf, size_t n);
};

/**
 * struct stun_client_state - what is known
 * @mapped: our address as the server saw it last; family 0: not known
 * @asking: a request is out
 * @rtt: ms that the last answer took
 * @sent: requests sent
 * @answered: answers that were used
 * @ignored: datagrams that were no answer: another source or transaction, no STUN
 * @why: why the last question failed, a sentence; empty: it did not
 */
struct stun_client_state {
	struct dp_addr mapped;
	bool asking;
	uint32_t rtt;
	uint64_t sent;
	uint64_t answered;
	uint64_t ignored;
	char why[STUN_CLIENT_WHY];
};

/**
 * struct stun_client_ops - what it needs
 * @send: send a datagram from the local address; may not call back
 * @changed: the address is another one, or it could not be learned, which
 *	&struct stun_client_state tells; may stun_client_free() it; may be NULL
 */
struct stun_client_ops {
	void (*send)(void *arg, const struct dp_addr *to, const void *data,
		     size_t len);
	void (*changed)(void *arg, const struct stun_client_state *state);
};

/**
 * stun_client_new() - begin to ask
 * @timers: the clock; outlives it
 * @conf: how; NULL: all defaults; copied
 * @server: whom, of the family of the local address
 * @ops: what it needs; outlives it
 * @arg: for @ops
 *
 * The first request is sent by the next timers_run().
 *
 * Return: the client, the caller's to stun_client_free(); NULL without memory.
 */
struct stun_client *stun_client_new(struct timers *timers,
				    const struct stun_client_conf *conf,
				    const struct dp_addr *server,
				    const struct stun_client_ops *ops,
				    void *arg);

/**
 * stun_client_free() - ask no more
 * @client: NULL is fine
 */
void stun_client_free(struct stun_client *client);

/**
 * stun_client_ask() - ask again: an address of this host has changed
 * @client: the client
 * @forget: what was known holds no longer, whatever the server says
 *
 * The request is sent by the next timers_run().
 */
void stun_client_ask(struct stun_client *client, bool forget);

/**
 * stun_client_server() - ask another server from now on
 * @client: the client
 * @server: whom
 *
 * What was known is kept until it answers.
 */
void stun_client_server(struct stun_client *client,
			const struct dp_addr *server);

/**
 * stun_client_receive() - a datagram came in by the local address
 * @client: the client
 * @from: its source
 * @data: the datagram
 * @len: its bytes
 *
 * Return: true if it was an answer that it waited for; anything else may be somebody
 * else's.
 */
bool stun_client_receive(struct stun_client *client,
			 const struct dp_addr *from, const void *data,
			 size_t len);

/**
 * stun_client_state() - what is known now
 * @client: the client
 *
 * Return: the state; void with the next call for @client.
 */
const struct stun_client_state *
stun_client_state(const struct stun_client *client);

#endif /* STUN_CLIENT_H */
