/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIP's transports: listeners, connections, and the flows that messages come and
 * go by.
 *
 * What comes: a datagram, or a message cut out of a stream, passes the limits
 * of this file, then the gate (gate.h), then the parser, and only then goes up,
 * with its flow.  A stranger holds nothing but a connection, counted by source
 * and in all, with an end in time.
 *
 * What goes: by a flow.  A response goes by the flow of its request, which leads
 * to where that came from, whatever its Via says (RFC 3261 18.2.2, RFC 3581;
 * maddr is never followed).  A request of a dialog goes by the dialog's flow; a
 * request to a new place by sip_transport_flow(), which finds or makes one.
 * That is done before the request is written, since its Via names the flow's
 * listener.
 */
#ifndef SIP_TRANSPORT_H
#define SIP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "sip/gate.h"
#include "sip/header.h"

struct loop;
struct sip_conn;
struct sip_flow;
struct sip_gate;
struct sip_listener;
struct sip_msg;
struct sip_transport;

/** SIP_HOST_MAX - bytes of the longest host name, its NUL included */
#define SIP_HOST_MAX	256

/** SIP_TRANSPORT_ERROR_LEN - room for the longest sentence of an error */
#define SIP_TRANSPORT_ERROR_LEN	1024

/**
 * struct sip_limits - what strangers may cost; 0 in any: the default
 * @connections: connections in all (4096), of which an eighth is kept for sources
 *	that the gate knows; outgoing ones do not count
 * @per_source: connections of one unknown source, an IPv6 source being its /64 (32),
 *	where its gate has no @connections
 * @per_realm: connections of one realm's listeners (@connections)
 * @reserve: descriptors that stay free for others than strangers (64)
 * @message: bytes of a whole message (SIP_MAX_SIZE)
 * @head: bytes of its head (SIP_MAX_HEAD)
 * @unfinished: bytes of unfinished messages of all connections (16 MiB)
 * @head_ms: ms from a message's first byte to its last (10000)
 * @idle_ms: ms without a byte, CRLFs count (600000)
 * @first_ms: ms from a connection's begin to its first whole message (10000)
 * @handshake_ms: ms for TLS's handshake (5000)
 * @connect_ms: ms for connect() (3000)
 * @failed_ms: ms that TCP is not chosen by size after it failed somewhere (30000);
 *	a third of it, that a place that did not answer connect() is left alone
 * @rate: messages a second of one connection (500); its bursts are of twice as
 *	many, and above that it is read from no faster
 * @output: bytes that wait for a slow reader (262144); above that it is closed
 */
struct sip_limits {
	unsigned int connections;
	unsigned int per_source;
	unsigned int per_realm;
	unsigned int reserve;
	size_t message;
	size_t head;
	size_t unfinished;
	unsigned int head_ms;
	unsigned int idle_ms;
	unsigned int first_ms;
	unsigned int handshake_ms;
	unsigned int connect_ms;
	unsigned int failed_ms;
	unsigned int rate;
	size_t output;
};

/**
 * struct sip_counters - what happened so far
 * @received: messages that went up
 * @sent: messages given to the kernel or to a connection's queue
 * @send_failed: messages that could not be
 * @garbage: what was no SIP, dropped in silence, and what was no WebSocket for SIP
 * @stray: responses whose topmost Via is not ours, dropped
 * @refused: messages that the gate dropped or answered
 * @accepted: connections taken
 * @turned_away: connections not taken: caps, gate, descriptors
 * @no_descriptor: times that accept() had no descriptor
 * @slow_head: connections closed because a message took too long
 * @idle: connections closed because nothing came
 * @too_big: messages above the limits
 * @too_fast: times that a connection was paused for its rate
 * @slow_reader: connections closed because their output waited
 * @handshakes: TLS handshakes done
 * @handshake_failed: TLS handshakes that failed or took too long
 * @pings: double CRLFs, pings of WebSocket, and STUN of who is watched, answered
 * @connections: connections there are now, accepted ones
 */
struct sip_counters {
	uint64_t received;
	uint64_t sent;
	uint64_t send_failed;
	uint64_t garbage;
	uint64_t stray;
	uint64_t refused;
	uint64_t accepted;
	uint64_t turned_away;
	uint64_t no_descriptor;
	uint64_t slow_head;
	uint64_t idle;
	uint64_t too_big;
	uint64_t too_fast;
	uint64_t slow_reader;
	uint64_t handshakes;
	uint64_t handshake_failed;
	uint64_t pings;
	uint64_t connections;
};

