// SPDX-License-Identifier: GPL-2.0
/*
 * HTTP and WebSocket over real sockets: pages, subprotocols, and all that is refused.
 * Time is the test's own: who is too slow is found out at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/timer.h"
#include "http/http.h"
#include "ktap.h"
#include "net.h"

#define PORT	8080

static struct loop *loop;
static struct http *http;
static struct dp_addr here;

/* --- libwebsockets, which can be without memory --- */

static bool no_memory;

static void *lws_memory(void *p, size_t size, const char *reason)
{
	if (size)
		return no_memory ? NULL : realloc(p, size);
	free(p);
	return NULL;
}

/* --- what is served --- */

static unsigned int served, closed;
static struct http_conn *last_conn;
static size_t last_len;
static bool stranger_may;

static bool allows(const struct dp_addr *from, void *arg)
{
	return dp_addr_same_host(from, &here) || stranger_may;
}

static void say(struct http_reply *reply, const char *text)
{
	reply->type = "text/plain";
	reply->text = strdup(text);
	reply->len = strlen(text);
}

static void on_hello(const struct dp_addr *from, struct span body,
		     struct http_reply *reply, void *arg)
{
	served++;
	say(reply, "hello");
}

static void on_echo(const struct dp_addr *from, struct span body,
		    struct http_reply *reply, void *arg)
{
	served++;
	reply->type = "text/echo";
	reply->text = span_dup(body);
	reply->len = body.n;
}

static void on_none(const struct dp_addr *from, struct span body,
		    struct http_reply *reply, void *arg)
{
}

static void on_message(struct http_conn *conn, struct span message, bool text,
		       void *arg)
{
	last_conn = conn;
	last_len = message.n;
	served++;
	if (message.n < 20)
		http_send(conn, message, text);
}

static void on_closed(struct http_conn *conn, void *arg)
{
	closed++;
	last_conn = NULL;
}

static void on_other(struct http_conn *conn, struct span message, bool text,
		     void *arg)
{
	http_send(conn, SPAN("other"), true);
}

static const struct http_page pages[] = {
	{ "/hello", false, on_hello }, { "/echo", true, on_echo },
	{ "/none", false, on_none }, { 0 }
};
static const struct http_protocol protocols[] = {
	{ "echo", on_message, on_closed }, { .name = "other", .message = on_other }, { 0 }
};

/* --- a client --- */

static char got[300000];
static size_t n_got;
static bool over;

static bool close_all(void)
{
	bool none;

	http_free(http);
	none = !last_conn;
	loop_free(loop);
	http = NULL;
	loop = NULL;
	return none;
}

static bool open_all(void)
{
	const struct http_site site = {
		.listen = here, .allows = allows, .page = pages,
		.protocol = protocols,
	};

	close_all();	/* of a test that failed */
	served = 0;
	closed = 0;
	last_conn = NULL;
	stranger_may = false;
	loop = loop_new();
	http = loop ? http_new(loop) : NULL;
	return http && !http_listen(http, &site);
}


static int dial_from(const char *address)
{
	struct sockaddr_in me = { .sin_family = AF_INET };
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &me.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(me)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		abort();
	n_got = 0;
	over = false;
	return fd;
}

static int dial(void)
{
	return dial_from("127.0.0.1");
}

