/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder need of each other. */
#ifndef HTTP_PRIVATE_H
#define HTTP_PRIVATE_H

#include <sys/queue.h>

#include <libwebsockets.h>

#include "base/timer.h"
#include "http.h"

/**
 * struct http_open - a site that is open
 * @entry: among all
 * @http: the whole
 * @site: as given
 * @protocol: for libwebsockets: that of pages, the site's, and an empty one
 * @vhost: libwebsockets'
 * @fd: listens
 * @watch: of @fd
 * @pause: until when it does not accept, for want of descriptors
 */
struct http_open {
	LIST_ENTRY(http_open) entry;
	struct http *http;
	struct http_site site;
	struct lws_protocols protocol[HTTP_PROTOCOLS_MAX + 2];
	struct lws_vhost *vhost;
	int fd;
	struct loop_fd *watch;
	struct timer pause;
};

/**
 * struct http_frame - a message that is to be sent
 * @entry: oldest first
 * @text: it is one of text
 * @len: its bytes
 * @data: they begin behind LWS_PRE, which libwebsockets needs
 */
struct http_frame {
	STAILQ_ENTRY(http_frame) entry;
	bool text;
	size_t len;
	unsigned char data[];
};

/**
 * struct http_conn - a connection, whatever is spoken on it
 * @entry: among all
 * @open: its site
 * @from: the other end
 * @wsi: libwebsockets'
 * @timer: ends it if it keeps us waiting
 * @page: that is asked for; NULL: none, or it is a WebSocket
 * @protocol: of a WebSocket; NULL: it is none
 * @in: what has come of a body or message
 * @n_in: its bytes
 * @room: for
 * @out: what is to be sent
 * @unsent: bytes of it
 *
 * It lives until libwebsockets' last word of @wsi (LWS_CALLBACK_WSI_DESTROY), which comes
 * some turns of the loop after the end; whoever wants it to end sets libwebsockets'
 * timeout.  The protocol's own pointer to it is void from @closed on, which comes before.
 */
struct http_conn {
	LIST_ENTRY(http_conn) entry;
	struct http_open *open;
	struct dp_addr from;
	struct lws *wsi;
	struct timer timer;
	const struct http_page *page;
	const struct http_protocol *protocol;
	char *in;
	size_t n_in;
	size_t room;
	STAILQ_HEAD(, http_frame) out;
	size_t unsent;
};

/**
 * struct http - the whole
 * @loop: it runs on
 * @timers: the loop's
 * @context: libwebsockets'
 * @opens: sites
 * @conns: connections
 * @n_conns: how many
 */
struct http {
	struct loop *loop;
	struct timers *timers;
	struct lws_context *context;
	LIST_HEAD(, http_open) opens;
	LIST_HEAD(, http_conn) conns;
	unsigned int n_conns;
};

/* what libwebsockets calls for whatever happens to a connection */
int http_happens(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		 void *in, size_t len);

/* --- accept.c --- */

/* a socket that listens, and its watch; 0 or -errno */
int http_accept_begin(struct http_open *open);
void http_accept_end(struct http_open *open);

/* --- conn.c --- */

/* forget it; libwebsockets has, or never knew it */
void http_conn_free(struct http_conn *conn);
/* it ends, if that is not awaited before */
void http_await(struct http_conn *conn);
/* append; false: no memory, or too much of it */
bool http_take(struct http_conn *conn, const char *data, size_t len);
/* what has come is done with */
void http_taken(struct http_conn *conn);
/* one more to be sent; false: no memory, or too much of it */
bool http_queue(struct http_conn *conn, struct span message, bool text);
/* send one; false: the connection is of no use any more */
bool http_send_one(struct http_conn *conn, enum lws_write_protocol how);

/* --- page.c, ws.c: what happens; as http_happens() --- */

int http_page_happens(struct http_conn *conn, enum lws_callback_reasons reason,
		      const char *in, size_t len);
int http_ws_happens(struct http_conn *conn, enum lws_callback_reasons reason,
		    const char *in, size_t len);

#endif /* HTTP_PRIVATE_H */
