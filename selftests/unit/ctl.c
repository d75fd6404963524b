// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket and those who use it badly: lines in heaps, answers that nobody
 * reads, connections that are forgotten, no descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ktap.h"

#define CLIENTS	64
#define LINE	"{\"cmd\":\"reload\"}"

/**
 * struct desk - the control socket and who asks
 * @loop: the loop
 * @ctl: the control socket
 * @path: its path
 * @asked: reloads that were asked for
 * @answer: bytes of the answer to one
 */
static struct desk {
	struct loop *loop;
	struct ctl *ctl;
	char path[64];
	unsigned int asked;
	size_t answer;
} desk;

static json_t *reload(void *arg, char *error)
{
	char *text = malloc(desk.answer + 1);
	json_t *o;

	desk.asked++;
	memset(text, 'x', desk.answer);
	text[desk.answer] = '\0';
	o = json_string(text);
	free(text);
	return o;
}

static bool open_desk(size_t answer)
{
	struct ctl_conf conf = { .path = desk.path, .reload = reload };
	char error[CONFIG_ERROR_LEN];
	const char *tmp = getenv("TMPDIR");

	snprintf(desk.path, sizeof(desk.path), "%s/ctl.%d",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp", getpid());
	desk.loop = loop_new();
	conf.loop = desk.loop;
	desk.asked = 0;
	desk.answer = answer;
	desk.ctl = ctl_new(&conf, error);
	return desk.ctl;
}

static void close_desk(void)
{
	ctl_free(desk.ctl);
	loop_free(desk.loop);
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool reach(int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int i;

	strcpy(sun.sun_path, desk.path);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		return false;
	for (i = 0; i < 4; i++)
		loop_turn(desk.loop, 0);
	return true;
}

static int client(void)
{
	int fd = new_socket();

	return reach(fd) ? fd : -1;
}

static void turns(unsigned int n)
{
	while (n--)
		loop_turn(desk.loop, 1);
}

static bool say(int fd, const char *text, size_t len)
{
	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* after this, everybody has done nothing for 3 s */
static void all_are_idle(void)
{
	uint64_t begin = loop_now(desk.loop);

	while (loop_now(desk.loop) - begin < 3050)
		loop_turn(desk.loop, 50);
}

/* answers' lines that come until nothing comes any more; -1: it was hung up */
static int answers(int fd, size_t *bytes)
{
	char buf[65536];
	int n = 0, idle = 0;
	ssize_t got, i;

	while (idle < 20) {
		loop_turn(desk.loop, 1);
		got = recv(fd, buf, sizeof(buf), 0);
		if (!got || (got < 0 && errno != EAGAIN))
			return -1;
		idle = got < 0 ? idle + 1 : 0;
		for (i = 0; i < got; i++)
			n += buf[i] == '\n';
		*bytes += got > 0 ? (size_t)got : 0;
	}
	return n;
}

static bool is_there(int fd)
{
	char c;

	turns(4);
	return recv(fd, &c, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

/* 4096 bytes of lines at once, while answers wait: each is answered, and in its turn */
static bool heaps(void)
{
	char text[4096];
	size_t bytes = 0;
	unsigned int i;
	int fd, other;

	KTAP_CHECK(open_desk(300000));
	fd = client();
	other = client();
	memset(text, ' ', sizeof(text));
	for (i = 0; i < 64; i++) {
		memcpy(text + i * 64, LINE, strlen(LINE));
		text[i * 64 + 63] = '\n';
	}
	KTAP_CHECK(say(fd, text, sizeof(text)) && say(fd, text, sizeof(text)));
	turns(10);
	KTAP_CHECK(desk.asked == 1);	/* its answer is not read */
	KTAP_CHECK(answers(fd, &bytes) == 128);
	KTAP_CHECK(desk.asked == 128 && bytes > 128 * 300000);
	desk.answer = 10;
	KTAP_CHECK(say(fd, text, sizeof(text)) && say(other, text, 64));
	loop_turn(desk.loop, 100);
	KTAP_CHECK(desk.asked <= 128 + 4);	/* others have their turn */
	turns(4);
	KTAP_CHECK(recv(other, text, 1, 0) == 1);
	bytes = 0;
	KTAP_CHECK(answers(fd, &bytes) == 64);
	close(fd);
	close(other);
	close_desk();
	return true;
}

/* a line is of 4096 bytes at most, its end included */
static bool long_lines(void)
{
	char text[4097];
	size_t bytes = 0;
	int fd;

	KTAP_CHECK(open_desk(1));
	memset(text, ' ', sizeof(text));
	memcpy(text, LINE, strlen(LINE));
	text[4095] = '\n';
	fd = client();
	KTAP_CHECK(say(fd, text, 4096) && answers(fd, &bytes) == 1);
	text[4095] = ' ';
	text[4096] = '\n';
	KTAP_CHECK(say(fd, text, 4097) && answers(fd, &bytes) == -1);
	close(fd);
	close_desk();
	return true;
}

/* whoever forgot connections keeps nobody out for longer than 3 s */
static bool forgotten(void)
{
	int fd[CLIENTS], i, more, gone = 0;
	size_t bytes = 0;

	KTAP_CHECK(open_desk(1));
	for (i = 0; i < CLIENTS; i++)
		fd[i] = client();
	more = client();
	KTAP_CHECK(more >= 0 && !is_there(more));
	close(more);
	all_are_idle();
	KTAP_CHECK(say(fd[0], LINE "\n", strlen(LINE) + 1) &&
		   answers(fd[0], &bytes) == 1);
	more = client();
	for (i = 0; i < CLIENTS; i++)
		gone += !is_there(fd[i]);
	KTAP_CHECK(is_there(more) && is_there(fd[0]) && gone == 1);
	KTAP_CHECK(say(more, LINE "\n", strlen(LINE) + 1) &&
		   answers(more, &bytes) == 1);
	for (i = 0; i < CLIENTS; i++)
		close(fd[i]);
	close(more);
	close_desk();
	return true;
}

/* answers that nobody reads do not fill our memory */
static bool unread(void)
{
	int fd[8], i, more, gone = 0;
	size_t bytes = 0;

	KTAP_CHECK(open_desk(5 << 20));
	for (i = 0; i < 8; i++) {
		fd[i] = client();
		KTAP_CHECK(say(fd[i], LINE "\n", strlen(LINE) + 1));
		turns(4);
	}
	more = client();
	all_are_idle();
	KTAP_CHECK(say(more, LINE "\n", strlen(LINE) + 1) &&
		   answers(more, &bytes) == 1);
	for (i = 0; i < 8; i++)
		gone += answers(fd[i], &bytes) == -1;
	KTAP_CHECK(gone == 5);		/* 15 MiB are left */
	for (i = 0; i < 8; i++)
		close(fd[i]);
	close(more);
	close_desk();
	return true;
}

/* an event, whose line is of @len bytes */
static void tell(size_t len)
{
	size_t n = len - strlen("{\"e\":\"\"}\n");
	char *text = malloc(n + 1);

	memset(text, 'e', n);
	text[n] = '\0';
	ctl_tell(desk.ctl, json_pack("{s:s}", "e", text));
	free(text);
}

/* whoever has asked for events gets each, nobody else one; and asks on */
static bool events(void)
{
	static const char ask[] = "{\"cmd\":\"events\"}\n";
	size_t bytes = 0;
	int fd[2];

	KTAP_CHECK(open_desk(1) && !ctl_is_heard(desk.ctl) && !ctl_is_heard(NULL));
	fd[0] = client();
	fd[1] = client();
	KTAP_CHECK(say(fd[0], ask, strlen(ask)) && answers(fd[0], &bytes) == 1);
	KTAP_CHECK(ctl_is_heard(desk.ctl));
	tell(10);
	tell(20);
	bytes = 0;
	KTAP_CHECK(answers(fd[0], &bytes) == 2 && bytes == 10 + 20);
	KTAP_CHECK(is_there(fd[1]));
	tell(10);
	KTAP_CHECK(say(fd[0], LINE "\n", strlen(LINE) + 1));
	KTAP_CHECK(answers(fd[0], &bytes) == 2 && desk.asked == 1);
	/* twice is once */
	KTAP_CHECK(say(fd[0], ask, strlen(ask)) && answers(fd[0], &bytes) == 1);
	close(fd[0]);
	turns(4);
	KTAP_CHECK(!ctl_is_heard(desk.ctl));
	close(fd[1]);
	close_desk();
	return true;
}

/* who does not read is left with what is whole, and others hear all */
static bool slow_listener(void)
{
	static const char ask[] = "{\"cmd\":\"events\"}\n";
	size_t bytes = 0, heard = 0;
	int fd[2], i, n = 0;
	char last = 0;
	ssize_t got;
	char buf[4096];

	KTAP_CHECK(open_desk(1));
	for (i = 0; i < 2; i++) {
		fd[i] = client();
		KTAP_CHECK(say(fd[i], ask, strlen(ask)) &&
			   answers(fd[i], &bytes) == 1);
	}
	for (i = 0; i < 64; i++) {
		tell(100000);
		n += answers(fd[1], &heard);
	}
	KTAP_CHECK(n == 64 && heard == 64 * 100000);
	for (bytes = 0;; bytes += (size_t)got) {
		turns(1);
		got = recv(fd[0], buf, sizeof(buf), 0);
		if (got < 0 && errno == EAGAIN)
			got = 0;
		else if (got <= 0)
			break;
		else
			last = buf[got - 1];
	}
	KTAP_CHECK(bytes > 1u << 20 && bytes < 64 * 100000 && last == '\n');
	KTAP_CHECK(ctl_is_heard(desk.ctl));
	close(fd[0]);
	close(fd[1]);
	close_desk();
	return true;
}

/* so many may listen, and they are quiet, not forgotten */
static bool many_listeners(void)
{
	static const char ask[] = "{\"cmd\":\"events\"}\n";
	int fd[CLIENTS], i, more;
	size_t bytes = 0;
	char buf[256];

	KTAP_CHECK(open_desk(1));
	for (i = 0; i < CLIENTS; i++) {
		fd[i] = client();
		if (i < 17)
			KTAP_CHECK(say(fd[i], ask, strlen(ask)));
	}
	turns(8);
	for (i = 0; i < 17; i++) {
		ssize_t got = recv(fd[i], buf, sizeof(buf) - 1, 0);

		buf[got > 0 ? got : 0] = '\0';
		KTAP_CHECK(!!strstr(buf, "listening") == (i < 16));
		KTAP_CHECK(!!strstr(buf, "expected fewer") == (i == 16));
	}
	all_are_idle();
	more = client();
	KTAP_CHECK(is_there(more));
	for (i = 0; i < 16; i++)
		KTAP_CHECK(is_there(fd[i]));
	tell(10);
	KTAP_CHECK(answers(fd[15], &bytes) == 1);
	for (i = 0; i < CLIENTS; i++)
		close(fd[i]);
	close(more);
	close_desk();
	return true;
}

/* no descriptor: the connection is ended, and the loop does not spin */
static bool no_descriptor(void)
{
	struct rlimit limit, none;
	uint64_t before;
	int fd[2], last;
	char c;

	KTAP_CHECK(open_desk(1));
	fd[0] = client();
	fd[1] = new_socket();
	last = dup(fd[1]);	/* all below it are used */
	close(last);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ (rlim_t)last, limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	KTAP_CHECK(reach(fd[1]));
	before = loop_turns(desk.loop);
	turns(50);
	KTAP_CHECK(recv(fd[1], &c, 1, 0) == 0);
	KTAP_CHECK(loop_turns(desk.loop) - before <= 51);
	KTAP_CHECK(is_there(fd[0]));
	setrlimit(RLIMIT_NOFILE, &limit);
	close(fd[1]);
	fd[1] = client();
	KTAP_CHECK(is_there(fd[1]));
	close(fd[0]);
	close(fd[1]);
	close_desk();
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "lines in heaps are answered one a turn", heaps },
		{ "a line that is too long ends the connection", long_lines },
		{ "connections that were forgotten make room", forgotten },
		{ "answers that nobody reads are dropped", unread },
		{ "who listens gets each event", events },
		{ "who listens and does not read is left behind", slow_listener },
		{ "many who listen", many_listeners },
		{ "without descriptors who comes is sent away", no_descriptor },
	};

	return KTAP_RUN(points);
}
