// SPDX-License-Identifier: GPL-2.0
/*
 * The control protocol's way in and out: where messages end in a stream, replies that
 * are given again, sockets, and who may not ask.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "net.h"
#include "ng/frame.h"
#include "ng/private.h"

/* --- frames --- */

struct framed {
	struct span in;
	enum ng_framed want;
	size_t end;	/* of a whole one */
};

#define T(s)	{ s, sizeof(s) - 1 }

/* in one piece, byte by byte, and in two pieces at each place: all the same */
static bool agrees(const struct framed *f)
{
	enum ng_framed got = NG_FRAMED_MORE;
	struct ng_frame frame = { 0 };
	size_t i, cut;

	for (cut = 0; cut <= f->in.n; cut++) {
		frame = (struct ng_frame){ 0 };
		got = ng_frame(&frame, f->in.p, cut);
		if (got == NG_FRAMED_MORE)
			got = ng_frame(&frame, f->in.p, f->in.n);
		if (got != f->want || (got == NG_FRAMED_WHOLE && frame.at != f->end))
			return false;
	}
	frame = (struct ng_frame){ 0 };
	got = NG_FRAMED_MORE;
	for (i = 0; i <= f->in.n && got == NG_FRAMED_MORE; i++)
		got = ng_frame(&frame, f->in.p, i);
	return got == f->want && (got != NG_FRAMED_WHOLE || frame.at == f->end);
}

