// SPDX-License-Identifier: GPL-2.0
/* Sockets at a path: whose place is taken, and whose is not. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/unix.h"
#include "ktap.h"

static char path[64];

static int connect_to(int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	strcpy(sun.sun_path, path);
	if (!connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		return fd;
	close(fd);
	return -errno;
}

static bool stale(void)
{
	int fd = unix_listen(path, SOCK_STREAM);
	struct stat st;

	KTAP_CHECK(fd >= 0 && !lstat(path, &st));
	KTAP_CHECK(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0660);
	close(fd);
	fd = unix_listen(path, SOCK_SEQPACKET);
	KTAP_CHECK(fd >= 0 && connect_to(SOCK_SEQPACKET) >= 0);
	close(fd);
	return !unlink(path);
}

static bool other_type(void)
{
	int fd = unix_listen(path, SOCK_STREAM);

	KTAP_CHECK(unix_listen(path, SOCK_STREAM) == -EADDRINUSE);
	KTAP_CHECK(unix_listen(path, SOCK_SEQPACKET) == -EADDRINUSE);
	KTAP_CHECK(connect_to(SOCK_STREAM) >= 0);
	close(fd);
	return !unlink(path);
}

/* an owner that takes no connections: the start neither hangs nor takes its place */
static bool hanging_owner(void)
{
	int fd = unix_listen(path, SOCK_STREAM), i;

	for (i = 0; i < 1000 && connect_to(SOCK_STREAM) >= 0; i++)
		;
	KTAP_CHECK(i < 1000);
	KTAP_CHECK(unix_listen(path, SOCK_STREAM) == -EADDRINUSE);
	close(fd);
	return !unlink(path);
}

static bool no_socket(void)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	struct stat st;

	KTAP_CHECK(fd >= 0 && write(fd, "important", 9) == 9);
	close(fd);
	KTAP_CHECK(unix_listen(path, SOCK_STREAM) == -EEXIST);
	KTAP_CHECK(!stat(path, &st) && st.st_size == 9);
	KTAP_CHECK(!unlink(path) && !symlink("/dev/null", path));
	KTAP_CHECK(unix_listen(path, SOCK_STREAM) == -EEXIST);
	return !unlink(path);
}

static bool no_folder(void)
{
	KTAP_CHECK(unix_listen("/nonexistent/x", SOCK_STREAM) == -ENOENT);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a socket whose owner is gone is replaced", stale },
		{ "one of another type is not", other_type },
		{ "nor one whose owner hangs", hanging_owner },
		{ "nor what is no socket", no_socket },
		{ "a folder that is not there", no_folder },
	};

	snprintf(path, sizeof(path), "/tmp/rtplane-unix.%d", (int)getpid());
	return KTAP_RUN(points);
}
