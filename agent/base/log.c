// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_LEN	2048

#define LINE_ROOM	(LINE_MAX_LEN + 64)

static enum log_level max_level = LOG_LEVEL_INFO;

/**
 * struct out - stderr, which may be a journal that hangs
 * @lock: of all here
 * @rest: end of a line that was taken in part
 * @rest_len: its bytes
 * @dropped: lines that it did not take, all told
 * @untold: of these, since it was said
 */
static struct {
	pthread_mutex_t lock;
	char rest[LINE_ROOM];
	size_t rest_len;
	uint64_t dropped;
	uint64_t untold;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct {
	const char *word;
	int syslog;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

void log_set_level(enum log_level level)
{
	max_level = level;
}

bool log_level_on(enum log_level level)
{
	return level <= max_level;
}

/* the journal knows the time itself and reads the level from <N> */
static int put_prefix(char *buf, size_t len, enum log_level level)
{
	struct timespec now;
	struct tm tm;
	int n;

	if (getenv("JOURNAL_STREAM"))
		return snprintf(buf, len, "<%d>", levels[level].syslog);

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(buf, len, "%Y-%m-%dT%H:%M:%S", &tm);
	return n + snprintf(buf + n, len - n, ".%03ldZ %s ",
			    now.tv_nsec / 1000000, levels[level].word);
}

/*
 * As much as stderr takes without waiting.  Its O_NONBLOCK is not ours to set, since
 * whoever started us shares it.  A pipe that polls as writable has room for PIPE_BUF
 * bytes, which is more than a line.
 */
static ssize_t write_now(const char *data, size_t len)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	do
		n = send(STDERR_FILENO, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0 || errno != ENOTSOCK)
		return n;
	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT))
		return -1;
	return write(STDERR_FILENO, data, len);
}

/* false: nothing of it; what is taken in part is kept, to be ended first */
static bool put(const char *data, size_t len)
{
	ssize_t n = write_now(data, len);

	if (n <= 0)
		return false;
	out.rest_len = len - (size_t)n;
	memcpy(out.rest, data + n, out.rest_len);
	return true;
}

static bool put_rest(void)
{
	ssize_t n;

	if (!out.rest_len)
		return true;
	n = write_now(out.rest, out.rest_len);
	if (n <= 0)
		return false;
	out.rest_len -= (size_t)n;
	memmove(out.rest, out.rest + n, out.rest_len);
	return !out.rest_len;
}

/* a line with its end; returns its bytes */
static size_t make_line(char *line, enum log_level level, const char *text)
{
	size_t n = (size_t)put_prefix(line, LINE_ROOM, level);
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p && n < LINE_ROOM - 6; p++) {
		if (iscntrl(*p))
			n += (size_t)snprintf(line + n, LINE_ROOM - n, "\\x%02x", *p);
		else
			line[n++] = (char)*p;
	}
	line[n++] = '\n';
	return n;
}

static bool tell_dropped(void)
{
	char text[128], line[LINE_ROOM];

	if (!out.untold)
		return true;
	snprintf(text, sizeof(text),
		 "%" PRIu64 " lines are missing here: the log was not read", out.untold);
	if (!put(line, make_line(line, LOG_LEVEL_WARNING, text)))
		return false;
	out.untold = 0;
	return true;
}

/* nobody waits for the log: what it does not take is counted, and told when it does */
static void write_line(enum log_level level, const char *text)
{
	char line[LINE_ROOM];
	size_t n = make_line(line, level, text);

	pthread_mutex_lock(&out.lock);
	if (!put_rest() || !tell_dropped() || !put_rest() || !put(line, n)) {
		out.dropped++;
		out.untold++;
	}
	pthread_mutex_unlock(&out.lock);
}

uint64_t log_dropped(void)
{
	uint64_t n;

	pthread_mutex_lock(&out.lock);
	n = out.dropped;
	pthread_mutex_unlock(&out.lock);
	return n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;

	if (!log_level_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(level, text);
}

void log_call(enum log_level level, uint64_t call, const char *leg,
	      const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;
	int n;

	if (!log_level_on(level))
		return;
	n = snprintf(text, sizeof(text), "call=%" PRIu64 "%s%.64s: ", call,
		     leg ? " leg=" : "", leg ? leg : "");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	write_line(level, text);
}
