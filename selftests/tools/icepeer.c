// SPDX-License-Identifier: GPL-2.0
/*
 * icepeer - the agent's ICE (agent/ice) on sockets, for tests with other people's
 *
 *	icepeer [lite] [controlling] [components N] [consent MS] [end MS] ADDRESS...
 *
 * It says on stdout what it offers and what it found out, and is told on stdin what the
 * other party offers:
 *
 *	ufrag TEXT, pwd TEXT, candidate VALUE..., offered
 *	path COMPONENT BASE REMOTE first|chosen, lost COMPONENT, failed COMPONENT
 *
 *	remote UFRAG PWD [lite], candidate VALUE, restart
 *
 * What comes on a component and is no STUN goes back the way that it was told, if it came
 * from there. It ends with stdin.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ice/ice.h"
#include "sdp/ice.h"
#include "stun/stun.h"

#define SOCKETS_MAX	16

struct sock {
	int fd;
	unsigned int component;
	struct dp_addr base;
};

static struct sock socks[SOCKETS_MAX];
static unsigned int n_socks;
static struct ice *ice;
static struct timers timers;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_on(void *arg, void *socket, const struct dp_addr *to,
		    const void *data, size_t n)
{
	struct sock *s = socket;
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(to, &ss);

	sendto(s->fd, data, n, 0, (struct sockaddr *)&ss, len);
}

static void event(void *arg, unsigned int stream, unsigned int component,
		  enum ice_event what, const struct ice_path *path)
{
	static const char *const names[] = { "path", "lost", "failed" };
	char base[DP_ADDR_STRLEN], remote[DP_ADDR_STRLEN];

	printf("%s %u", names[what], component);
	if (path)
		printf(" %s %s %s", dp_addr_str(&path->base, base, sizeof(base)),
		       dp_addr_str(&path->remote, remote, sizeof(remote)),
		       path->chosen ? "chosen" : "first");
	putchar('\n');
}

static const struct ice_ops ops = { .send = send_on, .event = event };

static void add_socket(const char *host, unsigned int component)
{
	struct ice_local local = {
		.component = (uint16_t)component, .preference = (uint16_t)(100 - n_socks),
	};
	struct sock *s = &socks[n_socks++];
	struct sockaddr_storage ss;
	struct writer line = {};
	socklen_t len;
	char *text;

	if (n_socks > SOCKETS_MAX || !dp_addr_parse_host(host, &s->base)) {
		fprintf(stderr, "'%s' is no address, or one too many\n", host);
		exit(2);
	}
	s->component = component;
	s->fd = socket(s->base.family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	len = dp_addr_to_sockaddr(&s->base, &ss);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&ss, len))
		die(host);
	len = sizeof(ss);
	if (getsockname(s->fd, (struct sockaddr *)&ss, &len) ||
	    !dp_addr_from_sockaddr(&s->base, (struct sockaddr *)&ss, len))
		die(host);
	local.addr = s->base;
	local.base = s->base;
	local.socket = s;
	sdp_candidate_print(&line, ice_add_local(ice, 0, &local));
	text = writer_end(&line, NULL);
	if (!text)
		die("memory");
	fputs(text, stdout);
	free(text);
}

static void tell_credentials(void)
{
	printf("ufrag %s\npwd %s\noffered\n", ice_ufrag(ice, 0), ice_pwd(ice, 0));
}

static void told(char *line)
{
	struct ice_candidate c;
	char *ufrag, *pwd;
	const char *why;

	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "candidate ", 10)) {
		why = sdp_candidate_parse(span_of(line + 10), &c, NULL);
		if (!why)
			why = ice_add_remote(ice, 0, &c);
		if (why)
			printf("# %s: %s\n", line, why);
	} else if (!strncmp(line, "remote ", 7)) {
		strtok(line, " ");
		ufrag = strtok(NULL, " ");
		pwd = strtok(NULL, " ");
		if (!pwd || !ice_set_remote(ice, 0, span_of(ufrag), span_of(pwd),
					    strtok(NULL, " ")))
			printf("# remote: refused\n");
	} else if (!strcmp(line, "restart")) {
		ice_restart(ice, 0);
		tell_credentials();
	}
}

static void receive(struct sock *s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ice_path path;
	struct dp_addr from;
	uint8_t data[2048];
	ssize_t n;

	n = recvfrom(s->fd, data, sizeof(data), 0, (struct sockaddr *)&ss, &len);
	if (n < 0 || !dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len))
		return;
	if (stun_is(data, (size_t)n))
		ice_receive(ice, 0, s->component, &s->base, &from, data, (size_t)n);
	else if (ice_get_path(ice, 0, s->component, &path) &&
		 ice_knows(ice, 0, s->component, &from))
		/* who nominates each pair takes his last one: it need not be our best */
		send_on(NULL, s, &from, data, (size_t)n);
}

/* a turn; false: stdin has ended */
static bool turn(void)
{
	struct pollfd fds[SOCKETS_MAX + 1] = { { .fd = 0, .events = POLLIN } };
	uint64_t wait = timers_next(&timers);
	char line[1024];
	unsigned int i;

	for (i = 0; i < n_socks; i++)
		fds[i + 1] = (struct pollfd){ .fd = socks[i].fd, .events = POLLIN };
	if (poll(fds, n_socks + 1, wait > 10000 ? 10000 : (int)wait) < 0 && errno != EINTR)
		die("poll");
	timers_advance(&timers, now_ms());
	for (i = 0; i < n_socks; i++)
		if (fds[i + 1].revents)
			receive(&socks[i]);
	if (fds[0].revents) {
		if (!fgets(line, sizeof(line), stdin))
			return false;
		told(line);
	}
	timers_run(&timers, now_ms());
	return true;
}

static unsigned int number(char **argv)
{
	return argv[1] ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	unsigned int components = 1, i;
	struct ice_conf conf = { 0 };

	/* poll() has to see each line */
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (argv++; *argv; argv++) {
		if (!strcmp(*argv, "lite"))
			conf.lite = true;
		else if (!strcmp(*argv, "controlling"))
			conf.controlling = true;
		else if (!strcmp(*argv, "components"))
			components = number(argv++);
		else if (!strcmp(*argv, "consent"))
			conf.consent = number(argv++);
		else if (!strcmp(*argv, "end"))
			conf.consent_end = number(argv++);
		else
			break;
	}
	timers_init(&timers, now_ms());
	ice = ice_new(&timers, &conf, &ops, NULL);
	if (!ice || ice_add_stream(ice, components) < 0)
		die("ice");
	for (; *argv; argv++)
		for (i = 1; i <= components; i++)
			add_socket(*argv, i);
	tell_credentials();
	while (turn())
		;
	ice_free(ice);
	return 0;
}