/**
 * struct sip_transport_ops - upcalls, given at creation
 * @message: a message came; its @source is set.  @flow and @msg are borrowed: who
 *	keeps them takes references (sip_msg_hold()).  @msg may have a fault that
 *	is to be answered, or (a response) logged.  May send, may make and drop
 *	flows, may not free the transport.
 * @closed: a connection is over (@error: 0, or an errno); its flow is borrowed.
 *	Called from a deferred call, after those who watch the flow were told.
 *	NULL is fine.
 * @offence: a source sent what is no SIP, or what its gate refuses: @why is one of
 *	SIP_GATE_GARBAGE, SIP_GATE_DENIED and SIP_GATE_RATE.  @proven: it has shaken
 *	hands (TCP, TLS), so that its address is not forged.  NULL is fine.
 * @underway: is this request, which the gate has no room for, one of a transaction that
 *	is there?  Then it goes up all the same: a retransmission must not be refused
 *	where the first was taken.  NULL: none is
 * @stray: a response whose topmost Via is none of ours, both borrowed; nobody else hears of
 *	it.  NULL is fine.
 */
struct sip_transport_ops {
	void (*message)(struct sip_flow *flow, struct sip_msg *msg, void *arg);
	void (*closed)(struct sip_flow *flow, int error, void *arg);
	void (*offence)(const struct dp_addr *source, enum sip_gate_reason why,
			bool proven, void *arg);
	bool (*underway)(struct sip_flow *flow, const struct sip_msg *msg, void *arg);
	void (*stray)(struct sip_flow *flow, const struct sip_msg *msg, void *arg);
};

/**
 * struct sip_listen - a listener that is asked for
 * @proto: what it speaks: UDP, TCP, TLS, or WebSocket over either of these two, by
 *	which others come to us and we go to nobody (RFC 7118)
 * @local: address and port that it binds to
 * @advertise: what Via and Contact say
 * @realm: whose it is; only compared, and handed out again
 * @gate: who may come in, shared by the realm's listeners; NULL: everybody.
 *	Outlives the transport: connections stay when the listener is closed
 * @dscp: of what it sends
 * @symmetric: answer to the port that a request came from even if its Via has no
 *	rport (RFC 3581), as NAT wants it
 * @certificates: TLS: folder with agent.pem (key and chain) and cafile.pem (who
 *	is trusted; may be missing)
 * @client_certificates: TLS: clients must show a certificate of cafile.pem's
 * @insecure: TLS: certificates of servers are not verified
 * @origins: WebSocket: pages of browsers that may come, by their Origin
 *	("https://phone.example.com"); who has none is no browser
 * @n_origins: how many; 0: all may
 *
 * Copied.
 */
struct sip_listen {
	enum sip_proto proto;
	struct dp_addr local;
	struct dp_addr advertise;
	void *realm;
	struct sip_gate *gate;
	uint8_t dscp;
	bool symmetric;
	const char *certificates;
	bool client_certificates;
	bool insecure;
	const char *const *origins;
	size_t n_origins;
};

/**
 * struct sip_listener - a listener that is open; to read only
 * @proto: as asked for
 * @local: as bound (port 0 has become one)
 * @advertise: as asked for (port 0: as @local)
 * @realm: as asked for
 */
struct sip_listener {
	enum sip_proto proto;
	struct dp_addr local;
	struct dp_addr advertise;
	void *realm;
};

/**
 * struct sip_flow - how to reach somebody: the connection or address pair that a
 * message came by or goes by; to read only
 * @listener: it came in by, or whose addresses it shows; lives as long as the
 *	flow
 * @remote: the other end: source of what comes
 * @reply: where a response to the message being delivered goes: of UDP without
 *	rport and not symmetric, @remote with the port of the Via; else @remote.
 *	A reference keeps the one of the message that was delivered when it was
 *	taken
 * @proto: what it speaks, as @listener
 * @conn: the connection; NULL with UDP, and when it is over
 * @peer: TLS: the name that the other end has proved (@target's host, or the
 *	subject of a client's certificate), or ""
 *
 * All messages of a connection have one flow; of UDP, each has its own.
 */
struct sip_flow {
	const struct sip_listener *listener;
	struct dp_addr remote;
	struct dp_addr reply;
	enum sip_proto proto;
	struct sip_conn *conn;
	const char *peer;
};

/**
 * struct sip_target - a place to send a request to
 * @proto: how
 * @addr: where
 * @host: the name that a TLS server's certificate must have; "": the address
 *
 * Made by the resolver (resolve.h) for next hops, or from an address.
 */
struct sip_target {
	enum sip_proto proto;
	struct dp_addr addr;
	char host[SIP_HOST_MAX];
};

