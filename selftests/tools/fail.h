/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection into this task (Documentation/fault-injection of the kernel):
 * the nth allocation that it makes from now on fails.
 */
#ifndef RTPLANE_SELFTESTS_FAIL_H
#define RTPLANE_SELFTESTS_FAIL_H

#include <fcntl.h>
#include <unistd.h>

#include "pkt.h"

static int fail_fd;

static inline void fail_set(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_fd, text, (size_t)len, 0) != len)
		die("/proc/self/fail-nth: %s", strerror(errno));
}

/* Did an allocation fail since fail_set()?  None will any more. */
static inline bool fail_hit(void)
{
	char text[16] = { 0 };

	if (pread(fail_fd, text, sizeof(text) - 1, 0) <= 0)
		die("/proc/self/fail-nth: %s", strerror(errno));
	fail_set(0);
	return !atoi(text);
}

static inline void failslab(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* Every allocation may fail, also one that could wait for memory; in silence. */
static inline void fail_open(void)
{
	fail_fd = open("/proc/self/fail-nth", O_RDWR);
	if (fail_fd < 0)
		die("/proc/self/fail-nth: %s", strerror(errno));
	failslab("ignore-gfp-wait", "N");
	failslab("verbose", "0");
}

#endif /* RTPLANE_SELFTESTS_FAIL_H */
