// SPDX-License-Identifier: GPL-2.0
/*
 * Pages.  Whatever is wrong with a request is known by its header, and refused before
 * its body is read.
 */
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define HEAD	512	/* bytes of a reply's header, at most */

/*
 * All of it at once, and the connection ends: what the socket does not take is kept by
 * libwebsockets until it does.  It knows no better way (4.1.6): who sends the next
 * request before this reply is there (pipelining) lets it turn for ever otherwise.
 */
static int say(struct http_conn *conn, unsigned int status, const char *type,
	       struct span body)
{
	unsigned char buf[LWS_PRE + HEAD], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof(buf) - 1;

	if (!http_queue(conn, body, true) ||
	    lws_add_http_common_headers(conn->wsi, status, type, body.n, &p, end) ||
	    lws_add_http_header_by_token(conn->wsi, WSI_TOKEN_CONNECTION,
					 (const unsigned char *)"close", 5, &p, end) ||
	    lws_finalize_write_http_header(conn->wsi, start, &p, end))
		return -1;
	http_send_one(conn, LWS_WRITE_HTTP_FINAL);
	return -1;
}

static int refuse(struct http_conn *conn, unsigned int status, const char *why)
{
	return say(conn, status, "text/plain", span_of(why));
}

static bool is_post(const struct http_conn *conn)
{
	return lws_hdr_total_length(conn->wsi, WSI_TOKEN_POST_URI) > 0;
}

/*
 * The length that the body is to have; false: it does not say, or in another way, too, of
 * which who stands between us may believe the other (RFC 9112 6.3).
 */
static bool body_length(const struct http_conn *conn, uint32_t *len)
{
	char text[16];
	int n;

	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return false;
	n = lws_hdr_copy(conn->wsi, text, sizeof(text),
			 WSI_TOKEN_HTTP_CONTENT_LENGTH);
	return n > 0 && span_u32((struct span){ text, (size_t)n }, len) && *len;
}

static const struct http_page *page_of(const struct http_conn *conn,
				       const char *path)
{
	const struct http_page *page;

	for (page = conn->open->site.page; page->path; page++)
		if (!strcmp(page->path, path))
			return page;
	return NULL;
}

static int answer(struct http_conn *conn)
{
	struct http_reply reply = { .status = 200 };
	int ret;

	conn->page->fn(&conn->from, (struct span){ conn->in, conn->n_in }, &reply,
		       conn->open->site.arg);
	http_taken(conn);
	if (!reply.text)
		return refuse(conn, 500, "no memory\n");
	ret = say(conn, reply.status, reply.type,
		  (struct span){ reply.text, reply.len });
	free(reply.text);
	return ret;
}

/* a header has come */
static int on_request(struct http_conn *conn, const char *path)
{
	uint32_t len;

	if (!conn->open->site.browsers &&
	    lws_hdr_total_length(conn->wsi, WSI_TOKEN_ORIGIN) > 0)
		return refuse(conn, 403, "a page of a browser has no business here\n");
	conn->page = page_of(conn, path);
	if (!conn->page)
		return refuse(conn, 404, "there is no such page\n");
	if (conn->page->post != is_post(conn))
		return refuse(conn, 405, conn->page->post ?
			      "this page takes a body; expected POST\n" :
			      "this page takes no body; expected GET\n");
	if (!conn->page->post)
		return answer(conn);
	if (!body_length(conn, &len))
		return refuse(conn, 411, "the length of the body is not said; expected Content-Length\n");
	if (len > HTTP_BODY_MAX)
		return refuse(conn, 413, "the body is too long; expected at most 64 KiB\n");
	http_await(conn);
	return 0;
}

int http_page_happens(struct http_conn *conn, enum lws_callback_reasons reason,
		      const char *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return on_request(conn, in);
	case LWS_CALLBACK_HTTP_BODY:
		return conn->page && http_take(conn, in, len) ? 0 : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return conn->page ? answer(conn) : -1;
	default:
		return 0;
	}
}
