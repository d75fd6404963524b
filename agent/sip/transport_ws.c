// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over WebSocket (RFC 7118), on the connections of transport_stream.c, with TLS
 * (wss) or without: one message of SIP is one message of WebSocket.  Browsers come by
 * it; we go to nobody by it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "head.h"
#include "transport_impl.h"
#include "ws.h"

/* what is in a connection's buffer with a whole message has to have room there */
#define ROOM	(SIP_READ_MAX - SIP_WS_HEADER_MAX - SIP_WS_CONTROL_MAX)

/**
 * struct ws - WebSocket of a connection
 * @open: it has been greeted: what comes are frames, not HTTP
 * @over: we have said goodbye
 * @seen: bytes of HTTP's request in which its end is not
 * @reader: of frames
 */
struct ws {
	bool open;
	bool over;
	size_t seen;
	struct sip_ws_reader reader;
};

bool sip_ws_begin(struct sip_conn *conn)
{
	size_t max = conn->t->limits.message;

	conn->ws = calloc(1, sizeof(*conn->ws));
	if (!conn->ws)
		return false;
	conn->ws->reader.max = max < ROOM ? max : ROOM;
	return true;
}

/* ------------------------------------------------------------------------- sending */

/* false: the connection was closed */
static bool say(struct sip_conn *conn, enum sip_ws_op op, const void *payload,
		size_t len)
{
	char *frame = malloc(SIP_WS_HEADER_MAX + len);
	size_t n;
	bool ok;

	if (!frame) {
		sip_conn_close(conn, ENOMEM);
		return false;
	}
	n = sip_ws_header(frame, op, len);
	if (len)
		memcpy(frame + n, payload, len);
	ok = sip_conn_say(conn, frame, n + len);
	free(frame);
	return ok;
}

static int send_frame(struct flow *flow, enum sip_ws_op op, const void *buf,
		      size_t len)
{
	struct sip_conn *conn = flow->pub.conn;

	if (!conn || conn->state != CONN_OPEN || !conn->ws->open || conn->ws->over)
		return -ENOTCONN;
	return say(conn, op, buf, len) ? 0 : -conn->error;
}

/* RFC 7118 4.2: what is no UTF-8 as a whole must not be text */
static int ws_send(struct flow *flow, const struct dp_addr *to, const void *buf,
		   size_t len)
{
	bool text = text_is_utf8((struct span){ buf, len });

	(void)to;
	return send_frame(flow, text ? SIP_WS_TEXT : SIP_WS_BINARY, buf, len);
}

/* RFC 7118 6: each browser answers that by itself */
static int ws_ping(struct flow *flow)
{
	return send_frame(flow, SIP_WS_PING, NULL, 0);
}

static void say_bye(struct sip_conn *conn, enum sip_ws_code code)
{
	const char payload[2] = { (char)(code >> 8), (char)code };

	if (!conn->ws->open || conn->ws->over)
		return;
	conn->ws->over = true;
	say(conn, SIP_WS_CLOSE, payload, sizeof(payload));
}

void sip_ws_bye(struct sip_conn *conn)
{
	say_bye(conn, SIP_WS_AWAY);
}

static void end(struct sip_conn *conn, enum sip_ws_code code)
{
	say_bye(conn, code);
	if (conn->state == CONN_OPEN)
		sip_conn_end(conn);
}

/* ------------------------------------------------------------------------ greeting */

/* who names no page is no browser, and could name any */
static bool may_come(const struct listener *l, struct span origin)
{
	size_t i;

	if (!l->n_origins || !origin.p)
		return true;
	for (i = 0; i < l->n_origins; i++)
		if (span_iscase(origin, l->origins[i]))
			return true;
	return false;
}

/* false: the connection ends */
static bool answer(struct sip_conn *conn, struct sip_ws_ask *ask)
{
	char buf[SIP_WS_ANSWER_MAX], from[DP_ADDR_STRLEN];

	if (ask->status == 101 && !may_come(conn->flow->listener, ask->origin)) {
		log_info("%s refused with 403: a page of " SPAN_FMT " is not among the listener's origins",
			 dp_addr_str(&conn->flow->pub.remote, from, sizeof(from)),
			 SPAN_ARG(ask->origin));
		conn->t->counters.refused++;
		ask->status = 403;
		ask->text = "pages of this Origin may not speak SIP here";
	} else if (ask->status != 101) {
		conn->t->counters.garbage++;
	}
	if (!sip_conn_say(conn, buf, sip_ws_answer(ask, buf)))
		return false;
	if (ask->status != 101)
		sip_conn_end(conn);
	return ask->status == 101;
}

/*
 * HTTP's request, in however many pieces; false: nothing more can be read for now.  What
 * does not begin as one is none, and is not waited for.
 */