static bool frames(void)
{
	static const struct framed tried[] = {
		{ T(""), NG_FRAMED_MORE, 0 },
		{ T(" \r\n\t"), NG_FRAMED_MORE, 0 },
		{ T("5_1"), NG_FRAMED_MORE, 0 },
		{ T("5_1 "), NG_FRAMED_MORE, 0 },
		{ T("5_1 d7:command4:ping"), NG_FRAMED_MORE, 0 },
		{ T("5_1 d7:command4:pinge"), NG_FRAMED_WHOLE, 21 },
		{ T("\r\n5_1 d7:command4:pinge\r\n5_2"), NG_FRAMED_WHOLE, 23 },
		{ T("5 ded"), NG_FRAMED_WHOLE, 4 },
		{ T("5 d1:e1:e1:dli-5eleee5 de"), NG_FRAMED_WHOLE, 21 },
		{ T("5 d1:a10:eeeeeeeeeee"), NG_FRAMED_WHOLE, 20 },
		{ T("5 d1:a10:eeeeeeeee"), NG_FRAMED_MORE, 0 },
		{ T("5 d1:a0:e"), NG_FRAMED_WHOLE, 9 },
		{ T("5 {}{}"), NG_FRAMED_WHOLE, 4 },
		{ T("5 {\"a\":\"}\\\"}\\\\\",\"b\":[{}]} 6"), NG_FRAMED_WHOLE, 25 },
		{ T("5 {\"a\":\"}\\"), NG_FRAMED_MORE, 0 },
		{ T("5 x"), NG_FRAMED_BROKEN, 0 },
		{ T("5 le"), NG_FRAMED_BROKEN, 0 },
		{ T("5  de"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d-1:"), NG_FRAMED_BROKEN, 0 },
		{ T("5 dx"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d1x"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d65537:"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d99999999999999999999999:"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d1:ai5x"), NG_FRAMED_BROKEN, 0 },
		{ T("5 d1:allllllllllllllllllllllllllllllll"), NG_FRAMED_BROKEN, 0 },
		{ T("5 {[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), NG_FRAMED_BROKEN, 0 },
	};
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		if (agrees(&tried[i]))
			continue;
		printf("# number %zu: %s\n", i, tried[i].in.p);
		all = false;
	}
	return all;
}

static bool long_frames(void)
{
	static char text[NG_MESSAGE_MAX + 1000];
	struct framed f = { { text, sizeof(text) }, NG_FRAMED_BROKEN, 0 };
	struct ng_frame frame = { 0 };

	memset(text, 'x', sizeof(text));
	KTAP_CHECK(ng_frame(&frame, text, NG_COOKIE_MAX + 1) == NG_FRAMED_MORE);
	KTAP_CHECK(ng_frame(&frame, text, NG_COOKIE_MAX + 2) == NG_FRAMED_BROKEN);
	/* texts that are skipped count too */
	memcpy(text, "5 d60000:", 9);
	memcpy(text + 60009, "9000:", 5);
	frame = (struct ng_frame){ 0 };
	KTAP_CHECK(ng_frame(&frame, text, 100) == NG_FRAMED_MORE);
	KTAP_CHECK(ng_frame(&frame, text, sizeof(text)) == NG_FRAMED_BROKEN);
	/* blanks before it do not, however many */
	memset(text, ' ', sizeof(text));
	memcpy(text + sizeof(text) - 4, "5 de", 4);
	f.want = NG_FRAMED_WHOLE;
	f.end = sizeof(text);
	frame = (struct ng_frame){ 0 };
	KTAP_CHECK(ng_frame(&frame, f.in.p, f.in.n) == NG_FRAMED_WHOLE);
	KTAP_CHECK(frame.at == f.end && frame.start == f.end - 4);
	return true;
}

/* --- replies that are kept --- */

static struct dp_addr at(const char *text)
{
	struct dp_addr addr = { 0 };

	if (!dp_addr_parse(text, &addr))
		dp_addr_parse_host(text, &addr);	/* any port */
	return addr;
}

static bool kept(const struct ng_replay *replay, const char *from,
		 const char *request, const char *want)
{
	struct dp_addr addr = at(from);
	struct span got = ng_replay_find(replay, &addr, span_of(request));

	return want ? span_is(got, want) : !got.p;
}

static void keep(struct ng_replay *replay, const char *from,
		 const char *request, const char *reply)
{
	struct dp_addr addr = at(from);

	ng_replay_keep(replay, &addr, span_of(request), span_of(reply));
}

#define A	"192.0.2.1:5000"
#define B	"192.0.2.2:5000"

static bool replays(void)
{
	struct timers timers;
	struct ng_replay *replay;

	timers_init(&timers, 1000);
	replay = ng_replay_new(&timers, 1 << 20);
	keep(replay, A, "1 dxe", "1 one");
	KTAP_CHECK(kept(replay, A, "1 dxe", "1 one"));
	/* another sender, port, request or cookie */
	KTAP_CHECK(kept(replay, B, "1 dxe", NULL));
	KTAP_CHECK(kept(replay, "192.0.2.1:5001", "1 dxe", NULL));
	KTAP_CHECK(kept(replay, "[2001:db8::1]:5000", "1 dxe", NULL));
	KTAP_CHECK(kept(replay, A, "1 dye", NULL));
	KTAP_CHECK(kept(replay, A, "1 dxee", NULL));
	KTAP_CHECK(kept(replay, A, "2 dxe", NULL));
	keep(replay, B, "1 dxe", "1 two");
	KTAP_CHECK(kept(replay, A, "1 dxe", "1 one") && kept(replay, B, "1 dxe", "1 two"));
	/* for its time, each by its own */
	timers_run(&timers, 31000);
	keep(replay, A, "3 dxe", "3 three");
	timers_run(&timers, 1000 + NG_REPLAY_MS - 1);
	KTAP_CHECK(ng_replay_count(replay) == 3 && kept(replay, A, "1 dxe", "1 one"));
	timers_run(&timers, 1000 + NG_REPLAY_MS);
	KTAP_CHECK(ng_replay_count(replay) == 1 && kept(replay, A, "1 dxe", NULL));
	KTAP_CHECK(kept(replay, A, "3 dxe", "3 three"));
	timers_run(&timers, 31000 + NG_REPLAY_MS);
	KTAP_CHECK(!ng_replay_count(replay) && !timers.count);
	keep(replay, A, "4 dxe", "4 four");
	ng_replay_free(replay);
	KTAP_CHECK(!timers.count);
	return true;
}

static bool replays_are_bounded(void)
{
	struct timers timers;
	struct ng_replay *replay;
	char request[32], reply[1000];
	unsigned int i;

	timers_init(&timers, 1000);
	replay = ng_replay_new(&timers, 100000);
	memset(reply, 'x', sizeof(reply));
	for (i = 0; i < 10000; i++) {
		snprintf(reply, sizeof(reply), "%u ", i);
		reply[strlen(reply)] = 'x';
		reply[sizeof(reply) - 1] = '\0';
		snprintf(request, sizeof(request), "%u de", i);
		keep(replay, A, request, reply);
		KTAP_CHECK(ng_replay_count(replay) <= 100);
	}
	/* the youngest ones are there */
	KTAP_CHECK(ng_replay_count(replay) > 80);
	KTAP_CHECK(kept(replay, A, request, reply) && kept(replay, A, "0 de", NULL));
	ng_replay_free(replay);
	return true;
}

/* --- sockets --- */

#define PORT	"42223"
#define OPEN	"127.0.0.1:" PORT

static struct loop *loop;
static struct ng *ng;
static struct config *config;
static char error[CONFIG_ERROR_LEN];

static const char yaml[] =
	"ng:\n"
	"  - {transport: udp, listen: '0.0.0.0:" PORT "', allow: [127.0.0.1, 127.0.4.0/22]}\n"
	"  - {transport: tcp, listen: '" OPEN "', allow: [127.0.0.1]}\n"
	"  - {transport: udp, listen: '[::1]:" PORT "', allow: ['::1/128']}\n"
	"realms:\n"
	"  - {name: a, addresses: [{listen: 127.0.0.1}]}\n";

static struct config *load(const char *text)
{
	const char *tmp = getenv("TMPDIR");
	struct config *loaded;
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/ng.%d.yaml",
		 tmp && strlen(tmp) < 80 ? tmp : "/tmp", getpid());
	out = fopen(path, "w");
	if (!out)
		return NULL;
	fputs(text, out);
	fclose(out);
	loaded = config_load(path, error);
	unlink(path);
	if (!loaded)
		printf("# %s\n", error);
	return loaded;
}

static void end(void)
{
	ng_free(ng);
	loop_free(loop);
	config_put(config);
	ng = NULL;
	loop = NULL;
	config = NULL;
}

static bool begin(void)
{
	struct ng_conf conf = { 0 };

	end();	/* of a test that failed */
	loop = loop_new();
	config = load(yaml);
	if (!loop || !config)
		return false;
	conf.loop = loop;
	conf.config = config;
	ng = ng_new(&conf);
	if (ng && ng_listen(ng, error))
		return true;
	printf("# %s\n", error);
	return false;
}

static int new_socket(int type, const char *from)
{
	struct dp_addr addr = at(from);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&addr, &ss);
	int fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len))
		perror("bind");
	return fd;
}