/**
 * struct sip_flow_watch - somebody who must know when a flow is over: part of a
 * transaction, a dialog, a binding
 * @lost: called once: the connection is over or could not be made; @error: errno,
 *	ECONNRESET for an orderly end.  UDP: the other end's host or a router says
 *	that nobody is there, and shows what was sent, a branch of ours in it.  No
 *	caller of the transport is on the stack.  The watch is off then
 * @arg: for @lost
 * @entry: the transport's
 * @flow: the transport's; not NULL: it watches
 */
struct sip_flow_watch {
	void (*lost)(struct sip_flow *flow, int error, void *arg);
	void *arg;
	LIST_ENTRY(sip_flow_watch) entry;
	struct sip_flow *flow;
};

/**
 * sip_transport_new() - make the transports, without any listener
 * @loop: the event loop
 * @limits: copied; NULL: all defaults
 * @ops: copied
 * @arg: for @ops
 *
 * Return: to be given to sip_transport_free(); NULL without memory.
 */
struct sip_transport *sip_transport_new(struct loop *loop,
					const struct sip_limits *limits,
					const struct sip_transport_ops *ops,
					void *arg);

/**
 * sip_transport_free() - close all listeners and connections
 * @t: NULL is fine.  No upcall is made any more.  Flows that are still held stay
 *	valid for reading and for sip_flow_unref(); sending by them fails
 */
void sip_transport_free(struct sip_transport *t);

/**
 * sip_transport_counters() - what happened so far
 * @t: the transports
 *
 * Return: borrowed, counts on.
 */
const struct sip_counters *sip_transport_counters(const struct sip_transport *t);

/**
 * sip_transport_listen() - open a listener
 * @t: the transports
 * @listen: what is asked for
 * @listener: set on success; lives until sip_listener_close(), and longer for
 *	flows that are held
 * @error: on failure a sentence, of SIP_TRANSPORT_ERROR_LEN bytes
 *
 * Return: 0 or -errno.
 */
int sip_transport_listen(struct sip_transport *t,
			 const struct sip_listen *listen,
			 struct sip_listener **listener, char *error);

/**
 * sip_listener_close() - take no more; connections that are there stay
 * @listener: not used any more by the caller; NULL is fine
 */
void sip_listener_close(struct sip_listener *listener);

/**
 * sip_listener_reload() - read the certificates again
 * @listener: of any protocol
 * @error: on failure a sentence, of SIP_TRANSPORT_ERROR_LEN bytes; the old ones
 *	stay in use
 *
 * Connections that are there go on with what they were made with.
 *
 * Return: 0 or -errno.
 */
int sip_listener_reload(struct sip_listener *listener, char *error);

/**
 * sip_transport_flow() - a flow to a place: an existing connection that we made
 * to just there, or a new one, or UDP's
 * @t: the transports
 * @realm: whose listeners may send
 * @target: where to
 * @flow: set on success, to be given to sip_flow_unref()
 *
 * Never blocks: a new connection may still fail, which those who watch the flow
 * are told.  What is sent meanwhile waits, as bytes of the output limit.
 *
 * Connections that others made to us are used for requests by their flow only
 * (RFC 5923 without aliases: whoever says alias in a Via has proved nothing).
 *
 * Return: 0; -EADDRNOTAVAIL: the realm has no listener of this protocol and
 * address family; -EHOSTDOWN: it did not answer just now and is left alone;
 * other -errno.
 */
int sip_transport_flow(struct sip_transport *t, const void *realm,
		       const struct sip_target *target, struct sip_flow **flow);

/**
 * sip_transport_flow_at() - the same by the listener that binds to an address
 * @t: the transports
 * @realm: whose listener it must be
 * @local: address and port of the listener
 * @target: where to
 * @flow: set on success, to be given to sip_flow_unref()
 *
 * For a flow of a former agent: what is between lets nothing through from elsewhere.
 *
 * Return: as sip_transport_flow().
 */
int sip_transport_flow_at(struct sip_transport *t, const void *realm,
			  const struct dp_addr *local,
			  const struct sip_target *target, struct sip_flow **flow);

/**
 * sip_transport_by_size() - TCP for what is too big for UDP (RFC 3261 18.1.1)
 * @t: the transports
 * @realm: whose listeners may send
 * @target: a place to which nobody said how to send (no transport parameter, no
 *	NAPTR or SRV record); its protocol is set
 * @len: bytes of the request
 *
 * TCP if @len is above 1300, the realm has a TCP listener of the family, and TCP
 * has not failed there just now; else UDP.  When such a flow is lost before
 * anything was received by it, ask again: the answer is UDP then.
 */
void sip_transport_by_size(struct sip_transport *t, const void *realm,
			   struct sip_target *target, size_t len);

/**
 * sip_transport_ours() - does a Via or a Contact name one of our listeners?
 * @t: the transports
 * @addr: its address and port
 * @proto: its protocol
 *
 * Return: the listener that binds to it or advertises it, or NULL.
 */
