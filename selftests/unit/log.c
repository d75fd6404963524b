// SPDX-License-Identifier: GPL-2.0
/* The log never waits: stderr is a pipe or a socket that nobody reads. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ktap.h"

#define MANY	20000
#define WORDS	" a line of the log, as long as such lines are when a call is told of in them"

/**
 * struct reader - who should read stderr
 * @ends: read from 0; 1 is stderr meanwhile
 * @kept: stderr
 * @text: what was read
 * @len: its bytes
 */
struct reader {
	int ends[2];
	int kept;
	char *text;
	size_t len;
};

static void take_stderr(struct reader *r)
{
	r->kept = dup(STDERR_FILENO);
	dup2(r->ends[1], STDERR_FILENO);
	close(r->ends[1]);
	fcntl(r->ends[0], F_SETFL, O_NONBLOCK);
	r->text = NULL;
	r->len = 0;
}

static void give_back(struct reader *r)
{
	dup2(r->kept, STDERR_FILENO);
	close(r->kept);
	close(r->ends[0]);
	free(r->text);
}

static void read_all(struct reader *r)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(r->ends[0], buf, sizeof(buf))) > 0) {
		r->text = realloc(r->text, r->len + (size_t)n + 1);
		memcpy(r->text + r->len, buf, (size_t)n);
		r->len += (size_t)n;
		r->text[r->len] = '\0';
	}
}

static unsigned int lines(const struct reader *r)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < r->len; i++)
		n += r->text[i] == '\n';
	return n;
}

static bool ends(const char *end, const char *with)
{
	return !strncmp(end - strlen(with), with, strlen(with));
}

/* every line is whole: it has a time, and ends as ours do */
static bool whole(const struct reader *r)
{
	const char *line = r->text, *end;

	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end || end - line < 30 || line[10] != 'T' || line[23] != 'Z' ||
		    !(ends(end, " in them") || ends(end, " not read")))
			return false;
	}
	return true;
}

/* MANY lines, of which the first that fit are there, then all that follow */
static bool nobody_reads(struct reader *r)
{
	uint64_t before = log_dropped(), dropped;
	unsigned int i, there;
	char want[64];

	alarm(60);	/* a log that waits does so for ever */
	for (i = 0; i < MANY; i++)
		log_info("%u" WORDS, i);
	alarm(0);
	dropped = log_dropped() - before;
	KTAP_CHECK(dropped && dropped < MANY);
	read_all(r);
	there = lines(r);
	KTAP_CHECK(there == MANY - dropped || there + 1 == MANY - dropped);
	log_info("read again" WORDS);
	read_all(r);
	snprintf(want, sizeof(want), " warning %llu lines are missing here",
		 (unsigned long long)dropped);
	KTAP_CHECK(strstr(r->text, want));
	KTAP_CHECK(strstr(r->text, "info read again") > strstr(r->text, want));
	KTAP_CHECK(lines(r) == MANY - dropped + 2);
	KTAP_CHECK(whole(r));
	log_info("once" WORDS);
	read_all(r);
	KTAP_CHECK(lines(r) == MANY - dropped + 3);
	KTAP_CHECK(log_dropped() - before == dropped);
	return true;
}

static bool a_pipe(void)
{
	struct reader r;
	bool ok;

	KTAP_CHECK(!pipe(r.ends));
	take_stderr(&r);
	ok = nobody_reads(&r);
	KTAP_CHECK(!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK));
	give_back(&r);
	return ok;
}

static bool a_socket(void)
{
	struct reader r;
	bool ok;

	KTAP_CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, r.ends));
	take_stderr(&r);
	ok = nobody_reads(&r);
	give_back(&r);
	return ok;
}

/* whoever should read is gone: no signal, no wait */
static bool gone(void)
{
	uint64_t before = log_dropped();
	struct reader r;

	KTAP_CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, r.ends));
	take_stderr(&r);
	close(r.ends[0]);
	log_info("to nobody" WORDS);
	KTAP_CHECK(log_dropped() == before + 1);
	give_back(&r);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a pipe that nobody reads: lines are dropped, counted, told", a_pipe },
		{ "a socket, as the journal's is", a_socket },
		{ "whoever should read is gone", gone },
	};

	unsetenv("JOURNAL_STREAM");
	return KTAP_RUN(points);
}
