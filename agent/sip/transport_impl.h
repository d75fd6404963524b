/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the transport share.  Private to transport*.c.
 *
 * Ownership: the transport has a list of listeners, and of connections.  A flow is
 * held by its connection, and by whoever took a reference; it holds its listener.
 * A connection is closed at once (conn_close(): descriptor, timer, places in
 * tables) and freed in a deferred call, so that all functions that stand on it can
 * go on: they look at its state.
 */
#ifndef SIP_TRANSPORT_IMPL_H
#define SIP_TRANSPORT_IMPL_H

#include <sys/queue.h>

#include "base/loop.h"
#include "base/timer.h"
#include "frame.h"
#include "transport.h"

struct tls;
struct tls_creds;
struct ws;
struct listener;
struct flow;

/* bytes read at once, of a connection or a datagram */
#define SIP_READ_MAX	65536
#define SIP_TABLE	1024	/* lists of a table, a power of two */
#define SIP_FAILED	64	/* failures that are remembered */

/**
 * struct sip_carrier - a protocol: a row of the table in transport.c
 * @open: bind; fills listener.fd.  0 or -errno
 * @shut: undo @open
 * @reload: read the certificates again; NULL: there are none
 * @flow: find or make a flow to a place
 * @watch: somebody watches a flow, the first; NULL: nothing to be done
 * @unwatch: nobody does any more
 * @send: send to @to (connections: to their other end)
 * @ping: keep the way open; NULL: by a double CRLF (RFC 5626 4.4.1)
 */
struct sip_carrier {
	int (*open)(struct listener *l, const struct sip_listen *listen,
		    char *error);
	void (*shut)(struct listener *l);
	int (*reload)(struct listener *l, char *error);
	int (*flow)(struct listener *l, const struct sip_target *target,
		    struct flow **flow);
	void (*watch)(struct flow *flow);
	void (*unwatch)(struct flow *flow);
	int (*send)(struct flow *flow, const struct dp_addr *to,
		    const void *buf, size_t len);
	int (*ping)(struct flow *flow);
};

extern const struct sip_carrier sip_carrier_udp;
extern const struct sip_carrier sip_carrier_tcp;
extern const struct sip_carrier sip_carrier_tls;
extern const struct sip_carrier sip_carrier_ws;
extern const struct sip_carrier sip_carrier_wss;

/**
 * struct listener - a listener
 * @pub: what others see
 * @t: the transport; NULL: it is gone
 * @carrier: its protocol
 * @refs: the transport's, and one of each flow
 * @entry: in the transport's list
 * @open: not closed yet: one of @refs is the transport's
 * @gate: who may come in
 * @dscp: of what it sends
 * @symmetric: answer to the source's port always
 * @fd: -1: closed
 * @watch: of @fd
 * @pause: until when it does not accept, for want of descriptors
 * @conns: connections that it accepted
 * @load: UDP: how much waits to be read
 * @certificates: TLS: the folder
 * @creds: TLS: what is in it
 * @insecure: TLS: servers need not prove who they are
 * @client_certificates: TLS: clients must
 * @origins: WebSocket: pages of browsers that may come; NULL: all
 * @n_origins: how many
 */
struct listener {
	struct sip_listener pub;
	struct sip_transport *t;
	const struct sip_carrier *carrier;
	unsigned int refs;
	LIST_ENTRY(listener) entry;
	bool open;
	struct sip_gate *gate;
	uint8_t dscp;
	bool symmetric;
	int fd;
	struct loop_fd *watch;
	struct timer pause;
	unsigned int conns;
	enum sip_load load;
	char *certificates;
	struct tls_creds *creds;
	bool insecure;
	bool client_certificates;
	char **origins;
	size_t n_origins;
};

/**
 * struct flow - a flow
 * @pub: what others see
 * @listener: a reference
 * @refs: who holds it
 * @holds: sip_flow_hold() without sip_flow_let()
 * @watches: who wants to know that it is over
 * @peer: pub.peer, if it is not ""
 * @watched: UDP: in the transport's table, while it is watched
 * @sent: UDP: the begin of what was sent last while it was watched: only who has
 *	seen that can say that it did not get there
 * @n_sent: bytes of @sent
 */
