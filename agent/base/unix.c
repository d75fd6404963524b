// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix.h"

#define BACKLOG	16

/*
 * 0 if the path is free, or was once somebody's socket who is gone: only then the
 * kernel refuses a connection.  Whoever is there and does not take connections, or
 * takes others, is there all the same, and what is no socket is not ours.
 */
static int look(const struct sockaddr_un *sun, int type)
{
	struct stat st;
	int fd, ret;

	if (lstat(sun->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) ? -errno :
	      -EADDRINUSE;
	close(fd);
	if (ret == -EAGAIN || ret == -EPROTOTYPE)
		return -EADDRINUSE;
	return ret == -ECONNREFUSED || ret == -ENOENT ? 0 : ret;
}

static int bind_and_listen(const struct sockaddr_un *sun, int type)
{
	mode_t mask;
	int fd, ret;

	unlink(sun->sun_path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117);
	ret = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(mask);
	if (!ret && !listen(fd, BACKLOG))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* two that start at once must not both find nobody: one at a time in a folder */
static int lock_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)] = ".";
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s",
			 slash == path ? 1 : (int)(slash - path), path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX))
		return fd;
	close(fd);
	return -errno;
}

int unix_listen(const char *path, int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int lock, ret;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	lock = lock_folder(path);
	if (lock < 0)
		return lock;
	ret = look(&sun, type);
	if (!ret)
		ret = bind_and_listen(&sun, type);
	close(lock);
	return ret;
}

int unix_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int unix_accept(int fd, int *spare)
{
	int new = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error = errno;

	if (new >= 0)
		return new;
	if ((error == EMFILE || error == ENFILE) && *spare >= 0) {
		close(*spare);
		new = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (new >= 0)
			close(new);
		*spare = unix_spare();
	}
	return -error;
}