const struct sip_listener *sip_transport_ours(const struct sip_transport *t,
					      const struct dp_addr *addr,
					      enum sip_proto proto);

/**
 * sip_flow_ref() - keep a flow
 * @flow: the flow
 *
 * A flow that is kept keeps no connection open: that ends by its own rules.
 *
 * Return: @flow.
 */
struct sip_flow *sip_flow_ref(struct sip_flow *flow);

/**
 * sip_flow_unref() - keep it no more
 * @flow: NULL is fine
 */
void sip_flow_unref(struct sip_flow *flow);

/**
 * sip_flow_send() - send a message
 * @flow: by which
 * @buf: the whole message; copied where it must wait
 * @len: its bytes
 *
 * A request goes to the flow's remote.
 *
 * Return: 0: given to the kernel, or waiting in the connection's queue; those
 * who watch the flow are told if that never gets through.  -ENOTCONN: the
 * connection is over; -EMSGSIZE: too big for a datagram; -ENOBUFS: too much
 * waits, the connection is closed; other -errno as of sendto().
 */
int sip_flow_send(struct sip_flow *flow, const void *buf, size_t len);

/**
 * sip_flow_reply() - send a response
 * @flow: the request's
 * @buf: the whole message
 * @len: its bytes
 *
 * As sip_flow_send(), to the flow's @reply address.
 *
 * Return: as sip_flow_send().
 */
int sip_flow_reply(struct sip_flow *flow, const void *buf, size_t len);

/**
 * sip_flow_ping() - send a double CRLF (RFC 5626 4.4.1); on UDP too, for NAT
 * @flow: by which
 *
 * Return: as sip_flow_send().
 */
int sip_flow_ping(struct sip_flow *flow);

/**
 * sip_flow_ask_stun() - send a STUN Binding request by UDP, a double CRLF by all else
 * @flow: by which
 *
 * An answer, which comes through a NAT from inside, is not waited for and not told.
 *
 * Return: as sip_flow_send().
 */
int sip_flow_ask_stun(struct sip_flow *flow);

/**
 * sip_flow_close() - end the flow's connection; UDP: nothing
 * @flow: those who watch it are told
 */
void sip_flow_close(struct sip_flow *flow);

/**
 * sip_flow_hold() - somebody who is known uses this connection
 * @flow: of a dialog or a binding; UDP: nothing
 *
 * Its idle time does not end it while it is held.  Counted: each needs a
 * sip_flow_let().
 */
void sip_flow_hold(struct sip_flow *flow);

/**
 * sip_flow_let() - undo sip_flow_hold()
 * @flow: the flow
 */
void sip_flow_let(struct sip_flow *flow);

/**
 * sip_flow_watch() - be told when a flow is over
 * @flow: the flow; a reference is kept while it is watched
 * @watch: @lost and @arg are set; watches nothing yet
 */
void sip_flow_watch(struct sip_flow *flow, struct sip_flow_watch *watch);

/**
 * sip_flow_unwatch() - be told no more
 * @watch: need not watch anything
 */
void sip_flow_unwatch(struct sip_flow_watch *watch);

/**
 * sip_flow_same() - do two flows lead to the same place by the same way?
 * @a: a flow, or NULL
 * @b: another, or NULL
 *
 * Return: true with one connection, or with UDP from one listener to one address
 * and port.
 */
bool sip_flow_same(const struct sip_flow *a, const struct sip_flow *b);

/**
 * sip_flow_target() - the place at a flow's other end, for a request when the
 * flow itself is over
 * @flow: the flow
 * @target: filled: @remote, which nobody may listen on if they connected to us
 */
void sip_flow_target(const struct sip_flow *flow, struct sip_target *target);

/**
 * sip_proto_param() - word for a protocol in a transport parameter ("udp")
 * @proto: the protocol
 *
 * Return: static string, "" for none.
 */
const char *sip_proto_param(enum sip_proto proto);

/**
 * sip_proto_is_secure() - does nobody on the way read it?
 * @proto: the protocol
 *
 * Return: true for TLS, and WebSocket over it.
 */
bool sip_proto_is_secure(enum sip_proto proto);

/**
 * sip_proto_port() - the port where nobody says one
 * @proto: the protocol
 *
 * Return: 5060, or what RFC 3261 and RFC 7118 have for @proto.
 */
uint16_t sip_proto_port(enum sip_proto proto);

/**
 * sip_proto_is_reliable() - does it carry by connections?
 * @proto: the protocol
 *
 * Return: true for all that we speak but UDP.
 */
bool sip_proto_is_reliable(enum sip_proto proto);

#endif /* SIP_TRANSPORT_H */
