// SPDX-License-Identifier: GPL-2.0
/*
 * sipsend [-t MS] udp|tcp ADDRESS PORT FILE: send a file as it is, as one
 * datagram or over one connection, and print the status of each response that
 * comes back, one a line ("400 Bad Request"), until a final one is there or MS
 * milliseconds have passed (default 1000).
 *
 * Exit 0: a final response came; 3: none; 1: it could not be sent; 2: usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX	65536

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(const char *what)
{
	fprintf(stderr, "sipsend: %s: %s\n", what, strerror(errno));
	return -1;
}

static int dial(const char *proto, const char *address, int port)
{
	int type = strcmp(proto, "tcp") ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd, ret;

	sin.sin_port = htons(port);
	sin6.sin6_port = htons(port);
	if (inet_pton(AF_INET, address, &sin.sin_addr) == 1) {
		fd = socket(AF_INET, type, 0);
		ret = connect(fd, (struct sockaddr *)&sin, sizeof(sin));
	} else if (inet_pton(AF_INET6, address, &sin6.sin6_addr) == 1) {
		fd = socket(AF_INET6, type, 0);
		ret = connect(fd, (struct sockaddr *)&sin6, sizeof(sin6));
	} else {
		errno = EINVAL;
		return fail(address);
	}
	return ret ? fail("connect") : fd;
}

static int send_file(int fd, const char *path)
{
	static char data[MESSAGE_MAX];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return fail(path);
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	return send(fd, data, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : fail("send");
}

/* print the status lines of what was read; the last status, or 0 */
static int print_status(char *text)
{
	char *line, *save;
	int status = 0;

	for (line = strtok_r(text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		if (strncmp(line, "SIP/2.0 ", 8))
			continue;
		status = atoi(line + 8);
		printf("%s\n", line + 8);
	}
	return status;
}

static int await_final(int fd, long limit)
{
	static char text[MESSAGE_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long end = now_ms() + limit, left;
	ssize_t n;

	while ((left = end - now_ms()) > 0 && poll(&p, 1, left) > 0) {
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n <= 0)
			break;
		text[n] = '\0';
		if (print_status(text) >= 200)
			return 0;
	}
	return 3;
}

int main(int argc, char **argv)
{
	long limit = 1000;
	int fd, c;

	while ((c = getopt(argc, argv, "t:")) != -1) {
		if (c != 't')
			return 2;
		limit = atol(optarg);
	}
	if (argc - optind != 4)
		return 2;
	argv += optind;
	fd = dial(argv[0], argv[1], atoi(argv[2]));
	if (fd < 0 || send_file(fd, argv[3]))
		return 1;
	return await_final(fd, limit);
}