static bool greet(struct sip_conn *conn, const char *data, size_t n)
{
	static const char get[] = "GET ";
	size_t most = n < SIP_WS_HEAD_MAX ? n : SIP_WS_HEAD_MAX, head;
	struct sip_ws_ask ask;

	if (memcmp(data, get, n < sizeof(get) - 1 ? n : sizeof(get) - 1)) {
		sip_conn_garbage(conn);
		sip_conn_close(conn, EPROTO);
		return false;
	}
	head = sip_head_end(data, most, conn->ws->seen);
	if (!head && most < SIP_WS_HEAD_MAX) {
		conn->ws->seen = n > 2 ? n - 2 : 0;
		sip_conn_await(conn);
		return false;
	}
	if (head)
		sip_ws_read((struct span){ data, head }, &ask);
	else
		ask = (struct sip_ws_ask){ .status = 431, .text = "the header is longer than 8192 bytes" };
	if (!answer(conn, &ask))
		return false;
	conn->ws->open = true;
	sip_conn_eat(conn, head);
	return true;
}

/* ------------------------------------------------------------------------- reading */

/* RFC 7118 6, RFC 5626 4.4.1: CRLFs, which are messages of their own here */
static bool is_keepalive(struct span message)
{
	size_t i;

	for (i = 0; i < message.n; i++)
		if (message.p[i] != '\r' && message.p[i] != '\n')
			return false;
	return message.n <= 4;
}

static void on_message(struct sip_conn *conn, struct span message)
{
	if (is_keepalive(message)) {
		if (message.n < 4)
			return;
		conn->t->counters.pings++;
		say(conn, SIP_WS_TEXT, "\r\n", 2);
	} else if (!sip_conn_message(conn, message.p, message.n, false)) {
		sip_conn_garbage(conn);
		end(conn, SIP_WS_POLICY);
	}
}

static void on_bad(struct sip_conn *conn)
{
	if (conn->ws->reader.code == SIP_WS_TOO_BIG)
		conn->t->counters.too_big++;
	else
		sip_conn_garbage(conn);
	end(conn, conn->ws->reader.code);
}

static void await_more(struct sip_conn *conn, char *data, size_t n)
{
	struct bytes *in = &conn->in;
	size_t kept = sip_ws_pack(&conn->ws->reader, data, n);

	in->n -= n - kept;
	conn->t->unfinished -= n - kept;
	if (conn->t->unfinished > conn->t->limits.unfinished) {
		conn->t->counters.too_big++;
		sip_conn_close(conn, EMSGSIZE);
	} else if (kept || conn->ws->reader.op != SIP_WS_CONTINUE) {
		sip_conn_await(conn);
	} else {
		sip_bytes_clear(in);
		conn->message = 0;
	}
}

/* false: nothing more can be read for now */
static bool one(struct sip_conn *conn, char *data, size_t n)
{
	struct sip_ws_reader *r = &conn->ws->reader;

	switch (sip_ws_feed(r, data, n)) {
	case SIP_WS_IS_MORE:
		await_more(conn, data, n);
		return false;
	case SIP_WS_IS_MESSAGE:
		on_message(conn, (struct span){ data, r->have });
		if (conn->state == CONN_OPEN)
			sip_conn_eat(conn, sip_ws_next(r));
		return true;
	case SIP_WS_IS_PING:
		conn->t->counters.pings++;
		say(conn, SIP_WS_PONG, r->control.p, r->control.n);
		return true;
	case SIP_WS_IS_PONG:
		return true;
	case SIP_WS_IS_CLOSE:
		end(conn, r->code);
		return false;
	case SIP_WS_IS_BAD:
		on_bad(conn);
		return false;
	}
	return false;
}

void sip_ws_frames(struct sip_conn *conn)
{
	struct bytes *in = &conn->in;
	bool more = true;

	while (more && conn->state == CONN_OPEN && !conn->paused && in->n > in->at) {
		if (!conn->ws->open) {
			more = greet(conn, in->p + in->at, in->n - in->at);
			continue;
		}
		more = one(conn, in->p + in->at, in->n - in->at);
		if (more && conn->state == CONN_OPEN)
			sip_conn_too_fast(conn);
	}
}

/* ----------------------------------------------------------------------- listeners */

static int keep_origins(struct listener *l, const struct sip_listen *listen)
{
	l->origins = calloc(listen->n_origins + 1, sizeof(*l->origins));
	if (!l->origins)
		return -ENOMEM;
	for (; l->n_origins < listen->n_origins; l->n_origins++) {
		l->origins[l->n_origins] = strdup(listen->origins[l->n_origins]);
		if (!l->origins[l->n_origins])
			return -ENOMEM;
	}
	return 0;
}

static int ws_open(struct listener *l, const struct sip_listen *listen,
		   char *error)
{
	int ret = keep_origins(l, listen);

	return ret ? ret : sip_stream_open(l, listen, error);
}

static int wss_open(struct listener *l, const struct sip_listen *listen,
		    char *error)
{
	int ret = keep_origins(l, listen);

	return ret ? ret : sip_tls_open(l, listen, error);
}

/* RFC 7118 5: there is no way to a browser but that by which it came */
static int ws_flow(struct listener *l, const struct sip_target *target,
		   struct flow **flow)
{
	return -EPROTONOSUPPORT;
}

const struct sip_carrier sip_carrier_ws = {
	.open = ws_open,
	.shut = sip_stream_shut,
	.flow = ws_flow,
	.send = ws_send,
	.ping = ws_ping,
};

const struct sip_carrier sip_carrier_wss = {
	.open = wss_open,
	.shut = sip_stream_shut,
	.reload = sip_tls_reload,
	.flow = ws_flow,
	.send = ws_send,
	.ping = ws_ping,
};