static void send_to(int fd, const char *to, struct span text)
{
	struct dp_addr addr = at(to);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&addr, &ss);

	if (sendto(fd, text.p, text.n, 0, (struct sockaddr *)&ss, len) < 0)
		perror("sendto");
}

static char got[70000];
static struct dp_addr got_from;

/* what is there now, "" if there is nothing; a connection's end is "<end>" */
static const char *receive(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	ssize_t n = recvfrom(fd, got, sizeof(got) - 1, MSG_DONTWAIT,
			     (struct sockaddr *)&ss, &len);

	if (!n || (n < 0 && errno != EAGAIN))
		return "<end>";
	got[n < 0 ? 0 : n] = '\0';
	if (n > 0)
		dp_addr_from_sockaddr(&got_from, (struct sockaddr *)&ss, len);
	return got;
}

/* what comes next, however long that takes */
static const char *await(int fd)
{
	const char *text;

	while (!*(text = receive(fd)))
		loop_turn(loop, 10);
	return text;
}

static bool datagrams(void)
{
	int fd, six;

	KTAP_CHECK(begin());
	fd = new_socket(SOCK_DGRAM, "127.0.0.1:45001");
	send_to(fd, OPEN, SPAN("1_7 d7:command4:pinge"));
	KTAP_CHECK(!strcmp(await(fd), "1_7 d6:result4:ponge"));
	send_to(fd, OPEN, SPAN("1_8 {\"command\":\"ping\"}"));
	KTAP_CHECK(!strcmp(await(fd), "1_8 {\"result\":\"pong\"}"));
	/* by the address that was asked */
	send_to(fd, "127.0.0.77:" PORT, SPAN("1_9 d7:command4:pinge"));
	KTAP_CHECK(!strcmp(await(fd), "1_9 d6:result4:ponge"));
	got_from.port = 0;
	KTAP_CHECK(got_from.v4.s_addr == htonl(0x7f00004d));
	/* the same bytes again: the same reply, and nothing is done for it */
	KTAP_CHECK(ng->counters.requests == 3 && !ng->counters.repeated);
	send_to(fd, OPEN, SPAN("1_7 d7:command4:pinge"));
	KTAP_CHECK(!strcmp(await(fd), "1_7 d6:result4:ponge"));
	KTAP_CHECK(ng->counters.requests == 3 && ng->counters.repeated == 1);
	/* the same cookie for something else */
	send_to(fd, OPEN, SPAN("1_7 d7:command4:pangee"));
	KTAP_CHECK(strstr(await(fd), "1_7 d12:error-reason"));
	six = new_socket(SOCK_DGRAM, "[::1]:45001");
	send_to(six, "[::1]:" PORT, SPAN("1_7 d7:command4:pinge"));
	KTAP_CHECK(!strcmp(await(six), "1_7 d6:result4:ponge"));
	close(six);
	close(fd);
	end();
	return true;
}

struct said {
	struct span in;
	const char *want;	/* NULL: nothing at all */
};

