/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where next hops are (RFC 3263): c-ares on the loop, never blocking.  Only for
 * names from the configuration: what strangers write is an address, or nowhere
 * (sip_target_numeric()).
 */
#ifndef SIP_RESOLVE_H
#define SIP_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

struct loop;
struct sip_resolver;
struct sip_query;

/** SIP_TARGETS_MAX - targets of one name at most */
#define SIP_TARGETS_MAX	16

/**
 * struct sip_hop - a next hop as configured
 * @host: name or address (IPv6 without brackets)
 * @port: 0: none is said, so SRV is asked for
 * @has_proto: a transport is said (parameter, or sips:)
 * @proto: that
 * @secure: sips: TLS only
 */
struct sip_hop {
	const char *host;
	uint16_t port;
	bool has_proto;
	enum sip_proto proto;
	bool secure;
};

/**
 * struct sip_targets - where a next hop is
 * @n: how many
 * @by_size: nobody said how to send: sip_transport_by_size() may choose
 * @target: in the order in which they are tried
 */
struct sip_targets {
	size_t n;
	bool by_size;
	struct sip_target target[SIP_TARGETS_MAX];
};

/**
 * struct sip_resolve_conf - how to look up
 * @servers: name servers, "A:P,A:P"; NULL: resolv.conf's
 * @timeout: ms for one try (1000); 0: the default, here and below
 * @tries: of each server (2)
 * @ttl_min: s that an answer is kept at least (5)
 * @ttl_max: s that it is kept at most (3600)
 * @ttl_negative: s that "there is no such name" and failures are kept (10)
 * @protos: bits (1 << enum sip_proto) that may be chosen (UDP, TCP, TLS)
 * @ipv4: IPv4 addresses may be chosen
 * @ipv6: IPv6 addresses may be chosen (neither: both)
 */
struct sip_resolve_conf {
	const char *servers;
	unsigned int timeout;
	unsigned int tries;
	unsigned int ttl_min;
	unsigned int ttl_max;
	unsigned int ttl_negative;
	unsigned int protos;
	bool ipv4;
	bool ipv6;
};

/**
 * typedef sip_resolve_fn - it is known where a next hop is
 * @error: 0; -ENOENT: no such name, or nothing there that may be chosen;
 *	-ETIMEDOUT, -EHOSTUNREACH: name servers did not answer; could not be
 *	reached, or refused
 * @targets: with 0; borrowed
 * @arg: as given to sip_resolve()
 */
typedef void sip_resolve_fn(int error, const struct sip_targets *targets,
			    void *arg);

/**
 * sip_resolver_new() - make a resolver
 * @loop: the event loop
 * @conf: copied; NULL: all defaults
 *
 * Return: to be given to sip_resolver_free(); NULL without memory.
 */
struct sip_resolver *sip_resolver_new(struct loop *loop,
				      const struct sip_resolve_conf *conf);

/**
 * sip_resolver_free() - end it; queries that run are forgotten, without a call
 * @r: NULL is fine
 */
void sip_resolver_free(struct sip_resolver *r);

/**
 * sip_resolve() - where is a next hop?
 * @r: the resolver
 * @hop: the next hop, of the configuration; copied
 * @fn: told once, always from a deferred call, never before this returns
 * @arg: for @fn
 *
 * Addresses and what the cache has are told at the end of this turn.  An answer
 * that is too old, but still all there is while name servers do not answer, is
 * told rather than an error.
 *
 * Return: to be given to sip_query_cancel(), valid until @fn is called; NULL
 * without memory, or if the name is too long.
 */
struct sip_query *sip_resolve(struct sip_resolver *r, const struct sip_hop *hop,
			      sip_resolve_fn *fn, void *arg);

/**
 * sip_query_cancel() - @fn is not called any more
 * @query: NULL is fine
 */
void sip_query_cancel(struct sip_query *query);

/**
 * sip_target_numeric() - a target from what a stranger wrote
 * @host: host of a URI: must be an address, with or without brackets
 * @host_len: its bytes
 * @port: 0: the protocol's own
 * @proto: how
 * @target: filled
 *
 * Return: false if @host is no address, or none that can be sent to (unspecified,
 * multicast, broadcast).
 */
bool sip_target_numeric(const char *host, size_t host_len, uint16_t port,
			enum sip_proto proto, struct sip_target *target);

#endif /* SIP_RESOLVE_H */
