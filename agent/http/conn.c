// SPDX-License-Identifier: GPL-2.0
/* What has come on a connection, and what is to leave by it; both are bounded. */
#include <stdlib.h>

#include "private.h"

#define ROOM_FIRST	4096

void http_conn_free(struct http_conn *conn)
{
	struct http *http = conn->open->http;
	struct http_frame *frame;

	LIST_REMOVE(conn, entry);
	http->n_conns--;
	timer_cancel(&conn->timer);
	while ((frame = STAILQ_FIRST(&conn->out))) {
		STAILQ_REMOVE_HEAD(&conn->out, entry);
		free(frame);
	}
	free(conn->in);
	free(conn);
}

/* the time does not begin anew with each byte */
void http_await(struct http_conn *conn)
{
	bool waits = conn->n_in || conn->page || !STAILQ_EMPTY(&conn->out) ||
		     lws_partial_buffered(conn->wsi);

	if (!waits)
		timer_cancel(&conn->timer);
	else if (!timer_is_set(&conn->timer))
		timer_set(conn->open->http->timers, &conn->timer, HTTP_PATIENCE);
}

bool http_take(struct http_conn *conn, const char *data, size_t len)
{
	size_t room = conn->room ? conn->room : ROOM_FIRST;
	char *in;

	if (len > HTTP_BODY_MAX - conn->n_in)
		return false;
	while (room < conn->n_in + len)
		room *= 2;
	if (room != conn->room) {
		in = realloc(conn->in, room);
		if (!in)
			return false;
		conn->in = in;
		conn->room = room;
	}
	memcpy(conn->in + conn->n_in, data, len);
	conn->n_in += len;
	return true;
}

void http_taken(struct http_conn *conn)
{
	free(conn->in);
	conn->in = NULL;
	conn->n_in = 0;
	conn->room = 0;
	conn->page = NULL;
	timer_cancel(&conn->timer);
}

bool http_queue(struct http_conn *conn, struct span message, bool text)
{
	struct http_frame *frame;

	if (message.n > HTTP_UNSENT_MAX - conn->unsent)
		return false;
	frame = malloc(sizeof(*frame) + LWS_PRE + message.n + 1);
	if (!frame)
		return false;
	frame->text = text;
	frame->len = message.n;
	if (message.n)
		memcpy(frame->data + LWS_PRE, message.p, message.n);
	STAILQ_INSERT_TAIL(&conn->out, frame, entry);
	conn->unsent += message.n;
	return true;
}

/* what the socket does not take at once libwebsockets keeps */
bool http_send_one(struct http_conn *conn, enum lws_write_protocol how)
{
	struct http_frame *frame = STAILQ_FIRST(&conn->out);
	int n;

	STAILQ_REMOVE_HEAD(&conn->out, entry);
	conn->unsent -= frame->len;
	n = lws_write(conn->wsi, frame->data + LWS_PRE, frame->len, how);
	n = n < 0 || (size_t)n < frame->len;
	free(frame);
	timer_cancel(&conn->timer);
	http_await(conn);
	return !n;
}
