// SPDX-License-Identifier: GPL-2.0
/*
 * freeze - stop single threads of a program for a while, as a bad scheduler would
 *
 * freeze PID NAME MS [--ready PATH]: all threads of PID whose name begins with
 * NAME stand still for MS milliseconds.  Prints how many there were.
 */
#include <dirent.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "pkt.h"

#define THREADS_MAX	64

static bool is_named(const char *pid, const char *tid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/task/%.16s/comm", pid, tid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	return !strncmp(comm, name, strlen(name));
}

static void stop(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
	    waitpid(tid, &status, __WALL) != tid)
		die("cannot stop the thread %d: %s", tid, strerror(errno));
}

int main(int argc, char **argv)
{
	const char *ready = argc == 6 ? argv[5] : NULL;
	pid_t tids[THREADS_MAX];
	struct timespec rest;
	struct dirent *entry;
	char path[64];
	long long ms;
	int i, n = 0;
	DIR *dir;

	if (argc != 4 && (argc != 6 || strcmp(argv[4], "--ready")))
		die("usage: freeze PID NAME MS [--ready PATH]");
	ms = opt_num("MS", argv[3], 1, 60000);
	snprintf(path, sizeof(path), "/proc/%.16s/task", argv[1]);
	dir = opendir(path);
	if (!dir)
		die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)) && n < THREADS_MAX)
		if (is_named(argv[1], entry->d_name, argv[2]))
			tids[n++] = (pid_t)opt_num("TID", entry->d_name, 1,
						   INT32_MAX);
	closedir(dir);
	if (!n)
		die("the process %s has no thread %s...", argv[1], argv[2]);
	for (i = 0; i < n; i++)
		stop(tids[i]);
	say_ready(ready);
	rest = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&rest, NULL);
	/* they go on when we are gone */
	printf("{\"threads\":%d}\n", n);
	return 0;
}
