// SPDX-License-Identifier: GPL-2.0
/*
 * WebSockets (RFC 6455): messages, in however many frames and pieces they come.  One is
 * read, and the next one when what is said to it is out.
 */
#include "private.h"

/* NULL: pages have no WebSocket, and who names no protocol gets that */
static const struct http_protocol *protocol_of(const struct http_conn *conn)
{
	const struct lws_protocols *is = lws_get_protocol(conn->wsi);

	return is && is->id ? &conn->open->site.protocol[is->id - 1] : NULL;
}

/* 0: he may; the header is still there */
static int on_upgrade(struct http_conn *conn)
{
	if (!conn->open->site.browsers &&
	    lws_hdr_total_length(conn->wsi, WSI_TOKEN_ORIGIN) > 0)
		return -1;
	return protocol_of(conn) ? 0 : -1;
}

static int on_message(struct http_conn *conn)
{
	struct span message = { conn->in, conn->n_in };

	conn->protocol->message(conn, message, !lws_frame_is_binary(conn->wsi),
				conn->open->site.arg);
	http_taken(conn);
	http_await(conn);
	if (!STAILQ_EMPTY(&conn->out))
		lws_rx_flow_control(conn->wsi, 0);
	return 0;
}

static int on_piece(struct http_conn *conn, const char *in, size_t len)
{
	if (!conn->protocol)
		return -1;
	if (!http_take(conn, in, len)) {
		lws_close_reason(conn->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
				 NULL, 0);
		return -1;
	}
	if (lws_is_final_fragment(conn->wsi))
		return on_message(conn);
	http_await(conn);
	return 0;
}

static int on_writable(struct http_conn *conn)
{
	const struct http_frame *frame = STAILQ_FIRST(&conn->out);

	if (frame && !http_send_one(conn, frame->text ? LWS_WRITE_TEXT :
							LWS_WRITE_BINARY))
		return -1;
	http_await(conn);
	if (!STAILQ_EMPTY(&conn->out) || lws_partial_buffered(conn->wsi))
		lws_callback_on_writable(conn->wsi);
	else
		lws_rx_flow_control(conn->wsi, 1);
	return 0;
}

static void on_closed(struct http_conn *conn)
{
	const struct http_protocol *protocol = conn->protocol;

	conn->protocol = NULL;
	if (protocol && protocol->closed)
		protocol->closed(conn, conn->open->site.arg);
}

int http_ws_happens(struct http_conn *conn, enum lws_callback_reasons reason,
		    const char *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return on_upgrade(conn);
	case LWS_CALLBACK_ESTABLISHED:
		conn->protocol = protocol_of(conn);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		return on_piece(conn, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return on_writable(conn);
	case LWS_CALLBACK_CLOSED:
		on_closed(conn);
		return 0;
	default:
		return 0;
	}
}

void http_send(struct http_conn *conn, struct span message, bool text)
{
	/* over already, or it does not read */
	if (!conn->protocol)
		return;
	if (!http_queue(conn, message, text)) {
		lws_set_timeout(conn->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
				LWS_TO_KILL_ASYNC);
		return;
	}
	http_await(conn);
	lws_callback_on_writable(conn->wsi);
}

const struct dp_addr *http_from(const struct http_conn *conn)
{
	return &conn->from;
}
