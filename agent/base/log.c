// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_LEN	2048

static enum log_level max_level = LOG_LEVEL_INFO;

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

static void write_line(enum log_level level, const char *text)
{
	char out[LINE_MAX_LEN + 64];
	size_t n = put_prefix(out, sizeof(out), level);
	const unsigned char *p;
	ssize_t written;

	for (p = (const unsigned char *)text; *p && n < sizeof(out) - 6; p++) {
		if (iscntrl(*p))
			n += snprintf(out + n, sizeof(out) - n, "\\x%02x", *p);
		else
			out[n++] = *p;
	}
	out[n++] = '\n';
	/* nobody can be told that the log cannot be written */
	written = write(STDERR_FILENO, out, n);
	(void)written;
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
