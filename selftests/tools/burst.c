// SPDX-License-Identifier: GPL-2.0
/*
 * burst - send RTP as fast as it goes and say how long one packet took
 *
 * Under scripts/vm --insn a nanosecond is an instruction, there is one processor
 * and what is sent through veth is received and forwarded on it before this
 * program goes on. The time of a packet is then the instructions that the whole
 * way costs, and the difference of two runs what one part of it costs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RTP_HEADER	12
#define YIELD_EVERY	16
#define MAX_FLOWS	4096
#define MAX_SIZE	1400

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void fill(uint8_t *buf, uint32_t ssrc, uint32_t n, size_t size)
{
	uint16_t seq = htons(n & 0xffff);
	uint32_t ts = htonl(n * 160);

	memset(buf, 0x55, size);
	buf[0] = 0x80;
	buf[1] = 0;
	memcpy(buf + 2, &seq, sizeof(seq));
	memcpy(buf + 4, &ts, sizeof(ts));
	ssrc = htonl(ssrc);
	memcpy(buf + 8, &ssrc, sizeof(ssrc));
}

/* A flow is a socket of its own: ports go up by two from both first ports. */
static int open_flow(const char *from, const char *to, int from_port, int to_port)
{
	struct sockaddr_in src = { .sin_family = AF_INET, .sin_port = htons(from_port) };
	struct sockaddr_in dst = { .sin_family = AF_INET, .sin_port = htons(to_port) };
	int fd;

	if (inet_pton(AF_INET, from, &src.sin_addr) != 1 ||
	    inet_pton(AF_INET, to, &dst.sin_addr) != 1) {
		fprintf(stderr, "burst: '%s' or '%s' is no IPv4 address\n", from, to);
		exit(2);
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&src, sizeof(src)) ||
	    connect(fd, (struct sockaddr *)&dst, sizeof(dst))) {
		fprintf(stderr, "burst: %s:%d to %s:%d: %s\n", from, from_port, to, to_port,
			strerror(errno));
		exit(1);
	}
	return fd;
}

static void send_all(const int *fd, int flows, uint32_t first, uint32_t packets, size_t size)
{
	uint8_t buf[MAX_SIZE];
	uint32_t i;

	for (i = first; i < first + packets; i++) {
		fill(buf, 0x1000 + i % flows, i / flows, size);
		/* a refusal (ICMP) of an earlier packet is not this one's */
		if (send(fd[i % flows], buf, size, 0) < 0 && errno != ECONNREFUSED) {
			perror("burst: send");
			exit(1);
		}
		/* leaves the processor to ksoftirqd if that has work */
		if (i % YIELD_EVERY == 0)
			sched_yield();
	}
}

int main(int argc, char **argv)
{
	int fd[MAX_FLOWS], flows, from_port, to_port, i;
	uint32_t warm, packets;
	uint64_t begin, took;
	size_t size;

	if (argc != 9) {
		fprintf(stderr,
			"usage: burst FROM PORT TO PORT FLOWS WARM-UP PACKETS SIZE\n");
		return 2;
	}
	from_port = atoi(argv[2]);
	to_port = atoi(argv[4]);
	flows = atoi(argv[5]);
	warm = atoi(argv[6]);
	packets = atoi(argv[7]);
	size = atoi(argv[8]);
	if (flows < 1 || flows > MAX_FLOWS || packets < 1 || size < RTP_HEADER ||
	    size > MAX_SIZE) {
		fprintf(stderr, "burst: expected 1 to %d flows, packets, and %d to %d bytes\n",
			MAX_FLOWS, RTP_HEADER, MAX_SIZE);
		return 2;
	}
	for (i = 0; i < flows; i++)
		fd[i] = open_flow(argv[1], argv[3], from_port + 2 * i, to_port + 2 * i);
	send_all(fd, flows, 0, warm, size);
	begin = now_ns();
	send_all(fd, flows, warm, packets, size);
	took = now_ns() - begin;
	printf("{\"packets\":%u,\"ns\":%llu,\"ns_per_packet\":%.1f}\n", packets,
	       (unsigned long long)took, (double)took / packets);
	return 0;
}
