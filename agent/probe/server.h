/* SPDX-License-Identifier: GPL-2.0 */
/* What the server makes of a datagram: nothing of a stranger's is kept or answered. */
#ifndef PROBE_SERVER_H
#define PROBE_SERVER_H

#include "probe/probe.h"

/** PROBE_CLIENTS - clients at a time */
#define PROBE_CLIENTS	8

/** PROBE_IDLE - microseconds after which a client that says nothing is forgotten */
#define PROBE_IDLE	30000000u

/** PROBE_GONE - clients that have gone whose names are remembered */
#define PROBE_GONE	64

/** PROBE_HELLOS - cookies that are made in a second, whoever asks */
#define PROBE_HELLOS	200

struct probe_server;

/**
 * struct probe_server_conf - what it serves
 * @key: of the token
 * @secret: by chance, of this run
 * @lo: first port
 * @hi: last port
 * @sip: port for SIP, 0: none
 * @flags: of its offers: PROBE_SIP_USED, PROBE_NO_TCP
 * @udp_used: a bit for each port from @lo on that is somebody else's
 * @tcp_used: the same of TCP
 */
struct probe_server_conf {
	struct probe_key key;
	struct probe_key secret;
	uint16_t lo;
	uint16_t hi;
	uint16_t sip;
	uint16_t flags;
	uint8_t udp_used[PROBE_BITMAP];
	uint8_t tcp_used[PROBE_BITMAP];
};

/**
 * struct probe_arrival - what arrived
 * @from: whence
 * @at: where
 * @tos: with which TOS or traffic class
 * @tcp: by TCP
 * @now: microseconds, never backwards
 * @data: it
 * @len: its bytes
 */
struct probe_arrival {
	struct dp_addr from;
	struct dp_addr at;
	uint8_t tos;
	bool tcp;
	uint64_t now;
	const void *data;
	size_t len;
};

/**
 * probe_server_new() - begin
 * @conf: copied
 *
 * Return: for probe_server_free(); NULL without memory.
 */
struct probe_server *probe_server_new(const struct probe_server_conf *conf);

/** probe_server_free() - end; NULL is fine */
void probe_server_free(struct probe_server *server);

/**
 * probe_answer() - a datagram, or what came by TCP
 * @server: the server
 * @in: what arrived
 * @out: filled, PROBE_MAX bytes
 * @tos: the TOS with which the answer is to be sent
 *
 * Return: bytes of the answer, never more than @in has; 0: there is none.
 */
size_t probe_answer(struct probe_server *server, const struct probe_arrival *in,
		    uint8_t *out, uint8_t *tos);

/**
 * probe_hear_sip() - a datagram at the port for SIP, which is never answered
 * @server: the server
 * @in: what arrived
 *
 * Return: true if it was a client's, and is kept for it.
 */
bool probe_hear_sip(struct probe_server *server, const struct probe_arrival *in);

/** probe_server_clients() - clients that are there now */
size_t probe_server_clients(const struct probe_server *server);

#endif /* PROBE_SERVER_H */