struct flow {
	struct sip_flow pub;
	struct listener *listener;
	unsigned int refs;
	unsigned int holds;
	LIST_HEAD(, sip_flow_watch) watches;
	char *peer;
	LIST_ENTRY(flow) watched;
	char *sent;
	size_t n_sent;
};

/**
 * struct bytes - a buffer that grows
 * @p: the memory
 * @n: bytes in it
 * @at: of these, consumed
 * @room: its size
 */
struct bytes {
	char *p;
	size_t n;
	size_t at;
	size_t room;
};

/**
 * enum conn_state - what a connection is doing
 * @CONN_CONNECTING: connect() has not ended
 * @CONN_HANDSHAKE: TLS's has not ended
 * @CONN_OPEN: messages come and go
 * @CONN_ENDING: our end is shut; what comes is thrown away, for a moment
 * @CONN_CLOSED: there is none any more; freed at the end of the turn
 */
enum conn_state {
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_ENDING,
	CONN_CLOSED
};

/**
 * struct sip_conn - a connection
 * @t: the transport
 * @flow: its flow, a reference
 * @state: what it is doing
 * @accepted: it was made by the other end
 * @spoke: a whole message has come
 * @paused: nothing is read, until @resume
 * @error: closed: why
 * @fd: -1: closed
 * @watch: of @fd
 * @timer: set to the first of the deadlines below, or earlier
 * @begun: ms, when it began
 * @heard: ms, when something came last
 * @message: ms, when the first byte of an unfinished message came; 0: there is none
 * @resume: ms, when reading goes on
 * @due: us, as a token bucket: see conn_too_fast()
 * @in: what came and is not consumed
 * @frame: where in it
 * @out: what waits to be sent
 * @pending: TLS: what waits for the handshake
 * @tls: TLS's; NULL: plain
 * @ws: WebSocket's; NULL: it speaks none
 * @host: outgoing: target.host
 * @later: frees it
 * @entry: in the transport's list
 * @same: in the table by address
 */
struct sip_conn {
	struct sip_transport *t;
	struct flow *flow;
	enum conn_state state;
	bool accepted;
	bool spoke;
	bool paused;
	int error;
	int fd;
	struct loop_fd *watch;
	struct timer timer;
	uint64_t begun;
	uint64_t heard;
	uint64_t message;
	uint64_t resume;
	uint64_t due;
	struct bytes in;
	struct sip_frame frame;
	struct bytes out;
	struct bytes pending;
	struct tls *tls;
	struct ws *ws;
	char *host;
	struct loop_later later;
	LIST_ENTRY(sip_conn) entry;
	LIST_ENTRY(sip_conn) same;
};

/**
 * struct failed - a place that could not be reached
 * @proto: how
 * @addr: where
 * @at: ms, when
 * @silent: it did not answer at all
 */
struct failed {
	enum sip_proto proto;
	struct dp_addr addr;
	uint64_t at;
	bool silent;
};

/**
 * struct sip_transport - the transports
 * @loop: the loop
 * @limits: with their defaults filled in
 * @ops: upcalls
 * @arg: for @ops
 * @counters: what happened
 * @listeners: open ones
 * @conns: connections, closed ones that wait to be freed too
 * @table: the same by address: accepted ones by their source's (an IPv6 one's
 *	/64), our own by their target's
 * @failed: places that could not be reached, a ring
 * @next_failed: its next place
 * @unfinished: bytes in all connections' in buffers
 * @spare: a descriptor to give up when there is none to accept with
 * @load: the worst of the listeners' loads, told to all gates
 * @loaded: when the log was last told of it, ms; 0: never
 * @seed: nobody can foretell tags of refusals
 * @scratch: SIP_READ_MAX bytes, for reading
 * @udp: memory of transport_udp.c
 * @watched: flows by UDP that are watched, by their other end
 * @passing: a flow for the next datagram, so that strangers cost no memory
 */
