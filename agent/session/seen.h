/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How an address of ours is seen from outside: a STUN server is asked, from a media port,
 * so that what a NAT or a firewall does with media ports is what is learned.
 *
 * The answer is for all calls; what it says of the port is only whether ports stay as they
 * are.  Where they do not, nobody could be told where a call's port is, and nothing is
 * offered.
 */
#ifndef SESSION_SEEN_H
#define SESSION_SEEN_H

#include "base/timer.h"
#include "policy.h"
#include "stun/client.h"

struct seen;

/** SEEN_WHY - room for the sentence of a &struct seen_report */
#define SEEN_WHY	320

/**
 * struct seen_conf - whose address
 * @realm: of which realm, for people; copied
 * @listen: the address; its port is not looked at
 * @advertise: what descriptions say instead
 * @ports: its ports; a reference is taken
 * @to: told what is learned; a reference is taken
 * @timers: the clock; outlives it
 * @stun: how it asks; NULL: all defaults, and again every five minutes
 */
struct seen_conf {
	const char *realm;
	struct dp_addr listen;
	struct dp_addr advertise;
	struct ports *ports;
	struct session_seen *to;
	struct timers *timers;
	const struct stun_client_conf *stun;
};

/**
 * struct seen_report - what is known
 * @server: who is asked; family 0: nobody yet
 * @from: our port that it is asked from; family 0: it was not asked yet
 * @mapped: as it saw that last; family 0: it has not answered
 * @offered: that address is what calls are offered
 * @why: what is in the way, a sentence; empty: nothing
 */
struct seen_report {
	struct dp_addr server;
	struct dp_addr from;
	struct dp_addr mapped;
	bool offered;
	char why[SEEN_WHY];
};

/**
 * seen_new() - nobody is asked yet
 * @conf: copied
 *
 * Return: to be given to seen_free(); NULL without memory.
 */
struct seen *seen_new(const struct seen_conf *conf);

/**
 * seen_free() - ask no more; the port goes back
 * @seen: NULL is fine
 *
 * What was learned stays in &seen_conf.to.
 */
void seen_free(struct seen *seen);

/**
 * seen_server() - whom to ask from now on
 * @seen: the address
 * @server: the server; of the address' family
 *
 * The one that is asked already changes nothing; what another one's predecessor said is
 * kept until it answers.  May be called again and again: what failed is tried anew.
 */
void seen_server(struct seen *seen, const struct dp_addr *server);

/**
 * seen_no_server() - it is not known whom to ask; who is asked already goes on to be
 * @seen: the address
 * @why: a sentence
 */
void seen_no_server(struct seen *seen, const char *why);

/**
 * seen_ask() - ask again: addresses of this host have changed
 * @seen: the address
 */
void seen_ask(struct seen *seen);

/**
 * seen_receive() - a datagram that looks like STUN came in
 * @seen: the address
 * @sock: by that socket
 * @from: its source
 * @data: the datagram
 * @len: its bytes
 *
 * Return: false if the socket is not the one that it asks from.
 */
bool seen_receive(struct seen *seen, const struct media_sock *sock,
		  const struct dp_addr *from, const void *data, size_t len);

/**
 * seen_tell() - what is known
 * @seen: the address
 * @report: filled
 */
void seen_tell(const struct seen *seen, struct seen_report *report);

#endif /* SESSION_SEEN_H */