static bool bad_messages(void)
{
	static const struct said tried[] = {
		{ T(""), NULL }, { T("x"), NULL }, { T(" d7:command4:pinge"), NULL }, { T("d7:command4:pinge"), NULL },
		{ T("1 "), "Invalid data (no payload)" },
		{ T("1 x"), "Invalid NG data format" },
		{ T("1  d7:command4:pinge"), "Invalid NG data format" },
		{ T("1 \0"), "Invalid NG data format" },
		{ T("1 d7:command4:ping"), "Could not decode bencode dictionary" },
		{ T("1 d7:command4:pinx"), "Could not decode bencode dictionary" },
		{ T("1 d7:command4294967295:pinge"), "Could not decode bencode dictionary" },
		{ T("1 {\"command\":"), "Failed to parse JSON document" },
		{ T("1 de"), "Dictionary contains no key \"command\"" },
		{ T("1 d7:commandi5ee"), "Dictionary contains no key \"command\"" },
		{ T("1 d7:commandlee"), "Dictionary contains no key \"command\"" },
		{ T("1 {}"), "Dictionary contains no key \\\"command\\\"" },
		{ T("1 d7:command0:e"), "Unrecognized command" },
		{ T("1 d7:command5:ping\0e"), "Unrecognized command" },
		{ T("1 d7:command10:play mediae"), "needs a codec" },
	};
	char reason[160];
	size_t i;
	int fd;

	KTAP_CHECK(begin());
	fd = new_socket(SOCK_DGRAM, "127.0.0.1:45001");
	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		send_to(fd, OPEN, tried[i].in);
		if (!tried[i].want)
			continue;
		/* whatever came before it got nothing */
		snprintf(reason, sizeof(reason), "%s", await(fd));
		if (!strstr(reason, "error-reason") || !strstr(reason, tried[i].want))
			printf("# number %zu: %s\n", i, reason);
		KTAP_CHECK(strstr(reason, "error-reason") && strstr(reason, tried[i].want));
	}
	KTAP_CHECK(ng->counters.garbage == 4);
	close(fd);
	end();
	return true;
}

static bool strangers(void)
{
	int fd, near;

	KTAP_CHECK(begin());
	fd = new_socket(SOCK_DGRAM, "127.0.0.2:45002");
	near = new_socket(SOCK_DGRAM, "127.0.7.255:45003");
	send_to(fd, OPEN, SPAN("1 d7:command4:pinge"));
	send_to(near, OPEN, SPAN("1 d7:command4:pinge"));
	KTAP_CHECK(!strcmp(await(near), "1 d6:result4:ponge"));
	KTAP_CHECK(!*receive(fd) && ng->counters.strangers == 1);
	KTAP_CHECK(ng->counters.requests == 1 && ng_replay_count(ng->replay) == 1);
	close(fd);
	close(near);
	end();
	return true;
}

static int connect_from(const char *from)
{
	struct dp_addr addr = at(OPEN);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&addr, &ss);
	int fd = new_socket(SOCK_STREAM, from);

	if (connect(fd, (struct sockaddr *)&ss, len))
		perror("connect");
	return fd;
}

static void put(int fd, struct span text)
{
	ssize_t n;

	while (text.n) {
		n = send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN) {
			perror("send");
			return;
		}
		if (n < 0)
			loop_turn(loop, 10);
		else
			text = span_skip(text, (size_t)n);
	}
}

static bool pieces(void)
{
	static const char two[] = "\r\n 1 d7:command4:pinge2 {\"command\":\"ping\"}";
	static char big[NG_COOKIE_MAX + NG_MESSAGE_MAX];
	size_t i, n;
	int fd;

	KTAP_CHECK(begin());
	fd = connect_from("127.0.0.1");
	for (i = 0; i < sizeof(two) - 1; i++) {
		put(fd, (struct span){ two + i, 1 });
		loop_turn(loop, 0);
	}
	KTAP_CHECK(!strncmp(await(fd), "1 d6:result4:ponge", 18));
	if (!got[18])
		await(fd);
	KTAP_CHECK(strstr(got, "2 {\"result\":\"pong\"}"));
	/* as long as may be, thrice, in one go */
	n = (size_t)sprintf(big, "3 d7:command4:ping1:x65000:");
	memset(big + n, 'e', 65000);
	big[n + 65000] = 'e';
	n += 65001;
	for (i = 0; i < 3; i++)
		put(fd, (struct span){ big, n });
	for (i = 0; i < 3; i++)
		for (n = 18; n; n -= strlen(got))
			KTAP_CHECK(strcmp(await(fd), "<end>") && strlen(got) <= n);
	KTAP_CHECK(ng->n_conns == 1 && ng->counters.requests == 5);
	close(fd);
	while (ng->n_conns)
		loop_turn(loop, 10);
	end();
	return true;
}

