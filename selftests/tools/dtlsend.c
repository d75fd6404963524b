// SPDX-License-Identifier: GPL-2.0
/*
 * dtlsend - one end of DTLS-SRTP on a UDP socket of 127.0.0.1, for other programs to
 * shake hands with
 *
 *	dtlsend active|passive PORT FINGERPRINT [SUITE]
 *
 * FINGERPRINT ("sha-256 AB:...") is the other program's, PORT its own (0: whoever comes
 * first). It says, each on a line of its own:
 *
 *	port N			where it is
 *	fingerprint TEXT	of its certificate
 *	up SUITE RX TX		keys and salts in hexadecimal
 *	failed SENTENCE		and ends with 1
 *	closed SENTENCE		and ends with 0
 *
 * When its input ends it closes, says "over", and ends with 0.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datapath/names.h"
#include "dtls/dtls.h"

static struct loop *loop;
static struct dtls *dtls;
static struct sockaddr_in peer = { .sin_family = AF_INET };
static int fd;
static int status = -1;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "dtlsend: %s\n", what);
	exit(2);
}

static void on_send(void *arg, const void *data, size_t n)
{
	/* what is lost is repeated */
	if (peer.sin_port &&
	    sendto(fd, data, n, 0, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		return;
}

static void say_key(const struct dp_srtp *srtp)
{
	size_t i;

	putchar(' ');
	for (i = 0; i < dp_srtp_key_len(srtp->suite); i++)
		printf("%02x", srtp->key[i]);
}

static void on_event(void *arg, const struct dtls_outcome *outcome)
{
	switch (outcome->event) {
	case DTLS_UP:
		printf("up %u", outcome->rx.suite);
		say_key(&outcome->rx);
		say_key(&outcome->tx);
		putchar('\n');
		return;
	case DTLS_FAILED:
		printf("failed %s\n", outcome->why);
		status = 1;
		return;
	case DTLS_CLOSED:
		printf("closed %s\n", outcome->why);
		status = 0;
	}
}

static const struct dtls_ops ops = { on_send, on_event };

static void on_packet(unsigned int events, void *arg)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t data[2048];
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len);

	if (n < 0)
		return;
	if (!peer.sin_port)
		peer = from;
	dtls_receive(dtls, data, (size_t)n);
}

static void on_input(unsigned int events, void *arg)
{
	char line[64];

	if (read(0, line, sizeof(line)) > 0)
		return;
	dtls_close(dtls);
	printf("over\n");
	status = 0;
}

static void begin_socket(const char *port)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof(own);

	peer.sin_port = htons((uint16_t)atoi(port));
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	own.sin_addr = peer.sin_addr;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    getsockname(fd, (struct sockaddr *)&own, &len))
		die("no socket");
	printf("port %u\n", ntohs(own.sin_port));
}

static void begin(char **argv, int argc, struct dtls_pool *pool)
{
	struct dtls_fingerprint theirs, ours;
	struct dtls_remote remote = {
		.role = strcmp(argv[1], "active") ? DTLS_PASSIVE : DTLS_ACTIVE,
		.fingerprint = &theirs, .n_fingerprints = 1,
	};
	char text[DTLS_FINGERPRINT_STRLEN];
	const char *why;

	if (!dtls_fingerprint_read(span_of(argv[3]), &theirs))
		die("no fingerprint");
	if (argc > 4) {
		remote.suite[0] = (uint8_t)atoi(argv[4]);
		remote.n_suites = 1;
	}
	dtls = dtls_new(pool, NULL, &ops, NULL);
	if (!dtls || !dtls_cert_fingerprint(dtls_own_cert(dtls), DTLS_SHA256, &ours))
		die("no association");
	printf("fingerprint %s\n", dtls_fingerprint_str(&ours, text, sizeof(text)));
	why = dtls_start(dtls, &remote);
	if (why)
		die(why);
}

int main(int argc, char **argv)
{
	struct loop_fd *packets, *input;
	struct dtls_cert *cert;
	struct dtls_pool *pool;
	struct dp_err err;

	if (argc < 4)
		die("usage: dtlsend active|passive PORT FINGERPRINT [SUITE]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	loop = loop_new();
	cert = dtls_cert_new(&err);
	pool = loop && cert ? dtls_pool_new(loop, NULL, cert, &err) : NULL;
	if (!pool)
		die("no pool");
	begin_socket(argv[2]);
	begin(argv, argc, pool);
	packets = loop_fd_new(loop, fd, LOOP_READ, on_packet, NULL);
	input = loop_fd_new(loop, 0, LOOP_READ, on_input, NULL);
	if (!packets || !input)
		die("nothing can be waited for; expected a pipe as input");
	while (status < 0)
		loop_turn(loop, 1000);
	loop_fd_free(packets);
	loop_fd_free(input);
	dtls_free(dtls);
	dtls_pool_free(pool);
	dtls_cert_put(cert);
	loop_free(loop);
	close(fd);
	return status;
}
