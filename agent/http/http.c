// SPDX-License-Identifier: GPL-2.0
/* The whole: libwebsockets' begin and end, sites, and who is told of what happens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

#define HEADERS		8192	/* bytes of a request's header that are kept */
#define KEEP		60	/* s without a request, or of a WebSocket without a word */
#define TURNS		8	/* of the loop, in which libuv lets go of all handles */

/* it says much of what strangers do, and we say why we refuse */
static void on_log(int level, const char *line)
{
	log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static bool begin(struct http *http)
{
	void *loops[1] = { loop_native(http->loop) };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_LIBUV |
			   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
		.foreign_loops = loops,
		.fd_limit_per_thread = HTTP_CONNS_MAX + 8,
		.max_http_header_data = HEADERS,
		.pcontext = &http->context,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	http->context = lws_create_context(&info);
	return http->context;
}

struct http *http_new(struct loop *loop)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->loop = loop;
	http->timers = loop_timers(loop);
	LIST_INIT(&http->opens);
	LIST_INIT(&http->conns);
	if (begin(http))
		return http;
	free(http);
	return NULL;
}

/*
 * It ends in two steps: with the first all handles of libuv begin to close, with the
 * second, when they have, all memory goes.
 */
void http_free(struct http *http)
{
	struct http_open *open;
	unsigned int i;

	if (!http)
		return;
	LIST_FOREACH(open, &http->opens, entry)
		http_accept_end(open);
	lws_context_destroy(http->context);
	for (i = 0; i < TURNS; i++)
		loop_turn(http->loop, 0);
	if (http->context)
		lws_context_destroy(http->context);
	while ((open = LIST_FIRST(&http->opens))) {
		LIST_REMOVE(open, entry);
		free(open);
	}
	free(http);
}

static bool begin_site(struct http_open *open)
{
	/* who says nothing is asked, and is gone who does not answer */
	static const lws_retry_bo_t silence = {
		.secs_since_valid_ping = KEEP,
		.secs_since_valid_hangup = 2 * KEEP,
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = "rtplaned",
		.protocols = open->protocol,
		.keepalive_timeout = KEEP,
		.timeout_secs = HTTP_PATIENCE / 1000,
		.timeout_secs_ah_idle = HTTP_PATIENCE / 1000,
		.retry_and_idle_policy = &silence,
	};
	size_t i;

	open->protocol[0].name = "pages";
	open->protocol[0].callback = http_happens;
	for (i = 0; open->site.protocol[i].name; i++) {
		open->protocol[i + 1].name = open->site.protocol[i].name;
		open->protocol[i + 1].callback = http_happens;
		open->protocol[i + 1].id = (unsigned int)i + 1;
	}
	open->vhost = lws_create_vhost(open->http->context, &info);
	return open->vhost;
}

int http_listen(struct http *http, const struct http_site *site)
{
	struct http_open *open = calloc(1, sizeof(*open));
	int ret;

	if (!open)
		return -ENOMEM;
	open->http = http;
	open->site = *site;
	open->fd = -1;
	ret = begin_site(open) ? http_accept_begin(open) : -ENOMEM;
	/* libwebsockets has its address, so it stays, and meets nobody */
	LIST_INSERT_HEAD(&http->opens, open, entry);
	return ret;
}

unsigned int http_count(const struct http *http)
{
	return http ? http->n_conns : 0;
}

int http_happens(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		 void *in, size_t len)
{
	struct http_conn *conn = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	struct http *http;

	if (!conn)
		return 0;
	http = conn->open->http;
	/* timers that are set now are set from now */
	timers_advance(http->timers, loop_now(http->loop));
	switch (reason) {
	case LWS_CALLBACK_WSI_DESTROY:
		http_conn_free(conn);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		/* and to nothing else, HTTP/2 least of all */
		return !in || strcasecmp(in, "websocket");
	case LWS_CALLBACK_HTTP:
	case LWS_CALLBACK_HTTP_BODY:
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
	case LWS_CALLBACK_HTTP_WRITEABLE:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		return http_page_happens(conn, reason, in, len);
	default:
		return http_ws_happens(conn, reason, in, len);
	}
}