static bool broken_stream(void)
{
	int fd;

	KTAP_CHECK(begin());
	fd = connect_from("127.0.0.1");
	put(fd, SPAN("1 d7:command4:pinge2 xyz d7:command4:pinge"));
	KTAP_CHECK(!strncmp(await(fd), "1 d6:result4:ponge", 18));
	if (!got[18])
		await(fd);
	KTAP_CHECK(strstr(got, "2 d12:error-reason22:Invalid NG data format"));
	KTAP_CHECK(!strcmp(await(fd), "<end>"));
	/* what comes behind it is thrown away */
	put(fd, SPAN("3 d7:command4:pinge"));
	close(fd);
	while (ng->n_conns)
		loop_turn(loop, 10);
	KTAP_CHECK(ng->counters.requests == 1);
	/* more than a message can be */
	fd = connect_from("127.0.0.1");
	for (int i = 0; i < 300; i++)
		put(fd, SPAN("xxxxxxxxxx"));
	KTAP_CHECK(!strcmp(await(fd), "<end>"));
	close(fd);
	/* a stranger */
	fd = connect_from("127.0.0.2");
	KTAP_CHECK(!strcmp(await(fd), "<end>") && ng->counters.strangers == 1);
	close(fd);
	end();
	return true;
}

/* who does not read is not read */
static bool unread(void)
{
	unsigned int i, asked = 0;
	int fd, size = 2048;
	char text[64];
	ssize_t n = 0;

	KTAP_CHECK(begin());
	fd = connect_from("127.0.0.1");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (i = 0; i < 2000000 && n >= 0; i++) {
		snprintf(text, sizeof(text), "%07u d7:command4:pinge", i);
		n = send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
		asked += n > 0;
		loop_turn(loop, 0);
	}
	/* it stopped at some time, and we have not kept what came */
	KTAP_CHECK(n < 0 && errno == EAGAIN && ng->n_conns == 1);
	KTAP_CHECK(ng->counters.requests < asked);
	close(fd);
	while (ng->n_conns)
		loop_turn(loop, 10);
	end();
	return true;
}

static bool reloads(void)
{
	struct config *other;
	int fd;

	KTAP_CHECK(begin());
	other = load("ng:\n  - {transport: udp, listen: '0.0.0.0:42224', allow: [127.0.0.1]}\n"
		     "realms:\n  - {name: a, addresses: [{listen: 127.0.0.1}]}\n");
	KTAP_CHECK(other && !ng_may_reload(ng, other, error) && strstr(error, "restart"));
	config_put(other);
	other = load("ng:\n  - {transport: udp, listen: '0.0.0.0:" PORT "', allow: [127.0.0.2]}\n"
		     "  - {transport: tcp, listen: '" OPEN "', allow: [127.0.0.2]}\n"
		     "  - {transport: udp, listen: '[::1]:" PORT "', allow: ['::2']}\n"
		     "realms:\n  - {name: a, addresses: [{listen: 127.0.0.1}]}\n");
	KTAP_CHECK(other && ng_may_reload(ng, other, error));
	ng_reload(ng, other);
	config_put(other);
	fd = new_socket(SOCK_DGRAM, "127.0.0.1:45001");
	send_to(fd, OPEN, SPAN("1 d7:command4:pinge"));
	while (!ng->counters.strangers)
		loop_turn(loop, 10);
	KTAP_CHECK(!ng->counters.requests);
	close(fd);
	end();
	return true;
}

static const struct ktap_point points[] = {
	{ "messages of a stream end where they end, in however many pieces", frames },
	{ "messages that are too long are broken ones", long_frames },
	{ "who asks again gets the same reply, for a minute, and nobody else", replays },
	{ "replies that are kept have a bound: the oldest go", replays_are_bounded },
	{ "datagrams are answered, by the address that was asked", datagrams },
	{ "messages that are none get rtpengine's words, those without cookie nothing", bad_messages },
	{ "strangers get nothing", strangers },
	{ "connections: in pieces, several in one, 64 KiB", pieces },
	{ "connections: what is broken is the last; strangers", broken_stream },
	{ "connections: who does not read is not read", unread },
	{ "another configuration: who may ask, but no other listeners", reloads },
};

int main(void)
{
	unit_net();
	log_set_level(LOG_LEVEL_ERROR);
	return KTAP_RUN(points);
}