struct sip_transport {
	struct loop *loop;
	struct sip_limits limits;
	struct sip_transport_ops ops;
	void *arg;
	struct sip_counters counters;
	LIST_HEAD(, listener) listeners;
	LIST_HEAD(, sip_conn) conns;
	LIST_HEAD(, sip_conn) table[SIP_TABLE];
	struct failed failed[SIP_FAILED];
	unsigned int next_failed;
	size_t unfinished;
	int spare;
	enum sip_load load;
	uint64_t loaded;
	uint64_t seed[2];
	char *scratch;
	void *udp;
	LIST_HEAD(, flow) watched[SIP_TABLE];
	struct flow *passing;
};

/* transport.c */

/**
 * sip_input() - a message came: gate, parser, up
 * @flow: by which; its reply address is set here
 * @data: the message
 * @len: its bytes
 * @stream: its own Content-Length was what told where it ends
 *
 * The caller looks afterwards whether its connection is still there.
 */
void sip_input(struct flow *flow, const char *data, size_t len, bool stream);

/**
 * sip_listener_load() - so much waits at this listener from now on
 * @l: the listener
 * @load: how much
 */
void sip_listener_load(struct listener *l, enum sip_load load);

/* tell of what a source sent, if it is an offence */
void sip_note_offence(struct sip_transport *t, const struct dp_addr *source,
		      enum sip_gate_reason why, bool proven);

/**
 * sip_turn_down() - answer a request without keeping anything of it
 * @flow: that it came by
 * @msg: the message; a response or an ACK gets nothing
 * @status: status code
 * @text: why, for a Warning; empty: none
 */
void sip_turn_down(struct flow *flow, struct sip_msg *msg, unsigned int status,
		   struct span text);

struct flow *sip_flow_make(struct listener *l, const struct dp_addr *remote);

void sip_listener_put(struct listener *l);

/* where in a table of SIP_TABLE lists an address is */
unsigned int sip_slot_of(const struct sip_transport *t,
			 const struct dp_addr *addr);

/* tell those who watch a flow that it is over; no caller of ours is on the stack */
void sip_flow_lost(struct flow *flow, int error);

/* is there a failure at a place that is younger than @ms? */
bool sip_has_failed(const struct sip_transport *t, enum sip_proto proto,
		    const struct dp_addr *addr, unsigned int ms, bool silent);

void sip_note_failed(struct sip_transport *t, enum sip_proto proto,
		     const struct dp_addr *addr, bool silent);

void sip_note_reached(struct sip_transport *t, enum sip_proto proto,
		      const struct dp_addr *addr);

