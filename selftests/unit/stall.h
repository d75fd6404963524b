/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workers of the media engine that do not answer, because a signal holds them; a
 * program that has them does signal(SIGRTMIN, on_stall).
 */
#ifndef UNIT_STALL_H
#define UNIT_STALL_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "engine/engine.h"
#include "phones.h"

/* ThreadSanitizer holds signals back, by which a worker is stalled here */
#ifdef __SANITIZE_THREAD__
#define STALLS	0
#else
#define STALLS	1
#endif

static inline bool start(void)
{
	struct dp_bridge br;
	struct dp_err err = {};

	if (!phones())
		return false;
	br = bridge();
	if (!dp_bridges_new(dp, &br, 1, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

static inline bool still_works(void)
{
	static uint16_t seq;

	seq++;
	KTAP_CHECK(say_rtp(a, &leg_a, seq) && hear(b, NULL, NULL) == seq);
	KTAP_CHECK(say_rtp(b, &leg_b, seq) && hear(a, NULL, NULL) == seq);
	return true;
}

static atomic_bool stall;
static atomic_int stalled;

static inline void on_stall(int sig)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	(void)sig;
	stalled++;
	while (stall)
		nanosleep(&ms, NULL);
	stalled--;
}

/* send a signal to every thread whose name begins so */
static inline int signal_threads(const char *name, int sig)
{
	char path[300], comm[32] = "";
	DIR *dir = opendir("/proc/self/task");
	struct dirent *d;
	int fd, n = 0;

	while ((d = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 d->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, comm, sizeof(comm) - 1) > 0 &&
		    !strncmp(comm, name, strlen(name)) &&
		    !syscall(SYS_tgkill, getpid(), atoi(d->d_name), sig))
			n++;
		close(fd);
	}
	closedir(dir);
	return n;
}

static inline bool all_wait(void)
{
	unsigned int i;

	for (i = 0; i < media->n_workers; i++)
		if (media->worker[i].where != WORKER_WAITS)
			return false;
	return true;
}

/* where they wait for packets */
static inline bool stall_waiting(void)
{
	int n;

	if (!AWAIT(all_wait()))
		return false;
	stall = true;
	n = signal_threads("media/", SIGRTMIN);
	return n == (int)conf.workers && AWAIT(stalled == n);
}

static inline bool stall_workers(void)
{
	unsigned int i;

	if (!stall_waiting())
		return false;
	/* they wait, where nobody minds: as if in their turn */
	for (i = 0; i < media->n_workers; i++)
		atomic_store(&media->worker[i].where, WORKER_TURNS);
	return true;
}

static inline bool recover(void)
{
	stall = false;
	return AWAIT(stalled == 0);
}

#endif /* UNIT_STALL_H */
