// SPDX-License-Identifier: GPL-2.0
/*
 * HTTP and WebSocket: /ng and ng.rtpengine.com carry messages as they are, /ng-plain
 * and ng-plain.rtpengine.com such without a cookie, since each reply is its request's
 * anyhow.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool allows(const struct dp_addr *from, void *arg)
{
	return ng_listener_allows(arg, from);
}

/* what is neither is bencode's */
static const char *type_of(const char *text)
{
	return text && *text == '{' ? "application/json" :
				      "application/x-rtpengine-ng";
}

static void on_page(const struct dp_addr *from, struct span body,
		    struct http_reply *reply, void *arg)
{
	static const char none[] =
		"there is no cookie; expected one, a blank and a dictionary\n";
	struct ng_listener *listener = arg;

	reply->text = ng_request(listener->ng, from, false, body, &reply->len);
	reply->type = "application/x-rtpengine-ng";
	if (reply->text)
		return;
	reply->status = 400;
	reply->type = "text/plain";
	reply->text = strdup(none);
	reply->len = strlen(none);
}

static void on_plain_page(const struct dp_addr *from, struct span body,
			  struct http_reply *reply, void *arg)
{
	struct ng_listener *listener = arg;

	reply->text = ng_request_plain(listener->ng, from, body, &reply->len);
	reply->type = type_of(reply->text);
}

static void on_message(struct http_conn *conn, struct span message, bool text,
		       void *arg)
{
	struct ng_listener *listener = arg;
	size_t len;
	char *reply;

	reply = ng_request(listener->ng, http_from(conn), false, message, &len);
	if (reply)
		http_send(conn, (struct span){ reply, len }, text);
	free(reply);
}

static void on_plain_message(struct http_conn *conn, struct span message,
			     bool text, void *arg)
{
	struct ng_listener *listener = arg;
	size_t len;
	char *reply;

	reply = ng_request_plain(listener->ng, http_from(conn), message, &len);
	if (reply)
		http_send(conn, (struct span){ reply, len }, text);
	free(reply);
}

int ng_http_open(struct ng_listener *listener)
{
	static const struct http_page pages[] = {
		{ "/ng", true, on_page },
		{ "/ng-plain", true, on_plain_page },
		{ 0 }
	};
	static const struct http_protocol protocols[] = {
		{ .name = "ng.rtpengine.com", .message = on_message },
		{ .name = "ng-plain.rtpengine.com", .message = on_plain_message },
		{ 0 }
	};
	const struct http_site site = {
		.listen = listener->ng->config->ng[listener->i].listen,
		.allows = allows,
		.page = pages,
		.protocol = protocols,
		.arg = listener,
	};

	if (!listener->ng->conf.http)
		return -ENOSYS;
	return http_listen(listener->ng->conf.http, &site);
}