/* fill @error and return -@code */
int sip_transport_error(char *error, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * sip_socket() - a socket bound to a listener's address
 * @l: the listener; what it sends is marked as its says
 * @type: SOCK_DGRAM or SOCK_STREAM
 * @port: host byte order, 0: any
 *
 * Return: the descriptor, which does not block, or -errno.
 */
int sip_socket(const struct listener *l, int type, uint16_t port);

/* transport_stream.c */

int sip_stream_open(struct listener *l, const struct sip_listen *listen,
		    char *error);
void sip_stream_shut(struct listener *l);
int sip_stream_flow(struct listener *l, const struct sip_target *target,
		    struct flow **flow);
int sip_stream_send(struct flow *flow, const struct dp_addr *to,
		    const void *buf, size_t len);

/* nothing may be told any more: for the end of the transport */
void sip_stream_drop_all(struct sip_transport *t);

/**
 * sip_conn_close() - end a connection now; those who watch it are told later
 * @conn: need not be open
 * @error: errno
 */
void sip_conn_close(struct sip_conn *conn, int error);

/**
 * sip_conn_end() - end a connection when what waits has been sent
 * @conn: the connection
 */
void sip_conn_end(struct sip_conn *conn);

/* give to the kernel or to the queue; false: the connection was closed */
bool sip_conn_write(struct sip_conn *conn, const void *buf, size_t len);

/* bytes of a connection, before TLS has them if it speaks that; as sip_conn_write() */
bool sip_conn_say(struct sip_conn *conn, const void *buf, size_t len);

/* so many bytes of what came have been read */
void sip_conn_eat(struct sip_conn *conn, size_t n);

/* what came is no message yet: it is awaited for a while */
void sip_conn_await(struct sip_conn *conn);

/* one message more: maybe nothing is read for a while, and the connection is paused */
void sip_conn_too_fast(struct sip_conn *conn);

/* what came is nothing that we speak; the source is told of */
void sip_conn_garbage(struct sip_conn *conn);

/**
 * sip_conn_message() - hand up what was cut out of what came
 * @conn: the connection
 * @data: the message
 * @len: its bytes
 * @stream: as sip_input()
 *
 * Return: false: it does not even begin as SIP does, which sip_conn_garbage() has not
 * been told yet.
 */
bool sip_conn_message(struct sip_conn *conn, const char *data, size_t len,
		      bool stream);

/* look at a connection's deadlines again, after one that may be earlier was set */
void sip_conn_touch(struct sip_conn *conn);

/* cut messages out of what came, and hand them up */
void sip_conn_frames(struct sip_conn *conn);

/* room for @more bytes at the end of a buffer; NULL without memory */
char *sip_bytes_room(struct bytes *bytes, size_t more);
bool sip_bytes_add(struct bytes *bytes, const void *p, size_t n);
void sip_bytes_eat(struct bytes *bytes, size_t n);
void sip_bytes_clear(struct bytes *bytes);

/* transport_ws.c */

static inline bool sip_proto_is_websocket(enum sip_proto proto)
{
	return proto == SIP_PROTO_WS || proto == SIP_PROTO_WSS;
}

/* what comes on a connection is WebSocket; false without memory */
bool sip_ws_begin(struct sip_conn *conn);
/* cut messages out of what came, and hand them up */
void sip_ws_frames(struct sip_conn *conn);
/* say goodbye, if there was a greeting; the connection may be closed */
void sip_ws_bye(struct sip_conn *conn);

/* transport_udp.c */

/* nothing may be told any more: for the end of the transport */
void sip_udp_drop_all(struct sip_transport *t);

/* transport_limits.c: pure */

/**
 * sip_limit_rate() - take one from a token bucket
 * @due: us, when it is full again: one number is a bucket
 * @rate: a second
 * @now: us
 *
 * A burst is of twice @rate.  What is not there is owed.
 *
 * Return: us until nothing is owed.
 */
uint64_t sip_limit_rate(uint64_t *due, unsigned int rate, uint64_t now);

/**
 * sip_limit_deadline() - when must something have happened on a connection?
 * @conn: the connection: its state, times and flags
 * @limits: how long what may last
 * @held: somebody known uses it
 * @why: set to the errno that it is closed with then; 0: reading goes on
 *
 * Return: ms, or TIMER_NEVER.
 */
uint64_t sip_limit_deadline(const struct sip_conn *conn,
			    const struct sip_limits *limits, bool held,
			    int *why);

/* fill in the defaults */
void sip_limit_defaults(struct sip_limits *limits);

/* transport_tls.c */

/* begin a handshake on a connection; false without memory */
bool sip_tls_begin(struct sip_conn *conn);
/* bytes came from the other end */
void sip_tls_input(struct sip_conn *conn, const char *data, size_t len);
/* more may be read: the connection is not paused any more */
void sip_tls_more(struct sip_conn *conn);
/* send, or keep until the handshake is done; false: the connection was closed */
bool sip_tls_send(struct sip_conn *conn, const void *buf, size_t len);
/* say goodbye, as far as it goes without waiting */
void sip_tls_bye(struct sip_conn *conn);
void sip_tls_free(struct tls *tls);
/* a listener whose connections speak TLS; as sip_stream_open() */
int sip_tls_open(struct listener *l, const struct sip_listen *listen, char *error);
int sip_tls_reload(struct listener *l, char *error);
void sip_tls_creds_put(struct tls_creds *creds);

#endif /* SIP_TRANSPORT_IMPL_H */
