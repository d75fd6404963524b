// SPDX-License-Identifier: GPL-2.0
/*
 * LMDB believes what stands in its file: one that a power cut has left half written, or
 * that somebody has written over, may crash who reads it, or never let go of him. So that
 * is a child's work, and what it has found good goes to a new file, whose pages and lists
 * of free pages are all its own.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "private.h"

#define NEW_FILE	STORE_FILE ".new"
#define ASIDE_FILE	STORE_FILE ".damaged"
/* a gigabyte from a slow disk takes less */
#define PATIENCE_S	30

MDB_env *store_env_open(const char *path, size_t size, unsigned int flags,
			int *error)
{
	MDB_env *env;

	*error = mdb_env_create(&env);
	if (*error)
		return NULL;
	*error = mdb_env_set_mapsize(env, size);
	if (!*error)
		*error = mdb_env_open(env, path, STORE_FLAGS | flags, 0600);
	if (!*error)
		return env;
	mdb_env_close(env);
	return NULL;
}

/* ------------------------------------------------------------------ in the child */

/* all that is whole; 0, or one of LMDB's errors */
static int copy_all(MDB_txn *from, MDB_txn *to, struct store_renewed *renewed)
{
	MDB_val key, data;
	MDB_cursor *cursor;
	struct span value;
	MDB_dbi in, out;
	uint8_t version;
	int ret;

	ret = mdb_dbi_open(from, NULL, 0, &in);
	if (!ret)
		ret = mdb_dbi_open(to, NULL, 0, &out);
	if (!ret)
		ret = mdb_cursor_open(from, in, &cursor);
	if (ret)
		return ret;
	while (!(ret = mdb_cursor_get(cursor, &key, &data, MDB_NEXT))) {
		if (!store_record_read(&key, &data, &version, &value)) {
			renewed->damaged++;
			continue;
		}
		ret = mdb_put(to, out, &key, &data, MDB_NOOVERWRITE);
		if (ret && ret != MDB_KEYEXIST)
			break;
		renewed->records++;
	}
	mdb_cursor_close(cursor);
	return ret == MDB_NOTFOUND ? 0 : ret;
}

static int copy(const char *old, const char *new, size_t size,
		struct store_renewed *renewed)
{
	MDB_txn *read, *write;
	MDB_env *from, *to;
	int ret;

	from = store_env_open(old, size, MDB_RDONLY, &ret);
	if (!from)
		return ret;
	to = store_env_open(new, size, 0, &ret);
	if (!to)
		return ret;
	ret = mdb_txn_begin(from, NULL, MDB_RDONLY, &read);
	if (!ret)
		ret = mdb_txn_begin(to, NULL, 0, &write);
	if (!ret)
		ret = copy_all(read, write, renewed);
	if (!ret)
		ret = mdb_txn_commit(write);
	if (!ret)
		ret = mdb_env_sync(to, 1);
	return ret;
}

static void in_the_child(const char *old, const char *new, size_t size,
			 struct store_renewed *renewed)
{
	static const int signals[] = {
		SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGSEGV, SIGBUS, SIGABRT,
	};
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* it may well crash, which is of no interest to who collects cores */
	prctl(PR_SET_DUMPABLE, 0);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	alarm(PATIENCE_S);
	_exit(copy(old, new, size, renewed) ? 1 : 0);
}

/* ----------------------------------------------------------------- in the agent */

/* true: the child has read all of it */
static bool copy_in_child(const char *old, const char *new, size_t size,
			  struct store_renewed *renewed)
{
	struct store_renewed *shared;
	int status = -1;
	pid_t pid;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	*shared = (struct store_renewed){ 0 };
	pid = fork();
	if (!pid)
		in_the_child(old, new, size, shared);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*renewed = *shared;
	munmap(shared, sizeof(*shared));
	return pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

bool store_renew(const char *dir, size_t size, struct store_renewed *renewed,
		 char *error)
{
	char old[PATH_MAX], new[PATH_MAX], aside[PATH_MAX];
	bool fine;

	*renewed = (struct store_renewed){ 0 };
	snprintf(old, sizeof(old), "%s/" STORE_FILE, dir);
	snprintf(new, sizeof(new), "%s/" NEW_FILE, dir);
	snprintf(aside, sizeof(aside), "%s/" ASIDE_FILE, dir);
	/* of a start that was killed */
	unlink(new);
	if (!is_there(old))
		return true;
	fine = copy_in_child(old, new, size, renewed);
	if (fine && !rename(new, old))
		return true;
	unlink(new);
	if (rename(old, aside)) {
		snprintf(error, STORE_ERROR_LEN,
			 "store: %.900s cannot be read, and not be set aside: %s",
			 old, strerror(errno));
		return false;
	}
	*renewed = (struct store_renewed){ .aside = true };
	log_error("store: %s is damaged, or no store: it is set aside as %s, and calls and bindings of the former agent are not known",
		  old, aside);
	return true;
}