/* whatever the socket takes at once: who is told has his turn too */
static void tell(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN) {
			printf("# cannot send: %s\n", strerror(errno));
			return;
		}
		if (n < 0) {
			loop_turn(loop, 5);
			continue;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void ask(int fd, const char *text)
{
	tell(fd, text, strlen(text));
}

static void listen_to(int fd)
{
	ssize_t n;

	loop_turn(loop, 5);
	while (!over && n_got < sizeof(got) - 1) {
		n = recv(fd, got + n_got, sizeof(got) - 1 - n_got, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			break;
		over = n <= 0;
		n_got += n > 0 ? (size_t)n : 0;
	}
	got[n_got] = '\0';
}

/* until what has come has that text; forgotten then */
static bool hears(int fd, const char *want)
{
	time_t end = time(NULL) + 60;
	char *at = memmem(got, n_got, want, strlen(want));

	while (!at && !over && time(NULL) < end) {
		listen_to(fd);
		at = memmem(got, n_got, want, strlen(want));
	}
	if (!at) {
		printf("# no '%s' in '%.300s'\n", want, got);
		return false;
	}
	n_got -= (size_t)(at - got) + strlen(want);
	memmove(got, at + strlen(want), n_got);
	return true;
}

static bool hangs_up(int fd)
{
	time_t end = time(NULL) + 60;

	while (!over && time(NULL) < end)
		listen_to(fd);
	close(fd);
	return over;
}

static bool is_empty(void)
{
	time_t end = time(NULL) + 60;

	while (http_count(http) && time(NULL) < end)
		loop_turn(loop, 5);
	return !http_count(http);
}

static void time_goes_by(unsigned int ms)
{
	struct timers *timers = loop_timers(loop);

	timers_run(timers, timers->now + ms);
}

/* --- tests of pages --- */

static bool are_read(void)
{
	static const char whole[] = "POST /echo?x=y HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsome word";
	size_t i;
	int fd;

	KTAP_CHECK(open_all());
	fd = dial();
	ask(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	KTAP_CHECK(hears(fd, "HTTP/1.1 200") && hears(fd, "content-length: 5\r\n"));
	KTAP_CHECK(hears(fd, "\r\n\r\nhello") && hangs_up(fd));
	/* byte by byte */
	fd = dial();
	for (i = 0; i < sizeof(whole) - 1; i++) {
		ask(fd, (char[]){ whole[i], '\0' });
		loop_turn(loop, 0);
	}
	KTAP_CHECK(hears(fd, "content-type: text/echo") && hears(fd, "\r\n\r\nsome word"));
	KTAP_CHECK(hangs_up(fd) && served == 2);
	/* one for each connection, whatever else is on it */
	fd = dial();
	for (i = 0; i < 3; i++)
		ask(fd, whole);
	KTAP_CHECK(hears(fd, "\r\n\r\nsome word") && hangs_up(fd));
	fd = dial();
	for (i = 0; i < 3; i++)
		ask(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	KTAP_CHECK(hears(fd, "\r\n\r\nhello") && hangs_up(fd));
	KTAP_CHECK(served == 4 && is_empty() && close_all());
	return true;
}

static bool refused(const char *request, const char *status)
{
	int fd = dial();
	bool ok;

	ask(fd, request);
	ok = hears(fd, status);
	return hangs_up(fd) && ok;
}

static bool are_refused(void)
{
	int fd;

	KTAP_CHECK(open_all());
	KTAP_CHECK(refused("GET /hell HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"));
	KTAP_CHECK(refused("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405"));
	KTAP_CHECK(refused("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 405"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			   "HTTP/1.1 411"));
	/* two lengths: which of them somebody between us has read nobody knows */
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			   "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 411"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", "HTTP/1.1 413"));
	KTAP_CHECK(refused("POST /echo HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 403"));
	KTAP_CHECK(refused("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 500"));
	/* no words are wasted on these */
	fd = dial();
	ask(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
	    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
	KTAP_CHECK(hangs_up(fd) && !n_got);
	fd = dial();
	ask(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	KTAP_CHECK(hangs_up(fd) && !strstr(got, "200"));
	KTAP_CHECK(!served && is_empty() && close_all());
	return true;
}

/* a body as long as it may be, by a reader who takes his time */
static bool long_ones(void)
{
	static char body[HTTP_BODY_MAX + 1];
	int fd, small = 4096;
	char head[100];

	KTAP_CHECK(open_all());
	memset(body, 'b', HTTP_BODY_MAX);
	snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", HTTP_BODY_MAX);
	fd = dial();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ask(fd, head);
	tell(fd, body, HTTP_BODY_MAX);
	KTAP_CHECK(hears(fd, "\r\n\r\nb"));
	while (n_got < HTTP_BODY_MAX - 1 && !over)
		listen_to(fd);
	KTAP_CHECK(n_got == HTTP_BODY_MAX - 1);
	close(fd);
	KTAP_CHECK(is_empty() && close_all());
	return true;
}

/* --- who comes --- */

static bool strangers(void)
{
	int fd[HTTP_SOURCE_MAX + 1], i;

	KTAP_CHECK(open_all());
	fd[0] = dial_from("127.0.0.2");
	KTAP_CHECK(hangs_up(fd[0]) && !http_count(http));
	for (i = 0; i < HTTP_SOURCE_MAX; i++)
		fd[i] = dial();
	while (http_count(http) < HTTP_SOURCE_MAX)
		loop_turn(loop, 5);
	fd[i] = dial();
	KTAP_CHECK(hangs_up(fd[i]) && http_count(http) == HTTP_SOURCE_MAX);
	/* another address has its own share */
	stranger_may = true;
	fd[i] = dial_from("127.0.0.3");
	ask(fd[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	KTAP_CHECK(hears(fd[i], "hello"));
	for (i = 0; i <= HTTP_SOURCE_MAX; i++)
		close(fd[i]);
	KTAP_CHECK(is_empty() && close_all());
	return true;
}

static bool is_late(int fd)
{
	/* it has been read */
	do {
		loop_turn(loop, 5);
	} while (!loop_timers(loop)->count);
	time_goes_by(HTTP_PATIENCE - 1);
	if (!http_count(http))
		return false;
	time_goes_by(2);
	return hangs_up(fd) && is_empty();
}

static bool half_ones(void)
{
	int fd;

	KTAP_CHECK(open_all());
	fd = dial();
	ask(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsome");
	KTAP_CHECK(is_late(fd));
	KTAP_CHECK(!served && close_all());
	return true;
}

/* --- WebSockets --- */

static int upgrade(const char *lines)
{
	char text[500];
	int fd = dial();

	snprintf(text, sizeof(text), "GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", lines);
	ask(fd, text);
	return fd;
}

/* a frame; masked, by nothing */
static void frame(int fd, unsigned char first, const char *data, size_t len)
{
	static char out[HTTP_BODY_MAX + 100];
	size_t n = 2;

	out[0] = (char)first;
	out[1] = (char)(0x80 | (len < 126 ? len : 127));
	if (len >= 126)
		for (; n < 10; n++)
			out[n] = (char)((uint64_t)len >> (8 * (9 - n)));
	memset(out + n, 0, 4);
	memcpy(out + n + 4, data, len);
	tell(fd, out, n + 4 + len);
}

static bool messages(void)
{
	int fd;

	KTAP_CHECK(open_all());
	fd = upgrade("Sec-WebSocket-Protocol: nobody, other, echo\r\n");
	KTAP_CHECK(hears(fd, "101 ") && hears(fd, "Sec-WebSocket-Protocol: other") && hears(fd, "\r\n\r\n"));
	frame(fd, 0x81, "x", 1);
	KTAP_CHECK(hears(fd, "\x81\x05other"));
	close(fd);
	fd = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") && hears(fd, "\r\n\r\n"));
	frame(fd, 0x81, "hello", 5);
	KTAP_CHECK(hears(fd, "\x81\x05hello"));
	frame(fd, 0x82, "bytes", 5);
	KTAP_CHECK(hears(fd, "\x82\x05" "bytes"));
	/* in pieces, with a ping between them; and several at once */
	frame(fd, 0x01, "one", 3);
	frame(fd, 0x89, "?", 1);
	frame(fd, 0x00, "two", 3);
	frame(fd, 0x80, "three", 5);
	frame(fd, 0x82, "four", 4);
	frame(fd, 0x82, "", 0);
	frame(fd, 0x82, "five", 4);
	KTAP_CHECK(hears(fd, "\x8a\x01?") && hears(fd, "\x81\x0bonetwothree") && hears(fd, "\x82\x04" "four"));
	KTAP_CHECK(hears(fd, "\x82\x04" "five"));
	/* without being asked */
	KTAP_CHECK(last_conn && dp_addr_same_host(http_from(last_conn), &here));
	http_send(last_conn, SPAN("news"), true);
	http_send(last_conn, SPAN("more"), true);
	KTAP_CHECK(hears(fd, "\x81\x04news\x81\x04more") && !closed);
	close(fd);
	KTAP_CHECK(is_empty() && closed == 1 && close_all());
	return true;
}

static bool no_messages(void)
{
	static char body[HTTP_BODY_MAX + 1];
	int fd;

	KTAP_CHECK(open_all());
	/* nobody speaks that; no protocol; a browser's page */
	KTAP_CHECK(hangs_up(upgrade("Sec-WebSocket-Protocol: nobody\r\n")) && !strstr(got, "101"));
	KTAP_CHECK(hangs_up(upgrade("")) && !strstr(got, "101"));
	KTAP_CHECK(hangs_up(upgrade("Sec-WebSocket-Protocol: pages\r\n")) && !strstr(got, "101"));
	KTAP_CHECK(hangs_up(upgrade("Sec-WebSocket-Protocol: echo\r\nOrigin: http://x\r\n")) && !strstr(got, "101"));
	/* as long as it may be, and longer */
	fd = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd, "101 "));
	frame(fd, 0x82, body, HTTP_BODY_MAX);
	frame(fd, 0x82, "then", 4);
	KTAP_CHECK(hears(fd, "\x82\x04then") && served == 2);
	frame(fd, 0x02, body, HTTP_BODY_MAX);
	frame(fd, 0x80, "x", 1);
	KTAP_CHECK(hears(fd, "\x03\xf1") && hangs_up(fd) && served == 2);
	/* half a message */
	fd = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd, "101 "));
	frame(fd, 0x02, "x", 1);
	KTAP_CHECK(is_late(fd));
	KTAP_CHECK(served == 2 && closed == 2 && close_all());
	return true;
}

/* what it does not read is kept, but not for ever and not without end */
static bool unread(void)
{
	static char much[HTTP_UNSENT_MAX / 2];
	int fd, i;

	KTAP_CHECK(open_all());
	fd = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd, "101 "));
	frame(fd, 0x82, "here", 4);
	KTAP_CHECK(hears(fd, "here") && last_conn);
	for (i = 0; i < 3; i++)
		http_send(last_conn, (struct span){ much, sizeof(much) }, false);
	KTAP_CHECK(is_empty() && closed == 1);
	close(fd);
	fd = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd, "101 "));
	frame(fd, 0x82, "here", 4);
	KTAP_CHECK(hears(fd, "here") && last_conn);
	/* nothing of this is read here */
	for (i = 0; i < 100 && last_conn; i++) {
		http_send(last_conn, (struct span){ much, sizeof(much) }, false);
		loop_turn(loop, 1);
		time_goes_by(HTTP_PATIENCE / 4);
	}
	KTAP_CHECK(is_empty() && closed == 2);
	close(fd);
	KTAP_CHECK(close_all());
	return true;
}

/* it ends in the middle of everything, and tells whom it concerns */
static bool ends(void)
{
	int fd[3];

	KTAP_CHECK(open_all());
	fd[0] = dial();
	ask(fd[0], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsome");
	fd[1] = upgrade("Sec-WebSocket-Protocol: echo\r\n");
	KTAP_CHECK(hears(fd[1], "101 "));
	frame(fd[1], 0x82, "here", 4);
	KTAP_CHECK(hears(fd[1], "here") && last_conn);
	http_send(last_conn, SPAN("unsent"), true);
	fd[2] = dial();
	while (http_count(http) < 3)
		loop_turn(loop, 5);
	KTAP_CHECK(close_all() && closed == 1);
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
	return true;
}

/* neither a connection nor a site, and both later */
static bool not_taken(void)
{
	struct http_site site = {
		.allows = allows, .page = pages, .protocol = protocols,
	};
	int fd, i;

	KTAP_CHECK(open_all());
	no_memory = true;
	fd = dial();
	for (i = 0; i < 20; i++)
		loop_turn(loop, 5);
	KTAP_CHECK(hangs_up(fd) && !http_count(http));
	KTAP_CHECK(dp_addr_parse("127.0.0.1:8081", &site.listen));
	KTAP_CHECK(http_listen(http, &site) == -ENOMEM);
	no_memory = false;
	fd = dial();
	ask(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	KTAP_CHECK(hears(fd, "hello") && hangs_up(fd) && is_empty());
	/* the end of what never listened takes nobody's descriptor */
	fd = dup(0);
	KTAP_CHECK(close_all() && fcntl(0, F_GETFD) >= 0);
	dup2(fd, 0);
	close(fd);
	return true;
}

static bool taken(void)
{
	const struct http_site site = {
		.listen = here, .allows = allows, .page = pages,
		.protocol = protocols,
	};
	int fd;

	KTAP_CHECK(open_all());
	KTAP_CHECK(http_listen(http, &site) == -EADDRINUSE);
	fd = dial();
	ask(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	KTAP_CHECK(hears(fd, "hello"));
	close(fd);
	KTAP_CHECK(is_empty() && close_all());
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "pages are read, in however many pieces one asks", are_read },
		{ "what is wrong is refused, by its status", are_refused },
		{ "as long as they may be", long_ones },
		{ "who may not is not heard, nor who has too many", strangers },
		{ "half a request ends", half_ones },
		{ "messages by protocols", messages },
		{ "what is none, or too long, or half of one", no_messages },
		{ "who does not read ends", unread },
		{ "an end with all in the middle", ends },
		{ "an address that is taken", taken },
		{ "connections and sites that there is no memory for", not_taken },
	};

	unit_net();
	lws_set_allocator(lws_memory);
	if (!dp_addr_parse("127.0.0.1:8080", &here))
		return 1;
	return KTAP_RUN(points);
}
