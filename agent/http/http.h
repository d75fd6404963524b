/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTTP and WebSocket, by libwebsockets on the agent's own loop: pages that others
 * have (the control protocol's, numbers for Prometheus) and subprotocols that they
 * speak.  What they are is nothing that is known here.
 *
 * A site is an address with its pages and protocols, and says who may come: whoever
 * may not is not heard, not a byte.  All else is bounded too: connections, those of one
 * address, the length of what is sent, and the time that it takes.
 *
 * Nothing here is for the web: who comes from a browser's page (Origin) is refused
 * unless the site wants that, since such a page is a stranger on an allowed host.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/loop.h"
#include "base/span.h"

/** HTTP_BODY_MAX - bytes of a request's body, or of a WebSocket message */
#define HTTP_BODY_MAX		(65536 + 256)

/** HTTP_CONNS_MAX - connections, of all sites together */
#define HTTP_CONNS_MAX		512

/** HTTP_SOURCE_MAX - of these, from one address */
#define HTTP_SOURCE_MAX		64

/** HTTP_UNSENT_MAX - bytes for a WebSocket that does not read; then it ends */
#define HTTP_UNSENT_MAX		(1 << 20)

/** HTTP_PATIENCE - ms for the rest of what has begun to come, and to read a reply */
#define HTTP_PATIENCE		10000

struct http;
struct http_conn;

/**
 * struct http_reply - what a page says
 * @status: 200, or what is wrong
 * @type: of @text; static
 * @text: the body, for free(); NULL: there is none, and that is an error of ours
 * @len: its bytes
 */
struct http_reply {
	unsigned int status;
	const char *type;
	char *text;
	size_t len;
};

/**
 * struct http_page - a page
 * @path: "/metrics"
 * @post: it takes a body, by POST; else it is read, by GET
 * @fn: fills the reply, which is zeroed but for status 200
 *
 * Each request has a connection of its own, which ends with the reply.
 */
struct http_page {
	const char *path;
	bool post;
	void (*fn)(const struct dp_addr *from, struct span body,
		   struct http_reply *reply, void *arg);
};

/**
 * struct http_protocol - a subprotocol of WebSocket
 * @name: as clients ask for it
 * @message: a message is whole; @text: it is one of text
 * @closed: the connection is over, and void after the call; may be NULL
 *
 * A connection is not read while something for it is unsent.
 */
struct http_protocol {
	const char *name;
	void (*message)(struct http_conn *conn, struct span message, bool text,
			void *arg);
	void (*closed)(struct http_conn *conn, void *arg);
};

/** HTTP_PROTOCOLS_MAX - protocols of a site */
#define HTTP_PROTOCOLS_MAX	8

/**
 * struct http_site - an address where pages and protocols are
 * @listen: address and port
 * @allows: may he come?
 * @browsers: pages of others may come by the browsers of those who may
 * @page: ends with one without a path
 * @protocol: ends with one without a name; at most HTTP_PROTOCOLS_MAX
 * @arg: for all functions
 */
struct http_site {
	struct dp_addr listen;
	bool (*allows)(const struct dp_addr *from, void *arg);
	bool browsers;
	const struct http_page *page;
	const struct http_protocol *protocol;
	void *arg;
};

/**
 * http_new() - no site yet
 * @loop: it runs on; must outlive it
 *
 * Return: for http_free(); NULL: libwebsockets or its part for libuv is not there, or
 * there is no memory.
 */
struct http *http_new(struct loop *loop);

/**
 * http_free() - end all sites and connections
 * @http: NULL is fine
 *
 * Turns the loop, so not to be called by what the loop calls; whoever has a site is
 * told of the end of his connections.
 */
void http_free(struct http *http);

/**
 * http_listen() - open a site
 * @http: where
 * @site: copied; what it points to must outlive @http
 *
 * Return: 0 or -errno.
 */
int http_listen(struct http *http, const struct http_site *site);

/**
 * http_send() - send a message
 * @conn: the connection
 * @message: copied
 * @text: it is one of text
 *
 * Without memory, or with HTTP_UNSENT_MAX unsent, the connection ends: soon, not in
 * this call.
 */
void http_send(struct http_conn *conn, struct span message, bool text);

/** http_from() - the other end */
const struct dp_addr *http_from(const struct http_conn *conn);

/** http_count() - connections now; NULL: none */
unsigned int http_count(const struct http *http);

#endif /* HTTP_HTTP_H */
