/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests of the datapath socket: judged and read as the module does it
 * (kmod/nlparse.c, nlbridge.c, nlleg.c), with its sentences.
 */
#ifndef DATAPATH_SERVE_ASK_H
#define DATAPATH_SERVE_ASK_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "datapath/sources.h"

struct serve_state;

/**
 * struct serve_ask - a request
 * @hdr: the message, whole; from a stranger
 * @at: what the refusal is about, in the message; NULL: nothing that can be
 *	pointed at, or the sentence names it
 * @err: why it was refused
 * @sources: those of keys in it, which what is read from it points to; whoever made
 *	it gives the request to serve_ask_end()
 * @states: states of legs in it, likewise
 */
struct serve_ask {
	struct nlmsghdr *hdr;
	const struct nlattr *at;
	struct dp_err err;
	struct dp_sources sources;
	struct serve_state *states;
};

/**
 * serve_refuse() - say why a request is refused
 * @ask: the request
 * @at: the attribute that is wrong, or NULL
 * @code: errno value, positive
 * @fmt: the sentence, as printf()
 *
 * Return: -@code.
 */
int serve_refuse(struct serve_ask *ask, const struct nlattr *at, int code,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/**
 * serve_check() - are the attributes of a request of the contract?
 * @ask: the request, with a sound header
 *
 * Unknown ones, such that are read only, wrong lengths, values out of range and
 * bytes left over are refused.  All that follows relies on it.
 *
 * Return: 0 or -errno.
 */
int serve_check(struct serve_ask *ask);

/**
 * serve_bridges() - what BRIDGE_NEW or BRIDGE_SET asks
 * @ask: the request, checked
 * @bridges: allocated; the caller frees it with free(), also on error
 * @n: how many
 *
 * Return: 0 or -errno.
 */
int serve_bridges(struct serve_ask *ask, struct dp_bridge **bridges, size_t *n);

/**
 * serve_del() - what BRIDGE_DEL asks
 * @ask: the request, checked
 * @del: filled
 * @locals: what @del points to; the caller frees it with free(), also on error
 * @state: the state of the one bridge that goes is to be told
 *
 * Return: 0 or -errno.
 */
int serve_del(struct serve_ask *ask, struct dp_del *del,
	      struct dp_addr **locals, bool *state);

/**
 * serve_leg() - what LEG_SET asks
 * @ask: the request, checked
 * @leg: filled
 *
 * Return: 0 or -errno.
 */
int serve_leg(struct serve_ask *ask, struct dp_leg *leg);

/**
 * serve_local() - the leg that LEG_GET names
 * @ask: the request, checked
 * @local: filled
 * @state: its state is to be told
 *
 * Return: 0 or -errno.
 */
int serve_local(struct serve_ask *ask, struct dp_addr *local, bool *state);

/**
 * serve_cookie() - the cookie that a dump of LEG_GET names
 * @ask: the request, checked
 * @given: is there one?
 * @cookie: filled if there is
 * @state: states are to be told
 *
 * Return: 0, or -errno where the dump is to be narrowed by something else.
 */
int serve_cookie(struct serve_ask *ask, bool *given, uint64_t *cookie,
		 bool *state);

/**
 * serve_ask_end() - free what was read from a request
 * @ask: the request
 */
void serve_ask_end(struct serve_ask *ask);

#endif /* DATAPATH_SERVE_ASK_H */
